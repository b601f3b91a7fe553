// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system calls, with their arguments held by an object
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <json-c/json.h>

#include "libcheckpoint.h"

#define MESSAGE_MAX	65536

/* One that is @asked for is our own once we have it. */
struct external {
	char *key;
	int fd;
	int own;
	int asked;
};

struct ckpt_call {
	struct external *external;
	unsigned int nr_external;
	unsigned int timeout_ms;
	int log_fd;
	int log_pipe;		/* reading end, if the log is our own, or -1 */
	char *message;
	struct checkpoint_stats checkpoint_stats;
	struct restart_stats restart_stats;
};

long ckpt_sys_checkpoint(const struct checkpoint_args *args, size_t size)
{
	long ret = syscall(__NR_checkpoint, args, size);

	return ret < 0 ? -errno : ret;
}

long ckpt_sys_restart(const struct restart_args *args, size_t size)
{
	long ret = syscall(__NR_restart, args, size);

	return ret < 0 ? -errno : ret;
}

struct ckpt_call *ckpt_call_new(void)
{
	struct ckpt_call *call = calloc(1, sizeof(*call));

	if (call) {
		call->log_fd = -1;
		call->log_pipe = -1;
	}
	return call;
}

static void close_own_log(struct ckpt_call *call)
{
	if (call->log_pipe < 0)
		return;
	close(call->log_pipe);
	close(call->log_fd);
	call->log_pipe = -1;
	call->log_fd = -1;
}

void ckpt_call_free(struct ckpt_call *call)
{
	unsigned int i;

	if (!call)
		return;
	for (i = 0; i < call->nr_external; i++) {
		if (call->external[i].own && call->external[i].fd >= 0)
			close(call->external[i].fd);
		free(call->external[i].key);
	}
	close_own_log(call);
	free(call->external);
	free(call->message);
	free(call);
}

void ckpt_call_set_timeout(struct ckpt_call *call, unsigned int ms)
{
	call->timeout_ms = ms;
}

void ckpt_call_set_log(struct ckpt_call *call, int fd)
{
	close_own_log(call);
	call->log_fd = fd;
}

static struct external *find(const struct ckpt_call *call, const char *key)
{
	unsigned int i;

	for (i = 0; i < call->nr_external; i++)
		if (!strcmp(call->external[i].key, key))
			return &call->external[i];
	return NULL;
}

int ckpt_call_has_key(const struct ckpt_call *call, const char *key)
{
	return !!find(call, key);
}

int ckpt_call_fd(const struct ckpt_call *call, const char *key)
{
	const struct external *ext = find(call, key);

	return ext ? ext->fd : -1;
}

static int add(struct ckpt_call *call, const char *key, int fd, int own)
{
	struct external *ext;
	size_t len = strlen(key);

	if (!len || len >= CKPT_KEY_MAX)
		return -EINVAL;
	if (ckpt_call_has_key(call, key))
		return -EEXIST;
	if (call->nr_external >= CKPT_EXTERNAL_MAX)
		return -E2BIG;
	ext = reallocarray(call->external, call->nr_external + 1, sizeof(*ext));
	if (!ext)
		return -ENOMEM;
	call->external = ext;
	ext += call->nr_external;
	ext->key = strdup(key);
	if (!ext->key)
		return -ENOMEM;
	ext->fd = fd;
	ext->own = own;
	ext->asked = 0;
	call->nr_external++;
	return 0;
}

int ckpt_call_ask(struct ckpt_call *call, const char *key)
{
	int err = add(call, key, -1, 1);

	if (!err)
		call->external[call->nr_external - 1].asked = 1;
	return err;
}

int ckpt_call_add_fd(struct ckpt_call *call, const char *key, int fd)
{
	if (fcntl(fd, F_GETFD) < 0)
		return -errno;
	return add(call, key, fd, 0);
}

/*
 * A FIFO or a socket must not be opened, only be pointed at: a writer might
 * take us for the reader it waits for.
 */
static int open_quietly(const char *path)
{
	struct stat st;
	int fd;

	if (stat(path, &st))
		return -errno;
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISCHR(st.st_mode) ||
	    S_ISBLK(st.st_mode)) {
		fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	fd = open(path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int ckpt_call_add_path(struct ckpt_call *call, const char *key,
		       const char *path, int flags)
{
	int fd, err;

	if (flags) {
		fd = open(path, flags | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	} else {
		fd = open_quietly(path);
	}
	if (fd < 0)
		return fd;
	err = add(call, key, fd, 1);
	if (err)
		close(fd);
	return err;
}

/* A terminal is a character device; only an open one can be asked. */
static int open_tty(pid_t pid, int nr)
{
	char path[64];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, nr);
	if (stat(path, &st))
		return -errno;
	/* To open the master of a pty would make a new one. */
	if (!S_ISCHR(st.st_mode) || st.st_rdev == makedev(5, 2))
		return -ENOTTY;
	fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!isatty(fd)) {
		close(fd);
		return -ENOTTY;
	}
	return fd;
}

int ckpt_call_add_tty(struct ckpt_call *call, pid_t pid)
{
	int nr, fd, err;

	for (nr = 0; nr < 3; nr++) {
		if (!pid) {
			if (!isatty(nr))
				continue;
			err = add(call, "tty", nr, 0);
			return err ? err : 1;
		}
		fd = open_tty(pid, nr);
		if (fd < 0)
			continue;
		err = add(call, "tty", fd, 1);
		if (err)
			close(fd);
		return err ? err : 1;
	}
	return 0;
}

/*
 * A pipe holds all that the kernel has to say. It can be checkpointed if the
 * caller is part of the tree, which a file without a name cannot.
 */
static void open_own_log(struct ckpt_call *call)
{
	int p[2];

	if (call->log_fd >= 0 || pipe2(p, O_CLOEXEC | O_NONBLOCK))
		return;
	call->log_pipe = p[0];
	call->log_fd = p[1];
}

/* Arguments of a call while it runs; external in the kernel's form. */
struct prepared {
	struct ckpt_external *external;
	off_t log_start;
};

static int prepare(struct ckpt_call *call, struct prepared *p)
{
	struct external *ext = call->external;
	unsigned int i;

	free(call->message);
	call->message = NULL;
	memset(&call->checkpoint_stats, 0, sizeof(call->checkpoint_stats));
	memset(&call->restart_stats, 0, sizeof(call->restart_stats));
	open_own_log(call);
	p->log_start = call->log_pipe >= 0 || call->log_fd < 0 ? -1 :
		       lseek(call->log_fd, 0, SEEK_END);
	p->external = calloc(call->nr_external + 1, sizeof(*p->external));
	if (!p->external)
		return -ENOMEM;
	for (i = 0; i < call->nr_external; i++, ext++) {
		/* Of an earlier call. */
		if (ext->asked && ext->fd >= 0) {
			close(ext->fd);
			ext->fd = -1;
		}
		p->external[i].key = (__u64)(unsigned long)ext->key;
		p->external[i].fd = ext->fd;
	}
	return 0;
}

static void finish(struct ckpt_call *call, struct prepared *p)
{
	int saved_errno = errno;
	ssize_t n = 0;
	unsigned int i;

	for (i = 0; i < call->nr_external; i++)
		if (call->external[i].asked)
			call->external[i].fd = p->external[i].fd;
	free(p->external);
	call->message = calloc(1, MESSAGE_MAX + 1);
	if (!call->message)
		return;
	if (call->log_pipe >= 0)
		n = read(call->log_pipe, call->message, MESSAGE_MAX);
	else if (p->log_start >= 0)
		n = pread(call->log_fd, call->message, MESSAGE_MAX,
			  p->log_start);
	if (n < 0)
		n = 0;
	while (n > 0 && call->message[n - 1] == '\n')
		n--;
	call->message[n] = '\0';
	errno = saved_errno;
}

static int do_checkpoint(struct ckpt_call *call, pid_t pid, int image_fd,
			 unsigned long long flags)
{
	struct checkpoint_args args = {
		.flags = flags,
		.pid = pid,
		.pidfd = -1,
		.image_fd = image_fd,
		.parent_fd = -1,
		.timeout_ms = call->timeout_ms,
		.nr_external = call->nr_external,
	};
	struct prepared p;
	long ret;

	ret = prepare(call, &p);
	if (ret)
		return ret;
	args.log_fd = call->log_fd;
	if (!(flags & CHECKPOINT_THAW)) {
		args.stats_size = sizeof(call->checkpoint_stats);
		args.stats = (__u64)(unsigned long)&call->checkpoint_stats;
	}
	if (call->nr_external)
		args.external = (__u64)(unsigned long)p.external;
	ret = ckpt_sys_checkpoint(&args, sizeof(args));
	finish(call, &p);
	return ret;
}

int ckpt_checkpoint(struct ckpt_call *call, pid_t pid, int image_fd,
		    unsigned long long flags)
{
	return do_checkpoint(call, pid, image_fd, flags);
}

int ckpt_thaw(struct ckpt_call *call, pid_t pid)
{
	return do_checkpoint(call, pid, -1, CHECKPOINT_THAW);
}

pid_t ckpt_restart(struct ckpt_call *call, int image_fd,
		   unsigned long long flags)
{
	struct restart_args args = {
		.flags = flags,
		.image_fd = image_fd,
		.nr_external = call->nr_external,
		.stats_size = sizeof(call->restart_stats),
		.stats = (__u64)(unsigned long)&call->restart_stats,
	};
	struct prepared p;
	long ret;

	ret = prepare(call, &p);
	if (ret)
		return ret;
	args.log_fd = call->log_fd;
	if (call->nr_external)
		args.external = (__u64)(unsigned long)p.external;
	ret = ckpt_sys_restart(&args, sizeof(args));
	finish(call, &p);
	return ret;
}

int ckpt_pid_is_init(pid_t pid)
{
	char path[64], line[512], *last;
	int ret = -EIO;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status",
		 (int)(pid ? pid : getpid()));
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? -ESRCH : -errno;
	while (ret == -EIO && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "NSpid:", 6))
			continue;
		last = strrchr(line, '\t');
		ret = last && atoi(last) == 1;
	}
	fclose(f);
	return ret;
}

const char *ckpt_call_message(const struct ckpt_call *call)
{
	return call->message ? call->message : "";
}

const struct checkpoint_stats *
ckpt_call_checkpoint_stats(const struct ckpt_call *call)
{
	return &call->checkpoint_stats;
}

const struct restart_stats *
ckpt_call_restart_stats(const struct ckpt_call *call)
{
	return &call->restart_stats;
}

/* CRIU's unit is the microsecond; an untimed step must not look like none. */
static __u64 usec(__u64 ns)
{
	return (ns + 999) / 1000;
}

#define ADD(o, s, _field)						\
	json_object_object_add(o, #_field,				\
			       json_object_new_uint64((s)->_field))
#define ADD_TIME(o, s, _field)						\
	json_object_object_add(o, #_field,				\
			       json_object_new_uint64(usec((s)->_field)))

struct json_object *
ckpt_checkpoint_stats_json(const struct checkpoint_stats *stats)
{
	struct json_object *o = json_object_new_object();

	if (!o)
		return NULL;
	ADD_TIME(o, stats, freezing_time);
	ADD_TIME(o, stats, frozen_time);
	ADD_TIME(o, stats, capture_time);
	ADD_TIME(o, stats, memdump_time);
	ADD_TIME(o, stats, memwrite_time);
	ADD(o, stats, pages_scanned);
	ADD(o, stats, pages_skipped_parent);
	ADD(o, stats, pages_written);
	ADD(o, stats, pages_shared);
	ADD(o, stats, image_bytes);
	ADD(o, stats, meta_bytes);
	ADD(o, stats, nr_tasks);
	ADD(o, stats, nr_objects);
	ADD(o, stats, nr_dying);
	return o;
}

struct json_object *ckpt_restart_stats_json(const struct restart_stats *stats)
{
	struct json_object *o = json_object_new_object();

	if (!o)
		return NULL;
	ADD_TIME(o, stats, forking_time);
	ADD_TIME(o, stats, restore_time);
	ADD_TIME(o, stats, memread_time);
	ADD(o, stats, pages_restored);
	ADD(o, stats, image_bytes);
	ADD(o, stats, nr_tasks);
	return o;
}
