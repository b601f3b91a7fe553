// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - tests of what all records have in common
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "../internal.h"

#define UNKNOWN		900
#define MAX_OBJS	3
#define REC_ROOM	512

/**
 * struct step - a record in a sequence; all zero behind its header
 * @type: its type; 0 ends the sequence
 * @id: its number
 * @flags: its flags
 * @more: bytes it is longer than the fixed part of its type
 * @junk: whether the last of its bytes is not zero
 * @err: what the check must say; an error ends the sequence
 */
struct step {
	u32 type;
	u32 id;
	u32 flags;
	s32 more;
	bool junk;
	int err;
};

#define TABLE(_id, ...)	{ CKPT_HDR_FILES, _id, ## __VA_ARGS__ }
#define OPTIONAL	{ UNKNOWN, 0, CKPT_REC_OPTIONAL }
#define BAD		.err = -EBADMSG
#define UNSUPPORTED	.err = -EOPNOTSUPP

/* What nearly all sequences begin with. */
static const struct step head[] = { { CKPT_HDR_HEADER }, { CKPT_HDR_ARCH } };

/*
 * struct sequence - records, and what is made of them
 * @name: of the case
 * @steps: the records
 * @bare: no header comes before them
 */
static const struct sequence {
	const char *name;
	struct step steps[6];
	bool bare;
} sequences[] = {
	{ "objects in order", { TABLE(1), TABLE(2), TABLE(3) } },
	{ "object without a number", { TABLE(0, BAD) } },
	{ "object number left out", { TABLE(1), TABLE(3, BAD) } },
	{ "object number twice", { TABLE(1), TABLE(1, BAD) } },
	{ "object number too large", { TABLE(U32_MAX, BAD) } },
	{ "more objects than announced",
	  { TABLE(1), TABLE(2), TABLE(3), TABLE(4, BAD) } },
	{ "number of what is no object", { { CKPT_HDR_CONTAINER, 1, BAD } } },
	{ "record of its owner",
	  { { CKPT_HDR_CONTAINER }, { CKPT_HDR_LSM }, { CKPT_HDR_LSM } } },
	{ "record of another owner", { TABLE(1), { CKPT_HDR_LSM, BAD } } },
	{ "record whose owner is gone",
	  { { CKPT_HDR_CONTAINER }, TABLE(1), { CKPT_HDR_LSM, BAD } } },
	{ "labels of what has none", { TABLE(1), { CKPT_HDR_LABELS, BAD } } },
	{ "labels of nothing", { { CKPT_HDR_LABELS, BAD } }, true },
	{ "record without an owner", { { CKPT_HDR_LSM, BAD } }, true },
	{ "task without a tree", { { CKPT_HDR_TASK, BAD } } },
	{ "second header", { { CKPT_HDR_HEADER, BAD } } },
	{ "arch header first", { { CKPT_HDR_ARCH, BAD } }, true },
	{ "second arch header", { { CKPT_HDR_ARCH, BAD } } },
	{ "container section among objects",
	  { TABLE(1), { CKPT_HDR_CONTAINER, BAD } } },
	{ "end", { { CKPT_HDR_META_END } } },
	{ "object behind the end", { { CKPT_HDR_META_END }, TABLE(1, BAD) } },
	{ "second end", { { CKPT_HDR_META_END }, { CKPT_HDR_META_END, BAD } } },
	{ "zeros behind a fixed record", { { CKPT_HDR_CONTAINER, .more = 64 } } },
	{ "zeros behind an object", { TABLE(1, .more = 8), TABLE(2) } },
	{ "junk behind a fixed record",
	  { { CKPT_HDR_CONTAINER, .more = 64, .junk = true, UNSUPPORTED } } },
	{ "record too short", { { CKPT_HDR_CONTAINER, .more = -8, BAD } } },
	{ "record of a header only",
	  { TABLE(1, .more = -(s32)(sizeof(struct ckpt_hdr_files) -
					   sizeof(struct ckpt_hdr)), BAD) } },
	{ "variable part too long", { { CKPT_HDR_PID, 1, .more = 136, BAD } } },
	{ "unknown", { { UNKNOWN, UNSUPPORTED } } },
	{ "unknown, a number between known ones", { { 31, UNSUPPORTED } } },
	{ "unknown of the arch", { { CKPT_HDR_ARCH + 999, UNSUPPORTED } } },
	{ "unknown, largest type", { { U32_MAX, UNSUPPORTED } } },
	{ "unknown but optional", { OPTIONAL, TABLE(1) } },
	{ "optional record keeps the owner",
	  { { CKPT_HDR_CONTAINER }, OPTIONAL, { CKPT_HDR_LSM } } },
	{ "optional object",
	  { { UNKNOWN, 1, CKPT_REC_OPTIONAL, UNSUPPORTED } } },
	{ "known and optional", { TABLE(1, CKPT_REC_OPTIONAL) } },
	{ "known and optional, but malformed",
	  { TABLE(2, CKPT_REC_OPTIONAL, BAD) } },
	{ "unknown flag", { TABLE(1, 0x2, BAD) } },
	{ "unknown flag of an optional record",
	  { { UNKNOWN, 0, 0x80000001, BAD } } },
};

static void sequence_desc(const struct sequence *s, char *desc)
{
	strscpy(desc, s->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(sequence, sequences, sequence_desc);

KUNIT_DEFINE_ACTION_WRAPPER(free_validator, ckpt_validator_free,
			    struct ckpt_validator *);
KUNIT_DEFINE_ACTION_WRAPPER(put_ctx, ckpt_ctx_put, struct ckpt_ctx *);

static struct ckpt_hdr *make_step(struct kunit *test, const struct step *s)
{
	const struct ckpt_kind *k = ckpt_kind(s->type);
	struct ckpt_hdr *h = kunit_kzalloc(test, REC_ROOM, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	h->type = s->type;
	h->id = s->id;
	h->flags = s->flags;
	h->len = (k ? k->min_len : 32) + s->more;
	KUNIT_ASSERT_LE(test, h->len, REC_ROOM);
	if (s->junk)
		((u8 *)h)[h->len - 1] = 1;
	return h;
}

static void check_steps(struct kunit *test, struct ckpt_validator *v,
			const struct step *s, size_t nr)
{
	for (; nr-- && s->type; s++) {
		KUNIT_ASSERT_EQ(test, s->err,
				ckpt_validate_record(v, make_step(test, s)));
		KUNIT_EXPECT_EQ(test, !!s->err, !!v->why);
	}
}

static void sequence_check(struct kunit *test)
{
	const struct sequence *seq = test->param_value;
	struct ckpt_validator *v = ckpt_validator_alloc(MAX_OBJS, 1);

	KUNIT_ASSERT_NOT_NULL(test, v);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_validator, v));
	if (!seq->bare)
		check_steps(test, v, head, ARRAY_SIZE(head));
	check_steps(test, v, seq->steps, ARRAY_SIZE(seq->steps));
}

static void references(struct kunit *test)
{
	struct ckpt_validator *v = ckpt_validator_alloc(MAX_OBJS, 1);

	KUNIT_ASSERT_NOT_NULL(test, v);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_validator, v));
	v->classes[0] = CKPT_CLASS_FILE;
	v->classes[1] = CKPT_CLASS_MM;
	v->nr_objs = 2;
	KUNIT_EXPECT_TRUE(test, ckpt_ref_ok(v, 1, CKPT_CLASS_FILE));
	KUNIT_EXPECT_TRUE(test, ckpt_ref_ok(v, 2, CKPT_CLASS_MM));
	KUNIT_EXPECT_FALSE(test, ckpt_ref_ok(v, 1, CKPT_CLASS_MM));
	KUNIT_EXPECT_FALSE(test, ckpt_ref_ok(v, 0, CKPT_CLASS_FILE));
	KUNIT_EXPECT_FALSE(test, ckpt_ref_ok(v, 0, CKPT_CLASS_NONE));
	KUNIT_EXPECT_FALSE(test, ckpt_ref_ok(v, 3, CKPT_CLASS_NONE));
	KUNIT_EXPECT_FALSE(test, ckpt_ref_ok(v, U32_MAX, CKPT_CLASS_FILE));
}

static void strings(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, ckpt_string_ok("abc\0\0\0\0", 8));
	KUNIT_EXPECT_TRUE(test, ckpt_string_ok("", 1));
	KUNIT_EXPECT_FALSE(test, ckpt_string_ok("abcdefgh", 8));
	KUNIT_EXPECT_FALSE(test, ckpt_string_ok("abc\0d\0\0", 8));
	KUNIT_EXPECT_FALSE(test, ckpt_string_ok("", 0));
}

/* ---- a whole image of one task ---- */

enum spoil {
	GOOD, NO_TASK, NO_TREE_TASK, NO_END, MORE_OBJS, FEWER_OBJS, MORE_TASKS,
	NO_TASKS, HUGE_COUNTS, MORE_PROCS,
};

static const struct whole_case {
	const char *name;
	enum spoil spoil;
	int err;
} whole_cases[] = {
	{ "good", GOOD, 0 },
	{ "no task", NO_TASK, -EBADMSG },
	{ "no task in the tree", NO_TREE_TASK, -EBADMSG },
	{ "no end record", NO_END, -EBADMSG },
	{ "fewer objects than announced", MORE_OBJS, -EBADMSG },
	{ "more objects than announced", FEWER_OBJS, -EBADMSG },
	{ "fewer tasks than announced", MORE_TASKS, -EBADMSG },
	{ "no tasks announced", NO_TASKS, -EBADMSG },
	{ "more announced than there can be", HUGE_COUNTS, -EBADMSG },
	{ "more processes than leaders", MORE_PROCS, -EBADMSG },
};

static void whole_desc(const struct whole_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(whole, whole_cases, whole_desc);

static void *add(struct kunit *test, struct ckpt_ctx *ctx, u32 type)
{
	void *h = ckpt_new_rec(ctx, type, ckpt_kind(type)->min_len);

	KUNIT_ASSERT_FALSE(test, IS_ERR(h));
	return h;
}

static void fill_image(struct kunit *test, struct ckpt_ctx *ctx, enum spoil spoil)
{
	struct ckpt_hdr_tree_task *tt;
	struct ckpt_hdr_tree *tree;
	struct ckpt_hdr_pid *pid;

	add(test, ctx, CKPT_HDR_ARCH);
	add(test, ctx, CKPT_HDR_CONTAINER);
	pid = ckpt_new_obj(ctx, CKPT_HDR_PID, struct_size(pid, nr, 2));
	KUNIT_ASSERT_FALSE(test, IS_ERR(pid));
	pid->nr_levels = 1;
	pid->nr[0] = 100;
	tree = add(test, ctx, CKPT_HDR_TREE);
	tree->nr_tasks = 1;
	tree->nr_procs = spoil == MORE_PROCS ? 2 : 1;
	if (spoil != NO_TREE_TASK) {
		tt = add(test, ctx, CKPT_HDR_TREE_TASK);
		tt->pid = 1;
		tt->parent = CKPT_TREE_NONE;
		tt->state = CKPT_TASK_ALIVE;
	}
	if (spoil != NO_TASK)
		add(test, ctx, CKPT_HDR_TASK);
	if (spoil != NO_END)
		add(test, ctx, CKPT_HDR_META_END);
}

static void whole_image(struct kunit *test)
{
	const struct whole_case *c = test->param_value;
	struct ckpt_ctx *ctx = ckpt_ctx_alloc(CKPT_OP_RESTART);
	struct ckpt_hdr_header *h;

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_ctx, ctx));
	h = add(test, ctx, CKPT_HDR_HEADER);
	ctx->header = h;
	fill_image(test, ctx, c->spoil);
	h->nr_records = ctx->nr_records;
	h->nr_objects = 1;
	h->nr_tasks = 1;
	if (c->spoil == MORE_OBJS)
		h->nr_objects = 2;
	if (c->spoil == FEWER_OBJS)
		h->nr_objects = 0;
	if (c->spoil == MORE_TASKS)
		h->nr_tasks = 2;
	if (c->spoil == NO_TASKS)
		h->nr_tasks = 0;
	if (c->spoil == HUGE_COUNTS)
		h->nr_objects = U32_MAX;
	KUNIT_EXPECT_EQ(test, c->err, ckpt_validate_meta(ctx));
	KUNIT_EXPECT_EQ(test, c->err, ctx->err);
	if (c->spoil == GOOD)
		KUNIT_EXPECT_EQ(test, CKPT_HDR_PID, ckpt_obj_by_id(ctx, 1)->h->type);
}

static struct kunit_case validate_test_cases[] = {
	KUNIT_CASE_PARAM(sequence_check, sequence_gen_params),
	KUNIT_CASE_PARAM(whole_image, whole_gen_params),
	KUNIT_CASE(references),
	KUNIT_CASE(strings),
	{}
};

static struct kunit_suite validate_suite = {
	.name = "checkpoint_validate",
	.test_cases = validate_test_cases,
};

kunit_test_suite(validate_suite);
