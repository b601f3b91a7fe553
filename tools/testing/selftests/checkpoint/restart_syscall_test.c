// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - system calls that go on, futexes, restartable sequences
 */
#include "common.h"

#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/rseq.h>
#include <sys/sem.h>

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

	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(300);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	nap_ms(1500);
	start = now(CLOCK_MONOTONIC);
	ASSERT_LT(0, do_restart(t, 0))
		TH_LOG("%s", t->msg);
	wait_verified(_metadata, t);
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

/* ---- calls that a signal would end with EINTR ---- */

static void waiting_for_signal(struct shared *sh)
{
	struct timespec ts = { .tv_sec = 1 };
	int64_t start = now(CLOCK_MONOTONIC);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, sigtimedwait(&set, NULL, &ts) == -1 && errno == EAGAIN);
	SLEPT(sh, now(CLOCK_MONOTONIC) - start);
}

TEST_F(sys, sigtimedwait)
{
	INTERRUPTED(&self->t, waiting_for_signal);
}

static void waiting_forever(struct shared *sh)
{
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, sigwaitinfo(&set, &info) == SIGUSR1);
}

TEST_F(sys, sigwaitinfo)
{
	ASSERT_LT(0, spawn(&self->t, waiting_forever));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(20);
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	ASSERT_LT(0, restart_killed(&self->t))
		TH_LOG("%s", self->t.msg);
	nap_ms(20);
	ASSERT_EQ(0, kill(self->t.pid, SIGUSR1));
	ASSERT_EQ(0, wait_exit(self->t.pid));
	self->t.pid = 0;
	ASSERT_EQ(0, atomic_load(&self->t.sh->failed))
		TH_LOG("%s", self->t.sh->why);
}

static void waiting_for_event(struct shared *sh)
{
	int64_t start = now(CLOCK_MONOTONIC);
	int fd = epoll_create1(0);
	struct epoll_event e;

	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, epoll_wait(fd, &e, 1, 1000) == 0);
	SLEPT(sh, now(CLOCK_MONOTONIC) - start);
}

TEST_F(sys, epoll_wait)
{
	INTERRUPTED(&self->t, waiting_for_event);
}

static void *event_comes(void *arg)
{
	uint64_t one = 1;

	while (!atomic_load(&((struct shared *)arg)->go))
		nap_ms(2);
	nap_ms(50);
	return write(3, &one, 8) == 8 ? NULL : arg;
}

static void waiting_for_event_forever(struct shared *sh)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = 42 };
	int event = eventfd(0, 0), fd = epoll_create1(0);
	sigset_t set;
	pthread_t tid;

	TARGET_CHECK(sh, event == 3);
	TARGET_CHECK(sh, !epoll_ctl(fd, EPOLL_CTL_ADD, event, &e));
	TARGET_CHECK(sh, !pthread_create(&tid, NULL, event_comes, sh));
	sigfillset(&set);
	e.data.u32 = 0;
	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, epoll_pwait(fd, &e, 1, -1, &set) == 1);
	TARGET_CHECK(sh, e.data.u32 == 42);
	sigprocmask(SIG_SETMASK, NULL, &set);
	TARGET_CHECK(sh, !sigismember(&set, SIGUSR1));
	pthread_join(tid, NULL);
}

TEST_F(sys, epoll_pwait)
{
	ROUND_TRIP(&self->t, waiting_for_event_forever);
}

/* A signal with a handler does end it, and only once the handler has run. */
static atomic_int handled;

static void on_signal(int sig)
{
	atomic_fetch_add(&handled, 1);
}

static void waiting_for_another(struct shared *sh)
{
	struct timespec ts = { .tv_sec = 100 };
	sigset_t set;

	signal(SIGUSR2, on_signal);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, sigtimedwait(&set, NULL, &ts) == -1 && errno == EINTR);
	TARGET_CHECK(sh, atomic_load(&handled) == 1);
}

TEST_F(sys, sigtimedwait_handler)
{
	ASSERT_LT(0, spawn(&self->t, waiting_for_another));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(20);
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	ASSERT_LT(0, restart_killed(&self->t))
		TH_LOG("%s", self->t.msg);
	nap_ms(20);
	ASSERT_EQ(0, kill(self->t.pid, SIGUSR2));
	ASSERT_EQ(0, wait_exit(self->t.pid));
	self->t.pid = 0;
	ASSERT_EQ(0, atomic_load(&self->t.sh->failed))
		TH_LOG("%s", self->t.sh->why);
}

/* Each of these waits for something in a thread of its own. */
struct waiter {
	struct shared *sh;
	int fd;
	int sem;
};

static void *epoll_forever(void *arg)
{
	struct waiter *w = arg;
	struct epoll_event e = {};

	atomic_fetch_add(&w->sh->data[0], 1);
	TARGET_CHECK(w->sh, epoll_wait(w->fd, &e, 1, -1) == 1 && e.data.u32 == 42);
	return NULL;
}

static void *epoll_mask(void *arg)
{
	struct waiter *w = arg;
	struct epoll_event e = {};
	sigset_t set;

	sigfillset(&set);
	atomic_fetch_add(&w->sh->data[0], 1);
	TARGET_CHECK(w->sh, epoll_pwait(w->fd, &e, 1, -1, &set) == 1);
	sigprocmask(SIG_SETMASK, NULL, &set);
	TARGET_CHECK(w->sh, !sigismember(&set, SIGUSR1));
	return NULL;
}

static void *epoll_timeout(void *arg)
{
	struct waiter *w = arg;
	int64_t start = now(CLOCK_MONOTONIC);
	int fd = epoll_create1(0);
	struct epoll_event e;

	atomic_fetch_add(&w->sh->data[0], 1);
	TARGET_CHECK(w->sh, epoll_wait(fd, &e, 1, 1000) == 0);
	SLEPT(w->sh, now(CLOCK_MONOTONIC) - start);
	return NULL;
}

static void *epoll_timeout_mask(void *arg)
{
	struct waiter *w = arg;
	struct timespec ts = { .tv_sec = 1 };
	int64_t start = now(CLOCK_MONOTONIC);
	int fd = epoll_create1(0);
	struct epoll_event e;
	sigset_t set;

	sigfillset(&set);
	atomic_fetch_add(&w->sh->data[0], 1);
	TARGET_CHECK(w->sh, epoll_pwait2(fd, &e, 1, &ts, &set) == 0);
	SLEPT(w->sh, now(CLOCK_MONOTONIC) - start);
	sigprocmask(SIG_SETMASK, NULL, &set);
	TARGET_CHECK(w->sh, !sigismember(&set, SIGUSR1));
	return NULL;
}

static void *sem_forever(void *arg)
{
	struct waiter *w = arg;
	struct sembuf op = { .sem_op = -1 };

	atomic_fetch_add(&w->sh->data[0], 1);
	TARGET_CHECK(w->sh, semop(w->sem, &op, 1) == 0);
	return NULL;
}

static void *sem_timeout(void *arg)
{
	struct waiter *w = arg;
	struct sembuf op = { .sem_num = 1, .sem_op = -1 };
	struct timespec ts = { .tv_sec = 1 };
	int64_t start = now(CLOCK_MONOTONIC);

	atomic_fetch_add(&w->sh->data[0], 1);
	TARGET_CHECK(w->sh, semtimedop(w->sem, &op, 1, &ts) == -1 &&
		     errno == EAGAIN);
	SLEPT(w->sh, now(CLOCK_MONOTONIC) - start);
	return NULL;
}

static void *signal_timeout(void *arg)
{
	struct waiter *w = arg;

	atomic_fetch_add(&w->sh->data[0], 1);
	waiting_for_signal(w->sh);
	return NULL;
}

static void many_waiting(struct shared *sh)
{
	static void *(* const fns[])(void *) = {
		epoll_forever, epoll_mask, epoll_timeout, epoll_timeout_mask,
		sem_forever, sem_timeout, signal_timeout,
	};
	const size_t nr = ARRAY_SIZE(fns);
	struct waiter w = { .sh = sh, .fd = epoll_create1(0) };
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = 42 };
	struct sembuf op = { .sem_op = 1 };
	int event = eventfd(0, 0);
	pthread_t tids[nr];
	uint64_t one = 1;
	size_t i;

	w.sem = semget(IPC_PRIVATE, 2, 0600);
	TARGET_CHECK(sh, !epoll_ctl(w.fd, EPOLL_CTL_ADD, event, &e));
	for (i = 0; i < nr; i++)
		TARGET_CHECK(sh, !pthread_create(&tids[i], NULL, fns[i], &w));
	while (atomic_load(&sh->data[0]) < nr)
		nap_ms(2);
	target_step(sh, 1);
	TARGET_CHECK(sh, write(event, &one, 8) == 8);
	TARGET_CHECK(sh, !semop(w.sem, &op, 1));
	for (i = 0; i < nr; i++)
		pthread_join(tids[i], NULL);
	semctl(w.sem, 0, IPC_RMID);
}

/* Whether or not the rest of them can be saved, none may notice. */
TEST_F(sys, original_not_interrupted)
{
	int i;

	ASSERT_LT(0, spawn(&self->t, many_waiting));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	for (i = 0; i < 5; i++) {
		nap_ms(100);
		do_checkpoint(&self->t, 0);
	}
	atomic_store(&self->t.sh->go, 1);
	ASSERT_EQ(0, wait_exit(self->t.pid))
		TH_LOG("line %d: %s", atomic_load(&self->t.sh->failed),
		       self->t.sh->why);
	self->t.pid = 0;
}

/* ---- calls that end ---- */

static void asleep(struct __test_metadata *_metadata, struct ckpt_test *t,
		   void (*fn)(struct shared *sh))
{
	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_TRUE(wait_asleep(t->pid));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	ASSERT_LT(0, restart_killed(t))
		TH_LOG("%s", t->msg);
	wait_verified(_metadata, t);
}

/* The pipe takes 64 KiB. */
static void writes_part(struct shared *sh)
{
	static char buf[100000];
	int fds[2];

	TARGET_CHECK(sh, !pipe(fds));
	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, write(fds[1], buf, sizeof(buf)) == 65536);
	TARGET_CHECK(sh, read(fds[0], buf, sizeof(buf)) == 65536);
}

TEST_F(sys, part_written)
{
	asleep(_metadata, &self->t, writes_part);
}

static void receives(struct shared *sh)
{
	struct timeval tv = { .tv_sec = 100 };
	char c;
	int sv[2];

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	TARGET_CHECK(sh, !setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, recv(sv[0], &c, 1, 0) == -1 && errno == EINTR);
	TARGET_CHECK(sh, write(sv[1], "x", 1) == 1 && recv(sv[0], &c, 1, 0) == 1);
}

TEST_F(sys, receive_with_timeout)
{
	asleep(_metadata, &self->t, receives);
}

TEST_HARNESS_MAIN
