// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - mount namespaces
 *
 * Saved: that the root task has one of its own, and its owner. Of others that
 *	tasks of the tree are in, or hold open: also their mounts, a line of
 *	/proc/PID/mountinfo each, whose the filesystem is, and how it is locked; and
 *	of names of files in these, in which of them they are, see path.c.
 * Not saved: the mounts of the root task's, but for what mounts.c says. A
 *	coordinator makes these, and is in the namespace when it calls restart():
 *	what is looked up by name must be found there.
 * Refused: mounts that show a namespace in which no task of the tree is. All that
 *	mounts.c refuses.
 *
 * The coordinator makes the others, too, and supplies each as an external
 * resource. What it asks for and gets by that is what setns() would give it.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ipc_namespace.h>
#include <linux/kernfs.h>
#include <linux/magic.h>
#include <linux/mnt_namespace.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/path.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include <linux/sched/task.h>
#include <linux/string_helpers.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>
#include "../fs/mount.h"
#include "container.h"
#include "cred.h"
#include "files.h"
#include "namespaces.h"
#include "ns_mnt.h"

/* ---- in which namespace a file is ---- */

/* The namespace that @mnt is in, referenced; NULL if it is in none. */
static struct ns_common *get_ns_of(struct vfsmount *mnt)
{
	struct mnt_namespace *ns;

	/* It lets go of its mounts with this lock held, before it is freed. */
	read_seqlock_excl(&mount_lock);
	ns = real_mount(mnt)->mnt_ns;
	if (IS_ERR_OR_NULL(ns) || is_anon_ns(ns) ||
	    !refcount_inc_not_zero(&ns->ns.count))
		ns = NULL;
	read_sequnlock_excl(&mount_lock);
	return ns ? from_mnt_ns(ns) : NULL;
}

/**
 * ckpt_mnt_is_nested - whether a namespace is one of the tree's own
 * @ctx: the checkpoint
 * @ns: a mount namespace; only compared
 *
 * Return: true if it has been written, and is not the root task's.
 */
bool ckpt_mnt_is_nested(struct ckpt_ctx *ctx, struct mnt_namespace *ns)
{
	return ns != ctx->root_nsproxy->mnt_ns &&
	       ckpt_obj_known(ctx, from_mnt_ns(ns));
}

/**
 * ckpt_mnt_lookup_root - find the root directory that setns() would give
 * @ns: a mount namespace
 * @root: where to put it, referenced
 *
 * Return: 0 or a negative errno, not reported.
 */
int ckpt_mnt_lookup_root(struct ns_common *ns, struct path *root)
{
	struct vfsmount *mnt = &to_mnt_ns(ns)->root->mnt;

	return vfs_path_lookup(mnt->mnt_root, mnt, "/", LOOKUP_DOWN, root);
}

/**
 * ckpt_mnt_get - which nested namespace a file is in
 * @ctx: the checkpoint
 * @path: the file
 *
 * Return: one that has been written, referenced; or NULL: the file is in the root
 * task's, or has no name in the tree.
 */
struct ns_common *ckpt_mnt_get(struct ckpt_ctx *ctx, const struct path *path)
{
	struct ns_common *ns = get_ns_of(path->mnt);

	if (!ns)
		return NULL;
	if (ckpt_mnt_is_nested(ctx, to_mnt_ns(ns)))
		return ns;
	ckpt_ns_put(ns);
	return NULL;
}

/**
 * ckpt_mnt_id - which nested namespace a file is in, for the image
 * @ctx: the checkpoint
 * @path: the file
 *
 * Return: the number of the NS_MNT object, or 0.
 */
u32 ckpt_mnt_id(struct ckpt_ctx *ctx, const struct path *path)
{
	struct ns_common *ns = ckpt_mnt_get(ctx, path);
	u32 id;

	if (!ns)
		return 0;
	/* Known: no more than its number. */
	id = checkpoint_obj(ctx, CKPT_HDR_NS_MNT, ns);
	ckpt_ns_put(ns);
	return id;
}

/**
 * ckpt_mnt_ok - check a reference to a nested mount namespace
 * @v: the pass over the records
 * @id: the number of the object, or 0
 *
 * The root task's is not named: the caller of restart() may be confined to a
 * part of it.
 *
 * Return: whether there is no reference, or one to such an object.
 */
bool ckpt_mnt_ok(const struct ckpt_validator *v, u32 id)
{
	const struct ckpt_hdr_ns *ns;

	if (!ckpt_ref0_ok(v, id, CKPT_CLASS_NS_MNT))
		return false;
	ns = id ? (const void *)v->objs[id - 1] : NULL;
	return !ns || !(ns->flags & CKPT_NS_ROOT);
}

/**
 * ckpt_mnt_root - get the directory that names of files are relative to
 * @ctx: the restart; restore_namespaces() has been called
 * @id: NS_MNT object that passes ckpt_mnt_ok(), or 0
 * @root: where to put it, referenced
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_mnt_root(struct ckpt_ctx *ctx, u32 id, struct path *root)
{
	int ret;

	if (!id) {
		ret = ckpt_root(ctx, root);
		return ret ? ckpt_err(ctx, ret, "the caller has gone") : 0;
	}
	ret = ckpt_mnt_lookup_root(ckpt_obj_by_id(ctx, id)->ptr, root);
	return ret ? ckpt_err(ctx, ret, "mount namespace %u: its root", id) : 0;
}

/* ---- checkpoint: its mounts ---- */

/* Fields of a line, each the text between two spaces. */
enum { MNT_DEV = 2, MNT_TARGET = 4 };

/* Filesystems that show a namespace, of which there can be several in a tree. */
static bool shows_proc(struct super_block *sb, struct task_struct *tsk)
{
	return proc_pid_ns(sb) == task_active_pid_ns(tsk);
}

static bool shows_mqueue(struct super_block *sb, struct task_struct *tsk)
{
	return tsk->nsproxy && sb->s_fs_info == tsk->nsproxy->ipc_ns;
}

static bool shows_sysfs(struct super_block *sb, struct task_struct *tsk)
{
	return tsk->nsproxy && kernfs_super_ns(sb) == tsk->nsproxy->net_ns;
}

static const struct {
	const char *type;
	const char *in_line;
	bool (*shows)(struct super_block *sb, struct task_struct *tsk);
} showing[] = {
	{ "proc", " - proc ", shows_proc },
	{ "mqueue", " - mqueue ", shows_mqueue },
	{ "sysfs", " - sysfs ", shows_sysfs },
};

static bool line_shows(const char *line)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(showing); i++)
		if (strstr(line, showing[i].in_line))
			return true;
	return false;
}

static bool is_shown_by(struct task_struct *tsk, struct super_block *sb)
{
	bool ret = false;
	int i;

	task_lock(tsk);
	for (i = 0; i < ARRAY_SIZE(showing); i++)
		if (!strcmp(sb->s_type->name, showing[i].type))
			ret = showing[i].shows(sb, tsk);
	task_unlock(tsk);
	return ret;
}

/* A task whose namespace a filesystem shows, the root task first. */
static struct task_struct *find_shown(struct ckpt_ctx *ctx,
				      struct super_block *sb)
{
	u32 i;

	if (is_shown_by(ctx->root_thread, sb))
		return ctx->root_thread;
	for (i = 0; i < ctx->nr_tasks; i++)
		if (is_shown_by(ctx->tasks[i].task, sb))
			return ctx->tasks[i].task;
	return NULL;
}

/* Whether the root task has a filesystem mounted, too. */
static bool is_roots(struct ckpt_ctx *ctx, const char *dev)
{
	const struct ckpt_hdr *h;
	struct ckpt_cursor c;
	char pattern[32];

	snprintf(pattern, sizeof(pattern), " %s /", dev);
	ckpt_cursor_first(ctx, &c);
	while ((h = ckpt_cursor_next(&c)) && !h->id)
		if (h->type == CKPT_HDR_MOUNT &&
		    strstr(((const struct ckpt_hdr_mount *)h)->line, pattern))
			return true;
	return false;
}

static int fill_shown(struct ckpt_ctx *ctx, const struct path *path,
		      const char *dev, struct ckpt_hdr_ns_mount *h)
{
	struct super_block *sb = path->mnt->mnt_sb;
	struct task_struct *tsk = find_shown(ctx, sb);

	if (tsk)
		h->pid = tsk == ctx->root_thread ? 0 :
			 task_tgid_nr_ns(tsk, ctx->root_ns);
	else if (!is_roots(ctx, dev))
		return ckpt_path_err(ctx, path, -EOPNOTSUPP,
				     "%s filesystem of a namespace in which no task of the tree is",
				     sb->s_type->name);
	return 0;
}

/* The mount of the device @dev among those stacked upon each other at @path. */
static bool find_below(struct path *path, dev_t dev)
{
	while (path->mnt->mnt_sb->s_dev != dev)
		if (path->dentry != path->mnt->mnt_root || !follow_up(path))
			return false;
	return true;
}

static bool parse_dev(const char *text, dev_t *dev)
{
	unsigned int major, minor;

	if (sscanf(text, "%u:%u", &major, &minor) != 2)
		return false;
	*dev = MKDEV(major, minor);
	return true;
}

/* Say whose namespace a mount shows. */
static int look_at_mount(struct ckpt_ctx *ctx, const struct path *root,
			 const char *dev_text, const char *target,
			 struct ckpt_hdr_ns_mount *h)
{
	const struct cred *old = ckpt_enter_files(ctx);
	struct path path;
	dev_t dev;
	int ret;

	if (IS_ERR(old))
		return ckpt_err(ctx, PTR_ERR(old), "mount %s", target);
	ret = vfs_path_lookup(root->dentry, root->mnt, target, 0, &path);
	ckpt_leave_files(old);
	if (ret)
		return is_roots(ctx, dev_text) ? 0 :
		       ckpt_err(ctx, ret, "mount %s: cannot be found", target);
	if (parse_dev(dev_text, &dev) && find_below(&path, dev))
		ret = fill_shown(ctx, &path, dev_text, h);
	else if (!is_roots(ctx, dev_text))
		ret = ckpt_err(ctx, -EOPNOTSUPP,
			       "mount %s: shows a namespace, and is covered by another mount",
			       target);
	path_put(&path);
	return ret;
}

static int look_at_line(struct ckpt_ctx *ctx, const struct path *root,
			struct ckpt_hdr_ns_mount *h)
{
	char *line, *rest, *field[MNT_TARGET + 1];
	int i, ret;

	if (!line_shows(h->line))
		return 0;
	line = kstrdup(h->line, GFP_KERNEL_ACCOUNT);
	rest = line;
	if (!line)
		return ckpt_err(ctx, -ENOMEM, "mounts of a namespace");
	for (i = 0; i <= MNT_TARGET; i++)
		field[i] = strsep(&rest, " ");
	string_unescape_inplace(field[MNT_TARGET], UNESCAPE_OCTAL);
	ret = look_at_mount(ctx, root, field[MNT_DEV], field[MNT_TARGET], h);
	kfree(line);
	return ret;
}

static int add_mount(struct ckpt_ctx *ctx, const struct path *root,
		     const char *line, const struct ckpt_mount_info *info)
{
	struct ckpt_hdr_ns_mount *h;
	int ret;

	ret = ckpt_check_mount(ctx, line, strlen(line));
	if (ret)
		return ret;
	h = ckpt_new_rec(ctx, CKPT_HDR_NS_MOUNT,
			 ALIGN(struct_size(h, line, strlen(line) + 1), 8));
	if (IS_ERR(h))
		return PTR_ERR(h);
	memcpy(h->line, line, strlen(line) + 1);
	h->user = info->user_id;
	h->locked = info->locked;
	h->mode = info->mode;
	h->rdev = info->rdev;
	return look_at_line(ctx, root, h);
}

static int add_mounts(struct ckpt_ctx *ctx, const struct path *root,
		      const struct ckpt_mounts *m)
{
	char *text = m->text.buf, *line;
	int ret = 0;
	size_t i;

	/* There is room: it has not overflowed. */
	text[m->text.count] = '\0';
	for (i = 0; !ret && i < m->nr; i++) {
		line = strsep(&text, "\n");
		ret = add_mount(ctx, root, line, &m->info[i]);
		cond_resched();
	}
	return ret;
}

/* Whose the filesystems are, written now: the mounts stay with their namespace. */
static int collect_users(struct ckpt_ctx *ctx, const struct ckpt_mounts *m)
{
	struct ckpt_mount_info *info;
	size_t i;
	int ret;

	for (i = 0; i < m->nr; i++) {
		info = &m->info[i];
		info->user_id = 0;
		/* Of others it has come from outside. */
		if (!in_userns(ctx->base_user_ns, info->user))
			continue;
		ret = ckpt_user_ns_id(ctx, info->user);
		if (ret < 0)
			return ret;
		info->user_id = ret;
	}
	return 0;
}

static int write_ns(struct ckpt_ctx *ctx, struct ns_common *ns, u32 user)
{
	return ckpt_ns_fill(ctx, ns, user,
			    ckpt_new_obj(ctx, CKPT_HDR_NS_MNT,
					 sizeof(struct ckpt_hdr_ns)));
}

static int write_nested(struct ckpt_ctx *ctx, struct ns_common *ns, u32 user)
{
	struct ckpt_mounts m = {};
	struct path root;
	int ret;

	ret = ckpt_mnt_lookup_root(ns, &root);
	if (ret)
		return ckpt_err(ctx, ret, "mount namespace: its root");
	ret = ckpt_read_mounts(ctx, to_mnt_ns(ns), &root, &m) ?:
	      collect_users(ctx, &m) ?:
	      write_ns(ctx, ns, user) ?:
	      add_mounts(ctx, &root, &m) ?:
	      checkpoint_kept_by(ctx, ns);
	ckpt_free_mounts(&m);
	path_put(&root);
	return ret;
}

/**
 * checkpoint_ns_mnt - write a mount namespace
 * @ctx: the checkpoint
 * @obj: struct ns_common
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_ns_mnt(struct ckpt_ctx *ctx, void *obj)
{
	int user = ckpt_ns_owner_id(ctx, obj);

	if (user < 0)
		return user;
	/* A root task's own cannot be mounted in itself, nor in what came later. */
	return ckpt_ns_is_roots(ctx, obj) ? write_ns(ctx, obj, user) :
					    write_nested(ctx, obj, user);
}

/* ---- validate ---- */

/**
 * ckpt_ns_mount_validate - check an NS_MOUNT record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_ns_mount_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_ns_mount *m = (const void *)h;

	if (((const struct ckpt_hdr_ns *)v->owner_hdr)->flags & CKPT_NS_ROOT)
		return ckpt_bad(v, "mount of the root task's namespace");
	if (m->pid > INT_MAX || m->reserved)
		return ckpt_bad(v, "bad task, or reserved field is not zero");
	if (m->locked & ~CKPT_MNT_LOCKS)
		return ckpt_bad(v, "unknown locks");
	if (!ckpt_mount_file_ok(m->mode, m->rdev))
		return ckpt_bad(v, "mount of a file of an unknown type");
	if (!ckpt_ref0_ok(v, m->user, CKPT_CLASS_NS_USER))
		return ckpt_bad(v, "filesystem of no user namespace");
	return ckpt_mount_line_validate(v, h, sizeof(*m));
}

/* ---- restart ---- */

/* As mntns_install(): also if we are in it already, but not in its root. */
static bool may_enter(struct ns_common *ns)
{
	return ns_capable(ns->ops->owner(ns), CAP_SYS_ADMIN) &&
	       ns_capable(current_user_ns(), CAP_SYS_CHROOT) &&
	       ns_capable(current_user_ns(), CAP_SYS_ADMIN);
}

static struct ns_common *get_nested(struct ckpt_ctx *ctx, u32 id)
{
	struct ns_common *ns = ckpt_ns_external(ctx, id, CLONE_NEWNS);

	if (!ns)
		return ERR_PTR(ckpt_err(ctx, -EINVAL,
					"mount namespace: external resource \"ns:%u\" is missing",
					id));
	if (IS_ERR(ns) || may_enter(ns))
		return ns;
	ckpt_ns_put(ns);
	return ERR_PTR(ckpt_err(ctx, -EPERM,
				"external resource \"ns:%u\": takes CAP_SYS_ADMIN in the user namespace that owns it, and CAP_SYS_ADMIN and CAP_SYS_CHROOT in yours",
				id));
}

/**
 * restore_ns_mnt - take the caller's mount namespace, or one that it supplies
 * @ctx: the restart
 * @h: NS_MNT record
 * @c: unused
 *
 * Return: its struct ns_common, referenced, or ERR_PTR() of a reported errno.
 */
void *restore_ns_mnt(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c)
{
	const struct ckpt_hdr_ns *n = (const void *)h;
	struct ns_common *ns;
	int ret;

	if (n->flags & CKPT_NS_ROOT) {
		ns = from_mnt_ns(current->nsproxy->mnt_ns);
		ckpt_ns_get(ns);
	} else {
		ns = get_nested(ctx, h->id);
		if (IS_ERR(ns))
			return ns;
	}
	ret = ckpt_ns_check_owner(ctx, n, ns);
	if (!ret)
		return ns;
	ckpt_ns_put(ns);
	return ERR_PTR(ret);
}
