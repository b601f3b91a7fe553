/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECURITY_SMACK_CHECKPOINT_H
#define _SECURITY_SMACK_CHECKPOINT_H

#include <linux/init.h>

struct lsm_id;

#ifdef CONFIG_CHECKPOINT
void __init smack_add_checkpoint_hooks(const struct lsm_id *lsmid);
#else
static inline void smack_add_checkpoint_hooks(const struct lsm_id *lsmid)
{
}
#endif

#endif /* _SECURITY_SMACK_CHECKPOINT_H */
