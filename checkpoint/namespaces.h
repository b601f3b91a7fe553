/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - namespaces of tasks
 */
#ifndef _CHECKPOINT_NAMESPACES_H
#define _CHECKPOINT_NAMESPACES_H

struct ckpt_ctx;

int checkpoint_namespaces(struct ckpt_ctx *ctx);

#endif /* _CHECKPOINT_NAMESPACES_H */
