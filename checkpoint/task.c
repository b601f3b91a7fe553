// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - tasks: what each of them does to restore itself
 *
 * Saved: name, start times, time used, faults, context switches; references
 * to the shared objects; and what the rows of ckpt_task_kinds say.
 *
 * At restart the caller creates the thread group leaders, as children of its
 * own that share its memory and files for the moment. A leader makes or joins
 * its own memory, creates its threads, and all of them restore themselves in
 * parallel. They meet at a barrier; when everything has been checked the caller
 * lets them commit, and they go to user mode.
 *
 * Until then all their signals but SIGKILL are blocked.
 */
#include <linux/checkpoint_arch.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/cputime.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/time_namespace.h>
#include <linux/tty.h>
#include <linux/wait_bit.h>
#include <uapi/linux/wait.h>
#include "cred.h"
#include "debug.h"
#include "files.h"
#include "freeze.h"
#include "internal.h"
#include "ipc.h"
#include "mm.h"
#include "namespaces.h"
#include "sighand.h"
#include "signal.h"

/* ---- checkpoint ---- */

/* Whether @tsk takes care of what belongs to its whole process. */
static bool represents_process(struct task_struct *tsk)
{
	struct task_struct *t;
	bool ret = false;

	rcu_read_lock();
	for_each_thread(tsk, t) {
		if (ckpt_task_dead(t))
			continue;
		ret = t == tsk;
		break;
	}
	rcu_read_unlock();
	return ret;
}

static bool kind_applies(const struct ckpt_task_kind *k, bool dead, bool process)
{
	return (k->dead || !dead) && (!k->process || process);
}

/* The memory of a process whose leader is dead is that of its other threads. */
static struct mm_struct *mm_of_process(struct task_struct *tsk)
{
	struct mm_struct *mm = NULL;
	struct task_struct *t;

	rcu_read_lock();
	for_each_thread(tsk, t) {
		task_lock(t);
		mm = t->mm;
		if (mm)
			mmget(mm);
		task_unlock(t);
		if (mm)
			break;
	}
	rcu_read_unlock();
	return mm;
}

static int collect_mm(struct ckpt_ctx *ctx, struct task_struct *tsk,
		      struct ckpt_hdr_task_objs *objs)
{
	struct mm_struct *mm = mm_of_process(tsk);
	int id;

	if (!mm)
		return 0;
	id = checkpoint_obj(ctx, CKPT_HDR_MM, mm);
	mmput(mm);
	if (id < 0)
		return id;
	objs->mm = id;
	return 0;
}

static int collect_files(struct ckpt_ctx *ctx, struct task_struct *tsk,
			 struct ckpt_hdr_task_objs *objs)
{
	struct files_struct *files;
	int id;

	task_lock(tsk);
	files = tsk->files;
	if (files)
		atomic_inc(&files->count);
	task_unlock(tsk);
	if (!files)
		return ckpt_err(ctx, -ESRCH, "died meanwhile");
	id = checkpoint_obj(ctx, CKPT_HDR_FILES, files);
	put_files_struct(files);
	if (id < 0)
		return id;
	objs->files = id;
	return 0;
}

static int collect_fs(struct ckpt_ctx *ctx, struct task_struct *tsk,
		      struct ckpt_hdr_task_objs *objs)
{
	struct fs_struct *fs = ckpt_get_task_fs(tsk);
	int id;

	if (!fs)
		return ckpt_err(ctx, -ESRCH, "died meanwhile");
	id = checkpoint_obj(ctx, CKPT_HDR_FS, fs);
	ckpt_fs_put(fs);
	if (id < 0)
		return id;
	objs->fs = id;
	return 0;
}

/* SIGKILL may take it away from the task while we look. */
static int collect_sighand(struct ckpt_ctx *ctx, struct task_struct *tsk,
			   struct ckpt_hdr_task_objs *objs)
{
	struct sighand_struct *sighand;
	unsigned long flags;
	int id;

	sighand = lock_task_sighand(tsk, &flags);
	if (!sighand)
		return ckpt_err(ctx, -ESRCH, "died meanwhile");
	ckpt_sighand_get(sighand);
	unlock_task_sighand(tsk, &flags);
	id = checkpoint_obj(ctx, CKPT_HDR_SIGHAND, sighand);
	ckpt_sighand_put(sighand);
	if (id < 0)
		return id;
	objs->sighand = id;
	return 0;
}

static int collect_objs(struct ckpt_ctx *ctx, struct ckpt_task *t,
			struct ckpt_hdr_task_objs *objs)
{
	struct task_struct *tsk = t->task;
	const struct cred *cred = get_task_cred(tsk);
	int ret;

	ret = checkpoint_obj(ctx, CKPT_HDR_CRED, (void *)cred);
	put_cred(cred);
	if (ret < 0)
		return ret;
	objs->cred = ret;
	ret = collect_mm(ctx, tsk, objs);
	if (ret || !objs->mm)
		return ret;
	ret = collect_sighand(ctx, tsk, objs);
	if (ret)
		return ret;
	if (t->dead)
		return 0;
	return collect_files(ctx, tsk, objs) ?: collect_fs(ctx, tsk, objs);
}

static int checkpoint_task_rec(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct task_struct *tsk = t->task;
	struct ckpt_hdr_task *h;

	h = ckpt_new_rec(ctx, CKPT_HDR_TASK, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->index = t->index;
	get_task_comm(h->comm, tsk);
	/* Ages do not depend on a time namespace. */
	h->age = ktime_get_ns() - tsk->start_time;
	h->age_boottime = ktime_get_boottime_ns() - tsk->start_boottime;
	task_cputime(tsk, &h->utime, &h->stime);
	h->runtime = tsk->se.sum_exec_runtime;
	h->min_flt = tsk->min_flt;
	h->maj_flt = tsk->maj_flt;
	h->nvcsw = tsk->nvcsw;
	h->nivcsw = tsk->nivcsw;
	return 0;
}

static int checkpoint_task_objs(struct ckpt_ctx *ctx,
				const struct ckpt_hdr_task_objs *objs)
{
	struct ckpt_hdr_task_objs *h;

	h = ckpt_new_rec(ctx, CKPT_HDR_TASK_OBJS, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->cred = objs->cred;
	h->mm = objs->mm;
	h->files = objs->files;
	h->fs = objs->fs;
	h->sighand = objs->sighand;
	return 0;
}

static int capture_task(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	bool process = represents_process(t->task);
	const struct ckpt_task_kind * const *k;
	struct ckpt_hdr_task_objs objs = {};
	int ret;

	ret = collect_objs(ctx, t, &objs);
	for (k = ckpt_task_kinds; *k && !ret; k++)
		if ((*k)->collect && kind_applies(*k, t->dead, process))
			ret = (*k)->collect(ctx, t->task);
	if (!ret)
		ret = checkpoint_task_rec(ctx, t);
	if (!ret)
		ret = checkpoint_task_objs(ctx, &objs);
	if (!ret && !t->dead)
		ret = checkpoint_task_ns(ctx, t->task);
	for (k = ckpt_task_kinds; *k && !ret; k++)
		if ((*k)->checkpoint && kind_applies(*k, t->dead, process))
			ret = (*k)->checkpoint(ctx, t->task);
	return ret;
}

/* SIGKILL ends even a stopped task, whose registers are on its kernel stack. */
static int checkpoint_task(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	int ret;

	if (t->dead)
		return capture_task(ctx, t);
	if (!try_get_task_stack(t->task))
		return ckpt_err(ctx, -ESRCH, "died meanwhile");
	ret = capture_task(ctx, t);
	put_task_stack(t->task);
	return ret;
}

/**
 * checkpoint_tasks - write all tasks and the objects they use
 * @ctx: the checkpoint, its tasks frozen
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_tasks(struct ckpt_ctx *ctx)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < ctx->nr_tasks && !ret; i++) {
		ctx->subject = &ctx->tasks[i];
		if (fatal_signal_pending(current))
			return ckpt_err(ctx, -EINTR, "interrupted");
		ret = checkpoint_task(ctx, &ctx->tasks[i]);
		cond_resched();
	}
	ctx->subject = NULL;
	return ret;
}

/* ---- validate ---- */

/* Such that a sum of a few, as in wait4(), is still a time. */
static bool time_ok(u64 ns)
{
	return ns <= KTIME_MAX / 2;
}

/**
 * ckpt_task_validate - check a TASK record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_task_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_task *t = (const void *)h;

	if (t->index >= v->nr_tree)
		return ckpt_bad(v, "no such task in the tree");
	if (v->task_done[t->index])
		return ckpt_bad(v, "second record of the same task");
	v->task_done[t->index] = 1;
	v->nr_tasks++;
	if (!ckpt_string_ok(t->comm, sizeof(t->comm)))
		return ckpt_bad(v, "name is not terminated");
	if (t->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (!time_ok(t->age) || !time_ok(t->age_boottime) || !time_ok(t->utime) ||
	    !time_ok(t->stime) || !time_ok(t->runtime))
		return ckpt_bad(v, "time out of range");
	if (!ckpt_cpu_time_ok(v, t->index, t->utime, t->stime))
		return ckpt_bad(v, "time used by the process out of range");
	return 0;
}

/**
 * ckpt_task_objs_validate - check a TASK_OBJS record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_task_objs_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_task_objs *o = (const void *)h;
	const struct ckpt_hdr_task *t = (const void *)v->owner_hdr;
	const struct ckpt_hdr_tree_task *tree = v->tree[t->index];
	bool dead = tree->state == CKPT_TASK_DEAD;

	if (o->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (!ckpt_ref_ok(v, o->cred, CKPT_CLASS_CRED))
		return ckpt_bad(v, "reference to something that is no CRED");
	if (!dead != !!o->files || !dead != !!o->fs)
		return ckpt_bad(v, "files or fs of a dead task, or none of one alive");
	if (!dead && !o->mm)
		return ckpt_bad(v, "no memory");
	if (!o->mm != !o->sighand)
		return ckpt_bad(v, "memory without signal handlers, or the reverse");
	if ((o->mm && !ckpt_ref_ok(v, o->mm, CKPT_CLASS_MM)) ||
	    (o->files && !ckpt_ref_ok(v, o->files, CKPT_CLASS_FILES)) ||
	    (o->fs && !ckpt_ref_ok(v, o->fs, CKPT_CLASS_FS)) ||
	    (o->sighand && !ckpt_ref_ok(v, o->sighand, CKPT_CLASS_SIGHAND)))
		return ckpt_bad(v, "reference to an object of another kind");
	return 0;
}

/* ---- restart: creation ---- */

/*
 * A task can be sent signals from the moment it is visible, and has its
 * creator's mask. None but SIGKILL must act on it before it has its own.
 */
static struct task_struct *copy_process_blocked(struct kernel_clone_args *args)
{
	sigset_t old = current->blocked, all;
	struct task_struct *tsk;

	siginitsetinv(&all, sigmask(SIGKILL));
	__set_current_blocked(&all);
	tsk = copy_process(NULL, 0, NUMA_NO_NODE, args);
	__set_current_blocked(&old);
	return tsk;
}

static int restart_task(void *arg);

/*
 * Create the task @t as a child, or as a thread, of current.
 *
 * It runs at once, but nothing of it is in place yet. Whatever happens, it
 * counts in nr_busy until it is done with ctx.
 */
static int create_task(struct ckpt_ctx *ctx, struct ckpt_task *t, u64 flags)
{
	pid_t set_tid[CKPT_PID_LEVELS_MAX];
	struct kernel_clone_args args = {
		.flags		= flags | CLONE_VM | CLONE_UNTRACED,
		.fn		= restart_task,
		.fn_arg		= t,
		.set_tid	= set_tid,
	};
	struct task_struct *tsk;

	ckpt_pid_tid(ctx, t->tree->pid, set_tid, &args.set_tid_size);
	if (signal_pending(current))
		return ckpt_err(ctx, -EINTR, "interrupted while creating tasks");
	tsk = copy_process_blocked(&args);
	if (PTR_ERR(tsk) == -EEXIST)
		return ckpt_err(ctx, -EEXIST, "pid %d: is taken",
				ckpt_pid_nr(ctx, t->tree->pid));
	if (PTR_ERR(tsk) == -ERESTARTNOINTR)
		return ckpt_err(ctx, -EINTR, "interrupted while creating tasks");
	if (IS_ERR(tsk))
		return ckpt_err(ctx, PTR_ERR(tsk), "pid %d: cannot be created",
				ckpt_pid_nr(ctx, t->tree->pid));
	ckpt_ctx_get(ctx);
	atomic_inc(&ctx->nr_busy);
	/* Pairs with the acquire in restore_pid(). */
	smp_store_release(&t->task, get_task_struct(tsk));
	wake_up_var(&t->task);
	wake_up_new_task(tsk);
	return 0;
}

static int create_threads(struct ckpt_ctx *ctx, struct ckpt_task *leader)
{
	u64 flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_SYSVSEM;
	u32 i;
	int ret = 0;

	for (i = leader->index + 1; i < ctx->nr_tasks && !ret; i++) {
		if (ctx->tasks[i].tree->leader != leader->index)
			break;
		ret = create_task(ctx, &ctx->tasks[i], flags);
	}
	return ret;
}

/* ---- restart: in the context of the created task ---- */

static bool has_threads(const struct ckpt_ctx *ctx, const struct ckpt_task *t)
{
	u32 next = t->index + 1;

	return next < ctx->nr_tasks && ctx->tasks[next].tree->leader == t->index;
}

/*
 * Threads get memory and signal handlers from their leader, who must have them
 * even if it is dead: otherwise they would stay in the caller's memory.
 */
static int check_objs(struct ckpt_ctx *ctx, struct ckpt_task *t,
		      const struct ckpt_hdr_task_objs *objs)
{
	const struct ckpt_task *leader = &ctx->tasks[t->tree->leader];

	t->mm = objs->mm;
	t->sighand = objs->sighand;
	if (t->mm != leader->mm || t->sighand != leader->sighand)
		return ckpt_err(ctx, -EBADMSG,
				"image: thread with other memory or signal handlers than its leader");
	if (t == leader && t->dead && !t->mm == has_threads(ctx, t))
		return ckpt_err(ctx, -EBADMSG, "image: a dead process %s",
				t->mm ? "has memory" : "has threads but no memory");
	return 0;
}

static int enter_mm(struct ckpt_ctx *ctx, const struct ckpt_hdr_task_objs *objs)
{
	struct mm_struct *mm = restore_obj(ctx, objs->mm);

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	return ckpt_install_mm(ctx, mm);
}

static int enter_sighand(struct ckpt_ctx *ctx, const struct ckpt_hdr_task_objs *objs)
{
	struct sighand_struct *sighand = restore_obj(ctx, objs->sighand);

	if (IS_ERR(sighand))
		return PTR_ERR(sighand);
	if (sighand != ckpt_current_sighand())
		return ckpt_err(ctx, -EOPNOTSUPP,
				"signal handlers shared between processes");
	return 0;
}

/* One task less that others may have to wait for. */
static void reached(struct ckpt_ctx *ctx, atomic_t *nr)
{
	if (atomic_dec_and_test(nr))
		wake_up_all(&ctx->wait);
}

static int wait_until_all(struct ckpt_ctx *ctx, atomic_t *nr)
{
	/* An abort kills those who wait here. */
	if (wait_event_killable(ctx->wait, !atomic_read(nr)))
		return ckpt_err(ctx, -EINTR, "was killed");
	return 0;
}

/**
 * ckpt_wait_for_mm - wait until all tasks exist and have memory of their own
 * @ctx: the restart
 *
 * For objects that refer to tasks. Called by a task that has reached that
 * itself; memory refers to no such object, so the waiting cannot be cyclic.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_wait_for_mm(struct ckpt_ctx *ctx)
{
	return wait_until_all(ctx, &ctx->nr_no_mm);
}

/**
 * ckpt_wait_for_fs - wait until all tasks have their root directory, too
 * @ctx: the restart
 *
 * For open files that refer to tasks. Root directories refer to none.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_wait_for_fs(struct ckpt_ctx *ctx)
{
	return wait_until_all(ctx, &ctx->nr_no_fs);
}

static int enter_fs(struct ckpt_ctx *ctx, const struct ckpt_hdr_task_objs *objs)
{
	void *obj = restore_obj(ctx, objs->fs);
	int ret;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	ret = ckpt_install_fs(obj);
	if (ret)
		return ckpt_err(ctx, ret, "root and working directory");
	reached(ctx, &ctx->nr_no_fs);
	return 0;
}

static int enter_files(struct ckpt_ctx *ctx, const struct ckpt_hdr_task_objs *objs)
{
	void *obj = restore_obj(ctx, objs->files);
	int ret;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	ret = ckpt_install_files(obj);
	if (ret)
		return ckpt_err(ctx, ret, "descriptor table");
	return 0;
}

static void restore_task_rec(struct ckpt_ctx *ctx, const struct ckpt_hdr_task *h)
{
	char comm[TASK_COMM_LEN];

	strscpy_pad(comm, h->comm);
	set_task_comm(current, comm);
	/* May be before the boot: /proc adds the time namespace's offset. */
	current->start_time = ktime_get_ns() - h->age;
	current->start_boottime = ktime_get_boottime_ns() - h->age_boottime;
	/* The scheduler adds to this at any interrupt. */
	local_irq_disable();
	current->se.sum_exec_runtime += h->runtime;
	local_irq_enable();
	current->utime = h->utime;
	current->stime = h->stime;
	current->min_flt = h->min_flt;
	current->maj_flt = h->maj_flt;
	current->nvcsw = h->nvcsw;
	current->nivcsw = h->nivcsw;
}

/* Whether @t takes care of what belongs to its whole process. */
static bool restores_process(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	u32 leader = t->tree->leader;

	if (t->dead)
		return false;
	return t->index == leader ||
	       (ctx->tasks[leader].dead && t->index == leader + 1);
}

static int restore_kinds(struct ckpt_ctx *ctx, struct ckpt_task *t,
			 struct ckpt_cursor *c)
{
	bool process = restores_process(ctx, t);
	const struct ckpt_task_kind * const *k;
	int ret = 0;

	for (k = ckpt_task_kinds; *k && !ret; k++)
		if ((*k)->restore && kind_applies(*k, t->dead, process))
			ret = (*k)->restore(ctx, t, c);
	return ret;
}

static int restore_alive(struct ckpt_ctx *ctx, struct ckpt_task *t,
			 const struct ckpt_hdr_task_objs *objs)
{
	return enter_fs(ctx, objs) ?:
	       enter_files(ctx, objs) ?:
	       restore_cred(ctx, t, objs->cred);
}

static int restore_task(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_hdr_task_objs *objs;
	const struct ckpt_hdr_task_ns *ns;
	const struct ckpt_hdr_task *h;
	struct ckpt_cursor c = t->start;
	int ret;

	h = ckpt_read_obj_type(&c, CKPT_HDR_TASK);
	if (IS_ERR(h))
		return PTR_ERR(h);
	restore_task_rec(ctx, h);
	objs = ckpt_read_obj_type(&c, CKPT_HDR_TASK_OBJS);
	if (IS_ERR(objs))
		return PTR_ERR(objs);
	ns = ckpt_read_opt_type(&c, CKPT_HDR_TASK_NS);
	ret = check_objs(ctx, t, objs);
	if (!ret && objs->mm && thread_group_leader(current))
		ret = enter_mm(ctx, objs);
	if (!ret && objs->mm)
		ret = enter_namespaces(ctx, t, ns);
	if (!ret && objs->sighand)
		ret = enter_sighand(ctx, objs);
	if (!ret && thread_group_leader(current))
		ret = create_threads(ctx, t);
	if (!ret)
		ret = enter_ns_for_children(ctx, ns);
	if (ret)
		return ret;
	reached(ctx, &ctx->nr_no_mm);
	if (t->dead) {
		reached(ctx, &ctx->nr_no_fs);
		ret = restore_cred(ctx, t, objs->cred);
	} else {
		ret = restore_alive(ctx, t, objs);
	}
	if (!ret)
		ret = restore_kinds(ctx, t, &c);
	return ret ?: ckpt_read_end(&c, CKPT_HDR_TASK);
}

static void barrier_done(struct ckpt_ctx *ctx)
{
	if (atomic_dec_and_test(&ctx->nr_todo))
		wake_up_all(&ctx->caller_wait);
}

static void done_with_ctx(struct ckpt_ctx *ctx)
{
	if (atomic_dec_and_test(&ctx->nr_busy))
		wake_up_all(&ctx->caller_wait);
	ckpt_ctx_put(ctx);
}

static void __noreturn die(struct ckpt_task *t, long code)
{
	ckpt_debug_end(t);
	done_with_ctx(t->ctx);
	do_exit(code);
}

/* Everything went well so far; is there something to wait for? */
static bool wait_for_commit(struct ckpt_ctx *ctx)
{
	int ret;

	ret = wait_event_killable(ctx->wait,
				  READ_ONCE(ctx->phase) != CKPT_PHASE_RESTORE);
	if (ret && READ_ONCE(ctx->phase) == CKPT_PHASE_RESTORE)
		ckpt_err(ctx, -EINTR, "was killed");
	/* Pairs with the release in restore_tasks_commit(). */
	return smp_load_acquire(&ctx->phase) == CKPT_PHASE_COMMIT;
}

/* A session of its own has not inherited the caller's terminal. */
static void drop_callers_tty(struct ckpt_task *t)
{
	struct tty_struct *tty;

	if (!t->tree->session || !thread_group_leader(current))
		return;
	spin_lock_irq(&ckpt_current_sighand()->siglock);
	tty = current->signal->tty;
	current->signal->tty = NULL;
	spin_unlock_irq(&ckpt_current_sighand()->siglock);
	tty_kref_put(tty);
}

static void load_regs(struct callback_head *work)
{
	struct ckpt_task *t = container_of(work, struct ckpt_task, work);
	struct ckpt_ctx *ctx = t->ctx;

	ckpt_pause_at(CKPT_AT_LOAD);
	ckpt_arch_load_regs(t);
	ckpt_debug_end(t);
	done_with_ctx(ctx);
}

static void commit_task(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	bool process = restores_process(ctx, t);
	const struct ckpt_task_kind * const *k;

	ckpt_pause_at(CKPT_AT_TASK_COMMIT);
	/* First: this resets what the kinds restore, such as pdeath_signal. */
	commit_cred(t);
	drop_callers_tty(t);
	for (k = ckpt_task_kinds; *k; k++)
		if ((*k)->commit && kind_applies(*k, t->dead, process))
			(*k)->commit(ctx, t);
	restore_mm_commit(ctx, t->mm, process);
	if (ctx->flags & RESTART_FROZEN)
		ckpt_freeze_current();
	/* get_signal() runs this on the way to user mode, before it looks for signals. */
	init_task_work(&t->work, load_regs);
	if (task_work_add(current, &t->work, TWA_SIGNAL))
		die(t, SIGKILL);
}

/*
 * What a created task runs. When it returns the task goes to user mode by way
 * of get_signal(), which loads the registers.
 */
static int restart_task(void *arg)
{
	struct ckpt_task *t = arg;
	struct ckpt_ctx *ctx = t->ctx;
	int ret;

	ckpt_debug_begin(t);
	ret = ckpt_at(ctx, CKPT_AT_CREATED) ?:
	      restore_task(ctx, t) ?:
	      ckpt_at(ctx, CKPT_AT_RESTORED);
	if (ret) {
		/* Whatever failed has been reported; be sure of it. */
		ckpt_err(ctx, ret, "restore failed");
		wake_up_all(&ctx->caller_wait);
		die(t, SIGKILL);
	}
	if (t->dead)
		commit_cred(t);
	barrier_done(ctx);
	if (t->dead)
		die(t, t->tree->exit_code);
	if (!wait_for_commit(ctx)) {
		wake_up_all(&ctx->caller_wait);
		die(t, SIGKILL);
	}
	commit_task(ctx, t);
	return 0;
}

/* ---- restart: in the context of the caller ---- */

/*
 * A process is created in a pid namespace by a parent that has it for its
 * children, as with setns() before fork().
 */
static int create_process(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct pid_namespace *ns;
	struct nsproxy *old = current->nsproxy, *new;
	int ret;

	ns = ckpt_pid_ns(ctx, ckpt_pid_namespace(ctx, t->tree->pid));
	if (ns == old->pid_ns_for_children)
		return create_task(ctx, t, CLONE_FILES | CLONE_FS);
	new = ckpt_nsproxy_with_pid(ctx, ns);
	if (!new)
		return ckpt_err(ctx, -ENOMEM, "namespaces");
	get_nsproxy(old);
	switch_task_namespaces(current, new);
	ret = create_task(ctx, t, CLONE_FILES | CLONE_FS);
	switch_task_namespaces(current, old);
	return ret;
}

/* The init of each pid namespace first, from the outermost inwards. */
static int create_inits(struct ckpt_ctx *ctx)
{
	u32 level, i, deepest = 1;
	int ret = 0;

	for (level = 1; level <= deepest; level++)
		for (i = 0; i < ctx->nr_tasks && !ret; i++) {
			struct ckpt_task *t = &ctx->tasks[i];
			u32 depth = ckpt_pid_levels(ctx, t->tree->pid);

			deepest = max(deepest, depth);
			if (t->tree->leader == i && depth == level &&
			    ckpt_pid_is_init(ctx, t->tree->pid))
				ret = READ_ONCE(ctx->err) ?:
				      create_process(ctx, t);
		}
	return ret;
}

static bool at_barrier(struct ckpt_ctx *ctx)
{
	return !atomic_read(&ctx->nr_todo) || READ_ONCE(ctx->err);
}

static bool zombies_dead(struct ckpt_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->nr_tasks; i++)
		if (ctx->tasks[i].dead && !ckpt_task_dead(ctx->tasks[i].task))
			return false;
	return true;
}

/*
 * exit_notify() wakes the parent, which is us; but not for a leader that its
 * threads outlive.
 */
static int wait_for_zombies(struct ckpt_ctx *ctx)
{
	/* An init that dies kills the others in its pid namespace. */
	while (!READ_ONCE(ctx->err) && !zombies_dead(ctx))
		if (wait_event_interruptible_timeout(current->signal->wait_chldexit,
						     zombies_dead(ctx),
						     max(HZ / 250, 1)) < 0)
			return ckpt_err(ctx, -EINTR, "interrupted while zombies exit");
	return ctx->err;
}

/**
 * restore_tasks - create all tasks and wait until they have restored themselves
 * @ctx: the restart; restore_tree() has been called
 *
 * Return: 0, or an errno that has been reported. In both cases one of
 * restore_tasks_commit() and restore_tasks_abort() must follow.
 */
int restore_tasks(struct ckpt_ctx *ctx)
{
	int ret;
	u32 i;

	atomic_set(&ctx->nr_todo, ctx->nr_tasks);
	atomic_set(&ctx->nr_no_mm, ctx->nr_tasks);
	atomic_set(&ctx->nr_no_fs, ctx->nr_tasks);
	ret = create_inits(ctx);
	for (i = 0; i < ctx->nr_tasks && !ret; i++)
		if (ctx->tasks[i].tree->leader == i && !ctx->tasks[i].task)
			ret = READ_ONCE(ctx->err) ?:
			      create_process(ctx, &ctx->tasks[i]);
	if (ret)
		return ret;
	if (wait_event_interruptible(ctx->caller_wait, at_barrier(ctx)))
		return ckpt_err(ctx, -EINTR, "interrupted while tasks restore themselves");
	if (ctx->err)
		return ctx->err;
	return wait_for_zombies(ctx);
}

/**
 * restore_tasks_commit - let the restored tasks run
 * @ctx: the restart; everything has been read and checked
 *
 * Return: 0, or an errno that has been reported; the tasks are still at the
 * barrier then.
 */
int restore_tasks_commit(struct ckpt_ctx *ctx)
{
	int ret;

	ret = READ_ONCE(ctx->err) ?:
	      restore_locks(ctx) ?:
	      restore_objs_finish(ctx) ?:
	      restore_tree_commit(ctx);
	if (ret)
		return ret;
	ckpt_pause_at(CKPT_AT_ATTACHED);
	restore_clocks_commit(ctx);
	restore_ns_time_commit(ctx);
	restore_pid_ns_commit(ctx);
	restore_ns_ipc_commit(ctx);
	restore_objs_commit(ctx);
	ckpt_obj_release(ctx);
	/* Tasks that see this see all that was done before. */
	smp_store_release(&ctx->phase, CKPT_PHASE_COMMIT);
	wake_up_all(&ctx->wait);
	ckpt_pause_at(CKPT_AT_COMMITTED);
	/* Bounded: nothing in a commit waits for anybody. */
	wait_event(ctx->caller_wait, !atomic_read(&ctx->nr_busy));
	return 0;
}

/* One that has not been reaped by its tracer; the init of its pid namespace waits. */
static bool tracer_in_the_way(struct ckpt_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->nr_tasks; i++) {
		struct task_struct *tsk = ctx->tasks[i].task;

		if (tsk && pid_alive(tsk) && READ_ONCE(tsk->ptrace))
			return true;
	}
	return false;
}

static void reap(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	pid_t nr = task_pid_vnr(tsk);

	while (nr && pid_alive(tsk)) {
		kernel_wait4(nr, NULL, __WALL | WNOHANG, NULL);
		/* Then it is for whoever inherits the caller's children. */
		if (fatal_signal_pending(current) && tracer_in_the_way(ctx))
			return;
		if (pid_alive(tsk))
			schedule_timeout_uninterruptible(1);
	}
}

/*
 * The init of a pid namespace exits after all others in it have been reaped,
 * the inits of those further inside among them.
 */
static void reap_inits(struct ckpt_ctx *ctx)
{
	u32 level, i;

	for (level = CKPT_PID_LEVELS_MAX; level > 0; level--)
		for (i = 0; i < ctx->nr_tasks; i++) {
			struct ckpt_task *t = &ctx->tasks[i];

			if (t->task && t->tree->leader == i &&
			    ckpt_pid_is_init(ctx, t->tree->pid) &&
			    ckpt_pid_levels(ctx, t->tree->pid) == level)
				reap(ctx, t->task);
		}
}

/**
 * restore_tasks_abort - kill and reap all tasks created so far
 * @ctx: the restart
 *
 * All of them are children of the caller that nobody else reaps, and sleep
 * only where SIGKILL wakes them; so this ends soon, whatever has happened to
 * the caller. One that somebody traces its tracer reaps first; that need not be
 * soon, and the caller does not wait for it any longer when it is killed.
 */
void restore_tasks_abort(struct ckpt_ctx *ctx)
{
	u32 i;

	if (!ctx->tasks)
		return;
	ckpt_pause_at(CKPT_AT_ABORT);
	WRITE_ONCE(ctx->phase, CKPT_PHASE_ABORT);
	wake_up_all(&ctx->wait);
	for (i = 0; i < ctx->nr_tasks; i++)
		if (ctx->tasks[i].task)
			send_sig(SIGKILL, ctx->tasks[i].task, 1);
	/* Once nobody is busy, nobody creates threads. */
	wait_event(ctx->caller_wait, !atomic_read(&ctx->nr_busy));
	for (i = ctx->nr_tasks; i-- > 0;)
		if (ctx->tasks[i].task && ctx->tasks[i].tree->leader == i &&
		    !ckpt_pid_is_init(ctx, ctx->tasks[i].tree->pid))
			reap(ctx, ctx->tasks[i].task);
	reap_inits(ctx);
}
