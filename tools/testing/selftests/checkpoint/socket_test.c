// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - netlink sockets, and sockets in general
 */
#include "common.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

FIXTURE(sockets) {
	struct ckpt_test t;
};

FIXTURE_SETUP(sockets)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(sockets)
{
	test_teardown(&self->t);
}

static int netlink(int protocol, unsigned int port, unsigned int groups)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK, .nl_pid = port,
				  .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	return bind(fd, (struct sockaddr *)&nl, sizeof(nl)) ? -1 : fd;
}

static bool has_port(int fd, unsigned int port, unsigned int groups)
{
	struct sockaddr_nl nl = {};
	socklen_t len = sizeof(nl);

	return !getsockname(fd, (struct sockaddr *)&nl, &len) &&
	       nl.nl_pid == port && nl.nl_groups == groups;
}

/* Ask for the loopback interface. */
static bool ask(int fd)
{
	struct { struct nlmsghdr h; struct ifinfomsg i; } req = {
		.h = { .nlmsg_len = sizeof(req), .nlmsg_type = RTM_GETLINK,
		       .nlmsg_flags = NLM_F_REQUEST },
		.i = { .ifi_index = 1 },
	};

	return send(fd, &req, sizeof(req), 0) == sizeof(req);
}

static bool is_answered(int fd)
{
	char buf[16384];
	struct nlmsghdr *h = (void *)buf;

	return recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0 &&
	       h->nlmsg_type == RTM_NEWLINK;
}

static void netlink_route(struct shared *sh)
{
	int fd = netlink(NETLINK_ROUTE, 0, RTMGRP_LINK), one = 1, val = 0;
	int fresh = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE);
	socklen_t len = sizeof(val);

	TARGET_CHECK(sh, has_port(fd, getpid(), RTMGRP_LINK));
	TARGET_CHECK(sh, !setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, 4));
	TARGET_CHECK(sh, ask(fd) && is_answered(fd));
	target_step(sh, 1);
	TARGET_CHECK(sh, has_port(fd, getpid(), RTMGRP_LINK));
	TARGET_CHECK(sh, has_port(fresh, 0, 0));
	TARGET_CHECK(sh, !getsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &val, &len) &&
		     val == 1);
	TARGET_CHECK(sh, !getsockopt(fd, SOL_NETLINK, NETLINK_PKTINFO, &val, &len) &&
		     val == 0);
	TARGET_CHECK(sh, ask(fd) && is_answered(fd));
	TARGET_CHECK(sh, ask(fresh) && is_answered(fresh));
}

TEST_F(sockets, netlink_route)
{
	ROUND_TRIP(&self->t, netlink_route);
}

static void netlink_uevent(struct shared *sh)
{
	int fd = netlink(NETLINK_KOBJECT_UEVENT, 12345, 1);
	char buf[4096];
	int trigger;

	TARGET_CHECK(sh, fd >= 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, has_port(fd, 12345, 1));
	trigger = open("/sys/class/mem/null/uevent", O_WRONLY);
	if (trigger < 0)
		return;
	TARGET_CHECK(sh, write(trigger, "change", 6) == 6);
	TARGET_CHECK(sh, recv(fd, buf, sizeof(buf), 0) > 0);
}

TEST_F(sockets, netlink_uevent)
{
	ROUND_TRIP(&self->t, netlink_uevent);
}

static void netlink_messages(struct shared *sh)
{
	int fd = netlink(NETLINK_ROUTE, 0, 0);

	TARGET_CHECK(sh, ask(fd));
	target_step(sh, 1);
	TARGET_CHECK(sh, is_answered(fd));
}

TEST_F(sockets, refused_netlink_messages)
{
	REFUSED(&self->t, netlink_messages, EOPNOTSUPP, "messages have not been read");
}

static void netlink_protocol(struct shared *sh)
{
	TARGET_CHECK(sh, socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) >= 0 ||
		     socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT) >= 0);
	target_step(sh, 1);
}

TEST_F(sockets, refused_netlink_protocol)
{
	REFUSED(&self->t, netlink_protocol, EOPNOTSUPP, "netlink protocol");
}

TEST_HARNESS_MAIN
