// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - AF_INET and AF_INET6 sockets
 *
 * Saved: TCP sockets that listen or are not connected, and UDP sockets: their
 *	addresses and options.
 * Not saved: TCP handshakes in progress; the other end starts again.
 * Refused: TCP connections, those that wait to be accepted included; datagrams
 *	that have not been read or sent; multicast groups, IP options, flow
 *	labels; TCP_MD5SIG, TCP-AO, TCP_REPAIR, TLS and other ULPs, TCP_FASTOPEN
 *	keys; UDP encapsulation, UDP_CORK, UDP_SEGMENT, UDP_GRO; BPF programs of
 *	SO_REUSEPORT; other protocols.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/inet.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/net.h>
#include <linux/security.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/inet_connection_sock.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/sock_reuseport.h>
#include <net/tcp.h>
#include <net/tcp_states.h>
#include <uapi/linux/lsm.h>
#include "lsm.h"
#include "socket.h"

/* ---- checkpoint ---- */

/* Fill an address of either family from the socket. */
static void local_addr(const struct sock *sk, u8 *to)
{
	if (sk->sk_family == AF_INET)
		memcpy(to, &inet_sk(sk)->inet_rcv_saddr, sizeof(__be32));
	else
		memcpy(to, &sk->sk_v6_rcv_saddr, sizeof(struct in6_addr));
}

static void peer_addr(const struct sock *sk, u8 *to)
{
	if (sk->sk_family == AF_INET)
		memcpy(to, &inet_sk(sk)->inet_daddr, sizeof(__be32));
	else
		memcpy(to, &sk->sk_v6_daddr, sizeof(struct in6_addr));
}

/* Returns the length of the address. */
static int make_addr(struct sockaddr_storage *to, int family, const u8 *addr,
		     u16 port, u32 scope, u32 flowinfo)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *sin = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	to->ss_family = family;
	if (family == AF_INET) {
		memcpy(&sin->sin_addr, addr, sizeof(sin->sin_addr));
		sin->sin_port = htons(port);
		return sizeof(*sin);
	}
	memcpy(&sin6->sin6_addr, addr, sizeof(sin6->sin6_addr));
	sin6->sin6_port = htons(port);
	sin6->sin6_scope_id = scope;
	sin6->sin6_flowinfo = (__force __be32)flowinfo;
	return sizeof(*sin6);
}

static int refuse_connection(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct sockaddr_storage local, peer;
	u8 addr[sizeof(struct in6_addr)] = {};

	local_addr(sk, addr);
	make_addr(&local, sk->sk_family, addr, ntohs(inet_sk(sk)->inet_sport), 0, 0);
	peer_addr(sk, addr);
	make_addr(&peer, sk->sk_family, addr, ntohs(inet_sk(sk)->inet_dport), 0, 0);
	return ckpt_sock_err(ctx, sk, -EOPNOTSUPP,
			     "TCP connection between %pISpc and %pISpc is not supported",
			     &local, &peer);
}

static const char *unsupported_tcp(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	if (tp->repair)
		return "option TCP_REPAIR is not supported";
	if (icsk->icsk_ulp_ops)
		return "option TCP_ULP is not supported";
	if (ckpt_tcp_has_md5(tp) || ckpt_tcp_has_ao(tp))
		return "options TCP_MD5SIG and TCP_AO are not supported";
	if (rcu_access_pointer(icsk->icsk_accept_queue.fastopenq.ctx))
		return "option TCP_FASTOPEN_KEY is not supported";
	if (sk->sk_state == TCP_LISTEN && READ_ONCE(sk->sk_ack_backlog))
		return "connections wait to be accepted";
	if (!skb_queue_empty_lockless(&sk->sk_receive_queue))
		return "data has not been read";
	return NULL;
}

static const char *unsupported_udp(const struct sock *sk)
{
	const struct udp_sock *up = udp_sk(sk);

	if (up->pending || udp_test_bit(CORK, sk))
		return "option UDP_CORK is not supported";
	/* It enables what UDP_ENCAP does. */
	if (udp_test_bit(GRO_ENABLED, sk))
		return "option UDP_GRO is not supported";
	if (up->encap_type || up->encap_rcv || udp_test_bit(ENCAP_ENABLED, sk))
		return "option UDP_ENCAP is not supported";
	if (READ_ONCE(up->gso_size))
		return "option UDP_SEGMENT is not supported";
	if (udp_test_bit(NO_CHECK6_TX, sk) || udp_test_bit(NO_CHECK6_RX, sk))
		return "options UDP_NO_CHECK6_TX and UDP_NO_CHECK6_RX are not supported";
	if (!skb_queue_empty_lockless(&sk->sk_receive_queue) ||
	    !skb_queue_empty_lockless(&up->reader_queue))
		return "datagrams have not been read";
	return NULL;
}

static bool has_reuseport_prog(const struct sock *sk)
{
	const struct sock_reuseport *reuse;
	bool ret;

	rcu_read_lock();
	reuse = rcu_dereference(sk->sk_reuseport_cb);
	ret = reuse && rcu_access_pointer(reuse->prog);
	rcu_read_unlock();
	return ret;
}

/*
 * Smack puts the label of a socket into an option. It does so again for the new
 * socket, by the label that it has then.
 */
static bool has_options(const struct sock *sk)
{
	const struct ip_options_rcu *opt;
	const struct ip_options *o;
	bool ret = false;

	rcu_read_lock();
	opt = rcu_dereference(inet_sk(sk)->inet_opt);
	if (opt) {
		o = &opt->opt;
		ret = !security_has_labels(LSM_ID_SMACK) ||
		      o->cipso != sizeof(struct iphdr) ||
		      o->faddr || o->srr || o->rr || o->ts || o->router_alert ||
		      o->optlen != ALIGN(o->__data[1], 4);
	}
	rcu_read_unlock();
	return ret;
}

static const char *unsupported_ip(const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	if (has_options(sk))
		return "option IP_OPTIONS is not supported";
	if (rcu_access_pointer(inet->mc_list))
		return "multicast groups are not supported";
	if (inet_test_bit(RTALERT, sk))
		return "option IP_ROUTER_ALERT is not supported";
	if (inet->mc_index)
		return "option IP_MULTICAST_IF is not supported";
	if (has_reuseport_prog(sk))
		return "has a BPF program (SO_ATTACH_REUSEPORT_EBPF)";
	if (READ_ONCE(sk->sk_user_data))
		return "is in use by the kernel or a BPF map";
	return ckpt_unsupported_ipv6(sk);
}

static const char *unsupported(const struct sock *sk)
{
	const char *what = unsupported_ip(sk);

	if (what)
		return what;
	return sk_is_tcp(sk) ? unsupported_tcp(sk) : unsupported_udp(sk);
}

static bool known_protocol(int type, int protocol)
{
	return (type == SOCK_STREAM && protocol == IPPROTO_TCP) ||
	       (type == SOCK_DGRAM && protocol == IPPROTO_UDP);
}

/**
 * checkpoint_inet_check - refuse sockets that cannot be saved
 * @ctx: the checkpoint
 * @sk: the socket
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_inet_check(struct ckpt_ctx *ctx, struct sock *sk)
{
	const char *what;

	if (!known_protocol(sk->sk_type, sk->sk_protocol))
		return ckpt_sock_err(ctx, sk, -EOPNOTSUPP,
				     "sockets of type %u and protocol %u are not supported",
				     sk->sk_type, sk->sk_protocol);
	if (sk_is_tcp(sk) && !((1 << READ_ONCE(sk->sk_state)) &
			       (TCPF_CLOSE | TCPF_LISTEN)))
		return refuse_connection(ctx, sk);
	what = unsupported(sk);
	return what ? ckpt_sock_err(ctx, sk, -EOPNOTSUPP, "%s", what) : 0;
}

static u32 flags_of(const struct sock *sk)
{
	u32 flags = 0;

	if (sk->sk_userlocks & SOCK_BINDADDR_LOCK)
		flags |= CKPT_INET_ADDR;
	if (sk->sk_userlocks & SOCK_BINDPORT_LOCK)
		flags |= CKPT_INET_PORT;
	if (inet_sk(sk)->inet_num)
		flags |= CKPT_INET_HAS_PORT;
	return flags;
}

/**
 * checkpoint_inet - save the addresses of a socket
 * @ctx: the checkpoint
 * @sk: the socket
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_inet(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct ckpt_hdr_sock_inet *h;

	h = ckpt_new_rec(ctx, CKPT_HDR_SOCK_INET, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->flags = flags_of(sk);
	h->port = ntohs(inet_sk(sk)->inet_sport);
	local_addr(sk, h->addr);
	if (sk->sk_family == AF_INET6)
		h->scope = READ_ONCE(sk->sk_bound_dev_if);
	if (sk->sk_state != TCP_ESTABLISHED)
		return 0;
	h->peer_port = ntohs(inet_sk(sk)->inet_dport);
	peer_addr(sk, h->peer);
	h->flowinfo = (__force u32)ckpt_ipv6_flowinfo(sk);
	return 0;
}

/* ---- validate ---- */

/**
 * ckpt_inet_valid - whether there is such an AF_INET or AF_INET6 socket
 * @h: the record
 *
 * Return: whether type and protocol are valid.
 */
bool ckpt_inet_valid(const struct ckpt_hdr_socket *h)
{
	return known_protocol(h->type, h->protocol);
}

static bool addr_ok(u32 family, const u8 *addr)
{
	return family == AF_INET6 || !memchr_inv(addr + 4, 0, 12);
}

/**
 * ckpt_sock_inet_validate - check a SOCK_INET record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_sock_inet_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_socket *s = (const void *)v->owner_hdr;
	const struct ckpt_hdr_sock_inet *i = (const void *)h;
	bool connected = s->state == CKPT_SOCK_CONNECTED;

	if (s->family != AF_INET && s->family != AF_INET6)
		return ckpt_bad(v, "addresses of a socket of another family");
	if (i->flags & ~(CKPT_INET_ADDR | CKPT_INET_PORT | CKPT_INET_HAS_PORT))
		return ckpt_bad(v, "unknown flags");
	if (!addr_ok(s->family, i->addr) || !addr_ok(s->family, i->peer))
		return ckpt_bad(v, "bad address of a socket");
	if (i->flags & CKPT_INET_HAS_PORT && !i->port)
		return ckpt_bad(v, "port is zero");
	if ((connected && s->type != SOCK_DGRAM) ||
	    (s->state == CKPT_SOCK_LISTEN && s->type != SOCK_STREAM))
		return ckpt_bad(v, "impossible state of a socket");
	if (!connected && (i->peer_port || i->flowinfo ||
			   memchr_inv(i->peer, 0, sizeof(i->peer))))
		return ckpt_bad(v, "peer of a socket without one");
	if (i->scope > INT_MAX || (s->family == AF_INET &&
				   (i->scope || i->flowinfo)))
		return ckpt_bad(v, "scope or flow of an address without");
	return 0;
}

/* ---- restart ---- */

static int restore_bind(struct ckpt_ctx *ctx, struct socket *sock,
			const struct ckpt_hdr_socket *s,
			const struct ckpt_hdr_sock_inet *h)
{
	static const u8 any[sizeof(h->addr)];
	u16 port = h->flags & CKPT_INET_HAS_PORT ? h->port : 0;
	struct sockaddr_storage addr;
	struct sock *sk = sock->sk;
	int len, ret;

	if (!port && !(h->flags & CKPT_INET_ADDR)) {
		/* Of a connection that is over. */
		inet_sk(sk)->inet_sport = htons(h->port);
		return 0;
	}
	len = make_addr(&addr, s->family,
			h->flags & CKPT_INET_ADDR ? h->addr : any, port,
			READ_ONCE(sk->sk_bound_dev_if), 0);
	ret = __sys_bind_socket(sock, &addr, len);
	if (ret)
		return ckpt_err(ctx, ret, "socket:[%llu]: cannot be bound to %pISpc: %pe",
				s->ino, &addr, ERR_PTR(ret));
	lock_sock(sk);
	sk->sk_userlocks &= ~(SOCK_BINDADDR_LOCK | SOCK_BINDPORT_LOCK);
	if (h->flags & CKPT_INET_ADDR)
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (h->flags & CKPT_INET_PORT)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	release_sock(sk);
	return 0;
}

static int restore_listen(struct ckpt_ctx *ctx, struct socket *sock,
			  const struct ckpt_hdr_socket *s)
{
	int ret = __sys_listen_socket(sock, s->backlog);

	if (ret)
		return ckpt_err(ctx, ret, "socket:[%llu]: cannot listen: %pe",
				s->ino, ERR_PTR(ret));
	return ckpt_restore_backlog(ctx, sock->sk, s);
}

static int restore_connect(struct ckpt_ctx *ctx, struct socket *sock,
			   const struct ckpt_hdr_socket *s,
			   const struct ckpt_hdr_sock_inet *h)
{
	u8 now[sizeof(h->addr)] = {};
	struct sockaddr_storage addr;
	int len, ret;

	len = make_addr(&addr, s->family, h->peer, h->peer_port,
			READ_ONCE(sock->sk->sk_bound_dev_if), h->flowinfo);
	ret = security_socket_connect(sock, (struct sockaddr *)&addr, len);
	if (!ret)
		ret = kernel_connect(sock, (struct sockaddr *)&addr, len, 0);
	if (ret)
		return ckpt_err(ctx, ret,
				"socket:[%llu]: cannot be connected to %pISpc: %pe",
				s->ino, &addr, ERR_PTR(ret));
	/* Routes decide which address is used. */
	local_addr(sock->sk, now);
	if (memcmp(now, h->addr, sizeof(now)))
		return ckpt_err(ctx, -ESTALE,
				"socket:[%llu]: %pISpc is reached from another address now",
				s->ino, &addr);
	return 0;
}

/**
 * restore_inet - restore addresses and state of a socket
 * @ctx: the restart
 * @sock: the socket, with its options
 * @s: its record
 * @c: stands behind it
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_inet(struct ckpt_ctx *ctx, struct socket *sock,
		 const struct ckpt_hdr_socket *s, struct ckpt_cursor *c)
{
	const struct ckpt_hdr_sock_inet *h;
	int ret;

	h = ckpt_read_obj_type(c, CKPT_HDR_SOCK_INET);
	if (IS_ERR(h))
		return PTR_ERR(h);
	ret = restore_bind(ctx, sock, s, h);
	if (!ret && s->state == CKPT_SOCK_LISTEN)
		ret = restore_listen(ctx, sock, s);
	if (!ret && s->state == CKPT_SOCK_CONNECTED)
		ret = restore_connect(ctx, sock, s, h);
	if (ret)
		return ret;
	WRITE_ONCE(sock->sk->sk_shutdown, s->shutdown);
	WRITE_ONCE(sock->sk->sk_err, s->err);
	return 0;
}
