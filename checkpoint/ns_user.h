/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHECKPOINT_NS_USER_H
#define _CHECKPOINT_NS_USER_H

#include <linux/checkpoint_hdr.h>
#include <linux/user_namespace.h>

/* The order of struct ckpt_hdr_ns_user.limit; -1: not in this kernel. */
static const int ckpt_ucounts[CKPT_NS_LIMITS] = {
	UCOUNT_USER_NAMESPACES,
	UCOUNT_PID_NAMESPACES,
	UCOUNT_UTS_NAMESPACES,
	UCOUNT_IPC_NAMESPACES,
	UCOUNT_NET_NAMESPACES,
	UCOUNT_MNT_NAMESPACES,
	UCOUNT_CGROUP_NAMESPACES,
	UCOUNT_TIME_NAMESPACES,
#ifdef CONFIG_INOTIFY_USER
	UCOUNT_INOTIFY_INSTANCES,
	UCOUNT_INOTIFY_WATCHES,
#else
	-1, -1,
#endif
#ifdef CONFIG_FANOTIFY
	UCOUNT_FANOTIFY_GROUPS,
	UCOUNT_FANOTIFY_MARKS,
#else
	-1, -1,
#endif
};

#endif /* _CHECKPOINT_NS_USER_H */
