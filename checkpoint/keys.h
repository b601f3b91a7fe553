/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - keys and keyrings
 *
 * Without CONFIG_KEYS there are none, and images with any are refused.
 */
#ifndef _CHECKPOINT_KEYS_H
#define _CHECKPOINT_KEYS_H

#include <linux/cred.h>
#include <linux/key.h>
#include <linux/user_namespace.h>
#include <linux/watch_queue.h>
#include "internal.h"

#ifdef CONFIG_KEYS

/* cred_keys.c */
int collect_cred_keys(struct ckpt_ctx *ctx, const struct cred *cred,
		      struct ckpt_hdr_cred_keys *ids);
int checkpoint_cred_keys(struct ckpt_ctx *ctx,
			 const struct ckpt_hdr_cred_keys *ids);
int ckpt_cred_keys_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int restore_cred_keys(struct ckpt_ctx *ctx, struct cred *new,
		      struct ckpt_cursor *c);

/* key.c, in security/keys/keyring.c */
int ckpt_key_id(struct ckpt_ctx *ctx, const struct cred *holder, struct key *key);
int checkpoint_key(struct ckpt_ctx *ctx, void *obj);
int checkpoint_user_keys(struct ckpt_ctx *ctx);
int checkpoint_keys_end(struct ckpt_ctx *ctx);
bool ckpt_keyring_has_keys(struct key *keyring);
bool ckpt_key_is_outside(struct ckpt_ctx *ctx, const struct key *key);
int ckpt_key_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void *restore_key(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		  struct ckpt_cursor *c);
int restore_keys(struct ckpt_ctx *ctx);
void ckpt_key_get(void *obj);
void ckpt_key_put(void *obj);

/* Whether somebody is told of changes (KEYCTL_WATCH_KEY). */
static inline bool ckpt_key_is_watched(const struct key *key)
{
#ifdef CONFIG_KEY_NOTIFICATIONS
	return key->watchers && !hlist_empty(&key->watchers->watchers);
#else
	return false;
#endif
}

static inline struct key *ckpt_persistent_keys(const struct user_namespace *ns)
{
#ifdef CONFIG_PERSISTENT_KEYRINGS
	return ns->persistent_keyring_register;
#else
	return NULL;
#endif
}

#else

static inline int collect_cred_keys(struct ckpt_ctx *ctx, const struct cred *cred,
				    struct ckpt_hdr_cred_keys *ids)
{
	return 0;
}

static inline int checkpoint_cred_keys(struct ckpt_ctx *ctx,
				       const struct ckpt_hdr_cred_keys *ids)
{
	return 0;
}

static inline int ckpt_cred_keys_validate(struct ckpt_validator *v,
					  const struct ckpt_hdr *h)
{
	v->why = "keyrings, which this kernel does not have";
	return -EOPNOTSUPP;
}

static inline int restore_cred_keys(struct ckpt_ctx *ctx, struct cred *new,
				    struct ckpt_cursor *c)
{
	return 0;
}

static inline bool ckpt_key_is_outside(struct ckpt_ctx *ctx,
				       const struct key *key)
{
	return false;
}

static inline int checkpoint_key(struct ckpt_ctx *ctx, void *obj)
{
	return -EOPNOTSUPP;
}

static inline int checkpoint_user_keys(struct ckpt_ctx *ctx)
{
	return 0;
}

static inline int checkpoint_keys_end(struct ckpt_ctx *ctx)
{
	return 0;
}

static inline int ckpt_key_validate(struct ckpt_validator *v,
				    const struct ckpt_hdr *h)
{
	v->why = "keys, which this kernel does not have";
	return -EOPNOTSUPP;
}

static inline void *restore_key(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
				struct ckpt_cursor *c)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline int restore_keys(struct ckpt_ctx *ctx)
{
	return 0;
}

static inline void ckpt_key_get(void *obj)
{
}

static inline void ckpt_key_put(void *obj)
{
}

#endif

#endif /* _CHECKPOINT_KEYS_H */
