// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - tests of the checks of files of proc and control groups
 */
#include <kunit/test.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include "../files.h"
#include "../sched.h"

#define PATH	"/proc/7/maps"
#define TEXT	"text"

struct proc_rec {
	struct ckpt_hdr_file_proc h;
	u8 data[sizeof(PATH) + sizeof(TEXT)];
};

static void good_rec(struct proc_rec *rec)
{
	memset(rec, 0, sizeof(*rec));
	rec->h.file.h.type = CKPT_HDR_FILE_PROC;
	rec->h.file.h.len = sizeof(*rec);
	rec->h.file.pos = 5;
	rec->h.index = 0x1000;
	rec->h.read_pos = 5;
	rec->h.flags = CKPT_PROC_SEQ;
	rec->h.path_len = sizeof(PATH);
	rec->h.text_len = strlen(TEXT);
	rec->h.id.mode = S_IFREG | 0444;
	rec->h.id.fs_magic = PROC_SUPER_MAGIC;
	memcpy(rec->h.data, PATH, sizeof(PATH));
	memcpy(rec->h.data + sizeof(PATH), TEXT, strlen(TEXT));
}

static int check(struct proc_rec *rec)
{
	struct ckpt_validator v = {};
	int ret = ckpt_file_proc_validate(&v, &rec->h.file.h);

	return !v.why == !ret ? ret : -EINVAL;
}

#define BAD(test, rec, member, value) do {				\
	good_rec(rec);							\
	(rec)->h.member = (value);					\
	KUNIT_EXPECT_EQ_MSG(test, check(rec), -EBADMSG, #member " " #value); \
} while (0)

static void test_file_proc(struct kunit *test)
{
	struct proc_rec *rec = kunit_kzalloc(test, sizeof(*rec), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rec);
	good_rec(rec);
	KUNIT_EXPECT_EQ(test, check(rec), 0);
	rec->h.flags |= CKPT_PROC_END;
	rec->h.index = 0;
	KUNIT_EXPECT_EQ(test, check(rec), 0);

	BAD(test, rec, path_len, 0);
	BAD(test, rec, path_len, sizeof(PATH) - 1);
	BAD(test, rec, path_len, U32_MAX);
	BAD(test, rec, text_len, sizeof(rec->data));
	BAD(test, rec, text_len, U32_MAX);
	BAD(test, rec, text_len, strlen(TEXT) - 1);
	BAD(test, rec, flags, 0);
	BAD(test, rec, flags, 4);
	BAD(test, rec, flags, CKPT_PROC_END);
	BAD(test, rec, flags, CKPT_PROC_SEQ | CKPT_PROC_END);
	BAD(test, rec, read_pos, -1);
	BAD(test, rec, reserved, 1);
	BAD(test, rec, id.fs_magic, TMPFS_MAGIC);
	BAD(test, rec, id.mode, S_IFCHR | 0444);
	BAD(test, rec, file.f_flags, O_PATH);
	BAD(test, rec, file.pos, -1);
	BAD(test, rec, file.cred, 1);
}

/* An address space must not wait for all others to be there. */
static void test_late_file(struct kunit *test)
{
	u8 classes[] = { CKPT_CLASS_FILE, CKPT_CLASS_FILE_LATE, CKPT_CLASS_MM };
	struct ckpt_validator v = {
		.classes = classes, .nr_objs = 3, .max_objs = 3,
	};

	KUNIT_EXPECT_TRUE(test, ckpt_ref_ok(&v, 1, CKPT_CLASS_FILE));
	KUNIT_EXPECT_TRUE(test, ckpt_ref_ok(&v, 2, CKPT_CLASS_FILE));
	KUNIT_EXPECT_FALSE(test, ckpt_ref_ok(&v, 3, CKPT_CLASS_FILE));
	KUNIT_EXPECT_TRUE(test, ckpt_memory_file_ok(&v, 1));
	KUNIT_EXPECT_FALSE(test, ckpt_memory_file_ok(&v, 2));
	KUNIT_EXPECT_FALSE(test, ckpt_memory_file_ok(&v, 3));
	KUNIT_EXPECT_FALSE(test, ckpt_memory_file_ok(&v, 4));
}

static void test_cgroup(struct kunit *test)
{
	struct {
		struct ckpt_hdr_cgroup h;
		u8 path[8];
	} rec = {
		.h = { .h = { .type = CKPT_HDR_CGROUP, .len = sizeof(rec) },
		       .path_len = 7 },
		.path = "/below",
	};
	struct ckpt_validator v = {};

	KUNIT_EXPECT_EQ(test, ckpt_cgroup_validate(&v, &rec.h.h), 0);
	rec.h.reserved = 1;
	KUNIT_EXPECT_EQ(test, ckpt_cgroup_validate(&v, &rec.h.h), -EBADMSG);
	rec.h.reserved = 0;
	rec.h.path_len = 9;
	KUNIT_EXPECT_EQ(test, ckpt_cgroup_validate(&v, &rec.h.h), -EBADMSG);
	rec.h.path_len = 6;
	KUNIT_EXPECT_EQ(test, ckpt_cgroup_validate(&v, &rec.h.h), -EBADMSG);
	rec.h.path_len = 7;
	rec.path[0] = '.';
	KUNIT_EXPECT_EQ(test, ckpt_cgroup_validate(&v, &rec.h.h), -EBADMSG);
	rec.path[0] = '/';
	rec.path[7] = 'x';
	KUNIT_EXPECT_EQ(test, ckpt_cgroup_validate(&v, &rec.h.h), -EBADMSG);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_file_proc),
	KUNIT_CASE(test_late_file),
	KUNIT_CASE(test_cgroup),
	{}
};

static struct kunit_suite suite = {
	.name		= "checkpoint_proc",
	.test_cases	= cases,
};
kunit_test_suite(suite);
