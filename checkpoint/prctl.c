// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - task attributes set with prctl() and personality()
 *
 * Saved: no_new_privs, IO_FLUSHER, memory failure policy, personality, timer
 *	slack; and the task flags that execve(), setpgid() and acct() look at.
 * Elsewhere: dumpable and THP disable with the memory, keepcaps with the
 *	credentials, child subreaper with the process, what depends on the
 *	processor with the registers.
 * Refused: seccomp, syscall user dispatch, core scheduling; see attached.c.
 */
#include <linux/capability.h>
#include <linux/personality.h>
#include <linux/seccomp.h>
#include <linux/sched.h>
#include "sched.h"

#define IO_FLUSHER	(PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE)

/* Image flags and the task flags that they stand for. */
static const struct {
	u32 image;
	unsigned int kernel;
} task_flags[] = {
	{ CKPT_SCHED_FORKNOEXEC,	PF_FORKNOEXEC },
	{ CKPT_SCHED_SUPERPRIV,		PF_SUPERPRIV },
	{ CKPT_SCHED_NPROC_EXCEEDED,	PF_NPROC_EXCEEDED },
	{ CKPT_SCHED_IO_FLUSHER,	IO_FLUSHER },
	{ CKPT_SCHED_MCE_PROCESS,	PF_MCE_PROCESS },
	{ CKPT_SCHED_MCE_EARLY,		PF_MCE_EARLY },
};

/**
 * ckpt_prctl_flags - attributes of a task
 * @tsk: the task
 *
 * Return: %CKPT_SCHED_NO_NEW_PRIVS and the like.
 */
u32 ckpt_prctl_flags(struct task_struct *tsk)
{
	u32 ret = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(task_flags); i++)
		if ((tsk->flags & task_flags[i].kernel) == task_flags[i].kernel)
			ret |= task_flags[i].image;
	if (task_no_new_privs(tsk))
		ret |= CKPT_SCHED_NO_NEW_PRIVS;
	return ret;
}

/**
 * restore_prctl - find out whether the current task may have its attributes
 * @ctx: the restart
 * @h: SCHED record
 *
 * What it has now it inherited from the caller of restart(). Neither seccomp
 * nor no_new_privs can be taken off again, so a task that had none of them
 * cannot be restored under them.
 *
 * Return: 0, or a reported errno.
 */
int restore_prctl(struct ckpt_ctx *ctx, const struct ckpt_hdr_sched *h)
{
	u32 inherited = ckpt_prctl_flags(current);

	if (seccomp_mode(&current->seccomp) != SECCOMP_MODE_DISABLED)
		return ckpt_err(ctx, -EINVAL, "seccomp: the caller is under it, the task was not");
	if (inherited & ~h->flags & CKPT_SCHED_NO_NEW_PRIVS)
		return ckpt_err(ctx, -EPERM,
				"no_new_privs: the caller has it set, the task had not");
	if ((inherited ^ h->flags) & CKPT_SCHED_IO_FLUSHER &&
	    !capable(CAP_SYS_RESOURCE))
		return ckpt_err(ctx, -EPERM, "PR_SET_IO_FLUSHER: not permitted");
	return 0;
}

/**
 * restore_prctl_commit - give the current task its attributes
 * @h: SCHED record
 */
void restore_prctl_commit(const struct ckpt_hdr_sched *h)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(task_flags); i++) {
		if (h->flags & task_flags[i].image)
			current->flags |= task_flags[i].kernel;
		/* The change of the user may have set this. */
		else if (task_flags[i].kernel != PF_NPROC_EXCEEDED)
			current->flags &= ~task_flags[i].kernel;
	}
	if (h->flags & CKPT_SCHED_NO_NEW_PRIVS)
		task_set_no_new_privs(current);
	set_personality(h->personality);
	current->timer_slack_ns = h->timer_slack;
	current->default_timer_slack_ns = h->default_timer_slack;
}
