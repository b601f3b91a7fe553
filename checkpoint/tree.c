// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the tree of tasks
 *
 * Saved: processes and threads with their ids, parents, process groups and
 * sessions (also those whose leader is dead), exit signals, exit codes of
 * zombies.
 * Not saved: process group and session of the root task, and of those that
 * share them, if their leader is outside the tree: they become the caller's.
 */
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "freeze.h"
#include "internal.h"
#include "namespaces.h"

/* ---- checkpoint ---- */

static int checkpoint_task_pid(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct pid *pid = get_task_pid(t->task, PIDTYPE_PID);
	int ret;

	ctx->subject = t;
	if (!pid)
		return ckpt_err(ctx, -ESRCH, "died meanwhile");
	ret = checkpoint_obj(ctx, CKPT_HDR_PID, pid);
	put_pid(pid);
	return ret < 0 ? ret : 0;
}

/*
 * Ids of sessions and process groups: those of tasks in the tree have been
 * written. Any other belongs to a dead leader, or to one outside; the root
 * task's session and process group tell which: what it has in common with the
 * outside is the caller's business at restart.
 */
static int checkpoint_group_id(struct ckpt_ctx *ctx, struct ckpt_task *t,
			       enum pid_type type, u32 *id)
{
	struct pid *pid = get_task_pid(t->task, type);
	struct pid *roots = get_task_pid(ctx->root, type);
	bool external = pid == roots && pid != task_pid(ctx->root);
	int ret = 0;

	*id = 0;
	ctx->subject = t;
	if (!pid)
		ret = ckpt_err(ctx, -ESRCH, "died meanwhile");
	else if (!external)
		ret = checkpoint_obj(ctx, CKPT_HDR_PID, pid);
	if (ret > 0)
		*id = ret;
	put_pid(roots);
	put_pid(pid);
	return ret < 0 ? ret : 0;
}

static s32 zombie_code(struct task_struct *tsk)
{
	if (tsk->signal->flags & SIGNAL_GROUP_EXIT)
		return tsk->signal->group_exit_code;
	return tsk->exit_code;
}

static u32 task_state_of(struct ckpt_task *t)
{
	if (t->dead)
		return CKPT_TASK_DEAD;
	return READ_ONCE(t->task->jobctl) & JOBCTL_STOPPED ?
	       CKPT_TASK_STOPPED : CKPT_TASK_ALIVE;
}

static int checkpoint_tree_task(struct ckpt_ctx *ctx, struct ckpt_task *t,
				u32 pgrp, u32 session)
{
	struct task_struct *tsk = t->task, *parent;
	struct ckpt_hdr_tree_task *h;
	struct pid *pid;

	h = ckpt_new_rec(ctx, CKPT_HDR_TREE_TASK, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	pid = get_task_pid(tsk, PIDTYPE_PID);
	h->pid = pid ? checkpoint_obj(ctx, CKPT_HDR_PID, pid) : 0;
	put_pid(pid);
	h->pgrp = pgrp;
	h->session = session;
	rcu_read_lock();
	parent = rcu_dereference(tsk->real_parent);
	h->leader = ckpt_frozen_index(ctx, tsk->group_leader);
	h->parent = h->leader ? ckpt_frozen_index(ctx, parent) : CKPT_TREE_NONE;
	rcu_read_unlock();
	h->state = task_state_of(t);
	h->exit_signal = thread_group_leader(tsk) ? tsk->exit_signal : -1;
	h->exit_code = t->dead ? zombie_code(tsk) : 0;
	if (!h->pid || h->leader == CKPT_TREE_NONE ||
	    (h->leader && h->parent >= t->index))
		return ckpt_err(ctx, -ESRCH, "the tree changed meanwhile");
	return 0;
}

/**
 * checkpoint_tree - write the tree
 * @ctx: the checkpoint, its tasks frozen
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_tree(struct ckpt_ctx *ctx)
{
	struct { u32 pgrp, session; } *ids;
	struct ckpt_hdr_tree *h;
	int ret = 0;
	u32 i;

	ids = kvcalloc(ctx->nr_tasks, sizeof(*ids), GFP_KERNEL_ACCOUNT);
	if (!ids)
		return ckpt_err(ctx, -ENOMEM, "ids of %u tasks", ctx->nr_tasks);

	for (i = 0; i < ctx->nr_tasks && !ret; i++)
		ret = checkpoint_task_pid(ctx, &ctx->tasks[i]);
	for (i = 0; i < ctx->nr_tasks && !ret; i++)
		ret = checkpoint_group_id(ctx, &ctx->tasks[i], PIDTYPE_PGID,
					  &ids[i].pgrp);
	for (i = 0; i < ctx->nr_tasks && !ret; i++)
		ret = checkpoint_group_id(ctx, &ctx->tasks[i], PIDTYPE_SID,
					  &ids[i].session);
	if (ret)
		goto out_ids;

	h = ckpt_new_rec(ctx, CKPT_HDR_TREE, sizeof(*h));
	if (IS_ERR(h)) {
		ret = PTR_ERR(h);
		goto out_ids;
	}
	h->nr_tasks = ctx->nr_tasks;
	for (i = 0; i < ctx->nr_tasks && !ret; i++) {
		ctx->subject = &ctx->tasks[i];
		h->nr_procs += thread_group_leader(ctx->tasks[i].task);
		ret = checkpoint_tree_task(ctx, &ctx->tasks[i], ids[i].pgrp,
					   ids[i].session);
	}
	ctx->subject = NULL;
out_ids:
	kvfree(ids);
	return ret;
}

/* ---- validate ---- */

/**
 * ckpt_tree_validate - check a TREE record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_tree_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_tree *t = (const void *)h;

	if (v->have_tree)
		return ckpt_bad(v, "second tree");
	v->have_tree = true;
	if (t->nr_tasks != v->max_tasks)
		return ckpt_bad(v, "number of tasks differs from the header's");
	if (!t->nr_procs || t->nr_procs > t->nr_tasks)
		return ckpt_bad(v, "number of processes out of range");
	return 0;
}

static u32 pid_ns_of(const struct ckpt_validator *v, u32 pid)
{
	return ((const struct ckpt_hdr_pid *)v->objs[pid - 1])->ns;
}

static int validate_thread(struct ckpt_validator *v, u32 index,
			   const struct ckpt_hdr_tree_task *t)
{
	const struct ckpt_hdr_tree_task *leader;

	if (!index || t->leader != v->tree[index - 1]->leader)
		return ckpt_bad(v, "thread does not follow its leader");
	leader = v->tree[t->leader];
	if (t->state == CKPT_TASK_DEAD)
		return ckpt_bad(v, "dead thread");
	if (t->parent != leader->parent || t->pgrp != leader->pgrp ||
	    t->session != leader->session)
		return ckpt_bad(v, "thread has another parent, group or session than its leader");
	if (t->exit_signal != -1)
		return ckpt_bad(v, "thread has an exit signal");
	if (pid_ns_of(v, t->pid) != pid_ns_of(v, leader->pid))
		return ckpt_bad(v, "thread is in another pid namespace than its leader");
	return 0;
}

/*
 * Children are in their parent's pid namespace or in one below it, and sessions
 * and process groups reach inwards, not outwards.
 */
static bool nested_ok(const struct ckpt_validator *v,
		      const struct ckpt_hdr_tree_task *t)
{
	u32 ns = pid_ns_of(v, t->pid);

	if (t->parent != CKPT_TREE_NONE &&
	    !ckpt_pid_ns_within(v, ns, pid_ns_of(v, v->tree[t->parent]->pid)))
		return false;
	return (!t->session || ckpt_pid_ns_within(v, ns, pid_ns_of(v, t->session))) &&
	       (!t->pgrp || ckpt_pid_ns_within(v, ns, pid_ns_of(v, t->pgrp)));
}

static int validate_leader(struct ckpt_validator *v, u32 index,
			   const struct ckpt_hdr_tree_task *t)
{
	if (index ? t->parent >= index : t->parent != CKPT_TREE_NONE)
		return ckpt_bad(v, "parent does not come before the task");
	if (index && v->tree[t->parent]->state == CKPT_TASK_DEAD)
		return ckpt_bad(v, "parent is dead");
	if (t->session && !t->pgrp)
		return ckpt_bad(v, "process group outside of its session");
	if (t->exit_signal < 0 || t->exit_signal > _NSIG)
		return ckpt_bad(v, "exit signal out of range");
	if (!index && (t->exit_signal == SIGKILL || t->exit_signal == SIGSTOP)) {
		/* Nobody who calls restart() wants that from an image. */
		v->why = "end of the root task would kill or stop the caller of restart()";
		return -EOPNOTSUPP;
	}
	if (!nested_ok(v, t))
		return ckpt_bad(v, "pid namespace does not contain that of the task");
	return 0;
}

/**
 * ckpt_tree_task_validate - check a TREE_TASK record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_tree_task_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_tree *tree = (const void *)v->owner_hdr;
	const struct ckpt_hdr_tree_task *t = (const void *)h;
	u32 index = v->nr_tree;

	if (index >= v->max_tasks)
		return ckpt_bad(v, "more tasks than announced");
	if (!ckpt_ref_ok(v, t->pid, CKPT_CLASS_PID) ||
	    (t->pgrp && !ckpt_ref_ok(v, t->pgrp, CKPT_CLASS_PID)) ||
	    (t->session && !ckpt_ref_ok(v, t->session, CKPT_CLASS_PID)))
		return ckpt_bad(v, "reference to something that is no PID");
	if (v->pid_used[t->pid - 1])
		return ckpt_bad(v, "id of two tasks");
	v->pid_used[t->pid - 1] = 1;
	if (t->state < CKPT_TASK_ALIVE || t->state > CKPT_TASK_DEAD)
		return ckpt_bad(v, "unknown task state");
	if (t->exit_code && t->state != CKPT_TASK_DEAD)
		return ckpt_bad(v, "exit code of a task that is alive");
	if (t->exit_code & ~0xffff)
		return ckpt_bad(v, "exit code out of range");
	v->tree[index] = t;
	v->nr_tree++;
	if (t->leader == index)
		v->nr_procs++;
	if (v->nr_tree == tree->nr_tasks && v->nr_procs != tree->nr_procs)
		return ckpt_bad(v, "number of processes differs from the tree's");
	if (t->leader != index)
		return validate_thread(v, index, t);
	return validate_leader(v, index, t);
}

/* ---- restart ---- */

static bool is_dead_init(struct ckpt_ctx *ctx, u32 i)
{
	const struct ckpt_hdr_tree_task *t = ctx->tasks[i].tree;

	return ctx->tasks[i].dead && ckpt_pid_is_init(ctx, t->pid) &&
	       (i + 1 == ctx->nr_tasks || ctx->tasks[i + 1].tree->leader != i);
}

/*
 * An init dies after all others in its pid namespace have been reaped; if one
 * were left it would wait for that.
 */
static int check_dead_inits(struct ckpt_ctx *ctx)
{
	u32 i, ns;

	for (i = 0; i < ctx->nr_tasks; i++) {
		ns = ckpt_pid_namespace(ctx, ctx->tasks[i].tree->pid);
		if (ns && is_dead_init(ctx, i))
			ckpt_obj_by_id(ctx, ns)->priv = &ctx->tasks[i];
	}
	for (i = 0; i < ctx->nr_tasks; i++) {
		ns = ckpt_pid_namespace(ctx, ctx->tasks[i].tree->pid);
		for (; ns; ns = ckpt_pid_ns_parent(ctx, ns)) {
			struct ckpt_task *init = ckpt_obj_by_id(ctx, ns)->priv;

			if (init && init != &ctx->tasks[i])
				return ckpt_err(ctx, -EBADMSG,
						"image: a dead init is not the last of its pid namespace");
		}
	}
	return 0;
}

/**
 * restore_tree - read the tree
 * @ctx: the restart; the records have been validated
 * @c: position of the TREE record, moved behind the last TREE_TASK
 *
 * Only makes ctx->tasks; restore_tasks() creates the tasks.
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_tree(struct ckpt_ctx *ctx, struct ckpt_cursor *c)
{
	const struct ckpt_hdr_tree *h;
	u32 i;

	h = ckpt_read_obj_type(c, CKPT_HDR_TREE);
	if (IS_ERR(h))
		return PTR_ERR(h);
	ctx->tasks = kvcalloc(h->nr_tasks, sizeof(*ctx->tasks),
			      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!ctx->tasks)
		return ckpt_err(ctx, -ENOMEM, "%u tasks", h->nr_tasks);
	ctx->nr_tasks = h->nr_tasks;
	for (i = 0; i < h->nr_tasks; i++) {
		struct ckpt_task *t = &ctx->tasks[i];

		t->tree = ckpt_read_obj_type(c, CKPT_HDR_TREE_TASK);
		if (IS_ERR(t->tree))
			return PTR_ERR(t->tree);
		t->ctx = ctx;
		t->index = i;
		t->dead = t->tree->state == CKPT_TASK_DEAD;
	}
	return check_dead_inits(ctx);
}

/**
 * ckpt_exec_ids_ok - whether a task can have these numbers
 * @exit_signal: what its parent is sent when it ends
 * @parent_exec_id: its parent's @self_exec_id when that created it
 * @self_exec_id: how often its parent has executed a program
 *
 * A parent that has executed a program since is sent nothing but SIGCHLD: it may
 * have more privilege now. One that the number is still ahead of would be sent
 * the signal after it has.
 *
 * A pure function.
 *
 * Return: true if so.
 */
bool ckpt_exec_ids_ok(int exit_signal, u64 parent_exec_id, u64 self_exec_id)
{
	return exit_signal == SIGCHLD ||
	       (parent_exec_id <= self_exec_id && self_exec_id <= S64_MAX);
}

static int check_exec_ids(struct ckpt_ctx *ctx)
{
	const struct ckpt_task *t, *parent;
	u32 i;

	for (i = 0; i < ctx->nr_tasks; i++) {
		t = &ctx->tasks[i];
		if (t->dead || t->tree->leader != i ||
		    t->tree->parent == CKPT_TREE_NONE)
			continue;
		parent = &ctx->tasks[t->tree->parent];
		if (!ckpt_exec_ids_ok(t->tree->exit_signal,
				      t->sched->parent_exec_id,
				      parent->sched->self_exec_id))
			return ckpt_err(ctx, -EBADMSG,
					"image: process of a parent that has yet to execute a program");
	}
	return 0;
}

/* Someone may have killed, or even reaped, what we made. */
static bool tree_is_whole(struct ckpt_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->nr_tasks; i++) {
		struct ckpt_task *t = &ctx->tasks[i];

		if (!pid_alive(t->task) || t->dead != !!t->task->exit_state)
			return false;
	}
	return true;
}

/*
 * Somebody with a right to trace the caller may have begun to trace a task while
 * it was like the caller. To what it becomes that somebody may have none.
 */
static bool tree_is_traced(struct ckpt_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->nr_tasks; i++)
		if (ctx->tasks[i].task->ptrace)
			return true;
	return false;
}

static struct task_struct *parent_of(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	if (t->tree->parent != CKPT_TREE_NONE)
		return ctx->tasks[t->tree->parent].task;
	if (ctx->flags & RESTART_SIBLING)
		return rcu_dereference_protected(current->real_parent,
						 lockdep_is_held(&tasklist_lock));
	return current;
}

/*
 * Of a sibling of the caller the caller's, as clone() with CLONE_PARENT has it:
 * an image must not choose what its caller's parent is sent.
 */
static int exit_signal_of(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	if (t->tree->parent == CKPT_TREE_NONE && (ctx->flags & RESTART_SIBLING))
		return current->group_leader->exit_signal;
	return t->tree->exit_signal;
}

/*
 * The parent as it is now created @t, or, as for exit_signal_of(), that of the
 * caller the caller: it may have executed a set-user-id program since.
 */
static u64 parent_exec_id_of(struct ckpt_ctx *ctx, struct ckpt_task *t,
			     const struct task_struct *parent)
{
	if (t->tree->parent == CKPT_TREE_NONE && (ctx->flags & RESTART_SIBLING))
		return current->parent_exec_id;
	return parent->self_exec_id;
}

static void commit_parent(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *parent = parent_of(ctx, t), *leader = t->task, *tsk;
	u64 parent_exec_id = parent_exec_id_of(ctx, t, parent);

	for_each_thread(leader, tsk) {
		RCU_INIT_POINTER(tsk->real_parent, parent);
		RCU_INIT_POINTER(tsk->parent, parent);
		tsk->parent_exec_id = parent_exec_id;
	}
	list_move_tail(&leader->sibling, &parent->children);
	leader->exit_signal = exit_signal_of(ctx, t);
}

static void join_group(struct ckpt_ctx *ctx, struct ckpt_task *t,
		       enum pid_type type, u32 id)
{
	struct ckpt_obj *o = ckpt_obj_by_id(ctx, id);

	change_pid(t->task, type, o->ptr);
	/* From now on it goes away with the last member, which may be soon. */
	o->priv = NULL;
}

static void commit_group_ids(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_hdr_tree_task *tree = t->tree;

	if (tree->session) {
		join_group(ctx, t, PIDTYPE_SID, tree->session);
		t->task->signal->leader = tree->session == tree->pid;
	}
	if (tree->pgrp)
		join_group(ctx, t, PIDTYPE_PGID, tree->pgrp);
}

/**
 * restore_tree_commit - put the tasks in their places
 * @ctx: the restart; all tasks at the barrier, all PID objects exist
 *
 * Until now all processes are children of the caller that send no signal when
 * they exit. In one step they become what they were; there is no task that
 * could see it half done.
 *
 * Return: 0, or an errno that has been reported; nothing has changed then.
 */
int restore_tree_commit(struct ckpt_ctx *ctx)
{
	bool whole, traced;
	int ret;
	u32 i;

	ret = check_exec_ids(ctx);
	if (ret)
		return ret;
	write_lock_irq(&tasklist_lock);
	whole = tree_is_whole(ctx);
	traced = tree_is_traced(ctx);
	for (i = 0; i < ctx->nr_tasks && whole && !traced; i++) {
		struct ckpt_task *t = &ctx->tasks[i];

		if (t->tree->leader != i)
			continue;
		commit_parent(ctx, t);
		commit_group_ids(ctx, t);
	}
	write_unlock_irq(&tasklist_lock);
	if (!whole)
		return ckpt_err(ctx, -ESRCH, "a task was killed meanwhile");
	if (traced)
		return ckpt_err(ctx, -EBUSY, "a task is being traced");
	return 0;
}
