/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - what the kselftests share
 *
 * A test sets up state in a child (the target), checkpoints it, kills it,
 * restarts it, and lets the restarted target verify itself. Test and target
 * talk through a file that both map shared, which survives the restart.
 */
#ifndef _SELFTESTS_CHECKPOINT_COMMON_H
#define _SELFTESTS_CHECKPOINT_COMMON_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/checkpoint.h>
#include <linux/checkpoint_hdr.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "leaks.h"

#ifndef __NR_checkpoint
#define __NR_checkpoint	500
#define __NR_restart	501
#endif

#define CKPT_TEST_TIMEOUT_MS	20000

/* How often to do something: less on a kernel that checks all it does. */
static inline unsigned int scaled(unsigned int n)
{
	const char *debug = getenv("DEBUG");

	return debug && *debug ? (n + 7) / 8 : n;
}

static inline long sys_checkpoint(struct checkpoint_args *args, size_t size)
{
	return syscall(__NR_checkpoint, args, size);
}

static inline long sys_restart(struct restart_args *args, size_t size)
{
	return syscall(__NR_restart, args, size);
}

/**
 * struct shared - memory that test and target share
 * @ready: the target has reached step n
 * @go: the target may go on beyond step n
 * @failed: line of the target's first failed check, or 0
 * @why: text of that check
 * @data: for the test's own use
 */
struct shared {
	atomic_int ready;
	atomic_int go;
	atomic_int failed;
	char why[240];
	atomic_uint_least64_t data[4096 / sizeof(uint64_t) - 32];
};

static inline void nap_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000,
			       .tv_nsec = ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* A check in the target: remembered, for the test to report. */
#define TARGET_CHECK(sh, cond) do {					\
	struct shared *__shared = (sh);					\
									\
	if (!(cond) && !atomic_exchange(&__shared->failed, __LINE__))	\
		snprintf(__shared->why, sizeof(__shared->why),		\
			 "%s (errno %d)", #cond, errno);		\
} while (0)

/* In the target: tell that step @n is reached, wait until it may go on. */
static inline void target_step(struct shared *sh, int n)
{
	atomic_store(&sh->ready, n);
	while (atomic_load(&sh->go) < n)
		nap_ms(2);
}

/* In the target: the same in a child, whose parent waits. */
static inline void in_child(struct shared *sh, void (*fn)(struct shared *sh))
{
	pid_t child = fork();
	int status;

	if (!child) {
		fn(sh);
		_exit(0);
	}
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
}

/* Receive a message; false if that does not tell who has sent it. */
static inline bool recv_sender(int fd, struct ucred *cred)
{
	union { char buf[CMSG_SPACE(sizeof(*cred))]; struct cmsghdr align; } u;
	char text[8];
	struct iovec iov = { text, sizeof(text) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.buf, .msg_controllen = sizeof(u.buf),
	};
	const struct cmsghdr *c;

	if (recvmsg(fd, &msg, MSG_DONTWAIT) < 0)
		return false;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_CREDENTIALS)
		return false;
	memcpy(cred, CMSG_DATA(c), sizeof(*cred));
	return true;
}

/* Send @fd in a message of one byte. */
static inline bool send_fd(int sock, int fd)
{
	union { char buf[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } u = {};
	struct iovec iov = { "x", 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.buf, .msg_controllen = sizeof(u.buf),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1;
}

/* Receive that, or -1. */
static inline int receive_fd(int sock)
{
	union { char buf[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } u = {};
	char c;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.buf, .msg_controllen = sizeof(u.buf),
	};
	int fd = -1;

	if (recvmsg(sock, &msg, MSG_DONTWAIT) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* In the test: wait until the target has reached step @n. */
static inline bool wait_step(struct shared *sh, int n)
{
	long ms;

	for (ms = 0; atomic_load(&sh->ready) < n; ms += 2) {
		if (ms > CKPT_TEST_TIMEOUT_MS)
			return false;
		nap_ms(2);
	}
	return true;
}

/**
 * struct ckpt_test - one round trip
 * @dir: directory of its files
 * @sh: what it shares with the target
 * @image: image file
 * @log: log file
 * @msg: what the last call wrote to the log
 * @pid: the target
 * @ext: external resources to pass, or NULL
 * @nr_ext: number of them
 */
struct ckpt_test {
	char dir[64];
	struct shared *sh;
	int image;
	int log;
	char msg[4096];
	pid_t pid;
	struct ckpt_external *ext;
	unsigned int nr_ext;
};

static inline void test_path(struct ckpt_test *t, const char *name, char *buf,
			     size_t size)
{
	snprintf(buf, size, "%s/%s", t->dir, name);
}

static inline int test_open(struct ckpt_test *t, const char *name)
{
	char path[128];

	test_path(t, name, path, sizeof(path));
	return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static inline bool test_setup(struct ckpt_test *t)
{
	int fd;

	memset(t, 0, sizeof(*t));
	snprintf(t->dir, sizeof(t->dir), "/tmp/ckpt-%.32s-XXXXXX",
		 program_invocation_short_name);
	if (!mkdtemp(t->dir))
		return false;
	fd = test_open(t, "shared");
	if (fd < 0 || ftruncate(fd, sizeof(*t->sh)))
		return false;
	t->sh = mmap(NULL, sizeof(*t->sh), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	t->image = test_open(t, "image");
	t->log = test_open(t, "log");
	return t->sh != MAP_FAILED && t->image >= 0 && t->log >= 0;
}

static inline void test_teardown(struct ckpt_test *t)
{
	char cmd[128];

	if (t->pid > 0) {
		kill(t->pid, SIGKILL);
		waitpid(t->pid, NULL, __WALL);
	}
	munmap(t->sh, sizeof(*t->sh));
	close(t->image);
	close(t->log);
	/* The last image, and what it refers to, for fuzz_test. */
	if (getenv("CKPT_KEEP"))
		return;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", t->dir);
	if (system(cmd))
		fprintf(stderr, "cannot remove %s\n", t->dir);
}

/*
 * In a target: let go of the memory that the harness shares among processes.
 * Nothing of the harness can be used afterwards.
 */
static inline void drop_harness_memory(void)
{
	struct { unsigned long start, end; } areas[256];
	FILE *maps = fopen("/proc/self/maps", "r");
	int i, nr = 0;
	char line[512];

	while (maps && nr < 256 && fgets(line, sizeof(line), maps))
		if (strstr(line, "/dev/zero (deleted)") &&
		    sscanf(line, "%lx-%lx", &areas[nr].start, &areas[nr].end) == 2)
			nr++;
	if (maps)
		fclose(maps);
	for (i = 0; i < nr; i++)
		munmap((void *)areas[i].start, areas[i].end - areas[i].start);
}

/* Start @fn in a target: a session of its own, nothing open but /dev/null. */
static inline pid_t spawn(struct ckpt_test *t, void (*fn)(struct shared *sh))
{
	struct shared *sh = t->sh;
	pid_t pid = fork();

	if (pid) {
		t->pid = pid;
		return pid;
	}
	setsid();
	close_range(0, ~0U, 0);
	if (open("/dev/null", O_RDWR) || dup(0) != 1 || dup(0) != 2)
		_exit(99);
	drop_harness_memory();
	fn(sh);
	_exit(atomic_load(&sh->failed) ? 1 : 0);
}

static inline void read_log(struct ckpt_test *t)
{
	ssize_t n = pread(t->log, t->msg, sizeof(t->msg) - 1, 0);

	t->msg[n > 0 ? n : 0] = '\0';
	if (ftruncate(t->log, 0) || lseek(t->log, 0, SEEK_SET))
		t->msg[0] = '\0';
}

/* checkpoint() of @pid into the image. Return: its result, or -errno. */
static inline long do_checkpoint_pid(struct ckpt_test *t, pid_t pid, uint64_t flags)
{
	struct checkpoint_args args = {
		.flags		= CHECKPOINT_SUBTREE | flags,
		.pid		= pid,
		.pidfd		= -1,
		.image_fd	= t->image,
		.log_fd		= t->log,
		.parent_fd	= -1,
		.external	= (uintptr_t)t->ext,
		.nr_external	= t->nr_ext,
	};
	long ret;

	if (ftruncate(t->image, 0) || lseek(t->image, 0, SEEK_SET))
		return -errno;
	ret = sys_checkpoint(&args, sizeof(args));
	ret = ret < 0 ? -errno : ret;
	read_log(t);
	if (ret > 0 && find_leak(t->image, t->msg, sizeof(t->msg)))
		return -ENOTRECOVERABLE;
	return ret;
}

/* checkpoint() of the target; with CHECKPOINT_KILL it is reaped, too. */
static inline long do_checkpoint(struct ckpt_test *t, uint64_t flags)
{
	long ret = do_checkpoint_pid(t, t->pid, flags);

	if (ret >= 0 && (flags & CHECKPOINT_KILL)) {
		waitpid(t->pid, NULL, __WALL);
		t->pid = 0;
	}
	return ret;
}

/* restart() from the image. Return: its result, or -errno. */
static inline long do_restart(struct ckpt_test *t, uint64_t flags)
{
	struct restart_args args = {
		.flags		= flags,
		.image_fd	= t->image,
		.log_fd		= t->log,
		.external	= (uintptr_t)t->ext,
		.nr_external	= t->nr_ext,
	};
	long ret;

	lseek(t->image, 0, SEEK_SET);
	ret = sys_restart(&args, sizeof(args));
	ret = ret < 0 ? -errno : ret;
	read_log(t);
	if (ret > 0)
		t->pid = ret;
	return ret;
}

/* Restart what has been killed; until init has reaped it its ids are taken. */
static inline long restart_killed(struct ckpt_test *t)
{
	long ms, ret = -EEXIST;

	for (ms = 0; ms < CKPT_TEST_TIMEOUT_MS && ret == -EEXIST; ms += 10) {
		ret = do_restart(t, 0);
		if (ret == -EEXIST)
			nap_ms(10);
	}
	return ret;
}

/* Wait for @pid, bounded. Return: its wait status, or -1. */
static inline int wait_exit(pid_t pid)
{
	int status;
	long ms;

	for (ms = 0; ms < CKPT_TEST_TIMEOUT_MS; ms += 2) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		nap_ms(2);
	}
	return -1;
}

static inline bool write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return ok;
}

/* Write to a file of a process. */
static inline bool write_proc(pid_t pid, const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return write_file(path, text);
}

/* Read a file that has a number in it. Return: that, or -1. */
static inline long read_number(const char *name)
{
	char buf[32] = "";
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	close(fd);
	return n > 0 ? strtol(buf, NULL, 0) : -1;
}

/* In the test: wait until the target sleeps in a system call. */
static inline bool wait_asleep(pid_t pid)
{
	char path[32], buf[256], *p;
	long ms;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (ms = 0; ms < CKPT_TEST_TIMEOUT_MS; ms += 5) {
		memset(buf, 0, sizeof(buf));
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (read(fd, buf, sizeof(buf) - 1) < 0)
			buf[0] = 0;
		close(fd);
		p = strrchr(buf, ')');
		if (p && p[1] && p[2] == 'S')
			return true;
		nap_ms(5);
	}
	return false;
}

/* In the test: the target, which may go on, verifies itself and ends. */
static inline void wait_verified(struct __test_metadata *_metadata,
				 struct ckpt_test *t)
{
	int status = wait_exit(t->pid);

	t->pid = 0;
	ASSERT_EQ(0, atomic_load(&t->sh->failed))
		TH_LOG("target, line %d: %s", atomic_load(&t->sh->failed),
		       t->sh->why);
	ASSERT_EQ(0, status);
}

/* The usual course: checkpoint at step 1, kill, restart, verify. */
static inline void round_trip(struct __test_metadata *_metadata,
			      struct ckpt_test *t,
			      void (*fn)(struct shared *sh))
{
	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	ASSERT_LT(0, restart_killed(t))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1 << 20);
	wait_verified(_metadata, t);
}

#define ROUND_TRIP(t, fn)	round_trip(_metadata, t, fn)

/* It cannot be restarted after @change, which returns whether it has worked. */
static inline void not_restarted(struct __test_metadata *_metadata,
				 struct ckpt_test *t, void (*fn)(struct shared *sh),
				 bool (*change)(void), int err, const char *text)
{
	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	ASSERT_TRUE(change());
	EXPECT_EQ(-err, restart_killed(t));
	EXPECT_NE(NULL, strstr(t->msg, text))
		TH_LOG("%s", t->msg);
}

#define NOT_RESTARTED(t, fn, change, err, text) \
	not_restarted(_metadata, t, fn, change, err, text)

/* The target cannot be checkpointed, is told why, and goes on. */
static inline void refused(struct __test_metadata *_metadata,
			   struct ckpt_test *t, void (*fn)(struct shared *sh),
			   int err, const char *text)
{
	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(10);
	ASSERT_EQ(-err, do_checkpoint(t, 0))
		TH_LOG("%s", t->msg);
	ASSERT_NE(NULL, strstr(t->msg, text))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1 << 20);
	ASSERT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
}

#define REFUSED(t, fn, err, text)	refused(_metadata, t, fn, err, text)

#endif /* _SELFTESTS_CHECKPOINT_COMMON_H */
