/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libcheckpoint - checkpoint(), restart() and the images between them
 *
 * Three parts, independent of each other:
 *
 *  - the bare system calls: ckpt_sys_checkpoint(), ckpt_sys_restart();
 *  - calls with their arguments, the kernel's messages and the statistics held
 *    by an object: struct ckpt_call;
 *  - a reader and checker of images that needs neither a seekable file nor a
 *    kernel that knows the calls: struct ckpt_image.
 *
 * No function prints, exits, or touches global state. Functions that can fail
 * return a negative errno. An object may be used by one thread at a time.
 */
#ifndef LIBCHECKPOINT_H
#define LIBCHECKPOINT_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <linux/checkpoint.h>
#include <linux/checkpoint_hdr.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The one place outside the kernel that knows these; x86-64 and i386. */
#ifndef __NR_checkpoint
#define __NR_checkpoint		500
#endif
#ifndef __NR_restart
#define __NR_restart		501
#endif

#define LIBCHECKPOINT_VERSION	"1.0"

struct ckpt_call;
struct ckpt_image;
struct json_object;

/* ---- the bare system calls ---- */

/**
 * ckpt_sys_checkpoint - checkpoint()
 * @args: its arguments
 * @size: sizeof(*args)
 *
 * Return: what the system call returned, or a negative errno.
 */
long ckpt_sys_checkpoint(const struct checkpoint_args *args, size_t size);

/**
 * ckpt_sys_restart - restart()
 * @args: its arguments
 * @size: sizeof(*args)
 *
 * Return: process id of the root task, or a negative errno.
 */
long ckpt_sys_restart(const struct restart_args *args, size_t size);

/* ---- calls ---- */

/**
 * ckpt_call_new - the arguments of a call to come
 *
 * The call has the kernel's defaults, no external resources and collects the
 * kernel's messages itself.
 *
 * Return: a call to give back with ckpt_call_free(), or NULL with errno set.
 */
struct ckpt_call *ckpt_call_new(void);

/**
 * ckpt_call_free - end of a call
 * @call: the call, or NULL
 *
 * Closes the descriptors that ckpt_call_add_path() and ckpt_call_add_tty()
 * have opened.
 */
void ckpt_call_free(struct ckpt_call *call);

/**
 * ckpt_call_set_timeout - how long the tasks may take to stop
 * @call: the call
 * @ms: milliseconds; 0 leaves it to the kernel
 */
void ckpt_call_set_timeout(struct ckpt_call *call, unsigned int ms);

/**
 * ckpt_call_set_log - let the kernel write its messages to a file
 * @call: the call
 * @fd: open for writing; not closed by the library. If it is open for reading
 *	as well and seekable, ckpt_call_message() works with it, too.
 */
void ckpt_call_set_log(struct ckpt_call *call, int fd);

/**
 * ckpt_call_add_fd - name a resource that belongs to somebody else
 * @call: the call
 * @key: its name in the image, 1 to %CKPT_KEY_MAX - 1 bytes
 * @fd: checkpoint: refers to the resource; restart: what to use in its place.
 *	Not closed by the library; to stay open until the call is over.
 *
 * Return: 0, -EEXIST if the call has @key already, -EINVAL for a key that is
 * empty or too long, -E2BIG if there are %CKPT_EXTERNAL_MAX already, -ENOMEM.
 */
int ckpt_call_add_fd(struct ckpt_call *call, const char *key, int fd);

/**
 * ckpt_call_add_path - the same, with a path
 * @call: the call
 * @key: its name in the image
 * @path: file to open
 * @flags: open(2) flags; 0 suits a checkpoint: the file is opened without side
 *	effects (%O_PATH for what cannot be read or is no regular file,
 *	directory or device)
 *
 * Return: 0, or the errors of open(2) and ckpt_call_add_fd().
 */
int ckpt_call_add_path(struct ckpt_call *call, const char *key,
		       const char *path, int flags);

/**
 * ckpt_call_add_tty - hand over the terminal as external resource "tty"
 * @call: the call
 * @pid: process whose descriptors 0 to 2 are looked at; 0 is the caller
 *
 * Return: 1 if one of them was a terminal, 0 if not, or a negative errno.
 */
int ckpt_call_add_tty(struct ckpt_call *call, pid_t pid);

/**
 * ckpt_call_has_key - whether a resource has been named
 * @call: the call
 * @key: its name
 *
 * Return: 1 if so, else 0.
 */
int ckpt_call_has_key(const struct ckpt_call *call, const char *key);

/**
 * ckpt_call_ask - ask restart() for a namespace that it makes
 * @call: the call
 * @key: "ns:ID", where ID is the number of the namespace in the image
 *
 * If ckpt_restart() succeeds, ckpt_call_fd() is a descriptor of the namespace.
 *
 * Return: 0, or the errors of ckpt_call_add_fd().
 */
int ckpt_call_ask(struct ckpt_call *call, const char *key);

/**
 * ckpt_call_fd - the descriptor of a resource
 * @call: the call
 * @key: its name
 *
 * Return: what was added, or what ckpt_call_ask() asked for and got, open until
 * the next call or ckpt_call_free(); -1 if there is none.
 */
int ckpt_call_fd(const struct ckpt_call *call, const char *key);

/**
 * ckpt_checkpoint - checkpoint a tree of processes
 * @call: the call
 * @pid: its root, in the caller's pid namespace; 0 is the caller
 * @image_fd: where to write the image
 * @flags: %CHECKPOINT_SUBTREE, %CHECKPOINT_KILL, %CHECKPOINT_LEAVE_FROZEN
 *
 * Return: number of tasks in the image; 0 in a copy of the caller that restart()
 * has brought back (a caller can be part of the tree); or a negative errno,
 * with ckpt_call_message() saying more.
 */
int ckpt_checkpoint(struct ckpt_call *call, pid_t pid, int image_fd,
		    unsigned long long flags);

/**
 * ckpt_restart - bring back a tree of processes
 * @call: the call
 * @image_fd: where to read the image
 * @flags: %RESTART_FROZEN, %RESTART_SIBLING, %RESTART_KEEP_LSM,
 *	%RESTART_STRICT_LSM
 *
 * Return: process id of the root task, which is a child of the caller (wait
 * for it with %__WALL), or a negative errno, with ckpt_call_message() saying
 * more.
 */
pid_t ckpt_restart(struct ckpt_call *call, int image_fd,
		   unsigned long long flags);

/**
 * ckpt_thaw - let a tree run that a checkpoint or restart has left stopped
 * @call: the call
 * @pid: its root
 *
 * Return: 0 or a negative errno, with ckpt_call_message() saying more.
 */
int ckpt_thaw(struct ckpt_call *call, pid_t pid);

/**
 * ckpt_pid_is_init - whether a process is the init of its pid namespace
 * @pid: the process; 0 is the caller
 *
 * A tree below an init is a whole container; any other needs
 * %CHECKPOINT_SUBTREE.
 *
 * Return: 1 if so, 0 if not, or a negative errno (-ESRCH: no such process).
 */
int ckpt_pid_is_init(pid_t pid);

/**
 * ckpt_call_message - what the kernel had to say about the last call
 * @call: the call
 *
 * Return: lines of text without the last newline, empty if there are none;
 * valid until the next use of @call.
 */
const char *ckpt_call_message(const struct ckpt_call *call);

/**
 * ckpt_call_checkpoint_stats - what the last checkpoint cost
 * @call: the call
 *
 * Return: statistics, all 0 if the checkpoint failed.
 */
const struct checkpoint_stats *
ckpt_call_checkpoint_stats(const struct ckpt_call *call);

/**
 * ckpt_call_restart_stats - what the last restart cost
 * @call: the call
 *
 * Return: statistics, all 0 if the restart failed.
 */
const struct restart_stats *
ckpt_call_restart_stats(const struct ckpt_call *call);

/**
 * ckpt_checkpoint_stats_json - statistics as JSON
 * @stats: the statistics
 *
 * The members have the names of struct checkpoint_stats, which are those of
 * CRIU's stats-dump where both know the quantity; times are in microseconds,
 * as there.
 *
 * Return: an object to json_object_put(), or NULL if out of memory.
 */
struct json_object *
ckpt_checkpoint_stats_json(const struct checkpoint_stats *stats);

/**
 * ckpt_restart_stats_json - statistics as JSON
 * @stats: the statistics
 *
 * Return: as with ckpt_checkpoint_stats_json().
 */
struct json_object *ckpt_restart_stats_json(const struct restart_stats *stats);

/* ---- images ---- */

/**
 * struct ckpt_record - a record of an image
 * @h: the record; zeros follow if it is shorter than the structure that is
 *	known for its type. Metadata stays valid until ckpt_image_close(),
 *	other records until the next ckpt_image_next().
 * @offset: where it starts in the image
 * @number: its number in the image, from 0
 * @owner: number of the record it belongs to; its own if to none
 * @name: of its type; NULL if that is unknown
 * @broken: whether something was found wrong with it
 */
struct ckpt_record {
	const struct ckpt_hdr *h;
	__u64 offset;
	__u64 number;
	__u64 owner;
	const char *name;
	int broken;
};

/**
 * typedef ckpt_report_fn - hears of everything that is wrong with an image
 * @data: as given to ckpt_image_set_report()
 * @offset: where in the image
 * @what: what is wrong, in one line
 */
typedef void (*ckpt_report_fn)(void *data, __u64 offset, const char *what);

/**
 * ckpt_image_open - begin to read an image
 * @fd: where to read; need not be seekable; not closed by the library
 *
 * Return: a reader to give back with ckpt_image_close(), or NULL with errno
 * set. Nothing has been read yet.
 */
struct ckpt_image *ckpt_image_open(int fd);

/**
 * ckpt_image_close - done with an image
 * @img: the reader, or NULL
 */
void ckpt_image_close(struct ckpt_image *img);

/**
 * ckpt_image_set_report - hear of all that is wrong
 * @img: the reader
 * @fn: function to call
 * @data: its first argument
 */
void ckpt_image_set_report(struct ckpt_image *img, ckpt_report_fn fn,
			   void *data);

/**
 * ckpt_image_next - read and check the next record
 * @img: the reader
 * @rec: set to the record
 *
 * Contents of pages are checked and skipped. Each thing wrong is reported;
 * what does not keep the rest from being understood does not end the reading,
 * see ckpt_image_nr_errors().
 *
 * Return: 1; 0 behind the trailer; -EBADMSG if the image is malformed or
 * truncated so that reading cannot go on; -ENOMEM; or an error of read(2).
 */
int ckpt_image_next(struct ckpt_image *img, const struct ckpt_record **rec);

/**
 * ckpt_image_nr_errors - how many things were found wrong so far
 * @img: the reader
 *
 * Return: their number.
 */
unsigned long ckpt_image_nr_errors(const struct ckpt_image *img);

/**
 * ckpt_image_error - the first thing that was found wrong
 * @img: the reader
 *
 * Return: one line, empty if nothing is wrong; valid until the reader is
 * closed.
 */
const char *ckpt_image_error(const struct ckpt_image *img);

/**
 * ckpt_image_size - how much has been read
 * @img: the reader
 *
 * Return: bytes of the image.
 */
__u64 ckpt_image_size(const struct ckpt_image *img);

/**
 * ckpt_image_record - a metadata record that has been read
 * @img: the reader
 * @number: its number
 *
 * Return: the record, or NULL if there is none of that number.
 */
const struct ckpt_record *ckpt_image_record(const struct ckpt_image *img,
					    __u64 number);

/**
 * ckpt_image_object - the record that starts an object
 * @img: the reader
 * @id: the object
 *
 * Return: the record, or NULL if there is no such object (yet).
 */
const struct ckpt_record *ckpt_image_object(const struct ckpt_image *img,
					    __u32 id);

/**
 * ckpt_image_pid - a process id of the image
 * @img: the reader
 * @id: PID object
 *
 * Return: the process id in the namespace of the root task, 0 if unknown.
 */
pid_t ckpt_image_pid(const struct ckpt_image *img, __u32 id);

/**
 * ckpt_record_json - a record as JSON
 * @img: the reader
 * @rec: a record of it
 *
 * Bytes of strings that are not UTF-8 are given as "\xNN".
 *
 * Return: an object to json_object_put(), or NULL if out of memory.
 */
struct json_object *ckpt_record_json(const struct ckpt_image *img,
				     const struct ckpt_record *rec);

/**
 * ckpt_image_json - everything read so far as JSON
 * @img: the reader
 *
 * Members: "header", "arch", "container" with "lsm", "tasks" in the order of
 * the tree, "objects" in the order of their ids, "pages" and "trailer". A
 * record's own records are members of it, as arrays.
 *
 * Return: an object to json_object_put(), or NULL if out of memory.
 */
struct json_object *ckpt_image_json(const struct ckpt_image *img);

/**
 * ckpt_image_check_host - whether this machine can restart an image
 * @img: the reader, after ckpt_image_next() has returned 0
 * @flags: %CKPT_CHECK_NEW_PIDNS and the others
 * @fn: called with each obstacle; its offset is that of the record concerned
 * @data: first argument of @fn
 *
 * Looks at the processor, the process ids in use, and the files the image
 * refers to, with the caller's rights and in the caller's namespaces. The
 * kernel may still refuse for other reasons.
 *
 * Return: number of obstacles, or a negative errno.
 */
int ckpt_image_check_host(const struct ckpt_image *img, unsigned int flags,
			  ckpt_report_fn fn, void *data);

typedef void (*ckpt_key_fn)(void *data, const char *key);

/**
 * ckpt_image_keys - which external resources a restart must be given
 * @img: the reader, after ckpt_image_next() has returned 0
 * @fn: called with each key, once for each open file that has it
 * @data: first argument of @fn
 */
void ckpt_image_keys(const struct ckpt_image *img, ckpt_key_fn fn, void *data);

/* The tree will get a pid namespace of its own. */
#define CKPT_CHECK_NEW_PIDNS	0x1
/* It will be restarted with %RESTART_KEEP_LSM, and %RESTART_STRICT_LSM. */
#define CKPT_CHECK_KEEP_LSM	0x2
#define CKPT_CHECK_STRICT_LSM	0x4
/* Call @fn with what is no obstacle, too; the text then begins with "note: ". */
#define CKPT_CHECK_NOTES	0x8

/**
 * ckpt_crc32c - the checksum of images
 * @crc: ~0 to begin with, or the result for the bytes before
 * @buf: bytes
 * @len: how many
 *
 * Return: the checksum, not inverted at the end, as in the kernel.
 */
__u32 ckpt_crc32c(__u32 crc, const void *buf, size_t len);

#ifdef __cplusplus
}
#endif

#endif /* LIBCHECKPOINT_H */
