// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - keys and keyrings; part of security/keys/keyring.c
 *
 * Saved: keys of the types keyring, user and logon that credentials lead to, and
 *	those of the users of the tree's own user namespaces: serial number,
 *	description, owner, permissions, label, payload, links, when it expires,
 *	that it has been revoked.
 * Not saved: the keyrings of users (@u, @us) of other user namespaces, which
 *	all processes of that user share: they are those of the same user at
 *	restart. When a key was last used; the order in which a keyring lists
 *	its links. Keys that have been invalidated, which are as good as gone.
 * Refused: other types; keys under construction or negative; keyrings with a
 *	restriction; keys that are watched, or kept by the kernel; keys that are
 *	also linked to a keyring outside; persistent keyrings.
 *
 * Payloads are secrets. Who has CAP_SYS_ADMIN can read all of the kernel's
 * memory anyway; any other caller of checkpoint() only gets what the holder of
 * the key could read, which the caller could make it do by ptrace().
 */
#include <linux/capability.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include "cred.h"
#include "freeze.h"
#include "keys.h"
#include "namespaces.h"

#define KEY_PERM_ALL	(KEY_POS_ALL | KEY_USR_ALL | KEY_GRP_ALL | KEY_OTH_ALL)
#define KEY_DESC_MAX	4096
#define KEY_PAYLOAD_MAX	32767
#define KEY_NEST_MAX	16

/* Flags of keys that can be made again. */
#define KEY_FLAGS_KNOWN	(BIT(KEY_FLAG_REVOKED) | BIT(KEY_FLAG_IN_QUOTA) | \
			 BIT(KEY_FLAG_UID_KEYRING))

static struct key_type * const key_types[] = {
	[CKPT_KEY_KEYRING]	= &key_type_keyring,
	[CKPT_KEY_USER]		= &key_type_user,
	[CKPT_KEY_LOGON]	= &key_type_logon,
};

/* ---- checkpoint: links ---- */

/**
 * struct links - what is linked to a keyring
 * @nr: number of them
 * @max: room
 * @key: these, referenced
 */
struct links {
	u32 nr;
	u32 max;
	struct key *key[];
};

static bool is_gone(const struct key *key)
{
	return READ_ONCE(key->flags) & (BIT(KEY_FLAG_INVALIDATED) |
					BIT(KEY_FLAG_DEAD));
}

static int add_found(const void *object, void *data)
{
	struct key *key = keyring_ptr_to_key(object);
	struct links *links = data;

	if (links->nr < links->max && !is_gone(key))
		links->key[links->nr++] = key_get(key);
	return 0;
}

/* To be put. */
static struct links *get_links(struct key *keyring)
{
	struct links *links;
	u32 max;

	down_read(&keyring->sem);
	max = keyring->keys.nr_leaves_on_tree;
	links = kvzalloc(struct_size(links, key, max), GFP_KERNEL_ACCOUNT);
	if (links) {
		links->max = max;
		assoc_array_iterate(&keyring->keys, add_found, links);
	}
	up_read(&keyring->sem);
	return links;
}

static void put_links(struct links *links)
{
	while (links->nr)
		key_put(links->key[--links->nr]);
	kvfree(links);
}

struct sought {
	const struct key *key;
	bool found;
};

static int compare_link(const void *object, void *data)
{
	struct sought *s = data;

	s->found |= keyring_ptr_to_key(object) == s->key;
	return s->found;
}

static bool has_link(struct key *keyring, const struct key *key)
{
	struct sought s = { .key = key };

	if (!keyring)
		return false;
	down_read(&keyring->sem);
	assoc_array_iterate(&keyring->keys, compare_link, &s);
	up_read(&keyring->sem);
	return s.found;
}

static int note_key(const void *object, void *data)
{
	const struct key *key = keyring_ptr_to_key(object);

	/* The links of a session to the keyrings of its user are no keys. */
	*(bool *)data |= !test_bit(KEY_FLAG_UID_KEYRING, &key->flags) &&
			 !is_gone(key);
	return 0;
}

/**
 * ckpt_keyring_has_keys - whether there is more to a keyring than that it exists
 * @keyring: the keyring
 *
 * Return: false if it is empty, or leads to the keyrings of its user only.
 */
bool ckpt_keyring_has_keys(struct key *keyring)
{
	bool ret = false;

	if (test_bit(KEY_FLAG_UID_KEYRING, &keyring->flags))
		return false;
	down_read(&keyring->sem);
	assoc_array_iterate(&keyring->keys, note_key, &ret);
	up_read(&keyring->sem);
	return ret;
}

/* ---- checkpoint: what can be saved ---- */

static int type_of(const struct key *key)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(key_types); i++)
		if (key_types[i] == key->type)
			return i;
	return -1;
}

static const char *unfit(const struct key *key)
{
	if (type_of(key) < 0)
		return "keys of this type are not supported";
	if (READ_ONCE(key->state) == KEY_IS_UNINSTANTIATED)
		return "is under construction";
	if (READ_ONCE(key->state) != KEY_IS_POSITIVE)
		return "is negative";
	if (is_gone(key))
		return "has been invalidated";
	if (key->flags & ~KEY_FLAGS_KNOWN)
		return "is kept by the kernel";
	if (!(key->flags & BIT(KEY_FLAG_IN_QUOTA)))
		return "does not count against a quota";
	if (key->type == &key_type_keyring && key->restrict_link)
		return "has a restriction";
	if (ckpt_key_is_watched(key))
		return "is watched";
	return NULL;
}

/*
 * As keyctl_read_key(): by permission, or by possession. The holder possesses
 * what it may search and finds in keyrings that it may search; others do not
 * get here.
 */
static bool may_read(struct ckpt_ctx *ctx, struct key *key)
{
	const struct cred *holder = ctx->key_holder;

	if (capable(CAP_SYS_ADMIN))
		return true;
	if (key->type == &key_type_logon)
		return false;
	if (!key_task_permission(make_key_ref(key, true), holder, KEY_NEED_SEARCH))
		return true;
	return key->type != &key_type_keyring &&
	       !key_task_permission(make_key_ref(key, false), holder, KEY_NEED_READ);
}

/* ---- checkpoint: keyrings of users ---- */

static struct user_namespace *user_keyring_ns(const struct cred *holder,
					      const struct key *key)
{
	struct user_namespace *ns;

	for (ns = holder->user_ns; ns; ns = ns->parent)
		if (has_link(READ_ONCE(ns->user_keyring_register), key))
			return ns;
	return NULL;
}

/* Which of the two that each user has. */
static u32 user_keyring_flag(const struct key *key)
{
	if (!test_bit(KEY_FLAG_UID_KEYRING, &key->flags))
		return 0;
	return strstarts(key->description, "_uid_ses.") ?
	       CKPT_KEY_USER_SESSION : CKPT_KEY_USER_KEYRING;
}

/**
 * ckpt_key_is_outside - whether a key is the user's, and not the tree's
 * @ctx: the checkpoint; its key_holder says by whom it was reached
 * @key: the key
 *
 * Return: true if it is left to the caller of restart().
 */
bool ckpt_key_is_outside(struct ckpt_ctx *ctx, const struct key *key)
{
	struct user_namespace *ns;

	if (!user_keyring_flag(key))
		return false;
	ns = user_keyring_ns(ctx->key_holder, key);
	return ns && !ckpt_user_ns_id(ctx, ns);
}

static int find_owner(struct ckpt_ctx *ctx, const struct key *key,
		      struct ckpt_hdr_key *h)
{
	struct user_namespace *ns = ctx->key_holder->user_ns;
	int id;

	h->flags = user_keyring_flag(key);
	if (h->flags)
		ns = user_keyring_ns(ctx->key_holder, key);
	id = ns ? ckpt_user_ns_id(ctx, ns) : -EOPNOTSUPP;
	if (id < 0)
		return ckpt_err(ctx, id, "keyring %d (%s): of another user namespace",
				key->serial, key->description);
	h->user_ns = id;
	if (!h->flags || id)
		return 0;
	h->flags |= CKPT_KEY_OUTSIDE;
	ckpt_warn(ctx, "keyring %d (%s): of all processes of the user; left to the caller of restart()",
		  key->serial, key->description);
	if (xa_err(xa_store(&ctx->shared_ns, (unsigned long)key, ctx,
			    GFP_KERNEL_ACCOUNT)))
		return ckpt_err(ctx, -ENOMEM, "keyring %d", key->serial);
	return 0;
}

/* ---- checkpoint: a key ---- */

static int fill_key(struct ckpt_ctx *ctx, struct key *key,
		    struct ckpt_hdr_key *h)
{
	h->serial = key->serial;
	h->type = type_of(key);
	h->perm = key->perm;
	h->uid = from_kuid(ctx->base_user_ns, key->uid);
	h->gid = gid_valid(key->gid) ? from_kgid(ctx->base_user_ns, key->gid) : -1;
	h->expiry = key->expiry;
	if (test_bit(KEY_FLAG_REVOKED, &key->flags))
		h->flags |= CKPT_KEY_REVOKED;
	if (h->uid == (u32)-1 || (gid_valid(key->gid) && h->gid == (u32)-1))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"key %d (%s): its owner has no number in the user namespace",
				key->serial, key->description);
	return 0;
}

static struct ckpt_hdr_key *new_key_rec(struct ckpt_ctx *ctx,
					const struct key *key, size_t body,
					const struct ckpt_hdr_key *filled)
{
	size_t len = strlen(key->description) + 1;
	struct ckpt_hdr_key *h;

	h = ckpt_new_obj(ctx, CKPT_HDR_KEY,
			 ALIGN(struct_size(h, data, ALIGN(len, 8) + body), 8));
	if (IS_ERR(h)) {
		ckpt_err(ctx, PTR_ERR(h), "key %d (%s): %zu bytes", key->serial,
			 key->description, body);
		return h;
	}
	memcpy((u8 *)h + sizeof(h->h), (const u8 *)filled + sizeof(h->h),
	       sizeof(*h) - sizeof(h->h));
	h->desc_len = len;
	memcpy(h->data, key->description, len);
	return h;
}

static int write_payload(struct ckpt_ctx *ctx, struct key *key,
			 const struct ckpt_hdr_key *filled)
{
	const struct user_key_payload *payload;
	struct ckpt_hdr_key *h;
	size_t len = 0;

	down_read(&key->sem);
	payload = user_key_payload_locked(key);
	if (payload && !(filled->flags & CKPT_KEY_REVOKED))
		len = payload->datalen;
	h = new_key_rec(ctx, key, len, filled);
	if (!IS_ERR(h) && len) {
		h->payload_len = len;
		memcpy(h->data + ALIGN(h->desc_len, 8), payload->data, len);
	}
	up_read(&key->sem);
	return PTR_ERR_OR_ZERO(h);
}

static int write_links(struct ckpt_ctx *ctx, struct key *key,
		       const struct ckpt_hdr_key *filled,
		       const struct links *links)
{
	struct ckpt_hdr_key *h;
	u32 *id, i;

	h = new_key_rec(ctx, key, links->nr * sizeof(*id), filled);
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->nr_links = links->nr;
	id = (u32 *)(h->data + ALIGN(h->desc_len, 8));
	for (i = 0; i < links->nr; i++)
		id[i] = checkpoint_obj(ctx, CKPT_HDR_KEY, links->key[i]);
	return 0;
}

static int collect_links(struct ckpt_ctx *ctx, const struct links *links)
{
	int ret = 0;
	u32 i;

	if (ctx->key_depth == KEY_NEST_MAX)
		return ckpt_err(ctx, -EOPNOTSUPP, "keyrings are nested too deep");
	ctx->key_depth++;
	for (i = 0; i < links->nr && ret >= 0; i++) {
		ret = checkpoint_obj(ctx, CKPT_HDR_KEY, links->key[i]);
		cond_resched();
	}
	ctx->key_depth--;
	return min(ret, 0);
}

static int save_keyring(struct ckpt_ctx *ctx, struct key *key,
			const struct ckpt_hdr_key *filled)
{
	struct links *links;
	int ret;

	if (filled->flags & (CKPT_KEY_OUTSIDE | CKPT_KEY_REVOKED))
		return PTR_ERR_OR_ZERO(new_key_rec(ctx, key, 0, filled));
	links = get_links(key);
	if (!links)
		return ckpt_err(ctx, -ENOMEM, "keyring %d", key->serial);
	ret = collect_links(ctx, links) ?:
	      write_links(ctx, key, filled, links);
	put_links(links);
	return ret;
}

/**
 * checkpoint_key - write a key
 * @ctx: the checkpoint; its key_holder says by whom it was reached
 * @obj: struct key, referenced
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_key(struct ckpt_ctx *ctx, void *obj)
{
	struct ckpt_hdr_key h = {};
	struct key *key = obj;
	const char *why = unfit(key);
	int ret;

	if (why)
		return ckpt_err(ctx, -EOPNOTSUPP, "key %d (%s: %s): %s",
				key->serial, key->type->name,
				key->description ?: "", why);
	ret = find_owner(ctx, key, &h) ?: fill_key(ctx, key, &h);
	if (ret)
		return ret;
	if (!(h.flags & CKPT_KEY_OUTSIDE) && !may_read(ctx, key))
		return ckpt_err(ctx, -EPERM,
				"key %d (%s: %s): no permission to read it",
				key->serial, key->type->name, key->description);
	return key->type == &key_type_keyring ? save_keyring(ctx, key, &h) :
						write_payload(ctx, key, &h);
}

/**
 * ckpt_key_id - number of a key that credentials lead to
 * @ctx: the checkpoint
 * @holder: the credentials
 * @key: the key
 *
 * Return: the number of its object, written now if need be, or an errno that has
 * been reported.
 */
int ckpt_key_id(struct ckpt_ctx *ctx, const struct cred *holder, struct key *key)
{
	int ret;

	ctx->key_holder = holder;
	ret = checkpoint_obj(ctx, CKPT_HDR_KEY, key);
	ctx->key_holder = NULL;
	return ret;
}

static int save_users(struct ckpt_ctx *ctx, const struct links *links,
		      struct user_namespace *ns)
{
	struct cred *cred = prepare_kernel_cred(ctx->root);
	int ret = 0;
	u32 i;

	if (!cred)
		return ckpt_err(ctx, -ENOMEM, "keyrings of users");
	put_user_ns(cred->user_ns);
	cred->user_ns = get_user_ns(ns);
	for (i = 0; i < links->nr && ret >= 0; i++)
		ret = ckpt_key_id(ctx, cred, links->key[i]);
	abort_creds(cred);
	return min(ret, 0);
}

static int save_keys_of(struct ckpt_ctx *ctx, void *obj)
{
	struct user_namespace *ns = container_of(obj, struct user_namespace, ns);
	struct key *users = READ_ONCE(ns->user_keyring_register);
	struct key *persistent = ckpt_persistent_keys(ns);
	struct links *links;
	int ret;

	if (persistent && persistent->keys.nr_leaves_on_tree)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"user namespace: has persistent keyrings");
	if (!users)
		return 0;
	links = get_links(users);
	if (!links)
		return ckpt_err(ctx, -ENOMEM, "keyrings of users");
	ret = save_users(ctx, links, ns);
	put_links(links);
	return ret;
}

/**
 * checkpoint_user_keys - write the keys of users of the tree's user namespaces
 * @ctx: the checkpoint, all tasks captured
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_user_keys(struct ckpt_ctx *ctx)
{
	return ckpt_walk_objs(ctx, CKPT_HDR_NS_USER, save_keys_of);
}

/* ---- checkpoint: who else has them ---- */

/**
 * struct other - who else uses a key of the tree
 * @ctx: the checkpoint
 * @key: serial number of the key, or 0
 * @keyring: that of a keyring it is linked to, or 0
 * @pid: or a task
 * @comm: its name
 */
struct other {
	struct ckpt_ctx *ctx;
	key_serial_t key;
	key_serial_t keyring;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/* Keyrings of users are found by their user. */
static bool is_trees(struct other *o, const struct key *key)
{
	if (!key || test_bit(KEY_FLAG_UID_KEYRING, &key->flags) ||
	    !ckpt_obj_known(o->ctx, key))
		return false;
	o->key = key->serial;
	return true;
}

static int look_at_link(const void *object, void *data)
{
	return is_trees(data, keyring_ptr_to_key(object));
}

static bool is_saved(struct ckpt_ctx *ctx, const struct key *key)
{
	return ckpt_obj_known(ctx, key) &&
	       !xa_load(&ctx->shared_ns, (unsigned long)key);
}

static bool linked_outside(struct other *o)
{
	struct rb_node *node;
	struct key *key;

	guard(spinlock)(&key_serial_lock);
	for (node = rb_first(&key_serial_tree); node; node = rb_next(node)) {
		key = rb_entry(node, struct key, serial_node);
		if (key->type != &key_type_keyring || is_gone(key) ||
		    !refcount_read(&key->usage) || !key_is_positive(key) ||
		    is_saved(o->ctx, key))
			continue;
		guard(rcu)();
		if (!assoc_array_iterate(&key->keys, look_at_link, o))
			continue;
		o->keyring = key->serial;
		return true;
	}
	return false;
}

static bool held_outside(struct other *o)
{
	struct task_struct *process, *tsk;
	const struct cred *cred;

	guard(rcu)();
	for_each_process_thread(process, tsk) {
		cred = __task_cred(tsk);
		if (tsk->exit_state ||
		    ckpt_frozen_index(o->ctx, tsk) != CKPT_TREE_NONE ||
		    !(is_trees(o, cred->session_keyring) ||
		      is_trees(o, cred->process_keyring) ||
		      is_trees(o, cred->thread_keyring)))
			continue;
		o->pid = task_pid_vnr(tsk);
		get_task_comm(o->comm, tsk);
		return true;
	}
	return false;
}

static int no_key(struct ckpt_ctx *ctx, void *obj)
{
	return 1;
}

/**
 * checkpoint_keys_end - make sure that nobody else has the keys of the tree
 * @ctx: the checkpoint, all keys written
 *
 * Return: 0, or -EBUSY, which has been reported.
 */
int checkpoint_keys_end(struct ckpt_ctx *ctx)
{
	struct other o = { .ctx = ctx };

	if (!ckpt_walk_objs(ctx, CKPT_HDR_KEY, no_key))
		return 0;
	if (held_outside(&o))
		return ckpt_err(ctx, -EBUSY,
				"keyring %d: shared with task %d (%s), which is outside the tree",
				o.key, o.pid, o.comm);
	if (!linked_outside(&o))
		return 0;
	/* It may be that of somebody who has just died. */
	rcu_barrier();
	flush_work(&key_gc_work);
	if (!linked_outside(&o))
		return 0;
	return ckpt_err(ctx, -EBUSY,
			"key %d: also linked to keyring %d, which is outside the tree",
			o.key, o.keyring);
}

/**
 * ckpt_key_get - take a reference
 * @obj: struct key
 */
void ckpt_key_get(void *obj)
{
	key_get(obj);
}

/**
 * ckpt_key_put - drop a reference
 * @obj: struct key
 */
void ckpt_key_put(void *obj)
{
	key_put(obj);
}

/* ---- validate ---- */

static bool is_users(const struct ckpt_hdr_key *k)
{
	return k->flags & (CKPT_KEY_USER_KEYRING | CKPT_KEY_USER_SESSION);
}

static const u32 *links_of(const struct ckpt_hdr_key *k)
{
	return (const u32 *)(k->data + ALIGN(k->desc_len, 8));
}

/* Where things are; everything else about them comes later. */
static bool layout_ok(const struct ckpt_hdr_key *k)
{
	size_t room = k->h.len - sizeof(*k), desc, body;

	if (k->desc_len < 2 || k->desc_len > KEY_DESC_MAX ||
	    k->payload_len > KEY_PAYLOAD_MAX ||
	    k->nr_links > CKPT_RECORD_MAX / sizeof(u32))
		return false;
	desc = ALIGN(k->desc_len, 8);
	body = k->payload_len + k->nr_links * sizeof(u32);
	return room == desc + ALIGN(body, 8) &&
	       strnlen(k->data, k->desc_len) == k->desc_len - 1 &&
	       !memchr_inv(k->data + k->desc_len, 0, desc - k->desc_len) &&
	       !memchr_inv(k->data + desc + body, 0, room - desc - body);
}

static bool links_ok(const struct ckpt_validator *v,
		     const struct ckpt_hdr_key *k)
{
	u32 i;

	for (i = 0; i < k->nr_links; i++)
		if (!ckpt_ref_ok(v, links_of(k)[i], CKPT_CLASS_KEY))
			return false;
	return true;
}

static bool is_empty(const struct ckpt_hdr_key *k)
{
	return !k->nr_links && !k->payload_len;
}

static bool contents_ok(const struct ckpt_validator *v,
			const struct ckpt_hdr_key *k)
{
	if (k->flags & (CKPT_KEY_REVOKED | CKPT_KEY_OUTSIDE))
		return is_empty(k);
	if (k->type == CKPT_KEY_KEYRING)
		return !k->payload_len && links_ok(v, k);
	return k->payload_len && !k->nr_links;
}

static bool flags_ok(const struct ckpt_hdr_key *k)
{
	u32 users = k->flags & (CKPT_KEY_USER_KEYRING | CKPT_KEY_USER_SESSION);

	if (k->flags & ~(CKPT_KEY_REVOKED | CKPT_KEY_USER_KEYRING |
			 CKPT_KEY_USER_SESSION | CKPT_KEY_OUTSIDE))
		return false;
	if (!users)
		return !(k->flags & CKPT_KEY_OUTSIDE);
	return is_power_of_2(users) && k->type == CKPT_KEY_KEYRING &&
	       !(k->flags & CKPT_KEY_OUTSIDE) == !!k->user_ns;
}

/* Only the kernel makes keyrings with such names, see add_key(). */
static bool name_ok(const struct ckpt_hdr_key *k)
{
	return k->type != CKPT_KEY_KEYRING || k->data[0] != '.';
}

/**
 * ckpt_key_validate - check a KEY record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0, -EBADMSG or -EOPNOTSUPP
 */
int ckpt_key_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_key *k = (const void *)h;

	if (k->type >= ARRAY_SIZE(key_types)) {
		v->why = "unknown type of key";
		return -EOPNOTSUPP;
	}
	if (!flags_ok(k))
		return ckpt_bad(v, "flags of a key");
	if (!layout_ok(k) || !name_ok(k))
		return ckpt_bad(v, "lengths or description of a key");
	if (!contents_ok(v, k))
		return ckpt_bad(v, "contents of a key");
	if (k->serial < 3 || k->perm & ~KEY_PERM_ALL || k->expiry < 0)
		return ckpt_bad(v, "serial number, permissions or end of a key");
	if (k->uid == (u32)-1 ||
	    (k->gid == (u32)-1 && !is_users(k)))
		return ckpt_bad(v, "owner of a key");
	if (!ckpt_ref0_ok(v, k->user_ns, CKPT_CLASS_NS_USER))
		return ckpt_bad(v, "reference to something that is no user namespace");
	return 0;
}

/* ---- restart ---- */

static int key_err(struct ckpt_ctx *ctx, const struct ckpt_hdr_key *k, int err,
		   const char *what)
{
	return ckpt_err(ctx, err, "key %d (%s: %s): %s", k->serial,
			key_types[k->type]->name, k->data, what);
}

/* Credentials of who makes it: the caller in another user namespace, perhaps. */
static struct cred *maker(struct ckpt_ctx *ctx, const struct ckpt_hdr_key *k,
			  kuid_t uid)
{
	struct cred *cred = ckpt_callers_in(ckpt_ns_user(ctx, k->user_ns));
	struct user_struct *user = alloc_uid(uid);

	if (cred && user) {
		/* Whose keyrings are looked up. */
		swap(cred->user, user);
		free_uid(user);
		return cred;
	}
	if (user)
		free_uid(user);
	if (cred)
		abort_creds(cred);
	ckpt_err(ctx, -ENOMEM, "key %d", k->serial);
	return NULL;
}

/*
 * Keys belong to who makes them, so ask whether the caller could be that, in its
 * user namespace or in the one it has made.
 */
static bool may_be_owner(struct user_namespace *ns, kuid_t uid, kgid_t gid)
{
	bool inside = ns != current_user_ns() && ns_capable(ns, CAP_SYS_ADMIN);

	if (!uid_eq(uid, current_fsuid()) && !uid_eq(uid, current_uid()) &&
	    !(inside && kuid_has_mapping(ns, uid)) &&
	    !ns_capable_setid(current_user_ns(), CAP_SETUID))
		return false;
	return !gid_valid(gid) || gid_eq(gid, current_fsgid()) ||
	       in_group_p(gid) || (inside && kgid_has_mapping(ns, gid)) ||
	       ns_capable_setid(current_user_ns(), CAP_SETGID);
}

static int find_ids(struct ckpt_ctx *ctx, const struct ckpt_hdr_key *k,
		    kuid_t *uid, kgid_t *gid)
{
	struct user_namespace *ns = current_user_ns();

	*uid = make_kuid(ns, k->uid);
	*gid = k->gid == (u32)-1 ? INVALID_GID : make_kgid(ns, k->gid);
	if (!uid_valid(*uid) || (k->gid != (u32)-1 && !gid_valid(*gid)))
		return key_err(ctx, k, -EINVAL,
			       "owner does not exist in the user namespace");
	if (is_users(k) && !kuid_has_mapping(ckpt_ns_user(ctx, k->user_ns), *uid))
		return key_err(ctx, k, -EINVAL,
			       "user does not exist in the user namespace");
	if (!may_be_owner(ckpt_ns_user(ctx, k->user_ns), *uid, *gid))
		return key_err(ctx, k, -EPERM, "owner: not permitted");
	return 0;
}

static struct key *add_contents(struct key *key, const struct ckpt_hdr_key *k)
{
	/* What has been revoked must have been something. */
	const void *data = k->payload_len ? (const void *)links_of(k) : "x";
	size_t len = k->payload_len ?: 1;
	int ret;

	if (k->type == CKPT_KEY_KEYRING)
		ret = key_instantiate_and_link(key, NULL, 0, NULL, NULL);
	else
		ret = key_instantiate_and_link(key, data, len, NULL, NULL);
	if (!ret)
		return key;
	key_put(key);
	return ERR_PTR(ret);
}

static struct key *make_key(const struct ckpt_hdr_key *k, kuid_t uid, kgid_t gid)
{
	struct key *key;

	key = key_alloc(key_types[k->type], k->data, uid, gid, current_cred(),
			k->perm, KEY_ALLOC_IN_QUOTA, NULL);
	return IS_ERR(key) ? key : add_contents(key, k);
}

static struct key *users_keyring(const struct ckpt_hdr_key *k)
{
	struct key *user, *session;
	int ret;

	ret = look_up_user_keyrings(&user, &session);
	if (ret)
		return ERR_PTR(ret);
	if (k->flags & CKPT_KEY_USER_SESSION)
		swap(user, session);
	key_put(session);
	return user;
}

static struct key *find_or_make(struct ckpt_ctx *ctx,
				const struct ckpt_hdr_key *k)
{
	const struct cred *saved;
	struct cred *cred;
	struct key *key;
	kuid_t uid;
	kgid_t gid;
	int ret;

	ret = find_ids(ctx, k, &uid, &gid);
	if (ret)
		return ERR_PTR(ret);
	cred = maker(ctx, k, uid);
	if (!cred)
		return ERR_PTR(-ENOMEM);
	saved = override_creds(cred);
	key = is_users(k) ? users_keyring(k) : make_key(k, uid, gid);
	revert_creds(saved);
	put_cred(cred);
	if (IS_ERR(key))
		key_err(ctx, k, PTR_ERR(key), PTR_ERR(key) == -EDQUOT ?
			"over the quota of its owner" : "cannot be made");
	return key;
}

static int compare_serial(const void *serial, const struct rb_node *node)
{
	const struct key *key = rb_entry(node, struct key, serial_node);
	key_serial_t wanted = *(const key_serial_t *)serial;

	return wanted < key->serial ? -1 : wanted > key->serial;
}

static bool before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct key, serial_node)->serial <
	       rb_entry(b, struct key, serial_node)->serial;
}

static bool take_serial(struct key *key, key_serial_t serial)
{
	guard(spinlock)(&key_serial_lock);
	if (rb_find(&serial, &key_serial_tree, compare_serial))
		return false;
	rb_erase(&key->serial_node, &key_serial_tree);
	key->serial = serial;
	rb_add(&key->serial_node, &key_serial_tree, before);
	return true;
}

/*
 * What died a moment ago may have the number still: tasks are freed by RCU, files
 * (of IPC namespaces) by work queues, then their credentials, then the keyrings
 * of these, level by level, as they are collected. Nothing says when this is done.
 */
#define SERIAL_POLL	msecs_to_jiffies(10)
#define SERIAL_WAIT	(5 * HZ)

static int set_serial(struct ckpt_ctx *ctx, struct key *key,
		      const struct ckpt_hdr_key *k)
{
	unsigned long end = jiffies + SERIAL_WAIT;

	if (key->serial == k->serial)
		return 0;
	while (!take_serial(key, k->serial)) {
		if (time_after(jiffies, end))
			return key_err(ctx, k, -EEXIST,
				       "its serial number is taken");
		schedule_timeout_killable(SERIAL_POLL);
		if (fatal_signal_pending(current))
			return ckpt_err(ctx, -EINTR, "interrupted");
	}
	return 0;
}

static int add_links(struct ckpt_ctx *ctx, struct key *key,
		     const struct ckpt_hdr_key *k)
{
	struct key *linked;
	int ret = 0;
	u32 i;

	for (i = 0; i < k->nr_links && !ret; i++) {
		linked = restore_obj(ctx, links_of(k)[i]);
		if (IS_ERR(linked))
			return PTR_ERR(linked);
		ret = key_link(key, linked);
		cond_resched();
	}
	if (ret == -EDQUOT)
		return key_err(ctx, k, ret, "over the quota of its owner");
	return ret ? key_err(ctx, k, ret, "links") : 0;
}

static int finish_key(struct ckpt_ctx *ctx, struct key *key,
		      const struct ckpt_hdr_key *k)
{
	int ret;

	/* Also not if the caller supplied the user namespace, with all in it. */
	if (k->flags & CKPT_KEY_OUTSIDE ||
	    (is_users(k) && ckpt_ns_is_external(ctx, k->user_ns))) {
		ckpt_obj_by_id(ctx, k->h.id)->foreign = true;
		return 0;
	}
	ret = set_serial(ctx, key, k) ?: add_links(ctx, key, k);
	if (ret)
		return ret;
	down_write(&key->sem);
	key->perm = k->perm;
	key_set_expiry(key, k->expiry);
	up_write(&key->sem);
	if (k->flags & CKPT_KEY_REVOKED)
		key_revoke(key);
	return 0;
}

/**
 * restore_key - make a key
 * @ctx: the restart, before any task has been created
 * @h: KEY record
 * @c: unused
 *
 * Return: struct key, referenced, or ERR_PTR() of a reported errno.
 */
void *restore_key(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		  struct ckpt_cursor *c)
{
	const struct ckpt_hdr_key *k = (const void *)h;
	struct key *key = find_or_make(ctx, k);
	int ret;

	if (IS_ERR(key))
		return key;
	ret = finish_key(ctx, key, k);
	if (!ret)
		return key;
	key_put(key);
	return ERR_PTR(ret);
}

/**
 * restore_keys - make all keys of the image
 * @ctx: the restart, after restore_namespaces()
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_keys(struct ckpt_ctx *ctx)
{
	void *ptr;
	u32 id;

	for (id = 1; id <= ctx->nr_objs; id++) {
		cond_resched();
		if (ckpt_obj_by_id(ctx, id)->h->type != CKPT_HDR_KEY)
			continue;
		ptr = restore_obj(ctx, id);
		if (IS_ERR(ptr))
			return PTR_ERR(ptr);
		if (fatal_signal_pending(current))
			return ckpt_err(ctx, -EINTR, "interrupted");
	}
	return 0;
}
