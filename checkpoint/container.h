/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - the parts of the container configuration section
 */
#ifndef _CHECKPOINT_CONTAINER_H
#define _CHECKPOINT_CONTAINER_H

struct ckpt_ctx;
struct ckpt_hdr;
struct ckpt_validator;

int checkpoint_mounts(struct ckpt_ctx *ctx);
int ckpt_mount_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

int checkpoint_netconf(struct ckpt_ctx *ctx);
int ckpt_net_msg_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

#endif /* _CHECKPOINT_CONTAINER_H */
