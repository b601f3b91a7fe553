// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of descriptor tables, open files, pipes and directories
 */
#include <string.h>

#include "record.h"

static const struct ckpt_field id_fields[] = {
	FIELD(ckpt_file_id, dev, F_HEX),
	FIELD(ckpt_file_id, ino, F_UINT),
	FIELD(ckpt_file_id, size, F_UINT),
	FIELD(ckpt_file_id, mtime, F_INT),
	FIELD(ckpt_file_id, mtime_nsec, F_UINT),
	FIELD(ckpt_file_id, mode, F_OCT),
	FIELD(ckpt_file_id, generation, F_UINT),
	FIELD(ckpt_file_id, rdev_major, F_UINT),
	FIELD(ckpt_file_id, rdev_minor, F_UINT),
	FIELD(ckpt_file_id, mnt, F_REF0, .class = CLASS_NS_MNT),
	FIELD(ckpt_file_id, fs_magic, F_HEX),
	FIELD(ckpt_file_id, fs_uuid, F_BYTES),
	END_OF_FIELDS
};

static void add_id(struct json_object *out, const char *name,
		   const struct ckpt_file_id *id)
{
	struct json_object *o = json_object_new_object();

	ckpt_describe_fields(o, id_fields, id, sizeof(*id));
	json_object_object_add(out, name, o);
}

static void check_id(struct ckpt_image *img, struct record *rec,
		     const struct ckpt_file_id *id)
{
	ckpt_check_fields(img, rec, id_fields, id, sizeof(*id));
	if (id->mtime_nsec >= 1000000000)
		ckpt_bad(img, rec, "%u nanoseconds", id->mtime_nsec);
}

/* A path of @len bytes at @off of the variable part. */
static void check_path(struct ckpt_image *img, struct record *rec,
		       const char *what, __u64 off, __u64 len)
{
	const char *p;
	size_t have;

	p = ckpt_payload(rec, &have);
	if (off > have || len > have - off || !len) {
		ckpt_bad(img, rec, "%s of %llu bytes in a record that is too short",
			 what, len);
		return;
	}
	p += off;
	if (strnlen(p, len) != len - 1)
		ckpt_bad(img, rec, "%s is not terminated at its end", what);
	else if (*p != '/')
		ckpt_bad(img, rec, "%s is not absolute", what);
}

/* What follows the @used bytes of the variable part. */
static void check_rest(struct ckpt_image *img, struct record *rec, __u64 used)
{
	const char *p;
	size_t have;

	p = ckpt_payload(rec, &have);
	if (used > have || have - used > 7)
		ckpt_bad(img, rec, "%llu bytes used of %zu", used, have);
	else
		ckpt_check_zero(img, rec, "padding", p + used, have - used);
}

static void add_path(struct json_object *out, const char *name,
		     const struct record *rec, __u64 off, __u64 len)
{
	const char *p;
	size_t have;

	p = ckpt_payload(rec, &have);
	if (off <= have && len <= have - off)
		json_object_object_add(out, name,
				       ckpt_json_string(p + off, len));
}

/* ---- descriptor tables ---- */

static const struct ckpt_field files_fields[] = {
	FIELD(ckpt_hdr_files, nr_fds, F_UINT),
	FIELD(ckpt_hdr_files, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_name fd_flags[] = {
	{ CKPT_FD_CLOEXEC, "cloexec" },
	{ 0, NULL }
};

static const struct ckpt_field fd_fields[] = {
	FIELD(ckpt_hdr_fd, fd, F_UINT),
	FIELD(ckpt_hdr_fd, file, F_REF, .class = CLASS_FILE),
	FIELD(ckpt_hdr_fd, flags, F_FLAGS, .names = fd_flags),
	FIELD(ckpt_hdr_fd, reserved, F_ZERO),
	END_OF_FIELDS
};

static void check_fd(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_fd *fd = (const void *)rec->pub.h;
	const struct record *prev = ckpt_rec(img, rec->pub.number - 1);

	if (fd->fd > 0x7fffffff)
		ckpt_bad(img, rec, "descriptor %u", fd->fd);
	if (prev && prev->pub.h->type == CKPT_HDR_FD &&
	    fd->fd <= ((const struct ckpt_hdr_fd *)prev->pub.h)->fd)
		ckpt_bad(img, rec, "descriptor %u is out of order", fd->fd);
}

static const struct ckpt_field fs_fields[] = {
	FIELD(ckpt_hdr_fs, umask, F_OCT),
	FIELD(ckpt_hdr_fs, root_len, F_QUIET),
	FIELD(ckpt_hdr_fs, cwd_len, F_QUIET),
	FIELD(ckpt_hdr_fs, reserved, F_ZERO),
	END_OF_FIELDS
};

static void check_fs(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_fs *fs = (const void *)rec->pub.h;

	if (fs->umask & ~0777)
		ckpt_bad(img, rec, "umask %#o", fs->umask);
	check_id(img, rec, &fs->root);
	check_id(img, rec, &fs->cwd);
	check_path(img, rec, "root", 0, fs->root_len);
	check_path(img, rec, "cwd", fs->root_len, fs->cwd_len);
	check_rest(img, rec, (__u64)fs->root_len + fs->cwd_len);
}

static void describe_fs(const struct ckpt_image *img, const struct record *rec,
			struct json_object *out)
{
	const struct ckpt_hdr_fs *fs = (const void *)rec->pub.h;

	(void)img;
	add_path(out, "root", rec, 0, fs->root_len);
	add_id(out, "root_id", &fs->root);
	add_path(out, "cwd", rec, fs->root_len, fs->cwd_len);
	add_id(out, "cwd_id", &fs->cwd);
}

/* ---- pipes ---- */

static const struct ckpt_field pipe_fields[] = {
	FIELD(ckpt_hdr_pipe, ino, F_UINT),
	FIELD(ckpt_hdr_pipe, slots, F_UINT),
	FIELD(ckpt_hdr_pipe, nr_bufs, F_UINT),
	FIELD(ckpt_hdr_pipe, readers, F_UINT),
	FIELD(ckpt_hdr_pipe, writers, F_UINT),
	FIELD(ckpt_hdr_pipe, uid, F_UINT),
	FIELD(ckpt_hdr_pipe, gid, F_UINT),
	FIELD(ckpt_hdr_pipe, mode, F_OCT),
	FIELD(ckpt_hdr_pipe, path_len, F_QUIET),
	END_OF_FIELDS
};

static void check_pipe(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_pipe *p = (const void *)rec->pub.h;

	if (!p->slots || p->slots & (p->slots - 1))
		ckpt_bad(img, rec, "%u buffers, which is no power of two",
			 p->slots);
	if (p->nr_bufs > p->slots)
		ckpt_bad(img, rec, "%u of %u buffers in use", p->nr_bufs,
			 p->slots);
	check_id(img, rec, &p->id);
	if (p->path_len)
		check_path(img, rec, "path", 0, p->path_len);
	check_rest(img, rec, p->path_len);
}

static void describe_pipe(const struct ckpt_image *img,
			  const struct record *rec, struct json_object *out)
{
	const struct ckpt_hdr_pipe *p = (const void *)rec->pub.h;

	(void)img;
	if (!p->path_len)
		return;
	add_path(out, "path", rec, 0, p->path_len);
	add_id(out, "path_id", &p->id);
}

static const struct ckpt_name pipe_buf_flags[] = {
	{ CKPT_PIPE_BUF_PACKET, "packet" },
	{ CKPT_PIPE_BUF_MERGE, "merge" },
	{ 0, NULL }
};

static const struct ckpt_field pipe_buf_fields[] = {
	FIELD(ckpt_hdr_pipe_buf, offset, F_UINT),
	FIELD(ckpt_hdr_pipe_buf, len, F_UINT),
	FIELD(ckpt_hdr_pipe_buf, flags, F_FLAGS, .names = pipe_buf_flags),
	FIELD(ckpt_hdr_pipe_buf, reserved, F_ZERO),
	END_OF_FIELDS
};

static void check_pipe_buf(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_pipe_buf *b = (const void *)rec->pub.h;
	const struct record *pipe = ckpt_owner(img, rec);
	__u64 page = 1ULL << ckpt_page_shift(img);

	if (pipe && pipe->pub.h->type == CKPT_HDR_PIPE &&
	    pipe->children > ((const struct ckpt_hdr_pipe *)
			      pipe->pub.h)->nr_bufs)
		ckpt_bad(img, rec, "more than the pipe is to have");
	if ((__u64)b->offset + b->len > page)
		ckpt_bad(img, rec, "%u bytes at %u of a page", b->len,
			 b->offset);
	check_rest(img, rec, b->len);
}

/* ---- open files ---- */

static const struct ckpt_name advice[] = {
	{ CKPT_ADVICE_RANDOM, "random" },
	{ CKPT_ADVICE_SEQUENTIAL, "sequential" },
	{ CKPT_ADVICE_NOREUSE, "noreuse" },
	{ 0, NULL }
};

#define FILE_FIELDS							\
	FIELD(ckpt_hdr_file, f_flags, F_SOFT_FLAGS, .names = ckpt_open_flags),\
	FIELD(ckpt_hdr_file, advice, F_FLAGS, .names = advice),		\
	FIELD(ckpt_hdr_file, pos, F_INT),				\
	FIELD(ckpt_hdr_file, cred, F_REF0, .class = CLASS_CRED),	\
	FIELD(ckpt_hdr_file, reserved, F_ZERO)

static const struct ckpt_field file_external_fields[] = {
	FILE_FIELDS,
	END_OF_FIELDS
};

static void check_file_external(struct ckpt_image *img, struct record *rec)
{
	const char *key;
	size_t len;

	key = ckpt_payload(rec, &len);
	if (!len || !*key || strnlen(key, len) >= CKPT_KEY_MAX)
		ckpt_bad(img, rec, "key is empty or too long");
	else
		ckpt_check_string(img, rec, "key", key, len);
}

static void describe_file_external(const struct ckpt_image *img,
				   const struct record *rec,
				   struct json_object *out)
{
	size_t len;

	(void)img;
	ckpt_payload(rec, &len);
	add_path(out, "key", rec, 0, len);
}

static const struct ckpt_name file_path_flags[] = {
	{ CKPT_FILE_GROWS, "grows" },
	{ 0, NULL }
};

static const struct ckpt_field file_path_fields[] = {
	FILE_FIELDS,
	FIELD(ckpt_hdr_file_path, flags, F_FLAGS, .names = file_path_flags),
	FIELD(ckpt_hdr_file_path, path_len, F_QUIET),
	END_OF_FIELDS
};

static void check_file_path(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_file_path *f = (const void *)rec->pub.h;

	check_id(img, rec, &f->id);
	check_path(img, rec, "path", 0, f->path_len);
	check_rest(img, rec, f->path_len);
}

static void describe_file_path(const struct ckpt_image *img,
			       const struct record *rec,
			       struct json_object *out)
{
	const struct ckpt_hdr_file_path *f = (const void *)rec->pub.h;

	(void)img;
	add_path(out, "path", rec, 0, f->path_len);
	add_id(out, "path_id", &f->id);
}

static const struct ckpt_name file_pipe_flags[] = {
	{ CKPT_FILE_PIPE_NOWAIT, "nowait" },
	{ CKPT_FILE_PIPE_NO_HUP, "no_hup" },
	{ 0, NULL }
};

static const struct ckpt_field file_pipe_fields[] = {
	FILE_FIELDS,
	FIELD(ckpt_hdr_file_pipe, pipe, F_REF, .class = CLASS_PIPE),
	FIELD(ckpt_hdr_file_pipe, flags, F_FLAGS, .names = file_pipe_flags),
	END_OF_FIELDS
};

/* ---- pseudo terminals ---- */

static const struct ckpt_field pty_fields[] = {
	FIELD(ckpt_hdr_pty, index, F_UINT),
	FIELD(ckpt_hdr_pty, f_flags, F_SOFT_FLAGS, .names = ckpt_open_flags),
	FIELD(ckpt_hdr_pty, session, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_pty, pgrp, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_pty, uid, F_UINT),
	FIELD(ckpt_hdr_pty, gid, F_UINT),
	FIELD(ckpt_hdr_pty, mode, F_OCT),
	FIELD(ckpt_hdr_pty, path_len, F_QUIET),
	END_OF_FIELDS
};

static void check_pty(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_pty *p = (const void *)rec->pub.h;

	if (p->pgrp && !p->session)
		ckpt_bad(img, rec, "process group without a session");
	check_path(img, rec, "path", 0, p->path_len);
	check_rest(img, rec, p->path_len);
}

static void describe_pty(const struct ckpt_image *img, const struct record *rec,
			 struct json_object *out)
{
	const struct ckpt_hdr_pty *p = (const void *)rec->pub.h;

	(void)img;
	add_path(out, "path", rec, 0, p->path_len);
}

static const struct ckpt_name tty_flags[] = {
	{ CKPT_TTY_THROTTLED, "throttled" },
	{ CKPT_TTY_IO_ERROR, "io_error" },
	{ CKPT_TTY_OTHER_CLOSED, "other_closed" },
	{ CKPT_TTY_EXCLUSIVE, "exclusive" },
	{ CKPT_TTY_WRITE_WAKEUP, "write_wakeup" },
	{ CKPT_TTY_LOCKED, "locked" },
	{ CKPT_TTY_STOPPED, "stopped" },
	{ CKPT_TTY_TCO_STOPPED, "tco_stopped" },
	{ CKPT_TTY_PACKET, "packet" },
	{ CKPT_TTY_LNEXT, "lnext" },
	{ CKPT_TTY_ERASING, "erasing" },
	{ CKPT_TTY_PUSH, "push" },
	{ CKPT_TTY_NO_ROOM, "no_room" },
	{ 0, NULL }
};

static const struct ckpt_field termios_fields[] = {
	FIELD(ckpt_termios, iflag, F_HEX),
	FIELD(ckpt_termios, oflag, F_HEX),
	FIELD(ckpt_termios, cflag, F_HEX),
	FIELD(ckpt_termios, lflag, F_HEX),
	FIELD(ckpt_termios, ispeed, F_UINT),
	FIELD(ckpt_termios, ospeed, F_UINT),
	FIELD(ckpt_termios, line, F_UINT),
	FIELD(ckpt_termios, cc, F_BYTES),
	FIELD(ckpt_termios, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_field tty_fields[] = {
	FIELD(ckpt_hdr_tty, rows, F_UINT),
	FIELD(ckpt_hdr_tty, cols, F_UINT),
	FIELD(ckpt_hdr_tty, xpixel, F_UINT),
	FIELD(ckpt_hdr_tty, ypixel, F_UINT),
	FIELD(ckpt_hdr_tty, flags, F_FLAGS, .names = tty_flags),
	FIELD(ckpt_hdr_tty, pktstatus, F_HEX),
	FIELD(ckpt_hdr_tty, column, F_UINT),
	FIELD(ckpt_hdr_tty, canon_column, F_UINT),
	FIELD(ckpt_hdr_tty, nr_read, F_UINT),
	FIELD(ckpt_hdr_tty, commit, F_INT),
	FIELD(ckpt_hdr_tty, canon, F_INT),
	FIELD(ckpt_hdr_tty, nr_echo, F_UINT),
	FIELD(ckpt_hdr_tty, echo_commit, F_UINT),
	FIELD(ckpt_hdr_tty, echo_mark, F_UINT),
	FIELD(ckpt_hdr_tty, nr_queued, F_UINT),
	FIELD(ckpt_hdr_tty, reserved, F_ZERO),
	END_OF_FIELDS
};

static void check_tty(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_tty *t = (const void *)rec->pub.h;
	const struct record *pty = ckpt_owner(img, rec);

	if (pty && pty->children > 2)
		ckpt_bad(img, rec, "third side of a terminal");
	ckpt_check_fields(img, rec, termios_fields, &t->termios,
			  sizeof(t->termios));
	ckpt_check_fields(img, rec, termios_fields, &t->locked,
			  sizeof(t->locked));
	if (t->nr_read > CKPT_TTY_BUF || t->nr_echo > CKPT_TTY_BUF ||
	    t->nr_queued > CKPT_TTY_QUEUE_MAX)
		ckpt_bad(img, rec, "%u, %u and %u characters", t->nr_read,
			 t->nr_echo, t->nr_queued);
	else
		check_rest(img, rec, t->nr_read + (t->nr_read + 7) / 8 +
			   t->nr_echo + t->nr_queued);
}

static void describe_tty(const struct ckpt_image *img, const struct record *rec,
			 struct json_object *out)
{
	const struct ckpt_hdr_tty *t = (const void *)rec->pub.h;
	struct json_object *o = json_object_new_object();

	(void)img;
	ckpt_describe_fields(o, termios_fields, &t->termios, sizeof(t->termios));
	json_object_object_add(out, "termios", o);
}

static const struct ckpt_name pty_kinds[] = {
	{ CKPT_PTY_MASTER, "master" },
	{ CKPT_PTY_SLAVE, "slave" },
	{ CKPT_PTY_CURRENT, "current" },
	{ 0, NULL }
};

static const struct ckpt_field file_pty_fields[] = {
	FILE_FIELDS,
	FIELD(ckpt_hdr_file_pty, pty, F_REF, .class = CLASS_PTY),
	FIELD(ckpt_hdr_file_pty, kind, F_ENUM, .names = pty_kinds),
	FIELD(ckpt_hdr_file_pty, path_len, F_QUIET),
	FIELD(ckpt_hdr_file_pty, mnt, F_REF0, .class = CLASS_NS_MNT),
	END_OF_FIELDS
};

static void check_file_pty(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_file_pty *f = (const void *)rec->pub.h;

	if (f->kind != CKPT_PTY_MASTER)
		check_path(img, rec, "path", 0, f->path_len);
	else if (f->path_len)
		ckpt_bad(img, rec, "master with a path");
	check_rest(img, rec, f->path_len);
}

static void describe_file_pty(const struct ckpt_image *img,
			      const struct record *rec, struct json_object *out)
{
	const struct ckpt_hdr_file_pty *f = (const void *)rec->pub.h;

	(void)img;
	if (f->path_len)
		add_path(out, "path", rec, 0, f->path_len);
}

static const struct ckpt_name owner_flags[] = {
	{ CKPT_OWNER_ASYNC, "async" },
	{ 0, NULL }
};

static const struct ckpt_name owner_types[] = {
	{ 0, "thread" },
	{ 1, "process" },
	{ 2, "group" },
	{ 0, NULL }
};

static const struct ckpt_field file_owner_fields[] = {
	FIELD(ckpt_hdr_file_owner, file, F_REF, .class = CLASS_FILE),
	FIELD(ckpt_hdr_file_owner, pid, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_file_owner, pid_type, F_ENUM, .names = owner_types),
	FIELD(ckpt_hdr_file_owner, signum, F_UINT),
	FIELD(ckpt_hdr_file_owner, flags, F_FLAGS, .names = owner_flags),
	FIELD(ckpt_hdr_file_owner, uid, F_UINT),
	FIELD(ckpt_hdr_file_owner, euid, F_UINT),
	FIELD(ckpt_hdr_file_owner, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_field file_socket_fields[] = {
	FILE_FIELDS,
	FIELD(ckpt_hdr_file_socket, sock, F_REF, .class = CLASS_SOCKET),
	FIELD(ckpt_hdr_file_socket, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_field file_inode_fields[] = {
	FILE_FIELDS,
	FIELD(ckpt_hdr_file_inode, inode, F_REF, .class = CLASS_UNLINKED),
	FIELD(ckpt_hdr_file_inode, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_name eventfd_flags[] = {
	{ CKPT_EVENTFD_SEMAPHORE, "semaphore" },
	{ 0, NULL }
};

static const struct ckpt_field file_eventfd_fields[] = {
	FILE_FIELDS,
	FIELD(ckpt_hdr_file_eventfd, count, F_UINT),
	FIELD(ckpt_hdr_file_eventfd, flags, F_FLAGS, .names = eventfd_flags),
	FIELD(ckpt_hdr_file_eventfd, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_field file_epoll_fields[] = {
	FILE_FIELDS,
	FIELD(ckpt_hdr_file_epoll, nr_items, F_UINT),
	FIELD(ckpt_hdr_file_epoll, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_name epoll_events[] = {
	{ 0x00000001, "in" },
	{ 0x00000002, "pri" },
	{ 0x00000004, "out" },
	{ 0x00000008, "err" },
	{ 0x00000010, "hup" },
	{ 0x00002000, "rdhup" },
	{ 0x10000000, "exclusive" },
	{ 0x20000000, "wakeup" },
	{ 0x40000000, "oneshot" },
	{ 0x80000000, "et" },
	{ 0, NULL }
};

static const struct ckpt_name epoll_flags[] = {
	{ CKPT_EPOLL_READY, "ready" },
	{ 0, NULL }
};

static const struct ckpt_field epoll_item_fields[] = {
	FIELD(ckpt_hdr_epoll_item, file, F_REF, .class = CLASS_FILE),
	FIELD(ckpt_hdr_epoll_item, fd, F_UINT),
	FIELD(ckpt_hdr_epoll_item, events, F_SOFT_FLAGS, .names = epoll_events),
	FIELD(ckpt_hdr_epoll_item, flags, F_FLAGS, .names = epoll_flags),
	FIELD(ckpt_hdr_epoll_item, data, F_HEX),
	FIELD(ckpt_hdr_epoll_item, sighand, F_REF0, .class = CLASS_SIGHAND),
	FIELD(ckpt_hdr_epoll_item, reserved, F_ZERO),
	END_OF_FIELDS
};

static void check_epoll_item(struct ckpt_image *img, struct record *rec)
{
	const struct record *ep = ckpt_owner(img, rec);

	if (ep && ep->pub.h->type == CKPT_HDR_FILE_EPOLL &&
	    ep->children > ((const struct ckpt_hdr_file_epoll *)
			    ep->pub.h)->nr_items)
		ckpt_bad(img, rec, "more watches than announced");
}

static const struct ckpt_field file_inotify_fields[] = {
	FILE_FIELDS,
	FIELD(ckpt_hdr_file_inotify, nr_events, F_UINT),
	FIELD(ckpt_hdr_file_inotify, nr_watches, F_UINT),
	FIELD(ckpt_hdr_file_inotify, next_wd, F_UINT),
	FIELD(ckpt_hdr_file_inotify, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_name inotify_bits[] = {
	{ 0x00000001, "access" },
	{ 0x00000002, "modify" },
	{ 0x00000004, "attrib" },
	{ 0x00000008, "close_write" },
	{ 0x00000010, "close_nowrite" },
	{ 0x00000020, "open" },
	{ 0x00000040, "moved_from" },
	{ 0x00000080, "moved_to" },
	{ 0x00000100, "create" },
	{ 0x00000200, "delete" },
	{ 0x00000400, "delete_self" },
	{ 0x00000800, "move_self" },
	{ 0x00002000, "unmount" },
	{ 0x00004000, "q_overflow" },
	{ 0x00008000, "ignored" },
	{ 0x04000000, "excl_unlink" },
	{ 0x40000000, "isdir" },
	{ 0x80000000, "oneshot" },
	{ 0, NULL }
};

static const struct ckpt_field inotify_event_fields[] = {
	FIELD(ckpt_hdr_inotify_event, event.wd, F_INT),
	FIELD(ckpt_hdr_inotify_event, event.mask, F_SOFT_FLAGS,
	      .names = inotify_bits),
	FIELD(ckpt_hdr_inotify_event, event.cookie, F_UINT),
	FIELD(ckpt_hdr_inotify_event, event.name_len, F_QUIET),
	END_OF_FIELDS
};

static void check_inotify_event(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_inotify_event *e = (const void *)rec->pub.h;

	check_rest(img, rec, e->event.name_len);
}

static void describe_inotify_event(const struct ckpt_image *img,
				   const struct record *rec,
				   struct json_object *out)
{
	const struct ckpt_hdr_inotify_event *e = (const void *)rec->pub.h;

	(void)img;
	if (e->event.name_len)
		add_path(out, "name", rec, 0, e->event.name_len);
}

static const struct ckpt_field inotify_watch_fields[] = {
	FIELD(ckpt_hdr_inotify_watch, wd, F_UINT),
	FIELD(ckpt_hdr_inotify_watch, mask, F_SOFT_FLAGS,
	      .names = inotify_bits),
	FIELD(ckpt_hdr_inotify_watch, path_len, F_QUIET),
	FIELD(ckpt_hdr_inotify_watch, reserved, F_ZERO),
	END_OF_FIELDS
};

static void check_inotify_watch(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_inotify_watch *w = (const void *)rec->pub.h;

	if (!w->wd || w->wd > 0x7fffffff)
		ckpt_bad(img, rec, "watch %u", w->wd);
	check_id(img, rec, &w->id);
	check_path(img, rec, "path", 0, w->path_len);
	check_rest(img, rec, w->path_len);
}

static void describe_inotify_watch(const struct ckpt_image *img,
				   const struct record *rec,
				   struct json_object *out)
{
	const struct ckpt_hdr_inotify_watch *w = (const void *)rec->pub.h;

	(void)img;
	add_path(out, "path", rec, 0, w->path_len);
	add_id(out, "path_id", &w->id);
}

static const struct ckpt_field file_pidfd_fields[] = {
	FILE_FIELDS,
	FIELD(ckpt_hdr_file_pidfd, pid, F_REF, .class = CLASS_PID),
	FIELD(ckpt_hdr_file_pidfd, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_field file_signalfd_fields[] = {
	FILE_FIELDS,
	FIELD(ckpt_hdr_file_signalfd, mask, F_MASK, .bias = 1,
	      .names = ckpt_signal_names),
	END_OF_FIELDS
};

static const struct ckpt_name timerfd_clocks[] = {
	{ 0, "realtime" },
	{ 1, "monotonic" },
	{ 7, "boottime" },
	{ 0, NULL }
};

static const struct ckpt_name timerfd_settime_flags[] = {
	{ 0x1, "abstime" },
	{ 0x2, "cancel_on_set" },
	{ 0, NULL }
};

static const struct ckpt_name timerfd_flags[] = {
	{ CKPT_TIMERFD_ARMED, "armed" },
	{ CKPT_TIMERFD_EXPIRED, "expired" },
	{ CKPT_TIMERFD_ABSOLUTE, "absolute" },
	{ CKPT_TIMERFD_MAY_CANCEL, "may_cancel" },
	{ 0, NULL }
};

static const struct ckpt_field file_timerfd_fields[] = {
	FILE_FIELDS,
	FIELD(ckpt_hdr_file_timerfd, clock, F_ENUM, .names = timerfd_clocks),
	FIELD(ckpt_hdr_file_timerfd, settime_flags, F_FLAGS,
	      .names = timerfd_settime_flags),
	FIELD(ckpt_hdr_file_timerfd, flags, F_FLAGS, .names = timerfd_flags),
	FIELD(ckpt_hdr_file_timerfd, reserved, F_ZERO),
	FIELD(ckpt_hdr_file_timerfd, ticks, F_UINT),
	FIELD(ckpt_hdr_file_timerfd, value, F_NS),
	FIELD(ckpt_hdr_file_timerfd, interval, F_NS),
	END_OF_FIELDS
};

/* ---- locks ---- */

static const struct ckpt_name lock_kinds[] = {
	{ CKPT_LOCK_POSIX, "posix" },
	{ CKPT_LOCK_OFD, "ofd" },
	{ CKPT_LOCK_FLOCK, "flock" },
	{ 0, NULL }
};

static const struct ckpt_name lock_types[] = {
	{ CKPT_LOCK_READ, "read" },
	{ CKPT_LOCK_WRITE, "write" },
	{ 0, NULL }
};

static const struct ckpt_field lock_fields[] = {
	FIELD(ckpt_hdr_lock, file, F_REF, .class = CLASS_FILE),
	FIELD(ckpt_hdr_lock, kind, F_ENUM, .names = lock_kinds),
	FIELD(ckpt_hdr_lock, type, F_ENUM, .names = lock_types),
	FIELD(ckpt_hdr_lock, owner, F_REF0, .class = CLASS_FILES),
	FIELD(ckpt_hdr_lock, pid, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_lock, reserved, F_ZERO),
	FIELD(ckpt_hdr_lock, start, F_INT),
	FIELD(ckpt_hdr_lock, end, F_INT),
	END_OF_FIELDS
};

static void check_lock(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_lock *l = (const void *)rec->pub.h;

	if (l->start < 0 || l->end < l->start)
		ckpt_bad(img, rec, "lock from %lld to %lld", l->start, l->end);
}

/* ---- contents of files without a name ---- */

static const struct ckpt_name unlinked_flags[] = {
	{ CKPT_UNLINKED_MEMFD, "memfd" },
	{ CKPT_UNLINKED_LINKABLE, "linkable" },
	{ 0, NULL }
};

static const struct ckpt_name seals[] = {
	{ 0x01, "seal" },
	{ 0x02, "shrink" },
	{ 0x04, "grow" },
	{ 0x08, "write" },
	{ 0x10, "future_write" },
	{ 0x20, "exec" },
	{ 0, NULL }
};

static const struct ckpt_field unlinked_fields[] = {
	FIELD(ckpt_hdr_unlinked, size, F_UINT),
	FIELD(ckpt_hdr_unlinked, atime, F_INT),
	FIELD(ckpt_hdr_unlinked, mtime, F_INT),
	FIELD(ckpt_hdr_unlinked, atime_nsec, F_UINT),
	FIELD(ckpt_hdr_unlinked, mtime_nsec, F_UINT),
	FIELD(ckpt_hdr_unlinked, uid, F_UINT),
	FIELD(ckpt_hdr_unlinked, gid, F_UINT),
	FIELD(ckpt_hdr_unlinked, mode, F_OCT),
	FIELD(ckpt_hdr_unlinked, flags, F_FLAGS, .names = unlinked_flags),
	FIELD(ckpt_hdr_unlinked, seals, F_FLAGS, .names = seals),
	FIELD(ckpt_hdr_unlinked, name_len, F_QUIET),
	END_OF_FIELDS
};

static void check_unlinked(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_unlinked *u = (const void *)rec->pub.h;
	size_t len;
	const char *name = ckpt_payload(rec, &len);

	if (u->size > 0x7fffffffffffffffULL || u->mode & ~07777)
		ckpt_bad(img, rec, "size %llu, permissions %#o", u->size,
			 u->mode);
	if (!u->name_len || u->name_len > len ||
	    strnlen(name, u->name_len) != u->name_len - 1) {
		ckpt_bad(img, rec, "name of %u bytes", u->name_len);
		return;
	}
	if (u->flags & CKPT_UNLINKED_MEMFD)
		return;
	if (u->seals)
		ckpt_bad(img, rec, "has seals, but is no memfd");
	if (*name != '/')
		ckpt_bad(img, rec, "directory is not absolute");
	check_id(img, rec, &u->dir);
}

static void describe_unlinked(const struct ckpt_image *img,
			      const struct record *rec,
			      struct json_object *out)
{
	const struct ckpt_hdr_unlinked *u = (const void *)rec->pub.h;

	(void)img;
	add_path(out, u->flags & CKPT_UNLINKED_MEMFD ? "name" : "dir", rec, 0,
		 u->name_len);
	if (!(u->flags & CKPT_UNLINKED_MEMFD))
		add_id(out, "dir_id", &u->dir);
}

static const struct ckpt_field file_mqueue_fields[] = {
	FILE_FIELDS,
	FIELD(ckpt_hdr_file_mqueue, queue, F_REF, .class = CLASS_MQUEUE),
	FIELD(ckpt_hdr_file_mqueue, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_name ns_types[] = {
	{ 0x00000080, "time" },
	{ 0x00020000, "mnt" },
	{ 0x02000000, "cgroup" },
	{ 0x04000000, "uts" },
	{ 0x08000000, "ipc" },
	{ 0x10000000, "user" },
	{ 0x20000000, "pid" },
	{ 0x40000000, "net" },
	{ 0, NULL }
};

static const struct ckpt_field file_ns_fields[] = {
	FILE_FIELDS,
	FIELD(ckpt_hdr_file_ns, ns, F_UINT),
	FIELD(ckpt_hdr_file_ns, type, F_ENUM, .names = ns_types),
	END_OF_FIELDS
};

static const struct ckpt_name file_proc_flags[] = {
	{ CKPT_PROC_SEQ, "seq" },
	{ CKPT_PROC_END, "end" },
	{ 0, NULL }
};

static const struct ckpt_field file_proc_fields[] = {
	FILE_FIELDS,
	FIELD(ckpt_hdr_file_proc, index, F_UINT),
	FIELD(ckpt_hdr_file_proc, read_pos, F_INT),
	FIELD(ckpt_hdr_file_proc, flags, F_FLAGS, .names = file_proc_flags),
	FIELD(ckpt_hdr_file_proc, path_len, F_QUIET),
	FIELD(ckpt_hdr_file_proc, text_len, F_UINT),
	FIELD(ckpt_hdr_file_proc, reserved, F_ZERO),
	END_OF_FIELDS
};

static void check_file_proc(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_file_proc *f = (const void *)rec->pub.h;

	check_id(img, rec, &f->id);
	check_path(img, rec, "path", 0, f->path_len);
	if (f->text_len > CKPT_PROC_TEXT_MAX)
		ckpt_bad(img, rec, "too much text");
	else
		check_rest(img, rec, f->path_len + f->text_len);
}

static void describe_file_proc(const struct ckpt_image *img,
			       const struct record *rec,
			       struct json_object *out)
{
	const struct ckpt_hdr_file_proc *f = (const void *)rec->pub.h;

	(void)img;
	add_path(out, "path", rec, 0, f->path_len);
	add_id(out, "path_id", &f->id);
}

const struct ckpt_kind ckpt_file_kinds[] = {
	{ KIND(FILES, "files", ckpt_hdr_files), .class = CLASS_FILES,
	  .fields = files_fields },
	{ KIND(FD, "fd", ckpt_hdr_fd), .owner = CKPT_HDR_FILES, .many = true,
	  .fields = fd_fields, .check = check_fd },
	{ KIND(FS, "fs", ckpt_hdr_fs), .class = CLASS_FS, .var = true,
	  .fields = fs_fields, .check = check_fs, .describe = describe_fs },
	{ KIND(PIPE, "pipe", ckpt_hdr_pipe), .class = CLASS_PIPE, .var = true,
	  .fields = pipe_fields, .check = check_pipe,
	  .describe = describe_pipe },
	{ KIND(PIPE_BUF, "pipe_buf", ckpt_hdr_pipe_buf),
	  .owner = CKPT_HDR_PIPE, .var = true, .many = true,
	  .fields = pipe_buf_fields, .check = check_pipe_buf },
	{ KIND(FILE_EXTERNAL, "file_external", ckpt_hdr_file_external),
	  .class = CLASS_FILE, .var = true, .fields = file_external_fields,
	  .check = check_file_external, .describe = describe_file_external },
	{ KIND(FILE_PATH, "file_path", ckpt_hdr_file_path),
	  .class = CLASS_FILE, .var = true, .fields = file_path_fields,
	  .check = check_file_path, .describe = describe_file_path },
	{ KIND(FILE_MQUEUE, "file_mqueue", ckpt_hdr_file_mqueue),
	  .class = CLASS_FILE, .fields = file_mqueue_fields },
	{ KIND(FILE_NS, "file_ns", ckpt_hdr_file_ns), .class = CLASS_FILE,
	  .fields = file_ns_fields },
	{ KIND(FILE_PROC, "file_proc", ckpt_hdr_file_proc),
	  .class = CLASS_FILE, .var = true, .fields = file_proc_fields,
	  .check = check_file_proc, .describe = describe_file_proc },
	{ KIND(FILE_PIPE, "file_pipe", ckpt_hdr_file_pipe),
	  .class = CLASS_FILE, .fields = file_pipe_fields },
	{ KIND(PTY, "pty", ckpt_hdr_pty), .class = CLASS_PTY, .var = true,
	  .fields = pty_fields, .check = check_pty, .describe = describe_pty },
	{ KIND(TTY, "tty", ckpt_hdr_tty), .owner = CKPT_HDR_PTY, .var = true,
	  .many = true, .fields = tty_fields, .check = check_tty,
	  .describe = describe_tty },
	{ KIND(FILE_PTY, "file_pty", ckpt_hdr_file_pty), .class = CLASS_FILE,
	  .var = true, .fields = file_pty_fields, .check = check_file_pty,
	  .describe = describe_file_pty },
	{ KIND(FILE_OWNER, "file_owner", ckpt_hdr_file_owner),
	  .fields = file_owner_fields },
	{ KIND(FILE_SOCKET, "file_socket", ckpt_hdr_file_socket),
	  .class = CLASS_FILE, .fields = file_socket_fields },
	{ KIND(FILE_INODE, "file_inode", ckpt_hdr_file_inode),
	  .class = CLASS_FILE, .fields = file_inode_fields },
	{ KIND(FILE_EVENTFD, "file_eventfd", ckpt_hdr_file_eventfd),
	  .class = CLASS_FILE, .fields = file_eventfd_fields },
	{ KIND(FILE_EPOLL, "file_epoll", ckpt_hdr_file_epoll),
	  .class = CLASS_FILE, .fields = file_epoll_fields },
	{ KIND(EPOLL_ITEM, "epoll_item", ckpt_hdr_epoll_item),
	  .owner = CKPT_HDR_FILE_EPOLL, .many = true,
	  .fields = epoll_item_fields, .check = check_epoll_item },
	{ KIND(FILE_INOTIFY, "file_inotify", ckpt_hdr_file_inotify),
	  .class = CLASS_FILE, .fields = file_inotify_fields },
	{ KIND(INOTIFY_EVENT, "inotify_event", ckpt_hdr_inotify_event),
	  .owner = CKPT_HDR_FILE_INOTIFY, .var = true, .many = true,
	  .fields = inotify_event_fields, .check = check_inotify_event,
	  .describe = describe_inotify_event },
	{ KIND(INOTIFY_WATCH, "inotify_watch", ckpt_hdr_inotify_watch),
	  .owner = CKPT_HDR_FILE_INOTIFY, .var = true, .many = true,
	  .fields = inotify_watch_fields, .check = check_inotify_watch,
	  .describe = describe_inotify_watch },
	{ KIND(FILE_PIDFD, "file_pidfd", ckpt_hdr_file_pidfd),
	  .class = CLASS_FILE, .fields = file_pidfd_fields },
	{ KIND(FILE_SIGNALFD, "file_signalfd", ckpt_hdr_file_signalfd),
	  .class = CLASS_FILE, .fields = file_signalfd_fields },
	{ KIND(FILE_TIMERFD, "file_timerfd", ckpt_hdr_file_timerfd),
	  .class = CLASS_FILE, .fields = file_timerfd_fields },
	{ KIND(LOCK, "lock", ckpt_hdr_lock), .many = true,
	  .fields = lock_fields, .check = check_lock },
	{ KIND(UNLINKED, "unlinked", ckpt_hdr_unlinked),
	  .class = CLASS_UNLINKED, .var = true, .fields = unlinked_fields,
	  .check = check_unlinked, .describe = describe_unlinked },
	{ .name = NULL }
};
