// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - interval timers: setitimer() and alarm()
 *
 * Saved: time until each expires, and the intervals. Time does not pass for a
 *	timer between checkpoint and restart. An expired timer that waits for
 *	its SIGALRM to be taken before it starts again keeps its phase.
 */
#include <linux/hrtimer.h>
#include <linux/posix-timers.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include "sighand.h"
#include "signal.h"

/* As get_cpu_itimer(): what has expired but not been noticed is due now. */
static void sample_cpu_itimer(struct task_struct *tsk, unsigned int clock,
			      u64 *value, u64 *interval)
{
	struct cpu_itimer *it = &tsk->signal->it[clock];
	u64 samples[CPUCLOCK_MAX];

	*interval = it->incr;
	*value = 0;
	if (!it->expires)
		return;

	thread_group_sample_cputime(tsk, samples);
	*value = it->expires > samples[clock] ? it->expires - samples[clock] :
						TICK_NSEC;
}

/**
 * ckpt_itimer_sample - read the interval timers of a process
 * @tsk: one of its threads; its siglock is held
 * @now: CLOCK_MONOTONIC at which the values are wanted
 * @it: where to put them
 *
 * Whether ITIMER_REAL is armed and whether its SIGALRM is pending belong
 * together, and siglock covers both but for the moment in which the timer has
 * left its queue and its handler waits for siglock.
 *
 * Return: false in that moment; drop siglock and try again.
 */
bool ckpt_itimer_sample(struct task_struct *tsk, ktime_t now,
			struct ckpt_hdr_itimer *it)
{
	struct signal_struct *sig = tsk->signal;
	struct hrtimer *timer = &sig->real_timer;
	bool armed = hrtimer_is_queued(timer);

	lockdep_assert_held(&tsk->sighand->siglock);

	if (!armed && hrtimer_active(timer))
		return false;

	memset(it, 0, sizeof(*it));
	it->real_interval = ktime_to_ns(sig->it_real_incr);
	if (armed)
		it->flags |= CKPT_ITIMER_REAL_ARMED;
	if (armed || it->real_interval)
		it->real_value = ktime_to_ns(ktime_sub(hrtimer_get_expires(timer),
						       now));
	sample_cpu_itimer(tsk, CPUCLOCK_VIRT, &it->virt_value,
			  &it->virt_interval);
	sample_cpu_itimer(tsk, CPUCLOCK_PROF, &it->prof_value,
			  &it->prof_interval);
	return true;
}

/**
 * checkpoint_itimer - write the interval timers of a process, if it uses any
 * @ctx: the checkpoint
 * @it: what ckpt_itimer_sample() has read
 *
 * Return: 0, or a reported errno.
 */
int checkpoint_itimer(struct ckpt_ctx *ctx, const struct ckpt_hdr_itimer *it)
{
	struct ckpt_hdr_itimer *h;

	if (!it->flags && !it->real_interval && !it->virt_value &&
	    !it->virt_interval && !it->prof_value && !it->prof_interval)
		return 0;

	h = ckpt_new_rec(ctx, CKPT_HDR_ITIMER, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);

	h->flags = it->flags;
	h->real_value = it->real_value;
	h->real_interval = it->real_interval;
	h->virt_value = it->virt_value;
	h->virt_interval = it->virt_interval;
	h->prof_value = it->prof_value;
	h->prof_interval = it->prof_interval;
	return 0;
}

/**
 * ckpt_itimer_validate - check an ITIMER record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0, %-EBADMSG or %-EOPNOTSUPP.
 */
int ckpt_itimer_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_itimer *it = (const void *)h;

	if (it->reserved)
		return ckpt_bad(v, "interval timers: reserved field set");
	if (it->flags & ~CKPT_ITIMER_REAL_ARMED) {
		v->why = "interval timers: unknown flags";
		return -EOPNOTSUPP;
	}
	/* Twice a value must not overflow, whatever is added to it. */
	if (it->real_value > KTIME_MAX / 2 || it->real_value < -KTIME_MAX / 2 ||
	    it->real_interval > KTIME_MAX / 2 ||
	    it->virt_value > KTIME_MAX / 2 ||
	    it->virt_interval > KTIME_MAX / 2 ||
	    it->prof_value > KTIME_MAX / 2 || it->prof_interval > KTIME_MAX / 2)
		return ckpt_bad(v, "interval timers: time out of range");
	return 0;
}

static void set_real_timer(const struct ckpt_hdr_itimer *h)
{
	struct hrtimer *timer = &current->signal->real_timer;

	current->signal->it_real_incr = ns_to_ktime(h->real_interval);
	if (h->flags & CKPT_ITIMER_REAL_ARMED)
		hrtimer_start(timer, ns_to_ktime(h->real_value),
			      HRTIMER_MODE_REL);
	else if (h->real_interval)
		hrtimer_set_expires(timer, ktime_add(ktime_get(),
						     ns_to_ktime(h->real_value)));
}

static void set_cpu_timer(unsigned int clock, u64 value, u64 interval)
{
	struct cpu_itimer *it = &current->signal->it[clock];
	u64 old = 0;

	if (value)
		set_process_cpu_timer(current, clock, &value, &old);
	it->expires = value;
	it->incr = interval;
}

/**
 * restore_itimer_commit - arm the interval timers of the current process
 * @h: ITIMER record; it has none yet
 */
void restore_itimer_commit(const struct ckpt_hdr_itimer *h)
{
	spin_lock_irq(&ckpt_current_sighand()->siglock);
	set_real_timer(h);
	set_cpu_timer(CPUCLOCK_VIRT, h->virt_value, h->virt_interval);
	set_cpu_timer(CPUCLOCK_PROF, h->prof_value, h->prof_interval);
	spin_unlock_irq(&ckpt_current_sighand()->siglock);
}
