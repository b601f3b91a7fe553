// SPDX-License-Identifier: GPL-2.0
/*
 * Checkpoint/restart - pid namespaces
 */
#include "common.h"
#include <sys/mount.h>

FIXTURE(pidns)
{
	struct ckpt_test t;
};

FIXTURE_SETUP(pidns)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(pidns)
{
	test_teardown(&self->t);
}

static int run_child(int (*fn)(struct shared *sh), struct shared *sh)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(fn(sh));
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

/* ---- a namespace inside the tree ---- */

/* Process 1 of the inner namespace, with a child and a zombie. */
static void inner_init(struct shared *sh)
{
	pid_t child, zombie;
	int status;

	TARGET_CHECK(sh, getpid() == 1);
	TARGET_CHECK(sh, getppid() == 0);
	child = fork();
	if (!child) {
		setsid();
		while (!atomic_load(&sh->go))
			nap_ms(2);
		TARGET_CHECK(sh, getpid() == 2 && getppid() == 1);
		TARGET_CHECK(sh, getsid(0) == 2 && getpgrp() == 2);
		_exit(7);
	}
	zombie = fork();
	if (!zombie)
		_exit(5);
	nap_ms(50);
	atomic_store(&sh->ready, 1);
	while (!atomic_load(&sh->go))
		nap_ms(2);
	TARGET_CHECK(sh, getpid() == 1 && getppid() == 0);
	TARGET_CHECK(sh, child == 2 && zombie == 3);
	TARGET_CHECK(sh, waitpid(zombie, &status, 0) == zombie &&
		     WEXITSTATUS(status) == 5);
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child &&
		     WEXITSTATUS(status) == 7);
	/* Ids go on where they were. */
	child = fork();
	if (!child)
		_exit(0);
	TARGET_CHECK(sh, child == 4);
	waitpid(child, NULL, 0);
	_exit(0);
}

static void nested_target(struct shared *sh)
{
	int status;
	pid_t init;

	TARGET_CHECK(sh, !unshare(CLONE_NEWPID));
	init = fork();
	if (!init)
		inner_init(sh);
	TARGET_CHECK(sh, waitpid(init, &status, 0) == init && !status);
	/* The namespace is still that of its children, and dead. */
	TARGET_CHECK(sh, fork() == -1 && errno == ENOMEM);
}

TEST_F(pidns, nested)
{
	ROUND_TRIP(&self->t, nested_target);
}

/* Several levels, each with a process that waits for the next. */
#define LEVELS	5

static int level_below(struct shared *sh, int level)
{
	int status;
	pid_t pid;

	if (level == LEVELS) {
		target_step(sh, 1);
		return getpid() != 1;
	}
	TARGET_CHECK(sh, !unshare(CLONE_NEWPID));
	pid = fork();
	if (!pid)
		_exit(level_below(sh, level + 1));
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	return level && getpid() != 1;
}

static void levels_target(struct shared *sh)
{
	TARGET_CHECK(sh, !level_below(sh, 0));
}

TEST_F(pidns, levels)
{
	ROUND_TRIP(&self->t, levels_target);
}

/* ---- for children only ---- */

static int is_one(struct shared *sh)
{
	return getpid() != 1;
}

static void unused_target(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWPID));
	target_step(sh, 1);
	TARGET_CHECK(sh, run_child(is_one, sh) == 0);
	TARGET_CHECK(sh, fork() == -1 && errno == ENOMEM);
}

TEST_F(pidns, for_children)
{
	ROUND_TRIP(&self->t, unused_target);
}

static void dead_target(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWPID));
	TARGET_CHECK(sh, run_child(is_one, sh) == 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, fork() == -1 && errno == ENOMEM);
}

TEST_F(pidns, dead)
{
	ROUND_TRIP(&self->t, dead_target);
}

static void zombie_init_target(struct shared *sh)
{
	int status;
	pid_t pid;

	TARGET_CHECK(sh, !unshare(CLONE_NEWPID));
	pid = fork();
	if (!pid)
		_exit(9);
	nap_ms(100);
	target_step(sh, 1);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid &&
		     WEXITSTATUS(status) == 9);
	TARGET_CHECK(sh, fork() == -1 && errno == ENOMEM);
}

TEST_F(pidns, zombie_init)
{
	ROUND_TRIP(&self->t, zombie_init_target);
}

/* A member that is no descendant of the init, and comes before it. */
static void joined_target(struct shared *sh)
{
	int status, fd;
	pid_t init, helper, member;
	char path[64];

	helper = fork();
	if (!helper) {
		while (!atomic_load(&sh->data[0]))
			nap_ms(2);
		snprintf(path, sizeof(path), "/proc/%d/ns/pid",
			 (int)atomic_load(&sh->data[0]));
		fd = open(path, O_RDONLY | O_CLOEXEC);
		TARGET_CHECK(sh, !setns(fd, CLONE_NEWPID));
		close(fd);
		member = fork();
		if (!member) {
			target_step(sh, 1);
			TARGET_CHECK(sh, getpid() == 2 && getppid() == 0);
			_exit(3);
		}
		TARGET_CHECK(sh, waitpid(member, &status, 0) == member &&
			     WEXITSTATUS(status) == 3);
		_exit(0);
	}
	TARGET_CHECK(sh, !unshare(CLONE_NEWPID));
	init = fork();
	if (!init) {
		TARGET_CHECK(sh, getpid() == 1);
		pause();
	}
	atomic_store(&sh->data[0], init);
	TARGET_CHECK(sh, waitpid(helper, &status, 0) == helper && !status);
	kill(init, SIGKILL);
	TARGET_CHECK(sh, waitpid(init, &status, 0) == init);
}

TEST_F(pidns, joined)
{
	ROUND_TRIP(&self->t, joined_target);
}

/* ---- a whole container ---- */

static void container_init(struct shared *sh)
{
	int status;
	pid_t child = fork();

	if (!child) {
		target_step(sh, 1);
		TARGET_CHECK(sh, getpid() == 2 && getppid() == 1);
		_exit(0);
	}
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	TARGET_CHECK(sh, getpid() == 1 && getppid() == 0);
}

/* All that is left of who has sent it is a number, of this namespace. */
static void gone_sender_init(struct shared *sh)
{
	struct ucred cred = {};
	int status, sv[2], on = 1;
	pid_t child;

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	TARGET_CHECK(sh, !setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	child = fork();
	if (!child)
		_exit(write(sv[0], "hello", 5) != 5);
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	target_step(sh, 1);
	TARGET_CHECK(sh, recv_sender(sv[1], &cred) && cred.pid == child);
}

static pid_t spawn_container(struct ckpt_test *t, void (*fn)(struct shared *sh))
{
	struct shared *sh = t->sh;
	pid_t pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL,
			    NULL);

	if (pid) {
		t->pid = pid;
		return pid;
	}
	setsid();
	close_range(0, ~0U, 0);
	if (open("/dev/null", O_RDWR) || dup(0) != 1 || dup(0) != 2)
		_exit(99);
	drop_harness_memory();
	fn(sh);
	_exit(atomic_load(&sh->failed) ? 1 : 0);
}

static long checkpoint_container(struct ckpt_test *t, uint64_t flags)
{
	struct checkpoint_args args = {
		.flags		= flags,
		.pid		= t->pid,
		.pidfd		= -1,
		.image_fd	= t->image,
		.log_fd		= t->log,
		.parent_fd	= -1,
	};
	long ret;

	if (ftruncate(t->image, 0) || lseek(t->image, 0, SEEK_SET))
		return -errno;
	ret = sys_checkpoint(&args, sizeof(args));
	ret = ret < 0 ? -errno : ret;
	read_log(t);
	return ret;
}

static void round_trip_container(struct __test_metadata *_metadata,
				 struct ckpt_test *t,
				 void (*fn)(struct shared *sh))
{
	pid_t first;

	first = spawn_container(t, fn);
	ASSERT_LT(0, first);
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(10);
	ASSERT_LT(0, checkpoint_container(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	waitpid(t->pid, NULL, __WALL);
	/* The restart makes a namespace for it, so its id here is any. */
	ASSERT_LT(0, do_restart(t, 0))
		TH_LOG("%s", t->msg);
	EXPECT_LT(1, t->pid);
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
	EXPECT_EQ(0, atomic_load(&t->sh->failed))
		TH_LOG("%s", t->sh->why);
}

TEST_F(pidns, container)
{
	round_trip_container(_metadata, &self->t, container_init);
}

TEST_F(pidns, gone_sender)
{
	round_trip_container(_metadata, &self->t, gone_sender_init);
}

/* Twice from one image, at the same time. */
TEST_F(pidns, container_twice)
{
	struct ckpt_test *t = &self->t;
	pid_t first;

	ASSERT_LT(0, spawn_container(t, container_init));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(10);
	ASSERT_LT(0, checkpoint_container(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	waitpid(t->pid, NULL, __WALL);
	ASSERT_LT(0, do_restart(t, 0))
		TH_LOG("%s", t->msg);
	first = t->pid;
	ASSERT_LT(0, do_restart(t, 0))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(first));
	EXPECT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
	EXPECT_EQ(0, atomic_load(&t->sh->failed))
		TH_LOG("%s", t->sh->why);
}

/* Somebody from outside has joined. */
TEST_F(pidns, container_joined)
{
	struct ckpt_test *t = &self->t;
	char path[64];
	pid_t guest;
	int fd;

	ASSERT_LT(0, spawn_container(t, container_init));
	ASSERT_TRUE(wait_step(t->sh, 1));
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", t->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	guest = fork();
	if (!guest) {
		if (setns(fd, CLONE_NEWPID))
			_exit(99);
		guest = fork();
		if (!guest) {
			pause();
			_exit(0);
		}
		atomic_store(&t->sh->data[0], guest);
		waitpid(guest, NULL, 0);
		_exit(0);
	}
	close(fd);
	while (!atomic_load(&t->sh->data[0]))
		nap_ms(2);
	EXPECT_EQ(-EBUSY, checkpoint_container(t, 0));
	EXPECT_NE(NULL, strstr(t->msg, "pid namespace: shared with task"))
		TH_LOG("%s", t->msg);
	/* Of a subtree one is told. */
	EXPECT_LT(0, checkpoint_container(t, CHECKPOINT_SUBTREE))
		TH_LOG("%s", t->msg);
	EXPECT_NE(NULL, strstr(t->msg, "pid namespace: also that of task"))
		TH_LOG("%s", t->msg);
	kill(atomic_load(&t->sh->data[0]), SIGKILL);
	EXPECT_EQ(guest, waitpid(guest, NULL, 0));
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
}

/* A namespace that the caller has prepared is the one. */
TEST_F(pidns, container_prepared)
{
	struct ckpt_test *t = &self->t;
	int status;
	pid_t pid;

	ASSERT_LT(0, spawn_container(t, container_init));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(10);
	ASSERT_LT(0, checkpoint_container(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	waitpid(t->pid, NULL, __WALL);
	t->pid = 0;
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWPID) || do_restart(t, 0) < 0)
			_exit(1);
		/* It has an init now, and goes on existing. */
		pid = fork();
		if (!pid)
			_exit(getpid() == 3 ? 0 : 2);
		if (waitpid(pid, &status, 0) != pid || status)
			_exit(3);
		atomic_store(&t->sh->go, 1);
		_exit(wait_exit(t->pid));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
