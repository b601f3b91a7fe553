// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - what a task must not have
 *
 * Refused: all that the table below names. Each of these would be lost, and a
 * task would not notice until it is too late.
 */
#include <linux/cred.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include "attached.h"
#include "internal.h"

static bool has_seccomp(struct task_struct *tsk)
{
	return seccomp_mode(&tsk->seccomp) != SECCOMP_MODE_DISABLED;
}

/* Kernel threads and io_uring workers are no programs. */
static bool is_kernel_worker(struct task_struct *tsk)
{
	return tsk->flags & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER);
}

/* A system call acts with other credentials than the task's. */
static bool has_overridden_creds(struct task_struct *tsk)
{
	bool ret;

	rcu_read_lock();
	ret = rcu_access_pointer(tsk->cred) != rcu_access_pointer(tsk->real_cred);
	rcu_read_unlock();
	return ret;
}

static const struct {
	const char *name;
	bool (*has)(struct task_struct *tsk);
} attached[] = {
	{ "kernel thread or worker",		is_kernel_worker },
	{ "seccomp",				has_seccomp },
	{ "syscall user dispatch",		ckpt_has_syscall_dispatch },
	{ "overridden credentials",		has_overridden_creds },
	{ "core scheduling cookie",		ckpt_has_core_cookie },
	{ "NUMA memory policy",			ckpt_has_mempolicy },
	{ "perf events",			ckpt_has_perf_events },
	{ "uprobe",				ckpt_has_uprobe },
	{ "user events",			ckpt_has_user_events },
	{ "io_uring",				ckpt_has_io_uring },
	{ "I/O context shared by CLONE_IO",	ckpt_has_shared_io_context },
	{ "kcov",				ckpt_has_kcov },
	{ "BPF task storage",			ckpt_has_bpf_storage },
};

/**
 * checkpoint_attached - refuse a task with something that would be lost
 * @ctx: the checkpoint
 * @tsk: the task, stopped
 *
 * Return: 0, or a reported %-EOPNOTSUPP.
 */
int checkpoint_attached(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(attached); i++)
		if (attached[i].has(tsk))
			return ckpt_err(ctx, -EOPNOTSUPP, "%s: not supported",
					attached[i].name);
	return 0;
}
