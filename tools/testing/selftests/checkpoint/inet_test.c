// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - AF_INET and AF_INET6 sockets
 */
#include "common.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

FIXTURE(inet) {
	struct ckpt_test t;
};

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (!ioctl(fd, SIOCGIFFLAGS, &ifr)) {
		ifr.ifr_flags |= IFF_UP;
		ioctl(fd, SIOCSIFFLAGS, &ifr);
	}
	close(fd);
}

FIXTURE_SETUP(inet)
{
	ASSERT_TRUE(test_setup(&self->t));
	loopback_up();
}

FIXTURE_TEARDOWN(inet)
{
	test_teardown(&self->t);
}

static const char *loopback_of(int family)
{
	return family == AF_INET ? "127.0.0.1" : "::1";
}

static socklen_t make_addr(struct sockaddr_storage *to, int family,
			   const char *addr, int port)
{
	struct sockaddr_in6 *sin6 = (void *)to;
	struct sockaddr_in *sin = (void *)to;

	memset(to, 0, sizeof(*to));
	to->ss_family = family;
	if (family == AF_INET) {
		sin->sin_port = htons(port);
		inet_pton(family, addr, &sin->sin_addr);
		return sizeof(*sin);
	}
	sin6->sin6_port = htons(port);
	inet_pton(family, addr, &sin6->sin6_addr);
	return sizeof(*sin6);
}

static int bound(int family, int type, const char *addr, int port)
{
	int fd = socket(family, type, 0), one = 1;
	struct sockaddr_storage sa;
	socklen_t len = make_addr(&sa, family, addr, port);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return bind(fd, (struct sockaddr *)&sa, len) ? -1 : fd;
}

static int connected(int family, int type, const char *addr, int port)
{
	int fd = socket(family, type, 0);
	struct sockaddr_storage sa;
	socklen_t len = make_addr(&sa, family, addr, port);

	return connect(fd, (struct sockaddr *)&sa, len) ? -1 : fd;
}

static bool has_name(int fd, int family, const char *addr, int port, bool peer)
{
	struct sockaddr_storage sa, now = {};
	socklen_t len = make_addr(&sa, family, addr, port), n = sizeof(now);

	if (peer ? getpeername(fd, (struct sockaddr *)&now, &n) :
		   getsockname(fd, (struct sockaddr *)&now, &n))
		return false;
	return n == len && !memcmp(&now, &sa, len);
}

static int port_of(int fd)
{
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);

	getsockname(fd, (struct sockaddr *)&sin, &len);
	return ntohs(sin.sin_port);
}

static int get_opt(int fd, int level, int opt)
{
	socklen_t len = sizeof(int);
	int val = -12345;

	getsockopt(fd, level, opt, &val, &len);
	return val;
}

static void set_opt(struct shared *sh, int fd, int level, int opt, int val)
{
	TARGET_CHECK(sh, !setsockopt(fd, level, opt, &val, sizeof(val)));
}

/* Whether somebody who connects to @l gets an answer. */
static void serve(struct shared *sh, int l, int family, int port)
{
	int c = connected(family, SOCK_STREAM, loopback_of(family), port), a;
	char c1 = 'x', c2 = 0;

	a = accept(l, NULL, NULL);
	TARGET_CHECK(sh, c >= 0 && a >= 0);
	TARGET_CHECK(sh, write(c, &c1, 1) == 1 && read(a, &c2, 1) == 1 && c2 == 'x');
	close(c);
	close(a);
}

/* ---- TCP ---- */

static void tcp_listens(struct shared *sh)
{
	int l4 = bound(AF_INET, SOCK_STREAM, "0.0.0.0", 4000);
	int l6 = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
	struct sockaddr_storage sa;
	socklen_t len = make_addr(&sa, AF_INET6, "::1", 4000);

	TARGET_CHECK(sh, !setsockopt(l6, SOL_IPV6, IPV6_V6ONLY, &one, 4));
	TARGET_CHECK(sh, !bind(l6, (struct sockaddr *)&sa, len));
	TARGET_CHECK(sh, l4 >= 0 && !listen(l4, 17) && !listen(l6, 3));
	target_step(sh, 1);
	TARGET_CHECK(sh, get_opt(l4, SOL_SOCKET, SO_ACCEPTCONN) == 1);
	TARGET_CHECK(sh, get_opt(l4, SOL_SOCKET, SO_REUSEADDR) == 1);
	TARGET_CHECK(sh, get_opt(l6, SOL_SOCKET, SO_REUSEADDR) == 0);
	TARGET_CHECK(sh, has_name(l4, AF_INET, "0.0.0.0", 4000, false));
	TARGET_CHECK(sh, has_name(l6, AF_INET6, "::1", 4000, false));
	TARGET_CHECK(sh, accept(l6, NULL, NULL) == -1 && errno == EAGAIN);
	serve(sh, l4, AF_INET, 4000);
	TARGET_CHECK(sh, !fcntl(l6, F_SETFL, 0));
	serve(sh, l6, AF_INET6, 4000);
	/* Of the backlog only tcpi_sacked tells, in this state. */
	{
		struct tcp_info info = {};

		len = sizeof(info);
		TARGET_CHECK(sh, !getsockopt(l4, SOL_TCP, TCP_INFO, &info, &len));
		TARGET_CHECK(sh, info.tcpi_sacked == 17);
	}
}

TEST_F(inet, tcp_listens)
{
	ROUND_TRIP(&self->t, tcp_listens);
}

static void tcp_blocked_in_accept(struct shared *sh)
{
	int l = bound(AF_INET, SOCK_STREAM, "127.0.0.1", 4001), status;
	pid_t pid;
	char c = 0;

	TARGET_CHECK(sh, !listen(l, 1));
	pid = fork();
	if (!pid)
		_exit(read(accept(l, NULL, NULL), &c, 1) == 1 ? 0 : 1);
	nap_ms(20);
	target_step(sh, 1);
	TARGET_CHECK(sh, write(connected(AF_INET, SOCK_STREAM, "127.0.0.1", 4001),
			       &c, 1) == 1);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
}

TEST_F(inet, tcp_blocked_in_accept)
{
	ROUND_TRIP(&self->t, tcp_blocked_in_accept);
}

static void tcp_idle(struct shared *sh)
{
	int fresh = socket(AF_INET, SOCK_STREAM, 0);
	int b = bound(AF_INET, SOCK_STREAM, "127.0.0.1", 0), port = port_of(b);

	target_step(sh, 1);
	TARGET_CHECK(sh, port_of(fresh) == 0);
	TARGET_CHECK(sh, has_name(b, AF_INET, "127.0.0.1", port, false));
	TARGET_CHECK(sh, connected(AF_INET, SOCK_STREAM, "127.0.0.1", port) == -1 &&
		     errno == ECONNREFUSED);
	TARGET_CHECK(sh, !listen(b, 1));
	serve(sh, b, AF_INET, port);
	TARGET_CHECK(sh, connect(fresh, (struct sockaddr *)
				 &(struct sockaddr_in){ .sin_family = AF_INET,
					.sin_port = htons(port),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) },
				 sizeof(struct sockaddr_in)) == 0);
}

TEST_F(inet, tcp_idle)
{
	ROUND_TRIP(&self->t, tcp_idle);
}

static const struct { int level, opt, val; } tcp_opts[] = {
	{ SOL_TCP, TCP_NODELAY, 1 },
	{ SOL_TCP, TCP_KEEPIDLE, 123 },
	{ SOL_TCP, TCP_KEEPINTVL, 45 },
	{ SOL_TCP, TCP_KEEPCNT, 6 },
	{ SOL_TCP, TCP_USER_TIMEOUT, 7890 },
	{ SOL_TCP, TCP_DEFER_ACCEPT, 7 },
	{ SOL_TCP, TCP_FASTOPEN, 11 },
	{ SOL_TCP, TCP_SYNCNT, 4 },
	{ SOL_TCP, TCP_LINGER2, 33 },
	{ SOL_TCP, TCP_MAXSEG, 1000 },
	{ SOL_TCP, TCP_QUICKACK, 1 },
	{ SOL_SOCKET, SO_KEEPALIVE, 1 },
	{ SOL_SOCKET, SO_REUSEPORT, 1 },
	{ SOL_SOCKET, SO_MAX_PACING_RATE, 1000000 },
	{ SOL_IP, IP_TOS, 0x10 },
	{ SOL_IP, IP_TTL, 33 },
	{ SOL_IP, IP_FREEBIND, 1 },
	{ SOL_IP, IP_TRANSPARENT, 1 },
	{ SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO },
};

static void tcp_options(struct shared *sh)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), val[32];
	unsigned int i, nr = sizeof(tcp_opts) / sizeof(*tcp_opts);

	for (i = 0; i < nr; i++) {
		set_opt(sh, fd, tcp_opts[i].level, tcp_opts[i].opt,
			tcp_opts[i].val);
		val[i] = get_opt(fd, tcp_opts[i].level, tcp_opts[i].opt);
	}
	TARGET_CHECK(sh, val[1] == 123 && val[6] == 11);
	TARGET_CHECK(sh, !setsockopt(fd, SOL_TCP, TCP_CONGESTION, "reno", 4));
	TARGET_CHECK(sh, !setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	target_step(sh, 1);
	for (i = 0; i < nr; i++)
		if (get_opt(fd, tcp_opts[i].level, tcp_opts[i].opt) != val[i]) {
			errno = i;
			TARGET_CHECK(sh, !"option differs, errno is its index");
		}
	{
		char name[16] = "";
		socklen_t len = sizeof(name);

		TARGET_CHECK(sh, !getsockopt(fd, SOL_TCP, TCP_CONGESTION, name, &len));
		TARGET_CHECK(sh, !strcmp(name, "reno"));
		len = sizeof(name);
		TARGET_CHECK(sh, !getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
		TARGET_CHECK(sh, !strcmp(name, "lo"));
	}
}

TEST_F(inet, tcp_options)
{
	ROUND_TRIP(&self->t, tcp_options);
}

static void reuseport(struct shared *sh)
{
	int fd[3], i;

	for (i = 0; i < 3; i++) {
		struct sockaddr_storage sa;
		socklen_t len = make_addr(&sa, AF_INET, "127.0.0.1", 4002);

		fd[i] = socket(AF_INET, SOCK_STREAM, 0);
		set_opt(sh, fd[i], SOL_SOCKET, SO_REUSEPORT, 1);
		TARGET_CHECK(sh, !bind(fd[i], (struct sockaddr *)&sa, len));
		TARGET_CHECK(sh, !listen(fd[i], 4));
	}
	target_step(sh, 1);
	for (i = 0; i < 3; i++)
		TARGET_CHECK(sh, get_opt(fd[i], SOL_SOCKET, SO_ACCEPTCONN) == 1);
	close(fd[0]);
	close(fd[1]);
	serve(sh, fd[2], AF_INET, 4002);
}

TEST_F(inet, reuseport)
{
	ROUND_TRIP(&self->t, reuseport);
}

/* ---- UDP ---- */

static void udp(struct shared *sh, int family)
{
	int server = bound(family, SOCK_DGRAM, loopback_of(family), 4003);
	int client = connected(family, SOCK_DGRAM, loopback_of(family), 4003);
	int port = port_of(client);
	char c = 'x';

	set_opt(sh, server, SOL_SOCKET, SO_BROADCAST, 1);
	TARGET_CHECK(sh, server >= 0 && client >= 0 && port);
	target_step(sh, 1);
	TARGET_CHECK(sh, get_opt(server, SOL_SOCKET, SO_BROADCAST) == 1);
	TARGET_CHECK(sh, has_name(server, family, loopback_of(family), 4003, false));
	TARGET_CHECK(sh, has_name(client, family, loopback_of(family), port, false));
	TARGET_CHECK(sh, has_name(client, family, loopback_of(family), 4003, true));
	TARGET_CHECK(sh, write(client, "y", 1) == 1 && read(server, &c, 1) == 1);
	TARGET_CHECK(sh, c == 'y');
}

static void udp4(struct shared *sh)
{
	udp(sh, AF_INET);
}

TEST_F(inet, udp4)
{
	ROUND_TRIP(&self->t, udp4);
}

static void udp6(struct shared *sh)
{
	udp(sh, AF_INET6);
}

TEST_F(inet, udp6)
{
	ROUND_TRIP(&self->t, udp6);
}

/* ---- what is refused ---- */

static void tcp_connection(struct shared *sh)
{
	int l = bound(AF_INET, SOCK_STREAM, "127.0.0.1", 4004);

	TARGET_CHECK(sh, !listen(l, 1));
	TARGET_CHECK(sh, connected(AF_INET, SOCK_STREAM, "127.0.0.1", 4004) >= 0);
	accept(l, NULL, NULL);
	target_step(sh, 1);
}

TEST_F(inet, refused_connection)
{
	REFUSED(&self->t, tcp_connection, EOPNOTSUPP, "127.0.0.1:4004");
}

static void tcp_not_accepted(struct shared *sh)
{
	int l = bound(AF_INET, SOCK_STREAM, "127.0.0.1", 4005);

	TARGET_CHECK(sh, !listen(l, 1));
	TARGET_CHECK(sh, connected(AF_INET, SOCK_STREAM, "127.0.0.1", 4005) >= 0);
	target_step(sh, 1);
}

TEST_F(inet, refused_not_accepted)
{
	REFUSED(&self->t, tcp_not_accepted, EOPNOTSUPP, "wait to be accepted");
}

static void udp_queued(struct shared *sh)
{
	int server = bound(AF_INET, SOCK_DGRAM, "127.0.0.1", 4006);
	int client = connected(AF_INET, SOCK_DGRAM, "127.0.0.1", 4006);

	TARGET_CHECK(sh, server >= 0 && write(client, "x", 1) == 1);
	target_step(sh, 1);
}

TEST_F(inet, refused_datagrams)
{
	REFUSED(&self->t, udp_queued, EOPNOTSUPP, "datagrams have not been read");
}

static void multicast(struct shared *sh)
{
	struct ip_mreq mreq = { .imr_interface.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = bound(AF_INET, SOCK_DGRAM, "0.0.0.0", 4007);

	inet_pton(AF_INET, "239.1.2.3", &mreq.imr_multiaddr);
	TARGET_CHECK(sh, !setsockopt(fd, SOL_IP, IP_ADD_MEMBERSHIP, &mreq,
				     sizeof(mreq)));
	target_step(sh, 1);
}

TEST_F(inet, refused_multicast)
{
	REFUSED(&self->t, multicast, EOPNOTSUPP, "multicast groups");
}

static void udp_corked(struct shared *sh)
{
	set_opt(sh, socket(AF_INET, SOCK_DGRAM, 0), SOL_UDP, UDP_CORK, 1);
	target_step(sh, 1);
}

TEST_F(inet, refused_udp_cork)
{
	REFUSED(&self->t, udp_corked, EOPNOTSUPP, "UDP_CORK");
}

static void ip_options(struct shared *sh)
{
	char opts[4] = { 1, 1, 1, 0 };

	TARGET_CHECK(sh, !setsockopt(socket(AF_INET, SOCK_DGRAM, 0), SOL_IP,
				     IP_OPTIONS, opts, 4));
	target_step(sh, 1);
}

TEST_F(inet, refused_ip_options)
{
	REFUSED(&self->t, ip_options, EOPNOTSUPP, "IP_OPTIONS");
}

static void raw_socket(struct shared *sh)
{
	TARGET_CHECK(sh, socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0);
	target_step(sh, 1);
}

TEST_F(inet, refused_raw)
{
	REFUSED(&self->t, raw_socket, EOPNOTSUPP, "type 3 and protocol 1");
}

static void packet_socket(struct shared *sh)
{
	TARGET_CHECK(sh, socket(AF_PACKET, SOCK_RAW, 0) >= 0);
	target_step(sh, 1);
}

TEST_F(inet, refused_packet)
{
	REFUSED(&self->t, packet_socket, EOPNOTSUPP, "family 17");
}

static void listens_4008(struct shared *sh)
{
	int fd = bound(AF_INET, SOCK_STREAM, "127.0.0.1", 4008);

	TARGET_CHECK(sh, fd >= 0 && !listen(fd, 1));
	target_step(sh, 1);
}

TEST_F(inet, port_in_use)
{
	struct ckpt_test *t = &self->t;
	int fd;

	ASSERT_LT(0, spawn(t, listens_4008));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) {
		TH_LOG("%s", t->msg);
	}
	fd = bound(AF_INET, SOCK_STREAM, "127.0.0.1", 4008);
	ASSERT_EQ(0, listen(fd, 1));
	ASSERT_EQ(-EADDRINUSE, restart_killed(t)) {
		TH_LOG("%s", t->msg);
	}
	ASSERT_NE(NULL, strstr(t->msg, "127.0.0.1:4008")) {
		TH_LOG("%s", t->msg);
	}
	close(fd);
	ASSERT_LT(0, restart_killed(t)) {
		TH_LOG("%s", t->msg);
	}
}

#define OTHER_ADDRESS	"10.99.88.77"

/* Give loopback one more address, or take that away. */
static bool other_address(bool there)
{
	struct ifreq ifr = { .ifr_name = "lo:99" };
	struct sockaddr_in *sin = (void *)&ifr.ifr_addr;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), ret;

	if (there) {
		sin->sin_family = AF_INET;
		inet_pton(AF_INET, OTHER_ADDRESS, &sin->sin_addr);
		ret = ioctl(fd, SIOCSIFADDR, &ifr);
	} else {
		ret = ioctl(fd, SIOCSIFFLAGS, &ifr);
	}
	close(fd);
	return !ret;
}

static void listens_there(struct shared *sh)
{
	int fd = bound(AF_INET, SOCK_STREAM, OTHER_ADDRESS, 4009);

	TARGET_CHECK(sh, fd >= 0 && !listen(fd, 1));
	target_step(sh, 1);
}

TEST_F(inet, address_gone)
{
	struct ckpt_test *t = &self->t;

	ASSERT_TRUE(other_address(true));
	ASSERT_LT(0, spawn(t, listens_there));
	ASSERT_TRUE(wait_step(t->sh, 1));
	EXPECT_EQ(0, atomic_load(&t->sh->failed));
	EXPECT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) {
		TH_LOG("%s", t->msg);
	}
	EXPECT_TRUE(other_address(false));
	EXPECT_EQ(-EADDRNOTAVAIL, restart_killed(t)) {
		TH_LOG("%s", t->msg);
	}
	EXPECT_TRUE(other_address(true));
	EXPECT_LT(0, restart_killed(t)) {
		TH_LOG("%s", t->msg);
	}
	EXPECT_TRUE(other_address(false));
}

/* Only whoever has connected knows of it, until there is data. */
static void deferred(struct shared *sh)
{
	int l = bound(AF_INET, SOCK_STREAM, "127.0.0.1", 4020);

	set_opt(sh, l, SOL_TCP, TCP_DEFER_ACCEPT, 30);
	TARGET_CHECK(sh, !listen(l, 5));
	target_step(sh, 1);
	set_opt(sh, l, SOL_TCP, TCP_DEFER_ACCEPT, 0);
	serve(sh, l, AF_INET, 4020);
}

TEST_F(inet, tcp_handshake)
{
	struct ckpt_test *t = &self->t;
	int fd;

	ASSERT_LT(0, spawn(t, deferred));
	ASSERT_TRUE(wait_step(t->sh, 1));
	fd = connected(AF_INET, SOCK_STREAM, "127.0.0.1", 4020);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	ASSERT_LT(0, restart_killed(t))
		TH_LOG("%s", t->msg);
	/* It is as if nobody had heard of it. */
	EXPECT_EQ(1, write(fd, "x", 1));
	nap_ms(50);
	EXPECT_EQ(-1, send(fd, "x", 1, MSG_NOSIGNAL));
	close(fd);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

TEST_HARNESS_MAIN
