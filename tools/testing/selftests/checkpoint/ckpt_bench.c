// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - what it costs
 *
 *   ckpt_bench tasks		trees of processes, and processes of threads
 *   ckpt_bench many		processes with many open files, or areas of memory
 *   ckpt_bench memory		stop times, against fork() of the same process
 *   ckpt_bench target ...	what others are to checkpoint: see target_main()
 *
 * Prints lines of a table for scripts/guest/bench.sh. Each tree is checkpointed
 * and goes on, so that all code has run once; is checkpointed and killed;
 * restarted; and then asked to finish, which tells whether all of it is there.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/checkpoint.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef __NR_checkpoint
#define __NR_checkpoint	500
#define __NR_restart	501
#endif

#define IMAGE		"/tmp/ckpt-bench.image"
#define LOG		"/tmp/ckpt-bench.log"
#define ROUNDS		3

static unsigned long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* ---- the target ---- */

static int ready_fd;

static void say_ready(void)
{
	if (write(ready_fd, "", 1) != 1)
		_exit(97);
	close(ready_fd);
}

static void wait_signal(int sig)
{
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, sig);
	if (sigwait(&set, &got) || got != sig)
		_exit(99);
}

static void *thread_main(void *arg)
{
	wait_signal(SIGUSR1);
	return arg;
}

/* Make @nr processes; return how many of them finish as they should. */
static int run_procs(int nr)
{
	pid_t *pids = calloc(nr, sizeof(*pids));
	int i, status, good = 0;

	for (i = 0; i < nr; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			_exit(98);
		if (!pids[i]) {
			close(ready_fd);
			wait_signal(SIGUSR1);
			_exit(i % 100 + 1);
		}
	}
	say_ready();
	wait_signal(SIGUSR2);
	for (i = 0; i < nr; i++)
		kill(pids[i], SIGUSR1);
	for (i = 0; i < nr; i++)
		good += waitpid(pids[i], &status, 0) == pids[i] &&
			WIFEXITED(status) && WEXITSTATUS(status) == i % 100 + 1;
	return good;
}

static int run_threads(int nr)
{
	pthread_t *threads = calloc(nr, sizeof(*threads));
	pthread_attr_t attr;
	int i, good = 0;
	void *ret;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (i = 0; i < nr; i++)
		if (pthread_create(&threads[i], &attr, thread_main,
				   (void *)(long)(i + 1)))
			_exit(98);
	say_ready();
	wait_signal(SIGUSR2);
	for (i = 0; i < nr; i++)
		pthread_kill(threads[i], SIGUSR1);
	for (i = 0; i < nr; i++)
		good += !pthread_join(threads[i], &ret) && ret == (void *)(long)(i + 1);
	return good;
}

/* Every second one shares its position with the one before. */
static int run_files(int nr)
{
	struct rlimit limit = { nr + 100, nr + 100 };
	int *fds = calloc(nr, sizeof(*fds));
	int i, good = 0;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		_exit(98);
	for (i = 0; i < nr; i++) {
		fds[i] = i % 2 ? dup(fds[i - 1]) : open("/proc/self/exe", O_RDONLY);
		if (fds[i] < 0)
			_exit(98);
		if (i % 2 == 0)
			lseek(fds[i], i, SEEK_SET);
	}
	say_ready();
	wait_signal(SIGUSR2);
	for (i = 0; i < nr; i++)
		good += lseek(fds[i], 0, SEEK_CUR) == i - i % 2;
	return good;
}

/* Pages of different protection, none of them touched. */
static int run_areas(int nr)
{
	char *mem = mmap(NULL, nr * 4096UL, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	int i, good = 0;

	if (mem == MAP_FAILED)
		_exit(98);
	for (i = 0; i < nr; i += 2)
		if (mprotect(mem + i * 4096UL, 4096, PROT_READ | PROT_WRITE))
			_exit(98);
	say_ready();
	wait_signal(SIGUSR2);
	for (i = 0; i < nr; i += 2)
		mem[i * 4096UL] = 1;
	for (i = 0; i < nr; i++)
		good += mem[i * 4096UL] == (i % 2 == 0);
	return good;
}

static void touch(char *mem, size_t len, char value)
{
	size_t i;

	for (i = 0; i < len; i += 4096)
		mem[i] = value;
}

/* Time of fork() as the parent sees it, with all pages writable before. */
static unsigned long long time_fork(char *mem, size_t len, char value)
{
	unsigned long long start;
	pid_t pid;

	touch(mem, len, value);
	start = now_ns();
	pid = fork();
	if (!pid)
		_exit(0);
	start = now_ns() - start;
	waitpid(pid, NULL, 0);
	touch(mem, len, value);
	return start;
}

static char *make_memory(size_t len)
{
	char *mem = mmap(NULL, len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		_exit(96);
	/* Huge pages would make both sides look good. */
	madvise(mem, len, MADV_NOHUGEPAGE);
	touch(mem, len, 1);
	return mem;
}

/*
 * Blocks its signals, tells fd that it is ready and waits for SIGUSR2:
 *   procs N, threads N		exits with 0 if all of them finish
 *   files N, areas N		exits with 0 if all of them are there
 *   memory MIB			SIGUSR1: writes the time of a fork() to stdout,
 *				and touches all its memory again
 */
static int target_main(const char *what, int nr, int fd)
{
	sigset_t set;
	char *mem;
	int sig;

	ready_fd = fd;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (!strcmp(what, "procs"))
		return run_procs(nr) != nr;
	if (!strcmp(what, "threads"))
		return run_threads(nr) != nr;
	if (!strcmp(what, "files"))
		return run_files(nr) != nr;
	if (!strcmp(what, "areas"))
		return run_areas(nr) != nr;

	mem = make_memory((size_t)nr << 20);
	say_ready();
	for (;;) {
		unsigned long long ns;

		if (sigwait(&set, &sig))
			return 1;
		if (sig == SIGUSR2)
			return mem[0] != mem[((size_t)nr << 20) - 4096];
		ns = time_fork(mem, (size_t)nr << 20, (char)now_ns());
		if (write(STDOUT_FILENO, &ns, sizeof(ns)) != sizeof(ns))
			return 1;
	}
}

/* ---- the driver ---- */

static pid_t start_target(const char *self, const char *what, int nr, int out)
{
	char nr_arg[16], fd_arg[16], byte;
	int fds[2];
	pid_t pid;

	if (pipe(fds))
		err(1, "pipe");
	snprintf(nr_arg, sizeof(nr_arg), "%d", nr);
	snprintf(fd_arg, sizeof(fd_arg), "%d", fds[1]);
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		setsid();
		dup2(null, 0);
		dup2(out < 0 ? null : out, 1);
		dup2(null, 2);
		close(null);
		close(fds[0]);
		if (out > 2)
			close(out);
		execl(self, self, "target", what, nr_arg, fd_arg, NULL);
		_exit(95);
	}
	close(fds[1]);
	if (read(fds[0], &byte, 1) != 1)
		errx(1, "%s %d: target did not start", what, nr);
	close(fds[0]);
	/* Let all of it get to where it waits. */
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	return pid;
}

static void finish_target(pid_t pid, const char *what, int nr)
{
	int status;

	kill(pid, SIGUSR2);
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "%s %d: not all of it is there: %#x", what, nr, status);
}

/* The ids are free again only when all of a killed tree has been reaped. */
static void reap_all(void)
{
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

static void show_log(void)
{
	char line[512];
	FILE *f = fopen(LOG, "r");

	while (f && fgets(line, sizeof(line), f))
		fprintf(stderr, "%s", line);
}

static unsigned long long checkpoint(pid_t pid, int ext, unsigned int flags,
				     struct checkpoint_stats *stats)
{
	struct ckpt_external out = { .key = (unsigned long)"out", .fd = ext };
	int fd = open(IMAGE, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int log = open(LOG, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct checkpoint_args args = {
		.flags		= CHECKPOINT_SUBTREE | flags,
		.pid		= pid,
		.pidfd		= -1,
		.image_fd	= fd,
		.log_fd		= log,
		.parent_fd	= -1,
		.external	= ext < 0 ? 0 : (unsigned long)&out,
		.nr_external	= ext >= 0,
		.stats		= (unsigned long)stats,
		.stats_size	= sizeof(*stats),
	};
	unsigned long long start = now_ns();
	long ret = syscall(__NR_checkpoint, &args, sizeof(args));

	start = now_ns() - start;
	if (ret <= 0) {
		show_log();
		err(1, "checkpoint");
	}
	close(fd);
	close(log);
	return start;
}

static unsigned long long restart(int ext, pid_t *pid, struct restart_stats *stats)
{
	struct ckpt_external out = { .key = (unsigned long)"out", .fd = ext };
	int fd = open(IMAGE, O_RDONLY | O_CLOEXEC);
	int log = open(LOG, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct restart_args args = {
		.image_fd	= fd,
		.log_fd		= log,
		.external	= ext < 0 ? 0 : (unsigned long)&out,
		.nr_external	= ext >= 0,
		.stats		= (unsigned long)stats,
		.stats_size	= sizeof(*stats),
	};
	unsigned long long start = now_ns();
	long ret = syscall(__NR_restart, &args, sizeof(args));

	start = now_ns() - start;
	if (ret <= 0) {
		show_log();
		err(1, "restart");
	}
	*pid = ret;
	close(fd);
	close(log);
	return start;
}

/* What a task of a tree costs, or a file, or an area. */
struct cost {
	double stop;
	double save;
	double back;
};

static struct cost bench_tree(const char *self, const char *what, int nr)
{
	struct checkpoint_stats stats = {};
	struct restart_stats rstats = {};
	unsigned long long save, kill_time, back;
	pid_t pid = start_target(self, what, nr, -1);

	checkpoint(pid, -1, 0, &stats);
	save = checkpoint(pid, -1, 0, &stats);
	kill_time = checkpoint(pid, -1, CHECKPOINT_KILL, &(struct checkpoint_stats){});
	reap_all();
	back = restart(-1, &pid, &rstats);
	finish_target(pid, what, nr);
	nr++;
	printf("%-8s %6d %10.1f %10.1f %10.1f %10.1f %10.1f %10.0f\n", what, nr,
	       stats.freezing_time / 1e3 / nr, stats.capture_time / 1e3 / nr,
	       save / 1e3 / nr, kill_time / 1e3 / nr, back / 1e3 / nr,
	       (double)stats.meta_bytes / nr);
	fflush(stdout);
	return (struct cost){
		.stop = (double)(stats.freezing_time + stats.capture_time) / nr,
		.save = (double)save / nr,
		.back = (double)back / nr,
	};
}

/* Does a task cost the same in a large tree as in a small one? */
static void bench_kind(const char *self, const char *what, int unit)
{
	struct cost small, large;

	/* First use of everything. */
	bench_tree(self, what, 1);
	small = bench_tree(self, what, 10 * unit);
	bench_tree(self, what, 100 * unit);
	large = bench_tree(self, what, 1000 * unit);
	printf("%-8s %d against %d: stop %.2f, checkpoint %.2f, restart %.2f\n",
	       what, 1000 * unit, 10 * unit, large.stop / small.stop,
	       large.save / small.save, large.back / small.back);
	fflush(stdout);
}

static void print_head(void)
{
	printf("%-8s %6s %10s %10s %10s %10s %10s %10s\n", "kind", "number",
	       "freezing", "capture", "checkpoint", "and kill", "restart", "metadata");
}

static int bench_tasks(const char *self)
{
	print_head();
	bench_kind(self, "procs", 1);
	bench_kind(self, "threads", 1);
	return 0;
}

static int bench_many(const char *self)
{
	print_head();
	bench_kind(self, "files", 100);
	bench_kind(self, "areas", 100);
	return 0;
}

static void bench_size(const char *self, int mib)
{
	unsigned long long fork_ns = ~0ULL, stop = ~0ULL, freezing = 0, capture = 0;
	unsigned long long ns, save = 0, back;
	struct checkpoint_stats stats = {};
	struct restart_stats rstats = {};
	int fds[2], i;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		err(1, "pipe");
	pid = start_target(self, "memory", mib, fds[1]);
	for (i = 0; i < ROUNDS; i++) {
		/* Leaves all pages as they were before: writable. */
		kill(pid, SIGUSR1);
		if (read(fds[0], &ns, sizeof(ns)) != sizeof(ns))
			errx(1, "memory %d: target is gone", mib);
		if (ns < fork_ns)
			fork_ns = ns;
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
		save = checkpoint(pid, fds[1], 0, &stats);
		ns = stats.freezing_time + stats.capture_time;
		if (ns < stop) {
			stop = ns;
			freezing = stats.freezing_time;
			capture = stats.capture_time;
		}
	}
	checkpoint(pid, fds[1], CHECKPOINT_KILL, &(struct checkpoint_stats){});
	reap_all();
	back = restart(fds[1], &pid, &rstats);
	finish_target(pid, "memory", mib);
	printf("%-8d %10.0f %10.0f %10.0f %10.0f %6.2f %12.0f %10.0f %10.0f %9llu\n", mib,
	       fork_ns / 1e3, freezing / 1e3, capture / 1e3, stop / 1e3,
	       (double)stop / fork_ns, save / 1e3, back / 1e3,
	       rstats.memread_time / 1e3,
	       (unsigned long long)stats.meta_bytes);
	fflush(stdout);
	close(fds[0]);
	close(fds[1]);
}

static int bench_memory(const char *self)
{
	printf("%-8s %10s %10s %10s %10s %6s %12s %10s %10s %9s\n", "MiB", "fork",
	       "freezing", "capture", "stop", "ratio", "checkpoint", "restart",
	       "memread", "metadata");
	bench_size(self, 1);
	bench_size(self, 64);
	bench_size(self, 256);
	return 0;
}

int main(int argc, char **argv)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (argc == 5 && !strcmp(argv[1], "target"))
		return target_main(argv[2], atoi(argv[3]), atoi(argv[4]));
	if (argc == 2 && !strcmp(argv[1], "tasks"))
		return bench_tasks("/proc/self/exe");
	if (argc == 2 && !strcmp(argv[1], "many"))
		return bench_many("/proc/self/exe");
	if (argc == 2 && !strcmp(argv[1], "memory"))
		return bench_memory("/proc/self/exe");
	errx(2, "usage: %s tasks|many|memory|target WHAT NUMBER FD", argv[0]);
}
