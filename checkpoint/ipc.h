/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - System V IPC
 *
 * What the objects look like is private to the files of ipc/, so the ipc_*.c
 * here are compiled as parts of those.
 */
#ifndef _CHECKPOINT_IPC_H
#define _CHECKPOINT_IPC_H

#include <linux/ipc.h>
#include <linux/ipc_namespace.h>
#include <linux/pid.h>
#include "namespaces.h"

/* ns_ipc.c */
int checkpoint_ns_ipc(struct ckpt_ctx *ctx, void *obj);
int ckpt_ns_ipc_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_ns_ipc(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c);
void restore_ns_ipc_commit(struct ckpt_ctx *ctx);
struct pid *ckpt_ipc_get_pid(struct kern_ipc_perm *perm, struct pid **pos);
int ckpt_ipc_collect_pid(struct ckpt_ctx *ctx, struct pid *pid);
u32 ckpt_ipc_pid_id(struct ckpt_ctx *ctx, struct pid *pid);
void ckpt_ipc_set_pid(struct ckpt_ctx *ctx, struct pid **pos, u32 id);
int ckpt_ipc_save_perm(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		       const struct kern_ipc_perm *perm, const char *what,
		       struct ckpt_ipc_perm *to);
int ckpt_ipc_perm_validate(struct ckpt_validator *v,
			   const struct ckpt_ipc_perm *perm, u32 mode);
int ckpt_ipc_load_perm(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		       const struct ckpt_ipc_perm *from, const char *what,
		       struct kern_ipc_perm *perm);
bool ckpt_ipc_pid_ok(const struct ckpt_validator *v, u32 id);

/* ipc_shm.c, in ipc/shm.c */
int collect_ipc_shm(struct ckpt_ctx *ctx, struct ipc_namespace *ns);
int checkpoint_ipc_shm(struct ckpt_ctx *ctx, struct ipc_namespace *ns);
int ckpt_ipc_shm_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int restore_ipc_shm(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		    const struct ckpt_hdr_ipc_shm *h, struct ckpt_cursor *c);
void restore_ipc_shm_commit(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
			    const struct ckpt_hdr_ipc_shm *h);
struct file *ckpt_shm_base(struct file *file);
extern const struct ckpt_task_kind ckpt_shm_task_kind;
struct file *ckpt_shm_attach(struct ipc_namespace *ns, struct file *base,
			     int f_flags);

/* ipc_sem.c, in ipc/sem.c */
int collect_ipc_sem(struct ckpt_ctx *ctx, struct ipc_namespace *ns);
int checkpoint_ipc_sem(struct ckpt_ctx *ctx, struct ipc_namespace *ns);
int ckpt_ipc_sem_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_ipc_sem_undo_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int restore_ipc_sem(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		    const struct ckpt_hdr_ipc_sem *h, struct ckpt_cursor *c);
void restore_ipc_sem_commit(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
			    const struct ckpt_hdr_ipc_sem *h);
int checkpoint_sem_undo_end(struct ckpt_ctx *ctx);
extern const struct ckpt_task_kind ckpt_sem_undo_task_kind;

/* ipc_msg.c, in ipc/msg.c */
int collect_ipc_msg(struct ckpt_ctx *ctx, struct ipc_namespace *ns);
int checkpoint_ipc_msg(struct ckpt_ctx *ctx, struct ipc_namespace *ns);
int ckpt_ipc_msg_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_ipc_msg_msg_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int restore_ipc_msg(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		    const struct ckpt_hdr_ipc_msg *h, struct ckpt_cursor *c);
void restore_ipc_msg_commit(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
			    const struct ckpt_hdr_ipc_msg *h);

struct ckpt_label;
struct msg_msg;

/**
 * struct ckpt_msg_copy - a copy of a message
 * @type: its type or priority
 * @label: its label, or NULL
 * @len: bytes of @data
 * @data: the message
 */
struct ckpt_msg_copy {
	long type;
	struct ckpt_label *label;
	size_t len;
	u8 data[];
};

/**
 * struct ckpt_msgs - copies of all messages of a queue
 * @ctx: the checkpoint, or NULL if labels do not matter
 * @only_labels: nothing else does
 * @err: what kept a label from being read
 * @size: room for them
 * @used: bytes of them, which may be more
 * @buf: one behind the other, to be freed with kvfree()
 */
struct ckpt_msgs {
	struct ckpt_ctx *ctx;
	bool only_labels;
	int err;
	size_t size;
	size_t used;
	void *buf;
};

void ckpt_msgs_add(struct ckpt_msgs *m, struct msg_msg *msg);
int ckpt_msgs_check(struct ckpt_msgs *m);
const struct ckpt_msg_copy *ckpt_msgs_next(const struct ckpt_msgs *m,
					   const struct ckpt_msg_copy *c);

/* ipc_mqueue.c, in ipc/mqueue.c */
int checkpoint_mqueue(struct ckpt_ctx *ctx, void *obj);
int checkpoint_mqueues(struct ckpt_ctx *ctx);
int checkpoint_mqueue_dir(struct ckpt_ctx *ctx, struct ipc_namespace *ns);
int ckpt_mqueue_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_mqueue_msg_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_mqueue_dir_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_mqueue(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c);
int restore_mqueues(struct ckpt_ctx *ctx);
int restore_mqueue_dir(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		       const struct ckpt_hdr_mqueue_dir *h);
int restore_mqueue_finish(struct ckpt_ctx *ctx, struct ckpt_obj *o);
void ckpt_mqueue_put(void *obj);
bool ckpt_file_mqueue_match(struct ckpt_ctx *ctx, struct file *file);
int checkpoint_file_mqueue(struct ckpt_ctx *ctx, void *obj);
int ckpt_file_mqueue_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_file_mqueue(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			  struct ckpt_cursor *c);

#endif /* _CHECKPOINT_IPC_H */
