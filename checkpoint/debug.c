// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - what tests need to get at rare interleavings
 *
 * In the directory "checkpoint" of debugfs:
 *
 * points	names of the points of both calls, in their order
 * pause	the next task that reaches this point waits there until this file is
 *		written again, or it is killed; "none" is no point
 * waiting	the point where a task waits, or "none"
 * fail		the next task that reaches this point fails there with ECANCELED
 * fail_nth	"TASK N": in created task number TASK the N-th allocation or access
 *		to user memory fails, as with /proc/PID/fail-nth; reads as the rest
 *		of N when the task was done with that, 0 if something did fail
 *
 * A paused task only waits. Whatever else happens meanwhile, signals included,
 * is for the code behind the point to notice.
 */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include "debug.h"
#include "internal.h"

/* A test that has died must not leave others stuck. */
#define PAUSE_MAX	(30 * HZ)

static const char * const point_names[] = {
	[CKPT_AT_NONE]		= "none",
	[CKPT_AT_FOUND]		= "found",
	[CKPT_AT_CHECKED]	= "checked",
	[CKPT_AT_STOPPING]	= "stopping",
	[CKPT_AT_STOPPED]	= "stopped",
	[CKPT_AT_FROZEN]	= "frozen",
	[CKPT_AT_TASKS]		= "tasks",
	[CKPT_AT_CAPTURED]	= "captured",
	[CKPT_AT_WRITE]		= "write",
	[CKPT_AT_META_WRITTEN]	= "meta-written",
	[CKPT_AT_PAGES_WRITTEN]	= "pages-written",
	[CKPT_AT_SYNCED]	= "synced",
	[CKPT_AT_KILLED]	= "killed",
	[CKPT_AT_THAW]		= "thaw",
	[CKPT_AT_READ]		= "read",
	[CKPT_AT_BARRIER]	= "barrier",
	[CKPT_AT_FILLED]	= "filled",
	[CKPT_AT_COMMIT]	= "commit",
	[CKPT_AT_ATTACHED]	= "attached",
	[CKPT_AT_COMMITTED]	= "committed",
	[CKPT_AT_ABORT]		= "abort",
	[CKPT_AT_CREATED]	= "created",
	[CKPT_AT_RESTORED]	= "restored",
	[CKPT_AT_TASK_COMMIT]	= "task-commit",
	[CKPT_AT_LOAD]		= "load",
};

static int pause_at;
static int fail_at;
static int waiting_at;
static unsigned int round;
static DECLARE_WAIT_QUEUE_HEAD(resume);

/* In created task number @fail_task. */
static unsigned int fail_task;
static unsigned int fail_nth;

/* Whether @point is what *@armed names; only one task hears yes. */
static bool take(int *armed, enum ckpt_point point)
{
	return READ_ONCE(*armed) == point &&
	       cmpxchg(armed, point, CKPT_AT_NONE) == point;
}

/**
 * ckpt_pause_at - a point where nothing can fail
 * @point: which one
 */
void ckpt_pause_at(enum ckpt_point point)
{
	unsigned int now = READ_ONCE(round);

	if (!take(&pause_at, point))
		return;
	WRITE_ONCE(waiting_at, point);
	wait_event_killable_timeout(resume, READ_ONCE(round) != now, PAUSE_MAX);
	cmpxchg(&waiting_at, point, CKPT_AT_NONE);
}

/**
 * ckpt_at - a point where tests can hold the call, or let it fail
 * @ctx: the operation
 * @point: which one
 *
 * Return: 0, or -ECANCELED, which has been reported.
 */
int ckpt_at(struct ckpt_ctx *ctx, enum ckpt_point point)
{
	ckpt_pause_at(point);
	if (take(&fail_at, point))
		return ckpt_err(ctx, -ECANCELED, "made to fail at point %s",
				point_names[point]);
	return 0;
}

/* Whether something is to fail in the created task @t. */
static bool is_victim(const struct ckpt_task *t)
{
	return READ_ONCE(fail_nth) && t->index == READ_ONCE(fail_task);
}

/**
 * ckpt_debug_begin - a created task begins to restore itself
 * @t: the task, current
 */
void ckpt_debug_begin(const struct ckpt_task *t)
{
	if (is_victim(t))
		ckpt_set_fail_nth(READ_ONCE(fail_nth));
}

/**
 * ckpt_debug_end - a created task is done with that, or has failed
 * @t: the task, current
 */
void ckpt_debug_end(const struct ckpt_task *t)
{
	if (!is_victim(t))
		return;
	WRITE_ONCE(fail_nth, ckpt_get_fail_nth());
	ckpt_set_fail_nth(0);
}

/* ---- files ---- */

static ssize_t write_point(const char __user *ubuf, size_t size, int *point)
{
	char buf[32];
	int i;

	if (size >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, size))
		return -EFAULT;
	buf[size] = '\0';
	i = sysfs_match_string(point_names, buf);
	if (i < 0)
		return i;
	WRITE_ONCE(*point, i);
	return size;
}

static int show_point(struct seq_file *m, void *unused)
{
	const int *point = m->private;

	seq_printf(m, "%s\n", point_names[READ_ONCE(*point)]);
	return 0;
}

static int open_point(struct inode *inode, struct file *file)
{
	return single_open(file, show_point, inode->i_private);
}

static ssize_t pause_write(struct file *file, const char __user *ubuf,
			   size_t size, loff_t *pos)
{
	ssize_t ret = write_point(ubuf, size, &pause_at);

	if (ret < 0)
		return ret;
	/* Who waits must not be seen there any more. */
	WRITE_ONCE(waiting_at, CKPT_AT_NONE);
	WRITE_ONCE(round, round + 1);
	wake_up_all(&resume);
	return ret;
}

static const struct file_operations pause_fops = {
	.open		= open_point,
	.read		= seq_read,
	.write		= pause_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static const struct file_operations waiting_fops = {
	.open		= open_point,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static ssize_t fail_write(struct file *file, const char __user *ubuf,
			  size_t size, loff_t *pos)
{
	return write_point(ubuf, size, &fail_at);
}

static const struct file_operations fail_fops = {
	.open		= open_point,
	.read		= seq_read,
	.write		= fail_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static int points_show(struct seq_file *m, void *unused)
{
	size_t i;

	for (i = CKPT_AT_NONE + 1; i < ARRAY_SIZE(point_names); i++)
		seq_printf(m, "%s\n", point_names[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(points);

static int show_fail_nth(struct seq_file *m, void *unused)
{
	seq_printf(m, "%u\n", READ_ONCE(fail_nth));
	return 0;
}

static int fail_nth_open(struct inode *inode, struct file *file)
{
	return single_open(file, show_fail_nth, NULL);
}

static ssize_t fail_nth_write(struct file *file, const char __user *ubuf,
			      size_t size, loff_t *pos)
{
	unsigned int task, n;
	char buf[32];

	if (size >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, ubuf, size))
		return -EFAULT;
	buf[size] = '\0';
	if (sscanf(buf, "%u %u", &task, &n) != 2)
		return -EINVAL;
	WRITE_ONCE(fail_task, task);
	WRITE_ONCE(fail_nth, n);
	return size;
}

static const struct file_operations fail_nth_fops = {
	.open		= fail_nth_open,
	.read		= seq_read,
	.write		= fail_nth_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static int __init ckpt_debug_init(void)
{
	struct dentry *dir = debugfs_create_dir("checkpoint", NULL);

	debugfs_create_file("points", 0400, dir, NULL, &points_fops);
	debugfs_create_file("pause", 0600, dir, &pause_at, &pause_fops);
	debugfs_create_file("waiting", 0400, dir, &waiting_at, &waiting_fops);
	debugfs_create_file("fail", 0600, dir, &fail_at, &fail_fops);
	debugfs_create_file("fail_nth", 0600, dir, NULL, &fail_nth_fops);
	return 0;
}
late_initcall(ckpt_debug_init);
