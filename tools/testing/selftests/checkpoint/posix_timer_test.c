// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - timers of timer_create()
 */
#include <pthread.h>

#include "common.h"

#define MS	1000000LL
#define SEC	1000000000LL

#ifndef CLOCK_BOOTTIME_ALARM
#define CLOCK_BOOTTIME_ALARM	9
#endif
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id	_sigev_un._tid
#endif

/* As the kernel numbers them: the C library hides some behind pointers. */
static int create(clockid_t clock, int notify, int signo, int value, pid_t tid)
{
	struct sigevent ev = {
		.sigev_notify	= notify,
		.sigev_signo	= signo,
		.sigev_value	= { .sival_int = value },
	};
	int id;

	ev.sigev_notify_thread_id = tid;
	return syscall(__NR_timer_create, clock, &ev, &id) ? -1 : id;
}

static int arm(int id, int flags, int64_t value, int64_t interval)
{
	struct itimerspec it = {
		.it_value	= { value / SEC, value % SEC },
		.it_interval	= { interval / SEC, interval % SEC },
	};

	return syscall(__NR_timer_settime, id, flags, &it, NULL);
}

static int64_t left(int id)
{
	struct itimerspec it;

	if (syscall(__NR_timer_gettime, id, &it))
		return -1;
	return it.it_value.tv_sec * SEC + it.it_value.tv_nsec;
}

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * SEC + t.tv_nsec;
}

static void block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Take @sig, for some time. Return: whether it came. */
static bool take(int sig, siginfo_t *si, long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return sigtimedwait(&set, si, &ts) == sig;
}

FIXTURE(posix_timer) {
	struct ckpt_test t;
};

FIXTURE_SETUP(posix_timer)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(posix_timer)
{
	test_teardown(&self->t);
}

static void numbers(struct shared *sh)
{
	int i, id[8];

	for (i = 0; i < 8; i++)
		id[i] = create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0, 0);
	for (i = 0; i < 8; i += 3)
		TARGET_CHECK(sh, !syscall(__NR_timer_delete, id[i]));
	target_step(sh, 1);
	for (i = 0; i < 8; i++)
		TARGET_CHECK(sh, (left(id[i]) == 0) == !!(i % 3));
	TARGET_CHECK(sh, create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0, 0) == id[7] + 1);
	TARGET_CHECK(sh, !arm(id[1], 0, 1000 * SEC, 0));
	TARGET_CHECK(sh, left(id[1]) > 900 * SEC);
	TARGET_CHECK(sh, !syscall(__NR_timer_delete, id[1]) && left(id[1]) == -1);
}

TEST_F(posix_timer, numbers)
{
	ROUND_TRIP(&self->t, numbers);
}

static void clocks(struct shared *sh)
{
	const clockid_t clock[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI };
	int64_t when[4];
	int id[4], at[4], i;
	siginfo_t si;

	block(SIGUSR1);
	for (i = 0; i < 4; i++) {
		id[i] = create(clock[i], SIGEV_SIGNAL, SIGUSR1, 10 + i, 0);
		at[i] = create(clock[i], SIGEV_SIGNAL, SIGUSR1, 20 + i, 0);
		when[i] = now(clock[i]) + 1000 * SEC;
		TARGET_CHECK(sh, !arm(id[i], 0, 500 * SEC, 3 * SEC));
		TARGET_CHECK(sh, !arm(at[i], TIMER_ABSTIME, when[i], 0));
	}
	target_step(sh, 1);
	for (i = 0; i < 4; i++) {
		int64_t diff = left(at[i]) - (when[i] - now(clock[i]));

		TARGET_CHECK(sh, diff > -SEC && diff < SEC);
		TARGET_CHECK(sh, left(id[i]) > 490 * SEC && left(id[i]) <= 500 * SEC);
		TARGET_CHECK(sh, !arm(id[i], 0, MS, 0));
		TARGET_CHECK(sh, take(SIGUSR1, &si, 5000));
		TARGET_CHECK(sh, si.si_code == SI_TIMER && si.si_int == 10 + i);
	}
}

TEST_F(posix_timer, clocks)
{
	ROUND_TRIP(&self->t, clocks);
}

static void ticking(struct shared *sh)
{
	int id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN, 42, 0), i;
	siginfo_t si;

	block(SIGRTMIN);
	TARGET_CHECK(sh, !arm(id, 0, 100 * MS, 100 * MS));
	target_step(sh, 1);
	for (i = 0; i < 5; i++) {
		TARGET_CHECK(sh, take(SIGRTMIN, &si, 5000));
		TARGET_CHECK(sh, si.si_int == 42 && si.si_timerid == id);
	}
}

TEST_F(posix_timer, ticking)
{
	ROUND_TRIP(&self->t, ticking);
}

/* The signal is pending, between others of its number. */
static void pending(struct shared *sh)
{
	int id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN, 2, 0);
	int once = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 7, 0);
	union sigval v = { .sival_int = 1 };
	siginfo_t si;

	block(SIGRTMIN);
	block(SIGUSR1);
	sigqueue(getpid(), SIGRTMIN, v);
	TARGET_CHECK(sh, !arm(id, 0, 20 * MS, 100 * MS));
	TARGET_CHECK(sh, !arm(once, 0, MS, 0));
	nap_ms(60);
	v.sival_int = 3;
	sigqueue(getpid(), SIGRTMIN, v);
	nap_ms(300);
	target_step(sh, 1);
	TARGET_CHECK(sh, left(once) == 0);
	TARGET_CHECK(sh, take(SIGRTMIN, &si, 0) && si.si_int == 1 && si.si_code == SI_QUEUE);
	TARGET_CHECK(sh, take(SIGRTMIN, &si, 0) && si.si_int == 2 && si.si_code == SI_TIMER);
	/* The time before the checkpoint counts, and that after it. */
	TARGET_CHECK(sh, si.si_overrun >= 2 && si.si_overrun < 1000);
	TARGET_CHECK(sh, syscall(__NR_timer_getoverrun, id) == si.si_overrun);
	TARGET_CHECK(sh, take(SIGRTMIN, &si, 0) && si.si_int == 3 && si.si_code == SI_QUEUE);
	TARGET_CHECK(sh, take(SIGUSR1, &si, 0) && si.si_int == 7 && si.si_code == SI_TIMER);
	TARGET_CHECK(sh, !take(SIGUSR1, &si, 0));
	/* Being taken, it has started again. */
	TARGET_CHECK(sh, take(SIGRTMIN, &si, 5000) && si.si_int == 2);
}

TEST_F(posix_timer, pending)
{
	ROUND_TRIP(&self->t, pending);
}

static void ignored(struct shared *sh)
{
	int id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 9, 0);
	siginfo_t si;

	signal(SIGUSR1, SIG_IGN);
	TARGET_CHECK(sh, !arm(id, 0, 20 * MS, 20 * MS));
	nap_ms(100);
	target_step(sh, 1);
	block(SIGUSR1);
	signal(SIGUSR1, SIG_DFL);
	TARGET_CHECK(sh, take(SIGUSR1, &si, 5000) && si.si_int == 9);
}

TEST_F(posix_timer, ignored)
{
	ROUND_TRIP(&self->t, ignored);
}

struct worker {
	struct shared *sh;
	int id, queued, cpu;
	atomic_int tid;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	siginfo_t si;

	block(SIGUSR1);
	block(SIGUSR2);
	block(SIGRTMIN);
	w->id = create(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGUSR1, 1, gettid());
	w->queued = create(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGUSR2, 2, gettid());
	w->cpu = create(CLOCK_THREAD_CPUTIME_ID, SIGEV_THREAD_ID, SIGRTMIN, 3, gettid());
	TARGET_CHECK(w->sh, !arm(w->id, 0, 300 * MS, 0));
	TARGET_CHECK(w->sh, !arm(w->queued, 0, MS, 0));
	TARGET_CHECK(w->sh, !arm(w->cpu, TIMER_ABSTIME,
				 now(CLOCK_THREAD_CPUTIME_ID) + 500 * MS, 0));
	nap_ms(50);
	w->tid = gettid();
	while (atomic_load(&w->sh->go) < 1)
		nap_ms(2);
	TARGET_CHECK(w->sh, take(SIGUSR2, &si, 0) && si.si_int == 2);
	TARGET_CHECK(w->sh, take(SIGUSR1, &si, 5000) && si.si_int == 1);
	while (!take(SIGRTMIN, &si, 0) && now(CLOCK_THREAD_CPUTIME_ID) < 20 * SEC)
		;
	TARGET_CHECK(w->sh, si.si_int == 3);
	return NULL;
}

static void threads(struct shared *sh)
{
	static struct worker w;
	pthread_t thread;

	w.sh = sh;
	block(SIGUSR1);
	block(SIGUSR2);
	block(SIGRTMIN);
	pthread_create(&thread, NULL, work, &w);
	while (!w.tid)
		nap_ms(2);
	target_step(sh, 1);
	pthread_join(thread, NULL);
}

TEST_F(posix_timer, threads)
{
	ROUND_TRIP(&self->t, threads);
}

static void cpu_time(struct shared *sh)
{
	int id = create(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1, 5, 0);
	int none = create(CLOCK_PROCESS_CPUTIME_ID, SIGEV_NONE, 0, 0, 0);
	siginfo_t si;
	int i;

	block(SIGUSR1);
	TARGET_CHECK(sh, !arm(none, 0, 1000 * SEC, 0));
	TARGET_CHECK(sh, !arm(id, 0, 300 * MS, 300 * MS));
	target_step(sh, 1);
	TARGET_CHECK(sh, left(none) > 900 * SEC && left(none) <= 1000 * SEC);
	for (i = 0; i < 2; i++) {
		while (!take(SIGUSR1, &si, 0) && now(CLOCK_PROCESS_CPUTIME_ID) < 20 * SEC)
			;
		TARGET_CHECK(sh, si.si_int == 5);
		si.si_int = 0;
	}
}

TEST_F(posix_timer, cpu_time)
{
	ROUND_TRIP(&self->t, cpu_time);
}

static void alarm_clock(struct shared *sh)
{
	int id = create(CLOCK_BOOTTIME_ALARM, SIGEV_NONE, 0, 0, 0);

	sh->data[0] = id < 0;
	target_step(sh, 1);
}

TEST_F(posix_timer, refused_alarm)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, alarm_clock));
	ASSERT_TRUE(wait_step(t->sh, 1));
	if (t->sh->data[0])
		SKIP(return, "no real time clock");
	ASSERT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
	ASSERT_NE(NULL, strstr(t->msg, "alarm clock"))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	ASSERT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
}

static void others_time(struct shared *sh)
{
	clockid_t clock;

	TARGET_CHECK(sh, !clock_getcpuclockid(getppid(), &clock));
	TARGET_CHECK(sh, create(clock, SIGEV_NONE, 0, 0, 0) >= 0);
	target_step(sh, 1);
}

TEST_F(posix_timer, refused_others_time)
{
	REFUSED(&self->t, others_time, EOPNOTSUPP, "CPU time of another process");
}

static void *create_and_exit(void *arg)
{
	int *id = arg;

	*id = create(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGUSR1, 0, gettid());
	return NULL;
}

static void dead_thread(struct shared *sh)
{
	pthread_t thread;
	int id = -1;

	pthread_create(&thread, NULL, create_and_exit, &id);
	pthread_join(thread, NULL);
	nap_ms(50);
	TARGET_CHECK(sh, id >= 0);
	target_step(sh, 1);
}

TEST_F(posix_timer, refused_dead_thread)
{
	REFUSED(&self->t, dead_thread, EOPNOTSUPP, "a thread that is gone");
}

TEST_HARNESS_MAIN
