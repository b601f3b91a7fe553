// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - tests of the checks of restart blocks, futexes and rseq
 */
#include <kunit/test.h>
#include <linux/futex.h>
#include <linux/mutex.h>
#include <linux/time.h>
#include <asm/unistd.h>
#include "../futex.h"
#include "../internal.h"
#include "../restart_block.h"
#include "../rseq.h"
#include "covers.h"

static const struct ckpt_hdr_restart_block good_sleep = {
	.h	= { .type = CKPT_HDR_RESTART_BLOCK },
	.kind	= CKPT_RESTART_NANOSLEEP,
	.flags	= CKPT_RESTART_TIMEOUT,
	.clock	= CLOCK_MONOTONIC,
	.addr	= 0x1000,
	.time	= NSEC_PER_SEC,
};

static const struct ckpt_hdr_restart_block good_poll = {
	.h	= { .type = CKPT_HDR_RESTART_BLOCK },
	.kind	= CKPT_RESTART_POLL,
	.flags	= CKPT_RESTART_TIMEOUT,
	.clock	= CLOCK_MONOTONIC,
	.addr	= 0x1000,
	.val	= 3,
	.time	= NSEC_PER_SEC,
};

static const struct ckpt_hdr_restart_block good_futex = {
	.h	= { .type = CKPT_HDR_RESTART_BLOCK },
	.kind	= CKPT_RESTART_FUTEX,
	.flags	= CKPT_RESTART_TIMEOUT,
	.clock	= CLOCK_MONOTONIC,
	.op	= FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG,
	.addr	= 0x1000,
	.val	= 1,
	.bitset	= FUTEX_BITSET_MATCH_ANY,
	.time	= NSEC_PER_SEC,
};

static const struct ckpt_hdr_restart_block good_again = {
	.h	= { .type = CKPT_HDR_RESTART_BLOCK },
	.kind	= CKPT_RESTART_AGAIN,
	.flags	= CKPT_RESTART_TIMEOUT,
	.clock	= CLOCK_MONOTONIC,
	.op	= __NR_epoll_pwait,
	.time	= NSEC_PER_SEC,
};

#define SET(_field, _value) {						\
	.offset	= offsetof(struct ckpt_hdr_restart_block, _field),	\
	.size	= sizeof_field(struct ckpt_hdr_restart_block, _field),	\
	.value	= _value,						\
}

/*
 * struct restart_case - a record, and what is to be said of it
 * @name: of the case
 * @rec: a good record
 * @err: what the check must say
 * @set: members that get other values; those of no size end the list
 */
static const struct restart_case {
	const char *name;
	const struct ckpt_hdr_restart_block *rec;
	int err;
	struct {
		u32 offset;
		u32 size;
		u64 value;
	} set[3];
} restart_cases[] = {
	{ "sleep", &good_sleep, 0 },
	{ "sleep without result", &good_sleep, 0, { SET(addr, 0) } },
	{ "sleep that is over", &good_sleep, 0, { SET(time, -5) } },
	{ "sleep, boottime", &good_sleep, 0, { SET(clock, CLOCK_BOOTTIME) } },
	{ "sleep, CPU time", &good_sleep, -EBADMSG, { SET(clock, -6) } },
	{ "sleep, unknown clock", &good_sleep, -EBADMSG, { SET(clock, 16) } },
	{ "sleep, result in the kernel", &good_sleep, -EBADMSG,
	  { SET(addr, ~0xfffULL) } },
	{ "sleep, no time", &good_sleep, -EBADMSG, { SET(flags, 0) } },
	{ "sleep, 32-bit result nowhere", &good_sleep, -EBADMSG,
	  { SET(flags, CKPT_RESTART_TIMEOUT | CKPT_RESTART_TIME32),
	    SET(addr, 0) } },
	{ "sleep with a futex operation", &good_sleep, -EBADMSG,
	  { SET(op, 1) } },
	{ "poll", &good_poll, 0 },
	{ "poll, forever", &good_poll, 0, { SET(flags, 0), SET(time, 0) } },
	{ "poll, time not in use", &good_poll, -EBADMSG, { SET(flags, 0) } },
	{ "poll, other clock", &good_poll, -EBADMSG,
	  { SET(clock, CLOCK_BOOTTIME) } },
	{ "poll, array in the kernel", &good_poll, -EBADMSG,
	  { SET(addr, ~0xfffULL) } },
	{ "poll, bitset", &good_poll, -EBADMSG, { SET(bitset, 1) } },
	{ "futex", &good_futex, 0 },
	{ "futex, realtime", &good_futex, 0,
	  { SET(op, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME),
	    SET(clock, CLOCK_REALTIME) } },
	{ "futex, clock of another operation", &good_futex, -EBADMSG,
	  { SET(clock, CLOCK_REALTIME) } },
	{ "futex, other operation", &good_futex, -EBADMSG,
	  { SET(op, FUTEX_LOCK_PI) } },
	{ "futex, unknown operation", &good_futex, -EBADMSG,
	  { SET(op, 0x409) } },
	{ "futex, no bits", &good_futex, -EBADMSG, { SET(bitset, 0) } },
	{ "futex in the kernel", &good_futex, -EBADMSG,
	  { SET(addr, ~0xfffULL) } },
	{ "futex, negative time", &good_futex, -EBADMSG, { SET(time, -1) } },
	{ "again", &good_again, 0 },
	{ "again, another call", &good_again, -EBADMSG, { SET(op, __NR_read) } },
	{ "again, no time", &good_again, -EBADMSG, { SET(flags, 0) } },
	{ "again, address", &good_again, -EBADMSG, { SET(addr, 0x1000) } },
	{ "unknown flag", &good_sleep, -EBADMSG, { SET(flags, 9) } },
	{ "no kind", &good_sleep, -EOPNOTSUPP, { SET(kind, 0) } },
	{ "unknown kind", &good_sleep, -EOPNOTSUPP, { SET(kind, 5) } },
	{ "huge kind", &good_sleep, -EOPNOTSUPP, { SET(kind, U32_MAX) } },
};

KUNIT_ARRAY_PARAM_DESC(restart, restart_cases, name);

static void test_restart_block(struct kunit *test)
{
	const struct restart_case *c = test->param_value;
	struct ckpt_hdr_restart_block rec = *c->rec;
	struct ckpt_validator v = {};
	unsigned int i;

	/* Little endian: a narrower member takes the low bytes. */
	for (i = 0; c->set[i].size; i++)
		memcpy((void *)&rec + c->set[i].offset, &c->set[i].value,
		       c->set[i].size);
	KUNIT_EXPECT_EQ(test, ckpt_restart_block_validate(&v, &rec.h), c->err);
	KUNIT_EXPECT_EQ(test, !v.why, !c->err);
}

static const struct rseq_case {
	const char *name;
	struct ckpt_hdr_rseq rec;
	int err;
} rseq_cases[] = {
	{ "good", { .addr = 0x1020, .len = 32 }, 0 },
	{ "longer", { .addr = 0x1040, .len = 64 }, 0 },
	{ "nowhere", { .addr = 0, .len = 32 }, -EBADMSG },
	{ "too short", { .addr = 0x1020, .len = 28 }, -EBADMSG },
	{ "not aligned", { .addr = 0x1010, .len = 32 }, -EBADMSG },
};

KUNIT_ARRAY_PARAM_DESC(rseq, rseq_cases, name);

static void test_rseq(struct kunit *test)
{
	const struct rseq_case *c = test->param_value;
	struct ckpt_validator v = {};

	KUNIT_EXPECT_EQ(test, ckpt_rseq_validate(&v, &c->rec.h), c->err);
}

static void test_futex(struct kunit *test)
{
	struct ckpt_hdr_futex rec = { .robust_list = 1ULL << 40 };
	struct ckpt_validator v = {};

	KUNIT_EXPECT_EQ(test, ckpt_futex_validate(&v, &rec.h), 0);
	rec.compat_robust_list = 1ULL << 40;
	KUNIT_EXPECT_EQ(test, ckpt_futex_validate(&v, &rec.h), -EBADMSG);
}

/**
 * ckpt_kunit_restart_block_covers - are there cases for a type of record here?
 * @type: the type
 *
 * Return: true if so.
 */
bool ckpt_kunit_restart_block_covers(u32 type)
{
	return type == CKPT_HDR_RESTART_BLOCK || type == CKPT_HDR_RSEQ ||
	       type == CKPT_HDR_FUTEX;
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(test_restart_block, restart_gen_params),
	KUNIT_CASE_PARAM(test_rseq, rseq_gen_params),
	KUNIT_CASE(test_futex),
	{}
};

static struct kunit_suite suite = {
	.name		= "checkpoint_restart_block",
	.test_cases	= cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("Tests of the checks of restart block, futex and rseq records");
MODULE_LICENSE("GPL");
