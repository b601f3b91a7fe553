/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - what the tree shares with tasks outside of it
 */
#ifndef _CHECKPOINT_OUTSIDE_H
#define _CHECKPOINT_OUTSIDE_H

struct ckpt_ctx;

int checkpoint_outside(struct ckpt_ctx *ctx);

#endif /* _CHECKPOINT_OUTSIDE_H */
