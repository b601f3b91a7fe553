// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - resource limits
 *
 * Saved: soft and hard limits of setrlimit().
 *
 * A restart may do what setrlimit() would let its caller do. That is found out
 * before anything is visible, but the limits take effect after all else has
 * been restored: they must not get in its way.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/posix-timers.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include "signal.h"

static_assert(CKPT_RLIM_NR == RLIM_NLIMITS);
static_assert(RLIM_INFINITY == U64_MAX);

static const char *const rlimit_names[RLIM_NLIMITS] = {
	[RLIMIT_CPU]		= "RLIMIT_CPU",
	[RLIMIT_FSIZE]		= "RLIMIT_FSIZE",
	[RLIMIT_DATA]		= "RLIMIT_DATA",
	[RLIMIT_STACK]		= "RLIMIT_STACK",
	[RLIMIT_CORE]		= "RLIMIT_CORE",
	[RLIMIT_RSS]		= "RLIMIT_RSS",
	[RLIMIT_NPROC]		= "RLIMIT_NPROC",
	[RLIMIT_NOFILE]		= "RLIMIT_NOFILE",
	[RLIMIT_MEMLOCK]	= "RLIMIT_MEMLOCK",
	[RLIMIT_AS]		= "RLIMIT_AS",
	[RLIMIT_LOCKS]		= "RLIMIT_LOCKS",
	[RLIMIT_SIGPENDING]	= "RLIMIT_SIGPENDING",
	[RLIMIT_MSGQUEUE]	= "RLIMIT_MSGQUEUE",
	[RLIMIT_NICE]		= "RLIMIT_NICE",
	[RLIMIT_RTPRIO]		= "RLIMIT_RTPRIO",
	[RLIMIT_RTTIME]		= "RLIMIT_RTTIME",
};

/* Write the resource limits of a process. */
static int checkpoint_rlimits(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct ckpt_hdr_rlimits *h;
	int i;

	h = ckpt_new_rec(ctx, CKPT_HDR_RLIMITS, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);

	task_lock(tsk->group_leader);
	for (i = 0; i < RLIM_NLIMITS; i++) {
		h->limit[i].cur = tsk->signal->rlim[i].rlim_cur;
		h->limit[i].max = tsk->signal->rlim[i].rlim_max;
	}
	task_unlock(tsk->group_leader);
	return 0;
}

/**
 * ckpt_rlimits_validate - check an RLIMITS record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or %-EBADMSG.
 */
int ckpt_rlimits_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_rlimits *r = (const void *)h;
	int i;

	for (i = 0; i < CKPT_RLIM_NR; i++)
		if (r->limit[i].cur > r->limit[i].max)
			return ckpt_bad(v, "soft limit above the hard limit");
	return 0;
}

static struct rlimit image_rlimit(const struct ckpt_hdr_rlimits *h, int i)
{
	return (struct rlimit){
		.rlim_cur = h->limit[i].cur,
		.rlim_max = h->limit[i].max,
	};
}

/* The checks of do_prlimit(); the current limits are those of the caller. */
static int check_rlimit(struct ckpt_ctx *ctx, const struct ckpt_hdr_rlimits *h,
			int i)
{
	const struct rlimit *have = &current->signal->rlim[i];
	struct rlimit want = image_rlimit(h, i);
	int ret;

	if (want.rlim_cur == have->rlim_cur && want.rlim_max == have->rlim_max)
		return 0;
	if (i == RLIMIT_NOFILE && want.rlim_max > sysctl_nr_open)
		return ckpt_err(ctx, -EPERM, "%s: %lu is more than fs.nr_open",
				rlimit_names[i], want.rlim_max);
	if (want.rlim_max > have->rlim_max && !capable(CAP_SYS_RESOURCE))
		return ckpt_err(ctx, -EPERM,
				"%s: cannot raise the hard limit from %lu to %lu",
				rlimit_names[i], have->rlim_max, want.rlim_max);
	ret = security_task_setrlimit(current->group_leader, i, &want);
	if (ret)
		return ckpt_err(ctx, ret, "%s: denied by a security module",
				rlimit_names[i]);
	return 0;
}

/* Find out whether the limits may be set. */
static int restore_rlimits(struct ckpt_ctx *ctx, struct ckpt_task *t,
			   struct ckpt_cursor *c)
{
	const struct ckpt_hdr_rlimits *h;
	int i, ret;

	h = ckpt_read_obj_type(c, CKPT_HDR_RLIMITS);
	if (IS_ERR(h))
		return PTR_ERR(h);

	for (i = 0; i < RLIM_NLIMITS; i++) {
		ret = check_rlimit(ctx, h, i);
		if (ret)
			return ret;
	}
	t->signals->rlimits = h;
	return 0;
}

/**
 * restore_rlimits_commit - set the limits of the current process
 * @h: RLIMITS record
 */
void restore_rlimits_commit(const struct ckpt_hdr_rlimits *h)
{
	struct task_struct *leader = current->group_leader;
	int i;

	task_lock(leader);
	for (i = 0; i < RLIM_NLIMITS; i++)
		leader->signal->rlim[i] = image_rlimit(h, i);
	task_unlock(leader);

	/* Cannot fail: no thread of the process has been reaped. */
	if (h->limit[RLIMIT_CPU].cur != RLIM_INFINITY)
		update_rlimit_cpu(leader, h->limit[RLIMIT_CPU].cur);
}

const struct ckpt_task_kind ckpt_rlimits_task_kind = {
	.name		= "resource limits",
	.process	= true,
	.checkpoint	= checkpoint_rlimits,
	.restore	= restore_rlimits,
};
