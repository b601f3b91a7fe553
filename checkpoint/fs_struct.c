// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - root directory, working directory and umask
 *
 * Saved: the paths of the two, the umask, and which tasks share them.
 * Not saved: nothing.
 * Refused: directories that have been deleted or cannot be reached by their
 *	name; sharing with tasks outside of the tree.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/magic.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched/task.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include "files.h"

static int write_fs(struct ckpt_ctx *ctx, struct fs_struct *fs,
		    const char *root, const char *cwd)
{
	size_t root_len = strlen(root) + 1;
	size_t cwd_len = strlen(cwd) + 1;
	struct ckpt_hdr_fs *h;
	int ret;

	h = ckpt_new_obj(ctx, CKPT_HDR_FS,
			 struct_size(h, paths, root_len + cwd_len));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->umask = fs->umask;
	h->root_len = root_len;
	h->cwd_len = cwd_len;
	memcpy(h->paths, root, root_len);
	memcpy(h->paths + root_len, cwd, cwd_len);
	ret = ckpt_fill_file_id(ctx, &fs->root, &h->root);
	if (ret)
		return ret;
	return ckpt_fill_file_id(ctx, &fs->pwd, &h->cwd);
}

/**
 * checkpoint_fs - save root directory, working directory and umask
 * @ctx: the checkpoint
 * @obj: the struct fs_struct
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_fs(struct ckpt_ctx *ctx, void *obj)
{
	struct fs_struct *fs = obj;
	char *root, *cwd;
	int ret;

	ctx->what = "root directory";
	root = ckpt_path_name(ctx, &fs->root);
	if (IS_ERR(root)) {
		ret = PTR_ERR(root);
		goto out;
	}
	ctx->what = "working directory";
	cwd = ckpt_path_name(ctx, &fs->pwd);
	if (IS_ERR(cwd)) {
		ret = PTR_ERR(cwd);
		goto out_free_root;
	}
	ret = write_fs(ctx, fs, root, cwd);

	kfree(cwd);
out_free_root:
	kfree(root);
out:
	ctx->what = NULL;
	return ret;
}

static bool is_dir(const struct ckpt_validator *v, const struct ckpt_file_id *id)
{
	return ckpt_file_id_ok(v, id) && S_ISDIR(id->mode);
}

/**
 * ckpt_fs_validate - check an FS record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_fs_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_fs *fs = (const void *)h;
	size_t len;
	const u8 *paths = ckpt_payload(h, sizeof(*fs), &len);

	if (fs->umask & ~0777)
		return ckpt_bad(v, "bad umask");
	if (fs->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (!ckpt_path_ok(paths, fs->root_len, len))
		return ckpt_bad(v, "bad path of the root directory");
	if (!ckpt_path_ok(paths + fs->root_len, fs->cwd_len, len - fs->root_len))
		return ckpt_bad(v, "bad path of the working directory");
	if (!ckpt_tail_ok(h, sizeof(*fs) + fs->root_len + fs->cwd_len))
		return ckpt_bad(v, "padding is not zero");
	if (!is_dir(v, &fs->root) || !is_dir(v, &fs->cwd))
		return ckpt_bad(v, "bad identity of a directory");
	return 0;
}

static int restore_cwd(struct ckpt_ctx *ctx, const struct ckpt_hdr_fs *h,
		       struct fs_struct *fs)
{
	const char *name = h->paths + h->root_len;
	struct path path;
	int ret;

	ret = ckpt_lookup(ctx, name, &h->cwd, 0, &path);
	if (ret)
		return ret;
	ret = path_permission(&path, MAY_EXEC | MAY_CHDIR);
	if (ret)
		ckpt_err(ctx, ret, "working directory %s", name);
	else
		set_fs_pwd(fs, &path);
	path_put(&path);
	return ret;
}

/* What chroot() would ask of the caller, if it is not the caller's own root. */
static int may_chroot(const struct fs_struct *fs, const struct path *path)
{
	int ret;

	if (path_equal(path, &fs->root))
		return 0;
	ret = path_permission(path, MAY_EXEC | MAY_CHDIR);
	if (ret)
		return ret;
	if (!ns_capable(current_user_ns(), CAP_SYS_CHROOT))
		return -EPERM;
	return security_path_chroot(path);
}

static int restore_root(struct ckpt_ctx *ctx, const struct ckpt_hdr_fs *h,
			struct fs_struct *fs)
{
	struct path path;
	int ret;

	ret = ckpt_lookup(ctx, h->paths, &h->root, 0, &path);
	if (ret)
		return ret;
	ret = may_chroot(fs, &path);
	if (ret)
		ckpt_err(ctx, ret, "root directory %s", h->paths);
	else
		set_fs_root(fs, &path);
	path_put(&path);
	return ret;
}

/**
 * restore_fs - restore root directory, working directory and umask
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: a struct fs_struct, or ERR_PTR() of an errno that has been reported.
 */
void *restore_fs(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		 struct ckpt_cursor *c)
{
	const struct ckpt_hdr_fs *rec = (const void *)h;
	struct fs_struct *fs;
	int ret;

	/* Directories of tasks are there only when the tasks are. */
	if (rec->cwd.fs_magic == PROC_SUPER_MAGIC ||
	    rec->root.fs_magic == PROC_SUPER_MAGIC) {
		ret = ckpt_wait_for_mm(ctx);
		if (ret)
			return ERR_PTR(ret);
	}
	fs = copy_fs_struct(current->fs);
	if (!fs)
		return ERR_PTR(ckpt_err(ctx, -ENOMEM, "working directory"));
	fs->umask = rec->umask;
	ret = restore_cwd(ctx, rec, fs);
	if (!ret)
		ret = restore_root(ctx, rec, fs);
	if (!ret)
		return fs;
	free_fs_struct(fs);
	return ERR_PTR(ret);
}

/**
 * ckpt_fs_get - take a reference on a root and working directory
 * @obj: the struct fs_struct
 */
void ckpt_fs_get(void *obj)
{
	struct fs_struct *fs = obj;

	spin_lock(&fs->lock);
	fs->users++;
	spin_unlock(&fs->lock);
}

/**
 * ckpt_get_task_fs - get a task's root and working directory
 * @tsk: the task
 *
 * Return: its struct fs_struct, referenced, or NULL if it is dead.
 */
struct fs_struct *ckpt_get_task_fs(struct task_struct *tsk)
{
	struct fs_struct *fs;

	task_lock(tsk);
	fs = tsk->fs;
	if (fs)
		ckpt_fs_get(fs);
	task_unlock(tsk);
	return fs;
}

/**
 * ckpt_install_fs - make the current task use a root and working directory
 * @obj: the struct fs_struct; a reference of its own is taken
 *
 * Return: 0
 */
int ckpt_install_fs(void *obj)
{
	struct fs_struct *old = current->fs;

	if (obj == old)
		return 0;
	ckpt_fs_get(obj);
	task_lock(current);
	current->fs = obj;
	task_unlock(current);
	ckpt_fs_put(old);
	return 0;
}

/**
 * ckpt_fs_put - drop a reference on a root and working directory
 * @obj: the struct fs_struct
 */
void ckpt_fs_put(void *obj)
{
	struct fs_struct *fs = obj;
	bool last;

	spin_lock(&fs->lock);
	last = !--fs->users;
	spin_unlock(&fs->lock);
	if (last)
		free_fs_struct(fs);
}
