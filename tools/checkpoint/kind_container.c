// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of a container's environment: mounts, network, contents of tmpfs
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "record.h"

static const struct ckpt_field no_fields[] = {
	END_OF_FIELDS
};

/* It is made before restart() looks at the image. */
static void check_mount_file(struct ckpt_image *img, struct record *rec,
			     __u32 mode)
{
	if (!(mode & S_IFMT) || mode & ~S_IFMT)
		ckpt_bad(img, rec, "a file of type %#o is mounted", mode);
}

static void check_line(struct ckpt_image *img, struct record *rec)
{
	const char *line;
	size_t len;

	line = ckpt_payload(rec, &len);
	ckpt_check_string(img, rec, "line", line, len);
	if (memchr(line, '\n', len))
		ckpt_bad(img, rec, "more than one line");
}

static void check_mount(struct ckpt_image *img, struct record *rec)
{
	check_mount_file(img, rec, ((const struct ckpt_hdr_mount *)rec->pub.h)->mode);
	check_line(img, rec);
}

static void check_ns_mount(struct ckpt_image *img, struct record *rec)
{
	check_mount_file(img, rec, ((const struct ckpt_hdr_ns_mount *)rec->pub.h)->mode);
	check_line(img, rec);
}

static void describe_mount(const struct ckpt_image *img,
			   const struct record *rec, struct json_object *out)
{
	const char *line;
	size_t len;

	(void)img;
	line = ckpt_payload(rec, &len);
	json_object_object_add(out, "line", ckpt_json_string(line, len));
}

static const struct ckpt_name mount_locks[] = {
	{ CKPT_MNT_LOCKED, "place" },
	{ CKPT_MNT_LOCK_READONLY, "ro" },
	{ CKPT_MNT_LOCK_NOSUID, "nosuid" },
	{ CKPT_MNT_LOCK_NODEV, "nodev" },
	{ CKPT_MNT_LOCK_NOEXEC, "noexec" },
	{ CKPT_MNT_LOCK_ATIME, "atime" },
	{ 0, NULL }
};

static const struct ckpt_field mount_fields[] = {
	FIELD(ckpt_hdr_mount, locked, F_FLAGS, .names = mount_locks),
	FIELD(ckpt_hdr_mount, mode, F_OCT),
	FIELD(ckpt_hdr_mount, rdev, F_HEX),
	FIELD(ckpt_hdr_mount, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_field ns_mount_fields[] = {
	FIELD(ckpt_hdr_ns_mount, pid, F_UINT),
	FIELD(ckpt_hdr_ns_mount, user, F_REF0, .class = CLASS_NS_USER),
	FIELD(ckpt_hdr_ns_mount, locked, F_FLAGS, .names = mount_locks),
	FIELD(ckpt_hdr_ns_mount, mode, F_OCT),
	FIELD(ckpt_hdr_ns_mount, rdev, F_HEX),
	FIELD(ckpt_hdr_ns_mount, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_name net_flags[] = {
	{ CKPT_NET_OUTSIDE, "outside" },
	{ 0, NULL }
};

static const struct ckpt_field net_msg_fields[] = {
	FIELD(ckpt_hdr_net_msg, flags, F_FLAGS, .names = net_flags),
	FIELD(ckpt_hdr_net_msg, peer, F_REF0, .class = CLASS_NS_NET),
	END_OF_FIELDS
};

/* ---- messages of rtnetlink ---- */

struct description {
	struct json_object *out;
	struct nlattr *attrs[64];
	const struct nlmsghdr *nlh;
};

static void add_string(struct description *d, const char *name, int attr)
{
	const struct nlattr *a = d->attrs[attr];

	if (a)
		json_object_object_add(d->out, name,
				       ckpt_json_string(nla_data(a), nla_len(a)));
}

static void add_u32(struct description *d, const char *name, int attr)
{
	const struct nlattr *a = d->attrs[attr];

	if (a && nla_len(a) >= 4)
		ckpt_add_uint(d->out, name, nla_get_u32(a));
}

static void add_address(struct description *d, const char *name, int attr,
			int family, int prefix)
{
	const struct nlattr *a = d->attrs[attr];
	char text[INET6_ADDRSTRLEN + 8];

	if (!a || nla_len(a) < (family == AF_INET6 ? 16 : 4) ||
	    !inet_ntop(family, nla_data(a), text, INET6_ADDRSTRLEN))
		return;
	if (prefix >= 0)
		sprintf(text + strlen(text), "/%u", prefix & 0xff);
	ckpt_add_str(d->out, name, text);
}

static void add_mac(struct description *d)
{
	const struct nlattr *a = d->attrs[IFLA_ADDRESS];
	const unsigned char *m;
	char text[18];

	if (!a || nla_len(a) != 6)
		return;
	m = nla_data(a);
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", m[0],
		 m[1], m[2], m[3], m[4], m[5]);
	ckpt_add_str(d->out, "address", text);
}

static void describe_link(struct description *d)
{
	const struct ifinfomsg *ifi = nlmsg_data((void *)d->nlh);
	struct nlattr *info[IFLA_INFO_MAX + 1];

	ckpt_add_int(d->out, "index", ifi->ifi_index);
	json_object_object_add(d->out, "up",
			       json_object_new_boolean(ifi->ifi_flags & IFF_UP));
	add_string(d, "name", IFLA_IFNAME);
	if (d->attrs[IFLA_LINKINFO] &&
	    !nla_parse_nested(info, IFLA_INFO_MAX, d->attrs[IFLA_LINKINFO],
			      NULL) && info[IFLA_INFO_KIND])
		json_object_object_add(d->out, "kind",
				       ckpt_json_string(nla_data(info[IFLA_INFO_KIND]),
							nla_len(info[IFLA_INFO_KIND])));
	add_mac(d);
	add_u32(d, "mtu", IFLA_MTU);
	add_u32(d, "link", IFLA_LINK);
	add_u32(d, "master", IFLA_MASTER);
}

static void describe_address(struct description *d)
{
	const struct ifaddrmsg *ifa = nlmsg_data((void *)d->nlh);

	ckpt_add_uint(d->out, "index", ifa->ifa_index);
	add_address(d, "local", d->attrs[IFA_LOCAL] ? IFA_LOCAL : IFA_ADDRESS,
		    ifa->ifa_family, ifa->ifa_prefixlen);
}

static void describe_route(struct description *d)
{
	const struct rtmsg *rtm = nlmsg_data((void *)d->nlh);

	ckpt_add_uint(d->out, "table", rtm->rtm_table);
	ckpt_add_uint(d->out, "protocol", rtm->rtm_protocol);
	if (d->attrs[RTA_DST])
		add_address(d, "destination", RTA_DST, rtm->rtm_family,
			    rtm->rtm_dst_len);
	else
		ckpt_add_str(d->out, "destination", "default");
	add_address(d, "gateway", RTA_GATEWAY, rtm->rtm_family, -1);
	add_u32(d, "index", RTA_OIF);
}

static void describe_rule(struct description *d)
{
	const struct fib_rule_hdr *frh = nlmsg_data((void *)d->nlh);

	ckpt_add_uint(d->out, "table", frh->table);
	add_u32(d, "priority", FRA_PRIORITY);
}

static const struct {
	__u16 type;
	__u16 len;
	const char *name;
	void (*describe)(struct description *d);
} messages[] = {
	{ RTM_NEWLINK,	sizeof(struct ifinfomsg), "link", describe_link },
	{ RTM_NEWADDR,	sizeof(struct ifaddrmsg), "address", describe_address },
	{ RTM_NEWROUTE,	sizeof(struct rtmsg), "route", describe_route },
	{ RTM_NEWRULE,	sizeof(struct fib_rule_hdr), "rule", describe_rule },
};

#define NR_MESSAGES	ARRAY_SIZE(messages)

/* Index of the message's row, or %NR_MESSAGES. */
static unsigned int message_row(const struct nlmsghdr *nlh)
{
	unsigned int i;

	for (i = 0; i < NR_MESSAGES; i++)
		if (messages[i].type == nlh->nlmsg_type)
			break;
	return i;
}

/* The message of a record, NULL with @why set if it is none. */
static const struct nlmsghdr *get_message(const struct record *rec,
					  const char **why)
{
	const struct nlmsghdr *nlh;
	unsigned int row;
	size_t len;

	nlh = ckpt_payload(rec, &len);
	*why = "length of the message is wrong";
	if (len < sizeof(*nlh) || nlh->nlmsg_len > len ||
	    nlh->nlmsg_len < sizeof(*nlh) || len - nlh->nlmsg_len >= 8)
		return NULL;
	row = message_row(nlh);
	*why = "is no link, address, route or rule";
	if (row == NR_MESSAGES)
		return NULL;
	*why = "message is too short";
	if (!nlmsg_valid_hdr(nlh, messages[row].len))
		return NULL;
	return nlh;
}

/* Only in namespaces other than the root task's do links lead to such. */
static void check_net_place(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_net_msg *m = (const void *)rec->pub.h;
	const struct record *owner = ckpt_owner(img, rec);
	const struct ckpt_hdr_ns *ns;

	if (!owner || owner->pub.h->type != CKPT_HDR_NS_NET) {
		if (m->peer)
			ckpt_bad(img, rec, "leads to a network namespace of the image");
		return;
	}
	ns = (const void *)owner->pub.h;
	if (ns->flags & CKPT_NS_ROOT)
		ckpt_bad(img, rec, "is the root task's, but not in its place");
	if (m->peer && (m->peer == ns->h.id || m->flags))
		ckpt_bad(img, rec, "leads to no other network namespace");
}

static void check_net_msg(struct ckpt_image *img, struct record *rec)
{
	const struct nlmsghdr *nlh;
	const char *why;
	size_t len;

	check_net_place(img, rec);
	ckpt_payload(rec, &len);
	nlh = get_message(rec, &why);
	if (!nlh)
		ckpt_bad(img, rec, "%s", why);
	else
		ckpt_check_zero(img, rec, "padding",
				(const char *)nlh + nlh->nlmsg_len,
				len - nlh->nlmsg_len);
}

static void describe_net_msg(const struct ckpt_image *img,
			     const struct record *rec, struct json_object *out)
{
	struct description d = { .out = out };
	const char *why;
	unsigned int row;

	(void)img;
	d.nlh = get_message(rec, &why);
	if (!d.nlh)
		return;
	row = message_row(d.nlh);
	ckpt_add_str(out, "what", messages[row].name);
	if (!nlmsg_parse((void *)d.nlh, messages[row].len, d.attrs, 63, NULL))
		messages[row].describe(&d);
}

/* ---- contents of tmpfs ---- */

static void check_tmpfs(struct ckpt_image *img, struct record *rec)
{
	const char *path;
	size_t len;

	path = ckpt_payload(rec, &len);
	ckpt_check_string(img, rec, "path", path, len);
	if (*path != '/')
		ckpt_bad(img, rec, "path is not absolute");
}

static void describe_tmpfs(const struct ckpt_image *img,
			   const struct record *rec, struct json_object *out)
{
	const char *path;
	size_t len;

	(void)img;
	path = ckpt_payload(rec, &len);
	json_object_object_add(out, "path", ckpt_json_string(path, len));
}

static const struct ckpt_field tmpfs_ns_fields[] = {
	FIELD(ckpt_hdr_tmpfs_ns, mnt, F_REF, .class = CLASS_NS_MNT),
	FIELD(ckpt_hdr_tmpfs_ns, reserved, F_ZERO),
	END_OF_FIELDS
};

static const struct ckpt_field tmpfs_entry_fields[] = {
	FIELD(ckpt_hdr_tmpfs_entry, fs, F_REF, .class = CLASS_TMPFS),
	FIELD(ckpt_hdr_tmpfs_entry, parent, F_REF0, .class = CLASS_TMPFS_ENTRY),
	FIELD(ckpt_hdr_tmpfs_entry, link, F_REF0, .class = CLASS_TMPFS_ENTRY),
	FIELD(ckpt_hdr_tmpfs_entry, mode, F_OCT),
	FIELD(ckpt_hdr_tmpfs_entry, uid, F_UINT),
	FIELD(ckpt_hdr_tmpfs_entry, gid, F_UINT),
	FIELD(ckpt_hdr_tmpfs_entry, rdev, F_UINT),
	FIELD(ckpt_hdr_tmpfs_entry, size, F_UINT),
	FIELD(ckpt_hdr_tmpfs_entry, atime, F_INT),
	FIELD(ckpt_hdr_tmpfs_entry, atime_nsec, F_UINT),
	FIELD(ckpt_hdr_tmpfs_entry, mtime, F_INT),
	FIELD(ckpt_hdr_tmpfs_entry, mtime_nsec, F_UINT),
	FIELD(ckpt_hdr_tmpfs_entry, reserved, F_ZERO),
	END_OF_FIELDS
};

/* Both names end in the record. */
static bool entry_names(const struct record *rec, const char **name,
			const char **target, size_t *rest)
{
	size_t len, n;

	*name = ckpt_payload(rec, &len);
	n = strnlen(*name, len);
	if (n == len)
		return false;
	*target = *name + n + 1;
	*rest = len - n - 1;
	return strnlen(*target, *rest) < *rest;
}

static void check_tmpfs_entry(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_tmpfs_entry *e = (const void *)rec->pub.h;
	const char *name, *target;
	size_t rest;

	if (!entry_names(rec, &name, &target, &rest)) {
		ckpt_bad(img, rec, "names are not terminated");
		return;
	}
	ckpt_check_string(img, rec, "target", target, rest);
	if (!*name != !e->parent || strchr(name, '/'))
		ckpt_bad(img, rec, "bad name");
}

static void describe_tmpfs_entry(const struct ckpt_image *img,
				 const struct record *rec,
				 struct json_object *out)
{
	const char *name, *target;
	size_t rest;

	(void)img;
	if (!entry_names(rec, &name, &target, &rest))
		return;
	json_object_object_add(out, "name", ckpt_json_string(name, strlen(name)));
	if (*target)
		json_object_object_add(out, "target",
				       ckpt_json_string(target, strlen(target)));
}

static const struct ckpt_field xattr_fields[] = {
	FIELD(ckpt_hdr_xattr, name_len, F_QUIET),
	FIELD(ckpt_hdr_xattr, value_len, F_UINT),
	END_OF_FIELDS
};

static void check_xattr(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_xattr *x = (const void *)rec->pub.h;
	const char *data;
	size_t len, used = (size_t)x->name_len + x->value_len;

	data = ckpt_payload(rec, &len);
	if (!x->name_len || used > len || data[x->name_len - 1])
		ckpt_bad(img, rec, "bad name or value");
	else
		ckpt_check_zero(img, rec, "padding", data + used, len - used);
}

static void describe_xattr(const struct ckpt_image *img,
			   const struct record *rec, struct json_object *out)
{
	const struct ckpt_hdr_xattr *x = (const void *)rec->pub.h;
	const char *data;
	size_t len;

	(void)img;
	data = ckpt_payload(rec, &len);
	if (x->name_len <= len)
		json_object_object_add(out, "name",
				       ckpt_json_string(data, x->name_len));
}

const struct ckpt_kind ckpt_container_kinds[] = {
	{ KIND(MOUNT, "mount", ckpt_hdr_mount), .var = true, .many = true,
	  .owner = CKPT_HDR_CONTAINER, .fields = mount_fields,
	  .check = check_mount, .describe = describe_mount },
	{ KIND(NS_MOUNT, "mount", ckpt_hdr_ns_mount), .var = true, .many = true,
	  .owner = CKPT_HDR_NS_MNT, .fields = ns_mount_fields,
	  .check = check_ns_mount, .describe = describe_mount },
	{ KIND(NET_MSG, "net", ckpt_hdr_net_msg), .var = true, .many = true,
	  .owner = CKPT_HDR_CONTAINER, .other_owner = CKPT_HDR_NS_NET,
	  .fields = net_msg_fields,
	  .check = check_net_msg, .describe = describe_net_msg },
	{ KIND(TMPFS, "tmpfs", ckpt_hdr_tmpfs), .var = true,
	  .class = CLASS_TMPFS, .fields = no_fields, .check = check_tmpfs,
	  .describe = describe_tmpfs },
	{ KIND(TMPFS_NS, "namespace", ckpt_hdr_tmpfs_ns),
	  .owner = CKPT_HDR_TMPFS, .fields = tmpfs_ns_fields },
	{ KIND(TMPFS_ENTRY, "tmpfs_entry", ckpt_hdr_tmpfs_entry), .var = true,
	  .class = CLASS_TMPFS_ENTRY, .fields = tmpfs_entry_fields,
	  .check = check_tmpfs_entry, .describe = describe_tmpfs_entry },
	{ KIND(XATTR, "xattr", ckpt_hdr_xattr), .var = true, .many = true,
	  .owner = CKPT_HDR_TMPFS_ENTRY, .fields = xattr_fields,
	  .check = check_xattr, .describe = describe_xattr },
	{ .name = NULL }
};
