// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - open files of a proc filesystem
 */
#include <dirent.h>
#include <poll.h>
#include <pthread.h>

#include "common.h"

#include <sys/mount.h>

static char text[2][1 << 18];

FIXTURE(proc) {
	struct ckpt_test t;
};

FIXTURE_SETUP(proc)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(proc)
{
	test_teardown(&self->t);
}

static int open_of(pid_t pid, const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, flags);
}

/* Read up to @max bytes, @step at a time. */
static ssize_t read_by(int fd, char *buf, size_t max, size_t step)
{
	size_t n = 0;
	ssize_t ret = 0;

	while (n < max) {
		ret = read(fd, buf + n, step < max - n ? step : max - n);
		if (ret <= 0)
			break;
		n += ret;
	}
	return ret < 0 ? ret : (ssize_t)n;
}

static bool same_text(int fd, int again, size_t done)
{
	ssize_t n = read_by(fd, text[0] + done, sizeof(text[0]) - done, 4096);
	ssize_t m = read_by(again, text[1], sizeof(text[1]), 4096);

	return n > 0 && m == n + (ssize_t)done && !memcmp(text[0], text[1], m);
}

/* ---- a task's own files ---- */

static void own_maps(struct shared *sh)
{
	int fd = open("/proc/self/maps", O_RDONLY);
	int fresh = open("/proc/self/maps", O_RDONLY);
	int end = open("/proc/self/maps", O_RDONLY);
	char c;

	TARGET_CHECK(sh, read_by(fd, text[0], 300, 60) == 300);
	TARGET_CHECK(sh, read_by(end, text[1], sizeof(text[1]), 4096) > 300);
	TARGET_CHECK(sh, read(end, &c, 1) == 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, lseek(fd, 0, SEEK_CUR) == 300);
	TARGET_CHECK(sh, same_text(fd, fresh, 300));
	TARGET_CHECK(sh, read(end, &c, 1) == 0);
	TARGET_CHECK(sh, lseek(end, 0, SEEK_SET) == 0 && read(end, &c, 1) == 1);
}

TEST_F(proc, maps)
{
	ROUND_TRIP(&self->t, own_maps);
}

static void memory(struct shared *sh)
{
	static atomic_ulong value = 4711;
	int mem = open("/proc/self/mem", O_RDWR);
	int auxv = open("/proc/self/auxv", O_RDONLY);
	int auxv_again = open("/proc/self/auxv", O_RDONLY);
	int env = open("/proc/self/environ", O_RDONLY);
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	int smaps = open("/proc/self/smaps", O_RDONLY);
	int rollup = open("/proc/self/smaps_rollup", O_RDONLY);
	unsigned long v = 0;

	TARGET_CHECK(sh, lseek(mem, (long)&value, SEEK_SET) == (long)&value);
	TARGET_CHECK(sh, read(auxv, text[0], 16) == 16);
	target_step(sh, 1);
	TARGET_CHECK(sh, read(mem, &v, sizeof(v)) == sizeof(v) && v == 4711);
	v = 4712;
	TARGET_CHECK(sh, pwrite(mem, &v, sizeof(v), (long)&value) == sizeof(v));
	TARGET_CHECK(sh, atomic_load(&value) == 4712);
	TARGET_CHECK(sh, same_text(auxv, auxv_again, 16));
	TARGET_CHECK(sh, read(env, text[0], 16) > 0);
	TARGET_CHECK(sh, pread(pagemap, &v, 8, (long)&value / 4096 * 8) == 8 && v);
	TARGET_CHECK(sh, read(smaps, text[0], 100) == 100);
	TARGET_CHECK(sh, read(rollup, text[0], 100) == 100);
}

TEST_F(proc, memory)
{
	ROUND_TRIP(&self->t, memory);
}

static void of_task(struct shared *sh)
{
	int status = open("/proc/self/status", O_RDONLY);
	int stat = open("/proc/thread-self/stat", O_RDONLY);
	int cmdline = open("/proc/self/cmdline", O_RDONLY);
	int comm = open("/proc/self/comm", O_RDWR);
	int oom = open("/proc/self/oom_score_adj", O_WRONLY);
	char name[17] = "";

	/* What has been read from the kernel is not read again. */
	TARGET_CHECK(sh, prctl(PR_SET_NAME, "before") == 0);
	TARGET_CHECK(sh, read(status, text[0], 7) == 7);
	TARGET_CHECK(sh, read(cmdline, text[0], 3) == 3);
	target_step(sh, 1);
	TARGET_CHECK(sh, prctl(PR_SET_NAME, "after") == 0);
	TARGET_CHECK(sh, read(status, text[0], 100) > 50);
	TARGET_CHECK(sh, !memcmp(text[0], "efore\n", 5));
	TARGET_CHECK(sh, read(stat, text[0], 100) > 50);
	TARGET_CHECK(sh, atoi(text[0]) == getpid() && strstr(text[0], "(after)"));
	TARGET_CHECK(sh, lseek(cmdline, 0, SEEK_CUR) == 3);
	TARGET_CHECK(sh, read(cmdline, text[0], 100) > 3);
	TARGET_CHECK(sh, write(comm, "written", 7) == 7);
	TARGET_CHECK(sh, prctl(PR_GET_NAME, name) == 0 && !strcmp(name, "written"));
	TARGET_CHECK(sh, write(oom, "100", 3) == 3);
}

TEST_F(proc, of_task)
{
	ROUND_TRIP(&self->t, of_task);
}

/* ---- files of each other ---- */

static bool is_status_of(int fd, pid_t pid)
{
	char *p;

	memset(text[0], 0, 4096);
	if (read(fd, text[0], 4095) <= 0)
		return false;
	p = strstr(text[0], "\nPid:");
	return p && atoi(p + 5) == pid;
}

static void *thread(void *arg)
{
	struct shared *sh = arg;

	atomic_store(&sh->data[2], gettid());
	while (!atomic_load(&sh->go))
		nap_ms(2);
	nap_ms(100);
	return NULL;
}

static void child_of(struct shared *sh, pid_t parent)
{
	int fd = open_of(parent, "status", O_RDONLY);
	int maps = open_of(parent, "maps", O_RDONLY);
	char c;

	atomic_store(&sh->data[1], 1);
	while (!atomic_load(&sh->go))
		nap_ms(2);
	if (!is_status_of(fd, parent) || read(maps, &c, 1) != 1)
		_exit(1);
	while (atomic_load(&sh->go))
		nap_ms(2);
}

static void each_other(struct shared *sh)
{
	pid_t parent = getpid(), pid;
	int maps, status, thr;
	char name[64];
	pthread_t tid;

	pid = fork();
	if (!pid)
		child_of(sh, parent);
	while (!atomic_load(&sh->data[1]))
		nap_ms(2);
	TARGET_CHECK(sh, !pthread_create(&tid, NULL, thread, sh));
	while (!atomic_load(&sh->data[2]))
		nap_ms(2);
	maps = open_of(pid, "maps", O_RDONLY);
	status = open_of(pid, "status", O_RDONLY);
	snprintf(name, sizeof(name), "task/%d/status", (int)atomic_load(&sh->data[2]));
	thr = open_of(parent, name, O_RDONLY);
	TARGET_CHECK(sh, maps >= 0 && status >= 0 && thr >= 0);
	TARGET_CHECK(sh, read_by(maps, text[0], 200, 50) == 200);
	target_step(sh, 1);
	TARGET_CHECK(sh, same_text(maps, open_of(pid, "maps", O_RDONLY), 200));
	TARGET_CHECK(sh, is_status_of(status, pid));
	TARGET_CHECK(sh, is_status_of(thr, atomic_load(&sh->data[2])));
	nap_ms(50);
	TARGET_CHECK(sh, kill(pid, SIGKILL) == 0);
	TARGET_CHECK(sh, waitpid(pid, NULL, 0) == pid);
	TARGET_CHECK(sh, read(status, text[0], 10) <= 0);
}

TEST_F(proc, each_other)
{
	ROUND_TRIP(&self->t, each_other);
}

/* ---- other ways to hold them ---- */

static bool has_entry(DIR *d, const char *name)
{
	struct dirent *e;

	while ((e = readdir(d)))
		if (!strcmp(e->d_name, name))
			return true;
	return false;
}

static void directories(struct shared *sh)
{
	int link = open("/proc/self/exe", O_PATH | O_NOFOLLOW);
	int status = open("/proc/self/status", O_PATH);
	DIR *fds = opendir("/proc/self/fd");
	DIR *top = opendir("/proc");
	char path[64], self[16], buf[128] = "", cwd[64] = "";
	int fd;

	snprintf(self, sizeof(self), "%d", getpid());
	TARGET_CHECK(sh, link >= 0 && status >= 0 && fds && top);
	TARGET_CHECK(sh, has_entry(top, "meminfo"));
	TARGET_CHECK(sh, chdir("/proc/self/task") == 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, getcwd(cwd, sizeof(cwd)));
	snprintf(path, sizeof(path), "/proc/%s/task", self);
	TARGET_CHECK(sh, !strcmp(cwd, path));
	TARGET_CHECK(sh, readlinkat(link, "", buf, sizeof(buf) - 1) > 0);
	TARGET_CHECK(sh, strstr(buf, "proc_test"));
	TARGET_CHECK(sh, has_entry(fds, "0"));
	TARGET_CHECK(sh, has_entry(top, self));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", status);
	fd = open(path, O_RDONLY);
	TARGET_CHECK(sh, is_status_of(fd, getpid()));
}

TEST_F(proc, directories)
{
	ROUND_TRIP(&self->t, directories);
}

static void of_system(struct shared *sh)
{
	int meminfo = open("/proc/meminfo", O_RDONLY);
	int fss = open("/proc/filesystems", O_RDONLY);
	int stat = open("/proc/stat", O_RDONLY);
	int host = open("/proc/sys/kernel/ostype", O_RDONLY);
	int dirty = open("/proc/sys/vm/dirty_ratio", O_RDWR);

	TARGET_CHECK(sh, read(meminfo, text[0], 3) == 3);
	TARGET_CHECK(sh, read_by(fss, text[0], 30, 5) == 30);
	TARGET_CHECK(sh, read(host, text[1], 2) == 2 && !memcmp(text[1], "Li", 2));
	target_step(sh, 1);
	TARGET_CHECK(sh, read(meminfo, text[1], 6) == 6 && !memcmp(text[1], "Total:", 6));
	TARGET_CHECK(sh, same_text(fss, open("/proc/filesystems", O_RDONLY), 30));
	TARGET_CHECK(sh, read(stat, text[1], 3) == 3 && !memcmp(text[1], "cpu", 3));
	TARGET_CHECK(sh, lseek(host, 0, SEEK_CUR) == 2);
	TARGET_CHECK(sh, read(dirty, text[1], 8) > 0);
}

TEST_F(proc, of_system)
{
	ROUND_TRIP(&self->t, of_system);
}

static void mount_table(struct shared *sh)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY);
	int fresh = open("/proc/self/mounts", O_RDONLY);
	struct pollfd p = { .fd = fd, .events = POLLPRI };

	TARGET_CHECK(sh, read_by(fd, text[0], sizeof(text[0]), 4096) > 0);
	TARGET_CHECK(sh, poll(&p, 1, 0) == 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, poll(&p, 1, 0) == 1 && p.revents & POLLPRI);
	TARGET_CHECK(sh, poll(&p, 1, 0) == 0);
	TARGET_CHECK(sh, read(fd, text[0], 100) == 0);
	TARGET_CHECK(sh, lseek(fd, 0, SEEK_SET) == 0);
	TARGET_CHECK(sh, read(fd, text[0], 20) == 20);
	TARGET_CHECK(sh, read(fresh, text[0], 20) == 20);
}

TEST_F(proc, mounts)
{
	ROUND_TRIP(&self->t, mount_table);
}

/* ---- refused ---- */

static void outside(struct shared *sh)
{
	TARGET_CHECK(sh, open("/proc/1/status", O_RDONLY) >= 0);
	target_step(sh, 1);
}

TEST_F(proc, refuse_outside)
{
	REFUSED(&self->t, outside, EOPNOTSUPP,
		"fd 3: /proc/1/status: belongs to a task outside of the tree");
}

static void zombie(struct shared *sh)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	TARGET_CHECK(sh, open_of(pid, "stat", O_RDONLY) >= 0);
	TARGET_CHECK(sh, waitid(P_PID, pid, NULL, WEXITED | WNOWAIT) == 0);
	target_step(sh, 1);
}

TEST_F(proc, refuse_zombie)
{
	REFUSED(&self->t, zombie, EOPNOTSUPP, "belongs to a task that is dead");
}

static void reaped(struct shared *sh)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	TARGET_CHECK(sh, open_of(pid, "stat", O_RDONLY) >= 0);
	TARGET_CHECK(sh, waitpid(pid, NULL, 0) == pid);
	target_step(sh, 1);
}

TEST_F(proc, refuse_reaped)
{
	REFUSED(&self->t, reaped, EOPNOTSUPP, "belongs to a task that is dead");
}

static void executed(struct shared *sh)
{
	pid_t pid = fork();

	if (!pid) {
		open("/proc/self/maps", O_RDONLY);
		execl("/bin/sleep", "sleep", "1000", NULL);
		_exit(1);
	}
	nap_ms(100);
	target_step(sh, 1);
	kill(pid, SIGKILL);
}

TEST_F(proc, refuse_executed)
{
	REFUSED(&self->t, executed, EOPNOTSUPP,
		"belongs to memory that the process has left by execve()");
}

static void of_descriptor(struct shared *sh)
{
	TARGET_CHECK(sh, open("/proc/self/fdinfo/0", O_RDONLY) >= 0);
	target_step(sh, 1);
}

TEST_F(proc, refuse_fdinfo)
{
	REFUSED(&self->t, of_descriptor, EOPNOTSUPP,
		"may not be there when it is opened again");
}

static void mounts_in_part(struct shared *sh)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY);

	TARGET_CHECK(sh, read(fd, text[0], 5) == 5);
	target_step(sh, 1);
}

TEST_F(proc, refuse_mounts_in_part)
{
	REFUSED(&self->t, mounts_in_part, EOPNOTSUPP, "has been read in part");
}

static void by_name(struct shared *sh)
{
	TARGET_CHECK(sh, open("/proc/self/uid_map", O_RDONLY) >= 0);
	target_step(sh, 1);
}

TEST_F(proc, refuse_by_name)
{
	REFUSED(&self->t, by_name, EOPNOTSUPP,
		"uid_map: files of this name on proc are not supported");
}

#define OTHER_PROC	"/tmp/ckpt-proc-other"

static void mount_other(struct shared *sh)
{
	TARGET_CHECK(sh, !mount("proc", OTHER_PROC, "proc", 0, NULL));
}

static void of_other_pids(struct shared *sh)
{
	mkdir(OTHER_PROC, 0700);
	TARGET_CHECK(sh, !unshare(CLONE_NEWPID));
	in_child(sh, mount_other);
	TARGET_CHECK(sh, open(OTHER_PROC "/uptime", O_RDONLY) >= 0);
	target_step(sh, 1);
	close_range(0, ~0U, 0);
	TARGET_CHECK(sh, !umount(OTHER_PROC) && !rmdir(OTHER_PROC));
}

TEST_F(proc, refuse_other_pids)
{
	REFUSED(&self->t, of_other_pids, EOPNOTSUPP,
		"on a proc filesystem of another pid namespace");
}

TEST_HARNESS_MAIN
