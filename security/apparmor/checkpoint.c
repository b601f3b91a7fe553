// SPDX-License-Identifier: GPL-2.0-only
/*
 * AppArmor security module
 *
 * This file contains what checkpoint/restart needs to know of labels: those of
 * credentials (stacks of profiles and hats included), what a task may change to
 * (on exec, and back from a hat), the label that no_new_privs holds it to,
 * and the labels of open files and sockets.
 *
 * Labels are saved by name. A restart may give a task a label, a profile for
 * the next exec, a profile to return to or an open file if its caller may
 * change to that profile by itself; see aa_change_profile(). What an open file
 * may be used for is decided anew when it is used.
 *
 * What identifies the policy is the hash of each profile in use.
 */

#include <linux/capability.h>
#include <linux/kstrtox.h>
#include <linux/lsm_checkpoint.h>
#include <linux/lsm_hooks.h>

#include "include/apparmor.h"
#include "include/checkpoint.h"
#include "include/cred.h"
#include "include/crypto.h"
#include "include/domain.h"
#include "include/file.h"
#include "include/label.h"
#include "include/net.h"
#include "include/policy.h"
#include "include/policy_ns.h"
#include "include/task.h"

/* What @label is called by the current task. */
static int print_label(struct aa_label *label, const char *prefix, char **value)
{
	struct aa_ns *ns = aa_get_current_ns();
	char *name = NULL;
	int len = -EOPNOTSUPP;

	if (aa_ns_visible(ns, labels_ns(label), true))
		len = aa_label_asxprint(&name, ns, label, FLAG_VIEW_SUBNS |
					FLAG_HIDDEN_UNCONFINED, GFP_KERNEL);
	aa_put_ns(ns);
	if (len < 0) {
		kfree(name);
		return len;
	}
	*value = kasprintf(GFP_KERNEL, "%s%s", prefix, name);
	kfree(name);
	return *value ? 0 : -ENOMEM;
}

/* ---- policy ---- */

static const u32 policy_modes[] = {
	[APPARMOR_ENFORCE]	= CKPT_POLICY_ENFORCING,
	[APPARMOR_COMPLAIN]	= CKPT_POLICY_PERMISSIVE,
	[APPARMOR_KILL]		= CKPT_POLICY_KILL,
	[APPARMOR_UNCONFINED]	= CKPT_POLICY_UNCONFINED,
	[APPARMOR_USER]		= CKPT_POLICY_USER,
};

static int emit_profile(struct aa_profile *profile, struct lsm_ckpt_sink *sink)
{
	struct lsm_ckpt_policy p = {
		.mode	= policy_modes[profile->mode],
		.len	= profile->hash ? aa_hash_size() : 0,
		.digest	= profile->hash,
	};
	char *name;
	int ret;

	if (profile == profile->ns->unconfined)
		return 0;
	ret = print_label(&profile->label, "", &name);
	if (ret)
		return ret;
	p.name = name;
	ret = lsm_ckpt_emit(sink, &p);
	kfree(name);
	return ret;
}

static int emit_label(struct aa_label *label, struct lsm_ckpt_sink *sink)
{
	struct aa_profile *profile;
	struct label_it i;
	int ret = 0;

	label_for_each(i, label, profile) {
		ret = emit_profile(profile, sink);
		if (ret)
			break;
	}
	return ret;
}

static struct aa_label *find_label(const char *name)
{
	struct aa_label *base = aa_get_current_label();
	struct aa_label *label;

	/* Which would mean that profile on top of the current one. */
	if (*name == '&' || !*name)
		label = ERR_PTR(-EINVAL);
	else
		label = aa_label_parse(base, name, GFP_KERNEL, true, false);
	aa_put_label(base);
	return label == ERR_PTR(-ENOENT) ? ERR_PTR(-EINVAL) : label;
}

static int apparmor_checkpoint_policy(const struct cred *cred, const char *name,
				      struct lsm_ckpt_sink *sink)
{
	struct aa_label *label;
	int ret;

	if (!cred && !name)
		return 0;
	label = cred ? aa_get_newest_cred_label(cred) : find_label(name);
	if (IS_ERR(label))
		return label == ERR_PTR(-EINVAL) ? 0 : PTR_ERR(label);
	ret = emit_label(label, sink);
	aa_put_label(label);
	return ret;
}

/* ---- checkpoint ---- */

static int print_task(const struct aa_task_ctx *ctx, u32 attr, char **value)
{
	switch (attr) {
	case CKPT_LABEL_EXEC:
		if (!ctx->onexec)
			return 0;
		/* Then the token says that it goes on top of the current one. */
		return print_label(ctx->onexec,
				   ctx->token && !ctx->previous ? "&" : "", value);
	case CKPT_LABEL_PREV:
		return ctx->previous ? print_label(ctx->previous, "", value) : 0;
	case CKPT_LABEL_HAT_TOKEN:
		if (!ctx->previous)
			return 0;
		*value = kasprintf(GFP_KERNEL, "%016llx", ctx->token);
		return *value ? 0 : -ENOMEM;
	case CKPT_LABEL_NNP:
		return ctx->nnp ? print_label(ctx->nnp, "", value) : 0;
	default:
		return 0;
	}
}

static struct aa_label *sock_label(const struct sock *sk, u32 attr)
{
	switch (attr) {
	case CKPT_LABEL_CURRENT:
		return aa_get_label(aa_sock(sk)->label);
	case CKPT_LABEL_PEER:
		return aa_get_label(aa_sock(sk)->peer);
	default:
		return NULL;
	}
}

static struct aa_label *get_label(const struct lsm_ckpt_obj *obj)
{
	struct aa_label *label, *newest;

	switch (obj->type) {
	case LSM_CKPT_CRED:
		if (obj->attr != CKPT_LABEL_CURRENT)
			return NULL;
		return aa_get_newest_cred_label(obj->cred);
	case LSM_CKPT_FILE:
		label = aa_get_label_rcu(&file_ctx(obj->file)->label);
		break;
	case LSM_CKPT_SOCK:
		label = sock_label(obj->sock, obj->attr);
		break;
	default:
		return NULL;
	}
	if (!label)
		return NULL;
	newest = aa_get_newest_label(label);
	aa_put_label(label);
	return newest;
}

static int apparmor_checkpoint_label(const struct lsm_ckpt_obj *obj, char **value)
{
	struct aa_label *label;
	int ret;

	if (obj->type == LSM_CKPT_TASK)
		return print_task(task_ctx(obj->task), obj->attr, value);
	label = get_label(obj);
	if (!label)
		return 0;
	ret = print_label(label, "", value);
	aa_put_label(label);
	return ret;
}

/* ---- restart ---- */

/* With this sysctl, others can only put more profiles on top of unconfined. */
static bool may_only_stack(struct aa_label *label)
{
	return unconfined(label) && aa_unprivileged_unconfined_restricted &&
	       !capable(CAP_MAC_OVERRIDE);
}

static bool no_new_privs_allows(struct aa_label *label, struct aa_label *target)
{
	struct aa_label *limit = task_ctx(current)->nnp ?: label;

	return !task_no_new_privs(current) || unconfined(label) ||
	       aa_label_is_unconfined_subset(target, limit);
}

/* As writing @name to attr/current would, or to attr/exec. */
static int check_change(struct aa_label *label, struct aa_label *target,
			const char *name, int flags)
{
	int ret;

	if (label == target)
		return 0;
	if (may_only_stack(label) || !no_new_privs_allows(label, target))
		return -EPERM;
	ret = aa_change_profile(name, AA_CHANGE_TEST | flags);
	return ret == -ENOENT ? -EINVAL : ret;
}

/* Find a label that the caller may change to. */
static struct aa_label *find_allowed(const char *name, int flags)
{
	struct aa_label *label, *target = find_label(name);
	int ret;

	if (IS_ERR(target))
		return target;
	label = aa_get_current_label();
	ret = check_change(label, target, name, flags);
	aa_put_label(label);
	if (!ret)
		return target;
	aa_put_label(target);
	return ERR_PTR(ret);
}

static int restore_exec(struct aa_task_ctx *ctx, const char *value)
{
	bool stack = value && *value == '&';
	struct aa_label *label;

	aa_clear_task_ctx_trans(ctx);
	if (!value)
		return 0;
	label = find_allowed(value + stack, AA_CHANGE_ONEXEC |
			     (stack ? AA_CHANGE_STACK : 0));
	if (IS_ERR(label))
		return PTR_ERR(label);
	ctx->onexec = label;
	ctx->token = stack;
	return 0;
}

static int restore_task_label(struct aa_label **to, const char *value)
{
	struct aa_label *label = NULL;

	if (value)
		label = find_allowed(value, 0);
	if (IS_ERR(label))
		return PTR_ERR(label);
	aa_put_label(*to);
	*to = label;
	return 0;
}

/* CKPT_LABEL_EXEC comes first, and forgets what the caller had. */
static int restore_task(struct aa_task_ctx *ctx, u32 attr, const char *value)
{
	switch (attr) {
	case CKPT_LABEL_EXEC:
		return restore_exec(ctx, value);
	case CKPT_LABEL_PREV:
		return restore_task_label(&ctx->previous, value);
	case CKPT_LABEL_HAT_TOKEN:
		if (value && !ctx->previous)
			return -EINVAL;
		return value ? kstrtou64(value, 16, &ctx->token) : 0;
	case CKPT_LABEL_NNP:
		/* Without one the first change of profile will set it. */
		return value ? restore_task_label(&ctx->nnp, value) : 0;
	default:
		return value ? -EOPNOTSUPP : 0;
	}
}

static int restore_cred(struct cred *cred, const char *value)
{
	struct aa_label *label = find_allowed(value, 0);

	if (IS_ERR(label))
		return PTR_ERR(label);
	aa_put_label(cred_label(cred));
	set_cred_label(cred, label);
	return 0;
}

/* Nothing has been granted yet to who uses it. */
static int restore_file(struct file *file, const char *value)
{
	struct aa_file_ctx *fctx = file_ctx(file);
	struct aa_label *old, *label = find_allowed(value, 0);

	if (IS_ERR(label))
		return PTR_ERR(label);
	spin_lock(&fctx->lock);
	old = rcu_dereference_protected(fctx->label,
					lockdep_is_held(&fctx->lock));
	rcu_assign_pointer(fctx->label, label);
	fctx->allow = 0;
	spin_unlock(&fctx->lock);
	aa_put_label(old);
	return 0;
}

static int restore_sock(struct sock *sk, u32 attr, const char *value)
{
	struct aa_sk_ctx *ctx = aa_sock(sk);

	switch (attr) {
	case CKPT_LABEL_CURRENT:
		return restore_task_label(&ctx->label, value);
	case CKPT_LABEL_PEER:
		return restore_task_label(&ctx->peer, value);
	default:
		return -EOPNOTSUPP;
	}
}

static int apparmor_restore_label(const struct lsm_ckpt_obj *obj,
				  const char *value)
{
	if (obj->type == LSM_CKPT_TASK)
		return restore_task(task_ctx(obj->task), obj->attr, value);
	if (!value)
		return 0;
	switch (obj->type) {
	case LSM_CKPT_CRED:
		return obj->attr == CKPT_LABEL_CURRENT ?
		       restore_cred(obj->cred, value) : -EOPNOTSUPP;
	case LSM_CKPT_FILE:
		return restore_file(obj->file, value);
	case LSM_CKPT_SOCK:
		return restore_sock(obj->sock, obj->attr, value);
	default:
		return -EOPNOTSUPP;
	}
}

static struct security_hook_list apparmor_checkpoint_hooks[] __ro_after_init = {
	LSM_HOOK_INIT(checkpoint_policy, apparmor_checkpoint_policy),
	LSM_HOOK_INIT(checkpoint_label, apparmor_checkpoint_label),
	LSM_HOOK_INIT(restore_label, apparmor_restore_label),
};

void __init apparmor_add_checkpoint_hooks(const struct lsm_id *lsmid)
{
	security_add_hooks(apparmor_checkpoint_hooks,
			   ARRAY_SIZE(apparmor_checkpoint_hooks), lsmid);
}
