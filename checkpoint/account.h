/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - counters that some kernel configurations do not have
 */
#ifndef _CHECKPOINT_ACCOUNT_H
#define _CHECKPOINT_ACCOUNT_H

#include <linux/checkpoint_hdr.h>
#include <linux/sched.h>

#ifdef CONFIG_TASK_XACCT
static inline void ckpt_io_calls_save(struct ckpt_io_usage *to,
				      const struct task_io_accounting *from)
{
	to->rchar += from->rchar;
	to->wchar += from->wchar;
	to->syscr += from->syscr;
	to->syscw += from->syscw;
}

static inline void ckpt_io_calls_load(struct task_io_accounting *to,
				      const struct ckpt_io_usage *from)
{
	to->rchar = from->rchar;
	to->wchar = from->wchar;
	to->syscr = from->syscr;
	to->syscw = from->syscw;
}
#else
static inline void ckpt_io_calls_save(struct ckpt_io_usage *to,
				      const struct task_io_accounting *from)
{
}

static inline void ckpt_io_calls_load(struct task_io_accounting *to,
				      const struct ckpt_io_usage *from)
{
}
#endif

#ifdef CONFIG_TASK_IO_ACCOUNTING
static inline void ckpt_io_storage_save(struct ckpt_io_usage *to,
					const struct task_io_accounting *from)
{
	to->read_bytes += from->read_bytes;
	to->write_bytes += from->write_bytes;
	to->cancelled_write_bytes += from->cancelled_write_bytes;
}

static inline void ckpt_io_storage_load(struct task_io_accounting *to,
					const struct ckpt_io_usage *from)
{
	to->read_bytes = from->read_bytes;
	to->write_bytes = from->write_bytes;
	to->cancelled_write_bytes = from->cancelled_write_bytes;
}
#else
static inline void ckpt_io_storage_save(struct ckpt_io_usage *to,
					const struct task_io_accounting *from)
{
}

static inline void ckpt_io_storage_load(struct task_io_accounting *to,
					const struct ckpt_io_usage *from)
{
}
#endif

/**
 * ckpt_io_usage_save - add I/O counters to those of a record
 * @to: in the record
 * @from: counters of a task or process
 */
static inline void ckpt_io_usage_save(struct ckpt_io_usage *to,
				      const struct task_io_accounting *from)
{
	ckpt_io_calls_save(to, from);
	ckpt_io_storage_save(to, from);
}

/**
 * ckpt_io_usage_load - set I/O counters from a record
 * @to: counters of a task or process
 * @from: in the record
 */
static inline void ckpt_io_usage_load(struct task_io_accounting *to,
				      const struct ckpt_io_usage *from)
{
	ckpt_io_calls_load(to, from);
	ckpt_io_storage_load(to, from);
}

#ifdef CONFIG_VIRT_CPU_ACCOUNTING_NATIVE
static inline void ckpt_prev_cputime_save(struct prev_cputime *prev, __u64 *utime,
					  __u64 *stime)
{
}

static inline void ckpt_prev_cputime_load(struct prev_cputime *prev, u64 utime,
					  u64 stime)
{
}
#else
/**
 * ckpt_prev_cputime_save - read the times that were last reported
 * @prev: of a task or process
 * @utime: where to put the user time
 * @stime: where to put the system time
 *
 * What getrusage() and others report never steps back from these.
 */
static inline void ckpt_prev_cputime_save(struct prev_cputime *prev, __u64 *utime,
					  __u64 *stime)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&prev->lock, flags);
	*utime = prev->utime;
	*stime = prev->stime;
	raw_spin_unlock_irqrestore(&prev->lock, flags);
}

/**
 * ckpt_prev_cputime_load - set the times that were last reported
 * @prev: of a task or process
 * @utime: user time
 * @stime: system time
 */
static inline void ckpt_prev_cputime_load(struct prev_cputime *prev, u64 utime,
					  u64 stime)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&prev->lock, flags);
	prev->utime = utime;
	prev->stime = stime;
	raw_spin_unlock_irqrestore(&prev->lock, flags);
}
#endif

#endif /* _CHECKPOINT_ACCOUNT_H */
