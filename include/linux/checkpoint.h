/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - what the rest of the kernel calls
 */
#ifndef _LINUX_CHECKPOINT_H
#define _LINUX_CHECKPOINT_H

#ifdef CONFIG_CHECKPOINT
void checkpoint_trap(void);
#else
static inline void checkpoint_trap(void) { }
#endif

#endif /* _LINUX_CHECKPOINT_H */
