// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kinds of records, found by type
 */
#include "record.h"

static const struct ckpt_kind *by_type[TYPES_MAX];

static void add(const struct ckpt_kind *kinds)
{
	for (; kinds->name; kinds++)
		if (kinds->type < TYPES_MAX)
			by_type[kinds->type] = kinds;
}

static void __attribute__((constructor)) fill_table(void)
{
	add(ckpt_image_kinds);
	add(ckpt_ns_kinds);
	add(ckpt_container_kinds);
	add(ckpt_task_kinds);
	add(ckpt_signal_kinds);
	add(ckpt_mm_kinds);
	add(ckpt_file_kinds);
	add(ckpt_lsm_kinds);
	add(ckpt_socket_kinds);
	add(ckpt_x86_kinds);
}

const struct ckpt_kind *ckpt_kind(__u32 type)
{
	return type < TYPES_MAX ? by_type[type] : NULL;
}
