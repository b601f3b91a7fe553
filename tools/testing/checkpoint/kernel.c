// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader of images, in user space: what it needs of the kernel
 *
 * The sources of the subsystem are compiled as they are, with the kernel's own
 * headers and configuration. Of all they call only this little is here, because
 * checks of records call nothing else; whatever else there is has an address
 * that faults (see Makefile), and so tells of a check that is not pure.
 */
#include <linux/bvec.h>
#include <linux/checkpoint_arch.h>
#include <linux/cpufeature.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/xarray.h>
#include <net/af_unix.h>
#include <asm/current.h>
#include "internal.h"
#include "pages.h"
#include "kernel.h"
#include "libc.h"
#include "tests/covers.h"

/* ---- memory ---- */

/* More than this is refused, as a control group would. */
#define MEMORY_MAX	(64UL << 20)

static void *get_memory(size_t size, gfp_t gfp)
{
	/* The kernel would warn. */
	if (size > INT_MAX && !(gfp & __GFP_NOWARN)) {
		printf("allocation of %zu bytes without __GFP_NOWARN\n", size);
		abort();
	}
	if (size > MEMORY_MAX)
		return NULL;
	return gfp & __GFP_ZERO ? calloc(1, size) : malloc(size);
}

void *__kmalloc_noprof(size_t size, gfp_t gfp)
{
	return get_memory(size, gfp);
}

void *__kmalloc_cache_noprof(struct kmem_cache *s, gfp_t gfp, size_t size)
{
	return get_memory(size, gfp);
}

void *__kvmalloc_node_noprof(DECL_BUCKET_PARAMS(size, b), gfp_t gfp, int node)
{
	return get_memory(size, gfp);
}

void kfree(const void *p)
{
	free((void *)p);
}

void kvfree(const void *p)
{
	free((void *)p);
}

struct kmem_cache *kmalloc_caches[NR_KMALLOC_TYPES][KMALLOC_SHIFT_HIGH + 1];

/* ---- strings ---- */

void *memchr_inv(const void *s, int c, size_t n)
{
	const u8 *p = s;

	for (; n; n--, p++)
		if (*p != (u8)c)
			return (void *)p;
	return NULL;
}

ssize_t sized_strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size);

	if (!size)
		return -E2BIG;
	memcpy(to, from, min(len, size - 1));
	to[min(len, size - 1)] = '\0';
	return len < size ? len : -E2BIG;
}

int match_string(const char * const *array, size_t n, const char *string)
{
	size_t i;

	for (i = 0; i < n && array[i]; i++)
		if (!strcmp(array[i], string))
			return i;
	return -EINVAL;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	if (!strcmp(fmt, "%pV")) {
		struct va_format *vaf = va_arg(args, struct va_format *);

		n = vsnprintf(buf, size, vaf->fmt, *vaf->va);
	} else {
		n = vsnprintf(buf, size, fmt, args);
	}
	va_end(args);
	return size ? min_t(int, n, size - 1) : 0;
}

void generate_random_uuid(u8 uuid[16])
{
	memset(uuid, 1, 16);
}

void __warn_printk(const char *fmt, ...)
{
	printf("WARN: %s", fmt);
	abort();
}

/* ---- the task that calls ---- */

struct task_struct init_task;
/* The segment of the per-CPU variables starts at 0 here. */
struct pcpu_hot only_cpu = { .current_task = &init_task };

asm(".globl pcpu_hot, const_pcpu_hot; .set pcpu_hot, only_cpu; .set const_pcpu_hot, only_cpu");

struct cpuinfo_x86 boot_cpu_data;

/* No socket is in a message. */
unsigned int unix_tot_inflight;

int __cond_resched(void)
{
	return 0;
}

void _raw_spin_lock(raw_spinlock_t *lock)
{
}

void __mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key)
{
}

void __init_waitqueue_head(struct wait_queue_head *wq, const char *name,
			   struct lock_class_key *key)
{
}

int rhashtable_init_noprof(struct rhashtable *ht,
			   const struct rhashtable_params *params)
{
	return 0;
}

void rhashtable_free_and_destroy(struct rhashtable *ht,
				 void (*fn)(void *ptr, void *arg), void *arg)
{
}

void rhashtable_destroy(struct rhashtable *ht)
{
}

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max,
	      xa_mark_t filter)
{
	return NULL;
}

void xa_destroy(struct xarray *xa)
{
}

void put_pid(struct pid *pid)
{
}

void fput(struct file *file)
{
	if (atomic_long_dec_and_test(&file->f_count)) {
		free(file->private_data);
		free(file);
	}
}

/* ---- files: a piece of memory each ---- */

struct contents {
	u8 *data;
	size_t len;
	size_t max;
};

struct file *shmem_kernel_file_setup(const char *name, loff_t size,
				     unsigned long flags)
{
	struct file *file = calloc(1, sizeof(*file));
	struct contents *c = calloc(1, sizeof(*c) + SZ_8M);

	c->data = (u8 *)(c + 1);
	c->max = SZ_8M;
	file->f_mode = FMODE_READ | FMODE_WRITE | FMODE_LSEEK;
	file->private_data = c;
	atomic_long_set(&file->f_count, 1);
	return file;
}

ssize_t vfs_iter_read(struct file *file, struct iov_iter *iter, loff_t *pos,
		      rwf_t flags)
{
	struct contents *c = file->private_data;
	size_t n = min(iov_iter_count(iter), c->len - *pos);

	/* In pieces, as streams come; only single vectors are used. */
	n = min_t(size_t, n, 100000);
	memcpy(iter->kvec->iov_base + iter->iov_offset, c->data + *pos, n);
	iter->iov_offset += n;
	iter->count -= n;
	*pos += n;
	return n;
}

ssize_t kernel_write(struct file *file, const void *buf, size_t len, loff_t *pos)
{
	struct contents *c = file->private_data;

	if (*pos + len > c->max)
		return -ENOSPC;
	memcpy(c->data + *pos, buf, len);
	*pos += len;
	c->len = max_t(size_t, c->len, *pos);
	return len;
}

ssize_t vfs_iter_write(struct file *file, struct iov_iter *iter, loff_t *pos,
		       rwf_t flags)
{
	const struct kvec *vec = iter->kvec;
	unsigned long i;
	ssize_t n;

	for (i = 0; i < iter->nr_segs; i++) {
		n = kernel_write(file, vec[i].iov_base, vec[i].iov_len, pos);
		if (n < 0)
			return n;
	}
	n = iter->count;
	iter->count = 0;
	return n;
}

ssize_t kernel_read(struct file *file, void *buf, size_t len, loff_t *pos)
{
	struct contents *c = file->private_data;
	size_t n = min(len, c->len - *pos);

	memcpy(buf, c->data + *pos, n);
	*pos += n;
	return n;
}

void iov_iter_kvec(struct iov_iter *i, unsigned int direction,
		   const struct kvec *kvec, unsigned long nr_segs, size_t count)
{
	*i = (struct iov_iter) {
		.iter_type = ITER_KVEC,
		.data_source = direction,
		.kvec = kvec,
		.nr_segs = nr_segs,
		.count = count,
	};
}

/* ---- what restart() does with an image before it makes anything ---- */

static char message[CKPT_MSG_MAX];

const char *kernel_message(void)
{
	return message;
}

unsigned int kernel_good_record(unsigned int nr, void *rec, unsigned long room)
{
	return ckpt_kunit_good_record(nr, rec, room);
}

/* Everything that is read again later must be there. */
static int use_records(struct ckpt_ctx *ctx)
{
	const struct ckpt_hdr *h;
	struct ckpt_cursor c;
	u64 nr = 0;
	u32 i;
	int ret;

	ckpt_cursor_first(ctx, &c);
	ckpt_cursor_next(&c);
	ckpt_read_opt_type(&c, CKPT_HDR_ARCH);
	ret = restore_container(ctx, &c);
	if (ret)
		return ret;
	while ((h = ckpt_cursor_peek(&c)) && h->type != CKPT_HDR_TREE)
		ckpt_cursor_next(&c);
	ret = restore_tree(ctx, &c);
	if (ret)
		return ret;
	for (i = 0; i < ctx->nr_objs; i++) {
		const struct ckpt_obj *o = ckpt_obj_by_id(ctx, i + 1);

		if (o->h->id != i + 1 || !ckpt_kind(o->h->type)->class)
			abort();
	}
	ckpt_cursor_first(ctx, &c);
	while ((h = ckpt_cursor_next(&c)))
		nr++;
	if (nr != ctx->header->nr_records)
		abort();
	return 0;
}

/* What has been accepted and is written again is the same to the byte. */
static void write_again(struct ckpt_ctx *ctx, const void *image)
{
	struct file *in = ctx->image, *out;
	struct contents *c;

	out = shmem_kernel_file_setup("", 0, 0);
	c = out->private_data;
	ctx->image = out;
	ctx->pos = 0;
	if (ctx->meta_len <= c->max &&
	    (ckpt_image_write_meta(ctx) || c->len != ctx->meta_len ||
	     memcmp(c->data, image, c->len)))
		abort();
	ctx->image = in;
	fput(out);
}

static int read_trailer(struct ckpt_ctx *ctx)
{
	struct ckpt_validator v = {};
	struct ckpt_hdr_trailer t;
	struct ckpt_hdr_pages p;
	int ret;

	for (;;) {
		ret = ckpt_image_read(ctx, &p.h, sizeof(p.h));
		if (ret || p.h.type != CKPT_HDR_PAGES || p.h.len != sizeof(p))
			break;
		ret = ckpt_image_read(ctx, &p.h + 1, sizeof(p) - sizeof(p.h));
		if (ret)
			return ret;
		ret = ckpt_pages_validate(&v, &p.h);
		if (ret)
			return ret;
		ctx->nr_runs++;
	}
	if (ret || p.h.type != CKPT_HDR_TRAILER || p.h.len != sizeof(t))
		return ret ?: -EBADMSG;
	t.h = p.h;
	ret = ckpt_image_read(ctx, &t.h + 1, sizeof(t) - sizeof(t.h));
	return ret ?: restore_trailer(ctx, &t);
}

/**
 * kernel_read_image - read an image as restart() does
 * @image: the image
 * @len: its bytes
 *
 * Return: 0 if its metadata is accepted, or a negative errno.
 */
int kernel_read_image(const void *image, unsigned long len)
{
	struct contents contents = { .data = (u8 *)image, .len = len };
	struct file file = { .f_mode = FMODE_READ | FMODE_LSEEK };
	struct ckpt_ctx *ctx = ckpt_ctx_alloc(CKPT_OP_RESTART);
	int ret;

	file.private_data = &contents;
	atomic_long_set(&file.f_count, 2);
	ctx->image = &file;
	ret = restore_header(ctx) ?:
	      ckpt_image_read_meta(ctx) ?:
	      ckpt_validate_meta(ctx);
	/* The caller sees the first errno, and a message with it. */
	if (ret != ctx->err || (ret && !*ctx->msg))
		abort();
	if (!ret) {
		write_again(ctx, image);
		ctx->pos = ctx->meta_len;
		ret = use_records(ctx);
		read_trailer(ctx);
	}
	memcpy(message, ctx->msg, sizeof(message));
	ckpt_ctx_put(ctx);
	return ret;
}
