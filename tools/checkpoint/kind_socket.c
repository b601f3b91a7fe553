// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of sockets: options, addresses, connections, messages
 */
#include <arpa/inet.h>
#include <linux/un.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "record.h"

static const struct ckpt_name families[] = {
	{ AF_UNIX, "unix" },
	{ AF_INET, "inet" },
	{ AF_INET6, "inet6" },
	{ AF_NETLINK, "netlink" },
	{ 0, NULL }
};

static const struct ckpt_name types[] = {
	{ SOCK_STREAM, "stream" },
	{ SOCK_DGRAM, "dgram" },
	{ SOCK_SEQPACKET, "seqpacket" },
	{ SOCK_RAW, "raw" },
	{ 0, NULL }
};

static const struct ckpt_name states[] = {
	{ CKPT_SOCK_CLOSED, "closed" },
	{ CKPT_SOCK_LISTEN, "listen" },
	{ CKPT_SOCK_CONNECTED, "connected" },
	{ 0, NULL }
};

static const struct ckpt_name shutdown_flags[] = {
	{ CKPT_SHUT_RD, "read" },
	{ CKPT_SHUT_WR, "write" },
	{ 0, NULL }
};

static const struct ckpt_name socket_flags[] = {
	{ CKPT_SOCKET_FILE, "file" },
	{ CKPT_SOCKET_EMBRYO, "embryo" },
	{ CKPT_SOCKET_DEAD, "dead" },
	{ 0, NULL }
};

static const struct ckpt_field socket_fields[] = {
	FIELD(ckpt_hdr_socket, ino, F_UINT),
	FIELD(ckpt_hdr_socket, family, F_ENUM, .names = families),
	FIELD(ckpt_hdr_socket, type, F_ENUM, .names = types),
	FIELD(ckpt_hdr_socket, protocol, F_UINT),
	FIELD(ckpt_hdr_socket, state, F_ENUM, .names = states),
	FIELD(ckpt_hdr_socket, shutdown, F_FLAGS, .names = shutdown_flags),
	FIELD(ckpt_hdr_socket, err, F_UINT),
	FIELD(ckpt_hdr_socket, backlog, F_UINT),
	FIELD(ckpt_hdr_socket, flags, F_FLAGS, .names = socket_flags),
	FIELD(ckpt_hdr_socket, uid, F_UINT),
	FIELD(ckpt_hdr_socket, gid, F_UINT),
	FIELD(ckpt_hdr_socket, mode, F_OCT),
	FIELD(ckpt_hdr_socket, nr_opts, F_QUIET),
	FIELD(ckpt_hdr_socket, netns, F_ZERO),
	FIELD(ckpt_hdr_socket, reserved, F_ZERO),
	END_OF_FIELDS
};

/* The options within the record; returns their number. */
static const struct ckpt_sockopt *options(const struct record *rec, __u32 *nr)
{
	const struct ckpt_hdr_socket *s = (const void *)rec->pub.h;
	size_t len;
	const struct ckpt_sockopt *opts = ckpt_payload(rec, &len);

	*nr = s->nr_opts <= len / sizeof(*opts) ? s->nr_opts : 0;
	return opts;
}

static void check_socket(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_socket *s = (const void *)rec->pub.h;
	const struct ckpt_sockopt *opts;
	__u32 i, nr;

	opts = options(rec, &nr);
	if (nr != s->nr_opts)
		ckpt_bad(img, rec, "%u options in a record that is too short",
			 s->nr_opts);
	if (!s->flags || s->flags & (s->flags - 1))
		ckpt_bad(img, rec, "flags %#x", s->flags);
	for (i = 0; i < nr; i++)
		if (opts[i].len > sizeof(opts[i].value) || opts[i].reserved)
			ckpt_bad(img, rec, "option %u of level %u", opts[i].name,
				 opts[i].level);
}

static void describe_socket(const struct ckpt_image *img,
			    const struct record *rec, struct json_object *out)
{
	struct json_object *list = json_object_new_array();
	const struct ckpt_sockopt *opts;
	__u32 i, nr;

	(void)img;
	opts = options(rec, &nr);
	for (i = 0; i < nr; i++) {
		struct json_object *o = json_object_new_object();

		ckpt_add_uint(o, "level", opts[i].level);
		ckpt_add_uint(o, "name", opts[i].name);
		if (opts[i].len == sizeof(__s32)) {
			__s32 value;

			memcpy(&value, opts[i].value, sizeof(value));
			ckpt_add_int(o, "value", value);
		} else {
			struct json_object *bytes;

			bytes = ckpt_json_bytes(opts[i].value,
						sizeof(opts[i].value));
			json_object_object_add(o, "value", bytes);
		}
		json_object_array_add(list, o);
	}
	json_object_object_add(out, "opts", list);
}

/* ---- AF_UNIX ---- */

static const struct ckpt_name unix_flags[] = {
	{ CKPT_UNIX_BOUND, "bound" },
	{ 0, NULL }
};

static const struct ckpt_field unix_fields[] = {
	FIELD(ckpt_hdr_sock_unix, sock, F_REF, .class = CLASS_SOCKET),
	FIELD(ckpt_hdr_sock_unix, peer, F_REF0, .class = CLASS_SOCKET),
	FIELD(ckpt_hdr_sock_unix, peer_cred, F_REF0, .class = CLASS_CRED),
	FIELD(ckpt_hdr_sock_unix, flags, F_FLAGS, .names = unix_flags),
	FIELD(ckpt_hdr_sock_unix, peer_pid.pid, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_sock_unix, peer_pid.nr, F_INT),
	FIELD(ckpt_hdr_sock_unix, nr_skbs, F_UINT),
	FIELD(ckpt_hdr_sock_unix, addr_len, F_QUIET),
	FIELD(ckpt_hdr_sock_unix, path_len, F_QUIET),
	FIELD(ckpt_hdr_sock_unix, remote_len, F_QUIET),
	END_OF_FIELDS
};

static void check_unix(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_sock_unix *u = (const void *)rec->pub.h;
	size_t len;

	ckpt_payload(rec, &len);
	if ((__u64)u->addr_len + u->path_len + u->remote_len > len)
		ckpt_bad(img, rec, "names of %u, %u and %u bytes in a record that is too short",
			 u->addr_len, u->path_len, u->remote_len);
}

/* The first byte of an abstract address is zero, and shown as @. */
static void add_addr(struct json_object *out, const char *name, const char *addr,
		     size_t len)
{
	char buf[CKPT_UNIX_ADDR_MAX + 1] = "";
	size_t i;

	if (!len || len >= sizeof(buf))
		return;
	memcpy(buf, addr, len);
	if (!buf[0])
		for (i = 0; i < len; i++)
			if (!buf[i])
				buf[i] = '@';
	ckpt_add_str(out, name, buf);
}

static void describe_unix(const struct ckpt_image *img,
			  const struct record *rec, struct json_object *out)
{
	const struct ckpt_hdr_sock_unix *u = (const void *)rec->pub.h;
	size_t len;
	const char *p = ckpt_payload(rec, &len);

	(void)img;
	if ((__u64)u->addr_len + u->path_len + u->remote_len > len)
		return;
	add_addr(out, "addr", p, u->addr_len);
	p += u->addr_len;
	if (u->path_len)
		json_object_object_add(out, "path", ckpt_json_string(p, u->path_len));
	add_addr(out, "remote", p + u->path_len, u->remote_len);
}

static const struct ckpt_name skb_flags[] = {
	{ CKPT_SKB_OOB, "oob" },
	{ 0, NULL }
};

static const struct ckpt_field skb_fields[] = {
	FIELD(ckpt_hdr_skb, sock, F_REF, .class = CLASS_SOCKET),
	FIELD(ckpt_hdr_skb, flags, F_FLAGS, .names = skb_flags),
	FIELD(ckpt_hdr_skb, len, F_UINT),
	FIELD(ckpt_hdr_skb, consumed, F_UINT),
	FIELD(ckpt_hdr_skb, pid.pid, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_skb, pid.nr, F_INT),
	FIELD(ckpt_hdr_skb, uid, F_INT),
	FIELD(ckpt_hdr_skb, gid, F_INT),
	FIELD(ckpt_hdr_skb, tstamp, F_DATE),
	FIELD(ckpt_hdr_skb, nr_files, F_QUIET),
	FIELD(ckpt_hdr_skb, reserved, F_ZERO),
	END_OF_FIELDS
};

static __u64 files_len(const struct ckpt_hdr_skb *skb)
{
	return ((__u64)skb->nr_files * sizeof(__u32) + 7) & ~7ULL;
}

static void check_skb(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_skb *skb = (const void *)rec->pub.h;
	const struct record *u = ckpt_owner(img, rec);
	size_t len;
	const __u32 *files = ckpt_payload(rec, &len);
	__u32 i;

	if (u && u->pub.h->type == CKPT_HDR_SOCK_UNIX &&
	    u->children > ((const struct ckpt_hdr_sock_unix *)u->pub.h)->nr_skbs)
		ckpt_bad(img, rec, "more than the socket is to have");
	if (files_len(skb) + skb->len > len) {
		ckpt_bad(img, rec, "%u files and %u bytes in a record that is too short",
			 skb->nr_files, skb->len);
		return;
	}
	for (i = 0; i < skb->nr_files; i++)
		if (!ckpt_ref_ok(img, files[i], CLASS_FILE))
			ckpt_bad(img, rec, "file %u is not one", files[i]);
}

static void describe_skb(const struct ckpt_image *img, const struct record *rec,
			 struct json_object *out)
{
	const struct ckpt_hdr_skb *skb = (const void *)rec->pub.h;
	struct json_object *list;
	size_t len;
	const __u32 *files = ckpt_payload(rec, &len);
	__u32 i;

	(void)img;
	if (!skb->nr_files || files_len(skb) > len)
		return;
	list = json_object_new_array();
	for (i = 0; i < skb->nr_files; i++)
		json_object_array_add(list, json_object_new_int64(files[i]));
	json_object_object_add(out, "files", list);
}

/* ---- AF_INET, AF_INET6 ---- */

static const struct ckpt_name inet_flags[] = {
	{ CKPT_INET_ADDR, "addr" },
	{ CKPT_INET_PORT, "port" },
	{ CKPT_INET_HAS_PORT, "has_port" },
	{ 0, NULL }
};

static const struct ckpt_field inet_fields[] = {
	FIELD(ckpt_hdr_sock_inet, flags, F_FLAGS, .names = inet_flags),
	FIELD(ckpt_hdr_sock_inet, port, F_UINT),
	FIELD(ckpt_hdr_sock_inet, peer_port, F_UINT),
	FIELD(ckpt_hdr_sock_inet, addr, F_QUIET),
	FIELD(ckpt_hdr_sock_inet, peer, F_QUIET),
	FIELD(ckpt_hdr_sock_inet, scope, F_UINT),
	FIELD(ckpt_hdr_sock_inet, flowinfo, F_HEX),
	END_OF_FIELDS
};

static void describe_inet(const struct ckpt_image *img,
			  const struct record *rec, struct json_object *out)
{
	const struct ckpt_hdr_sock_inet *i = (const void *)rec->pub.h;
	const struct record *owner = ckpt_owner(img, rec);
	const struct ckpt_hdr_socket *s = owner ? (const void *)owner->pub.h : NULL;
	int family = s && s->family == AF_INET6 ? AF_INET6 : AF_INET;
	char buf[INET6_ADDRSTRLEN];

	if (inet_ntop(family, i->addr, buf, sizeof(buf)))
		ckpt_add_str(out, "addr", buf);
	if (i->peer_port && inet_ntop(family, i->peer, buf, sizeof(buf)))
		ckpt_add_str(out, "peer", buf);
}

/* ---- AF_NETLINK ---- */

static const struct ckpt_name netlink_flags[] = {
	{ CKPT_NETLINK_BOUND, "bound" },
	{ 0, NULL }
};

static const struct ckpt_name netlink_options[] = {
	{ CKPT_NETLINK_PKTINFO, "pktinfo" },
	{ CKPT_NETLINK_BROADCAST_ERROR, "broadcast_error" },
	{ CKPT_NETLINK_NO_ENOBUFS, "no_enobufs" },
	{ CKPT_NETLINK_LISTEN_ALL_NSID, "listen_all_nsid" },
	{ CKPT_NETLINK_CAP_ACK, "cap_ack" },
	{ CKPT_NETLINK_EXT_ACK, "ext_ack" },
	{ CKPT_NETLINK_STRICT_CHK, "strict_chk" },
	{ 0, NULL }
};

static const struct ckpt_field netlink_fields[] = {
	FIELD(ckpt_hdr_sock_netlink, flags, F_FLAGS, .names = netlink_flags),
	FIELD(ckpt_hdr_sock_netlink, options, F_FLAGS, .names = netlink_options),
	FIELD(ckpt_hdr_sock_netlink, portid, F_UINT),
	FIELD(ckpt_hdr_sock_netlink, dst_portid, F_UINT),
	FIELD(ckpt_hdr_sock_netlink, dst_group, F_UINT),
	FIELD(ckpt_hdr_sock_netlink, reserved, F_ZERO),
	FIELD(ckpt_hdr_sock_netlink, groups, F_HEX),
	END_OF_FIELDS
};

const struct ckpt_kind ckpt_socket_kinds[] = {
	{ KIND(SOCKET, "socket", ckpt_hdr_socket), .class = CLASS_SOCKET,
	  .var = true, .fields = socket_fields, .check = check_socket,
	  .describe = describe_socket },
	{ KIND(SOCK_UNIX, "sock_unix", ckpt_hdr_sock_unix), .var = true,
	  .fields = unix_fields, .check = check_unix,
	  .describe = describe_unix },
	{ KIND(SKB, "skb", ckpt_hdr_skb), .owner = CKPT_HDR_SOCK_UNIX,
	  .var = true, .many = true, .fields = skb_fields, .check = check_skb,
	  .describe = describe_skb },
	{ KIND(SOCK_INET, "sock_inet", ckpt_hdr_sock_inet),
	  .owner = CKPT_HDR_SOCKET, .fields = inet_fields,
	  .describe = describe_inet },
	{ KIND(SOCK_NETLINK, "sock_netlink", ckpt_hdr_sock_netlink),
	  .owner = CKPT_HDR_SOCKET, .fields = netlink_fields },
	{ .name = NULL }
};
