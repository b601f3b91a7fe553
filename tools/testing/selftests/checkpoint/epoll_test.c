// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - epoll
 */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "common.h"

#ifndef EPIOCSPARAMS
struct epoll_params {
	uint32_t busy_poll_usecs;
	uint16_t busy_poll_budget;
	uint8_t prefer_busy_poll;
	uint8_t __pad;
};

#define EPIOCSPARAMS	_IOW(0x8A, 0x01, struct epoll_params)
#endif

FIXTURE(epoll) {
	struct ckpt_test t;
};

FIXTURE_SETUP(epoll)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(epoll)
{
	test_teardown(&self->t);
}

static int add(int ep, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event ev = { .events = events, .data.u64 = data };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

static int mod(int ep, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event ev = { .events = events, .data.u64 = data };

	return epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev);
}

/* The one event that there is: its data, or 0. */
static uint64_t one(int ep, uint32_t events)
{
	struct epoll_event ev[4];
	int n = epoll_wait(ep, ev, 4, 0);

	return n == 1 && ev[0].events == events ? ev[0].data.u64 : 0;
}

static bool none(int ep)
{
	struct epoll_event ev;

	return epoll_wait(ep, &ev, 1, 0) == 0;
}

static void signal_event(int fd)
{
	uint64_t v = 1;

	if (write(fd, &v, sizeof(v)) != sizeof(v))
		abort();
}

static void level(struct shared *sh)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);
	int idle = eventfd(0, 0), ready = eventfd(1, 0), full[2];
	struct epoll_event ev[4];

	TARGET_CHECK(sh, !pipe(full));
	TARGET_CHECK(sh, !add(ep, idle, EPOLLIN, 0x1111111122222222ULL));
	TARGET_CHECK(sh, !add(ep, ready, EPOLLIN, 2));
	TARGET_CHECK(sh, !add(ep, full[1], EPOLLOUT, 3));
	target_step(sh, 1);
	TARGET_CHECK(sh, fcntl(ep, F_GETFD) == FD_CLOEXEC);
	TARGET_CHECK(sh, fcntl(ep, F_GETFL) == O_RDWR);
	TARGET_CHECK(sh, epoll_wait(ep, ev, 4, 0) == 2);
	TARGET_CHECK(sh, ev[0].data.u64 == 2 && ev[0].events == EPOLLIN);
	TARGET_CHECK(sh, ev[1].data.u64 == 3 && ev[1].events == EPOLLOUT);
	TARGET_CHECK(sh, !epoll_ctl(ep, EPOLL_CTL_DEL, full[1], NULL));
	TARGET_CHECK(sh, !epoll_ctl(ep, EPOLL_CTL_DEL, ready, NULL));
	TARGET_CHECK(sh, none(ep));
	signal_event(idle);
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 0x1111111122222222ULL);
	/* It has been closed, and that is noticed. */
	close(idle);
	TARGET_CHECK(sh, none(ep));
}

TEST_F(epoll, level)
{
	ROUND_TRIP(&self->t, level);
}

static void edge(struct shared *sh)
{
	int ep = epoll_create1(0), seen = eventfd(1, 0), fresh = eventfd(0, 0);
	int fd[2];

	TARGET_CHECK(sh, !pipe(fd));
	TARGET_CHECK(sh, write(fd[1], "x", 1) == 1);
	TARGET_CHECK(sh, !add(ep, seen, EPOLLIN | EPOLLET, 1));
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 1);
	TARGET_CHECK(sh, !add(ep, fd[0], EPOLLIN | EPOLLET, 2));
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 2);
	TARGET_CHECK(sh, !add(ep, fresh, EPOLLIN | EPOLLET, 3));
	TARGET_CHECK(sh, none(ep));
	signal_event(fresh);
	target_step(sh, 1);
	/* Reported before, and still ready: no edge. Not reported yet: one. */
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 3);
	TARGET_CHECK(sh, none(ep));
	signal_event(seen);
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 1);
	TARGET_CHECK(sh, none(ep));
	TARGET_CHECK(sh, write(fd[1], "y", 1) == 1);
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 2);
}

TEST_F(epoll, edge)
{
	ROUND_TRIP(&self->t, edge);
}

#define MANY	100

static void order(struct shared *sh)
{
	int ep = epoll_create1(0), fds[MANY], i;
	struct epoll_event ev[MANY];

	for (i = 0; i < MANY; i++) {
		fds[i] = eventfd(0, 0);
		TARGET_CHECK(sh, !add(ep, fds[i], EPOLLIN | EPOLLET, i));
	}
	for (i = 0; i < MANY; i++)
		signal_event(fds[i * 37 % MANY]);
	target_step(sh, 1);
	TARGET_CHECK(sh, epoll_wait(ep, ev, MANY, 0) == MANY);
	for (i = 0; i < MANY; i++)
		TARGET_CHECK(sh, ev[i].data.u64 == (unsigned int)(i * 37 % MANY));
}

TEST_F(epoll, order)
{
	ROUND_TRIP(&self->t, order);
}

static void oneshot(struct shared *sh)
{
	int ep = epoll_create1(0), done = eventfd(1, 0), armed = eventfd(0, 0);
	int fd[2];

	TARGET_CHECK(sh, !pipe(fd));
	TARGET_CHECK(sh, !add(ep, done, EPOLLIN | EPOLLONESHOT, 1));
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 1 && none(ep));
	TARGET_CHECK(sh, !add(ep, fd[1], EPOLLOUT | EPOLLONESHOT, 2));
	TARGET_CHECK(sh, one(ep, EPOLLOUT) == 2 && none(ep));
	TARGET_CHECK(sh, !add(ep, armed, EPOLLIN | EPOLLONESHOT, 3));
	target_step(sh, 1);
	TARGET_CHECK(sh, none(ep));
	signal_event(done);
	/* Not even errors are reported while it is disabled. */
	close(fd[0]);
	TARGET_CHECK(sh, none(ep));
	signal_event(armed);
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 3 && none(ep));
	TARGET_CHECK(sh, !mod(ep, done, EPOLLIN | EPOLLONESHOT, 4));
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 4 && none(ep));
}

TEST_F(epoll, oneshot)
{
	ROUND_TRIP(&self->t, oneshot);
}

static void exclusive(struct shared *sh)
{
	int fd = eventfd(0, 0), a = epoll_create1(0), b = epoll_create1(0);

	TARGET_CHECK(sh, !add(a, fd, EPOLLIN | EPOLLEXCLUSIVE, 1));
	TARGET_CHECK(sh, !add(b, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET, 2));
	target_step(sh, 1);
	TARGET_CHECK(sh, mod(a, fd, EPOLLIN, 1) == -1 && errno == EINVAL);
	TARGET_CHECK(sh, mod(b, fd, EPOLLIN, 1) == -1 && errno == EINVAL);
	signal_event(fd);
	TARGET_CHECK(sh, one(a, EPOLLIN) == 1 || one(b, EPOLLIN) == 2);
}

TEST_F(epoll, exclusive)
{
	ROUND_TRIP(&self->t, exclusive);
}

static void nested(struct shared *sh)
{
	int inner = epoll_create1(0), outer = epoll_create1(0);
	int fd = eventfd(0, 0), ready = eventfd(1, 0), rdy_ep = epoll_create1(0);

	TARGET_CHECK(sh, !add(inner, fd, EPOLLIN, 1));
	TARGET_CHECK(sh, !add(outer, inner, EPOLLIN, 2));
	TARGET_CHECK(sh, !add(rdy_ep, ready, EPOLLIN, 3));
	target_step(sh, 1);
	TARGET_CHECK(sh, none(outer) && none(inner));
	TARGET_CHECK(sh, add(inner, outer, EPOLLIN, 4) == -1 && errno == ELOOP);
	signal_event(fd);
	TARGET_CHECK(sh, one(outer, EPOLLIN) == 2);
	TARGET_CHECK(sh, one(inner, EPOLLIN) == 1);
	TARGET_CHECK(sh, !add(outer, rdy_ep, EPOLLIN, 5));
	TARGET_CHECK(sh, one(rdy_ep, EPOLLIN) == 3);
}

TEST_F(epoll, nested)
{
	ROUND_TRIP(&self->t, nested);
}

/* The numbers under which files are watched are not those they have now. */
static void other_numbers(struct shared *sh)
{
	int ep = epoll_create1(0), a = eventfd(0, 0), b = eventfd(0, 0);
	int a2 = dup(a);

	TARGET_CHECK(sh, !add(ep, a, EPOLLIN, 1));
	TARGET_CHECK(sh, !add(ep, b, EPOLLIN, 2));
	/* Under one number both: one closed, the other put in its place. */
	TARGET_CHECK(sh, dup2(b, a) == a);
	TARGET_CHECK(sh, !add(ep, a, EPOLLIN, 3));
	close(b);
	target_step(sh, 1);
	TARGET_CHECK(sh, none(ep));
	signal_event(a2);
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 1);
	/* It cannot be removed any more, except by closing the file. */
	TARGET_CHECK(sh, epoll_ctl(ep, EPOLL_CTL_DEL, b, NULL) == -1 && errno == EBADF);
	close(a2);
	TARGET_CHECK(sh, none(ep));
	signal_event(a);
	TARGET_CHECK(sh, !epoll_ctl(ep, EPOLL_CTL_DEL, a, NULL));
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 2);
}

TEST_F(epoll, other_numbers)
{
	ROUND_TRIP(&self->t, other_numbers);
}

static void timers(struct shared *sh)
{
	struct itimerspec it = { .it_value.tv_nsec = 300000000 };
	int ep = epoll_create1(0), fd = timerfd_create(CLOCK_MONOTONIC, 0);
	struct epoll_event ev;

	TARGET_CHECK(sh, !timerfd_settime(fd, 0, &it, NULL));
	TARGET_CHECK(sh, !add(ep, fd, EPOLLIN | EPOLLET, 1));
	target_step(sh, 1);
	TARGET_CHECK(sh, epoll_wait(ep, &ev, 1, 10000) == 1 && ev.data.u64 == 1);
	TARGET_CHECK(sh, none(ep));
}

TEST_F(epoll, timers)
{
	ROUND_TRIP(&self->t, timers);
}

static int signals(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK);
}

static void signal_watched(struct shared *sh)
{
	int ep = epoll_create1(0), usr1 = signals(SIGUSR1), usr2 = signals(SIGUSR2);
	struct signalfd_siginfo si;

	TARGET_CHECK(sh, !add(ep, usr1, EPOLLIN, 1));
	TARGET_CHECK(sh, !add(ep, usr2, EPOLLIN | EPOLLET, 2));
	kill(getpid(), SIGUSR2);
	target_step(sh, 1);
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 2 && none(ep));
	TARGET_CHECK(sh, read(usr2, &si, sizeof(si)) == sizeof(si));
	kill(getpid(), SIGUSR1);
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 1 && one(ep, EPOLLIN) == 1);
	TARGET_CHECK(sh, read(usr1, &si, sizeof(si)) == sizeof(si) && none(ep));
}

TEST_F(epoll, signal_watched)
{
	ROUND_TRIP(&self->t, signal_watched);
}

/* What a child has added reports the signals of the child, to whoever looks. */
static void signal_of_child(struct shared *sh)
{
	int ep = epoll_create1(0), fd = signals(SIGUSR1), status;
	pid_t pid = fork();

	if (!pid) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (add(ep, fd, EPOLLIN, 1))
			_exit(1);
		sh->data[0] = 1;
		while (sh->data[0] != 2)
			nap_ms(2);
		_exit(poll(&p, 1, 0) != 1);
	}
	while (!sh->data[0])
		nap_ms(2);
	target_step(sh, 1);
	/* Its signals wake the watch, which then asks for ours. */
	kill(getpid(), SIGUSR1);
	TARGET_CHECK(sh, none(ep));
	kill(pid, SIGUSR1);
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 1);
	sh->data[0] = 2;
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
}

TEST_F(epoll, signal_of_child)
{
	ROUND_TRIP(&self->t, signal_of_child);
}

/* One that waits in epoll_wait() without a timeout. */
static void shared_epoll(struct shared *sh)
{
	int ep = epoll_create1(0), fd = eventfd(0, EFD_SEMAPHORE), status;
	struct epoll_event ev;

	TARGET_CHECK(sh, !add(ep, fd, EPOLLIN, 7));
	target_step(sh, 1);
	if (!fork()) {
		signal_event(fd);
		_exit(0);
	}
	TARGET_CHECK(sh, epoll_wait(ep, &ev, 1, -1) == 1 && ev.data.u64 == 7);
	TARGET_CHECK(sh, wait(&status) > 0 && !status);
}

TEST_F(epoll, shared_epoll)
{
	ROUND_TRIP(&self->t, shared_epoll);
}

static void external(struct shared *sh)
{
	int ep = epoll_create1(0);

	TARGET_CHECK(sh, !add(ep, 3, EPOLLIN | EPOLLET, 1));
	target_step(sh, 1);
	/* The new one has had data from the beginning. */
	TARGET_CHECK(sh, one(ep, EPOLLIN) == 1);
}

static int external_fd;

static void with_external(struct shared *sh)
{
	/* spawn() has closed everything: get it back from the test. */
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getppid(), external_fd);
	TARGET_CHECK(sh, open(path, O_RDONLY | O_NONBLOCK) == 3);
	external(sh);
}

TEST_F(epoll, external)
{
	struct ckpt_test *t = &self->t;
	struct ckpt_external ext = { .key = (uintptr_t)"pipe" };
	int old[2], new[2];

	ASSERT_EQ(0, pipe(old));
	ASSERT_EQ(0, pipe(new));
	external_fd = old[0];
	t->ext = &ext;
	t->nr_ext = 1;
	ASSERT_LT(0, spawn(t, with_external));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ext.fd = old[0];
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	ASSERT_EQ(1, write(new[1], "x", 1));
	ext.fd = new[0];
	ASSERT_LT(0, restart_killed(t))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	ASSERT_EQ(0, wait_exit(t->pid))
		TH_LOG("target, line %d: %s", atomic_load(&t->sh->failed),
		       t->sh->why);
	t->pid = 0;
}

/* The parent has the watched file open, the tree has not. */
static void open_outside(struct shared *sh)
{
	int ep = epoll_create1(0), fd = eventfd(0, 0), status;
	pid_t pid;

	TARGET_CHECK(sh, !add(ep, fd, EPOLLIN, 1));
	pid = fork();
	if (!pid) {
		close(fd);
		sh->data[0] = getpid();
		while (atomic_load(&sh->go) < 1)
			nap_ms(2);
		_exit(0);
	}
	while (!sh->data[0])
		nap_ms(2);
	target_step(sh, 1);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
}

TEST_F(epoll, refused_open_outside)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, open_outside));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(-EOPNOTSUPP, do_checkpoint_pid(t, t->sh->data[0], 0));
	ASSERT_NE(NULL, strstr(t->msg, "watched by epoll as descriptor 4, but not open"))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	ASSERT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
}

static void signal_outside(struct shared *sh)
{
	int ep = epoll_create1(0), fd = signals(SIGUSR1), status;
	pid_t pid;

	TARGET_CHECK(sh, !add(ep, fd, EPOLLIN, 1));
	pid = fork();
	if (!pid) {
		sh->data[0] = getpid();
		while (atomic_load(&sh->go) < 1)
			nap_ms(2);
		_exit(0);
	}
	while (!sh->data[0])
		nap_ms(2);
	target_step(sh, 1);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
}

TEST_F(epoll, refused_signal_outside)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, signal_outside));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(-EOPNOTSUPP, do_checkpoint_pid(t, t->sh->data[0], 0));
	ASSERT_NE(NULL, strstr(t->msg, "for the signals of a process outside of the tree"))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	ASSERT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
}

static void busy_poll(struct shared *sh)
{
	struct epoll_params params = { .busy_poll_usecs = 10 };
	int ep = epoll_create1(0);

	sh->data[0] = ioctl(ep, EPIOCSPARAMS, &params) ? errno : 0;
	target_step(sh, 1);
}

TEST_F(epoll, refused_busy_poll)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, busy_poll));
	ASSERT_TRUE(wait_step(t->sh, 1));
	if (t->sh->data[0])
		SKIP(return, "no busy polling");
	ASSERT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
	ASSERT_NE(NULL, strstr(t->msg, "busy polling"))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	ASSERT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
}

/* ---- limits ---- */

#define WATCHES_MAX	"/proc/sys/fs/epoll/max_user_watches"

static void several_watches(struct shared *sh)
{
	int ep = epoll_create1(0), fds[2], i;

	for (i = 0; i < 4; i++)
		TARGET_CHECK(sh, !pipe(fds) && !add(ep, fds[0], EPOLLIN, i));
	target_step(sh, 1);
}

static bool fewer_watches(void)
{
	return write_file(WATCHES_MAX, "2");
}

TEST_F(epoll, watch_limit)
{
	long before = read_number(WATCHES_MAX);
	char text[32];

	NOT_RESTARTED(&self->t, several_watches, fewer_watches, ENOMEM, "epoll: ");
	snprintf(text, sizeof(text), "%ld", before);
	EXPECT_TRUE(write_file(WATCHES_MAX, text));
	EXPECT_LT(0, restart_killed(&self->t))
		TH_LOG("%s", self->t.msg);
}

/* Nobody has it open, but whoever reads the message. */
static void in_message(struct shared *sh)
{
	int ep = epoll_create1(0), sv[2], fds[2];
	struct epoll_event e = {};

	TARGET_CHECK(sh, !pipe(fds) && !socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	TARGET_CHECK(sh, !add(ep, fds[0], EPOLLIN, 7) && send_fd(sv[0], ep));
	close(ep);
	target_step(sh, 1);
	ep = receive_fd(sv[1]);
	TARGET_CHECK(sh, ep >= 0 && !epoll_wait(ep, &e, 1, 0));
	TARGET_CHECK(sh, write(fds[1], "x", 1) == 1);
	TARGET_CHECK(sh, epoll_wait(ep, &e, 1, 0) == 1 && e.data.u64 == 7);
	TARGET_CHECK(sh, !epoll_ctl(ep, EPOLL_CTL_DEL, fds[0], NULL));
}

TEST_F(epoll, in_message)
{
	ROUND_TRIP(&self->t, in_message);
}

#define DEEP	20

/* Each watches a socket with a message in which the next one is. */
static void in_messages(struct shared *sh)
{
	int ep = epoll_create1(0), first = ep, next, sv[DEEP][2], i;
	struct epoll_event e = {};

	for (i = 0; i < DEEP; i++, ep = next) {
		next = epoll_create1(0);
		TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, sv[i]));
		TARGET_CHECK(sh, !add(ep, sv[i][0], EPOLLIN, i));
		TARGET_CHECK(sh, send_fd(sv[i][1], next));
		if (i)
			close(ep);
	}
	close(ep);
	target_step(sh, 1);
	for (i = 0, ep = first; i < DEEP; i++) {
		TARGET_CHECK(sh, epoll_wait(ep, &e, 1, 0) == 1 && e.data.u64 == (unsigned int)i);
		ep = receive_fd(sv[i][0]);
		TARGET_CHECK(sh, ep >= 0);
	}
}

TEST_F(epoll, in_messages)
{
	ROUND_TRIP(&self->t, in_messages);
}

TEST_HARNESS_MAIN
