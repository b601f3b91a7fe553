// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the tables of everything that can be in an image
 */
#include <linux/array_size.h>
#include <linux/checkpoint_arch.h>
#include <linux/export.h>
#include "internal.h"

static const struct ckpt_kind generic_kinds[] = {
	[CKPT_HDR_HEADER] = {
		.name		= "HEADER",
		.min_len	= sizeof(struct ckpt_hdr_header),
		.validate	= ckpt_header_validate,
	},
	[CKPT_HDR_CONTAINER] = {
		.name		= "CONTAINER",
		.min_len	= sizeof(struct ckpt_hdr_container),
		.validate	= ckpt_container_validate,
	},
	[CKPT_HDR_LSM] = {
		.name		= "LSM",
		.min_len	= sizeof(struct ckpt_hdr_lsm),
		.owner		= CKPT_HDR_CONTAINER,
		.validate	= ckpt_lsm_validate,
	},
	[CKPT_HDR_TREE] = {
		.name		= "TREE",
		.min_len	= sizeof(struct ckpt_hdr_tree),
		.validate	= ckpt_tree_validate,
	},
	[CKPT_HDR_TREE_TASK] = {
		.name		= "TREE_TASK",
		.min_len	= sizeof(struct ckpt_hdr_tree_task),
		.owner		= CKPT_HDR_TREE,
		.validate	= ckpt_tree_task_validate,
	},
	[CKPT_HDR_META_END] = {
		.name		= "META_END",
		.min_len	= sizeof(struct ckpt_hdr_meta_end),
		.validate	= ckpt_meta_end_validate,
	},
	[CKPT_HDR_PID] = {
		.name		= "PID",
		.min_len	= sizeof(struct ckpt_hdr_pid),
		.max_len	= sizeof(struct ckpt_hdr_pid) +
				  CKPT_PID_LEVELS_MAX * sizeof(__s32),
		.class		= CKPT_CLASS_PID,
		.validate	= ckpt_pid_validate,
		.checkpoint	= checkpoint_pid,
		.get		= ckpt_pid_get,
		.put		= ckpt_pid_put,
	},
	[CKPT_HDR_TASK] = {
		.name		= "TASK",
		.min_len	= sizeof(struct ckpt_hdr_task),
		.validate	= ckpt_task_validate,
	},
	[CKPT_HDR_TASK_OBJS] = {
		.name		= "TASK_OBJS",
		.min_len	= sizeof(struct ckpt_hdr_task_objs),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_task_objs_validate,
	},
};

/* What tasks have for themselves, in the order of the image. */
const struct ckpt_task_kind * const ckpt_task_kinds[] = {
	NULL
};

/**
 * ckpt_kind - all there is to know about a type of record
 * @type: the type
 *
 * Return: its row of the tables, or NULL if there is none.
 */
const struct ckpt_kind *ckpt_kind(u32 type)
{
	const struct ckpt_kind *k;

	if (type >= CKPT_HDR_ARCH)
		return ckpt_arch_kind(type);
	if (type >= ARRAY_SIZE(generic_kinds))
		return NULL;
	k = &generic_kinds[type];
	return k->name ? k : NULL;
}
