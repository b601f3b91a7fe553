// SPDX-License-Identifier: GPL-2.0-only
/*
 * User namespaces of a container that something belongs to which is made before
 * restart()
 *
 * Mounts and networks are made with the rights of the user namespace that they
 * belonged to, and filesystems with those of theirs. restart() is called further
 * outside: so processes of their own make these user namespaces, each in the one
 * around it, and do what is to be done in there. They share our memory and
 * descriptors, and we wait for them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ckpt.h"
#include "container.h"

/* Where a user namespace is among those of the image; -1 if it is outside. */
static int find_user(const struct container *ct, __u32 id)
{
	size_t i;

	for (i = 0; i < ct->nr_users; i++)
		if (ct->users[i]->ns.h.id == id)
			return i;
	return -1;
}

/* ---- a process in there ---- */

/**
 * owner_enter - enter a user namespace
 * @ct: the container
 * @user: the user namespace, after owners_make(); we are in one around it
 *
 * Return: 0, or -1 after saying why.
 */
int owner_enter(const struct container *ct, __u32 user)
{
	int i = find_user(ct, user);

	if (i < 0 || ct->user_fds[i] < 0) {
		say("user namespace %u: is not ours; who supplies it has to supply what belongs to it",
		    user);
		return -1;
	}
	if (!setns(ct->user_fds[i], CLONE_NEWUSER))
		return userns_become_inner(ct->users[i]);
	say("user namespace %u: %s", user, strerror(errno));
	return -1;
}

/**
 * struct errand - what a process does in a user namespace
 * @ct: the container
 * @user: the namespace; 0: the one that we are in
 * @fn: what it does
 * @arg: argument of that
 */
struct errand {
	const struct container *ct;
	__u32 user;
	int (*fn)(void *arg);
	void *arg;
};

static int go(void *arg)
{
	const struct errand *e = arg;

	if (e->user && owner_enter(e->ct, e->user))
		return EXIT_FAILED;
	return e->fn(e->arg) ? EXIT_FAILED : EXIT_OK;
}

/**
 * owner_run - do something in a user namespace
 * @ct: the container
 * @from: the user namespace that we are in, or 0 if that is outside
 * @user: the user namespace: that, or one inside of it, after owners_make()
 * @fn: what to do: another process does, which shares our memory and descriptors
 * @arg: argument of that
 *
 * Return: 0, or -1 after saying why, or if @fn failed
 */
int owner_run(const struct container *ct, __u32 from, __u32 user,
	      int (*fn)(void *arg), void *arg)
{
	struct errand e = {
		.ct = ct, .user = user == from ? 0 : user, .fn = fn, .arg = arg,
	};

	const size_t size = 1 << 20;
	char *stack = malloc(size);
	int status, ret = -1;
	pid_t pid;

	pid = stack ? clone(go, stack + size, CLONE_VM | CLONE_VFORK |
			    CLONE_FILES | SIGCHLD, &e) : -1;
	if (pid < 0)
		say("a process for the inside: %s", strerror(errno));
	else if (waitpid(pid, &status, 0) == pid && !status)
		ret = 0;
	free(stack);
	return ret;
}

/**
 * owner_within - whether a user namespace is inside of another
 * @ct: the container
 * @id: the user namespace
 * @outer: the other, 0 if that is outside of the container
 *
 * Return: true if so, or if it is the same.
 */
bool owner_within(const struct container *ct, __u32 id, __u32 outer)
{
	while (id && id != outer)
		id = container_parent_of(ct, id);
	return id == outer;
}

/* ---- making them ---- */

/**
 * owner_made - note that a user namespace is there
 * @ct: the container
 * @id: its object
 * @fd: the namespace; a copy is made
 *
 * Return: 0 or a negative errno.
 */
int owner_made(struct container *ct, __u32 id, int fd)
{
	int i = find_user(ct, id);

	if (i < 0)
		return -ENOENT;
	ct->user_fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return ct->user_fds[i] < 0 ? -errno : 0;
}

struct making {
	struct container *ct;
	struct ckpt_call *call;
	const struct ckpt_hdr_ns_user *h;
};

static int make(void *arg)
{
	struct making *m = arg;
	struct userns *u = userns_new(m->ct, m->h, NULL);
	int ret;

	if (!u)
		return -1;
	ret = userns_enter(u) || userns_supply(u, m->call);
	userns_free(u);
	return ret;
}

/* Make what is around it, and then itself. */
static int make_owner(struct container *ct, __u32 from, __u32 id,
		      struct ckpt_call *call)
{
	int i = find_user(ct, id);
	struct making m = { .ct = ct, .call = call };
	__u32 parent;

	if (id == from || (i >= 0 && ct->user_fds[i] >= 0) ||
	    container_is_supplied(call, id))
		return 0;
	if (!owner_within(ct, id, from) || i < 0) {
		say("user namespace %u: is around the one that restart() is called in",
		    id);
		return -1;
	}
	m.h = ct->users[i];
	parent = container_parent_of(ct, id);
	return make_owner(ct, from, parent, call) ||
	       owner_run(ct, from, parent, make, &m) ? -1 : 0;
}

static int make_owners_of(struct container *ct, __u32 from,
			  const struct container_mnt *mnt, struct ckpt_call *call)
{
	int ret = make_owner(ct, from, mnt->owner, call);
	__u32 user;
	size_t i;

	for (i = 0; i < mnt->nr && !ret; i++) {
		user = mnt->mounts[i].user;
		/* What belongs further outside is mounted by us as well as can be. */
		if (owner_within(ct, user, from))
			ret = make_owner(ct, from, user, call);
	}
	return ret;
}

/**
 * owners_make - make all user namespaces that something belongs to
 * @ct: the container
 * @from: the user namespace that we are in
 * @inside: how many of those that the root task is in there have to be
 * @call: the call that is going to restart; it is given all that are made
 *
 * Return: 0, or -1 after saying why.
 */
int owners_make(struct container *ct, __u32 from, unsigned int inside,
		struct ckpt_call *call)
{
	size_t i;
	int ret = 0;

	for (i = ct->caller; i < inside && !ret; i++)
		ret = make_owner(ct, from, ct->chain[i]->ns.h.id, call);
	for (i = 0; i < ct->nr_nets && !ret; i++)
		if (!container_is_supplied(call, ct->nets[i].id))
			ret = make_owner(ct, from, ct->nets[i].user, call);
	for (i = 0; i < ct->nr_mnts && !ret; i++)
		if (!container_is_supplied(call, ct->mnts[i].id))
			ret = make_owners_of(ct, from, &ct->mnts[i], call);
	return ret;
}
