// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records about security modules: policies and labels
 */
#include <stdio.h>
#include <string.h>
#include "record.h"

const struct ckpt_name ckpt_lsm_names[] = {
	{ 100, "capability" },
	{ 101, "selinux" },
	{ 102, "smack" },
	{ 103, "tomoyo" },
	{ 104, "apparmor" },
	{ 105, "yama" },
	{ 106, "loadpin" },
	{ 107, "safesetid" },
	{ 108, "lockdown" },
	{ 109, "bpf" },
	{ 110, "landlock" },
	{ 111, "ima" },
	{ 112, "evm" },
	{ 113, "ipe" },
	{ 0, NULL }
};

static const struct ckpt_name policy_modes[] = {
	{ CKPT_POLICY_PERMISSIVE, "permissive" },
	{ CKPT_POLICY_ENFORCING, "enforcing" },
	{ CKPT_POLICY_KILL, "kill" },
	{ CKPT_POLICY_UNCONFINED, "unconfined" },
	{ CKPT_POLICY_USER, "user" },
	{ 0, NULL }
};

static const struct ckpt_field lsm_policy_fields[] = {
	FIELD(ckpt_hdr_lsm_policy, lsm_id, F_BIT, .names = ckpt_lsm_names),
	FIELD(ckpt_hdr_lsm_policy, mode, F_ENUM, .names = policy_modes),
	FIELD(ckpt_hdr_lsm_policy, digest_len, F_QUIET),
	FIELD(ckpt_hdr_lsm_policy, digest, F_QUIET),
	END_OF_FIELDS
};

static void check_lsm_policy(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_lsm_policy *p = (const void *)rec->pub.h;
	const void *name;
	size_t len;

	name = ckpt_payload(rec, &len);
	ckpt_check_string(img, rec, "name", name, len);
	if (p->digest_len > CKPT_POLICY_DIGEST_MAX)
		ckpt_bad(img, rec, "digest of %u bytes", p->digest_len);
	else
		ckpt_check_zero(img, rec, "padding", p->digest + p->digest_len,
				CKPT_POLICY_DIGEST_MAX - p->digest_len);
}

static void describe_lsm_policy(const struct ckpt_image *img,
				const struct record *rec, struct json_object *out)
{
	const struct ckpt_hdr_lsm_policy *p = (const void *)rec->pub.h;
	char hex[2 * CKPT_POLICY_DIGEST_MAX + 1] = "";
	const char *name;
	size_t len;
	__u32 i;

	(void)img;
	for (i = 0; i < p->digest_len && i < CKPT_POLICY_DIGEST_MAX; i++)
		sprintf(hex + 2 * i, "%02x", p->digest[i]);
	ckpt_add_str(out, "digest", hex);
	name = ckpt_payload(rec, &len);
	if (len && *name)
		json_object_object_add(out, "name", ckpt_json_string(name, len));
}

static const struct ckpt_field label_fields[] = {
	FIELD(ckpt_hdr_label, lsm_id, F_BIT, .names = ckpt_lsm_names),
	END_OF_FIELDS
};

static void check_label(struct ckpt_image *img, struct record *rec)
{
	const char *value;
	size_t len;

	value = ckpt_payload(rec, &len);
	ckpt_check_string(img, rec, "label", value, len);
	if (len && !*value)
		ckpt_bad(img, rec, "is empty");
}

static void describe_label(const struct ckpt_image *img,
			   const struct record *rec, struct json_object *out)
{
	const char *value;
	size_t len;

	(void)img;
	value = ckpt_payload(rec, &len);
	json_object_object_add(out, "value", ckpt_json_string(value, len));
}

static const struct ckpt_name label_attrs[] = {
	{ CKPT_LABEL_NNP, "no_new_privs" },
	{ CKPT_LABEL_HAT_TOKEN, "hat_token" },
	{ CKPT_LABEL_RELABEL, "relabel" },
	{ CKPT_LABEL_RULES, "rules" },
	{ CKPT_LABEL_PEER, "peer" },
	{ CKPT_LABEL_INPUT, "input" },
	{ CKPT_LABEL_CURRENT, "current" },
	{ CKPT_LABEL_EXEC, "exec" },
	{ CKPT_LABEL_FSCREATE, "fscreate" },
	{ CKPT_LABEL_KEYCREATE, "keycreate" },
	{ CKPT_LABEL_PREV, "prev" },
	{ CKPT_LABEL_SOCKCREATE, "sockcreate" },
	{ 0, NULL }
};

static const struct ckpt_field labels_fields[] = {
	FIELD(ckpt_hdr_labels, nr, F_QUIET),
	FIELD(ckpt_hdr_labels, reserved, F_ZERO),
	END_OF_FIELDS
};

static __u32 nr_labels(const struct record *rec)
{
	const struct ckpt_hdr_labels *l = (const void *)rec->pub.h;
	size_t len;

	ckpt_payload(rec, &len);
	return l->nr < len / 8 ? l->nr : len / 8;
}

static void check_labels(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_labels *l = (const void *)rec->pub.h;
	size_t len;
	__u32 i;

	ckpt_payload(rec, &len);
	if (!l->nr || l->nr > CKPT_LABELS_MAX || len != l->nr * 8ULL) {
		ckpt_bad(img, rec, "%u labels in %zu bytes", l->nr, len);
		return;
	}
	for (i = 0; i < l->nr; i++) {
		if (!ckpt_value_name(label_attrs, l->ref[i].attr))
			ckpt_bad(img, rec, "kind of label %u", l->ref[i].attr);
		if (!ckpt_ref_ok(img, l->ref[i].label, CLASS_LABEL))
			ckpt_bad(img, rec, "object %u is no label",
				 l->ref[i].label);
	}
}

/* By kind, each the label as its module names it. */
static void describe_labels(const struct ckpt_image *img,
			    const struct record *rec, struct json_object *out)
{
	const struct ckpt_hdr_labels *l = (const void *)rec->pub.h;
	const struct record *label;
	const char *name, *value;
	size_t len;
	__u32 i;

	for (i = 0; i < nr_labels(rec); i++) {
		name = ckpt_value_name(label_attrs, l->ref[i].attr);
		label = ckpt_obj(img, l->ref[i].label);
		if (!name || !label || label->pub.h->type != CKPT_HDR_LABEL)
			continue;
		value = ckpt_payload(label, &len);
		json_object_object_add(out, name, ckpt_json_string(value, len));
	}
}

const struct ckpt_kind ckpt_lsm_kinds[] = {
	{ KIND(LSM_POLICY, "lsm_policy", ckpt_hdr_lsm_policy), .var = true,
	  .many = true, .owner = CKPT_HDR_CONTAINER,
	  .fields = lsm_policy_fields, .check = check_lsm_policy,
	  .describe = describe_lsm_policy },
	{ KIND(LABEL, "label", ckpt_hdr_label), .var = true,
	  .class = CLASS_LABEL, .fields = label_fields, .check = check_label,
	  .describe = describe_label },
	{ KIND(LABELS, "labels", ckpt_hdr_labels), .var = true,
	  .owner = OWNER_ANY, .fields = labels_fields, .check = check_labels,
	  .describe = describe_labels },
	{ .name = NULL }
};
