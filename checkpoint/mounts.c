// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the mounts of a container, for its coordinator
 *
 * Saved: a line of /proc/PID/mountinfo for each mount that the root task can
 *	reach, parents first, if it has a mount namespace other than the caller
 *	of checkpoint().
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

/**
 * ckpt_read_mounts - read the mounts of a namespace
 * @ctx: the checkpoint
 * @ns: the mount namespace
 * @root: root directory of the reader
 * @m: to be filled, zeroed; its buffer has room for one more byte, and is to be
 *	freed with kvfree()
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_read_mounts(struct ckpt_ctx *ctx, struct mnt_namespace *ns,
		     const struct path *root, struct seq_file *m)
{
	int ret;

	for (m->size = PAGE_SIZE; m->size <= MOUNTINFO_MAX; m->size *= 2) {
		m->buf = kvmalloc(m->size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!m->buf)
			return ckpt_err(ctx, -ENOMEM, "mounts of the container");
		m->count = 0;
		ret = mnt_ns_show_mountinfo(m, ns, root);
		if (ret)
			return ckpt_err(ctx, ret, "mounts of the container");
		if (!seq_has_overflowed(m))
			return 0;
		kvfree(m->buf);
		m->buf = NULL;
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
		     const char *line, size_t len)
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
	memcpy(h->line, line, len);
	return 0;
}

static int add_mounts(struct ckpt_ctx *ctx, struct mnt_namespace *ns,
		      const char *text, size_t len)
{
	const char *end = text + len, *eol;
	int ret = 0;

	for (; !ret && text < end; text = eol + 1) {
		eol = memchr(text, '\n', end - text) ?: end;
		ret = add_mount(ctx, ns, text, eol - text);
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
	struct seq_file m = {};
	struct nsproxy *ns;
	struct path root;
	int ret;

	ns = get_own_mounts(ctx, &root);
	if (!ns)
		return 0;
	ret = ckpt_read_mounts(ctx, ns->mnt_ns, &root, &m) ?:
	      add_mounts(ctx, ns->mnt_ns, m.buf, m.count);
	kvfree(m.buf);
	path_put(&root);
	put_nsproxy(ns);
	return ret;
}

/**
 * ckpt_read_own_mounts - read the mounts of the caller of checkpoint()
 * @ctx: the checkpoint
 * @m: to be filled, zeroed; its buffer is to be freed with kvfree()
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_read_own_mounts(struct ckpt_ctx *ctx, struct seq_file *m)
{
	struct path root;
	int ret;

	get_fs_root(current->fs, &root);
	ret = ckpt_read_mounts(ctx, current->nsproxy->mnt_ns, &root, m);
	path_put(&root);
	return ret;
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
	return ckpt_mount_line_validate(v, h, sizeof(struct ckpt_hdr_mount));
}
