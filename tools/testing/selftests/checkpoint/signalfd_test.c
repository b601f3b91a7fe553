// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - signalfd
 */
#include <poll.h>
#include <sys/signalfd.h>

#include "common.h"

FIXTURE(signalfd) {
	struct ckpt_test t;
};

FIXTURE_SETUP(signalfd)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(signalfd)
{
	test_teardown(&self->t);
}

static int block_and_open(int a, int b, int flags)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, a);
	sigaddset(&set, b);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, flags);
}

static void pending(struct shared *sh)
{
	int fd = block_and_open(SIGUSR1, SIGRTMIN, SFD_NONBLOCK | SFD_CLOEXEC);
	union sigval v = { .sival_int = 42 };
	struct signalfd_siginfo si;

	sigqueue(getpid(), SIGRTMIN, v);
	kill(getpid(), SIGUSR1);
	target_step(sh, 1);
	TARGET_CHECK(sh, fcntl(fd, F_GETFD) == FD_CLOEXEC);
	TARGET_CHECK(sh, fcntl(fd, F_GETFL) == (O_RDWR | O_NONBLOCK));
	TARGET_CHECK(sh, read(fd, &si, sizeof(si)) == sizeof(si));
	TARGET_CHECK(sh, si.ssi_signo == SIGUSR1);
	TARGET_CHECK(sh, read(fd, &si, sizeof(si)) == sizeof(si));
	TARGET_CHECK(sh, si.ssi_signo == (unsigned int)SIGRTMIN && si.ssi_int == 42);
	TARGET_CHECK(sh, read(fd, &si, sizeof(si)) == -1 && errno == EAGAIN);
	/* Not in the mask. */
	signal(SIGUSR2, SIG_IGN);
	kill(getpid(), SIGUSR2);
	TARGET_CHECK(sh, read(fd, &si, sizeof(si)) == -1 && errno == EAGAIN);
}

TEST_F(signalfd, pending)
{
	ROUND_TRIP(&self->t, pending);
}

static void waiting(struct shared *sh)
{
	int fd = block_and_open(SIGUSR1, SIGUSR2, 0), status;
	struct signalfd_siginfo si;
	pid_t pid = fork();

	if (!pid) {
		if (read(fd, &si, sizeof(si)) != sizeof(si))
			_exit(1);
		_exit(si.ssi_signo != SIGUSR2 || si.ssi_pid != getppid());
	}
	nap_ms(20);
	target_step(sh, 1);
	kill(pid, SIGUSR2);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
}

TEST_F(signalfd, waiting)
{
	ROUND_TRIP(&self->t, waiting);
}

TEST_HARNESS_MAIN
