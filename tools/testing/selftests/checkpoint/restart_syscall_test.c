// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - system calls that go on, futexes, restartable sequences
 */
#include "common.h"

#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sys/rseq.h>

#define SEC	1000000000LL
#define MSEC	1000000LL

FIXTURE(sys) {
	struct ckpt_test t;
};

FIXTURE_SETUP(sys)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(sys)
{
	test_teardown(&self->t);
}

static int64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * SEC + ts.tv_nsec;
}

/*
 * The target sleeps in a call that lasts 1 second. It is stopped after 0.3 s,
 * is gone for 1.5 s, and must then be there for 0.7 s more: not less, and not
 * much more.
 */
#define SLEEP		SEC
#define SLEPT(sh, ns) do {						\
	int64_t __ns = (ns);						\
									\
	TARGET_CHECK(sh, __ns >= SLEEP && __ns < 3 * SLEEP);		\
} while (0)

static void interrupted(struct __test_metadata *_metadata, struct ckpt_test *t,
			void (*fn)(struct shared *sh))
{
	int64_t start;
	int status;

	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(300);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	nap_ms(1500);
	start = now(CLOCK_MONOTONIC);
	ASSERT_LT(0, do_restart(t, 0))
		TH_LOG("%s", t->msg);
	status = wait_exit(t->pid);
	t->pid = 0;
	ASSERT_EQ(0, atomic_load(&t->sh->failed))
		TH_LOG("target, line %d: %s", atomic_load(&t->sh->failed),
		       t->sh->why);
	ASSERT_EQ(0, status);
	/* It slept for at most 0.4 s before; the checkpoint is short. */
	EXPECT_LT(SLEEP / 4, now(CLOCK_MONOTONIC) - start);
}

#define INTERRUPTED(t, fn)	interrupted(_metadata, t, fn)

static void sleeping(struct shared *sh)
{
	struct timespec ts = { .tv_sec = 1 }, rem = { .tv_sec = 77 };
	int64_t start = now(CLOCK_MONOTONIC);

	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, !nanosleep(&ts, &rem));
	SLEPT(sh, now(CLOCK_MONOTONIC) - start);
}

TEST_F(sys, nanosleep)
{
	INTERRUPTED(&self->t, sleeping);
}

static void sleeping_boottime(struct shared *sh)
{
	struct timespec ts = { .tv_sec = 1 };
	int64_t start = now(CLOCK_BOOTTIME);

	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, !clock_nanosleep(CLOCK_BOOTTIME, 0, &ts, NULL));
	SLEPT(sh, now(CLOCK_BOOTTIME) - start);
}

TEST_F(sys, clock_nanosleep)
{
	INTERRUPTED(&self->t, sleeping_boottime);
}

static void sleeping_until(struct shared *sh)
{
	int64_t start = now(CLOCK_MONOTONIC), end = start + SLEEP;
	struct timespec ts = { .tv_sec = end / SEC, .tv_nsec = end % SEC };

	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, !clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL));
	SLEPT(sh, now(CLOCK_MONOTONIC) - start);
}

TEST_F(sys, clock_nanosleep_absolute)
{
	INTERRUPTED(&self->t, sleeping_until);
}

static void polling(struct shared *sh)
{
	int64_t start = now(CLOCK_MONOTONIC);
	struct pollfd pfd = { .fd = -1, .events = POLLIN };

	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, !poll(&pfd, 1, 1000));
	SLEPT(sh, now(CLOCK_MONOTONIC) - start);
}

TEST_F(sys, poll)
{
	INTERRUPTED(&self->t, polling);
}

static void waiting(struct shared *sh)
{
	int64_t start = now(CLOCK_MONOTONIC);
	struct timespec ts = { .tv_sec = 1 };
	static uint32_t word = 5;

	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 5, &ts,
				 NULL, 0) == -1 && errno == ETIMEDOUT);
	SLEPT(sh, now(CLOCK_MONOTONIC) - start);
}

TEST_F(sys, futex_wait)
{
	INTERRUPTED(&self->t, waiting);
}

static void waiting_until(struct shared *sh)
{
	int64_t start = now(CLOCK_MONOTONIC), end = start + SLEEP;
	struct timespec ts = { .tv_sec = end / SEC, .tv_nsec = end % SEC };
	static uint32_t word = 5;

	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, 5,
				 &ts, NULL, 3) == -1 && errno == ETIMEDOUT);
	SLEPT(sh, now(CLOCK_MONOTONIC) - start);
}

TEST_F(sys, futex_wait_absolute)
{
	INTERRUPTED(&self->t, waiting_until);
}

/* Two threads: one waits, the other wakes it after the restart. */
static uint32_t baton;

static void *waker(void *arg)
{
	struct shared *sh = arg;

	while (!atomic_load(&sh->go))
		nap_ms(2);
	__atomic_store_n(&baton, 1, __ATOMIC_SEQ_CST);
	while (syscall(SYS_futex, &baton, FUTEX_WAKE_PRIVATE, 1) != 1)
		sched_yield();
	return NULL;
}

static void woken(struct shared *sh)
{
	struct timespec ts = { .tv_sec = 20 };
	pthread_t thread;
	int ret;

	pthread_create(&thread, NULL, waker, sh);
	atomic_store(&sh->ready, 1);
	ret = syscall(SYS_futex, &baton, FUTEX_WAIT_PRIVATE, 0, &ts);
	/* Stopped before or after the wait has begun, it may start anew. */
	TARGET_CHECK(sh, !ret || errno == EAGAIN);
	if (ret)
		syscall(SYS_futex, &baton, FUTEX_WAIT_PRIVATE, 1, &ts);
	pthread_join(thread, NULL);
}

TEST_F(sys, futex_wake)
{
	ROUND_TRIP(&self->t, woken);
}

/* A robust mutex whose owner dies after the restart. */
static pthread_mutex_t robust;

static void *owner(void *arg)
{
	struct shared *sh = arg;

	TARGET_CHECK(sh, !pthread_mutex_lock(&robust));
	atomic_store(&sh->data[0], 1);
	while (!atomic_load(&sh->go))
		nap_ms(2);
	return NULL;
}

static void robust_mutex(struct shared *sh)
{
	pthread_mutexattr_t attr;
	pthread_t thread;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &attr);
	pthread_create(&thread, NULL, owner, sh);
	while (!atomic_load(&sh->data[0]))
		nap_ms(1);
	target_step(sh, 1);
	TARGET_CHECK(sh, pthread_mutex_lock(&robust) == EOWNERDEAD);
	TARGET_CHECK(sh, !pthread_mutex_consistent(&robust));
	/* Needs the kernel to clear and wake the thread's id. */
	TARGET_CHECK(sh, !pthread_join(thread, NULL));
}

TEST_F(sys, robust_mutex)
{
	ROUND_TRIP(&self->t, robust_mutex);
}

/* A priority inheritance mutex, waited for across the restart. */
static pthread_mutex_t pi;

static void *pi_waiter(void *arg)
{
	struct shared *sh = arg;

	atomic_store(&sh->data[0], 1);
	TARGET_CHECK(sh, !pthread_mutex_lock(&pi));
	atomic_store(&sh->data[1], 1);
	TARGET_CHECK(sh, !pthread_mutex_unlock(&pi));
	return NULL;
}

static void pi_mutex(struct shared *sh)
{
	pthread_mutexattr_t attr;
	pthread_t thread;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&pi, &attr);
	pthread_mutex_lock(&pi);
	pthread_create(&thread, NULL, pi_waiter, sh);
	while (!atomic_load(&sh->data[0]))
		nap_ms(1);
	nap_ms(20);
	target_step(sh, 1);
	nap_ms(20);
	TARGET_CHECK(sh, !atomic_load(&sh->data[1]));
	TARGET_CHECK(sh, !pthread_mutex_unlock(&pi));
	TARGET_CHECK(sh, !pthread_join(thread, NULL));
	TARGET_CHECK(sh, atomic_load(&sh->data[1]));
}

TEST_F(sys, pi_mutex)
{
	ROUND_TRIP(&self->t, pi_mutex);
}

/* The C library's own registration still works. */
static struct rseq *rseq_area(void)
{
	return (void *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

static void rseq_cpu(struct shared *sh)
{
	target_step(sh, 1);
	TARGET_CHECK(sh, rseq_area()->cpu_id < 4096);
	/* Only with the same signature as before would this be "busy". */
	TARGET_CHECK(sh, syscall(SYS_rseq, rseq_area(), 32, 0, RSEQ_SIG) == -1 &&
		     errno == EBUSY);
}

TEST_F(sys, rseq_cpu)
{
	if (!__rseq_size)
		SKIP(return, "C library without rseq");
	ROUND_TRIP(&self->t, rseq_cpu);
}

/*
 * A critical section that ends when it may go on. It is stopped inside; when
 * it is back it is aborted, although it could have gone on.
 */
static uint64_t rseq_section(struct shared *sh)
{
	static struct rseq_cs cs __attribute__((aligned(32)));
	uint64_t committed = 0;

	asm volatile("lea 1f(%%rip), %%rax\n\t"
		"mov %%rax, %c[start](%[cs])\n\t"
		"lea 2f(%%rip), %%rcx\n\t"
		"sub %%rax, %%rcx\n\t"
		"mov %%rcx, %c[len](%[cs])\n\t"
		"lea 4f(%%rip), %%rax\n\t"
		"mov %%rax, %c[abort](%[cs])\n\t"
		"mov %[cs], %c[ptr](%[area])\n\t"
		"1: pause\n\t"
		"cmpl $0, (%[go])\n\t"
		"je 1b\n\t"
		"movq $1, %[done]\n\t"
		"2: jmp 5f\n\t"
		".byte 0x0f, 0xb9, 0x3d\n\t"
		".long 0x53053053\n\t"
		"4: movq $2, %[done]\n\t"
		"5:\n\t"
		: [done] "+r" (committed)
		: [cs] "r" (&cs), [area] "r" (rseq_area()), [go] "r" (&sh->go),
		  [start] "i" (offsetof(struct rseq_cs, start_ip)),
		  [len] "i" (offsetof(struct rseq_cs, post_commit_offset)),
		  [abort] "i" (offsetof(struct rseq_cs, abort_ip)),
		  [ptr] "i" (offsetof(struct rseq, rseq_cs))
		: "rax", "rcx", "memory", "cc");
	return committed;
}

static void rseq_abort(struct shared *sh)
{
	bool stopped = false;

	atomic_store(&sh->ready, 1);
	for (;;) {
		uint64_t how = rseq_section(sh);

		/* The first abort after the restart is what we are here for. */
		stopped = atomic_load(&sh->go);
		if (!stopped)
			continue;
		TARGET_CHECK(sh, how == 2);
		return;
	}
}

TEST_F(sys, rseq_abort)
{
	int status;

	if (!__rseq_size)
		SKIP(return, "C library without rseq");
	ASSERT_LT(0, spawn(&self->t, rseq_abort));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(20);
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	atomic_store(&self->t.sh->go, 1);
	ASSERT_LT(0, do_restart(&self->t, 0))
		TH_LOG("%s", self->t.msg);
	status = wait_exit(self->t.pid);
	self->t.pid = 0;
	ASSERT_EQ(0, atomic_load(&self->t.sh->failed))
		TH_LOG("target: %s", self->t.sh->why);
	ASSERT_EQ(0, status);
}

/* What cannot be continued elsewhere. */
static void cpu_sleep(struct shared *sh)
{
	struct timespec ts = { .tv_sec = 600 };

	atomic_store(&sh->ready, 1);
	clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &ts, NULL);
}

TEST_F(sys, cpu_sleep)
{
	ASSERT_LT(0, spawn(&self->t, cpu_sleep));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(50);
	ASSERT_EQ(-EOPNOTSUPP, do_checkpoint(&self->t, 0));
	ASSERT_NE(NULL, strstr(self->t.msg, "clock_nanosleep"))
		TH_LOG("%s", self->t.msg);
}

TEST_HARNESS_MAIN
