// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - namespaces of tasks
 *
 * Saved: nothing. The restored tasks are in the namespaces of the restart's
 *	caller, in a pid namespace of its choice, and in a new time namespace.
 * Refused: tasks in other UTS, IPC or cgroup namespaces than the caller of
 *	checkpoint(), in another mount, network or time namespace than the root
 *	task, and namespaces for children that are not the task's own.
 *
 * A mount or network namespace other than the caller's is described to the
 * coordinator, see mounts.c and netconf.c, which prepares one to restart in.
 */
#include <linux/cgroup.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include "freeze.h"
#include "internal.h"
#include "namespaces.h"

/* What is wrong with the namespaces of @tsk; NULL if nothing. */
static const char *foreign_namespace(struct task_struct *tsk,
				     const struct nsproxy *root)
{
	const struct nsproxy *ns = tsk->nsproxy, *own = current->nsproxy;

	if (!ns)
		return NULL;
	if (ns->uts_ns != own->uts_ns)
		return "UTS namespace of its own";
	if (ns->ipc_ns != own->ipc_ns)
		return "IPC namespace of its own";
	if (ns->net_ns != root->net_ns)
		return "network namespace other than the root task's";
	if (ns->cgroup_ns != own->cgroup_ns)
		return "cgroup namespace of its own";
	if (ns->mnt_ns != root->mnt_ns)
		return "mount namespace other than the root task's";
	if (ns->time_ns != root->time_ns)
		return "time namespace other than the root task's";
	if (ns->time_ns_for_children != ns->time_ns)
		return "time namespace for its children";
	if (ns->pid_ns_for_children != task_active_pid_ns(tsk))
		return "pid namespace for its children";
	return NULL;
}

/**
 * checkpoint_namespaces - refuse namespaces that would be lost
 * @ctx: the checkpoint, its tasks frozen
 *
 * Return: 0, or -EOPNOTSUPP or -ESRCH, which has been reported.
 */
int checkpoint_namespaces(struct ckpt_ctx *ctx)
{
	const char *what = NULL;
	struct nsproxy *root;
	u32 i;

	/* SIGKILL may end the root task, and its hold on them, at any time. */
	task_lock(ctx->root_thread);
	root = ctx->root_thread->nsproxy;
	if (root)
		get_nsproxy(root);
	task_unlock(ctx->root_thread);
	if (!root)
		return ckpt_err(ctx, -ESRCH, "the root task died meanwhile");

	for (i = 0; i < ctx->nr_tasks && !what; i++) {
		struct task_struct *tsk = ctx->tasks[i].task;

		/* Stopped tasks keep theirs, unless they are killed. */
		task_lock(tsk);
		what = foreign_namespace(tsk, root);
		task_unlock(tsk);
		ctx->subject = &ctx->tasks[i];
	}
	put_nsproxy(root);
	if (what)
		return ckpt_err(ctx, -EOPNOTSUPP, "%s: not supported", what);
	ctx->subject = NULL;
	return 0;
}
