// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - AF_UNIX sockets
 */
#include "common.h"

#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <linux/sockios.h>

static char dir[64];

FIXTURE(sockets) {
	struct ckpt_test t;
};

FIXTURE_SETUP(sockets)
{
	ASSERT_TRUE(test_setup(&self->t));
	strcpy(dir, self->t.dir);
}

FIXTURE_TEARDOWN(sockets)
{
	test_teardown(&self->t);
}

static socklen_t path_addr(struct sockaddr_un *sun, const char *name)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	snprintf(sun->sun_path, sizeof(sun->sun_path), "%s/%s", dir, name);
	return sizeof(*sun);
}

static socklen_t abstract_addr(struct sockaddr_un *sun, const char *name)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	snprintf(sun->sun_path + 1, sizeof(sun->sun_path) - 1, "%s/%s", dir, name);
	return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(sun->sun_path + 1);
}

static int bound(int type, const char *name, bool abstract)
{
	int fd = socket(AF_UNIX, type, 0);
	struct sockaddr_un sun;
	socklen_t len = abstract ? abstract_addr(&sun, name) :
				   path_addr(&sun, name);

	return bind(fd, (struct sockaddr *)&sun, len) ? -1 : fd;
}

static int connected(int type, const char *name, bool abstract)
{
	int fd = socket(AF_UNIX, type, 0);
	struct sockaddr_un sun;
	socklen_t len = abstract ? abstract_addr(&sun, name) :
				   path_addr(&sun, name);

	return connect(fd, (struct sockaddr *)&sun, len) ? -1 : fd;
}

static bool sends(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* Whether one call reads exactly @text. */
static bool reads(int fd, const char *text)
{
	char buf[256] = "";

	return recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT) == (ssize_t)strlen(text) &&
	       !strcmp(buf, text);
}

static bool reads_nothing(int fd, int err)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) == -1 && errno == err;
}

static int int_opt(int fd, int opt)
{
	socklen_t len = sizeof(int);
	int val = -12345;

	getsockopt(fd, SOL_SOCKET, opt, &val, &len);
	return val;
}

static void set_int_opt(struct shared *sh, int fd, int opt, int val)
{
	TARGET_CHECK(sh, !setsockopt(fd, SOL_SOCKET, opt, &val, sizeof(val)));
}

/* ---- connected pairs ---- */

static void talk(struct shared *sh, int a, int b)
{
	TARGET_CHECK(sh, sends(a, "ping") && reads(b, "ping"));
	TARGET_CHECK(sh, sends(b, "pong") && reads(a, "pong"));
}

static void pair(struct shared *sh, int type)
{
	int sv[2];

	TARGET_CHECK(sh, !socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, sv));
	TARGET_CHECK(sh, !fcntl(sv[1], F_SETFL, O_NONBLOCK));
	TARGET_CHECK(sh, sends(sv[0], "one") && sends(sv[0], "two"));
	TARGET_CHECK(sh, sends(sv[1], "three"));
	target_step(sh, 1);
	TARGET_CHECK(sh, int_opt(sv[0], SO_TYPE) == type);
	TARGET_CHECK(sh, int_opt(sv[0], SO_DOMAIN) == AF_UNIX);
	TARGET_CHECK(sh, fcntl(sv[1], F_GETFL) == (O_RDWR | O_NONBLOCK));
	TARGET_CHECK(sh, fcntl(sv[0], F_GETFL) == O_RDWR);
	TARGET_CHECK(sh, fcntl(sv[0], F_GETFD) == FD_CLOEXEC);
	if (type == SOCK_STREAM) {
		TARGET_CHECK(sh, reads(sv[1], "onetwo"));
	} else {
		TARGET_CHECK(sh, reads(sv[1], "one"));
		TARGET_CHECK(sh, reads(sv[1], "two"));
	}
	TARGET_CHECK(sh, reads(sv[0], "three"));
	TARGET_CHECK(sh, reads_nothing(sv[0], EAGAIN));
	talk(sh, sv[0], sv[1]);
	close(sv[0]);
	TARGET_CHECK(sh, type == SOCK_DGRAM || recv(sv[1], &type, 1, 0) == 0);
}

static void stream(struct shared *sh)
{
	pair(sh, SOCK_STREAM);
}

TEST_F(sockets, stream)
{
	ROUND_TRIP(&self->t, stream);
}

static void dgram(struct shared *sh)
{
	pair(sh, SOCK_DGRAM);
}

TEST_F(sockets, dgram)
{
	ROUND_TRIP(&self->t, dgram);
}

static void seqpacket(struct shared *sh)
{
	pair(sh, SOCK_SEQPACKET);
}

TEST_F(sockets, seqpacket)
{
	ROUND_TRIP(&self->t, seqpacket);
}

static void between_processes(struct shared *sh)
{
	int sv[2], status;
	pid_t pid;

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	pid = fork();
	if (!pid) {
		char buf[8] = "";

		close(sv[0]);
		/* Blocks across the restart. */
		if (read(sv[1], buf, 4) != 4 || strcmp(buf, "ping"))
			_exit(1);
		_exit(write(sv[1], "pong", 4) == 4 ? 0 : 2);
	}
	close(sv[1]);
	target_step(sh, 1);
	TARGET_CHECK(sh, sends(sv[0], "ping"));
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	TARGET_CHECK(sh, reads(sv[0], "pong"));
	TARGET_CHECK(sh, recv(sv[0], &status, 1, 0) == 0);
}

TEST_F(sockets, between_processes)
{
	ROUND_TRIP(&self->t, between_processes);
}

/* ---- queues ---- */

static void partly_read(struct shared *sh)
{
	int sv[2], before;
	char buf[64] = "";

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	TARGET_CHECK(sh, sends(sv[0], "0123456789") && sends(sv[0], "abc"));
	TARGET_CHECK(sh, read(sv[1], buf, 4) == 4);
	TARGET_CHECK(sh, !ioctl(sv[0], SIOCOUTQ, &before) && before > 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, !ioctl(sv[1], SIOCINQ, buf) && *(int *)buf == 9);
	TARGET_CHECK(sh, !ioctl(sv[0], SIOCOUTQ, buf) && *(int *)buf == before);
	TARGET_CHECK(sh, reads(sv[1], "456789abc"));
	TARGET_CHECK(sh, !ioctl(sv[0], SIOCOUTQ, buf) && *(int *)buf == 0);
}

TEST_F(sockets, partly_read)
{
	ROUND_TRIP(&self->t, partly_read);
}

static void full_queue(struct shared *sh)
{
	static char out[65536], in[65536];
	size_t sent = 0, got = 0;
	int sv[2], type = 0;
	ssize_t n;
	size_t i;

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv));
	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + i / 256;
	while ((n = write(sv[0], out, sizeof(out))) > 0)
		sent += n;
	TARGET_CHECK(sh, sent > sizeof(out) && errno == EAGAIN);
	target_step(sh, 1);
	TARGET_CHECK(sh, write(sv[0], out, 1) == -1 && errno == EAGAIN);
	while ((n = read(sv[1], in, sizeof(in))) > 0) {
		for (i = 0; i < (size_t)n; i++)
			type |= in[i] ^ out[(got + i) % sizeof(out)];
		got += n;
	}
	TARGET_CHECK(sh, got == sent && errno == EAGAIN);
	TARGET_CHECK(sh, !type);
	TARGET_CHECK(sh, write(sv[0], out, 1) == 1);
}

TEST_F(sockets, full_queue)
{
	/* What fits behind a partial write is a matter of buffers, not of us. */
	ROUND_TRIP(&self->t, full_queue);
}

static void big_datagram(struct shared *sh)
{
	static char out[150000], in[150001];
	int sv[2];
	size_t i;

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 3 + i / 256;
	TARGET_CHECK(sh, write(sv[0], out, sizeof(out)) == sizeof(out));
	TARGET_CHECK(sh, write(sv[0], out, 0) == 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, read(sv[1], in, sizeof(in)) == sizeof(out));
	TARGET_CHECK(sh, !memcmp(in, out, sizeof(out)));
	TARGET_CHECK(sh, read(sv[1], in, sizeof(in)) == 0);
}

TEST_F(sockets, big_datagram)
{
	ROUND_TRIP(&self->t, big_datagram);
}

static void out_of_band(struct shared *sh)
{
	int sv[2], mark = -1;
	char c = 0;

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	TARGET_CHECK(sh, sends(sv[0], "ab") && send(sv[0], "!", 1, MSG_OOB) == 1);
	TARGET_CHECK(sh, sends(sv[0], "cd"));
	target_step(sh, 1);
	TARGET_CHECK(sh, reads(sv[1], "ab"));
	TARGET_CHECK(sh, !ioctl(sv[1], SIOCATMARK, &mark) && mark == 1);
	TARGET_CHECK(sh, recv(sv[1], &c, 1, MSG_OOB) == 1 && c == '!');
	TARGET_CHECK(sh, reads(sv[1], "cd"));
}

TEST_F(sockets, out_of_band)
{
	ROUND_TRIP(&self->t, out_of_band);
}

static void peeking(struct shared *sh)
{
	char buf[8] = "";
	int sv[2];

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	set_int_opt(sh, sv[1], SO_PEEK_OFF, 0);
	TARGET_CHECK(sh, sends(sv[0], "abcdef"));
	TARGET_CHECK(sh, recv(sv[1], buf, 2, MSG_PEEK) == 2);
	target_step(sh, 1);
	TARGET_CHECK(sh, int_opt(sv[1], SO_PEEK_OFF) == 2);
	TARGET_CHECK(sh, recv(sv[1], buf, 2, MSG_PEEK) == 2 && buf[0] == 'c');
	TARGET_CHECK(sh, reads(sv[1], "abcdef"));
}

TEST_F(sockets, peeking)
{
	ROUND_TRIP(&self->t, peeking);
}

/* ---- ends ---- */

static void half_closed(struct shared *sh)
{
	int sv[2];
	char c;

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	TARGET_CHECK(sh, sends(sv[0], "last") && !shutdown(sv[0], SHUT_WR));
	target_step(sh, 1);
	TARGET_CHECK(sh, send(sv[0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
	TARGET_CHECK(sh, reads(sv[1], "last") && recv(sv[1], &c, 1, 0) == 0);
	TARGET_CHECK(sh, sends(sv[1], "answer") && reads(sv[0], "answer"));
}

TEST_F(sockets, half_closed)
{
	ROUND_TRIP(&self->t, half_closed);
}

static void peer_closed(struct shared *sh)
{
	int eof[2], reset[2], dgrams[2];
	struct sockaddr_un sun;
	socklen_t len = sizeof(sun);
	char c;

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, eof));
	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, reset));
	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_DGRAM, 0, dgrams));
	TARGET_CHECK(sh, sends(eof[0], "bye") && sends(reset[1], "unread"));
	TARGET_CHECK(sh, sends(dgrams[0], "bye"));
	close(eof[0]);
	close(reset[0]);
	close(dgrams[0]);
	target_step(sh, 1);
	TARGET_CHECK(sh, !getpeername(eof[1], (struct sockaddr *)&sun, &len));
	TARGET_CHECK(sh, reads(eof[1], "bye") && recv(eof[1], &c, 1, 0) == 0);
	TARGET_CHECK(sh, send(eof[1], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
	TARGET_CHECK(sh, reads_nothing(reset[1], ECONNRESET));
	TARGET_CHECK(sh, recv(reset[1], &c, 1, 0) == 0);
	TARGET_CHECK(sh, reads(dgrams[1], "bye"));
	TARGET_CHECK(sh, send(dgrams[1], "x", 1, 0) == -1 && errno == ECONNREFUSED);
}

TEST_F(sockets, peer_closed)
{
	ROUND_TRIP(&self->t, peer_closed);
}

/* ---- credentials and files in messages ---- */

static ssize_t send_fds(int fd, const char *text, const int *fds, int nr)
{
	union { char buf[CMSG_SPACE(8 * sizeof(int))]; struct cmsghdr align; } u = {};
	struct iovec iov = { (char *)text, strlen(text) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.buf, .msg_controllen = CMSG_SPACE(nr * sizeof(int)),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(nr * sizeof(int));
	memcpy(CMSG_DATA(c), fds, nr * sizeof(int));
	return sendmsg(fd, &msg, 0);
}

/* Returns the number of descriptors, or -1. */
static int recv_msg(int fd, char *text, size_t size, int *fds,
		    struct ucred *cred)
{
	union { char buf[256]; struct cmsghdr align; } u;
	struct iovec iov = { text, size };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.buf, .msg_controllen = sizeof(u.buf),
	};
	struct cmsghdr *c;
	int nr = 0;

	memset(text, 0, size);
	if (recvmsg(fd, &msg, MSG_DONTWAIT) < 0)
		return -1;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_type == SCM_RIGHTS) {
			nr = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			memcpy(fds, CMSG_DATA(c), nr * sizeof(int));
		}
		if (c->cmsg_type == SCM_CREDENTIALS && cred)
			memcpy(cred, CMSG_DATA(c), sizeof(*cred));
	}
	return nr;
}

static void files_in_messages(struct shared *sh)
{
	int sv[2], p[2], more[2], fds[8];
	char buf[16], c;

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_DGRAM, 0, more));
	TARGET_CHECK(sh, !pipe(p) && write(p[1], "x", 1) == 1);
	TARGET_CHECK(sh, send_fds(sv[0], "pipe", p, 2) == 4);
	TARGET_CHECK(sh, sends(more[0], "inner"));
	TARGET_CHECK(sh, send_fds(sv[0], "sockets", more, 2) == 7);
	/* They live on in the queue alone. */
	close(p[0]);
	close(p[1]);
	close(more[0]);
	close(more[1]);
	target_step(sh, 1);
	TARGET_CHECK(sh, recv_msg(sv[1], buf, 4, fds, NULL) == 2);
	TARGET_CHECK(sh, !strncmp(buf, "pipe", 4));
	TARGET_CHECK(sh, read(fds[0], &c, 1) == 1 && c == 'x');
	close(fds[1]);
	TARGET_CHECK(sh, read(fds[0], &c, 1) == 0);
	TARGET_CHECK(sh, recv_msg(sv[1], buf, sizeof(buf), fds, NULL) == 2);
	TARGET_CHECK(sh, !strcmp(buf, "sockets"));
	TARGET_CHECK(sh, reads(fds[1], "inner"));
	TARGET_CHECK(sh, sends(fds[0], "again") && reads(fds[1], "again"));
}

TEST_F(sockets, files_in_messages)
{
	ROUND_TRIP(&self->t, files_in_messages);
}

static void socket_in_itself(struct shared *sh)
{
	int sv[2], fds[8];
	char buf[8];

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	TARGET_CHECK(sh, send_fds(sv[0], "me", &sv[1], 1) == 2);
	TARGET_CHECK(sh, send_fds(sv[1], "you", &sv[1], 1) == 3);
	target_step(sh, 1);
	TARGET_CHECK(sh, recv_msg(sv[1], buf, sizeof(buf), fds, NULL) == 1);
	TARGET_CHECK(sh, sends(sv[0], "x") && reads(fds[0], "x"));
	/* And a cycle that nobody holds can be collected. */
	TARGET_CHECK(sh, send_fds(sv[0], "me", &sv[1], 1) == 2);
	close(sv[0]);
	close(sv[1]);
	close(fds[0]);
}

TEST_F(sockets, socket_in_itself)
{
	ROUND_TRIP(&self->t, socket_in_itself);
}

static void credentials(struct shared *sh)
{
	struct ucred cred = {};
	int sv[2], status;
	char buf[8];
	pid_t pid;

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	set_int_opt(sh, sv[1], SO_PASSCRED, 1);
	TARGET_CHECK(sh, sends(sv[0], "parent"));
	pid = fork();
	if (!pid)
		_exit(sends(sv[0], "child") ? 0 : 1);
	/* Its number is all that is left of it. */
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	target_step(sh, 1);
	TARGET_CHECK(sh, int_opt(sv[1], SO_PASSCRED) == 1);
	TARGET_CHECK(sh, int_opt(sv[0], SO_PASSCRED) == 0);
	TARGET_CHECK(sh, recv_msg(sv[1], buf, sizeof(buf), NULL, &cred) == 0);
	TARGET_CHECK(sh, cred.pid == getpid() && !cred.uid && !cred.gid);
	TARGET_CHECK(sh, recv_msg(sv[1], buf, sizeof(buf), NULL, &cred) == 0);
	TARGET_CHECK(sh, cred.pid == pid && !strcmp(buf, "child"));
}

TEST_F(sockets, credentials)
{
	ROUND_TRIP(&self->t, credentials);
}

static void peer_credentials(struct shared *sh)
{
	socklen_t len = sizeof(struct ucred);
	struct ucred cred = {};
	int l = bound(SOCK_STREAM, "sock", false), a, status;
	pid_t pid;

	TARGET_CHECK(sh, !listen(l, 3));
	pid = fork();
	if (!pid) {
		int fd = setuid(1000) ? -1 : connected(SOCK_STREAM, "sock", false);

		nap_ms(20);
		_exit(fd < 0);
	}
	TARGET_CHECK(sh, !chmod(dir, 0755));
	a = accept(l, NULL, NULL);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	target_step(sh, 1);
	TARGET_CHECK(sh, !getsockopt(a, SOL_SOCKET, SO_PEERCRED, &cred, &len));
	TARGET_CHECK(sh, cred.pid == pid && cred.uid == 1000);
	TARGET_CHECK(sh, !getsockopt(l, SOL_SOCKET, SO_PEERCRED, &cred, &len));
	TARGET_CHECK(sh, cred.pid == getpid() && cred.uid == 0);
}

static void peer_credentials_prepared(struct shared *sh)
{
	struct sockaddr_un sun;

	path_addr(&sun, "sock");
	chmod(dir, 0755);
	umask(0);
	peer_credentials(sh);
}

TEST_F(sockets, peer_credentials)
{
	ROUND_TRIP(&self->t, peer_credentials_prepared);
}

/* ---- names ---- */

static bool has_name(int fd, const struct sockaddr_un *sun, socklen_t len,
		     bool peer)
{
	struct sockaddr_un name = {};
	socklen_t n = sizeof(name);

	if (peer ? getpeername(fd, (struct sockaddr *)&name, &n) :
		   getsockname(fd, (struct sockaddr *)&name, &n))
		return false;
	if (sun->sun_path[0])
		return !strcmp(name.sun_path, sun->sun_path);
	return n == len && !memcmp(&name, sun, len);
}

static void listening(struct shared *sh, bool abstract)
{
	int l = bound(SOCK_STREAM, "sock", abstract), c, a;
	struct sockaddr_un sun;
	struct stat before = {}, after = {};
	socklen_t len = abstract ? abstract_addr(&sun, "sock") :
				   path_addr(&sun, "sock");

	TARGET_CHECK(sh, l >= 0 && !listen(l, 5));
	TARGET_CHECK(sh, abstract || !stat(sun.sun_path, &before));
	c = connected(SOCK_STREAM, "sock", abstract);
	TARGET_CHECK(sh, sends(c, "early"));
	a = accept(l, NULL, NULL);
	target_step(sh, 1);
	TARGET_CHECK(sh, int_opt(l, SO_ACCEPTCONN) == 1);
	TARGET_CHECK(sh, has_name(l, &sun, len, false));
	TARGET_CHECK(sh, has_name(a, &sun, len, false));
	TARGET_CHECK(sh, has_name(c, &sun, len, true));
	TARGET_CHECK(sh, reads(a, "early"));
	talk(sh, a, c);
	TARGET_CHECK(sh, abstract || (!stat(sun.sun_path, &after) &&
				      after.st_ino == before.st_ino));
	/* And others find it again. */
	close(c);
	close(a);
	c = connected(SOCK_STREAM, "sock", abstract);
	TARGET_CHECK(sh, c >= 0);
	a = accept(l, NULL, NULL);
	talk(sh, a, c);
	/* The name is taken, and free when the socket is closed. */
	TARGET_CHECK(sh, bound(SOCK_STREAM, "sock", abstract) == -1 &&
		     errno == EADDRINUSE);
	close(l);
	TARGET_CHECK(sh, connected(SOCK_STREAM, "sock", abstract) == -1 &&
		     errno == ECONNREFUSED);
}

static void listening_path(struct shared *sh)
{
	listening(sh, false);
}

TEST_F(sockets, listening_path)
{
	ROUND_TRIP(&self->t, listening_path);
}

static void listening_abstract(struct shared *sh)
{
	listening(sh, true);
}

TEST_F(sockets, listening_abstract)
{
	ROUND_TRIP(&self->t, listening_abstract);
}

static void not_accepted(struct shared *sh)
{
	int l = bound(SOCK_SEQPACKET, "sock", true), c[3], a, i, p[2], fds[8];
	char buf[8];

	TARGET_CHECK(sh, !pipe(p) && !listen(l, 5));
	for (i = 0; i < 3; i++) {
		char text[2] = { '0' + i, 0 };

		c[i] = connected(SOCK_SEQPACKET, "sock", true);
		TARGET_CHECK(sh, sends(c[i], text));
	}
	TARGET_CHECK(sh, send_fds(c[1], "fd", p, 1) == 2);
	close(c[2]);
	target_step(sh, 1);
	a = accept(l, NULL, NULL);
	TARGET_CHECK(sh, reads(a, "0"));
	talk(sh, a, c[0]);
	a = accept(l, NULL, NULL);
	TARGET_CHECK(sh, reads(a, "1"));
	TARGET_CHECK(sh, recv_msg(a, buf, sizeof(buf), fds, NULL) == 1);
	TARGET_CHECK(sh, write(p[1], "x", 1) == 1 && read(fds[0], buf, 1) == 1);
	a = accept(l, NULL, NULL);
	TARGET_CHECK(sh, reads(a, "2") && recv(a, buf, 1, 0) == 0);
	TARGET_CHECK(sh, !fcntl(l, F_SETFL, O_NONBLOCK));
	TARGET_CHECK(sh, accept(l, NULL, NULL) == -1 && errno == EAGAIN);
}

TEST_F(sockets, not_accepted)
{
	ROUND_TRIP(&self->t, not_accepted);
}

static void datagrams_by_name(struct shared *sh)
{
	int server = bound(SOCK_DGRAM, "server", false);
	int client = bound(SOCK_DGRAM, "client", true), gone;
	struct sockaddr_un sun, from;
	socklen_t len = path_addr(&sun, "server"), from_len;
	char buf[8];

	TARGET_CHECK(sh, !connect(client, (struct sockaddr *)&sun, len));
	gone = bound(SOCK_DGRAM, "gone", true);
	TARGET_CHECK(sh, !connect(gone, (struct sockaddr *)&sun, len));
	TARGET_CHECK(sh, sends(client, "one") && sends(gone, "two"));
	close(gone);
	target_step(sh, 1);
	TARGET_CHECK(sh, reads(server, "one"));
	from_len = sizeof(from);
	TARGET_CHECK(sh, recvfrom(server, buf, 8, MSG_DONTWAIT,
				  (struct sockaddr *)&from, &from_len) == 3);
	len = abstract_addr(&sun, "gone");
	TARGET_CHECK(sh, from_len == len && !memcmp(&from, &sun, len));
	TARGET_CHECK(sh, sends(client, "more") && reads(server, "more"));
	TARGET_CHECK(sh, bound(SOCK_DGRAM, "client", true) == -1);
}

TEST_F(sockets, datagrams_by_name)
{
	ROUND_TRIP(&self->t, datagrams_by_name);
}

static void unlinked_name(struct shared *sh)
{
	int l = bound(SOCK_STREAM, "sock", false), c;
	struct sockaddr_un sun;
	socklen_t len = path_addr(&sun, "sock");

	TARGET_CHECK(sh, !listen(l, 5));
	c = connected(SOCK_STREAM, "sock", false);
	TARGET_CHECK(sh, !unlink(sun.sun_path));
	target_step(sh, 1);
	TARGET_CHECK(sh, has_name(l, &sun, len, false));
	talk(sh, accept(l, NULL, NULL), c);
	TARGET_CHECK(sh, bound(SOCK_STREAM, "sock", false) >= 0);
}

TEST_F(sockets, unlinked_name)
{
	ROUND_TRIP(&self->t, unlinked_name);
}

/* A logger, for example. */
static void connected_outside(struct shared *sh)
{
	int fd = connected(SOCK_DGRAM, "logger", false);

	TARGET_CHECK(sh, fd >= 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, sends(fd, "hello"));
}

TEST_F(sockets, datagrams_outside)
{
	int fd = bound(SOCK_DGRAM, "logger", false);

	ASSERT_LE(0, fd);
	ROUND_TRIP(&self->t, connected_outside);
	ASSERT_TRUE(reads(fd, "hello"));
}

/* ---- options ---- */

static void options(struct shared *sh)
{
	struct linger ling = { .l_onoff = 0, .l_linger = 7 }, now = {};
	struct timeval tv = { .tv_sec = 3, .tv_usec = 500000 }, tv2 = {};
	socklen_t len;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), snd;

	set_int_opt(sh, fd, SO_SNDBUF, 50000);
	set_int_opt(sh, fd, SO_RCVBUFFORCE, 8 << 20);
	set_int_opt(sh, fd, SO_REUSEADDR, 1);
	set_int_opt(sh, fd, SO_KEEPALIVE, 1);
	set_int_opt(sh, fd, SO_PRIORITY, 5);
	set_int_opt(sh, fd, SO_MARK, 99);
	set_int_opt(sh, fd, SO_RCVLOWAT, 12);
	set_int_opt(sh, fd, SO_TIMESTAMPNS, 1);
	set_int_opt(sh, fd, SO_PASSSEC, 1);
	snd = int_opt(fd, SO_SNDBUF);
	ling.l_onoff = 1;
	TARGET_CHECK(sh, !setsockopt(fd, SOL_SOCKET, SO_LINGER, &ling, sizeof(ling)));
	ling.l_onoff = 0;
	TARGET_CHECK(sh, !setsockopt(fd, SOL_SOCKET, SO_LINGER, &ling, sizeof(ling)));
	TARGET_CHECK(sh, !setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	TARGET_CHECK(sh, !fchown(fd, 12, 34) && !fchmod(fd, 0640));
	target_step(sh, 1);
	TARGET_CHECK(sh, int_opt(fd, SO_SNDBUF) == snd);
	TARGET_CHECK(sh, int_opt(fd, SO_RCVBUF) == 16 << 20);
	TARGET_CHECK(sh, int_opt(fd, SO_REUSEADDR) == 1);
	TARGET_CHECK(sh, int_opt(fd, SO_KEEPALIVE) == 1);
	TARGET_CHECK(sh, int_opt(fd, SO_BROADCAST) == 0);
	TARGET_CHECK(sh, int_opt(fd, SO_PRIORITY) == 5);
	TARGET_CHECK(sh, int_opt(fd, SO_MARK) == 99);
	TARGET_CHECK(sh, int_opt(fd, SO_RCVLOWAT) == 12);
	TARGET_CHECK(sh, int_opt(fd, SO_TIMESTAMPNS) == 1);
	TARGET_CHECK(sh, int_opt(fd, SO_TIMESTAMP) == 0);
	TARGET_CHECK(sh, int_opt(fd, SO_PASSSEC) == 1);
	len = sizeof(now);
	TARGET_CHECK(sh, !getsockopt(fd, SOL_SOCKET, SO_LINGER, &now, &len));
	TARGET_CHECK(sh, !memcmp(&now, &ling, sizeof(now)));
	len = sizeof(tv2);
	TARGET_CHECK(sh, !getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv2, &len));
	TARGET_CHECK(sh, !memcmp(&tv, &tv2, sizeof(tv)));
	{
		struct stat st;

		TARGET_CHECK(sh, !fstat(fd, &st) && st.st_uid == 12 &&
			     st.st_gid == 34 && (st.st_mode & 0777) == 0640);
	}
}

TEST_F(sockets, options)
{
	ROUND_TRIP(&self->t, options);
}

/* ---- signals ---- */

static volatile sig_atomic_t got_sigio;

static void on_sigio(int sig)
{
	got_sigio++;
}

static void async(struct shared *sh)
{
	int sv[2];

	signal(SIGIO, on_sigio);
	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	TARGET_CHECK(sh, !fcntl(sv[1], F_SETOWN, getpid()));
	TARGET_CHECK(sh, !fcntl(sv[1], F_SETFL, O_ASYNC));
	TARGET_CHECK(sh, !fcntl(sv[0], F_SETOWN, -getpgrp()));
	TARGET_CHECK(sh, !fcntl(sv[0], F_SETSIG, SIGUSR2));
	target_step(sh, 1);
	TARGET_CHECK(sh, fcntl(sv[1], F_GETFL) == (O_RDWR | O_ASYNC));
	TARGET_CHECK(sh, fcntl(sv[1], F_GETOWN) == getpid());
	TARGET_CHECK(sh, fcntl(sv[1], F_GETSIG) == 0);
	TARGET_CHECK(sh, fcntl(sv[0], F_GETOWN) == -getpgrp());
	TARGET_CHECK(sh, fcntl(sv[0], F_GETSIG) == SIGUSR2);
	TARGET_CHECK(sh, sends(sv[0], "x") && got_sigio == 1);
}

TEST_F(sockets, async)
{
	ROUND_TRIP(&self->t, async);
}

static void owner_outside(struct shared *sh)
{
	int sv[2];

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	TARGET_CHECK(sh, !fcntl(sv[1], F_SETOWN, getppid()));
	target_step(sh, 1);
}

TEST_F(sockets, refused_owner_outside)
{
	REFUSED(&self->t, owner_outside, EOPNOTSUPP, "outside of the tree");
}

/* ---- what is refused ---- */

static void outside_stream(struct shared *sh)
{
	TARGET_CHECK(sh, connected(SOCK_STREAM, "out", true) >= 0);
	target_step(sh, 1);
}

TEST_F(sockets, refused_peer_outside)
{
	int l = bound(SOCK_STREAM, "out", true);

	ASSERT_EQ(0, listen(l, 5));
	REFUSED(&self->t, outside_stream, EOPNOTSUPP, "not open in the tree");
	ASSERT_NE(NULL, strstr(self->t.msg, "@"));
}

static int inherited;

static void inherits(struct shared *sh)
{
	target_step(sh, 1);
}

static pid_t spawn_with(struct ckpt_test *t, void (*fn)(struct shared *sh),
			int fd)
{
	struct shared *sh = t->sh;

	t->pid = fork();
	if (t->pid)
		return t->pid;
	setsid();
	dup2(fd, 3);
	close_range(4, ~0U, 0);
	close_range(0, 2, 0);
	if (open("/dev/null", O_RDWR) || dup(0) != 1 || dup(0) != 2)
		_exit(99);
	drop_harness_memory();
	fn(sh);
	_exit(atomic_load(&sh->failed) ? 1 : 0);
}

TEST_F(sockets, refused_open_outside)
{
	struct ckpt_test *t = &self->t;

	inherited = bound(SOCK_STREAM, "inherited", true);
	ASSERT_LT(0, spawn_with(t, inherits, inherited));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
	ASSERT_NE(NULL, strstr(t->msg, "is open outside of the tree, too")) {
		TH_LOG("%s", t->msg);
	}
	/* Passed by the caller it is not ours to restore. */
	t->ext = &(struct ckpt_external){ .key = (uintptr_t)"listener",
					  .fd = inherited };
	t->nr_ext = 1;
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) {
		TH_LOG("%s", t->msg);
	}
	ASSERT_LT(0, restart_killed(t)) {
		TH_LOG("%s", t->msg);
	}
	atomic_store(&t->sh->go, 1);
	ASSERT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
	close(inherited);
}

static void filtered(struct shared *sh)
{
	struct { unsigned short code; unsigned char jt, jf; unsigned int k; } f[] = {
		{ 0x6, 0, 0, 0xffff },
	};
	struct { unsigned short len; void *filter; } prog = { 1, f };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	TARGET_CHECK(sh, !setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
				     sizeof(prog)));
	target_step(sh, 1);
}

TEST_F(sockets, refused_filter)
{
	REFUSED(&self->t, filtered, EOPNOTSUPP, "socket filter");
}

static void timestamping(struct shared *sh)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	set_int_opt(sh, fd, SO_TIMESTAMPING, 1 << 4);
	target_step(sh, 1);
}

TEST_F(sockets, refused_timestamping)
{
	REFUSED(&self->t, timestamping, EOPNOTSUPP, "SO_TIMESTAMPING");
}

/* Checkpoint, kill, do what a test does in between, and fail to restart. */
#define RESTART_FAILS(t, fn, between, err, text) do {			\
	struct ckpt_test *__t = (t);					\
									\
	ASSERT_LT(0, spawn(__t, fn));					\
	ASSERT_TRUE(wait_step(__t->sh, 1));				\
	ASSERT_LT(0, do_checkpoint(__t, CHECKPOINT_KILL))			\
		TH_LOG("%s", __t->msg);					\
	between;							\
	ASSERT_EQ(-(err), restart_killed(__t))				\
		TH_LOG("%s", __t->msg);					\
	ASSERT_NE(NULL, strstr(__t->msg, text))				\
		TH_LOG("%s", __t->msg);					\
} while (0)

static void bound_path(struct shared *sh)
{
	TARGET_CHECK(sh, bound(SOCK_DGRAM, "sock", false) >= 0);
	target_step(sh, 1);
}

static void bound_abstract(struct shared *sh)
{
	TARGET_CHECK(sh, bound(SOCK_DGRAM, "sock", true) >= 0);
	target_step(sh, 1);
}

static int replace(const char *name)
{
	struct sockaddr_un sun;

	path_addr(&sun, name);
	unlink(sun.sun_path);
	chmod(dir, 0700);
	umask(077);
	return bound(SOCK_DGRAM, name, false);
}

TEST_F(sockets, stale_replaced)
{
	RESTART_FAILS(&self->t, bound_path, replace("sock"), ESTALE, "sock");
}

static void remove_name(const char *name)
{
	struct sockaddr_un sun;

	path_addr(&sun, name);
	unlink(sun.sun_path);
}

TEST_F(sockets, stale_removed)
{
	RESTART_FAILS(&self->t, bound_path, remove_name("sock"), ESTALE, "sock");
}

TEST_F(sockets, abstract_in_use)
{
	RESTART_FAILS(&self->t, bound_abstract, bound(SOCK_DGRAM, "sock", true),
		      EADDRINUSE, "in use");
}

TEST_F(sockets, path_in_use)
{
	struct ckpt_test *t = &self->t;
	pid_t first;

	/* The target runs on, with the socket. */
	ASSERT_LT(0, spawn(t, bound_path));
	ASSERT_TRUE(wait_step(t->sh, 1));
	first = t->pid;
	ASSERT_LT(0, do_checkpoint(t, 0)) {
		TH_LOG("%s", t->msg);
	}
	ASSERT_GT(0, do_restart(t, 0));
	kill(first, SIGKILL);
}

/* A number that no two sockets have, as long as the machine runs. */
static void cookie(struct shared *sh)
{
	uint64_t before = 0, after = 0;
	socklen_t len = sizeof(before);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	TARGET_CHECK(sh, !getsockopt(fd, SOL_SOCKET, SO_COOKIE, &before, &len));
	target_step(sh, 1);
	TARGET_CHECK(sh, !getsockopt(fd, SOL_SOCKET, SO_COOKIE, &after, &len));
	TARGET_CHECK(sh, before && after && before != after);
}

TEST_F(sockets, cookie)
{
	ROUND_TRIP(&self->t, cookie);
}

TEST_HARNESS_MAIN
