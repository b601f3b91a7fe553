/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - what the tree shares with tasks outside of it
 */
#ifndef _CHECKPOINT_OUTSIDE_H
#define _CHECKPOINT_OUTSIDE_H

#include "internal.h"

void ckpt_hold(enum ckpt_class class, void *obj);
void ckpt_let_go(enum ckpt_class class, void *obj);
long ckpt_file_users(struct ckpt_ctx *ctx, const struct file *file);
int checkpoint_outside(struct ckpt_ctx *ctx);

#endif /* _CHECKPOINT_OUTSIDE_H */
