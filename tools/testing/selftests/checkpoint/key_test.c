// SPDX-License-Identifier: GPL-2.0
/*
 * Checkpoint/restart - keys and keyrings
 */
#include "common.h"
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <pthread.h>
#include <sys/prctl.h>

/* Permissions of the possessor, and of the owner. */
#define POS_ALL		0x3f000000
#define POS_READ	0x02000000
#define POS_SEARCH	0x08000000
#define USR_ALL		0x003f0000

FIXTURE(key)
{
	struct ckpt_test t;
};

static long keyctl(int op, long a, long b, long c, long d)
{
	return syscall(SYS_keyctl, op, a, b, c, d);
}

FIXTURE_SETUP(key)
{
	ASSERT_TRUE(test_setup(&self->t));
	if (keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 0, 0, 0) < 0)
		SKIP(return, "no keys");
}

FIXTURE_TEARDOWN(key)
{
	test_teardown(&self->t);
}

static long add(const char *type, const char *desc, const char *payload, long ring)
{
	return syscall(SYS_add_key, type, desc, payload,
		       payload ? strlen(payload) : 0, ring);
}

static long join(const char *name)
{
	return keyctl(KEYCTL_JOIN_SESSION_KEYRING, (long)name, 0, 0, 0);
}

static long ring_id(long spec)
{
	return keyctl(KEYCTL_GET_KEYRING_ID, spec, 0, 0, 0);
}

static bool reads(long key, const char *text)
{
	char buf[100];
	long n = keyctl(KEYCTL_READ, key, (long)buf, sizeof(buf), 0);

	return n == (long)strlen(text) && !memcmp(buf, text, n);
}

static bool finds(long ring, const char *type, const char *desc, long key)
{
	return keyctl(KEYCTL_SEARCH, ring, (long)type, (long)desc, 0) == key;
}

static void describe(long key, char *buf, size_t size)
{
	long n = keyctl(KEYCTL_DESCRIBE, key, (long)buf, size, 0);

	if (n <= 0)
		snprintf(buf, size, "%ld", n < 0 ? -(long)errno : n);
}

static long setperm(long key, unsigned int perm)
{
	return keyctl(KEYCTL_SETPERM, key, perm, 0, 0);
}

/* ---- keyrings of tasks ---- */

#define NR_KEYS	6

static void session_target(struct shared *sh)
{
	long ring, nested, k[NR_KEYS], i;
	char before[NR_KEYS][100], after[100];
	int status;
	pid_t child;

	ring = join("ckpt-test");
	k[0] = add("user", "a", "first", KEY_SPEC_SESSION_KEYRING);
	k[1] = add("logon", "service:b", "secret", KEY_SPEC_SESSION_KEYRING);
	nested = add("keyring", "nested", NULL, KEY_SPEC_SESSION_KEYRING);
	k[2] = nested;
	k[3] = add("user", "c", "third", nested);
	k[4] = add("user", "r", "revoked", nested);
	k[5] = ring;
	TARGET_CHECK(sh, !setperm(ring, POS_ALL | USR_ALL));
	TARGET_CHECK(sh, !keyctl(KEYCTL_LINK, k[0], nested, 0, 0));
	TARGET_CHECK(sh, !keyctl(KEYCTL_REVOKE, k[4], 0, 0, 0));
	TARGET_CHECK(sh, !setperm(k[3], POS_ALL | 0x00030100));
	TARGET_CHECK(sh, !keyctl(KEYCTL_CHOWN, k[3], 0, 77, 0));
	TARGET_CHECK(sh, !keyctl(KEYCTL_SET_TIMEOUT, k[0], 1000, 0, 0));
	for (i = 0; i < NR_KEYS; i++) {
		TARGET_CHECK(sh, k[i] > 0);
		describe(k[i], before[i], sizeof(before[i]));
	}
	child = fork();
	if (!child) {
		while (!atomic_load(&sh->go))
			nap_ms(2);
		_exit(add("user", "late", "by child", KEY_SPEC_SESSION_KEYRING) < 0);
	}
	target_step(sh, 1);
	TARGET_CHECK(sh, ring_id(KEY_SPEC_SESSION_KEYRING) == ring);
	for (i = 0; i < NR_KEYS; i++) {
		describe(k[i], after, sizeof(after));
		TARGET_CHECK(sh, !strcmp(before[i], after));
	}
	TARGET_CHECK(sh, reads(k[0], "first") && reads(k[3], "third"));
	TARGET_CHECK(sh, !reads(k[1], "secret") && errno == EOPNOTSUPP);
	TARGET_CHECK(sh, !reads(k[4], "revoked") && errno == EKEYREVOKED);
	TARGET_CHECK(sh, finds(ring, "user", "c", k[3]));
	TARGET_CHECK(sh, finds(nested, "user", "a", k[0]));
	TARGET_CHECK(sh, finds(ring, "logon", "service:b", k[1]));
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	TARGET_CHECK(sh, keyctl(KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING,
				(long)"user", (long)"late", 0) > 0);
	/* It can be found by its name still. */
	TARGET_CHECK(sh, join(NULL) != ring);
	TARGET_CHECK(sh, join("ckpt-test") == ring);
}

TEST_F(key, session)
{
	ROUND_TRIP(&self->t, session_target);
}

static void empty_target(struct shared *sh)
{
	long ring = join(NULL);

	target_step(sh, 1);
	TARGET_CHECK(sh, ring_id(KEY_SPEC_SESSION_KEYRING) == ring);
}

TEST_F(key, empty_session)
{
	ROUND_TRIP(&self->t, empty_target);
}

static long threads_key;
static long process_ring;

static void *thread(void *arg)
{
	struct shared *sh = arg;
	long ring;

	threads_key = add("user", "mine", "thread", KEY_SPEC_THREAD_KEYRING);
	ring = ring_id(KEY_SPEC_THREAD_KEYRING);
	atomic_fetch_add(&sh->ready, 1);
	while (!atomic_load(&sh->go))
		nap_ms(2);
	TARGET_CHECK(sh, ring_id(KEY_SPEC_THREAD_KEYRING) == ring);
	TARGET_CHECK(sh, finds(ring, "user", "mine", threads_key));
	TARGET_CHECK(sh, reads(threads_key, "thread"));
	TARGET_CHECK(sh, ring_id(KEY_SPEC_PROCESS_KEYRING) == process_ring);
	return NULL;
}

static void threads_target(struct shared *sh)
{
	long mine, in_process;
	pthread_t other;

	in_process = add("user", "all", "process", KEY_SPEC_PROCESS_KEYRING);
	process_ring = ring_id(KEY_SPEC_PROCESS_KEYRING);
	pthread_create(&other, NULL, thread, sh);
	mine = add("user", "mine", "leader", KEY_SPEC_THREAD_KEYRING);
	while (!atomic_load(&sh->ready))
		nap_ms(2);
	atomic_store(&sh->ready, 2);
	while (!atomic_load(&sh->go))
		nap_ms(2);
	pthread_join(other, NULL);
	TARGET_CHECK(sh, in_process > 0 && mine > 0 && mine != threads_key);
	TARGET_CHECK(sh, reads(mine, "leader"));
	TARGET_CHECK(sh, finds(KEY_SPEC_PROCESS_KEYRING, "user", "all", in_process));
	TARGET_CHECK(sh, !reads(threads_key, "thread"));
}

TEST_F(key, threads)
{
	ASSERT_LT(0, spawn(&self->t, threads_target));
	ASSERT_TRUE(wait_step(self->t.sh, 2));
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	ASSERT_LT(0, restart_killed(&self->t))
		TH_LOG("%s", self->t.msg);
	atomic_store(&self->t.sh->go, 1);
	wait_verified(_metadata, &self->t);
}

/* ---- keyrings of users ---- */

static void user_ns_target(struct shared *sh)
{
	long user, session, a, b;

	TARGET_CHECK(sh, join(NULL) > 0);
	TARGET_CHECK(sh, !unshare(CLONE_NEWUSER));
	TARGET_CHECK(sh, write_file("/proc/self/setgroups", "deny"));
	TARGET_CHECK(sh, write_file("/proc/self/uid_map", "0 0 1"));
	TARGET_CHECK(sh, write_file("/proc/self/gid_map", "0 0 1"));
	a = add("user", "a", "of the user", KEY_SPEC_USER_KEYRING);
	b = add("user", "b", "of the session", KEY_SPEC_USER_SESSION_KEYRING);
	user = ring_id(KEY_SPEC_USER_KEYRING);
	session = ring_id(KEY_SPEC_USER_SESSION_KEYRING);
	TARGET_CHECK(sh, a > 0 && b > 0 && user > 0 && session > 0);
	TARGET_CHECK(sh, !keyctl(KEYCTL_LINK, user, KEY_SPEC_SESSION_KEYRING, 0, 0));
	target_step(sh, 1);
	TARGET_CHECK(sh, ring_id(KEY_SPEC_USER_KEYRING) == user);
	TARGET_CHECK(sh, ring_id(KEY_SPEC_USER_SESSION_KEYRING) == session);
	TARGET_CHECK(sh, reads(a, "of the user"));
	TARGET_CHECK(sh, finds(KEY_SPEC_USER_SESSION_KEYRING, "user", "b", b));
	TARGET_CHECK(sh, finds(KEY_SPEC_USER_SESSION_KEYRING, "user", "a", a));
	TARGET_CHECK(sh, finds(KEY_SPEC_SESSION_KEYRING, "user", "a", a));
}

TEST_F(key, users_of_namespace)
{
	ROUND_TRIP(&self->t, user_ns_target);
}

static void users_target(struct shared *sh)
{
	long key = atomic_load(&sh->data[0]);

	TARGET_CHECK(sh, join(NULL) > 0);
	TARGET_CHECK(sh, !keyctl(KEYCTL_LINK, KEY_SPEC_USER_KEYRING,
				 KEY_SPEC_SESSION_KEYRING, 0, 0));
	target_step(sh, 1);
	TARGET_CHECK(sh, finds(KEY_SPEC_SESSION_KEYRING, "user", "ckpt-left", key));
	TARGET_CHECK(sh, reads(key, "left"));
}

TEST_F(key, users_left_to_caller)
{
	long key = add("user", "ckpt-left", "left", KEY_SPEC_USER_KEYRING);

	ASSERT_LT(0, key);
	atomic_store(&self->t.sh->data[0], key);
	ASSERT_LT(0, spawn(&self->t, users_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	EXPECT_NE(NULL, strstr(self->t.msg, "_uid.0): of all processes of the user"))
		TH_LOG("%s", self->t.msg);
	ASSERT_LT(0, restart_killed(&self->t))
		TH_LOG("%s", self->t.msg);
	atomic_store(&self->t.sh->go, 1);
	wait_verified(_metadata, &self->t);
	EXPECT_EQ(0, keyctl(KEYCTL_UNLINK, key, KEY_SPEC_USER_KEYRING, 0, 0));
}

/* ---- who else has them ---- */

static void lone_target(struct shared *sh)
{
	long key;

	TARGET_CHECK(sh, join(NULL) > 0);
	key = add("user", "lone", "text", KEY_SPEC_SESSION_KEYRING);
	TARGET_CHECK(sh, !setperm(key, POS_ALL | USR_ALL));
	atomic_store(&sh->data[0], key);
	target_step(sh, 1);
	TARGET_CHECK(sh, reads(key, "text"));
}

TEST_F(key, refused_linked_outside)
{
	long key;

	ASSERT_LT(0, spawn(&self->t, lone_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	key = atomic_load(&self->t.sh->data[0]);
	ASSERT_EQ(0, keyctl(KEYCTL_LINK, key, KEY_SPEC_THREAD_KEYRING, 0, 0));
	EXPECT_EQ(-EBUSY, do_checkpoint(&self->t, 0));
	EXPECT_NE(NULL, strstr(self->t.msg, "also linked to keyring"))
		TH_LOG("%s", self->t.msg);
	ASSERT_EQ(0, keyctl(KEYCTL_UNLINK, key, KEY_SPEC_THREAD_KEYRING, 0, 0));
	EXPECT_LT(0, do_checkpoint(&self->t, 0))
		TH_LOG("%s", self->t.msg);
}

TEST_F(key, taken)
{
	long key;

	ASSERT_LT(0, spawn(&self->t, lone_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	ASSERT_LT(0, do_checkpoint(&self->t, 0))
		TH_LOG("%s", self->t.msg);
	key = atomic_load(&self->t.sh->data[0]);
	ASSERT_EQ(0, keyctl(KEYCTL_LINK, key, KEY_SPEC_THREAD_KEYRING, 0, 0));
	kill(self->t.pid, SIGKILL);
	ASSERT_EQ(self->t.pid, waitpid(self->t.pid, NULL, 0));
	self->t.pid = 0;
	EXPECT_EQ(-EEXIST, do_restart(&self->t, 0));
	EXPECT_NE(NULL, strstr(self->t.msg, "its serial number is taken"))
		TH_LOG("%s", self->t.msg);
	ASSERT_EQ(0, keyctl(KEYCTL_UNLINK, key, KEY_SPEC_THREAD_KEYRING, 0, 0));
	/* Free at once, though nobody has collected it yet. */
	ASSERT_LT(0, do_restart(&self->t, 0))
		TH_LOG("%s", self->t.msg);
	atomic_store(&self->t.sh->go, 1);
	wait_verified(_metadata, &self->t);
}

/* The child is the tree; it has its session keyring from its parent. */
static void shared_target(struct shared *sh)
{
	int status;
	pid_t child;

	TARGET_CHECK(sh, join(NULL) > 0);
	TARGET_CHECK(sh, add("user", "a", "b", KEY_SPEC_SESSION_KEYRING) > 0);
	TARGET_CHECK(sh, !unshare(CLONE_NEWPID));
	child = fork();
	if (!child) {
		setsid();
		target_step(sh, 1);
		_exit(0);
	}
	atomic_store(&sh->data[0], child);
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
}

TEST_F(key, shared_session)
{
	struct checkpoint_args args = {
		.pidfd		= -1,
		.image_fd	= self->t.image,
		.log_fd		= self->t.log,
		.parent_fd	= -1,
	};

	ASSERT_LT(0, spawn(&self->t, shared_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(10);
	args.pid = atomic_load(&self->t.sh->data[0]);
	EXPECT_EQ(-1, sys_checkpoint(&args, sizeof(args)));
	EXPECT_EQ(EBUSY, errno);
	read_log(&self->t);
	EXPECT_NE(NULL, strstr(self->t.msg, "session keyring"))
		TH_LOG("%s", self->t.msg);
	EXPECT_LT(0, do_checkpoint_pid(&self->t, args.pid, 0))
		TH_LOG("%s", self->t.msg);
	EXPECT_NE(NULL, strstr(self->t.msg, "left to the caller of restart()"))
		TH_LOG("%s", self->t.msg);
	atomic_store(&self->t.sh->go, 1);
	wait_verified(_metadata, &self->t);
}

/* ---- refusals ---- */

static void restricted_target(struct shared *sh)
{
	long ring;

	TARGET_CHECK(sh, join(NULL) > 0);
	ring = add("keyring", "restricted", NULL, KEY_SPEC_SESSION_KEYRING);
	TARGET_CHECK(sh, !keyctl(KEYCTL_RESTRICT_KEYRING, ring, 0, 0, 0));
	target_step(sh, 1);
}

TEST_F(key, refused_restricted)
{
	REFUSED(&self->t, restricted_target, EOPNOTSUPP,
		"keyring: restricted): has a restriction");
}

static void deep_target(struct shared *sh)
{
	long outer = join(NULL), ring;
	char name[16];
	int i;

	/* From the outermost inwards nobody sees how deep it gets. */
	for (i = 0; i < 20; i++, outer = ring) {
		sprintf(name, "ring%d", i);
		ring = add("keyring", name, NULL, KEY_SPEC_SESSION_KEYRING);
		TARGET_CHECK(sh, ring > 0 && !setperm(ring, POS_ALL | USR_ALL));
		TARGET_CHECK(sh, !keyctl(KEYCTL_LINK, ring, outer, 0, 0));
		TARGET_CHECK(sh, !i || !keyctl(KEYCTL_UNLINK, ring,
					       KEY_SPEC_SESSION_KEYRING, 0, 0));
	}
	target_step(sh, 1);
}

TEST_F(key, refused_deep)
{
	REFUSED(&self->t, deep_target, EOPNOTSUPP, "nested too deep");
}

#define QUOTA	"/proc/sys/kernel/keys/root_maxkeys"

TEST_F(key, quota)
{
	char old[32];

	snprintf(old, sizeof(old), "%ld", read_number(QUOTA));
	ASSERT_LT(0, spawn(&self->t, lone_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	ASSERT_TRUE(write_file(QUOTA, "1"));
	EXPECT_EQ(-EDQUOT, restart_killed(&self->t));
	EXPECT_NE(NULL, strstr(self->t.msg, "over the quota of its owner"))
		TH_LOG("%s", self->t.msg);
	ASSERT_TRUE(write_file(QUOTA, old));
	ASSERT_LT(0, restart_killed(&self->t))
		TH_LOG("%s", self->t.msg);
	atomic_store(&self->t.sh->go, 1);
	wait_verified(_metadata, &self->t);
}

/* ---- callers without privilege ---- */

static void unreadable_target(struct shared *sh)
{
	long key;

	TARGET_CHECK(sh, join(NULL) > 0);
	key = add("user", "hidden", "secret", KEY_SPEC_SESSION_KEYRING);
	TARGET_CHECK(sh, !setperm(key, (POS_ALL & ~(POS_READ | POS_SEARCH)) |
				      0x00010000));
	target_step(sh, 1);
	TARGET_CHECK(sh, !reads(key, "secret") && errno == EACCES);
}

static void logon_target(struct shared *sh)
{
	TARGET_CHECK(sh, join(NULL) > 0);
	TARGET_CHECK(sh, add("logon", "service:a", "secret",
			     KEY_SPEC_SESSION_KEYRING) > 0);
	target_step(sh, 1);
}

/* Those with CAP_SYS_ADMIN get them all. */
TEST_F(key, unreadable)
{
	ROUND_TRIP(&self->t, unreadable_target);
}

/* May choose process ids, and nothing else. */
static bool become_user(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {};

	data[1].effective = CAP_TO_MASK(CAP_CHECKPOINT_RESTORE);
	data[1].permitted = CAP_TO_MASK(CAP_CHECKPOINT_RESTORE);
	return !setgroups(0, NULL) && !setresgid(1000, 1000, 1000) &&
	       !prctl(PR_SET_KEEPCAPS, 1) && !setresuid(1000, 1000, 1000) &&
	       !syscall(SYS_capset, &head, data) && !prctl(PR_SET_DUMPABLE, 1);
}

/* As a plain user: 0 if all went as expected. */
static int round_trip_as_user(struct ckpt_test *t, void (*fn)(struct shared *),
			      long expect, const char *text)
{
	long ret;

	if (!become_user() || spawn(t, fn) < 0 || !wait_step(t->sh, 1))
		return 1;
	nap_ms(10);
	ret = do_checkpoint(t, expect < 0 ? 0 : CHECKPOINT_KILL);
	if (expect < 0) {
		kill(t->pid, SIGKILL);
		return ret == expect && strstr(t->msg, text) ? 0 : 2;
	}
	if (ret <= 0 || restart_killed(t) <= 0)
		return 3;
	atomic_store(&t->sh->go, 1);
	return wait_exit(t->pid) ? 4 : 0;
}

static void as_user(struct __test_metadata *_metadata, struct ckpt_test *t,
		    void (*fn)(struct shared *), long expect, const char *text)
{
	long allowed = read_number("/proc/sys/kernel/ckpt_unpriv_allowed");
	char old[8], path[128];
	int status;
	pid_t pid;

	snprintf(old, sizeof(old), "%ld", allowed);
	test_path(t, "shared", path, sizeof(path));
	ASSERT_EQ(0, chmod(t->dir, 0777));
	ASSERT_EQ(0, chmod(path, 0666));
	ASSERT_TRUE(write_file("/proc/sys/kernel/ckpt_unpriv_allowed", "2"));
	pid = fork();
	if (!pid) {
		int ret = round_trip_as_user(t, fn, expect, text);

		if (ret)
			fprintf(stderr, "# %d: %s\n", ret, t->msg);
		_exit(ret);
	}
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, atomic_load(&t->sh->failed)) TH_LOG("%s", t->sh->why);
	EXPECT_TRUE(write_file("/proc/sys/kernel/ckpt_unpriv_allowed", old));
}

TEST_F(key, user_unreadable)
{
	as_user(_metadata, &self->t, unreadable_target, -EPERM,
		"no permission to read it");
}

TEST_F(key, user_logon)
{
	as_user(_metadata, &self->t, logon_target, -EPERM,
		"no permission to read it");
}

TEST_F(key, user)
{
	as_user(_metadata, &self->t, lone_target, 1, "");
}

/* Root's keys are for nobody else to make. */
TEST_F(key, user_with_roots_key)
{
	pid_t pid;
	int status;

	ASSERT_LT(0, spawn(&self->t, lone_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	nap_ms(100);
	pid = fork();
	if (!pid) {
		long ret = become_user() ? restart_killed(&self->t) : 0;

		_exit(ret != -EPERM);
	}
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* ---- keys that are requested ---- */

static void requesting(struct shared *sh)
{
	const long same = KEY_REQKEY_DEFL_NO_CHANGE;
	const long to = KEY_REQKEY_DEFL_SESSION_KEYRING;

	TARGET_CHECK(sh, keyctl(KEYCTL_SET_REQKEY_KEYRING, to, 0, 0, 0) >= 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, keyctl(KEYCTL_SET_REQKEY_KEYRING, same, 0, 0, 0) == to);
}

TEST_F(key, where_requested)
{
	ROUND_TRIP(&self->t, requesting);
}

static long request(const char *desc, long ring)
{
	return syscall(SYS_request_key, "user", desc, "info", ring);
}

/* Nobody knows how to make it, and the kernel remembers that. */
static void has_negative(struct shared *sh)
{
	TARGET_CHECK(sh, join(NULL) > 0);
	TARGET_CHECK(sh, request("ckpt-unknown:x", KEY_SPEC_SESSION_KEYRING) < 0);
	if (errno != ENOKEY)
		atomic_store(&sh->data[0], 1);
	target_step(sh, 1);
}

TEST_F(key, refused_negative)
{
	REFUSED(&self->t, has_negative, EOPNOTSUPP,
		"(user: ckpt-unknown:x): is negative");
}

#define RULE	"/etc/request-key.d/ckpt-test.conf"
#define HELPER	"/tmp/ckpt-key-helper"

/*
 * The program that is to make a key. It has the authority, unless it gives it up
 * and only has the key to it.
 */
static void __attribute__((constructor)) helper(int argc, char **argv, char **envp)
{
	FILE *f;

	if (argc != 4 || strcmp(argv[1], "--make"))
		return;
	if (!strncmp(argv[3], "ckpt-plain", 10) &&
	    keyctl(KEYCTL_ASSUME_AUTHORITY, 0, 0, 0, 0))
		_exit(1);
	close_range(0, ~0U, 0);
	f = fopen(HELPER ".new", "w");
	fprintf(f, "%d\n", getpid());
	fclose(f);
	rename(HELPER ".new", HELPER);
	sleep(60);
	_exit(1);
}

static bool write_rule(void)
{
	char self[256] = "";
	FILE *f = fopen(RULE, "w");

	if (!f)
		return false;
	fprintf(f, "create user ckpt-* * %s --make %%k %%d\n",
		readlink("/proc/self/exe", self, sizeof(self) - 1) > 0 ? self : "");
	return !fclose(f);
}

/* Somebody requests a key and has to wait. Return: the process that makes it. */
static pid_t wait_for_helper(const char *desc, long ring, pid_t *requester)
{
	int made = 0, ms;
	FILE *f;

	unlink(HELPER);
	*requester = fork();
	if (!*requester)
		_exit(request(desc, ring) != -1);
	for (ms = 0; ms < CKPT_TEST_TIMEOUT_MS && access(HELPER, F_OK); ms += 10)
		nap_ms(10);
	f = fopen(HELPER, "r");
	if (!f || fscanf(f, "%d", &made) != 1)
		made = 0;
	if (f)
		fclose(f);
	return made;
}

/* Its keyring takes keys that others request. */
static void has_ring(struct shared *sh)
{
	long ring = join(NULL);

	TARGET_CHECK(sh, ring > 0 && !setperm(ring, POS_ALL | USR_ALL));
	sh->data[2] = ring;
	target_step(sh, 1);
}

TEST_F(key, refused_construction)
{
	static const char *const desc[] = { "ckpt-plain:x", "ckpt-assume:x" };
	static const char *const text[] = {
		"(.request_key_auth: ", "credentials: authority to construct a key",
	};
	struct ckpt_test *t = &self->t;
	pid_t requester, made;
	unsigned int i;

	if (access("/sbin/request-key", X_OK) || !write_rule())
		SKIP(return, "no request-key");
	for (i = 0; i < ARRAY_SIZE(desc); i++) {
		memset(t->sh, 0, sizeof(*t->sh));
		ASSERT_LT(0, spawn(t, has_ring));
		ASSERT_TRUE(wait_step(t->sh, 1));
		made = wait_for_helper(desc[i], t->sh->data[2], &requester);
		EXPECT_LT(0, made);
		EXPECT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
		EXPECT_NE(NULL, strstr(t->msg, "is under construction"))
			TH_LOG("%s", t->msg);
		EXPECT_EQ(-EOPNOTSUPP, do_checkpoint_pid(t, made, 0));
		EXPECT_NE(NULL, strstr(t->msg, text[i]))
			TH_LOG("%s", t->msg);
		if (made > 0)
			kill(made, SIGKILL);
		EXPECT_EQ(0, wait_exit(requester));
		atomic_store(&t->sh->go, 1);
		wait_verified(_metadata, t);
	}
	unlink(RULE);
	unlink(HELPER);
}

/* A child links the keyring of its user in a namespace that we are not in. */
static void link_users(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWUSER));
	TARGET_CHECK(sh, write_proc(getpid(), "uid_map", "0 0 1\n"));
	TARGET_CHECK(sh, !keyctl(KEYCTL_LINK, KEY_SPEC_USER_KEYRING,
				 KEY_SPEC_SESSION_KEYRING, 0, 0));
}

static void has_users_of_others(struct shared *sh)
{
	TARGET_CHECK(sh, join(NULL) > 0);
	in_child(sh, link_users);
	target_step(sh, 1);
}

TEST_F(key, refused_other_users)
{
	REFUSED(&self->t, has_users_of_others, EOPNOTSUPP, ": of another user namespace");
}

/* Somebody outside has a keyring as the session's that is below the tree's. */
static void has_inner_ring(struct shared *sh)
{
	long ring;

	TARGET_CHECK(sh, join(NULL) > 0);
	ring = add("keyring", "ckpt-inner", NULL, KEY_SPEC_SESSION_KEYRING);
	TARGET_CHECK(sh, ring > 0 && !setperm(ring, POS_ALL | USR_ALL));
	sh->data[2] = ring;
	target_step(sh, 1);
}

TEST_F(key, refused_shared_outside)
{
	struct ckpt_test *t = &self->t;
	pid_t pid;

	ASSERT_LT(0, spawn(t, has_inner_ring));
	ASSERT_TRUE(wait_step(t->sh, 1));
	pid = fork();
	if (!pid) {
		if (join("ckpt-inner") != (long)t->sh->data[2])
			_exit(1);
		atomic_store(&t->sh->ready, 2);
		pause();
	}
	ASSERT_TRUE(wait_step(t->sh, 2));
	EXPECT_EQ(-EBUSY, do_checkpoint(t, 0));
	EXPECT_NE(NULL, strstr(t->msg, ": shared with task"))
		TH_LOG("%s", t->msg);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

TEST_HARNESS_MAIN
