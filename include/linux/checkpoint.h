/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - what the rest of the kernel calls, and what it lets
 * nobody but checkpoint/restart call
 */
#ifndef _LINUX_CHECKPOINT_H
#define _LINUX_CHECKPOINT_H

#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/types.h>
struct nsproxy;
struct pid_namespace;
struct user_namespace;

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

struct file;
struct task_struct;

/* Of the owners of control groups; here, as few need to know. */
int cgroup_move_current(struct file *dir);
bool cgroup1_groups_same(struct task_struct *a, struct task_struct *b);

/* Whether the result of a system call is one of checkpoint_eintr(). */
static inline bool checkpoint_is_eintr(int result)
{
	return result == -EINTR || result == -ERESTARTNOHAND ||
	       result == -ERESTART_RESTARTBLOCK;
}

/* kernel/nsproxy.c: its members are the caller's to fill in */
struct nsproxy *create_nsproxy(void);

/* kernel/pid_namespace.c */
struct pid_namespace *create_pid_namespace(struct user_namespace *user_ns,
					   struct pid_namespace *parent_pid_ns);

#endif /* _LINUX_CHECKPOINT_H */
