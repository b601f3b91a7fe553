// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mount namespaces of a container other than its root task's
 *
 * Each is made from nothing, when the mounts of the root task are there: what it
 * shows of these is cloned, other filesystems are mounted anew, in the user
 * namespaces that they belonged to. The trees are put together in a new namespace,
 * whose copy of all mounts is left behind with the old root. restart() gets the
 * namespaces as external resources.
 *
 * What shows namespaces that restart() creates waits for it, as in the root task's
 * own. When all is mounted everywhere, each mount, private so far, gets the
 * propagation it had, from the mounts it shared that with. Last of all they are
 * locked as they were: users of the namespaces shall not undo what others made.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ckpt.h"
#include "container_mount.h"

/**
 * struct source - what becomes of one mount
 * @tree: its root, not attached until it is done; or -1
 * @donor: a mount that it shares propagation with, or that of its master; or -1
 * @exact: @donor has the propagation that it had
 * @own: shows what another mount of this namespace shows
 * @fresh: a filesystem that has been mounted anew
 * @ready: its propagation is what it was
 * @more: what its line of mountinfo does not say
 */
struct source {
	int tree;
	int donor;
	bool exact;
	bool own;
	bool fresh;
	bool ready;
	struct mount_info more;
};

/**
 * struct mntns - one namespace
 * @id: its object in the image
 * @user: user namespace that owns it, 0 if that is outside
 * @fd: the namespace, or -1
 * @m: its mounts; their user data are the sources
 * @sources: in the order of the image
 */
struct mntns {
	__u32 id;
	__u32 user;
	int fd;
	struct mounts m;
	struct source *sources;
};

/**
 * struct mntns_set - all of them
 * @root: mounts of the root task
 * @all: in the order of the image
 * @nr: number of them
 * @from: user namespace that we are in, 0 if that is outside
 * @root_ns: the root task's namespace
 * @root_dir: its root directory
 * @proc: a proc filesystem that shows us
 */
struct mntns_set {
	struct mounts *root;
	struct mntns *all;
	size_t nr;
	__u32 from;
	int root_ns;
	int root_dir;
	int proc;
};

static struct source *source_of(struct libmnt_fs *fs)
{
	return mnt_fs_get_userdata(fs);
}

/* ---- from one namespace to another ---- */

/* Ours, by a proc that is not the container's. */
static int open_own(const struct mntns_set *set)
{
	return openat(set->proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
}

static int go_back(const struct mntns_set *set)
{
	if (setns(set->root_ns, CLONE_NEWNS) || fchdir(set->root_dir) ||
	    chroot(".")) {
		say("mounts of the container: %s", strerror(errno));
		return -1;
	}
	return 0;
}

/**
 * struct errand - what a process does for a namespace
 * @set: all of them
 * @n: the namespace
 * @fs: a mount, or NULL
 * @other: another namespace, which shows it
 * @user: the user namespace that it is in
 * @fn: what to do in the namespace
 */
struct errand {
	const struct mntns_set *set;
	struct mntns *n;
	struct libmnt_fs *fs;
	const struct mntns *other;
	__u32 user;
	int (*fn)(const struct mntns_set *set, struct mntns *n);
};

static int run(const struct mntns_set *set, __u32 user, int (*fn)(void *arg),
	       struct errand *e)
{
	e->set = set;
	e->user = user;
	return owner_run(set->root->ct, set->from, user, fn, e);
}

static int enter_and_do(void *arg)
{
	const struct errand *e = arg;

	if (!setns(e->n->fd, CLONE_NEWNS))
		return e->fn(e->set, e->n);
	say("mount namespace %u: %s", e->n->id, strerror(errno));
	return -1;
}

/* With the rights of those who made it, as whom files are made there. */
static int do_inside(const struct mntns_set *set, struct mntns *n,
		     int (*fn)(const struct mntns_set *set, struct mntns *n))
{
	struct errand e = { .n = n, .fn = fn };

	return run(set, n->user, enter_and_do, &e);
}

/* ---- what they show ---- */

static int clone_tree(const struct mntns *n, int from)
{
	int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
	int tree = open_tree(from, "", flags);

	/* In a user namespace, mounts from outside come with those below them. */
	if (tree < 0 && errno == EINVAL && n->m.ct->level[NS_OF_MOUNTS])
		tree = open_tree(from, "", flags | AT_RECURSIVE);
	return tree;
}

static int make_private(int tree)
{
	struct mount_attr attr = { .propagation = MS_PRIVATE };

	return mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
			     sizeof(attr));
}

/* Let @fs be a clone of @from, which is closed. */
static int take_tree(const struct mntns *n, struct libmnt_fs *fs, int from)
{
	struct source *s = source_of(fs);

	if (from < 0)
		return mount_part_failed(fs, errno);
	s->tree = clone_tree(n, from);
	mount_close(from);
	if (s->tree < 0 || make_private(s->tree))
		return mount_failed(fs, errno, "clone");
	if (mount_set_options(s->tree, mount_flags(fs)))
		return mount_failed(fs, errno, "options %s",
				    mnt_fs_get_vfs_options(fs));
	return 0;
}

static int take_twin(const struct mntns *n, struct libmnt_fs *fs,
		     const struct mounts *m)
{
	return take_tree(n, fs, mount_open_twin(m, fs, &source_of(fs)->more));
}

/* As whoever is to own what is missing of it. */
static int take_there(void *arg)
{
	const struct errand *e = arg;
	const struct mounts *m = &e->other->m;

	if (setns(e->other->fd, CLONE_NEWNS))
		return mount_failed(e->fs, errno, "mount namespace %u",
				    e->other->id);
	return take_twin(e->n, e->fs, m);
}

/* Return: 1 if another namespace that is there shows the same, 0, or -1. */
static int take_from_other(const struct mntns_set *set, struct mntns *n,
			   struct libmnt_fs *fs)
{
	struct errand e = { .n = n, .fs = fs };
	const struct mntns *other;

	for (other = set->all; other < n; other++) {
		if (!mount_find_twin(&other->m, fs))
			continue;
		e.other = other;
		return run(set, other->user, take_there, &e) ? -1 : 1;
	}
	return 0;
}

/* ---- filesystems mounted anew ---- */

static int set_option(int fd, const char *name, const char *value)
{
	return value ? fsconfig(fd, FSCONFIG_SET_STRING, name, value, 0) :
		       fsconfig(fd, FSCONFIG_SET_FLAG, name, NULL, 0);
}

static int set_all(int fd, char *data, unsigned long sb_flags)
{
	static const struct {
		unsigned long flag;
		const char *name;
	} names[] = {
		{ MS_RDONLY, "ro" }, { MS_SYNCHRONOUS, "sync" },
		{ MS_DIRSYNC, "dirsync" }, { MS_LAZYTIME, "lazytime" },
	};
	char *option, *value;
	unsigned int i;
	int ret = 0;

	while (!ret && (option = strsep(&data, ","))) {
		value = strchr(option, '=');
		if (value)
			*value++ = '\0';
		if (*option)
			ret = set_option(fd, option, value);
	}
	for (i = 0; i < ARRAY_SIZE(names) && !ret; i++)
		if (sb_flags & names[i].flag)
			ret = set_option(fd, names[i].name, NULL);
	return ret;
}

static int make_fs(const struct mntns *n, struct libmnt_fs *fs, __u32 user)
{
	int fd = fsopen(mnt_fs_get_fstype(fs), FSOPEN_CLOEXEC), tree = -1;
	unsigned long sb_flags = 0;
	char *data = mount_data(&n->m, fs, user, &sb_flags);

	if (mount_is_tmpfs(fs))
		sb_flags &= ~MS_RDONLY;
	if (fd >= 0 && !set_option(fd, "source", mnt_fs_get_source(fs) ?: "none") &&
	    !set_all(fd, data, sb_flags) &&
	    !fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		tree = fsmount(fd, FSMOUNT_CLOEXEC, 0);
	mount_close(fd);
	free(data);
	return tree;
}

/* Who is further inside than these mounts may mount in a copy of them. */
static int make_fs_there(void *arg)
{
	const struct errand *e = arg;
	struct source *s = source_of(e->fs);

	if (e->user != e->set->from && unshare(CLONE_NEWNS))
		return mount_failed(e->fs, errno, "own mounts");
	s->tree = make_fs(e->n, e->fs, e->user);
	if (s->tree >= 0 && (!mount_is_tmpfs(e->fs) ||
			     !mount_note_made(e->set->root->ct, s->tree)))
		return 0;
	return mount_failed(e->fs, errno, "options %s,%s",
			    mnt_fs_get_vfs_options(e->fs),
			    mnt_fs_get_fs_options(e->fs));
}

/* What belongs further outside than we are becomes ours. */
static int make_fs_for(const struct mntns_set *set, struct errand *e)
{
	__u32 user = source_of(e->fs)->more.user;

	if (!owner_within(set->root->ct, user, set->from))
		user = set->from;
	return run(set, user, make_fs_there, e);
}

/* The same, seen from the namespaces of a process. */
static int make_fs_of(const struct mntns_set *set, struct errand *e, __u32 pid)
{
	const int types = CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET;
	int there = syscall(SYS_pidfd_open, pid, 0);
	int here = syscall(SYS_pidfd_open, 1, 0), ret;

	if (there < 0 || here < 0 || setns(there, types)) {
		ret = mount_failed(e->fs, errno, "namespaces of process %u", pid);
	} else {
		ret = make_fs_for(set, e);
		if (setns(here, types))
			ret = mount_failed(e->fs, errno, "own namespaces");
	}
	mount_close(there);
	mount_close(here);
	return ret;
}

static int take_fresh(const struct mntns_set *set, struct mntns *n,
		      struct libmnt_fs *fs)
{
	struct source *s = source_of(fs);
	struct errand e = { .n = n, .fs = fs };
	unsigned long flags = mount_flags(fs);

	s->fresh = true;
	if (s->more.pid ? make_fs_of(set, &e, s->more.pid) : make_fs_for(set, &e))
		return -1;
	if (mount_is_tmpfs(fs))
		flags &= ~MS_RDONLY;
	return mount_set_options(s->tree, flags) ?
	       mount_failed(fs, errno, "options %s", mnt_fs_get_vfs_options(fs)) :
	       0;
}

/* ---- where to take it from ---- */

static int take_here(const struct mntns_set *set, const struct mntns *n,
		     struct libmnt_fs *fs)
{
	struct libmnt_fs *other = mount_find_here(set->root, fs);
	int from;

	if (!other)
		return mount_failed(fs, 0, "%s is not mounted here",
				    mnt_fs_get_source(fs) ?: "it");
	from = mount_open_outside(set->root, mnt_fs_get_target(other));
	return take_tree(n, fs, mount_open_part(n->m.ct, from,
						mnt_fs_get_root(other), fs, NULL));
}

/* Whether a mount that comes first in the same namespace shows what @fs shows. */
static bool is_second(const struct mntns *n, struct libmnt_fs *fs)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *other;
	bool ret = false;

	while (iter && !ret && !mnt_table_next_fs(n->m.image, iter, &other) &&
	       other != fs)
		ret = mnt_fs_get_devno(other) == mnt_fs_get_devno(fs) &&
		      !mount_map(&n->m, other) &&
		      (!strcmp(mnt_fs_get_root(other), "/") ||
		       !strcmp(mnt_fs_get_root(other), mnt_fs_get_root(fs)));
	mnt_free_iter(iter);
	return ret;
}

static int take_source(const struct mntns_set *set, struct mntns *n,
		       struct libmnt_fs *fs)
{
	const struct container_map *map = mount_map(&n->m, fs);
	int kept, ret;

	if (map)
		return !map->value ? 0 :
		       take_tree(n, fs, mount_open_outside(set->root, map->value));
	if (mount_is_idmapped(fs))
		return mount_failed(fs, 0, "is idmapped, which is not supported");
	kept = mount_is_nsfs(fs) ? container_kept_fd(n->m.ct, mnt_fs_get_id(fs)) : -1;
	if (kept >= 0)
		return take_tree(n, fs, dup(kept));
	if (mount_find_twin(set->root, fs))
		return take_twin(n, fs, set->root);
	ret = take_from_other(set, n, fs);
	if (ret)
		return ret < 0 ? ret : 0;
	source_of(fs)->own = is_second(n, fs);
	if (source_of(fs)->own)
		return 0;
	if (mount_is_fresh(set->root, fs))
		return take_fresh(set, n, fs);
	/* One of the same name here would be another namespace. */
	if (mount_is_nsfs(fs))
		return mount_failed(fs, 0, "keeps no namespace of the image");
	return take_here(set, n, fs);
}

/* ---- propagation ---- */

/* The number of a group in the tags of @fs, or 0. */
static unsigned long group_of(struct libmnt_fs *fs, const char *kind)
{
	const char *tags = mnt_fs_get_optional_fields(fs);
	const char *tag = tags ? strstr(tags, kind) : NULL;

	return tag ? strtoul(tag + strlen(kind), NULL, 10) : 0;
}

static bool same_propagation(struct libmnt_fs *a, struct libmnt_fs *b)
{
	return group_of(a, "shared:") == group_of(b, "shared:") &&
	       group_of(a, "master:") == group_of(b, "master:");
}

/* Groups are passed on within a filesystem, from what shows more of it. */
static struct libmnt_fs *find_donor(const struct mounts *m, struct libmnt_fs *fs,
				    bool exact)
{
	unsigned long master = group_of(fs, "master:");
	struct libmnt_fs *d;
	size_t len;
	int i;

	for (i = 0; i < m->nr_done; i++) {
		d = m->done[i];
		len = strlen(mnt_fs_get_root(d));
		if (d != fs && mnt_fs_get_devno(d) == mnt_fs_get_devno(fs) &&
		    !mount_map(m, d) && !mount_is_covered(m, d) &&
		    !strncmp(mnt_fs_get_root(fs), mnt_fs_get_root(d), len) &&
		    (exact ? same_propagation(d, fs) :
		     master && group_of(d, "shared:") == master))
			return d;
	}
	return NULL;
}

static void take_donor_from(const struct mounts *m, struct libmnt_fs *fs)
{
	struct source *s = source_of(fs);
	struct libmnt_fs *d = find_donor(m, fs, true);

	s->exact = d;
	if (!d)
		d = find_donor(m, fs, false);
	if (d)
		s->donor = mount_open_place(m, d, 0);
}

static int take_donor(const struct mntns_set *set, const struct mntns *n,
		      struct libmnt_fs *fs)
{
	const struct mntns *other;
	struct source *s = source_of(fs);

	if (!group_of(fs, "shared:") && !group_of(fs, "master:"))
		return 0;
	take_donor_from(set->root, fs);
	for (other = set->all; other < n && s->donor < 0; other++) {
		if (!find_donor(&other->m, fs, true) &&
		    !find_donor(&other->m, fs, false))
			continue;
		if (setns(other->fd, CLONE_NEWNS))
			return mount_failed(fs, errno, "mount namespace %u",
					    other->id);
		take_donor_from(&other->m, fs);
		if (go_back(set))
			return -1;
	}
	return 0;
}

static int set_group(int from, int to)
{
	return move_mount(from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH |
			  MOVE_MOUNT_T_EMPTY_PATH | MOVE_MOUNT_SET_GROUP);
}

static int set_kind(int fd, __u64 kind)
{
	struct mount_attr attr = { .propagation = kind };

	return mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

/* The mount of this namespace that has the propagation of @fs already. */
static struct source *find_own_donor(const struct mntns *n, struct libmnt_fs *fs)
{
	struct libmnt_fs *d;
	int i;

	for (i = 0; i < n->m.nr_done; i++) {
		d = n->m.done[i];
		if (d != fs && source_of(d)->ready &&
		    source_of(d)->tree >= 0 && same_propagation(d, fs) &&
		    mnt_fs_get_devno(d) == mnt_fs_get_devno(fs) &&
		    !strncmp(mnt_fs_get_root(fs), mnt_fs_get_root(d),
			     strlen(mnt_fs_get_root(d))))
			return source_of(d);
	}
	return NULL;
}

static int become_slave(struct libmnt_fs *fs)
{
	struct source *s = source_of(fs);

	if (s->donor < 0)
		return mount_failed(fs, 0, "its propagation comes from a mount that is not the container's");
	if (set_group(s->donor, s->tree) || set_kind(s->tree, MS_SLAVE))
		return mount_failed(fs, errno, "propagation");
	return 0;
}

static int set_propagation(const struct mntns *n, struct libmnt_fs *fs)
{
	const char *tags = mnt_fs_get_optional_fields(fs);
	struct source *s = source_of(fs), *own;

	if (s->tree < 0)
		return 0;
	if (tags && strstr(tags, "unbindable"))
		return set_kind(s->tree, MS_UNBINDABLE) ?
		       mount_failed(fs, errno, "propagation") : 0;
	if (!group_of(fs, "shared:") && !group_of(fs, "master:"))
		return 0;
	own = find_own_donor(n, fs);
	if (own && !set_group(own->tree, s->tree))
		return 0;
	if (s->exact && !set_group(s->donor, s->tree))
		return 0;
	/* Of one that only follows the outside there may be nothing to follow. */
	if (s->exact && !group_of(fs, "shared:"))
		return 0;
	if (group_of(fs, "master:") && become_slave(fs))
		return -1;
	if (group_of(fs, "shared:") && set_kind(s->tree, MS_SHARED))
		return mount_failed(fs, errno, "propagation");
	return 0;
}

static int set_all_propagation(const struct mntns *n)
{
	struct source *s;
	int i, ret = 0;

	for (i = 0; i < n->m.nr_done && !ret; i++) {
		s = source_of(n->m.done[i]);
		if (!s->ready)
			ret = set_propagation(n, n->m.done[i]);
		s->ready = true;
	}
	return ret;
}

/* ---- putting it together ---- */

static bool has_to_wait(const struct mntns *n, struct libmnt_fs *fs)
{
	return (mount_is_late(fs) || source_of(fs)->more.pid) && !mount_map(&n->m, fs);
}

/* All that @late is about: where it comes from. In the root task's namespace. */
static int take_sources(const struct mntns_set *set, struct mntns *n,
			bool late)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int ret = 0;

	while (iter && !ret && !mnt_table_next_fs(n->m.image, iter, &fs)) {
		if (has_to_wait(n, fs) != late)
			continue;
		ret = take_source(set, n, fs) || take_donor(set, n, fs);
	}
	mnt_free_iter(iter);
	return ret;
}

/* Whether @tree has come with another mount. */
static bool is_there(const struct mntns *n, struct source *s, int place)
{
	int old = s->tree;

	if (!n->m.ct->level[NS_OF_MOUNTS] || !mount_is_there(old, place))
		return false;
	s->tree = dup(place);
	mount_close(old);
	return true;
}

static int attach(const struct mntns *n, struct libmnt_fs *fs)
{
	struct source *s = source_of(fs);
	struct stat st;
	int to, ret = 0;

	if (s->own && take_twin(n, fs, &n->m))
		return -1;
	if (s->tree < 0)
		return 0;	/* left out on request */
	if (fstat(s->tree, &st))
		return mount_failed(fs, errno, "root");
	to = mount_open_place(&n->m, fs, S_ISDIR(st.st_mode) ? S_IFDIR : S_IFREG);
	if (to < 0)
		return mount_failed(fs, errno, "mount point");
	if (is_there(n, s, to))
		ret = mount_set_options(s->tree, mount_flags(fs));
	else
		ret = move_mount(s->tree, "", to, "", MOVE_MOUNT_F_EMPTY_PATH |
				 MOVE_MOUNT_T_EMPTY_PATH);
	if (ret)
		mount_failed(fs, errno, "mounting");
	mount_close(to);
	return ret;
}

static bool is_ready(const struct mntns *n, struct libmnt_fs *fs, bool late)
{
	if (mount_is_done(&n->m, mnt_fs_get_id(fs)) ||
	    (!late && has_to_wait(n, fs)) ||
	    (source_of(fs)->own && !mount_find_twin(&n->m, fs)))
		return false;
	return mount_is_done(&n->m, mnt_fs_get_parent_id(fs)) ||
	       mount_is_root(&n->m, fs);
}

/* Return: how many were mounted, or -1 after saying why. */
static int attach_round(struct mntns *n, bool late)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int nr = 0;

	while (iter && nr >= 0 && !mnt_table_next_fs(n->m.image, iter, &fs)) {
		if (!is_ready(n, fs, late))
			continue;
		if (attach(n, fs)) {
			nr = -1;
			break;
		}
		n->m.done[n->m.nr_done++] = fs;
		nr++;
	}
	mnt_free_iter(iter);
	return nr;
}

static int attach_all(struct mntns *n, bool late)
{
	int nr;

	do {
		nr = attach_round(n, late);
	} while (nr > 0);
	return nr;
}

static struct libmnt_fs *find_root(const struct mntns *n)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs, *root = NULL;

	while (iter && !root && !mnt_table_next_fs(n->m.image, iter, &fs))
		if (!strcmp(mnt_fs_get_target(fs), "/") &&
		    mount_is_root(&n->m, fs))
			root = fs;
	mnt_free_iter(iter);
	return root;
}

/* Let @tree be the root, and leave the old one. */
static int change_root(int tree)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), ret = -1;

	if (root < 0)
		return -1;
	if (!move_mount(tree, "", root, "", MOVE_MOUNT_F_EMPTY_PATH |
			MOVE_MOUNT_T_EMPTY_PATH) &&
	    !fchdir(tree) && !syscall(SYS_pivot_root, ".", "."))
		ret = umount2(".", MNT_DETACH) || chdir("/");
	mount_close(root);
	return ret;
}

/*
 * A new namespace, with nothing in it but @tree as its root. The container's root
 * is on top of the one that ckpt was called in: both are left behind.
 */
static int enter_new(const struct mntns_set *set, int tree)
{
	if (fchdir(set->root->old_root) || chroot(".") || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    umount2("/", MNT_DETACH))
		return -1;
	return change_root(tree);
}

/*
 * The same for a user namespace further inside, which could take nothing away from
 * a copy of our mounts. It gets one with nothing in it.
 */
static int enter_new_of(const struct mntns_set *set, const struct mntns *n,
			int tree)
{
	int fd = fsopen("tmpfs", FSOPEN_CLOEXEC), empty = -1, ret;

	if (fd >= 0 && !fsconfig(fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		empty = fsmount(fd, FSMOUNT_CLOEXEC, 0);
	mount_close(fd);
	ret = empty < 0 || enter_new(set, empty) ||
	      owner_enter(set->root->ct, n->user) || unshare(CLONE_NEWNS) ||
	      change_root(tree);
	mount_close(empty);
	return ret;
}

/* What came along with other mounts must have been there, too. */
static int check_number(const struct mntns_set *set, const struct mntns *n)
{
	int fd = openat(set->proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	int i, c, lines = 0, want = 0;

	for (i = 0; i < n->m.nr_done; i++)
		want += source_of(n->m.done[i])->tree >= 0;
	while (f && (c = getc(f)) != EOF)
		lines += c == '\n';
	if (f)
		fclose(f);
	if (lines == want)
		return 0;
	say("mount namespace %u: has %d mounts now, but had %d", n->id, lines,
	    want);
	return -1;
}

static int fill(const struct mntns_set *set, struct mntns *n)
{
	return attach_all(n, false) || check_number(set, n);
}

static int make_new(void *arg)
{
	const struct errand *e = arg;
	const struct mntns_set *set = e->set;
	struct mntns *n = e->n;
	int tree = source_of(n->m.done[0])->tree, ret;

	ret = n->user == set->from ? enter_new(set, tree) :
				     enter_new_of(set, n, tree);
	if (!ret)
		n->fd = open_own(set);
	if (n->fd >= 0)
		return 0;
	say("mount namespace %u: %s", n->id, strerror(errno));
	return -1;
}

static int make(const struct mntns_set *set, struct mntns *n)
{
	struct libmnt_fs *root = find_root(n);
	struct errand e = { .n = n };

	if (take_sources(set, n, false))
		return -1;
	if (!root || source_of(root)->tree < 0) {
		say("mount namespace %u: has no root that could be mounted", n->id);
		return -1;
	}
	n->m.done[n->m.nr_done++] = root;
	return run(set, set->from, make_new, &e) || do_inside(set, n, fill) ? -1 : 0;
}

/* ---- the oldest first ---- */

/* A namespace can be mounted only in those that are older. Does @a keep @b? */
static bool keeps(const struct container *ct, const struct container_mnt *a,
		  const struct container_mnt *b)
{
	size_t i;

	for (i = 0; i < ct->nr_kept; i++)
		if (ct->kept[i].ns == b->id &&
		    container_mount_line(a->mountinfo, ct->kept[i].mount))
			return true;
	return false;
}

/* Whether none of those from @first on has to be made before @which. */
static bool is_oldest(const struct container *ct, size_t first, size_t which)
{
	size_t i;

	for (i = first; i < ct->nr_mnts; i++)
		if (i != which && keeps(ct, &ct->mnts[i], &ct->mnts[which]))
			return false;
	return true;
}

/* In the order in which they are to be made; an image without one is none. */
static void sort_by_age(struct container *ct)
{
	struct container_mnt *mnts = ct->mnts, mnt;
	size_t first, i, nr = ct->nr_mnts;

	for (first = 0; first < nr; first++) {
		for (i = first; i < nr && !is_oldest(ct, first, i); i++)
			;
		if (i == nr)
			break;
		mnt = mnts[i];
		memmove(&mnts[first + 1], &mnts[first], (i - first) * sizeof(mnt));
		mnts[first] = mnt;
	}
}

/* ---- all of them ---- */

static int read_mounts(struct mntns *n, const struct container_mnt *mnt,
		       const struct mounts *root)
{
	struct libmnt_iter *iter;
	struct libmnt_fs *fs;
	size_t i = 0;

	n->id = mnt->id;
	n->user = mnt->owner;
	n->fd = -1;
	n->m.ct = root->ct;
	n->m.user = mnt->owner;
	n->m.here = root->here;
	n->m.old_root = root->old_root;
	n->m.entered = true;
	n->m.image = mnt->mountinfo ? mount_parse(mnt->mountinfo) : NULL;
	n->m.done = calloc(mnt->nr + 1, sizeof(*n->m.done));
	n->sources = calloc(mnt->nr + 1, sizeof(*n->sources));
	iter = mnt_new_iter(MNT_ITER_FORWARD);
	if (!n->m.image || !n->m.done || !n->sources || !iter ||
	    mnt_table_get_nents(n->m.image) != (int)mnt->nr) {
		say("mount namespace %u: its mounts cannot be read", n->id);
		mnt_free_iter(iter);
		return -1;
	}
	for (; !mnt_table_next_fs(n->m.image, iter, &fs); i++) {
		n->sources[i].tree = -1;
		n->sources[i].donor = -1;
		n->sources[i].more = mnt->mounts[i];
		mnt_fs_set_userdata(fs, &n->sources[i]);
	}
	mnt_free_iter(iter);
	return 0;
}

static int supply(struct mntns *n, struct ckpt_call *call)
{
	char key[16];
	int fd = fcntl(n->fd, F_DUPFD_CLOEXEC, 0);
	int ret = fd < 0 ? -errno : 0;

	snprintf(key, sizeof(key), "ns:%u", n->id);
	if (!ret)
		ret = ckpt_call_add_fd(call, key, fd);
	if (ret)
		say("mount namespace %u: %s", n->id, strerror(-ret));
	return ret;
}

/**
 * mntns_prepare - make the mount namespaces of a container, and supply them
 * @root: mounts of the root task, after mounts_enter()
 * @from: user namespace that we are in, 0 if that is outside
 * @call: the call that is going to restart
 *
 * Return: 0, or -1 after saying why.
 */
int mntns_prepare(struct mounts *root, __u32 from, struct ckpt_call *call)
{
	const struct container *ct = root->ct;
	struct mntns_set *set;
	struct mntns *n;
	size_t i;

	if (!ct->nr_mnts)
		return 0;
	set = calloc(1, sizeof(*set));
	root->nested = set;
	if (!set)
		return -1;
	set->root = root;
	set->from = from;
	set->all = calloc(ct->nr_mnts, sizeof(*set->all));
	set->proc = openat(root->old_root, "proc",
			   O_PATH | O_DIRECTORY | O_CLOEXEC);
	set->root_ns = open_own(set);
	set->root_dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!set->all || set->root_ns < 0 || set->root_dir < 0) {
		say("mounts of the container: %s", strerror(errno));
		return -1;
	}
	sort_by_age(root->ct);
	for (i = 0; i < ct->nr_mnts; i++) {
		if (container_is_supplied(call, ct->mnts[i].id))
			continue;
		if (!owner_within(ct, ct->mnts[i].owner, from)) {
			say("mount namespace %u: belonged to a user namespace around that of the root task's mounts; --external ns:%u:PATH supplies one",
			    ct->mnts[i].id, ct->mnts[i].id);
			return -1;
		}
		n = &set->all[set->nr++];
		if (read_mounts(n, &ct->mnts[i], root) || make(set, n) ||
		    supply(n, call))
			return -1;
	}
	return 0;
}

/* ---- after restart() ---- */

static int make_read_only(const struct mntns *n)
{
	int i, ret = 0;

	for (i = 0; i < n->m.nr_done && !ret; i++)
		if (mount_is_tmpfs(n->m.done[i]) &&
		    source_of(n->m.done[i])->fresh)
			ret = mount_make_read_only(&n->m, n->m.done[i]);
	return ret;
}

static int fill_late(const struct mntns_set *set, struct mntns *n)
{
	return attach_all(n, true) || check_number(set, n) || make_read_only(n);
}

/* From here, as it takes rights to what they shared propagation with, too. */
static int finish(const struct mntns_set *set, struct mntns *n)
{
	int ret;

	if (take_sources(set, n, true) || do_inside(set, n, fill_late))
		return -1;
	if (n->m.nr_done != mnt_table_get_nents(n->m.image)) {
		say("mount namespace %u: some are mounted on none of the others",
		    n->id);
		return -1;
	}
	if (setns(n->fd, CLONE_NEWNS)) {
		say("mount namespace %u: %s", n->id, strerror(errno));
		return -1;
	}
	ret = set_all_propagation(n);
	return go_back(set) || ret ? -1 : 0;
}

static int lock(const struct mntns_set *set, struct mntns *n)
{
	struct libmnt_fs *fs;
	struct source *s;
	int i;

	(void)set;
	for (i = 0; i < n->m.nr_done; i++) {
		fs = n->m.done[i];
		s = source_of(fs);
		if (s->tree >= 0 && s->more.locked &&
		    mount_lock(s->tree, mount_flags(fs), s->more.locked))
			return mount_failed(fs, errno, "locks");
	}
	return 0;
}

/* What is locked can no more be cloned without what is mounted below it. */
static int finish_all(struct mntns_set *set)
{
	size_t i;

	set->from = container_callers_user(set->root->ct);
	for (i = 0; i < set->nr; i++)
		if (finish(set, &set->all[i]))
			return EXIT_FAILED;
	for (i = 0; i < set->nr; i++)
		if (do_inside(set, &set->all[i], lock))
			return EXIT_FAILED;
	return EXIT_OK;
}

/**
 * mntns_finish - mount what had to wait for restart()
 * @set: the mount namespaces, or NULL
 * @init: root task, as seen from here, which must not run yet
 *
 * Return: 0, or -1 after saying why.
 */
int mntns_finish(struct mntns_set *set, pid_t init)
{
	int status;
	pid_t pid;

	if (!set)
		return 0;
	if (mount_enter_init(init)) {
		say("namespaces of process %d: %s", init, strerror(errno));
		return -1;
	}
	pid = fork();
	if (!pid)
		_exit(finish_all(set));
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status ? 0 : -1;
}

static void free_one(struct mntns *n)
{
	int i, nr = n->m.image ? mnt_table_get_nents(n->m.image) : 0;

	for (i = 0; n->sources && i < nr; i++) {
		mount_close(n->sources[i].tree);
		mount_close(n->sources[i].donor);
	}
	mount_close(n->fd);
	mnt_unref_table(n->m.image);
	free(n->m.done);
	free(n->sources);
}

/**
 * mntns_free - done with the mount namespaces
 * @set: the mount namespaces, or NULL
 */
void mntns_free(struct mntns_set *set)
{
	size_t i;

	if (!set)
		return;
	for (i = 0; i < set->nr; i++)
		free_one(&set->all[i]);
	mount_close(set->root_ns);
	mount_close(set->root_dir);
	mount_close(set->proc);
	free(set->all);
	free(set);
}
