// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - one pass over all metadata before anything is made
 *
 * Checks what all records have in common: the order of the sections, sizes,
 * numbers of objects, to which object or task a record belongs. What is
 * particular to a type is the business of its row in the table of kinds.
 *
 * A checkpoint runs the same pass over what it has just written.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "internal.h"

/**
 * ckpt_bad - a record is malformed
 * @v: the pass over the records
 * @why: what is wrong, a constant string
 *
 * Return: -EBADMSG
 */
int ckpt_bad(struct ckpt_validator *v, const char *why)
{
	v->why = why;
	return -EBADMSG;
}

/**
 * ckpt_ref_ok - check a reference to an object
 * @v: the pass over the records
 * @id: the number of the object
 * @class: what it must be
 *
 * Return: true if such an object precedes the present record.
 */
bool ckpt_ref_ok(const struct ckpt_validator *v, u32 id, enum ckpt_class class)
{
	if (!id || id > v->nr_objs)
		return false;
	return v->classes[id - 1] == class ||
	       (class == CKPT_CLASS_FILE &&
		v->classes[id - 1] == CKPT_CLASS_FILE_LATE);
}

/**
 * ckpt_memory_file_ok - check a reference from an address space to a file
 * @v: the pass over the records
 * @id: the number of the file
 *
 * Return: true if such a file precedes the present record.
 */
bool ckpt_memory_file_ok(const struct ckpt_validator *v, u32 id)
{
	return ckpt_ref_ok(v, id, CKPT_CLASS_FILE) &&
	       !ckpt_ref_ok(v, id, CKPT_CLASS_FILE_LATE);
}

/**
 * ckpt_ref0_ok - check a reference to an object that need not be there
 * @v: the pass over the records
 * @id: the number of the object, or 0
 * @class: what it must be
 *
 * Return: true if there is no reference, or ckpt_ref_ok().
 */
bool ckpt_ref0_ok(const struct ckpt_validator *v, u32 id, enum ckpt_class class)
{
	return !id || ckpt_ref_ok(v, id, class);
}

/**
 * ckpt_string_ok - check a string in a record
 * @s: the string
 * @len: bytes reserved for it
 *
 * Return: true if it is terminated and only zeros follow.
 */
bool ckpt_string_ok(const void *s, size_t len)
{
	size_t n = strnlen(s, len);

	return n < len && !memchr_inv(s + n, 0, len - n);
}

/**
 * ckpt_tail_ok - check what pads a record
 * @h: the record
 * @used: bytes of it that mean something
 *
 * Return: true if there are so many, and zeros follow.
 */
bool ckpt_tail_ok(const struct ckpt_hdr *h, size_t used)
{
	return used <= h->len && !memchr_inv((const u8 *)h + used, 0, h->len - used);
}

/**
 * ckpt_cpu_time_ok - add up the time that a process has used
 * @v: the pass over the records
 * @index: number of one of its tasks, which is in the tree
 * @utime: more time in user mode, of that task or of threads that are gone
 * @stime: the same in the kernel
 *
 * The kernel divides by the sum of all of a process, see cputime_adjust(): it
 * must not overflow, nor soon after the restart.
 *
 * Return: true if it is not more than what a signed number holds.
 */
bool ckpt_cpu_time_ok(struct ckpt_validator *v, u32 index, u64 utime, u64 stime)
{
	u64 *sum = &v->cpu_time[v->tree[index]->leader];

	return !check_add_overflow(*sum, utime, sum) &&
	       !check_add_overflow(*sum, stime, sum) && *sum <= S64_MAX;
}

static int validate_new_obj(struct ckpt_validator *v, const struct ckpt_kind *k,
			    const struct ckpt_hdr *h)
{
	if (h->id != v->nr_objs + 1)
		return ckpt_bad(v, "objects are not numbered in order");
	if (v->nr_objs >= v->max_objs)
		return ckpt_bad(v, "more objects than announced");
	return 0;
}

static int validate_place(struct ckpt_validator *v, const struct ckpt_kind *k,
			  const struct ckpt_hdr *h)
{
	if (k->class)
		return validate_new_obj(v, k, h);
	if (h->id)
		return ckpt_bad(v, "record is not an object but has a number");
	if (k->owner == CKPT_OWNER_ANY)
		return v->owner == CKPT_HDR_TASK || ckpt_labelled(v->owner) ||
		       ckpt_labelled(v->last) ? 0 :
		       ckpt_bad(v, "record belongs to nothing that has labels");
	if (k->owner == CKPT_OWNER_NS)
		return ckpt_is_ns(v->owner) ? 0 :
		       ckpt_bad(v, "record belongs to no namespace");
	if (k->owner && k->owner != v->owner &&
	    !(k->other_owner && k->other_owner == v->owner))
		return ckpt_bad(v, "record belongs to nothing before it");
	return 0;
}

/* From here on the records that follow belong to this one. */
static void enter_record(struct ckpt_validator *v, const struct ckpt_kind *k,
			 const struct ckpt_hdr *h)
{
	v->last = h->type;
	if (k->class) {
		v->objs[v->nr_objs] = h;
		v->classes[v->nr_objs++] = k->class;
	} else if (k->owner) {
		return;
	}
	v->owner = h->type;
	v->owner_hdr = h;
	v->last_end = 0;
}

/**
 * ckpt_validate_record - check one record
 * @v: the pass over the records
 * @h: the record; h->len bytes of it can be read
 *
 * Return: 0, or a negative errno with @v->why set.
 */
int ckpt_validate_record(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_kind *k = ckpt_kind(h->type);
	int ret;

	v->why = NULL;
	if (v->owner == CKPT_HDR_META_END)
		return ckpt_bad(v, "record behind the end record");
	if (h->flags & ~CKPT_REC_OPTIONAL)
		return ckpt_bad(v, "unknown record flags");
	if (!k) {
		if ((h->flags & CKPT_REC_OPTIONAL) && !h->id)
			return 0;
		v->why = "unknown type of record";
		return -EOPNOTSUPP;
	}
	if (h->len < k->min_len)
		return ckpt_bad(v, "record is too short");
	if (h->len > max(k->min_len, k->max_len)) {
		/* A longer one is fine if this kernel loses nothing. */
		if (k->max_len || memchr_inv((const u8 *)h + k->min_len, 0,
					     h->len - k->min_len)) {
			v->why = "record has more fields than this kernel knows";
			return k->max_len ? -EBADMSG : -EOPNOTSUPP;
		}
	}
	ret = validate_place(v, k, h);
	if (!ret && k->validate)
		ret = k->validate(v, h);
	if (!ret)
		enter_record(v, k, h);
	return ret;
}

/**
 * ckpt_validator_alloc - prepare a pass over the records
 * @max_objs: objects announced by the header
 * @max_tasks: tasks announced by the header
 *
 * Return: the state of the pass, or NULL if out of memory.
 */
struct ckpt_validator *ckpt_validator_alloc(u32 max_objs, u32 max_tasks)
{
	struct ckpt_validator *v = kzalloc(sizeof(*v), GFP_KERNEL_ACCOUNT);
	/* An image can be huge; kvmalloc() would warn of more than 2 GiB. */
	const gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_NOWARN;

	if (!v)
		return NULL;
	v->max_objs = max_objs;
	v->max_tasks = max_tasks;
	v->classes = kvcalloc(max_objs, sizeof(*v->classes), gfp);
	v->objs = kvcalloc(max_objs, sizeof(*v->objs), gfp);
	v->depth = kvcalloc(max_objs, sizeof(*v->depth), gfp);
	v->pid_used = kvcalloc(max_objs, sizeof(*v->pid_used), gfp);
	v->tree = kvcalloc(max_tasks, sizeof(*v->tree), gfp);
	v->task_done = kvcalloc(max_tasks, sizeof(*v->task_done), gfp);
	v->cpu_time = kvcalloc(max_tasks, sizeof(*v->cpu_time), gfp);
	if (v->classes && v->objs && v->depth && v->pid_used && v->tree &&
	    v->task_done && v->cpu_time)
		return v;
	ckpt_validator_free(v);
	return NULL;
}

/**
 * ckpt_validator_free - end a pass over the records
 * @v: its state
 */
void ckpt_validator_free(struct ckpt_validator *v)
{
	kvfree(v->classes);
	kvfree(v->objs);
	kvfree(v->depth);
	kvfree(v->pid_used);
	kvfree(v->tree);
	kvfree(v->task_done);
	kvfree(v->cpu_time);
	kfree(v);
}

/* What must have been there when the pass is over. */
static int validate_end(struct ckpt_validator *v)
{
	if (v->nr_objs != v->max_objs)
		return ckpt_bad(v, "fewer objects than announced");
	if (v->nr_tree != v->max_tasks || v->nr_tasks != v->max_tasks)
		return ckpt_bad(v, "fewer tasks than announced");
	if (v->owner != CKPT_HDR_META_END)
		return ckpt_bad(v, "no end record");
	return 0;
}

static int validate_all(struct ckpt_ctx *ctx, struct ckpt_validator *v)
{
	const struct ckpt_hdr *h;
	const struct ckpt_kind *k;
	struct ckpt_cursor c;
	u64 nr = 0;
	int ret;

	ckpt_cursor_first(ctx, &c);
	for (; (h = ckpt_cursor_next(&c)); nr++) {
		ret = ckpt_validate_record(v, h);
		k = ckpt_kind(h->type);
		if (ret)
			return ckpt_err(ctx, ret, "image: record %llu (%s, type %u): %s",
					nr, k ? k->name : "?", h->type, v->why);
		if (ctx->objs && h->id) {
			ctx->objs[h->id - 1].h = h;
			ctx->objs[h->id - 1].c = c;
		}
		if (need_resched()) {
			cond_resched();
			if (fatal_signal_pending(current))
				return ckpt_err(ctx, -EINTR, "interrupted");
		}
	}
	ret = validate_end(v);
	if (ret)
		return ckpt_err(ctx, ret, "image: %s", v->why);
	return 0;
}

/* The smallest object or task takes more than this; so much can be refused. */
static bool counts_plausible(const struct ckpt_ctx *ctx)
{
	const struct ckpt_hdr_header *h = ctx->header;

	return (u64)h->nr_objects + h->nr_tasks <= h->nr_records && h->nr_tasks;
}

/**
 * ckpt_validate_meta - check all metadata
 * @ctx: the operation; its records are in memory and whole
 *
 * At restart this also fills ctx->objs.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_validate_meta(struct ckpt_ctx *ctx)
{
	struct ckpt_validator *v;
	int ret;

	if (!counts_plausible(ctx))
		return ckpt_err(ctx, -EBADMSG, "image: %u objects and %u tasks in %llu records",
				ctx->header->nr_objects, ctx->header->nr_tasks,
				ctx->header->nr_records);
	v = ckpt_validator_alloc(ctx->header->nr_objects, ctx->header->nr_tasks);
	if (!v)
		return ckpt_err(ctx, -ENOMEM, "check of the records");
	if (ctx->op == CKPT_OP_RESTART) {
		ctx->nr_objs = ctx->header->nr_objects;
		ctx->objs = kvcalloc(ctx->nr_objs, sizeof(*ctx->objs),
				     GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	}
	if (ctx->op == CKPT_OP_RESTART && !ctx->objs)
		ret = ckpt_err(ctx, -ENOMEM, "%u objects", ctx->nr_objs);
	else
		ret = validate_all(ctx, v);
	ckpt_validator_free(v);
	return ret;
}
