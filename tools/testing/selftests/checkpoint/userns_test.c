// SPDX-License-Identifier: GPL-2.0
/*
 * Checkpoint/restart - user namespaces
 */
#include "common.h"
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/mount.h>

#define GUEST	1000

FIXTURE(userns)
{
	struct ckpt_test t;
};

FIXTURE_SETUP(userns)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(userns)
{
	test_teardown(&self->t);
}

/* Without the blanks, which depend on nothing of interest. */
static bool has(const char *name, const char *expect)
{
	char path[64], buf[512], flat[512];
	size_t i, n = 0;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (len < 0)
		return false;
	for (i = 0; i < (size_t)len; i++) {
		if (buf[i] != ' ' || (n && flat[n - 1] != ' ' && flat[n - 1] != '\n'))
			flat[n++] = buf[i];
	}
	flat[n] = 0;
	return !strcmp(flat, expect);
}

static uint64_t effective(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {};

	syscall(SYS_capget, &h, d);
	return d[0].effective | (uint64_t)d[1].effective << 32;
}

/* ---- root makes one ---- */

static void mapped_target(struct shared *sh)
{
	uint64_t caps;

	TARGET_CHECK(sh, !unshare(CLONE_NEWUSER));
	TARGET_CHECK(sh, write_proc(getpid(), "setgroups", "deny"));
	TARGET_CHECK(sh, write_proc(getpid(), "uid_map", "5 0 1\n"));
	TARGET_CHECK(sh, write_proc(getpid(), "gid_map", "6 0 1\n"));
	TARGET_CHECK(sh, getuid() == 5 && getgid() == 6);
	caps = effective();
	TARGET_CHECK(sh, caps != 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, getuid() == 5 && geteuid() == 5);
	TARGET_CHECK(sh, getgid() == 6 && getegid() == 6);
	TARGET_CHECK(sh, has("uid_map", "5 0 1\n"));
	TARGET_CHECK(sh, has("gid_map", "6 0 1\n"));
	TARGET_CHECK(sh, has("setgroups", "deny\n"));
	TARGET_CHECK(sh, effective() == caps);
	TARGET_CHECK(sh, !unshare(CLONE_NEWUTS));
	TARGET_CHECK(sh, !sethostname("inside", 6));
}

TEST_F(userns, mapped)
{
	ROUND_TRIP(&self->t, mapped_target);
}

/* Maps written from outside: many ranges, several ids, other ids than 0. */
/* Sockets and messages have owners, too, and so have the signals of a pipe. */
static void owners_target(struct shared *sh)
{
	struct ucred cred = {};
	int sv[2], p[2], on = 1;
	struct stat st;

	TARGET_CHECK(sh, !unshare(CLONE_NEWUSER));
	TARGET_CHECK(sh, write_proc(getpid(), "setgroups", "deny"));
	TARGET_CHECK(sh, write_proc(getpid(), "uid_map", "5 0 1\n"));
	TARGET_CHECK(sh, write_proc(getpid(), "gid_map", "6 0 1\n"));
	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	TARGET_CHECK(sh, !setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	TARGET_CHECK(sh, write(sv[0], "hello", 5) == 5);
	TARGET_CHECK(sh, !pipe(p) && !fcntl(p[0], F_SETOWN, getpid()));
	target_step(sh, 1);
	TARGET_CHECK(sh, !fstat(sv[0], &st) && st.st_uid == 5 && st.st_gid == 6);
	TARGET_CHECK(sh, recv_sender(sv[1], &cred));
	TARGET_CHECK(sh, cred.uid == 5 && cred.gid == 6 && cred.pid == getpid());
	TARGET_CHECK(sh, fcntl(p[0], F_GETOWN) == getpid());
}

TEST_F(userns, owners)
{
	ROUND_TRIP(&self->t, owners_target);
}

static void ranges_target(struct shared *sh)
{
	gid_t groups[] = { 3, 20 };
	int i, n, up[2], down[2], status;
	char map[512], c;
	pid_t child;

	TARGET_CHECK(sh, !pipe(up) && !pipe(down));
	child = fork();
	if (!child) {
		TARGET_CHECK(sh, !unshare(CLONE_NEWUSER));
		TARGET_CHECK(sh, write(up[1], "", 1) == 1);
		TARGET_CHECK(sh, read(down[0], &c, 1) == 1);
		close(up[0]);
		close(up[1]);
		close(down[0]);
		close(down[1]);
		TARGET_CHECK(sh, !setgroups(2, groups));
		TARGET_CHECK(sh, !setresgid(3, 4, 5));
		TARGET_CHECK(sh, !setresuid(20, 30, 40));
		target_step(sh, 1);
		{
			uid_t r, e, s;
			gid_t got[3];

			TARGET_CHECK(sh, !getresuid(&r, &e, &s) && r == 20 &&
				     e == 30 && s == 40);
			TARGET_CHECK(sh, !getresgid(&r, &e, &s) && r == 3 &&
				     e == 4 && s == 5);
			TARGET_CHECK(sh, getgroups(3, got) == 2 && got[0] == 3 &&
				     got[1] == 20);
			TARGET_CHECK(sh, has("projid_map", "0 0 1000\n"));
			TARGET_CHECK(sh, has("setgroups", "allow\n"));
		}
		_exit(0);
	}
	TARGET_CHECK(sh, read(up[0], &c, 1) == 1);
	for (i = n = 0; i < 8; i++)
		n += snprintf(map + n, sizeof(map) - n, "%d %d 5\n", (7 - i) * 10,
			      100000 + i * 100);
	TARGET_CHECK(sh, write_proc(child, "uid_map", map));
	TARGET_CHECK(sh, write_proc(child, "gid_map", "0 200000 100\n"));
	TARGET_CHECK(sh, write_proc(child, "projid_map", "0 0 1000\n"));
	TARGET_CHECK(sh, write(down[1], "", 1) == 1);
	close(up[0]);
	close(up[1]);
	close(down[0]);
	close(down[1]);
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	TARGET_CHECK(sh, getuid() == 0);
}

TEST_F(userns, ranges)
{
	ROUND_TRIP(&self->t, ranges_target);
}

/* One in the other; the inner one has no map yet. */
static void nested_target(struct shared *sh)
{
	int status;
	pid_t child;

	TARGET_CHECK(sh, !unshare(CLONE_NEWUSER));
	TARGET_CHECK(sh, write_proc(getpid(), "setgroups", "deny"));
	TARGET_CHECK(sh, write_proc(getpid(), "uid_map", "0 0 1\n"));
	TARGET_CHECK(sh, write_proc(getpid(), "gid_map", "0 0 1\n"));
	child = fork();
	if (!child) {
		TARGET_CHECK(sh, !unshare(CLONE_NEWUSER));
		TARGET_CHECK(sh, getuid() == 65534);
		target_step(sh, 1);
		TARGET_CHECK(sh, getuid() == 65534);
		TARGET_CHECK(sh, write_proc(getpid(), "uid_map", "77 0 1\n"));
		TARGET_CHECK(sh, getuid() == 77);
		TARGET_CHECK(sh, !unshare(CLONE_NEWUTS));
		_exit(0);
	}
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	TARGET_CHECK(sh, getuid() == 0);
}

TEST_F(userns, nested)
{
	ROUND_TRIP(&self->t, nested_target);
}

/* Groups from before, which have no number inside. */
static void leftover_target(struct shared *sh)
{
	gid_t groups[] = { 0, 50, 51 }, got[4];

	TARGET_CHECK(sh, !setgroups(3, groups));
	TARGET_CHECK(sh, !unshare(CLONE_NEWUSER));
	TARGET_CHECK(sh, write_proc(getpid(), "setgroups", "deny"));
	TARGET_CHECK(sh, write_proc(getpid(), "uid_map", "0 0 1\n"));
	TARGET_CHECK(sh, write_proc(getpid(), "gid_map", "0 0 1\n"));
	target_step(sh, 1);
	TARGET_CHECK(sh, getgroups(4, got) == 3 && got[0] == 0 &&
		     got[1] == 65534 && got[2] == 65534);
	TARGET_CHECK(sh, getuid() == 0);
}

TEST_F(userns, leftover_groups)
{
	ROUND_TRIP(&self->t, leftover_target);
}

static void limits_target(struct shared *sh)
{
	char buf[16] = "";
	int fd;

	TARGET_CHECK(sh, !unshare(CLONE_NEWUSER));
	TARGET_CHECK(sh, write_proc(getpid(), "setgroups", "deny"));
	TARGET_CHECK(sh, write_proc(getpid(), "uid_map", "0 0 1\n"));
	fd = open("/proc/sys/user/max_uts_namespaces", O_RDWR | O_CLOEXEC);
	TARGET_CHECK(sh, write(fd, "1", 1) == 1);
	close(fd);
	target_step(sh, 1);
	fd = open("/proc/sys/user/max_uts_namespaces", O_RDWR | O_CLOEXEC);
	TARGET_CHECK(sh, read(fd, buf, sizeof(buf)) > 0 && atoi(buf) == 1);
	close(fd);
	TARGET_CHECK(sh, !unshare(CLONE_NEWUTS));
	TARGET_CHECK(sh, unshare(CLONE_NEWUTS) && errno == ENOSPC);
}

TEST_F(userns, limits)
{
	ROUND_TRIP(&self->t, limits_target);
}

/* ---- a plain user, in a user and pid namespace of their own ---- */

static void guest_init(struct shared *sh)
{
	pid_t child;
	int status;

	while (!atomic_load(&sh->data[0]))
		nap_ms(2);
	TARGET_CHECK(sh, getuid() == 0 && getpid() == 1);
	TARGET_CHECK(sh, !sethostname("guest", 5));
	child = fork();
	if (!child) {
		char name[65] = "";

		target_step(sh, 1);
		TARGET_CHECK(sh, getuid() == 0 && getpid() == 2);
		TARGET_CHECK(sh, !gethostname(name, sizeof(name)) &&
			     !strcmp(name, "guest"));
		TARGET_CHECK(sh, !unshare(CLONE_NEWNS));
		_exit(0);
	}
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	TARGET_CHECK(sh, getuid() == 0 && getpid() == 1);
	TARGET_CHECK(sh, has("uid_map", "0 1000 1\n"));
}

static pid_t spawn_guest(struct ckpt_test *t)
{
	struct shared *sh = t->sh;
	pid_t pid = syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID |
			    CLONE_NEWUTS | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid)
		return pid;
	setsid();
	close_range(0, ~0U, 0);
	if (open("/dev/null", O_RDWR) || dup(0) != 1 || dup(0) != 2)
		_exit(99);
	drop_harness_memory();
	guest_init(sh);
	_exit(atomic_load(&sh->failed) ? 1 : 0);
}

static long checkpoint_container(struct ckpt_test *t, uint64_t flags)
{
	struct checkpoint_args args = {
		.flags		= flags,
		.pid		= t->pid,
		.pidfd		= -1,
		.image_fd	= t->image,
		.log_fd		= t->log,
		.parent_fd	= -1,
	};
	long ret;

	if (ftruncate(t->image, 0) || lseek(t->image, 0, SEEK_SET))
		return -errno;
	ret = sys_checkpoint(&args, sizeof(args));
	ret = ret < 0 ? -errno : ret;
	read_log(t);
	return ret;
}

static int guests_round_trip(struct ckpt_test *t)
{
	long ret;

	t->pid = spawn_guest(t);
	if (t->pid < 0)
		return 3;
	if (!write_proc(t->pid, "setgroups", "deny") ||
	    !write_proc(t->pid, "uid_map", "0 1000 1\n") ||
	    !write_proc(t->pid, "gid_map", "0 1000 1\n"))
		return 4;
	atomic_store(&t->sh->data[0], 1);
	if (!wait_step(t->sh, 1))
		return 5;
	nap_ms(10);
	ret = checkpoint_container(t, CHECKPOINT_KILL);
	if (ret < 0) {
		fprintf(stderr, "%s\n", t->msg);
		return 6;
	}
	waitpid(t->pid, NULL, __WALL);
	ret = do_restart(t, 0);
	if (ret < 0) {
		fprintf(stderr, "%s\n", t->msg);
		return 7;
	}
	atomic_store(&t->sh->go, 1);
	if (wait_exit(t->pid))
		return 8;
	if (!atomic_load(&t->sh->failed))
		return 0;
	fprintf(stderr, "line %d: %s\n", atomic_load(&t->sh->failed), t->sh->why);
	return 9;
}

/*
 * Files that root has opened, and be it by execve(), are root's for good. So the
 * plain user is another run of this program.
 */
static void __attribute__((constructor)) run_as_guest(void)
{
	struct ckpt_test t;

	if (!getenv("CKPT_TEST_GUEST"))
		return;
	unsetenv("CKPT_TEST_GUEST");
	if (!test_setup(&t))
		_exit(10);
	_exit(guests_round_trip(&t));
}

TEST_F(userns, plain_user)
{
	gid_t groups[] = { GUEST, 50 };
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		if (setgroups(2, groups) || setresgid(GUEST, GUEST, GUEST) ||
		    setresuid(GUEST, GUEST, GUEST))
			_exit(2);
		setenv("CKPT_TEST_GUEST", "1", 1);
		execl("/proc/self/exe", "userns_test", NULL);
		_exit(11);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

/* ---- no more than the caller could have ---- */

static void rich_target(struct shared *sh)
{
	pid_t child;
	char c;
	int up[2], down[2];

	TARGET_CHECK(sh, !pipe(up) && !pipe(down));
	child = fork();
	if (!child) {
		TARGET_CHECK(sh, !unshare(CLONE_NEWUSER));
		TARGET_CHECK(sh, write(up[1], "", 1) == 1);
		TARGET_CHECK(sh, read(down[0], &c, 1) == 1);
		_exit(0);
	}
	TARGET_CHECK(sh, read(up[0], &c, 1) == 1);
	TARGET_CHECK(sh, write_proc(child, "uid_map", "0 100000 1000\n"));
	TARGET_CHECK(sh, write_proc(child, "gid_map", "0 100000 1000\n"));
	target_step(sh, 1);
	TARGET_CHECK(sh, write(down[1], "", 1) == 1);
	waitpid(child, NULL, 0);
}

/* Try the image as @uid without capabilities. Return: the errno. */
static int restart_as(struct ckpt_test *t, uid_t uid)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setgroups(0, NULL) || setresgid(uid, uid, uid) ||
		    setresuid(uid, uid, uid))
			_exit(99);
		_exit(-do_restart(t, 0));
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WEXITSTATUS(status);
}

TEST_F(userns, map_not_permitted)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, rich_target));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	EXPECT_EQ(EPERM, restart_as(t, GUEST));
	ASSERT_LT(0, restart_killed(t))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
}

/* ---- shared with somebody outside ---- */

TEST_F(userns, shared_outside)
{
	struct ckpt_test *t = &self->t;
	char path[64];
	pid_t guest;
	int fd;

	t->pid = spawn_guest(t);
	ASSERT_LT(0, t->pid);
	ASSERT_TRUE(write_proc(t->pid, "uid_map", "0 0 1\n"));
	ASSERT_TRUE(write_proc(t->pid, "setgroups", "deny"));
	ASSERT_TRUE(write_proc(t->pid, "gid_map", "0 0 1\n"));
	atomic_store(&t->sh->data[0], 1);
	ASSERT_TRUE(wait_step(t->sh, 1));
	snprintf(path, sizeof(path), "/proc/%d/ns/user", t->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	guest = fork();
	if (!guest) {
		if (setns(fd, CLONE_NEWUSER))
			_exit(99);
		atomic_store(&t->sh->data[1], 1);
		pause();
	}
	close(fd);
	while (!atomic_load(&t->sh->data[1]))
		nap_ms(2);
	EXPECT_EQ(-EBUSY, checkpoint_container(t, 0));
	EXPECT_NE(NULL, strstr(t->msg, "user namespace: shared with task"))
		TH_LOG("%s", t->msg);
	kill(guest, SIGKILL);
	waitpid(guest, NULL, 0);
	kill(t->pid, SIGKILL);
	waitpid(t->pid, NULL, 0);
	t->pid = 0;
}

TEST_HARNESS_MAIN
