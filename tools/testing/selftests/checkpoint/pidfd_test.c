// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - pidfd
 */
#include <poll.h>
#include <pthread.h>

#include "common.h"

#ifndef PIDFD_NONBLOCK
#define PIDFD_NONBLOCK	O_NONBLOCK
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD	O_EXCL
#endif
#ifndef P_PIDFD
#define P_PIDFD	3
#endif

static int pidfd_open(pid_t pid, unsigned int flags)
{
	return syscall(__NR_pidfd_open, pid, flags);
}

static bool is_ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

FIXTURE(pidfd) {
	struct ckpt_test t;
};

FIXTURE_SETUP(pidfd)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(pidfd)
{
	test_teardown(&self->t);
}

static void children(struct shared *sh)
{
	pid_t alive = fork(), dead;
	int self, fd, zombie;
	siginfo_t si;

	if (!alive)
		for (;;)
			pause();
	dead = fork();
	if (!dead)
		_exit(3);
	waitid(P_PID, dead, &si, WEXITED | WNOWAIT);
	self = pidfd_open(getpid(), 0);
	fd = pidfd_open(alive, PIDFD_NONBLOCK);
	zombie = pidfd_open(dead, 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, fcntl(fd, F_GETFD) == FD_CLOEXEC);
	TARGET_CHECK(sh, fcntl(fd, F_GETFL) == (O_RDWR | O_NONBLOCK));
	TARGET_CHECK(sh, fcntl(self, F_GETFL) == O_RDWR);
	TARGET_CHECK(sh, !is_ready(fd) && !is_ready(self) && is_ready(zombie));
	TARGET_CHECK(sh, waitid(P_PIDFD, fd, &si, WEXITED) == -1 && errno == EAGAIN);
	TARGET_CHECK(sh, !waitid(P_PIDFD, zombie, &si, WEXITED));
	TARGET_CHECK(sh, si.si_pid == dead && si.si_status == 3);
	TARGET_CHECK(sh, !syscall(__NR_pidfd_send_signal, self, 0, NULL, 0));
	TARGET_CHECK(sh, !syscall(__NR_pidfd_send_signal, fd, SIGKILL, NULL, 0));
	TARGET_CHECK(sh, poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 10000) == 1);
	TARGET_CHECK(sh, !waitid(P_PIDFD, fd, &si, WEXITED) && si.si_pid == alive);
}

TEST_F(pidfd, children)
{
	ROUND_TRIP(&self->t, children);
}

static void *hold(void *arg)
{
	struct shared *sh = arg;

	sh->data[0] = gettid();
	while (atomic_load(&sh->go) < 1)
		nap_ms(2);
	return NULL;
}

static void threads(struct shared *sh)
{
	pthread_t thread;
	int fd;

	pthread_create(&thread, NULL, hold, sh);
	while (!sh->data[0])
		nap_ms(2);
	fd = pidfd_open(sh->data[0], PIDFD_THREAD);
	sh->data[1] = fd < 0;
	target_step(sh, 1);
	if (sh->data[1])
		return;
	TARGET_CHECK(sh, fcntl(fd, F_GETFL) == (O_RDWR | PIDFD_THREAD));
	TARGET_CHECK(sh, poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 10000) == 1);
	pthread_join(thread, NULL);
}

TEST_F(pidfd, threads)
{
	ROUND_TRIP(&self->t, threads);
}

/* Each has one of the other, and of the last to be created. */
static void each_other(struct shared *sh)
{
	int status, i, fd;
	pid_t pid[2];

	for (i = 0; i < 2; i++) {
		pid[i] = fork();
		if (pid[i])
			continue;
		while (!sh->data[2])
			nap_ms(2);
		fd = pidfd_open(sh->data[!i], 0);
		sh->data[3 + i] = 1;
		while (atomic_load(&sh->go) < 1)
			nap_ms(2);
		_exit(syscall(__NR_pidfd_send_signal, fd, i ? SIGUSR2 : SIGUSR1, NULL, 0) && i);
	}
	sh->data[0] = pid[0];
	sh->data[1] = pid[1];
	sh->data[2] = 1;
	while (!sh->data[3] || !sh->data[4])
		nap_ms(2);
	target_step(sh, 1);
	/* The first kills the second, perhaps after that one has killed it. */
	TARGET_CHECK(sh, waitpid(pid[0], &status, 0) == pid[0]);
	TARGET_CHECK(sh, !status || WTERMSIG(status) == SIGUSR2);
	TARGET_CHECK(sh, waitpid(pid[1], &status, 0) == pid[1]);
	TARGET_CHECK(sh, WIFEXITED(status) || WTERMSIG(status) == SIGUSR1);
}

TEST_F(pidfd, each_other)
{
	ROUND_TRIP(&self->t, each_other);
}

static void of_outside(struct shared *sh)
{
	TARGET_CHECK(sh, pidfd_open(getppid(), 0) >= 0);
	target_step(sh, 1);
}

TEST_F(pidfd, refused_outside)
{
	REFUSED(&self->t, of_outside, EOPNOTSUPP, "which is outside of the tree");
}

static void of_dead(struct shared *sh)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	TARGET_CHECK(sh, pidfd_open(pid, 0) >= 0);
	waitpid(pid, NULL, 0);
	target_step(sh, 1);
}

TEST_F(pidfd, refused_gone)
{
	REFUSED(&self->t, of_dead, EOPNOTSUPP, "pidfd: the process is gone");
}

TEST_HARNESS_MAIN
