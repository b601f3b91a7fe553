// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the network configuration of a container, for its
 * coordinator
 *
 * Saved: what rtnetlink tells of the links, addresses, routes and rules of the
 *	root task's network namespace, if it has another than the caller of
 *	checkpoint(), one record for each message; and of links in the caller's
 *	namespace that lead into it, with their addresses and the bridges they
 *	belong to. The same for other network namespaces of the tree that are not
 *	as new, with the namespaces that links lead to.
 * Not saved: sysctls, packet filters, queueing disciplines, neighbours and IPsec
 *	policies, which coordinators of containers set up themselves.
 * Refused in namespaces other than the root task's, besides what ns_net.c lists:
 *	neighbours that somebody has entered; links that lead to a namespace that
 *	is neither the tree's nor the caller's, or, but for veths, to one that
 *	comes later.
 *
 * The messages are asked for and answered as for a program with a socket in the
 * namespace. So they need no description here, every netlink library reads them,
 * and a new kind of link brings its attributes along. The kernel itself does
 * not use them at restart.
 */
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/net.h>
#include <linux/net_namespace.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/netlink.h>
#include <net/sock.h>
#include "container.h"
#include "internal.h"
#include "namespaces.h"

/* What one answer may take; rtnetlink cuts its answers to fit. */
#define ANSWER_MAX	32768

/**
 * struct netconf - the way to one network namespace
 * @ctx: the checkpoint
 * @sock: socket in the namespace
 * @net: the container's namespace
 * @buf: the latest answer, %ANSWER_MAX bytes
 * @flags: for the records
 * @peer: the same, of links in namespaces other than the root task's
 * @latest: the record that has been written last
 * @leads_outside: there are links in the namespace that lead to the caller's
 * @links: links of the caller's namespace that matter, by index
 */
struct netconf {
	struct ckpt_ctx *ctx;
	struct socket *sock;
	struct net *net;
	void *buf;
	u32 flags;
	u32 peer;
	u8 neigh_flags;
	void *latest;
	bool leads_outside;
	struct xarray links;
};

typedef int (*message_fn)(struct netconf *nc, const struct nlmsghdr *nlh);

/* The messages that are kept, and how long their fixed parts are. */
static const struct {
	u16 type;
	u16 len;
} kept[] = {
	{ RTM_NEWLINK,	sizeof(struct ifinfomsg) },
	{ RTM_NEWADDR,	sizeof(struct ifaddrmsg) },
	{ RTM_NEWROUTE,	sizeof(struct rtmsg) },
	{ RTM_NEWRULE,	sizeof(struct fib_rule_hdr) },
};

/* No fixed part of a question is longer than this one, and zeros ask for all. */
struct question {
	struct nlmsghdr nlh;
	union {
		struct ifinfomsg ifi;
		struct ndmsg ndm;
	};
	struct nlattr attr;
	u32 mask;
};

static int ask(struct netconf *nc, u16 type, int ifindex)
{
	struct question q = {
		.nlh = {
			.nlmsg_len = sizeof(q),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | (ifindex ? 0 : NLM_F_DUMP),
		},
		.ifi.ifi_index = ifindex,
		.attr = { .nla_len = nla_attr_size(sizeof(u32)), .nla_type = IFLA_EXT_MASK },
		.mask = RTEXT_FILTER_SKIP_STATS,
	};
	struct kvec vec = { .iov_base = &q, .iov_len = sizeof(q) };
	struct msghdr msg = {};
	int ret;

	if (type == RTM_GETNEIGH)
		q.ndm.ndm_flags = nc->neigh_flags;
	if (type != RTM_GETLINK) {
		/* What follows this one is looked at. */
		q.nlh.nlmsg_len = NLMSG_LENGTH(type == RTM_GETNEIGH ?
					       sizeof(struct ndmsg) : sizeof(q.ifi));
		vec.iov_len = q.nlh.nlmsg_len;
	}
	ret = kernel_sendmsg(nc->sock, &msg, &vec, 1, vec.iov_len);
	return ret < 0 ? ret : 0;
}

static int add_message(struct netconf *nc, const struct nlmsghdr *nlh)
{
	struct ckpt_hdr_net_msg *h;
	struct nlmsghdr *copy;

	h = ckpt_new_rec(nc->ctx, CKPT_HDR_NET_MSG,
			 ALIGN(sizeof(*h) + nlh->nlmsg_len, 8));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->flags = nc->flags;
	h->peer = nc->peer;
	memcpy(h->msg, nlh, nlh->nlmsg_len);
	/* Whose question it answered is nobody's business. */
	copy = (void *)h->msg;
	copy->nlmsg_flags = 0;
	copy->nlmsg_seq = 0;
	copy->nlmsg_pid = 0;
	nc->latest = h;
	return 0;
}

/* Return: 1 at the end of the answer, 0, or a negative errno. */
static int take_answer(struct netconf *nc, int len, message_fn fn)
{
	const struct nlmsghdr *nlh = nc->buf;
	int ret;

	for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
		if (nlh->nlmsg_type == NLMSG_DONE)
			return 1;
		if (nlh->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)nlmsg_data(nlh))->error ?: 1;
		ret = fn(nc, nlh);
		if (ret || !(nlh->nlmsg_flags & NLM_F_MULTI))
			return ret ?: 1;
	}
	return 0;
}

/*
 * The answers do not change in between: the tasks of the container are stopped.
 * If somebody else changes the configuration right now, it is theirs.
 */
static int query(struct netconf *nc, u16 type, int ifindex, message_fn fn)
{
	struct kvec vec = { .iov_base = nc->buf, .iov_len = ANSWER_MAX };
	struct msghdr msg = {};
	int ret;

	ret = ask(nc, type, ifindex);
	while (!ret) {
		ret = kernel_recvmsg(nc->sock, &msg, &vec, 1, ANSWER_MAX,
				     MSG_DONTWAIT);
		if (ret >= 0)
			ret = msg.msg_flags & MSG_TRUNC ? -EMSGSIZE :
			      take_answer(nc, ret, fn);
	}
	return ret < 0 ? ret : 0;
}

/* ---- what leads into the container ---- */

static u32 link_attr(const struct nlmsghdr *nlh, int attr, u32 none)
{
	const struct nlattr *nla = nlmsg_find_attr(nlh, sizeof(struct ifinfomsg), attr);

	return nla ? nla_get_u32(nla) : none;
}

static int remember(struct netconf *nc, int ifindex)
{
	return xa_err(xa_store(&nc->links, ifindex, xa_mk_value(1),
			       GFP_KERNEL_ACCOUNT));
}

/* A link of the caller's namespace: does it lead into the container's? */
static int look_at_outside(struct netconf *nc, const struct nlmsghdr *nlh)
{
	const struct ifinfomsg *ifi = nlmsg_data(nlh);
	u32 nsid = link_attr(nlh, IFLA_LINK_NETNSID, NETNSA_NSID_NOT_ASSIGNED);
	u32 master = link_attr(nlh, IFLA_MASTER, 0);
	struct net *net;
	int ret = 0;

	if (nsid == (u32)NETNSA_NSID_NOT_ASSIGNED)
		return 0;
	net = get_net_ns_by_id(sock_net(nc->sock->sk), nsid);
	if (!net)
		return 0;
	if (net == nc->net)
		ret = remember(nc, ifi->ifi_index);
	if (!ret && net == nc->net && master)
		ret = remember(nc, master);
	put_net(net);
	return ret;
}

static int add_outside_address(struct netconf *nc, const struct nlmsghdr *nlh)
{
	const struct ifaddrmsg *ifa = nlmsg_data(nlh);

	return xa_load(&nc->links, ifa->ifa_index) ? add_message(nc, nlh) : 0;
}

static int add_outside(struct netconf *nc)
{
	unsigned long ifindex;
	void *entry;
	int ret;

	nc->flags = CKPT_NET_OUTSIDE;
	ret = query(nc, RTM_GETLINK, 0, look_at_outside);
	xa_for_each(&nc->links, ifindex, entry)
		if (!ret)
			ret = query(nc, RTM_GETLINK, ifindex, add_message);
	if (!ret && !xa_empty(&nc->links))
		ret = query(nc, RTM_GETADDR, 0, add_outside_address);
	return ret;
}

static int add_rules(struct netconf *nc)
{
	int ret = query(nc, RTM_GETRULE, 0, add_message);

	/* A kernel without IP_MULTIPLE_TABLES has none. */
	return ret == -EOPNOTSUPP ? 0 : ret;
}

static int add_inside(struct netconf *nc)
{
	return query(nc, RTM_GETLINK, 0, add_message) ?:
	       query(nc, RTM_GETADDR, 0, add_message) ?:
	       query(nc, RTM_GETROUTE, 0, add_message) ?:
	       add_rules(nc);
}

/* ---- namespaces other than the root task's ---- */

static const char *link_name(const struct nlmsghdr *nlh)
{
	const struct nlattr *nla = nlmsg_find_attr(nlh, sizeof(struct ifinfomsg),
						   IFLA_IFNAME);

	return nla ? nla_data(nla) : "?";
}

static bool is_veth(const struct nlmsghdr *nlh)
{
	const struct nlattr *info, *kind = NULL;

	info = nlmsg_find_attr(nlh, sizeof(struct ifinfomsg), IFLA_LINKINFO);
	if (info)
		kind = nla_find_nested(info, IFLA_INFO_KIND);
	return kind && !nla_strcmp(kind, "veth");
}

static int leads_astray(struct ckpt_ctx *ctx, const struct nlmsghdr *nlh)
{
	return ckpt_err(ctx, -EOPNOTSUPP,
			"network namespace: link %s leads to one that is neither the tree's nor the caller's",
			link_name(nlh));
}

/*
 * Which namespace a link leads to. Of two ends in two namespaces the one that is
 * written later refers to the other.
 */
static int find_peer(struct netconf *nc, const struct nlmsghdr *nlh,
		     struct net *net, bool *later)
{
	int ret;

	if (net == current->nsproxy->net_ns) {
		nc->leads_outside = true;
		return 0;
	}
	if (ckpt_obj_known(nc->ctx, &net->ns)) {
		ret = checkpoint_obj(nc->ctx, CKPT_HDR_NS_NET, &net->ns);
		nc->peer = ret;
		return min(ret, 0);
	}
	if (ckpt_ns_shared(nc->ctx, &net->ns))
		return leads_astray(nc->ctx, nlh);
	if (!is_veth(nlh))
		return ckpt_err(nc->ctx, -EOPNOTSUPP,
				"network namespace: link %s is on top of one in a namespace that comes later",
				link_name(nlh));
	*later = true;
	return 0;
}

/* The record that has just been written tells which link it is about. */
static int expect_peer(struct netconf *nc, struct net *net, void *rec)
{
	int ret = xa_err(xa_store(&nc->ctx->net_peers, (unsigned long)&net->ns,
				  rec, GFP_KERNEL_ACCOUNT));

	return ret ? ckpt_err(nc->ctx, ret, "network namespace") : 0;
}

static int add_nested_link(struct netconf *nc, const struct nlmsghdr *nlh)
{
	u32 nsid = link_attr(nlh, IFLA_LINK_NETNSID, NETNSA_NSID_NOT_ASSIGNED);
	bool later = false;
	struct net *net;
	int ret;

	if (nsid == (u32)NETNSA_NSID_NOT_ASSIGNED)
		return add_message(nc, nlh);
	net = get_net_ns_by_id(nc->net, nsid);
	if (!net)
		return leads_astray(nc->ctx, nlh);
	ret = find_peer(nc, nlh, net, &later) ?: add_message(nc, nlh);
	if (!ret && later)
		ret = expect_peer(nc, net, nc->latest);
	nc->peer = 0;
	put_net(net);
	return ret;
}

static int look_at_neighbour(struct netconf *nc, const struct nlmsghdr *nlh)
{
	const struct ndmsg *ndm = nlmsg_data(nlh);

	if (ndm->ndm_state & NUD_PERMANENT)
		return ckpt_err(nc->ctx, -EOPNOTSUPP,
				"network namespace other than the root task's: has permanent neighbours");
	if (ndm->ndm_flags & NTF_PROXY)
		return ckpt_err(nc->ctx, -EOPNOTSUPP,
				"network namespace other than the root task's: has proxies for neighbours");
	return 0;
}

static int add_nested(struct netconf *nc)
{
	return query(nc, RTM_GETLINK, 0, add_nested_link) ?:
	       query(nc, RTM_GETADDR, 0, add_message) ?:
	       query(nc, RTM_GETROUTE, 0, add_message) ?:
	       add_rules(nc);
}

static int look_at_neighbours(struct netconf *nc)
{
	int ret = query(nc, RTM_GETNEIGH, 0, look_at_neighbour);

	/* These are asked for apart. */
	nc->neigh_flags = NTF_PROXY;
	return ret ?: query(nc, RTM_GETNEIGH, 0, look_at_neighbour);
}

/* ---- all of it ---- */

static int with_socket(struct netconf *nc, struct net *net,
		       int (*fn)(struct netconf *nc))
{
	int ret = sock_create_kern(net, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE,
				   &nc->sock);

	/* It says so for want of memory. */
	if (ret == -ENFILE)
		ret = -ENOMEM;
	if (ret)
		return ret;
	ret = fn(nc);
	sock_release(nc->sock);
	return ret;
}

/* The network namespace of the root task; NULL if it is the caller's. */
static struct net *get_own_net(struct ckpt_ctx *ctx)
{
	struct task_struct *tsk = ctx->root_thread;
	struct net *net = NULL;

	task_lock(tsk);
	if (tsk->nsproxy && tsk->nsproxy->net_ns != current->nsproxy->net_ns)
		net = get_net(tsk->nsproxy->net_ns);
	task_unlock(tsk);
	return net;
}

static int add_configuration(struct netconf *nc, int (*inside)(struct netconf *nc))
{
	int ret = -ENOMEM;

	xa_init(&nc->links);
	nc->buf = kvmalloc(ANSWER_MAX, GFP_KERNEL_ACCOUNT);
	if (nc->buf)
		ret = with_socket(nc, nc->net, inside);
	if (!ret && nc->leads_outside)
		ret = with_socket(nc, current->nsproxy->net_ns, add_outside);
	kvfree(nc->buf);
	xa_destroy(&nc->links);
	if (ret)
		return ckpt_err(nc->ctx, ret, "configuration of the network namespace");
	return 0;
}

/**
 * checkpoint_netconf - add what a coordinator needs to set up the network
 * @ctx: the checkpoint, its tasks frozen
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_netconf(struct ckpt_ctx *ctx)
{
	struct netconf nc = {
		.ctx = ctx, .net = get_own_net(ctx), .leads_outside = true,
	};
	int ret;

	if (!nc.net)
		return 0;
	ret = add_configuration(&nc, add_inside);
	put_net(nc.net);
	return ret;
}

/**
 * checkpoint_netconf_nested - the same for a network namespace that is not the
 *	root task's
 * @ctx: the checkpoint
 * @net: the namespace, whose object has just been written
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_netconf_nested(struct ckpt_ctx *ctx, struct net *net)
{
	struct netconf nc = { .ctx = ctx, .net = net };

	return add_configuration(&nc, add_nested);
}

/**
 * ckpt_net_check_neighbours - see whether somebody has entered neighbours
 * @ctx: the checkpoint
 * @net: the namespace
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_net_check_neighbours(struct ckpt_ctx *ctx, struct net *net)
{
	struct netconf nc = { .ctx = ctx, .net = net };

	return add_configuration(&nc, look_at_neighbours);
}

/**
 * checkpoint_netconf_end - see whether all links lead to where they can be
 *	connected again
 * @ctx: the checkpoint; all network namespaces have been written
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_netconf_end(struct ckpt_ctx *ctx)
{
	struct ckpt_hdr_net_msg *h;
	unsigned long ns;

	xa_for_each(&ctx->net_peers, ns, h)
		if (!ckpt_obj_known(ctx, (void *)ns))
			return leads_astray(ctx, (void *)h->msg);
	return 0;
}

/**
 * ckpt_net_msg_validate - check a NET_MSG record
 * @v: the pass over the records
 * @h: the record
 *
 * The kernel does not use the attributes; netlink libraries check them.
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_net_msg_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_net_msg *m = (const void *)h;
	const struct nlmsghdr *nlh;
	size_t max;
	int i;

	nlh = ckpt_payload(h, sizeof(*m), &max);
	if (m->flags & ~CKPT_NET_OUTSIDE)
		return ckpt_bad(v, "unknown flags");
	if (v->owner == CKPT_HDR_NS_NET &&
	    ((const struct ckpt_hdr_ns *)v->owner_hdr)->flags & CKPT_NS_ROOT)
		return ckpt_bad(v, "is the root task's, but not in its place");
	if (max < sizeof(*nlh) || nlh->nlmsg_len > max ||
	    max - nlh->nlmsg_len >= 8)
		return ckpt_bad(v, "length of the message is wrong");
	for (i = 0; i < ARRAY_SIZE(kept); i++)
		if (kept[i].type == nlh->nlmsg_type)
			break;
	if (i == ARRAY_SIZE(kept))
		return ckpt_bad(v, "is no link, address, route or rule");
	if (nlh->nlmsg_len < NLMSG_LENGTH(kept[i].len))
		return ckpt_bad(v, "message is too short");
	if (memchr_inv((const u8 *)nlh + nlh->nlmsg_len, 0, max - nlh->nlmsg_len))
		return ckpt_bad(v, "bytes behind the message");
	if (m->peer && (v->owner != CKPT_HDR_NS_NET || m->flags ||
			nlh->nlmsg_type != RTM_NEWLINK ||
			m->peer == v->owner_hdr->id ||
			!ckpt_ref_ok(v, m->peer, CKPT_CLASS_NS_NET)))
		return ckpt_bad(v, "leads to no other network namespace");
	return 0;
}
