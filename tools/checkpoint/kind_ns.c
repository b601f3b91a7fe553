// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of namespaces, and of what is in IPC namespaces
 */
#include "record.h"

#define NS_FIELDS(_struct, flag_names)				\
	{ .name = "user", .off = offsetof(struct _struct, ns.user),	\
	  .size = 4, .format = F_REF0, .class = CLASS_NS_USER },	\
	{ .name = "flags", .off = offsetof(struct _struct, ns.flags),	\
	  .size = 4, .format = F_FLAGS, .names = flag_names }

static const struct ckpt_name ns_flags[] = {
	{ CKPT_NS_ROOT, "root" },
	{ 0, NULL }
};

static const struct ckpt_name user_flags[] = {
	{ CKPT_NS_ROOT, "root" },
	{ CKPT_NS_USER_SETGROUPS, "setgroups" },
	{ CKPT_NS_USER_SETFCAP, "setfcap" },
	{ 0, NULL }
};

static const struct ckpt_name pid_ns_flags[] = {
	{ CKPT_NS_ROOT, "root" },
	{ CKPT_NS_PID_DEAD, "dead" },
	{ 0, NULL }
};

static const struct ckpt_name time_flags[] = {
	{ CKPT_NS_TIME_FROZEN, "frozen" },
	{ 0, NULL }
};

static const struct ckpt_field ns_fields[] = {
	FIELD(ckpt_hdr_ns, user, F_REF0, .class = CLASS_NS_USER),
	FIELD(ckpt_hdr_ns, flags, F_FLAGS, .names = ns_flags),
	END_OF_FIELDS
};

static const struct ckpt_field kept_fields[] = {
	FIELD(ckpt_hdr_ns_kept, mount, F_UINT),
	FIELD(ckpt_hdr_ns_kept, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_field user_fields[] = {
	NS_FIELDS(ckpt_hdr_ns_user, user_flags),
	FIELD(ckpt_hdr_ns_user, owner, F_UINT),
	FIELD(ckpt_hdr_ns_user, group, F_UINT),
	FIELD(ckpt_hdr_ns_user, nr_uid, F_QUIET),
	FIELD(ckpt_hdr_ns_user, nr_gid, F_QUIET),
	FIELD(ckpt_hdr_ns_user, nr_projid, F_QUIET),
	FIELD(ckpt_hdr_ns_user, reserved, F_ZERO),
	FIELD(ckpt_hdr_ns_user, rlimit, F_QUIET),
	FIELD(ckpt_hdr_ns_user, limit, F_QUIET),
	END_OF_FIELDS
};

static const struct ckpt_field uts_fields[] = {
	NS_FIELDS(ckpt_hdr_ns_uts, ns_flags),
	FIELD(ckpt_hdr_ns_uts, nodename, F_STR),
	FIELD(ckpt_hdr_ns_uts, domainname, F_STR),
	END_OF_FIELDS
};

static const struct ckpt_field pid_ns_fields[] = {
	NS_FIELDS(ckpt_hdr_ns_pid, pid_ns_flags),
	FIELD(ckpt_hdr_ns_pid, parent, F_REF0, .class = CLASS_NS_PID),
	FIELD(ckpt_hdr_ns_pid, level, F_UINT),
	FIELD(ckpt_hdr_ns_pid, last_pid, F_INT),
	FIELD(ckpt_hdr_ns_pid, memfd_noexec, F_UINT),
	END_OF_FIELDS
};

static const struct ckpt_field time_fields[] = {
	NS_FIELDS(ckpt_hdr_ns_time, time_flags),
	FIELD(ckpt_hdr_ns_time, monotonic, F_INT),
	FIELD(ckpt_hdr_ns_time, boottime, F_INT),
	END_OF_FIELDS
};

static const struct ckpt_field task_ns_fields[] = {
	FIELD(ckpt_hdr_task_ns, uts, F_REF0, .class = CLASS_NS_UTS),
	FIELD(ckpt_hdr_task_ns, ipc, F_REF0, .class = CLASS_NS_IPC),
	FIELD(ckpt_hdr_task_ns, mnt, F_REF0, .class = CLASS_NS_MNT),
	FIELD(ckpt_hdr_task_ns, net, F_REF0, .class = CLASS_NS_NET),
	FIELD(ckpt_hdr_task_ns, cgroup, F_REF0, .class = CLASS_NS_CGROUP),
	FIELD(ckpt_hdr_task_ns, time, F_REF0, .class = CLASS_NS_TIME),
	FIELD(ckpt_hdr_task_ns, time_for_children, F_REF0,
	      .class = CLASS_NS_TIME),
	FIELD(ckpt_hdr_task_ns, pid_for_children, F_REF0,
	      .class = CLASS_NS_PID),
	END_OF_FIELDS
};

static bool map_fits(const struct record *rec)
{
	const struct ckpt_hdr_ns_user *u = (const void *)rec->pub.h;
	size_t len;

	ckpt_payload(rec, &len);
	return u->nr_uid <= CKPT_NS_EXTENTS_MAX &&
	       u->nr_gid <= CKPT_NS_EXTENTS_MAX &&
	       u->nr_projid <= CKPT_NS_EXTENTS_MAX &&
	       len == ((u->nr_uid + u->nr_gid + u->nr_projid) *
		       sizeof(struct ckpt_idmap) + 7) / 8 * 8;
}

static void check_user(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_ns_user *u = (const void *)rec->pub.h;
	size_t len, used;
	const char *p;

	p = ckpt_payload(rec, &len);
	if (!map_fits(rec)) {
		ckpt_bad(img, rec, "%u, %u and %u ranges in %zu bytes",
			 u->nr_uid, u->nr_gid, u->nr_projid, len);
		return;
	}
	used = (u->nr_uid + u->nr_gid + u->nr_projid) * sizeof(struct ckpt_idmap);
	ckpt_check_zero(img, rec, "padding", p + used, len - used);
}

static const struct ckpt_idmap *describe_map(struct json_object *out,
					     const char *name,
					     const struct ckpt_idmap *map,
					     __u32 nr)
{
	struct json_object *array = json_object_new_array(), *range;

	for (; nr--; map++) {
		range = json_object_new_object();
		ckpt_add_uint(range, "first", map->first);
		ckpt_add_uint(range, "lower", map->lower);
		ckpt_add_uint(range, "count", map->count);
		json_object_array_add(array, range);
	}
	json_object_object_add(out, name, array);
	return map;
}

static const char * const rlimit_names[CKPT_NS_RLIMITS] = {
	"processes", "mqueue_bytes", "pending_signals", "locked_bytes",
};

static const char * const limit_names[CKPT_NS_LIMITS] = {
	"user_namespaces", "pid_namespaces", "uts_namespaces",
	"ipc_namespaces", "net_namespaces", "mnt_namespaces",
	"cgroup_namespaces", "time_namespaces", "inotify_instances",
	"inotify_watches", "fanotify_groups", "fanotify_marks",
};

static void describe_user(const struct ckpt_image *img, const struct record *rec,
			  struct json_object *out)
{
	const struct ckpt_hdr_ns_user *u = (const void *)rec->pub.h;
	struct json_object *limits = json_object_new_object();
	const struct ckpt_idmap *map = u->map;
	int i;

	(void)img;
	for (i = 0; i < CKPT_NS_RLIMITS; i++)
		ckpt_add_int(limits, rlimit_names[i], u->rlimit[i]);
	for (i = 0; i < CKPT_NS_LIMITS; i++)
		if (u->limit[i] >= 0)
			ckpt_add_int(limits, limit_names[i], u->limit[i]);
	json_object_object_add(out, "limits", limits);
	if (!map_fits(rec))
		return;
	map = describe_map(out, "uid_map", map, u->nr_uid);
	map = describe_map(out, "gid_map", map, u->nr_gid);
	describe_map(out, "projid_map", map, u->nr_projid);
}

static const struct ckpt_field ipc_fields[] = {
	NS_FIELDS(ckpt_hdr_ns_ipc, ns_flags),
	FIELD(ckpt_hdr_ns_ipc, sem, F_QUIET),
	FIELD(ckpt_hdr_ns_ipc, msgmax, F_UINT),
	FIELD(ckpt_hdr_ns_ipc, msgmnb, F_UINT),
	FIELD(ckpt_hdr_ns_ipc, msgmni, F_UINT),
	FIELD(ckpt_hdr_ns_ipc, shmmni, F_UINT),
	FIELD(ckpt_hdr_ns_ipc, shmmax, F_UINT),
	FIELD(ckpt_hdr_ns_ipc, shmall, F_UINT),
	FIELD(ckpt_hdr_ns_ipc, shm_rmid_forced, F_UINT),
	FIELD(ckpt_hdr_ns_ipc, mq_queues_max, F_UINT),
	FIELD(ckpt_hdr_ns_ipc, mq_msg_max, F_UINT),
	FIELD(ckpt_hdr_ns_ipc, mq_msgsize_max, F_UINT),
	FIELD(ckpt_hdr_ns_ipc, mq_msg_default, F_UINT),
	FIELD(ckpt_hdr_ns_ipc, mq_msgsize_default, F_UINT),
	FIELD(ckpt_hdr_ns_ipc, ids, F_QUIET),
	END_OF_FIELDS
};

static void describe_ipc(const struct ckpt_image *img, const struct record *rec,
			 struct json_object *out)
{
	static const char * const sem[] = {
		"semmsl", "semmns", "semopm", "semmni",
	};
	static const char * const ids[] = {
		"semaphore_sets", "message_queues", "segments",
	};
	const struct ckpt_hdr_ns_ipc *ipc = (const void *)rec->pub.h;
	int i;

	(void)img;
	for (i = 0; i < 4; i++)
		ckpt_add_int(out, sem[i], ipc->sem[i]);
	for (i = 0; i < 3; i++)
		ckpt_add_uint(out, ids[i], ipc->ids[i].nr);
}

#define PERM(_struct, _field, f)					\
	{								\
		.name = #_field,					\
		.off = offsetof(struct _struct, perm._field),		\
		.size = 4,						\
		.format = f,						\
	}

#define PERM_FIELDS(_struct)						\
	PERM(_struct, id, F_INT),					\
	PERM(_struct, key, F_HEX),					\
	PERM(_struct, uid, F_UINT),					\
	PERM(_struct, gid, F_UINT),					\
	PERM(_struct, cuid, F_UINT),					\
	PERM(_struct, cgid, F_UINT),					\
	PERM(_struct, mode, F_OCT),					\
	PERM(_struct, reserved, F_ZERO)

static const struct ckpt_field shm_fields[] = {
	PERM_FIELDS(ckpt_hdr_ipc_shm),
	FIELD(ckpt_hdr_ipc_shm, size, F_UINT),
	FIELD(ckpt_hdr_ipc_shm, atime, F_INT),
	FIELD(ckpt_hdr_ipc_shm, dtime, F_INT),
	FIELD(ckpt_hdr_ipc_shm, ctime, F_INT),
	FIELD(ckpt_hdr_ipc_shm, inode, F_REF, .class = CLASS_INODE),
	FIELD(ckpt_hdr_ipc_shm, cpid, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_ipc_shm, lpid, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_ipc_shm, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_field sem_fields[] = {
	PERM_FIELDS(ckpt_hdr_ipc_sem),
	FIELD(ckpt_hdr_ipc_sem, ctime, F_INT),
	FIELD(ckpt_hdr_ipc_sem, nr_sems, F_UINT),
	FIELD(ckpt_hdr_ipc_sem, reserved, F_ZERO),
	END_OF_FIELDS
};

static void check_sem(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_ipc_sem *s = (const void *)rec->pub.h;
	size_t len;

	ckpt_payload(rec, &len);
	if (!s->nr_sems || s->nr_sems > CKPT_SEMS_MAX ||
	    len != s->nr_sems * sizeof(s->sems[0]))
		ckpt_bad(img, rec, "%u semaphores in %zu bytes", s->nr_sems, len);
}

static void describe_sem(const struct ckpt_image *img, const struct record *rec,
			 struct json_object *out)
{
	const struct ckpt_hdr_ipc_sem *s = (const void *)rec->pub.h;
	struct json_object *array = json_object_new_array(), *sem;
	size_t len, i;

	(void)img;
	ckpt_payload(rec, &len);
	for (i = 0; i < s->nr_sems && i < len / sizeof(s->sems[0]); i++) {
		sem = json_object_new_object();
		ckpt_add_uint(sem, "val", s->sems[i].val);
		ckpt_add_uint(sem, "pid", s->sems[i].pid);
		ckpt_add_int(sem, "otime", s->sems[i].otime);
		json_object_array_add(array, sem);
	}
	json_object_object_add(out, "sems", array);
}

static const struct ckpt_field sem_undo_fields[] = {
	FIELD(ckpt_hdr_ipc_sem_undo, semid, F_INT),
	FIELD(ckpt_hdr_ipc_sem_undo, nr_sems, F_UINT),
	END_OF_FIELDS
};

static void check_sem_undo(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_ipc_sem_undo *u = (const void *)rec->pub.h;
	size_t len;

	ckpt_payload(rec, &len);
	if (!u->nr_sems || u->nr_sems > CKPT_SEMS_MAX ||
	    len != (u->nr_sems * sizeof(u->adj[0]) + 7) / 8 * 8)
		ckpt_bad(img, rec, "%u semaphores in %zu bytes", u->nr_sems, len);
}

static void describe_sem_undo(const struct ckpt_image *img,
			      const struct record *rec, struct json_object *out)
{
	const struct ckpt_hdr_ipc_sem_undo *u = (const void *)rec->pub.h;
	struct json_object *array = json_object_new_array();
	size_t len, i;

	(void)img;
	ckpt_payload(rec, &len);
	for (i = 0; i < u->nr_sems && i < len / sizeof(u->adj[0]); i++)
		json_object_array_add(array, json_object_new_int(u->adj[i]));
	json_object_object_add(out, "adj", array);
}

static const struct ckpt_field msg_fields[] = {
	PERM_FIELDS(ckpt_hdr_ipc_msg),
	FIELD(ckpt_hdr_ipc_msg, stime, F_INT),
	FIELD(ckpt_hdr_ipc_msg, rtime, F_INT),
	FIELD(ckpt_hdr_ipc_msg, ctime, F_INT),
	FIELD(ckpt_hdr_ipc_msg, qbytes, F_UINT),
	FIELD(ckpt_hdr_ipc_msg, lspid, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_ipc_msg, lrpid, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_ipc_msg, nr_msgs, F_UINT),
	FIELD(ckpt_hdr_ipc_msg, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_field msg_msg_fields[] = {
	FIELD(ckpt_hdr_ipc_msg_msg, type, F_INT),
	FIELD(ckpt_hdr_ipc_msg_msg, len, F_UINT),
	END_OF_FIELDS
};

static void check_msg_msg(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_ipc_msg_msg *m = (const void *)rec->pub.h;
	const char *data;
	size_t len;

	data = ckpt_payload(rec, &len);
	if (m->len > CKPT_RECORD_MAX || len != (m->len + 7) / 8 * 8)
		ckpt_bad(img, rec, "%llu bytes in %zu", m->len, len);
	else
		ckpt_check_zero(img, rec, "padding", data + m->len, len - m->len);
}

static const struct ckpt_name notify_kinds[] = {
	{ 0, "signal" },
	{ 1, "none" },
	{ 0, NULL }
};

static const struct ckpt_name mqueue_flags[] = {
	{ CKPT_MQUEUE_UNLINKED, "unlinked" },
	{ 0, NULL }
};

static const struct ckpt_field mqueue_fields[] = {
	FIELD(ckpt_hdr_mqueue, ns, F_REF, .class = CLASS_NS_IPC),
	FIELD(ckpt_hdr_mqueue, flags, F_FLAGS, .names = mqueue_flags),
	FIELD(ckpt_hdr_mqueue, maxmsg, F_UINT),
	FIELD(ckpt_hdr_mqueue, msgsize, F_UINT),
	FIELD(ckpt_hdr_mqueue, atime, F_DATE),
	FIELD(ckpt_hdr_mqueue, mtime, F_DATE),
	FIELD(ckpt_hdr_mqueue, ctime, F_DATE),
	FIELD(ckpt_hdr_mqueue, value, F_HEX),
	FIELD(ckpt_hdr_mqueue, notify_pid, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_mqueue, notify_user, F_REF0, .class = CLASS_NS_USER),
	FIELD(ckpt_hdr_mqueue, notify, F_ENUM, .names = notify_kinds),
	FIELD(ckpt_hdr_mqueue, signo, F_UINT),
	FIELD(ckpt_hdr_mqueue, exec_id, F_UINT),
	FIELD(ckpt_hdr_mqueue, uid, F_UINT),
	FIELD(ckpt_hdr_mqueue, gid, F_UINT),
	FIELD(ckpt_hdr_mqueue, mode, F_OCT),
	FIELD(ckpt_hdr_mqueue, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_field mqueue_dir_fields[] = {
	FIELD(ckpt_hdr_mqueue_dir, uid, F_UINT),
	FIELD(ckpt_hdr_mqueue_dir, gid, F_UINT),
	FIELD(ckpt_hdr_mqueue_dir, mode, F_OCT),
	FIELD(ckpt_hdr_mqueue_dir, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_field mqueue_msg_fields[] = {
	FIELD(ckpt_hdr_mqueue_msg, prio, F_UINT),
	FIELD(ckpt_hdr_mqueue_msg, len, F_UINT),
	END_OF_FIELDS
};

static void check_mqueue_msg(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_mqueue_msg *m = (const void *)rec->pub.h;
	const char *data;
	size_t len;

	if (m->prio >= CKPT_MQ_PRIO_MAX)
		ckpt_bad(img, rec, "priority %u", m->prio);
	data = ckpt_payload(rec, &len);
	if (m->len > CKPT_RECORD_MAX || len != (m->len + 7) / 8 * 8)
		ckpt_bad(img, rec, "%u bytes in %zu", m->len, len);
	else
		ckpt_check_zero(img, rec, "padding", data + m->len, len - m->len);
}

static void check_name(struct ckpt_image *img, struct record *rec)
{
	const char *name;
	size_t len;

	name = ckpt_payload(rec, &len);
	ckpt_check_string(img, rec, "name", name, len);
}

static void describe_name(const struct ckpt_image *img, const struct record *rec,
			  struct json_object *out)
{
	const char *name;
	size_t len;

	(void)img;
	name = ckpt_payload(rec, &len);
	json_object_object_add(out, "name", ckpt_json_string(name, len));
}

const struct ckpt_kind ckpt_ns_kinds[] = {
	{ KIND(NS_USER, "ns_user", ckpt_hdr_ns_user), .class = CLASS_NS_USER,
	  .var = true, .fields = user_fields, .check = check_user,
	  .describe = describe_user },
	{ KIND(NS_UTS, "ns_uts", ckpt_hdr_ns_uts), .class = CLASS_NS_UTS,
	  .fields = uts_fields },
	{ KIND(NS_IPC, "ns_ipc", ckpt_hdr_ns_ipc), .class = CLASS_NS_IPC,
	  .fields = ipc_fields, .describe = describe_ipc },
	{ KIND(IPC_SHM, "ipc_shm", ckpt_hdr_ipc_shm), .many = true, .part = true,
	  .owner = CKPT_HDR_NS_IPC, .fields = shm_fields },
	{ KIND(IPC_SEM, "ipc_sem", ckpt_hdr_ipc_sem), .many = true, .var = true,
	  .part = true, .owner = CKPT_HDR_NS_IPC, .fields = sem_fields, .check = check_sem,
	  .describe = describe_sem },
	{ KIND(IPC_SEM_UNDO, "ipc_sem_undo", ckpt_hdr_ipc_sem_undo),
	  .many = true, .var = true, .owner = CKPT_HDR_TASK,
	  .fields = sem_undo_fields, .check = check_sem_undo,
	  .describe = describe_sem_undo },
	{ KIND(IPC_MSG, "ipc_msg", ckpt_hdr_ipc_msg), .many = true, .part = true,
	  .owner = CKPT_HDR_NS_IPC, .fields = msg_fields },
	{ KIND(IPC_MSG_MSG, "ipc_msg_msg", ckpt_hdr_ipc_msg_msg), .many = true,
	  .part = true, .var = true, .owner = CKPT_HDR_NS_IPC,
	  .fields = msg_msg_fields,
	  .check = check_msg_msg },
	{ KIND(MQUEUE_DIR, "mqueue_dir", ckpt_hdr_mqueue_dir),
	  .owner = CKPT_HDR_NS_IPC, .fields = mqueue_dir_fields },
	{ KIND(MQUEUE, "mqueue", ckpt_hdr_mqueue), .class = CLASS_MQUEUE,
	  .var = true, .fields = mqueue_fields, .check = check_name,
	  .describe = describe_name },
	{ KIND(MQUEUE_MSG, "mqueue_msg", ckpt_hdr_mqueue_msg), .many = true,
	  .var = true, .owner = CKPT_HDR_MQUEUE, .fields = mqueue_msg_fields,
	  .check = check_mqueue_msg },
	{ KIND(NS_NET, "ns_net", ckpt_hdr_ns), .class = CLASS_NS_NET,
	  .fields = ns_fields },
	{ KIND(NS_KEPT, "kept", ckpt_hdr_ns_kept), .many = true,
	  .owner = OWNER_NS, .fields = kept_fields },
	{ KIND(NS_PID, "ns_pid", ckpt_hdr_ns_pid), .class = CLASS_NS_PID,
	  .fields = pid_ns_fields },
	{ KIND(NS_MNT, "ns_mnt", ckpt_hdr_ns), .class = CLASS_NS_MNT,
	  .fields = ns_fields },
	{ KIND(NS_CGROUP, "ns_cgroup", ckpt_hdr_ns), .class = CLASS_NS_CGROUP,
	  .fields = ns_fields },
	{ KIND(NS_TIME, "ns_time", ckpt_hdr_ns_time), .class = CLASS_NS_TIME,
	  .fields = time_fields },
	{ KIND(TASK_NS, "task_ns", ckpt_hdr_task_ns), .owner = CKPT_HDR_TASK,
	  .fields = task_ns_fields },
	{ .name = NULL }
};
