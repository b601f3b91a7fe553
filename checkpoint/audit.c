// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - who is responsible, as far as audit is concerned
 *
 * Saved: login id and session of each task.
 * Not saved: a login id that has no number in the user namespace that the tree
 *	and its surroundings have in common. It is that of somebody outside,
 *	and so it will be at restart.
 *
 * A login id is restored by the rules of writing to /proc/self/loginuid: who
 * has none may take any, others need CAP_AUDIT_CONTROL. The number of a session
 * nobody can choose, so it takes that capability to have it back; without it,
 * the session is that of the restart's caller, or a new one if the login id is
 * another.
 */
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/uidgid.h>
#include "audit.h"

static int checkpoint_audit(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct user_namespace *ns = ctx->base_user_ns;
	kuid_t loginuid = audit_get_loginuid(tsk);
	struct ckpt_hdr_audit *h;

	if (uid_valid(loginuid) && from_kuid(ns, loginuid) == (uid_t)-1)
		return 0;
	h = ckpt_new_rec(ctx, CKPT_HDR_AUDIT, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->loginuid = uid_valid(loginuid) ? from_kuid(ns, loginuid) : -1;
	h->sessionid = audit_get_sessionid(tsk);
	return 0;
}

/**
 * ckpt_audit_validate - check an AUDIT record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_audit_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_audit *a = (const void *)h;

	if (a->loginuid == (u32)-1 && a->sessionid != AUDIT_SID_UNSET)
		return ckpt_bad(v, "session without a login id");
	return 0;
}

static int restore_loginuid(struct ckpt_ctx *ctx, u32 id)
{
	kuid_t loginuid = make_kuid(ctx->base_user_ns, id);
	int ret;

	if (id != (u32)-1 && !uid_valid(loginuid))
		return ckpt_err(ctx, -EINVAL,
				"login id %u does not exist in the user namespace", id);
	if (uid_eq(loginuid, audit_get_loginuid(current)))
		return 0;
	/* As a number in the caller's user namespace it could be written. */
	ret = !uid_valid(loginuid) ||
	      kuid_has_mapping(current_user_ns(), loginuid) ?
	      ckpt_set_loginuid(loginuid) : -EPERM;
	if (ret)
		return ckpt_err(ctx, ret, "login id: %u instead of %u: not permitted",
				id, from_kuid(ctx->base_user_ns,
					      audit_get_loginuid(current)));
	return 0;
}

static int restore_audit(struct ckpt_ctx *ctx, struct ckpt_task *t,
			 struct ckpt_cursor *c)
{
	const struct ckpt_hdr_audit *h = ckpt_read_opt_type(c, CKPT_HDR_AUDIT);
	int ret;

	if (!h)
		return 0;
	ret = restore_loginuid(ctx, h->loginuid);
	if (!ret && h->sessionid != audit_get_sessionid(current) &&
	    capable(CAP_AUDIT_CONTROL))
		ckpt_set_sessionid(h->sessionid);
	return ret;
}

const struct ckpt_task_kind ckpt_audit_task_kind = {
	.name		= "audit",
	.dead		= true,
	.checkpoint	= checkpoint_audit,
	.restore	= restore_audit,
};
