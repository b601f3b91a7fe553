/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECURITY_SELINUX_CHECKPOINT_H
#define _SECURITY_SELINUX_CHECKPOINT_H

#include <linux/init.h>
#include "objsec.h"

struct key;
struct lsm_id;

#ifdef CONFIG_CHECKPOINT
void __init selinux_add_checkpoint_hooks(const struct lsm_id *lsmid);
#else
static inline void selinux_add_checkpoint_hooks(const struct lsm_id *lsmid)
{
}
#endif

/* The SID of a key, or NULL if there are no keys. */
static inline u32 *selinux_ckpt_key_sid(const struct key *key)
{
#ifdef CONFIG_KEYS
	return &selinux_key(key)->sid;
#else
	return NULL;
#endif
}

#endif /* _SECURITY_SELINUX_CHECKPOINT_H */
