/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHECKPOINT_NS_NET_H
#define _CHECKPOINT_NS_NET_H

#include <linux/netfilter.h>
#include <net/net_namespace.h>

#ifdef CONFIG_NETFILTER
/* Whether anything listens to the packets of @net. */
static inline bool ckpt_net_has_filters(const struct net *net)
{
	return memchr_inv(net->nf.hooks_ipv4, 0, sizeof(net->nf.hooks_ipv4)) ||
	       memchr_inv(net->nf.hooks_ipv6, 0, sizeof(net->nf.hooks_ipv6));
}
#else
static inline bool ckpt_net_has_filters(const struct net *net)
{
	return false;
}
#endif

#endif /* _CHECKPOINT_NS_NET_H */
