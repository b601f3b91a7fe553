// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - network namespaces
 *
 * Saved: that the root task has one of its own; others that are as new: no
 *	interface but the loopback, which is down, no routes, rules, packet
 *	filters or IPsec.
 * Not saved: interfaces, addresses and routes of the root task's. A coordinator
 *	makes them, and is in the namespace when it calls restart(). Settings
 *	below /proc/sys/net.
 * Refused: other namespaces that have anything in them.
 */
#include <linux/err.h>
#include <linux/if.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/proc_ns.h>
#include <linux/rtnetlink.h>
#include <net/fib_notifier.h>
#include <net/net_namespace.h>
#include "namespaces.h"
#include "ns_net.h"

static const char *not_as_new(struct net *net)
{
	struct net_device *dev;
	const char *why = NULL;

	rtnl_lock();
	for_each_netdev(net, dev) {
		if (dev != net->loopback_dev)
			why = "has interfaces";
		else if (dev->flags & IFF_UP)
			why = "its loopback interface is up";
		else if (ckpt_netdev_has_ipv6(dev))
			why = "its loopback interface has addresses";
	}
	rtnl_unlock();
	if (why)
		return why;
	if (ckpt_net_has_filters(net))
		return "has packet filters";
	if (ckpt_net_has_xfrm(net))
		return "has IPsec policies or states";
	/* Also those that have gone again: they may have been the ones to begin with. */
	return fib_seq_sum(net) ? "has routes or rules of its own" : NULL;
}

/**
 * checkpoint_ns_net - write a network namespace
 * @ctx: the checkpoint
 * @obj: struct ns_common
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_ns_net(struct ckpt_ctx *ctx, void *obj)
{
	struct net *net = container_of(obj, struct net, ns);
	int user = ckpt_ns_owner_id(ctx, obj);
	const char *why = NULL;

	if (user < 0)
		return user;
	if (net != ctx->root_nsproxy->net_ns)
		why = not_as_new(net);
	if (why)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"network namespace other than the root task's: %s",
				why);
	return ckpt_ns_fill(ctx, obj, user,
			    ckpt_new_obj(ctx, CKPT_HDR_NS_NET,
					 sizeof(struct ckpt_hdr_ns)));
}

/**
 * restore_ns_net - take the caller's network namespace, or make a new one
 * @ctx: the restart
 * @h: NS_NET record
 * @c: unused
 *
 * Return: its struct ns_common, referenced, or ERR_PTR() of a reported errno.
 */
void *restore_ns_net(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c)
{
	struct ns_common *external = ckpt_ns_external(ctx, h->id, CLONE_NEWNET);
	const struct ckpt_hdr_ns *n = (const void *)h;
	struct user_namespace *owner;
	struct net *net;
	int ret;

	if (external)
		return external;
	if (n->flags & CKPT_NS_ROOT) {
		net = current->nsproxy->net_ns;
		ret = ckpt_ns_check_owner(ctx, n, &net->ns);
		return ret ? ERR_PTR(ret) : &get_net(net)->ns;
	}
	owner = ckpt_ns_owner(ctx, n);
	if (IS_ERR(owner))
		return owner;
	net = copy_net_ns(CLONE_NEWNET, owner, current->nsproxy->net_ns);
	if (IS_ERR(net))
		return ERR_PTR(ckpt_err(ctx, ckpt_ns_errno(PTR_ERR(net)),
					"network namespace"));
	return &net->ns;
}
