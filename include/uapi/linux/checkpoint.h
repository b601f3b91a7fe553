/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * checkpoint() and restart(): system call arguments.
 *
 * Errors, the same for both calls unless a line says otherwise:
 *
 * %EINVAL	wrong arguments, or the restart contradicts its environment
 * %E2BIG	unknown non-zero bytes behind the known part of the arguments;
 *		checkpoint: something does not fit into a record of 1 MiB
 * %EAGAIN	restart: too many processes, by RLIMIT_NPROC or another limit
 * %EFAULT	the arguments cannot be read, or the statistics or the numbers of
 *		descriptors not be written
 * %EBADF	a file descriptor that is not open, or not open for this use
 * %EOPNOTSUPP	something was understood but is not supported; always named
 * %EBADMSG	restart: the image is malformed, truncated or altered
 * %ESTALE	restart: an external file differs from what was recorded
 * %EBUSY	a task would not stop, or is traced or checkpointed by others; a
 *		lock or a FIFO is held by others
 * %EEXIST	restart: a process id is taken
 * %ESRCH	no such task, or one of the tree was killed meanwhile
 * %EPERM	no permission (also %EACCES, from path lookups)
 * %ENOMEM	out of memory, or over a limit
 * %EINTR	interrupted by a signal; nothing has changed
 *
 * Errors of the image file itself (%ENOSPC, %EPIPE, %EIO, %EISDIR, ...) pass
 * through, and so do those of opening files by their names at restart (%EROFS,
 * %ETXTBSY, ...), of making files in a tmpfs (%ENOSPC, ...) and of bind(2)
 * (%EADDRINUSE, %EADDRNOTAVAIL, ...).
 * One line on the log descriptor says what, where and why.
 */
#ifndef _UAPI_LINUX_CHECKPOINT_H
#define _UAPI_LINUX_CHECKPOINT_H

#include <linux/types.h>

/**
 * struct ckpt_external - a resource that belongs to somebody else
 * @key: pointer to a NUL-terminated name, at most %CKPT_KEY_MAX bytes with
 *	its terminator
 * @fd: checkpoint: an open descriptor of the resource. Descriptors in the tree
 *	that refer to the same inode are recorded by @key only. restart: the
 *	open descriptor to put in their place.
 * @reserved: must be zero
 *
 * restart: "ns:ID", ID being the number of an NS object of the image, stands for a
 * namespace: an open file of one (as below /proc/PID/ns/) is what is used in its
 * place. With -1 as @fd the caller asks for it. If the call succeeds, @fd is the
 * number of a new descriptor, with %O_CLOEXEC, of the namespace that has been made
 * or supplied; otherwise it is -1 again, and there is none.
 */
struct ckpt_external {
	__aligned_u64 key;
	__s32 fd;
	__u32 reserved;
};

/*
 * restart: that file below /proc/sys, opened for writing by somebody with
 * CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN on the machine, whose privilege counts
 * when the setting asks for it; for callers that have entered a user namespace.
 */
#define CKPT_KEY_UNPRIV_ALLOWED	"kernel.ckpt_unpriv_allowed"

#define CKPT_KEY_MAX		256
#define CKPT_EXTERNAL_MAX	1024

/**
 * struct checkpoint_args - arguments of checkpoint()
 * @flags: %CHECKPOINT_SUBTREE and the others
 * @pid: root of the tree, in the caller's pid namespace; 0 is the caller
 * @pidfd: root of the tree with %CHECKPOINT_PIDFD (@pid must be 0 then),
 *	otherwise -1
 * @image_fd: where to write the image; need not be seekable
 * @log_fd: where to write messages, or -1
 * @parent_fd: must be -1
 * @timeout_ms: longest time to wait until all tasks have stopped;
 *	0 means 10 seconds
 * @external: pointer to an array of struct ckpt_external
 * @nr_external: number of its elements, at most %CKPT_EXTERNAL_MAX
 * @stats_size: bytes available at @stats
 * @stats: pointer to struct checkpoint_stats, or 0
 */
struct checkpoint_args {
	__aligned_u64 flags;
	__s32 pid;
	__s32 pidfd;
	__s32 image_fd;
	__s32 log_fd;
	__s32 parent_fd;
	__u32 timeout_ms;
	__aligned_u64 external;
	__u32 nr_external;
	__u32 stats_size;
	__aligned_u64 stats;
};

#define CHECKPOINT_ARGS_SIZE_VER0	56

/* The root need not be the init of a pid namespace. */
#define CHECKPOINT_SUBTREE		0x01
/* @pidfd names the root. */
#define CHECKPOINT_PIDFD		0x02
/* Kill the tree once the image is complete and synced. */
#define CHECKPOINT_KILL			0x04
/* Leave the tree stopped once the image is complete and synced. */
#define CHECKPOINT_LEAVE_FROZEN		0x08
/* Write nothing: let a tree run that was left stopped. */
#define CHECKPOINT_THAW			0x10

/**
 * struct checkpoint_stats - what a checkpoint cost; times in nanoseconds
 * @freezing_time: from the first request to stop until all had stopped
 * @frozen_time: how long the tasks stood still, @freezing_time not included
 * @memdump_time: part of @frozen_time spent on memory
 * @memwrite_time: writing of memory contents to the image
 * @pages_scanned: pages looked at
 * @pages_skipped_parent: always 0
 * @pages_written: pages written to the image
 * @pages_shared: pages found mapped more than once and written once
 * @image_bytes: size of the image
 * @meta_bytes: size of everything in it that is not memory contents
 * @nr_tasks: tasks in the image, threads and zombies included
 * @nr_objects: shared objects in the image
 * @capture_time: part of @frozen_time until all had been captured; the rest is
 *	zero unless the tasks had to wait for the image
 * @nr_dying: with %CHECKPOINT_KILL: tasks that were not dead 10 seconds after
 *	they had been killed. They run no more, but have their process ids and
 *	open files still.
 */
struct checkpoint_stats {
	__aligned_u64 freezing_time;
	__aligned_u64 frozen_time;
	__aligned_u64 memdump_time;
	__aligned_u64 memwrite_time;
	__aligned_u64 pages_scanned;
	__aligned_u64 pages_skipped_parent;
	__aligned_u64 pages_written;
	__aligned_u64 pages_shared;
	__aligned_u64 image_bytes;
	__aligned_u64 meta_bytes;
	__aligned_u64 nr_tasks;
	__aligned_u64 nr_objects;
	__aligned_u64 capture_time;
	__aligned_u64 nr_dying;
};

/**
 * struct restart_args - arguments of restart()
 * @flags: %RESTART_FROZEN and the others
 * @image_fd: where to read the image; need not be seekable
 * @log_fd: where to write messages, or -1
 * @external: pointer to an array of struct ckpt_external
 * @nr_external: number of its elements, at most %CKPT_EXTERNAL_MAX
 * @stats_size: bytes available at @stats
 * @stats: pointer to struct restart_stats, or 0
 */
struct restart_args {
	__aligned_u64 flags;
	__s32 image_fd;
	__s32 log_fd;
	__aligned_u64 external;
	__u32 nr_external;
	__u32 stats_size;
	__aligned_u64 stats;
};

#define RESTART_ARGS_SIZE_VER0		40

/* Leave the tree stopped; CHECKPOINT_THAW lets it run. */
#define RESTART_FROZEN			0x01
/*
 * The root becomes a sibling of the caller instead of its child, with the
 * caller's exit signal.
 */
#define RESTART_SIBLING			0x02
/* Tasks, files, ... get the labels back that security modules gave them. */
#define RESTART_KEEP_LSM		0x04
/* With that: the security modules and their policies must not have changed. */
#define RESTART_STRICT_LSM		0x08

/**
 * struct restart_stats - what a restart cost; times in nanoseconds
 * @forking_time: creation of the tasks and restore of all but memory contents
 * @restore_time: the whole call
 * @memread_time: part of @restore_time spent on memory contents
 * @pages_restored: pages read from the image
 * @image_bytes: bytes read
 * @nr_tasks: tasks created
 */
struct restart_stats {
	__aligned_u64 forking_time;
	__aligned_u64 restore_time;
	__aligned_u64 memread_time;
	__aligned_u64 pages_restored;
	__aligned_u64 image_bytes;
	__aligned_u64 nr_tasks;
};

#endif /* _UAPI_LINUX_CHECKPOINT_H */
