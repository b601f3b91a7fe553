// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - open files of namespaces: /proc/PID/ns/...
 *
 * Saved: which namespace. One that no task is in any more comes along, too.
 *	One that the tree shares with its outside is the caller's at restart.
 * Refused: namespaces that are neither the tree's nor the root task's.
 */
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include <linux/sched/task.h>
#include "files.h"
#include "namespaces.h"

/**
 * ckpt_file_ns_match - whether a file is a namespace
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: true if so.
 */
bool ckpt_file_ns_match(struct ckpt_ctx *ctx, struct file *file)
{
	return proc_ns_file(file);
}

static int ns_id(struct ckpt_ctx *ctx, struct ns_common *ns)
{
	int id;

	id = ckpt_any_ns_id(ctx, ns);
	if (ns->ops->type == CLONE_NEWUSER || ns->ops->type == CLONE_NEWPID)
		return id;
	if (!id && !ckpt_ns_is_roots(ctx, ns))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"%s namespace: open, but neither the tree's nor the root task's",
				ns->ops->name);
	return id;
}

/* What a coordinator has to make. */
static bool is_made_before(const struct ns_common *ns)
{
	return ns->ops->type == CLONE_NEWNET || ns->ops->type == CLONE_NEWNS;
}

static int find_ns(const void *arg, struct file *file, unsigned int fd)
{
	if (!proc_ns_file(file) || !is_made_before(get_proc_ns(file_inode(file))))
		return 0;
	*(struct file **)arg = get_file(file);
	return fd + 1;
}

static int checkpoint_open_one(struct ckpt_ctx *ctx, struct file *file, int fd)
{
	struct ns_common *ns = get_proc_ns(file_inode(file));
	char what[16];
	int ret;

	if (ckpt_file_external_match(ctx, file))
		return 0;
	snprintf(what, sizeof(what), "fd %d", fd);
	ctx->what = what;
	ret = ckpt_ns_may_hold(ctx, ns) ? ckpt_ns_id(ctx, ns) :
	      ckpt_err(ctx, -EPERM, "keeps a %s namespace that is not yours",
		       ns->ops->name);
	ctx->what = NULL;
	return min(ret, 0);
}

static struct files_struct *get_own_files(struct task_struct *tsk)
{
	struct files_struct *files;

	task_lock(tsk);
	files = tsk->files;
	/* Threads mostly have those of their leader. */
	if (files && tsk != tsk->group_leader && files == tsk->group_leader->files)
		files = NULL;
	if (files)
		atomic_inc(&files->count);
	task_unlock(tsk);
	return files;
}

/**
 * checkpoint_open_ns - write the mount and network namespaces that a task has open
 * @ctx: the checkpoint, its tasks frozen
 * @tsk: the task
 *
 * A coordinator is to find them where it finds those that tasks are in.
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_open_ns(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct files_struct *files = get_own_files(tsk);
	struct file *file;
	int ret = 0, fd = 0;

	if (!files)
		return 0;
	while (!ret && (fd = iterate_fd(files, fd, find_ns, &file))) {
		ret = checkpoint_open_one(ctx, file, fd - 1);
		fput(file);
		cond_resched();
	}
	put_files_struct(files);
	return ret;
}

/**
 * checkpoint_file_ns - save an open file of a namespace
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_ns(struct ckpt_ctx *ctx, void *obj)
{
	struct ckpt_hdr_file_ns *h;
	struct file *file = obj;
	struct ns_common *ns = get_proc_ns(file_inode(file));
	int cred, id;

	cred = checkpoint_file_common(ctx, file);
	if (cred < 0)
		return cred;
	id = ns_id(ctx, ns);
	if (id < 0)
		return id;
	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_NS, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, file, cred);
	h->ns = id;
	h->type = ns->ops->type;
	return 0;
}

/* Types of namespaces, as in setns(), and what their objects are. */
static const struct {
	u32 type;
	enum ckpt_class class;
} classes[] = {
	{ CLONE_NEWUSER,	CKPT_CLASS_NS_USER },
	{ CLONE_NEWUTS,		CKPT_CLASS_NS_UTS },
	{ CLONE_NEWIPC,		CKPT_CLASS_NS_IPC },
	{ CLONE_NEWNET,		CKPT_CLASS_NS_NET },
	{ CLONE_NEWPID,		CKPT_CLASS_NS_PID },
	{ CLONE_NEWNS,		CKPT_CLASS_NS_MNT },
	{ CLONE_NEWCGROUP,	CKPT_CLASS_NS_CGROUP },
	{ CLONE_NEWTIME,	CKPT_CLASS_NS_TIME },
};

/**
 * ckpt_file_ns_validate - check a FILE_NS record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_ns_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_ns *f = (const void *)h;
	int i;

	for (i = 0; i < ARRAY_SIZE(classes); i++)
		if (classes[i].type == f->type)
			break;
	if (i == ARRAY_SIZE(classes))
		return ckpt_bad(v, "unknown type of namespace");
	if (!ckpt_ref0_ok(v, f->ns, classes[i].class))
		return ckpt_bad(v, "reference to an object of another kind");
	if ((f->file.f_flags & O_ACCMODE) != O_RDONLY || f->file.pos)
		return ckpt_bad(v, "unexpected state of a namespace");
	return ckpt_file_common_validate(v, &f->file);
}

/**
 * restore_file_ns - open a namespace
 * @ctx: the restart
 * @h: FILE_NS record
 * @c: unused
 *
 * Return: the file, referenced, or ERR_PTR() of a reported errno.
 */
void *restore_file_ns(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		      struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_ns *f = (const void *)h;
	struct ns_common *ns;
	struct file *file;

	ns = f->ns ? ckpt_obj_by_id(ctx, f->ns)->ptr : ckpt_ns_callers(ctx, f->type);
	if (ns == &ctx->base_user_ns->ns && ctx->base_user_ns != current_user_ns())
		return ERR_PTR(ckpt_err(ctx, -EPERM,
					"user namespace: is outside of the caller's"));
	file = ckpt_ns_open(ns, ckpt_open_flags(&f->file));
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(file),
					"%s namespace: cannot be opened",
					ns->ops->name));
	return restore_file_common(ctx, &f->file, file, ns->ops->name);
}

/**
 * restore_file_ns_finish - see whether a namespace can be open
 * @ctx: the restart; all tasks have been created
 * @o: FILE_NS object
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_file_ns_finish(struct ckpt_ctx *ctx, struct ckpt_obj *o)
{
	const struct ckpt_hdr_file_ns *f = (const void *)o->h;

	if (!f->ns || ckpt_ns_may_open(ctx, f->ns))
		return 0;
	return ckpt_err(ctx, -EBADMSG,
			"image: pid namespace %u: is open, but has had no init",
			f->ns);
}
