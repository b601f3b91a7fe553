/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHECKPOINT_NS_NET_H
#define _CHECKPOINT_NS_NET_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>
#include <net/addrconf.h>
#include <net/if_inet6.h>
#include <net/net_namespace.h>
#include <net/sch_generic.h>

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

#ifdef CONFIG_XFRM
static inline bool ckpt_net_has_xfrm(struct net *net)
{
	return memchr_inv(net->xfrm.policy_count, 0,
			  sizeof(net->xfrm.policy_count)) ||
	       !list_empty(&net->xfrm.state_all);
}
#else
static inline bool ckpt_net_has_xfrm(struct net *net)
{
	return false;
}
#endif

#if IS_ENABLED(CONFIG_IPV6)
/* Whether @dev has IPv6 addresses, which have no routes while it is down. */
static inline bool ckpt_netdev_has_ipv6(const struct net_device *dev)
{
	const struct inet6_dev *idev = __in6_dev_get(dev);

	return idev && !list_empty(&idev->addr_list);
}
#else
static inline bool ckpt_netdev_has_ipv6(const struct net_device *dev)
{
	return false;
}
#endif

/* Whether somebody has chosen how @dev queues its packets; under rtnl_lock(). */
static inline bool ckpt_netdev_has_qdisc(struct net_device *dev)
{
	const struct netdev_queue *ingress = dev_ingress_queue(dev);
	const struct Qdisc *q = rtnl_dereference(dev->qdisc);

	/* Those that come by themselves have no handle. */
	if (q && q->handle)
		return true;
	q = ingress ? rtnl_dereference(ingress->qdisc_sleeping) : NULL;
	return q && q->handle;
}

#endif /* _CHECKPOINT_NS_NET_H */
