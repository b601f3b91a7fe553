// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - network namespaces
 *
 * Saved: that the root task has one of its own; others that are as new: no
 *	interface but the loopback, which is down, no routes, rules, packet
 *	filters or IPsec; of others, for whoever restarts them, what is in them,
 *	see netconf.c, and where they are mounted, see ns_kept.c.
 * Not saved: settings below /proc/sys/net.
 * Refused: in namespaces other than the root task's packet filters, IPsec,
 *	nexthop objects, permanent neighbours, queueing disciplines and XDP
 *	programs that somebody has chosen; those of them that are not as new and
 *	that only a message in a queue keeps: a coordinator has to make them before
 *	restart().
 *
 * A coordinator makes what is in network namespaces. It is in the root task's when
 * it calls restart(), and supplies all others that are not as new, or mounted.
 */
#include <linux/err.h>
#include <linux/if.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/proc_ns.h>
#include <linux/rtnetlink.h>
#include <net/fib_notifier.h>
#include <net/net_namespace.h>
#include "container.h"
#include "namespaces.h"
#include "ns_net.h"

/* Whether there is more than in a new one, but for what ckpt_net_lost() tells. */
static bool in_use(struct net *net)
{
	struct net_device *dev;
	bool ret = false;

	rtnl_lock();
	for_each_netdev(net, dev)
		ret |= dev != net->loopback_dev || dev->flags & IFF_UP ||
		       ckpt_netdev_has_ipv6(dev);
	rtnl_unlock();
	/* Also those that have gone again: they may have been the ones to begin with. */
	return ret || fib_seq_sum(net);
}

/* What nobody would make again. */
static const char *lost_state(struct net *net)
{
	struct net_device *dev;
	const char *why = NULL;

	if (ckpt_net_has_filters(net))
		return "has packet filters";
	if (ckpt_net_has_xfrm(net))
		return "has IPsec policies or states";
	if (!RB_EMPTY_ROOT(&net->nexthop.rb_root))
		return "has nexthop objects";
	if (ckpt_net_has_bpf(net))
		return "has BPF programs";
	rtnl_lock();
	for_each_netdev(net, dev) {
		if (ckpt_netdev_has_qdisc(dev))
			why = "has queueing disciplines";
		else if (ckpt_netdev_has_ingress(dev) ||
			 ckpt_netdev_has_egress(dev))
			why = "has packet filters";
		else if (ckpt_netdev_has_bpf(dev))
			why = "has BPF programs";
		else if (dev_xdp_prog_count(dev))
			why = "has XDP programs";
	}
	rtnl_unlock();
	return why;
}

static int check_nested(struct ckpt_ctx *ctx, struct net *net, bool used)
{
	const char *why = lost_state(net);
	int ret;

	if (!why && used && ctx->ns_done)
		why = "is not as new, and nothing keeps it but a message in a queue";
	if (why)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"network namespace other than the root task's: %s",
				why);
	ret = ckpt_net_check_neighbours(ctx, net);
	if (ret || !used)
		return ret;
	/* Links lead back to that one, as its links come before all objects. */
	return min(ckpt_ns_id(ctx, &ctx->root_nsproxy->net_ns->ns), 0);
}

/* Who set these up for a container has to do so again. */
static void warn_of_lost(struct ckpt_ctx *ctx, struct net *net)
{
	const char *why = lost_state(net);

	if (why)
		ckpt_warn(ctx, "network namespace: %s, which are not saved", why);
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
	bool roots = net == ctx->root_nsproxy->net_ns;
	bool used = !roots && in_use(net);
	int user = ckpt_ns_owner_id(ctx, obj), ret = 0;

	if (user < 0)
		return user;
	if (roots)
		warn_of_lost(ctx, net);
	else
		ret = check_nested(ctx, net, used);
	if (ret)
		return ret;
	ret = ckpt_ns_fill(ctx, obj, user,
			   ckpt_new_obj(ctx, CKPT_HDR_NS_NET,
					sizeof(struct ckpt_hdr_ns)));
	if (!ret && used)
		ret = checkpoint_netconf_nested(ctx, net);
	return ret ?: checkpoint_kept_by(ctx, obj);
}

static void *not_supplied(struct ckpt_ctx *ctx, u32 id, const char *why)
{
	return ERR_PTR(ckpt_err(ctx, -EINVAL,
				"network namespace %u: %s: external resource \"ns:%u\" is missing",
				id, why, id));
}

/**
 * restore_ns_net - take the caller's network namespace, or make a new one
 * @ctx: the restart
 * @h: NS_NET record
 * @c: stands behind it
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

	if (IS_ERR(external))
		return external;
	if (external) {
		ret = ckpt_ns_check_owner(ctx, n, external);
		if (!ret)
			return external;
		ckpt_ns_put(external);
		return ERR_PTR(ret);
	}
	if (n->flags & CKPT_NS_ROOT) {
		net = current->nsproxy->net_ns;
		ret = ckpt_ns_check_owner(ctx, n, &net->ns);
		return ret ? ERR_PTR(ret) : &get_net(net)->ns;
	}
	if (ckpt_read_opt_type(c, CKPT_HDR_NET_MSG))
		return not_supplied(ctx, h->id, "had links or addresses");
	owner = ckpt_ns_owner(ctx, n);
	if (IS_ERR(owner))
		return owner;
	net = copy_net_ns(CLONE_NEWNET, owner, current->nsproxy->net_ns);
	if (IS_ERR(net))
		return ERR_PTR(ckpt_err(ctx, ckpt_ns_errno(PTR_ERR(net)),
					"network namespace"));
	return &net->ns;
}
