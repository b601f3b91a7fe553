// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network of a container, set up again before restart()
 *
 * The image has the messages in which rtnetlink told of the links, addresses,
 * routes and rules. They are sent back, with what only the kernel may decide
 * left out, into a network namespace of our own; links get the index they had,
 * so that whatever refers to them is right as it is.
 *
 * So it goes with the other network namespaces of the container, which tasks of
 * it made for themselves. They are handed to restart() as "ns:NUMBER". A veth
 * between two namespaces is made where the image tells which two they are.
 *
 * Outside of these namespaces nothing is touched but the ends of veths that have
 * just been made there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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
 * struct space - one network namespace of the container
 * @id: NS_NET object; 0: the root task's
 * @ours: whether we are to set it up
 * @fd: the namespace
 * @sock_fd: others than the root task's: where their maker opens @sock
 * @sock: socket in there
 */
struct space {
	__u32 id;
	bool ours;
	int fd;
	int sock_fd;
	struct nl_sock *sock;
};

/**
 * struct net - the network of one container
 * @ct: the container
 * @outside: socket in the namespace ckpt was called in
 * @nr_spaces: number of the namespaces
 * @spaces: the namespaces, the root task's first
 */
struct net {
	const struct container *ct;
	struct nl_sock *outside;
	size_t nr_spaces;
	struct space spaces[];
};

#define ATTRS_MAX	63

/* ---- reading a message ---- */

/* The label is what --map calls it: not all are the root task's. */
struct link {
	const struct ifinfomsg *ifi;
	char label[IF_NAMESIZE + 12];
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

static bool read_link(const struct net_msg *m, struct link *l)
{
	memset(l, 0, sizeof(*l));
	l->ifi = nlmsg_data(m->nlh);
	if (nlmsg_parse(m->nlh, sizeof(*l->ifi), l->a, ATTRS_MAX, NULL))
		return false;
	if (l->a[IFLA_LINKINFO] &&
	    nla_parse_nested(l->info, IFLA_INFO_MAX, l->a[IFLA_LINKINFO], NULL))
		return false;
	l->name = attr_string(l->a[IFLA_IFNAME]);
	l->kind = attr_string(l->info[IFLA_INFO_KIND]);
	if (m->ns)
		snprintf(l->label, sizeof(l->label), "%u/%.15s", m->ns, l->name);
	else
		snprintf(l->label, sizeof(l->label), "%.15s", l->name);
	return *l->name;
}

/*
 * The link with this index that is in a namespace of the container, or outside
 * and leads to there.
 */
static const struct net_msg *find_link(const struct net *net, __u32 ns,
				       bool outside, int index, struct link *l)
{
	size_t i;

	for (i = 0; i < net->ct->nr_msgs; i++) {
		struct net_msg *m = &net->ct->msgs[i];

		if (m->ns == ns && m->outside == outside &&
		    m->nlh->nlmsg_type == RTM_NEWLINK && read_link(m, l) &&
		    l->ifi->ifi_index == index)
			return m;
	}
	return NULL;
}

/* The namespace, if it is one that we set up. */
static const struct space *find_space(const struct net *net, __u32 ns)
{
	size_t i;

	for (i = 0; i < net->nr_spaces; i++)
		if (net->spaces[i].id == ns && net->spaces[i].sock)
			return &net->spaces[i];
	return NULL;
}

/* References are to the object of the root task's, but its messages have 0. */
static __u32 peer_space(const struct net *net, const struct net_msg *m)
{
	return m->peer == net->ct->root_net ? 0 : m->peer;
}

/*
 * The link that says of itself that the link with this index in @ns is its other
 * end, or what it is on top of.
 */
static const struct net_msg *find_claim(const struct net *net, __u32 ns,
					int index, struct link *l)
{
	size_t i;

	for (i = 0; i < net->ct->nr_msgs; i++) {
		struct net_msg *m = &net->ct->msgs[i];

		if (m->peer && peer_space(net, m) == ns && !m->outside &&
		    m->nlh->nlmsg_type == RTM_NEWLINK && read_link(m, l) &&
		    !strcmp(l->kind, "veth") &&
		    (int)attr_u32(l->a[IFLA_LINK]) == index)
			return m;
	}
	return NULL;
}

static bool mapped_out(const struct net *net, const struct link *l)
{
	const struct container_map *map = container_find_map(net->ct, "link",
							     l->label);

	return map && !map->value;
}

/* A link that is left out takes the end of it along that is elsewhere. */
static bool left_out(const struct net *net, const struct net_msg *m,
		     const struct link *l)
{
	struct link other;

	if (mapped_out(net, l))
		return true;
	if (strcmp(l->kind, "veth") || !l->a[IFLA_LINK_NETNSID])
		return false;
	if (m->peer)
		return find_link(net, peer_space(net, m), false,
				 attr_u32(l->a[IFLA_LINK]), &other) &&
		       mapped_out(net, &other);
	return find_claim(net, m->ns, l->ifi->ifi_index, &other) &&
	       mapped_out(net, &other);
}

static bool link_left_out(const struct net *net, __u32 ns, int index)
{
	const struct net_msg *m;
	struct link l;

	m = find_link(net, ns, false, index, &l);
	return !m || left_out(net, m, &l);
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
static int put_link_as(struct nl_msg *msg, const struct link *l, const char *name)
{
	static const int kept[] = {
		IFLA_ADDRESS, IFLA_BROADCAST, IFLA_MTU,
		IFLA_TXQLEN, IFLA_GROUP, IFLA_LINKMODE, IFLA_IFALIAS,
		IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES, IFLA_GSO_MAX_SEGS,
		IFLA_GSO_MAX_SIZE,
	};
	unsigned int i;
	int ret = nla_put_string(msg, IFLA_IFNAME, name);

	for (i = 0; !ret && i < ARRAY_SIZE(kept); i++)
		ret = copy_attr(msg, l->a[kept[i]]);
	return ret;
}

static int put_link(struct nl_msg *msg, const struct link *l)
{
	return put_link_as(msg, l, l->name);
}

static bool is_macvlan(const struct link *l)
{
	return !strcmp(l->kind, "macvlan") || !strcmp(l->kind, "macvtap");
}

/* Of a macvlan the kernel tells more than it takes, and it wants to be told more. */
static int put_data(struct nl_msg *msg, const struct link *l,
		    const struct nlattr *a)
{
	int type = nla_type(a);

	if (is_macvlan(l) && (type == IFLA_MACVLAN_BC_QUEUE_LEN_USED ||
			      type == IFLA_MACVLAN_MACADDR_COUNT))
		return 0;
	if (is_macvlan(l) && type == IFLA_MACVLAN_MACADDR_DATA &&
	    nla_put_u32(msg, IFLA_MACVLAN_MACADDR_MODE, MACVLAN_MACADDR_SET))
		return -NLE_NOMEM;
	return copy_attr(msg, a);
}

/* The kind of a link, and all about that. */
static int put_info(struct nl_msg *msg, const struct link *l)
{
	struct nlattr *data = l->info[IFLA_INFO_DATA], *info, *to, *a;
	int rem, ret;

	if (!data)
		return copy_attr(msg, l->a[IFLA_LINKINFO]);
	info = nla_nest_start(msg, IFLA_LINKINFO);
	ret = info ? nla_put_string(msg, IFLA_INFO_KIND, l->kind) : -NLE_NOMEM;
	to = ret ? NULL : nla_nest_start(msg, IFLA_INFO_DATA);
	if (!to)
		return -NLE_NOMEM;
	nla_for_each_nested(a, data, rem)
		if (!ret)
			ret = put_data(msg, l, a);
	nla_nest_end(msg, to);
	nla_nest_end(msg, info);
	return ret;
}

static void delete_link(struct nl_sock *sock, unsigned int index)
{
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_DELLINK, NLM_F_REQUEST);
	struct ifinfomsg ifi = { .ifi_index = index };

	if (msg && !nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO))
		send_msg(sock, msg);
	else
		nlmsg_free(msg);
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
static const char *outside_name(const struct net *net, __u32 ns, int index,
				char name[IF_NAMESIZE])
{
	const struct container_map *map;
	struct link l;

	if (!find_link(net, ns, true, index, &l))
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

/* The index that a link has here and now, 0 if there is none. */
static unsigned int index_of(struct nl_sock *sock, const char *name)
{
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_REQUEST);
	struct ifinfomsg none = { 0 };
	unsigned int index = 0;

	if (msg && !nlmsg_append(msg, &none, sizeof(none), NLMSG_ALIGNTO) &&
	    !nla_put_string(msg, IFLA_IFNAME, name)) {
		nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM,
				    take_index, &index);
		if (nl_send_auto(sock, msg) >= 0 && !nl_recvmsgs_default(sock))
			nl_wait_for_ack(sock);
		nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_DEFAULT, NULL,
				    NULL);
	}
	nlmsg_free(msg);
	return index;
}

static unsigned int outside_index(const struct net *net, const char *name)
{
	return index_of(net->outside, name);
}

static struct nlattr *start_data(struct nl_msg *msg, const char *kind,
				 struct nlattr **info)
{
	*info = nla_nest_start(msg, IFLA_LINKINFO);
	if (!*info || nla_put_string(msg, IFLA_INFO_KIND, kind))
		return NULL;
	return nla_nest_start(msg, IFLA_INFO_DATA);
}

/* Send @msg, which has one end of a veth; the other goes into @ns unless -1. */
static int make_veth(struct nl_sock *sock, struct nl_msg *msg,
		     const struct link *peer, int ns)
{
	struct ifinfomsg inner = { .ifi_index = peer->ifi->ifi_index };
	struct nlattr *info, *data, *end;

	data = start_data(msg, "veth", &info);
	end = data ? nla_nest_start(msg, VETH_INFO_PEER) : NULL;
	if (!end || nlmsg_append(msg, &inner, sizeof(inner), NLMSG_ALIGNTO) ||
	    put_link(msg, peer) ||
	    (ns >= 0 && nla_put_u32(msg, IFLA_NET_NS_FD, ns))) {
		nlmsg_free(msg);
		return -NLE_NOMEM;
	}
	nla_nest_end(msg, end);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return send_msg(sock, msg);
}

/* The end outside gets an index: else the other could not have its own. */
static int make_outer_veth(const struct net *net, const struct space *sp,
			   const struct link *l, const struct link *outer,
			   const char *name, int index)
{
	struct ifinfomsg ifi = { .ifi_index = index };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_REQUEST |
						NLM_F_CREATE | NLM_F_EXCL);

	if (!msg || nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO) ||
	    nla_put_string(msg, IFLA_IFNAME, name) ||
	    copy_attr(msg, outer->a[IFLA_MTU]) ||
	    copy_attr(msg, outer->a[IFLA_ADDRESS])) {
		nlmsg_free(msg);
		return -NLE_NOMEM;
	}
	return make_veth(net->outside, msg, l, sp->fd);
}

/* Far away from those that the kernel gives. */
static int any_index(void)
{
	unsigned int index;

	if (getrandom(&index, sizeof(index), 0) != sizeof(index))
		return 0;
	return 1 << 20 | (index & 0x3fffffff);
}

/* Both ends of a veth: the one outside is made, its peer is put inside. */
static int add_veth(const struct net *net, const struct space *sp,
		    const struct link *l)
{
	int index = attr_u32(l->a[IFLA_LINK]), ret, i;
	char name[IF_NAMESIZE];
	struct link outer;

	if (!index || !find_link(net, sp->id, true, index, &outer))
		return failed(-NLE_OBJ_NOTFOUND,
			      "%s: its other end was not in the network namespace of the checkpoint's caller; --map link:%s leaves it out",
			      l->name, l->label);
	if (!outside_name(net, sp->id, index, name))
		return 0;
	/* The index it had may be another's now; nobody outside minds. */
	ret = make_outer_veth(net, sp, l, &outer, name, index);
	for (i = 0; i < 8 && (ret == -NLE_EXIST || ret == -NLE_BUSY) &&
	     !outside_index(net, name); i++)
		ret = make_outer_veth(net, sp, l, &outer, name, any_index());
	if (ret == -NLE_PERM)
		return failed(ret, "%s and %s: a link to the outside takes root; --map link:%s leaves it out",
			      name, l->name, l->label);
	return ret ? failed(ret, "%s and %s", name, l->name) : 0;
}

/* The namespace that a link leads to, or NULL after saying why not. */
static const struct space *other_space(const struct net *net, __u32 ns,
				       const struct link *l)
{
	const struct space *other = find_space(net, ns);

	if (!other)
		failed(-NLE_OBJ_NOTFOUND,
		       "%s: leads to a network namespace that is yours, not ours, to set up; --map link:%s leaves it out",
		       l->label, l->label);
	return other;
}

/* A veth between two namespaces of the container. */
static int add_pair(const struct net *net, const struct space *sp,
		    const struct net_msg *m, const struct link *l)
{
	const struct space *other = other_space(net, peer_space(net, m), l);
	struct nl_msg *msg;
	struct link peer;
	int ret;

	if (!other)
		return -1;
	/* Each must be the other's end. */
	if (!find_link(net, other->id, false, attr_u32(l->a[IFLA_LINK]), &peer) ||
	    strcmp(peer.kind, "veth") || !peer.a[IFLA_LINK_NETNSID] ||
	    (int)attr_u32(peer.a[IFLA_LINK]) != l->ifi->ifi_index)
		return failed(-NLE_OBJ_NOTFOUND, "%s: other end", l->label);
	msg = new_link_msg(l, NLM_F_CREATE | NLM_F_EXCL);
	if (!msg || put_link(msg, l)) {
		nlmsg_free(msg);
		return failed(-NLE_NOMEM, "%s", l->label);
	}
	ret = make_veth(sp->sock, msg, &peer, other->fd);
	return ret ? failed(ret, "%s and %s", l->label, peer.label) : 0;
}

static int make_over(struct nl_sock *sock, const char *name, unsigned int lower,
		     const struct link *l)
{
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_REQUEST |
						NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg none = { 0 };

	if (!msg || nlmsg_append(msg, &none, sizeof(none), NLMSG_ALIGNTO) ||
	    put_link_as(msg, l, name) || nla_put_u32(msg, IFLA_LINK, lower) ||
	    put_info(msg, l)) {
		nlmsg_free(msg);
		return -NLE_NOMEM;
	}
	return send_msg(sock, msg);
}

static int move_link(struct nl_sock *sock, unsigned int index,
		     const struct space *sp, const struct link *l)
{
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_REQUEST);
	struct ifinfomsg ifi = { .ifi_index = index };

	if (!msg || nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO) ||
	    nla_put_string(msg, IFLA_IFNAME, l->name) ||
	    nla_put_u32(msg, IFLA_NET_NS_FD, sp->fd) ||
	    nla_put_u32(msg, IFLA_NEW_IFINDEX, l->ifi->ifi_index)) {
		nlmsg_free(msg);
		return -NLE_NOMEM;
	}
	return send_msg(sock, msg);
}

/*
 * A link on top of one in another namespace is made there, where its name and
 * index can be those of others, and then moved.
 */
static int add_over(struct nl_sock *sock, unsigned int lower,
		    const struct space *sp, const struct link *l)
{
	char name[IF_NAMESIZE];
	unsigned int index;
	int ret;

	snprintf(name, sizeof(name), "ckpt-%d", getpid());
	ret = make_over(sock, name, lower, l);
	if (ret)
		return failed(ret, "%s", l->label);
	index = index_of(sock, name);
	ret = index ? move_link(sock, index, sp, l) : -NLE_OBJ_NOTFOUND;
	if (ret && index)
		delete_link(sock, index);
	return ret ? failed(ret, "%s", l->label) : 0;
}

static int add_over_outside(const struct net *net, const struct space *sp,
			    const struct link *l)
{
	int parent = attr_u32(l->a[IFLA_LINK]);
	char name[IF_NAMESIZE];
	unsigned int index;

	if (!outside_name(net, sp->id, parent, name))
		return failed(-NLE_OBJ_NOTFOUND,
			      "%s: the link below it is not known; --map link:%s leaves it out",
			      l->name, l->label);
	index = outside_index(net, name);
	if (!index)
		return failed(-NLE_OBJ_NOTFOUND,
			      "%s: there is no link %s here; --map outside:%s:NAME uses NAME",
			      l->name, name, name);
	return add_over(net->outside, index, sp, l);
}

static int add_inside(const struct space *sp, const struct link *l)
{
	struct nl_msg *msg = new_link_msg(l, NLM_F_CREATE | NLM_F_EXCL);
	int ret = -NLE_NOMEM;

	if (msg)
		ret = put_link(msg, l);
	if (!ret && l->a[IFLA_LINK])
		ret = copy_attr(msg, l->a[IFLA_LINK]);
	if (!ret)
		ret = put_info(msg, l);
	if (!ret)
		ret = send_msg(sp->sock, msg);
	return ret ? failed(ret, "%s (%s)", l->name, l->kind) : 0;
}

/* Both ends of a veth in one namespace: made with the end of lower index. */
static int add_inner_pair(const struct net *net, const struct space *sp,
			  const struct link *l)
{
	int index = attr_u32(l->a[IFLA_LINK]), ret;
	struct nl_msg *msg;
	struct link peer;

	if (index < l->ifi->ifi_index)
		return 0;
	if (!find_link(net, sp->id, false, index, &peer))
		return failed(-NLE_OBJ_NOTFOUND, "%s: other end", l->name);
	msg = new_link_msg(l, NLM_F_CREATE | NLM_F_EXCL);
	if (!msg || put_link(msg, l)) {
		nlmsg_free(msg);
		return failed(-NLE_NOMEM, "%s", l->name);
	}
	ret = make_veth(sp->sock, msg, &peer, -1);
	return ret ? failed(ret, "%s and %s", l->name, peer.name) : 0;
}

/* A veth that leads out of its namespace. */
static int add_outer_veth(const struct net *net, const struct space *sp,
			  const struct net_msg *m, const struct link *l)
{
	const struct net_msg *claim;
	struct link other;

	if (m->peer)
		return add_pair(net, sp, m, l);
	claim = find_claim(net, sp->id, l->ifi->ifi_index, &other);
	if (!claim)
		return add_veth(net, sp, l);
	/* Made with the other end then. */
	return other_space(net, claim->ns, l) ? 0 : -1;
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

static int add_lower_elsewhere(const struct net *net, const struct space *sp,
			       const struct net_msg *m, const struct link *l)
{
	int lower = attr_u32(l->a[IFLA_LINK]);
	const struct space *other;

	if (!m->peer)
		return add_over_outside(net, sp, l);
	other = other_space(net, peer_space(net, m), l);
	if (!other)
		return -1;
	if (link_left_out(net, other->id, lower))
		return failed(-NLE_OBJ_NOTFOUND,
			      "%s: is on top of a link that is left out; --map link:%s leaves it out, too",
			      l->label, l->label);
	return add_over(other->sock, lower, sp, l);
}

static int add_link(const struct net *net, const struct space *sp,
		    const struct net_msg *m)
{
	struct link l;

	if (!read_link(m, &l))
		return failed(-NLE_PARSE_ERR, "link of the image");
	/* The loopback device is there, as are fallback devices of tunnels. */
	if ((l.ifi->ifi_flags & IFF_LOOPBACK) || left_out(net, m, &l))
		return 0;
	if (!*l.kind)
		return failed(-NLE_OPNOTSUPP,
			      "%s: is a device of the machine; --map link:%s leaves it out",
			      l.name, l.label);
	if (!strcmp(l.kind, "veth"))
		return l.a[IFLA_LINK_NETNSID] || !l.a[IFLA_LINK] ?
		       add_outer_veth(net, sp, m, &l) :
		       add_inner_pair(net, sp, &l);
	if (!is_supported(&l))
		return failed(-NLE_OPNOTSUPP,
			      "%s: %s%s is not supported; --map link:%s leaves it out",
			      l.name, l.kind,
			      l.a[IFLA_LINK_NETNSID] ? " on a link outside" : "",
			      l.label);
	if (l.a[IFLA_LINK_NETNSID])
		return add_lower_elsewhere(net, sp, m, &l);
	return add_inside(sp, &l);
}

/* Up, and a port of what it was a port of. */
static int finish_link(const struct net *net, const struct space *sp,
		       const struct net_msg *m)
{
	struct ifinfomsg ifi = { 0 };
	struct nl_msg *msg;
	struct link l;
	int ret;

	if (!read_link(m, &l) || left_out(net, m, &l))
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
		ret = send_msg(sp->sock, msg);
	return ret ? failed(ret, "%s: flags", l.name) : 0;
}

/*
 * Whether a link outside is the end of a veth that add_veth() has made: the one
 * inside must say so, not only that outside, which may be any link of the host.
 */
static bool is_outer_end(const struct net *net, const struct space *sp,
			 const struct link *l)
{
	struct link inner, other;
	int index;

	if (strcmp(l->kind, "veth") || !l->a[IFLA_LINK_NETNSID])
		return false;
	index = attr_u32(l->a[IFLA_LINK]);
	return !link_left_out(net, sp->id, index) &&
	       find_link(net, sp->id, false, index, &inner) &&
	       !(inner.ifi->ifi_flags & IFF_LOOPBACK) &&
	       !strcmp(inner.kind, "veth") && inner.a[IFLA_LINK_NETNSID] &&
	       (int)attr_u32(inner.a[IFLA_LINK]) == l->ifi->ifi_index &&
	       !find_claim(net, sp->id, index, &other);
}

/* The end of a veth that is outside: up, and a port of its bridge. */
static int finish_outside(const struct net *net, const struct space *sp,
			  const struct net_msg *m)
{
	char name[IF_NAMESIZE], bridge[IF_NAMESIZE];
	struct ifinfomsg ifi = { 0 };
	unsigned int master = 0;
	struct nl_msg *msg;
	struct link l;
	int ret;

	if (!read_link(m, &l) || !is_outer_end(net, sp, &l) ||
	    !outside_name(net, sp->id, l.ifi->ifi_index, name))
		return 0;
	if (l.a[IFLA_MASTER] &&
	    outside_name(net, sp->id, attr_u32(l.a[IFLA_MASTER]), bridge)) {
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

static int add_address(const struct net *net, const struct space *sp,
		       const struct net_msg *m)
{
	static const int drop[] = { IFA_CACHEINFO, 0 };
	struct ifaddrmsg *ifa = nlmsg_data(m->nlh);
	int ret;

	if (link_left_out(net, sp->id, ifa->ifa_index) || made_by_kernel(m->nlh))
		return 0;
	/* It has been in use; nobody else has it. */
	if (ifa->ifa_family == AF_INET6)
		ifa->ifa_flags |= IFA_F_NODAD;
	ifa->ifa_flags &= ~(IFA_F_TENTATIVE | IFA_F_DADFAILED);
	ret = replay(sp->sock, m->nlh, sizeof(*ifa),
		     NLM_F_CREATE | NLM_F_REPLACE, drop, 0);
	return ret ? failed(ret, "address of link %u", ifa->ifa_index) : 0;
}

static int add_outside_address(const struct net *net, const struct space *sp,
			       const struct net_msg *m)
{
	static const int drop[] = { IFA_CACHEINFO, 0 };
	struct ifaddrmsg *ifa = nlmsg_data(m->nlh);
	char name[IF_NAMESIZE];
	unsigned int index;
	struct link l;
	int ret;

	if (!find_link(net, sp->id, true, ifa->ifa_index, &l) ||
	    !is_outer_end(net, sp, &l) || ifa->ifa_scope == RT_SCOPE_LINK ||
	    !outside_name(net, sp->id, ifa->ifa_index, name))
		return 0;
	/* Without one it would go to the link that has the number of the image. */
	index = outside_index(net, name);
	if (!index)
		return failed(-NLE_OBJ_NOTFOUND, "%s", name);
	ret = replay(net->outside, m->nlh, sizeof(*ifa),
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

static int add_route(const struct net *net, const struct space *sp,
		     const struct net_msg *m, bool gateway)
{
	static const int drop[] = { RTA_CACHEINFO, 0 };
	struct nlattr *a[ATTRS_MAX + 1];
	struct rtmsg *rtm = nlmsg_data(m->nlh);
	int ret;

	if (automatic(rtm) ||
	    nlmsg_parse(m->nlh, sizeof(*rtm), a, ATTRS_MAX, NULL))
		return 0;
	/* Gateways are reached by other routes, which must be there. */
	if (gateway != (a[RTA_GATEWAY] || a[RTA_VIA] || a[RTA_MULTIPATH]))
		return 0;
	if (a[RTA_OIF] && link_left_out(net, sp->id, attr_u32(a[RTA_OIF])))
		return 0;
	rtm->rtm_flags &= ~(RTNH_F_LINKDOWN | RTNH_F_DEAD);
	ret = replay(sp->sock, m->nlh, sizeof(*rtm),
		     NLM_F_CREATE | NLM_F_REPLACE, drop, 0);
	return ret ? failed(ret, "route") : 0;
}

static int add_direct_route(const struct net *net, const struct space *sp,
			    const struct net_msg *m)
{
	return add_route(net, sp, m, false);
}

static int add_gateway_route(const struct net *net, const struct space *sp,
			     const struct net_msg *m)
{
	return add_route(net, sp, m, true);
}

static int add_rule(const struct net *net, const struct space *sp,
		    const struct net_msg *m)
{
	static const int drop[] = { 0 };
	struct nlattr *a[ATTRS_MAX + 1];
	struct fib_rule_hdr *frh = nlmsg_data(m->nlh);
	__u32 priority;
	int ret;

	(void)net;
	if (nlmsg_parse(m->nlh, sizeof(*frh), a, ATTRS_MAX, NULL))
		return 0;
	priority = attr_u32(a[FRA_PRIORITY]);
	/* Every namespace starts with these. */
	if ((!priority && frh->table == RT_TABLE_LOCAL) ||
	    (priority == 32766 && frh->table == RT_TABLE_MAIN) ||
	    (priority == 32767 && frh->table == RT_TABLE_DEFAULT))
		return 0;
	ret = replay(sp->sock, m->nlh, sizeof(*frh),
		     NLM_F_CREATE | NLM_F_EXCL, drop, 0);
	return ret ? failed(ret, "rule of priority %u", priority) : 0;
}

/* ---- all of it, in an order that works ---- */

static const struct {
	int type;
	bool outside;
	int (*fn)(const struct net *net, const struct space *sp,
		  const struct net_msg *m);
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

/* Descriptors to be replaced by those of the namespace. */
static int reserve(struct space *sp)
{
	sp->fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	sp->sock_fd = dup(sp->fd);
	return sp->sock_fd < 0 ? -1 : 0;
}

static int add_spaces(struct net *net, const struct ckpt_call *call, bool whole)
{
	const struct container *ct = net->ct;
	size_t i;

	net->spaces[0].ours = whole && ct->own_net;
	for (i = 0; i <= ct->nr_nets; i++) {
		struct space *sp = &net->spaces[i];

		if (i) {
			sp->id = ct->nets[i - 1].id;
			sp->ours = !container_is_supplied(call, sp->id);
		}
		net->nr_spaces++;
		if (reserve(sp))
			return -1;
	}
	return 0;
}

/**
 * net_new - prepare to set up the network of a container
 * @ct: the container, with a network
 * @call: the call that is going to restart; what it is given is not for us to
 *	set up
 * @whole: set up the root task's, too; that is ours otherwise
 *
 * The caller is still in the network namespace ckpt was called in.
 *
 * Return: the network, or NULL after saying why.
 */
struct net *net_new(const struct container *ct, const struct ckpt_call *call,
		    bool whole)
{
	struct net *net = calloc(1, sizeof(*net) +
				 (ct->nr_nets + 1) * sizeof(*net->spaces));

	if (net) {
		net->ct = ct;
		net->outside = new_socket();
	}
	if (net && net->outside && !add_spaces(net, call, whole))
		return net;
	say("network: %s", strerror(errno));
	net_free(net);
	return NULL;
}

/* ---- namespaces other than the root task's ---- */

/* Give @fd, which is -1 after an error, the number @as. */
static int move_fd(int fd, int as)
{
	int ret = fd < 0 ? -1 : dup3(fd, as, O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return ret < 0 ? -1 : 0;
}

static int keep_own(const struct space *sp)
{
	return move_fd(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), sp->fd);
}

static int open_raw(const struct space *sp)
{
	struct sockaddr_nl none = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (void *)&none, sizeof(none))) {
		close(fd);
		fd = -1;
	}
	return move_fd(fd, sp->sock_fd);
}

/* In a process that has our descriptors: who has left one may have no way back. */
static int make_space(void *arg)
{
	const struct space *sp = arg;

	if (!unshare(CLONE_NEWNET) && !keep_own(sp) && !open_raw(sp))
		return 0;
	say("network namespace %u: %s", sp->id, strerror(errno));
	if (errno == EPERM)
		say("it takes CAP_SYS_ADMIN; --external ns:%u:PATH supplies one",
		    sp->id);
	return -1;
}

/*
 * Say where a namespace is that mounts keep. The descriptor stays ours. Those that
 * we have not made are not ours to give.
 */
static void keep(const struct net *net, const struct space *sp)
{
	const struct container *ct = net->ct;
	__u32 id = sp == net->spaces ? ct->root_net : sp->id;
	size_t i;

	for (i = 0; sp->ours && i < ct->nr_kept; i++)
		if (ct->kept[i].ns == id)
			ct->kept[i].fd = sp->fd;
}

/**
 * net_make - make the namespaces that are not the root task's
 * @net: the network
 * @from: the user namespace that we are in
 *
 * Return: 0, or -1 after saying why.
 */
int net_make(struct net *net, __u32 from)
{
	struct space *sp;
	size_t i;

	for (i = 1; i < net->nr_spaces; i++) {
		sp = &net->spaces[i];
		if (!sp->ours)
			continue;
		if (owner_run(net->ct, from, net->ct->nets[i - 1].user, make_space,
			      sp))
			return -1;
		keep(net, sp);
	}
	return 0;
}

/**
 * net_entered - note that we are in the root task's network namespace
 * @net: the network
 *
 * Return: 0, or -1 after saying why.
 */
int net_entered(struct net *net)
{
	if (!keep_own(&net->spaces[0])) {
		keep(net, &net->spaces[0]);
		return 0;
	}
	say("network: %s", strerror(errno));
	return -1;
}

/**
 * net_adopt - enter the namespaces that another process has made, one by one
 * @net: the network, as in that process
 * @pid: the process
 *
 * Return: 0, or -1 without a right to them.
 */
int net_adopt(struct net *net, pid_t pid)
{
	char path[64];
	size_t i;

	for (i = 0; i < net->nr_spaces; i++) {
		struct space *sp = &net->spaces[i];

		if (!sp->ours)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, sp->fd);
		if (move_fd(open(path, O_RDONLY | O_CLOEXEC), sp->fd) ||
		    setns(sp->fd, CLONE_NEWNET))
			return -1;
		sp->sock = new_socket();
		if (!sp->sock)
			return -1;
	}
	return 0;
}

/**
 * net_supply - hand over the namespaces that are not the root task's
 * @net: the network
 * @call: the call that is going to restart
 *
 * Return: 0, or -1 after saying why.
 */
int net_supply(const struct net *net, struct ckpt_call *call)
{
	char key[16];
	size_t i;
	int ret = 0;

	for (i = 1; !ret && i < net->nr_spaces; i++) {
		if (!net->spaces[i].ours)
			continue;
		snprintf(key, sizeof(key), "ns:%u", net->spaces[i].id);
		ret = ckpt_call_add_fd(call, key, net->spaces[i].fd);
	}
	if (ret)
		say("network namespaces: %s", strerror(-ret));
	return ret;
}

/* ---- all of it ---- */

/* Those that we have made are entered by the sockets that are there. */
static struct nl_sock *connect_space(const struct net *net, struct space *sp)
{
	struct nl_sock *sock;

	if (sp == net->spaces)
		return new_socket();
	sock = nl_socket_alloc();
	if (sock && nl_socket_set_fd(sock, NETLINK_ROUTE, sp->sock_fd)) {
		nl_socket_free(sock);
		return NULL;
	}
	/* From now on that is the socket's. */
	sp->sock_fd = -1;
	return sock;
}

/**
 * net_prepare - set up the network
 * @net: the network, adopted; or made, and the caller is in the root task's
 *
 * Return: 0, or -1 after saying why.
 */
int net_prepare(struct net *net)
{
	size_t i, k;
	int ret = 0;

	for (i = 0; i < net->nr_spaces; i++) {
		struct space *sp = &net->spaces[i];

		if (sp->ours && !sp->sock)
			sp->sock = connect_space(net, sp);
		if (sp->ours && !sp->sock) {
			say("network: %s", strerror(errno));
			return -1;
		}
	}
	for (i = 0; !ret && i < ARRAY_SIZE(steps); i++)
		for (k = 0; !ret && k < net->ct->nr_msgs; k++) {
			struct net_msg *m = &net->ct->msgs[k];
			const struct space *sp = find_space(net, m->ns);

			if (sp && m->nlh->nlmsg_type == steps[i].type &&
			    m->outside == steps[i].outside)
				ret = steps[i].fn(net, sp, m);
		}
	return ret;
}

/**
 * net_free - done with the network
 * @net: the network, or NULL
 */
void net_free(struct net *net)
{
	size_t i;

	if (!net)
		return;
	for (i = 0; i < net->nr_spaces; i++) {
		if (net->spaces[i].fd >= 0)
			close(net->spaces[i].fd);
		if (net->spaces[i].sock_fd >= 0)
			close(net->spaces[i].sock_fd);
		nl_socket_free(net->spaces[i].sock);
	}
	nl_socket_free(net->outside);
	free(net);
}
