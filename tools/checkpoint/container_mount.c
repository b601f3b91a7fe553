// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mounts of a container, made again before restart()
 *
 * Everything happens in a mount namespace of our own, a copy of the one ckpt was
 * called in. Filesystems that are only memory (tmpfs, devpts, sysfs ...) and
 * overlays are mounted anew with the options they had. Anything else is bound
 * from the place where the same filesystem is mounted here. What shows another
 * namespace of the container (proc, mqueue, cgroup2) has to wait until restart()
 * has created that.
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
#include <sys/wait.h>
#include <unistd.h>

#include "ckpt.h"
#include "container.h"

/**
 * struct mounts - the mounts of one container
 * @ct: the container
 * @image: what was mounted, from the image
 * @here: what is mounted here
 * @root: directory that becomes the root
 * @dir: the directory it was made in
 * @done: ids of those mounted, in no order
 * @nr_done: number of them
 * @nr_late: how many have to wait for restart()
 * @entered: @root is the root
 */
struct mounts {
	struct container *ct;
	struct libmnt_table *image;
	struct libmnt_table *here;
	char root[64];
	int dir;
	struct libmnt_fs **done;
	int nr_done;
	int nr_late;
	bool entered;
};

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

static const struct container_map *map_of(const struct mounts *m,
					  struct libmnt_fs *fs)
{
	return container_find_map(m->ct, "mount", mnt_fs_get_target(fs));
}

__printf(3, 4)
static int failed(struct libmnt_fs *fs, int err, const char *fmt, ...)
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

/* ---- places ---- */

/* Path of @target below the new root, in @buf of PATH_MAX + 80 bytes. */
static void place(const struct mounts *m, const char *target, char *buf)
{
	snprintf(buf, PATH_MAX + 80, "%s%s", m->entered ? "" : m->root,
		 strcmp(target, "/") ? target : m->entered ? "/" : "");
}

static int make_parents(char *path, size_t from)
{
	char *p;

	for (p = strchr(path + from, '/'); p; p = strchr(p + 1, '/')) {
		if (p == path)
			continue;
		*p = '\0';
		if (mkdir(path, 0755) && errno != EEXIST) {
			*p = '/';
			return -1;
		}
		*p = '/';
	}
	return 0;
}

/*
 * What is mounted in tmpfs needs a place there; the tasks' own files come later
 * and find it.
 */
static int make_place(const struct mounts *m, char *path, bool is_dir)
{
	int fd;

	if (!access(path, F_OK))
		return 0;
	if (make_parents(path, m->entered ? 1 : strlen(m->root) + 1))
		return -1;
	if (is_dir)
		return mkdir(path, 0755);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
	return fd < 0 ? -1 : close(fd);
}

/* ---- options ---- */

static const struct {
	const char *name;
	unsigned long flag;
} options[] = {
	{ "ro", MS_RDONLY }, { "nosuid", MS_NOSUID }, { "nodev", MS_NODEV },
	{ "noexec", MS_NOEXEC }, { "noatime", MS_NOATIME },
	{ "nodiratime", MS_NODIRATIME }, { "relatime", MS_RELATIME },
	{ "nosymfollow", MS_NOSYMFOLLOW },
};

static unsigned long mount_flags(struct libmnt_fs *fs)
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

/* Options of the filesystem as mount(2) wants them; to be freed. */
static char *fs_data(const struct ckpt_hdr_ns_user *user, struct libmnt_fs *fs,
		     unsigned long *flags)
{
	static const char * const drop[] = { "rw", "ro", "sync", "dirsync",
					     "lazytime" };
	static const unsigned long set[] = { 0, MS_RDONLY, MS_SYNCHRONOUS,
					     MS_DIRSYNC, MS_LAZYTIME };
	const char *opts = mnt_fs_get_fs_options(fs);
	char *data = strdup(opts ? opts : "");
	unsigned int i;

	for (i = 0; data && i < ARRAY_SIZE(drop); i++)
		if (!mnt_optstr_remove_option(&data, drop[i]))
			*flags |= set[i];
	if (data && user) {
		translate_id(&data, "uid", user->map, user->nr_uid);
		translate_id(&data, "gid", user->map + user->nr_uid, user->nr_gid);
	}
	return data ? data : strdup("");
}

/* ---- one mount ---- */

/* Whether @to, with the same in it as @from, has come with another mount. */
static bool is_mounted(const char *from, const char *to)
{
	struct statx a, b;

	return !statx(AT_FDCWD, from, 0, STATX_INO, &a) &&
	       !statx(AT_FDCWD, to, 0, STATX_INO, &b) &&
	       b.stx_attributes & STATX_ATTR_MOUNT_ROOT &&
	       a.stx_ino == b.stx_ino && a.stx_dev_major == b.stx_dev_major &&
	       a.stx_dev_minor == b.stx_dev_minor;
}

/* With all that is mounted below: then the container must have had that, too. */
static int bind_all(const struct mounts *m, struct libmnt_fs *fs,
		    const char *from, const char *to)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	size_t len = strcmp(from, "/") ? strlen(from) : 0;
	const char *at = mnt_fs_get_target(fs), *other;
	char target[2 * PATH_MAX];
	struct libmnt_fs *below;
	int ret = 0;

	while (iter && !ret && !mnt_table_next_fs(m->here, iter, &below)) {
		other = mnt_fs_get_target(below);
		if (strncmp(other, from, len) || other[len] != '/' ||
		    !other[len + 1])
			continue;
		snprintf(target, sizeof(target), "%s%s",
			 strcmp(at, "/") ? at : "", other + len);
		if (!mnt_table_find_target(m->image, target, MNT_ITER_FORWARD))
			ret = failed(fs, 0, "%s is mounted in %s, and must come along",
				     other, from);
	}
	mnt_free_iter(iter);
	if (!ret && mount(from, to, NULL, MS_BIND | MS_REC, NULL))
		ret = failed(fs, errno, "bind of %s", from);
	return ret;
}

static int bind(const struct mounts *m, struct libmnt_fs *fs, const char *from)
{
	char to[PATH_MAX + 80];
	struct stat st;

	place(m, mnt_fs_get_target(fs), to);
	if (stat(from, &st))
		return failed(fs, errno, "%s", from);
	if (make_place(m, to, S_ISDIR(st.st_mode)))
		return failed(fs, errno, "mount point");
	if (!(m->ct->user && is_mounted(from, to)) &&
	    mount(from, to, NULL, MS_BIND, NULL)) {
		if (errno != EINVAL || !m->ct->user)
			return failed(fs, errno, "bind of %s", from);
		if (bind_all(m, fs, from, to))
			return -1;
	}
	if (mount(NULL, to, NULL, MS_REMOUNT | MS_BIND | mount_flags(fs), NULL))
		return failed(fs, errno, "options %s",
			      mnt_fs_get_vfs_options(fs));
	return 0;
}

static int mount_at(const struct ckpt_hdr_ns_user *user, struct libmnt_fs *fs,
		    const char *to)
{
	unsigned long flags = mount_flags(fs), sb_flags = 0;
	char *data = fs_data(user, fs, &sb_flags);
	int ret;

	ret = mount(mnt_fs_get_source(fs) ?: "none", to,
		    mnt_fs_get_fstype(fs), flags | sb_flags, data);
	/* Each mount has read-only of its own; the filesystem may be writable. */
	if (!ret && flags & MS_RDONLY && !(sb_flags & MS_RDONLY))
		ret = mount(NULL, to, NULL, MS_REMOUNT | MS_BIND | flags, NULL);
	free(data);
	return ret ? failed(fs, errno, "options %s,%s",
			    mnt_fs_get_vfs_options(fs),
			    mnt_fs_get_fs_options(fs)) : 0;
}

static int mount_fresh(const struct mounts *m, struct libmnt_fs *fs)
{
	char to[PATH_MAX + 80];

	place(m, mnt_fs_get_target(fs), to);
	if (make_place(m, to, true))
		return failed(fs, errno, "mount point");
	return mount_at(m->ct->user, fs, to);
}

static bool below(const char *root, const char *top)
{
	size_t len = strlen(top);

	return !strcmp(top, "/") ||
	       (!strncmp(root, top, len) && (!root[len] || root[len] == '/'));
}

/* Another mount of the same filesystem of the image that is there already. */
static struct libmnt_fs *find_twin(const struct mounts *m, struct libmnt_fs *fs)
{
	int i;

	for (i = 0; i < m->nr_done; i++) {
		if (mnt_fs_get_devno(m->done[i]) == mnt_fs_get_devno(fs) &&
		    !strcmp(mnt_fs_get_fstype(m->done[i]),
			    mnt_fs_get_fstype(fs)) &&
		    mnt_fs_get_devno(fs) && !map_of(m, m->done[i]) &&
		    below(mnt_fs_get_root(fs), mnt_fs_get_root(m->done[i])))
			return m->done[i];
	}
	return NULL;
}

/* Join a mount point and what lies below the root of that mount. */
static void join(char *buf, size_t size, const char *dir, const char *top,
		 const char *root)
{
	const char *rest = root + strlen(top);

	while (*rest == '/')
		rest++;
	snprintf(buf, size, "%s%s%s", strcmp(dir, "/") ? dir : "",
		 *rest || !strcmp(dir, "/") ? "/" : "", rest);
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

/* Where the filesystem of @fs is mounted here, as far as @fs shows it. */
static struct libmnt_fs *find_here(const struct mounts *m, struct libmnt_fs *fs)
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

static int bind_twin(const struct mounts *m, struct libmnt_fs *fs,
		     struct libmnt_fs *twin)
{
	char dir[PATH_MAX + 80], from[2 * PATH_MAX];

	place(m, mnt_fs_get_target(twin), dir);
	join(from, sizeof(from), *dir ? dir : "/", mnt_fs_get_root(twin),
	     mnt_fs_get_root(fs));
	/* A part of a tmpfs that is to be filled later. */
	if (access(from, F_OK) && make_parents(from, 1) == 0 &&
	    mkdir(from, 0755))
		return failed(fs, errno, "%s", from);
	return bind(m, fs, from);
}

static int bind_here(const struct mounts *m, struct libmnt_fs *fs)
{
	struct libmnt_fs *other = find_here(m, fs);
	char from[2 * PATH_MAX];

	if (!other)
		return failed(fs, 0, "%s%s%s is not mounted here",
			      mnt_fs_get_source(fs) ?: "it",
			      strcmp(mnt_fs_get_root(fs), "/") ? ", with " : "",
			      strcmp(mnt_fs_get_root(fs), "/") ?
			      mnt_fs_get_root(fs) : "");
	join(from, sizeof(from), mnt_fs_get_target(other),
	     mnt_fs_get_root(other), mnt_fs_get_root(fs));
	return bind(m, fs, from);
}

/* An overlay can be the work of several containers; then it is there already. */
static bool is_here(const struct mounts *m, struct libmnt_fs *fs,
		    unsigned int row)
{
	return !strcmp(fresh[row].type, "overlay") && find_here(m, fs);
}

static int propagation(const struct mounts *m, struct libmnt_fs *fs)
{
	const char *tags = mnt_fs_get_optional_fields(fs);
	char at[PATH_MAX + 80];
	unsigned long flags = MS_PRIVATE;

	if (tags && strstr(tags, "unbindable"))
		flags = MS_UNBINDABLE;
	else if (tags && strstr(tags, "shared:"))
		flags = MS_SHARED;
	else if (tags && strstr(tags, "master:"))
		return 0;	/* as it has come from here */
	place(m, mnt_fs_get_target(fs), at);
	if (mount(NULL, *at ? at : "/", NULL, flags, NULL))
		return failed(fs, errno, "propagation");
	return 0;
}

static int do_mount(const struct mounts *m, struct libmnt_fs *fs)
{
	const struct container_map *map = map_of(m, fs);
	unsigned int row = fresh_row(fs);
	struct libmnt_fs *twin = NULL;
	int ret;

	if (map && !map->value)
		return 0;
	if (!map)
		twin = find_twin(m, fs);
	if (map)
		ret = bind(m, fs, map->value);
	else if (twin)
		ret = bind_twin(m, fs, twin);
	else if (row < NR_FRESH && !strcmp(mnt_fs_get_root(fs), "/") &&
		 !is_here(m, fs, row))
		ret = mount_fresh(m, fs);
	else
		ret = bind_here(m, fs);
	return ret ? ret : propagation(m, fs);
}

/* ---- all of them, parents first ---- */

static bool is_done(const struct mounts *m, int id)
{
	int i;

	for (i = 0; i < m->nr_done; i++)
		if (mnt_fs_get_id(m->done[i]) == id)
			return true;
	return false;
}

static bool is_root(const struct mounts *m, struct libmnt_fs *fs)
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

static bool is_ready(const struct mounts *m, struct libmnt_fs *fs, bool late)
{
	unsigned int row = fresh_row(fs);

	if (is_done(m, mnt_fs_get_id(fs)))
		return false;
	if (!late && row < NR_FRESH && fresh[row].late && !map_of(m, fs))
		return false;
	return is_done(m, mnt_fs_get_parent_id(fs)) || is_root(m, fs);
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

static int read_tables(struct mounts *m)
{
	char *text = m->ct->mountinfo;
	FILE *f = fmemopen(text, strlen(text), "r");
	int ret;

	m->image = mnt_new_table();
	if (!f || !m->image)
		return -1;
	mnt_table_set_parser_errcb(m->image, ignore_line);
	ret = mnt_table_parse_stream(m->image, f, "mounts of the image");
	fclose(f);
	m->here = mnt_new_table_from_file("/proc/self/mountinfo");
	m->done = calloc(mnt_table_get_nents(m->image) + 1, sizeof(*m->done));
	return !ret && m->here && m->done ? 0 : -1;
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
	return !strcmp(mnt_fs_get_fstype(fs), "overlay") && !map_of(m, fs) &&
	       mnt_optstr_get_option(mnt_fs_get_fs_options(fs), "userxattr",
				     NULL, NULL) && !find_here(m, fs);
}

static int mount_outside(struct mounts *m, struct libmnt_fs *fs, int nr)
{
	char to[sizeof(m->ct->stage) + 16];

	snprintf(to, sizeof(to), "%s/%d", m->ct->stage, nr);
	if (mkdir(to, 0700))
		return failed(fs, errno, "%s", to);
	return mount_at(NULL, fs, to);
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
	strcpy(m->ct->stage, "/run/ckpt-stage-XXXXXX");
	if (mkdtemp(m->ct->stage))
		return 0;
	say("%s: %s", m->ct->stage, strerror(errno));
	m->ct->stage[0] = '\0';
	return -1;
}

/**
 * mounts_unstage - remove the directory of mounts_stage()
 * @stage: the directory, or ""
 */
void mounts_unstage(const char *stage)
{
	if (*stage)
		rmdir(stage);
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

	if (!m->ct->stage[0])
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
 * can mount proc only where one can be seen already.
 *
 * Return: 0, or -1 after saying why.
 */
int mounts_enter(struct mounts *m)
{
	/* The old root ends up on top of the new one, where only umount2() sees it. */
	if (chdir(m->root) || syscall(SYS_pivot_root, ".", ".") || chdir("/")) {
		say("root of the container: %s", strerror(errno));
		return -1;
	}
	m->entered = true;
	return 0;
}

static int enter_init(pid_t init)
{
	int fd = syscall(SYS_pidfd_open, init, 0);

	if (fd < 0)
		return -1;
	return setns(fd, CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWCGROUP);
}

static int in_container(struct mounts *m)
{
	return mount_all(m, true) ? EXIT_FAILED : EXIT_OK;
}

/* A process in the container's namespaces mounts what shows those. */
static int mount_late(struct mounts *m, pid_t init)
{
	int status;
	pid_t pid;

	if (enter_init(init)) {
		say("namespaces of process %d: %s", init, strerror(errno));
		return -1;
	}
	pid = fork();
	if (!pid)
		_exit(in_container(m));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return -1;
	return 0;
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
	if (m->nr_late && mount_late(m, init))
		return -1;
	if (umount2("/", MNT_DETACH)) {
		say("old root: %s", strerror(errno));
		return -1;
	}
	return 0;
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
	if (m->root[0]) {
		if (!m->entered)
			umount2(m->root, MNT_DETACH);
		unlinkat(m->dir, strrchr(m->root, '/') + 1, AT_REMOVEDIR);
		close(m->dir);
	}
	mnt_unref_table(m->image);
	mnt_unref_table(m->here);
	free(m->done);
	free(m);
}
