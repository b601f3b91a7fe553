// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - tests of the decision about credentials
 *
 * Each case changes what the caller has and what the image wants, starting from
 * one of three well-known users.
 */
#include <kunit/test.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include "../cred.h"

#define ALL	CAP_VALID_MASK
#define CAP(x)	BIT_ULL(CAP_##x)
#define SEC(x)	issecure_mask(SECURE_##x)

static const struct ckpt_privs admin = {
	.permitted = ALL, .effective = ALL, .bset = ALL,
};

static const struct ckpt_privs guest = {
	.uid = { 1000, 1000, 1000, 1000 },
	.gid = { 100, 100, 100, 100 },
	.bset = ALL,
};

/* A user with all three ids different, as in a set-user-id program. */
static const struct ckpt_privs mixed = {
	.uid = { 1000, 2000, 3000, 2000 },
	.gid = { 100, 200, 300, 200 },
	.bset = ALL,
};

/**
 * struct cred_case - a decision
 * @name: of the test case
 * @have: what the caller has
 * @want: what the image has
 * @edit: changes to the copies of @have and @want
 * @err: expected result
 * @need: expected capabilities, if @err is 0
 */
struct cred_case {
	const char *name;
	const struct ckpt_privs *have;
	const struct ckpt_privs *want;
	void (*edit)(struct ckpt_privs *have, struct ckpt_privs *want);
	int err;
	u64 need;
};

/* Names the two copies that an edit works on. */
#define EDIT(name)							\
static void name(struct ckpt_privs *have, struct ckpt_privs *want)

EDIT(groups_differ)
{
	want->groups_differ = true;
}

EDIT(setuid_only)
{
	have->permitted = CAP(SETUID);
	have->effective = CAP(SETUID);
	want->permitted = 0;
	want->effective = 0;
}

EDIT(not_effective)
{
	have->effective = 0;
}

EDIT(swap_ids)
{
	want->uid[CKPT_ID_REAL] = 2000;
	want->uid[CKPT_ID_EFFECTIVE] = 1000;
	want->uid[CKPT_ID_FS] = 1000;
	want->gid[CKPT_ID_SAVED] = 100;
}

EDIT(saved_as_fs)
{
	want->uid[CKPT_ID_FS] = 3000;
}

EDIT(other_fs)
{
	want->uid[CKPT_ID_FS] = 4000;
}

EDIT(keep_odd_fs)
{
	have->uid[CKPT_ID_FS] = 4000;
	want->uid[CKPT_ID_FS] = 4000;
}

EDIT(odd_fs_after_change)
{
	have->uid[CKPT_ID_FS] = 4000;
	want->uid[CKPT_ID_FS] = 4000;
	want->uid[CKPT_ID_REAL] = 2000;
}

EDIT(other_fsgid)
{
	want->gid[CKPT_ID_FS] = 400;
}

EDIT(other_saved_gid)
{
	want->gid[CKPT_ID_SAVED] = 400;
}

EDIT(user_with_caps)
{
	want->permitted = ALL;
	want->effective = ALL;
}

EDIT(user_with_one_cap)
{
	want->permitted = CAP(NET_ADMIN);
	want->effective = CAP(NET_ADMIN);
}

EDIT(gain_permitted)
{
	have->permitted = CAP(CHOWN);
	want->permitted = CAP(CHOWN) | CAP(SYS_ADMIN);
}

EDIT(regain_effective)
{
	have->permitted = CAP(CHOWN);
	want->permitted = CAP(CHOWN);
	want->effective = CAP(CHOWN);
}

EDIT(effective_not_permitted)
{
	have->permitted = CAP(CHOWN);
	want->effective = CAP(CHOWN);
}

EDIT(keep_locked)
{
	have->securebits = SEC(KEEP_CAPS_LOCKED);
	want->securebits = SEC(KEEP_CAPS_LOCKED);
	have->effective &= ~CAP(SETPCAP);
	want->permitted = CAP(CHOWN);
}

EDIT(keep_locked_dropped)
{
	have->securebits = SEC(KEEP_CAPS_LOCKED);
	want->securebits = SEC(KEEP_CAPS_LOCKED);
	have->effective &= ~CAP(SETPCAP);
}

EDIT(keep_locked_set)
{
	have->securebits = SEC(KEEP_CAPS) | SEC(KEEP_CAPS_LOCKED);
	want->securebits = have->securebits;
	have->effective &= ~CAP(SETPCAP);
	want->permitted = CAP(CHOWN);
}

EDIT(keep_locked_no_fixup)
{
	have->securebits = SEC(KEEP_CAPS_LOCKED) | SEC(NO_SETUID_FIXUP);
	want->securebits = SEC(KEEP_CAPS_LOCKED) | SEC(NO_SETUID_FIXUP);
	have->effective &= ~CAP(SETPCAP);
	want->permitted = CAP(CHOWN);
}

EDIT(keep_locked_setpcap)
{
	have->securebits = SEC(KEEP_CAPS_LOCKED);
	want->securebits = SEC(KEEP_CAPS_LOCKED);
	want->permitted = CAP(CHOWN);
}

EDIT(keep_locked_fixup_locked)
{
	have->securebits = SEC(KEEP_CAPS_LOCKED) | SEC(NO_SETUID_FIXUP_LOCKED);
	want->securebits = have->securebits;
	want->permitted = CAP(CHOWN);
}

EDIT(keep_locked_fs)
{
	keep_locked_dropped(have, want);
	want->uid[CKPT_ID_FS] = 1001;
}

EDIT(set_keepcaps)
{
	want->securebits = SEC(KEEP_CAPS);
}

EDIT(set_locked_keepcaps)
{
	have->securebits = SEC(KEEP_CAPS_LOCKED);
	want->securebits = SEC(KEEP_CAPS_LOCKED) | SEC(KEEP_CAPS);
}

EDIT(set_noroot)
{
	want->securebits = SEC(NOROOT);
}

EDIT(clear_noroot)
{
	have->securebits = SEC(NOROOT);
}

EDIT(clear_locked_noroot)
{
	have->securebits = SEC(NOROOT) | SEC(NOROOT_LOCKED);
	want->securebits = SEC(NOROOT_LOCKED);
}

EDIT(clear_lock)
{
	have->securebits = SEC(NOROOT) | SEC(NOROOT_LOCKED);
	want->securebits = SEC(NOROOT);
}

EDIT(drop_bset)
{
	want->bset = CAP(CHOWN);
}

EDIT(grow_bset)
{
	have->bset = CAP(CHOWN);
}

EDIT(inheritable_permitted)
{
	have->permitted = CAP(CHOWN);
	want->inheritable = CAP(CHOWN);
}

EDIT(inheritable_bounded)
{
	want->inheritable = CAP(CHOWN);
}

EDIT(inheritable_setpcap)
{
	have->permitted = CAP(SETPCAP);
	have->effective = CAP(SETPCAP);
	want->inheritable = CAP(CHOWN);
}

EDIT(inheritable_not_bounded)
{
	have->permitted = CAP(SETPCAP) | CAP(CHOWN);
	have->effective = CAP(SETPCAP) | CAP(CHOWN);
	have->bset = CAP(KILL);
	want->bset = CAP(KILL);
	want->inheritable = CAP(CHOWN);
}

EDIT(inheritable_kept)
{
	have->bset = 0;
	want->bset = 0;
	have->inheritable = CAP(CHOWN);
	want->inheritable = CAP(CHOWN);
}

EDIT(ambient_raised)
{
	have->permitted = CAP(CHOWN);
	want->permitted = CAP(CHOWN);
	want->inheritable = CAP(CHOWN);
	want->ambient = CAP(CHOWN);
}

EDIT(ambient_no_raise)
{
	ambient_raised(have, want);
	have->securebits = SEC(NO_CAP_AMBIENT_RAISE);
	want->securebits = SEC(NO_CAP_AMBIENT_RAISE);
}

EDIT(ambient_kept)
{
	ambient_no_raise(have, want);
	have->inheritable = CAP(CHOWN);
	have->ambient = CAP(CHOWN);
}

EDIT(ambient_lost_with_root)
{
	have->securebits = SEC(NO_CAP_AMBIENT_RAISE);
	want->securebits = SEC(NO_CAP_AMBIENT_RAISE);
	have->inheritable = CAP(CHOWN);
	have->ambient = CAP(CHOWN);
	want->permitted = CAP(CHOWN);
	want->inheritable = CAP(CHOWN);
	want->ambient = CAP(CHOWN);
}

EDIT(ambient_not_permitted)
{
	have->inheritable = CAP(CHOWN);
	want->inheritable = CAP(CHOWN);
	want->ambient = CAP(CHOWN);
}

EDIT(namespace_root)
{
	have->root = 100000;
	want->root = 100000;
	have->uid[CKPT_ID_REAL] = 100000;
	have->uid[CKPT_ID_EFFECTIVE] = 100000;
	have->uid[CKPT_ID_SAVED] = 100000;
	have->uid[CKPT_ID_FS] = 100000;
	keep_locked(have, want);
}

static const struct cred_case cred_cases[] = {
	{ "root stays root", &admin, &admin },
	{ "user stays user", &guest, &guest },
	{ "mixed stays mixed", &mixed, &mixed },
	{ "root becomes user", &admin, &guest, NULL, 0, CAP(SETUID) | CAP(SETGID) },
	{ "user becomes root", &guest, &admin, NULL, -EPERM },
	{ "user becomes other user", &guest, &mixed, NULL, -EPERM },

	{ "groups of root", &admin, &admin, groups_differ, 0, CAP(SETGID) },
	{ "groups of user", &guest, &guest, groups_differ, -EPERM },
	{ "group ids without CAP_SETGID", &admin, &guest, setuid_only, -EPERM },
	{ "capabilities not effective", &admin, &guest, not_effective, -EPERM },

	{ "ids swapped", &mixed, &mixed, swap_ids },
	{ "saved id for files", &mixed, &mixed, saved_as_fs },
	{ "other id for files", &mixed, &mixed, other_fs, -EPERM },
	{ "other id for files, by root", &admin, &mixed, other_fs, 0, CAP(SETUID) | CAP(SETGID) },
	{ "odd id for files kept", &mixed, &mixed, keep_odd_fs },
	{ "odd id for files after a change", &mixed, &mixed, odd_fs_after_change, -EPERM },
	{ "other group for files", &mixed, &mixed, other_fsgid, -EPERM },
	{ "other saved group", &mixed, &mixed, other_saved_gid, -EPERM },

	{ "user keeps root's capabilities",
	  &admin, &guest, user_with_caps, 0, CAP(SETUID) | CAP(SETGID) },
	{ "user keeps one capability",
	  &admin, &guest, user_with_one_cap, 0, CAP(SETUID) | CAP(SETGID) },
	{ "user gets a capability", &guest, &guest, user_with_one_cap, -EPERM },
	{ "capability gained", &guest, &guest, gain_permitted, -EPERM },
	{ "capability effective again", &guest, &guest, regain_effective },
	{ "capability effective but not permitted",
	  &guest, &guest, effective_not_permitted, -EPERM },
	{ "no keeping of capabilities", &admin, &guest, keep_locked, -EPERM },
	{ "no keeping, none wanted",
	  &admin, &guest, keep_locked_dropped, 0, CAP(SETUID) | CAP(SETGID) },
	{ "keeping locked but set", &admin, &guest, keep_locked_set, 0, CAP(SETUID) | CAP(SETGID) },
	{ "keeping locked, no fixup",
	  &admin, &guest, keep_locked_no_fixup, 0, CAP(SETUID) | CAP(SETGID) },
	{ "keeping locked, fixup can be set",
	  &admin, &guest, keep_locked_setpcap, 0, CAP(SETUID) | CAP(SETGID) },
	{ "keeping locked, fixup locked", &admin, &guest, keep_locked_fixup_locked, -EPERM },
	{ "no keeping, id for files after", &admin, &guest, keep_locked_fs, -EPERM },
	{ "no keeping in a user namespace", &admin, &guest, namespace_root, -EPERM },

	{ "keepcaps", &guest, &guest, set_keepcaps },
	{ "keepcaps locked", &guest, &guest, set_locked_keepcaps, -EPERM },
	{ "securebits of user", &guest, &guest, set_noroot, -EPERM },
	{ "securebits of root", &admin, &admin, set_noroot, 0, CAP(SETPCAP) },
	{ "securebits cleared", &admin, &admin, clear_noroot, 0, CAP(SETPCAP) },
	{ "locked securebit cleared", &admin, &admin, clear_locked_noroot, -EPERM },
	{ "lock of securebit cleared", &admin, &admin, clear_lock, -EPERM },

	{ "bounding set dropped", &admin, &admin, drop_bset, 0, CAP(SETPCAP) },
	{ "bounding set dropped by user", &guest, &guest, drop_bset, -EPERM },
	{ "bounding set grown", &admin, &admin, grow_bset, -EPERM },

	{ "inheritable from permitted", &guest, &guest, inheritable_permitted },
	{ "inheritable from bounding set", &guest, &guest, inheritable_bounded, -EPERM },
	{ "inheritable with CAP_SETPCAP", &guest, &guest, inheritable_setpcap },
	{ "inheritable outside of bounding set", &guest, &guest, inheritable_not_bounded, -EPERM },
	{ "inheritable kept", &guest, &guest, inheritable_kept },

	{ "ambient raised", &guest, &guest, ambient_raised },
	{ "ambient raised against securebits", &guest, &guest, ambient_no_raise, -EPERM },
	{ "ambient kept against securebits", &guest, &guest, ambient_kept },
	{ "ambient lost with root", &admin, &guest, ambient_lost_with_root, -EPERM },
	{ "ambient not permitted", &guest, &guest, ambient_not_permitted, -EPERM },
};

static void cred_case_desc(const struct cred_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(cred_case, cred_cases, cred_case_desc);

static void cred_decision(struct kunit *test)
{
	const struct cred_case *c = test->param_value;
	struct ckpt_privs have = *c->have, want = *c->want;
	const char *why = NULL;
	u64 need = 0;

	if (c->edit)
		c->edit(&have, &want);
	KUNIT_EXPECT_EQ(test, c->err, ckpt_privs_check(&have, &want, &need, &why));
	KUNIT_EXPECT_EQ(test, !c->err, !why);
	if (!c->err)
		KUNIT_EXPECT_EQ(test, c->need, need);
}

/* What one can never get, whatever else one changes: a random search. */
static void cred_never_gains(struct kunit *test)
{
	struct ckpt_privs have, want;
	const char *why;
	u64 need;
	int i;

	for (i = 0; i < 200000; i++) {
		get_random_bytes(&have, sizeof(have));
		get_random_bytes(&want, sizeof(want));
		have.groups_differ = false;
		want.groups_differ = i & 1;
		/* Small sets, so that some requests are granted. */
		have.permitted &= 0x1ff;
		have.effective &= have.permitted;
		have.securebits &= 0xff;
		want.permitted &= 0x1ff;
		want.effective &= want.permitted;
		want.inheritable &= 0x1ff;
		want.bset = have.bset & (i & 2 ? ~0ULL : want.bset);
		want.ambient &= want.permitted & want.inheritable;
		want.securebits = have.securebits ^ (i & 4 ? 1U << (want.securebits & 7) : 0);
		if (i & 8)
			memcpy(want.uid, have.uid, sizeof(have.uid));
		if (i & 16)
			memcpy(want.gid, have.gid, sizeof(have.gid));
		if (ckpt_privs_check(&have, &want, &need, &why))
			continue;
		KUNIT_EXPECT_FALSE(test, want.permitted & ~have.permitted);
		KUNIT_EXPECT_FALSE(test, want.effective & ~have.permitted);
		KUNIT_EXPECT_FALSE(test, want.bset & ~have.bset);
		KUNIT_EXPECT_FALSE(test, want.inheritable & ~(have.inheritable | have.bset));
		KUNIT_EXPECT_FALSE(test, need & ~have.effective);
		KUNIT_EXPECT_FALSE(test, have.securebits & SECURE_ALL_LOCKS & ~want.securebits);
	}
}

static struct kunit_case cred_test_cases[] = {
	KUNIT_CASE_PARAM(cred_decision, cred_case_gen_params),
	KUNIT_CASE(cred_never_gains),
	{}
};

static struct kunit_suite cred_suite = {
	.name = "checkpoint_cred",
	.test_cases = cred_test_cases,
};

kunit_test_suite(cred_suite);
