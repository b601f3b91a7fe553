// SPDX-License-Identifier: GPL-2.0
/*
 * Checkpoint/restart - mount namespaces other than the root task's
 *
 * The test is the coordinator: it supplies the namespaces that the target had, or
 * others like them.
 */
#include "common.h"
#include <linux/capability.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/un.h>

#define NR_NS_MAX	4

/* Where the targets mount something. */
static char place[128];

/* What is supplied; tests are processes of their own. */
static struct ckpt_external ext[NR_NS_MAX];
static char keys[NR_NS_MAX][32];

FIXTURE(mntns)
{
	struct ckpt_test t;
};

FIXTURE_SETUP(mntns)
{
	ASSERT_TRUE(test_setup(&self->t));
	snprintf(place, sizeof(place), "%s/place", self->t.dir);
	ASSERT_EQ(0, mkdir(place, 0755));
	self->t.ext = ext;
}

FIXTURE_TEARDOWN(mntns)
{
	unsigned int i;

	for (i = 0; i < self->t.nr_ext; i++)
		close(ext[i].fd);
	test_teardown(&self->t);
}

/* ---- targets ---- */

static int open_ns(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool own_mounts(void)
{
	return !unshare(CLONE_NEWNS) &&
	       !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static bool own_place(void)
{
	return own_mounts() && !mount("private", place, "tmpfs", 0, "mode=755");
}

static int open_name(const char *name, int flags)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s", place, name);
	return open(path, flags, 0600);
}

static bool has_text(int fd, const char *text)
{
	char buf[32] = {};

	return pread(fd, buf, sizeof(buf) - 1, 0) == (ssize_t)strlen(text) &&
	       !strcmp(buf, text);
}

/* What a task has of its own place, all by the same names. */
struct held {
	int fd;
	int fifo;
	int unlinked;
	int watch;
	int sock;
	char *map;
	char mounts[8192];
};

static bool read_mounts(char *buf, size_t size)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY);
	size_t n = 0;
	ssize_t ret;

	memset(buf, 0, size);
	while ((ret = read(fd, buf + n, size - 1 - n)) > 0)
		n += ret;
	close(fd);
	return n && n < size - 1;
}

static bool bind_socket(struct held *h)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	/* Too short a name for all of it: the working directory is there. */
	memcpy(addr.sun_path, "socket", 7);
	h->sock = socket(AF_UNIX, SOCK_DGRAM, 0);
	return h->sock >= 0 &&
	       !bind(h->sock, (struct sockaddr *)&addr, sizeof(addr));
}

static void take_hold(struct shared *sh, struct held *h, const char *text)
{
	char path[192];

	h->fd = open_name("file", O_RDWR | O_CREAT);
	TARGET_CHECK(sh, write(h->fd, text, strlen(text)) == (ssize_t)strlen(text));
	h->map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, h->fd, 0);
	TARGET_CHECK(sh, h->map != MAP_FAILED);
	snprintf(path, sizeof(path), "%s/dir", place);
	TARGET_CHECK(sh, !mkdir(path, 0700) && !chdir(path));
	TARGET_CHECK(sh, !mkfifo("fifo", 0600));
	h->fifo = open("fifo", O_RDWR);
	TARGET_CHECK(sh, write(h->fifo, text, strlen(text)) > 0);
	h->unlinked = open("gone", O_RDWR | O_CREAT, 0600);
	TARGET_CHECK(sh, !unlink("gone") && write(h->unlinked, text, strlen(text)) > 0);
	h->watch = inotify_init1(IN_NONBLOCK);
	TARGET_CHECK(sh, inotify_add_watch(h->watch, path, IN_CREATE) > 0);
	TARGET_CHECK(sh, bind_socket(h));
	TARGET_CHECK(sh, read_mounts(h->mounts, sizeof(h->mounts)));
}

static bool send_to_self(struct held *h, const char *text)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char buf[32] = {};

	memcpy(addr.sun_path, "socket", 7);
	return sendto(h->sock, text, strlen(text), 0, (struct sockaddr *)&addr,
		      sizeof(addr)) == (ssize_t)strlen(text) &&
	       recv(h->sock, buf, sizeof(buf), MSG_DONTWAIT) > 0 &&
	       !strcmp(buf, text);
}

static void check_hold(struct shared *sh, struct held *h, const char *text)
{
	char buf[512] = {}, dir[160];
	int fd;

	snprintf(dir, sizeof(dir), "%s/dir", place);
	TARGET_CHECK(sh, getcwd(buf, sizeof(buf)) && !strcmp(buf, dir));
	TARGET_CHECK(sh, has_text(h->fd, text));
	TARGET_CHECK(sh, !memcmp(h->map, text, strlen(text)));
	fd = open("../file", O_RDONLY);
	TARGET_CHECK(sh, has_text(fd, text));
	close(fd);
	fd = open_name("file", O_RDONLY);
	TARGET_CHECK(sh, has_text(fd, text));
	close(fd);
	memset(buf, 0, sizeof(buf));
	TARGET_CHECK(sh, read(h->fifo, buf, 32) == (ssize_t)strlen(text) &&
		     !strcmp(buf, text));
	TARGET_CHECK(sh, has_text(h->unlinked, text));
	TARGET_CHECK(sh, send_to_self(h, text));
	fd = open("new", O_RDWR | O_CREAT, 0600);
	TARGET_CHECK(sh, fd >= 0 && !close(fd) && !unlink("new"));
	TARGET_CHECK(sh, read(h->watch, buf, sizeof(buf)) > 0);
	/* Still one's own files: what is written can be seen through all of them. */
	TARGET_CHECK(sh, pwrite(h->fd, "changed", 7, 0) == 7);
	fd = open_name("file", O_RDONLY);
	TARGET_CHECK(sh, pread(fd, buf, 7, 0) == 7 && !memcmp(buf, "changed", 7));
	close(fd);
}

static void wait_go(struct shared *sh)
{
	while (!atomic_load(&sh->go))
		nap_ms(2);
}

static void in_own_place(struct shared *sh, const char *text)
{
	static struct held h;
	static char mounts[8192];

	TARGET_CHECK(sh, own_place());
	take_hold(sh, &h, text);
	atomic_fetch_add(&sh->ready, 1);
	wait_go(sh);
	check_hold(sh, &h, text);
	/* Of the same namespace, unless the test supplies another. */
	TARGET_CHECK(sh, read_mounts(mounts, sizeof(mounts)));
	TARGET_CHECK(sh, atomic_load(&sh->data[0]) || !strcmp(mounts, h.mounts));
}

static void two_target(struct shared *sh)
{
	int status, i;

	for (i = 0; i < 2; i++)
		if (!fork()) {
			in_own_place(sh, i ? "second" : "first");
			_exit(0);
		}
	/* Nothing of this is here. */
	TARGET_CHECK(sh, open_name("file", O_RDONLY) < 0);
	wait_go(sh);
	TARGET_CHECK(sh, open_name("file", O_RDONLY) < 0);
	while (wait(&status) > 0)
		TARGET_CHECK(sh, !status);
}

/* Files, root and working directory in one namespace, the task in another. */
static void moved_target(struct shared *sh)
{
	static struct held h;
	char name[16] = {};
	int status;
	pid_t stays;

	if (!fork()) {
		TARGET_CHECK(sh, own_place());
		take_hold(sh, &h, "old");
		stays = fork();
		if (!stays) {
			wait_go(sh);
			_exit(0);
		}
		/* The directories stay where they are. */
		TARGET_CHECK(sh, !unshare(CLONE_FS));
		TARGET_CHECK(sh, h.fd >= 0);
		{
			int dir = open(".", O_RDONLY | O_DIRECTORY);

			TARGET_CHECK(sh, own_place());
			TARGET_CHECK(sh, !fchdir(dir));
		}
		atomic_store(&sh->ready, 2);
		wait_go(sh);
		TARGET_CHECK(sh, has_text(h.fd, "old"));
		TARGET_CHECK(sh, open_name("file", O_RDONLY) < 0);
		status = open("../file", O_RDONLY);
		TARGET_CHECK(sh, has_text(status, "old"));
		TARGET_CHECK(sh, read(h.fifo, name, 15) == 3);
		waitpid(stays, NULL, 0);
		_exit(0);
	}
	wait_go(sh);
	while (wait(&status) > 0)
		TARGET_CHECK(sh, !status);
}

/* ---- the test as coordinator ---- */

/* The pids of the target's children and theirs, in @pids. */
static int find_children(pid_t pid, pid_t *pids, int nr)
{
	char path[64];
	int child;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "r");
	while (f && fscanf(f, "%d", &child) == 1) {
		pids[nr++] = child;
		nr = find_children(child, pids, nr);
	}
	if (f)
		fclose(f);
	return nr;
}

/* Objects of nested mount namespaces, in order. */
static unsigned int find_nested(struct ckpt_test *t, __u32 *ids)
{
	struct ckpt_hdr_ns h;
	unsigned int nr = 0;
	off_t pos = 0;

	while (pread(t->image, &h, sizeof(h.h), pos) == sizeof(h.h) && h.h.len) {
		if (h.h.type == CKPT_HDR_NS_MNT && nr < NR_NS_MAX &&
		    pread(t->image, &h, sizeof(h), pos) == sizeof(h) &&
		    !(h.flags & CKPT_NS_ROOT))
			ids[nr++] = h.h.id;
		pos += h.h.len;
	}
	return nr;
}

static void supply(struct ckpt_test *t, __u32 id, int fd)
{
	struct ckpt_external *e = &ext[t->nr_ext];
	char *key = keys[t->nr_ext++];

	snprintf(key, 32, "ns:%u", id);
	memset(e, 0, sizeof(*e));
	e->key = (uintptr_t)key;
	e->fd = fd;
}

/* Checkpoint at step @step; the namespaces of @nr tasks are kept. */
static void save(struct __test_metadata *_metadata, struct ckpt_test *t,
		 void (*fn)(struct shared *sh), int step, unsigned int nr)
{
	__u32 ids[NR_NS_MAX];
	int fds[NR_NS_MAX];
	struct stat st[NR_NS_MAX], own, now;
	pid_t pids[16];
	int i, nr_pids;
	unsigned int found = 0, j;

	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, step));
	nap_ms(20);
	ASSERT_EQ(0, stat("/proc/self/ns/mnt", &own));
	nr_pids = find_children(t->pid, pids, 0);
	for (i = 0; i < nr_pids; i++) {
		int fd = open_ns(pids[i], "mnt");

		ASSERT_EQ(0, fstat(fd, &now));
		for (j = 0; j < found; j++)
			if (st[j].st_ino == now.st_ino)
				break;
		if (j < found || now.st_ino == own.st_ino) {
			close(fd);
			continue;
		}
		ASSERT_GT(NR_NS_MAX, found);
		st[found] = now;
		fds[found++] = fd;
	}
	ASSERT_EQ(nr, found);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	ASSERT_EQ(nr, find_nested(t, ids));
	for (j = 0; j < nr; j++)
		supply(t, ids[j], fds[j]);
}

static void bring_back(struct __test_metadata *_metadata, struct ckpt_test *t)
{
	ASSERT_LT(0, restart_killed(t)) TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

TEST_F(mntns, two)
{
	save(_metadata, &self->t, two_target, 2, 2);
	bring_back(_metadata, &self->t);
}

TEST_F(mntns, moved)
{
	save(_metadata, &self->t, moved_target, 2, 2);
	bring_back(_metadata, &self->t);
}

/* A process that has made a namespace like that of the target. */
static pid_t make_like(bool (*make)(void), int *fd)
{
	int fds[2];
	pid_t pid;
	char c;

	if (pipe(fds))
		return -1;
	pid = fork();
	if (!pid) {
		c = make();
		if (write(fds[1], &c, 1) == 1)
			pause();
		_exit(1);
	}
	close(fds[1]);
	*fd = read(fds[0], &c, 1) == 1 && c ? open_ns(pid, "mnt") : -1;
	close(fds[0]);
	return pid;
}

/* Two new ones, in which the filesystems are empty. */
TEST_F(mntns, filled)
{
	unsigned int i;
	pid_t pid;
	int fd;

	save(_metadata, &self->t, two_target, 2, 2);
	for (i = 0; i < 2; i++) {
		pid = make_like(own_place, &fd);
		ASSERT_LE(0, fd);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(ext[i].fd);
		ext[i].fd = fd;
	}
	atomic_store(&self->t.sh->data[0], 1);
	bring_back(_metadata, &self->t);
}

/* One that has no such files: nothing is taken from elsewhere. */
TEST_F(mntns, other_files)
{
	int fd = open_ns(getpid(), "mnt");

	save(_metadata, &self->t, two_target, 2, 2);
	close(ext[1].fd);
	ext[1].fd = fd;
	EXPECT_EQ(-ESTALE, restart_killed(&self->t));
	EXPECT_NE(NULL, strstr(self->t.msg, "cannot be found"))
		TH_LOG("%s", self->t.msg);
}

TEST_F(mntns, missing)
{
	char text[80];

	save(_metadata, &self->t, two_target, 2, 2);
	snprintf(text, sizeof(text), "external resource \"%s\" is missing",
		 keys[1]);
	self->t.nr_ext = 1;
	EXPECT_EQ(-EINVAL, restart_killed(&self->t));
	EXPECT_NE(NULL, strstr(self->t.msg, text)) TH_LOG("%s", self->t.msg);
	self->t.nr_ext = 2;
}

TEST_F(mntns, other_type)
{
	save(_metadata, &self->t, two_target, 2, 2);
	close(ext[0].fd);
	ext[0].fd = open_ns(getpid(), "uts");
	EXPECT_EQ(-EINVAL, restart_killed(&self->t));
	EXPECT_NE(NULL, strstr(self->t.msg, "is a uts namespace"))
		TH_LOG("%s", self->t.msg);
}

static bool drop_cap(int cap)
{
	struct __user_cap_header_struct hdr = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &hdr, data))
		return false;
	data[cap / 32].effective &= ~(1U << cap % 32);
	return !syscall(SYS_capset, &hdr, data);
}

static long restart_without(struct ckpt_test *t, int cap)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (!drop_cap(cap))
			_exit(0);
		_exit(-restart_killed(t));
	}
	waitpid(pid, &status, 0);
	read_log(t);
	return -WEXITSTATUS(status);
}

/* What setns() asks for. */
TEST_F(mntns, no_right)
{
	save(_metadata, &self->t, two_target, 2, 2);
	EXPECT_EQ(-EPERM, restart_without(&self->t, CAP_SYS_CHROOT));
	EXPECT_EQ(-EPERM, restart_without(&self->t, CAP_SYS_ADMIN));
	bring_back(_metadata, &self->t);
}

static bool other_owner(void)
{
	return !unshare(CLONE_NEWUSER | CLONE_NEWNS) &&
	       !mount("private", place, "tmpfs", 0, "mode=755");
}

/* Of another user namespace: who is in that could do more to it. */
TEST_F(mntns, refused_owner)
{
	pid_t pid;
	int fd;

	save(_metadata, &self->t, two_target, 2, 2);
	pid = make_like(other_owner, &fd);
	ASSERT_LE(0, fd);
	close(ext[0].fd);
	ext[0].fd = fd;
	EXPECT_EQ(-EINVAL, restart_killed(&self->t));
	EXPECT_NE(NULL, strstr(self->t.msg, "its owner is not the user namespace"))
		TH_LOG("%s", self->t.msg);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* One that only a descriptor keeps, and a file in it. */
static void held_target(struct shared *sh)
{
	static char path[192];
	pid_t child = fork();
	int ns, fd, file;

	if (!child) {
		TARGET_CHECK(sh, own_place());
		fd = open_name("file", O_RDWR | O_CREAT);
		TARGET_CHECK(sh, write(fd, "held", 4) == 4);
		atomic_store(&sh->data[1], 1);
		pause();
	}
	while (!atomic_load(&sh->data[1]))
		nap_ms(1);
	ns = open_ns(child, "mnt");
	TARGET_CHECK(sh, dup2(ns, 10) == 10 && !close(ns));
	snprintf(path, sizeof(path), "/proc/%d/root%s/file", child, place);
	file = open(path, O_RDWR);
	TARGET_CHECK(sh, dup2(file, 11) == 11 && !close(file));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, has_text(11, "held"));
	TARGET_CHECK(sh, !setns(10, CLONE_NEWNS));
	fd = open_name("file", O_RDONLY);
	TARGET_CHECK(sh, has_text(fd, "held"));
}

TEST_F(mntns, held)
{
	__u32 ids[NR_NS_MAX];
	char path[64];
	int fd;

	ASSERT_LT(0, spawn(&self->t, held_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(20);
	snprintf(path, sizeof(path), "/proc/%d/fd/10", self->t.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	ASSERT_EQ(1, find_nested(&self->t, ids));
	supply(&self->t, ids[0], fd);
	bring_back(_metadata, &self->t);
}

/* The slave of a terminal, opened in another namespace than the master. */
static void slave_target(struct shared *sh)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave, status;
	char buf[8] = {};
	pid_t child;

	TARGET_CHECK(sh, master >= 0 && !grantpt(master) && !unlockpt(master));
	child = fork();
	if (!child) {
		TARGET_CHECK(sh, own_mounts());
		slave = open(ptsname(master), O_RDWR | O_NOCTTY);
		TARGET_CHECK(sh, slave >= 0);
		close(master);
		target_step(sh, 1);
		TARGET_CHECK(sh, write(slave, "text", 4) == 4);
		_exit(0);
	}
	TARGET_CHECK(sh, read(master, buf, 4) == 4 && !strcmp(buf, "text"));
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
}

TEST_F(mntns, slave)
{
	save(_metadata, &self->t, slave_target, 1, 1);
	bring_back(_metadata, &self->t);
}

/* ---- refused at checkpoint ---- */

static void open_master(struct shared *sh)
{
	TARGET_CHECK(sh, own_mounts());
	TARGET_CHECK(sh, posix_openpt(O_RDWR | O_NOCTTY) >= 0);
	target_step(sh, 1);
}

static void master_target(struct shared *sh)
{
	in_child(sh, open_master);
}

TEST_F(mntns, refused_master)
{
	REFUSED(&self->t, master_target, EOPNOTSUPP,
		"in a mount namespace other than the root task's");
}

static void shared_target(struct shared *sh)
{
	pid_t child = fork();

	if (!child) {
		TARGET_CHECK(sh, own_place());
		target_step(sh, 1);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

TEST_F(mntns, refused_shared)
{
	pid_t pids[16], pid;
	int fd;

	ASSERT_LT(0, spawn(&self->t, shared_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	ASSERT_EQ(1, find_children(self->t.pid, pids, 0));
	fd = open_ns(pids[0], "mnt");
	pid = fork();
	if (!pid) {
		setns(fd, CLONE_NEWNS);
		atomic_store(&self->t.sh->ready, 2);
		pause();
	}
	close(fd);
	ASSERT_TRUE(wait_step(self->t.sh, 2));
	EXPECT_EQ(-EBUSY, do_checkpoint(&self->t, 0));
	EXPECT_NE(NULL, strstr(self->t.msg, "mnt namespace: shared with task"))
		TH_LOG("%s", self->t.msg);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	atomic_store(&self->t.sh->go, 1 << 20);
	wait_verified(_metadata, &self->t);
}

/* A file in a namespace that is nobody's any more has no name. */
static void gone_target(struct shared *sh)
{
	int fd;

	TARGET_CHECK(sh, own_place());
	fd = open_name("file", O_RDWR | O_CREAT);
	TARGET_CHECK(sh, fd >= 0);
	TARGET_CHECK(sh, !unshare(CLONE_NEWNS));
	target_step(sh, 1);
}

TEST_F(mntns, refused_gone)
{
	REFUSED(&self->t, gone_target, EOPNOTSUPP, "");
}

/* A proc filesystem of process ids that are not the tree's. */
static void mount_foreign_proc(struct shared *sh)
{
	int status;
	pid_t pid;

	TARGET_CHECK(sh, own_mounts());
	pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
	if (!pid)
		_exit(mount("proc", place, "proc", 0, NULL));
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	target_step(sh, 1);
}

static void foreign_proc_target(struct shared *sh)
{
	in_child(sh, mount_foreign_proc);
}

TEST_F(mntns, refused_foreign_proc)
{
	REFUSED(&self->t, foreign_proc_target, EOPNOTSUPP,
		"proc filesystem of a namespace in which no task of the tree is");
}

/* The other end of a connection is named by its address alone. */
static void connected_target(struct shared *sh)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "s" };
	pid_t child = fork();
	int a, b;

	if (!child) {
		TARGET_CHECK(sh, own_place() && !chdir(place));
		a = socket(AF_UNIX, SOCK_DGRAM, 0);
		b = socket(AF_UNIX, SOCK_DGRAM, 0);
		TARGET_CHECK(sh, !bind(a, (struct sockaddr *)&addr, sizeof(addr)));
		TARGET_CHECK(sh, !connect(b, (struct sockaddr *)&addr,
					  sizeof(addr)));
		target_step(sh, 1);
		TARGET_CHECK(sh, write(b, "text", 4) == 4);
		TARGET_CHECK(sh, recv(a, &addr, 4, MSG_DONTWAIT) == 4);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

TEST_F(mntns, connected)
{
	save(_metadata, &self->t, connected_target, 1, 1);
	bring_back(_metadata, &self->t);
}

/* ---- locks, as a coordinator restores them ---- */

/* Not in all versions of <sys/mount.h>. */
enum { LOCK_MOUNT = 0x01000000, LOCK_ATTRS = 0x02000000 };

static int set_attr(__u64 set, __u64 clr)
{
	struct mount_attr attr = { .attr_set = set, .attr_clr = clr };

	return syscall(SYS_mount_setattr, AT_FDCWD, place, 0, &attr,
		       sizeof(attr)) ? errno : 0;
}

/* A tmpfs in a namespace of our own, which go_home() leaves. */
static int home;

static bool own_tmpfs(void)
{
	home = open_ns(getpid(), "mnt");
	return home >= 0 && own_mounts() &&
	       !mount("place", place, "tmpfs", MS_NOSUID | MS_NODEV, NULL);
}

static bool go_home(void)
{
	return !setns(home, CLONE_NEWNS);
}

TEST_F(mntns, lock_place)
{
	ASSERT_TRUE(own_tmpfs());
	ASSERT_EQ(0, set_attr(LOCK_MOUNT, 0));
	EXPECT_EQ(-1, umount(place));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, set_attr(0, MOUNT_ATTR_NODEV));
	EXPECT_EQ(EINVAL, set_attr(0, LOCK_MOUNT));
	/* What is over it says nothing about it. */
	ASSERT_EQ(0, mount("over", place, "tmpfs", 0, NULL));
	EXPECT_EQ(0, umount(place));
	ASSERT_TRUE(go_home());
}

TEST_F(mntns, lock_attributes)
{
	ASSERT_TRUE(own_tmpfs());
	/* Those that are named, and no others. */
	ASSERT_EQ(0, set_attr(LOCK_ATTRS | MOUNT_ATTR_NOSUID, 0));
	EXPECT_EQ(EPERM, set_attr(0, MOUNT_ATTR_NOSUID));
	EXPECT_EQ(0, set_attr(0, MOUNT_ATTR_NODEV));
	EXPECT_EQ(0, set_attr(MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME));
	ASSERT_EQ(0, set_attr(LOCK_ATTRS | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC |
			      MOUNT_ATTR_NODEV, 0));
	EXPECT_EQ(EPERM, set_attr(0, MOUNT_ATTR_RDONLY));
	EXPECT_EQ(EPERM, set_attr(0, MOUNT_ATTR_NOEXEC));
	EXPECT_EQ(EPERM, set_attr(0, MOUNT_ATTR_NODEV));
	ASSERT_EQ(0, set_attr(LOCK_ATTRS | MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME));
	EXPECT_EQ(EPERM, set_attr(MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME));
	EXPECT_EQ(EINVAL, set_attr(0, LOCK_ATTRS));
	EXPECT_EQ(0, umount(place));
	ASSERT_TRUE(go_home());
}

TEST_F(mntns, lock_without_right)
{
	int status;
	pid_t pid;

	ASSERT_TRUE(own_tmpfs());
	pid = fork();
	if (!pid)
		_exit(setresuid(1000, 1000, 1000) ? 1 : set_attr(LOCK_MOUNT, 0));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(EPERM, WEXITSTATUS(status));
	EXPECT_EQ(0, umount(place));
	ASSERT_TRUE(go_home());
}

TEST_HARNESS_MAIN
