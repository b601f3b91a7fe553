// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - security modules and their policies
 *
 * Saved: the active modules by name and id, in order; what identifies the
 *	policy of each; their labels, see label.c.
 * Refused: modules that keep something with tasks or files and do not say
 *	what; state of a module that has no label.
 *
 * At restart all this matters only if the caller wants the labels back. Then the
 * modules that labelled what is in the image must be those that label now; other
 * policies are reported, or refused if the caller says so.
 */
#include <linux/array_size.h>
#include <linux/cred.h>
#include <linux/slab.h>
#include <uapi/linux/lsm.h>
#include "lsm.h"

static_assert((u32)CKPT_LABEL_CURRENT == LSM_ATTR_CURRENT);
static_assert((u32)CKPT_LABEL_EXEC == LSM_ATTR_EXEC);
static_assert((u32)CKPT_LABEL_FSCREATE == LSM_ATTR_FSCREATE);
static_assert((u32)CKPT_LABEL_KEYCREATE == LSM_ATTR_KEYCREATE);
static_assert((u32)CKPT_LABEL_PREV == LSM_ATTR_PREV);
static_assert((u32)CKPT_LABEL_SOCKCREATE == LSM_ATTR_SOCKCREATE);

/*
 * Modules that keep nothing with tasks, open files or memory: they decide by
 * what everybody can see. What the integrity modules know about a file they
 * find out again when it is used again.
 */
static bool keeps_nothing(u64 id)
{
	switch (id) {
	case LSM_ID_CAPABILITY:
	case LSM_ID_LOADPIN:
	case LSM_ID_SAFESETID:
	case LSM_ID_LOCKDOWN:
	case LSM_ID_IMA:
	case LSM_ID_EVM:
	case LSM_ID_IPE:
		return true;
	default:
		return false;
	}
}

static int policy_err(struct ckpt_ctx *ctx, const char *lsm, int err)
{
	return ckpt_err(ctx, err, "security module %s: its policy cannot be identified",
			lsm);
}

/* ---- checkpoint ---- */

/* Adds LSM_POLICY records. */
struct policy_writer {
	struct lsm_ckpt_sink sink;
	struct ckpt_ctx *ctx;
};

static int write_policy(struct lsm_ckpt_sink *sink, const struct lsm_ckpt_policy *p)
{
	struct ckpt_ctx *ctx = container_of(sink, struct policy_writer, sink)->ctx;
	const char *name = p->name ?: "";
	size_t len = strlen(name) + 1;
	struct ckpt_hdr_lsm_policy *h;
	struct ckpt_label *label;

	/* Many tasks may be confined by the same. */
	label = ckpt_label_find(ctx, sink->lsm->id, name, GFP_KERNEL);
	if (IS_ERR(label) || label->is_policy)
		return PTR_ERR_OR_ZERO(label);
	label->is_policy = true;

	h = ckpt_new_rec(ctx, CKPT_HDR_LSM_POLICY, struct_size(h, name, len));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->lsm_id = sink->lsm->id;
	h->mode = p->mode;
	h->digest_len = min_t(u32, p->len, CKPT_POLICY_DIGEST_MAX);
	if (h->digest_len)
		memcpy(h->digest, p->digest, h->digest_len);
	memcpy(h->name, name, len);
	return 0;
}

static int checkpoint_policies(struct ckpt_ctx *ctx, const struct lsm_id *lsm)
{
	struct policy_writer w = { .sink.add = write_policy, .ctx = ctx };
	const struct cred *cred, *last = NULL;
	int ret;
	u32 i;

	ret = security_checkpoint_policy(lsm->id, NULL, NULL, &w.sink);
	for (i = 0; i < ctx->nr_tasks && !ret; i++) {
		cred = get_task_cred(ctx->tasks[i].task);
		if (cred != last)
			ret = security_checkpoint_policy(lsm->id, cred, NULL,
							 &w.sink);
		last = cred;
		put_cred(cred);
		cond_resched();
	}
	return ret ? policy_err(ctx, lsm->name, ret) : 0;
}

static int checkpoint_lsm(struct ckpt_ctx *ctx, const struct lsm_id *lsm)
{
	struct ckpt_hdr_lsm *h;

	if (!keeps_nothing(lsm->id) && !security_can_checkpoint(lsm->id))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"security module %s: what it knows of tasks and files is not supported",
				lsm->name);
	h = ckpt_new_rec(ctx, CKPT_HDR_LSM, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->lsm_id = lsm->id;
	strscpy(h->name, lsm->name);
	return checkpoint_policies(ctx, lsm);
}

/**
 * checkpoint_lsms - save which security modules are active
 * @ctx: the checkpoint, its tasks frozen
 * @c: the CONTAINER record, which has just been written
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_lsms(struct ckpt_ctx *ctx, struct ckpt_hdr_container *c)
{
	int ret = 0;

	for (; c->nr_lsm < ckpt_nr_lsms() && !ret; c->nr_lsm++)
		ret = checkpoint_lsm(ctx, ckpt_lsm(c->nr_lsm));
	return ret;
}

static int ignore_policy(struct lsm_ckpt_sink *sink, const struct lsm_ckpt_policy *p)
{
	return 0;
}

/**
 * ckpt_lsm_prepare - let security modules identify their policies
 * @ctx: the checkpoint, its tasks still running
 *
 * They remember what takes long to find out.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_lsm_prepare(struct ckpt_ctx *ctx)
{
	struct lsm_ckpt_sink sink = { .add = ignore_policy };
	int ret;
	u32 i;

	for (i = 0; i < ckpt_nr_lsms(); i++) {
		ret = security_checkpoint_policy(ckpt_lsm(i)->id, NULL, NULL,
						 &sink);
		if (ret)
			return policy_err(ctx, ckpt_lsm(i)->name, ret);
	}
	return 0;
}

/* ---- validate ---- */

/**
 * ckpt_lsm_validate - check an LSM record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_lsm_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_lsm *l = (const void *)h;

	if (!ckpt_string_ok(l->name, sizeof(l->name)))
		return ckpt_bad(v, "name is not terminated");
	return 0;
}

/**
 * ckpt_lsm_policy_validate - check an LSM_POLICY record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_lsm_policy_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_lsm_policy *p = (const void *)h;
	size_t len;
	const u8 *name = ckpt_payload(h, sizeof(*p), &len);

	if (p->mode < CKPT_POLICY_PERMISSIVE || p->mode > CKPT_POLICY_USER)
		return ckpt_bad(v, "mode of a policy out of range");
	if (p->digest_len > CKPT_POLICY_DIGEST_MAX ||
	    memchr_inv(p->digest + p->digest_len, 0,
		       CKPT_POLICY_DIGEST_MAX - p->digest_len))
		return ckpt_bad(v, "digest of a policy");
	if (!ckpt_string_ok(name, len))
		return ckpt_bad(v, "name is not terminated");
	return 0;
}

/* ---- restart ---- */

/**
 * ckpt_lsm_state_of_caller - what restored tasks would inherit, and keep
 *
 * Return: a name of something that a security module ties to the caller and
 * that an image cannot have, or NULL.
 */
const char *ckpt_lsm_state_of_caller(void)
{
	const struct cred *cred = current_cred();
	const struct lsm_ckpt_obj obj = {
		.type = LSM_CKPT_CRED,
		.cred = (struct cred *)cred,
	};
	const struct lsm_id *lsm;

	return security_checkpoint_state(&obj, &lsm) ? lsm->name : NULL;
}

static const struct lsm_id *find_active(u64 id)
{
	u32 i;

	for (i = 0; i < ckpt_nr_lsms(); i++)
		if (ckpt_lsm(i)->id == id)
			return ckpt_lsm(i);
	return NULL;
}

static bool image_has_labels(struct ckpt_ctx *ctx, u64 lsm_id)
{
	const struct ckpt_hdr_label *label;
	u32 id;

	for (id = 1; id <= ctx->nr_objs; id++) {
		label = (const void *)ckpt_obj_by_id(ctx, id)->h;
		if (label->h.type == CKPT_HDR_LABEL && label->lsm_id == lsm_id)
			return true;
		if (!(id % 1024))
			cond_resched();
	}
	return false;
}

/* Is the policy in the image among those that there are now? */
struct policy_reader {
	struct lsm_ckpt_sink sink;
	const struct ckpt_hdr_lsm_policy *wanted;
	bool found;
	bool same;
};

static int compare_policy(struct lsm_ckpt_sink *sink, const struct lsm_ckpt_policy *p)
{
	struct policy_reader *r = container_of(sink, struct policy_reader, sink);
	const struct ckpt_hdr_lsm_policy *h = r->wanted;

	if (strcmp(h->name, p->name ?: ""))
		return 0;
	r->found = true;
	r->same = h->mode == p->mode && h->digest_len == p->len &&
		  (!p->len || !memcmp(h->digest, p->digest, p->len));
	return 0;
}

/* Report it; and refuse it if the caller is strict. */
static int report_change(struct ckpt_ctx *ctx, const char *lsm, const char *name,
			 const char *what)
{
	const char *sep = *name ? " of " : "";

	if (ctx->flags & RESTART_STRICT_LSM)
		return ckpt_err(ctx, -EINVAL, "security module %s: the policy%s%s %s",
				lsm, sep, name, what);
	ckpt_warn(ctx, "security module %s: the policy%s%s %s", lsm, sep, name,
		  what);
	return 0;
}

static int check_policy(struct ckpt_ctx *ctx, const struct ckpt_hdr_lsm *lsm,
			const struct ckpt_hdr_lsm_policy *h)
{
	struct policy_reader r = { .sink.add = compare_policy, .wanted = h };
	int ret;

	if (h->lsm_id != lsm->lsm_id)
		return ckpt_err(ctx, -EBADMSG,
				"image: policy of another security module than %s",
				lsm->name);
	if (!(ctx->flags & RESTART_KEEP_LSM) || !find_active(h->lsm_id))
		return 0;
	ret = security_checkpoint_policy(h->lsm_id, NULL, *h->name ?
					 (const char *)h->name : NULL, &r.sink);
	if (ret)
		return policy_err(ctx, lsm->name, ret);
	if (!r.found)
		return report_change(ctx, lsm->name, h->name, "is not loaded");
	if (!r.same)
		return report_change(ctx, lsm->name, h->name,
				     "is not the one at the checkpoint");
	return 0;
}

/* An active module that labels must have been one that did, and vice versa. */
static int check_lsm(struct ckpt_ctx *ctx, const struct ckpt_hdr_lsm *h)
{
	if (!(ctx->flags & RESTART_KEEP_LSM))
		return 0;
	if (image_has_labels(ctx, h->lsm_id) && !security_has_labels(h->lsm_id))
		return ckpt_err(ctx, -EINVAL,
				"security module %s: is not active, and the image has its labels",
				h->name);
	return 0;
}

static int check_active(struct ckpt_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ckpt_nr_lsms(); i++)
		if (security_has_labels(ckpt_lsm(i)->id) &&
		    !image_has_labels(ctx, ckpt_lsm(i)->id))
			return ckpt_err(ctx, -EINVAL,
					"security module %s: is active, and the image has no labels of it",
					ckpt_lsm(i)->name);
	return 0;
}

static bool same_place(u32 i, u32 nr, const struct ckpt_hdr_lsm *h)
{
	return nr == ckpt_nr_lsms() && ckpt_lsm(i)->id == h->lsm_id;
}

/**
 * restore_lsms - read which security modules were active
 * @ctx: the restart
 * @c: position of the first LSM record, moved behind all of them
 * @nr: number of them
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_lsms(struct ckpt_ctx *ctx, struct ckpt_cursor *c, u32 nr)
{
	const struct ckpt_hdr_lsm_policy *policy;
	const struct ckpt_hdr_lsm *lsm;
	int ret = 0;
	u32 i;

	for (i = 0; i < nr && !ret; i++) {
		lsm = ckpt_read_obj_type(c, CKPT_HDR_LSM);
		if (IS_ERR(lsm))
			return PTR_ERR(lsm);
		ret = check_lsm(ctx, lsm);
		if (!ret && (ctx->flags & RESTART_STRICT_LSM) &&
		    !same_place(i, nr, lsm))
			ret = ckpt_err(ctx, -EINVAL,
				       "security module %s: other modules are active than at the checkpoint",
				       lsm->name);
		while (!ret && (policy = ckpt_read_opt_type(c, CKPT_HDR_LSM_POLICY)))
			ret = check_policy(ctx, lsm, policy);
	}
	if (!ret && (ctx->flags & RESTART_KEEP_LSM))
		ret = check_active(ctx);
	return ret;
}
