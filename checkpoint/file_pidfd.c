// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - pidfd
 *
 * Saved: which process or thread of the tree it is for, alive or dead,
 *	PIDFD_THREAD.
 * Not saved: the inode number, which is never used again on this machine.
 * Refused: a pidfd for a process outside of the tree, or for one that is gone.
 */
#include <linux/file.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/pidfs.h>
#include <uapi/linux/pidfd.h>
#include "files.h"

/**
 * ckpt_file_pidfd_match - whether a file is a pidfd
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: true if so.
 */
bool ckpt_file_pidfd_match(struct ckpt_ctx *ctx, struct file *file)
{
	return !IS_ERR(pidfd_pid(file));
}

static int refuse_pid(struct ckpt_ctx *ctx, struct pid *pid)
{
	bool gone;

	rcu_read_lock();
	gone = !pid_task(pid, PIDTYPE_PID);
	rcu_read_unlock();
	if (gone)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"pidfd: the process is gone");
	return ckpt_err(ctx, -EOPNOTSUPP,
			"pidfd: of process %d, which is outside of the tree",
			pid_vnr(pid));
}

/**
 * checkpoint_file_pidfd - save a pidfd
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_pidfd(struct ckpt_ctx *ctx, void *obj)
{
	struct pid *pid = pidfd_pid(obj);
	struct ckpt_hdr_file_pidfd *h;
	int cred, id;

	cred = checkpoint_file_common(ctx, obj);
	if (cred < 0)
		return cred;
	/* Those of the tree have been written with it. */
	if (!ckpt_obj_known(ctx, pid))
		return refuse_pid(ctx, pid);
	id = checkpoint_obj(ctx, CKPT_HDR_PID, pid);
	if (id < 0)
		return id;
	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_PIDFD, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, obj, cred);
	h->pid = id;
	return 0;
}

/**
 * ckpt_file_pidfd_validate - check a FILE_PIDFD record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_pidfd_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_pidfd *p = (const void *)h;

	if (!ckpt_ref_ok(v, p->pid, CKPT_CLASS_PID))
		return ckpt_bad(v, "bad reference to a process id");
	if (p->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return ckpt_file_anon_validate(v, &p->file, O_RDWR |
				       (p->file.f_flags & PIDFD_THREAD));
}

/**
 * restore_file_pidfd - make a pidfd
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the file, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_file_pidfd(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			 struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_pidfd *p = (const void *)h;
	struct pid *pid = restore_obj(ctx, p->pid);
	struct file *file;

	if (IS_ERR(pid))
		return pid;
	file = pidfs_alloc_file(pid, O_RDWR);
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(file), "pidfd"));
	return restore_file_common(ctx, &p->file, file, "pidfd");
}
