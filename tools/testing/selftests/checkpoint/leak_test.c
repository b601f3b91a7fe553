// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - what others can read of an image
 *
 * That the kernel leaks nothing into images is checked for every image that any
 * of these tests makes, see leaks.h. Here: that this check finds what it looks
 * for, and that ckpt makes images that only their owner can read.
 */
#include "image.h"

FIXTURE(leak) {
	struct ckpt_test t;
};

FIXTURE_SETUP(leak)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(leak)
{
	test_teardown(&self->t);
}

/* ---- images of all targets ---- */

TEST_F(leak, targets)
{
	int i;

	for (i = 0; i < NR_TARGETS; i++)
		EXPECT_TRUE(make_image(&self->t, &targets[i]))
			TH_LOG("target %d: %s", i, self->t.msg);
}

/* ---- the check itself ---- */

/* For an address in the kernel, wherever that is. */
#define TEXT	1

static const struct planted {
	const char *name;
	uint32_t type;
	uint64_t value;
	size_t size;
	bool found;
} planted[] = {
	{ "freed memory", CKPT_HDR_TASK, 0x6b6b6b6b6b6b6b6b, 8, true },
	{ "new memory", CKPT_HDR_VMA, 0x5a5a5a5a5a5a5a5a, 8, true },
	{ "poisoned page", CKPT_HDR_MM, 0xaaaaaaaaaaaaaaaa, 8, true },
	{ "half a word of freed memory", CKPT_HDR_FD, 0x6b6b6b6b, 4, true },
	{ "variable", CKPT_HDR_PAGES, 0xfefefefefefefefe, 8, true },
	{ "direct map", CKPT_HDR_SIGNAL, 0xffff888000123000, 8, true },
	{ "stack", CKPT_HDR_FILE_PATH, 0xffffc90000123e58, 8, true },
	{ "text", CKPT_HDR_TRAILER, TEXT, 8, true },
	{ "small negative time", CKPT_HDR_MM, -1000000, 8, false },
	{ "mask of signals", CKPT_HDR_SIGNAL, 0xfffffffe7ffbfeff, 8, false },
	{ "small negative", CKPT_HDR_VMA, -516, 8, false },
	{ "user address", CKPT_HDR_VMA, 0x7fffffffe000, 8, false },
	{ "register", CKPT_HDR_X86_CPU, 0xffff888000123000, 8, false },
};

static off_t find_record(int fd, uint32_t type)
{
	uint64_t contents = 0;
	struct ckpt_hdr_pages p;
	off_t off = 0;

	while (pread(fd, &p, sizeof(p), off) >= (ssize_t)sizeof(p.h)) {
		if (p.h.type == type)
			return off;
		off += p.h.len;
		if (p.h.type == CKPT_HDR_PAGES && !(p.flags & CKPT_PAGES_REF))
			contents = p.nr_pages * PAGE;
		if (off % PAGE == 0) {
			off += contents;
			contents = 0;
		}
	}
	return -1;
}

TEST_F(leak, planted)
{
	struct ckpt_test *t = &self->t;
	uint64_t saved;
	unsigned int i;
	off_t off;

	ASSERT_TRUE(make_image(t, &targets[0]));
	for (i = 0; i < ARRAY_SIZE(planted); i++) {
		const struct planted *p = &planted[i];
		uint64_t value = p->value == TEXT ? leak_text() + 0x1000 : p->value;

		if (p->value == TEXT && !leak_text())
			continue;
		off = find_record(t->image, p->type);
		ASSERT_LT(0, off) TH_LOG("%s", p->name);
		off += sizeof(struct ckpt_hdr);
		ASSERT_EQ((ssize_t)p->size, pread(t->image, &saved, p->size, off));
		ASSERT_EQ((ssize_t)p->size, pwrite(t->image, &value, p->size, off));
		EXPECT_EQ(p->found, find_leak(t->image, t->msg, sizeof(t->msg)))
			TH_LOG("%s: %s", p->name, t->msg);
		ASSERT_EQ((ssize_t)p->size, pwrite(t->image, &saved, p->size, off));
		EXPECT_FALSE(find_leak(t->image, t->msg, sizeof(t->msg)))
			TH_LOG("%s", t->msg);
	}
}

/* ---- ckpt ---- */

TEST_F(leak, mode)
{
	struct ckpt_test *t = &self->t;
	char path[128], cmd[512];
	struct stat st;

	if (system("ckpt --version > /dev/null 2>&1"))
		SKIP(return, "no ckpt");
	ASSERT_LT(0, spawn(t, simple));
	ASSERT_TRUE(wait_step(t->sh, 1));
	test_path(t, "by-ckpt", path, sizeof(path));
	umask(0);
	snprintf(cmd, sizeof(cmd), "ckpt checkpoint --image %s %d", path, t->pid);
	ASSERT_EQ(0, system(cmd));
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_EQ(0600, st.st_mode & 07777);
	EXPECT_EQ(geteuid(), st.st_uid);
}

TEST_HARNESS_MAIN
