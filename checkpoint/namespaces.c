// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - in which namespaces a task is
 *
 * Saved: which namespaces each task is in, which it has for its children, and
 *	which of them the tree has for itself; the files ns_*.c say what of each.
 * Not saved: namespaces that the root task has in common with the caller of
 *	checkpoint(), or, of a subtree, with any task outside: the restored tasks
 *	are in those of the caller of restart() instead. So they are as to the
 *	mount namespace, and the root task's network namespace, in any case.
 * Refused: any other namespace that is also used by tasks outside; user and pid
 *	namespaces that the root task's do not contain.
 *
 * At restart the caller makes all namespaces before it creates the first task,
 * asked for the same privileges as if it had called unshare(). It may supply any
 * of them instead: by an open /proc/PID/ns/ file, as an external resource. Mostly
 * that is the root task's user namespace, which the caller has made and entered,
 * and then the mount and network namespaces inside of that; what lies outside of
 * the former is no more its business then. Mount namespaces other than the root
 * task's it must supply: see ns_mnt.c. It can also ask for any of them: see ns_fd.c.
 */
#include <linux/cgroup.h>
#include <linux/ipc_namespace.h>
#include <linux/mnt_namespace.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/time_namespace.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>
#include "../fs/mount.h"
#include "container.h"
#include "files.h"
#include "freeze.h"
#include "namespaces.h"

/**
 * ckpt_ns_get - take a reference
 * @obj: a struct ns_common
 */
void ckpt_ns_get(void *obj)
{
	struct ns_common *ns = obj;

	/* As get_pid_ns(); put() does the same. */
	if (ns != &init_pid_ns.ns)
		refcount_inc(&ns->count);
}

/**
 * ckpt_ns_put - drop a reference
 * @obj: a struct ns_common
 */
void ckpt_ns_put(void *obj)
{
	struct ns_common *ns = obj;

	ns->ops->put(ns);
}

/* The namespace of the type @type among @p. */
static struct ns_common *member(const struct nsproxy *p, int type)
{
	switch (type) {
	case CLONE_NEWUTS:
		return &p->uts_ns->ns;
	case CLONE_NEWIPC:
		return &p->ipc_ns->ns;
	case CLONE_NEWNET:
		return &p->net_ns->ns;
	case CLONE_NEWNS:
		return from_mnt_ns(p->mnt_ns);
	case CLONE_NEWCGROUP:
		return &p->cgroup_ns->ns;
	case CLONE_NEWTIME:
		return &p->time_ns->ns;
	default:
		return NULL;
	}
}

/* ---- checkpoint: whose is it? ---- */

static struct nsproxy *get_task_nsproxy(struct task_struct *tsk)
{
	struct nsproxy *ns;

	/* SIGKILL may end the task, and its hold on them, at any time. */
	task_lock(tsk);
	ns = tsk->nsproxy;
	if (ns)
		get_nsproxy(ns);
	task_unlock(tsk);
	return ns;
}

static bool user_ns_within(const struct user_namespace *ns,
			   const struct user_namespace *outer)
{
	while (ns && ns != outer)
		ns = ns->parent;
	return ns;
}

static bool pid_ns_within(const struct pid_namespace *ns,
			  const struct pid_namespace *outer)
{
	while (ns && ns != outer)
		ns = ns->parent;
	return ns;
}

/* Called under RCU. */
static bool uses_ns(struct task_struct *tsk, struct ns_common *ns)
{
	struct pid_namespace *pid_ns;
	bool ret;

	switch (ns->ops->type) {
	case CLONE_NEWUSER:
		return user_ns_within(__task_cred(tsk)->user_ns,
				      container_of(ns, struct user_namespace, ns));
	case CLONE_NEWPID:
		pid_ns = task_active_pid_ns(tsk);
		return pid_ns && pid_ns_within(pid_ns,
					       container_of(ns, struct pid_namespace, ns));
	}
	task_lock(tsk);
	ret = tsk->nsproxy && member(tsk->nsproxy, ns->ops->type) == ns;
	task_unlock(tsk);
	return ret;
}

static struct task_struct *get_outsider(struct ckpt_ctx *ctx, struct ns_common *ns)
{
	struct task_struct *process, *tsk, *found = NULL;

	rcu_read_lock();
	for_each_process_thread(process, tsk) {
		if (tsk->flags & PF_KTHREAD || tsk->exit_state ||
		    ckpt_frozen_index(ctx, tsk) != CKPT_TREE_NONE ||
		    !uses_ns(tsk, ns))
			continue;
		found = get_task_struct(tsk);
		goto out;
	}
out:
	rcu_read_unlock();
	return found;
}

/*
 * Whether a namespace that is not the caller's belongs to the outside all the
 * same. Return: 1, 0, or an errno that has been reported.
 */
static int shared_with_outside(struct ckpt_ctx *ctx, struct ns_common *ns,
			       bool may_share)
{
	struct task_struct *tsk;
	int ret = 1;

	if (xa_load(&ctx->shared_ns, (unsigned long)ns))
		return 1;
	tsk = get_outsider(ctx, ns);
	if (!tsk)
		return 0;
	if (may_share)
		ckpt_warn(ctx, "%s namespace: also that of task %d (%s) outside the tree; left to the caller of restart()",
			  ns->ops->name, task_pid_vnr(tsk), tsk->comm);
	else
		ret = ckpt_err(ctx, -EBUSY,
			       "%s namespace: shared with task %d (%s), which is outside the tree",
			       ns->ops->name, task_pid_vnr(tsk), tsk->comm);
	put_task_struct(tsk);
	if (ret < 0)
		return ret;
	if (xa_err(xa_store(&ctx->shared_ns, (unsigned long)ns, ctx,
			    GFP_KERNEL_ACCOUNT)))
		return ckpt_err(ctx, -ENOMEM, "namespaces");
	return 1;
}

/**
 * ckpt_ns_is_roots - whether the root task is in a namespace
 * @ctx: the checkpoint
 * @ns: the namespace
 *
 * Return: true if so.
 */
bool ckpt_ns_is_roots(struct ckpt_ctx *ctx, struct ns_common *ns)
{
	switch (ns->ops->type) {
	case CLONE_NEWUSER:
		return ns == &ctx->user_ns->ns;
	case CLONE_NEWPID:
		return ns == &ctx->root_ns->ns;
	default:
		return ns == member(ctx->root_nsproxy, ns->ops->type);
	}
}

static u32 record_type(const struct ns_common *ns)
{
	switch (ns->ops->type) {
	case CLONE_NEWUSER:
		return CKPT_HDR_NS_USER;
	case CLONE_NEWUTS:
		return CKPT_HDR_NS_UTS;
	case CLONE_NEWIPC:
		return CKPT_HDR_NS_IPC;
	case CLONE_NEWNET:
		return CKPT_HDR_NS_NET;
	case CLONE_NEWPID:
		return CKPT_HDR_NS_PID;
	case CLONE_NEWNS:
		return CKPT_HDR_NS_MNT;
	case CLONE_NEWCGROUP:
		return CKPT_HDR_NS_CGROUP;
	default:
		return CKPT_HDR_NS_TIME;
	}
}

/**
 * ckpt_ns_shared - whether a namespace is the caller's at restart
 * @ctx: the checkpoint
 * @ns: a namespace other than a user, pid or time namespace
 *
 * Return: true if it is the caller's, or has been found to be outside the tree.
 */
bool ckpt_ns_shared(struct ckpt_ctx *ctx, struct ns_common *ns)
{
	return ns == member(current->nsproxy, ns->ops->type) ||
	       xa_load(&ctx->shared_ns, (unsigned long)ns);
}

/**
 * ckpt_ns_id - number of a namespace other than a user or pid namespace
 * @ctx: the checkpoint
 * @ns: the namespace, kept by a stopped task or referenced
 *
 * Return: the number of its object, written now if need be; 0 if it is the
 * caller's at restart; or an errno that has been reported.
 */
int ckpt_ns_id(struct ckpt_ctx *ctx, struct ns_common *ns)
{
	bool roots = ckpt_ns_is_roots(ctx, ns);
	int ret;

	if (ns->ops->type == CLONE_NEWTIME) {
		/* It goes on by itself; see clock.c. */
		if (roots)
			return 0;
		return checkpoint_obj(ctx, CKPT_HDR_NS_TIME, ns);
	}
	if (ckpt_obj_known(ctx, ns))
		return checkpoint_obj(ctx, record_type(ns), ns);
	if (ckpt_ns_shared(ctx, ns))
		return 0;
	/* The coordinator takes care of mounts, whoever else is there. */
	ret = shared_with_outside(ctx, ns, roots &&
				  (ctx->flags & CHECKPOINT_SUBTREE ||
				   ns->ops->type == CLONE_NEWNS));
	if (ret)
		return min(ret, 0);
	return checkpoint_obj(ctx, record_type(ns), ns);
}

/**
 * ckpt_ns_may_hold - whether the caller may know what is in a namespace that
 *	perhaps no task of the tree is in
 * @ctx: the checkpoint
 * @ns: the namespace, which a descriptor or a mount keeps
 *
 * Anybody can open one that is mounted. What is in it, only those may see who may
 * enter.
 *
 * Return: true if so.
 */
bool ckpt_ns_may_hold(struct ckpt_ctx *ctx, struct ns_common *ns)
{
	if (ns->ops->type == CLONE_NEWUSER)
		return ckpt_obj_known(ctx, ns) ||
		       ns_capable(container_of(ns, struct user_namespace, ns),
				  CAP_SYS_ADMIN);
	return ckpt_obj_known(ctx, ns) || ckpt_ns_shared(ctx, ns) ||
	       ns_capable(ns->ops->owner(ns), CAP_SYS_ADMIN);
}

/**
 * ckpt_user_ns_id - number of a user namespace
 * @ctx: the checkpoint
 * @ns: the user namespace
 *
 * Return: the number of its object, written now if need be; 0 if it is the
 * caller's at restart; or an errno that has been reported.
 */
int ckpt_user_ns_id(struct ckpt_ctx *ctx, struct user_namespace *ns)
{
	int ret;

	if (ns == ctx->base_user_ns)
		return 0;
	if (!user_ns_within(ns, ctx->base_user_ns))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"user namespace: is not the root task's, nor below it");
	if (!ckpt_obj_known(ctx, &ns->ns)) {
		ret = shared_with_outside(ctx, &ns->ns, false);
		if (ret)
			return ret;
	}
	return checkpoint_obj(ctx, CKPT_HDR_NS_USER, &ns->ns);
}

/**
 * ckpt_any_ns_id - number of a namespace of any type
 * @ctx: the checkpoint
 * @ns: the namespace, kept by a stopped task or referenced
 *
 * Return: the number of its object, written now if need be; 0 if it is the
 * caller's at restart; or an errno that has been reported.
 */
int ckpt_any_ns_id(struct ckpt_ctx *ctx, struct ns_common *ns)
{
	switch (ns->ops->type) {
	case CLONE_NEWUSER:
		return ckpt_user_ns_id(ctx, container_of(ns, struct user_namespace, ns));
	case CLONE_NEWPID:
		return ckpt_pid_ns_id(ctx, container_of(ns, struct pid_namespace, ns));
	default:
		return ckpt_ns_id(ctx, ns);
	}
}

/**
 * ckpt_ns_owner_id - number of the user namespace that owns a namespace
 * @ctx: the checkpoint
 * @ns: a namespace
 *
 * Return: the number of its object; 0 if it is the caller's at restart, or an
 * ancestor of that; or an errno that has been reported.
 */
int ckpt_ns_owner_id(struct ckpt_ctx *ctx, struct ns_common *ns)
{
	struct user_namespace *owner = ns->ops->owner(ns);

	if (user_ns_within(ctx->base_user_ns, owner))
		return 0;
	return ckpt_user_ns_id(ctx, owner);
}

/**
 * ckpt_ns_fill - fill in the common part of a record
 * @ctx: the checkpoint
 * @ns: the namespace
 * @user: what ckpt_ns_owner_id() said
 * @h: the record, or the errno of its creation
 *
 * Return: 0, or the errno.
 */
int ckpt_ns_fill(struct ckpt_ctx *ctx, struct ns_common *ns, u32 user,
		 struct ckpt_hdr_ns *h)
{
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->user = user;
	if (ckpt_ns_is_roots(ctx, ns))
		h->flags |= CKPT_NS_ROOT;
	return 0;
}

/**
 * ckpt_root_is_init - whether the tree has a pid namespace of its own
 * @ctx: the checkpoint
 *
 * Return: true if the root task is the init of one.
 */
bool ckpt_root_is_init(struct ckpt_ctx *ctx)
{
	return is_child_reaper(ctx->root_pid);
}

/**
 * ckpt_ns_alone - make sure that no task outside the tree is in a namespace
 * @ctx: the checkpoint
 * @ns: the namespace
 *
 * Of a subtree it may be the root task's.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_ns_alone(struct ckpt_ctx *ctx, struct ns_common *ns)
{
	int ret = shared_with_outside(ctx, ns, ckpt_ns_is_roots(ctx, ns) &&
				      ctx->flags & CHECKPOINT_SUBTREE);

	return min(ret, 0);
}

/* How far out do we go before we are in a user namespace of the outside? */
static int find_base_user_ns(struct ckpt_ctx *ctx)
{
	struct user_namespace *ns = ctx->user_ns;
	int ret;

	while (!user_ns_within(current_user_ns(), ns)) {
		if (ctx->flags & CHECKPOINT_SUBTREE) {
			ret = shared_with_outside(ctx, &ns->ns, true);
			if (ret < 0)
				return ret;
			if (ret)
				break;
		}
		ns = ns->parent;
	}
	ctx->base_user_ns = ns;
	return 0;
}

/* ---- checkpoint: the namespaces of a task ---- */

static int pid_for_children_id(struct ckpt_ctx *ctx, struct task_struct *tsk,
			       struct pid_namespace *ns)
{
	if (ns == task_active_pid_ns(tsk))
		return 0;
	if (!pid_ns_within(ns, ctx->root_ns) || ns == ctx->root_ns)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"pid namespace for its children: is not below the root task's");
	return ckpt_pid_ns_id(ctx, ns);
}

static int fill_task_ns(struct ckpt_ctx *ctx, struct task_struct *tsk,
			const struct nsproxy *ns, struct ckpt_hdr_task_ns *h)
{
	struct { u32 *id; struct ns_common *ns; } refs[] = {
		{ &h->uts, &ns->uts_ns->ns },
		{ &h->ipc, &ns->ipc_ns->ns },
		{ &h->mnt, from_mnt_ns(ns->mnt_ns) },
		{ &h->net, &ns->net_ns->ns },
		{ &h->cgroup, &ns->cgroup_ns->ns },
		{ &h->time, &ns->time_ns->ns },
		{ &h->time_for_children, &ns->time_ns_for_children->ns },
	};
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(refs); i++) {
		ret = ckpt_ns_id(ctx, refs[i].ns);
		if (ret < 0)
			return ret;
		*refs[i].id = ret;
	}
	ret = pid_for_children_id(ctx, tsk, ns->pid_ns_for_children);
	if (ret < 0)
		return ret;
	h->pid_for_children = ret;
	return 0;
}

static bool has_own_ns(const struct ckpt_hdr_task_ns *h)
{
	return memchr_inv((const u8 *)h + sizeof(h->h), 0,
			  sizeof(*h) - sizeof(h->h));
}

static int collect_task_ns(struct ckpt_ctx *ctx, struct task_struct *tsk,
			   struct ckpt_hdr_task_ns *h)
{
	struct nsproxy *ns = get_task_nsproxy(tsk);
	int ret;

	/* The dead have none. */
	if (!ns)
		return 0;
	ret = fill_task_ns(ctx, tsk, ns, h);
	put_nsproxy(ns);
	return ret;
}

/**
 * checkpoint_task_ns - write in which namespaces a task is
 * @ctx: the checkpoint; checkpoint_namespaces() has been called
 * @tsk: the task
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_task_ns(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct ckpt_hdr_task_ns ids = {}, *h;
	int ret;

	ret = collect_task_ns(ctx, tsk, &ids);
	if (ret || !has_own_ns(&ids))
		return ret;
	h = ckpt_new_rec(ctx, CKPT_HDR_TASK_NS, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ids.h = h->h;
	*h = ids;
	return 0;
}

static int collect_namespaces(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct ckpt_hdr_task_ns ids = {};
	struct pid *pid = get_task_pid(tsk, PIDTYPE_PID);
	const struct cred *cred = get_task_cred(tsk);
	int ret;

	ret = ckpt_user_ns_id(ctx, cred->user_ns);
	if (ret >= 0 && pid)
		ret = ckpt_pid_ns_id(ctx, ns_of_pid(pid));
	if (ret >= 0)
		ret = collect_task_ns(ctx, tsk, &ids);
	put_cred(cred);
	put_pid(pid);
	return ret;
}

static int find_kept_of(struct ckpt_ctx *ctx, struct task_struct *tsk,
			struct xarray *seen)
{
	struct nsproxy *ns = get_task_nsproxy(tsk);
	struct mnt_namespace *mnt_ns;
	int ret = 0;

	if (!ns)
		return 0;
	mnt_ns = ns->mnt_ns;
	if (mnt_ns != ctx->root_nsproxy->mnt_ns &&
	    mnt_ns != current->nsproxy->mnt_ns &&
	    !xa_load(seen, (unsigned long)mnt_ns)) {
		if (xa_err(xa_store(seen, (unsigned long)mnt_ns, ctx,
				    GFP_KERNEL_ACCOUNT)))
			ret = ckpt_err(ctx, -ENOMEM, "namespaces");
		else
			ret = checkpoint_kept_in(ctx, mnt_ns);
	}
	put_nsproxy(ns);
	return ret;
}

/* What mounts keep a namespace has to be known before it is written. */
static int find_kept(struct ckpt_ctx *ctx)
{
	struct xarray seen;
	int ret = 0;
	u32 i;

	xa_init(&seen);
	for (i = 0; i < ctx->nr_tasks && !ret; i++) {
		ret = find_kept_of(ctx, ctx->tasks[i].task, &seen);
		cond_resched();
	}
	xa_destroy(&seen);
	return ret;
}

/**
 * checkpoint_namespaces - write the namespaces that the tree has for itself
 * @ctx: the checkpoint, its tasks frozen
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_namespaces(struct ckpt_ctx *ctx)
{
	const struct cred *cred = get_task_cred(ctx->root);
	int ret;
	u32 i;

	ctx->user_ns = get_user_ns(cred->user_ns);
	put_cred(cred);
	ctx->root_nsproxy = get_task_nsproxy(ctx->root_thread);
	if (!ctx->root_nsproxy)
		return ckpt_err(ctx, -ESRCH, "the root task died meanwhile");
	ret = find_base_user_ns(ctx) ?: find_kept(ctx);
	for (i = 0; i < ctx->nr_tasks && ret >= 0; i++) {
		ctx->subject = &ctx->tasks[i];
		ret = collect_namespaces(ctx, ctx->tasks[i].task);
		cond_resched();
	}
	/* What is not known by now, no task is in. */
	for (i = 0; i < ctx->nr_tasks && ret >= 0; i++) {
		ctx->subject = &ctx->tasks[i];
		ret = checkpoint_open_ns(ctx, ctx->tasks[i].task);
	}
	if (ret < 0)
		return ret;
	ctx->subject = NULL;
	ret = checkpoint_kept_all(ctx);
	ctx->ns_done = true;
	return ret ?: checkpoint_netconf_end(ctx);
}

/* ---- validate ---- */

/**
 * ckpt_ns_validate - check what all NS records have in common
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_ns_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_ns *ns = (const void *)h;
	u32 known = CKPT_NS_ROOT;

	switch (h->type) {
	case CKPT_HDR_NS_USER:
		known |= CKPT_NS_USER_SETGROUPS | CKPT_NS_USER_SETFCAP;
		break;
	case CKPT_HDR_NS_PID:
		known |= CKPT_NS_PID_DEAD;
		break;
	case CKPT_HDR_NS_TIME:
		known = CKPT_NS_TIME_FROZEN;
		break;
	}
	if (ns->flags & ~known)
		return ckpt_bad(v, "unknown flags");
	if (!ckpt_ref0_ok(v, ns->user, CKPT_CLASS_NS_USER))
		return ckpt_bad(v, "owner is no user namespace");
	return 0;
}

/**
 * ckpt_task_ns_validate - check a TASK_NS record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_task_ns_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_task *t = (const void *)v->owner_hdr;
	const struct ckpt_hdr_tree_task *tree = v->tree[t->index];
	const struct ckpt_hdr_task_ns *n = (const void *)h;
	const struct ckpt_hdr_pid *pid = (const void *)v->objs[tree->pid - 1];

	if (tree->state == CKPT_TASK_DEAD)
		return ckpt_bad(v, "namespaces of a dead task");
	if (!ckpt_ref0_ok(v, n->uts, CKPT_CLASS_NS_UTS) ||
	    !ckpt_ref0_ok(v, n->ipc, CKPT_CLASS_NS_IPC) ||
	    !ckpt_ref0_ok(v, n->mnt, CKPT_CLASS_NS_MNT) ||
	    !ckpt_ref0_ok(v, n->net, CKPT_CLASS_NS_NET) ||
	    !ckpt_ref0_ok(v, n->cgroup, CKPT_CLASS_NS_CGROUP) ||
	    !ckpt_ref0_ok(v, n->time, CKPT_CLASS_NS_TIME) ||
	    !ckpt_ref0_ok(v, n->time_for_children, CKPT_CLASS_NS_TIME) ||
	    !ckpt_ref0_ok(v, n->pid_for_children, CKPT_CLASS_NS_PID))
		return ckpt_bad(v, "reference to an object of another kind");
	if (n->pid_for_children &&
	    (n->pid_for_children == pid->ns ||
	     !ckpt_pid_ns_within(v, n->pid_for_children, pid->ns)))
		return ckpt_bad(v, "pid namespace for children is not below the task's");
	return 0;
}

/* ---- restart ---- */

static struct file *external_file(struct ckpt_ctx *ctx, u32 id)
{
	char key[16];

	snprintf(key, sizeof(key), "ns:%u", id);
	return ckpt_external_file(ctx, key);
}

/**
 * ckpt_ns_is_external - whether the caller supplies a namespace
 * @ctx: the restart
 * @id: the number of the object, or 0
 *
 * Return: true if so.
 */
bool ckpt_ns_is_external(struct ckpt_ctx *ctx, u32 id)
{
	return external_file(ctx, id);
}

static bool may_enter(struct ns_common *ns)
{
	if (ns->ops->type == CLONE_NEWUSER)
		return ns == &current_user_ns()->ns ||
		       ns_capable(container_of(ns, struct user_namespace, ns),
				  CAP_SYS_ADMIN);
	return ns == member(current->nsproxy, ns->ops->type) ||
	       ns_capable(ns->ops->owner(ns), CAP_SYS_ADMIN);
}

/**
 * ckpt_ns_external - a namespace that the caller supplies
 * @ctx: the restart
 * @id: the number of the object
 * @type: CLONE_NEWUTS or another
 *
 * Asks what setns() would ask.
 *
 * Return: the namespace, referenced; NULL if the caller does not; or ERR_PTR()
 * of an errno that has been reported.
 */
struct ns_common *ckpt_ns_external(struct ckpt_ctx *ctx, u32 id, int type)
{
	struct file *file = external_file(ctx, id);
	struct ns_common *ns;

	if (!file)
		return NULL;
	if (!proc_ns_file(file))
		return ERR_PTR(ckpt_err(ctx, -EINVAL,
					"external resource \"ns:%u\" is no namespace",
					id));
	ns = get_proc_ns(file_inode(file));
	if (ns->ops->type != type)
		return ERR_PTR(ckpt_err(ctx, -EINVAL,
					"external resource \"ns:%u\" is a %s namespace",
					id, ns->ops->name));
	if (!may_enter(ns))
		return ERR_PTR(ckpt_err(ctx, -EPERM,
					"external resource \"ns:%u\": takes CAP_SYS_ADMIN in the user namespace %s",
					id, type == CLONE_NEWUSER ? "that it is" :
					"that owns it"));
	ckpt_ns_get(ns);
	return ns;
}

static struct ns_common *get_ns(void *ns)
{
	ckpt_ns_get(ns);
	return ns;
}

/**
 * ckpt_ns_open - open a namespace
 * @ns: the namespace
 * @flags: of the open file
 *
 * As open() of a file below /proc/PID/ns/.
 *
 * Return: the file, referenced, or ERR_PTR() of an errno, not reported.
 */
struct file *ckpt_ns_open(struct ns_common *ns, int flags)
{
	struct path path = {};
	struct file *file;
	int ret;

	ret = ns_get_path_cb(&path, get_ns, ns);
	if (ret)
		return ERR_PTR(ret);
	file = dentry_open(&path, flags, current_cred());
	path_put(&path);
	return file;
}

/**
 * ckpt_ns_user - a user namespace of the restored tree
 * @ctx: the restart; restore_namespaces() has been called
 * @id: NS_USER object, or 0
 *
 * Return: the user namespace; not referenced.
 */
struct user_namespace *ckpt_ns_user(struct ckpt_ctx *ctx, u32 id)
{
	struct ns_common *ns;

	if (!id)
		return ctx->base_user_ns;
	ns = ckpt_obj_by_id(ctx, id)->ptr;
	return container_of(ns, struct user_namespace, ns);
}

/**
 * ckpt_ns_callers - the namespace that stands for 0 in the image
 * @ctx: the restart
 * @type: CLONE_NEWUTS or another
 *
 * Return: the namespace; not referenced.
 */
struct ns_common *ckpt_ns_callers(struct ckpt_ctx *ctx, int type)
{
	if (type == CLONE_NEWUSER)
		return &ctx->base_user_ns->ns;
	if (type == CLONE_NEWPID)
		return &ctx->nsproxy->pid_ns_for_children->ns;
	return member(ctx->nsproxy, type);
}

/**
 * ckpt_ns_owner - who owns a namespace that is to be made
 * @ctx: the restart
 * @h: the namespace
 *
 * Return: the user namespace, in which the caller has CAP_SYS_ADMIN, or ERR_PTR()
 * of an errno that has been reported.
 */
struct user_namespace *ckpt_ns_owner(struct ckpt_ctx *ctx,
				     const struct ckpt_hdr_ns *h)
{
	struct user_namespace *owner = ckpt_ns_user(ctx, h->user);

	if (!ns_capable(owner, CAP_SYS_ADMIN))
		return ERR_PTR(ckpt_err(ctx, -EPERM,
					"%s %u: no right to create a namespace",
					ckpt_kind(h->h.type)->name, h->h.id));
	return owner;
}

/**
 * ckpt_ns_check_owner - see whether a namespace of the caller's is the right one
 * @ctx: the restart
 * @h: the namespace in the image
 * @ns: what the caller has in its place
 *
 * What the restored tasks may do with it depends on that.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_ns_check_owner(struct ckpt_ctx *ctx, const struct ckpt_hdr_ns *h,
			struct ns_common *ns)
{
	struct user_namespace *want = ckpt_ns_user(ctx, h->user);
	struct user_namespace *owner = ns->ops->owner(ns);

	/* 0 stands for all that are further outside, too. */
	if (h->user ? owner == want : user_ns_within(want, owner))
		return 0;
	return ckpt_err(ctx, -EINVAL,
			"%s namespace of the caller: its owner is not the user namespace that it was",
			ns->ops->name);
}

/* Of a task that has all those of the caller. */
static const struct ckpt_hdr_task_ns no_ns;

static struct ns_common *own_or(struct ckpt_ctx *ctx, u32 id,
				struct ns_common *callers)
{
	struct ns_common *ns = id ? ckpt_obj_by_id(ctx, id)->ptr : callers;

	ckpt_ns_get(ns);
	return ns;
}

/* A set of namespaces for the restored tasks; each referenced by it. */
static struct nsproxy *make_nsproxy(struct ckpt_ctx *ctx,
				    const struct ckpt_hdr_task_ns *h,
				    struct pid_namespace *pid_ns)
{
	struct nsproxy *new = create_nsproxy(), *own = ctx->nsproxy;

	if (!new)
		return NULL;
	new->uts_ns = container_of(own_or(ctx, h->uts, &own->uts_ns->ns),
				   struct uts_namespace, ns);
	new->ipc_ns = container_of(own_or(ctx, h->ipc, &own->ipc_ns->ns),
				   struct ipc_namespace, ns);
	new->mnt_ns = to_mnt_ns(own_or(ctx, h->mnt, from_mnt_ns(own->mnt_ns)));
	new->net_ns = container_of(own_or(ctx, h->net, &own->net_ns->ns),
				   struct net, ns);
	new->cgroup_ns = container_of(own_or(ctx, h->cgroup, &own->cgroup_ns->ns),
				      struct cgroup_namespace, ns);
	/* As for any child of the caller. */
	new->time_ns = container_of(own_or(ctx, h->time,
					   &own->time_ns_for_children->ns),
				    struct time_namespace, ns);
	new->time_ns_for_children =
		container_of(own_or(ctx, h->time_for_children,
				    &own->time_ns_for_children->ns),
			     struct time_namespace, ns);
	new->pid_ns_for_children = get_pid_ns(pid_ns);
	return new;
}

/**
 * ckpt_nsproxy_with_pid - what the caller needs to create a task
 * @ctx: the restart
 * @ns: pid namespace for its children
 *
 * Return: the restored tasks' namespaces with that one, referenced, or NULL.
 */
struct nsproxy *ckpt_nsproxy_with_pid(struct ckpt_ctx *ctx,
				      struct pid_namespace *ns)
{
	return make_nsproxy(ctx, &no_ns, ns);
}

static int enter(struct ckpt_ctx *ctx, const struct ckpt_hdr_task_ns *h,
		 struct pid_namespace *pid_ns)
{
	struct nsproxy *new = make_nsproxy(ctx, h, pid_ns);

	if (!new)
		return ckpt_err(ctx, -ENOMEM, "namespaces");
	switch_task_namespaces(current, new);
	timens_commit(current, new->time_ns);
	return 0;
}

static bool same_namespaces(const struct ckpt_hdr_task_ns *a,
			    const struct ckpt_hdr_task_ns *b)
{
	return !memcmp(&a->uts, &b->uts,
		       sizeof(*a) - offsetof(struct ckpt_hdr_task_ns, uts));
}

/**
 * enter_namespaces - bring the current task into its namespaces
 * @ctx: the restart
 * @t: the current task
 * @h: its TASK_NS record, or NULL
 *
 * Not yet the pid namespace for its children: its threads come first. These
 * begin in the namespaces that their leader has entered, and share the set
 * unless they have others.
 *
 * Return: 0, or an errno that has been reported.
 */
int enter_namespaces(struct ckpt_ctx *ctx, struct ckpt_task *t,
		     const struct ckpt_hdr_task_ns *h)
{
	const struct ckpt_task *leader = &ctx->tasks[t->tree->leader];

	t->ns = h ?: &no_ns;
	if (t == leader || leader->dead)
		return enter(ctx, t->ns, task_active_pid_ns(current));
	if (t->ns->time != leader->ns->time)
		return ckpt_err(ctx, -EBADMSG,
				"image: thread in another time namespace than its process");
	if (same_namespaces(t->ns, leader->ns))
		return 0;
	return enter(ctx, t->ns, task_active_pid_ns(current));
}

/**
 * enter_ns_for_children - give the current task the pid namespace for its
 *	children
 * @ctx: the restart
 * @h: its TASK_NS record, or NULL
 *
 * Return: 0, or an errno that has been reported.
 */
int enter_ns_for_children(struct ckpt_ctx *ctx, const struct ckpt_hdr_task_ns *h)
{
	if (!h || !h->pid_for_children)
		return 0;
	return enter(ctx, h, ckpt_pid_ns(ctx, h->pid_for_children));
}

static int copy_callers(struct ckpt_ctx *ctx)
{
	struct nsproxy *own;

	ctx->nsproxy = current->nsproxy;
	own = make_nsproxy(ctx, &no_ns, current->nsproxy->pid_ns_for_children);
	ctx->nsproxy = own;
	return own ? 0 : ckpt_err(ctx, -ENOMEM, "namespaces");
}

static int restore_all(struct ckpt_ctx *ctx, bool user)
{
	u32 id;

	for (id = 1; id <= ctx->nr_objs; id++) {
		const struct ckpt_hdr_ns *h = (const void *)ctx->objs[id - 1].h;
		bool is_user = h->h.type == CKPT_HDR_NS_USER;
		struct ns_common *ns;

		cond_resched();
		if (!ckpt_is_ns(h->h.type) || user != is_user)
			continue;
		ns = restore_obj(ctx, id);
		if (IS_ERR(ns))
			return PTR_ERR(ns);
		if (user && h->flags & CKPT_NS_ROOT)
			ctx->user_ns = ckpt_ns_user(ctx, id);
	}
	return 0;
}

/*
 * Does the caller supply the outermost user namespaces of the image? Then
 * everything is relative to the parent of these, which it may have left.
 */
static int find_base(struct ckpt_ctx *ctx)
{
	struct user_namespace *base = NULL, *parent;
	const struct ckpt_hdr_ns *h;
	struct ns_common *ns;
	u32 id;

	ctx->base_user_ns = current_user_ns();
	for (id = 1; id <= ctx->nr_objs; id++) {
		h = (const void *)ctx->objs[id - 1].h;
		if (h->h.type != CKPT_HDR_NS_USER || h->user)
			continue;
		ns = ckpt_ns_external(ctx, id, CLONE_NEWUSER);
		if (IS_ERR(ns))
			return PTR_ERR(ns);
		if (!ns)
			continue;
		/* The resource keeps the one, and that the other. */
		parent = ns->ops->owner(ns);
		ckpt_ns_put(ns);
		if (!parent || (base && base != parent))
			return ckpt_err(ctx, -EINVAL,
					"external resource \"ns:%u\": user namespace of another parent",
					id);
		base = parent;
	}
	if (base)
		ctx->base_user_ns = base;
	return 0;
}

/**
 * restore_namespaces - make all namespaces of the image
 * @ctx: the restart, before any task is created
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_namespaces(struct ckpt_ctx *ctx)
{
	ctx->user_ns = current_user_ns();
	return restore_kept(ctx) ?:
	       find_base(ctx) ?:
	       copy_callers(ctx) ?:
	       restore_all(ctx, true) ?:
	       restore_clocks(ctx) ?:
	       restore_all(ctx, false);
}
