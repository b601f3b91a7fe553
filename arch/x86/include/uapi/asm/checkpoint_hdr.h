/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* The format of a checkpoint image: x86. */
#ifndef _UAPI_ASM_X86_CHECKPOINT_HDR_H
#define _UAPI_ASM_X86_CHECKPOINT_HDR_H

#include <linux/types.h>
#include <linux/checkpoint_hdr.h>

enum ckpt_hdr_type_x86 {
	CKPT_HDR_X86_HEADER	= CKPT_HDR_ARCH,	/* the arch header */
	CKPT_HDR_X86_CPU	= CKPT_HDR_ARCH + 1,	/* of a task */
	CKPT_HDR_X86_FPU	= CKPT_HDR_ARCH + 2,	/* of a task */
	CKPT_HDR_X86_TLS	= CKPT_HDR_ARCH + 3,	/* of a task */
	CKPT_HDR_X86_MM		= CKPT_HDR_ARCH + 4,	/* of an MM */
};

#endif /* _UAPI_ASM_X86_CHECKPOINT_HDR_H */
