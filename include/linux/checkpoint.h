/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - what the rest of the kernel calls
 */
#ifndef _LINUX_CHECKPOINT_H
#define _LINUX_CHECKPOINT_H

#include <linux/errno.h>
#include <linux/ktime.h>

#ifdef CONFIG_CHECKPOINT
void checkpoint_trap(void);
int checkpoint_eintr(const ktime_t *expires);
ktime_t checkpoint_expires(ktime_t expires);
#else
static inline void checkpoint_trap(void) { }

static inline int checkpoint_eintr(const ktime_t *expires)
{
	return -EINTR;
}

static inline ktime_t checkpoint_expires(ktime_t expires)
{
	return expires;
}
#endif

/* Whether the result of a system call is one of checkpoint_eintr(). */
static inline bool checkpoint_is_eintr(int result)
{
	return result == -EINTR || result == -ERESTARTNOHAND ||
	       result == -ERESTART_RESTARTBLOCK;
}

#endif /* _LINUX_CHECKPOINT_H */
