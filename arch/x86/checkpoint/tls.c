// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - x86: segments of a thread
 *
 * Saved: the entries of the GDT that set_thread_area() sets, which 32-bit
 * programs use for thread-local storage.
 */
#include <linux/regset.h>
#include <asm/desc.h>
#include <asm/ldt.h>
#include "../kernel/tls.h"
#include "x86.h"

static_assert(CKPT_X86_TLS_NR == GDT_ENTRY_TLS_ENTRIES);

#define TLS_LIMIT_MAX	0xfffff

static void tls_from_user_desc(struct ckpt_x86_tls *tls,
			       const struct user_desc *desc)
{
	if (LDT_empty(desc) || LDT_zero(desc))
		return;
	tls->base = desc->base_addr;
	tls->limit = desc->limit;
	tls->flags = CKPT_X86_TLS_PRESENT;
	if (desc->read_exec_only)
		tls->flags |= CKPT_X86_TLS_READ_ONLY;
	if (desc->contents == MODIFY_LDT_CONTENTS_STACK)
		tls->flags |= CKPT_X86_TLS_DOWN;
	if (desc->limit_in_pages)
		tls->flags |= CKPT_X86_TLS_PAGES;
	if (desc->useable)
		tls->flags |= CKPT_X86_TLS_USEABLE;
}

/**
 * checkpoint_x86_tls - write the segments of a thread, if there are any
 * @ctx: the checkpoint
 * @tsk: the task
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_x86_tls(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct user_desc desc[CKPT_X86_TLS_NR];
	struct ckpt_hdr_x86_tls *rec;
	u32 i;

	if (!regset_tls_active(tsk, NULL))
		return 0;
	rec = ckpt_new_rec(ctx, CKPT_HDR_X86_TLS, sizeof(*rec));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	regset_tls_get(tsk, NULL,
		       (struct membuf){ .p = desc, .left = sizeof(desc) });
	for (i = 0; i < CKPT_X86_TLS_NR; i++)
		tls_from_user_desc(&rec->tls[i], &desc[i]);
	return 0;
}

int ckpt_x86_tls_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_x86_tls *rec =
		container_of(h, struct ckpt_hdr_x86_tls, h);
	const struct ckpt_x86_tls *tls;

	for (tls = rec->tls; tls < rec->tls + CKPT_X86_TLS_NR; tls++) {
		if (tls->flags & ~CKPT_X86_TLS_ALL)
			return ckpt_bad(v, "unknown flags");
		if (tls->limit > TLS_LIMIT_MAX)
			return ckpt_bad(v, "limit out of range");
		if (!(tls->flags & CKPT_X86_TLS_PRESENT) &&
		    (tls->flags || tls->base || tls->limit))
			return ckpt_bad(v, "empty entry with contents");
	}
	if (rec->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return 0;
}

static void tls_to_user_desc(struct user_desc *desc,
			     const struct ckpt_x86_tls *tls)
{
	/* All zero: an empty entry. */
	memset(desc, 0, sizeof(*desc));
	if (!(tls->flags & CKPT_X86_TLS_PRESENT))
		return;
	desc->base_addr = tls->base;
	desc->limit = tls->limit;
	desc->seg_32bit = 1;
	desc->read_exec_only = !!(tls->flags & CKPT_X86_TLS_READ_ONLY);
	if (tls->flags & CKPT_X86_TLS_DOWN)
		desc->contents = MODIFY_LDT_CONTENTS_STACK;
	desc->limit_in_pages = !!(tls->flags & CKPT_X86_TLS_PAGES);
	desc->useable = !!(tls->flags & CKPT_X86_TLS_USEABLE);
}

/**
 * restore_x86_tls - set the segments of current
 * @ctx: the restart
 * @c: position behind the FPU record
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_x86_tls(struct ckpt_ctx *ctx, struct ckpt_cursor *c)
{
	struct user_desc desc[CKPT_X86_TLS_NR] = {};
	const struct ckpt_hdr_x86_tls *rec;
	int err;
	u32 i;

	rec = ckpt_read_opt_type(c, CKPT_HDR_X86_TLS);
	if (rec)
		for (i = 0; i < CKPT_X86_TLS_NR; i++)
			tls_to_user_desc(&desc[i], &rec->tls[i]);
	/* Those of the restart's caller have been inherited: also if none. */
	err = regset_tls_set(current, NULL, 0, sizeof(desc), desc, NULL);
	if (err)
		return ckpt_err(ctx, err, "thread-local segments");
	return 0;
}
