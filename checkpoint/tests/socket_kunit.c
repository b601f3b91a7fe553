// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - tests of the checks of sockets and their messages
 */
#include <kunit/test.h>
#include <linux/in.h>
#include <linux/netlink.h>
#include <linux/socket.h>
#include <linux/stat.h>
#include "../internal.h"
#include "../socket.h"
#include "covers.h"

/* Objects that precede the record. */
enum { SOCK_1 = 1, SOCK_2, SOCK_3, FILE_4, PID_5, CRED_6, NR_OBJS = CRED_6 };

static const u8 classes[NR_OBJS] = {
	CKPT_CLASS_SOCKET, CKPT_CLASS_SOCKET, CKPT_CLASS_SOCKET,
	CKPT_CLASS_FILE, CKPT_CLASS_PID, CKPT_CLASS_CRED,
};

/* A record, whatever its type, with room for what follows it. */
union rec {
	struct ckpt_hdr h;
	struct {
		struct ckpt_hdr_socket s;
		struct ckpt_sockopt opts[2];
	} socket;
	struct {
		struct ckpt_hdr_sock_unix u;
		u8 names[16];
	} named;
	struct {
		struct ckpt_hdr_skb s;
		u32 files[2];
		u8 data[8];
	} skb;
	struct ckpt_hdr_sock_inet inet;
	struct ckpt_hdr_sock_netlink netlink;
};

/**
 * struct sock_case - one change to a good record
 * @name: of the case
 * @fill: makes the good record, and that of its owner
 * @offset: of the field to change
 * @size: of that field
 * @value: what to put there; little endian, so any width will do
 * @err: what the check says
 */
struct sock_case {
	const char *name;
	void (*fill)(union rec *rec, union rec *owner);
	u32 offset;
	u32 size;
	u64 value;
	int err;
};

#define SET(fill, _field, value, err, name)				\
	{ name, fill, offsetof(union rec, _field),			\
	  sizeof_field(union rec, _field), value, err }
#define BAD(fill, _field, value, name)					\
	SET(fill, _field, value, -EBADMSG, name)
#define UNKNOWN(fill, _field, value, name)				\
	SET(fill, _field, value, -EOPNOTSUPP, name)
#define FINE(fill, _field, value, name)	SET(fill, _field, value, 0, name)

static void unix_socket(union rec *r, union rec *owner)
{
	r->h.type = CKPT_HDR_SOCKET;
	r->h.len = sizeof(r->socket);
	r->socket.s.family = AF_UNIX;
	r->socket.s.type = SOCK_STREAM;
	r->socket.s.flags = CKPT_SOCKET_FILE;
	r->socket.s.mode = 0777;
	r->socket.s.nr_opts = 2;
	r->socket.opts[0].level = SOL_SOCKET;
	r->socket.opts[0].name = SO_REUSEADDR;
	r->socket.opts[0].len = 4;
	r->socket.opts[1].level = SOL_SOCKET;
	r->socket.opts[1].name = SO_RCVTIMEO_NEW;
	r->socket.opts[1].len = 16;
}

static void tcp_socket(union rec *r, union rec *owner)
{
	unix_socket(r, owner);
	r->socket.s.family = AF_INET;
	r->socket.s.protocol = IPPROTO_TCP;
}

static void netlink_socket(union rec *r, union rec *owner)
{
	unix_socket(r, owner);
	r->socket.s.family = AF_NETLINK;
	r->socket.s.type = SOCK_RAW;
}

static void abstract(union rec *r, union rec *owner)
{
	r->h.type = CKPT_HDR_SOCK_UNIX;
	r->h.len = sizeof(r->named);
	r->named.u.sock = SOCK_1;
	r->named.u.peer = SOCK_2;
	r->named.u.peer_cred = CRED_6;
	r->named.u.peer_pid.pid = PID_5;
	r->named.u.flags = CKPT_UNIX_BOUND;
	r->named.u.addr_len = 4;
	memcpy(r->named.names, "\0abc", 4);
}

static void pathname(union rec *r, union rec *owner)
{
	abstract(r, owner);
	r->named.u.addr_len = 3;
	r->named.u.path_len = 5;
	r->named.u.id.mode = S_IFSOCK | 0755;
	memcpy(r->named.names, "ab\0/dir", 8);
}

static void message(union rec *r, union rec *owner)
{
	owner->named.u.nr_skbs = 1;
	r->h.type = CKPT_HDR_SKB;
	r->h.len = sizeof(r->skb);
	r->skb.s.sock = SOCK_3;
	r->skb.s.len = 5;
	r->skb.s.nr_files = 1;
	r->skb.s.pid.nr = 17;
	r->skb.files[0] = FILE_4;
}

static void out_of_band(union rec *r, union rec *owner)
{
	message(r, owner);
	r->skb.s.flags = CKPT_SKB_OOB;
	r->skb.s.len = 1;
}

static void bound(union rec *r, union rec *owner)
{
	tcp_socket(owner, NULL);
	r->h.type = CKPT_HDR_SOCK_INET;
	r->h.len = sizeof(r->inet);
	r->inet.flags = CKPT_INET_ADDR | CKPT_INET_PORT | CKPT_INET_HAS_PORT;
	r->inet.port = 80;
	r->inet.addr[0] = 127;
}

static void connected_udp(union rec *r, union rec *owner)
{
	bound(r, owner);
	owner->socket.s.type = SOCK_DGRAM;
	owner->socket.s.protocol = IPPROTO_UDP;
	owner->socket.s.state = CKPT_SOCK_CONNECTED;
	r->inet.peer_port = 53;
	r->inet.peer[0] = 127;
}

static void connected_tcp(union rec *r, union rec *owner)
{
	bound(r, owner);
	owner->socket.s.state = CKPT_SOCK_CONNECTED;
}

static void listening_udp(union rec *r, union rec *owner)
{
	connected_udp(r, owner);
	owner->socket.s.state = CKPT_SOCK_LISTEN;
}

static void inet_of_unix(union rec *r, union rec *owner)
{
	bound(r, owner);
	unix_socket(owner, NULL);
}

static void netlink(union rec *r, union rec *owner)
{
	netlink_socket(owner, NULL);
	r->h.type = CKPT_HDR_SOCK_NETLINK;
	r->h.len = sizeof(r->netlink);
	r->netlink.flags = CKPT_NETLINK_BOUND;
	r->netlink.portid = 4711;
	r->netlink.groups = 3;
}

static void netlink_generic(union rec *r, union rec *owner)
{
	netlink(r, owner);
	owner->socket.s.protocol = NETLINK_GENERIC;
}

static const struct sock_case cases[] = {
	FINE(unix_socket, socket.s.type, SOCK_DGRAM, "unix, dgram"),
	FINE(unix_socket, socket.s.flags, CKPT_SOCKET_DEAD, "unix, dead"),
	UNKNOWN(unix_socket, socket.s.type, SOCK_RAW, "unix, raw"),
	UNKNOWN(unix_socket, socket.s.protocol, 1, "unix, protocol"),
	UNKNOWN(unix_socket, socket.s.family, AF_PACKET, "family"),
	BAD(unix_socket, socket.s.state, 3, "state"),
	BAD(unix_socket, socket.s.shutdown, 4, "shutdown"),
	BAD(unix_socket, socket.s.flags, 0, "no flags"),
	BAD(unix_socket, socket.s.flags, 3, "two flags"),
	BAD(unix_socket, socket.s.err, 4096, "errno"),
	BAD(unix_socket, socket.s.backlog, BIT(31), "backlog"),
	BAD(unix_socket, socket.s.mode, S_IFSOCK, "type in the permissions"),
	BAD(unix_socket, socket.s.netns, 1, "namespace"),
	BAD(unix_socket, socket.s.reserved, 1, "reserved"),
	BAD(unix_socket, socket.s.nr_opts, 3, "options beyond the record"),
	BAD(unix_socket, socket.s.nr_opts, ~0U, "number of options overflows"),
	BAD(unix_socket, socket.s.nr_opts, 1, "padding"),
	UNKNOWN(unix_socket, socket.opts[0].name, 9999, "option"),
	UNKNOWN(unix_socket, socket.opts[0].level, SOL_TCP, "level"),
	UNKNOWN(unix_socket, socket.opts[1].name, SO_REUSEADDR, "order"),
	UNKNOWN(unix_socket, socket.opts[1].name, SO_LOCK_FILTER,
		"option that is never saved"),
	BAD(unix_socket, socket.opts[1].len, 8, "length of an option"),
	BAD(unix_socket, socket.opts[0].value[4], 1, "tail of an option"),
	FINE(unix_socket, socket.opts[1].value[8], 1, "timeout"),
	BAD(unix_socket, socket.opts[1].value[11], 1, "timeout with too many microseconds"),
	BAD(unix_socket, socket.opts[1].value[15], 0x80, "timeout with less than none"),
	BAD(unix_socket, socket.opts[1].reserved, 1, "reserved in an option"),

	FINE(tcp_socket, socket.s.family, AF_INET6, "tcp, IPv6"),
	UNKNOWN(tcp_socket, socket.s.protocol, IPPROTO_UDP, "udp over a stream"),
	UNKNOWN(tcp_socket, socket.s.type, SOCK_RAW, "raw"),
	BAD(tcp_socket, socket.s.flags, CKPT_SOCKET_DEAD, "tcp, dead"),
	FINE(netlink_socket, socket.s.protocol, NETLINK_GENERIC, "netlink"),
	UNKNOWN(netlink_socket, socket.s.protocol, NETLINK_AUDIT, "audit"),
	UNKNOWN(netlink_socket, socket.s.type, SOCK_STREAM, "netlink stream"),

	FINE(abstract, named.u.nr_skbs, 5, "abstract"),
	FINE(pathname, named.u.nr_skbs, 5, "path"),
	BAD(abstract, named.u.sock, FILE_4, "sock is a file"),
	BAD(abstract, named.u.sock, 0, "no sock"),
	BAD(abstract, named.u.peer, NR_OBJS + 1, "peer to come"),
	BAD(abstract, named.u.peer_cred, PID_5, "credentials are a pid"),
	BAD(abstract, named.u.peer_pid.pid, CRED_6, "pid is credentials"),
	BAD(abstract, named.u.peer_pid.nr, 6, "two pids"),
	BAD(abstract, named.u.flags, 2, "flags"),
	BAD(abstract, named.u.addr_len, 0, "bound to nothing"),
	BAD(abstract, named.u.addr_len, 17, "name too long"),
	BAD(abstract, named.u.addr_len, 3, "padding"),
	BAD(abstract, named.u.path_len, ~0U, "length overflows"),
	BAD(abstract, named.u.remote_len, 2, "two peers"),
	BAD(pathname, named.u.addr_len, 2, "name not terminated"),
	BAD(pathname, named.u.flags, 0, "file, not bound"),
	BAD(pathname, named.names[3], 'x', "relative path"),
	BAD(pathname, named.u.id.mode, S_IFREG, "file is none"),

	FINE(message, skb.s.consumed, 7, "message"),
	FINE(message, skb.files[0], FILE_4, "file"),
	BAD(message, skb.s.sock, FILE_4, "sender is a file"),
	BAD(message, skb.files[0], SOCK_3, "file is a socket"),
	BAD(message, skb.files[1], FILE_4, "padding of files"),
	BAD(message, skb.data[6], 1, "padding of data"),
	BAD(message, skb.s.flags, 2, "flags"),
	BAD(message, skb.s.reserved, 1, "reserved"),
	BAD(message, skb.s.len, 9, "data beyond the record"),
	BAD(message, skb.s.len, ~0U, "length overflows"),
	BAD(message, skb.s.consumed, ~0U, "consumed too much"),
	BAD(message, skb.s.nr_files, 5, "files beyond the record"),
	BAD(message, skb.s.nr_files, BIT(30), "number of files overflows"),
	BAD(message, skb.s.tstamp, BIT_ULL(63), "before 1970"),
	BAD(message, skb.s.pid.pid, PID_5, "two pids"),
	BAD(message, skb.s.pid.nr, BIT(31), "negative pid"),

	FINE(out_of_band, skb.s.nr_files, 1, "out of band"),
	BAD(out_of_band, skb.s.len, 0, "no byte out of band"),
	BAD(out_of_band, skb.s.len, 2, "two bytes out of band"),
	BAD(out_of_band, skb.s.consumed, 1, "byte out of band that was read"),

	FINE(bound, inet.flags, CKPT_INET_PORT, "bound"),
	FINE(connected_udp, inet.peer_port, 1, "udp, connected"),
	BAD(inet_of_unix, inet.port, 80, "unix"),
	BAD(connected_tcp, inet.port, 80, "tcp, connected"),
	BAD(listening_udp, inet.port, 80, "udp, listening"),
	BAD(bound, inet.flags, 8, "flags"),
	BAD(bound, inet.port, 0, "port 0"),
	BAD(bound, inet.addr[4], 1, "long address"),
	BAD(bound, inet.peer_port, 1, "peer without a connection"),
	BAD(bound, inet.scope, 1, "scope"),

	FINE(netlink, netlink.options, CKPT_NETLINK_CAP_ACK, "netlink"),
	BAD(netlink, netlink.options, 0x80, "options"),
	BAD(netlink, netlink.flags, 0, "port, not bound"),
	BAD(netlink, netlink.dst_portid, 1, "not connected"),
	BAD(netlink, netlink.dst_group, 33, "group too high"),
	BAD(netlink, netlink.reserved, 1, "reserved"),
	BAD(netlink_generic, netlink.groups, 1, "groups of generic netlink"),
	FINE(netlink_generic, netlink.groups, 0, "generic netlink"),
};

KUNIT_ARRAY_PARAM_DESC(sock, cases, name);

static int validate(struct ckpt_validator *v, const union rec *r)
{
	return ckpt_kind(r->h.type)->validate(v, &r->h);
}

static void test_socket(struct kunit *test)
{
	const struct sock_case *c = test->param_value;
	union rec rec = {}, owner = {};
	struct ckpt_validator v = {
		.classes	= (u8 *)classes,
		.nr_objs	= NR_OBJS,
		.owner_hdr	= &owner.h,
	};

	c->fill(&rec, &owner);
	memcpy((u8 *)&rec + c->offset, &c->value, c->size);
	KUNIT_EXPECT_EQ(test, validate(&v, &rec), c->err);
	KUNIT_EXPECT_EQ(test, !v.why, !c->err);
}

/* More messages than the socket has announced. */
static void test_messages(struct kunit *test)
{
	union rec rec = {}, owner = {};
	struct ckpt_validator v = {
		.classes	= (u8 *)classes,
		.nr_objs	= NR_OBJS,
		.owner_hdr	= &owner.h,
	};

	message(&rec, &owner);
	KUNIT_EXPECT_EQ(test, validate(&v, &rec), 0);
	KUNIT_EXPECT_EQ(test, validate(&v, &rec), -EBADMSG);
}

/**
 * ckpt_kunit_socket_covers - are there cases for a type of record here?
 * @type: the type
 *
 * Return: true if so.
 */
bool ckpt_kunit_socket_covers(u32 type)
{
	return type >= CKPT_HDR_SOCKET && type <= CKPT_HDR_SOCK_NETLINK;
}

static struct kunit_case socket_cases[] = {
	KUNIT_CASE_PARAM(test_socket, sock_gen_params),
	KUNIT_CASE(test_messages),
	{}
};

static struct kunit_suite socket_suite = {
	.name		= "checkpoint_socket",
	.test_cases	= socket_cases,
};

kunit_test_suite(socket_suite);
