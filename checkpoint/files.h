/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - descriptor tables, open files, root and working directory
 */
#ifndef _CHECKPOINT_FILES_H
#define _CHECKPOINT_FILES_H

#include "internal.h"

struct fs_struct;
struct path;
struct tty_struct;

/**
 * struct ckpt_file_kind - a way to save an open file
 * @name: for messages
 * @type: record type
 * @match: whether this is the way for @file
 */
struct ckpt_file_kind {
	const char *name;
	u32 type;
	bool (*match)(struct ckpt_ctx *ctx, struct file *file);
};

/* files.c: descriptor tables */
int checkpoint_files(struct ckpt_ctx *ctx, void *obj);
int ckpt_files_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_fd_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_files(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		    struct ckpt_cursor *c);
void ckpt_files_put(void *obj);
bool ckpt_files_have(struct files_struct *files, struct file *file);
int ckpt_install_files(void *obj);

/* file.c: what all kinds of open files have in common */
int checkpoint_file_obj(struct ckpt_ctx *ctx, struct file *file);
int checkpoint_file_common(struct ckpt_ctx *ctx, struct file *file);
void ckpt_fill_file(struct ckpt_hdr_file *h, struct file *file, u32 cred);
int ckpt_file_common_validate(struct ckpt_validator *v,
			      const struct ckpt_hdr_file *h);
int ckpt_file_anon_validate(struct ckpt_validator *v,
			    const struct ckpt_hdr_file *h, u32 accmode);
struct file *restore_file_common(struct ckpt_ctx *ctx,
				 const struct ckpt_hdr_file *h,
				 struct file *file, const char *name);
int ckpt_open_flags(const struct ckpt_hdr_file *h);
void ckpt_file_put(void *obj);

/* path.c: names and identities */
__printf(4, 5) int ckpt_path_err(struct ckpt_ctx *ctx, const struct path *path,
				 int err, const char *fmt, ...);
int ckpt_root(struct ckpt_ctx *ctx, struct path *root);
char *ckpt_path_name(struct ckpt_ctx *ctx, const struct path *path);
char *ckpt_root_path_name(struct ckpt_ctx *ctx, const struct path *path);
int ckpt_fill_file_id(struct ckpt_ctx *ctx, const struct path *path,
		      struct ckpt_file_id *id);
bool ckpt_path_ok(const u8 *path, size_t len, size_t max);
bool ckpt_file_id_ok(const struct ckpt_validator *v,
		     const struct ckpt_file_id *id);
int ckpt_lookup(struct ckpt_ctx *ctx, const char *name,
		const struct ckpt_file_id *id, unsigned int checks,
		struct path *path);

int ckpt_check_path(struct ckpt_ctx *ctx, const char *name,
		    const struct path *path, const struct ckpt_file_id *id,
		    unsigned int checks);

/* What these compare beside the identity. */
#define CKPT_CHECK_SIZE		0x1
#define CKPT_CHECK_MIN_SIZE	0x2
#define CKPT_CHECK_MTIME	0x4

/* file_path.c: files opened again by their path */
bool ckpt_holds_data(const struct super_block *sb);
bool ckpt_file_path_match(struct ckpt_ctx *ctx, struct file *file);
int checkpoint_file_path(struct ckpt_ctx *ctx, void *obj);
int ckpt_file_path_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_file_path(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			struct ckpt_cursor *c);
int restore_file_unchanged(struct ckpt_ctx *ctx, u32 id, struct file *file);

/* file_proc.c: files of a proc filesystem */
bool ckpt_file_proc_match(struct ckpt_ctx *ctx, struct file *file);
int ckpt_check_proc_path(struct ckpt_ctx *ctx, const struct path *path);
int checkpoint_file_proc(struct ckpt_ctx *ctx, void *obj);
int ckpt_file_proc_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_file_proc(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			struct ckpt_cursor *c);

/* file_inode.c: files without a name */
bool ckpt_file_inode_match(struct ckpt_ctx *ctx, struct file *file);
int checkpoint_unlinked(struct ckpt_ctx *ctx, void *obj);
int checkpoint_file_inode(struct ckpt_ctx *ctx, void *obj);
int ckpt_unlinked_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_file_inode_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_unlinked(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		       struct ckpt_cursor *c);
void *restore_file_inode(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			 struct ckpt_cursor *c);
int restore_unlinked_page_get(struct ckpt_ctx *ctx, struct ckpt_obj *o, u64 pos,
			      struct page **pagep);
int restore_unlinked_page_done(struct ckpt_ctx *ctx, struct ckpt_obj *o,
			       u64 pos, struct page *page);

/* file_pipe.c: pipes and FIFOs */
bool ckpt_file_pipe_match(struct ckpt_ctx *ctx, struct file *file);
int checkpoint_pipe(struct ckpt_ctx *ctx, void *obj);
int checkpoint_file_pipe(struct ckpt_ctx *ctx, void *obj);
int checkpoint_pipes_end(struct ckpt_ctx *ctx);
int ckpt_pipe_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_pipe_buf_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_file_pipe_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_pipe(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		   struct ckpt_cursor *c);
void *restore_file_pipe(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			struct ckpt_cursor *c);
void ckpt_pipe_put(void *obj);

/* file_pty.c: pseudo terminals */
bool ckpt_file_pty_match(struct ckpt_ctx *ctx, struct file *file);
void checkpoint_ptys_settle(struct ckpt_ctx *ctx);
int checkpoint_pty(struct ckpt_ctx *ctx, void *obj);
int checkpoint_controlling_tty(struct ckpt_ctx *ctx, struct task_struct *tsk);
int checkpoint_file_pty(struct ckpt_ctx *ctx, void *obj);
int checkpoint_ptys_end(struct ckpt_ctx *ctx);
void ckpt_pty_hold(struct tty_struct *master);
void ckpt_pty_let_go(struct tty_struct *master);
int ckpt_pty_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_tty_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_file_pty_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_pty(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		  struct ckpt_cursor *c);
int restore_pty_finish(struct ckpt_ctx *ctx, struct ckpt_obj *o);
void restore_pty_commit(struct ckpt_ctx *ctx, struct ckpt_obj *o);
void *restore_file_pty(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		       struct ckpt_cursor *c);

/* n_tty.c: their line discipline */
int ckpt_n_tty_fill(struct tty_struct *tty, struct ckpt_hdr_tty *h);
int ckpt_n_tty_copy(struct tty_struct *tty, struct ckpt_hdr_tty *h);
int ckpt_n_tty_load(struct tty_struct *tty, const struct ckpt_hdr_tty *h);

/* file_ns.c: namespaces */
int checkpoint_open_ns(struct ckpt_ctx *ctx, struct task_struct *tsk);
bool ckpt_file_ns_match(struct ckpt_ctx *ctx, struct file *file);
int checkpoint_file_ns(struct ckpt_ctx *ctx, void *obj);
int ckpt_file_ns_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_file_ns(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		      struct ckpt_cursor *c);
int restore_file_ns_finish(struct ckpt_ctx *ctx, struct ckpt_obj *o);

/* file_eventfd.c */
bool ckpt_file_eventfd_match(struct ckpt_ctx *ctx, struct file *file);
int checkpoint_file_eventfd(struct ckpt_ctx *ctx, void *obj);
int ckpt_file_eventfd_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_file_eventfd(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			   struct ckpt_cursor *c);

/* file_epoll.c */
bool ckpt_file_epoll_match(struct ckpt_ctx *ctx, struct file *file);
int checkpoint_file_epoll(struct ckpt_ctx *ctx, void *obj);
int ckpt_file_epoll_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_epoll_item_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_file_epoll(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			 struct ckpt_cursor *c);
int restore_file_epoll_finish(struct ckpt_ctx *ctx, struct ckpt_obj *o);

/* file_inotify.c */
bool ckpt_file_inotify_match(struct ckpt_ctx *ctx, struct file *file);
int checkpoint_file_inotify(struct ckpt_ctx *ctx, void *obj);
int ckpt_file_inotify_validate(struct ckpt_validator *v,
			       const struct ckpt_hdr *h);
int ckpt_inotify_event_validate(struct ckpt_validator *v,
				const struct ckpt_hdr *h);
int ckpt_inotify_watch_validate(struct ckpt_validator *v,
				const struct ckpt_hdr *h);
void *restore_file_inotify(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			   struct ckpt_cursor *c);
int restore_file_inotify_finish(struct ckpt_ctx *ctx, struct ckpt_obj *o);

/* file_pidfd.c */
bool ckpt_file_pidfd_match(struct ckpt_ctx *ctx, struct file *file);
int checkpoint_file_pidfd(struct ckpt_ctx *ctx, void *obj);
int ckpt_file_pidfd_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_file_pidfd(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			 struct ckpt_cursor *c);

/* file_signalfd.c */
bool ckpt_file_signalfd_match(struct ckpt_ctx *ctx, struct file *file);
int checkpoint_file_signalfd(struct ckpt_ctx *ctx, void *obj);
int ckpt_file_signalfd_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_file_signalfd(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			    struct ckpt_cursor *c);

/* file_timerfd.c */
bool ckpt_file_timerfd_match(struct ckpt_ctx *ctx, struct file *file);
int checkpoint_file_timerfd(struct ckpt_ctx *ctx, void *obj);
int ckpt_file_timerfd_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_file_timerfd(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			   struct ckpt_cursor *c);
void restore_file_timerfd_commit(struct ckpt_ctx *ctx, struct ckpt_obj *o);

/* file_owner.c: who gets signals of open files */
int checkpoint_file_owner(struct ckpt_ctx *ctx, struct file *file);
int checkpoint_file_owners(struct ckpt_ctx *ctx);
int ckpt_file_owner_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int restore_file_owners(struct ckpt_ctx *ctx);

/* file_external.c: open files that belong to somebody else */
bool ckpt_file_external_match(struct ckpt_ctx *ctx, struct file *file);
struct file *ckpt_external_file(struct ckpt_ctx *ctx, const char *key);
int checkpoint_file_external(struct ckpt_ctx *ctx, void *obj);
int ckpt_file_external_validate(struct ckpt_validator *v,
				const struct ckpt_hdr *h);
void *restore_file_external(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			    struct ckpt_cursor *c);

/* lock.c: file locks */
bool ckpt_saves_locks(const struct file *file);
int checkpoint_locks(struct ckpt_ctx *ctx);
int ckpt_lock_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int restore_locks(struct ckpt_ctx *ctx);

/* fs_struct.c: root and working directory */
int checkpoint_fs(struct ckpt_ctx *ctx, void *obj);
int ckpt_fs_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_fs(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		 struct ckpt_cursor *c);
void ckpt_fs_get(void *obj);
void ckpt_fs_put(void *obj);
int ckpt_install_fs(void *obj);
struct fs_struct *ckpt_get_task_fs(struct task_struct *tsk);

#endif /* _CHECKPOINT_FILES_H */
