/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHECKPOINT_SIGNAL_H
#define _CHECKPOINT_SIGNAL_H

#include <linux/mutex.h>
#include <linux/signal_types.h>
#include "internal.h"

struct ckpt_new_timer;

/**
 * struct ckpt_signals - restart: what a task installs once nothing can fail
 * @lock: leaders: held while @process and what follows takes effect
 * @task: SIGNAL_TASK record; NULL for zombies
 * @private: signals pending for the task
 * @process: leaders: SIGNAL record; NULL once it has taken effect
 * @itimer: leaders: ITIMER record, or NULL
 * @rlimits: leaders: RLIMITS record
 * @shared: leaders: signals pending for the process
 * @timers: leaders: timers of timer_create(), created but not armed
 * @nr_timers: leaders: number of them
 * @tty_old_pgrp: leaders: referenced, or NULL
 *
 * Everything but @task and @private takes effect for the whole process, when
 * the first of its threads commits.
 */
struct ckpt_signals {
	struct mutex lock;	/* makes it happen once */
	const struct ckpt_hdr_signal_task *task;
	struct sigpending private;
	const struct ckpt_hdr_signal *process;
	const struct ckpt_hdr_itimer *itimer;
	const struct ckpt_hdr_rlimits *rlimits;
	struct sigpending shared;
	struct ckpt_new_timer *timers;
	unsigned int nr_timers;
	struct pid *tty_old_pgrp;
};

/* signal.c */
extern const struct ckpt_task_kind ckpt_signal_task_kind;
extern const struct ckpt_task_kind ckpt_process_task_kind;
extern const struct ckpt_task_kind ckpt_zombie_task_kind;
int ckpt_signal_task_validate(struct ckpt_validator *v,
			      const struct ckpt_hdr *h);
int ckpt_signal_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void ckpt_signals_free(struct ckpt_task *t);
bool ckpt_has_tty(struct ckpt_ctx *ctx, struct ckpt_task *t);
void restore_ttys_commit(struct ckpt_ctx *ctx);

/* sigpending.c */
struct ckpt_sigqueue;
struct ckpt_sigqueue *ckpt_sigqueue_alloc(unsigned int max);
void ckpt_sigqueue_free(struct ckpt_sigqueue *q);
bool ckpt_sigqueue_fill(struct ckpt_sigqueue *q, struct sigpending *pending);
unsigned int ckpt_sigqueue_nr(const struct ckpt_sigqueue *q);
int checkpoint_sigqueue(struct ckpt_ctx *ctx, const struct ckpt_sigqueue *q,
			u32 flags);
int restore_sigqueue(struct ckpt_ctx *ctx, struct sigpending *pending,
		     struct ckpt_cursor *c, u32 flags);
void restore_sigqueue_commit(struct sigpending *to, struct sigpending *from);
int ckpt_sigpending_validate(struct ckpt_validator *v,
			     const struct ckpt_hdr *h);

/* itimer.c */
bool ckpt_itimer_sample(struct task_struct *tsk, ktime_t now,
			struct ckpt_hdr_itimer *it);
int checkpoint_itimer(struct ckpt_ctx *ctx, const struct ckpt_hdr_itimer *it);
void restore_itimer_commit(const struct ckpt_hdr_itimer *h);
int ckpt_itimer_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

/* posix_timer.c: timers of timer_create() */
struct ckpt_timers;
struct ckpt_timers *ckpt_timers_alloc(unsigned int max);
void ckpt_timers_free(struct ckpt_timers *ts);
bool ckpt_timers_fill(struct ckpt_timers *ts, struct task_struct *tsk);
unsigned int ckpt_timers_nr(const struct ckpt_timers *ts);
int checkpoint_timers(struct ckpt_ctx *ctx, struct task_struct *tsk,
		      struct ckpt_timers *ts);
int restore_timers(struct ckpt_ctx *ctx, struct ckpt_signals *s,
		   struct ckpt_cursor *c);
void restore_timers_queue(struct ckpt_ctx *ctx, struct ckpt_signals *s);
void restore_timers_commit(struct ckpt_ctx *ctx, struct ckpt_signals *s);
int ckpt_posix_timer_validate(struct ckpt_validator *v,
			      const struct ckpt_hdr *h);

/* rlimit.c */
extern const struct ckpt_task_kind ckpt_rlimits_task_kind;
void restore_rlimits_commit(const struct ckpt_hdr_rlimits *h);
int ckpt_rlimits_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);

#endif /* _CHECKPOINT_SIGNAL_H */
