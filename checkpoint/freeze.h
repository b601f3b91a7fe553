/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - making a tree of tasks stand still
 */
#ifndef _CHECKPOINT_FREEZE_H
#define _CHECKPOINT_FREEZE_H

#include <linux/list.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

struct ckpt_ctx;
struct task_struct;

/**
 * struct ckpt_frozen - a task that must be released
 * @list: in ckpt_ctx.frozen
 * @node: in ckpt_ctx.known
 * @task: the task, referenced
 * @index: its number in ckpt_ctx.tasks, or %CKPT_TREE_NONE
 * @was_frozen: an earlier call had left it frozen
 */
struct ckpt_frozen {
	struct list_head list;
	struct rhash_head node;
	struct task_struct *task;
	u32 index;
	bool was_frozen;
};

int ckpt_frozen_init(struct ckpt_ctx *ctx);
void ckpt_frozen_free(struct ckpt_ctx *ctx);
u32 ckpt_frozen_index(struct ckpt_ctx *ctx, struct task_struct *tsk);
bool ckpt_task_dead(const struct task_struct *tsk);
bool ckpt_hold_task(struct task_struct *tsk, unsigned long *flags);
int ckpt_freeze_tree(struct ckpt_ctx *ctx, unsigned int timeout_ms);
int ckpt_check_frozen(struct ckpt_ctx *ctx);
void ckpt_thaw_tree(struct ckpt_ctx *ctx, bool leave);
void ckpt_freeze_current(void);
u32 ckpt_kill_tree(struct ckpt_ctx *ctx);
int ckpt_thaw_left_frozen(struct ckpt_ctx *ctx);

#endif /* _CHECKPOINT_FREEZE_H */
