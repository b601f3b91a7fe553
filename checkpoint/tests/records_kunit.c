// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - tests of the checks of records: a good record of each
 * type, and what is said when one of its fields is another
 *
 * A new type of record needs a row in good_recs[] and some in cases[], or the
 * like in a suite of its own: every_kind_has_cases() insists.
 */
#include <kunit/test.h>
#include <linux/auxvec.h>
#include <linux/checkpoint_arch.h>
#include <linux/fcntl.h>
#include <linux/if_link.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/termios.h>
#include "../files.h"
#include "../internal.h"
#include "../mm.h"
#include "../pages.h"
#include "covers.h"

/* That of linux/limits.h is in the way of the macros below. */
#undef PIPE_BUF

#define REC_ROOM	(2 * PAGE_SIZE)
/* Objects 1 and so on are there, one of each class, in this order. */
#define NR_CLASSES	32

struct good_rec {
	u32 type;
	u32 len;
	void (*fill)(void *rec);
};

static void fill_nothing(void *rec)
{
}

static void fill_lsm(void *rec)
{
	struct ckpt_hdr_lsm *l = rec;

	strscpy(l->name, "capability");
}

static void fill_lsm_policy(void *rec)
{
	struct ckpt_hdr_lsm_policy *p = rec;

	p->mode = CKPT_POLICY_ENFORCING;
	p->digest_len = 32;
	memset(p->digest, 7, 32);
	memcpy(p->name, "policy", 6);
}

static void fill_label(void *rec)
{
	struct ckpt_hdr_label *l = rec;

	memcpy(l->value, "user_t", 6);
}

static void fill_labels(void *rec)
{
	struct ckpt_hdr_labels *l = rec;

	l->nr = 1;
	l->ref[0].attr = CKPT_LABEL_CURRENT;
	l->ref[0].label = CKPT_CLASS_LABEL;
}

static void fill_ns(void *rec)
{
	struct ckpt_hdr_ns *ns = rec;

	ns->flags = CKPT_NS_ROOT;
}

static void fill_ns_user(void *rec)
{
	struct ckpt_hdr_ns_user *u = rec;

	fill_ns(rec);
	u->nr_uid = 2;
	u->map[0] = (struct ckpt_idmap){ 0, 100000, 1000 };
	u->map[1] = (struct ckpt_idmap){ 5000, 200000, 1 };
}

static void fill_ns_uts(void *rec)
{
	struct ckpt_hdr_ns_uts *u = rec;

	fill_ns(rec);
	strscpy(u->nodename, "host");
	strscpy(u->domainname, "(none)");
}

static void fill_ns_pid(void *rec)
{
	struct ckpt_hdr_ns_pid *p = rec;

	fill_ns(rec);
	p->level = 1;
}

static void fill_ns_pid_nested(void *rec)
{
	struct ckpt_hdr_ns_pid *p = rec;

	p->parent = CKPT_CLASS_NS_PID;
	p->level = 2;
}

static void fill_task_ns(void *rec)
{
	struct ckpt_hdr_task_ns *n = rec;

	n->uts = CKPT_CLASS_NS_UTS;
	n->net = CKPT_CLASS_NS_NET;
	n->pid_for_children = CKPT_CLASS_NS_PID;
}

static void fill_mount(void *rec)
{
	struct ckpt_hdr_mount *m = rec;

	m->mode = S_IFDIR;
	memcpy(m->line, "22 1 8:1", 8);
}

static void fill_ns_mount(void *rec)
{
	struct ckpt_hdr_ns_mount *m = rec;

	m->pid = 7;
	m->mode = S_IFCHR;
	m->rdev = 0x103;
	memcpy(m->line, "23 1 0:5", 8);
}

static void fill_net_msg(void *rec)
{
	struct ckpt_hdr_net_msg *m = rec;
	struct nlmsghdr *nlh = (void *)m->msg;

	nlh->nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
	nlh->nlmsg_type = RTM_NEWLINK;
}

/* Where fields of struct nlmsghdr are in the record. */
#define NLMSG_LEN	msg[offsetof(struct nlmsghdr, nlmsg_len)]
#define NLMSG_TYPE	msg[offsetof(struct nlmsghdr, nlmsg_type)]

static void fill_tree(void *rec)
{
	struct ckpt_hdr_tree *t = rec;

	t->nr_tasks = 2;
	t->nr_procs = 1;
}

static void fill_tree_task(void *rec)
{
	struct ckpt_hdr_tree_task *t = rec;

	t->pid = CKPT_CLASS_PID;
	t->parent = CKPT_TREE_NONE;
	t->state = CKPT_TASK_ALIVE;
	t->exit_signal = SIGCHLD;
}

static void fill_pid(void *rec)
{
	struct ckpt_hdr_pid *p = rec;

	p->nr_levels = 1;
	p->nr[0] = 100;
}

static void fill_task(void *rec)
{
	struct ckpt_hdr_task *t = rec;

	strscpy(t->comm, "program");
}

static void fill_task_objs(void *rec)
{
	struct ckpt_hdr_task_objs *o = rec;

	o->cred = CKPT_CLASS_CRED;
	o->mm = CKPT_CLASS_MM;
	o->files = CKPT_CLASS_FILES;
	o->fs = CKPT_CLASS_FS;
	o->sighand = CKPT_CLASS_SIGHAND;
}

static void fill_fd(void *rec)
{
	struct ckpt_hdr_fd *fd = rec;

	fd->fd = 3;
	fd->file = CKPT_CLASS_FILE;
}

static void fill_fs(void *rec)
{
	struct ckpt_hdr_fs *fs = rec;

	fs->umask = 022;
	fs->root.mode = S_IFDIR | 0755;
	fs->cwd.mode = S_IFDIR | 0755;
	fs->root_len = sizeof("/");
	fs->cwd_len = sizeof("/tmp");
	memcpy(fs->paths, "/\0/tmp", 7);
}

static void fill_pipe(void *rec)
{
	struct ckpt_hdr_pipe *p = rec;

	p->slots = 16;
	p->nr_bufs = 2;
	p->readers = 1;
	p->writers = 1;
	p->mode = 0600;
}

static void fill_fifo(void *rec)
{
	struct ckpt_hdr_pipe *p = rec;

	fill_pipe(rec);
	p->id.mode = S_IFIFO | 0600;
	p->path_len = sizeof("/fifo");
	memcpy(p->path, "/fifo", sizeof("/fifo"));
}

static void fill_pipe_buf(void *rec)
{
	struct ckpt_hdr_pipe_buf *b = rec;

	b->len = 5;
	memcpy(b->data, "hello", 5);
}

static void fill_unlinked(void *rec)
{
	struct ckpt_hdr_unlinked *u = rec;

	u->mode = 0600;
	u->dir.mode = S_IFDIR | 0755;
	u->name_len = sizeof("/tmp");
	memcpy(u->name, "/tmp", sizeof("/tmp"));
}

static void fill_memfd(void *rec)
{
	struct ckpt_hdr_unlinked *u = rec;

	u->mode = 0777;
	u->flags = CKPT_UNLINKED_MEMFD;
	u->name_len = sizeof("name");
	memcpy(u->name, "name", sizeof("name"));
}

static void fill_file(struct ckpt_hdr_file *f)
{
	f->f_flags = O_RDWR | O_NONBLOCK;
	f->pos = 10;
	f->cred = CKPT_CLASS_CRED;
}

static void fill_file_external(void *rec)
{
	struct ckpt_hdr_file_external *f = rec;

	f->file.f_flags = O_RDWR;
	memcpy(f->key, "fd[0]", sizeof("fd[0]"));
}

static void fill_file_path(void *rec)
{
	struct ckpt_hdr_file_path *f = rec;

	fill_file(&f->file);
	f->id.mode = S_IFREG | 0644;
	f->path_len = sizeof("/a/b");
	memcpy(f->path, "/a/b", sizeof("/a/b"));
}

static void fill_file_inode(void *rec)
{
	struct ckpt_hdr_file_inode *f = rec;

	fill_file(&f->file);
	f->inode = CKPT_CLASS_UNLINKED;
}

static void fill_pty(void *rec)
{
	struct ckpt_hdr_pty *p = rec;

	p->index = 3;
	p->f_flags = O_RDWR;
	p->session = CKPT_CLASS_PID;
	p->pgrp = CKPT_CLASS_PID;
	p->mode = 0620;
	p->path_len = sizeof("/ptmx");
	memcpy(p->path, "/ptmx", sizeof("/ptmx"));
}

/* Two characters, the second of which ends a line; one to echo, one to come. */
static void fill_tty(void *rec)
{
	struct ckpt_hdr_tty *t = rec;

	t->termios.lflag = ICANON;
	t->nr_read = 2;
	t->canon = 2;
	t->commit = -100;
	t->nr_echo = 1;
	t->echo_commit = 1;
	t->nr_queued = 1;
	memcpy(t->data, "a\n\2eq", 5);
}

static void fill_raw_tty(void *rec)
{
	struct ckpt_hdr_tty *t = rec;

	fill_tty(rec);
	t->termios.lflag = 0;
	t->canon = -100;
	t->commit = 2;
}

static void fill_file_pty(void *rec)
{
	struct ckpt_hdr_file_pty *f = rec;

	fill_file(&f->file);
	f->file.pos = 0;
	f->pty = CKPT_CLASS_PTY;
	f->kind = CKPT_PTY_SLAVE;
	f->path_len = sizeof("/tty");
	memcpy(f->path, "/tty", sizeof("/tty"));
}

static void fill_master(void *rec)
{
	struct ckpt_hdr_file_pty *f = rec;

	fill_file_pty(rec);
	f->kind = CKPT_PTY_MASTER;
	f->path_len = 0;
	memset(f->path, 0, sizeof("/tty"));
}

static void fill_file_pipe(void *rec)
{
	struct ckpt_hdr_file_pipe *f = rec;

	fill_file(&f->file);
	f->file.pos = 0;
	f->pipe = CKPT_CLASS_PIPE;
}

static void fill_file_socket(void *rec)
{
	struct ckpt_hdr_file_socket *f = rec;

	fill_file(&f->file);
	f->file.f_flags = O_RDWR;
	f->sock = CKPT_CLASS_SOCKET;
}

static void fill_key(struct ckpt_hdr_key *k, const char *desc)
{
	k->serial = 12345;
	k->perm = 0x3f010000;
	k->expiry = S64_MAX;
	k->desc_len = strlen(desc) + 1;
	memcpy(k->data, desc, k->desc_len);
}

static void fill_keyring(void *rec)
{
	struct ckpt_hdr_key *k = rec;

	fill_key(k, "_ses");
	k->nr_links = 1;
	*(u32 *)(k->data + 8) = CKPT_CLASS_KEY;
}

static void fill_user_key(void *rec)
{
	struct ckpt_hdr_key *k = rec;

	fill_key(k, "a:secret");
	k->type = CKPT_KEY_USER;
	k->payload_len = 3;
	memcpy(k->data + 16, "abc", 3);
}

static void fill_users_keyring(void *rec)
{
	struct ckpt_hdr_key *k = rec;

	fill_key(k, "_uid.0");
	k->flags = CKPT_KEY_USER_KEYRING | CKPT_KEY_OUTSIDE;
	k->gid = -1;
}

static void fill_cred_keys(void *rec)
{
	struct ckpt_hdr_cred_keys *k = rec;

	k->session = CKPT_CLASS_KEY;
	k->thread = CKPT_CLASS_KEY;
}

static void fill_mqueue(void *rec)
{
	struct ckpt_hdr_mqueue *q = rec;

	q->ns = CKPT_CLASS_NS_IPC;
	q->maxmsg = 10;
	q->msgsize = 100;
	q->notify_pid = CKPT_CLASS_PID;
	q->signo = SIGUSR1;
	q->mode = 0600;
	memcpy(q->name, "queue", sizeof("queue"));
}

static void fill_mqueue_msg(void *rec)
{
	struct ckpt_hdr_mqueue_msg *m = rec;

	m->prio = 7;
	m->len = 5;
	memcpy(m->data, "hello", 5);
}

static void fill_mqueue_dir(void *rec)
{
	struct ckpt_hdr_mqueue_dir *d = rec;

	d->mode = 01777;
}

static void fill_file_mqueue(void *rec)
{
	struct ckpt_hdr_file_mqueue *f = rec;

	fill_file(&f->file);
	f->queue = CKPT_CLASS_MQUEUE;
}

static void fill_file_owner(void *rec)
{
	struct ckpt_hdr_file_owner *o = rec;

	o->file = CKPT_CLASS_FILE;
	o->pid = CKPT_CLASS_PID;
	o->pid_type = 1;
}

static void fill_cgroup(void *rec)
{
	struct ckpt_hdr_cgroup *c = rec;

	c->path_len = sizeof("/below");
	memcpy(c->path, "/below", 7);
}

static void fill_file_proc(void *rec)
{
	struct ckpt_hdr_file_proc *f = rec;

	fill_file(&f->file);
	f->id.mode = S_IFREG | 0444;
	f->id.fs_magic = PROC_SUPER_MAGIC;
	f->flags = CKPT_PROC_SEQ;
	f->path_len = sizeof("/proc/self");
	f->text_len = 4;
	memcpy(f->data, "/proc/self\0text", 15);
}

static void fill_mm(void *rec)
{
	struct ckpt_hdr_mm *m = rec;

	m->exe_file = CKPT_CLASS_FILE;
	m->dumpable = 1;
	m->start_brk = 0x1000;
	m->brk = 0x2000;
}

static void fill_vma(void *rec)
{
	struct ckpt_hdr_vma *vma = rec;

	vma->start = 0x10000;
	vma->end = 0x12000;
	vma->pgoff = 0x10;
	vma->flags = CKPT_VMA_READ | CKPT_VMA_WRITE | CKPT_VMA_MAYREAD |
		     CKPT_VMA_MAYWRITE | CKPT_VMA_MAYEXEC | CKPT_VMA_ACCOUNT;
}

static void fill_auxv(void *rec)
{
	struct ckpt_hdr_auxv *a = rec;

	a->auxv[0] = AT_PAGESZ;
	a->auxv[1] = PAGE_SIZE;
}

static void fill_inode(void *rec)
{
	struct ckpt_hdr_inode *i = rec;

	i->kind = CKPT_INODE_SHM_ANON;
	i->size = PAGE_SIZE;
}

static void fill_tmpfs(void *rec)
{
	struct ckpt_hdr_tmpfs *t = rec;

	strscpy(t->path, "/run", 8);
}

static void fill_tmpfs_ns(void *rec)
{
	struct ckpt_hdr_tmpfs_ns *n = rec;

	n->mnt = CKPT_CLASS_NS_MNT;
}

static void fill_tmpfs_entry(void *rec)
{
	struct ckpt_hdr_tmpfs_entry *e = rec;

	e->fs = CKPT_CLASS_TMPFS;
	e->parent = CKPT_CLASS_TMPFS_ENTRY;
	e->mode = S_IFREG | 0600;
	e->size = 1;
	strscpy(e->names, "file", 8);
}

static void fill_xattr(void *rec)
{
	struct ckpt_hdr_xattr *x = rec;

	strscpy(x->data, "user.a", 8);
	x->name_len = 7;
	x->value_len = 1;
}

#define REC(_type, _struct, _more, _fill) \
	{ CKPT_HDR_ ## _type, sizeof(struct ckpt_hdr_ ## _struct) + (_more), _fill }

/* The first one of a type is the owner of those that need it as such. */
static const struct good_rec good_recs[] = {
	REC(HEADER, header, 0, fill_nothing),
	REC(CONTAINER, container, 0, fill_nothing),
	REC(LSM, lsm, 0, fill_lsm),
	REC(LSM_POLICY, lsm_policy, 8, fill_lsm_policy),
	REC(LABEL, label, 8, fill_label),
	REC(LABELS, labels, 8, fill_labels),
	REC(NS_USER, ns_user, 24, fill_ns_user),
	REC(NS_UTS, ns_uts, 0, fill_ns_uts),
	REC(NS_NET, ns, 0, fill_ns),
	REC(NS_PID, ns_pid, 0, fill_ns_pid),
	REC(NS_PID, ns_pid, 0, fill_ns_pid_nested),
	REC(NS_MNT, ns, 0, fill_nothing),
	REC(NS_MOUNT, ns_mount, 16, fill_ns_mount),
	REC(NS_CGROUP, ns, 0, fill_ns),
	REC(NS_TIME, ns_time, 0, fill_nothing),
	REC(TASK_NS, task_ns, 0, fill_task_ns),
	REC(MOUNT, mount, 16, fill_mount),
	REC(NET_MSG, net_msg, 32, fill_net_msg),
	REC(NS_KEPT, ns_kept, 0, fill_nothing),
	REC(TMPFS, tmpfs, 8, fill_tmpfs),
	REC(TMPFS_NS, tmpfs_ns, 0, fill_tmpfs_ns),
	REC(TMPFS_ENTRY, tmpfs_entry, 8, fill_tmpfs_entry),
	REC(XATTR, xattr, 8, fill_xattr),
	REC(TREE, tree, 0, fill_tree),
	REC(TREE_TASK, tree_task, 0, fill_tree_task),
	REC(META_END, meta_end, 0, fill_nothing),
	REC(PID, pid, 8, fill_pid),
	REC(TASK, task, 0, fill_task),
	REC(TASK_OBJS, task_objs, 0, fill_task_objs),
	REC(FILES, files, 0, fill_nothing),
	REC(FD, fd, 0, fill_fd),
	REC(FS, fs, 8, fill_fs),
	REC(PIPE, pipe, 0, fill_pipe),
	REC(PIPE, pipe, 8, fill_fifo),
	REC(PIPE_BUF, pipe_buf, 8, fill_pipe_buf),
	REC(PTY, pty, 8, fill_pty),
	REC(TTY, tty, 8, fill_raw_tty),
	REC(TTY, tty, 8, fill_tty),
	REC(UNLINKED, unlinked, 8, fill_unlinked),
	REC(UNLINKED, unlinked, 8, fill_memfd),
	REC(FILE_EXTERNAL, file_external, 8, fill_file_external),
	REC(FILE_PATH, file_path, 8, fill_file_path),
	REC(FILE_INODE, file_inode, 0, fill_file_inode),
	REC(FILE_PIPE, file_pipe, 0, fill_file_pipe),
	REC(FILE_PTY, file_pty, 8, fill_file_pty),
	REC(FILE_PTY, file_pty, 8, fill_master),
	REC(FILE_SOCKET, file_socket, 0, fill_file_socket),
	REC(KEY, key, 16, fill_keyring),
	REC(KEY, key, 24, fill_user_key),
	REC(KEY, key, 8, fill_users_keyring),
	REC(CRED_KEYS, cred_keys, 0, fill_cred_keys),
	REC(FILE_MQUEUE, file_mqueue, 0, fill_file_mqueue),
	REC(MQUEUE, mqueue, 8, fill_mqueue),
	REC(MQUEUE_MSG, mqueue_msg, 8, fill_mqueue_msg),
	REC(MQUEUE_DIR, mqueue_dir, 0, fill_mqueue_dir),
	REC(FILE_OWNER, file_owner, 0, fill_file_owner),
	REC(FILE_PROC, file_proc, 16, fill_file_proc),
	REC(CGROUP, cgroup, 8, fill_cgroup),
	REC(MM, mm, 0, fill_mm),
	REC(VMA, vma, 0, fill_vma),
	REC(AUXV, auxv, 32, fill_auxv),
	REC(INODE, inode, 0, fill_inode),
};

/**
 * struct rec_case - one change to a good record
 * @name: of the case
 * @type: the record's
 * @nth: which of the good ones of this type
 * @offset: of the field to change
 * @size: of that field
 * @value: new value
 * @err: what the check must say; 0 if the value is fine
 */
struct rec_case {
	const char *name;
	u32 type;
	u32 nth;
	u32 offset;
	u32 size;
	u64 value;
	int err;
};

#define NTH(_nth, _type, _struct, _field, _value, _err, _name) {	\
	.name	= #_type ": " _name,					\
	.type	= CKPT_HDR_ ## _type,					\
	.nth	= _nth,							\
	.offset	= offsetof(struct ckpt_hdr_ ## _struct, _field),	\
	.size	= sizeof_field(struct ckpt_hdr_ ## _struct, _field),	\
	.value	= _value,						\
	.err	= _err,							\
}

#define FINE(_type, _struct, _field, _value, _name) \
	NTH(0, _type, _struct, _field, _value, 0, _name)
#define BAD(_type, _struct, _field, _value, _name) \
	NTH(0, _type, _struct, _field, _value, -EBADMSG, _name)
#define BAD2(_type, _struct, _field, _value, _name) \
	NTH(1, _type, _struct, _field, _value, -EBADMSG, _name)
#define RESERVED(_type, _struct) \
	BAD(_type, _struct, reserved, 1, "reserved")
#define NOTSUPP(_type, _struct, _field, _value, _name) \
	NTH(0, _type, _struct, _field, _value, -EOPNOTSUPP, _name)

/* What all open files have. */
#define FILE_CASES(_type, _struct)					\
	BAD(_type, _struct, file.f_flags, O_WRONLY | O_RDWR, "access mode"), \
	BAD(_type, _struct, file.f_flags, O_CREAT, "flag of open()"),	\
	BAD(_type, _struct, file.f_flags, BIT(31), "unknown flag"),	\
	BAD(_type, _struct, file.advice, 8, "unknown advice"),		\
	BAD(_type, _struct, file.pos, ~0ULL, "negative position"),	\
	BAD(_type, _struct, file.reserved, 1, "reserved"),		\
	FINE(_type, _struct, file.cred, 0, "credentials of the caller"), \
	BAD(_type, _struct, file.cred, CKPT_CLASS_MM, "other credentials"), \
	BAD(_type, _struct, file.cred, ~0U, "dangling credentials")

static const struct rec_case cases[] = {
	FINE(HEADER, header, flags, CHECKPOINT_SUBTREE, "subtree"),
	BAD(HEADER, header, flags, CHECKPOINT_KILL, "unknown flag"),
	BAD(HEADER, header, monotonic, ~0ULL, "negative clock"),
	BAD(HEADER, header, boottime, S64_MAX, "clock that will overflow"),

	FINE(CONTAINER, container, flags, CKPT_CONTAINER_INIT, "init"),
	BAD(CONTAINER, container, flags, BIT(31), "unknown flag"),
	RESERVED(CONTAINER, container),
	BAD(CONTAINER, container, pid_level, CKPT_PID_LEVELS_MAX + 1, "nesting"),

	BAD(LSM, lsm, name[CKPT_LSM_NAME_MAX - 1], 1, "junk behind the name"),

	FINE(LSM_POLICY, lsm_policy, lsm_id, 99, "unknown module"),
	BAD(LSM_POLICY, lsm_policy, mode, 0, "no mode"),
	BAD(LSM_POLICY, lsm_policy, mode, CKPT_POLICY_USER + 1, "unknown mode"),
	BAD(LSM_POLICY, lsm_policy, digest_len, 31, "longer digest than announced"),
	BAD(LSM_POLICY, lsm_policy, digest_len, ~0U, "length overflows"),
	BAD(LSM_POLICY, lsm_policy, name[7], 1, "no end"),

	BAD(LABEL, label, value[0], 0, "empty"),
	BAD(LABEL, label, value[7], 1, "no end"),
	BAD(LABEL, label, h.len, sizeof(struct ckpt_hdr_label), "no value"),

	FINE(LABELS, labels, ref[0].attr, CKPT_LABEL_NNP, "other attribute"),
	RESERVED(LABELS, labels),
	BAD(LABELS, labels, nr, 0, "none"),
	BAD(LABELS, labels, nr, 2, "beyond the record"),
	BAD(LABELS, labels, nr, ~0U, "number overflows"),
	BAD(LABELS, labels, ref[0].attr, 0, "no attribute"),
	BAD(LABELS, labels, ref[0].attr, ~0U, "unknown attribute"),
	BAD(LABELS, labels, ref[0].label, 0, "no label"),
	BAD(LABELS, labels, ref[0].label, CKPT_CLASS_CRED, "other object"),

	/* What all namespaces have, by way of one that has no more. */
	FINE(NS_NET, ns, user, CKPT_CLASS_NS_USER, "owner"),
	FINE(NS_NET, ns, flags, 0, "not the root task's"),
	BAD(NS_NET, ns, user, CKPT_CLASS_NS_NET, "owner that is none"),
	BAD(NS_NET, ns, user, ~0U, "dangling owner"),
	BAD(NS_NET, ns, flags, 2, "unknown flag"),
	BAD(NS_CGROUP, ns, user, CKPT_CLASS_MM, "owner that is none"),
	FINE(NS_MNT, ns, flags, CKPT_NS_ROOT, "the root task's"),
	BAD(NS_MNT, ns, flags, 2, "unknown flag"),
	BAD(NS_MNT, ns, user, CKPT_CLASS_NS_MNT, "owner that is none"),
	FINE(NS_MOUNT, ns_mount, pid, 0, "shows what the root task has"),
	BAD(NS_MOUNT, ns_mount, pid, ~0U, "negative number of a process"),
	FINE(NS_MOUNT, ns_mount, user, CKPT_CLASS_NS_USER, "filesystem of another"),
	BAD(NS_MOUNT, ns_mount, user, CKPT_CLASS_NS_NET, "filesystem of a network"),
	FINE(NS_MOUNT, ns_mount, locked, CKPT_MNT_LOCKS, "all locks"),
	BAD(NS_MOUNT, ns_mount, locked, CKPT_MNT_LOCKS + 1, "unknown lock"),
	FINE(NS_MOUNT, ns_mount, mode, S_IFBLK, "block device"),
	BAD(NS_MOUNT, ns_mount, mode, S_IFREG, "device number of a plain file"),
	RESERVED(NS_MOUNT, ns_mount),
	BAD(NS_MOUNT, ns_mount, line[0], 0, "no line"),
	BAD(NS_MOUNT, ns_mount, line[3], '\n', "two lines"),
	BAD(NS_MOUNT, ns_mount, line[15], 1, "padding"),
	BAD(NS_MOUNT, ns_mount, h.len, sizeof(struct ckpt_hdr_ns_mount) + 8, "no end"),

	FINE(NS_USER, ns_user, ns.flags, CKPT_NS_USER_SETGROUPS, "setgroups"),
	BAD(NS_USER, ns_user, ns.flags, 2, "unknown flag"),
	RESERVED(NS_USER, ns_user),
	BAD(NS_USER, ns_user, owner, ~0U, "owner"),
	BAD(NS_USER, ns_user, group, ~0U, "group"),
	BAD(NS_USER, ns_user, rlimit[0], ~0ULL, "limit"),
	BAD(NS_USER, ns_user, limit[CKPT_NS_LIMITS - 1], -2, "limit of objects"),
	BAD(NS_USER, ns_user, nr_uid, 1, "range behind the last"),
	BAD(NS_USER, ns_user, nr_uid, ~0U, "number overflows"),
	BAD(NS_USER, ns_user, nr_gid, ~0U, "number of groups overflows"),
	BAD(NS_USER, ns_user, nr_projid, 1, "beyond the record"),
	BAD(NS_USER, ns_user, map[0].count, 0, "empty range"),
	BAD(NS_USER, ns_user, map[0].count, 5001, "ranges that overlap"),
	BAD(NS_USER, ns_user, map[1].lower, 100999, "ranges that overlap below"),
	BAD(NS_USER, ns_user, map[1].first, ~0U, "range that wraps"),

	BAD(NS_UTS, ns_uts, nodename[CKPT_UTS_LEN - 1], 1, "junk behind the name"),
	BAD(NS_UTS, ns_uts, domainname[CKPT_UTS_LEN - 1], 1, "junk behind the domain"),
	BAD(NS_UTS, ns_uts, ns.flags, BIT(31), "unknown flag"),

	FINE(NS_PID, ns_pid, last_pid, 300, "last id"),
	BAD(NS_PID, ns_pid, parent, CKPT_CLASS_NS_PID, "root task's in another"),
	BAD(NS_PID, ns_pid, level, 0, "level"),
	BAD(NS_PID, ns_pid, level, ~0U, "level overflows"),
	BAD(NS_PID, ns_pid, last_pid, -1, "negative id"),
	BAD(NS_PID, ns_pid, memfd_noexec, 3, "memfd_noexec"),
	BAD2(NS_PID, ns_pid, parent, CKPT_CLASS_NS_NET, "other parent"),
	BAD2(NS_PID, ns_pid, parent, NR_CLASSES + 1, "its own parent"),
	BAD2(NS_PID, ns_pid, level, 3, "level left out"),

	FINE(NS_TIME, ns_time, monotonic, -NSEC_PER_SEC, "earlier"),
	BAD(NS_TIME, ns_time, monotonic, S64_MAX, "clock that will overflow"),
	BAD(NS_TIME, ns_time, boottime, S64_MIN, "clock that will underflow"),

	FINE(TASK_NS, task_ns, pid_for_children, 0, "the caller's"),
	BAD(TASK_NS, task_ns, uts, CKPT_CLASS_NS_NET, "other namespace"),
	BAD(TASK_NS, task_ns, ipc, CKPT_CLASS_NS_UTS, "other IPC namespace"),
	BAD(TASK_NS, task_ns, mnt, CKPT_CLASS_FS, "other mounts"),
	BAD(TASK_NS, task_ns, net, ~0U, "dangling"),
	BAD(TASK_NS, task_ns, cgroup, NR_CLASSES + 1, "one that follows"),
	BAD(TASK_NS, task_ns, time, CKPT_CLASS_NS_PID, "other time"),
	BAD(TASK_NS, task_ns, time_for_children, CKPT_CLASS_MM, "other time of children"),
	BAD(TASK_NS, task_ns, pid_for_children, CKPT_CLASS_NS_USER, "other ids of children"),

	FINE(MOUNT, mount, line[8], '\\', "escape"),
	FINE(MOUNT, mount, locked, CKPT_MNT_LOCKED, "lock"),
	BAD(MOUNT, mount, locked, CKPT_MNT_LOCKS + 1, "unknown lock"),
	FINE(MOUNT, mount, mode, S_IFSOCK, "socket"),
	BAD(MOUNT, mount, mode, 0, "no type"),
	BAD(MOUNT, mount, mode, S_IFDIR | 0700, "permissions"),
	BAD(MOUNT, mount, rdev, 7, "device number of a directory"),
	BAD(MOUNT, mount, reserved, 1, "reserved"),
	BAD(MOUNT, mount, line[0], 0, "no line"),
	BAD(MOUNT, mount, line[3], '\n', "two lines"),
	BAD(MOUNT, mount, line[15], 1, "padding"),
	BAD(MOUNT, mount, h.len, sizeof(struct ckpt_hdr_mount) + 8, "no end"),
	BAD(MOUNT, mount, h.len, sizeof(struct ckpt_hdr_mount) + 32, "much padding"),

	FINE(NET_MSG, net_msg, flags, CKPT_NET_OUTSIDE, "outside"),
	BAD(NET_MSG, net_msg, flags, 2, "unknown flag"),
	FINE(NS_KEPT, ns_kept, mount, ~0U, "any mount"),
	RESERVED(NS_KEPT, ns_kept),

	BAD(NET_MSG, net_msg, peer, CKPT_CLASS_NS_NET, "inwards from the root task's"),
	BAD(NET_MSG, net_msg, NLMSG_LEN, 0, "no length"),
	BAD(NET_MSG, net_msg, NLMSG_LEN, sizeof(struct nlmsghdr), "too short"),
	BAD(NET_MSG, net_msg, NLMSG_LEN, 33, "beyond the record"),
	BAD(NET_MSG, net_msg, NLMSG_TYPE, RTM_DELLINK, "other type"),
	BAD(NET_MSG, net_msg, h.len, sizeof(struct ckpt_hdr_net_msg), "no message"),
	BAD(NET_MSG, net_msg, h.len, sizeof(struct ckpt_hdr_net_msg) + 40,
	    "much padding"),

	BAD(TMPFS, tmpfs, path[0], 'r', "relative path"),
	BAD(TMPFS, tmpfs, path[7], 1, "behind the path"),

	BAD(TMPFS_NS, tmpfs_ns, mnt, 0, "the root task's"),
	BAD(TMPFS_NS, tmpfs_ns, mnt, CKPT_CLASS_NS_UTS, "other namespace"),
	BAD(TMPFS_NS, tmpfs_ns, mnt, ~0U, "dangling"),
	RESERVED(TMPFS_NS, tmpfs_ns),

	BAD(TMPFS_ENTRY, tmpfs_entry, fs, 0, "no filesystem"),
	BAD(TMPFS_ENTRY, tmpfs_entry, fs, CKPT_CLASS_MM, "other filesystem"),
	BAD(TMPFS_ENTRY, tmpfs_entry, parent, CKPT_CLASS_MM, "other directory"),
	BAD(TMPFS_ENTRY, tmpfs_entry, parent, 0, "a name without directory"),
	BAD(TMPFS_ENTRY, tmpfs_entry, link, ~0U, "dangling link"),
	FINE(TMPFS_ENTRY, tmpfs_entry, link, CKPT_CLASS_TMPFS_ENTRY, "link"),
	BAD(TMPFS_ENTRY, tmpfs_entry, mode, S_IFDIR | 0700, "directory with a size"),
	BAD(TMPFS_ENTRY, tmpfs_entry, mode, S_IFLNK | 0777, "link to nowhere"),
	BAD(TMPFS_ENTRY, tmpfs_entry, mode, 0600, "no kind"),
	BAD(TMPFS_ENTRY, tmpfs_entry, mode, S_IFREG | BIT(16), "unknown mode"),
	BAD(TMPFS_ENTRY, tmpfs_entry, rdev, 1, "a file with a number"),
	BAD(TMPFS_ENTRY, tmpfs_entry, size, ~0ULL, "size"),
	BAD(TMPFS_ENTRY, tmpfs_entry, atime_nsec, NSEC_PER_SEC, "time of access"),
	BAD(TMPFS_ENTRY, tmpfs_entry, mtime_nsec, NSEC_PER_SEC, "time of modification"),
	RESERVED(TMPFS_ENTRY, tmpfs_entry),
	BAD(TMPFS_ENTRY, tmpfs_entry, names[1], '/', "path as a name"),
	BAD(TMPFS_ENTRY, tmpfs_entry, names[0], 0, "no name"),
	BAD(TMPFS_ENTRY, tmpfs_entry, names[6], 1, "file with a target"),

	BAD(XATTR, xattr, name_len, 0, "no name"),
	BAD(XATTR, xattr, name_len, 6, "name is not terminated"),
	BAD(XATTR, xattr, value_len, 2, "beyond the record"),
	BAD(XATTR, xattr, value_len, ~0U, "length overflows"),
	BAD(XATTR, xattr, data[0], 's', "class that is not saved"),

	BAD(TREE, tree, nr_tasks, 1, "fewer tasks"),
	BAD(TREE, tree, nr_tasks, ~0U, "more tasks"),
	BAD(TREE, tree, nr_procs, 0, "no processes"),
	BAD(TREE, tree, nr_procs, 3, "more processes than tasks"),

	FINE(TREE_TASK, tree_task, pgrp, CKPT_CLASS_PID, "group"),
	FINE(TREE_TASK, tree_task, state, CKPT_TASK_DEAD, "dead"),
	BAD(TREE_TASK, tree_task, pid, 0, "no id"),
	BAD(TREE_TASK, tree_task, pid, CKPT_CLASS_FILE, "other object as id"),
	BAD(TREE_TASK, tree_task, pid, ~0U, "dangling id"),
	BAD(TREE_TASK, tree_task, pgrp, NR_CLASSES + 1, "dangling group"),
	BAD(TREE_TASK, tree_task, session, CKPT_CLASS_MM, "other object as session"),
	BAD(TREE_TASK, tree_task, session, CKPT_CLASS_PID, "session without group"),
	BAD(TREE_TASK, tree_task, leader, 1, "leader that follows"),
	BAD(TREE_TASK, tree_task, leader, ~0U, "no leader"),
	BAD(TREE_TASK, tree_task, parent, 0, "own parent"),
	BAD(TREE_TASK, tree_task, parent, 1, "parent that follows"),
	BAD(TREE_TASK, tree_task, state, 0, "no state"),
	BAD(TREE_TASK, tree_task, state, CKPT_TASK_DEAD + 1, "unknown state"),
	BAD(TREE_TASK, tree_task, exit_signal, -1, "thread's exit signal"),
	BAD(TREE_TASK, tree_task, exit_signal, _NSIG + 1, "exit signal"),
	NOTSUPP(TREE_TASK, tree_task, exit_signal, SIGKILL, "kills the caller"),
	NOTSUPP(TREE_TASK, tree_task, exit_signal, SIGSTOP, "stops the caller"),
	BAD(TREE_TASK, tree_task, exit_code, 1, "exit code, alive"),

	FINE(META_END, meta_end, crc, 77, "checksum"),
	RESERVED(META_END, meta_end),

	FINE(PID, pid, nr[0], 1, "init"),
	BAD(PID, pid, nr_levels, 0, "no levels"),
	BAD(PID, pid, nr_levels, CKPT_PID_LEVELS_MAX + 1, "too many levels"),
	BAD(PID, pid, nr_levels, ~0U, "levels overflow"),
	BAD(PID, pid, nr_levels, 3, "more levels than bytes"),
	BAD(PID, pid, nr[0], 0, "zero"),
	BAD(PID, pid, nr[0], -1, "negative"),
	BAD(PID, pid, nr[0], S32_MAX, "too large"),
	BAD(PID, pid, nr[1], 5, "padding"),
	BAD(PID, pid, ns, CKPT_CLASS_NS_USER, "namespace that is none"),
	BAD(PID, pid, ns, ~0U, "dangling namespace"),

	FINE(TASK, task, age, NSEC_PER_SEC, "age"),
	BAD(TASK, task, index, 1, "not in the tree"),
	BAD(TASK, task, index, ~0U, "no index"),
	BAD(TASK, task, comm[CKPT_COMM_LEN - 1], 'x', "junk behind the name"),
	RESERVED(TASK, task),
	BAD(TASK, task, age, ~0ULL, "age"),
	BAD(TASK, task, age_boottime, ~0ULL, "age with suspend"),
	BAD(TASK, task, utime, ~0ULL, "user time"),
	BAD(TASK, task, stime, ~0ULL, "system time"),
	BAD(TASK, task, runtime, ~0ULL, "run time"),

	BAD(TASK_OBJS, task_objs, cred, 0, "no credentials"),
	BAD(TASK_OBJS, task_objs, cred, CKPT_CLASS_PID, "other credentials"),
	BAD(TASK_OBJS, task_objs, mm, 0, "no memory"),
	BAD(TASK_OBJS, task_objs, mm, CKPT_CLASS_FILES, "other memory"),
	BAD(TASK_OBJS, task_objs, files, 0, "no files"),
	BAD(TASK_OBJS, task_objs, files, CKPT_CLASS_FILE, "other files"),
	BAD(TASK_OBJS, task_objs, fs, 0, "no fs"),
	BAD(TASK_OBJS, task_objs, fs, NR_CLASSES + 1, "dangling fs"),
	BAD(TASK_OBJS, task_objs, sighand, 0, "no handlers"),
	BAD(TASK_OBJS, task_objs, sighand, CKPT_CLASS_MM, "other handlers"),
	RESERVED(TASK_OBJS, task_objs),

	FINE(FILES, files, nr_fds, 1000, "number"),
	RESERVED(FILES, files),
	FINE(FD, fd, flags, CKPT_FD_CLOEXEC, "close on exec"),
	FINE(FD, fd, fd, INT_MAX - 1, "largest"),
	BAD(FD, fd, fd, INT_MAX, "too large"),
	BAD(FD, fd, fd, ~0U, "negative"),
	BAD(FD, fd, file, 0, "no file"),
	BAD(FD, fd, file, CKPT_CLASS_FILES, "other object"),
	BAD(FD, fd, flags, 2, "unknown flag"),
	RESERVED(FD, fd),

	FINE(FS, fs, umask, 0777, "mask"),
	BAD(FS, fs, umask, 01000, "mask"),
	RESERVED(FS, fs),
	BAD(FS, fs, root_len, 0, "no root"),
	BAD(FS, fs, root_len, 3, "root too long"),
	BAD(FS, fs, root_len, ~0U, "length of root overflows"),
	BAD(FS, fs, cwd_len, 0, "no directory"),
	BAD(FS, fs, cwd_len, 8, "directory beyond the record"),
	BAD(FS, fs, cwd_len, ~0U, "length of directory overflows"),
	BAD(FS, fs, paths[7], 1, "padding"),
	BAD(FS, fs, paths[0], 'x', "relative root"),
	BAD(FS, fs, paths[2], 'x', "relative directory"),
	BAD(FS, fs, root.mode, S_IFREG, "root that is a file"),
	BAD(FS, fs, cwd.mode, 0, "directory without type"),
	BAD(FS, fs, cwd.mtime_nsec, NSEC_PER_SEC, "nanoseconds"),
	FINE(FS, fs, root.mnt, CKPT_CLASS_NS_MNT, "root elsewhere"),
	FINE(FS, fs, cwd.mnt, CKPT_CLASS_NS_MNT, "working directory elsewhere"),
	BAD(FS, fs, root.mnt, CKPT_CLASS_NS_NET, "root in another namespace"),
	BAD(FS, fs, cwd.mnt, ~0U, "working directory nowhere"),

	FINE(PIPE, pipe, slots, 2, "two slots"),
	BAD(PIPE, pipe, slots, 0, "no slots"),
	BAD(PIPE, pipe, slots, 3, "slots that are no power of two"),
	BAD(PIPE, pipe, slots, BIT(31), "too many slots"),
	BAD(PIPE, pipe, nr_bufs, 17, "more than it holds"),
	BAD(PIPE, pipe, nr_bufs, ~0U, "number overflows"),
	BAD(PIPE, pipe, mode, S_IFIFO, "type in the permissions"),
	BAD(PIPE, pipe, id.ino, 1, "identity without a name"),
	BAD(PIPE, pipe, path_len, 1, "name beyond the record"),
	BAD2(PIPE, pipe, path_len, ~0U, "length of the name overflows"),
	BAD2(PIPE, pipe, path[0], 'x', "relative name"),
	BAD2(PIPE, pipe, path[7], 1, "padding"),
	BAD2(PIPE, pipe, path[3], 0, "name that ends early"),
	BAD2(PIPE, pipe, id.mode, S_IFREG, "FIFO that is a file"),

	FINE(PIPE_BUF, pipe_buf, offset, PAGE_SIZE - 5, "end of a page"),
	BAD(PIPE_BUF, pipe_buf, offset, PAGE_SIZE - 4, "across pages"),
	BAD(PIPE_BUF, pipe_buf, offset, ~0U, "offset overflows"),
	BAD(PIPE_BUF, pipe_buf, len, 9, "beyond the record"),
	BAD(PIPE_BUF, pipe_buf, len, ~0U, "length overflows"),
	BAD(PIPE_BUF, pipe_buf, data[7], 1, "padding"),
	BAD(PIPE_BUF, pipe_buf, flags, 4, "unknown flag"),
	RESERVED(PIPE_BUF, pipe_buf),

	FINE(UNLINKED, unlinked, flags, CKPT_UNLINKED_LINKABLE, "linkable"),
	BAD(UNLINKED, unlinked, size, ~0ULL, "size"),
	BAD(UNLINKED, unlinked, mode, S_IFREG, "type in the permissions"),
	BAD(UNLINKED, unlinked, atime_nsec, NSEC_PER_SEC, "access time"),
	BAD(UNLINKED, unlinked, mtime_nsec, ~0U, "modification time"),
	BAD(UNLINKED, unlinked, flags, 4, "unknown flag"),
	BAD(UNLINKED, unlinked, flags, CKPT_UNLINKED_MEMFD, "memfd with a directory"),
	BAD(UNLINKED, unlinked, seals, 1, "seals"),
	BAD(UNLINKED, unlinked, name_len, 0, "no name"),
	BAD(UNLINKED, unlinked, name_len, 4, "name without an end"),
	BAD(UNLINKED, unlinked, name_len, ~0U, "length overflows"),
	BAD(UNLINKED, unlinked, name[0], 'x', "relative"),
	BAD(UNLINKED, unlinked, dir.mode, S_IFREG, "directory that is a file"),
	BAD(UNLINKED, unlinked, name[7], 1, "padding"),
	BAD2(UNLINKED, unlinked, seals, BIT(31), "unknown seal"),
	BAD2(UNLINKED, unlinked, flags, CKPT_UNLINKED_MEMFD | CKPT_UNLINKED_LINKABLE,
	     "linkable memfd"),

	FINE(FILE_EXTERNAL, file_external, file.f_flags, O_WRONLY, "writing"),
	BAD(FILE_EXTERNAL, file_external, file.f_flags, O_APPEND, "flags"),
	BAD(FILE_EXTERNAL, file_external, file.cred, CKPT_CLASS_CRED, "credentials"),
	BAD(FILE_EXTERNAL, file_external, file.pos, 1, "position"),
	BAD(FILE_EXTERNAL, file_external, file.advice, 1, "advice"),
	BAD(FILE_EXTERNAL, file_external, file.reserved, 1, "reserved"),
	BAD(FILE_EXTERNAL, file_external, key[7], 1, "junk behind the key"),

	FILE_CASES(FILE_PATH, file_path),
	FINE(FILE_PATH, file_path, file.f_flags, O_RDONLY | CKPT_O_EXEC, "executed"),
	BAD(FILE_PATH, file_path, path[0], 'x', "relative"),
	BAD(FILE_PATH, file_path, path_len, 0, "no path"),
	BAD(FILE_PATH, file_path, path_len, 9, "path beyond the record"),
	BAD(FILE_PATH, file_path, path_len, ~0U, "length overflows"),
	BAD(FILE_PATH, file_path, path[7], 1, "junk behind the path"),
	BAD(FILE_PATH, file_path, id.mode, S_IFSOCK, "socket"),
	BAD(FILE_PATH, file_path, id.mode, S_IFLNK, "symbolic link"),
	BAD(FILE_PATH, file_path, id.mode, S_IFBLK, "block device"),
	BAD(FILE_PATH, file_path, id.mode, 0xffffffff, "type"),
	FINE(FILE_PATH, file_path, id.mnt, CKPT_CLASS_NS_MNT, "other mounts"),
	BAD(FILE_PATH, file_path, id.mnt, CKPT_CLASS_FS, "other namespace"),
	BAD(FILE_PATH, file_path, id.mnt, ~0U, "dangling mounts"),
	BAD(FILE_PATH, file_path, flags, 2, "unknown flag"),

	FILE_CASES(FILE_INODE, file_inode),
	FINE(FILE_INODE, file_inode, file.pos, S64_MAX, "position"),
	BAD(FILE_INODE, file_inode, inode, 0, "no contents"),
	BAD(FILE_INODE, file_inode, inode, CKPT_CLASS_INODE, "other contents"),
	RESERVED(FILE_INODE, file_inode),
	BAD(FILE_INODE, file_inode, file.f_flags, O_PATH, "O_PATH"),

	FINE(PTY, pty, index, 0, "first"),
	BAD(PTY, pty, index, BIT(20), "number out of range"),
	BAD(PTY, pty, f_flags, 3, "access mode"),
	BAD(PTY, pty, f_flags, O_RDWR | O_NONBLOCK, "other flags"),
	FINE(PTY, pty, pgrp, 0, "no foreground"),
	BAD(PTY, pty, pgrp, CKPT_CLASS_CRED, "other process group"),
	BAD(PTY, pty, session, CKPT_CLASS_CRED, "other session"),
	BAD(PTY, pty, session, 0, "process group without a session"),
	BAD(PTY, pty, mode, S_IFCHR, "type in the permissions"),
	BAD(PTY, pty, path_len, 0, "no path"),
	BAD(PTY, pty, path_len, ~0U, "length of the path overflows"),
	BAD(PTY, pty, path[0], 'x', "relative path"),
	BAD(PTY, pty, path[7], 1, "padding"),

	FINE(TTY, tty, flags, CKPT_TTY_LOCKED | CKPT_TTY_PACKET, "master"),
	BAD(TTY, tty, flags, 0x2000, "unknown flag"),
	BAD(TTY, tty, pktstatus, 0x80, "unknown status"),
	BAD2(TTY, tty, nr_read, 100, "beyond the record"),
	BAD2(TTY, tty, nr_read, ~0U, "length overflows"),
	BAD2(TTY, tty, nr_echo, ~0U, "length of echo overflows"),
	BAD2(TTY, tty, nr_queued, ~0U, "length of queue overflows"),
	BAD2(TTY, tty, canon, -1, "lines that have been overtaken"),
	BAD2(TTY, tty, canon, 3, "lines beyond the data"),
	BAD2(TTY, tty, commit, 3, "more to read than there is"),
	NTH(1, TTY, tty, commit, BIT(31), 0, "not used for long"),
	BAD2(TTY, tty, termios.lflag, 0, "not canonical"),
	BAD2(TTY, tty, termios.lflag, ICANON | EXTPROC, "processed outside"),
	BAD2(TTY, tty, echo_commit, 2, "more to echo than there is"),
	BAD2(TTY, tty, echo_mark, 2, "more to echo later than there is"),
	BAD2(TTY, tty, data[2], 4, "end of a line beyond the data"),
	BAD2(TTY, tty, data[7], 1, "padding"),
	RESERVED(TTY, tty),
	BAD(TTY, tty, termios.reserved, 1, "reserved setting"),
	BAD(TTY, tty, locked.reserved, 1, "reserved lock"),
	BAD(TTY, tty, commit, -1, "characters that have been overtaken"),
	BAD(TTY, tty, termios.lflag, ICANON, "canonical"),
	BAD(TTY, tty, termios.lflag, ECHO, "master with settings"),
	NTH(1, TTY, tty, termios.lflag, ICANON | ECHO, 0, "slave with settings"),

	FILE_CASES(FILE_PTY, file_pty),
	FINE(FILE_PTY, file_pty, kind, CKPT_PTY_CURRENT, "opened as /dev/tty"),
	BAD(FILE_PTY, file_pty, kind, CKPT_PTY_MASTER, "master with a path"),
	BAD(FILE_PTY, file_pty, kind, 0, "no kind"),
	BAD(FILE_PTY, file_pty, kind, 4, "unknown kind"),
	FINE(FILE_PTY, file_pty, mnt, CKPT_CLASS_NS_MNT, "other mounts"),
	BAD(FILE_PTY, file_pty, mnt, CKPT_CLASS_NS_NET, "other namespace"),
	BAD(FILE_PTY, file_pty, pty, 0, "no terminal"),
	BAD(FILE_PTY, file_pty, pty, CKPT_CLASS_PIPE, "pipe"),
	BAD(FILE_PTY, file_pty, path_len, ~0U, "length of the path overflows"),
	BAD(FILE_PTY, file_pty, path[0], 'x', "relative path"),
	BAD(FILE_PTY, file_pty, path[7], 1, "padding"),
	BAD(FILE_PTY, file_pty, file.f_flags, O_PATH, "path only"),
	BAD(FILE_PTY, file_pty, file.advice, 1, "advice"),
	BAD2(FILE_PTY, file_pty, kind, CKPT_PTY_SLAVE, "slave without a path"),

	FILE_CASES(FILE_PIPE, file_pipe),
	FINE(FILE_PIPE, file_pipe, flags, CKPT_FILE_PIPE_NO_HUP, "no writer yet"),
	BAD(FILE_PIPE, file_pipe, pipe, 0, "no pipe"),
	BAD(FILE_PIPE, file_pipe, pipe, CKPT_CLASS_FILE, "other pipe"),
	BAD(FILE_PIPE, file_pipe, flags, 4, "unknown flag"),
	BAD(FILE_PIPE, file_pipe, file.f_flags, O_DIRECTORY, "directory"),
	BAD(FILE_PIPE, file_pipe, file.advice, 1, "advice"),

	FILE_CASES(FILE_SOCKET, file_socket),
	BAD(FILE_SOCKET, file_socket, sock, 0, "no socket"),
	BAD(FILE_SOCKET, file_socket, sock, CKPT_CLASS_FILE, "other object"),
	BAD(FILE_SOCKET, file_socket, file.f_flags, O_RDONLY, "read only"),
	BAD(FILE_SOCKET, file_socket, file.advice, 1, "advice"),
	RESERVED(FILE_SOCKET, file_socket),

	FINE(KEY, key, expiry, 1, "expired"),
	FINE(KEY, key, expiry, TIME64_MAX, "never"),
	FINE(KEY, key, expiry, 1ULL << 40, "late"),
	BAD(KEY, key, expiry, (1ULL << 40) + 1, "too late"),
	BAD(KEY, key, expiry, TIME64_MAX - 1, "time that overflows"),
	NOTSUPP(KEY, key, type, 3, "unknown type"),
	BAD(KEY, key, type, CKPT_KEY_USER, "payload that is links"),
	BAD(KEY, key, serial, 2, "serial number"),
	BAD(KEY, key, serial, ~0U, "negative serial number"),
	BAD(KEY, key, flags, 16, "unknown flag"),
	BAD(KEY, key, flags, CKPT_KEY_REVOKED, "revoked, but not empty"),
	BAD(KEY, key, flags, CKPT_KEY_OUTSIDE, "key of somebody else"),
	BAD(KEY, key, perm, BIT(31), "permissions"),
	BAD(KEY, key, uid, ~0U, "no owner"),
	BAD(KEY, key, gid, ~0U, "no group"),
	FINE(KEY, key, user_ns, CKPT_CLASS_NS_USER, "user namespace"),
	BAD(KEY, key, user_ns, CKPT_CLASS_KEY, "other namespace"),
	BAD(KEY, key, desc_len, 1, "no description"),
	BAD(KEY, key, desc_len, 4, "description without end"),
	BAD(KEY, key, desc_len, ~0U, "huge description"),
	BAD(KEY, key, nr_links, 3, "more links"),
	BAD(KEY, key, nr_links, 0x40000001, "lengths that wrap"),
	BAD(KEY, key, payload_len, 4, "payload of a keyring"),
	BAD(KEY, key, expiry, ~0ULL, "negative time"),
	BAD(KEY, key, data[0], '.', "name of the kernel's"),
	BAD(KEY, key, data[7], 1, "padding of the description"),
	BAD(KEY, key, data[8], CKPT_CLASS_CRED, "link to another object"),
	BAD(KEY, key, data[12], 1, "padding of the links"),
	NTH(1, KEY, key, flags, 0, 0, "user"),
	NTH(1, KEY, key, type, CKPT_KEY_LOGON, 0, "logon"),
	BAD2(KEY, key, type, CKPT_KEY_KEYRING, "links that are a payload"),
	BAD2(KEY, key, payload_len, 0, "no payload"),
	BAD2(KEY, key, payload_len, 32768, "long payload"),
	BAD2(KEY, key, flags, CKPT_KEY_USER_KEYRING, "no keyring"),
	NTH(2, KEY, key, flags, CKPT_KEY_USER_SESSION | CKPT_KEY_OUTSIDE, 0, "session"),
	NTH(2, KEY, key, flags, CKPT_KEY_USER_KEYRING, -EBADMSG, "whose"),
	NTH(2, KEY, key, flags, CKPT_KEY_USER_KEYRING | CKPT_KEY_USER_SESSION |
	    CKPT_KEY_OUTSIDE, -EBADMSG, "both keyrings of a user"),
	NTH(2, KEY, key, user_ns, CKPT_CLASS_NS_USER, -EBADMSG, "inside"),

	FINE(CRED_KEYS, cred_keys, thread, 0, "no thread keyring"),
	BAD(CRED_KEYS, cred_keys, session, CKPT_CLASS_CRED, "other session"),
	BAD(CRED_KEYS, cred_keys, process, CKPT_CLASS_CRED, "other process"),
	BAD(CRED_KEYS, cred_keys, thread, ~0U, "dangling"),
	BAD(CRED_KEYS, cred_keys, flags, CKPT_CRED_NO_SESSION, "contradiction"),
	BAD(CRED_KEYS, cred_keys, flags, 2, "unknown flag"),

	FILE_CASES(FILE_MQUEUE, file_mqueue),
	BAD(FILE_MQUEUE, file_mqueue, queue, 0, "no queue"),
	BAD(FILE_MQUEUE, file_mqueue, queue, CKPT_CLASS_FILE, "other object"),
	RESERVED(FILE_MQUEUE, file_mqueue),
	BAD(FILE_MQUEUE, file_mqueue, file.f_flags, O_PATH, "O_PATH"),

	FINE(MQUEUE, mqueue, flags, CKPT_MQUEUE_UNLINKED, "unlinked"),
	BAD(MQUEUE, mqueue, flags, 2, "unknown flag"),
	BAD(MQUEUE, mqueue, ns, 0, "no namespace"),
	BAD(MQUEUE, mqueue, ns, CKPT_CLASS_NS_UTS, "other namespace"),
	BAD(MQUEUE, mqueue, maxmsg, 0, "no messages"),
	FINE(MQUEUE, mqueue, maxmsg, 65536, "most messages"),
	BAD(MQUEUE, mqueue, maxmsg, 65537, "too many messages"),
	BAD(MQUEUE, mqueue, msgsize, 0, "no bytes"),
	BAD(MQUEUE, mqueue, msgsize, ~0ULL, "too many bytes"),
	BAD(MQUEUE, mqueue, uid, ~0U, "no owner"),
	BAD(MQUEUE, mqueue, gid, ~0U, "no group"),
	BAD(MQUEUE, mqueue, mode, S_IFREG, "type in permissions"),
	BAD(MQUEUE, mqueue, notify_pid, 0, "signal for nobody"),
	BAD(MQUEUE, mqueue, notify_pid, CKPT_CLASS_FILE, "other process"),
	BAD(MQUEUE, mqueue, notify_user, CKPT_CLASS_PID, "other user namespace"),
	BAD(MQUEUE, mqueue, notify, SIGEV_NONE, "signal that is none"),
	BAD(MQUEUE, mqueue, notify, SIGEV_THREAD, "thread"),
	BAD(MQUEUE, mqueue, signo, 65, "signal"),
	BAD(MQUEUE, mqueue, signo, ~0U, "negative signal"),
	RESERVED(MQUEUE, mqueue),
	BAD(MQUEUE, mqueue, name[0], 0, "no name"),
	BAD(MQUEUE, mqueue, name[2], '/', "slash"),
	BAD(MQUEUE, mqueue, name[7], 1, "no end"),

	FINE(MQUEUE_MSG, mqueue_msg, prio, CKPT_MQ_PRIO_MAX - 1, "highest"),
	BAD(MQUEUE_MSG, mqueue_msg, prio, CKPT_MQ_PRIO_MAX, "too high"),
	BAD(MQUEUE_MSG, mqueue_msg, len, 9, "length"),
	BAD(MQUEUE_MSG, mqueue_msg, len, 101, "longer than its queue takes"),
	BAD(MQUEUE_MSG, mqueue_msg, len, ~0U, "huge"),
	BAD(MQUEUE_MSG, mqueue_msg, data[5], 1, "padding"),

	FINE(MQUEUE_DIR, mqueue_dir, uid, ~0U, "owner from outside"),
	BAD(MQUEUE_DIR, mqueue_dir, mode, S_IFDIR, "type in permissions"),
	RESERVED(MQUEUE_DIR, mqueue_dir),

	FINE(FILE_OWNER, file_owner, pid, 0, "nobody"),
	FINE(FILE_OWNER, file_owner, flags, CKPT_OWNER_ASYNC, "signals"),
	BAD(FILE_OWNER, file_owner, file, 0, "no file"),
	BAD(FILE_OWNER, file_owner, file, CKPT_CLASS_PID, "other file"),
	BAD(FILE_OWNER, file_owner, pid, CKPT_CLASS_FILE, "other pid"),
	BAD(FILE_OWNER, file_owner, pid_type, 3, "session"),
	BAD(FILE_OWNER, file_owner, signum, 65, "signal"),
	BAD(FILE_OWNER, file_owner, flags, 2, "unknown flag"),
	RESERVED(FILE_OWNER, file_owner),

	BAD(CGROUP, cgroup, path[0], '.', "relative"),
	BAD(CGROUP, cgroup, path_len, 0, "no path"),
	BAD(CGROUP, cgroup, path_len, 9, "path beyond the record"),
	BAD(CGROUP, cgroup, path_len, ~0U, "length of the path overflows"),
	BAD(CGROUP, cgroup, path[7], 1, "padding"),
	RESERVED(CGROUP, cgroup),

	FILE_CASES(FILE_PROC, file_proc),
	FINE(FILE_PROC, file_proc, read_pos, 5, "position"),
	BAD(FILE_PROC, file_proc, data[0], 'x', "relative"),
	BAD(FILE_PROC, file_proc, path_len, 0, "no path"),
	BAD(FILE_PROC, file_proc, path_len, ~0U, "length of the path overflows"),
	BAD(FILE_PROC, file_proc, text_len, 6, "text beyond the record"),
	BAD(FILE_PROC, file_proc, text_len, ~0U, "length of the text overflows"),
	BAD(FILE_PROC, file_proc, data[15], 1, "padding"),
	BAD(FILE_PROC, file_proc, id.fs_magic, 1, "other filesystem"),
	BAD(FILE_PROC, file_proc, id.mode, S_IFLNK, "symbolic link"),
	BAD(FILE_PROC, file_proc, flags, 0, "text of a file without records"),
	BAD(FILE_PROC, file_proc, flags, CKPT_PROC_END, "end of what is not read"),
	BAD(FILE_PROC, file_proc, flags, 4, "unknown flag"),
	RESERVED(FILE_PROC, file_proc),
	BAD(FILE_PROC, file_proc, read_pos, ~0ULL, "negative position"),
	BAD(FILE_PROC, file_proc, file.f_flags, O_PATH, "records and O_PATH"),

	FINE(MM, mm, exe_file, 0, "no program"),
	FINE(MM, mm, dumpable, 2, "dumpable by root"),
	BAD(MM, mm, flags, BIT(31), "unknown flag"),
	BAD(MM, mm, flags, CKPT_MM_MDWE_NO_INHERIT, "half of MDWE"),
	BAD(MM, mm, dumpable, 3, "dumpable"),
	BAD(MM, mm, dump_filter, ~0U, "filter"),
	BAD(MM, mm, def_flags, CKPT_VMA_WRITE, "flags to come"),
	BAD(MM, mm, def_flags, CKPT_VMA_LOCKONFAULT, "half locked"),
	BAD(MM, mm, exe_file, CKPT_CLASS_INODE, "program that is no file"),
	BAD(MM, mm, exe_file, ~0U, "dangling program"),
	BAD(MM, mm, start_code, ~0ULL, "start of code"),
	BAD(MM, mm, env_end, BIT_ULL(63), "end of the environment"),
	BAD(MM, mm, start_brk, 0x3000, "heap that ends before it starts"),
	BAD(MM, mm, arg_start, 1, "arguments that end before they start"),
	BAD(MM, mm, env_start, 1, "environment that ends before it starts"),
	BAD(MM, mm, hiwater_rss, ~0ULL, "high-water mark"),
	BAD(MM, mm, hiwater_vm, BIT_ULL(63), "high-water mark of sizes"),

	FINE(VMA, vma, anon_root, 7, "shared copy-on-write"),
	BAD(VMA, vma, start, 0x10001, "start in a page"),
	BAD(VMA, vma, start, 0x12000, "empty"),
	BAD(VMA, vma, start, 0x13000, "end before start"),
	BAD(VMA, vma, end, 0x12008, "end in a page"),
	BAD(VMA, vma, end, ~0xfffULL, "end in the kernel"),
	BAD(VMA, vma, pgoff, ~0ULL, "offset overflows"),
	BAD(VMA, vma, pgoff, U64_MAX >> PAGE_SHIFT, "end of the offset overflows"),
	BAD(VMA, vma, file, CKPT_CLASS_CRED, "file that is none"),
	BAD(VMA, vma, file, ~0U, "dangling file"),
	BAD(VMA, vma, flags, BIT_ULL(63), "unknown flag"),
	BAD(VMA, vma, flags, CKPT_VMA_ALL, "all flags"),
	BAD(VMA, vma, flags, CKPT_VMA_READ, "readable, and must not be"),
	BAD(VMA, vma, flags, CKPT_VMA_MAYREAD | CKPT_VMA_MAYWRITE |
	    CKPT_VMA_ACCOUNT | CKPT_VMA_NORESERVE, "accounted for, and not"),
	FINE(VMA, vma, flags, CKPT_VMA_MAYREAD | CKPT_VMA_MAYWRITE |
	     CKPT_VMA_NORESERVE, "not accounted for"),

	BAD(AUXV, auxv, auxv[2], AT_PAGESZ, "no end"),
	BAD(AUXV, auxv, h.len, sizeof(struct ckpt_hdr_auxv) + 8, "half an entry"),
	BAD(AUXV, auxv, h.len, sizeof(struct ckpt_hdr_auxv), "no entry"),
	BAD(AUXV, auxv, h.len,
	    sizeof(struct ckpt_hdr_auxv) + 8 * (CKPT_AUXV_MAX + 2), "too long"),
	FINE(AUXV, auxv, auxv[3], 5, "value of the end"),

	FINE(INODE, inode, flags, CKPT_INODE_NORESERVE, "flags"),
	NOTSUPP(INODE, inode, kind, 0, "no kind"),
	FINE(INODE, inode, kind, CKPT_INODE_SHM_SYSV, "System V"),
	NOTSUPP(INODE, inode, kind, 3, "unknown kind"),
	BAD(INODE, inode, size, ~0ULL, "size"),
	BAD(INODE, inode, flags, 2, "unknown flag"),
};

KUNIT_ARRAY_PARAM_DESC(rec_case, cases, name);

KUNIT_DEFINE_ACTION_WRAPPER(free_validator, ckpt_validator_free,
			    struct ckpt_validator *);

static const struct good_rec *find_good(u32 type, u32 nth)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(good_recs); i++)
		if (good_recs[i].type == type && !nth--)
			return &good_recs[i];
	return NULL;
}

static void fill_good(struct ckpt_hdr *h, const struct good_rec *good)
{
	h->type = good->type;
	h->len = good->len;
	if (ckpt_kind(h->type)->class)
		h->id = NR_CLASSES + 1;
	good->fill(h);
}

static struct ckpt_hdr *make_good(struct kunit *test, const struct good_rec *good)
{
	struct ckpt_hdr *h = kunit_kzalloc(test, REC_ROOM, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	fill_good(h, good);
	return h;
}

/**
 * ckpt_kunit_good_record - one of the good records, for fuzzers to begin with
 * @nr: any number
 * @rec: where to put it; all zero
 * @room: bytes there
 *
 * Return: its length, or 0 if it does not fit.
 */
u32 ckpt_kunit_good_record(u32 nr, void *rec, size_t room)
{
	const struct good_rec *good = &good_recs[nr % ARRAY_SIZE(good_recs)];

	if (good->len > room)
		return 0;
	fill_good(rec, good);
	return good->len;
}

/* Behind which record one of @type comes. */
static u32 place_of(u32 type)
{
	if (type == CKPT_HDR_HEADER)
		return 0;
	if (type == CKPT_HDR_CONTAINER)
		return CKPT_HDR_ARCH;
	if (ckpt_kind(type)->owner == CKPT_OWNER_ANY)
		return CKPT_HDR_TASK;
	if (ckpt_kind(type)->owner == CKPT_OWNER_NS)
		return CKPT_HDR_NS_UTS;
	return ckpt_kind(type)->owner ?: CKPT_HDR_CONTAINER;
}

/* The first good record that starts an object of a class. */
static struct ckpt_hdr *make_obj(struct kunit *test, u8 class)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(good_recs); i++)
		if (ckpt_kind(good_recs[i].type)->class == class)
			return make_good(test, &good_recs[i]);
	return NULL;
}

/* A pass that has come to where a record of @type is expected. */
static struct ckpt_validator *make_pass(struct kunit *test, u32 type)
{
	struct ckpt_validator *v = ckpt_validator_alloc(NR_CLASSES + 1, 2);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, v);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_validator, v));
	for (i = 0; i < NR_CLASSES; i++) {
		v->classes[i] = i + 1;
		v->objs[i] = make_obj(test, i + 1);
	}
	v->nr_objs = NR_CLASSES;
	v->owner = place_of(type);
	if (find_good(v->owner, 0))
		v->owner_hdr = make_good(test, find_good(v->owner, 0));
	if (type == CKPT_HDR_TASK || v->owner == CKPT_HDR_TASK) {
		v->tree[0] = (const void *)make_good(test, find_good(CKPT_HDR_TREE_TASK, 0));
		v->nr_tree = 1;
	}
	return v;
}

/* Of the records of a terminal the first is the master's. */
static void set_side(struct ckpt_validator *v, u32 type, unsigned int nth)
{
	if (type == CKPT_HDR_TTY)
		v->last_end = nth;
}

/* Names are not relative to the root task's mount namespace: see ckpt_mnt_ok(). */
static void name_in_roots(struct kunit *test)
{
	struct ckpt_hdr *h = make_good(test, find_good(CKPT_HDR_FILE_PATH, 0));
	struct ckpt_validator *v = make_pass(test, CKPT_HDR_FILE_PATH);
	struct ckpt_hdr_ns *ns = (void *)v->objs[CKPT_CLASS_NS_MNT - 1];

	((struct ckpt_hdr_file_path *)h)->id.mnt = CKPT_CLASS_NS_MNT;
	ns->flags = CKPT_NS_ROOT;
	KUNIT_EXPECT_EQ(test, -EBADMSG, ckpt_validate_record(v, h));

	v = make_pass(test, CKPT_HDR_NS_MOUNT);
	h = make_good(test, find_good(CKPT_HDR_NS_MOUNT, 0));
	((struct ckpt_hdr_ns *)v->owner_hdr)->flags = CKPT_NS_ROOT;
	KUNIT_EXPECT_EQ(test, -EBADMSG, ckpt_validate_record(v, h));
}

static void every_case(struct kunit *test)
{
	const struct rec_case *c = test->param_value;
	struct ckpt_hdr *h = make_good(test, find_good(c->type, c->nth));
	struct ckpt_validator *v = make_pass(test, c->type);

	KUNIT_ASSERT_LE(test, c->offset + c->size, REC_ROOM);
	set_side(v, c->type, c->nth);
	memcpy((u8 *)h + c->offset, &c->value, c->size);
	KUNIT_EXPECT_EQ(test, c->err, ckpt_validate_record(v, h));
	KUNIT_EXPECT_EQ(test, !c->err, !v->why);
}

/* The good records are accepted, whatever the cases make of them. */
static void good_records(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(good_recs); i++) {
		struct ckpt_hdr *h = make_good(test, &good_recs[i]);
		struct ckpt_validator *v = make_pass(test, h->type);

		set_side(v, h->type, &good_recs[i] != find_good(h->type, 0));
		KUNIT_EXPECT_EQ_MSG(test, 0, ckpt_validate_record(v, h),
				    "%s: %s", ckpt_kind(h->type)->name, v->why);
	}
}

static const struct net_case {
	const char *name;
	u32 owner_flags;
	u32 flags;
	u32 peer;
	u16 type;
	int err;
} net_cases[] = {
	{ "nested", 0, 0, 0, RTM_NEWLINK, 0 },
	{ "outside", 0, CKPT_NET_OUTSIDE, 0, RTM_NEWLINK, 0 },
	{ "root task's", CKPT_NS_ROOT, 0, 0, RTM_NEWLINK, -EBADMSG },
	{ "peer", 0, 0, CKPT_CLASS_NS_NET, RTM_NEWLINK, 0 },
	{ "peer outside", 0, CKPT_NET_OUTSIDE, CKPT_CLASS_NS_NET, RTM_NEWLINK, -EBADMSG },
	{ "peer of another kind", 0, 0, CKPT_CLASS_NS_UTS, RTM_NEWLINK, -EBADMSG },
	{ "dangling peer", 0, 0, ~0U, RTM_NEWLINK, -EBADMSG },
	{ "peer to come", 0, 0, NR_CLASSES + 1, RTM_NEWLINK, -EBADMSG },
	{ "peer of an address", 0, 0, CKPT_CLASS_NS_NET, RTM_NEWADDR, -EBADMSG },
};

KUNIT_ARRAY_PARAM_DESC(net_case, net_cases, name);

/* Messages of network namespaces that are not the root task's. */
static void nested_net_msg(struct kunit *test)
{
	const struct net_case *n = test->param_value;
	struct ckpt_hdr *h = make_good(test, find_good(CKPT_HDR_NET_MSG, 0));
	struct ckpt_validator *v = make_pass(test, CKPT_HDR_NET_MSG);
	struct ckpt_hdr *owner = make_good(test, find_good(CKPT_HDR_NS_NET, 0));
	struct ckpt_hdr_net_msg *m = (void *)h;

	((struct ckpt_hdr_ns *)owner)->flags = n->owner_flags;
	v->owner = CKPT_HDR_NS_NET;
	v->owner_hdr = owner;
	m->flags = n->flags;
	m->peer = n->peer;
	((struct nlmsghdr *)m->msg)->nlmsg_type = n->type;
	KUNIT_EXPECT_EQ(test, n->err, ckpt_validate_record(v, h));
	/* It can lead anywhere but to where it is. */
	owner->id = CKPT_CLASS_NS_NET;
	if (n->peer == owner->id)
		KUNIT_EXPECT_EQ(test, -EBADMSG, ckpt_validate_record(v, h));
}

/* A mount can keep any namespace, and nothing else. */
static void kept_namespace(struct kunit *test)
{
	struct ckpt_hdr *h = make_good(test, find_good(CKPT_HDR_NS_KEPT, 0));
	struct ckpt_validator *v = make_pass(test, CKPT_HDR_NS_KEPT);
	u32 type;

	for (type = CKPT_HDR_HEADER; type <= CKPT_HDR_TASK_OBJS; type++) {
		v->owner = type;
		KUNIT_EXPECT_EQ_MSG(test, ckpt_validate_record(v, h),
				    type >= CKPT_HDR_NS_USER &&
				    type <= CKPT_HDR_NS_TIME ? 0 : -EBADMSG,
				    "behind type %u", type);
	}
}

/* No record that is too short is looked at, and none is accepted. */
static void short_records(struct kunit *test)
{
	u32 i, len;

	for (i = 0; i < ARRAY_SIZE(good_recs); i++) {
		u32 min = ckpt_kind(good_recs[i].type)->min_len;

		for (len = sizeof(struct ckpt_hdr); len < min; len += 8) {
			struct ckpt_hdr *h = make_good(test, &good_recs[i]);
			struct ckpt_validator *v = make_pass(test, h->type);

			h->len = len;
			KUNIT_EXPECT_EQ(test, -EBADMSG, ckpt_validate_record(v, h));
		}
	}
}

static bool covers(u32 type)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		if (cases[i].type == type && cases[i].err && find_good(type, 0))
			return true;
	return false;
}

static void every_kind_has_cases(struct kunit *test)
{
	u32 type;

	for (type = 0; type < 2 * CKPT_HDR_ARCH; type++) {
		const struct ckpt_kind *k = ckpt_kind(type);

		if (!k || !k->validate)
			continue;
		KUNIT_EXPECT_TRUE_MSG(test, covers(type) ||
				      ckpt_kunit_lsm_covers(type) ||
				      ckpt_kunit_ns_covers(type) ||
				      ckpt_kunit_signal_covers(type) ||
				      ckpt_kunit_event_covers(type) ||
				      ckpt_kunit_restart_block_covers(type) ||
				      ckpt_kunit_socket_covers(type) ||
				      ckpt_kunit_x86_covers(type),
				      "no cases for %s", k->name);
	}
}

/*
 * References lead to restore_obj(), but for ids, which come with the tasks, and
 * for labels, which are but strings.
 */
static void every_object_can_be_made(struct kunit *test)
{
	u32 type;

	for (type = 0; type < 2 * CKPT_HDR_ARCH; type++) {
		const struct ckpt_kind *k = ckpt_kind(type);

		if (!k || !k->class || type == CKPT_HDR_PID || type == CKPT_HDR_LABEL)
			continue;
		KUNIT_EXPECT_TRUE_MSG(test, k->restore && k->put,
				      "%s cannot be made", k->name);
	}
}

/* PAGES records are read one by one, outside of the pass. */
static const struct pages_case {
	const char *name;
	struct ckpt_hdr_pages rec;
	int err;
} pages_cases[] = {
	{ "good", { .addr = 0x1000, .nr_pages = 1 }, 0 },
	{ "shared", { .flags = CKPT_PAGES_SHARED, .nr_pages = 1 }, 0 },
	{ "reference", { .flags = CKPT_PAGES_REF, .nr_pages = 1, .ref = 5 }, 0 },
	{ "both", { .flags = CKPT_PAGES_REF | CKPT_PAGES_SHARED, .nr_pages = 1 },
	  -EBADMSG },
	{ "unknown flag", { .flags = 4, .nr_pages = 1 }, -EBADMSG },
	{ "no pages", { .addr = 0x1000 }, -EBADMSG },
	{ "in a page", { .addr = 0x1008, .nr_pages = 1 }, -EBADMSG },
	{ "too many", { .nr_pages = U64_MAX }, -EBADMSG },
	{ "bytes overflow", { .nr_pages = (U64_MAX >> PAGE_SHIFT) + 1 }, -EBADMSG },
	{ "end overflows", { .addr = PAGE_SIZE, .nr_pages = U64_MAX >> PAGE_SHIFT },
	  -EBADMSG },
	{ "end is negative", { .addr = S64_MAX & PAGE_MASK, .nr_pages = 1 }, -EBADMSG },
	{ "contents and a reference", { .nr_pages = 1, .ref = 1 }, -EBADMSG },
};

KUNIT_ARRAY_PARAM_DESC(pages, pages_cases, name);

static void pages_check(struct kunit *test)
{
	const struct pages_case *c = test->param_value;
	struct ckpt_validator v = {};

	KUNIT_EXPECT_EQ(test, c->err, ckpt_pages_validate(&v, &c->rec.h));
	KUNIT_EXPECT_EQ(test, !c->err, !v.why);
}

static struct kunit_case records_test_cases[] = {
	KUNIT_CASE_PARAM(every_case, rec_case_gen_params),
	KUNIT_CASE_PARAM(pages_check, pages_gen_params),
	KUNIT_CASE(name_in_roots),
	KUNIT_CASE(good_records),
	KUNIT_CASE_PARAM(nested_net_msg, net_case_gen_params),
	KUNIT_CASE(kept_namespace),
	KUNIT_CASE(short_records),
	KUNIT_CASE(every_kind_has_cases),
	KUNIT_CASE(every_object_can_be_made),
	{}
};

static struct kunit_suite records_suite = {
	.name = "checkpoint_records",
	.test_cases = records_test_cases,
};

kunit_test_suite(records_suite);
