// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mounts of a container, made again before restart()
 *
 * Everything happens in a mount namespace of our own, a copy of the one ckpt was
 * called in. Filesystems that are only memory (tmpfs, devpts, sysfs ...) and
 * overlays are mounted anew with the options they had. Anything else is bound
 * from the place where the same filesystem is mounted here. What shows another
 * namespace of the container (proc, mqueue, cgroup2), or keeps one (nsfs), has to
 * wait until restart() has created that.
 *
 * Neither the image nor the container's files are trusted with a name: names are
 * looked up one by one, below the directory they belong to.
 *
 * In a user namespace of the container's own, what has been copied from outside
 * belongs together: mounts come with those below them. And overlays cannot be
 * made of it, nor of what belongs to others; so root mounts these before it
 * enters.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/openat2.h>

#include "ckpt.h"
#include "container.h"
#include "container_mount.h"

/* Filesystems that are mounted anew, and whether only within the container. */
static const struct {
	const char *type;
	bool late;
} fresh[] = {
	{ "tmpfs",	false },
	{ "ramfs",	false },
	{ "devpts",	false },
	{ "sysfs",	false },
	{ "overlay",	false },
	{ "proc",	true },
	{ "mqueue",	true },
	{ "cgroup2",	true },
};

#define NR_FRESH	ARRAY_SIZE(fresh)

static unsigned int fresh_row(struct libmnt_fs *fs)
{
	unsigned int i;

	for (i = 0; i < NR_FRESH; i++)
		if (!strcmp(mnt_fs_get_fstype(fs), fresh[i].type))
			break;
	return i;
}

/**
 * mount_map - what the user wants in place of a mount
 * @m: the mounts
 * @fs: a mount in the image
 *
 * Return: the option, or NULL if it is to be as it was.
 */
const struct container_map *mount_map(const struct mounts *m,
				      struct libmnt_fs *fs)
{
	return container_find_map(m->ct, "mount", mnt_fs_get_target(fs));
}

/**
 * mount_failed - say why a mount cannot be made
 * @fs: a mount in the image
 * @err: errno, or 0
 * @fmt: what failed
 *
 * Return: -1
 */
__printf(3, 4)
int mount_failed(struct libmnt_fs *fs, int err, const char *fmt, ...)
{
	char what[PATH_MAX + 200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	say("mount %s (%s): %s%s%s; --map mount:%s:PATH uses PATH in its place",
	    mnt_fs_get_target(fs), mnt_fs_get_fstype(fs), what,
	    err ? ": " : "", err ? strerror(err) : "", mnt_fs_get_target(fs));
	return -1;
}

/**
 * mount_part_failed - say why what a mount shows cannot be had
 * @fs: a mount in the image
 * @err: errno
 *
 * Return: -1
 */
int mount_part_failed(struct libmnt_fs *fs, int err)
{
	return err == EXDEV ?
	       mount_failed(fs, 0, "what it shows is covered, or outside of its filesystem") :
	       mount_failed(fs, err, "what it shows");
}

/* ---- places ---- */

static int open_how(int dir, const char *path, __u64 resolve)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = resolve };

	return syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/* Whether @fd is in a tmpfs that has been mounted anew, see mount_note_made(). */
static bool is_made(const struct container *ct, int fd)
{
	struct stat st;
	size_t i;

	if (fstat(fd, &st))
		return false;
	for (i = 0; i < ct->nr_made; i++)
		if (ct->made[i] == st.st_dev)
			return true;
	return false;
}

/**
 * mount_note_made - note that a filesystem is of our own making
 * @ct: the container
 * @fd: its root, or -1 with errno
 *
 * Return: 0, or -1 with errno
 */
int mount_note_made(struct container *ct, int fd)
{
	dev_t *made = reallocarray(ct->made, ct->nr_made + 1, sizeof(*made));
	struct stat st;

	if (!made)
		return -1;
	ct->made = made;
	if (fd < 0 || fstat(fd, &st))
		return -1;
	made[ct->nr_made++] = st.st_dev;
	return 0;
}

/**
 * struct missing - what to make if a path is not there
 * @kind: S_IFDIR ..., the type of what it leads to
 * @rdev: the device that this is
 * @ct: only in what has been mounted anew for this container; NULL: anywhere
 */
struct missing {
	mode_t kind;
	dev_t rdev;
	const struct container *ct;
};

/*
 * What is mounted in tmpfs needs a place there, and what is mounted of it must be
 * there; the tasks' own files come later and find it. From what it has no
 * permissions, restart() knows devices and the like that are not its own. Of other
 * filesystems, which stay, nothing is mounted that is not there.
 */
static int make_name(int dir, const char *name, mode_t kind,
		     const struct missing *make)
{
	if (make->ct && !is_made(make->ct, dir)) {
		errno = ENOENT;
		return -1;
	}
	if (S_ISDIR(kind))
		return mkdirat(dir, name, 0755);
	return mknodat(dir, name, S_ISREG(kind) ? S_IFREG | 0644 : kind,
		       make->rdev);
}

/* Open one name in @dir, made as a @kind if @make is not NULL. */
static int open_name(int dir, const char *name, mode_t kind,
		     const struct missing *make, __u64 resolve)
{
	int fd = open_how(dir, name, resolve);

	if (fd < 0 && errno == ENOENT && make &&
	    !make_name(dir, name, kind, make))
		fd = open_how(dir, name, resolve);
	return fd;
}

/**
 * mount_close - close a descriptor, and leave errno as it is
 * @fd: the descriptor, or -1
 */
void mount_close(int fd)
{
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
}

/*
 * Open what is @path below @dir, which is closed; made if @make is not NULL. What
 * is mounted there is entered, unless @resolve says RESOLVE_NO_XDEV.
 *
 * mountinfo has the names the kernel would find: no links, no "..". If there are
 * some, either the image is not genuine or the container's files have changed,
 * and following them might lead out of the container.
 */
static int open_below(int dir, const char *path, const struct missing *make,
		      __u64 resolve)
{
	char name[NAME_MAX + 1];
	size_t len;
	int fd;

	for (path += strspn(path, "/"); dir >= 0 && *path; dir = fd) {
		len = strcspn(path, "/");
		if (len >= sizeof(name)) {
			close(dir);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(name, path, len);
		name[len] = '\0';
		path += len;
		path += strspn(path, "/");
		fd = open_name(dir, name, !make || *path ? S_IFDIR : make->kind,
			       make, resolve | RESOLVE_BENEATH |
			       RESOLVE_NO_SYMLINKS);
		mount_close(dir);
	}
	return dir;
}

/**
 * mount_open_place - open the place of a mount below the new root, or what is
 *	mounted there
 * @m: the mounts
 * @fs: a mount in the image
 * @make: S_IFDIR or S_IFREG to make what is missing, or 0
 *
 * Return: a descriptor, or -1 with errno
 */
int mount_open_place(const struct mounts *m, struct libmnt_fs *fs, mode_t make)
{
	int root = open(m->entered ? "/" : m->root,
			O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct missing missing = { .kind = make };

	return open_below(root, mnt_fs_get_target(fs), make ? &missing : NULL, 0);
}

/**
 * mount_open_outside - open what was at a path when ckpt was called
 * @m: the mounts
 * @path: the path
 *
 * Return: a descriptor, or -1 with errno
 */
int mount_open_outside(const struct mounts *m, const char *path)
{
	return m->entered ? open_how(m->old_root, path, RESOLVE_IN_ROOT) :
			    open(path, O_PATH | O_CLOEXEC);
}

/* ---- options ---- */

static const struct {
	const char *name;
	unsigned long flag;
	__u64 attr;
	__u32 lock;
} options[] = {
	{ "ro", MS_RDONLY, MOUNT_ATTR_RDONLY, CKPT_MNT_LOCK_READONLY },
	{ "nosuid", MS_NOSUID, MOUNT_ATTR_NOSUID, CKPT_MNT_LOCK_NOSUID },
	{ "nodev", MS_NODEV, MOUNT_ATTR_NODEV, CKPT_MNT_LOCK_NODEV },
	{ "noexec", MS_NOEXEC, MOUNT_ATTR_NOEXEC, CKPT_MNT_LOCK_NOEXEC },
	{ "noatime", MS_NOATIME, MOUNT_ATTR_NOATIME, CKPT_MNT_LOCK_ATIME },
	{ "nodiratime", MS_NODIRATIME, MOUNT_ATTR_NODIRATIME, CKPT_MNT_LOCK_ATIME },
	{ "relatime", MS_RELATIME, MOUNT_ATTR_RELATIME, CKPT_MNT_LOCK_ATIME },
	{ "nosymfollow", MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW, 0 },
};

/**
 * mount_flags - flags of mount(2) for a mount
 * @fs: a mount in the image
 *
 * Return: the flags
 */
unsigned long mount_flags(struct libmnt_fs *fs)
{
	const char *opts = mnt_fs_get_vfs_options(fs);
	unsigned long flags = 0;
	unsigned int i;

	for (i = 0; opts && i < ARRAY_SIZE(options); i++)
		if (!mnt_optstr_get_option(opts, options[i].name, NULL, NULL))
			flags |= options[i].flag;
	if (!(flags & (MS_NOATIME | MS_RELATIME)))
		flags |= MS_STRICTATIME;
	return flags;
}

/**
 * mount_set_options - give a mount its options
 * @fd: its root, or a tree that is not attached yet
 * @flags: as mount_flags() says
 *
 * Return: 0, or -1 with errno
 */
int mount_set_options(int fd, unsigned long flags)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR__ATIME };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		*(flags & options[i].flag ? &attr.attr_set : &attr.attr_clr) |=
			options[i].attr;
	if (flags & MS_STRICTATIME)
		attr.attr_set |= MOUNT_ATTR_STRICTATIME;
	return mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

/* Not in all versions of <sys/mount.h>, and with it there is no <linux/mount.h>. */
enum {
	LOCK_MOUNT = 0x01000000,	/* MOUNT_ATTR_LOCK_MOUNT */
	LOCK_ATTRS = 0x02000000,	/* MOUNT_ATTR_LOCK_ATTRS */
};

/**
 * mount_lock - keep users of its namespace from undoing a mount
 * @fd: its root
 * @flags: as mount_flags() says
 * @locked: %CKPT_MNT_LOCKED ...
 *
 * Return: 0, or -1 with errno
 */
int mount_lock(int fd, unsigned long flags, __u32 locked)
{
	struct mount_attr attr = { 0 };
	unsigned int i;

	if (locked & CKPT_MNT_LOCKED)
		attr.attr_set |= LOCK_MOUNT;
	if (locked & ~CKPT_MNT_LOCKED)
		attr.attr_set |= LOCK_ATTRS;
	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (flags & options[i].flag && locked & options[i].lock)
			attr.attr_set |= options[i].attr;
	if (locked & CKPT_MNT_LOCK_ATIME) {
		attr.attr_clr = MOUNT_ATTR__ATIME;
		if (flags & MS_STRICTATIME)
			attr.attr_set |= MOUNT_ATTR_STRICTATIME;
	}
	return mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

static bool inner_id(const struct ckpt_idmap *map, __u32 nr, __u32 lower,
		     __u32 *id)
{
	for (; nr--; map++) {
		*id = map->first + (lower - map->lower);
		if (lower >= map->lower && lower - map->lower < map->count)
			return true;
	}
	return false;
}

/*
 * The kernel shows ids of the outside, but takes those of the user namespace that
 * mount() is called in. Those of nobody in there are the ones that come without
 * the option.
 */
static void translate_id(char **data, const char *name,
			 const struct ckpt_idmap *map, __u32 nr)
{
	char text[12], *value;
	size_t len;
	__u32 id;

	if (mnt_optstr_get_option(*data, name, &value, &len) || !value)
		return;
	if (!inner_id(map, nr, strtoul(value, NULL, 10), &id)) {
		mnt_optstr_remove_option(data, name);
		return;
	}
	snprintf(text, sizeof(text), "%u", id);
	mnt_optstr_set_option(data, name, text);
}

/* To those of @user, by way of those around it. */
static void translate_ids(const struct container *ct, __u32 user, char **data)
{
	const struct ckpt_hdr_ns_user *h = container_find_user(ct, user);

	if (!h)
		return;
	translate_ids(ct, container_parent_of(ct, user), data);
	translate_id(data, "uid", h->map, h->nr_uid);
	translate_id(data, "gid", h->map + h->nr_uid, h->nr_gid);
}

/* Those of control groups are the machine's: a container does not change them. */
static const char *options_of(const struct mounts *m, struct libmnt_fs *fs)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	const char *opts = mnt_fs_get_fs_options(fs);
	struct libmnt_fs *other;

	while (iter && !strcmp(mnt_fs_get_fstype(fs), "cgroup2") &&
	       !mnt_table_next_fs(m->here, iter, &other))
		if (!strcmp(mnt_fs_get_fstype(other), "cgroup2"))
			opts = mnt_fs_get_fs_options(other);
	mnt_free_iter(iter);
	return opts;
}

/**
 * mount_data - options of a filesystem, as mount(2) wants them
 * @m: the mounts
 * @fs: a mount in the image
 * @user: the user namespace that it is mounted in, 0 if that is outside
 * @flags: flags that stand for some of them are added here
 *
 * Return: the options, to be freed
 */
char *mount_data(const struct mounts *m, struct libmnt_fs *fs, __u32 user,
		 unsigned long *flags)
{
	static const char * const drop[] = { "rw", "ro", "sync", "dirsync",
					     "lazytime" };
	static const unsigned long set[] = { 0, MS_RDONLY, MS_SYNCHRONOUS,
					     MS_DIRSYNC, MS_LAZYTIME };
	const char *opts = options_of(m, fs);
	char *data = strdup(opts ? opts : "");
	unsigned int i;

	for (i = 0; data && i < ARRAY_SIZE(drop); i++)
		if (!mnt_optstr_remove_option(&data, drop[i]))
			*flags |= set[i];
	if (data)
		translate_ids(m->ct, user, &data);
	return data ? data : strdup("");
}

/**
 * mount_is_idmapped - whether a mount shows other owners than its files have
 * @fs: a mount in the image
 *
 * Return: true if so. The image does not say which: without, whoever must not
 * could own them.
 */
bool mount_is_idmapped(struct libmnt_fs *fs)
{
	const char *opts = mnt_fs_get_vfs_options(fs);

	return opts && !mnt_optstr_get_option(opts, "idmapped", NULL, NULL);
}

/* ---- one mount ---- */

static int attach(const struct mounts *m, struct libmnt_fs *fs, int tree,
		  mode_t kind)
{
	int to = mount_open_place(m, fs, kind), ret;

	if (to < 0)
		return mount_failed(fs, errno, "mount point");
	ret = move_mount(tree, "", to, "",
			 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	mount_close(to);
	return ret ? mount_failed(fs, errno, "bind") : 0;
}

/**
 * mount_is_there - whether a mount has come along with another
 * @from: what it shows
 * @to: its place
 *
 * Return: true if the same is mounted there.
 */
bool mount_is_there(int from, int to)
{
	struct statx a, b;

	return !statx(from, "", AT_EMPTY_PATH, STATX_INO, &a) &&
	       !statx(to, "", AT_EMPTY_PATH, STATX_INO, &b) &&
	       b.stx_attributes & STATX_ATTR_MOUNT_ROOT &&
	       a.stx_ino == b.stx_ino && a.stx_dev_major == b.stx_dev_major &&
	       a.stx_dev_minor == b.stx_dev_minor;
}

/* With all that is mounted below: then the container must have had that, too. */
static int clone_all(const struct mounts *m, struct libmnt_fs *fs, int fd)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	const char *at = mnt_fs_get_target(fs), *other;
	char target[2 * PATH_MAX], from[PATH_MAX] = "", link[32];
	struct libmnt_fs *below;
	int ret = 0;
	size_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, from, sizeof(from) - 1) < 0)
		ret = mount_failed(fs, errno, "%s", link);
	len = strcmp(from, "/") ? strlen(from) : 0;
	while (iter && !ret && !mnt_table_next_fs(m->here, iter, &below)) {
		other = mnt_fs_get_target(below);
		if (strncmp(other, from, len) || other[len] != '/' ||
		    !other[len + 1])
			continue;
		snprintf(target, sizeof(target), "%s%s",
			 strcmp(at, "/") ? at : "", other + len);
		if (!mnt_table_find_target(m->image, target, MNT_ITER_FORWARD))
			ret = mount_failed(fs, 0,
					   "%s is mounted in %s, and must come along",
					   other, from);
	}
	mnt_free_iter(iter);
	return ret ? ret : open_tree(fd, "", OPEN_TREE_CLONE |
				     OPEN_TREE_CLOEXEC | AT_RECURSIVE |
				     AT_EMPTY_PATH);
}

/* In a user namespace: what has come along with what it is in. */
static int bind_is_there(const struct mounts *m, struct libmnt_fs *fs, int from)
{
	int to = m->ct->level[NS_OF_MOUNTS] ? mount_open_place(m, fs, 0) : -1, ret = 0;

	if (to >= 0 && mount_is_there(from, to))
		ret = mount_set_options(to, mount_flags(fs)) ?
		      mount_failed(fs, errno, "options %s",
				   mnt_fs_get_vfs_options(fs)) : 1;
	mount_close(to);
	return ret;
}

/* Bind @from, which is closed, and has the name @name. */
static int bind(const struct mounts *m, struct libmnt_fs *fs, int from,
		const char *name)
{
	struct stat st;
	int tree = -1;
	int ret = from >= 0 ? bind_is_there(m, fs, from) : 0;

	if (ret) {
		mount_close(from);
		return ret < 0 ? ret : 0;
	}
	if (from < 0 && errno == EXDEV)
		return mount_part_failed(fs, errno);
	ret = -1;
	if (from >= 0 && !fstat(from, &st))
		tree = open_tree(from, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
				 AT_EMPTY_PATH);
	if (tree < 0 && from >= 0 && errno == EINVAL &&
	    m->ct->level[NS_OF_MOUNTS])
		tree = clone_all(m, fs, from);
	mount_close(from);
	if (tree < 0)
		return mount_failed(fs, errno, "bind of %s", name);
	if (mount_set_options(tree, mount_flags(fs)))
		mount_failed(fs, errno, "options %s", mnt_fs_get_vfs_options(fs));
	else
		ret = attach(m, fs, tree, S_ISDIR(st.st_mode) ? S_IFDIR : S_IFREG);
	close(tree);
	return ret;
}

/* mount(2) on the directory @fd: only the current one needs no name. */
static int mount_at(int fd, struct libmnt_fs *fs, unsigned long flags,
		    const char *data)
{
	int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), ret;

	if (back < 0)
		return -1;
	ret = fchdir(fd);
	if (!ret)
		ret = mount(mnt_fs_get_source(fs) ?: "none", ".",
			    mnt_fs_get_fstype(fs), flags, data);
	if (fchdir(back))
		ret = -1;
	mount_close(back);
	return ret;
}

static int set_read_only(const struct mounts *m, struct libmnt_fs *fs)
{
	int fd = mount_open_place(m, fs, 0), ret;

	if (fd < 0)
		return -1;
	ret = mount_set_options(fd, mount_flags(fs));
	mount_close(fd);
	return ret;
}

/**
 * mount_is_tmpfs - whether restart() fills a filesystem
 * @fs: a mount in the image
 *
 * Return: true if so; until then it is writable, see mount_make_read_only().
 */
bool mount_is_tmpfs(struct libmnt_fs *fs)
{
	return !strcmp(mnt_fs_get_fstype(fs), "tmpfs");
}

static int note_made(const struct mounts *m, struct libmnt_fs *fs)
{
	int fd = mount_open_place(m, fs, 0);
	int ret = mount_note_made(m->ct, fd);

	mount_close(fd);
	return ret;
}

static int mount_fresh(const struct mounts *m, struct libmnt_fs *fs)
{
	unsigned long flags = mount_flags(fs), sb_flags = 0;
	char *data = mount_data(m, fs, m->user, &sb_flags);
	int to = mount_open_place(m, fs, S_IFDIR), ret;

	if (to < 0) {
		free(data);
		return mount_failed(fs, errno, "mount point");
	}
	if (mount_is_tmpfs(fs)) {
		flags &= ~MS_RDONLY;
		sb_flags &= ~MS_RDONLY;
	}
	ret = mount_at(to, fs, flags | sb_flags, data);
	mount_close(to);
	if (!ret && mount_is_tmpfs(fs))
		ret = note_made(m, fs);
	/* Each mount has read-only of its own; the filesystem may be writable. */
	if (!ret && flags & MS_RDONLY && !(sb_flags & MS_RDONLY))
		ret = set_read_only(m, fs);
	free(data);
	return ret ? mount_failed(fs, errno, "options %s,%s",
			    mnt_fs_get_vfs_options(fs),
			    mnt_fs_get_fs_options(fs)) : 0;
}

static bool below(const char *root, const char *top)
{
	size_t len = strlen(top);

	return !strcmp(top, "/") ||
	       (!strncmp(root, top, len) && (!root[len] || root[len] == '/'));
}

static bool is_twin(const struct mounts *m, struct libmnt_fs *twin,
		    struct libmnt_fs *fs)
{
	return mnt_fs_get_devno(fs) &&
	       mnt_fs_get_devno(twin) == mnt_fs_get_devno(fs) &&
	       !strcmp(mnt_fs_get_fstype(twin), mnt_fs_get_fstype(fs)) &&
	       !mount_map(m, twin) &&
	       below(mnt_fs_get_root(fs), mnt_fs_get_root(twin));
}

/**
 * mount_find_twin - find another mount of the same filesystem that has been made
 * @m: the mounts
 * @fs: a mount in the image
 *
 * Return: the mount in the image, which shows what @fs shows; or NULL
 */
struct libmnt_fs *mount_find_twin(const struct mounts *m, struct libmnt_fs *fs)
{
	int i;

	for (i = 0; i < m->nr_done; i++)
		if (is_twin(m, m->done[i], fs))
			return m->done[i];
	return NULL;
}

/* Overlays have no other names than their options. */
static bool same_fs(struct libmnt_fs *a, struct libmnt_fs *b)
{
	const char *s = mnt_fs_get_source(a), *t = mnt_fs_get_source(b);
	bool overlay = !strcmp(mnt_fs_get_fstype(a), "overlay");

	if (overlay) {
		s = mnt_fs_get_fs_options(a);
		t = mnt_fs_get_fs_options(b);
	}
	return s && t && !strcmp(s, t) &&
	       !strcmp(mnt_fs_get_fstype(a), mnt_fs_get_fstype(b));
}

/**
 * mount_find_here - find where what a mount shows is mounted here
 * @m: the mounts
 * @fs: a mount in the image
 *
 * Return: the mount here, or NULL
 */
struct libmnt_fs *mount_find_here(const struct mounts *m, struct libmnt_fs *fs)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_BACKWARD);
	struct libmnt_fs *other, *found = NULL;

	while (iter && !found &&
	       !mnt_table_next_fs(m->here, iter, &other)) {
		if (same_fs(fs, other) &&
		    below(mnt_fs_get_root(fs), mnt_fs_get_root(other)))
			found = other;
	}
	mnt_free_iter(iter);
	return found;
}

/**
 * mount_open_part - open what a mount shows of a filesystem
 * @ct: the container
 * @dir: what another mount of it shows; closed
 * @top: which part that is
 * @fs: a mount in the image
 * @info: what its line does not say, to make what is missing in a tmpfs of the
 *	container's own; or NULL
 *
 * Return: a descriptor, or -1 with errno
 */
int mount_open_part(const struct container *ct, int dir, const char *top,
		    struct libmnt_fs *fs, const struct mount_info *info)
{
	struct missing missing = { .ct = ct };

	if (info) {
		missing.kind = info->mode & S_IFMT;
		missing.rdev = makedev(info->rdev >> 8 & 0xfff,
				       (info->rdev & 0xff) |
				       (info->rdev >> 12 & 0xfff00));
	}
	/* What another mount covers is not what that shows. */
	return open_below(dir, mnt_fs_get_root(fs) + strlen(top),
			  info ? &missing : NULL, RESOLVE_NO_XDEV);
}

/**
 * mount_open_twin - open what a mount shows, as others show it that have been made
 * @m: the mounts with these others
 * @fs: a mount in the image
 * @info: as in mount_open_part()
 *
 * Return: a descriptor; or -1 with errno: %EXDEV if it is covered in all of them
 */
int mount_open_twin(const struct mounts *m, struct libmnt_fs *fs,
		    const struct mount_info *info)
{
	int i, fd = -1;

	errno = EXDEV;
	for (i = 0; i < m->nr_done && fd < 0; i++)
		if (is_twin(m, m->done[i], fs) && !mount_is_covered(m, m->done[i]))
			fd = mount_open_part(m->ct,
					     mount_open_place(m, m->done[i], 0),
					     mnt_fs_get_root(m->done[i]), fs, info);
	return fd;
}

static int bind_twin(const struct mounts *m, struct libmnt_fs *fs)
{
	/* A part of a tmpfs that is to be filled later may be missing. */
	int from = mount_open_twin(m, fs, mnt_fs_get_userdata(fs));

	return bind(m, fs, from, mnt_fs_get_root(fs));
}

static int bind_here(const struct mounts *m, struct libmnt_fs *fs)
{
	struct libmnt_fs *other = mount_find_here(m, fs);
	char name[2 * PATH_MAX];

	if (!other)
		return mount_failed(fs, 0, "%s%s%s is not mounted here",
			      mnt_fs_get_source(fs) ?: "it",
			      strcmp(mnt_fs_get_root(fs), "/") ? ", with " : "",
			      strcmp(mnt_fs_get_root(fs), "/") ?
			      mnt_fs_get_root(fs) : "");
	snprintf(name, sizeof(name), "%s of %s", mnt_fs_get_root(fs),
		 mnt_fs_get_source(fs));
	return bind(m, fs,
		    mount_open_part(m->ct,
				    mount_open_outside(m, mnt_fs_get_target(other)),
				    mnt_fs_get_root(other), fs, NULL), name);
}

/**
 * mount_is_nsfs - whether a mount keeps a namespace
 * @fs: a mount in the image
 *
 * Return: true if so
 */
bool mount_is_nsfs(struct libmnt_fs *fs)
{
	return !strcmp(mnt_fs_get_fstype(fs), "nsfs");
}

/*
 * What keeps a namespace, as ip netns add and unshare --uts=FILE leave it. Networks
 * are there before the mounts, other namespaces only after restart().
 */
static int bind_kept(const struct mounts *m, struct libmnt_fs *fs)
{
	int fd = container_kept_fd(m->ct, mnt_fs_get_id(fs));

	if (fd < 0)
		return mount_failed(fs, 0, mount_is_late(fs) ?
				    "keeps no namespace of the image" :
				    "is no network namespace that we have made");
	return bind(m, fs, dup(fd), mnt_fs_get_root(fs));
}

/* An overlay can be the work of several containers; then it is there already. */
static bool is_here(const struct mounts *m, struct libmnt_fs *fs,
		    unsigned int row)
{
	return !strcmp(fresh[row].type, "overlay") && mount_find_here(m, fs);
}

static int propagation(const struct mounts *m, struct libmnt_fs *fs)
{
	const char *tags = mnt_fs_get_optional_fields(fs);
	struct mount_attr attr = { .propagation = MS_PRIVATE };
	int fd, ret = -1;

	if (tags && strstr(tags, "unbindable"))
		attr.propagation = MS_UNBINDABLE;
	else if (tags && strstr(tags, "shared:"))
		attr.propagation = MS_SHARED;
	else if (tags && strstr(tags, "master:"))
		return 0;	/* as it has come from here */
	fd = mount_open_place(m, fs, 0);
	if (fd >= 0)
		ret = mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	mount_close(fd);
	return ret ? mount_failed(fs, errno, "propagation") : 0;
}

static int do_mount(const struct mounts *m, struct libmnt_fs *fs)
{
	const struct container_map *map = mount_map(m, fs);
	unsigned int row = fresh_row(fs);
	bool twin = false;
	int ret;

	if (map && !map->value)
		return 0;
	if (!map && mount_is_idmapped(fs))
		return mount_failed(fs, 0, "is idmapped, which is not supported");
	if (!m->nr_done && strcmp(mnt_fs_get_target(fs), "/"))
		return mount_failed(fs, 0, "the root is not mounted first");
	if (!map && !mount_is_nsfs(fs))
		twin = mount_find_twin(m, fs);
	if (map)
		ret = bind(m, fs, mount_open_outside(m, map->value), map->value);
	else if (twin)
		ret = bind_twin(m, fs);
	else if (mount_is_nsfs(fs))
		ret = bind_kept(m, fs);
	else if (row < NR_FRESH && !strcmp(mnt_fs_get_root(fs), "/") &&
		 !is_here(m, fs, row))
		ret = mount_fresh(m, fs);
	else
		ret = bind_here(m, fs);
	/* That of the root has to wait: see leave_old_root(). */
	if (!ret && m->nr_done)
		ret = propagation(m, fs);
	return ret;
}

/* ---- all of them, parents first ---- */

/**
 * mount_is_done - whether a mount has been made
 * @m: the mounts
 * @id: its number
 *
 * Return: true if so
 */
bool mount_is_done(const struct mounts *m, int id)
{
	int i;

	for (i = 0; i < m->nr_done; i++)
		if (mnt_fs_get_id(m->done[i]) == id)
			return true;
	return false;
}

/**
 * mount_is_covered - whether another mount is at the same place, over it
 * @m: the mounts
 * @fs: a mount in the image
 *
 * Return: true if so
 */
bool mount_is_covered(const struct mounts *m, struct libmnt_fs *fs)
{
	int i;

	for (i = 0; i < m->nr_done; i++)
		if (mnt_fs_get_parent_id(m->done[i]) == mnt_fs_get_id(fs) &&
		    !strcmp(mnt_fs_get_target(m->done[i]),
			    mnt_fs_get_target(fs)))
			return true;
	return false;
}

/**
 * mount_is_root - whether a mount is on none of the others
 * @m: the mounts
 * @fs: a mount in the image
 *
 * Return: true if so
 */
bool mount_is_root(const struct mounts *m, struct libmnt_fs *fs)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *other;
	bool has_parent = false;

	while (iter && !mnt_table_next_fs(m->image, iter, &other))
		if (other != fs &&
		    mnt_fs_get_id(other) == mnt_fs_get_parent_id(fs))
			has_parent = true;
	mnt_free_iter(iter);
	return !has_parent;
}

/**
 * mount_is_late - whether a mount has to wait for restart()
 * @fs: a mount in the image
 *
 * Return: true if so, because it shows what there is only then.
 */
bool mount_is_late(struct libmnt_fs *fs)
{
	unsigned int row = fresh_row(fs);

	if (mount_is_nsfs(fs))
		return strncmp(mnt_fs_get_root(fs), "net:", 4);
	return row < NR_FRESH && fresh[row].late;
}

/**
 * mount_is_fresh - whether a mount is one of a filesystem that is made anew
 * @m: the mounts
 * @fs: a mount in the image
 *
 * Return: true if so.
 */
bool mount_is_fresh(const struct mounts *m, struct libmnt_fs *fs)
{
	unsigned int row = fresh_row(fs);

	return row < NR_FRESH && !strcmp(mnt_fs_get_root(fs), "/") &&
	       !is_here(m, fs, row);
}

static bool is_ready(const struct mounts *m, struct libmnt_fs *fs, bool late)
{
	if (mount_is_done(m, mnt_fs_get_id(fs)))
		return false;
	if (!late && mount_is_late(fs) && !mount_map(m, fs))
		return false;
	return mount_is_done(m, mnt_fs_get_parent_id(fs)) || mount_is_root(m, fs);
}

/* Return: how many were mounted, or -1 after saying why. */
static int mount_round(struct mounts *m, bool late)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int n = 0;

	while (iter && n >= 0 && !mnt_table_next_fs(m->image, iter, &fs)) {
		if (!is_ready(m, fs, late))
			continue;
		if (do_mount(m, fs)) {
			n = -1;
			break;
		}
		m->done[m->nr_done++] = fs;
		n++;
	}
	mnt_free_iter(iter);
	return n;
}

static int mount_all(struct mounts *m, bool late)
{
	int n;

	do {
		n = mount_round(m, late);
	} while (n > 0);
	return n;
}

/* ---- the table ---- */

static int ignore_line(struct libmnt_table *tb, const char *file, int line)
{
	(void)tb;
	say("%s: line %d cannot be understood", file, line);
	return -1;
}

/* libmount takes a line of fstab if the first one looks so: without a root. */
static bool all_mountinfo(struct libmnt_table *tb)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	bool ok = iter;

	while (ok && !mnt_table_next_fs(tb, iter, &fs))
		ok = mnt_fs_get_root(fs) && mnt_fs_get_target(fs) &&
		     *mnt_fs_get_target(fs) == '/' && mnt_fs_get_fstype(fs);
	mnt_free_iter(iter);
	return ok;
}

/**
 * mount_parse - read the mounts of a namespace of the image
 * @text: lines of mountinfo
 *
 * Return: the table, or NULL.
 */
struct libmnt_table *mount_parse(char *text)
{
	FILE *f = fmemopen(text, strlen(text), "r");
	struct libmnt_table *tb = mnt_new_table();
	int ret = -1;

	if (f && tb) {
		mnt_table_set_parser_errcb(tb, ignore_line);
		ret = mnt_table_parse_stream(tb, f, "mounts of the image");
	}
	if (f)
		fclose(f);
	if (!ret && all_mountinfo(tb))
		return tb;
	mnt_unref_table(tb);
	return NULL;
}

/* One for each line. */
static int note_info(struct mounts *m)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct container *ct = m->ct;
	struct libmnt_fs *fs;
	size_t i = 0;

	if (!iter || mnt_table_get_nents(m->image) != (int)ct->nr_lines) {
		mnt_free_iter(iter);
		return -1;
	}
	while (!mnt_table_next_fs(m->image, iter, &fs))
		mnt_fs_set_userdata(fs, &ct->lines[i++]);
	mnt_free_iter(iter);
	return 0;
}

static int read_tables(struct mounts *m)
{
	m->image = mount_parse(m->ct->mountinfo);
	m->here = mnt_new_table_from_file("/proc/self/mountinfo");
	if (!m->image || !m->here)
		return -1;
	m->done = calloc(mnt_table_get_nents(m->image) + 1, sizeof(*m->done));
	return m->done ? note_info(m) : -1;
}

/**
 * mounts_new - prepare to mount what a container had mounted
 * @ct: the container, with mounts
 *
 * Return: the mounts, or NULL after saying why.
 */
struct mounts *mounts_new(struct container *ct)
{
	struct mounts *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->ct = ct;
	m->user = ct->owner[NS_OF_MOUNTS];
	m->old_root = -1;
	if (!read_tables(m))
		return m;
	say("mounts of the image or of this machine cannot be read");
	mounts_free(m);
	return NULL;
}

/* ---- outside of the container's user namespace ---- */

/* Whether @fs is an overlay that can only be made there. */
static bool is_outside(const struct mounts *m, struct libmnt_fs *fs)
{
	return !strcmp(mnt_fs_get_fstype(fs), "overlay") && !mount_map(m, fs) &&
	       mnt_optstr_get_option(mnt_fs_get_fs_options(fs), "userxattr",
				     NULL, NULL) && !mount_find_here(m, fs);
}

static int mount_outside(struct mounts *m, struct libmnt_fs *fs, int nr)
{
	unsigned long flags = mount_flags(fs), sb_flags = 0;
	char to[sizeof(m->ct->stage) + 16], *data;
	int fd, ret;

	snprintf(to, sizeof(to), "%s/%d", m->ct->stage, nr);
	if (mkdir(to, 0700))
		return mount_failed(fs, errno, "%s", to);
	fd = open(to, O_PATH | O_DIRECTORY | O_CLOEXEC);
	data = mount_data(m, fs, 0, &sb_flags);
	ret = fd < 0 ? -1 : mount_at(fd, fs, flags | sb_flags, data);
	mount_close(fd);
	free(data);
	return ret ? mount_failed(fs, errno, "outside of the user namespace") : 0;
}

/**
 * mounts_stage - make a directory for mounts_outside(), if there is need
 * @m: the mounts
 *
 * Return: 0, or -1 after saying why.
 */
int mounts_stage(struct mounts *m)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	bool any = false;

	while (iter && !mnt_table_next_fs(m->image, iter, &fs))
		any |= is_outside(m, fs);
	mnt_free_iter(iter);
	if (!any || geteuid())
		return 0;
	if (mkdir(m->ct->stage, 0700)) {
		say("%s: %s", m->ct->stage, strerror(errno));
		return -1;
	}
	m->ct->staged = true;
	return 0;
}

/**
 * mounts_name_stage - say where the directory of mounts_stage() is to be
 * @ct: the container
 */
void mounts_name_stage(struct container *ct)
{
	snprintf(ct->stage, sizeof(ct->stage), "/run/ckpt-stage-%d", getpid());
}

/**
 * mounts_unstage - remove the directory of mounts_stage(), if it is there
 * @ct: the container
 *
 * The caller is where ckpt was called, and nothing is mounted any more.
 */
void mounts_unstage(const struct container *ct)
{
	rmdir(ct->stage);
}

/**
 * mounts_outside - mount what cannot be mounted inside of a user namespace
 * @m: the mounts, after mounts_stage()
 *
 * Leaves the mount namespace that ckpt was called in for a copy.
 *
 * Return: 0, or -1 after saying why.
 */
int mounts_outside(struct mounts *m)
{
	struct libmnt_iter *iter;
	struct libmnt_fs *fs;
	int ret = 0, nr = 0;

	if (!m->ct->staged)
		return 0;
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) ||
	    mount("stage", m->ct->stage, "tmpfs", 0, "mode=700")) {
		say("own mounts: %s", strerror(errno));
		return -1;
	}
	iter = mnt_new_iter(MNT_ITER_FORWARD);
	while (iter && !ret && !mnt_table_next_fs(m->image, iter, &fs))
		if (is_outside(m, fs))
			ret = mount_outside(m, fs, nr++);
	mnt_free_iter(iter);
	if (chmod(m->ct->stage, 0711))
		ret = -1;
	mnt_unref_table(m->here);
	m->here = mnt_new_table_from_file("/proc/self/mountinfo");
	return m->here ? ret : -1;
}

static int make_root(struct mounts *m)
{
	static const char * const dirs[] = { "/run", "/tmp" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(m->root, sizeof(m->root), "%s/ckpt-root-XXXXXX", dirs[i]);
		if (!mkdtemp(m->root))
			continue;
		m->dir = open(dirs[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (m->dir >= 0)
			return 0;
		rmdir(m->root);
	}
	say("a directory in /run or /tmp: %s", strerror(errno));
	m->root[0] = '\0';
	return -1;
}

/**
 * mounts_prepare - mount all that does not have to wait for restart()
 * @m: the mounts
 *
 * The caller is in a mount namespace of its own.
 *
 * Return: 0, or -1 after saying why.
 */
int mounts_prepare(struct mounts *m)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL)) {
		say("own mounts: %s", strerror(errno));
		return -1;
	}
	if (make_root(m) || mount_all(m, false))
		return -1;
	m->nr_late = mnt_table_get_nents(m->image) - m->nr_done;
	return 0;
}

/**
 * mounts_enter - make the root of the container the root
 * @m: the mounts, after mounts_prepare()
 *
 * The old root stays mounted until mounts_finish(): who may not do everything
 * can mount proc only where one can be seen already. It lies below the new one:
 * on top it would be the root of the namespace, and who has another makes no user
 * namespaces.
 *
 * Return: 0, or -1 after saying why.
 */
int mounts_enter(struct mounts *m)
{
	m->old_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (m->old_root < 0 || chdir(m->root) ||
	    mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/")) {
		say("root of the container: %s", strerror(errno));
		return -1;
	}
	m->entered = true;
	return 0;
}

/**
 * mount_enter_init - enter the namespaces of the container that restart() has made
 * @init: its root task, as seen from here
 *
 * Return: 0, or -1 with errno
 */
int mount_enter_init(pid_t init)
{
	int fd = syscall(SYS_pidfd_open, init, 0);

	if (fd < 0)
		return -1;
	return setns(fd, CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWCGROUP);
}

static int in_container(struct mounts *m)
{
	if (mount_all(m, true))
		return EXIT_FAILED;
	if (m->nr_done == mnt_table_get_nents(m->image))
		return EXIT_OK;
	say("mounts of the image: some are mounted on none of the others");
	return EXIT_FAILED;
}

/* What another process has mounted. */
static void mark_done(struct mounts *m)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;

	while (iter && !mnt_table_next_fs(m->image, iter, &fs))
		if (!mount_is_done(m, mnt_fs_get_id(fs)))
			m->done[m->nr_done++] = fs;
	mnt_free_iter(iter);
}

/* A process in the container's namespaces mounts what shows those. */
static int mount_late(struct mounts *m, pid_t init)
{
	int status;
	pid_t pid;

	if (mount_enter_init(init)) {
		say("namespaces of process %d: %s", init, strerror(errno));
		return -1;
	}
	pid = fork();
	if (!pid)
		_exit(in_container(m));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return -1;
	mark_done(m);
	return 0;
}

/* What is mounted over it may be a filesystem of the outside. */
static int remount(const struct mounts *m, struct libmnt_fs *fs, int to,
		   unsigned long flags, const char *data)
{
	if (is_made(m->ct, to))
		return mount_at(to, fs, MS_REMOUNT | flags, data);
	errno = EBUSY;
	return -1;
}

/**
 * mount_make_read_only - make what restart() has filled as it was
 * @m: the mounts
 * @fs: a tmpfs in the image
 *
 * Return: 0, or -1 after saying why.
 */
int mount_make_read_only(const struct mounts *m, struct libmnt_fs *fs)
{
	unsigned long flags = mount_flags(fs), sb_flags = 0;
	char *data = mount_data(m, fs, m->user, &sb_flags);
	int to, ret = 0;

	if (sb_flags & MS_RDONLY) {
		to = mount_open_place(m, fs, 0);
		ret = to < 0 ? -1 : remount(m, fs, to, flags | sb_flags, data);
		mount_close(to);
	}
	if (!ret && flags & MS_RDONLY)
		ret = set_read_only(m, fs);
	free(data);
	return ret ? mount_failed(fs, errno, "read-only") : 0;
}

static int make_all_read_only(const struct mounts *m)
{
	int i, ret = 0;

	for (i = 0; i < m->nr_done && !ret; i++)
		if (mount_is_tmpfs(m->done[i]) && !mount_map(m, m->done[i]) &&
		    !strcmp(mnt_fs_get_root(m->done[i]), "/"))
			ret = mount_make_read_only(m, m->done[i]);
	return ret;
}

/*
 * Whose root is the new one keeps that; the old one ends up on top of it, where
 * only umount2() sees it. Nothing can be moved to a mount that is shared.
 */
static int leave_old_root(struct mounts *m)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), ret;

	ret = root < 0 || mount(NULL, "/", NULL, MS_SLAVE, NULL) ||
	      fchdir(m->old_root) || chroot(".") || fchdir(root) ||
	      syscall(SYS_pivot_root, ".", ".") || umount2("/", MNT_DETACH);
	if (ret)
		say("old root: %s", strerror(errno));
	else
		ret = propagation(m, m->done[0]);
	mount_close(root);
	mount_close(m->old_root);
	m->old_root = -1;
	return ret ? -1 : 0;
}

/*
 * What belongs to a user namespace can be covered by what came along with it from
 * outside, and is locked like that.
 */
static int lock(const struct mounts *m, struct libmnt_fs *fs, __u32 locked)
{
	int fd, ret;

	if (mount_is_covered(m, fs))
		return m->user ? 0 : mount_failed(fs, 0, "is locked, and covered by another mount");
	fd = mount_open_place(m, fs, 0);
	ret = fd < 0 ? -1 : mount_lock(fd, mount_flags(fs), locked);
	mount_close(fd);
	return ret ? mount_failed(fs, errno, "locks") : 0;
}

static int lock_all(const struct mounts *m)
{
	const struct mount_info *info;
	int i, ret = 0;

	for (i = 0; i < m->nr_done && !ret; i++) {
		info = mnt_fs_get_userdata(m->done[i]);
		if (info->locked && !mount_map(m, m->done[i]))
			ret = lock(m, m->done[i], info->locked);
	}
	return ret;
}

/**
 * mounts_finish - mount the rest, and let go of the old root
 * @m: the mounts, after mounts_enter()
 * @init: root task, as seen from here, which must not run yet
 *
 * Return: 0, or -1 after saying why.
 */
int mounts_finish(struct mounts *m, pid_t init)
{
	if ((m->nr_late && mount_late(m, init)) || make_all_read_only(m) ||
	    leave_old_root(m))
		return -1;
	return mntns_finish(m->nested, init) || lock_all(m) ? -1 : 0;
}

/**
 * mounts_free - done with the mounts
 * @m: the mounts, or NULL
 *
 * The directory where the root was made is removed.
 */
void mounts_free(struct mounts *m)
{
	if (!m)
		return;
	mntns_free(m->nested);
	if (m->root[0]) {
		if (!m->entered)
			umount2(m->root, MNT_DETACH);
		unlinkat(m->dir, strrchr(m->root, '/') + 1, AT_REMOVEDIR);
		close(m->dir);
	}
	mount_close(m->old_root);
	mnt_unref_table(m->image);
	mnt_unref_table(m->here);
	free(m->done);
	free(m);
}
