// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - credentials
 */
#include "common.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/fsuid.h>

FIXTURE(cred) {
	struct ckpt_test t;
};

FIXTURE_SETUP(cred)
{
	char path[128];

	if (getuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(test_setup(&self->t));
	/* The shared file and its directory must open for any user. */
	ASSERT_EQ(0, chmod(self->t.dir, 0777));
	test_path(&self->t, "shared", path, sizeof(path));
	ASSERT_EQ(0, chmod(path, 0666));
}

FIXTURE_TEARDOWN(cred)
{
	test_teardown(&self->t);
}

struct caps {
	uint64_t effective, permitted, inheritable;
};

static int get_caps(struct caps *c)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &head, d))
		return -1;
	c->effective = d[0].effective | (uint64_t)d[1].effective << 32;
	c->permitted = d[0].permitted | (uint64_t)d[1].permitted << 32;
	c->inheritable = d[0].inheritable | (uint64_t)d[1].inheritable << 32;
	return 0;
}

static int set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {
		{ effective, permitted, inheritable },
		{ effective >> 32, permitted >> 32, inheritable >> 32 },
	};

	return syscall(SYS_capset, &head, d);
}

#define CAP(x)	(1ULL << (x))

/* All ids different, some groups. */
static const gid_t groups[] = { 7, 4711, 70000 };

static void become_user(struct shared *sh)
{
	TARGET_CHECK(sh, !setgroups(3, groups));
	TARGET_CHECK(sh, !syscall(SYS_setresgid, 100, 200, 300));
	TARGET_CHECK(sh, !prctl(PR_SET_KEEPCAPS, 1));
	TARGET_CHECK(sh, !syscall(SYS_setresuid, 1000, 2000, 3000));
	TARGET_CHECK(sh, !prctl(PR_SET_DUMPABLE, 1));
}

static void check_user(struct shared *sh)
{
	uid_t r, e, s;
	gid_t list[8];

	TARGET_CHECK(sh, !getresuid(&r, &e, &s) && r == 1000 && e == 2000 && s == 3000);
	TARGET_CHECK(sh, !getresgid(&r, &e, &s) && r == 100 && e == 200 && s == 300);
	TARGET_CHECK(sh, getgroups(8, list) == 3);
	TARGET_CHECK(sh, !memcmp(list, groups, sizeof(groups)));
}

static void ids(struct shared *sh)
{
	become_user(sh);
	setfsuid(3000);
	setfsgid(100);
	target_step(sh, 1);
	check_user(sh);
	TARGET_CHECK(sh, setfsuid(-1) == 3000);
	TARGET_CHECK(sh, setfsgid(-1) == 100);
}

TEST_F(cred, ids)
{
	ROUND_TRIP(&self->t, ids);
}

/* Capability sets, one different from the other. */
static void capabilities(struct shared *sh)
{
	const uint64_t permitted = CAP(CAP_NET_ADMIN) | CAP(CAP_SYS_TIME) |
				   CAP(CAP_CHECKPOINT_RESTORE) | CAP(CAP_SETPCAP);
	struct caps c = {};

	TARGET_CHECK(sh, !prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT));
	TARGET_CHECK(sh, !prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
				SECBIT_KEEP_CAPS));
	become_user(sh);
	TARGET_CHECK(sh, !set_caps(CAP(CAP_SYS_TIME), permitted, CAP(CAP_NET_ADMIN)));
	TARGET_CHECK(sh, !prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0));
	target_step(sh, 1);
	check_user(sh);
	TARGET_CHECK(sh, !get_caps(&c));
	TARGET_CHECK(sh, c.effective == CAP(CAP_SYS_TIME));
	TARGET_CHECK(sh, c.permitted == permitted);
	TARGET_CHECK(sh, c.inheritable == CAP(CAP_NET_ADMIN));
	TARGET_CHECK(sh, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_ADMIN, 0, 0) == 1);
	TARGET_CHECK(sh, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_SYS_TIME, 0, 0) == 0);
	TARGET_CHECK(sh, prctl(PR_CAPBSET_READ, CAP_SYS_BOOT) == 0);
	TARGET_CHECK(sh, prctl(PR_CAPBSET_READ, CAP_NET_RAW) == 1);
	TARGET_CHECK(sh, prctl(PR_GET_SECUREBITS) == (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
						      SECBIT_KEEP_CAPS));
}

TEST_F(cred, capabilities)
{
	ROUND_TRIP(&self->t, capabilities);
}

/* What a change of ids resets comes back all the same. */
static void side_effects(struct shared *sh)
{
	int sig;

	become_user(sh);
	prctl(PR_SET_PDEATHSIG, SIGURG);
	target_step(sh, 1);
	TARGET_CHECK(sh, prctl(PR_GET_DUMPABLE) == 1);
	TARGET_CHECK(sh, !prctl(PR_GET_PDEATHSIG, &sig) && sig == SIGURG);
}

TEST_F(cred, side_effects)
{
	ROUND_TRIP(&self->t, side_effects);
}

static void undumpable(struct shared *sh)
{
	TARGET_CHECK(sh, !prctl(PR_SET_DUMPABLE, 0));
	target_step(sh, 1);
	TARGET_CHECK(sh, prctl(PR_GET_DUMPABLE) == 0);
}

TEST_F(cred, undumpable)
{
	ROUND_TRIP(&self->t, undumpable);
}

/*
 * A caller that may choose pids and nothing else: it can bring back what has no
 * more than itself, and nothing that has.
 */
static void become_restarter(uid_t uid)
{
	const uint64_t cap = CAP(CAP_CHECKPOINT_RESTORE);

	if (setgroups(0, NULL) || setresgid(uid, uid, uid) ||
	    prctl(PR_SET_KEEPCAPS, 1) || setresuid(uid, uid, uid) ||
	    set_caps(cap, cap, 0) || prctl(PR_SET_DUMPABLE, 1))
		_exit(98);
}

/* A target that has never been root's, but for its program. */
#define TARGET_ENV	"CKPT_CRED_TEST_SHARED"

static char shared_path[128];

static void unprivileged(struct shared *sh)
{
	TARGET_CHECK(sh, !setgroups(0, NULL));
	TARGET_CHECK(sh, !setresgid(1000, 1000, 1000));
	TARGET_CHECK(sh, !setresuid(1000, 1000, 1000));
	close_range(0, ~0U, 0);
	TARGET_CHECK(sh, !chdir("/"));
	TARGET_CHECK(sh, !setenv(TARGET_ENV, shared_path, 1));
	execl("/proc/self/exe", "target", NULL);
	TARGET_CHECK(sh, !"exec");
}

static __attribute__((constructor)) void unprivileged_target(void)
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
	target_step(sh, 1);
	TARGET_CHECK(sh, getuid() == 1000 && geteuid() == 1000);
	TARGET_CHECK(sh, getgroups(0, NULL) == 0);
	_exit(0);
}

static void privileged(struct shared *sh)
{
	target_step(sh, 1);
}

static void in_group(struct shared *sh)
{
	TARGET_CHECK(sh, !setgroups(1, groups));
	TARGET_CHECK(sh, !setresgid(1000, 1000, 1000));
	TARGET_CHECK(sh, !setresuid(1000, 1000, 1000));
	target_step(sh, 1);
}

static void with_capability(struct shared *sh)
{
	TARGET_CHECK(sh, !setgroups(0, NULL));
	TARGET_CHECK(sh, !setresgid(1000, 1000, 1000));
	TARGET_CHECK(sh, !prctl(PR_SET_KEEPCAPS, 1));
	TARGET_CHECK(sh, !setresuid(1000, 1000, 1000));
	TARGET_CHECK(sh, !set_caps(0, CAP(CAP_SYS_ADMIN), 0));
	target_step(sh, 1);
}

static void with_set_user_id(struct shared *sh)
{
	TARGET_CHECK(sh, !setgroups(0, NULL));
	TARGET_CHECK(sh, !setresgid(1000, 1000, 1000));
	TARGET_CHECK(sh, !setresuid(1000, 1000, 0));
	target_step(sh, 1);
}

static void restart_as_user(struct __test_metadata *_metadata, struct ckpt_test *t,
			    void (*fn)(struct shared *), long expect, const char *text)
{
	int status;

	ASSERT_LT(0, spawn(t, fn));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(t, CHECKPOINT_KILL)) TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	if (!fork()) {
		long ret;

		become_restarter(1000);
		ret = do_restart(t, 0);
		if (expect > 0 ? ret > 0 : ret == expect && strstr(t->msg, text))
			_exit(ret > 0 && wait_exit(ret) ? 2 : 0);
		fprintf(stderr, "# %ld %s\n", ret, t->msg);
		_exit(1);
	}
	ASSERT_LT(0, wait(&status));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, t->sh->failed) TH_LOG("line %d: %s", t->sh->failed, t->sh->why);
	t->pid = 0;
}

TEST_F(cred, restart_unprivileged)
{
	test_path(&self->t, "shared", shared_path, sizeof(shared_path));
	restart_as_user(_metadata, &self->t, unprivileged, 1, "");
}

/* What it has open is root's; what it may do with that is not. */
static void with_roots_files(struct shared *sh)
{
	TARGET_CHECK(sh, open("/etc/passwd", O_RDONLY) >= 0);
	TARGET_CHECK(sh, !chdir("/"));
	TARGET_CHECK(sh, !setgroups(0, NULL));
	TARGET_CHECK(sh, !setresgid(1000, 1000, 1000));
	TARGET_CHECK(sh, !setresuid(1000, 1000, 1000));
	TARGET_CHECK(sh, !prctl(PR_SET_DUMPABLE, 1));
	target_step(sh, 1);
	TARGET_CHECK(sh, getuid() == 1000);
}

TEST_F(cred, restart_with_roots_files)
{
	restart_as_user(_metadata, &self->t, with_roots_files, 1, "");
}

TEST_F(cred, restart_privileged)
{
	restart_as_user(_metadata, &self->t, privileged, -EPERM, "credentials");
}

TEST_F(cred, restart_in_group)
{
	restart_as_user(_metadata, &self->t, in_group, -EPERM, "credentials");
}

TEST_F(cred, restart_with_capability)
{
	restart_as_user(_metadata, &self->t, with_capability, -EPERM, "credentials");
}

TEST_F(cred, restart_with_set_user_id)
{
	restart_as_user(_metadata, &self->t, with_set_user_id, -EPERM, "credentials");
}

TEST_HARNESS_MAIN
