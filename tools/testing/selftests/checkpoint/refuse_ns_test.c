// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - what a tree must not have in namespaces, refused by name
 *
 * Also what has no number in a user namespace, for a caller who is in there.
 */
#include "rows.h"

#include <grp.h>
#include <linux/keyctl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <pty.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/un.h>

#define STRANGER	77

FIXTURE(refuse_ns) {
	struct ckpt_test t;
};

FIXTURE_SETUP(refuse_ns)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(refuse_ns)
{
	test_teardown(&self->t);
}

static int open_ns(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* ---- control groups ---- */

static void enter_group(struct shared *sh, const char *group)
{
	char path[160];

	TARGET_CHECK(sh, !mkdir(group, 0755) || errno == EEXIST);
	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	TARGET_CHECK(sh, write_file(path, "0"));
}

#define GROUP	"/sys/fs/cgroup/ckpt-refuse"

/* A namespace whose root is where the root task has been before. */
static void other_cgroup_root(struct shared *sh)
{
	char line[128] = "0::/", back[192];
	FILE *f = fopen("/proc/self/cgroup", "r");

	while (f && fgets(line, sizeof(line), f) && strncmp(line, "0::", 3))
		;
	if (f)
		fclose(f);
	line[strcspn(line, "\n")] = 0;
	if (access("/sys/fs/cgroup/cgroup.procs", W_OK) && absent(sh))
		return;
	enter_group(sh, GROUP);
	TARGET_CHECK(sh, !unshare(CLONE_NEWCGROUP));
	snprintf(back, sizeof(back), "/sys/fs/cgroup%s", line + 3);
	enter_group(sh, back);
	target_step(sh, 1);
	rmdir(GROUP);
}

#define V1	"/tmp/ckpt-refuse-v1"

static void into_group(struct shared *sh)
{
	enter_group(sh, V1 "/child");
	target_step(sh, 1);
	enter_group(sh, V1);
}

static void v1_group(struct shared *sh)
{
	mkdir(V1, 0755);
	if (mount("none", V1, "cgroup", 0, "none,name=ckpt-refuse") && absent(sh))
		return;
	in_child(sh, into_group);
	rmdir(V1 "/child");
	TARGET_CHECK(sh, !umount(V1) && !rmdir(V1));
}

/* ---- network ---- */

static void socket_elsewhere(struct shared *sh)
{
	int home = open_ns(getpid(), "net");

	TARGET_CHECK(sh, !unshare(CLONE_NEWNET));
	TARGET_CHECK(sh, socket(AF_INET, SOCK_DGRAM, 0) >= 0);
	TARGET_CHECK(sh, !setns(home, CLONE_NEWNET));
	close(home);
	target_step(sh, 1);
}

#define SOCKET	"/tmp/ckpt-refuse-socket"

static void connect_from_elsewhere(struct shared *sh)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	int fd;

	close_range(0, ~0U, 0);
	TARGET_CHECK(sh, !unshare(CLONE_NEWNET));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	TARGET_CHECK(sh, !connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	target_step(sh, 1);
}

/* It would be accepted with the namespace of whoever has connected. */
static void not_accepted(struct shared *sh)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	unlink(SOCKET);
	TARGET_CHECK(sh, !bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	TARGET_CHECK(sh, !listen(fd, 5));
	in_child(sh, connect_from_elsewhere);
	unlink(SOCKET);
}

/* ---- IPC ---- */

static int register_and_exit(void *arg)
{
	struct sigevent ev = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
	};

	_exit(mq_notify(*(mqd_t *)arg, &ev));
}

/* Its descriptors are ours as well, so nothing is closed when it ends. */
static void notifies_the_dead(struct shared *sh)
{
	static char stack[16384] __attribute__((aligned(16)));
	int status = -1;
	pid_t pid;
	mqd_t q;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	q = mq_open("/queue", O_CREAT | O_RDWR, 0600, NULL);
	TARGET_CHECK(sh, q >= 0);
	pid = clone(register_and_exit, stack + sizeof(stack),
		    CLONE_FILES | SIGCHLD, &q);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	target_step(sh, 1);
}

static void queue_of_the_dead(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	TARGET_CHECK(sh, mq_open("/queue", O_CREAT | O_RDWR, 0600, NULL) >= 0);
	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	/* Namespaces are freed by a worker. */
	nap_ms(200);
	target_step(sh, 1);
}

static void long_message(struct shared *sh)
{
	struct msgbuf *m = calloc(1, sizeof(long) + (3 << 19));
	int id;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	TARGET_CHECK(sh, write_file("/proc/sys/kernel/msgmax", "2000000"));
	TARGET_CHECK(sh, write_file("/proc/sys/kernel/msgmnb", "4000000"));
	id = msgget(IPC_PRIVATE, 0600);
	m->mtype = 1;
	TARGET_CHECK(sh, !msgsnd(id, m, 3 << 19, IPC_NOWAIT));
	target_step(sh, 1);
}

static void many_semaphores(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	TARGET_CHECK(sh, write_file("/proc/sys/kernel/sem", "40000 1000000 100 100"));
	TARGET_CHECK(sh, semget(IPC_PRIVATE, 33000, 0600) >= 0);
	target_step(sh, 1);
}

static const struct row rows[] = {
	{ "root of control groups", other_cgroup_root, EOPNOTSUPP,
	  "cgroup namespace: its root is not the root task's cgroup" },
	{ "control group of v1", v1_group, EOPNOTSUPP,
	  "another one than the root task's in a v1 hierarchy" },
	{ "socket of another network", socket_elsewhere, EOPNOTSUPP,
	  "is in another network namespace than its holder" },
	{ "not accepted from another network", not_accepted, EOPNOTSUPP,
	  "waits to be accepted, in another network namespace" },
	{ "notifies a process that is gone", notifies_the_dead, EOPNOTSUPP,
	  "POSIX message queue queue: notifies a process that is gone" },
	{ "queue whose namespace is gone", queue_of_the_dead, EOPNOTSUPP,
	  "POSIX message queue queue: its IPC namespace is gone" },
	{ "long message", long_message, EOPNOTSUPP,
	  "a message of 1572864 bytes" },
	{ "many semaphores", many_semaphores, EOPNOTSUPP, "33000 semaphores" },
};

TEST_F_TIMEOUT(refuse_ns, rows, 60)
{
	check_rows(_metadata, &self->t, rows, ARRAY_SIZE(rows));
}

/* ---- what the target's own namespace has no number for ---- */

/* Somebody outside makes things in the target's IPC namespace. */
static int make_for_stranger(pid_t pid, int kind)
{
	if (setns(open_ns(pid, "ipc"), CLONE_NEWIPC) ||
	    syscall(SYS_setresuid, STRANGER, STRANGER, STRANGER))
		return -1;
	return kind == 0 ? shmget(IPC_PRIVATE, 4096, 0600) :
	       kind == 1 ? semget(IPC_PRIVATE, 1, 0600) :
			   msgget(IPC_PRIVATE, 0600);
}

/* A user namespace with nobody but root. */
static bool small_user_ns(int more)
{
	return !unshare(CLONE_NEWUSER | more) &&
	       write_proc(getpid(), "uid_map", "0 0 1\n") &&
	       write_proc(getpid(), "setgroups", "deny") &&
	       write_proc(getpid(), "gid_map", "0 0 1\n");
}

static void with_ipc(struct shared *sh)
{
	TARGET_CHECK(sh, small_user_ns(CLONE_NEWIPC));
	target_step(sh, 1);
}

TEST_F(refuse_ns, owner_of_ipc)
{
	static const char *const what[] = {
		"shared memory segment 0: its owner has no number",
		"semaphore set 0: its owner has no number",
		"message queue 0: its owner has no number",
	};
	struct ckpt_test *t = &self->t;
	unsigned int i;
	pid_t maker;

	for (i = 0; i < ARRAY_SIZE(what); i++) {
		memset(t->sh, 0, sizeof(*t->sh));
		ASSERT_LT(0, spawn(t, with_ipc));
		ASSERT_TRUE(wait_step(t->sh, 1));
		maker = fork();
		if (!maker)
			_exit(make_for_stranger(t->pid, i) != 0);
		ASSERT_EQ(0, wait_exit(maker));
		EXPECT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
		EXPECT_NE(NULL, strstr(t->msg, what[i]))
			TH_LOG("%s", t->msg);
		atomic_store(&t->sh->go, 1);
		wait_verified(_metadata, t);
	}
}

/* Of before it entered the namespace. */
static void old_group(struct shared *sh)
{
	gid_t group = STRANGER;

	TARGET_CHECK(sh, !setgroups(1, &group));
	TARGET_CHECK(sh, small_user_ns(0));
	target_step(sh, 1);
}

static void old_user(struct shared *sh)
{
	TARGET_CHECK(sh, !syscall(SYS_setresuid, 0, 0, STRANGER));
	TARGET_CHECK(sh, small_user_ns(0));
	target_step(sh, 1);
}

static void old_key(struct shared *sh)
{
	long key;

	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "own", 0, 0, 0) < 0 &&
	    absent(sh))
		return;
	key = syscall(SYS_add_key, "user", "mine", "x", 1, KEY_SPEC_SESSION_KEYRING);
	TARGET_CHECK(sh, key > 0);
	TARGET_CHECK(sh, !syscall(SYS_keyctl, KEYCTL_CHOWN, key, STRANGER, -1, 0));
	TARGET_CHECK(sh, small_user_ns(0));
	target_step(sh, 1);
}

/* Memory belongs to the namespace in which its program was executed. */
static void old_memory(struct shared *sh)
{
	TARGET_CHECK(sh, small_user_ns(0));
	target_step(sh, 1);
}

static const struct row numbers[] = {
	{ "memory", old_memory, EOPNOTSUPP,
	  "user namespace: is not the root task's, nor below it" },
	{ "group", old_group, EOPNOTSUPP, "group id 77 has no number in the user namespace" },
	{ "user", old_user, EOPNOTSUPP, "user id 77 has no number in the user namespace" },
	{ "key", old_key, EOPNOTSUPP, "(mine): its owner has no number in the user namespace" },
};

/* In a child, which enters the target's user namespace. */
static bool refused_inside(struct ckpt_test *t, const struct row *row)
{
	long ret;

	if (setns(open_ns(t->pid, "user"), CLONE_NEWUSER))
		return false;
	ret = do_checkpoint(t, 0);
	if (row->err && ret == -row->err && strstr(t->msg, row->text))
		return true;
	if (!row->err && ret > 0)
		return true;
	fprintf(stderr, "# %s: %ld: %s\n", row->name, ret, t->msg);
	return false;
}

TEST_F(refuse_ns, numbers_of_the_caller)
{
	struct ckpt_test *t = &self->t;
	unsigned int i;
	pid_t caller;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		memset(t->sh, 0, sizeof(*t->sh));
		ASSERT_LT(0, spawn(t, numbers[i].fn));
		ASSERT_TRUE(wait_step(t->sh, 1));
		if (!t->sh->data[0]) {
			caller = fork();
			if (!caller)
				_exit(!refused_inside(t, &numbers[i]));
			EXPECT_EQ(0, wait_exit(caller));
		}
		atomic_store(&t->sh->go, 1);
		wait_verified(_metadata, t);
	}
}

/* ---- the same of what a program finds open ---- */

static void to_stranger(struct shared *sh, int fd)
{
	TARGET_CHECK(sh, !fchown(fd, STRANGER, -1));
}

static void nothing_special(struct shared *sh)
{
}

static void old_terminal(struct shared *sh)
{
	int master, slave;

	TARGET_CHECK(sh, !openpty(&master, &slave, NULL, NULL, NULL));
	to_stranger(sh, slave);
}

static void old_pipe(struct shared *sh)
{
	int fds[2];

	TARGET_CHECK(sh, !pipe(fds));
	to_stranger(sh, fds[0]);
}

static void old_socket(struct shared *sh)
{
	to_stranger(sh, socket(AF_UNIX, SOCK_DGRAM, 0));
}

static void old_memfd(struct shared *sh)
{
	to_stranger(sh, memfd_create("memory", 0));
}

static void old_file(struct shared *sh)
{
	int fd = open("/tmp/ckpt-refuse-deleted", O_RDWR | O_CREAT, 0600);

	unlink("/tmp/ckpt-refuse-deleted");
	to_stranger(sh, fd);
}

static void old_owner(struct shared *sh)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	TARGET_CHECK(sh, !syscall(SYS_setresuid, 0, STRANGER, 0));
	TARGET_CHECK(sh, !fcntl(fd, F_SETOWN, getpid()));
	TARGET_CHECK(sh, !syscall(SYS_setresuid, 0, 0, 0));
}

static const struct row owners[] = {
	{ "nothing", nothing_special, 0, "" },
	{ "terminal", old_terminal, EOPNOTSUPP, "pts " },
	{ "pipe", old_pipe, EOPNOTSUPP, "pipe:[" },
	{ "socket", old_socket, EOPNOTSUPP, "socket:[" },
	{ "memfd", old_memfd, EOPNOTSUPP, "memfd:memory" },
	{ "file", old_file, EOPNOTSUPP, "/tmp/ckpt-refuse-deleted" },
	{ "F_SETOWN", old_owner, EOPNOTSUPP, "sends signals for somebody who" },
};

/* A program inside has memory of its own. */
static void old_owners(struct shared *sh)
{
	owners[row_arg(sh)].fn(sh);
	TARGET_CHECK(sh, small_user_ns(0));
	atomic_store(&sh->ready, 1);
	execl("/bin/sleep", "sleep", "1000", NULL);
	_exit(1);
}

TEST_F(refuse_ns, owners_of_the_caller)
{
	struct ckpt_test *t = &self->t;
	unsigned int i;
	pid_t caller;

	for (i = 0; i < ARRAY_SIZE(owners); i++) {
		memset(t->sh, 0, sizeof(*t->sh));
		t->sh->data[1] = i;
		ASSERT_LT(0, spawn(t, old_owners));
		ASSERT_TRUE(wait_step(t->sh, 1));
		ASSERT_EQ(0, atomic_load(&t->sh->failed))
			TH_LOG("%s: %s", owners[i].name, t->sh->why);
		nap_ms(100);
		caller = fork();
		if (!caller)
			_exit(!refused_inside(t, &owners[i]));
		EXPECT_EQ(0, wait_exit(caller));
		kill(t->pid, SIGKILL);
		waitpid(t->pid, NULL, 0);
		t->pid = 0;
	}
}

/* ---- with somebody outside of the tree ---- */

/* A child that stays outside of the namespace that others are in as well. */
static void leaves_child_behind(struct shared *sh)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	TARGET_CHECK(sh, small_user_ns(0));
	target_step(sh, 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_F(refuse_ns, user_outside)
{
	struct ckpt_test *t = &self->t;
	pid_t pid;

	ASSERT_LT(0, spawn(t, leaves_child_behind));
	ASSERT_TRUE(wait_step(t->sh, 1));
	pid = fork();
	if (!pid) {
		if (setns(open_ns(t->pid, "user"), CLONE_NEWUSER))
			_exit(1);
		atomic_store(&t->sh->ready, 2);
		pause();
	}
	ASSERT_TRUE(wait_step(t->sh, 2));
	EXPECT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
	EXPECT_NE(NULL, strstr(t->msg, "user namespace: is not the root task's, nor below it"))
		TH_LOG("%s", t->msg);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

static void wait_for_end(struct shared *sh)
{
	while (!atomic_load(&sh->go))
		nap_ms(2);
}

/* An init, and its child, which is in a process group of ours. */
static void init_of_two(struct shared *sh)
{
	pid_t pid = fork();

	if (!pid) {
		wait_for_end(sh);
		_exit(0);
	}
	target_step(sh, 1);
	waitpid(pid, NULL, 0);
	_exit(0);
}

static void two_groups(struct shared *sh)
{
	pid_t leader = fork(), init;

	if (!leader) {
		wait_for_end(sh);
		_exit(0);
	}
	TARGET_CHECK(sh, !setpgid(leader, leader));
	init = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
	if (!init) {
		while (atomic_load(&sh->data[3]) < 1)
			nap_ms(2);
		init_of_two(sh);
	}
	TARGET_CHECK(sh, !setpgid(init, leader));
	sh->data[3] = 1;
	while (atomic_load(&sh->ready) < 1)
		nap_ms(2);
	TARGET_CHECK(sh, !setpgid(init, init));
	sh->data[2] = init;
	atomic_store(&sh->ready, 2);
	waitpid(init, NULL, 0);
	waitpid(leader, NULL, 0);
}

TEST_F(refuse_ns, process_group_outside)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, two_groups));
	ASSERT_TRUE(wait_step(t->sh, 2));
	EXPECT_EQ(-EOPNOTSUPP, do_checkpoint_pid(t, t->sh->data[2], 0));
	EXPECT_NE(NULL, strstr(t->msg, "has no number in the root task's pid namespace"))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

TEST_HARNESS_MAIN
