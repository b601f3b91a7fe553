// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - pipes and FIFOs
 */
#include <poll.h>
#include <sys/ioctl.h>

#include "common.h"

static char fifo[128];

static void set_nonblock(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static bool reads(int fd, const char *text)
{
	char buf[64] = "";
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	return n == (ssize_t)strlen(text) && !strcmp(buf, text);
}

FIXTURE(pipe) {
	struct ckpt_test t;
};

FIXTURE_SETUP(pipe)
{
	ASSERT_TRUE(test_setup(&self->t));
	test_path(&self->t, "fifo", fifo, sizeof(fifo));
}

FIXTURE_TEARDOWN(pipe)
{
	test_teardown(&self->t);
}

static void contents(struct shared *sh)
{
	struct stat a, b;
	int fd[2], n;

	TARGET_CHECK(sh, !pipe2(fd, O_CLOEXEC));
	TARGET_CHECK(sh, write(fd[1], "hello", 5) == 5);
	TARGET_CHECK(sh, !fstat(fd[0], &a));
	set_nonblock(fd[0]);
	target_step(sh, 1);
	TARGET_CHECK(sh, fcntl(fd[0], F_GETFD) == FD_CLOEXEC);
	TARGET_CHECK(sh, fcntl(fd[0], F_GETFL) == (O_RDONLY | O_NONBLOCK));
	TARGET_CHECK(sh, fcntl(fd[1], F_GETFL) == O_WRONLY);
	TARGET_CHECK(sh, !fstat(fd[0], &a) && !fstat(fd[1], &b));
	TARGET_CHECK(sh, a.st_ino == b.st_ino && a.st_uid == getuid());
	TARGET_CHECK(sh, !ioctl(fd[0], FIONREAD, &n) && n == 5);
	TARGET_CHECK(sh, reads(fd[0], "hello"));
	TARGET_CHECK(sh, read(fd[0], &n, 1) == -1 && errno == EAGAIN);
	TARGET_CHECK(sh, write(fd[1], "more", 4) == 4 && reads(fd[0], "more"));
	close(fd[1]);
	TARGET_CHECK(sh, read(fd[0], &n, 1) == 0);
}

TEST_F(pipe, contents)
{
	ROUND_TRIP(&self->t, contents);
}

#define BIG	(1024 * 1024)

static void full(struct shared *sh)
{
	char *buf = malloc(BIG);
	size_t got, i;
	ssize_t n;
	int fd[2];

	TARGET_CHECK(sh, !pipe(fd));
	TARGET_CHECK(sh, fcntl(fd[1], F_SETPIPE_SZ, BIG) == BIG);
	set_nonblock(fd[1]);
	for (i = 0; i < BIG; i++)
		buf[i] = i * 7 + (i >> 12);
	TARGET_CHECK(sh, write(fd[1], buf, BIG) == BIG);
	TARGET_CHECK(sh, write(fd[1], buf, 1) == -1 && errno == EAGAIN);
	/* A page that has been read in part takes nothing more. */
	TARGET_CHECK(sh, read(fd[0], buf, 100) == 100);
	target_step(sh, 1);
	TARGET_CHECK(sh, fcntl(fd[0], F_GETPIPE_SZ) == BIG);
	TARGET_CHECK(sh, write(fd[1], buf, 1) == -1 && errno == EAGAIN);
	for (got = 100; got < BIG; got += n) {
		n = read(fd[0], buf + got, BIG - got);
		TARGET_CHECK(sh, n > 0);
		if (n <= 0)
			break;
	}
	for (i = 0; i < BIG; i++)
		if (buf[i] != (char)(i * 7 + (i >> 12)))
			break;
	TARGET_CHECK(sh, i == BIG);
	TARGET_CHECK(sh, write(fd[1], buf, 1) == 1);
}

TEST_F(pipe, full)
{
	ROUND_TRIP(&self->t, full);
}

static void packets(struct shared *sh)
{
	int fd[2];

	TARGET_CHECK(sh, !pipe2(fd, O_DIRECT | O_NONBLOCK));
	TARGET_CHECK(sh, write(fd[1], "one", 3) == 3 && write(fd[1], "two", 3) == 3);
	target_step(sh, 1);
	TARGET_CHECK(sh, fcntl(fd[1], F_GETFL) & O_DIRECT);
	TARGET_CHECK(sh, write(fd[1], "three", 5) == 5);
	TARGET_CHECK(sh, reads(fd[0], "one") && reads(fd[0], "two") &&
		     reads(fd[0], "three"));
}

TEST_F(pipe, packets)
{
	ROUND_TRIP(&self->t, packets);
}

static void between_processes(struct shared *sh)
{
	int there[2], back[2], status;
	char c = 0;
	pid_t pid;

	TARGET_CHECK(sh, !pipe(there) && !pipe(back));
	pid = fork();
	if (!pid) {
		close(there[1]);
		close(back[0]);
		/* Stopped while it waits for data. */
		while (read(there[0], &c, 1) == 1) {
			c++;
			if (write(back[1], &c, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	close(there[0]);
	close(back[1]);
	target_step(sh, 1);
	TARGET_CHECK(sh, write(there[1], "a", 1) == 1);
	TARGET_CHECK(sh, read(back[0], &c, 1) == 1 && c == 'b');
	close(there[1]);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	TARGET_CHECK(sh, read(back[0], &c, 1) == 0);
}

TEST_F(pipe, between_processes)
{
	ROUND_TRIP(&self->t, between_processes);
}

static void one_end(struct shared *sh)
{
	int a[2], b[2];
	char c;

	signal(SIGPIPE, SIG_IGN);
	TARGET_CHECK(sh, !pipe(a) && !pipe(b));
	TARGET_CHECK(sh, write(a[1], "x", 1) == 1);
	close(a[1]);
	close(b[0]);
	target_step(sh, 1);
	TARGET_CHECK(sh, read(a[0], &c, 1) == 1 && c == 'x');
	TARGET_CHECK(sh, read(a[0], &c, 1) == 0);
	TARGET_CHECK(sh, write(b[1], "x", 1) == -1 && errno == EPIPE);
}

TEST_F(pipe, one_end)
{
	ROUND_TRIP(&self->t, one_end);
}

static void opened_again(struct shared *sh)
{
	char path[64];
	int fd[2], rdwr;

	TARGET_CHECK(sh, !pipe(fd));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd[0]);
	rdwr = open(path, O_RDWR | O_NONBLOCK);
	TARGET_CHECK(sh, rdwr >= 0);
	close(fd[0]);
	close(fd[1]);
	target_step(sh, 1);
	TARGET_CHECK(sh, write(rdwr, "self", 4) == 4 && reads(rdwr, "self"));
}

TEST_F(pipe, opened_again)
{
	ROUND_TRIP(&self->t, opened_again);
}

static void named(struct shared *sh)
{
	struct pollfd p = { .events = POLLIN };
	int rd, wr;
	char c;

	TARGET_CHECK(sh, !mkfifo(fifo, 0600));
	rd = open(fifo, O_RDONLY | O_NONBLOCK);
	p.fd = rd;
	/* There has been no writer: no POLLHUP. */
	TARGET_CHECK(sh, poll(&p, 1, 0) == 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, poll(&p, 1, 0) == 0);
	TARGET_CHECK(sh, read(rd, &c, 1) == 0);
	wr = open(fifo, O_WRONLY | O_NONBLOCK);
	TARGET_CHECK(sh, wr >= 0);
	TARGET_CHECK(sh, write(wr, "named", 5) == 5);
	target_step(sh, 2);
	TARGET_CHECK(sh, reads(rd, "named"));
	TARGET_CHECK(sh, read(rd, &c, 1) == -1 && errno == EAGAIN);
	close(wr);
	TARGET_CHECK(sh, poll(&p, 1, 0) == 1 && p.revents & POLLHUP);
}

TEST_F(pipe, named)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, named));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	ASSERT_LT(0, do_restart(t, 0))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	ASSERT_TRUE(wait_step(t->sh, 2))
		TH_LOG("%s", t->sh->why);
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	ASSERT_LT(0, do_restart(t, 0))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 2);
	ASSERT_EQ(0, wait_exit(t->pid))
		TH_LOG("line %d: %s", atomic_load(&t->sh->failed), t->sh->why);
	t->pid = 0;
}

static void has_fifo(struct shared *sh)
{
	TARGET_CHECK(sh, !mkfifo(fifo, 0600));
	TARGET_CHECK(sh, open(fifo, O_RDWR) == 3);
	target_step(sh, 1);
}

TEST_F(pipe, fifo_in_use)
{
	struct ckpt_test *t = &self->t;
	int fd;

	ASSERT_LT(0, spawn(t, has_fifo));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	fd = open(fifo, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(-EBUSY, do_restart(t, 0));
	ASSERT_NE(NULL, strstr(t->msg, fifo))
		TH_LOG("%s", t->msg);
	close(fd);
	ASSERT_LT(0, do_restart(t, 0))
		TH_LOG("%s", t->msg);
}

/* ---- ends outside of the tree ---- */

static int far[2];

static pid_t spawn_with_pipe(struct ckpt_test *t)
{
	struct shared *sh = t->sh;

	t->pid = fork();
	if (t->pid)
		return t->pid;
	setsid();
	if (dup2(far[0], 0) || open("/dev/null", O_RDWR) < 0)
		_exit(99);
	close_range(1, ~0U, 0);
	drop_harness_memory();
	target_step(sh, 1);
	_exit(reads(0, "from outside") ? 0 : 1);
}

TEST_F(pipe, far_end)
{
	struct ckpt_test *t = &self->t;
	struct ckpt_external ext = { .key = (uintptr_t)"input" };

	ASSERT_EQ(0, pipe(far));
	ASSERT_LT(0, spawn_with_pipe(t));
	ASSERT_TRUE(wait_step(t->sh, 1));
	close(far[0]);
	ASSERT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
	ASSERT_NE(NULL, strstr(t->msg, "1 of 1 writing ends"))
		TH_LOG("%s", t->msg);

	ext.fd = far[1];
	t->ext = &ext;
	t->nr_ext = 1;
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	close(far[1]);

	ASSERT_EQ(0, pipe(far));
	ext.fd = far[1];
	ASSERT_EQ(-EINVAL, do_restart(t, 0));
	ASSERT_NE(NULL, strstr(t->msg, "not open for reading"))
		TH_LOG("%s", t->msg);
	ext.fd = far[0];
	ASSERT_LT(0, do_restart(t, 0))
		TH_LOG("%s", t->msg);
	ASSERT_EQ(12, write(far[1], "from outside", 12));
	atomic_store(&t->sh->go, 1);
	ASSERT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
	close(far[0]);
	close(far[1]);
}

TEST_HARNESS_MAIN
