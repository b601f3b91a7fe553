/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHECKPOINT_AUDIT_H
#define _CHECKPOINT_AUDIT_H

#include <linux/audit.h>
#include "internal.h"

extern const struct ckpt_task_kind ckpt_audit_task_kind;

int ckpt_audit_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

#ifdef CONFIG_AUDIT
static inline int ckpt_set_loginuid(kuid_t loginuid)
{
	return audit_set_loginuid(loginuid);
}

static inline void ckpt_set_sessionid(u32 sessionid)
{
	current->sessionid = sessionid;
}
#else
static inline int ckpt_set_loginuid(kuid_t loginuid)
{
	return -EOPNOTSUPP;
}

static inline void ckpt_set_sessionid(u32 sessionid)
{
}
#endif

#endif /* _CHECKPOINT_AUDIT_H */
