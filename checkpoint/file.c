// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - what all kinds of open files have in common
 *
 * Saved: flags, position, advice given with posix_fadvise(), the credentials
 *	it was opened with, and who shares it. A restart by a caller without
 *	CAP_SYS_ADMIN gives a file only credentials that a task of the image has,
 *	too; otherwise it has those of the caller, who opens it again.
 * Not saved: the state of readahead; errors of writeback not reported yet;
 *	labels of security modules, which are made anew.
 * Refused: kinds of files that nothing in the table below matches; F_NOTIFY;
 *	leases, and locks on other files than regular ones and directories. For
 *	owners of signals see file_owner.c.
 */
#include <linux/backing-dev.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/dnotify.h>
#include <linux/fadvise.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/filelock.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/tty.h>
#include <linux/user_namespace.h>
#include <uapi/linux/pidfd.h>
#include "cred.h"
#include "files.h"
#include "ipc.h"
#include "socket.h"

/* Flags that an open file can have and that opening it again can give it. */
#define OPEN_FLAGS	(O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | __O_SYNC | \
			 O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOATIME | O_PATH)
/* Flags that only F_GETFL shows, and that are set afterwards. */
#define SHOWN_FLAGS	(O_NOFOLLOW | __O_TMPFILE | O_CLOEXEC | O_EXCL)

/* In order: the first that matches is taken. */
static const struct ckpt_file_kind file_kinds[] = {
	{ "external",	CKPT_HDR_FILE_EXTERNAL,	ckpt_file_external_match },
	{ "eventfd",	CKPT_HDR_FILE_EVENTFD,	ckpt_file_eventfd_match },
	{ "epoll",	CKPT_HDR_FILE_EPOLL,	ckpt_file_epoll_match },
	{ "signalfd",	CKPT_HDR_FILE_SIGNALFD,	ckpt_file_signalfd_match },
	{ "inotify",	CKPT_HDR_FILE_INOTIFY,	ckpt_file_inotify_match },
	{ "pidfd",	CKPT_HDR_FILE_PIDFD,	ckpt_file_pidfd_match },
	{ "timerfd",	CKPT_HDR_FILE_TIMERFD,	ckpt_file_timerfd_match },
	{ "pipe",	CKPT_HDR_FILE_PIPE,	ckpt_file_pipe_match },
	{ "socket",	CKPT_HDR_FILE_SOCKET,	ckpt_file_socket_match },
	{ "pty",	CKPT_HDR_FILE_PTY,	ckpt_file_pty_match },
	{ "inode",	CKPT_HDR_FILE_INODE,	ckpt_file_inode_match },
	{ "proc",	CKPT_HDR_FILE_PROC,	ckpt_file_proc_match },
	{ "mqueue",	CKPT_HDR_FILE_MQUEUE,	ckpt_file_mqueue_match },
	{ "namespace",	CKPT_HDR_FILE_NS,	ckpt_file_ns_match },
	{ "path",	CKPT_HDR_FILE_PATH,	ckpt_file_path_match },
};

static int refuse_chrdev(struct ckpt_ctx *ctx, struct file *file)
{
	const struct inode *inode = file_user_inode(file);

	if (tty_of_file(file) || tty_hung_up_p(file))
		return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
				     "is a terminal; it can be passed as an external resource");
	return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
			     "character device %u:%u is not supported",
			     imajor(inode), iminor(inode));
}

static int refuse_sock(struct ckpt_ctx *ctx, struct file *file)
{
	const struct socket *sock = sock_from_file(file);

	if (!sock)
		return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
				     "sockets are not supported");
	return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
			     "sockets of this family are not supported (family %u, type %u)",
			     sock->ops->family, sock->type);
}

static int refuse_kind(struct ckpt_ctx *ctx, struct file *file)
{
	const struct inode *inode = file_user_inode(file);

	if (S_ISCHR(inode->i_mode))
		return refuse_chrdev(ctx, file);
	if (S_ISSOCK(inode->i_mode))
		return refuse_sock(ctx, file);
	if (S_ISBLK(inode->i_mode))
		return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
				     "block device %u:%u is not supported",
				     imajor(inode), iminor(inode));
	if (S_ISREG(inode->i_mode) && !inode->i_nlink)
		return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
				     "has been deleted");
	return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
			     "such files on %s are not supported",
			     inode->i_sb->s_type->name);
}

/**
 * checkpoint_file_obj - save an open file unless it has been saved
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: the number of the object, or a negative errno that has been
 * reported.
 */
int checkpoint_file_obj(struct ckpt_ctx *ctx, struct file *file)
{
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(file_kinds); i++)
		if (file_kinds[i].match(ctx, file))
			break;
	if (i == ARRAY_SIZE(file_kinds))
		return refuse_kind(ctx, file);
	ctx->file = file;
	ret = checkpoint_obj(ctx, file_kinds[i].type, file);
	ctx->file = NULL;
	return ret;
}

static bool has_lock(const struct list_head *locks, const struct file *file)
{
	const struct file_lock_core *lock;

	list_for_each_entry(lock, locks, flc_list)
		if (lock->flc_file == file)
			return true;
	return false;
}

/* A lock that is not saved, see lock.c. */
static const char *lock_of(const struct file *file)
{
	struct file_lock_context *locks = locks_inode_context(file_user_inode(file));
	const char *name = NULL;

	if (!locks)
		return NULL;
	spin_lock(&locks->flc_lock);
	if (has_lock(&locks->flc_lease, file))
		name = "lease";
	else if (ckpt_saves_locks(file))
		name = NULL;
	else if (has_lock(&locks->flc_flock, file))
		name = "flock() lock";
	else if (has_lock(&locks->flc_posix, file))
		name = "record lock";
	spin_unlock(&locks->flc_lock);
	return name;
}

/*
 * What overlayfs maps is a file of its own on the filesystem below, with the
 * credentials of whoever mounted it. At restart that is opened by its name in
 * the overlay, and overlayfs makes another file of its own when it is mapped.
 */
/*
 * Whoever opened it may have done so from outside of the container, and then
 * nobody in it could have done the same.
 */
static int checkpoint_f_cred(struct ckpt_ctx *ctx, const struct cred *cred)
{
	const struct user_namespace *root = task_cred_xxx(ctx->root, user_ns);

	if (!in_userns(root, cred->user_ns))
		return 0;
	return checkpoint_obj(ctx, CKPT_HDR_CRED, (void *)cred);
}

static int checkpoint_backing(struct ckpt_ctx *ctx)
{
	const struct cred *cred = get_task_cred(ctx->subject->task);
	int ret = checkpoint_obj(ctx, CKPT_HDR_CRED, (void *)cred);

	put_cred(cred);
	return ret;
}

/**
 * checkpoint_file_common - save what a file refers to
 * @ctx: the checkpoint
 * @file: the file
 *
 * Comes before the record of the file, which ckpt_fill_file() then fills.
 *
 * Return: the CRED object of the file, 0 if it has been opened from outside of
 * the user namespace, or a negative errno that has been reported, also if the
 * file has state that cannot be saved.
 */
int checkpoint_file_common(struct ckpt_ctx *ctx, struct file *file)
{
	const char *lock;
	int ret;

	if (file->f_mode & FMODE_BACKING)
		return checkpoint_backing(ctx);
	if (dnotify_watches(file))
		return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
				     "watches a directory (F_NOTIFY)");
	/* First: whoever takes a lease becomes the owner, too. */
	lock = lock_of(file);
	if (lock)
		return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
				     "is held with a %s", lock);
	ret = checkpoint_file_owner(ctx, file);
	if (ret)
		return ret;
	if (file->f_flags & ~(OPEN_FLAGS | SHOWN_FLAGS | CKPT_O_EXEC | FASYNC) ||
	    file->f_mode & FMODE_NOCMTIME)
		return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
				     "is open in a special way (flags %#x, mode %#x)",
				     file->f_flags,
				     (__force unsigned int)file->f_mode);
	return checkpoint_f_cred(ctx, file->f_cred);
}

static u32 advice(const struct file *file)
{
	const struct inode *host = file->f_mapping->host;
	u32 ret = 0;

	if (file->f_mode & FMODE_RANDOM)
		ret |= CKPT_ADVICE_RANDOM;
	if (file->f_mode & FMODE_NOREUSE)
		ret |= CKPT_ADVICE_NOREUSE;
	if (S_ISREG(host->i_mode) && file->f_ra.ra_pages &&
	    file->f_ra.ra_pages == 2 * inode_to_bdi(file->f_mapping->host)->ra_pages)
		ret |= CKPT_ADVICE_SEQUENTIAL;
	return ret;
}

/**
 * ckpt_fill_file - save the common part of an open file
 * @h: record to fill
 * @file: the file
 * @cred: from checkpoint_file_common()
 */
void ckpt_fill_file(struct ckpt_hdr_file *h, struct file *file, u32 cred)
{
	/* See file_owner.c. */
	h->f_flags = file->f_flags & ~FASYNC;
	if (file->f_mode & FMODE_BACKING)
		h->f_flags &= (OPEN_FLAGS | SHOWN_FLAGS) & ~O_NOATIME;
	h->advice = file->f_mode & FMODE_PATH ? 0 : advice(file);
	h->pos = file->f_pos;
	h->cred = cred;
}

/**
 * ckpt_file_common_validate - check the common part of an open file
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_common_validate(struct ckpt_validator *v,
			      const struct ckpt_hdr_file *h)
{
	BUILD_BUG_ON(CKPT_O_EXEC != __FMODE_EXEC);

	if (h->f_flags & ~(OPEN_FLAGS | SHOWN_FLAGS | CKPT_O_EXEC))
		return ckpt_bad(v, "unknown file flags");
	/* Elsewhere nobody keeps it. */
	if (h->f_flags & PIDFD_THREAD && h->h.type != CKPT_HDR_FILE_PIDFD)
		return ckpt_bad(v, "PIDFD_THREAD on another file than a pidfd");
	if ((h->f_flags & O_ACCMODE) == O_ACCMODE)
		return ckpt_bad(v, "unknown access mode");
	if (h->advice & ~(CKPT_ADVICE_RANDOM | CKPT_ADVICE_SEQUENTIAL |
			  CKPT_ADVICE_NOREUSE))
		return ckpt_bad(v, "unknown advice");
	if (h->pos < 0)
		return ckpt_bad(v, "negative file position");
	if (h->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (h->cred && !ckpt_ref_ok(v, h->cred, CKPT_CLASS_CRED))
		return ckpt_bad(v, "bad reference to credentials");
	return 0;
}

/**
 * ckpt_file_anon_validate - the same for files without an inode of their own
 * @v: the validator
 * @h: the record
 * @accmode: the access mode that all such files have
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_anon_validate(struct ckpt_validator *v,
			    const struct ckpt_hdr_file *h, u32 accmode)
{
	if ((h->f_flags & ~(O_APPEND | O_NONBLOCK | O_NOATIME | O_LARGEFILE |
			    O_CLOEXEC)) != accmode || h->advice)
		return ckpt_bad(v, "flags that such a file cannot have");
	return ckpt_file_common_validate(v, h);
}

/**
 * ckpt_open_flags - flags to open a file with again
 * @h: common part of its record
 *
 * Return: flags, all without side effects.
 */
int ckpt_open_flags(const struct ckpt_hdr_file *h)
{
	return (h->f_flags & OPEN_FLAGS) | O_NOCTTY;
}

static int restore_pos(struct file *file, loff_t pos)
{
	const struct inode *inode = file_user_inode(file);
	loff_t ret;

	if (file->f_pos == pos)
		return 0;
	/* Elsewhere the position is but a number. */
	if (!(file->f_mode & FMODE_LSEEK) ||
	    (!S_ISREG(inode->i_mode) && !S_ISDIR(inode->i_mode))) {
		file->f_pos = pos;
		return 0;
	}
	ret = vfs_llseek(file, pos, SEEK_SET);
	if (ret < 0)
		return ret;
	return ret == pos ? 0 : -ESTALE;
}

static int restore_advice(struct file *file, u32 advice)
{
	int ret = 0;

	if (advice & CKPT_ADVICE_SEQUENTIAL)
		ret = vfs_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (!ret && advice & CKPT_ADVICE_RANDOM)
		ret = vfs_fadvise(file, 0, 0, POSIX_FADV_RANDOM);
	if (!ret && advice & CKPT_ADVICE_NOREUSE)
		ret = vfs_fadvise(file, 0, 0, POSIX_FADV_NOREUSE);
	return ret;
}

static int restore_exec(struct file *file)
{
	int ret;

	if (path_noexec(file_user_path(file)))
		return -EACCES;
	ret = file_permission(file, MAY_EXEC | MAY_OPEN);
	if (!ret)
		file->f_mode |= FMODE_EXEC;
	return ret;
}

static void restore_flags(struct file *file, u32 f_flags)
{
	spin_lock(&file->f_lock);
	file->f_flags = f_flags;
	file->f_iocb_flags = iocb_flags(file);
	spin_unlock(&file->f_lock);
}

/*
 * The caller may hold more than whoever opened the file, or less: then nothing
 * can be done about it, and it is the caller who has opened the file.
 */
static bool gives_cred(struct ckpt_ctx *ctx, u32 id)
{
	if (!id)
		return false;
	if (ckpt_obj_by_id(ctx, id)->priv)
		return true;
	return ns_capable_noaudit(current_user_ns(), CAP_SYS_ADMIN) &&
	       !ckpt_cred_is_outside(ctx, id);
}

static int restore_f_cred(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	const struct cred *cred;

	if (!gives_cred(ctx, id))
		return 0;
	cred = restore_obj(ctx, id);
	if (IS_ERR(cred))
		return PTR_ERR(cred);
	if (cred != file->f_cred) {
		put_cred(file->f_cred);
		file->f_cred = get_cred(cred);
	}
	return 0;
}

static int restore_common(struct ckpt_ctx *ctx, const struct ckpt_hdr_file *h,
			  struct file *file, const char *name)
{
	int ret = 0;

	if (h->f_flags & CKPT_O_EXEC)
		ret = restore_exec(file);
	if (ret)
		return ckpt_err(ctx, ret, "%s: may not be executed", name);
	if (!(file->f_mode & FMODE_PATH))
		ret = restore_pos(file, h->pos);
	if (ret)
		return ckpt_err(ctx, ret, "%s: position %lld", name, h->pos);
	ret = restore_advice(file, h->advice);
	if (ret)
		return ckpt_err(ctx, ret, "%s: advice %#x", name, h->advice);
	restore_flags(file, h->f_flags);
	return restore_f_cred(ctx, file, h->cred);
}

/**
 * restore_file_common - restore what all open files have
 * @ctx: the restart
 * @h: the record
 * @file: the file, opened with ckpt_open_flags() and not used by anybody yet
 * @name: its name, for messages
 *
 * Return: @file, or ERR_PTR() of an errno that has been reported; @file has
 * been closed then.
 */
struct file *restore_file_common(struct ckpt_ctx *ctx,
				 const struct ckpt_hdr_file *h,
				 struct file *file, const char *name)
{
	int ret = restore_common(ctx, h, file, name);

	if (!ret)
		return file;
	fput(file);
	return ERR_PTR(ret);
}

/**
 * ckpt_file_put - drop a reference on an open file
 * @obj: the file
 *
 * As in close(), no lock is held, so it need not be put off; and then it is
 * known when all sockets have been closed, see ckpt_unix_collect().
 */
void ckpt_file_put(void *obj)
{
	__fput_sync(obj);
}
