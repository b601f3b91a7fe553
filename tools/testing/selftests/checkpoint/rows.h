/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - tables of targets that cannot be checkpointed
 */
#ifndef _SELFTESTS_CHECKPOINT_ROWS_H
#define _SELFTESTS_CHECKPOINT_ROWS_H

#include "common.h"

/**
 * struct row - a target that sets something up, and what is said of it
 * @name: for what the test itself says
 * @fn: the target; it may use all of sh->data[] but the first two
 * @err: errno of checkpoint()
 * @text: part of the message
 */
struct row {
	const char *name;
	void (*fn)(struct shared *sh);
	int err;
	const char *text;
};

/* In the target: this kernel does not offer what the row is about. */
static inline bool absent(struct shared *sh)
{
	atomic_store(&sh->data[0], 1);
	target_step(sh, 1);
	return true;
}

/* Which of several things the row is about. */
static inline unsigned int row_arg(struct shared *sh)
{
	return atomic_load(&sh->data[1]);
}

static inline void check_row(struct __test_metadata *_metadata, struct ckpt_test *t,
			     const struct row *row, unsigned int arg)
{
	long ret;

	memset(t->sh, 0, sizeof(*t->sh));
	t->sh->data[1] = arg;
	ASSERT_LT(0, spawn(t, row->fn));
	ASSERT_TRUE(wait_step(t->sh, 1))
		TH_LOG("%s", row->name);
	nap_ms(10);
	if (atomic_load(&t->sh->data[0])) {
		TH_LOG("%s: not in this kernel", row->name);
	} else {
		ret = do_checkpoint(t, 0);
		EXPECT_EQ(-row->err, ret)
			TH_LOG("%s: %s", row->name, t->msg);
		EXPECT_NE(NULL, strstr(t->msg, row->text))
			TH_LOG("%s: %s", row->name, t->msg);
	}
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

static inline void check_rows(struct __test_metadata *_metadata, struct ckpt_test *t,
			      const struct row *rows, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		check_row(_metadata, t, &rows[i], 0);
}

#endif /* _SELFTESTS_CHECKPOINT_ROWS_H */
