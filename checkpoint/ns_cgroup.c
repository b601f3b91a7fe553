// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - cgroup namespaces
 *
 * Saved: that there is one, and its owner. Its root is the cgroup of the caller
 *	of restart().
 * Refused: those whose root is not the root task's cgroup.
 */
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/nsproxy.h>
#include <linux/proc_ns.h>
#include "container.h"
#include "namespaces.h"

static bool rooted_at_roots_cgroup(struct ckpt_ctx *ctx,
				   const struct cgroup_namespace *ns)
{
	bool ret;

	rcu_read_lock();
	ret = task_css_set(ctx->root)->dfl_cgrp == ns->root_cset->dfl_cgrp;
	rcu_read_unlock();
	return ret;
}

/**
 * checkpoint_ns_cgroup - write a cgroup namespace
 * @ctx: the checkpoint
 * @obj: struct ns_common
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_ns_cgroup(struct ckpt_ctx *ctx, void *obj)
{
	int user = ckpt_ns_owner_id(ctx, obj), ret;

	if (user < 0)
		return user;
	if (!rooted_at_roots_cgroup(ctx, container_of(obj, struct cgroup_namespace, ns)))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"cgroup namespace: its root is not the root task's cgroup");
	ret = ckpt_ns_fill(ctx, obj, user,
			   ckpt_new_obj(ctx, CKPT_HDR_NS_CGROUP,
					sizeof(struct ckpt_hdr_ns)));
	return ret ?: checkpoint_kept_by(ctx, obj);
}

/**
 * restore_ns_cgroup - make a cgroup namespace
 * @ctx: the restart
 * @h: NS_CGROUP record
 * @c: unused
 *
 * Return: its struct ns_common, referenced, or ERR_PTR() of a reported errno.
 */
void *restore_ns_cgroup(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			struct ckpt_cursor *c)
{
	struct ns_common *external = ckpt_ns_external(ctx, h->id, CLONE_NEWCGROUP);
	struct user_namespace *owner;
	struct cgroup_namespace *ns;

	if (external)
		return external;
	owner = ckpt_ns_owner(ctx, (const void *)h);
	if (IS_ERR(owner))
		return owner;
	ns = copy_cgroup_ns(CLONE_NEWCGROUP, owner, current->nsproxy->cgroup_ns);
	if (IS_ERR(ns))
		return ERR_PTR(ckpt_err(ctx, ckpt_ns_errno(PTR_ERR(ns)),
					"cgroup namespace"));
	return &ns->ns;
}
