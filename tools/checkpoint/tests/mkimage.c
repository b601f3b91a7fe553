// SPDX-License-Identifier: GPL-2.0-only
/*
 * mkimage - write a small image with one of everything, or with a flaw
 *
 * usage: mkimage [FLAW] > FILE
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <asm/checkpoint_hdr.h>

#include "libcheckpoint.h"

#define PAGE		4096
#define IMAGE_MAX	(1024 * 1024)

static unsigned char image[IMAGE_MAX];
static size_t used;
static __u32 nr_objects, nr_records, nr_runs, nr_pages;
static __u32 runs_crc = ~0U, data_crc = ~0U;
static const char *flaw = "";

static bool is(const char *name)
{
	return !strcmp(flaw, name);
}

/* A record of @size bytes and a variable part of @var. */
static void *add_var(__u32 type, size_t size, const void *var, size_t var_len)
{
	struct ckpt_hdr *h = (void *)(image + used);
	size_t len = (size + var_len + 7) & ~7UL;

	h->type = type;
	h->len = len;
	if (var_len)
		memcpy((char *)h + size, var, var_len);
	used += len;
	nr_records++;
	return h;
}

static void *add(__u32 type, size_t size)
{
	return add_var(type, size, NULL, 0);
}

static __u32 obj(void *rec)
{
	((struct ckpt_hdr *)rec)->id = ++nr_objects;
	return nr_objects;
}

#define ADD(_type, _struct)						\
	((struct _struct *)add(CKPT_HDR_##_type, sizeof(struct _struct)))
#define ADD_VAR(_type, _struct, _var, _len)				\
	((struct _struct *)add_var(CKPT_HDR_##_type,			\
				   sizeof(struct _struct), _var, _len))

static void fill_id(struct ckpt_file_id *id, const char *path)
{
	struct statfs fs;
	struct stat st;

	if (stat(path, &st) || statfs(path, &fs)) {
		perror(path);
		exit(1);
	}
	id->dev = st.st_dev;
	id->ino = st.st_ino;
	id->size = st.st_size;
	id->mtime = st.st_mtim.tv_sec;
	id->mtime_nsec = st.st_mtim.tv_nsec;
	id->mode = st.st_mode;
	id->rdev_major = major(st.st_rdev);
	id->rdev_minor = minor(st.st_rdev);
	id->fs_magic = fs.f_type;
}

/* ---- the parts of the image ---- */

static __u32 pids[4], cred, files, fs, sighand, mm, inode, text, memfd;
static struct ckpt_hdr_header *header;

static void add_headers(void)
{
	struct ckpt_hdr_x86_header *x;
	struct ckpt_hdr_container *c;
	struct ckpt_hdr_lsm *lsm;

	header = ADD(HEADER, ckpt_hdr_header);
	header->magic = CKPT_MAGIC ^ is("magic");
	header->version = CKPT_FORMAT_VERSION + is("version");
	header->arch = CKPT_ARCH_X86_64;
	header->page_shift = is("page-size") ? 40 : 12;
	header->incompat = is("incompat") ? 8 : 0;
	header->flags = CHECKPOINT_SUBTREE;
	header->realtime = 1700000000123456789LL;
	header->monotonic = 1000000000;
	header->boottime = 1000000000;
	memset(header->uuid, 0x42, sizeof(header->uuid));
	x = ADD(X86_HEADER, ckpt_hdr_x86_header);
	x->xfeatures = is("xfeature") ? 3 | 1ULL << 16 : 3;
	x->xfeatures_offered = x->xfeatures;
	if (is("no-container"))
		return;
	c = ADD(CONTAINER, ckpt_hdr_container);
	c->nr_lsm = is("lsm-count") ? 2 : 1;
	c->reserved = is("reserved");
	lsm = ADD(LSM, ckpt_hdr_lsm);
	lsm->lsm_id = 100;
	strcpy((char *)lsm->name, "capability");
	if (is("unterminated"))
		memset(lsm->name, 'x', sizeof(lsm->name));
}

static void add_pid(int i, int nr)
{
	struct ckpt_hdr_pid *p;
	__s32 levels[2] = { nr, 0 };

	p = ADD_VAR(PID, ckpt_hdr_pid, levels, sizeof(levels));
	p->nr_levels = is("pid-levels") ? 99 : 1;
	pids[i] = obj(p);
	if (is("id-gap") && i == 2)
		p->h.id++;
}

static void add_tree_task(int i, int leader, int parent, __u32 state)
{
	struct ckpt_hdr_tree_task *t = ADD(TREE_TASK, ckpt_hdr_tree_task);

	t->pid = pids[i];
	t->pgrp = pids[0];
	t->session = pids[0];
	t->leader = leader;
	t->parent = parent;
	t->state = state;
	t->exit_signal = leader == i ? 17 : -1;
	if (state == CKPT_TASK_DEAD)
		t->exit_code = 3 << 8;
	if (is("parent-loop") && i == 2)
		t->parent = 3;
	if (is("tree-ref") && i == 1)
		t->pgrp = 4000;
	if (is("state") && i == 3)
		t->state = 9;
	if (is("same-pid") && i == 3)
		t->pid = pids[2];
}

static void add_tree(void)
{
	struct ckpt_hdr_tree *tree;
	int first = 4000000, i;

	for (i = 0; i < 4; i++)
		add_pid(i, is("pid-taken") && !i ? getppid() : first + i);
	tree = ADD(TREE, ckpt_hdr_tree);
	tree->nr_tasks = is("tree-count") ? 5 : 4;
	tree->nr_procs = 3;
	add_tree_task(0, 0, CKPT_TREE_NONE, CKPT_TASK_ALIVE);
	add_tree_task(1, 0, CKPT_TREE_NONE, CKPT_TASK_ALIVE);
	add_tree_task(2, 2, 0, CKPT_TASK_STOPPED);
	add_tree_task(3, 3, 2, CKPT_TASK_DEAD);
}

static void add_cred(void)
{
	__u32 groups[] = { 10, 20, 30 };
	struct ckpt_hdr_cred *c;

	c = ADD_VAR(CRED, ckpt_hdr_cred, groups, sizeof(groups));
	c->nr_groups = is("groups") ? 60000 : 3;
	c->uid = 1000;
	c->euid = 1000;
	c->suid = 1000;
	c->fsuid = 1000;
	c->gid = 1000;
	c->egid = 1000;
	c->sgid = 1000;
	c->fsgid = 1000;
	c->cap_permitted = is("caps") ? 0 : 1 << 21 | 1 << 13;
	c->cap_effective = 1 << 13;
	c->cap_bset = (1ULL << 41) - 1;
	cred = obj(c);
}

static void fill_file(struct ckpt_hdr_file *f, __u32 flags)
{
	f->f_flags = flags;
	f->cred = cred;
}

static __u32 add_path(const char *path, __u32 flags)
{
	struct ckpt_hdr_file_path *f;

	f = ADD_VAR(FILE_PATH, ckpt_hdr_file_path, path, strlen(path) + 1);
	f->path_len = is("path-len") ? 5000 : strlen(path) + 1;
	fill_id(&f->id, path);
	if (is("file-size"))
		f->id.size += 7;
	fill_file(&f->file, flags);
	f->file.pos = 12;
	if (is("file-flags"))
		f->flags = 0x8000;
	return obj(f);
}

static __u32 add_external(void)
{
	struct ckpt_hdr_file_external *f;
	const char *key = is("escape") ? "\033[31mred\302\233\377" : "tty";

	f = ADD_VAR(FILE_EXTERNAL, ckpt_hdr_file_external, key,
		    strlen(key) + 1);
	f->file.f_flags = 2;
	return obj(f);
}

static __u32 add_pipe(void)
{
	struct ckpt_hdr_pipe_buf *b;
	struct ckpt_hdr_file_pipe *f;
	struct ckpt_hdr_pipe *p = ADD(PIPE, ckpt_hdr_pipe);

	p->ino = 4711;
	p->slots = is("slots") ? 15 : 16;
	p->nr_bufs = 1;
	p->readers = 1;
	p->writers = 0;
	p->mode = 0600;
	obj(p);
	b = ADD_VAR(PIPE_BUF, ckpt_hdr_pipe_buf, "hello", 5);
	b->len = is("pipe-len") ? 4000 : 5;
	f = ADD(FILE_PIPE, ckpt_hdr_file_pipe);
	fill_file(&f->file, 0);
	f->pipe = is("wrong-class") ? cred : nr_objects;
	return obj(f);
}

/* A memfd of one page. */
static __u32 add_memfd(void)
{
	struct ckpt_hdr_unlinked *u;
	struct ckpt_hdr_file_inode *f;

	u = ADD_VAR(UNLINKED, ckpt_hdr_unlinked, "buffer", 7);
	u->size = PAGE;
	u->mode = 0777;
	u->flags = is("seals") ? 0 : CKPT_UNLINKED_MEMFD;
	u->seals = is("seals") ? 1 : 0;
	u->name_len = is("memfd-name") ? 6 : 7;
	memfd = obj(u);
	f = ADD(FILE_INODE, ckpt_hdr_file_inode);
	fill_file(&f->file, 2);
	f->inode = is("not-unlinked") ? nr_objects - 1 : memfd;
	return obj(f);
}

static void add_fd(__u32 nr, __u32 file)
{
	struct ckpt_hdr_fd *fd = ADD(FD, ckpt_hdr_fd);

	fd->fd = nr;
	fd->file = file;
}

static void add_files(void)
{
	__u32 tty, pipe, buffer;
	struct ckpt_hdr_files *f;
	struct ckpt_hdr_fs *d;
	__s64 forward = is("forward-ref") ? 100 : 0;

	text = add_path("/etc/passwd", 0100000);
	tty = add_external();
	pipe = add_pipe();
	buffer = add_memfd();
	f = ADD(FILES, ckpt_hdr_files);
	f->nr_fds = 4;
	files = obj(f);
	add_fd(0, tty);
	add_fd(is("fd-order") ? 0 : 3, text + forward);
	add_fd(9, pipe);
	add_fd(10, buffer);
	if (is("owner"))
		ADD(VMA, ckpt_hdr_vma);
	d = ADD_VAR(FS, ckpt_hdr_fs, "/\0/tmp", 7);
	d->umask = 022;
	d->root_len = 2;
	d->cwd_len = is("relative") ? 4 : 5;
	if (is("relative"))
		memcpy(d->paths + 2, "tmp", 4);
	fill_id(&d->root, "/");
	fill_id(&d->cwd, "/tmp");
	fs = obj(d);
}

static void add_vma(__u64 start, __u64 end, __u64 flags, __u32 file,
		    const char *name)
{
	struct ckpt_hdr_vma *v;

	v = ADD_VAR(VMA, ckpt_hdr_vma, name, name ? strlen(name) + 1 : 0);
	v->start = start;
	v->end = end;
	v->flags = flags;
	v->file = file;
}

static void add_mm(void)
{
	__u64 auxv[] = { 6, PAGE, is("auxv"), 0 };
	struct ckpt_hdr_inode *i = ADD(INODE, ckpt_hdr_inode);
	struct ckpt_hdr_mm *m;
	struct ckpt_hdr_x86_mm *x;

	i->size = 2 * PAGE;
	i->kind = CKPT_INODE_SHM_ANON;
	inode = obj(i);
	m = ADD(MM, ckpt_hdr_mm);
	m->exe_file = text;
	m->dumpable = 1;
	m->arg_start = 0x400000;
	m->arg_end = is("mm-order") ? 0x3fffff : 0x401000;
	mm = obj(m);
	add_var(CKPT_HDR_AUXV, sizeof(struct ckpt_hdr_auxv), auxv,
		sizeof(auxv));
	x = ADD(X86_MM, ckpt_hdr_x86_mm);
	x->vdso_image = CKPT_X86_VDSO_NONE;
	add_vma(0x400000, 0x402000, CKPT_VMA_READ | CKPT_VMA_EXEC, text, NULL);
	add_vma(is("vma-order") ? 0x401000 : 0x500000, 0x504000,
		CKPT_VMA_READ | CKPT_VMA_WRITE, 0, "heap");
	add_vma(0x600000, 0x602000, CKPT_VMA_READ | CKPT_VMA_WRITE |
		CKPT_VMA_SHARED | CKPT_VMA_MAYSHARE, inode, NULL);
}

static void add_sighand(void)
{
	struct ckpt_hdr_sighand *s = ADD(SIGHAND, ckpt_hdr_sighand);

	s->action[14].handler = 0x401000;
	s->action[14].flags = 0x14000000;
	s->action[0].handler = 1;
	if (is("sigkill"))
		s->action[8].handler = 1;
	sighand = obj(s);
}

static void add_task_own(void)
{
	struct ckpt_siginfo info = { .signo = 15, .code = is("siginfo") };
	struct ckpt_hdr_signal_task *s = ADD(SIGNAL_TASK, ckpt_hdr_signal_task);
	struct ckpt_hdr_sigpending *p;
	struct ckpt_hdr_x86_cpu *c = ADD(X86_CPU, ckpt_hdr_x86_cpu);
	struct ckpt_x86_xstate xs[2] = { { 0, 0 }, { 1, 0 } };
	struct ckpt_hdr_x86_fpu *f;
	__u64 cpus[2] = { 3, 3 };
	struct ckpt_hdr_sched *sc;
	struct ckpt_hdr_rlimits *r;

	s->blocked = is("blocked") ? 1 << 8 : 1 << 1;
	c->ip = 0x401000;
	c->sp = 0x7fffffff0000;
	c->orig_ax = 35;
	c->ax = -516;
	c->cs = is("kernel-cs") ? 0x10 : CKPT_X86_CS_64;
	c->ss = 0x2b;
	f = ADD_VAR(X86_FPU, ckpt_hdr_x86_fpu, xs, sizeof(xs));
	f->xfeatures = is("fpu") ? 7 : 3;
	p = ADD_VAR(SIGPENDING, ckpt_hdr_sigpending, &info, sizeof(info));
	p->set = is("siginfo") ? 1 << 9 : 1 << 14;
	p->nr_info = is("siginfo-count") ? 1000 : 1;
	ADD(RESTART_BLOCK, ckpt_hdr_restart_block)->kind =
		CKPT_RESTART_NANOSLEEP;
	ADD(FUTEX, ckpt_hdr_futex)->robust_list = 0x501000;
	*(__u64 *)&ADD(RSEQ, ckpt_hdr_rseq)->addr = 0x502000;
	((struct ckpt_hdr_rseq *)(image + used) - 1)->len = 32;
	sc = ADD_VAR(SCHED, ckpt_hdr_sched, cpus, sizeof(cpus));
	sc->flags = CKPT_SCHED_AFFINITY;
	sc->nr_cpus = is("cpus") ? 1 << 30 : 64;
	if (is("twice"))
		ADD(FUTEX, ckpt_hdr_futex);
	r = ADD(RLIMITS, ckpt_hdr_rlimits);
	memset(r->limit, 0xff, sizeof(r->limit));
	if (is("rlimit"))
		r->limit[7].max = 5;
	ADD(ITIMER, ckpt_hdr_itimer)->real_value = 1000;
	ADD(SIGNAL, ckpt_hdr_signal)->oom_score_adj = is("oom") ? 5000 : 5;
}

static void add_tasks(void)
{
	struct ckpt_hdr_task_objs *o;
	struct ckpt_hdr_task *t;
	int i;

	for (i = 0; i < 4 - is("no-task"); i++) {
		t = ADD(TASK, ckpt_hdr_task);
		t->index = is("task-index") ? 0 : i;
		strcpy((char *)t->comm, is("escape") ? "a\033[2Jb" : "worker");
		o = ADD(TASK_OBJS, ckpt_hdr_task_objs);
		o->cred = cred;
		if (i != 3 || is("dead-mm")) {
			o->mm = mm;
			o->files = files;
			o->fs = fs;
			o->sighand = sighand;
		}
		if (i < 2)
			add_task_own();
	}
}

/* What the growth rules are about. */
static void add_strange(void)
{
	struct ckpt_hdr *h;

	if (is("unknown") || is("optional")) {
		h = add(900, 64);
		h->flags = is("optional") ? CKPT_REC_OPTIONAL : 0;
	}
	if (is("rec-flags"))
		((struct ckpt_hdr *)add(900, 16))->flags = 2 | CKPT_REC_OPTIONAL;
	if (is("longer") || is("longer-set")) {
		h = add(CKPT_HDR_FUTEX, sizeof(struct ckpt_hdr_futex) + 16);
		image[used - 1] = is("longer-set");
	}
	if (is("shorter"))
		add(CKPT_HDR_FUTEX, sizeof(struct ckpt_hdr_futex) - 8);
}

static void add_meta_end(void)
{
	struct ckpt_hdr_meta_end *e = ADD(META_END, ckpt_hdr_meta_end);

	header->meta_len = used + 8 * is("meta-len");
	header->nr_records = nr_records + is("records");
	header->nr_objects = nr_objects + is("objects");
	header->nr_tasks = 4 - is("tasks");
	if (is("rec-len"))
		((struct ckpt_hdr *)(image + sizeof(*header)))->len = 17;
	if (is("rec-huge"))
		((struct ckpt_hdr *)(image + sizeof(*header)))->len = ~7U;
	e->crc = ckpt_crc32c(~0U, image, (unsigned char *)e - image);
	if (is("crc"))
		image[200] ^= 1;
}

static void add_pages(__u32 o, __u64 addr, __u64 nr, __u32 flags, __u64 ref)
{
	struct ckpt_hdr_pages *p = ADD(PAGES, ckpt_hdr_pages);
	struct ckpt_hdr *pad;
	size_t gap;

	p->obj = o;
	p->addr = addr;
	p->nr_pages = nr;
	p->flags = flags;
	p->ref = ref;
	runs_crc = ckpt_crc32c(runs_crc, p, sizeof(*p));
	nr_runs++;
	if (flags & CKPT_PAGES_REF)
		return;
	gap = -used & (PAGE - 1);
	if (gap && gap < sizeof(*pad))
		gap += PAGE;
	if (gap) {
		pad = (void *)(image + used);
		pad->type = is("no-pad") ? CKPT_HDR_PAGES : CKPT_HDR_PAD;
		pad->len = gap;
		used += gap;
		image[used - 1] = is("pad-set") && gap > sizeof(*pad);
	}
	memset(image + used, 'a' + nr_pages, nr * PAGE);
	data_crc = ckpt_crc32c(data_crc, image + used, nr * PAGE);
	if (is("data"))
		image[used + 100] ^= 0x80;
	used += nr * PAGE;
	nr_pages += nr;
}

static void add_contents(void)
{
	struct ckpt_hdr_trailer *t;

	add_pages(mm, 0x500000, 2, CKPT_PAGES_SHARED, 0);
	add_pages(mm, 0x502000, 1, CKPT_PAGES_REF, is("page-ref") ? 2 : 1);
	add_pages(mm, is("page-outside") ? 0x504000 : 0x503000, 1, 0, 0);
	add_pages(is("page-obj") ? cred : inode, is("page-beyond") ? PAGE : 0,
		  2, 0, 0);
	add_pages(memfd, is("memfd-beyond") ? PAGE : 0, 1, 0, 0);
	t = ADD(TRAILER, ckpt_hdr_trailer);
	t->nr_runs = nr_runs;
	t->nr_pages = nr_pages + is("page-count");
	t->crc = runs_crc ^ is("runs-crc");
	t->data_crc = data_crc;
	memcpy(t->uuid, header->uuid, sizeof(t->uuid));
	t->uuid[3] ^= is("uuid");
	t->magic = CKPT_MAGIC;
	if (is("truncated"))
		used -= 5000;
	if (is("short"))
		used -= 8;
	if (is("extra"))
		used += 100;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		flaw = argv[1];
	add_headers();
	add_tree();
	add_cred();
	add_files();
	add_mm();
	add_sighand();
	add_tasks();
	add_strange();
	add_meta_end();
	add_contents();
	return fwrite(image, 1, used, stdout) == used && !fflush(stdout) ? 0 : 1;
}
