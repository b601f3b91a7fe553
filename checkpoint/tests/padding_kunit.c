// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - tests that nothing is hidden behind names and data
 */
#include <kunit/test.h>
#include <linux/stat.h>
#include <linux/string.h>
#include "../files.h"
#include "../internal.h"

/* Room for each record and what may follow its name. */
union any_record {
	struct ckpt_hdr h;
	struct ckpt_hdr_fs fs;
	struct ckpt_hdr_file_path path;
	struct ckpt_hdr_unlinked unlinked;
	struct ckpt_hdr_pipe pipe;
	struct ckpt_hdr_pipe_buf buf;
	u8 bytes[512];
};

/*
 * What the makers below return: the bytes of the record up to its padding,
 * three bytes of which there are then.
 */
static size_t make_fs(union any_record *r)
{
	r->fs.root.mode = S_IFDIR | 0755;
	r->fs.cwd.mode = S_IFDIR | 0755;
	r->fs.root_len = sizeof("/");
	r->fs.cwd_len = sizeof("/a");
	memcpy(r->fs.paths, "/\0/a", 5);
	return sizeof(r->fs) + 5;
}

static size_t make_path(union any_record *r)
{
	r->path.file.cred = 1;
	r->path.id.mode = S_IFREG | 0644;
	r->path.path_len = sizeof("/abc");
	strscpy(r->path.path, "/abc", 8);
	return sizeof(r->path) + 5;
}

static size_t make_unlinked(union any_record *r)
{
	r->unlinked.mode = 0600;
	r->unlinked.dir.mode = S_IFDIR | 0755;
	r->unlinked.name_len = sizeof("/tmp");
	strscpy(r->unlinked.name, "/tmp", 8);
	return sizeof(r->unlinked) + 5;
}

static size_t make_memfd(union any_record *r)
{
	r->unlinked.mode = 0777;
	r->unlinked.flags = CKPT_UNLINKED_MEMFD;
	r->unlinked.name_len = sizeof("name");
	strscpy(r->unlinked.name, "name", 8);
	return sizeof(r->unlinked) + 5;
}

static size_t make_fifo(union any_record *r)
{
	r->pipe.slots = 16;
	r->pipe.id.mode = S_IFIFO | 0600;
	r->pipe.path_len = sizeof("/run");
	strscpy(r->pipe.path, "/run", 8);
	return sizeof(r->pipe) + 5;
}

static size_t make_pipe_buf(union any_record *r)
{
	r->buf.len = 5;
	memset(r->buf.data, 'x', 5);
	return sizeof(r->buf) + 5;
}

static const struct padding_case {
	const char *name;
	size_t (*make)(union any_record *r);
	int (*validate)(struct ckpt_validator *v, const struct ckpt_hdr *h);
} padding_cases[] = {
	{ "fs", make_fs, ckpt_fs_validate },
	{ "file_path", make_path, ckpt_file_path_validate },
	{ "unlinked", make_unlinked, ckpt_unlinked_validate },
	{ "memfd", make_memfd, ckpt_unlinked_validate },
	{ "fifo", make_fifo, ckpt_pipe_validate },
	{ "pipe_buf", make_pipe_buf, ckpt_pipe_buf_validate },
};

KUNIT_ARRAY_PARAM_DESC(padding, padding_cases, name);

static int check(const struct padding_case *c, union any_record *r)
{
	static const struct ckpt_hdr_pipe pipe = { .slots = 1, .nr_bufs = 1 };
	u8 classes[] = { CKPT_CLASS_CRED };
	struct ckpt_validator v = {
		.classes	= classes,
		.nr_objs	= 1,
		.owner_hdr	= &pipe.h,
	};

	return c->validate(&v, &r->h);
}

static void padding(struct kunit *test)
{
	const struct padding_case *c = test->param_value;
	union any_record *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	size_t end, i;

	KUNIT_ASSERT_NOT_NULL(test, r);
	end = c->make(r);
	KUNIT_ASSERT_EQ(test, end % 8, 5);
	r->h.len = end + 3;
	KUNIT_EXPECT_EQ(test, check(c, r), 0);
	for (i = end; i < r->h.len; i++) {
		r->bytes[i] = 1;
		KUNIT_EXPECT_EQ(test, check(c, r), -EBADMSG);
		r->bytes[i] = 0;
	}
	/* Zeros, but more than needed. */
	r->h.len += 8;
	KUNIT_EXPECT_EQ(test, check(c, r), -EBADMSG);
}

/* A pipe without a name has nothing behind it. */
static void nameless_pipe(struct kunit *test)
{
	union any_record *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	const struct padding_case c = { .validate = ckpt_pipe_validate };

	KUNIT_ASSERT_NOT_NULL(test, r);
	r->pipe.slots = 16;
	r->h.len = sizeof(r->pipe);
	KUNIT_EXPECT_EQ(test, check(&c, r), 0);
	r->pipe.path_len = 1;
	KUNIT_EXPECT_EQ(test, check(&c, r), -EBADMSG);
	r->pipe.path_len = 0;
	r->h.len += 8;
	KUNIT_EXPECT_EQ(test, check(&c, r), -EBADMSG);
}

static struct kunit_case padding_tests[] = {
	KUNIT_CASE_PARAM(padding, padding_gen_params),
	KUNIT_CASE(nameless_pipe),
	{}
};

static struct kunit_suite padding_suite = {
	.name		= "checkpoint_padding",
	.test_cases	= padding_tests,
};

kunit_test_suite(padding_suite);

MODULE_DESCRIPTION("Tests of the padding of checkpoint records");
MODULE_LICENSE("GPL");
