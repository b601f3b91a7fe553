/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - targets that have one of each
 *
 * A process with a second thread, a pipe, a memfd, an unlinked file, a directory,
 * a file of /proc, shared memory and a timer; a child that shares them and has a
 * signal pending; a zombie; and a child in a session whose leader is gone. In
 * kinds_tree() the process has all of kinds.h instead, and the child namespaces.
 * All that are alive count in data[0] to data[3], the ids of all are in data[10]
 * to data[14].
 */
#ifndef _SELFTESTS_CHECKPOINT_MIXED_TREE_H
#define _SELFTESTS_CHECKPOINT_MIXED_TREE_H

#include "kinds.h"

#include <pthread.h>
#include <sys/time.h>

#define MIXED_ALIVE	4
#define MIXED_TASKS	5

enum { MIXED_ROOT, MIXED_THREAD, MIXED_CHILD, MIXED_ORPHAN, MIXED_ZOMBIE };

static struct shared *mixed_sh;

static inline pid_t mixed_id(struct shared *sh, int i)
{
	return atomic_load(&sh->data[10 + i]);
}

static inline void mixed_count(int i)
{
	for (;;) {
		atomic_fetch_add(&mixed_sh->data[i], 1);
		nap_ms(1);
	}
}

static inline void mixed_run(int i)
{
	atomic_store(&mixed_sh->data[10 + i], syscall(SYS_gettid));
	mixed_count(i);
}

static inline void *mixed_thread(void *arg)
{
	mixed_run(MIXED_THREAD);
	return arg;
}

static inline void mixed_files(void)
{
	char name[] = "/tmp/ckpt-mixed-XXXXXX";
	int fds[2], fd;

	if (pipe(fds) || write(fds[1], "data", 4) != 4)
		_exit(90);
	fd = memfd_create("mixed", 0);
	if (fd < 0 || write(fd, "data", 4) != 4)
		_exit(91);
	fd = mkstemp(name);
	if (fd < 0 || unlink(name) || write(fd, "data", 4) != 4)
		_exit(92);
	if (open("/tmp", O_RDONLY | O_DIRECTORY) < 0 || open("/proc/self/status", O_RDONLY) < 0)
		_exit(94);
}

static inline void mixed_memory(int flags)
{
	size_t size = 256 << 10;
	char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		_exit(95);
	memset(mem, 1, size);
}

static inline void mixed_child(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigqueue(getpid(), SIGUSR2, (union sigval){ .sival_int = 1 });
	mixed_run(MIXED_CHILD);
}

/* The middle one of three goes. */
static inline void mixed_orphan(void)
{
	pid_t pid = fork();

	if (pid) {
		waitpid(pid, NULL, 0);
		return;
	}
	setsid();
	if (!fork())
		mixed_run(MIXED_ORPHAN);
	_exit(0);
}

/* What the root has besides children, and the child whom all trees have. */
static inline void mixed_root(struct shared *sh)
{
	struct itimerval it = { .it_value.tv_sec = 1000 };

	mixed_memory(MAP_PRIVATE);
	mixed_memory(MAP_SHARED);
	mixed_files();
	mixed_orphan();
	if (!fork())
		mixed_child();
	setitimer(ITIMER_REAL, &it, NULL);
}

static inline void kinds_child_run(void)
{
	mixed_count(MIXED_CHILD);
}

static inline void kinds_root(struct shared *sh)
{
	kinds_own_ns(sh);
	kinds_tmpfs(sh);
	kinds_ipc(sh);
	kinds_keys(sh);
	kinds_ttys(sh);
	kinds_unix(sh);
	kinds_inet(sh);
	mixed_orphan();
	kinds_events(sh);
	kinds_locks(sh);
	/* Its own number for itself is another. */
	atomic_store(&sh->data[10 + MIXED_CHILD], kinds_child(sh, kinds_child_run));
	kinds_timers(sh);
}

static inline void mixed_grow(struct shared *sh, void (*root)(struct shared *sh))
{
	pthread_t id;
	pid_t pid;
	int i;

	mixed_sh = sh;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	root(sh);
	pid = fork();
	if (!pid)
		_exit(7);
	atomic_store(&sh->data[10 + MIXED_ZOMBIE], pid);
	waitid(P_PID, pid, NULL, WEXITED | WNOWAIT);
	if (pthread_create(&id, NULL, mixed_thread, NULL))
		_exit(93);
	for (i = 0; i < MIXED_ALIVE; i++)
		while (i != MIXED_ROOT && !atomic_load(&sh->data[i]))
			nap_ms(1);
	atomic_store(&sh->ready, 1);
	mixed_run(MIXED_ROOT);
}

static inline void mixed_tree(struct shared *sh)
{
	mixed_grow(sh, mixed_root);
}

static inline void kinds_tree(struct shared *sh)
{
	kinds_become(sh, "tree");
}

static inline bool mixed_one_running(struct shared *sh, int i)
{
	uint64_t before = atomic_load(&sh->data[i]);
	long ms;

	for (ms = 0; ms < CKPT_TEST_TIMEOUT_MS; ms++) {
		if (atomic_load(&sh->data[i]) >= before + 2)
			return true;
		nap_ms(1);
	}
	return false;
}

static inline bool mixed_running(struct shared *sh)
{
	int i;

	for (i = 0; i < MIXED_ALIVE; i++)
		if (!mixed_one_running(sh, i))
			return false;
	return true;
}

/* Whether there is none of the tree, and no other child of the caller. */
static inline bool mixed_gone_now(struct shared *sh)
{
	int i;

	while (waitpid(-1, NULL, __WALL | WNOHANG) > 0)
		;
	if (errno != ECHILD)
		return false;
	for (i = 0; i < MIXED_TASKS; i++)
		if (mixed_id(sh, i) && (!kill(mixed_id(sh, i), 0) || errno != ESRCH))
			return false;
	return true;
}

static inline bool mixed_gone(struct shared *sh)
{
	long ms;

	for (ms = 0; ms < CKPT_TEST_TIMEOUT_MS && !mixed_gone_now(sh); ms += 5)
		nap_ms(5);
	return mixed_gone_now(sh);
}

static inline void mixed_kill(struct shared *sh)
{
	int i;

	for (i = 0; i < MIXED_TASKS; i++)
		if (i != MIXED_THREAD && mixed_id(sh, i))
			kill(mixed_id(sh, i), SIGKILL);
	mixed_gone(sh);
}

#endif /* _SELFTESTS_CHECKPOINT_MIXED_TREE_H */
