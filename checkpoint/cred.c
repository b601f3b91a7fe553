// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - credentials
 *
 * Saved: user and group ids, supplementary groups, securebits, the five
 *	capability sets, the keyring for requested keys, and to which user
 *	namespace they belong. Ids are as seen in that, or, if it has no numbers
 *	for some, in that of the restart's caller.
 * Not saved: labels, see label.c; audit's login id, see audit.c; the session,
 *	process and thread keyring, see cred_keys.c.
 * Refused: credentials of user namespaces outside the root task's; ids without
 *	a number in either namespace.
 *
 * A restart must not be a way to get more privilege than by system calls. So
 * what is asked for here is: starting from the credentials of the caller of
 * restart(), is there a sequence of setgroups(), setresgid(), setfsgid(),
 * setresuid(), setfsuid(), capset() and prctl() that ends with those of the
 * image? See ckpt_privs_check(). The task that asks has the caller's
 * credentials; nothing but a successful commit changes them, and before that
 * no file is opened and no limit checked with others.
 *
 * In a user namespace that the restart has made the caller could have all
 * capabilities, and all ids that it maps. See enter_user_ns(). A caller that has
 * entered the root task's user namespace before has nothing to do with those
 * outside of it any more: credentials of these are refused, and ids without a
 * number in it must be the caller's own.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/keyctl.h>
#include <linux/sched/user.h>
#include <linux/securebits.h>
#include <linux/security.h>
#include <linux/user_namespace.h>
#include "cred.h"
#include "keys.h"
#include "namespaces.h"

static_assert(sizeof(kernel_cap_t) == sizeof(u64));
static_assert(CKPT_GROUPS_MAX == NGROUPS_MAX);

/* ---- checkpoint ---- */

/* What create_user_ns() and setns() do to credentials. */
static void enter_user_ns(struct cred *cred, struct user_namespace *ns)
{
	put_user_ns(cred->user_ns);
	cred->user_ns = get_user_ns(ns);
	cred->securebits = SECUREBITS_DEFAULT;
	cred->cap_inheritable = CAP_EMPTY_SET;
	cred->cap_permitted = CAP_FULL_SET;
	cred->cap_effective = CAP_FULL_SET;
	cred->cap_ambient = CAP_EMPTY_SET;
	cred->cap_bset = CAP_FULL_SET;
}

/**
 * ckpt_outermost_user_ns - the outermost user namespace of the root task's own
 * @ctx: the operation
 *
 * Whose users files belong to, however far inside the root task is.
 *
 * Return: that; the root task's if it has none of its own.
 */
struct user_namespace *ckpt_outermost_user_ns(const struct ckpt_ctx *ctx)
{
	struct user_namespace *ns = ctx->user_ns;

	/* What the caller of restart() supplies may be anywhere. */
	while (ns != ctx->base_user_ns && ns->parent &&
	       ns->parent != ctx->base_user_ns)
		ns = ns->parent;
	return ns;
}

/**
 * ckpt_enter_files - look at files as from inside the root task's user namespace
 * @ctx: the checkpoint
 *
 * Who owns that namespace may enter it, and there may search and read all that
 * belongs to its users. If it is inside of another that only the tree is in, that
 * one counts: its users made what is there, and that is where restart() will look.
 * Root of the outside may do more as it is.
 *
 * Return: for ckpt_leave_files(), or ERR_PTR(-ENOMEM)
 */
const struct cred *ckpt_enter_files(struct ckpt_ctx *ctx)
{
	struct user_namespace *ns = ckpt_outermost_user_ns(ctx);
	struct cred *cred;

	if (ns == current_user_ns() ||
	    ns_capable_noaudit(current_user_ns(), CAP_DAC_READ_SEARCH) ||
	    !in_userns(current_user_ns(), ns) || !ns_capable(ns, CAP_SYS_ADMIN))
		return NULL;
	cred = prepare_creds();
	if (!cred)
		return ERR_PTR(-ENOMEM);
	enter_user_ns(cred, ns);
	return override_creds(cred);
}

/**
 * ckpt_leave_files - end what ckpt_enter_files() has begun
 * @old: what it returned
 */
void ckpt_leave_files(const struct cred *old)
{
	const struct cred *new = current_cred();

	if (!old)
		return;
	revert_creds(old);
	put_cred(new);
}

/**
 * ckpt_has_numbers - whether the owner of something can be saved
 * @ctx: the checkpoint
 * @uid: the owner
 * @gid: the group
 *
 * Return: whether both have a number in the user namespace that the tree and its
 * surroundings have in common.
 */
bool ckpt_has_numbers(const struct ckpt_ctx *ctx, kuid_t uid, kgid_t gid)
{
	return kuid_has_mapping(ctx->base_user_ns, uid) &&
	       kgid_has_mapping(ctx->base_user_ns, gid);
}

/* Which numbers the ids of a record are. */
struct numbers {
	struct ckpt_ctx *ctx;
	struct user_namespace *ns;
};

static int save_uid(const struct numbers *n, kuid_t kuid, u32 *to)
{
	*to = from_kuid(n->ns, kuid);
	if (*to == (uid_t)-1)
		return ckpt_err(n->ctx, -EOPNOTSUPP,
				"credentials: user id %u has no number in the user namespace",
				__kuid_val(kuid));
	return 0;
}

static int save_gid(const struct numbers *n, kgid_t kgid, u32 *to)
{
	*to = from_kgid(n->ns, kgid);
	if (*to == (gid_t)-1)
		return ckpt_err(n->ctx, -EOPNOTSUPP,
				"credentials: group id %u has no number in the user namespace",
				__kgid_val(kgid));
	return 0;
}

static int save_ids(const struct numbers *n, const struct cred *cred,
		    struct ckpt_hdr_cred *h)
{
	return save_uid(n, cred->uid, &h->uid) ?:
	       save_uid(n, cred->euid, &h->euid) ?:
	       save_uid(n, cred->suid, &h->suid) ?:
	       save_uid(n, cred->fsuid, &h->fsuid) ?:
	       save_gid(n, cred->gid, &h->gid) ?:
	       save_gid(n, cred->egid, &h->egid) ?:
	       save_gid(n, cred->sgid, &h->sgid) ?:
	       save_gid(n, cred->fsgid, &h->fsgid);
}

static int save_groups(const struct numbers *n, const struct cred *cred,
		       struct ckpt_hdr_cred *h)
{
	int i, ret;

	h->nr_groups = cred->group_info->ngroups;
	for (i = 0; i < cred->group_info->ngroups; i++) {
		ret = save_gid(n, cred->group_info->gid[i], &h->groups[i]);
		if (ret)
			return ret;
	}
	return 0;
}

static bool groups_mapped(struct user_namespace *ns, const struct cred *cred)
{
	const struct group_info *groups = cred->group_info;
	int i;

	for (i = 0; i < groups->ngroups; i++)
		if (!kgid_has_mapping(ns, groups->gid[i]))
			return false;
	return true;
}

static bool all_mapped(struct user_namespace *ns, const struct cred *cred)
{
	return kuid_has_mapping(ns, cred->uid) &&
	       kuid_has_mapping(ns, cred->euid) &&
	       kuid_has_mapping(ns, cred->suid) &&
	       kuid_has_mapping(ns, cred->fsuid) &&
	       kgid_has_mapping(ns, cred->gid) &&
	       kgid_has_mapping(ns, cred->egid) &&
	       kgid_has_mapping(ns, cred->sgid) &&
	       kgid_has_mapping(ns, cred->fsgid) &&
	       groups_mapped(ns, cred);
}

static size_t cred_size(u32 nr_groups)
{
	return ALIGN(struct_size_t(struct ckpt_hdr_cred, groups, nr_groups), 8);
}

/**
 * checkpoint_cred - write credentials
 * @ctx: the checkpoint
 * @obj: struct cred of a task or file
 *
 * Return: 0, or a reported errno.
 */
int checkpoint_cred(struct ckpt_ctx *ctx, void *obj)
{
	const struct cred *cred = obj;
	struct numbers numbers = { ctx, cred->user_ns };
	struct ckpt_hdr_cred_keys keys = {};
	struct ckpt_hdr_cred *h;
	int ret, user_ns;

	user_ns = ckpt_user_ns_id(ctx, cred->user_ns);
	if (user_ns < 0)
		return user_ns;
	ret = collect_cred_keys(ctx, cred, &keys);
	if (ret)
		return ret;

	h = ckpt_new_obj(ctx, CKPT_HDR_CRED,
			 cred_size(cred->group_info->ngroups));
	if (IS_ERR(h))
		return PTR_ERR(h);

	h->user_ns = user_ns;
	/* Left over from before unshare(). */
	if (user_ns && !all_mapped(cred->user_ns, cred)) {
		numbers.ns = ctx->base_user_ns;
		h->flags = CKPT_CRED_OUTER;
	}
	ret = save_ids(&numbers, cred, h) ?: save_groups(&numbers, cred, h);
	if (ret)
		return ret;
	h->securebits = cred->securebits;
	h->reqkey = ckpt_reqkey(cred);
	h->cap_inheritable = cred->cap_inheritable.val;
	h->cap_permitted = cred->cap_permitted.val;
	h->cap_effective = cred->cap_effective.val;
	h->cap_bset = cred->cap_bset.val;
	h->cap_ambient = cred->cap_ambient.val;
	return checkpoint_cred_keys(ctx, &keys);
}

/* ---- validate ---- */

static bool caps_known(const struct ckpt_hdr_cred *c)
{
	u64 all = c->cap_inheritable | c->cap_permitted | c->cap_effective |
		  c->cap_bset | c->cap_ambient;

	return !(all & ~CAP_VALID_MASK);
}

/* What holds in every struct cred; see cap_capset(). */
static bool caps_consistent(const struct ckpt_hdr_cred *c)
{
	return !(c->cap_effective & ~c->cap_permitted) &&
	       !(c->cap_ambient & ~(c->cap_permitted & c->cap_inheritable));
}

static bool ids_ok(const struct ckpt_hdr_cred *c)
{
	const u32 none = -1;

	return c->uid != none && c->euid != none && c->suid != none &&
	       c->fsuid != none && c->gid != none && c->egid != none &&
	       c->sgid != none && c->fsgid != none;
}

static bool groups_ok(const struct ckpt_hdr_cred *c)
{
	u32 i;

	if (c->nr_groups > CKPT_GROUPS_MAX || c->h.len != cred_size(c->nr_groups))
		return false;
	for (i = 0; i < c->nr_groups; i++)
		if (c->groups[i] == (u32)-1)
			return false;
	return !(c->nr_groups % 2) || !c->groups[c->nr_groups];
}

/**
 * ckpt_cred_validate - check a CRED record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0, %-EBADMSG or %-EOPNOTSUPP.
 */
int ckpt_cred_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_cred *c = (const void *)h;

	if (c->reserved || c->flags & ~CKPT_CRED_OUTER)
		return ckpt_bad(v, "reserved field is not zero");
	if (!ckpt_ref0_ok(v, c->user_ns, CKPT_CLASS_NS_USER))
		return ckpt_bad(v, "reference to something that is no user namespace");
	if (!groups_ok(c))
		return ckpt_bad(v, "supplementary groups");
	if (!ids_ok(c))
		return ckpt_bad(v, "id out of range");
	if (!caps_known(c) ||
	    c->securebits & ~(SECURE_ALL_BITS | SECURE_ALL_LOCKS)) {
		v->why = "unknown capabilities or securebits";
		return -EOPNOTSUPP;
	}
	if (!caps_consistent(c))
		return ckpt_bad(v, "capability sets contradict each other");
	if (c->reqkey > KEY_REQKEY_DEFL_REQUESTOR_KEYRING)
		return ckpt_bad(v, "keyring for requested keys");
	return 0;
}

/* ---- what the caller of restart() may have ---- */

static bool has_id(const u32 *ids, u32 id)
{
	return id == ids[CKPT_ID_REAL] || id == ids[CKPT_ID_EFFECTIVE] ||
	       id == ids[CKPT_ID_SAVED];
}

/*
 * Without privilege, setres[ug]id() lets each id become any of the three, and
 * resets the one for files to the effective one; setfs[ug]id() then makes it
 * any of the three again. Only who does not call the former keeps one for files
 * that is none of the three.
 */
static bool ids_need_cap(const u32 *have, const u32 *want)
{
	bool same = have[CKPT_ID_REAL] == want[CKPT_ID_REAL] &&
		    have[CKPT_ID_EFFECTIVE] == want[CKPT_ID_EFFECTIVE] &&
		    have[CKPT_ID_SAVED] == want[CKPT_ID_SAVED];

	if (same && have[CKPT_ID_FS] == want[CKPT_ID_FS])
		return false;
	return !has_id(have, want[CKPT_ID_REAL]) ||
	       !has_id(have, want[CKPT_ID_EFFECTIVE]) ||
	       !has_id(have, want[CKPT_ID_SAVED]) ||
	       !has_id(want, want[CKPT_ID_FS]);
}

/* PR_SET_SECUREBITS; and PR_SET_KEEPCAPS, which takes no privilege. */
static bool securebits_ok(const struct ckpt_privs *have,
			  const struct ckpt_privs *want, u64 *need)
{
	u32 changed = have->securebits ^ want->securebits;
	u32 locks = have->securebits & SECURE_ALL_LOCKS;

	if (changed & (locks | locks >> 1))
		return false;
	if (changed & ~issecure_mask(SECURE_KEEP_CAPS))
		*need |= BIT_ULL(CAP_SETPCAP);
	return true;
}

/* cap_emulate_setxuid(): who ceases to be root loses its capabilities ... */
static bool leaves_root(const struct ckpt_privs *have,
			const struct ckpt_privs *want)
{
	return !(have->securebits & issecure_mask(SECURE_NO_SETUID_FIXUP)) &&
	       has_id(have->uid, have->root) && !has_id(want->uid, have->root);
}

/* ... unless PR_SET_KEEPCAPS or PR_SET_SECUREBITS is called before. */
static bool may_keep_caps(const struct ckpt_privs *have)
{
	u32 bits = have->securebits;

	if (bits & issecure_mask(SECURE_KEEP_CAPS) ||
	    !(bits & issecure_mask(SECURE_KEEP_CAPS_LOCKED)))
		return true;
	return have->effective & BIT_ULL(CAP_SETPCAP) &&
	       !(bits & issecure_mask(SECURE_NO_SETUID_FIXUP_LOCKED));
}

/* capset() */
static bool sets_ok(const struct ckpt_privs *have, const struct ckpt_privs *want)
{
	if (want->permitted & ~have->permitted ||
	    want->effective & ~want->permitted)
		return false;
	if (!(have->effective & BIT_ULL(CAP_SETPCAP)) &&
	    want->inheritable & ~(have->inheritable | have->permitted))
		return false;
	return !(want->inheritable & ~(have->inheritable | have->bset));
}

/* PR_CAPBSET_DROP */
static bool bset_ok(const struct ckpt_privs *have, const struct ckpt_privs *want,
		    u64 *need)
{
	if (want->bset != have->bset)
		*need |= BIT_ULL(CAP_SETPCAP);
	return !(want->bset & ~have->bset);
}

/* PR_CAP_AMBIENT; changing from root to another user clears the set before. */
static bool ambient_ok(const struct ckpt_privs *have,
		       const struct ckpt_privs *want, bool cleared)
{
	u64 raised = want->ambient & ~(cleared ? 0 : have->ambient);

	if (want->ambient & ~(want->permitted & want->inheritable))
		return false;
	return !raised || !(have->securebits &
			    issecure_mask(SECURE_NO_CAP_AMBIENT_RAISE));
}

/**
 * ckpt_privs_check - may these privileges become those, by system calls?
 * @have: credentials of the restart's caller
 * @want: credentials in the image
 * @need: where to put the capabilities that this takes
 * @why: where to put what is not permitted
 *
 * The sequence in mind: setgroups(), setresgid() and setfsgid(); keep
 * capabilities when leaving root; setresuid() and setfsuid(); make effective
 * again what is permitted; PR_SET_SECUREBITS; inheritable set and
 * PR_CAPBSET_DROP; PR_CAP_AMBIENT; capset() to the final sets. None of these
 * steps adds to the permitted set, so all capabilities they need are those that
 * are effective at the start. If capabilities cannot be kept, nothing that
 * needs one can follow setresuid(); then setfsuid() and the capability sets are
 * limited to what a task without any can do.
 *
 * A pure function.
 *
 * Return: 0 or %-EPERM.
 */
int ckpt_privs_check(const struct ckpt_privs *have, const struct ckpt_privs *want,
		     u64 *need, const char **why)
{
	bool leaves = leaves_root(have, want);

	*need = 0;
	*why = "supplementary groups or group ids";
	if (want->groups_differ || ids_need_cap(have->gid, want->gid))
		*need |= BIT_ULL(CAP_SETGID);
	if (*need & ~have->effective)
		return -EPERM;

	*why = "user ids";
	if (ids_need_cap(have->uid, want->uid))
		*need |= BIT_ULL(CAP_SETUID);
	if (*need & ~have->effective)
		return -EPERM;
	if (leaves && !may_keep_caps(have) &&
	    (want->permitted || !has_id(want->uid, want->uid[CKPT_ID_FS]))) {
		*why = "capabilities, which end with the change of the user id";
		return -EPERM;
	}

	*why = "securebits";
	if (!securebits_ok(have, want, need) || *need & ~have->effective)
		return -EPERM;
	*why = "capability bounding set";
	if (!bset_ok(have, want, need) || *need & ~have->effective)
		return -EPERM;
	*why = "capabilities";
	if (!sets_ok(have, want))
		return -EPERM;
	*why = "ambient capabilities";
	if (!ambient_ok(have, want, leaves))
		return -EPERM;
	*why = NULL;
	return 0;
}

static void privs_of(struct ckpt_privs *p, const struct cred *cred)
{
	p->uid[CKPT_ID_REAL] = __kuid_val(cred->uid);
	p->uid[CKPT_ID_EFFECTIVE] = __kuid_val(cred->euid);
	p->uid[CKPT_ID_SAVED] = __kuid_val(cred->suid);
	p->uid[CKPT_ID_FS] = __kuid_val(cred->fsuid);
	p->gid[CKPT_ID_REAL] = __kgid_val(cred->gid);
	p->gid[CKPT_ID_EFFECTIVE] = __kgid_val(cred->egid);
	p->gid[CKPT_ID_SAVED] = __kgid_val(cred->sgid);
	p->gid[CKPT_ID_FS] = __kgid_val(cred->fsgid);
	p->root = __kuid_val(make_kuid(cred->user_ns, 0));
	p->securebits = cred->securebits;
	p->inheritable = cred->cap_inheritable.val;
	p->permitted = cred->cap_permitted.val;
	p->effective = cred->cap_effective.val;
	p->bset = cred->cap_bset.val;
	p->ambient = cred->cap_ambient.val;
}

/* ---- restart ---- */

/**
 * ckpt_may_take_uid - whether the caller could act as a user
 * @uid: the user
 *
 * Return: true if setresuid() would let it.
 */
bool ckpt_may_take_uid(kuid_t uid)
{
	const struct cred *cred = current_cred();

	return uid_eq(uid, cred->uid) || uid_eq(uid, cred->euid) ||
	       uid_eq(uid, cred->suid) ||
	       (kuid_has_mapping(cred->user_ns, uid) &&
		ns_capable_setid(cred->user_ns, CAP_SETUID));
}

/**
 * ckpt_may_take_gid - whether the caller could act as a group
 * @gid: the group
 *
 * Return: true if setresgid() would let it.
 */
bool ckpt_may_take_gid(kgid_t gid)
{
	const struct cred *cred = current_cred();

	return gid_eq(gid, cred->gid) || gid_eq(gid, cred->egid) ||
	       gid_eq(gid, cred->sgid) ||
	       (kgid_has_mapping(cred->user_ns, gid) &&
		ns_capable_setid(cred->user_ns, CAP_SETGID));
}

/* In which user namespace the ids of a record are numbers. */
static struct user_namespace *numbers_of(struct ckpt_ctx *ctx,
					 const struct cred *new,
					 const struct ckpt_hdr_cred *h)
{
	return h->flags & CKPT_CRED_OUTER ? ctx->base_user_ns : new->user_ns;
}

static int load_ids(struct ckpt_ctx *ctx, struct cred *new,
		    const struct ckpt_hdr_cred *h)
{
	struct user_namespace *ns = numbers_of(ctx, new, h);

	new->uid = make_kuid(ns, h->uid);
	new->euid = make_kuid(ns, h->euid);
	new->suid = make_kuid(ns, h->suid);
	new->fsuid = make_kuid(ns, h->fsuid);
	new->gid = make_kgid(ns, h->gid);
	new->egid = make_kgid(ns, h->egid);
	new->sgid = make_kgid(ns, h->sgid);
	new->fsgid = make_kgid(ns, h->fsgid);
	if (!uid_valid(new->uid) || !uid_valid(new->euid) ||
	    !uid_valid(new->suid) || !uid_valid(new->fsuid))
		return ckpt_err(ctx, -EINVAL,
				"credentials: user id does not exist in the user namespace");
	if (!gid_valid(new->gid) || !gid_valid(new->egid) ||
	    !gid_valid(new->sgid) || !gid_valid(new->fsgid))
		return ckpt_err(ctx, -EINVAL,
				"credentials: group id does not exist in the user namespace");
	return 0;
}

static int load_groups(struct ckpt_ctx *ctx, struct cred *new,
		       const struct ckpt_hdr_cred *h)
{
	struct group_info *groups = groups_alloc(h->nr_groups);
	u32 i;
	int ret = 0;

	if (!groups)
		return ckpt_err(ctx, -ENOMEM, "credentials: %u groups",
				h->nr_groups);
	for (i = 0; i < h->nr_groups && !ret; i++) {
		groups->gid[i] = make_kgid(numbers_of(ctx, new, h), h->groups[i]);
		if (!gid_valid(groups->gid[i]))
			ret = ckpt_err(ctx, -EINVAL,
				       "credentials: group id %u does not exist in the user namespace",
				       h->groups[i]);
	}
	if (!ret) {
		groups_sort(groups);
		set_groups(new, groups);
	}
	put_group_info(groups);
	return ret;
}

static bool same_groups(const struct group_info *a, const struct group_info *b)
{
	return a->ngroups == b->ngroups &&
	       !memcmp(a->gid, b->gid, flex_array_size(a, gid, a->ngroups));
}

static void image_privs(struct ckpt_privs *want, const struct cred *new,
			const struct cred *old, const struct ckpt_hdr_cred *h)
{
	privs_of(want, new);
	want->groups_differ = !same_groups(new->group_info, old->group_info);
	want->securebits = h->securebits;
	want->inheritable = h->cap_inheritable;
	want->permitted = h->cap_permitted;
	want->effective = h->cap_effective;
	want->bset = h->cap_bset;
	want->ambient = h->cap_ambient;
}

/* Ask as the system calls do: security modules may object, audit may listen. */
static bool may_use(u64 need)
{
	struct user_namespace *ns = current_user_ns();

	return (!(need & BIT_ULL(CAP_SETGID)) ||
		ns_capable_setid(ns, CAP_SETGID)) &&
	       (!(need & BIT_ULL(CAP_SETUID)) ||
		ns_capable_setid(ns, CAP_SETUID)) &&
	       (!(need & BIT_ULL(CAP_SETPCAP)) || ns_capable(ns, CAP_SETPCAP));
}

/*
 * Ids from outside the caller's user namespace come by no system call: they are
 * the caller's own, or not to be had.
 */
static bool may_have_leftovers(const struct cred *new)
{
	return ckpt_may_take_uid(new->uid) && ckpt_may_take_uid(new->euid) &&
	       ckpt_may_take_uid(new->suid) && ckpt_may_take_uid(new->fsuid) &&
	       ckpt_may_take_gid(new->gid) && ckpt_may_take_gid(new->egid) &&
	       ckpt_may_take_gid(new->sgid) && ckpt_may_take_gid(new->fsgid) &&
	       (same_groups(new->group_info, current_cred()->group_info) ||
		groups_mapped(new->user_ns, new));
}

static int check_privs(struct ckpt_ctx *ctx, const struct cred *new,
		       const struct ckpt_hdr_cred *h)
{
	struct ckpt_privs have = {}, want = {};
	const char *why;
	u64 need;
	int ret;

	if (h->flags & CKPT_CRED_OUTER && !may_have_leftovers(new))
		return ckpt_err(ctx, -EPERM,
				"credentials: ids from outside the user namespace: not the caller's");
	privs_of(&have, current_cred());
	image_privs(&want, new, current_cred(), h);
	ret = ckpt_privs_check(&have, &want, &need, &why);
	if (ret)
		return ckpt_err(ctx, ret, "credentials: %s: not permitted", why);
	if (want.groups_differ && !may_setgroups())
		return ckpt_err(ctx, -EPERM,
				"credentials: setgroups() is denied in the user namespace");
	if (!may_use(need))
		return ckpt_err(ctx, -EPERM,
				"credentials: ids or capabilities: denied by a security module");
	return 0;
}

static bool may_have_uid(const struct cred *new, kuid_t uid)
{
	return kuid_has_mapping(new->user_ns, uid) || ckpt_may_take_uid(uid);
}

static bool may_have_gid(const struct cred *new, kgid_t gid)
{
	return kgid_has_mapping(new->user_ns, gid) || ckpt_may_take_gid(gid);
}

/*
 * Somewhere on the way from the caller's user namespace to the new one
 * setgroups() must have been possible, unless the groups are the caller's.
 */
static bool may_have_groups(const struct cred *new)
{
	struct user_namespace *ns;

	if (same_groups(new->group_info, current_cred()->group_info))
		return true;
	for (ns = new->user_ns; ns != current_user_ns(); ns = ns->parent)
		if (userns_may_setgroups(ns) && groups_mapped(ns, new))
			return true;
	return may_setgroups() && groups_mapped(current_user_ns(), new);
}

/*
 * Who has entered a user namespace of its own making has all capabilities in
 * it, so can have any of its ids there and any set of capabilities; but ids from
 * outside only if it could have taken them along, and those for files must have
 * been set inside, or follow the effective ones.
 */
static int check_inner_privs(struct ckpt_ctx *ctx, const struct cred *new)
{
	if (!may_have_uid(new, new->uid) || !may_have_uid(new, new->euid) ||
	    !may_have_uid(new, new->suid) ||
	    (!uid_eq(new->fsuid, new->euid) &&
	     !kuid_has_mapping(new->user_ns, new->fsuid)))
		return ckpt_err(ctx, -EPERM, "credentials: user ids: not permitted");
	if (!may_have_gid(new, new->gid) || !may_have_gid(new, new->egid) ||
	    !may_have_gid(new, new->sgid) ||
	    (!gid_eq(new->fsgid, new->egid) &&
	     !kgid_has_mapping(new->user_ns, new->fsgid)))
		return ckpt_err(ctx, -EPERM, "credentials: group ids: not permitted");
	if (!may_have_groups(new))
		return ckpt_err(ctx, -EPERM,
				"credentials: supplementary groups: not permitted");
	return 0;
}

/*
 * The hooks of the system calls, in their order. That for user ids adapts the
 * capabilities to the change; what they are in the end capset() then decides,
 * once more and with its own checks.
 */
static int ask_security(struct ckpt_ctx *ctx, struct cred *new,
			const struct cred *old, const struct ckpt_hdr_cred *h)
{
	kernel_cap_t effective = { h->cap_effective };
	kernel_cap_t inheritable = { h->cap_inheritable };
	kernel_cap_t permitted = { h->cap_permitted };
	int ret = 0;

	if (!same_groups(new->group_info, old->group_info))
		ret = security_task_fix_setgroups(new, old);
	ret = ret ?:
	      security_task_fix_setgid(new, old, LSM_SETID_RES) ?:
	      security_task_fix_setuid(new, old, LSM_SETID_RES) ?:
	      security_capset(new, old, &effective, &inheritable, &permitted);
	if (ret)
		return ckpt_err(ctx, ret, "credentials: denied by a security module");

	new->cap_bset.val = h->cap_bset;
	new->cap_ambient.val = h->cap_ambient;
	new->securebits = h->securebits;
	return 0;
}

/* As set_user() does in setresuid(). */
static int charge_user(struct ckpt_ctx *ctx, struct cred *new)
{
	struct user_struct *user;
	int ret;

	user = alloc_uid(new->uid);
	if (!user)
		return ckpt_err(ctx, -ENOMEM, "credentials: user");
	free_uid(new->user);
	new->user = user;
	ret = set_cred_ucounts(new);
	if (ret)
		return ckpt_err(ctx, ret, "credentials: accounting of the user");
	return 0;
}

static int fill_cred(struct ckpt_ctx *ctx, struct cred *new,
		     const struct cred *old, const struct ckpt_hdr_cred *h)
{
	int ret;

	ret = load_ids(ctx, new, h) ?:
	      load_groups(ctx, new, h);
	if (!ret)
		ret = new->user_ns == current_user_ns() ?
		      check_privs(ctx, new, h) : check_inner_privs(ctx, new);
	ret = ret ?:
	      ask_security(ctx, new, old, h) ?:
	      charge_user(ctx, new);
	if (!ret && ckpt_set_reqkey(new, h->reqkey))
		ret = ckpt_err(ctx, -EOPNOTSUPP, "credentials: keyrings");
	return ret;
}

/* Whether the caller is in a user namespace, or could enter it by setns(). */
static bool may_enter(struct user_namespace *ns)
{
	return ns == current_user_ns() ||
	       (in_userns(current_user_ns(), ns) && ns_capable(ns, CAP_SYS_ADMIN));
}

/**
 * ckpt_cred_is_outside - whether credentials are not for the caller to give
 * @ctx: the restart
 * @id: CRED object, validated
 *
 * Return: true if they are of a user namespace that the caller has left.
 */
bool ckpt_cred_is_outside(struct ckpt_ctx *ctx, u32 id)
{
	const struct ckpt_hdr_cred *h = (const void *)ckpt_obj_by_id(ctx, id)->h;

	return !may_enter(ckpt_ns_user(ctx, h->user_ns));
}

/**
 * ckpt_callers_in - the credentials of the caller, in a user namespace
 * @ns: that one, its own or one that the restart has made
 *
 * Return: a copy that is not in use, or NULL.
 */
struct cred *ckpt_callers_in(struct user_namespace *ns)
{
	struct cred *cred = prepare_creds();

	if (cred && ns != cred->user_ns)
		enter_user_ns(cred, ns);
	return cred;
}

/**
 * restore_cred_obj - prepare credentials
 * @ctx: the restart
 * @h: CRED record
 * @c: position behind it
 *
 * Return: a struct cred, referenced and not in use, or ERR_PTR() of a reported
 * errno.
 */
void *restore_cred_obj(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		       struct ckpt_cursor *c)
{
	const struct ckpt_hdr_cred *rec = (const void *)h;
	struct user_namespace *ns = ckpt_ns_user(ctx, rec->user_ns);
	struct cred *old, *new;
	int ret;

	if (!may_enter(ns))
		return ERR_PTR(ckpt_err(ctx, -EPERM,
					"credentials: of a user namespace outside the caller's"));
	old = ckpt_callers_in(ns);
	new = ckpt_callers_in(ns);
	if (old && new)
		ret = fill_cred(ctx, new, old, rec) ?:
		      restore_cred_keys(ctx, new, c);
	else
		ret = ckpt_err(ctx, -ENOMEM, "credentials");
	if (old)
		abort_creds(old);
	if (!ret)
		return new;
	if (new)
		abort_creds(new);
	return ERR_PTR(ret);
}

/**
 * ckpt_cred_get - take a reference
 * @obj: struct cred
 */
void ckpt_cred_get(void *obj)
{
	get_cred(obj);
}

/**
 * ckpt_cred_put - drop a reference
 * @obj: struct cred
 */
void ckpt_cred_put(void *obj)
{
	put_cred(obj);
}

/**
 * restore_cred - prepare the credentials of the current task
 * @ctx: the restart
 * @t: the current task
 * @id: CRED object, validated
 *
 * Return: 0, or a reported errno.
 */
int restore_cred(struct ckpt_ctx *ctx, struct ckpt_task *t, u32 id)
{
	struct cred *cred = restore_obj(ctx, id);

	if (IS_ERR(cred))
		return PTR_ERR(cred);
	t->cred = (struct cred *)get_cred(cred);
	return 0;
}

/**
 * commit_cred - give the current task its credentials
 * @t: the current task
 *
 * Like any change of the effective ids this makes the memory undumpable and
 * forgets pdeath_signal; so it comes before these are restored. And as with
 * setuid(), a user with too many processes is a matter for the next execve().
 */
void commit_cred(struct ckpt_task *t)
{
	struct cred *new = t->cred;

	t->cred = NULL;
	if (new->ucounts != current_ucounts() && new->user != INIT_USER &&
	    is_rlimit_overlimit(new->ucounts, UCOUNT_RLIMIT_NPROC,
				rlimit(RLIMIT_NPROC)))
		current->flags |= PF_NPROC_EXCEEDED;
	commit_creds(new);
}
