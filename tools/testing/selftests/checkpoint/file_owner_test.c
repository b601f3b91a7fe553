// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - who is sent signals for an open file
 */
#include <pthread.h>

#include "common.h"

FIXTURE(file_owner) {
	struct ckpt_test t;
};

FIXTURE_SETUP(file_owner)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(file_owner)
{
	test_teardown(&self->t);
}

static void block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool take(int sig, siginfo_t *si)
{
	struct timespec ts = { 5, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return sigtimedwait(&set, si, &ts) == sig;
}

static void async(struct shared *sh)
{
	int fd[2], copy;
	siginfo_t si;

	block(SIGRTMIN);
	TARGET_CHECK(sh, !pipe(fd));
	copy = dup(fd[0]);
	TARGET_CHECK(sh, !fcntl(copy, F_SETOWN, getpid()));
	TARGET_CHECK(sh, !fcntl(copy, F_SETSIG, SIGRTMIN));
	TARGET_CHECK(sh, !fcntl(copy, F_SETFL, O_ASYNC | O_NONBLOCK));
	target_step(sh, 1);
	TARGET_CHECK(sh, fcntl(fd[0], F_GETFL) == (O_RDONLY | O_ASYNC | O_NONBLOCK));
	TARGET_CHECK(sh, fcntl(fd[0], F_GETOWN) == getpid());
	TARGET_CHECK(sh, fcntl(fd[0], F_GETSIG) == SIGRTMIN);
	TARGET_CHECK(sh, write(fd[1], "x", 1) == 1);
	TARGET_CHECK(sh, take(SIGRTMIN, &si) && si.si_fd == copy);
	TARGET_CHECK(sh, !fcntl(fd[0], F_SETFL, 0));
	TARGET_CHECK(sh, fcntl(fd[0], F_GETFL) == O_RDONLY);
}

TEST_F(file_owner, async)
{
	ROUND_TRIP(&self->t, async);
}

static void *hold(void *arg)
{
	struct shared *sh = arg;

	sh->data[0] = gettid();
	while (atomic_load(&sh->go) < 1)
		nap_ms(2);
	return NULL;
}

static void owners(struct shared *sh)
{
	struct f_owner_ex ex = { .type = F_OWNER_TID }, got;
	int fd[2], group[2], file;
	pthread_t thread;
	char path[64];

	pthread_create(&thread, NULL, hold, sh);
	while (!sh->data[0])
		nap_ms(2);
	TARGET_CHECK(sh, !pipe(fd) && !pipe(group));
	ex.pid = sh->data[0];
	TARGET_CHECK(sh, !fcntl(fd[0], F_SETOWN_EX, &ex));
	TARGET_CHECK(sh, !fcntl(group[0], F_SETOWN, -getpgrp()));
	snprintf(path, sizeof(path), "/proc/self/exe");
	file = open(path, O_RDONLY);
	TARGET_CHECK(sh, !fcntl(file, F_SETOWN, getpid()));
	TARGET_CHECK(sh, !fcntl(group[1], F_SETSIG, SIGUSR1));
	target_step(sh, 1);
	TARGET_CHECK(sh, !fcntl(fd[0], F_GETOWN_EX, &got));
	TARGET_CHECK(sh, got.type == F_OWNER_TID && got.pid == (pid_t)sh->data[0]);
	TARGET_CHECK(sh, fcntl(fd[1], F_GETOWN) == 0);
	/* The C library has its own idea of negative results. */
	TARGET_CHECK(sh, !fcntl(group[0], F_GETOWN_EX, &got));
	TARGET_CHECK(sh, got.type == F_OWNER_PGRP && got.pid == getpgrp());
	TARGET_CHECK(sh, fcntl(file, F_GETOWN) == getpid());
	TARGET_CHECK(sh, fcntl(group[1], F_GETSIG) == SIGUSR1);
	pthread_join(thread, NULL);
}

TEST_F(file_owner, owners)
{
	ROUND_TRIP(&self->t, owners);
}

static void outside(struct shared *sh)
{
	int fd[2];

	TARGET_CHECK(sh, !pipe(fd) && !fcntl(fd[0], F_SETOWN, getppid()));
	target_step(sh, 1);
}

TEST_F(file_owner, refused_outside)
{
	REFUSED(&self->t, outside, EOPNOTSUPP, "which is outside of the tree");
}

TEST_HARNESS_MAIN
