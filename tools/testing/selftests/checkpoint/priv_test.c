// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - who may restart what, and who may use the calls
 *
 * The matrix: each image is restarted by each caller. What comes back has
 * exactly the credentials that it had, and none of them goes beyond what the
 * caller could have got by itself; or nothing comes back.
 */
#include "common.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>

#define CAP(x)	(1ULL << (x))

static int set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {
		{ effective, permitted, inheritable },
		{ effective >> 32, permitted >> 32, inheritable >> 32 },
	};

	return syscall(SYS_capset, &head, d);
}

static int set_unpriv_allowed(const char *value)
{
	return !write_file("/proc/sys/kernel/ckpt_unpriv_allowed", value);
}

/* ---- images ---- */

/*
 * What is restarted was executed with its credentials: the files it has open,
 * its executable among them, keep those that opened them.
 */
struct image {
	uid_t uid;
	gid_t group;
	uint64_t ambient;	/* also permitted, effective and inheritable */
	uint64_t inheritable;
	uint64_t dropped;	/* from the bounding set */
	bool only_permitted;	/* of @ambient */
	bool noroot;		/* a root without capabilities */
};

enum image_name {
	ROOT, ROOT_WITHOUT_CAPS, OTHER, SAME, SAME_AMBIENT, SAME_PERMITTED,
	SAME_INHERITABLE, SAME_BOUNDED, SAME_GROUP, SAME_CAP, NR_IMAGES,
};

static const struct image images[NR_IMAGES] = {
	[ROOT]			= { .uid = 0 },
	[ROOT_WITHOUT_CAPS]	= { .uid = 0, .noroot = true },
	[OTHER]			= { .uid = 2000 },
	[SAME]			= { .uid = 1000 },
	[SAME_AMBIENT]		= { .uid = 1000, .ambient = CAP(CAP_NET_RAW) },
	[SAME_PERMITTED]	= { .uid = 1000, .ambient = CAP(CAP_NET_RAW),
				    .only_permitted = true },
	[SAME_INHERITABLE]	= { .uid = 1000, .inheritable = CAP(CAP_NET_RAW) },
	[SAME_BOUNDED]		= { .uid = 1000, .dropped = CAP(CAP_SYS_BOOT) },
	[SAME_GROUP]		= { .uid = 1000, .group = 4711 },
	[SAME_CAP]		= { .uid = 1000, .ambient = CAP(CAP_CHECKPOINT_RESTORE) },
};

static const struct image *wanted;
static char shared_path[128];

#define ENV_SHARED	"CKPT_PRIV_TEST_SHARED"
#define ENV_PERMITTED	"CKPT_PRIV_TEST_PERMITTED"

static void raise_ambient(uint64_t caps)
{
	int i;

	for (i = 0; i < 41; i++)
		if (caps & CAP(i))
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
}

/* In the target: take the credentials, then execute ourselves with them. */
static void become_image(struct shared *sh)
{
	const struct image *im = wanted;
	uint64_t all = im->ambient | im->inheritable;
	int i;

	for (i = 0; i < 41; i++)
		if (im->dropped & CAP(i))
			TARGET_CHECK(sh, !prctl(PR_CAPBSET_DROP, i));
	if (im->noroot)
		TARGET_CHECK(sh, !prctl(PR_SET_SECUREBITS, SECBIT_NOROOT));
	TARGET_CHECK(sh, !setgroups(!!im->group, &im->group));
	if (im->uid) {
		TARGET_CHECK(sh, !prctl(PR_SET_KEEPCAPS, 1));
		TARGET_CHECK(sh, !setresgid(im->uid, im->uid, im->uid));
		TARGET_CHECK(sh, !setresuid(im->uid, im->uid, im->uid));
	}
	if (im->uid || im->noroot)
		TARGET_CHECK(sh, !set_caps(all, all, all));
	raise_ambient(im->ambient);
	close_range(0, ~0U, 0);
	TARGET_CHECK(sh, !chdir("/"));
	TARGET_CHECK(sh, !setenv(ENV_SHARED, shared_path, 1));
	if (im->only_permitted)
		setenv(ENV_PERMITTED, "1", 1);
	execl("/proc/self/exe", "target", NULL);
	TARGET_CHECK(sh, !"exec");
}

/* What a task can see of its own credentials; /proc may be another namespace's. */
static void read_creds(char *buf, size_t size)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {};
	uid_t u[3];
	gid_t g[3], groups[8];
	uint64_t ambient = 0, bset = 0;
	int i;

	syscall(SYS_capget, &head, d);
	getresuid(&u[0], &u[1], &u[2]);
	getresgid(&g[0], &g[1], &g[2]);
	for (i = 0; i < 41; i++) {
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
			ambient |= CAP(i);
		if (prctl(PR_CAPBSET_READ, i) == 1)
			bset |= CAP(i);
	}
	snprintf(buf, size, "%u %u %u %u %u %u %d %d %x%x %x%x %x%x %llx %llx",
		 u[0], u[1], u[2], g[0], g[1], g[2], getgroups(8, groups),
		 prctl(PR_GET_SECUREBITS), d[1].effective, d[0].effective,
		 d[1].permitted, d[0].permitted, d[1].inheritable, d[0].inheritable,
		 (unsigned long long)ambient, (unsigned long long)bset);
}

static __attribute__((constructor)) void target_main(void)
{
	const char *path = getenv(ENV_SHARED);
	char before[512], after[512];
	struct shared *sh;
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDWR);
	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd || sh == MAP_FAILED)
		_exit(97);
	if (getenv(ENV_PERMITTED)) {
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
		set_caps(0, CAP(CAP_NET_RAW), 0);
	}
	read_creds(before, sizeof(before));
	target_step(sh, 1);
	read_creds(after, sizeof(after));
	if (strcmp(before, after) && !atomic_exchange(&sh->failed, __LINE__))
		snprintf(sh->why, sizeof(sh->why), "%.110s / %.110s", before, after);
	_exit(atomic_load(&sh->failed) ? 1 : 0);
}

/* ---- callers ---- */

FIXTURE(priv) {
	struct ckpt_test t;
};

FIXTURE_VARIANT(priv) {
	void (*become)(void);
	int expect[NR_IMAGES];	/* 0: comes back */
};

static void be_root(void)
{
}

static void be_user(uint64_t caps)
{
	if (setgroups(0, NULL) || setresgid(1000, 1000, 1000) ||
	    prctl(PR_SET_KEEPCAPS, 1) || setresuid(1000, 1000, 1000) ||
	    set_caps(caps, caps, 0) || prctl(PR_SET_DUMPABLE, 1))
		_exit(98);
}

static void be_plain_user(void)
{
	be_user(0);
}

/* May choose process ids, and nothing else. */
static void be_user_with_cap(void)
{
	be_user(CAP(CAP_CHECKPOINT_RESTORE));
}

/* Process 1 of a pid namespace, root in a user namespace where nobody else is. */
static void be_namespace_root(void)
{
	int status;
	pid_t pid;

	be_plain_user();
	if (unshare(CLONE_NEWUSER | CLONE_NEWPID) ||
	    !write_file("/proc/self/setgroups", "deny") ||
	    !write_file("/proc/self/uid_map", "0 1000 1") ||
	    !write_file("/proc/self/gid_map", "0 1000 1"))
		_exit(98);
	pid = fork();
	if (!pid)
		return;
	waitpid(pid, &status, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

FIXTURE_VARIANT_ADD(priv, by_root) {
	.become = be_root,
	.expect = { 0 },
};

FIXTURE_VARIANT_ADD(priv, by_namespace_root) {
	.become = be_namespace_root,
	.expect = {
		[OTHER] = EINVAL, [SAME] = EINVAL, [SAME_AMBIENT] = EINVAL,
		[SAME_PERMITTED] = EINVAL, [SAME_INHERITABLE] = EINVAL,
		[SAME_BOUNDED] = EINVAL, [SAME_GROUP] = EINVAL,
		[SAME_CAP] = EINVAL,
	},
};

FIXTURE_VARIANT_ADD(priv, by_user_with_cap) {
	.become = be_user_with_cap,
	.expect = {
		[ROOT] = EPERM, [ROOT_WITHOUT_CAPS] = EPERM, [OTHER] = EPERM,
		[SAME_AMBIENT] = EPERM, [SAME_PERMITTED] = EPERM,
		[SAME_INHERITABLE] = EPERM, [SAME_BOUNDED] = EPERM,
		[SAME_GROUP] = EPERM,
	},
};

FIXTURE_VARIANT_ADD(priv, by_plain_user) {
	.become = be_plain_user,
	.expect = {
		[ROOT] = EPERM, [ROOT_WITHOUT_CAPS] = EPERM, [OTHER] = EPERM,
		[SAME] = EPERM, [SAME_AMBIENT] = EPERM, [SAME_PERMITTED] = EPERM,
		[SAME_INHERITABLE] = EPERM, [SAME_BOUNDED] = EPERM,
		[SAME_GROUP] = EPERM, [SAME_CAP] = EPERM,
	},
};

FIXTURE_SETUP(priv)
{
	if (getuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(test_setup(&self->t));
	ASSERT_EQ(0, chmod(self->t.dir, 0777));
	test_path(&self->t, "shared", shared_path, sizeof(shared_path));
	ASSERT_EQ(0, chmod(shared_path, 0666));
}

FIXTURE_TEARDOWN(priv)
{
	set_unpriv_allowed("2");
	write_file("/proc/sys/fs/suid_dumpable", "0");
	if (self->t.sh)
		test_teardown(&self->t);
}

/* Real, effective and saved user id of a task, as this namespace sees them. */
static bool uids_are(pid_t pid, unsigned int uid)
{
	char path[64], line[256];
	unsigned int r, e, s;
	bool ret = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Uid: %u %u %u", &r, &e, &s) == 3)
			ret = r == uid && e == uid && s == uid;
	if (f)
		fclose(f);
	return ret;
}

/* Return: 0, or the positive errno; 200 and more if something else is wrong. */
static int restart_and_check(struct ckpt_test *t)
{
	long ret = -EEXIST;
	int status;

	while (ret == -EEXIST) {
		ret = do_restart(t, 0);
		nap_ms(ret == -EEXIST ? 10 : 0);
	}
	atomic_store(&t->sh->go, 1);
	if (ret < 0) {
		fprintf(stderr, "# %s", t->msg);
		return -ret;
	}
	status = wait_exit(ret);
	return status ? 200 : 0;
}

static void make_image(struct __test_metadata *_metadata, struct ckpt_test *t,
		       enum image_name name)
{
	wanted = &images[name];
	ASSERT_LT(0, spawn(t, become_image));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(0, atomic_load(&t->sh->failed)) TH_LOG("%s", t->sh->why);
	ASSERT_TRUE(uids_are(t->pid, wanted->uid));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
}

static int restart_by(struct ckpt_test *t, void (*become)(void))
{
	int status;

	if (!fork()) {
		become();
		_exit(restart_and_check(t));
	}
	wait(&status);
	t->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

#define MATRIX_TEST(test, image)					\
TEST_F(priv, test)							\
{									\
	const int img = (image);					\
									\
	make_image(_metadata, &self->t, img);				\
	EXPECT_EQ(variant->expect[img],					\
		  restart_by(&self->t, variant->become));		\
	EXPECT_EQ(0, atomic_load(&self->t.sh->failed))			\
		TH_LOG("%s", self->t.sh->why);				\
}

MATRIX_TEST(root, ROOT)
MATRIX_TEST(root_without_caps, ROOT_WITHOUT_CAPS)
MATRIX_TEST(other_user, OTHER)
MATRIX_TEST(same_user, SAME)
MATRIX_TEST(same_user_ambient, SAME_AMBIENT)
MATRIX_TEST(same_user_permitted, SAME_PERMITTED)
MATRIX_TEST(same_user_inheritable, SAME_INHERITABLE)
MATRIX_TEST(same_user_bounded, SAME_BOUNDED)
MATRIX_TEST(same_user_group, SAME_GROUP)
MATRIX_TEST(same_user_with_cap, SAME_CAP)

/* ---- the sysctl ---- */

FIXTURE(sysctl) {
	struct ckpt_test t;
};

FIXTURE_SETUP(sysctl)
{
	if (getuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(test_setup(&self->t));
	ASSERT_EQ(0, chmod(self->t.dir, 0777));
	test_path(&self->t, "shared", shared_path, sizeof(shared_path));
	ASSERT_EQ(0, chmod(shared_path, 0666));
}

FIXTURE_TEARDOWN(sysctl)
{
	set_unpriv_allowed("2");
	write_file("/proc/sys/fs/suid_dumpable", "0");
	if (self->t.sh)
		test_teardown(&self->t);
}

/* Whether it is a user who is refused. Return: a result of checkpoint(). */
static int checkpoint_by_user(struct ckpt_test *t)
{
	int status;

	if (!fork()) {
		long ret;

		be_plain_user();
		ret = do_checkpoint_pid(t, t->pid, 0);
		if (ret < 0)
			fprintf(stderr, "# %s", t->msg);
		_exit(ret < 0 ? -ret : 0);
	}
	wait(&status);
	return WEXITSTATUS(status);
}

static void sysctl_checkpoint(struct __test_metadata *_metadata,
			      struct ckpt_test *t, const char *value, int expect)
{
	wanted = &images[SAME];
	ASSERT_LT(0, spawn(t, become_image));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(0, set_unpriv_allowed(value));
	EXPECT_EQ(expect, checkpoint_by_user(t));
	/* Those who have the privilege are not concerned. */
	EXPECT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
}

static void sysctl_restart(struct __test_metadata *_metadata,
			   struct ckpt_test *t, const char *value, int expect)
{
	make_image(_metadata, t, ROOT);
	ASSERT_EQ(0, set_unpriv_allowed(value));
	EXPECT_EQ(expect, restart_by(t, be_namespace_root));
	EXPECT_EQ(0, restart_by(t, be_root));
}

TEST_F(sysctl, checkpoint_0)
{
	sysctl_checkpoint(_metadata, &self->t, "0", EPERM);
}

TEST_F(sysctl, checkpoint_1)
{
	sysctl_checkpoint(_metadata, &self->t, "1", 0);
}

TEST_F(sysctl, checkpoint_2)
{
	sysctl_checkpoint(_metadata, &self->t, "2", 0);
}

TEST_F(sysctl, restart_0)
{
	sysctl_restart(_metadata, &self->t, "0", EPERM);
}

TEST_F(sysctl, restart_1)
{
	sysctl_restart(_metadata, &self->t, "1", EPERM);
}

TEST_F(sysctl, restart_2)
{
	sysctl_restart(_metadata, &self->t, "2", 0);
}

TEST_F(sysctl, values)
{
	EXPECT_NE(0, set_unpriv_allowed("3"));
	EXPECT_NE(0, set_unpriv_allowed("-1"));
	if (!fork()) {
		be_namespace_root();
		_exit(!set_unpriv_allowed("0"));
	}
	int status;

	wait(&status);
	EXPECT_EQ(0, status);
}

/* ---- both calls, without any privilege outside ---- */

/* The memory of what has not executed a program belongs to where it came from. */
static void execute(struct shared *sh)
{
	close_range(0, ~0U, 0);
	TARGET_CHECK(sh, !chdir("/"));
	TARGET_CHECK(sh, !setenv(ENV_SHARED, shared_path, 1));
	execl("/proc/self/exe", "target", NULL);
	TARGET_CHECK(sh, !"exec");
}

static int round_trip_inside(struct ckpt_test *t)
{
	long ret;

	/* The files that a target has open must be its own. */
	if (!test_setup(t))
		return 201;
	test_path(t, "shared", shared_path, sizeof(shared_path));
	if (spawn(t, execute) < 0 || !wait_step(t->sh, 1))
		return 202;
	ret = do_checkpoint(t, CHECKPOINT_KILL);
	if (ret < 0) {
		fprintf(stderr, "# %s", t->msg);
		return -ret;
	}
	ret = restart_and_check(t);
	if (atomic_load(&t->sh->failed))
		return 203;
	test_teardown(t);
	return ret;
}

TEST_F(sysctl, round_trip_in_namespaces)
{
	int status;

	if (!fork()) {
		be_namespace_root();
		_exit(round_trip_inside(&self->t));
	}
	wait(&status);
	EXPECT_EQ(0, status);
}

/* ---- core dumps ---- */

static int set_suid_dumpable(const char *value)
{
	return !write_file("/proc/sys/fs/suid_dumpable", value);
}

/* The change of the user, which no execve() follows, does what the sysctl says. */
static void become_user_only(struct shared *sh)
{
	TARGET_CHECK(sh, !setgroups(0, NULL));
	TARGET_CHECK(sh, !setresgid(1000, 1000, 1000));
	TARGET_CHECK(sh, !setresuid(1000, 1000, 1000));
	TARGET_CHECK(sh, prctl(PR_GET_DUMPABLE) == 2);
	close_range(0, ~0U, 0);
	TARGET_CHECK(sh, !chdir("/"));
	target_step(sh, 1);
	TARGET_CHECK(sh, prctl(PR_GET_DUMPABLE) == 2);
}

/* Memory of a user's choice that root writes to a file. */
TEST_F(sysctl, dumped_by_root)
{
	struct ckpt_test *t = &self->t;
	pid_t pid;

	ASSERT_EQ(0, set_suid_dumpable("2"));
	pid = spawn(t, become_user_only);
	EXPECT_LT(0, pid);
	EXPECT_TRUE(wait_step(t->sh, 1));
	EXPECT_EQ(0, atomic_load(&t->sh->failed)) TH_LOG("%s", t->sh->why);
	EXPECT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	EXPECT_EQ(0, set_suid_dumpable("0"));
	EXPECT_EQ(EPERM, restart_by(t, be_user_with_cap));
	EXPECT_EQ(0, set_suid_dumpable("2"));
	EXPECT_EQ(0, restart_by(t, be_user_with_cap));
	ASSERT_EQ(0, set_suid_dumpable("0"));
	EXPECT_EQ(0, restart_by(t, be_root));
	EXPECT_EQ(0, atomic_load(&t->sh->failed)) TH_LOG("%s", t->sh->why);
}

/* ---- audit ---- */

static void logged_in(struct shared *sh)
{
	long session;

	TARGET_CHECK(sh, write_file("/proc/self/loginuid", "1234"));
	session = read_number("/proc/self/sessionid");
	target_step(sh, 1);
	TARGET_CHECK(sh, read_number("/proc/self/loginuid") == 1234);
	TARGET_CHECK(sh, session > 0 && read_number("/proc/self/sessionid") == session);
}

TEST_F(sysctl, login_id)
{
	if (access("/proc/self/loginuid", R_OK))
		SKIP(return, "no audit");
	ROUND_TRIP(&self->t, logged_in);
}

/* Who has logged in, and may not change that. */
static void be_logged_in(void)
{
	if (!write_file("/proc/self/loginuid", "4321"))
		_exit(98);
	if (set_caps(~CAP(CAP_AUDIT_CONTROL) & (CAP(41) - 1),
		     ~CAP(CAP_AUDIT_CONTROL) & (CAP(41) - 1), 0))
		_exit(98);
}

TEST_F(sysctl, login_id_denied)
{
	if (access("/proc/self/loginuid", R_OK))
		SKIP(return, "no audit");
	make_image(_metadata, &self->t, SAME);
	EXPECT_EQ(EPERM, restart_by(&self->t, be_logged_in));
	EXPECT_EQ(0, restart_by(&self->t, be_root));
}

TEST_HARNESS_MAIN
