/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - images taken apart, changed, and put together again
 *
 * Shared by image_test, which changes them one thing after the other, and
 * fuzz_test, which leaves it to chance.
 */
#ifndef _SELFTESTS_CHECKPOINT_IMAGE_H
#define _SELFTESTS_CHECKPOINT_IMAGE_H

#include "common.h"
#include "kinds.h"
#include "mutate.h"

#include <grp.h>
#include <limits.h>
#include <pthread.h>
#include <sys/time.h>

/* ---- targets ---- */

static void simple(struct shared *sh)
{
	target_step(sh, 1);
}

static void *thread(void *arg)
{
	target_step(arg, 1);
	return NULL;
}

static void threads(struct shared *sh)
{
	pthread_t t;
	int i;

	for (i = 0; i < 3; i++)
		pthread_create(&t, NULL, thread, sh);
	nap_ms(50);
	target_step(sh, 1);
}

static void files(struct shared *sh)
{
	int fds[2], fd;
	char *p;

	TARGET_CHECK(sh, !pipe(fds) && write(fds[1], "some data", 9) == 9);
	TARGET_CHECK(sh, dup2(fds[0], 20) == 20);
	fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	TARGET_CHECK(sh, fd >= 0 && write(fd, "nameless", 8) == 8);
	TARGET_CHECK(sh, pwrite(fd, "far away", 8, 5 * PAGE) == 8);
	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	TARGET_CHECK(sh, p != MAP_FAILED);
	memcpy(p + PAGE, "shared", 7);
	target_step(sh, 1);
}

static void cow(struct shared *sh)
{
	char *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(p, 1, 16 * PAGE);
	if (!fork()) {
		p[3 * PAGE] = 2;
		fork();
		target_step(sh, 1);
		_exit(0);
	}
	p[5 * PAGE] = 2;
	nap_ms(50);
	target_step(sh, 1);
}

static void dead(struct shared *sh)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!fork())
		_exit(7);
	if (!fork()) {
		setsid();
		if (fork())
			_exit(0);
		if (!fork()) {
			setpgid(0, 0);
			if (fork())
				_exit(0);
		}
		target_step(sh, 1);
		_exit(0);
	}
	nap_ms(100);
	target_step(sh, 1);
}

static void no_handler(int sig, siginfo_t *info, void *context)
{
}

/* Signals of all sorts, timers, a stack for handlers. */
static void signals(struct shared *sh)
{
	struct sigaction sa = { .sa_sigaction = no_handler,
				.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART };
	struct itimerval timer = { .it_value.tv_sec = 1000 };
	static char stack[4 * PAGE];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	union sigval val = { .sival_int = 42 };
	sigset_t set;
	int i;

	TARGET_CHECK(sh, !sigaltstack(&ss, NULL));
	TARGET_CHECK(sh, !sigaction(SIGUSR1, &sa, NULL));
	TARGET_CHECK(sh, !sigaction(SIGRTMIN + 1, &sa, NULL));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 1);
	TARGET_CHECK(sh, !sigprocmask(SIG_BLOCK, &set, NULL));
	for (i = 0; i < 3; i++)
		TARGET_CHECK(sh, !sigqueue(getpid(), SIGRTMIN + 1, val));
	TARGET_CHECK(sh, !raise(SIGUSR1));
	TARGET_CHECK(sh, !setitimer(ITIMER_REAL, &timer, NULL));
	TARGET_CHECK(sh, !setitimer(ITIMER_PROF, &timer, NULL));
	target_step(sh, 1);
}

/* One child is stopped, and the other has other ids and priority. */
static void stopped(struct shared *sh)
{
	gid_t groups[] = { 5, 6, 7 };

	if (!fork()) {
		raise(SIGSTOP);
		_exit(0);
	}
	if (!fork()) {
		TARGET_CHECK(sh, nice(5) == 5);
		TARGET_CHECK(sh, !setgroups(3, groups) && !setgid(5) && !setuid(1000));
		target_step(sh, 1);
		_exit(0);
	}
	nap_ms(100);
	target_step(sh, 1);
}

static int shares_all(void *arg)
{
	target_step(arg, 1);
	return 0;
}

/* Processes, not threads, that share memory and more. */
static void shared_mm(struct shared *sh)
{
	static char stacks[2][4 * PAGE] __attribute__((aligned(16)));

	TARGET_CHECK(sh, clone(shares_all, stacks[0] + sizeof(stacks[0]),
			       CLONE_VM | CLONE_FILES | SIGCHLD, sh) > 0);
	TARGET_CHECK(sh, clone(shares_all, stacks[1] + sizeof(stacks[1]),
			       CLONE_VM | CLONE_FS | SIGCHLD, sh) > 0);
	nap_ms(50);
	target_step(sh, 1);
}

/* All that a pipe can be: full of packets, half closed, a FIFO. */
static void pipes(struct shared *sh)
{
	char buf[PAGE] = "data";
	int fds[2], i;

	TARGET_CHECK(sh, !pipe2(fds, O_DIRECT | O_NONBLOCK));
	for (i = 0; i < 4; i++)
		TARGET_CHECK(sh, write(fds[1], buf, 100 * i + 1) == 100 * i + 1);
	TARGET_CHECK(sh, !pipe(fds) && fcntl(fds[1], F_SETPIPE_SZ, 4 * PAGE) > 0);
	TARGET_CHECK(sh, write(fds[1], buf, sizeof(buf)) == sizeof(buf));
	close(fds[1]);
	TARGET_CHECK(sh, !pipe(fds));
	close(fds[0]);
	target_step(sh, 1);
}

static void unix_sockets(struct shared *sh)
{
	kinds_unix(sh);
	target_step(sh, 1);
}

static void inet_sockets(struct shared *sh)
{
	kinds_inet(sh);
	target_step(sh, 1);
}

static void events(struct shared *sh)
{
	kinds_events(sh);
	kinds_timers(sh);
	target_step(sh, 1);
}

static void locks(struct shared *sh)
{
	kinds_locks(sh);
	target_step(sh, 1);
}

static void ipc(struct shared *sh)
{
	kinds_ipc(sh);
	target_step(sh, 1);
}

static void keys(struct shared *sh)
{
	kinds_keys(sh);
	target_step(sh, 1);
}

static void ttys(struct shared *sh)
{
	kinds_ttys(sh);
	target_step(sh, 1);
}

static void tmpfs(struct shared *sh)
{
	kinds_become(sh, "tmpfs");
}

static void wait_there(void)
{
	for (;;)
		pause();
}

static void namespaces(struct shared *sh)
{
	kinds_child(sh, wait_there);
	nap_ms(50);
	target_step(sh, 1);
}

static char shared_path[128], ia32_path[PATH_MAX];

/* A 32-bit program, if the kernel runs any. */
static void ia32(struct shared *sh)
{
	execl(ia32_path, ia32_path, shared_path, "s", NULL);
	target_step(sh, 1);
}

static const struct target {
	const char *name;
	void (*fn)(struct shared *sh);
} targets[] = {
	{ "simple", simple },
	{ "threads", threads },
	{ "files", files },
	{ "cow", cow },
	{ "dead", dead },
	{ "signals", signals },
	{ "stopped", stopped },
	{ "shared_mm", shared_mm },
	{ "pipes", pipes },
	{ "unix", unix_sockets },
	{ "inet", inet_sockets },
	{ "events", events },
	{ "locks", locks },
	{ "ipc", ipc },
	{ "keys", keys },
	{ "ttys", ttys },
	{ "tmpfs", tmpfs },
	{ "namespaces", namespaces },
	{ "ia32", ia32 },
};

#define NR_TARGETS	((int)ARRAY_SIZE(targets))

/* ---- images of them ---- */

/* The path of a program that lies beside this one. */
static void program_path(const char *name, char *buf, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", buf, size - strlen(name) - 1);

	buf[n < 0 ? 0 : n] = '\0';
	strcpy(strrchr(buf, '/') ? strrchr(buf, '/') + 1 : buf, name);
}

/* Memory that later targets do not inherit: their images stay small. */
static void *private_memory(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || madvise(p, len, MADV_DONTFORK)) {
		perror("mmap");
		exit(1);
	}
	return p;
}

/* The image of a target, in @t->image. */
static bool make_image(struct ckpt_test *t, const struct target *target)
{
	pid_t pid;

	atomic_store(&t->sh->ready, 0);
	atomic_store(&t->sh->go, 0);
	test_path(t, "shared", shared_path, sizeof(shared_path));
	kinds_find(t);
	program_path("ia32_target", ia32_path, sizeof(ia32_path));
	pid = spawn(t, target->fn);
	if (pid < 0 || !wait_step(t->sh, 1)) {
		fprintf(stderr, "%s: does not start\n", target->name);
		return false;
	}
	if (atomic_load(&t->sh->failed)) {
		fprintf(stderr, "%s: line %d: %s\n", target->name,
			atomic_load(&t->sh->failed), t->sh->why);
		return false;
	}
	nap_ms(200);
	if (do_checkpoint(t, CHECKPOINT_KILL) < 0) {
		fprintf(stderr, "%s: %s\n", target->name, t->msg);
		return false;
	}
	while (waitpid(-1, NULL, __WALL | WNOHANG) > 0)
		;
	return true;
}

/* Read an image and take it apart. */
static bool load_image(int fd, const char *name, struct image *img)
{
	struct stat st;

	if (fstat(fd, &st) || !st.st_size || st.st_size > MAX_IMAGE / 2)
		return false;
	img->len = st.st_size;
	img->bytes = private_memory(img->len);
	if (pread(fd, img->bytes, img->len, 0) != (ssize_t)img->len || !parse(img)) {
		fprintf(stderr, "%s: %zu bytes, cannot be parsed\n", name, img->len);
		return false;
	}
	return true;
}

/* Errors that linux/checkpoint.h lists, and those of path lookups and sockets. */
static bool documented(int err)
{
	switch (err) {
	/* What opening files by their names may give. */
	case EROFS: case ETXTBSY: case ENXIO:
	/* What giving addresses to sockets may give, and making files. */
	case EADDRINUSE: case EADDRNOTAVAIL: case ENOSPC:
	case EINVAL: case EOPNOTSUPP: case EBADMSG: case ESTALE: case EEXIST:
	case EPERM: case EACCES: case ENOMEM: case ENOENT: case ENOTDIR:
	/* Locks of an image that exclude each other. */
	case EBUSY:
		return true;
	}
	return false;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

#endif /* _SELFTESTS_CHECKPOINT_IMAGE_H */
