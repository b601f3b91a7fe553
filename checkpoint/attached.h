/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - what may be attached to a task, by configuration
 *
 * Each predicate tells whether @tsk has it; without the configuration option no
 * task does.
 */
#ifndef _CHECKPOINT_ATTACHED_H
#define _CHECKPOINT_ATTACHED_H

#include <linux/io_uring_types.h>
#include <linux/iocontext.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/uprobes.h>

struct ckpt_ctx;

int checkpoint_attached(struct ckpt_ctx *ctx, struct task_struct *tsk);

#ifdef CONFIG_SCHED_CORE
static inline bool ckpt_has_core_cookie(struct task_struct *tsk)
{
	return tsk->core_cookie;
}
#else
static inline bool ckpt_has_core_cookie(struct task_struct *tsk)
{
	return false;
}
#endif

#ifdef CONFIG_GENERIC_ENTRY
static inline bool ckpt_has_syscall_dispatch(struct task_struct *tsk)
{
	return test_task_syscall_work(tsk, SYSCALL_USER_DISPATCH);
}
#else
static inline bool ckpt_has_syscall_dispatch(struct task_struct *tsk)
{
	return false;
}
#endif

#ifdef CONFIG_NUMA
static inline bool ckpt_has_mempolicy(struct task_struct *tsk)
{
	return tsk->mempolicy;
}
#else
static inline bool ckpt_has_mempolicy(struct task_struct *tsk)
{
	return false;
}
#endif

#ifdef CONFIG_PERF_EVENTS
static inline bool ckpt_has_perf_events(struct task_struct *tsk)
{
	struct perf_event_context *ctx;
	bool ret;

	mutex_lock(&tsk->perf_event_mutex);
	ret = !list_empty(&tsk->perf_event_list);
	/* It goes when SIGKILL ends the task. */
	rcu_read_lock();
	ctx = READ_ONCE(tsk->perf_event_ctxp);
	ret |= ctx && READ_ONCE(ctx->nr_events);
	rcu_read_unlock();
	mutex_unlock(&tsk->perf_event_mutex);
	return ret;
}
#else
static inline bool ckpt_has_perf_events(struct task_struct *tsk)
{
	return false;
}
#endif

#ifdef CONFIG_UPROBES
static inline bool ckpt_has_uprobe(struct task_struct *tsk)
{
	return tsk->utask && (tsk->utask->active_uprobe ||
			      tsk->utask->return_instances);
}
#else
static inline bool ckpt_has_uprobe(struct task_struct *tsk)
{
	return false;
}
#endif

#ifdef CONFIG_USER_EVENTS
static inline bool ckpt_has_user_events(struct task_struct *tsk)
{
	return tsk->user_event_mm;
}
#else
static inline bool ckpt_has_user_events(struct task_struct *tsk)
{
	return false;
}
#endif

#ifdef CONFIG_IO_URING
static inline bool ckpt_has_io_uring(struct task_struct *tsk)
{
	return tsk->io_uring && !xa_empty(&tsk->io_uring->xa);
}
#else
static inline bool ckpt_has_io_uring(struct task_struct *tsk)
{
	return false;
}
#endif

#ifdef CONFIG_BLOCK
static inline bool ckpt_has_shared_io_context(struct task_struct *tsk)
{
	bool ret;

	task_lock(tsk);
	ret = tsk->io_context &&
	      atomic_read(&tsk->io_context->active_ref) > 1;
	task_unlock(tsk);
	return ret;
}
#else
static inline bool ckpt_has_shared_io_context(struct task_struct *tsk)
{
	return false;
}
#endif

#ifdef CONFIG_KCOV
static inline bool ckpt_has_kcov(struct task_struct *tsk)
{
	return tsk->kcov;
}
#else
static inline bool ckpt_has_kcov(struct task_struct *tsk)
{
	return false;
}
#endif

#ifdef CONFIG_BPF_SYSCALL
static inline bool ckpt_has_bpf_storage(struct task_struct *tsk)
{
	return rcu_access_pointer(tsk->bpf_storage);
}
#else
static inline bool ckpt_has_bpf_storage(struct task_struct *tsk)
{
	return false;
}
#endif

#endif /* _CHECKPOINT_ATTACHED_H */
