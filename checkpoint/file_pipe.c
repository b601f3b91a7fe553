// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - pipes and FIFOs
 *
 * Saved: capacity, contents with their boundaries, owner and permissions,
 *	and each end that is open, with its flags.
 * Not saved: whose pages contents that were spliced in are (they are copied).
 * Refused: pipes with ends that are open outside of the tree; notification
 *	pipes; restart of a FIFO that is in use.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/log2.h>
#include <linux/magic.h>
#include <linux/path.h>
#include <linux/pipe_fs_i.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include "cred.h"
#include "files.h"

static bool is_anon(const struct inode *inode)
{
	return inode->i_sb->s_magic == PIPEFS_MAGIC;
}

/**
 * ckpt_file_pipe_match - whether a file is an end of a pipe or FIFO
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: whether it is one.
 */
bool ckpt_file_pipe_match(struct ckpt_ctx *ctx, struct file *file)
{
	return !(file->f_mode & FMODE_PATH) && get_pipe_info(file, false);
}

static int checkpoint_buf(struct ckpt_ctx *ctx, struct pipe_inode_info *pipe,
			  struct pipe_buffer *buf)
{
	struct ckpt_hdr_pipe_buf *h;
	int ret;

	if (buf->len > PAGE_SIZE || buf->flags & PIPE_BUF_FLAG_WHOLE)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"pipe holds a buffer of %u bytes of a special kind",
				buf->len);
	/* Contents may still be on their way from a disk. */
	ret = pipe_buf_confirm(pipe, buf);
	if (ret)
		return ckpt_err(ctx, ret, "pipe holds data that cannot be read");

	h = ckpt_new_rec(ctx, CKPT_HDR_PIPE_BUF, struct_size(h, data, buf->len));
	if (IS_ERR(h))
		return PTR_ERR(h);
	if (buf->flags & PIPE_BUF_FLAG_PACKET)
		h->flags |= CKPT_PIPE_BUF_PACKET;
	if (buf->flags & PIPE_BUF_FLAG_CAN_MERGE) {
		h->flags |= CKPT_PIPE_BUF_MERGE;
		h->offset = buf->offset;
	}
	h->len = buf->len;
	memcpy_from_page(h->data, buf->page, buf->offset, buf->len);
	return 0;
}

static int checkpoint_bufs(struct ckpt_ctx *ctx, struct pipe_inode_info *pipe,
			   struct ckpt_hdr_pipe *h)
{
	unsigned int mask = pipe->ring_size - 1;
	unsigned int i;
	int ret;

	for (i = pipe->tail; i != pipe->head; i++) {
		ret = checkpoint_buf(ctx, pipe, &pipe->bufs[i & mask]);
		if (ret)
			return ret;
		h->nr_bufs++;
	}
	return 0;
}

static void fill_pipe(struct ckpt_ctx *ctx, struct ckpt_hdr_pipe *h,
		      struct inode *inode, struct pipe_inode_info *pipe)
{
	struct user_namespace *ns = ctx->base_user_ns;

	h->ino = inode->i_ino;
	h->slots = pipe->ring_size;
	h->readers = pipe->readers;
	h->writers = pipe->writers;
	h->uid = from_kuid_munged(ns, inode->i_uid);
	h->gid = from_kgid_munged(ns, inode->i_gid);
	h->mode = inode->i_mode & S_IALLUGO;
}

/* That of a FIFO is the filesystem's. */
static int check_owner(struct ckpt_ctx *ctx, const struct inode *inode)
{
	if (!is_anon(inode) || ckpt_has_numbers(ctx, inode->i_uid, inode->i_gid))
		return 0;
	return ckpt_err(ctx, -EOPNOTSUPP,
			"pipe:[%lu]: its owner has no number in the user namespace",
			inode->i_ino);
}

static int write_pipe(struct ckpt_ctx *ctx, struct file *file,
		      const char *name)
{
	size_t len = name ? strlen(name) + 1 : 0;
	struct inode *inode = file_inode(file);
	struct pipe_inode_info *pipe = inode->i_pipe;
	struct ckpt_hdr_pipe *h;
	int ret;

	ret = check_owner(ctx, inode);
	if (ret)
		return ret;
	h = ckpt_new_obj(ctx, CKPT_HDR_PIPE, struct_size(h, path, len));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->path_len = len;
	if (name) {
		memcpy(h->path, name, len);
		ret = ckpt_fill_file_id(ctx, &file->f_path, &h->id);
		if (ret)
			return ret;
	}
	/* The ends are stopped, but data may be spliced in from elsewhere. */
	pipe_lock(pipe);
	fill_pipe(ctx, h, inode, pipe);
	ret = checkpoint_bufs(ctx, pipe, h);
	pipe_unlock(pipe);
	return ret;
}

/**
 * checkpoint_pipe - save a pipe or FIFO
 * @ctx: the checkpoint; @ctx->file is an open end of it
 * @obj: its inode
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_pipe(struct ckpt_ctx *ctx, void *obj)
{
	struct file *file = ctx->file;
	char *name = NULL;
	int ret;

	if (pipe_has_watch_queue(file->private_data))
		return ckpt_path_err(ctx, &file->f_path, -EOPNOTSUPP,
				     "notification pipes are not supported");
	if (!is_anon(obj)) {
		name = ckpt_path_name(ctx, &file->f_path);
		if (IS_ERR(name))
			return PTR_ERR(name);
	}
	ret = write_pipe(ctx, file, name);
	kfree(name);
	return ret;
}

/**
 * checkpoint_file_pipe - save an open end of a pipe or FIFO
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_pipe(struct ckpt_ctx *ctx, void *obj)
{
	struct file *file = obj;
	struct pipe_inode_info *pipe = file->private_data;
	struct ckpt_hdr_file_pipe *h;
	int cred, id;

	cred = checkpoint_file_common(ctx, file);
	if (cred < 0)
		return cred;
	id = checkpoint_obj(ctx, CKPT_HDR_PIPE, file_inode(file));
	if (id < 0)
		return id;
	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_PIPE, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, file, cred);
	h->pipe = id;
	if (file->f_mode & FMODE_NOWAIT)
		h->flags |= CKPT_FILE_PIPE_NOWAIT;
	if (file->f_mode & FMODE_READ && !pipe->writers &&
	    file->f_pipe == pipe->w_counter)
		h->flags |= CKPT_FILE_PIPE_NO_HUP;
	return 0;
}

/* Ends of a pipe that have not been found in the tree. */
struct far_ends {
	const struct ckpt_hdr_pipe *pipe;
	u32 readers;
	u32 writers;
};

static void count_end(struct far_ends *ends, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_pipe *end = (const void *)h;
	fmode_t mode = OPEN_FMODE(end->file.f_flags);

	if (mode & FMODE_READ)
		ends[end->pipe - 1].readers--;
	if (mode & FMODE_WRITE)
		ends[end->pipe - 1].writers--;
}

static void note_pipe(struct far_ends *ends, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_pipe *pipe = (const void *)h;

	ends[h->id - 1].pipe = pipe;
	ends[h->id - 1].readers = pipe->readers;
	ends[h->id - 1].writers = pipe->writers;
}

static int check_ends(struct ckpt_ctx *ctx, const struct far_ends *ends)
{
	const struct ckpt_hdr_pipe *pipe = ends->pipe;
	const char *name = "pipe";

	if (!pipe || (!ends->readers && !ends->writers))
		return 0;
	if (pipe->path_len)
		name = pipe->path;
	return ckpt_err(ctx, -EOPNOTSUPP,
			"%s:[%llu]: %u of %u reading and %u of %u writing ends are open outside of the tree; it can be passed as an external resource",
			name, pipe->ino, ends->readers, pipe->readers,
			ends->writers, pipe->writers);
}

static int check_all_ends(struct ckpt_ctx *ctx, struct far_ends *ends)
{
	const struct ckpt_hdr *h;
	struct ckpt_cursor c;
	int ret = 0;
	u32 i;

	ckpt_cursor_first(ctx, &c);
	while ((h = ckpt_cursor_next(&c))) {
		if (h->type == CKPT_HDR_PIPE)
			note_pipe(ends, h);
		else if (h->type == CKPT_HDR_FILE_PIPE)
			count_end(ends, h);
		cond_resched();
	}
	for (i = 0; !ret && i < ctx->nr_objs; i++)
		ret = check_ends(ctx, &ends[i]);
	return ret;
}

/**
 * checkpoint_pipes_end - make sure that all ends of all pipes are in the tree
 * @ctx: the checkpoint; all tasks have been saved and are still stopped
 *
 * What is in a pipe would otherwise be read both by its reader outside of the
 * tree and, after a restart, by nobody.
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_pipes_end(struct ckpt_ctx *ctx)
{
	struct far_ends *ends = kvcalloc(ctx->nr_objs, sizeof(*ends),
					 GFP_KERNEL_ACCOUNT);
	int ret = ends ? check_all_ends(ctx, ends) :
			 ckpt_err(ctx, -ENOMEM, "ends of pipes");

	kvfree(ends);
	return ret;
}

#define PIPE_SLOTS_MAX	(1U << (31 - PAGE_SHIFT))

static bool is_zero(const void *p, size_t len)
{
	return !memchr_inv(p, 0, len);
}

/**
 * ckpt_pipe_validate - check a PIPE record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_pipe_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_pipe *pipe = (const void *)h;
	size_t len;
	const u8 *path = ckpt_payload(h, sizeof(*pipe), &len);

	if (!is_power_of_2(pipe->slots) || pipe->slots > PIPE_SLOTS_MAX)
		return ckpt_bad(v, "bad capacity of a pipe");
	if (pipe->nr_bufs > pipe->slots)
		return ckpt_bad(v, "more in a pipe than it can hold");
	if (pipe->mode & ~S_IALLUGO)
		return ckpt_bad(v, "bad permissions of a pipe");
	if (!ckpt_tail_ok(h, sizeof(*pipe) + pipe->path_len))
		return ckpt_bad(v, "padding is not zero");
	if (!pipe->path_len)
		return is_zero(&pipe->id, sizeof(pipe->id)) ? 0 :
			ckpt_bad(v, "identity of a pipe without a name");
	if (!ckpt_path_ok(path, pipe->path_len, len))
		return ckpt_bad(v, "bad path");
	if (!ckpt_file_id_ok(v, &pipe->id) || !S_ISFIFO(pipe->id.mode))
		return ckpt_bad(v, "bad identity of a FIFO");
	return 0;
}

/**
 * ckpt_pipe_buf_validate - check a PIPE_BUF record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_pipe_buf_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_pipe_buf *buf = (const void *)h;
	const struct ckpt_hdr_pipe *pipe = (const void *)v->owner_hdr;
	size_t len;

	ckpt_payload(h, sizeof(*buf), &len);
	if (v->last_end++ >= pipe->nr_bufs)
		return ckpt_bad(v, "more in a pipe than announced");
	if (buf->len > len || buf->len > PAGE_SIZE ||
	    buf->offset > PAGE_SIZE - buf->len)
		return ckpt_bad(v, "bad length of data in a pipe");
	if (!ckpt_tail_ok(h, sizeof(*buf) + buf->len))
		return ckpt_bad(v, "padding is not zero");
	if (buf->flags & ~(CKPT_PIPE_BUF_PACKET | CKPT_PIPE_BUF_MERGE))
		return ckpt_bad(v, "unknown flags");
	if (buf->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return 0;
}

/**
 * ckpt_file_pipe_validate - check a FILE_PIPE record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_pipe_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_pipe *end = (const void *)h;

	if (!ckpt_ref_ok(v, end->pipe, CKPT_CLASS_PIPE))
		return ckpt_bad(v, "bad reference to a pipe");
	if (end->flags & ~(CKPT_FILE_PIPE_NOWAIT | CKPT_FILE_PIPE_NO_HUP))
		return ckpt_bad(v, "unknown flags");
	if (end->file.f_flags & (O_PATH | O_DIRECTORY | CKPT_O_EXEC) ||
	    end->file.advice)
		return ckpt_bad(v, "flags that a pipe cannot have");
	return ckpt_file_common_validate(v, &end->file);
}

static int restore_buf(struct ckpt_ctx *ctx, struct pipe_inode_info *pipe,
		       const struct ckpt_hdr_pipe_buf *h)
{
	struct pipe_buffer *buf;
	struct page *page;

	page = alloc_page(GFP_HIGHUSER | __GFP_ACCOUNT);
	if (!page)
		return ckpt_err(ctx, -ENOMEM, "contents of a pipe");
	memcpy_to_page(page, h->offset, h->data, h->len);
	/* The rest of the page is seen by nobody before it has been written. */
	buf = &pipe->bufs[pipe->head & (pipe->ring_size - 1)];
	*buf = (struct pipe_buffer) {
		.page	= page,
		.offset	= h->offset,
		.len	= h->len,
		.ops	= &anon_pipe_buf_ops,
	};
	if (h->flags & CKPT_PIPE_BUF_PACKET)
		buf->flags |= PIPE_BUF_FLAG_PACKET;
	if (h->flags & CKPT_PIPE_BUF_MERGE)
		buf->flags |= PIPE_BUF_FLAG_CAN_MERGE;
	pipe->head++;
	return 0;
}

/* Fill a pipe. Others can find a FIFO by its name, and write to it first. */
static int restore_bufs(struct ckpt_ctx *ctx, struct pipe_inode_info *pipe,
			const struct ckpt_hdr_pipe *h, struct ckpt_cursor *c)
{
	const struct ckpt_hdr_pipe_buf *buf;
	long ret;
	u32 i;

	mutex_lock(&pipe->mutex);
	if (!pipe_empty(pipe->head, pipe->tail)) {
		ret = ckpt_err(ctx, -EBUSY, "FIFO %s: is in use", h->path);
		goto out_unlock;
	}
	if (pipe->ring_size != h->slots) {
		ret = pipe_set_size(pipe, h->slots << PAGE_SHIFT);
		if (ret < 0) {
			ckpt_err(ctx, ret, "pipe:[%llu]: capacity of %lu bytes",
				 h->ino, (unsigned long)h->slots << PAGE_SHIFT);
			goto out_unlock;
		}
	}
	for (i = 0, ret = 0; !ret && i < h->nr_bufs; i++) {
		buf = ckpt_read_obj_type(c, CKPT_HDR_PIPE_BUF);
		ret = IS_ERR(buf) ? PTR_ERR(buf) : restore_buf(ctx, pipe, buf);
	}
out_unlock:
	mutex_unlock(&pipe->mutex);
	return ret < 0 ? ret : 0;
}

/* A pipe belongs to whoever creates it, so be sure the caller could be them. */
static int restore_owner(struct ckpt_ctx *ctx, struct inode *inode,
			 const struct ckpt_hdr_pipe *h)
{
	struct user_namespace *ns = ctx->base_user_ns;
	kuid_t uid = make_kuid(ns, h->uid);
	kgid_t gid = make_kgid(ns, h->gid);

	if (!uid_valid(uid) || !gid_valid(gid))
		return ckpt_err(ctx, -EINVAL,
				"pipe:[%llu]: owner %u:%u is not mapped",
				h->ino, h->uid, h->gid);
	if (!uid_eq(uid, current_fsuid()) && !ckpt_may_take_uid(uid))
		return ckpt_err(ctx, -EPERM, "pipe:[%llu]: owner is user %u",
				h->ino, h->uid);
	if (!in_group_p(gid) && !ckpt_may_take_gid(gid))
		return ckpt_err(ctx, -EPERM, "pipe:[%llu]: owner is group %u",
				h->ino, h->gid);
	inode->i_uid = uid;
	inode->i_gid = gid;
	inode->i_mode = S_IFIFO | h->mode;
	return 0;
}

/* Keep the pipe, not only its inode, while ends of it are being opened. */
static void hold_pipe(struct inode *inode)
{
	ihold(inode);
	spin_lock(&inode->i_lock);
	inode->i_pipe->files++;
	spin_unlock(&inode->i_lock);
}

static struct inode *new_pipe(struct ckpt_ctx *ctx)
{
	struct file *ends[2];
	struct inode *inode;
	int ret;

	ret = create_pipe_files(ends, 0);
	/* It says so for want of memory, too. */
	if (ret == -ENFILE)
		ret = -ENOMEM;
	if (ret)
		return ERR_PTR(ckpt_err(ctx, ret, "pipe"));
	inode = file_inode(ends[0]);
	hold_pipe(inode);
	/* Now, not on the way to user mode: others may be there before us. */
	__fput_sync(ends[0]);
	__fput_sync(ends[1]);
	return inode;
}

/* Attach a pipe to the inode of a FIFO, as the first to open it would. */
static int new_fifo(struct inode *inode)
{
	struct pipe_inode_info *pipe = alloc_pipe_info();

	if (!pipe)
		return -ENOMEM;
	pipe->files = 1;
	spin_lock(&inode->i_lock);
	if (inode->i_pipe) {
		spin_unlock(&inode->i_lock);
		free_pipe_info(pipe);
		return -EBUSY;
	}
	inode->i_pipe = pipe;
	spin_unlock(&inode->i_lock);
	ihold(inode);
	return 0;
}

static struct inode *restore_fifo(struct ckpt_ctx *ctx,
				  const struct ckpt_hdr_pipe *h)
{
	struct inode *inode;
	struct path path;
	int ret;

	ret = ckpt_lookup(ctx, h->path, &h->id, 0, &path);
	if (ret)
		return ERR_PTR(ret);
	inode = d_inode(path.dentry);
	/* Data in it could be read by others, so it takes the right to write. */
	if (h->nr_bufs)
		ret = path_permission(&path, MAY_WRITE);
	if (!ret)
		ret = new_fifo(inode);
	path_put(&path);
	if (ret)
		return ERR_PTR(ckpt_err(ctx, ret, "FIFO %s", h->path));
	return inode;
}

/**
 * restore_pipe - restore a pipe or FIFO, without any end that is open
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: its inode, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_pipe(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		   struct ckpt_cursor *c)
{
	const struct ckpt_hdr_pipe *pipe = (const void *)h;
	struct inode *inode;
	int ret = 0;

	inode = pipe->path_len ? restore_fifo(ctx, pipe) : new_pipe(ctx);
	if (IS_ERR(inode))
		return inode;
	if (!pipe->path_len)
		ret = restore_owner(ctx, inode, pipe);
	if (!ret)
		ret = restore_bufs(ctx, inode->i_pipe, pipe, c);
	if (!ret)
		return inode;
	ckpt_pipe_put(inode);
	return ERR_PTR(ret);
}

static void add_partners(struct pipe_inode_info *pipe, int nr)
{
	mutex_lock(&pipe->mutex);
	pipe->readers += nr;
	pipe->writers += nr;
	mutex_unlock(&pipe->mutex);
}

/* Opening one end of a FIFO waits for the other, unless there seems to be one. */
static struct file *open_fifo(struct ckpt_ctx *ctx, struct inode *inode,
			      const struct ckpt_hdr_pipe *h, int flags)
{
	struct file *file;
	struct path path;
	int ret;

	ret = ckpt_lookup(ctx, h->path, &h->id, 0, &path);
	if (ret)
		return ERR_PTR(ret);
	if (d_inode(path.dentry) != inode) {
		path_put(&path);
		return ERR_PTR(ckpt_err(ctx, -ESTALE, "FIFO %s: was replaced",
					h->path));
	}
	add_partners(inode->i_pipe, 1);
	file = file_open_root(&path, "", flags, 0);
	add_partners(inode->i_pipe, -1);
	path_put(&path);
	if (IS_ERR(file))
		ckpt_err(ctx, PTR_ERR(file), "FIFO %s: cannot be opened",
			 h->path);
	return file;
}

static struct file *open_end(struct ckpt_ctx *ctx, struct inode *inode,
			     const struct ckpt_hdr_pipe *h, int flags)
{
	struct file *file;

	if (h->path_len)
		return open_fifo(ctx, inode, h, flags);
	file = pipe_open_end(inode, flags);
	if (IS_ERR(file))
		ckpt_err(ctx, PTR_ERR(file), "pipe:[%llu]: cannot be opened",
			 h->ino);
	return file;
}

/**
 * restore_file_pipe - open an end of a pipe or FIFO
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the file, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_file_pipe(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_pipe *end = (const void *)h;
	struct ckpt_obj *o = ckpt_obj_by_id(ctx, end->pipe);
	struct inode *inode = restore_obj(ctx, end->pipe);
	struct file *file;

	if (IS_ERR(inode))
		return inode;
	/* O_DIRECT selects packets here, and open() does not know that. */
	file = open_end(ctx, inode, (const void *)o->h,
			ckpt_open_flags(&end->file) & ~O_DIRECT);
	if (IS_ERR(file))
		return file;
	if (end->flags & CKPT_FILE_PIPE_NOWAIT)
		file->f_mode |= FMODE_NOWAIT;
	if (end->flags & CKPT_FILE_PIPE_NO_HUP)
		file->f_pipe = inode->i_pipe->w_counter;
	return restore_file_common(ctx, &end->file, file, "pipe");
}

/**
 * ckpt_pipe_put - drop a reference on a restored pipe or FIFO
 * @obj: its inode
 *
 * Its ends keep the pipe from now on, if there are any.
 */
void ckpt_pipe_put(void *obj)
{
	struct inode *inode = obj;

	put_pipe_info(inode, inode->i_pipe);
	iput(inode);
}
