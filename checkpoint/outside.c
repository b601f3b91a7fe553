// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - what the tree shares with tasks outside of it
 *
 * The restarted tree has copies of its own, and nobody would notice that they
 * are no longer the same. So the references that the kernel counts on each
 * object are compared with those found in the tree. If there are more, tasks
 * outside of the tree are searched for who has them; references for a moment,
 * as that of a look into /proc, are found with nobody and do not matter.
 *
 * Refused: memory, descriptor tables and filesystem information that a task
 *	outside the tree uses, too (CLONE_VM, CLONE_FILES, CLONE_FS); memfds,
 *	deleted files and shared anonymous memory that one has open or mapped
 *	and that the one or the other can write to; open files that one has as
 *	a descriptor, too, if there is more to them than their position.
 * POSIX message queues that one has open: refused as well.
 * Regular files and directories that have a name: refused as well when a whole
 *	container is saved. In a subtree the position is left to those outside,
 *	and the log says so: such are the files that a shell opened for its jobs.
 * Not refused: devices like /dev/null; what is passed as external; what is only
 *	mapped and not written to, such as programs and libraries.
 */
#include <linux/dcache.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "files.h"
#include "freeze.h"
#include "internal.h"
#include "outside.h"

/**
 * struct holder - a task outside of the tree that uses something of it
 * @ctx: the checkpoint
 * @obj: what it uses, or NULL if there is none
 * @type: type of that object
 * @file: for contents: the file by which it does
 * @fd: the descriptor, or -1
 * @pid: the task
 * @comm: its name
 */
struct holder {
	struct ckpt_ctx *ctx;
	void *obj;
	u32 type;
	struct file *file;
	int fd;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/* ---- what is looked at must stay ---- */

/* The one that ckpt_hold() has. */
#define HELD	1

/**
 * ckpt_hold - hold an object while the tasks are stopped
 * @class: its class
 * @obj: the kernel object, referenced
 */
void ckpt_hold(enum ckpt_class class, void *obj)
{
	switch (class) {
	case CKPT_CLASS_FILES:
		atomic_inc(&((struct files_struct *)obj)->count);
		break;
	case CKPT_CLASS_FS:
		ckpt_fs_get(obj);
		break;
	case CKPT_CLASS_FILE:
	case CKPT_CLASS_FILE_LATE:
		get_file(obj);
		break;
	case CKPT_CLASS_PIPE:
	case CKPT_CLASS_UNLINKED:
	case CKPT_CLASS_MQUEUE:
		ihold(obj);
		break;
	case CKPT_CLASS_PTY:
		ckpt_pty_hold(obj);
		break;
	default:
		break;
	}
}

/**
 * ckpt_let_go - the opposite of ckpt_hold()
 * @class: class of the object
 * @obj: the kernel object
 */
void ckpt_let_go(enum ckpt_class class, void *obj)
{
	switch (class) {
	case CKPT_CLASS_FILES:
		put_files_struct(obj);
		break;
	case CKPT_CLASS_FS:
		ckpt_fs_put(obj);
		break;
	case CKPT_CLASS_FILE:
	case CKPT_CLASS_FILE_LATE:
		/* Not later: if it is the last, others may wait for that. */
		__fput_sync(obj);
		break;
	case CKPT_CLASS_PIPE:
	case CKPT_CLASS_UNLINKED:
	case CKPT_CLASS_MQUEUE:
		iput(obj);
		break;
	case CKPT_CLASS_PTY:
		ckpt_pty_let_go(obj);
		break;
	default:
		break;
	}
}

/* ---- what there is to count ---- */

static void count_tasks(struct ckpt_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->nr_tasks; i++) {
		struct task_struct *tsk = ctx->tasks[i].task;

		task_lock(tsk);
		if (tsk->mm)
			ckpt_obj_use(ctx, tsk->mm, false);
		if (tsk->files)
			ckpt_obj_use(ctx, tsk->files, false);
		if (tsk->fs)
			ckpt_obj_use(ctx, tsk->fs, false);
		task_unlock(tsk);
	}
}

/* References of the call itself. */
static u32 own_uses(const struct ckpt_ctx *ctx, const struct file *file)
{
	u32 nr = HELD, i;

	nr += ctx->image == file;
	nr += ctx->log == file;
	for (i = 0; i < ctx->nr_external; i++)
		nr += ctx->external[i].file == file;
	return nr;
}

/**
 * ckpt_file_users - how many references an open file has
 * @ctx: the checkpoint, the file captured
 * @file: the file
 *
 * Return: their number, without those of the call itself.
 */
long ckpt_file_users(struct ckpt_ctx *ctx, const struct file *file)
{
	return file_count(file) - own_uses(ctx, file);
}

/* Those of processes that map a file which they have inherited. */
static u32 outside_areas(struct ckpt_ctx *ctx, const struct file *file)
{
	struct address_space *mapping = file->f_mapping;
	struct vm_area_struct *vma;
	u32 nr = 0;

	i_mmap_lock_read(mapping);
	vma_interval_tree_foreach(vma, &mapping->i_mmap, 0, ULONG_MAX)
		nr += vma->vm_file == file && !ckpt_obj_known(ctx, vma->vm_mm);
	i_mmap_unlock_read(mapping);
	return nr;
}

/* ---- open files ---- */

/* Whether nothing but the position of a file is shared, or not even that. */
static bool is_harmless(const struct file *file)
{
	const struct inode *inode = file_user_inode(file);

	return file->f_mode & FMODE_PATH || S_ISCHR(inode->i_mode);
}

static int suspect_file(struct ckpt_ctx *ctx, u32 type, struct file *file,
			struct ckpt_uses *uses)
{
	bool position = type == CKPT_HDR_FILE_PATH || type == CKPT_HDR_FILE_PROC;

	/* Those who only map it do not share anything of the open file. */
	if (type == CKPT_HDR_FILE_EXTERNAL || !uses->nr_fds ||
	    (position && is_harmless(file)) ||
	    ckpt_file_users(ctx, file) <= uses->nr)
		return 0;
	if (!position || !(ctx->flags & CHECKPOINT_SUBTREE)) {
		uses->suspect = true;
		return 1;
	}
	if (ckpt_file_users(ctx, file) > uses->nr + outside_areas(ctx, file))
		ckpt_warn(ctx, "%pD4: also open outside of the tree; after a restart its position is no longer shared",
			  file);
	return 0;
}

/* ---- contents ---- */

/* Note what the tree can do with contents, at each file that has them open. */
static int note_writer(struct ckpt_ctx *ctx, void *obj)
{
	struct file *file = obj;
	struct ckpt_uses *uses;
	u32 type;

	uses = ckpt_obj_uses(ctx, file_user_inode(file), &type);
	if (!uses)
		return 0;
	uses->nr++;
	uses->writable |= !!(file->f_mode & FMODE_WRITE);
	return 0;
}

/* Each open file has a reference on the name, even after that is deleted. */
static bool suspect_contents(struct inode *inode, const struct ckpt_uses *uses)
{
	struct dentry *dentry;
	u32 nr = 0;

	spin_lock(&inode->i_lock);
	hlist_for_each_entry(dentry, &inode->i_dentry, d_u.d_alias)
		nr += d_count(dentry);
	spin_unlock(&inode->i_lock);
	return nr > uses->nr;
}

/* Its name has one, too. Open it is enough to take messages. */
static int suspect_queue(struct inode *inode, struct ckpt_uses *uses)
{
	uses->nr += !!inode->i_nlink;
	uses->writable = true;
	uses->suspect = suspect_contents(inode, uses);
	return uses->suspect;
}

static int check_mappings(struct ckpt_ctx *ctx, const struct inode *inode,
			  struct ckpt_uses *uses, const char *what)
{
	struct address_space *mapping = inode->i_mapping;
	struct vm_area_struct *vma;
	bool outside = false;

	i_mmap_lock_read(mapping);
	vma_interval_tree_foreach(vma, &mapping->i_mmap, 0, ULONG_MAX)
		outside |= !ckpt_obj_known(ctx, vma->vm_mm) &&
			   (uses->writable ||
			    (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) ==
			    (VM_SHARED | VM_MAYWRITE));
	i_mmap_unlock_read(mapping);
	if (!outside)
		return 0;
	return ckpt_err(ctx, -EBUSY,
			"%s %lu: also mapped by a process outside the tree",
			what, inode->i_ino);
}

static int suspect_inode(struct ckpt_ctx *ctx, u32 type, void *obj,
			 struct ckpt_uses *uses)
{
	if (type == CKPT_HDR_INODE) {
		uses->writable = true;
		return check_mappings(ctx, file_inode(obj), uses,
				      "shared anonymous memory");
	}
	if (type == CKPT_HDR_MQUEUE)
		return suspect_queue(obj, uses);
	uses->suspect = suspect_contents(obj, uses);
	return check_mappings(ctx, obj, uses, "file without a name,") ?:
	       uses->suspect;
}

/* ---- all objects ---- */

/* Return: 1 if there may be others who use it, or a reported errno. */
static int suspect(struct ckpt_ctx *ctx, u32 type, void *obj,
		   struct ckpt_uses *uses)
{
	switch (type) {
	case CKPT_HDR_MM:
		uses->suspect = atomic_read(&((struct mm_struct *)obj)->mm_users) >
				uses->nr;
		return uses->suspect;
	case CKPT_HDR_FILES:
		uses->suspect = atomic_read(&((struct files_struct *)obj)->count) >
				uses->nr + HELD;
		return uses->suspect;
	case CKPT_HDR_FS:
		uses->suspect = READ_ONCE(((struct fs_struct *)obj)->users) >
				uses->nr + HELD;
		return uses->suspect;
	case CKPT_HDR_INODE:
	case CKPT_HDR_UNLINKED:
	case CKPT_HDR_MQUEUE:
		return suspect_inode(ctx, type, obj, uses);
	}
	if (ckpt_kind(type)->class == CKPT_CLASS_FILE ||
	    ckpt_kind(type)->class == CKPT_CLASS_FILE_LATE)
		return suspect_file(ctx, type, obj, uses);
	return 0;
}

static int count_suspect(struct ckpt_ctx *ctx, u32 type, void *obj,
			 struct ckpt_uses *uses)
{
	int ret = suspect(ctx, type, obj, uses);

	/* Go on: only to search for its users is expensive. */
	if (ret > 0)
		ctx->nr_suspects++;
	return min(ret, 0);
}

/* ---- who uses them ---- */

static bool is_suspect(struct holder *h, const void *obj)
{
	struct ckpt_uses *uses = ckpt_obj_uses(h->ctx, obj, &h->type);

	if (!uses || !uses->suspect)
		return false;
	h->obj = (void *)obj;
	return true;
}

static int find_fd(const void *arg, struct file *file, unsigned int fd)
{
	struct holder *h = (void *)arg;
	const struct inode *inode = file_user_inode(file);
	struct ckpt_uses *uses;

	h->fd = fd;
	if (is_suspect(h, file))
		return 1;
	uses = ckpt_obj_uses(h->ctx, inode, &h->type);
	if (!uses || !uses->suspect || file->f_mode & FMODE_PATH ||
	    !(uses->writable || file->f_mode & FMODE_WRITE))
		return 0;
	h->obj = (void *)inode;
	return 1;
}

/* What @tsk uses of the tree. */
static bool find_use(struct holder *h, struct task_struct *tsk,
		     const struct files_struct *seen)
{
	bool ret;

	task_lock(tsk);
	h->fd = -1;
	ret = (tsk->mm && is_suspect(h, tsk->mm)) ||
	      (tsk->files && is_suspect(h, tsk->files)) ||
	      (tsk->fs && is_suspect(h, tsk->fs)) ||
	      (tsk->files && tsk->files != seen &&
	       iterate_fd(tsk->files, 0, find_fd, h));
	task_unlock(tsk);
	return ret;
}

static bool find_holder(struct holder *h)
{
	struct task_struct *process, *tsk;

	for_each_process_thread(process, tsk) {
		if ((tsk->flags & PF_KTHREAD) ||
		    ckpt_frozen_index(h->ctx, tsk) != CKPT_TREE_NONE)
			continue;
		/* Threads usually share the table of their leader. */
		if (!find_use(h, tsk, tsk == process ? NULL :
			      READ_ONCE(process->files)))
			continue;
		h->pid = task_pid_vnr(tsk);
		get_task_comm(h->comm, tsk);
		return true;
	}
	return false;
}

static int refuse(struct ckpt_ctx *ctx, const struct holder *h)
{
	const char *what;

	switch (h->type) {
	case CKPT_HDR_MM:
		what = "memory";
		break;
	case CKPT_HDR_FILES:
		what = "descriptor table";
		break;
	case CKPT_HDR_FS:
		what = "root and working directory";
		break;
	case CKPT_HDR_UNLINKED:
		return ckpt_err(ctx, -EBUSY,
				"file without a name, %lu: also open as fd %d of task %d (%s), which is outside the tree",
				((struct inode *)h->obj)->i_ino, h->fd, h->pid,
				h->comm);
	case CKPT_HDR_MQUEUE:
		return ckpt_err(ctx, -EBUSY,
				"POSIX message queue %lu: also open as fd %d of task %d (%s), which is outside the tree",
				((struct inode *)h->obj)->i_ino, h->fd, h->pid,
				h->comm);
	default:
		return ckpt_err(ctx, -EBUSY,
				"%pD4: shared with fd %d of task %d (%s), which is outside the tree; it can be passed as an external resource",
				h->obj, h->fd, h->pid, h->comm);
	}
	return ckpt_err(ctx, -EBUSY,
			"%s: shared with task %d (%s), which is outside the tree",
			what, h->pid, h->comm);
}

static int check_holders(struct ckpt_ctx *ctx)
{
	struct holder h = { .ctx = ctx };
	bool found;

	rcu_read_lock();
	found = find_holder(&h);
	rcu_read_unlock();
	return found ? refuse(ctx, &h) : 0;
}

/**
 * checkpoint_outside - make sure that the tree shares nothing with others
 * @ctx: the checkpoint, all tasks captured
 *
 * Return: 0, or -EBUSY, which has been reported.
 */
int checkpoint_outside(struct ckpt_ctx *ctx)
{
	int ret;

	count_tasks(ctx);
	ret = ckpt_walk_objs(ctx, CKPT_HDR_FILE_INODE, note_writer) ?:
	      ckpt_walk_objs(ctx, CKPT_HDR_FILE_MQUEUE, note_writer) ?:
	      ckpt_walk_uses(ctx, count_suspect);
	if (ret || !ctx->nr_suspects)
		return ret;
	return check_holders(ctx);
}
