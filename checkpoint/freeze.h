/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - making a tree of tasks stand still
 */
#ifndef _CHECKPOINT_FREEZE_H
#define _CHECKPOINT_FREEZE_H

#include <linux/cache.h>
#include <linux/list.h>
#include <linux/types.h>

struct ckpt_ctx;
struct task_struct;

/**
 * struct ckpt_frozen - a task that must be released
 * @list: in ckpt_ctx.frozen
 * @task: the task, referenced
 * @was_frozen: an earlier call had left it frozen
 */
struct ckpt_frozen {
	struct list_head list;
	struct task_struct *task;
	bool was_frozen;
};

/* Index of a task in an xarray; task structs are aligned to cache lines. */
static inline unsigned long ckpt_task_key(const struct task_struct *tsk)
{
	return (unsigned long)tsk / L1_CACHE_BYTES;
}

bool ckpt_task_dead(const struct task_struct *tsk);
int ckpt_freeze_tree(struct ckpt_ctx *ctx, unsigned int timeout_ms);
int ckpt_check_frozen(struct ckpt_ctx *ctx);
void ckpt_thaw_tree(struct ckpt_ctx *ctx, bool leave);
void ckpt_freeze_current(void);
void ckpt_kill_tree(struct ckpt_ctx *ctx);
int ckpt_thaw_left_frozen(struct ckpt_ctx *ctx);

#endif /* _CHECKPOINT_FREEZE_H */
