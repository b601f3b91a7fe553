// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the system calls
 *
 * Only the edge to user space is here: arguments, permissions, and the order of
 * the phases, which reads as a table of contents of the subsystem.
 */
#include <linux/build_bug.h>
#include <linux/checkpoint_arch.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/seccomp.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include "debug.h"
#include "container.h"
#include "files.h"
#include "freeze.h"
#include "internal.h"
#include "ipc.h"
#include "keys.h"
#include "lsm.h"
#include "mm.h"
#include "namespaces.h"
#include "outside.h"
#include "pages.h"
#include "socket.h"

#define CHECKPOINT_FLAGS	(CHECKPOINT_SUBTREE | CHECKPOINT_PIDFD | \
				 CHECKPOINT_KILL | CHECKPOINT_LEAVE_FROZEN | \
				 CHECKPOINT_THAW)
#define RESTART_FLAGS		(RESTART_FROZEN | RESTART_SIBLING | \
				 RESTART_KEEP_LSM | RESTART_STRICT_LSM)

/* ---- what both calls need ---- */

static int get_fd_file(struct ckpt_ctx *ctx, int fd, fmode_t mode,
		       const char *what, struct file **res)
{
	struct file *file = fget(fd);

	if (!file)
		return ckpt_err(ctx, -EBADF, "%s: descriptor %d is not open", what, fd);
	*res = file;
	if (!(file->f_mode & mode))
		return ckpt_err(ctx, -EBADF, "%s: descriptor %d is not open for %s",
				what, fd, mode & FMODE_WRITE ? "writing" : "reading");
	return 0;
}

static int get_log(struct ckpt_ctx *ctx, int fd)
{
	struct file *log = NULL;
	int ret;

	if (fd == -1)
		return 0;
	if (fd < -1)
		return -EBADF;
	ret = get_fd_file(ctx, fd, FMODE_WRITE, "log", &log);
	/* The log is the one thing whose failure nobody can be told about. */
	if (!ret && !(log->f_mode & FMODE_CAN_WRITE))
		ret = -EINVAL;
	if (ret && log)
		fput(log);
	else
		ctx->log = log;
	return ret;
}

static int get_image(struct ckpt_ctx *ctx, int fd, fmode_t mode)
{
	fmode_t can = mode & FMODE_WRITE ? FMODE_CAN_WRITE : FMODE_CAN_READ;
	int ret = get_fd_file(ctx, fd, mode, "image", &ctx->image);

	/* finish() puts it back. */
	if (ctx->image)
		ctx->pos = ctx->image->f_pos;
	if (ret)
		return ret;
	if (S_ISDIR(file_inode(ctx->image)->i_mode))
		return ckpt_err(ctx, -EISDIR, "image: descriptor %d is a directory", fd);
	if (!(ctx->image->f_mode & can) ||
	    !(mode & FMODE_WRITE ? ctx->image->f_op->write_iter :
	      ctx->image->f_op->read_iter))
		return ckpt_err(ctx, -EINVAL, "image: descriptor %d cannot hold an image", fd);
	return 0;
}

static int get_external(struct ckpt_ctx *ctx, struct ckpt_external __user *uext,
			struct ckpt_external_res *res)
{
	struct ckpt_external external, *ext = &external;

	if (copy_from_user(ext, uext, sizeof(*ext)))
		return ckpt_err(ctx, -EFAULT, "external resources");
	if (ext->reserved)
		return ckpt_err(ctx, -EINVAL, "external resource: reserved field is not zero");
	res->key = strndup_user(u64_to_user_ptr(ext->key), CKPT_KEY_MAX);
	if (IS_ERR(res->key)) {
		int ret = PTR_ERR(res->key);

		res->key = NULL;
		return ckpt_err(ctx, ret, "external resource: name");
	}
	if (ckpt_ns_is_asked(ctx, res->key, ext->fd)) {
		res->answer = &uext->fd;
		return 0;
	}
	res->file = fget_raw(ext->fd);
	if (!res->file)
		return ckpt_err(ctx, -EBADF, "external resource %s: descriptor %d is not open",
				res->key, ext->fd);
	return 0;
}

static int get_externals(struct ckpt_ctx *ctx, u64 uptr, u32 nr)
{
	struct ckpt_external __user *ext = u64_to_user_ptr(uptr);
	int ret = 0;

	if (nr > CKPT_EXTERNAL_MAX)
		return ckpt_err(ctx, -EINVAL, "%u external resources", nr);
	if (!nr)
		return 0;
	ctx->external = kvcalloc(nr, sizeof(*ctx->external), GFP_KERNEL_ACCOUNT);
	if (!ctx->external)
		return ckpt_err(ctx, -ENOMEM, "%u external resources", nr);
	while (ctx->nr_external < nr && !ret) {
		u32 i = ctx->nr_external++;

		ret = get_external(ctx, ext + i, &ctx->external[i]);
	}
	return ret;
}

static int put_stats(u64 uptr, u32 usize, const void *stats, size_t size)
{
	void __user *to = u64_to_user_ptr(uptr);
	size_t n = min_t(size_t, usize, size);

	if (!uptr)
		return 0;
	if (copy_to_user(to, stats, n) || clear_user(to + n, usize - n))
		return -EFAULT;
	return 0;
}

/* A result that user space knows as it is; -ERESTART* must not get out. */
static long finish(struct ckpt_ctx *ctx, long ret)
{
	if (ctx->image && (ctx->image->f_mode & FMODE_LSEEK))
		ctx->image->f_pos = ctx->pos;
	ckpt_report(ctx);
	ckpt_ctx_put(ctx);
	/* A file system or device may want to be called again; we do not. */
	if (ret == -ERESTARTSYS || ret == -ERESTARTNOINTR ||
	    ret == -ERESTARTNOHAND || ret == -ERESTART_RESTARTBLOCK)
		ret = -EINTR;
	return ret;
}

/* ---- checkpoint() ---- */

static int check_checkpoint_args(const struct checkpoint_args *args)
{
	u64 flags = args->flags;

	if (flags & ~CHECKPOINT_FLAGS)
		return -EINVAL;
	if ((flags & CHECKPOINT_KILL) && (flags & CHECKPOINT_LEAVE_FROZEN))
		return -EINVAL;
	if ((flags & CHECKPOINT_THAW) && (flags & ~(CHECKPOINT_THAW | CHECKPOINT_PIDFD)))
		return -EINVAL;
	if (flags & CHECKPOINT_PIDFD ? args->pid != 0 : args->pidfd != -1)
		return -EINVAL;
	if (args->pid < 0 || args->parent_fd != -1)
		return -EINVAL;
	if (args->stats_size > PAGE_SIZE)
		return -EINVAL;
	return 0;
}

static struct pid *get_root_pid(const struct checkpoint_args *args)
{
	unsigned int f_flags;
	struct pid *pid;

	if (args->flags & CHECKPOINT_PIDFD)
		return pidfd_get_pid(args->pidfd, &f_flags);
	pid = args->pid ? find_get_pid(args->pid) :
			  get_pid(task_tgid(current));
	return pid ?: ERR_PTR(-ESRCH);
}

static int no_root(struct ckpt_ctx *ctx, const struct checkpoint_args *args, int err)
{
	if (args->flags & CHECKPOINT_PIDFD)
		return ckpt_err(ctx, err, "pidfd %d: %s", args->pidfd,
				err == -ESRCH ? "the process is gone" : "is none");
	return ckpt_err(ctx, err, "pid %d: no such process", args->pid);
}

static int find_root(struct ckpt_ctx *ctx, const struct checkpoint_args *args)
{
	struct pid *pid = get_root_pid(args);

	if (IS_ERR(pid))
		return no_root(ctx, args, PTR_ERR(pid));
	/* Keeps the namespace, too, whatever happens to the task. */
	ctx->root_pid = pid;
	ctx->root = get_pid_task(pid, PIDTYPE_TGID);
	if (!ctx->root)
		return no_root(ctx, args, -ESRCH);
	if (ctx->root->flags & PF_KTHREAD)
		return ckpt_err(ctx, -EINVAL, "pid %d (%s): is a kernel thread",
				task_pid_vnr(ctx->root), ctx->root->comm);
	ctx->root_ns = get_pid_ns(ns_of_pid(pid));
	if (is_global_init(ctx->root))
		return ckpt_err(ctx, -EINVAL, "pid %d: is the init of this machine",
				task_pid_vnr(ctx->root));
	if (!(ctx->flags & (CHECKPOINT_SUBTREE | CHECKPOINT_THAW)) &&
	    !is_child_reaper(pid))
		return ckpt_err(ctx, -EINVAL,
				"task %d (%s): is not the init of a pid namespace, and CHECKPOINT_SUBTREE is not given",
				task_pid_vnr(ctx->root), ctx->root->comm);
	return 0;
}

/* In the stop window: nothing here waits for the image or the log. */
static int capture_all(struct ckpt_ctx *ctx)
{
	int ret;

	ret = checkpoint_header(ctx);
	if (ret)
		return ret;
	checkpoint_ptys_settle(ctx);
	checkpoint_clocks(ctx);
	return ckpt_arch_checkpoint_header(ctx) ?:
	       checkpoint_container(ctx) ?:
	       checkpoint_namespaces(ctx) ?:
	       checkpoint_tree(ctx) ?:
	       checkpoint_tasks(ctx) ?:
	       checkpoint_tmpfs_all(ctx) ?:
	       checkpoint_mqueues(ctx) ?:
	       checkpoint_user_keys(ctx) ?:
	       checkpoint_keys_end(ctx) ?:
	       ckpt_at(ctx, CKPT_AT_TASKS) ?:
	       checkpoint_sockets_end(ctx) ?:
	       checkpoint_file_owners(ctx) ?:
	       checkpoint_ptys_end(ctx) ?:
	       checkpoint_outside(ctx) ?:
	       checkpoint_sem_undo_end(ctx) ?:
	       checkpoint_pipes_end(ctx) ?:
	       checkpoint_locks(ctx) ?:
	       checkpoint_meta_end(ctx) ?:
	       ckpt_at(ctx, CKPT_AT_CAPTURED) ?:
	       ckpt_check_frozen(ctx);
}

static int capture(struct ckpt_ctx *ctx)
{
	int ret = capture_all(ctx);

	ckpt_obj_let_go(ctx);
	return ret;
}

static int write_image(struct ckpt_ctx *ctx)
{
	return ckpt_at(ctx, CKPT_AT_WRITE) ?:
	       ckpt_validate_meta(ctx) ?:
	       ckpt_image_write_meta(ctx) ?:
	       ckpt_at(ctx, CKPT_AT_META_WRITTEN) ?:
	       checkpoint_write_pages(ctx) ?:
	       ckpt_at(ctx, CKPT_AT_PAGES_WRITTEN) ?:
	       checkpoint_trailer(ctx);
}

static int sync_image(struct ckpt_ctx *ctx)
{
	int ret = vfs_fsync(ctx->image, 0);

	/* Pipes and sockets. */
	if (!ret || ret == -EINVAL || ret == -EROFS)
		return 0;
	return ckpt_err(ctx, ret, "image: sync");
}

/* Tasks that shall not run on stay as they are until the image is safe. */
static int finish_stopped(struct ckpt_ctx *ctx, struct checkpoint_stats *stats)
{
	int ret = write_image(ctx) ?: sync_image(ctx) ?:
		  ckpt_at(ctx, CKPT_AT_SYNCED);

	if (!ret && (ctx->flags & CHECKPOINT_KILL))
		stats->nr_dying = ckpt_kill_tree(ctx);
	ckpt_pause_at(CKPT_AT_KILLED);
	ckpt_thaw_tree(ctx, !ret && (ctx->flags & CHECKPOINT_LEAVE_FROZEN));
	return ret;
}

static int freeze_and_capture(struct ckpt_ctx *ctx, unsigned int timeout_ms,
			      struct checkpoint_stats *stats)
{
	ktime_t start = ktime_get();
	int ret;

	ret = ckpt_freeze_tree(ctx, timeout_ms);
	ctx->frozen_at = ktime_get();
	stats->freezing_time = ktime_to_ns(ktime_sub(ctx->frozen_at, start));
	return ret ?: ckpt_at(ctx, CKPT_AT_FROZEN) ?: capture(ctx);
}

static int do_checkpoint(struct ckpt_ctx *ctx, unsigned int timeout_ms,
			 struct checkpoint_stats *stats)
{
	bool stay = ctx->flags & (CHECKPOINT_KILL | CHECKPOINT_LEAVE_FROZEN);
	ktime_t thawed, write_start;
	int ret;

	ret = freeze_and_capture(ctx, timeout_ms, stats);
	stats->capture_time = ktime_to_ns(ktime_sub(ktime_get(), ctx->frozen_at));
	if (ret || !stay)
		ckpt_thaw_tree(ctx, false);
	thawed = ktime_get();
	write_start = thawed;
	if (!ret && !stay)
		ret = write_image(ctx);
	if (!ret && stay) {
		ret = finish_stopped(ctx, stats);
		thawed = ktime_get();
	}
	stats->frozen_time = ktime_to_ns(ktime_sub(thawed, ctx->frozen_at));
	stats->memdump_time = ctx->memdump_time;
	stats->memwrite_time = ktime_to_ns(ktime_sub(ktime_get(), write_start));
	stats->pages_scanned = ctx->nr_scanned;
	stats->pages_written = ctx->nr_pages;
	stats->pages_shared = ctx->nr_shared_pages;
	stats->image_bytes = ctx->stream_pos;
	stats->meta_bytes = ctx->meta_len;
	stats->nr_tasks = ctx->nr_tasks;
	stats->nr_objects = ctx->nr_objs;
	return ret;
}

static int start_checkpoint(struct ckpt_ctx *ctx, const struct checkpoint_args *args,
			    struct checkpoint_stats *stats)
{
	int ret;

	ret = get_log(ctx, args->log_fd) ?: ckpt_may_use(ctx);
	if (ret)
		return ret;
	ret = find_root(ctx, args);
	if (!ret && (ctx->flags & CHECKPOINT_THAW))
		return ckpt_thaw_left_frozen(ctx);
	if (!ret)
		ret = get_image(ctx, args->image_fd, FMODE_WRITE);
	if (!ret)
		ret = get_externals(ctx, args->external, args->nr_external);
	if (!ret)
		ret = ckpt_lsm_prepare(ctx);
	if (!ret)
		ret = ckpt_at(ctx, CKPT_AT_FOUND);
	if (!ret)
		ret = do_checkpoint(ctx, args->timeout_ms, stats);
	return ret;
}

/**
 * sys_checkpoint - save a tree of tasks to an image
 * @uargs: arguments
 * @usize: their size, for extension
 *
 * Return: the number of tasks in the image; 0 in a task that has been restarted
 * from an image that this very call made, and for %CHECKPOINT_THAW; or a
 * negative errno as documented in linux/checkpoint.h.
 */
SYSCALL_DEFINE2(checkpoint, struct checkpoint_args __user *, uargs, size_t, usize)
{
	struct checkpoint_stats stats = {};
	struct checkpoint_args args;
	struct ckpt_ctx *ctx;
	long ret;

	BUILD_BUG_ON(sizeof(args) != CHECKPOINT_ARGS_SIZE_VER0);
	if (usize < CHECKPOINT_ARGS_SIZE_VER0)
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&args, sizeof(args), uargs, usize);
	if (!ret)
		ret = check_checkpoint_args(&args);
	if (ret)
		return ret;
	/* Fail before anything has happened to the tasks. */
	ret = put_stats(args.stats, args.stats_size, &stats, sizeof(stats));
	if (ret)
		return ret;
	ctx = ckpt_ctx_alloc(CKPT_OP_CHECKPOINT);
	if (!ctx)
		return -ENOMEM;
	ctx->flags = args.flags;
	ret = start_checkpoint(ctx, &args, &stats);
	if (!ret) {
		put_stats(args.stats, args.stats_size, &stats, sizeof(stats));
		ret = ctx->nr_tasks;
	}
	return finish(ctx, ret);
}

/* ---- restart() ---- */

static int check_restart_args(const struct restart_args *args)
{
	if (args->flags & ~RESTART_FLAGS)
		return -EINVAL;
	if ((args->flags & RESTART_STRICT_LSM) && !(args->flags & RESTART_KEEP_LSM))
		return -EINVAL;
	if (args->stats_size > PAGE_SIZE)
		return -EINVAL;
	return 0;
}

/*
 * What the restored tasks would inherit from the caller, and could not get rid
 * of, contradicts the image.
 */
static int check_caller(struct ckpt_ctx *ctx)
{
	if (current->seccomp.mode != SECCOMP_MODE_DISABLED)
		return ckpt_err(ctx, -EINVAL,
				"the caller is under seccomp, which restored tasks would inherit");
	if (ckpt_lsm_state_of_caller())
		return ckpt_err(ctx, -EINVAL,
				"the caller has what restored tasks would inherit: %s",
				ckpt_lsm_state_of_caller());
	if ((ctx->flags & RESTART_SIBLING) &&
	    (current->signal->flags & SIGNAL_UNKILLABLE))
		return ckpt_err(ctx, -EINVAL, "an init cannot have siblings");
	return 0;
}

/* Credentials of tasks: a caller that may not give them may not restart. */
static void note_cred(struct ckpt_ctx *ctx, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_task_objs *objs = (const void *)h;

	ckpt_obj_by_id(ctx, objs->cred)->priv = ctx;
}

/* Find each task's records, and the locks behind them. */
static int find_tasks(struct ckpt_ctx *ctx, struct ckpt_cursor *c)
{
	const struct ckpt_hdr_task *h;
	struct ckpt_cursor before;

	for (;;) {
		/* Looking may move on to the next piece of memory. */
		if (!ckpt_cursor_peek(c))
			return 0;
		before = *c;
		h = (const void *)ckpt_cursor_next(c);
		if (h->h.type == CKPT_HDR_TASK)
			ctx->tasks[h->index].start = before;
		if (h->h.type == CKPT_HDR_TASK_OBJS)
			note_cred(ctx, &h->h);
		if (h->h.type == CKPT_HDR_LOCK && !ctx->has_locks) {
			ctx->has_locks = true;
			ctx->locks = before;
		}
		cond_resched();
	}
}

static int read_meta(struct ckpt_ctx *ctx)
{
	const struct ckpt_hdr *h;
	struct ckpt_cursor c;
	int ret;

	ret = restore_header(ctx) ?:
	      ckpt_image_read_meta(ctx) ?:
	      ckpt_validate_meta(ctx);
	if (ret)
		return ret;
	ckpt_cursor_first(ctx, &c);
	ckpt_cursor_next(&c);
	ret = ckpt_arch_restore_header(ctx, &c) ?:
	      restore_container(ctx, &c);
	if (ret)
		return ret;
	/* Namespaces, process ids and what else they need. */
	while ((h = ckpt_cursor_peek(&c)) && h->type != CKPT_HDR_TREE) {
		ckpt_cursor_next(&c);
		cond_resched();
	}
	return restore_tree(ctx, &c) ?: find_tasks(ctx, &c);
}

static int restore_everything(struct ckpt_ctx *ctx, struct restart_stats *stats)
{
	ktime_t start = ktime_get(), memory;
	int ret;

	ret = read_meta(ctx) ?: ckpt_at(ctx, CKPT_AT_READ);
	if (!ret)
		ret = restore_namespaces(ctx) ?: restore_ns_fds(ctx) ?:
		      restore_mqueues(ctx) ?: restore_keys(ctx);
	if (!ret)
		ret = restore_tmpfs_all(ctx) ?: restore_tmpfs_finish(ctx);
	if (!ret)
		ret = restore_tasks(ctx);
	memory = ktime_get();
	stats->forking_time = ktime_to_ns(ktime_sub(memory, start));
	if (!ret)
		ret = ckpt_at(ctx, CKPT_AT_BARRIER) ?: restore_read_pages(ctx);
	stats->memread_time = ktime_to_ns(ktime_sub(ktime_get(), memory));
	if (!ret)
		ret = ckpt_at(ctx, CKPT_AT_FILLED) ?: restore_pids(ctx);
	if (!ret)
		ret = restore_sockets(ctx) ?: restore_file_owners(ctx);
	if (!ret)
		ret = ckpt_at(ctx, CKPT_AT_COMMIT) ?: restore_ns_fds_tell(ctx) ?:
		      restore_tasks_commit(ctx);
	restore_ns_fds_end(ctx, !ret);
	/* First: the init of a pid namespace waits until it has no other ids. */
	restore_pids_done(ctx);
	if (ret)
		restore_tasks_abort(ctx);
	stats->restore_time = ktime_to_ns(ktime_sub(ktime_get(), start));
	stats->pages_restored = ctx->nr_pages;
	stats->image_bytes = ctx->stream_pos;
	stats->nr_tasks = ctx->nr_tasks;
	return ret;
}

static int start_restart(struct ckpt_ctx *ctx, const struct restart_args *args,
			 struct restart_stats *stats)
{
	int ret;

	ret = get_log(ctx, args->log_fd);
	if (ret)
		return ret;
	return get_externals(ctx, args->external, args->nr_external) ?:
	       ckpt_may_use(ctx) ?:
	       check_caller(ctx) ?:
	       get_image(ctx, args->image_fd, FMODE_READ) ?:
	       restore_everything(ctx, stats);
}

/**
 * sys_restart - bring a tree of tasks back from an image
 * @uargs: arguments
 * @usize: their size, for extension
 *
 * Return: the process id of the root task, or a negative errno as documented in
 * linux/checkpoint.h; nothing is left of the tasks then.
 */
SYSCALL_DEFINE2(restart, struct restart_args __user *, uargs, size_t, usize)
{
	struct restart_stats stats = {};
	struct restart_args args;
	struct ckpt_ctx *ctx;
	long ret;

	BUILD_BUG_ON(sizeof(args) != RESTART_ARGS_SIZE_VER0);
	if (usize < RESTART_ARGS_SIZE_VER0)
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	ret = copy_struct_from_user(&args, sizeof(args), uargs, usize);
	if (!ret)
		ret = check_restart_args(&args);
	if (ret)
		return ret;
	/* Fail before anything exists: afterwards nothing may fail any more. */
	ret = put_stats(args.stats, args.stats_size, &stats, sizeof(stats));
	if (ret)
		return ret;
	ctx = ckpt_ctx_alloc(CKPT_OP_RESTART);
	if (!ctx)
		return -ENOMEM;
	ctx->flags = args.flags;
	ret = start_restart(ctx, &args, &stats);
	/* The caller may have failed for want of a task that failed first. */
	if (ret && ctx->err)
		ret = ctx->err;
	if (!ret) {
		put_stats(args.stats, args.stats_size, &stats, sizeof(stats));
		/* The task itself may have died, and be gone, already. */
		ret = pid_vnr(ckpt_obj_by_id(ctx, ctx->tasks[0].tree->pid)->ptr);
	}
	return finish(ctx, ret);
}
