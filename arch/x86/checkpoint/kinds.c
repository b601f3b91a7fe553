// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - x86: the table of record types
 */
#include "x86.h"

static const struct ckpt_kind kinds[] = {
	[CKPT_HDR_X86_HEADER - CKPT_HDR_ARCH] = {
		.name		= "X86_HEADER",
		.min_len	= sizeof(struct ckpt_hdr_x86_header),
		.validate	= ckpt_x86_header_validate,
	},
	[CKPT_HDR_X86_CPU - CKPT_HDR_ARCH] = {
		.name		= "X86_CPU",
		.min_len	= sizeof(struct ckpt_hdr_x86_cpu),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_x86_cpu_validate,
	},
	[CKPT_HDR_X86_FPU - CKPT_HDR_ARCH] = {
		.name		= "X86_FPU",
		.min_len	= sizeof(struct ckpt_hdr_x86_fpu),
		.max_len	= CKPT_RECORD_MAX,
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_x86_fpu_validate,
	},
	[CKPT_HDR_X86_TLS - CKPT_HDR_ARCH] = {
		.name		= "X86_TLS",
		.min_len	= sizeof(struct ckpt_hdr_x86_tls),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_x86_tls_validate,
	},
	[CKPT_HDR_X86_MM - CKPT_HDR_ARCH] = {
		.name		= "X86_MM",
		.min_len	= sizeof(struct ckpt_hdr_x86_mm),
		.owner		= CKPT_HDR_MM,
		.validate	= ckpt_x86_mm_validate,
	},
};

const struct ckpt_kind *ckpt_arch_kind(u32 type)
{
	u32 nr = type - CKPT_HDR_ARCH;

	return nr < ARRAY_SIZE(kinds) ? &kinds[nr] : NULL;
}
