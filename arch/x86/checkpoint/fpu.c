// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - x86: floating point and other extended state
 *
 * Saved: every component of the extended state that is in use; MXCSR. In their
 * own right, not in the layout of one processor: components have the same
 * contents everywhere, but not the same place.
 * Not saved: components in their initial configuration. PKRU, which is in the
 * CPU record.
 * Refused: permission for components that need one (AMX).
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/regset.h>
#include <asm/cpuid.h>
#include <asm/fpu/api.h>
#include <asm/fpu/regset.h>
#include <asm/fpu/types.h>
#include <asm/fpu/xstate.h>
#include "x86.h"

#define XCOMP_FP_SIZE	offsetof(struct fxregs_state, xmm_space)
#define XCOMP_SSE_SIZE	sizeof_field(struct fxregs_state, xmm_space)
#define MXCSR_OFFSET	offsetof(struct fxregs_state, mxcsr)
#define XSTATE_BV	offsetof(struct xregs_state, header.xfeatures)

/* What no FPU record may contain. */
#define XFEATURE_MASK_REFUSED	(XFEATURE_MASK_PKRU | BIT_ULL(63) | \
				 XFEATURE_MASK_USER_DYNAMIC | \
				 XFEATURE_MASK_SUPERVISOR_ALL)

/* Where the components are in the standard layout of this processor. */
static struct {
	u32 offset;
	u32 size;
} xcomps[XFEATURE_MAX] __ro_after_init = {
	[XFEATURE_FP]	= { 0, XCOMP_FP_SIZE },
	[XFEATURE_SSE]	= { XCOMP_FP_SIZE, XCOMP_SSE_SIZE },
};

static int __init xcomps_init(void)
{
	u32 nr, ecx, edx;

	for (nr = FIRST_EXTENDED_XFEATURE; nr < XFEATURE_MAX; nr++)
		if (fpu_user_cfg.max_features & BIT_ULL(nr))
			cpuid_count(XSTATE_CPUID, nr, &xcomps[nr].size,
				    &xcomps[nr].offset, &ecx, &edx);
	return 0;
}
subsys_initcall(xcomps_init);

static u64 user_perm(const struct task_struct *tsk)
{
	return READ_ONCE(tsk->group_leader->thread.fpu.perm.__state_perm) &
	       XFEATURE_MASK_USER_DYNAMIC;
}

/*
 * Some processors do not track what is in use. All components but the first
 * two are zero initially.
 */
static u64 xfeatures_in_use(const u8 *area)
{
	u64 mask = *(const u64 *)(area + XSTATE_BV) & ~XFEATURE_MASK_PKRU;
	u32 nr;

	for (nr = FIRST_EXTENDED_XFEATURE; nr < XFEATURE_MAX; nr++)
		if ((mask & BIT_ULL(nr)) &&
		    !memchr_inv(area + xcomps[nr].offset, 0, xcomps[nr].size))
			mask &= ~BIT_ULL(nr);
	/* MXCSR is loaded along with the SSE registers. */
	if (*(const u32 *)(area + MXCSR_OFFSET) != MXCSR_DEFAULT)
		mask |= XFEATURE_MASK_SSE;
	return mask;
}

static size_t fpu_rec_len(u64 xfeatures)
{
	size_t len = sizeof(struct ckpt_hdr_x86_fpu);
	u32 nr;

	for (nr = 0; nr < XFEATURE_MAX; nr++)
		if (xfeatures & BIT_ULL(nr))
			len += sizeof(struct ckpt_x86_xstate) +
			       ALIGN(xcomps[nr].size, 8);
	return len;
}

static void fill_fpu(struct ckpt_hdr_x86_fpu *rec, const u8 *area)
{
	u8 *pos = (u8 *)(rec + 1);
	u32 nr;

	rec->mxcsr = *(const u32 *)(area + MXCSR_OFFSET);
	for (nr = 0; nr < XFEATURE_MAX; nr++) {
		struct ckpt_x86_xstate *comp = (struct ckpt_x86_xstate *)pos;

		if (!(rec->xfeatures & BIT_ULL(nr)))
			continue;
		comp->feature = nr;
		comp->size = ALIGN(xcomps[nr].size, 8);
		memcpy(comp + 1, area + xcomps[nr].offset, xcomps[nr].size);
		pos += sizeof(*comp) + comp->size;
	}
}

static int checkpoint_area(struct ckpt_ctx *ctx, const u8 *area)
{
	struct ckpt_hdr_x86_fpu *rec;
	u64 xfeatures = xfeatures_in_use(area);

	rec = ckpt_new_rec(ctx, CKPT_HDR_X86_FPU, fpu_rec_len(xfeatures));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	rec->xfeatures = xfeatures;
	fill_fpu(rec, area);
	ckpt_x86_header(ctx)->xfeatures |= xfeatures;
	return 0;
}

/**
 * checkpoint_x86_fpu - write the extended state of a task
 * @ctx: the checkpoint
 * @tsk: the task, which does not run or is current
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_x86_fpu(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	size_t size = fpu_user_cfg.max_size;
	u8 *area;
	int err;

	if (user_perm(tsk))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"permission for AMX, see ARCH_REQ_XCOMP_PERM");
	area = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!area)
		return ckpt_err(ctx, -ENOMEM, "extended state");
	err = xstateregs_get(tsk, NULL,
			     (struct membuf){ .p = area, .left = size });
	if (err)
		ckpt_err(ctx, err, "cannot read the extended state");
	else
		err = checkpoint_area(ctx, area);
	kvfree(area);
	return err;
}

int ckpt_x86_fpu_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_x86_fpu *rec =
		container_of(h, struct ckpt_hdr_x86_fpu, h);
	const u8 *pos, *end = (const u8 *)h + h->len;
	u32 nr;

	if (rec->xfeatures & XFEATURE_MASK_REFUSED)
		return ckpt_bad(v, "state component that cannot be restored");
	if (rec->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (rec->mxcsr != MXCSR_DEFAULT &&
	    !(rec->xfeatures & XFEATURE_MASK_SSE))
		return ckpt_bad(v, "MXCSR without SSE");
	pos = (const u8 *)(rec + 1);
	for (nr = 0; nr < 64; nr++) {
		const struct ckpt_x86_xstate *comp = (const void *)pos;

		if (!(rec->xfeatures & BIT_ULL(nr)))
			continue;
		if (end - pos < sizeof(*comp))
			return ckpt_bad(v, "state component is missing");
		if (comp->feature != nr)
			return ckpt_bad(v, "state components out of order");
		pos += sizeof(*comp);
		if (!IS_ALIGNED(comp->size, 8) || comp->size > end - pos)
			return ckpt_bad(v, "state component of a wrong size");
		pos += comp->size;
	}
	if (pos != end)
		return ckpt_bad(v, "data behind the last state component");
	return 0;
}

static int place_comp(struct ckpt_ctx *ctx, u8 *area,
		      const struct ckpt_x86_xstate *comp)
{
	u32 offset = xcomps[comp->feature].offset;
	u32 size = xcomps[comp->feature].size;

	if (comp->size != ALIGN(size, 8))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"state component %u has %u bytes here, and %u in the image",
				comp->feature, size, comp->size);
	memcpy(area + offset, comp + 1, size);
	return 0;
}

/* The area as XSAVE would write it on this processor. */
static int build_area(struct ckpt_ctx *ctx, u8 *area,
		      const struct ckpt_hdr_x86_fpu *rec)
{
	const u8 *pos = (const u8 *)(rec + 1);
	u64 missing = rec->xfeatures & ~fpu_user_cfg.max_features;
	const char *name;
	u32 nr;
	int err;

	if (missing) {
		cpu_has_xfeatures(missing, &name);
		return ckpt_err(ctx, -EOPNOTSUPP,
				"processor lacks %s (state components %#llx)",
				name, missing);
	}
	for (nr = 0; nr < XFEATURE_MAX; nr++) {
		const struct ckpt_x86_xstate *comp = (const void *)pos;

		if (!(rec->xfeatures & BIT_ULL(nr)))
			continue;
		err = place_comp(ctx, area, comp);
		if (err)
			return err;
		pos += sizeof(*comp) + comp->size;
	}
	*(u64 *)(area + XSTATE_BV) = rec->xfeatures;
	*(u32 *)(area + MXCSR_OFFSET) = rec->mxcsr;
	return 0;
}

/**
 * restore_x86_fpu - set the extended state of current
 * @ctx: the restart
 * @c: position behind the CPU record
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_x86_fpu(struct ckpt_ctx *ctx, struct ckpt_cursor *c)
{
	const struct ckpt_hdr_x86_fpu *rec;
	u8 *area;
	int err;

	rec = ckpt_read_obj_type(c, CKPT_HDR_X86_FPU);
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	area = kvzalloc(fpu_user_cfg.max_size, GFP_KERNEL_ACCOUNT);
	if (!area)
		return ckpt_err(ctx, -ENOMEM, "extended state");
	err = build_area(ctx, area, rec);
	if (err)
		goto out;
	if (xstateregs_set_current(area))
		err = ckpt_err(ctx, -EBADMSG,
			       "extended state that no program can have");
out:
	kvfree(area);
	return err;
}
