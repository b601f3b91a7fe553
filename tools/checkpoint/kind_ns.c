// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of namespaces
 */
#include "record.h"

#define NS_FIELDS(s, flag_names)					\
	{ .name = "user", .off = offsetof(struct s, ns.user),	\
	  .size = 4, .format = F_REF0, .class = CLASS_NS_USER },	\
	{ .name = "flags", .off = offsetof(struct s, ns.flags),	\
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

const struct ckpt_kind ckpt_ns_kinds[] = {
	{ KIND(NS_USER, "ns_user", ckpt_hdr_ns_user), .class = CLASS_NS_USER,
	  .var = true, .fields = user_fields, .check = check_user,
	  .describe = describe_user },
	{ KIND(NS_UTS, "ns_uts", ckpt_hdr_ns_uts), .class = CLASS_NS_UTS,
	  .fields = uts_fields },
	{ KIND(NS_NET, "ns_net", ckpt_hdr_ns), .class = CLASS_NS_NET,
	  .fields = ns_fields },
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
