// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - signal handlers
 *
 * Saved: for each signal the handler, the flags, the restorer and the mask.
 * Not saved: tasks waiting on a signalfd; they wait again by themselves.
 * Refused: handlers shared by processes (CLONE_SIGHAND without CLONE_THREAD),
 *	a task about to be killed by a signal it cannot handle.
 */
#include <linux/checkpoint_arch.h>
#include <linux/sched/signal.h>
#include "sighand.h"

static_assert(CKPT_NSIG == _NSIG);
static_assert(sizeof(sigset_t) == sizeof(u64));

/* The kernel never lets these be blocked, in any mask. */
#define UNBLOCKABLE	(sigmask(SIGKILL) | sigmask(SIGSTOP))

#define SA_FLAGS_KNOWN	((unsigned long)UAPI_SA_FLAGS | CKPT_ARCH_SA_FLAGS)

/*
 * Each thread holds one reference, and so does our caller; nobody else. One
 * that has just exited may still be about to drop its own.
 */
static bool is_shared(struct sighand_struct *sighand, struct task_struct *tsk)
{
	int tries;

	for (tries = 0; tries < 10; tries++) {
		if (refcount_read(&sighand->count) == get_nr_threads(tsk) + 1)
			return false;
		schedule_timeout_uninterruptible(1);
	}
	return true;
}

static int check_sighand(struct ckpt_ctx *ctx, struct sighand_struct *sighand)
{
	struct task_struct *tsk = ctx->subject->task;
	int sig;

	if (is_shared(sighand, tsk))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"signal handlers: shared with another process");

	for (sig = 1; sig <= _NSIG; sig++) {
		unsigned long flags = sighand->action[sig - 1].sa.sa_flags;

		if (flags & SA_IMMUTABLE)
			return ckpt_err(ctx, -EBUSY,
					"signal %d is about to kill the task",
					sig);
		if (flags & ~SA_FLAGS_KNOWN)
			return ckpt_err(ctx, -EOPNOTSUPP,
					"handler of signal %d: flags %#lx", sig,
					flags & ~SA_FLAGS_KNOWN);
	}
	return 0;
}

/**
 * checkpoint_sighand - write the signal handlers of a process
 * @ctx: the checkpoint
 * @obj: struct sighand_struct of the task at hand
 *
 * Return: 0, or a reported errno.
 */
int checkpoint_sighand(struct ckpt_ctx *ctx, void *obj)
{
	struct sighand_struct *sighand = obj;
	struct ckpt_hdr_sighand *h;
	int sig, ret;

	ret = check_sighand(ctx, sighand);
	if (ret)
		return ret;

	h = ckpt_new_obj(ctx, CKPT_HDR_SIGHAND, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);

	spin_lock_irq(&sighand->siglock);
	for (sig = 1; sig <= _NSIG; sig++) {
		const struct sigaction *sa = &sighand->action[sig - 1].sa;
		struct ckpt_sigaction *a = &h->action[sig - 1];

		a->handler = (unsigned long)sa->sa_handler;
		a->flags = sa->sa_flags;
		a->restorer = (unsigned long)sa->sa_restorer;
		a->mask = sa->sa_mask.sig[0];
	}
	spin_unlock_irq(&sighand->siglock);
	return 0;
}

/**
 * ckpt_sighand_validate - check a SIGHAND record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0, %-EBADMSG or %-EOPNOTSUPP.
 */
int ckpt_sighand_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_sighand *s = (const void *)h;
	int sig;

	for (sig = 1; sig <= CKPT_NSIG; sig++) {
		const struct ckpt_sigaction *a = &s->action[sig - 1];

		if (a->flags & ~(u64)SA_FLAGS_KNOWN) {
			v->why = "unknown flags of a signal handler";
			return -EOPNOTSUPP;
		}
		if (a->mask & UNBLOCKABLE)
			return ckpt_bad(v, "signal handler blocks SIGKILL or SIGSTOP");
		if (sig_kernel_only(sig) && a->handler)
			return ckpt_bad(v, "handler for SIGKILL or SIGSTOP");
	}
	return 0;
}

/**
 * restore_sighand - set the signal handlers of the current process
 * @ctx: the restart
 * @h: SIGHAND record
 * @c: unused
 *
 * They can take effect at once: all signals are blocked, and those that arrive
 * are kept or ignored as they would have been before.
 *
 * Return: the handlers of the current process, referenced.
 */
void *restore_sighand(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		      struct ckpt_cursor *c)
{
	const struct ckpt_hdr_sighand *s = (const void *)h;
	struct sighand_struct *sighand = ckpt_current_sighand();
	int sig;

	spin_lock_irq(&sighand->siglock);
	for (sig = 1; sig <= CKPT_NSIG; sig++) {
		const struct ckpt_sigaction *a = &s->action[sig - 1];
		struct sigaction *sa = &sighand->action[sig - 1].sa;

		sa->sa_handler = (__sighandler_t)(unsigned long)a->handler;
		sa->sa_flags = a->flags;
		sa->sa_restorer = (__sigrestore_t)(unsigned long)a->restorer;
		sa->sa_mask.sig[0] = a->mask;
	}
	spin_unlock_irq(&sighand->siglock);

	ckpt_sighand_get(sighand);
	return sighand;
}

/**
 * ckpt_sighand_get - take a reference
 * @obj: struct sighand_struct
 */
void ckpt_sighand_get(void *obj)
{
	struct sighand_struct *sighand = obj;

	refcount_inc(&sighand->count);
}

/**
 * ckpt_sighand_put - drop a reference
 * @obj: struct sighand_struct
 */
void ckpt_sighand_put(void *obj)
{
	__cleanup_sighand(obj);
}
