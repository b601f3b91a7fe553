// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - what a task must not have, each refused by name
 *
 * A row is a target that sets something up, and what the checkpoint must say of
 * it. Where the kernel does not offer it the row is skipped. What needs more
 * than one step is in the test of its kind.
 */
#include "common.h"

#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/net_tstamp.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/auxv.h>
#include <sys/fanotify.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#define PAGE	4096

/* Of the kernel's own, where the C library has none. */
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE	0x0010
#endif

static char stack[65536] __attribute__((aligned(64)));

static int pause_for_ever(void *arg)
{
	while (1)
		pause();
	return 0;
}

/* In the target: this kernel does not offer what the row is about. */
static bool absent(struct shared *sh)
{
	atomic_store(&sh->data[0], 1);
	target_step(sh, 1);
	return true;
}

static void end_child(struct shared *sh, pid_t pid)
{
	TARGET_CHECK(sh, !kill(pid, SIGKILL));
	TARGET_CHECK(sh, waitpid(pid, NULL, __WALL) == pid);
}

/* ---- tasks ---- */

static void traced(struct shared *sh)
{
	pid_t pid = fork();

	if (!pid)
		pause_for_ever(NULL);
	TARGET_CHECK(sh, !ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	target_step(sh, 1);
	end_child(sh, pid);
}

static void memory_policy(struct shared *sh)
{
	unsigned long nodes = 1;

	if (syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 64) && absent(sh))
		return;
	target_step(sh, 1);
}

static void perf_event(struct shared *sh)
{
	struct perf_event_attr attr = {
		.type		= PERF_TYPE_SOFTWARE,
		.size		= sizeof(attr),
		.config		= PERF_COUNT_SW_TASK_CLOCK,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	if (fd < 0 && absent(sh))
		return;
	target_step(sh, 1);
}

static void uses_io_uring(struct shared *sh)
{
	struct io_uring_params params = {};
	int fd = syscall(SYS_io_uring_setup, 4, &params);

	if (fd < 0 && absent(sh))
		return;
	target_step(sh, 1);
}

static void shared_io_context(struct shared *sh)
{
	pid_t pid;

	/* There is none before somebody asks for one. */
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		    IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 5)) && absent(sh))
		return;
	pid = clone(pause_for_ever, stack + sizeof(stack), CLONE_IO | SIGCHLD, NULL);
	TARGET_CHECK(sh, pid > 0);
	target_step(sh, 1);
	end_child(sh, pid);
}

static void shared_handlers(struct shared *sh)
{
	pid_t pid = clone(pause_for_ever, stack + sizeof(stack),
			  CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL);

	TARGET_CHECK(sh, pid > 0);
	target_step(sh, 1);
	end_child(sh, pid);
}

static void io_ports(struct shared *sh)
{
	if (iopl(3) && absent(sh))
		return;
	target_step(sh, 1);
}

/* ---- memory ---- */

static void aio_context(struct shared *sh)
{
	aio_context_t ctx = 0;

	if (syscall(SYS_io_setup, 4, &ctx) && absent(sh))
		return;
	target_step(sh, 1);
}

static void shared_memory_policy(struct shared *sh)
{
	unsigned long nodes = 1;
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (syscall(SYS_mbind, p, PAGE, MPOL_BIND, &nodes, 64, 0) && absent(sh))
		return;
	target_step(sh, 1);
}

/* Two names for one piece of shared memory. */
static void map_files(struct shared *sh)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx",
		 (unsigned long)p, (unsigned long)p + PAGE);
	fd = open(path, O_RDWR);
	if (fd < 0 && absent(sh))
		return;
	TARGET_CHECK(sh, mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			      fd, 0) != MAP_FAILED);
	close(fd);
	target_step(sh, 1);
}

static void written_vdso(struct shared *sh)
{
	off_t vdso = getauxval(AT_SYSINFO_EHDR);
	int fd = open("/proc/self/mem", O_RDWR);

	/* Something nobody looks at: padding of the ELF header. */
	TARGET_CHECK(sh, pwrite(fd, "x", 1, vdso + 15) == 1);
	close(fd);
	target_step(sh, 1);
}

/* ---- files ---- */

static int temp_file(struct shared *sh, const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	TARGET_CHECK(sh, fd >= 0);
	return fd;
}

/* Who has a lease is to get a signal, too: either may be named. */
static void lease(struct shared *sh)
{
	int fd = temp_file(sh, "/tmp/ckpt-refuse");

	close(fd);
	fd = open("/tmp/ckpt-refuse", O_RDONLY);
	TARGET_CHECK(sh, !fcntl(fd, F_SETLEASE, F_RDLCK));
	target_step(sh, 1);
	unlink("/tmp/ckpt-refuse");
}

static void future_write_seal(struct shared *sh)
{
	int fd = memfd_create("sealed", MFD_ALLOW_SEALING);

	TARGET_CHECK(sh, !fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	target_step(sh, 1);
}

static void char_device(struct shared *sh)
{
	if (open("/dev/kmsg", O_RDONLY) < 0 && absent(sh))
		return;
	target_step(sh, 1);
}

static void block_device(struct shared *sh)
{
	static const char node[] = "/tmp/ckpt-refuse-block";

	unlink(node);
	TARGET_CHECK(sh, !mknod(node, S_IFBLK | 0600, makedev(7, 0)));
	if (open(node, O_RDONLY) < 0 && absent(sh)) {
		unlink(node);
		return;
	}
	target_step(sh, 1);
	unlink(node);
}

static void mounted_over(struct shared *sh)
{
	static const char dir[] = "/tmp/ckpt-refuse-dir";

	mkdir(dir, 0700);
	close(temp_file(sh, "/tmp/ckpt-refuse-dir/file"));
	TARGET_CHECK(sh, open("/tmp/ckpt-refuse-dir/file", O_RDONLY) >= 0);
	TARGET_CHECK(sh, !mount("none", dir, "tmpfs", 0, NULL));
	close(temp_file(sh, "/tmp/ckpt-refuse-dir/file"));
	target_step(sh, 1);
	TARGET_CHECK(sh, !umount(dir));
	unlink("/tmp/ckpt-refuse-dir/file");
	rmdir(dir);
}

static void outside_of_root(struct shared *sh)
{
	TARGET_CHECK(sh, open("/", O_RDONLY | O_DIRECTORY) >= 0);
	mkdir("/tmp/ckpt-refuse-root", 0700);
	TARGET_CHECK(sh, !chroot("/tmp/ckpt-refuse-root"));
	TARGET_CHECK(sh, !chdir("/"));
	target_step(sh, 1);
}

static void fanotify(struct shared *sh)
{
	if (fanotify_init(0, O_RDONLY) < 0 && absent(sh))
		return;
	target_step(sh, 1);
}

static void notification_pipe(struct shared *sh)
{
	int fds[2];

	if (pipe2(fds, O_EXCL) && absent(sh))
		return;
	target_step(sh, 1);
}

static const struct row {
	const char *name;
	void (*fn)(struct shared *sh);
	int err;
	const char *text;
} rows[] = {
	{ "traced", traced, EBUSY, "is being traced" },
	{ "memory policy", memory_policy, EOPNOTSUPP, "NUMA memory policy" },
	{ "perf event", perf_event, EOPNOTSUPP, "anon_inode:[perf_event]" },
	{ "io_uring", uses_io_uring, EOPNOTSUPP, "io_uring" },
	{ "CLONE_IO", shared_io_context, EOPNOTSUPP, "I/O context shared by CLONE_IO" },
	{ "CLONE_SIGHAND", shared_handlers, EOPNOTSUPP,
	  "signal handlers: shared with another process" },
	{ "iopl()", io_ports, EOPNOTSUPP, "access to I/O ports" },
	{ "io_setup()", aio_context, EOPNOTSUPP, "asynchronous I/O context" },
	{ "policy of shared memory", shared_memory_policy, EOPNOTSUPP, "policy" },
	{ "map_files", map_files, EOPNOTSUPP, "opened through map_files" },
	{ "written vdso", written_vdso, EOPNOTSUPP, "modified vDSO" },
	{ "lease", lease, EOPNOTSUPP, "/tmp/ckpt-refuse: " },
	{ "F_SEAL_FUTURE_WRITE", future_write_seal, EOPNOTSUPP, "F_SEAL_FUTURE_WRITE" },
	{ "fanotify", fanotify, EOPNOTSUPP, "fanotify" },
	{ "notification pipe", notification_pipe, EOPNOTSUPP, "notification pipes" },
	{ "character device", char_device, EOPNOTSUPP, "character device 1:11" },
	{ "block device", block_device, EOPNOTSUPP, "block device 7:0" },
	{ "mounted over", mounted_over, EOPNOTSUPP, "its name leads to another file or mount" },
	{ "outside of the root", outside_of_root, EOPNOTSUPP,
	  "not below the root directory of the tree" },
};

FIXTURE(refuse) {
	struct ckpt_test t;
};

FIXTURE_SETUP(refuse)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(refuse)
{
	test_teardown(&self->t);
}

static void check_row(struct __test_metadata *_metadata, struct ckpt_test *t,
		      const struct row *row, unsigned int arg)
{
	long ret;

	memset(t->sh, 0, sizeof(*t->sh));
	t->sh->data[1] = arg;
	ASSERT_LT(0, spawn(t, row->fn));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(10);
	if (atomic_load(&t->sh->data[0])) {
		TH_LOG("%s: not in this kernel", row->name);
	} else {
		ret = do_checkpoint(t, 0);
		EXPECT_EQ(-row->err, ret)
			TH_LOG("%s: %s", row->name, t->msg);
		EXPECT_NE(NULL, strstr(t->msg, row->text))
			TH_LOG("%s: %s", row->name, t->msg);
	}
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

/* Each goes on unharmed. */
TEST_F_TIMEOUT(refuse, rows, 120)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(_metadata, &self->t, &rows[i], 0);
}

/* ---- options of sockets ---- */

#define INT(n)	{ .number = (n) }

static const struct option_row {
	const char *name;
	int domain, type;
	int level, opt;
	union {
		int number;
		unsigned char bytes[16];
	} value;
	int len;
} options[] = {
	{ "SO_LOCK_FILTER", AF_UNIX, SOCK_STREAM, SOL_SOCKET, 44, INT(1), 4 },
	{ "SO_TXTIME", AF_INET, SOCK_DGRAM, SOL_SOCKET, 61, { .bytes = { 1 } }, 8 },
	{ "SO_RESERVE_MEM", AF_UNIX, SOCK_STREAM, SOL_SOCKET, 73, INT(4096), 4 },
	{ "SO_TIMESTAMPING", AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_TIMESTAMPING,
	  INT(SOF_TIMESTAMPING_SOFTWARE), 4 },
	{ "IP_MULTICAST_IF", AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_MULTICAST_IF,
	  { .bytes = { 127, 0, 0, 1 } }, 4 },
	{ "IP_UNICAST_IF", AF_INET, SOCK_DGRAM, IPPROTO_IP, 50,
	  { .bytes = { 0, 0, 0, 1 } }, 4 },
	{ "IPV6_MULTICAST_IF", AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_MULTICAST_IF,
	  INT(1), 4 },
	{ "IPV6_UNICAST_IF", AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 76,
	  { .bytes = { 0, 0, 0, 1 } }, 4 },
	{ "UDP_ENCAP", AF_INET, SOCK_DGRAM, IPPROTO_UDP, 100, INT(3), 4 },
	{ "UDP_SEGMENT", AF_INET, SOCK_DGRAM, IPPROTO_UDP, 103, INT(1000), 4 },
	{ "UDP_GRO", AF_INET, SOCK_DGRAM, IPPROTO_UDP, 104, INT(1), 4 },
	{ "UDP_NO_CHECK6_TX", AF_INET6, SOCK_DGRAM, IPPROTO_UDP, 101, INT(1), 4 },
	{ "UDP_NO_CHECK6_RX", AF_INET6, SOCK_DGRAM, IPPROTO_UDP, 102, INT(1), 4 },
	{ "TCP_REPAIR", AF_INET, SOCK_STREAM, IPPROTO_TCP, TCP_REPAIR, INT(1), 4 },
	{ "TCP_FASTOPEN_KEY", AF_INET, SOCK_STREAM, IPPROTO_TCP, 33,
	  { .bytes = "0123456789abcdef" }, 16 },
	{ "TCP_TX_DELAY", AF_INET, SOCK_STREAM, IPPROTO_TCP, 37, INT(1000), 4 },
};

static void with_option(struct shared *sh)
{
	const struct option_row *o = &options[sh->data[1]];
	int fd = socket(o->domain, o->type, 0);

	TARGET_CHECK(sh, fd >= 0);
	if (setsockopt(fd, o->level, o->opt, &o->value, o->len) && absent(sh))
		return;
	target_step(sh, 1);
	close(fd);
}

TEST_F_TIMEOUT(refuse, socket_options, 120)
{
	struct row row = { .fn = with_option, .err = EOPNOTSUPP };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		row.name = options[i].name;
		row.text = row.name;
		check_row(_metadata, &self->t, &row, i);
	}
}

/* ---- with somebody outside of the tree ---- */

#define FUTEX	100		/* in sh->data[] */

/* Owns a lock that the kernel hands on: who waits would wait for ever. */
static void owns_pi_futex(struct shared *sh)
{
	uint32_t *word = (uint32_t *)&sh->data[FUTEX];

	TARGET_CHECK(sh, !syscall(SYS_futex, word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	target_step(sh, 1);
	TARGET_CHECK(sh, !syscall(SYS_futex, word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
}

TEST_F(refuse, pi_futex)
{
	struct ckpt_test *t = &self->t;
	pid_t waiter;

	ASSERT_LT(0, spawn(t, owns_pi_futex));
	ASSERT_TRUE(wait_step(t->sh, 1));
	waiter = fork();
	if (!waiter)
		_exit(!!syscall(SYS_futex, (uint32_t *)&t->sh->data[FUTEX],
				FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	nap_ms(100);
	EXPECT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
	EXPECT_NE(NULL, strstr(t->msg, "owns a priority inheritance futex"))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(waiter));
	wait_verified(_metadata, t);
}

TEST_HARNESS_MAIN
