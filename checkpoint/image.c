// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the image, in memory and in the stream
 *
 * This is the only code that touches the stream. Records are built in memory
 * while the tasks stand still (ckpt_new_obj(), ckpt_new_rec()) and written
 * when they run again. At restart they are read into memory as a whole, and
 * checked, before anything is made from them.
 */
#include <linux/bvec.h>
#include <linux/crc32c.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include "internal.h"

/* One allocation of metadata; a record that is longer gets its own. */
#define CKPT_SEG_SIZE	(256 * 1024)

static struct ckpt_seg *add_seg(struct ckpt_ctx *ctx, size_t min)
{
	size_t size = max_t(size_t, min, CKPT_SEG_SIZE);
	struct ckpt_seg *seg;

	/* The first piece is small: most trees are. */
	if (list_empty(&ctx->segs))
		size = max_t(size_t, min, CKPT_SEG_SIZE / 8);
	seg = kvmalloc(struct_size(seg, data, size), GFP_KERNEL_ACCOUNT);
	if (!seg)
		return NULL;
	seg->used = 0;
	seg->size = size;
	list_add_tail(&seg->list, &ctx->segs);
	return seg;
}

static struct ckpt_seg *last_seg(struct ckpt_ctx *ctx)
{
	if (list_empty(&ctx->segs))
		return NULL;
	return list_last_entry(&ctx->segs, struct ckpt_seg, list);
}

/**
 * ckpt_new_rec - add a record to the metadata
 * @ctx: the checkpoint
 * @type: its type
 * @len: its length with header; rounded up to a multiple of 8
 *
 * Return: the record, all zero behind its header, to be filled in place; it
 * stays where it is as long as @ctx. ERR_PTR() of an errno that has been
 * reported if there is no memory or the record is too long.
 */
void *ckpt_new_rec(struct ckpt_ctx *ctx, u32 type, size_t len)
{
	struct ckpt_seg *seg = last_seg(ctx);
	struct ckpt_hdr *h;

	if (len > CKPT_RECORD_MAX)
		return ERR_PTR(ckpt_err(ctx, -E2BIG, "%s record of %zu bytes",
					ckpt_kind(type)->name, len));
	len = ALIGN(len, 8);
	if (!seg || seg->size - seg->used < len)
		seg = add_seg(ctx, len);
	if (!seg)
		return ERR_PTR(ckpt_err(ctx, -ENOMEM, "%s record",
					ckpt_kind(type)->name));
	h = (struct ckpt_hdr *)(seg->data + seg->used);
	memset(h, 0, len);
	h->type = type;
	h->len = len;
	seg->used += len;
	ctx->meta_len += len;
	ctx->nr_records++;
	return h;
}

/**
 * ckpt_new_obj - add the record that starts an object
 * @ctx: the checkpoint
 * @type: its type
 * @len: its length with header
 *
 * Gives the object its number, @ctx->nr_objs. All it refers to must have been
 * written before.
 *
 * Return: as ckpt_new_rec().
 */
void *ckpt_new_obj(struct ckpt_ctx *ctx, u32 type, size_t len)
{
	struct ckpt_hdr *h = ckpt_new_rec(ctx, type, len);

	if (!IS_ERR(h))
		h->id = ++ctx->nr_objs;
	return h;
}

/**
 * ckpt_image_free - forget the metadata
 * @ctx: the operation
 */
void ckpt_image_free(struct ckpt_ctx *ctx)
{
	struct ckpt_seg *seg, *next;

	list_for_each_entry_safe(seg, next, &ctx->segs, list)
		kvfree(seg);
	INIT_LIST_HEAD(&ctx->segs);
}

/* ---- positions in the metadata ---- */

/**
 * ckpt_cursor_first - go to the first record
 * @ctx: the operation
 * @c: the position to set
 */
void ckpt_cursor_first(struct ckpt_ctx *ctx, struct ckpt_cursor *c)
{
	c->ctx = ctx;
	c->seg = list_first_entry_or_null(&ctx->segs, struct ckpt_seg, list);
	c->off = 0;
}

/**
 * ckpt_cursor_peek - look at the next record
 * @c: the position
 *
 * Return: the record, or NULL behind the last.
 */
const struct ckpt_hdr *ckpt_cursor_peek(struct ckpt_cursor *c)
{
	while (c->seg && c->off == c->seg->used) {
		if (list_is_last(&c->seg->list, &c->ctx->segs))
			return NULL;
		c->seg = list_next_entry(c->seg, list);
		c->off = 0;
	}
	if (!c->seg)
		return NULL;
	return (const struct ckpt_hdr *)(c->seg->data + c->off);
}

/**
 * ckpt_cursor_next - take the next record
 * @c: the position, moved behind it
 *
 * Return: the record, or NULL behind the last.
 */
const struct ckpt_hdr *ckpt_cursor_next(struct ckpt_cursor *c)
{
	const struct ckpt_hdr *h = ckpt_cursor_peek(c);

	if (h)
		c->off += h->len;
	return h;
}

static bool is_skipped(const struct ckpt_hdr *h)
{
	return (h->flags & CKPT_REC_OPTIONAL) && !ckpt_kind(h->type);
}

/* The next record that is known here. */
static const struct ckpt_hdr *peek_known(struct ckpt_cursor *c)
{
	const struct ckpt_hdr *h;

	while ((h = ckpt_cursor_peek(c)) && is_skipped(h))
		ckpt_cursor_next(c);
	return h;
}

/**
 * ckpt_read_opt_type - take the next record if it is of one type
 * @c: the position, moved behind the record if it is taken
 * @type: the type
 *
 * Return: the record, or NULL if the next one is of another type.
 */
const void *ckpt_read_opt_type(struct ckpt_cursor *c, u32 type)
{
	const struct ckpt_hdr *h = peek_known(c);

	if (!h || h->type != type)
		return NULL;
	return ckpt_cursor_next(c);
}

/**
 * ckpt_read_obj_type - take the next record, which must be of one type
 * @c: the position, moved behind the record
 * @type: the type
 *
 * Return: the record, or ERR_PTR(-EBADMSG), which has been reported.
 */
const void *ckpt_read_obj_type(struct ckpt_cursor *c, u32 type)
{
	const void *h = ckpt_read_opt_type(c, type);
	const struct ckpt_kind *found;

	if (h)
		return h;
	h = ckpt_cursor_peek(c);
	found = h ? ckpt_kind(((const struct ckpt_hdr *)h)->type) : NULL;
	return ERR_PTR(ckpt_err(c->ctx, -EBADMSG,
				"image: %s record expected, %s found",
				ckpt_kind(type)->name,
				found ? found->name : "none"));
}

/**
 * ckpt_read_end - make sure that no record of an owner is left over
 * @c: the position behind the last one that was read
 * @owner: type of the object or task that the records belong to
 *
 * Return: 0, or -EBADMSG, which has been reported.
 */
int ckpt_read_end(struct ckpt_cursor *c, u32 owner)
{
	const struct ckpt_hdr *h = peek_known(c);
	const struct ckpt_kind *kind = h ? ckpt_kind(h->type) : NULL;

	if (kind && (kind->owner == owner || kind->other_owner == owner ||
		     kind->owner == CKPT_OWNER_ANY))
		return ckpt_err(c->ctx, -EBADMSG, "image: unexpected %s record",
				kind->name);
	return 0;
}

/* ---- the stream ---- */

static bool seekable(const struct file *file)
{
	return file->f_mode & FMODE_LSEEK;
}

static int rw_iter(struct ckpt_ctx *ctx, struct iov_iter *iter)
{
	bool write = iov_iter_rw(iter) == WRITE;
	loff_t *pos = seekable(ctx->image) ? &ctx->pos : NULL;
	loff_t nopos = 0;

	while (iov_iter_count(iter)) {
		ssize_t n;

		if (write)
			n = vfs_iter_write(ctx->image, iter, pos ?: &nopos, 0);
		else
			n = vfs_iter_read(ctx->image, iter, pos ?: &nopos, 0);
		if (n == -ERESTARTSYS || n == -EINTR || fatal_signal_pending(current))
			return ckpt_err(ctx, -EINTR, "image: interrupted at byte %llu",
					ctx->stream_pos);
		if (n < 0)
			return ckpt_err(ctx, n, "image: %s at byte %llu",
					write ? "write" : "read", ctx->stream_pos);
		if (!n)
			return ckpt_err(ctx, write ? -EIO : -EBADMSG,
					"image: %s at byte %llu",
					write ? "nothing written" : "truncated",
					ctx->stream_pos);
		ctx->stream_pos += n;
		cond_resched();
	}
	return 0;
}

/**
 * ckpt_image_write - write bytes to the stream
 * @ctx: the checkpoint; its tasks run again or wait to be killed
 * @buf: the bytes
 * @len: number of bytes
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_image_write(struct ckpt_ctx *ctx, const void *buf, size_t len)
{
	struct kvec vec = { .iov_base = (void *)buf, .iov_len = len };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_SOURCE, &vec, 1, len);
	return rw_iter(ctx, &iter);
}

/**
 * ckpt_image_read - read bytes from the stream
 * @ctx: the restart
 * @buf: where to put them
 * @len: number of bytes
 *
 * Return: 0, or an errno that has been reported; -EBADMSG at the end.
 */
int ckpt_image_read(struct ckpt_ctx *ctx, void *buf, size_t len)
{
	struct kvec vec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, len);
	return rw_iter(ctx, &iter);
}

static size_t bvec_bytes(const struct bio_vec *bvec, unsigned int nr)
{
	size_t len = 0;

	while (nr--)
		len += (bvec++)->bv_len;
	return len;
}

/**
 * ckpt_image_write_pages - write pages to the stream, without a copy of ours
 * @ctx: the checkpoint
 * @bvec: the pages
 * @nr: elements of @bvec
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_image_write_pages(struct ckpt_ctx *ctx, struct bio_vec *bvec,
			   unsigned int nr)
{
	struct iov_iter iter;

	iov_iter_bvec(&iter, ITER_SOURCE, bvec, nr, bvec_bytes(bvec, nr));
	return rw_iter(ctx, &iter);
}

/**
 * ckpt_image_read_pages - read pages from the stream, without a copy of ours
 * @ctx: the restart
 * @bvec: the pages
 * @nr: elements of @bvec
 *
 * Return: 0, or an errno that has been reported; -EBADMSG at the end.
 */
int ckpt_image_read_pages(struct ckpt_ctx *ctx, struct bio_vec *bvec,
			  unsigned int nr)
{
	struct iov_iter iter;

	iov_iter_bvec(&iter, ITER_DEST, bvec, nr, bvec_bytes(bvec, nr));
	return rw_iter(ctx, &iter);
}

/**
 * ckpt_image_align - go to the next page boundary of the image
 * @ctx: the checkpoint
 *
 * Writes a PAD record unless the position is on a page boundary already.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_image_align(struct ckpt_ctx *ctx)
{
	struct ckpt_hdr h = { .type = CKPT_HDR_PAD };
	size_t len = -ctx->stream_pos & (PAGE_SIZE - 1);
	struct iov_iter iter;
	struct kvec vec[2];

	if (!len)
		return 0;
	if (len < sizeof(h))
		len += PAGE_SIZE;
	h.len = len;
	vec[0].iov_base = &h;
	vec[0].iov_len = sizeof(h);
	/* Never more than a page. */
	vec[1].iov_base = page_address(ZERO_PAGE(0));
	vec[1].iov_len = len - sizeof(h);
	iov_iter_kvec(&iter, ITER_SOURCE, vec, ARRAY_SIZE(vec), len);
	return rw_iter(ctx, &iter);
}

/* All but the last record, which holds the checksum. */
static u32 meta_crc(struct ckpt_ctx *ctx)
{
	struct ckpt_seg *seg;
	u32 crc = ~0U;

	list_for_each_entry(seg, &ctx->segs, list) {
		size_t len = seg->used;

		if (list_is_last(&seg->list, &ctx->segs))
			len -= sizeof(struct ckpt_hdr_meta_end);
		crc = crc32c(crc, seg->data, len);
	}
	return crc;
}

static struct ckpt_hdr_meta_end *meta_end(struct ckpt_ctx *ctx)
{
	struct ckpt_seg *seg = last_seg(ctx);

	return (void *)(seg->data + seg->used - sizeof(struct ckpt_hdr_meta_end));
}

/**
 * ckpt_image_write_meta - write all records made so far
 * @ctx: the checkpoint; META_END is the last record
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_image_write_meta(struct ckpt_ctx *ctx)
{
	struct ckpt_seg *seg;
	int ret;

	meta_end(ctx)->crc = meta_crc(ctx);
	list_for_each_entry(seg, &ctx->segs, list) {
		ret = ckpt_image_write(ctx, seg->data, seg->used);
		if (ret)
			return ret;
	}
	return 0;
}

/* Bytes of whole records at the start of @seg, or -EBADMSG. */
static ssize_t whole_records(struct ckpt_ctx *ctx, struct ckpt_seg *seg,
			     size_t *next_len)
{
	size_t off = 0;

	*next_len = 0;
	while (seg->used - off >= sizeof(struct ckpt_hdr)) {
		const struct ckpt_hdr *h = (void *)(seg->data + off);

		if (h->len < sizeof(*h) || h->len % 8 || h->len > CKPT_RECORD_MAX)
			return ckpt_err(ctx, -EBADMSG,
					"image: record %llu (type %u) claims %u bytes",
					ctx->nr_records, h->type, h->len);
		*next_len = h->len;
		if (seg->used - off < h->len)
			break;
		off += h->len;
		*next_len = 0;
		ctx->nr_records++;
	}
	return off;
}

/*
 * Read @left more bytes of metadata, piece by piece: what is allocated never
 * exceeds by much what has really come. A record that does not end in one
 * piece is moved to the start of the next.
 */
static int read_segs(struct ckpt_ctx *ctx, u64 left)
{
	struct ckpt_seg *seg, *prev = NULL;
	size_t carry = 0, need = 0;
	ssize_t whole;
	int ret;

	while (left) {
		seg = add_seg(ctx, min_t(u64, carry + left, max(need, CKPT_SEG_SIZE)));
		if (!seg)
			return ckpt_err(ctx, -ENOMEM, "image: %llu bytes of metadata",
					ctx->header->meta_len);
		if (carry)
			memcpy(seg->data, prev->data + prev->used, carry);
		seg->used = min_t(u64, seg->size, carry + left);
		ret = ckpt_image_read(ctx, seg->data + carry, seg->used - carry);
		if (ret)
			return ret;
		left -= seg->used - carry;
		whole = whole_records(ctx, seg, &need);
		if (whole < 0)
			return whole;
		carry = seg->used - whole;
		seg->used = whole;
		prev = seg;
	}
	if (carry)
		return ckpt_err(ctx, -EBADMSG, "image: metadata ends inside record %llu",
				ctx->nr_records);
	return 0;
}

/**
 * ckpt_image_read_meta - read all records up to META_END
 * @ctx: the restart; restore_header() has read the header
 *
 * On success the records are whole, and the checksum is right; nothing else
 * about them has been checked.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_image_read_meta(struct ckpt_ctx *ctx)
{
	const struct ckpt_hdr_meta_end *end;
	int ret;

	ret = read_segs(ctx, ctx->header->meta_len - sizeof(*ctx->header));
	if (ret)
		return ret;
	ctx->meta_len = ctx->header->meta_len;
	if (ctx->nr_records != ctx->header->nr_records)
		return ckpt_err(ctx, -EBADMSG, "image: %llu records, header says %llu",
				ctx->nr_records, ctx->header->nr_records);
	if (last_seg(ctx)->used < sizeof(*end))
		return ckpt_err(ctx, -EBADMSG, "image: metadata has no end record");
	end = meta_end(ctx);
	if (end->h.type != CKPT_HDR_META_END || end->h.len != sizeof(*end))
		return ckpt_err(ctx, -EBADMSG, "image: metadata has no end record");
	if (end->crc != meta_crc(ctx))
		return ckpt_err(ctx, -EBADMSG,
				"image: metadata checksum is %#x, should be %#x",
				meta_crc(ctx), end->crc);
	return 0;
}
