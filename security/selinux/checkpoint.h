/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECURITY_SELINUX_CHECKPOINT_H
#define _SECURITY_SELINUX_CHECKPOINT_H

#include <linux/init.h>

struct lsm_id;

#ifdef CONFIG_CHECKPOINT
void __init selinux_add_checkpoint_hooks(const struct lsm_id *lsmid);
#else
static inline void selinux_add_checkpoint_hooks(const struct lsm_id *lsmid)
{
}
#endif

#endif /* _SECURITY_SELINUX_CHECKPOINT_H */
