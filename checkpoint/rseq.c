// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - restartable sequences
 *
 * Saved: the registration. The area itself, with a critical section that may
 * be in progress, is ordinary memory.
 * Not saved: pending events. At restart there always is one: on the way to
 * user mode the kernel updates the CPU numbers in the area and aborts a
 * critical section in progress, as after any preemption.
 *
 * The registration becomes effective at the commit, together with the
 * registers: with others, the kernel would take the task to have left the
 * critical section.
 */
#include <linux/preempt.h>
#include <linux/rseq.h>
#include <linux/uaccess.h>
#include "internal.h"
#include "rseq.h"

/* Size and alignment of the first version, which is still what most use. */
#define RSEQ_SIZE_VER0	32

static int checkpoint_rseq(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct ckpt_hdr_rseq *rec;

	if (!tsk->rseq)
		return 0;
	rec = ckpt_new_rec(ctx, CKPT_HDR_RSEQ, sizeof(*rec));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	rec->addr = (unsigned long)tsk->rseq;
	rec->len = tsk->rseq_len;
	rec->sig = tsk->rseq_sig;
	return 0;
}

/**
 * ckpt_rseq_validate - check an RSEQ record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_rseq_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_rseq *rec = (const void *)h;

	if (!rec->addr)
		return ckpt_bad(v, "no address");
	if (rec->len < RSEQ_SIZE_VER0)
		return ckpt_bad(v, "area is too small");
	if (rec->len == RSEQ_SIZE_VER0 && !IS_ALIGNED(rec->addr, RSEQ_SIZE_VER0))
		return ckpt_bad(v, "area is not aligned");
	return 0;
}

/* As the system call. */
static bool rseq_acceptable(const struct ckpt_hdr_rseq *rec)
{
	if (rec->len != RSEQ_SIZE_VER0 &&
	    (!IS_ALIGNED(rec->addr, __alignof__(struct rseq)) ||
	     rec->len < offsetof(struct rseq, end)))
		return false;
	return access_ok(u64_to_user_ptr(rec->addr), rec->len);
}

static int restore_rseq(struct ckpt_ctx *ctx, struct ckpt_task *t,
			struct ckpt_cursor *c)
{
	const struct ckpt_hdr_rseq *rec;

	rec = ckpt_read_opt_type(c, CKPT_HDR_RSEQ);
	if (rec && !rseq_acceptable(rec))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"rseq area of %u bytes at %#llx", rec->len,
				rec->addr);
	t->rseq = rec ? &rec->h : NULL;
	return 0;
}

static void commit_rseq(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_hdr_rseq *rec = (const void *)t->rseq;

	if (!rec)
		return;
	current->rseq = u64_to_user_ptr(rec->addr);
	current->rseq_len = rec->len;
	current->rseq_sig = rec->sig;
	preempt_disable();
	rseq_preempt(current);
	preempt_enable();
}

const struct ckpt_task_kind ckpt_rseq_task_kind = {
	.name		= "rseq",
	.checkpoint	= checkpoint_rseq,
	.restore	= restore_rseq,
	.commit		= commit_rseq,
};
