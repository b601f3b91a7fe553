// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - time namespaces other than the root task's
 *
 * Saved: how far their clocks are from the root task's, owner, whether the
 *	clocks can still be set. The root task's own is the business of clock.c.
 */
#include <linux/err.h>
#include <linux/nsproxy.h>
#include <linux/proc_ns.h>
#include <linux/time_namespace.h>
#include "container.h"
#include "namespaces.h"

/* More than any machine has been up; two of them can be added. */
#define CLOCK_APART_MAX	(KTIME_MAX / 4)

/**
 * checkpoint_ns_time - write a time namespace
 * @ctx: the checkpoint
 * @obj: struct ns_common
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_ns_time(struct ckpt_ctx *ctx, void *obj)
{
	const struct timens_offsets *roots = &ctx->root_nsproxy->time_ns->offsets;
	struct time_namespace *ns = container_of(obj, struct time_namespace, ns);
	int user = ckpt_ns_owner_id(ctx, obj), ret;
	struct ckpt_hdr_ns_time *h;

	if (user < 0)
		return user;
	h = ckpt_new_obj(ctx, CKPT_HDR_NS_TIME, sizeof(*h));
	ret = ckpt_ns_fill(ctx, obj, user, (void *)h);
	if (ret)
		return ret;
	h->monotonic = timespec64_to_ns(&ns->offsets.monotonic) -
		       timespec64_to_ns(&roots->monotonic);
	h->boottime = timespec64_to_ns(&ns->offsets.boottime) -
		      timespec64_to_ns(&roots->boottime);
	if (READ_ONCE(ns->frozen_offsets))
		h->ns.flags |= CKPT_NS_TIME_FROZEN;
	return checkpoint_kept_by(ctx, obj);
}

static bool offset_ok(s64 ns)
{
	return ns >= -CLOCK_APART_MAX && ns <= CLOCK_APART_MAX;
}

/**
 * ckpt_ns_time_validate - check an NS_TIME record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_ns_time_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_ns_time *t = (const void *)h;

	if (!offset_ok(t->monotonic) || !offset_ok(t->boottime))
		return ckpt_bad(v, "clock out of range");
	return ckpt_ns_validate(v, h);
}

static void wanted_offsets(struct ckpt_ctx *ctx, const struct ckpt_hdr_ns_time *t,
			   struct timens_offsets *off)
{
	off->monotonic = ns_to_timespec64(ckpt_monotonic_offset(ctx) + t->monotonic);
	off->boottime = ns_to_timespec64(ckpt_boottime_offset(ctx) + t->boottime);
}

/* As in proc_timens_set_offset(). Both are in a range where nothing overflows. */
static bool clock_ok(s64 roots, s64 apart)
{
	return roots + apart >= 0 && roots + apart <= KTIME_MAX / 2;
}

/**
 * restore_ns_time - make a time namespace
 * @ctx: the restart
 * @h: NS_TIME record
 * @c: unused
 *
 * Return: its struct ns_common, referenced, or ERR_PTR() of a reported errno.
 */
void *restore_ns_time(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		      struct ckpt_cursor *c)
{
	const struct ckpt_hdr_ns_time *t = (const void *)h;
	struct user_namespace *owner = ckpt_ns_owner(ctx, &t->ns);
	struct time_namespace *ns;

	if (IS_ERR(owner))
		return owner;
	if (!clock_ok(ctx->header->monotonic, t->monotonic) ||
	    !clock_ok(ctx->header->boottime, t->boottime))
		return ERR_PTR(ckpt_err(ctx, -EBADMSG,
					"image: time namespace before the boot or too far behind"));
	ns = copy_time_ns(CLONE_NEWTIME, owner, ctx->nsproxy->time_ns);
	if (IS_ERR(ns))
		return ERR_PTR(ckpt_err(ctx, ckpt_ns_errno(PTR_ERR(ns)),
					"time namespace"));
	wanted_offsets(ctx, t, &ns->offsets);
	/* Somebody has been in it: its offsets can be set no more. */
	if (t->ns.flags & CKPT_NS_TIME_FROZEN)
		timens_commit(current, ns);
	return &ns->ns;
}

/**
 * restore_ns_time_commit - let their clocks go on with the root task's
 * @ctx: the restart; restore_clocks_commit() has set the root task's
 */
void restore_ns_time_commit(struct ckpt_ctx *ctx)
{
	u32 id;

	for (id = 1; id <= ctx->nr_objs; id++) {
		struct ckpt_obj *o = ckpt_obj_by_id(ctx, id);
		const struct ckpt_hdr_ns_time *t = (const void *)o->h;
		struct timens_offsets off;

		if (o->h->type != CKPT_HDR_NS_TIME)
			continue;
		wanted_offsets(ctx, t, &off);
		timens_set_offsets(container_of(o->ptr, struct time_namespace, ns),
				   &off);
	}
}
