// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - tests of the image in memory and in the stream
 */
#include <kunit/test.h>
#include <linux/crc32c.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include "../internal.h"

/* The size of a piece in image.c, which the lengths below aim at. */
#define PIECE		(256 * 1024)
#define TEST_TYPE	900

KUNIT_DEFINE_ACTION_WRAPPER(put_ctx, ckpt_ctx_put, struct ckpt_ctx *);
KUNIT_DEFINE_ACTION_WRAPPER(put_file, fput, struct file *);

static struct file *make_file(struct kunit *test)
{
	struct file *file = shmem_kernel_file_setup("checkpoint", 0, VM_NORESERVE);

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_file, file));
	return file;
}

static struct ckpt_ctx *make_ctx(struct kunit *test, enum ckpt_op op,
				 struct file *file)
{
	struct ckpt_ctx *ctx = ckpt_ctx_alloc(op);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_ctx, ctx));
	ctx->image = get_file(file);
	return ctx;
}

enum spoil {
	GOOD, CUT, CRC, NO_END, LONG_END, LEN_0, LEN_8, LEN_ODD, LEN_HUGE,
	LEN_MORE, COUNT,
};

/*
 * struct meta_case - records between header and end record
 * @name: of the case
 * @lens: their lengths; ends with 0
 * @spoil: what is wrong, at the end or with the last of them
 */
static const struct meta_case {
	const char *name;
	u32 lens[6];
	enum spoil spoil;
} meta_cases[] = {
	{ "no records", { 0 } },
	{ "small records", { 16, 24, 64 } },
	{ "a piece is full", { PIECE } },
	{ "end record fits", { PIECE - 24 } },
	{ "end record is cut inside", { PIECE - 16 } },
	{ "end record is cut in its header", { PIECE - 8 } },
	{ "record is cut behind its header", { PIECE - 16, 64, 64 } },
	{ "record is cut in its header", { PIECE - 8, 64, 64 } },
	{ "record is cut inside", { PIECE - 40, 64, 64 } },
	{ "long record", { CKPT_RECORD_MAX } },
	{ "long records", { CKPT_RECORD_MAX, CKPT_RECORD_MAX, 64 } },
	{ "long record is cut in its header",
	  { PIECE - 8, CKPT_RECORD_MAX, PIECE - 8, CKPT_RECORD_MAX - 8, 24 } },
	{ "pieces are cut again and again",
	  { PIECE - 8, PIECE - 8, PIECE + 8, PIECE - 16, PIECE + 24 } },
	{ "truncated", { 64 }, CUT },
	{ "truncated behind a piece", { PIECE, 64 }, CUT },
	{ "wrong checksum", { 64, 64 }, CRC },
	{ "no end record", { 64, 64 }, NO_END },
	{ "long end record", { 64 }, LONG_END },
	{ "record without length", { 64, 64 }, LEN_0 },
	{ "record shorter than its header", { 64, 64 }, LEN_8 },
	{ "length is not a multiple of 8", { 64, 64 }, LEN_ODD },
	{ "record longer than records can be", { CKPT_RECORD_MAX }, LEN_HUGE },
	{ "record beyond the end", { 64, 64 }, LEN_MORE },
	{ "record beyond the end of a piece", { PIECE - 8, 64 }, LEN_MORE },
	{ "wrong number of records", { 64, 64 }, COUNT },
};

static void meta_desc(const struct meta_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(meta, meta_cases, meta_desc);

static void write_bytes(struct kunit *test, struct file *file, loff_t *pos,
			u32 *crc, const void *buf, size_t len)
{
	*crc = crc32c(*crc, buf, len);
	KUNIT_ASSERT_EQ(test, (ssize_t)len, kernel_write(file, buf, len, pos));
}

static u32 spoilt_len(u32 len, enum spoil spoil)
{
	switch (spoil) {
	case LEN_0:
		return 0;
	case LEN_8:
		return 8;
	case LEN_ODD:
		return len - 4;
	case LEN_HUGE:
		return CKPT_RECORD_MAX + 8;
	case LEN_MORE:
		return len + 64;
	default:
		return len;
	}
}

static void write_image(struct kunit *test, const struct meta_case *c,
			struct file *file)
{
	struct ckpt_hdr_header header = {
		.h = { .type = CKPT_HDR_HEADER, .len = sizeof(header) },
		.magic = CKPT_MAGIC,
		.version = CKPT_FORMAT_VERSION,
		.arch = CKPT_ARCH_X86_64,
		.page_shift = PAGE_SHIFT,
		.nr_records = 2,
		.meta_len = sizeof(header) + sizeof(struct ckpt_hdr_meta_end),
	};
	struct ckpt_hdr_meta_end end = {
		.h = { .type = CKPT_HDR_META_END, .len = sizeof(end) },
	};
	u8 *buf = kvmalloc(CKPT_RECORD_MAX, GFP_KERNEL);
	struct ckpt_hdr *h = (void *)buf;
	loff_t pos = 0;
	u32 crc = ~0U;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	for (i = 0; c->lens[i]; i++) {
		header.meta_len += c->lens[i];
		header.nr_records++;
	}
	if (c->spoil == COUNT)
		header.nr_records--;
	write_bytes(test, file, &pos, &crc, &header, sizeof(header));
	for (i = 0; c->lens[i]; i++) {
		memset(buf, i + 1, c->lens[i]);
		*h = (struct ckpt_hdr){ TEST_TYPE + i, c->lens[i], 0, 0 };
		if (!c->lens[i + 1])
			h->len = spoilt_len(h->len, c->spoil);
		write_bytes(test, file, &pos, &crc, buf, c->lens[i]);
	}
	end.crc = c->spoil == CRC ? crc + 1 : crc;
	if (c->spoil == NO_END)
		end.h.type = TEST_TYPE;
	if (c->spoil == LONG_END)
		end.h.len -= 8;
	write_bytes(test, file, &pos, &crc, &end,
		    sizeof(end) - (c->spoil == CUT ? 8 : 0));
	kvfree(buf);
}

static void check_records(struct kunit *test, struct ckpt_ctx *ctx, const u32 *lens)
{
	const struct ckpt_hdr *h;
	struct ckpt_cursor c;
	u32 i;

	ckpt_cursor_first(ctx, &c);
	h = ckpt_cursor_next(&c);
	KUNIT_ASSERT_NOT_NULL(test, h);
	KUNIT_EXPECT_EQ(test, CKPT_HDR_HEADER, h->type);
	for (i = 0; lens[i]; i++) {
		h = ckpt_cursor_next(&c);
		KUNIT_ASSERT_NOT_NULL(test, h);
		KUNIT_EXPECT_EQ(test, TEST_TYPE + i, h->type);
		KUNIT_ASSERT_EQ(test, lens[i], h->len);
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)h, 8));
		KUNIT_EXPECT_NULL(test, memchr_inv(h + 1, i + 1, h->len - sizeof(*h)));
	}
	h = ckpt_cursor_next(&c);
	KUNIT_ASSERT_NOT_NULL(test, h);
	KUNIT_EXPECT_EQ(test, CKPT_HDR_META_END, h->type);
	KUNIT_EXPECT_NULL(test, ckpt_cursor_next(&c));
}

static void read_meta(struct kunit *test)
{
	const struct meta_case *c = test->param_value;
	struct file *file = make_file(test);
	struct ckpt_ctx *ctx = make_ctx(test, CKPT_OP_RESTART, file);
	int ret;

	write_image(test, c, file);
	ret = restore_header(ctx) ?: ckpt_image_read_meta(ctx);
	KUNIT_EXPECT_EQ(test, c->spoil == GOOD ? 0 : -EBADMSG, ret);
	KUNIT_EXPECT_EQ(test, ret, ctx->err);
	if (!ret)
		check_records(test, ctx, c->lens);
}

/* What one context writes another one reads. */
static void round_trip(struct kunit *test)
{
	const struct meta_case *c = test->param_value;
	struct file *file = make_file(test);
	struct ckpt_ctx *out = make_ctx(test, CKPT_OP_CHECKPOINT, file);
	struct ckpt_ctx *in = make_ctx(test, CKPT_OP_RESTART, file);
	struct ckpt_hdr *h;
	u32 i;

	if (c->spoil != GOOD)
		kunit_skip(test, "a case for the reader only");
	KUNIT_ASSERT_EQ(test, 0, checkpoint_header(out));
	for (i = 0; c->lens[i]; i++) {
		h = ckpt_new_rec(out, TEST_TYPE + i, c->lens[i]);
		KUNIT_ASSERT_FALSE(test, IS_ERR(h));
		KUNIT_EXPECT_NULL(test, memchr_inv(h + 1, 0, h->len - sizeof(*h)));
		memset(h + 1, i + 1, h->len - sizeof(*h));
	}
	KUNIT_ASSERT_EQ(test, 0, checkpoint_meta_end(out));
	KUNIT_ASSERT_EQ(test, 0, ckpt_image_write_meta(out));
	KUNIT_EXPECT_EQ(test, out->meta_len, out->stream_pos);

	KUNIT_ASSERT_EQ(test, 0, restore_header(in));
	KUNIT_ASSERT_EQ(test, 0, ckpt_image_read_meta(in));
	check_records(test, in, c->lens);
}

static void objects_are_numbered(struct kunit *test)
{
	struct ckpt_ctx *ctx = make_ctx(test, CKPT_OP_CHECKPOINT, make_file(test));
	struct ckpt_hdr *h;
	u32 i;

	for (i = 1; i <= 3; i++) {
		h = ckpt_new_obj(ctx, CKPT_HDR_FILES, sizeof(struct ckpt_hdr_files));
		KUNIT_ASSERT_FALSE(test, IS_ERR(h));
		KUNIT_EXPECT_EQ(test, i, h->id);
		h = ckpt_new_rec(ctx, CKPT_HDR_FD, 17);
		KUNIT_ASSERT_FALSE(test, IS_ERR(h));
		KUNIT_EXPECT_EQ(test, 0, h->id);
		KUNIT_EXPECT_EQ(test, 24, h->len);
	}
	KUNIT_EXPECT_EQ(test, 6, ctx->nr_records);
	h = ckpt_new_rec(ctx, CKPT_HDR_FD, CKPT_RECORD_MAX + 1);
	KUNIT_EXPECT_EQ(test, -E2BIG, PTR_ERR(h));
}

/* Whatever the position, a whole PAD record leads to a page boundary. */
static void align(struct kunit *test)
{
	static const u8 zeros[PAGE_SIZE];
	struct file *file = make_file(test);
	struct ckpt_ctx *ctx = make_ctx(test, CKPT_OP_CHECKPOINT, file);
	struct ckpt_hdr h;
	u64 start;
	loff_t pos;
	u32 i;

	for (i = 0; i <= PAGE_SIZE; i += i < 32 || i > PAGE_SIZE - 64 ? 8 : 64) {
		start = ctx->stream_pos + i;
		KUNIT_ASSERT_EQ(test, 0, ckpt_image_write(ctx, zeros, i));
		KUNIT_ASSERT_EQ(test, 0, ckpt_image_align(ctx));
		KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(ctx->stream_pos));
		if (PAGE_ALIGNED(start)) {
			KUNIT_EXPECT_EQ(test, start, ctx->stream_pos);
			continue;
		}
		pos = start;
		KUNIT_ASSERT_EQ(test, (ssize_t)sizeof(h),
				kernel_read(file, &h, sizeof(h), &pos));
		KUNIT_EXPECT_EQ(test, CKPT_HDR_PAD, h.type);
		KUNIT_EXPECT_EQ(test, ctx->stream_pos - start, h.len);
	}
}

static struct kunit_case image_test_cases[] = {
	KUNIT_CASE_PARAM(read_meta, meta_gen_params),
	KUNIT_CASE_PARAM(round_trip, meta_gen_params),
	KUNIT_CASE(objects_are_numbered),
	KUNIT_CASE(align),
	{}
};

static struct kunit_suite image_suite = {
	.name = "checkpoint_image",
	.test_cases = image_test_cases,
};

kunit_test_suite(image_suite);
