/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - namespaces
 *
 * The kernel object behind a record of any NS type is a struct ns_common.
 */
#ifndef _CHECKPOINT_NAMESPACES_H
#define _CHECKPOINT_NAMESPACES_H

#include <linux/user_namespace.h>
#include "internal.h"

struct ns_common;

/*
 * Making a namespace fails with this over the limits of its owner, and if there
 * is no memory to count it.
 */
static inline int ckpt_ns_errno(long err)
{
	return err == -ENOSPC ? -ENOMEM : err;
}

/* namespaces.c */
int checkpoint_namespaces(struct ckpt_ctx *ctx);
int checkpoint_task_ns(struct ckpt_ctx *ctx, struct task_struct *tsk);
int ckpt_task_ns_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_ns_id(struct ckpt_ctx *ctx, struct ns_common *ns);
bool ckpt_ns_may_hold(struct ckpt_ctx *ctx, struct ns_common *ns);
int ckpt_user_ns_id(struct ckpt_ctx *ctx, struct user_namespace *ns);
int ckpt_any_ns_id(struct ckpt_ctx *ctx, struct ns_common *ns);
int ckpt_ns_fill(struct ckpt_ctx *ctx, struct ns_common *ns, u32 user,
		 struct ckpt_hdr_ns *h);
int ckpt_ns_owner_id(struct ckpt_ctx *ctx, struct ns_common *ns);
bool ckpt_ns_is_roots(struct ckpt_ctx *ctx, struct ns_common *ns);
struct ns_common *ckpt_ns_callers(struct ckpt_ctx *ctx, int type);
bool ckpt_root_is_init(struct ckpt_ctx *ctx);
int ckpt_ns_alone(struct ckpt_ctx *ctx, struct ns_common *ns);
bool ckpt_ns_shared(struct ckpt_ctx *ctx, struct ns_common *ns);
int restore_namespaces(struct ckpt_ctx *ctx);
bool ckpt_ns_is_external(struct ckpt_ctx *ctx, u32 id);
struct ns_common *ckpt_ns_external(struct ckpt_ctx *ctx, u32 id, int type);
struct file *ckpt_ns_open(struct ns_common *ns, int flags);
struct user_namespace *ckpt_ns_user(struct ckpt_ctx *ctx, u32 id);
struct user_namespace *ckpt_ns_owner(struct ckpt_ctx *ctx,
				     const struct ckpt_hdr_ns *h);
int ckpt_ns_check_owner(struct ckpt_ctx *ctx, const struct ckpt_hdr_ns *h,
			struct ns_common *ns);
struct nsproxy *ckpt_nsproxy_with_pid(struct ckpt_ctx *ctx,
				      struct pid_namespace *ns);
int enter_namespaces(struct ckpt_ctx *ctx, struct ckpt_task *t,
		     const struct ckpt_hdr_task_ns *h);
int enter_ns_for_children(struct ckpt_ctx *ctx,
			  const struct ckpt_hdr_task_ns *h);
void ckpt_ns_get(void *obj);
void ckpt_ns_put(void *obj);
int ckpt_ns_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

/* ns_fd.c: descriptors of namespaces for the caller of restart() */
bool ckpt_ns_is_asked(const struct ckpt_ctx *ctx, const char *key, int fd);
bool ckpt_ns_has_taker(struct ckpt_ctx *ctx, u32 id);
int restore_ns_fds(struct ckpt_ctx *ctx);
int restore_ns_fds_tell(struct ckpt_ctx *ctx);
void restore_ns_fds_end(struct ckpt_ctx *ctx, bool success);

/* ns_user.c */
int checkpoint_ns_user(struct ckpt_ctx *ctx, void *obj);
int ckpt_ns_user_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_ns_user(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		      struct ckpt_cursor *c);

/* ns_uts.c */
int checkpoint_ns_uts(struct ckpt_ctx *ctx, void *obj);
int ckpt_ns_uts_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_ns_uts(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c);

/* ns_pid.c */
int checkpoint_ns_pid(struct ckpt_ctx *ctx, void *obj);
int ckpt_ns_pid_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_ns_pid(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c);
int ckpt_pid_ns_id(struct ckpt_ctx *ctx, struct pid_namespace *ns);
u32 ckpt_pid_ns_level(const struct ckpt_validator *v, u32 id);
bool ckpt_pid_ns_within(const struct ckpt_validator *v, u32 inner, u32 outer);
struct pid_namespace *ckpt_pid_ns(struct ckpt_ctx *ctx, u32 id);
u32 ckpt_pid_ns_parent(struct ckpt_ctx *ctx, u32 id);
bool ckpt_ns_may_open(struct ckpt_ctx *ctx, u32 id);
void restore_pid_ns_commit(struct ckpt_ctx *ctx);

/* ns_time.c */
int checkpoint_ns_time(struct ckpt_ctx *ctx, void *obj);
int ckpt_ns_time_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_ns_time(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		      struct ckpt_cursor *c);
void restore_ns_time_commit(struct ckpt_ctx *ctx);

/* ns_cgroup.c, ns_net.c */
int checkpoint_ns_cgroup(struct ckpt_ctx *ctx, void *obj);
void *restore_ns_cgroup(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			struct ckpt_cursor *c);
int checkpoint_ns_net(struct ckpt_ctx *ctx, void *obj);
void *restore_ns_net(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c);

#endif /* _CHECKPOINT_NAMESPACES_H */
