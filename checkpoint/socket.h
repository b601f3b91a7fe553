/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - sockets
 */
#ifndef _CHECKPOINT_SOCKET_H
#define _CHECKPOINT_SOCKET_H

#include <linux/ipv6.h>
#include <linux/net.h>
#include <linux/tcp.h>
#include <net/af_unix.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include "internal.h"

/* socket.c: what all sockets have in common */
bool ckpt_file_socket_match(struct ckpt_ctx *ctx, struct file *file);
int checkpoint_socket(struct ckpt_ctx *ctx, void *obj);
int checkpoint_file_socket(struct ckpt_ctx *ctx, void *obj);
int checkpoint_sockets_end(struct ckpt_ctx *ctx);
int ckpt_socket_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_file_socket_validate(struct ckpt_validator *v,
			      const struct ckpt_hdr *h);
void *restore_socket(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c);
void *restore_file_socket(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			  struct ckpt_cursor *c);
int restore_sockets(struct ckpt_ctx *ctx);
void ckpt_socket_put(void *obj);
__printf(4, 5) int ckpt_sock_err(struct ckpt_ctx *ctx, const struct sock *sk,
				 int err, const char *fmt, ...);
const struct ckpt_hdr_socket *ckpt_socket_rec(struct ckpt_ctx *ctx, u32 id);
struct socket *ckpt_restored_socket(struct ckpt_ctx *ctx, u32 id);
int ckpt_restore_backlog(struct ckpt_ctx *ctx, struct sock *sk,
			 const struct ckpt_hdr_socket *h);

/* sock_opts.c: options */
int checkpoint_sockopts(struct ckpt_ctx *ctx, struct sock *sk,
			struct ckpt_hdr_socket *h);
unsigned int ckpt_sockopts_max(void);
int ckpt_sockopts_validate(struct ckpt_validator *v,
			   const struct ckpt_hdr_socket *h);
int restore_sockopts(struct ckpt_ctx *ctx, struct socket *sock,
		     const struct ckpt_hdr_socket *h);

/* sock_inet.c: AF_INET and AF_INET6 */
bool ckpt_inet_valid(const struct ckpt_hdr_socket *h);
int checkpoint_inet_check(struct ckpt_ctx *ctx, struct sock *sk);
int checkpoint_inet(struct ckpt_ctx *ctx, struct sock *sk);
int ckpt_sock_inet_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int restore_inet(struct ckpt_ctx *ctx, struct socket *sock,
		 const struct ckpt_hdr_socket *h, struct ckpt_cursor *c);

/* sock_netlink.c: AF_NETLINK */
bool ckpt_netlink_valid(const struct ckpt_hdr_socket *h);
int checkpoint_netlink_check(struct ckpt_ctx *ctx, struct sock *sk);
int checkpoint_netlink(struct ckpt_ctx *ctx, struct sock *sk);
int ckpt_sock_netlink_validate(struct ckpt_validator *v,
			       const struct ckpt_hdr *h);
int restore_netlink(struct ckpt_ctx *ctx, struct socket *sock,
		    const struct ckpt_hdr_socket *s, struct ckpt_cursor *c);

/* sock_unix.c: AF_UNIX */
bool ckpt_unix_valid(const struct ckpt_hdr_socket *h);
int checkpoint_unix_check(struct ckpt_ctx *ctx, struct sock *sk);
int checkpoint_unix_end(struct ckpt_ctx *ctx);
int ckpt_sock_unix_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int ckpt_skb_validate(struct ckpt_validator *v, const struct ckpt_hdr *h);
int restore_unix(struct ckpt_ctx *ctx);
void ckpt_unix_collect(void);

/* A connection that waits to be accepted belongs to no file yet. */
static inline bool ckpt_is_embryo(const struct sock *sk)
{
	return !sk->sk_socket && !sock_flag(sk, SOCK_DEAD);
}

#if IS_ENABLED(CONFIG_IPV6)
#define ckpt_ipv6_getsockopt	do_ipv6_getsockopt

static inline const char *ckpt_unsupported_ipv6(const struct sock *sk)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);

	if (sk->sk_family != AF_INET6)
		return NULL;
	if (rcu_access_pointer(np->opt))
		return "extension headers (IPV6_HOPOPTS, IPV6_RTHDR, ...) are not supported";
	if (rcu_access_pointer(np->ipv6_mc_list) || np->ipv6_ac_list)
		return "multicast groups are not supported";
	if (rcu_access_pointer(inet_sk(sk)->ipv6_fl_list) ||
	    inet6_test_bit(REPFLOW, sk))
		return "flow labels are not supported";
	/* These can be set, but getsockopt() does not tell. */
	if (READ_ONCE(np->frag_size))
		return "option IPV6_MTU is not supported";
	if (np->sticky_pktinfo.ipi6_ifindex ||
	    !ipv6_addr_any(&np->sticky_pktinfo.ipi6_addr))
		return "option IPV6_PKTINFO is not supported";
	return NULL;
}

static inline __be32 ckpt_ipv6_flowinfo(const struct sock *sk)
{
	return sk->sk_family == AF_INET6 ? inet6_sk(sk)->flow_label : 0;
}
#else
static inline const char *ckpt_unsupported_ipv6(const struct sock *sk)
{
	return NULL;
}

static inline __be32 ckpt_ipv6_flowinfo(const struct sock *sk)
{
	return 0;
}

static inline int ckpt_ipv6_getsockopt(struct sock *sk, int level, int optname,
				       sockptr_t optval, sockptr_t optlen)
{
	return -ENOPROTOOPT;
}
#endif

#ifdef CONFIG_TCP_MD5SIG
static inline bool ckpt_tcp_has_md5(const struct tcp_sock *tp)
{
	return rcu_access_pointer(tp->md5sig_info);
}
#else
static inline bool ckpt_tcp_has_md5(const struct tcp_sock *tp)
{
	return false;
}
#endif

#ifdef CONFIG_TCP_AO
static inline bool ckpt_tcp_has_ao(const struct tcp_sock *tp)
{
	return rcu_access_pointer(tp->ao_info);
}
#else
static inline bool ckpt_tcp_has_ao(const struct tcp_sock *tp)
{
	return false;
}
#endif

#if IS_ENABLED(CONFIG_AF_UNIX_OOB)
static inline const struct sk_buff *ckpt_oob_skb(const struct sock *sk)
{
	return unix_sk(sk)->oob_skb;
}
#else
static inline const struct sk_buff *ckpt_oob_skb(const struct sock *sk)
{
	return NULL;
}
#endif

#ifdef CONFIG_BPF_SYSCALL
static inline bool ckpt_has_bpf_storage(const struct sock *sk)
{
	return rcu_access_pointer(sk->sk_bpf_storage);
}
#else
static inline bool ckpt_has_bpf_storage(const struct sock *sk)
{
	return false;
}
#endif

#endif /* _CHECKPOINT_SOCKET_H */
