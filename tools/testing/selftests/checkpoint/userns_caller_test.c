// SPDX-License-Identifier: GPL-2.0
/*
 * Checkpoint/restart - callers of restart() that have made the container's user
 * namespace themselves, and entered it: what they supply must be as it was, and
 * what is outside of it is beyond their reach
 */
#include "image.h"
#include <grp.h>
#include <sched.h>

#define GUEST	1000
#define GROUP	7

FIXTURE(caller)
{
	struct ckpt_test t;
	struct image img;
};

FIXTURE_SETUP(caller)
{
	char path[128];

	out.buf = private_memory(MAX_IMAGE);
	ASSERT_TRUE(test_setup(&self->t));
	/* Anybody may call restart() here. */
	test_path(&self->t, "shared", path, sizeof(path));
	ASSERT_EQ(0, chmod(path, 0666));
	ASSERT_EQ(0, chmod(self->t.dir, 0755));
}

FIXTURE_TEARDOWN(caller)
{
	test_teardown(&self->t);
}

static bool map_root(pid_t pid, const char *map)
{
	return write_proc(pid, "setgroups", "deny") &&
	       write_proc(pid, "uid_map", map) && write_proc(pid, "gid_map", map);
}

/* ---- containers ---- */

static void init(struct shared *sh, bool nested)
{
	while (!atomic_load(&sh->data[0]))
		nap_ms(2);
	if (atomic_load(&sh->data[2]) && memfd_create("letters", 0) < 0)
		_exit(1);
	if (atomic_load(&sh->data[3]) && open("/dev/ptmx", O_RDWR | O_NOCTTY) < 0)
		_exit(1);
	if (nested && !fork()) {
		if (unshare(CLONE_NEWUSER))
			_exit(1);
		atomic_store(&sh->data[1], 1);
		pause();
	}
	while (nested && !atomic_load(&sh->data[1]))
		nap_ms(2);
	target_step(sh, 1);
	pause();
}

/* The image of a container whose user namespace maps 0 to 0. */
static bool make_container(struct ckpt_test *t, struct image *img, int flags,
			   bool nested)
{
	struct checkpoint_args args = {
		.flags		= CHECKPOINT_KILL,
		.pidfd		= -1,
		.image_fd	= t->image,
		.log_fd		= t->log,
		.parent_fd	= -1,
	};
	long ret;

	atomic_store(&t->sh->data[0], 0);
	atomic_store(&t->sh->data[1], 0);
	t->pid = syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID | flags |
			 SIGCHLD, NULL, NULL, NULL, NULL);
	if (!t->pid) {
		setsid();
		close_range(0, ~0U, 0);
		if (open("/dev/null", O_RDWR) || dup(0) != 1 || dup(0) != 2)
			_exit(99);
		drop_harness_memory();
		init(t->sh, nested);
		_exit(0);
	}
	if (!map_root(t->pid, "0 0 1\n"))
		return false;
	atomic_store(&t->sh->data[0], 1);
	if (!wait_step(t->sh, 1))
		return false;
	nap_ms(10);
	args.pid = t->pid;
	ret = sys_checkpoint(&args, sizeof(args));
	read_log(t);
	kill(t->pid, SIGKILL);
	waitpid(t->pid, NULL, __WALL);
	t->pid = 0;
	if (ret < 0)
		fprintf(stderr, "%s\n", t->msg);
	return ret > 0 && load_image(t->image, "container", img);
}

/* The @nth record of a type. */
static void *find(struct image *img, unsigned int type, unsigned int nth)
{
	unsigned int i;

	for (i = 0; i < img->nr; i++)
		if (img->recs[i].h->type == type && !nth--)
			return own(&img->recs[i]);
	return NULL;
}

static bool put_image(struct ckpt_test *t, const struct image *img)
{
	assemble(img, 0);
	return !ftruncate(t->image, 0) &&
	       pwrite(t->image, out.buf, out.len, 0) == (ssize_t)out.len;
}

/* ---- callers ---- */

/**
 * struct caller - who calls restart()
 * @uid: user and group, before it makes the user namespace
 * @group: supplementary group, or 0
 * @map: of that
 * @setgroups: setgroups() is allowed there
 * @outside: stays outside, and supplies it all the same
 * @inner: user and group that it becomes inside, then without capabilities, or 0
 */
struct caller {
	uid_t uid;
	gid_t group;
	const char *map;
	bool setgroups;
	bool outside;
	uid_t inner;
};

static const struct caller root = { .map = "0 0 1\n" };
static const struct caller guest = { .uid = GUEST, .map = "0 1000 1\n" };

static long call_restart(struct ckpt_test *t, unsigned int id)
{
	char key[16];
	struct ckpt_external ext = {
		.key = (uintptr_t)key,
		.fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC),
	};
	struct restart_args args = {
		.image_fd	= t->image,
		.log_fd		= t->log,
		.external	= (uintptr_t)&ext,
		.nr_external	= 1,
	};
	long ret;

	snprintf(key, sizeof(key), "ns:%u", id);
	lseek(t->image, 0, SEEK_SET);
	ret = sys_restart(&args, sizeof(args));
	return ret < 0 ? -errno : ret;
}

static bool same_user_ns(pid_t pid)
{
	struct stat a, b;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	return !stat(path, &a) && !stat("/proc/self/ns/user", &b) &&
	       a.st_ino == b.st_ino;
}

static void be_caller(struct ckpt_test *t, unsigned int id,
		      const struct caller *c, int up, int down)
{
	gid_t group = c->group;
	char byte;
	long ret;

	if (setgroups(!!group, &group) || setresgid(c->uid, c->uid, c->uid) ||
	    setresuid(c->uid, c->uid, c->uid))
		_exit(200);
	if (!c->outside && unshare(CLONE_NEWUSER))
		_exit(201);
	if (write(up, "", 1) != 1 || read(down, &byte, 1) != 1)
		_exit(202);
	if (c->inner && (setresgid(c->inner, c->inner, c->inner) ||
			 setresuid(c->inner, c->inner, c->inner)))
		_exit(204);
	ret = call_restart(t, id);
	if (ret < 0)
		_exit(-ret);
	if (!same_user_ns(ret))
		_exit(203);
	kill(ret, SIGKILL);
	waitpid(ret, NULL, __WALL);
	_exit(0);
}

/* Return: 0 or the errno of restart(); 200 and more is a bug here. */
static int restart_by(struct ckpt_test *t, struct image *img,
		      const struct caller *c)
{
	const struct ckpt_hdr *user = find(img, CKPT_HDR_NS_USER, 0);
	int up[2], down[2], status;
	unsigned int id;
	char byte;
	pid_t pid;

	if (!user)
		return 209;
	/* Children do not have the image. */
	id = user->id;
	if (pipe2(up, O_CLOEXEC) || pipe2(down, O_CLOEXEC))
		return 210;
	pid = fork();
	if (!pid)
		be_caller(t, id, c, up[1], down[0]);
	if (read(up[0], &byte, 1) != 1)
		return 211;
	if (!c->outside) {
		if (!c->setgroups && !write_proc(pid, "setgroups", "deny"))
			return 212;
		if (!write_proc(pid, "uid_map", c->map) ||
		    !write_proc(pid, "gid_map", c->map))
			return 213;
	}
	if (write(down[1], "", 1) != 1)
		return 214;
	close(up[0]);
	close(up[1]);
	close(down[0]);
	close(down[1]);
	waitpid(pid, &status, 0);
	read_log(t);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 215;
}

#define EXPECT_RESTART(err, who, text)					\
do {									\
	EXPECT_EQ(err, restart_by(&self->t, &self->img, who))		\
		TH_LOG("%s", self->t.msg);				\
	EXPECT_NE(NULL, strstr(self->t.msg, text))			\
		TH_LOG("%s", self->t.msg);				\
} while (0)

#define CONTAINER(flags, nested)					\
	ASSERT_TRUE(make_container(&self->t, &self->img, flags, nested))

/* ---- what is supplied ---- */

TEST_F(caller, same)
{
	CONTAINER(CLONE_NEWUTS | CLONE_NEWIPC, false);
	EXPECT_RESTART(0, &root, "");
	EXPECT_EQ(NULL, strstr(self->t.msg, "user namespace"))
		TH_LOG("%s", self->t.msg);
}

TEST_F(caller, other_ids_outside)
{
	const struct caller other = { .map = "0 5 1\n" };

	CONTAINER(0, false);
	EXPECT_RESTART(0, &other, "user ids are others outside");
	EXPECT_RESTART(0, &guest, "group ids are others outside");
}

TEST_F(caller, other_ids_inside)
{
	const struct caller other = { .map = "1 0 1\n" };
	const struct caller more = { .map = "0 0 2\n" };
	const struct caller split = { .map = "0 0 1\n1 5 1\n" };

	CONTAINER(0, false);
	EXPECT_RESTART(EINVAL, &other, "does not map the 1 user ids from 0");
	EXPECT_RESTART(EINVAL, &more, "does not map the 1 user ids from 0");
	EXPECT_RESTART(EINVAL, &split, "maps 2 ranges of user ids, not 1");
}

TEST_F(caller, setgroups)
{
	const struct caller allowed = { .map = "0 0 1\n", .setgroups = true };

	CONTAINER(0, false);
	EXPECT_RESTART(EINVAL, &allowed, "setgroups() was denied, not allowed");
}

TEST_F(caller, outermost)
{
	const struct caller outside = { .outside = true };

	CONTAINER(0, false);
	EXPECT_RESTART(EINVAL, &outside, "user namespace of another parent");
}

TEST_F(caller, network_of_another)
{
	CONTAINER(CLONE_NEWNET, false);
	EXPECT_RESTART(EINVAL, &root,
		       "net namespace of the caller: its owner is not");
}

/* ---- what is outside ---- */

static void set_ids(struct ckpt_hdr_cred *cred, unsigned int id)
{
	cred->uid = id;
	cred->euid = id;
	cred->suid = id;
	cred->fsuid = id;
	cred->gid = id;
	cred->egid = id;
	cred->sgid = id;
	cred->fsgid = id;
}

/* Who has left a user namespace gives no files to those who are in there. */
TEST_F(caller, owner_of_file)
{
	struct ckpt_hdr_unlinked *file;

	atomic_store(&self->t.sh->data[2], 1);
	CONTAINER(0, false);
	EXPECT_RESTART(0, &root, "");
	file = find(&self->img, CKPT_HDR_UNLINKED, 0);
	ASSERT_NE(NULL, file);
	file->uid = 77;
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(EPERM, &root, "is outside the user namespace");
	file->uid = 0;
	file->gid = 77;
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(EPERM, &root, "is outside the user namespace");
}

/* Nor terminals, which belong to the user that opens them, or any by chown(). */
TEST_F(caller, owner_of_terminal)
{
	const struct caller range = { .map = "0 0 2\n" };
	struct ckpt_hdr_ns_user *user;
	struct ckpt_hdr_pty *pty;

	atomic_store(&self->t.sh->data[3], 1);
	CONTAINER(0, false);
	EXPECT_RESTART(0, &root, "");
	pty = find(&self->img, CKPT_HDR_PTY, 0);
	ASSERT_NE(NULL, pty);
	pty->uid = 1;
	pty->gid = 0;
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(EPERM, &root, "owner is user 1, group 0");
	pty->uid = 0;
	pty->gid = 1;
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(EPERM, &root, "owner is user 0, group 1");

	/* A plain user has itself, or what else has a number inside. */
	EXPECT_RESTART(EPERM, &guest, "owner is user 0, group 1");
	pty->uid = GUEST;
	pty->gid = GUEST;
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(0, &guest, "");
	user = find(&self->img, CKPT_HDR_NS_USER, 0);
	user->map[0].count = 2;
	user->map[1].count = 2;
	pty->uid = 1;
	pty->gid = 1;
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(0, &range, "");
}

/* A group from before has no number inside: only who has it can pass it on. */
TEST_F(caller, left_over_group)
{
	const struct caller member = { .group = GROUP, .map = "0 0 1\n" };
	const struct caller guest_member = {
		.uid = GUEST, .group = GROUP, .map = "0 1000 1\n",
	};
	struct ckpt_hdr_cred *cred;
	gid_t group = GROUP;

	ASSERT_EQ(0, setgroups(1, &group));
	CONTAINER(0, false);
	ASSERT_EQ(0, setgroups(0, NULL));
	EXPECT_RESTART(EPERM, &root, "ids from outside the user namespace");
	EXPECT_RESTART(0, &member, "");

	/* The ids of the image are those of root outside. */
	EXPECT_RESTART(EPERM, &guest, "ids from outside the user namespace");
	EXPECT_RESTART(EPERM, &guest_member, "ids from outside the user namespace");
	cred = find(&self->img, CKPT_HDR_CRED, 0);
	ASSERT_EQ(CKPT_CRED_OUTER, cred->flags);
	set_ids(cred, GUEST);
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(0, &guest_member, "");
	EXPECT_RESTART(EPERM, &guest, "ids from outside the user namespace");
	cred->suid = 0;
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(EPERM, &guest_member, "ids from outside the user namespace");
}

/* The same where setgroups() is allowed: of what has a number only. */
TEST_F(caller, group_by_setgroups)
{
	const struct caller allowed = {
		.uid = GUEST, .map = "0 1000 1\n", .setgroups = true,
	};
	struct ckpt_hdr_ns_user *user;
	struct ckpt_hdr_cred *cred;
	gid_t group = GROUP;

	ASSERT_EQ(0, setgroups(1, &group));
	CONTAINER(0, false);
	user = find(&self->img, CKPT_HDR_NS_USER, 0);
	user->ns.flags |= CKPT_NS_USER_SETGROUPS;
	cred = find(&self->img, CKPT_HDR_CRED, 0);
	set_ids(cred, GUEST);
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(EPERM, &allowed, "ids from outside the user namespace");
	ASSERT_EQ(1, cred->nr_groups);
	cred->groups[0] = GUEST;
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(0, &allowed, "");
}

/* Credentials of the user namespace that has been left. */
TEST_F(caller, credentials_outside)
{
	struct ckpt_hdr_cred *cred;
	unsigned int i;

	CONTAINER(0, false);
	for (i = 0; (cred = find(&self->img, CKPT_HDR_CRED, i)); i++)
		cred->user_ns = 0;
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(EPERM, &root, "of a user namespace outside the caller's");
	EXPECT_RESTART(EPERM, &guest, "of a user namespace outside the caller's");
}

/* Another one beside the caller's. */
TEST_F(caller, sibling)
{
	struct ckpt_hdr_ns_user *user;

	CONTAINER(0, true);
	user = find(&self->img, CKPT_HDR_NS_USER, 1);
	ASSERT_NE(NULL, user);
	EXPECT_RESTART(0, &root, "");
	user->ns.user = 0;
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(EPERM, &root, "user namespace: is outside of the caller's");
	EXPECT_RESTART(EPERM, &guest, "user namespace: is outside of the caller's");
}

/* Who is in a user namespace is not who has made it. */
TEST_F(caller, owner_without_right)
{
	const struct caller nobody = {
		.uid = GUEST, .map = "0 1000 2\n", .inner = 1,
	};
	struct ckpt_hdr_ns_user *user, *nested;

	CONTAINER(0, true);
	user = find(&self->img, CKPT_HDR_NS_USER, 0);
	nested = find(&self->img, CKPT_HDR_NS_USER, 1);
	ASSERT_NE(NULL, nested);
	ASSERT_EQ(user->ns.h.id, nested->ns.user);
	ASSERT_EQ(1, user->nr_uid);
	ASSERT_EQ(1, user->nr_gid);
	user->map[0].count = 2;
	user->map[1].count = 2;
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(EPERM, &nobody, "user namespace: owner is user 0");
	nested->owner = 1;
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(EPERM, &nobody, "user namespace: owner is group 0");
}

/* Other namespaces that belong to it. */
TEST_F(caller, owner_outside)
{
	struct ckpt_hdr_ns *ns;

	CONTAINER(CLONE_NEWUTS, false);
	ns = find(&self->img, CKPT_HDR_NS_UTS, 0);
	ASSERT_NE(NULL, ns);
	ns->user = 0;
	ASSERT_TRUE(put_image(&self->t, &self->img));
	EXPECT_RESTART(EPERM, &root, "no right to create a namespace");
}

TEST_HARNESS_MAIN
