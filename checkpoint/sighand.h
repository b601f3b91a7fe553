/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHECKPOINT_SIGHAND_H
#define _CHECKPOINT_SIGHAND_H

#include <linux/sched/signal.h>
#include "internal.h"

/* The signal handlers of the current process: no need for RCU, nor for NULL. */
static inline struct sighand_struct *ckpt_current_sighand(void)
{
	return rcu_dereference_protected(current->sighand, true);
}

int checkpoint_sighand(struct ckpt_ctx *ctx, void *obj);
void *restore_sighand(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		      struct ckpt_cursor *c);
int ckpt_sighand_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void ckpt_sighand_get(void *obj);
void ckpt_sighand_put(void *obj);

#endif /* _CHECKPOINT_SIGHAND_H */
