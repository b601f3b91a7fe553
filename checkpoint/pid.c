// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - process ids
 *
 * Saved: the numbers in the root task's pid namespace and in those inside of it.
 * Refused: ids of processes outside the root task's pid namespace.
 *
 * A PID object stands for a struct pid. That of a task comes into being with
 * the task; one that only lives on as the id of a session or process group
 * needs no process.
 */
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include "internal.h"
#include "namespaces.h"

/**
 * ckpt_pid_get - take a reference
 * @obj: a struct pid
 */
void ckpt_pid_get(void *obj)
{
	get_pid(obj);
}

/**
 * ckpt_pid_put - drop a reference
 * @obj: a struct pid
 */
void ckpt_pid_put(void *obj)
{
	put_pid(obj);
}

/**
 * checkpoint_pid - write a PID object
 * @ctx: the checkpoint
 * @obj: the struct pid; it has a number in the root task's namespace
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_pid(struct ckpt_ctx *ctx, void *obj)
{
	struct pid *pid = obj;
	struct ckpt_hdr_pid *h;

	u32 levels, i;
	int ns;

	if (!pid_nr_ns(pid, ctx->root_ns))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"pid %d: has no number in the root task's pid namespace",
				pid_vnr(pid));
	ns = ckpt_pid_ns_id(ctx, ns_of_pid(pid));
	if (ns < 0)
		return ns;
	levels = pid->level - ctx->root_ns->level + 1;
	h = ckpt_new_obj(ctx, CKPT_HDR_PID,
			 ALIGN(struct_size(h, nr, levels), 8));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->nr_levels = levels;
	h->ns = ns;
	for (i = 0; i < levels; i++)
		h->nr[i] = pid->numbers[ctx->root_ns->level + i].nr;
	return 0;
}

/**
 * ckpt_pid_validate - check a PID record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_pid_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_pid *p = (const void *)h;
	u32 i;

	if (!p->nr_levels || p->nr_levels > CKPT_PID_LEVELS_MAX)
		return ckpt_bad(v, "number of levels out of range");
	if (h->len != ALIGN(struct_size(p, nr, p->nr_levels), 8))
		return ckpt_bad(v, "length does not fit the number of levels");
	for (i = 0; i < p->nr_levels; i++)
		if (p->nr[i] <= 0 || p->nr[i] >= PID_MAX_LIMIT)
			return ckpt_bad(v, "id out of range");
	if (p->nr_levels % 2 && p->nr[p->nr_levels])
		return ckpt_bad(v, "reserved field is not zero");
	/* An init is one in the innermost only. */
	for (i = 0; i + 1 < p->nr_levels; i++)
		if (p->nr[i] == 1)
			return ckpt_bad(v, "id of another namespace's init");
	if (!ckpt_ref0_ok(v, p->ns, CKPT_CLASS_NS_PID))
		return ckpt_bad(v, "reference to something that is no pid namespace");
	if (p->nr_levels != ckpt_pid_ns_level(v, p->ns))
		return ckpt_bad(v, "number of levels differs from the namespace's");
	return 0;
}

static const struct ckpt_hdr_pid *pid_rec(struct ckpt_ctx *ctx, u32 id)
{
	return (const void *)ckpt_obj_by_id(ctx, id)->h;
}

/**
 * ckpt_pid_nr - number of a PID object in the outermost namespace restored
 * @ctx: the restart
 * @id: the object, validated
 *
 * Return: the number.
 */
pid_t ckpt_pid_nr(struct ckpt_ctx *ctx, u32 id)
{
	return pid_rec(ctx, id)->nr[0];
}

/**
 * ckpt_pid_namespace - NS_PID object of a PID object
 * @ctx: the restart
 * @id: the PID object, validated
 *
 * Return: its number, or 0.
 */
u32 ckpt_pid_namespace(struct ckpt_ctx *ctx, u32 id)
{
	return pid_rec(ctx, id)->ns;
}

/**
 * ckpt_pid_levels - how many numbers a PID object has
 * @ctx: the restart
 * @id: the PID object, validated
 *
 * Return: that number.
 */
u32 ckpt_pid_levels(struct ckpt_ctx *ctx, u32 id)
{
	return pid_rec(ctx, id)->nr_levels;
}

/**
 * ckpt_pid_is_init - whether a PID object is that of an init
 * @ctx: the restart
 * @id: the PID object, validated
 *
 * Return: true if it is number 1 of its pid namespace.
 */
bool ckpt_pid_is_init(struct ckpt_ctx *ctx, u32 id)
{
	const struct ckpt_hdr_pid *p = pid_rec(ctx, id);

	return p->nr[p->nr_levels - 1] == 1;
}

/**
 * ckpt_pid_tid - what copy_process() and alloc_pid() want as set_tid
 * @ctx: the restart
 * @id: the PID object, validated
 * @set_tid: room for %CKPT_PID_LEVELS_MAX numbers; innermost namespace first
 * @nr: where to put their number
 */
void ckpt_pid_tid(struct ckpt_ctx *ctx, u32 id, pid_t *set_tid, size_t *nr)
{
	const struct ckpt_hdr_pid *p = pid_rec(ctx, id);
	u32 i;

	for (i = 0; i < p->nr_levels; i++)
		set_tid[i] = p->nr[p->nr_levels - 1 - i];
	*nr = p->nr_levels;
}

/* The id of a dead process, which a session or process group still has. */
static struct pid *restore_dead_pid(struct ckpt_ctx *ctx, struct ckpt_obj *o,
				    u32 id)
{
	struct pid_namespace *ns = ckpt_pid_ns(ctx, pid_rec(ctx, id)->ns);
	pid_t set_tid[CKPT_PID_LEVELS_MAX];
	struct pid *pid;
	size_t nr;

	ckpt_pid_tid(ctx, id, set_tid, &nr);
	pid = alloc_pid(ns, set_tid, nr);
	if (IS_ERR(pid))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(pid), "pid %d: %s",
					set_tid[nr - 1],
					PTR_ERR(pid) == -EEXIST ? "is taken" :
					"cannot be allocated"));
	/* One reference belongs to whoever will be attached to it. */
	if (!cmpxchg(&o->priv, NULL, pid))
		return get_pid(pid);
	/* The restart is being aborted, and has been here before. */
	free_pid(pid);
	return ERR_PTR(-EINTR);
}

static struct ckpt_task *task_with_pid(struct ckpt_ctx *ctx, u32 id)
{
	u32 i;

	for (i = 0; i < ctx->nr_tasks; i++)
		if (ctx->tasks[i].tree->pid == id)
			return &ctx->tasks[i];
	return NULL;
}

static bool task_exists(const struct ckpt_task *t)
{
	/* Pairs with the release in create_task(). */
	return smp_load_acquire(&t->task);
}

/**
 * restore_pid - get a process id
 * @ctx: the restart
 * @h: the record
 * @c: unused
 *
 * A task brings its id along; wait until it has been created. Whatever that
 * needs does not need the caller.
 *
 * Return: the id, referenced, or ERR_PTR() of an errno that has been reported.
 */
void *restore_pid(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		  struct ckpt_cursor *c)
{
	struct ckpt_task *t = task_with_pid(ctx, h->id);

	if (!t)
		return restore_dead_pid(ctx, ckpt_obj_by_id(ctx, h->id), h->id);
	/* An abort kills those who wait here. */
	if (wait_var_event_killable(&t->task, task_exists(t)))
		return ERR_PTR(-EINTR);
	return get_task_pid(t->task, PIDTYPE_PID);
}

/* Tasks have brought their ids along. */
static void take_task_pids(struct ckpt_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->nr_tasks; i++) {
		struct ckpt_obj *o = ckpt_obj_by_id(ctx, ctx->tasks[i].tree->pid);

		if (o->ptr)
			continue;
		o->ptr = get_task_pid(ctx->tasks[i].task, PIDTYPE_PID);
		/* Or whoever asks for it later would take another reference. */
		o->state = CKPT_OBJ_READY;
	}
}

/**
 * restore_pids - make sure that all PID objects exist
 * @ctx: the restart; all tasks have been created
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_pids(struct ckpt_ctx *ctx)
{
	void *pid;
	u32 id;

	take_task_pids(ctx);
	for (id = 1; id <= ctx->nr_objs; id++) {
		struct ckpt_obj *o = ckpt_obj_by_id(ctx, id);

		if (o->h->type != CKPT_HDR_PID || o->ptr)
			continue;
		pid = restore_obj(ctx, id);
		if (IS_ERR(pid))
			return PTR_ERR(pid);
	}
	return 0;
}

/**
 * restore_pids_done - free ids that nothing has been attached to
 * @ctx: the restart, committed or about to be aborted
 *
 * An id with a session or process group belongs to its members; the commit has
 * taken it from ->priv.
 */
void restore_pids_done(struct ckpt_ctx *ctx)
{
	struct pid *pid;
	u32 id;

	for (id = 1; ctx->objs && id <= ctx->nr_objs; id++) {
		struct ckpt_obj *o = ckpt_obj_by_id(ctx, id);

		if (!o->h || o->h->type != CKPT_HDR_PID)
			continue;
		/* No more of these, should a task still be about to. */
		pid = xchg(&o->priv, ERR_PTR(-ESRCH));
		if (!IS_ERR_OR_NULL(pid))
			free_pid(pid);
	}
}
