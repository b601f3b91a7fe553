// SPDX-License-Identifier: GPL-2.0
/*
 * Checkpoint/restart - POSIX message queues
 */
#include "common.h"
#include <mqueue.h>
#include <sys/mount.h>

FIXTURE(mqueue)
{
	struct ckpt_test t;
};

FIXTURE_SETUP(mqueue)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(mqueue)
{
	test_teardown(&self->t);
}

static atomic_int notified;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	atomic_store(&notified, info->si_value.sival_int);
}

static void queue_target(struct shared *sh)
{
	struct mq_attr attr = { .mq_maxmsg = 7, .mq_msgsize = 6000 };
	static char buf[6000];
	unsigned int prio;
	mqd_t q, ro;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	q = mq_open("/queue", O_CREAT | O_RDWR | O_NONBLOCK, 0640, &attr);
	ro = mq_open("/queue", O_RDONLY);
	TARGET_CHECK(sh, q >= 0 && ro >= 0);
	memset(buf, 'x', sizeof(buf));
	TARGET_CHECK(sh, !mq_send(q, "low", 4, 1));
	TARGET_CHECK(sh, !mq_send(q, buf, sizeof(buf), 30000));
	TARGET_CHECK(sh, !mq_send(q, "second", 7, 5));
	TARGET_CHECK(sh, !mq_send(q, "third", 6, 5));
	TARGET_CHECK(sh, !mq_send(q, "", 0, 0));
	target_step(sh, 1);
	TARGET_CHECK(sh, !mq_getattr(q, &attr));
	TARGET_CHECK(sh, attr.mq_maxmsg == 7 && attr.mq_msgsize == 6000);
	TARGET_CHECK(sh, attr.mq_curmsgs == 5 && attr.mq_flags == O_NONBLOCK);
	TARGET_CHECK(sh, !mq_getattr(ro, &attr) && !attr.mq_flags);
	TARGET_CHECK(sh, mq_send(ro, "", 0, 0) == -1 && errno == EBADF);
	TARGET_CHECK(sh, mq_receive(ro, buf, sizeof(buf), &prio) == 6000);
	TARGET_CHECK(sh, prio == 30000 && buf[0] == 'x' && buf[5999] == 'x');
	TARGET_CHECK(sh, mq_receive(ro, buf, sizeof(buf), &prio) == 7);
	TARGET_CHECK(sh, prio == 5 && !strcmp(buf, "second"));
	TARGET_CHECK(sh, mq_receive(ro, buf, sizeof(buf), &prio) == 6);
	TARGET_CHECK(sh, mq_receive(ro, buf, sizeof(buf), &prio) == 4 && prio == 1);
	TARGET_CHECK(sh, mq_receive(ro, buf, sizeof(buf), &prio) == 0 && !prio);
	TARGET_CHECK(sh, mq_receive(q, buf, sizeof(buf), &prio) == -1);
	TARGET_CHECK(sh, errno == EAGAIN);
	TARGET_CHECK(sh, !mq_unlink("/queue"));
}

TEST_F(mqueue, messages)
{
	ROUND_TRIP(&self->t, queue_target);
}

static void notify_target(struct shared *sh)
{
	struct sigevent ev = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGUSR1,
		.sigev_value.sival_int = 4711,
	};
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	mqd_t q;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	TARGET_CHECK(sh, !sigaction(SIGUSR1, &sa, NULL));
	q = mq_open("/notify", O_CREAT | O_RDWR, 0600, NULL);
	TARGET_CHECK(sh, !mq_notify(q, &ev));
	target_step(sh, 1);
	TARGET_CHECK(sh, mq_notify(q, &ev) == -1 && errno == EBUSY);
	TARGET_CHECK(sh, !mq_send(q, "hello", 5, 0));
	TARGET_CHECK(sh, atomic_load(&notified) == 4711);
	TARGET_CHECK(sh, !mq_notify(q, &ev));
}

TEST_F(mqueue, notify)
{
	ROUND_TRIP(&self->t, notify_target);
}

static void unlinked_target(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	TARGET_CHECK(sh, mq_open("/gone", O_CREAT | O_RDWR, 0600, NULL) >= 0);
	TARGET_CHECK(sh, !mq_unlink("/gone"));
	target_step(sh, 1);
}

TEST_F(mqueue, unlinked)
{
	REFUSED(&self->t, unlinked_target, EOPNOTSUPP, "has been unlinked");
}

static void outside_target(struct shared *sh)
{
	TARGET_CHECK(sh, mq_open("/outside", O_CREAT | O_RDWR, 0600, NULL) >= 0);
	target_step(sh, 1);
	mq_unlink("/outside");
}

TEST_F(mqueue, outside)
{
	REFUSED(&self->t, outside_target, EOPNOTSUPP,
		"of an IPC namespace that is not the tree's own");
}

TEST_HARNESS_MAIN
