// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the image format, frozen
 *
 * Nothing but static assertions: a field that moves breaks old images.
 */
#include <linux/build_bug.h>
#include <linux/checkpoint_hdr.h>
#include <linux/stddef.h>

#define CKPT_CHECK_SIZE(name, size) \
	static_assert(sizeof(struct ckpt_hdr_##name) == (size))
#define CKPT_CHECK_OFFSET(name, field, off) \
	static_assert(offsetof(struct ckpt_hdr_##name, field) == (off))

static_assert(sizeof(struct ckpt_hdr) == 16);

CKPT_CHECK_SIZE(header, 128);
CKPT_CHECK_OFFSET(header, magic, 16);
CKPT_CHECK_OFFSET(header, meta_len, 56);
CKPT_CHECK_OFFSET(header, uuid, 80);
CKPT_CHECK_OFFSET(header, realtime, 96);
CKPT_CHECK_SIZE(container, 32);
CKPT_CHECK_SIZE(lsm, 56);
CKPT_CHECK_OFFSET(lsm, name, 24);
CKPT_CHECK_SIZE(pid, 24);
CKPT_CHECK_OFFSET(pid, nr, 24);
CKPT_CHECK_SIZE(tree, 24);
CKPT_CHECK_SIZE(tree_task, 48);
CKPT_CHECK_OFFSET(tree_task, exit_code, 44);
CKPT_CHECK_SIZE(meta_end, 24);
CKPT_CHECK_SIZE(pages, 48);
CKPT_CHECK_OFFSET(pages, ref, 40);
CKPT_CHECK_SIZE(trailer, 64);
CKPT_CHECK_OFFSET(trailer, uuid, 40);
CKPT_CHECK_SIZE(task, 112);
CKPT_CHECK_OFFSET(task, comm, 24);
CKPT_CHECK_OFFSET(task, nivcsw, 104);
CKPT_CHECK_SIZE(task_objs, 40);
