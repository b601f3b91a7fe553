// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - epoll
 *
 * Saved: each watch with its file, the number it was added under (which may be
 *	closed, or that of another file by now), events, data, and whether it
 *	is ready and has not been reported yet, in the order of the reports. So
 *	an edge that has been reported is not reported again. For files that
 *	get their data from outside of the tree, and for eventpoll files, the
 *	restored file is asked instead: an edge may be reported twice there,
 *	but none is lost. Signals that are pending count as an edge, too.
 * Not saved: which of several exclusive watches of a file is woken first; what
 *	busy polling has learned.
 * Refused: parameters of busy polling (EPIOCSPARAMS); a watched file that no
 *	task of the tree has open; a watched signalfd that is for the signals of
 *	a process outside of the tree.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
/* Needs some of the above. */
#include <linux/eventpoll.h>
#include "files.h"
#include "sighand.h"

/* More than what eventpoll.c allows. */
#define NESTS_MAX	8

/**
 * ckpt_file_epoll_match - whether a file is an eventpoll file
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: true if so.
 */
bool ckpt_file_epoll_match(struct ckpt_ctx *ctx, struct file *file)
{
	return is_file_eventpoll(file);
}

struct watches {
	struct eventpoll_item *items;
	int nr;
};

static void put_watches(struct watches *w)
{
	int i;

	for (i = 0; i < w->nr; i++)
		fput(w->items[i].file);
	kvfree(w->items);
	w->items = NULL;
	w->nr = 0;
}

static int get_watches(struct ckpt_ctx *ctx, struct file *file,
		       struct watches *w)
{
	int nr = 0, max;

	/* Tasks outside may add some while we look. */
	do {
		put_watches(w);
		max = nr + 16;
		w->items = kvmalloc_array(max, sizeof(*w->items),
					  GFP_KERNEL_ACCOUNT);
		if (!w->items)
			return ckpt_err(ctx, -ENOMEM, "epoll: %d watches", max);
		nr = eventpoll_peek(file, w->items, max);
		w->nr = min(nr, max);
	} while (nr > max);
	return 0;
}

static struct files_struct *get_files(struct task_struct *tsk)
{
	struct files_struct *files;

	task_lock(tsk);
	files = tsk->files;
	if (files)
		atomic_inc(&files->count);
	task_unlock(tsk);
	return files;
}

static bool is_open_as(struct task_struct *tsk, const struct eventpoll_item *item)
{
	struct files_struct *files = get_files(tsk);
	bool ret;

	if (!files)
		return false;
	spin_lock(&files->file_lock);
	ret = files_lookup_fd_locked(files, item->fd) == item->file;
	spin_unlock(&files->file_lock);
	put_files_struct(files);
	return ret;
}

static bool is_open_anyhow(struct task_struct *tsk, struct file *file)
{
	struct files_struct *files = get_files(tsk);
	bool ret;

	if (!files)
		return false;
	ret = ckpt_files_have(files, file);
	put_files_struct(files);
	return ret;
}

/* A watch ends when its file is closed, and one outside would be at restart. */
static int check_open(struct ckpt_ctx *ctx, const struct eventpoll_item *item)
{
	u32 i;

	/* Found in a message it is nobody's. */
	if (ctx->subject && is_open_as(ctx->subject->task, item))
		return 0;
	for (i = 0; i < ctx->nr_tasks; i++) {
		if (is_open_anyhow(ctx->tasks[i].task, item->file))
			return 0;
		cond_resched();
	}
	return ckpt_path_err(ctx, file_user_path(item->file), -EOPNOTSUPP,
			     "watched by epoll as descriptor %d, but not open in the tree",
			     item->fd);
}

/* Get the handlers that @whead belongs to if they are those of @tsk. */
static struct sighand_struct *get_sighand_of(struct task_struct *tsk,
					     wait_queue_head_t *whead)
{
	struct sighand_struct *sighand;
	unsigned long flags;

	sighand = lock_task_sighand(tsk, &flags);
	if (!sighand)
		return NULL;
	if (&sighand->signalfd_wqh == whead)
		ckpt_sighand_get(sighand);
	else
		whead = NULL;
	unlock_task_sighand(tsk, &flags);
	return whead ? sighand : NULL;
}

/* The task that has the handlers @whead belongs to: one alive, if there is. */
static struct ckpt_task *find_signalled(struct ckpt_ctx *ctx,
					wait_queue_head_t *whead,
					struct sighand_struct **sighand)
{
	struct ckpt_task *dead = NULL;
	u32 i;

	for (i = 0; i < ctx->nr_tasks; i++) {
		*sighand = get_sighand_of(ctx->tasks[i].task, whead);
		if (!*sighand)
			continue;
		if (!ctx->tasks[i].dead)
			return &ctx->tasks[i];
		ckpt_sighand_put(*sighand);
		dead = &ctx->tasks[i];
	}
	return dead;
}

/*
 * The process whose signals make a watch of a signalfd ready.
 *
 * Return: its SIGHAND object, 0 if it is dead, or a reported errno.
 */
static int checkpoint_signalled(struct ckpt_ctx *ctx,
				const struct eventpoll_item *item)
{
	struct ckpt_task *subject = ctx->subject, *t;
	struct sighand_struct *sighand;
	int id;

	t = find_signalled(ctx, item->whead, &sighand);
	if (!t)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"epoll: watches a signalfd, for the signals of a process outside of the tree");
	if (t->dead)
		return 0;
	ctx->subject = t;
	id = checkpoint_obj(ctx, CKPT_HDR_SIGHAND, sighand);
	ckpt_sighand_put(sighand);
	ctx->subject = subject;
	return id;
}

/* Return: 0 if it is for no process at all. */
static int sighand_of(struct ckpt_ctx *ctx, const struct eventpoll_item *item)
{
	/* Without a wait queue the process that has added it is dead. */
	if (!item->whead || !ckpt_file_signalfd_match(ctx, item->file))
		return 0;
	return checkpoint_signalled(ctx, item);
}

static int checkpoint_watched(struct ckpt_ctx *ctx, const struct watches *w)
{
	int i, ret = 0;

	for (i = 0; i < w->nr && ret >= 0; i++) {
		ret = check_open(ctx, &w->items[i]);
		if (!ret)
			ret = sighand_of(ctx, &w->items[i]);
		if (ret >= 0)
			ret = checkpoint_file_obj(ctx, w->items[i].file);
		cond_resched();
		if (fatal_signal_pending(current))
			return ckpt_err(ctx, -EINTR, "killed");
	}
	return ret < 0 ? ret : 0;
}

static int checkpoint_item(struct ckpt_ctx *ctx,
			   const struct eventpoll_item *item)
{
	int file = checkpoint_file_obj(ctx, item->file);
	int sighand = sighand_of(ctx, item);
	struct ckpt_hdr_epoll_item *h;

	if (file < 0 || sighand < 0)
		return min(file, sighand);
	h = ckpt_new_rec(ctx, CKPT_HDR_EPOLL_ITEM, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->file = file;
	h->fd = item->fd;
	h->events = (__force u32)item->event.events;
	h->data = item->event.data;
	h->flags = item->ready ? CKPT_EPOLL_READY : 0;
	h->sighand = sighand;
	return 0;
}

static int write_epoll(struct ckpt_ctx *ctx, struct file *file,
		       const struct watches *w, u32 cred)
{
	struct ckpt_hdr_file_epoll *h;
	int i, ret = 0;

	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_EPOLL, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, file, cred);
	h->nr_items = w->nr;
	for (i = 0; i < w->nr && !ret; i++) {
		ret = checkpoint_item(ctx, &w->items[i]);
		cond_resched();
	}
	return ret;
}

/**
 * checkpoint_file_epoll - save an eventpoll file
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_epoll(struct ckpt_ctx *ctx, void *obj)
{
	struct watches w = {};
	int cred, ret;

	if (eventpoll_busy_polls(obj))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"epoll: parameters of busy polling");
	/* A file in flight in a socket that is watched could lead back here. */
	if (ctx->epoll_depth == NESTS_MAX)
		return ckpt_err(ctx, -EOPNOTSUPP, "epoll: nested too deep");
	cred = checkpoint_file_common(ctx, obj);
	if (cred < 0)
		return cred;
	ret = get_watches(ctx, obj, &w);
	ctx->epoll_depth++;
	if (!ret)
		ret = checkpoint_watched(ctx, &w);
	ctx->epoll_depth--;
	if (!ret)
		ret = write_epoll(ctx, obj, &w, cred);
	put_watches(&w);
	return ret;
}

/**
 * ckpt_file_epoll_validate - check a FILE_EPOLL record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_epoll_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_epoll *e = (const void *)h;

	if (e->nr_items > INT_MAX)
		return ckpt_bad(v, "number of watches out of range");
	if (e->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return ckpt_file_anon_validate(v, &e->file, O_RDWR);
}

/* Restoring one that watches another recurses. */
static bool nests_too_deep(struct ckpt_validator *v, u32 watched)
{
	u8 *depth = &v->depth[v->owner_hdr->id - 1];

	*depth = max_t(u8, *depth, v->depth[watched - 1] + 1);
	return *depth > NESTS_MAX;
}

/**
 * ckpt_epoll_item_validate - check an EPOLL_ITEM record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_epoll_item_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_epoll *e = (const void *)v->owner_hdr;
	const struct ckpt_hdr_epoll_item *i = (const void *)h;

	if (v->last_end++ >= e->nr_items)
		return ckpt_bad(v, "more watches than announced");
	if (!ckpt_ref_ok(v, i->file, CKPT_CLASS_FILE) ||
	    i->file == e->file.h.id)
		return ckpt_bad(v, "bad reference to a file");
	if (i->sighand && !ckpt_ref_ok(v, i->sighand, CKPT_CLASS_SIGHAND))
		return ckpt_bad(v, "bad reference to signal handlers");
	if (i->fd > INT_MAX)
		return ckpt_bad(v, "descriptor out of range");
	if (i->flags & ~CKPT_EPOLL_READY)
		return ckpt_bad(v, "unknown flags");
	if (i->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (nests_too_deep(v, i->file))
		return ckpt_bad(v, "epoll nested too deep");
	return 0;
}

static u32 type_of(struct ckpt_ctx *ctx, u32 id)
{
	return ckpt_obj_by_id(ctx, id)->h->type;
}

static void get_item(struct eventpoll_item *item, struct file *file,
		     const struct ckpt_hdr_epoll_item *h)
{
	*item = (struct eventpoll_item) {
		.file	= file,
		.fd	= h->fd,
		.ready	= h->flags & CKPT_EPOLL_READY,
		.event	= {
			.events	= (__force __poll_t)h->events,
			.data	= h->data,
		},
	};
}

static int add_error(struct ckpt_ctx *ctx, const struct ckpt_hdr_epoll_item *h,
		     int err)
{
	if (err == -ENOSPC)
		return ckpt_err(ctx, -ENOMEM,
				"epoll: descriptor %u: over the limit of fs.epoll.max_user_watches",
				h->fd);
	if (err == -ELOOP || err == -EINVAL || err == -EEXIST)
		return ckpt_err(ctx, -EBADMSG,
				"epoll: descriptor %u: cannot be watched (%d)",
				h->fd, err);
	return ckpt_err(ctx, err, "epoll: descriptor %u", h->fd);
}

static int restore_item(struct ckpt_ctx *ctx, struct file *file,
			const struct ckpt_hdr_epoll_item *h)
{
	struct file *watched = restore_obj(ctx, h->file);
	struct eventpoll_item item;
	int ret;

	if (IS_ERR(watched))
		return PTR_ERR(watched);
	if (h->sighand && type_of(ctx, h->file) != CKPT_HDR_FILE_SIGNALFD)
		return ckpt_err(ctx, -EBADMSG,
				"epoll: descriptor %u: is no signalfd", h->fd);
	get_item(&item, watched, h);
	ret = eventpoll_add(file, &item);
	return ret ? add_error(ctx, h, ret) : 0;
}

static int restore_items(struct ckpt_ctx *ctx, struct file *file, u32 nr,
			 struct ckpt_cursor *c)
{
	const struct ckpt_hdr_epoll_item *h;
	int ret = 0;

	while (nr-- && !ret) {
		h = ckpt_read_obj_type(c, CKPT_HDR_EPOLL_ITEM);
		ret = IS_ERR(h) ? PTR_ERR(h) : restore_item(ctx, file, h);
		cond_resched();
		if (!ret && fatal_signal_pending(current))
			ret = ckpt_err(ctx, -EINTR, "killed");
	}
	return ret;
}

/**
 * restore_file_epoll - make an eventpoll file
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Its watches report nothing before restore_file_epoll_finish().
 *
 * Return: the file, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_file_epoll(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			 struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_epoll *e = (const void *)h;
	const struct cred *cred = current_cred();
	struct file *file;
	int ret;

	if (e->file.cred)
		cred = restore_obj(ctx, e->file.cred);
	if (IS_ERR(cred))
		return ERR_CAST(cred);
	file = eventpoll_create_file(cred->user);
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(file), "epoll"));
	file = restore_file_common(ctx, &e->file, file, "epoll");
	if (IS_ERR(file))
		return file;
	ret = restore_items(ctx, file, e->nr_items, c);
	if (!ret)
		return file;
	fput(file);
	return ERR_PTR(ret);
}

/*
 * All that makes these ready is in the image, or comes later and is noticed.
 * The waits for a partner to open a FIFO have had their wakeups, too.
 */
static bool knows_readiness(u32 type)
{
	return type == CKPT_HDR_FILE_PIPE || type == CKPT_HDR_FILE_EVENTFD ||
	       type == CKPT_HDR_FILE_SIGNALFD || type == CKPT_HDR_FILE_TIMERFD ||
	       type == CKPT_HDR_FILE_PIDFD;
}

static int move_item(struct ckpt_ctx *ctx, struct file *file,
		     struct eventpoll_item *item,
		     const struct ckpt_hdr_epoll_item *h)
{
	struct sighand_struct *sighand = NULL;

	if (h->sighand) {
		sighand = ckpt_obj_by_id(ctx, h->sighand)->ptr;
		if (!sighand)
			return ckpt_err(ctx, -EBADMSG,
					"epoll: descriptor %u: for the signals of no process",
					h->fd);
	}
	item->whead = sighand ? &sighand->signalfd_wqh : NULL;
	eventpoll_move(file, item);
	return 0;
}

/**
 * restore_file_epoll_finish - let the watches of an eventpoll file report
 * @ctx: the restart
 * @o: its object
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_file_epoll_finish(struct ckpt_ctx *ctx, struct ckpt_obj *o)
{
	const struct ckpt_hdr_file_epoll *e = (const void *)o->h;
	const struct ckpt_hdr_epoll_item *h;
	struct ckpt_cursor c = o->c;
	struct eventpoll_item item;
	int ret = 0;
	u32 i;

	for (i = 0; i < e->nr_items && !ret; i++) {
		h = ckpt_read_obj_type(&c, CKPT_HDR_EPOLL_ITEM);
		if (IS_ERR(h))
			return PTR_ERR(h);
		get_item(&item, ckpt_obj_by_id(ctx, h->file)->ptr, h);
		if (type_of(ctx, h->file) == CKPT_HDR_FILE_SIGNALFD)
			ret = move_item(ctx, o->ptr, &item, h);
		if (!ret)
			eventpoll_poke(o->ptr, &item,
				       !knows_readiness(type_of(ctx, h->file)));
		cond_resched();
	}
	return ret;
}
