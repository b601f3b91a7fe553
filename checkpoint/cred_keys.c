// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the keyrings of credentials
 *
 * Saved: session, process and thread keyring, with all that they lead to, see
 *	key.c; that there is no session keyring.
 * Not saved: a session keyring that is also that of the caller of checkpoint(),
 *	or, if it holds no keys of its own or of a subtree, of any task outside:
 *	then it belongs to the environment, like the session, and is that of the
 *	caller of restart().
 * Refused: a session keyring with keys that is shared with tasks outside, of a
 *	whole container; the authority to construct a key (request_key()).
 */
#include <linux/sched/signal.h>
#include "cred.h"
#include "freeze.h"
#include "keys.h"

/* ---- checkpoint ---- */

static bool is_callers(struct ckpt_ctx *ctx, const struct key *keyring)
{
	const struct cred *cred = get_task_cred(ctx->caller);
	bool ret = cred->session_keyring == keyring;

	put_cred(cred);
	return ret;
}

static struct task_struct *get_sharer(struct ckpt_ctx *ctx,
				      const struct key *keyring)
{
	struct task_struct *process, *tsk;

	guard(rcu)();
	for_each_process_thread(process, tsk)
		if (!tsk->exit_state &&
		    ckpt_frozen_index(ctx, tsk) == CKPT_TREE_NONE &&
		    __task_cred(tsk)->session_keyring == keyring)
			return get_task_struct(tsk);
	return NULL;
}

/* Return: 1 if it belongs to the environment, 0, or a reported errno. */
static int is_outside(struct ckpt_ctx *ctx, struct key *keyring)
{
	struct task_struct *tsk;
	int ret = 1;

	if (xa_load(&ctx->shared_ns, (unsigned long)keyring))
		return !test_bit(KEY_FLAG_UID_KEYRING, &keyring->flags);
	if (test_bit(KEY_FLAG_UID_KEYRING, &keyring->flags) ||
	    ckpt_obj_known(ctx, keyring))
		return 0;
	tsk = get_sharer(ctx, keyring);
	if (!tsk)
		return 0;
	if (!(ctx->flags & CHECKPOINT_SUBTREE) && ckpt_keyring_has_keys(keyring))
		ret = ckpt_err(ctx, -EBUSY,
			       "credentials: session keyring %d: shared with task %d (%s), which is outside the tree",
			       keyring->serial, task_pid_vnr(tsk), tsk->comm);
	else
		ckpt_warn(ctx, "session keyring %d: also that of task %d (%s) outside the tree; left to the caller of restart()",
			  keyring->serial, task_pid_vnr(tsk), tsk->comm);
	put_task_struct(tsk);
	if (ret > 0 && xa_err(xa_store(&ctx->shared_ns, (unsigned long)keyring,
				       ctx, GFP_KERNEL_ACCOUNT)))
		return ckpt_err(ctx, -ENOMEM, "session keyring");
	return ret;
}

static int session_id(struct ckpt_ctx *ctx, const struct cred *cred,
		      struct ckpt_hdr_cred_keys *ids)
{
	int ret;

	if (!cred->session_keyring) {
		ids->flags |= CKPT_CRED_NO_SESSION;
		return 0;
	}
	if (is_callers(ctx, cred->session_keyring))
		return 0;
	ret = is_outside(ctx, cred->session_keyring);
	if (ret)
		return min(ret, 0);
	return ckpt_key_id(ctx, cred, cred->session_keyring);
}

static int keyring_id(struct ckpt_ctx *ctx, const struct cred *cred,
		      struct key *keyring)
{
	return keyring ? ckpt_key_id(ctx, cred, keyring) : 0;
}

/**
 * collect_cred_keys - write the keyrings of credentials
 * @ctx: the checkpoint
 * @cred: the credentials
 * @ids: where to put their numbers
 *
 * Return: 0, or an errno that has been reported.
 */
int collect_cred_keys(struct ckpt_ctx *ctx, const struct cred *cred,
		      struct ckpt_hdr_cred_keys *ids)
{
	int session, process, thread;

	if (cred->request_key_auth)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"credentials: authority to construct a key");
	session = session_id(ctx, cred, ids);
	if (session < 0)
		return session;
	process = keyring_id(ctx, cred, cred->process_keyring);
	if (process < 0)
		return process;
	thread = keyring_id(ctx, cred, cred->thread_keyring);
	if (thread < 0)
		return thread;
	ids->session = session;
	ids->process = process;
	ids->thread = thread;
	return 0;
}

/**
 * checkpoint_cred_keys - write which keyrings credentials have
 * @ctx: the checkpoint, the CRED record just written
 * @ids: from collect_cred_keys()
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_cred_keys(struct ckpt_ctx *ctx,
			 const struct ckpt_hdr_cred_keys *ids)
{
	struct ckpt_hdr_cred_keys *h;

	if (!ids->session && !ids->process && !ids->thread && !ids->flags)
		return 0;
	h = ckpt_new_rec(ctx, CKPT_HDR_CRED_KEYS, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->session = ids->session;
	h->process = ids->process;
	h->thread = ids->thread;
	h->flags = ids->flags;
	return 0;
}

/* ---- validate ---- */

static bool is_keyring(const struct ckpt_validator *v, u32 id)
{
	const struct ckpt_hdr_key *k;

	if (!id)
		return true;
	if (!ckpt_ref_ok(v, id, CKPT_CLASS_KEY))
		return false;
	k = (const void *)v->objs[id - 1];
	return k->type == CKPT_KEY_KEYRING;
}

/**
 * ckpt_cred_keys_validate - check a CRED_KEYS record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_cred_keys_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_cred_keys *k = (const void *)h;

	if (!is_keyring(v, k->session) || !is_keyring(v, k->process) ||
	    !is_keyring(v, k->thread))
		return ckpt_bad(v, "reference to something that is no keyring");
	if (k->flags & ~CKPT_CRED_NO_SESSION || (k->flags && k->session))
		return ckpt_bad(v, "flags of keyrings");
	return 0;
}

/* ---- restart ---- */

static int replace(struct ckpt_ctx *ctx, struct key **keyring, u32 id)
{
	struct key *new = id ? restore_obj(ctx, id) : NULL;

	if (IS_ERR(new))
		return PTR_ERR(new);
	key_put(*keyring);
	*keyring = key_get(new);
	return 0;
}

/**
 * restore_cred_keys - give new credentials their keyrings
 * @ctx: the restart
 * @new: the credentials, so far with the session keyring of the caller
 * @c: position behind their CRED record
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_cred_keys(struct ckpt_ctx *ctx, struct cred *new,
		      struct ckpt_cursor *c)
{
	static const struct ckpt_hdr_cred_keys none;
	const struct ckpt_hdr_cred_keys *k;
	int ret = 0;

	k = ckpt_read_opt_type(c, CKPT_HDR_CRED_KEYS) ?: &none;
	if (k->session || k->flags & CKPT_CRED_NO_SESSION)
		ret = replace(ctx, &new->session_keyring, k->session);
	return ret ?:
	       replace(ctx, &new->process_keyring, k->process) ?:
	       replace(ctx, &new->thread_keyring, k->thread);
}
