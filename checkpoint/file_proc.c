// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - open files of a proc filesystem
 *
 * Programs open them all the time, if only for a moment: grep looks at its own
 * /proc/self/maps when it starts.
 *
 * Saved: the name, flags and position; what has been read from the kernel but
 *	not by the program yet, and which record of the file comes next.
 * Not saved: that poll() would tell of a change of a sysctl. Of mounts and
 *	mountinfo it tells once after a restart, as the table may be another.
 * Refused: files of tasks that are dead or not in the tree; of memory that its
 *	process has left by execve(); of a proc filesystem for another pid
 *	namespace; what is not in the tables below, such as the files below
 *	net/, fdinfo/ and attr/, maps of user namespaces, kmsg and kcore;
 *	mounts, mountinfo and mountstats that have been read in part.
 *
 * A file of a task leads to the task and often to its memory, with a check of
 * the rights when it is opened. So at restart such files are opened when all
 * tasks have their memory and root directory, before any of them runs, with
 * the rights of the caller of restart(). Numbers of tasks are the same again,
 * and so are the names.
 */
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/magic.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "files.h"
#include "freeze.h"

/* What an open file keeps, beside its position. */
enum proc_state {
	PROC_REFUSED,
	PROC_PLAIN,	/* nothing, or records of a seq_file */
	PROC_MM,	/* the memory of a task */
	PROC_MM_SEQ,	/* the same, and records */
	PROC_MOUNTS,	/* namespace and root directory of a task, and records */
};

struct proc_name {
	const char *name;
	enum proc_state state;
};

/* Below the directory of a process or thread. */
static const struct proc_name task_files[] = {
	{ "arch_status",	PROC_PLAIN },
	{ "autogroup",		PROC_PLAIN },
	{ "auxv",		PROC_MM },
	{ "cgroup",		PROC_PLAIN },
	{ "children",		PROC_PLAIN },
	{ "clear_refs",		PROC_PLAIN },
	{ "cmdline",		PROC_PLAIN },
	{ "comm",		PROC_PLAIN },
	{ "coredump_filter",	PROC_PLAIN },
	{ "cpu_resctrl_groups",	PROC_PLAIN },
	{ "cpuset",		PROC_PLAIN },
	{ "environ",		PROC_MM },
	{ "io",			PROC_PLAIN },
	{ "ksm_merging_pages",	PROC_PLAIN },
	{ "ksm_stat",		PROC_PLAIN },
	{ "latency",		PROC_PLAIN },
	{ "limits",		PROC_PLAIN },
	{ "loginuid",		PROC_PLAIN },
	{ "maps",		PROC_MM_SEQ },
	{ "mem",		PROC_MM },
	{ "mountinfo",		PROC_MOUNTS },
	{ "mounts",		PROC_MOUNTS },
	{ "mountstats",		PROC_MOUNTS },
	{ "numa_maps",		PROC_MM_SEQ },
	{ "oom_adj",		PROC_PLAIN },
	{ "oom_score",		PROC_PLAIN },
	{ "oom_score_adj",	PROC_PLAIN },
	{ "pagemap",		PROC_MM },
	{ "personality",	PROC_PLAIN },
	{ "sched",		PROC_PLAIN },
	{ "schedstat",		PROC_PLAIN },
	{ "sessionid",		PROC_PLAIN },
	{ "smaps",		PROC_MM_SEQ },
	{ "smaps_rollup",	PROC_MM_SEQ },
	{ "stack",		PROC_PLAIN },
	{ "stat",		PROC_PLAIN },
	{ "statm",		PROC_PLAIN },
	{ "status",		PROC_PLAIN },
	{ "syscall",		PROC_PLAIN },
	{ "timens_offsets",	PROC_PLAIN },
	{ "timerslack_ns",	PROC_PLAIN },
	{ "wchan",		PROC_PLAIN },
};

/* At the top, and always there: nothing that a module could take away. */
static const struct proc_name global_files[] = {
	{ "buddyinfo",		PROC_PLAIN },
	{ "cgroups",		PROC_PLAIN },
	{ "cmdline",		PROC_PLAIN },
	{ "consoles",		PROC_PLAIN },
	{ "cpuinfo",		PROC_PLAIN },
	{ "crypto",		PROC_PLAIN },
	{ "devices",		PROC_PLAIN },
	{ "diskstats",		PROC_PLAIN },
	{ "dma",		PROC_PLAIN },
	{ "execdomains",	PROC_PLAIN },
	{ "filesystems",	PROC_PLAIN },
	{ "interrupts",		PROC_PLAIN },
	{ "iomem",		PROC_PLAIN },
	{ "ioports",		PROC_PLAIN },
	{ "key-users",		PROC_PLAIN },
	{ "keys",		PROC_PLAIN },
	{ "loadavg",		PROC_PLAIN },
	{ "locks",		PROC_PLAIN },
	{ "meminfo",		PROC_PLAIN },
	{ "modules",		PROC_PLAIN },
	{ "pagetypeinfo",	PROC_PLAIN },
	{ "partitions",		PROC_PLAIN },
	{ "schedstat",		PROC_PLAIN },
	{ "slabinfo",		PROC_PLAIN },
	{ "softirqs",		PROC_PLAIN },
	{ "stat",		PROC_PLAIN },
	{ "swaps",		PROC_PLAIN },
	{ "timer_list",		PROC_PLAIN },
	{ "uptime",		PROC_PLAIN },
	{ "version",		PROC_PLAIN },
	{ "vmallocinfo",	PROC_PLAIN },
	{ "vmstat",		PROC_PLAIN },
	{ "zoneinfo",		PROC_PLAIN },
};

/* Below the directory of a task: directories of things that come and go. */
static const char * const fleeting_dirs[] = { "fd/", "fdinfo/", "map_files/" };

/* ---- where in the filesystem ---- */

/**
 * struct proc_place - a place in a proc filesystem
 * @buf: its path from the top, in a page of its own
 * @tgid: process, or 0 if it is not in the directory of one
 * @nr: thread if it is in the directory of one, otherwise @tgid
 * @rest: path below that, or below the top; no leading slash
 */
struct proc_place {
	char *buf;
	pid_t tgid;
	pid_t nr;
	const char *rest;
};

/* Take a number off the front of a path; 0 if there is none. */
static pid_t take_number(const char **path)
{
	unsigned int nr;
	int len;

	if (sscanf(*path, "%u%n", &nr, &len) != 1 || nr > INT_MAX ||
	    ((*path)[len] && (*path)[len] != '/'))
		return 0;
	*path += len;
	if (**path)
		++*path;
	return nr;
}

static int find_place(const struct path *path, struct proc_place *p)
{
	const char *s;

	p->buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!p->buf)
		return -ENOMEM;
	s = dentry_path_raw(path->dentry, p->buf, PATH_MAX);
	if (IS_ERR(s)) {
		kfree(p->buf);
		return PTR_ERR(s);
	}
	p->rest = ++s;
	p->tgid = take_number(&p->rest);
	p->nr = p->tgid;
	if (p->tgid && !strncmp(p->rest, "task/", 5)) {
		s = p->rest + 5;
		p->nr = take_number(&s);
		p->rest = s;
	}
	return 0;
}

static enum proc_state find_name(const struct proc_name *names, size_t nr,
				 const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(names[i].name, name))
			return names[i].state;
	return PROC_REFUSED;
}

/* What a regular file keeps. */
static enum proc_state state_of(const struct proc_place *p)
{
	if (p->nr)
		return find_name(task_files, ARRAY_SIZE(task_files), p->rest);
	if (!strncmp(p->rest, "sys/", 4))
		return PROC_PLAIN;
	return find_name(global_files, ARRAY_SIZE(global_files), p->rest);
}

static bool is_fleeting(const struct proc_place *p)
{
	size_t i;

	for (i = 0; p->nr && i < ARRAY_SIZE(fleeting_dirs); i++)
		if (!strncmp(p->rest, fleeting_dirs[i], strlen(fleeting_dirs[i])))
			return true;
	return false;
}

static bool on_proc(const struct path *path)
{
	return path->dentry->d_sb->s_magic == PROC_SUPER_MAGIC;
}

/* ---- checkpoint ---- */

/* The task that a place belongs to, referenced. */
static struct task_struct *task_of(const struct path *path, pid_t nr)
{
	struct pid_namespace *ns = proc_pid_ns(path->dentry->d_sb);
	struct pid *pid = proc_inode_pid(d_inode(path->dentry));
	struct task_struct *tsk;

	rcu_read_lock();
	/* Files that are not the task's alone, below net/, know no pid. */
	if (!pid)
		pid = find_pid_ns(nr, ns);
	tsk = pid_task(pid, PIDTYPE_PID);
	if (tsk)
		get_task_struct(tsk);
	rcu_read_unlock();
	return tsk;
}

static int check_task(struct ckpt_ctx *ctx, const struct path *path, pid_t nr)
{
	struct task_struct *tsk = task_of(path, nr);
	int ret = 0;

	if (!tsk || ckpt_task_dead(tsk))
		ret = ckpt_path_err(ctx, path, -EOPNOTSUPP,
				    "belongs to a task that is dead");
	else if (ckpt_frozen_index(ctx, tsk) == CKPT_TREE_NONE)
		ret = ckpt_path_err(ctx, path, -EOPNOTSUPP,
				    "belongs to a task outside of the tree");
	if (tsk)
		put_task_struct(tsk);
	return ret;
}

static int check_place(struct ckpt_ctx *ctx, const struct path *path,
		       const struct proc_place *p)
{
	if (proc_pid_ns(path->dentry->d_sb) != ctx->root_ns)
		return ckpt_path_err(ctx, path, -EOPNOTSUPP,
				     "on a proc filesystem of another pid namespace");
	if (is_fleeting(p))
		return ckpt_path_err(ctx, path, -EOPNOTSUPP,
				     "may not be there when it is opened again");
	return p->nr ? check_task(ctx, path, p->nr) : 0;
}

/**
 * ckpt_check_proc_path - see whether a path will be there when tasks are
 * @ctx: the checkpoint
 * @path: the path; on any filesystem
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_check_proc_path(struct ckpt_ctx *ctx, const struct path *path)
{
	struct proc_place p;
	int ret;

	if (!on_proc(path))
		return 0;
	ret = find_place(path, &p);
	if (ret)
		return ckpt_path_err(ctx, path, ret, "path too long");
	ret = check_place(ctx, path, &p);
	kfree(p.buf);
	return ret;
}

/**
 * ckpt_file_proc_match - whether a file is on a proc filesystem
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: true if so, however it has been opened.
 */
bool ckpt_file_proc_match(struct ckpt_ctx *ctx, struct file *file)
{
	return on_proc(file_user_path(file));
}

static struct mm_struct *mm_of_file(struct file *file, enum proc_state state)
{
	return state == PROC_MM ? file->private_data :
				  proc_maps_mm(proc_seq_file(file));
}

static int check_mm(struct ckpt_ctx *ctx, struct file *file,
		    enum proc_state state, struct task_struct *tsk)
{
	bool same;

	task_lock(tsk);
	same = tsk->mm && tsk->mm == mm_of_file(file, state);
	task_unlock(tsk);
	if (same)
		return 0;
	return ckpt_path_err(ctx, &file->f_path, -EOPNOTSUPP,
			     "belongs to memory that the process has left by execve()");
}

static int check_mounts(struct ckpt_ctx *ctx, struct file *file,
			struct task_struct *tsk)
{
	bool same;

	task_lock(tsk);
	same = tsk->nsproxy && tsk->fs &&
	       proc_mounts_are(proc_seq_file(file), tsk->nsproxy->mnt_ns,
			       &tsk->fs->root);
	task_unlock(tsk);
	if (same)
		return 0;
	return ckpt_path_err(ctx, &file->f_path, -EOPNOTSUPP,
			     "belongs to a mount namespace or root directory that the process has left");
}

/* Whether opening a regular file again gives what is open now. */
static int check_state(struct ckpt_ctx *ctx, struct file *file,
		       const struct proc_place *p)
{
	enum proc_state state = state_of(p);
	struct task_struct *tsk;
	int ret;

	if (state == PROC_REFUSED)
		return ckpt_path_err(ctx, &file->f_path, -EOPNOTSUPP,
				     "files of this name on proc are not supported");
	if (file->f_pos < 0)
		return ckpt_path_err(ctx, &file->f_path, -EOPNOTSUPP,
				     "position %#llx is not supported",
				     file->f_pos);
	if (state == PROC_PLAIN)
		return 0;
	tsk = task_of(&file->f_path, p->nr);
	if (!tsk)
		return ckpt_path_err(ctx, &file->f_path, -EOPNOTSUPP,
				     "belongs to a task that is dead");
	if (state == PROC_MOUNTS)
		ret = check_mounts(ctx, file, tsk);
	else
		ret = check_mm(ctx, file, state, tsk);
	put_task_struct(tsk);
	return ret;
}

/* Whether there is no record left to read. */
static int at_end(struct seq_file *m)
{
	loff_t index = m->index;
	void *p = m->op->start(m, &index);

	m->op->stop(m, p);
	return IS_ERR(p) ? PTR_ERR(p) : !p;
}

/* Called with m->lock held. */
static int fill_seq(struct ckpt_ctx *ctx, struct ckpt_hdr_file_proc *h,
		    struct file *file, struct seq_file *m, bool mounts)
{
	int end;

	if (!m->index && !m->count)
		return 0;
	end = at_end(m);
	if (end < 0)
		return ckpt_path_err(ctx, &file->f_path, end,
				     "cannot be read on");
	/* What comes next is a number that only lasts until the next boot. */
	if (mounts && !end)
		return ckpt_path_err(ctx, &file->f_path, -EOPNOTSUPP,
				     "has been read in part");
	h->flags = CKPT_PROC_SEQ | (end ? CKPT_PROC_END : 0);
	h->index = end ? 0 : m->index;
	h->read_pos = m->read_pos;
	memcpy(h->data + h->path_len, m->buf + m->from, h->text_len);
	return 0;
}

static int write_proc(struct ckpt_ctx *ctx, struct file *file, const char *name,
		      struct seq_file *m, bool mounts)
{
	size_t len = strlen(name) + 1, text_len = m ? m->count : 0;
	struct ckpt_hdr_file_proc *h;
	int cred;

	if (text_len > CKPT_PROC_TEXT_MAX)
		return ckpt_path_err(ctx, &file->f_path, -EOPNOTSUPP,
				     "%zu bytes have not been read yet, which is too much",
				     text_len);
	cred = checkpoint_file_common(ctx, file);
	if (cred < 0)
		return cred;
	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_PROC,
			 struct_size(h, data, len + text_len));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, file, cred);
	h->path_len = len;
	h->text_len = text_len;
	memcpy(h->data, name, len);
	return ckpt_fill_file_id(ctx, &file->f_path, &h->id) ?:
	       (m ? fill_seq(ctx, h, file, m, mounts) : 0);
}

static int write_locked(struct ckpt_ctx *ctx, struct file *file,
			const char *name, const struct proc_place *p)
{
	bool regular = S_ISREG(file_inode(file)->i_mode) &&
		       !(file->f_mode & FMODE_PATH);
	struct seq_file *m = regular ? proc_seq_file(file) : NULL;
	int ret;

	if (regular) {
		ret = check_state(ctx, file, p);
		if (ret)
			return ret;
	}
	if (m)
		mutex_lock(&m->lock);
	ret = write_proc(ctx, file, name, m, state_of(p) == PROC_MOUNTS);
	if (m)
		mutex_unlock(&m->lock);
	return ret;
}

/**
 * checkpoint_file_proc - save an open file of a proc filesystem
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_proc(struct ckpt_ctx *ctx, void *obj)
{
	struct file *file = obj;
	struct proc_place p;
	char *name;
	int ret;

	name = ckpt_path_name(ctx, &file->f_path);
	if (IS_ERR(name))
		return PTR_ERR(name);
	ret = find_place(&file->f_path, &p);
	if (ret) {
		ckpt_path_err(ctx, &file->f_path, ret, "path too long");
	} else {
		ret = write_locked(ctx, file, name, &p);
		kfree(p.buf);
	}
	kfree(name);
	return ret;
}

/* ---- validate ---- */

/**
 * ckpt_file_proc_validate - check a FILE_PROC record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_proc_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_proc *fp = (const void *)h;
	size_t len;
	const u8 *data = ckpt_payload(h, sizeof(*fp), &len);

	if (!ckpt_path_ok(data, fp->path_len, len))
		return ckpt_bad(v, "bad path");
	if (fp->text_len > CKPT_PROC_TEXT_MAX ||
	    fp->text_len > len - fp->path_len)
		return ckpt_bad(v, "bad length of text");
	if (!ckpt_tail_ok(h, sizeof(*fp) + fp->path_len + fp->text_len))
		return ckpt_bad(v, "padding is not zero");
	if (!ckpt_file_id_ok(v, &fp->id) || fp->id.fs_magic != PROC_SUPER_MAGIC)
		return ckpt_bad(v, "bad identity of a file");
	if (!(fp->file.f_flags & O_PATH) && !S_ISREG(fp->id.mode) &&
	    !S_ISDIR(fp->id.mode))
		return ckpt_bad(v, "type of file cannot be opened by its path");
	if (fp->flags & ~(CKPT_PROC_SEQ | CKPT_PROC_END) ||
	    fp->flags == CKPT_PROC_END)
		return ckpt_bad(v, "unknown flags");
	if (!(fp->flags & CKPT_PROC_SEQ) &&
	    (fp->index || fp->read_pos || fp->text_len))
		return ckpt_bad(v, "records of a file that has none");
	if (fp->read_pos < 0 || (fp->flags & CKPT_PROC_END && fp->index))
		return ckpt_bad(v, "bad position among the records");
	if (fp->flags && fp->file.f_flags & O_PATH)
		return ckpt_bad(v, "records of a file that cannot be read");
	if (fp->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return ckpt_file_common_validate(v, &fp->file);
}

/* ---- restart ---- */

/*
 * Go to where the program was. The number of a record means something only to
 * the file, so get there step by step, as lseek() would.
 */
static int restore_index(struct seq_file *m, const struct ckpt_hdr_file_proc *h)
{
	u64 index = h->flags & CKPT_PROC_END ? U64_MAX : h->index;
	void *p;

	m->index = 0;
	p = m->op->start(m, &m->index);
	while (!IS_ERR_OR_NULL(p) && (u64)m->index < index &&
	       !fatal_signal_pending(current))
		p = m->op->next(m, p, &m->index);
	m->op->stop(m, p);
	if (IS_ERR(p))
		return PTR_ERR(p);
	return fatal_signal_pending(current) ? -EINTR : 0;
}

static int restore_text(struct seq_file *m, const void *text, size_t len)
{
	size_t size;
	char *buf;

	m->from = 0;
	m->count = 0;
	if (!len)
		return 0;
	if (!m->buf || m->size < len) {
		/* Of 0 there is none: that would be a shift by all bits. */
		size = max_t(size_t, PAGE_SIZE, roundup_pow_of_two(len));
		buf = kvmalloc(size, GFP_KERNEL_ACCOUNT);
		if (!buf)
			return -ENOMEM;
		kvfree(m->buf);
		m->buf = buf;
		m->size = size;
	}
	memcpy(m->buf, text, len);
	m->count = len;
	return 0;
}

static int restore_seq(struct file *file, const struct ckpt_hdr_file_proc *h)
{
	struct seq_file *m = proc_seq_file(file);
	int ret;

	if (!m)
		return -ESTALE;
	mutex_lock(&m->lock);
	ret = restore_index(m, h) ?:
	      restore_text(m, h->data + h->path_len, h->text_len);
	m->read_pos = h->read_pos;
	mutex_unlock(&m->lock);
	return ret;
}

/* Regular files; for others the position is all there is. */
static int restore_state(struct ckpt_ctx *ctx, struct file *file,
			 const struct ckpt_hdr_file_proc *h,
			 enum proc_state state)
{
	int ret = 0;

	/* Not lseek(): that would read the text again, which may have changed. */
	file->f_pos = h->file.pos;
	if (h->flags & CKPT_PROC_SEQ)
		ret = restore_seq(file, h);
	if (ret)
		return ckpt_err(ctx, ret, "%s: cannot be read on", h->data);
	/* poll() tells of a change: the table of mounts may be another. */
	if (state == PROC_MOUNTS)
		proc_seq_file(file)->poll_event--;
	return 0;
}

static struct file *open_place(struct ckpt_ctx *ctx, const struct path *path,
			       const struct ckpt_hdr_file_proc *h,
			       const struct proc_place *p)
{
	bool regular = S_ISREG(h->id.mode) && !(h->file.f_flags & O_PATH);
	enum proc_state state = state_of(p);
	struct file *file;
	int ret;

	if (regular && state == PROC_REFUSED)
		return ERR_PTR(ckpt_err(ctx, -EOPNOTSUPP,
					"%s: files of this name on proc are not supported",
					h->data));
	/* Exactly what has been looked up: there is nothing left to walk. */
	file = file_open_root(path, "", ckpt_open_flags(&h->file), 0);
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(file), "%s: cannot be opened",
					h->data));
	ret = regular ? restore_state(ctx, file, h, state) : 0;
	if (ret) {
		fput(file);
		return ERR_PTR(ret);
	}
	return restore_file_common(ctx, &h->file, file, h->data);
}

static struct file *open_path(struct ckpt_ctx *ctx, const struct path *path,
			      const struct ckpt_hdr_file_proc *h)
{
	struct proc_place p;
	struct file *file;
	int ret;

	if (!on_proc(path) || proc_pid_ns(path->dentry->d_sb) !=
			      task_active_pid_ns(ctx->tasks[0].task))
		return ERR_PTR(ckpt_err(ctx, -ESTALE,
					"%s: is not on the proc filesystem of this pid namespace",
					h->data));
	ret = find_place(path, &p);
	if (ret)
		return ERR_PTR(ckpt_err(ctx, ret, "%s: path too long", h->data));
	file = open_place(ctx, path, h, &p);
	kfree(p.buf);
	return file;
}

/**
 * restore_file_proc - open a file of a proc filesystem again
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the file, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_file_proc(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_proc *fp = (const void *)h;
	struct file *file;
	struct path path;
	int ret;

	ret = ckpt_wait_for_fs(ctx) ?:
	      ckpt_lookup(ctx, fp->data, &fp->id, 0, &path);
	if (ret)
		return ERR_PTR(ret);
	file = open_path(ctx, &path, fp);
	path_put(&path);
	return file;
}
