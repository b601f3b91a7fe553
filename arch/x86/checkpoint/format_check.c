// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - x86: the image format, frozen
 *
 * Nothing but static assertions: a field that moves breaks old images.
 */
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <asm/checkpoint_hdr.h>

#define CKPT_CHECK_SIZE(name, size) \
	static_assert(sizeof(struct ckpt_hdr_x86_##name) == (size))
#define CKPT_CHECK_OFFSET(name, field, off) \
	static_assert(offsetof(struct ckpt_hdr_x86_##name, field) == (off))

static_assert(sizeof(struct ckpt_x86_vdso) == 8);
static_assert(sizeof(struct ckpt_x86_xstate) == 8);
static_assert(sizeof(struct ckpt_x86_tls) == 12);

CKPT_CHECK_SIZE(header, 64);
CKPT_CHECK_OFFSET(header, vdso, 48);
CKPT_CHECK_SIZE(cpu, 248);
CKPT_CHECK_OFFSET(cpu, ax, 96);
CKPT_CHECK_OFFSET(cpu, ip, 144);
CKPT_CHECK_OFFSET(cpu, fs_base, 168);
CKPT_CHECK_OFFSET(cpu, state, 196);
CKPT_CHECK_OFFSET(cpu, cr2, 216);
CKPT_CHECK_SIZE(fpu, 32);
CKPT_CHECK_SIZE(tls, 56);
CKPT_CHECK_SIZE(mm, 64);
CKPT_CHECK_OFFSET(mm, vdso, 24);
