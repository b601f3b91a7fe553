// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - descriptor tables
 *
 * Saved: which file is open as which descriptor, close-on-exec, and which
 *	tasks share the table.
 * Not saved: nothing.
 * Refused: tables shared with tasks outside of the tree, see outside.c.
 */
#include <linux/capability.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init_task.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "files.h"

/* Get the first open file at or behind @*fd, referenced; NULL if none. */
static struct file *next_file(struct files_struct *files, unsigned int *fd,
			      bool *cloexec)
{
	struct file *file = NULL;
	struct fdtable *fdt;

	spin_lock(&files->file_lock);
	fdt = files_fdtable(files);
	while (!file) {
		*fd = find_next_bit(fdt->open_fds, fdt->max_fds, *fd);
		if (*fd >= fdt->max_fds)
			break;
		file = files_lookup_fd_locked(files, *fd);
		if (file)
			get_file(file);
		else
			++*fd;
	}
	if (file)
		*cloexec = close_on_exec(*fd, files);
	spin_unlock(&files->file_lock);
	return file;
}

/* What the descriptors refer to comes before the table. */
static int checkpoint_open_files(struct ckpt_ctx *ctx,
				 struct files_struct *files, u32 *nr)
{
	unsigned int fd;
	struct file *file;
	char what[16];
	bool cloexec;
	int ret = 0;

	ctx->what = what;
	for (fd = 0; (file = next_file(files, &fd, &cloexec)); fd++) {
		snprintf(what, sizeof(what), "fd %u", fd);
		ret = checkpoint_file_obj(ctx, file);
		fput(file);
		if (ret < 0)
			break;
		++*nr;
		cond_resched();
		if (fatal_signal_pending(current)) {
			ret = ckpt_err(ctx, -EINTR, "killed");
			break;
		}
	}
	ctx->what = NULL;
	return ret < 0 ? ret : 0;
}

static int checkpoint_fd(struct ckpt_ctx *ctx, unsigned int fd,
			 struct file *file, bool cloexec)
{
	struct ckpt_hdr_fd *h;
	int id;

	id = checkpoint_file_obj(ctx, file);
	if (id < 0)
		return id;
	ckpt_obj_use(ctx, file, true);
	h = ckpt_new_rec(ctx, CKPT_HDR_FD, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->fd = fd;
	h->file = id;
	h->flags = cloexec ? CKPT_FD_CLOEXEC : 0;
	return 0;
}

/**
 * checkpoint_files - save a descriptor table
 * @ctx: the checkpoint
 * @obj: the struct files_struct
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_files(struct ckpt_ctx *ctx, void *obj)
{
	struct files_struct *files = obj;
	struct ckpt_hdr_files *h;
	struct file *file;
	unsigned int fd;
	bool cloexec;
	u32 nr = 0;
	int ret;

	ret = checkpoint_open_files(ctx, files, &nr);
	if (ret)
		return ret;

	h = ckpt_new_obj(ctx, CKPT_HDR_FILES, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->nr_fds = nr;
	for (fd = 0; (file = next_file(files, &fd, &cloexec)); fd++) {
		ret = checkpoint_fd(ctx, fd, file, cloexec);
		fput(file);
		if (ret)
			return ret;
		cond_resched();
	}
	return 0;
}

/**
 * ckpt_files_validate - check a FILES record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_files_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_files *files = (const void *)h;

	if (files->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return 0;
}

/**
 * ckpt_fd_validate - check an FD record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_fd_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_fd *fd = (const void *)h;

	if (fd->fd < v->last_end || fd->fd >= INT_MAX)
		return ckpt_bad(v, "descriptors out of order");
	if (!ckpt_ref_ok(v, fd->file, CKPT_CLASS_FILE))
		return ckpt_bad(v, "bad reference to a file");
	if (fd->flags & ~CKPT_FD_CLOEXEC)
		return ckpt_bad(v, "unknown descriptor flags");
	if (fd->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	v->last_end = (u64)fd->fd + 1;
	return 0;
}

static int restore_fd(struct ckpt_ctx *ctx, const struct ckpt_hdr_fd *h)
{
	struct file *file = restore_obj(ctx, h->file);
	int ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	/* Anybody can raise the soft limit, and then lower it again. */
	if (h->fd >= rlimit_max(RLIMIT_NOFILE) && !capable(CAP_SYS_RESOURCE))
		return ckpt_err(ctx, -ENOMEM,
				"fd %u: over the limit of %lu (RLIMIT_NOFILE)",
				h->fd, rlimit_max(RLIMIT_NOFILE));
	ret = __replace_fd(h->fd, file,
			   h->flags & CKPT_FD_CLOEXEC ? O_CLOEXEC : 0);
	if (ret)
		return ckpt_err(ctx, ret == -EMFILE ? -ENOMEM : ret,
				"fd %u: cannot be installed", h->fd);
	return 0;
}

static int restore_fds(struct ckpt_ctx *ctx, const struct ckpt_hdr_files *h,
		       struct ckpt_cursor *c)
{
	const struct ckpt_hdr_fd *fd;
	u32 i;
	int ret;

	for (i = 0; i < h->nr_fds; i++) {
		fd = ckpt_read_obj_type(c, CKPT_HDR_FD);
		if (IS_ERR(fd))
			return PTR_ERR(fd);
		ret = restore_fd(ctx, fd);
		if (ret)
			return ret;
		cond_resched();
		if (fatal_signal_pending(current))
			return ckpt_err(ctx, -EINTR, "killed");
	}
	return ckpt_read_end(c, CKPT_HDR_FILES);
}

/**
 * restore_files - restore a descriptor table, for the current task
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the table, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_files(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		    struct ckpt_cursor *c)
{
	struct files_struct *files;
	int ret;

	/* Kernel threads use it, and have nothing open. */
	files = dup_fd(&init_files, NULL);
	if (IS_ERR(files))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(files),
					"descriptor table"));
	/* Files are installed through current; nobody else uses it yet. */
	ret = ckpt_install_files(files);
	put_files_struct(files);
	if (ret)
		return ERR_PTR(ckpt_err(ctx, ret, "descriptor table"));

	ret = restore_fds(ctx, (const void *)h, c);
	if (ret)
		return ERR_PTR(ret);
	atomic_inc(&files->count);
	return files;
}

static int is_file(const void *wanted, struct file *file, unsigned int fd)
{
	return file == wanted;
}

/**
 * ckpt_files_have - whether a file is open in a descriptor table
 * @files: the table
 * @file: the file
 *
 * Return: true if so, under whatever number.
 */
bool ckpt_files_have(struct files_struct *files, struct file *file)
{
	return iterate_fd(files, 0, is_file, file);
}

/**
 * ckpt_install_files - make the current task use a descriptor table
 * @obj: the table; a reference of its own is taken
 *
 * Return: 0
 */
int ckpt_install_files(void *obj)
{
	struct files_struct *files = obj, *old = current->files;

	if (files == old)
		return 0;
	atomic_inc(&files->count);
	task_lock(current);
	current->files = files;
	task_unlock(current);
	put_files_struct(old);
	return 0;
}

/**
 * ckpt_files_put - drop a reference on a descriptor table
 * @obj: the table
 */
void ckpt_files_put(void *obj)
{
	put_files_struct(obj);
}
