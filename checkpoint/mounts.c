// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the mounts of a container, for its coordinator
 *
 * Saved: a line of /proc/PID/mountinfo for each mount that the root task can
 *	reach, parents first, if it has a mount namespace other than the caller
 *	of checkpoint(); how it is locked, which nobody else can see; and what
 *	type of file it is, as a coordinator may have to make that.
 *	Of mounts of namespaces (nsfs) see ns_kept.c.
 *
 * The kernel does not mount anything again: where a container's files come
 * from is for a coordinator to decide, before it calls restart(). A format that
 * every tool for mounts can read already needs no description here.
 */
#include <linux/fs_struct.h>
#include <linux/mm.h>
#include <linux/mnt_namespace.h>
#include <linux/nsproxy.h>
#include <linux/path.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/user_namespace.h>
#include "../fs/mount.h"
#include "container.h"
#include "internal.h"

/* As much text as 100,000 mounts may take. */
#define MOUNTINFO_MAX	(64UL << 20)

/* The namespaces of the root task; NULL if its mounts are the caller's. */
static struct nsproxy *get_own_mounts(struct ckpt_ctx *ctx, struct path *root)
{
	struct task_struct *tsk = ctx->root_thread;
	struct nsproxy *ns = NULL;

	task_lock(tsk);
	if (tsk->nsproxy && tsk->fs &&
	    tsk->nsproxy->mnt_ns != current->nsproxy->mnt_ns) {
		ns = tsk->nsproxy;
		get_nsproxy(ns);
		get_fs_root(tsk->fs, root);
	}
	task_unlock(tsk);
	return ns;
}

/* What keeps users of the namespace from undoing a mount, for the image. */
static u32 locks_of(const struct vfsmount *mnt)
{
	static const struct { u32 flag, lock; } locks[] = {
		{ MNT_LOCKED, CKPT_MNT_LOCKED },
		{ MNT_LOCK_READONLY, CKPT_MNT_LOCK_READONLY },
		{ MNT_LOCK_NOSUID, CKPT_MNT_LOCK_NOSUID },
		{ MNT_LOCK_NODEV, CKPT_MNT_LOCK_NODEV },
		{ MNT_LOCK_NOEXEC, CKPT_MNT_LOCK_NOEXEC },
		{ MNT_LOCK_ATIME, CKPT_MNT_LOCK_ATIME },
	};
	u32 flags = READ_ONCE(mnt->mnt_flags), ret = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(locks); i++)
		if (flags & locks[i].flag)
			ret |= locks[i].lock;
	return ret;
}

/* A line, and what it does not say. */
static int show_mount(struct seq_file *text, struct vfsmount *mnt)
{
	struct ckpt_mounts *m = container_of(text, struct ckpt_mounts, text);
	const struct inode *inode = d_inode(mnt->mnt_root);
	int ret = show_mountinfo(text, mnt);

	if (ret || seq_has_overflowed(text))
		return ret;
	m->info[m->nr++] = (struct ckpt_mount_info){
		.user = get_user_ns(mnt->mnt_sb->s_user_ns),
		.locked = locks_of(mnt),
		.mode = inode->i_mode & S_IFMT,
		.rdev = new_encode_dev(inode->i_rdev),
	};
	return 0;
}

static int walk_mounts(struct ckpt_mounts *m, struct mnt_namespace *ns,
		       const struct path *root)
{
	struct proc_mounts p = { .ns = ns, .root = *root, .show = show_mount };
	loff_t pos = 0;
	size_t count;
	int ret = 0;
	void *v;

	m->text.private = &p;
	v = mounts_op.start(&m->text, &pos);
	while (v && ret >= 0) {
		count = m->text.count;
		ret = mounts_op.show(&m->text, v);
		if (ret == SEQ_SKIP)
			m->text.count = count;
		v = mounts_op.next(&m->text, v, &pos);
	}
	mounts_op.stop(&m->text, v);
	return min(ret, 0);
}

/* No line takes less, without its newline: "1 1 0:1 / / rw - a b rw". */
#define LINE_MIN	16

static int alloc_mounts(struct ckpt_mounts *m, size_t size)
{
	const gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_NOWARN;

	m->text.buf = kvmalloc(size, gfp);
	m->info = kvmalloc_array(size / LINE_MIN, sizeof(*m->info), gfp);
	m->text.size = size;
	m->text.count = 0;
	return m->text.buf && m->info ? 0 : -ENOMEM;
}

/**
 * ckpt_free_mounts - done with the mounts of a namespace
 * @m: what ckpt_read_mounts() has filled, or zeroes
 */
void ckpt_free_mounts(struct ckpt_mounts *m)
{
	while (m->nr)
		put_user_ns(m->info[--m->nr].user);
	kvfree(m->info);
	kvfree(m->text.buf);
	m->info = NULL;
	m->text.buf = NULL;
}

/**
 * ckpt_read_mounts - read the mounts of a namespace
 * @ctx: the checkpoint
 * @ns: the mount namespace
 * @root: root directory of the reader
 * @m: to be filled, zeroed; the buffer has room for one more byte. Free it with
 *	ckpt_free_mounts(), also after an error.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_read_mounts(struct ckpt_ctx *ctx, struct mnt_namespace *ns,
		     const struct path *root, struct ckpt_mounts *m)
{
	size_t size;
	int ret;

	for (size = PAGE_SIZE; size <= MOUNTINFO_MAX; size *= 2) {
		ret = alloc_mounts(m, size) ?: walk_mounts(m, ns, root);
		if (ret)
			return ckpt_err(ctx, ret, "mounts of the container");
		if (!seq_has_overflowed(&m->text))
			return 0;
		ckpt_free_mounts(m);
	}
	return ckpt_err(ctx, -EOPNOTSUPP, "container with more than %lu bytes of mounts",
			MOUNTINFO_MAX);
}

/**
 * ckpt_mount_is_nsfs - whether a mount keeps a namespace
 * @line: its line of mountinfo
 * @len: length of that
 *
 * Return: true if so.
 */
bool ckpt_mount_is_nsfs(const char *line, size_t len)
{
	/* Behind the optional fields, which end with a dash, comes the type. */
	return strnstr(line, " - nsfs ", len);
}

/**
 * ckpt_check_mount - see whether a mount can be made again
 * @ctx: the checkpoint
 * @line: its line of mountinfo
 * @len: length of that
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_check_mount(struct ckpt_ctx *ctx, const char *line, size_t len)
{
	if (ckpt_mount_is_nsfs(line, len))
		return ckpt_check_kept(ctx, line, len);
	if (len >= CKPT_MOUNT_LINE_MAX)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"mount with %zu bytes of options: not supported", len);
	return 0;
}

static int add_mount(struct ckpt_ctx *ctx, struct mnt_namespace *ns,
		     const char *line, size_t len,
		     const struct ckpt_mount_info *info)
{
	struct ckpt_hdr_mount *h;
	int ret;

	ret = ckpt_mount_is_nsfs(line, len) ?
	      checkpoint_kept_ns(ctx, ns, line, len, false) :
	      ckpt_check_mount(ctx, line, len);
	if (ret)
		return ret;
	h = ckpt_new_rec(ctx, CKPT_HDR_MOUNT, ALIGN(sizeof(*h) + len + 1, 8));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->locked = info->locked;
	h->mode = info->mode;
	h->rdev = info->rdev;
	memcpy(h->line, line, len);
	return 0;
}

static int add_mounts(struct ckpt_ctx *ctx, struct mnt_namespace *ns,
		      const struct ckpt_mounts *m)
{
	const char *text = m->text.buf, *end = text + m->text.count, *eol;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < m->nr; i++, text = eol + 1) {
		eol = memchr(text, '\n', end - text) ?: end;
		ret = add_mount(ctx, ns, text, eol - text, &m->info[i]);
	}
	return ret;
}

/**
 * checkpoint_mounts - add what a coordinator needs to mount again
 * @ctx: the checkpoint, its tasks frozen
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_mounts(struct ckpt_ctx *ctx)
{
	struct ckpt_mounts m = {};
	struct nsproxy *ns;
	struct path root;
	int ret;

	ns = get_own_mounts(ctx, &root);
	if (!ns)
		return 0;
	ret = ckpt_read_mounts(ctx, ns->mnt_ns, &root, &m) ?:
	      add_mounts(ctx, ns->mnt_ns, &m);
	ckpt_free_mounts(&m);
	path_put(&root);
	put_nsproxy(ns);
	return ret;
}

/**
 * ckpt_read_own_mounts - read the mounts of the caller of checkpoint()
 * @ctx: the checkpoint
 * @m: to be filled, zeroed; free it with ckpt_free_mounts()
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_read_own_mounts(struct ckpt_ctx *ctx, struct ckpt_mounts *m)
{
	struct path root;
	int ret;

	get_fs_root(current->fs, &root);
	ret = ckpt_read_mounts(ctx, current->nsproxy->mnt_ns, &root, m);
	path_put(&root);
	return ret;
}

/**
 * ckpt_mount_file_ok - check what is mounted
 * @mode: type of the file
 * @rdev: device that it is
 *
 * Only a coordinator uses it, which makes such a file to mount it.
 *
 * Return: whether there are such files
 */
bool ckpt_mount_file_ok(u32 mode, u32 rdev)
{
	if (S_ISCHR(mode) || S_ISBLK(mode))
		return !(mode & ~S_IFMT);
	return !rdev && (mode == S_IFREG || mode == S_IFDIR || mode == S_IFLNK ||
			 mode == S_IFIFO || mode == S_IFSOCK);
}

/**
 * ckpt_mount_line_validate - check the line of mountinfo in a record
 * @v: the pass over the records
 * @h: the record
 * @fixed: bytes in front of the line
 *
 * The kernel does not use the line; it only sees to it that user space gets
 * one.
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_mount_line_validate(struct ckpt_validator *v, const struct ckpt_hdr *h,
			     size_t fixed)
{
	size_t max, len;
	const char *line = ckpt_payload(h, fixed, &max);

	len = strnlen(line, max);
	if (!len || len == max || memchr(line, '\n', len))
		return ckpt_bad(v, "is not one line");
	if (max - len > 8 || memchr_inv(line + len, 0, max - len))
		return ckpt_bad(v, "bytes behind the line");
	return 0;
}

/**
 * ckpt_mount_validate - check a MOUNT record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_mount_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_mount *m = (const void *)h;

	if (m->locked & ~CKPT_MNT_LOCKS || m->reserved)
		return ckpt_bad(v, "unknown locks, or reserved field is not zero");
	if (!ckpt_mount_file_ok(m->mode, m->rdev))
		return ckpt_bad(v, "mount of a file of an unknown type");
	return ckpt_mount_line_validate(v, h, sizeof(struct ckpt_hdr_mount));
}
