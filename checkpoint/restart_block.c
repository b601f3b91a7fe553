// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - system calls that continue with restart_syscall()
 *
 * Most interrupted system calls are simply made again. Some had a relative
 * timeout, and leave in the task's restart block what is needed to go on.
 *
 * Saved: nanosleep() and clock_nanosleep(), poll(), futex() with a timeout, and
 * those of again.c. What a sleep or a poll() has left is what it had when the
 * tasks stood still; the end of a futex wait is a point in the task's own time.
 * Refused: clock_nanosleep() for an alarm clock or for CPU time, if relative
 * and in progress.
 */
#include <linux/checkpoint_arch.h>
#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/nsproxy.h>
#include <linux/poll.h>
#include <linux/time_namespace.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/futex.h>
#include "internal.h"
#include "restart_block.h"

#define FUTEX_OP_KNOWN	(FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | \
			 FUTEX_CLOCK_REALTIME)

/**
 * struct restart_kind - one way to continue
 * @fn: what restart_syscall() calls
 * @save: fill in the record; @elapsed has passed since the tasks stood still
 * @validate: check the record; true if good
 * @load: fill in the restart block
 */
struct restart_kind {
	long (*fn)(struct restart_block *rb);
	void (*save)(struct ckpt_hdr_restart_block *rec,
		     struct task_struct *tsk, ktime_t elapsed);
	bool (*validate)(const struct ckpt_hdr_restart_block *rec);
	void (*load)(struct ckpt_ctx *ctx, struct restart_block *rb,
		     const struct ckpt_hdr_restart_block *rec);
};

static ktime_t clock_now(clockid_t clock)
{
	switch (clock) {
	case CLOCK_BOOTTIME:
		return ktime_get_boottime();
	case CLOCK_TAI:
		return ktime_get_clocktai();
	default:
		return ktime_get();
	}
}

static bool addr_ok(u64 addr, size_t size)
{
	return access_ok(u64_to_user_ptr(addr), size);
}

static ktime_t deadline(clockid_t clock, s64 remaining)
{
	return ktime_add_safe(clock_now(clock), max_t(s64, remaining, 0));
}

/* ---- nanosleep(), clock_nanosleep() ---- */

static void save_nanosleep(struct ckpt_hdr_restart_block *rec,
			   struct task_struct *tsk, ktime_t elapsed)
{
	const struct restart_block *rb = &tsk->restart_block;

	rec->flags |= CKPT_RESTART_TIMEOUT;
	rec->clock = rb->nanosleep.clockid;
	rec->time = rb->nanosleep.expires - clock_now(rec->clock) + elapsed;
	if (rb->nanosleep.type == TT_NONE)
		return;
	rec->addr = (unsigned long)rb->nanosleep.rmtp;
	if (rb->nanosleep.type == TT_COMPAT)
		rec->flags |= CKPT_RESTART_TIME32;
}

static bool nanosleep_ok(const struct ckpt_hdr_restart_block *rec)
{
	if (rec->clock != CLOCK_MONOTONIC && rec->clock != CLOCK_BOOTTIME &&
	    rec->clock != CLOCK_TAI)
		return false;
	if ((rec->flags & CKPT_RESTART_TIME32) &&
	    (!rec->addr || !IS_ENABLED(CONFIG_COMPAT_32BIT_TIME)))
		return false;
	return (rec->flags & CKPT_RESTART_TIMEOUT) && !rec->op && !rec->val &&
	       !rec->bitset &&
	       addr_ok(rec->addr, sizeof(struct __kernel_timespec));
}

static void load_nanosleep(struct ckpt_ctx *ctx, struct restart_block *rb,
			   const struct ckpt_hdr_restart_block *rec)
{
	rb->nanosleep.clockid = rec->clock;
	rb->nanosleep.expires = deadline(rec->clock, rec->time);
	rb->nanosleep.rmtp = u64_to_user_ptr(rec->addr);
	if (!rec->addr)
		rb->nanosleep.type = TT_NONE;
	else if (rec->flags & CKPT_RESTART_TIME32)
		rb->nanosleep.type = TT_COMPAT;
	else
		rb->nanosleep.type = TT_NATIVE;
}

/* ---- poll() ---- */

static void save_poll(struct ckpt_hdr_restart_block *rec,
		      struct task_struct *tsk, ktime_t elapsed)
{
	const struct restart_block *rb = &tsk->restart_block;
	ktime_t end;

	rec->clock = CLOCK_MONOTONIC;
	rec->addr = (unsigned long)rb->poll.ufds;
	rec->val = rb->poll.nfds;
	if (!rb->poll.has_timeout)
		return;
	rec->flags |= CKPT_RESTART_TIMEOUT;
	end = ktime_set(rb->poll.tv_sec, rb->poll.tv_nsec);
	rec->time = end - ktime_get() + elapsed;
}

static bool poll_ok(const struct ckpt_hdr_restart_block *rec)
{
	return rec->clock == CLOCK_MONOTONIC && !rec->op && !rec->bitset &&
	       !(rec->flags & CKPT_RESTART_TIME32) &&
	       (rec->time == 0 || (rec->flags & CKPT_RESTART_TIMEOUT)) &&
	       addr_ok(rec->addr, 0);
}

static void load_poll(struct ckpt_ctx *ctx, struct restart_block *rb,
		      const struct ckpt_hdr_restart_block *rec)
{
	struct timespec64 end =
		ktime_to_timespec64(deadline(CLOCK_MONOTONIC, rec->time));

	rb->poll.ufds = u64_to_user_ptr(rec->addr);
	rb->poll.nfds = rec->val;
	rb->poll.has_timeout = !!(rec->flags & CKPT_RESTART_TIMEOUT);
	rb->poll.tv_sec = end.tv_sec;
	rb->poll.tv_nsec = end.tv_nsec;
}

/* ---- futex() ---- */

static bool futex_is_monotonic(u32 op)
{
	return !(op & FUTEX_CLOCK_REALTIME);
}

static s64 monotonic_offset_of(struct task_struct *tsk)
{
	s64 off = 0;

	task_lock(tsk);
	if (tsk->nsproxy)
		off = timespec64_to_ns(&tsk->nsproxy->time_ns->offsets.monotonic);
	task_unlock(tsk);
	return off;
}

static void save_futex(struct ckpt_hdr_restart_block *rec,
		       struct task_struct *tsk, ktime_t elapsed)
{
	const struct restart_block *rb = &tsk->restart_block;

	rec->op = futex_restart_op(rb);
	rec->clock = CLOCK_REALTIME;
	rec->addr = (unsigned long)rb->futex.uaddr;
	rec->val = rb->futex.val;
	rec->bitset = rb->futex.bitset;
	rec->time = rb->futex.time;
	rec->flags |= CKPT_RESTART_TIMEOUT;
	if (!futex_is_monotonic(rec->op))
		return;
	rec->clock = CLOCK_MONOTONIC;
	if (rec->time != KTIME_MAX)
		rec->time = ktime_add_safe(rec->time, monotonic_offset_of(tsk));
}

static bool futex_ok(const struct ckpt_hdr_restart_block *rec)
{
	clockid_t clock = futex_is_monotonic(rec->op) ? CLOCK_MONOTONIC :
							CLOCK_REALTIME;

	return (rec->op & ~FUTEX_OP_KNOWN) == 0 &&
	       (rec->op & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET &&
	       rec->clock == clock && rec->bitset && rec->time >= 0 &&
	       rec->flags & CKPT_RESTART_TIMEOUT &&
	       !(rec->flags & CKPT_RESTART_TIME32) &&
	       addr_ok(rec->addr, sizeof(u32));
}

static void load_futex(struct ckpt_ctx *ctx, struct restart_block *rb,
		       const struct ckpt_hdr_restart_block *rec)
{
	ktime_t time = rec->time;

	if (futex_is_monotonic(rec->op) && time != KTIME_MAX)
		time = max_t(ktime_t, time - ckpt_monotonic_offset(ctx), 0);
	rb->futex.uaddr = u64_to_user_ptr(rec->addr);
	rb->futex.val = rec->val;
	rb->futex.bitset = rec->bitset;
	rb->futex.time = time;
	futex_set_restart_op(rb, rec->op);
}

/* ---- calls that end with EINTR, see again.c ---- */

static void save_again(struct ckpt_hdr_restart_block *rec,
		       struct task_struct *tsk, ktime_t elapsed)
{
	ktime_t end;

	rec->flags |= CKPT_RESTART_TIMEOUT;
	rec->clock = CLOCK_MONOTONIC;
	rec->op = ckpt_again_save(&tsk->restart_block, &end);
	rec->time = end - ktime_get() + elapsed;
}

static bool again_ok(const struct ckpt_hdr_restart_block *rec)
{
	return rec->clock == CLOCK_MONOTONIC && !rec->addr && !rec->val &&
	       !rec->bitset && rec->flags & CKPT_RESTART_TIMEOUT &&
	       !(rec->flags & CKPT_RESTART_TIME32) &&
	       ckpt_arch_again_ok(rec->op, rec->flags & CKPT_RESTART_COMPAT);
}

static void load_again(struct ckpt_ctx *ctx, struct restart_block *rb,
		       const struct ckpt_hdr_restart_block *rec)
{
	ckpt_again_load(rb, rec->op, deadline(CLOCK_MONOTONIC, rec->time));
}

/* ---- the kind of task state ---- */

static const struct restart_kind restart_kinds[] = {
	[CKPT_RESTART_NANOSLEEP] = {
		.fn		= hrtimer_nanosleep_restart,
		.save		= save_nanosleep,
		.validate	= nanosleep_ok,
		.load		= load_nanosleep,
	},
	[CKPT_RESTART_POLL] = {
		.fn		= do_restart_poll,
		.save		= save_poll,
		.validate	= poll_ok,
		.load		= load_poll,
	},
	[CKPT_RESTART_FUTEX] = {
		.fn		= futex_wait_restart,
		.save		= save_futex,
		.validate	= futex_ok,
		.load		= load_futex,
	},
	[CKPT_RESTART_AGAIN] = {
		.fn		= ckpt_again,
		.save		= save_again,
		.validate	= again_ok,
		.load		= load_again,
	},
};

static u32 kind_of(const struct restart_block *rb)
{
	u32 i;

	for (i = 1; i < ARRAY_SIZE(restart_kinds); i++)
		if (restart_kinds[i].fn == rb->fn)
			return i;
	return 0;
}

static int checkpoint_restart_block(struct ckpt_ctx *ctx,
				    struct task_struct *tsk)
{
	const struct restart_block *rb = &tsk->restart_block;
	struct ckpt_hdr_restart_block *rec;
	u32 kind = kind_of(rb);

	/* Blocks stay behind when they have been used. */
	if (!ckpt_arch_restarting(tsk) || rb->fn == do_no_restart_syscall)
		return 0;
	if (!kind)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"interrupted clock_nanosleep() for an alarm clock or CPU time (%ps)",
				rb->fn);
	rec = ckpt_new_rec(ctx, CKPT_HDR_RESTART_BLOCK, sizeof(*rec));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	rec->kind = kind;
	if (ckpt_arch_restart_compat(rb))
		rec->flags |= CKPT_RESTART_COMPAT;
	restart_kinds[kind].save(rec, tsk, ktime_sub(ktime_get(), ctx->frozen_at));
	return 0;
}

/**
 * ckpt_restart_block_validate - check a RESTART_BLOCK record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0, -EBADMSG, or -EOPNOTSUPP for a system call that is not known
 */
int ckpt_restart_block_validate(struct ckpt_validator *v,
				const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_restart_block *rec = (const void *)h;

	if (rec->kind >= ARRAY_SIZE(restart_kinds) ||
	    !restart_kinds[rec->kind].fn) {
		v->why = "unknown system call";
		return -EOPNOTSUPP;
	}
	if (rec->flags & ~CKPT_RESTART_ALL)
		return ckpt_bad(v, "unknown flags");
	if ((rec->flags & CKPT_RESTART_COMPAT) && !IS_ENABLED(CONFIG_COMPAT))
		return ckpt_bad(v, "32-bit system call");
	if (!restart_kinds[rec->kind].validate(rec))
		return ckpt_bad(v, "arguments that the system call refuses");
	return 0;
}

static int restore_restart_block(struct ckpt_ctx *ctx, struct ckpt_task *t,
				 struct ckpt_cursor *c)
{
	const struct ckpt_hdr_restart_block *rec;

	rec = ckpt_read_opt_type(c, CKPT_HDR_RESTART_BLOCK);
	t->restart_block = rec ? &rec->h : NULL;
	return 0;
}

/* Last: remaining times start to count now. */
static void commit_restart_block(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_hdr_restart_block *rec = (const void *)t->restart_block;
	struct restart_block *rb = &current->restart_block;
	const struct restart_kind *kind;

	/* Whatever the caller of restart() had been doing. */
	rb->fn = do_no_restart_syscall;
	if (!rec)
		return;
	kind = &restart_kinds[rec->kind];
	kind->load(ctx, rb, rec);
	ckpt_arch_set_restart_compat(rb, rec->flags & CKPT_RESTART_COMPAT);
	rb->fn = kind->fn;
}

const struct ckpt_task_kind ckpt_restart_block_task_kind = {
	.name		= "restart block",
	.checkpoint	= checkpoint_restart_block,
	.restore	= restore_restart_block,
	.commit		= commit_restart_block,
};
