// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - callers and targets that are disturbed at each of the
 * points that CONFIG_CHECKPOINT_DEBUG names
 */
#include "mixed_tree.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/sem.h>

#define POINTS		"/sys/kernel/debug/checkpoint/"
#define NOBODY		65534

/* In the order of enum ckpt_point. */
static const char * const checkpoint_points[] = {
	"found", "checked", "stopping", "stopped", "frozen", "tasks", "captured",
	"write", "meta-written", "pages-written", "synced", "killed",
	NULL
};

/* Where in that table tasks are asked to stop, and where they run again. */
#define STOPPING	(&checkpoint_points[2])
#define RUNNING		(&checkpoint_points[7])

static const char * const restart_points[] = {
	"read", "created", "restored", "barrier", "filled", "commit",
	"attached", "committed", "task-commit", "load",
	NULL
};

FIXTURE(points) {
	struct ckpt_test t;
	bool active;
};

static bool set_file(const char *name, const char *value)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, value, strlen(value)) == (ssize_t)strlen(value);
	close(fd);
	return ok;
}

static bool file_is(const char *name, const char *value)
{
	char buf[64] = "";
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, buf, sizeof(buf) - 1) < 0)
		buf[0] = '\0';
	close(fd);
	return !strncmp(buf, value, strlen(value)) && buf[strlen(value)] == '\n';
}

static bool pause_at(const char *point)
{
	return set_file(POINTS "pause", point);
}

static bool fail_at(const char *point)
{
	return set_file(POINTS "fail", point);
}

static bool go_on(void)
{
	return pause_at("none");
}

/* Wait until a task waits at @point. False also if @pid is no more. */
static bool wait_at(const char *point, pid_t pid)
{
	siginfo_t info;
	long ms;

	for (ms = 0; ms < CKPT_TEST_TIMEOUT_MS; ms++) {
		if (file_is(POINTS "waiting", point))
			return true;
		info.si_pid = 0;
		if (waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid)
			return file_is(POINTS "waiting", point);
		nap_ms(1);
	}
	return false;
}

FIXTURE_SETUP(points)
{
	self->active = false;
	if (access(POINTS "pause", W_OK))
		SKIP(return, "no CONFIG_CHECKPOINT_DEBUG, or not root");
	self->active = true;
	/* What a killed caller leaves behind must come to us. */
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	ASSERT_TRUE(go_on() && fail_at("none"));
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(points)
{
	if (!self->active)
		return;
	go_on();
	fail_at("none");
	mixed_kill(self->t.sh);
	self->t.pid = 0;
	test_teardown(&self->t);
}

/* ---- callers in processes of their own ---- */

/* The target that tests begin with. */
static void (*tree)(struct shared *sh) = mixed_tree;

static void interrupt(int sig)
{
}

static long checkpoint_to(struct ckpt_test *t, int image, int log, uint64_t flags)
{
	struct checkpoint_args args = {
		.flags		= CHECKPOINT_SUBTREE | flags,
		.pid		= t->pid,
		.pidfd		= -1,
		.image_fd	= image,
		.log_fd		= log,
		.parent_fd	= -1,
	};

	if (flags & CHECKPOINT_THAW)
		args.flags = CHECKPOINT_THAW;
	return sys_checkpoint(&args, sizeof(args)) < 0 ? errno : 0;
}

/* A process that calls; it exits with 0 or the errno. */
static pid_t call_checkpoint(struct ckpt_test *t, uint64_t flags)
{
	struct sigaction sa = { .sa_handler = interrupt };
	pid_t pid;

	if (ftruncate(t->image, 0) || lseek(t->image, 0, SEEK_SET))
		return -1;
	pid = fork();
	if (!pid) {
		sigaction(SIGUSR1, &sa, NULL);
		_exit(checkpoint_to(t, t->image, t->log, flags));
	}
	return pid;
}

static pid_t call_restart(struct ckpt_test *t)
{
	struct sigaction sa = { .sa_handler = interrupt };
	struct restart_args args = {
		.image_fd	= t->image,
		.log_fd		= t->log,
	};
	pid_t pid;

	lseek(t->image, 0, SEEK_SET);
	if (tree == kinds_tree && !kinds_prepare())
		return -1;
	pid = fork();
	if (!pid) {
		sigaction(SIGUSR1, &sa, NULL);
		_exit(sys_restart(&args, sizeof(args)) < 0 ? errno : 0);
	}
	return pid;
}

/* What the caller has exited with; -1 if it did not in time, -2 if killed. */
static int result_of(struct ckpt_test *t, pid_t pid)
{
	int status = wait_exit(pid);

	read_log(t);
	if (status == -1)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
}

static void start_target(struct __test_metadata *_metadata, struct ckpt_test *t)
{
	memset(t->sh, 0, sizeof(*t->sh));
	kinds_find(t);
	ASSERT_LT(0, spawn(t, tree));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(0, atomic_load(&t->sh->failed))
		TH_LOG("target, line %d: %s", atomic_load(&t->sh->failed), t->sh->why);
}

static bool passes(const char *point, uint64_t flags)
{
	bool stay = flags & (CHECKPOINT_KILL | CHECKPOINT_LEAVE_FROZEN);

	return stay || (strcmp(point, "synced") && strcmp(point, "killed"));
}

/* ---- checkpoint ---- */

static void fail_checkpoints(struct __test_metadata *_metadata, struct ckpt_test *t)
{
	const char * const *p;

	start_target(_metadata, t);
	for (p = checkpoint_points; *p; p++) {
		if (!strcmp(*p, "killed"))
			continue;
		ASSERT_TRUE(fail_at(*p));
		ASSERT_EQ(ECANCELED, result_of(t, call_checkpoint(t, CHECKPOINT_KILL)))
			TH_LOG("%s: %s", *p, t->msg);
		ASSERT_NE(NULL, strstr(t->msg, *p)) TH_LOG("%s: %s", *p, t->msg);
		ASSERT_TRUE(mixed_running(t->sh)) TH_LOG("%s", *p);
	}
	ASSERT_EQ(MIXED_TASKS, do_checkpoint(t, 0)) TH_LOG("%s", t->msg);
}

TEST_F_TIMEOUT(points, fail_checkpoint, 120)
{
	fail_checkpoints(_metadata, &self->t);
}

TEST_F_TIMEOUT(points, fail_checkpoint_kinds, 120)
{
	tree = kinds_tree;
	fail_checkpoints(_metadata, &self->t);
}

/* Kill the caller at all points of a checkpoint with @flags. */
static void kill_callers(struct __test_metadata *_metadata, struct ckpt_test *t,
			 uint64_t flags)
{
	const char * const *p;
	pid_t pid;
	int ret;

	start_target(_metadata, t);
	for (p = checkpoint_points; *p; p++) {
		if (!passes(*p, flags))
			continue;
		ASSERT_TRUE(pause_at(*p));
		pid = call_checkpoint(t, flags);
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		kill(pid, SIGKILL);
		ASSERT_EQ(-2, result_of(t, pid)) TH_LOG("%s", *p);
		if (flags & CHECKPOINT_LEAVE_FROZEN) {
			ret = checkpoint_to(t, -1, t->log, CHECKPOINT_THAW);
			ASSERT_TRUE(!ret || ret == EINVAL) TH_LOG("%s: %d", *p, ret);
		}
		/* From here on it is too late to change one's mind. */
		if ((flags & CHECKPOINT_KILL) &&
		    (!strcmp(*p, "synced") || !strcmp(*p, "killed"))) {
			ASSERT_TRUE(mixed_gone(t->sh)) TH_LOG("%s", *p);
			start_target(_metadata, t);
		}
		ASSERT_TRUE(mixed_running(t->sh)) TH_LOG("%s", *p);
	}
	ASSERT_EQ(MIXED_TASKS, do_checkpoint(t, 0)) TH_LOG("%s", t->msg);
}

TEST_F_TIMEOUT(points, kill_caller, 120)
{
	kill_callers(_metadata, &self->t, 0);
}

TEST_F_TIMEOUT(points, kill_caller_kill, 120)
{
	kill_callers(_metadata, &self->t, CHECKPOINT_KILL);
}

TEST_F_TIMEOUT(points, kill_caller_leave_frozen, 120)
{
	kill_callers(_metadata, &self->t, CHECKPOINT_LEAVE_FROZEN);
}

TEST_F_TIMEOUT(points, signal_caller, 120)
{
	struct ckpt_test *t = &self->t;
	const char * const *p;
	pid_t pid;
	int ret;

	start_target(_metadata, t);
	for (p = checkpoint_points; *p; p++) {
		if (!passes(*p, 0))
			continue;
		ASSERT_TRUE(pause_at(*p));
		pid = call_checkpoint(t, 0);
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		kill(pid, SIGUSR1);
		ASSERT_TRUE(go_on());
		ret = result_of(t, pid);
		ASSERT_TRUE(!ret || ret == EINTR) TH_LOG("%s: %d: %s", *p, ret, t->msg);
		ASSERT_TRUE(mixed_running(t->sh)) TH_LOG("%s", *p);
	}
}

/* A task of the target is killed: the others go on, the call ends. */
static void kill_targets(struct __test_metadata *_metadata, struct ckpt_test *t, int which)
{
	const char * const *p;
	pid_t pid;
	int i, ret;

	for (p = checkpoint_points; *p; p++) {
		if (!passes(*p, 0))
			continue;
		start_target(_metadata, t);
		ASSERT_TRUE(pause_at(*p));
		pid = call_checkpoint(t, 0);
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		kill(mixed_id(t->sh, which), SIGKILL);
		nap_ms(5);
		ASSERT_TRUE(go_on());
		ret = result_of(t, pid);
		ASSERT_TRUE(!ret || ret == ESRCH || ret == EBUSY)
			TH_LOG("%s: %d: %s", *p, ret, t->msg);
		for (i = 0; i < MIXED_ALIVE; i++)
			if (i != which && (which != MIXED_ROOT || i != MIXED_THREAD))
				ASSERT_TRUE(mixed_one_running(t->sh, i))
					TH_LOG("%s: task %d", *p, i);
		mixed_kill(t->sh);
		ASSERT_TRUE(mixed_gone(t->sh)) TH_LOG("%s", *p);
	}
}

TEST_F_TIMEOUT(points, kill_root, 120)
{
	kill_targets(_metadata, &self->t, MIXED_ROOT);
}

TEST_F_TIMEOUT(points, kill_child, 120)
{
	kill_targets(_metadata, &self->t, MIXED_CHILD);
}

TEST_F_TIMEOUT(points, kill_child_kinds, 120)
{
	tree = kinds_tree;
	kill_targets(_metadata, &self->t, MIXED_CHILD);
}

static void has_reaped_child(struct shared *sh)
{
	signal(SIGCHLD, SIG_IGN);
	mixed_sh = sh;
	if (!fork())
		mixed_run(MIXED_CHILD);
	while (!atomic_load(&sh->data[MIXED_CHILD]))
		nap_ms(1);
	atomic_store(&sh->ready, 1);
	mixed_run(MIXED_ROOT);
}

/* Of a child that nobody waits for nothing is left at once. */
TEST_F_TIMEOUT(points, kill_reaped_child, 120)
{
	struct ckpt_test *t = &self->t;
	const char * const *p;
	pid_t pid;
	int ret;

	for (p = checkpoint_points; *p; p++) {
		if (!passes(*p, 0))
			continue;
		memset(t->sh, 0, sizeof(*t->sh));
		ASSERT_LT(0, spawn(t, has_reaped_child));
		ASSERT_TRUE(wait_step(t->sh, 1));
		ASSERT_TRUE(pause_at(*p));
		pid = call_checkpoint(t, 0);
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		kill(mixed_id(t->sh, MIXED_CHILD), SIGKILL);
		nap_ms(5);
		ASSERT_TRUE(go_on());
		ret = result_of(t, pid);
		ASSERT_TRUE(!ret || ret == ESRCH || ret == EBUSY)
			TH_LOG("%s: %d: %s", *p, ret, t->msg);
		ASSERT_TRUE(mixed_one_running(t->sh, MIXED_ROOT)) TH_LOG("%s", *p);
		mixed_kill(t->sh);
	}
	t->pid = 0;
}

TEST_F_TIMEOUT(points, stop_target, 120)
{
	struct ckpt_test *t = &self->t;
	const char * const *p;
	pid_t pid;
	int ret;

	start_target(_metadata, t);
	for (p = checkpoint_points; *p; p++) {
		if (!passes(*p, 0))
			continue;
		ASSERT_TRUE(pause_at(*p));
		pid = call_checkpoint(t, 0);
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		kill(t->pid, SIGSTOP);
		nap_ms(5);
		ASSERT_TRUE(go_on());
		ret = result_of(t, pid);
		ASSERT_TRUE(!ret || ret == EBUSY) TH_LOG("%s: %d: %s", *p, ret, t->msg);
		kill(t->pid, SIGCONT);
		ASSERT_TRUE(mixed_running(t->sh)) TH_LOG("%s", *p);
	}
}

TEST_F_TIMEOUT(points, trace_target, 120)
{
	struct ckpt_test *t = &self->t;
	const char * const *p;
	int ret, status;
	pid_t pid;

	start_target(_metadata, t);
	for (p = checkpoint_points; *p; p++) {
		if (!passes(*p, 0))
			continue;
		ASSERT_TRUE(pause_at(*p));
		pid = call_checkpoint(t, 0);
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		ASSERT_EQ(0, ptrace(PTRACE_SEIZE, t->pid, NULL, NULL)) TH_LOG("%s", *p);
		ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, t->pid, NULL, NULL));
		ASSERT_TRUE(go_on());
		ret = result_of(t, pid);
		/* Once it has been captured nobody minds. */
		ASSERT_TRUE(ret == EBUSY || (!ret && p >= RUNNING))
			TH_LOG("%s: %d: %s", *p, ret, t->msg);
		ASSERT_EQ(t->pid, waitpid(t->pid, &status, __WALL)) TH_LOG("%s", *p);
		ASSERT_TRUE(WIFSTOPPED(status));
		ASSERT_EQ(0, ptrace(PTRACE_DETACH, t->pid, NULL, NULL));
		ASSERT_TRUE(mixed_running(t->sh)) TH_LOG("%s", *p);
	}
}

/* A thread of the root executes a program: another task becomes the leader. */
static void *exec_sleep(void *sh)
{
	target_step(sh, 1);
	execl("/bin/sleep", "sleep", "1000", NULL);
	return sh;
}

static void exec_when_told(struct shared *sh)
{
	pthread_t id;

	pthread_create(&id, NULL, exec_sleep, sh);
	for (;;)
		pause();
}

static bool has_name(pid_t pid, const char *name)
{
	char path[64];
	long ms;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	for (ms = 0; ms < CKPT_TEST_TIMEOUT_MS && !file_is(path, name); ms++)
		nap_ms(1);
	return file_is(path, name);
}

TEST_F_TIMEOUT(points, exec_root, 120)
{
	struct ckpt_test *t = &self->t;
	const char * const *p;
	pid_t pid;
	int ret;

	for (p = checkpoint_points; *p; p++) {
		if (!passes(*p, 0))
			continue;
		memset(t->sh, 0, sizeof(*t->sh));
		ASSERT_LT(0, spawn(t, exec_when_told));
		ASSERT_TRUE(wait_step(t->sh, 1));
		ASSERT_TRUE(pause_at(*p));
		pid = call_checkpoint(t, 0);
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		atomic_store(&t->sh->go, 1);
		nap_ms(20);
		if (!strcmp(*p, "found"))
			ASSERT_TRUE(has_name(t->pid, "sleep"));
		ASSERT_TRUE(go_on());
		ret = result_of(t, pid);
		ASSERT_TRUE(!ret || ret == EBUSY || ret == ESRCH)
			TH_LOG("%s: %d: %s", *p, ret, t->msg);
		if (!strcmp(*p, "found"))
			ASSERT_EQ(0, ret) TH_LOG("%s: %s", *p, t->msg);
		ASSERT_TRUE(has_name(t->pid, "sleep")) TH_LOG("%s", *p);
		kill(t->pid, SIGKILL);
		ASSERT_LT(0, wait_exit(t->pid));
	}
	t->pid = 0;
}

static void forks(struct shared *sh)
{
	target_step(sh, 1);
	for (;;) {
		if (!fork())
			_exit(0);
		wait(NULL);
		atomic_fetch_add(&sh->data[0], 1);
	}
}

TEST_F_TIMEOUT(points, fork_target, 120)
{
	struct ckpt_test *t = &self->t;
	const char * const *p;
	pid_t pid;
	int ret;

	ASSERT_LT(0, spawn(t, forks));
	ASSERT_TRUE(wait_step(t->sh, 1));
	atomic_store(&t->sh->go, 1);
	for (p = checkpoint_points; *p; p++) {
		if (!passes(*p, 0))
			continue;
		ASSERT_TRUE(pause_at(*p));
		pid = call_checkpoint(t, 0);
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		nap_ms(10);
		ASSERT_TRUE(go_on());
		ret = result_of(t, pid);
		ASSERT_TRUE(!ret || ret == EBUSY) TH_LOG("%s: %d: %s", *p, ret, t->msg);
		ASSERT_TRUE(mixed_one_running(t->sh, 0)) TH_LOG("%s", *p);
	}
	kill(t->pid, SIGKILL);
	ASSERT_LT(0, wait_exit(t->pid));
	t->pid = 0;
}

/* In @dir, a program for all to execute that makes them root. */
static bool make_setuid(const char *program)
{
	char cmd[512];

	snprintf(cmd, sizeof(cmd), "cp /bin/sleep %s && chmod 4755 %s && chmod 755 $(dirname %s)",
		 program, program, program);
	return !system(cmd);
}

static char setuid_program[128];

static void exec_setuid(struct shared *sh)
{
	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY) ||
	    prctl(PR_SET_DUMPABLE, 1))
		_exit(95);
	target_step(sh, 1);
	execl(setuid_program, "sleep", "1000", NULL);
	_exit(96);
}

/* Whoever may trace a task when asked may not when it has more privileges. */
TEST_F(points, exec_setuid)
{
	struct ckpt_test *t = &self->t;
	pid_t pid;

	test_path(t, "sleep", setuid_program, sizeof(setuid_program));
	ASSERT_TRUE(make_setuid(setuid_program));
	ASSERT_LT(0, spawn(t, exec_setuid));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_TRUE(pause_at("checked"));
	pid = fork();
	if (!pid) {
		if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
			_exit(99);
		_exit(checkpoint_to(t, t->image, t->log, 0));
	}
	ASSERT_TRUE(wait_at("checked", pid));
	atomic_store(&t->sh->go, 1);
	ASSERT_TRUE(has_name(t->pid, "sleep"));
	ASSERT_TRUE(go_on());
	ASSERT_EQ(EPERM, result_of(t, pid)) TH_LOG("%s", t->msg);
	ASSERT_EQ(0, lseek(t->image, 0, SEEK_CUR));
	kill(t->pid, SIGKILL);
	ASSERT_LT(0, wait_exit(t->pid));
	t->pid = 0;
}

TEST_F_TIMEOUT(points, two_checkpoints, 120)
{
	struct ckpt_test *t = &self->t;
	struct ckpt_test other;
	const char * const *p;
	bool stopped;
	pid_t pid;
	int ret;

	start_target(_metadata, t);
	ASSERT_TRUE(test_setup(&other));
	other.pid = t->pid;
	for (p = checkpoint_points; *p; p++) {
		if (!passes(*p, 0))
			continue;
		ASSERT_TRUE(pause_at(*p));
		pid = call_checkpoint(t, 0);
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		stopped = p >= STOPPING && p < RUNNING;
		ret = do_checkpoint(&other, 0);
		ASSERT_EQ(stopped ? -EBUSY : MIXED_TASKS, ret)
			TH_LOG("%s: %s", *p, other.msg);
		ASSERT_TRUE(go_on());
		ASSERT_EQ(0, result_of(t, pid)) TH_LOG("%s: %s", *p, t->msg);
		ASSERT_TRUE(mixed_running(t->sh)) TH_LOG("%s", *p);
	}
	other.pid = 0;
	test_teardown(&other);
}

static bool stands_still(struct shared *sh)
{
	uint64_t before = atomic_load(&sh->data[0]);

	nap_ms(50);
	return atomic_load(&sh->data[0]) == before;
}

/* While a checkpoint works on a tree left frozen, nobody can thaw it. */
TEST_F_TIMEOUT(points, thaw_meanwhile, 120)
{
	struct ckpt_test *t = &self->t;
	const char * const *p;
	bool busy;
	pid_t pid;

	start_target(_metadata, t);
	for (p = checkpoint_points; *p; p++) {
		ASSERT_EQ(MIXED_TASKS, do_checkpoint(t, CHECKPOINT_LEAVE_FROZEN))
			TH_LOG("%s", t->msg);
		ASSERT_TRUE(stands_still(t->sh));
		ASSERT_TRUE(pause_at(*p));
		pid = call_checkpoint(t, CHECKPOINT_LEAVE_FROZEN);
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		busy = p >= STOPPING && strcmp(*p, "killed");
		ASSERT_EQ(busy || !strcmp(*p, "killed") ? EINVAL : 0,
			  checkpoint_to(t, -1, t->log, CHECKPOINT_THAW)) TH_LOG("%s", *p);
		read_log(t);
		ASSERT_TRUE(go_on());
		ASSERT_EQ(0, result_of(t, pid)) TH_LOG("%s: %s", *p, t->msg);
		ASSERT_TRUE(stands_still(t->sh)) TH_LOG("%s", *p);
		ASSERT_EQ(0, checkpoint_to(t, -1, t->log, CHECKPOINT_THAW)) TH_LOG("%s", *p);
		ASSERT_TRUE(mixed_running(t->sh)) TH_LOG("%s", *p);
	}
}

/* The reverse: a checkpoint begins, and ends, before a thaw gets to its work. */
TEST_F(points, checkpoint_during_thaw)
{
	struct ckpt_test *t = &self->t;
	struct ckpt_test other;
	pid_t pid;

	start_target(_metadata, t);
	ASSERT_TRUE(test_setup(&other));
	other.pid = t->pid;
	ASSERT_EQ(MIXED_TASKS, do_checkpoint(t, CHECKPOINT_LEAVE_FROZEN)) TH_LOG("%s", t->msg);
	ASSERT_TRUE(pause_at("thaw"));
	pid = call_checkpoint(t, CHECKPOINT_THAW);
	ASSERT_TRUE(wait_at("thaw", pid));
	ASSERT_EQ(MIXED_TASKS, do_checkpoint(&other, 0)) TH_LOG("%s", other.msg);
	/* As before. */
	ASSERT_TRUE(stands_still(t->sh));
	ASSERT_TRUE(go_on());
	ASSERT_EQ(0, result_of(t, pid)) TH_LOG("%s", t->msg);
	ASSERT_TRUE(mixed_running(t->sh));
	other.pid = 0;
	test_teardown(&other);
}

/* ---- outputs ---- */

TEST_F(points, no_space)
{
	struct ckpt_test *t = &self->t;
	char dir[128], name[256];
	int fd;

	start_target(_metadata, t);
	test_path(t, "small", dir, sizeof(dir));
	ASSERT_EQ(0, mkdir(dir, 0700));
	ASSERT_EQ(0, mount("none", dir, "tmpfs", 0, "size=64k"));
	snprintf(name, sizeof(name), "%s/image", dir);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	EXPECT_EQ(ENOSPC, checkpoint_to(t, fd, t->log, 0));
	EXPECT_EQ(0, ftruncate(fd, 0));
	/* An image that is not complete kills nobody. */
	EXPECT_EQ(ENOSPC, checkpoint_to(t, fd, t->log, CHECKPOINT_KILL));
	EXPECT_TRUE(mixed_running(t->sh));
	EXPECT_EQ(0, ftruncate(fd, 0));
	EXPECT_EQ(ENOSPC, checkpoint_to(t, fd, t->log, CHECKPOINT_LEAVE_FROZEN));
	EXPECT_TRUE(mixed_running(t->sh));
	close(fd);
	EXPECT_EQ(0, umount(dir));
}

TEST_F_TIMEOUT(points, reader_goes, 120)
{
	static const char * const at[] = {
		"frozen", "write", "meta-written", "pages-written", NULL
	};
	struct ckpt_test *t = &self->t;
	const char * const *p;
	int fds[2], ret;
	pid_t pid;

	start_target(_metadata, t);
	for (p = at; *p; p++) {
		ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
		ASSERT_LT(0, fcntl(fds[1], F_SETPIPE_SZ, 1 << 20));
		ASSERT_TRUE(pause_at(*p));
		pid = fork();
		if (!pid) {
			close(fds[0]);
			signal(SIGPIPE, SIG_IGN);
			_exit(checkpoint_to(t, fds[1], t->log, CHECKPOINT_KILL));
		}
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		close(fds[0]);
		close(fds[1]);
		ASSERT_TRUE(go_on());
		ret = result_of(t, pid);
		ASSERT_EQ(EPIPE, ret) TH_LOG("%s: %s", *p, t->msg);
		ASSERT_TRUE(mixed_running(t->sh)) TH_LOG("%s", *p);
	}
}

/* Nobody reads. With KILL the target waits for the image, too. */
TEST_F_TIMEOUT(points, blocked_output, 120)
{
	static const uint64_t flags[] = { 0, CHECKPOINT_KILL, CHECKPOINT_LEAVE_FROZEN };
	struct ckpt_test *t = &self->t;
	int fds[2], i, sig, status;
	pid_t pid;

	start_target(_metadata, t);
	for (i = 0; i < 6; i++) {
		sig = i % 2 ? SIGUSR1 : SIGKILL;
		ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
		ASSERT_TRUE(pause_at("write"));
		pid = fork();
		if (!pid) {
			struct sigaction sa = { .sa_handler = interrupt };

			sigaction(SIGUSR1, &sa, NULL);
			_exit(checkpoint_to(t, fds[1], t->log, flags[i / 2]));
		}
		ASSERT_TRUE(wait_at("write", pid));
		ASSERT_TRUE(go_on());
		nap_ms(100);
		ASSERT_EQ(0, waitpid(pid, NULL, WNOHANG));
		kill(pid, sig);
		status = wait_exit(pid);
		ASSERT_TRUE(sig == SIGKILL ? WIFSIGNALED(status) :
			    WIFEXITED(status) && WEXITSTATUS(status) == EINTR)
			TH_LOG("%d: %#x", i, status);
		ASSERT_TRUE(mixed_running(t->sh)) TH_LOG("%d", i);
		close(fds[0]);
		close(fds[1]);
	}
}

/* ---- restart ---- */

static void make_image(struct __test_metadata *_metadata, struct ckpt_test *t)
{
	start_target(_metadata, t);
	ASSERT_EQ(MIXED_TASKS, do_checkpoint_pid(t, t->pid, 0)) TH_LOG("%s", t->msg);
	mixed_kill(t->sh);
	ASSERT_TRUE(mixed_gone(t->sh));
}

/* Behind these the tasks are on their own. */
static bool can_fail(const char *point)
{
	return strcmp(point, "attached") && strcmp(point, "committed") &&
	       strcmp(point, "task-commit") && strcmp(point, "load");
}

static void fail_restarts(struct __test_metadata *_metadata, struct ckpt_test *t)
{
	const char * const *p;

	make_image(_metadata, t);
	for (p = restart_points; *p; p++) {
		if (!can_fail(*p))
			continue;
		ASSERT_TRUE(fail_at(*p));
		ASSERT_EQ(ECANCELED, result_of(t, call_restart(t)))
			TH_LOG("%s: %s", *p, t->msg);
		ASSERT_NE(NULL, strstr(t->msg, *p)) TH_LOG("%s: %s", *p, t->msg);
		ASSERT_TRUE(mixed_gone_now(t->sh)) TH_LOG("%s", *p);
	}
	ASSERT_EQ(0, result_of(t, call_restart(t))) TH_LOG("%s", t->msg);
	ASSERT_TRUE(mixed_running(t->sh));
}

TEST_F_TIMEOUT(points, fail_restart, 120)
{
	fail_restarts(_metadata, &self->t);
}

TEST_F_TIMEOUT(points, fail_restart_kinds, 120)
{
	tree = kinds_tree;
	fail_restarts(_metadata, &self->t);
}

/* All of it runs, or nothing of it is there. */
static bool all_or_nothing(struct shared *sh)
{
	if (kill(mixed_id(sh, MIXED_ROOT), 0))
		return mixed_gone(sh);
	return mixed_running(sh);
}

static void kill_restarts(struct __test_metadata *_metadata, struct ckpt_test *t)
{
	const char * const *p;
	pid_t pid;

	make_image(_metadata, t);
	for (p = restart_points; *p; p++) {
		ASSERT_TRUE(pause_at(*p));
		pid = call_restart(t);
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		kill(pid, SIGKILL);
		/* It may be a created task that waits there. */
		nap_ms(20);
		ASSERT_TRUE(go_on());
		ASSERT_EQ(-2, result_of(t, pid)) TH_LOG("%s", *p);
		ASSERT_TRUE(all_or_nothing(t->sh)) TH_LOG("%s", *p);
		mixed_kill(t->sh);
		ASSERT_TRUE(mixed_gone(t->sh)) TH_LOG("%s", *p);
	}
}

TEST_F_TIMEOUT(points, kill_restart, 120)
{
	kill_restarts(_metadata, &self->t);
}

TEST_F_TIMEOUT(points, kill_restart_kinds, 120)
{
	tree = kinds_tree;
	kill_restarts(_metadata, &self->t);
}

static void signal_restarts(struct __test_metadata *_metadata, struct ckpt_test *t)
{
	const char * const *p;
	pid_t pid;
	int ret;

	make_image(_metadata, t);
	for (p = restart_points; *p; p++) {
		ASSERT_TRUE(pause_at(*p));
		pid = call_restart(t);
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		kill(pid, SIGUSR1);
		ASSERT_TRUE(go_on());
		ret = result_of(t, pid);
		ASSERT_TRUE(!ret || ret == EINTR) TH_LOG("%s: %d: %s", *p, ret, t->msg);
		ASSERT_TRUE(ret ? mixed_gone_now(t->sh) : mixed_running(t->sh))
			TH_LOG("%s", *p);
		mixed_kill(t->sh);
		ASSERT_TRUE(mixed_gone(t->sh)) TH_LOG("%s", *p);
	}
}

TEST_F_TIMEOUT(points, signal_restart, 120)
{
	signal_restarts(_metadata, &self->t);
}

TEST_F_TIMEOUT(points, signal_restart_kinds, 120)
{
	tree = kinds_tree;
	signal_restarts(_metadata, &self->t);
}

/* Somebody kills a task that is being made. */
static void kill_created(struct __test_metadata *_metadata, struct ckpt_test *t, int which)
{
	const char * const *p;
	int i, ret;
	pid_t pid;

	make_image(_metadata, t);
	for (p = restart_points; *p; p++) {
		ASSERT_TRUE(pause_at(*p));
		pid = call_restart(t);
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		kill(mixed_id(t->sh, which), SIGKILL);
		nap_ms(5);
		ASSERT_TRUE(go_on());
		ret = result_of(t, pid);
		ASSERT_TRUE(!ret || ret == EINTR || ret == ESRCH)
			TH_LOG("%s: %d: %s", *p, ret, t->msg);
		if (ret)
			ASSERT_TRUE(mixed_gone_now(t->sh)) TH_LOG("%s", *p);
		for (i = 0; i < MIXED_ALIVE && !ret; i++)
			if (strcmp(*p, "read") && strcmp(*p, "created") && i != which &&
			    (which != MIXED_ROOT || i != MIXED_THREAD))
				ASSERT_TRUE(mixed_one_running(t->sh, i))
					TH_LOG("%s: task %d", *p, i);
		mixed_kill(t->sh);
		ASSERT_TRUE(mixed_gone(t->sh)) TH_LOG("%s", *p);
	}
}

static pid_t trace_created_root(struct __test_metadata *_metadata,
				struct ckpt_test *t)
{
	pid_t root = mixed_id(t->sh, MIXED_ROOT), pid;

	EXPECT_TRUE(pause_at("barrier"));
	pid = call_restart(t);
	EXPECT_TRUE(wait_at("barrier", pid));
	EXPECT_EQ(0, ptrace(PTRACE_SEIZE, root, NULL, NULL));
	EXPECT_TRUE(go_on());
	return pid;
}

/* Who could trace the caller need not be allowed to trace what is restored. */
TEST_F_TIMEOUT(points, trace_created, 120)
{
	struct ckpt_test *t = &self->t;
	int status;
	pid_t pid;

	make_image(_metadata, t);
	pid = trace_created_root(_metadata, t);
	ASSERT_LT(0, waitpid(mixed_id(t->sh, MIXED_ROOT), &status, __WALL));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(EBUSY, result_of(t, pid)) TH_LOG("%s", t->msg);
	EXPECT_TRUE(mixed_gone_now(t->sh));

	/* The caller can be killed even if the tracer leaves it at that. */
	pid = trace_created_root(_metadata, t);
	nap_ms(50);
	kill(pid, SIGKILL);
	EXPECT_EQ(-2, result_of(t, pid)) TH_LOG("%s", t->msg);
	ASSERT_LT(0, waitpid(mixed_id(t->sh, MIXED_ROOT), &status, __WALL));
	EXPECT_TRUE(mixed_gone(t->sh));
	t->pid = 0;
}

TEST_F_TIMEOUT(points, kill_created_root, 120)
{
	kill_created(_metadata, &self->t, MIXED_ROOT);
}

TEST_F_TIMEOUT(points, kill_created_child, 120)
{
	kill_created(_metadata, &self->t, MIXED_CHILD);
}

TEST_F_TIMEOUT(points, kill_created_root_kinds, 120)
{
	tree = kinds_tree;
	kill_created(_metadata, &self->t, MIXED_ROOT);
}

/* The init of its pid namespace. */
TEST_F_TIMEOUT(points, kill_created_child_kinds, 120)
{
	tree = kinds_tree;
	kill_created(_metadata, &self->t, MIXED_CHILD);
}

/* Its death frees the id of the session whose leader was dead already. */
TEST_F_TIMEOUT(points, kill_created_orphan, 120)
{
	kill_created(_metadata, &self->t, MIXED_ORPHAN);
}

TEST_F_TIMEOUT(points, kill_created_zombie, 120)
{
	kill_created(_metadata, &self->t, MIXED_ZOMBIE);
}

TEST_F_TIMEOUT(points, two_restarts, 120)
{
	struct ckpt_test *t = &self->t;
	const char * const *p;
	pid_t pid, other;

	make_image(_metadata, t);
	for (p = restart_points; *p; p++) {
		/* Nothing exists yet there. */
		if (!strcmp(*p, "read"))
			continue;
		ASSERT_TRUE(pause_at(*p));
		pid = call_restart(t);
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		/* The two share a position. */
		other = fork();
		if (!other) {
			char name[128];

			test_path(t, "image", name, sizeof(name));
			t->image = open(name, O_RDONLY | O_CLOEXEC);
			_exit(-do_restart(t, 0));
		}
		ASSERT_EQ(EEXIST, result_of(t, other)) TH_LOG("%s: %s", *p, t->msg);
		ASSERT_TRUE(go_on());
		ASSERT_EQ(0, result_of(t, pid)) TH_LOG("%s: %s", *p, t->msg);
		ASSERT_TRUE(mixed_running(t->sh)) TH_LOG("%s", *p);
		mixed_kill(t->sh);
		ASSERT_TRUE(mixed_gone(t->sh)) TH_LOG("%s", *p);
	}
}

/* ---- a pid namespace that ends meanwhile ---- */

/* With a /proc of its own: what is open there belongs to numbers. */
static pid_t start_namespace(void)
{
	int fds[2];
	pid_t pid;
	char c;

	if (pipe(fds))
		return -1;
	pid = syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, NULL,
		      NULL, NULL, NULL);
	if (!pid) {
		if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("proc", "/proc", "proc", 0, NULL))
			_exit(99);
		close(fds[0]);
		close(fds[1]);
		for (;;)
			pause();
	}
	close(fds[1]);
	if (read(fds[0], &c, 1))
		pid = -1;
	close(fds[0]);
	return pid;
}

TEST_F_TIMEOUT(points, namespace_ends, 120)
{
	struct ckpt_test *t = &self->t;
	const char * const *p;
	int pidfd, ret, i;
	pid_t init, pid;

	make_image(_metadata, t);
	for (p = restart_points; *p; p++) {
		/* These are numbers in another namespace from here on. */
		init = start_namespace();
		ASSERT_LT(0, init);
		pidfd = syscall(SYS_pidfd_open, init, 0);
		ASSERT_LE(0, pidfd);
		ASSERT_TRUE(pause_at(*p));
		lseek(t->image, 0, SEEK_SET);
		pid = fork();
		if (!pid) {
			struct restart_args args = {
				.image_fd	= t->image,
				.log_fd		= t->log,
			};

			if (setns(pidfd, CLONE_NEWPID | CLONE_NEWNS))
				_exit(99);
			_exit(sys_restart(&args, sizeof(args)) < 0 ? errno : 0);
		}
		ASSERT_TRUE(wait_at(*p, pid)) TH_LOG("%s", *p);
		kill(init, SIGKILL);
		nap_ms(20);
		ASSERT_TRUE(go_on());
		ret = result_of(t, pid);
		/* The tasks may be on their way before they hear of it. */
		ASSERT_TRUE(!ret || ret == ENOMEM || ret == EINTR || ret == ESRCH)
			TH_LOG("%s: %d: %s", *p, ret, t->msg);
		close(pidfd);
		for (i = 0; i < CKPT_TEST_TIMEOUT_MS; i++) {
			if (waitpid(-1, NULL, __WALL | WNOHANG) < 0)
				break;
			nap_ms(1);
		}
		ASSERT_EQ(ECHILD, errno) TH_LOG("%s", *p);
	}
	ASSERT_EQ(0, result_of(t, call_restart(t))) TH_LOG("%s", t->msg);
	ASSERT_TRUE(mixed_running(t->sh));
}

/* ---- restart: others use the files of created tasks ---- */

enum { POLL_FD = 220, WATCHED_FD };

static void watches(struct shared *sh)
{
	struct epoll_event ev = { .events = EPOLLIN };

	TARGET_CHECK(sh, dup2(epoll_create1(0), POLL_FD) == POLL_FD);
	TARGET_CHECK(sh, dup2(eventfd(1, 0), WATCHED_FD) == WATCHED_FD);
	TARGET_CHECK(sh, !epoll_ctl(POLL_FD, EPOLL_CTL_ADD, WATCHED_FD, &ev));
	target_step(sh, 1);
	TARGET_CHECK(sh, !epoll_wait(POLL_FD, &ev, 1, 0));
}

/* Get a file of another task, under the same number. */
static bool take_file(pid_t pid, int fd)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	int file = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	bool ok = file >= 0 && dup2(file, fd) == fd;

	if (file >= 0)
		close(file);
	if (pidfd >= 0)
		close(pidfd);
	return ok;
}

TEST_F(points, watch_removed)
{
	struct ckpt_test *t = &self->t;
	pid_t pid, target;

	target = spawn(t, watches);
	ASSERT_LT(0, target);
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	ASSERT_TRUE(pause_at("barrier"));
	pid = call_restart(t);
	ASSERT_TRUE(wait_at("barrier", pid));
	ASSERT_TRUE(take_file(target, POLL_FD) && take_file(target, WATCHED_FD))
		TH_LOG("%s", strerror(errno));
	ASSERT_EQ(0, epoll_ctl(POLL_FD, EPOLL_CTL_DEL, WATCHED_FD, NULL));
	close(POLL_FD);
	close(WATCHED_FD);
	ASSERT_TRUE(go_on());
	ASSERT_EQ(0, result_of(t, pid)) TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(target));
	EXPECT_EQ(0, atomic_load(&t->sh->failed)) TH_LOG("%s", t->sh->why);
}

/* ---- somebody joins a namespace before it is complete ---- */

#define MANY_SEMS	500

static void sems_target(struct shared *sh)
{
	int id, status;
	pid_t child;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	id = semget(7, MANY_SEMS, IPC_CREAT | 0600);
	TARGET_CHECK(sh, id >= 0);
	atomic_store(&sh->data[0], id);
	target_step(sh, 1);
	TARGET_CHECK(sh, semget(7, 1, 0) == id && semget(7, 2, 0) == -1);
	/* The one semaphore that is there can be used. */
	child = fork();
	if (!child) {
		struct sembuf op = { 0, 1, SEM_UNDO };

		_exit(!!semop(id, &op, 1));
	}
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
}

/* The set that is being restored becomes another with the same id. */
static int replace_sems(pid_t target, int id)
{
	char text[32];
	int fd;

	snprintf(text, sizeof(text), "/proc/%d/ns/ipc", target);
	fd = open(text, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWIPC))
		return 1;
	if (semctl(id, 0, IPC_RMID))
		return 2;
	snprintf(text, sizeof(text), "%d", id);
	if (!set_file("/proc/sys/kernel/sem_next_id", text))
		return 3;
	return semget(7, 1, IPC_CREAT | 0600) == id ? 0 : 4;
}

TEST_F(points, replaced_semaphores)
{
	struct ckpt_test *t = &self->t;
	pid_t pid, child, target;

	ASSERT_LT(0, spawn(t, sems_target));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(10);
	target = t->pid;
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	ASSERT_TRUE(pause_at("filled"));
	pid = call_restart(t);
	ASSERT_TRUE(wait_at("filled", pid));
	child = fork();
	if (!child)
		_exit(replace_sems(target, atomic_load(&t->sh->data[0])));
	EXPECT_EQ(0, wait_exit(child));
	ASSERT_TRUE(go_on());
	ASSERT_EQ(0, result_of(t, pid)) TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(target));
	EXPECT_EQ(0, atomic_load(&t->sh->failed))
		TH_LOG("line %d: %s", t->sh->failed, t->sh->why);
}

TEST_HARNESS_MAIN
