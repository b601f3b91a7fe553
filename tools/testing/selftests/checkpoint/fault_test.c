// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - every allocation and every access to user memory fails
 * once, in the caller and in the tasks that restart() creates
 *
 * What is left afterwards is counted. With CKPT_FAULT_ALL set each single one
 * fails, otherwise fewer and fewer of them the later they come. The kernel's log
 * has their places with CKPT_FAULT_VERBOSE=2.
 */
#include "mixed_tree.h"

#define FAIL_NTH	"/sys/kernel/debug/checkpoint/fail_nth"

FIXTURE(fault) {
	struct ckpt_test t;
	int nth;
};

FIXTURE_VARIANT(fault) {
	void (*tree)(struct shared *sh);
};

FIXTURE_VARIANT_ADD(fault, mixed) { .tree = mixed_tree };
FIXTURE_VARIANT_ADD(fault, kinds) { .tree = kinds_tree };

/* That of the variant. */
static void (*tree)(struct shared *sh);

static void set_file(const char *name, const char *value)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0)
		perror(name);
	close(fd);
}

static long number_in(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	char buf[64] = "";

	if (fd < 0)
		return -1;
	if (read(fd, buf, sizeof(buf) - 1) < 0)
		buf[0] = '\0';
	close(fd);
	return atol(buf);
}

/* Also allocations that may sleep fail, and say nothing unless asked to. */
static void set_up_injection(void)
{
	const char *verbose = getenv("CKPT_FAULT_VERBOSE") ?: "0";

	set_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	set_file("/sys/kernel/debug/failslab/verbose", verbose);
	set_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	set_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	set_file("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	set_file("/sys/kernel/debug/fail_page_alloc/verbose", verbose);
	set_file("/sys/kernel/debug/fail_usercopy/verbose", verbose);
}

FIXTURE_SETUP(fault)
{
	tree = variant->tree;
	self->nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (self->nth < 0)
		SKIP(return, "no fault injection");
	set_up_injection();
	/* What is orphaned must come to us. */
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(fault)
{
	if (self->nth < 0)
		return;
	close(self->nth);
	mixed_kill(self->t.sh);
	self->t.pid = 0;
	test_teardown(&self->t);
}

/* ---- what is left ---- */

/* Kept apart from each other by slab_nomerge. */
static const char * const caches[] = {
	"task_struct", "signal_cache", "sighand_cache", "files_cache", "fs_cache",
	"mm_struct", "vm_area_struct", "anon_vma", "cred_jar", "pid", "filp",
	"nsproxy", "time_namespace", "pid_namespace", "user_namespace", "uts_namespace",
	"shmem_inode_cache", "mnt_cache", "sigqueue", "eventpoll_epi", "eventpoll_pwq",
	"inotify_inode_mark", "posix_timers_cache", "file_lock_cache", "file_lock_ctx",
	"sock_inode_cache", "UNIX", "UNIX-STREAM", "TCP", "TCPv6", "UDP", "UDPv6",
	"mqueue_inode_cache",
};

/* Others than us come and go as well, and so do their tasks. */
#define MAY_DIFFER	6

struct counts {
	long nr[ARRAY_SIZE(caches)];
};

static void count(struct counts *c)
{
	char name[96];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		/* What only waits for reuse does not count. */
		snprintf(name, sizeof(name), "/sys/kernel/slab/%s/shrink", caches[i]);
		set_file(name, "1");
		snprintf(name, sizeof(name), "/sys/kernel/slab/%s/objects", caches[i]);
		c->nr[i] = number_in(name);
	}
}

/* Return: the name of a cache that has grown, or NULL. */
static const char *grown(const struct counts *before)
{
	const char *name = NULL;
	struct counts now;
	unsigned int i, try;

	/* Much is freed only after a grace period of RCU. */
	for (try = 0; try < 20; try++) {
		count(&now);
		name = NULL;
		for (i = 0; i < ARRAY_SIZE(caches); i++)
			if (now.nr[i] > before->nr[i] + MAY_DIFFER)
				name = caches[i];
		if (!name)
			break;
		nap_ms(250);
	}
	return name;
}

/* ---- faults ---- */

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
	if (getenv("CKPT_FAULT_ALL"))
		return n + 1;
	return n + 1 + n / 64;
}

static bool expected(int err, const char *msg)
{
	/* To a tmpfs no memory is no space. */
	if (err == ENOSPC)
		return strstr(msg, "tmpfs " KINDS_DIR);
	return err == ENOMEM || err == EFAULT || err == EAGAIN;
}

/* Before each restart. */
static void prepare(struct __test_metadata *_metadata)
{
	if (tree == kinds_tree)
		ASSERT_TRUE(kinds_prepare());
}

static void start_tree(struct __test_metadata *_metadata, struct ckpt_test *t)
{
	kinds_find(t);
	ASSERT_LT(0, spawn(t, tree));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(0, atomic_load(&t->sh->failed))
		TH_LOG("target, line %d: %s", atomic_load(&t->sh->failed), t->sh->why);
}

static void make_image(struct __test_metadata *_metadata, struct ckpt_test *t)
{
	start_tree(_metadata, t);
	ASSERT_EQ(MIXED_TASKS, do_checkpoint_pid(t, t->pid, 0)) TH_LOG("%s", t->msg);
	mixed_kill(t->sh);
	ASSERT_TRUE(mixed_gone(t->sh));
}

TEST_F_TIMEOUT(fault, checkpoint, 900)
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
	struct counts before;
	bool hit = true;
	long ret;
	int err;

	start_tree(_metadata, t);
	ASSERT_EQ(MIXED_TASKS, do_checkpoint_pid(t, t->pid, 0)) TH_LOG("%s", t->msg);
	count(&before);
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
			ASSERT_TRUE(hit && expected(err, t->msg))
				TH_LOG("%u: errno %d: %s", n, err, t->msg);
		} else {
			done++;
			ASSERT_EQ(MIXED_TASKS, ret);
		}
		ASSERT_TRUE(mixed_running(t->sh)) TH_LOG("%u: %s", n, t->msg);
	}
	TH_LOG("up to %u: failed %u, did not mind %u", n, failed, done);
	ASSERT_LT(0, failed);
	ASSERT_EQ(NULL, grown(&before)) TH_LOG("%s: leaked", grown(&before));
	mixed_kill(t->sh);
	ASSERT_TRUE(mixed_gone(t->sh));
	prepare(_metadata);
	ASSERT_LT(0, do_restart(t, 0)) TH_LOG("%s", t->msg);
	ASSERT_TRUE(mixed_running(t->sh));
}

/* Ask for each namespace of the image. Return: their number. */
static unsigned int ask(struct ckpt_test *t, struct ckpt_external *ext,
			char (*keys)[16], unsigned int max)
{
	struct ckpt_hdr h;
	unsigned int nr = 0;
	off_t pos = 0;

	while (nr < max && pread(t->image, &h, sizeof(h), pos) == sizeof(h) &&
	       h.type != CKPT_HDR_TREE && h.len) {
		pos += h.len;
		if (h.type < CKPT_HDR_NS_USER || h.type > CKPT_HDR_NS_TIME)
			continue;
		snprintf(keys[nr], sizeof(keys[nr]), "ns:%u", h.id);
		ext[nr] = (struct ckpt_external){ (uintptr_t)keys[nr], -1 };
		nr++;
	}
	return nr;
}

/* Whether all have been given, or none; they are closed. */
static bool answered(struct ckpt_external *ext, unsigned int nr, bool given)
{
	bool ok = true;

	for (; nr--; ext++) {
		ok &= given ? ext->fd >= 0 && !close(ext->fd) : ext->fd == -1;
		ext->fd = -1;
	}
	return ok;
}

static int first_free_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

TEST_F_TIMEOUT(fault, restart, 900)
{
	struct restart_stats stats;
	struct ckpt_test *t = &self->t;
	struct ckpt_external ext[8];
	char keys[8][16];
	struct restart_args args = {
		.image_fd	= t->image,
		.log_fd		= t->log,
		.external	= (uintptr_t)ext,
		.stats		= (uintptr_t)&stats,
		.stats_size	= sizeof(stats),
	};
	unsigned int n, failed = 0, done = 0;
	struct counts before;
	bool hit = true;
	long ret;
	int err, free_fd;

	make_image(_metadata, t);
	prepare(_metadata);
	args.nr_external = ask(t, ext, keys, ARRAY_SIZE(ext));
	free_fd = first_free_fd();
	count(&before);
	for (n = 1; hit; n = next_nth(n)) {
		prepare(_metadata);
		lseek(t->image, 0, SEEK_SET);
		arm(self->nth, n);
		ret = sys_restart(&args, sizeof(args));
		err = errno;
		hit = disarm(self->nth);
		read_log(t);
		ASSERT_TRUE(answered(ext, args.nr_external, ret > 0));
		ASSERT_EQ(free_fd, first_free_fd());
		if (ret == -1) {
			failed++;
			ASSERT_TRUE(hit && expected(err, t->msg))
				TH_LOG("%u: errno %d: %s", n, err, t->msg);
		} else {
			done++;
			ASSERT_TRUE(mixed_running(t->sh)) TH_LOG("%u: %s", n, t->msg);
			mixed_kill(t->sh);
		}
		ASSERT_TRUE(mixed_gone(t->sh)) TH_LOG("%u: %s", n, t->msg);
	}
	TH_LOG("asked for %u; up to %u: failed %u, did not mind %u", args.nr_external, n,
	       failed, done);
	ASSERT_LT(0, failed);
	ASSERT_EQ(NULL, grown(&before)) TH_LOG("%s: leaked", grown(&before));
}

/* ---- in the tasks that restart() creates ---- */

static void arm_task(unsigned int task, unsigned int n)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%u %u", task, n);
	set_file(FAIL_NTH, buf);
}

/* Return: how often a restart failed because of task number @task. */
static unsigned int fail_in_task(struct __test_metadata *_metadata,
				 struct ckpt_test *t, unsigned int task)
{
	unsigned int n, failed = 0, done = 0;
	bool hit = true;
	long ret;

	for (n = 1; hit; n = next_nth(n)) {
		prepare(_metadata);
		arm_task(task, n);
		ret = do_restart(t, 0);
		hit = !number_in(FAIL_NTH);
		arm_task(0, 0);
		if (ret < 0) {
			failed++;
			ASSERT_TRUE(hit && expected(-ret, t->msg))
				TH_LOG("task %u, %u: errno %ld: %s", task, n, -ret, t->msg);
		} else {
			done++;
			ASSERT_TRUE(mixed_running(t->sh))
				TH_LOG("task %u, %u", task, n);
			mixed_kill(t->sh);
		}
		ASSERT_TRUE(mixed_gone(t->sh)) TH_LOG("task %u, %u: %s", task, n, t->msg);
	}
	TH_LOG("task %u up to %u: failed %u, did not mind %u", task, n, failed, done);
	return failed;
}

TEST_F_TIMEOUT(fault, restarted_tasks, 900)
{
	struct ckpt_test *t = &self->t;
	struct counts before;
	unsigned int i;

	if (access(FAIL_NTH, W_OK))
		SKIP(return, "no CONFIG_CHECKPOINT_DEBUG");
	make_image(_metadata, t);
	prepare(_metadata);
	count(&before);
	for (i = 0; i < MIXED_TASKS; i++)
		ASSERT_LT(0, fail_in_task(_metadata, t, i));
	ASSERT_EQ(NULL, grown(&before)) TH_LOG("%s: leaked", grown(&before));
}

TEST_HARNESS_MAIN
