/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - security modules, their policies and labels
 */
#ifndef _CHECKPOINT_LSM_H
#define _CHECKPOINT_LSM_H

#include <linux/lsm_checkpoint.h>
#include <linux/lsm_hooks.h>
#include <linux/security.h>
#include "internal.h"

/**
 * struct ckpt_label - checkpoint: a label, or the name of a part of a policy
 * @node: in ckpt_ctx.labels
 * @lsm_id: LSM_ID_* of the module it belongs to
 * @is_policy: there is an LSM_POLICY record of this name
 * @value: how the module calls it
 */
struct ckpt_label {
	struct hlist_node node;
	u64 lsm_id;
	bool is_policy;
	char value[];
};

/* The active modules, in order. */
#ifdef CONFIG_SECURITY
static inline u32 ckpt_nr_lsms(void)
{
	return lsm_active_cnt;
}

static inline const struct lsm_id *ckpt_lsm(u32 i)
{
	return lsm_idlist[i];
}
#else
static inline u32 ckpt_nr_lsms(void)
{
	return 0;
}

static inline const struct lsm_id *ckpt_lsm(u32 i)
{
	return NULL;
}
#endif

/* lsm.c: the modules and their policies */
int ckpt_lsm_prepare(struct ckpt_ctx *ctx);
const char *ckpt_lsm_state_of_caller(void);
int checkpoint_lsms(struct ckpt_ctx *ctx, struct ckpt_hdr_container *c);
int ckpt_lsm_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_lsm_policy_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int restore_lsms(struct ckpt_ctx *ctx, struct ckpt_cursor *c, u32 nr);

/* label.c: labels of tasks and objects */
extern const struct ckpt_task_kind ckpt_label_task_kind;
struct ckpt_label *ckpt_label_find(struct ckpt_ctx *ctx, u64 lsm_id,
				   const char *value, gfp_t gfp);
void ckpt_labels_free(struct ckpt_ctx *ctx);
int checkpoint_label(struct ckpt_ctx *ctx, void *obj);
int checkpoint_obj_labels(struct ckpt_ctx *ctx, enum ckpt_labelled type,
			  void *ptr, struct ckpt_label_set *set);
int checkpoint_label_set(struct ckpt_ctx *ctx, const struct ckpt_label_set *set);
int ckpt_label_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_labels_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int restore_obj_labels(struct ckpt_ctx *ctx, enum ckpt_labelled type, void *ptr,
		       struct ckpt_cursor c);
int collect_part_labels(struct ckpt_ctx *ctx, enum ckpt_labelled type, void *ptr);
int checkpoint_part_labels(struct ckpt_ctx *ctx, enum ckpt_labelled type,
			   void *ptr);
int restore_part_labels(struct ckpt_ctx *ctx, enum ckpt_labelled type, void *ptr,
			struct ckpt_cursor *c);
struct ckpt_label *ckpt_msg_label(struct ckpt_ctx *ctx, struct msg_msg *msg);
int checkpoint_msg_label(struct ckpt_ctx *ctx, struct ckpt_label *label);
int restore_msg_label(struct ckpt_ctx *ctx, struct msg_msg *msg,
		      struct kern_ipc_perm *queue, struct ckpt_cursor *c);

#endif /* _CHECKPOINT_LSM_H */
