// SPDX-License-Identifier: GPL-2.0
/*
 * Checkpoint/restart - POSIX message queues
 */
#include "common.h"
#include <dirent.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>

FIXTURE(mqueue)
{
	struct ckpt_test t;
};

FIXTURE_SETUP(mqueue)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(mqueue)
{
	test_teardown(&self->t);
}

static char buf[8192];

static bool has(mqd_t q, const char *text, unsigned int prio)
{
	unsigned int p;
	ssize_t n = mq_receive(q, buf, sizeof(buf), &p);

	return n == (ssize_t)strlen(text) && p == prio && !memcmp(buf, text, n);
}

static bool put(mqd_t q, const char *text, unsigned int prio)
{
	return !mq_send(q, text, strlen(text), prio);
}

/* ---- what is in a queue ---- */

static void messages_target(struct shared *sh)
{
	struct mq_attr attr = { .mq_maxmsg = 7, .mq_msgsize = 6000 };
	struct stat before, after;
	unsigned int prio;
	mqd_t q, ro;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	q = mq_open("/queue", O_CREAT | O_RDWR | O_NONBLOCK, 0640, &attr);
	ro = mq_open("/queue", O_RDONLY);
	TARGET_CHECK(sh, q >= 0 && ro >= 0);
	TARGET_CHECK(sh, !fchown(q, 12, 34) && !fchmod(q, 0624));
	memset(buf, 'x', 6000);
	TARGET_CHECK(sh, put(q, "low", 1));
	TARGET_CHECK(sh, !mq_send(q, buf, 6000, 32767));
	TARGET_CHECK(sh, put(q, "second", 5));
	TARGET_CHECK(sh, put(q, "third", 5));
	TARGET_CHECK(sh, !mq_send(q, "", 0, 0));
	TARGET_CHECK(sh, !fstat(q, &before));
	target_step(sh, 1);
	TARGET_CHECK(sh, !fstat(q, &after));
	TARGET_CHECK(sh, after.st_uid == 12 && after.st_gid == 34);
	TARGET_CHECK(sh, after.st_mode == before.st_mode);
	TARGET_CHECK(sh, !memcmp(&after.st_mtim, &before.st_mtim,
				 sizeof(after.st_mtim)));
	TARGET_CHECK(sh, !memcmp(&after.st_ctim, &before.st_ctim,
				 sizeof(after.st_ctim)));
	TARGET_CHECK(sh, !mq_getattr(q, &attr));
	TARGET_CHECK(sh, attr.mq_maxmsg == 7 && attr.mq_msgsize == 6000);
	TARGET_CHECK(sh, attr.mq_curmsgs == 5 && attr.mq_flags == O_NONBLOCK);
	TARGET_CHECK(sh, !mq_getattr(ro, &attr) && !attr.mq_flags);
	TARGET_CHECK(sh, mq_send(ro, "", 0, 0) == -1 && errno == EBADF);
	TARGET_CHECK(sh, mq_receive(ro, buf, sizeof(buf), &prio) == 6000);
	TARGET_CHECK(sh, prio == 32767 && buf[0] == 'x' && buf[5999] == 'x');
	TARGET_CHECK(sh, has(ro, "second", 5));
	TARGET_CHECK(sh, has(q, "third", 5));
	TARGET_CHECK(sh, has(q, "low", 1));
	TARGET_CHECK(sh, has(q, "", 0));
	TARGET_CHECK(sh, mq_receive(q, buf, sizeof(buf), &prio) == -1);
	TARGET_CHECK(sh, errno == EAGAIN);
	TARGET_CHECK(sh, !mq_unlink("/queue"));
}

TEST_F(mqueue, messages)
{
	ROUND_TRIP(&self->t, messages_target);
}

/* Nobody has them open; and limits are lower than they were. */
static void closed_target(struct shared *sh)
{
	struct mq_attr attr = { .mq_maxmsg = 100, .mq_msgsize = 10 };
	char name[16];
	FILE *limit;
	mqd_t q;
	int i;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	for (i = 0; i < 20; i++) {
		sprintf(name, "/q%d", i);
		q = mq_open(name, O_CREAT | O_RDWR, 0600, &attr);
		TARGET_CHECK(sh, q >= 0 && put(q, name, i) && !mq_close(q));
	}
	limit = fopen("/proc/sys/fs/mqueue/queues_max", "w");
	TARGET_CHECK(sh, limit && fputs("3", limit) >= 0 && !fclose(limit));
	target_step(sh, 1);
	for (i = 0; i < 20; i++) {
		sprintf(name, "/q%d", i);
		q = mq_open(name, O_RDWR);
		TARGET_CHECK(sh, q >= 0 && has(q, name, i));
		TARGET_CHECK(sh, !mq_getattr(q, &attr) && attr.mq_maxmsg == 100);
		TARGET_CHECK(sh, !mq_close(q) && (i < 15 || !mq_unlink(name)));
	}
	limit = fopen("/proc/sys/fs/mqueue/queues_max", "r");
	TARGET_CHECK(sh, limit && fscanf(limit, "%d", &i) == 1 && i == 3);
}

TEST_F(mqueue, closed)
{
	ROUND_TRIP(&self->t, closed_target);
}

static void unlinked_target(struct shared *sh)
{
	mqd_t old, new, dup;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	old = mq_open("/name", O_CREAT | O_RDWR, 0600, NULL);
	TARGET_CHECK(sh, put(old, "old", 1));
	dup = mq_open("/name", O_RDONLY);
	TARGET_CHECK(sh, !mq_unlink("/name"));
	new = mq_open("/name", O_CREAT | O_RDWR, 0600, NULL);
	TARGET_CHECK(sh, put(new, "new", 2));
	TARGET_CHECK(sh, old >= 0 && new >= 0 && dup >= 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, has(dup, "old", 1));
	TARGET_CHECK(sh, put(old, "more", 3) && has(dup, "more", 3));
	TARGET_CHECK(sh, has(new, "new", 2));
	TARGET_CHECK(sh, !mq_unlink("/name"));
	TARGET_CHECK(sh, mq_open("/name", O_RDONLY) == -1 && errno == ENOENT);
}

TEST_F(mqueue, unlinked)
{
	ROUND_TRIP(&self->t, unlinked_target);
}

/* ---- who waits ---- */

static void waiting_target(struct shared *sh)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 100 };
	struct pollfd pfd = { .events = POLLIN };
	int status, i;
	pid_t child[3];
	mqd_t a, b;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	a = mq_open("/empty", O_CREAT | O_RDWR, 0600, &attr);
	b = mq_open("/full", O_CREAT | O_RDWR, 0600, &attr);
	TARGET_CHECK(sh, a >= 0 && b >= 0 && put(b, "first", 1));
	child[0] = fork();
	if (!child[0])
		_exit(!has(a, "for you", 3));
	child[1] = fork();
	if (!child[1]) {
		struct timespec far = { .tv_sec = time(NULL) + 1000 };

		_exit(!!mq_timedsend(b, "second", 6, 2, &far));
	}
	child[2] = fork();
	if (!child[2]) {
		struct timespec soon = { .tv_sec = time(NULL) + 2 };

		_exit(mq_timedreceive(mq_open("/never", O_CREAT | O_RDWR, 0600, NULL),
				      buf, sizeof(buf), NULL, &soon) != -1 ||
		      errno != ETIMEDOUT);
	}
	nap_ms(100);
	target_step(sh, 1);
	TARGET_CHECK(sh, put(a, "for you", 3));
	TARGET_CHECK(sh, has(b, "first", 1));
	for (i = 0; i < 3; i++)
		TARGET_CHECK(sh, waitpid(child[i], &status, 0) == child[i] &&
			     !status);
	pfd.fd = b;
	TARGET_CHECK(sh, poll(&pfd, 1, 0) == 1 && pfd.revents == POLLIN);
	TARGET_CHECK(sh, has(b, "second", 2));
	TARGET_CHECK(sh, !poll(&pfd, 1, 0));
}

TEST_F(mqueue, waiting)
{
	ROUND_TRIP(&self->t, waiting_target);
}

/* ---- notification ---- */

static atomic_int notified;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	atomic_store(&notified, info->si_value.sival_int);
}

static void notify_target(struct shared *sh)
{
	struct sigevent ev = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGUSR1,
		.sigev_value.sival_int = 4711,
	};
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	struct sigevent none = { .sigev_notify = SIGEV_NONE };
	mqd_t q, silent;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	TARGET_CHECK(sh, !sigaction(SIGUSR1, &sa, NULL));
	q = mq_open("/notify", O_CREAT | O_RDWR, 0600, NULL);
	silent = mq_open("/silent", O_CREAT | O_RDWR, 0600, NULL);
	TARGET_CHECK(sh, !mq_notify(q, &ev) && !mq_notify(silent, &none));
	target_step(sh, 1);
	TARGET_CHECK(sh, mq_notify(q, &ev) == -1 && errno == EBUSY);
	TARGET_CHECK(sh, mq_notify(silent, &ev) == -1 && errno == EBUSY);
	TARGET_CHECK(sh, put(q, "hello", 0));
	TARGET_CHECK(sh, atomic_load(&notified) == 4711);
	TARGET_CHECK(sh, !mq_notify(q, &ev) && !mq_notify(silent, NULL));
}

TEST_F(mqueue, notify)
{
	ROUND_TRIP(&self->t, notify_target);
}

static void thread_target(struct shared *sh)
{
	char cookie[32] = "cookie";
	struct sigevent ev = {
		.sigev_notify = SIGEV_THREAD,
		.sigev_value.sival_ptr = cookie,
	};
	mqd_t q;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	q = mq_open("/thread", O_CREAT | O_RDWR, 0600, NULL);
	ev.sigev_signo = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
	TARGET_CHECK(sh, !syscall(SYS_mq_notify, q, &ev));
	target_step(sh, 1);
}

TEST_F(mqueue, refused_thread)
{
	REFUSED(&self->t, thread_target, EOPNOTSUPP,
		"POSIX message queue thread: notification by SIGEV_THREAD");
}

/* ---- the filesystem ---- */

#define MNT	"/tmp/ckpt-mqueue"

/* Queues are files, which the outside sees, too. */
static void mounted_target(struct shared *sh)
{
	int fd;

	mkdir(MNT, 0755);
	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	TARGET_CHECK(sh, !mount("mqueue", MNT, "mqueue", 0, NULL));
	fd = open(MNT "/file", O_CREAT | O_RDWR, 0644);
	TARGET_CHECK(sh, fd >= 0 && put(fd, "1234567", 1));
	TARGET_CHECK(sh, pread(fd, buf, 9, 0) == 9 && !memcmp(buf, "QSIZE:7  ", 9));
	target_step(sh, 1);
	TARGET_CHECK(sh, pread(fd, buf, 9, 0) == 9 && !memcmp(buf, "QSIZE:7  ", 9));
	TARGET_CHECK(sh, has(fd, "1234567", 1));
	TARGET_CHECK(sh, mq_open("/file", O_RDONLY) >= 0);
}

TEST_F(mqueue, mounted)
{
	ROUND_TRIP(&self->t, mounted_target);
	EXPECT_EQ(0, umount2(MNT, MNT_DETACH));
}

TEST_F(mqueue, refused_open_outside)
{
	int fd;

	ASSERT_LT(0, spawn(&self->t, mounted_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	fd = open(MNT "/file", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, do_checkpoint(&self->t, 0));
	EXPECT_NE(NULL, strstr(self->t.msg, "also open as fd"))
		TH_LOG("%s", self->t.msg);
	EXPECT_NE(NULL, strstr(self->t.msg, "POSIX message queue"))
		TH_LOG("%s", self->t.msg);
	close(fd);
	EXPECT_LT(0, do_checkpoint(&self->t, 0))
		TH_LOG("%s", self->t.msg);
	EXPECT_EQ(0, umount2(MNT, MNT_DETACH));
}

TEST_F(mqueue, refused_notify_outside)
{
	struct sigevent ev = { .sigev_notify = SIGEV_NONE };
	int fd;

	ASSERT_LT(0, spawn(&self->t, mounted_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	fd = open(MNT "/file", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, mq_notify(fd, &ev));
	EXPECT_EQ(-EOPNOTSUPP, do_checkpoint(&self->t, 0));
	EXPECT_NE(NULL, strstr(self->t.msg, "notifies a process outside the tree"))
		TH_LOG("%s", self->t.msg);
	close(fd);
	EXPECT_EQ(0, umount2(MNT, MNT_DETACH));
}

/* The directory, its owner, and the order in which it lists the queues. */
static void list(char *names, size_t size)
{
	DIR *dir = opendir(MNT);
	struct dirent *d;

	names[0] = 0;
	while (dir && (d = readdir(dir)))
		if (d->d_name[0] != '.')
			snprintf(names + strlen(names), size - strlen(names),
				 "%s ", d->d_name);
	if (dir)
		closedir(dir);
}

static bool mount_list(char *names, size_t size, struct stat *st)
{
	mkdir(MNT, 0755);
	if (mount("mqueue", MNT, "mqueue", 0, NULL) || stat(MNT, st))
		return false;
	list(names, size);
	return true;
}

static void directory_target(struct shared *sh)
{
	char before[200], after[200];
	struct stat st;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	TARGET_CHECK(sh, mq_open("/one", O_CREAT | O_RDWR, 0600, NULL) >= 0);
	mq_close(mq_open("/two", O_CREAT | O_RDWR, 0600, NULL));
	TARGET_CHECK(sh, mq_open("/three", O_CREAT | O_RDWR, 0600, NULL) >= 0);
	TARGET_CHECK(sh, mount_list(before, sizeof(before), &st));
	TARGET_CHECK(sh, !chown(MNT, 5, 6) && !chmod(MNT, 01770));
	TARGET_CHECK(sh, !umount(MNT));
	target_step(sh, 1);
	TARGET_CHECK(sh, mount_list(after, sizeof(after), &st));
	TARGET_CHECK(sh, !strcmp(before, after));
	TARGET_CHECK(sh, st.st_uid == 5 && st.st_gid == 6);
	TARGET_CHECK(sh, (st.st_mode & 07777) == 01770);
	umount(MNT);
}

TEST_F(mqueue, directory)
{
	ROUND_TRIP(&self->t, directory_target);
}

/* ---- limits and privileges ---- */

static void big_target(struct shared *sh)
{
	struct mq_attr attr = { .mq_maxmsg = 20, .mq_msgsize = 8192 };
	struct rlimit lim = { RLIM_INFINITY, RLIM_INFINITY };
	mqd_t q;

	TARGET_CHECK(sh, !setrlimit(RLIMIT_MSGQUEUE, &lim));
	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	q = mq_open("/big", O_CREAT | O_RDWR, 0600, &attr);
	TARGET_CHECK(sh, q >= 0 && put(q, "kept", 1));
	target_step(sh, 1);
	TARGET_CHECK(sh, has(q, "kept", 1));
}

TEST_F(mqueue, callers_limit)
{
	struct rlimit old, low = { 10000, RLIM_INFINITY };

	ASSERT_EQ(0, getrlimit(RLIMIT_MSGQUEUE, &old));
	ASSERT_LT(0, spawn(&self->t, big_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	ASSERT_EQ(0, setrlimit(RLIMIT_MSGQUEUE, &low));
	EXPECT_EQ(-ENOMEM, restart_killed(&self->t));
	EXPECT_NE(NULL, strstr(self->t.msg, "RLIMIT_MSGQUEUE"))
		TH_LOG("%s", self->t.msg);
	old.rlim_max = RLIM_INFINITY;
	ASSERT_EQ(0, setrlimit(RLIMIT_MSGQUEUE, &old));
	ASSERT_LT(0, restart_killed(&self->t))
		TH_LOG("%s", self->t.msg);
	atomic_store(&self->t.sh->go, 1);
	wait_verified(_metadata, &self->t);
}

static void long_target(struct shared *sh)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 2 << 20 };
	struct rlimit lim = { RLIM_INFINITY, RLIM_INFINITY };
	void *text = calloc(1, 2 << 20);
	mqd_t q;

	TARGET_CHECK(sh, !setrlimit(RLIMIT_MSGQUEUE, &lim));
	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	q = mq_open("/long", O_CREAT | O_RDWR, 0600, &attr);
	TARGET_CHECK(sh, q >= 0 && !mq_send(q, text, 2 << 20, 0));
	target_step(sh, 1);
}

TEST_F(mqueue, refused_long)
{
	REFUSED(&self->t, long_target, EOPNOTSUPP,
		"POSIX message queue long: a message of 2097152 bytes");
}

static void outside_target(struct shared *sh)
{
	TARGET_CHECK(sh, mq_open("/outside", O_CREAT | O_RDWR, 0600, NULL) >= 0);
	target_step(sh, 1);
	mq_unlink("/outside");
}

TEST_F(mqueue, refused_outside)
{
	REFUSED(&self->t, outside_target, EOPNOTSUPP,
		"of an IPC namespace that is not the tree's own");
}

static void user_namespace_target(struct shared *sh)
{
	mqd_t q;

	TARGET_CHECK(sh, !unshare(CLONE_NEWUSER | CLONE_NEWIPC));
	TARGET_CHECK(sh, write_file("/proc/self/setgroups", "deny"));
	TARGET_CHECK(sh, write_file("/proc/self/uid_map", "0 0 1"));
	TARGET_CHECK(sh, write_file("/proc/self/gid_map", "0 0 1"));
	q = mq_open("/q", O_CREAT | O_RDWR, 0, NULL);
	TARGET_CHECK(sh, q >= 0 && put(q, "inside", 1));
	target_step(sh, 1);
	TARGET_CHECK(sh, has(q, "inside", 1));
}

TEST_F(mqueue, user_namespace)
{
	ROUND_TRIP(&self->t, user_namespace_target);
}

TEST_HARNESS_MAIN
