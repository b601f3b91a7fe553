/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - system calls that continue with restart_syscall()
 */
#ifndef _CHECKPOINT_RESTART_BLOCK_H
#define _CHECKPOINT_RESTART_BLOCK_H

struct ckpt_hdr;
struct ckpt_task_kind;
struct ckpt_validator;

extern const struct ckpt_task_kind ckpt_restart_block_task_kind;

int ckpt_restart_block_validate(struct ckpt_validator *v,
				const struct ckpt_hdr *h);

#endif /* _CHECKPOINT_RESTART_BLOCK_H */
