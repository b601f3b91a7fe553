// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - what is in the tmpfs filesystems of a container
 *
 * Saved: for each tmpfs that the root task has mounted, or that is mounted in
 *	another mount namespace of the tree, and the caller of checkpoint() has not
 *	mounted: all files with their kind, owner, permissions, times
 *	of access and modification, names, contents, and extended attributes of
 *	the user and trusted classes, file capabilities, and labels.
 * Not saved: times of change and birth; inode numbers; that pages were reserved
 *	and never written.
 * Refused: owners that have no id in the container; access control lists; other
 *	attributes of the security class; inode flags; filesystems of which only a
 *	part is mounted, or with something mounted over their root.
 *
 * Labels are attributes as well, and only set with RESTART_KEEP_LSM. Otherwise
 * they are made anew.
 *
 * A coordinator mounts the filesystem again. It is filled only if nothing is in
 * it yet but directories and empty files, which a coordinator makes to mount
 * something else there.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/magic.h>
#include <linux/mnt_namespace.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/path.h>
#include <linux/sched/signal.h>
#include <linux/seq_buf.h>
#include <linux/security.h>
#include <linux/seq_file.h>
#include <linux/shmem_fs.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string_helpers.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <linux/xattr.h>
#include "../fs/mount.h"
#include "container.h"
#include "cred.h"
#include "files.h"
#include "internal.h"
#include "mm.h"
#include "namespaces.h"
#include "ns_mnt.h"

/* ---- checkpoint ---- */

/**
 * struct dir_entry - something in a directory
 * @list: in the list of the directory being read, or of directories to read
 * @dentry: directories to read: referenced
 * @id: directories to read: the object
 * @name: its name
 */
struct dir_entry {
	struct list_head list;
	struct dentry *dentry;
	u32 id;
	char name[];
};

/**
 * struct tmpfs_walk - one filesystem, while it is being saved
 * @ctx: the checkpoint
 * @path: its root
 * @id: the TMPFS object
 * @dirs: directories to read, struct dir_entry
 * @names: what is in the directory being read, struct dir_entry
 * @links: objects of inodes with several names, by address of the inode
 * @dc: for the directory being read
 * @err: what kept a name of it from being taken
 */
struct tmpfs_walk {
	struct ckpt_ctx *ctx;
	struct path path;
	u32 id;
	struct list_head dirs;
	struct list_head names;
	struct xarray links;
	struct dir_context dc;
	int err;
};

static bool take_name(struct dir_context *dc, const char *name, int len,
		      loff_t pos, u64 ino, unsigned int type)
{
	struct tmpfs_walk *w = container_of(dc, struct tmpfs_walk, dc);
	struct dir_entry *e;

	if (is_dot_dotdot(name, len))
		return true;
	e = kzalloc(struct_size(e, name, len + 1), GFP_KERNEL_ACCOUNT);
	if (!e) {
		w->err = -ENOMEM;
		return false;
	}
	memcpy(e->name, name, len);
	list_add_tail(&e->list, &w->names);
	return true;
}

static void free_entries(struct list_head *list)
{
	struct dir_entry *e, *next;

	list_for_each_entry_safe(e, next, list, list) {
		list_del(&e->list);
		dput(e->dentry);
		kfree(e);
	}
}

static int walk_err(struct tmpfs_walk *w, struct dentry *dentry, int err,
		    const char *why)
{
	struct path path = { .mnt = w->path.mnt, .dentry = dentry };

	return ckpt_path_err(w->ctx, &path, err, "%s", why);
}

static int read_names(struct tmpfs_walk *w, struct dentry *dir)
{
	struct path path = { .mnt = w->path.mnt, .dentry = dir };
	struct file *file;
	int ret;

	file = dentry_open(&path, O_RDONLY | O_DIRECTORY | O_NOATIME,
			   current_cred());
	if (IS_ERR(file))
		return walk_err(w, dir, PTR_ERR(file), "cannot be opened");
	w->dc.actor = take_name;
	w->dc.pos = 0;
	/* A directory that was read in part is not an error of iterate_dir(). */
	ret = iterate_dir(file, &w->dc) ?: w->err;
	__fput_sync(file);
	return ret ? walk_err(w, dir, ret, "cannot be read") : 0;
}

static bool is_label(const char *name)
{
	static const char * const names[] = {
		XATTR_NAME_SELINUX, XATTR_NAME_SMACK, XATTR_NAME_SMACKEXEC,
		XATTR_NAME_SMACKMMAP, XATTR_NAME_SMACKTRANSMUTE,
	};

	return match_string(names, ARRAY_SIZE(names), name) >= 0;
}

static bool is_saved_xattr(const char *name)
{
	return is_label(name) ||
	       !strncmp(name, XATTR_USER_PREFIX, XATTR_USER_PREFIX_LEN) ||
	       !strncmp(name, XATTR_TRUSTED_PREFIX, XATTR_TRUSTED_PREFIX_LEN) ||
	       !strcmp(name, XATTR_NAME_POSIX_ACL_ACCESS) ||
	       !strcmp(name, XATTR_NAME_POSIX_ACL_DEFAULT) ||
	       !strcmp(name, XATTR_NAME_CAPS);
}

/* Modules know labels that are not stored, as of the root. */
static ssize_t get_label(struct mnt_idmap *idmap, struct dentry *dentry,
			 const char *name, void **value)
{
	ssize_t len = vfs_getxattr(idmap, dentry, name, NULL, 0);

	if (len < 0)
		return len;
	*value = kzalloc(len, GFP_KERNEL_ACCOUNT);
	return *value ? vfs_getxattr(idmap, dentry, name, *value, len) : -ENOMEM;
}

static ssize_t get_xattr(struct mnt_idmap *idmap, struct dentry *dentry,
			 const char *name, void **value)
{
	if (is_label(name))
		return get_label(idmap, dentry, name, value);
	return vfs_getxattr_alloc(idmap, dentry, name, (char **)value, 0,
				  GFP_KERNEL_ACCOUNT);
}

static int add_xattr(struct tmpfs_walk *w, struct dentry *dentry,
		     const char *name)
{
	size_t name_len = strlen(name) + 1;
	struct ckpt_hdr_xattr *h;
	void *value = NULL;
	ssize_t len;

	if (is_posix_acl_xattr(name))
		return walk_err(w, dentry, -EOPNOTSUPP,
				"access control lists on tmpfs are not supported");
	len = get_xattr(mnt_idmap(w->path.mnt), dentry, name, &value);
	if (len < 0) {
		kfree(value);
		return walk_err(w, dentry, len, "extended attribute");
	}
	h = ckpt_new_rec(w->ctx, CKPT_HDR_XATTR,
			 ALIGN(struct_size(h, data, name_len + len), 8));
	if (!IS_ERR(h)) {
		h->name_len = name_len;
		h->value_len = len;
		memcpy(h->data, name, name_len);
		memcpy(h->data + name_len, value, len);
	}
	kfree(value);
	return PTR_ERR_OR_ZERO(h);
}

static int refuse_xattr(struct tmpfs_walk *w, struct dentry *dentry,
			const char *name)
{
	struct path path = { .mnt = w->path.mnt, .dentry = dentry };

	return ckpt_path_err(w->ctx, &path, -EOPNOTSUPP,
			     "extended attribute %s is not supported", name);
}

static int add_xattrs(struct tmpfs_walk *w, struct dentry *dentry)
{
	char *list, *name;
	ssize_t len;
	int ret = 0;

	len = vfs_listxattr(dentry, NULL, 0);
	if (len == -EOPNOTSUPP || !len)
		return 0;
	if (len < 0)
		return walk_err(w, dentry, len, "extended attributes");
	list = kvzalloc(len + 1, GFP_KERNEL_ACCOUNT);
	if (!list)
		return ckpt_err(w->ctx, -ENOMEM, "extended attributes");
	len = vfs_listxattr(dentry, list, len);
	if (len < 0)
		ret = walk_err(w, dentry, len, "extended attributes");
	for (name = list; !ret && name < list + len; name += strlen(name) + 1)
		ret = is_saved_xattr(name) ? add_xattr(w, dentry, name) :
					     refuse_xattr(w, dentry, name);
	kvfree(list);
	return ret;
}

static int fill_owner(struct tmpfs_walk *w, struct ckpt_hdr_tmpfs_entry *h,
		      struct dentry *dentry)
{
	struct user_namespace *ns = ckpt_outermost_user_ns(w->ctx);

	h->uid = from_kuid(ns, d_inode(dentry)->i_uid);
	h->gid = from_kgid(ns, d_inode(dentry)->i_gid);
	if (h->uid == (u32)-1 || h->gid == (u32)-1)
		return walk_err(w, dentry, -EOPNOTSUPP,
				"belongs to somebody who has no id in the container");
	return 0;
}

static void fill_times(struct ckpt_hdr_tmpfs_entry *h, const struct inode *inode)
{
	struct timespec64 atime = inode_get_atime(inode);
	struct timespec64 mtime = inode_get_mtime(inode);

	h->atime = atime.tv_sec;
	h->atime_nsec = atime.tv_nsec;
	h->mtime = mtime.tv_sec;
	h->mtime_nsec = mtime.tv_nsec;
}

static int new_entry(struct tmpfs_walk *w, struct dentry *dentry, u32 parent,
		     const char *name, u32 link)
{
	struct inode *inode = d_inode(dentry);
	const char *target = "";
	struct ckpt_hdr_tmpfs_entry *h;
	DEFINE_DELAYED_CALL(done);
	int ret = 0;

	if (S_ISLNK(inode->i_mode))
		target = vfs_get_link(dentry, &done);
	if (IS_ERR(target))
		return walk_err(w, dentry, PTR_ERR(target), "symbolic link");
	h = ckpt_new_obj(w->ctx, CKPT_HDR_TMPFS_ENTRY,
			 ALIGN(struct_size(h, names, strlen(name) +
					   strlen(target) + 2), 8));
	if (IS_ERR(h)) {
		ret = PTR_ERR(h);
	} else {
		memcpy(h->names, name, strlen(name) + 1);
		memcpy(h->names + strlen(name) + 1, target, strlen(target) + 1);
		h->fs = w->id;
		h->parent = parent;
		h->link = link;
		h->mode = inode->i_mode;
		h->rdev = new_encode_dev(inode->i_rdev);
		h->size = S_ISREG(inode->i_mode) ? i_size_read(inode) : 0;
		fill_times(h, inode);
		ret = fill_owner(w, h, dentry);
	}
	do_delayed_call(&done);
	return ret;
}

static int later(struct tmpfs_walk *w, struct dentry *dir, u32 id)
{
	struct dir_entry *e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);

	if (!e)
		return ckpt_err(w->ctx, -ENOMEM, "directory of a tmpfs");
	e->dentry = dget(dir);
	e->id = id;
	list_add(&e->list, &w->dirs);
	return 0;
}

static int add_entry(struct tmpfs_walk *w, struct dentry *dentry, u32 parent,
		     const char *name)
{
	struct inode *inode = d_inode(dentry);
	u32 link, id;
	int ret;

	if (SHMEM_I(inode)->fsflags)
		return walk_err(w, dentry, -EOPNOTSUPP,
				"has inode flags (chattr), which are not supported");
	link = xa_to_value(xa_load(&w->links, (unsigned long)inode) ?:
			   xa_mk_value(0));
	ret = new_entry(w, dentry, parent, name, link);
	if (ret || link)
		return ret;
	id = w->ctx->nr_objs;
	ret = add_xattrs(w, dentry);
	if (!ret && !S_ISDIR(inode->i_mode) && inode->i_nlink > 1 &&
	    xa_err(xa_store(&w->links, (unsigned long)inode, xa_mk_value(id),
			    GFP_KERNEL_ACCOUNT)))
		ret = ckpt_err(w->ctx, -ENOMEM, "links of a tmpfs");
	if (!ret && S_ISREG(inode->i_mode))
		ret = ckpt_copy_shmem(w->ctx, id, inode);
	if (!ret && S_ISDIR(inode->i_mode))
		ret = later(w, dentry, id);
	return ret;
}

/* Mounts in the directory do not matter: lookups below look at dentries. */
static int add_child(struct tmpfs_walk *w, struct dentry *dir, u32 parent,
		     const char *name)
{
	struct dentry *dentry;
	int ret;

	dentry = lookup_one_unlocked(mnt_idmap(w->path.mnt), name, dir,
				     strlen(name));
	if (IS_ERR(dentry))
		return walk_err(w, dir, PTR_ERR(dentry), "cannot be searched");
	/* Somebody outside may remove files while we look. */
	ret = d_is_negative(dentry) ? 0 : add_entry(w, dentry, parent, name);
	dput(dentry);
	if (!ret && fatal_signal_pending(current))
		ret = ckpt_err(w->ctx, -EINTR, "interrupted");
	cond_resched();
	return ret;
}

static int walk_dir(struct tmpfs_walk *w, struct dir_entry *dir)
{
	struct dir_entry *e;
	int ret;

	ret = read_names(w, dir->dentry);
	list_for_each_entry(e, &w->names, list)
		if (!ret)
			ret = add_child(w, dir->dentry, dir->id, e->name);
	free_entries(&w->names);
	return ret;
}

static int walk(struct tmpfs_walk *w)
{
	struct dir_entry *dir;
	int ret;

	ret = add_entry(w, w->path.dentry, 0, "");
	while (!ret && !list_empty(&w->dirs)) {
		dir = list_first_entry(&w->dirs, struct dir_entry, list);
		list_del(&dir->list);
		ret = walk_dir(w, dir);
		dput(dir->dentry);
		kfree(dir);
	}
	free_entries(&w->dirs);
	return ret;
}

static int add_ns(struct ckpt_ctx *ctx, u32 mnt)
{
	struct ckpt_hdr_tmpfs_ns *h;

	if (!mnt)
		return 0;
	h = ckpt_new_rec(ctx, CKPT_HDR_TMPFS_NS, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->mnt = mnt;
	return 0;
}

static int checkpoint_tmpfs(struct ckpt_ctx *ctx, const struct path *path,
			    const char *name)
{
	struct tmpfs_walk w = {
		.ctx = ctx, .path = *path,
		.dirs = LIST_HEAD_INIT(w.dirs),
		.names = LIST_HEAD_INIT(w.names),
	};
	size_t len = strlen(name) + 1;
	struct ckpt_hdr_tmpfs *h;
	const struct cred *old;
	int ret;

	/* All of it is read; the modes of single files do not count. */
	if (!ns_capable(path->mnt->mnt_sb->s_user_ns, CAP_DAC_READ_SEARCH))
		return ckpt_path_err(ctx, path, -EPERM,
				     "saving a tmpfs takes CAP_DAC_READ_SEARCH");
	h = ckpt_new_obj(ctx, CKPT_HDR_TMPFS,
			 ALIGN(struct_size(h, path, len), 8));
	if (IS_ERR(h))
		return PTR_ERR(h);
	memcpy(h->path, name, len);
	w.id = ctx->nr_objs;
	ret = add_ns(ctx, ckpt_mnt_id(ctx, path));
	if (ret)
		return ret;
	old = ckpt_enter_files(ctx);
	if (IS_ERR(old))
		return ckpt_path_err(ctx, path, PTR_ERR(old), "looking into it");
	xa_init(&w.links);
	ret = walk(&w);
	ckpt_leave_files(old);
	xa_destroy(&w.links);
	return ret;
}

/**
 * struct mount_line - a tmpfs in a line of mountinfo
 * @dev: its number, as text
 * @root: what of it is mounted
 * @target: where
 * @top: root of the mount namespace
 */
struct mount_line {
	char *dev;
	char *root;
	char *target;
	const struct path *top;
};

/* Split @line; return: whether it is a tmpfs. */
static bool parse_line(char *line, struct mount_line *m)
{
	char *type = strstr(line, " - ");

	strsep(&line, " ");
	strsep(&line, " ");
	m->dev = strsep(&line, " ");
	m->root = strsep(&line, " ");
	m->target = strsep(&line, " ");
	if (!type || !m->target || !str_has_prefix(type, " - tmpfs "))
		return false;
	string_unescape_inplace(m->root, UNESCAPE_OCTAL);
	string_unescape_inplace(m->target, UNESCAPE_OCTAL);
	return true;
}

/* Whether the caller has it mounted, too: then it is not the container's. */
static bool is_outside(const struct ckpt_mounts *own, const char *dev)
{
	char pattern[32];

	snprintf(pattern, sizeof(pattern), " %s /", dev);
	return strnstr(own->text.buf, pattern, own->text.count);
}

static bool is_device(const struct super_block *sb, const char *dev)
{
	char text[32];

	snprintf(text, sizeof(text), "%u:%u", MAJOR(sb->s_dev), MINOR(sb->s_dev));
	return !strcmp(text, dev);
}

/* Return: 1 if it has been saved, 0 if it cannot be seen there, or an errno. */
static int checkpoint_at(struct ckpt_ctx *ctx, const struct mount_line *m)
{
	struct path path;
	int ret;

	ret = vfs_path_lookup(m->top->dentry, m->top->mnt, m->target, 0, &path);
	if (ret == -ENOENT || ret == -ENOTDIR)
		return 0;
	if (ret)
		return ckpt_err(ctx, ret, "tmpfs %s: cannot be found", m->target);
	if (path.dentry == path.mnt->mnt_root &&
	    path.dentry->d_sb->s_magic == TMPFS_MAGIC &&
	    is_device(path.dentry->d_sb, m->dev))
		ret = checkpoint_tmpfs(ctx, &path, m->target) ?: 1;
	path_put(&path);
	return ret;
}

/* Numbers of 1000 filesystems and more. */
#define DONE_MAX	SZ_32K

/**
 * struct tmpfs_table - the tmpfs filesystems of the container
 * @own: mounts of the caller
 * @done: numbers of those that have been saved, each in spaces
 * @left: those that have not been saved by now cannot be
 */
struct tmpfs_table {
	struct ckpt_mounts own;
	struct seq_buf done;
	bool left;
};

/* Most trees have no mounts of their own, and need none of this. */
static int prepare_table(struct ckpt_ctx *ctx, struct tmpfs_table *t)
{
	char *done;

	if (t->done.buffer)
		return 0;
	done = kvzalloc(DONE_MAX, GFP_KERNEL_ACCOUNT);
	if (!done)
		return ckpt_err(ctx, -ENOMEM, "mounts of the container");
	seq_buf_init(&t->done, done, DONE_MAX);
	return ckpt_read_own_mounts(ctx, &t->own);
}

static int look_at_line(struct ckpt_ctx *ctx, struct tmpfs_table *t,
			const struct path *top, const char *text)
{
	char *line = kstrdup(text, GFP_KERNEL_ACCOUNT);
	struct mount_line m = { .top = top };
	char dev[32];
	int ret = 0;

	if (!line)
		return ckpt_err(ctx, -ENOMEM, "mounts of the container");
	if (!parse_line(line, &m) || is_outside(&t->own, m.dev))
		goto out;
	snprintf(dev, sizeof(dev), " %s ", m.dev);
	if (strnstr(t->done.buffer, dev, t->done.len))
		goto out;
	if (t->left)
		ret = ckpt_err(ctx, -EOPNOTSUPP, "tmpfs %s: %s: not supported",
			       m.target, strcmp(m.root, "/") ?
			       "only a part of it is mounted" :
			       "something is mounted over it");
	else if (!strcmp(m.root, "/"))
		ret = checkpoint_at(ctx, &m);
	if (ret > 0)
		seq_buf_puts(&t->done, dev);
out:
	kfree(line);
	return min(ret, 0);
}

static int look_at_roots(struct ckpt_ctx *ctx, struct tmpfs_table *t,
			 const struct path *top)
{
	const struct ckpt_hdr *h;
	struct ckpt_cursor c;
	int ret = 0;

	/* The section is at the beginning; records do not move. */
	ckpt_cursor_first(ctx, &c);
	while (!ret && (h = ckpt_cursor_next(&c)) && !h->id) {
		if (h->type != CKPT_HDR_MOUNT)
			continue;
		ret = prepare_table(ctx, t) ?:
		      look_at_line(ctx, t, top, ((struct ckpt_hdr_mount *)h)->line);
	}
	return ret;
}

static int look_at_nested(struct ckpt_ctx *ctx, void *obj, u32 id, void *table)
{
	struct ckpt_mounts m = {};
	char *text, *line;
	struct path top;
	int ret;

	if (ckpt_ns_is_roots(ctx, obj))
		return 0;
	ret = ckpt_mnt_lookup_root(obj, &top);
	if (ret)
		return ckpt_err(ctx, ret, "mount namespace: its root");
	ret = prepare_table(ctx, table) ?:
	      ckpt_read_mounts(ctx, to_mnt_ns(obj), &top, &m);
	if (!ret)
		m.text.buf[m.text.count] = '\0';
	text = m.text.buf;
	while (!ret && (line = strsep(&text, "\n")) && *line)
		ret = look_at_line(ctx, table, &top, line);
	ckpt_free_mounts(&m);
	path_put(&top);
	return ret;
}

static int look_at_lines(struct ckpt_ctx *ctx, struct tmpfs_table *t)
{
	struct path top;
	int ret;

	ret = ckpt_root(ctx, &top);
	if (ret)
		return ckpt_err(ctx, ret, "the root task died meanwhile");
	ret = look_at_roots(ctx, t, &top);
	path_put(&top);
	return ret ?: ckpt_walk_ids(ctx, CKPT_HDR_NS_MNT, look_at_nested, t);
}

/**
 * checkpoint_tmpfs_all - save what is in the tmpfs filesystems of a container
 * @ctx: the checkpoint, its tasks frozen and its MOUNT records written
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_tmpfs_all(struct ckpt_ctx *ctx)
{
	struct tmpfs_table t = {};
	int ret;

	ret = look_at_lines(ctx, &t);
	t.left = true;
	if (!ret)
		ret = look_at_lines(ctx, &t);
	if (!ret && t.done.buffer && seq_buf_has_overflowed(&t.done))
		ret = ckpt_err(ctx, -EOPNOTSUPP, "too many tmpfs filesystems");
	ckpt_free_mounts(&t.own);
	kvfree(t.done.buffer);
	return ret;
}

/* ---- validation ---- */

/**
 * ckpt_tmpfs_validate - check a TMPFS record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_tmpfs_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_tmpfs *t = (const void *)h;
	size_t max, len;
	const char *path = ckpt_payload(h, sizeof(*t), &max);

	len = strnlen(path, max);
	if (path[0] != '/' || len == max)
		return ckpt_bad(v, "bad path of a filesystem");
	if (!ckpt_tail_ok(h, sizeof(*t) + len + 1))
		return ckpt_bad(v, "padding is not zero");
	return 0;
}

/**
 * ckpt_tmpfs_ns_validate - check a TMPFS_NS record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_tmpfs_ns_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_tmpfs_ns *n = (const void *)h;

	if (!n->mnt || !ckpt_mnt_ok(v, n->mnt) || n->reserved)
		return ckpt_bad(v, "bad mount namespace of a filesystem");
	return 0;
}

static bool name_ok(const struct ckpt_hdr_tmpfs_entry *e, const char *name)
{
	/* Only the root of the filesystem has none. */
	if (!*name)
		return !e->parent && S_ISDIR(e->mode);
	return e->parent && !strchr(name, '/') && strcmp(name, ".") &&
	       strcmp(name, "..");
}

static bool kind_ok(const struct ckpt_hdr_tmpfs_entry *e, const char *target)
{
	if (S_ISLNK(e->mode) ? !*target : *target)
		return false;
	if (!S_ISREG(e->mode) && e->size)
		return false;
	if (!S_ISCHR(e->mode) && !S_ISBLK(e->mode) && e->rdev)
		return false;
	return S_ISREG(e->mode) || S_ISDIR(e->mode) || S_ISLNK(e->mode) ||
	       S_ISCHR(e->mode) || S_ISBLK(e->mode) || S_ISFIFO(e->mode) ||
	       S_ISSOCK(e->mode);
}

/**
 * ckpt_tmpfs_entry_validate - check a TMPFS_ENTRY record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_tmpfs_entry_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_tmpfs_entry *e = (const void *)h;
	size_t max, name_len, target_len;
	const char *name = ckpt_payload(h, sizeof(*e), &max);

	name_len = strnlen(name, max);
	if (name_len == max || name_len > NAME_MAX)
		return ckpt_bad(v, "bad name");
	target_len = strnlen(name + name_len + 1, max - name_len - 1);
	if (target_len == max - name_len - 1 || target_len >= PATH_MAX)
		return ckpt_bad(v, "bad target of a link");
	if (!ckpt_tail_ok(h, sizeof(*e) + name_len + target_len + 2))
		return ckpt_bad(v, "padding is not zero");
	if (!ckpt_ref_ok(v, e->fs, CKPT_CLASS_TMPFS) ||
	    (e->parent && !ckpt_ref_ok(v, e->parent, CKPT_CLASS_TMPFS_ENTRY)) ||
	    (e->link && !ckpt_ref_ok(v, e->link, CKPT_CLASS_TMPFS_ENTRY)))
		return ckpt_bad(v, "refers to something else");
	if (!name_ok(e, name) || !kind_ok(e, name + name_len + 1))
		return ckpt_bad(v, "bad name or kind of a file");
	if (e->mode & ~(S_IFMT | S_IALLUGO) || e->size > MAX_LFS_FILESIZE ||
	    e->atime_nsec >= NSEC_PER_SEC || e->mtime_nsec >= NSEC_PER_SEC ||
	    e->reserved || (e->link && S_ISDIR(e->mode)))
		return ckpt_bad(v, "bad attributes of a file");
	return 0;
}

/**
 * ckpt_xattr_validate - check an XATTR record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_xattr_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_xattr *x = (const void *)h;
	size_t max;
	const char *name = ckpt_payload(h, sizeof(*x), &max);

	if (!x->name_len || x->name_len > XATTR_NAME_MAX + 1 ||
	    x->value_len > XATTR_SIZE_MAX ||
	    (size_t)x->name_len + x->value_len > max ||
	    strnlen(name, x->name_len) != x->name_len - 1)
		return ckpt_bad(v, "bad extended attribute");
	if (!ckpt_tail_ok(h, sizeof(*x) + x->name_len + x->value_len))
		return ckpt_bad(v, "padding is not zero");
	if (!is_saved_xattr(name) || is_posix_acl_xattr(name))
		return ckpt_bad(v, "extended attribute of a class that is not saved");
	return 0;
}

/* ---- restart ---- */

/**
 * struct restored_tmpfs - a filesystem that is being filled
 * @path: its root
 * @used: it was empty, and is filled
 */
struct restored_tmpfs {
	struct path path;
	bool used;
};

/**
 * struct restored_entry - a file that has been made
 * @dentry: the file, NULL if its filesystem is not filled
 * @mnt: keeps the filesystem
 */
struct restored_entry {
	struct dentry *dentry;
	struct vfsmount *mnt;
};

/*
 * What a coordinator makes to mount something there: nothing is in it. Or to mount
 * it: devices and the like get their permissions later.
 */
static bool is_for_mount(const struct dentry *dentry)
{
	const struct inode *inode = d_inode(dentry);

	if (S_ISREG(inode->i_mode))
		return !i_size_read(inode);
	return S_ISDIR(inode->i_mode) || !(inode->i_mode & S_IALLUGO);
}

/* Files of a tmpfs are in the dentry cache, all of them. */
static bool is_unused(struct dentry *dir)
{
	struct dentry *child;
	bool unused = true;

	spin_lock(&dir->d_lock);
	hlist_for_each_entry(child, &dir->d_children, d_sib) {
		spin_lock_nested(&child->d_lock, DENTRY_D_LOCK_NESTED);
		if (simple_positive(child) && !is_for_mount(child))
			unused = false;
		spin_unlock(&child->d_lock);
	}
	spin_unlock(&dir->d_lock);
	return unused;
}

/**
 * restore_tmpfs - find a filesystem to fill
 * @ctx: the restart
 * @h: its TMPFS record
 * @c: position behind that
 *
 * Return: a struct restored_tmpfs, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_tmpfs(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		    struct ckpt_cursor *c)
{
	const struct ckpt_hdr_tmpfs *t = (const void *)h;
	const struct ckpt_hdr_tmpfs_ns *ns;
	struct restored_tmpfs *fs;
	struct path root;
	int ret;

	fs = kzalloc(sizeof(*fs), GFP_KERNEL_ACCOUNT);
	if (!fs)
		return ERR_PTR(ckpt_err(ctx, -ENOMEM, "tmpfs %s", t->path));
	ns = ckpt_read_opt_type(c, CKPT_HDR_TMPFS_NS);
	ret = ckpt_mnt_root(ctx, ns ? ns->mnt : 0, &root);
	if (ret) {
		kfree(fs);
		return ERR_PTR(ret);
	}
	ret = vfs_path_lookup(root.dentry, root.mnt, t->path, 0, &fs->path);
	path_put(&root);
	if (ret) {
		ckpt_err(ctx, ret, "tmpfs %s: cannot be found", t->path);
		kfree(fs);
		return ERR_PTR(ret);
	}
	fs->used = fs->path.dentry == fs->path.mnt->mnt_root &&
		   fs->path.dentry->d_sb->s_magic == TMPFS_MAGIC &&
		   is_unused(fs->path.dentry);
	if (!fs->used)
		ckpt_warn(ctx, "tmpfs %s: what is there is used, not what is in the image",
			  t->path);
	return fs;
}

static int entry_err(struct ckpt_ctx *ctx, const struct ckpt_hdr_tmpfs_entry *e,
		     int err, const char *what)
{
	const struct ckpt_hdr_tmpfs *t =
		(const void *)ckpt_obj_by_id(ctx, e->fs)->h;

	return ckpt_err(ctx, err, "tmpfs %s: %s: %s", t->path, e->names, what);
}

static const char *entry_target(const struct ckpt_hdr_tmpfs_entry *e)
{
	return e->names + strlen(e->names) + 1;
}

/*
 * The system calls ask the security modules that go by paths, the functions that
 * do the work ask the others.
 */
static int may_make_file(const struct ckpt_hdr_tmpfs_entry *e,
			 const struct path *dir, struct dentry *dentry)
{
	switch (e->mode & S_IFMT) {
	case S_IFDIR:
		return security_path_mkdir(dir, dentry, 0700);
	case S_IFLNK:
		return security_path_symlink(dir, dentry, entry_target(e));
	default:
		return security_path_mknod(dir, dentry, e->mode & (S_IFMT | 0700),
					   new_decode_dev(e->rdev));
	}
}

/* The kinds of files, as their system calls would make them. */
static int make_file(const struct ckpt_hdr_tmpfs_entry *e,
		     const struct path *dir, struct dentry *dentry)
{
	struct mnt_idmap *idmap = mnt_idmap(dir->mnt);
	struct inode *inode = d_inode(dir->dentry);
	umode_t mode = e->mode & (S_IFMT | 0700);
	int ret;

	ret = may_make_file(e, dir, dentry);
	if (ret)
		return ret;
	switch (e->mode & S_IFMT) {
	case S_IFREG:
		return vfs_create(idmap, inode, dentry, mode, true);
	case S_IFDIR:
		return vfs_mkdir(idmap, inode, dentry, mode & 0700);
	case S_IFLNK:
		return vfs_symlink(idmap, inode, dentry, entry_target(e));
	default:
		return vfs_mknod(idmap, inode, dentry, mode,
				 new_decode_dev(e->rdev));
	}
}

static int make_link(struct ckpt_ctx *ctx, const struct ckpt_hdr_tmpfs_entry *e,
		     const struct path *dir, struct dentry *dentry)
{
	struct restored_entry *old = restore_obj(ctx, e->link);
	int ret;

	if (IS_ERR(old))
		return PTR_ERR(old);
	if (!old->dentry || old->dentry->d_sb != dentry->d_sb)
		return -EBADMSG;
	ret = security_path_link(old->dentry, dir, dentry);
	if (ret)
		return ret;
	return vfs_link(old->dentry, mnt_idmap(dir->mnt), d_inode(dir->dentry),
			dentry, NULL);
}

static bool can_be_reused(const struct ckpt_hdr_tmpfs_entry *e,
			  const struct dentry *dentry)
{
	const struct inode *inode = d_inode(dentry);

	return !e->link && is_for_mount(dentry) &&
	       (inode->i_mode & S_IFMT) == (e->mode & S_IFMT) &&
	       new_encode_dev(inode->i_rdev) == e->rdev;
}

static struct dentry *make_entry(struct ckpt_ctx *ctx,
				 const struct ckpt_hdr_tmpfs_entry *e,
				 struct restored_entry *parent)
{
	const struct path dir = { .mnt = parent->mnt, .dentry = parent->dentry };
	struct dentry *dentry;
	int ret = 0;

	if (!d_is_dir(dir.dentry))
		return ERR_PTR(-ENOTDIR);
	inode_lock_nested(d_inode(dir.dentry), I_MUTEX_PARENT);
	dentry = lookup_one(mnt_idmap(dir.mnt), e->names, dir.dentry,
			    strlen(e->names));
	if (IS_ERR(dentry))
		goto out;
	if (d_is_positive(dentry))
		ret = can_be_reused(e, dentry) ? 0 : -EEXIST;
	else if (e->link)
		ret = make_link(ctx, e, &dir, dentry);
	else
		ret = make_file(e, &dir, dentry);
	if (ret) {
		dput(dentry);
		dentry = ERR_PTR(ret);
	}
out:
	inode_unlock(d_inode(dir.dentry));
	return dentry;
}

/* As chown(), chmod() and truncate(). */
static int may_set_attributes(const struct path *path, const struct iattr *owner,
			      const struct iattr *attr)
{
	int ret;

	ret = security_path_chown(path, vfsuid_into_kuid(owner->ia_vfsuid),
				  vfsgid_into_kgid(owner->ia_vfsgid));
	if (!ret && attr->ia_valid & ATTR_MODE)
		ret = security_path_chmod(path, attr->ia_mode);
	if (!ret && attr->ia_valid & ATTR_SIZE)
		ret = security_path_truncate(path);
	return ret;
}

/*
 * Owner first: a change of it takes the set-user-ID bits away. Times come when
 * everything is there.
 */
static int set_attributes(struct ckpt_ctx *ctx,
			  const struct ckpt_hdr_tmpfs_entry *e,
			  struct restored_entry *r)
{
	const struct path path = { .mnt = r->mnt, .dentry = r->dentry };
	struct user_namespace *ns = ckpt_outermost_user_ns(ctx);
	struct iattr owner = {
		.ia_valid = ATTR_UID | ATTR_GID,
		.ia_vfsuid = VFSUIDT_INIT(make_kuid(ns, e->uid)),
		.ia_vfsgid = VFSGIDT_INIT(make_kgid(ns, e->gid)),
	};
	struct iattr attr = {
		.ia_valid = S_ISREG(e->mode) ? ATTR_SIZE : 0,
		.ia_size = e->size,
	};
	int ret;

	if (!vfsuid_valid(owner.ia_vfsuid) || !vfsgid_valid(owner.ia_vfsgid))
		return -EOVERFLOW;
	if (!S_ISLNK(e->mode)) {
		attr.ia_valid |= ATTR_MODE;
		attr.ia_mode = e->mode;
	}
	inode_lock(d_inode(r->dentry));
	ret = may_set_attributes(&path, &owner, &attr) ?:
	      notify_change(mnt_idmap(r->mnt), r->dentry, &owner, NULL);
	if (!ret && attr.ia_valid)
		ret = notify_change(mnt_idmap(r->mnt), r->dentry, &attr, NULL);
	inode_unlock(d_inode(r->dentry));
	return ret;
}

/* Who could not set a label may have it all the same, by the policy. */
static bool has_label(const struct restored_entry *r,
		      const struct ckpt_hdr_xattr *x)
{
	void *value = NULL;
	ssize_t len;
	bool same;

	len = get_label(mnt_idmap(r->mnt), r->dentry, x->data, &value);
	same = len == x->value_len && !memcmp(value, x->data + x->name_len, len);
	kfree(value);
	return same;
}

/* Either the labels or all other attributes. */
static int set_xattrs(const struct restored_entry *r, struct ckpt_cursor *c,
		      bool labels)
{
	const struct ckpt_hdr_xattr *x;
	int ret = 0;

	while (!ret && (x = ckpt_read_opt_type(c, CKPT_HDR_XATTR)))
		if (is_label(x->data) == labels && !(labels && has_label(r, x)))
			ret = vfs_setxattr(mnt_idmap(r->mnt), r->dentry, x->data,
					   x->data + x->name_len, x->value_len,
					   0);
	return ret;
}

/*
 * A file needs an owner whom its filesystem knows, be it only until it gets its
 * own. In one of a user namespace further inside the caller is nobody; but it could
 * enter that, and take on any id there.
 */
static int become_maker(const struct restored_entry *dir, const struct cred **old)
{
	struct super_block *sb = dir->mnt->mnt_sb;
	struct cred *new;

	if (fsuidgid_has_mapping(sb, mnt_idmap(dir->mnt)))
		return 0;
	if (!ns_capable(sb->s_user_ns, CAP_SETUID) ||
	    !ns_capable(sb->s_user_ns, CAP_SETGID))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->fsuid = d_inode(dir->dentry)->i_uid;
	new->fsgid = d_inode(dir->dentry)->i_gid;
	*old = override_creds(new);
	put_cred(new);
	return 0;
}

static struct dentry *make_entry_as_maker(struct ckpt_ctx *ctx,
					  const struct ckpt_hdr_tmpfs_entry *e,
					  struct restored_entry *dir)
{
	const struct cred *old = NULL;
	struct dentry *dentry;
	int ret = become_maker(dir, &old);

	if (ret)
		return ERR_PTR(ret);
	dentry = make_entry(ctx, e, dir);
	if (old)
		revert_creds(old);
	return dentry;
}

static int fill_entry(struct ckpt_ctx *ctx, const struct ckpt_hdr_tmpfs_entry *e,
		      struct restored_tmpfs *fs, struct restored_entry *r,
		      struct ckpt_cursor *c)
{
	struct restored_entry *parent = NULL;
	struct dentry *dentry;
	int ret;

	if (e->parent) {
		parent = restore_obj(ctx, e->parent);
		if (IS_ERR(parent))
			return PTR_ERR(parent);
		/* The image may mix up its filesystems. */
		if (parent->mnt != fs->path.mnt)
			return entry_err(ctx, e, -EBADMSG, "directory of another filesystem");
	}
	ret = mnt_want_write(fs->path.mnt);
	if (ret)
		return entry_err(ctx, e, ret, "filesystem");
	dentry = parent ? make_entry_as_maker(ctx, e, parent) :
			  dget(fs->path.dentry);
	if (IS_ERR(dentry)) {
		ret = entry_err(ctx, e, PTR_ERR(dentry), "cannot be made");
	} else {
		r->dentry = dentry;
		r->mnt = mntget(fs->path.mnt);
		ret = e->link ? 0 : set_attributes(ctx, e, r);
		if (ret)
			entry_err(ctx, e, ret, "owner, permissions or size");
		else
			ret = set_xattrs(r, c, false);
		if (ret)
			entry_err(ctx, e, ret, "extended attribute");
	}
	mnt_drop_write(fs->path.mnt);
	return ret;
}

/**
 * restore_tmpfs_entry - make a file
 * @ctx: the restart
 * @h: its TMPFS_ENTRY record
 * @c: position behind that
 *
 * Return: a struct restored_entry, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_tmpfs_entry(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			  struct ckpt_cursor *c)
{
	const struct ckpt_hdr_tmpfs_entry *e = (const void *)h;
	struct restored_tmpfs *fs = restore_obj(ctx, e->fs);
	struct restored_entry *r;
	int ret = 0;

	if (IS_ERR(fs))
		return fs;
	r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return ERR_PTR(ckpt_err(ctx, -ENOMEM, "file of a tmpfs"));
	if (fs->used)
		ret = fill_entry(ctx, e, fs, r, c);
	if (!ret)
		return r;
	ckpt_tmpfs_entry_put(r);
	return ERR_PTR(ret);
}

/**
 * restore_tmpfs_all - make all files of tmpfs filesystems, without contents
 * @ctx: the restart, before any task has been created
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_tmpfs_all(struct ckpt_ctx *ctx)
{
	void *ptr;
	u32 id;

	for (id = 1; id <= ctx->nr_objs; id++) {
		if (ckpt_obj_by_id(ctx, id)->h->type != CKPT_HDR_TMPFS_ENTRY)
			continue;
		ptr = restore_obj(ctx, id);
		if (IS_ERR(ptr))
			return PTR_ERR(ptr);
		cond_resched();
		if (fatal_signal_pending(current))
			return ckpt_err(ctx, -EINTR, "interrupted");
	}
	return 0;
}

static int set_labels(struct ckpt_ctx *ctx, const struct ckpt_obj *o)
{
	struct ckpt_cursor c = o->c;

	return ctx->flags & RESTART_KEEP_LSM ? set_xattrs(o->ptr, &c, true) : 0;
}

static int set_times(const struct ckpt_obj *o)
{
	const struct ckpt_hdr_tmpfs_entry *e = (const void *)o->h;
	const struct restored_entry *r = o->ptr;
	struct iattr attr = {
		.ia_valid = ATTR_ATIME | ATTR_ATIME_SET | ATTR_MTIME |
			    ATTR_MTIME_SET,
		.ia_atime = { .tv_sec = e->atime, .tv_nsec = e->atime_nsec },
		.ia_mtime = { .tv_sec = e->mtime, .tv_nsec = e->mtime_nsec },
	};
	int ret;

	inode_lock(d_inode(r->dentry));
	ret = notify_change(mnt_idmap(r->mnt), r->dentry, &attr, NULL);
	inode_unlock(d_inode(r->dentry));
	return ret;
}

static int finish_entry(struct ckpt_ctx *ctx, const struct ckpt_obj *o)
{
	const struct ckpt_hdr_tmpfs_entry *e = (const void *)o->h;
	const struct restored_entry *r = o->ptr;
	int ret;

	ret = mnt_want_write(r->mnt);
	if (ret)
		return entry_err(ctx, e, ret, "filesystem");
	ret = set_labels(ctx, o);
	if (ret)
		entry_err(ctx, e, ret, "label of a security module");
	else
		ret = set_times(o);
	if (ret)
		entry_err(ctx, e, ret, "times");
	mnt_drop_write(r->mnt);
	return ret;
}

/**
 * restore_tmpfs_finish - set labels and times of the files
 * @ctx: the restart, after restore_tmpfs_all()
 *
 * Before tasks open files and compare times; directories do not change any more,
 * and what was made in them has not inherited anything.
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_tmpfs_finish(struct ckpt_ctx *ctx)
{
	struct restored_entry *r;
	struct ckpt_obj *o;
	int ret = 0;
	u32 id;

	for (id = 1; !ret && id <= ctx->nr_objs; id++) {
		o = ckpt_obj_by_id(ctx, id);
		r = o->ptr;
		if (o->h->type != CKPT_HDR_TMPFS_ENTRY || !r->dentry)
			continue;
		ret = finish_entry(ctx, o);
		cond_resched();
	}
	return ret;
}

/**
 * restore_tmpfs_inode - the inode whose pages are in the image
 * @o: a TMPFS_ENTRY object, restored
 *
 * Return: the inode, or NULL if its filesystem is not filled.
 */
struct inode *restore_tmpfs_inode(struct ckpt_obj *o)
{
	struct restored_entry *r = o->ptr;

	return r->dentry ? d_inode(r->dentry) : NULL;
}

/**
 * ckpt_tmpfs_put - forget a filesystem that has been filled
 * @obj: its struct restored_tmpfs
 */
void ckpt_tmpfs_put(void *obj)
{
	struct restored_tmpfs *fs = obj;

	path_put(&fs->path);
	kfree(fs);
}

/**
 * ckpt_tmpfs_entry_put - forget a file that has been made
 * @obj: its struct restored_entry
 */
void ckpt_tmpfs_entry_put(void *obj)
{
	struct restored_entry *r = obj;

	dput(r->dentry);
	mntput(r->mnt);
	kfree(r);
}
