// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - namespaces that a mount of the container keeps (nsfs), as
 * made by "ip netns add"
 *
 * Saved: which namespace it is. One that no task is in comes along.
 * Refused: namespaces that are the caller's at restart, and the root task's time
 *	namespace, which goes on in another one; in mount namespaces other than
 *	the root task's those that the caller has mounted, too; in mount namespaces
 *	without a task those that are not mounted in any with one.
 *
 * The mounts come before the namespaces in the image, and a coordinator makes them.
 * So it is the namespace that tells which mounts it has. Who restarts makes some of
 * the namespaces before it calls restart(), which makes the others: it supplies
 * the former and asks for the latter, see ns_fd.c. Otherwise what only a mount keeps
 * would be lost, so restart() insists on that.
 */
#include <linux/kstrtox.h>
#include <linux/magic.h>
#include <linux/mnt_namespace.h>
#include <linux/nsproxy.h>
#include <linux/path.h>
#include <linux/proc_ns.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time_namespace.h>
#include "../fs/mount.h"
#include "container.h"
#include "internal.h"
#include "namespaces.h"
#include "ns_mnt.h"

/**
 * struct kept - a mount that keeps a namespace
 * @list: in ckpt_ctx.kept_ns
 * @ns: the namespace, referenced
 * @id: number of the mount
 * @nested: it is in a mount namespace other than the root task's
 * @name: for messages: with the mount point, as in its line of mountinfo
 */
struct kept {
	struct list_head list;
	struct ns_common *ns;
	u32 id;
	bool nested;
	char name[];
};

/**
 * struct search - for a mount
 * @mounts: what mounts_op needs
 * @id: its number
 * @ns: what it keeps, referenced, or NULL; if there is no number: what it is to
 *	keep, or NULL for anything
 */
struct search {
	struct proc_mounts mounts;
	u32 id;
	struct ns_common *ns;
};

static int look_at_mount(struct seq_file *m, struct vfsmount *mnt)
{
	struct proc_mounts *p = m->private;
	struct search *s = container_of(p, struct search, mounts);

	if (real_mount(mnt)->mnt_id != s->id ||
	    mnt->mnt_sb->s_magic != NSFS_MAGIC)
		return 0;
	s->ns = get_proc_ns(d_inode(mnt->mnt_root));
	ckpt_ns_get(s->ns);
	return 1;
}

static int look_for_ns(struct seq_file *m, struct vfsmount *mnt)
{
	struct proc_mounts *p = m->private;
	struct search *s = container_of(p, struct search, mounts);

	return mnt->mnt_sb->s_magic == NSFS_MAGIC &&
	       (!s->ns || get_proc_ns(d_inode(mnt->mnt_root)) == s->ns);
}

static bool find_mount(struct search *s)
{
	struct seq_file m = { .private = &s->mounts };
	loff_t pos = 0;
	void *v;

	v = mounts_op.start(&m, &pos);
	while (v && !mounts_op.show(&m, v))
		v = mounts_op.next(&m, v, &pos);
	mounts_op.stop(&m, v);
	return v;
}

static struct ns_common *find_kept(struct mnt_namespace *ns, u32 id)
{
	struct search s = {
		.mounts = { .ns = ns, .show = look_at_mount }, .id = id,
	};

	find_mount(&s);
	return s.ns;
}

/* Whether a mount in @mnt_ns keeps @ns, or any namespace if that is NULL. */
static bool keeps(struct mnt_namespace *mnt_ns, struct ns_common *ns)
{
	struct search s = {
		.mounts = { .ns = mnt_ns, .show = look_for_ns }, .ns = ns,
	};

	return find_mount(&s);
}

/* The first field of a line, which has more than that. */
static u32 mount_number(const char *line)
{
	char text[12];
	u32 id;

	strscpy(text, line);
	*strchrnul(text, ' ') = '\0';
	return kstrtou32(text, 10, &id) ? 0 : id;
}

/* Fields of a line, each the text between two spaces. */
enum { MNT_ROOT = 3, MNT_TARGET = 4 };

/* A field of a line, which need not have an end. */
static const char *field(const char *line, size_t len, int which, int *field_len)
{
	const char *end = line + len, *p = line;
	int i;

	for (i = 0; i < which && p < end; i++)
		p = (memchr(p, ' ', end - p) ?: end - 1) + 1;
	len = (const char *)(memchr(p, ' ', end - p) ?: end) - p;
	*field_len = min_t(size_t, len, 200);
	return p;
}

/* The number in its root, which is as "uts:[4026532000]"; 0 if there is none. */
static u32 inode_number(const char *line, size_t len)
{
	int root_len;
	const char *root = field(line, len, MNT_ROOT, &root_len), *p;
	char text[12];
	u32 inum;

	p = strnchr(root, root_len, '[');
	if (!p)
		return 0;
	strscpy(text, p + 1);
	*strchrnul(text, ']') = '\0';
	return kstrtou32(text, 10, &inum) ? 0 : inum;
}

/**
 * checkpoint_kept_ns - note that a mount of the container keeps a namespace
 * @ctx: the checkpoint
 * @mnt_ns: mount namespace that it is in
 * @line: the line of mountinfo; is no string
 * @len: length of that
 * @nested: that is not the root task's mount namespace
 *
 * Whether it can be saved is seen when the namespaces are.
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_kept_ns(struct ckpt_ctx *ctx, struct mnt_namespace *mnt_ns,
		       const char *line, size_t len, bool nested)
{
	const char *path;
	struct kept *k;
	int path_len, name_len;

	path = field(line, len, MNT_TARGET, &path_len);
	name_len = sizeof("mount ") + path_len;
	k = kzalloc(struct_size(k, name, name_len), GFP_KERNEL_ACCOUNT);
	if (!k)
		return ckpt_err(ctx, -ENOMEM, "mounts of the container");
	snprintf(k->name, name_len, "mount %.*s", path_len, path);
	k->id = mount_number(line);
	k->nested = nested;
	k->ns = find_kept(mnt_ns, k->id);
	if (!k->ns) {
		kfree(k);
		return ckpt_err(ctx, -EBUSY, "mount %.*s: has gone meanwhile",
				path_len, path);
	}
	list_add_tail(&k->list, &ctx->kept_ns);
	return 0;
}

/**
 * checkpoint_kept_in - note which mounts of a task keep namespaces
 * @ctx: the checkpoint, before any namespace is written
 * @mnt_ns: mount namespace other than the root task's
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_kept_in(struct ckpt_ctx *ctx, struct mnt_namespace *mnt_ns)
{
	const char *text, *end, *eol;
	struct ckpt_mounts m = {};
	struct path root;
	int ret;

	/* Few have such mounts; spare the others the text of all. */
	if (!keeps(mnt_ns, NULL))
		return 0;
	ret = ckpt_mnt_lookup_root(from_mnt_ns(mnt_ns), &root);
	if (ret)
		return ckpt_err(ctx, ret, "mount namespace: its root");
	ret = ckpt_read_mounts(ctx, mnt_ns, &root, &m);
	end = m.text.buf + m.text.count;
	for (text = m.text.buf; !ret && text < end; text = eol + 1) {
		eol = memchr(text, '\n', end - text) ?: end;
		if (ckpt_mount_is_nsfs(text, eol - text))
			ret = checkpoint_kept_ns(ctx, mnt_ns, text, eol - text, true);
		cond_resched();
	}
	ckpt_free_mounts(&m);
	path_put(&root);
	return ret;
}

/**
 * ckpt_check_kept - see whether a mount that keeps a namespace can be made again in
 *	a mount namespace other than the root task's
 * @ctx: the checkpoint; the mounts of all tasks are known
 * @line: its line of mountinfo
 * @len: length of that
 *
 * If a task is in there, it is known already; otherwise only what it keeps may be.
 *
 * Return: 0, or -EOPNOTSUPP, which has been reported.
 */
int ckpt_check_kept(struct ckpt_ctx *ctx, const char *line, size_t len)
{
	u32 inum = inode_number(line, len);
	struct kept *k;
	const char *path;
	int path_len;

	list_for_each_entry(k, &ctx->kept_ns, list)
		if (k->ns->inum == inum)
			return 0;
	path = field(line, len, MNT_TARGET, &path_len);
	return ckpt_err(ctx, -EOPNOTSUPP,
			"mount %.*s: keeps a namespace (nsfs), and no task is where that is mounted: not supported",
			path_len, path);
}

static int checkpoint_kept(struct ckpt_ctx *ctx, const struct kept *k)
{
	struct ns_common *ns = k->ns;
	int id = 0;

	if (!ckpt_ns_may_hold(ctx, ns))
		return ckpt_err(ctx, -EPERM,
				"keeps a namespace that is not yours (nsfs)");
	/* Of a subtree, it has come along from the caller's mounts. */
	if (!k->nested || ckpt_obj_known(ctx, ns) ||
	    !keeps(current->nsproxy->mnt_ns, ns))
		id = ckpt_any_ns_id(ctx, ns);
	if (id)
		return min(id, 0);
	return ckpt_err(ctx, -EOPNOTSUPP, "keeps a %s namespace (nsfs), which is %s",
			ns->ops->name,
			ns == &ctx->root_nsproxy->time_ns->ns ?
			"the root task's" : "not the tree's");
}

/**
 * checkpoint_kept_all - write the namespaces that mounts keep
 * @ctx: the checkpoint; those of tasks have been written
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_kept_all(struct ckpt_ctx *ctx)
{
	struct kept *k;
	int ret = 0;

	list_for_each_entry(k, &ctx->kept_ns, list) {
		ctx->what = k->name;
		ret = checkpoint_kept(ctx, k);
		if (ret)
			break;
		cond_resched();
	}
	ctx->what = NULL;
	return ret;
}

/**
 * checkpoint_kept_by - tell which mounts keep a namespace
 * @ctx: the checkpoint
 * @ns: the namespace, whose object has just been written
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_kept_by(struct ckpt_ctx *ctx, struct ns_common *ns)
{
	struct ckpt_hdr_ns_kept *h;
	struct kept *k;

	list_for_each_entry(k, &ctx->kept_ns, list) {
		if (k->ns != ns)
			continue;
		h = ckpt_new_rec(ctx, CKPT_HDR_NS_KEPT, sizeof(*h));
		if (IS_ERR(h))
			return PTR_ERR(h);
		h->mount = k->id;
	}
	return 0;
}

/* An NS_KEPT record comes behind all else of a namespace. */
static bool is_kept(const struct ckpt_obj *o)
{
	struct ckpt_cursor c = o->c;
	const struct ckpt_kind *k;
	const struct ckpt_hdr *h;

	while ((h = ckpt_cursor_next(&c))) {
		if (h->type == CKPT_HDR_NS_KEPT)
			return true;
		k = ckpt_kind(h->type);
		if (k && !k->owner)
			return false;
		cond_resched();
	}
	return false;
}

/**
 * restore_kept - see to it that somebody takes care of the mounts
 * @ctx: the restart, before any namespace is made
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_kept(struct ckpt_ctx *ctx)
{
	const struct ckpt_obj *o;
	u32 id;

	for (id = 1; id <= ctx->nr_objs; id++) {
		o = ckpt_obj_by_id(ctx, id);
		if (!ckpt_is_ns(o->h->type) || !is_kept(o) ||
		    ckpt_ns_has_taker(ctx, id))
			continue;
		return ckpt_err(ctx, -EINVAL,
				"%s %u: was mounted: external resource \"ns:%u\" is missing",
				ckpt_kind(o->h->type)->name, id, id);
	}
	return 0;
}

/**
 * ckpt_kept_free - let go of the namespaces that mounts keep
 * @ctx: the operation
 */
void ckpt_kept_free(struct ckpt_ctx *ctx)
{
	struct kept *k, *next;

	list_for_each_entry_safe(k, next, &ctx->kept_ns, list) {
		ckpt_ns_put(k->ns);
		kfree(k);
	}
}

/**
 * ckpt_ns_kept_validate - check an NS_KEPT record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_ns_kept_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_ns_kept *k = (const void *)h;

	if (k->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return 0;
}
