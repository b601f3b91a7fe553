/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - good records, and which suite has cases for a type
 *
 * Each kind that has a check must have a record it accepts and one it does
 * not; see every_kind_has_cases() in records_kunit.c.
 */
#ifndef _CHECKPOINT_TESTS_COVERS_H
#define _CHECKPOINT_TESTS_COVERS_H

#include <linux/types.h>

u32 ckpt_kunit_good_record(u32 nr, void *rec, size_t room);
bool ckpt_kunit_lsm_covers(u32 type);
bool ckpt_kunit_ns_covers(u32 type);
bool ckpt_kunit_signal_covers(u32 type);
bool ckpt_kunit_event_covers(u32 type);
bool ckpt_kunit_restart_block_covers(u32 type);
bool ckpt_kunit_socket_covers(u32 type);
bool ckpt_kunit_x86_covers(u32 type);

#endif /* _CHECKPOINT_TESTS_COVERS_H */
