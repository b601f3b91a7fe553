// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - what the tree shares with tasks outside of it
 *
 * Refused: memory, descriptor tables and filesystem information that a task
 * outside the tree uses, too (CLONE_VM, CLONE_FILES, CLONE_FS), and shared
 * anonymous memory that one has mapped. The restarted tree would have copies of
 * its own, and nobody would notice that they are no longer the same.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "freeze.h"
#include "internal.h"
#include "ipc.h"
#include "outside.h"

/* What @tsk shares with the tree; NULL if nothing. */
static const char *shared_part(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	const char *what = NULL;

	task_lock(tsk);
	if (tsk->mm && ckpt_obj_known(ctx, tsk->mm))
		what = "memory";
	else if (tsk->files && ckpt_obj_known(ctx, tsk->files))
		what = "descriptor table";
	else if (tsk->fs && ckpt_obj_known(ctx, tsk->fs))
		what = "root and working directory";
	else if (ckpt_sem_undo_shared(ctx, tsk))
		what = "System V semaphore undo";
	task_unlock(tsk);
	return what;
}

static int check_tasks(struct ckpt_ctx *ctx)
{
	struct task_struct *process, *tsk;
	const char *what;
	int ret = 0;

	rcu_read_lock();
	for_each_process_thread(process, tsk) {
		if (ret || (tsk->flags & PF_KTHREAD) ||
		    ckpt_frozen_index(ctx, tsk) != CKPT_TREE_NONE)
			continue;
		what = shared_part(ctx, tsk);
		if (what)
			ret = ckpt_err(ctx, -EBUSY,
				       "%s: shared with task %d (%s), which is outside the tree",
				       what, task_pid_vnr(tsk), tsk->comm);
	}
	rcu_read_unlock();
	return ret;
}

static int check_mappings(struct ckpt_ctx *ctx, void *obj)
{
	struct address_space *mapping = ((struct file *)obj)->f_mapping;
	struct vm_area_struct *vma;
	bool outside = false;

	i_mmap_lock_read(mapping);
	vma_interval_tree_foreach(vma, &mapping->i_mmap, 0, ULONG_MAX)
		outside |= !ckpt_obj_known(ctx, vma->vm_mm);
	i_mmap_unlock_read(mapping);
	if (outside)
		return ckpt_err(ctx, -EBUSY,
				"shared anonymous memory %lu: also mapped by a process outside the tree",
				file_inode(obj)->i_ino);
	return 0;
}

/**
 * checkpoint_outside - make sure that the tree shares nothing with others
 * @ctx: the checkpoint, all tasks captured
 *
 * Return: 0, or -EBUSY, which has been reported.
 */
int checkpoint_outside(struct ckpt_ctx *ctx)
{
	return check_tasks(ctx) ?:
	       ckpt_walk_objs(ctx, CKPT_HDR_INODE, check_mappings);
}
