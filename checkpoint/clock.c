// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - clocks that go on where they stopped
 *
 * Saved: CLOCK_MONOTONIC and CLOCK_BOOTTIME as the root task saw them.
 * Not saved: CLOCK_REALTIME, which is everybody's.
 *
 * Programs keep deadlines of these clocks in their memory, so the restored
 * tasks get a time namespace in which both continue from the saved values: not
 * a step back after a reboot, and no deadline that passes while the tasks do
 * not exist. A caller who may not create a time namespace can still restart
 * what was checkpointed since the last boot; the clocks step forward then, as
 * if the machine had been busy.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/nsproxy.h>
#include <linux/proc_ns.h>
#include <linux/time_namespace.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>
#include "internal.h"
#include "namespaces.h"

static struct timens_offsets root_offsets(struct ckpt_ctx *ctx)
{
	struct task_struct *tsk = ctx->root_thread;
	struct timens_offsets off = {};

	task_lock(tsk);
	if (tsk->nsproxy)
		off = tsk->nsproxy->time_ns->offsets;
	task_unlock(tsk);
	return off;
}

/**
 * checkpoint_clocks - save the clocks in the header
 * @ctx: the checkpoint, its tasks frozen
 */
void checkpoint_clocks(struct ckpt_ctx *ctx)
{
	struct timens_offsets off = root_offsets(ctx);

	ctx->header->realtime = ktime_get_real_ns();
	ctx->header->monotonic = ktime_get_ns() + timespec64_to_ns(&off.monotonic);
	ctx->header->boottime = ktime_get_boottime_ns() +
				timespec64_to_ns(&off.boottime);
}

/* What must be added to the host's clocks of now to continue from the image. */
static void wanted_offsets(struct ckpt_ctx *ctx, struct timens_offsets *off)
{
	off->monotonic = ns_to_timespec64(ctx->header->monotonic -
					  (s64)ktime_get_ns());
	off->boottime = ns_to_timespec64(ctx->header->boottime -
					 (s64)ktime_get_boottime_ns());
}

static bool would_step_back(struct ckpt_ctx *ctx)
{
	struct timens_offsets *cur = &current->nsproxy->time_ns_for_children->offsets;
	struct timens_offsets want;

	wanted_offsets(ctx, &want);
	return timespec64_compare(&want.monotonic, &cur->monotonic) > 0 ||
	       timespec64_compare(&want.boottime, &cur->boottime) > 0;
}

/**
 * restore_clocks - make a namespace with the right time for the restored tasks
 * @ctx: the restart; user namespaces have been made, but no task
 *
 * It belongs to the user namespace of the root task.
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_clocks(struct ckpt_ctx *ctx)
{
	struct time_namespace *ns;

	if (!ns_capable(ctx->user_ns, CAP_SYS_ADMIN)) {
		if (would_step_back(ctx))
			return ckpt_err(ctx, -EPERM,
					"clocks would step back, and no right to create a time namespace");
		return 0;
	}
	ns = copy_time_ns(CLONE_NEWTIME, ctx->user_ns, ctx->nsproxy->time_ns);
	if (IS_ERR(ns))
		return ckpt_err(ctx, ckpt_ns_errno(PTR_ERR(ns)),
				"time namespace");
	/* Nobody else has seen it: set it up, and enter it at once. */
	wanted_offsets(ctx, &ns->offsets);
	put_time_ns(ctx->nsproxy->time_ns);
	put_time_ns(ctx->nsproxy->time_ns_for_children);
	ctx->nsproxy->time_ns = ns;
	ctx->nsproxy->time_ns_for_children = get_time_ns(ns);
	ctx->own_time = true;
	return 0;
}

/**
 * restore_clocks_commit - let the clocks start again
 * @ctx: the restart, all tasks at the barrier
 *
 * The time it took to get here does not count.
 */
void restore_clocks_commit(struct ckpt_ctx *ctx)
{
	struct timens_offsets off;

	if (!ctx->own_time)
		return;
	wanted_offsets(ctx, &off);
	timens_set_offsets(ctx->nsproxy->time_ns, &off);
}

/**
 * ckpt_monotonic_offset - from the host's CLOCK_MONOTONIC to the restored one
 * @ctx: the restart
 *
 * Return: nanoseconds to add; final only after restore_clocks_commit().
 */
s64 ckpt_monotonic_offset(struct ckpt_ctx *ctx)
{
	return timespec64_to_ns(&ctx->nsproxy->time_ns->offsets.monotonic);
}

/**
 * ckpt_boottime_offset - from the host's CLOCK_BOOTTIME to the restored one
 * @ctx: the restart
 *
 * Return: nanoseconds to add; final only after restore_clocks_commit().
 */
s64 ckpt_boottime_offset(struct ckpt_ctx *ctx)
{
	return timespec64_to_ns(&ctx->nsproxy->time_ns->offsets.boottime);
}

/* ---- times on clocks, for timers ---- */

/**
 * ckpt_clock_now - what a clock of the host shows
 * @clock: one that hrtimers have
 *
 * Return: the time.
 */
ktime_t ckpt_clock_now(clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return ktime_get_real();
	case CLOCK_BOOTTIME:
		return ktime_get_boottime();
	case CLOCK_TAI:
		return ktime_get_clocktai();
	default:
		return ktime_get();
	}
}

/**
 * ckpt_clock_frozen - what a clock of the host showed when the tasks stopped
 * @ctx: the checkpoint
 * @clock: one that hrtimers have
 *
 * Return: the time.
 */
ktime_t ckpt_clock_frozen(struct ckpt_ctx *ctx, clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return ktime_mono_to_any(ctx->frozen_at, TK_OFFS_REAL);
	case CLOCK_BOOTTIME:
		return ktime_mono_to_any(ctx->frozen_at, TK_OFFS_BOOT);
	case CLOCK_TAI:
		return ktime_mono_to_any(ctx->frozen_at, TK_OFFS_TAI);
	default:
		return ctx->frozen_at;
	}
}

/**
 * ckpt_clock_from_host - from a time of the host to what the tasks call it
 * @ctx: the checkpoint
 * @clock: the clock it is of
 * @t: the time
 *
 * Return: the time.
 */
ktime_t ckpt_clock_from_host(struct ckpt_ctx *ctx, clockid_t clock, ktime_t t)
{
	struct timens_offsets off = root_offsets(ctx);

	if (clock == CLOCK_MONOTONIC)
		return ckpt_time_add(t, timespec64_to_ns(&off.monotonic));
	if (clock == CLOCK_BOOTTIME)
		return ckpt_time_add(t, timespec64_to_ns(&off.boottime));
	return t;
}

/**
 * ckpt_clock_to_host - from a time of the restored tasks to the host's
 * @ctx: the restart, its clocks set
 * @clock: the clock it is of
 * @t: the time
 *
 * Return: the time.
 */
ktime_t ckpt_clock_to_host(struct ckpt_ctx *ctx, clockid_t clock, ktime_t t)
{
	if (clock == CLOCK_MONOTONIC)
		return ckpt_time_add(t, -ckpt_monotonic_offset(ctx));
	if (clock == CLOCK_BOOTTIME)
		return ckpt_time_add(t, -ckpt_boottime_offset(ctx));
	return t;
}
