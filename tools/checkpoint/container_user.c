// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user namespace of a container, made again before restart()
 *
 * Whoever makes a user namespace has all rights in it, and none outside any more.
 * So a helper stays behind: it writes the maps of ids, for which it needs what
 * its user may do, or asks newuidmap and newgidmap, which know what else a user
 * may have; and it sets up those parts of the network that lead outside.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ckpt.h"
#include "container.h"

/* What the helper is asked to do, and what it answers. */
enum { DO_MAPS, DO_NETWORK };
enum { DONE, FAILED, NO_RIGHT };

/**
 * struct userns - the user namespace of one container
 * @ct: the container
 * @h: the namespace in the image
 * @net: network of the container, or NULL
 * @sock: to the helper, or in the helper to us
 * @helper: its process id
 * @owner: our process, which the helper does everything for
 * @proc: its directory in /proc; that of no other with the same id some day
 */
struct userns {
	struct container *ct;
	const struct ckpt_hdr_ns_user *h;
	struct net *net;
	int sock;
	pid_t helper;
	pid_t owner;
	int proc;
};

/* ---- maps of ids ---- */

/* Two of the three kinds have programs that map what belongs to a user. */
struct id_kind {
	const char *file;
	const char *program;
	const char *what;
};

static const struct id_kind user_ids = { "uid_map", "newuidmap", "user" };
static const struct id_kind group_ids = { "gid_map", "newgidmap", "group" };
static const struct id_kind project_ids = { "projid_map", NULL, "project" };

static int write_proc(const struct userns *u, const char *name, const char *text)
{
	int fd = openat(u->proc, name, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

static int write_map(const struct userns *u, const char *name,
		     const struct ckpt_idmap *map, __u32 nr)
{
	/* Three numbers of ten digits in a line. */
	char text[CKPT_NS_EXTENTS_MAX * 33 + 1];
	size_t n = 0;
	__u32 i;

	for (i = 0; i < nr; i++)
		n += sprintf(text + n, "%u %u %u\n", map[i].first, map[i].lower,
			     map[i].count);
	return write_proc(u, name, text);
}

/* Run newuidmap or newgidmap. Return: whether it has done it. */
static bool run_program(pid_t pid, const char *program,
			const struct ckpt_idmap *map, __u32 nr)
{
	char numbers[CKPT_NS_EXTENTS_MAX * 3][11], target[12];
	char *argv[CKPT_NS_EXTENTS_MAX * 3 + 3];
	int n = 0, status;
	pid_t child;
	__u32 i;

	snprintf(target, sizeof(target), "%d", pid);
	argv[n++] = (char *)program;
	argv[n++] = target;
	for (i = 0; i < nr; i++) {
		snprintf(numbers[3 * i], 11, "%u", map[i].first);
		snprintf(numbers[3 * i + 1], 11, "%u", map[i].lower);
		snprintf(numbers[3 * i + 2], 11, "%u", map[i].count);
		argv[n++] = numbers[3 * i];
		argv[n++] = numbers[3 * i + 1];
		argv[n++] = numbers[3 * i + 2];
	}
	argv[n] = NULL;
	child = fork();
	if (!child) {
		execvp(program, argv);
		_exit(EXIT_NOENT);
	}
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

static int map_ids(const struct userns *u, const struct id_kind *kind,
		   const struct ckpt_idmap *map, __u32 nr)
{
	__u32 i;
	int err;

	if (!nr)
		return 0;
	err = write_map(u, kind->file, map, nr);
	if (!err || (err == EPERM && kind->program &&
		     run_program(u->owner, kind->program, map, nr)))
		return 0;
	for (i = 0; i < nr; i++)
		say("user namespace: %s ids from %u are those from %u outside, %u in all%s",
		    kind->what, map[i].first, map[i].lower, map[i].count,
		    i + 1 < nr ? "" : ":");
	say("user namespace: this map of %s ids: %s", kind->what, strerror(err));
	if (err == EPERM)
		say("it takes root, or newuidmap, newgidmap and lines in /etc/subuid, /etc/subgid");
	else if (err == EINVAL)
		say("not all of these ids exist here");
	return -1;
}

static int map_all(const struct userns *u)
{
	const struct ckpt_hdr_ns_user *h = u->h;
	const struct ckpt_idmap *gid = h->map + h->nr_uid;
	int err = 0;

	/* Only possible before there is a map. */
	if (!(h->ns.flags & CKPT_NS_USER_SETGROUPS))
		err = write_proc(u, "setgroups", "deny");
	if (err) {
		say("user namespace: setgroups: %s", strerror(err));
		return -1;
	}
	if (map_ids(u, &user_ids, h->map, h->nr_uid) ||
	    map_ids(u, &group_ids, gid, h->nr_gid))
		return -1;
	return map_ids(u, &project_ids, gid + h->nr_gid, h->nr_projid);
}

/* ---- the helper ---- */

static char do_network(struct userns *u)
{
	if (net_adopt(u->net, u->owner))
		return NO_RIGHT;
	return net_prepare(u->net) ? FAILED : DONE;
}

static void be_helper(struct userns *u)
{
	char c;

	while (read(u->sock, &c, 1) == 1) {
		if (c == DO_MAPS)
			c = map_all(u) ? FAILED : DONE;
		else
			c = do_network(u);
		if (write(u->sock, &c, 1) != 1)
			break;
	}
}

static char ask(const struct userns *u, char what)
{
	char c;

	if (write(u->sock, &what, 1) != 1 || read(u->sock, &c, 1) != 1)
		return FAILED;
	return c;
}

/**
 * userns_new - prepare to make a user namespace of a container
 * @ct: the container
 * @h: the user namespace
 * @net: network of the container, or NULL
 *
 * The caller is still where ckpt was called, or in the user namespace around the
 * one to be made, and the helper stays there.
 *
 * Return: the user namespace, or NULL after saying why.
 */
struct userns *userns_new(struct container *ct,
			  const struct ckpt_hdr_ns_user *h, struct net *net)
{
	struct userns *u = calloc(1, sizeof(*u));
	int sock[2];

	if (!u || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock)) {
		say("user namespace: %s", strerror(errno));
		free(u);
		return NULL;
	}
	u->ct = ct;
	u->h = h;
	u->net = net;
	u->owner = getpid();
	u->proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	u->helper = fork();
	if (!u->helper) {
		close(sock[0]);
		u->sock = sock[1];
		be_helper(u);
		_exit(0);
	}
	close(sock[1]);
	u->sock = sock[0];
	if (u->helper > 0)
		return u;
	say("fork: %s", strerror(errno));
	userns_free(u);
	return NULL;
}

/* ---- who makes it, and how ---- */

/* In the order of struct ckpt_hdr_ns_user.rlimit. */
static const int rlimits[CKPT_NS_RLIMITS] = {
	RLIMIT_NPROC, RLIMIT_MSGQUEUE, RLIMIT_SIGPENDING, RLIMIT_MEMLOCK,
};

/* It belongs to the user and group who made it; root can be anybody. */
static void become_owner(const struct ckpt_hdr_ns_user *h)
{
	if (geteuid() || (!h->owner && h->group == getegid()))
		return;
	if (setresgid(h->group, h->group, -1) ||
	    setresuid(h->owner, h->owner, -1))
		say("user namespace: cannot be made as %u:%u: %s", h->owner,
		    h->group, strerror(errno));
}

/*
 * Our limits become those of all its users. If they or the owner cannot be what
 * they were, restart() tells.
 */
static int make_userns(const struct ckpt_hdr_ns_user *h)
{
	struct rlimit old[CKPT_NS_RLIMITS], new;
	int i, ret;

	for (i = 0; i < CKPT_NS_RLIMITS; i++) {
		getrlimit(rlimits[i], &old[i]);
		new = old[i];
		new.rlim_cur = h->rlimit[i] == LONG_MAX ? RLIM_INFINITY :
							  (rlim_t)h->rlimit[i];
		if (new.rlim_max < new.rlim_cur)
			new.rlim_max = new.rlim_cur;
		setrlimit(rlimits[i], &new);
	}
	become_owner(h);
	ret = unshare(CLONE_NEWUSER);
	for (i = 0; i < CKPT_NS_RLIMITS; i++)
		setrlimit(rlimits[i], &old[i]);
	return ret;
}

static __u32 some_id(const struct ckpt_idmap *map, __u32 nr)
{
	__u32 i;

	for (i = 0; i < nr; i++)
		if (!map[i].first)
			return 0;
	return map[0].first;
}

/**
 * userns_become_inner - become somebody in a user namespace that we have entered
 * @h: the user namespace
 *
 * What we make belongs to us. The saved ids stay: those outside may be all that
 * some task has.
 *
 * Return: 0, or -1 after saying why.
 */
int userns_become_inner(const struct ckpt_hdr_ns_user *h)
{
	gid_t gid = h->nr_gid ? some_id(h->map + h->nr_uid, h->nr_gid) : 0;
	uid_t uid = h->nr_uid ? some_id(h->map, h->nr_uid) : 0;

	if ((h->nr_gid && setresgid(gid, gid, -1)) ||
	    (h->nr_uid && setresuid(uid, uid, -1))) {
		say("user namespace: user %u and group %u: %s", uid, gid,
		    strerror(errno));
		return -1;
	}
	/* Where we were called may be closed to whom we are now. */
	return chdir("/");
}

/**
 * userns_enter - make the user namespace, and enter it
 * @u: the user namespace
 *
 * Return: 0, or -1 after saying why.
 */
int userns_enter(struct userns *u)
{
	const struct ckpt_hdr_ns_user *h = u->h;
	bool dumpable = prctl(PR_GET_DUMPABLE) == 1;
	char answer;

	if (make_userns(h)) {
		say("new user namespace: %s", strerror(errno));
		return -1;
	}
	/*
	 * After setresuid() our files in /proc would be those of root outside, whom
	 * a helper inside of another user namespace has no power over. Nobody else
	 * gains any over us: root's saved user id is still that.
	 */
	prctl(PR_SET_DUMPABLE, 1);
	answer = ask(u, DO_MAPS);
	prctl(PR_SET_DUMPABLE, dumpable);
	return answer == DONE ? userns_become_inner(h) : -1;
}

/**
 * userns_network - set up the network inside of it
 * @u: the user namespace, entered, and then a network namespace
 *
 * Return: 0, or -1 after saying why.
 */
int userns_network(struct userns *u)
{
	switch (ask(u, DO_NETWORK)) {
	case DONE:
		return 0;
	case NO_RIGHT:
		/* Nor could we make anything outside. */
		return net_prepare(u->net);
	}
	return -1;
}

/**
 * userns_supply - say that the namespace is ours, and note that it is there
 * @u: the user namespace, entered
 * @call: the call that is going to restart
 *
 * Return: 0, or -1 after saying why.
 */
int userns_supply(struct userns *u, struct ckpt_call *call)
{
	int fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	char key[16];
	int ret;

	snprintf(key, sizeof(key), "ns:%u", u->h->ns.h.id);
	ret = fd < 0 ? -errno : owner_made(u->ct, u->h->ns.h.id, fd);
	ret = ret ?: ckpt_call_add_fd(call, key, fd);
	if (ret)
		say("user namespace: %s", strerror(-ret));
	return ret;
}

/**
 * userns_free - done with the user namespace
 * @u: the user namespace, or NULL
 */
void userns_free(struct userns *u)
{
	if (!u)
		return;
	close(u->sock);
	if (u->proc >= 0)
		close(u->proc);
	if (u->helper > 0)
		waitpid(u->helper, NULL, 0);
	free(u);
}
