// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - scheduling, and what prctl() sets
 */
#include "common.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>

FIXTURE(sched) {
	struct ckpt_test t;
};

FIXTURE_SETUP(sched)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(sched)
{
	test_teardown(&self->t);
}

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static void round_trip_attr(struct shared *sh, const struct attr *set)
{
	struct attr is = { .size = sizeof(is) };

	TARGET_CHECK(sh, !syscall(SYS_sched_setattr, 0, set, 0));
	target_step(sh, 1);
	TARGET_CHECK(sh, !syscall(SYS_sched_getattr, 0, &is, sizeof(is), 0));
	TARGET_CHECK(sh, is.policy == set->policy);
	TARGET_CHECK(sh, is.flags == set->flags);
	TARGET_CHECK(sh, is.nice == set->nice);
	TARGET_CHECK(sh, is.priority == set->priority);
	if (set->runtime)
		TARGET_CHECK(sh, is.runtime == set->runtime);
}

static void batch(struct shared *sh)
{
	struct attr a = { .size = sizeof(a), .policy = SCHED_BATCH, .nice = -7,
			  .runtime = 5000000 };

	round_trip_attr(sh, &a);
}

static void idle(struct shared *sh)
{
	struct attr a = { .size = sizeof(a), .policy = SCHED_IDLE };

	round_trip_attr(sh, &a);
}

static void fifo(struct shared *sh)
{
	struct attr a = { .size = sizeof(a), .policy = SCHED_FIFO,
			  .priority = 17, .flags = 1 /* reset on fork */ };

	round_trip_attr(sh, &a);
}

static void deadline(struct shared *sh)
{
	struct attr a = { .size = sizeof(a), .policy = 6, .runtime = 1000000,
			  .deadline = 100000000, .period = 100000000 };

	TARGET_CHECK(sh, !syscall(SYS_sched_setattr, 0, &a, 0));
	target_step(sh, 1);
}

TEST_F(sched, batch)
{
	ROUND_TRIP(&self->t, batch);
}

TEST_F(sched, idle)
{
	ROUND_TRIP(&self->t, idle);
}

TEST_F(sched, fifo)
{
	ROUND_TRIP(&self->t, fifo);
}

TEST_F(sched, deadline)
{
	REFUSED(&self->t, deadline, EOPNOTSUPP, "scheduling policy 6");
}

/* The caller's own attributes are not inherited. */
static void plain(struct shared *sh)
{
	struct attr is;
	cpu_set_t cpus;

	target_step(sh, 1);
	TARGET_CHECK(sh, !syscall(SYS_sched_getattr, 0, &is, sizeof(is), 0));
	TARGET_CHECK(sh, is.policy == SCHED_OTHER && !is.flags && !is.nice);
	TARGET_CHECK(sh, !sched_getaffinity(0, sizeof(cpus), &cpus));
	TARGET_CHECK(sh, CPU_COUNT(&cpus) == sysconf(_SC_NPROCESSORS_ONLN));
	TARGET_CHECK(sh, syscall(SYS_ioprio_get, 1, 0) == 0);
	TARGET_CHECK(sh, prctl(PR_GET_TIMERSLACK) == 50000);
	TARGET_CHECK(sh, personality(0xffffffff) == PER_LINUX);
}

TEST_F(sched, not_inherited)
{
	struct ckpt_test *t = &self->t;
	int status;

	ASSERT_LT(0, spawn(t, plain));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	if (!fork()) {
		struct attr a = { .size = sizeof(a), .policy = SCHED_BATCH, .nice = 3 };
		cpu_set_t cpus;
		pid_t pid;

		CPU_ZERO(&cpus);
		CPU_SET(0, &cpus);
		sched_setaffinity(0, sizeof(cpus), &cpus);
		syscall(SYS_sched_setattr, 0, &a, 0);
		syscall(SYS_ioprio_set, 1, 0, 3 << 13);
		prctl(PR_SET_TIMERSLACK, 1234567);
		personality(ADDR_NO_RANDOMIZE);
		pid = do_restart(t, 0);
		if (pid < 0) {
			fprintf(stderr, "# %d %s\n", pid, t->msg);
			_exit(99);
		}
		atomic_store(&t->sh->go, 1);
		status = wait_exit(pid);
		_exit(status ? 1 : 0);
	}
	ASSERT_LT(0, wait(&status));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, t->sh->failed) TH_LOG("line %d: %s", t->sh->failed, t->sh->why);
	t->pid = 0;
}

static void one_cpu(struct shared *sh)
{
	int last = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	cpu_set_t set, is;

	CPU_ZERO(&set);
	CPU_SET(last, &set);
	TARGET_CHECK(sh, !sched_setaffinity(0, sizeof(set), &set));
	target_step(sh, 1);
	TARGET_CHECK(sh, !sched_getaffinity(0, sizeof(is), &is));
	TARGET_CHECK(sh, CPU_EQUAL(&set, &is));
}

TEST_F(sched, affinity)
{
	ROUND_TRIP(&self->t, one_cpu);
}

static void attributes(struct shared *sh)
{
	TARGET_CHECK(sh, !syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 6));
	TARGET_CHECK(sh, !prctl(PR_SET_TIMERSLACK, 987654));
	TARGET_CHECK(sh, personality(ADDR_COMPAT_LAYOUT | UNAME26) >= 0);
	TARGET_CHECK(sh, !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	TARGET_CHECK(sh, !prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
	TARGET_CHECK(sh, !prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
	target_step(sh, 1);
	TARGET_CHECK(sh, syscall(SYS_ioprio_get, 1, 0) == (2 << 13 | 6));
	TARGET_CHECK(sh, prctl(PR_GET_TIMERSLACK) == 987654);
	TARGET_CHECK(sh, personality(0xffffffff) == (ADDR_COMPAT_LAYOUT | UNAME26));
	TARGET_CHECK(sh, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	TARGET_CHECK(sh, prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0) == 1);
	TARGET_CHECK(sh, prctl(PR_MCE_KILL_GET, 0, 0, 0, 0) == PR_MCE_KILL_EARLY);
}

TEST_F(sched, attributes)
{
	ROUND_TRIP(&self->t, attributes);
}

/* What cannot be taken off again must not be there. */
static void do_nothing(struct shared *sh)
{
	target_step(sh, 1);
}

TEST_F(sched, caller_with_no_new_privs)
{
	struct ckpt_test *t = &self->t;
	int status;

	ASSERT_LT(0, spawn(t, do_nothing));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	if (!fork()) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		status = do_restart(t, 0);
		_exit(status == -EPERM && strstr(t->msg, "no_new_privs") ? 0 : 1);
	}
	ASSERT_LT(0, wait(&status));
	EXPECT_EQ(0, status);
}

static int allow_all(void)
{
	struct sock_filter insn = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { .len = 1, .filter = &insn };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

TEST_F(sched, caller_with_seccomp)
{
	struct ckpt_test *t = &self->t;
	int status;

	ASSERT_LT(0, spawn(t, do_nothing));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	if (!fork()) {
		if (allow_all())
			_exit(0);	/* not configured */
		status = do_restart(t, 0);
		_exit(status == -EINVAL && strstr(t->msg, "seccomp") ? 0 : 1);
	}
	ASSERT_LT(0, wait(&status));
	EXPECT_EQ(0, status);
}

/* Refused by name; all but the first need an option that may be off. */
static void with_seccomp(struct shared *sh)
{
	TARGET_CHECK(sh, !allow_all());
	target_step(sh, 1);
}

TEST_F(sched, seccomp)
{
	if (prctl(PR_GET_SECCOMP) < 0)
		SKIP(return, "no seccomp");
	REFUSED(&self->t, with_seccomp, EOPNOTSUPP, "seccomp");
}

static void with_sem_undo(struct shared *sh)
{
	struct sembuf op = { .sem_op = 1, .sem_flg = SEM_UNDO };
	int id = semget(IPC_PRIVATE, 1, 0600);

	TARGET_CHECK(sh, !semop(id, &op, 1));
	target_step(sh, 1);
	semctl(id, 0, IPC_RMID);
}

TEST_F(sched, sem_undo)
{
	int id = semget(IPC_PRIVATE, 1, 0600);

	if (id < 0)
		SKIP(return, "no System V IPC");
	semctl(id, 0, IPC_RMID);
	REFUSED(&self->t, with_sem_undo, EOPNOTSUPP, "semaphore undo");
}

static void with_shm(struct shared *sh)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);

	TARGET_CHECK(sh, id >= 0);
	target_step(sh, 1);
	shmctl(id, IPC_RMID, NULL);
}

TEST_F(sched, sysv_shm)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);

	if (id < 0)
		SKIP(return, "no System V IPC");
	shmctl(id, IPC_RMID, NULL);
	REFUSED(&self->t, with_shm, EOPNOTSUPP, "shared memory");
}

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH	59
#endif

static void with_dispatch(struct shared *sh)
{
	static char selector;

	TARGET_CHECK(sh, !prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &selector));
	target_step(sh, 1);
}

TEST_F(sched, syscall_dispatch)
{
	REFUSED(&self->t, with_dispatch, EOPNOTSUPP, "syscall user dispatch");
}

/* ---- control groups ---- */

static char group[256];

/* The group of a task, as a directory. */
static bool group_of(pid_t pid, char *buf, size_t size)
{
	char line[200], name[64];
	bool ret = false;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	f = fopen(name, "r");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "0::", 3)) {
			snprintf(buf, size, "/sys/fs/cgroup%s", line + 3);
			ret = true;
		}
	}
	if (f)
		fclose(f);
	return ret;
}

static bool put_into(const char *file, const char *text)
{
	char name[320];
	int fd, ret;

	snprintf(name, sizeof(name), "%s/%s", group, file);
	fd = open(name, O_WRONLY);
	ret = write(fd, text, strlen(text));
	close(fd);
	return ret == (int)strlen(text);
}

static void make_group(struct shared *sh)
{
	TARGET_CHECK(sh, group_of(getpid(), group, sizeof(group) - 16));
	/* The root's ends in one. */
	if (group[strlen(group) - 1] == '/')
		group[strlen(group) - 1] = '\0';
	strcat(group, "/ckpt-below");
	TARGET_CHECK(sh, !mkdir(group, 0700) || errno == EEXIST);
}

static void grouped(struct shared *sh)
{
	char text[16], now[300];
	pid_t pid = fork();

	if (!pid) {
		while (1)
			pause();
	}
	make_group(sh);
	snprintf(text, sizeof(text), "%d", pid);
	TARGET_CHECK(sh, put_into("cgroup.procs", text));
	target_step(sh, 1);
	TARGET_CHECK(sh, group_of(pid, now, sizeof(now)) && !strcmp(now, group));
	TARGET_CHECK(sh, group_of(getpid(), now, sizeof(now)) &&
		     strcmp(now, group));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	nap_ms(50);
	rmdir(group);
}

TEST_F(sched, cgroup)
{
	if (access("/sys/fs/cgroup/cgroup.procs", W_OK))
		SKIP(return, "no control groups at /sys/fs/cgroup");
	ROUND_TRIP(&self->t, grouped);
}

/* The groups are what they are at restart. */
static bool limit_group(void)
{
	char name[320];

	return group_of(getpid(), name, 256) &&
	       write_file(strcat(name, "/ckpt-below/cgroup.max.depth"), "7");
}

static void limited(struct shared *sh)
{
	char file[340];

	make_group(sh);
	TARGET_CHECK(sh, put_into("cgroup.max.depth", "5"));
	target_step(sh, 1);
	snprintf(file, sizeof(file), "%s/cgroup.max.depth", group);
	TARGET_CHECK(sh, read_number(file) == 7);
	rmdir(group);
}

TEST_F(sched, cgroup_limit)
{
	struct ckpt_test *t = &self->t;

	if (access("/sys/fs/cgroup/cgroup.procs", W_OK))
		SKIP(return, "no control groups at /sys/fs/cgroup");
	ASSERT_LT(0, spawn(t, limited));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	EXPECT_TRUE(limit_group());
	ASSERT_LT(0, restart_killed(t))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

TEST_F(sched, cgroup_gone)
{
	char name[300];
	long ms;

	if (access("/sys/fs/cgroup/cgroup.procs", W_OK))
		SKIP(return, "no control groups at /sys/fs/cgroup");
	ASSERT_LT(0, spawn(&self->t, grouped));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	ASSERT_EQ(2, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	ASSERT_TRUE(group_of(getpid(), name, sizeof(name) - 16));
	strcat(name, "/ckpt-below");
	for (ms = 0; rmdir(name) && ms < 2000; ms += 10)
		nap_ms(10);
	ASSERT_EQ(-ESTALE, restart_killed(&self->t));
	EXPECT_NE(NULL, strstr(self->t.msg, "control group /ckpt-below"))
		TH_LOG("%s", self->t.msg);
}

static void *threaded(void *arg)
{
	struct shared *sh = arg;
	char text[16];

	snprintf(text, sizeof(text), "%d", gettid());
	TARGET_CHECK(sh, put_into("cgroup.threads", text));
	target_step(sh, 1);
	return NULL;
}

static void grouped_thread(struct shared *sh)
{
	pthread_t tid;

	make_group(sh);
	TARGET_CHECK(sh, put_into("cgroup.type", "threaded"));
	pthread_create(&tid, NULL, threaded, sh);
	pthread_join(tid, NULL);
	nap_ms(50);
	rmdir(group);
}

TEST_F(sched, cgroup_of_thread)
{
	if (access("/sys/fs/cgroup/cgroup.procs", W_OK))
		SKIP(return, "no control groups at /sys/fs/cgroup");
	REFUSED(&self->t, grouped_thread, EOPNOTSUPP, "is in another one than its process");
}

TEST_HARNESS_MAIN
