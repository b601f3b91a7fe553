// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains of tasks, in images of checkpoints. Whether a restart may put a task
 * into its domain is decided as if the task itself had written the domain's
 * name to self_domain.
 */

#include <linux/capability.h>
#include <linux/lsm_checkpoint.h>
#include <linux/lsm_hooks.h>
#include "checkpoint.h"
#include "common.h"

static bool is_domain(const struct lsm_ckpt_obj *obj)
{
	return obj->type == LSM_CKPT_TASK && obj->attr == CKPT_LABEL_CURRENT;
}

static int tomoyo_checkpoint_label(const struct lsm_ckpt_obj *obj, char **value)
{
	const struct tomoyo_domain_info *domain;
	int idx;

	if (!is_domain(obj))
		return 0;
	idx = tomoyo_read_lock();
	domain = tomoyo_task(obj->task)->domain_info;
	*value = kstrdup(domain->domainname->name, GFP_KERNEL);
	tomoyo_read_unlock(idx);
	return *value ? 0 : -ENOMEM;
}

/* Check "task manual_domain_transition" permission. */
static bool may_enter(const char *domainname)
{
	struct tomoyo_path_info name = { .name = domainname };
	struct tomoyo_request_info r;

	/* Before there is a policy no domain means anything. */
	if (!tomoyo_policy_loaded)
		return capable(CAP_MAC_ADMIN);
	tomoyo_fill_path_info(&name);
	tomoyo_init_request_info(&r, NULL, TOMOYO_MAC_FILE_EXECUTE);
	r.param_type = TOMOYO_TYPE_MANUAL_TASK_ACL;
	r.param.task.domainname = &name;
	tomoyo_check_acl(&r, tomoyo_check_task_acl);
	return r.granted;
}

/* Caller holds tomoyo_read_lock(). */
static int enter_domain(const char *domainname)
{
	struct tomoyo_task *s = tomoyo_task(current);
	struct tomoyo_domain_info *old = s->domain_info, *new;

	if (!strcmp(old->domainname->name, domainname))
		return 0;
	if (!may_enter(domainname))
		return -EPERM;
	new = tomoyo_assign_domain(domainname, true);
	if (!new)
		return -EINVAL;
	s->domain_info = new;
	atomic_inc(&new->users);
	atomic_dec(&old->users);
	return 0;
}

static int tomoyo_restore_label(const struct lsm_ckpt_obj *obj, const char *value)
{
	int idx, ret;

	if (!is_domain(obj) || !value)
		return 0;
	if (!tomoyo_correct_domain(value))
		return -EINVAL;
	idx = tomoyo_read_lock();
	ret = enter_domain(value);
	tomoyo_read_unlock(idx);
	return ret;
}

static struct security_hook_list tomoyo_checkpoint_hooks[] __ro_after_init = {
	LSM_HOOK_INIT(checkpoint_label, tomoyo_checkpoint_label),
	LSM_HOOK_INIT(restore_label, tomoyo_restore_label),
};

void __init tomoyo_add_checkpoint_hooks(const struct lsm_id *lsmid)
{
	security_add_hooks(tomoyo_checkpoint_hooks,
			   ARRAY_SIZE(tomoyo_checkpoint_hooks), lsmid);
}
