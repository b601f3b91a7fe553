/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Landlock - What a checkpoint has to know
 */

#ifndef _SECURITY_LANDLOCK_CHECKPOINT_H
#define _SECURITY_LANDLOCK_CHECKPOINT_H

#include <linux/init.h>

#ifdef CONFIG_CHECKPOINT
__init void landlock_add_checkpoint_hooks(void);
#else
static inline void landlock_add_checkpoint_hooks(void)
{
}
#endif

#endif /* _SECURITY_LANDLOCK_CHECKPOINT_H */
