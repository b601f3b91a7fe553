/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHECKPOINT_CRED_H
#define _CHECKPOINT_CRED_H

#include <linux/bits.h>
#include <linux/cred.h>
#include <linux/key.h>
#include "internal.h"

int checkpoint_cred(struct ckpt_ctx *ctx, void *obj);
void *restore_cred_obj(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		       struct ckpt_cursor *c);
int ckpt_cred_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
void ckpt_cred_get(void *obj);
void ckpt_cred_put(void *obj);
int restore_cred(struct ckpt_ctx *ctx, struct ckpt_task *t, u32 id);
void commit_cred(struct ckpt_task *t);
struct cred *ckpt_callers_in(struct user_namespace *ns);

enum { CKPT_ID_REAL, CKPT_ID_EFFECTIVE, CKPT_ID_SAVED, CKPT_ID_FS, CKPT_ID_NR };

/**
 * struct ckpt_privs - all that a privilege depends on, as plain numbers
 * @uid: user ids, by %CKPT_ID_REAL and the others
 * @gid: group ids
 * @root: the user id that is root's
 * @groups_differ: in what is wanted: other supplementary groups than now
 * @securebits: securebits
 * @inheritable: capabilities
 * @permitted: capabilities
 * @effective: capabilities
 * @bset: capability bounding set
 * @ambient: capabilities
 */
struct ckpt_privs {
	u32 uid[CKPT_ID_NR];
	u32 gid[CKPT_ID_NR];
	u32 root;
	bool groups_differ;
	u32 securebits;
	u64 inheritable;
	u64 permitted;
	u64 effective;
	u64 bset;
	u64 ambient;
};

struct user_namespace *ckpt_outermost_user_ns(const struct ckpt_ctx *ctx);
const struct cred *ckpt_enter_files(struct ckpt_ctx *ctx);
void ckpt_leave_files(const struct cred *old);
bool ckpt_has_numbers(const struct ckpt_ctx *ctx, kuid_t uid, kgid_t gid);
bool ckpt_may_take_uid(kuid_t uid);
bool ckpt_may_take_gid(kgid_t gid);
bool ckpt_cred_is_outside(struct ckpt_ctx *ctx, u32 id);
int ckpt_privs_check(const struct ckpt_privs *have, const struct ckpt_privs *want,
		     u64 *need, const char **why);

#ifdef CONFIG_KEYS
static inline u32 ckpt_reqkey(const struct cred *cred)
{
	return cred->jit_keyring;
}

static inline int ckpt_set_reqkey(struct cred *cred, u32 reqkey)
{
	cred->jit_keyring = reqkey;
	return 0;
}
#else
static inline u32 ckpt_reqkey(const struct cred *cred)
{
	return 0;
}

static inline int ckpt_set_reqkey(struct cred *cred, u32 reqkey)
{
	return reqkey ? -EOPNOTSUPP : 0;
}
#endif

#endif /* _CHECKPOINT_CRED_H */
