// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - names of files, and how to recognise a file again
 *
 * Names are saved as seen from the root directory of the root task, and looked
 * up from the root directory of the caller of restart(), with its rights. So are
 * those of files in another mount namespace in which a task of the tree is, from
 * the root of that.
 * What a name leads to is compared with what was saved: the type and the
 * permissions always; the inode if it is on the same filesystem and that has
 * inode numbers that last; size and time of modification as the user of the
 * name asks for.
 *
 * Refused: names that do not lead to the file any more when the checkpoint is
 * taken (unlinked, renamed over, mounted over, outside of the root directory, in
 * a mount namespace in which no task of the tree is).
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <linux/uuid.h>
#include "cred.h"
#include "files.h"
#include "namespaces.h"
#include "ns_mnt.h"

/* Enough of a path to recognise it; the rest of a message has to fit, too. */
#define MSG_PATH_MAX	256

/**
 * ckpt_path_err - report an error about a file
 * @ctx: the checkpoint
 * @path: the file
 * @err: negative errno
 * @fmt: why; no newline
 *
 * Return: @err
 */
int ckpt_path_err(struct ckpt_ctx *ctx, const struct path *path, int err,
		  const char *fmt, ...)
{
	char *buf = kmalloc(MSG_PATH_MAX, GFP_KERNEL);
	char *name = buf ? d_path(path, buf, MSG_PATH_MAX) : NULL;
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	if (IS_ERR_OR_NULL(name))
		ckpt_err(ctx, err, ".../%pd4: %pV", path->dentry, &vaf);
	else
		ckpt_err(ctx, err, "%s: %pV", name, &vaf);
	va_end(args);
	kfree(buf);
	return err;
}

/**
 * ckpt_root - get the directory that names are relative to
 * @ctx: the operation
 * @root: where to put it, referenced
 *
 * The root task is stopped, and the caller of restart() waits for us, so
 * neither will change it.
 *
 * Return: 0, or -ESRCH, not reported, if the task has gone.
 */
int ckpt_root(struct ckpt_ctx *ctx, struct path *root)
{
	struct task_struct *tsk = ctx->op == CKPT_OP_CHECKPOINT ?
				  ctx->root_thread : ctx->caller;
	int ret = -ESRCH;

	task_lock(tsk);
	if (tsk->fs) {
		get_fs_root(tsk->fs, root);
		ret = 0;
	}
	task_unlock(tsk);
	return ret;
}

/* Look up @name as the restart will, and see whether it leads to @path. */
static int check_name(struct ckpt_ctx *ctx, const struct path *root,
		      const char *name, const struct path *path)
{
	const struct cred *old = ckpt_enter_files(ctx);
	struct path found;
	int ret;

	if (IS_ERR(old))
		return ckpt_path_err(ctx, path, PTR_ERR(old), "looking it up");
	ret = vfs_path_lookup(root->dentry, root->mnt, name, 0, &found);
	ckpt_leave_files(old);
	if (ret)
		return ckpt_path_err(ctx, path, ret,
				     "cannot be looked up by this name");
	if (found.mnt != path->mnt ||
	    d_inode(found.dentry) != d_inode(path->dentry))
		ret = ckpt_path_err(ctx, path, -EOPNOTSUPP,
				    "its name leads to another file or mount");
	path_put(&found);
	return ret;
}

/* The directory that the name of @path is relative to, referenced. */
static int get_start(struct ckpt_ctx *ctx, const struct path *path,
		     struct path *root)
{
	struct ns_common *ns = ckpt_mnt_get(ctx, path);
	int ret;

	if (ns) {
		ret = ckpt_mnt_lookup_root(ns, root);
		ckpt_ns_put(ns);
		return ret ? ckpt_path_err(ctx, path, ret,
					   "root of its mount namespace") : 0;
	}
	ret = ckpt_root(ctx, root);
	return ret ? ckpt_err(ctx, ret, "the root task has gone") : 0;
}

/**
 * ckpt_path_name - get the name of a file for the image
 * @ctx: the checkpoint
 * @path: the file
 *
 * It is saved with what ckpt_fill_file_id() says, or ckpt_mnt_id().
 *
 * Return: the name, to be freed with kfree(), or ERR_PTR() of an errno that
 * has been reported.
 */
char *ckpt_path_name(struct ckpt_ctx *ctx, const struct path *path)
{
	struct path root;
	char *buf, *name;
	int ret;

	ret = get_start(ctx, path, &root);
	if (ret)
		return ERR_PTR(ret);
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf) {
		ret = ckpt_err(ctx, -ENOMEM, "path");
		goto out_put;
	}

	name = __d_path(path, &root, buf, PATH_MAX);
	if (!name)
		ret = ckpt_path_err(ctx, path, -EOPNOTSUPP,
				    "not below the root directory of the tree; it can be passed as an external resource");
	else if (IS_ERR(name))
		ret = ckpt_path_err(ctx, path, PTR_ERR(name), "path too long");
	else if (d_unlinked(path->dentry))
		ret = ckpt_path_err(ctx, path, -EOPNOTSUPP, "has been deleted");
	else
		ret = ckpt_check_proc_path(ctx, path) ?:
		      check_name(ctx, &root, name, path);
	if (!ret)
		memmove(buf, name, strlen(name) + 1);
	else
		kfree(buf);
out_put:
	path_put(&root);
	return ret ? ERR_PTR(ret) : buf;
}

/**
 * ckpt_root_path_name - get a name that is saved without a mount namespace
 * @ctx: the checkpoint
 * @path: the file
 *
 * Return: as ckpt_path_name(); -EOPNOTSUPP if it is not the root task's.
 */
char *ckpt_root_path_name(struct ckpt_ctx *ctx, const struct path *path)
{
	if (ckpt_mnt_id(ctx, path))
		return ERR_PTR(ckpt_path_err(ctx, path, -EOPNOTSUPP,
					     "in a mount namespace other than the root task's"));
	return ckpt_path_name(ctx, path);
}

static void fill_id(struct ckpt_file_id *id, const struct path *path,
		    const struct kstat *stat)
{
	const struct inode *inode = d_inode(path->dentry);

	id->dev = huge_encode_dev(stat->dev);
	id->ino = stat->ino;
	id->size = stat->size;
	id->mtime = stat->mtime.tv_sec;
	id->mtime_nsec = stat->mtime.tv_nsec;
	id->mode = stat->mode;
	id->generation = inode->i_generation;
	id->rdev_major = MAJOR(stat->rdev);
	id->rdev_minor = MINOR(stat->rdev);
	id->fs_magic = inode->i_sb->s_magic;
	export_uuid(id->fs_uuid, &inode->i_sb->s_uuid);
}

/**
 * ckpt_fill_file_id - save the identity of a file
 * @ctx: the checkpoint
 * @path: the file
 * @id: where to
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_fill_file_id(struct ckpt_ctx *ctx, const struct path *path,
		      struct ckpt_file_id *id)
{
	struct kstat stat;
	int ret;

	ret = vfs_getattr_nosec(path, &stat, STATX_BASIC_STATS,
				AT_STATX_SYNC_AS_STAT);
	if (ret)
		return ckpt_path_err(ctx, path, ret, "no attributes");
	fill_id(id, path, &stat);
	id->mnt = ckpt_mnt_id(ctx, path);
	return 0;
}

/**
 * ckpt_path_ok - check a path in a record
 * @path: the path
 * @len: its length, NUL included
 * @max: bytes from @path to the end of the record
 *
 * Return: whether it is an absolute path within its bounds.
 */
bool ckpt_path_ok(const u8 *path, size_t len, size_t max)
{
	return len >= 2 && len <= PATH_MAX && len <= max && path[0] == '/' &&
	       strnlen(path, len) == len - 1;
}

static bool is_file_type(u32 mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFLNK:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return true;
	}
	return false;
}

/**
 * ckpt_file_id_ok - check the identity of a file in a record
 * @v: the pass over the records
 * @id: the identity
 *
 * Return: whether there can be such a file.
 */
bool ckpt_file_id_ok(const struct ckpt_validator *v,
		     const struct ckpt_file_id *id)
{
	return is_file_type(id->mode) && !(id->mode & ~(S_IFMT | S_IALLUGO)) &&
	       id->mtime_nsec < NSEC_PER_SEC && id->size <= MAX_LFS_FILESIZE &&
	       ckpt_mnt_ok(v, id->mnt);
}

static bool has_uuid(const struct ckpt_file_id *id)
{
	return memchr_inv(id->fs_uuid, 0, sizeof(id->fs_uuid));
}

static bool same_fs(const struct ckpt_file_id *a, const struct ckpt_file_id *b)
{
	if (a->fs_magic != b->fs_magic)
		return false;
	if (has_uuid(a) || has_uuid(b))
		return !memcmp(a->fs_uuid, b->fs_uuid, sizeof(a->fs_uuid));
	return a->dev == b->dev;
}

/*
 * Whether a file keeps its inode number on a filesystem. Some make numbers up
 * as they go, and what has neither a UUID nor a device may be another
 * instance after a reboot.
 */
static bool ino_lasts(const struct ckpt_file_id *id)
{
	switch (id->fs_magic) {
	case OVERLAYFS_SUPER_MAGIC:
	case FUSE_SUPER_MAGIC:
	case PROC_SUPER_MAGIC:
		return false;
	}
	return has_uuid(id) || MAJOR(huge_decode_dev(id->dev));
}

static int stale(struct ckpt_ctx *ctx, const char *name, const char *what,
		 u64 expected, u64 found)
{
	return ckpt_err(ctx, -ESTALE, "%s: %s was %llu, now it is %llu", name,
			what, expected, found);
}

static int check_mode(struct ckpt_ctx *ctx, const char *name,
		      const struct ckpt_file_id *id,
		      const struct ckpt_file_id *now)
{
	if (id->mode != now->mode)
		return ckpt_err(ctx, -ESTALE,
				"%s: type and permissions were %06o, now they are %06o",
				name, id->mode, now->mode);
	if (id->rdev_major != now->rdev_major ||
	    id->rdev_minor != now->rdev_minor)
		return ckpt_err(ctx, -ESTALE,
				"%s: was device %u:%u, now it is %u:%u", name,
				id->rdev_major, id->rdev_minor,
				now->rdev_major, now->rdev_minor);
	return 0;
}

static int check_ino(struct ckpt_ctx *ctx, const char *name,
		     const struct ckpt_file_id *id,
		     const struct ckpt_file_id *now)
{
	if (id->ino == now->ino && id->generation == now->generation)
		return 0;
	return ckpt_err(ctx, -ESTALE,
			"%s: was replaced: inode was %llu (generation %u), now it is %llu (generation %u)",
			name, id->ino, id->generation, now->ino,
			now->generation);
}

static int check_contents(struct ckpt_ctx *ctx, const char *name,
			  const struct ckpt_file_id *id,
			  const struct ckpt_file_id *now, unsigned int checks)
{
	if (checks & CKPT_CHECK_SIZE && id->size != now->size)
		return stale(ctx, name, "size", id->size, now->size);
	if (checks & CKPT_CHECK_MIN_SIZE && id->size > now->size)
		return stale(ctx, name, "size", id->size, now->size);
	if (checks & CKPT_CHECK_MTIME &&
	    (id->mtime != now->mtime || id->mtime_nsec != now->mtime_nsec))
		return ckpt_err(ctx, -ESTALE,
				"%s: was last modified at %lld.%09u, now it is %lld.%09u",
				name, id->mtime, id->mtime_nsec, now->mtime,
				now->mtime_nsec);
	return 0;
}

static int check_id(struct ckpt_ctx *ctx, const char *name,
		    const struct ckpt_file_id *id,
		    const struct ckpt_file_id *now, unsigned int checks)
{
	int ret;

	ret = check_mode(ctx, name, id, now);
	if (ret)
		return ret;
	if (same_fs(id, now) && ino_lasts(now)) {
		ret = check_ino(ctx, name, id, now);
		if (ret)
			return ret;
	} else if (same_fs(id, now) && checks & CKPT_CHECK_SIZE) {
		/* Time tells whether it has been replaced. */
		checks |= CKPT_CHECK_MTIME;
	}
	if (!S_ISREG(id->mode))
		return 0;
	return check_contents(ctx, name, id, now, checks);
}

/**
 * ckpt_check_path - see whether a file is the one that was saved
 * @ctx: the restart
 * @name: its name, for messages
 * @path: the file
 * @id: what was saved of it
 * @checks: %CKPT_CHECK_SIZE and the others; for regular files
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_check_path(struct ckpt_ctx *ctx, const char *name,
		    const struct path *path, const struct ckpt_file_id *id,
		    unsigned int checks)
{
	struct ckpt_file_id now = {};
	struct kstat stat;
	int ret;

	ret = vfs_getattr(path, &stat, STATX_BASIC_STATS,
			  AT_STATX_SYNC_AS_STAT);
	if (ret)
		return ckpt_err(ctx, ret, "%s: no attributes", name);
	fill_id(&now, path, &stat);
	return check_id(ctx, name, id, &now, checks);
}

/**
 * ckpt_lookup - find a file by its name and recognise it
 * @ctx: the restart
 * @name: the name
 * @id: what was saved of the file
 * @checks: %CKPT_CHECK_SIZE and the others; for regular files
 * @path: where to put the file, referenced
 *
 * Nothing is opened: that could have side effects if it is another file.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_lookup(struct ckpt_ctx *ctx, const char *name,
		const struct ckpt_file_id *id, unsigned int checks,
		struct path *path)
{
	struct path root;
	int ret;

	ret = ckpt_mnt_root(ctx, id->mnt, &root);
	if (ret)
		return ret;
	ret = vfs_path_lookup(root.dentry, root.mnt, name, 0, path);
	path_put(&root);
	if (ret)
		return ckpt_err(ctx, ret == -ENOENT ? -ESTALE : ret,
				"%s: cannot be found: %pe", name, ERR_PTR(ret));

	ret = ckpt_check_path(ctx, name, path, id, checks);
	if (ret)
		path_put(path);
	return ret;
}
