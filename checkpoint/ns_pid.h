/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHECKPOINT_NS_PID_H
#define _CHECKPOINT_NS_PID_H

#include <linux/pid_namespace.h>

#if defined(CONFIG_SYSCTL) && defined(CONFIG_MEMFD_CREATE)
static inline u32 ckpt_memfd_noexec(const struct pid_namespace *ns)
{
	return READ_ONCE(ns->memfd_noexec_scope);
}

static inline void ckpt_set_memfd_noexec(struct pid_namespace *ns, u32 scope)
{
	/* What the parents demand counts in any case. */
	WRITE_ONCE(ns->memfd_noexec_scope, scope);
}
#else
static inline u32 ckpt_memfd_noexec(const struct pid_namespace *ns)
{
	return 0;
}

static inline void ckpt_set_memfd_noexec(struct pid_namespace *ns, u32 scope)
{
}
#endif

#endif /* _CHECKPOINT_NS_PID_H */
