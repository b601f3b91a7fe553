// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - pending signals
 *
 * Saved: which signals are pending, for the task and for the process, and the
 *	queue with its order and each siginfo to the last byte. Process ids in
 *	it stay as the receiver would have seen them. Signals of timers are saved
 *	with the timers, see posix_timer.c.
 * Refused: tasks about to be killed.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/signalfd.h>
#include "sighand.h"
#include "signal.h"

/*
 * The kernel keeps a siginfo as the receiver will get it, without the unused
 * end, and that layout is an ABI; the image has it as it is.
 */
static_assert(sizeof(kernel_siginfo_t) == sizeof(struct ckpt_siginfo));
static_assert(offsetof(kernel_siginfo_t, si_signo) ==
	      offsetof(struct ckpt_siginfo, signo));
static_assert(offsetof(kernel_siginfo_t, si_errno) ==
	      offsetof(struct ckpt_siginfo, err));
static_assert(offsetof(kernel_siginfo_t, si_code) ==
	      offsetof(struct ckpt_siginfo, code));
static_assert(offsetof(kernel_siginfo_t, _sifields) ==
	      offsetof(struct ckpt_siginfo, fields));

static_assert(struct_size_t(struct ckpt_hdr_sigpending, info,
			    CKPT_SIGPENDING_MAX) <= CKPT_RECORD_MAX);

/**
 * struct ckpt_sigqueue - checkpoint: a copy of pending signals
 * @max: room for this many entries
 * @nr: entries; more than @max if they did not fit
 * @set: pending signals
 * @info: the entries
 */
struct ckpt_sigqueue {
	unsigned int max;
	unsigned int nr;
	u64 set;
	struct ckpt_siginfo info[];
};

struct ckpt_sigqueue *ckpt_sigqueue_alloc(unsigned int max)
{
	struct ckpt_sigqueue *q;

	q = kvzalloc(struct_size(q, info, max), GFP_KERNEL_ACCOUNT);
	if (q)
		q->max = max;
	return q;
}

void ckpt_sigqueue_free(struct ckpt_sigqueue *q)
{
	kvfree(q);
}

unsigned int ckpt_sigqueue_nr(const struct ckpt_sigqueue *q)
{
	return q->nr;
}

/* Signals that are pending because a timer has expired, and for that only. */
static u64 signals_of_timers(const struct sigpending *pending)
{
	const struct sigqueue *entry;
	u64 timers = 0, others = 0;

	list_for_each_entry(entry, &pending->list, list) {
		if (entry->flags & SIGQUEUE_PREALLOC)
			timers |= sigmask(entry->info.si_signo);
		else
			others |= sigmask(entry->info.si_signo);
	}
	return timers & ~others;
}

/**
 * ckpt_sigqueue_fill - copy pending signals, but not those of timers
 * @q: where to put them
 * @pending: what to copy; siglock is held
 *
 * Return: whether they fit; if not, ckpt_sigqueue_nr() tells how many there are.
 */
bool ckpt_sigqueue_fill(struct ckpt_sigqueue *q, struct sigpending *pending)
{
	struct sigqueue *entry;

	q->nr = 0;
	q->set = pending->signal.sig[0] & ~signals_of_timers(pending);
	list_for_each_entry(entry, &pending->list, list) {
		if (entry->flags & SIGQUEUE_PREALLOC)
			continue;
		if (q->nr < q->max)
			memcpy(&q->info[q->nr], &entry->info,
			       sizeof(q->info[0]));
		q->nr++;
	}
	return q->nr <= q->max;
}

static int write_sigpending(struct ckpt_ctx *ctx, const struct ckpt_sigqueue *q,
			    u32 flags, unsigned int first, unsigned int nr)
{
	struct ckpt_hdr_sigpending *h;

	h = ckpt_new_rec(ctx, CKPT_HDR_SIGPENDING, struct_size(h, info, nr));
	if (IS_ERR(h))
		return PTR_ERR(h);

	h->set = q->set;
	h->flags = flags;
	h->nr_info = nr;
	memcpy(h->info, &q->info[first], flex_array_size(h, info, nr));
	return 0;
}

/**
 * checkpoint_sigqueue - write pending signals
 * @ctx: the checkpoint
 * @q: the copy of them
 * @flags: %CKPT_SIGPENDING_SHARED or 0
 *
 * Return: 0, or a reported errno.
 */
int checkpoint_sigqueue(struct ckpt_ctx *ctx, const struct ckpt_sigqueue *q,
			u32 flags)
{
	unsigned int first = 0, nr;
	int ret;

	if (!q->set)
		return 0;
	if (q->set & sigmask(SIGKILL))
		return ckpt_err(ctx, -ESRCH, "the task is being killed");
	do {
		nr = min(q->nr - first, CKPT_SIGPENDING_MAX);
		ret = write_sigpending(ctx, q, flags, first, nr);
		if (ret)
			return ret;
		first += nr;
	} while (first < q->nr);
	return 0;
}

/**
 * ckpt_sigpending_validate - check a SIGPENDING record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0, %-EBADMSG or %-EOPNOTSUPP.
 */
int ckpt_sigpending_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_sigpending *p = (const void *)h;
	size_t len;
	u32 i;

	ckpt_payload(h, sizeof(*p), &len);
	if (p->nr_info > CKPT_SIGPENDING_MAX ||
	    len != flex_array_size(p, info, p->nr_info))
		return ckpt_bad(v, "pending signals: wrong number");
	if (p->flags & ~CKPT_SIGPENDING_SHARED) {
		v->why = "pending signals: unknown flags";
		return -EOPNOTSUPP;
	}
	if (!p->set || p->set & sigmask(SIGKILL))
		return ckpt_bad(v, "pending signals: none, or SIGKILL");
	for (i = 0; i < p->nr_info; i++) {
		s32 sig = p->info[i].signo;

		if (sig < 1 || sig > CKPT_NSIG || !(p->set & sigmask(sig)))
			return ckpt_bad(v, "pending signals: wrong signal");
	}
	return 0;
}

/*
 * With these rules a signal is queued even above RLIMIT_SIGPENDING; see
 * __send_signal_locked(). The limit is that of the restart's caller.
 */
static bool overrides_rlimit(const struct ckpt_siginfo *info)
{
	return info->signo < SIGRTMIN && info->code >= 0;
}

static int restore_siginfo(struct ckpt_ctx *ctx, struct sigpending *pending,
			   const struct ckpt_siginfo *info)
{
	struct sigqueue *q;

	q = __sigqueue_alloc(info->signo, current, GFP_KERNEL,
			     overrides_rlimit(info), 0);
	if (!q)
		return ckpt_err(ctx, -ENOMEM,
				"pending signal %d: over RLIMIT_SIGPENDING",
				info->signo);

	memcpy(&q->info, info, sizeof(*info));
	list_add_tail(&q->list, &pending->list);
	return 0;
}

/**
 * restore_sigqueue - prepare pending signals
 * @ctx: the restart
 * @pending: where to put them
 * @c: where their records are, if there are any
 * @flags: %CKPT_SIGPENDING_SHARED or 0
 *
 * A task may queue any siginfo to itself (rt_sigqueueinfo()), so its contents
 * need no checks: to the kernel they are opaque. But a standard signal is not
 * queued twice, or there would be no end to what is exempt from the limit.
 *
 * Return: 0, or a reported errno.
 */
int restore_sigqueue(struct ckpt_ctx *ctx, struct sigpending *pending,
		     struct ckpt_cursor *c, u32 flags)
{
	const u64 standard = sigmask(SIGRTMIN) - 1;
	const struct ckpt_hdr_sigpending *h;
	u64 seen = 0;
	u32 i;
	int ret;

	while ((h = ckpt_read_opt_type(c, CKPT_HDR_SIGPENDING))) {
		if (h->flags != flags)
			return ckpt_err(ctx, -EBADMSG,
					"pending signals: in the wrong place");
		pending->signal.sig[0] |= h->set;
		for (i = 0; i < h->nr_info; i++) {
			u64 mask = sigmask(h->info[i].signo);

			if (seen & standard & mask)
				return ckpt_err(ctx, -EBADMSG,
						"pending signal %d: queued twice",
						h->info[i].signo);
			seen |= mask;
			ret = restore_siginfo(ctx, pending, &h->info[i]);
			if (ret)
				return ret;
			cond_resched();
		}
	}
	return 0;
}

static void drop_signals(struct sigpending *pending, u64 mask)
{
	struct sigqueue *q, *tmp;

	mask &= pending->signal.sig[0];
	if (!mask)
		return;

	pending->signal.sig[0] &= ~mask;
	list_for_each_entry_safe(q, tmp, &pending->list, list) {
		if (mask & sigmask(q->info.si_signo)) {
			list_del_init(&q->list);
			__sigqueue_free(q);
		}
	}
}

/* Signals that were sent to the current process while it was being restored. */
static u64 signals_arrived(void)
{
	u64 set = current->signal->shared_pending.signal.sig[0];
	struct task_struct *t;

	for_each_thread(current, t)
		set |= t->pending.signal.sig[0];
	return set;
}

/*
 * SIGCONT and the stop signals cancel each other, in all queues of a process,
 * when they are sent. Let those that have just been sent do that.
 */
static void cancel_job_control(struct sigpending *old)
{
	u64 arrived;

	if (!(old->signal.sig[0] & (sigmask(SIGCONT) | SIG_KERNEL_STOP_MASK)))
		return;

	arrived = signals_arrived();
	if (arrived & sigmask(SIGCONT))
		drop_signals(old, SIG_KERNEL_STOP_MASK);
	if (arrived & SIG_KERNEL_STOP_MASK)
		drop_signals(old, sigmask(SIGCONT));
}

/**
 * restore_sigqueue_commit - make prepared signals pending
 * @to: a queue of the current task or process
 * @from: the prepared signals; empty afterwards
 *
 * The result is as if those of the image had been sent first and those that
 * arrived meanwhile after them. Called with siglock held.
 */
void restore_sigqueue_commit(struct sigpending *to, struct sigpending *from)
{
	u64 standard = sigmask(SIGRTMIN) - 1;

	lockdep_assert_held(&ckpt_current_sighand()->siglock);

	cancel_job_control(from);
	if (!from->signal.sig[0])
		return;

	/* A standard signal is not queued twice; the first one stays. */
	drop_signals(to, from->signal.sig[0] & standard);

	list_splice_init(&from->list, &to->list);
	sigorsets(&to->signal, &to->signal, &from->signal);
	sigemptyset(&from->signal);
	signalfd_notify(current, 0);
}
