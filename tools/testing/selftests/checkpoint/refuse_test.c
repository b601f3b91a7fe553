// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - what a task must not have, each refused by name
 *
 * A row is a target that sets something up, and what the checkpoint must say of
 * it. Where the kernel does not offer it the row is skipped. What needs more
 * than one step is in the test of its kind.
 */
#include "rows.h"

#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/net_tstamp.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/fanotify.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/xattr.h>

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

static int temp_file(struct shared *sh, const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	TARGET_CHECK(sh, fd >= 0);
	return fd;
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

/* Work that must not be done at once is for a thread of the kernel. */
static void io_uring_worker(struct shared *sh)
{
	struct io_uring_params params = {};
	int fd = syscall(SYS_io_uring_setup, 4, &params);
	struct io_uring_sqe *sqe;
	static char buf[16];
	int fds[2];
	char *ring;

	if (fd < 0 && absent(sh))
		return;
	ring = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    IORING_OFF_SQ_RING);
	sqe = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   IORING_OFF_SQES);
	TARGET_CHECK(sh, ring != MAP_FAILED && sqe != MAP_FAILED && !pipe(fds));
	sqe->opcode = IORING_OP_READ;
	sqe->flags = IOSQE_ASYNC;
	sqe->fd = fds[0];
	sqe->addr = (uintptr_t)buf;
	sqe->len = sizeof(buf);
	*(uint32_t *)(ring + params.sq_off.array) = 0;
	*(uint32_t *)(ring + params.sq_off.tail) = 1;
	TARGET_CHECK(sh, syscall(SYS_io_uring_enter, fd, 1, 0, 0, NULL, 0) == 1);
	nap_ms(50);
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

/* Room for areas to be mapped, one of them without a file descriptor. */
static void *map_and_close(struct shared *sh, int fd, int flags)
{
	void *p = mmap(NULL, PAGE, PROT_READ, flags, fd, 0);

	TARGET_CHECK(sh, p != MAP_FAILED);
	close(fd);
	return p;
}

static void secret_memory(struct shared *sh)
{
	int fd = syscall(SYS_memfd_secret, 0);

	if (fd < 0 && absent(sh))
		return;
	TARGET_CHECK(sh, !ftruncate(fd, PAGE));
	map_and_close(sh, fd, MAP_SHARED);
	target_step(sh, 1);
}

static void mapped_device(struct shared *sh)
{
	static const char node[] = "/tmp/ckpt-refuse-mapped";
	int fd;

	unlink(node);
	TARGET_CHECK(sh, !mknod(node, S_IFBLK | 0600, makedev(7, 0)));
	fd = open(node, O_RDONLY);
	unlink(node);
	if (fd < 0 && absent(sh))
		return;
	map_and_close(sh, fd, MAP_PRIVATE);
	target_step(sh, 1);
}

/* Pages that are in no file: a ring of a packet socket. */
static void mapped_ring(struct shared *sh)
{
	struct tpacket_req req = {
		.tp_block_size = PAGE, .tp_block_nr = 1,
		.tp_frame_size = PAGE, .tp_frame_nr = 1,
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 && absent(sh))
		return;
	TARGET_CHECK(sh, !setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)));
	map_and_close(sh, fd, MAP_SHARED);
	target_step(sh, 1);
}

/* A child has the ring of asynchronous I/O mapped, but nothing that uses it. */
static void map_aio_ring(struct shared *sh)
{
	aio_context_t ctx = 0;
	pid_t pid;

	if (syscall(SYS_io_setup, 4, &ctx))
		atomic_store(&sh->data[0], 1);
	pid = fork();
	if (!pid)
		pause_for_ever(NULL);
	sh->data[2] = pid;
}

static void aio_ring(struct shared *sh)
{
	TARGET_CHECK(sh, !prctl(PR_SET_CHILD_SUBREAPER, 1));
	in_child(sh, map_aio_ring);
	target_step(sh, 1);
	end_child(sh, sh->data[2]);
}

static void protection_key(struct shared *sh)
{
	if (pkey_alloc(0, 0) < 0 && absent(sh))
		return;
	target_step(sh, 1);
}

/* Memory that can only be executed has a key as well, that nobody asked for. */
static void execute_only(struct shared *sh)
{
	void *p = mmap(NULL, PAGE, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int key = pkey_alloc(0, 0);

	TARGET_CHECK(sh, p != MAP_FAILED);
	if (key < 0 && absent(sh))
		return;
	TARGET_CHECK(sh, !pkey_free(key));
	target_step(sh, 1);
}

/* ---- files ---- */

static const struct special {
	const char *path;
	const char *filesystem;
} specials[] = {
	{ "/sys/kernel/mm/transparent_hugepage/enabled", "sysfs" },
	{ "/sys/fs/cgroup/cgroup.procs", "cgroup2" },
	{ "/sys/kernel/debug/sleep_time", "debugfs" },
};

/* Files whose contents the kernel makes up. */
static void special_file(struct shared *sh)
{
	if (open(specials[row_arg(sh)].path, O_RDONLY) < 0 && absent(sh))
		return;
	target_step(sh, 1);
}

static void huge_file(struct shared *sh)
{
	static const char dir[] = "/tmp/ckpt-refuse-huge";

	mkdir(dir, 0700);
	if (mount("none", dir, "hugetlbfs", 0, NULL) && absent(sh))
		return;
	temp_file(sh, "/tmp/ckpt-refuse-huge/file");
	target_step(sh, 1);
	close_range(0, ~0U, 0);
	TARGET_CHECK(sh, !umount(dir) && !rmdir(dir));
}

static void secret_memfd(struct shared *sh)
{
	if (syscall(SYS_memfd_secret, 0) < 0 && absent(sh))
		return;
	target_step(sh, 1);
}

static void has_uffd(struct shared *sh)
{
	if (syscall(SYS_userfaultfd, O_CLOEXEC) < 0 && absent(sh))
		return;
	target_step(sh, 1);
}

static void bpf_map(struct shared *sh)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4, .value_size = 8, .max_entries = 1,
	};

	if (syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)) < 0 && absent(sh))
		return;
	target_step(sh, 1);
}

static void filesystem_context(struct shared *sh)
{
	if (syscall(SYS_fsopen, "tmpfs", 0) < 0 && absent(sh))
		return;
	target_step(sh, 1);
}

/* A mount that is nowhere. */
static void detached_mount(struct shared *sh)
{
	int fs = syscall(SYS_fsopen, "tmpfs", 0);
	int mnt;

	TARGET_CHECK(sh, !syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
	mnt = syscall(SYS_fsmount, fs, 0, 0);
	TARGET_CHECK(sh, mnt >= 0);
	close(fs);
	target_step(sh, 1);
}

/* What fanotify reports is not watched itself. */
static void not_watched(struct shared *sh)
{
	int fd = fanotify_init(0, O_RDONLY);
	struct fanotify_event_metadata event;

	if (fd < 0 && absent(sh))
		return;
	close(temp_file(sh, "/tmp/ckpt-refuse-event"));
	TARGET_CHECK(sh, !fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD,
					"/tmp/ckpt-refuse-event"));
	close(open("/tmp/ckpt-refuse-event", O_RDONLY));
	TARGET_CHECK(sh, read(fd, &event, sizeof(event)) == sizeof(event));
	close(fd);
	target_step(sh, 1);
	unlink("/tmp/ckpt-refuse-event");
}

/* More than a page, from a message whose memory the pipe shares. */
static void spliced_message(struct shared *sh)
{
	static char buf[32768];
	int fds[2], sv[2];

	TARGET_CHECK(sh, !pipe(fds) && !socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	TARGET_CHECK(sh, write(sv[0], buf, sizeof(buf)) == sizeof(buf));
	TARGET_CHECK(sh, splice(sv[1], NULL, fds[1], NULL, sizeof(buf), 0) > PAGE);
	close(sv[0]);
	close(sv[1]);
	target_step(sh, 1);
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

/* As IMA would write it. */
static void signature(struct shared *sh)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	TARGET_CHECK(sh, fd >= 0);
	if (fsetxattr(fd, "security.ima", "x", 1, 0) && absent(sh))
		return;
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

/* What comes in goes out again, where the network allows that. */
static void reflected_label(struct shared *sh)
{
	const unsigned char reflect[32] = { [22] = 4 };
	int fd;

	TARGET_CHECK(sh, !unshare(CLONE_NEWNET));
	TARGET_CHECK(sh, write_proc(getpid(), "../sys/net/ipv6/flowlabel_consistency",
				    "0"));
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	TARGET_CHECK(sh, !setsockopt(fd, IPPROTO_IPV6, 32, reflect, sizeof(reflect)));
	target_step(sh, 1);
}

/* Whose connection has been reset, but not before there was something to read. */
static void unread_data(struct shared *sh)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct linger hard = { 1, 0 };
	socklen_t len = sizeof(addr);
	int l, a, b;

	l = socket(AF_INET, SOCK_STREAM, 0);
	TARGET_CHECK(sh, !listen(l, 1));
	TARGET_CHECK(sh, !getsockname(l, (struct sockaddr *)&addr, &len));
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a = socket(AF_INET, SOCK_STREAM, 0);
	TARGET_CHECK(sh, !connect(a, (struct sockaddr *)&addr, sizeof(addr)));
	b = accept(l, NULL, NULL);
	TARGET_CHECK(sh, write(b, "text", 4) == 4);
	TARGET_CHECK(sh, !setsockopt(b, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)));
	close(b);
	close(l);
	target_step(sh, 1);
}

/* Nobody listens there, which comes back as a message. */
static void unread_error(struct shared *sh)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

	TARGET_CHECK(sh, !setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)));
	TARGET_CHECK(sh, sendto(fd, "x", 1, 0, (struct sockaddr *)&addr, sizeof(addr)) == 1);
	target_step(sh, 1);
}

static const struct row rows[] = {
	{ "traced", traced, EBUSY, "is being traced" },
	{ "memory policy", memory_policy, EOPNOTSUPP, "NUMA memory policy" },
	{ "perf event", perf_event, EOPNOTSUPP, "anon_inode:[perf_event]" },
	{ "io_uring", uses_io_uring, EOPNOTSUPP, "io_uring" },
	{ "worker of io_uring", io_uring_worker, EOPNOTSUPP,
	  "kernel worker thread of the process" },
	{ "CLONE_IO", shared_io_context, EOPNOTSUPP, "I/O context shared by CLONE_IO" },
	{ "CLONE_SIGHAND", shared_handlers, EOPNOTSUPP,
	  "signal handlers: shared with another process" },
	{ "iopl()", io_ports, EOPNOTSUPP, "access to I/O ports" },
	{ "io_setup()", aio_context, EOPNOTSUPP, "asynchronous I/O context" },
	{ "policy of shared memory", shared_memory_policy, EOPNOTSUPP, "policy" },
	{ "map_files", map_files, EOPNOTSUPP, "opened through map_files" },
	{ "written vdso", written_vdso, EOPNOTSUPP, "modified vDSO" },
	{ "secret memory", secret_memory, EOPNOTSUPP, "secret memory" },
	{ "mapped device", mapped_device, EOPNOTSUPP, "a mapping of a device" },
	{ "mapped ring", mapped_ring, EOPNOTSUPP, "memory of a device" },
	{ "ring of AIO", aio_ring, EOPNOTSUPP, "a special mapping" },
	{ "protection key", protection_key, EOPNOTSUPP, "memory protection keys" },
	{ "execute only", execute_only, EOPNOTSUPP, "protection key" },
	{ "lease", lease, EOPNOTSUPP, "/tmp/ckpt-refuse: " },
	{ "F_SEAL_FUTURE_WRITE", future_write_seal, EOPNOTSUPP, "F_SEAL_FUTURE_WRITE" },
	{ "fanotify", fanotify, EOPNOTSUPP, "fanotify" },
	{ "notification pipe", notification_pipe, EOPNOTSUPP, "notification pipes" },
	{ "huge pages", huge_file, EOPNOTSUPP, "such files on hugetlbfs" },
	{ "memfd_secret()", secret_memfd, EOPNOTSUPP, "such files on secretmem" },
	{ "userfaultfd", has_uffd, EOPNOTSUPP, "[userfaultfd]" },
	{ "BPF map", bpf_map, EOPNOTSUPP, "bpf-map" },
	{ "fsopen()", filesystem_context, EOPNOTSUPP, "[fscontext]" },
	{ "detached mount", detached_mount, EOPNOTSUPP,
	  "not below the root directory of the tree" },
	{ "file of an event", not_watched, EOPNOTSUPP, "is open in a special way" },
	{ "spliced message", spliced_message, EOPNOTSUPP, "of a special kind" },
	{ "IPV6_FL_F_REFLECT", reflected_label, EOPNOTSUPP, "flow labels" },
	{ "data in a connection that is no more", unread_data, EOPNOTSUPP,
	  "data has not been read" },
	{ "MSG_ERRQUEUE", unread_error, EOPNOTSUPP, "holds errors that have not been read" },
	{ "signature of IMA", signature, EOPNOTSUPP,
	  "file without a name: security.ima: not supported" },
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

/* Each goes on unharmed. */
TEST_F_TIMEOUT(refuse, rows, 120)
{
	check_rows(_metadata, &self->t, rows, ARRAY_SIZE(rows));
}

TEST_F_TIMEOUT(refuse, special_files, 60)
{
	struct row row = { .fn = special_file, .err = EOPNOTSUPP };
	unsigned int i;
	char text[64];

	for (i = 0; i < ARRAY_SIZE(specials); i++) {
		snprintf(text, sizeof(text), "such files on %s are not supported",
			 specials[i].filesystem);
		row.name = specials[i].path;
		row.text = text;
		check_row(_metadata, &self->t, &row, i);
	}
}

/* ---- options of sockets ---- */

#define INT(n)	{ .number = (n) }

static const struct option_row {
	const char *name;
	int domain, type;
	int level, opt;
	union {
		int number;
		long time[2];
		unsigned char bytes[32];
	} value;
	int len;
	const char *text;
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
	{ "IPV6_MTU", AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_MTU, INT(1300), 4 },
	/* Of interface 1. */
	{ "IPV6_PKTINFO", AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_PKTINFO,
	  { .bytes = { [16] = 1 } }, 20 },
	/* PadN */
	{ "IPV6_HOPOPTS", AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_HOPOPTS,
	  { .bytes = { 0, 0, 1, 4 } }, 8, "extension headers" },
	/* A label that everybody may use, for ::1. */
	{ "IPV6_FLOWLABEL_MGR", AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, 32,
	  { .bytes = { [15] = 1, [18] = 0x12, [19] = 0x34, [21] = 255, [22] = 1 } }, 32,
	  "flow labels" },
	/* ff02::42 on interface 1 */
	{ "IPV6_ADD_MEMBERSHIP", AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP,
	  { .bytes = { 0xff, 2, [15] = 0x42, 1 } }, 20, "multicast groups" },
	{ "SO_RCVTIMEO", AF_UNIX, SOCK_STREAM, SOL_SOCKET, SO_RCVTIMEO,
	  { .time = { -1, 0 } }, 16 },
	{ "TCP_ULP", AF_INET, SOCK_STREAM, IPPROTO_TCP, 31, { .bytes = "tls" }, 4 },
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
	const struct option_row *o = &options[row_arg(sh)];
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
		row.text = options[i].text ?: row.name;
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

/* ---- tasks that do not stop ---- */

static int uffd;

static void *end_fault(void *arg)
{
	struct shared *sh = arg;
	struct uffdio_zeropage zero = { .range.len = PAGE };

	while (!atomic_load(&sh->go))
		nap_ms(2);
	zero.range.start = sh->data[2];
	TARGET_CHECK(sh, !ioctl(uffd, UFFDIO_ZEROPAGE, &zero));
	return NULL;
}

/* The kernel itself waits for a page, which only a fatal signal ends. */
static void in_fault(struct shared *sh)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .range.len = PAGE,
				       .mode = UFFDIO_REGISTER_MODE_MISSING };
	pthread_t thread;
	int fds[2];
	char *p;

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if ((uffd < 0 || ioctl(uffd, UFFDIO_API, &api)) && absent(sh))
		return;
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (uintptr_t)p;
	sh->data[2] = (uintptr_t)p;
	TARGET_CHECK(sh, !ioctl(uffd, UFFDIO_REGISTER, &reg));
	TARGET_CHECK(sh, !pipe(fds) && write(fds[1], "x", 1) == 1);
	TARGET_CHECK(sh, !pthread_create(&thread, NULL, end_fault, sh));
	atomic_store(&sh->ready, 1);
	TARGET_CHECK(sh, read(fds[0], p, 1) == 1 && p[0] == 'x');
	pthread_join(thread, NULL);
}

TEST_F_TIMEOUT(refuse, would_not_stop, 60)
{
	static const struct row row = {
		"fault of the kernel", in_fault, EBUSY, "would not stop",
	};

	check_row(_metadata, &self->t, &row, 0);
}

static void goes_on(struct shared *sh)
{
	target_step(sh, 1);
}

/* Somebody else counts what it does. */
TEST_F(refuse, perf_events)
{
	struct perf_event_attr attr = {
		.type		= PERF_TYPE_SOFTWARE,
		.size		= sizeof(attr),
		.config		= PERF_COUNT_SW_TASK_CLOCK,
	};
	struct ckpt_test *t = &self->t;
	int fd;

	ASSERT_LT(0, spawn(t, goes_on));
	ASSERT_TRUE(wait_step(t->sh, 1));
	fd = syscall(SYS_perf_event_open, &attr, t->pid, -1, -1, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
	EXPECT_NE(NULL, strstr(t->msg, "perf events: not supported"))
		TH_LOG("%s", t->msg);
	close(fd);
	EXPECT_LT(0, do_checkpoint(t, 0))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

TEST_HARNESS_MAIN
