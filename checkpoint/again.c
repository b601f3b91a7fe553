// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - system calls that a signal ends with EINTR
 *
 * Some system calls are not made again after a signal, even if there is no
 * handler for it: epoll_wait(2) and its relatives, semop(2), sigtimedwait(2)
 * and others. A program that handles no signals may not expect that at all.
 *
 * A checkpoint wakes tasks as a signal does, but should not be noticed. So
 * those calls ask checkpoint_eintr() what to return. If it was a checkpoint,
 * they are made again, with the same arguments, which are still in the
 * registers. What has been waited already must not count twice: the time when
 * the wait ends is kept in the restart block, and checkpoint_expires() brings
 * it back. Until then the call is one that restart_syscall(2) continues; so
 * is the restarted copy's, see restart_block.c.
 *
 * A handler that runs after all ends the call with EINTR, as ever.
 */
#include <linux/checkpoint.h>
#include <linux/checkpoint_arch.h>
#include <linux/errno.h>
#include <linux/ptrace.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/seccomp.h>
#include <linux/thread_info.h>
#include <asm/syscall.h>
#include "restart_block.h"
#include "sighand.h"

/*
 * In the restart block: futex.val is the number of the system call, futex.time
 * when its wait ends, and futex.flags whether it is being continued right now.
 */
static bool in_progress(const struct restart_block *rb)
{
	return rb->fn == ckpt_again && rb->futex.flags;
}

/**
 * ckpt_again - continue a system call that a checkpoint has interrupted
 * @rb: the restart block of the current task
 *
 * Return: the result of the system call.
 */
long ckpt_again(struct restart_block *rb)
{
	long ret = -EINTR;

	/* The block stays behind, and a filter may know restart_syscall() only. */
	if (current->seccomp.mode != SECCOMP_MODE_DISABLED)
		return ret;
	rb->futex.flags = 1;
	if (ckpt_arch_again_ok(rb->futex.val, ckpt_arch_current_compat()))
		ret = ckpt_arch_again(rb->futex.val);
	rb->futex.flags = 0;
	return ret;
}

/**
 * ckpt_again_save - what ckpt_again() is going to do
 * @rb: restart block with this function
 * @expires: where to put the time when the wait ends
 *
 * Return: the number of the system call.
 */
u32 ckpt_again_save(const struct restart_block *rb, ktime_t *expires)
{
	*expires = rb->futex.time;
	return rb->futex.val;
}

/**
 * ckpt_again_load - let ckpt_again() continue a system call
 * @rb: restart block to fill, but for the function
 * @nr: number of the system call
 * @expires: when its wait ends
 */
void ckpt_again_load(struct restart_block *rb, u32 nr, ktime_t expires)
{
	rb->futex.val = nr;
	rb->futex.time = expires;
	rb->futex.flags = 0;
}

/**
 * checkpoint_expires - when the wait of a system call ends
 * @expires: when it would end if it began now, CLOCK_MONOTONIC
 *
 * Return: the same, or what it was before a checkpoint interrupted it.
 */
ktime_t checkpoint_expires(ktime_t expires)
{
	const struct restart_block *rb = &current->restart_block;

	return in_progress(rb) ? (ktime_t)rb->futex.time : expires;
}

/*
 * Whether nothing but a checkpoint has woken us: one that waits for us to
 * stop, or one that has given up before we got here and left no trace.
 */
static bool woken_by_checkpoint(void)
{
	bool ret = true;

	spin_lock_irq(&ckpt_current_sighand()->siglock);
	if (!(current->jobctl & JOBCTL_TRAP_CKPT)) {
		recalc_sigpending();
		ret = !signal_pending(current);
		/* Our result must be seen by whoever handles signals. */
		set_thread_flag(TIF_SIGPENDING);
	}
	spin_unlock_irq(&ckpt_current_sighand()->siglock);
	return ret;
}

/**
 * checkpoint_eintr - the result of a system call that was interrupted
 * @expires: when its wait would have ended, CLOCK_MONOTONIC, or NULL if never
 *
 * For system calls that nothing but a checkpoint causes to be made again. They
 * must not have done anything yet, and must use checkpoint_expires() if they
 * have a timeout.
 *
 * Context: current, which has signal_pending().
 *
 * Return: -EINTR, or a code that has the call made again.
 */
int checkpoint_eintr(const ktime_t *expires)
{
	struct restart_block *rb = &current->restart_block;
	int nr;

	if (!woken_by_checkpoint())
		return -EINTR;
	if (!expires)
		return -ERESTARTNOHAND;
	/* A filter may not let restart_syscall() through. */
	if (current->seccomp.mode != SECCOMP_MODE_DISABLED)
		return -EINTR;
	nr = in_progress(rb) ? rb->futex.val :
			       syscall_get_nr(current, current_pt_regs());
	if (!ckpt_arch_again_ok(nr, ckpt_arch_current_compat()))
		return -EINTR;
	ckpt_again_load(rb, nr, *expires);
	return set_restart_fn(rb, ckpt_again);
}
