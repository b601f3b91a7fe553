/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - system calls that continue with restart_syscall()
 */
#ifndef _CHECKPOINT_RESTART_BLOCK_H
#define _CHECKPOINT_RESTART_BLOCK_H

#include <linux/ktime.h>

struct ckpt_hdr;
struct ckpt_task_kind;
struct ckpt_validator;
struct restart_block;

extern const struct ckpt_task_kind ckpt_restart_block_task_kind;

int ckpt_restart_block_validate(struct ckpt_validator *v,
				const struct ckpt_hdr *h);

/* again.c: calls that a checkpoint alone causes to be made again */
long ckpt_again(struct restart_block *rb);
u32 ckpt_again_save(const struct restart_block *rb, ktime_t *expires);
void ckpt_again_load(struct restart_block *rb, u32 nr, ktime_t expires);

#endif /* _CHECKPOINT_RESTART_BLOCK_H */
