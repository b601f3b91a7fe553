// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the system calls: arguments, order of checks, flags
 */
#include "common.h"

#include <pthread.h>
#include <sys/mount.h>

static struct checkpoint_args good_args(int image)
{
	return (struct checkpoint_args) {
		.flags		= CHECKPOINT_SUBTREE,
		.pidfd		= -1,
		.image_fd	= image,
		.log_fd		= -1,
		.parent_fd	= -1,
	};
}

TEST(checkpoint_sizes)
{
	struct {
		struct checkpoint_args args;
		uint64_t more;
	} big = { .args = good_args(-1) };

	EXPECT_EQ(-1, sys_checkpoint(NULL, CHECKPOINT_ARGS_SIZE_VER0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, sys_checkpoint(&big.args, CHECKPOINT_ARGS_SIZE_VER0 - 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sys_checkpoint(&big.args, 65536));
	EXPECT_EQ(E2BIG, errno);
	big.more = 1;
	EXPECT_EQ(-1, sys_checkpoint(&big.args, sizeof(big)));
	EXPECT_EQ(E2BIG, errno);
	/* An unknown tail of zeros is fine: the image is what is wrong. */
	big.more = 0;
	EXPECT_EQ(-1, sys_checkpoint(&big.args, sizeof(big)));
	EXPECT_EQ(EBADF, errno);
}

TEST(restart_sizes)
{
	struct {
		struct restart_args args;
		uint64_t more;
	} big = { .args = { .image_fd = -1, .log_fd = -1 } };

	EXPECT_EQ(-1, sys_restart(NULL, RESTART_ARGS_SIZE_VER0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, sys_restart(&big.args, RESTART_ARGS_SIZE_VER0 - 1));
	EXPECT_EQ(EINVAL, errno);
	big.more = 1;
	EXPECT_EQ(-1, sys_restart(&big.args, sizeof(big)));
	EXPECT_EQ(E2BIG, errno);
	big.more = 0;
	EXPECT_EQ(-1, sys_restart(&big.args, sizeof(big)));
	EXPECT_EQ(EBADF, errno);
}

FIXTURE(calls) {
	struct ckpt_test t;
};

FIXTURE_SETUP(calls)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(calls)
{
	test_teardown(&self->t);
}

static void sleeper(struct shared *sh)
{
	target_step(sh, 1);
}

#define EXPECT_FAIL(err, call) do {					\
	EXPECT_EQ(-1, call);						\
	EXPECT_EQ(err, errno);						\
} while (0)

TEST_F(calls, checkpoint_flags)
{
	struct checkpoint_args args = good_args(self->t.image);

	args.flags = 1ULL << 40;
	EXPECT_FAIL(EINVAL, sys_checkpoint(&args, sizeof(args)));
	args.flags = CHECKPOINT_SUBTREE | CHECKPOINT_KILL | CHECKPOINT_LEAVE_FROZEN;
	EXPECT_FAIL(EINVAL, sys_checkpoint(&args, sizeof(args)));
	args.flags = CHECKPOINT_THAW | CHECKPOINT_KILL;
	EXPECT_FAIL(EINVAL, sys_checkpoint(&args, sizeof(args)));
	args = good_args(self->t.image);
	args.pidfd = 0;
	EXPECT_FAIL(EINVAL, sys_checkpoint(&args, sizeof(args)));
	args = good_args(self->t.image);
	args.pid = -5;
	EXPECT_FAIL(EINVAL, sys_checkpoint(&args, sizeof(args)));
	args = good_args(self->t.image);
	args.parent_fd = 3;
	EXPECT_FAIL(EINVAL, sys_checkpoint(&args, sizeof(args)));
	args = good_args(self->t.image);
	args.nr_external = CKPT_EXTERNAL_MAX + 1;
	EXPECT_FAIL(EINVAL, sys_checkpoint(&args, sizeof(args)));
	args.nr_external = 1;
	args.external = 8;
	EXPECT_FAIL(EFAULT, sys_checkpoint(&args, sizeof(args)));
	args = good_args(self->t.image);
	args.log_fd = 9999;
	EXPECT_FAIL(EBADF, sys_checkpoint(&args, sizeof(args)));
}

TEST_F(calls, restart_flags)
{
	struct restart_args args = { .image_fd = self->t.image, .log_fd = -1 };

	args.flags = 1ULL << 40;
	EXPECT_FAIL(EINVAL, sys_restart(&args, sizeof(args)));
	args.flags = 0;
	args.stats = 8;
	args.stats_size = 16;
	EXPECT_FAIL(EFAULT, sys_restart(&args, sizeof(args)));
	args.stats = 0;
	/* The image is empty. */
	EXPECT_FAIL(EBADMSG, sys_restart(&args, sizeof(args)));
}

TEST_F(calls, bad_targets)
{
	struct checkpoint_args args = good_args(self->t.image);
	pid_t pid;

	args.pid = 4000000;
	EXPECT_FAIL(ESRCH, sys_checkpoint(&args, sizeof(args)));
	/* kthreadd */
	args.pid = 2;
	EXPECT_FAIL(EINVAL, sys_checkpoint(&args, sizeof(args)));
	args.pid = 1;
	EXPECT_FAIL(EINVAL, sys_checkpoint(&args, sizeof(args)));
	/* Not an init, and no CHECKPOINT_SUBTREE. */
	pid = spawn(&self->t, sleeper);
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	args.pid = pid;
	args.flags = 0;
	EXPECT_FAIL(EINVAL, sys_checkpoint(&args, sizeof(args)));
	args.flags = CHECKPOINT_THAW;
	EXPECT_FAIL(EINVAL, sys_checkpoint(&args, sizeof(args)));
	/* A pidfd that is none. */
	args.flags = CHECKPOINT_SUBTREE | CHECKPOINT_PIDFD;
	args.pid = 0;
	args.pidfd = self->t.log;
	EXPECT_FAIL(EBADF, sys_checkpoint(&args, sizeof(args)));
	args.pidfd = syscall(SYS_pidfd_open, pid, 0);
	EXPECT_EQ(1, sys_checkpoint(&args, sizeof(args)));
	close(args.pidfd);
}

/* Somebody else's task may not be saved. */
TEST_F(calls, no_permission)
{
	pid_t pid = spawn(&self->t, sleeper);
	int status;

	ASSERT_TRUE(wait_step(self->t.sh, 1));
	if (!fork()) {
		int fd = open("/dev/null", O_WRONLY);
		struct checkpoint_args args = good_args(fd);

		args.pid = pid;
		if (setresgid(1234, 1234, 1234) || setresuid(1234, 1234, 1234))
			_exit(98);
		_exit(sys_checkpoint(&args, sizeof(args)) < 0 ? errno : 97);
	}
	ASSERT_LT(0, wait(&status));
	EXPECT_EQ(EPERM, WEXITSTATUS(status));
}

/* A file on a disk that is too small for any image. */
static int full_disk(struct ckpt_test *t)
{
	char path[128];
	int fd;

	test_path(t, "disk", path, sizeof(path));
	if (mkdir(path, 0700) || mount("none", path, "tmpfs", 0, "size=16k"))
		return -1;
	test_path(t, "disk/image", path, sizeof(path));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	test_path(t, "disk", path, sizeof(path));
	/* Gone with its last file. */
	umount2(path, MNT_DETACH);
	return fd;
}

TEST_F(calls, bad_image_files)
{
	struct checkpoint_args args = good_args(-1);
	struct restart_args rargs = { .log_fd = -1 };
	int fds[2];

	args.pid = spawn(&self->t, sleeper);
	ASSERT_TRUE(wait_step(self->t.sh, 1));

	EXPECT_FAIL(EBADF, sys_checkpoint(&args, sizeof(args)));
	/* Read-only. */
	args.image_fd = open("/dev/null", O_RDONLY);
	EXPECT_FAIL(EBADF, sys_checkpoint(&args, sizeof(args)));
	close(args.image_fd);
	/* A directory. */
	args.image_fd = open("/tmp", O_RDONLY);
	EXPECT_FAIL(EBADF, sys_checkpoint(&args, sizeof(args)));
	rargs.image_fd = args.image_fd;
	EXPECT_FAIL(EISDIR, sys_restart(&rargs, sizeof(rargs)));
	close(args.image_fd);
	/* A full disk. */
	args.image_fd = full_disk(&self->t);
	EXPECT_FAIL(ENOSPC, sys_checkpoint(&args, sizeof(args)));
	close(args.image_fd);
	/* Not something to write large things to. */
	args.image_fd = open("/dev/full", O_WRONLY);
	EXPECT_FAIL(EINVAL, sys_checkpoint(&args, sizeof(args)));
	close(args.image_fd);
	/* A pipe whose reader has gone. */
	ASSERT_EQ(0, pipe(fds));
	close(fds[0]);
	signal(SIGPIPE, SIG_IGN);
	args.image_fd = fds[1];
	EXPECT_FAIL(EPIPE, sys_checkpoint(&args, sizeof(args)));
	close(fds[1]);
	/* The target has not noticed. */
	atomic_store(&self->t.sh->go, 1);
	EXPECT_EQ(0, wait_exit(args.pid));
	self->t.pid = 0;
}

/* One line on the log, with all that an administrator needs. */
TEST_F(calls, message)
{
	struct checkpoint_args args = good_args(self->t.image);

	args.log_fd = self->t.log;
	args.pid = 4000000;
	EXPECT_FAIL(ESRCH, sys_checkpoint(&args, sizeof(args)));
	read_log(&self->t);
	EXPECT_STREQ("checkpoint: pid 4000000: no such process (-ESRCH)\n",
		     self->t.msg);
}

TEST_F(calls, leave_running)
{
	ASSERT_LT(0, spawn(&self->t, sleeper));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	EXPECT_EQ(1, do_checkpoint(&self->t, 0)) TH_LOG("%s", self->t.msg);
	/* While it lives its pid is taken. */
	EXPECT_EQ(-EEXIST, do_restart(&self->t, 0));
	EXPECT_NE(NULL, strstr(self->t.msg, "is taken")) TH_LOG("%s", self->t.msg);
	atomic_store(&self->t.sh->go, 1);
	EXPECT_EQ(0, wait_exit(self->t.pid));
	/* And twice from the same image. */
	EXPECT_EQ(self->t.pid, do_restart(&self->t, 0)) TH_LOG("%s", self->t.msg);
	EXPECT_EQ(0, wait_exit(self->t.pid));
	EXPECT_EQ(self->t.pid, do_restart(&self->t, 0)) TH_LOG("%s", self->t.msg);
	EXPECT_EQ(0, wait_exit(self->t.pid));
	self->t.pid = 0;
}

static void counter(struct shared *sh)
{
	atomic_store(&sh->ready, 1);
	while (atomic_load(&sh->go) < 1)
		atomic_fetch_add(&sh->data[0], 1);
}

static bool is_counting(struct shared *sh)
{
	uint64_t before = atomic_load(&sh->data[0]);

	nap_ms(100);
	return atomic_load(&sh->data[0]) != before;
}

TEST_F(calls, leave_frozen)
{
	struct checkpoint_args thaw = good_args(-1);

	thaw.pid = spawn(&self->t, counter);
	thaw.flags = CHECKPOINT_THAW;
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	EXPECT_TRUE(is_counting(self->t.sh));
	EXPECT_EQ(1, do_checkpoint(&self->t, CHECKPOINT_LEAVE_FROZEN))
		TH_LOG("%s", self->t.msg);
	EXPECT_FALSE(is_counting(self->t.sh));
	/* Once more; it stays as it is. */
	EXPECT_EQ(1, do_checkpoint(&self->t, 0)) TH_LOG("%s", self->t.msg);
	EXPECT_FALSE(is_counting(self->t.sh));
	EXPECT_EQ(0, sys_checkpoint(&thaw, sizeof(thaw)));
	EXPECT_TRUE(is_counting(self->t.sh));
	EXPECT_FAIL(EINVAL, sys_checkpoint(&thaw, sizeof(thaw)));
}

/* If the image cannot be written, nobody is killed or left behind frozen. */
TEST_F(calls, kill_fails)
{
	struct checkpoint_args args = good_args(full_disk(&self->t));

	args.pid = spawn(&self->t, counter);
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	args.flags |= CHECKPOINT_KILL;
	EXPECT_FAIL(ENOSPC, sys_checkpoint(&args, sizeof(args)));
	EXPECT_TRUE(is_counting(self->t.sh));
	args.flags ^= CHECKPOINT_KILL | CHECKPOINT_LEAVE_FROZEN;
	EXPECT_FAIL(ENOSPC, sys_checkpoint(&args, sizeof(args)));
	EXPECT_TRUE(is_counting(self->t.sh));
	close(args.image_fd);
}

TEST_F(calls, restart_frozen)
{
	struct checkpoint_args thaw = good_args(-1);

	ASSERT_LT(0, spawn(&self->t, counter));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	ASSERT_EQ(1, do_checkpoint(&self->t, CHECKPOINT_KILL)) TH_LOG("%s", self->t.msg);
	thaw.pid = do_restart(&self->t, RESTART_FROZEN);
	ASSERT_LT(0, thaw.pid) TH_LOG("%s", self->t.msg);
	EXPECT_FALSE(is_counting(self->t.sh));
	thaw.flags = CHECKPOINT_THAW;
	EXPECT_EQ(0, sys_checkpoint(&thaw, sizeof(thaw)));
	EXPECT_TRUE(is_counting(self->t.sh));
}

/* The program saves itself; the copy sees another result of the call. */
static void self_checkpoint(struct shared *sh)
{
	struct checkpoint_args args = good_args(open((char *)&sh->data[8],
						     O_WRONLY));
	long ret;

	ret = sys_checkpoint(&args, sizeof(args));
	atomic_store(&sh->data[ret ? 0 : 1], ret ? ret : getpid());
	TARGET_CHECK(sh, ret == 0 || ret == 1);
	atomic_store(&sh->ready, 1);
}

TEST_F(calls, self_checkpoint)
{
	struct shared *sh = self->t.sh;

	test_path(&self->t, "image", (char *)&sh->data[8], 128);
	ASSERT_LT(0, spawn(&self->t, self_checkpoint));
	EXPECT_EQ(0, wait_exit(self->t.pid));
	EXPECT_EQ(1, atomic_load(&sh->data[0]));
	EXPECT_EQ(0, atomic_load(&sh->data[1]));
	ASSERT_EQ(self->t.pid, do_restart(&self->t, 0)) TH_LOG("%s", self->t.msg);
	EXPECT_EQ(0, wait_exit(self->t.pid));
	EXPECT_EQ(self->t.pid, atomic_load(&sh->data[1]));
	self->t.pid = 0;
}

/* The reader of the image is part of the tree: the tree runs on meanwhile. */
static void read_own_image(struct shared *sh)
{
	char buf[65536];
	ssize_t n;

	/* Opened by the test at number 5. */
	atomic_store(&sh->ready, 1);
	while ((n = read(5, buf, sizeof(buf))) > 0)
		atomic_fetch_add(&sh->data[0], n);
}

TEST_F(calls, own_reader)
{
	struct checkpoint_args args;
	struct checkpoint_stats stats = {};
	struct shared *sh = self->t.sh;
	int fds[2], image;
	char path[128];
	pid_t pid;

	test_path(&self->t, "fifo", path, sizeof(path));
	ASSERT_EQ(0, mkfifo(path, 0600));
	ASSERT_EQ(0, pipe(fds));
	pid = fork();
	if (!pid) {
		int fd = open(path, O_RDONLY);

		dup2(fd, 5);
		close_range(6, ~0U, 0);
		close_range(0, 4, 0);
		drop_harness_memory();
		read_own_image(sh);
		_exit(0);
	}
	self->t.pid = pid;
	image = open(path, O_WRONLY);
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	args = good_args(image);
	args.pid = pid;
	args.stats = (uintptr_t)&stats;
	args.stats_size = sizeof(stats);
	/* The writing end of the FIFO is ours, which is refused by name. */
	args.log_fd = self->t.log;
	if (sys_checkpoint(&args, sizeof(args)) < 0) {
		read_log(&self->t);
		EXPECT_NE(NULL, strstr(self->t.msg, "fifo")) TH_LOG("%s", self->t.msg);
	} else {
		close(image);
		EXPECT_EQ(0, wait_exit(pid));
		EXPECT_EQ(stats.image_bytes, atomic_load(&self->t.sh->data[0]));
	}
	close(fds[0]);
	close(fds[1]);
}

TEST_F(calls, stats)
{
	struct checkpoint_stats stats[2];
	struct checkpoint_args args = good_args(self->t.image);

	memset(stats, 0xff, sizeof(stats));
	args.pid = spawn(&self->t, sleeper);
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	args.stats = (uintptr_t)stats;
	args.stats_size = sizeof(stats);
	ASSERT_EQ(1, sys_checkpoint(&args, sizeof(args)));
	EXPECT_EQ(1, stats[0].nr_tasks);
	EXPECT_LT(0, stats[0].frozen_time);
	EXPECT_LT(0, stats[0].pages_written);
	EXPECT_LT(stats[0].meta_bytes, 65536);
	EXPECT_EQ(lseek(self->t.image, 0, SEEK_END), stats[0].image_bytes);
	/* What this kernel does not know is zero. */
	EXPECT_EQ(0, stats[1].freezing_time);
	/* A smaller structure is filled as far as it goes. */
	memset(stats, 0xff, sizeof(stats));
	args.stats_size = 16;
	ASSERT_EQ(1, sys_checkpoint(&args, sizeof(args)));
	EXPECT_EQ(~0ULL, stats[0].memdump_time);
}

TEST_HARNESS_MAIN
