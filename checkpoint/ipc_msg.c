// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - System V message queues; part of ipc/msg.c
 *
 * Saved: id, key, permissions, labels, times, limit, who used them last, messages
 *	with theirs.
 * Not saved: a msgsnd() or msgrcv() that waits: it starts again, or has
 *	returned with EINTR.
 * Refused: messages that do not fit a record.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/limits.h>
#include "ipc.h"
#include "lsm.h"

#define MSG_LEN_MAX	(CKPT_RECORD_MAX - sizeof(struct ckpt_hdr_ipc_msg_msg))

/* ---- checkpoint ---- */

static size_t msg_size(size_t len)
{
	return ALIGN(struct_size_t(struct ckpt_hdr_ipc_msg_msg, data, len), 8);
}

static size_t copy_size(size_t len)
{
	return ALIGN(struct_size_t(struct ckpt_msg_copy, data, len), 8);
}

/**
 * ckpt_msgs_add - copy a message, if there is room for it
 * @m: copies of those before it
 * @msg: the message, of a queue that is locked
 *
 * Who was not in the namespace when it was looked at may have joined since, so
 * messages are only looked at with the lock held.
 */
void ckpt_msgs_add(struct ckpt_msgs *m, struct msg_msg *msg)
{
	struct ckpt_msg_copy *c = m->buf + m->used;

	size_t len = m->only_labels ? 0 : msg->m_ts;

	m->used += copy_size(len);
	if (m->used > m->size || m->err)
		return;
	c->type = msg->m_type;
	c->label = m->ctx ? ckpt_msg_label(m->ctx, msg) : NULL;
	c->len = len;
	m->err = PTR_ERR_OR_ZERO(c->label);
	if (len)
		msg_to_buf(c->data, msg);
}

/**
 * ckpt_msgs_check - was there room for all?
 * @m: the copies
 *
 * Return: 0 if so; 1 if now there is, and it has to be done again; or an errno
 */
int ckpt_msgs_check(struct ckpt_msgs *m)
{
	if (m->used <= m->size || m->err)
		return m->err;
	kvfree(m->buf);
	m->size = m->used;
	m->used = 0;
	m->buf = kvmalloc(m->size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return m->buf ? 1 : -ENOMEM;
}

/**
 * ckpt_msgs_next - go through the copies
 * @m: the copies
 * @c: one of them, or NULL
 *
 * Return: the one behind it, or the first one; NULL if there is none.
 */
const struct ckpt_msg_copy *ckpt_msgs_next(const struct ckpt_msgs *m,
					   const struct ckpt_msg_copy *c)
{
	const void *next = c ? (const void *)c + copy_size(c->len) : m->buf;

	return next == m->buf + m->used ? NULL : next;
}

static int copy_messages(struct ckpt_msgs *m, struct msg_queue *msq)
{
	struct msg_msg *msg;
	int ret;

	do {
		ipc_lock_object(&msq->q_perm);
		list_for_each_entry(msg, &msq->q_messages, m_list)
			ckpt_msgs_add(m, msg);
		ipc_unlock_object(&msq->q_perm);
		ret = ckpt_msgs_check(m);
	} while (ret > 0);
	return ret;
}

static int collect_labels(struct ckpt_ctx *ctx, struct msg_queue *msq)
{
	struct ckpt_msgs m = { .ctx = ctx, .only_labels = true };
	const struct ckpt_msg_copy *c = NULL;
	int ret;

	ret = copy_messages(&m, msq);
	if (ret)
		ckpt_err(ctx, ret, "message queue %d: labels", msq->q_perm.id);
	while (ret >= 0 && (c = ckpt_msgs_next(&m, c)))
		if (c->label)
			ret = checkpoint_obj(ctx, CKPT_HDR_LABEL, c->label);
	kvfree(m.buf);
	return min(ret, 0);
}

static int collect_msg(struct ckpt_ctx *ctx, struct msg_queue *msq)
{
	struct kern_ipc_perm *perm = &msq->q_perm;

	return collect_part_labels(ctx, CKPT_LABELLED_IPC, perm) ?:
	       collect_labels(ctx, msq) ?:
	       ckpt_ipc_collect_pid(ctx, ckpt_ipc_get_pid(perm, &msq->q_lspid)) ?:
	       ckpt_ipc_collect_pid(ctx, ckpt_ipc_get_pid(perm, &msq->q_lrpid));
}

static int write_msg(struct ckpt_ctx *ctx, const struct msg_queue *msq,
		     const struct ckpt_msg_copy *c)
{
	struct ckpt_hdr_ipc_msg_msg *h;

	if (c->len > MSG_LEN_MAX)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"message queue %d: a message of %zu bytes",
				msq->q_perm.id, c->len);
	h = ckpt_new_rec(ctx, CKPT_HDR_IPC_MSG_MSG, msg_size(c->len));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->type = c->type;
	h->len = c->len;
	memcpy(h->data, c->data, c->len);
	return checkpoint_msg_label(ctx, c->label);
}

static int write_messages(struct ckpt_ctx *ctx, struct msg_queue *msq,
			  struct ckpt_hdr_ipc_msg *h)
{
	const struct ckpt_msg_copy *c = NULL;
	struct ckpt_msgs m = { .ctx = ctx };
	int ret;

	ret = copy_messages(&m, msq);
	if (ret)
		ckpt_err(ctx, ret, "message queue %d: messages", msq->q_perm.id);
	while (!ret && (c = ckpt_msgs_next(&m, c))) {
		ret = write_msg(ctx, msq, c);
		h->nr_msgs++;
	}
	kvfree(m.buf);
	return ret;
}

static int write_queue(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		       struct msg_queue *msq)
{
	struct ckpt_hdr_ipc_msg *h;

	h = ckpt_new_rec(ctx, CKPT_HDR_IPC_MSG, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->stime = msq->q_stime;
	h->rtime = msq->q_rtime;
	h->ctime = msq->q_ctime;
	h->qbytes = msq->q_qbytes;
	h->lspid = ckpt_ipc_pid_id(ctx, ckpt_ipc_get_pid(&msq->q_perm, &msq->q_lspid));
	h->lrpid = ckpt_ipc_pid_id(ctx, ckpt_ipc_get_pid(&msq->q_perm, &msq->q_lrpid));
	return ckpt_ipc_save_perm(ctx, ns, &msq->q_perm, "message queue", &h->perm) ?:
	       checkpoint_part_labels(ctx, CKPT_LABELLED_IPC, &msq->q_perm) ?:
	       write_messages(ctx, msq, h);
}

/**
 * collect_ipc_msg - write what the message queues of a namespace refer to
 * @ctx: the checkpoint
 * @ns: the namespace, all of whose tasks are stopped
 *
 * Return: 0, or an errno that has been reported.
 */
int collect_ipc_msg(struct ckpt_ctx *ctx, struct ipc_namespace *ns)
{
	struct kern_ipc_perm *perm;
	int idx, ret = 0;

	down_read(&msg_ids(ns).rwsem);
	idr_for_each_entry(&msg_ids(ns).ipcs_idr, perm, idx) {
		ret = collect_msg(ctx, container_of(perm, struct msg_queue, q_perm));
		if (ret)
			break;
	}
	up_read(&msg_ids(ns).rwsem);
	return ret;
}

/**
 * checkpoint_ipc_msg - write the message queues of a namespace
 * @ctx: the checkpoint
 * @ns: the namespace; collect_ipc_msg() has been called
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_ipc_msg(struct ckpt_ctx *ctx, struct ipc_namespace *ns)
{
	struct kern_ipc_perm *perm;
	int idx, ret = 0;

	down_read(&msg_ids(ns).rwsem);
	idr_for_each_entry(&msg_ids(ns).ipcs_idr, perm, idx) {
		ret = write_queue(ctx, ns, container_of(perm, struct msg_queue,
							q_perm));
		if (ret)
			break;
	}
	up_read(&msg_ids(ns).rwsem);
	return ret;
}

/* ---- validate ---- */

/**
 * ckpt_ipc_msg_validate - check an IPC_MSG record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_ipc_msg_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_ipc_msg *m = (const void *)h;

	if (m->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (!ckpt_ipc_pid_ok(v, m->lspid) || !ckpt_ipc_pid_ok(v, m->lrpid))
		return ckpt_bad(v, "reference to something that is no PID");
	return ckpt_ipc_perm_validate(v, &m->perm, 0777);
}

/**
 * ckpt_ipc_msg_msg_validate - check an IPC_MSG_MSG record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_ipc_msg_msg_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_ipc_msg_msg *m = (const void *)h;

	if (m->type < 1)
		return ckpt_bad(v, "type of a message is not positive");
	if (m->len > MSG_LEN_MAX || h->len != msg_size(m->len))
		return ckpt_bad(v, "length does not fit the message");
	if (memchr_inv(m->data + m->len, 0, h->len - sizeof(*m) - m->len))
		return ckpt_bad(v, "padding is not zero");
	return 0;
}

/* ---- restart ---- */

/*
 * Sent as by the caller, which gives the message the label it gets from the
 * caller's and the queue's; and nobody uses the queue before the commit.
 */
static int send_message(struct ckpt_ctx *ctx, struct msg_queue *msq,
			const struct ckpt_hdr_ipc_msg_msg *m)
{
	struct msg_msg *msg = msg_from_buf(m->data, m->len);
	int ret;

	if (IS_ERR(msg))
		return ckpt_err(ctx, PTR_ERR(msg), "message queue %d: %llu bytes",
				msq->q_perm.id, m->len);
	msg->m_type = m->type;
	msg->m_ts = m->len;
	ret = security_msg_queue_msgsnd(&msq->q_perm, msg, 0);
	if (ret) {
		free_msg(msg);
		return ckpt_err(ctx, ret, "message queue %d: message: a security module does not permit it",
				msq->q_perm.id);
	}
	list_add_tail(&msg->m_list, &msq->q_messages);
	return 0;
}

static int load_messages(struct ckpt_ctx *ctx, struct msg_queue *msq,
			 const struct ckpt_hdr_ipc_msg *h, struct ckpt_cursor *c,
			 struct ipc_namespace *ns)
{
	const struct ckpt_hdr_ipc_msg_msg *m;
	int ret;
	u32 i;

	for (i = 0; i < h->nr_msgs; i++) {
		m = ckpt_read_obj_type(c, CKPT_HDR_IPC_MSG_MSG);
		if (IS_ERR(m))
			return PTR_ERR(m);
		if (fatal_signal_pending(current))
			return ckpt_err(ctx, -EINTR, "interrupted");
		ret = send_message(ctx, msq, m);
		if (ret)
			return ret;
		msq->q_cbytes += m->len;
		msq->q_qnum++;
		percpu_counter_add_local(&ns->percpu_msg_bytes, m->len);
		percpu_counter_add_local(&ns->percpu_msg_hdrs, 1);
		/* Later, when the queue has its own. */
		ckpt_read_opt_type(c, CKPT_HDR_LABELS);
	}
	return 0;
}

/* @c stands behind the record of the queue; all messages have been loaded. */
static int load_labels(struct ckpt_ctx *ctx, struct msg_queue *msq,
		       struct ckpt_cursor c)
{
	struct msg_msg *msg;
	int ret;

	ret = restore_part_labels(ctx, CKPT_LABELLED_IPC, &msq->q_perm, &c);
	list_for_each_entry(msg, &msq->q_messages, m_list) {
		if (ret)
			break;
		ckpt_read_opt_type(&c, CKPT_HDR_IPC_MSG_MSG);
		ret = restore_msg_label(ctx, msg, &msq->q_perm, &c);
		cond_resched();
	}
	return ret;
}

static int add_queue(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		     const struct ckpt_hdr_ipc_msg *h, struct ckpt_cursor *c)
{
	struct ipc_params params = { .key = h->perm.key };
	const struct ckpt_cursor start = *c;
	struct msg_queue *msq;
	int id, ret;

	/* msgmnb can be raised to no more, and msgctl() asks for more than that. */
	if (h->qbytes > INT_MAX && !capable(CAP_SYS_RESOURCE))
		return ckpt_err(ctx, -EPERM,
				"message queue %d: limit of %llu bytes: not permitted",
				h->perm.id, h->qbytes);
	msg_ids(ns).next_id = h->perm.id;
	id = newque(ns, &params);
	if (id < 0)
		return ckpt_err(ctx, id, "message queue %d", h->perm.id);
	rcu_read_lock();
	msq = msq_obtain_object(ns, id);
	/* It stays: we have the namespace for ourselves. */
	rcu_read_unlock();
	ret = ckpt_ipc_load_perm(ctx, ns, &h->perm, "message queue", &msq->q_perm);
	if (ret)
		return ret;
	msq->q_stime = h->stime;
	msq->q_rtime = h->rtime;
	msq->q_ctime = h->ctime;
	msq->q_qbytes = h->qbytes;
	ckpt_read_opt_type(c, CKPT_HDR_LABELS);
	return load_messages(ctx, msq, h, c, ns) ?: load_labels(ctx, msq, start);
}

/**
 * restore_ipc_msg - make a message queue
 * @ctx: the restart
 * @ns: the namespace, new
 * @h: IPC_MSG record
 * @c: position behind it, moved behind its messages
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_ipc_msg(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		    const struct ckpt_hdr_ipc_msg *h, struct ckpt_cursor *c)
{
	int ret;

	down_write(&msg_ids(ns).rwsem);
	ret = add_queue(ctx, ns, h, c);
	up_write(&msg_ids(ns).rwsem);
	return ret;
}

/**
 * restore_ipc_msg_commit - fill in who used a queue
 * @ctx: the restart, committed
 * @ns: the namespace
 * @h: IPC_MSG record
 */
void restore_ipc_msg_commit(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
			    const struct ckpt_hdr_ipc_msg *h)
{
	struct msg_queue *msq;

	rcu_read_lock();
	msq = msq_obtain_object(ns, h->perm.id);
	/* Nobody could have removed it; be sure all the same. */
	if (!IS_ERR(msq)) {
		ckpt_ipc_set_pid(ctx, &msq->q_lspid, h->lspid);
		ckpt_ipc_set_pid(ctx, &msq->q_lrpid, h->lrpid);
	}
	rcu_read_unlock();
}
