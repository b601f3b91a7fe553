// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the container configuration section
 *
 * Saved: whether the root task is the init of its pid namespace; the active
 * security modules, see lsm.c.
 */
#include <linux/pid_namespace.h>
#include "container.h"
#include "internal.h"
#include "lsm.h"
#include "namespaces.h"

/**
 * checkpoint_container - add the container configuration section
 * @ctx: the checkpoint, its tasks frozen
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_container(struct ckpt_ctx *ctx)
{
	struct ckpt_hdr_container *h;

	h = ckpt_new_rec(ctx, CKPT_HDR_CONTAINER, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->pid_level = ctx->root_ns->level;
	if (ckpt_root_is_init(ctx))
		h->flags |= CKPT_CONTAINER_INIT;
	return checkpoint_lsms(ctx, h) ?:
	       checkpoint_mounts(ctx) ?:
	       checkpoint_netconf(ctx);
}

/**
 * ckpt_container_validate - check a CONTAINER record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_container_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_container *c = (const void *)h;

	if (v->owner != CKPT_HDR_ARCH)
		return ckpt_bad(v, "section is not behind the arch header");
	if (c->flags & ~CKPT_CONTAINER_INIT || c->reserved)
		return ckpt_bad(v, "unknown flags");
	if (c->pid_level > CKPT_PID_LEVELS_MAX)
		return ckpt_bad(v, "nesting of pid namespaces out of range");
	return 0;
}

/**
 * restore_container - read the container configuration section
 * @ctx: the restart
 * @c: position of the CONTAINER record, moved behind the section
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_container(struct ckpt_ctx *ctx, struct ckpt_cursor *c)
{
	const struct ckpt_hdr_container *h;
	int ret;

	h = ckpt_read_obj_type(c, CKPT_HDR_CONTAINER);
	if (IS_ERR(h))
		return PTR_ERR(h);
	ret = restore_lsms(ctx, c, h->nr_lsm);
	if (ret)
		return ret;
	/* Mounts and the network are the coordinator's. */
	while (ckpt_read_opt_type(c, CKPT_HDR_MOUNT))
		;
	while (ckpt_read_opt_type(c, CKPT_HDR_NET_MSG))
		;
	return 0;
}
