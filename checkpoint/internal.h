/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - what the files of the subsystem share
 */
#ifndef _CHECKPOINT_INTERNAL_H
#define _CHECKPOINT_INTERNAL_H

#include <linux/checkpoint.h>
#include <linux/checkpoint_hdr.h>
#include <linux/fs.h>
#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <uapi/linux/checkpoint.h>

struct bio_vec;
struct ckpt_obj;
struct ckpt_signals;
struct cred;
struct file;
struct files_struct;
struct nsproxy;
struct user_namespace;

/* ctx.c */

enum ckpt_op { CKPT_OP_CHECKPOINT, CKPT_OP_RESTART };

/**
 * enum ckpt_phase - how far a restart has come
 * @CKPT_PHASE_RESTORE: tasks are being created and restore themselves
 * @CKPT_PHASE_COMMIT: everything has been checked; nothing can fail any more
 * @CKPT_PHASE_ABORT: something failed; every created task kills itself
 */
enum ckpt_phase { CKPT_PHASE_RESTORE, CKPT_PHASE_COMMIT, CKPT_PHASE_ABORT };

#define CKPT_MSG_MAX	512
#define CKPT_WARN_MAX	4096

/**
 * struct ckpt_external_res - a resource that belongs to somebody else
 * @key: its name
 * @file: the descriptor passed in, referenced; NULL if one is asked for
 * @answer: restart: where to tell the number of one that is asked for
 * @ns: restart: which namespace that is
 * @given: restart: the namespace, open and referenced, until it is installed
 * @fd: restart: its number, reserved while there is @given
 */
struct ckpt_external_res {
	char *key;
	struct file *file;
	__s32 __user *answer;
	u32 ns;
	struct file *given;
	int fd;
};

/**
 * struct ckpt_seg - a piece of the metadata, in memory
 * @list: in ckpt_ctx.segs, in the order of the image
 * @used: bytes filled; records never cross from one piece to the next
 * @size: bytes available
 * @data: the records; does not move once allocated
 */
struct ckpt_seg {
	struct list_head list;
	size_t used;
	size_t size;
	u8 data[] __aligned(8);
};

/**
 * struct ckpt_cursor - a position in the metadata
 * @ctx: whose metadata
 * @seg: the piece it is in
 * @off: offset in the piece; may equal @seg->used
 */
struct ckpt_cursor {
	struct ckpt_ctx *ctx;
	struct ckpt_seg *seg;
	size_t off;
};

/**
 * struct ckpt_task - a task of the tree
 * @task: the task; referenced; NULL at restart until it has been created
 * @ctx: the operation; at restart a created task holds a reference
 * @index: its number in the tree
 * @dead: it is a zombie
 * @tree: restart: its place in the tree
 * @start: restart: first record behind its TASK record
 * @cred: restart: credentials to commit, owned until committed
 * @mm: restart: its MM object
 * @sighand: restart: its SIGHAND object
 * @work: restart: loads the registers on the way to user mode
 * @ns: restart: TASK_NS record, for a task without one that of none
 * @cpu: restart: register record (arch), validated
 * @restart_block: restart: RESTART_BLOCK record, or NULL
 * @futex: restart: FUTEX record, or NULL
 * @rseq: restart: RSEQ record, or NULL
 * @sig: restart: SIGNAL_TASK record
 * @fpu: restart: extended state record (arch), validated, or NULL
 * @signals: restart: signals to install, see signal.h
 * @sched: restart: SCHED record
 * @done: restart: it has passed the barrier
 */
struct ckpt_task {
	struct task_struct *task;
	struct ckpt_ctx *ctx;
	u32 index;
	bool dead;
	const struct ckpt_hdr_tree_task *tree;
	struct ckpt_cursor start;
	struct cred *cred;
	u32 mm;
	u32 sighand;
	struct callback_head work;
	const struct ckpt_hdr_task_ns *ns;
	const struct ckpt_hdr *cpu;
	const struct ckpt_hdr *restart_block;
	const struct ckpt_hdr *futex;
	const struct ckpt_hdr *rseq;
	const struct ckpt_hdr *sig;
	const struct ckpt_hdr *fpu;
	struct ckpt_signals *signals;
	const struct ckpt_hdr_sched *sched;
	bool done;
};

/**
 * struct ckpt_label_set - the labels of one object
 * @nr: number of them
 * @ref: as in struct ckpt_hdr_labels
 */
struct ckpt_label_set {
	u32 nr;
	struct ckpt_label_ref ref[CKPT_LABELS_MAX];
};

/**
 * struct ckpt_ctx - one checkpoint or one restart
 * @ref: references; the caller's and one of each created task
 * @op: which of the two
 * @flags: the call's flags
 * @image: the image file, or NULL
 * @log: the log file, or NULL
 * @pos: position in @image; used if it is seekable
 * @stream_pos: bytes of the image written or read
 * @caller: the task that called
 * @external: resources that belong to somebody else
 * @nr_external: number of them
 *
 * @segs: metadata, a list of struct ckpt_seg
 * @meta_len: bytes in @segs
 * @nr_records: records in @segs
 * @header: the header, in the first of @segs
 * @arch_header: the arch header, which is completed as tasks are captured
 *
 * @obj_hash: checkpoint: kernel pointers to object ids
 * @obj_list: checkpoint: the same in the order of their ids
 * @objs: restart: the objects, by id - 1
 * @nr_objs: objects so far (checkpoint) or in the image (restart)
 *
 * @root: checkpoint: the root task, referenced; also ->tasks[0].task
 * @root_pid: checkpoint: its process id, referenced
 * @root_thread: checkpoint: its first thread that is alive
 * @root_ns: checkpoint: pid namespace of the root task
 * @user_ns: user namespace of the root task, referenced (checkpoint); that of
 *	the restored root task (restart)
 * @base_user_ns: innermost user namespace that the root task has in common with
 *	the outside, an ancestor of @user_ns or that itself (checkpoint); what 0
 *	stands for in the image (restart): the caller's, or the parent of the one
 *	that the caller has made
 * @root_nsproxy: checkpoint: namespaces of the root task, referenced
 * @shared_ns: checkpoint: namespaces (struct ns_common) and keyrings that belong
 *	to the outside, by address
 * @net_peers: checkpoint: network namespaces (struct ns_common) that links lead
 *	to and that are to be written yet, by address, with the NET_MSG record of
 *	such a link
 * @kept_ns: checkpoint: namespaces that mounts keep
 * @ns_done: checkpoint: the namespaces that come before the tree have been written
 * @undo_lists: checkpoint: lists of semaphore undo, by address
 * @tasks: the tasks, parents first
 * @nr_tasks: number of them
 * @subject: checkpoint: the task whose state is being captured, for messages
 * @what: checkpoint: which part of it, such as "fd 3", or NULL; for messages
 * @file: checkpoint: the open file that is being captured, or NULL
 * @key_holder: checkpoint: the credentials that led to the key being captured
 * @key_depth: checkpoint: keyrings that led to it from there
 * @epoll_depth: checkpoint: eventpoll files that led to @file
 * @frozen: checkpoint: the tasks to release, see freeze.c
 * @known: checkpoint: the same, by task
 * @frozen_at: checkpoint: when the last task had stopped
 *
 * @pages: runs of memory contents, see pages.c
 * @nr_pages: pages with contents written or read so far
 * @nr_shared_pages: checkpoint: pages mapped more than once, written once
 * @nr_scanned: checkpoint: page table entries looked at
 * @shared_pages: page (checkpoint) or page number (restart) to page
 * @nr_runs: PAGES records written or read so far
 * @pages_crc: CRC32C of the PAGES records so far
 * @data_crc: CRC32C of the page contents so far
 * @memdump_time: checkpoint: time spent on memory while tasks were stopped
 * @anon_roots: root of a tree of anon_vmas (checkpoint) or its number (restart)
 *	to its number or to struct ckpt_anon_root, see vma.c
 * @nr_anon_roots: checkpoint: numbers given
 * @nr_suspects: checkpoint: objects that may be used outside of the tree, too
 *
 * @labels: checkpoint: the labels that security modules use, see label.c
 * @task_labels: checkpoint: those of the present task
 *
 * @locks: restart: the first LOCK record
 * @has_locks: restart: there is one
 *
 * @nsproxy: restart: namespaces of tasks that have none of their own: the
 *	caller's, and time as it was
 * @own_time: restart: the time namespace in @nsproxy has been made for it
 * @phase: restart: enum ckpt_phase
 * @nr_todo: restart: created tasks that have not reached the barrier
 * @nr_no_mm: restart: tasks that do not exist yet or have no memory of their own
 * @nr_no_fs: restart: tasks that have no root directory of their own yet
 * @nr_busy: restart: created tasks that still use this
 * @wait: restart: created tasks wait here for @phase to change
 * @caller_wait: restart: the caller waits here for @nr_todo and @nr_busy
 * @lock: protects @err, @msg, @warn
 * @err: first error
 * @msg: its message
 * @warn: warnings for the log; more than fit are left out
 */
struct ckpt_ctx {
	struct kref ref;
	enum ckpt_op op;
	u64 flags;
	struct file *image;
	struct file *log;
	loff_t pos;
	u64 stream_pos;
	struct task_struct *caller;
	struct ckpt_external_res *external;
	u32 nr_external;

	struct list_head segs;
	u64 meta_len;
	u64 nr_records;
	struct ckpt_hdr_header *header;
	struct ckpt_hdr *arch_header;

	struct rhashtable obj_hash;
	struct list_head obj_list;
	struct ckpt_obj *objs;
	u32 nr_objs;

	struct task_struct *root;
	struct pid *root_pid;
	struct task_struct *root_thread;
	struct pid_namespace *root_ns;
	struct user_namespace *user_ns;
	struct user_namespace *base_user_ns;
	struct nsproxy *root_nsproxy;
	struct xarray shared_ns;
	struct xarray net_peers;
	struct list_head kept_ns;
	bool ns_done;
	struct xarray undo_lists;
	struct ckpt_task *tasks;
	u32 nr_tasks;
	struct ckpt_task *subject;
	const char *what;
	struct file *file;
	const struct cred *key_holder;
	unsigned int key_depth;
	unsigned int epoll_depth;
	struct list_head frozen;
	struct rhashtable known;
	ktime_t frozen_at;

	struct list_head pages;
	u64 nr_pages;
	u64 nr_shared_pages;
	u64 nr_scanned;
	u64 nr_runs;
	u32 pages_crc;
	u32 data_crc;
	struct xarray shared_pages;
	u64 memdump_time;
	struct xarray anon_roots;
	u32 nr_anon_roots;
	u32 nr_suspects;

	DECLARE_HASHTABLE(labels, 7);
	struct ckpt_label_set task_labels;
	struct ckpt_cursor locks;
	bool has_locks;

	struct nsproxy *nsproxy;
	bool own_time;
	enum ckpt_phase phase;
	atomic_t nr_todo;
	atomic_t nr_no_mm;
	atomic_t nr_no_fs;
	atomic_t nr_busy;
	wait_queue_head_t wait;
	wait_queue_head_t caller_wait;
	spinlock_t lock;	/* @err, @msg, @warn */
	int err;
	char msg[CKPT_MSG_MAX];
	char warn[CKPT_WARN_MAX];
};

struct ckpt_ctx *ckpt_ctx_alloc(enum ckpt_op op);
struct ckpt_ctx *ckpt_ctx_get(struct ckpt_ctx *ctx);
void ckpt_ctx_put(struct ckpt_ctx *ctx);

/* report.c */
__printf(3, 4) int ckpt_err(struct ckpt_ctx *ctx, int err, const char *fmt, ...);
__printf(2, 3) void ckpt_warn(struct ckpt_ctx *ctx, const char *fmt, ...);
void ckpt_report(struct ckpt_ctx *ctx);

/* image.c: the only code that touches the stream */
void *ckpt_new_obj(struct ckpt_ctx *ctx, u32 type, size_t len);
void *ckpt_new_rec(struct ckpt_ctx *ctx, u32 type, size_t len);
int ckpt_image_write(struct ckpt_ctx *ctx, const void *buf, size_t len);
int ckpt_image_write_pages(struct ckpt_ctx *ctx, struct bio_vec *bvec,
			   unsigned int nr);
int ckpt_image_write_meta(struct ckpt_ctx *ctx);
int ckpt_image_align(struct ckpt_ctx *ctx);
int ckpt_image_read(struct ckpt_ctx *ctx, void *buf, size_t len);
int ckpt_image_read_pages(struct ckpt_ctx *ctx, struct bio_vec *bvec,
			  unsigned int nr);
int ckpt_image_read_meta(struct ckpt_ctx *ctx);
void ckpt_image_free(struct ckpt_ctx *ctx);
void ckpt_cursor_first(struct ckpt_ctx *ctx, struct ckpt_cursor *c);
const struct ckpt_hdr *ckpt_cursor_peek(struct ckpt_cursor *c);
const struct ckpt_hdr *ckpt_cursor_next(struct ckpt_cursor *c);
const void *ckpt_read_obj_type(struct ckpt_cursor *c, u32 type);
const void *ckpt_read_opt_type(struct ckpt_cursor *c, u32 type);
int ckpt_read_end(struct ckpt_cursor *c, u32 owner);

/**
 * ckpt_payload - the variable part of a record
 * @h: the record
 * @fixed: size of its fixed part, at most @h->len
 * @len: where to put the length of the variable part, in bytes
 *
 * Return: pointer to the variable part.
 */
static inline const void *ckpt_payload(const struct ckpt_hdr *h, size_t fixed,
				       size_t *len)
{
	*len = h->len - fixed;
	return (const u8 *)h + fixed;
}

/* kinds.c, validate.c */

/*
 * enum ckpt_class - what a reference to an object may refer to
 *
 * %CKPT_CLASS_FILE_LATE is a %CKPT_CLASS_FILE that is opened again only after
 * all tasks have their memory. So what tasks need for that cannot refer to it.
 */
enum ckpt_class {
	CKPT_CLASS_NONE,
	CKPT_CLASS_PID,
	CKPT_CLASS_NS_USER,
	CKPT_CLASS_NS_UTS,
	CKPT_CLASS_NS_IPC,
	CKPT_CLASS_NS_NET,
	CKPT_CLASS_NS_PID,
	CKPT_CLASS_NS_MNT,
	CKPT_CLASS_NS_CGROUP,
	CKPT_CLASS_NS_TIME,
	CKPT_CLASS_KEY,
	CKPT_CLASS_CRED,
	CKPT_CLASS_SIGHAND,
	CKPT_CLASS_MM,
	CKPT_CLASS_INODE,
	CKPT_CLASS_FILES,
	CKPT_CLASS_FS,
	CKPT_CLASS_PIPE,
	CKPT_CLASS_PTY,
	CKPT_CLASS_SOCKET,
	CKPT_CLASS_FILE,
	CKPT_CLASS_FILE_LATE,
	CKPT_CLASS_UNLINKED,
	CKPT_CLASS_MQUEUE,
	CKPT_CLASS_LABEL,
	CKPT_CLASS_TMPFS,
	CKPT_CLASS_TMPFS_ENTRY,
};

/**
 * struct ckpt_validator - state of one pass over the records
 * @classes: class (enum ckpt_class) of each object so far, by id - 1
 * @objs: first record of each of them
 * @depth: of each object so far: how many objects that can contain each other
 *	restoring it goes through
 * @nr_objs: objects so far
 * @max_objs: objects announced by the header
 * @owner: type of the object or task that following records belong to
 * @last: type of the record before
 * @owner_hdr: that record
 * @nr_tree: TREE_TASK records so far
 * @nr_tasks: TASK records so far
 * @max_tasks: tasks announced by the header
 * @tree: the TREE_TASK records so far, by number of the task
 * @pid_used: which PID objects (by id - 1) are the id of a task
 * @have_tree: there has been a TREE record
 * @have_locks: there has been a LOCK record
 * @task_done: which tasks, by number, have had a TASK record
 * @cpu_time: time used by each process so far, by number of its leader
 * @nr_procs: leaders among the TREE_TASK records so far
 * @last_end: for records that must be in ascending order
 * @why: set by a validate function: what is wrong, a constant string
 */
struct ckpt_validator {
	u8 *classes;
	const struct ckpt_hdr **objs;
	u8 *depth;
	u32 nr_objs;
	u32 max_objs;
	u32 owner;
	u32 last;
	const struct ckpt_hdr *owner_hdr;
	u32 nr_tree;
	u32 nr_tasks;
	u32 max_tasks;
	const struct ckpt_hdr_tree_task **tree;
	u8 *pid_used;
	bool have_tree;
	bool have_locks;
	u8 *task_done;
	u64 *cpu_time;
	u32 nr_procs;
	u64 last_end;
	const char *why;
};

/* The owner of records that may belong to any task, labelled object or part. */
#define CKPT_OWNER_ANY	(~0U)

/* The same for any namespace. */
#define CKPT_OWNER_NS	(~1U)

/**
 * ckpt_is_ns - whether records of a type are namespaces
 * @type: the type
 *
 * Return: true if so; they begin with struct ckpt_hdr_ns.
 */
static inline bool ckpt_is_ns(u32 type)
{
	return type >= CKPT_HDR_NS_USER && type <= CKPT_HDR_NS_TIME;
}

/**
 * enum ckpt_labelled - what security modules see in an object
 * @CKPT_LABELLED_NOT: nothing
 * @CKPT_LABELLED_CRED: it is a struct cred
 * @CKPT_LABELLED_FILE: it is a struct file
 * @CKPT_LABELLED_INODE: it is a struct inode
 * @CKPT_LABELLED_CONTENTS: it is a struct inode at checkpoint, and a struct
 *	file open on one at restart
 * @CKPT_LABELLED_IPC: it is a struct kern_ipc_perm
 * @CKPT_LABELLED_MSG: it is a struct msg_msg
 * @CKPT_LABELLED_SOCK: it is a struct sock at checkpoint, and a struct file
 *	of one at restart
 * @CKPT_LABELLED_KEY: it is a struct key
 */
enum ckpt_labelled {
	CKPT_LABELLED_NOT,
	CKPT_LABELLED_CRED,
	CKPT_LABELLED_FILE,
	CKPT_LABELLED_INODE,
	CKPT_LABELLED_CONTENTS,
	CKPT_LABELLED_IPC,
	CKPT_LABELLED_MSG,
	CKPT_LABELLED_SOCK,
	CKPT_LABELLED_KEY,
};

/**
 * struct ckpt_kind - all there is to know about one type of record
 * @name: for messages
 * @min_len: size of the fixed part; shorter records are malformed
 * @max_len: longest record; 0 if there is no variable part
 * @class: of the object it starts, or %CKPT_CLASS_NONE
 * @owner: type of the record it must follow and belong to; 0 if none
 * @other_owner: another type that this may be; 0 if none
 * @labelled: objects: what security modules see in it; open files need not say.
 *	Their labels are then saved and restored without further ado, and state
 *	that has no label is refused. Other records: a LABELS record may follow,
 *	which its own functions write and read, see checkpoint_part_labels().
 * @validate: pure check of one record of at least @min_len bytes, whose header
 *	and owner have been checked. Return: 0, or -EBADMSG with @v->why set
 *	(-EOPNOTSUPP for what is well-formed but unknown).
 * @checkpoint: objects: write it, and before that all it refers to. Called
 *	while the tasks are stopped; may sleep. Ends with ckpt_new_obj().
 *	Return: 0, or an errno that has been reported with ckpt_err().
 * @restore: objects: create it. @c stands behind the object's first record.
 *	Called in the task that uses it first, with the credentials of the
 *	caller of restart(). Return: a referenced object or ERR_PTR() of an
 *	errno that has been reported.
 * @finish: objects: do what needs all other objects to be there. Called in the
 *	caller of restart(), all tasks at the barrier. Return: 0, or an errno
 *	that has been reported.
 * @commit: objects: do what must wait until nothing can fail any more. The
 *	same, later, and once the clocks are set.
 * @get: objects: take a reference on a kernel object at checkpoint. NULL if
 *	one more user would make a difference to the tasks when they run again;
 *	then it is held while they are stopped, see ckpt_hold().
 *	At restart such objects are released before the tasks run.
 * @put: objects: drop it, or the one @restore returned
 */
struct ckpt_kind {
	const char *name;
	u32 min_len;
	u32 max_len;
	u8 class;
	u8 labelled;
	u32 owner;
	u32 other_owner;
	int (*validate)(struct ckpt_validator *v, const struct ckpt_hdr *h);
	int (*checkpoint)(struct ckpt_ctx *ctx, void *obj);
	void *(*restore)(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			 struct ckpt_cursor *c);
	int (*finish)(struct ckpt_ctx *ctx, struct ckpt_obj *o);
	void (*commit)(struct ckpt_ctx *ctx, struct ckpt_obj *o);
	void (*get)(void *obj);
	void (*put)(void *obj);
};

const struct ckpt_kind *ckpt_kind(u32 type);
enum ckpt_labelled ckpt_labelled(u32 type);
int ckpt_validate_meta(struct ckpt_ctx *ctx);
struct ckpt_validator *ckpt_validator_alloc(u32 max_objs, u32 max_tasks);
void ckpt_validator_free(struct ckpt_validator *v);
int ckpt_validate_record(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_bad(struct ckpt_validator *v, const char *why);
bool ckpt_ref_ok(const struct ckpt_validator *v, u32 id, enum ckpt_class class);
bool ckpt_ref0_ok(const struct ckpt_validator *v, u32 id, enum ckpt_class class);
bool ckpt_memory_file_ok(const struct ckpt_validator *v, u32 id);
bool ckpt_string_ok(const void *s, size_t len);
bool ckpt_tail_ok(const struct ckpt_hdr *h, size_t used);
bool ckpt_cpu_time_ok(struct ckpt_validator *v, u32 index, u64 utime, u64 stime);

/* objects.c */

/**
 * struct ckpt_uses - checkpoint: who uses an object
 * @nr: references counted in the tree
 * @nr_fds: those of descriptors among them
 * @writable: for contents: whether something in the tree can change them
 * @suspect: there may be more references than these
 */
struct ckpt_uses {
	u32 nr;
	u32 nr_fds;
	bool writable;
	bool suspect;
};

/* States of an object that is being restored. */
enum { CKPT_OBJ_BUSY = 1, CKPT_OBJ_READY, CKPT_OBJ_FAILED };

/**
 * struct ckpt_obj - restart: an object of the image
 * @h: its first record
 * @c: position behind that
 * @ptr: the restored kernel object, referenced, or NULL
 * @state: 0, or %CKPT_OBJ_BUSY, %CKPT_OBJ_READY or %CKPT_OBJ_FAILED
 * @priv: for the kind's own use
 * @foreign: it has been there before, and keeps its labels
 */
struct ckpt_obj {
	const struct ckpt_hdr *h;
	struct ckpt_cursor c;
	void *ptr;
	int state;
	bool foreign;
	void *priv;
};

int ckpt_obj_hash_init(struct ckpt_ctx *ctx);
void ckpt_obj_free(struct ckpt_ctx *ctx);
void ckpt_obj_release(struct ckpt_ctx *ctx);
int restore_objs_finish(struct ckpt_ctx *ctx);
void restore_objs_commit(struct ckpt_ctx *ctx);
int checkpoint_obj(struct ckpt_ctx *ctx, u32 type, void *ptr);
bool ckpt_obj_known(struct ckpt_ctx *ctx, const void *ptr);
void ckpt_obj_let_go(struct ckpt_ctx *ctx);
void ckpt_obj_use(struct ckpt_ctx *ctx, const void *ptr, bool by_fd);
struct ckpt_uses *ckpt_obj_uses(struct ckpt_ctx *ctx, const void *ptr, u32 *type);
int ckpt_walk_uses(struct ckpt_ctx *ctx,
		   int (*fn)(struct ckpt_ctx *ctx, u32 type, void *obj,
			     struct ckpt_uses *uses));
int ckpt_walk_objs(struct ckpt_ctx *ctx, u32 type,
		   int (*fn)(struct ckpt_ctx *ctx, void *obj));
int ckpt_walk_ids(struct ckpt_ctx *ctx, u32 type,
		  int (*fn)(struct ckpt_ctx *ctx, void *obj, u32 id, void *arg),
		  void *arg);
void *restore_obj(struct ckpt_ctx *ctx, u32 id);
struct ckpt_obj *ckpt_obj_by_id(struct ckpt_ctx *ctx, u32 id);
void ckpt_obj_set(struct ckpt_obj *o, void *ptr, void *priv);

/* sysctl.c */
#ifdef CONFIG_SYSCTL
int ckpt_may_use(struct ckpt_ctx *ctx);
#else
static inline int ckpt_may_use(struct ckpt_ctx *ctx)
{
	return 0;
}
#endif

/* header.c, container.c */
int checkpoint_header(struct ckpt_ctx *ctx);
int checkpoint_meta_end(struct ckpt_ctx *ctx);
int checkpoint_trailer(struct ckpt_ctx *ctx);
int restore_header(struct ckpt_ctx *ctx);
int restore_trailer(struct ckpt_ctx *ctx, const struct ckpt_hdr_trailer *h);
int ckpt_header_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_meta_end_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int checkpoint_container(struct ckpt_ctx *ctx);
int restore_container(struct ckpt_ctx *ctx, struct ckpt_cursor *c);
int ckpt_container_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

/* clock.c: clocks that never step back */
void checkpoint_clocks(struct ckpt_ctx *ctx);
int restore_clocks(struct ckpt_ctx *ctx);
void restore_clocks_commit(struct ckpt_ctx *ctx);
s64 ckpt_monotonic_offset(struct ckpt_ctx *ctx);
s64 ckpt_boottime_offset(struct ckpt_ctx *ctx);
ktime_t ckpt_clock_now(clockid_t clock);
ktime_t ckpt_clock_frozen(struct ckpt_ctx *ctx, clockid_t clock);
ktime_t ckpt_clock_from_host(struct ckpt_ctx *ctx, clockid_t clock, ktime_t t);
ktime_t ckpt_clock_to_host(struct ckpt_ctx *ctx, clockid_t clock, ktime_t t);

/**
 * ckpt_time_add - add to a time that may be forever
 * @t: the time; more than some 146 years are forever
 * @delta: what to add, less than that
 *
 * Return: the sum, or %KTIME_MAX for forever.
 */
static inline ktime_t ckpt_time_add(ktime_t t, s64 delta)
{
	return t > KTIME_MAX / 2 ? KTIME_MAX : t + delta;
}

/**
 * ckpt_time_ok - whether a time of an image can be calculated with
 * @t: the time
 *
 * Return: false if ckpt_time_add() could overflow.
 */
static inline bool ckpt_time_ok(s64 t)
{
	return t >= -KTIME_MAX / 2;
}

/* tree.c, pid.c */
int checkpoint_tree(struct ckpt_ctx *ctx);
int restore_tree(struct ckpt_ctx *ctx, struct ckpt_cursor *c);
int restore_tree_commit(struct ckpt_ctx *ctx);
bool ckpt_exec_ids_ok(int exit_signal, u64 parent_exec_id, u64 self_exec_id);
int ckpt_tree_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_tree_task_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int checkpoint_pid(struct ckpt_ctx *ctx, void *obj);
void *restore_pid(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		  struct ckpt_cursor *c);
int restore_pids(struct ckpt_ctx *ctx);
void restore_pids_done(struct ckpt_ctx *ctx);
void ckpt_pid_tid(struct ckpt_ctx *ctx, u32 id, pid_t *set_tid, size_t *nr);
pid_t ckpt_pid_nr(struct ckpt_ctx *ctx, u32 id);
u32 ckpt_pid_namespace(struct ckpt_ctx *ctx, u32 id);
u32 ckpt_pid_levels(struct ckpt_ctx *ctx, u32 id);
bool ckpt_pid_is_init(struct ckpt_ctx *ctx, u32 id);
int ckpt_pid_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void ckpt_pid_get(void *obj);
void ckpt_pid_put(void *obj);

/* task.c */

/**
 * struct ckpt_task_kind - one part of a task's own state
 * @name: for messages
 * @dead: whether zombies have it, too
 * @process: whether it belongs to a whole process: the leader, or the first
 *	thread alive if that is dead, takes care of it
 * @collect: write the objects it refers to, with checkpoint_obj(). Objects
 *	must not come between the records of a task, so this is called first.
 * @checkpoint: write its records, if any. The task is stopped.
 *	Return: 0, or an errno that has been reported.
 * @restore: read its records from @c, in the context of the task, before the
 *	barrier. Signals are blocked. Return: 0, or a reported errno.
 * @commit: after the barrier, in the context of the task; cannot fail
 *
 * The members other than @name may be NULL.
 */
struct ckpt_task_kind {
	const char *name;
	bool dead;
	bool process;
	int (*collect)(struct ckpt_ctx *ctx, struct task_struct *tsk);
	int (*checkpoint)(struct ckpt_ctx *ctx, struct task_struct *tsk);
	int (*restore)(struct ckpt_ctx *ctx, struct ckpt_task *t,
		       struct ckpt_cursor *c);
	void (*commit)(struct ckpt_ctx *ctx, struct ckpt_task *t);
};

extern const struct ckpt_task_kind * const ckpt_task_kinds[];

int checkpoint_tasks(struct ckpt_ctx *ctx);
int restore_tasks(struct ckpt_ctx *ctx);
int ckpt_wait_for_mm(struct ckpt_ctx *ctx);
int ckpt_wait_for_fs(struct ckpt_ctx *ctx);
int restore_tasks_commit(struct ckpt_ctx *ctx);
void restore_tasks_abort(struct ckpt_ctx *ctx);
int ckpt_task_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_task_objs_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

#endif /* _CHECKPOINT_INTERNAL_H */
