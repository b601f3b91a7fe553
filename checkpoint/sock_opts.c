// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - options of sockets
 *
 * Saved: what getsockopt() shows of the options in the table below. SO_INCOMING_CPU
 *	of a connected UDP socket follows its packets again.
 * Refused: options that are marked so in the table, unless they are as in a new
 *	socket; restart if an option cannot be set, or is not what it was then.
 *
 * A restart sets what differs from a new socket, with setsockopt() and thus
 * with its checks; what is as it should be takes no privilege.
 */
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/sockptr.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>
#include "socket.h"

/* What a row is for. */
#define REFUSE		0x1	/* it must be zero */
#define BUFFER		0x2	/* getsockopt() shows twice what was set */
#define LINGER		0x4	/* the time stays when it is switched off */
#define TIMEOUT		0x8	/* a struct __kernel_sock_timeval */

/* Which sockets have the options of a level. */
static bool any_socket(const struct sock *sk)
{
	return true;
}

static bool is_inet(const struct sock *sk)
{
	return sk_is_inet(sk);
}

static bool is_inet6(const struct sock *sk)
{
	return sk->sk_family == AF_INET6;
}

static bool is_tcp(const struct sock *sk)
{
	return sk_is_tcp(sk);
}

/**
 * struct sock_level - the options of one protocol
 * @level: SOL_SOCKET and the others
 * @match: whether a socket has them
 * @get: getsockopt() for the kernel
 */
struct sock_level {
	int level;
	bool (*match)(const struct sock *sk);
	int (*get)(struct sock *sk, int level, int opt, sockptr_t val,
		   sockptr_t len);
};

static const struct sock_level levels[] = {
	{ SOL_SOCKET, any_socket, sk_getsockopt },
	{ SOL_IP, is_inet, do_ip_getsockopt },
	{ SOL_IPV6, is_inet6, ckpt_ipv6_getsockopt },
	{ SOL_TCP, is_tcp, do_tcp_getsockopt },
};

/**
 * struct sock_option - one option
 * @name: for messages
 * @level: SOL_SOCKET or a protocol
 * @opt: number
 * @len: bytes of its value
 * @flags: %REFUSE and the others
 */
struct sock_option {
	const char *name;
	u32 level;
	u32 opt;
	u8 len;
	u8 flags;
};

#define SOCK_OPT(opt, len, flags)	{ #opt, SOL_SOCKET, opt, len, flags }
#define IP_OPT(opt, flags)		{ #opt, SOL_IP, opt, 4, flags }
#define IPV6_OPT(opt, flags)		{ #opt, SOL_IPV6, opt, 4, flags }
#define TCP_OPT(opt, len, flags)	{ #opt, SOL_TCP, opt, len, flags }

/* In the order in which they are set. */
static const struct sock_option sockopts[] = {
	SOCK_OPT(SO_SNDBUF, 4, BUFFER),
	SOCK_OPT(SO_RCVBUF, 4, BUFFER),
	SOCK_OPT(SO_BUF_LOCK, 4, 0),
	SOCK_OPT(SO_DEBUG, 4, 0),
	SOCK_OPT(SO_REUSEADDR, 4, 0),
	SOCK_OPT(SO_REUSEPORT, 4, 0),
	SOCK_OPT(SO_DONTROUTE, 4, 0),
	SOCK_OPT(SO_BROADCAST, 4, 0),
	SOCK_OPT(SO_KEEPALIVE, 4, 0),
	SOCK_OPT(SO_OOBINLINE, 4, 0),
	SOCK_OPT(SO_NO_CHECK, 4, 0),
	SOCK_OPT(SO_LINGER, 8, LINGER),
	SOCK_OPT(SO_TIMESTAMP_OLD, 4, 0),
	SOCK_OPT(SO_TIMESTAMPNS_OLD, 4, 0),
	SOCK_OPT(SO_TIMESTAMP_NEW, 4, 0),
	SOCK_OPT(SO_TIMESTAMPNS_NEW, 4, 0),
	SOCK_OPT(SO_TIMESTAMPING_OLD, 8, REFUSE),
	SOCK_OPT(SO_RCVLOWAT, 4, 0),
	SOCK_OPT(SO_RCVTIMEO_NEW, 16, TIMEOUT),
	SOCK_OPT(SO_SNDTIMEO_NEW, 16, TIMEOUT),
	SOCK_OPT(SO_PASSCRED, 4, 0),
	SOCK_OPT(SO_PASSPIDFD, 4, 0),
	SOCK_OPT(SO_PASSSEC, 4, 0),
	SOCK_OPT(SO_PEEK_OFF, 4, 0),
	SOCK_OPT(SO_MARK, 4, 0),
	SOCK_OPT(SO_INCOMING_CPU, 4, 0),
	SOCK_OPT(SO_RCVMARK, 4, 0),
	SOCK_OPT(SO_RXQ_OVFL, 4, 0),
	SOCK_OPT(SO_WIFI_STATUS, 4, 0),
	SOCK_OPT(SO_NOFCS, 4, 0),
	SOCK_OPT(SO_LOCK_FILTER, 4, REFUSE),
	SOCK_OPT(SO_SELECT_ERR_QUEUE, 4, 0),
	SOCK_OPT(SO_BUSY_POLL, 4, 0),
	SOCK_OPT(SO_PREFER_BUSY_POLL, 4, 0),
	SOCK_OPT(SO_BINDTODEVICE, 16, 0),
	SOCK_OPT(SO_MAX_PACING_RATE, 8, 0),
	SOCK_OPT(SO_ZEROCOPY, 4, 0),
	SOCK_OPT(SO_RESERVE_MEM, 4, REFUSE),
	SOCK_OPT(SO_TXREHASH, 4, 0),
	IP_OPT(IP_PKTINFO, 0),
	IP_OPT(IP_RECVTTL, 0),
	IP_OPT(IP_RECVTOS, 0),
	IP_OPT(IP_RECVOPTS, 0),
	IP_OPT(IP_RETOPTS, 0),
	IP_OPT(IP_PASSSEC, 0),
	IP_OPT(IP_RECVORIGDSTADDR, 0),
	IP_OPT(IP_CHECKSUM, 0),
	IP_OPT(IP_RECVFRAGSIZE, 0),
	IP_OPT(IP_RECVERR, 0),
	IP_OPT(IP_RECVERR_RFC4884, 0),
	IP_OPT(IP_FREEBIND, 0),
	IP_OPT(IP_MULTICAST_LOOP, 0),
	IP_OPT(IP_MULTICAST_ALL, 0),
	IP_OPT(IP_TRANSPARENT, 0),
	IP_OPT(IP_NODEFRAG, 0),
	IP_OPT(IP_BIND_ADDRESS_NO_PORT, 0),
	IP_OPT(IP_TTL, 0),
	IP_OPT(IP_MINTTL, 0),
	IP_OPT(IP_MULTICAST_TTL, 0),
	IP_OPT(IP_MTU_DISCOVER, 0),
	IP_OPT(IP_TOS, 0),
	IP_OPT(IP_UNICAST_IF, REFUSE),
	IP_OPT(IP_MULTICAST_IF, REFUSE),
	IP_OPT(IP_LOCAL_PORT_RANGE, 0),
	/* IP_TOS has set it, too. */
	SOCK_OPT(SO_PRIORITY, 4, 0),
	IPV6_OPT(IPV6_V6ONLY, 0),
	IPV6_OPT(IPV6_RECVPKTINFO, 0),
	IPV6_OPT(IPV6_2292PKTINFO, 0),
	IPV6_OPT(IPV6_RECVHOPLIMIT, 0),
	IPV6_OPT(IPV6_2292HOPLIMIT, 0),
	IPV6_OPT(IPV6_RECVRTHDR, 0),
	IPV6_OPT(IPV6_2292RTHDR, 0),
	IPV6_OPT(IPV6_RECVHOPOPTS, 0),
	IPV6_OPT(IPV6_2292HOPOPTS, 0),
	IPV6_OPT(IPV6_RECVDSTOPTS, 0),
	IPV6_OPT(IPV6_2292DSTOPTS, 0),
	IPV6_OPT(IPV6_TCLASS, 0),
	IPV6_OPT(IPV6_RECVTCLASS, 0),
	IPV6_OPT(IPV6_FLOWINFO, 0),
	IPV6_OPT(IPV6_RECVPATHMTU, 0),
	IPV6_OPT(IPV6_TRANSPARENT, 0),
	IPV6_OPT(IPV6_FREEBIND, 0),
	IPV6_OPT(IPV6_RECVORIGDSTADDR, 0),
	IPV6_OPT(IPV6_UNICAST_HOPS, 0),
	IPV6_OPT(IPV6_MULTICAST_HOPS, 0),
	IPV6_OPT(IPV6_MULTICAST_LOOP, 0),
	IPV6_OPT(IPV6_MULTICAST_IF, REFUSE),
	IPV6_OPT(IPV6_MULTICAST_ALL, 0),
	IPV6_OPT(IPV6_ROUTER_ALERT_ISOLATE, 0),
	IPV6_OPT(IPV6_UNICAST_IF, REFUSE),
	IPV6_OPT(IPV6_MTU_DISCOVER, 0),
	IPV6_OPT(IPV6_RECVERR, 0),
	IPV6_OPT(IPV6_FLOWINFO_SEND, 0),
	IPV6_OPT(IPV6_ADDR_PREFERENCES, 0),
	IPV6_OPT(IPV6_MINHOPCOUNT, 0),
	IPV6_OPT(IPV6_DONTFRAG, 0),
	IPV6_OPT(IPV6_AUTOFLOWLABEL, 0),
	IPV6_OPT(IPV6_RECVFRAGSIZE, 0),
	IPV6_OPT(IPV6_RECVERR_RFC4884, 0),
	TCP_OPT(TCP_MAXSEG, 4, 0),
	TCP_OPT(TCP_NODELAY, 4, 0),
	TCP_OPT(TCP_CORK, 4, 0),
	TCP_OPT(TCP_KEEPIDLE, 4, 0),
	TCP_OPT(TCP_KEEPINTVL, 4, 0),
	TCP_OPT(TCP_KEEPCNT, 4, 0),
	TCP_OPT(TCP_SYNCNT, 4, 0),
	TCP_OPT(TCP_LINGER2, 4, 0),
	TCP_OPT(TCP_DEFER_ACCEPT, 4, 0),
	TCP_OPT(TCP_WINDOW_CLAMP, 4, 0),
	TCP_OPT(TCP_QUICKACK, 4, 0),
	TCP_OPT(TCP_CONGESTION, 16, 0),
	TCP_OPT(TCP_ULP, 16, REFUSE),
	TCP_OPT(TCP_THIN_LINEAR_TIMEOUTS, 4, 0),
	TCP_OPT(TCP_USER_TIMEOUT, 4, 0),
	TCP_OPT(TCP_FASTOPEN, 4, 0),
	TCP_OPT(TCP_FASTOPEN_CONNECT, 4, 0),
	TCP_OPT(TCP_FASTOPEN_NO_COOKIE, 4, 0),
	TCP_OPT(TCP_NOTSENT_LOWAT, 4, 0),
	TCP_OPT(TCP_INQ, 4, 0),
	TCP_OPT(TCP_SAVE_SYN, 4, 0),
	TCP_OPT(TCP_TX_DELAY, 4, REFUSE),
};

static_assert(ARRAY_SIZE(sockopts) <= CKPT_SOCKOPTS_MAX);

#define VALUE_MAX	sizeof_field(struct ckpt_sockopt, value)

/* The kernel may be built without some of them. */
static bool is_absent(int err)
{
	return err == -ENOPROTOOPT || err == -EOPNOTSUPP;
}

static int get_opt(struct sock *sk, const struct sock_option *o, u8 *value)
{
	const struct sock_level *l = levels;
	int len = o->len;

	while (l->level != o->level)
		l++;
	memset(value, 0, VALUE_MAX);
	if (!l->match(sk))
		return -ENOPROTOOPT;
	return l->get(sk, o->level, o->opt, KERNEL_SOCKPTR(value),
		      KERNEL_SOCKPTR(&len));
}

/* What has not been set says what the kernel would use, by the size of headers. */
static bool is_computed(const struct sock *sk, const struct sock_option *o)
{
	return o->level == SOL_TCP && o->opt == TCP_MAXSEG && sk_is_tcp(sk) &&
	       !tcp_sk(sk)->rx_opt.user_mss;
}

static int save_opt(struct ckpt_ctx *ctx, struct sock *sk,
		    const struct sock_option *o, struct ckpt_hdr_socket *h)
{
	struct ckpt_sockopt *to = &h->opts[h->nr_opts];
	int ret;

	ret = get_opt(sk, o, to->value);
	if (is_absent(ret) || is_computed(sk, o)) {
		memset(to->value, 0, VALUE_MAX);
		return 0;
	}
	if (ret)
		return ckpt_sock_err(ctx, sk, ret, "option %s cannot be read",
				     o->name);
	if (o->flags & REFUSE && memchr_inv(to->value, 0, VALUE_MAX))
		return ckpt_sock_err(ctx, sk, -EOPNOTSUPP,
				     "option %s is not supported", o->name);
	if (o->flags & REFUSE)
		return 0;
	to->level = o->level;
	to->name = o->opt;
	to->len = o->len;
	h->nr_opts++;
	return 0;
}

/**
 * checkpoint_sockopts - save the options of a socket
 * @ctx: the checkpoint
 * @sk: the socket
 * @h: its record, with room for ckpt_sockopts_max() elements
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_sockopts(struct ckpt_ctx *ctx, struct sock *sk,
			struct ckpt_hdr_socket *h)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(sockopts) && !ret; i++)
		ret = save_opt(ctx, sk, &sockopts[i], h);
	return ret;
}

/**
 * ckpt_sockopts_max - room that the options of a socket may take
 *
 * Return: number of elements.
 */
unsigned int ckpt_sockopts_max(void)
{
	return ARRAY_SIZE(sockopts);
}

/* Find the row of an option at or behind row @*i. */
static const struct sock_option *find_opt(const struct ckpt_sockopt *h, size_t *i)
{
	while (*i < ARRAY_SIZE(sockopts)) {
		const struct sock_option *o = &sockopts[(*i)++];

		if (o->level == h->level && o->opt == h->name)
			return o;
	}
	return NULL;
}

static bool timeout_ok(const u8 *value)
{
	struct __kernel_sock_timeval tv;

	memcpy(&tv, value, sizeof(tv));
	return tv.tv_usec >= 0 && tv.tv_usec < USEC_PER_SEC;
}

/**
 * ckpt_sockopts_validate - check the options in a SOCKET record
 * @v: the validator
 * @h: the record; @nr_opts elements are within it
 *
 * Return: 0, -EBADMSG or -EOPNOTSUPP
 */
int ckpt_sockopts_validate(struct ckpt_validator *v,
			   const struct ckpt_hdr_socket *h)
{
	const struct sock_option *o;
	size_t row = 0;
	u32 i;

	for (i = 0; i < h->nr_opts; i++) {
		const struct ckpt_sockopt *opt = &h->opts[i];

		o = find_opt(opt, &row);
		if (!o || o->flags & REFUSE) {
			v->why = "option of a socket is unknown or out of order";
			return -EOPNOTSUPP;
		}
		if (opt->len != o->len || opt->reserved ||
		    memchr_inv(opt->value + o->len, 0, VALUE_MAX - o->len))
			return ckpt_bad(v, "option of a socket has a wrong length");
		if (o->flags & TIMEOUT && !timeout_ok(opt->value))
			return ckpt_bad(v, "timeout of a socket");
	}
	return 0;
}

static int set_opt(struct socket *sock, const struct sock_option *o, u32 opt,
		   const u8 *value)
{
	u8 copy[VALUE_MAX];

	memcpy(copy, value, sizeof(copy));
	return do_sock_setsockopt(sock, false, o->level, opt,
				  KERNEL_SOCKPTR(copy), o->len);
}

/* Without privilege up to the limit of the system, and with it beyond. */
static int set_buffer(struct socket *sock, const struct sock_option *o,
		      const u8 *value)
{
	u32 force = o->opt == SO_SNDBUF ? SO_SNDBUFFORCE : SO_RCVBUFFORCE;
	u8 now[VALUE_MAX], half[VALUE_MAX] = {};
	int size, ret;

	memcpy(&size, value, sizeof(size));
	size /= 2;
	memcpy(half, &size, sizeof(size));
	ret = set_opt(sock, o, o->opt, half) ?: get_opt(sock->sk, o, now);
	if (ret || !memcmp(now, value, VALUE_MAX))
		return ret;
	return set_opt(sock, o, force, half);
}

static int set_linger(struct socket *sock, const struct sock_option *o,
		      const u8 *value)
{
	struct linger ling;
	u8 on[VALUE_MAX] = {};

	memcpy(&ling, value, sizeof(ling));
	ling.l_onoff = 1;
	memcpy(on, &ling, sizeof(ling));
	return set_opt(sock, o, o->opt, on) ?: set_opt(sock, o, o->opt, value);
}

static int change_opt(struct socket *sock, const struct sock_option *o,
		      const u8 *value)
{
	if (o->flags & BUFFER)
		return set_buffer(sock, o, value);
	if (o->flags & LINGER)
		return set_linger(sock, o, value);
	return set_opt(sock, o, o->opt, value);
}

static int restore_opt(struct ckpt_ctx *ctx, struct socket *sock,
		       const struct sock_option *o, const u8 *value, u64 ino)
{
	u8 now[VALUE_MAX];
	int ret;

	ret = get_opt(sock->sk, o, now);
	if (!ret && !memcmp(now, value, VALUE_MAX))
		return 0;
	if (!ret)
		ret = change_opt(sock, o, value) ?: get_opt(sock->sk, o, now);
	if (ret)
		return ckpt_err(ctx, ret, "socket:[%llu]: option %s cannot be set",
				ino, o->name);
	if (memcmp(now, value, VALUE_MAX))
		return ckpt_err(ctx, -EINVAL,
				"socket:[%llu]: option %s cannot be set to what it was",
				ino, o->name);
	return 0;
}

/**
 * restore_sockopts - set the options of a socket
 * @ctx: the restart
 * @sock: the socket, as it was made
 * @h: its record
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_sockopts(struct ckpt_ctx *ctx, struct socket *sock,
		     const struct ckpt_hdr_socket *h)
{
	size_t row = 0;
	int ret = 0;
	u32 i;

	for (i = 0; i < h->nr_opts && !ret; i++)
		ret = restore_opt(ctx, sock, find_opt(&h->opts[i], &row),
				  h->opts[i].value, h->ino);
	return ret;
}
