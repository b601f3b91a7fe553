/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - address spaces, their areas and their contents
 */
#ifndef _CHECKPOINT_MM_H
#define _CHECKPOINT_MM_H

#include "internal.h"

struct mm_struct;
struct page;
struct vm_area_struct;

/* mm.c */
int checkpoint_mm(struct ckpt_ctx *ctx, void *obj);
int ckpt_mm_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_auxv_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_mm(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		 struct ckpt_cursor *c);
void ckpt_mm_get(void *obj);
void ckpt_mm_put(void *obj);
int ckpt_install_mm(struct ckpt_ctx *ctx, struct mm_struct *mm);
void restore_mm_commit(struct ckpt_ctx *ctx, u32 id);

/* vma.c */
int checkpoint_vma_objs(struct ckpt_ctx *ctx, struct mm_struct *mm);
int checkpoint_vma(struct ckpt_ctx *ctx, struct vm_area_struct *vma);
int ckpt_vma_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int restore_vma(struct ckpt_ctx *ctx, const struct ckpt_hdr_vma *h);
int restore_anon_roots(struct ckpt_ctx *ctx);
void ckpt_anon_roots_free(struct ckpt_ctx *ctx);
u64 ckpt_vma_flags(vm_flags_t vm_flags);
vm_flags_t ckpt_vm_flags(u64 flags);

/* pages.c */
int ckpt_pages_add(struct ckpt_ctx *ctx, u32 obj, u64 addr, struct page *page);
int checkpoint_vma_pages(struct ckpt_ctx *ctx, u32 obj,
			 struct vm_area_struct *vma);
int checkpoint_write_pages(struct ckpt_ctx *ctx);
int ckpt_pages_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int restore_read_pages(struct ckpt_ctx *ctx);
void ckpt_pages_free(struct ckpt_ctx *ctx);

/* inode.c */
int checkpoint_inode(struct ckpt_ctx *ctx, void *obj);
int ckpt_inode_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_inode(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		    struct ckpt_cursor *c);
void ckpt_inode_get(void *obj);
void ckpt_inode_put(void *obj);
bool ckpt_inode_supported(struct inode *inode);
int restore_inode_page_get(struct ckpt_ctx *ctx, struct ckpt_obj *o, u64 pos,
			   struct page **pagep);

#endif /* _CHECKPOINT_MM_H */
