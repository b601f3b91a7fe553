// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - how the security modules are asked
 *
 * See linux/lsm_checkpoint.h for what is asked.
 */
#include <linux/errno.h>
#include <linux/lsm_checkpoint.h>
#include <linux/lsm_hooks.h>
#include <linux/slab.h>

/* The @i-th callback for a hook, or NULL; none of them comes or goes. */
#define CALLBACK(hook_name, i)	(static_calls_table.hook_name[i].hl)

/**
 * security_has_labels - whether a module labels objects
 * @lsm_id: LSM_ID_* of the module
 *
 * Return: true if it is active and does.
 */
bool security_has_labels(u64 lsm_id)
{
	const struct security_hook_list *hl;
	int i;

	/* BPF programs can be attached to any hook, but have no labels. */
	if (lsm_id == LSM_ID_BPF)
		return false;
	for (i = 0; i < MAX_LSM_COUNT; i++) {
		hl = CALLBACK(checkpoint_label, i);
		if (hl && hl->lsmid->id == lsm_id)
			return true;
	}
	return false;
}

/**
 * security_can_checkpoint - whether a module knows about checkpoints
 * @lsm_id: LSM_ID_* of the module
 *
 * Return: true if it says what it keeps with objects.
 */
bool security_can_checkpoint(u64 lsm_id)
{
	const struct security_hook_list *hl;
	int i;

	for (i = 0; i < MAX_LSM_COUNT; i++) {
		hl = CALLBACK(checkpoint_state, i);
		if (hl && hl->lsmid->id == lsm_id)
			return true;
	}
	return security_has_labels(lsm_id);
}

/**
 * security_checkpoint_policy - ask a module what identifies its policy
 * @lsm_id: LSM_ID_* of the module
 * @cred: for the parts that confine who has them, or NULL
 * @name: for the part of that name, or NULL
 * @sink: who wants to know
 *
 * Return: 0 or an errno.
 */
int security_checkpoint_policy(u64 lsm_id, const struct cred *cred,
			       const char *name, struct lsm_ckpt_sink *sink)
{
	const struct security_hook_list *hl;
	int i;

	for (i = 0; i < MAX_LSM_COUNT; i++) {
		hl = CALLBACK(checkpoint_policy, i);
		if (!hl || hl->lsmid->id != lsm_id)
			continue;
		sink->lsm = hl->lsmid;
		return hl->hook.checkpoint_policy(cred, name, sink);
	}
	return 0;
}

/**
 * security_checkpoint_state - what modules know of an object beside labels
 * @obj: the object
 * @lsm: where to put the module
 *
 * Return: a name of what would be lost, or NULL.
 */
const char *security_checkpoint_state(const struct lsm_ckpt_obj *obj,
				      const struct lsm_id **lsm)
{
	const struct security_hook_list *hl;
	const char *what = NULL;
	int i;

	for (i = 0; i < MAX_LSM_COUNT; i++) {
		hl = CALLBACK(checkpoint_state, i);
		if (!hl)
			continue;
		hl->hook.checkpoint_state(obj, &what);
		*lsm = hl->lsmid;
		if (what)
			return what;
	}
	return NULL;
}

/**
 * security_checkpoint_label - get a label of an object from all modules
 * @obj: the object, and which of its labels
 * @fn: called for each
 * @data: for @fn
 *
 * Return: 0, or the first errno of a module or of @fn.
 */
int security_checkpoint_label(const struct lsm_ckpt_obj *obj,
			      lsm_ckpt_label_fn fn, void *data)
{
	const struct security_hook_list *hl;
	char *value;
	int i, ret = 0;

	for (i = 0; i < MAX_LSM_COUNT && !ret; i++) {
		hl = CALLBACK(checkpoint_label, i);
		if (!hl)
			continue;
		value = NULL;
		ret = hl->hook.checkpoint_label(obj, &value);
		if (!ret && value)
			ret = fn(data, hl->lsmid, value);
		kfree(value);
	}
	return ret;
}

/**
 * security_restore_label - give an object a label
 * @lsm_id: LSM_ID_* of the module
 * @obj: the object, and which of its labels
 * @value: the label, or NULL for what the object has without any
 *
 * Return: 0, or an errno; see linux/lsm_checkpoint.h.
 */
int security_restore_label(u64 lsm_id, const struct lsm_ckpt_obj *obj,
			   const char *value)
{
	const struct security_hook_list *hl;
	int i;

	for (i = 0; i < MAX_LSM_COUNT; i++) {
		hl = CALLBACK(restore_label, i);
		if (hl && hl->lsmid->id == lsm_id)
			return hl->hook.restore_label(obj, value);
	}
	return -EOPNOTSUPP;
}
