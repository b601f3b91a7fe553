// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - tests of the checks of labels, policies and login ids
 */
#include <kunit/test.h>
#include "../audit.h"
#include "../lsm.h"
#include "covers.h"

/* Room for a record with a payload; the length includes all of it. */
#define LABEL_LEN	(sizeof(struct ckpt_hdr_label) + 8)
#define POLICY_LEN	(sizeof(struct ckpt_hdr_lsm_policy) + 8)

static const struct label_case {
	const char *name;
	u8 value[8];
	int err;
} label_cases[] = {
	{ "label", "App", 0 },
	{ "label as long as the record", "1234567", 0 },
	{ "label that is not terminated", { 1, 2, 3, 4, 5, 6, 7, 8 }, -EBADMSG },
	{ "label that is empty", "", -EBADMSG },
	{ "junk behind a label", { 'A', 0, 'x' }, -EBADMSG },
};

KUNIT_ARRAY_PARAM_DESC(label, label_cases, name);

static void test_label(struct kunit *test)
{
	const struct label_case *c = test->param_value;
	struct ckpt_validator v = {};
	struct ckpt_hdr_label *h;

	h = kunit_kzalloc(test, LABEL_LEN, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, h);
	h->h.len = LABEL_LEN;
	memcpy(h->value, c->value, sizeof(c->value));
	KUNIT_EXPECT_EQ(test, ckpt_label_validate(&v, &h->h), c->err);
}

static const struct policy_case {
	const char *name;
	u32 mode;
	u32 digest_len;
	u8 last;		/* byte of the digest */
	u8 value[8];
	int err;
} policy_cases[] = {
	{ "policy", CKPT_POLICY_ENFORCING, 32, 0, "", 0 },
	{ "part of a policy", CKPT_POLICY_USER, 64, 1, "profile", 0 },
	{ "no policy", CKPT_POLICY_PERMISSIVE, 0, 0, "", 0 },
	{ "mode 0", 0, 32, 0, "", -EBADMSG },
	{ "unknown mode", CKPT_POLICY_USER + 1, 32, 0, "", -EBADMSG },
	{ "digest too long", CKPT_POLICY_ENFORCING, 65, 0, "", -EBADMSG },
	{ "huge digest", CKPT_POLICY_ENFORCING, U32_MAX, 0, "", -EBADMSG },
	{ "junk behind a digest", CKPT_POLICY_ENFORCING, 32, 1, "", -EBADMSG },
	{ "name that is not terminated", CKPT_POLICY_ENFORCING, 32, 0,
	  { 1, 2, 3, 4, 5, 6, 7, 8 }, -EBADMSG },
};

KUNIT_ARRAY_PARAM_DESC(policy, policy_cases, name);

static void test_policy(struct kunit *test)
{
	const struct policy_case *c = test->param_value;
	struct ckpt_hdr_lsm_policy *h;
	struct ckpt_validator v = {};

	h = kunit_kzalloc(test, POLICY_LEN, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, h);
	h->h.len = POLICY_LEN;
	h->mode = c->mode;
	h->digest_len = c->digest_len;
	h->digest[CKPT_POLICY_DIGEST_MAX - 1] = c->last;
	memcpy(h->name, c->value, sizeof(c->value));
	KUNIT_EXPECT_EQ(test, ckpt_lsm_policy_validate(&v, &h->h), c->err);
}

/* Object 1 is a label, object 2 is not. */
static const struct labels_case {
	const char *name;
	u32 nr;
	u32 reserved;
	struct ckpt_label_ref ref;	/* the first of two */
	int err;
} labels_cases[] = {
	{ "labels", 2, 0, { CKPT_LABEL_CURRENT, 1 }, 0 },
	{ "label of a module's own kind", 2, 0, { CKPT_LABEL_RULES, 1 }, 0 },
	{ "no labels", 0, 0, { CKPT_LABEL_CURRENT, 1 }, -EBADMSG },
	{ "fewer labels than there is room for", 1, 0,
	  { CKPT_LABEL_CURRENT, 1 }, -EBADMSG },
	{ "more labels than there is room for", 3, 0,
	  { CKPT_LABEL_CURRENT, 1 }, -EBADMSG },
	{ "number of labels that overflows", 0x20000002, 0,
	  { CKPT_LABEL_CURRENT, 1 }, -EBADMSG },
	{ "reserved field", 2, 1, { CKPT_LABEL_CURRENT, 1 }, -EBADMSG },
	{ "first unknown kind", 2, 0, { CKPT_LABEL_INPUT + 1, 1 }, -EBADMSG },
	{ "unknown kind", 2, 0, { CKPT_LABEL_SOCKCREATE + 1, 1 }, -EBADMSG },
	{ "kind 0", 2, 0, { 0, 1 }, -EBADMSG },
	{ "object that is no label", 2, 0, { CKPT_LABEL_CURRENT, 2 }, -EBADMSG },
	{ "object that is not there", 2, 0, { CKPT_LABEL_CURRENT, 3 }, -EBADMSG },
	{ "no object", 2, 0, { CKPT_LABEL_CURRENT, 0 }, -EBADMSG },
};

KUNIT_ARRAY_PARAM_DESC(labels, labels_cases, name);

static void test_labels(struct kunit *test)
{
	const struct labels_case *c = test->param_value;
	u8 classes[] = { CKPT_CLASS_LABEL, CKPT_CLASS_CRED };
	struct ckpt_validator v = { .classes = classes, .nr_objs = 2 };
	struct ckpt_hdr_labels *h;

	h = kunit_kzalloc(test, struct_size(h, ref, 2), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, h);
	h->h.len = struct_size(h, ref, 2);
	h->nr = c->nr;
	h->reserved = c->reserved;
	h->ref[0] = c->ref;
	h->ref[1].attr = CKPT_LABEL_EXEC;
	h->ref[1].label = 1;
	KUNIT_EXPECT_EQ(test, ckpt_labels_validate(&v, &h->h), c->err);
}

/* Where a LABELS record may be. */
static const struct place_case {
	const char *name;
	u32 owner;
	u32 last;
	int err;
} place_cases[] = {
	{ "of a task", CKPT_HDR_TASK, CKPT_HDR_RSEQ, 0 },
	{ "of an object", CKPT_HDR_KEY, CKPT_HDR_KEY, 0 },
	{ "of an open file", CKPT_HDR_FILE_PATH, CKPT_HDR_FILE_PATH, 0 },
	{ "of a file of somebody else", CKPT_HDR_FILE_EXTERNAL,
	  CKPT_HDR_FILE_EXTERNAL, -EBADMSG },
	{ "of shared memory", CKPT_HDR_NS_IPC, CKPT_HDR_IPC_SHM, 0 },
	{ "of semaphores", CKPT_HDR_NS_IPC, CKPT_HDR_IPC_SEM, 0 },
	{ "of a message queue", CKPT_HDR_NS_IPC, CKPT_HDR_IPC_MSG, 0 },
	{ "of a message", CKPT_HDR_NS_IPC, CKPT_HDR_IPC_MSG_MSG, 0 },
	{ "of a namespace", CKPT_HDR_NS_IPC, CKPT_HDR_NS_IPC, -EBADMSG },
	{ "twice", CKPT_HDR_NS_IPC, CKPT_HDR_LABELS, -EBADMSG },
	{ "of a directory", CKPT_HDR_NS_IPC, CKPT_HDR_MQUEUE_DIR, -EBADMSG },
	{ "of nothing", 0, 0, -EBADMSG },
};

KUNIT_ARRAY_PARAM_DESC(place, place_cases, name);

static void test_place(struct kunit *test)
{
	const struct place_case *c = test->param_value;
	u8 classes[] = { CKPT_CLASS_LABEL };
	struct ckpt_validator v = {
		.classes = classes, .nr_objs = 1, .owner = c->owner,
		.last = c->last,
	};
	struct ckpt_hdr_labels *h;

	h = kunit_kzalloc(test, struct_size(h, ref, 1), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, h);
	h->h.type = CKPT_HDR_LABELS;
	h->h.len = struct_size(h, ref, 1);
	h->nr = 1;
	h->ref[0].attr = CKPT_LABEL_CURRENT;
	h->ref[0].label = 1;
	KUNIT_EXPECT_EQ(test, ckpt_validate_record(&v, &h->h), c->err);
	if (!c->err) {
		KUNIT_EXPECT_EQ(test, v.owner, c->owner);
		KUNIT_EXPECT_EQ(test, v.last, CKPT_HDR_LABELS);
	}
}

static void test_audit(struct kunit *test)
{
	struct ckpt_hdr_audit rec = { .loginuid = 1000, .sessionid = 1 };
	struct ckpt_validator v = {};

	KUNIT_EXPECT_EQ(test, ckpt_audit_validate(&v, &rec.h), 0);
	rec.loginuid = -1;
	KUNIT_EXPECT_EQ(test, ckpt_audit_validate(&v, &rec.h), -EBADMSG);
	rec.sessionid = AUDIT_SID_UNSET;
	KUNIT_EXPECT_EQ(test, ckpt_audit_validate(&v, &rec.h), 0);
}

/**
 * ckpt_kunit_lsm_covers - are there cases for a type of record here?
 * @type: the type
 *
 * Return: true if so.
 */
bool ckpt_kunit_lsm_covers(u32 type)
{
	return type == CKPT_HDR_LSM_POLICY || type == CKPT_HDR_LABEL ||
	       type == CKPT_HDR_LABELS || type == CKPT_HDR_AUDIT;
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(test_label, label_gen_params),
	KUNIT_CASE_PARAM(test_policy, policy_gen_params),
	KUNIT_CASE_PARAM(test_labels, labels_gen_params),
	KUNIT_CASE_PARAM(test_place, place_gen_params),
	KUNIT_CASE(test_audit),
	{}
};

static struct kunit_suite suite = {
	.name		= "checkpoint_lsm",
	.test_cases	= cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("Tests of the checks of labels, policies and login ids");
MODULE_LICENSE("GPL");
