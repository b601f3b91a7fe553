// SPDX-License-Identifier: GPL-2.0-only
/*
 * SELinux - contexts in images of checkpoints
 *
 * Saved: the contexts of credentials (current, prev, exec, fscreate, keycreate
 *	and sockcreate), of open files, of inodes, of sockets and their peers,
 *	of System V IPC objects and messages, and of keys.
 *
 * A restart may give a task a context if its caller could have entered that by
 * writing to attr/current (setcurrent and dyntransition), with exec and the
 * others only if the task could write those by itself then. It may give an
 * object a context if its caller has the permission to create such an object
 * with that context. What an open file may be used for is decided anew when it
 * is used. What identifies the policy is the digest of its binary form, as in
 * /sys/fs/selinux/policy, and whether it is enforced.
 */
#include <crypto/sha2.h>
#include <linux/lsm_checkpoint.h>
#include <linux/lsm_hooks.h>
#include <linux/mutex.h>
#include <linux/mount.h>
#include <linux/vmalloc.h>
#include <linux/xattr.h>
#include <net/sock.h>
#include "avc.h"
#include "checkpoint.h"
#include "objsec.h"
#include "security.h"

/* ---- policy ---- */

/* A policy can be megabytes, and changes seldom. */
static struct {
	struct mutex lock;	/* all of it */
	bool valid;
	u32 seqno;
	u8 digest[SHA256_DIGEST_SIZE];
} known_policy = {
	.lock = __MUTEX_INITIALIZER(known_policy.lock),
};

static int read_digest(u8 *digest)
{
	size_t len;
	void *data;
	int ret;

	mutex_lock(&selinux_state.policy_mutex);
	ret = security_read_state_kernel(&data, &len);
	mutex_unlock(&selinux_state.policy_mutex);
	if (ret)
		return ret;
	sha256(data, len, digest);
	vfree(data);
	return 0;
}

static int get_digest(u8 *digest)
{
	u32 seqno = avc_policy_seqno();
	int ret = 0;

	mutex_lock(&known_policy.lock);
	if (!known_policy.valid || known_policy.seqno != seqno) {
		ret = read_digest(known_policy.digest);
		known_policy.valid = !ret;
		known_policy.seqno = seqno;
	}
	memcpy(digest, known_policy.digest, SHA256_DIGEST_SIZE);
	mutex_unlock(&known_policy.lock);
	return ret;
}

static int selinux_checkpoint_policy(const struct cred *cred, const char *name,
				     struct lsm_ckpt_sink *sink)
{
	u8 digest[SHA256_DIGEST_SIZE];
	struct lsm_ckpt_policy p = { .digest = digest };
	int ret;

	if (cred || name)
		return 0;
	p.mode = enforcing_enabled() ? CKPT_POLICY_ENFORCING :
				       CKPT_POLICY_PERMISSIVE;
	if (!selinux_initialized())
		return lsm_ckpt_emit(sink, &p);
	ret = get_digest(digest);
	if (ret)
		return ret;
	p.len = sizeof(digest);
	return lsm_ckpt_emit(sink, &p);
}

/* ---- checkpoint ---- */

/* Where @attr is in credentials, or NULL. */
static u32 *cred_sid(struct task_security_struct *tsec, u32 attr)
{
	switch (attr) {
	case CKPT_LABEL_CURRENT:
		return &tsec->sid;
	case CKPT_LABEL_PREV:
		return &tsec->osid;
	case CKPT_LABEL_EXEC:
		return &tsec->exec_sid;
	case CKPT_LABEL_FSCREATE:
		return &tsec->create_sid;
	case CKPT_LABEL_KEYCREATE:
		return &tsec->keycreate_sid;
	case CKPT_LABEL_SOCKCREATE:
		return &tsec->sockcreate_sid;
	default:
		return NULL;
	}
}

static u32 *sock_sid(struct sk_security_struct *sksec, u32 attr)
{
	switch (attr) {
	case CKPT_LABEL_CURRENT:
		return &sksec->sid;
	case CKPT_LABEL_PEER:
		return &sksec->peer_sid;
	default:
		return NULL;
	}
}

/* The SID that @obj->attr is about, or NULL if there is no such thing. */
static u32 *find_sid(const struct lsm_ckpt_obj *obj)
{
	switch (obj->type) {
	case LSM_CKPT_CRED:
		return cred_sid(selinux_cred(obj->cred), obj->attr);
	case LSM_CKPT_FILE:
		return &selinux_file(obj->file)->sid;
	case LSM_CKPT_INODE:
		return &selinux_inode(obj->inode)->sid;
	case LSM_CKPT_IPC:
		return &selinux_ipc(obj->ipc)->sid;
	case LSM_CKPT_MSG:
		return &selinux_msg_msg(obj->msg)->sid;
	case LSM_CKPT_SOCK:
		return sock_sid(selinux_sock(obj->sock), obj->attr);
	case LSM_CKPT_KEY:
		return selinux_ckpt_key_sid(obj->key);
	default:
		return NULL;
	}
}

/* Messages are asked about with a lock held; nothing here sleeps. */
static int selinux_checkpoint_label(const struct lsm_ckpt_obj *obj, char **value)
{
	u32 *sid = find_sid(obj);
	u32 len;

	if (!sid || *sid == SECSID_NULL)
		return 0;
	return security_sid_to_context(*sid, value, &len);
}

/* ---- restart ---- */

/*
 * As in selinux_lsm_setattr(). The restored process is no thread of anybody
 * who runs, nor traced.
 */
static int may_become(u32 sid)
{
	u32 mysid = current_sid();

	if (sid == mysid)
		return 0;
	return avc_has_perm(mysid, mysid, SECCLASS_PROCESS, PROCESS__SETCURRENT,
			    NULL) ?:
	       avc_has_perm(mysid, sid, SECCLASS_PROCESS, PROCESS__DYNTRANSITION,
			    NULL);
}

static int may_set(u32 mysid, u32 perm)
{
	return avc_has_perm(mysid, mysid, SECCLASS_PROCESS, perm, NULL);
}

/* What takes part in @cred may be @sid; its current context is in place. */
static int may_have(const struct cred *cred, u32 attr, u32 sid)
{
	u32 mysid = selinux_cred(cred)->sid;

	switch (attr) {
	case CKPT_LABEL_CURRENT:
		return may_become(sid);
	case CKPT_LABEL_EXEC:
		return may_set(mysid, PROCESS__SETEXEC);
	case CKPT_LABEL_FSCREATE:
		return may_set(mysid, PROCESS__SETFSCREATE);
	case CKPT_LABEL_KEYCREATE:
		return may_set(mysid, PROCESS__SETKEYCREATE) ?:
		       avc_has_perm(mysid, sid, SECCLASS_KEY, KEY__CREATE, NULL);
	case CKPT_LABEL_SOCKCREATE:
		return may_set(mysid, PROCESS__SETSOCKCREATE);
	default:
		/* CKPT_LABEL_PREV is but a memory. */
		return 0;
	}
}

static int restore_cred_sid(const struct lsm_ckpt_obj *obj, u32 sid)
{
	struct task_security_struct *tsec = selinux_cred(obj->cred);
	int ret;

	if (sid == SECSID_NULL && (obj->attr == CKPT_LABEL_CURRENT ||
				   obj->attr == CKPT_LABEL_PREV))
		return 0;
	ret = sid == SECSID_NULL ? 0 : may_have(obj->cred, obj->attr, sid);
	if (!ret)
		*cred_sid(tsec, obj->attr) = sid;
	return ret;
}

/* Who opened it is another subject now: check each use of it again. */
static int restore_file_sid(struct file *file, u32 sid)
{
	struct file_security_struct *fsec = selinux_file(file);
	int ret = may_become(sid);

	if (ret)
		return ret;
	fsec->sid = sid;
	fsec->pseqno = avc_policy_seqno() - 1;
	return 0;
}

/* As in may_create(), less the directory that such an inode is not in. */
static int may_create_inode(struct inode *inode, u32 sid)
{
	struct superblock_security_struct *sbsec = selinux_superblock(inode->i_sb);
	struct inode_security_struct *isec = selinux_inode(inode);
	u32 mysid = current_sid();
	int ret;

	if (sid == isec->sid)
		return 0;
	ret = avc_has_perm(mysid, sid, isec->sclass, FILE__CREATE, NULL);
	if (ret || !(sbsec->flags & SBLABEL_MNT))
		return ret;
	return avc_has_perm(sid, sbsec->sid, SECCLASS_FILESYSTEM,
			    FILESYSTEM__ASSOCIATE, NULL);
}

static int store_label(const struct lsm_ckpt_obj *obj, const char *value)
{
	int ret;

	if (!obj->dentry)
		return 0;
	ret = __vfs_setxattr(&nop_mnt_idmap, obj->dentry, obj->inode,
			     XATTR_NAME_SELINUX, value, strlen(value) + 1, 0);
	return ret == -EOPNOTSUPP ? 0 : ret;
}

static int restore_inode_sid(const struct lsm_ckpt_obj *obj, const char *value,
			     u32 sid)
{
	struct inode_security_struct *isec = selinux_inode(obj->inode);
	int ret = may_create_inode(obj->inode, sid) ?: store_label(obj, value);

	if (ret)
		return ret;
	spin_lock(&isec->lock);
	isec->sid = sid;
	isec->initialized = LABEL_INITIALIZED;
	spin_unlock(&isec->lock);
	return 0;
}

static int restore_ipc_sid(struct kern_ipc_perm *ipc, u32 sid)
{
	struct ipc_security_struct *isec = selinux_ipc(ipc);
	int ret = avc_has_perm(current_sid(), sid, isec->sclass, IPC__CREATE,
			       NULL);

	if (!ret)
		isec->sid = sid;
	return ret;
}

/* As in selinux_msg_queue_msgsnd(). */
static int may_send(u32 queue, u32 sid)
{
	u32 mysid = current_sid();

	return avc_has_perm(mysid, queue, SECCLASS_MSGQ, MSGQ__WRITE, NULL) ?:
	       avc_has_perm(mysid, sid, SECCLASS_MSG, MSG__SEND, NULL) ?:
	       avc_has_perm(sid, queue, SECCLASS_MSGQ, MSGQ__ENQUEUE, NULL);
}

static int restore_msg_sid(const struct lsm_ckpt_obj *obj, u32 sid)
{
	int ret = may_send(selinux_ipc(obj->queue)->sid, sid);

	if (!ret)
		selinux_msg_msg(obj->msg)->sid = sid;
	return ret;
}

/* As by way of attr/keycreate. */
static int restore_key_sid(struct key *key, u32 sid)
{
	u32 *key_sid = selinux_ckpt_key_sid(key);
	u32 mysid = current_sid();
	int ret;

	if (sid == *key_sid)
		return 0;
	ret = may_set(mysid, PROCESS__SETKEYCREATE) ?:
	      avc_has_perm(mysid, sid, SECCLASS_KEY, KEY__CREATE, NULL);
	if (!ret)
		*key_sid = sid;
	return ret;
}

static int restore_sock_sid(struct sock *sk, u32 attr, u32 sid)
{
	struct sk_security_struct *sksec = selinux_sock(sk);
	int ret;

	/* A peer of that context could be had by becoming it and connecting. */
	if (attr == CKPT_LABEL_PEER)
		ret = may_become(sid);
	else
		ret = avc_has_perm(current_sid(), sid, sksec->sclass,
				   SOCKET__CREATE, NULL);
	if (ret)
		return ret;
	*sock_sid(sksec, attr) = sid;
	/* The inode has the label of its socket. */
	if (attr == CKPT_LABEL_CURRENT && sk->sk_socket)
		selinux_inode(SOCK_INODE(sk->sk_socket))->sid = sid;
	return 0;
}

static int restore_sid(const struct lsm_ckpt_obj *obj, const char *value,
		       u32 sid)
{
	switch (obj->type) {
	case LSM_CKPT_CRED:
		return restore_cred_sid(obj, sid);
	case LSM_CKPT_FILE:
		return restore_file_sid(obj->file, sid);
	case LSM_CKPT_INODE:
		return restore_inode_sid(obj, value, sid);
	case LSM_CKPT_IPC:
		return restore_ipc_sid(obj->ipc, sid);
	case LSM_CKPT_MSG:
		return restore_msg_sid(obj, sid);
	case LSM_CKPT_SOCK:
		return restore_sock_sid(obj->sock, obj->attr, sid);
	case LSM_CKPT_KEY:
		return restore_key_sid(obj->key, sid);
	default:
		return -EOPNOTSUPP;
	}
}

static int selinux_restore_label(const struct lsm_ckpt_obj *obj,
				 const char *value)
{
	u32 sid = SECSID_NULL;
	int ret;

	if (!find_sid(obj))
		return value ? -EOPNOTSUPP : 0;
	if (!value)
		return obj->type == LSM_CKPT_CRED ? restore_cred_sid(obj, sid) : 0;
	ret = security_context_to_sid(value, strlen(value), &sid, GFP_KERNEL);
	return ret ?: restore_sid(obj, value, sid);
}

static struct security_hook_list selinux_checkpoint_hooks[] __ro_after_init = {
	LSM_HOOK_INIT(checkpoint_policy, selinux_checkpoint_policy),
	LSM_HOOK_INIT(checkpoint_label, selinux_checkpoint_label),
	LSM_HOOK_INIT(restore_label, selinux_restore_label),
};

void __init selinux_add_checkpoint_hooks(const struct lsm_id *lsmid)
{
	security_add_hooks(selinux_checkpoint_hooks,
			   ARRAY_SIZE(selinux_checkpoint_hooks), lsmid);
}
