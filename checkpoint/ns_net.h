/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHECKPOINT_NS_NET_H
#define _CHECKPOINT_NS_NET_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>
#include <net/addrconf.h>
#include <net/if_inet6.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_tables.h>
#include <net/sch_generic.h>

#if IS_BUILTIN(CONFIG_NF_TABLES)
static inline bool ckpt_net_has_tables(const struct net *net)
{
	return !list_empty(&nft_pernet(net)->tables);
}
#else
static inline bool ckpt_net_has_tables(const struct net *net)
{
	return false;
}
#endif

#ifdef CONFIG_NETFILTER
/* Security modules listen in every namespace: nobody has chosen that. */
static inline bool ckpt_hook_is_chosen(const struct nf_hook_ops *ops)
{
	return ops->priv || ops->hook_ops_type != NF_HOOK_OP_UNDEFINED ||
	       (ops->priority != NF_IP_PRI_SELINUX_FIRST &&
		ops->priority != NF_IP_PRI_SELINUX_LAST);
}

static inline bool ckpt_net_has_hooks(struct nf_hook_entries __rcu * const *hooks,
				      unsigned int nr)
{
	const struct nf_hook_entries *e;
	struct nf_hook_ops **ops;
	bool ret = false;
	unsigned int i;

	rcu_read_lock();
	while (nr--) {
		e = rcu_dereference(hooks[nr]);
		if (!e)
			continue;
		ops = nf_hook_entries_get_hook_ops(e);
		for (i = 0; i < e->num_hook_entries; i++)
			ret |= ckpt_hook_is_chosen(ops[i]);
	}
	rcu_read_unlock();
	return ret;
}
#endif

#ifdef CONFIG_NETFILTER_FAMILY_ARP
static inline bool ckpt_net_has_arp_hooks(const struct net *net)
{
	return ckpt_net_has_hooks(net->nf.hooks_arp, ARRAY_SIZE(net->nf.hooks_arp));
}
#else
static inline bool ckpt_net_has_arp_hooks(const struct net *net)
{
	return false;
}
#endif

#ifdef CONFIG_NETFILTER_FAMILY_BRIDGE
static inline bool ckpt_net_has_bridge_hooks(const struct net *net)
{
	return ckpt_net_has_hooks(net->nf.hooks_bridge,
				  ARRAY_SIZE(net->nf.hooks_bridge));
}
#else
static inline bool ckpt_net_has_bridge_hooks(const struct net *net)
{
	return false;
}
#endif

#ifdef CONFIG_NETFILTER
/* Whether anything listens to the packets of @net, or is there to do so. */
static inline bool ckpt_net_has_filters(const struct net *net)
{
	return ckpt_net_has_hooks(net->nf.hooks_ipv4,
				  ARRAY_SIZE(net->nf.hooks_ipv4)) ||
	       ckpt_net_has_hooks(net->nf.hooks_ipv6,
				  ARRAY_SIZE(net->nf.hooks_ipv6)) ||
	       ckpt_net_has_arp_hooks(net) || ckpt_net_has_bridge_hooks(net) ||
	       ckpt_net_has_tables(net);
}
#else
static inline bool ckpt_net_has_filters(const struct net *net)
{
	return false;
}
#endif

#ifdef CONFIG_NETFILTER_INGRESS
static inline bool ckpt_netdev_has_ingress(const struct net_device *dev)
{
	return rcu_access_pointer(dev->nf_hooks_ingress);
}
#else
static inline bool ckpt_netdev_has_ingress(const struct net_device *dev)
{
	return false;
}
#endif

#ifdef CONFIG_NETFILTER_EGRESS
static inline bool ckpt_netdev_has_egress(const struct net_device *dev)
{
	return rcu_access_pointer(dev->nf_hooks_egress);
}
#else
static inline bool ckpt_netdev_has_egress(const struct net_device *dev)
{
	return false;
}
#endif

#ifdef CONFIG_NET_XGRESS
static inline bool ckpt_netdev_has_bpf(const struct net_device *dev)
{
	return rcu_access_pointer(dev->tcx_ingress) ||
	       rcu_access_pointer(dev->tcx_egress);
}
#else
static inline bool ckpt_netdev_has_bpf(const struct net_device *dev)
{
	return false;
}
#endif

/* Programs that find sockets, or dissect packets. */
static inline bool ckpt_net_has_bpf(const struct net *net)
{
	return memchr_inv(net->bpf.run_array, 0, sizeof(net->bpf.run_array));
}

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
