// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - shared objects
 *
 * At checkpoint a hash table leads from kernel objects to the numbers under
 * which they have been written. It holds a reference on each object until the
 * operation ends, so that no address can be reused for another object.
 *
 * At restart an array leads from numbers to restored objects. The first task
 * that needs an object makes it, in its own context; others wait. Objects
 * refer only to objects with smaller numbers, so the waiting cannot be cyclic.
 */
#include <linux/mm.h>
#include <linux/rhashtable.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "internal.h"
#include "lsm.h"
#include "outside.h"

/* A kernel object that has been written. */
struct obj_entry {
	struct rhash_head node;
	struct list_head list;
	void *ptr;
	u32 id;
	u32 type;
	struct ckpt_uses uses;
};

static const struct rhashtable_params obj_params = {
	.head_offset	= offsetof(struct obj_entry, node),
	.key_offset	= offsetof(struct obj_entry, ptr),
	.key_len	= sizeof(void *),
	.automatic_shrinking = false,
};

/**
 * ckpt_obj_hash_init - prepare the table of objects
 * @ctx: the operation
 *
 * Return: 0 or -ENOMEM
 */
int ckpt_obj_hash_init(struct ckpt_ctx *ctx)
{
	return rhashtable_init(&ctx->obj_hash, &obj_params);
}

static void free_entry(void *ptr, void *arg)
{
	struct obj_entry *e = ptr;

	if (ckpt_kind(e->type)->get)
		ckpt_kind(e->type)->put(e->ptr);
	kfree(e);
}

/**
 * ckpt_obj_free - drop the references of both tables
 * @ctx: the operation
 *
 * Restored objects are released in reverse order of their numbers, users
 * before what they use.
 */
void ckpt_obj_free(struct ckpt_ctx *ctx)
{
	u32 i;

	rhashtable_free_and_destroy(&ctx->obj_hash, free_entry, NULL);
	if (!ctx->objs)
		return;
	for (i = ctx->nr_objs; i-- > 0;) {
		struct ckpt_obj *o = &ctx->objs[i];

		if (o->ptr)
			ckpt_kind(o->h->type)->put(o->ptr);
		cond_resched();
	}
	kvfree(ctx->objs);
}

/**
 * ckpt_obj_release - restart: let go of objects whose users are counted
 * @ctx: the restart; all tasks have restored themselves and none runs yet
 *
 * The tasks have what they need. Were there one more user when they run, the
 * reader of a pipe would not see its end, for example.
 */
void ckpt_obj_release(struct ckpt_ctx *ctx)
{
	u32 i;

	for (i = ctx->nr_objs; i-- > 0;) {
		struct ckpt_obj *o = &ctx->objs[i];
		const struct ckpt_kind *kind = ckpt_kind(o->h->type);

		if (!o->ptr || kind->get)
			continue;
		kind->put(o->ptr);
		o->ptr = NULL;
		cond_resched();
	}
}

/* Labels are objects and come first; which of them it has comes behind it. */
static int write_labelled(struct ckpt_ctx *ctx, u32 type, void *ptr)
{
	struct ckpt_label_set labels;

	return checkpoint_obj_labels(ctx, ckpt_labelled(type), ptr, &labels) ?:
	       ckpt_kind(type)->checkpoint(ctx, ptr) ?:
	       checkpoint_label_set(ctx, &labels);
}

/**
 * restore_objs_finish - let objects do what needs all others to be there
 * @ctx: the restart; all tasks have restored themselves
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_objs_finish(struct ckpt_ctx *ctx)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < ctx->nr_objs && !ret; i++) {
		struct ckpt_obj *o = &ctx->objs[i];

		if (o->ptr && ckpt_kind(o->h->type)->finish)
			ret = ckpt_kind(o->h->type)->finish(ctx, o);
		cond_resched();
	}
	return ret;
}

/**
 * restore_objs_commit - let objects do what cannot be undone
 * @ctx: the restart; nothing can fail any more
 */
void restore_objs_commit(struct ckpt_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->nr_objs; i++) {
		struct ckpt_obj *o = &ctx->objs[i];

		if (o->ptr && ckpt_kind(o->h->type)->commit)
			ckpt_kind(o->h->type)->commit(ctx, o);
		cond_resched();
	}
}

/**
 * checkpoint_obj - write an object unless it has been written
 * @ctx: the operation
 * @type: record type of the object
 * @ptr: the kernel object
 *
 * Return: the object's number, or a negative errno that has been reported.
 */
int checkpoint_obj(struct ckpt_ctx *ctx, u32 type, void *ptr)
{
	const struct ckpt_kind *kind = ckpt_kind(type);
	struct obj_entry *e;
	int ret;

	e = rhashtable_lookup_fast(&ctx->obj_hash, &ptr, obj_params);
	if (e)
		return e->id;

	ret = ckpt_labelled(type) ? write_labelled(ctx, type, ptr) :
				    kind->checkpoint(ctx, ptr);
	if (ret < 0)
		return ret;

	e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);
	if (!e)
		return ckpt_err(ctx, -ENOMEM, "%s object", kind->name);
	e->ptr = ptr;
	e->type = type;
	/* What it refers to came first: the last number given out is its own. */
	e->id = ctx->nr_objs;
	ret = rhashtable_insert_fast(&ctx->obj_hash, &e->node, obj_params);
	if (ret) {
		kfree(e);
		return ckpt_err(ctx, ret, "%s object", kind->name);
	}
	list_add_tail(&e->list, &ctx->obj_list);
	if (kind->get)
		kind->get(ptr);
	else
		ckpt_hold(kind->class, ptr);
	return e->id;
}

/**
 * ckpt_obj_known - whether an object has been written
 * @ctx: the checkpoint
 * @ptr: the kernel object; need not be referenced
 *
 * Return: true if so.
 */
bool ckpt_obj_known(struct ckpt_ctx *ctx, const void *ptr)
{
	return rhashtable_lookup_fast(&ctx->obj_hash, &ptr, obj_params);
}

/**
 * ckpt_obj_let_go - let go of objects whose users are counted
 * @ctx: the checkpoint; the tasks are still stopped
 *
 * All that has no ckpt_kind.get is only held as long as the tasks are stopped:
 * one that is killed must not take away what is being looked at.
 */
void ckpt_obj_let_go(struct ckpt_ctx *ctx)
{
	struct obj_entry *e;

	list_for_each_entry(e, &ctx->obj_list, list) {
		const struct ckpt_kind *kind = ckpt_kind(e->type);

		if (!kind->get)
			ckpt_let_go(kind->class, e->ptr);
		cond_resched();
	}
}

/**
 * ckpt_obj_use - count a reference that something in the tree has on an object
 * @ctx: the checkpoint
 * @ptr: the kernel object; counts only if it has been written
 * @by_fd: whether it is a descriptor's, or a message's that holds one
 *
 * What has more references than have been counted is used outside of the tree,
 * too, see outside.c.
 */
void ckpt_obj_use(struct ckpt_ctx *ctx, const void *ptr, bool by_fd)
{
	struct obj_entry *e;

	e = rhashtable_lookup_fast(&ctx->obj_hash, &ptr, obj_params);
	if (!e)
		return;
	e->uses.nr++;
	e->uses.nr_fds += by_fd;
}

/**
 * ckpt_obj_uses - the references that have been counted on an object
 * @ctx: the checkpoint
 * @ptr: the kernel object; need not be referenced
 * @type: where to put its type
 *
 * Return: the counts, or NULL if it has not been written.
 */
struct ckpt_uses *ckpt_obj_uses(struct ckpt_ctx *ctx, const void *ptr,
				u32 *type)
{
	struct obj_entry *e;

	e = rhashtable_lookup_fast(&ctx->obj_hash, &ptr, obj_params);
	if (!e)
		return NULL;
	*type = e->type;
	return &e->uses;
}

/**
 * ckpt_walk_uses - look at all objects and the references counted on them
 * @ctx: the checkpoint
 * @fn: what to do; may sleep
 *
 * Return: 0, or the first result of @fn that is not 0.
 */
int ckpt_walk_uses(struct ckpt_ctx *ctx,
		   int (*fn)(struct ckpt_ctx *ctx, u32 type, void *obj,
			     struct ckpt_uses *uses))
{
	struct obj_entry *e;
	int ret;

	list_for_each_entry(e, &ctx->obj_list, list) {
		ret = fn(ctx, e->type, e->ptr, &e->uses);
		if (ret)
			return ret;
		cond_resched();
	}
	return 0;
}

/**
 * ckpt_walk_objs - do something with all objects of one type
 * @ctx: the checkpoint
 * @type: record type of the objects
 * @fn: what to do; may sleep
 *
 * Return: 0, or the first result of @fn that is not 0.
 */
int ckpt_walk_objs(struct ckpt_ctx *ctx, u32 type,
		   int (*fn)(struct ckpt_ctx *ctx, void *obj))
{
	struct obj_entry *e;
	int ret;

	list_for_each_entry(e, &ctx->obj_list, list) {
		ret = e->type == type ? fn(ctx, e->ptr) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * ckpt_walk_ids - do something with all objects of one type and their numbers
 * @ctx: the checkpoint
 * @type: record type of the objects
 * @fn: what to do
 * @arg: passed to @fn
 *
 * Return: 0, or the first result of @fn that is not 0.
 */
int ckpt_walk_ids(struct ckpt_ctx *ctx, u32 type,
		  int (*fn)(struct ckpt_ctx *ctx, void *obj, u32 id, void *arg),
		  void *arg)
{
	struct obj_entry *e;
	int ret;

	list_for_each_entry(e, &ctx->obj_list, list) {
		ret = e->type == type ? fn(ctx, e->ptr, e->id, arg) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * ckpt_obj_by_id - find an object of the image
 * @ctx: the restart
 * @id: its number, validated
 *
 * Return: the object.
 */
struct ckpt_obj *ckpt_obj_by_id(struct ckpt_ctx *ctx, u32 id)
{
	return &ctx->objs[id - 1];
}

/**
 * ckpt_obj_set - provide an object that is a by-product of another
 * @o: the object, not restored yet; no task exists
 * @ptr: the kernel object; the reference is taken over
 * @priv: for the kind's own use
 */
void ckpt_obj_set(struct ckpt_obj *o, void *ptr, void *priv)
{
	o->ptr = ptr;
	o->priv = priv;
	o->state = CKPT_OBJ_READY;
}

static void *make_obj(struct ckpt_ctx *ctx, struct ckpt_obj *o)
{
	enum ckpt_labelled labelled = ckpt_labelled(o->h->type);
	struct ckpt_cursor c = o->c;
	void *ptr = ckpt_kind(o->h->type)->restore(ctx, o->h, &c);
	int ret = 0;

	/* Released with @ctx also if it cannot have its labels. */
	if (!IS_ERR(ptr)) {
		o->ptr = ptr;
		if (labelled && !o->foreign)
			ret = restore_obj_labels(ctx, labelled, ptr, o->c);
		if (ret)
			ptr = ERR_PTR(ret);
	}
	/* Pairs with the acquire in restore_obj(). */
	smp_store_release(&o->state,
			  IS_ERR(ptr) ? CKPT_OBJ_FAILED : CKPT_OBJ_READY);
	wake_up_var(&o->state);
	return ptr;
}

static bool obj_settled(struct ckpt_obj *o)
{
	/* Pairs with the release in make_obj(). */
	return smp_load_acquire(&o->state) > CKPT_OBJ_BUSY;
}

/**
 * restore_obj - get an object of the image, made now if nobody did before
 * @ctx: the restart
 * @id: its number, validated
 *
 * The caller is a task that is being restored. The reference stays with @ctx;
 * a caller that keeps the object takes its own.
 *
 * Return: the kernel object, or ERR_PTR() of an errno that has been reported.
 */
void *restore_obj(struct ckpt_ctx *ctx, u32 id)
{
	struct ckpt_obj *o = ckpt_obj_by_id(ctx, id);

	/* Pairs with the release in make_obj(). */
	if (smp_load_acquire(&o->state) == CKPT_OBJ_READY)
		return o->ptr;
	if (!cmpxchg(&o->state, 0, CKPT_OBJ_BUSY))
		return make_obj(ctx, o);
	/* An abort kills those who wait here. */
	if (wait_var_event_killable(&o->state, obj_settled(o)))
		return ERR_PTR(-EINTR);
	/* Pairs with the release in make_obj(). */
	if (smp_load_acquire(&o->state) == CKPT_OBJ_READY)
		return o->ptr;
	/* Whoever failed to make it has said why. */
	return ERR_PTR(ctx->err ?: -EINTR);
}
