/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECURITY_SMACK_CHECKPOINT_H
#define _SECURITY_SMACK_CHECKPOINT_H

#include <linux/init.h>
#include "smack.h"

struct key;
struct lsm_id;

#ifdef CONFIG_CHECKPOINT
void __init smack_add_checkpoint_hooks(const struct lsm_id *lsmid);
#else
static inline void smack_add_checkpoint_hooks(const struct lsm_id *lsmid)
{
}
#endif

/* Where the label of a key is, or NULL if there are no keys. */
static inline struct smack_known **smack_ckpt_key_label(const struct key *key)
{
#ifdef CONFIG_KEYS
	return smack_key(key);
#else
	return NULL;
#endif
}

#endif /* _SECURITY_SMACK_CHECKPOINT_H */
