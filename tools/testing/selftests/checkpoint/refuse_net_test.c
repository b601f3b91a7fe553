// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - what sockets and networks must not have, refused by name
 *
 * BPF programs and maps belong to nobody in particular: those that the target
 * does not need open are made by the test, on the target's sockets.
 */
#include "rows.h"

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/un.h>

FIXTURE(refuse_net) {
	struct ckpt_test t;
};

FIXTURE_SETUP(refuse_net)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(refuse_net)
{
	test_teardown(&self->t);
}

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* A program that returns @ret. */
static int load_program(int type, int ret)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = ret },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (uintptr_t)insns,
		.insn_cnt = 2,
		.license = (uintptr_t)"GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

/* ---- netlink ---- */

static void generic_group(struct shared *sh)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC), group = 1;

	TARGET_CHECK(sh, !bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	TARGET_CHECK(sh, !setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
				     sizeof(group)));
	target_step(sh, 1);
}

/* More sockets than fit into the answers that have been sent at once. */
static void unread_list(struct shared *sh)
{
	struct {
		struct nlmsghdr h;
		struct unix_diag_req r;
	} req = {
		.h.nlmsg_len = sizeof(req), .h.nlmsg_type = SOCK_DIAG_BY_FAMILY,
		.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.r.sdiag_family = AF_UNIX, .r.udiag_states = -1,
		.r.udiag_show = UDIAG_SHOW_MEMINFO | UDIAG_SHOW_NAME,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG), i;

	if (fd < 0 && absent(sh))
		return;
	for (i = 0; i < 900; i++)
		TARGET_CHECK(sh, socket(AF_UNIX, SOCK_DGRAM, 0) >= 0);
	TARGET_CHECK(sh, send(fd, &req, sizeof(req), 0) == sizeof(req));
	target_step(sh, 1);
}

/* ---- AF_UNIX ---- */

static void long_message(struct shared *sh)
{
	static char buf[3 << 19];
	int sv[2], size = 8 << 20;

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
	TARGET_CHECK(sh, !setsockopt(sv[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)));
	TARGET_CHECK(sh, write(sv[0], buf, sizeof(buf)) == sizeof(buf));
	target_step(sh, 1);
}

/* ---- network namespaces ---- */

struct table_msg {
	struct nlmsghdr h;
	struct nfgenmsg g;
	struct nlattr a;
	char name[4];
};

static void fill_msg(struct table_msg *m, int type, int flags, size_t len)
{
	memset(m, 0, sizeof(*m));
	m->h.nlmsg_len = len;
	m->h.nlmsg_type = type;
	m->h.nlmsg_flags = NLM_F_REQUEST | flags;
}

/* A table of nftables, with nothing in it yet. */
static bool make_table(void)
{
	const size_t short_len = offsetof(struct table_msg, a);
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	struct { struct nlmsghdr h; int error; } answer;
	struct table_msg m[3];
	char buf[sizeof(m)];
	size_t n = 0;
	bool ok;
	int i;

	fill_msg(&m[0], NFNL_MSG_BATCH_BEGIN, 0, short_len);
	m[0].g.res_id = htons(NFNL_SUBSYS_NFTABLES);
	fill_msg(&m[1], NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE,
		 NLM_F_CREATE | NLM_F_ACK, sizeof(m[1]));
	m[1].g.nfgen_family = AF_INET;
	m[1].a.nla_type = NFTA_TABLE_NAME;
	m[1].a.nla_len = sizeof(m[1].a) + 2;
	m[1].name[0] = 't';
	fill_msg(&m[2], NFNL_MSG_BATCH_END, 0, short_len);
	m[2].g.res_id = htons(NFNL_SUBSYS_NFTABLES);
	for (i = 0; i < 3; i++) {
		memcpy(buf + n, &m[i], m[i].h.nlmsg_len);
		n += m[i].h.nlmsg_len;
	}
	ok = send(fd, buf, n, 0) == (ssize_t)n &&
	     recv(fd, &answer, sizeof(answer), 0) > 0 && !answer.error;
	close(fd);
	return ok;
}

static void in_other_net(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWNET));
	TARGET_CHECK(sh, make_table());
	target_step(sh, 1);
}

static void packet_filter(struct shared *sh)
{
	in_child(sh, in_other_net);
}

static void answer_for_others(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWNET));
	TARGET_CHECK(sh, !system("ip neigh add proxy 10.1.2.3 dev lo"));
	target_step(sh, 1);
}

static void proxy(struct shared *sh)
{
	in_child(sh, answer_for_others);
}

/* The first has a link on top of one of the second's. */
static void wait_here(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWNET));
	atomic_fetch_add(&sh->data[3], 1);
	while (!atomic_load(&sh->go))
		nap_ms(2);
	_exit(0);
}

static void link_later(struct shared *sh)
{
	char cmd[256];
	pid_t pid[2];
	int i;

	for (i = 0; i < 2; i++) {
		pid[i] = fork();
		if (!pid[i])
			wait_here(sh);
	}
	while (atomic_load(&sh->data[3]) < 2)
		nap_ms(2);
	snprintf(cmd, sizeof(cmd),
		 "nsenter --net --target %d sh -c 'ip link add dummy0 type dummy && ip link add mac0 link dummy0 netns %d type macvlan'",
		 pid[1], pid[0]);
	if (system(cmd))
		atomic_store(&sh->data[0], 1);
	target_step(sh, 1);
	for (i = 0; i < 2; i++)
		TARGET_CHECK(sh, waitpid(pid[i], NULL, 0) == pid[i]);
}

/* A proc filesystem below a directory that another filesystem hides. */
static void hide_proc(struct shared *sh)
{
	TARGET_CHECK(sh, !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	TARGET_CHECK(sh, !mount("none", "/tmp", "tmpfs", 0, NULL));
	TARGET_CHECK(sh, !mkdir("/tmp/proc", 0700));
	TARGET_CHECK(sh, !mount("proc", "/tmp/proc", "proc", 0, NULL));
	TARGET_CHECK(sh, !mount("none", "/tmp", "tmpfs", 0, NULL));
	if (row_arg(sh))
		TARGET_CHECK(sh, !mkdir("/tmp/proc", 0700));
	target_step(sh, 1);
	_exit(0);
}

static void hidden_proc(struct shared *sh)
{
	pid_t pid = syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, NULL,
			    NULL, NULL, NULL);

	if (!pid)
		hide_proc(sh);
	TARGET_CHECK(sh, waitpid(pid, NULL, 0) == pid);
}

static const struct row rows[] = {
	{ "group of NETLINK_GENERIC", generic_group, EOPNOTSUPP,
	  "multicast groups of this netlink protocol are not supported" },
	{ "unread list", unread_list, EOPNOTSUPP,
	  "has asked for a list that has not been read to its end" },
	{ "long message", long_message, EOPNOTSUPP, "holds a message of 1572864 bytes" },
	{ "packet filter", packet_filter, EOPNOTSUPP,
	  "network namespace other than the root task's: has packet filters" },
	{ "proxy", proxy, EOPNOTSUPP,
	  "network namespace other than the root task's: has proxies for neighbours" },
	{ "link later", link_later, EOPNOTSUPP,
	  "link mac0 is on top of one in a namespace that comes later" },
	{ "hidden proc", hidden_proc, ENOENT, "mount /tmp/proc: cannot be found" },
};

static const struct row covered = {
	"covered proc", hidden_proc, EOPNOTSUPP,
	"mount /tmp/proc: shows a namespace, and is covered by another mount",
};

TEST_F_TIMEOUT(refuse_net, rows, 60)
{
	check_rows(_metadata, &self->t, rows, ARRAY_SIZE(rows));
	check_row(_metadata, &self->t, &covered, 1);
}

/* ---- BPF ---- */

/* Of the target: a bound socket that shares its port. */
static void shares_port(struct shared *sh)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

	TARGET_CHECK(sh, fd == 3);
	TARGET_CHECK(sh, !setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)));
	TARGET_CHECK(sh, !bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	target_step(sh, 1);
}

static void chooses_socket(struct shared *sh)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	int prog = load_program(BPF_PROG_TYPE_SOCKET_FILTER, 0);

	if (prog < 0 && absent(sh))
		return;
	TARGET_CHECK(sh, !setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)));
	TARGET_CHECK(sh, !setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &prog,
				     sizeof(prog)));
	TARGET_CHECK(sh, !bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	close(prog);
	target_step(sh, 1);
}

static void has_unix(struct shared *sh)
{
	TARGET_CHECK(sh, socket(AF_UNIX, SOCK_DGRAM, 0) == 3);
	target_step(sh, 1);
}

static void in_network(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWNET));
	target_step(sh, 1);
}

static void with_other_network(struct shared *sh)
{
	pid_t pid = fork();

	if (!pid) {
		sh->data[2] = getpid();
		in_network(sh);
		_exit(0);
	}
	TARGET_CHECK(sh, waitpid(pid, NULL, 0) == pid);
}

/* The type of keys and values: int. */
static int load_types(void)
{
	static const struct {
		struct btf_header h;
		struct btf_type t;
		uint32_t encoding;
		char names[8];
	} btf = {
		.h = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(btf.h),
		       .type_len = sizeof(btf.t) + 4, .str_off = sizeof(btf.t) + 4,
		       .str_len = 5 },
		.t = { .name_off = 1, .info = BTF_KIND_INT << 24, .size = 4 },
		.encoding = BTF_INT_SIGNED << 24 | 32,
		.names = "\0int",
	};
	union bpf_attr attr = {
		.btf = (uintptr_t)&btf,
		.btf_size = offsetof(__typeof__(btf), names) + 5,
	};

	return bpf(BPF_BTF_LOAD, &attr);
}

static int make_storage(int type)
{
	union bpf_attr attr = {
		.map_type = type, .key_size = 4, .value_size = 4,
		.map_flags = BPF_F_NO_PREALLOC,
		.btf_fd = load_types(), .btf_key_type_id = 1, .btf_value_type_id = 1,
	};
	int fd = (int)attr.btf_fd < 0 ? -1 : bpf(BPF_MAP_CREATE, &attr);

	close(attr.btf_fd);
	return fd;
}

static bool put_element(int map, int key, uint64_t value)
{
	union bpf_attr attr = {
		.map_fd = map, .key = (uintptr_t)&key, .value = (uintptr_t)&value,
	};

	return !bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

/* What the test does to the target; it returns what has to be kept open. */
static int store_with_task(struct ckpt_test *t)
{
	int map = make_storage(BPF_MAP_TYPE_TASK_STORAGE);
	int pidfd = syscall(SYS_pidfd_open, t->pid, 0);
	bool ok = put_element(map, pidfd, 1);

	close(pidfd);
	return ok ? map : -1;
}

static int get_socket(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	int fd = syscall(SYS_pidfd_getfd, pidfd, 3, 0);

	close(pidfd);
	return fd;
}

static int store_with_socket(struct ckpt_test *t)
{
	int map = make_storage(BPF_MAP_TYPE_SK_STORAGE), fd = get_socket(t->pid);
	bool ok = put_element(map, fd, 1);

	close(fd);
	return ok ? map : -1;
}

static int put_into_array(struct ckpt_test *t)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
		.key_size = 4, .value_size = 8, .max_entries = 1,
	};
	int map = bpf(BPF_MAP_CREATE, &attr), fd = get_socket(t->pid);
	bool ok = put_element(map, 0, fd);

	close(fd);
	return ok ? map : -1;
}

static int attach_to(struct ckpt_test *t, int prog, int type, int flags, bool link)
{
	union bpf_attr attr = {
		.link_create.prog_fd = prog, .link_create.attach_type = type,
		.link_create.flags = flags,
	};
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), net, fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)t->sh->data[2]);
	net = open(path, O_RDONLY | O_CLOEXEC);
	if (link)
		attr.link_create.target_ifindex = 1;
	else
		attr.link_create.target_fd = net;
	if (!setns(net, CLONE_NEWNET))
		fd = bpf(BPF_LINK_CREATE, &attr);
	if (setns(home, CLONE_NEWNET))
		_exit(1);
	close(home);
	close(net);
	close(prog);
	return fd;
}

static int attach_xdp(struct ckpt_test *t)
{
	return attach_to(t, load_program(BPF_PROG_TYPE_XDP, 2), BPF_XDP,
			 XDP_FLAGS_SKB_MODE, true);
}

static int attach_dissector(struct ckpt_test *t)
{
	return attach_to(t, load_program(BPF_PROG_TYPE_FLOW_DISSECTOR, 0),
			 BPF_FLOW_DISSECTOR, 0, false);
}

static void goes_on(struct shared *sh)
{
	target_step(sh, 1);
}

static const struct {
	struct row row;
	int (*attach)(struct ckpt_test *t);
} attached[] = {
	{ { "task storage", goes_on, EOPNOTSUPP, "BPF task storage: not supported" },
	  store_with_task },
	{ { "socket storage", has_unix, EOPNOTSUPP, "has BPF storage" },
	  store_with_socket },
	{ { "array of sockets", shares_port, EOPNOTSUPP,
	    "is in use by the kernel or a BPF map" }, put_into_array },
	{ { "XDP", with_other_network, EOPNOTSUPP, "has XDP programs" }, attach_xdp },
	{ { "flow dissector", with_other_network, EOPNOTSUPP, "has BPF programs" },
	  attach_dissector },
};

TEST_F_TIMEOUT(refuse_net, attached, 60)
{
	struct ckpt_test *t = &self->t;
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(attached); i++) {
		const struct row *row = &attached[i].row;

		memset(t->sh, 0, sizeof(*t->sh));
		ASSERT_LT(0, spawn(t, row->fn));
		ASSERT_TRUE(wait_step(t->sh, 1));
		fd = attached[i].attach(t);
		EXPECT_LE(0, fd)
			TH_LOG("%s: errno %d", row->name, errno);
		EXPECT_EQ(-row->err, do_checkpoint(t, 0));
		EXPECT_NE(NULL, strstr(t->msg, row->text))
			TH_LOG("%s: %s", row->name, t->msg);
		close(fd);
		atomic_store(&t->sh->go, 1);
		wait_verified(_metadata, t);
	}
}

TEST_F(refuse_net, reuseport_program)
{
	static const struct row row = {
		"SO_ATTACH_REUSEPORT_EBPF", chooses_socket, EOPNOTSUPP,
		"has a BPF program (SO_ATTACH_REUSEPORT_EBPF)",
	};

	check_row(_metadata, &self->t, &row, 0);
}

/* ---- sockets outside ---- */

/* Its name is short where it is, and too long from anywhere else. */
static char deep[256];

static void connected_far(struct shared *sh)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "socket" };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	TARGET_CHECK(sh, !chdir(deep));
	TARGET_CHECK(sh, !connect(fd, (struct sockaddr *)&addr, sizeof(addr)));
	TARGET_CHECK(sh, !chdir("/"));
	target_step(sh, 1);
}

TEST_F(refuse_net, long_address)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "socket" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(deep, sizeof(deep), "%s/%0100d", self->t.dir, 1);
	ASSERT_EQ(0, mkdir(deep, 0700));
	ASSERT_EQ(0, chdir(deep));
	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	ASSERT_EQ(0, chdir("/"));
	REFUSED(&self->t, connected_far, EOPNOTSUPP, "too long for an address");
	close(fd);
}

/* Of two sockets the one that has sent something is not saved. */
static void has_message(struct shared *sh)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int from = socket(AF_UNIX, SOCK_DGRAM, 0), to = socket(AF_UNIX, SOCK_DGRAM, 0);
	socklen_t len = sizeof(addr);

	/* An abstract name of the kernel's choice. */
	TARGET_CHECK(sh, from == 3 && !bind(to, (struct sockaddr *)&addr, 2));
	TARGET_CHECK(sh, !getsockname(to, (struct sockaddr *)&addr, &len));
	TARGET_CHECK(sh, sendto(from, "x", 1, 0, (struct sockaddr *)&addr, len) == 1);
	target_step(sh, 1);
}

TEST_F(refuse_net, message_from_external)
{
	struct ckpt_test *t = &self->t;
	struct ckpt_external ext = { .key = (uintptr_t)"sender" };

	ASSERT_LT(0, spawn(t, has_message));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ext.fd = get_socket(t->pid);
	t->ext = &ext;
	t->nr_ext = 1;
	EXPECT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
	EXPECT_NE(NULL, strstr(t->msg, "holds a message from an external socket"))
		TH_LOG("%s", t->msg);
	close(ext.fd);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

TEST_HARNESS_MAIN
