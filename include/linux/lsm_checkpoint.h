/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - what it asks security modules
 *
 * A module that keeps nothing with tasks, files or other objects is on a list
 * of checkpoint/lsm.c and needs no hook. Any other one has to provide at least
 * one of checkpoint_state and checkpoint_label, or nothing can be checkpointed
 * while it is active:
 *
 * checkpoint_policy(cred, name, sink) calls lsm_ckpt_emit() for what identifies
 *	the policy. With neither @cred nor @name that is the policy as a whole;
 *	with @cred, the parts that confine who has these credentials; with
 *	@name, the part of that name. Modules whose policy has no parts act on
 *	the first of these only, others on the rest. Return: 0 or an errno.
 *
 * checkpoint_state(obj, what) points @what at the name of something the module
 *	knows of the object that has no label and would be lost. Return: 0.
 *
 * checkpoint_label(obj, value) allocates the string by which the module names
 *	the label @obj->attr of the object, or leaves @value alone if there is
 *	none. For a message it must not sleep: its queue is locked. Return: 0
 *	or an errno.
 *
 * restore_label(obj, value) gives the object that label; without @value, the
 *	one it would have without any. The current task, whose credentials are
 *	those of the caller of restart(), needs the right to create an object
 *	with that label by itself; the module checks that and may choose another
 *	label. Return: 0, -EPERM or -EACCES if not permitted, -EINVAL if its
 *	policy does not know the label, or another errno.
 */
#ifndef _LINUX_LSM_CHECKPOINT_H
#define _LINUX_LSM_CHECKPOINT_H

#include <linux/checkpoint_hdr.h>
#include <linux/types.h>

struct cred;
struct dentry;
struct file;
struct inode;
struct key;
struct kern_ipc_perm;
struct lsm_id;
struct msg_msg;
struct sock;
struct task_struct;

enum lsm_ckpt_type {
	LSM_CKPT_CRED,
	LSM_CKPT_TASK,
	LSM_CKPT_FILE,
	LSM_CKPT_INODE,
	LSM_CKPT_IPC,
	LSM_CKPT_MSG,
	LSM_CKPT_SOCK,
	LSM_CKPT_KEY,
};

/**
 * struct lsm_ckpt_obj - something that security modules may have labelled
 * @type: which member of the union
 * @attr: which of its labels, %CKPT_LABEL_CURRENT and the others
 * @cred: credentials; at restart they are in preparation
 * @task: a task; at restart the current one
 * @file: an open file; at restart nobody uses it yet
 * @inode: an inode without a name; at restart nobody uses it yet
 * @dentry: restart: the inode's, locked, if it can hold extended attributes
 * @ipc: a System V IPC object
 * @msg: a message of a System V message queue
 * @queue: restart: that queue, which has its label
 * @sock: a socket
 * @key: a key or keyring; at restart nobody uses it yet
 */
struct lsm_ckpt_obj {
	enum lsm_ckpt_type type;
	u32 attr;
	union {
		struct cred *cred;
		struct task_struct *task;
		struct file *file;
		struct {
			struct inode *inode;
			struct dentry *dentry;
		};
		struct kern_ipc_perm *ipc;
		struct {
			struct msg_msg *msg;
			struct kern_ipc_perm *queue;
		};
		struct sock *sock;
		struct key *key;
	};
};

/**
 * struct lsm_ckpt_policy - what identifies a policy or a part of it
 * @name: of the part, or NULL
 * @mode: %CKPT_POLICY_ENFORCING or another of enum ckpt_policy_mode
 * @len: bytes at @digest, at most %CKPT_POLICY_DIGEST_MAX
 * @digest: cryptographic hash of it
 */
struct lsm_ckpt_policy {
	const char *name;
	u32 mode;
	u32 len;
	const u8 *digest;
};

/**
 * struct lsm_ckpt_sink - who wants to know about policies
 * @add: called for each of them; may sleep
 * @lsm: the module that is being asked
 */
struct lsm_ckpt_sink {
	int (*add)(struct lsm_ckpt_sink *sink, const struct lsm_ckpt_policy *p);
	const struct lsm_id *lsm;
};

/**
 * typedef lsm_ckpt_label_fn - called for each module's label of an object
 * @data: as given
 * @lsm: the module
 * @value: its label
 *
 * Return: 0, or an errno to stop with.
 */
typedef int (*lsm_ckpt_label_fn)(void *data, const struct lsm_id *lsm,
				 const char *value);

static inline int lsm_ckpt_emit(struct lsm_ckpt_sink *sink,
				const struct lsm_ckpt_policy *p)
{
	return sink->add(sink, p);
}

#ifdef CONFIG_SECURITY
bool security_can_checkpoint(u64 lsm_id);
bool security_has_labels(u64 lsm_id);
int security_checkpoint_policy(u64 lsm_id, const struct cred *cred,
			       const char *name, struct lsm_ckpt_sink *sink);
const char *security_checkpoint_state(const struct lsm_ckpt_obj *obj,
				      const struct lsm_id **lsm);
int security_checkpoint_label(const struct lsm_ckpt_obj *obj,
			      lsm_ckpt_label_fn fn, void *data);
int security_restore_label(u64 lsm_id, const struct lsm_ckpt_obj *obj,
			   const char *value);
#else
static inline bool security_can_checkpoint(u64 lsm_id)
{
	return false;
}

static inline bool security_has_labels(u64 lsm_id)
{
	return false;
}

static inline int security_checkpoint_policy(u64 lsm_id, const struct cred *cred,
					     const char *name,
					     struct lsm_ckpt_sink *sink)
{
	return 0;
}

static inline const char *security_checkpoint_state(const struct lsm_ckpt_obj *obj,
						    const struct lsm_id **lsm)
{
	return NULL;
}

static inline int security_checkpoint_label(const struct lsm_ckpt_obj *obj,
					    lsm_ckpt_label_fn fn, void *data)
{
	return 0;
}

static inline int security_restore_label(u64 lsm_id,
					 const struct lsm_ckpt_obj *obj,
					 const char *value)
{
	return -EOPNOTSUPP;
}
#endif

#endif /* _LINUX_LSM_CHECKPOINT_H */
