/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - mount namespaces
 */
#ifndef _CHECKPOINT_NS_MNT_H
#define _CHECKPOINT_NS_MNT_H

#include <linux/types.h>

struct ckpt_ctx;
struct ckpt_cursor;
struct ckpt_hdr;
struct ckpt_validator;
struct mnt_namespace;
struct ns_common;
struct path;

bool ckpt_mnt_is_nested(struct ckpt_ctx *ctx, struct mnt_namespace *ns);
int ckpt_mnt_lookup_root(struct ns_common *ns, struct path *root);
struct ns_common *ckpt_mnt_get(struct ckpt_ctx *ctx, const struct path *path);
u32 ckpt_mnt_id(struct ckpt_ctx *ctx, const struct path *path);
bool ckpt_mnt_ok(const struct ckpt_validator *v, u32 id);
int ckpt_mnt_root(struct ckpt_ctx *ctx, u32 id, struct path *root);

int checkpoint_ns_mnt(struct ckpt_ctx *ctx, void *obj);
int ckpt_ns_mount_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_ns_mnt(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c);

#endif /* _CHECKPOINT_NS_MNT_H */
