/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The format of a checkpoint image, and nothing else.
 *
 * An image is a sequence of records, each with a struct ckpt_hdr in front:
 *
 *	HEADER		always first, and always of the same place and size
 *	arch header	what the processor must be able to do
 *	CONTAINER	what a coordinator must re-create; LSM records follow
 *	NS_* ...	namespaces of the tree's own, as objects
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
 * are zero. Records grow at the tail: once fields have been added, one of the
 * old length reads as if zeros followed, and one with bytes that the reader does
 * not know is accepted if they are zero. Numbers are never reused. A record of
 * unknown type is refused unless it carries %CKPT_REC_OPTIONAL and comes before
 * META_END.
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
	CKPT_HDR_LABEL		= 19,	/* object */
	CKPT_HDR_LSM_POLICY	= 20,
	CKPT_HDR_MOUNT		= 21,
	CKPT_HDR_NET_MSG	= 22,
	CKPT_HDR_NS_MOUNT	= 23,	/* of an NS_MNT */
	CKPT_HDR_NS_KEPT	= 28,	/* of an NS_... */

	/* namespaces; all objects, and all start with struct ckpt_hdr_ns */
	CKPT_HDR_NS_USER	= 11,
	CKPT_HDR_NS_UTS		= 12,
	CKPT_HDR_NS_IPC		= 13,
	CKPT_HDR_NS_NET		= 14,
	CKPT_HDR_NS_PID		= 15,
	CKPT_HDR_NS_MNT		= 16,
	CKPT_HDR_NS_CGROUP	= 17,
	CKPT_HDR_NS_TIME	= 18,

	/* a task, and what belongs to it alone */
	CKPT_HDR_TASK		= 32,
	CKPT_HDR_TASK_OBJS	= 33,
	CKPT_HDR_SIGNAL_TASK	= 34,
	CKPT_HDR_SIGPENDING	= 35,
	CKPT_HDR_RESTART_BLOCK	= 36,
	CKPT_HDR_SCHED		= 37,
	CKPT_HDR_FUTEX		= 38,
	CKPT_HDR_RSEQ		= 39,
	CKPT_HDR_CGROUP		= 40,
	CKPT_HDR_LABELS		= 41,	/* of any object or task */
	CKPT_HDR_TASK_NS	= 42,

	/* what the threads of a process share */
	CKPT_HDR_SIGNAL		= 48,
	CKPT_HDR_ITIMER		= 49,
	CKPT_HDR_RLIMITS	= 50,
	CKPT_HDR_POSIX_TIMER	= 51,

	CKPT_HDR_SIGHAND	= 64,	/* object */
	CKPT_HDR_CRED		= 65,	/* object */
	CKPT_HDR_AUDIT		= 67,	/* of a task */

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
	CKPT_HDR_UNLINKED	= 133,	/* object: contents of a nameless file */
	CKPT_HDR_EPOLL_ITEM	= 134,
	CKPT_HDR_INOTIFY_WATCH	= 135,
	CKPT_HDR_INOTIFY_EVENT	= 136,
	CKPT_HDR_LOCK		= 137,	/* behind all tasks */
	CKPT_HDR_TMPFS		= 144,	/* object: filesystem of a container */
	CKPT_HDR_TMPFS_ENTRY	= 145,	/* object: file in it */
	CKPT_HDR_XATTR		= 146,
	CKPT_HDR_TMPFS_NS	= 147,	/* in which namespace it is mounted */

	/* sockets */
	CKPT_HDR_SOCKET		= 138,	/* object */
	CKPT_HDR_SOCK_UNIX	= 139,	/* name, connection and queue */
	CKPT_HDR_SOCK_INET	= 140,	/* addresses */
	CKPT_HDR_SKB		= 141,	/* a message in a queue */
	CKPT_HDR_SOCK_NETLINK	= 142,	/* port and groups */
	CKPT_HDR_FILE_OWNER	= 143,	/* who gets signals of an open file */

	/* pseudo terminals */
	CKPT_HDR_PTY		= 175,	/* object: both sides; two TTY follow */
	CKPT_HDR_TTY		= 176,	/* one side of it */

	/* open files; all start with struct ckpt_hdr_file */
	CKPT_HDR_FILE_EXTERNAL	= 160,	/* object */
	CKPT_HDR_FILE_PATH	= 161,	/* object: opened again by its path */
	CKPT_HDR_FILE_INODE	= 162,	/* object: contents in an UNLINKED */
	CKPT_HDR_FILE_PIPE	= 163,	/* object */
	CKPT_HDR_FILE_EVENTFD	= 164,	/* object */
	CKPT_HDR_FILE_EPOLL	= 165,	/* object */
	CKPT_HDR_FILE_SIGNALFD	= 166,	/* object */
	CKPT_HDR_FILE_TIMERFD	= 167,	/* object */
	CKPT_HDR_FILE_INOTIFY	= 168,	/* object */
	CKPT_HDR_FILE_PIDFD	= 169,	/* object */
	CKPT_HDR_FILE_PTY	= 170,	/* object */
	CKPT_HDR_FILE_SOCKET	= 171,	/* object */
	CKPT_HDR_FILE_NS	= 172,	/* object: /proc/PID/ns/... */
	CKPT_HDR_FILE_MQUEUE	= 173,	/* object */
	CKPT_HDR_FILE_PROC	= 174,	/* object: on a proc filesystem */

	/* keys */
	CKPT_HDR_KEY		= 182,	/* object */
	CKPT_HDR_CRED_KEYS	= 183,

	/* POSIX message queues */
	CKPT_HDR_MQUEUE_DIR	= 180,	/* of an NS_IPC */
	CKPT_HDR_MQUEUE_MSG	= 181,

	/* IPC; belong to an NS_IPC but for undo, which is a task's */
	CKPT_HDR_IPC_SHM	= 192,
	CKPT_HDR_IPC_SEM	= 193,
	CKPT_HDR_IPC_SEM_UNDO	= 194,
	CKPT_HDR_IPC_MSG	= 195,
	CKPT_HDR_IPC_MSG_MSG	= 196,
	CKPT_HDR_MQUEUE		= 197,	/* object */

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
 * struct ckpt_hdr_lsm - one active security module, in order; LSM_POLICY records
 *	of this module follow
 * @h: type %CKPT_HDR_LSM
 * @lsm_id: LSM_ID_* of linux/lsm.h
 * @name: NUL-terminated name
 */
struct ckpt_hdr_lsm {
	struct ckpt_hdr h;
	__u64 lsm_id;
	__u8 name[CKPT_LSM_NAME_MAX];
};

enum ckpt_policy_mode {
	CKPT_POLICY_PERMISSIVE	= 1,	/* what is denied is only logged */
	CKPT_POLICY_ENFORCING	= 2,
	CKPT_POLICY_KILL	= 3,	/* who is denied something is killed */
	CKPT_POLICY_UNCONFINED	= 4,
	CKPT_POLICY_USER	= 5,	/* a user space program decides */
};

#define CKPT_POLICY_DIGEST_MAX	64
#define CKPT_LABEL_MAX		65536

/**
 * struct ckpt_hdr_lsm_policy - what identifies the policy of a security module
 * @h: type %CKPT_HDR_LSM_POLICY
 * @lsm_id: LSM_ID_* of the LSM record it follows
 * @mode: one of enum ckpt_policy_mode
 * @digest_len: bytes of @digest; 0 if no policy is loaded
 * @digest: SELinux: SHA-256 of /sys/fs/selinux/policy. Smack: SHA-256 of the
 *	lines of /sys/fs/smackfs/load2, sorted by subject and object. AppArmor:
 *	the hash of the profile, as in policy/profiles/PROFILE/sha256.
 *	Padded with zeros.
 * @name: AppArmor: the profile, one that confines a task of the tree;
 *	NUL-terminated. Empty if the policy has no parts.
 */
struct ckpt_hdr_lsm_policy {
	struct ckpt_hdr h;
	__u64 lsm_id;
	__u32 mode;
	__u32 digest_len;
	__u8 digest[CKPT_POLICY_DIGEST_MAX];
	__u8 name[];
};

/**
 * struct ckpt_hdr_label - a label that a security module has given to objects
 * @h: type %CKPT_HDR_LABEL, an object
 * @lsm_id: LSM_ID_* of the module
 * @value: how the module names it; NUL-terminated, at most %CKPT_LABEL_MAX bytes
 */
struct ckpt_hdr_label {
	struct ckpt_hdr h;
	__u64 lsm_id;
	__u8 value[];
};

/* Which label of an object; from 100 on these are LSM_ATTR_* of linux/lsm.h. */
enum ckpt_label_attr {
	CKPT_LABEL_NNP		= 1,	/* limit that no_new_privs has set */
	CKPT_LABEL_HAT_TOKEN	= 2,	/* to know for a way back from a hat */
	CKPT_LABEL_RELABEL	= 3,	/* labels a task may change to */
	CKPT_LABEL_RULES	= 4,	/* access rules of its own */
	CKPT_LABEL_PEER		= 5,	/* whom a socket is connected to */
	CKPT_LABEL_INPUT	= 6,	/* of what a socket receives */
	CKPT_LABEL_CURRENT	= 100,	/* also the one of a file, inode, ... */
	CKPT_LABEL_EXEC		= 101,
	CKPT_LABEL_FSCREATE	= 102,
	CKPT_LABEL_KEYCREATE	= 103,
	CKPT_LABEL_PREV		= 104,
	CKPT_LABEL_SOCKCREATE	= 105,
};

#define CKPT_LABELS_MAX		16

/**
 * struct ckpt_label_ref - a label of an object that can have several
 * @attr: one of enum ckpt_label_attr
 * @label: LABEL object
 */
struct ckpt_label_ref {
	__u32 attr;
	__u32 label;
};

/**
 * struct ckpt_hdr_labels - the labels of credentials, a file, a task, ...
 * @h: type %CKPT_HDR_LABELS; belongs to the object, task, System V IPC object or
 *	message before it
 * @nr: number of labels, at most %CKPT_LABELS_MAX
 * @reserved: zero
 * @ref: the labels
 */
struct ckpt_hdr_labels {
	struct ckpt_hdr h;
	__u32 nr;
	__u32 reserved;
	struct ckpt_label_ref ref[];
};

#define CKPT_MOUNT_LINE_MAX	65536

/* What users of a mount namespace cannot undo. */
#define CKPT_MNT_LOCKED		(1 << 0)	/* the mount stays in its place */
#define CKPT_MNT_LOCK_READONLY	(1 << 1)
#define CKPT_MNT_LOCK_NOSUID	(1 << 2)
#define CKPT_MNT_LOCK_NODEV	(1 << 3)
#define CKPT_MNT_LOCK_NOEXEC	(1 << 4)
#define CKPT_MNT_LOCK_ATIME	(1 << 5)
#define CKPT_MNT_LOCKS		((1 << 6) - 1)

/**
 * struct ckpt_hdr_mount - a mount of the container
 * @h: type %CKPT_HDR_MOUNT
 * @locked: %CKPT_MNT_LOCKED ...
 * @mode: type of the file that is mounted: %S_IFDIR, or another
 * @rdev: which device that is
 * @reserved: zero
 * @line: its line of /proc/PID/mountinfo as the root task would read it, without
 *	the newline, NUL-terminated and padded with zeros
 *
 * These records are there if the root task has a mount namespace of its own. A
 * mount comes behind the one it is mounted on.
 */
struct ckpt_hdr_mount {
	struct ckpt_hdr h;
	__u32 locked;
	__u32 mode;
	__u32 rdev;
	__u32 reserved;
	char line[];
};

/**
 * struct ckpt_hdr_ns_mount - a mount in a mount namespace other than the root
 *	task's
 * @h: type %CKPT_HDR_NS_MOUNT
 * @pid: filesystems that show a namespace (proc, mqueue, sysfs): a process that is
 *	in it, by its number in the root task's pid namespace; 0: the root task is,
 *	or it is a filesystem that the root task has mounted, too
 * @user: NS_USER object that the filesystem belongs to; 0 if that is outside
 * @locked: %CKPT_MNT_LOCKED ...
 * @mode: type of the file that is mounted: %S_IFDIR, or another
 * @rdev: which device that is
 * @reserved: zero
 * @line: its line of /proc/PID/mountinfo as seen from the root of the namespace,
 *	as in struct ckpt_hdr_mount
 */
struct ckpt_hdr_ns_mount {
	struct ckpt_hdr h;
	__u32 pid;
	__u32 user;
	__u32 locked;
	__u32 mode;
	__u32 rdev;
	__u32 reserved;
	char line[];
};

#define CKPT_NET_MSG_MAX	32768

/**
 * struct ckpt_hdr_net_msg - a piece of the configuration of the network
 * @h: type %CKPT_HDR_NET_MSG
 * @flags: %CKPT_NET_OUTSIDE or 0
 * @peer: NS_NET object that IFLA_LINK of a link in another namespace than the
 *	root task's is in, if that object precedes; else 0, and the link is in
 *	the message of the other end, or outside
 * @msg: a message of rtnetlink, struct nlmsghdr first, padded with zeros:
 *	RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE or RTM_NEWRULE
 *
 * Behind CONTAINER they are there if the root task has a network namespace of its
 * own. Behind an NS_NET, which is not the root task's then, they tell what the
 * caller of restart() has to supply.
 */
struct ckpt_hdr_net_msg {
	struct ckpt_hdr h;
	__u32 flags;
	__u32 peer;
	__u8 msg[];
};

/* A link outside that leads into the container, or the bridge it belongs to. */
#define CKPT_NET_OUTSIDE	0x1

/**
 * struct ckpt_hdr_ns_kept - a mount of the container that keeps a namespace
 * @h: type %CKPT_HDR_NS_KEPT, behind the namespace
 * @mount: number of the mount, with which the line of its MOUNT or NS_MOUNT record
 *	begins
 * @reserved: zero
 *
 * The caller of restart() has to supply the namespace, as the external resource
 * "ns:ID", or to ask for it by that name, so that it can be mounted there.
 */
struct ckpt_hdr_ns_kept {
	struct ckpt_hdr h;
	__u32 mount;
	__u32 reserved;
};

#define CKPT_PID_LEVELS_MAX	32

/**
 * struct ckpt_hdr_ns - what all namespaces have; starts each NS record
 * @h: type %CKPT_HDR_NS_USER or another of the NS types, an object
 * @user: NS_USER object that owns it, of NS_USER itself the parent; 0: the
 *	user namespace of the restart's caller
 * @flags: %CKPT_NS_ROOT, and those of the type
 *
 * References to namespaces are 0 where a task has that of the caller: what the
 * tree shares with its outside at checkpoint, it shares with the caller of
 * restart() afterwards. That caller may supply user, UTS, IPC, network and
 * cgroup namespaces, as external resources "ns:N" where N is the number of the
 * object. With an outermost user namespace supplied, 0 as @user stands for the
 * parent of that.
 */
struct ckpt_hdr_ns {
	struct ckpt_hdr h;
	__u32 user;
	__u32 flags;
};

/* The root task is in it. */
#define CKPT_NS_ROOT		0x1

#define CKPT_NS_RLIMITS		4
#define CKPT_NS_LIMITS		12
#define CKPT_NS_EXTENTS_MAX	340

/**
 * struct ckpt_idmap - a range of ids
 * @first: in the user namespace
 * @lower: in its parent
 * @count: how many
 */
struct ckpt_idmap {
	__u32 first;
	__u32 lower;
	__u32 count;
};

/**
 * struct ckpt_hdr_ns_user - a user namespace
 * @ns: common part
 * @owner: user id of who created it, in its parent
 * @group: group id of who created it, in its parent
 * @nr_uid: ranges of user ids; 0: not set yet
 * @nr_gid: ranges of group ids; 0: not set yet
 * @nr_projid: ranges of project ids; 0: not set yet
 * @reserved: zero
 * @rlimit: most that all its tasks may use: processes, bytes of message queues,
 *	pending signals, bytes of locked memory
 * @limit: as in /proc/sys/user/max_*: user, pid, uts, ipc, net, mnt, cgroup and
 *	time namespaces, inotify instances and watches, fanotify groups and
 *	marks; -1: the kernel did not have it
 * @map: the ranges: of users, of groups, of projects; padded with 0
 */
struct ckpt_hdr_ns_user {
	struct ckpt_hdr_ns ns;
	__u32 owner;
	__u32 group;
	__u32 nr_uid;
	__u32 nr_gid;
	__u32 nr_projid;
	__u32 reserved;
	__s64 rlimit[CKPT_NS_RLIMITS];
	__s32 limit[CKPT_NS_LIMITS];
	struct ckpt_idmap map[];
};

/* As in /proc/PID/setgroups: allowed. */
#define CKPT_NS_USER_SETGROUPS	0x100
/* Who created it could have mapped the parent's user 0. */
#define CKPT_NS_USER_SETFCAP	0x200

#define CKPT_UTS_LEN		72

/**
 * struct ckpt_hdr_ns_uts - a UTS namespace; kernel and machine are not its own
 * @ns: common part
 * @nodename: host name, at most 64 bytes and NUL
 * @domainname: NIS domain name, at most 64 bytes and NUL
 */
struct ckpt_hdr_ns_uts {
	struct ckpt_hdr_ns ns;
	__u8 nodename[CKPT_UTS_LEN];
	__u8 domainname[CKPT_UTS_LEN];
};

/**
 * struct ckpt_hdr_ns_pid - a pid namespace
 * @ns: common part
 * @parent: NS_PID object of its parent; 0: that into which is restored
 * @level: numbers that a PID in it has: 1 if the root task is its init, one
 *	more than its parent's otherwise; 2 for those directly below the pid
 *	namespace into which is restored
 * @last_pid: as in /proc/sys/kernel/ns_last_pid
 * @memfd_noexec: as in /proc/sys/vm/memfd_noexec
 */
struct ckpt_hdr_ns_pid {
	struct ckpt_hdr_ns ns;
	__u32 parent;
	__u32 level;
	__s32 last_pid;
	__u32 memfd_noexec;
};

/* Its init has died: there will be no process in it any more. */
#define CKPT_NS_PID_DEAD	0x100

/**
 * struct ckpt_ipc_ids - where ids of new IPC objects come from
 * @seq: sequence number in the last one
 * @last_idx: index in the last one, or -1
 * @next_idx: index to try first
 * @nr: number of objects
 */
struct ckpt_ipc_ids {
	__u32 seq;
	__s32 last_idx;
	__u32 next_idx;
	__u32 nr;
};

/**
 * struct ckpt_hdr_ns_ipc - an IPC namespace; IPC_SHM, IPC_SEM and IPC_MSG records
 *	with its objects follow
 * @ns: common part
 * @sem: as in /proc/sys/kernel/sem
 * @msgmax: as in /proc/sys/kernel/msgmax, and so the others up to @mq_msgsize_max
 * @msgmnb: see there
 * @msgmni: see there
 * @shmmni: see there
 * @shmmax: see there
 * @shmall: see there
 * @shm_rmid_forced: see there
 * @mq_queues_max: as in /proc/sys/fs/mqueue/queues_max, and so the following
 * @mq_msg_max: see there
 * @mq_msgsize_max: see there
 * @mq_msg_default: see there
 * @mq_msgsize_default: see there
 * @ids: of semaphores, message queues, shared memory
 */
struct ckpt_hdr_ns_ipc {
	struct ckpt_hdr_ns ns;
	__s32 sem[4];
	__u32 msgmax;
	__u32 msgmnb;
	__u32 msgmni;
	__s32 shmmni;
	__u64 shmmax;
	__u64 shmall;
	__u32 shm_rmid_forced;
	__u32 mq_queues_max;
	__u32 mq_msg_max;
	__u32 mq_msgsize_max;
	__u32 mq_msg_default;
	__u32 mq_msgsize_default;
	struct ckpt_ipc_ids ids[3];
};

/**
 * struct ckpt_ipc_perm - what all System V IPC objects have
 * @id: as given out by shmget() and the others
 * @key: as given to them, or IPC_PRIVATE
 * @uid: owner, in the user namespace that owns the IPC namespace
 * @gid: group, likewise
 * @cuid: creator, likewise
 * @cgid: its group, likewise
 * @mode: permissions, and SHM_DEST
 * @reserved: zero
 */
struct ckpt_ipc_perm {
	__s32 id;
	__s32 key;
	__u32 uid;
	__u32 gid;
	__u32 cuid;
	__u32 cgid;
	__u32 mode;
	__u32 reserved;
};

/**
 * struct ckpt_hdr_ipc_shm - a shared memory segment
 * @h: type %CKPT_HDR_IPC_SHM
 * @perm: id and permissions
 * @size: bytes
 * @atime: when last attached, seconds
 * @dtime: when last detached, seconds
 * @ctime: when last changed by shmctl(), seconds
 * @inode: INODE object with its contents
 * @cpid: PID object of the creator, or 0
 * @lpid: PID object of the last to attach or detach it, or 0
 * @reserved: zero
 */
struct ckpt_hdr_ipc_shm {
	struct ckpt_hdr h;
	struct ckpt_ipc_perm perm;
	__u64 size;
	__s64 atime;
	__s64 dtime;
	__s64 ctime;
	__u32 inode;
	__u32 cpid;
	__u32 lpid;
	__u32 reserved;
};

/**
 * struct ckpt_ipc_sem - a semaphore
 * @val: its value
 * @pid: PID object of the last to change it, or 0
 * @otime: when last changed by semop(), seconds
 */
struct ckpt_ipc_sem {
	__u32 val;
	__u32 pid;
	__s64 otime;
};

#define CKPT_SEMS_MAX		32000

/**
 * struct ckpt_hdr_ipc_sem - a set of semaphores
 * @h: type %CKPT_HDR_IPC_SEM
 * @perm: id and permissions
 * @ctime: when last changed by semctl(), seconds
 * @nr_sems: number of semaphores, at most %CKPT_SEMS_MAX
 * @reserved: zero
 * @sems: the semaphores
 */
struct ckpt_hdr_ipc_sem {
	struct ckpt_hdr h;
	struct ckpt_ipc_perm perm;
	__s64 ctime;
	__u32 nr_sems;
	__u32 reserved;
	struct ckpt_ipc_sem sems[];
};

/**
 * struct ckpt_hdr_ipc_sem_undo - what a process does to semaphores when it exits
 * @h: type %CKPT_HDR_IPC_SEM_UNDO
 * @semid: the set, in the IPC namespace of the task
 * @nr_sems: number of its semaphores
 * @adj: what to add to each; padded with 0
 */
struct ckpt_hdr_ipc_sem_undo {
	struct ckpt_hdr h;
	__s32 semid;
	__u32 nr_sems;
	__s16 adj[];
};

/**
 * struct ckpt_hdr_ipc_msg - a message queue; an IPC_MSG_MSG for each message
 *	follows
 * @h: type %CKPT_HDR_IPC_MSG
 * @perm: id and permissions
 * @stime: when last written to, seconds
 * @rtime: when last read from, seconds
 * @ctime: when last changed by msgctl(), seconds
 * @qbytes: most bytes in it
 * @lspid: PID object of the last writer, or 0
 * @lrpid: PID object of the last reader, or 0
 * @nr_msgs: number of messages
 * @reserved: zero
 */
struct ckpt_hdr_ipc_msg {
	struct ckpt_hdr h;
	struct ckpt_ipc_perm perm;
	__s64 stime;
	__s64 rtime;
	__s64 ctime;
	__u64 qbytes;
	__u32 lspid;
	__u32 lrpid;
	__u32 nr_msgs;
	__u32 reserved;
};

/**
 * struct ckpt_hdr_ipc_msg_msg - a message, oldest first
 * @h: type %CKPT_HDR_IPC_MSG_MSG
 * @type: its type, positive
 * @len: bytes of @data; zeros pad the record
 * @data: the message
 */
struct ckpt_hdr_ipc_msg_msg {
	struct ckpt_hdr h;
	__s64 type;
	__u64 len;
	__u8 data[];
};

#define CKPT_MQ_PRIO_MAX	32768

#define CKPT_MQUEUE_UNLINKED	0x1

/**
 * struct ckpt_hdr_mqueue - a POSIX message queue
 * @h: type %CKPT_HDR_MQUEUE
 * @ns: NS_IPC object it is in
 * @flags: %CKPT_MQUEUE_UNLINKED: it no longer has its name
 * @maxmsg: most messages in it
 * @msgsize: most bytes in a message
 * @atime: time of the last access, nanoseconds
 * @mtime: time of the last modification, nanoseconds
 * @ctime: time of the last change, nanoseconds
 * @value: with SIGEV_SIGNAL, value to send along
 * @notify_pid: PID object of the process to notify, or 0
 * @notify_user: with @notify_pid, NS_USER object in which that asked; 0: that of
 *	the restart's caller
 * @notify: with @notify_pid, SIGEV_NONE or SIGEV_SIGNAL
 * @signo: with SIGEV_SIGNAL, the signal
 * @exec_id: with SIGEV_SIGNAL, how often it had executed a program by then
 * @uid: owner, in the user namespace that owns the IPC namespace
 * @gid: group, likewise
 * @mode: permissions
 * @reserved: zero
 * @name: its name, without the slash
 */
struct ckpt_hdr_mqueue {
	struct ckpt_hdr h;
	__u32 ns;
	__u32 flags;
	__u64 maxmsg;
	__u64 msgsize;
	__s64 atime;
	__s64 mtime;
	__s64 ctime;
	__u64 value;
	__u32 notify_pid;
	__u32 notify_user;
	__s32 notify;
	__s32 signo;
	__u32 exec_id;
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u64 reserved;
	__u8 name[];
};

/**
 * struct ckpt_hdr_mqueue_msg - a message in a POSIX message queue; lowest
 *	priorities first, and of the same priority the oldest
 * @h: type %CKPT_HDR_MQUEUE_MSG
 * @prio: its priority, below %CKPT_MQ_PRIO_MAX
 * @len: bytes of @data; zeros pad the record
 * @data: the message
 */
struct ckpt_hdr_mqueue_msg {
	struct ckpt_hdr h;
	__u32 prio;
	__u32 len;
	__u8 data[];
};

/**
 * struct ckpt_hdr_mqueue_dir - the directory of all POSIX message queues
 * @h: type %CKPT_HDR_MQUEUE_DIR
 * @uid: owner, in the user namespace that owns the IPC namespace, or -1 if it
 *	has no number there
 * @gid: group, likewise
 * @mode: permissions
 * @reserved: zero
 */
struct ckpt_hdr_mqueue_dir {
	struct ckpt_hdr h;
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 reserved;
};

/**
 * struct ckpt_hdr_ns_time - a time namespace other than the root task's
 * @ns: common part
 * @monotonic: its CLOCK_MONOTONIC less the root task's, nanoseconds
 * @boottime: its CLOCK_BOOTTIME less the root task's, nanoseconds
 */
struct ckpt_hdr_ns_time {
	struct ckpt_hdr_ns ns;
	__s64 monotonic;
	__s64 boottime;
};

/* Tasks have entered it: /proc/PID/timens_offsets can no longer be written. */
#define CKPT_NS_TIME_FROZEN	0x100

/**
 * struct ckpt_hdr_task_ns - namespaces of a task, unless all fields are 0
 * @h: type %CKPT_HDR_TASK_NS
 * @uts: NS_UTS object
 * @ipc: NS_IPC object
 * @mnt: NS_MNT object
 * @net: NS_NET object
 * @cgroup: NS_CGROUP object
 * @time: NS_TIME object; 0: the root task's
 * @time_for_children: NS_TIME object; 0: the root task's
 * @pid_for_children: NS_PID object; 0: the one it is in itself
 *
 * Its pid namespace is that of its PID, its user namespace that of its CRED.
 */
struct ckpt_hdr_task_ns {
	struct ckpt_hdr h;
	__u32 uts;
	__u32 ipc;
	__u32 mnt;
	__u32 net;
	__u32 cgroup;
	__u32 time;
	__u32 time_for_children;
	__u32 pid_for_children;
};

/**
 * struct ckpt_hdr_pid - a process id
 * @h: type %CKPT_HDR_PID, an object
 * @nr_levels: pid namespaces it is seen in, from the root task's inwards
 * @ns: NS_PID object, the innermost of them; 0: that into which is restored
 * @nr: the id in each of them, the root task's namespace first; padded with 0
 *	to an even number
 */
struct ckpt_hdr_pid {
	struct ckpt_hdr h;
	__u32 nr_levels;
	__u32 ns;
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

/**
 * struct ckpt_hdr_restart_block - a system call that will be continued with
 *	restart_syscall(2); absent if there is none
 * @h: type %CKPT_HDR_RESTART_BLOCK
 * @kind: one of enum ckpt_restart_kind
 * @flags: %CKPT_RESTART_COMPAT and the others
 * @clock: clock of @time, CLOCK_*
 * @op: futex: operation, with flags as in futex(2); again: number of the system
 *	call, which is made again with the arguments in the registers
 * @addr: nanosleep: where to put the remaining time, if interrupted, or 0;
 *	poll: the array; futex: the futex
 * @val: poll: elements of the array; futex: expected value
 * @bitset: futex: bits to wait for
 * @time: nanosleep, poll, again: remaining time in nanoseconds; futex: when the wait
 *	ends, on @clock as the task sees it, nanoseconds
 */
struct ckpt_hdr_restart_block {
	struct ckpt_hdr h;
	__u32 kind;
	__u32 flags;
	__s32 clock;
	__u32 op;
	__u64 addr;
	__u32 val;
	__u32 bitset;
	__s64 time;
};

enum ckpt_restart_kind {
	CKPT_RESTART_NANOSLEEP	= 1,
	CKPT_RESTART_POLL	= 2,
	CKPT_RESTART_FUTEX	= 3,
	CKPT_RESTART_AGAIN	= 4,
};

/* It was a 32-bit system call. */
#define CKPT_RESTART_COMPAT	0x1
/* @time is in use. */
#define CKPT_RESTART_TIMEOUT	0x2
/* @addr is that of an old 32-bit struct timespec. */
#define CKPT_RESTART_TIME32	0x4
#define CKPT_RESTART_ALL	0x7

/**
 * struct ckpt_hdr_cgroup - the control group of a process; absent if it is that
 *	of the root task
 * @h: type %CKPT_HDR_CGROUP
 * @path_len: bytes of @path, NUL included
 * @reserved: zero
 * @path: the way to it from that of the root task, such as "/below" or
 *	"/../beside", in the v2 hierarchy
 */
struct ckpt_hdr_cgroup {
	struct ckpt_hdr h;
	__u32 path_len;
	__u32 reserved;
	__u8 path[];
};

/**
 * struct ckpt_hdr_futex - futexes to release when a task dies; absent if none
 * @h: type %CKPT_HDR_FUTEX
 * @robust_list: head of the list, see set_robust_list(2), or 0
 * @compat_robust_list: the same, set by a 32-bit system call
 * @clear_child_tid: see set_tid_address(2), or 0
 */
struct ckpt_hdr_futex {
	struct ckpt_hdr h;
	__u64 robust_list;
	__u64 compat_robust_list;
	__u64 clear_child_tid;
};

/**
 * struct ckpt_hdr_rseq - registration for rseq(2); absent if there is none
 * @h: type %CKPT_HDR_RSEQ
 * @addr: address of the task's struct rseq
 * @len: its size
 * @sig: signature in front of abort handlers
 */
struct ckpt_hdr_rseq {
	struct ckpt_hdr h;
	__u64 addr;
	__u32 len;
	__u32 sig;
};

/* ---- memory ---- */

/* Flags of an area; what they mean is what the system call in brackets says. */
#define CKPT_VMA_READ		0x00000001	/* mmap */
#define CKPT_VMA_WRITE		0x00000002
#define CKPT_VMA_EXEC		0x00000004
#define CKPT_VMA_SHARED		0x00000008	/* and may become writable */
#define CKPT_VMA_MAYREAD	0x00000010	/* limits for mprotect */
#define CKPT_VMA_MAYWRITE	0x00000020
#define CKPT_VMA_MAYEXEC	0x00000040
#define CKPT_VMA_MAYSHARE	0x00000080	/* mapped with MAP_SHARED */
#define CKPT_VMA_GROWSDOWN	0x00000100
#define CKPT_VMA_LOCKED		0x00000200	/* mlock */
#define CKPT_VMA_LOCKONFAULT	0x00000400
#define CKPT_VMA_ACCOUNT	0x00000800	/* counts as committed memory */
#define CKPT_VMA_NORESERVE	0x00001000
#define CKPT_VMA_SEQ_READ	0x00002000	/* madvise */
#define CKPT_VMA_RAND_READ	0x00004000
#define CKPT_VMA_DONTFORK	0x00008000
#define CKPT_VMA_WIPEONFORK	0x00010000
#define CKPT_VMA_DONTDUMP	0x00020000
#define CKPT_VMA_HUGEPAGE	0x00040000
#define CKPT_VMA_NOHUGEPAGE	0x00080000
#define CKPT_VMA_MERGEABLE	0x00100000
#define CKPT_VMA_DROPPABLE	0x00200000	/* mmap */
#define CKPT_VMA_ALL		0x003fffff

#define CKPT_MM_THP_DISABLE	0x00000001	/* PR_SET_THP_DISABLE */
#define CKPT_MM_MDWE		0x00000002	/* PR_MDWE_REFUSE_EXEC_GAIN */
#define CKPT_MM_MDWE_NO_INHERIT	0x00000004	/* PR_MDWE_NO_INHERIT */
#define CKPT_MM_MERGE_ANY	0x00000008	/* PR_SET_MEMORY_MERGE */
#define CKPT_MM_MB_GLOBAL	0x00000010	/* membarrier() registrations */
#define CKPT_MM_MB_PRIVATE	0x00000020
#define CKPT_MM_MB_SYNC_CORE	0x00000040
#define CKPT_MM_MB_RSEQ		0x00000080
#define CKPT_MM_ALL		0x000000ff

/**
 * struct ckpt_hdr_mm - an address space; AUXV, the processor's record and VMA
 *	records follow
 * @h: type %CKPT_HDR_MM, an object
 * @flags: %CKPT_MM_THP_DISABLE and the others
 * @exe_file: FILE object behind /proc/PID/exe, or 0
 * @dumpable: 0, 1 or 2, as in PR_GET_DUMPABLE
 * @dump_filter: as in /proc/PID/coredump_filter
 * @def_flags: %CKPT_VMA_LOCKED, %CKPT_VMA_LOCKONFAULT (MCL_FUTURE) and
 *	%CKPT_VMA_NOHUGEPAGE for areas to come
 * @start_code: as in struct prctl_mm_map, and so the others up to @env_end
 * @end_code: see there
 * @start_data: see there
 * @end_data: see there
 * @start_brk: see there
 * @brk: see there
 * @start_stack: see there
 * @arg_start: see there
 * @arg_end: see there
 * @env_start: see there
 * @env_end: see there
 * @hiwater_rss: most pages ever resident
 * @hiwater_vm: most pages ever mapped
 * @user_ns: NS_USER object whose root may look into it; 0: the user namespace of
 *	the restart's caller
 * @reserved: zero
 */
struct ckpt_hdr_mm {
	struct ckpt_hdr h;
	__u32 flags;
	__u32 exe_file;
	__u32 dumpable;
	__u32 dump_filter;
	__u64 def_flags;
	__u64 start_code;
	__u64 end_code;
	__u64 start_data;
	__u64 end_data;
	__u64 start_brk;
	__u64 brk;
	__u64 start_stack;
	__u64 arg_start;
	__u64 arg_end;
	__u64 env_start;
	__u64 env_end;
	__u64 hiwater_rss;
	__u64 hiwater_vm;
	__u32 user_ns;
	__u32 reserved;
};

#define CKPT_VMA_NAME_MAX	80
#define CKPT_AUXV_MAX		128

/**
 * struct ckpt_hdr_vma - an area of an address space, in ascending order
 * @h: type %CKPT_HDR_VMA
 * @start: first address
 * @end: first address behind it
 * @pgoff: page offset in the file; of anonymous memory, the page number it had
 *	when it was mapped first
 * @flags: %CKPT_VMA_READ and the others
 * @file: FILE object, INODE object of shared anonymous memory, or 0
 * @anon_root: areas with the same number other than 0, in all address spaces,
 *	may have pages that are shared copy-on-write
 * @name: PR_SET_VMA_ANON_NAME: NUL-terminated and padded; no bytes if unnamed
 */
struct ckpt_hdr_vma {
	struct ckpt_hdr h;
	__u64 start;
	__u64 end;
	__u64 pgoff;
	__u64 flags;
	__u32 file;
	__u32 anon_root;
	__u8 name[];
};

/**
 * struct ckpt_hdr_auxv - the auxiliary vector in /proc/PID/auxv
 * @h: type %CKPT_HDR_AUXV
 * @auxv: pairs of type and value; the last one is AT_NULL
 */
struct ckpt_hdr_auxv {
	struct ckpt_hdr h;
	__u64 auxv[];
};

enum ckpt_inode_kind {
	CKPT_INODE_SHM_ANON	= 1,	/* anonymous memory with MAP_SHARED */
	CKPT_INODE_SHM_SYSV	= 2,	/* of an IPC_SHM */
};

/* Counts as committed memory page by page only. */
#define CKPT_INODE_NORESERVE	0x1

/**
 * struct ckpt_hdr_inode - contents that have no name in any file system
 * @h: type %CKPT_HDR_INODE, an object
 * @size: bytes
 * @kind: one of enum ckpt_inode_kind
 * @flags: %CKPT_INODE_NORESERVE
 */
struct ckpt_hdr_inode {
	struct ckpt_hdr h;
	__u64 size;
	__u32 kind;
	__u32 flags;
};

/* ---- files ---- */

/**
 * struct ckpt_file_id - by which a file found by name is recognised
 * @dev: device number of the filesystem, as stat() shows it (64 bit encoding)
 * @ino: inode number, as stat() shows it
 * @size: size in bytes
 * @mtime: seconds of the time of the last modification
 * @mtime_nsec: nanoseconds of that time
 * @mode: type and permissions
 * @generation: generation of the inode number
 * @rdev_major: for devices: which device
 * @rdev_minor: for devices: which device
 * @mnt: NS_MNT object: its name is seen from the root of that mount namespace;
 *	0: from the root directory of the root task
 * @fs_magic: kind of filesystem
 * @fs_uuid: UUID of the filesystem; zeros if it has none
 *
 * @dev, @ino and @generation are compared only if the file is found on the
 * same filesystem, @size and @mtime only where contents matter.
 */
struct ckpt_file_id {
	__u64 dev;
	__u64 ino;
	__u64 size;
	__s64 mtime;
	__u32 mtime_nsec;
	__u32 mode;
	__u32 generation;
	__u32 rdev_major;
	__u32 rdev_minor;
	__u32 mnt;
	__u64 fs_magic;
	__u8 fs_uuid[16];
};

/**
 * struct ckpt_hdr_files - a descriptor table; FD records follow
 * @h: type %CKPT_HDR_FILES, an object
 * @nr_fds: number of FD records
 * @reserved: zero
 */
struct ckpt_hdr_files {
	struct ckpt_hdr h;
	__u32 nr_fds;
	__u32 reserved;
};

/**
 * struct ckpt_hdr_fd - a file descriptor
 * @h: type %CKPT_HDR_FD
 * @fd: its number; ascending within a table
 * @file: object of one of the FILE types
 * @flags: %CKPT_FD_CLOEXEC
 * @reserved: zero
 */
struct ckpt_hdr_fd {
	struct ckpt_hdr h;
	__u32 fd;
	__u32 file;
	__u32 flags;
	__u32 reserved;
};

#define CKPT_FD_CLOEXEC		0x1

/**
 * struct ckpt_hdr_fs - root and working directory
 * @h: type %CKPT_HDR_FS, an object
 * @umask: file creation mask
 * @root_len: bytes of the root's path at @paths, NUL included
 * @cwd_len: bytes of the working directory's path behind it, NUL included
 * @reserved: zero
 * @root: identity of the root
 * @cwd: identity of the working directory
 * @paths: the two paths, seen from where @root and @cwd say
 */
struct ckpt_hdr_fs {
	struct ckpt_hdr h;
	__u32 umask;
	__u32 root_len;
	__u32 cwd_len;
	__u32 reserved;
	struct ckpt_file_id root;
	struct ckpt_file_id cwd;
	__u8 paths[];
};

/**
 * struct ckpt_hdr_pipe - a pipe or FIFO; PIPE_BUF records follow
 * @h: type %CKPT_HDR_PIPE, an object
 * @ino: inode number; how messages and /proc name it
 * @slots: buffers it can hold; a power of two
 * @nr_bufs: buffers it holds, and PIPE_BUF records that follow
 * @readers: ends open for reading; all of them are in the image
 * @writers: ends open for writing; all of them are in the image
 * @uid: owner, in the user namespace of the restart's caller
 * @gid: group, in the user namespace of the restart's caller
 * @mode: permissions
 * @path_len: bytes of the path at @path, NUL included; 0 if it has no name
 * @id: identity of the name; zeros if it has none
 * @path: the path of a FIFO, seen from where @id says
 */
struct ckpt_hdr_pipe {
	struct ckpt_hdr h;
	__u64 ino;
	__u32 slots;
	__u32 nr_bufs;
	__u32 readers;
	__u32 writers;
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 path_len;
	struct ckpt_file_id id;
	__u8 path[];
};

/**
 * struct ckpt_hdr_pipe_buf - data in a pipe, oldest first
 * @h: type %CKPT_HDR_PIPE_BUF
 * @offset: where in its page the data starts; matters for what fits behind it
 * @len: bytes of data; zeros pad the record
 * @flags: %CKPT_PIPE_BUF_PACKET, %CKPT_PIPE_BUF_MERGE
 * @reserved: zero
 * @data: the data
 */
struct ckpt_hdr_pipe_buf {
	struct ckpt_hdr h;
	__u32 offset;
	__u32 len;
	__u32 flags;
	__u32 reserved;
	__u8 data[];
};

/* read() returns this buffer by itself (O_DIRECT). */
#define CKPT_PIPE_BUF_PACKET	0x1
/* write() may add to this buffer. */
#define CKPT_PIPE_BUF_MERGE	0x2

/**
 * struct ckpt_hdr_tmpfs - a tmpfs filesystem of a container
 * @h: type %CKPT_HDR_TMPFS, an object
 * @path: where its root is mounted, NUL-terminated and padded with zeros
 */
struct ckpt_hdr_tmpfs {
	struct ckpt_hdr h;
	char path[];
};

/**
 * struct ckpt_hdr_tmpfs_ns - where a tmpfs is mounted, if not where the root task
 *	is
 * @h: type %CKPT_HDR_TMPFS_NS, behind a TMPFS
 * @mnt: NS_MNT object
 * @reserved: zero
 */
struct ckpt_hdr_tmpfs_ns {
	struct ckpt_hdr h;
	__u32 mnt;
	__u32 reserved;
};

/**
 * struct ckpt_hdr_tmpfs_entry - a file in a tmpfs, by one of its names
 * @h: type %CKPT_HDR_TMPFS_ENTRY, an object; PAGES records refer to it
 * @fs: TMPFS object
 * @parent: TMPFS_ENTRY of the directory it is in, 0: it is the root
 * @link: TMPFS_ENTRY that is another name of the same file, or 0
 * @mode: kind and permissions
 * @uid: owner, in the outermost user namespace of the root task's own
 * @gid: group
 * @rdev: number of a device, as in stat(2)
 * @atime_nsec: nanoseconds of @atime
 * @size: of a regular file
 * @atime: time of access, seconds
 * @mtime: time of modification, seconds
 * @mtime_nsec: nanoseconds of @mtime
 * @reserved: zero
 * @names: its name and the target of a symbolic link, each NUL-terminated,
 *	padded with zeros
 */
struct ckpt_hdr_tmpfs_entry {
	struct ckpt_hdr h;
	__u32 fs;
	__u32 parent;
	__u32 link;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 rdev;
	__u32 atime_nsec;
	__u64 size;
	__s64 atime;
	__s64 mtime;
	__u32 mtime_nsec;
	__u32 reserved;
	char names[];
};

/**
 * struct ckpt_hdr_xattr - an extended attribute of the file before it
 * @h: type %CKPT_HDR_XATTR
 * @name_len: bytes of the name, with NUL
 * @value_len: bytes of the value
 * @data: name and value, padded with zeros
 */
struct ckpt_hdr_xattr {
	struct ckpt_hdr h;
	__u32 name_len;
	__u32 value_len;
	char data[];
};

/**
 * struct ckpt_sockopt - the value of one option of a socket
 * @level: SOL_SOCKET or a protocol
 * @name: number of the option
 * @len: bytes of @value
 * @reserved: zero
 * @value: as setsockopt() takes it; zeros pad it
 */
struct ckpt_sockopt {
	__u32 level;
	__u32 name;
	__u32 len;
	__u32 reserved;
	__u8 value[16];
};

/**
 * struct ckpt_hdr_socket - a socket; what is particular to its family follows
 * @h: type %CKPT_HDR_SOCKET, an object
 * @ino: inode number; how messages and /proc name it; 0 if it has no file
 * @family: AF_UNIX and the others
 * @type: SOCK_STREAM and the others
 * @protocol: protocol of the family
 * @state: one of enum ckpt_sock_state
 * @shutdown: %CKPT_SHUT_RD, %CKPT_SHUT_WR
 * @err: error that the next call will report, or 0
 * @backlog: connections or messages that may wait
 * @flags: %CKPT_SOCKET_FILE and the others
 * @uid: owner, in the user namespace of the restart's caller
 * @gid: group, in the user namespace of the restart's caller
 * @mode: permissions
 * @nr_opts: elements of @opts
 * @netns: zero
 * @reserved: zero
 * @opts: options, in the order in which they have to be set
 */
struct ckpt_hdr_socket {
	struct ckpt_hdr h;
	__u64 ino;
	__u32 family;
	__u32 type;
	__u32 protocol;
	__u32 state;
	__u32 shutdown;
	__u32 err;
	__u32 backlog;
	__u32 flags;
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 nr_opts;
	__u32 netns;
	__u32 reserved;
	struct ckpt_sockopt opts[];
};

enum ckpt_sock_state {
	CKPT_SOCK_CLOSED	= 0,	/* neither of the following */
	CKPT_SOCK_LISTEN	= 1,
	CKPT_SOCK_CONNECTED	= 2,
};

#define CKPT_SHUT_RD		0x1
#define CKPT_SHUT_WR		0x2

/* Exactly one of these three. A FILE_SOCKET refers to it. */
#define CKPT_SOCKET_FILE	0x1
/* It waits to be accepted. */
#define CKPT_SOCKET_EMBRYO	0x2
/* It has been closed; but others still see its name. */
#define CKPT_SOCKET_DEAD	0x4

#define CKPT_SOCKOPTS_MAX	128

/**
 * struct ckpt_sock_pid - a process that a socket or message names
 * @pid: PID object, if the process is in the image; otherwise 0
 * @nr: otherwise its number in the pid namespace of the root task, or 0
 */
struct ckpt_sock_pid {
	__u32 pid;
	__s32 nr;
};

/**
 * struct ckpt_hdr_sock_unix - name, connection and queue of an AF_UNIX socket;
 *	SKB records follow. Belongs to no object: these records come when all
 *	sockets are known, so that they can refer to each other.
 * @h: type %CKPT_HDR_SOCK_UNIX
 * @sock: SOCKET object
 * @peer: SOCKET object it is connected to, or 0
 * @peer_cred: CRED object that SO_PEERCRED shows, or 0
 * @flags: %CKPT_UNIX_BOUND and the others
 * @peer_pid: process that SO_PEERCRED shows
 * @nr_skbs: number of SKB records
 * @addr_len: bytes of its address at @names: what follows sun_family
 * @path_len: bytes of the path behind that, NUL included; 0 if there is none
 * @remote_len: bytes of an address behind that, to which it is connected again
 * @id: identity of the path; zeros if there is none
 * @names: the two addresses and the path
 */
struct ckpt_hdr_sock_unix {
	struct ckpt_hdr h;
	__u32 sock;
	__u32 peer;
	__u32 peer_cred;
	__u32 flags;
	struct ckpt_sock_pid peer_pid;
	__u32 nr_skbs;
	__u32 addr_len;
	__u32 path_len;
	__u32 remote_len;
	struct ckpt_file_id id;
	__u8 names[];
};

/* Others can find it by its address. */
#define CKPT_UNIX_BOUND		0x1

#define CKPT_UNIX_ADDR_MAX	109

/**
 * struct ckpt_hdr_sock_inet - addresses of an AF_INET or AF_INET6 socket
 * @h: type %CKPT_HDR_SOCK_INET
 * @flags: %CKPT_INET_ADDR and the others
 * @port: its port, or 0
 * @peer_port: port it is connected to, or 0
 * @addr: its address; of AF_INET the first 4 bytes; zeros for any
 * @peer: address it is connected to
 * @scope: interface that the addresses are local to, or 0; a restart takes that
 *	of SO_BINDTODEVICE, by its name
 * @flowinfo: flow label and traffic class of the connection
 */
struct ckpt_hdr_sock_inet {
	struct ckpt_hdr h;
	__u32 flags;
	__u16 port;
	__u16 peer_port;
	__u8 addr[16];
	__u8 peer[16];
	__u32 scope;
	__u32 flowinfo;
};

/* bind() gave it the address, or the port. */
#define CKPT_INET_ADDR		0x1
#define CKPT_INET_PORT		0x2
/* It has @port for itself; otherwise this only shows what it once had. */
#define CKPT_INET_HAS_PORT	0x4

/**
 * struct ckpt_hdr_sock_netlink - port and groups of an AF_NETLINK socket
 * @h: type %CKPT_HDR_SOCK_NETLINK
 * @flags: %CKPT_NETLINK_BOUND
 * @options: %CKPT_NETLINK_PKTINFO and the others
 * @portid: its port
 * @dst_portid: port it is connected to
 * @dst_group: group it is connected to, or 0
 * @reserved: zero
 * @groups: groups it listens to; bit 0 is group 1
 */
struct ckpt_hdr_sock_netlink {
	struct ckpt_hdr h;
	__u32 flags;
	__u32 options;
	__u32 portid;
	__u32 dst_portid;
	__u32 dst_group;
	__u32 reserved;
	__u64 groups;
};

#define CKPT_NETLINK_BOUND		0x1

/* Options of SOL_NETLINK that are switched on. */
#define CKPT_NETLINK_PKTINFO		0x01
#define CKPT_NETLINK_BROADCAST_ERROR	0x02
#define CKPT_NETLINK_NO_ENOBUFS		0x04
#define CKPT_NETLINK_LISTEN_ALL_NSID	0x08
#define CKPT_NETLINK_CAP_ACK		0x10
#define CKPT_NETLINK_EXT_ACK		0x20
#define CKPT_NETLINK_STRICT_CHK		0x40

/**
 * struct ckpt_hdr_skb - a message in the queue of a socket, oldest first, or a
 *	connection in that of a listening one
 * @h: type %CKPT_HDR_SKB
 * @sock: SOCKET object that sent it, or that is to be accepted
 * @flags: %CKPT_SKB_OOB
 * @len: bytes of data that have not been read
 * @consumed: bytes before them that have been read, of which only the number
 *	is known
 * @pid: sender, for SCM_CREDENTIALS
 * @uid: sender, in the user namespace of the restart's caller; -1 if unknown
 * @gid: sender, in the user namespace of the restart's caller; -1 if unknown
 * @tstamp: when it arrived, nanoseconds of CLOCK_REALTIME; 0 if unknown
 * @nr_files: files that come with it (SCM_RIGHTS)
 * @reserved: zero
 * @data: numbers of the FILE objects, each a __u32, padded to 8 bytes; data
 */
struct ckpt_hdr_skb {
	struct ckpt_hdr h;
	__u32 sock;
	__u32 flags;
	__u32 len;
	__u32 consumed;
	struct ckpt_sock_pid pid;
	__u32 uid;
	__u32 gid;
	__s64 tstamp;
	__u32 nr_files;
	__u32 reserved;
	__u8 data[];
};

/* The byte sent last with MSG_OOB. */
#define CKPT_SKB_OOB		0x1

#define CKPT_SKB_FILES_MAX	253

/**
 * struct ckpt_hdr_unlinked - a regular file that has no name; PAGES have the
 *	contents
 * @h: type %CKPT_HDR_UNLINKED, an object
 * @size: bytes
 * @atime: seconds of the time of the last access
 * @mtime: seconds of the time of the last modification
 * @atime_nsec: nanoseconds of @atime
 * @mtime_nsec: nanoseconds of @mtime
 * @uid: owner, in the user namespace of the restart's caller
 * @gid: group, in the user namespace of the restart's caller
 * @mode: permissions
 * @flags: %CKPT_UNLINKED_MEMFD, %CKPT_UNLINKED_LINKABLE
 * @seals: memfd: F_SEAL_*, as in F_GET_SEALS
 * @name_len: bytes of @name, NUL included
 * @dir: identity of the directory; zeros for a memfd
 * @name: path of the directory it is in, seen from the root directory of the
 *	root task; or the name of the memfd
 */
struct ckpt_hdr_unlinked {
	struct ckpt_hdr h;
	__u64 size;
	__s64 atime;
	__s64 mtime;
	__u32 atime_nsec;
	__u32 mtime_nsec;
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 flags;
	__u32 seals;
	__u32 name_len;
	struct ckpt_file_id dir;
	__u8 name[];
};

/* Made by memfd_create(). */
#define CKPT_UNLINKED_MEMFD	0x1
/* linkat() can give it a name: opened with O_TMPFILE and without O_EXCL. */
#define CKPT_UNLINKED_LINKABLE	0x2

/**
 * struct ckpt_hdr_file - what all open files have; starts each FILE record
 * @h: type %CKPT_HDR_FILE_PATH or another of the FILE types, an object
 * @f_flags: O_* flags, as F_GETFL shows them, and %CKPT_O_EXEC
 * @advice: %CKPT_ADVICE_RANDOM and the others
 * @pos: position
 * @cred: CRED object with which it was opened; 0 for FILE_EXTERNAL, and if that
 *	is of an outer user namespace
 * @reserved: zero
 */
struct ckpt_hdr_file {
	struct ckpt_hdr h;
	__u32 f_flags;
	__u32 advice;
	__s64 pos;
	__u32 cred;
	__u32 reserved;
};

/* In @f_flags: opened to be executed. */
#define CKPT_O_EXEC		0x20

/* As given to posix_fadvise(). */
#define CKPT_ADVICE_RANDOM	0x1
#define CKPT_ADVICE_SEQUENTIAL	0x2
#define CKPT_ADVICE_NOREUSE	0x4

/**
 * struct ckpt_hdr_file_external - an open file that belongs to somebody else
 * @file: common part
 * @key: under which the caller of restart() passes it, NUL-terminated
 */
struct ckpt_hdr_file_external {
	struct ckpt_hdr_file file;
	__u8 key[];
};

/**
 * struct ckpt_hdr_file_path - an open file that is opened again by its path
 * @file: common part
 * @id: identity of the file
 * @flags: %CKPT_FILE_GROWS
 * @path_len: bytes of @path, NUL included
 * @path: seen from where @id says; no symbolic links
 */
struct ckpt_hdr_file_path {
	struct ckpt_hdr_file file;
	struct ckpt_file_id id;
	__u32 flags;
	__u32 path_len;
	__u8 path[];
};

/* It may have become larger since: open for writing only, such as a log. */
#define CKPT_FILE_GROWS		0x1

/**
 * struct ckpt_hdr_file_inode - an open file that has no name
 * @file: common part
 * @inode: UNLINKED object
 * @reserved: zero
 */
struct ckpt_hdr_file_inode {
	struct ckpt_hdr_file file;
	__u32 inode;
	__u32 reserved;
};

/**
 * struct ckpt_hdr_file_pipe - an end of a pipe or FIFO
 * @file: common part
 * @pipe: PIPE object
 * @flags: %CKPT_FILE_PIPE_NOWAIT, %CKPT_FILE_PIPE_NO_HUP
 */
struct ckpt_hdr_file_pipe {
	struct ckpt_hdr_file file;
	__u32 pipe;
	__u32 flags;
};

/* RWF_NOWAIT works: not opened by a path. */
#define CKPT_FILE_PIPE_NOWAIT	0x1
/* Opened for reading before there was a writer, and there has been none. */
#define CKPT_FILE_PIPE_NO_HUP	0x2

/**
 * struct ckpt_hdr_pty - a pseudo terminal; TTY records of the master and of the
 *	slave follow
 * @h: type %CKPT_HDR_PTY, an object
 * @index: its number in its instance of devpts
 * @f_flags: how the master is open: O_RDONLY, O_WRONLY or O_RDWR
 * @session: PID object: the session whose controlling terminal the slave is; or 0
 * @pgrp: PID object: the foreground process group of the slave; or 0
 * @uid: owner of the slave, in the user namespace of the restart's caller
 * @gid: its group, in the user namespace of the restart's caller
 * @mode: its permissions
 * @path_len: bytes of the path at @path, NUL included
 * @path: the path by which ptmx was opened, seen from the root directory of the
 *	root task
 */
struct ckpt_hdr_pty {
	struct ckpt_hdr h;
	__u32 index;
	__u32 f_flags;
	__u32 session;
	__u32 pgrp;
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 path_len;
	__u8 path[];
};

#define CKPT_PTY_CC		19

/**
 * struct ckpt_termios - settings of a terminal, or which of them are locked
 * @iflag: c_iflag of struct termios2
 * @oflag: c_oflag
 * @cflag: c_cflag
 * @lflag: c_lflag
 * @ispeed: c_ispeed
 * @ospeed: c_ospeed
 * @line: c_line
 * @cc: c_cc
 * @reserved: zero
 */
struct ckpt_termios {
	__u32 iflag;
	__u32 oflag;
	__u32 cflag;
	__u32 lflag;
	__u32 ispeed;
	__u32 ospeed;
	__u8 line;
	__u8 cc[CKPT_PTY_CC];
	__u32 reserved;
};

/**
 * struct ckpt_hdr_tty - one side of a pseudo terminal
 * @h: type %CKPT_HDR_TTY
 * @termios: settings
 * @locked: which of them must not change (TIOCSLCKTRMIOS)
 * @rows: height of the window in characters
 * @cols: width
 * @xpixel: width in pixels
 * @ypixel: height
 * @flags: %CKPT_TTY_THROTTLED and the others
 * @pktstatus: what the other side has not read of this in packet mode (TIOCPKT)
 * @column: where the cursor is
 * @canon_column: where it was when the line began
 * @nr_read: characters that the line discipline has received
 * @commit: how many of them can be read if @termios is not canonical; negative
 *	if that has been overtaken
 * @canon: how many of them are complete lines if it is; negative likewise
 * @nr_echo: bytes to be echoed, with N_TTY's own codes for erasing
 * @echo_commit: how many of them are to be echoed at once
 * @echo_mark: how many of them are to be echoed later
 * @nr_queued: characters on their way to the line discipline
 * @reserved: zero
 * @data: the @nr_read characters; as many bits, set where a line ends, padded to
 *	a byte; the @nr_echo bytes; the @nr_queued characters. Zeros pad the
 *	record.
 */
struct ckpt_hdr_tty {
	struct ckpt_hdr h;
	struct ckpt_termios termios;
	struct ckpt_termios locked;
	__u16 rows;
	__u16 cols;
	__u16 xpixel;
	__u16 ypixel;
	__u32 flags;
	__u32 pktstatus;
	__u32 column;
	__u32 canon_column;
	__u32 nr_read;
	__s32 commit;
	__s32 canon;
	__u32 nr_echo;
	__u32 echo_commit;
	__u32 echo_mark;
	__u32 nr_queued;
	__u32 reserved;
	__u8 data[];
};

/* Of struct tty_struct. */
#define CKPT_TTY_THROTTLED	0x1
#define CKPT_TTY_IO_ERROR	0x2	/* closed, or opened while locked */
#define CKPT_TTY_OTHER_CLOSED	0x4
#define CKPT_TTY_EXCLUSIVE	0x8	/* TIOCEXCL */
#define CKPT_TTY_WRITE_WAKEUP	0x10
#define CKPT_TTY_LOCKED		0x20	/* TIOCSPTLCK; master */
#define CKPT_TTY_STOPPED	0x40
#define CKPT_TTY_TCO_STOPPED	0x80	/* TCOOFF */
#define CKPT_TTY_PACKET		0x100	/* TIOCPKT; master */
/* Of the line discipline. */
#define CKPT_TTY_LNEXT		0x200	/* the next character is literal */
#define CKPT_TTY_ERASING	0x400
#define CKPT_TTY_PUSH		0x800
#define CKPT_TTY_NO_ROOM	0x1000

/* What N_TTY holds at most, and what can be on its way. */
#define CKPT_TTY_BUF		4096
#define CKPT_TTY_QUEUE_MAX	32768

/**
 * struct ckpt_hdr_file_pty - an open side of a pseudo terminal
 * @file: common part
 * @pty: PTY object
 * @kind: %CKPT_PTY_MASTER and the others
 * @path_len: slave: bytes of the path at @path, NUL included; otherwise 0
 * @mnt: as in struct ckpt_file_id
 * @path: the path by which it was opened, seen from there
 */
struct ckpt_hdr_file_pty {
	struct ckpt_hdr_file file;
	__u32 pty;
	__u32 kind;
	__u32 path_len;
	__u32 mnt;
	__u8 path[];
};

#define CKPT_PTY_MASTER		1
#define CKPT_PTY_SLAVE		2
#define CKPT_PTY_CURRENT	3	/* the slave, opened as /dev/tty */

/**
 * struct ckpt_hdr_file_eventfd - an eventfd
 * @file: common part
 * @count: its counter
 * @flags: %CKPT_EVENTFD_SEMAPHORE
 * @reserved: zero
 */
struct ckpt_hdr_file_eventfd {
	struct ckpt_hdr_file file;
	__u64 count;
	__u32 flags;
	__u32 reserved;
};

/* EFD_SEMAPHORE */
#define CKPT_EVENTFD_SEMAPHORE	0x1

/**
 * struct ckpt_hdr_file_epoll - an eventpoll file; EPOLL_ITEM records follow
 * @file: common part
 * @nr_items: number of EPOLL_ITEM records
 * @reserved: zero
 */
struct ckpt_hdr_file_epoll {
	struct ckpt_hdr_file file;
	__u32 nr_items;
	__u32 reserved;
};

/**
 * struct ckpt_hdr_epoll_item - a watch; those that are ready come first, in
 *	the order in which they will be reported
 * @h: type %CKPT_HDR_EPOLL_ITEM
 * @file: object of one of the FILE types: what is watched
 * @fd: the descriptor under which it was added
 * @events: EPOLL* bits; none but EPOLLET and the like if it was disabled
 * @flags: %CKPT_EPOLL_READY
 * @data: reported with its events
 * @sighand: of a signalfd: SIGHAND object of the process that has added it; 0
 *	if that is dead
 * @reserved: zero
 */
struct ckpt_hdr_epoll_item {
	struct ckpt_hdr h;
	__u32 file;
	__u32 fd;
	__u32 events;
	__u32 flags;
	__u64 data;
	__u32 sighand;
	__u32 reserved;
};

/* Its file has become ready, which has not been reported yet. */
#define CKPT_EPOLL_READY	0x1

/**
 * struct ckpt_hdr_file_inotify - an inotify instance; INOTIFY_EVENT and then
 *	INOTIFY_WATCH records follow
 * @file: common part
 * @nr_events: number of INOTIFY_EVENT records
 * @nr_watches: number of INOTIFY_WATCH records
 * @next_wd: where the search for the number of the next watch starts
 * @reserved: zero
 */
struct ckpt_hdr_file_inotify {
	struct ckpt_hdr_file file;
	__u32 nr_events;
	__u32 nr_watches;
	__u32 next_wd;
	__u32 reserved;
};

/**
 * struct ckpt_inotify_event - see struct inotify_event
 * @wd: number of a watch, perhaps of one that is no more; -1: none
 * @mask: what happened, FS_* bits of the kernel, of which IN_* are shown
 * @cookie: the same for the two events of a rename
 * @name_len: bytes of @name, without NUL
 * @name: of what is in the watched directory; zeros pad it
 */
struct ckpt_inotify_event {
	__s32 wd;
	__u32 mask;
	__u32 cookie;
	__u32 name_len;
	__u8 name[];
};

/**
 * struct ckpt_hdr_inotify_event - an event that has not been read, oldest first
 * @h: type %CKPT_HDR_INOTIFY_EVENT
 * @event: the event
 */
struct ckpt_hdr_inotify_event {
	struct ckpt_hdr h;
	struct ckpt_inotify_event event;
};

/**
 * struct ckpt_hdr_inotify_watch - a watch, by ascending number
 * @h: type %CKPT_HDR_INOTIFY_WATCH
 * @wd: its number
 * @mask: IN_* bits of events, IN_EXCL_UNLINK, IN_ONESHOT
 * @path_len: bytes of @path, NUL included
 * @reserved: zero
 * @id: identity of what is watched
 * @path: seen from where @id says
 */
struct ckpt_hdr_inotify_watch {
	struct ckpt_hdr h;
	__u32 wd;
	__u32 mask;
	__u32 path_len;
	__u32 reserved;
	struct ckpt_file_id id;
	__u8 path[];
};

/**
 * struct ckpt_hdr_file_pidfd - a pidfd
 * @file: common part; O_EXCL is PIDFD_THREAD
 * @pid: PID object
 * @reserved: zero
 */
struct ckpt_hdr_file_pidfd {
	struct ckpt_hdr_file file;
	__u32 pid;
	__u32 reserved;
};

/**
 * struct ckpt_hdr_file_signalfd - a signalfd
 * @file: common part
 * @mask: signals that it reports; bit 0 is signal 1
 */
struct ckpt_hdr_file_signalfd {
	struct ckpt_hdr_file file;
	__u64 mask;
};

/**
 * struct ckpt_hdr_file_timerfd - a timerfd
 * @file: common part
 * @clock: CLOCK_REALTIME, CLOCK_MONOTONIC or CLOCK_BOOTTIME
 * @settime_flags: flags of timerfd_settime(), as fdinfo shows them
 * @flags: %CKPT_TIMERFD_ARMED and the others
 * @reserved: zero
 * @ticks: how often it has expired since it was read, or at least once
 * @value: with %CKPT_TIMERFD_ABSOLUTE, when it expires or has expired, on
 *	@clock as the task sees it; otherwise nanoseconds until then, negative
 *	if it has; more than half of what fits is forever
 * @interval: nanoseconds, 0: it expires once
 */
struct ckpt_hdr_file_timerfd {
	struct ckpt_hdr_file file;
	__u32 clock;
	__u32 settime_flags;
	__u32 flags;
	__u32 reserved;
	__u64 ticks;
	__s64 value;
	__u64 interval;
};

/* It will expire. */
#define CKPT_TIMERFD_ARMED	0x1
/* It has expired; if there is an interval it starts again once it is read. */
#define CKPT_TIMERFD_EXPIRED	0x2
#define CKPT_TIMERFD_ABSOLUTE	0x4
/* TFD_TIMER_CANCEL_ON_SET is in effect: at restart it is cancelled. */
#define CKPT_TIMERFD_MAY_CANCEL	0x8

enum ckpt_lock_kind {
	CKPT_LOCK_POSIX		= 1,	/* F_SETLK */
	CKPT_LOCK_OFD		= 2,	/* F_OFD_SETLK */
	CKPT_LOCK_FLOCK		= 3,	/* flock() */
};

enum ckpt_lock_type {
	CKPT_LOCK_READ		= 1,	/* shared */
	CKPT_LOCK_WRITE		= 2,	/* exclusive */
};

/**
 * struct ckpt_hdr_lock - a lock on a regular file or directory
 * @h: type %CKPT_HDR_LOCK
 * @file: FILE object
 * @kind: one of enum ckpt_lock_kind
 * @type: one of enum ckpt_lock_type
 * @owner: %CKPT_LOCK_POSIX: FILES object that it belongs to; otherwise 0
 * @pid: PID object of the process that it shows as; 0 if that is not in the
 *	image
 * @reserved: zero
 * @start: first byte
 * @end: last byte
 *
 * These records come between the last task and META_END.
 */
struct ckpt_hdr_lock {
	struct ckpt_hdr h;
	__u32 file;
	__u32 kind;
	__u32 type;
	__u32 owner;
	__u32 pid;
	__u32 reserved;
	__s64 start;
	__s64 end;
};

/**
 * struct ckpt_hdr_file_socket - an open socket
 * @file: common part
 * @sock: SOCKET object
 * @reserved: zero
 */
struct ckpt_hdr_file_socket {
	struct ckpt_hdr_file file;
	__u32 sock;
	__u32 reserved;
};

/**
 * struct ckpt_hdr_file_owner - who gets signals of an open pipe or socket.
 *	Belongs to no object: comes when all files are known.
 * @h: type %CKPT_HDR_FILE_OWNER
 * @file: FILE object
 * @pid: PID object of the owner, or 0
 * @pid_type: 0: a thread; 1: a process; 2: a process group
 * @signum: signal instead of SIGIO (F_SETSIG), or 0
 * @flags: %CKPT_OWNER_ASYNC
 * @uid: real id of the user who set it, in the user namespace of the restart's
 *	caller
 * @euid: effective id of that user
 * @reserved: zero
 */
struct ckpt_hdr_file_owner {
	struct ckpt_hdr h;
	__u32 file;
	__u32 pid;
	__u32 pid_type;
	__u32 signum;
	__u32 flags;
	__u32 uid;
	__u32 euid;
	__u32 reserved;
};

/* O_ASYNC */
#define CKPT_OWNER_ASYNC	0x1

/**
 * struct ckpt_hdr_file_proc - an open file on a proc filesystem
 * @file: common part
 * @index: %CKPT_PROC_SEQ: the record of the file that is read next
 * @read_pos: %CKPT_PROC_SEQ: the position that belongs to @index and the text
 * @flags: %CKPT_PROC_SEQ, %CKPT_PROC_END
 * @path_len: bytes of the path at @data, NUL included
 * @text_len: bytes of text behind it, which are read before anything else
 * @reserved: zero
 * @id: identity of the file
 * @data: the path, seen from where @id says, and the text
 */
struct ckpt_hdr_file_proc {
	struct ckpt_hdr_file file;
	__u64 index;
	__s64 read_pos;
	__u32 flags;
	__u32 path_len;
	__u32 text_len;
	__u32 reserved;
	struct ckpt_file_id id;
	__u8 data[];
};

/* Read record by record, and not from the start. */
#define CKPT_PROC_SEQ		0x1
/* Behind the last record; @index is zero. */
#define CKPT_PROC_END		0x2

#define CKPT_PROC_TEXT_MAX	(1U << 19)

/**
 * struct ckpt_hdr_file_ns - an open file of a namespace
 * @file: common part
 * @ns: NS object; 0: that of the restart's caller
 * @type: CLONE_NEWUTS or another, as in setns()
 */
struct ckpt_hdr_file_ns {
	struct ckpt_hdr_file file;
	__u32 ns;
	__u32 type;
};

/**
 * struct ckpt_hdr_file_mqueue - an open POSIX message queue
 * @file: common part
 * @queue: MQUEUE object
 * @reserved: zero
 */
struct ckpt_hdr_file_mqueue {
	struct ckpt_hdr_file file;
	__u32 queue;
	__u32 reserved;
};

/* ---- signals ---- */

/**
 * struct ckpt_hdr_signal_task - the signals of one task, but not the pending
 *	ones, which follow in SIGPENDING records
 * @h: type %CKPT_HDR_SIGNAL_TASK
 * @blocked: mask of blocked signals; bit 0 is signal 1
 * @saved_mask: with %CKPT_SIGTASK_SAVED_MASK, the mask to go back to when the
 *	interrupted system call (sigsuspend, ppoll, ...) is over; otherwise 0
 * @altstack: alternate signal stack
 * @altstack_size: its size
 * @altstack_flags: SS_ONSTACK, SS_DISABLE, SS_AUTODISARM
 * @pdeath_signal: sent when the parent dies; 0: none
 * @flags: %CKPT_SIGTASK_SAVED_MASK
 * @reserved: zero
 */
struct ckpt_hdr_signal_task {
	struct ckpt_hdr h;
	__u64 blocked;
	__u64 saved_mask;
	__u64 altstack;
	__u64 altstack_size;
	__u32 altstack_flags;
	__u32 pdeath_signal;
	__u32 flags;
	__u32 reserved;
};

#define CKPT_SIGTASK_SAVED_MASK	0x1

/**
 * struct ckpt_siginfo - a siginfo_t, as 64 bit processes see it
 * @signo: si_signo
 * @err: si_errno
 * @code: si_code
 * @pad: bytes a sender may have put there with rt_sigqueueinfo()
 * @fields: the union, in the layout that @signo and @code imply
 */
struct ckpt_siginfo {
	__s32 signo;
	__s32 err;
	__s32 code;
	__u32 pad;
	__u64 fields[4];
};

#define CKPT_SIGPENDING_MAX	16384

/**
 * struct ckpt_hdr_sigpending - pending signals
 * @h: type %CKPT_HDR_SIGPENDING
 * @set: all that are pending, also those without an entry; bit 0 is signal 1
 * @flags: %CKPT_SIGPENDING_SHARED
 * @nr_info: number of entries, at most %CKPT_SIGPENDING_MAX
 * @info: entries of the queue, in its order
 *
 * A queue that is longer than %CKPT_SIGPENDING_MAX takes several records. There
 * is none for a queue without pending signals.
 */
struct ckpt_hdr_sigpending {
	struct ckpt_hdr h;
	__u64 set;
	__u32 flags;
	__u32 nr_info;
	struct ckpt_siginfo info[];
};

/* Pending for the process, not for the task. */
#define CKPT_SIGPENDING_SHARED	0x1

/**
 * struct ckpt_io_usage - as in /proc/PID/io
 * @rchar: bytes read by system calls
 * @wchar: bytes written by system calls
 * @syscr: read system calls
 * @syscw: write system calls
 * @read_bytes: bytes read from storage
 * @write_bytes: bytes written to storage
 * @cancelled_write_bytes: bytes that were not written in the end
 */
struct ckpt_io_usage {
	__u64 rchar;
	__u64 wchar;
	__u64 syscr;
	__u64 syscw;
	__u64 read_bytes;
	__u64 write_bytes;
	__u64 cancelled_write_bytes;
};

#define CKPT_CPUS_MAX		65536

/**
 * struct ckpt_hdr_sched - scheduling of a task, what prctl() sets, resources used
 * @h: type %CKPT_HDR_SCHED
 * @policy: SCHED_NORMAL and the others
 * @flags: %CKPT_SCHED_RESET_ON_FORK and the others
 * @nice: -20 to 19
 * @rt_priority: 1 to 99 for SCHED_FIFO and SCHED_RR, otherwise 0
 * @slice: requested time slice, nanoseconds; 0: default
 * @util_min: with %CKPT_SCHED_UTIL_MIN, requested minimum utilization
 * @util_max: with %CKPT_SCHED_UTIL_MAX, requested maximum utilization
 * @ioprio: I/O priority as in ioprio_set()
 * @personality: as in personality()
 * @timer_slack: nanoseconds
 * @default_timer_slack: nanoseconds
 * @parent_exec_id: @self_exec_id of the parent when it created the task
 * @self_exec_id: how often the task has executed a program
 * @prev_utime: user time last reported, nanoseconds
 * @prev_stime: system time last reported, nanoseconds
 * @gtime: user time spent running a virtual processor, nanoseconds
 * @io: storage used
 * @nr_cpus: with %CKPT_SCHED_AFFINITY, number of bits in each of the two masks,
 *	a multiple of 64, at most %CKPT_CPUS_MAX; otherwise 0
 * @reserved: zero
 * @cpus: the mask given to sched_setaffinity(), then the mask in effect
 */
struct ckpt_hdr_sched {
	struct ckpt_hdr h;
	__u32 policy;
	__u32 flags;
	__s32 nice;
	__u32 rt_priority;
	__u64 slice;
	__u32 util_min;
	__u32 util_max;
	__u32 ioprio;
	__u32 personality;
	__u64 timer_slack;
	__u64 default_timer_slack;
	__u64 parent_exec_id;
	__u64 self_exec_id;
	__u64 prev_utime;
	__u64 prev_stime;
	__u64 gtime;
	struct ckpt_io_usage io;
	__u32 nr_cpus;
	__u32 reserved;
	__u64 cpus[];
};

#define CKPT_SCHED_RESET_ON_FORK	0x0001
#define CKPT_SCHED_UTIL_MIN		0x0002
#define CKPT_SCHED_UTIL_MAX		0x0004
/* The task asked for certain processors ... */
#define CKPT_SCHED_AFFINITY		0x0008
/* ... and these were all there were. */
#define CKPT_SCHED_AFFINITY_ALL		0x0010
/* The task has not executed a program since it was forked. */
#define CKPT_SCHED_FORKNOEXEC		0x0020
/* The task has used privilege; see acct(5). */
#define CKPT_SCHED_SUPERPRIV		0x0040
/* execve() must check RLIMIT_NPROC. */
#define CKPT_SCHED_NPROC_EXCEEDED	0x0080
/* As in prctl(): PR_SET_NO_NEW_PRIVS, PR_SET_IO_FLUSHER, PR_MCE_KILL. */
#define CKPT_SCHED_NO_NEW_PRIVS		0x0100
#define CKPT_SCHED_IO_FLUSHER		0x0200
#define CKPT_SCHED_MCE_PROCESS		0x0400
#define CKPT_SCHED_MCE_EARLY		0x0800

/* ---- what the threads of a process share ---- */

/**
 * struct ckpt_hdr_signal - a process
 * @h: type %CKPT_HDR_SIGNAL
 * @flags: %CKPT_SIGNAL_STOPPED and the others
 * @stop_signal: with %CKPT_SIGNAL_STOPPED, the signal that stopped it
 * @stop_code: what wait() has not reported yet of that; 0: nothing
 * @oom_score_adj: as in /proc/PID/oom_score_adj
 * @oom_score_adj_min: the lowest it may be set to without privilege
 * @next_timer_id: number of the next timer of timer_create()
 * @tty_old_pgrp: PID object: the foreground process group of the terminal that
 *	hung up on this session leader; 0: none
 * @reserved: zero
 * @utime: user time of threads that have ended, nanoseconds
 * @stime: system time of threads that have ended, nanoseconds
 * @gtime: their time spent running a virtual processor, nanoseconds
 * @cutime: user time of children that were waited for, nanoseconds
 * @cstime: their system time, nanoseconds
 * @cgtime: their time spent running a virtual processor, nanoseconds
 * @prev_utime: user time last reported, nanoseconds
 * @prev_stime: system time last reported, nanoseconds
 * @run_time: processor time of threads that have ended, nanoseconds
 * @nvcsw: voluntary context switches of threads that have ended
 * @nivcsw: their involuntary context switches
 * @cnvcsw: voluntary context switches of children that were waited for
 * @cnivcsw: their involuntary context switches
 * @min_flt: minor faults of threads that have ended
 * @maj_flt: their major faults
 * @cmin_flt: minor faults of children that were waited for
 * @cmaj_flt: their major faults
 * @inblock: blocks read by threads that have ended
 * @oublock: blocks written by them
 * @cinblock: blocks read by children that were waited for
 * @coublock: blocks written by them
 * @maxrss: largest resident size before the last execve(), pages
 * @cmaxrss: largest resident size of a child that was waited for, pages
 * @io: storage used by threads that have ended
 */
struct ckpt_hdr_signal {
	struct ckpt_hdr h;
	__u32 flags;
	__u32 stop_signal;
	__u32 stop_code;
	__s32 oom_score_adj;
	__s32 oom_score_adj_min;
	__u32 next_timer_id;
	__u32 tty_old_pgrp;
	__u32 reserved;
	__u64 utime;
	__u64 stime;
	__u64 gtime;
	__u64 cutime;
	__u64 cstime;
	__u64 cgtime;
	__u64 prev_utime;
	__u64 prev_stime;
	__u64 run_time;
	__u64 nvcsw;
	__u64 nivcsw;
	__u64 cnvcsw;
	__u64 cnivcsw;
	__u64 min_flt;
	__u64 maj_flt;
	__u64 cmin_flt;
	__u64 cmaj_flt;
	__u64 inblock;
	__u64 oublock;
	__u64 cinblock;
	__u64 coublock;
	__u64 maxrss;
	__u64 cmaxrss;
	struct ckpt_io_usage io;
};

/* Stopped by a signal. */
#define CKPT_SIGNAL_STOPPED		0x01
/* wait() has not reported yet that it continued. */
#define CKPT_SIGNAL_CONTINUED		0x02
/* The parent has not been told yet that it stopped, or continued. */
#define CKPT_SIGNAL_CLD_STOPPED		0x04
#define CKPT_SIGNAL_CLD_CONTINUED	0x08
/* As in prctl(): PR_SET_CHILD_SUBREAPER; and whether an ancestor has set it. */
#define CKPT_SIGNAL_SUBREAPER		0x10
#define CKPT_SIGNAL_HAS_SUBREAPER	0x20
/* It has the controlling terminal of its session, which is outside. */
#define CKPT_SIGNAL_TTY			0x40

/**
 * struct ckpt_hdr_itimer - the timers of setitimer(), if any is in use
 * @h: type %CKPT_HDR_ITIMER
 * @flags: %CKPT_ITIMER_REAL_ARMED
 * @reserved: zero
 * @real_value: ITIMER_REAL: nanoseconds until it expires; negative: since it
 *	has expired
 * @real_interval: nanoseconds, 0: once
 * @virt_value: ITIMER_VIRTUAL: nanoseconds of user time until it expires;
 *	0: not armed
 * @virt_interval: nanoseconds, 0: once
 * @prof_value: ITIMER_PROF: the same for user and system time
 * @prof_interval: nanoseconds, 0: once
 *
 * An ITIMER_REAL that has expired is not armed again before its SIGALRM has been
 * taken from the queue, and then in step with @real_value.
 */
struct ckpt_hdr_itimer {
	struct ckpt_hdr h;
	__u32 flags;
	__u32 reserved;
	__s64 real_value;
	__u64 real_interval;
	__u64 virt_value;
	__u64 virt_interval;
	__u64 prof_value;
	__u64 prof_interval;
};

#define CKPT_ITIMER_REAL_ARMED	0x1

#define CKPT_RLIM_NR		16

/**
 * struct ckpt_hdr_posix_timer - a timer of timer_create()
 * @h: type %CKPT_HDR_POSIX_TIMER
 * @id: its number in the process
 * @clock: CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI, or
 *	negative for CPU time: what /proc/PID/timers shows
 * @base: clock of @expires: @clock, or CLOCK_MONOTONIC for a relative time of
 *	CLOCK_REALTIME
 * @notify: SIGEV_SIGNAL and the others
 * @signo: the signal
 * @flags: %CKPT_POSIX_TIMER_ARMED, %CKPT_POSIX_TIMER_QUEUED
 * @target: PID object: the thread that gets the signal; 0: the process
 * @cpu_target: PID object: the thread whose CPU time @clock is; 0: the process,
 *	or a clock of another kind
 * @value: comes with the signal (sigev_value)
 * @expires: when it expires or has expired, on @base as the task sees it,
 *	nanoseconds; more than half of what fits is forever
 * @interval: nanoseconds, 0: it expires once
 * @overrun: expirations since the last signal, from -1
 * @overrun_last: those up to the last signal
 * @requeue_pending: odd while it waits for its signal to be taken
 * @sig_overrun: with %CKPT_POSIX_TIMER_QUEUED, si_overrun of the signal
 * @sig_private: with %CKPT_POSIX_TIMER_QUEUED, @requeue_pending when it was sent
 * @ahead: with %CKPT_POSIX_TIMER_QUEUED, how many signals of this number are
 *	before it in the queue
 */
struct ckpt_hdr_posix_timer {
	struct ckpt_hdr h;
	__u32 id;
	__s32 clock;
	__s32 base;
	__u32 notify;
	__u32 signo;
	__u32 flags;
	__u32 target;
	__u32 cpu_target;
	__u64 value;
	__s64 expires;
	__u64 interval;
	__s64 overrun;
	__s64 overrun_last;
	__u32 requeue_pending;
	__u32 sig_overrun;
	__u32 sig_private;
	__u32 ahead;
};

/* It will expire. */
#define CKPT_POSIX_TIMER_ARMED	0x1
/* It has expired, and its signal is pending. */
#define CKPT_POSIX_TIMER_QUEUED	0x2

/**
 * struct ckpt_rlimit - a limit
 * @cur: soft limit; all ones: none
 * @max: hard limit; all ones: none
 */
struct ckpt_rlimit {
	__u64 cur;
	__u64 max;
};

/**
 * struct ckpt_hdr_rlimits - resource limits
 * @h: type %CKPT_HDR_RLIMITS
 * @limit: by RLIMIT_CPU and the others
 */
struct ckpt_hdr_rlimits {
	struct ckpt_hdr h;
	struct ckpt_rlimit limit[CKPT_RLIM_NR];
};

#define CKPT_NSIG		64

/**
 * struct ckpt_sigaction - what to do with a signal
 * @handler: address, or 0 for SIG_DFL, or 1 for SIG_IGN
 * @flags: SA_*
 * @restorer: address
 * @mask: signals blocked meanwhile; bit 0 is signal 1
 */
struct ckpt_sigaction {
	__u64 handler;
	__u64 flags;
	__u64 restorer;
	__u64 mask;
};

/**
 * struct ckpt_hdr_sighand - signal handlers
 * @h: type %CKPT_HDR_SIGHAND, an object
 * @action: by signal number less one
 */
struct ckpt_hdr_sighand {
	struct ckpt_hdr h;
	struct ckpt_sigaction action[CKPT_NSIG];
};

/**
 * struct ckpt_hdr_audit - who is responsible for a task
 * @h: type %CKPT_HDR_AUDIT
 * @loginuid: as in /proc/PID/loginuid, in the user namespace of the restart's
 *	caller; all ones: unset
 * @sessionid: as in /proc/PID/sessionid; all ones: unset
 *
 * There is none if the login id has no number in that namespace.
 */
struct ckpt_hdr_audit {
	struct ckpt_hdr h;
	__u32 loginuid;
	__u32 sessionid;
};

#define CKPT_GROUPS_MAX		65536

/**
 * struct ckpt_hdr_cred - credentials; ids as seen in @user_ns
 * @h: type %CKPT_HDR_CRED, an object
 * @uid: real user id
 * @euid: effective user id
 * @suid: saved user id
 * @fsuid: user id for access to files
 * @gid: real group id
 * @egid: effective group id
 * @sgid: saved group id
 * @fsgid: group id for access to files
 * @securebits: as in prctl(), PR_SET_SECUREBITS
 * @reqkey: as in keyctl(), KEYCTL_SET_REQKEY_KEYRING
 * @flags: %CKPT_CRED_OUTER
 * @reserved: zero
 * @nr_groups: number of supplementary groups, at most %CKPT_GROUPS_MAX
 * @user_ns: NS_USER object; 0: the user namespace of the restart's caller
 * @cap_inheritable: inheritable capabilities; bit 0 is capability 0
 * @cap_permitted: permitted capabilities
 * @cap_effective: effective capabilities
 * @cap_bset: capability bounding set
 * @cap_ambient: ambient capabilities
 * @groups: supplementary groups; padded with 0 to an even number
 */
struct ckpt_hdr_cred {
	struct ckpt_hdr h;
	__u32 uid;
	__u32 euid;
	__u32 suid;
	__u32 fsuid;
	__u32 gid;
	__u32 egid;
	__u32 sgid;
	__u32 fsgid;
	__u32 securebits;
	__u8 reqkey;
	__u8 flags;
	__u16 reserved;
	__u32 nr_groups;
	__u32 user_ns;
	__u64 cap_inheritable;
	__u64 cap_permitted;
	__u64 cap_effective;
	__u64 cap_bset;
	__u64 cap_ambient;
	__u32 groups[];
};

/*
 * All ids are as seen in the user namespace of the restart's caller, because
 * some have no number in @user_ns.
 */
#define CKPT_CRED_OUTER		0x1

/**
 * struct ckpt_hdr_cred_keys - keyrings of credentials, if they have any
 * @h: type %CKPT_HDR_CRED_KEYS
 * @session: KEY object of the session keyring; 0: that of the restart's caller
 * @process: that of the process keyring, or 0
 * @thread: that of the thread keyring, or 0
 * @flags: %CKPT_CRED_NO_SESSION: there is no session keyring
 */
struct ckpt_hdr_cred_keys {
	struct ckpt_hdr h;
	__u32 session;
	__u32 process;
	__u32 thread;
	__u32 flags;
};

#define CKPT_CRED_NO_SESSION	0x1

/* Types of keys. */
#define CKPT_KEY_KEYRING	0
#define CKPT_KEY_USER		1
#define CKPT_KEY_LOGON		2

/**
 * struct ckpt_hdr_key - a key or keyring
 * @h: type %CKPT_HDR_KEY, an object
 * @serial: its serial number
 * @type: %CKPT_KEY_KEYRING or another
 * @flags: %CKPT_KEY_REVOKED and others
 * @perm: permissions, as in keyctl(), KEYCTL_SETPERM
 * @uid: owner, in the user namespace of the restart's caller
 * @gid: group, likewise; -1: none
 * @user_ns: NS_USER object of who has it; 0: that of the restart's caller
 * @desc_len: bytes of the description, its final NUL included
 * @nr_links: of keyrings: number of links
 * @payload_len: of other keys: bytes of the payload
 * @expiry: when it expires or was revoked, CLOCK_REALTIME in seconds; the
 *	greatest number: never
 * @data: description, padded with zeros to a multiple of 8 bytes; then the
 *	payload, or KEY objects as __u32; padded likewise
 */
struct ckpt_hdr_key {
	struct ckpt_hdr h;
	__s32 serial;
	__u32 type;
	__u32 flags;
	__u32 perm;
	__u32 uid;
	__u32 gid;
	__u32 user_ns;
	__u32 desc_len;
	__u32 nr_links;
	__u32 payload_len;
	__s64 expiry;
	__u8 data[];
};

#define CKPT_KEY_REVOKED	0x1
/* The keyring of a user, and that for sessions that have none (@u, @us). */
#define CKPT_KEY_USER_KEYRING	0x2
#define CKPT_KEY_USER_SESSION	0x4
/* It is the same user's at restart, with what that contains. */
#define CKPT_KEY_OUTSIDE	0x8

#endif /* _UAPI_LINUX_CHECKPOINT_HDR_H */
