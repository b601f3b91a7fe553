// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - POSIX message queues; part of ipc/mqueue.c
 *
 * Saved: name, or that it has been unlinked; owner, permissions, labels, times,
 *	limits; messages with priorities, in their order; who is to be notified by a
 *	signal, or not at all (mq_notify()); open files, whether by mq_open() or
 *	through a mounted mqueue filesystem; the directory with all of them.
 * Not saved: on whose limit they count, which is that of the caller of
 *	restart(); which mount a queue was opened through; inode numbers. An
 *	mq_send() or mq_receive() that waits starts again.
 * Refused: notification by SIGEV_THREAD, and of processes that are gone or not
 *	in the tree; messages that do not fit a record; open queues of IPC
 *	namespaces that are not the tree's own.
 *
 * A mounted mqueue filesystem lets in tasks of other IPC namespaces. So nothing
 * here relies on all users being stopped; outside.c finds who has one open.
 */
#include <linux/err.h>
#include "files.h"
#include "freeze.h"
#include "ipc.h"

#define MQUEUE_MSG_MAX	(CKPT_RECORD_MAX - sizeof(struct ckpt_hdr_mqueue_msg))

static_assert(CKPT_MQ_PRIO_MAX == MQ_PRIO_MAX);

/* ---- checkpoint: messages ---- */

/* Lowest priorities first, so that msg_insert() finds its place soon. */
static void copy_all(struct ckpt_msgs *m, struct mqueue_inode_info *info)
{
	struct posix_msg_tree_node *leaf;
	struct rb_node *node;
	struct msg_msg *msg;

	for (node = rb_first(&info->msg_tree); node; node = rb_next(node)) {
		leaf = rb_entry(node, struct posix_msg_tree_node, rb_node);
		list_for_each_entry(msg, &leaf->msg_list, m_list)
			ckpt_msgs_add(m, msg);
	}
}

static int copy_messages(struct ckpt_msgs *m, struct mqueue_inode_info *info)
{
	int ret;

	do {
		spin_lock(&info->lock);
		copy_all(m, info);
		spin_unlock(&info->lock);
		ret = ckpt_msgs_check(m);
	} while (ret > 0);
	return ret;
}

static size_t msg_rec_size(size_t len)
{
	return ALIGN(struct_size_t(struct ckpt_hdr_mqueue_msg, data, len), 8);
}

static int write_copied(struct ckpt_ctx *ctx, const struct dentry *dentry,
			const struct ckpt_msg_copy *c)
{
	struct ckpt_hdr_mqueue_msg *h;

	if (c->len > MQUEUE_MSG_MAX)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"POSIX message queue %pd: a message of %zu bytes",
				dentry, c->len);
	h = ckpt_new_rec(ctx, CKPT_HDR_MQUEUE_MSG, msg_rec_size(c->len));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->prio = c->type;
	h->len = c->len;
	memcpy(h->data, c->data, c->len);
	return 0;
}

static int write_queued(struct ckpt_ctx *ctx, struct dentry *dentry)
{
	const struct ckpt_msg_copy *c = NULL;
	struct ckpt_msgs m = {};
	int ret;

	ret = copy_messages(&m, MQUEUE_I(d_inode(dentry)));
	if (ret)
		ckpt_err(ctx, ret, "POSIX message queue %pd: messages", dentry);
	while (!ret && (c = ckpt_msgs_next(&m, c))) {
		ret = write_copied(ctx, dentry, c);
		cond_resched();
	}
	kvfree(m.buf);
	return ret;
}

/* ---- checkpoint: notification ---- */

/**
 * struct registration - who asked for notification
 * @pid: the process, referenced; NULL: nobody
 * @user_ns: its user namespace at that time, referenced
 * @ev: how to notify it
 * @exec_id: how often it had executed a program
 */
struct registration {
	struct pid *pid;
	struct user_namespace *user_ns;
	struct sigevent ev;
	u32 exec_id;
};

static void get_registration(struct mqueue_inode_info *info,
			     struct registration *r)
{
	spin_lock(&info->lock);
	r->pid = get_pid(info->notify_owner);
	if (r->pid) {
		r->user_ns = get_user_ns(info->notify_user_ns);
		r->ev = info->notify;
		r->exec_id = info->notify_self_exec_id;
	}
	spin_unlock(&info->lock);
}

static void put_registration(struct registration *r)
{
	put_user_ns(r->user_ns);
	put_pid(r->pid);
}

static const char *unfit_registration(struct ckpt_ctx *ctx,
				      const struct registration *r)
{
	struct task_struct *tsk;
	const char *why = NULL;

	if (r->ev.sigev_notify == SIGEV_THREAD)
		return "notification by SIGEV_THREAD";
	rcu_read_lock();
	tsk = pid_task(r->pid, PIDTYPE_TGID);
	if (!tsk)
		why = "notifies a process that is gone";
	else if (ckpt_frozen_index(ctx, tsk) == CKPT_TREE_NONE)
		why = "notifies a process outside the tree";
	rcu_read_unlock();
	return why;
}

/* Objects first; the record comes after them. */
static int collect_registration(struct ckpt_ctx *ctx, const struct dentry *dentry,
				const struct registration *r,
				struct ckpt_hdr_mqueue *h)
{
	const char *why;
	int id;

	if (!r->pid)
		return 0;
	why = unfit_registration(ctx, r);
	if (why)
		return ckpt_err(ctx, -EOPNOTSUPP, "POSIX message queue %pd: %s",
				dentry, why);
	id = ckpt_user_ns_id(ctx, r->user_ns);
	if (id < 0)
		return id;
	h->notify_user = id;
	id = checkpoint_obj(ctx, CKPT_HDR_PID, r->pid);
	if (id < 0)
		return id;
	h->notify_pid = id;
	h->notify = r->ev.sigev_notify;
	/* Nobody has set these otherwise. */
	if (h->notify == SIGEV_SIGNAL) {
		h->exec_id = r->exec_id;
		h->signo = r->ev.sigev_signo;
		h->value = (unsigned long)r->ev.sigev_value.sival_ptr;
	}
	return 0;
}

/* ---- checkpoint: queues ---- */

static s64 time_ns(struct timespec64 ts)
{
	return timespec64_to_ns(&ts);
}

static int queue_ns_id(struct ckpt_ctx *ctx, const struct dentry *dentry)
{
	struct ipc_namespace *ns = get_ns_from_inode(d_inode(dentry));
	int id;

	if (!ns)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"POSIX message queue %pd: its IPC namespace is gone",
				dentry);
	id = ckpt_ns_id(ctx, &ns->ns);
	put_ipc_ns(ns);
	if (!id)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"POSIX message queue %pd: of an IPC namespace that is not the tree's own",
				dentry);
	return id;
}

static int fill_queue(struct ckpt_ctx *ctx, struct dentry *dentry,
		      struct ckpt_hdr_mqueue *h)
{
	struct inode *inode = d_inode(dentry);
	struct user_namespace *user_ns = inode->i_sb->s_user_ns;
	struct mqueue_inode_info *info = MQUEUE_I(inode);

	h->maxmsg = info->attr.mq_maxmsg;
	h->msgsize = info->attr.mq_msgsize;
	h->uid = from_kuid(user_ns, inode->i_uid);
	h->gid = from_kgid(user_ns, inode->i_gid);
	h->mode = inode->i_mode & 07777;
	h->flags = inode->i_nlink ? 0 : CKPT_MQUEUE_UNLINKED;
	h->atime = time_ns(inode_get_atime(inode));
	h->mtime = time_ns(inode_get_mtime(inode));
	h->ctime = time_ns(inode_get_ctime(inode));
	if (h->uid == (u32)-1 || h->gid == (u32)-1)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"POSIX message queue %pd: its owner has no number in the user namespace",
				dentry);
	return 0;
}

static int write_queue(struct ckpt_ctx *ctx, struct dentry *dentry,
		       struct ckpt_hdr_mqueue *filled)
{
	size_t len = dentry->d_name.len;
	struct ckpt_hdr_mqueue *h;

	h = ckpt_new_obj(ctx, CKPT_HDR_MQUEUE,
			 ALIGN(struct_size(h, name, len + 1), 8));
	if (IS_ERR(h))
		return PTR_ERR(h);
	filled->h = h->h;
	*h = *filled;
	/* Nothing renames a queue. */
	memcpy(h->name, dentry->d_name.name, len);
	return write_queued(ctx, dentry);
}

static int save_queue(struct ckpt_ctx *ctx, struct dentry *dentry)
{
	struct ckpt_hdr_mqueue h = {};
	struct registration r = {};
	int ns, ret;

	ns = queue_ns_id(ctx, dentry);
	if (ns < 0)
		return ns;
	h.ns = ns;
	get_registration(MQUEUE_I(d_inode(dentry)), &r);
	ret = collect_registration(ctx, dentry, &r, &h) ?:
	      fill_queue(ctx, dentry, &h) ?:
	      write_queue(ctx, dentry, &h);
	put_registration(&r);
	return ret;
}

/**
 * checkpoint_mqueue - write a POSIX message queue
 * @ctx: the checkpoint
 * @obj: its inode, referenced
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_mqueue(struct ckpt_ctx *ctx, void *obj)
{
	struct dentry *dentry = d_find_any_alias(obj);
	int ret;

	if (!dentry)
		return ckpt_err(ctx, -EBUSY,
				"a POSIX message queue has been removed meanwhile");
	ret = save_queue(ctx, dentry);
	dput(dentry);
	return ret;
}

/* Takes references on up to @max. Return: how many there are. */
static u32 collect_queues(struct super_block *sb, struct inode **queue, u32 max)
{
	struct inode *inode;
	u32 nr = 0;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		if (!S_ISREG(inode->i_mode))
			continue;
		if (nr < max) {
			queue[nr] = igrab(inode);
			if (!queue[nr])
				continue;
		}
		nr++;
	}
	spin_unlock(&sb->s_inode_list_lock);
	return nr;
}

static void put_queues(struct inode **queue, u32 nr)
{
	while (nr)
		iput(queue[--nr]);
	kvfree(queue);
}

/* All queues of a namespace, the newest first; to be put. */
static struct inode **get_queues(struct ipc_namespace *ns, u32 *nr)
{
	struct super_block *sb = ns->mq_mnt->mnt_sb;
	u32 max = READ_ONCE(ns->mq_queues_count) + 1, found;
	struct inode **queue;

	for (;;) {
		queue = kvcalloc(max, sizeof(*queue), GFP_KERNEL_ACCOUNT);
		if (!queue)
			return NULL;
		found = collect_queues(sb, queue, max);
		*nr = min(found, max);
		if (found <= max)
			return queue;
		put_queues(queue, *nr);
		max = found;
	}
}

static int save_queues_of(struct ckpt_ctx *ctx, void *obj)
{
	struct ipc_namespace *ns = container_of(obj, struct ipc_namespace, ns);
	struct inode **queue;
	int ret = 0;
	u32 nr, i;

	queue = get_queues(ns, &nr);
	if (!queue)
		return ckpt_err(ctx, -ENOMEM, "POSIX message queues");
	/* Made in this order they are listed in the same one. */
	for (i = nr; i && ret >= 0; i--)
		ret = checkpoint_obj(ctx, CKPT_HDR_MQUEUE, queue[i - 1]);
	put_queues(queue, nr);
	return min(ret, 0);
}

/**
 * checkpoint_mqueues - write all queues of the IPC namespaces in the image
 * @ctx: the checkpoint, all tasks captured
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_mqueues(struct ckpt_ctx *ctx)
{
	return ckpt_walk_objs(ctx, CKPT_HDR_NS_IPC, save_queues_of);
}

/**
 * checkpoint_mqueue_dir - write the directory of the queues
 * @ctx: the checkpoint
 * @ns: the namespace, whose record has just been written
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_mqueue_dir(struct ckpt_ctx *ctx, struct ipc_namespace *ns)
{
	const struct inode *dir = d_inode(ns->mq_mnt->mnt_root);
	struct ckpt_hdr_mqueue_dir *h;

	h = ckpt_new_rec(ctx, CKPT_HDR_MQUEUE_DIR, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	/* It belongs to who made the namespace, possibly from outside. */
	h->uid = from_kuid(ns->user_ns, dir->i_uid);
	h->gid = from_kgid(ns->user_ns, dir->i_gid);
	h->mode = dir->i_mode & 07777;
	return 0;
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

/* The one that is open must not come before older ones. */
static int queue_id(struct ckpt_ctx *ctx, struct file *file)
{
	struct inode *inode = file_inode(file);
	struct ipc_namespace *ns;
	int ret = 0;

	ns = ckpt_obj_known(ctx, inode) ? NULL : get_ns_from_inode(inode);
	if (ns && ckpt_ns_id(ctx, &ns->ns) > 0)
		ret = save_queues_of(ctx, &ns->ns);
	if (ns)
		put_ipc_ns(ns);
	return ret ?: checkpoint_obj(ctx, CKPT_HDR_MQUEUE, inode);
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
	struct ckpt_hdr_file_mqueue *h;
	struct file *file = obj;
	int cred, queue;

	cred = checkpoint_file_common(ctx, file);
	if (cred < 0)
		return cred;
	queue = queue_id(ctx, file);
	if (queue < 0)
		return queue;
	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_MQUEUE, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, file, cred);
	h->queue = queue;
	return 0;
}

/* ---- validate ---- */

static bool queue_name_ok(const u8 *name, size_t len)
{
	return ckpt_string_ok(name, len) && name[0] &&
	       strlen(name) <= NAME_MAX && !strchr(name, '/') &&
	       strcmp(name, ".") && strcmp(name, "..");
}

static bool registration_ok(const struct ckpt_validator *v,
			    const struct ckpt_hdr_mqueue *m)
{
	if (!m->notify_pid)
		return !m->notify_user && !m->notify && !m->signo && !m->value &&
		       !m->exec_id;
	if (!ckpt_ref_ok(v, m->notify_pid, CKPT_CLASS_PID) ||
	    !ckpt_ref0_ok(v, m->notify_user, CKPT_CLASS_NS_USER))
		return false;
	if (m->notify == SIGEV_NONE)
		return !m->signo && !m->value && !m->exec_id;
	return m->notify == SIGEV_SIGNAL && valid_signal(m->signo);
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

	if (!ckpt_ref_ok(v, m->ns, CKPT_CLASS_NS_IPC))
		return ckpt_bad(v, "reference to something that is no IPC namespace");
	if (m->reserved || m->flags & ~CKPT_MQUEUE_UNLINKED)
		return ckpt_bad(v, "reserved field is not zero");
	if (!queue_name_ok(m->name, h->len - sizeof(*m)))
		return ckpt_bad(v, "bad name");
	if (!m->maxmsg || m->maxmsg > HARD_MSGMAX || !m->msgsize ||
	    m->msgsize > HARD_MSGSIZEMAX)
		return ckpt_bad(v, "limit out of range");
	if (m->uid == (u32)-1 || m->gid == (u32)-1 || m->mode & ~07777)
		return ckpt_bad(v, "owner or permissions");
	if (!registration_ok(v, m))
		return ckpt_bad(v, "notification");
	return 0;
}

/**
 * ckpt_mqueue_msg_validate - check an MQUEUE_MSG record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_mqueue_msg_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_mqueue *q = (const void *)v->owner_hdr;
	const struct ckpt_hdr_mqueue_msg *m = (const void *)h;

	if (m->prio >= MQ_PRIO_MAX)
		return ckpt_bad(v, "priority out of range");
	if (m->len > q->msgsize)
		return ckpt_bad(v, "message too long for its queue");
	if (m->len > MQUEUE_MSG_MAX || h->len != msg_rec_size(m->len))
		return ckpt_bad(v, "length does not fit the message");
	if (memchr_inv(m->data + m->len, 0, h->len - sizeof(*m) - m->len))
		return ckpt_bad(v, "padding is not zero");
	return 0;
}

/**
 * ckpt_mqueue_dir_validate - check an MQUEUE_DIR record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_mqueue_dir_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_mqueue_dir *d = (const void *)h;

	if (d->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return d->mode & ~07777 ? ckpt_bad(v, "unknown permissions") : 0;
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

	if (f->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (!ckpt_ref_ok(v, f->queue, CKPT_CLASS_MQUEUE))
		return ckpt_bad(v, "reference to something that is no message queue");
	if (f->file.f_flags & (O_PATH | O_DIRECTORY))
		return ckpt_bad(v, "flags that a message queue cannot have");
	return ckpt_file_common_validate(v, &f->file);
}

/* ---- restart ---- */

/* NULL if the caller supplied the namespace, with all that is in it. */
static struct ipc_namespace *made_ns(struct ckpt_ctx *ctx, u32 id)
{
	return ckpt_obj_by_id(ctx, id)->priv;
}

static struct ipc_namespace *queue_ns(struct ckpt_ctx *ctx, u32 id)
{
	return container_of(ckpt_obj_by_id(ctx, id)->ptr, struct ipc_namespace, ns);
}

static bool may_own(const struct ipc_namespace *ns, kuid_t uid, kgid_t gid)
{
	return (uid_eq(uid, current_fsuid()) ||
		ns_capable(ns->user_ns, CAP_SETUID)) &&
	       (gid_eq(gid, current_fsgid()) ||
		ns_capable(ns->user_ns, CAP_SETGID));
}

static int load_owner(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		      const struct ckpt_hdr_mqueue *h, struct inode *inode)
{
	kuid_t uid = make_kuid(ns->user_ns, h->uid);
	kgid_t gid = make_kgid(ns->user_ns, h->gid);

	if (!uid_valid(uid) || !gid_valid(gid))
		return ckpt_err(ctx, -EINVAL,
				"POSIX message queue %s: owner does not exist in the user namespace",
				h->name);
	if (!may_own(ns, uid, gid))
		return ckpt_err(ctx, -EPERM,
				"POSIX message queue %s: owner: not permitted", h->name);
	inode->i_uid = uid;
	inode->i_gid = gid;
	return 0;
}

/*
 * The limits of the namespace may have become lower since, or its owner was
 * above them; it is not in use yet. That of the caller (RLIMIT_MSGQUEUE) holds.
 */
static int make_inode(struct ipc_namespace *ns, const struct ckpt_hdr_mqueue *h,
		      struct dentry *dentry)
{
	struct mq_attr attr = {
		.mq_maxmsg	= h->maxmsg,
		.mq_msgsize	= h->msgsize,
	};
	unsigned int queues_max = ns->mq_queues_max;
	unsigned int msg_max = ns->mq_msg_max;
	unsigned int msgsize_max = ns->mq_msgsize_max;
	int ret;

	ns->mq_queues_max = UINT_MAX;
	ns->mq_msg_max = HARD_MSGMAX;
	ns->mq_msgsize_max = HARD_MSGSIZEMAX;
	ret = mqueue_create_attr(dentry, S_IFREG | h->mode, &attr);
	ns->mq_queues_max = queues_max;
	ns->mq_msg_max = msg_max;
	ns->mq_msgsize_max = msgsize_max;
	return ret;
}

static int make_queue(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		      const struct ckpt_hdr_mqueue *h, struct dentry *dentry)
{
	struct inode *dir = d_inode(ns->mq_mnt->mnt_root);
	int ret;

	if (d_really_is_positive(dentry))
		return ckpt_err(ctx, -EBADMSG,
				"image: two POSIX message queues %s", h->name);
	ret = security_inode_create(dir, dentry, S_IFREG | h->mode) ?:
	      make_inode(ns, h, dentry);
	if (ret == -EMFILE)
		return ckpt_err(ctx, ret,
				"POSIX message queue %s: more than the caller's RLIMIT_MSGQUEUE",
				h->name);
	if (ret)
		return ckpt_err(ctx, ret, "POSIX message queue %s", h->name);
	if (h->flags & CKPT_MQUEUE_UNLINKED) {
		mqueue_unlink(dir, dentry);
		d_drop(dentry);
	}
	return load_owner(ctx, ns, h, d_inode(dentry));
}

/* As lookup_one_len(), whatever the permissions of the directory. */
static struct dentry *look_up(struct dentry *root, const char *name)
{
	struct qstr qstr = QSTR_INIT(name, strlen(name));
	struct dentry *dentry = d_hash_and_lookup(root, &qstr);

	if (dentry)
		return dentry;
	dentry = d_alloc(root, &qstr);
	if (dentry)
		simple_lookup(d_inode(root), dentry, 0);
	return dentry;
}

static struct dentry *find_queue(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
				 const struct ckpt_hdr_mqueue *h)
{
	struct dentry *root = ns->mq_mnt->mnt_root, *dentry;
	int ret;

	inode_lock(d_inode(root));
	dentry = look_up(root, h->name);
	if (!dentry)
		ret = ckpt_err(ctx, -ENOMEM, "POSIX message queue %s", h->name);
	else if (made_ns(ctx, h->ns))
		ret = make_queue(ctx, ns, h, dentry);
	else if (d_really_is_negative(dentry) || h->flags & CKPT_MQUEUE_UNLINKED)
		ret = ckpt_err(ctx, -ENOENT,
			       "POSIX message queue %s: not in the IPC namespace of the caller",
			       h->name);
	else
		ret = 0;
	inode_unlock(d_inode(root));
	if (!ret)
		return dentry;
	dput(dentry);
	return ERR_PTR(ret);
}

static int add_message(struct mqueue_inode_info *info,
		       const struct ckpt_hdr_mqueue_msg *m)
{
	struct msg_msg *msg = msg_from_buf(m->data, m->len);
	int ret;

	if (IS_ERR(msg))
		return PTR_ERR(msg);
	msg->m_type = m->prio;
	msg->m_ts = m->len;
	spin_lock(&info->lock);
	ret = info->attr.mq_curmsgs < info->attr.mq_maxmsg ?
	      msg_insert(msg, info) : -EBADMSG;
	spin_unlock(&info->lock);
	if (ret)
		free_msg(msg);
	return ret;
}

static int load_queue(struct ckpt_ctx *ctx, const struct ckpt_hdr_mqueue *h,
		      struct inode *inode, struct ckpt_cursor *c)
{
	const struct ckpt_hdr_mqueue_msg *m;
	int ret = 0;

	if (!made_ns(ctx, h->ns))
		return 0;
	while (!ret && (m = ckpt_read_opt_type(c, CKPT_HDR_MQUEUE_MSG))) {
		ret = fatal_signal_pending(current) ? -EINTR :
		      add_message(MQUEUE_I(inode), m);
		cond_resched();
	}
	if (ret)
		return ckpt_err(ctx, ret, "POSIX message queue %s: messages",
				h->name);
	inode_set_atime_to_ts(inode, ns_to_timespec64(h->atime));
	inode_set_mtime_to_ts(inode, ns_to_timespec64(h->mtime));
	inode_set_ctime_to_ts(inode, ns_to_timespec64(h->ctime));
	return 0;
}

/**
 * restore_mqueue - make a POSIX message queue
 * @ctx: the restart, before any task has been created
 * @h: MQUEUE record
 * @c: position behind it
 *
 * Return: its inode, kept by a reference on its name; or ERR_PTR() of a reported
 * errno.
 */
void *restore_mqueue(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c)
{
	const struct ckpt_hdr_mqueue *q = (const void *)h;
	struct dentry *dentry = find_queue(ctx, queue_ns(ctx, q->ns), q);
	struct inode *inode;
	int ret;

	if (IS_ERR(dentry))
		return dentry;
	ckpt_obj_by_id(ctx, h->id)->foreign = !made_ns(ctx, q->ns);
	inode = d_inode(dentry);
	ret = load_queue(ctx, q, inode, c);
	if (!ret)
		return inode;
	dput(dentry);
	return ERR_PTR(ret);
}

/**
 * restore_mqueues - make all POSIX message queues
 * @ctx: the restart, after restore_namespaces()
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_mqueues(struct ckpt_ctx *ctx)
{
	void *ptr;
	u32 id;

	for (id = 1; id <= ctx->nr_objs; id++) {
		cond_resched();
		if (ckpt_obj_by_id(ctx, id)->h->type != CKPT_HDR_MQUEUE)
			continue;
		ptr = restore_obj(ctx, id);
		if (IS_ERR(ptr))
			return PTR_ERR(ptr);
	}
	return 0;
}

/**
 * restore_mqueue_dir - give the directory of the queues its owner
 * @ctx: the restart
 * @ns: the namespace, new
 * @h: MQUEUE_DIR record
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_mqueue_dir(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		       const struct ckpt_hdr_mqueue_dir *h)
{
	struct inode *dir = d_inode(ns->mq_mnt->mnt_root);
	kuid_t uid = make_kuid(ns->user_ns, h->uid);
	kgid_t gid = make_kgid(ns->user_ns, h->gid);

	/* Of somebody outside: then the caller is as good. */
	if (!uid_valid(uid))
		uid = dir->i_uid;
	if (!gid_valid(gid))
		gid = dir->i_gid;
	if (!may_own(ns, uid, gid))
		return ckpt_err(ctx, -EPERM,
				"directory of POSIX message queues: owner: not permitted");
	dir->i_uid = uid;
	dir->i_gid = gid;
	dir->i_mode = S_IFDIR | h->mode;
	return 0;
}

/**
 * restore_mqueue_finish - register who is to be notified
 * @ctx: the restart; all process ids exist
 * @o: MQUEUE object
 *
 * Return: 0
 */
int restore_mqueue_finish(struct ckpt_ctx *ctx, struct ckpt_obj *o)
{
	const struct ckpt_hdr_mqueue *h = (const void *)o->h;
	struct mqueue_inode_info *info = MQUEUE_I(o->ptr);

	if (!h->notify_pid || !made_ns(ctx, h->ns))
		return 0;
	spin_lock(&info->lock);
	info->notify.sigev_notify = h->notify;
	info->notify.sigev_signo = h->signo;
	info->notify.sigev_value.sival_ptr = (void __user *)h->value;
	info->notify_self_exec_id = h->exec_id;
	info->notify_user_ns = get_user_ns(ckpt_ns_user(ctx, h->notify_user));
	info->notify_owner = get_pid(ckpt_obj_by_id(ctx, h->notify_pid)->ptr);
	spin_unlock(&info->lock);
	return 0;
}

/**
 * ckpt_mqueue_put - drop what restore_mqueue() returned
 * @obj: the inode
 */
void ckpt_mqueue_put(void *obj)
{
	struct dentry *dentry = d_find_any_alias(obj);

	dput(dentry);
	dput(dentry);
}

/* A queue of our own making asks nobody; who could make it could open it. */
static int may_open(struct ckpt_ctx *ctx, const struct ckpt_hdr_file_mqueue *f,
		    struct inode *inode)
{
	static const int acc[O_ACCMODE] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE };
	const struct ckpt_hdr_mqueue *h = (const void *)ckpt_obj_by_id(ctx, f->queue)->h;

	if (made_ns(ctx, h->ns))
		return 0;
	return inode_permission(&nop_mnt_idmap, inode,
				acc[f->file.f_flags & O_ACCMODE]);
}

static struct file *open_queue(struct ckpt_ctx *ctx,
			       const struct ckpt_hdr_file_mqueue *f,
			       const struct ckpt_hdr_mqueue *h)
{
	struct inode *inode = restore_obj(ctx, f->queue);
	struct path path = { .mnt = queue_ns(ctx, h->ns)->mq_mnt };
	struct file *file;
	int ret;

	if (IS_ERR(inode))
		return ERR_CAST(inode);
	path.dentry = d_find_any_alias(inode);
	ret = may_open(ctx, f, inode);
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
	const struct ckpt_hdr_mqueue *q = (const void *)ckpt_obj_by_id(ctx, f->queue)->h;
	struct file *file;

	file = open_queue(ctx, f, q);
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(file),
					"POSIX message queue %s", q->name));
	return restore_file_common(ctx, &f->file, file, q->name);
}
