/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - the points where tests can hold or break a call
 */
#ifndef _CHECKPOINT_DEBUG_H
#define _CHECKPOINT_DEBUG_H

#include <linux/sched.h>

struct ckpt_ctx;
struct ckpt_task;

/*
 * enum ckpt_point - the named points; the names are in debug.c
 *
 * At those behind a call's point of no return nothing can fail.
 */
enum ckpt_point {
	CKPT_AT_NONE,
	/* checkpoint(), in this order */
	CKPT_AT_FOUND,
	CKPT_AT_CHECKED,
	CKPT_AT_STOPPING,
	CKPT_AT_STOPPED,
	CKPT_AT_FROZEN,
	CKPT_AT_TASKS,
	CKPT_AT_CAPTURED,
	CKPT_AT_WRITE,
	CKPT_AT_META_WRITTEN,
	CKPT_AT_PAGES_WRITTEN,
	CKPT_AT_SYNCED,
	CKPT_AT_KILLED,
	CKPT_AT_THAW,
	/* restart(), the caller */
	CKPT_AT_READ,
	CKPT_AT_BARRIER,
	CKPT_AT_FILLED,
	CKPT_AT_COMMIT,
	CKPT_AT_ATTACHED,
	CKPT_AT_COMMITTED,
	CKPT_AT_ABORT,
	/* restart(), each created task */
	CKPT_AT_CREATED,
	CKPT_AT_RESTORED,
	CKPT_AT_TASK_COMMIT,
	CKPT_AT_LOAD,
};

#ifdef CONFIG_CHECKPOINT_DEBUG

void ckpt_pause_at(enum ckpt_point point);
int ckpt_at(struct ckpt_ctx *ctx, enum ckpt_point point);
void ckpt_debug_begin(const struct ckpt_task *t);
void ckpt_debug_end(const struct ckpt_task *t);

#else

static inline void ckpt_pause_at(enum ckpt_point point)
{
}

static inline int ckpt_at(struct ckpt_ctx *ctx, enum ckpt_point point)
{
	return 0;
}

static inline void ckpt_debug_begin(const struct ckpt_task *t)
{
}

static inline void ckpt_debug_end(const struct ckpt_task *t)
{
}

#endif /* CONFIG_CHECKPOINT_DEBUG */

#ifdef CONFIG_FAULT_INJECTION

static inline void ckpt_set_fail_nth(unsigned int n)
{
	WRITE_ONCE(current->fail_nth, n);
}

static inline unsigned int ckpt_get_fail_nth(void)
{
	return READ_ONCE(current->fail_nth);
}

#else

static inline void ckpt_set_fail_nth(unsigned int n)
{
}

static inline unsigned int ckpt_get_fail_nth(void)
{
	return 0;
}

#endif /* CONFIG_FAULT_INJECTION */

#endif /* _CHECKPOINT_DEBUG_H */
