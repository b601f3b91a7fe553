// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - signals, group stop, interval timers, limits
 */
#include "common.h"

#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/time.h>

FIXTURE(signal) {
	struct ckpt_test t;
};

FIXTURE_SETUP(signal)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(signal)
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

static void block_all(void)
{
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* The next pending signal of @set, or 0. */
static int take(const sigset_t *set, siginfo_t *info)
{
	static const struct timespec now;
	int sig = sigtimedwait(set, info, &now);

	return sig < 0 ? 0 : sig;
}

/* Handlers, their flags and masks, and the alternate stack they run on. */
static char altstack[65536];
static atomic_uintptr_t handler_sp;
static atomic_int handler_sig;

static void on_signal(int sig)
{
	int here;

	atomic_store(&handler_sp, (uintptr_t)&here);
	atomic_store(&handler_sig, sig);
}

static void on_siginfo(int sig, siginfo_t *info, void *uc)
{
	on_signal(sig);
}

static void handlers(struct shared *sh)
{
	stack_t ss = { .ss_sp = altstack, .ss_size = sizeof(altstack) };
	struct sigaction a = { .sa_sigaction = on_siginfo,
			       .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };
	struct sigaction b = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };
	struct sigaction is;
	stack_t old;

	sigaddset(&a.sa_mask, SIGHUP);
	sigaddset(&a.sa_mask, SIGRTMAX);
	TARGET_CHECK(sh, !sigaltstack(&ss, NULL));
	TARGET_CHECK(sh, !sigaction(SIGUSR1, &a, NULL));
	TARGET_CHECK(sh, !sigaction(SIGUSR2, &b, NULL));
	signal(SIGPIPE, SIG_IGN);
	target_step(sh, 1);
	TARGET_CHECK(sh, !sigaction(SIGUSR1, NULL, &is));
	TARGET_CHECK(sh, is.sa_sigaction == on_siginfo);
	TARGET_CHECK(sh, (is.sa_flags & a.sa_flags) == a.sa_flags);
	TARGET_CHECK(sh, sigismember(&is.sa_mask, SIGHUP));
	TARGET_CHECK(sh, sigismember(&is.sa_mask, SIGRTMAX));
	TARGET_CHECK(sh, !sigismember(&is.sa_mask, SIGINT));
	TARGET_CHECK(sh, !sigaction(SIGPIPE, NULL, &is) && is.sa_handler == SIG_IGN);
	TARGET_CHECK(sh, !sigaction(SIGTERM, NULL, &is) && is.sa_handler == SIG_DFL);
	TARGET_CHECK(sh, !sigaltstack(NULL, &old));
	TARGET_CHECK(sh, old.ss_sp == altstack && old.ss_size == sizeof(altstack));
	raise(SIGUSR1);
	TARGET_CHECK(sh, atomic_load(&handler_sig) == SIGUSR1);
	TARGET_CHECK(sh, atomic_load(&handler_sp) - (uintptr_t)altstack < sizeof(altstack));
	raise(SIGUSR2);
	TARGET_CHECK(sh, atomic_load(&handler_sig) == SIGUSR2);
	TARGET_CHECK(sh, !sigaction(SIGUSR2, NULL, &is) && is.sa_handler == SIG_DFL);
}

TEST_F(signal, handlers)
{
	ROUND_TRIP(&self->t, handlers);
}

/* Pending signals: which, how often, in which order, with what siginfo. */
static void queue_self(int sig, int value)
{
	sigqueue(getpid(), sig, (union sigval){ .sival_int = value });
}

static void odd_siginfo(siginfo_t *info)
{
	memset(info, 0xa5, sizeof(*info));
	info->si_signo = SIGRTMIN + 5;
	info->si_errno = 77;
	info->si_code = -60;
	/* Beyond what the kernel keeps of an unknown code it must be zero. */
	memset((char *)info + 48, 0, sizeof(*info) - 48);
}

static void pending(struct shared *sh)
{
	pid_t pid = getpid();
	siginfo_t info, odd;
	sigset_t set, all;
	int i;

	block_all();
	for (i = 0; i < 5; i++)
		queue_self(SIGRTMIN + 1, 100 + i);
	queue_self(SIGRTMIN, 7);
	kill(pid, SIGUSR1);
	kill(pid, SIGUSR1);
	syscall(SYS_tgkill, pid, syscall(SYS_gettid), SIGUSR2);
	odd_siginfo(&odd);
	TARGET_CHECK(sh, !syscall(SYS_rt_sigqueueinfo, pid, SIGRTMIN + 5, &odd));
	target_step(sh, 1);

	sigfillset(&all);
	sigpending(&set);
	TARGET_CHECK(sh, sigismember(&set, SIGUSR1) && sigismember(&set, SIGUSR2));
	TARGET_CHECK(sh, sigismember(&set, SIGRTMIN) && sigismember(&set, SIGRTMIN + 1));
	TARGET_CHECK(sh, !sigismember(&set, SIGTERM) && !sigismember(&set, SIGCHLD));
	/* Those of the thread come first. */
	TARGET_CHECK(sh, take(&all, &info) == SIGUSR2);
	/* The C library turns SI_TKILL into SI_USER. */
	TARGET_CHECK(sh, info.si_code == SI_TKILL || info.si_code == SI_USER);
	TARGET_CHECK(sh, info.si_pid == pid);
	TARGET_CHECK(sh, take(&all, &info) == SIGUSR1);
	TARGET_CHECK(sh, info.si_code == SI_USER && info.si_pid == pid);
	TARGET_CHECK(sh, info.si_uid == getuid());
	TARGET_CHECK(sh, take(&all, &info) == SIGRTMIN);
	TARGET_CHECK(sh, info.si_code == SI_QUEUE && info.si_value.sival_int == 7);
	for (i = 0; i < 5; i++) {
		TARGET_CHECK(sh, take(&all, &info) == SIGRTMIN + 1);
		TARGET_CHECK(sh, info.si_value.sival_int == 100 + i);
	}
	odd_siginfo(&odd);
	TARGET_CHECK(sh, take(&all, &info) == SIGRTMIN + 5);
	TARGET_CHECK(sh, !memcmp(&info, &odd, 48));
	TARGET_CHECK(sh, !take(&all, &info));
}

TEST_F(signal, pending)
{
	ROUND_TRIP(&self->t, pending);
}

/* More than fit into one record. */
#define MANY	20000

static void many_pending(struct shared *sh)
{
	struct rlimit rlim = { RLIM_INFINITY, RLIM_INFINITY };
	siginfo_t info;
	sigset_t all;
	int i;

	setrlimit(RLIMIT_SIGPENDING, &rlim);
	block_all();
	for (i = 0; i < MANY; i++)
		queue_self(SIGRTMIN + i % 2, i);
	target_step(sh, 1);
	sigfillset(&all);
	for (i = 0; i < MANY; i++) {
		int sig = i >= MANY / 2;
		int value = i % (MANY / 2) * 2 + sig;

		TARGET_CHECK(sh, take(&all, &info) == SIGRTMIN + sig);
		TARGET_CHECK(sh, info.si_value.sival_int == value);
	}
	TARGET_CHECK(sh, !take(&all, &info));
}

TEST_F(signal, many_pending)
{
	struct rlimit rlim = { RLIM_INFINITY, RLIM_INFINITY };

	ASSERT_EQ(0, setrlimit(RLIMIT_SIGPENDING, &rlim));
	ROUND_TRIP(&self->t, many_pending);
}

/* Threads have their own masks and their own pending signals. */
#define NR_THREADS	4

static struct shared *thread_sh;

static void *masked_thread(void *arg)
{
	struct shared *sh = thread_sh;
	int sig = SIGRTMIN + (long)arg;
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	pthread_sigqueue(pthread_self(), sig, (union sigval){ .sival_int = sig });
	atomic_fetch_add(&sh->data[0], 1);
	while (!atomic_load(&sh->go))
		nap_ms(2);
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	TARGET_CHECK(sh, sigismember(&set, sig));
	TARGET_CHECK(sh, !sigismember(&set, sig + 1));
	TARGET_CHECK(sh, take(&set, &info) == sig && info.si_value.sival_int == sig);
	TARGET_CHECK(sh, !take(&set, &info));
	return NULL;
}

static void thread_masks(struct shared *sh)
{
	pthread_t ids[NR_THREADS];
	long i;

	thread_sh = sh;
	for (i = 0; i < NR_THREADS; i++)
		TARGET_CHECK(sh, !pthread_create(&ids[i], NULL, masked_thread, (void *)i));
	while (atomic_load(&sh->data[0]) < NR_THREADS)
		nap_ms(1);
	target_step(sh, 1);
	for (i = 0; i < NR_THREADS; i++)
		TARGET_CHECK(sh, !pthread_join(ids[i], NULL));
}

TEST_F(signal, thread_masks)
{
	ROUND_TRIP(&self->t, thread_masks);
}

/* A system call with a mask of its own goes on, and ends with the old one. */
static void in_sigsuspend(struct shared *sh)
{
	sigset_t set, is;

	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	block(SIGUSR1);
	sigfillset(&set);
	sigdelset(&set, SIGUSR1);
	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, sigsuspend(&set) == -1 && errno == EINTR);
	TARGET_CHECK(sh, atomic_load(&handler_sig) == SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &is);
	TARGET_CHECK(sh, sigismember(&is, SIGUSR1) && !sigismember(&is, SIGUSR2));
}

static void in_ppoll(struct shared *sh)
{
	sigset_t set, is;

	signal(SIGUSR1, on_signal);
	block(SIGUSR1);
	sigfillset(&set);
	sigdelset(&set, SIGUSR1);
	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, ppoll(NULL, 0, NULL, &set) == -1 && errno == EINTR);
	TARGET_CHECK(sh, atomic_load(&handler_sig) == SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &is);
	TARGET_CHECK(sh, sigismember(&is, SIGUSR1) && !sigismember(&is, SIGUSR2));
}

static void suspended(struct __test_metadata *_metadata, struct ckpt_test *t,
		      void (*fn)(struct shared *))
{
	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(50);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	ASSERT_LT(0, do_restart(t, 0)) TH_LOG("%s", t->msg);
	nap_ms(50);
	/* Blocked meanwhile. */
	ASSERT_EQ(0, kill(t->pid, SIGTERM));
	nap_ms(20);
	ASSERT_EQ(0, waitpid(t->pid, NULL, WNOHANG));
	/* Now the mask is the old one, and SIGTERM kills. */
	ASSERT_EQ(0, kill(t->pid, SIGUSR1));
	EXPECT_EQ(SIGTERM, wait_exit(t->pid));
	EXPECT_EQ(0, t->sh->failed) TH_LOG("line %d: %s", t->sh->failed, t->sh->why);
	t->pid = 0;
}

TEST_F(signal, sigsuspend)
{
	suspended(_metadata, &self->t, in_sigsuspend);
}

TEST_F(signal, sigsuspend_end)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, in_sigsuspend));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(50);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	ASSERT_LT(0, do_restart(t, 0)) TH_LOG("%s", t->msg);
	nap_ms(20);
	ASSERT_EQ(0, kill(t->pid, SIGUSR1));
	EXPECT_EQ(0, wait_exit(t->pid));
	EXPECT_EQ(0, t->sh->failed) TH_LOG("line %d: %s", t->sh->failed, t->sh->why);
	t->pid = 0;
}

TEST_F(signal, ppoll)
{
	suspended(_metadata, &self->t, in_ppoll);
}

/* Stopped children: what wait() has reported, and what not. */
static atomic_int nr_sigchld;

static void count_sigchld(int sig)
{
	atomic_fetch_add(&nr_sigchld, 1);
}

static pid_t counting_child(struct shared *sh, int nr)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	/* In the session leader's own process group SIGTSTP is ignored. */
	setpgid(0, 0);
	while (1) {
		atomic_fetch_add(&sh->data[nr], 1);
		nap_ms(1);
	}
}

static void stop_child(struct shared *sh, pid_t pid, int sig)
{
	siginfo_t info;

	kill(pid, sig);
	TARGET_CHECK(sh, !waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT));
}

static void stopped_children(struct shared *sh)
{
	pid_t told, untold, resumed;
	uint64_t count[3];
	int status, i;

	signal(SIGCHLD, count_sigchld);
	told = counting_child(sh, 0);
	untold = counting_child(sh, 1);
	resumed = counting_child(sh, 2);
	nap_ms(10);
	stop_child(sh, told, SIGSTOP);
	TARGET_CHECK(sh, waitpid(told, &status, WUNTRACED) == told);
	stop_child(sh, untold, SIGTSTP);
	stop_child(sh, resumed, SIGSTOP);
	TARGET_CHECK(sh, waitpid(resumed, &status, WUNTRACED) == resumed);
	kill(resumed, SIGCONT);
	nap_ms(20);
	for (i = 0; i < 3; i++)
		count[i] = atomic_load(&sh->data[i]);
	i = atomic_load(&nr_sigchld);
	target_step(sh, 1);

	nap_ms(50);
	/* Nobody has been told twice. */
	TARGET_CHECK(sh, atomic_load(&nr_sigchld) == i);
	TARGET_CHECK(sh, atomic_load(&sh->data[0]) == count[0]);
	TARGET_CHECK(sh, atomic_load(&sh->data[1]) == count[1]);
	TARGET_CHECK(sh, atomic_load(&sh->data[2]) > count[2]);
	TARGET_CHECK(sh, waitpid(told, &status, WUNTRACED | WNOHANG) == 0);
	TARGET_CHECK(sh, waitpid(untold, &status, WUNTRACED | WNOHANG) == untold);
	TARGET_CHECK(sh, WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
	TARGET_CHECK(sh, waitpid(untold, &status, WUNTRACED | WNOHANG) == 0);
	TARGET_CHECK(sh, waitpid(resumed, &status, WCONTINUED | WNOHANG) == resumed);
	TARGET_CHECK(sh, WIFCONTINUED(status));
	kill(told, SIGCONT);
	kill(untold, SIGCONT);
	nap_ms(50);
	TARGET_CHECK(sh, atomic_load(&sh->data[0]) > count[0]);
	TARGET_CHECK(sh, atomic_load(&sh->data[1]) > count[1]);
	TARGET_CHECK(sh, waitpid(told, &status, WCONTINUED) == told);
	TARGET_CHECK(sh, WIFCONTINUED(status));
	/* And they can be stopped again. */
	kill(told, SIGSTOP);
	TARGET_CHECK(sh, waitpid(told, &status, WUNTRACED) == told && WIFSTOPPED(status));
	for (i = 0; i < 3; i++)
		kill(i == 0 ? told : i == 1 ? untold : resumed, SIGKILL);
	while (wait(NULL) > 0)
		;
}

TEST_F(signal, stopped_children)
{
	ROUND_TRIP(&self->t, stopped_children);
}

/* A stopped process with threads, and a second round trip of it. */
static void *counting_thread(void *arg)
{
	_Atomic uint64_t *count = arg;

	while (1) {
		atomic_fetch_add(count, 1);
		nap_ms(1);
	}
	return NULL;
}

static void threads_to_stop(struct shared *sh)
{
	pthread_t id;
	int i;

	for (i = 0; i < 3; i++)
		pthread_create(&id, NULL, counting_thread, (void *)&sh->data[i]);
	target_step(sh, 1);
}

TEST_F(signal, stopped_threads)
{
	struct ckpt_test *t = &self->t;
	uint64_t count[3];
	int round, i, status;

	ASSERT_LT(0, spawn(t, threads_to_stop));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(0, kill(t->pid, SIGSTOP));
	ASSERT_EQ(t->pid, waitpid(t->pid, &status, WUNTRACED));
	for (round = 0; round < 2; round++) {
		ASSERT_EQ(4, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
		for (i = 0; i < 3; i++)
			count[i] = atomic_load(&t->sh->data[i]);
		ASSERT_LT(0, do_restart(t, 0)) TH_LOG("%s", t->msg);
		nap_ms(50);
		for (i = 0; i < 3; i++)
			EXPECT_EQ(count[i], atomic_load(&t->sh->data[i]));
		EXPECT_EQ(0, waitpid(t->pid, &status, WUNTRACED | WNOHANG));
	}
	ASSERT_EQ(0, kill(t->pid, SIGCONT));
	nap_ms(50);
	for (i = 0; i < 3; i++)
		EXPECT_LT(count[i], atomic_load(&t->sh->data[i]));
	EXPECT_EQ(t->pid, waitpid(t->pid, &status, WCONTINUED | WNOHANG));
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
}

/* Interval timers go on with what was left, each in its own time. */
static void on_alarm(int sig)
{
	atomic_fetch_add(&nr_sigchld, 1);
}

static void itimers(struct shared *sh)
{
	struct itimerval real = { { 100, 0 }, { 1000, 0 } };
	struct itimerval virt = { { 0, 0 }, { 2000, 0 } };
	struct itimerval prof = { { 30, 0 }, { 3000, 0 } };
	struct itimerval is;

	setitimer(ITIMER_REAL, &real, NULL);
	setitimer(ITIMER_VIRTUAL, &virt, NULL);
	setitimer(ITIMER_PROF, &prof, NULL);
	target_step(sh, 1);
	getitimer(ITIMER_REAL, &is);
	TARGET_CHECK(sh, is.it_interval.tv_sec == 100 && !is.it_interval.tv_usec);
	TARGET_CHECK(sh, is.it_value.tv_sec > 990 && is.it_value.tv_sec < 1000);
	getitimer(ITIMER_VIRTUAL, &is);
	TARGET_CHECK(sh, !is.it_interval.tv_sec && !is.it_interval.tv_usec);
	TARGET_CHECK(sh, is.it_value.tv_sec >= 1999 && is.it_value.tv_sec <= 2000);
	getitimer(ITIMER_PROF, &is);
	TARGET_CHECK(sh, is.it_interval.tv_sec == 30);
	TARGET_CHECK(sh, is.it_value.tv_sec >= 2999 && is.it_value.tv_sec <= 3000);
}

TEST_F(signal, itimers)
{
	ROUND_TRIP(&self->t, itimers);
}

static void ticking(struct shared *sh)
{
	struct itimerval real = { { 0, 20000 }, { 0, 20000 } };
	struct itimerval virt = { { 0, 10000 }, { 0, 10000 } };
	int i, before;

	signal(SIGALRM, on_alarm);
	signal(SIGVTALRM, on_signal);
	setitimer(ITIMER_REAL, &real, NULL);
	setitimer(ITIMER_VIRTUAL, &virt, NULL);
	target_step(sh, 1);
	before = atomic_load(&nr_sigchld);
	for (i = 0; i < 300 && atomic_load(&nr_sigchld) < before + 5; i++)
		nap_ms(5);
	TARGET_CHECK(sh, atomic_load(&nr_sigchld) >= before + 5);
	atomic_store(&handler_sig, 0);
	while (!atomic_load(&handler_sig))
		;
	TARGET_CHECK(sh, atomic_load(&handler_sig) == SIGVTALRM ||
		     atomic_load(&handler_sig) == SIGALRM);
}

TEST_F(signal, ticking)
{
	ROUND_TRIP(&self->t, ticking);
}

/* One that has expired starts again only when its signal is taken. */
static void expired(struct shared *sh)
{
	struct itimerval real = { { 0, 200000 }, { 0, 1000 } }, is;
	siginfo_t info;
	sigset_t set;

	block(SIGALRM);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	setitimer(ITIMER_REAL, &real, NULL);
	nap_ms(20);
	target_step(sh, 1);
	nap_ms(250);
	getitimer(ITIMER_REAL, &is);
	TARGET_CHECK(sh, !is.it_value.tv_sec && !is.it_value.tv_usec);
	TARGET_CHECK(sh, is.it_interval.tv_usec == 200000);
	TARGET_CHECK(sh, take(&set, &info) == SIGALRM);
	TARGET_CHECK(sh, info.si_code == SI_KERNEL);
	getitimer(ITIMER_REAL, &is);
	TARGET_CHECK(sh, is.it_value.tv_usec > 0 && is.it_value.tv_usec <= 200000);
	TARGET_CHECK(sh, sigwaitinfo(&set, &info) == SIGALRM);
}

TEST_F(signal, expired)
{
	ROUND_TRIP(&self->t, expired);
}

/* Resource limits, each with a value of its own. */
static void rlimits(struct shared *sh)
{
	struct rlimit set[RLIM_NLIMITS], is;
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++) {
		getrlimit(i, &set[i]);
		if (set[i].rlim_max > 1ULL << 40)
			set[i].rlim_max = (1ULL << 40) - i;
		else
			set[i].rlim_max -= i;
		set[i].rlim_cur = set[i].rlim_max / 2;
		TARGET_CHECK(sh, !setrlimit(i, &set[i]));
	}
	target_step(sh, 1);
	for (i = 0; i < RLIM_NLIMITS; i++) {
		TARGET_CHECK(sh, !getrlimit(i, &is));
		TARGET_CHECK(sh, is.rlim_cur == set[i].rlim_cur);
		TARGET_CHECK(sh, is.rlim_max == set[i].rlim_max);
	}
}

TEST_F(signal, rlimits)
{
	ROUND_TRIP(&self->t, rlimits);
}

/* Nobody can raise a limit by a restart. */
static void no_rlimits(struct shared *sh)
{
	target_step(sh, 1);
}

TEST_F(signal, rlimit_not_raised)
{
	struct ckpt_test *t = &self->t;
	int status;

	ASSERT_LT(0, spawn(t, no_rlimits));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	if (!fork()) {
		struct rlimit low = { 10, 10 };
		struct {
			uint32_t version, pid;
		} head = { 0x20080522, 0 };
		uint32_t caps[6];

		setrlimit(RLIMIT_MSGQUEUE, &low);
		syscall(SYS_capget, &head, caps);
		caps[0] &= ~(1U << 24);		/* CAP_SYS_RESOURCE */
		if (syscall(SYS_capset, &head, caps))
			_exit(2);
		status = do_restart(t, 0);
		if (status != -EPERM || !strstr(t->msg, "RLIMIT_MSGQUEUE")) {
			fprintf(stderr, "# %d %s\n", status, t->msg);
			_exit(1);
		}
		_exit(0);
	}
	ASSERT_LT(0, wait(&status));
	EXPECT_EQ(0, status);
	ASSERT_LT(0, do_restart(t, 0)) TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
}

/* Attributes of the process and of its parenthood. */
static int read_oom(void)
{
	char buf[16] = "";
	int fd = open("/proc/self/oom_score_adj", O_RDONLY);

	if (read(fd, buf, sizeof(buf) - 1) < 0)
		return -9999;
	close(fd);
	return atoi(buf);
}

static void attributes(struct shared *sh)
{
	pid_t orphan;
	int is, fd;

	fd = open("/proc/self/oom_score_adj", O_WRONLY);
	TARGET_CHECK(sh, write(fd, "321", 3) == 3);
	close(fd);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGURG);
	target_step(sh, 1);
	TARGET_CHECK(sh, !prctl(PR_GET_CHILD_SUBREAPER, &is) && is == 1);
	TARGET_CHECK(sh, !prctl(PR_GET_PDEATHSIG, &is) && is == SIGURG);
	TARGET_CHECK(sh, read_oom() == 321);
	if (!fork()) {
		orphan = fork();
		if (orphan)
			atomic_store(&sh->data[0], orphan);
		_exit(0);
	}
	wait(NULL);
	TARGET_CHECK(sh, wait(NULL) == (pid_t)atomic_load(&sh->data[0]));
}

TEST_F(signal, attributes)
{
	ROUND_TRIP(&self->t, attributes);
}

/* Processor time, of the process and of its children. */
static int64_t cpu_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int64_t usage_us(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000LL +
	       u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

static void burn(int ms)
{
	int64_t start = cpu_ns(CLOCK_THREAD_CPUTIME_ID);

	while (cpu_ns(CLOCK_THREAD_CPUTIME_ID) < start + ms * 1000000LL)
		;
}

static void *burning_thread(void *arg)
{
	burn(50);
	return NULL;
}

static void usage(struct shared *sh)
{
	int64_t process, self, children;
	struct rusage before, after;
	pthread_t id;

	if (!fork()) {
		burn(100);
		_exit(0);
	}
	wait(NULL);
	pthread_create(&id, NULL, burning_thread, NULL);
	pthread_join(id, NULL);
	burn(50);
	process = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
	self = usage_us(RUSAGE_SELF);
	children = usage_us(RUSAGE_CHILDREN);
	getrusage(RUSAGE_CHILDREN, &before);
	target_step(sh, 1);
	TARGET_CHECK(sh, cpu_ns(CLOCK_PROCESS_CPUTIME_ID) >= process);
	TARGET_CHECK(sh, usage_us(RUSAGE_SELF) >= self);
	TARGET_CHECK(sh, usage_us(RUSAGE_CHILDREN) == children);
	getrusage(RUSAGE_CHILDREN, &after);
	TARGET_CHECK(sh, !memcmp(&before, &after, sizeof(before)));
}

TEST_F(signal, usage)
{
	ROUND_TRIP(&self->t, usage);
}

/* What is sent while the restart is in progress is neither lost nor early. */
static void collecting(struct shared *sh)
{
	uint64_t got = 0, expect;
	siginfo_t info;
	sigset_t all;

	block_all();
	queue_self(SIGRTMIN, 4711);
	target_step(sh, 1);
	sigfillset(&all);
	while ((expect = atomic_load(&sh->data[1])) == 0)
		nap_ms(1);
	TARGET_CHECK(sh, take(&all, &info) == SIGRTMIN);
	TARGET_CHECK(sh, info.si_value.sival_int == 4711);
	while (take(&all, &info)) {
		TARGET_CHECK(sh, info.si_value.sival_int == (int)got);
		got++;
	}
	TARGET_CHECK(sh, got == expect - 1);
}

TEST_F(signal, sent_meanwhile)
{
	struct ckpt_test *t = &self->t;
	pid_t pid, sender;

	ASSERT_LT(0, spawn(t, collecting));
	ASSERT_TRUE(wait_step(t->sh, 1));
	pid = t->pid;
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	sender = fork();
	if (!sender) {
		union sigval value = { .sival_int = 0 };

		while (!atomic_load(&t->sh->go))
			value.sival_int += !sigqueue(pid, SIGRTMIN, value);
		atomic_store(&t->sh->data[1], value.sival_int + 1);
		_exit(0);
	}
	nap_ms(20);
	ASSERT_EQ(pid, do_restart(t, 0)) TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(sender));
	EXPECT_EQ(0, wait_exit(pid));
	EXPECT_EQ(0, t->sh->failed) TH_LOG("line %d: %s", t->sh->failed, t->sh->why);
	t->pid = 0;
}

static void posix_timer_gone(struct shared *sh)
{
	timer_t id, next;

	TARGET_CHECK(sh, !timer_create(CLOCK_MONOTONIC, NULL, &id));
	timer_delete(id);
	target_step(sh, 1);
	TARGET_CHECK(sh, !timer_create(CLOCK_MONOTONIC, NULL, &next));
	TARGET_CHECK(sh, (long)next == (long)id + 1);
}

TEST_F(signal, posix_timer_gone)
{
	ROUND_TRIP(&self->t, posix_timer_gone);
}

TEST_HARNESS_MAIN
