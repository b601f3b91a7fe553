// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - futexes of a task
 *
 * Saved: the robust lists; the address to clear and wake on exit.
 * Not saved: waiters. Stopped tasks do not wait: those that did are about to
 * make the system call again, or to continue it with restart_syscall(), and
 * find in the futex whether there is still something to wait for.
 * The priority inheritance state of a futex exists while somebody waits; the
 * first waiter makes it anew from the owner's id in the futex.
 * Refused: the owner of a priority inheritance futex that a task outside of
 * the tree waits for.
 *
 * Nothing is set before the commit: if the restart fails and the task is
 * killed, there are no futexes that it has to release.
 */
#include <linux/list.h>
#include <linux/uaccess.h>
#include "futex.h"
#include "internal.h"

static int checkpoint_futex(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	u64 compat_list = ckpt_get_compat_robust_list(tsk);
	struct ckpt_hdr_futex *rec;

	if (!list_empty(&tsk->pi_state_list))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"owns a priority inheritance futex that a task outside waits for");
	if (!tsk->robust_list && !compat_list && !tsk->clear_child_tid)
		return 0;
	rec = ckpt_new_rec(ctx, CKPT_HDR_FUTEX, sizeof(*rec));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	rec->robust_list = (unsigned long)tsk->robust_list;
	rec->compat_robust_list = compat_list;
	rec->clear_child_tid = (unsigned long)tsk->clear_child_tid;
	return 0;
}

/**
 * ckpt_futex_validate - check a FUTEX record
 * @v: the pass over the records
 * @h: the record
 *
 * The system calls take any address: those that are none have no effect when
 * the task exits.
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_futex_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_futex *rec = (const void *)h;

	if (rec->compat_robust_list > U32_MAX)
		return ckpt_bad(v, "address beyond 4 GiB of a 32-bit list");
	return 0;
}

static int restore_futex(struct ckpt_ctx *ctx, struct ckpt_task *t,
			 struct ckpt_cursor *c)
{
	const struct ckpt_hdr_futex *rec;

	rec = ckpt_read_opt_type(c, CKPT_HDR_FUTEX);
	t->futex = rec ? &rec->h : NULL;
	return 0;
}

static void commit_futex(struct ckpt_ctx *ctx, struct ckpt_task *t)
{
	const struct ckpt_hdr_futex *rec = (const void *)t->futex;

	if (!rec)
		return;
	current->robust_list = u64_to_user_ptr(rec->robust_list);
	ckpt_set_compat_robust_list(rec->compat_robust_list);
	current->clear_child_tid = u64_to_user_ptr(rec->clear_child_tid);
}

const struct ckpt_task_kind ckpt_futex_task_kind = {
	.name		= "futexes",
	.checkpoint	= checkpoint_futex,
	.restore	= restore_futex,
	.commit		= commit_futex,
};
