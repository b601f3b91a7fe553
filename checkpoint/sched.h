/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHECKPOINT_SCHED_H
#define _CHECKPOINT_SCHED_H

#include <linux/iocontext.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include "internal.h"

extern const struct ckpt_task_kind ckpt_cgroup_task_kind;
extern const struct ckpt_task_kind ckpt_sched_task_kind;
int ckpt_cgroup_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_sched_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

/* prctl.c */
u32 ckpt_prctl_flags(struct task_struct *tsk);
int restore_prctl(struct ckpt_ctx *ctx, const struct ckpt_hdr_sched *h);
void restore_prctl_commit(const struct ckpt_hdr_sched *h);

#ifdef CONFIG_UCLAMP_TASK
/**
 * ckpt_uclamp - utilization limit that a task has asked for
 * @tsk: the task
 * @id: which of the two
 * @value: where to put it
 *
 * Return: whether it has asked for one.
 */
static inline bool ckpt_uclamp(struct task_struct *tsk, enum uclamp_id id,
			       u32 *value)
{
	if (!tsk->uclamp_req[id].user_defined)
		return false;
	*value = tsk->uclamp_req[id].value;
	return true;
}
#else
static inline bool ckpt_uclamp(struct task_struct *tsk, enum uclamp_id id,
			       u32 *value)
{
	return false;
}
#endif

#ifdef CONFIG_BLOCK
/**
 * ckpt_ioprio - I/O priority that a task has asked for
 * @tsk: the task
 *
 * Return: the priority, %IOPRIO_DEFAULT if it has not asked for any.
 */
static inline int ckpt_ioprio(struct task_struct *tsk)
{
	int ioprio = IOPRIO_DEFAULT;

	task_lock(tsk);
	if (tsk->io_context)
		ioprio = tsk->io_context->ioprio;
	task_unlock(tsk);
	return ioprio;
}

static inline int ckpt_set_ioprio(int ioprio)
{
	return ioprio_check_cap(ioprio) ?: set_task_ioprio(current, ioprio);
}
#else
static inline int ckpt_ioprio(struct task_struct *tsk)
{
	return IOPRIO_DEFAULT;
}

static inline int ckpt_set_ioprio(int ioprio)
{
	return -EOPNOTSUPP;
}
#endif

#endif /* _CHECKPOINT_SCHED_H */
