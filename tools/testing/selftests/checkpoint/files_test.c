// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - descriptor tables, open files, root and working directory
 */
#include <dirent.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "common.h"

/* Of the test that runs; targets have their own copy, restarted ones as well. */
static char dir[64];

static const char *in_dir(const char *name)
{
	static char path[2][160];
	static int i;

	i = !i;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static int make_file(const char *name, const char *text)
{
	int fd = open(in_dir(name), O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd >= 0 && write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return -1;
	return fd;
}

static off_t pos_of(int fd)
{
	return lseek(fd, 0, SEEK_CUR);
}

static bool reads(int fd, const char *text)
{
	char buf[64] = "";

	return read(fd, buf, strlen(text)) == (ssize_t)strlen(text) &&
	       !strcmp(buf, text);
}

FIXTURE(files) {
	struct ckpt_test t;
};

FIXTURE_SETUP(files)
{
	ASSERT_TRUE(test_setup(&self->t));
	strcpy(dir, self->t.dir);
}

FIXTURE_TEARDOWN(files)
{
	test_teardown(&self->t);
}

/* ---- round trips ---- */

static void regular(struct shared *sh)
{
	int fd = make_file("file", "0123456789");
	int ro = open(in_dir("file"), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int append = open(in_dir("journal"), O_WRONLY | O_APPEND | O_CREAT, 0600);
	int copy = dup(fd);

	TARGET_CHECK(sh, fd == 3 && ro == 4 && append == 5 && copy == 6);
	TARGET_CHECK(sh, lseek(fd, 3, SEEK_SET) == 3);
	TARGET_CHECK(sh, write(append, "abc", 3) == 3);
	target_step(sh, 1);
	TARGET_CHECK(sh, pos_of(fd) == 3 && pos_of(ro) == 0);
	TARGET_CHECK(sh, fcntl(fd, F_GETFL) == (O_RDWR | O_LARGEFILE | 0100000));
	TARGET_CHECK(sh, fcntl(ro, F_GETFL) & O_NONBLOCK);
	TARGET_CHECK(sh, fcntl(ro, F_GETFD) == FD_CLOEXEC);
	TARGET_CHECK(sh, fcntl(fd, F_GETFD) == 0);
	TARGET_CHECK(sh, write(ro, "x", 1) == -1 && errno == EBADF);
	TARGET_CHECK(sh, reads(fd, "345"));
	/* Shared by dup(), and not shared by another open(). */
	TARGET_CHECK(sh, pos_of(copy) == 6 && pos_of(ro) == 0);
	TARGET_CHECK(sh, write(append, "def", 3) == 3);
	TARGET_CHECK(sh, pos_of(append) == 6);
	TARGET_CHECK(sh, open("/dev/null", O_RDONLY) == 7);
}

TEST_F(files, regular)
{
	ROUND_TRIP(&self->t, regular);
}

static void shared_by_fork(struct shared *sh)
{
	int fd = make_file("file", "0123456789");
	int status;
	pid_t pid;

	TARGET_CHECK(sh, lseek(fd, 2, SEEK_SET) == 2);
	pid = fork();
	if (!pid) {
		while (!atomic_load(&sh->go))
			nap_ms(2);
		_exit(reads(fd, "234") ? 0 : 1);
	}
	target_step(sh, 1);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	TARGET_CHECK(sh, pos_of(fd) == 5);
}

TEST_F(files, shared_by_fork)
{
	ROUND_TRIP(&self->t, shared_by_fork);
}

static void devices(struct shared *sh)
{
	int zero = open("/dev/zero", O_RDWR);
	int full = open("/dev/full", O_WRONLY);
	int urandom = open("/dev/urandom", O_RDONLY);
	char buf[4] = "xxx";

	target_step(sh, 1);
	TARGET_CHECK(sh, write(0, "x", 1) == 1 && read(0, buf, 1) == 0);
	TARGET_CHECK(sh, read(zero, buf, 4) == 4 && !buf[0] && !buf[3]);
	TARGET_CHECK(sh, write(full, "x", 1) == -1 && errno == ENOSPC);
	TARGET_CHECK(sh, read(urandom, buf, 4) == 4);
}

TEST_F(files, devices)
{
	ROUND_TRIP(&self->t, devices);
}

static void by_name_only(struct shared *sh)
{
	struct stat a, b;
	int fd;

	TARGET_CHECK(sh, !symlink("nowhere", in_dir("link")));
	TARGET_CHECK(sh, !stat("/", &a));
	fd = open("/", O_PATH | O_DIRECTORY);
	TARGET_CHECK(sh, fd == 3);
	TARGET_CHECK(sh, open(in_dir("link"), O_PATH | O_NOFOLLOW) == 4);
	target_step(sh, 1);
	TARGET_CHECK(sh, !fstat(3, &b) && a.st_ino == b.st_ino);
	TARGET_CHECK(sh, fcntl(3, F_GETFL) & O_PATH);
	TARGET_CHECK(sh, !fstat(4, &b) && S_ISLNK(b.st_mode));
	TARGET_CHECK(sh, read(3, &a, 1) == -1 && errno == EBADF);
}

TEST_F(files, by_name_only)
{
	ROUND_TRIP(&self->t, by_name_only);
}

static void directory(struct shared *sh)
{
	char buf[4096];
	long a, b;
	off_t pos;
	int fd, i;

	for (i = 0; i < 20; i++) {
		char name[16];

		snprintf(name, sizeof(name), "entry%d", i);
		close(make_file(name, ""));
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	a = syscall(SYS_getdents64, fd, buf, 100);
	TARGET_CHECK(sh, a > 0);
	pos = pos_of(fd);
	target_step(sh, 1);
	TARGET_CHECK(sh, pos_of(fd) == pos);
	b = syscall(SYS_getdents64, fd, buf, sizeof(buf));
	TARGET_CHECK(sh, b > 0 && b < (long)sizeof(buf));
	TARGET_CHECK(sh, !syscall(SYS_getdents64, fd, buf, sizeof(buf)));
}

TEST_F(files, directory)
{
	ROUND_TRIP(&self->t, directory);
}

static void cwd_and_umask(struct shared *sh)
{
	char buf[128];
	int fd;

	TARGET_CHECK(sh, !mkdir(in_dir("sub"), 0755) && !chdir(in_dir("sub")));
	umask(027);
	target_step(sh, 1);
	TARGET_CHECK(sh, getcwd(buf, sizeof(buf)) && !strcmp(buf, in_dir("sub")));
	TARGET_CHECK(sh, umask(022) == 027);
	fd = open("new", O_RDWR | O_CREAT, 0600);
	TARGET_CHECK(sh, fd == 3 && !access(in_dir("sub/new"), F_OK));
}

TEST_F(files, cwd_and_umask)
{
	ROUND_TRIP(&self->t, cwd_and_umask);
}

static void chrooted(struct shared *sh)
{
	close(make_file("inside", "in"));
	TARGET_CHECK(sh, !chroot(dir) && !chdir("/"));
	TARGET_CHECK(sh, open("/inside", O_RDONLY) == 3);
	target_step(sh, 1);
	TARGET_CHECK(sh, !access("/inside", F_OK) && access("/proc", F_OK));
	TARGET_CHECK(sh, reads(3, "in"));
}

static void has_chrooted_child(struct shared *sh)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		chrooted(sh);
		_exit(0);
	}
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	TARGET_CHECK(sh, !access("/proc", F_OK));
}

TEST_F(files, chroot)
{
	if (geteuid())
		SKIP(return, "chroot() takes a privilege");
	ROUND_TRIP(&self->t, has_chrooted_child);
}

#define MANY	5000

static void many(struct shared *sh)
{
	struct rlimit limit = { 65536, 65536 };
	int i;

	TARGET_CHECK(sh, !setrlimit(RLIMIT_NOFILE, &limit));
	for (i = 3; i < MANY; i++)
		TARGET_CHECK(sh, dup(0) == i);
	TARGET_CHECK(sh, dup2(0, 60000) == 60000);
	TARGET_CHECK(sh, !close(100));
	/* Descriptors over the limit stay. */
	limit.rlim_cur = 1000;
	TARGET_CHECK(sh, !setrlimit(RLIMIT_NOFILE, &limit));
	target_step(sh, 1);
	for (i = 0; i < MANY; i++)
		TARGET_CHECK(sh, (fcntl(i, F_GETFD) == 0) == (i != 100));
	TARGET_CHECK(sh, fcntl(60000, F_GETFD) == 0);
	TARGET_CHECK(sh, fcntl(MANY, F_GETFD) == -1);
	TARGET_CHECK(sh, dup(0) == 100);
	TARGET_CHECK(sh, dup(0) == -1 && errno == EMFILE);
}

TEST_F(files, many)
{
	if (geteuid())
		SKIP(return, "raising the limit takes a privilege");
	ROUND_TRIP(&self->t, many);
}

static int clone_files_child(void *arg)
{
	struct shared *sh = arg;

	while (!atomic_load(&sh->go))
		nap_ms(2);
	/* Both use one table: the parent will see it. */
	return dup2(0, 77) == 77 && !chdir("/") ? 0 : 1;
}

static void clone_files(struct shared *sh)
{
	static char stack[65536] __attribute__((aligned(16)));
	char buf[64];
	int status;
	pid_t pid;

	TARGET_CHECK(sh, !chdir(dir));
	pid = clone(clone_files_child, stack + sizeof(stack),
		    CLONE_FILES | CLONE_FS | SIGCHLD, sh);
	TARGET_CHECK(sh, pid > 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	TARGET_CHECK(sh, fcntl(77, F_GETFD) == 0);
	TARGET_CHECK(sh, getcwd(buf, sizeof(buf)) && !strcmp(buf, "/"));
}

TEST_F(files, clone_files)
{
	ROUND_TRIP(&self->t, clone_files);
}

/* ---- files without a name ---- */

static void unlinked(struct shared *sh)
{
	int fd = make_file("gone", "0123456789");
	int ro = open(in_dir("gone"), O_RDONLY);
	int tmp = open(dir, O_TMPFILE | O_RDWR, 0640);
	char proc[32];
	struct stat st;

	TARGET_CHECK(sh, !unlink(in_dir("gone")));
	TARGET_CHECK(sh, pwrite(fd, "end", 3, 10 << 20) == 3);
	TARGET_CHECK(sh, lseek(fd, 4, SEEK_SET) == 4);
	TARGET_CHECK(sh, tmp >= 0 && write(tmp, "tmp", 3) == 3);
	target_step(sh, 1);
	TARGET_CHECK(sh, !fstat(fd, &st) && !st.st_nlink);
	TARGET_CHECK(sh, st.st_size == (10 << 20) + 3 && st.st_blocks < 1000);
	TARGET_CHECK(sh, (st.st_mode & 07777) == 0644);
	TARGET_CHECK(sh, reads(fd, "456") && reads(ro, "0123"));
	TARGET_CHECK(sh, lseek(ro, 10 << 20, SEEK_SET) > 0 && reads(ro, "end"));
	/* One file, opened twice. */
	TARGET_CHECK(sh, pwrite(fd, "new", 3, 0) == 3);
	TARGET_CHECK(sh, lseek(ro, 0, SEEK_SET) == 0 && reads(ro, "new3"));
	TARGET_CHECK(sh, pos_of(tmp) == 3 && !lseek(tmp, 0, SEEK_SET));
	TARGET_CHECK(sh, reads(tmp, "tmp"));
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", tmp);
	TARGET_CHECK(sh, !linkat(AT_FDCWD, proc, AT_FDCWD, in_dir("name"),
				 AT_SYMLINK_FOLLOW));
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	TARGET_CHECK(sh, linkat(AT_FDCWD, proc, AT_FDCWD, in_dir("name2"),
				AT_SYMLINK_FOLLOW) == -1 && errno == ENOENT);
}

TEST_F(files, unlinked)
{
	ROUND_TRIP(&self->t, unlinked);
}

static void memfd(struct shared *sh)
{
	int fd = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int sealed = memfd_create("sealed", MFD_ALLOW_SEALING);
	int write_seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	char link[64] = "", *map;

	TARGET_CHECK(sh, !ftruncate(fd, 100000));
	map = mmap(NULL, 100000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	TARGET_CHECK(sh, map != MAP_FAILED);
	strcpy(map + 70000, "mapped");
	TARGET_CHECK(sh, write(sealed, "fixed", 5) == 5);
	TARGET_CHECK(sh, !fcntl(sealed, F_ADD_SEALS, write_seals));
	target_step(sh, 1);
	TARGET_CHECK(sh, readlink("/proc/self/fd/3", link, 60) > 0);
	TARGET_CHECK(sh, !strncmp(link, "/memfd:name", 11));
	TARGET_CHECK(sh, fcntl(fd, F_GET_SEALS) == 0);
	TARGET_CHECK(sh, fcntl(fd, F_GETFD) == FD_CLOEXEC);
	TARGET_CHECK(sh, !strcmp(map + 70000, "mapped"));
	TARGET_CHECK(sh, lseek(fd, 70000, SEEK_SET) == 70000 && reads(fd, "mapped"));
	TARGET_CHECK(sh, pwrite(fd, "M", 1, 70000) == 1 && map[70000] == 'M');
	TARGET_CHECK(sh, fcntl(sealed, F_GET_SEALS) == write_seals);
	TARGET_CHECK(sh, pwrite(sealed, "x", 1, 0) == -1 && errno == EPERM);
	TARGET_CHECK(sh, !lseek(sealed, 0, SEEK_SET) && reads(sealed, "fixed"));
}

static int set_memfd_noexec(const char *value)
{
	int fd = open("/proc/sys/vm/memfd_noexec", O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, value, 1);

	close(fd);
	return n == 1 ? 0 : -1;
}

static void executable_memfd(struct shared *sh)
{
	int fd = memfd_create("name", MFD_CLOEXEC);

	TARGET_CHECK(sh, fd >= 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, !close(fd));
}

/* What memfd_create() would not make. */
TEST_F(files, refuse_executable_memfd)
{
	struct ckpt_test *t = &self->t;
	int ret;

	ASSERT_LT(0, spawn(t, executable_memfd));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(1, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	if (set_memfd_noexec("2"))
		SKIP(return, "no vm.memfd_noexec");
	ret = do_restart(t, 0);
	set_memfd_noexec("0");
	EXPECT_EQ(-EACCES, ret);
	EXPECT_NE(NULL, strstr(t->msg, "memfd_noexec")) TH_LOG("%s", t->msg);
	t->pid = 0;
}

TEST_F(files, memfd)
{
	ROUND_TRIP(&self->t, memfd);
}

static bool copy_program(const char *from, const char *to)
{
	char buf[65536];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT, 0755);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			return false;
	return !n && !close(in) && !close(out);
}

/* Such as a daemon after an upgrade. */
static void deleted_program(struct shared *sh)
{
	char proc[32], link[256] = "";
	int status;
	pid_t pid;

	TARGET_CHECK(sh, copy_program("/bin/sleep", in_dir("program")));
	pid = fork();
	if (!pid) {
		execl(in_dir("program"), "program", "1000", NULL);
		_exit(1);
	}
	nap_ms(200);
	TARGET_CHECK(sh, !unlink(in_dir("program")));
	snprintf(proc, sizeof(proc), "/proc/%d/exe", pid);
	target_step(sh, 1);
	TARGET_CHECK(sh, readlink(proc, link, sizeof(link) - 1) > 0);
	TARGET_CHECK(sh, strstr(link, " (deleted)"));
	TARGET_CHECK(sh, !kill(pid, SIGTERM));
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && status == SIGTERM);
}

TEST_F(files, deleted_program)
{
	ROUND_TRIP(&self->t, deleted_program);
}

/* ---- refused at checkpoint ---- */

static void has_socket(struct shared *sh)
{
	TARGET_CHECK(sh, socket(AF_PACKET, SOCK_DGRAM, 0) == 3);
	target_step(sh, 1);
}

static void has_userfaultfd(struct shared *sh)
{
	TARGET_CHECK(sh, syscall(__NR_userfaultfd, O_CLOEXEC) == 3);
	target_step(sh, 1);
}

static void has_terminal(struct shared *sh)
{
	TARGET_CHECK(sh, posix_openpt(O_RDWR | O_NOCTTY) == 3);
	target_step(sh, 1);
}

static void has_owner(struct shared *sh)
{
	TARGET_CHECK(sh, !fcntl(make_file("file", "x"), F_SETOWN, getpid()));
	target_step(sh, 1);
}

static void watches_directory(struct shared *sh)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY);

	TARGET_CHECK(sh, !fcntl(fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
	target_step(sh, 1);
}

static void renamed_over(struct shared *sh)
{
	TARGET_CHECK(sh, make_file("file", "x") == 3);
	close(make_file("other", "y"));
	TARGET_CHECK(sh, !link(in_dir("file"), in_dir("second")));
	TARGET_CHECK(sh, !rename(in_dir("other"), in_dir("file")));
	target_step(sh, 1);
}

static void deleted_cwd(struct shared *sh)
{
	TARGET_CHECK(sh, !mkdir(in_dir("sub"), 0755) && !chdir(in_dir("sub")));
	TARGET_CHECK(sh, !rmdir(in_dir("sub")));
	target_step(sh, 1);
}

TEST_F(files, refused_socket)
{
	REFUSED(&self->t, has_socket, EOPNOTSUPP, "fd 3: ");
}

TEST_F(files, refused_anon)
{
	REFUSED(&self->t, has_userfaultfd, EOPNOTSUPP, "fd 3: anon_inode:[userfaultfd]");
}

TEST_F(files, refused_terminal)
{
	REFUSED(&self->t, has_terminal, EOPNOTSUPP, "is a terminal");
}

TEST_F(files, refused_owner)
{
	REFUSED(&self->t, has_owner, EOPNOTSUPP, "F_SETOWN");
}

TEST_F(files, refused_watch)
{
	REFUSED(&self->t, watches_directory, EOPNOTSUPP, "F_NOTIFY");
}

TEST_F(files, refused_renamed_over)
{
	REFUSED(&self->t, renamed_over, EOPNOTSUPP, "another one");
}

TEST_F(files, refused_deleted_cwd)
{
	REFUSED(&self->t, deleted_cwd, EOPNOTSUPP, "working directory: ");
}

/* ---- stale at restart ---- */

static void has_file(struct shared *sh)
{
	int fd = make_file("file", "0123456789");

	TARGET_CHECK(sh, open(in_dir("file"), O_RDONLY) == 4 && !close(fd));
	TARGET_CHECK(sh, !dup2(4, 3) || !close(4));
	target_step(sh, 1);
	TARGET_CHECK(sh, reads(3, "0123456789"));
}

static void has_log(struct shared *sh)
{
	close(make_file("file", "0123456789"));
	TARGET_CHECK(sh, open(in_dir("file"), O_WRONLY | O_APPEND) == 3);
	target_step(sh, 1);
	TARGET_CHECK(sh, write(3, "x", 1) == 1);
}

#define STALE(t, fn, change, text) do {					\
	struct ckpt_test *__t = (t);					\
									\
	ASSERT_LT(0, spawn(__t, fn));					\
	ASSERT_TRUE(wait_step(__t->sh, 1));				\
	nap_ms(10);							\
	ASSERT_LT(0, do_checkpoint(__t, CHECKPOINT_KILL))			\
		TH_LOG("%s", __t->msg);					\
	ASSERT_EQ(0, change);						\
	ASSERT_EQ(-ESTALE, do_restart(__t, 0))				\
		TH_LOG("%s", __t->msg);					\
	ASSERT_NE(NULL, strstr(__t->msg, text))				\
		TH_LOG("%s", __t->msg);					\
	ASSERT_NE(NULL, strstr(__t->msg, in_dir("file")))		\
		TH_LOG("%s", __t->msg);					\
} while (0)

static int replace(void)
{
	int fd = make_file("new", "abcdefghij");

	return close(fd) ?: rename(in_dir("new"), in_dir("file"));
}

TEST_F(files, stale_missing)
{
	STALE(&self->t, has_file, unlink(in_dir("file")), "cannot be found");
}

TEST_F(files, stale_truncated)
{
	STALE(&self->t, has_file, truncate(in_dir("file"), 9), "size was 10, now it is 9");
}

TEST_F(files, stale_grown)
{
	STALE(&self->t, has_file, truncate(in_dir("file"), 11), "size was 10, now it is 11");
}

TEST_F(files, stale_chmod)
{
	STALE(&self->t, has_file, chmod(in_dir("file"), 0600), "permissions");
}

TEST_F(files, stale_replaced)
{
	STALE(&self->t, has_file, replace(), "was");
}

TEST_F(files, stale_log)
{
	STALE(&self->t, has_log, truncate(in_dir("file"), 9), "size was 10, now it is 9");
}

TEST_F(files, grown_log)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, has_log));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	ASSERT_EQ(0, truncate(in_dir("file"), 100));
	ASSERT_LT(0, do_restart(t, 0))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	ASSERT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
}

/* ---- external ---- */

static int outside;

static void has_external(struct shared *sh)
{
	int fd = open("/proc/self/status", O_RDONLY);

	TARGET_CHECK(sh, fd == 3);
	target_step(sh, 1);
	TARGET_CHECK(sh, reads(3, "replacement"));
}

TEST_F(files, external)
{
	struct ckpt_test *t = &self->t;
	struct ckpt_external ext = { .key = (uintptr_t)"status" };
	char path[64];

	ASSERT_LT(0, spawn(t, has_external));
	ASSERT_TRUE(wait_step(t->sh, 1));
	snprintf(path, sizeof(path), "/proc/%d/status", t->pid);
	outside = open(path, O_RDONLY);
	ASSERT_LE(0, outside);
	ext.fd = outside;
	t->ext = &ext;
	t->nr_ext = 1;
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	close(outside);

	t->nr_ext = 0;
	ASSERT_EQ(-EINVAL, do_restart(t, 0));
	ASSERT_NE(NULL, strstr(t->msg, "\"status\" is missing"))
		TH_LOG("%s", t->msg);

	outside = make_file("replacement", "replacement");
	ASSERT_EQ(0, lseek(outside, 0, SEEK_SET));
	ext.fd = outside;
	t->nr_ext = 1;
	ASSERT_LT(0, do_restart(t, 0))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	ASSERT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
	close(outside);
}

/* Terminals: one that is passed, opened by its own name. */
static char terminal[64];

static void has_external_terminal(struct shared *sh)
{
	TARGET_CHECK(sh, open(terminal, O_RDWR | O_NOCTTY) == 3);
	target_step(sh, 1);
	TARGET_CHECK(sh, write(3, "after\n", 6) == 6);
}

TEST_F(files, external_terminal)
{
	struct ckpt_test *t = &self->t;
	struct ckpt_external ext = { .key = (uintptr_t)"terminal" };
	int ptm = posix_openpt(O_RDWR | O_NOCTTY), pts;
	char buf[64] = "";

	ASSERT_LE(0, ptm);
	ASSERT_EQ(0, unlockpt(ptm));
	strcpy(terminal, ptsname(ptm));
	pts = open(terminal, O_RDWR | O_NOCTTY);
	ASSERT_LE(0, pts);
	ASSERT_LT(0, spawn(t, has_external_terminal));
	ASSERT_TRUE(wait_step(t->sh, 1));
	/* The master is another terminal, though the same inode as others. */
	ext.fd = ptm;
	t->ext = &ext;
	t->nr_ext = 1;
	ASSERT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
	ASSERT_NE(NULL, strstr(t->msg, "is a terminal"))
		TH_LOG("%s", t->msg);
	ext.fd = pts;
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	ASSERT_LT(0, do_restart(t, 0))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	ASSERT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
	ASSERT_LT(0, read(ptm, buf, sizeof(buf)));
	ASSERT_EQ(0, strncmp(buf, "after", 5));
	close(pts);
	close(ptm);
}

/* ---- scale ---- */

#define HUGE	300000

static void huge_table(struct shared *sh)
{
	struct rlimit limit = { HUGE, HUGE };
	int i;

	TARGET_CHECK(sh, !setrlimit(RLIMIT_NOFILE, &limit));
	for (i = 3; i < HUGE; i++)
		if (dup(0) != i)
			break;
	TARGET_CHECK(sh, i == HUGE);
	target_step(sh, 1);
	for (i = 0; i < HUGE; i++)
		if (fcntl(i, F_GETFD))
			break;
	TARGET_CHECK(sh, i == HUGE);
}

TEST_F(files, huge_table)
{
	if (geteuid())
		SKIP(return, "raising the limit takes a privilege");
	ROUND_TRIP(&self->t, huge_table);
}

/* ---- shared with tasks outside of the tree ---- */

/* A descriptor of the target's, in the test, too. */
static int take_fd(pid_t pid, int fd)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	int ret = syscall(SYS_pidfd_getfd, pidfd, fd, 0);

	close(pidfd);
	return ret;
}

static void has_position(struct shared *sh)
{
	TARGET_CHECK(sh, make_file("file", "0123456789") == 3);
	target_step(sh, 1);
}

TEST_F(files, outside_position)
{
	struct ckpt_test *t = &self->t;
	int fd;

	ASSERT_LT(0, spawn(t, has_position));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(1, do_checkpoint(t, 0)) TH_LOG("%s", t->msg);
	EXPECT_EQ(NULL, strstr(t->msg, "outside")) TH_LOG("%s", t->msg);
	fd = take_fd(t->pid, 3);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, do_checkpoint(t, 0)) TH_LOG("%s", t->msg);
	EXPECT_NE(NULL, strstr(t->msg, "file: also open outside of the tree"))
		TH_LOG("%s", t->msg);
	/* A device has no position. */
	close(fd);
	fd = take_fd(t->pid, 0);
	ASSERT_EQ(1, do_checkpoint(t, 0)) TH_LOG("%s", t->msg);
	EXPECT_EQ(NULL, strstr(t->msg, "outside")) TH_LOG("%s", t->msg);
	close(fd);
}

TEST_F(files, outside_position_of_container)
{
	struct ckpt_test *t = &self->t;
	struct checkpoint_args args = {
		.pidfd = -1, .image_fd = t->image, .log_fd = t->log,
		.parent_fd = -1,
	};
	int fd, own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);

	ASSERT_EQ(0, unshare(CLONE_NEWPID));
	ASSERT_LT(0, spawn(t, has_position));
	/* The end of this one must not be that of all further children. */
	ASSERT_EQ(0, setns(own, CLONE_NEWPID));
	close(own);
	ASSERT_TRUE(wait_step(t->sh, 1));
	args.pid = t->pid;
	ASSERT_EQ(1, sys_checkpoint(&args, sizeof(args)));
	fd = take_fd(t->pid, 3);
	ASSERT_LE(0, fd);
	ASSERT_EQ(-1, sys_checkpoint(&args, sizeof(args)));
	ASSERT_EQ(EBUSY, errno);
	read_log(t);
	EXPECT_NE(NULL, strstr(t->msg, "file: shared with fd"))
		TH_LOG("%s", t->msg);
	close(fd);
}

static void has_pipe_and_memfd(struct shared *sh)
{
	int fds[2];

	TARGET_CHECK(sh, pipe(fds) == 0 && fds[0] == 3);
	TARGET_CHECK(sh, memfd_create("mem", 0) == 5);
	TARGET_CHECK(sh, ftruncate(5, 8192) == 0);
	target_step(sh, 1);
}

TEST_F(files, outside_end_and_contents)
{
	struct ckpt_test *t = &self->t;
	char path[64];
	void *p;
	int fd;

	ASSERT_LT(0, spawn(t, has_pipe_and_memfd));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(1, do_checkpoint(t, 0)) TH_LOG("%s", t->msg);
	/* One end, open once, but in two tasks. */
	fd = take_fd(t->pid, 4);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, do_checkpoint(t, 0));
	EXPECT_NE(NULL, strstr(t->msg, "shared with fd")) TH_LOG("%s", t->msg);
	close(fd);
	fd = take_fd(t->pid, 5);
	EXPECT_EQ(-EBUSY, do_checkpoint(t, 0));
	EXPECT_NE(NULL, strstr(t->msg, "shared with fd")) TH_LOG("%s", t->msg);
	close(fd);
	/* The same contents, opened another time. */
	snprintf(path, sizeof(path), "/proc/%d/fd/5", t->pid);
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, do_checkpoint(t, 0));
	EXPECT_NE(NULL, strstr(t->msg, "also open as fd")) TH_LOG("%s", t->msg);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	close(fd);
	EXPECT_EQ(-EBUSY, do_checkpoint(t, 0));
	EXPECT_NE(NULL, strstr(t->msg, "also mapped by a process outside"))
		TH_LOG("%s", t->msg);
	munmap(p, 4096);
	ASSERT_EQ(1, do_checkpoint(t, 0)) TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	ASSERT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
}

TEST_HARNESS_MAIN
