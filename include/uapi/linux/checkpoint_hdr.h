/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The format of a checkpoint image, and nothing else.
 *
 * An image is a sequence of records, each with a struct ckpt_hdr in front:
 *
 *	HEADER		always first, and always of the same place and size
 *	arch header	what the processor must be able to do
 *	CONTAINER	what a coordinator must re-create; LSM records follow
 *	PID ...		process ids, as objects
 *	TREE		and one TREE_TASK for each task, parents first
 *	objects, TASK ...	an object precedes the first record that refers to
 *			it; records between two objects or tasks belong to the
 *			former
 *	META_END	counts and the checksum of all of the above
 *	PAGES ...	memory contents: a record, padding to a page boundary
 *			of the image, and the pages
 *	TRAILER		counts and the checksum of what follows META_END
 *
 * Rules: all fields are little endian, of fixed width and naturally aligned.
 * Records are multiples of 8 bytes; their tails, reserved fields and padding
 * are zero. Records grow at the tail: a shorter record reads as if zeros
 * followed, a longer one is accepted if the unknown bytes are zero. Numbers
 * are never reused. A record of unknown type is refused unless it carries
 * %CKPT_REC_OPTIONAL.
 */
#ifndef _UAPI_LINUX_CHECKPOINT_HDR_H
#define _UAPI_LINUX_CHECKPOINT_HDR_H

#include <linux/types.h>

#define CKPT_MAGIC		0x54504b434c4b4e4cULL	/* "LNKLCKPT" */
#define CKPT_FORMAT_VERSION	1
#define CKPT_RECORD_MAX		(1U << 20)

/**
 * struct ckpt_hdr - in front of every record
 * @type: one of %CKPT_HDR_HEADER and the others
 * @len: bytes of the record, this header included; a multiple of 8,
 *	at most %CKPT_RECORD_MAX
 * @id: number of the object that starts here, or 0. Objects are numbered
 *	from 1 in the order of the image.
 * @flags: %CKPT_REC_OPTIONAL or 0
 */
struct ckpt_hdr {
	__u32 type;
	__u32 len;
	__u32 id;
	__u32 flags;
};

#define CKPT_REC_OPTIONAL	0x1

enum ckpt_hdr_type {
	/* the image as a whole */
	CKPT_HDR_HEADER		= 1,
	CKPT_HDR_CONTAINER	= 2,
	CKPT_HDR_LSM		= 3,
	CKPT_HDR_TREE		= 4,
	CKPT_HDR_TREE_TASK	= 5,
	CKPT_HDR_META_END	= 6,
	CKPT_HDR_PAGES		= 7,
	CKPT_HDR_PAD		= 8,
	CKPT_HDR_TRAILER	= 9,
	CKPT_HDR_PID		= 10,	/* object */

	/* a task, and what belongs to it alone */
	CKPT_HDR_TASK		= 32,
	CKPT_HDR_TASK_OBJS	= 33,
	CKPT_HDR_SIGNAL_TASK	= 34,
	CKPT_HDR_SIGPENDING	= 35,
	CKPT_HDR_RESTART_BLOCK	= 36,
	CKPT_HDR_SCHED		= 37,
	CKPT_HDR_FUTEX		= 38,
	CKPT_HDR_RSEQ		= 39,

	/* what the threads of a process share */
	CKPT_HDR_SIGNAL		= 48,
	CKPT_HDR_ITIMER		= 49,
	CKPT_HDR_RLIMITS	= 50,

	CKPT_HDR_SIGHAND	= 64,	/* object */
	CKPT_HDR_CRED		= 65,	/* object */

	/* memory */
	CKPT_HDR_MM		= 96,	/* object */
	CKPT_HDR_VMA		= 97,
	CKPT_HDR_AUXV		= 98,
	CKPT_HDR_INODE		= 99,	/* object: contents without a name */

	/* files */
	CKPT_HDR_FILES		= 128,	/* object: descriptor table */
	CKPT_HDR_FD		= 129,
	CKPT_HDR_FS		= 130,	/* object: root, cwd, umask */
	CKPT_HDR_PIPE		= 131,	/* object: buffers of a pipe or FIFO */
	CKPT_HDR_PIPE_BUF	= 132,

	/* open files; all start with struct ckpt_hdr_file */
	CKPT_HDR_FILE_EXTERNAL	= 160,	/* object */
	CKPT_HDR_FILE_PATH	= 161,	/* object: opened again by its path */
	CKPT_HDR_FILE_INODE	= 162,	/* object: contents in an INODE */
	CKPT_HDR_FILE_PIPE	= 163,	/* object */

	/* processor architectures, see asm/checkpoint_hdr.h */
	CKPT_HDR_ARCH		= 1024,
};

/* ---- the image as a whole ---- */

#define CKPT_ARCH_X86_64	1

/**
 * struct ckpt_hdr_header - the first record
 * @h: type %CKPT_HDR_HEADER
 * @magic: %CKPT_MAGIC
 * @version: %CKPT_FORMAT_VERSION
 * @arch: %CKPT_ARCH_X86_64
 * @incompat: features a reader must know; unknown bits are refused
 * @compat: features a reader may ignore
 * @page_shift: base 2 logarithm of the page size
 * @flags: %CHECKPOINT_SUBTREE if the image is one of a subtree
 * @meta_len: bytes from the start of this record up to and including META_END
 * @nr_records: records in these bytes
 * @nr_objects: objects in these bytes
 * @nr_tasks: tasks in the image
 * @uuid: random, names this image
 * @realtime: CLOCK_REALTIME when the tasks stood still, nanoseconds
 * @monotonic: CLOCK_MONOTONIC as the root task saw it, nanoseconds
 * @boottime: CLOCK_BOOTTIME as the root task saw it, nanoseconds
 */
struct ckpt_hdr_header {
	struct ckpt_hdr h;
	__u64 magic;
	__u32 version;
	__u32 arch;
	__u64 incompat;
	__u64 compat;
	__u32 page_shift;
	__u32 flags;
	__u64 meta_len;
	__u64 nr_records;
	__u32 nr_objects;
	__u32 nr_tasks;
	__u8 uuid[16];
	__s64 realtime;
	__s64 monotonic;
	__s64 boottime;
};

/**
 * struct ckpt_hdr_container - the environment of the tree
 * @h: type %CKPT_HDR_CONTAINER
 * @nr_lsm: number of LSM records that follow
 * @pid_level: nesting of the root task's pid namespace
 * @flags: %CKPT_CONTAINER_INIT
 * @reserved: zero
 *
 * A coordinator can read this early, even from a stream, and prepare a
 * suitable environment before restart() reads the rest.
 */
struct ckpt_hdr_container {
	struct ckpt_hdr h;
	__u32 nr_lsm;
	__u32 pid_level;
	__u32 flags;
	__u32 reserved;
};

/* The root task is the init of its pid namespace. */
#define CKPT_CONTAINER_INIT	0x1

#define CKPT_LSM_NAME_MAX	32

/**
 * struct ckpt_hdr_lsm - one active security module, in order
 * @h: type %CKPT_HDR_LSM
 * @lsm_id: LSM_ID_* of linux/lsm.h
 * @name: NUL-terminated name
 */
struct ckpt_hdr_lsm {
	struct ckpt_hdr h;
	__u64 lsm_id;
	__u8 name[CKPT_LSM_NAME_MAX];
};

#define CKPT_PID_LEVELS_MAX	32

/**
 * struct ckpt_hdr_pid - a process id
 * @h: type %CKPT_HDR_PID, an object
 * @nr_levels: pid namespaces it is seen in, from the root task's inwards
 * @reserved: zero
 * @nr: the id in each of them, the root task's namespace first; padded with 0
 *	to an even number
 */
struct ckpt_hdr_pid {
	struct ckpt_hdr h;
	__u32 nr_levels;
	__u32 reserved;
	__s32 nr[];
};

/**
 * struct ckpt_hdr_tree - followed by one TREE_TASK for each task
 * @h: type %CKPT_HDR_TREE
 * @nr_tasks: number of them
 * @nr_procs: how many of these are thread group leaders
 */
struct ckpt_hdr_tree {
	struct ckpt_hdr h;
	__u32 nr_tasks;
	__u32 nr_procs;
};

#define CKPT_TREE_NONE		0xffffffffU

enum ckpt_task_state {
	CKPT_TASK_ALIVE		= 1,
	CKPT_TASK_STOPPED	= 2,	/* by a signal such as SIGSTOP */
	CKPT_TASK_DEAD		= 3,	/* a zombie */
};

/**
 * struct ckpt_hdr_tree_task - a task's place in the tree
 * @h: type %CKPT_HDR_TREE_TASK
 * @pid: PID object
 * @pgrp: PID object of its process group; 0: that of the restart's caller
 * @session: PID object of its session; 0: that of the restart's caller
 * @leader: index of its thread group leader, its own index if it is one;
 *	threads follow their leader directly
 * @parent: index of its parent (which may be a thread), less than its own;
 *	%CKPT_TREE_NONE for the first task. Threads have their leader's.
 * @state: one of enum ckpt_task_state
 * @exit_signal: sent to the parent on exit; -1 for threads
 * @exit_code: as in wait(2); 0 unless dead
 *
 * Tasks are numbered from 0 in the order of these records.
 */
struct ckpt_hdr_tree_task {
	struct ckpt_hdr h;
	__u32 pid;
	__u32 pgrp;
	__u32 session;
	__u32 leader;
	__u32 parent;
	__u32 state;
	__s32 exit_signal;
	__s32 exit_code;
};

/**
 * struct ckpt_hdr_meta_end - end of the metadata
 * @h: type %CKPT_HDR_META_END
 * @crc: CRC32C of all bytes before this record, seed ~0
 * @reserved: zero
 */
struct ckpt_hdr_meta_end {
	struct ckpt_hdr h;
	__u32 crc;
	__u32 reserved;
};

/**
 * struct ckpt_hdr_pages - a run of pages
 * @h: type %CKPT_HDR_PAGES
 * @obj: MM or INODE object they belong to
 * @flags: %CKPT_PAGES_REF
 * @addr: address in the MM, or byte offset in the INODE, of the first
 * @nr_pages: number of pages
 * @ref: with %CKPT_PAGES_REF, number of the first page among all pages of the
 *	image, which must have been written before and must be one that
 *	%CKPT_PAGES_SHARED marks; otherwise zero
 *
 * Without %CKPT_PAGES_REF a PAD record follows if needed, and the contents
 * start at the next page boundary of the image.
 */
struct ckpt_hdr_pages {
	struct ckpt_hdr h;
	__u32 obj;
	__u32 flags;
	__u64 addr;
	__u64 nr_pages;
	__u64 ref;
};

/* No contents: the pages are the same as earlier ones, shared copy-on-write. */
#define CKPT_PAGES_REF		0x1
/* A later run refers to these pages. */
#define CKPT_PAGES_SHARED	0x2

/**
 * struct ckpt_hdr_trailer - the last record
 * @h: type %CKPT_HDR_TRAILER
 * @nr_runs: PAGES records
 * @nr_pages: pages with contents in the image
 * @crc: CRC32C of all PAGES records, seed ~0
 * @data_crc: CRC32C of all page contents, seed ~0
 * @uuid: that of the header
 * @magic: %CKPT_MAGIC
 */
struct ckpt_hdr_trailer {
	struct ckpt_hdr h;
	__u64 nr_runs;
	__u64 nr_pages;
	__u32 crc;
	__u32 data_crc;
	__u8 uuid[16];
	__u64 magic;
};

/* ---- tasks ---- */

#define CKPT_COMM_LEN		16

/**
 * struct ckpt_hdr_task - a task; the records up to the next object or task
 *	are its own
 * @h: type %CKPT_HDR_TASK
 * @index: its number in the tree
 * @reserved: zero
 * @comm: name, NUL-terminated
 * @age: nanoseconds since it was created, by CLOCK_MONOTONIC
 * @age_boottime: the same by CLOCK_BOOTTIME
 * @utime: user time used, nanoseconds
 * @stime: system time used, nanoseconds
 * @runtime: time it ran, nanoseconds, as the scheduler measured it
 * @min_flt: minor faults
 * @maj_flt: major faults
 * @nvcsw: voluntary context switches
 * @nivcsw: involuntary context switches
 */
struct ckpt_hdr_task {
	struct ckpt_hdr h;
	__u32 index;
	__u32 reserved;
	__u8 comm[CKPT_COMM_LEN];
	__u64 age;
	__u64 age_boottime;
	__u64 utime;
	__u64 stime;
	__u64 runtime;
	__u64 min_flt;
	__u64 maj_flt;
	__u64 nvcsw;
	__u64 nivcsw;
};

/**
 * struct ckpt_hdr_task_objs - the shared objects of a task
 * @h: type %CKPT_HDR_TASK_OBJS
 * @cred: CRED object
 * @mm: MM object; 0 if the task is dead
 * @files: FILES object; 0 if the task is dead
 * @fs: FS object; 0 if the task is dead
 * @sighand: SIGHAND object; 0 if the task is dead
 * @reserved: zero
 */
struct ckpt_hdr_task_objs {
	struct ckpt_hdr h;
	__u32 cred;
	__u32 mm;
	__u32 files;
	__u32 fs;
	__u32 sighand;
	__u32 reserved;
};

#endif /* _UAPI_LINUX_CHECKPOINT_HDR_H */
