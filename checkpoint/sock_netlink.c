// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - AF_NETLINK sockets
 *
 * Saved: sockets of NETLINK_ROUTE, NETLINK_KOBJECT_UEVENT, NETLINK_SOCK_DIAG
 *	and NETLINK_GENERIC that wait for nothing: port, multicast groups,
 *	connection and options.
 * Refused: messages that have not been read, dumps in progress; groups whose
 *	numbers the kernel gives out (NETLINK_GENERIC); other protocols.
 */
#include <linux/bits.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/security.h>
#include <linux/socket.h>
#include <linux/sockptr.h>
#include <net/sock.h>
#include "../net/netlink/af_netlink.h"
#include "socket.h"

/**
 * struct netlink_proto - a protocol that we know
 * @protocol: NETLINK_ROUTE and the others
 * @groups: its groups have the same numbers everywhere
 */
struct netlink_proto {
	u32 protocol;
	bool groups;
};

static const struct netlink_proto protos[] = {
	{ NETLINK_ROUTE, true },
	{ NETLINK_SOCK_DIAG, true },
	{ NETLINK_KOBJECT_UEVENT, true },
	{ NETLINK_GENERIC, false },
};

/**
 * struct netlink_opt - an option
 * @opt: its number
 * @flag: bit in the socket
 * @saved: bit in the image
 */
struct netlink_opt {
	int opt;
	int flag;
	u32 saved;
};

static const struct netlink_opt opts[] = {
	{ NETLINK_PKTINFO, NETLINK_F_RECV_PKTINFO, CKPT_NETLINK_PKTINFO },
	{ NETLINK_BROADCAST_ERROR, NETLINK_F_BROADCAST_SEND_ERROR,
	  CKPT_NETLINK_BROADCAST_ERROR },
	{ NETLINK_NO_ENOBUFS, NETLINK_F_RECV_NO_ENOBUFS,
	  CKPT_NETLINK_NO_ENOBUFS },
	{ NETLINK_LISTEN_ALL_NSID, NETLINK_F_LISTEN_ALL_NSID,
	  CKPT_NETLINK_LISTEN_ALL_NSID },
	{ NETLINK_CAP_ACK, NETLINK_F_CAP_ACK, CKPT_NETLINK_CAP_ACK },
	{ NETLINK_EXT_ACK, NETLINK_F_EXT_ACK, CKPT_NETLINK_EXT_ACK },
	{ NETLINK_GET_STRICT_CHK, NETLINK_F_STRICT_CHK,
	  CKPT_NETLINK_STRICT_CHK },
};

#define OPTIONS_ALL	0x7fU

static const struct netlink_proto *find_proto(u32 protocol)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protos); i++)
		if (protos[i].protocol == protocol)
			return &protos[i];
	return NULL;
}

/* ---- checkpoint ---- */

static u64 groups_of(const struct netlink_sock *nlk)
{
	return nlk->groups && nlk->ngroups ? nlk->groups[0] : 0;
}

static bool has_more_groups(const struct netlink_sock *nlk)
{
	size_t longs = nlk->groups ? NLGRPLONGS(nlk->ngroups) : 0;

	return longs > 1 &&
	       memchr_inv(nlk->groups + 1, 0, (longs - 1) * sizeof(long));
}

static const char *unsupported(struct sock *sk)
{
	const struct netlink_proto *proto = find_proto(sk->sk_protocol);
	const struct netlink_sock *nlk = nlk_sk(sk);

	if (!proto)
		return "this netlink protocol is not supported";
	if (!proto->groups && nlk->subscriptions)
		return "multicast groups of this netlink protocol are not supported";
	if (has_more_groups(nlk))
		return "multicast groups above 64 are not supported";
	if (nlk->cb_running)
		return "has asked for a list that has not been read to its end";
	if (!skb_queue_empty_lockless(&sk->sk_receive_queue))
		return "messages have not been read";
	return NULL;
}

/**
 * checkpoint_netlink_check - refuse sockets that cannot be saved
 * @ctx: the checkpoint
 * @sk: the socket
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_netlink_check(struct ckpt_ctx *ctx, struct sock *sk)
{
	const char *what = unsupported(sk);

	return what ? ckpt_sock_err(ctx, sk, -EOPNOTSUPP, "%s (protocol %u)",
				    what, sk->sk_protocol) : 0;
}

/**
 * checkpoint_netlink - save port, groups and options of a socket
 * @ctx: the checkpoint
 * @sk: the socket
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_netlink(struct ckpt_ctx *ctx, struct sock *sk)
{
	const struct netlink_sock *nlk = nlk_sk(sk);
	struct ckpt_hdr_sock_netlink *h;
	size_t i;

	h = ckpt_new_rec(ctx, CKPT_HDR_SOCK_NETLINK, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	if (nlk->bound) {
		h->flags |= CKPT_NETLINK_BOUND;
		h->portid = nlk->portid;
	}
	h->dst_portid = nlk->dst_portid;
	h->dst_group = nlk->dst_group;
	h->groups = groups_of(nlk);
	for (i = 0; i < ARRAY_SIZE(opts); i++)
		if (test_bit(opts[i].flag, &nlk->flags))
			h->options |= opts[i].saved;
	return 0;
}

/* ---- validate ---- */

/**
 * ckpt_netlink_valid - whether there is such an AF_NETLINK socket
 * @h: the record
 *
 * Return: whether type and protocol are valid.
 */
bool ckpt_netlink_valid(const struct ckpt_hdr_socket *h)
{
	return find_proto(h->protocol) &&
	       (h->type == SOCK_RAW || h->type == SOCK_DGRAM);
}

/**
 * ckpt_sock_netlink_validate - check a SOCK_NETLINK record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_sock_netlink_validate(struct ckpt_validator *v,
			       const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_socket *s = (const void *)v->owner_hdr;
	const struct ckpt_hdr_sock_netlink *n = (const void *)h;

	if (s->family != AF_NETLINK)
		return ckpt_bad(v, "netlink port of a socket of another family");
	if (s->state == CKPT_SOCK_LISTEN)
		return ckpt_bad(v, "impossible state of a socket");
	if (n->flags & ~CKPT_NETLINK_BOUND ||
	    n->options & ~OPTIONS_ALL)
		return ckpt_bad(v, "unknown flags");
	if (n->portid && !(n->flags & CKPT_NETLINK_BOUND))
		return ckpt_bad(v, "port of a socket that is not bound");
	if (n->dst_group > 32 || (s->state != CKPT_SOCK_CONNECTED &&
				  (n->dst_group || n->dst_portid)))
		return ckpt_bad(v, "bad destination of a socket");
	if (n->reserved || (n->groups && !find_proto(s->protocol)->groups))
		return ckpt_bad(v, "groups of a protocol without");
	return 0;
}

/* ---- restart ---- */

static int set_opt(struct socket *sock, int opt, int val)
{
	return do_sock_setsockopt(sock, false, SOL_NETLINK, opt,
				  KERNEL_SOCKPTR(&val), sizeof(val));
}

static int restore_opts(struct ckpt_ctx *ctx, struct socket *sock,
			const struct ckpt_hdr_socket *s,
			const struct ckpt_hdr_sock_netlink *h)
{
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(opts); i++) {
		ret = h->options & opts[i].saved ?
			set_opt(sock, opts[i].opt, 1) : 0;
		if (ret)
			return ckpt_err(ctx, ret,
					"socket:[%llu]: netlink option %d cannot be set",
					s->ino, opts[i].opt);
	}
	return 0;
}

static int restore_port(struct ckpt_ctx *ctx, struct socket *sock,
			const struct ckpt_hdr_socket *s,
			const struct ckpt_hdr_sock_netlink *h)
{
	struct sockaddr_storage addr = {};
	struct sockaddr_nl *nl = (struct sockaddr_nl *)&addr;
	int ret;

	if (!(h->flags & CKPT_NETLINK_BOUND))
		return 0;
	nl->nl_family = AF_NETLINK;
	nl->nl_pid = h->portid;
	ret = __sys_bind_socket(sock, &addr, sizeof(*nl));
	if (ret)
		return ckpt_err(ctx, ret,
				"socket:[%llu]: cannot be bound to netlink port %u: %pe",
				s->ino, h->portid, ERR_PTR(ret));
	return 0;
}

static int restore_groups(struct ckpt_ctx *ctx, struct socket *sock,
			  const struct ckpt_hdr_socket *s,
			  const struct ckpt_hdr_sock_netlink *h)
{
	u64 groups = h->groups;
	int group, ret;

	for (group = 1; groups; group++, groups >>= 1) {
		ret = groups & 1 ?
			set_opt(sock, NETLINK_ADD_MEMBERSHIP, group) : 0;
		if (ret)
			return ckpt_err(ctx, ret,
					"socket:[%llu]: cannot join netlink group %d",
					s->ino, group);
	}
	return 0;
}

static int restore_connect(struct ckpt_ctx *ctx, struct socket *sock,
			   const struct ckpt_hdr_socket *s,
			   const struct ckpt_hdr_sock_netlink *h)
{
	struct sockaddr_nl addr = {
		.nl_family	= AF_NETLINK,
		.nl_pid		= h->dst_portid,
		.nl_groups	= h->dst_group ? BIT(h->dst_group - 1) : 0,
	};
	int ret;

	if (s->state != CKPT_SOCK_CONNECTED)
		return 0;
	ret = security_socket_connect(sock, (struct sockaddr *)&addr,
				      sizeof(addr));
	if (!ret)
		ret = kernel_connect(sock, (struct sockaddr *)&addr,
				     sizeof(addr), 0);
	if (ret)
		return ckpt_err(ctx, ret,
				"socket:[%llu]: cannot be connected to netlink port %u",
				s->ino, h->dst_portid);
	return 0;
}

/**
 * restore_netlink - restore port, groups, connection and options of a socket
 * @ctx: the restart
 * @sock: the socket, with the options that all have
 * @s: its record
 * @c: stands behind it
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_netlink(struct ckpt_ctx *ctx, struct socket *sock,
		    const struct ckpt_hdr_socket *s, struct ckpt_cursor *c)
{
	const struct ckpt_hdr_sock_netlink *h;
	int ret;

	h = ckpt_read_obj_type(c, CKPT_HDR_SOCK_NETLINK);
	if (IS_ERR(h))
		return PTR_ERR(h);
	ret = restore_opts(ctx, sock, s, h) ?:
	      restore_port(ctx, sock, s, h) ?:
	      restore_groups(ctx, sock, s, h) ?:
	      restore_connect(ctx, sock, s, h);
	if (ret)
		return ret;
	WRITE_ONCE(sock->sk->sk_err, s->err);
	return 0;
}
