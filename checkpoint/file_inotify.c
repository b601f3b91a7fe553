// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - inotify
 *
 * Saved: watches with their numbers, masks, and the names under which what they
 *	watch can be found again; events that have not been read; the number of
 *	the next watch.
 * Not saved: how many events fit, which is fs.inotify.max_queued_events when
 *	the instance is made; what happens between checkpoint and restart.
 * Refused: a watch of something that has been deleted, that is not visible
 *	below the root directory of the tree, or whose name the kernel has
 *	forgotten; a watched file that was replaced (at restart).
 */
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fsnotify_backend.h>
#include <linux/idr.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/security.h>
#include <linux/slab.h>
#include "../fs/mount.h"
#include "../fs/notify/inotify/inotify.h"
#include "files.h"
#include "ns_mnt.h"

#define WATCH_MASK	(INOTIFY_USER_MASK | IN_EXCL_UNLINK | IN_ONESHOT)

/**
 * ckpt_file_inotify_match - whether a file is an inotify instance
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: true if so.
 */
bool ckpt_file_inotify_match(struct ckpt_ctx *ctx, struct file *file)
{
	return inotify_group_of(file);
}

/* ---- watches ---- */

/* One watch at one point in time. */
struct watch {
	struct inode *inode;
	u32 mask;
	int wd;
};

/* Return: the first watch with a number of @wd or more, its inode referenced. */
static bool next_watch(struct fsnotify_group *group, int wd, struct watch *w)
{
	struct inotify_inode_mark *mark;
	bool found = false;

	/* Holds off the end of the mark, and so that of its connector. */
	fsnotify_group_lock(group);
	spin_lock(&group->inotify_data.idr_lock);
	while (!found && (mark = idr_get_next(&group->inotify_data.idr, &wd))) {
		struct fsnotify_mark *m = &mark->fsn_mark;
		struct inode *inode = m->connector ? m->connector->obj : NULL;

		/* It may be on its way out, and so is the watch. */
		w->inode = inode ? igrab(inode) : NULL;
		w->mask = inotify_mark_user_mask(m);
		w->wd = wd++;
		found = w->inode;
	}
	spin_unlock(&group->inotify_data.idr_lock);
	fsnotify_group_unlock(group);
	return found;
}

/* In the root task's mount namespace, or else in any other of the tree. */
static bool is_in(struct ckpt_ctx *ctx, struct mnt_namespace *ns,
		  const struct mount *m)
{
	return ns ? m->mnt_ns == ns : ckpt_mnt_is_nested(ctx, m->mnt_ns);
}

/* A watch knows an inode, not how it was found. Return: a mount that has it. */
static struct vfsmount *find_mount(struct ckpt_ctx *ctx, struct mnt_namespace *ns,
				   struct dentry *dentry)
{
	struct vfsmount *res = NULL;
	struct mount *m;

	read_seqlock_excl(&mount_lock);
	list_for_each_entry(m, &dentry->d_sb->s_mounts, mnt_instance) {
		if (!is_in(ctx, ns, m) || !is_subdir(dentry, m->mnt.mnt_root))
			continue;
		res = mntget(&m->mnt);
		break;
	}
	read_sequnlock_excl(&mount_lock);
	return res;
}

static int find_path(struct ckpt_ctx *ctx, const struct watch *w,
		     struct path *path)
{
	path->dentry = d_find_any_alias(w->inode);
	if (!path->dentry)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"inotify: watch %d: name of inode %lu is not known",
				w->wd, w->inode->i_ino);
	path->mnt = find_mount(ctx, ctx->root_nsproxy->mnt_ns, path->dentry) ?:
		    find_mount(ctx, NULL, path->dentry);
	if (path->mnt)
		return 0;
	dput(path->dentry);
	return ckpt_err(ctx, -EOPNOTSUPP,
			"inotify: watch %d: inode %lu is not visible in the tree",
			w->wd, w->inode->i_ino);
}

static int write_watch(struct ckpt_ctx *ctx, const struct watch *w,
		       const struct path *path, const char *name)
{
	size_t len = strlen(name) + 1;
	struct ckpt_hdr_inotify_watch *h;

	h = ckpt_new_rec(ctx, CKPT_HDR_INOTIFY_WATCH, struct_size(h, path, len));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->wd = w->wd;
	h->mask = w->mask;
	h->path_len = len;
	memcpy(h->path, name, len);
	return ckpt_fill_file_id(ctx, path, &h->id);
}

static int checkpoint_watch(struct ckpt_ctx *ctx, const struct watch *w)
{
	struct path path;
	char *name;
	int ret;

	ret = find_path(ctx, w, &path);
	if (ret)
		return ret;
	name = ckpt_path_name(ctx, &path);
	ret = IS_ERR(name) ? PTR_ERR(name) : write_watch(ctx, w, &path, name);
	if (!IS_ERR(name))
		kfree(name);
	path_put(&path);
	return ret;
}

static int checkpoint_watches(struct ckpt_ctx *ctx,
			      struct fsnotify_group *group, u32 *nr)
{
	struct watch w = {};
	int ret = 0;

	while (!ret && next_watch(group, w.wd + 1, &w)) {
		ret = checkpoint_watch(ctx, &w);
		iput(w.inode);
		++*nr;
		if (!ret && fatal_signal_pending(current))
			ret = ckpt_err(ctx, -EINTR, "killed");
		if (w.wd == INT_MAX)
			break;
	}
	return ret;
}

/* ---- events ---- */

/* The events that have not been read, for the image. */
struct events {
	u32 nr;
	size_t used;
	size_t size;
	u8 *data;
};

static size_t event_size(const struct inotify_event_info *e)
{
	return struct_size_t(struct ckpt_inotify_event, name,
			     ALIGN(e->name_len, 8));
}

static void copy_event(struct ckpt_inotify_event *to,
		       const struct inotify_event_info *e)
{
	to->wd = e->wd;
	to->mask = e->mask;
	to->cookie = e->sync_cookie;
	to->name_len = e->name_len;
	memcpy(to->name, e->name, e->name_len);
}

/* Return: whether they fit; ->used is what they need. */
static bool fill_events(struct events *ev, struct fsnotify_group *group)
{
	struct fsnotify_event *event;

	ev->nr = 0;
	ev->used = 0;
	spin_lock(&group->notification_lock);
	list_for_each_entry(event, &group->notification_list, list) {
		struct inotify_event_info *e = INOTIFY_E(event);

		if (ev->used + event_size(e) <= ev->size)
			copy_event((void *)(ev->data + ev->used), e);
		ev->used += event_size(e);
		ev->nr++;
	}
	spin_unlock(&group->notification_lock);
	return ev->used <= ev->size;
}

static int get_events(struct ckpt_ctx *ctx, struct fsnotify_group *group,
		      struct events *ev)
{
	/* Tasks outside may cause some while we look. */
	while (!fill_events(ev, group)) {
		kvfree(ev->data);
		ev->size = ev->used + 4096;
		ev->data = kvzalloc(ev->size, GFP_KERNEL_ACCOUNT);
		if (!ev->data)
			return ckpt_err(ctx, -ENOMEM, "inotify: events");
	}
	return 0;
}

static int write_events(struct ckpt_ctx *ctx, const struct events *ev)
{
	const struct ckpt_inotify_event *e;
	struct ckpt_hdr_inotify_event *h;
	size_t pos = 0, len;

	while (pos < ev->used) {
		e = (const void *)(ev->data + pos);
		len = struct_size(e, name, ALIGN(e->name_len, 8));
		h = ckpt_new_rec(ctx, CKPT_HDR_INOTIFY_EVENT,
				 sizeof(h->h) + len);
		if (IS_ERR(h))
			return PTR_ERR(h);
		memcpy(&h->event, e, len);
		pos += len;
		cond_resched();
	}
	return 0;
}

static int write_inotify(struct ckpt_ctx *ctx, struct file *file,
			 const struct events *ev, u32 cred)
{
	struct fsnotify_group *group = inotify_group_of(file);
	struct ckpt_hdr_file_inotify *h;
	int ret;

	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_INOTIFY, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, file, cred);
	h->nr_events = ev->nr;
	h->next_wd = idr_get_cursor(&group->inotify_data.idr);
	ret = write_events(ctx, ev);
	return ret ?: checkpoint_watches(ctx, group, &h->nr_watches);
}

/**
 * checkpoint_file_inotify - save an inotify instance
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_inotify(struct ckpt_ctx *ctx, void *obj)
{
	struct events ev = {};
	int cred, ret;

	cred = checkpoint_file_common(ctx, obj);
	if (cred < 0)
		return cred;
	/*
	 * First: what is caused meanwhile is lost, rather than reported for a
	 * watch that is not there.
	 */
	ret = get_events(ctx, inotify_group_of(obj), &ev);
	if (!ret)
		ret = write_inotify(ctx, obj, &ev, cred);
	kvfree(ev.data);
	return ret;
}

/* ---- validate ---- */

/**
 * ckpt_file_inotify_validate - check a FILE_INOTIFY record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_inotify_validate(struct ckpt_validator *v,
			       const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_inotify *i = (const void *)h;

	if (i->next_wd > INT_MAX)
		return ckpt_bad(v, "number of a watch out of range");
	if (i->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return ckpt_file_anon_validate(v, &i->file, O_RDONLY);
}

/**
 * ckpt_inotify_event_validate - check an INOTIFY_EVENT record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_inotify_event_validate(struct ckpt_validator *v,
				const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_inotify_event *e = (const void *)h;
	size_t len;

	ckpt_payload(h, sizeof(*e), &len);
	if (e->event.name_len > NAME_MAX || e->event.name_len > len)
		return ckpt_bad(v, "bad length of a name");
	if (memchr(e->event.name, 0, e->event.name_len))
		return ckpt_bad(v, "NUL in a name");
	return 0;
}

/**
 * ckpt_inotify_watch_validate - check an INOTIFY_WATCH record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_inotify_watch_validate(struct ckpt_validator *v,
				const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_inotify_watch *w = (const void *)h;
	size_t len;

	ckpt_payload(h, sizeof(*w), &len);
	if (!w->wd || w->wd > INT_MAX || w->wd < v->last_end)
		return ckpt_bad(v, "watches out of order");
	if (w->mask & ~WATCH_MASK)
		return ckpt_bad(v, "unknown events");
	if (!ckpt_path_ok(w->path, w->path_len, len))
		return ckpt_bad(v, "bad path");
	if (!ckpt_file_id_ok(v, &w->id))
		return ckpt_bad(v, "bad identity of a file");
	if (w->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	v->last_end = (u64)w->wd + 1;
	return 0;
}

/* ---- restart ---- */

static int restore_event(struct ckpt_ctx *ctx, struct fsnotify_group *group,
			 const struct ckpt_hdr_inotify_event *h)
{
	struct inotify_event_info *e;

	if (group->q_len >= group->max_events)
		return ckpt_err(ctx, -ENOMEM,
				"inotify: more events than fs.inotify.max_queued_events");
	e = kzalloc(struct_size(e, name, h->event.name_len + 1),
		    GFP_KERNEL_ACCOUNT);
	if (!e)
		return ckpt_err(ctx, -ENOMEM, "inotify: event");
	fsnotify_init_event(&e->fse);
	e->mask = h->event.mask;
	e->wd = h->event.wd;
	e->sync_cookie = h->event.cookie;
	e->name_len = h->event.name_len;
	memcpy(e->name, h->event.name, h->event.name_len);
	if (fsnotify_add_event(group, &e->fse, NULL)) {
		fsnotify_destroy_event(group, &e->fse);
		return ckpt_err(ctx, -ENOMEM, "inotify: event");
	}
	return 0;
}

static int restore_events(struct ckpt_ctx *ctx, struct file *file, u32 nr,
			  struct ckpt_cursor *c)
{
	const struct ckpt_hdr_inotify_event *h;
	int ret = 0;

	while (nr-- && !ret) {
		h = ckpt_read_obj_type(c, CKPT_HDR_INOTIFY_EVENT);
		if (IS_ERR(h))
			return PTR_ERR(h);
		/* The one that says so takes no room. */
		if (h->event.mask & FS_Q_OVERFLOW)
			fsnotify_queue_overflow(inotify_group_of(file));
		else
			ret = restore_event(ctx, inotify_group_of(file), h);
		cond_resched();
	}
	return ret;
}

/**
 * restore_file_inotify - make an inotify instance, without watches yet
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the file, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_file_inotify(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			   struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_inotify *i = (const void *)h;
	struct file *file;
	int ret;

	file = inotify_create_file();
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(file) == -EMFILE ? -ENOMEM :
					PTR_ERR(file), "inotify"));
	file = restore_file_common(ctx, &i->file, file, "inotify");
	if (IS_ERR(file))
		return file;
	ret = restore_events(ctx, file, i->nr_events, c);
	if (!ret)
		return file;
	fput(file);
	return ERR_PTR(ret);
}

/* As inotify_add_watch() does. */
static int may_watch(const struct path *path, u32 mask)
{
	return path_permission(path, MAY_READ) ?:
	       security_path_notify(path, mask & IN_ALL_EVENTS,
				    FSNOTIFY_OBJ_TYPE_INODE);
}

static int restore_watch(struct ckpt_ctx *ctx, struct file *file,
			 const struct ckpt_hdr_inotify_watch *w)
{
	struct path path;
	int ret;

	ret = ckpt_lookup(ctx, w->path, &w->id, 0, &path);
	if (ret)
		return ret;
	ret = may_watch(&path, w->mask);
	if (!ret)
		ret = inotify_restore_watch(inotify_group_of(file),
					    d_inode(path.dentry), w->mask,
					    w->wd);
	path_put(&path);
	if (ret == -EEXIST)
		return ckpt_err(ctx, -EBADMSG,
				"inotify: %s: is watched twice", w->path);
	if (ret)
		return ckpt_err(ctx, ret == -ENOSPC ? -ENOMEM : ret,
				"inotify: %s: cannot be watched", w->path);
	return 0;
}

/**
 * restore_file_inotify_finish - start the watches of an inotify instance
 * @ctx: the restart
 * @o: its object
 *
 * Last: the restart itself opens files.
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_file_inotify_finish(struct ckpt_ctx *ctx, struct ckpt_obj *o)
{
	const struct ckpt_hdr_file_inotify *i = (const void *)o->h;
	const struct ckpt_hdr_inotify_watch *w;
	struct ckpt_cursor c = o->c;
	int ret = 0;
	u32 n;

	for (n = 0; n < i->nr_events; n++)
		ckpt_read_obj_type(&c, CKPT_HDR_INOTIFY_EVENT);
	for (n = 0; n < i->nr_watches && !ret; n++) {
		w = ckpt_read_obj_type(&c, CKPT_HDR_INOTIFY_WATCH);
		if (IS_ERR(w))
			return PTR_ERR(w);
		ret = restore_watch(ctx, o->ptr, w);
		cond_resched();
	}
	idr_set_cursor(&inotify_group_of(o->ptr)->inotify_data.idr, i->next_wd);
	return ret;
}
