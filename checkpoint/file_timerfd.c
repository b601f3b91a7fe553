// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - timerfd
 *
 * Saved: clock, when it expires, the interval, and what has expired and has not
 *	been read. A relative time is what was left when the tasks stood still;
 *	an absolute one is kept, so that one of CLOCK_REALTIME may have passed
 *	at restart. Timers with TFD_TIMER_CANCEL_ON_SET are cancelled, as after a
 *	suspend: the wall clock is not where its reader thinks.
 * Refused: clocks that wake the machine (CLOCK_REALTIME_ALARM,
 *	CLOCK_BOOTTIME_ALARM).
 */
#include <linux/file.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/timerfd.h>
#include "files.h"

#define TIMERFD_FLAGS	(CKPT_TIMERFD_ARMED | CKPT_TIMERFD_EXPIRED | \
			 CKPT_TIMERFD_ABSOLUTE | CKPT_TIMERFD_MAY_CANCEL)

/**
 * ckpt_file_timerfd_match - whether a file is a timerfd
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: true if so.
 */
bool ckpt_file_timerfd_match(struct ckpt_ctx *ctx, struct file *file)
{
	struct timerfd_state state;

	return timerfd_peek(file, &state) != -EINVAL;
}

/*
 * A relative timer of CLOCK_REALTIME runs on CLOCK_MONOTONIC. That of one that
 * was cancelled while it was set has the flags of the time before.
 */
static bool is_absolute(const struct timerfd_state *s)
{
	return s->settime_flags & TFD_TIMER_ABSTIME ||
	       s->base == CLOCK_REALTIME;
}

static void fill_timerfd(struct ckpt_ctx *ctx, struct ckpt_hdr_file_timerfd *h,
			 const struct timerfd_state *s)
{
	h->clock = s->clockid;
	h->settime_flags = s->settime_flags;
	h->ticks = s->ticks;
	h->interval = ktime_to_ns(s->interval);
	if (s->armed)
		h->flags |= CKPT_TIMERFD_ARMED;
	if (s->expired)
		h->flags |= CKPT_TIMERFD_EXPIRED;
	if (s->may_cancel)
		h->flags |= CKPT_TIMERFD_MAY_CANCEL;
	if (is_absolute(s)) {
		h->flags |= CKPT_TIMERFD_ABSOLUTE;
		h->value = ckpt_clock_from_host(ctx, s->base, s->expires);
	} else {
		h->value = ckpt_time_add(s->expires,
					 -ckpt_clock_frozen(ctx, s->base));
	}
	/* Neither it nor its distance from now means anything. */
	if (!s->armed && !s->expired)
		h->value = 0;
}

/**
 * checkpoint_file_timerfd - save a timerfd
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_timerfd(struct ckpt_ctx *ctx, void *obj)
{
	struct ckpt_hdr_file_timerfd *h;
	struct timerfd_state state;
	int cred;

	cred = checkpoint_file_common(ctx, obj);
	if (cred < 0)
		return cred;
	if (timerfd_peek(obj, &state))
		return ckpt_err(ctx, -EOPNOTSUPP, "timerfd: of an alarm clock");
	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_TIMERFD, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, obj, cred);
	fill_timerfd(ctx, h, &state);
	return 0;
}

static bool clock_ok(u32 clock)
{
	return clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME ||
	       clock == CLOCK_BOOTTIME;
}

/**
 * ckpt_file_timerfd_validate - check a FILE_TIMERFD record
 * @v: the validator
 * @h: the record
 *
 * Return: 0, -EBADMSG or -EOPNOTSUPP
 */
int ckpt_file_timerfd_validate(struct ckpt_validator *v,
			       const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_timerfd *t = (const void *)h;
	const u32 once = CKPT_TIMERFD_ARMED | CKPT_TIMERFD_EXPIRED;
	const u32 cancel = CKPT_TIMERFD_ABSOLUTE | CKPT_TIMERFD_MAY_CANCEL;

	if (!clock_ok(t->clock)) {
		v->why = "unknown clock of a timer";
		return -EOPNOTSUPP;
	}
	if (t->settime_flags & ~TFD_SETTIME_FLAGS || t->flags & ~TIMERFD_FLAGS)
		return ckpt_bad(v, "unknown flags");
	if ((t->flags & once) == once)
		return ckpt_bad(v, "timer that has expired and will expire");
	if (t->flags & CKPT_TIMERFD_MAY_CANCEL &&
	    ((t->flags & cancel) != cancel || t->clock != CLOCK_REALTIME))
		return ckpt_bad(v, "timer that cannot be cancelled");
	if (!ckpt_time_ok(t->value) || t->interval > KTIME_MAX)
		return ckpt_bad(v, "time out of range");
	if (t->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return ckpt_file_anon_validate(v, &t->file, O_RDWR);
}

/**
 * restore_file_timerfd - make a timerfd, not armed yet
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the file, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_file_timerfd(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			   struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_timerfd *t = (const void *)h;
	struct file *file;

	file = timerfd_create_file(t->clock, 0);
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(file), "timerfd"));
	return restore_file_common(ctx, &t->file, file, "timerfd");
}

/**
 * restore_file_timerfd_commit - start a timer
 * @ctx: the restart; the clocks are those of the restored tasks
 * @o: its object
 */
void restore_file_timerfd_commit(struct ckpt_ctx *ctx, struct ckpt_obj *o)
{
	const struct ckpt_hdr_file_timerfd *t = (const void *)o->h;
	bool absolute = t->flags & CKPT_TIMERFD_ABSOLUTE;
	struct timerfd_state state = {
		.base		= t->clock == CLOCK_REALTIME && !absolute ?
				  CLOCK_MONOTONIC : t->clock,
		.settime_flags	= t->settime_flags,
		.armed		= t->flags & CKPT_TIMERFD_ARMED,
		.expired	= t->flags & CKPT_TIMERFD_EXPIRED,
		.may_cancel	= t->flags & CKPT_TIMERFD_MAY_CANCEL,
		.ticks		= t->ticks,
		.interval	= t->interval,
	};

	if (absolute)
		state.expires = ckpt_clock_to_host(ctx, state.base, t->value);
	else
		state.expires = ckpt_time_add(t->value,
					      ckpt_clock_now(state.base));
	timerfd_poke(o->ptr, &state);
}
