// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of the image as a whole, process ids and the tree
 */
#include <string.h>

#include "record.h"

static const struct ckpt_name arch_names[] = {
	{ CKPT_ARCH_X86_64, "x86_64" },
	{ 0, NULL }
};

static const struct ckpt_name header_flags[] = {
	{ CHECKPOINT_SUBTREE, "subtree" },
	{ 0, NULL }
};

static const struct ckpt_field header_fields[] = {
	FIELD(ckpt_hdr_header, version, F_UINT),
	FIELD(ckpt_hdr_header, arch, F_ENUM, .names = arch_names),
	FIELD(ckpt_hdr_header, incompat, F_HEX),
	FIELD(ckpt_hdr_header, compat, F_HEX),
	FIELD(ckpt_hdr_header, page_shift, F_UINT),
	FIELD(ckpt_hdr_header, flags, F_FLAGS, .names = header_flags),
	FIELD(ckpt_hdr_header, meta_len, F_UINT),
	FIELD(ckpt_hdr_header, nr_records, F_UINT),
	FIELD(ckpt_hdr_header, nr_objects, F_UINT),
	FIELD(ckpt_hdr_header, nr_tasks, F_UINT),
	FIELD(ckpt_hdr_header, uuid, F_BYTES),
	FIELD(ckpt_hdr_header, realtime, F_DATE),
	FIELD(ckpt_hdr_header, monotonic, F_NS),
	FIELD(ckpt_hdr_header, boottime, F_NS),
	END_OF_FIELDS
};

static void check_header(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_header *hd = (const void *)rec->pub.h;

	if (rec->pub.number)
		ckpt_bad(img, rec, "the image has another header already");
	if (hd->monotonic < 0 || hd->boottime < 0)
		ckpt_bad(img, rec, "clock out of range");
}

static const struct ckpt_name container_flags[] = {
	{ CKPT_CONTAINER_INIT, "init" },
	{ 0, NULL }
};

static const struct ckpt_field container_fields[] = {
	FIELD(ckpt_hdr_container, nr_lsm, F_UINT),
	FIELD(ckpt_hdr_container, pid_level, F_UINT),
	FIELD(ckpt_hdr_container, flags, F_FLAGS, .names = container_flags),
	FIELD(ckpt_hdr_container, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_field lsm_fields[] = {
	FIELD(ckpt_hdr_lsm, lsm_id, F_UINT),
	FIELD(ckpt_hdr_lsm, name, F_STR),
	END_OF_FIELDS
};

static const struct ckpt_field pid_fields[] = {
	FIELD(ckpt_hdr_pid, nr_levels, F_QUIET),
	FIELD(ckpt_hdr_pid, ns, F_REF0, .class = CLASS_NS_PID),
	END_OF_FIELDS
};

/* Levels of a PID that lie in the record. */
static __u32 pid_levels(const struct record *rec)
{
	const struct ckpt_hdr_pid *pid = (const void *)rec->pub.h;
	size_t len;

	ckpt_payload(rec, &len);
	return pid->nr_levels < len / 4 ? pid->nr_levels : len / 4;
}

static void check_pid(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_pid *pid = (const void *)rec->pub.h;
	size_t len;
	__u32 i;

	ckpt_payload(rec, &len);
	if (!pid->nr_levels || pid->nr_levels > CKPT_PID_LEVELS_MAX ||
	    len != (pid->nr_levels * 4 + 7) / 8 * 8) {
		ckpt_bad(img, rec, "%u levels in %zu bytes", pid->nr_levels,
			 len);
		return;
	}
	for (i = 0; i < pid->nr_levels; i++)
		if (pid->nr[i] <= 0)
			ckpt_bad(img, rec, "process id %d", pid->nr[i]);
	ckpt_check_zero(img, rec, "padding", pid->nr + pid->nr_levels,
			len - 4 * pid->nr_levels);
}

static void describe_pid(const struct ckpt_image *img, const struct record *rec,
			 struct json_object *out)
{
	const struct ckpt_hdr_pid *pid = (const void *)rec->pub.h;
	struct json_object *nr = json_object_new_array();
	__u32 i;

	(void)img;
	for (i = 0; i < pid_levels(rec); i++)
		json_object_array_add(nr, json_object_new_int(pid->nr[i]));
	json_object_object_add(out, "nr", nr);
}

pid_t ckpt_image_pid(const struct ckpt_image *img, __u32 id)
{
	const struct record *rec = ckpt_obj(img, id);

	if (!rec || rec->pub.h->type != CKPT_HDR_PID || !pid_levels(rec))
		return 0;
	return ((const struct ckpt_hdr_pid *)rec->pub.h)->nr[0];
}

static const struct ckpt_field tree_fields[] = {
	FIELD(ckpt_hdr_tree, nr_tasks, F_UINT),
	FIELD(ckpt_hdr_tree, nr_procs, F_UINT),
	END_OF_FIELDS
};

static const struct ckpt_name task_states[] = {
	{ CKPT_TASK_ALIVE, "alive" },
	{ CKPT_TASK_STOPPED, "stopped" },
	{ CKPT_TASK_DEAD, "dead" },
	{ 0, NULL }
};

static const struct ckpt_field tree_task_fields[] = {
	FIELD(ckpt_hdr_tree_task, pid, F_REF, .class = CLASS_PID),
	FIELD(ckpt_hdr_tree_task, pgrp, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_tree_task, session, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_tree_task, leader, F_UINT),
	FIELD(ckpt_hdr_tree_task, parent, F_UINT),
	FIELD(ckpt_hdr_tree_task, state, F_ENUM, .names = task_states),
	FIELD(ckpt_hdr_tree_task, exit_signal, F_INT),
	FIELD(ckpt_hdr_tree_task, exit_code, F_INT),
	END_OF_FIELDS
};

static const struct ckpt_hdr_tree_task *
tree_task(const struct ckpt_image *img, __u32 index)
{
	const struct record *rec = ckpt_tree_rec(img, index);

	return rec ? (const void *)rec->pub.h : NULL;
}

static void check_thread(struct ckpt_image *img, struct record *rec, __u32 index)
{
	const struct ckpt_hdr_tree_task *t = (const void *)rec->pub.h;
	const struct ckpt_hdr_tree_task *last = tree_task(img, index - 1);
	const struct ckpt_hdr_tree_task *l = tree_task(img, t->leader);

	/* What came before has been reported, and is still there. */
	if (!index || !last || !l || t->leader != last->leader) {
		ckpt_bad(img, rec, "thread %u does not follow its leader, %u",
			 index, t->leader);
		return;
	}
	if (t->parent != l->parent || t->pgrp != l->pgrp ||
	    t->session != l->session)
		ckpt_bad(img, rec,
			 "thread %u has another parent, process group or session than its leader",
			 index);
	if (t->state == CKPT_TASK_DEAD)
		ckpt_bad(img, rec, "thread %u is dead", index);
	if (t->exit_signal != -1)
		ckpt_bad(img, rec, "thread %u has exit signal %d", index,
			 t->exit_signal);
}

static void check_leader(struct ckpt_image *img, struct record *rec, __u32 index)
{
	const struct ckpt_hdr_tree_task *t = (const void *)rec->pub.h;
	const struct ckpt_hdr_tree_task *parent = tree_task(img, t->parent);

	if (index ? t->parent >= index || !parent : t->parent != CKPT_TREE_NONE)
		ckpt_bad(img, rec, "parent %u does not precede task %u",
			 t->parent, index);
	else if (index && parent->state == CKPT_TASK_DEAD)
		ckpt_bad(img, rec, "parent %u of task %u is dead", t->parent,
			 index);
	if (t->exit_signal < 0 || t->exit_signal > 64)
		ckpt_bad(img, rec, "exit signal %d", t->exit_signal);
}

static void check_tree_task(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_tree_task *t = (const void *)rec->pub.h;
	struct record *pid = ckpt_obj(img, t->pid);
	__u32 index = ckpt_nr_tree(img) - 1;

	if (pid && pid->task)
		ckpt_bad(img, rec, "process id %d is another task's already",
			 ckpt_image_pid(img, t->pid));
	else if (pid)
		pid->task = rec->pub.number;
	if (t->leader == index)
		check_leader(img, rec, index);
	else
		check_thread(img, rec, index);
	if (t->exit_code && t->state != CKPT_TASK_DEAD)
		ckpt_bad(img, rec, "exit code %d of a task that lives",
			 t->exit_code);
	if (t->exit_code & ~0xffff)
		ckpt_bad(img, rec, "exit code %#x", t->exit_code);
}

/* The pids a reader wants to see, beside the ids of their objects. */
static void describe_tree_task(const struct ckpt_image *img,
			       const struct record *rec,
			       struct json_object *out)
{
	const struct ckpt_hdr_tree_task *t = (const void *)rec->pub.h;

	ckpt_add_int(out, "pid_nr", ckpt_image_pid(img, t->pid));
	ckpt_add_int(out, "pgrp_nr", ckpt_image_pid(img, t->pgrp));
	ckpt_add_int(out, "session_nr", ckpt_image_pid(img, t->session));
}

static const struct ckpt_field meta_end_fields[] = {
	FIELD(ckpt_hdr_meta_end, crc, F_HEX),
	FIELD(ckpt_hdr_meta_end, reserved, F_ZERO),
	END_OF_FIELDS
};

/* Counts that can be known only now. */
static void check_meta_end(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_tree *tree = NULL;
	const struct ckpt_hdr_container *ct = NULL;
	__u32 trees = 0, lsms = 0, procs = 0, i;
	const struct record *r;
	__u64 n;

	for (n = 0; (r = ckpt_rec(img, n)); n++) {
		switch (r->pub.h->type) {
		case CKPT_HDR_TREE:
			tree = (const void *)r->pub.h;
			trees++;
			break;
		case CKPT_HDR_CONTAINER:
			ct = (const void *)r->pub.h;
			break;
		case CKPT_HDR_LSM:
			lsms++;
			break;
		}
	}
	for (i = 0; (r = ckpt_tree_rec(img, i)); i++)
		if (((const struct ckpt_hdr_tree_task *)r->pub.h)->leader == i)
			procs++;
	if (trees != 1)
		ckpt_bad(img, rec, "the image has %u trees", trees);
	if (tree && (tree->nr_tasks != i || tree->nr_procs != procs))
		ckpt_bad(img, rec,
			 "%u tasks of %u processes, the tree says %u of %u", i,
			 procs, tree->nr_tasks, tree->nr_procs);
	if (ct && ct->nr_lsm != lsms)
		ckpt_bad(img, rec, "%u security modules, container says %u",
			 lsms, ct->nr_lsm);
}

static const struct ckpt_name pages_flags[] = {
	{ CKPT_PAGES_REF, "ref" },
	{ CKPT_PAGES_SHARED, "shared" },
	{ 0, NULL }
};

static const struct ckpt_field pages_fields[] = {
	FIELD(ckpt_hdr_pages, obj, F_UINT),
	FIELD(ckpt_hdr_pages, flags, F_FLAGS, .names = pages_flags),
	FIELD(ckpt_hdr_pages, addr, F_HEX),
	FIELD(ckpt_hdr_pages, nr_pages, F_UINT),
	FIELD(ckpt_hdr_pages, ref, F_UINT),
	END_OF_FIELDS
};

static const struct ckpt_field trailer_fields[] = {
	FIELD(ckpt_hdr_trailer, nr_runs, F_UINT),
	FIELD(ckpt_hdr_trailer, nr_pages, F_UINT),
	FIELD(ckpt_hdr_trailer, crc, F_HEX),
	FIELD(ckpt_hdr_trailer, data_crc, F_HEX),
	FIELD(ckpt_hdr_trailer, uuid, F_BYTES),
	END_OF_FIELDS
};

const struct ckpt_kind ckpt_image_kinds[] = {
	{ KIND(HEADER, "header", ckpt_hdr_header),
	  .fields = header_fields, .check = check_header },
	{ KIND(CONTAINER, "container", ckpt_hdr_container),
	  .fields = container_fields },
	{ KIND(LSM, "lsm", ckpt_hdr_lsm), .many = true,
	  .owner = CKPT_HDR_CONTAINER, .fields = lsm_fields },
	{ KIND(PID, "pid", ckpt_hdr_pid), .var = true, .class = CLASS_PID,
	  .fields = pid_fields, .check = check_pid, .describe = describe_pid },
	{ KIND(TREE, "tree", ckpt_hdr_tree),
	  .fields = tree_fields },
	{ KIND(TREE_TASK, "tree_task", ckpt_hdr_tree_task), .many = true,
	  .owner = CKPT_HDR_TREE, .fields = tree_task_fields,
	  .check = check_tree_task, .describe = describe_tree_task },
	{ KIND(META_END, "meta_end", ckpt_hdr_meta_end),
	  .fields = meta_end_fields, .check = check_meta_end },
	{ KIND(PAGES, "pages", ckpt_hdr_pages),
	  .fields = pages_fields },
	{ KIND(PAD, "pad", ckpt_hdr), .var = true },
	{ KIND(TRAILER, "trailer", ckpt_hdr_trailer),
	  .fields = trailer_fields },
	{ .name = NULL }
};
