/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - restartable sequences
 */
#ifndef _CHECKPOINT_RSEQ_H
#define _CHECKPOINT_RSEQ_H

struct ckpt_hdr;
struct ckpt_task_kind;
struct ckpt_validator;

extern const struct ckpt_task_kind ckpt_rseq_task_kind;

int ckpt_rseq_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

#endif /* _CHECKPOINT_RSEQ_H */
