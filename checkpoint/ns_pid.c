// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - pid namespaces
 *
 * Saved: nesting, owner, the last id given out, memfd_noexec; whether the init
 *	has died. If the root task is an init, its namespace is made anew, too,
 *	unless the caller of restart() has prepared one by unshare(CLONE_NEWPID),
 *	with the same owner, in which there has been no process yet.
 * Refused: a namespace that a process outside the tree has joined.
 */
#include <linux/err.h>
#include <linux/idr.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/proc_ns.h>
#include "container.h"
#include "namespaces.h"
#include "ns_pid.h"

/* ---- checkpoint ---- */

/**
 * ckpt_pid_ns_id - number of a pid namespace
 * @ctx: the checkpoint
 * @ns: the namespace
 *
 * Return: the number of its object, written now if need be; 0 if it is the one
 * into which is restored; or an errno that has been reported.
 */
int ckpt_pid_ns_id(struct ckpt_ctx *ctx, struct pid_namespace *ns)
{
	struct pid_namespace *up = ns;

	if (ns == ctx->root_ns && !ckpt_root_is_init(ctx))
		return 0;
	while (up && up != ctx->root_ns)
		up = up->parent;
	if (!up)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"pid namespace: is not the root task's, nor below it");
	return checkpoint_obj(ctx, CKPT_HDR_NS_PID, &ns->ns);
}

static int parent_id(struct ckpt_ctx *ctx, struct pid_namespace *ns)
{
	return ns == ctx->root_ns ? 0 : ckpt_pid_ns_id(ctx, ns->parent);
}

/**
 * checkpoint_ns_pid - write a pid namespace
 * @ctx: the checkpoint
 * @obj: struct ns_common
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_ns_pid(struct ckpt_ctx *ctx, void *obj)
{
	struct pid_namespace *ns = container_of(obj, struct pid_namespace, ns);
	int parent = parent_id(ctx, ns), user, ret;
	struct ckpt_hdr_ns_pid *h;

	if (parent < 0)
		return parent;
	ret = ckpt_ns_alone(ctx, obj);
	if (ret)
		return ret;
	user = ckpt_ns_owner_id(ctx, obj);
	if (user < 0)
		return user;
	h = ckpt_new_obj(ctx, CKPT_HDR_NS_PID, sizeof(*h));
	ret = ckpt_ns_fill(ctx, obj, user, (void *)h);
	if (ret)
		return ret;
	h->parent = parent;
	h->level = ns->level - ctx->root_ns->level + 1;
	h->last_pid = max_t(int, idr_get_cursor(&ns->idr), 1) - 1;
	h->memfd_noexec = ckpt_memfd_noexec(ns);
	if (!(READ_ONCE(ns->pid_allocated) & PIDNS_ADDING))
		h->ns.flags |= CKPT_NS_PID_DEAD;
	return checkpoint_kept_by(ctx, obj);
}

/* ---- validate ---- */

static const struct ckpt_hdr_ns_pid *rec_of(const struct ckpt_validator *v, u32 id)
{
	return (const void *)v->objs[id - 1];
}

/**
 * ckpt_pid_ns_level - how many numbers a PID has in a namespace
 * @v: the pass over the records
 * @id: NS_PID object, validated, or 0
 *
 * Return: that number.
 */
u32 ckpt_pid_ns_level(const struct ckpt_validator *v, u32 id)
{
	return id ? rec_of(v, id)->level : 1;
}

/**
 * ckpt_pid_ns_within - whether a pid namespace contains another
 * @v: the pass over the records
 * @inner: NS_PID object, validated, or 0
 * @outer: NS_PID object, validated, or 0
 *
 * Return: true if @inner is @outer, or below it.
 */
bool ckpt_pid_ns_within(const struct ckpt_validator *v, u32 inner, u32 outer)
{
	while (inner && inner != outer)
		inner = rec_of(v, inner)->parent;
	return inner == outer;
}

/**
 * ckpt_ns_pid_validate - check an NS_PID record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_ns_pid_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_ns_pid *p = (const void *)h;
	bool roots = p->ns.flags & CKPT_NS_ROOT;

	if (!ckpt_ref0_ok(v, p->parent, CKPT_CLASS_NS_PID))
		return ckpt_bad(v, "parent is no pid namespace");
	if (roots && (p->parent || p->level != 1))
		return ckpt_bad(v, "the root task's namespace is nested");
	if (!roots && p->level != ckpt_pid_ns_level(v, p->parent) + 1)
		return ckpt_bad(v, "level does not follow the parent's");
	if (p->level > CKPT_PID_LEVELS_MAX)
		return ckpt_bad(v, "nesting of pid namespaces out of range");
	if (p->last_pid < 0 || p->last_pid >= PID_MAX_LIMIT)
		return ckpt_bad(v, "id out of range");
	if (p->memfd_noexec > 2)
		return ckpt_bad(v, "memfd_noexec out of range");
	return ckpt_ns_validate(v, h);
}

/* ---- restart ---- */

/**
 * ckpt_pid_ns - a pid namespace of the restored tree
 * @ctx: the restart; restore_namespaces() has been called
 * @id: NS_PID object, or 0
 *
 * Return: the namespace; not referenced.
 */
struct pid_namespace *ckpt_pid_ns(struct ckpt_ctx *ctx, u32 id)
{
	struct ns_common *ns;

	if (!id)
		return ctx->nsproxy->pid_ns_for_children;
	ns = ckpt_obj_by_id(ctx, id)->ptr;
	return container_of(ns, struct pid_namespace, ns);
}

/**
 * ckpt_pid_ns_parent - parent of a pid namespace
 * @ctx: the restart
 * @id: NS_PID object, validated
 *
 * Return: the number of its object, or 0.
 */
u32 ckpt_pid_ns_parent(struct ckpt_ctx *ctx, u32 id)
{
	return ((const struct ckpt_hdr_ns_pid *)ckpt_obj_by_id(ctx, id)->h)->parent;
}

/* unshare(CLONE_NEWPID), and no fork() since. */
static bool prepared(const struct pid_namespace *ns,
		     const struct user_namespace *owner)
{
	return ns != task_active_pid_ns(current) && !ns->child_reaper &&
	       ns->user_ns == owner &&
	       READ_ONCE(ns->pid_allocated) == PIDNS_ADDING;
}

static struct pid_namespace *make_pid_ns(struct ckpt_ctx *ctx,
					 const struct ckpt_hdr_ns_pid *p)
{
	struct pid_namespace *parent = ckpt_pid_ns(ctx, p->parent), *ns;
	struct user_namespace *owner = ckpt_ns_user(ctx, p->ns.user);

	if (p->ns.flags & CKPT_NS_ROOT) {
		if (prepared(parent, owner))
			return get_pid_ns(parent);
		parent = task_active_pid_ns(current);
	}
	/* The caller keeps its own, and the init of that. */
	if (!p->parent && parent != task_active_pid_ns(current))
		return ERR_PTR(ckpt_err(ctx, -EINVAL,
					"pid namespace: the caller has another for its children"));
	owner = ckpt_ns_owner(ctx, &p->ns);
	if (IS_ERR(owner))
		return ERR_CAST(owner);
	ns = create_pid_namespace(owner, parent);
	if (IS_ERR(ns))
		return ERR_PTR(ckpt_err(ctx, ckpt_ns_errno(PTR_ERR(ns)),
					"pid namespace"));
	return ns;
}

/**
 * restore_ns_pid - make a pid namespace
 * @ctx: the restart
 * @h: NS_PID record
 * @c: unused
 *
 * Return: its struct ns_common, referenced, or ERR_PTR() of a reported errno.
 */
void *restore_ns_pid(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c)
{
	const struct ckpt_hdr_ns_pid *p = (const void *)h;
	struct pid_namespace *ns = make_pid_ns(ctx, p);

	if (IS_ERR(ns))
		return ns;
	ckpt_set_memfd_noexec(ns, p->memfd_noexec);
	return &ns->ns;
}

/**
 * ckpt_ns_may_open - whether a namespace may be an open file
 * @ctx: the restart; all tasks have been created
 * @id: NS object
 *
 * As in pidns_for_children_get(): not a pid namespace before its init is there, as
 * those who enter it meanwhile would have nobody to inherit their children.
 *
 * Return: true if so.
 */
bool ckpt_ns_may_open(struct ckpt_ctx *ctx, u32 id)
{
	const struct ckpt_hdr_ns *h = (const void *)ckpt_obj_by_id(ctx, id)->h;

	return h->h.type != CKPT_HDR_NS_PID || h->flags & CKPT_NS_PID_DEAD ||
	       ckpt_pid_ns(ctx, id)->child_reaper;
}

/**
 * restore_pid_ns_commit - what tasks that are created would change
 * @ctx: the restart; all tasks have been created
 */
void restore_pid_ns_commit(struct ckpt_ctx *ctx)
{
	u32 id;

	for (id = 1; id <= ctx->nr_objs; id++) {
		const struct ckpt_hdr_ns_pid *p = (const void *)ctx->objs[id - 1].h;
		struct pid_namespace *ns;

		if (p->ns.h.type != CKPT_HDR_NS_PID)
			continue;
		ns = ckpt_pid_ns(ctx, id);
		/* Where there has been no init, it is the next one that comes. */
		if (ns->child_reaper)
			idr_set_cursor(&ns->idr, p->last_pid + 1);
		if (p->ns.flags & CKPT_NS_PID_DEAD)
			disable_pid_allocation(ns);
	}
}
