// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - signal state of tasks and processes
 *
 * Saved: masks, alternate stack, parent death signal, pending signals; group
 *	stop with what the parent knows of it; timers; subreaper and OOM
 *	killer settings; resources used by threads and children that are no
 *	more.
 * Not saved: live and other thread counts, SIGNAL_UNKILLABLE, the autogroup:
 *	they follow from the tree; the controlling terminal of a session that is
 *	outside: the restarted tasks get that of the restart's caller, like the
 *	session; accounting records (taskstats, acct): start again.
 * Refused: controlling terminals of sessions in the tree; processes that are
 *	about to exit, exec or dump core.
 */
#include <linux/capability.h>
#include <linux/oom.h>
#include <linux/pid.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/task_io_accounting_ops.h>
#include <linux/tty.h>
#include "account.h"
#include "sighand.h"
#include "signal.h"

#define UNBLOCKABLE	(sigmask(SIGKILL) | sigmask(SIGSTOP))

/* Room for pending signals at the first try; there are rarely any. */
#define NR_PENDING	16

static struct ckpt_sigqueue *sigqueue_grow(struct ckpt_sigqueue *q)
{
	unsigned int nr = q ? ckpt_sigqueue_nr(q) + NR_PENDING : NR_PENDING;

	ckpt_sigqueue_free(q);
	return ckpt_sigqueue_alloc(nr);
}

static struct ckpt_timers *timers_grow(struct ckpt_timers *ts)
{
	unsigned int nr = ts ? ckpt_timers_nr(ts) : 0;

	ckpt_timers_free(ts);
	return ckpt_timers_alloc(nr);
}

static int lock_error(struct ckpt_ctx *ctx)
{
	return ckpt_err(ctx, -ESRCH, "the task is gone");
}

/* ---- a task ---- */

static void fill_signal_task(struct ckpt_hdr_signal_task *h,
			     struct task_struct *tsk)
{
	h->blocked = tsk->blocked.sig[0];
	if (test_tsk_restore_sigmask(tsk)) {
		h->flags |= CKPT_SIGTASK_SAVED_MASK;
		h->saved_mask = tsk->saved_sigmask.sig[0];
	}
	h->altstack = tsk->sas_ss_sp;
	h->altstack_size = tsk->sas_ss_size;
	h->altstack_flags = tsk->sas_ss_flags;
	h->pdeath_signal = tsk->pdeath_signal;
}

/* Fill @h and the returned queue, at one point in time. */
static struct ckpt_sigqueue *sample_signal_task(struct ckpt_ctx *ctx,
						struct task_struct *tsk,
						struct ckpt_hdr_signal_task *h)
{
	struct ckpt_sigqueue *q = NULL;
	unsigned long flags;
	bool done;

	do {
		q = sigqueue_grow(q);
		if (!q)
			return ERR_PTR(ckpt_err(ctx, -ENOMEM, "pending signals"));
		if (!lock_task_sighand(tsk, &flags)) {
			ckpt_sigqueue_free(q);
			return ERR_PTR(lock_error(ctx));
		}
		done = ckpt_sigqueue_fill(q, &tsk->pending);
		if (done)
			fill_signal_task(h, tsk);
		unlock_task_sighand(tsk, &flags);
	} while (!done);
	return q;
}

/* Write masks and pending signals of a task. */
static int checkpoint_signal_task(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct ckpt_hdr_signal_task *h;
	struct ckpt_sigqueue *q;
	int ret;

	/* Only sigtimedwait() uses this, and it has ended when a task stops. */
	if (!sigisemptyset(&tsk->real_blocked))
		return ckpt_err(ctx, -EBUSY, "the task is in sigtimedwait()");

	h = ckpt_new_rec(ctx, CKPT_HDR_SIGNAL_TASK, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);

	q = sample_signal_task(ctx, tsk, h);
	if (IS_ERR(q))
		return PTR_ERR(q);
	ret = checkpoint_sigqueue(ctx, q, 0);
	ckpt_sigqueue_free(q);
	return ret;
}

static bool altstack_ok(const struct ckpt_hdr_signal_task *s)
{
	switch (s->altstack_flags & ~SS_FLAG_BITS) {
	case SS_DISABLE:
		return !s->altstack && !s->altstack_size;
	case SS_ONSTACK:
	case 0:
		return true;
	default:
		return false;
	}
}

/**
 * ckpt_signal_task_validate - check a SIGNAL_TASK record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0, %-EBADMSG or %-EOPNOTSUPP.
 */
int ckpt_signal_task_validate(struct ckpt_validator *v,
			      const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_signal_task *s = (const void *)h;

	if (s->reserved)
		return ckpt_bad(v, "signals: reserved field set");
	if (s->flags & ~CKPT_SIGTASK_SAVED_MASK) {
		v->why = "signals: unknown flags";
		return -EOPNOTSUPP;
	}
	if ((s->blocked | s->saved_mask) & UNBLOCKABLE)
		return ckpt_bad(v, "signals: SIGKILL or SIGSTOP blocked");
	if (!(s->flags & CKPT_SIGTASK_SAVED_MASK) && s->saved_mask)
		return ckpt_bad(v, "signals: saved mask without flag");
	if (s->pdeath_signal > CKPT_NSIG)
		return ckpt_bad(v, "signals: parent death signal");
	if (!altstack_ok(s))
		return ckpt_bad(v, "signals: alternate stack");
	return 0;
}

static struct ckpt_signals *signals_get(struct ckpt_task *t)
{
	struct ckpt_signals *s = t->signals;

	if (s)
		return s;

	s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (s) {
		mutex_init(&s->lock);
		INIT_LIST_HEAD(&s->private.list);
		INIT_LIST_HEAD(&s->shared.list);
		t->signals = s;
	}
	return s;
}

/**
 * ckpt_signals_free - forget what has been prepared for a task
 * @t: the task; nobody else uses it any more
 */
void ckpt_signals_free(struct ckpt_task *t)
{
	struct ckpt_signals *s = t->signals;

	if (!s)
		return;

	t->signals = NULL;
	flush_sigqueue(&s->private);
	flush_sigqueue(&s->shared);
	put_pid(s->tty_old_pgrp);
	kvfree(s->timers);
	kfree(s);
}

/* Prepare masks and pending signals of the current task. */
static int restore_signal_task(struct ckpt_ctx *ctx, struct ckpt_task *t,
			       struct ckpt_cursor *c)
{
	const struct ckpt_hdr_signal_task *h;
	struct ckpt_signals *s = signals_get(t);

	if (!s)
		return ckpt_err(ctx, -ENOMEM, "signals");

	h = ckpt_read_obj_type(c, CKPT_HDR_SIGNAL_TASK);
	if (IS_ERR(h))
		return PTR_ERR(h);

	s->task = h;
	return restore_sigqueue(ctx, &s->private, c, 0);
}

/* ---- a process ---- */

/* Image flags and the bits of signal_struct.flags that they stand for. */
static const struct {
	u32 image;
	unsigned int kernel;
} stop_flags[] = {
	{ CKPT_SIGNAL_STOPPED, SIGNAL_STOP_STOPPED },
	{ CKPT_SIGNAL_CONTINUED, SIGNAL_STOP_CONTINUED },
	{ CKPT_SIGNAL_CLD_STOPPED, SIGNAL_CLD_STOPPED },
	{ CKPT_SIGNAL_CLD_CONTINUED, SIGNAL_CLD_CONTINUED },
};

#define CKPT_SIGNAL_STOP_MASK						\
	(CKPT_SIGNAL_STOPPED | CKPT_SIGNAL_CONTINUED |			\
	 CKPT_SIGNAL_CLD_STOPPED | CKPT_SIGNAL_CLD_CONTINUED)
#define CKPT_SIGNAL_FLAGS						\
	(CKPT_SIGNAL_STOP_MASK | CKPT_SIGNAL_SUBREAPER |		\
	 CKPT_SIGNAL_HAS_SUBREAPER | CKPT_SIGNAL_TTY)

static u32 stop_flags_to_image(unsigned int flags)
{
	u32 ret = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(stop_flags); i++)
		if (flags & stop_flags[i].kernel)
			ret |= stop_flags[i].image;
	return ret;
}

static unsigned int stop_flags_from_image(u32 flags)
{
	unsigned int ret = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(stop_flags); i++)
		if (flags & stop_flags[i].image)
			ret |= stop_flags[i].kernel;
	return ret;
}

/* What will have changed by itself in a moment. Called with siglock held. */
static const char *busy_reason(struct signal_struct *sig)
{
	if (sig->core_state)
		return "dumping core";
	if (sig->flags & SIGNAL_GROUP_EXIT)
		return "exiting";
	if (sig->group_exec_task)
		return "executing a program";
	if (sig->group_stop_count)
		return "being stopped by a signal";
	return NULL;
}

static u32 stop_signal(struct task_struct *tsk)
{
	struct task_struct *t;

	for_each_thread(tsk, t)
		if (t->jobctl & JOBCTL_STOPPED)
			return t->jobctl & JOBCTL_STOP_SIGMASK;
	return SIGSTOP;
}

static void fill_stop(struct ckpt_hdr_signal *h, struct task_struct *tsk)
{
	struct signal_struct *sig = tsk->signal;

	h->flags |= stop_flags_to_image(sig->flags);
	if (sig->flags & SIGNAL_STOP_STOPPED) {
		h->stop_signal = stop_signal(tsk);
		h->stop_code = sig->group_exit_code;
	}
}

/* A dead leader has no record for what it has used; the process has. */
static void add_dead_leader(struct ckpt_hdr_signal *h,
			    struct task_struct *leader)
{
	if (!leader->exit_state)
		return;
	h->gtime += leader->gtime;
	h->inblock += task_io_get_inblock(leader);
	h->oublock += task_io_get_oublock(leader);
	ckpt_io_usage_save(&h->io, &leader->ioac);
}

static void fill_usage(struct ckpt_hdr_signal *h, struct task_struct *tsk)
{
	struct signal_struct *sig = tsk->signal;

	h->utime = sig->utime;
	h->stime = sig->stime;
	h->gtime = sig->gtime;
	h->cutime = sig->cutime;
	h->cstime = sig->cstime;
	h->cgtime = sig->cgtime;
	h->run_time = sig->sum_sched_runtime;
	h->nvcsw = sig->nvcsw;
	h->nivcsw = sig->nivcsw;
	h->cnvcsw = sig->cnvcsw;
	h->cnivcsw = sig->cnivcsw;
	h->min_flt = sig->min_flt;
	h->maj_flt = sig->maj_flt;
	h->cmin_flt = sig->cmin_flt;
	h->cmaj_flt = sig->cmaj_flt;
	h->inblock = sig->inblock;
	h->oublock = sig->oublock;
	h->cinblock = sig->cinblock;
	h->coublock = sig->coublock;
	h->maxrss = sig->maxrss;
	h->cmaxrss = sig->cmaxrss;
	ckpt_io_usage_save(&h->io, &sig->ioac);
	add_dead_leader(h, tsk->group_leader);
}

static void fill_signal(struct ckpt_hdr_signal *h, struct task_struct *tsk)
{
	struct signal_struct *sig = tsk->signal;

	memset(h, 0, sizeof(*h));
	fill_stop(h, tsk);
	if (sig->is_child_subreaper)
		h->flags |= CKPT_SIGNAL_SUBREAPER;
	if (sig->has_child_subreaper)
		h->flags |= CKPT_SIGNAL_HAS_SUBREAPER;
	if (sig->tty)
		h->flags |= CKPT_SIGNAL_TTY;
	h->oom_score_adj = sig->oom_score_adj;
	h->oom_score_adj_min = sig->oom_score_adj_min;
	h->next_timer_id = sig->next_posix_timer_id;
	fill_usage(h, tsk);
}

/**
 * struct signal_sample - a process at one point in time
 * @h: all but @h.tty_old_pgrp
 * @it: interval timers
 * @q: signals pending for it
 * @busy: why it cannot be checkpointed right now, or NULL
 * @timers: timers of timer_create()
 * @tty_old_pgrp: referenced, or NULL
 */
struct signal_sample {
	struct ckpt_hdr_signal h;
	struct ckpt_hdr_itimer it;
	struct ckpt_sigqueue *q;
	const char *busy;
	struct ckpt_timers *timers;
	struct pid *tty_old_pgrp;
};

/* Return: false if it must be called again, with a larger queue perhaps. */
static bool sample_locked(struct ckpt_ctx *ctx, struct task_struct *tsk,
			  struct signal_sample *s)
{
	struct signal_struct *sig = tsk->signal;

	if (!ckpt_sigqueue_fill(s->q, &sig->shared_pending) ||
	    !ckpt_timers_fill(s->timers, tsk) ||
	    !ckpt_itimer_sample(tsk, ctx->frozen_at, &s->it))
		return false;

	s->busy = busy_reason(sig);
	s->tty_old_pgrp = get_pid(sig->tty_old_pgrp);
	fill_signal(&s->h, tsk);
	return true;
}

static int sample_signal(struct ckpt_ctx *ctx, struct task_struct *tsk,
			 struct signal_sample *s)
{
	unsigned long flags;
	bool done;

	do {
		s->q = sigqueue_grow(s->q);
		s->timers = timers_grow(s->timers);
		if (!s->q || !s->timers)
			return ckpt_err(ctx, -ENOMEM,
					"pending signals and timers");
		if (!lock_task_sighand(tsk, &flags))
			return lock_error(ctx);
		done = sample_locked(ctx, tsk, s);
		unlock_task_sighand(tsk, &flags);
		cpu_relax();
	} while (!done);

	ckpt_prev_cputime_save(&tsk->signal->prev_cputime, &s->h.prev_utime,
			       &s->h.prev_stime);
	return 0;
}

/* A session that the root task has not made is that of the outside. */
static bool session_is_inside(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct pid *session, *roots;
	bool inside;

	rcu_read_lock();
	session = task_session(tsk);
	roots = task_session(ctx->root);
	inside = session != roots || roots == task_pid(ctx->root);
	rcu_read_unlock();
	return inside;
}

static int check_signal(struct ckpt_ctx *ctx, struct task_struct *tsk,
			const struct signal_sample *s)
{
	if (s->busy)
		return ckpt_err(ctx, -EBUSY, "the process is %s", s->busy);
	if (s->h.flags & CKPT_SIGNAL_TTY && session_is_inside(ctx, tsk))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"controlling terminal of a session in the tree");
	return 0;
}

static int write_signal(struct ckpt_ctx *ctx, struct task_struct *tsk,
			struct signal_sample *s)
{
	struct ckpt_hdr_signal *h;
	int ret;

	if (s->tty_old_pgrp) {
		u32 before = ctx->nr_objs;

		ret = checkpoint_obj(ctx, CKPT_HDR_PID, s->tty_old_pgrp);
		if (ret < 0)
			return ret;
		/* An object would have to come before the task's records. */
		if (ctx->nr_objs != before)
			return ckpt_err(ctx, -EBUSY, "its terminal hangs up");
		s->h.tty_old_pgrp = ret;
	}

	h = ckpt_new_rec(ctx, CKPT_HDR_SIGNAL, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	s->h.h = h->h;
	*h = s->h;

	ret = checkpoint_sigqueue(ctx, s->q, CKPT_SIGPENDING_SHARED);
	if (ret)
		return ret;
	return checkpoint_itimer(ctx, &s->it) ?:
	       checkpoint_timers(ctx, tsk, s->timers);
}

static struct pid *get_tty_old_pgrp(struct task_struct *tsk)
{
	unsigned long flags;
	struct pid *pid;

	if (!lock_task_sighand(tsk, &flags))
		return NULL;
	pid = get_pid(tsk->signal->tty_old_pgrp);
	unlock_task_sighand(tsk, &flags);
	return pid;
}

/* Write the objects that a process refers to. */
static int collect_signal(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct pid *pid = get_tty_old_pgrp(tsk);
	int ret = 0;

	if (pid)
		ret = checkpoint_obj(ctx, CKPT_HDR_PID, pid);
	put_pid(pid);
	return ret < 0 ? ret : 0;
}

/* Write what the threads of a process share. */
static int checkpoint_signal(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct signal_sample *s;
	int ret;

	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return ckpt_err(ctx, -ENOMEM, "signals of the process");

	ret = sample_signal(ctx, tsk, s);
	if (!ret)
		ret = check_signal(ctx, tsk, s);
	if (!ret)
		ret = write_signal(ctx, tsk, s);
	put_pid(s->tty_old_pgrp);
	ckpt_sigqueue_free(s->q);
	ckpt_timers_free(s->timers);
	kfree(s);
	return ret;
}

static bool stop_state_ok(const struct ckpt_hdr_signal *s)
{
	u32 stop = s->flags & CKPT_SIGNAL_STOP_MASK;

	if (stop & CKPT_SIGNAL_STOPPED)
		return stop == CKPT_SIGNAL_STOPPED &&
		       s->stop_signal <= CKPT_NSIG &&
		       sig_kernel_stop(s->stop_signal) &&
		       s->stop_code <= CKPT_NSIG;

	if (s->stop_signal || s->stop_code)
		return false;
	/* At most one notification, and only after SIGCONT; see prepare_signal(). */
	return !(stop & (CKPT_SIGNAL_CLD_STOPPED | CKPT_SIGNAL_CLD_CONTINUED)) ||
	       hweight32(stop & (CKPT_SIGNAL_CLD_STOPPED |
				 CKPT_SIGNAL_CLD_CONTINUED)) == 1;
}

static bool oom_score_ok(s32 score)
{
	return score >= OOM_SCORE_ADJ_MIN && score <= OOM_SCORE_ADJ_MAX;
}

/**
 * ckpt_signal_validate - check a SIGNAL record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0, %-EBADMSG or %-EOPNOTSUPP.
 */
int ckpt_signal_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_task *t = (const void *)v->owner_hdr;
	const struct ckpt_hdr_signal *s = (const void *)h;

	if (s->reserved)
		return ckpt_bad(v, "process: reserved field set");
	if (s->flags & ~CKPT_SIGNAL_FLAGS) {
		v->why = "process: unknown flags";
		return -EOPNOTSUPP;
	}
	if (!stop_state_ok(s))
		return ckpt_bad(v, "process: impossible stop state");
	if (!oom_score_ok(s->oom_score_adj) ||
	    !oom_score_ok(s->oom_score_adj_min))
		return ckpt_bad(v, "process: OOM score");
	if (s->next_timer_id > INT_MAX)
		return ckpt_bad(v, "process: timer number");
	if (s->tty_old_pgrp && !ckpt_ref_ok(v, s->tty_old_pgrp, CKPT_CLASS_PID))
		return ckpt_bad(v, "process: not a process group");
	if (!ckpt_cpu_time_ok(v, t->index, s->utime, s->stime))
		return ckpt_bad(v, "process: time used out of range");
	return 0;
}

/*
 * The check of __set_oom_adj(). What the task inherited when it was created is
 * what the restart's caller has.
 */
static int check_oom_score(struct ckpt_ctx *ctx, const struct ckpt_hdr_signal *h)
{
	s32 least = min(h->oom_score_adj, h->oom_score_adj_min);

	if (least < current->signal->oom_score_adj_min &&
	    !capable(CAP_SYS_RESOURCE))
		return ckpt_err(ctx, -EPERM, "oom_score_adj: cannot be lowered to %d",
				least);
	return 0;
}

static void check_tty(struct ckpt_ctx *ctx, struct ckpt_signals *s)
{
	if (s->process->flags & CKPT_SIGNAL_TTY && !current->signal->tty)
		ckpt_warn(ctx, "no controlling terminal to replace the old one");
}

/* Prepare what the threads of the current process share. */
static int restore_signal(struct ckpt_ctx *ctx, struct ckpt_task *t,
			  struct ckpt_cursor *c)
{
	const struct ckpt_hdr_signal *h;
	struct ckpt_signals *s = signals_get(t);
	int ret;

	if (!s)
		return ckpt_err(ctx, -ENOMEM, "signals");

	h = ckpt_read_obj_type(c, CKPT_HDR_SIGNAL);
	if (IS_ERR(h))
		return PTR_ERR(h);

	ret = check_oom_score(ctx, h);
	if (ret)
		return ret;
	ret = restore_sigqueue(ctx, &s->shared, c, CKPT_SIGPENDING_SHARED);
	if (ret)
		return ret;

	s->itimer = ckpt_read_opt_type(c, CKPT_HDR_ITIMER);
	ret = restore_timers(ctx, s, c);
	if (ret)
		return ret;
	s->process = h;
	check_tty(ctx, s);
	return 0;
}

static void commit_usage(const struct ckpt_hdr_signal *h,
			 struct signal_struct *sig)
{
	write_seqlock(&sig->stats_lock);
	sig->utime = h->utime;
	sig->stime = h->stime;
	sig->gtime = h->gtime;
	sig->cutime = h->cutime;
	sig->cstime = h->cstime;
	sig->cgtime = h->cgtime;
	sig->sum_sched_runtime = h->run_time;
	sig->nvcsw = h->nvcsw;
	sig->nivcsw = h->nivcsw;
	sig->cnvcsw = h->cnvcsw;
	sig->cnivcsw = h->cnivcsw;
	sig->min_flt = h->min_flt;
	sig->maj_flt = h->maj_flt;
	sig->cmin_flt = h->cmin_flt;
	sig->cmaj_flt = h->cmaj_flt;
	sig->inblock = h->inblock;
	sig->oublock = h->oublock;
	sig->cinblock = h->cinblock;
	sig->coublock = h->coublock;
	sig->maxrss = h->maxrss;
	sig->cmaxrss = h->cmaxrss;
	ckpt_io_usage_load(&sig->ioac, &h->io);
	write_sequnlock(&sig->stats_lock);
	ckpt_prev_cputime_load(&sig->prev_cputime, h->prev_utime, h->prev_stime);
}

/* A SIGCONT sent to the process while it was being restored. */
static bool continued_meanwhile(void)
{
	struct task_struct *t;

	if (sigismember(&current->signal->shared_pending.signal, SIGCONT))
		return true;
	for_each_thread(current, t)
		if (sigismember(&t->pending.signal, SIGCONT))
			return true;
	return false;
}

/*
 * Each thread joins the stop as one that is created in a stopped process does,
 * see task_join_group_stop(): it stops before it returns to user mode, and as
 * the stop counts as complete, the parent is not told again.
 */
static void commit_stop(const struct ckpt_hdr_signal *h)
{
	struct signal_struct *sig = current->signal;
	struct task_struct *t;

	if (!(h->flags & CKPT_SIGNAL_STOPPED)) {
		signal_set_stop_flags(sig, stop_flags_from_image(h->flags));
		return;
	}
	if (continued_meanwhile()) {
		signal_set_stop_flags(sig, SIGNAL_CLD_CONTINUED |
					   SIGNAL_STOP_CONTINUED);
		return;
	}

	signal_set_stop_flags(sig, SIGNAL_STOP_STOPPED);
	sig->group_exit_code = h->stop_code;
	for_each_thread(current, t)
		task_set_jobctl_pending(t, h->stop_signal | JOBCTL_STOP_PENDING);
}

static void commit_process(struct ckpt_ctx *ctx, struct ckpt_signals *s)
{
	const struct ckpt_hdr_signal *h = s->process;
	struct signal_struct *sig = current->signal;

	/* All ids exist by now, and not before. */
	if (h->tty_old_pgrp)
		s->tty_old_pgrp = get_pid(ckpt_obj_by_id(ctx, h->tty_old_pgrp)->ptr);
	restore_timers_queue(ctx, s);

	spin_lock_irq(&ckpt_current_sighand()->siglock);
	sig->is_child_subreaper = !!(h->flags & CKPT_SIGNAL_SUBREAPER);
	/* Only ever set: there may be a subreaper outside, too. */
	if (h->flags & CKPT_SIGNAL_HAS_SUBREAPER)
		sig->has_child_subreaper = 1;
	sig->oom_score_adj = h->oom_score_adj;
	sig->oom_score_adj_min = h->oom_score_adj_min;
	sig->next_posix_timer_id = h->next_timer_id;
	swap(sig->tty_old_pgrp, s->tty_old_pgrp);
	commit_usage(h, sig);
	/* Only while the process is not being killed. */
	if (!(sig->flags & SIGNAL_GROUP_EXIT))
		commit_stop(h);
	restore_sigqueue_commit(&sig->shared_pending, &s->shared);
	spin_unlock_irq(&ckpt_current_sighand()->siglock);

	if (s->itimer)
		restore_itimer_commit(s->itimer);
	restore_timers_commit(ctx, s);
	restore_rlimits_commit(s->rlimits);
	if (!(h->flags & CKPT_SIGNAL_TTY))
		proc_clear_tty(current);
}

/* The thread that has restored what they share: the first one alive. */
static struct ckpt_task *process_of(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_task *leader = &ctx->tasks[t->tree->leader];

	return leader->dead ? leader + 1 : leader;
}

/*
 * Install what the threads of a process share.
 *
 * The first thread of the process to get here does it, and the others wait, so
 * that none sees a process half restored.
 */
static void restore_signal_commit(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_signals *s = process_of(ctx, t)->signals;

	mutex_lock(&s->lock);
	if (s->process) {
		commit_process(ctx, s);
		s->process = NULL;
	}
	mutex_unlock(&s->lock);
}

/*
 * Install masks and pending signals.
 *
 * To be called after the credentials have been committed: that resets
 * pdeath_signal.
 */
static void restore_signal_task_commit(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	struct ckpt_signals *s = t->signals;
	const struct ckpt_hdr_signal_task *h = s->task;

	restore_signal_commit(ctx, t);

	current->sas_ss_sp = h->altstack;
	current->sas_ss_size = h->altstack_size;
	current->sas_ss_flags = h->altstack_flags;
	current->pdeath_signal = h->pdeath_signal;
	if (h->flags & CKPT_SIGTASK_SAVED_MASK) {
		current->saved_sigmask.sig[0] = h->saved_mask;
		set_restore_sigmask();
	}

	spin_lock_irq(&ckpt_current_sighand()->siglock);
	restore_sigqueue_commit(&current->pending, &s->private);
	current->blocked.sig[0] = h->blocked;
	recalc_sigpending();
	spin_unlock_irq(&ckpt_current_sighand()->siglock);
}

/* ---- a zombie ---- */

/* The leader of a process with other threads alive is not its end. */
static bool is_zombie_process(struct task_struct *tsk)
{
	return tsk->exit_state && !atomic_read(&tsk->signal->live);
}

/*
 * Write what the parent of a zombie will be told by wait().
 *
 * wait() adds up what the task and its process have used, and what its own
 * children have. What is with neither the task's nor the tree's record goes
 * into the sum here.
 */
static int checkpoint_zombie(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct ckpt_hdr_signal *h;
	unsigned long flags;

	if (!is_zombie_process(tsk))
		return 0;

	h = ckpt_new_rec(ctx, CKPT_HDR_SIGNAL, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	if (!lock_task_sighand(tsk, &flags))
		return lock_error(ctx);
	fill_usage(h, tsk);
	unlock_task_sighand(tsk, &flags);
	ckpt_prev_cputime_save(&tsk->signal->prev_cputime, &h->prev_utime,
			       &h->prev_stime);
	return 0;
}

/* Restore what the parent of a zombie will be told by wait(). */
static int restore_zombie(struct ckpt_ctx *ctx, struct ckpt_task *t,
			  struct ckpt_cursor *c)
{
	const struct ckpt_hdr_signal *h;

	if (!t->dead)
		return 0;
	memset(&current->ioac, 0, sizeof(current->ioac));
	h = ckpt_read_opt_type(c, CKPT_HDR_SIGNAL);
	if (!h)
		return 0;

	spin_lock_irq(&ckpt_current_sighand()->siglock);
	commit_usage(h, current->signal);
	spin_unlock_irq(&ckpt_current_sighand()->siglock);
	return 0;
}

const struct ckpt_task_kind ckpt_signal_task_kind = {
	.name		= "signals",
	.checkpoint	= checkpoint_signal_task,
	.restore	= restore_signal_task,
	.commit		= restore_signal_task_commit,
};

const struct ckpt_task_kind ckpt_process_task_kind = {
	.name		= "process",
	.process	= true,
	.collect	= collect_signal,
	.checkpoint	= checkpoint_signal,
	.restore	= restore_signal,
};

const struct ckpt_task_kind ckpt_zombie_task_kind = {
	.name		= "zombie",
	.dead		= true,
	.checkpoint	= checkpoint_zombie,
	.restore	= restore_zombie,
};
