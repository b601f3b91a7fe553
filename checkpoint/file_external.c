// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - open files that belong to somebody else
 *
 * The callers of checkpoint() and restart() pass such files by a key, for
 * example terminals, logs and the far ends of pipes.
 *
 * Saved: the key, and the mode of access.
 * Not saved: position and flags; they are those of the file that is passed.
 * Refused: restart with a file that does not allow the mode of access.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/string.h>
#include <linux/tty.h>
#include "files.h"

/*
 * Inodes of devices and of anonymous files do not tell which one it is: all
 * masters of pseudo terminals share an inode, and so do all anonymous files.
 */
static bool same_resource(struct file *file, struct file *external)
{
	const struct inode *inode = file_user_inode(file);
	struct tty_struct *tty = tty_of_file(external);

	if (file == external)
		return true;
	if (file->f_mode & FMODE_PATH)
		return false;
	if (tty)
		return tty == tty_of_file(file);
	return inode == file_inode(external) && inode->i_mode & S_IFMT &&
	       !S_ISCHR(inode->i_mode);
}

static const char *find_key(struct ckpt_ctx *ctx, struct file *file)
{
	u32 i;

	for (i = 0; i < ctx->nr_external; i++)
		if (same_resource(file, ctx->external[i].file))
			return ctx->external[i].key;
	return NULL;
}

/**
 * ckpt_file_external_match - whether a file has been passed by the caller
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: whether its resource is one of the external ones.
 */
bool ckpt_file_external_match(struct ckpt_ctx *ctx, struct file *file)
{
	return find_key(ctx, file);
}

/**
 * checkpoint_file_external - save an open file by its key
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_external(struct ckpt_ctx *ctx, void *obj)
{
	struct ckpt_hdr_file_external *h;
	const char *key = find_key(ctx, obj);
	size_t len = strlen(key) + 1;
	struct file *file = obj;

	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_EXTERNAL, struct_size(h, key, len));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->file.f_flags = file->f_flags & O_ACCMODE;
	memcpy(h->key, key, len);
	return 0;
}

/**
 * ckpt_file_external_validate - check a FILE_EXTERNAL record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_external_validate(struct ckpt_validator *v,
				const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_external *ext = (const void *)h;
	size_t len;
	const char *key = ckpt_payload(h, sizeof(*ext), &len);

	if (ext->file.f_flags & ~O_ACCMODE || ext->file.advice ||
	    ext->file.pos || ext->file.cred)
		return ckpt_bad(v, "unexpected state of an external file");
	if (!ckpt_string_ok(key, min_t(size_t, len, CKPT_KEY_MAX)))
		return ckpt_bad(v, "bad key");
	return ckpt_file_common_validate(v, &ext->file);
}

/**
 * ckpt_external_file - a file that the caller of restart() passes
 * @ctx: the restart
 * @key: its name
 *
 * Return: the file, not referenced; or NULL if it passes none.
 */
struct file *ckpt_external_file(struct ckpt_ctx *ctx, const char *key)
{
	u32 i;

	for (i = 0; i < ctx->nr_external; i++)
		if (ctx->external[i].file && !strcmp(ctx->external[i].key, key))
			return ctx->external[i].file;
	return NULL;
}

/**
 * restore_file_external - find the file that the caller passes for a key
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the file, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_file_external(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			    struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_external *ext = (const void *)h;
	struct file *file = ckpt_external_file(ctx, ext->key);
	fmode_t mode = OPEN_FMODE(ext->file.f_flags);

	if (!file)
		return ERR_PTR(ckpt_err(ctx, -EINVAL,
					"external resource \"%s\" is missing",
					ext->key));
	if (mode & (FMODE_READ | FMODE_WRITE) & ~file->f_mode)
		return ERR_PTR(ckpt_err(ctx, -EINVAL,
					"external resource \"%s\" is not open for %s",
					ext->key,
					file->f_mode & FMODE_READ ?
					"writing" : "reading"));
	return get_file(file);
}
