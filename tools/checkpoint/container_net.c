// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network of a container, set up again before restart()
 *
 * The image has the messages in which rtnetlink told of the links, addresses,
 * routes and rules. They are sent back, with what only the kernel may decide
 * left out, into a network namespace of our own; links get the index they had,
 * so that whatever refers to them is right as it is.
 *
 * Outside of that namespace nothing is touched but the ends of veths that have
 * just been made there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "ckpt.h"
#include "container.h"

/**
 * struct net - the network of one container
 * @ct: the container
 * @outside: socket in the namespace ckpt was called in
 * @inside: socket in the container's namespace
 * @ns: the container's namespace
 */
struct net {
	const struct container *ct;
	struct nl_sock *outside;
	struct nl_sock *inside;
	int ns;
};

#define ATTRS_MAX	63

/* ---- reading a message ---- */

struct link {
	const struct ifinfomsg *ifi;
	struct nlattr *a[ATTRS_MAX + 1];
	struct nlattr *info[IFLA_INFO_MAX + 1];
	const char *name;
	const char *kind;
};

static const char *attr_string(struct nlattr *a)
{
	return a && nla_len(a) > 0 &&
	       memchr(nla_data(a), '\0', nla_len(a)) ? nla_data(a) : "";
}

/* The number in an attribute, 0 if there is none. */
static __u32 attr_u32(const struct nlattr *a)
{
	return a && nla_len(a) >= (int)sizeof(__u32) ? nla_get_u32(a) : 0;
}

static bool read_link(struct nlmsghdr *nlh, struct link *l)
{
	memset(l, 0, sizeof(*l));
	l->ifi = nlmsg_data(nlh);
	if (nlmsg_parse(nlh, sizeof(*l->ifi), l->a, ATTRS_MAX, NULL))
		return false;
	if (l->a[IFLA_LINKINFO] &&
	    nla_parse_nested(l->info, IFLA_INFO_MAX, l->a[IFLA_LINKINFO], NULL))
		return false;
	l->name = attr_string(l->a[IFLA_IFNAME]);
	l->kind = attr_string(l->info[IFLA_INFO_KIND]);
	return *l->name;
}

/* The link of the container or of the outside with this index. */
static bool find_link(const struct net *net, bool outside, int index,
		      struct link *l)
{
	size_t i;

	for (i = 0; i < net->ct->nr_msgs; i++) {
		struct net_msg *m = &net->ct->msgs[i];

		if (m->outside == outside &&
		    m->nlh->nlmsg_type == RTM_NEWLINK && read_link(m->nlh, l) &&
		    l->ifi->ifi_index == index)
			return true;
	}
	return false;
}

/* ---- sending one ---- */

static int send_msg(struct nl_sock *sock, struct nl_msg *msg)
{
	int ret = nl_send_auto(sock, msg);

	if (ret >= 0)
		ret = nl_wait_for_ack(sock);
	nlmsg_free(msg);
	return ret < 0 ? ret : 0;
}

static int copy_attr(struct nl_msg *msg, const struct nlattr *a)
{
	return a ? nla_put(msg, nla_type(a), nla_len(a), nla_data(a)) : 0;
}

/* The attributes of a link that can be set when it is made. */
static int put_link(struct nl_msg *msg, const struct link *l)
{
	static const int kept[] = {
		IFLA_IFNAME, IFLA_ADDRESS, IFLA_BROADCAST, IFLA_MTU,
		IFLA_TXQLEN, IFLA_GROUP, IFLA_LINKMODE, IFLA_IFALIAS,
		IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES, IFLA_GSO_MAX_SEGS,
		IFLA_GSO_MAX_SIZE,
	};
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < ARRAY_SIZE(kept); i++)
		ret = copy_attr(msg, l->a[kept[i]]);
	return ret;
}

static struct nl_msg *new_link_msg(const struct link *l, int flags)
{
	struct ifinfomsg ifi = { .ifi_index = l->ifi->ifi_index };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK,
						NLM_F_REQUEST | flags);

	if (msg && nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

__printf(2, 3)
static int failed(int err, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	say("network: %s: %s", what, nl_geterror(err));
	return -1;
}

/* ---- links ---- */

/* The name of a link outside, from its index in the image, or NULL. */
static const char *outside_name(const struct net *net, int index,
				char name[IF_NAMESIZE])
{
	const struct container_map *map;
	struct link l;

	if (!find_link(net, true, index, &l))
		return NULL;
	map = container_find_map(net->ct, "outside", l.name);
	snprintf(name, IF_NAMESIZE, "%s",
		 map ? map->value ? map->value : "" : l.name);
	return *name ? name : NULL;
}

static int take_index(struct nl_msg *msg, void *arg)
{
	*(unsigned int *)arg = ((struct ifinfomsg *)
				nlmsg_data(nlmsg_hdr(msg)))->ifi_index;
	return NL_OK;
}

/* The index a link outside has here and now, 0 if there is none. */
static unsigned int outside_index(const struct net *net, const char *name)
{
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_REQUEST);
	struct ifinfomsg none = { 0 };
	unsigned int index = 0;

	if (msg && !nlmsg_append(msg, &none, sizeof(none), NLMSG_ALIGNTO) &&
	    !nla_put_string(msg, IFLA_IFNAME, name)) {
		nl_socket_modify_cb(net->outside, NL_CB_VALID, NL_CB_CUSTOM,
				    take_index, &index);
		if (nl_send_auto(net->outside, msg) >= 0 &&
		    !nl_recvmsgs_default(net->outside))
			nl_wait_for_ack(net->outside);
		nl_socket_modify_cb(net->outside, NL_CB_VALID, NL_CB_DEFAULT,
				    NULL, NULL);
	}
	nlmsg_free(msg);
	return index;
}

static struct nlattr *start_data(struct nl_msg *msg, const char *kind,
				 struct nlattr **info)
{
	*info = nla_nest_start(msg, IFLA_LINKINFO);
	if (!*info || nla_put_string(msg, IFLA_INFO_KIND, kind))
		return NULL;
	return nla_nest_start(msg, IFLA_INFO_DATA);
}

/* Both ends of a veth: the one outside is made, its peer is put inside. */
static int add_veth(const struct net *net, const struct link *l)
{
	struct link peer = { 0 }, *outer = &peer;
	int index = attr_u32(l->a[IFLA_LINK]);
	struct ifinfomsg inner = { .ifi_index = l->ifi->ifi_index };
	struct ifinfomsg none = { 0 };
	char name[IF_NAMESIZE];
	struct nlattr *info, *data, *end;
	struct nl_msg *msg;
	int ret;

	if (!index || !find_link(net, true, index, outer))
		return failed(-NLE_OBJ_NOTFOUND,
			      "%s: its other end was not in the network namespace of the checkpoint's caller; --map link:%s leaves it out",
			      l->name, l->name);
	if (!outside_name(net, index, name))
		return 0;
	msg = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_CREATE |
				 NLM_F_EXCL);
	if (!msg)
		return failed(-NLE_NOMEM, "%s", l->name);
	ret = nlmsg_append(msg, &none, sizeof(none), NLMSG_ALIGNTO);
	if (!ret)
		ret = nla_put_string(msg, IFLA_IFNAME, name);
	if (!ret)
		ret = copy_attr(msg, outer->a[IFLA_MTU]);
	if (!ret)
		ret = copy_attr(msg, outer->a[IFLA_ADDRESS]);
	data = ret ? NULL : start_data(msg, "veth", &info);
	end = data ? nla_nest_start(msg, VETH_INFO_PEER) : NULL;
	if (!end || nlmsg_append(msg, &inner, sizeof(inner), NLMSG_ALIGNTO) ||
	    put_link(msg, l) || nla_put_u32(msg, IFLA_NET_NS_FD, net->ns)) {
		nlmsg_free(msg);
		return failed(-NLE_NOMEM, "%s", l->name);
	}
	nla_nest_end(msg, end);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	ret = send_msg(net->outside, msg);
	if (ret == -NLE_PERM)
		return failed(ret, "%s and %s: a link to the outside takes root; --map link:%s leaves it out",
			      name, l->name, l->name);
	return ret ? failed(ret, "%s and %s", name, l->name) : 0;
}

/* A link on top of one outside is made there and put inside. */
static int add_over_outside(const struct net *net, const struct link *l)
{
	int parent = attr_u32(l->a[IFLA_LINK]), ret;
	char name[IF_NAMESIZE];
	unsigned int index;
	struct nl_msg *msg;

	if (!outside_name(net, parent, name))
		return failed(-NLE_OBJ_NOTFOUND,
			      "%s: the link below it is not known; --map link:%s leaves it out",
			      l->name, l->name);
	index = outside_index(net, name);
	if (!index)
		return failed(-NLE_OBJ_NOTFOUND,
			      "%s: there is no link %s here; --map outside:%s:NAME uses NAME",
			      l->name, name, name);
	msg = new_link_msg(l, NLM_F_CREATE | NLM_F_EXCL);
	if (!msg)
		return failed(-NLE_NOMEM, "%s", l->name);
	ret = put_link(msg, l);
	if (!ret)
		ret = nla_put_u32(msg, IFLA_LINK, index);
	if (!ret)
		ret = nla_put_u32(msg, IFLA_NET_NS_FD, net->ns);
	if (!ret)
		ret = copy_attr(msg, l->a[IFLA_LINKINFO]);
	if (ret)
		nlmsg_free(msg);
	else
		ret = send_msg(net->outside, msg);
	return ret ? failed(ret, "%s", l->name) : 0;
}

static int add_inside(const struct net *net, const struct link *l)
{
	struct nl_msg *msg = new_link_msg(l, NLM_F_CREATE | NLM_F_EXCL);
	int ret = -NLE_NOMEM;

	if (msg)
		ret = put_link(msg, l);
	if (!ret && l->a[IFLA_LINK])
		ret = copy_attr(msg, l->a[IFLA_LINK]);
	if (!ret)
		ret = copy_attr(msg, l->a[IFLA_LINKINFO]);
	if (!ret)
		ret = send_msg(net->inside, msg);
	return ret ? failed(ret, "%s (%s)", l->name, l->kind) : 0;
}

/* Both ends of a veth in the container: made with the end of lower index. */
static int add_inner_pair(const struct net *net, const struct link *l)
{
	int index = attr_u32(l->a[IFLA_LINK]);
	struct ifinfomsg inner = { .ifi_index = index };
	struct nlattr *info, *data, *end;
	struct nl_msg *msg;
	struct link peer;
	int ret;

	if (index < l->ifi->ifi_index)
		return 0;
	if (!find_link(net, false, index, &peer))
		return failed(-NLE_OBJ_NOTFOUND, "%s: other end", l->name);
	msg = new_link_msg(l, NLM_F_CREATE | NLM_F_EXCL);
	if (!msg)
		return failed(-NLE_NOMEM, "%s", l->name);
	ret = put_link(msg, l);
	data = ret ? NULL : start_data(msg, "veth", &info);
	end = data ? nla_nest_start(msg, VETH_INFO_PEER) : NULL;
	if (!end || nlmsg_append(msg, &inner, sizeof(inner), NLMSG_ALIGNTO) ||
	    put_link(msg, &peer)) {
		nlmsg_free(msg);
		return failed(-NLE_NOMEM, "%s", l->name);
	}
	nla_nest_end(msg, end);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	ret = send_msg(net->inside, msg);
	return ret ? failed(ret, "%s and %s", l->name, peer.name) : 0;
}

/*
 * Kinds of links that act only in the namespace they are made in, and whether
 * IFLA_LINK is all that names what they are on top of. Others can have an end in
 * any namespace (netkit, vxcan) or descriptors of whoever makes them (gtp, ppp).
 */
static const struct {
	const char *kind;
	bool over_outside;
} kinds[] = {
	{ "bareudp" }, { "batadv" }, { "bond" }, { "bridge" }, { "dummy" },
	{ "erspan" }, { "geneve" }, { "gre" }, { "gretap" }, { "hsr" },
	{ "ifb" }, { "ip6erspan" }, { "ip6gre" }, { "ip6gretap" },
	{ "ip6tnl" }, { "ipip" }, { "ipvlan", true }, { "ipvtap", true },
	{ "macsec", true }, { "macvlan", true }, { "macvtap", true },
	{ "nlmon" }, { "sit" }, { "team" }, { "vcan" }, { "vlan", true },
	{ "vrf" }, { "vti" }, { "vti6" }, { "vxlan" }, { "wireguard" },
	{ "xfrm" },
};

static bool is_supported(const struct link *l)
{
	bool outside = l->a[IFLA_LINK_NETNSID];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(l->kind, kinds[i].kind))
			return kinds[i].over_outside || !outside;
	return false;
}

static int add_link(const struct net *net, struct nlmsghdr *nlh)
{
	const struct container_map *map;
	struct link l;

	if (!read_link(nlh, &l))
		return failed(-NLE_PARSE_ERR, "link of the image");
	map = container_find_map(net->ct, "link", l.name);
	/* The loopback device is there, as are fallback devices of tunnels. */
	if ((l.ifi->ifi_flags & IFF_LOOPBACK) || (map && !map->value))
		return 0;
	if (!*l.kind)
		return failed(-NLE_OPNOTSUPP,
			      "%s: is a device of the machine; --map link:%s leaves it out",
			      l.name, l.name);
	if (!strcmp(l.kind, "veth"))
		return l.a[IFLA_LINK_NETNSID] || !l.a[IFLA_LINK] ?
		       add_veth(net, &l) : add_inner_pair(net, &l);
	if (!is_supported(&l))
		return failed(-NLE_OPNOTSUPP,
			      "%s: %s%s is not supported; --map link:%s leaves it out",
			      l.name, l.kind,
			      l.a[IFLA_LINK_NETNSID] ? " on a link outside" : "",
			      l.name);
	if (l.a[IFLA_LINK_NETNSID])
		return add_over_outside(net, &l);
	return add_inside(net, &l);
}

/* Up, and a port of what it was a port of. */
static int finish_link(const struct net *net, struct nlmsghdr *nlh)
{
	const struct container_map *map;
	struct ifinfomsg ifi = { 0 };
	struct nl_msg *msg;
	struct link l;
	int ret;

	if (!read_link(nlh, &l))
		return 0;
	map = container_find_map(net->ct, "link", l.name);
	if (map && !map->value)
		return 0;
	msg = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_REQUEST);
	if (!msg)
		return failed(-NLE_NOMEM, "%s", l.name);
	ifi.ifi_index = l.ifi->ifi_index;
	ifi.ifi_change = IFF_UP | IFF_MULTICAST | IFF_ALLMULTI | IFF_PROMISC |
			 IFF_NOARP;
	ifi.ifi_flags = l.ifi->ifi_flags & ifi.ifi_change;
	ret = nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	if (!ret)
		ret = copy_attr(msg, l.a[IFLA_MASTER]);
	if (!ret && (l.ifi->ifi_flags & IFF_LOOPBACK))
		ret = copy_attr(msg, l.a[IFLA_MTU]);
	if (ret)
		nlmsg_free(msg);
	else
		ret = send_msg(net->inside, msg);
	return ret ? failed(ret, "%s: flags", l.name) : 0;
}

static bool link_left_out(const struct net *net, int index)
{
	const struct container_map *map;
	struct link l;

	if (!find_link(net, false, index, &l))
		return true;
	map = container_find_map(net->ct, "link", l.name);
	return map && !map->value;
}

/*
 * Whether a link outside is the end of a veth that add_veth() has made: the one
 * inside must say so, not only that outside, which may be any link of the host.
 */
static bool is_outer_end(const struct net *net, const struct link *l)
{
	struct link inner;
	int index;

	if (strcmp(l->kind, "veth") || !l->a[IFLA_LINK_NETNSID])
		return false;
	index = attr_u32(l->a[IFLA_LINK]);
	return !link_left_out(net, index) &&
	       find_link(net, false, index, &inner) &&
	       !(inner.ifi->ifi_flags & IFF_LOOPBACK) &&
	       !strcmp(inner.kind, "veth") && inner.a[IFLA_LINK_NETNSID] &&
	       (int)attr_u32(inner.a[IFLA_LINK]) == l->ifi->ifi_index;
}

/* The end of a veth that is outside: up, and a port of its bridge. */
static int finish_outside(const struct net *net, struct nlmsghdr *nlh)
{
	char name[IF_NAMESIZE], bridge[IF_NAMESIZE];
	struct ifinfomsg ifi = { 0 };
	unsigned int master = 0;
	struct nl_msg *msg;
	struct link l;
	int ret;

	if (!read_link(nlh, &l) || !is_outer_end(net, &l) ||
	    !outside_name(net, l.ifi->ifi_index, name))
		return 0;
	if (l.a[IFLA_MASTER] &&
	    outside_name(net, attr_u32(l.a[IFLA_MASTER]), bridge)) {
		master = outside_index(net, bridge);
		if (!master)
			return failed(-NLE_OBJ_NOTFOUND,
				      "%s: there is no bridge %s here; --map outside:%s:NAME uses NAME",
				      name, bridge, bridge);
	}
	ifi.ifi_index = outside_index(net, name);
	if (!ifi.ifi_index)
		return failed(-NLE_OBJ_NOTFOUND, "%s", name);
	msg = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_REQUEST);
	if (!msg)
		return failed(-NLE_NOMEM, "%s", name);
	ifi.ifi_change = IFF_UP;
	ifi.ifi_flags = l.ifi->ifi_flags & IFF_UP;
	ret = nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	if (!ret && master)
		ret = nla_put_u32(msg, IFLA_MASTER, master);
	if (ret)
		nlmsg_free(msg);
	else
		ret = send_msg(net->outside, msg);
	return ret ? failed(ret, "%s", name) : 0;
}

/* ---- addresses, routes, rules ---- */

/* Send a message back without the attributes in @drop, which ends with 0. */
static int replay(struct nl_sock *sock, struct nlmsghdr *nlh, size_t hdr,
		  int flags, const int *drop, int index)
{
	struct nl_msg *msg = nlmsg_alloc_simple(nlh->nlmsg_type,
						NLM_F_REQUEST | flags);
	struct nlattr *a;
	int rem, ret, i;

	if (!msg)
		return -NLE_NOMEM;
	ret = nlmsg_append(msg, nlmsg_data(nlh), hdr, NLMSG_ALIGNTO);
	if (!ret && index)
		((struct ifaddrmsg *)nlmsg_data(nlmsg_hdr(msg)))->ifa_index = index;
	nlmsg_for_each_attr(a, nlh, hdr, rem) {
		for (i = 0; drop[i] && drop[i] != nla_type(a); i++)
			;
		if (!ret && !drop[i])
			ret = copy_attr(msg, a);
	}
	if (!ret)
		return send_msg(sock, msg);
	nlmsg_free(msg);
	return ret;
}

/* The kernel makes or learns it again as soon as the link is up. */
static bool made_by_kernel(struct nlmsghdr *nlh)
{
	struct nlattr *proto = nlmsg_find_attr(nlh, sizeof(struct ifaddrmsg),
					       IFA_PROTO);

	return proto && nla_len(proto) > 0 &&
	       nla_get_u8(proto) != IFAPROT_UNSPEC;
}

static int add_address(const struct net *net, struct nlmsghdr *nlh)
{
	static const int drop[] = { IFA_CACHEINFO, 0 };
	struct ifaddrmsg *ifa = nlmsg_data(nlh);
	int ret;

	if (link_left_out(net, ifa->ifa_index) || made_by_kernel(nlh))
		return 0;
	/* It has been in use; nobody else has it. */
	if (ifa->ifa_family == AF_INET6)
		ifa->ifa_flags |= IFA_F_NODAD;
	ifa->ifa_flags &= ~(IFA_F_TENTATIVE | IFA_F_DADFAILED);
	ret = replay(net->inside, nlh, sizeof(*ifa),
		     NLM_F_CREATE | NLM_F_REPLACE, drop, 0);
	return ret ? failed(ret, "address of link %u", ifa->ifa_index) : 0;
}

static int add_outside_address(const struct net *net, struct nlmsghdr *nlh)
{
	static const int drop[] = { IFA_CACHEINFO, 0 };
	struct ifaddrmsg *ifa = nlmsg_data(nlh);
	char name[IF_NAMESIZE];
	unsigned int index;
	struct link l;
	int ret;

	if (!find_link(net, true, ifa->ifa_index, &l) ||
	    !is_outer_end(net, &l) || ifa->ifa_scope == RT_SCOPE_LINK ||
	    !outside_name(net, ifa->ifa_index, name))
		return 0;
	/* Without one it would go to the link that has the number of the image. */
	index = outside_index(net, name);
	if (!index)
		return failed(-NLE_OBJ_NOTFOUND, "%s", name);
	ret = replay(net->outside, nlh, sizeof(*ifa),
		     NLM_F_CREATE | NLM_F_REPLACE, drop, index);
	return ret ? failed(ret, "address of %s", name) : 0;
}

/* Routes that the kernel makes by itself, or learns again. */
static bool automatic(const struct rtmsg *rtm)
{
	return rtm->rtm_protocol == RTPROT_KERNEL ||
	       rtm->rtm_protocol == RTPROT_REDIRECT ||
	       rtm->rtm_table == RT_TABLE_LOCAL ||
	       rtm->rtm_flags & RTM_F_CLONED;
}

static int add_route(const struct net *net, struct nlmsghdr *nlh, bool gateway)
{
	static const int drop[] = { RTA_CACHEINFO, 0 };
	struct nlattr *a[ATTRS_MAX + 1];
	struct rtmsg *rtm = nlmsg_data(nlh);
	int ret;

	if (automatic(rtm) ||
	    nlmsg_parse(nlh, sizeof(*rtm), a, ATTRS_MAX, NULL))
		return 0;
	/* Gateways are reached by other routes, which must be there. */
	if (gateway != (a[RTA_GATEWAY] || a[RTA_VIA] || a[RTA_MULTIPATH]))
		return 0;
	if (a[RTA_OIF] && link_left_out(net, attr_u32(a[RTA_OIF])))
		return 0;
	rtm->rtm_flags &= ~(RTNH_F_LINKDOWN | RTNH_F_DEAD);
	ret = replay(net->inside, nlh, sizeof(*rtm),
		     NLM_F_CREATE | NLM_F_REPLACE, drop, 0);
	return ret ? failed(ret, "route") : 0;
}

static int add_direct_route(const struct net *net, struct nlmsghdr *nlh)
{
	return add_route(net, nlh, false);
}

static int add_gateway_route(const struct net *net, struct nlmsghdr *nlh)
{
	return add_route(net, nlh, true);
}

static int add_rule(const struct net *net, struct nlmsghdr *nlh)
{
	static const int drop[] = { 0 };
	struct nlattr *a[ATTRS_MAX + 1];
	struct fib_rule_hdr *frh = nlmsg_data(nlh);
	__u32 priority;
	int ret;

	if (nlmsg_parse(nlh, sizeof(*frh), a, ATTRS_MAX, NULL))
		return 0;
	priority = attr_u32(a[FRA_PRIORITY]);
	/* Every namespace starts with these. */
	if ((!priority && frh->table == RT_TABLE_LOCAL) ||
	    (priority == 32766 && frh->table == RT_TABLE_MAIN) ||
	    (priority == 32767 && frh->table == RT_TABLE_DEFAULT))
		return 0;
	ret = replay(net->inside, nlh, sizeof(*frh),
		     NLM_F_CREATE | NLM_F_EXCL, drop, 0);
	return ret ? failed(ret, "rule of priority %u", priority) : 0;
}

/* ---- all of it, in an order that works ---- */

static const struct {
	int type;
	bool outside;
	int (*fn)(const struct net *net, struct nlmsghdr *nlh);
} steps[] = {
	{ RTM_NEWLINK,	false,	add_link },
	{ RTM_NEWLINK,	true,	finish_outside },
	{ RTM_NEWADDR,	true,	add_outside_address },
	{ RTM_NEWLINK,	false,	finish_link },
	{ RTM_NEWADDR,	false,	add_address },
	{ RTM_NEWROUTE,	false,	add_direct_route },
	{ RTM_NEWROUTE,	false,	add_gateway_route },
	{ RTM_NEWRULE,	false,	add_rule },
};

static struct nl_sock *new_socket(void)
{
	struct nl_sock *sock = nl_socket_alloc();

	if (sock && nl_connect(sock, NETLINK_ROUTE)) {
		nl_socket_free(sock);
		sock = NULL;
	}
	return sock;
}

/**
 * net_new - prepare to set up the network of a container
 * @ct: the container, with a network
 *
 * The caller is still in the network namespace ckpt was called in.
 *
 * Return: the network, or NULL after saying why.
 */
struct net *net_new(const struct container *ct)
{
	struct net *net = calloc(1, sizeof(*net));

	if (net) {
		net->ct = ct;
		net->ns = -1;
		net->outside = new_socket();
	}
	if (net && net->outside)
		return net;
	say("network: %s", strerror(errno));
	net_free(net);
	return NULL;
}

/**
 * net_prepare - set up the network
 * @net: the network
 *
 * The caller is in a network namespace of its own.
 *
 * Return: 0, or -1 after saying why.
 */
int net_prepare(struct net *net)
{
	size_t i, k;
	int ret = 0;

	net->ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	net->inside = new_socket();
	if (net->ns < 0 || !net->inside) {
		say("network: %s", strerror(errno));
		return -1;
	}
	for (i = 0; !ret && i < ARRAY_SIZE(steps); i++)
		for (k = 0; !ret && k < net->ct->nr_msgs; k++) {
			struct net_msg *m = &net->ct->msgs[k];

			if (m->nlh->nlmsg_type == steps[i].type &&
			    m->outside == steps[i].outside)
				ret = steps[i].fn(net, m->nlh);
		}
	return ret;
}

/**
 * net_free - done with the network
 * @net: the network, or NULL
 */
void net_free(struct net *net)
{
	if (!net)
		return;
	if (net->ns >= 0)
		close(net->ns);
	nl_socket_free(net->outside);
	nl_socket_free(net->inside);
	free(net);
}
