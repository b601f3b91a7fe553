// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether this machine can restart an image
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include <asm/checkpoint_hdr.h>

#include "host.h"

#define CKPT_CHECK_FLAGS	(CKPT_CHECK_NEW_PIDNS | CKPT_CHECK_KEEP_LSM | \
				 CKPT_CHECK_STRICT_LSM | CKPT_CHECK_NOTES)

static void report(struct host_check *c, const struct record *rec,
		   const char *kind, const char *fmt, va_list ap)
{
	char text[4500];
	int n = snprintf(text, sizeof(text), "%s", kind);

	vsnprintf(text + n, sizeof(text) - n, fmt, ap);
	if (c->fn)
		c->fn(c->data, rec->pub.offset, text);
}

void ckpt_obstacle(struct host_check *c, const struct record *rec,
		   const char *fmt, ...)
{
	va_list ap;

	c->obstacles++;
	va_start(ap, fmt);
	report(c, rec, "", fmt, ap);
	va_end(ap);
}

void ckpt_note(struct host_check *c, const struct record *rec,
	       const char *fmt, ...)
{
	va_list ap;

	if (!(c->flags & CKPT_CHECK_NOTES))
		return;
	va_start(ap, fmt);
	report(c, rec, "note: ", fmt, ap);
	va_end(ap);
}

static void check_kernel(struct host_check *c)
{
	const struct record *rec = ckpt_rec(c->img, 0);
	const struct ckpt_hdr_header *hd = ckpt_header(c->img);

	/* A size of 0 is refused before anything else happens. */
	if (ckpt_sys_restart(NULL, 0) == -ENOSYS)
		ckpt_obstacle(c, rec, "this kernel has no restart()");
	if (1L << hd->page_shift != sysconf(_SC_PAGESIZE))
		ckpt_obstacle(c, rec, "pages of %u bytes, this machine has %ld",
			      1U << hd->page_shift, sysconf(_SC_PAGESIZE));
}

/* ---- processor ---- */

#ifdef __x86_64__
static __u64 host_xfeatures(void)
{
	unsigned int a, b, c, d, lo, hi;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
		return 0;
	__asm__("xgetbv" : "=a" (lo), "=d" (hi) : "c" (0));
	return (__u64)hi << 32 | lo;
}

static bool host_has_la57(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && c & 1 << 16;
}

/* Bytes mapped as @name, such as "[vdso]"; several areas count as one. */
static long mapped_size(const char *name)
{
	unsigned long start, end;
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	long size = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 &&
		    strstr(line, name))
			size += end - start;
	if (f)
		fclose(f);
	return size;
}

/* The fingerprint that the kernel makes, of the vdso we have ourselves. */
static __u32 host_vdso_crc(__u32 size)
{
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR);
	__s64 start = -mapped_size("[vvar"), page = sysconf(_SC_PAGESIZE);
	__s64 layout[5] = { start, start, start + page, start + 2 * page,
			    start + 3 * page };
	__u32 crc = ckpt_crc32c(~0U, (const void *)vdso, size);

	return ckpt_crc32c(crc, layout, sizeof(layout));
}

static void check_vdso(struct host_check *c, const struct record *rec,
		       const struct ckpt_hdr_x86_header *x)
{
	const struct ckpt_x86_vdso *v = &x->vdso[CKPT_X86_VDSO_64];

	/* The 32-bit one cannot be seen from here. */
	if (!(x->vdso_used & 1 << CKPT_X86_VDSO_64))
		return;
	if (v->size != mapped_size("[vdso]") || v->crc != host_vdso_crc(v->size))
		ckpt_obstacle(c, rec,
			      "the vdso, which is mapped, is that of another kernel or kind of processor");
}

static void check_processor(struct host_check *c)
{
	const struct record *rec = ckpt_rec(c->img, 1);
	const struct ckpt_hdr_x86_header *x;
	const char *name;
	__u64 missing;
	int i;

	if (ckpt_header(c->img)->arch != CKPT_ARCH_X86_64) {
		ckpt_obstacle(c, ckpt_rec(c->img, 0),
			      "made on architecture %u, this is x86-64",
			      ckpt_header(c->img)->arch);
		return;
	}
	if (!rec || rec->pub.h->type != CKPT_HDR_X86_HEADER)
		return;
	x = (const void *)rec->pub.h;
	missing = x->xfeatures & ~host_xfeatures();
	for (i = 0; i < 64; i++) {
		if (!(missing >> i & 1))
			continue;
		name = ckpt_value_name(ckpt_xfeature_names, 1ULL << i);
		ckpt_obstacle(c, rec,
			      "this processor or kernel lacks state component %d (%s), which is in use",
			      i, name ? name : "unknown");
	}
	if (x->addr_end > (1ULL << 47) - 4096 && !host_has_la57())
		ckpt_obstacle(c, rec,
			      "memory up to %#llx is in use, which needs 5-level page tables",
			      x->addr_end);
	check_vdso(c, rec, x);
}
#else
static void check_processor(struct host_check *c)
{
	ckpt_obstacle(c, ckpt_rec(c->img, 0), "this processor is not supported");
}
#endif

/* ---- process ids ---- */

static long pid_max(void)
{
	FILE *f = fopen("/proc/sys/kernel/pid_max", "re");
	long max = 0;

	if (f) {
		if (fscanf(f, "%ld", &max) != 1)
			max = 0;
		fclose(f);
	}
	return max ? max : 4194304;
}

static void check_pids(struct host_check *c)
{
	const struct record *rec;
	long max = pid_max();
	__u32 id;
	pid_t nr;

	for (id = 1; (rec = ckpt_obj(c->img, id)); id++) {
		if (rec->pub.h->type != CKPT_HDR_PID)
			continue;
		nr = ckpt_image_pid(c->img, id);
		if (nr <= 0)
			continue;
		if (nr >= max)
			ckpt_obstacle(c, rec,
				      "process id %d is not below kernel.pid_max, %ld",
				      nr, max);
		else if (!kill(nr, 0) || errno == EPERM ||
			 (nr > 1 && (!kill(-nr, 0) || errno == EPERM)))
			ckpt_obstacle(c, rec, "process id %d is taken", nr);
	}
}

/* ---- files ---- */

/*
 * Whether a file keeps its inode number; the kernel asks the same. Without the
 * UUID of the filesystem at hand, the device number must do.
 */
static bool ino_lasts(const struct ckpt_file_id *id)
{
	static const unsigned char none[sizeof(id->fs_uuid)];

	if (id->fs_magic == OVERLAYFS_SUPER_MAGIC ||
	    id->fs_magic == 0x65735546 /* FUSE_SUPER_MAGIC */ ||
	    id->fs_magic == PROC_SUPER_MAGIC)
		return false;
	return memcmp(id->fs_uuid, none, sizeof(none)) || major(id->dev);
}

static void check_ino(struct host_check *c, const struct record *rec,
		      const char *path, const struct ckpt_file_id *id,
		      const struct stat *st)
{
	struct statfs fs;

	if (statfs(path, &fs) || (__u64)fs.f_type != id->fs_magic ||
	    st->st_dev != id->dev || !ino_lasts(id))
		return;
	if (st->st_ino != id->ino)
		ckpt_obstacle(c, rec, "%s: was replaced: inode was %llu, now it is %lu",
			      path, id->ino, (unsigned long)st->st_ino);
}

/* @size: 0 not to compare it, 1 if it may have grown, 2 if not. */
static void check_file(struct host_check *c, const struct record *rec,
		       const char *path, const struct ckpt_file_id *id, int size)
{
	struct stat st;

	/* Its mount namespace is still to be made. */
	if (id->mnt)
		return;
	if (stat(path, &st)) {
		ckpt_obstacle(c, rec, "%s: %s", path, strerror(errno));
		return;
	}
	if (st.st_mode != id->mode) {
		ckpt_obstacle(c, rec,
			      "%s: type and permissions were %06o, now they are %06o",
			      path, id->mode, st.st_mode);
		return;
	}
	if ((S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) &&
	    (major(st.st_rdev) != id->rdev_major ||
	     minor(st.st_rdev) != id->rdev_minor))
		ckpt_obstacle(c, rec, "%s: was device %u:%u, now it is %u:%u", path,
			      id->rdev_major, id->rdev_minor, major(st.st_rdev),
			      minor(st.st_rdev));
	check_ino(c, rec, path, id, &st);
	if (S_ISREG(st.st_mode) &&
	    ((size == 2 && (__u64)st.st_size != id->size) ||
	     (size == 1 && (__u64)st.st_size < id->size)))
		ckpt_obstacle(c, rec, "%s: size was %llu, now it is %llu", path,
			      id->size, (unsigned long long)st.st_size);
}

static void check_file_path(struct host_check *c, const struct record *rec)
{
	const struct ckpt_hdr_file_path *f = (const void *)rec->pub.h;
	int size = f->flags & CKPT_FILE_GROWS ? 1 : 2;

	if (f->file.f_flags & O_PATH)
		size = 0;
	check_file(c, rec, (const char *)f->path, &f->id, size);
}

static void check_fs(struct host_check *c, const struct record *rec)
{
	const struct ckpt_hdr_fs *fs = (const void *)rec->pub.h;

	check_file(c, rec, (const char *)fs->paths, &fs->root, 0);
	check_file(c, rec, (const char *)fs->paths + fs->root_len, &fs->cwd, 0);
}

static void check_fifo(struct host_check *c, const struct record *rec)
{
	const struct ckpt_hdr_pipe *p = (const void *)rec->pub.h;

	if (p->path_len)
		check_file(c, rec, (const char *)p->path, &p->id, 0);
}

static void check_files(struct host_check *c)
{
	const struct record *rec;
	__u32 id;

	for (id = 1; (rec = ckpt_obj(c->img, id)); id++) {
		/* What is malformed has no path to look at. */
		if (rec->pub.broken)
			continue;
		if (rec->pub.h->type == CKPT_HDR_FILE_PATH)
			check_file_path(c, rec);
		else if (rec->pub.h->type == CKPT_HDR_FS)
			check_fs(c, rec);
		else if (rec->pub.h->type == CKPT_HDR_PIPE)
			check_fifo(c, rec);
	}
}

/* A container is restarted with process ids and mounts of its own. */
static bool is_container(const struct ckpt_image *img, bool *mounts)
{
	const struct ckpt_hdr_container *ct;
	const struct record *rec;
	bool init = false;
	unsigned int i;

	*mounts = false;
	for (i = 0; (rec = ckpt_rec(img, i)) && !rec->pub.h->id; i++) {
		ct = (const void *)rec->pub.h;
		if (ct->h.type == CKPT_HDR_CONTAINER)
			init = ct->flags & CKPT_CONTAINER_INIT;
		if (ct->h.type == CKPT_HDR_MOUNT)
			*mounts = true;
	}
	*mounts &= init;
	return init;
}

int ckpt_image_check_host(const struct ckpt_image *img, unsigned int flags,
			  ckpt_report_fn fn, void *data)
{
	struct host_check c = {
		.img = img, .fn = fn, .data = data, .flags = flags,
	};

	bool mounts;

	if (flags & ~CKPT_CHECK_FLAGS || !ckpt_header(img))
		return -EINVAL;
	check_kernel(&c);
	check_processor(&c);
	if (!is_container(img, &mounts) && !(flags & CKPT_CHECK_NEW_PIDNS))
		check_pids(&c);
	if (!mounts)
		check_files(&c);
	ckpt_check_users(&c);
	if (flags & (CKPT_CHECK_KEEP_LSM | CKPT_CHECK_STRICT_LSM))
		ckpt_check_lsms(&c);
	return c.obstacles;
}

static void mnt_key(const struct record *rec, ckpt_key_fn fn, void *data)
{
	const struct ckpt_hdr_ns *ns = (const void *)rec->pub.h;
	char key[16];

	if (ns->flags & CKPT_NS_ROOT)
		return;
	snprintf(key, sizeof(key), "ns:%u", ns->h.id);
	fn(data, key);
}

void ckpt_image_keys(const struct ckpt_image *img, ckpt_key_fn fn, void *data)
{
	const struct record *rec;
	bool mounts;
	__u32 id;

	is_container(img, &mounts);
	for (id = 1; (rec = ckpt_obj(img, id)); id++) {
		if (rec->pub.broken)
			continue;
		if (rec->pub.h->type == CKPT_HDR_FILE_EXTERNAL)
			fn(data, (const char *)
			   ((const struct ckpt_hdr_file_external *)rec->pub.h)->key);
		/* Of a container, ckpt restart makes them. */
		if (rec->pub.h->type == CKPT_HDR_NS_MNT && !mounts)
			mnt_key(rec, fn, data);
	}
}
