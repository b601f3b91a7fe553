// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the labels in an image would be given back on this machine
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <openssl/sha.h>

#include "host.h"

#ifndef SYS_lsm_list_modules
#define SYS_lsm_list_modules	461
#endif

#define LSM_MAX		32

enum { LSM_SELINUX = 101, LSM_SMACK, LSM_TOMOYO, LSM_APPARMOR };

static bool labels_objects(__u64 id)
{
	return id >= LSM_SELINUX && id <= LSM_APPARMOR;
}

static const char *lsm_name(__u64 id)
{
	const char *name = ckpt_value_name(ckpt_lsm_names, id);

	return name ? name : "of unknown name";
}

/* ---- this machine's policies ---- */

struct policy {
	__u32 mode;
	__u32 len;
	__u8 digest[CKPT_POLICY_DIGEST_MAX];
};

/* A file of the kernel's, whose size is not known. NUL-terminated. */
static char *read_all(const char *path, size_t *len)
{
	size_t size = 65536, n = 0;
	char *buf = malloc(size + 1), *more;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	while (fd >= 0 && buf && (got = read(fd, buf + n, size - n)) > 0) {
		n += got;
		if (n < size)
			continue;
		more = realloc(buf, 2 * size + 1);
		if (!more)
			break;
		buf = more;
		size *= 2;
	}
	if (fd >= 0)
		close(fd);
	if (got) {
		free(buf);
		return NULL;
	}
	buf[n] = '\0';
	*len = n;
	return buf;
}

static bool selinux_policy(struct policy *p)
{
	char *buf;
	size_t len;

	buf = read_all("/sys/fs/selinux/enforce", &len);
	if (!buf)
		return false;
	p->mode = *buf == '1' ? CKPT_POLICY_ENFORCING : CKPT_POLICY_PERMISSIVE;
	free(buf);
	buf = read_all("/sys/fs/selinux/policy", &len);
	if (!buf)
		return false;
	p->len = SHA256_DIGEST_LENGTH;
	SHA256((unsigned char *)buf, len, p->digest);
	free(buf);
	return true;
}

/* By subject and object, neither of which has spaces or what sorts before. */
static int compare_rules(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t split_lines(char *buf, char **lines)
{
	size_t nr = 0;
	char *s;

	for (s = strtok(buf, "\n"); s; s = strtok(NULL, "\n"))
		lines[nr++] = s;
	return nr;
}

static bool smack_policy(struct policy *p)
{
	size_t len, nr, i, n = 0;
	char *buf = read_all("/sys/fs/smackfs/load2", &len), *sorted, **lines;

	if (!buf)
		return false;
	lines = malloc((len + 1) * sizeof(*lines));
	sorted = malloc(len + 1);
	if (lines && sorted) {
		nr = split_lines(buf, lines);
		qsort(lines, nr, sizeof(*lines), compare_rules);
		for (i = 0; i < nr; i++)
			n += sprintf(sorted + n, "%s\n", lines[i]);
		SHA256((unsigned char *)sorted, n, p->digest);
	}
	p->mode = CKPT_POLICY_ENFORCING;
	p->len = lines && sorted ? SHA256_DIGEST_LENGTH : 0;
	free(lines);
	free(sorted);
	free(buf);
	return p->len;
}

static const struct {
	const char *name;
	__u32 mode;
} aa_modes[] = {
	{ "enforce", CKPT_POLICY_ENFORCING },
	{ "complain", CKPT_POLICY_PERMISSIVE },
	{ "kill", CKPT_POLICY_KILL },
	{ "unconfined", CKPT_POLICY_UNCONFINED },
	{ "user", CKPT_POLICY_USER },
	{ NULL }
};

static char *read_line(const char *dir, const char *file)
{
	char *path, *s = NULL;
	size_t len;

	if (asprintf(&path, "%s/%s", dir, file) >= 0) {
		s = read_all(path, &len);
		free(path);
	}
	if (s)
		s[strcspn(s, "\n")] = '\0';
	return s;
}

static void aa_read(const char *dir, struct policy *p)
{
	char *mode = read_line(dir, "mode"), *hash = read_line(dir, "sha256");
	unsigned int byte;
	size_t i;

	for (i = 0; mode && aa_modes[i].name; i++)
		if (!strcmp(mode, aa_modes[i].name))
			p->mode = aa_modes[i].mode;
	if (!hash)
		hash = read_line(dir, "sha1");
	for (; hash && p->len < CKPT_POLICY_DIGEST_MAX &&
	     sscanf(hash + 2 * p->len, "%2x", &byte) == 1; p->len++)
		p->digest[p->len] = byte;
	free(mode);
	free(hash);
}

/* Look for profile @name below @dir; hats are PROFILE//HAT. */
static bool aa_find(const char *dir, const char *name, struct policy *p)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[4096], below[4096], *s;
	bool found = false;
	size_t len;

	while (d && !found && (e = readdir(d))) {
		if (*e->d_name == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) >=
		    (int)sizeof(path))
			continue;
		s = read_line(path, "name");
		len = s ? strlen(s) : 0;
		if (s && !strcmp(s, name)) {
			aa_read(path, p);
			found = true;
		} else if (s && !strncmp(s, name, len) &&
			   !strncmp(name + len, "//", 2)) {
			if (snprintf(below, sizeof(below), "%s/profiles", path) <
			    (int)sizeof(below))
				found = aa_find(below, name + len + 2, p);
		}
		free(s);
	}
	if (d)
		closedir(d);
	return found;
}

static bool find_policy(__u64 id, const char *name, struct policy *p)
{
	memset(p, 0, sizeof(*p));
	switch (id) {
	case LSM_SELINUX:
		return selinux_policy(p);
	case LSM_SMACK:
		return smack_policy(p);
	case LSM_APPARMOR:
		return aa_find("/sys/kernel/security/apparmor/policy/profiles",
			       name, p);
	default:
		return false;
	}
}

/* ---- comparison ---- */

static void policy_differs(struct host_check *c, const struct record *rec,
			   const char *lsm, const char *name, const char *how)
{
	const char *of = *name ? " of " : "";

	if (c->flags & CKPT_CHECK_STRICT_LSM)
		ckpt_obstacle(c, rec, "security module %s: the policy%s%s %s",
			      lsm, of, name, how);
	else
		ckpt_note(c, rec, "security module %s: the policy%s%s %s", lsm,
			  of, name, how);
}

static void check_policy(struct host_check *c, const struct record *rec)
{
	const struct ckpt_hdr_lsm_policy *h = (const void *)rec->pub.h;
	const char *lsm = lsm_name(h->lsm_id), *name = (const char *)h->name;
	struct policy p;

	if (!find_policy(h->lsm_id, name, &p))
		policy_differs(c, rec, lsm, name, "is not there, or cannot be read");
	else if (p.mode != h->mode || p.len != h->digest_len ||
		 memcmp(p.digest, h->digest, p.len))
		policy_differs(c, rec, lsm, name, "is not the one at the checkpoint");
}

static bool has_labels(struct host_check *c, __u64 lsm_id)
{
	const struct record *rec;
	__u32 id;

	for (id = 1; (rec = ckpt_obj(c->img, id)); id++)
		if (rec->pub.h->type == CKPT_HDR_LABEL &&
		    ((const struct ckpt_hdr_label *)rec->pub.h)->lsm_id == lsm_id)
			return true;
	return false;
}

static bool is_active(const __u64 *ids, __u32 nr, __u64 id)
{
	__u32 i;

	for (i = 0; i < nr; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static void check_lsm(struct host_check *c, const struct record *rec,
		      const __u64 *ids, __u32 nr, __u32 place)
{
	const struct ckpt_hdr_lsm *lsm = (const void *)rec->pub.h;

	if (has_labels(c, lsm->lsm_id) && !is_active(ids, nr, lsm->lsm_id))
		ckpt_obstacle(c, rec,
			      "security module %.*s: is not active, and the image has its labels",
			      (int)sizeof(lsm->name), lsm->name);
	else if (c->flags & CKPT_CHECK_STRICT_LSM &&
		 (place >= nr || ids[place] != lsm->lsm_id))
		ckpt_obstacle(c, rec,
			      "security module %.*s: other modules are active than at the checkpoint",
			      (int)sizeof(lsm->name), lsm->name);
}

/* Compare active security modules and their policies with those of the image. */
void ckpt_check_lsms(struct host_check *c)
{
	const struct record *container = ckpt_rec(c->img, 2), *rec = NULL;
	__u64 ids[LSM_MAX];
	__u32 size = sizeof(ids), place = 0, i;
	long nr;

	nr = syscall(SYS_lsm_list_modules, ids, &size, 0);
	if (nr < 0) {
		ckpt_obstacle(c, container, "security modules: %s", strerror(errno));
		return;
	}
	while ((rec = ckpt_child(c->img, container, CKPT_HDR_LSM, rec)))
		check_lsm(c, rec, ids, nr, place++);
	for (i = 0; i < nr; i++)
		if (labels_objects(ids[i]) && !has_labels(c, ids[i]))
			ckpt_obstacle(c, container,
				      "security module %s: is active, and the image has no labels of it",
				      lsm_name(ids[i]));
	while ((rec = ckpt_child(c->img, container, CKPT_HDR_LSM_POLICY, rec)))
		if (is_active(ids, nr, ((const struct ckpt_hdr_lsm_policy *)
					rec->pub.h)->lsm_id))
			check_policy(c, rec);
}
