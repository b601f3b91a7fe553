/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - good records, and what is changed in them
 *
 * Whoever includes this has a table good_recs, and an enumeration of its rows.
 */
#ifndef _CHECKPOINT_TESTS_SPOIL_H
#define _CHECKPOINT_TESTS_SPOIL_H

#include <kunit/test.h>
#include <linux/random.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include "../internal.h"

/**
 * struct spoil - one change to a good record
 * @name: of the test case
 * @rec: which of good_recs
 * @offset: of the field to change
 * @size: of that field; 0: nothing changes
 * @value: new value
 * @err: what the check must return; 0 if the value is fine
 */
struct spoil {
	const char *name;
	unsigned int rec;
	u32 offset;
	u32 size;
	u64 value;
	int err;
};

#define GOOD(_rec) { .name = #_rec ": good", .rec = _rec }
#define SPOIL(_rec, _name, _struct, _field, _value, _err) {		\
	.name	= #_rec ": " _name,					\
	.rec	= _rec,							\
	.offset	= offsetof(struct _struct, _field),			\
	.size	= sizeof_field(struct _struct, _field),			\
	.value	= _value,						\
	.err	= _err,							\
}

static inline void spoil_desc(const struct spoil *s, char *desc)
{
	strscpy(desc, s->name, KUNIT_PARAM_DESC_SIZE);
}

/* Change @h, which is good, as @s says, and see what the check says to that. */
static inline void spoil_check(struct kunit *test, const struct spoil *s,
			       struct ckpt_validator *v, struct ckpt_hdr *h)
{
	memcpy((u8 *)h + s->offset, &s->value, s->size);
	KUNIT_EXPECT_EQ(test, s->err, ckpt_validate_record(v, h));
	if (s->err)
		KUNIT_EXPECT_NOT_NULL(test, v->why);
}

/*
 * No record gets by, whatever its bytes are, without its fields being read: any
 * result will do, but KASAN must stay silent. @room is what @h may use.
 */
static inline void spoil_noise(struct ckpt_validator *v, struct ckpt_hdr *h,
			       size_t room, int rounds)
{
	const struct ckpt_hdr keep = *h;

	while (rounds--) {
		get_random_bytes(h, room);
		*h = keep;
		ckpt_kind(h->type)->validate(v, h);
	}
}

#endif /* _CHECKPOINT_TESTS_SPOIL_H */
