// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - things in places where one would not look for them
 *
 * Files of all kinds that are nowhere but in a message; directories of all sorts
 * that a process is in; threads that share nothing with each other.
 */
#include "common.h"

#include <linux/netlink.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fsuid.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <termios.h>

FIXTURE(places) {
	struct ckpt_test t;
};

FIXTURE_SETUP(places)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(places)
{
	test_teardown(&self->t);
}

/* ---- files in messages ---- */

static int make_event(void)
{
	return eventfd(3, EFD_NONBLOCK);
}

static bool check_event(int fd)
{
	uint64_t n;

	return read(fd, &n, sizeof(n)) == sizeof(n) && n == 3;
}

static int make_timer(void)
{
	struct itimerspec when = { .it_value.tv_sec = 1000 };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);

	timerfd_settime(fd, 0, &when, NULL);
	return fd;
}

static bool check_timer(int fd)
{
	struct itimerspec left;

	return !timerfd_gettime(fd, &left) && left.it_value.tv_sec > 900;
}

static int make_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK);
}

static bool check_signal(int fd)
{
	struct signalfd_siginfo info;

	raise(SIGUSR2);
	return read(fd, &info, sizeof(info)) == sizeof(info) && info.ssi_signo == SIGUSR2;
}

static int make_watch(void)
{
	int fd = inotify_init1(IN_NONBLOCK);

	inotify_add_watch(fd, "/tmp", IN_CREATE);
	return fd;
}

static bool check_watch(int fd)
{
	char buf[4096];

	close(open("/tmp/ckpt-places-watched", O_CREAT | O_RDWR, 0600));
	unlink("/tmp/ckpt-places-watched");
	return read(fd, buf, sizeof(buf)) > 0;
}

static int make_pidfd(void)
{
	return syscall(SYS_pidfd_open, getpid(), 0);
}

static bool check_pidfd(int fd)
{
	return !syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0);
}

static int with_text(int fd)
{
	return write(fd, "text", 4) == 4 ? fd : -1;
}

static bool check_text(int fd)
{
	char buf[8];

	return pread(fd, buf, sizeof(buf), 0) == 4 && !memcmp(buf, "text", 4) &&
	       lseek(fd, 0, SEEK_CUR) == 4;
}

static int make_memfd(void)
{
	return with_text(memfd_create("memory", 0));
}

static int make_nameless(void)
{
	return with_text(open("/tmp", O_TMPFILE | O_RDWR, 0600));
}

static int make_regular(void)
{
	return with_text(open("/tmp/ckpt-places-regular", O_CREAT | O_TRUNC | O_RDWR, 0600));
}

static int make_locked(void)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 2 };
	int fd = make_regular();

	return fcntl(fd, F_OFD_SETLK, &fl) ? -1 : fd;
}

static bool check_locked(int fd)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 2 };
	int other = open("/tmp/ckpt-places-regular", O_RDWR);
	bool ret = !fcntl(other, F_OFD_GETLK, &fl) && fl.l_type == F_WRLCK;

	close(other);
	return ret && check_text(fd);
}

static int make_maps(void)
{
	return open("/proc/self/maps", O_RDONLY);
}

static bool check_maps(int fd)
{
	char buf[4096];

	return read(fd, buf, sizeof(buf)) > 0;
}

static int make_proc_dir(void)
{
	return open("/proc/self", O_RDONLY | O_DIRECTORY);
}

static bool check_proc_dir(int fd)
{
	return !faccessat(fd, "status", R_OK, 0);
}

static int make_master(void)
{
	return open("/dev/ptmx", O_RDWR | O_NOCTTY);
}

static bool check_master(int fd)
{
	return isatty(fd);
}

static int make_ns(void)
{
	return open("/proc/self/ns/uts", O_RDONLY);
}

static int make_own_ns(void)
{
	int fd;

	if (unshare(CLONE_NEWUTS) || sethostname("inner", 5))
		return -1;
	fd = make_ns();
	return unshare(CLONE_NEWUTS) || sethostname("outer", 5) ? -1 : fd;
}

static bool check_own_ns(int fd)
{
	char name[65];

	return !setns(fd, CLONE_NEWUTS) && !gethostname(name, sizeof(name)) &&
	       !strcmp(name, "inner");
}

static int make_queue(void)
{
	mqd_t q;

	if (unshare(CLONE_NEWIPC))
		return -1;
	q = mq_open("/queue", O_CREAT | O_RDWR, 0600, NULL);
	return mq_send(q, "text", 4, 0) ? -1 : q;
}

static bool check_queue(int fd)
{
	char buf[8192];

	return mq_receive(fd, buf, sizeof(buf), NULL) == 4;
}

static int make_listener(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return listen(fd, 5) ? -1 : fd;
}

static bool check_listener(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) && on;
}

static int make_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
}

static int make_by_name(void)
{
	return open("/usr", O_PATH);
}

static int make_device(void)
{
	return open("/dev/zero", O_RDONLY);
}

static int make_fifo(void)
{
	unlink("/tmp/ckpt-places-fifo");
	return mkfifo("/tmp/ckpt-places-fifo", 0600) ? -1 :
	       with_text(open("/tmp/ckpt-places-fifo", O_RDWR | O_NONBLOCK));
}

static int make_pipe_end(void)
{
	int fds[2];

	return pipe(fds) ? -1 : with_text(fds[1]);
}

static bool check_fifo(int fd)
{
	char buf[8];

	return read(fd, buf, sizeof(buf)) == 4;
}

/* It watches another one that is in no message. */
static int make_poll(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	int fd = epoll_create1(0), watched = make_signal();

	return epoll_ctl(fd, EPOLL_CTL_ADD, watched, &e) ? -1 : fd;
}

static bool check_poll(int fd)
{
	struct epoll_event e;

	raise(SIGUSR2);
	return epoll_wait(fd, &e, 1, 0) == 1;
}

static bool exists(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static const struct file_row {
	const char *name;
	int (*make)(void);
	bool (*check)(int fd);
} files[] = {
	{ "eventfd", make_event, check_event },
	{ "timerfd", make_timer, check_timer },
	{ "signalfd", make_signal, check_signal },
	{ "inotify", make_watch, check_watch },
	{ "pidfd", make_pidfd, check_pidfd },
	{ "memfd", make_memfd, check_text },
	{ "nameless", make_nameless, check_text },
	{ "regular", make_regular, check_text },
	{ "locked", make_locked, check_locked },
	{ "maps", make_maps, check_maps },
	{ "/proc/self", make_proc_dir, check_proc_dir },
	{ "pty", make_master, check_master },
	{ "namespace", make_ns, exists },
	{ "own namespace", make_own_ns, check_own_ns },
	{ "message queue", make_queue, check_queue },
	{ "TCP", make_listener, check_listener },
	{ "netlink", make_netlink, exists },
	{ "O_PATH", make_by_name, exists },
	{ "/dev/zero", make_device, exists },
	{ "FIFO", make_fifo, check_fifo },
	{ "end of a pipe", make_pipe_end, exists },
	{ "epoll", make_poll, check_poll },
};

static void in_message(struct shared *sh)
{
	const struct file_row *row = &files[sh->data[0]];
	int sv[2], fd;

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	fd = row->make();
	TARGET_CHECK(sh, fd >= 0 && send_fd(sv[0], fd));
	close(fd);
	target_step(sh, 1);
	fd = receive_fd(sv[1]);
	TARGET_CHECK(sh, fd >= 0 && row->check(fd));
}

static void one_row(struct __test_metadata *_metadata, struct ckpt_test *t,
		    void (*fn)(struct shared *sh), const char *name, unsigned int arg)
{
	memset(t->sh, 0, sizeof(*t->sh));
	t->sh->data[0] = arg;
	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, 1))
		TH_LOG("%s", name);
	nap_ms(10);
	EXPECT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s: %s", name, t->msg);
	if (t->pid)
		return;
	EXPECT_LT(0, restart_killed(t))
		TH_LOG("%s: %s", name, t->msg);
	if (!t->pid)
		return;
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(t->pid))
		TH_LOG("%s: line %d: %s", name, atomic_load(&t->sh->failed), t->sh->why);
	t->pid = 0;
}

TEST_F_TIMEOUT(places, in_message, 100)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		one_row(_metadata, &self->t, in_message, files[i].name, i);
}

/* In a connection that nobody has accepted. */
static void in_connection(struct shared *sh)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
	socklen_t len = sizeof(addr);
	int fd = make_memfd();

	TARGET_CHECK(sh, !bind(l, (struct sockaddr *)&addr, 2) && !listen(l, 5));
	TARGET_CHECK(sh, !getsockname(l, (struct sockaddr *)&addr, &len));
	TARGET_CHECK(sh, !connect(c, (struct sockaddr *)&addr, len) && send_fd(c, fd));
	close(fd);
	close(c);
	target_step(sh, 1);
	fd = receive_fd(accept(l, NULL, NULL));
	TARGET_CHECK(sh, fd >= 0 && check_text(fd));
}

TEST_F(places, in_connection)
{
	ROUND_TRIP(&self->t, in_connection);
}

/* In the queue of a socket that is in a message itself, mapped, and twice. */
static void in_socket_in_message(struct shared *sh)
{
	int outer[2], inner[2], fd = make_memfd(), sock, one, two;
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	TARGET_CHECK(sh, p != MAP_FAILED);
	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_DGRAM, 0, outer));
	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_DGRAM, 0, inner));
	TARGET_CHECK(sh, send_fd(inner[0], fd) && send_fd(inner[0], fd));
	TARGET_CHECK(sh, send_fd(outer[0], inner[1]));
	close(fd);
	close(inner[0]);
	close(inner[1]);
	target_step(sh, 1);
	sock = receive_fd(outer[1]);
	one = receive_fd(sock);
	two = receive_fd(sock);
	TARGET_CHECK(sh, check_text(one) && check_text(two));
	TARGET_CHECK(sh, !memcmp(p, "text", 4));
	p[0] = 'T';
	TARGET_CHECK(sh, pread(one, &sock, 1, 0) == 1 && (char)sock == 'T');
	/* One file, and thus one position. */
	TARGET_CHECK(sh, lseek(one, 2, SEEK_SET) == 2 && lseek(two, 0, SEEK_CUR) == 2);
}

TEST_F(places, in_socket_in_message)
{
	ROUND_TRIP(&self->t, in_socket_in_message);
}

/* Our own terminal, whose master nobody has open. */
static void terminal_in_message(struct shared *sh)
{
	int sv[2], master = make_master(), unlock = 0;
	char name[32];

	TARGET_CHECK(sh, !ioctl(master, TIOCSPTLCK, &unlock));
	TARGET_CHECK(sh, !ptsname_r(master, name, sizeof(name)));
	/* spawn() has made a session. */
	TARGET_CHECK(sh, open(name, O_RDWR) >= 0);
	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_DGRAM, 0, sv) && send_fd(sv[0], master));
	close(master);
	target_step(sh, 1);
}

TEST_F(places, refused_terminal_in_message)
{
	REFUSED(&self->t, terminal_in_message, EOPNOTSUPP, "is a terminal");
}

/* ---- directories ---- */

static const char *const directories[] = {
	"/proc", "/proc/self", "/proc/self/task", "/proc/sys/kernel", "/sys/kernel",
	"/sys/fs/cgroup", "/dev", "/dev/pts", "/dev/mqueue", "/sys/kernel/debug", "/usr",
};

static bool is_here(const struct stat *st, char *path, size_t size)
{
	struct stat now;

	return !stat(".", &now) && now.st_dev == st->st_dev &&
	       now.st_ino == st->st_ino && getcwd(path, size);
}

static void in_directory(struct shared *sh)
{
	char before[256] = "", after[256] = "";
	struct stat st;

	TARGET_CHECK(sh, !chdir(directories[sh->data[0]]) && !stat(".", &st));
	TARGET_CHECK(sh, getcwd(before, sizeof(before)));
	target_step(sh, 1);
	/* Those of a process are made anew. */
	if (!strncmp(before, "/proc/", 6))
		TARGET_CHECK(sh, !stat(".", &st));
	TARGET_CHECK(sh, is_here(&st, after, sizeof(after)) && !strcmp(before, after));
}

TEST_F_TIMEOUT(places, in_directory, 60)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(directories); i++)
		if (!access(directories[i], X_OK))
			one_row(_metadata, &self->t, in_directory, directories[i], i);
}

/* ---- threads ---- */

/* All that a thread can have for itself. */
static void *apart(void *arg)
{
	struct shared *sh = arg;
	char name[65], cwd[64];
	uid_t uid = 1000;

	TARGET_CHECK(sh, !unshare(CLONE_FILES | CLONE_FS | CLONE_NEWUTS | CLONE_NEWIPC |
				  CLONE_NEWNET));
	TARGET_CHECK(sh, !sethostname("thread", 6) && !chdir("/usr"));
	umask(0123);
	close(0);
	prctl(PR_SET_NAME, "apart");
	prctl(PR_SET_TIMERSLACK, 12345);
	/* Not the C library's, which does it to all threads. */
	TARGET_CHECK(sh, !syscall(SYS_setresuid, -1, uid, -1));
	atomic_store(&sh->data[0], 1);
	while (!atomic_load(&sh->go))
		nap_ms(2);
	TARGET_CHECK(sh, geteuid() == uid && !syscall(SYS_setresuid, -1, 0, -1));
	TARGET_CHECK(sh, !gethostname(name, sizeof(name)) && !strcmp(name, "thread"));
	TARGET_CHECK(sh, getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/usr"));
	TARGET_CHECK(sh, umask(0) == 0123);
	TARGET_CHECK(sh, fcntl(0, F_GETFD) == -1 && fcntl(1, F_GETFD) >= 0);
	TARGET_CHECK(sh, !prctl(PR_GET_NAME, name) && !strcmp(name, "apart"));
	TARGET_CHECK(sh, prctl(PR_GET_TIMERSLACK) == 12345);
	TARGET_CHECK(sh, socket(AF_INET, SOCK_DGRAM, 0) >= 0);
	return NULL;
}

static void threads_apart(struct shared *sh)
{
	char before[65], after[65], cwd[64];
	pthread_t thread;

	gethostname(before, sizeof(before));
	umask(022);
	pthread_create(&thread, NULL, apart, sh);
	while (!atomic_load(&sh->data[0]))
		nap_ms(2);
	target_step(sh, 1);
	pthread_join(thread, NULL);
	TARGET_CHECK(sh, !geteuid() && umask(0) == 022 && fcntl(0, F_GETFD) >= 0);
	TARGET_CHECK(sh, !gethostname(after, sizeof(after)) && !strcmp(before, after));
	TARGET_CHECK(sh, getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/"));
}

static void from_root(struct shared *sh)
{
	TARGET_CHECK(sh, !chdir("/"));
	threads_apart(sh);
}

TEST_F(places, threads_apart)
{
	ROUND_TRIP(&self->t, from_root);
}

/* ---- programs ---- */

/* A program that has never had a name. */
static void in_memory(struct shared *sh)
{
	static char buf[1 << 20];
	int from = open("/bin/sleep", O_RDONLY | O_CLOEXEC);
	int fd = memfd_create("program", MFD_CLOEXEC);
	static char *const argv[] = { "sleep", "1000", NULL }, *const envp[] = { NULL };
	ssize_t n = read(from, buf, sizeof(buf));

	TARGET_CHECK(sh, n > 0 && write(fd, buf, n) == n);
	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, !fexecve(fd, argv, envp));
}

static bool runs(pid_t pid, const char *program)
{
	char path[64], exe[128] = "";

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return readlink(path, exe, sizeof(exe) - 1) > 0 && !strcmp(exe, program);
}

TEST_F(places, program_in_memory)
{
	struct ckpt_test *t = &self->t;
	int ms;

	ASSERT_LT(0, spawn(t, in_memory));
	ASSERT_TRUE(wait_step(t->sh, 1));
	for (ms = 0; ms < 5000 && !runs(t->pid, "/memfd:program (deleted)"); ms += 10)
		nap_ms(10);
	nap_ms(200);
	ASSERT_EQ(0, atomic_load(&t->sh->failed));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	ASSERT_LT(0, restart_killed(t))
		TH_LOG("%s", t->msg);
	EXPECT_TRUE(runs(t->pid, "/memfd:program (deleted)"));
	EXPECT_TRUE(wait_asleep(t->pid));
}

TEST_HARNESS_MAIN
