// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - who gets signals of an open file
 *
 * Saved: of pipes, sockets and pseudo terminals the owner (F_SETOWN, F_SETOWN_EX, SIOCSPGRP), its
 *	signal (F_SETSIG), and whether signals are sent (O_ASYNC).
 * Not saved: owners that are gone; they would get nothing any more.
 * Refused: owners outside of the tree; O_ASYNC with a signal of F_SETSIG, which
 *	tells a descriptor that is known to the list of waiters alone; other kinds
 *	of files.
 *
 * An owner may be any task, so this comes when all files have been saved, and
 * is restored when all tasks have been created.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/pid.h>
#include <linux/signal.h>
#include <linux/tty.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include "cred.h"
#include "files.h"

static bool has_owner(const struct file *file)
{
	const struct fown_struct *owner = file_f_owner(file);

	return owner && (owner->pid || owner->signum);
}

/**
 * checkpoint_file_owner - refuse owners that cannot be saved
 * @ctx: the checkpoint
 * @file: an open file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_owner(struct ckpt_ctx *ctx, struct file *file)
{
	umode_t mode = file_inode(file)->i_mode;

	if (!(file->f_flags & FASYNC) && !has_owner(file))
		return 0;
	if (!S_ISFIFO(mode) && !S_ISSOCK(mode) && !tty_of_file(file))
		return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
				     "sends signals (F_SETOWN, F_SETSIG, O_ASYNC)");
	if (file->f_flags & FASYNC && has_owner(file) &&
	    file_f_owner(file)->signum)
		return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
				     "sends signals with a descriptor (F_SETSIG, O_ASYNC)");
	return 0;
}

static bool is_alive(struct pid *pid, enum pid_type type)
{
	bool ret;

	rcu_read_lock();
	ret = pid_task(pid, type);
	rcu_read_unlock();
	return ret;
}

/* A task outside of the tree that has the file open, too, may change it. */
static struct pid *get_owner(struct ckpt_ctx *ctx, struct ckpt_hdr_file_owner *h,
			     struct fown_struct *owner)
{
	struct user_namespace *ns = ctx->base_user_ns;
	struct pid *pid;

	read_lock_irq(&owner->lock);
	pid = get_pid(owner->pid);
	h->signum = owner->signum;
	h->pid_type = owner->pid_type;
	h->uid = from_kuid(ns, owner->uid);
	h->euid = from_kuid(ns, owner->euid);
	read_unlock_irq(&owner->lock);
	return pid;
}

static int fill_owner(struct ckpt_ctx *ctx, struct ckpt_hdr_file_owner *h,
		      struct fown_struct *owner)
{
	struct pid *pid = get_owner(ctx, h, owner);
	int ret = 0;

	if (!pid || !is_alive(pid, h->pid_type)) {
		h->pid_type = 0;
		h->uid = 0;
		h->euid = 0;
	} else if (h->uid == (u32)-1 || h->euid == (u32)-1) {
		ret = ckpt_path_err(ctx, file_user_path(owner->file), -EOPNOTSUPP,
				    "sends signals for somebody who has no number in the user namespace");
	} else if (ckpt_obj_known(ctx, pid)) {
		h->pid = checkpoint_obj(ctx, CKPT_HDR_PID, pid);
	} else {
		ret = ckpt_path_err(ctx, file_user_path(owner->file),
				    -EOPNOTSUPP,
				    "sends signals to process %d, which is outside of the tree",
				    pid_vnr(pid));
	}
	put_pid(pid);
	return ret;
}

static int write_owner(struct ckpt_ctx *ctx, struct file *file, u32 type)
{
	struct ckpt_hdr_file_owner *h;

	if (!(file->f_flags & FASYNC) && !has_owner(file))
		return 0;
	h = ckpt_new_rec(ctx, CKPT_HDR_FILE_OWNER, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->file = checkpoint_obj(ctx, type, file);
	if (file->f_flags & FASYNC)
		h->flags |= CKPT_OWNER_ASYNC;
	/* The tasks that could change it are stopped. */
	return has_owner(file) ? fill_owner(ctx, h, file_f_owner(file)) : 0;
}

static int write_pipe_owner(struct ckpt_ctx *ctx, void *obj)
{
	return write_owner(ctx, obj, CKPT_HDR_FILE_PIPE);
}

static int write_socket_owner(struct ckpt_ctx *ctx, void *obj)
{
	return write_owner(ctx, obj, CKPT_HDR_FILE_SOCKET);
}

static int write_pty_owner(struct ckpt_ctx *ctx, void *obj)
{
	return write_owner(ctx, obj, CKPT_HDR_FILE_PTY);
}

/**
 * checkpoint_file_owners - save who gets signals of open files
 * @ctx: the checkpoint; all files have been saved
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_owners(struct ckpt_ctx *ctx)
{
	return ckpt_walk_objs(ctx, CKPT_HDR_FILE_PIPE, write_pipe_owner) ?:
	       ckpt_walk_objs(ctx, CKPT_HDR_FILE_SOCKET, write_socket_owner) ?:
	       ckpt_walk_objs(ctx, CKPT_HDR_FILE_PTY, write_pty_owner);
}

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

	BUILD_BUG_ON(PIDTYPE_PID != 0 || PIDTYPE_TGID != 1 || PIDTYPE_PGID != 2);

	if (!ckpt_ref_ok(v, o->file, CKPT_CLASS_FILE))
		return ckpt_bad(v, "bad reference to a file");
	if (o->pid && !ckpt_ref_ok(v, o->pid, CKPT_CLASS_PID))
		return ckpt_bad(v, "bad reference to a process id");
	if (o->pid_type > PIDTYPE_PGID || o->signum > _NSIG)
		return ckpt_bad(v, "number out of range");
	if (o->flags & ~CKPT_OWNER_ASYNC)
		return ckpt_bad(v, "unknown flags");
	if (o->flags & CKPT_OWNER_ASYNC && o->signum)
		return ckpt_bad(v, "signals with an unknown descriptor");
	if (o->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return 0;
}

static int set_owner(struct ckpt_ctx *ctx, const struct ckpt_hdr_file_owner *h,
		     struct file *file)
{
	struct user_namespace *ns = ctx->base_user_ns;
	kuid_t uid = make_kuid(ns, h->uid), euid = make_kuid(ns, h->euid);
	struct fown_struct *owner = file_f_owner(file);

	if (h->pid && (!uid_valid(uid) || !uid_valid(euid)))
		return ckpt_err(ctx, -EINVAL,
				"owner of a file: user %u or %u is not mapped",
				h->uid, h->euid);
	/* Signals are sent with the rights of whoever set the owner. */
	if (h->pid && (!ckpt_may_take_uid(uid) || !ckpt_may_take_uid(euid)))
		return ckpt_err(ctx, -EPERM,
				"owner of a file: set by user %u (%u)", h->uid,
				h->euid);
	/* A terminal may have given itself one with O_ASYNC. */
	__f_setown(file, h->pid ? ckpt_obj_by_id(ctx, h->pid)->ptr : NULL,
		   h->pid_type, 1);
	write_lock_irq(&owner->lock);
	owner->signum = h->signum;
	if (h->pid) {
		owner->uid = uid;
		owner->euid = euid;
	}
	write_unlock_irq(&owner->lock);
	return 0;
}

static bool may_have_owner(struct ckpt_ctx *ctx, u32 id, struct file *file)
{
	return S_ISFIFO(file_inode(file)->i_mode) ||
	       S_ISSOCK(file_inode(file)->i_mode) ||
	       ckpt_obj_by_id(ctx, id)->h->type == CKPT_HDR_FILE_PTY;
}

static int restore_owner(struct ckpt_ctx *ctx,
			 const struct ckpt_hdr_file_owner *h)
{
	struct file *file = restore_obj(ctx, h->file);
	int ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (!may_have_owner(ctx, h->file, file))
		return ckpt_err(ctx, -EBADMSG,
				"owner of a file that is no pipe, socket or terminal");
	ret = file_f_owner_allocate(file);
	if (ret)
		return ckpt_err(ctx, ret, "owner of a file");
	if (h->flags & CKPT_OWNER_ASYNC)
		ret = file->f_op->fasync ? file->f_op->fasync(-1, file, 1) :
					   -EBADMSG;
	return ret < 0 ? ckpt_err(ctx, ret, "O_ASYNC") : set_owner(ctx, h, file);
}

/**
 * restore_file_owners - restore who gets signals of open files
 * @ctx: the restart; all tasks have restored themselves and none runs yet
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_file_owners(struct ckpt_ctx *ctx)
{
	const struct ckpt_hdr *h;
	struct ckpt_cursor c;
	int ret = 0;

	ckpt_cursor_first(ctx, &c);
	while (!ret && (h = ckpt_cursor_next(&c))) {
		if (h->type == CKPT_HDR_FILE_OWNER)
			ret = restore_owner(ctx, (const void *)h);
		cond_resched();
	}
	return ret;
}
