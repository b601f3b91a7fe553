// SPDX-License-Identifier: GPL-2.0-only
/*
 * ckpt show, ckpt verify
 *
 * The text is made from the JSON of the library, so that the two cannot differ.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <json-c/json.h>

#include "ckpt.h"

/* ---- reading ---- */

struct source {
	const char *path;
	int fd;
	struct ckpt_image *img;
	struct json_object *errors;	/* array of what is wrong, or NULL */
};

static void report_text(void *data, __u64 offset, const char *what)
{
	const struct source *src = data;

	say("%s: at byte %llu: %s", src->path, offset, what);
}

static void obstacle_text(void *data, __u64 offset, const char *what)
{
	const struct source *src = data;

	(void)offset;
	say("%s: %s", src->path, what);
}

static void report_json(void *data, __u64 offset, const char *what)
{
	struct json_object *array = data, *o = json_object_new_object();

	json_object_object_add(o, "offset", json_object_new_uint64(offset));
	json_object_object_add(o, "what", json_object_new_string(what));
	json_object_array_add(array, o);
}

static int source_open(struct source *src, const char *path)
{
	src->path = path;
	if (!strcmp(path, "-")) {
		src->path = "standard input";
		src->fd = STDIN_FILENO;
		if (isatty(src->fd)) {
			say("the image would come from a terminal; name a file, or use a pipe");
			return -1;
		}
	} else {
		src->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (src->fd < 0) {
			say("image %s: %s", path, strerror(errno));
			return -1;
		}
	}
	src->img = ckpt_image_open(src->fd);
	if (!src->img)
		say("out of memory");
	else if (src->errors)
		ckpt_image_set_report(src->img, report_json, src->errors);
	else
		ckpt_image_set_report(src->img, report_text, src);
	return src->img ? 0 : -1;
}

static void source_close(struct source *src)
{
	ckpt_image_close(src->img);
	json_object_put(src->errors);
	if (src->fd > 2)
		close(src->fd);
}

/* What lies behind the trailer is nobody's business, but worth a word. */
static void warn_of_tail(const struct source *src)
{
	char c;

	if (lseek(src->fd, 0, SEEK_CUR) < 0)
		return;
	if (pread(src->fd, &c, 1, ckpt_image_size(src->img)) == 1)
		say("%s: bytes follow the end of the image; restart ignores them",
		    src->path);
}

/* Return: 0, or a negative errno; what is malformed has been reported. */
static int read_all(struct source *src)
{
	const struct ckpt_record *rec;
	int ret;

	while ((ret = ckpt_image_next(src->img, &rec)) > 0)
		;
	if (!ret)
		warn_of_tail(src);
	else if (ret != -EBADMSG)
		say("%s: %s", src->path, strerror(-ret));
	return ret;
}

/* ---- JSON, made easy to read ---- */

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return v;
}

static const char *str(struct json_object *o, const char *key)
{
	struct json_object *v = get(o, key);

	return v ? json_object_get_string(v) : "?";
}

static long long num(struct json_object *o, const char *key)
{
	return json_object_get_int64(get(o, key));
}

static unsigned long long unum(struct json_object *o, const char *key)
{
	return json_object_get_uint64(get(o, key));
}

/* Numbers given in base 16 are strings. */
static unsigned long long hex(struct json_object *o, const char *key)
{
	return strtoull(str(o, key), NULL, 16);
}

static size_t len(struct json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

static struct json_object *at(struct json_object *array, size_t i)
{
	return json_object_array_get_idx(array, i);
}

static bool has(struct json_object *array, const char *name)
{
	size_t i;

	for (i = 0; i < len(array); i++)
		if (!strcmp(json_object_get_string(at(array, i)), name))
			return true;
	return false;
}

static void put_list(struct json_object *array, const char *separator)
{
	size_t i;

	for (i = 0; i < len(array); i++) {
		if (i)
			fputs(separator, stdout);
		put_text(stdout, json_object_get_string(at(array, i)));
	}
	if (!len(array))
		fputs("none", stdout);
}

static void put_size(unsigned long long bytes)
{
	if (bytes < 10240)
		printf("%llu bytes", bytes);
	else if (bytes < 10 << 20)
		printf("%.1f KiB", bytes / 1024.0);
	else
		printf("%.1f MiB", bytes / 1048576.0);
}

static struct json_object *object(struct json_object *root, long long id)
{
	struct json_object *objects = get(root, "objects");

	return id > 0 && (size_t)id <= len(objects) ? at(objects, id - 1) :
						      NULL;
}

/* ---- show, as text ---- */

static void show_policies(struct json_object *policies)
{
	struct json_object *p;
	size_t i;

	for (i = 0; i < len(policies); i++) {
		p = at(policies, i);
		printf("policy    %s", str(p, "lsm_id"));
		if (get(p, "name")) {
			putchar(' ');
			put_text(stdout, str(p, "name"));
		}
		printf(", %s, %s\n", str(p, "mode"),
		       *str(p, "digest") ? str(p, "digest") : "none loaded");
	}
}

/* What security modules say about a task, file ... */
static void show_labels(const char *head, struct json_object *o)
{
	struct json_object *labels = get(o, "labels");

	if (!labels)
		return;
	printf("%s", head);
	json_object_object_foreach(labels, key, value) {
		printf(" %s=", key);
		put_text(stdout, json_object_get_string(value));
	}
	putchar('\n');
}

/* "ID PARENT DEV ROOT TARGET OPTIONS TAGS... - TYPE SOURCE SUPER" */
static void show_mount(const char *line)
{
	const char *rest = strstr(line, " - ");
	char target[4096], root[4096], type[64];

	if (!rest || sscanf(rest, " - %63s", type) != 1 ||
	    sscanf(line, "%*s %*s %*s %4095s %4095s", root, target) != 2)
		return;
	printf("mount     ");
	put_text(stdout, target);
	putchar(' ');
	put_text(stdout, type);
	if (strcmp(root, "/")) {
		printf(" from ");
		put_text(stdout, root);
	}
	putchar('\n');
}

static void show_addresses(struct json_object *net, struct json_object *link)
{
	struct json_object *m;
	size_t i;

	for (i = 0; i < len(net); i++) {
		m = at(net, i);
		if (!strcmp(str(m, "what"), "address") &&
		    num(m, "index") == num(link, "index") &&
		    len(get(m, "flags")) == len(get(link, "flags")))
			printf(" %s", str(m, "local"));
	}
}

static void show_net(struct json_object *net)
{
	struct json_object *m;
	const char *what;
	size_t i;

	for (i = 0; i < len(net); i++) {
		m = at(net, i);
		what = str(m, "what");
		if (!strcmp(what, "link")) {
			printf("link      ");
			put_text(stdout, str(m, "name"));
			if (get(m, "kind")) {
				putchar(' ');
				put_text(stdout, str(m, "kind"));
			}
			show_addresses(net, m);
			puts(len(get(m, "flags")) ? " (outside)" : "");
		} else if (!strcmp(what, "route") && num(m, "protocol") != 2) {
			printf("route     %s", str(m, "destination"));
			if (get(m, "gateway"))
				printf(" via %s", str(m, "gateway"));
			putchar('\n');
		}
	}
}

static void show_map(const char *what, struct json_object *map)
{
	struct json_object *range;
	size_t i;

	printf("%s", what);
	for (i = 0; i < len(map); i++) {
		range = at(map, i);
		printf("%s %llu = %llu", i ? "," : "", unum(range, "first"),
		       unum(range, "lower"));
		if (unum(range, "count") > 1)
			printf(" (%llu)", unum(range, "count"));
	}
	if (!len(map))
		printf(" none");
}

static void show_users(struct json_object *root)
{
	struct json_object *objects = get(root, "objects"), *o;
	size_t i;

	for (i = 0; i < len(objects); i++) {
		o = at(objects, i);
		if (!get(o, "kind") || strcmp(str(o, "kind"), "ns_user"))
			continue;
		printf("userns    %llu", unum(o, "id"));
		if (unum(o, "user"))
			printf(" in %llu", unum(o, "user"));
		printf(" of %llu:%llu; ", unum(o, "owner"), unum(o, "group"));
		show_map("user ids", get(o, "uid_map"));
		show_map("; group ids", get(o, "gid_map"));
		puts(has(get(o, "flags"), "setgroups") ? "" :
		     "; setgroups denied");
	}
}

static void show_nets(struct json_object *root)
{
	struct json_object *objects = get(root, "objects"), *o;
	size_t i;

	for (i = 0; i < len(objects); i++) {
		o = at(objects, i);
		if (!get(o, "kind") || strcmp(str(o, "kind"), "ns_net") ||
		    (!len(get(o, "net")) && !len(get(o, "kept"))))
			continue;
		printf("network   %llu, for \"ns:%llu\"\n", unum(o, "id"),
		       unum(o, "id"));
		show_net(get(o, "net"));
	}
}

static void show_environment(struct json_object *container)
{
	struct json_object *mounts = get(container, "mount");
	size_t i;

	for (i = 0; i < len(mounts); i++)
		show_mount(str(at(mounts, i), "line"));
	show_net(get(container, "net"));
}

/* Mount namespaces other than the root task's. */
static void show_nested_mounts(struct json_object *root)
{
	struct json_object *objects = get(root, "objects"), *o, *mounts;
	size_t i, j;

	for (i = 0; i < len(objects); i++) {
		o = at(objects, i);
		mounts = get(o, "mount");
		if (!get(o, "kind") || strcmp(str(o, "kind"), "ns_mnt") ||
		    !len(mounts))
			continue;
		printf("mounts of namespace %llu\n", unum(o, "id"));
		for (j = 0; j < len(mounts); j++)
			show_mount(str(at(mounts, j), "line"));
	}
}

static bool find_target(struct json_object *mounts, unsigned long nr,
			char buf[4096])
{
	const char *line;
	size_t i;

	for (i = 0; i < len(mounts); i++) {
		line = str(at(mounts, i), "line");
		if (strtoul(line, NULL, 10) == nr)
			return sscanf(line, "%*s %*s %*s %*s %4095s", buf) == 1;
	}
	return false;
}

/* Where a mount is that keeps a namespace. */
static void put_keeper(struct json_object *root, unsigned long nr)
{
	struct json_object *objects = get(root, "objects"), *o;
	char target[4096];
	size_t i;

	if (find_target(get(get(root, "container"), "mount"), nr, target)) {
		put_text(stdout, target);
		return;
	}
	for (i = 0; i < len(objects); i++) {
		o = at(objects, i);
		if (strcmp(str(o, "kind"), "ns_mnt") ||
		    !find_target(get(o, "mount"), nr, target))
			continue;
		put_text(stdout, target);
		printf(" of namespace %llu", unum(o, "id"));
		return;
	}
}

static void show_kept(struct json_object *root)
{
	struct json_object *objects = get(root, "objects"), *o, *kept;
	size_t i, j;

	for (i = 0; i < len(objects); i++) {
		o = at(objects, i);
		kept = get(o, "kept");
		for (j = 0; j < len(kept); j++) {
			printf("kept      %s %llu, for \"ns:%llu\", by ",
			       str(o, "kind"), unum(o, "id"), unum(o, "id"));
			put_keeper(root, unum(at(kept, j), "mount"));
			putchar('\n');
		}
	}
}

static void show_header(struct json_object *root)
{
	struct json_object *h = get(root, "header"), *c = get(root, "container");
	struct json_object *lsm = get(c, "lsm"), *pages = get(root, "pages");
	size_t i;

	printf("image     format %lld for %s, %llu byte pages, %s\n",
	       num(h, "version"), str(h, "arch"),
	       1ULL << (num(h, "page_shift") & 63),
	       has(get(c, "flags"), "init") ? "a whole container" :
					      "a subtree");
	printf("uuid      %s\ntaken     %s\nsize      ", str(h, "uuid"),
	       str(h, "realtime"));
	put_size(unum(root, "bytes"));
	printf(": ");
	put_size(unum(h, "meta_len"));
	printf(" of metadata, %llu pages in %llu runs\n", unum(pages, "pages"),
	       unum(pages, "runs"));
	printf("contents  %lld tasks, %lld objects, %lld records\n",
	       num(h, "nr_tasks"), num(h, "nr_objects"), num(h, "nr_records"));
	printf("cpu       needs ");
	put_list(get(get(root, "arch"), "xfeatures"), " ");
	printf("\nlsm       ");
	for (i = 0; i < len(lsm); i++) {
		if (i)
			fputs(", ", stdout);
		put_text(stdout, str(at(lsm, i), "name"));
	}
	printf(len(lsm) ? "\n" : "none\n");
	show_users(root);
	show_environment(c);
	show_nested_mounts(root);
	show_nets(root);
	show_kept(root);
	show_policies(get(c, "lsm_policy"));
}

static void put_caps(const char *name, struct json_object *caps)
{
	if (!len(caps))
		return;
	printf(" %s=", name);
	if (len(caps) >= 41)
		printf("all");
	else
		put_list(caps, ",");
}

static void show_cred(struct json_object *cred)
{
	if (!cred)
		return;
	printf("  ids       uid %lld %lld %lld %lld, gid %lld %lld %lld %lld, groups ",
	       num(cred, "uid"), num(cred, "euid"), num(cred, "suid"),
	       num(cred, "fsuid"), num(cred, "gid"), num(cred, "egid"),
	       num(cred, "sgid"), num(cred, "fsgid"));
	put_list(get(cred, "groups"), " ");
	printf("\n  caps     ");
	put_caps("permitted", get(cred, "cap_permitted"));
	put_caps("effective", get(cred, "cap_effective"));
	put_caps("inheritable", get(cred, "cap_inheritable"));
	put_caps("ambient", get(cred, "cap_ambient"));
	put_caps("bounding", get(cred, "cap_bset"));
	putchar('\n');
	show_labels("  labels   ", cred);
}

static void show_signals(struct json_object *task)
{
	struct json_object *s = get(task, "signal_task"), *p;
	size_t i;

	if (len(get(s, "blocked"))) {
		printf("  blocked   ");
		put_list(get(s, "blocked"), " ");
		putchar('\n');
	}
	for (i = 0; i < len(get(task, "sigpending")); i++) {
		p = at(get(task, "sigpending"), i);
		printf("  pending   ");
		put_list(get(p, "set"), " ");
		printf("%s, %zu queued\n",
		       has(get(p, "flags"), "shared") ? " (process)" : "",
		       len(get(p, "info")));
	}
}

static void show_cpu(struct json_object *task)
{
	struct json_object *cpu = get(task, "x86_cpu");
	struct json_object *rb = get(task, "restart_block");

	if (!cpu)
		return;
	printf("  at        ip %s sp %s", str(cpu, "ip"), str(cpu, "sp"));
	if (num(cpu, "orig_ax") >= 0)
		printf(", in system call %lld", num(cpu, "orig_ax"));
	if (rb)
		printf(", to continue %s", str(rb, "kind"));
	putchar('\n');
}

static int depth(struct json_object *tasks, struct json_object *t)
{
	int d = 0;

	/* Parents come first, so this ends. */
	while (t && num(t, "parent") < (long long)len(tasks) && d < 40) {
		t = at(tasks, num(t, "parent"));
		d++;
	}
	return d;
}

static void show_task(struct json_object *root, struct json_object *tasks,
		      size_t i)
{
	struct json_object *t = at(tasks, i), *objs = get(t, "task_objs");
	bool thread = num(t, "leader") != (long long)i;
	struct json_object *fs;

	printf("\n%*s%s %lld (", 2 * depth(tasks, t), "",
	       thread ? "thread" : "process", num(t, "pid_nr"));
	put_text(stdout, str(t, "comm"));
	printf("): %s, process group %lld, session %lld", str(t, "state"),
	       num(t, "pgrp_nr"), num(t, "session_nr"));
	if (num(t, "exit_code"))
		printf(", exit code %#llx", unum(t, "exit_code"));
	putchar('\n');
	if (!objs)
		return;
	printf("  objects   memory %lld, descriptors %lld, directories %lld, handlers %lld, ids %lld\n",
	       num(objs, "mm"), num(objs, "files"), num(objs, "fs"),
	       num(objs, "sighand"), num(objs, "cred"));
	show_cred(object(root, num(objs, "cred")));
	fs = object(root, num(objs, "fs"));
	if (fs && !thread) {
		printf("  in        ");
		put_text(stdout, str(fs, "cwd"));
		printf(", root ");
		put_text(stdout, str(fs, "root"));
		printf(", umask %s\n", str(fs, "umask"));
	}
	show_labels("  labels   ", t);
	show_cpu(t);
	show_signals(t);
}

static void put_file(struct json_object *root, struct json_object *f)
{
	const char *kind = f ? str(f, "kind") : "?";
	struct json_object *pipe;

	if (get(f, "path")) {
		put_text(stdout, str(f, "path"));
		if (unum(get(f, "path_id"), "mnt"))
			printf(" in mount namespace %llu",
			       unum(get(f, "path_id"), "mnt"));
	} else if (get(f, "key")) {
		printf("external ");
		put_text(stdout, str(f, "key"));
	} else if (get(f, "inode")) {
		f = object(root, num(f, "inode"));
		put_text(stdout, str(f, get(f, "name") ? "name" : "dir"));
		printf(get(f, "name") ? " (memfd)" : "/ (deleted)");
	} else if (get(f, "pipe")) {
		pipe = object(root, num(f, "pipe"));
		if (get(pipe, "path"))
			put_text(stdout, str(pipe, "path"));
		else
			printf("pipe:[%lld]", num(pipe, "ino"));
	} else if (get(f, "pty")) {
		pipe = object(root, num(f, "pty"));
		put_text(stdout, str(pipe, "path"));
		printf(" (master of pts %lld)", num(pipe, "index"));
	} else {
		printf("%s %lld", kind, num(f, "id"));
	}
}

/* What anonymous memory is for, as /proc/PID/maps has it. */
static const char *purpose(struct json_object *mm, unsigned long long start,
			   unsigned long long end)
{
	unsigned long long stack = hex(mm, "start_stack");

	if (start < hex(mm, "brk") && end > hex(mm, "start_brk"))
		return "[heap]";
	return start <= stack && stack < end ? "[stack]" : "";
}

static void show_vma(struct json_object *root, struct json_object *mm,
		     struct json_object *v)
{
	struct json_object *flags = get(v, "flags");
	unsigned long long start = hex(v, "start"), end = hex(v, "end");

	printf("  %012llx-%012llx %c%c%c%c %9lluK %8llu", start, end,
	       has(flags, "read") ? 'r' : '-', has(flags, "write") ? 'w' : '-',
	       has(flags, "exec") ? 'x' : '-',
	       has(flags, "mayshare") ? 's' : 'p', (end - start) / 1024,
	       unum(v, "pages"));
	if (unum(v, "pages_shared"))
		printf("+%llu", unum(v, "pages_shared"));
	putchar(' ');
	if (num(v, "file"))
		put_file(root, object(root, num(v, "file")));
	else if (!get(v, "name"))
		fputs(purpose(mm, start, end), stdout);
	if (get(v, "name")) {
		printf("[anon:");
		put_text(stdout, str(v, "name"));
		putchar(']');
	}
	putchar('\n');
}

static void show_mm(struct json_object *root, struct json_object *mm)
{
	struct json_object *vmas = get(mm, "vma");
	size_t i;

	printf("\nmemory %lld: ", num(mm, "id"));
	put_size(unum(mm, "size"));
	printf(" in %zu areas, %llu pages saved", len(vmas), unum(mm, "pages"));
	if (unum(mm, "pages_shared"))
		printf(", %llu shared with others", unum(mm, "pages_shared"));
	if (num(mm, "exe_file")) {
		printf(", runs ");
		put_file(root, object(root, num(mm, "exe_file")));
	}
	putchar('\n');
	for (i = 0; i < len(vmas); i++)
		show_vma(root, mm, at(vmas, i));
	if (has(get(get(mm, "x86_mm"), "flags"), "vdso"))
		printf("  %012llx the vdso, and its data in front of it\n",
		       hex(get(mm, "x86_mm"), "vdso"));
}

static void show_files(struct json_object *root, struct json_object *files)
{
	struct json_object *fd, *file, *flags;
	size_t i;

	printf("\ndescriptors %lld:\n", num(files, "id"));
	for (i = 0; i < len(get(files, "fd")); i++) {
		fd = at(get(files, "fd"), i);
		file = object(root, num(fd, "file"));
		flags = get(file, "f_flags");
		printf("  %4lld %s%s pos %-8lld ", num(fd, "fd"),
		       has(flags, "rdwr") ? "rw" :
		       has(flags, "wronly") ? "-w" : "r-",
		       len(get(fd, "flags")) ? " cloexec" : "",
		       num(file, "pos"));
		put_file(root, file);
		putchar('\n');
	}
}

static void show_pipe(struct json_object *pipe)
{
	struct json_object *bufs = get(pipe, "pipe_buf");
	unsigned long long bytes = 0;
	size_t i;

	for (i = 0; i < len(bufs); i++)
		bytes += unum(at(bufs, i), "len");
	printf("\npipe %lld: inode %lld, %llu bytes in %zu of %lld buffers, %lld readers, %lld writers\n",
	       num(pipe, "id"), num(pipe, "ino"), bytes, len(bufs),
	       num(pipe, "slots"), num(pipe, "readers"), num(pipe, "writers"));
}

static void show_pty(struct json_object *root, struct json_object *pty)
{
	struct json_object *sides = get(pty, "tty"), *slave = at(sides, 1);
	struct json_object *session = object(root, num(pty, "session"));

	printf("\npseudo terminal %lld: pts %lld, %lld rows of %lld, unread %lld, written by the slave %lld",
	       num(pty, "id"), num(pty, "index"), num(slave, "rows"),
	       num(slave, "cols"),
	       num(slave, "nr_read") + num(slave, "nr_queued"),
	       num(at(sides, 0), "nr_read") + num(at(sides, 0), "nr_queued"));
	if (session)
		printf(", controls session %lld",
		       (long long)json_object_get_int64(at(get(session, "nr"), 0)));
	putchar('\n');
}

static void show_inode(struct json_object *inode)
{
	printf("\ncontents %lld: ", num(inode, "id"));
	put_size(unum(inode, "size"));
	printf(", %llu pages saved\n", unum(inode, "pages"));
}

static void show_unknown(struct json_object *o)
{
	printf("\nunknown object %lld: record of type %lld, %lld bytes\n",
	       num(o, "id"), num(o, "type"), num(o, "len"));
}

static void show_objects(struct json_object *root)
{
	struct json_object *objects = get(root, "objects"), *o;
	const char *kind;
	size_t i;

	for (i = 0; i < len(objects); i++) {
		o = at(objects, i);
		kind = str(o, "kind");
		if (!get(o, "kind"))
			show_unknown(o);
		else if (!strcmp(kind, "mm"))
			show_mm(root, o);
		else if (!strcmp(kind, "files"))
			show_files(root, o);
		else if (!strcmp(kind, "pipe"))
			show_pipe(o);
		else if (!strcmp(kind, "pty"))
			show_pty(root, o);
		else if (!strcmp(kind, "inode") || !strcmp(kind, "unlinked"))
			show_inode(o);
	}
}

static int show_text(struct ckpt_image *img)
{
	struct json_object *root = ckpt_image_json(img), *tasks;
	size_t i;

	if (!root) {
		say("out of memory");
		return EXIT_FAILED;
	}
	if (get(root, "header")) {
		show_header(root);
		tasks = get(root, "tasks");
		for (i = 0; i < len(tasks); i++)
			show_task(root, tasks, i);
		show_objects(root);
	}
	json_object_put(root);
	return fflush(stdout) ? EXIT_FAILED : EXIT_OK;
}

/* ---- show, record by record ---- */

#define PLAIN	(JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static void put_record_text(struct json_object *o, const struct ckpt_record *rec)
{
	printf("%10llu %5u %-14s", rec->offset, rec->h->len,
	       str(o, "record"));
	json_object_object_foreach(o, key, value) {
		if (!strcmp(key, "record") || !strcmp(key, "type") ||
		    !strcmp(key, "offset") || !strcmp(key, "len"))
			continue;
		printf(" %s=", key);
		put_json(stdout, json_object_to_json_string_ext(value, PLAIN));
	}
}

static int show_records(struct source *src, bool json)
{
	const struct ckpt_record *rec;
	struct json_object *o;
	int ret;

	while ((ret = ckpt_image_next(src->img, &rec)) > 0) {
		o = ckpt_record_json(src->img, rec);
		if (json)
			put_json(stdout, json_object_to_json_string_ext(o, PLAIN));
		else
			put_record_text(o, rec);
		putchar('\n');
		json_object_put(o);
		if (ferror(stdout))
			return -EPIPE;
	}
	if (ret && ret != -EBADMSG)
		say("%s: %s", src->path, strerror(-ret));
	return ret;
}

enum {
	OPT_RECORDS = OPT_OWN, OPT_PIDNS, OPT_IMAGE_ONLY, OPT_KEEP_LSM,
	OPT_STRICT_LSM,
};

static const struct option show_options[] = {
	{ "records",	no_argument, NULL, OPT_RECORDS },
	OPTION_JSON, OPTION_HELP,
	{ NULL }
};

static int show(const char *path, bool json, bool records)
{
	struct source src = { .fd = -1 };
	int ret = EXIT_FAILED, err;

	if (source_open(&src, path))
		return EXIT_FAILED;
	err = records ? show_records(&src, json) : read_all(&src);
	if (records)
		ret = fflush(stdout) ? EXIT_FAILED : EXIT_OK;
	else if (json)
		ret = print_json(ckpt_image_json(src.img));
	else
		ret = show_text(src.img);
	if (err || ckpt_image_nr_errors(src.img))
		ret = EXIT_FAILED;
	source_close(&src);
	return ret;
}

static int take_show_option(int c, void *own)
{
	bool *records = own;

	*records = c == OPT_RECORDS;
	return EXIT_OK;
}

/* Take the options, and the only argument. */
static int parse_file(const struct command *cmd, int argc, char **argv,
		      struct request *rq, void *own)
{
	int ret = parse_options(cmd, argc, argv, rq, own);

	if (!ret && argc - optind != 1)
		ret = usage(cmd, "needs exactly one FILE, or -");
	rq->image = argv[optind];
	return ret;
}

static int run_show(int argc, char **argv)
{
	struct request rq = { 0 };
	bool records = false;

	return parse_file(&cmd_show, argc, argv, &rq, &records) ?:
	       show(rq.image, rq.json, records);
}

const struct command cmd_show = {
	.name = "show",
	.args = "[--json] [--records] FILE|-",
	.brief = "show what is in an image",
	.help =
"      --json             as JSON\n"
"      --records          record by record, while reading\n",
	.letters = ":h",
	.options = show_options,
	.option = take_show_option,
	.run = run_show,
};

/* ---- verify ---- */

static const struct option verify_options[] = {
	{ "pidns",	no_argument, NULL, OPT_PIDNS },
	{ "image-only",	no_argument, NULL, OPT_IMAGE_ONLY },
	{ "keep-lsm",	no_argument, NULL, OPT_KEEP_LSM },
	{ "strict-lsm",	no_argument, NULL, OPT_STRICT_LSM },
	OPTION_JSON, OPTION_QUIET, OPTION_HELP,
	{ NULL }
};

struct verify_options {
	bool image_only;
	unsigned int flags;
};

static int take_verify_option(int c, void *own)
{
	struct verify_options *o = own;

	switch (c) {
	case OPT_IMAGE_ONLY:
		o->image_only = true;
		break;
	case OPT_PIDNS:
		o->flags |= CKPT_CHECK_NEW_PIDNS;
		break;
	case OPT_KEEP_LSM:
		o->flags |= CKPT_CHECK_KEEP_LSM;
		break;
	case OPT_STRICT_LSM:
		o->flags |= CKPT_CHECK_STRICT_LSM;
		break;
	}
	return EXIT_OK;
}

/**
 * struct verdict - what is to be said of an image
 * @sound: it is well-formed
 * @elsewhere: what keeps this machine from restarting it was looked for
 * @nr_obstacles: how much that is
 * @obstacles: array of these, with --json
 * @keys: the external resources a restart must be given are its keys
 */
struct verdict {
	bool sound;
	bool elsewhere;
	int nr_obstacles;
	struct json_object *obstacles;
	struct json_object *keys;
};

static void add_key(void *data, const char *key)
{
	json_object_object_add(data, key, NULL);
}

static void print_verdict(const struct source *src, const struct verdict *v)
{
	unsigned long nr_errors = ckpt_image_nr_errors(src->img);

	if (!v->sound)
		printf("%s: malformed, %lu error%s\n", src->path, nr_errors,
		       nr_errors == 1 ? "" : "s");
	else if (!v->elsewhere)
		printf("%s: sound\n", src->path);
	else if (v->nr_obstacles)
		printf("%s: sound, but this machine cannot restart it now\n",
		       src->path);
	else
		printf("%s: sound, and nothing is known that keeps this machine from restarting it\n",
		       src->path);
	json_object_object_foreach(v->keys, key, value) {
		(void)value;
		printf("%s: restart needs --external ", src->path);
		put_text(stdout, key);
		puts(strcmp(key, "tty") ? ":PATH" : ":PATH, or a terminal");
	}
}

static int print_verdict_json(const struct source *src, const struct verdict *v)
{
	struct json_object *o = json_object_new_object();
	struct json_object *keys = json_object_new_array();

	json_object_object_add(o, "sound", json_object_new_boolean(v->sound));
	json_object_object_add(o, "errors", json_object_get(src->errors));
	if (v->elsewhere) {
		json_object_object_add(o, "restartable",
				       json_object_new_boolean(v->sound &&
							       !v->nr_obstacles));
		json_object_object_add(o, "obstacles",
				       json_object_get(v->obstacles));
	}
	json_object_object_foreach(v->keys, key, value) {
		(void)value;
		json_object_array_add(keys, json_object_new_string(key));
	}
	json_object_object_add(o, "external", keys);
	return print_json(o);
}

static int print_either(const struct request *rq, const struct source *src,
			const struct verdict *v)
{
	if (rq->json && print_verdict_json(src, v))
		return EXIT_FAILED;
	if (!rq->json && !rq->quiet)
		print_verdict(src, v);
	if (!v->sound)
		return EXIT_FAILED;
	return v->nr_obstacles ? EXIT_ELSEWHERE : EXIT_OK;
}

static int verify(const struct request *rq, const struct verify_options *o)
{
	struct verdict v = { .elsewhere = !o->image_only };
	struct source src = { .fd = -1 };
	int ret;

	if (rq->json)
		src.errors = json_object_new_array();
	if (source_open(&src, rq->image))
		return EXIT_FAILED;
	v.obstacles = json_object_new_array();
	v.keys = json_object_new_object();
	v.sound = !read_all(&src) && !ckpt_image_nr_errors(src.img);
	if (v.sound && v.elsewhere)
		v.nr_obstacles = ckpt_image_check_host(src.img, o->flags |
						       (rq->json ? 0 : CKPT_CHECK_NOTES),
						       rq->json ? report_json :
								  obstacle_text,
						       rq->json ?
						       (void *)v.obstacles :
						       (void *)&src);
	if (v.sound)
		ckpt_image_keys(src.img, add_key, v.keys);
	ret = print_either(rq, &src, &v);
	json_object_put(v.obstacles);
	json_object_put(v.keys);
	source_close(&src);
	return ret;
}

static int run_verify(int argc, char **argv)
{
	struct verify_options o = { 0 };
	struct request rq = { 0 };

	return parse_file(&cmd_verify, argc, argv, &rq, &o) ?: verify(&rq, &o);
}

const struct command cmd_verify = {
	.name = "verify",
	.args = "[OPTION]... FILE|-",
	.brief = "check an image, and whether this machine can restart it",
	.help =
"      --image-only       look at the image only, not at this machine\n"
"      --pidns            it will get a pid namespace of its own\n"
"      --keep-lsm         it will get the labels of security modules back\n"
"      --strict-lsm       the same, under the same modules and policies only\n"
"      --json             print the result as JSON\n"
"  -q, --quiet            print errors only\n"
"\n"
"Exit status: 0 sound and restartable, 1 malformed, 3 sound but not restartable\n"
"here and now.\n",
	.letters = ":qh",
	.options = verify_options,
	.option = take_verify_option,
	.run = run_verify,
};
