// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - user namespaces
 *
 * Saved: nesting, owner, maps of user, group and project ids, whether
 *	setgroups() is allowed, limits. For keyrings of users see key.c.
 * Refused: a namespace that a task outside the tree is in.
 *
 * At restart the question is, as with credentials: could the caller do this by
 * calls? It creates a namespace with its own ids, or with others that it could
 * take on; maps are written by it, or from inside if they are of its own ids
 * only. Who has made a user namespace has all capabilities in it, so anything
 * goes in those further inside. But nobody has made a user namespace by being in
 * it, and the caller may supply its own without having any capability. One that
 * it has made must map the same ids; which ones they are outside is up to the
 * caller.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/proc_ns.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/user_namespace.h>
#include "container.h"
#include "cred.h"
#include "namespaces.h"
#include "ns_user.h"

static_assert(UCOUNT_RLIMIT_COUNTS == CKPT_NS_RLIMITS);
static_assert(UID_GID_MAP_MAX_EXTENTS == CKPT_NS_EXTENTS_MAX);

/* ---- checkpoint ---- */

static const struct uid_gid_extent *extent(const struct uid_gid_map *map, u32 i)
{
	return map->nr_extents <= UID_GID_MAP_MAX_BASE_EXTENTS ?
	       &map->extent[i] : &map->forward[i];
}

static size_t record_size(u64 nr)
{
	return ALIGN(sizeof(struct ckpt_hdr_ns_user) +
		     nr * sizeof(struct ckpt_idmap), 8);
}

/* Which of the three kinds of ids a map is of. */
enum id_kind { ID_USER, ID_GROUP, ID_PROJECT };

static u32 number_in(struct user_namespace *ns, enum id_kind kind, u32 id)
{
	switch (kind) {
	case ID_USER:
		return from_kuid(ns, KUIDT_INIT(id));
	case ID_GROUP:
		return from_kgid(ns, KGIDT_INIT(id));
	default:
		return from_kprojid(ns, KPROJIDT_INIT(id));
	}
}

/* In the kernel a map leads to global ids. */
static struct ckpt_idmap *save_map(struct user_namespace *parent,
				   const struct uid_gid_map *map, u32 nr,
				   enum id_kind kind, struct ckpt_idmap *to)
{
	u32 i;

	for (i = 0; i < nr; i++, to++) {
		const struct uid_gid_extent *e = extent(map, i);

		to->first = e->first;
		to->count = e->count;
		to->lower = number_in(parent, kind, e->lower_first);
	}
	return to;
}

static u32 nr_extents(const struct uid_gid_map *map)
{
	u32 nr = READ_ONCE(map->nr_extents);

	/* Pairs with the barrier in map_write(). */
	smp_rmb();
	return nr;
}

static void save_limits(const struct user_namespace *ns,
			struct ckpt_hdr_ns_user *h)
{
	int i;

	for (i = 0; i < CKPT_NS_RLIMITS; i++)
		h->rlimit[i] = ns->rlimit_max[i];
	for (i = 0; i < CKPT_NS_LIMITS; i++)
		h->limit[i] = ckpt_ucounts[i] < 0 ? -1 :
			      min_t(long, READ_ONCE(ns->ucount_max[ckpt_ucounts[i]]),
				    INT_MAX);
}

/**
 * checkpoint_ns_user - write a user namespace
 * @ctx: the checkpoint
 * @obj: struct ns_common
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_ns_user(struct ckpt_ctx *ctx, void *obj)
{
	struct user_namespace *ns = container_of(obj, struct user_namespace, ns);
	u32 nr_uid = nr_extents(&ns->uid_map), nr_gid = nr_extents(&ns->gid_map);
	u32 nr_projid = nr_extents(&ns->projid_map);
	int parent = ckpt_user_ns_id(ctx, ns->parent), ret;
	struct ckpt_hdr_ns_user *h;
	struct ckpt_idmap *to;

	if (parent < 0)
		return parent;
	h = ckpt_new_obj(ctx, CKPT_HDR_NS_USER,
			 record_size((u64)nr_uid + nr_gid + nr_projid));
	ret = ckpt_ns_fill(ctx, obj, parent, (void *)h);
	if (ret)
		return ret;
	h->owner = from_kuid(ns->parent, ns->owner);
	h->group = from_kgid(ns->parent, ns->group);
	h->nr_uid = nr_uid;
	h->nr_gid = nr_gid;
	h->nr_projid = nr_projid;
	if (READ_ONCE(ns->flags) & USERNS_SETGROUPS_ALLOWED)
		h->ns.flags |= CKPT_NS_USER_SETGROUPS;
	if (ns->parent_could_setfcap)
		h->ns.flags |= CKPT_NS_USER_SETFCAP;
	save_limits(ns, h);
	to = save_map(ns->parent, &ns->uid_map, nr_uid, ID_USER, h->map);
	to = save_map(ns->parent, &ns->gid_map, nr_gid, ID_GROUP, to);
	save_map(ns->parent, &ns->projid_map, nr_projid, ID_PROJECT, to);
	return checkpoint_kept_by(ctx, obj);
}

/* ---- validate ---- */

static bool overlap(u32 a, u32 b, u32 nr_a, u32 nr_b)
{
	return a < b + nr_b && b < a + nr_a;
}

/* As map_write(): no range is empty, wraps, or overlaps another. */
static bool map_ok(const struct ckpt_idmap *map, u32 nr)
{
	u32 i, j;

	for (i = 0; i < nr; i++) {
		const struct ckpt_idmap *m = &map[i];

		if (m->first == (u32)-1 || m->lower == (u32)-1 ||
		    m->first + m->count <= m->first ||
		    m->lower + m->count <= m->lower)
			return false;
		for (j = 0; j < i; j++)
			if (overlap(m->first, map[j].first, m->count, map[j].count) ||
			    overlap(m->lower, map[j].lower, m->count, map[j].count))
				return false;
	}
	return true;
}

static bool limits_ok(const struct ckpt_hdr_ns_user *u)
{
	int i;

	for (i = 0; i < CKPT_NS_RLIMITS; i++)
		if (u->rlimit[i] < 0)
			return false;
	for (i = 0; i < CKPT_NS_LIMITS; i++)
		if (u->limit[i] < -1)
			return false;
	return true;
}

static bool maps_ok(const struct ckpt_hdr_ns_user *u)
{
	size_t used = sizeof(*u), nr;

	if (u->nr_uid > CKPT_NS_EXTENTS_MAX || u->nr_gid > CKPT_NS_EXTENTS_MAX ||
	    u->nr_projid > CKPT_NS_EXTENTS_MAX)
		return false;
	nr = u->nr_uid + u->nr_gid + u->nr_projid;
	used += nr * sizeof(u->map[0]);
	if (u->ns.h.len != record_size(nr) ||
	    memchr_inv((const u8 *)u + used, 0, u->ns.h.len - used))
		return false;
	return map_ok(u->map, u->nr_uid) &&
	       map_ok(u->map + u->nr_uid, u->nr_gid) &&
	       map_ok(u->map + u->nr_uid + u->nr_gid, u->nr_projid);
}

/**
 * ckpt_ns_user_validate - check an NS_USER record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_ns_user_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_ns_user *u = (const void *)h;

	if (u->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (u->owner == (u32)-1 || u->group == (u32)-1)
		return ckpt_bad(v, "id out of range");
	if (!limits_ok(u))
		return ckpt_bad(v, "limit out of range");
	if (!maps_ok(u))
		return ckpt_bad(v, "ranges of ids");
	return ckpt_ns_validate(v, h);
}

/* ---- restart: what the caller may do ---- */

/*
 * Whether the parent of a namespace is further inside than the caller, who then
 * has all capabilities there. The caller's own can be in the image, too.
 */
static bool is_further_inside(const struct ckpt_hdr_ns_user *u,
			      const struct user_namespace *parent)
{
	return u->ns.user && parent != current_user_ns();
}

static bool maps_root(const struct ckpt_idmap *map, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (!map[i].lower)
			return true;
	return false;
}

/*
 * new_idmap_permitted(): of the caller's user namespace, where alone there is a
 * question.
 */
static bool may_map(const struct user_namespace *ns,
		    const struct ckpt_hdr_ns_user *u,
		    const struct ckpt_idmap *map, u32 nr, int cap)
{
	bool one = nr == 1 && map->count == 1;

	if (!nr)
		return true;
	if (cap == CAP_SETUID && maps_root(map, nr) &&
	    !ns_capable(ns->parent, CAP_SETFCAP))
		return false;
	if (one && cap == CAP_SETUID && map->lower == u->owner)
		return true;
	if (one && cap == CAP_SETGID && map->lower == u->group &&
	    !(u->ns.flags & CKPT_NS_USER_SETGROUPS))
		return true;
	return ns_capable(ns->parent, cap);
}

static int check_maps(struct ckpt_ctx *ctx, const struct user_namespace *ns,
		      const struct ckpt_hdr_ns_user *u)
{
	if (is_further_inside(u, ns->parent))
		return 0;
	if (!may_map(ns, u, u->map, u->nr_uid, CAP_SETUID))
		return ckpt_err(ctx, -EPERM,
				"user namespace: map of user ids: not permitted");
	if (!may_map(ns, u, u->map + u->nr_uid, u->nr_gid, CAP_SETGID))
		return ckpt_err(ctx, -EPERM,
				"user namespace: map of group ids: not permitted");
	return 0;
}

/* The ids that unshare() would be called with: may the caller have them? */
static int check_owner(struct ckpt_ctx *ctx, const struct ckpt_hdr_ns_user *u,
		       struct user_namespace *parent, kuid_t uid, kgid_t gid)
{
	const struct cred *cred = current_cred();

	if (!uid_valid(uid) || !gid_valid(gid))
		return ckpt_err(ctx, -EINVAL,
				"user namespace: owner %u:%u does not exist in the parent",
				u->owner, u->group);
	if (!in_userns(cred->user_ns, parent))
		return ckpt_err(ctx, -EPERM,
				"user namespace: is outside of the caller's");
	if (is_further_inside(u, parent))
		return 0;
	if (!ckpt_may_take_uid(uid))
		return ckpt_err(ctx, -EPERM,
				"user namespace: owner is user %u, whom the caller could not become",
				u->owner);
	if (!ckpt_may_take_gid(gid))
		return ckpt_err(ctx, -EPERM,
				"user namespace: owner is group %u, which the caller could not take on",
				u->group);
	if (u->ns.flags & CKPT_NS_USER_SETGROUPS &&
	    !(READ_ONCE(cred->user_ns->flags) & USERNS_SETGROUPS_ALLOWED))
		return ckpt_err(ctx, -EPERM,
				"user namespace: setgroups() is denied in the caller's");
	return 0;
}

/* ---- restart ---- */

static int by_first(const void *a, const void *b)
{
	const struct uid_gid_extent *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static int by_lower(const void *a, const void *b)
{
	const struct uid_gid_extent *x = a, *y = b;

	return x->lower_first < y->lower_first ? -1 :
	       x->lower_first > y->lower_first;
}

/* As in map_write(): few lie in the map itself, many are sorted both ways. */
static struct uid_gid_extent *alloc_extents(struct uid_gid_map *map, u32 nr)
{
	if (nr <= UID_GID_MAP_MAX_BASE_EXTENTS)
		return map->extent;
	return kmalloc_array(nr, sizeof(struct uid_gid_extent), GFP_KERNEL);
}

static int sort_extents(struct uid_gid_map *map, struct uid_gid_extent *e, u32 nr)
{
	struct uid_gid_extent *reverse;

	if (nr <= UID_GID_MAP_MAX_BASE_EXTENTS)
		return 0;
	sort(e, nr, sizeof(*e), by_first, NULL);
	reverse = kmemdup_array(e, nr, sizeof(*e), GFP_KERNEL);
	if (!reverse) {
		kfree(e);
		return -ENOMEM;
	}
	sort(reverse, nr, sizeof(*e), by_lower, NULL);
	map->forward = e;
	map->reverse = reverse;
	return 0;
}

/* All of a range must be in one range of the parent, as map_id_range_down(). */
static bool lower_id(struct user_namespace *parent, enum id_kind kind,
		     const struct ckpt_idmap *m, u32 *id)
{
	u32 last;

	switch (kind) {
	case ID_USER:
		*id = __kuid_val(make_kuid(parent, m->lower));
		last = __kuid_val(make_kuid(parent, m->lower + m->count - 1));
		break;
	case ID_GROUP:
		*id = __kgid_val(make_kgid(parent, m->lower));
		last = __kgid_val(make_kgid(parent, m->lower + m->count - 1));
		break;
	default:
		*id = __kprojid_val(make_kprojid(parent, m->lower));
		last = __kprojid_val(make_kprojid(parent,
						  m->lower + m->count - 1));
	}
	return *id != (u32)-1 && last != (u32)-1 && last - *id == m->count - 1;
}

/* Nobody is in the namespace yet. */
static int load_map(struct ckpt_ctx *ctx, struct user_namespace *ns,
		    struct uid_gid_map *map, enum id_kind kind,
		    const struct ckpt_idmap *m, u32 nr)
{
	struct uid_gid_extent *e = alloc_extents(map, nr);
	u32 i;

	if (!e)
		return ckpt_err(ctx, -ENOMEM, "user namespace: %u ranges", nr);
	for (i = 0; i < nr; i++) {
		e[i].first = m[i].first;
		e[i].count = m[i].count;
		if (lower_id(ns->parent, kind, &m[i], &e[i].lower_first))
			continue;
		if (e != map->extent)
			kfree(e);
		return ckpt_err(ctx, -EINVAL,
				"user namespace: ids from %u do not exist in the parent",
				m[i].lower);
	}
	if (sort_extents(map, e, nr))
		return ckpt_err(ctx, -ENOMEM, "user namespace: %u ranges", nr);
	map->nr_extents = nr;
	return 0;
}

static int load_maps(struct ckpt_ctx *ctx, struct user_namespace *ns,
		     const struct ckpt_hdr_ns_user *u)
{
	const struct ckpt_idmap *gid = u->map + u->nr_uid;

	return load_map(ctx, ns, &ns->uid_map, ID_USER, u->map, u->nr_uid) ?:
	       load_map(ctx, ns, &ns->gid_map, ID_GROUP, gid, u->nr_gid) ?:
	       load_map(ctx, ns, &ns->projid_map, ID_PROJECT, gid + u->nr_gid,
			u->nr_projid);
}

static int load_limits(struct ckpt_ctx *ctx, struct user_namespace *ns,
		       const struct ckpt_hdr_ns_user *u)
{
	static const int rlimits[CKPT_NS_RLIMITS] = {
		RLIMIT_NPROC, RLIMIT_MSGQUEUE, RLIMIT_SIGPENDING, RLIMIT_MEMLOCK,
	};
	int i;

	for (i = 0; i < CKPT_NS_RLIMITS; i++) {
		/* What the caller could set before unshare(). */
		if (u->rlimit[i] > ns->rlimit_max[i] &&
		    u->rlimit[i] > rlimit_max(rlimits[i]) &&
		    !capable(CAP_SYS_RESOURCE))
			return ckpt_err(ctx, -EPERM,
					"user namespace: resource limit %d above the caller's",
					rlimits[i]);
		ns->rlimit_max[i] = u->rlimit[i];
	}
	for (i = 0; i < CKPT_NS_LIMITS; i++)
		if (ckpt_ucounts[i] >= 0 && u->limit[i] >= 0)
			ns->ucount_max[ckpt_ucounts[i]] = u->limit[i];
	return 0;
}

static int fill_user_ns(struct ckpt_ctx *ctx, struct user_namespace *ns,
			const struct ckpt_hdr_ns_user *u)
{
	int ret;

	ret = check_maps(ctx, ns, u) ?:
	      load_maps(ctx, ns, u) ?:
	      load_limits(ctx, ns, u);
	if (ret)
		return ret;
	if (!(u->ns.flags & CKPT_NS_USER_SETGROUPS))
		ns->flags &= ~USERNS_SETGROUPS_ALLOWED;
	/* Only ever less than the caller has. */
	if (is_further_inside(u, ns->parent))
		ns->parent_could_setfcap = true;
	if (!(u->ns.flags & CKPT_NS_USER_SETFCAP))
		ns->parent_could_setfcap = false;
	return 0;
}

static struct user_namespace *make_user_ns(struct ckpt_ctx *ctx,
					   const struct ckpt_hdr_ns_user *u)
{
	struct user_namespace *parent = ckpt_ns_user(ctx, u->ns.user), *ns;
	kuid_t uid = make_kuid(parent, u->owner);
	kgid_t gid = make_kgid(parent, u->group);
	struct cred *new;
	int ret;

	ret = check_owner(ctx, u, parent, uid, gid);
	if (ret)
		return ERR_PTR(ret);
	new = prepare_creds();
	if (!new)
		return ERR_PTR(ckpt_err(ctx, -ENOMEM, "user namespace"));
	get_user_ns(parent);
	put_user_ns(new->user_ns);
	new->user_ns = parent;
	new->euid = uid;
	new->egid = gid;
	ret = create_user_ns(new);
	if (ret) {
		abort_creds(new);
		return ERR_PTR(ckpt_err(ctx, ckpt_ns_errno(ret), "user namespace"));
	}
	ns = get_user_ns(new->user_ns);
	abort_creds(new);
	return ns;
}

/* ---- restart: a namespace that the caller has made ---- */

static const struct uid_gid_extent *find_extent(const struct uid_gid_map *map,
						u32 first)
{
	u32 i, nr = nr_extents(map);

	for (i = 0; i < nr; i++)
		if (extent(map, i)->first == first)
			return extent(map, i);
	return NULL;
}

/* The same ids must exist in it. */
static int compare_map(struct ckpt_ctx *ctx, const struct user_namespace *ns,
		       const struct uid_gid_map *map, enum id_kind kind,
		       const struct ckpt_idmap *m, u32 nr)
{
	static const char * const names[] = {
		[ID_USER] = "user", [ID_GROUP] = "group", [ID_PROJECT] = "project",
	};
	const struct uid_gid_extent *e;
	bool elsewhere = false;
	u32 i;

	if (nr_extents(map) != nr)
		return ckpt_err(ctx, -EINVAL,
				"user namespace of the caller: maps %u ranges of %s ids, not %u",
				nr_extents(map), names[kind], nr);
	for (i = 0; i < nr; i++) {
		e = find_extent(map, m[i].first);
		if (!e || e->count != m[i].count)
			return ckpt_err(ctx, -EINVAL,
					"user namespace of the caller: does not map the %u %s ids from %u",
					m[i].count, names[kind], m[i].first);
		elsewhere |= number_in(ns->parent, kind, e->lower_first) != m[i].lower;
	}
	if (elsewhere)
		ckpt_warn(ctx, "user namespace: %s ids are others outside than they were",
			  names[kind]);
	return 0;
}

static int compare_maps(struct ckpt_ctx *ctx, const struct user_namespace *ns,
			const struct ckpt_hdr_ns_user *u)
{
	const struct ckpt_idmap *gid = u->map + u->nr_uid;
	bool setgroups = u->ns.flags & CKPT_NS_USER_SETGROUPS;

	if (setgroups != !!(READ_ONCE(ns->flags) & USERNS_SETGROUPS_ALLOWED))
		return ckpt_err(ctx, -EINVAL,
				"user namespace of the caller: setgroups() was %s, not %s",
				setgroups ? "allowed" : "denied",
				setgroups ? "denied" : "allowed");
	return compare_map(ctx, ns, &ns->uid_map, ID_USER, u->map, u->nr_uid) ?:
	       compare_map(ctx, ns, &ns->gid_map, ID_GROUP, gid, u->nr_gid) ?:
	       compare_map(ctx, ns, &ns->projid_map, ID_PROJECT,
			   gid + u->nr_gid, u->nr_projid);
}

/* As a write to /proc/sys/user/max_*. */
static int set_limits(struct ckpt_ctx *ctx, struct user_namespace *ns,
		      const struct ckpt_hdr_ns_user *u)
{
	long *max = ns->ucount_max;
	int i, t;

	for (i = 0; i < CKPT_NS_LIMITS; i++) {
		t = ckpt_ucounts[i];
		if (t < 0 || u->limit[i] < 0 || READ_ONCE(max[t]) == u->limit[i])
			continue;
		if (!ns_capable(ns, CAP_SYS_RESOURCE))
			return ckpt_err(ctx, -EPERM,
					"user namespace of the caller: its limits take CAP_SYS_RESOURCE in it");
		WRITE_ONCE(max[t], u->limit[i]);
	}
	return 0;
}

/* What whoever created it has decided, and nobody can change. */
static void tell_differences(struct ckpt_ctx *ctx, const struct user_namespace *ns,
			     const struct ckpt_hdr_ns_user *u)
{
	int i;

	if (!uid_eq(ns->owner, make_kuid(ns->parent, u->owner)) ||
	    !gid_eq(ns->group, make_kgid(ns->parent, u->group)))
		ckpt_warn(ctx, "user namespace: belongs to another user or group than %u:%u",
			  u->owner, u->group);
	for (i = 0; i < CKPT_NS_RLIMITS; i++)
		if (ns->rlimit_max[i] != u->rlimit[i])
			ckpt_warn(ctx, "user namespace: limit %d of its users is %ld, was %lld",
				  i, ns->rlimit_max[i], u->rlimit[i]);
}

static void *adopt_user_ns(struct ckpt_ctx *ctx, struct ns_common *external,
			   const struct ckpt_hdr_ns_user *u)
{
	struct user_namespace *ns = container_of(external, struct user_namespace, ns);
	int ret = 0;

	if (ns->parent != ckpt_ns_user(ctx, u->ns.user))
		ret = ckpt_err(ctx, -EINVAL,
			       "user namespace of the caller: its parent is not the one that it was");
	ret = ret ?: compare_maps(ctx, ns, u) ?: set_limits(ctx, ns, u);
	if (ret) {
		put_user_ns(ns);
		return ERR_PTR(ret);
	}
	tell_differences(ctx, ns, u);
	return external;
}

/**
 * restore_ns_user - make a user namespace
 * @ctx: the restart
 * @h: NS_USER record
 * @c: unused
 *
 * Return: its struct ns_common, referenced, or ERR_PTR() of a reported errno.
 */
void *restore_ns_user(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		      struct ckpt_cursor *c)
{
	struct ns_common *external = ckpt_ns_external(ctx, h->id, CLONE_NEWUSER);
	const struct ckpt_hdr_ns_user *u = (const void *)h;
	struct user_namespace *ns;
	int ret;

	if (IS_ERR(external))
		return external;
	if (external)
		return adopt_user_ns(ctx, external, u);
	ns = make_user_ns(ctx, u);
	if (IS_ERR(ns))
		return ns;
	ret = fill_user_ns(ctx, ns, u);
	if (ret) {
		put_user_ns(ns);
		return ERR_PTR(ret);
	}
	return &ns->ns;
}
