// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - tests of the checks of task records: signals, timers,
 * limits, scheduling, credentials
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include "../internal.h"
#include "covers.h"
#include "spoil.h"

/* Room for the fixed part and some elements of any of the records. */
#define REC_ROOM	4096

struct good_rec {
	u32 type;
	u32 len;
	void (*fill)(void *rec);
};

static void fill_sigpending(void *rec)
{
	struct ckpt_hdr_sigpending *p = rec;

	p->set = sigmask(SIGUSR1) | sigmask(SIGCHLD);
	p->nr_info = 2;
	p->info[0].signo = SIGUSR1;
	p->info[1].signo = SIGCHLD;
}

static void fill_signal_task(void *rec)
{
	struct ckpt_hdr_signal_task *s = rec;

	s->blocked = sigmask(SIGUSR1);
	s->altstack_flags = SS_DISABLE;
}

static void fill_stopped(void *rec)
{
	struct ckpt_hdr_signal *s = rec;

	s->flags = CKPT_SIGNAL_STOPPED;
	s->stop_signal = SIGTSTP;
	s->stop_code = SIGTSTP;
}

static void fill_sched(void *rec)
{
	struct ckpt_hdr_sched *s = rec;

	s->flags = CKPT_SCHED_AFFINITY;
	s->nr_cpus = 128;
}

static void fill_cred(void *rec)
{
	struct ckpt_hdr_cred *c = rec;

	c->cap_permitted = BIT_ULL(CAP_CHOWN) | BIT_ULL(CAP_KILL);
	c->cap_effective = BIT_ULL(CAP_CHOWN);
	c->cap_inheritable = BIT_ULL(CAP_KILL);
	c->cap_ambient = BIT_ULL(CAP_KILL);
	c->nr_groups = 3;
	c->groups[2] = 7;
}

static void fill_nothing(void *rec)
{
}

enum { SIGNAL_TASK, SIGPENDING, SIGNAL, STOPPED, ITIMER, RLIMITS, SIGHAND, SCHED, CRED };

static const struct good_rec good_recs[] = {
	[SIGNAL_TASK] = { CKPT_HDR_SIGNAL_TASK,
		sizeof(struct ckpt_hdr_signal_task), fill_signal_task },
	[SIGPENDING] = { CKPT_HDR_SIGPENDING,
		struct_size_t(struct ckpt_hdr_sigpending, info, 2), fill_sigpending },
	[SIGNAL] = { CKPT_HDR_SIGNAL, sizeof(struct ckpt_hdr_signal), fill_nothing },
	[STOPPED] = { CKPT_HDR_SIGNAL, sizeof(struct ckpt_hdr_signal), fill_stopped },
	[ITIMER] = { CKPT_HDR_ITIMER, sizeof(struct ckpt_hdr_itimer), fill_nothing },
	[RLIMITS] = { CKPT_HDR_RLIMITS, sizeof(struct ckpt_hdr_rlimits), fill_nothing },
	[SIGHAND] = { CKPT_HDR_SIGHAND, sizeof(struct ckpt_hdr_sighand), fill_nothing },
	[SCHED] = { CKPT_HDR_SCHED,
		struct_size_t(struct ckpt_hdr_sched, cpus, 4), fill_sched },
	[CRED] = { CKPT_HDR_CRED,
		struct_size_t(struct ckpt_hdr_cred, groups, 4), fill_cred },
};

#define TASK(_name, _field, _value, _err) \
	SPOIL(SIGNAL_TASK, _name, ckpt_hdr_signal_task, _field, _value, _err)
#define PENDING(_name, _field, _value, _err) \
	SPOIL(SIGPENDING, _name, ckpt_hdr_sigpending, _field, _value, _err)
#define PROCESS(_name, _field, _value, _err) \
	SPOIL(SIGNAL, _name, ckpt_hdr_signal, _field, _value, _err)
#define STOP(_name, _field, _value, _err) \
	SPOIL(STOPPED, _name, ckpt_hdr_signal, _field, _value, _err)
#define TIMER(_name, _field, _value, _err) \
	SPOIL(ITIMER, _name, ckpt_hdr_itimer, _field, _value, _err)
#define HANDLER(_name, _field, _value, _err) \
	SPOIL(SIGHAND, _name, ckpt_hdr_sighand, _field, _value, _err)
#define SCHEDULE(_name, _field, _value, _err) \
	SPOIL(SCHED, _name, ckpt_hdr_sched, _field, _value, _err)
#define CREDS(_name, _field, _value, _err) \
	SPOIL(CRED, _name, ckpt_hdr_cred, _field, _value, _err)

static const struct spoil spoils[] = {
	GOOD(SIGNAL_TASK),
	TASK("SIGKILL blocked", blocked, sigmask(SIGKILL), -EBADMSG),
	TASK("SIGSTOP blocked", blocked, ~0ULL, -EBADMSG),
	TASK("all others blocked", blocked, ~(u64)(sigmask(SIGKILL) | sigmask(SIGSTOP)), 0),
	TASK("saved mask without flag", saved_mask, 1, -EBADMSG),
	TASK("saved mask", flags, CKPT_SIGTASK_SAVED_MASK, 0),
	TASK("unknown flag", flags, 2, -EOPNOTSUPP),
	TASK("reserved", reserved, 1, -EBADMSG),
	TASK("stack while disabled", altstack, 4096, -EBADMSG),
	TASK("stack size while disabled", altstack_size, 4096, -EBADMSG),
	TASK("stack enabled", altstack_flags, 0, 0),
	TASK("stack flags", altstack_flags, SS_AUTODISARM | SS_ONSTACK, 0),
	TASK("unknown stack flag", altstack_flags, 4, -EBADMSG),
	TASK("highest death signal", pdeath_signal, 64, 0),
	TASK("death signal out of range", pdeath_signal, 65, -EBADMSG),

	GOOD(SIGPENDING),
	PENDING("shared", flags, CKPT_SIGPENDING_SHARED, 0),
	PENDING("unknown flag", flags, 2, -EOPNOTSUPP),
	PENDING("fewer entries", nr_info, 1, -EBADMSG),
	PENDING("more entries", nr_info, 3, -EBADMSG),
	PENDING("very many entries", nr_info, ~0U, -EBADMSG),
	PENDING("none pending", set, 0, -EBADMSG),
	PENDING("entry not in the set", set, sigmask(SIGUSR1), -EBADMSG),
	PENDING("SIGKILL", set, ~0ULL, -EBADMSG),
	PENDING("signal 0", info[0].signo, 0, -EBADMSG),
	PENDING("signal 65", info[0].signo, 65, -EBADMSG),
	PENDING("negative signal", info[1].signo, -1, -EBADMSG),
	PENDING("any code", info[0].code, -60, 0),
	PENDING("any contents", info[0].fields[3], ~0ULL, 0),

	GOOD(SIGNAL),
	PROCESS("reserved", reserved, 1, -EBADMSG),
	PROCESS("unknown flag", flags, 0x80, -EOPNOTSUPP),
	PROCESS("stopped by nothing", flags, CKPT_SIGNAL_STOPPED, -EBADMSG),
	PROCESS("stop signal but not stopped", stop_signal, SIGSTOP, -EBADMSG),
	PROCESS("stop code but not stopped", stop_code, SIGSTOP, -EBADMSG),
	PROCESS("continued", flags, CKPT_SIGNAL_CONTINUED | CKPT_SIGNAL_CLD_CONTINUED, 0),
	PROCESS("both notifications", flags, 0xe, -EBADMSG),
	PROCESS("lowest OOM score", oom_score_adj, -1000, 0),
	PROCESS("OOM score too low", oom_score_adj, -1001, -EBADMSG),
	PROCESS("OOM score too high", oom_score_adj_min, 1001, -EBADMSG),
	PROCESS("timer number", next_timer_id, BIT(31), -EBADMSG),
	PROCESS("long in user mode", utime, S64_MAX, 0),
	PROCESS("too long in user mode", utime, BIT_ULL(63), -EBADMSG),
	PROCESS("for ever in user mode", utime, ~0ULL, -EBADMSG),
	PROCESS("too long in the kernel", stime, BIT_ULL(63), -EBADMSG),
	PROCESS("process group that is none", tty_old_pgrp, 1, -EBADMSG),
	GOOD(STOPPED),
	STOP("and continued", flags, CKPT_SIGNAL_STOPPED | CKPT_SIGNAL_CONTINUED, -EBADMSG),
	STOP("already reported", stop_code, 0, 0),
	STOP("by a signal that does not stop", stop_signal, SIGUSR1, -EBADMSG),
	STOP("by a signal out of range", stop_signal, 256 + SIGSTOP, -EBADMSG),
	STOP("code out of range", stop_code, 65, -EBADMSG),

	GOOD(ITIMER),
	TIMER("reserved", reserved, 1, -EBADMSG),
	TIMER("unknown flag", flags, 2, -EOPNOTSUPP),
	TIMER("late", real_value, -1000, 0),
	TIMER("long ago", real_value, BIT_ULL(63), -EBADMSG),
	TIMER("far away", real_value, S64_MAX, -EBADMSG),
	TIMER("long interval", real_interval, ~0ULL, -EBADMSG),
	TIMER("virtual", virt_value, ~0ULL, -EBADMSG),
	TIMER("virtual interval", virt_interval, BIT_ULL(63), -EBADMSG),
	TIMER("profiling", prof_value, ~0ULL, -EBADMSG),
	TIMER("profiling interval", prof_interval, ~0ULL, -EBADMSG),

	GOOD(RLIMITS),
	SPOIL(RLIMITS, "soft above hard", ckpt_hdr_rlimits, limit[15].cur, 1, -EBADMSG),
	SPOIL(RLIMITS, "soft below hard", ckpt_hdr_rlimits, limit[0].max, 1, 0),

	GOOD(SIGHAND),
	HANDLER("handler", action[0].handler, 0x1000, 0),
	HANDLER("kernel's flag", action[0].flags, SA_IMMUTABLE, -EOPNOTSUPP),
	HANDLER("unknown flag", action[63].flags, BIT_ULL(40), -EOPNOTSUPP),
	HANDLER("all flags", action[63].flags, UAPI_SA_FLAGS, 0),
	HANDLER("mask with SIGKILL", action[0].mask, ~0ULL, -EBADMSG),
	HANDLER("handler of SIGKILL", action[SIGKILL - 1].handler, 1, -EBADMSG),
	HANDLER("handler of SIGSTOP", action[SIGSTOP - 1].handler, 0x1000, -EBADMSG),

	GOOD(SCHED),
	SCHEDULE("reserved", reserved, 1, -EBADMSG),
	SCHEDULE("unknown flag", flags, BIT(31), -EOPNOTSUPP),
	SCHEDULE("deadline", policy, SCHED_DEADLINE, -EOPNOTSUPP),
	SCHEDULE("unknown policy", policy, 99, -EOPNOTSUPP),
	SCHEDULE("idle", policy, SCHED_IDLE, 0),
	SCHEDULE("real time without priority", policy, SCHED_FIFO, -EBADMSG),
	SCHEDULE("priority without real time", rt_priority, 1, -EBADMSG),
	SCHEDULE("nice 19", nice, 19, 0),
	SCHEDULE("nice 20", nice, 20, -EBADMSG),
	SCHEDULE("nice -21", nice, -21, -EBADMSG),
	SCHEDULE("utilization not asked for", util_min, 1, -EBADMSG),
	SCHEDULE("too much utilization", util_max, 1025, -EBADMSG),
	SCHEDULE("too few processors", nr_cpus, 64, -EBADMSG),
	SCHEDULE("too many processors", nr_cpus, 192, -EBADMSG),
	SCHEDULE("very many processors", nr_cpus, -64, -EBADMSG),
	SCHEDULE("odd number of processors", nr_cpus, 127, -EBADMSG),
	SCHEDULE("masks not asked for", flags, 0, -EBADMSG),
	SCHEDULE("long slice", slice, ~0ULL, -EBADMSG),
	SCHEDULE("I/O priority", ioprio, 0x10000, -EBADMSG),

	GOOD(CRED),
	CREDS("reserved", reserved, 1, -EBADMSG),
	CREDS("invalid user", fsuid, ~0U, -EBADMSG),
	CREDS("invalid group", gid, ~0U, -EBADMSG),
	CREDS("invalid supplementary group", groups[1], ~0U, -EBADMSG),
	CREDS("fewer groups", nr_groups, 2, -EBADMSG),
	CREDS("one more group", nr_groups, 4, 0),
	CREDS("more groups", nr_groups, 5, -EBADMSG),
	CREDS("very many groups", nr_groups, ~0U, -EBADMSG),
	CREDS("padding", groups[3], 1, -EBADMSG),
	CREDS("unknown securebit", securebits, BIT(8), -EOPNOTSUPP),
	CREDS("all securebits", securebits, SECURE_ALL_BITS | SECURE_ALL_LOCKS, 0),
	CREDS("unknown capability", cap_bset, BIT_ULL(CAP_LAST_CAP + 1), -EOPNOTSUPP),
	CREDS("last capability", cap_bset, BIT_ULL(CAP_LAST_CAP), 0),
	CREDS("effective but not permitted", cap_effective, BIT_ULL(CAP_SYS_ADMIN), -EBADMSG),
	CREDS("ambient but not inheritable", cap_ambient, BIT_ULL(CAP_CHOWN), -EBADMSG),
	CREDS("ambient but not permitted", cap_permitted, BIT_ULL(CAP_CHOWN), -EBADMSG),
	CREDS("unknown keyring", reqkey, 8, -EBADMSG),
};

KUNIT_ARRAY_PARAM(spoil, spoils, spoil_desc);

static struct ckpt_hdr *make_rec(struct kunit *test, unsigned int nr)
{
	const struct good_rec *good = &good_recs[nr];
	struct ckpt_hdr *h = kunit_kzalloc(test, REC_ROOM, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	KUNIT_ASSERT_LE(test, good->len, REC_ROOM);
	h->type = good->type;
	h->len = good->len;
	good->fill(h);
	return h;
}

static void free_validator(void *v)
{
	ckpt_validator_free(v);
}

/* What all but credentials belong to. */
static const struct ckpt_hdr_tree_task the_tree_task;
static const struct ckpt_hdr_task the_task;

static struct ckpt_validator *make_validator(struct kunit *test,
					     const struct ckpt_hdr *h)
{
	struct ckpt_validator *v = ckpt_validator_alloc(4, 4);

	KUNIT_ASSERT_NOT_NULL(test, v);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_validator, v));
	v->owner = ckpt_kind(h->type)->owner;
	v->owner_hdr = &the_task.h;
	v->tree[0] = &the_tree_task;
	v->nr_tree = 1;
	return v;
}

static void record_check(struct kunit *test)
{
	const struct spoil *s = test->param_value;
	struct ckpt_hdr *h = make_rec(test, s->rec);
	struct ckpt_validator *v = make_validator(test, h);

	if (ckpt_kind(h->type)->class)
		h->id = 1;
	spoil_check(test, s, v, h);
}

/* Neither of a record nor of a process: the kernel divides by the sum. */
static void cpu_time_adds_up(struct kunit *test)
{
	struct ckpt_hdr_signal *s = (void *)make_rec(test, SIGNAL);
	struct ckpt_validator *v = make_validator(test, &s->h);
	struct ckpt_hdr_task t = {
		.h = { .type = CKPT_HDR_TASK, .len = sizeof(t) },
		.utime = KTIME_MAX / 2,
	};

	s->utime = BIT_ULL(62);
	KUNIT_EXPECT_EQ(test, 0, ckpt_validate_record(v, &s->h));
	v->owner = 0;
	KUNIT_EXPECT_EQ(test, 0, ckpt_validate_record(v, &t.h));
	v->task_done[0] = 0;
	t.utime = 0;
	t.stime = 1;
	KUNIT_EXPECT_EQ(test, -EBADMSG, ckpt_validate_record(v, &t.h));

	v = make_validator(test, &s->h);
	s->stime = BIT_ULL(63) | BIT_ULL(62);
	KUNIT_EXPECT_EQ(test, -EBADMSG, ckpt_validate_record(v, &s->h));
}

/* No signal of the image's choice for what a parent executes after the restart. */
static void exec_ids(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, ckpt_exec_ids_ok(SIGUSR1, 3, 3));
	KUNIT_EXPECT_TRUE(test, ckpt_exec_ids_ok(SIGUSR1, 2, 3));
	KUNIT_EXPECT_TRUE(test, ckpt_exec_ids_ok(SIGCHLD, 4, 3));
	KUNIT_EXPECT_FALSE(test, ckpt_exec_ids_ok(SIGUSR1, 4, 3));
	KUNIT_EXPECT_FALSE(test, ckpt_exec_ids_ok(SIGKILL, ~0ULL, 0));
	/* Which the next program makes 0. */
	KUNIT_EXPECT_FALSE(test, ckpt_exec_ids_ok(SIGUSR1, 0, ~0ULL));
}

static void record_noise(struct kunit *test)
{
	struct ckpt_hdr *h;
	unsigned int nr;

	for (nr = 0; nr < ARRAY_SIZE(good_recs); nr++) {
		h = make_rec(test, nr);
		spoil_noise(make_validator(test, h), h, REC_ROOM, 2000);
	}
}

/**
 * ckpt_kunit_signal_covers - are there cases for a type of record here?
 * @type: the type
 *
 * Return: true if so.
 */
bool ckpt_kunit_signal_covers(u32 type)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(spoils); i++)
		if (good_recs[spoils[i].rec].type == type && spoils[i].err)
			return true;
	return false;
}

static struct kunit_case signal_test_cases[] = {
	KUNIT_CASE_PARAM(record_check, spoil_gen_params),
	KUNIT_CASE(record_noise),
	KUNIT_CASE(cpu_time_adds_up),
	KUNIT_CASE(exec_ids),
	{}
};

static struct kunit_suite signal_suite = {
	.name = "checkpoint_task_state",
	.test_cases = signal_test_cases,
};

kunit_test_suite(signal_suite);
