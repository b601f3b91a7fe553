// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - inotify
 */
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "common.h"

static char dir[128];

static const char *in_dir(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void create(const char *name)
{
	close(open(in_dir(name), O_RDWR | O_CREAT, 0600));
}

/* Read one event. Return: whether it is this one. */
static bool event(int fd, int wd, uint32_t mask, const char *name)
{
	char buf[sizeof(struct inotify_event) + 16] __attribute__((aligned(8)));
	struct inotify_event *e = (void *)buf;

	/* Without room for a second one. */
	if (read(fd, buf, sizeof(*e) + (name ? 16 : 0)) < (ssize_t)sizeof(*e))
		return false;
	return e->wd == wd && e->mask == mask &&
	       (name ? e->len && !strcmp(e->name, name) : !e->len);
}

static bool none(int fd)
{
	char buf[4096];

	return read(fd, buf, sizeof(buf)) == -1 && errno == EAGAIN;
}

FIXTURE(inotify) {
	struct ckpt_test t;
};

FIXTURE_SETUP(inotify)
{
	ASSERT_TRUE(test_setup(&self->t));
	test_path(&self->t, "dir", dir, sizeof(dir));
	ASSERT_EQ(0, mkdir(dir, 0700));
}

FIXTURE_TEARDOWN(inotify)
{
	test_teardown(&self->t);
}

static void watches(struct shared *sh)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), gone, file, all;

	create("file");
	gone = inotify_add_watch(fd, "/tmp", IN_ATTRIB);
	file = inotify_add_watch(fd, in_dir("file"), IN_MODIFY | IN_ONESHOT);
	all = inotify_add_watch(fd, dir, IN_CREATE | IN_MOVE);
	TARGET_CHECK(sh, !inotify_rm_watch(fd, gone));
	TARGET_CHECK(sh, event(fd, gone, IN_IGNORED, NULL));
	target_step(sh, 1);
	TARGET_CHECK(sh, fcntl(fd, F_GETFD) == FD_CLOEXEC);
	TARGET_CHECK(sh, fcntl(fd, F_GETFL) == (O_RDONLY | O_NONBLOCK));
	TARGET_CHECK(sh, none(fd));
	create("new");
	TARGET_CHECK(sh, event(fd, all, IN_CREATE, "new") && none(fd));
	TARGET_CHECK(sh, !truncate(in_dir("file"), 10));
	TARGET_CHECK(sh, event(fd, file, IN_MODIFY, NULL));
	TARGET_CHECK(sh, event(fd, file, IN_IGNORED, NULL) && none(fd));
	TARGET_CHECK(sh, inotify_add_watch(fd, "/", IN_ATTRIB) == all + 1);
	/* It is the same watch. */
	TARGET_CHECK(sh, inotify_add_watch(fd, dir, IN_DELETE | IN_MASK_ADD) == all);
	TARGET_CHECK(sh, !inotify_rm_watch(fd, all));
}

TEST_F(inotify, watches)
{
	ROUND_TRIP(&self->t, watches);
}

/* Two instances see the same; one is read before, the other after. */
static void events(struct shared *sh)
{
	static char before[4096], after[4096];
	int fd[2], i, n;
	ssize_t len;
	char from[256];

	create("a");
	mkdir(in_dir("sub"), 0700);
	for (i = 0; i < 2; i++) {
		fd[i] = inotify_init1(IN_NONBLOCK);
		inotify_add_watch(fd[i], dir, IN_CREATE | IN_MOVE | IN_DELETE);
		inotify_add_watch(fd[i], in_dir("sub"), IN_DELETE_SELF);
	}
	create("longer name");
	strcpy(from, in_dir("a"));
	rename(from, in_dir("b"));
	rmdir(in_dir("sub"));
	len = read(fd[0], before, sizeof(before));
	TARGET_CHECK(sh, len > 6 * (ssize_t)sizeof(struct inotify_event));
	target_step(sh, 1);
	TARGET_CHECK(sh, !ioctl(fd[1], FIONREAD, &n) && n == len);
	TARGET_CHECK(sh, poll(&(struct pollfd){ .fd = fd[1], .events = POLLIN }, 1, 0) == 1);
	TARGET_CHECK(sh, none(fd[0]));
	TARGET_CHECK(sh, read(fd[1], after, sizeof(after)) == len);
	TARGET_CHECK(sh, !memcmp(before, after, len) && none(fd[1]));
	create("more");
	TARGET_CHECK(sh, event(fd[0], 1, IN_CREATE, "more"));
	TARGET_CHECK(sh, event(fd[1], 1, IN_CREATE, "more"));
}

TEST_F(inotify, events)
{
	ROUND_TRIP(&self->t, events);
}

/* Stopped while it waits; and what the restart does is not reported. */
static void waiting(struct shared *sh)
{
	int fd = inotify_init1(0), wd, data, status;
	pid_t pid;

	create("file");
	wd = inotify_add_watch(fd, dir, IN_ALL_EVENTS & ~IN_CLOSE_NOWRITE);
	data = open(in_dir("file"), O_RDONLY);
	TARGET_CHECK(sh, event(fd, wd, IN_OPEN, "file"));
	pid = fork();
	if (!pid)
		_exit(!event(fd, wd, IN_ATTRIB, "file"));
	nap_ms(20);
	target_step(sh, 1);
	nap_ms(50);
	TARGET_CHECK(sh, !fchmod(data, 0644));
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
}

TEST_F(inotify, waiting)
{
	ROUND_TRIP(&self->t, waiting);
}

static void overflow(struct shared *sh)
{
	int fd = inotify_init1(IN_NONBLOCK), i, n = 0, last = 0;
	char buf[4096] __attribute__((aligned(8)));
	ssize_t len, pos;

	inotify_add_watch(fd, dir, IN_CREATE | IN_DELETE);
	for (i = 0; i < 10000; i++) {
		create("x");
		unlink(in_dir("x"));
	}
	target_step(sh, 1);
	while ((len = read(fd, buf, sizeof(buf))) > 0) {
		for (pos = 0; pos < len; n++) {
			struct inotify_event *e = (void *)(buf + pos);

			last = e->mask;
			pos += sizeof(*e) + e->len;
		}
	}
	TARGET_CHECK(sh, n == 16384 + 1 && last == IN_Q_OVERFLOW);
}

TEST_F_TIMEOUT(inotify, overflow, 100)
{
	struct ckpt_test *t = &self->t;

	/* What common.h waits for a target is not enough. */
	ASSERT_LT(0, spawn(t, overflow));
	while (!wait_step(t->sh, 1))
		;
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	ASSERT_LT(0, restart_killed(t))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	ASSERT_EQ(0, wait_exit(t->pid))
		TH_LOG("target, line %d: %s", atomic_load(&t->sh->failed),
		       t->sh->why);
	t->pid = 0;
}

static void watch_deleted(struct shared *sh)
{
	int fd = inotify_init1(0), file;

	create("file");
	file = open(in_dir("file"), O_RDONLY);
	TARGET_CHECK(sh, inotify_add_watch(fd, in_dir("file"), IN_MODIFY) > 0);
	TARGET_CHECK(sh, !unlink(in_dir("file")));
	target_step(sh, 1);
	close(file);
}

TEST_F(inotify, refused_deleted)
{
	REFUSED(&self->t, watch_deleted, EOPNOTSUPP, "has been deleted");
}

static void watch_file(struct shared *sh)
{
	int fd = inotify_init1(0);

	create("file");
	TARGET_CHECK(sh, inotify_add_watch(fd, in_dir("file"), IN_MODIFY) > 0);
	target_step(sh, 1);
}

TEST_F(inotify, replaced)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, watch_file));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	create("other");
	{
		char other[256];

		strcpy(other, in_dir("other"));
		ASSERT_EQ(0, rename(other, in_dir("file")));
	}
	ASSERT_EQ(-ESTALE, restart_killed(t));
	ASSERT_NE(NULL, strstr(t->msg, "dir/file"))
		TH_LOG("%s", t->msg);
}

/* ---- limits ---- */

#define QUEUE_MAX	"/proc/sys/fs/inotify/max_queued_events"

static void many_events(struct shared *sh)
{
	int fd = inotify_init1(IN_NONBLOCK), i;

	inotify_add_watch(fd, dir, IN_CREATE | IN_DELETE);
	for (i = 0; i < 10; i++) {
		create("x");
		unlink(in_dir("x"));
	}
	target_step(sh, 1);
}

static bool fewer_events(void)
{
	return write_file(QUEUE_MAX, "10");
}

TEST_F(inotify, queue_limit)
{
	long before = read_number(QUEUE_MAX);
	char text[32];

	NOT_RESTARTED(&self->t, many_events, fewer_events, ENOMEM, "inotify: ");
	snprintf(text, sizeof(text), "%ld", before);
	EXPECT_TRUE(write_file(QUEUE_MAX, text));
	EXPECT_LT(0, restart_killed(&self->t))
		TH_LOG("%s", self->t.msg);
}

/* ---- watches that nothing leads to ---- */

/* Somebody else still has something open there. */
static void watch_unmounted(struct shared *sh)
{
	int fd = inotify_init1(0);

	create("sub/file");
	TARGET_CHECK(sh, inotify_add_watch(fd, in_dir("sub/file"), IN_MODIFY) > 0);
	TARGET_CHECK(sh, !umount2(in_dir("sub"), MNT_DETACH));
	target_step(sh, 1);
}

TEST_F(inotify, refused_unmounted)
{
	int fd;

	ASSERT_EQ(0, mkdir(in_dir("sub"), 0700));
	ASSERT_EQ(0, mount("none", in_dir("sub"), "tmpfs", 0, NULL));
	fd = open(in_dir("sub"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	REFUSED(&self->t, watch_unmounted, EOPNOTSUPP, "is not visible in the tree");
	close(fd);
}

#define UNKNOWN	"/ckpt-inotify-unknown"

/* The cache of names has been emptied. */
static void watch_unknown(struct shared *sh)
{
	int fd = inotify_init1(0);

	close(open(UNKNOWN, O_RDWR | O_CREAT, 0600));
	TARGET_CHECK(sh, inotify_add_watch(fd, UNKNOWN, IN_MODIFY) > 0);
	sync();
	TARGET_CHECK(sh, write_file("/proc/sys/vm/drop_caches", "2"));
	target_step(sh, 1);
	unlink(UNKNOWN);
}

TEST_F(inotify, refused_unknown)
{
	REFUSED(&self->t, watch_unknown, EOPNOTSUPP, "is not known");
}

TEST_HARNESS_MAIN
