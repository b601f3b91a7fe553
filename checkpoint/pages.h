/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - the contents of memory
 */
#ifndef _CHECKPOINT_PAGES_H
#define _CHECKPOINT_PAGES_H

#include "internal.h"

struct page;
struct vm_area_struct;

/*
 * For copies made while tasks are stopped: if there is not enough memory the
 * checkpoint fails, and nobody is killed for it.
 */
#define CKPT_GFP_COPY	(GFP_HIGHUSER | __GFP_ACCOUNT | __GFP_RETRY_MAYFAIL | \
			 __GFP_NOWARN)

int ckpt_pages_add(struct ckpt_ctx *ctx, u32 obj, u64 addr, struct page *page);
int checkpoint_vma_pages(struct ckpt_ctx *ctx, u32 obj,
			 struct vm_area_struct *vma);
int checkpoint_write_pages(struct ckpt_ctx *ctx);
int ckpt_pages_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int restore_read_pages(struct ckpt_ctx *ctx);
void ckpt_pages_free(struct ckpt_ctx *ctx);

#endif /* _CHECKPOINT_PAGES_H */
