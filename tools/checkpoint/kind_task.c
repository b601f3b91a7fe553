// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of a task that are no signal, memory, file or processor state
 */
#include <string.h>

#include "record.h"

static const struct ckpt_field task_fields[] = {
	FIELD(ckpt_hdr_task, index, F_UINT),
	FIELD(ckpt_hdr_task, reserved, F_ZERO),
	FIELD(ckpt_hdr_task, comm, F_STR),
	FIELD(ckpt_hdr_task, age, F_NS),
	FIELD(ckpt_hdr_task, age_boottime, F_NS),
	FIELD(ckpt_hdr_task, utime, F_NS),
	FIELD(ckpt_hdr_task, stime, F_NS),
	FIELD(ckpt_hdr_task, runtime, F_NS),
	FIELD(ckpt_hdr_task, min_flt, F_UINT),
	FIELD(ckpt_hdr_task, maj_flt, F_UINT),
	FIELD(ckpt_hdr_task, nvcsw, F_UINT),
	FIELD(ckpt_hdr_task, nivcsw, F_UINT),
	END_OF_FIELDS
};

static void check_task(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_task *t = (const void *)rec->pub.h;
	struct record *tree = ckpt_tree_rec(img, t->index);

	if (!tree)
		ckpt_bad(img, rec, "index %u is not in the tree", t->index);
	else if (tree->task)
		ckpt_bad(img, rec, "index %u is there twice", t->index);
	else
		tree->task = rec->pub.number;
}

static const struct ckpt_field task_objs_fields[] = {
	FIELD(ckpt_hdr_task_objs, cred, F_REF, .class = CLASS_CRED),
	FIELD(ckpt_hdr_task_objs, mm, F_REF0, .class = CLASS_MM),
	FIELD(ckpt_hdr_task_objs, files, F_REF0, .class = CLASS_FILES),
	FIELD(ckpt_hdr_task_objs, fs, F_REF0, .class = CLASS_FS),
	FIELD(ckpt_hdr_task_objs, sighand, F_REF0, .class = CLASS_SIGHAND),
	FIELD(ckpt_hdr_task_objs, reserved, F_ZERO),
	END_OF_FIELDS
};

/* The dead have no files; memory and handlers they may still have. */
static void check_task_objs(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_task_objs *o = (const void *)rec->pub.h;
	const struct record *owner = ckpt_owner(img, rec), *tree;
	const struct ckpt_hdr_task *task;
	bool dead;

	if (!owner || owner->pub.h->type != CKPT_HDR_TASK)
		return;
	task = (const void *)owner->pub.h;
	tree = ckpt_tree_rec(img, task->index);
	if (!tree)
		return;
	dead = ((const struct ckpt_hdr_tree_task *)tree->pub.h)->state ==
	       CKPT_TASK_DEAD;
	if (dead && (o->files || o->fs))
		ckpt_bad(img, rec, "a dead task has files");
	if (!dead && (!o->mm || !o->files || !o->fs))
		ckpt_bad(img, rec, "a live task lacks memory or files");
	if (!o->mm != !o->sighand)
		ckpt_bad(img, rec, "memory without handlers, or the reverse");
}

static const struct ckpt_name restart_kinds[] = {
	{ CKPT_RESTART_NANOSLEEP, "nanosleep" },
	{ CKPT_RESTART_POLL, "poll" },
	{ CKPT_RESTART_FUTEX, "futex" },
	{ CKPT_RESTART_AGAIN, "again" },
	{ 0, NULL }
};

static const struct ckpt_name restart_flags[] = {
	{ CKPT_RESTART_COMPAT, "compat" },
	{ CKPT_RESTART_TIMEOUT, "timeout" },
	{ CKPT_RESTART_TIME32, "time32" },
	{ 0, NULL }
};

static const struct ckpt_field restart_block_fields[] = {
	FIELD(ckpt_hdr_restart_block, kind, F_ENUM, .names = restart_kinds),
	FIELD(ckpt_hdr_restart_block, flags, F_FLAGS, .names = restart_flags),
	FIELD(ckpt_hdr_restart_block, clock, F_INT),
	FIELD(ckpt_hdr_restart_block, op, F_HEX),
	FIELD(ckpt_hdr_restart_block, addr, F_HEX),
	FIELD(ckpt_hdr_restart_block, val, F_UINT),
	FIELD(ckpt_hdr_restart_block, bitset, F_HEX),
	FIELD(ckpt_hdr_restart_block, time, F_NS),
	END_OF_FIELDS
};

static const struct ckpt_field cgroup_fields[] = {
	FIELD(ckpt_hdr_cgroup, path_len, F_QUIET),
	FIELD(ckpt_hdr_cgroup, reserved, F_ZERO),
	END_OF_FIELDS
};

static void check_cgroup(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_cgroup *cg = (const void *)rec->pub.h;
	const char *path;
	size_t len;

	path = ckpt_payload(rec, &len);
	if (cg->path_len < 2 || cg->path_len > len || *path != '/' ||
	    strnlen(path, cg->path_len) != cg->path_len - 1)
		ckpt_bad(img, rec, "path is malformed");
	else
		ckpt_check_zero(img, rec, "padding", path + cg->path_len,
				len - cg->path_len);
}

static void describe_cgroup(const struct ckpt_image *img,
			    const struct record *rec, struct json_object *out)
{
	size_t len;
	const char *path = ckpt_payload(rec, &len);

	(void)img;
	json_object_object_add(out, "path",
			       ckpt_json_string(path, strnlen(path, len)));
}

static const struct ckpt_field futex_fields[] = {
	FIELD(ckpt_hdr_futex, robust_list, F_HEX),
	FIELD(ckpt_hdr_futex, compat_robust_list, F_HEX),
	FIELD(ckpt_hdr_futex, clear_child_tid, F_HEX),
	END_OF_FIELDS
};

static const struct ckpt_field rseq_fields[] = {
	FIELD(ckpt_hdr_rseq, addr, F_HEX),
	FIELD(ckpt_hdr_rseq, len, F_UINT),
	FIELD(ckpt_hdr_rseq, sig, F_HEX),
	END_OF_FIELDS
};

static const struct ckpt_field audit_fields[] = {
	FIELD(ckpt_hdr_audit, loginuid, F_UINT),
	FIELD(ckpt_hdr_audit, sessionid, F_UINT),
	END_OF_FIELDS
};

static void check_rseq(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_rseq *r = (const void *)rec->pub.h;

	if (!r->addr || r->len < 32)
		ckpt_bad(img, rec, "%u bytes at %#llx", r->len, r->addr);
}

const struct ckpt_kind ckpt_task_kinds[] = {
	{ KIND(TASK, "task", ckpt_hdr_task), .fields = task_fields,
	  .check = check_task },
	{ KIND(TASK_OBJS, "task_objs", ckpt_hdr_task_objs),
	  .owner = CKPT_HDR_TASK, .fields = task_objs_fields,
	  .check = check_task_objs },
	{ KIND(RESTART_BLOCK, "restart_block", ckpt_hdr_restart_block),
	  .owner = CKPT_HDR_TASK, .fields = restart_block_fields },
	{ KIND(FUTEX, "futex", ckpt_hdr_futex), .owner = CKPT_HDR_TASK,
	  .fields = futex_fields },
	{ KIND(CGROUP, "cgroup", ckpt_hdr_cgroup), .owner = CKPT_HDR_TASK,
	  .var = true, .fields = cgroup_fields, .check = check_cgroup,
	  .describe = describe_cgroup },
	{ KIND(AUDIT, "audit", ckpt_hdr_audit), .owner = CKPT_HDR_TASK,
	  .fields = audit_fields },
	{ KIND(RSEQ, "rseq", ckpt_hdr_rseq), .owner = CKPT_HDR_TASK,
	  .fields = rseq_fields, .check = check_rseq },
	{ .name = NULL }
};
