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

#define SLEEP_REC							\
	.h	= { .type = CKPT_HDR_RESTART_BLOCK },			\
	.kind	= CKPT_RESTART_NANOSLEEP,				\
	.flags	= CKPT_RESTART_TIMEOUT,					\
	.clock	= CLOCK_MONOTONIC,					\
	.addr	= 0x1000,						\
	.time	= NSEC_PER_SEC

#define POLL_REC							\
	.h	= { .type = CKPT_HDR_RESTART_BLOCK },			\
	.kind	= CKPT_RESTART_POLL,					\
	.flags	= CKPT_RESTART_TIMEOUT,					\
	.clock	= CLOCK_MONOTONIC,					\
	.addr	= 0x1000,						\
	.val	= 3,							\
	.time	= NSEC_PER_SEC

#define FUTEX_REC							\
	.h	= { .type = CKPT_HDR_RESTART_BLOCK },			\
	.kind	= CKPT_RESTART_FUTEX,					\
	.flags	= CKPT_RESTART_TIMEOUT,					\
	.clock	= CLOCK_MONOTONIC,					\
	.op	= FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG,		\
	.addr	= 0x1000,						\
	.val	= 1,							\
	.bitset	= FUTEX_BITSET_MATCH_ANY,				\
	.time	= NSEC_PER_SEC

#define AGAIN_REC							\
	.h	= { .type = CKPT_HDR_RESTART_BLOCK },			\
	.kind	= CKPT_RESTART_AGAIN,					\
	.flags	= CKPT_RESTART_TIMEOUT,					\
	.clock	= CLOCK_MONOTONIC,					\
	.op	= __NR_epoll_pwait,					\
	.time	= NSEC_PER_SEC

/* Later initializers override earlier ones: that is what is wrong. */
__diag_push();
__diag_ignore(GCC, 8, "-Woverride-init", "the point of the table");
static const struct restart_case {
	const char *name;
	struct ckpt_hdr_restart_block rec;
	int err;
} restart_cases[] = {
	{ "sleep", { SLEEP_REC }, 0 },
	{ "sleep without result", { SLEEP_REC, .addr = 0 }, 0 },
	{ "sleep that is over", { SLEEP_REC, .time = -5 }, 0 },
	{ "sleep, boottime", { SLEEP_REC, .clock = CLOCK_BOOTTIME }, 0 },
	{ "sleep, CPU time", { SLEEP_REC, .clock = -6 }, -EBADMSG },
	{ "sleep, unknown clock", { SLEEP_REC, .clock = 16 }, -EBADMSG },
	{ "sleep, result in the kernel",
	  { SLEEP_REC, .addr = ~0xfffULL }, -EBADMSG },
	{ "sleep, no time", { SLEEP_REC, .flags = 0 }, -EBADMSG },
	{ "sleep, 32-bit result nowhere",
	  { SLEEP_REC, .flags = CKPT_RESTART_TIMEOUT | CKPT_RESTART_TIME32,
	    .addr = 0 }, -EBADMSG },
	{ "sleep with a futex operation", { SLEEP_REC, .op = 1 }, -EBADMSG },
	{ "poll", { POLL_REC }, 0 },
	{ "poll, forever", { POLL_REC, .flags = 0, .time = 0 }, 0 },
	{ "poll, time not in use", { POLL_REC, .flags = 0 }, -EBADMSG },
	{ "poll, other clock", { POLL_REC, .clock = CLOCK_BOOTTIME }, -EBADMSG },
	{ "poll, array in the kernel",
	  { POLL_REC, .addr = ~0xfffULL }, -EBADMSG },
	{ "poll, bitset", { POLL_REC, .bitset = 1 }, -EBADMSG },
	{ "futex", { FUTEX_REC }, 0 },
	{ "futex, realtime",
	  { FUTEX_REC, .op = FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME,
	    .clock = CLOCK_REALTIME }, 0 },
	{ "futex, clock of another operation",
	  { FUTEX_REC, .clock = CLOCK_REALTIME }, -EBADMSG },
	{ "futex, other operation",
	  { FUTEX_REC, .op = FUTEX_LOCK_PI }, -EBADMSG },
	{ "futex, unknown operation", { FUTEX_REC, .op = 0x409 }, -EBADMSG },
	{ "futex, no bits", { FUTEX_REC, .bitset = 0 }, -EBADMSG },
	{ "futex in the kernel", { FUTEX_REC, .addr = ~0xfffULL }, -EBADMSG },
	{ "futex, negative time", { FUTEX_REC, .time = -1 }, -EBADMSG },
	{ "again", { AGAIN_REC }, 0 },
	{ "again, a call that is not", { AGAIN_REC, .op = __NR_read }, -EBADMSG },
	{ "again, no time", { AGAIN_REC, .flags = 0 }, -EBADMSG },
	{ "again, address", { AGAIN_REC, .addr = 0x1000 }, -EBADMSG },
	{ "unknown flag", { SLEEP_REC, .flags = 9 }, -EBADMSG },
	{ "no kind", { SLEEP_REC, .kind = 0 }, -EOPNOTSUPP },
	{ "unknown kind", { SLEEP_REC, .kind = 5 }, -EOPNOTSUPP },
	{ "huge kind", { SLEEP_REC, .kind = U32_MAX }, -EOPNOTSUPP },
};
__diag_pop();

KUNIT_ARRAY_PARAM_DESC(restart, restart_cases, name);

static void test_restart_block(struct kunit *test)
{
	const struct restart_case *c = test->param_value;
	struct ckpt_validator v = {};

	KUNIT_EXPECT_EQ(test, ckpt_restart_block_validate(&v, &c->rec.h), c->err);
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
