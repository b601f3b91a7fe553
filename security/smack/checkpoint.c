// SPDX-License-Identifier: GPL-2.0-only
/*
 * Smack - labels in images of checkpoints
 *
 * Saved: the label of credentials, the labels their owner may change to
 *	(relabel-self) and their rules of their own (load-self2); the labels of
 *	open files, of inodes, of sockets (both directions, and the peer), of
 *	System V IPC objects and messages, and of keys.
 *
 * A restart may give a task a label if its caller could take that label, by
 * CAP_MAC_ADMIN or relabel-self; and to an object if it could take that label
 * and create the object then. What identifies the policy is the digest of its
 * rules as load2 shows them, sorted.
 */
#include <crypto/sha2.h>
#include <linux/lsm_checkpoint.h>
#include <linux/lsm_hooks.h>
#include <linux/sort.h>
#include <linux/xattr.h>
#include <net/netlabel.h>
#include <net/sock.h>
#include "checkpoint.h"
#include "smack.h"

/* ---- policy ---- */

static const struct {
	int access;
	char letter;
} access_letters[] = {
	{ MAY_READ, 'r' }, { MAY_WRITE, 'w' }, { MAY_EXEC, 'x' },
	{ MAY_APPEND, 'a' }, { MAY_TRANSMUTE, 't' }, { MAY_LOCK, 'l' },
	{ MAY_BRINGUP, 'b' },
};

static void print_access(int access, char *s)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(access_letters); i++)
		if (access & access_letters[i].access)
			*s++ = access_letters[i].letter;
	*s = '\0';
}

static char *print_rule(const struct smack_rule *rule, gfp_t gfp)
{
	char access[SMK_NUM_ACCESS_TYPE + 1];

	print_access(rule->smk_access, access);
	return kasprintf(gfp, "%s %s %s\n", rule->smk_subject->smk_known,
			 rule->smk_object->smk_known, access);
}

/*
 * Labels and rules are never freed, so pointers to them stay valid. Return: the
 * number of rules there are, of which up to @max have been stored.
 */
static size_t collect_rules(const struct smack_rule **rules, size_t max)
{
	struct smack_known *skp;
	struct smack_rule *rule;
	size_t nr = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(skp, &smack_known_list, list) {
		list_for_each_entry_rcu(rule, &skp->smk_rules, list) {
			if (!rule->smk_access)
				continue;
			if (nr < max)
				rules[nr] = rule;
			nr++;
		}
	}
	rcu_read_unlock();
	return nr;
}

/* All rules are about different pairs of labels. */
static int cmp_rules(const void *a, const void *b)
{
	const struct smack_rule *x = *(const struct smack_rule **)a;
	const struct smack_rule *y = *(const struct smack_rule **)b;

	return strcmp(x->smk_subject->smk_known, y->smk_subject->smk_known) ?:
	       strcmp(x->smk_object->smk_known, y->smk_object->smk_known);
}

static int hash_rules(const struct smack_rule **rules, size_t nr, u8 *digest)
{
	struct sha256_state sha;
	size_t i;

	sha256_init(&sha);
	for (i = 0; i < nr; i++) {
		char *line = print_rule(rules[i], GFP_KERNEL);

		if (!line)
			return -ENOMEM;
		sha256_update(&sha, line, strlen(line));
		kfree(line);
	}
	sha256_final(&sha, digest);
	return 0;
}

static int digest_rules(u8 *digest)
{
	const struct smack_rule **rules;
	size_t nr, max = collect_rules(NULL, 0) + 16;
	int ret;

	rules = kvmalloc_array(max, sizeof(*rules), GFP_KERNEL);
	if (!rules)
		return -ENOMEM;
	/* What came in meanwhile and does not fit is as good as later. */
	nr = min(collect_rules(rules, max), max);
	sort(rules, nr, sizeof(*rules), cmp_rules, NULL);
	ret = hash_rules(rules, nr, digest);
	kvfree(rules);
	return ret;
}

static int smack_checkpoint_policy(const struct cred *cred, const char *name,
				   struct lsm_ckpt_sink *sink)
{
	u8 digest[SHA256_DIGEST_SIZE];
	const struct lsm_ckpt_policy p = {
		.mode	= CKPT_POLICY_ENFORCING,
		.len	= sizeof(digest),
		.digest	= digest,
	};

	if (cred || name)
		return 0;
	return digest_rules(digest) ?: lsm_ckpt_emit(sink, &p);
}

/* ---- checkpoint ---- */

/* Append @s and a separator to the string at @to. */
static int append(char **to, const char *s, const char *sep)
{
	char *new = kasprintf(GFP_KERNEL, "%s%s%s", *to ?: "", s, sep);

	if (!new)
		return -ENOMEM;
	kfree(*to);
	*to = new;
	return 0;
}

static int print_relabel(const struct task_smack *tsp, char **value)
{
	const struct smack_known_list_elem *elem;
	int ret = 0;

	list_for_each_entry(elem, &tsp->smk_relabel, list) {
		ret = append(value, elem->smk_label->smk_known, " ");
		if (ret)
			break;
	}
	return ret;
}

static int print_own_rules(struct task_smack *tsp, char **value)
{
	const struct smack_rule *rule;
	int ret = 0;

	mutex_lock(&tsp->smk_rules_lock);
	list_for_each_entry(rule, &tsp->smk_rules, list) {
		char *line = print_rule(rule, GFP_KERNEL);

		ret = line ? append(value, line, "") : -ENOMEM;
		kfree(line);
		if (ret)
			break;
	}
	mutex_unlock(&tsp->smk_rules_lock);
	return ret;
}

static int print_cred(const struct lsm_ckpt_obj *obj, char **value,
		      const struct smack_known **label)
{
	struct task_smack *tsp = smack_cred(obj->cred);

	switch (obj->attr) {
	case CKPT_LABEL_CURRENT:
		*label = tsp->smk_task;
		return 0;
	case CKPT_LABEL_RELABEL:
		return print_relabel(tsp, value);
	case CKPT_LABEL_RULES:
		return print_own_rules(tsp, value);
	default:
		return 0;
	}
}

/* Where the label @attr of a socket is, or NULL. */
static struct smack_known **sock_label(const struct sock *sk, u32 attr)
{
	struct socket_smack *ssp = smack_sock(sk);

	switch (attr) {
	case CKPT_LABEL_CURRENT:
		return &ssp->smk_out;
	case CKPT_LABEL_INPUT:
		return &ssp->smk_in;
	case CKPT_LABEL_PEER:
		return &ssp->smk_packet;
	default:
		return NULL;
	}
}

static int smack_checkpoint_label(const struct lsm_ckpt_obj *obj, char **value)
{
	gfp_t gfp = obj->type == LSM_CKPT_MSG ? GFP_ATOMIC : GFP_KERNEL;
	const struct smack_known *label = NULL;
	int ret = 0;

	switch (obj->type) {
	case LSM_CKPT_CRED:
		ret = print_cred(obj, value, &label);
		break;
	case LSM_CKPT_FILE:
		label = *smack_file(obj->file);
		break;
	case LSM_CKPT_INODE:
		label = smk_of_inode(obj->inode);
		break;
	case LSM_CKPT_IPC:
		label = *smack_ipc(obj->ipc);
		break;
	case LSM_CKPT_MSG:
		label = *smack_msg_msg(obj->msg);
		break;
	case LSM_CKPT_SOCK:
		label = *sock_label(obj->sock, obj->attr);
		break;
	case LSM_CKPT_KEY:
		label = *smack_ckpt_key_label(obj->key);
		break;
	default:
		break;
	}
	if (label) {
		*value = kstrdup(label->smk_known, gfp);
		ret = *value ? 0 : -ENOMEM;
	}
	return ret;
}

/* ---- restart ---- */

static bool in_relabel_list(const struct smack_known *label)
{
	const struct task_smack *tsp = smack_cred(current_cred());
	const struct smack_known_list_elem *elem;

	list_for_each_entry(elem, &tsp->smk_relabel, list)
		if (elem->smk_label == label)
			return true;
	return false;
}

/* Who may take a label may create objects with it. */
static int may_create(const struct smack_known *label)
{
	if (label == smk_of_current() || smack_privileged(CAP_MAC_ADMIN) ||
	    in_relabel_list(label))
		return 0;
	return -EPERM;
}

/* As writing it to attr/current would: see do_setattr(). */
static int may_become(const struct smack_known *label)
{
	if (label == &smack_known_web || label == &smack_known_star)
		return -EPERM;
	return may_create(label);
}

static struct smack_known *import(const char *s, size_t len)
{
	if (len >= SMK_LONGLABEL || smk_parse_label_len(s, len) != len)
		return ERR_PTR(-EINVAL);
	return smk_import_valid_label(s, len, GFP_KERNEL);
}

static int restore_current(struct cred *cred, struct smack_known *label)
{
	struct task_smack *tsp = smack_cred(cred);
	int ret = may_become(label);

	if (ret)
		return ret;
	tsp->smk_task = label;
	return 0;
}

static int add_relabel(struct list_head *list, const char *s, size_t len)
{
	struct smack_known_list_elem *elem;
	struct smack_known *label = import(s, len);

	if (IS_ERR(label))
		return PTR_ERR(label);
	elem = kzalloc(sizeof(*elem), GFP_KERNEL);
	if (!elem)
		return -ENOMEM;
	elem->smk_label = label;
	list_add_tail(&elem->list, list);
	return 0;
}

/* Writing to relabel-self takes CAP_MAC_ADMIN; to change to none does not. */
static int restore_relabel(struct cred *cred, const char *value)
{
	struct list_head *list = &smack_cred(cred)->smk_relabel;
	int ret = 0;

	smk_destroy_label_list(list);
	if (!value)
		return 0;
	if (!smack_privileged(CAP_MAC_ADMIN))
		return -EPERM;
	while (*value && !ret) {
		size_t len = strcspn(value, " ");

		ret = add_relabel(list, value, len);
		value += len;
		value += strspn(value, " ");
	}
	return ret;
}

static int parse_access(const char *s, size_t len)
{
	int access = 0;
	size_t i, k;

	for (k = 0; k < len; k++) {
		for (i = 0; i < ARRAY_SIZE(access_letters); i++)
			if (s[k] == access_letters[i].letter)
				break;
		if (i == ARRAY_SIZE(access_letters))
			return -EINVAL;
		access |= access_letters[i].access;
	}
	return access;
}

#define SEPARATORS	"\n "

static int add_rule(struct task_smack *tsp, const char *line)
{
	size_t subject = strcspn(line, SEPARATORS);
	const char *o = line + subject + (line[subject] == ' ');
	size_t object = strcspn(o, SEPARATORS);
	const char *a = o + object + (o[object] == ' ');
	struct smack_known *skps, *skpo;
	struct smack_rule *rule;
	int access;

	if (line[subject] != ' ' || o[object] != ' ')
		return -EINVAL;
	access = parse_access(a, strcspn(a, "\n"));
	skps = import(line, subject);
	skpo = import(o, object);
	if (access < 0 || IS_ERR(skps) || IS_ERR(skpo))
		return -EINVAL;
	rule = kmem_cache_zalloc(smack_rule_cache, GFP_KERNEL);
	if (!rule)
		return -ENOMEM;
	rule->smk_subject = skps;
	rule->smk_object = skpo;
	rule->smk_access = access;
	list_add_tail_rcu(&rule->list, &tsp->smk_rules);
	return 0;
}

static void drop_own_rules(struct task_smack *tsp)
{
	struct smack_rule *rule, *next;

	list_for_each_entry_safe(rule, next, &tsp->smk_rules, list) {
		list_del(&rule->list);
		kmem_cache_free(smack_rule_cache, rule);
	}
}

/* Anybody may write to load-self2: these rules only ever forbid. */
static int restore_own_rules(struct cred *cred, const char *value)
{
	struct task_smack *tsp = smack_cred(cred);
	int ret = 0;

	drop_own_rules(tsp);
	while (value && *value && !ret) {
		ret = add_rule(tsp, value);
		value += strcspn(value, "\n");
		value += *value == '\n';
	}
	return ret;
}

static int restore_cred_label(const struct lsm_ckpt_obj *obj, const char *value)
{
	struct smack_known *label;

	switch (obj->attr) {
	case CKPT_LABEL_CURRENT:
		label = value ? import(value, strlen(value)) : smk_of_current();
		return IS_ERR(label) ? PTR_ERR(label) :
				       restore_current(obj->cred, label);
	case CKPT_LABEL_RELABEL:
		return restore_relabel(obj->cred, value);
	case CKPT_LABEL_RULES:
		return restore_own_rules(obj->cred, value);
	default:
		return value ? -EOPNOTSUPP : 0;
	}
}

static int restore_inode_label(const struct lsm_ckpt_obj *obj,
			       struct smack_known *label)
{
	const char *value = label->smk_known;
	int ret = 0;

	if (obj->dentry)
		ret = __vfs_setxattr(&nop_mnt_idmap, obj->dentry, obj->inode,
				     XATTR_NAME_SMACK, value, strlen(value), 0);
	if (ret && ret != -EOPNOTSUPP)
		return ret;
	smack_inode(obj->inode)->smk_inode = label;
	return 0;
}

/* The option that IPv4 packets get comes from the label, too. */
static int restore_sock_label(struct sock *sk, u32 attr,
			      struct smack_known *label)
{
	*sock_label(sk, attr) = label;
	if (attr != CKPT_LABEL_CURRENT || sk->sk_family != PF_INET)
		return 0;
	local_bh_disable();
	bh_lock_sock_nested(sk);
	netlbl_sock_delattr(sk);
	bh_unlock_sock(sk);
	local_bh_enable();
	return smack_netlbl_add(sk);
}

static int restore_object_label(const struct lsm_ckpt_obj *obj,
				struct smack_known *label)
{
	int ret = may_create(label);

	if (ret)
		return ret;
	switch (obj->type) {
	case LSM_CKPT_FILE:
		*smack_file(obj->file) = label;
		return 0;
	case LSM_CKPT_INODE:
		return restore_inode_label(obj, label);
	case LSM_CKPT_IPC:
		*smack_ipc(obj->ipc) = label;
		return 0;
	case LSM_CKPT_MSG:
		*smack_msg_msg(obj->msg) = label;
		return 0;
	case LSM_CKPT_SOCK:
		return restore_sock_label(obj->sock, obj->attr, label);
	case LSM_CKPT_KEY:
		*smack_ckpt_key_label(obj->key) = label;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int smack_restore_label(const struct lsm_ckpt_obj *obj, const char *value)
{
	struct smack_known *label;

	if (obj->type == LSM_CKPT_CRED)
		return restore_cred_label(obj, value);
	if (!value)
		return 0;
	label = import(value, strlen(value));
	if (IS_ERR(label))
		return PTR_ERR(label);
	return restore_object_label(obj, label);
}

static struct security_hook_list smack_checkpoint_hooks[] __ro_after_init = {
	LSM_HOOK_INIT(checkpoint_policy, smack_checkpoint_policy),
	LSM_HOOK_INIT(checkpoint_label, smack_checkpoint_label),
	LSM_HOOK_INIT(restore_label, smack_restore_label),
};

void __init smack_add_checkpoint_hooks(const struct lsm_id *lsmid)
{
	security_add_hooks(smack_checkpoint_hooks,
			   ARRAY_SIZE(smack_checkpoint_hooks), lsmid);
}
