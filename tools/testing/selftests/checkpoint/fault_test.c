// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - every allocation and every access to user memory of
 * the caller fails once
 */
#include "common.h"

FIXTURE(fault) {
	struct ckpt_test t;
	int nth;
};

static void set_file(const char *name, const char *value)
{
	int fd = open(name, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0)
		perror(name);
	close(fd);
}

/* Also allocations that may sleep fail, and say nothing. */
static void set_up_injection(void)
{
	set_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	set_file("/sys/kernel/debug/failslab/verbose", "0");
	set_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	set_file("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	set_file("/sys/kernel/debug/fail_page_alloc/verbose", "0");
	set_file("/sys/kernel/debug/fail_usercopy/verbose", "0");
}

FIXTURE_SETUP(fault)
{
	self->nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (self->nth < 0)
		SKIP(return, "no fault injection");
	set_up_injection();
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(fault)
{
	if (self->nth < 0)
		return;
	close(self->nth);
	if (self->t.pid > 0)
		kill(-self->t.pid, SIGKILL);
	test_teardown(&self->t);
}

static void arm(int fd, unsigned int n)
{
	char buf[16];

	snprintf(buf, sizeof(buf), "%u", n);
	if (pwrite(fd, buf, strlen(buf), 0) < 0)
		perror("fail-nth");
}

/* Return: whether there was a failure since arm(). */
static bool disarm(int fd)
{
	char buf[16] = "";
	/* If the read is what fails, the call before it was spared. */
	bool hit = pread(fd, buf, sizeof(buf) - 1, 0) > 0 && !atoi(buf);

	arm(fd, 0);
	return hit;
}

/* Every number at first, then fewer: the work is the same again and again. */
static unsigned int next_nth(unsigned int n)
{
	return n + 1 + n / 64;
}

static bool expected(int err)
{
	return err == ENOMEM || err == EFAULT || err == EAGAIN;
}

static void target(struct shared *sh)
{
	int i;

	for (i = 0; i < 2; i++)
		if (!fork())
			break;
	atomic_store(&sh->data[10 + i], getpid());
	while (i == 2 && (!atomic_load(&sh->data[10]) || !atomic_load(&sh->data[11])))
		nap_ms(1);
	if (i == 2)
		atomic_store(&sh->ready, 1);
	for (;;) {
		nap_ms(1);
		atomic_fetch_add(&sh->data[i], 1);
	}
}

static bool all_running(struct shared *sh)
{
	uint64_t before;
	long ms = 0;
	int i;

	for (i = 0; i < 3; i++) {
		before = atomic_load(&sh->data[i]);
		while (atomic_load(&sh->data[i]) < before + 2) {
			if (ms++ > CKPT_TEST_TIMEOUT_MS)
				return false;
			nap_ms(1);
		}
	}
	return true;
}

static bool none_left_now(struct shared *sh)
{
	int i;

	for (i = 0; i < 3; i++)
		if (!kill(atomic_load(&sh->data[10 + i]), 0) || errno != ESRCH)
			return false;
	return waitpid(-1, NULL, __WALL | WNOHANG) == -1 && errno == ECHILD;
}

/* Orphans are gone only when init has reaped them. */
static bool none_left(struct shared *sh)
{
	int i;

	for (i = 0; i < 200 && !none_left_now(sh); i++)
		nap_ms(10);
	return none_left_now(sh);
}

static void kill_all(struct ckpt_test *t)
{
	kill(-t->pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
	t->pid = 0;
}

TEST_F_TIMEOUT(fault, checkpoint, 300)
{
	struct checkpoint_stats stats;
	struct ckpt_test *t = &self->t;
	struct checkpoint_args args = {
		.flags		= CHECKPOINT_SUBTREE,
		.pidfd		= -1,
		.image_fd	= t->image,
		.log_fd		= t->log,
		.parent_fd	= -1,
		.stats		= (uintptr_t)&stats,
		.stats_size	= sizeof(stats),
	};
	unsigned int n, failed = 0, done = 0;
	bool hit = true;
	long ret;
	int err;

	ASSERT_LT(0, spawn(t, target));
	ASSERT_TRUE(wait_step(t->sh, 1));
	args.pid = t->pid;
	for (n = 1; hit; n = next_nth(n)) {
		ASSERT_EQ(0, ftruncate(t->image, 0));
		lseek(t->image, 0, SEEK_SET);
		arm(self->nth, n);
		ret = sys_checkpoint(&args, sizeof(args));
		err = errno;
		hit = disarm(self->nth);
		read_log(t);
		if (ret == -1) {
			failed++;
			ASSERT_TRUE(hit && expected(err))
				TH_LOG("%u: errno %d: %s", n, err, t->msg);
		} else {
			done++;
			ASSERT_EQ(3, ret);
		}
		ASSERT_TRUE(all_running(t->sh)) TH_LOG("%u: %s", n, t->msg);
	}
	TH_LOG("up to %u: failed %u, did not mind %u", n, failed, done);
	ASSERT_LT(0, failed);
	kill_all(t);
	ASSERT_TRUE(none_left(t->sh));
	ASSERT_LT(0, do_restart(t, 0)) TH_LOG("%s", t->msg);
	ASSERT_TRUE(all_running(t->sh));
	kill_all(t);
}

TEST_F_TIMEOUT(fault, restart, 300)
{
	struct restart_stats stats;
	struct ckpt_test *t = &self->t;
	struct restart_args args = {
		.image_fd	= t->image,
		.log_fd		= t->log,
		.stats		= (uintptr_t)&stats,
		.stats_size	= sizeof(stats),
	};
	unsigned int n, failed = 0, done = 0;
	bool hit = true;
	long ret;
	int err;

	ASSERT_LT(0, spawn(t, target));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(3, do_checkpoint_pid(t, t->pid, 0)) TH_LOG("%s", t->msg);
	kill_all(t);
	for (n = 1; hit; n = next_nth(n)) {
		lseek(t->image, 0, SEEK_SET);
		arm(self->nth, n);
		ret = sys_restart(&args, sizeof(args));
		err = errno;
		hit = disarm(self->nth);
		read_log(t);
		if (ret == -1) {
			failed++;
			ASSERT_TRUE(hit && expected(err))
				TH_LOG("%u: errno %d: %s", n, err, t->msg);
		} else {
			done++;
			t->pid = ret;
			ASSERT_TRUE(all_running(t->sh)) TH_LOG("%u: %s", n, t->msg);
			kill_all(t);
		}
		ASSERT_TRUE(none_left(t->sh)) TH_LOG("%u: %s", n, t->msg);
	}
	TH_LOG("up to %u: failed %u, did not mind %u", n, failed, done);
	ASSERT_LT(0, failed);
}

TEST_HARNESS_MAIN
