// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - scheduling and resources used
 *
 * Saved: policy, nice value, real-time priority, time slice, reset-on-fork,
 *	utilization clamps, CPU affinity, I/O priority; what prctl.c says;
 *	counters of I/O and the times last reported.
 * Not saved: cgroups, cpusets, autogroups and resctrl groups: the restarted
 *	tasks are in those of the restart's caller; what the scheduler has
 *	learnt of the task; delay accounting.
 * Refused: SCHED_DEADLINE, SCHED_EXT, and what attached.c says.
 *
 * All of it is set with the functions behind the system calls, by the task
 * itself and with the credentials and limits of the restart's caller.
 */
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/sched.h>
#include <linux/security.h>
#include <uapi/linux/sched/types.h>
#include "account.h"
#include "attached.h"
#include "sched.h"

#define CKPT_SCHED_FLAGS	0x0fff

/* ---- checkpoint ---- */

static bool policy_ok(u32 policy)
{
	return policy == SCHED_NORMAL || policy == SCHED_BATCH ||
	       policy == SCHED_IDLE || policy == SCHED_FIFO ||
	       policy == SCHED_RR;
}

static bool policy_is_rt(u32 policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

/**
 * struct affinity - processors that a task may run on
 * @user: the mask that it gave to sched_setaffinity()
 * @effective: the mask in effect
 * @set: it has given one
 */
struct affinity {
	cpumask_var_t user;
	cpumask_var_t effective;
	bool set;
};

static bool affinity_alloc(struct affinity *a)
{
	a->set = false;
	if (!zalloc_cpumask_var(&a->user, GFP_KERNEL))
		return false;
	if (zalloc_cpumask_var(&a->effective, GFP_KERNEL))
		return true;
	free_cpumask_var(a->user);
	return false;
}

static void affinity_free(struct affinity *a)
{
	free_cpumask_var(a->user);
	free_cpumask_var(a->effective);
}

static void affinity_sample(struct affinity *a, struct task_struct *tsk)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&tsk->pi_lock, flags);
	a->set = tsk->user_cpus_ptr;
	if (a->set)
		cpumask_copy(a->user, tsk->user_cpus_ptr);
	cpumask_copy(a->effective, &tsk->cpus_mask);
	raw_spin_unlock_irqrestore(&tsk->pi_lock, flags);
}

static u32 affinity_nr(const struct affinity *a)
{
	return a->set ? round_up(nr_cpu_ids, 64) : 0;
}

static void fill_affinity(struct ckpt_hdr_sched *h, const struct affinity *a)
{
	h->nr_cpus = affinity_nr(a);
	if (!a->set)
		return;

	h->flags |= CKPT_SCHED_AFFINITY;
	if (cpumask_subset(cpu_possible_mask, a->user))
		h->flags |= CKPT_SCHED_AFFINITY_ALL;
	bitmap_to_arr64(h->cpus, cpumask_bits(a->user), nr_cpu_ids);
	bitmap_to_arr64(h->cpus + h->nr_cpus / 64, cpumask_bits(a->effective),
			nr_cpu_ids);
}

static void fill_sched(struct ckpt_hdr_sched *h, struct task_struct *tsk)
{
	u32 util;

	h->policy = tsk->policy;
	h->flags = ckpt_prctl_flags(tsk);
	if (tsk->sched_reset_on_fork)
		h->flags |= CKPT_SCHED_RESET_ON_FORK;
	h->nice = task_nice(tsk);
	h->rt_priority = tsk->rt_priority;
	if (tsk->se.custom_slice)
		h->slice = tsk->se.slice;
	if (ckpt_uclamp(tsk, UCLAMP_MIN, &util)) {
		h->flags |= CKPT_SCHED_UTIL_MIN;
		h->util_min = util;
	}
	if (ckpt_uclamp(tsk, UCLAMP_MAX, &util)) {
		h->flags |= CKPT_SCHED_UTIL_MAX;
		h->util_max = util;
	}
	h->ioprio = ckpt_ioprio(tsk);
	h->personality = tsk->personality;
	h->timer_slack = tsk->timer_slack_ns;
	h->default_timer_slack = tsk->default_timer_slack_ns;
	h->parent_exec_id = tsk->parent_exec_id;
	h->self_exec_id = tsk->self_exec_id;
	ckpt_prev_cputime_save(&tsk->prev_cputime, &h->prev_utime,
			       &h->prev_stime);
	h->gtime = tsk->gtime;
	ckpt_io_usage_save(&h->io, &tsk->ioac);
}

/* Write scheduling attributes of a task. */
static int checkpoint_sched(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct ckpt_hdr_sched *h;
	struct affinity a;
	int ret;

	ret = checkpoint_attached(ctx, tsk);
	if (ret)
		return ret;
	if (!policy_ok(tsk->policy))
		return ckpt_err(ctx, -EOPNOTSUPP, "scheduling policy %u",
				tsk->policy);

	if (!affinity_alloc(&a))
		return ckpt_err(ctx, -ENOMEM, "CPU affinity");
	affinity_sample(&a, tsk);

	h = ckpt_new_rec(ctx, CKPT_HDR_SCHED,
			 struct_size(h, cpus, affinity_nr(&a) / 64 * 2));
	if (IS_ERR(h)) {
		ret = PTR_ERR(h);
	} else {
		fill_sched(h, tsk);
		fill_affinity(h, &a);
	}
	affinity_free(&a);
	return ret;
}

/* ---- validate ---- */

static bool affinity_ok(const struct ckpt_hdr_sched *s)
{
	size_t len;

	ckpt_payload(&s->h, sizeof(*s), &len);
	if (s->nr_cpus > CKPT_CPUS_MAX || s->nr_cpus % 64 ||
	    len != s->nr_cpus / 8 * 2)
		return false;
	if (!(s->flags & CKPT_SCHED_AFFINITY))
		return !s->nr_cpus && !(s->flags & CKPT_SCHED_AFFINITY_ALL);
	return s->nr_cpus;
}

static bool priority_ok(const struct ckpt_hdr_sched *s)
{
	if (s->nice < MIN_NICE || s->nice > MAX_NICE)
		return false;
	if (policy_is_rt(s->policy))
		return s->rt_priority >= 1 && s->rt_priority < MAX_RT_PRIO;
	return !s->rt_priority;
}

static bool util_ok(const struct ckpt_hdr_sched *s)
{
	if (s->util_min > SCHED_CAPACITY_SCALE ||
	    s->util_max > SCHED_CAPACITY_SCALE)
		return false;
	return (s->flags & CKPT_SCHED_UTIL_MIN || !s->util_min) &&
	       (s->flags & CKPT_SCHED_UTIL_MAX || !s->util_max);
}

/**
 * ckpt_sched_validate - check a SCHED record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0, %-EBADMSG or %-EOPNOTSUPP.
 */
int ckpt_sched_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_sched *s = (const void *)h;

	if (s->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (s->flags & ~CKPT_SCHED_FLAGS || !policy_ok(s->policy)) {
		v->why = "unknown scheduling policy or flags";
		return -EOPNOTSUPP;
	}
	if (!priority_ok(s))
		return ckpt_bad(v, "priority out of range");
	if (!util_ok(s))
		return ckpt_bad(v, "utilization out of range");
	if (!affinity_ok(s))
		return ckpt_bad(v, "wrong number of processors");
	if (s->slice > NSEC_PER_SEC)
		return ckpt_bad(v, "time slice out of range");
	if (s->ioprio > U16_MAX)
		return ckpt_bad(v, "I/O priority out of range");
	return 0;
}

/* ---- restart ---- */

static int restore_nice(struct ckpt_ctx *ctx, const struct ckpt_hdr_sched *h)
{
	int ret;

	if (task_nice(current) == h->nice)
		return 0;
	if (h->nice < task_nice(current) && !can_nice(current, h->nice))
		return ckpt_err(ctx, -EPERM, "nice value %d: not permitted",
				h->nice);
	ret = security_task_setnice(current, h->nice);
	if (ret)
		return ckpt_err(ctx, ret, "nice value %d: denied by a security module",
				h->nice);
	set_user_nice(current, h->nice);
	return 0;
}

/* What the task has asked for, or what undoes what it has inherited. */
static void util_attr(struct sched_attr *attr, const struct ckpt_hdr_sched *h)
{
	u32 inherited;

	attr->sched_util_min = -1;
	attr->sched_util_max = -1;
	if (h->flags & CKPT_SCHED_UTIL_MIN)
		attr->sched_util_min = h->util_min;
	if (h->flags & CKPT_SCHED_UTIL_MAX)
		attr->sched_util_max = h->util_max;
	if (h->flags & CKPT_SCHED_UTIL_MIN ||
	    ckpt_uclamp(current, UCLAMP_MIN, &inherited))
		attr->sched_flags |= SCHED_FLAG_UTIL_CLAMP_MIN;
	if (h->flags & CKPT_SCHED_UTIL_MAX ||
	    ckpt_uclamp(current, UCLAMP_MAX, &inherited))
		attr->sched_flags |= SCHED_FLAG_UTIL_CLAMP_MAX;
}

static int restore_policy(struct ckpt_ctx *ctx, const struct ckpt_hdr_sched *h)
{
	struct sched_attr attr = {
		.size		= sizeof(attr),
		.sched_policy	= h->policy,
		.sched_nice	= h->nice,
		.sched_priority	= h->rt_priority,
		.sched_runtime	= h->slice,
	};
	int ret;

	if (h->flags & CKPT_SCHED_RESET_ON_FORK)
		attr.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
	util_attr(&attr, h);
	ret = sched_setattr(current, &attr);
	if (ret)
		return ckpt_err(ctx, ret, "scheduling policy %u, priority %u, nice %d",
				h->policy, h->rt_priority, h->nice);
	return 0;
}

static int set_affinity(struct ckpt_ctx *ctx, const struct cpumask *mask)
{
	int ret = sched_setaffinity(0, mask);

	if (ret)
		return ckpt_err(ctx, ret, "CPU affinity %*pbl",
				cpumask_pr_args(mask));
	return 0;
}

/* The first processor of the mask in effect that the task may not run on. */
static u32 missing_cpu(const struct ckpt_hdr_sched *h)
{
	const u64 *effective = h->cpus + h->nr_cpus / 64;
	u32 cpu;

	for (cpu = 0; cpu < h->nr_cpus; cpu++)
		if (effective[cpu / 64] & BIT_ULL(cpu % 64) &&
		    (cpu >= nr_cpu_ids ||
		     !cpumask_test_cpu(cpu, &current->cpus_mask)))
			return cpu;
	return h->nr_cpus;
}

/*
 * Who asked for certain processors gets these and no others. Only if they were
 * all there were, fewer will do.
 */
static int restore_affinity(struct ckpt_ctx *ctx, const struct ckpt_hdr_sched *h)
{
	struct affinity a;
	int ret;
	u32 cpu;

	if (!(h->flags & CKPT_SCHED_AFFINITY))
		return current->user_cpus_ptr ?
		       set_affinity(ctx, cpu_possible_mask) : 0;

	if (!affinity_alloc(&a))
		return ckpt_err(ctx, -ENOMEM, "CPU affinity");
	bitmap_from_arr64(cpumask_bits(a.user), h->cpus,
			  min(h->nr_cpus, nr_cpu_ids));
	ret = set_affinity(ctx, a.user);
	affinity_free(&a);
	if (ret || h->flags & CKPT_SCHED_AFFINITY_ALL)
		return ret;

	cpu = missing_cpu(h);
	if (cpu < h->nr_cpus)
		return ckpt_err(ctx, -EINVAL,
				"CPU affinity: CPU %u is not available", cpu);
	return 0;
}

static int restore_ioprio(struct ckpt_ctx *ctx, const struct ckpt_hdr_sched *h)
{
	int ret;

	if (h->ioprio == ckpt_ioprio(current))
		return 0;
	ret = ckpt_set_ioprio(h->ioprio);
	if (ret)
		return ckpt_err(ctx, ret, "I/O priority %#x", h->ioprio);
	return 0;
}

/*
 * Set scheduling attributes of the current task.
 *
 * These take effect at once; all a task does afterwards is wait.
 */
static int restore_sched(struct ckpt_ctx *ctx, struct ckpt_task *t,
			 struct ckpt_cursor *c)
{
	const struct ckpt_hdr_sched *h;

	h = ckpt_read_obj_type(c, CKPT_HDR_SCHED);
	if (IS_ERR(h))
		return PTR_ERR(h);

	t->sched = h;
	/* The parent's must be there when a child compares it with its own. */
	current->self_exec_id = h->self_exec_id;
	return restore_prctl(ctx, h) ?:
	       restore_affinity(ctx, h) ?:
	       restore_ioprio(ctx, h) ?:
	       restore_nice(ctx, h) ?:
	       restore_policy(ctx, h);
}

/* Set what could be in the way before. */
static void restore_sched_commit(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_hdr_sched *h = t->sched;

	restore_prctl_commit(h);
	/* The root task's parent is not in the image. */
	if (t->tree->parent != CKPT_TREE_NONE)
		current->parent_exec_id = h->parent_exec_id;
	ckpt_prev_cputime_load(&current->prev_cputime, h->prev_utime,
			       h->prev_stime);
	current->gtime = h->gtime;
	ckpt_io_usage_load(&current->ioac, &h->io);
}

const struct ckpt_task_kind ckpt_sched_task_kind = {
	.name		= "scheduling",
	.checkpoint	= checkpoint_sched,
	.restore	= restore_sched,
	.commit		= restore_sched_commit,
};
