// SPDX-License-Identifier: GPL-2.0
/*
 * Checkpoint/restart - UTS, cgroup, time and network namespaces, mounts of others
 */
#include "common.h"
#include <linux/nsfs.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>

FIXTURE(ns)
{
	struct ckpt_test t;
};

FIXTURE_SETUP(ns)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(ns)
{
	test_teardown(&self->t);
}

/* Inode number of a namespace of @who. */
static ino_t ns_of(const char *who, const char *name)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/ns/%s", who, name);
	return stat(path, &st) ? 0 : st.st_ino;
}

/* ---- UTS ---- */

static bool names_are(const char *host, const char *domain)
{
	struct utsname u;

	return !uname(&u) && !strcmp(u.nodename, host) &&
	       !strcmp(u.domainname, domain);
}

static void uts_target(struct shared *sh)
{
	char longest[65];
	pid_t child;
	int status;

	memset(longest, 'x', 64);
	longest[64] = 0;
	TARGET_CHECK(sh, !unshare(CLONE_NEWUTS));
	TARGET_CHECK(sh, !sethostname("inside", 6));
	TARGET_CHECK(sh, !setdomainname("example", 7));
	child = fork();
	if (!child) {
		TARGET_CHECK(sh, !unshare(CLONE_NEWUTS));
		TARGET_CHECK(sh, !sethostname(longest, 64));
		atomic_store(&sh->ready, 1);
		while (!atomic_load(&sh->go))
			nap_ms(2);
		TARGET_CHECK(sh, names_are(longest, "example"));
		_exit(0);
	}
	while (!atomic_load(&sh->go))
		nap_ms(2);
	TARGET_CHECK(sh, names_are("inside", "example"));
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	/* It is one that can still be changed, and nobody else's. */
	TARGET_CHECK(sh, !sethostname("changed", 7));
	TARGET_CHECK(sh, names_are("changed", "example"));
}

TEST_F(ns, uts)
{
	struct utsname before, after;

	ASSERT_EQ(0, uname(&before));
	ROUND_TRIP(&self->t, uts_target);
	ASSERT_EQ(0, uname(&after));
	EXPECT_STREQ(before.nodename, after.nodename);
}

static void uts_shared_target(struct shared *sh)
{
	pid_t child;

	TARGET_CHECK(sh, !unshare(CLONE_NEWUTS));
	TARGET_CHECK(sh, !sethostname("inside", 6));
	child = fork();
	if (!child) {
		target_step(sh, 1);
		TARGET_CHECK(sh, names_are("inside", "(none)"));
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

/* All tasks are in it, so they share it again. */
static void uts_both_target(struct shared *sh)
{
	pid_t child;

	TARGET_CHECK(sh, !unshare(CLONE_NEWUTS));
	TARGET_CHECK(sh, !sethostname("inside", 6));
	child = fork();
	if (!child) {
		target_step(sh, 1);
		TARGET_CHECK(sh, !sethostname("by child", 8));
		_exit(0);
	}
	TARGET_CHECK(sh, waitpid(child, NULL, 0) == child);
	TARGET_CHECK(sh, names_are("by child", "(none)"));
}

TEST_F(ns, uts_shared_inside)
{
	ROUND_TRIP(&self->t, uts_both_target);
}

/* Child of the target: its namespace is also its parent's. */
static pid_t only_child(pid_t pid)
{
	char path[64];
	FILE *f;
	int child = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%d", &child) != 1)
		child = 0;
	fclose(f);
	return child;
}

/* Of a subtree, what it has in common with its parent is the caller's. */
TEST_F(ns, uts_shared_outside)
{
	pid_t child;

	ASSERT_LT(0, spawn(&self->t, uts_shared_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	child = only_child(self->t.pid);
	ASSERT_LT(0, child);
	ASSERT_LT(0, do_checkpoint_pid(&self->t, child, 0))
		TH_LOG("%s", self->t.msg);
	EXPECT_NE(NULL, strstr(self->t.msg, "uts namespace: also that of task"))
		TH_LOG("%s", self->t.msg);
	atomic_store(&self->t.sh->go, 1);
	EXPECT_EQ(0, wait_exit(self->t.pid));
	self->t.pid = 0;
}

/* A child inside with the namespace of somebody outside: it would be lost. */
static void uts_mixed_target(struct shared *sh)
{
	int fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC), own;
	pid_t child;

	TARGET_CHECK(sh, !unshare(CLONE_NEWUTS));
	own = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	child = fork();
	if (!child) {
		TARGET_CHECK(sh, !unshare(CLONE_NEWUTS));
		if (!fork()) {
			TARGET_CHECK(sh, !setns(own, CLONE_NEWUTS));
			close(own);
			close(fd);
			pause();
		}
		close(own);
		close(fd);
		target_step(sh, 1);
		kill(0, SIGTERM);
		_exit(0);
	}
	close(fd);
	signal(SIGTERM, SIG_IGN);
	waitpid(child, NULL, 0);
}

TEST_F(ns, uts_of_outsider)
{
	pid_t child;

	ASSERT_LT(0, spawn(&self->t, uts_mixed_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(50);
	child = only_child(self->t.pid);
	ASSERT_LT(0, child);
	EXPECT_EQ(-EBUSY, do_checkpoint_pid(&self->t, child, 0));
	EXPECT_NE(NULL, strstr(self->t.msg, "uts namespace: shared with task"))
		TH_LOG("%s", self->t.msg);
	atomic_store(&self->t.sh->go, 1);
	EXPECT_EQ(0, wait_exit(self->t.pid));
	self->t.pid = 0;
}

/* ---- cgroup ---- */

static void cgroup_target(struct shared *sh)
{
	ino_t outside = ns_of("self", "cgroup");

	TARGET_CHECK(sh, !unshare(CLONE_NEWCGROUP));
	target_step(sh, 1);
	TARGET_CHECK(sh, ns_of("self", "cgroup"));
	TARGET_CHECK(sh, ns_of("self", "cgroup") != outside);
}

TEST_F(ns, cgroup)
{
	ROUND_TRIP(&self->t, cgroup_target);
}

/* ---- time ---- */

static bool set_offset(const char *line)
{
	int fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line);

	close(fd);
	return ok;
}

static long seconds(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec;
}

static void time_target(struct shared *sh)
{
	long roots = seconds(CLOCK_MONOTONIC);
	pid_t child;
	int status;

	TARGET_CHECK(sh, !unshare(CLONE_NEWTIME));
	TARGET_CHECK(sh, set_offset("monotonic 100000 0"));
	TARGET_CHECK(sh, set_offset("boottime 200000 0"));
	child = fork();
	if (!child) {
		long mono = seconds(CLOCK_MONOTONIC);
		long boot = seconds(CLOCK_BOOTTIME);

		TARGET_CHECK(sh, mono - roots >= 100000);
		TARGET_CHECK(sh, boot - roots >= 200000);
		target_step(sh, 1);
		TARGET_CHECK(sh, seconds(CLOCK_MONOTONIC) - mono < 60);
		TARGET_CHECK(sh, seconds(CLOCK_MONOTONIC) >= mono);
		TARGET_CHECK(sh, seconds(CLOCK_BOOTTIME) - boot < 60);
		TARGET_CHECK(sh, seconds(CLOCK_BOOTTIME) >= boot);
		_exit(0);
	}
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	TARGET_CHECK(sh, seconds(CLOCK_MONOTONIC) - roots < 1000);
	/* The next child is there, too. */
	child = fork();
	if (!child)
		_exit(seconds(CLOCK_MONOTONIC) - roots < 100000);
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
}

TEST_F(ns, time_nested)
{
	ROUND_TRIP(&self->t, time_target);
}

/* Nobody has entered it: its clocks can still be set. */
static void time_unused_target(struct shared *sh)
{
	long roots = seconds(CLOCK_MONOTONIC);
	pid_t child;
	int status;

	TARGET_CHECK(sh, !unshare(CLONE_NEWTIME));
	TARGET_CHECK(sh, set_offset("monotonic 100000 0"));
	target_step(sh, 1);
	TARGET_CHECK(sh, set_offset("monotonic 300000 0"));
	child = fork();
	if (!child)
		_exit(seconds(CLOCK_MONOTONIC) - roots < 250000);
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
}

TEST_F(ns, time_for_children)
{
	ROUND_TRIP(&self->t, time_unused_target);
}

/* Once somebody has been in there its clocks are set for ever. */
static void time_used_target(struct shared *sh)
{
	pid_t child;

	TARGET_CHECK(sh, !unshare(CLONE_NEWTIME));
	child = fork();
	if (!child)
		_exit(0);
	TARGET_CHECK(sh, waitpid(child, NULL, 0) == child);
	TARGET_CHECK(sh, !set_offset("monotonic 100000 0") && errno == EACCES);
	target_step(sh, 1);
	TARGET_CHECK(sh, !set_offset("monotonic 100000 0") && errno == EACCES);
}

TEST_F(ns, time_set_for_ever)
{
	ROUND_TRIP(&self->t, time_used_target);
}

/* ---- network ---- */

static bool loopback_up(bool set)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = { .ifr_name = "lo" };
	bool up;

	if (ioctl(fd, SIOCGIFFLAGS, &req))
		req.ifr_flags = 0;
	up = req.ifr_flags & IFF_UP;
	if (set) {
		req.ifr_flags |= IFF_UP;
		up = !ioctl(fd, SIOCSIFFLAGS, &req);
	}
	close(fd);
	return up;
}

/* The root task's is the coordinator's: here that of the test. */
static void net_target(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWNET));
	target_step(sh, 1);
	sh->data[0] = ns_of("self", "net");
}

TEST_F(ns, net_of_caller)
{
	ROUND_TRIP(&self->t, net_target);
	EXPECT_EQ(ns_of("self", "net"), self->t.sh->data[0]);
}

static void net_nested_target(struct shared *sh)
{
	pid_t child = fork();
	int status;

	if (!child) {
		TARGET_CHECK(sh, !unshare(CLONE_NEWNET));
		target_step(sh, 1);
		TARGET_CHECK(sh, if_nametoindex("lo") == 1);
		TARGET_CHECK(sh, !loopback_up(false));
		TARGET_CHECK(sh, loopback_up(true));
		sh->data[0] = ns_of("self", "net");
		_exit(0);
	}
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	sh->data[1] = ns_of("self", "net");
}

TEST_F(ns, net_as_new)
{
	ROUND_TRIP(&self->t, net_nested_target);
	EXPECT_EQ(ns_of("self", "net"), self->t.sh->data[1]);
	EXPECT_NE(ns_of("self", "net"), self->t.sh->data[0]);
}

/* One thing each that needs no interface that is up. */
static const char * const net_changes[] = {
	"ip route add blackhole 10.1.0.0/16",
	"ip -6 route add unreachable fd00::/8",
	"ip rule del pref 32767",
	"ip -6 rule add from fd00::1 table 7",
	"ip address add 10.1.2.3/32 dev lo",
	"ip -6 address add fd00::3/128 dev lo",
};

/* What cannot be saved, and how it is called. */
static const char * const net_refused[][2] = {
	{ "ip xfrm policy add src 10.1.0.0/16 dst 10.2.0.0/16 dir out action block",
	  "has IPsec policies or states" },
	{ "ip link set lo up && ip nexthop add id 7 blackhole",
	  "has nexthop objects" },
	{ "ip neigh add 10.1.2.4 lladdr 02:00:00:00:00:01 dev lo nud permanent",
	  "has permanent neighbours" },
	{ "tc qdisc add dev lo root handle 1: pfifo", "has queueing disciplines" },
	{ "tc qdisc add dev lo clsact", "has queueing disciplines" },
	{ "nft add table inet t && nft add chain inet t c '{ type filter hook input priority 0; }'",
	  "has packet filters" },
};

static void net_changed_target(struct shared *sh)
{
	pid_t pid = fork();

	if (!pid) {
		TARGET_CHECK(sh, !unshare(CLONE_NEWNET));
		if (system(sh->data[4] ? net_refused[sh->data[2]][0] :
					 net_changes[sh->data[2]]))
			atomic_store(&sh->data[3], 1);
		target_step(sh, 1);
		_exit(0);
	}
	TARGET_CHECK(sh, waitpid(pid, NULL, 0) == pid);
}

/* Number of the first object of a type in the image. */
static unsigned int find_object(struct ckpt_test *t, unsigned int type)
{
	struct ckpt_hdr h;
	off_t pos = 0;

	while (pread(t->image, &h, sizeof(h), pos) == sizeof(h) && h.len) {
		if (h.type == type)
			return h.id;
		pos += h.len;
	}
	return 0;
}

static long checkpoint_changed(struct ckpt_test *t, unsigned int nr, bool refused)
{
	memset(t->sh, 0, sizeof(*t->sh));
	t->sh->data[2] = nr;
	t->sh->data[4] = refused;
	if (spawn(t, net_changed_target) < 0 || !wait_step(t->sh, 1))
		return -ECHILD;
	return t->sh->data[3] ? 0 : do_checkpoint(t, 0);
}

/* Whoever restarts it has to supply it then. */
TEST_F_TIMEOUT(ns, net_changed, 60)
{
	struct ckpt_test *t = &self->t;
	struct ckpt_hdr_net_msg m;
	unsigned int i;
	off_t pos;
	long ret;

	for (i = 0; i < ARRAY_SIZE(net_changes); i++) {
		ret = checkpoint_changed(t, i, false);
		if (!ret) {
			TH_LOG("%s: not in this kernel", net_changes[i]);
			goto next;
		}
		EXPECT_LT(0, ret)
			TH_LOG("%s: %s", net_changes[i], t->msg);
		for (pos = 0; pread(t->image, &m, sizeof(m), pos) == sizeof(m) &&
		     m.h.type != CKPT_HDR_NS_NET; pos += m.h.len)
			;
		EXPECT_EQ(sizeof(m), pread(t->image, &m, sizeof(m), pos + m.h.len));
		EXPECT_EQ(CKPT_HDR_NET_MSG, m.h.type)
			TH_LOG("%s", net_changes[i]);
next:
		atomic_store(&t->sh->go, 1);
		wait_verified(_metadata, t);
	}
}

TEST_F_TIMEOUT(ns, refused_net, 60)
{
	struct ckpt_test *t = &self->t;
	unsigned int i;
	long ret;

	for (i = 0; i < ARRAY_SIZE(net_refused); i++) {
		ret = checkpoint_changed(t, i, true);
		if (!ret) {
			TH_LOG("%s: not in this kernel", net_refused[i][0]);
		} else {
			EXPECT_EQ(-EOPNOTSUPP, ret)
				TH_LOG("%s: %s", net_refused[i][0], t->msg);
			EXPECT_NE(NULL, strstr(t->msg, net_refused[i][1]))
				TH_LOG("%s: %s", net_refused[i][0], t->msg);
		}
		atomic_store(&t->sh->go, 1);
		wait_verified(_metadata, t);
	}
}

/* Of the root task's own it is for a coordinator, but is said. */
static void lost_target(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWNET));
	TARGET_CHECK(sh, !system("ip link set lo up && ip nexthop add id 7 blackhole"));
	target_step(sh, 1);
}

TEST_F(ns, warned_of_net)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, lost_target));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_LT(0, do_checkpoint(t, 0)) TH_LOG("%s", t->msg);
	EXPECT_NE(NULL, strstr(t->msg, "has nexthop objects, which are not saved"))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

static void net_astray_target(struct shared *sh)
{
	pid_t child = fork();
	char command[128];

	if (!child) {
		snprintf(command, sizeof(command),
			 "ip link add ckpt0 type veth peer name ckpt1 netns %d",
			 (int)sh->data[0]);
		TARGET_CHECK(sh, !unshare(CLONE_NEWNET) && !system(command));
		target_step(sh, 1);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

TEST_F(ns, refused_net_astray)
{
	pid_t outsider = fork();

	if (!outsider) {
		self->t.sh->data[1] = !unshare(CLONE_NEWNET);
		pause();
	}
	while (!atomic_load(&self->t.sh->data[1]))
		nap_ms(2);
	self->t.sh->data[0] = outsider;
	REFUSED(&self->t, net_astray_target, EOPNOTSUPP,
		"link ckpt0 leads to one that is neither the tree's nor the caller's");
	kill(outsider, SIGKILL);
	waitpid(outsider, NULL, 0);
}

/* ---- namespaces that the caller supplies ---- */

static void external_target(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWUTS));
	TARGET_CHECK(sh, !sethostname("inside", 6));
	target_step(sh, 1);
	sh->data[0] = ns_of("self", "uts");
}

TEST_F(ns, external)
{
	struct ckpt_external ext = {};
	char key[32];

	ASSERT_LT(0, spawn(&self->t, external_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	snprintf(key, sizeof(key), "ns:%u",
		 find_object(&self->t, CKPT_HDR_NS_UTS));
	ext.key = (uintptr_t)key;
	self->t.ext = &ext;
	self->t.nr_ext = 1;

	ext.fd = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(-EINVAL, restart_killed(&self->t));
	EXPECT_NE(NULL, strstr(self->t.msg, "is a ipc namespace"))
		TH_LOG("%s", self->t.msg);
	close(ext.fd);
	ext.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(-EINVAL, do_restart(&self->t, 0));
	EXPECT_NE(NULL, strstr(self->t.msg, "is no namespace"))
		TH_LOG("%s", self->t.msg);
	close(ext.fd);
	ext.fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	ASSERT_LT(0, restart_killed(&self->t))
		TH_LOG("%s", self->t.msg);
	close(ext.fd);
	atomic_store(&self->t.sh->go, 1 << 20);
	EXPECT_EQ(0, wait_exit(self->t.pid));
	self->t.pid = 0;
	EXPECT_EQ(ns_of("self", "uts"), self->t.sh->data[0]);
}

/* ---- open files of namespaces ---- */

static ino_t fd_ino(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

static void fd_target(struct shared *sh)
{
	int inner, held, user, status;
	pid_t child;

	user = open("/proc/self/ns/user", O_RDONLY);
	TARGET_CHECK(sh, !unshare(CLONE_NEWUTS));
	TARGET_CHECK(sh, !sethostname("inside", 6));
	inner = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	/* One that only the descriptor keeps. */
	child = fork();
	if (!child) {
		TARGET_CHECK(sh, !unshare(CLONE_NEWUTS));
		TARGET_CHECK(sh, !sethostname("held", 4));
		atomic_store(&sh->data[0], 1);
		while (!atomic_load(&sh->data[1]))
			nap_ms(1);
		_exit(0);
	}
	while (!atomic_load(&sh->data[0]))
		nap_ms(1);
	{
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/ns/uts", child);
		held = open(path, O_RDONLY);
	}
	atomic_store(&sh->data[1], 1);
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	target_step(sh, 1);
	TARGET_CHECK(sh, fd_ino(inner) == ns_of("self", "uts"));
	TARGET_CHECK(sh, fd_ino(user) == ns_of("self", "user"));
	TARGET_CHECK(sh, fcntl(inner, F_GETFD) == FD_CLOEXEC);
	TARGET_CHECK(sh, !setns(held, CLONE_NEWUTS));
	TARGET_CHECK(sh, names_are("held", "(none)"));
	TARGET_CHECK(sh, !setns(inner, 0));
	TARGET_CHECK(sh, names_are("inside", "(none)"));
}

TEST_F(ns, open_files)
{
	ROUND_TRIP(&self->t, fd_target);
}

/*
 * A descriptor of a namespace that no task is in any more: that a child has made,
 * with what @fill puts into it.
 */
static int held_ns(struct shared *sh, int flag, const char *name,
		   bool (*fill)(void))
{
	int sync[2], fd, status;
	char path[64], c;
	pid_t child;

	TARGET_CHECK(sh, !pipe(sync));
	child = fork();
	if (!child) {
		TARGET_CHECK(sh, !unshare(flag) && (!fill || fill()));
		TARGET_CHECK(sh, write(sync[1], "x", 1) == 1);
		pause();
	}
	TARGET_CHECK(sh, read(sync[0], &c, 1) == 1);
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", child, name);
	fd = open(path, O_RDONLY);
	TARGET_CHECK(sh, fd >= 0);
	kill(child, SIGKILL);
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child);
	close(sync[0]);
	close(sync[1]);
	return fd;
}

static bool fill_ipc(void)
{
	int id = msgget(0x1234, IPC_CREAT | 0600);
	struct { long type; char text[8]; } msg = { 7, "held" };
	mqd_t q = mq_open("/held", O_CREAT | O_RDWR, 0600, NULL);

	return !msgsnd(id, &msg, 5, 0) && q >= 0 && !mq_send(q, "held", 4, 3);
}

static void held_ipc_target(struct shared *sh)
{
	int fd = held_ns(sh, CLONE_NEWIPC, "ipc", fill_ipc);
	struct { long type; char text[8]; } msg;
	char buf[8192];
	mqd_t q;

	target_step(sh, 1);
	TARGET_CHECK(sh, !setns(fd, CLONE_NEWIPC));
	TARGET_CHECK(sh, msgrcv(msgget(0x1234, 0), &msg, 8, 7, IPC_NOWAIT) == 5);
	q = mq_open("/held", O_RDONLY);
	TARGET_CHECK(sh, q >= 0 && mq_receive(q, buf, sizeof(buf), NULL) == 4);
}

TEST_F(ns, held_ipc)
{
	ROUND_TRIP(&self->t, held_ipc_target);
}

static void held_user_target(struct shared *sh)
{
	int fd = held_ns(sh, CLONE_NEWUSER, "user", NULL);
	ino_t outside = ns_of("self", "user");

	target_step(sh, 1);
	TARGET_CHECK(sh, !setns(fd, CLONE_NEWUSER));
	TARGET_CHECK(sh, ns_of("self", "user") != outside);
	TARGET_CHECK(sh, getuid() == 65534);
}

TEST_F(ns, held_user)
{
	ROUND_TRIP(&self->t, held_user_target);
}

static void held_cgroup_target(struct shared *sh)
{
	int fd = held_ns(sh, CLONE_NEWCGROUP, "cgroup", NULL);
	ino_t outside = ns_of("self", "cgroup");

	target_step(sh, 1);
	TARGET_CHECK(sh, !setns(fd, CLONE_NEWCGROUP));
	TARGET_CHECK(sh, ns_of("self", "cgroup") != outside);
}

TEST_F(ns, held_cgroup)
{
	ROUND_TRIP(&self->t, held_cgroup_target);
}

static void held_net_target(struct shared *sh)
{
	int fd = held_ns(sh, CLONE_NEWNET, "net", NULL);

	target_step(sh, 1);
	TARGET_CHECK(sh, !setns(fd, CLONE_NEWNET));
	TARGET_CHECK(sh, if_nametoindex("lo") == 1 && !loopback_up(false));
	sh->data[0] = ns_of("self", "net");
}

TEST_F(ns, held_net)
{
	ROUND_TRIP(&self->t, held_net_target);
	EXPECT_NE(ns_of("self", "net"), self->t.sh->data[0]);
}

static bool fill_net(void)
{
	return loopback_up(true);
}

/* Restart what has been killed with its network namespace supplied as @fd. */
static long restart_supplied(struct ckpt_test *t, int fd)
{
	char key[16];
	struct ckpt_external ext = { .key = (uintptr_t)key, .fd = fd };
	long ret;

	snprintf(key, sizeof(key), "ns:%u", find_object(t, CKPT_HDR_NS_NET));
	t->ext = &ext;
	t->nr_ext = 1;
	ret = restart_killed(t);
	t->nr_ext = 0;
	return ret;
}

static int net_of_other(struct shared *sh)
{
	return held_ns(sh, CLONE_NEWUSER | CLONE_NEWNET, "net", NULL);
}

static void supplied_round_trip(struct __test_metadata *_metadata,
				struct ckpt_test *t, void (*fn)(struct shared *sh))
{
	int fd;

	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	EXPECT_EQ(-EINVAL, restart_killed(t));
	EXPECT_NE(NULL, strstr(t->msg, "had links or addresses: external resource"))
		TH_LOG("%s", t->msg);
	fd = net_of_other(t->sh);
	EXPECT_EQ(-EINVAL, restart_supplied(t, fd));
	EXPECT_NE(NULL, strstr(t->msg, "its owner is not the user namespace that it was"))
		TH_LOG("%s", t->msg);
	close(fd);
	fd = held_ns(t->sh, CLONE_NEWNET, "net", fill_net);
	ASSERT_LT(0, restart_supplied(t, fd))
		TH_LOG("%s", t->msg);
	close(fd);
	atomic_store(&t->sh->go, 1 << 20);
	wait_verified(_metadata, t);
}

static void held_net_in_use_target(struct shared *sh)
{
	int fd = held_ns(sh, CLONE_NEWNET, "net", fill_net);

	target_step(sh, 1);
	TARGET_CHECK(sh, !setns(fd, CLONE_NEWNET));
	TARGET_CHECK(sh, loopback_up(false));
}

TEST_F(ns, held_net_in_use)
{
	supplied_round_trip(_metadata, &self->t, held_net_in_use_target);
}

/* With a user namespace that it belongs to, which has to be there before. */
static void net_of_user_target(struct shared *sh)
{
	pid_t child = fork();
	int status;

	if (!child) {
		TARGET_CHECK(sh, !unshare(CLONE_NEWUSER | CLONE_NEWNET));
		TARGET_CHECK(sh, loopback_up(true));
		target_step(sh, 1);
		TARGET_CHECK(sh, loopback_up(false));
		sh->data[0] = ns_of("self", "user");
		_exit(0);
	}
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
}

TEST_F(ns, net_of_user)
{
	struct ckpt_test *t = &self->t;
	char keys[2][16];
	struct ckpt_external ext[2] = {
		{ .key = (uintptr_t)keys[0] }, { .key = (uintptr_t)keys[1] },
	};
	struct stat st;

	ASSERT_LT(0, spawn(t, net_of_user_target));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	ext[0].fd = held_ns(t->sh, CLONE_NEWUSER | CLONE_NEWNET, "net", fill_net);
	ext[1].fd = ioctl(ext[0].fd, NS_GET_USERNS);
	ASSERT_LT(0, ext[1].fd);
	/* Of the user namespace that restart() makes it is not. */
	EXPECT_EQ(-EINVAL, restart_supplied(t, ext[0].fd));
	EXPECT_NE(NULL, strstr(t->msg, "its owner is not the user namespace that it was"))
		TH_LOG("%s", t->msg);
	snprintf(keys[0], sizeof(keys[0]), "ns:%u", find_object(t, CKPT_HDR_NS_NET));
	snprintf(keys[1], sizeof(keys[1]), "ns:%u", find_object(t, CKPT_HDR_NS_USER));
	t->ext = ext;
	t->nr_ext = 2;
	ASSERT_LT(0, restart_killed(t)) TH_LOG("%s", t->msg);
	ASSERT_EQ(0, fstat(ext[1].fd, &st));
	atomic_store(&t->sh->go, 1 << 20);
	wait_verified(_metadata, t);
	EXPECT_EQ(st.st_ino, t->sh->data[0]);
	close(ext[0].fd);
	close(ext[1].fd);
}

/* Of somebody else's, who could only be opened. */
static void others_net_target(struct shared *sh)
{
	held_ns(sh, CLONE_NEWNET, "net", fill_net);
	TARGET_CHECK(sh, !setresgid(1000, 1000, 1000));
	TARGET_CHECK(sh, !setresuid(1000, 1000, 1000));
	TARGET_CHECK(sh, !prctl(PR_SET_DUMPABLE, 1));
	target_step(sh, 1);
}

TEST_F(ns, refused_net_of_others)
{
	char *msg = (char *)&self->t.sh->data[64];
	int status;
	pid_t pid;

	ASSERT_LT(0, spawn(&self->t, others_net_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(10);
	pid = fork();
	if (!pid) {
		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(99);
		status = -do_checkpoint(&self->t, 0);
		memcpy(msg, self->t.msg, 512);
		msg[511] = 0;
		_exit(status);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(EPERM, WEXITSTATUS(status));
	EXPECT_NE(NULL, strstr(msg, "keeps a net namespace that is not yours"))
		TH_LOG("%s", msg);
	atomic_store(&self->t.sh->go, 1);
	wait_verified(_metadata, &self->t);
}

/* A service that listens at the loopback of a network of its own. */
static void net_in_use_target(struct shared *sh)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(8),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int sock, client, status;
	pid_t child = fork();

	if (!child) {
		TARGET_CHECK(sh, !unshare(CLONE_NEWNET) && loopback_up(true));
		sock = socket(AF_INET, SOCK_STREAM, 0);
		TARGET_CHECK(sh, !bind(sock, (void *)&to, sizeof(to)));
		TARGET_CHECK(sh, !listen(sock, 1));
		target_step(sh, 1);
		client = socket(AF_INET, SOCK_STREAM, 0);
		TARGET_CHECK(sh, !connect(client, (void *)&to, sizeof(to)));
		TARGET_CHECK(sh, accept(sock, NULL, NULL) >= 0);
		_exit(0);
	}
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
}

TEST_F(ns, net_in_use)
{
	supplied_round_trip(_metadata, &self->t, net_in_use_target);
}

/* Nobody would look for it there. */
static void sent_net_target(struct shared *sh)
{
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(sizeof(int))];
	} u = {};
	struct iovec iov = { "x", 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.buf, .msg_controllen = sizeof(u.buf),
	};
	int fd = held_ns(sh, CLONE_NEWNET, "net", fill_net), sock[2];

	u.hdr.cmsg_level = SOL_SOCKET;
	u.hdr.cmsg_type = SCM_RIGHTS;
	u.hdr.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&u.hdr), &fd, sizeof(fd));
	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	TARGET_CHECK(sh, sendmsg(sock[0], &msg, 0) == 1);
	close(fd);
	target_step(sh, 1);
}

TEST_F(ns, refused_sent_net)
{
	REFUSED(&self->t, sent_net_target, EOPNOTSUPP,
		"is not as new, and nothing keeps it but a message in a queue");
}

/* Be in the caller's mount namespace no more; @name becomes that of a file. */
static void own_mounts(struct shared *sh, char *name)
{
	int fd;

	memcpy(name, "/tmp/ckpt-nsfs-XXXXXX", 22);
	fd = mkstemp(name);
	TARGET_CHECK(sh, fd >= 0 && !close(fd));
	TARGET_CHECK(sh, !unshare(CLONE_NEWNS));
	TARGET_CHECK(sh, !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

static void keep_mounted(struct shared *sh, const char *ns)
{
	char name[32];

	own_mounts(sh, name);
	TARGET_CHECK(sh, !mount(ns, name, NULL, MS_BIND, NULL));
	target_step(sh, 1);
	TARGET_CHECK(sh, !umount(name) && !unlink(name));
}

/* As "ip netns add" does, in the mounts of a container. */
static void mounted_outside_target(struct shared *sh)
{
	keep_mounted(sh, "/proc/self/ns/net");
}

TEST_F(ns, refused_mounted_outside)
{
	REFUSED(&self->t, mounted_outside_target, EOPNOTSUPP,
		": keeps a net namespace (nsfs), which is not the tree's");
	EXPECT_NE(NULL, strstr(self->t.msg, "mount /tmp/ckpt-nsfs-"))
		TH_LOG("%s", self->t.msg);
}

/* Of any task's own it goes on by itself. */
static void mounted_time_target(struct shared *sh)
{
	keep_mounted(sh, "/proc/self/ns/time");
}

TEST_F(ns, refused_mounted_time)
{
	REFUSED(&self->t, mounted_time_target, EOPNOTSUPP,
		": keeps a time namespace (nsfs), which is the root task's");
}

/* A child has copied the mounts of the caller, who has them still. */
static void copied_mounts_target(struct shared *sh)
{
	pid_t child = fork();

	if (!child) {
		TARGET_CHECK(sh, !unshare(CLONE_NEWNS));
		target_step(sh, 1);
		_exit(0);
	}
	TARGET_CHECK(sh, waitpid(child, NULL, 0) == child);
}

TEST_F(ns, refused_mounted_callers)
{
	int fd = held_ns(self->t.sh, CLONE_NEWUTS, "uts", NULL);
	char path[32], name[32];

	own_mounts(self->t.sh, name);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ASSERT_EQ(0, mount(path, name, NULL, MS_BIND, NULL));
	close(fd);
	REFUSED(&self->t, copied_mounts_target, EOPNOTSUPP,
		": keeps a uts namespace (nsfs), which is not the tree's");
	EXPECT_NE(NULL, strstr(self->t.msg, name)) TH_LOG("%s", self->t.msg);
	ASSERT_EQ(0, umount(name) | unlink(name));
}

/* A mount namespace in which nobody is, and what only that keeps. */
static void mounted_in_held_target(struct shared *sh)
{
	int uts = held_ns(sh, CLONE_NEWUTS, "uts", NULL), sync[2];
	char path[32], name[32], c;
	pid_t child;

	TARGET_CHECK(sh, !pipe(sync));
	child = fork();
	if (!child) {
		own_mounts(sh, name);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", uts);
		TARGET_CHECK(sh, !mount(path, name, NULL, MS_BIND, NULL));
		unlink(name);
		TARGET_CHECK(sh, write(sync[1], "x", 1) == 1);
		pause();
	}
	TARGET_CHECK(sh, read(sync[0], &c, 1) == 1);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", child);
	TARGET_CHECK(sh, open(path, O_RDONLY) >= 0);
	close(uts);
	kill(child, SIGKILL);
	TARGET_CHECK(sh, waitpid(child, NULL, 0) == child);
	target_step(sh, 1);
}

TEST_F(ns, refused_mounted_in_held)
{
	REFUSED(&self->t, mounted_in_held_target, EOPNOTSUPP,
		": keeps a namespace (nsfs), and no task is where that is mounted: not supported");
}

/**
 * struct kept - a namespace that a mount keeps
 * @name: in /proc/PID/ns
 * @flag: its type
 * @type: of its object
 * @fill: make it recognizable
 * @check: recognize it, when in there
 */
static const struct kept {
	const char *name;
	int flag;
	unsigned int type;
	bool (*fill)(void);
	bool (*check)(void);
} *kept;

static char *kept_path(struct shared *sh)
{
	return (char *)&sh->data[8];
}

/* A program of those mounts, which is what comes back with the caller's. */
static void become_sleep(struct shared *sh)
{
	close_range(0, ~0U, 0);
	TARGET_CHECK(sh, !open("/dev/null", O_RDWR) && dup(0) == 1 && dup(0) == 2);
	atomic_store(&sh->ready, 1);
	execlp("sleep", "sleep", "1000", NULL);
}

static void mounted_target(struct shared *sh)
{
	int fd = held_ns(sh, kept->flag, kept->name, kept->fill);
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own_mounts(sh, kept_path(sh));
	TARGET_CHECK(sh, !mount(path, kept_path(sh), NULL, MS_BIND, NULL));
	become_sleep(sh);
}

static bool runs(pid_t pid, const char *comm)
{
	char path[32], text[32];
	int fd, ms, n;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	for (ms = 0; ms < CKPT_TEST_TIMEOUT_MS; ms += 10) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = read(fd, text, sizeof(text));
		close(fd);
		if (n > 0 && !strncmp(text, comm, strlen(comm)))
			return true;
		nap_ms(10);
	}
	return false;
}

/* Take an image of @fn, a program with @kept mounted, and end it. */
static void checkpoint_mounted(struct __test_metadata *_metadata,
			       struct ckpt_test *t, void (*fn)(struct shared *sh))
{
	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_TRUE(runs(t->pid, "sleep"));
	nap_ms(200);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL))
		TH_LOG("%s", t->msg);
	unlink(kept_path(t->sh));
	ASSERT_NE(0, find_object(t, kept->type));
	EXPECT_EQ(-EINVAL, restart_killed(t));
	EXPECT_NE(NULL, strstr(t->msg, "was mounted: external resource"))
		TH_LOG("%s", t->msg);
}

/* Restart it, asking for that namespace. Return: a descriptor of it. */
static int restart_asking(struct __test_metadata *_metadata, struct ckpt_test *t)
{
	struct ckpt_external ext = { .fd = -1 };
	char key[16];

	snprintf(key, sizeof(key), "ns:%u", find_object(t, kept->type));
	ext.key = (uintptr_t)key;
	t->ext = &ext;
	t->nr_ext = 1;
	EXPECT_LT(0, restart_killed(t))
		TH_LOG("%s", t->msg);
	t->nr_ext = 0;
	EXPECT_LE(0, ext.fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(ext.fd, F_GETFD));
	EXPECT_EQ(kept->flag, ioctl(ext.fd, NS_GET_NSTYPE));
	return ext.fd;
}

static void check_asked(struct __test_metadata *_metadata, struct ckpt_test *t)
{
	int fd = restart_asking(_metadata, t), status;
	pid_t pid = fork();

	if (!pid)
		_exit(setns(fd, kept->flag) ? 99 : !kept->check());
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	close(fd);
}

static void mounted_round_trip(struct __test_metadata *_metadata,
			       struct ckpt_test *t, const struct kept *k,
			       void (*fn)(struct shared *sh))
{
	kept = k;
	checkpoint_mounted(_metadata, t, fn);
	check_asked(_metadata, t);
}

static bool fill_uts(void)
{
	return !sethostname("kept", 4);
}

static bool check_uts(void)
{
	struct utsname u;

	return !uname(&u) && !strcmp(u.nodename, "kept");
}

TEST_F(ns, mounted_uts)
{
	const struct kept k = { "uts", CLONE_NEWUTS, CKPT_HDR_NS_UTS, fill_uts, check_uts };

	mounted_round_trip(_metadata, &self->t, &k, mounted_target);
}

static bool check_ipc(void)
{
	struct { long type; char text[8]; } msg;

	return msgrcv(msgget(0x1234, 0), &msg, 8, 7, IPC_NOWAIT) == 5;
}

TEST_F(ns, mounted_ipc)
{
	const struct kept k = { "ipc", CLONE_NEWIPC, CKPT_HDR_NS_IPC, fill_ipc, check_ipc };

	mounted_round_trip(_metadata, &self->t, &k, mounted_target);
}

static bool check_user(void)
{
	return getuid() == 65534;
}

TEST_F(ns, mounted_user)
{
	const struct kept k = { "user", CLONE_NEWUSER, CKPT_HDR_NS_USER, NULL, check_user };

	mounted_round_trip(_metadata, &self->t, &k, mounted_target);
}

static bool check_cgroup(void)
{
	char line[64] = "";
	FILE *f = fopen("/proc/self/cgroup", "re");

	while (f && fgets(line, sizeof(line), f) && strncmp(line, "0::", 3))
		;
	if (f)
		fclose(f);
	return !strcmp(line, "0::/\n");
}

TEST_F(ns, mounted_cgroup)
{
	const struct kept k = { "cgroup", CLONE_NEWCGROUP, CKPT_HDR_NS_CGROUP, NULL,
				check_cgroup };

	mounted_round_trip(_metadata, &self->t, &k, mounted_target);
}

static bool fill_time(void)
{
	return set_offset("monotonic 1000000 0");
}

static bool check_time(void)
{
	return seconds(CLOCK_MONOTONIC) > 1000000;
}

TEST_F(ns, mounted_time)
{
	const struct kept k = { "time_for_children", CLONE_NEWTIME, CKPT_HDR_NS_TIME,
				fill_time, check_time };

	mounted_round_trip(_metadata, &self->t, &k, mounted_target);
}

static bool check_net(void)
{
	return if_nametoindex("lo") == 1 && !loopback_up(false);
}

TEST_F(ns, mounted_net)
{
	const struct kept k = { "net", CLONE_NEWNET, CKPT_HDR_NS_NET, NULL, check_net };

	mounted_round_trip(_metadata, &self->t, &k, mounted_target);
}

TEST_F(ns, mounted_net_supplied)
{
	const struct kept k = { "net", CLONE_NEWNET, CKPT_HDR_NS_NET };
	int fd;

	kept = &k;
	checkpoint_mounted(_metadata, &self->t, mounted_target);
	fd = held_ns(self->t.sh, CLONE_NEWNET, "net", NULL);
	ASSERT_LT(0, restart_supplied(&self->t, fd))
		TH_LOG("%s", self->t.msg);
	close(fd);
}

static void mounted_pid_target(struct shared *sh)
{
	char path[32];
	pid_t pid;

	own_mounts(sh, kept_path(sh));
	TARGET_CHECK(sh, !unshare(CLONE_NEWPID));
	pid = fork();
	if (!pid)
		become_sleep(sh);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	TARGET_CHECK(sh, !mount(path, kept_path(sh), NULL, MS_BIND, NULL));
	/* Its init is alive, or was. */
	if (!kept->check) {
		kill(pid, SIGKILL);
		TARGET_CHECK(sh, waitpid(pid, NULL, 0) == pid);
	}
	become_sleep(sh);
}

static bool check_pid(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(getpid() != 2);
	return waitpid(pid, &status, 0) == pid && !status;
}

TEST_F(ns, mounted_pid)
{
	const struct kept k = { "pid", CLONE_NEWPID, CKPT_HDR_NS_PID, NULL, check_pid };

	mounted_round_trip(_metadata, &self->t, &k, mounted_pid_target);
}

static bool check_dead_pid(void)
{
	return fork() < 0 && errno == ENOMEM;
}

TEST_F(ns, mounted_dead_pid)
{
	struct kept k = { "pid", CLONE_NEWPID, CKPT_HDR_NS_PID };

	kept = &k;
	checkpoint_mounted(_metadata, &self->t, mounted_pid_target);
	k.check = check_dead_pid;
	check_asked(_metadata, &self->t);
}

/* ---- descriptors that restart() gives ---- */

static int first_free_fd(void)
{
	int fd = open("/", O_PATH);

	close(fd);
	return fd;
}

static unsigned int nr_fds(void)
{
	unsigned int fd, nr = 0;

	for (fd = 0; fd < 256; fd++)
		nr += fcntl(fd, F_GETFD) >= 0;
	return nr;
}

/* restart() that is to fail: nothing is left of what @ext asks for. */
static void asking_fails(struct __test_metadata *_metadata, struct ckpt_test *t,
			 struct ckpt_external *ext, unsigned int nr, int err,
			 const char *text)
{
	unsigned int before = nr_fds(), i;

	t->ext = ext;
	t->nr_ext = nr;
	EXPECT_EQ(-err, err == EEXIST ? do_restart(t, 0) : restart_killed(t));
	t->nr_ext = 0;
	EXPECT_NE(NULL, strstr(t->msg, text))
		TH_LOG("%s", t->msg);
	EXPECT_EQ(before, nr_fds());
	for (i = 0; i < nr; i++)
		EXPECT_EQ(-1, ext[i].fd);
}

TEST_F(ns, ask_unknown)
{
	static const char * const keys[] = {
		"ns:", "ns:0", "ns:-1", "ns:99999", "ns:4294967295", "ns:4294967296",
		"ns:0%u", "ns:+%u", "ns:%u ", "ns:%u\n", "ns:0x%x", "ns:x", "ns:1",
	};
	char key[32];
	struct ckpt_external ext = { .key = (uintptr_t)key, .fd = -1 };
	unsigned int i, id;

	ASSERT_LT(0, spawn(&self->t, uts_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	id = find_object(&self->t, CKPT_HDR_NS_UTS);
	/* Something else. */
	ASSERT_NE(0, find_object(&self->t, CKPT_HDR_PID));
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		snprintf(key, sizeof(key), keys[i], id);
		if (!strcmp(keys[i], "ns:1"))
			snprintf(key, sizeof(key), "ns:%u",
				 find_object(&self->t, CKPT_HDR_PID));
		asking_fails(_metadata, &self->t, &ext, 1, EINVAL,
			     "is asked for, but is no namespace of the image");
	}
	/* What is no namespace by its name is missing, as ever. */
	strcpy(key, "net:1");
	asking_fails(_metadata, &self->t, &ext, 1, EBADF,
		     "external resource net:1: descriptor -1 is not open");
	strcpy(key, "ns:1");
	ext.fd = -2;
	self->t.ext = &ext;
	self->t.nr_ext = 1;
	EXPECT_EQ(-EBADF, do_restart(&self->t, 0));
	self->t.nr_ext = 0;
}

/* Only restart() makes namespaces. */
TEST_F(ns, ask_checkpoint)
{
	struct ckpt_external ext = { .key = (uintptr_t)"ns:1", .fd = -1 };

	ASSERT_LT(0, spawn(&self->t, uts_both_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	self->t.ext = &ext;
	self->t.nr_ext = 1;
	EXPECT_EQ(-EBADF, do_checkpoint(&self->t, 0));
	self->t.nr_ext = 0;
	EXPECT_EQ(-1, ext.fd);
}

/* Each question is answered, whatever else there is. */
TEST_F(ns, ask_twice)
{
	char key[16];
	struct ckpt_external ext[] = {
		{ .key = (uintptr_t)key, .fd = -1 },
		{ .key = (uintptr_t)key, .fd = open("/proc/self/ns/uts", O_RDONLY) },
		{ .key = (uintptr_t)key, .fd = -1 },
	};
	struct stat a, b, c;

	ASSERT_LT(0, spawn(&self->t, uts_both_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	snprintf(key, sizeof(key), "ns:%u", find_object(&self->t, CKPT_HDR_NS_UTS));
	self->t.ext = ext;
	self->t.nr_ext = 3;
	ASSERT_LT(0, restart_killed(&self->t))
		TH_LOG("%s", self->t.msg);
	self->t.nr_ext = 0;
	EXPECT_NE(ext[0].fd, ext[2].fd);
	ASSERT_EQ(0, fstat(ext[0].fd, &a) | fstat(ext[1].fd, &b) | fstat(ext[2].fd, &c));
	/* The one that has been supplied, which is ours. */
	EXPECT_EQ(a.st_ino, b.st_ino);
	EXPECT_EQ(a.st_ino, c.st_ino);
	EXPECT_EQ(0, close(ext[0].fd) | close(ext[1].fd) | close(ext[2].fd));
}

/* As if opened below /proc. */
TEST_F(ns, ask_roots)
{
	char key[16], path[32];
	struct ckpt_external ext = { .key = (uintptr_t)key, .fd = -1 };
	struct stat given, opened;

	ASSERT_LT(0, spawn(&self->t, uts_both_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	snprintf(key, sizeof(key), "ns:%u", find_object(&self->t, CKPT_HDR_NS_UTS));
	self->t.ext = &ext;
	self->t.nr_ext = 1;
	ASSERT_LT(0, restart_killed(&self->t))
		TH_LOG("%s", self->t.msg);
	self->t.nr_ext = 0;
	snprintf(path, sizeof(path), "/proc/%d/ns/uts", self->t.pid);
	ASSERT_EQ(0, fstat(ext.fd, &given));
	ASSERT_EQ(0, stat(path, &opened));
	EXPECT_EQ(opened.st_ino, given.st_ino);
	EXPECT_EQ(opened.st_dev, given.st_dev);
	close(ext.fd);
	atomic_store(&self->t.sh->go, 1 << 20);
	wait_verified(_metadata, &self->t);
}

static void uts_alone_target(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWUTS));
	target_step(sh, 1);
}

/* Whatever fails, there are no descriptors. */
TEST_F(ns, ask_in_vain)
{
	unsigned int page = sysconf(_SC_PAGESIZE), nr = 2;
	char key[16];
	struct ckpt_external *ext = mmap(NULL, page, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rlimit old, few;

	ASSERT_NE(MAP_FAILED, ext);
	ASSERT_LT(0, spawn(&self->t, uts_alone_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(&self->t, 0))
		TH_LOG("%s", self->t.msg);
	snprintf(key, sizeof(key), "ns:%u", find_object(&self->t, CKPT_HDR_NS_UTS));
	ext[0] = (struct ckpt_external){ .key = (uintptr_t)key, .fd = -1 };
	ext[1] = ext[0];
	/* The tasks are still there. */
	asking_fails(_metadata, &self->t, ext, nr, EEXIST, "");
	kill(self->t.pid, SIGKILL);
	wait_exit(self->t.pid);
	/* Their numbers cannot be told. */
	mprotect(ext, page, PROT_READ);
	asking_fails(_metadata, &self->t, ext, nr, EFAULT, "external resources");
	mprotect(ext, page, PROT_READ | PROT_WRITE);
	/* There are no more of them. */
	getrlimit(RLIMIT_NOFILE, &old);
	few = old;
	few.rlim_cur = first_free_fd() + 1;
	setrlimit(RLIMIT_NOFILE, &few);
	asking_fails(_metadata, &self->t, ext, nr, ENOMEM, "a descriptor for it");
	setrlimit(RLIMIT_NOFILE, &old);
	/* One of them is none. */
	ext[1].key = (uintptr_t)"ns:77777";
	asking_fails(_metadata, &self->t, ext, nr, EINVAL, "\"ns:77777\"");
	/* And yet it can be done. */
	self->t.ext = ext;
	self->t.nr_ext = 1;
	ASSERT_LT(0, restart_killed(&self->t))
		TH_LOG("%s", self->t.msg);
	self->t.nr_ext = 0;
	EXPECT_EQ(0, close(ext[0].fd));
	munmap(ext, page);
}

static void fd_outside_target(struct shared *sh)
{
	int fd = open("/proc/self/ns/uts", O_RDONLY);

	TARGET_CHECK(sh, fd >= 0 && !unshare(CLONE_NEWUTS));
	target_step(sh, 1);
}

TEST_F(ns, open_file_of_outside)
{
	REFUSED(&self->t, fd_outside_target, EOPNOTSUPP,
		"uts namespace: open, but neither the tree's nor the root task's");
}

/* ---- without the right to make namespaces ---- */

TEST_F(ns, unprivileged)
{
	int status;
	pid_t pid;

	ASSERT_LT(0, spawn(&self->t, uts_alone_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	pid = fork();
	if (!pid) {
		if (setresuid(1000, 1000, 1000))
			_exit(99);
		_exit(-do_restart(&self->t, 0));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(EPERM, WEXITSTATUS(status));
}

TEST_HARNESS_MAIN
