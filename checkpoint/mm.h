/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - address spaces, their areas, and nameless contents
 */
#ifndef _CHECKPOINT_MM_H
#define _CHECKPOINT_MM_H

#include <linux/mm_types.h>
#include <linux/shmem_fs.h>
#include "internal.h"

/* mm.c */
int checkpoint_mm(struct ckpt_ctx *ctx, void *obj);
int ckpt_mm_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_auxv_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_mm(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		 struct ckpt_cursor *c);
void ckpt_mm_get(void *obj);
void ckpt_mm_put(void *obj);
int ckpt_install_mm(struct ckpt_ctx *ctx, struct mm_struct *mm);
void restore_mm_commit(struct ckpt_ctx *ctx, u32 id, bool process);

/* vma.c */

/**
 * struct ckpt_vma_file - the file of the last area: many have the same in turn
 * @file: the file, or NULL
 * @id: its object
 */
struct ckpt_vma_file {
	struct file *file;
	int id;
};

u64 ckpt_vma_flags(vm_flags_t vm_flags);
vm_flags_t ckpt_vm_flags(u64 flags);
int checkpoint_vma_objs(struct ckpt_ctx *ctx, struct mm_struct *mm);
int checkpoint_vma(struct ckpt_ctx *ctx, struct vm_area_struct *vma,
		   struct ckpt_vma_file *last);
int ckpt_vma_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int restore_vma(struct ckpt_ctx *ctx, const struct ckpt_hdr_vma *h);
int restore_anon_roots(struct ckpt_ctx *ctx);
void ckpt_anon_roots_free(struct ckpt_ctx *ctx);

/* inode.c */
int checkpoint_inode(struct ckpt_ctx *ctx, void *obj);
int ckpt_inode_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_inode(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		    struct ckpt_cursor *c);
int ckpt_copy_shmem(struct ckpt_ctx *ctx, u32 id, struct inode *inode);
void ckpt_inode_get(void *obj);
void ckpt_inode_put(void *obj);
int restore_inode_page_get(struct ckpt_ctx *ctx, struct ckpt_obj *o, u64 pos,
			   struct page **pagep);

/*
 * shmem_file_setup() says so if it gets no memory for an inode: the mount that
 * it uses has no limits.
 */
static inline int ckpt_shmem_errno(long err)
{
	return err == -ENOSPC ? -ENOMEM : err;
}

/* What depends on the configuration. */
#ifdef CONFIG_NUMA
static inline bool ckpt_shmem_has_policy(struct inode *inode)
{
	return !RB_EMPTY_ROOT(&SHMEM_I(inode)->policy.root);
}
#else
static inline bool ckpt_shmem_has_policy(struct inode *inode)
{
	return false;
}
#endif

#endif /* _CHECKPOINT_MM_H */
