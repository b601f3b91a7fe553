/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - futexes of a task
 */
#ifndef _CHECKPOINT_FUTEX_H
#define _CHECKPOINT_FUTEX_H

#include <linux/compat.h>
#include <linux/sched.h>

struct ckpt_hdr;
struct ckpt_task_kind;
struct ckpt_validator;

extern const struct ckpt_task_kind ckpt_futex_task_kind;

int ckpt_futex_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

#ifdef CONFIG_COMPAT
static inline u64 ckpt_get_compat_robust_list(const struct task_struct *tsk)
{
	return ptr_to_compat(tsk->compat_robust_list);
}

static inline void ckpt_set_compat_robust_list(u64 addr)
{
	current->compat_robust_list = compat_ptr(addr);
}
#else
static inline u64 ckpt_get_compat_robust_list(const struct task_struct *tsk)
{
	return 0;
}

static inline void ckpt_set_compat_robust_list(u64 addr)
{
}
#endif

#endif /* _CHECKPOINT_FUTEX_H */
