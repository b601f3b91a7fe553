// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - pseudo terminals
 *
 * Saved: the number in its instance of devpts; settings, window size, locks,
 *	packet mode, flow control of both sides; what has been written to either
 *	and not been read; whether the slave is or was open; owner and
 *	permissions of the slave; the session that it controls, and the
 *	foreground process group; each open file, also those of /dev/tty.
 * Not saved: times and security label of the slave's inode; how much more can be
 *	written before one has to wait; redirection of the console (TIOCCONS).
 * Refused: pseudo terminals of which either side is open outside of the tree, or
 *	that control a session outside of it; those that have been hung up;
 *	other line disciplines than N_TTY; owners without a number in the user
 *	namespace of the image.
 * A terminal whose master is open outside of the tree belongs to somebody else;
 * it can be passed as an external resource, see file_external.c.
 *
 * All that is open refers to one object for the two sides. A restart opens ptmx
 * with the number, and unlocks the slave for those that had it open. When all
 * tasks have what they need, the state of both sides is restored, and the
 * session gets its controlling terminal with the commit.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fcntl.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <linux/tty_port.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>
#include "../drivers/tty/tty.h"
#include "../fs/internal.h"
#include "cred.h"
#include "files.h"
#include "freeze.h"
#include "ns_mnt.h"
#include "signal.h"

#define PTMX_DEV	MKDEV(TTYAUX_MAJOR, 2)
#define TTY_DEV		MKDEV(TTYAUX_MAJOR, 0)

/* ---- which terminals these are ---- */

static bool is_pty(const struct tty_struct *tty)
{
	return tty->driver->type == TTY_DRIVER_TYPE_PTY &&
	       tty->driver->flags & TTY_DRIVER_DEVPTS_MEM;
}

static bool is_master(const struct tty_struct *tty)
{
	return tty->driver->subtype == PTY_TYPE_MASTER;
}

/* ptmx makes a new one each time, so a master is open as one file only. */
static struct file *first_file(struct tty_struct *master)
{
	struct tty_file_private *priv;
	struct file *file = NULL;

	spin_lock(&master->files_lock);
	priv = list_first_entry_or_null(&master->tty_files,
					struct tty_file_private, list);
	/* It is on the list until after its last reference has gone. */
	if (priv && atomic_long_inc_not_zero(&priv->file->f_count))
		file = priv->file;
	spin_unlock(&master->files_lock);
	return file;
}

/*
 * Get the file by which the master of @tty is open, referenced; NULL if there
 * is none. While it is open both sides stay.
 */
static struct file *get_master(struct tty_struct *tty)
{
	struct file *file = NULL;

	/* Excludes release_tty(), which ends both sides and leaves the link. */
	mutex_lock(&tty_mutex);
	if (tty->port->itty)
		file = first_file(is_master(tty) ? tty : tty->link);
	mutex_unlock(&tty_mutex);
	return file;
}

static int is_file(const void *wanted, struct file *file, unsigned int fd)
{
	return file == wanted;
}

static bool task_has(struct task_struct *tsk, struct file *file)
{
	struct files_struct *files, *leaders;
	bool ret;

	task_lock(tsk);
	files = tsk->files;
	leaders = READ_ONCE(tsk->group_leader->files);
	/* Threads usually share the table of their leader. */
	ret = files && (thread_group_leader(tsk) || files != leaders) &&
	      iterate_fd(files, 0, is_file, file);
	task_unlock(tsk);
	return ret;
}

static bool in_tree(struct ckpt_ctx *ctx, struct file *file)
{
	u32 i;

	if (ckpt_obj_known(ctx, file))
		return true;
	for (i = 0; i < ctx->nr_tasks; i++)
		if (task_has(ctx->tasks[i].task, file))
			return true;
	return false;
}

/* Whether the tree has the master of @tty to itself. */
static bool is_own(struct ckpt_ctx *ctx, struct tty_struct *tty)
{
	struct file *file = get_master(tty);
	bool ret;

	if (!file)
		return false;
	ret = in_tree(ctx, file) && !ckpt_file_external_match(ctx, file);
	fput(file);
	return ret;
}

/**
 * ckpt_file_pty_match - whether a file is a pseudo terminal of the tree
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: whether it is one, and its master is in the tree.
 */
bool ckpt_file_pty_match(struct ckpt_ctx *ctx, struct file *file)
{
	struct tty_struct *tty = tty_of_file(file);

	return tty && is_pty(tty) && (is_master(tty) || is_own(ctx, tty));
}

/**
 * ckpt_pty_hold - hold both sides while the tasks are stopped
 * @master: the master; the caller has one of the two open
 */
void ckpt_pty_hold(struct tty_struct *master)
{
	tty_kref_get(master);
	tty_kref_get(master->link);
}

/**
 * ckpt_pty_let_go - the opposite of ckpt_pty_hold()
 * @master: the master
 */
void ckpt_pty_let_go(struct tty_struct *master)
{
	tty_kref_put(master->link);
	tty_kref_put(master);
}

/* ---- checkpoint: let what is under way arrive ---- */

/* What a slave receives it may echo to its master, but not the other way. */
static void settle(struct tty_struct *master)
{
	tty_buffer_flush_work(master->link->port);
	tty_buffer_flush_work(master->port);
}

static int find_master(const void *arg, struct file *file, unsigned int fd)
{
	struct tty_struct *tty = tty_of_file(file);

	if (!tty || !is_pty(tty) || !is_master(tty))
		return 0;
	*(struct file **)arg = get_file(file);
	return fd + 1;
}

static void settle_files(struct files_struct *files)
{
	struct file *file = NULL;
	int fd = 0;

	while ((fd = iterate_fd(files, fd, find_master, &file))) {
		settle(tty_of_file(file));
		fput(file);
		cond_resched();
	}
}

/**
 * checkpoint_ptys_settle - let what has been written to terminals arrive
 * @ctx: the checkpoint; the tasks have just been stopped
 *
 * A worker takes it from one side to the other, and may send signals for it,
 * which must not come when the signals of the tasks have been saved.
 */
void checkpoint_ptys_settle(struct ckpt_ctx *ctx)
{
	struct files_struct *files;
	u32 i;

	for (i = 0; i < ctx->nr_tasks; i++) {
		struct task_struct *tsk = ctx->tasks[i].task;

		task_lock(tsk);
		files = tsk->files;
		if (files && !thread_group_leader(tsk) &&
		    files == READ_ONCE(tsk->group_leader->files))
			files = NULL;
		if (files)
			atomic_inc(&files->count);
		task_unlock(tsk);
		if (!files)
			continue;
		settle_files(files);
		put_files_struct(files);
	}
}

/* ---- checkpoint: both sides ---- */

/* Bits of struct tty_struct and what they are in a record. */
static const struct {
	unsigned int bit;
	u32 flag;
} tty_bits[] = {
	{ TTY_THROTTLED,	CKPT_TTY_THROTTLED },
	{ TTY_IO_ERROR,		CKPT_TTY_IO_ERROR },
	{ TTY_OTHER_CLOSED,	CKPT_TTY_OTHER_CLOSED },
	{ TTY_EXCLUSIVE,	CKPT_TTY_EXCLUSIVE },
	{ TTY_DO_WRITE_WAKEUP,	CKPT_TTY_WRITE_WAKEUP },
	{ TTY_PTY_LOCK,		CKPT_TTY_LOCKED },
};

static void fill_state(struct ckpt_hdr_tty *h, struct tty_struct *tty)
{
	size_t i;

	mutex_lock(&tty->winsize_mutex);
	h->rows = tty->winsize.ws_row;
	h->cols = tty->winsize.ws_col;
	h->xpixel = tty->winsize.ws_xpixel;
	h->ypixel = tty->winsize.ws_ypixel;
	mutex_unlock(&tty->winsize_mutex);
	for (i = 0; i < ARRAY_SIZE(tty_bits); i++)
		if (test_bit(tty_bits[i].bit, &tty->flags))
			h->flags |= tty_bits[i].flag;
	spin_lock_irq(&tty->flow.lock);
	if (tty->flow.stopped)
		h->flags |= CKPT_TTY_STOPPED;
	if (tty->flow.tco_stopped)
		h->flags |= CKPT_TTY_TCO_STOPPED;
	spin_unlock_irq(&tty->flow.lock);
	spin_lock_irq(&tty->ctrl.lock);
	if (tty->ctrl.packet)
		h->flags |= CKPT_TTY_PACKET;
	h->pktstatus = tty->ctrl.pktstatus;
	spin_unlock_irq(&tty->ctrl.lock);
}

static size_t data_len(const struct ckpt_hdr_tty *h)
{
	return (size_t)h->nr_read + DIV_ROUND_UP(h->nr_read, 8) + h->nr_echo +
	       h->nr_queued;
}

static int fill_tty(struct ckpt_ctx *ctx, struct tty_struct *tty,
		    struct ckpt_hdr_tty *h)
{
	if (ckpt_n_tty_fill(tty, h))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"pts %d: its line discipline is not supported",
				tty->index);
	fill_state(h, tty);
	h->nr_queued = tty_buffer_peek(tty->port, NULL, 0);
	if (h->nr_read > CKPT_TTY_BUF || h->nr_echo > CKPT_TTY_BUF ||
	    h->nr_queued > CKPT_TTY_QUEUE_MAX)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"pts %d: %u characters received, %u under way",
				tty->index, h->nr_read, h->nr_queued);
	return 0;
}

static int write_tty(struct ckpt_ctx *ctx, struct tty_struct *tty)
{
	struct ckpt_hdr_tty now = {}, *h;
	u8 *queued;
	int ret;

	ret = fill_tty(ctx, tty, &now);
	if (ret)
		return ret;
	h = ckpt_new_rec(ctx, CKPT_HDR_TTY,
			 ALIGN(sizeof(*h) + data_len(&now), 8));
	if (IS_ERR(h))
		return PTR_ERR(h);
	now.h = h->h;
	*h = now;
	queued = h->data + data_len(h) - h->nr_queued;
	if (ckpt_n_tty_copy(tty, h) ||
	    tty_buffer_peek(tty->port, queued, h->nr_queued) != h->nr_queued ||
	    work_busy(&tty->port->buf.work))
		return ckpt_err(ctx, -EBUSY,
				"pts %d: is being written to from outside of the tree",
				tty->index);
	return 0;
}

/* What is alive and not in the tree cannot come back with it. */
static int find_pid(struct ckpt_ctx *ctx, struct tty_struct *slave,
		    struct pid *pid, enum pid_type type)
{
	bool alive;

	if (!pid)
		return 0;
	rcu_read_lock();
	alive = pid_task(pid, type);
	rcu_read_unlock();
	if (alive && !ckpt_obj_known(ctx, pid))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"pts %d: controls session or process group %d, which is outside of the tree",
				slave->index, pid_vnr(pid));
	return checkpoint_obj(ctx, CKPT_HDR_PID, pid);
}

static int find_job_control(struct ckpt_ctx *ctx, struct tty_struct *slave,
			    u32 *session, u32 *pgrp)
{
	struct pid *s, *p;
	int sid, gid = 0;

	spin_lock_irq(&slave->ctrl.lock);
	s = get_pid(slave->ctrl.session);
	p = get_pid(slave->ctrl.pgrp);
	spin_unlock_irq(&slave->ctrl.lock);
	sid = find_pid(ctx, slave, s, PIDTYPE_SID);
	if (sid >= 0)
		gid = find_pid(ctx, slave, p, PIDTYPE_PGID);
	put_pid(s);
	put_pid(p);
	if (sid < 0 || gid < 0)
		return min(sid, gid);
	*session = sid;
	*pgrp = gid;
	return 0;
}

static void fill_pty(struct ckpt_ctx *ctx, struct ckpt_hdr_pty *h,
		     struct file *file, const char *name)
{
	struct tty_struct *slave = tty_of_file(file)->link;
	const struct inode *inode = d_inode(slave->driver_data);
	struct user_namespace *ns = ctx->base_user_ns;

	h->index = slave->index;
	h->f_flags = file->f_flags & O_ACCMODE;
	h->uid = from_kuid(ns, inode->i_uid);
	h->gid = from_kgid(ns, inode->i_gid);
	h->mode = inode->i_mode & S_IALLUGO;
	h->path_len = strlen(name) + 1;
	memcpy(h->path, name, h->path_len);
}

static int write_pty(struct ckpt_ctx *ctx, struct file *file, const char *name)
{
	struct tty_struct *master = tty_of_file(file);
	u32 session, pgrp;
	struct ckpt_hdr_pty *h;
	int ret;

	ret = find_job_control(ctx, master->link, &session, &pgrp);
	if (ret)
		return ret;
	h = ckpt_new_obj(ctx, CKPT_HDR_PTY,
			 ALIGN(struct_size(h, path, strlen(name) + 1), 8));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->session = session;
	h->pgrp = pgrp;
	fill_pty(ctx, h, file, name);
	if (h->uid == (u32)-1 || h->gid == (u32)-1)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"pts %u: its owner has no number in the user namespace",
				h->index);
	settle(master);
	return write_tty(ctx, master) ?: write_tty(ctx, master->link);
}

/**
 * checkpoint_pty - save a pseudo terminal
 * @ctx: the checkpoint
 * @obj: its master, open as a file that the caller has
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_pty(struct ckpt_ctx *ctx, void *obj)
{
	struct file *file = get_master(obj);
	char *name;
	int ret;

	if (!file)
		return ckpt_err(ctx, -EBUSY, "pts: is being closed");
	name = ckpt_root_path_name(ctx, &file->f_path);
	ret = PTR_ERR_OR_ZERO(name);
	if (!ret) {
		ret = write_pty(ctx, file, name);
		kfree(name);
	}
	fput(file);
	return ret;
}

static struct tty_struct *get_signal_tty(struct task_struct *tsk)
{
	struct tty_struct *tty;
	unsigned long flags;

	if (!lock_task_sighand(tsk, &flags))
		return NULL;
	tty = tty_kref_get(tsk->signal->tty);
	unlock_task_sighand(tsk, &flags);
	return tty;
}

/**
 * checkpoint_controlling_tty - save the controlling terminal of a process
 * @ctx: the checkpoint
 * @tsk: a task of the process
 *
 * Only pseudo terminals whose master is in the tree are saved.
 *
 * Return: 1 if it has been saved, 0 if not, or an errno that has been reported.
 */
int checkpoint_controlling_tty(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct tty_struct *tty = get_signal_tty(tsk);
	struct file *file = NULL;
	int ret = 0;

	if (tty && is_pty(tty) && is_own(ctx, tty))
		file = get_master(tty);
	if (file) {
		ret = checkpoint_obj(ctx, CKPT_HDR_PTY, tty_of_file(file));
		fput(file);
	}
	tty_kref_put(tty);
	return min(ret, 1);
}

static u32 kind_of(struct file *file)
{
	if (is_master(tty_of_file(file)))
		return CKPT_PTY_MASTER;
	return file_inode(file)->i_rdev == TTY_DEV ? CKPT_PTY_CURRENT :
						     CKPT_PTY_SLAVE;
}

static int write_file(struct ckpt_ctx *ctx, struct file *file, const char *name,
		      u32 cred, u32 pty)
{
	size_t len = name ? strlen(name) + 1 : 0;
	struct ckpt_hdr_file_pty *h;

	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_PTY,
			 ALIGN(struct_size(h, path, len), 8));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, file, cred);
	h->pty = pty;
	h->kind = kind_of(file);
	h->path_len = len;
	if (name) {
		memcpy(h->path, name, len);
		h->mnt = ckpt_mnt_id(ctx, &file->f_path);
	}
	return 0;
}

/**
 * checkpoint_file_pty - save an open side of a pseudo terminal
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_pty(struct ckpt_ctx *ctx, void *obj)
{
	struct file *file = obj;
	struct tty_struct *tty = tty_of_file(file);
	int cred, id, ret;
	char *name = NULL;

	cred = checkpoint_file_common(ctx, file);
	if (cred < 0)
		return cred;
	id = checkpoint_obj(ctx, CKPT_HDR_PTY, is_master(tty) ? tty : tty->link);
	if (id < 0)
		return id;
	if (!is_master(tty))
		name = ckpt_path_name(ctx, &file->f_path);
	if (IS_ERR(name))
		return PTR_ERR(name);
	ret = write_file(ctx, file, name, cred, id);
	kfree(name);
	return ret;
}

static bool is_saved(struct ckpt_ctx *ctx, const struct file *file)
{
	u32 type;

	return ckpt_obj_uses(ctx, file, &type) && type == CKPT_HDR_FILE_PTY;
}

static bool all_saved(struct ckpt_ctx *ctx, struct tty_struct *tty)
{
	struct tty_file_private *priv;
	bool ret = true;

	spin_lock(&tty->files_lock);
	list_for_each_entry(priv, &tty->tty_files, list)
		ret &= is_saved(ctx, priv->file);
	spin_unlock(&tty->files_lock);
	return ret;
}

static int check_files(struct ckpt_ctx *ctx, void *obj)
{
	struct tty_struct *master = obj;

	if (!all_saved(ctx, master) || !all_saved(ctx, master->link))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"pts %d: is also open outside of the tree, or passed as an external resource",
				master->index);
	return 0;
}

/**
 * checkpoint_ptys_end - make sure that both sides are open in the tree only
 * @ctx: the checkpoint; all tasks have been saved and are still stopped
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_ptys_end(struct ckpt_ctx *ctx)
{
	return ckpt_walk_objs(ctx, CKPT_HDR_PTY, check_files);
}

/* ---- validate ---- */

/**
 * ckpt_pty_validate - check a PTY record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_pty_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_pty *pty = (const void *)h;
	size_t len;
	const u8 *path = ckpt_payload(h, sizeof(*pty), &len);

	if (pty->index >= NR_UNIX98_PTY_MAX)
		return ckpt_bad(v, "number of a pseudo terminal out of range");
	if (pty->f_flags > O_RDWR)
		return ckpt_bad(v, "unknown access mode");
	if (!ckpt_ref0_ok(v, pty->session, CKPT_CLASS_PID) ||
	    !ckpt_ref0_ok(v, pty->pgrp, CKPT_CLASS_PID))
		return ckpt_bad(v, "reference to something that is no PID");
	if (pty->pgrp && !pty->session)
		return ckpt_bad(v, "process group without a session");
	if (pty->uid == (u32)-1 || pty->gid == (u32)-1)
		return ckpt_bad(v, "id out of range");
	if (pty->mode & ~S_IALLUGO)
		return ckpt_bad(v, "bad permissions of a terminal");
	if (!ckpt_path_ok(path, pty->path_len, len))
		return ckpt_bad(v, "bad path");
	if (!ckpt_tail_ok(h, sizeof(*pty) + pty->path_len))
		return ckpt_bad(v, "padding is not zero");
	return 0;
}

#define MASTER_FLAGS	(CKPT_TTY_LOCKED | CKPT_TTY_PACKET)
#define ALL_FLAGS	(CKPT_TTY_THROTTLED | CKPT_TTY_IO_ERROR |	\
			 CKPT_TTY_OTHER_CLOSED | CKPT_TTY_EXCLUSIVE |	\
			 CKPT_TTY_WRITE_WAKEUP | CKPT_TTY_STOPPED |	\
			 CKPT_TTY_TCO_STOPPED | CKPT_TTY_LNEXT |	\
			 CKPT_TTY_ERASING | CKPT_TTY_PUSH |		\
			 CKPT_TTY_NO_ROOM | MASTER_FLAGS)
#define ALL_PKTSTATUS	(TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE |	\
			 TIOCPKT_STOP | TIOCPKT_START | TIOCPKT_NOSTOP | \
			 TIOCPKT_DOSTOP | TIOCPKT_IOCTL)

/* The position that the mode uses is within the buffer, see n_tty.c. */
static bool positions_ok(const struct ckpt_hdr_tty *tty)
{
	bool canonical = tty->termios.lflag & ICANON;
	s32 used = canonical && !(tty->termios.lflag & EXTPROC) ? tty->canon :
								  tty->commit;

	return used >= 0 && tty->canon <= (s32)tty->nr_read &&
	       tty->commit <= (s32)tty->nr_read &&
	       tty->echo_commit <= tty->nr_echo && tty->echo_mark <= tty->nr_echo;
}

/*
 * Calls on either side set the slave. If a master did as much as echo, each
 * character could go back and forth between the two for ever.
 */
static bool settings_ok(const struct ckpt_hdr_tty *tty, bool master)
{
	return !master || !(tty->termios.iflag | tty->termios.oflag |
			    tty->termios.lflag);
}

static bool ends_ok(const struct ckpt_hdr_tty *tty)
{
	u32 rest = tty->nr_read % 8;

	return !rest || !(tty->data[tty->nr_read + tty->nr_read / 8] >> rest);
}

/**
 * ckpt_tty_validate - check a TTY record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_tty_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_tty *tty = (const void *)h;
	u64 side = v->last_end++;

	if (side > 1)
		return ckpt_bad(v, "third side of a pseudo terminal");
	if (tty->flags & ~(side ? ALL_FLAGS & ~MASTER_FLAGS : ALL_FLAGS))
		return ckpt_bad(v, "unknown flags");
	if (tty->pktstatus & ~ALL_PKTSTATUS)
		return ckpt_bad(v, "unknown status of packet mode");
	if (tty->nr_read > CKPT_TTY_BUF || tty->nr_echo > CKPT_TTY_BUF ||
	    tty->nr_queued > CKPT_TTY_QUEUE_MAX ||
	    h->len < sizeof(*tty) + data_len(tty))
		return ckpt_bad(v, "bad length of data in a terminal");
	if (!settings_ok(tty, !side))
		return ckpt_bad(v, "settings of the master of a pseudo terminal");
	if (!positions_ok(tty) || !ends_ok(tty))
		return ckpt_bad(v, "position behind the data of a terminal");
	if (!ckpt_tail_ok(h, sizeof(*tty) + data_len(tty)))
		return ckpt_bad(v, "padding is not zero");
	if (tty->reserved || tty->termios.reserved || tty->locked.reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return 0;
}

/**
 * ckpt_file_pty_validate - check a FILE_PTY record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_pty_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_pty *f = (const void *)h;
	size_t len;
	const u8 *path = ckpt_payload(h, sizeof(*f), &len);

	if (!ckpt_ref_ok(v, f->pty, CKPT_CLASS_PTY))
		return ckpt_bad(v, "bad reference to a pseudo terminal");
	if (f->kind < CKPT_PTY_MASTER || f->kind > CKPT_PTY_CURRENT)
		return ckpt_bad(v, "unknown side of a pseudo terminal");
	if (f->kind == CKPT_PTY_MASTER ? f->path_len :
	    !ckpt_path_ok(path, f->path_len, len))
		return ckpt_bad(v, "bad path");
	if (!ckpt_tail_ok(h, sizeof(*f) + f->path_len))
		return ckpt_bad(v, "padding is not zero");
	if (f->file.f_flags & (O_PATH | O_DIRECTORY | O_DIRECT | CKPT_O_EXEC) ||
	    f->file.advice)
		return ckpt_bad(v, "flags that a terminal cannot have");
	if (!ckpt_mnt_ok(v, f->mnt))
		return ckpt_bad(v, "reference to something that is no nested mount namespace");
	return ckpt_file_common_validate(v, &f->file);
}

/* ---- restart: make it, and open both sides ---- */

static int find_device(struct ckpt_ctx *ctx, u32 mnt, const char *name,
		       struct path *path)
{
	struct path root;
	int ret;

	ret = ckpt_mnt_root(ctx, mnt, &root);
	if (ret)
		return ret;
	ret = vfs_path_lookup(root.dentry, root.mnt, name, LOOKUP_FOLLOW, path);
	path_put(&root);
	if (ret)
		return ckpt_err(ctx, ret == -ENOENT ? -ESTALE : ret,
				"%s: cannot be found: %pe", name, ERR_PTR(ret));
	return 0;
}

/* Open a device with the rights of the caller; the driver gets @arg. */
static struct file *open_device(const struct path *path, dev_t dev, u32 f_flags,
				void *arg)
{
	const struct inode *inode = d_inode(path->dentry);
	struct file *file;
	int ret;

	if (!S_ISCHR(inode->i_mode) || inode->i_rdev != dev)
		return ERR_PTR(-ESTALE);
	if (!may_open_dev(path))
		return ERR_PTR(-EACCES);
	ret = path_permission(path, ACC_MODE(f_flags) | MAY_OPEN);
	if (ret)
		return ERR_PTR(ret);
	file = alloc_empty_file(O_NOCTTY | O_NONBLOCK | O_LARGEFILE | f_flags,
				current_cred());
	if (IS_ERR(file))
		return file;
	file->private_data = arg;
	ret = vfs_open(path, file);
	if (!ret)
		return file;
	fput(file);
	return ERR_PTR(ret);
}

static struct file *open_master(struct ckpt_ctx *ctx,
				const struct ckpt_hdr_pty *h)
{
	int index = h->index;
	struct file *file;
	struct path path;
	int ret;

	ret = find_device(ctx, 0, h->path, &path);
	if (ret)
		return ERR_PTR(ret);
	file = open_device(&path, PTMX_DEV, h->f_flags, &index);
	path_put(&path);
	if (file == ERR_PTR(-ENOSPC))
		return ERR_PTR(ckpt_err(ctx, -EEXIST,
					"pts %u: is in use, or there are too many",
					h->index));
	if (IS_ERR(file))
		ckpt_err(ctx, PTR_ERR(file), "%s: cannot be opened", h->path);
	return file;
}

/**
 * restore_pty - make a pseudo terminal, without a slave that is open
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the file of the master, referenced, or ERR_PTR() of an errno that has
 * been reported.
 */
void *restore_pty(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		  struct ckpt_cursor *c)
{
	struct ckpt_obj *o = ckpt_obj_by_id(ctx, h->id);
	struct file *file = open_master(ctx, (const void *)h);

	if (IS_ERR(file))
		return file;
	/* Those who have the slave open are yet to come. */
	clear_bit(TTY_PTY_LOCK, &tty_of_file(file)->flags);
	/* It can be taken once. */
	o->priv = file;
	return file;
}

static struct file *take_master(struct ckpt_ctx *ctx, struct ckpt_obj *pty,
				const struct ckpt_hdr_file_pty *h)
{
	struct file *file = xchg(&pty->priv, NULL);

	if (!file)
		return ERR_PTR(ckpt_err(ctx, -EBADMSG,
					"second master of a pseudo terminal"));
	if ((file->f_flags ^ h->file.f_flags) & O_ACCMODE)
		return ERR_PTR(ckpt_err(ctx, -EBADMSG,
					"access mode of the master of a pseudo terminal"));
	return get_file(file);
}

static struct file *open_slave(struct ckpt_ctx *ctx, struct tty_struct *slave,
			       const struct ckpt_hdr_file_pty *h)
{
	dev_t dev = h->kind == CKPT_PTY_CURRENT ? TTY_DEV : tty_devnum(slave);
	struct file *file;
	struct path path;
	int ret;

	ret = find_device(ctx, h->mnt, h->path, &path);
	if (ret)
		return ERR_PTR(ret);
	file = open_device(&path, dev, h->file.f_flags & O_ACCMODE, slave);
	path_put(&path);
	if (!IS_ERR(file) && tty_of_file(file) != slave) {
		fput(file);
		file = ERR_PTR(-ESTALE);
	}
	if (IS_ERR(file))
		ckpt_err(ctx, PTR_ERR(file),
			 "%s: cannot be opened as the slave of pts %d", h->path,
			 slave->index);
	return file;
}

/**
 * restore_file_pty - open a side of a pseudo terminal
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the file, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_file_pty(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		       struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_pty *f = (const void *)h;
	struct file *master = restore_obj(ctx, f->pty), *file;

	if (IS_ERR(master))
		return master;
	if (f->kind == CKPT_PTY_MASTER)
		file = take_master(ctx, ckpt_obj_by_id(ctx, f->pty), f);
	else
		file = open_slave(ctx, tty_of_file(master)->link, f);
	if (IS_ERR(file))
		return file;
	return restore_file_common(ctx, &f->file, file, "terminal");
}

/* ---- restart: its state, when everybody has it open ---- */

/*
 * It belongs to whoever opens ptmx, so the caller could be them; or it has been
 * given to them by chown(), which takes ids of the caller's user namespace only.
 */
static bool may_give(const struct inode *inode, kuid_t uid, kgid_t gid)
{
	struct user_namespace *ns = current_user_ns();

	return kuid_has_mapping(ns, uid) && kgid_has_mapping(ns, gid) &&
	       capable_wrt_inode_uidgid(&nop_mnt_idmap, inode, CAP_CHOWN);
}

static bool may_own(const struct inode *inode, kuid_t uid, kgid_t gid)
{
	bool user = uid_eq(uid, inode->i_uid) || ckpt_may_take_uid(uid);
	bool group = gid_eq(gid, inode->i_gid) || in_group_p(gid) ||
		     ckpt_may_take_gid(gid);

	return (user && group) || may_give(inode, uid, gid);
}

static int restore_owner(struct ckpt_ctx *ctx, struct inode *inode,
			 const struct ckpt_hdr_pty *h)
{
	kuid_t uid = make_kuid(ctx->base_user_ns, h->uid);
	kgid_t gid = make_kgid(ctx->base_user_ns, h->gid);

	if (!uid_valid(uid) || !gid_valid(gid))
		return ckpt_err(ctx, -EINVAL, "pts %u: owner %u:%u is not mapped",
				h->index, h->uid, h->gid);
	if (!may_own(inode, uid, gid))
		return ckpt_err(ctx, -EPERM,
				"pts %u: owner is user %u, group %u", h->index,
				h->uid, h->gid);
	inode_lock(inode);
	inode->i_uid = uid;
	inode->i_gid = gid;
	inode->i_mode = S_IFCHR | h->mode;
	inode_set_ctime_current(inode);
	inode_unlock(inode);
	return 0;
}

static bool locks_settings(const struct ckpt_hdr_tty *h)
{
	return memchr_inv(&h->locked, 0, sizeof(h->locked));
}

static int load_side(struct ckpt_ctx *ctx, struct tty_struct *tty,
		     const struct ckpt_hdr_tty *h)
{
	int ret;

	/* As TIOCSLCKTRMIOS. */
	if (locks_settings(h) && !checkpoint_restore_ns_capable(&init_user_ns))
		return ckpt_err(ctx, -EPERM, "pts %d: settings are locked",
				tty->index);
	ret = ckpt_n_tty_load(tty, h);
	if (ret)
		return ckpt_err(ctx, ret, "pts %d: line discipline", tty->index);
	mutex_lock(&tty->winsize_mutex);
	tty->winsize = (struct winsize) {
		.ws_row		= h->rows,
		.ws_col		= h->cols,
		.ws_xpixel	= h->xpixel,
		.ws_ypixel	= h->ypixel,
	};
	mutex_unlock(&tty->winsize_mutex);
	return 0;
}

/* The line discipline does not take it, as it did not before. */
static int load_queue(struct ckpt_ctx *ctx, struct tty_struct *tty,
		      const struct ckpt_hdr_tty *h)
{
	const u8 *queued = h->data + data_len(h) - h->nr_queued;
	int limit = tty->port->buf.mem_limit;
	u32 n = 0;

	if (!h->nr_queued)
		return 0;
	/* How much fits depends on the pieces in which it came. */
	tty_buffer_set_limit(tty->port, CKPT_TTY_QUEUE_MAX);
	n = tty_insert_flip_string_and_push_buffer(tty->port, queued,
						   h->nr_queued);
	tty_buffer_set_limit(tty->port, limit);
	if (n != h->nr_queued)
		return ckpt_err(ctx, -ENOMEM, "pts %d: %u characters",
				tty->index, h->nr_queued);
	tty_buffer_flush_work(tty->port);
	return 0;
}

static void load_state(struct tty_struct *tty, const struct ckpt_hdr_tty *h)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tty_bits); i++)
		assign_bit(tty_bits[i].bit, &tty->flags,
			   h->flags & tty_bits[i].flag);
	spin_lock_irq(&tty->flow.lock);
	tty->flow.stopped = h->flags & CKPT_TTY_STOPPED;
	tty->flow.tco_stopped = h->flags & CKPT_TTY_TCO_STOPPED;
	spin_unlock_irq(&tty->flow.lock);
	spin_lock_irq(&tty->ctrl.lock);
	tty->ctrl.packet = h->flags & CKPT_TTY_PACKET;
	tty->ctrl.pktstatus = h->pktstatus;
	spin_unlock_irq(&tty->ctrl.lock);
}

/**
 * restore_pty_finish - restore the state of a pseudo terminal
 * @ctx: the restart; all that is open of it has been opened
 * @o: the PTY object
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_pty_finish(struct ckpt_ctx *ctx, struct ckpt_obj *o)
{
	struct tty_struct *master = tty_of_file(o->ptr), *slave = master->link;
	const struct ckpt_hdr_tty *m, *s;
	struct ckpt_cursor c = o->c;
	int ret;

	m = ckpt_read_obj_type(&c, CKPT_HDR_TTY);
	if (IS_ERR(m))
		return PTR_ERR(m);
	s = ckpt_read_obj_type(&c, CKPT_HDR_TTY);
	if (IS_ERR(s))
		return PTR_ERR(s);
	ret = restore_owner(ctx, d_inode(slave->driver_data), (const void *)o->h) ?:
	      load_side(ctx, master, m) ?:
	      load_side(ctx, slave, s) ?:
	      load_queue(ctx, master, m) ?:
	      load_queue(ctx, slave, s);
	if (ret)
		return ret;
	/* Last: to look at the queues may stop and start the flow again. */
	load_state(master, m);
	load_state(slave, s);
	return 0;
}

/* ---- restart: the controlling terminal ---- */

static void set_controlling(struct task_struct *leader, struct tty_struct *tty)
{
	struct tty_struct *old;
	unsigned long flags;

	if (!lock_task_sighand(leader, &flags))
		return;
	old = leader->signal->tty;
	leader->signal->tty = tty_kref_get(tty);
	unlock_task_sighand(leader, &flags);
	tty_kref_put(old);
}

static void set_session(struct tty_struct *slave, struct pid *session,
			struct pid *pgrp)
{
	tty_lock(slave);
	/* Somebody outside may have opened it meanwhile. */
	read_lock(&tasklist_lock);
	session_clear_tty(slave->ctrl.session);
	read_unlock(&tasklist_lock);
	spin_lock_irq(&slave->ctrl.lock);
	swap(slave->ctrl.session, session);
	swap(slave->ctrl.pgrp, pgrp);
	spin_unlock_irq(&slave->ctrl.lock);
	tty_unlock(slave);
	put_pid(session);
	put_pid(pgrp);
}

static struct pid *get_pid_obj(struct ckpt_ctx *ctx, u32 id)
{
	return id ? get_pid(ckpt_obj_by_id(ctx, id)->ptr) : NULL;
}

/**
 * restore_pty_commit - make a pseudo terminal control its session
 * @ctx: the restart; sessions and process groups are what they were
 * @o: the PTY object
 */
void restore_pty_commit(struct ckpt_ctx *ctx, struct ckpt_obj *o)
{
	const struct ckpt_hdr_pty *h = (const void *)o->h;
	struct tty_struct *slave = tty_of_file(o->ptr)->link;
	u32 i;

	if (!h->session)
		return;
	set_session(slave, get_pid_obj(ctx, h->session),
		    get_pid_obj(ctx, h->pgrp));
	for (i = 0; i < ctx->nr_tasks; i++) {
		struct ckpt_task *t = &ctx->tasks[i];

		if (t->tree->leader == i && t->tree->session == h->session &&
		    ckpt_has_tty(ctx, t))
			set_controlling(t->task, slave);
	}
}
