// SPDX-License-Identifier: GPL-2.0
/*
 * Checkpoint/restart - pseudo terminals
 */
#include <asm/ioctls.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include "common.h"

FIXTURE(pty) {
	struct ckpt_test t;
};

FIXTURE_SETUP(pty)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(pty)
{
	test_teardown(&self->t);
}

/* A pair; the slave takes everything as it is, and echoes nothing. */
struct pair {
	int m;
	int s;
	unsigned int nr;
	char name[32];
};

static bool make_master(struct pair *p, int flags)
{
	int lock = 0;

	p->m = open("/dev/ptmx", O_RDWR | O_NOCTTY | flags);
	if (p->m < 0 || ioctl(p->m, TIOCGPTN, &p->nr) ||
	    ioctl(p->m, TIOCSPTLCK, &lock))
		return false;
	snprintf(p->name, sizeof(p->name), "/dev/pts/%u", p->nr);
	return true;
}

static bool make_pair(struct pair *p)
{
	if (!make_master(p, 0))
		return false;
	p->s = open(p->name, O_RDWR | O_NOCTTY);
	return p->s >= 0;
}

static bool set_mode(int fd, tcflag_t iflag, tcflag_t oflag, tcflag_t lflag)
{
	struct termios tio;

	if (tcgetattr(fd, &tio))
		return false;
	tio.c_iflag = iflag;
	tio.c_oflag = oflag;
	tio.c_lflag = lflag;
	return !tcsetattr(fd, TCSANOW, &tio);
}

static bool make_raw(struct pair *p)
{
	return make_pair(p) && set_mode(p->s, 0, 0, 0);
}

static bool put(int fd, const char *text)
{
	return write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* Read what is there within a while; it must be @text. */
static bool got(int fd, const char *text)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = strlen(text), n = 0;
	char buf[256];
	ssize_t ret;

	while (n < len) {
		if (poll(&p, 1, 10000) != 1)
			return false;
		ret = read(fd, buf + n, len - n);
		if (ret <= 0)
			return false;
		n += ret;
	}
	return !memcmp(buf, text, len);
}

static bool nothing(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return !poll(&p, 1, 20);
}

/* Without O_LARGEFILE, which is there and has no name. */
static int flags_of(int fd)
{
	return fcntl(fd, F_GETFL) & ~0100000;
}

/* ---- what can be asked for ---- */

static void number(struct shared *sh)
{
	struct pair a, b;
	unsigned int nr;
	char link[64], proc[32];
	struct stat st;
	ssize_t n;

	TARGET_CHECK(sh, make_raw(&a) && make_raw(&b) && a.nr != b.nr);
	/* The lowest number becomes free. */
	close(a.m);
	close(a.s);
	TARGET_CHECK(sh, make_master(&a, O_CLOEXEC | O_NONBLOCK));
	target_step(sh, 1);
	TARGET_CHECK(sh, !ioctl(b.m, TIOCGPTN, &nr) && nr == b.nr);
	TARGET_CHECK(sh, !ioctl(a.m, TIOCGPTN, &nr) && nr == a.nr);
	TARGET_CHECK(sh, fcntl(a.m, F_GETFD) == FD_CLOEXEC && !fcntl(b.m, F_GETFD));
	TARGET_CHECK(sh, flags_of(a.m) == (O_RDWR | O_NONBLOCK));
	TARGET_CHECK(sh, flags_of(b.m) == O_RDWR);
	TARGET_CHECK(sh, !fstat(b.s, &st) && minor(st.st_rdev) == b.nr);
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", b.s);
	n = readlink(proc, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	TARGET_CHECK(sh, !strcmp(link, b.name) && isatty(b.s));
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", b.m);
	n = readlink(proc, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	TARGET_CHECK(sh, !strcmp(link, "/dev/ptmx"));
	TARGET_CHECK(sh, put(b.m, "down") && got(b.s, "down"));
	TARGET_CHECK(sh, put(b.s, "up") && got(b.m, "up"));
	a.s = open(a.name, O_RDWR | O_NOCTTY);
	TARGET_CHECK(sh, a.s >= 0 && put(a.m, "line\n") && got(a.s, "line\n"));
}

TEST_F(pty, number)
{
	ROUND_TRIP(&self->t, number);
}

static void settings(struct shared *sh)
{
	struct winsize ws = { 33, 77, 5, 6 }, got_ws = {};
	struct termios tio = {}, now = {};
	struct pair p;
	int v = 1;

	TARGET_CHECK(sh, make_pair(&p) && !tcgetattr(p.s, &tio));
	tio.c_iflag = IGNBRK | ISTRIP | IXON;
	tio.c_oflag = OPOST | OCRNL;
	tio.c_lflag = ICANON | NOFLSH;
	tio.c_cc[VERASE] = 'E';
	tio.c_cc[VSTOP] = 'S';
	tio.c_cc[VMIN] = 7;
	cfsetospeed(&tio, B9600);
	TARGET_CHECK(sh, !tcsetattr(p.s, TCSANOW, &tio));
	TARGET_CHECK(sh, !tcgetattr(p.s, &tio));
	TARGET_CHECK(sh, !ioctl(p.m, TIOCSWINSZ, &ws));
	TARGET_CHECK(sh, !ioctl(p.s, TIOCEXCL));
	TARGET_CHECK(sh, !ioctl(p.m, TIOCSPTLCK, &v));
	TARGET_CHECK(sh, !ioctl(p.m, TIOCPKT, &v));
	target_step(sh, 1);
	TARGET_CHECK(sh, !tcgetattr(p.s, &now) && !memcmp(&tio, &now, sizeof(tio)));
	TARGET_CHECK(sh, !ioctl(p.s, TIOCGWINSZ, &got_ws));
	TARGET_CHECK(sh, !memcmp(&ws, &got_ws, sizeof(ws)));
	v = 0;
	TARGET_CHECK(sh, !ioctl(p.s, TIOCGEXCL, &v) && v);
	v = 0;
	TARGET_CHECK(sh, !ioctl(p.m, TIOCGPTLCK, &v) && v);
	v = 0;
	TARGET_CHECK(sh, !ioctl(p.m, TIOCGPKT, &v) && v);
	TARGET_CHECK(sh, open(p.name, O_RDWR | O_NOCTTY) == -1 && errno == EIO);
	v = 0;
	TARGET_CHECK(sh, !ioctl(p.m, TIOCSPTLCK, &v));
	TARGET_CHECK(sh, open(p.name, O_RDWR | O_NOCTTY) >= 0);
	/* Erased, by the character that was set for it. */
	TARGET_CHECK(sh, put(p.m, "abcE\n") && got(p.s, "ab\n"));
}

TEST_F(pty, settings)
{
	ROUND_TRIP(&self->t, settings);
}

/* As the kernel has them. */
struct locks {
	tcflag_t iflag, oflag, cflag, lflag;
	cc_t line, cc[19];
};

/* Who may not change them, by order of somebody who may. */
static void locked(struct shared *sh)
{
	struct locks set = { .iflag = IXON, .lflag = ECHO }, now = {};
	struct pair p;

	set.cc[VINTR] = 1;
	TARGET_CHECK(sh, make_pair(&p) && !ioctl(p.s, TIOCSLCKTRMIOS, &set));
	target_step(sh, 1);
	TARGET_CHECK(sh, !ioctl(p.s, TIOCGLCKTRMIOS, &now));
	TARGET_CHECK(sh, !memcmp(&set, &now, sizeof(set)));
}

TEST_F(pty, locked)
{
	ROUND_TRIP(&self->t, locked);
}

/* Only what it is about is the same: its slave has just been made. */
static void new_slave(struct shared *sh)
{
	struct timespec old[2] = { { 1000000000 }, { 1000000000 } };
	struct stat st;
	struct pair p;

	TARGET_CHECK(sh, make_pair(&p) && !futimens(p.s, old));
	TARGET_CHECK(sh, !fstat(p.s, &st) && st.st_mtime == 1000000000);
	target_step(sh, 1);
	TARGET_CHECK(sh, !fstat(p.s, &st) && st.st_mtime != 1000000000);
}

TEST_F(pty, new_slave)
{
	ROUND_TRIP(&self->t, new_slave);
}

static void owner(struct shared *sh)
{
	struct pair p;
	struct stat st;

	TARGET_CHECK(sh, make_pair(&p));
	TARGET_CHECK(sh, !fchown(p.s, 1000, 5) && !fchmod(p.s, 0622));
	target_step(sh, 1);
	TARGET_CHECK(sh, !stat(p.name, &st) && st.st_uid == 1000 &&
		     st.st_gid == 5 && st.st_mode == (S_IFCHR | 0622));
}

TEST_F(pty, owner)
{
	ROUND_TRIP(&self->t, owner);
}

/* ---- what has not been read ---- */

static void lines(struct shared *sh)
{
	struct pair p;
	char buf[64];

	TARGET_CHECK(sh, make_pair(&p) && set_mode(p.s, 0, 0, ICANON));
	/* The second line ends with VEOF, the last one does not end yet. */
	TARGET_CHECK(sh, put(p.m, "one\ntwo\4\4part"));
	nap_ms(50);
	TARGET_CHECK(sh, read(p.s, buf, 2) == 2 && !memcmp(buf, "on", 2));
	target_step(sh, 1);
	TARGET_CHECK(sh, read(p.s, buf, 64) == 2 && !memcmp(buf, "e\n", 2));
	TARGET_CHECK(sh, read(p.s, buf, 64) == 3 && !memcmp(buf, "two", 3));
	TARGET_CHECK(sh, read(p.s, buf, 64) == 0);
	TARGET_CHECK(sh, nothing(p.s));
	TARGET_CHECK(sh, put(p.m, "\177\177\177\177\177\177ew\n"));
	TARGET_CHECK(sh, read(p.s, buf, 64) == 3 && !memcmp(buf, "ew\n", 3));
}

TEST_F(pty, lines)
{
	ROUND_TRIP(&self->t, lines);
}

static void literal(struct shared *sh)
{
	struct pair p;

	TARGET_CHECK(sh, make_pair(&p) && set_mode(p.s, 0, 0, ICANON | IEXTEN));
	/* VLNEXT: the next one is no VEOF. */
	TARGET_CHECK(sh, put(p.m, "a\26"));
	nap_ms(50);
	target_step(sh, 1);
	TARGET_CHECK(sh, put(p.m, "\4b\n") && got(p.s, "a\4b\n"));
}

TEST_F(pty, literal)
{
	ROUND_TRIP(&self->t, literal);
}

static void both_ways(struct shared *sh)
{
	struct pair p;

	TARGET_CHECK(sh, make_pair(&p) && set_mode(p.s, 0, OPOST | ONLCR, 0));
	TARGET_CHECK(sh, put(p.m, "some\nlines\n") && put(p.s, "more\nlines"));
	target_step(sh, 1);
	TARGET_CHECK(sh, got(p.s, "some\nlines\n") && nothing(p.s));
	TARGET_CHECK(sh, got(p.m, "more\r\nlines") && nothing(p.m));
}

TEST_F(pty, both_ways)
{
	ROUND_TRIP(&self->t, both_ways);
}

/* More than fits into one line discipline, so that some is on its way. */
static unsigned int fill(int fd, unsigned int n)
{
	char buf[100];
	unsigned int i;
	ssize_t ret;

	do {
		for (i = 0; i < sizeof(buf); i++)
			buf[i] = 'A' + (n + i) % 53;
		ret = write(fd, buf, sizeof(buf));
		if (ret > 0)
			n += ret;
		else
			nap_ms(50);
	} while (ret > 0 || write(fd, "", 0) > 0);
	return n;
}

static bool drain(int fd, unsigned int total)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[1000];
	unsigned int n = 0;
	ssize_t ret, i;

	while (n < total && poll(&p, 1, 10000) == 1) {
		ret = read(fd, buf, sizeof(buf));
		for (i = 0; i < ret; i++)
			if (buf[i] != (char)('A' + (n + i) % 53))
				return false;
		if (ret <= 0)
			return false;
		n += ret;
	}
	return n == total && nothing(fd);
}

static void full(struct shared *sh)
{
	unsigned int down, up;
	struct pair p;

	TARGET_CHECK(sh, make_raw(&p));
	TARGET_CHECK(sh, !fcntl(p.m, F_SETFL, O_NONBLOCK) &&
		     !fcntl(p.s, F_SETFL, O_NONBLOCK));
	down = fill(p.m, 0);
	up = fill(p.s, 0);
	TARGET_CHECK(sh, down > 5000 && up > 5000);
	target_step(sh, 1);
	/* There may be more room now: parts of buffers that had been read are gone. */
	TARGET_CHECK(sh, drain(p.s, down) && drain(p.m, up));
	TARGET_CHECK(sh, put(p.m, "again") && got(p.s, "again"));
	TARGET_CHECK(sh, put(p.s, "again") && got(p.m, "again"));
}

TEST_F(pty, full)
{
	ROUND_TRIP(&self->t, full);
}

static void writer_waits(struct shared *sh)
{
	unsigned int i, status;
	struct pair p;
	char c;
	pid_t pid;

	TARGET_CHECK(sh, make_raw(&p));
	pid = fork();
	if (!pid) {
		for (i = 0; i < 20000; i++) {
			c = 'A' + i % 53;
			if (write(p.m, &c, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	nap_ms(300);
	target_step(sh, 1);
	TARGET_CHECK(sh, drain(p.s, 20000));
	TARGET_CHECK(sh, waitpid(pid, (int *)&status, 0) == pid && !status);
}

TEST_F(pty, writer_waits)
{
	ROUND_TRIP(&self->t, writer_waits);
}

/* What a stopped terminal has to echo, and where tabs go. */
static void echo(struct shared *sh)
{
	struct pair p;

	TARGET_CHECK(sh, make_pair(&p) &&
		     set_mode(p.s, 0, OPOST, ICANON | ECHO | ECHOE));
	TARGET_CHECK(sh, put(p.s, "> ") && got(p.m, "> "));
	TARGET_CHECK(sh, put(p.m, "a\tb") && got(p.m, "a\tb"));
	TARGET_CHECK(sh, !tcflow(p.s, TCOOFF));
	TARGET_CHECK(sh, put(p.m, "cd"));
	nap_ms(50);
	target_step(sh, 1);
	TARGET_CHECK(sh, nothing(p.m));
	/* Whatever is echoed next takes it along. */
	TARGET_CHECK(sh, !tcflow(p.s, TCOON) && put(p.m, "e") && got(p.m, "cde"));
	TARGET_CHECK(sh, put(p.m, "\177\177\177\177") &&
		     got(p.m, "\b \b\b \b\b \b\b \b"));
	/* From column 8 to 3. */
	TARGET_CHECK(sh, put(p.m, "\177") && got(p.m, "\b\b\b\b\b"));
	TARGET_CHECK(sh, put(p.m, "\n") && got(p.s, "a\n"));
}

TEST_F(pty, echo)
{
	ROUND_TRIP(&self->t, echo);
}

/* Stopped by a character, as a user does. */
static void stopped(struct shared *sh)
{
	struct pair p;

	TARGET_CHECK(sh, make_pair(&p) && set_mode(p.s, IXON, 0, 0));
	TARGET_CHECK(sh, put(p.m, "\23"));
	nap_ms(50);
	TARGET_CHECK(sh, !fcntl(p.s, F_SETFL, O_NONBLOCK));
	target_step(sh, 1);
	TARGET_CHECK(sh, write(p.s, "x", 1) == -1 && errno == EAGAIN);
	TARGET_CHECK(sh, put(p.m, "\21"));
	nap_ms(50);
	TARGET_CHECK(sh, put(p.s, "y") && got(p.m, "y"));
}

TEST_F(pty, stopped)
{
	ROUND_TRIP(&self->t, stopped);
}

static void packets(struct shared *sh)
{
	struct pollfd pri = { .events = POLLPRI };
	struct pair p;
	char buf[16];
	int v = 1;

	TARGET_CHECK(sh, make_raw(&p) && !ioctl(p.m, TIOCPKT, &v));
	TARGET_CHECK(sh, put(p.s, "data") && !tcflush(p.s, TCIFLUSH));
	pri.fd = p.m;
	target_step(sh, 1);
	TARGET_CHECK(sh, poll(&pri, 1, 10000) == 1 && pri.revents & POLLPRI);
	TARGET_CHECK(sh, read(p.m, buf, sizeof(buf)) == 1 &&
		     buf[0] == TIOCPKT_FLUSHREAD);
	TARGET_CHECK(sh, read(p.m, buf, sizeof(buf)) == 5 &&
		     !memcmp(buf, "\0data", 5));
	TARGET_CHECK(sh, !tcflow(p.s, TCOOFF));
	TARGET_CHECK(sh, read(p.m, buf, sizeof(buf)) == 1 &&
		     buf[0] == TIOCPKT_STOP);
}

TEST_F(pty, packets)
{
	ROUND_TRIP(&self->t, packets);
}

/* ---- open and closed ---- */

static void never_open(struct shared *sh)
{
	struct pollfd p = { .events = POLLIN | POLLOUT };
	int v = 0;

	p.fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	target_step(sh, 1);
	TARGET_CHECK(sh, !ioctl(p.fd, TIOCGPTLCK, &v) && v);
	TARGET_CHECK(sh, poll(&p, 1, 1000) == 1 && p.revents == POLLOUT);
}

TEST_F(pty, never_open)
{
	ROUND_TRIP(&self->t, never_open);
}

static void slave_closed(struct shared *sh)
{
	struct pollfd m = { .events = POLLIN };
	struct pair p;
	char c;

	TARGET_CHECK(sh, make_pair(&p) && put(p.s, "last"));
	close(p.s);
	m.fd = p.m;
	target_step(sh, 1);
	TARGET_CHECK(sh, got(p.m, "last"));
	TARGET_CHECK(sh, poll(&m, 1, 1000) == 1 && m.revents & POLLHUP);
	TARGET_CHECK(sh, read(p.m, &c, 1) == -1 && errno == EIO);
	p.s = open(p.name, O_RDWR | O_NOCTTY);
	TARGET_CHECK(sh, p.s >= 0 && put(p.s, "new") && got(p.m, "new"));
}

TEST_F(pty, slave_closed)
{
	ROUND_TRIP(&self->t, slave_closed);
}

static void master_closes(struct shared *sh)
{
	struct pair p;
	char c;

	TARGET_CHECK(sh, make_raw(&p));
	target_step(sh, 1);
	close(p.m);
	TARGET_CHECK(sh, read(p.s, &c, 1) == 0);
	TARGET_CHECK(sh, write(p.s, "x", 1) == -1 && errno == EIO);
	TARGET_CHECK(sh, access(p.name, F_OK) == -1 && errno == ENOENT);
}

TEST_F(pty, master_closes)
{
	ROUND_TRIP(&self->t, master_closes);
}

/* Open several times, in two processes; shared, or with flags of their own. */
static void opened_often(struct shared *sh)
{
	struct pollfd m = { .events = POLLIN };
	int r, w, status;
	struct pair p;
	pid_t pid;
	char c;

	TARGET_CHECK(sh, make_raw(&p));
	r = open(p.name, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	w = open(p.name, O_WRONLY | O_NOCTTY);
	pid = fork();
	if (!pid) {
		close(p.m);
		close(r);
		close(w);
		_exit(!got(p.s, "child") || !put(p.s, "done"));
	}
	target_step(sh, 1);
	TARGET_CHECK(sh, flags_of(r) == O_NONBLOCK);
	TARGET_CHECK(sh, read(r, &c, 1) == -1 && errno == EAGAIN);
	TARGET_CHECK(sh, write(r, "x", 1) == -1 && errno == EBADF);
	TARGET_CHECK(sh, put(p.m, "child") && got(p.m, "done"));
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	TARGET_CHECK(sh, put(w, "other") && got(p.m, "other"));
	close(r);
	close(p.s);
	m.fd = p.m;
	TARGET_CHECK(sh, !poll(&m, 1, 20));
	close(w);
	TARGET_CHECK(sh, poll(&m, 1, 1000) == 1 && m.revents & POLLHUP);
}

TEST_F(pty, opened_often)
{
	ROUND_TRIP(&self->t, opened_often);
}

static void watched(struct shared *sh)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = 5 };
	int ep = epoll_create1(0);
	struct pair p;

	TARGET_CHECK(sh, make_raw(&p));
	TARGET_CHECK(sh, !epoll_ctl(ep, EPOLL_CTL_ADD, p.m, &ev));
	target_step(sh, 1);
	TARGET_CHECK(sh, epoll_wait(ep, &ev, 1, 20) == 0);
	TARGET_CHECK(sh, put(p.s, "x"));
	TARGET_CHECK(sh, epoll_wait(ep, &ev, 1, 10000) == 1 && ev.data.u32 == 5);
}

TEST_F(pty, watched)
{
	ROUND_TRIP(&self->t, watched);
}

static atomic_int nr_sigio;

static void on_sigio(int sig)
{
	nr_sigio++;
}

static void async(struct shared *sh)
{
	struct pair p;
	int i;

	signal(SIGIO, on_sigio);
	TARGET_CHECK(sh, make_raw(&p));
	TARGET_CHECK(sh, !fcntl(p.s, F_SETFL, O_ASYNC));
	TARGET_CHECK(sh, !fcntl(p.s, F_SETOWN, getpid()));
	target_step(sh, 1);
	TARGET_CHECK(sh, flags_of(p.s) == (O_RDWR | O_ASYNC));
	TARGET_CHECK(sh, fcntl(p.s, F_GETOWN) == getpid());
	nr_sigio = 0;
	TARGET_CHECK(sh, put(p.m, "x"));
	for (i = 0; i < 100 && !nr_sigio; i++)
		nap_ms(20);
	TARGET_CHECK(sh, nr_sigio > 0);
}

TEST_F(pty, async)
{
	ROUND_TRIP(&self->t, async);
}

/* ---- sessions ---- */

static atomic_int got_signal;

static void on_signal(int sig)
{
	got_signal = sig;
}

/* Data in @sh->data that says how far the child is. */
#define CHILD	0

static void wait_child(struct shared *sh, uint64_t n)
{
	int i;

	for (i = 0; i < 1000 && atomic_load(&sh->data[CHILD]) < n; i++)
		nap_ms(10);
	TARGET_CHECK(sh, atomic_load(&sh->data[CHILD]) >= n);
}

static void wait_signal(struct shared *sh, int sig)
{
	int i;

	for (i = 0; i < 1000 && got_signal != sig; i++)
		nap_ms(10);
	TARGET_CHECK(sh, got_signal == sig);
	got_signal = 0;
}

/* In a session of its own with the slave as its terminal. */
static void session_child(struct shared *sh, struct pair *p)
{
	int tty, now;

	close(p->m);
	signal(SIGINT, on_signal);
	signal(SIGHUP, on_signal);
	signal(SIGCONT, SIG_IGN);
	TARGET_CHECK(sh, setsid() == getpid() && !ioctl(p->s, TIOCSCTTY, 0));
	tty = open("/dev/tty", O_RDWR);
	close(p->s);
	TARGET_CHECK(sh, tty >= 0);
	atomic_store(&sh->data[CHILD], 1);
	while (atomic_load(&sh->data[CHILD]) < 2)
		nap_ms(10);
	TARGET_CHECK(sh, tcgetpgrp(tty) == getpgrp() && getpgrp() == getpid());
	TARGET_CHECK(sh, tcgetsid(tty) == getpid());
	now = open("/dev/tty", O_RDWR);
	TARGET_CHECK(sh, now >= 0 && tcgetsid(now) == getpid());
	close(now);
	TARGET_CHECK(sh, put(tty, "hello") && got(tty, "answer\n"));
	atomic_store(&sh->data[CHILD], 3);
	wait_signal(sh, SIGINT);
	atomic_store(&sh->data[CHILD], 4);
	wait_signal(sh, SIGHUP);
	TARGET_CHECK(sh, open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
	_exit(0);
}

static void session(struct shared *sh)
{
	struct pair p;
	int status;
	pid_t pid;

	TARGET_CHECK(sh, make_pair(&p) && set_mode(p.s, 0, 0, ICANON | ISIG));
	pid = fork();
	if (!pid)
		session_child(sh, &p);
	close(p.s);
	wait_child(sh, 1);
	target_step(sh, 1);
	TARGET_CHECK(sh, open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
	atomic_store(&sh->data[CHILD], 2);
	TARGET_CHECK(sh, got(p.m, "hello") && put(p.m, "answer\n"));
	wait_child(sh, 3);
	TARGET_CHECK(sh, tcgetpgrp(p.m) == pid);
	TARGET_CHECK(sh, put(p.m, "\3"));
	wait_child(sh, 4);
	close(p.m);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
}

TEST_F(pty, session)
{
	ROUND_TRIP(&self->t, session);
}

/* A shell with a job in the foreground, and one stopped in the background. */
static void jobs_child(struct shared *sh, struct pair *p)
{
	pid_t fg, bg;
	int status;
	char c;

	close(p->m);
	signal(SIGTTOU, SIG_IGN);
	TARGET_CHECK(sh, setsid() == getpid() && !ioctl(p->s, TIOCSCTTY, 0));
	fg = fork();
	if (!fg) {
		signal(SIGINT, SIG_DFL);
		while (read(p->s, &c, 1) == 1)
			;
		_exit(1);
	}
	TARGET_CHECK(sh, !setpgid(fg, fg) && !tcsetpgrp(p->s, fg));
	bg = fork();
	if (!bg) {
		setpgid(0, 0);
		/* Stops here, as it may not read. */
		_exit(read(p->s, &c, 1) != 1 || c != 'b');
	}
	setpgid(bg, bg);
	TARGET_CHECK(sh, waitpid(bg, &status, WUNTRACED) == bg &&
		     WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
	atomic_store(&sh->data[CHILD], 1);
	while (atomic_load(&sh->data[CHILD]) < 2)
		nap_ms(10);
	TARGET_CHECK(sh, tcgetpgrp(p->s) == fg);
	TARGET_CHECK(sh, waitpid(fg, &status, 0) == fg && WIFSIGNALED(status) &&
		     WTERMSIG(status) == SIGINT);
	TARGET_CHECK(sh, !tcsetpgrp(p->s, bg) && !kill(bg, SIGCONT));
	TARGET_CHECK(sh, waitpid(bg, &status, 0) == bg && !status);
	_exit(0);
}

static void jobs(struct shared *sh)
{
	struct pair p;
	int status;
	pid_t pid;

	TARGET_CHECK(sh, make_pair(&p) && set_mode(p.s, 0, 0, ICANON | ISIG));
	pid = fork();
	if (!pid)
		jobs_child(sh, &p);
	wait_child(sh, 1);
	target_step(sh, 1);
	atomic_store(&sh->data[CHILD], 2);
	nap_ms(50);
	TARGET_CHECK(sh, put(p.m, "\3"));
	nap_ms(50);
	TARGET_CHECK(sh, put(p.m, "b\n"));
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
}

TEST_F(pty, jobs)
{
	ROUND_TRIP(&self->t, jobs);
}

/* The controlling terminal of a session none of whose tasks has it open. */
static void not_open_child(struct shared *sh, struct pair *p)
{
	TARGET_CHECK(sh, setsid() == getpid() && !ioctl(p->s, TIOCSCTTY, 0));
	close(p->m);
	close(p->s);
	signal(SIGINT, on_signal);
	atomic_store(&sh->data[CHILD], 1);
	wait_signal(sh, SIGINT);
	TARGET_CHECK(sh, open("/dev/tty", O_RDWR) >= 0);
	_exit(0);
}

static void not_open(struct shared *sh)
{
	struct pair p;
	int status;
	pid_t pid;

	TARGET_CHECK(sh, make_pair(&p));
	pid = fork();
	if (!pid)
		not_open_child(sh, &p);
	close(p.s);
	wait_child(sh, 1);
	target_step(sh, 1);
	TARGET_CHECK(sh, tcgetpgrp(p.m) == pid);
	TARGET_CHECK(sh, put(p.m, "\3"));
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
}

TEST_F(pty, not_open)
{
	ROUND_TRIP(&self->t, not_open);
}

/* The tree that has been saved runs on with its terminal. */
TEST_F(pty, runs_on)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, session));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, 0))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

/* ---- refused ---- */

static char terminal[32];

static void has_slave(struct shared *sh)
{
	TARGET_CHECK(sh, open(terminal, O_RDWR | O_NOCTTY) == 3);
	target_step(sh, 1);
}

TEST_F(pty, refused_master_outside)
{
	struct pair p;

	ASSERT_TRUE(make_pair(&p));
	memcpy(terminal, p.name, sizeof(terminal));
	REFUSED(&self->t, has_slave, EOPNOTSUPP, "fd 3: ");
	ASSERT_NE(NULL, strstr(self->t.msg, "is a terminal"));
}

/* The terminal of somebody else, who has it from us. */
static void has_master(struct shared *sh)
{
	struct pair p;

	TARGET_CHECK(sh, make_master(&p, 0));
	sh->data[0] = p.nr;
	target_step(sh, 1);
}

TEST_F(pty, refused_session_outside)
{
	struct ckpt_test *t = &self->t;
	pid_t pid;

	ASSERT_LT(0, spawn(t, has_master));
	ASSERT_TRUE(wait_step(t->sh, 1));
	snprintf(terminal, sizeof(terminal), "/dev/pts/%u", (int)t->sh->data[0]);
	pid = fork();
	if (!pid) {
		setsid();
		if (open(terminal, O_RDWR) < 0)
			_exit(1);
		atomic_store(&t->sh->ready, 2);
		pause();
	}
	ASSERT_TRUE(wait_step(t->sh, 2));
	EXPECT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
	EXPECT_NE(NULL, strstr(t->msg, "controls session or process group"))
		TH_LOG("%s", t->msg);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

static void controlled_from_outside(struct shared *sh)
{
	/* spawn() has made a session. */
	TARGET_CHECK(sh, open(terminal, O_RDWR) == 3);
	close(3);
	target_step(sh, 1);
}

TEST_F(pty, refused_controlled_from_outside)
{
	struct pair p;

	ASSERT_TRUE(make_pair(&p));
	memcpy(terminal, p.name, sizeof(terminal));
	REFUSED(&self->t, controlled_from_outside, EOPNOTSUPP,
		"controlling terminal of a session in the tree");
}

static void lends_slave(struct shared *sh)
{
	struct pair p;

	TARGET_CHECK(sh, make_raw(&p));
	atomic_store(&sh->data[1], p.nr);
	target_step(sh, 1);
}

TEST_F(pty, refused_slave_outside)
{
	struct ckpt_test *t = &self->t;
	int fd;

	ASSERT_LT(0, spawn(t, lends_slave));
	ASSERT_TRUE(wait_step(t->sh, 1));
	snprintf(terminal, sizeof(terminal), "/dev/pts/%u",
		 (unsigned int)atomic_load(&t->sh->data[1]));
	fd = open(terminal, O_RDWR | O_NOCTTY);
	ASSERT_LE(0, fd);
	ASSERT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
	ASSERT_NE(NULL, strstr(t->msg, "is also open outside of the tree"))
		TH_LOG("%s", t->msg);
	close(fd);
	ASSERT_LT(0, do_checkpoint(t, 0))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

static void hung_up(struct shared *sh)
{
	struct pair p;

	TARGET_CHECK(sh, make_raw(&p));
	close(p.m);
	target_step(sh, 1);
}

TEST_F(pty, refused_hung_up)
{
	REFUSED(&self->t, hung_up, EOPNOTSUPP, "is a terminal");
}

/* N_NULL: passes nothing on. */
static void other_discipline(struct shared *sh)
{
	int disc = 27;
	struct pair p;

	TARGET_CHECK(sh, make_raw(&p));
	if (ioctl(p.s, TIOCSETD, &disc))
		atomic_store(&sh->data[1], 1);
	target_step(sh, 1);
}

TEST_F(pty, refused_discipline)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, other_discipline));
	ASSERT_TRUE(wait_step(t->sh, 1));
	if (atomic_load(&t->sh->data[1]))
		SKIP(return, "this kernel has no line discipline N_NULL");
	ASSERT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
	ASSERT_NE(NULL, strstr(t->msg, "line discipline is not supported"))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

TEST_F(pty, refused_number_taken)
{
	struct ckpt_test *t = &self->t;
	struct pair p;

	ASSERT_LT(0, spawn(t, lends_slave));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	ASSERT_TRUE(make_master(&p, 0));
	ASSERT_EQ(atomic_load(&t->sh->data[1]), p.nr);
	ASSERT_EQ(-EEXIST, do_restart(t, 0));
	ASSERT_NE(NULL, strstr(t->msg, "is in use"))
		TH_LOG("%s", t->msg);
	close(p.m);
	ASSERT_LT(0, restart_killed(t))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

TEST_HARNESS_MAIN
