// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - labels that security modules give to tasks and objects
 *
 * Saved: the labels of credentials, tasks, open files, sockets and their peers,
 *	of inodes that no file system keeps: pipes, memfds, nameless files, POSIX
 *	message queues; of System V IPC objects and messages, and of keys. As
 *	strings, as the module names them; one object for each distinct label.
 * Not saved: labels of files that have a name, which are in the file system; of
 *	messages of POSIX message queues, which no module looks at.
 * Refused: state of a security module that has no label; labels longer than
 *	CKPT_LABEL_MAX; nameless files with signatures of integrity modules.
 *
 * A restart without RESTART_KEEP_LSM does not look at any of this: what it makes
 * gets the labels that the modules give to what its caller makes. With it each
 * label is given back by its module, which checks that the caller may.
 */
#include <linux/array_size.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/stringhash.h>
#include <linux/xattr.h>
#include "keys.h"
#include "lsm.h"

/*
 * What each kind of object can have, in the order of restoring: what one may
 * have depends on the current label, and a hat on what is to come on exec.
 */
static const u32 cred_attrs[] = {
	CKPT_LABEL_CURRENT, CKPT_LABEL_EXEC, CKPT_LABEL_FSCREATE,
	CKPT_LABEL_KEYCREATE, CKPT_LABEL_PREV, CKPT_LABEL_SOCKCREATE,
	CKPT_LABEL_RELABEL, CKPT_LABEL_RULES,
};

static const u32 task_attrs[] = {
	CKPT_LABEL_CURRENT, CKPT_LABEL_NNP, CKPT_LABEL_EXEC, CKPT_LABEL_PREV,
	CKPT_LABEL_HAT_TOKEN,
};

static const u32 sock_attrs[] = {
	CKPT_LABEL_CURRENT, CKPT_LABEL_INPUT, CKPT_LABEL_PEER,
};

static const u32 other_attrs[] = { CKPT_LABEL_CURRENT };

static const struct attr_list {
	const u32 *attr;
	u32 nr;
} attr_lists[] = {
	[LSM_CKPT_CRED]		= { cred_attrs, ARRAY_SIZE(cred_attrs) },
	[LSM_CKPT_TASK]		= { task_attrs, ARRAY_SIZE(task_attrs) },
	[LSM_CKPT_FILE]		= { other_attrs, ARRAY_SIZE(other_attrs) },
	[LSM_CKPT_INODE]	= { other_attrs, ARRAY_SIZE(other_attrs) },
	[LSM_CKPT_IPC]		= { other_attrs, ARRAY_SIZE(other_attrs) },
	[LSM_CKPT_MSG]		= { other_attrs, ARRAY_SIZE(other_attrs) },
	[LSM_CKPT_SOCK]		= { sock_attrs, ARRAY_SIZE(sock_attrs) },
	[LSM_CKPT_KEY]		= { other_attrs, ARRAY_SIZE(other_attrs) },
};

/* Whether it is this inode that keeps the label, and nothing else does. */
static bool keeps_label(const struct inode *inode)
{
	if (IS_PRIVATE(inode))
		return false;
	return inode->i_sb->s_flags & SB_KERNMOUNT || !inode->i_nlink;
}

static bool inode_obj(struct lsm_ckpt_obj *obj, struct inode *inode)
{
	obj->type = LSM_CKPT_INODE;
	obj->inode = inode;
	return keeps_label(inode);
}

/* Return: false if it has no label to save. */
static bool describe(struct ckpt_ctx *ctx, struct lsm_ckpt_obj *obj,
		     enum ckpt_labelled type, void *ptr)
{
	struct file *file = ptr;

	switch (type) {
	case CKPT_LABELLED_CRED:
		obj->type = LSM_CKPT_CRED;
		obj->cred = ptr;
		return true;
	case CKPT_LABELLED_FILE:
		obj->type = LSM_CKPT_FILE;
		obj->file = file;
		/* What overlayfs maps in place of an open file is its own. */
		return !(file->f_mode & FMODE_BACKING);
	case CKPT_LABELLED_INODE:
		return inode_obj(obj, ptr);
	case CKPT_LABELLED_CONTENTS:
		if (ctx->op == CKPT_OP_CHECKPOINT)
			return inode_obj(obj, ptr);
		obj->dentry = file->f_path.dentry;
		return inode_obj(obj, file_inode(file));
	case CKPT_LABELLED_IPC:
		obj->type = LSM_CKPT_IPC;
		obj->ipc = ptr;
		return true;
	case CKPT_LABELLED_SOCK:
		obj->type = LSM_CKPT_SOCK;
		obj->sock = ctx->op == CKPT_OP_CHECKPOINT ?
			    ptr : sock_from_file(file)->sk;
		return true;
	case CKPT_LABELLED_KEY:
		obj->type = LSM_CKPT_KEY;
		obj->key = ptr;
		return ctx->op == CKPT_OP_RESTART ||
		       !ckpt_key_is_outside(ctx, ptr);
	default:
		return false;
	}
}

/* ---- checkpoint ---- */

/**
 * ckpt_label_find - the one copy of a string of a security module
 * @ctx: the checkpoint
 * @lsm_id: LSM_ID_* of the module
 * @value: the string
 * @gfp: GFP_KERNEL, or GFP_ATOMIC not to sleep
 *
 * Return: it, which lives as long as @ctx; or ERR_PTR() of a reported errno.
 */
struct ckpt_label *ckpt_label_find(struct ckpt_ctx *ctx, u64 lsm_id,
				   const char *value, gfp_t gfp)
{
	size_t len = strlen(value);
	u32 key = full_name_hash(NULL, value, len);
	struct ckpt_label *label;

	hash_for_each_possible(ctx->labels, label, node, key)
		if (label->lsm_id == lsm_id && !strcmp(label->value, value))
			return label;
	if (len >= CKPT_LABEL_MAX)
		return ERR_PTR(ckpt_err(ctx, -EOPNOTSUPP,
					"label of a security module: %zu bytes are not supported",
					len));
	label = kzalloc(struct_size(label, value, len + 1), gfp | __GFP_ACCOUNT);
	if (!label)
		return ERR_PTR(ckpt_err(ctx, -ENOMEM, "label of a security module"));
	label->lsm_id = lsm_id;
	memcpy(label->value, value, len + 1);
	hash_add(ctx->labels, &label->node, key);
	return label;
}

/**
 * ckpt_labels_free - forget the labels
 * @ctx: the operation
 */
void ckpt_labels_free(struct ckpt_ctx *ctx)
{
	struct ckpt_label *label;
	struct hlist_node *next;
	int i;

	hash_for_each_safe(ctx->labels, i, next, label, node)
		kfree(label);
}

/**
 * checkpoint_label - write a label
 * @ctx: the checkpoint
 * @obj: the struct ckpt_label
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_label(struct ckpt_ctx *ctx, void *obj)
{
	const struct ckpt_label *label = obj;
	size_t len = strlen(label->value) + 1;
	struct ckpt_hdr_label *h;

	h = ckpt_new_obj(ctx, CKPT_HDR_LABEL, struct_size(h, value, len));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->lsm_id = label->lsm_id;
	memcpy(h->value, label->value, len);
	return 0;
}

/* Collects the labels of an object. */
struct collector {
	struct ckpt_ctx *ctx;
	struct ckpt_label_set *set;
	u32 attr;
};

static int too_many(struct ckpt_ctx *ctx)
{
	return ckpt_err(ctx, -EOPNOTSUPP,
			"labels of more security modules than are supported");
}

static int add_label(void *data, const struct lsm_id *lsm, const char *value)
{
	struct collector *c = data;
	struct ckpt_label *label;
	int id;

	if (c->set->nr == CKPT_LABELS_MAX)
		return too_many(c->ctx);
	label = ckpt_label_find(c->ctx, lsm->id, value, GFP_KERNEL);
	if (IS_ERR(label))
		return PTR_ERR(label);
	id = checkpoint_obj(c->ctx, CKPT_HDR_LABEL, label);
	if (id < 0)
		return id;
	c->set->ref[c->set->nr].attr = c->attr;
	c->set->ref[c->set->nr++].label = id;
	return 0;
}

static int check_state(struct ckpt_ctx *ctx, const struct lsm_ckpt_obj *obj)
{
	const struct lsm_id *lsm;
	const char *what = security_checkpoint_state(obj, &lsm);

	if (!what)
		return 0;
	return ckpt_err(ctx, -EOPNOTSUPP, "security module %s: %s: not supported",
			lsm->name, what);
}

static int collect_labels(struct ckpt_ctx *ctx, struct lsm_ckpt_obj *obj,
			  struct ckpt_label_set *set)
{
	const struct attr_list *list = &attr_lists[obj->type];
	struct collector c = { .ctx = ctx, .set = set };
	int ret;
	u32 i;

	ret = check_state(ctx, obj);
	for (i = 0; i < list->nr && !ret; i++) {
		c.attr = list->attr[i];
		obj->attr = c.attr;
		ret = security_checkpoint_label(obj, add_label, &c);
	}
	if (ret)
		return ckpt_err(ctx, ret, "label of a security module: cannot be read");
	return 0;
}

/* What the file system keeps with a file of its integrity dies with the file. */
static int check_integrity(struct ckpt_ctx *ctx, const struct lsm_ckpt_obj *obj,
			   struct dentry *dentry)
{
	static const char * const names[] = { XATTR_NAME_IMA, XATTR_NAME_EVM };
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (__vfs_getxattr(dentry, obj->inode, names[i], NULL, 0) > 0)
			return ckpt_err(ctx, -EOPNOTSUPP,
					"file without a name: %s: not supported",
					names[i]);
	return 0;
}

/**
 * checkpoint_obj_labels - write the labels of an object, as objects
 * @ctx: the checkpoint
 * @type: what security modules see in it
 * @ptr: the object, which has not been written yet
 * @set: where to put their numbers
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_obj_labels(struct ckpt_ctx *ctx, enum ckpt_labelled type,
			  void *ptr, struct ckpt_label_set *set)
{
	struct lsm_ckpt_obj obj = {};
	int ret = 0;

	set->nr = 0;
	if (!describe(ctx, &obj, type, ptr))
		return 0;
	if (type == CKPT_LABELLED_CONTENTS && ctx->file)
		ret = check_integrity(ctx, &obj, ctx->file->f_path.dentry);
	return ret ?: collect_labels(ctx, &obj, set);
}

/**
 * checkpoint_label_set - write which labels an object or a task has
 * @ctx: the checkpoint; the object or task has been written last
 * @set: its labels
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_label_set(struct ckpt_ctx *ctx, const struct ckpt_label_set *set)
{
	struct ckpt_hdr_labels *h;

	if (!set->nr)
		return 0;
	h = ckpt_new_rec(ctx, CKPT_HDR_LABELS, struct_size(h, ref, set->nr));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->nr = set->nr;
	memcpy(h->ref, set->ref, flex_array_size(h, ref, set->nr));
	return 0;
}

/* ---- checkpoint: what is only part of an object ---- */

/**
 * collect_part_labels - write the labels of a part of an object, as objects
 * @ctx: the checkpoint
 * @type: what security modules see in it
 * @ptr: the part; the object it belongs to has not been written yet
 *
 * Return: 0, or an errno that has been reported.
 */
int collect_part_labels(struct ckpt_ctx *ctx, enum ckpt_labelled type, void *ptr)
{
	struct ckpt_label_set set;

	return checkpoint_obj_labels(ctx, type, ptr, &set);
}

/**
 * checkpoint_part_labels - write which labels a part of an object has
 * @ctx: the checkpoint; the record of the part has been written last
 * @type: what security modules see in it
 * @ptr: the part; collect_part_labels() has been called
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_part_labels(struct ckpt_ctx *ctx, enum ckpt_labelled type,
			   void *ptr)
{
	u32 nr_objs = ctx->nr_objs;
	struct ckpt_label_set set;
	int ret = checkpoint_obj_labels(ctx, type, ptr, &set);

	/* No object may come between the records of another one. */
	if (!ret && ctx->nr_objs != nr_objs)
		ret = ckpt_err(ctx, -EBUSY,
			       "System V IPC: somebody outside the tree has made an object meanwhile");
	return ret ?: checkpoint_label_set(ctx, &set);
}

/* Where to put the label of a message. */
struct msg_label {
	struct ckpt_ctx *ctx;
	struct ckpt_label *label;
};

static int note_label(void *data, const struct lsm_id *lsm, const char *value)
{
	struct msg_label *m = data;

	if (m->label)
		return too_many(m->ctx);
	m->label = ckpt_label_find(m->ctx, lsm->id, value, GFP_ATOMIC);
	return PTR_ERR_OR_ZERO(m->label);
}

/**
 * ckpt_msg_label - which label a message has
 * @ctx: the checkpoint
 * @msg: the message; its queue is locked
 *
 * Does not sleep.
 *
 * Return: the label, to be written later; NULL if it has none; or ERR_PTR() of
 * an errno that has been reported.
 */
struct ckpt_label *ckpt_msg_label(struct ckpt_ctx *ctx, struct msg_msg *msg)
{
	struct lsm_ckpt_obj obj = {
		.type = LSM_CKPT_MSG, .attr = CKPT_LABEL_CURRENT, .msg = msg,
	};
	struct msg_label m = { .ctx = ctx };
	int ret;

	ret = check_state(ctx, &obj) ?:
	      security_checkpoint_label(&obj, note_label, &m);
	if (ret)
		return ERR_PTR(ckpt_err(ctx, ret, "label of a message"));
	return m.label;
}

/**
 * checkpoint_msg_label - write which label a message has
 * @ctx: the checkpoint; the record of the message has been written last
 * @label: from ckpt_msg_label()
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_msg_label(struct ckpt_ctx *ctx, struct ckpt_label *label)
{
	struct ckpt_label_set set = { .nr = 1 };

	if (!label)
		return 0;
	if (!ckpt_obj_known(ctx, label))
		return ckpt_err(ctx, -EBUSY,
				"System V IPC: somebody outside the tree has sent a message meanwhile");
	set.ref[0].attr = CKPT_LABEL_CURRENT;
	set.ref[0].label = checkpoint_obj(ctx, CKPT_HDR_LABEL, label);
	return checkpoint_label_set(ctx, &set);
}

/* ---- validate ---- */

/**
 * ckpt_label_validate - check a LABEL record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_label_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_label *label = (const void *)h;
	size_t len;
	const u8 *value = ckpt_payload(h, sizeof(*label), &len);

	if (!ckpt_string_ok(value, len) || !*value)
		return ckpt_bad(v, "label is empty or not terminated");
	return 0;
}

static bool attr_ok(u32 attr)
{
	return (attr >= CKPT_LABEL_NNP && attr <= CKPT_LABEL_INPUT) ||
	       (attr >= CKPT_LABEL_CURRENT && attr <= CKPT_LABEL_SOCKCREATE);
}

/**
 * ckpt_labels_validate - check a LABELS record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_labels_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_labels *l = (const void *)h;
	u32 i;

	if (l->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (!l->nr || l->nr > CKPT_LABELS_MAX ||
	    l->h.len != struct_size(l, ref, l->nr))
		return ckpt_bad(v, "number of labels");
	for (i = 0; i < l->nr; i++) {
		if (!attr_ok(l->ref[i].attr))
			return ckpt_bad(v, "unknown kind of label");
		if (!ckpt_ref_ok(v, l->ref[i].label, CKPT_CLASS_LABEL))
			return ckpt_bad(v, "reference to something that is no LABEL");
	}
	return 0;
}

/* ---- restart ---- */

/* The label of this module and kind, or NULL. */
static const char *find_value(struct ckpt_ctx *ctx,
			      const struct ckpt_hdr_labels *labels,
			      u64 lsm_id, u32 attr)
{
	const struct ckpt_hdr_label *label;
	u32 i;

	for (i = 0; labels && i < labels->nr; i++) {
		if (labels->ref[i].attr != attr)
			continue;
		label = (const void *)ckpt_obj_by_id(ctx, labels->ref[i].label)->h;
		if (label->lsm_id == lsm_id)
			return (const char *)label->value;
	}
	return NULL;
}

static int label_err(struct ckpt_ctx *ctx, const struct lsm_id *lsm,
		     const char *value, int err)
{
	const char *why = "cannot be given";

	if (err == -EACCES)
		err = -EPERM;
	if (err == -EPERM)
		why = "the caller may not create objects with it";
	if (err == -EINVAL)
		why = "is unknown to the policy";
	return ckpt_err(ctx, err, "security module %s: label %.128s: %s",
			lsm->name, value ?: "(none)", why);
}

static int restore_labels(struct ckpt_ctx *ctx, struct lsm_ckpt_obj *obj,
			  const struct ckpt_hdr_labels *labels)
{
	const struct attr_list *list = &attr_lists[obj->type];
	const struct lsm_id *lsm;
	const char *value;
	u32 i, k;
	int ret;

	for (i = 0; i < ckpt_nr_lsms(); i++) {
		lsm = ckpt_lsm(i);
		if (!security_has_labels(lsm->id))
			continue;
		for (k = 0; k < list->nr; k++) {
			obj->attr = list->attr[k];
			value = find_value(ctx, labels, lsm->id, obj->attr);
			ret = security_restore_label(lsm->id, obj, value);
			if (ret)
				return label_err(ctx, lsm, value, ret);
		}
	}
	return 0;
}

/* Among the records that belong to the object before @c. */
static const struct ckpt_hdr_labels *find_labels(struct ckpt_cursor *c)
{
	const struct ckpt_hdr *h;
	const struct ckpt_kind *kind;

	while ((h = ckpt_cursor_next(c))) {
		kind = ckpt_kind(h->type);
		if (h->type == CKPT_HDR_LABELS)
			return (const void *)h;
		if (kind && (kind->class || !kind->owner))
			break;
	}
	return NULL;
}

/**
 * restore_obj_labels - give an object its labels back
 * @ctx: the restart
 * @type: what security modules see in it
 * @ptr: the object, which nobody uses yet
 * @c: stands behind its first record
 *
 * Called in a task with the credentials of the caller of restart().
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_obj_labels(struct ckpt_ctx *ctx, enum ckpt_labelled type, void *ptr,
		       struct ckpt_cursor c)
{
	struct lsm_ckpt_obj obj = {};
	bool locked;
	int ret;

	if (!(ctx->flags & RESTART_KEEP_LSM) || !describe(ctx, &obj, type, ptr))
		return 0;
	/* Where extended attributes hold a label it is written there, too. */
	locked = obj.dentry;
	if (locked)
		inode_lock(d_inode(obj.dentry));
	ret = restore_labels(ctx, &obj, find_labels(&c));
	if (locked)
		inode_unlock(d_inode(obj.dentry));
	return ret;
}

/**
 * restore_part_labels - give a part of an object its labels back
 * @ctx: the restart
 * @type: what security modules see in it
 * @ptr: the part, which nobody uses yet
 * @c: stands behind its record; moved behind its labels
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_part_labels(struct ckpt_ctx *ctx, enum ckpt_labelled type, void *ptr,
			struct ckpt_cursor *c)
{
	const struct ckpt_hdr_labels *labels;
	struct lsm_ckpt_obj obj = {};

	labels = ckpt_read_opt_type(c, CKPT_HDR_LABELS);
	if (!(ctx->flags & RESTART_KEEP_LSM) || !describe(ctx, &obj, type, ptr))
		return 0;
	return restore_labels(ctx, &obj, labels);
}

/**
 * restore_msg_label - give a message its label back
 * @ctx: the restart
 * @msg: the message, which nobody can receive yet
 * @queue: its queue, which has its label
 * @c: stands behind its record; moved behind its labels
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_msg_label(struct ckpt_ctx *ctx, struct msg_msg *msg,
		      struct kern_ipc_perm *queue, struct ckpt_cursor *c)
{
	struct lsm_ckpt_obj obj = {
		.type = LSM_CKPT_MSG, .msg = msg, .queue = queue,
	};
	const struct ckpt_hdr_labels *labels;

	labels = ckpt_read_opt_type(c, CKPT_HDR_LABELS);
	return ctx->flags & RESTART_KEEP_LSM ?
	       restore_labels(ctx, &obj, labels) : 0;
}

/* ---- tasks ---- */

static int collect_task_labels(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct lsm_ckpt_obj obj = { .type = LSM_CKPT_TASK, .task = tsk };

	ctx->task_labels.nr = 0;
	return collect_labels(ctx, &obj, &ctx->task_labels);
}

static int checkpoint_task_labels(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	return checkpoint_label_set(ctx, &ctx->task_labels);
}

static int restore_task_labels(struct ckpt_ctx *ctx, struct ckpt_task *t,
			       struct ckpt_cursor *c)
{
	struct lsm_ckpt_obj obj = { .type = LSM_CKPT_TASK, .task = current };
	const struct ckpt_hdr_labels *labels;

	labels = ckpt_read_opt_type(c, CKPT_HDR_LABELS);
	if (!(ctx->flags & RESTART_KEEP_LSM))
		return 0;
	return restore_labels(ctx, &obj, labels);
}

const struct ckpt_task_kind ckpt_label_task_kind = {
	.name		= "labels",
	.collect	= collect_task_labels,
	.checkpoint	= checkpoint_task_labels,
	.restore	= restore_task_labels,
};
