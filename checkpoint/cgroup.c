// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - control groups of processes
 *
 * Saved: for each process that is not in the control group of the root task:
 *	the path from that to its own, in the v2 hierarchy.
 * Not saved: the groups, and what they limit and count; they belong to whoever
 *	runs the container. The root task comes back in the group of the caller
 *	of restart().
 * Refused: processes in other groups than the root task's in a v1 hierarchy;
 *	threads in other groups than their process.
 *
 * At restart the groups must be there already, placed to the caller's group as
 * they were to the root task's, in the hierarchy that the caller has mounted at
 * /sys/fs/cgroup. A process moves itself, with the caller's rights, before it
 * is restored any further.
 */
#include <linux/cgroup.h>
#include <linux/checkpoint.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/kernfs.h>
#include <linux/magic.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/path.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "files.h"
#include "internal.h"
#include "sched.h"

#define CGROUP_MOUNT	"/sys/fs/cgroup"

/* ---- checkpoint ---- */

/* A css_set stands for one group in each hierarchy. */
static bool same_groups(struct task_struct *a, struct task_struct *b)
{
	bool ret;

	rcu_read_lock();
	ret = task_css_set(a) == task_css_set(b);
	rcu_read_unlock();
	return ret;
}

static int check_threads(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct task_struct *t;
	pid_t other = 0;

	rcu_read_lock();
	for_each_thread(tsk, t)
		if (!t->exit_state && task_css_set(t) != task_css_set(tsk))
			other = task_pid_vnr(t);
	rcu_read_unlock();
	if (!other)
		return 0;
	return ckpt_err(ctx, -EOPNOTSUPP,
			"control group: thread %d is in another one than its process",
			other);
}

/* The path from the group of @root to that of @tsk; "" if they are the same. */
static int get_path(struct task_struct *root, struct task_struct *tsk, char *buf)
{
	struct cgroup *from, *to;
	int len = 0;

	rcu_read_lock();
	from = task_dfl_cgroup(root);
	to = task_dfl_cgroup(tsk);
	if (from != to)
		len = kernfs_path_from_node(to->kn, from->kn, buf, PATH_MAX);
	else
		*buf = '\0';
	rcu_read_unlock();
	return len < 0 || len >= PATH_MAX ? -ENAMETOOLONG : len;
}

static int write_path(struct ckpt_ctx *ctx, const char *path)
{
	size_t len = strlen(path) + 1;
	struct ckpt_hdr_cgroup *h;

	h = ckpt_new_rec(ctx, CKPT_HDR_CGROUP, struct_size(h, path, len));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->path_len = len;
	memcpy(h->path, path, len);
	return 0;
}

static int checkpoint_path(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	int ret;

	if (!buf)
		return ckpt_err(ctx, -ENOMEM, "control group");
	ret = get_path(ctx->root_thread, tsk, buf);
	if (ret < 0)
		ckpt_err(ctx, ret, "control group: path too long");
	else if (ret > 0)
		ret = write_path(ctx, buf);
	kfree(buf);
	return ret;
}

static int checkpoint_cgroup(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	int ret;

	ret = check_threads(ctx, tsk);
	if (ret || same_groups(tsk, ctx->root_thread))
		return ret;
	if (!cgroup1_groups_same(tsk, ctx->root_thread))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"control group: another one than the root task's in a v1 hierarchy");
	return checkpoint_path(ctx, tsk);
}

/**
 * ckpt_cgroup_validate - check a CGROUP record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_cgroup_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_cgroup *cg = (const void *)h;
	size_t len;
	const u8 *path = ckpt_payload(h, sizeof(*cg), &len);

	if (!ckpt_path_ok(path, cg->path_len, len))
		return ckpt_bad(v, "bad path of a control group");
	if (!ckpt_tail_ok(h, sizeof(*cg) + cg->path_len))
		return ckpt_bad(v, "padding is not zero");
	if (cg->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return 0;
}

/* ---- restart ---- */

/* Where the caller's own group is, below the mount. */
static int get_own_path(struct ckpt_ctx *ctx, char *buf, size_t size)
{
	struct cgroup_namespace *ns;
	struct cgroup *cgrp;
	int ret;

	task_lock(ctx->caller);
	ns = ctx->caller->nsproxy->cgroup_ns;
	get_cgroup_ns(ns);
	task_unlock(ctx->caller);
	rcu_read_lock();
	do
		cgrp = task_dfl_cgroup(ctx->caller);
	while (!cgroup_tryget(cgrp));
	rcu_read_unlock();
	ret = cgroup_path_ns(cgrp, buf, size, ns);
	cgroup_put(cgrp);
	put_cgroup_ns(ns);
	return ret < 0 || ret >= size ? -ENAMETOOLONG : 0;
}

static struct file *open_group(struct ckpt_ctx *ctx, const char *name)
{
	struct file *file;
	struct path root;

	task_lock(ctx->caller);
	get_fs_root(ctx->caller->fs, &root);
	task_unlock(ctx->caller);
	/* By ".." a path can lead out of the mount; the caller looks at that. */
	file = file_open_root(&root, name, O_RDONLY | O_DIRECTORY, 0);
	path_put(&root);
	return file;
}

static int enter_group(struct ckpt_ctx *ctx, const char *path, const char *name)
{
	struct file *file = open_group(ctx, name);
	int ret;

	if (IS_ERR(file))
		return ckpt_err(ctx, PTR_ERR(file) == -ENOENT ? -ESTALE : PTR_ERR(file),
				"control group %s: %s: %pe", path, name, file);
	if (file_inode(file)->i_sb->s_magic != CGROUP2_SUPER_MAGIC)
		ret = -ESTALE;
	else
		ret = cgroup_move_current(file);
	fput(file);
	if (ret)
		return ckpt_err(ctx, ret, "control group %s: cannot be entered at %s: %pe",
				path, name, ERR_PTR(ret));
	return 0;
}

static int move_to(struct ckpt_ctx *ctx, const char *path)
{
	const size_t mount = strlen(CGROUP_MOUNT);
	char *name = kmalloc(PATH_MAX, GFP_KERNEL);
	int ret;

	if (!name)
		return ckpt_err(ctx, -ENOMEM, "control group %s", path);
	memcpy(name, CGROUP_MOUNT, mount);
	ret = get_own_path(ctx, name + mount, PATH_MAX - mount);
	if (!ret && strlcat(name, path, PATH_MAX) >= PATH_MAX)
		ret = -ENAMETOOLONG;
	if (ret)
		ckpt_err(ctx, ret, "control group %s: path too long", path);
	else
		ret = enter_group(ctx, path, name);
	kfree(name);
	return ret;
}

static int restore_cgroup(struct ckpt_ctx *ctx, struct ckpt_task *t,
			  struct ckpt_cursor *c)
{
	const struct ckpt_hdr_cgroup *h;

	h = ckpt_read_opt_type(c, CKPT_HDR_CGROUP);
	return h ? move_to(ctx, h->path) : 0;
}

const struct ckpt_task_kind ckpt_cgroup_task_kind = {
	.name		= "control group",
	.process	= true,
	.checkpoint	= checkpoint_cgroup,
	.restore	= restore_cgroup,
};
