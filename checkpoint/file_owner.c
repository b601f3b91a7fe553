// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - who is sent signals for an open file
 *
 * Saved: F_SETOWN and F_SETOWN_EX, with whose rights, F_SETSIG; O_ASYNC of pipes,
 *	sockets and inotify, with the descriptor that si_fd shows.
 * Not saved: an owner that is dead.
 * Refused: an owner outside of the tree, O_ASYNC of other files.
 */
#include <linux/cred.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/pid.h>
#include <linux/pipe_fs_i.h>
#include <linux/user_namespace.h>
#include "../fs/notify/inotify/inotify.h"
#include "files.h"
#include "outside.h"

static const enum pid_type pid_types[] = {
	[CKPT_OWNER_TID]	= PIDTYPE_PID,
	[CKPT_OWNER_PID]	= PIDTYPE_TGID,
	[CKPT_OWNER_PGRP]	= PIDTYPE_PGID,
};

/* ---- checkpoint ---- */

/* Return: whether @file is in the list, and under which descriptor. */
static bool find_async(struct fasync_struct **list, const struct file *file,
		       int *fd)
{
	struct fasync_struct *fa;
	bool found = false;

	rcu_read_lock();
	for (fa = READ_ONCE(*list); fa && !found; fa = READ_ONCE(fa->fa_next)) {
		found = fa->fa_file == file;
		if (found)
			*fd = fa->fa_fd;
	}
	rcu_read_unlock();
	return found;
}

/**
 * ckpt_async_fd - the descriptor that a file with O_ASYNC tells of
 * @file: the file
 * @fd: where to put it
 *
 * Return: false if the kind of file is not known.
 */
bool ckpt_async_fd(struct file *file, int *fd)
{
	struct pipe_inode_info *pipe = get_pipe_info(file, false);
	struct fsnotify_group *group = inotify_group_of(file);
	struct socket *sock = sock_from_file(file);

	if (pipe)
		return find_async(&pipe->fasync_readers, file, fd) ||
		       find_async(&pipe->fasync_writers, file, fd);
	if (sock)
		return find_async(&sock->wq.fasync_list, file, fd);
	if (group)
		return find_async(&group->fsn_fa, file, fd);
	return false;
}

static u32 owner_type(enum pid_type type)
{
	u32 i;

	for (i = CKPT_OWNER_TID; i < CKPT_OWNER_PGRP; i++)
		if (pid_types[i] == type)
			break;
	return i;
}

/* Read who it is. Return: the id, referenced, or NULL if there is none. */
static struct pid *fill_owner(struct ckpt_ctx *ctx,
			      struct ckpt_hdr_file_owner *h,
			      struct fown_struct *f)
{
	struct user_namespace *ns = ctx->base_user_ns;
	struct pid *pid = NULL;

	read_lock_irq(&f->lock);
	h->type = owner_type(f->pid_type);
	h->signum = f->signum;
	h->uid = from_kuid_munged(ns, f->uid);
	h->euid = from_kuid_munged(ns, f->euid);
	rcu_read_lock();
	if (pid_task(f->pid, f->pid_type))
		pid = get_pid(f->pid);
	rcu_read_unlock();
	read_unlock_irq(&f->lock);
	return pid;
}

static int write_owner(struct ckpt_ctx *ctx, struct file *file,
		       struct ckpt_hdr_file_owner *owner, struct pid *pid)
{
	struct ckpt_hdr_file_owner *h;
	int id;

	if (pid && !ckpt_obj_known(ctx, pid))
		return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
				     "sends signals to process %d, which is outside of the tree",
				     pid_vnr(pid));
	id = pid ? checkpoint_obj(ctx, CKPT_HDR_PID, pid) : 0;
	if (id < 0)
		return id;
	owner->pid = id;
	owner->fd = -1;
	if (file->f_flags & FASYNC && ckpt_async_fd(file, &owner->fd))
		owner->flags = CKPT_OWNER_ASYNC;
	id = checkpoint_file_obj(ctx, file);
	if (id < 0)
		return id;
	owner->file = id;
	h = ckpt_new_rec(ctx, CKPT_HDR_FILE_OWNER, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	owner->h = h->h;
	*h = *owner;
	return 0;
}

static int checkpoint_owner(struct ckpt_ctx *ctx, u32 type, void *obj,
			    struct ckpt_uses *uses)
{
	struct ckpt_hdr_file_owner owner = {};
	u8 class = ckpt_kind(type)->class;
	struct fown_struct *f;
	struct pid *pid = NULL;
	int ret;

	if ((class != CKPT_CLASS_FILE && class != CKPT_CLASS_FILE_LATE) ||
	    type == CKPT_HDR_FILE_EXTERNAL)
		return 0;
	f = file_f_owner(obj);
	if (f)
		pid = fill_owner(ctx, &owner, f);
	else
		owner.type = CKPT_OWNER_PID;
	if (!pid && !owner.signum && !(((struct file *)obj)->f_flags & FASYNC))
		return 0;
	ret = write_owner(ctx, obj, &owner, pid);
	put_pid(pid);
	return ret;
}

/**
 * checkpoint_file_owners - write who is sent signals for which file
 * @ctx: the checkpoint; all tasks have been captured
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_owners(struct ckpt_ctx *ctx)
{
	return ckpt_walk_uses(ctx, checkpoint_owner);
}

/* ---- validate ---- */

/**
 * ckpt_file_owner_validate - check a FILE_OWNER record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_owner_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_owner *o = (const void *)h;

	if (!ckpt_ref_ok(v, o->file, CKPT_CLASS_FILE))
		return ckpt_bad(v, "bad reference to a file");
	if (o->pid && !ckpt_ref_ok(v, o->pid, CKPT_CLASS_PID))
		return ckpt_bad(v, "bad reference to a process id");
	if (o->type < CKPT_OWNER_TID || o->type > CKPT_OWNER_PGRP)
		return ckpt_bad(v, "unknown kind of owner");
	if (o->signum > CKPT_NSIG)
		return ckpt_bad(v, "signal out of range");
	if (o->flags & ~CKPT_OWNER_ASYNC)
		return ckpt_bad(v, "unknown flags");
	return ckpt_tail_validate(v, h);
}

/* ---- restart ---- */

/* A signal is sent with these rights, so be sure the caller could have them. */
static int check_rights(struct ckpt_ctx *ctx, const struct ckpt_hdr_file_owner *h,
			kuid_t uid, kuid_t euid)
{
	if (!uid_valid(uid) || !uid_valid(euid))
		return ckpt_err(ctx, -EINVAL,
				"owner of a file: user %u or %u is not mapped",
				h->uid, h->euid);
	if ((!uid_eq(uid, current_uid()) || !uid_eq(euid, current_euid())) &&
	    !ns_capable(current_user_ns(), CAP_SETUID))
		return ckpt_err(ctx, -EPERM,
				"owner of a file: set by user %u", h->uid);
	return 0;
}

static int set_owner(struct ckpt_ctx *ctx, const struct ckpt_hdr_file_owner *h,
		     struct file *file)
{
	struct pid *pid = h->pid ? ckpt_obj_by_id(ctx, h->pid)->ptr : NULL;
	kuid_t uid = make_kuid(current_user_ns(), h->uid);
	kuid_t euid = make_kuid(current_user_ns(), h->euid);
	struct fown_struct *f;
	int ret;

	ret = file_f_owner_allocate(file);
	if (ret)
		return ckpt_err(ctx, ret, "owner of a file");
	f = file_f_owner(file);
	if (pid) {
		ret = check_rights(ctx, h, uid, euid);
		if (ret)
			return ret;
		__f_setown(file, pid, pid_types[h->type], 1);
	}
	write_lock_irq(&f->lock);
	f->signum = h->signum;
	if (pid) {
		f->uid = uid;
		f->euid = euid;
	}
	write_unlock_irq(&f->lock);
	return 0;
}

/**
 * restore_file_owner - tell who is sent signals for a file
 * @ctx: the restart; all tasks and files are there
 * @h: the record
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_file_owner(struct ckpt_ctx *ctx, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_owner *o = (const void *)h;
	struct file *file = ckpt_obj_by_id(ctx, o->file)->ptr;
	int ret;

	if (!file || ckpt_obj_by_id(ctx, o->file)->h->type == CKPT_HDR_FILE_EXTERNAL ||
	    file->f_mode & FMODE_PATH)
		return ckpt_err(ctx, -EBADMSG, "owner of a file that nobody has open");
	ret = set_owner(ctx, o, file);
	if (ret || !(o->flags & CKPT_OWNER_ASYNC))
		return ret;
	ret = file->f_op->fasync ? file->f_op->fasync(o->fd, file, 1) : -EBADMSG;
	if (ret < 0)
		return ckpt_path_err(ctx, file_user_path(file), ret, "O_ASYNC");
	return 0;
}
