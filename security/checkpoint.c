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

/* The callbacks of all modules for a hook; none of them comes or goes. */
#define for_each_callback(hl, i, hook_name)				\
	for ((i) = 0; (i) < MAX_LSM_COUNT; (i)++)			\
		if (((hl) = static_calls_table.hook_name[i].hl))

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
	for_each_callback(hl, i, checkpoint_label)
		if (hl->lsmid->id == lsm_id)
			return true;
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

	for_each_callback(hl, i, checkpoint_state)
		if (hl->lsmid->id == lsm_id)
			return true;
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

	for_each_callback(hl, i, checkpoint_policy) {
		if (hl->lsmid->id != lsm_id)
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

	for_each_callback(hl, i, checkpoint_state) {
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
	int i, ret = 0;

	for_each_callback(hl, i, checkpoint_label) {
		char *value = NULL;

		ret = hl->hook.checkpoint_label(obj, &value);
		if (!ret && value)
			ret = fn(data, hl->lsmid, value);
		kfree(value);
		if (ret)
			break;
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

	for_each_callback(hl, i, restore_label)
		if (hl->lsmid->id == lsm_id)
			return hl->hook.restore_label(obj, value);
	return -EOPNOTSUPP;
}
