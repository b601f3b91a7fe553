// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - POSIX message queues; part of ipc/mqueue.c
 *
 * Saved: name, owner, permissions, times, limits, messages with priorities, who
 *	is to be notified by a signal or not at all (mq_notify()); open files,
 *	whether by mq_open() or through a mounted mqueue filesystem.
 * Not saved: whose limit they are charged to, which is that of the caller of
 *	restart(); an mq_send() or mq_receive() that waits starts again.
 * Refused: queues that have been unlinked; notification by SIGEV_THREAD; queues
 *	of IPC namespaces that are not the tree's own.
 */
#include <linux/err.h>
#include "files.h"
#include "ipc.h"

static_assert(CKPT_MQ_PRIO_MAX == MQ_PRIO_MAX);

/* ---- checkpoint ---- */

/**
 * struct queues - the queues of a namespace
 * @nr: number of them
 * @dentry: their names, referenced
 */
struct queues {
	u32 nr;
	struct dentry *dentry[];
};

static void put_queues(struct queues *q)
{
	while (q->nr)
		dput(q->dentry[--q->nr]);
	kvfree(q);
}

static struct queues *get_queues(struct ipc_namespace *ns)
{
	struct dentry *root = ns->mq_mnt->mnt_root, *child;
	u32 max = READ_ONCE(ns->mq_queues_count);
	struct queues *q;

	q = kvzalloc(struct_size(q, dentry, max), GFP_KERNEL_ACCOUNT);
	if (!q)
		return NULL;
	spin_lock(&root->d_lock);
	hlist_for_each_entry(child, &root->d_children, d_sib) {
		spin_lock_nested(&child->d_lock, DENTRY_D_LOCK_NESTED);
		if (simple_positive(child) && q->nr < max)
			q->dentry[q->nr++] = dget_dlock(child);
		spin_unlock(&child->d_lock);
	}
	spin_unlock(&root->d_lock);
	return q;
}

static int collect_queue(struct ckpt_ctx *ctx, struct dentry *dentry)
{
	struct mqueue_inode_info *info = MQUEUE_I(d_inode(dentry));
	int ret;

	if (!info->notify_owner)
		return 0;
	if (info->notify.sigev_notify == SIGEV_THREAD)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"POSIX message queue %pd: notification by SIGEV_THREAD",
				dentry);
	ret = ckpt_ipc_pid_id(ctx, info->notify_owner);
	if (!ret)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"POSIX message queue %pd: notifies a process outside the tree",
				dentry);
	if (ret > 0)
		ret = ckpt_user_ns_id(ctx, info->notify_user_ns);
	return min(ret, 0);
}

static void save_notify(struct ckpt_ctx *ctx, struct mqueue_inode_info *info,
			struct ckpt_hdr_mqueue *h)
{
	if (!info->notify_owner)
		return;
	h->notify_pid = ckpt_ipc_pid_id(ctx, info->notify_owner);
	h->notify_user = ckpt_user_ns_id(ctx, info->notify_user_ns);
	h->notify = info->notify.sigev_notify;
	h->signo = info->notify.sigev_signo;
	h->value = (unsigned long)info->notify.sigev_value.sival_ptr;
	h->exec_id = info->notify_self_exec_id;
}

static s64 time_ns(struct timespec64 ts)
{
	return timespec64_to_ns(&ts);
}

static int save_queue_inode(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
			    struct dentry *dentry, struct ckpt_hdr_mqueue *h)
{
	struct inode *inode = d_inode(dentry);

	h->uid = from_kuid(ns->user_ns, inode->i_uid);
	h->gid = from_kgid(ns->user_ns, inode->i_gid);
	h->mode = inode->i_mode & 07777;
	h->atime = time_ns(inode_get_atime(inode));
	h->mtime = time_ns(inode_get_mtime(inode));
	if (h->uid == (u32)-1 || h->gid == (u32)-1)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"POSIX message queue %pd: its owner has no number in the user namespace",
				dentry);
	return 0;
}

/* Tasks that could send or receive are stopped. */
static int write_mq_messages(struct ckpt_ctx *ctx, struct mqueue_inode_info *info,
			     struct ckpt_hdr_mqueue *h)
{
	struct posix_msg_tree_node *leaf;
	struct rb_node *node;
	struct msg_msg *msg;
	int ret;

	for (node = rb_first(&info->msg_tree); node; node = rb_next(node)) {
		leaf = rb_entry(node, struct posix_msg_tree_node, rb_node);
		list_for_each_entry(msg, &leaf->msg_list, m_list) {
			ret = ckpt_ipc_write_msg(ctx, msg, "POSIX message queue");
			if (ret)
				return ret;
			h->nr_msgs++;
		}
	}
	return 0;
}

static int write_mqueue(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
			struct dentry *dentry)
{
	struct mqueue_inode_info *info = MQUEUE_I(d_inode(dentry));
	size_t len = dentry->d_name.len + 1;
	struct ckpt_hdr_mqueue *h;

	h = ckpt_new_rec(ctx, CKPT_HDR_MQUEUE, ALIGN(struct_size(h, name, len), 8));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->maxmsg = info->attr.mq_maxmsg;
	h->msgsize = info->attr.mq_msgsize;
	memcpy(h->name, dentry->d_name.name, len - 1);
	save_notify(ctx, info, h);
	return save_queue_inode(ctx, ns, dentry, h) ?:
	       write_mq_messages(ctx, info, h);
}

static int for_each_queue(struct ckpt_ctx *ctx, struct ipc_namespace *ns, bool write)
{
	struct queues *q = get_queues(ns);
	int ret = 0;
	u32 i;

	if (!q)
		return ckpt_err(ctx, -ENOMEM, "POSIX message queues");
	if (q->nr != READ_ONCE(ns->mq_queues_count))
		ret = ckpt_err(ctx, -EOPNOTSUPP,
			       "POSIX message queues: one has been unlinked and is still open");
	for (i = 0; i < q->nr && !ret; i++)
		ret = write ? write_mqueue(ctx, ns, q->dentry[i]) :
			      collect_queue(ctx, q->dentry[i]);
	put_queues(q);
	return ret;
}

/**
 * collect_mqueue - write what the POSIX message queues of a namespace refer to
 * @ctx: the checkpoint
 * @ns: the namespace, all of whose tasks are stopped
 *
 * Return: 0, or an errno that has been reported.
 */
int collect_mqueue(struct ckpt_ctx *ctx, struct ipc_namespace *ns)
{
	return for_each_queue(ctx, ns, false);
}

/**
 * checkpoint_mqueue - write the POSIX message queues of a namespace
 * @ctx: the checkpoint
 * @ns: the namespace; collect_mqueue() has been called
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_mqueue(struct ckpt_ctx *ctx, struct ipc_namespace *ns)
{
	return for_each_queue(ctx, ns, true);
}

/**
 * ckpt_file_mqueue_match - whether a file is a POSIX message queue
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: true if so.
 */
bool ckpt_file_mqueue_match(struct ckpt_ctx *ctx, struct file *file)
{
	return file->f_op == &mqueue_file_operations;
}

static int queue_ns_id(struct ckpt_ctx *ctx, struct file *file)
{
	struct ipc_namespace *ns = get_ns_from_inode(file_inode(file));
	int id;

	if (!ns)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"POSIX message queue %pD: its IPC namespace is gone",
				file);
	id = ckpt_ns_id(ctx, &ns->ns);
	put_ipc_ns(ns);
	if (!id)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"POSIX message queue %pD: of an IPC namespace that is not the tree's own",
				file);
	return id;
}

/**
 * checkpoint_file_mqueue - save an open POSIX message queue
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_mqueue(struct ckpt_ctx *ctx, void *obj)
{
	struct file *file = obj;
	struct dentry *dentry = file->f_path.dentry;
	size_t len = dentry->d_name.len + 1;
	struct ckpt_hdr_file_mqueue *h;
	int cred, ns;

	cred = checkpoint_file_common(ctx, file);
	if (cred < 0)
		return cred;
	ns = queue_ns_id(ctx, file);
	if (ns < 0)
		return ns;
	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_MQUEUE,
			 ALIGN(struct_size(h, name, len), 8));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, file, cred);
	h->ns = ns;
	memcpy(h->name, dentry->d_name.name, len - 1);
	return 0;
}

/* ---- validate ---- */

static bool queue_name_ok(const u8 *name, size_t len)
{
	return ckpt_string_ok(name, len) && name[0] &&
	       strlen(name) <= NAME_MAX && !strchr(name, '/') &&
	       strcmp(name, ".") && strcmp(name, "..");
}

static bool notify_ok(const struct ckpt_validator *v,
		      const struct ckpt_hdr_mqueue *m)
{
	if (!m->notify_pid)
		return !m->notify_user && !m->notify && !m->signo && !m->value &&
		       !m->exec_id;
	return ckpt_ipc_pid_ok(v, m->notify_pid) &&
	       ckpt_ref0_ok(v, m->notify_user, CKPT_CLASS_NS_USER) &&
	       (m->notify == SIGEV_NONE || m->notify == SIGEV_SIGNAL) &&
	       (m->notify == SIGEV_NONE || valid_signal(m->signo));
}

/**
 * ckpt_mqueue_validate - check an MQUEUE record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_mqueue_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_mqueue *m = (const void *)h;

	if (m->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (!queue_name_ok(m->name, h->len - sizeof(*m)))
		return ckpt_bad(v, "bad name");
	if (!m->maxmsg || m->maxmsg > HARD_MSGMAX || !m->msgsize ||
	    m->msgsize > HARD_MSGSIZEMAX || m->nr_msgs > m->maxmsg)
		return ckpt_bad(v, "limit out of range");
	if (m->uid == (u32)-1 || m->gid == (u32)-1 || m->mode & ~07777)
		return ckpt_bad(v, "owner or permissions");
	if (!notify_ok(v, m))
		return ckpt_bad(v, "notification");
	return 0;
}

/**
 * ckpt_file_mqueue_validate - check a FILE_MQUEUE record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_mqueue_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_mqueue *f = (const void *)h;

	if (!ckpt_ref_ok(v, f->ns, CKPT_CLASS_NS_IPC) || f->reserved)
		return ckpt_bad(v, "reference to something that is no IPC namespace");
	if (!queue_name_ok(f->name, h->len - sizeof(*f)))
		return ckpt_bad(v, "bad name");
	return ckpt_file_common_validate(v, &f->file);
}

/* ---- restart ---- */

static int make_queue(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		      const struct ckpt_hdr_mqueue *h, struct dentry *dentry)
{
	struct mq_attr attr = {
		.mq_maxmsg	= h->maxmsg,
		.mq_msgsize	= h->msgsize,
	};
	kuid_t uid = make_kuid(ns->user_ns, h->uid);
	kgid_t gid = make_kgid(ns->user_ns, h->gid);
	struct inode *inode;
	int ret;

	if (!uid_valid(uid) || !gid_valid(gid))
		return ckpt_err(ctx, -EINVAL,
				"POSIX message queue %s: owner does not exist in the user namespace",
				h->name);
	if ((!uid_eq(uid, current_fsuid()) && !ns_capable(ns->user_ns, CAP_SETUID)) ||
	    (!gid_eq(gid, current_fsgid()) && !ns_capable(ns->user_ns, CAP_SETGID)))
		return ckpt_err(ctx, -EPERM,
				"POSIX message queue %s: owner: not permitted", h->name);
	if (d_really_is_positive(dentry))
		return ckpt_err(ctx, -EBADMSG,
				"image: two POSIX message queues %s", h->name);
	ret = vfs_mkobj(dentry, S_IFREG | h->mode, mqueue_create_attr, &attr);
	if (ret)
		return ckpt_err(ctx, ret, "POSIX message queue %s", h->name);
	inode = d_inode(dentry);
	inode->i_uid = uid;
	inode->i_gid = gid;
	inode_set_atime_to_ts(inode, ns_to_timespec64(h->atime));
	inode_set_mtime_to_ts(inode, ns_to_timespec64(h->mtime));
	return 0;
}

static struct dentry *find_queue(struct ipc_namespace *ns, const u8 *name)
{
	struct dentry *root = ns->mq_mnt->mnt_root, *dentry;

	inode_lock(d_inode(root));
	dentry = lookup_one_len(name, root, strlen(name));
	inode_unlock(d_inode(root));
	return dentry;
}

static struct dentry *new_queue(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
				const struct ckpt_hdr_mqueue *h)
{
	struct dentry *root = ns->mq_mnt->mnt_root, *dentry;
	int ret;

	inode_lock(d_inode(root));
	dentry = lookup_one_len(h->name, root, strlen(h->name));
	if (IS_ERR(dentry)) {
		ckpt_err(ctx, PTR_ERR(dentry), "POSIX message queue %s", h->name);
		goto out_unlock;
	}
	ret = make_queue(ctx, ns, h, dentry);
	if (ret) {
		dput(dentry);
		dentry = ERR_PTR(ret);
	}
out_unlock:
	inode_unlock(d_inode(root));
	return dentry;
}

static int add_message(struct ckpt_ctx *ctx, const struct ckpt_hdr_mqueue *h,
		       struct mqueue_inode_info *info,
		       const struct ckpt_hdr_ipc_msg_msg *m)
{
	struct msg_msg *msg;
	int ret;

	if (m->type >= MQ_PRIO_MAX || m->len > h->msgsize)
		return ckpt_err(ctx, -EBADMSG,
				"image: POSIX message queue %s: message out of range",
				h->name);
	msg = msg_from_buf(m->data, m->len);
	if (IS_ERR(msg))
		return ckpt_err(ctx, PTR_ERR(msg), "POSIX message queue %s", h->name);
	msg->m_type = m->type;
	msg->m_ts = m->len;
	spin_lock(&info->lock);
	ret = msg_insert(msg, info);
	spin_unlock(&info->lock);
	if (!ret)
		return 0;
	free_msg(msg);
	return ckpt_err(ctx, ret, "POSIX message queue %s", h->name);
}

/**
 * restore_mqueue - make a POSIX message queue
 * @ctx: the restart
 * @ns: the namespace, new
 * @h: MQUEUE record
 * @c: position behind it, moved behind its messages
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_mqueue(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		   const struct ckpt_hdr_mqueue *h, struct ckpt_cursor *c)
{
	struct dentry *dentry = new_queue(ctx, ns, h);
	const struct ckpt_hdr_ipc_msg_msg *m;
	int ret = 0;
	u32 i;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	for (i = 0; i < h->nr_msgs && !ret; i++) {
		m = ckpt_read_obj_type(c, CKPT_HDR_IPC_MSG_MSG);
		ret = IS_ERR(m) ? PTR_ERR(m) :
		      add_message(ctx, h, MQUEUE_I(d_inode(dentry)), m);
	}
	dput(dentry);
	return ret;
}

/**
 * restore_mqueue_commit - fill in who is to be notified
 * @ctx: the restart, committed
 * @ns: the namespace
 * @h: MQUEUE record
 */
void restore_mqueue_commit(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
			   const struct ckpt_hdr_mqueue *h)
{
	struct mqueue_inode_info *info;
	struct dentry *dentry;

	if (!h->notify_pid)
		return;
	dentry = find_queue(ns, h->name);
	/* Nobody could have removed it; be sure all the same. */
	if (IS_ERR(dentry))
		return;
	if (d_really_is_positive(dentry)) {
		info = MQUEUE_I(d_inode(dentry));
		spin_lock(&info->lock);
		info->notify.sigev_notify = h->notify;
		info->notify.sigev_signo = h->signo;
		info->notify.sigev_value.sival_ptr = (void __user *)h->value;
		info->notify_self_exec_id = h->exec_id;
		info->notify_user_ns = get_user_ns(ckpt_ns_user(ctx, h->notify_user));
		ckpt_ipc_set_pid(ctx, &info->notify_owner, h->notify_pid);
		spin_unlock(&info->lock);
	}
	dput(dentry);
}

static struct file *open_queue(struct ipc_namespace *ns,
			       const struct ckpt_hdr_file_mqueue *f)
{
	static const int acc[O_ACCMODE] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE };
	struct path path = { .mnt = ns->mq_mnt };
	struct file *file;
	int ret;

	path.dentry = find_queue(ns, f->name);
	if (IS_ERR(path.dentry))
		return ERR_CAST(path.dentry);
	ret = d_really_is_negative(path.dentry) ? -ENOENT :
	      inode_permission(&nop_mnt_idmap, d_inode(path.dentry),
			       acc[f->file.f_flags & O_ACCMODE]);
	file = ret ? ERR_PTR(ret) :
	       dentry_open(&path, ckpt_open_flags(&f->file), current_cred());
	dput(path.dentry);
	return file;
}

/**
 * restore_file_mqueue - open a POSIX message queue
 * @ctx: the restart
 * @h: FILE_MQUEUE record
 * @c: unused
 *
 * Return: the file, referenced, or ERR_PTR() of a reported errno.
 */
void *restore_file_mqueue(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			  struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_mqueue *f = (const void *)h;
	struct ns_common *ns = ckpt_obj_by_id(ctx, f->ns)->ptr;
	struct file *file;

	file = open_queue(container_of(ns, struct ipc_namespace, ns), f);
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(file),
					"POSIX message queue %s", f->name));
	return restore_file_common(ctx, &f->file, file, f->name);
}
