// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - files that are opened again by their path
 *
 * Regular files, directories, harmless character devices such as /dev/null,
 * and whatever has been opened with O_PATH.
 *
 * Saved: path, identity (see path.c), flags, position.
 * Not saved: contents; they are the filesystem's. A regular file that is open
 *	for reading must have the same size at restart, others at least that.
 * Refused: files without a path; regular files of filesystems that are
 *	interfaces of the kernel (sysfs and the like; for proc see file_proc.c),
 *	as what is behind an open file there is more than its position.
 */
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/major.h>
#include <linux/path.h>
#include <linux/slab.h>
#include "files.h"

/* Filesystems without a device whose regular files hold nothing but data. */
static const unsigned long data_fs[] = {
	CEPH_SUPER_MAGIC,
	CIFS_SUPER_MAGIC,
	FUSE_SUPER_MAGIC,
	NFS_SUPER_MAGIC,
	OVERLAYFS_SUPER_MAGIC,
	RAMFS_MAGIC,
	SMB2_SUPER_MAGIC,
	TMPFS_MAGIC,
	V9FS_MAGIC,
};

/* Minor numbers of MEM_MAJOR: null, zero, full, random, urandom. */
static const unsigned int plain_minors[] = { 3, 5, 7, 8, 9 };

static bool is_plain_chrdev(unsigned int major, unsigned int minor)
{
	size_t i;

	if (major != MEM_MAJOR)
		return false;
	for (i = 0; i < ARRAY_SIZE(plain_minors); i++)
		if (plain_minors[i] == minor)
			return true;
	return false;
}

/**
 * ckpt_holds_data - whether regular files of a filesystem hold data
 * @sb: the filesystem
 *
 * Return: false if they are an interface of the kernel.
 */
bool ckpt_holds_data(const struct super_block *sb)
{
	size_t i;

	if (sb->s_type->fs_flags & FS_REQUIRES_DEV)
		return true;
	for (i = 0; i < ARRAY_SIZE(data_fs); i++)
		if (data_fs[i] == sb->s_magic)
			return true;
	return false;
}

/**
 * ckpt_file_path_match - whether a file can be opened again by its path
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: whether its type allows that; it may yet have lost its path.
 */
bool ckpt_file_path_match(struct ckpt_ctx *ctx, struct file *file)
{
	const struct inode *inode = file_user_inode(file);

	if (file->f_mode & FMODE_PATH || S_ISDIR(inode->i_mode))
		return true;
	if (S_ISCHR(inode->i_mode))
		return is_plain_chrdev(imajor(inode), iminor(inode));
	return S_ISREG(inode->i_mode) && ckpt_holds_data(inode->i_sb);
}

/*
 * The image and the log grow while we write them; a task that checkpoints
 * itself has them open.
 */
static bool may_grow(struct ckpt_ctx *ctx, const struct file *file)
{
	const struct inode *inode = file_user_inode(file);

	if (!(file->f_mode & FMODE_READ))
		return true;
	return (ctx->image && file_inode(ctx->image) == inode) ||
	       (ctx->log && file_inode(ctx->log) == inode);
}

static int write_path(struct ckpt_ctx *ctx, struct file *file, const char *name,
		      u32 cred)
{
	size_t len = strlen(name) + 1;
	struct ckpt_hdr_file_path *h;

	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_PATH, struct_size(h, path, len));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, file, cred);
	h->flags = may_grow(ctx, file) ? CKPT_FILE_GROWS : 0;
	h->path_len = len;
	memcpy(h->path, name, len);
	return ckpt_fill_file_id(ctx, file_user_path(file), &h->id);
}

/**
 * checkpoint_file_path - save an open file by its path
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_path(struct ckpt_ctx *ctx, void *obj)
{
	struct file *file = obj;
	char *name;
	int cred, ret;

	cred = checkpoint_file_common(ctx, file);
	if (cred < 0)
		return cred;
	name = ckpt_path_name(ctx, file_user_path(file));
	if (IS_ERR(name))
		return PTR_ERR(name);
	ret = write_path(ctx, file, name, cred);
	kfree(name);
	return ret;
}

/* Opening other types could block or have side effects. */
static bool can_open(const struct ckpt_hdr_file_path *h)
{
	if (h->file.f_flags & O_PATH || S_ISREG(h->id.mode) ||
	    S_ISDIR(h->id.mode))
		return true;
	return S_ISCHR(h->id.mode) &&
	       is_plain_chrdev(h->id.rdev_major, h->id.rdev_minor);
}

/**
 * ckpt_file_path_validate - check a FILE_PATH record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_path_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_path *fp = (const void *)h;
	size_t len;
	const u8 *path = ckpt_payload(h, sizeof(*fp), &len);

	if (!ckpt_path_ok(path, fp->path_len, len))
		return ckpt_bad(v, "bad path");
	if (!ckpt_tail_ok(h, sizeof(*fp) + fp->path_len))
		return ckpt_bad(v, "padding is not zero");
	if (!ckpt_file_id_ok(v, &fp->id))
		return ckpt_bad(v, "bad identity of a file");
	if (!can_open(fp))
		return ckpt_bad(v, "type of file cannot be opened by its path");
	if (fp->flags & ~CKPT_FILE_GROWS)
		return ckpt_bad(v, "unknown flags");
	return ckpt_file_common_validate(v, &fp->file);
}

static unsigned int checks_of(const struct ckpt_hdr_file_path *h)
{
	if (h->file.f_flags & O_PATH)
		return 0;
	if (h->flags & CKPT_FILE_GROWS)
		return CKPT_CHECK_MIN_SIZE;
	return CKPT_CHECK_SIZE;
}

/**
 * restore_file_path - open a file again
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the file, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_file_path(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_path *fp = (const void *)h;
	struct file *file;
	struct path path;
	int ret;

	ret = ckpt_lookup(ctx, fp->path, &fp->id, checks_of(fp), &path);
	if (ret)
		return ERR_PTR(ret);
	/* Exactly what has been looked up: there is nothing left to walk. */
	file = file_open_root(&path, "", ckpt_open_flags(&fp->file), 0);
	path_put(&path);
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(file),
					"%s: cannot be opened", fp->path));
	return restore_file_common(ctx, &fp->file, file, fp->path);
}

/**
 * restore_file_unchanged - make sure that nobody has changed a file's contents
 * @ctx: the restart
 * @id: its object
 * @file: the file, restored from that
 *
 * For files that are mapped: what has not been written to is read from there.
 *
 * Return: 0, or an errno that has been reported: -ESTALE if it has changed.
 */
int restore_file_unchanged(struct ckpt_ctx *ctx, u32 id, struct file *file)
{
	const struct ckpt_hdr *h = ckpt_obj_by_id(ctx, id)->h;
	const struct ckpt_hdr_file_path *fp = (const void *)h;

	if (h->type != CKPT_HDR_FILE_PATH)
		return 0;
	return ckpt_check_path(ctx, fp->path, file_user_path(file), &fp->id,
			       CKPT_CHECK_SIZE | CKPT_CHECK_MTIME);
}
