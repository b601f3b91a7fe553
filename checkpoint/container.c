// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the container configuration section
 *
 * Saved: whether the root task is the init of its pid namespace; the active
 * security modules by name and id, in order.
 * Refused: security modules that have labels or domains of tasks or files.
 */
#include <linux/lsm_hooks.h>
#include <linux/pid_namespace.h>
#include <linux/security.h>
#include "container.h"
#include "internal.h"

/*
 * Security modules that keep nothing with tasks, files or memory. The labels,
 * domains and relations of others are not saved, so they are refused.
 */
static bool lsm_has_no_state(u64 id)
{
	switch (id) {
	case LSM_ID_CAPABILITY:
	case LSM_ID_LOADPIN:
	case LSM_ID_SAFESETID:
	case LSM_ID_LOCKDOWN:
		return true;
	default:
		return false;
	}
}

static int checkpoint_lsms(struct ckpt_ctx *ctx, struct ckpt_hdr_container *c)
{
	struct ckpt_hdr_lsm *h;
	u32 i;

	for (i = 0; i < lsm_active_cnt; i++) {
		if (!lsm_has_no_state(lsm_idlist[i]->id))
			return ckpt_err(ctx, -EOPNOTSUPP,
					"security module %s: what it knows of tasks and files is not supported",
					lsm_idlist[i]->name);
		h = ckpt_new_rec(ctx, CKPT_HDR_LSM, sizeof(*h));
		if (IS_ERR(h))
			return PTR_ERR(h);
		h->lsm_id = lsm_idlist[i]->id;
		strscpy(h->name, lsm_idlist[i]->name);
		c->nr_lsm++;
	}
	return 0;
}

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
	if (is_child_reaper(task_pid(ctx->root)))
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
 * ckpt_lsm_validate - check an LSM record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_lsm_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_lsm *l = (const void *)h;

	if (!ckpt_string_ok(l->name, sizeof(l->name)))
		return ckpt_bad(v, "name is not terminated");
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
	const struct ckpt_hdr_lsm *lsm;
	u32 i;

	h = ckpt_read_obj_type(c, CKPT_HDR_CONTAINER);
	if (IS_ERR(h))
		return PTR_ERR(h);
	for (i = 0; i < h->nr_lsm; i++) {
		lsm = ckpt_read_obj_type(c, CKPT_HDR_LSM);
		if (IS_ERR(lsm))
			return PTR_ERR(lsm);
	}
	/* Mounts and the network are the coordinator's. */
	while (ckpt_read_opt_type(c, CKPT_HDR_MOUNT))
		;
	while (ckpt_read_opt_type(c, CKPT_HDR_NET_MSG))
		;
	return 0;
}
