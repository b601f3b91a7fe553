/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - the parts of the container configuration section
 */
#ifndef _CHECKPOINT_CONTAINER_H
#define _CHECKPOINT_CONTAINER_H

#include <linux/seq_file.h>
#include <linux/types.h>

struct ckpt_ctx;
struct ckpt_cursor;
struct ckpt_hdr;
struct ckpt_obj;
struct ckpt_validator;
struct inode;
struct mnt_namespace;
struct net;
struct ns_common;
struct path;
struct user_namespace;

/**
 * struct ckpt_mount_info - what a line of mountinfo does not say
 * @user: user namespace that the filesystem belongs to, referenced
 * @user_id: room for its number
 * @locked: CKPT_MNT_LOCKED and others
 * @mode: type of the file that is mounted
 * @rdev: which device that is
 */
struct ckpt_mount_info {
	struct user_namespace *user;
	u32 user_id;
	u32 locked;
	u32 mode;
	u32 rdev;
};

/**
 * struct ckpt_mounts - the mounts of a namespace
 * @text: lines of mountinfo
 * @info: one for each line
 * @nr: number of them
 */
struct ckpt_mounts {
	struct seq_file text;
	struct ckpt_mount_info *info;
	size_t nr;
};

int checkpoint_mounts(struct ckpt_ctx *ctx);
int checkpoint_kept_ns(struct ckpt_ctx *ctx, struct mnt_namespace *mnt_ns,
		       const char *line, size_t len, bool nested);
int checkpoint_kept_in(struct ckpt_ctx *ctx, struct mnt_namespace *mnt_ns);
int ckpt_check_kept(struct ckpt_ctx *ctx, const char *line, size_t len);
int checkpoint_kept_all(struct ckpt_ctx *ctx);
int checkpoint_kept_by(struct ckpt_ctx *ctx, struct ns_common *ns);
void ckpt_kept_free(struct ckpt_ctx *ctx);
int restore_kept(struct ckpt_ctx *ctx);
int ckpt_ns_kept_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_read_mounts(struct ckpt_ctx *ctx, struct mnt_namespace *ns,
		     const struct path *root, struct ckpt_mounts *m);
int ckpt_read_own_mounts(struct ckpt_ctx *ctx, struct ckpt_mounts *m);
void ckpt_free_mounts(struct ckpt_mounts *m);
bool ckpt_mount_is_nsfs(const char *line, size_t len);
int ckpt_check_mount(struct ckpt_ctx *ctx, const char *line, size_t len);
bool ckpt_mount_file_ok(u32 mode, u32 rdev);
int ckpt_mount_line_validate(struct ckpt_validator *v, const struct ckpt_hdr *h,
			     size_t fixed);
int ckpt_mount_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

int checkpoint_netconf(struct ckpt_ctx *ctx);
int checkpoint_netconf_nested(struct ckpt_ctx *ctx, struct net *net);
int ckpt_net_check_neighbours(struct ckpt_ctx *ctx, struct net *net);
int checkpoint_netconf_end(struct ckpt_ctx *ctx);
int ckpt_net_msg_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

int checkpoint_tmpfs_all(struct ckpt_ctx *ctx);
int ckpt_tmpfs_ns_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_tmpfs_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_tmpfs_entry_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_xattr_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_tmpfs(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		    struct ckpt_cursor *c);
void *restore_tmpfs_entry(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			  struct ckpt_cursor *c);
int restore_tmpfs_all(struct ckpt_ctx *ctx);
int restore_tmpfs_finish(struct ckpt_ctx *ctx);
struct inode *restore_tmpfs_inode(struct ckpt_obj *o);
void ckpt_tmpfs_put(void *obj);
void ckpt_tmpfs_entry_put(void *obj);

#endif /* _CHECKPOINT_CONTAINER_H */
