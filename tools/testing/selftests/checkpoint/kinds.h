/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - targets with sockets, descriptors of events, timers, locks,
 * IPC, keys, terminals, namespaces of their own and a filesystem in memory
 *
 * Each function gives its caller the resources of one area. Targets of fuzz_test
 * have one of these each, kinds_tree() of mixed_tree.h has all.
 */
#ifndef _SELFTESTS_CHECKPOINT_KINDS_H
#define _SELFTESTS_CHECKPOINT_KINDS_H

#include "common.h"

#include <arpa/inet.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <termios.h>

/* Where a target mounts its filesystem, and a restart wants an empty one. */
#define KINDS_DIR	"/tmp/kinds-of-ckpt"

#ifndef F_OFD_SETLK
#define F_OFD_SETLK	37
#endif

/**
 * kinds_prepare - get ready for a restart of what kinds_tmpfs() has made
 *
 * Before each restart, as it fills the filesystem. The caller gets a mount
 * namespace of its own the first time.
 *
 * Return: whether that has worked.
 */
static inline bool kinds_prepare(void)
{
	static bool apart;

	if (!apart) {
		if (mkdir(KINDS_DIR, 0700) && errno != EEXIST)
			return false;
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			return false;
		apart = true;
	} else if (umount2(KINDS_DIR, MNT_DETACH)) {
		return false;
	}
	return !mount("kinds", KINDS_DIR, "tmpfs", 0, "size=1m");
}

/* ---- sockets ---- */

/* Send a byte and descriptors. */
static inline bool kinds_pass(int to, const int *fds, int nr)
{
	char control[CMSG_SPACE(4 * sizeof(int))] = {};
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = CMSG_SPACE(nr * sizeof(int)),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(nr * sizeof(int));
	memcpy(CMSG_DATA(cmsg), fds, nr * sizeof(int));
	return sendmsg(to, &msg, 0) == 1;
}

/* An address without a file, of this process alone. */
static inline socklen_t kinds_name(struct sockaddr_un *sun, const char *name)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	snprintf(sun->sun_path + 1, sizeof(sun->sun_path) - 1, "kinds-%d-%s", getpid(), name);
	return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(sun->sun_path + 1);
}

/* Messages of all sorts, sockets in themselves, one that nobody has accepted. */
static inline void kinds_unix(struct shared *sh)
{
	int sv[2], fds[2], server, client, one = 1;
	struct sockaddr_un sun;
	socklen_t len;

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	TARGET_CHECK(sh, write(sv[0], "to", 2) == 2 && write(sv[1], "back", 4) == 4);
	TARGET_CHECK(sh, !pipe(fds) && kinds_pass(sv[0], fds, 2));
	/* Each is in the queue of the other. */
	TARGET_CHECK(sh, kinds_pass(sv[0], &sv[0], 1) && kinds_pass(sv[1], &sv[0], 2));
	close(fds[0]);
	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv));
	TARGET_CHECK(sh, !setsockopt(sv[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)));
	TARGET_CHECK(sh, write(sv[1], "a record", 8) == 8);
	TARGET_CHECK(sh, !fcntl(sv[0], F_SETOWN, getpid()) && !fcntl(sv[0], F_SETSIG, SIGRTMIN));
	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	TARGET_CHECK(sh, write(sv[0], "datagram", 8) == 8 && !shutdown(sv[1], SHUT_WR));

	server = socket(AF_UNIX, SOCK_STREAM, 0);
	len = kinds_name(&sun, "stream");
	TARGET_CHECK(sh, !bind(server, (void *)&sun, len) && !listen(server, 5));
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	TARGET_CHECK(sh, !connect(client, (void *)&sun, len));
	TARGET_CHECK(sh, write(client, "early", 5) == 5);

	server = socket(AF_UNIX, SOCK_DGRAM, 0);
	len = kinds_name(&sun, "dgram");
	TARGET_CHECK(sh, !bind(server, (void *)&sun, len));
	client = socket(AF_UNIX, SOCK_DGRAM, 0);
	TARGET_CHECK(sh, sendto(client, "named", 5, 0, (void *)&sun, len) == 5);
}

static inline void kinds_bind(struct shared *sh, int fd, int family, void *to, socklen_t *len)
{
	struct sockaddr_in6 sin6 = { .sin6_family = family };
	struct sockaddr_in sin = { .sin_family = family };

	sin6.sin6_addr.s6_addr[15] = 1;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*len = family == AF_INET ? sizeof(sin) : sizeof(sin6);
	memcpy(to, family == AF_INET ? (void *)&sin : &sin6, *len);
	TARGET_CHECK(sh, !bind(fd, to, *len) && !getsockname(fd, to, len));
}

static inline void kinds_inet(struct shared *sh)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct sockaddr_nl snl = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	struct sockaddr_storage addr;
	int i, fd, tcp, one = 1;
	socklen_t len;

	for (i = 0; i < 2; i++) {
		tcp = socket(families[i], SOCK_STREAM, 0);
		kinds_bind(sh, tcp, families[i], &addr, &len);
		TARGET_CHECK(sh, !setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
		TARGET_CHECK(sh, !listen(tcp, 7));
		TARGET_CHECK(sh, socket(families[i], SOCK_STREAM, 0) >= 0);
		fd = socket(families[i], SOCK_DGRAM, 0);
		kinds_bind(sh, fd, families[i], &addr, &len);
		fd = socket(families[i], SOCK_DGRAM, 0);
		TARGET_CHECK(sh, !connect(fd, (void *)&addr, len));
	}
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	TARGET_CHECK(sh, !bind(fd, (void *)&snl, sizeof(snl)));
}

/* ---- descriptors of events ---- */

static inline void kinds_watch(struct shared *sh, int epfd, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	TARGET_CHECK(sh, !epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &e));
}

static inline void kinds_events(struct shared *sh)
{
	struct itimerspec its = { { 100, 1 }, { 1000, 2 } };
	int outer = epoll_create1(0), inner = epoll_create1(EPOLL_CLOEXEC);
	int event = eventfd(3, EFD_NONBLOCK), fd;
	char name[] = "/tmp/ckpt-kinds-XXXXXX";
	sigset_t set;

	kinds_watch(sh, inner, event, EPOLLIN | EPOLLET);
	kinds_watch(sh, outer, inner, EPOLLIN);
	kinds_watch(sh, outer, eventfd(0, EFD_SEMAPHORE), EPOLLIN | EPOLLONESHOT);

	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	TARGET_CHECK(sh, !timerfd_settime(fd, 0, &its, NULL));
	kinds_watch(sh, outer, fd, EPOLLIN);
	its.it_value.tv_sec += 3000000000;
	fd = timerfd_create(CLOCK_REALTIME, 0);
	TARGET_CHECK(sh, !timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
					  &its, NULL));

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 3);
	kinds_watch(sh, outer, signalfd(-1, &set, 0), EPOLLIN);

	fd = inotify_init1(IN_NONBLOCK);
	TARGET_CHECK(sh, mkdtemp(name));
	TARGET_CHECK(sh, inotify_add_watch(fd, "/tmp", IN_ONLYDIR | IN_DELETE) > 0);
	TARGET_CHECK(sh, inotify_add_watch(fd, "/proc", IN_ATTRIB | IN_ONESHOT) > 0);
	TARGET_CHECK(sh, !rmdir(name));
	kinds_watch(sh, outer, fd, EPOLLIN);

	fd = syscall(SYS_pidfd_open, getpid(), 0);
	kinds_watch(sh, outer, fd, EPOLLIN);
}

/* ---- timers and locks ---- */

static inline void kinds_timer(struct shared *sh, clockid_t clock, struct sigevent *sev,
			       time_t after)
{
	struct itimerspec its = { { 1, 0 }, { after, 5 } };
	timer_t timer;

	TARGET_CHECK(sh, !timer_create(clock, sev, &timer));
	TARGET_CHECK(sh, !after || !timer_settime(timer, 0, &its, NULL));
}

static inline void kinds_timers(struct shared *sh)
{
	struct sigevent by_signal = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 4 };
	struct sigevent by_thread = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR2 };
	struct sigevent none = { .sigev_notify = SIGEV_NONE };
	struct itimerspec soon = { { 1000, 0 }, { 0, 1 } };
	timer_t timer;
	sigset_t set;

	by_thread._sigev_un._tid = syscall(SYS_gettid);
	kinds_timer(sh, CLOCK_MONOTONIC, &by_signal, 1000);
	kinds_timer(sh, CLOCK_REALTIME, &by_thread, 2000);
	kinds_timer(sh, CLOCK_BOOTTIME, &none, 3000);
	kinds_timer(sh, CLOCK_PROCESS_CPUTIME_ID, &by_signal, 4000);
	kinds_timer(sh, CLOCK_THREAD_CPUTIME_ID, &by_thread, 5000);
	kinds_timer(sh, CLOCK_TAI, &by_signal, 0);

	/* One that has expired, with its signal pending. */
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 4);
	TARGET_CHECK(sh, !sigprocmask(SIG_BLOCK, &set, NULL));
	TARGET_CHECK(sh, !timer_create(CLOCK_MONOTONIC, &by_signal, &timer));
	TARGET_CHECK(sh, !timer_settime(timer, 0, &soon, NULL));
	nap_ms(2);
}

static inline void kinds_locks(struct shared *sh)
{
	struct flock fl = { .l_type = F_WRLCK, .l_start = 10, .l_len = 10 };
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	int mem = memfd_create("locked", MFD_ALLOW_SEALING);

	TARGET_CHECK(sh, !fcntl(fd, F_SETLK, &fl));
	fl.l_type = F_RDLCK;
	fl.l_start = 100;
	fl.l_len = 0;
	TARGET_CHECK(sh, !fcntl(fd, F_SETLK, &fl));
	fl.l_start = 50;
	fl.l_len = 1;
	TARGET_CHECK(sh, !fcntl(fd, F_OFD_SETLK, &fl));
	TARGET_CHECK(sh, !flock(mem, LOCK_EX));
}

/* ---- IPC ---- */

/* In a namespace of its own. */
static inline void kinds_mqueue(struct shared *sh)
{
	struct sigevent sev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 5 };
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 5000 };
	char text[5000] = "text";
	mqd_t q;

	q = mq_open("/queue", O_CREAT | O_RDWR | O_NONBLOCK, 0640, &attr);
	TARGET_CHECK(sh, !mq_send(q, text, sizeof(text), 3) && !mq_send(q, "", 0, 31));
	TARGET_CHECK(sh, mq_open("/queue", O_RDONLY) >= 0);
	q = mq_open("/gone", O_CREAT | O_RDWR, 0600, &attr);
	TARGET_CHECK(sh, !mq_notify(q, &sev) && !mq_unlink("/gone"));
}

static inline void kinds_ipc(struct shared *sh)
{
	struct { long type; char text[5000]; } m = { .type = 3 };
	unsigned short vals[] = { 1, 2, 3 };
	struct sembuf op = { .sem_num = 1, .sem_op = 4, .sem_flg = SEM_UNDO };
	union { int val; struct semid_ds *buf; unsigned short *array; } arg = { .array = vals };
	int id, page = getpagesize();
	char *p;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	id = shmget(0x1234, 3 * page, IPC_CREAT | 0640);
	p = shmat(id, NULL, 0);
	TARGET_CHECK(sh, p != (void *)-1 && shmat(id, NULL, SHM_RDONLY) != (void *)-1);
	memset(p + page, 'x', 100);
	id = shmget(IPC_PRIVATE, page, 0600);
	TARGET_CHECK(sh, shmat(id, NULL, 0) != (void *)-1 && !shmctl(id, IPC_RMID, NULL));

	id = semget(0x77, 3, IPC_CREAT | 0606);
	TARGET_CHECK(sh, !semctl(id, 0, SETALL, arg) && !semop(id, &op, 1));

	id = msgget(0x4711, IPC_CREAT | 0660);
	TARGET_CHECK(sh, !msgsnd(id, &m, sizeof(m.text), 0));
	m.type = 1;
	TARGET_CHECK(sh, !msgsnd(id, &m, 5, 0) && !msgsnd(id, &m, 0, 0));
	kinds_mqueue(sh);
}

/* ---- keys ---- */

static inline long kinds_key(const char *type, const char *name, const char *secret,
			     long keyring)
{
	return syscall(SYS_add_key, type, name, secret, secret ? strlen(secret) : 0, keyring);
}

static inline void kinds_keys(struct shared *sh)
{
	long session, inner, key;

	session = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	inner = kinds_key("keyring", "inner", NULL, KEY_SPEC_SESSION_KEYRING);
	TARGET_CHECK(sh, session > 0 && inner > 0);
	key = kinds_key("user", "password", "secret", inner);
	TARGET_CHECK(sh, key > 0 && !syscall(SYS_keyctl, KEYCTL_LINK, key, session));
	TARGET_CHECK(sh, !syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, 1000));
	TARGET_CHECK(sh, kinds_key("logon", "a:b", "hidden", KEY_SPEC_PROCESS_KEYRING) > 0);
	key = kinds_key("user", "revoked", "x", KEY_SPEC_THREAD_KEYRING);
	TARGET_CHECK(sh, !syscall(SYS_keyctl, KEYCTL_REVOKE, key));
}

/* ---- terminals ---- */

/* A line and the beginning of another to read on one end, output on the other. */
static inline void kinds_ttys(struct shared *sh)
{
	struct winsize ws = { 33, 77, 5, 6 };
	int m = posix_openpt(O_RDWR | O_NOCTTY), s, one = 1;
	struct termios tio;

	TARGET_CHECK(sh, m >= 0 && !grantpt(m) && !unlockpt(m));
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	TARGET_CHECK(sh, s >= 0 && !ioctl(m, TIOCSWINSZ, &ws));
	TARGET_CHECK(sh, write(m, "line\nand", 8) == 8 && write(s, "output", 6) == 6);

	m = posix_openpt(O_RDWR | O_NOCTTY);
	TARGET_CHECK(sh, m >= 0 && !unlockpt(m) && !ioctl(m, TIOCPKT, &one));
	s = open(ptsname(m), O_RDWR | O_NOCTTY | O_NONBLOCK);
	TARGET_CHECK(sh, s >= 0 && !tcgetattr(s, &tio));
	cfmakeraw(&tio);
	TARGET_CHECK(sh, !tcsetattr(s, TCSANOW, &tio) && !tcflow(s, TCOOFF));
	TARGET_CHECK(sh, write(m, "raw", 3) == 3);
	nap_ms(20);
}

/* ---- a filesystem ---- */

/* In the mount namespace that kinds_target.c makes. */
static inline void kinds_tmpfs(struct shared *sh)
{
	int fd;

	TARGET_CHECK(sh, !mount("kinds", KINDS_DIR, "tmpfs", 0, "size=1m"));
	fd = open(KINDS_DIR "/file", O_RDWR | O_CREAT, 04750);
	TARGET_CHECK(sh, pwrite(fd, "far", 3, 20000) == 3 && !fchown(fd, 12, 34));
	TARGET_CHECK(sh, !fsetxattr(fd, "trusted.color", "red", 3, 0));
	TARGET_CHECK(sh, !mkdir(KINDS_DIR "/dir", 01777));
	TARGET_CHECK(sh, !link(KINDS_DIR "/file", KINDS_DIR "/dir/hard"));
	TARGET_CHECK(sh, !symlink("../somewhere", KINDS_DIR "/dir/soft"));
	TARGET_CHECK(sh, !mkfifo(KINDS_DIR "/fifo", 0620));
	TARGET_CHECK(sh, !mknod(KINDS_DIR "/null", S_IFCHR | 0666, makedev(1, 3)));
	TARGET_CHECK(sh, !mknod(KINDS_DIR "/socket", S_IFSOCK | 0600, 0));
	TARGET_CHECK(sh, inotify_add_watch(inotify_init(), KINDS_DIR "/dir", IN_MOVE) > 0);
}

/* ---- namespaces ---- */

/**
 * kinds_child - a child in user, pid, UTS, IPC and time namespaces of its own
 * @sh: shared with the test
 * @fn: what it does there, as user 0 of these
 *
 * Return: its process id
 */
static inline pid_t kinds_child(struct shared *sh, void (*fn)(void))
{
	int fds[2], offsets;
	pid_t pid;
	char c;

	TARGET_CHECK(sh, !pipe(fds));
	pid = syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWUTS |
		      CLONE_NEWIPC | SIGCHLD, 0, 0, 0, 0);
	if (!pid) {
		close(fds[1]);
		TARGET_CHECK(sh, read(fds[0], &c, 1) == 1);
		close(fds[0]);
		TARGET_CHECK(sh, !setresgid(0, 0, 0) && !setresuid(0, 0, 0));
		TARGET_CHECK(sh, !sethostname("inside", 6));
		TARGET_CHECK(sh, semget(5, 2, IPC_CREAT | 0600) >= 0);
		/* Of the children it may have. */
		TARGET_CHECK(sh, !unshare(CLONE_NEWTIME));
		offsets = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
		TARGET_CHECK(sh, offsets < 0 || write(offsets, "1 100 0", 7) == 7);
		close(offsets);
		fn();
		_exit(0);
	}
	TARGET_CHECK(sh, write_proc(pid, "uid_map", "0 0 1000\n1000 100000 500\n"));
	TARGET_CHECK(sh, write_proc(pid, "gid_map", "0 0 1000\n"));
	TARGET_CHECK(sh, write(fds[1], "", 1) == 1);
	close(fds[0]);
	close(fds[1]);
	return pid;
}

/* The root's own. */
static inline void kinds_own_ns(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWUTS | CLONE_NEWCGROUP));
	TARGET_CHECK(sh, !sethostname("outside", 7));
	TARGET_CHECK(sh, open("/proc/self/ns/uts", O_RDONLY) >= 0);
}

/* ---- the program beside this one that has a mount namespace ---- */

static char kinds_program[256], kinds_shared[128];

/**
 * kinds_find - before a target that becomes kinds_target is started
 * @t: its test
 */
static inline void kinds_find(struct ckpt_test *t)
{
	ssize_t n = readlink("/proc/self/exe", kinds_program, sizeof(kinds_program) - 32);

	kinds_program[n < 0 ? 0 : n] = '\0';
	strcpy(strrchr(kinds_program, '/') ?: kinds_program, "/kinds_target");
	test_path(t, "shared", kinds_shared, sizeof(kinds_shared));
}

/* The target: kinds_target of @what, see there. */
static inline void kinds_become(struct shared *sh, const char *what)
{
	execl(kinds_program, kinds_program, kinds_shared, what, NULL);
	TARGET_CHECK(sh, !"kinds_target can be executed");
	atomic_store(&sh->ready, 1);
}

#endif /* _SELFTESTS_CHECKPOINT_KINDS_H */
