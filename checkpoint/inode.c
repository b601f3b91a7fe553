// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - contents without a name: shared anonymous memory
 *
 * Saved: size, how it is accounted for, labels, and all pages, swapped ones
 *	included.
 * Not saved: the inode number in /proc/PID/maps; that pages were reserved (by
 *	fallocate()) and never written.
 * Refused: memory policies; memory opened through /proc/PID/map_files.
 *
 * The kernel object is a struct file in both directions: the one that all
 * mappings of this memory share, from mmap() on and through every fork().
 *
 * A page of shared memory cannot be made copy-on-write: others may have to see
 * what is written to it. So these are the only pages that are copied while the
 * tasks are stopped.
 */

#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>

#include "container.h"
#include "mm.h"
#include "pages.h"

/* Of the nameless files only these are called so; see newseg(). */
static bool is_sysv(struct file *file)
{
	return !strncmp(file->f_path.dentry->d_name.name, "SYSV", 4);
}

/* shmem accounts for the whole size, or page by page with VM_NORESERVE. */
static u32 inode_flags(struct inode *inode)
{
	return SHMEM_I(inode)->flags & VM_NORESERVE ? CKPT_INODE_NORESERVE : 0;
}

static int copy_shared_page(struct ckpt_ctx *ctx, u32 id, struct inode *inode,
			    pgoff_t index)
{
	struct folio *folio;
	struct page *page;
	int ret;

	ret = shmem_get_folio(inode, index, 0, &folio, SGP_READ);
	if (ret)
		return ckpt_err(ctx, ret, "shared memory: cannot be read");
	if (!folio)
		return 0;

	ctx->nr_scanned++;
	page = alloc_page(CKPT_GFP_COPY);
	if (!page)
		ret = ckpt_err(ctx, -ENOMEM, "shared memory: no memory for a copy");
	else if (copy_mc_highpage(page, folio_file_page(folio, index)))
		ret = ckpt_err(ctx, -EIO, "shared memory: hardware error");
	folio_unlock(folio);
	folio_put(folio);
	if (ret) {
		if (page)
			put_page(page);
		return ret;
	}
	return ckpt_pages_add(ctx, id, (u64)index << PAGE_SHIFT, page);
}

static int copy_range(struct ckpt_ctx *ctx, u32 id, struct inode *inode,
		      loff_t start, loff_t end)
{
	pgoff_t index;
	int ret;

	for (index = start >> PAGE_SHIFT;
	     index < DIV_ROUND_UP_ULL(end, PAGE_SIZE); index++) {
		ret = copy_shared_page(ctx, id, inode, index);
		if (ret)
			return ret;
		if (fatal_signal_pending(current))
			return ckpt_err(ctx, -EINTR, "interrupted");
		cond_resched();
	}
	return 0;
}

/**
 * ckpt_copy_shmem - copy all pages of shared memory
 * @ctx: the checkpoint
 * @id: the object that they belong to
 * @inode: inode of a file in memory
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_copy_shmem(struct ckpt_ctx *ctx, u32 id, struct inode *inode)
{
	loff_t size = i_size_read(inode);
	loff_t start = 0, end;
	int ret;

	while (start < size) {
		start = mapping_seek_hole_data(inode->i_mapping, start, size,
					       SEEK_DATA);
		if (start < 0)
			break;
		end = mapping_seek_hole_data(inode->i_mapping, start, size,
					     SEEK_HOLE);
		if (end < 0)
			end = size;
		ret = copy_range(ctx, id, inode, start, end);
		if (ret)
			return ret;
		start = end;
	}
	return 0;
}

/**
 * checkpoint_inode - write a piece of shared anonymous memory
 * @ctx: the checkpoint
 * @obj: the struct file of its mappings
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_inode(struct ckpt_ctx *ctx, void *obj)
{
	ktime_t start = ktime_get();
	struct file *file = obj;
	struct inode *inode = file_inode(file);
	struct ckpt_hdr_inode *h;
	int ret;

	if (ckpt_shmem_has_policy(inode))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"shared memory: has a memory policy");
	/* Another file for the same memory would have the name open as well. */
	if (!is_sysv(file) && d_count(file->f_path.dentry) != 1)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"shared memory: opened through map_files");

	h = ckpt_new_obj(ctx, CKPT_HDR_INODE, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->size = i_size_read(inode);
	h->kind = is_sysv(file) ? CKPT_INODE_SHM_SYSV : CKPT_INODE_SHM_ANON;
	h->flags = inode_flags(inode);
	ret = ckpt_copy_shmem(ctx, h->h.id, inode);
	ctx->memdump_time += ktime_to_ns(ktime_sub(ktime_get(), start));
	return ret;
}

/**
 * ckpt_inode_validate - check an INODE record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0, -EBADMSG or -EOPNOTSUPP
 */
int ckpt_inode_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_inode *i = (const void *)h;

	if (i->kind != CKPT_INODE_SHM_ANON && i->kind != CKPT_INODE_SHM_SYSV) {
		v->why = "unknown kind of contents";
		return -EOPNOTSUPP;
	}
	if (i->size > MAX_LFS_FILESIZE)
		return ckpt_bad(v, "size of shared memory");
	if (i->flags & ~CKPT_INODE_NORESERVE)
		return ckpt_bad(v, "unknown flags of shared memory");
	return 0;
}

/**
 * restore_inode - create a piece of shared anonymous memory, without contents
 * @ctx: the restart
 * @h: its record
 * @c: position behind that
 *
 * Return: the struct file for its mappings, referenced, or ERR_PTR() of an
 * errno that has been reported.
 */
void *restore_inode(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		    struct ckpt_cursor *c)
{
	const struct ckpt_hdr_inode *i = (const void *)h;
	unsigned long flags = 0;
	struct file *file;

	/* An IPC namespace has made those that there are. */
	if (i->kind == CKPT_INODE_SHM_SYSV)
		return ERR_PTR(ckpt_err(ctx, -EBADMSG,
					"image: shared memory of no System V segment"));
	/* As mmap() decides it. */
	if ((i->flags & CKPT_INODE_NORESERVE) &&
	    sysctl_overcommit_memory != OVERCOMMIT_NEVER)
		flags = VM_NORESERVE;
	/* The same name, and the same treatment by security modules, as mmap(). */
	file = shmem_kernel_file_setup("dev/zero", i->size, flags);
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, ckpt_shmem_errno(PTR_ERR(file)),
					"shared memory of %llu bytes", i->size));
	return file;
}

/**
 * restore_inode_page_get - get a page of shared memory, to be filled
 * @ctx: the restart
 * @o: the INODE, TMPFS_ENTRY or UNLINKED object, restored; the last is one of
 *	tmpfs
 * @pos: byte offset, page aligned; from the image
 * @pagep: where to put the page, referenced
 *
 * It stays in memory, and what it belongs to, as long as the reference is
 * held; the caller fills it and marks it dirty.
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_inode_page_get(struct ckpt_ctx *ctx, struct ckpt_obj *o, u64 pos,
			   struct page **pagep)
{
	struct inode *inode = o->h->type == CKPT_HDR_TMPFS_ENTRY ?
			      restore_tmpfs_inode(o) : file_inode(o->ptr);
	struct folio *folio;
	int ret;

	/* Contents of a filesystem that is not filled are read and forgotten. */
	if (!inode) {
		*pagep = alloc_page(GFP_KERNEL_ACCOUNT);
		return *pagep ? 0 : ckpt_err(ctx, -ENOMEM, "file of a tmpfs");
	}
	/*
	 * What is made from the image may be of any kind: pages of a symbolic
	 * link would be read as a string.
	 */
	if (!S_ISREG(inode->i_mode))
		return ckpt_err(ctx, -EBADMSG,
				"page %llx of object %u: is no regular file", pos,
				o->h->id);
	if (pos >= i_size_read(inode))
		return ckpt_err(ctx, -EBADMSG,
				"page %llx of object %u: is behind the end", pos,
				o->h->id);
	ret = shmem_get_folio(inode, pos >> PAGE_SHIFT, 0, &folio, SGP_CACHE);
	if (ret)
		return ckpt_err(ctx, ret, "shared memory: cannot be filled");
	*pagep = folio_file_page(folio, pos >> PAGE_SHIFT);
	folio_unlock(folio);
	return 0;
}

/**
 * ckpt_inode_get - take a reference on shared memory
 * @obj: its struct file
 */
void ckpt_inode_get(void *obj)
{
	get_file(obj);
}

/**
 * ckpt_inode_put - drop a reference on shared memory
 * @obj: its struct file
 */
void ckpt_inode_put(void *obj)
{
	fput(obj);
}
