/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - what the rest of the kernel calls, and what it lets
 * nobody but checkpoint/restart call
 */
#ifndef _LINUX_CHECKPOINT_H
#define _LINUX_CHECKPOINT_H

struct nsproxy;
struct pid_namespace;
struct user_namespace;

#ifdef CONFIG_CHECKPOINT
void checkpoint_trap(void);
#else
static inline void checkpoint_trap(void) { }
#endif

/* kernel/nsproxy.c: its members are the caller's to fill in */
struct nsproxy *create_nsproxy(void);

/* kernel/pid_namespace.c */
struct pid_namespace *create_pid_namespace(struct user_namespace *user_ns,
					   struct pid_namespace *parent_pid_ns);

#endif /* _LINUX_CHECKPOINT_H */
