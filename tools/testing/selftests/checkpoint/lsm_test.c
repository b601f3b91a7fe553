// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - security modules: labels, policies, what is refused
 *
 * What there is to test depends on the modules that are active. For SELinux,
 * Smack and AppArmor a policy has to be loaded that knows the labels below;
 * lsm.sh of the guest does that.
 */
#include "common.h"

#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/lsm.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/xattr.h>

#ifndef __NR_lsm_list_modules
#define __NR_lsm_list_modules	461
#endif

static bool is_active(uint64_t id)
{
	uint64_t ids[32] = {};
	uint32_t size = sizeof(ids);
	int i;

	syscall(__NR_lsm_list_modules, ids, &size, 0);
	for (i = 0; i < 32; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* ---- labels, as user space sees them ---- */

static int write_string(const char *path, const char *s)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, s, strlen(s));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(s) ? 0 : -1;
}

/* Without what some modules put behind it. */
static const char *read_string(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}

static bool attr_is(const char *attr, const char *value)
{
	char path[64], buf[512];

	snprintf(path, sizeof(path), "/proc/thread-self/attr/%s", attr);
	return !strcmp(read_string(path, buf, sizeof(buf)), value);
}

static int attr_set(const char *attr, const char *value)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/thread-self/attr/%s", attr);
	return write_string(path, value);
}

static bool fd_label_is(int fd, const char *xattr, const char *value)
{
	char buf[512] = "";

	fgetxattr(fd, xattr, buf, sizeof(buf) - 1);
	return !strcmp(buf, value);
}

/* ---- what all tests do ---- */

/* For the target: whether it shall find the labels it had. */
#define KEPT(sh)	(atomic_load(&(sh)->data[0]))

static void drop_mac_caps(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &head, d))
		_exit(98);
	d[1].effective &= ~(3U << (CAP_MAC_OVERRIDE - 32));
	d[1].permitted = d[1].effective;
	if (syscall(SYS_capset, &head, d))
		_exit(98);
}

static void as_we_are(void)
{
}

/* Whether one IPC namespace can be made if there must not be another. */
static bool no_ipc_namespace(void)
{
	static const char path[] = "/proc/sys/user/max_ipc_namespaces";
	char limit[32];
	int i, status = 1;

	read_string(path, limit, sizeof(limit));
	if (write_string(path, "1"))
		return false;
	/* They go a while after their last user. */
	for (i = 0; i < 1000 && status; i++) {
		if (!fork())
			_exit(!!unshare(CLONE_NEWIPC));
		wait(&status);
		nap_ms(status ? 10 : 0);
	}
	write_string(path, limit);
	return !status;
}

static long keyctl(int op, long a, void *b, long c)
{
	return syscall(SYS_keyctl, op, a, b, c, 0);
}

/* Keys that nobody has go a while later. */
static bool no_key(long key)
{
	char buf[256];
	int i;

	for (i = 0; key && i < 1000; i++) {
		if (keyctl(KEYCTL_DESCRIBE, key, buf, sizeof(buf)) < 0 &&
		    errno == ENOKEY)
			break;
		nap_ms(10);
	}
	return i < 1000;
}

/* Nobody has the id, and nobody is our child. */
static bool nothing_left(pid_t pid)
{
	return kill(pid, 0) == -1 && errno == ESRCH &&
	       waitpid(-1, NULL, WNOHANG | __WALL) == -1 && errno == ECHILD;
}

static void restart_child(struct ckpt_test *t, pid_t pid, void (*become)(void),
			  uint64_t flags, long expect, const char *text)
{
	long ret = -EEXIST;
	int status = 0;

	become();
	while (ret == -EEXIST) {
		ret = do_restart(t, flags);
		nap_ms(ret == -EEXIST ? 10 : 0);
	}
	if (ret > 0)
		status = wait_exit(ret);
	if ((expect > 0 ? ret <= 0 : ret != expect) || !strstr(t->msg, text) ||
	    status || !nothing_left(pid)) {
		fprintf(stderr, "# restart: %ld, exit %#x: %s\n", ret, status, t->msg);
		_exit(1);
	}
	_exit(0);
}

/*
 * Checkpoint @fn, kill it, and restart it in a child that has called @become.
 * @expect: 1, or a negative errno. @text: part of the log.
 */
static void run_case(struct __test_metadata *_metadata, struct ckpt_test *t,
		     void (*fn)(struct shared *), void (*become)(void),
		     uint64_t flags, long expect, const char *text)
{
	pid_t pid;
	int status;

	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, 1));
	EXPECT_EQ(0, atomic_load(&t->sh->failed)) TH_LOG("line %d: %s",
							 t->sh->failed, t->sh->why);
	nap_ms(10);
	pid = t->pid;
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	atomic_store(&t->sh->data[0], !!(flags & RESTART_KEEP_LSM));
	atomic_store(&t->sh->go, 1 << 20);
	if (!fork())
		restart_child(t, pid, become, flags, expect, text);
	ASSERT_LT(0, wait(&status));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, atomic_load(&t->sh->failed)) TH_LOG("line %d: %s",
							 t->sh->failed, t->sh->why);
	EXPECT_TRUE(no_ipc_namespace());
	EXPECT_TRUE(no_key(atomic_load(&t->sh->data[1])));
	t->pid = 0;
}

static void kept(struct __test_metadata *_metadata, struct ckpt_test *t,
		 void (*fn)(struct shared *))
{
	run_case(_metadata, t, fn, as_we_are, RESTART_KEEP_LSM, 1, "");
}

static void not_kept(struct __test_metadata *_metadata, struct ckpt_test *t,
		     void (*fn)(struct shared *))
{
	run_case(_metadata, t, fn, as_we_are, 0, 1, "");
}

/* ---- System V IPC, POSIX message queues, keys ---- */

struct ipc {
	int shm, sem, msg, mq;
	long key;
};

static void send_to(struct shared *sh, int msg)
{
	struct { long type; char text[8]; } m = { 1, "message" };

	TARGET_CHECK(sh, !msgsnd(msg, &m, sizeof(m.text), 0));
}

/* To be called with the labels that these shall have. */
static void make_ipc(struct shared *sh, struct ipc *ipc)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	ipc->shm = shmget(1, 4096, IPC_CREAT | 0600);
	ipc->sem = semget(2, 3, IPC_CREAT | 0600);
	ipc->msg = msgget(3, IPC_CREAT | 0600);
	TARGET_CHECK(sh, ipc->shm >= 0 && ipc->sem >= 0 && ipc->msg >= 0);
	send_to(sh, ipc->msg);
	send_to(sh, ipc->msg);
	ipc->mq = mq_open("/lsm", O_RDWR | O_CREAT | O_CLOEXEC, 0600, NULL);
	TARGET_CHECK(sh, ipc->mq >= 0 && !mq_send(ipc->mq, "x", 1, 0));
	TARGET_CHECK(sh, keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, NULL, 0) > 0);
	ipc->key = syscall(SYS_add_key, "user", "lsm", "key", 3,
			   KEY_SPEC_SESSION_KEYRING);
	TARGET_CHECK(sh, ipc->key > 0);
	/* For no_key(). */
	atomic_store(&sh->data[1], ipc->key);
}

static void check_ipc(struct shared *sh, const struct ipc *ipc)
{
	struct { long type; char text[8]; } m;
	struct mq_attr attr;
	char buf[4];

	TARGET_CHECK(sh, shmget(1, 0, 0) == ipc->shm);
	TARGET_CHECK(sh, semget(2, 0, 0) == ipc->sem);
	TARGET_CHECK(sh, msgget(3, 0) == ipc->msg);
	TARGET_CHECK(sh, msgrcv(ipc->msg, &m, sizeof(m.text), 0, IPC_NOWAIT) == 8);
	TARGET_CHECK(sh, !mq_getattr(ipc->mq, &attr) && attr.mq_curmsgs == 1);
	TARGET_CHECK(sh, keyctl(KEYCTL_READ, ipc->key, buf, sizeof(buf)) == 3);
}

static bool stat_shm(int id)
{
	struct shmid_ds ds;

	return !shmctl(id, IPC_STAT, &ds);
}

static bool stat_sem(int id)
{
	struct semid_ds ds;

	return !semctl(id, 0, IPC_STAT, &ds);
}

static bool stat_msg(int id)
{
	struct msqid_ds ds;

	return !msgctl(id, IPC_STAT, &ds);
}

static bool receive(int id)
{
	struct { long type; char text[8]; } m;

	return msgrcv(id, &m, sizeof(m.text), 0, IPC_NOWAIT) == 8;
}

/* Whether a process with @label, and no privilege, succeeds. */
static bool may(const char *attr, const char *label, bool (*try)(int id), int id)
{
	int status;

	if (!fork()) {
		if (attr_set(attr, label))
			_exit(97);
		drop_mac_caps();
		_exit(!try(id));
	}
	wait(&status);
	return !status;
}

static bool key_label_is(long key, const char *value)
{
	char buf[512] = "";

	keyctl(KEYCTL_GET_SECURITY, key, buf, sizeof(buf) - 1);
	return !strcmp(buf, value);
}

/* The label of the first thing of a type in an image. */
static const char *label_of(int fd, uint32_t type, char *buf, size_t size)
{
	static char rec[CKPT_RECORD_MAX];
	struct ckpt_hdr_labels *l = (void *)rec;
	struct ckpt_hdr_label *label = (void *)rec;
	struct ckpt_hdr *h = (void *)rec;
	uint32_t last = 0, id = 0, pass;
	off_t off;

	*buf = '\0';
	for (pass = 0; pass < 2; pass++) {
		for (off = 0; pread(fd, rec, sizeof(rec), off) > 0; off += h->len) {
			if (h->type == CKPT_HDR_META_END || h->len < sizeof(*h))
				break;
			if (!pass && !id && last == type &&
			    h->type == CKPT_HDR_LABELS)
				id = l->ref[0].label;
			if (pass && id && h->id == id)
				snprintf(buf, size, "%.500s", (char *)label->value);
			last = h->type;
		}
	}
	return buf;
}

static void with_message(struct shared *sh, const char *attr, const char *label)
{
	int msg;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	TARGET_CHECK(sh, !attr_set(attr, label));
	msg = msgget(IPC_PRIVATE, 0600);
	send_to(sh, msg);
	target_step(sh, 1);
}

static long restart_kept(struct ckpt_test *t)
{
	long ret;

	do {
		ret = do_restart(t, RESTART_KEEP_LSM);
		nap_ms(ret == -EEXIST ? 10 : 0);
	} while (ret == -EEXIST);
	return ret;
}

/* What cannot be seen otherwise: it is in the second image as in the first. */
static void image_case(struct __test_metadata *_metadata, struct ckpt_test *t,
		       void (*fn)(struct shared *), uint32_t type,
		       const char *label)
{
	char buf[512];

	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, 1));
	EXPECT_EQ(0, atomic_load(&t->sh->failed)) TH_LOG("line %d: %s",
							 t->sh->failed, t->sh->why);
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	EXPECT_STREQ(label, label_of(t->image, type, buf, sizeof(buf)));
	ASSERT_LT(0, restart_kept(t)) TH_LOG("%s", t->msg);
	ASSERT_LT(0, do_checkpoint(t, 0)) TH_LOG("%s", t->msg);
	EXPECT_STREQ(label, label_of(t->image, type, buf, sizeof(buf)));
	atomic_store(&t->sh->go, 1);
	EXPECT_EQ(0, wait_exit(t->pid));
	t->pid = 0;
}

static void plain(struct shared *sh)
{
	target_step(sh, 1);
}

/* ---- whatever is active ---- */

FIXTURE(any) {
	struct ckpt_test t;
};

FIXTURE_SETUP(any)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(any)
{
	test_teardown(&self->t);
}

TEST_F(any, plain)
{
	not_kept(_metadata, &self->t, plain);
}

TEST_F(any, plain_kept)
{
	kept(_metadata, &self->t, plain);
}

TEST_F(any, plain_strict)
{
	run_case(_metadata, &self->t, plain, as_we_are,
		 RESTART_KEEP_LSM | RESTART_STRICT_LSM, 1, "");
}

static void with_ipc(struct shared *sh)
{
	struct ipc ipc;

	make_ipc(sh, &ipc);
	target_step(sh, 1);
	check_ipc(sh, &ipc);
}

TEST_F(any, ipc)
{
	not_kept(_metadata, &self->t, with_ipc);
}

TEST_F(any, ipc_kept)
{
	kept(_metadata, &self->t, with_ipc);
}

TEST_F(any, strict_alone)
{
	ASSERT_EQ(-EINVAL, do_restart(&self->t, RESTART_STRICT_LSM));
}

/* ---- Smack ---- */

#define SMACK_ATTR	"smack/current"
#define SMACK_XATTR	"security.SMACK64"

FIXTURE(smack) {
	struct ckpt_test t;
};

#define ONLYCAP	"/sys/fs/smackfs/onlycap"

static bool privileged(void)
{
	char buf[64];

	return !*read_string(ONLYCAP, buf, sizeof(buf));
}

/*
 * Until we end, nobody is privileged but who has a certain label. Only such a
 * process can undo that.
 */
static void without_privilege(void)
{
	int end[2];

	if (pipe(end))
		_exit(97);
	if (!fork()) {
		char c;

		if (fork())
			_exit(0);
		close(end[1]);
		if (attr_set(SMACK_ATTR, "Only") || write_string(ONLYCAP, "Only"))
			_exit(97);
		read(end[0], &c, 1);
		write_string(ONLYCAP, "-");
		_exit(0);
	}
	wait(NULL);
	close(end[0]);
	while (privileged())
		nap_ms(5);
}

FIXTURE_SETUP(smack)
{
	if (!is_active(LSM_ID_SMACK))
		SKIP(return, "Smack is not active");
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(smack)
{
	/* See without_privilege(). */
	while (self->t.sh && !privileged())
		nap_ms(10);
	if (self->t.sh)
		test_teardown(&self->t);
}

static bool peer_label_is(int fd, const char *value)
{
	char buf[512] = "";
	socklen_t len = sizeof(buf) - 1;

	getsockopt(fd, SOL_SOCKET, SO_PEERSEC, buf, &len);
	return !strcmp(buf, value);
}

static void smack_check(struct shared *sh, const int *pipefd, int memfd, int sock)
{
	const char *label = KEPT(sh) ? "App" : "_";

	TARGET_CHECK(sh, !KEPT(sh) || peer_label_is(sock, "App"));

	TARGET_CHECK(sh, attr_is(SMACK_ATTR, label));
	TARGET_CHECK(sh, fd_label_is(pipefd[0], SMACK_XATTR, label));
	TARGET_CHECK(sh, fd_label_is(memfd, SMACK_XATTR, label));
}

static void smack_labelled(struct shared *sh)
{
	int pipefd[2], socks[2], memfd;

	TARGET_CHECK(sh, !attr_set(SMACK_ATTR, "App"));
	TARGET_CHECK(sh, !pipe(pipefd));
	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	TARGET_CHECK(sh, peer_label_is(socks[0], "App"));
	memfd = memfd_create("lsm", 0);
	TARGET_CHECK(sh, fd_label_is(pipefd[0], SMACK_XATTR, "App"));
	TARGET_CHECK(sh, fd_label_is(memfd, SMACK_XATTR, "App"));
	target_step(sh, 1);
	smack_check(sh, pipefd, memfd, socks[0]);
}

TEST_F(smack, kept)
{
	kept(_metadata, &self->t, smack_labelled);
}

TEST_F(smack, not_kept)
{
	not_kept(_metadata, &self->t, smack_labelled);
}

TEST_F(smack, denied)
{
	run_case(_metadata, &self->t, smack_labelled, without_privilege,
		 RESTART_KEEP_LSM, -EPERM, "label App");
}

/* Who may change to a label may restart what has it. */
static void may_relabel(void)
{
	if (write_string("/sys/fs/smackfs/relabel-self", "App"))
		_exit(97);
	without_privilege();
}

TEST_F(smack, by_relabel_self)
{
	run_case(_metadata, &self->t, smack_labelled, may_relabel,
		 RESTART_KEEP_LSM, 1, "");
}

static void sm_with_rules(struct shared *sh)
{
	char buf[128];

	TARGET_CHECK(sh, !write_string("/sys/fs/smackfs/load-self2", "Own Other rwa"));
	TARGET_CHECK(sh, !write_string("/sys/fs/smackfs/relabel-self", "App Other"));
	target_step(sh, 1);
	read_string("/sys/fs/smackfs/load-self2", buf, sizeof(buf));
	TARGET_CHECK(sh, !strcmp(buf, KEPT(sh) ? "Own Other rwa" : ""));
	read_string("/sys/fs/smackfs/relabel-self", buf, sizeof(buf));
	TARGET_CHECK(sh, !strstr(buf, "App") == !KEPT(sh));
	TARGET_CHECK(sh, !strstr(buf, "Other") == !KEPT(sh));
	if (!KEPT(sh))
		return;
	/* The second of them, without the privilege. */
	drop_mac_caps();
	TARGET_CHECK(sh, !attr_set(SMACK_ATTR, "Other"));
	TARGET_CHECK(sh, attr_is(SMACK_ATTR, "Other"));
}

TEST_F(smack, own_rules)
{
	kept(_metadata, &self->t, sm_with_rules);
}

TEST_F(smack, own_rules_not_kept)
{
	not_kept(_metadata, &self->t, sm_with_rules);
}

TEST_F(smack, own_rules_denied)
{
	run_case(_metadata, &self->t, sm_with_rules, without_privilege,
		 RESTART_KEEP_LSM, -EPERM, "smack");
}

static void smack_ipc_target(struct shared *sh)
{
	struct ipc ipc;
	bool other;

	TARGET_CHECK(sh, !attr_set(SMACK_ATTR, "App"));
	make_ipc(sh, &ipc);
	TARGET_CHECK(sh, !fsetxattr(ipc.mq, SMACK_XATTR, "App", 3, 0));
	TARGET_CHECK(sh, key_label_is(ipc.key, "App"));
	TARGET_CHECK(sh, !may(SMACK_ATTR, "Witness", stat_shm, ipc.shm));
	target_step(sh, 1);
	other = !KEPT(sh);
	TARGET_CHECK(sh, may(SMACK_ATTR, "Witness", stat_shm, ipc.shm) == other);
	TARGET_CHECK(sh, may(SMACK_ATTR, "Witness", stat_sem, ipc.sem) == other);
	TARGET_CHECK(sh, may(SMACK_ATTR, "Witness", stat_msg, ipc.msg) == other);
	TARGET_CHECK(sh, fd_label_is(ipc.mq, SMACK_XATTR, "App") == !other);
	TARGET_CHECK(sh, key_label_is(ipc.key, other ? "_" : "App"));
	check_ipc(sh, &ipc);
}

TEST_F(smack, ipc)
{
	kept(_metadata, &self->t, smack_ipc_target);
}

TEST_F(smack, ipc_not_kept)
{
	not_kept(_metadata, &self->t, smack_ipc_target);
}

TEST_F(smack, ipc_denied)
{
	run_case(_metadata, &self->t, smack_ipc_target, without_privilege,
		 RESTART_KEEP_LSM, -EPERM, "label App");
}

TEST_F(smack, ipc_by_relabel_self)
{
	run_case(_metadata, &self->t, smack_ipc_target, may_relabel,
		 RESTART_KEEP_LSM, 1, "");
}

/* Keys are made first if there is nothing else. */
static void smack_key_target(struct shared *sh)
{
	long key;

	TARGET_CHECK(sh, keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, NULL, 0) > 0);
	TARGET_CHECK(sh, !attr_set(SMACK_ATTR, "App"));
	key = syscall(SYS_add_key, "user", "lsm", "key", 3, KEY_SPEC_SESSION_KEYRING);
	TARGET_CHECK(sh, key > 0 && key_label_is(key, "App"));
	TARGET_CHECK(sh, !attr_set(SMACK_ATTR, "_"));
	atomic_store(&sh->data[1], key);
	target_step(sh, 1);
	TARGET_CHECK(sh, key_label_is(key, KEPT(sh) ? "App" : "_"));
}

TEST_F(smack, key)
{
	kept(_metadata, &self->t, smack_key_target);
}

TEST_F(smack, key_denied)
{
	run_case(_metadata, &self->t, smack_key_target, without_privilege,
		 RESTART_KEEP_LSM, -EPERM, "label App");
}

/* Packets have the label as well, but for the one that needs none. */
static bool sends_labels(int sock)
{
	unsigned char opts[64];
	socklen_t len = sizeof(opts);

	return !getsockopt(sock, IPPROTO_IP, IP_OPTIONS, opts, &len) && len &&
	       opts[0] == 134;
}

static void smack_inet_target(struct shared *sh)
{
	int tcp, udp;

	TARGET_CHECK(sh, !attr_set(SMACK_ATTR, "App"));
	tcp = socket(AF_INET, SOCK_STREAM, 0);
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	TARGET_CHECK(sh, !listen(tcp, 5));
	TARGET_CHECK(sh, sends_labels(tcp) && sends_labels(udp));
	target_step(sh, 1);
	TARGET_CHECK(sh, sends_labels(tcp) == !!KEPT(sh));
	TARGET_CHECK(sh, sends_labels(udp) == !!KEPT(sh));
}

TEST_F(smack, inet)
{
	kept(_metadata, &self->t, smack_inet_target);
}

TEST_F(smack, inet_not_kept)
{
	not_kept(_metadata, &self->t, smack_inet_target);
}

/* The other way round: the caller's label goes off again. */
static void as_app(void)
{
	if (attr_set(SMACK_ATTR, "App"))
		_exit(97);
}

static void smack_inet_floor_target(struct shared *sh)
{
	int udp = socket(AF_INET, SOCK_DGRAM, 0);

	TARGET_CHECK(sh, !sends_labels(udp));
	target_step(sh, 1);
	TARGET_CHECK(sh, sends_labels(udp) == !KEPT(sh));
}

TEST_F(smack, inet_floor)
{
	run_case(_metadata, &self->t, smack_inet_floor_target, as_app,
		 RESTART_KEEP_LSM, 1, "");
}

TEST_F(smack, inet_floor_not_kept)
{
	run_case(_metadata, &self->t, smack_inet_floor_target, as_app, 0, 1, "");
}

static void smack_message_target(struct shared *sh)
{
	with_message(sh, SMACK_ATTR, "App");
}

TEST_F(smack, message)
{
	image_case(_metadata, &self->t, smack_message_target,
		   CKPT_HDR_IPC_MSG_MSG, "App");
}

/* The file behind an area: mprotect() asks what may be done with it. */
static void smack_memory_target(struct shared *sh)
{
	TARGET_CHECK(sh, !attr_set(SMACK_ATTR, "App"));
	TARGET_CHECK(sh, mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS,
			      -1, 0) != MAP_FAILED);
	target_step(sh, 1);
}

TEST_F(smack, memory)
{
	image_case(_metadata, &self->t, smack_memory_target, CKPT_HDR_INODE, "App");
}

static void smack_segment_target(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	TARGET_CHECK(sh, !attr_set(SMACK_ATTR, "App"));
	TARGET_CHECK(sh, shmat(shmget(IPC_PRIVATE, 4096, 0600), NULL, 0) != (void *)-1);
	target_step(sh, 1);
}

TEST_F(smack, segment)
{
	image_case(_metadata, &self->t, smack_segment_target, CKPT_HDR_INODE, "App");
}

/* A queue that is there already keeps the label it has. */
static void smack_mqueue_target(struct shared *sh)
{
	int mq;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	mq = mq_open("/lsm", O_RDWR | O_CREAT | O_CLOEXEC, 0600, NULL);
	TARGET_CHECK(sh, mq >= 0 && !fsetxattr(mq, SMACK_XATTR, "App", 3, 0));
	target_step(sh, 1);
	TARGET_CHECK(sh, fd_label_is(mq, SMACK_XATTR, "Other"));
}

static unsigned int id_of_ipc_ns(int fd)
{
	struct ckpt_hdr h;
	off_t pos = 0;

	while (pread(fd, &h, sizeof(h), pos) == sizeof(h) && h.len) {
		if (h.type == CKPT_HDR_NS_IPC)
			return h.id;
		pos += h.len;
	}
	return 0;
}

TEST_F(smack, mqueue_of_caller)
{
	struct ckpt_external ext = {};
	char key[32];
	int mq;

	ASSERT_LT(0, spawn(&self->t, smack_mqueue_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	mq = mq_open("/lsm", O_RDWR | O_CREAT | O_CLOEXEC, 0600, NULL);
	ASSERT_LE(0, mq);
	ASSERT_EQ(0, fsetxattr(mq, SMACK_XATTR, "Other", 5, 0));
	snprintf(key, sizeof(key), "ns:%u", id_of_ipc_ns(self->t.image));
	ext.key = (uintptr_t)key;
	ext.fd = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	self->t.ext = &ext;
	self->t.nr_ext = 1;
	ASSERT_LT(0, restart_kept(&self->t)) TH_LOG("%s", self->t.msg);
	atomic_store(&self->t.sh->go, 1);
	EXPECT_EQ(0, wait_exit(self->t.pid));
	EXPECT_EQ(0, atomic_load(&self->t.sh->failed))
		TH_LOG("line %d: %s", self->t.sh->failed, self->t.sh->why);
	self->t.pid = 0;
	EXPECT_TRUE(fd_label_is(mq, SMACK_XATTR, "Other"));
}

static void load_rule(void)
{
	static const char * const access[] = { "Changed Rule r", "Changed Rule rw" };
	char buf[8192] = "";
	int fd = open("/sys/fs/smackfs/load2", O_RDONLY);

	if (fd < 0 || read(fd, buf, sizeof(buf) - 1) < 0 ||
	    write_string("/sys/fs/smackfs/load2",
			 access[!!strstr(buf, "Changed Rule r\n")]))
		_exit(97);
	close(fd);
}

TEST_F(smack, policy_changed)
{
	run_case(_metadata, &self->t, smack_labelled, load_rule,
		 RESTART_KEEP_LSM, 1, "smack: the policy is not the one");
}

TEST_F(smack, policy_changed_strict)
{
	run_case(_metadata, &self->t, smack_labelled, load_rule,
		 RESTART_KEEP_LSM | RESTART_STRICT_LSM, -EINVAL,
		 "smack: the policy is not the one");
}

TEST_F(smack, policy_changed_not_kept)
{
	run_case(_metadata, &self->t, smack_labelled, load_rule, 0, 1, "");
}

/* ---- SELinux ---- */

#define SELINUX_XATTR	"security.selinux"
#define CON(type)	"user_u:base_r:" type ":s0"
#define OBJ(type)	"user_u:object_r:" type ":s0"

FIXTURE(selinux) {
	struct ckpt_test t;
};

FIXTURE_SETUP(selinux)
{
	if (!is_active(LSM_ID_SELINUX))
		SKIP(return, "SELinux is not active");
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(selinux)
{
	write_string("/sys/fs/selinux/enforce", "1");
	if (self->t.sh)
		test_teardown(&self->t);
}

static void selinux_labelled(struct shared *sh)
{
	const char *con = CON("app_t"), *kept;
	int pipefd[2], socks[2], memfd;

	TARGET_CHECK(sh, !attr_set("current", con));
	TARGET_CHECK(sh, !pipe(pipefd));
	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	TARGET_CHECK(sh, peer_label_is(socks[0], con));
	TARGET_CHECK(sh, fd_label_is(socks[1], SELINUX_XATTR, con));
	memfd = memfd_create("lsm", 0);
	TARGET_CHECK(sh, !fsetxattr(memfd, SELINUX_XATTR, OBJ("app_t"),
				    sizeof(OBJ("app_t")), 0));
	TARGET_CHECK(sh, fd_label_is(pipefd[0], SELINUX_XATTR, con));
	target_step(sh, 1);
	kept = KEPT(sh) ? con : CON("base_t");
	TARGET_CHECK(sh, attr_is("current", kept));
	TARGET_CHECK(sh, fd_label_is(pipefd[0], SELINUX_XATTR, kept));
	TARGET_CHECK(sh, fd_label_is(memfd, SELINUX_XATTR, OBJ("app_t")) == !!KEPT(sh));
	TARGET_CHECK(sh, !KEPT(sh) || peer_label_is(socks[0], con));
	TARGET_CHECK(sh, fd_label_is(socks[1], SELINUX_XATTR, kept));
	/* Files are of use to who they are given to. */
	TARGET_CHECK(sh, write(socks[1], "x", 1) == 1);
	TARGET_CHECK(sh, write(pipefd[1], "x", 1) == 1);
	TARGET_CHECK(sh, write(memfd, "x", 1) == 1);
}

TEST_F(selinux, kept)
{
	kept(_metadata, &self->t, selinux_labelled);
}

TEST_F(selinux, not_kept)
{
	not_kept(_metadata, &self->t, selinux_labelled);
}

static void selinux_attrs(struct shared *sh)
{
	TARGET_CHECK(sh, !attr_set("exec", CON("app_t")));
	TARGET_CHECK(sh, !attr_set("fscreate", OBJ("app_exec_t")));
	TARGET_CHECK(sh, !attr_set("keycreate", CON("app_t")));
	TARGET_CHECK(sh, !attr_set("sockcreate", CON("caller_t")));
	target_step(sh, 1);
	TARGET_CHECK(sh, attr_is("exec", KEPT(sh) ? CON("app_t") : ""));
	TARGET_CHECK(sh, attr_is("fscreate", KEPT(sh) ? OBJ("app_exec_t") : ""));
	TARGET_CHECK(sh, attr_is("keycreate", KEPT(sh) ? CON("app_t") : ""));
	TARGET_CHECK(sh, attr_is("sockcreate", KEPT(sh) ? CON("caller_t") : ""));
}

TEST_F(selinux, attributes)
{
	kept(_metadata, &self->t, selinux_attrs);
}

TEST_F(selinux, attributes_not_kept)
{
	not_kept(_metadata, &self->t, selinux_attrs);
}

/* The caller's own do not get into what had none. */
static void with_exec_con(void)
{
	if (attr_set("exec", CON("app_t")))
		_exit(97);
}

static void selinux_no_attrs(struct shared *sh)
{
	target_step(sh, 1);
	TARGET_CHECK(sh, attr_is("exec", ""));
}

TEST_F(selinux, no_attributes)
{
	run_case(_metadata, &self->t, selinux_no_attrs, with_exec_con,
		 RESTART_KEEP_LSM, 1, "");
}

/* A program whose label says in which domain it runs. */
#define TARGET_ENV	"CKPT_LSM_TEST_SHARED"

static char shared_path[128];

static void run_labelled(struct shared *sh)
{
	char copy[160];

	snprintf(copy, sizeof(copy), "%.120s.exe", shared_path);
	setenv(TARGET_ENV, shared_path, 1);
	close_range(0, ~0U, 0);
	TARGET_CHECK(sh, !chdir("/"));
	execl(copy, "target", NULL);
	TARGET_CHECK(sh, !"exec");
}

static __attribute__((constructor)) void labelled_target(void)
{
	const char *path = getenv(TARGET_ENV);
	struct shared *sh;
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDWR);
	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd || sh == MAP_FAILED)
		_exit(97);
	TARGET_CHECK(sh, attr_is("current", CON("app_t")));
	TARGET_CHECK(sh, attr_is("prev", CON("base_t")));
	target_step(sh, 1);
	TARGET_CHECK(sh, attr_is("current", KEPT(sh) ? CON("app_t") : CON("base_t")));
	TARGET_CHECK(sh, !KEPT(sh) || attr_is("prev", CON("base_t")));
	_exit(atomic_load(&sh->failed) ? 1 : 0);
}

static void selinux_prepare_program(struct __test_metadata *_metadata,
				    struct ckpt_test *t)
{
	char cmd[256];

	test_path(t, "shared", shared_path, sizeof(shared_path));
	snprintf(cmd, sizeof(cmd), "cp /proc/%d/exe %.120s.exe", getpid(), shared_path);
	ASSERT_EQ(0, system(cmd));
	snprintf(cmd, sizeof(cmd), "%.120s.exe", shared_path);
	ASSERT_EQ(0, setxattr(cmd, SELINUX_XATTR, OBJ("app_exec_t"),
			      sizeof(OBJ("app_exec_t")), 0));
}

TEST_F(selinux, program)
{
	selinux_prepare_program(_metadata, &self->t);
	kept(_metadata, &self->t, run_labelled);
}

TEST_F(selinux, program_not_kept)
{
	selinux_prepare_program(_metadata, &self->t);
	not_kept(_metadata, &self->t, run_labelled);
}

static void as_caller(void)
{
	if (attr_set("current", CON("caller_t")))
		_exit(97);
}

TEST_F(selinux, denied)
{
	run_case(_metadata, &self->t, selinux_labelled, as_caller,
		 RESTART_KEEP_LSM, -EPERM, "app_t");
}

/* It may become app_t, but not make pipes that are labelled so. */
static void as_creator(void)
{
	if (attr_set("current", CON("creator_t")))
		_exit(97);
}

TEST_F(selinux, denied_inode)
{
	run_case(_metadata, &self->t, selinux_labelled, as_creator,
		 RESTART_KEEP_LSM, -EPERM, "app_t");
}

static void selinux_ipc_target(struct shared *sh)
{
	const char *witness = CON("witness_t"), *creator = CON("creator_t");
	struct ipc ipc;
	bool other;

	TARGET_CHECK(sh, !attr_set("current", CON("app_t")));
	make_ipc(sh, &ipc);
	TARGET_CHECK(sh, !fsetxattr(ipc.mq, SELINUX_XATTR, OBJ("app_t"),
				    sizeof(OBJ("app_t")), 0));
	TARGET_CHECK(sh, !may("current", witness, stat_shm, ipc.shm));
	send_to(sh, ipc.msg);
	target_step(sh, 1);
	other = !KEPT(sh);
	TARGET_CHECK(sh, may("current", witness, stat_shm, ipc.shm) == other);
	TARGET_CHECK(sh, may("current", witness, stat_sem, ipc.sem) == other);
	TARGET_CHECK(sh, may("current", witness, stat_msg, ipc.msg) == other);
	/* Messages have labels of their own; the new ones are of msg_t. */
	TARGET_CHECK(sh, may("current", witness, receive, ipc.msg) == other);
	TARGET_CHECK(sh, may("current", creator, receive, ipc.msg) == !other);
	TARGET_CHECK(sh, fd_label_is(ipc.mq, SELINUX_XATTR, OBJ("app_t")) == !other);
	TARGET_CHECK(sh, key_label_is(ipc.key, other ? CON("base_t") : CON("app_t")));
	check_ipc(sh, &ipc);
}

TEST_F(selinux, ipc)
{
	kept(_metadata, &self->t, selinux_ipc_target);
}

TEST_F(selinux, ipc_not_kept)
{
	not_kept(_metadata, &self->t, selinux_ipc_target);
}

static void selinux_message_target(struct shared *sh)
{
	with_message(sh, "current", CON("app_t"));
}

TEST_F(selinux, message)
{
	image_case(_metadata, &self->t, selinux_message_target,
		   CKPT_HDR_IPC_MSG_MSG, OBJ("app_t"));
}

/* Each with one thing that as_creator() may not make. */
static void selinux_in_ipc_ns(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	TARGET_CHECK(sh, !attr_set("current", CON("app_t")));
}

static void selinux_shm_target(struct shared *sh)
{
	selinux_in_ipc_ns(sh);
	TARGET_CHECK(sh, shmget(IPC_PRIVATE, 4096, 0600) >= 0);
	target_step(sh, 1);
}

TEST_F(selinux, denied_shm)
{
	run_case(_metadata, &self->t, selinux_shm_target, as_creator,
		 RESTART_KEEP_LSM, -EPERM, "app_t");
}

static void selinux_sem_target(struct shared *sh)
{
	selinux_in_ipc_ns(sh);
	TARGET_CHECK(sh, semget(IPC_PRIVATE, 1, 0600) >= 0);
	target_step(sh, 1);
}

TEST_F(selinux, denied_sem)
{
	run_case(_metadata, &self->t, selinux_sem_target, as_creator,
		 RESTART_KEEP_LSM, -EPERM, "app_t");
}

static void selinux_msgq_target(struct shared *sh)
{
	selinux_in_ipc_ns(sh);
	TARGET_CHECK(sh, msgget(IPC_PRIVATE, 0600) >= 0);
	target_step(sh, 1);
}

TEST_F(selinux, denied_msgq)
{
	run_case(_metadata, &self->t, selinux_msgq_target, as_creator,
		 RESTART_KEEP_LSM, -EPERM, "app_t");
}

/* The queue belongs to somebody else. */
static void selinux_msg_target(struct shared *sh)
{
	int msg;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	TARGET_CHECK(sh, !attr_set("current", CON("other_t")));
	msg = msgget(IPC_PRIVATE, 0600);
	TARGET_CHECK(sh, !attr_set("current", CON("app_t")));
	send_to(sh, msg);
	target_step(sh, 1);
}

TEST_F(selinux, denied_msg)
{
	run_case(_metadata, &self->t, selinux_msg_target, as_creator,
		 RESTART_KEEP_LSM, -EPERM, "app_t");
}

static void selinux_key_target(struct shared *sh)
{
	long key;

	TARGET_CHECK(sh, keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, NULL, 0) > 0);
	TARGET_CHECK(sh, !attr_set("keycreate", CON("app_t")));
	key = syscall(SYS_add_key, "user", "lsm", "key", 3, KEY_SPEC_SESSION_KEYRING);
	TARGET_CHECK(sh, key > 0 && key_label_is(key, CON("app_t")));
	TARGET_CHECK(sh, !attr_set("keycreate", ""));
	atomic_store(&sh->data[1], key);
	target_step(sh, 1);
	TARGET_CHECK(sh, key_label_is(key, KEPT(sh) ? CON("app_t") : CON("base_t")));
}

TEST_F(selinux, key)
{
	kept(_metadata, &self->t, selinux_key_target);
}

TEST_F(selinux, key_not_kept)
{
	not_kept(_metadata, &self->t, selinux_key_target);
}

TEST_F(selinux, denied_key)
{
	run_case(_metadata, &self->t, selinux_key_target, as_creator,
		 RESTART_KEEP_LSM, -EPERM, "app_t");
}

static void as_caller_permissive(void)
{
	as_caller();
	if (write_string("/sys/fs/selinux/enforce", "0"))
		_exit(97);
}

TEST_F(selinux, permissive)
{
	run_case(_metadata, &self->t, selinux_labelled, as_caller_permissive,
		 RESTART_KEEP_LSM, 1, "selinux: the policy is not the one");
}

static void as_permissive(void)
{
	if (write_string("/sys/fs/selinux/enforce", "0"))
		_exit(97);
}

TEST_F(selinux, permissive_strict)
{
	run_case(_metadata, &self->t, selinux_labelled, as_permissive,
		 RESTART_KEEP_LSM | RESTART_STRICT_LSM, -EINVAL,
		 "selinux: the policy is not the one");
}

/* /files/selinux.0 and .1 differ in a rule that concerns nobody here. */
static void load_other_policy(void)
{
	static char buf[1 << 20];
	static char *last;
	char path[32];
	ssize_t n;
	int fd, i;

	last = getenv("SELINUX_POLICY");
	i = last && *last == '1' ? 0 : 1;
	snprintf(path, sizeof(path), "/files/selinux.%d", i);
	fd = open(path, O_RDONLY);
	n = read(fd, buf, sizeof(buf));
	close(fd);
	fd = open("/sys/fs/selinux/load", O_WRONLY);
	if (n <= 0 || write(fd, buf, n) != n)
		_exit(97);
	close(fd);
}

static void load_first_policy(void)
{
	setenv("SELINUX_POLICY", "1", 1);
	load_other_policy();
}

TEST_F(selinux, policy_changed)
{
	if (access("/files/selinux.1", R_OK))
		SKIP(return, "no second policy");
	load_first_policy();
	unsetenv("SELINUX_POLICY");
	run_case(_metadata, &self->t, selinux_labelled, load_other_policy,
		 RESTART_KEEP_LSM, 1, "selinux: the policy is not the one");
	load_first_policy();
}

TEST_F(selinux, policy_changed_strict)
{
	if (access("/files/selinux.1", R_OK))
		SKIP(return, "no second policy");
	load_first_policy();
	unsetenv("SELINUX_POLICY");
	run_case(_metadata, &self->t, selinux_labelled, load_other_policy,
		 RESTART_KEEP_LSM | RESTART_STRICT_LSM, -EINVAL,
		 "selinux: the policy is not the one");
	load_first_policy();
}

/* ---- AppArmor ---- */

#define AA_CURRENT	"apparmor/current"
#define AA_EXEC		"apparmor/exec"
#define AA_PREV		"apparmor/prev"

FIXTURE(apparmor) {
	struct ckpt_test t;
};

FIXTURE_SETUP(apparmor)
{
	if (!is_active(LSM_ID_APPARMOR))
		SKIP(return, "AppArmor is not active");
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(apparmor)
{
	if (self->t.sh)
		test_teardown(&self->t);
}

static void aa_profile(struct shared *sh)
{
	int pipefd[2];

	TARGET_CHECK(sh, !attr_set(AA_CURRENT, "changeprofile ckpt-app"));
	TARGET_CHECK(sh, attr_is(AA_CURRENT, "ckpt-app (enforce)"));
	TARGET_CHECK(sh, !pipe(pipefd));
	target_step(sh, 1);
	TARGET_CHECK(sh, attr_is(AA_CURRENT, KEPT(sh) ? "ckpt-app (enforce)" : "unconfined"));
	TARGET_CHECK(sh, write(pipefd[1], "x", 1) == 1);
	/* What the profile denies is denied. */
	TARGET_CHECK(sh, (open("/etc/shadow", O_RDONLY) < 0) == !!KEPT(sh));
}

TEST_F(apparmor, kept)
{
	kept(_metadata, &self->t, aa_profile);
}

TEST_F(apparmor, kept_strict)
{
	run_case(_metadata, &self->t, aa_profile, as_we_are,
		 RESTART_KEEP_LSM | RESTART_STRICT_LSM, 1, "");
}

TEST_F(apparmor, not_kept)
{
	not_kept(_metadata, &self->t, aa_profile);
}

static void aa_stack(struct shared *sh)
{
	TARGET_CHECK(sh, !attr_set(AA_CURRENT, "changeprofile ckpt-app"));
	TARGET_CHECK(sh, !attr_set(AA_CURRENT, "stack ckpt-outer"));
	TARGET_CHECK(sh, attr_is(AA_CURRENT, "ckpt-app//&ckpt-outer (enforce)"));
	target_step(sh, 1);
	TARGET_CHECK(sh, attr_is(AA_CURRENT, KEPT(sh) ? "ckpt-app//&ckpt-outer (enforce)" :
				 "unconfined"));
}

TEST_F(apparmor, stack)
{
	kept(_metadata, &self->t, aa_stack);
}

/* Into a hat, and back with the token. */
static void aa_hat(struct shared *sh)
{
	TARGET_CHECK(sh, !attr_set(AA_CURRENT, "changeprofile ckpt-app"));
	TARGET_CHECK(sh, !attr_set(AA_CURRENT, "changehat 00000000cafe1234^hat"));
	TARGET_CHECK(sh, attr_is(AA_CURRENT, "ckpt-app//hat (enforce)"));
	target_step(sh, 1);
	if (!KEPT(sh)) {
		TARGET_CHECK(sh, attr_is(AA_CURRENT, "unconfined"));
		return;
	}
	TARGET_CHECK(sh, attr_is(AA_CURRENT, "ckpt-app//hat (enforce)"));
	TARGET_CHECK(sh, attr_is(AA_PREV, "ckpt-app (enforce)"));
	TARGET_CHECK(sh, !attr_set(AA_CURRENT, "changehat 00000000cafe1234^"));
	TARGET_CHECK(sh, attr_is(AA_CURRENT, "ckpt-app (enforce)"));
}

TEST_F(apparmor, hat)
{
	kept(_metadata, &self->t, aa_hat);
}

TEST_F(apparmor, hat_not_kept)
{
	not_kept(_metadata, &self->t, aa_hat);
}

static void aa_onexec(struct shared *sh)
{
	TARGET_CHECK(sh, !attr_set(AA_EXEC, "exec ckpt-app"));
	target_step(sh, 1);
	TARGET_CHECK(sh, attr_is(AA_EXEC, KEPT(sh) ? "ckpt-app (enforce)" : ""));
}

TEST_F(apparmor, onexec)
{
	kept(_metadata, &self->t, aa_onexec);
}

TEST_F(apparmor, onexec_not_kept)
{
	not_kept(_metadata, &self->t, aa_onexec);
}

/* It is allowed everything but to change to another profile. */
static void confined(void)
{
	if (attr_set(AA_CURRENT, "changeprofile ckpt-caller"))
		_exit(97);
}

TEST_F(apparmor, denied)
{
	run_case(_metadata, &self->t, aa_profile, confined,
		 RESTART_KEEP_LSM, -EPERM, "apparmor: label");
}

TEST_F(apparmor, denied_unconfined)
{
	run_case(_metadata, &self->t, plain, confined,
		 RESTART_KEEP_LSM, -EPERM, "label unconfined");
}

static void aa_confined(struct shared *sh)
{
	target_step(sh, 1);
	TARGET_CHECK(sh, attr_is(AA_CURRENT, "ckpt-caller (enforce)"));
}

TEST_F(apparmor, confined_not_kept)
{
	run_case(_metadata, &self->t, aa_confined, confined, 0, 1, "");
}

static void no_new_privs(void)
{
	confined();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

TEST_F(apparmor, denied_no_new_privs)
{
	run_case(_metadata, &self->t, aa_profile, no_new_privs,
		 RESTART_KEEP_LSM, -EPERM, "apparmor: label");
}

/* /files/apparmor.1 is another version of the profile ckpt-other. */
static void aa_other(struct shared *sh)
{
	TARGET_CHECK(sh, !attr_set(AA_CURRENT, "changeprofile ckpt-other"));
	target_step(sh, 1);
	TARGET_CHECK(sh, attr_is(AA_CURRENT, "ckpt-other (enforce)"));
}

static void parse(const char *args)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "apparmor_parser -K -r /run/guest/lsm/apparmor.%s", args);
	if (system(cmd))
		_exit(97);
}

static void replace_profile(void)
{
	parse("1");
}

TEST_F(apparmor, policy_changed)
{
	parse("0");
	run_case(_metadata, &self->t, aa_other, replace_profile,
		 RESTART_KEEP_LSM, 1, "the policy of ckpt-other is not the one");
}

TEST_F(apparmor, policy_changed_strict)
{
	parse("0");
	run_case(_metadata, &self->t, aa_other, replace_profile,
		 RESTART_KEEP_LSM | RESTART_STRICT_LSM, -EINVAL,
		 "the policy of ckpt-other is not the one");
}

static void remove_profile(void)
{
	if (write_string("/sys/kernel/security/apparmor/.remove", "ckpt-other"))
		_exit(97);
}

TEST_F(apparmor, policy_removed)
{
	parse("0");
	run_case(_metadata, &self->t, aa_other, remove_profile,
		 RESTART_KEEP_LSM, -EINVAL, "ckpt-other");
}

/* ---- Landlock ---- */

FIXTURE(landlock) {
	struct ckpt_test t;
};

FIXTURE_SETUP(landlock)
{
	if (!is_active(LSM_ID_LANDLOCK))
		SKIP(return, "Landlock is not active");
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(landlock)
{
	if (self->t.sh)
		test_teardown(&self->t);
}

static int enter_domain(void)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_TRUNCATE,
	};
	int fd = syscall(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0);
	int ret;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	ret = syscall(__NR_landlock_restrict_self, fd, 0);
	close(fd);
	return ret;
}

static void in_domain(struct shared *sh)
{
	TARGET_CHECK(sh, !enter_domain());
	target_step(sh, 1);
}

TEST_F(landlock, domain)
{
	REFUSED(&self->t, in_domain, EOPNOTSUPP, "landlock: domain");
}

/* A child opens a file in a domain and leaves it to its parent. */
static void file_of_domain(struct shared *sh)
{
	if (!vfork()) {
		if (enter_domain())
			_exit(1);
		_exit(0);
	}
	wait(NULL);
	target_step(sh, 1);
}

TEST_F(landlock, not_in_domain)
{
	ROUND_TRIP(&self->t, file_of_domain);
}

static void in_landlock(void)
{
	if (enter_domain())
		_exit(97);
}

TEST_F(landlock, caller)
{
	run_case(_metadata, &self->t, plain, in_landlock, 0, -EINVAL, "landlock");
}

/* ---- Yama ---- */

FIXTURE(yama) {
	struct ckpt_test t;
};

FIXTURE_SETUP(yama)
{
	if (!is_active(LSM_ID_YAMA))
		SKIP(return, "Yama is not active");
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(yama)
{
	if (self->t.sh)
		test_teardown(&self->t);
}

static void tracee(struct shared *sh)
{
	TARGET_CHECK(sh, !prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY));
	target_step(sh, 1);
}

static void tracer(struct shared *sh)
{
	pid_t parent = getpid();

	/* The child is no part of the tree that is checkpointed. */
	if (!fork()) {
		prctl(PR_SET_PTRACER, parent);
		if (!fork())
			pause();
		atomic_store(&sh->data[1], 1);
		pause();
	}
	while (!atomic_load(&sh->data[1]))
		nap_ms(2);
	target_step(sh, 1);
	kill(0, SIGKILL);
}

static void tracee_no_more(struct shared *sh)
{
	TARGET_CHECK(sh, !prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY));
	TARGET_CHECK(sh, !prctl(PR_SET_PTRACER, 0));
	target_step(sh, 1);
}

TEST_F(yama, tracee)
{
	REFUSED(&self->t, tracee, EOPNOTSUPP, "yama: permission to trace");
}

TEST_F(yama, tracer)
{
	ASSERT_LT(0, spawn(&self->t, tracer));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	ASSERT_EQ(-EOPNOTSUPP, do_checkpoint(&self->t, 0));
	ASSERT_NE(NULL, strstr(self->t.msg, "yama: permission to trace"));
	atomic_store(&self->t.sh->go, 1);
}

TEST_F(yama, no_relation)
{
	ROUND_TRIP(&self->t, tracee_no_more);
}

/* ---- TOMOYO ---- */

#define TOMOYO_SELF	"/sys/kernel/security/tomoyo/self_domain"

FIXTURE(tomoyo) {
	struct ckpt_test t;
};

FIXTURE_SETUP(tomoyo)
{
	if (!is_active(LSM_ID_TOMOYO))
		SKIP(return, "TOMOYO is not active");
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(tomoyo)
{
	if (self->t.sh)
		test_teardown(&self->t);
}

static void tomoyo_target(struct shared *sh)
{
	char before[4096], after[4096];

	read_string(TOMOYO_SELF, before, sizeof(before));
	TARGET_CHECK(sh, !strncmp(before, "<kernel>", 8));
	target_step(sh, 1);
	read_string(TOMOYO_SELF, after, sizeof(after));
	TARGET_CHECK(sh, !strcmp(before, after));
}

TEST_F(tomoyo, domain)
{
	kept(_metadata, &self->t, tomoyo_target);
}

TEST_HARNESS_MAIN
