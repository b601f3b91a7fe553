// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - x86: what the processor and the kernel must offer
 *
 * Saved: the extended states in use; those on offer, for a warning; the highest
 * address in use; identities of the vdso images and which are in use.
 * Not saved: the rest of CPUID. Programs that choose code paths by it should be
 * restarted on processors that offer what they found.
 * Refused: processors without XSAVE. At restart, those without a state that is
 * in use, or with too few address bits; other vdso images, if mapped.
 */
#include <linux/cpufeature.h>
#include <linux/mm.h>
#include <asm/fpu/api.h>
#include <asm/fpu/types.h>
#include <asm/fpu/xstate.h>
#include <asm/ia32.h>
#include "x86.h"

/**
 * ckpt_x86_header - the arch header, to be completed
 * @ctx: the checkpoint
 *
 * Return: the record.
 */
struct ckpt_hdr_x86_header *ckpt_x86_header(struct ckpt_ctx *ctx)
{
	return container_of(ctx->arch_header, struct ckpt_hdr_x86_header, h);
}

int ckpt_arch_checkpoint_header(struct ckpt_ctx *ctx)
{
	struct ckpt_hdr_x86_header *rec;
	u32 i;

	if (!cpu_feature_enabled(X86_FEATURE_XSAVE))
		return ckpt_err(ctx, -EOPNOTSUPP, "processor without XSAVE");
	rec = ckpt_new_rec(ctx, CKPT_HDR_X86_HEADER, sizeof(*rec));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	rec->xfeatures_offered = fpu_user_cfg.default_features;
	if (cpu_feature_enabled(X86_FEATURE_OSPKE))
		rec->flags |= CKPT_X86_HAS_PKRU;
	for (i = 0; i < CKPT_X86_VDSO_NR; i++)
		ckpt_x86_vdso_identify(i, &rec->vdso[i]);
	ctx->arch_header = &rec->h;
	return 0;
}

int ckpt_x86_header_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_x86_header *rec =
		container_of(h, struct ckpt_hdr_x86_header, h);
	u32 i;

	if (v->owner != CKPT_HDR_HEADER)
		return ckpt_bad(v, "arch header is not behind the header");
	if (rec->flags & ~(CKPT_X86_HAS_PKRU | CKPT_X86_HAS_IA32))
		return ckpt_bad(v, "unknown flags");
	if (rec->vdso_used & ~GENMASK(CKPT_X86_VDSO_NR - 1, 0))
		return ckpt_bad(v, "unknown vdso image");
	for (i = 0; i < CKPT_X86_VDSO_NR; i++)
		if ((rec->vdso_used & BIT(i)) && !rec->vdso[i].size)
			return ckpt_bad(v, "vdso image in use that does not exist");
	return 0;
}

static int check_xfeatures(struct ckpt_ctx *ctx,
			   const struct ckpt_hdr_x86_header *rec)
{
	u64 missing = rec->xfeatures & ~fpu_user_cfg.max_features;
	const char *name;

	if (!cpu_feature_enabled(X86_FEATURE_XSAVE))
		return ckpt_err(ctx, -EOPNOTSUPP, "processor without XSAVE");
	if (missing) {
		cpu_has_xfeatures(missing, &name);
		return ckpt_err(ctx, -EOPNOTSUPP,
				"processor lacks %s, which is in use (state components %#llx)",
				name, missing);
	}
	missing = rec->xfeatures_offered & ~fpu_user_cfg.max_features;
	if (missing) {
		cpu_has_xfeatures(missing, &name);
		ckpt_warn(ctx, "processor lacks %s, which is not in use now (state components %#llx)",
			  name, missing);
	}
	return 0;
}

static int check_vdso(struct ckpt_ctx *ctx,
		      const struct ckpt_hdr_x86_header *rec)
{
	struct ckpt_x86_vdso here;
	u32 i;

	for (i = 0; i < CKPT_X86_VDSO_NR; i++) {
		if (!(rec->vdso_used & BIT(i)))
			continue;
		ckpt_x86_vdso_identify(i, &here);
		if (!here.size)
			return ckpt_err(ctx, -EOPNOTSUPP,
					"kernel has no %s vdso, which is mapped",
					ckpt_x86_vdso_name(i));
		if (here.size != rec->vdso[i].size ||
		    here.crc != rec->vdso[i].crc)
			return ckpt_err(ctx, -EOPNOTSUPP,
					"%s vdso differs from the one that is mapped: other kernel or processor",
					ckpt_x86_vdso_name(i));
	}
	return 0;
}

int ckpt_arch_restore_header(struct ckpt_ctx *ctx, struct ckpt_cursor *c)
{
	const struct ckpt_hdr_x86_header *rec;
	int err;

	rec = ckpt_read_obj_type(c, CKPT_HDR_X86_HEADER);
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	/* Created tasks would each be given one, in the caller's memory. */
	if (ckpt_x86_features(current))
		return ckpt_err(ctx, -EINVAL, "the caller has a shadow stack");
	err = check_xfeatures(ctx, rec);
	if (err)
		return err;
	if (rec->addr_end > TASK_SIZE_MAX)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"memory up to %#llx is in use, which needs 5-level page tables",
				rec->addr_end);
	if ((rec->flags & CKPT_X86_HAS_IA32) && !ia32_enabled())
		return ckpt_err(ctx, -EOPNOTSUPP,
				"kernel does not run 32-bit programs");
	err = check_vdso(ctx, rec);
	if (err)
		return err;
	ctx->arch_header = (struct ckpt_hdr *)&rec->h;
	return 0;
}
