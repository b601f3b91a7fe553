// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the mount namespace
 *
 * Saved: that the root task has one of its own, and its owner.
 * Not saved: its mounts. A coordinator makes them, and is in the namespace when
 *	it calls restart(): what is looked up by name must be found there.
 * Refused: tasks in another mount namespace than the root task.
 */
#include <linux/err.h>
#include <linux/mnt_namespace.h>
#include <linux/nsproxy.h>
#include <linux/proc_ns.h>
#include "namespaces.h"

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
	if (obj != from_mnt_ns(ctx->root_nsproxy->mnt_ns))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"mount namespace other than the root task's: not supported");
	return ckpt_ns_fill(ctx, obj, user,
			    ckpt_new_obj(ctx, CKPT_HDR_NS_MNT,
					 sizeof(struct ckpt_hdr_ns)));
}

/**
 * ckpt_ns_mnt_validate - check an NS_MNT record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0, -EBADMSG or -EOPNOTSUPP
 */
int ckpt_ns_mnt_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_ns *ns = (const void *)h;

	if (!(ns->flags & CKPT_NS_ROOT)) {
		v->why = "mount namespace other than the root task's";
		return -EOPNOTSUPP;
	}
	return ckpt_ns_validate(v, h);
}

/**
 * restore_ns_mnt - take the caller's mount namespace
 * @ctx: the restart
 * @h: NS_MNT record
 * @c: unused
 *
 * Return: its struct ns_common, referenced, or ERR_PTR() of a reported errno.
 */
void *restore_ns_mnt(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c)
{
	struct ns_common *ns = from_mnt_ns(current->nsproxy->mnt_ns);

	int ret = ckpt_ns_check_owner(ctx, (const void *)h, ns);

	if (ret)
		return ERR_PTR(ret);
	ckpt_ns_get(ns);
	return ns;
}
