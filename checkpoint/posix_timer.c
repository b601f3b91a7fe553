// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - timers of timer_create()
 *
 * Saved: numbers, clocks, what they do when they expire, when that is, the
 *	interval, overruns, and whether the signal is pending. Each goes on
 *	where its clock does, see clock.c: one of CLOCK_REALTIME with an absolute
 *	time may have expired at restart; one of a CPU clock counts what the
 *	restart itself takes.
 * Refused: clocks that wake the machine; the CPU time of another process;
 *	signals to, and the CPU time of, a thread that is gone.
 */
#include <linux/posix-timers.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include "../kernel/time/posix-timers.h"
#include "sighand.h"
#include "signal.h"

#define TIMER_FLAGS	(CKPT_POSIX_TIMER_ARMED | CKPT_POSIX_TIMER_QUEUED)

/* ---- checkpoint ---- */

/**
 * struct ckpt_timer_sample - a timer at one point in time
 * @h: its record, but for references and the conversion of times
 * @target: whom it sends a signal to; not referenced, only to compare
 * @cpu_target: whose CPU time it is about; the same, or NULL
 */
struct ckpt_timer_sample {
	struct ckpt_hdr_posix_timer h;
	const struct pid *target;
	const struct pid *cpu_target;
};

/**
 * struct ckpt_timers - the timers of a process at one point in time
 * @max: room for this many
 * @nr: how many there are
 * @s: the timers, the last one created first
 */
struct ckpt_timers {
	unsigned int max;
	unsigned int nr;
	struct ckpt_timer_sample s[];
};

struct ckpt_timers *ckpt_timers_alloc(unsigned int max)
{
	struct ckpt_timers *ts;

	ts = kvzalloc(struct_size(ts, s, max), GFP_KERNEL_ACCOUNT);
	if (ts)
		ts->max = max;
	return ts;
}

void ckpt_timers_free(struct ckpt_timers *ts)
{
	kvfree(ts);
}

unsigned int ckpt_timers_nr(const struct ckpt_timers *ts)
{
	return ts->nr;
}

/* The signals with the same number that will be taken first. */
static u32 queued_before(const struct sigqueue *q, const struct sigpending *p)
{
	const struct sigqueue *other;
	u32 nr = 0;

	list_for_each_entry(other, &p->list, list) {
		if (other == q)
			break;
		nr += other->info.si_signo == q->info.si_signo;
	}
	return nr;
}

static void fill_queued(struct ckpt_hdr_posix_timer *h, struct task_struct *tsk,
			struct k_itimer *timr)
{
	const struct sigpending *p = &tsk->signal->shared_pending;
	struct task_struct *thread;

	if (list_empty(&timr->sigq->list))
		return;
	h->flags |= CKPT_POSIX_TIMER_QUEUED;
	h->sig_overrun = timr->sigq->info.si_overrun;
	h->sig_private = timr->sigq->info.si_sys_private;
	rcu_read_lock();
	thread = pid_task(timr->it_pid, PIDTYPE_PID);
	if (timr->it_sigev_notify & SIGEV_THREAD_ID && thread)
		p = &thread->pending;
	h->ahead = queued_before(timr->sigq, p);
	rcu_read_unlock();
}

static void fill_expiry(struct ckpt_timer_sample *s, struct k_itimer *timr)
{
	struct ckpt_hdr_posix_timer *h = &s->h;
	bool armed;

	if (timr->it_clock < 0) {
		h->base = timr->it_clock;
		h->expires = cpu_timer_getexpires(&timr->it.cpu);
		armed = cpu_timer_queued(&timr->it.cpu);
		s->cpu_target = timr->it.cpu.pid;
	} else {
		h->base = timr->it.real.timer.base->clockid;
		h->expires = hrtimer_get_expires(&timr->it.real.timer);
		armed = hrtimer_is_queued(&timr->it.real.timer);
	}
	h->flags = armed ? CKPT_POSIX_TIMER_ARMED : 0;
}

static bool is_alarm(const struct k_itimer *timr)
{
	return timr->it_clock == CLOCK_REALTIME_ALARM ||
	       timr->it_clock == CLOCK_BOOTTIME_ALARM;
}

/*
 * It has left its queue, and its handler is changing it, or waits for the lock
 * that we hold.
 */
static bool is_firing(struct k_itimer *timr, bool armed)
{
	/* After all else has been read. */
	smp_rmb();
	if (timr->it_clock < 0)
		return READ_ONCE(timr->it.cpu.firing);
	if (is_alarm(timr))
		return false;
	return hrtimer_is_queued(&timr->it.real.timer) != armed ||
	       (!armed && hrtimer_active(&timr->it.real.timer));
}

static bool fill_timer(struct ckpt_timer_sample *s, struct task_struct *tsk,
		       struct k_itimer *timr)
{
	struct ckpt_hdr_posix_timer *h = &s->h;

	memset(s, 0, sizeof(*s));
	h->id = timr->it_id;
	h->clock = timr->it_clock;
	h->notify = timr->it_sigev_notify;
	h->signo = timr->sigq->info.si_signo;
	h->value = (unsigned long)timr->sigq->info.si_ptr;
	h->interval = ktime_to_ns(timr->it_interval);
	h->overrun = timr->it_overrun;
	h->overrun_last = timr->it_overrun_last;
	h->requeue_pending = timr->it_requeue_pending;
	s->target = timr->it_pid;
	if (!is_alarm(timr))
		fill_expiry(s, timr);
	fill_queued(h, tsk, timr);
	return !is_firing(timr, h->flags & CKPT_POSIX_TIMER_ARMED);
}

/**
 * ckpt_timers_fill - read the timers of a process
 * @ts: where to put them
 * @tsk: one of its threads, stopped; its siglock is held
 *
 * Return: false if it must be called again, with more room perhaps.
 */
bool ckpt_timers_fill(struct ckpt_timers *ts, struct task_struct *tsk)
{
	struct k_itimer *timr;

	ts->nr = 0;
	hlist_for_each_entry(timr, &tsk->signal->posix_timers, list) {
		if (ts->nr < ts->max &&
		    !fill_timer(&ts->s[ts->nr], tsk, timr))
			return false;
		ts->nr++;
	}
	return ts->nr <= ts->max;
}

/* The object of a thread's id, which has been written with the tree. */
static int thread_id(struct ckpt_ctx *ctx, struct task_struct *tsk,
		     const struct pid *wanted)
{
	struct task_struct *t;
	struct pid *pid = NULL;
	int id;

	rcu_read_lock();
	for_each_thread(tsk, t)
		if (task_pid(t) == wanted)
			pid = get_task_pid(t, PIDTYPE_PID);
	rcu_read_unlock();
	if (!pid)
		return 0;
	id = ckpt_obj_known(ctx, pid) ?
	     checkpoint_obj(ctx, CKPT_HDR_PID, pid) : 0;
	put_pid(pid);
	return id;
}

static int resolve_cpu_target(struct ckpt_ctx *ctx, struct task_struct *tsk,
			      struct ckpt_timer_sample *s)
{
	int id;

	if (!CPUCLOCK_PERTHREAD(s->h.clock)) {
		if (s->cpu_target == task_tgid(tsk))
			return 0;
		return ckpt_err(ctx, -EOPNOTSUPP,
				"timer %u: for the CPU time of another process",
				s->h.id);
	}
	id = thread_id(ctx, tsk, s->cpu_target);
	if (!id)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"timer %u: for the CPU time of a thread that is gone",
				s->h.id);
	s->h.cpu_target = id;
	return id < 0 ? id : 0;
}

static int resolve(struct ckpt_ctx *ctx, struct task_struct *tsk,
		   struct ckpt_timer_sample *s)
{
	int id;

	if (s->h.clock == CLOCK_REALTIME_ALARM ||
	    s->h.clock == CLOCK_BOOTTIME_ALARM)
		return ckpt_err(ctx, -EOPNOTSUPP, "timer %u: of an alarm clock",
				s->h.id);
	if (s->h.notify & SIGEV_THREAD_ID) {
		id = thread_id(ctx, tsk, s->target);
		if (!id)
			return ckpt_err(ctx, -EOPNOTSUPP,
					"timer %u: signals a thread that is gone",
					s->h.id);
		if (id < 0)
			return id;
		s->h.target = id;
	}
	if (s->h.clock < 0)
		return resolve_cpu_target(ctx, tsk, s);
	s->h.expires = ckpt_clock_from_host(ctx, s->h.base, s->h.expires);
	return 0;
}

/**
 * checkpoint_timers - write the timers of a process
 * @ctx: the checkpoint
 * @tsk: one of its threads
 * @ts: what ckpt_timers_fill() has read
 *
 * Return: 0, or a reported errno.
 */
int checkpoint_timers(struct ckpt_ctx *ctx, struct task_struct *tsk,
		      struct ckpt_timers *ts)
{
	struct ckpt_hdr_posix_timer *h;
	unsigned int i;
	int ret;

	for (i = ts->nr; i-- > 0;) {
		ret = resolve(ctx, tsk, &ts->s[i]);
		if (ret)
			return ret;
		h = ckpt_new_rec(ctx, CKPT_HDR_POSIX_TIMER, sizeof(*h));
		if (IS_ERR(h))
			return PTR_ERR(h);
		ts->s[i].h.h = h->h;
		*h = ts->s[i].h;
		cond_resched();
	}
	return 0;
}

/* ---- validate ---- */

static bool clock_ok(const struct ckpt_hdr_posix_timer *t)
{
	switch (t->clock) {
	case CLOCK_REALTIME:
		return t->base == CLOCK_REALTIME || t->base == CLOCK_MONOTONIC;
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return t->base == t->clock;
	default:
		return t->clock < 0 && CPUCLOCK_WHICH(t->clock) < CPUCLOCK_MAX &&
		       t->base == t->clock;
	}
}

static bool signal_ok(const struct ckpt_hdr_posix_timer *t)
{
	switch (t->notify) {
	case SIGEV_NONE:
		return !t->target && !t->flags;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
		return !t->target && t->signo >= 1 && t->signo <= CKPT_NSIG;
	case SIGEV_THREAD_ID:
		return t->target && t->signo >= 1 && t->signo <= CKPT_NSIG;
	default:
		return false;
	}
}

static bool times_ok(const struct ckpt_hdr_posix_timer *t)
{
	return ckpt_time_ok(t->expires) && t->interval <= KTIME_MAX &&
	       (t->clock >= 0 || t->expires >= 0);
}

/*
 * When its signal is taken a timer starts again if it waits for that very
 * signal. One that is running must not: it would be in its queue twice.
 */
static bool requeue_ok(const struct ckpt_hdr_posix_timer *t)
{
	if (t->sig_private && !(t->sig_private & REQUEUE_PENDING))
		return false;
	return !(t->flags & CKPT_POSIX_TIMER_ARMED) ||
	       !(t->requeue_pending & REQUEUE_PENDING);
}

/**
 * ckpt_posix_timer_validate - check a POSIX_TIMER record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0, %-EBADMSG or %-EOPNOTSUPP.
 */
int ckpt_posix_timer_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_posix_timer *t = (const void *)h;
	bool thread_clock = t->clock < 0 && CPUCLOCK_PERTHREAD(t->clock);

	if (!clock_ok(t)) {
		v->why = "timer: unknown clock";
		return -EOPNOTSUPP;
	}
	if (t->flags & ~TIMER_FLAGS)
		return ckpt_bad(v, "timer: unknown flags");
	if (!signal_ok(t))
		return ckpt_bad(v, "timer: impossible notification");
	if (t->id > INT_MAX || t->requeue_pending > INT_MAX ||
	    t->sig_overrun > INT_MAX || t->sig_private > INT_MAX)
		return ckpt_bad(v, "timer: number out of range");
	if (!requeue_ok(t))
		return ckpt_bad(v, "timer: runs and waits for its signal");
	if (!times_ok(t))
		return ckpt_bad(v, "timer: time out of range");
	if (t->target && !ckpt_ref_ok(v, t->target, CKPT_CLASS_PID))
		return ckpt_bad(v, "timer: bad reference to a thread");
	if (!thread_clock != !t->cpu_target ||
	    (thread_clock && !ckpt_ref_ok(v, t->cpu_target, CKPT_CLASS_PID)))
		return ckpt_bad(v, "timer: bad reference to a thread's CPU time");
	return 0;
}

/* ---- restart ---- */

/**
 * struct ckpt_new_timer - restart: a timer that is not armed yet
 * @timr: the timer
 * @h: its record
 */
struct ckpt_new_timer {
	struct k_itimer *timr;
	const struct ckpt_hdr_posix_timer *h;
};

static int thread_nr(struct ckpt_ctx *ctx, u32 id)
{
	struct pid *pid = restore_obj(ctx, id);

	return IS_ERR(pid) ? PTR_ERR(pid) : pid_vnr(pid);
}

/* The clock to create the timer with: that of a thread is not current's. */
static int get_clock(struct ckpt_ctx *ctx, const struct ckpt_hdr_posix_timer *h,
		     clockid_t *clock)
{
	int nr;

	*clock = h->clock;
	if (h->clock >= 0)
		return 0;
	*clock = make_process_cpuclock(0, CPUCLOCK_WHICH(h->clock));
	if (!CPUCLOCK_PERTHREAD(h->clock))
		return 0;
	nr = thread_nr(ctx, h->cpu_target);
	if (nr < 0)
		return nr;
	*clock = make_thread_cpuclock(nr, CPUCLOCK_WHICH(h->clock));
	return 0;
}

static int create_error(struct ckpt_ctx *ctx, u32 id, int err)
{
	if (err == -EAGAIN)
		return ckpt_err(ctx, -ENOMEM, "timer %u: over RLIMIT_SIGPENDING",
				id);
	if (err == -EINVAL)
		return ckpt_err(ctx, -EBADMSG,
				"timer %u: about a thread of another process", id);
	return ckpt_err(ctx, err, "timer %u", id);
}

static int restore_timer(struct ckpt_ctx *ctx,
			 const struct ckpt_hdr_posix_timer *h,
			 struct ckpt_new_timer *new)
{
	struct sigevent event = {
		.sigev_value.sival_ptr	= (void __user *)(unsigned long)h->value,
		.sigev_signo		= h->signo,
		.sigev_notify		= h->notify,
	};
	clockid_t clock;
	int ret;

	if (h->target) {
		ret = thread_nr(ctx, h->target);
		if (ret < 0)
			return ret;
		event.sigev_notify_thread_id = ret;
	}
	ret = get_clock(ctx, h, &clock);
	if (ret)
		return ret;
	current->signal->next_posix_timer_id = h->id;
	ret = posix_timer_restore(clock, &event, &new->timr);
	if (ret)
		return create_error(ctx, h->id, ret);
	if (new->timr->it_id != h->id)
		return ckpt_err(ctx, -EBADMSG, "timer %u: is there twice", h->id);
	new->timr->it_clock = h->clock;
	new->h = h;
	return 0;
}

static unsigned int count_timers(struct ckpt_cursor c)
{
	unsigned int nr = 0;

	while (ckpt_read_opt_type(&c, CKPT_HDR_POSIX_TIMER)) {
		nr++;
		cond_resched();
	}
	return nr;
}

static int by_place(const void *a, const void *b)
{
	const struct ckpt_new_timer *x = a, *y = b;

	return x->h->ahead < y->h->ahead ? -1 : x->h->ahead > y->h->ahead;
}

/**
 * restore_timers - create the timers of the current process
 * @ctx: the restart
 * @s: where to keep them
 * @c: where their records are, if there are any
 *
 * Return: 0, or a reported errno.
 */
int restore_timers(struct ckpt_ctx *ctx, struct ckpt_signals *s,
		   struct ckpt_cursor *c)
{
	unsigned int i, nr = count_timers(*c);
	int ret;

	if (!nr)
		return 0;
	s->timers = kvcalloc(nr, sizeof(*s->timers), GFP_KERNEL_ACCOUNT);
	if (!s->timers)
		return ckpt_err(ctx, -ENOMEM, "%u timers", nr);
	for (i = 0; i < nr; i++) {
		ret = restore_timer(ctx,
				    ckpt_read_opt_type(c, CKPT_HDR_POSIX_TIMER),
				    &s->timers[i]);
		if (ret)
			return ret;
		s->nr_timers++;
		cond_resched();
	}
	sort(s->timers, nr, sizeof(*s->timers), by_place, NULL);
	return 0;
}

static void arm(struct ckpt_ctx *ctx, const struct ckpt_new_timer *new)
{
	const struct ckpt_hdr_posix_timer *h = new->h;
	struct k_itimer *timr = new->timr;
	unsigned long flags;
	ktime_t expires;

	expires = h->clock < 0 ? h->expires :
		  ckpt_clock_to_host(ctx, h->base, h->expires);
	spin_lock_irqsave(&timr->it_lock, flags);
	timr->it_interval = h->interval;
	/* Before: one of a CPU clock may be late, and fires just now. */
	timr->it_requeue_pending = h->requeue_pending;
	posix_timer_poke(timr, h->base, expires,
			 h->flags & CKPT_POSIX_TIMER_ARMED);
	timr->it_overrun = h->overrun;
	timr->it_overrun_last = h->overrun_last;
	spin_unlock_irqrestore(&timr->it_lock, flags);
}

static struct sigpending *pending_of(struct ckpt_ctx *ctx,
				     struct ckpt_signals *s, u32 target)
{
	u32 i;

	if (!target)
		return &s->shared;
	for (i = 0; i < ctx->nr_tasks; i++)
		if (ctx->tasks[i].tree->pid == target)
			return ctx->tasks[i].signals ?
			       &ctx->tasks[i].signals->private : NULL;
	return NULL;
}

/* Put the signal of a timer where it was in a queue that is being prepared. */
static void queue_signal(struct sigpending *pending,
			 const struct ckpt_new_timer *new)
{
	struct sigqueue *q = new->timr->sigq, *other;
	struct list_head *before = &pending->list;
	u32 ahead = new->h->ahead;

	q->info.si_overrun = new->h->sig_overrun;
	q->info.si_sys_private = new->h->sig_private;
	list_for_each_entry(other, &pending->list, list) {
		if (other->info.si_signo != q->info.si_signo)
			continue;
		if (!ahead--) {
			before = &other->list;
			break;
		}
	}
	list_add_tail(&q->list, before);
	sigaddset(&pending->signal, q->info.si_signo);
}

/**
 * restore_timers_queue - add the pending signals of timers to the others
 * @ctx: the restart; all threads of the process have prepared their signals
 * @s: of the current process
 */
void restore_timers_queue(struct ckpt_ctx *ctx, struct ckpt_signals *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_timers; i++) {
		struct ckpt_new_timer *new = &s->timers[i];
		struct sigpending *pending;

		if (!(new->h->flags & CKPT_POSIX_TIMER_QUEUED))
			continue;
		pending = pending_of(ctx, s, new->h->target);
		if (pending)
			queue_signal(pending, new);
	}
}

/**
 * restore_timers_commit - arm the timers of the current process
 * @ctx: the restart, its clocks set
 * @s: of the current process
 */
void restore_timers_commit(struct ckpt_ctx *ctx, struct ckpt_signals *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_timers; i++)
		arm(ctx, &s->timers[i]);
}
