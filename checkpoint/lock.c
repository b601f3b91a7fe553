// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - file locks
 *
 * Saved: locks on regular files and directories, of fcntl() (those of a process
 *	and those of an open file) and of flock(); as which process they show.
 * Not saved: who waits for a lock: they try again; the order of the waiters.
 * Refused: leases, and locks on files of other kinds, see file.c. A lock that
 *	somebody else has by now is refused at restart, with EBUSY.
 *
 * Files are locked when they are all open: a descriptor table, which owns what
 * fcntl() has locked, comes after its files.
 */
#include <linux/file.h>
#include <linux/filelock.h>
#include <linux/fs.h>
#include <linux/pid_namespace.h>
#include <linux/security.h>
#include <linux/slab.h>
#include "files.h"

/* ---- checkpoint ---- */

/* A lock at one point in time. */
struct lock_sample {
	u32 kind;
	u32 type;
	pid_t pid;
	loff_t start;
	loff_t end;
	const void *owner;
};

struct lock_samples {
	u32 nr;
	u32 max;
	struct lock_sample *s;
};

static u32 kind_of(const struct file_lock_core *c)
{
	if (c->flc_flags & FL_FLOCK)
		return CKPT_LOCK_FLOCK;
	return c->flc_flags & FL_OFDLCK ? CKPT_LOCK_OFD : CKPT_LOCK_POSIX;
}

static void fill_locks(struct lock_samples *ls, const struct list_head *list,
		       const struct file *file)
{
	const struct file_lock *fl;

	list_for_each_entry(fl, list, c.flc_list) {
		if (fl->c.flc_file != file)
			continue;
		if (ls->nr < ls->max)
			ls->s[ls->nr] = (struct lock_sample) {
				.kind	= kind_of(&fl->c),
				.type	= fl->c.flc_type,
				.pid	= fl->c.flc_pid,
				.start	= fl->fl_start,
				.end	= fl->fl_end,
				.owner	= fl->c.flc_owner,
			};
		ls->nr++;
	}
}

static int get_locks(struct ckpt_ctx *ctx, struct file *file,
		     struct lock_samples *ls)
{
	struct file_lock_context *locks = locks_inode_context(file_inode(file));

	if (!locks)
		return 0;
	for (;;) {
		ls->nr = 0;
		spin_lock(&locks->flc_lock);
		fill_locks(ls, &locks->flc_flock, file);
		fill_locks(ls, &locks->flc_posix, file);
		spin_unlock(&locks->flc_lock);
		if (ls->nr <= ls->max)
			return 0;
		/* Tasks outside may get some while we look. */
		kvfree(ls->s);
		ls->max = ls->nr + 8;
		ls->s = kvmalloc_array(ls->max, sizeof(*ls->s),
				       GFP_KERNEL_ACCOUNT);
		if (!ls->s)
			return ckpt_err(ctx, -ENOMEM, "locks");
	}
}

/* The process that it shows as, if that is in the tree. */
static int owner_pid(struct ckpt_ctx *ctx, pid_t nr)
{
	struct pid *pid;
	int id = 0;

	rcu_read_lock();
	pid = get_pid(find_pid_ns(nr, &init_pid_ns));
	rcu_read_unlock();
	if (pid && ckpt_obj_known(ctx, pid))
		id = checkpoint_obj(ctx, CKPT_HDR_PID, pid);
	put_pid(pid);
	return id;
}

static int checkpoint_lock(struct ckpt_ctx *ctx, struct file *file,
			   const struct lock_sample *s)
{
	int id = checkpoint_file_obj(ctx, file), owner = 0, pid;
	struct ckpt_hdr_lock *h;

	if (id < 0)
		return id;
	if (s->kind == CKPT_LOCK_POSIX) {
		/* One of a process outside that has the same file open. */
		if (!ckpt_obj_known(ctx, s->owner))
			return 0;
		owner = checkpoint_obj(ctx, CKPT_HDR_FILES, (void *)s->owner);
		if (owner < 0)
			return owner;
	}
	pid = owner_pid(ctx, s->pid);
	if (pid < 0)
		return pid;
	h = ckpt_new_rec(ctx, CKPT_HDR_LOCK, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->file = id;
	h->kind = s->kind;
	h->type = s->type == F_WRLCK ? CKPT_LOCK_WRITE : CKPT_LOCK_READ;
	h->owner = owner;
	h->pid = pid;
	h->start = s->start;
	h->end = s->end;
	return 0;
}

static int checkpoint_locks_of(struct ckpt_ctx *ctx, void *obj)
{
	struct lock_samples ls = {};
	int ret;
	u32 i;

	if (!ckpt_saves_locks(obj))
		return 0;
	ret = get_locks(ctx, obj, &ls);
	for (i = 0; i < ls.nr && !ret; i++) {
		ret = checkpoint_lock(ctx, obj, &ls.s[i]);
		cond_resched();
	}
	kvfree(ls.s);
	return ret;
}

/**
 * ckpt_saves_locks - whether the locks of a file are saved
 * @file: the file
 *
 * Return: true if so; otherwise it must not have any.
 */
bool ckpt_saves_locks(const struct file *file)
{
	umode_t mode = file_user_inode(file)->i_mode;

	return !(file->f_mode & (FMODE_PATH | FMODE_BACKING)) &&
	       (S_ISREG(mode) || S_ISDIR(mode));
}

/**
 * checkpoint_locks - write the locks of all files
 * @ctx: the checkpoint; all tasks have been captured
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_locks(struct ckpt_ctx *ctx)
{
	return ckpt_walk_objs(ctx, CKPT_HDR_FILE_PATH, checkpoint_locks_of) ?:
	       ckpt_walk_objs(ctx, CKPT_HDR_FILE_INODE, checkpoint_locks_of);
}

/* ---- validate ---- */

static bool range_ok(const struct ckpt_hdr_lock *l)
{
	if (l->kind == CKPT_LOCK_FLOCK)
		return !l->start && l->end == OFFSET_MAX;
	return l->start >= 0 && l->end >= l->start;
}

/**
 * ckpt_lock_validate - check a LOCK record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_lock_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_lock *l = (const void *)h;

	if (!ckpt_ref_ok(v, l->file, CKPT_CLASS_FILE))
		return ckpt_bad(v, "lock: bad reference to a file");
	if (l->kind < CKPT_LOCK_POSIX || l->kind > CKPT_LOCK_FLOCK ||
	    (l->type != CKPT_LOCK_READ && l->type != CKPT_LOCK_WRITE))
		return ckpt_bad(v, "lock: unknown kind");
	if (l->kind == CKPT_LOCK_POSIX ?
	    !ckpt_ref_ok(v, l->owner, CKPT_CLASS_FILES) : l->owner)
		return ckpt_bad(v, "lock: bad reference to a descriptor table");
	if (l->pid && !ckpt_ref_ok(v, l->pid, CKPT_CLASS_PID))
		return ckpt_bad(v, "lock: bad reference to a process id");
	if (v->nr_tasks != v->max_tasks ||
	    (v->have_locks && v->owner != CKPT_HDR_LOCK))
		return ckpt_bad(v, "lock: not behind the tasks and other locks");
	v->have_locks = true;
	if (l->reserved)
		return ckpt_bad(v, "lock: reserved field is not zero");
	if (!range_ok(l))
		return ckpt_bad(v, "lock: bad range");
	return 0;
}

/* ---- restart ---- */

static int do_flock(struct file *file, struct file_lock *fl)
{
	if (file->f_op->flock)
		return file->f_op->flock(file, F_SETLK, fl);
	return locks_lock_file_wait(file, fl);
}

/* What flock() and fcntl() check, who is not told by the owner's mode. */
static int set_lock(struct file *file, struct file_lock *fl)
{
	fmode_t mode = fl->c.flc_type == F_WRLCK ? FMODE_WRITE : FMODE_READ;
	int ret;

	if (fl->c.flc_flags & FL_FLOCK)
		mode = FMODE_READ | FMODE_WRITE;
	if (!(file->f_mode & mode))
		return -EBADMSG;
	ret = security_file_lock(file, fl->c.flc_type);
	if (ret)
		return ret;
	if (fl->c.flc_flags & FL_FLOCK)
		return do_flock(file, fl);
	return vfs_lock_file(file, F_SETLK, fl, NULL);
}

static void make_lock(struct ckpt_ctx *ctx, const struct ckpt_hdr_lock *h,
		      struct file *file, struct file_lock *fl)
{
	locks_init_lock(fl);
	fl->c.flc_file = file;
	fl->c.flc_type = h->type == CKPT_LOCK_WRITE ? F_WRLCK : F_RDLCK;
	fl->c.flc_owner = file;
	if (h->kind == CKPT_LOCK_FLOCK)
		fl->c.flc_flags = FL_FLOCK;
	else
		fl->c.flc_flags = FL_POSIX;
	if (h->kind == CKPT_LOCK_OFD)
		fl->c.flc_flags |= FL_OFDLCK;
	if (h->owner)
		fl->c.flc_owner = ckpt_obj_by_id(ctx, h->owner)->ptr;
	if (h->pid)
		fl->c.flc_pid = pid_nr(ckpt_obj_by_id(ctx, h->pid)->ptr);
	fl->fl_start = h->start;
	fl->fl_end = h->end;
}

/* A lock goes when its owner closes the file. */
static bool owner_has(struct ckpt_ctx *ctx, const struct ckpt_hdr_lock *h,
		      struct file *file)
{
	struct files_struct *files;

	if (!h->owner)
		return true;
	files = ckpt_obj_by_id(ctx, h->owner)->ptr;
	return files && ckpt_files_have(files, file);
}

static int restore_lock(struct ckpt_ctx *ctx, const struct ckpt_hdr_lock *h)
{
	struct file *file = ckpt_obj_by_id(ctx, h->file)->ptr;
	struct file_lock fl;
	int ret;

	if (!file || !ckpt_saves_locks(file) || !owner_has(ctx, h, file))
		return ckpt_err(ctx, -EBADMSG,
				"lock: nobody has the file open, or it is of another kind");
	make_lock(ctx, h, file, &fl);
	ret = set_lock(file, &fl);
	/* Not waiting for it, so whatever is not done is in the way. */
	if (ret == -EAGAIN || ret == -EACCES || ret == FILE_LOCK_DEFERRED)
		ret = -EBUSY;
	/* There is no table that could be full, but memory. */
	if (ret == -ENOLCK)
		ret = -ENOMEM;
	locks_release_private(&fl);
	if (ret)
		return ckpt_path_err(ctx, file_user_path(file), ret,
				     ret == -EBUSY ? "is locked by somebody else" :
				     "cannot be locked");
	return 0;
}

/**
 * restore_locks - lock files again
 * @ctx: the restart; all tasks have restored themselves
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_locks(struct ckpt_ctx *ctx)
{
	const struct ckpt_hdr *h;
	struct ckpt_cursor c = ctx->locks;
	int ret = 0;

	if (!ctx->has_locks)
		return 0;
	while (!ret && (h = ckpt_read_opt_type(&c, CKPT_HDR_LOCK))) {
		ret = restore_lock(ctx, (const void *)h);
		cond_resched();
		if (!ret && fatal_signal_pending(current))
			ret = ckpt_err(ctx, -EINTR, "killed");
	}
	return ret;
}
