// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - timerfd
 */
#include <poll.h>
#include <sys/timerfd.h>

#include "common.h"

#define MS	1000000LL
#define SEC	1000000000LL

#ifndef CLOCK_BOOTTIME_ALARM
#define CLOCK_BOOTTIME_ALARM	9
#endif

FIXTURE(timerfd) {
	struct ckpt_test t;
};

FIXTURE_SETUP(timerfd)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(timerfd)
{
	test_teardown(&self->t);
}

static struct timespec ts(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / SEC, .tv_nsec = ns % SEC };
}

static int64_t ns(struct timespec t)
{
	return t.tv_sec * SEC + t.tv_nsec;
}

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return ns(t);
}

static int set(int fd, int flags, int64_t value, int64_t interval)
{
	struct itimerspec it = { .it_value = ts(value), .it_interval = ts(interval) };

	return timerfd_settime(fd, flags, &it, NULL);
}

static int64_t left(int fd)
{
	struct itimerspec it;

	timerfd_gettime(fd, &it);
	return ns(it.it_value);
}

static uint64_t ticks(int fd)
{
	uint64_t v = 0;

	return read(fd, &v, sizeof(v)) == sizeof(v) ? v : 0;
}

static void idle(struct shared *sh)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	target_step(sh, 1);
	TARGET_CHECK(sh, fcntl(fd, F_GETFD) == FD_CLOEXEC);
	TARGET_CHECK(sh, fcntl(fd, F_GETFL) == (O_RDWR | O_NONBLOCK));
	TARGET_CHECK(sh, left(fd) == 0);
	TARGET_CHECK(sh, !ticks(fd) && errno == EAGAIN);
	TARGET_CHECK(sh, !set(fd, 0, MS, 0));
	nap_ms(20);
	TARGET_CHECK(sh, ticks(fd) == 1);
}

TEST_F(timerfd, idle)
{
	ROUND_TRIP(&self->t, idle);
}

/* Time between checkpoint and restart does not count. */
static void relative_clock(struct shared *sh, clockid_t clock)
{
	int fd = timerfd_create(clock, TFD_NONBLOCK);
	int once = timerfd_create(clock, TFD_NONBLOCK);

	TARGET_CHECK(sh, !set(fd, 0, 1000 * SEC, 7 * SEC));
	TARGET_CHECK(sh, !set(once, 0, SEC, 0));
	target_step(sh, 1);
	TARGET_CHECK(sh, left(fd) <= 1000 * SEC && left(fd) > 990 * SEC);
	TARGET_CHECK(sh, !ticks(fd));
	nap_ms(1200);
	TARGET_CHECK(sh, ticks(once) == 1);
	TARGET_CHECK(sh, left(once) == 0);
}

static void relative(struct shared *sh)
{
	relative_clock(sh, CLOCK_MONOTONIC);
}

static void relative_boottime(struct shared *sh)
{
	relative_clock(sh, CLOCK_BOOTTIME);
}

static void relative_realtime(struct shared *sh)
{
	relative_clock(sh, CLOCK_REALTIME);
}

TEST_F(timerfd, relative)
{
	ROUND_TRIP(&self->t, relative);
}

TEST_F(timerfd, relative_boottime)
{
	ROUND_TRIP(&self->t, relative_boottime);
}

TEST_F(timerfd, relative_realtime)
{
	ROUND_TRIP(&self->t, relative_realtime);
}

static void absolute(struct shared *sh)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t when = now(CLOCK_MONOTONIC) + SEC;

	TARGET_CHECK(sh, !set(fd, TFD_TIMER_ABSTIME, when, 0));
	target_step(sh, 1);
	TARGET_CHECK(sh, poll(&p, 1, 10000) == 1);
	TARGET_CHECK(sh, now(CLOCK_MONOTONIC) >= when);
	TARGET_CHECK(sh, now(CLOCK_MONOTONIC) < when + 5 * SEC);
	TARGET_CHECK(sh, ticks(fd) == 1);
}

TEST_F(timerfd, absolute)
{
	ROUND_TRIP(&self->t, absolute);
}

/* The wall clock goes on while the tasks do not exist. */
static void realtime_passed(struct shared *sh)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	int64_t when = now(CLOCK_REALTIME) + SEC / 2;

	TARGET_CHECK(sh, !set(fd, TFD_TIMER_ABSTIME, when, 100 * MS));
	sh->data[0] = when;
	target_step(sh, 1);
	TARGET_CHECK(sh, ticks(fd) >= 10);
	TARGET_CHECK(sh, (left(fd) - (when - now(CLOCK_REALTIME))) % (100 * MS) < 50 * MS);
}

TEST_F(timerfd, realtime_passed)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, realtime_passed));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	while (now(CLOCK_REALTIME) < (int64_t)t->sh->data[0] + 1500 * MS)
		nap_ms(10);
	ASSERT_LT(0, restart_killed(t))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	ASSERT_EQ(0, wait_exit(t->pid))
		TH_LOG("target, line %d: %s", atomic_load(&t->sh->failed),
		       t->sh->why);
	t->pid = 0;
}

/* Has expired several times; only a read makes it start again. */
static void expired(struct shared *sh)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int once = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t n;

	TARGET_CHECK(sh, !set(fd, 0, 100 * MS, 100 * MS));
	TARGET_CHECK(sh, !set(once, 0, MS, 0));
	nap_ms(350);
	target_step(sh, 1);
	n = ticks(fd);
	TARGET_CHECK(sh, n >= 3);
	TARGET_CHECK(sh, left(fd) > 0 && left(fd) <= 100 * MS);
	TARGET_CHECK(sh, ticks(once) == 1);
	TARGET_CHECK(sh, !ticks(once));
	nap_ms(150);
	TARGET_CHECK(sh, ticks(fd) >= 1);
}

TEST_F(timerfd, expired)
{
	ROUND_TRIP(&self->t, expired);
}

static void forever(struct shared *sh)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	int absolute = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);

	TARGET_CHECK(sh, !set(fd, 0, INT64_MAX / SEC * SEC, 0));
	TARGET_CHECK(sh, !set(absolute, TFD_TIMER_ABSTIME, INT64_MAX / SEC * SEC, 0));
	target_step(sh, 1);
	TARGET_CHECK(sh, !ticks(fd) && !ticks(absolute));
	TARGET_CHECK(sh, left(fd) > INT64_MAX / 4 && left(absolute) > INT64_MAX / 4);
}

TEST_F(timerfd, forever)
{
	ROUND_TRIP(&self->t, forever);
}

static void cancel_on_set(struct shared *sh)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
	int64_t when = now(CLOCK_REALTIME) + 1000 * SEC;

	TARGET_CHECK(sh, !set(fd, flags, when, 0));
	target_step(sh, 1);
	TARGET_CHECK(sh, !ticks(fd) && errno == ECANCELED);
	TARGET_CHECK(sh, !ticks(fd) && errno == EAGAIN);
	TARGET_CHECK(sh, left(fd) > 900 * SEC);
}

TEST_F(timerfd, cancel_on_set)
{
	ROUND_TRIP(&self->t, cancel_on_set);
}

static void alarm_clock(struct shared *sh)
{
	TARGET_CHECK(sh, timerfd_create(CLOCK_BOOTTIME_ALARM, 0) >= 0);
	target_step(sh, 1);
}

TEST_F(timerfd, refused_alarm)
{
	REFUSED(&self->t, alarm_clock, EOPNOTSUPP, "alarm clock");
}

TEST_HARNESS_MAIN
