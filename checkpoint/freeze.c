// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - making a tree of tasks stand still
 *
 * A task stands still where the cgroup v2 freezer and ptrace stop it: in
 * get_signal(), on the way to user mode, with a system call that was
 * interrupted already turned into its -ERESTART* code. Tasks that are there
 * for another reason, because of a group stop or a frozen cgroup, are left as
 * they are. %JOBCTL_TRAP_CKPT keeps each of them from going on, whatever wakes
 * it; only SIGKILL gets through.
 *
 * All %JOBCTL_CKPT bits are protected by the siglock of the task.
 *
 * %JOBCTL_TRAP_CKPT	the task must stop, or stay stopped. Inherited by nobody.
 * %JOBCTL_CKPT_STOPPED	the task sleeps in checkpoint_trap()
 * %JOBCTL_CKPT_BUSY	a checkpoint is working on the task. Tasks that have been
 *			left frozen have %JOBCTL_TRAP_CKPT without it.
 */
#include <linux/cgroup.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/rhashtable.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/wait_bit.h>
#include "debug.h"
#include "freeze.h"
#include "internal.h"
#include "sighand.h"

#define CKPT_FREEZE_TIMEOUT_MS	10000
/* Group stops and exits wake nobody: look again that often. */
#define CKPT_FREEZE_POLL	max(HZ / 250, 1)
#define CKPT_BACK_TIMEOUT	HZ
#define CKPT_KILL_TIMEOUT	(10 * HZ)
#define CKPT_KILL_POLL_MIN	(50 * NSEC_PER_USEC)
#define CKPT_KILL_POLL_MAX	(4 * NSEC_PER_MSEC)

/**
 * checkpoint_trap - stand still until released
 *
 * Context: current, in get_signal(), which holds current->sighand->siglock;
 * drops it. get_signal() looks at all reasons to stop again afterwards, and so
 * comes back here as long as %JOBCTL_TRAP_CKPT is set.
 */
void checkpoint_trap(void)
	__releases(&current->sighand->siglock)
{
	spinlock_t *lock = &ckpt_current_sighand()->siglock;

	current->jobctl |= JOBCTL_CKPT_STOPPED;
	/* As the cgroup freezer: a signal wakes us, and stays pending. */
	__set_current_state(TASK_INTERRUPTIBLE | TASK_FREEZABLE);
	clear_thread_flag(TIF_SIGPENDING);
	spin_unlock_irq(lock);

	wake_up_var(&current->jobctl);
	schedule();

	spin_lock_irq(lock);
	current->jobctl &= ~JOBCTL_CKPT_STOPPED;
	recalc_sigpending();
	spin_unlock_irq(lock);

	/* As the cgroup freezer: task work may have woken us, and would again. */
	clear_notify_signal();
	if (unlikely(task_work_pending(current)))
		task_work_run();
}

/**
 * ckpt_task_dead - whether a task is a zombie
 * @tsk: the task
 *
 * Return: true if it has exited.
 */
bool ckpt_task_dead(const struct task_struct *tsk)
{
	return READ_ONCE(tsk->exit_state);
}

/* Whether @tsk, whose siglock is held, is in one of the traps. */
static bool in_trap(struct task_struct *tsk)
{
	/* A vfork() parent counts as frozen, but is inside the system call. */
	return (tsk->jobctl & (JOBCTL_CKPT_STOPPED | JOBCTL_STOPPED)) ||
	       (cgroup_task_frozen(tsk) && (tsk->jobctl & JOBCTL_TRAP_FREEZE));
}

/* Whether @tsk will not run in user mode until we let it. */
static bool task_quiet(struct task_struct *tsk)
{
	unsigned long flags;
	bool ret;

	if (tsk == current || ckpt_task_dead(tsk))
		return true;
	if (!lock_task_sighand(tsk, &flags))
		return ckpt_task_dead(tsk);
	ret = in_trap(tsk);
	unlock_task_sighand(tsk, &flags);
	return ret;
}

/**
 * ckpt_hold_task - keep a task that stands still from dying
 * @tsk: the task
 * @flags: for unlock_task_sighand(), which ends it
 *
 * For a look at what a task itself frees, without a lock, when it exits. One
 * that leaves its trap takes its siglock before it does anything else.
 *
 * Return: false if it does not stand still, or has been killed.
 */
bool ckpt_hold_task(struct task_struct *tsk, unsigned long *flags)
{
	if (!lock_task_sighand(tsk, flags))
		return false;
	if (tsk == current ||
	    (in_trap(tsk) && !(tsk->signal->flags & SIGNAL_GROUP_EXIT) &&
	     !tsk->signal->group_exec_task))
		return true;
	unlock_task_sighand(tsk, flags);
	return false;
}

/* Whether @tsk is quiet, and its registers are in memory. */
static bool stands_still(struct task_struct *tsk)
{
	if (!task_quiet(tsk))
		return false;
	if (tsk == current || ckpt_task_dead(tsk))
		return true;
	/* A signal may wake it on its way to sleep; then it comes back. */
	return wait_task_inactive(tsk, TASK_NORMAL | __TASK_STOPPED);
}

/* ---- the tasks that must be released ---- */

static const struct rhashtable_params frozen_params = {
	.head_offset	= offsetof(struct ckpt_frozen, node),
	.key_offset	= offsetof(struct ckpt_frozen, task),
	.key_len	= sizeof(struct task_struct *),
};

/**
 * ckpt_frozen_init - prepare the table of tasks that must be released
 * @ctx: the operation
 *
 * Return: 0 or -ENOMEM
 */
int ckpt_frozen_init(struct ckpt_ctx *ctx)
{
	INIT_LIST_HEAD(&ctx->frozen);
	return rhashtable_init(&ctx->known, &frozen_params);
}

/**
 * ckpt_frozen_free - end of the table
 * @ctx: the operation; its tasks have been released
 */
void ckpt_frozen_free(struct ckpt_ctx *ctx)
{
	rhashtable_destroy(&ctx->known);
}

static struct ckpt_frozen *find_frozen(struct ckpt_ctx *ctx,
				       struct task_struct *tsk)
{
	return rhashtable_lookup_fast(&ctx->known, &tsk, frozen_params);
}

/**
 * ckpt_frozen_index - find a task in the tree
 * @ctx: the checkpoint, its tasks frozen
 * @tsk: the task
 *
 * Return: its number in ctx->tasks, or %CKPT_TREE_NONE.
 */
u32 ckpt_frozen_index(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct ckpt_frozen *f = find_frozen(ctx, tsk);

	return f ? f->index : CKPT_TREE_NONE;
}

static int remember(struct ckpt_ctx *ctx, struct ckpt_frozen *f)
{
	int ret = rhashtable_insert_fast(&ctx->known, &f->node, frozen_params);

	if (!ret)
		list_add_tail(&f->list, &ctx->frozen);
	return ret;
}

static void forget(struct ckpt_ctx *ctx, struct ckpt_frozen *f)
{
	rhashtable_remove_fast(&ctx->known, &f->node, frozen_params);
	list_del(&f->list);
	put_task_struct(f->task);
	kfree(f);
}

/* ---- the tree ---- */

/* The list of tasks found by one walk over the tree; parents first. */
struct task_list {
	struct task_struct **task;
	u32 nr;
	u32 max;
};

static void put_task_list(struct task_list *list)
{
	u32 i;

	for (i = 0; i < list->nr; i++)
		put_task_struct(list->task[i]);
	kvfree(list->task);
	memset(list, 0, sizeof(*list));
}

static void list_add_task(struct task_list *list, struct task_struct *tsk)
{
	if (list->nr < list->max)
		list->task[list->nr] = tsk;
	list->nr++;
}

static void list_add_process(struct task_list *list, struct task_struct *leader)
{
	struct task_struct *tsk;

	list_add_task(list, leader);
	for_each_thread(leader, tsk) {
		if (tsk != leader)
			list_add_task(list, tsk);
	}
}

/* Breadth first; each leader is followed by its threads. */
static void walk_tree(struct task_list *list, struct task_struct *root)
{
	struct task_struct *leader, *tsk, *child;
	u32 i;

	lockdep_assert_held(&tasklist_lock);
	list->nr = 0;
	list_add_process(list, root);
	for (i = 0; i < list->nr && list->nr <= list->max; i++) {
		leader = list->task[i];
		if (!thread_group_leader(leader))
			continue;
		for_each_thread(leader, tsk) {
			list_for_each_entry(child, &tsk->children, sibling)
				list_add_process(list, child);
		}
	}
}

static void follow_root(struct ckpt_ctx *ctx)
{
	struct task_struct *root;

	lockdep_assert_held(&tasklist_lock);
	/* A thread that executes a program becomes the leader. */
	root = pid_task(ctx->root_pid, PIDTYPE_TGID);
	if (!root || root == ctx->root)
		return;
	put_task_struct(ctx->root);
	ctx->root = get_task_struct(root);
}

/*
 * Fill @list with the tree below ctx->root. The lock is held for one walk at a
 * time; a list that turns out too short is made twice as long.
 */
static int find_tree(struct ckpt_ctx *ctx, struct task_list *list)
{
	u32 i, max = max(ctx->nr_tasks + 16, 64U);

	for (;; max *= 2) {
		list->task = kvmalloc_array(max, sizeof(*list->task),
					    GFP_KERNEL_ACCOUNT);
		if (!list->task)
			return ckpt_err(ctx, -ENOMEM, "list of %u tasks", max);
		list->max = max;

		read_lock(&tasklist_lock);
		follow_root(ctx);
		walk_tree(list, ctx->root);
		if (list->nr <= list->max)
			break;
		read_unlock(&tasklist_lock);
		kvfree(list->task);
	}
	for (i = 0; i < list->nr; i++)
		get_task_struct(list->task[i]);
	read_unlock(&tasklist_lock);
	return 0;
}

static int may_freeze(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	if (tsk->flags & (PF_KTHREAD | PF_USER_WORKER))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"task %d (%s): kernel worker thread of the process",
				task_pid_vnr(tsk), tsk->comm);
	if (!ckpt_task_dead(tsk) &&
	    !ptrace_may_access(tsk, PTRACE_MODE_ATTACH_REALCREDS))
		return ckpt_err(ctx, -EPERM, "task %d (%s): no permission to trace it",
				task_pid_vnr(tsk), tsk->comm);
	return 0;
}

/* Left where it is by an earlier call. Called with siglock held. */
static bool left_frozen(const struct task_struct *tsk)
{
	return (tsk->jobctl & (JOBCTL_TRAP_CKPT | JOBCTL_CKPT_BUSY)) ==
	       JOBCTL_TRAP_CKPT;
}

/* Ask @tsk to stop. Return: 0, or -EBUSY if it is not ours to stop. */
static int request_stop(struct task_struct *tsk, bool *was_frozen)
{
	unsigned long flags;
	int ret = 0;

	if (!lock_task_sighand(tsk, &flags))
		return 0;
	*was_frozen = left_frozen(tsk);
	if (tsk->jobctl & JOBCTL_CKPT_BUSY)
		ret = -EBUSY;
	else
		tsk->jobctl |= JOBCTL_CKPT_BUSY;
	if (!ret && tsk != current && !(tsk->jobctl & JOBCTL_TRAP_CKPT)) {
		tsk->jobctl |= JOBCTL_TRAP_CKPT;
		signal_wake_up(tsk, 0);
	}
	unlock_task_sighand(tsk, &flags);
	return ret;
}

/* Called with siglock held. */
static void open_trap(struct task_struct *tsk)
{
	tsk->jobctl &= ~JOBCTL_TRAP_CKPT;
	if (tsk->jobctl & JOBCTL_CKPT_STOPPED)
		wake_up_state(tsk, TASK_INTERRUPTIBLE);
}

static void release_task_trap(struct task_struct *tsk, bool leave)
{
	unsigned long flags;

	if (!lock_task_sighand(tsk, &flags))
		return;
	tsk->jobctl &= ~JOBCTL_CKPT_BUSY;
	if (!leave)
		open_trap(tsk);
	unlock_task_sighand(tsk, &flags);
}

/* Return: whether @tsk had been left frozen. */
static bool release_left_frozen(struct task_struct *tsk)
{
	unsigned long flags;
	bool ret;

	if (!lock_task_sighand(tsk, &flags))
		return false;
	ret = left_frozen(tsk);
	if (ret)
		open_trap(tsk);
	unlock_task_sighand(tsk, &flags);
	return ret;
}

/* Ask @tsk to stop, and remember to release it later. */
static int stop_task(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct ckpt_frozen *f;
	int ret;

	ret = may_freeze(ctx, tsk) ?: ckpt_at(ctx, CKPT_AT_CHECKED);
	if (ret)
		return ret;
	f = kmalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	if (!f)
		return ckpt_err(ctx, -ENOMEM, "list of stopped tasks");
	f->task = get_task_struct(tsk);
	f->was_frozen = false;
	f->index = CKPT_TREE_NONE;

	ret = remember(ctx, f);
	if (ret) {
		put_task_struct(f->task);
		kfree(f);
		return ckpt_err(ctx, ret, "list of stopped tasks");
	}
	ret = request_stop(tsk, &f->was_frozen);
	if (ret) {
		forget(ctx, f);
		return ckpt_err(ctx, ret,
				"task %d (%s): another checkpoint is working on it",
				task_pid_vnr(tsk), tsk->comm);
	}
	return 0;
}

/* In vfork(), for @tsk to execute a program or to exit. */
static bool parent_waits(struct task_struct *tsk)
{
	return READ_ONCE(tsk->vfork_done) && !ckpt_task_dead(tsk);
}

/*
 * Ask all tasks in @list to stop that have not been asked yet. One that a
 * parent waits for in vfork() must go on first, or the parent could not stop.
 */
static int stop_new_tasks(struct ckpt_ctx *ctx, struct task_list *list, u32 *nr_new)
{
	u32 i;
	int ret;

	*nr_new = 0;
	for (i = 0; i < list->nr; i++) {
		if (find_frozen(ctx, list->task[i]))
			continue;
		++*nr_new;
		if (parent_waits(list->task[i]))
			continue;
		ret = stop_task(ctx, list->task[i]);
		if (ret)
			return ret;
		cond_resched();
	}
	return 0;
}

static int wait_quiet(struct ckpt_ctx *ctx, struct task_struct *tsk,
		      unsigned long deadline)
{
	while (!stands_still(tsk)) {
		if (tsk->ptrace)
			return ckpt_err(ctx, -EBUSY, "task %d (%s): is being traced",
					task_pid_vnr(tsk), tsk->comm);
		if (signal_pending(current))
			return ckpt_err(ctx, -EINTR, "interrupted while tasks stop");
		if (time_after(jiffies, deadline))
			return ckpt_err(ctx, -EBUSY, "task %d (%s): would not stop%s",
					task_pid_vnr(tsk), tsk->comm,
					tsk->exit_state || (tsk->flags & PF_EXITING) ?
					", it is exiting" : "");
		wait_var_event_timeout(&tsk->jobctl, task_quiet(tsk),
				       CKPT_FREEZE_POLL);
	}
	return 0;
}

/*
 * A task that has stood still before: a signal makes it look around and come
 * back, and SIGKILL makes it go.
 */
static int wait_back(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	unsigned long deadline = jiffies + CKPT_BACK_TIMEOUT;

	while (!stands_still(tsk)) {
		if (__fatal_signal_pending(tsk) || (tsk->flags & PF_EXITING) ||
		    time_after(jiffies, deadline))
			return ckpt_err(ctx, -ESRCH, "task %d (%s): died meanwhile",
					task_pid_vnr(tsk), tsk->comm);
		wait_var_event_timeout(&tsk->jobctl, task_quiet(tsk),
				       CKPT_FREEZE_POLL);
	}
	return 0;
}

static int vfork_error(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	return ckpt_err(ctx, -EBUSY,
			"task %d (%s): its parent waits in vfork(); try again",
			task_pid_vnr(tsk), tsk->comm);
}

/* Wait until @tsk, which has not been asked to stop, lets its parent go on. */
static int wait_vfork(struct ckpt_ctx *ctx, struct task_struct *tsk,
		      unsigned long deadline)
{
	while (parent_waits(tsk)) {
		if (time_after(jiffies, deadline))
			return vfork_error(ctx, tsk);
		if (schedule_timeout_interruptible(CKPT_FREEZE_POLL) &&
		    signal_pending(current))
			return ckpt_err(ctx, -EINTR, "interrupted while tasks stop");
	}
	return 0;
}

static int wait_for_tasks(struct ckpt_ctx *ctx, struct task_list *list,
			  unsigned long deadline)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < list->nr && !ret; i++)
		if (!find_frozen(ctx, list->task[i]))
			ret = wait_vfork(ctx, list->task[i], deadline);
	for (i = 0; i < list->nr && !ret; i++)
		if (find_frozen(ctx, list->task[i]))
			ret = wait_quiet(ctx, list->task[i], deadline);
	return ret;
}

/* What a task can be in the middle of that no restart could bring back. */
static int check_quiet_task(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	if (tsk->ptrace)
		return ckpt_err(ctx, -EBUSY, "task %d (%s): is being traced",
				task_pid_vnr(tsk), tsk->comm);
	if (parent_waits(tsk))
		return vfork_error(ctx, tsk);
	return wait_back(ctx, tsk);
}

/* Whoever makes the call cannot be left frozen. */
static int check_caller_stays(struct ckpt_ctx *ctx)
{
	if ((ctx->flags & CHECKPOINT_LEAVE_FROZEN) &&
	    find_frozen(ctx, current))
		return ckpt_err(ctx, -EINVAL,
				"the caller is part of the tree that shall be left frozen");
	return 0;
}

/* A thread other than the leader that is dead leaves no trace. */
static bool is_traceless(struct task_struct *tsk)
{
	return ckpt_task_dead(tsk) && !thread_group_leader(tsk);
}

static int take_tasks(struct ckpt_ctx *ctx, struct task_list *list)
{
	u32 i;
	int ret;

	ctx->tasks = kvcalloc(list->nr, sizeof(*ctx->tasks), GFP_KERNEL_ACCOUNT);
	if (!ctx->tasks)
		return ckpt_err(ctx, -ENOMEM, "list of %u tasks", list->nr);
	for (i = 0; i < list->nr; i++) {
		struct task_struct *tsk = list->task[i];
		struct ckpt_task *t = &ctx->tasks[ctx->nr_tasks];

		/* It may have executed a set-user-id program on its way here. */
		ret = check_quiet_task(ctx, tsk) ?: may_freeze(ctx, tsk);
		if (ret)
			return ret;
		if (is_traceless(tsk))
			continue;
		t->task = get_task_struct(tsk);
		t->ctx = ctx;
		t->index = ctx->nr_tasks++;
		/* It is there: stop_new_tasks() has found nothing new. */
		find_frozen(ctx, tsk)->index = t->index;
		t->dead = ckpt_task_dead(tsk);
		if (!t->dead && !ctx->root_thread &&
		    same_thread_group(tsk, ctx->root))
			ctx->root_thread = t->task;
	}
	if (!ctx->root_thread)
		return ckpt_err(ctx, -ESRCH, "task %d (%s): is dead",
				task_pid_vnr(ctx->root), ctx->root->comm);
	return check_caller_stays(ctx);
}

/**
 * ckpt_freeze_tree - make ctx->root and all its descendants stand still
 * @ctx: the checkpoint
 * @timeout_ms: longest time to wait, or 0
 *
 * Tasks that are created meanwhile are found by walking the tree again: the
 * last walk has found none but tasks that stood still before it, and such tasks
 * create no others.
 *
 * On success ctx->tasks lists the tasks, parents first, and they stay there
 * until ckpt_thaw_tree(), which must be called on failure, too.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_freeze_tree(struct ckpt_ctx *ctx, unsigned int timeout_ms)
{
	unsigned long deadline = jiffies +
		msecs_to_jiffies(timeout_ms ?: CKPT_FREEZE_TIMEOUT_MS);
	struct task_list list = {};
	u32 nr_new;
	int ret;

	for (;;) {
		ret = find_tree(ctx, &list);
		if (ret)
			return ret;
		ret = stop_new_tasks(ctx, &list, &nr_new);
		if (!ret && nr_new)
			ret = ckpt_at(ctx, CKPT_AT_STOPPING) ?:
			      wait_for_tasks(ctx, &list, deadline);
		if (ret || !nr_new)
			break;
		put_task_list(&list);
	}
	if (!ret)
		ret = ckpt_at(ctx, CKPT_AT_STOPPED) ?: take_tasks(ctx, &list);
	put_task_list(&list);
	return ret;
}

/**
 * ckpt_check_frozen - make sure that nothing has changed while we looked
 * @ctx: the checkpoint, its tasks frozen
 *
 * SIGKILL and the OOM killer cannot be held up.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_check_frozen(struct ckpt_ctx *ctx)
{
	u32 i;
	int ret;

	for (i = 0; i < ctx->nr_tasks; i++) {
		struct task_struct *tsk = ctx->tasks[i].task;

		ret = check_quiet_task(ctx, tsk);
		if (ret)
			return ret;
		if (ckpt_task_dead(tsk) != ctx->tasks[i].dead)
			return ckpt_err(ctx, -ESRCH, "task %d (%s): died meanwhile",
					task_pid_vnr(tsk), tsk->comm);
	}
	return 0;
}

/**
 * ckpt_thaw_tree - let the tasks go on
 * @ctx: the checkpoint
 * @leave: leave them where they are, for another call to release
 *
 * Tasks that had been left frozen before are left as they were. May be called
 * at any time, and again.
 */
void ckpt_thaw_tree(struct ckpt_ctx *ctx, bool leave)
{
	struct ckpt_frozen *f, *next;

	list_for_each_entry(f, &ctx->frozen, list)
		release_task_trap(f->task, f->task != current &&
				  (leave || f->was_frozen));
	list_for_each_entry_safe(f, next, &ctx->frozen, list)
		forget(ctx, f);
}

/* The caller, if it is part of the tree, will die when the call is over. */
static bool is_dying(const struct ckpt_task *t)
{
	return !same_thread_group(t->task, current) && !ckpt_task_dead(t->task);
}

static bool tree_dead(struct ckpt_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->nr_tasks; i++)
		if (is_dying(&ctx->tasks[i]))
			return false;
	return true;
}

static u32 warn_of_dying(struct ckpt_ctx *ctx)
{
	const struct ckpt_task *first = NULL;
	u32 i, nr = 0;

	for (i = 0; i < ctx->nr_tasks; i++) {
		if (!is_dying(&ctx->tasks[i]))
			continue;
		first = first ?: &ctx->tasks[i];
		nr++;
	}
	if (nr)
		ckpt_warn(ctx, "the image is complete, but %u killed tasks are not dead yet, such as task %d (%s)",
			  nr, task_pid_vnr(first->task), first->task->comm);
	return nr;
}

/**
 * ckpt_freeze_current - make a restored task stop before it enters user mode
 *
 * Context: current, on its way to get_signal().
 */
void ckpt_freeze_current(void)
{
	spin_lock_irq(&ckpt_current_sighand()->siglock);
	current->jobctl |= JOBCTL_TRAP_CKPT;
	recalc_sigpending();
	spin_unlock_irq(&ckpt_current_sighand()->siglock);
}

/**
 * ckpt_kill_tree - kill the frozen tasks and wait until they are gone
 * @ctx: the checkpoint
 *
 * None of them returns to user mode, but on its way out one may wait for
 * something, which may even be up to the caller: the init of a pid namespace
 * waits until the parents of all that is in there have reaped it. So the wait is
 * bounded, and ends when the caller is killed.
 *
 * Return: how many are not dead yet.
 */
u32 ckpt_kill_tree(struct ckpt_ctx *ctx)
{
	unsigned long deadline = jiffies + CKPT_KILL_TIMEOUT;
	ktime_t nap = CKPT_KILL_POLL_MIN;
	u32 i;

	for (i = 0; i < ctx->nr_tasks; i++)
		if (thread_group_leader(ctx->tasks[i].task))
			/* The leader itself may be dead already. */
			do_send_sig_info(SIGKILL, SEND_SIG_PRIV,
					 ctx->tasks[i].task, PIDTYPE_TGID);
	while (!tree_dead(ctx) && time_before(jiffies, deadline) &&
	       !fatal_signal_pending(current)) {
		set_current_state(TASK_KILLABLE);
		schedule_hrtimeout(&nap, HRTIMER_MODE_REL);
		nap = min(2 * nap, CKPT_KILL_POLL_MAX);
	}
	return warn_of_dying(ctx);
}

/**
 * ckpt_thaw_left_frozen - release a tree that an earlier call left frozen
 * @ctx: the operation; only ctx->root is used
 *
 * Return: 0, or an errno that has been reported: -EINVAL if no task of the
 * tree had been left frozen.
 */
int ckpt_thaw_left_frozen(struct ckpt_ctx *ctx)
{
	struct task_list list = {};
	bool found = false;
	int ret;
	u32 i;

	ret = find_tree(ctx, &list);
	if (ret)
		return ret;
	for (i = 0; i < list.nr && !ret; i++)
		ret = may_freeze(ctx, list.task[i]);
	if (!ret)
		ret = ckpt_at(ctx, CKPT_AT_THAW);
	for (i = 0; i < list.nr && !ret; i++)
		found |= release_left_frozen(list.task[i]);
	put_task_list(&list);
	if (!ret && !found)
		ret = ckpt_err(ctx, -EINVAL, "task %d (%s): is not frozen",
			       task_pid_vnr(ctx->root), ctx->root->comm);
	return ret;
}
