/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _APPARMOR_CHECKPOINT_H
#define _APPARMOR_CHECKPOINT_H

#include <linux/init.h>

struct lsm_id;

#ifdef CONFIG_CHECKPOINT
void __init apparmor_add_checkpoint_hooks(const struct lsm_id *lsmid);
#else
static inline void apparmor_add_checkpoint_hooks(const struct lsm_id *lsmid)
{
}
#endif

#endif /* _APPARMOR_CHECKPOINT_H */
