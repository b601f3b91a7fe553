// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - eventfd
 */
#include <linux/aio_abi.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "common.h"

FIXTURE(eventfd) {
	struct ckpt_test t;
};

FIXTURE_SETUP(eventfd)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(eventfd)
{
	test_teardown(&self->t);
}

static void counter(struct shared *sh)
{
	uint64_t v = 0xfffffffffffffffeULL;
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), copy = dup(fd);

	TARGET_CHECK(sh, write(fd, &v, sizeof(v)) == sizeof(v));
	target_step(sh, 1);
	TARGET_CHECK(sh, fcntl(fd, F_GETFD) == FD_CLOEXEC);
	TARGET_CHECK(sh, fcntl(fd, F_GETFL) == (O_RDWR | O_NONBLOCK));
	v = 1;
	TARGET_CHECK(sh, write(copy, &v, sizeof(v)) == -1 && errno == EAGAIN);
	TARGET_CHECK(sh, read(fd, &v, sizeof(v)) == sizeof(v));
	TARGET_CHECK(sh, v == 0xfffffffffffffffeULL);
	TARGET_CHECK(sh, read(copy, &v, sizeof(v)) == -1 && errno == EAGAIN);
}

TEST_F(eventfd, counter)
{
	ROUND_TRIP(&self->t, counter);
}

static void semaphore(struct shared *sh)
{
	int fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	uint64_t v;

	target_step(sh, 1);
	TARGET_CHECK(sh, read(fd, &v, sizeof(v)) == sizeof(v) && v == 1);
	TARGET_CHECK(sh, read(fd, &v, sizeof(v)) == sizeof(v) && v == 1);
	TARGET_CHECK(sh, read(fd, &v, sizeof(v)) == -1 && errno == EAGAIN);
}

TEST_F(eventfd, semaphore)
{
	ROUND_TRIP(&self->t, semaphore);
}

static void between_processes(struct shared *sh)
{
	int there = eventfd(0, 0), back = eventfd(0, 0), status;
	uint64_t v = 5;
	pid_t pid;

	pid = fork();
	if (!pid) {
		/* Stopped while it waits. */
		if (read(there, &v, sizeof(v)) != sizeof(v))
			_exit(1);
		v++;
		_exit(write(back, &v, sizeof(v)) != sizeof(v));
	}
	nap_ms(20);
	target_step(sh, 1);
	TARGET_CHECK(sh, write(there, &v, sizeof(v)) == sizeof(v));
	TARGET_CHECK(sh, read(back, &v, sizeof(v)) == sizeof(v) && v == 6);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
}

TEST_F(eventfd, between_processes)
{
	ROUND_TRIP(&self->t, between_processes);
}

/* The write end of a full pipe: the request stays, and so does its eventfd. */
static void used_by_aio(struct shared *sh)
{
	aio_context_t aio = 0;
	struct iocb cb = {}, *cbs = &cb;
	struct pollfd p = { .events = POLLIN };
	int fd[2];

	TARGET_CHECK(sh, !pipe(fd));
	p.fd = eventfd(0, 0);
	TARGET_CHECK(sh, !syscall(__NR_io_setup, 1, &aio));
	cb.aio_fildes = fd[0];
	cb.aio_lio_opcode = IOCB_CMD_POLL;
	cb.aio_buf = POLLIN;
	cb.aio_flags = IOCB_FLAG_RESFD;
	cb.aio_resfd = p.fd;
	TARGET_CHECK(sh, syscall(__NR_io_submit, aio, 1, &cbs) == 1);
	target_step(sh, 1);
	TARGET_CHECK(sh, write(fd[1], "x", 1) == 1);
	TARGET_CHECK(sh, poll(&p, 1, 10000) == 1);
}

TEST_F(eventfd, refused_aio)
{
	REFUSED(&self->t, used_by_aio, EOPNOTSUPP, "asynchronous I/O");
}

TEST_HARNESS_MAIN
