/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - x86: what the files of this directory share
 */
#ifndef _CHECKPOINT_X86_H
#define _CHECKPOINT_X86_H

#include <linux/checkpoint_arch.h>
#include <asm/checkpoint_hdr.h>
#include "internal.h"

struct vdso_image;

/* header.c */
struct ckpt_hdr_x86_header *ckpt_x86_header(struct ckpt_ctx *ctx);
int ckpt_x86_header_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

/* cpu.c */
int ckpt_x86_cpu_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

/* fpu.c */
int checkpoint_x86_fpu(struct ckpt_ctx *ctx, struct task_struct *tsk);
int restore_x86_fpu(struct ckpt_ctx *ctx, struct ckpt_cursor *c);
int ckpt_x86_fpu_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

/* tls.c */
int checkpoint_x86_tls(struct ckpt_ctx *ctx, struct task_struct *tsk);
int restore_x86_tls(struct ckpt_ctx *ctx, struct ckpt_cursor *c);
int ckpt_x86_tls_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

/* mm.c */
int ckpt_x86_mm_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

/* vdso.c */
const struct vdso_image *ckpt_x86_vdso_image(u32 nr);
const char *ckpt_x86_vdso_name(u32 nr);
void ckpt_x86_vdso_identify(u32 nr, struct ckpt_x86_vdso *id);
int checkpoint_x86_vdso(struct ckpt_ctx *ctx, struct mm_struct *mm,
			struct ckpt_hdr_x86_mm *rec);
int restore_x86_vdso(struct ckpt_ctx *ctx, const struct ckpt_hdr_x86_mm *rec);

#endif /* _CHECKPOINT_X86_H */
