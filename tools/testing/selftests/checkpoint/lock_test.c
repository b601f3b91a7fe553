// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - file locks
 */
#include <sys/file.h>

#include "common.h"

#ifndef F_OFD_SETLK
#define F_OFD_GETLK	36
#define F_OFD_SETLK	37
#define F_OFD_SETLKW	38
#endif

static char path[128];

FIXTURE(lock) {
	struct ckpt_test t;
};

FIXTURE_SETUP(lock)
{
	ASSERT_TRUE(test_setup(&self->t));
	test_path(&self->t, "locked", path, sizeof(path));
	close(open(path, O_RDWR | O_CREAT, 0600));
}

FIXTURE_TEARDOWN(lock)
{
	test_teardown(&self->t);
}

static int lock(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock fl = { .l_type = type, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &fl);
}

/* Who holds a lock on the byte @at, as others see it: 0 for nobody. */
static pid_t holder(off_t at, int type)
{
	struct flock fl = { .l_type = type, .l_start = at, .l_len = 1 };
	int fd = open(path, O_RDWR), status;
	pid_t pid = fork();

	if (!pid) {
		fcntl(fd, F_GETLK, &fl);
		if (fl.l_type == F_UNLCK)
			_exit(0);
		_exit(fl.l_pid == -1 ? 2 : fl.l_pid == getppid() ? 1 : 3);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void record(struct shared *sh)
{
	int fd = open(path, O_RDWR);

	TARGET_CHECK(sh, !lock(fd, F_SETLK, F_WRLCK, 10, 10));
	TARGET_CHECK(sh, !lock(fd, F_SETLK, F_RDLCK, 15, 2));
	TARGET_CHECK(sh, !lock(fd, F_SETLK, F_RDLCK, 1000, 0));
	sh->data[0] = getpid();
	target_step(sh, 1);
	/* holder() closes the file in its child: no harm to ours. */
	TARGET_CHECK(sh, holder(9, F_WRLCK) == 0 && holder(10, F_RDLCK) == 1);
	TARGET_CHECK(sh, holder(15, F_RDLCK) == 0 && holder(16, F_WRLCK) == 1);
	TARGET_CHECK(sh, holder(19, F_RDLCK) == 1 && holder(20, F_WRLCK) == 0);
	TARGET_CHECK(sh, holder(1LL << 40, F_WRLCK) == 1);
	TARGET_CHECK(sh, !lock(fd, F_SETLK, F_UNLCK, 0, 12));
	TARGET_CHECK(sh, holder(11, F_WRLCK) == 0 && holder(12, F_RDLCK) == 1);
	close(fd);
	TARGET_CHECK(sh, holder(12, F_WRLCK) == 0);
}

TEST_F(lock, record)
{
	ROUND_TRIP(&self->t, record);
}

static void of_file(struct shared *sh)
{
	int fd = open(path, O_RDWR), other, copy;

	TARGET_CHECK(sh, !lock(fd, F_OFD_SETLK, F_WRLCK, 5, 5));
	copy = dup(fd);
	target_step(sh, 1);
	other = open(path, O_RDWR);
	TARGET_CHECK(sh, holder(5, F_RDLCK) == 2);
	TARGET_CHECK(sh, lock(other, F_OFD_SETLK, F_RDLCK, 9, 1) == -1 && errno == EAGAIN);
	TARGET_CHECK(sh, !lock(copy, F_OFD_SETLK, F_RDLCK, 9, 1));
	TARGET_CHECK(sh, !lock(other, F_OFD_SETLK, F_RDLCK, 9, 1));
	close(fd);
	TARGET_CHECK(sh, holder(5, F_RDLCK) == 2);
	close(copy);
	close(other);
	TARGET_CHECK(sh, holder(5, F_RDLCK) == 0);
}

TEST_F(lock, of_file)
{
	ROUND_TRIP(&self->t, of_file);
}

static void whole(struct shared *sh)
{
	int fd = open(path, O_RDONLY), dir = open("/tmp", O_RDONLY | O_DIRECTORY);
	int other, status;
	pid_t pid;

	TARGET_CHECK(sh, !flock(fd, LOCK_EX) && !flock(dir, LOCK_SH));
	pid = fork();
	if (!pid) {
		/* Waits for it, and is stopped doing so. */
		other = open(path, O_RDONLY);
		_exit(flock(other, LOCK_EX));
	}
	nap_ms(20);
	target_step(sh, 1);
	other = open(path, O_RDONLY);
	TARGET_CHECK(sh, flock(other, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK);
	TARGET_CHECK(sh, !flock(fd, LOCK_UN));
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	TARGET_CHECK(sh, !flock(other, LOCK_EX | LOCK_NB));
	close(other);
	other = open("/tmp", O_RDONLY);
	TARGET_CHECK(sh, flock(other, LOCK_EX | LOCK_NB) == -1);
	TARGET_CHECK(sh, !flock(other, LOCK_SH | LOCK_NB));
}

TEST_F(lock, whole)
{
	ROUND_TRIP(&self->t, whole);
}

static void between(struct shared *sh)
{
	int fd = open(path, O_RDWR), status;
	pid_t pid;

	TARGET_CHECK(sh, !lock(fd, F_SETLK, F_WRLCK, 0, 10));
	pid = fork();
	if (!pid) {
		int rw = open(path, O_RDWR);

		if (lock(rw, F_SETLK, F_WRLCK, 10, 10))
			_exit(1);
		sh->data[0] = 1;
		_exit(lock(rw, F_SETLKW, F_WRLCK, 0, 1));
	}
	while (!sh->data[0])
		nap_ms(2);
	nap_ms(20);
	target_step(sh, 1);
	TARGET_CHECK(sh, lock(fd, F_SETLK, F_RDLCK, 19, 1) == -1);
	TARGET_CHECK(sh, !lock(fd, F_SETLK, F_UNLCK, 0, 0));
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
}

TEST_F(lock, between)
{
	ROUND_TRIP(&self->t, between);
}

static void taken(struct shared *sh)
{
	int fd = open(path, O_RDWR);

	TARGET_CHECK(sh, !flock(fd, LOCK_EX));
	target_step(sh, 1);
}

TEST_F(lock, taken)
{
	struct ckpt_test *t = &self->t;
	int fd;

	ASSERT_LT(0, spawn(t, taken));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	fd = open(path, O_RDWR);
	ASSERT_EQ(0, flock(fd, LOCK_SH));
	ASSERT_EQ(-EBUSY, restart_killed(t));
	ASSERT_NE(NULL, strstr(t->msg, "is locked by somebody else"))
		TH_LOG("%s", t->msg);
	close(fd);
	ASSERT_LT(0, do_restart(t, 0))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	ASSERT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
}

static void leased(struct shared *sh)
{
	int fd = open(path, O_RDONLY);

	TARGET_CHECK(sh, !fcntl(fd, F_SETLEASE, F_RDLCK));
	target_step(sh, 1);
}

TEST_F(lock, refused_lease)
{
	REFUSED(&self->t, leased, EOPNOTSUPP, "lease");
}

static void locked_pipe(struct shared *sh)
{
	int fd[2];

	TARGET_CHECK(sh, !pipe(fd) && !flock(fd[0], LOCK_EX));
	target_step(sh, 1);
}

TEST_F(lock, refused_pipe)
{
	REFUSED(&self->t, locked_pipe, EOPNOTSUPP, "flock() lock");
}

TEST_HARNESS_MAIN
