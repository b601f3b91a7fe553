// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - trees of tasks
 */
#include "common.h"

#include <dirent.h>

#include <pthread.h>

FIXTURE(tree) {
	struct ckpt_test t;
};

FIXTURE_SETUP(tree)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(tree)
{
	test_teardown(&self->t);
}

/* Children that find what they were told when the tree is back. */
#define NR_CHILDREN	5

static void children(struct shared *sh)
{
	pid_t pids[NR_CHILDREN], parent = getpid();
	int i, status;

	for (i = 0; i < NR_CHILDREN; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			pid_t pid = getpid();

			atomic_fetch_add(&sh->data[0], 1);
			while (!atomic_load(&sh->go))
				nap_ms(5);
			TARGET_CHECK(sh, getpid() == pid);
			TARGET_CHECK(sh, getppid() == parent);
			TARGET_CHECK(sh, syscall(SYS_gettid) == pid);
			_exit(10 + i);
		}
	}
	while (atomic_load(&sh->data[0]) < NR_CHILDREN)
		nap_ms(1);
	target_step(sh, 1);
	TARGET_CHECK(sh, getpid() == parent);
	for (i = 0; i < NR_CHILDREN; i++) {
		TARGET_CHECK(sh, waitpid(pids[i], &status, 0) == pids[i]);
		TARGET_CHECK(sh, WEXITSTATUS(status) == 10 + i);
	}
	TARGET_CHECK(sh, wait(NULL) == -1 && errno == ECHILD);
}

TEST_F(tree, children)
{
	ROUND_TRIP(&self->t, children);
}

/* A tree of depth. */
static void descend(struct shared *sh, int depth)
{
	pid_t parent = getppid(), pid;
	int status;

	if (!depth) {
		target_step(sh, 1);
		TARGET_CHECK(sh, getppid() == parent);
		return;
	}
	pid = fork();
	if (!pid) {
		descend(sh, depth - 1);
		_exit(depth);
	}
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid);
	TARGET_CHECK(sh, WEXITSTATUS(status) == depth);
}

static void deep(struct shared *sh)
{
	descend(sh, 20);
}

TEST_F(tree, deep)
{
	ROUND_TRIP(&self->t, deep);
}

/* Threads with their ids and thread-local storage. */
#define NR_THREADS	8

static __thread int tls;
static struct shared *thread_sh;

static void *thread_fn(void *arg)
{
	struct shared *sh = thread_sh;
	pid_t tid = syscall(SYS_gettid);

	tls = (long)arg;
	atomic_fetch_add(&sh->data[0], 1);
	while (!atomic_load(&sh->go))
		nap_ms(5);
	TARGET_CHECK(sh, tls == (long)arg);
	TARGET_CHECK(sh, syscall(SYS_gettid) == tid);
	return (void *)((long)arg * 3);
}

static void threads(struct shared *sh)
{
	pthread_t ids[NR_THREADS];
	void *res;
	long i;

	thread_sh = sh;
	for (i = 0; i < NR_THREADS; i++)
		TARGET_CHECK(sh, !pthread_create(&ids[i], NULL, thread_fn, (void *)i));
	while (atomic_load(&sh->data[0]) < NR_THREADS)
		nap_ms(1);
	target_step(sh, 1);
	for (i = 0; i < NR_THREADS; i++) {
		TARGET_CHECK(sh, !pthread_join(ids[i], &res));
		TARGET_CHECK(sh, (long)res == i * 3);
	}
}

TEST_F(tree, threads)
{
	ROUND_TRIP(&self->t, threads);
}

/* The leader has exited, the process lives on in a thread. */
static void *survivor(void *arg)
{
	struct shared *sh = thread_sh;
	pid_t pid = getpid(), tid = syscall(SYS_gettid);

	nap_ms(20);
	target_step(sh, 1);
	TARGET_CHECK(sh, getpid() == pid);
	TARGET_CHECK(sh, syscall(SYS_gettid) == tid);
	_exit(atomic_load(&sh->failed) ? 1 : 0);
}

static void dead_leader(struct shared *sh)
{
	pthread_t id;

	thread_sh = sh;
	TARGET_CHECK(sh, !pthread_create(&id, NULL, survivor, NULL));
	pthread_exit(NULL);
}

TEST_F(tree, dead_leader)
{
	ROUND_TRIP(&self->t, dead_leader);
}

/* Zombies keep their exit codes, and send no second SIGCHLD. */
static atomic_int nr_sigchld;

static void count_sigchld(int sig)
{
	atomic_fetch_add(&nr_sigchld, 1);
}

static void zombies(struct shared *sh)
{
	pid_t exited, killed;
	siginfo_t info;
	int status;

	signal(SIGCHLD, count_sigchld);
	exited = fork();
	if (!exited)
		_exit(42);
	TARGET_CHECK(sh, !waitid(P_PID, exited, &info, WEXITED | WNOWAIT));
	killed = fork();
	if (!killed)
		while (1)
			pause();
	kill(killed, SIGTERM);
	TARGET_CHECK(sh, !waitid(P_PID, killed, &info, WEXITED | WNOWAIT));
	while (atomic_load(&nr_sigchld) < 2)
		nap_ms(1);
	target_step(sh, 1);
	TARGET_CHECK(sh, atomic_load(&nr_sigchld) == 2);
	TARGET_CHECK(sh, waitpid(exited, &status, 0) == exited);
	TARGET_CHECK(sh, WIFEXITED(status) && WEXITSTATUS(status) == 42);
	TARGET_CHECK(sh, waitpid(killed, &status, 0) == killed);
	TARGET_CHECK(sh, WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

TEST_F(tree, zombies)
{
	ROUND_TRIP(&self->t, zombies);
}

/* Sessions and process groups, also of leaders that are dead. */
static void sessions(struct shared *sh)
{
	pid_t self = getpid(), member, group, in_dead_group, dead_sid = 0;

	TARGET_CHECK(sh, getsid(0) == self && getpgid(0) == self);
	group = fork();
	if (!group) {
		setpgid(0, 0);
		while (1)
			pause();
	}
	setpgid(group, group);
	member = fork();
	if (!member)
		while (1)
			pause();
	setpgid(member, group);

	/* A session whose leader exits and is reaped, while a member lives. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	in_dead_group = fork();
	if (!in_dead_group) {
		setsid();
		if (!fork()) {
			atomic_store(&sh->data[0], getpid());
			while (1)
				pause();
		}
		_exit(0);
	}
	dead_sid = in_dead_group;
	TARGET_CHECK(sh, waitpid(in_dead_group, NULL, 0) == in_dead_group);
	while (!atomic_load(&sh->data[0]))
		nap_ms(1);
	in_dead_group = atomic_load(&sh->data[0]);

	target_step(sh, 1);
	TARGET_CHECK(sh, getsid(0) == self && getpgid(0) == self);
	TARGET_CHECK(sh, getpgid(group) == group && getsid(group) == self);
	TARGET_CHECK(sh, getpgid(member) == group);
	TARGET_CHECK(sh, getsid(in_dead_group) == dead_sid);
	TARGET_CHECK(sh, getpgid(in_dead_group) == dead_sid);
	TARGET_CHECK(sh, kill(dead_sid, 0) == -1 && errno == ESRCH);
	/* The orphan is a child of the subreaper. */
	kill(-group, SIGKILL);
	kill(in_dead_group, SIGKILL);
	TARGET_CHECK(sh, waitpid(in_dead_group, NULL, 0) == in_dead_group);
	TARGET_CHECK(sh, waitpid(group, NULL, 0) == group);
	TARGET_CHECK(sh, waitpid(member, NULL, 0) == member);
	/* Now the id is free. */
	TARGET_CHECK(sh, kill(-dead_sid, 0) == -1 && errno == ESRCH);
}

TEST_F(tree, sessions)
{
	ROUND_TRIP(&self->t, sessions);
}

/* Nothing of a failed restart stays: a pid in the middle of the tree is taken. */
static pid_t fork_pausing(void)
{
	pid_t pid = fork();

	while (!pid)
		pause();
	return pid;
}

static void two_children(struct shared *sh)
{
	atomic_store(&sh->data[0], fork_pausing());
	atomic_store(&sh->data[1], fork_pausing());
	target_step(sh, 1);
	kill(atomic_load(&sh->data[0]), SIGKILL);
	kill(atomic_load(&sh->data[1]), SIGKILL);
	wait(NULL);
	wait(NULL);
}

struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack,
		 stack_size, tls, set_tid, set_tid_size;
};

static pid_t fork_as(pid_t pid)
{
	struct clone3_args args = {
		.exit_signal	= SIGCHLD,
		.set_tid	= (uintptr_t)&pid,
		.set_tid_size	= 1,
	};

	return syscall(SYS_clone3, &args, sizeof(args));
}

TEST_F(tree, pid_taken)
{
	pid_t root, second, squatter;

	root = spawn(&self->t, two_children);
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	ASSERT_EQ(3, do_checkpoint(&self->t, CHECKPOINT_KILL)) TH_LOG("%s", self->t.msg);
	nap_ms(50);
	second = atomic_load(&self->t.sh->data[1]);
	squatter = fork_as(second);
	if (!squatter)
		while (1)
			pause();
	ASSERT_EQ(second, squatter);
	EXPECT_EQ(-EEXIST, do_restart(&self->t, 0));
	EXPECT_NE(NULL, strstr(self->t.msg, "is taken")) TH_LOG("%s", self->t.msg);
	/* All or nothing. */
	EXPECT_EQ(-1, kill(root, 0));
	EXPECT_EQ(-1, kill(atomic_load(&self->t.sh->data[0]), 0));
	kill(squatter, SIGKILL);
	ASSERT_EQ(squatter, waitpid(squatter, NULL, 0));
	EXPECT_EQ(-1, wait(NULL));
	ASSERT_EQ(root, do_restart(&self->t, 0)) TH_LOG("%s", self->t.msg);
	atomic_store(&self->t.sh->go, 1);
	EXPECT_EQ(0, wait_exit(root));
	self->t.pid = 0;
}

/* A tree that keeps forking is caught all the same. */
static void fork_loop(struct shared *sh)
{
	atomic_store(&sh->ready, 1);
	while (atomic_load(&sh->go) < 1) {
		pid_t pid = fork();

		if (!pid) {
			atomic_fetch_add(&sh->data[0], 1);
			_exit(7);
		}
		if (pid > 0) {
			int status;

			TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid);
			TARGET_CHECK(sh, WEXITSTATUS(status) == 7);
		}
	}
}

TEST_F(tree, forking)
{
	int i;

	ASSERT_LT(0, spawn(&self->t, fork_loop));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	for (i = 0; i < 20; i++)
		EXPECT_LT(0, do_checkpoint(&self->t, 0)) TH_LOG("%s", self->t.msg);
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL)) TH_LOG("%s", self->t.msg);
	nap_ms(50);
	ASSERT_LT(0, do_restart(&self->t, 0)) TH_LOG("%s", self->t.msg);
	nap_ms(50);
	atomic_store(&self->t.sh->go, 1);
	EXPECT_EQ(0, wait_exit(self->t.pid));
	EXPECT_EQ(0, atomic_load(&self->t.sh->failed))
		TH_LOG("line %d: %s", self->t.sh->failed, self->t.sh->why);
	self->t.pid = 0;
}

/* Sibling of the caller instead of its child. */
static void plain(struct shared *sh)
{
	target_step(sh, 1);
	atomic_store(&sh->data[0], getppid());
}

TEST_F(tree, sibling)
{
	struct ckpt_test *t = &self->t;
	int status;
	pid_t pid;

	ASSERT_LT(0, spawn(t, plain));
	ASSERT_TRUE(wait_step(t->sh, 1));
	pid = t->pid;
	ASSERT_EQ(1, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	if (!fork())
		_exit(do_restart(t, RESTART_SIBLING) == pid ? 0 : 1);
	ASSERT_LT(0, wait(&status));
	ASSERT_EQ(0, status);
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(pid));
	EXPECT_EQ(getpid(), atomic_load(&t->sh->data[0]));
}

static int exit_signal_of(pid_t pid)
{
	char path[64], line[1024] = "", *p;
	FILE *f;
	int i;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f || !fgets(line, sizeof(line), f))
		return -1;
	fclose(f);
	/* Field 38; the second one ends with a bracket. */
	p = strrchr(line, ')');
	for (i = 2; p && i < 38; i++)
		p = strchr(p + 1, ' ');
	return p ? atoi(p) : -1;
}

/* The caller's parent gets what the caller was made with, not the image's. */
TEST_F(tree, sibling_exit_signal)
{
	struct ckpt_test *t = &self->t;
	int status;
	pid_t pid;

	signal(SIGUSR1, SIG_IGN);
	t->pid = syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
	if (!t->pid) {
		setsid();
		close_range(0, ~0U, 0);
		drop_harness_memory();
		plain(t->sh);
		_exit(0);
	}
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(SIGUSR1, exit_signal_of(t->pid));
	ASSERT_EQ(1, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	ASSERT_LT(0, do_restart(t, 0)) TH_LOG("%s", t->msg);
	ASSERT_EQ(SIGUSR1, exit_signal_of(t->pid));
	kill(t->pid, SIGKILL);
	ASSERT_EQ(t->pid, waitpid(t->pid, NULL, __WALL));
	pid = fork();
	if (!pid) {
		bool good = do_restart(t, RESTART_SIBLING) > 0 &&
			    exit_signal_of(t->pid) == SIGCHLD;

		kill(t->pid, SIGKILL);
		_exit(!good);
	}
	/* The sibling is ours, too, and may be the first to end. */
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	waitpid(-1, NULL, __WALL);
	t->pid = 0;
}

static bool is_called(pid_t pid, const char *name)
{
	char path[64], comm[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(comm, sizeof(comm), f))
		comm[0] = 0;
	fclose(f);
	return !strncmp(comm, name, strlen(name));
}

/* Called by a child that is to send SIGUSR1 when it ends. */
static void restart_as_sibling_of(struct ckpt_test *t, const char *program,
				  pid_t pid)
{
	while (!is_called(getppid(), program))
		nap_ms(10);
	atomic_store(&t->sh->data[0], do_restart(t, RESTART_SIBLING) == pid);
	kill(pid, SIGKILL);
	_exit(0);
}

/* Once the caller's parent has executed a program it gets SIGCHLD only. */
TEST_F(tree, sibling_of_a_program)
{
	struct ckpt_test *t = &self->t;
	pid_t pid, target;
	int status;

	target = spawn(t, plain);
	ASSERT_LT(0, target);
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(1, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	pid = fork();
	if (!pid) {
		if (!syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0))
			restart_as_sibling_of(t, "sleep", target);
		execlp("sleep", "sleep", "3", NULL);
		_exit(1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, atomic_load(&t->sh->data[0])) TH_LOG("%s", t->msg);
	t->pid = 0;
}

/* CLOCK_MONOTONIC goes on where it stopped. */
static int64_t mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void clocks(struct shared *sh)
{
	int64_t before, after;

	atomic_store(&sh->ready, 1);
	before = mono_ms();
	while (atomic_load(&sh->go) < 1) {
		after = mono_ms();
		/* Longer than any scheduling delay here, shorter than the test's nap. */
		TARGET_CHECK(sh, after >= before && after - before < 1500);
		before = after;
	}
}

TEST_F(tree, clocks)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, clocks));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(1, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	nap_ms(2000);
	ASSERT_LT(0, do_restart(t, 0)) TH_LOG("%s", t->msg);
	nap_ms(100);
	/* And once more, from inside a time namespace. */
	ASSERT_EQ(1, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	nap_ms(2000);
	ASSERT_LT(0, do_restart(t, 0)) TH_LOG("%s", t->msg);
	nap_ms(100);
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(t->pid));
	EXPECT_EQ(0, atomic_load(&t->sh->failed))
		TH_LOG("line %d: %s", t->sh->failed, t->sh->why);
	t->pid = 0;
}

/* Shared with a process outside the tree: refused, not copied. */
static char clone_stack[65536] __attribute__((aligned(64)));

static int outsider(void *arg)
{
	while (1)
		pause();
	return 0;
}

static void share(struct ckpt_test *t, int flags, const char *what,
		  struct __test_metadata *_metadata)
{
	struct shared *sh = t->sh;
	pid_t pid, child;

	/* The middle one shares with its child, which alone is checkpointed. */
	pid = fork();
	if (!pid) {
		setsid();
		close_range(0, ~0U, 0);
		drop_harness_memory();
		child = clone(outsider, clone_stack + sizeof(clone_stack),
			      flags | SIGCHLD, NULL);
		atomic_store(&sh->data[0], child);
		while (1)
			pause();
	}
	while (!atomic_load(&t->sh->data[0]))
		nap_ms(1);
	nap_ms(10);
	child = atomic_load(&t->sh->data[0]);
	EXPECT_EQ(-EBUSY, do_checkpoint_pid(t, child, 0)) TH_LOG("%s", t->msg);
	EXPECT_NE(NULL, strstr(t->msg, what)) TH_LOG("%s", t->msg);
	EXPECT_NE(NULL, strstr(t->msg, "outside the tree")) TH_LOG("%s", t->msg);
	/* With both in the tree there is nobody outside. */
	EXPECT_EQ(2, do_checkpoint_pid(t, pid, 0)) TH_LOG("%s", t->msg);
	kill(child, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_F(tree, outside_memory)
{
	share(&self->t, CLONE_VM, "memory", _metadata);
}

TEST_F(tree, outside_files)
{
	share(&self->t, CLONE_FILES, "descriptor table", _metadata);
}

TEST_F(tree, outside_fs)
{
	share(&self->t, CLONE_FS, "root and working directory", _metadata);
}

static void shared_anon(struct shared *sh)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*p = 1;
	atomic_store(&sh->data[0], fork_pausing());
	target_step(sh, 1);
	kill(atomic_load(&sh->data[0]), SIGKILL);
	wait(NULL);
}

TEST_F(tree, outside_shared_memory)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, shared_anon));
	ASSERT_TRUE(wait_step(t->sh, 1));
	EXPECT_EQ(-EBUSY, do_checkpoint_pid(t, atomic_load(&t->sh->data[0]), 0))
		TH_LOG("%s", t->msg);
	EXPECT_NE(NULL, strstr(t->msg, "shared anonymous memory")) TH_LOG("%s", t->msg);
	EXPECT_EQ(2, do_checkpoint(t, 0)) TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
}

/* Its parent waits in vfork(), which must not last for ever. */
static int vfork_child(void *arg)
{
	target_step(arg, 1);
	_exit(0);
}

static void in_vfork(struct shared *sh)
{
	pid_t pid = clone(vfork_child, clone_stack + sizeof(clone_stack),
			  CLONE_VM | CLONE_VFORK | SIGCHLD, sh);

	TARGET_CHECK(sh, pid > 0 && waitpid(pid, NULL, 0) == pid);
}

TEST_F(tree, vfork)
{
	struct ckpt_test *t = &self->t;
	struct checkpoint_args args = {
		.flags		= CHECKPOINT_SUBTREE,
		.pidfd		= -1,
		.image_fd	= t->image,
		.log_fd		= t->log,
		.parent_fd	= -1,
		.timeout_ms	= 200,
	};

	args.pid = spawn(t, in_vfork);
	ASSERT_TRUE(wait_step(t->sh, 1));
	EXPECT_EQ(-1, sys_checkpoint(&args, sizeof(args)));
	EXPECT_EQ(EBUSY, errno);
	read_log(t);
	EXPECT_NE(NULL, strstr(t->msg, "its parent waits in vfork()"))
		TH_LOG("%s", t->msg);
	/* They go on, and then it works. */
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

/*
 * An init cannot die before the parents of all in its pid namespace have
 * reaped it; one of these is outside and does not.
 */
static pid_t enter_and_linger(struct shared *sh, pid_t init)
{
	char path[64];
	pid_t pid = fork();

	if (pid)
		return pid;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", init);
	if (setns(open(path, O_RDONLY), CLONE_NEWPID))
		_exit(1);
	pid = fork();
	if (!pid) {
		setsid();
		atomic_store(&sh->data[0], 1);
		while (1)
			pause();
	}
	while (!atomic_load(&sh->data[1]))
		nap_ms(5);
	_exit(waitpid(pid, NULL, 0) != pid);
}

TEST_F_TIMEOUT(tree, killed_but_not_dead, 60)
{
	struct checkpoint_stats stats = {};
	struct ckpt_test *t = &self->t;
	struct checkpoint_args args = {
		.pidfd		= -1,
		.image_fd	= t->image,
		.log_fd		= t->log,
		.parent_fd	= -1,
		.flags		= CHECKPOINT_KILL | CHECKPOINT_SUBTREE,
		.stats		= (uintptr_t)&stats,
		.stats_size	= sizeof(stats),
	};
	pid_t parent;

	args.pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
	if (!args.pid) {
		setsid();
		close_range(0, ~0U, 0);
		drop_harness_memory();
		while (1)
			pause();
	}
	t->pid = args.pid;
	parent = enter_and_linger(t->sh, args.pid);
	while (!atomic_load(&t->sh->data[0]))
		nap_ms(5);
	nap_ms(50);
	EXPECT_EQ(1, sys_checkpoint(&args, sizeof(args)));
	EXPECT_EQ(1, stats.nr_dying);
	read_log(t);
	EXPECT_NE(NULL, strstr(t->msg, "1 killed tasks are not dead yet"))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->data[1], 1);
	EXPECT_EQ(0, wait_exit(parent));
	EXPECT_EQ(SIGKILL, wait_exit(t->pid));
	t->pid = 0;
}

static void *nothing(void *arg)
{
	return arg;
}

static int count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int nr = 0;

	while (dir && readdir(dir))
		nr++;
	closedir(dir);
	return nr - 2;
}

static void *wait_for_go(void *arg)
{
	struct shared *sh = arg;

	while (!atomic_load(&sh->go))
		nap_ms(2);
	nap_ms(200);
	return NULL;
}

/* Threads that have ended leave nothing. */
static void dead_threads(struct shared *sh)
{
	pthread_t live, dead[3];
	int i;

	pthread_create(&live, NULL, wait_for_go, sh);
	for (i = 0; i < 3; i++)
		pthread_create(&dead[i], NULL, nothing, NULL);
	for (i = 0; i < 3; i++)
		pthread_join(dead[i], NULL);
	TARGET_CHECK(sh, count_threads() == 2);
	target_step(sh, 1);
	TARGET_CHECK(sh, count_threads() == 2);
	pthread_join(live, NULL);
}

TEST_F(tree, dead_threads)
{
	ROUND_TRIP(&self->t, dead_threads);
}

/* It belongs to whoever has adopted it, who is not in the tree. */
static void run_away(struct shared *sh)
{
	pid_t pid = fork();

	if (!pid) {
		/* Else the number of the root task would remain in use. */
		setsid();
		while (!atomic_load(&sh->data[1]))
			nap_ms(2);
		atomic_store(&sh->data[2], 1);
		_exit(0);
	}
	atomic_store(&sh->data[0], pid);
}

static void adopted(struct shared *sh)
{
	in_child(sh, run_away);
	target_step(sh, 1);
	TARGET_CHECK(sh, waitpid(-1, NULL, __WALL) == -1 && errno == ECHILD);
	/* It has gone on all the time, and is there once. */
	TARGET_CHECK(sh, !kill(atomic_load(&sh->data[0]), 0));
}

TEST_F(tree, adopted)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, adopted));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(1, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	ASSERT_LT(0, restart_killed(t))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
	atomic_store(&t->sh->data[1], 1);
	while (!atomic_load(&t->sh->data[2]))
		nap_ms(2);
}

/* Two processes in one address space. */
static atomic_int told;

static int tell(void *arg)
{
	while (!atomic_load(&told))
		nap_ms(2);
	atomic_store(&told, 2);
	_exit(0);
}

static void one_memory(struct shared *sh)
{
	static char stack[16384] __attribute__((aligned(16)));
	pid_t pid = clone(tell, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	int status = -1;

	TARGET_CHECK(sh, pid > 0);
	target_step(sh, 1);
	atomic_store(&told, 1);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	TARGET_CHECK(sh, atomic_load(&told) == 2);
}

TEST_F(tree, one_memory)
{
	ROUND_TRIP(&self->t, one_memory);
}

TEST_HARNESS_MAIN
