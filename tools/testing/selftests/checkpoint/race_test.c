// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - targets that never rest, callers that are killed,
 * several callers at once
 */
#include "common.h"

#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/time.h>

FIXTURE(race) {
	struct ckpt_test t;
};

FIXTURE_SETUP(race)
{
	/* What a killed caller leaves behind must come to us. */
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	ASSERT_TRUE(test_setup(&self->t));
}

/* Kill the target's whole session, and reap all there is. */
static void kill_session(struct ckpt_test *t, pid_t pid)
{
	kill(pid, SIGKILL);
	kill(-pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
	t->pid = 0;
}

FIXTURE_TEARDOWN(race)
{
	if (self->t.pid > 0)
		kill_session(&self->t, self->t.pid);
	test_teardown(&self->t);
}

/* Whether the target still does something. */
static bool is_running(struct shared *sh)
{
	uint64_t before = atomic_load(&sh->data[0]);
	long ms;

	for (ms = 0; ms < CKPT_TEST_TIMEOUT_MS; ms += 2) {
		if (atomic_load(&sh->data[0]) > before + 2)
			return true;
		nap_ms(2);
	}
	return false;
}

static struct shared *target_sh;

static void tick(void)
{
	atomic_fetch_add(&target_sh->data[0], 1);
}

/* ---- targets that never rest ---- */

static void fork_loop(struct shared *sh)
{
	unsigned int n = 0;
	pid_t pid;

	target_sh = sh;
	atomic_store(&sh->ready, 1);
	for (;;) {
		n++;
		pid = fork();
		if (!pid) {
			if (!fork())
				_exit(0);
			/* Some leave the tree; the test reaps them in the end. */
			if (n % 16)
				wait(NULL);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		tick();
	}
}

static void *short_thread(void *arg)
{
	return arg;
}

static void clone_loop(struct shared *sh)
{
	pthread_t id;

	target_sh = sh;
	atomic_store(&sh->ready, 1);
	for (;;) {
		if (!pthread_create(&id, NULL, short_thread, NULL))
			pthread_join(id, NULL);
		tick();
	}
}

static void vfork_loop(struct shared *sh)
{
	pid_t pid;

	target_sh = sh;
	atomic_store(&sh->ready, 1);
	for (;;) {
		pid = vfork();
		if (!pid) {
			execl("/bin/true", "true", NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
		tick();
	}
}

static void on_signal(int sig)
{
	tick();
}

/* Signals from timers and from a child, into sleeps and system calls. */
static void signal_loop(struct shared *sh)
{
	struct itimerval it = { .it_interval.tv_usec = 1000,
				.it_value.tv_usec = 1000 };
	struct sigaction sa = { .sa_handler = on_signal };
	pid_t parent = getpid();

	target_sh = sh;
	sigaction(SIGALRM, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	if (!fork()) {
		for (;;) {
			kill(parent, SIGUSR1);
			sched_yield();
		}
	}
	atomic_store(&sh->ready, 1);
	for (;;)
		pause();
}

#define NR_ROUNDS	scaled(50)

static void checkpoint_often(struct __test_metadata *_metadata, struct ckpt_test *t,
			     void (*fn)(struct shared *sh))
{
	int i, done = 0;
	long ret = -EBUSY;

	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, 1));
	for (i = 0; i < NR_ROUNDS; i++) {
		ret = do_checkpoint(t, 0);
		if (ret > 0)
			done++;
		else
			ASSERT_EQ(-EBUSY, ret) TH_LOG("round %d: %s", i, t->msg);
		nap_ms(rand() % 5);
	}
	TH_LOG("%d of %u", done, NR_ROUNDS);
	ASSERT_LT(NR_ROUNDS / 2, done);
	ASSERT_TRUE(is_running(t->sh));

	/* The last one must bring it back as well. */
	for (i = 0; i < NR_ROUNDS; i++) {
		ret = do_checkpoint_pid(t, t->pid, CHECKPOINT_KILL);
		if (ret != -EBUSY)
			break;
	}
	ASSERT_LT(0, ret) TH_LOG("%s", t->msg);
	kill_session(t, t->pid);
	ASSERT_LT(0, do_restart(t, 0)) TH_LOG("%s", t->msg);
	ASSERT_TRUE(is_running(t->sh));
}

TEST_F_TIMEOUT(race, fork_loop, 120)
{
	checkpoint_often(_metadata, &self->t, fork_loop);
}

TEST_F_TIMEOUT(race, clone_loop, 120)
{
	checkpoint_often(_metadata, &self->t, clone_loop);
}

TEST_F_TIMEOUT(race, vfork_loop, 120)
{
	checkpoint_often(_metadata, &self->t, vfork_loop);
}

TEST_F_TIMEOUT(race, signal_loop, 120)
{
	checkpoint_often(_metadata, &self->t, signal_loop);
}

/* ---- callers ---- */

static void three(struct shared *sh)
{
	char *mem;
	int i;

	target_sh = sh;
	mem = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(mem, 1, 1 << 20);
	for (i = 0; i < 2; i++)
		if (!fork())
			break;
	atomic_fetch_add(&sh->data[1], 1);
	while (i == 2 && atomic_load(&sh->data[1]) < 3)
		nap_ms(1);
	if (i == 2)
		atomic_store(&sh->ready, 1);
	for (;;) {
		nap_ms(1);
		tick();
	}
}

/* Run @fn in a process of its own and kill that after a while. */
static void kill_caller(struct ckpt_test *t, long (*fn)(struct ckpt_test *t, uint64_t flags),
			long us)
{
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			if (fn(t, 0) < 0 || fn == do_restart)
				_exit(0);
	}
	usleep(us);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#define NR_KILLS	scaled(30)

TEST_F_TIMEOUT(race, kill_checkpoint_caller, 120)
{
	struct ckpt_test *t = &self->t;
	int i;

	ASSERT_LT(0, spawn(t, three));
	ASSERT_TRUE(wait_step(t->sh, 1));
	for (i = 0; i < NR_KILLS; i++) {
		kill_caller(t, do_checkpoint, rand() % 60000);
		ASSERT_TRUE(is_running(t->sh));
	}
	ASSERT_EQ(3, do_checkpoint(t, 0)) TH_LOG("%s", t->msg);
	ASSERT_TRUE(is_running(t->sh));
}

TEST_F_TIMEOUT(race, kill_restart_caller, 120)
{
	struct ckpt_test *t = &self->t;
	int i, complete = 0;
	pid_t pid;

	pid = spawn(t, three);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(3, do_checkpoint_pid(t, pid, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	kill_session(t, pid);
	for (i = 0; i < NR_KILLS; i++) {
		kill_caller(t, do_restart, rand() % 60000);
		/* All of it runs, or nothing of it is there. */
		if (!kill(pid, 0)) {
			complete++;
			ASSERT_TRUE(is_running(t->sh));
			kill_session(t, pid);
		}
		ASSERT_EQ(-1, kill(-pid, 0));
		ASSERT_EQ(ESRCH, errno);
		ASSERT_EQ(-1, waitpid(-1, NULL, __WALL | WNOHANG));
		ASSERT_EQ(ECHILD, errno);
	}
	TH_LOG("%d of %u were complete", complete, NR_KILLS);
	ASSERT_EQ(pid, do_restart(t, 0)) TH_LOG("%s", t->msg);
	ASSERT_TRUE(is_running(t->sh));
}

TEST_F_TIMEOUT(race, two_callers, 120)
{
	struct ckpt_test *t = &self->t;
	struct ckpt_test other;
	int i, status;
	long ret;
	pid_t pid;

	ASSERT_LT(0, spawn(t, three));
	ASSERT_TRUE(wait_step(t->sh, 1));
	for (i = 0; i < 20; i++) {
		pid = fork();
		if (!pid) {
			if (!test_setup(&other))
				_exit(2);
			ret = do_checkpoint_pid(&other, t->pid, 0);
			test_teardown(&other);
			_exit(ret == 3 ? 0 : ret == -EBUSY ? 1 : 2);
		}
		nap_ms(rand() % 10);
		ret = do_checkpoint(t, 0);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(ret == 3 || ret == -EBUSY) TH_LOG("%s", t->msg);
		ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) < 2);
		ASSERT_TRUE(ret == 3 || !WEXITSTATUS(status));
	}
	ASSERT_TRUE(is_running(t->sh));
}

static void interrupt(int sig)
{
}

/* Nobody reads the image: the target runs, and the caller can be interrupted. */
TEST_F(race, stuck_output)
{
	struct sigaction sa = { .sa_handler = interrupt };
	struct ckpt_test *t = &self->t;
	int fds[2], status;
	pid_t pid;

	ASSERT_LT(0, spawn(t, three));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(0, pipe(fds));
	pid = fork();
	if (!pid) {
		struct checkpoint_args args = {
			.flags		= CHECKPOINT_SUBTREE,
			.pid		= t->pid,
			.pidfd		= -1,
			.image_fd	= fds[1],
			.log_fd		= -1,
			.parent_fd	= -1,
		};

		sigaction(SIGUSR1, &sa, NULL);
		atomic_store(&t->sh->data[2], 1);
		if (sys_checkpoint(&args, sizeof(args)) != -1)
			_exit(99);
		_exit(errno);
	}
	while (!atomic_load(&t->sh->data[2]))
		nap_ms(1);
	nap_ms(500);
	ASSERT_TRUE(is_running(t->sh));
	ASSERT_EQ(0, waitpid(pid, NULL, WNOHANG));
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	status = wait_exit(pid);
	ASSERT_TRUE(WIFEXITED(status));
	ASSERT_EQ(EINTR, WEXITSTATUS(status));
	ASSERT_TRUE(is_running(t->sh));
	close(fds[0]);
	close(fds[1]);
	ASSERT_EQ(3, do_checkpoint(t, 0)) TH_LOG("%s", t->msg);
}

TEST_F(race, traced)
{
	struct ckpt_test *t = &self->t;
	int status;

	ASSERT_LT(0, spawn(t, three));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, t->pid, NULL, NULL));
	ASSERT_EQ(-EBUSY, do_checkpoint(t, 0));
	ASSERT_NE(NULL, strstr(t->msg, "traced")) TH_LOG("%s", t->msg);
	ASSERT_TRUE(is_running(t->sh));
	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, t->pid, NULL, NULL));
	ASSERT_EQ(t->pid, waitpid(t->pid, &status, __WALL));
	ASSERT_EQ(-EBUSY, do_checkpoint(t, 0));
	ASSERT_NE(NULL, strstr(t->msg, "traced")) TH_LOG("%s", t->msg);
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, t->pid, NULL, NULL));
	ASSERT_TRUE(is_running(t->sh));
	ASSERT_EQ(3, do_checkpoint(t, 0)) TH_LOG("%s", t->msg);
}

static void in_vfork(struct shared *sh)
{
	target_sh = sh;
	if (!vfork()) {
		target_step(sh, 1);
		_exit(0);
	}
	for (;;) {
		nap_ms(1);
		tick();
	}
}

TEST_F(race, vfork_wait)
{
	struct ckpt_test *t = &self->t;
	struct checkpoint_args args = {
		.flags		= CHECKPOINT_SUBTREE,
		.pidfd		= -1,
		.image_fd	= t->image,
		.log_fd		= t->log,
		.parent_fd	= -1,
		.timeout_ms	= 300,
	};

	ASSERT_LT(0, spawn(t, in_vfork));
	ASSERT_TRUE(wait_step(t->sh, 1));
	args.pid = t->pid;
	ASSERT_EQ(-1, sys_checkpoint(&args, sizeof(args)));
	ASSERT_EQ(EBUSY, errno);
	read_log(t);
	ASSERT_NE(NULL, strstr(t->msg, "vfork")) TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	ASSERT_TRUE(is_running(t->sh));
	ASSERT_LT(0, do_checkpoint(t, 0)) TH_LOG("%s", t->msg);
}

/* ---- a pid namespace that is given up again ---- */

/* restart() into a new pid namespace. Return: its result, in an exit status. */
static int restart_in_new_ns(struct ckpt_test *t)
{
	pid_t pid = fork();
	long ret;

	if (!pid) {
		if (unshare(CLONE_NEWPID))
			_exit(99);
		ret = do_restart(t, 0);
		if (ret > 0) {
			bool ok = is_running(t->sh);

			kill(ret, SIGKILL);
			waitpid(ret, NULL, 0);
			_exit(ok ? 0 : 98);
		}
		fputs(t->msg, stderr);
		_exit(-ret);
	}
	return wait_exit(pid);
}

TEST_F(race, abort_of_namespace)
{
	struct ckpt_test *t = &self->t;
	struct shared *sh = t->sh;
	struct stat st;
	pid_t pid;

	if (geteuid())
		SKIP(return, "not root");
	pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
	ASSERT_LE(0, pid);
	if (!pid) {
		setsid();
		close_range(0, ~0U, 0);
		if (open("/dev/null", O_RDWR) || dup(0) != 1 || dup(0) != 2)
			_exit(99);
		drop_harness_memory();
		three(sh);
	}
	t->pid = pid;
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(3, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	ASSERT_EQ(0, restart_in_new_ns(t));
	/* Without its end; that is noticed when all tasks are there. */
	ASSERT_EQ(0, fstat(t->image, &st));
	ASSERT_EQ(0, ftruncate(t->image, st.st_size - 8));
	ASSERT_EQ(EBADMSG << 8, restart_in_new_ns(t));
}

TEST_HARNESS_MAIN
