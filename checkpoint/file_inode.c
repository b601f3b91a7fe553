// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - open files without a name: unlinked, O_TMPFILE, memfd
 *
 * Saved: contents and size, owner, permissions, times of access and
 *	modification; the directory; seals and name of a memfd. All that have
 *	it open or mapped share one file again.
 * Not saved: extended attributes and inode flags; the name it once had. On a
 *	filesystem without O_TMPFILE the file is one of tmpfs after a restart.
 * Refused: files that have another name left; F_SEAL_FUTURE_WRITE without
 *	F_SEAL_WRITE, as memory mapped before it could not be mapped again.
 *
 * The contents are copied while the tasks are stopped, but not their holes.
 */
#include <linux/dcache.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/memfd.h>
#include <linux/mount.h>
#include <linux/path.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include "cred.h"
#include "files.h"
#include "mm.h"
#include "pages.h"

#define MEMFD_PREFIX	"memfd:"
#define ALL_SEALS	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | \
			 F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_EXEC)

static const char *memfd_name(const struct file *file)
{
	const struct inode *inode = file_inode(file);
	const char *name = file->f_path.dentry->d_name.name;
	size_t len = strlen(MEMFD_PREFIX);

	if (!shmem_mapping(inode->i_mapping) || IS_PRIVATE(inode) ||
	    !(inode->i_sb->s_flags & SB_KERNMOUNT) ||
	    strncmp(name, MEMFD_PREFIX, len))
		return NULL;
	return name + len;
}

/**
 * ckpt_file_inode_match - whether a file has to be saved with its contents
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: whether it is a regular file that has no name.
 */
bool ckpt_file_inode_match(struct ckpt_ctx *ctx, struct file *file)
{
	const struct inode *inode = file_user_inode(file);

	if (file->f_mode & FMODE_PATH || !S_ISREG(inode->i_mode))
		return false;
	if (memfd_name(file))
		return true;
	return d_unlinked(file_user_path(file)->dentry) && ckpt_holds_data(inode->i_sb);
}

static int copy_page_of(struct ckpt_ctx *ctx, struct file *file, u32 id,
			loff_t pos)
{
	struct page *page = alloc_page(CKPT_GFP_COPY & ~__GFP_HIGHMEM);
	loff_t from = pos;
	ssize_t n;

	if (!page)
		return ckpt_err(ctx, -ENOMEM,
				"deleted file: no memory for a copy");
	n = kernel_read(file, page_address(page), PAGE_SIZE, &from);
	if (n < 0) {
		put_page(page);
		return ckpt_path_err(ctx, file_user_path(file), n,
				     "cannot be read at offset %lld", pos);
	}
	memset(page_address(page) + n, 0, PAGE_SIZE - n);
	return ckpt_pages_add(ctx, id, pos, page);
}

static int copy_extent(struct ckpt_ctx *ctx, struct file *file, u32 id,
		       loff_t pos, loff_t end)
{
	int ret;

	for (pos = round_down(pos, PAGE_SIZE); pos < end; pos += PAGE_SIZE) {
		ret = copy_page_of(ctx, file, id, pos);
		if (ret)
			return ret;
		cond_resched();
		if (fatal_signal_pending(current))
			return ckpt_err(ctx, -EINTR, "killed");
	}
	return 0;
}

/* Copy what is not a hole; -ENXIO says that there is no more data. */
static int copy_extents(struct ckpt_ctx *ctx, struct file *file, u32 id)
{
	loff_t pos, end = 0;
	int ret = 0;

	while (!ret) {
		pos = vfs_llseek(file, end, SEEK_DATA);
		if (pos == -ENXIO)
			return 0;
		if (pos >= 0)
			end = vfs_llseek(file, pos, SEEK_HOLE);
		if (pos < 0 || end < 0)
			return ckpt_path_err(ctx, file_user_path(file),
					     pos < 0 ? pos : end,
					     "its data cannot be found");
		/* Two extents may meet in a page, which is copied once. */
		end = round_up(end, PAGE_SIZE);
		ret = copy_extent(ctx, file, id, pos, end);
	}
	return ret;
}

/* Opened again, as it may not be open for reading, and to leave its position. */
static int copy_file(struct ckpt_ctx *ctx, const struct path *path, u32 id)
{
	struct file *file;
	int ret;

	file = dentry_open(path, O_RDONLY | O_LARGEFILE, current_cred());
	if (IS_ERR(file))
		return ckpt_path_err(ctx, path, PTR_ERR(file),
				     "cannot be opened to save its contents");
	ret = copy_extents(ctx, file, id);
	/* Now: there may be very many. */
	__fput_sync(file);
	return ret;
}

static int copy_contents(struct ckpt_ctx *ctx, const struct path *path, u32 id)
{
	ktime_t start = ktime_get();
	struct inode *inode = d_inode(path->dentry);
	int ret = 0;

	/* Nobody shall get to read what they may only write. */
	if (!(ctx->file->f_mode & FMODE_READ))
		ret = path_permission(path, MAY_READ);
	if (ret)
		return ckpt_path_err(ctx, path, ret,
				     "cannot be read to save its contents");
	if (shmem_mapping(inode->i_mapping))
		ret = ckpt_copy_shmem(ctx, id, inode);
	else
		ret = copy_file(ctx, path, id);
	ctx->memdump_time += ktime_to_ns(ktime_sub(ktime_get(), start));
	return ret;
}

static int fill_unlinked(struct ckpt_ctx *ctx, struct ckpt_hdr_unlinked *h,
			 const struct path *path)
{
	struct user_namespace *ns = ctx->base_user_ns;
	struct mnt_idmap *idmap = mnt_idmap(path->mnt);
	const struct inode *inode = d_inode(path->dentry);
	struct timespec64 atime = inode_get_atime(inode);
	struct timespec64 mtime = inode_get_mtime(inode);
	kuid_t uid = vfsuid_into_kuid(i_uid_into_vfsuid(idmap, inode));
	kgid_t gid = vfsgid_into_kgid(i_gid_into_vfsgid(idmap, inode));

	if (!ckpt_has_numbers(ctx, uid, gid))
		return ckpt_path_err(ctx, path, -EOPNOTSUPP,
				     "its owner has no number in the user namespace");
	h->size = i_size_read(inode);
	h->atime = atime.tv_sec;
	h->mtime = mtime.tv_sec;
	h->atime_nsec = atime.tv_nsec;
	h->mtime_nsec = mtime.tv_nsec;
	h->uid = from_kuid(ns, uid);
	h->gid = from_kgid(ns, gid);
	h->mode = inode->i_mode & S_IALLUGO;
	if (inode->i_state & I_LINKABLE)
		h->flags |= CKPT_UNLINKED_LINKABLE;
	return 0;
}

static struct ckpt_hdr_unlinked *new_unlinked(struct ckpt_ctx *ctx,
					      const char *name)
{
	size_t len = strlen(name) + 1;
	struct ckpt_hdr_unlinked *h;

	h = ckpt_new_obj(ctx, CKPT_HDR_UNLINKED, struct_size(h, name, len));
	if (!IS_ERR(h)) {
		h->name_len = len;
		memcpy(h->name, name, len);
	}
	return h;
}

static int checkpoint_memfd(struct ckpt_ctx *ctx, struct file *file)
{
	u32 seals = SHMEM_I(file_inode(file))->seals;
	struct ckpt_hdr_unlinked *h;
	int ret;

	if (seals & F_SEAL_FUTURE_WRITE && !(seals & F_SEAL_WRITE))
		return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
				     "F_SEAL_FUTURE_WRITE is not supported");
	h = new_unlinked(ctx, memfd_name(file));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ret = fill_unlinked(ctx, h, &file->f_path);
	if (ret)
		return ret;
	h->flags |= CKPT_UNLINKED_MEMFD;
	h->seals = seals;
	return copy_contents(ctx, &file->f_path, h->h.id);
}

static int write_unlinked(struct ckpt_ctx *ctx, struct file *file,
			  const struct path *dir, const char *name)
{
	struct ckpt_hdr_unlinked *h = new_unlinked(ctx, name);
	int ret;

	if (IS_ERR(h))
		return PTR_ERR(h);
	ret = fill_unlinked(ctx, h, file_user_path(file)) ?:
	      ckpt_fill_file_id(ctx, dir, &h->dir);
	if (ret)
		return ret;
	return copy_contents(ctx, file_user_path(file), h->h.id);
}

/**
 * checkpoint_unlinked - save a file without a name
 * @ctx: the checkpoint; @ctx->file is open on it
 * @obj: its inode
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_unlinked(struct ckpt_ctx *ctx, void *obj)
{
	struct file *file = ctx->file;
	const struct path *path = file_user_path(file);
	struct path dir = { .mnt = path->mnt };
	struct inode *inode = obj;
	char *name;
	int ret;

	if (memfd_name(file))
		return checkpoint_memfd(ctx, file);
	if (inode->i_nlink)
		return ckpt_path_err(ctx, file_user_path(file), -EOPNOTSUPP,
				     "this name has been deleted, but there is another one");
	dir.dentry = dget_parent(path->dentry);
	name = ckpt_path_name(ctx, &dir);
	if (IS_ERR(name)) {
		ret = PTR_ERR(name);
	} else {
		ret = write_unlinked(ctx, file, &dir, name);
		kfree(name);
	}
	dput(dir.dentry);
	return ret;
}

/**
 * checkpoint_file_inode - save an open file without a name
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_inode(struct ckpt_ctx *ctx, void *obj)
{
	struct ckpt_hdr_file_inode *h;
	struct file *file = obj;
	int cred, id;

	cred = checkpoint_file_common(ctx, file);
	if (cred < 0)
		return cred;
	id = checkpoint_obj(ctx, CKPT_HDR_UNLINKED,
			    (void *)file_user_inode(file));
	if (id < 0)
		return id;
	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_INODE, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, file, cred);
	h->inode = id;
	return 0;
}

static int validate_memfd(struct ckpt_validator *v,
			  const struct ckpt_hdr_unlinked *h)
{
	if (h->seals & ~ALL_SEALS)
		return ckpt_bad(v, "unknown seals");
	if (h->flags & CKPT_UNLINKED_LINKABLE)
		return ckpt_bad(v, "memfd that can be given a name");
	if (h->name_len > NAME_MAX - strlen(MEMFD_PREFIX) + 1)
		return ckpt_bad(v, "bad name of a memfd");
	if (memchr_inv(&h->dir, 0, sizeof(h->dir)))
		return ckpt_bad(v, "directory of a memfd");
	return 0;
}

/**
 * ckpt_unlinked_validate - check an UNLINKED record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_unlinked_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_unlinked *u = (const void *)h;
	size_t len;
	const u8 *name = ckpt_payload(h, sizeof(*u), &len);

	if (u->size > MAX_LFS_FILESIZE || u->mode & ~S_IALLUGO ||
	    u->atime_nsec >= NSEC_PER_SEC || u->mtime_nsec >= NSEC_PER_SEC)
		return ckpt_bad(v, "bad attributes of a file");
	if (u->flags & ~(CKPT_UNLINKED_MEMFD | CKPT_UNLINKED_LINKABLE))
		return ckpt_bad(v, "unknown flags");
	if (!u->name_len || u->name_len > len ||
	    strnlen(name, u->name_len) != u->name_len - 1)
		return ckpt_bad(v, "bad name");
	if (!ckpt_tail_ok(h, sizeof(*u) + u->name_len))
		return ckpt_bad(v, "padding is not zero");
	if (u->flags & CKPT_UNLINKED_MEMFD)
		return validate_memfd(v, u);
	if (u->seals)
		return ckpt_bad(v, "seals of something that is no memfd");
	if (!ckpt_path_ok(name, u->name_len, len) ||
	    !ckpt_file_id_ok(v, &u->dir) || !S_ISDIR(u->dir.mode))
		return ckpt_bad(v, "bad directory");
	return 0;
}

/**
 * ckpt_file_inode_validate - check a FILE_INODE record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_inode_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_inode *fi = (const void *)h;

	if (!ckpt_ref_ok(v, fi->inode, CKPT_CLASS_UNLINKED))
		return ckpt_bad(v, "bad reference to contents");
	if (fi->file.f_flags & O_PATH || fi->reserved)
		return ckpt_bad(v, "flags that such a file cannot have");
	return ckpt_file_common_validate(v, &fi->file);
}

static struct file *new_shmem(const char *name)
{
	struct file *file = shmem_file_setup(name, 0, VM_NORESERVE);

	if (IS_ERR(file))
		return ERR_PTR(ckpt_shmem_errno(PTR_ERR(file)));
	return file;
}

/*
 * vm.memfd_noexec, at its highest, leaves nobody files in memory that can be
 * executed, or made so, as memfd_create() seals them.
 */
static bool memfd_denied(struct ckpt_ctx *ctx, const struct ckpt_hdr_unlinked *h)
{
	if (pidns_memfd_noexec_scope(task_active_pid_ns(ctx->caller)) < 2)
		return false;
	return !(h->seals & F_SEAL_EXEC) || h->mode & 0111;
}

static struct file *new_memfd(struct ckpt_ctx *ctx,
			      const struct ckpt_hdr_unlinked *h)
{
	struct file *file;
	char *name;

	if (memfd_denied(ctx, h))
		return ERR_PTR(ckpt_err(ctx, -EACCES,
					"%s: memfd that can be executed: denied by vm.memfd_noexec",
					h->name));
	name = kasprintf(GFP_KERNEL, MEMFD_PREFIX "%s", h->name);
	if (!name)
		return ERR_PTR(-ENOMEM);
	file = new_shmem(name);
	kfree(name);
	return file;
}

static struct file *new_tmpfile(struct ckpt_ctx *ctx,
				const struct ckpt_hdr_unlinked *h)
{
	int flags = O_TMPFILE | O_RDWR | O_LARGEFILE;
	struct file *file;
	struct path dir;
	int ret;

	if (!(h->flags & CKPT_UNLINKED_LINKABLE))
		flags |= O_EXCL;
	ret = ckpt_lookup(ctx, h->name, &h->dir, 0, &dir);
	if (ret)
		return ERR_PTR(ret);
	file = file_open_root(&dir, "", flags, 0600);
	path_put(&dir);
	if (file == ERR_PTR(-EOPNOTSUPP) && memfd_denied(ctx, h))
		return ERR_PTR(ckpt_err(ctx, -EACCES,
					"%s: file in memory that can be executed: denied by vm.memfd_noexec",
					h->name));
	if (file == ERR_PTR(-EOPNOTSUPP))
		file = new_shmem("unlinked");
	return file;
}

static int change(struct file *file, struct iattr *attr)
{
	struct dentry *dentry = file->f_path.dentry;
	int ret;

	inode_lock(d_inode(dentry));
	ret = notify_change(mnt_idmap(file->f_path.mnt), dentry, attr, NULL);
	inode_unlock(d_inode(dentry));
	return ret;
}

/*
 * Numbers of the image are those of a user namespace that the caller may have
 * left. It has nothing to say there: chown() takes those of its own only.
 */
static bool may_name_owner(const struct inode *inode, kuid_t uid, kgid_t gid)
{
	struct user_namespace *ns = current_user_ns();

	return (uid_eq(uid, inode->i_uid) || kuid_has_mapping(ns, uid)) &&
	       (gid_eq(gid, inode->i_gid) || kgid_has_mapping(ns, gid));
}

static int restore_owner(struct ckpt_ctx *ctx, struct file *file,
			 const struct ckpt_hdr_unlinked *h)
{
	kuid_t uid = make_kuid(ctx->base_user_ns, h->uid);
	kgid_t gid = make_kgid(ctx->base_user_ns, h->gid);
	struct iattr attr = {
		.ia_valid	= ATTR_UID | ATTR_GID,
		.ia_vfsuid	= VFSUIDT_INIT(uid),
		.ia_vfsgid	= VFSGIDT_INIT(gid),
	};

	if (!uid_valid(uid) || !gid_valid(gid))
		return ckpt_err(ctx, -EINVAL, "%s: owner %u:%u is not mapped",
				h->name, h->uid, h->gid);
	if (!may_name_owner(file_inode(file), uid, gid))
		return ckpt_err(ctx, -EPERM,
				"%s: owner %u:%u is outside the user namespace",
				h->name, h->uid, h->gid);
	return change(file, &attr);
}

/*
 * In the order, and with the checks, of calls of the caller: it takes more to
 * give a file to somebody and to have it run as that somebody after that.
 */
static int restore_attr(struct ckpt_ctx *ctx, struct file *file,
			const struct ckpt_hdr_unlinked *h)
{
	umode_t special = h->mode & (S_ISUID | S_ISGID);
	struct iattr attr = {
		.ia_valid = ATTR_MODE | ATTR_ATIME | ATTR_ATIME_SET |
			    ATTR_MTIME | ATTR_MTIME_SET,
		.ia_mode = S_IFREG | (h->mode & ~special),
		.ia_atime = { .tv_sec = h->atime, .tv_nsec = h->atime_nsec },
		.ia_mtime = { .tv_sec = h->mtime, .tv_nsec = h->mtime_nsec },
	};
	int ret;

	ret = vfs_truncate(&file->f_path, h->size);
	if (!ret)
		ret = change(file, &attr);
	if (!ret)
		ret = restore_owner(ctx, file, h);
	if (ret || !special)
		return ret;
	attr = (struct iattr) {
		.ia_valid	= ATTR_MODE,
		.ia_mode	= S_IFREG | h->mode,
	};
	return change(file, &attr);
}

static int restore_seals(struct file *file, u32 seals)
{
	SHMEM_I(file_inode(file))->seals = 0;
	return memfd_fcntl(file, F_ADD_SEALS, seals);
}

/*
 * Contents come later, through this file. It shall not count as one that is
 * open for writing, or the file could not be executed; nor shall writing them
 * change the time of modification.
 */
static void make_unnoticed(struct file *file)
{
	file->f_mode |= FMODE_NOCMTIME;
	if (!(file->f_mode & FMODE_WRITER))
		return;
	file->f_mode &= ~FMODE_WRITER;
	put_write_access(file_inode(file));
	mnt_put_write_access(file->f_path.mnt);
}

/**
 * restore_unlinked - create a file without a name
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the file, referenced, or ERR_PTR() of an errno that has been
 * reported. It is for contents only, see restore_unlinked_page().
 */
void *restore_unlinked(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		       struct ckpt_cursor *c)
{
	const struct ckpt_hdr_unlinked *u = (const void *)h;
	bool memfd = u->flags & CKPT_UNLINKED_MEMFD;
	struct file *file;
	int ret;

	file = memfd ? new_memfd(ctx, u) : new_tmpfile(ctx, u);
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(file),
					"%s: file without a name", u->name));
	ret = restore_attr(ctx, file, u);
	if (!ret && memfd)
		ret = restore_seals(file, u->seals);
	if (!ret) {
		make_unnoticed(file);
		return file;
	}
	fput(file);
	return ERR_PTR(ckpt_err(ctx, ret, "%s: attributes of a file without a name",
				u->name));
}

/**
 * restore_unlinked_page_get - get a page to read contents into
 * @ctx: the restart
 * @o: the UNLINKED object, restored
 * @pos: offset in the file, a multiple of the page size
 * @pagep: where to put the page, referenced
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_unlinked_page_get(struct ckpt_ctx *ctx, struct ckpt_obj *o, u64 pos,
			      struct page **pagep)
{
	const struct ckpt_hdr_unlinked *h = (const void *)o->h;
	struct file *file = o->ptr;

	if (pos >= h->size)
		return ckpt_err(ctx, -EBADMSG,
				"%s: contents behind the end of a file",
				h->name);
	/* Straight into the file: it may be sealed against writing. */
	if (shmem_mapping(file->f_mapping))
		return restore_inode_page_get(ctx, o, pos, pagep);
	*pagep = alloc_page(GFP_KERNEL_ACCOUNT);
	if (!*pagep)
		return ckpt_err(ctx, -ENOMEM, "contents of a file");
	return 0;
}

/**
 * restore_unlinked_page_done - write contents of a file without a name
 * @ctx: the restart
 * @o: its object, restored
 * @pos: offset in the file, a multiple of the page size
 * @page: the contents, in a page from restore_unlinked_page_get()
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_unlinked_page_done(struct ckpt_ctx *ctx, struct ckpt_obj *o,
			       u64 pos, struct page *page)
{
	const struct ckpt_hdr_unlinked *h = (const void *)o->h;
	size_t len = min_t(u64, PAGE_SIZE, h->size - pos);
	struct file *file = o->ptr;
	loff_t to = pos;
	ssize_t n;

	if (shmem_mapping(file->f_mapping)) {
		/* What grows into view later has to be zero. */
		memzero_page(page, len, PAGE_SIZE - len);
		flush_dcache_page(page);
		set_page_dirty_lock(page);
		return 0;
	}
	n = kernel_write(file, page_address(page), len, &to);
	if (n != len)
		return ckpt_err(ctx, n < 0 ? n : -ENOSPC,
				"%s: contents of a file without a name", h->name);
	return 0;
}

/**
 * restore_file_inode - open a file without a name
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the file, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_file_inode(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			 struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_inode *fi = (const void *)h;
	struct file *base = restore_obj(ctx, fi->inode);
	struct file *file;

	if (IS_ERR(base))
		return base;
	/* The caller has made it just now, and so may open it in any way. */
	file = dentry_open(&base->f_path, ckpt_open_flags(&fi->file),
			   current_cred());
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(file),
					"file without a name: cannot be opened"));
	return restore_file_common(ctx, &fi->file, file, "file without a name");
}
