/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECURITY_TOMOYO_CHECKPOINT_H
#define _SECURITY_TOMOYO_CHECKPOINT_H

#include <linux/init.h>

struct lsm_id;

#ifdef CONFIG_CHECKPOINT
void __init tomoyo_add_checkpoint_hooks(const struct lsm_id *lsmid);
#else
static inline void tomoyo_add_checkpoint_hooks(const struct lsm_id *lsmid)
{
}
#endif

#endif /* _SECURITY_TOMOYO_CHECKPOINT_H */
