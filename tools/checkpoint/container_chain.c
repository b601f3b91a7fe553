// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which user namespaces of a container have to be made before restart()
 *
 * The root task may be in one inside of another, and so on, and its other
 * namespaces may have been made anywhere on the way. Mounts and network are made
 * here, with the rights of the user namespace that they belonged to; so that, and
 * all around it, is made first. restart() itself makes everything else, of which
 * nothing may be outside of where it is called: that is in the outermost of these
 * user namespaces, or where ckpt was called, if anything belonged there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ckpt.h"
#include "container.h"

/* ---- what the image says ---- */

/**
 * container_find_user - find a user namespace
 * @ct: the container
 * @id: its object, or 0
 *
 * Return: the namespace in the image, or NULL if it is outside.
 */
const struct ckpt_hdr_ns_user *container_find_user(const struct container *ct,
						   __u32 id)
{
	size_t i;

	for (i = 0; i < ct->nr_users; i++)
		if (ct->users[i]->ns.h.id == id)
			return ct->users[i];
	return NULL;
}

/**
 * container_parent_of - the user namespace around another
 * @ct: the container
 * @id: the object of that
 *
 * Return: its object, or 0 if it is outside.
 */
__u32 container_parent_of(const struct container *ct, __u32 id)
{
	const struct ckpt_hdr_ns_user *h = container_find_user(ct, id);

	/* Numbers fall on the way, or the image is none. */
	return h && h->ns.user < id ? h->ns.user : 0;
}

/* In how many of the root task's user namespaces is another one? */
static unsigned int level_of(const struct container *ct, __u32 id)
{
	unsigned int i;

	for (; id; id = container_parent_of(ct, id))
		for (i = 0; i < ct->nr_chain; i++)
			if (ct->chain[i]->ns.h.id == id)
				return i + 1;
	return 0;
}

static bool is_on_chain(const struct container *ct, __u32 id)
{
	unsigned int level = level_of(ct, id);

	return !id || (level && ct->chain[level - 1]->ns.h.id == id);
}

/* As deep as the kernel lets them be nested; what says more is no image. */
#define USERS_MAX	33

static bool too_deep(const struct container *ct)
{
	unsigned int depth;
	size_t i;
	__u32 id;

	for (i = 0; i < ct->nr_users; i++) {
		id = ct->users[i]->ns.h.id;
		for (depth = 0; id && depth <= USERS_MAX; depth++)
			id = container_parent_of(ct, id);
		if (depth > USERS_MAX)
			return true;
	}
	return false;
}

/**
 * container_check_users - see whether user namespaces can be nested as they are
 * @ct: the container
 *
 * Return: 0, or -1 after saying why not.
 */
int container_check_users(const struct container *ct)
{
	if (!too_deep(ct))
		return 0;
	say("image: more than %d user namespaces in each other", USERS_MAX);
	return -1;
}

static int find_chain(struct container *ct)
{
	const struct ckpt_hdr_ns_user *h = NULL;
	size_t i, n = 0;
	__u32 id;

	for (i = 0; i < ct->nr_users && !h; i++)
		if (ct->users[i]->ns.flags & CKPT_NS_ROOT)
			h = ct->users[i];
	if (!h)
		return 0;
	for (id = h->ns.h.id; id; id = container_parent_of(ct, id))
		n++;
	ct->chain = calloc(n, sizeof(*ct->chain));
	if (!ct->chain)
		return -1;
	ct->nr_chain = n;
	for (id = h->ns.h.id; id && n; id = container_parent_of(ct, id))
		ct->chain[--n] = container_find_user(ct, id);
	return 0;
}

/* ---- the plan ---- */

/* What is made here belongs to those that are made before. */
static int check_owner(const struct container *ct, enum container_ns which,
		       const char *name)
{
	if (!ct->has_ns[which] || is_on_chain(ct, ct->owner[which]))
		return 0;
	say("namespace of %s: belonged to a user namespace that the root task was not in; --here leaves it all to you",
	    name);
	return -1;
}

static unsigned int callers_level(const struct container *ct)
{
	unsigned int level = ct->nr_chain ? 1 : 0, i;

	for (i = 0; i < ct->nr_owners && level; i++)
		if (!level_of(ct, ct->owners[i]))
			level = 0;
	return level;
}

/**
 * container_plan - find out which user namespaces there are to make
 * @ct: the container; its levels are filled in
 *
 * Return: 0, or -1 after saying why not.
 */
int container_plan(struct container *ct)
{
	unsigned int i;

	if (find_chain(ct)) {
		say("user namespaces: %s", strerror(errno));
		return -1;
	}
	if (check_owner(ct, NS_OF_MOUNTS, "mounts") ||
	    check_owner(ct, NS_OF_NETWORK, "the network"))
		return -1;
	for (i = 0; i < NR_CONTAINER_NS; i++)
		ct->level[i] = level_of(ct, ct->owner[i]);
	ct->caller = callers_level(ct);
	/* What shows the network is mounted where that is. */
	if (ct->has_ns[NS_OF_MOUNTS] && ct->has_ns[NS_OF_NETWORK] &&
	    ct->level[NS_OF_NETWORK] > ct->level[NS_OF_MOUNTS]) {
		say("network: belonged to a user namespace inside of that of the mounts; --here leaves it all to you");
		return -1;
	}
	return 0;
}

/**
 * container_callers_user - the user namespace that restart() is called in
 * @ct: the container; container_plan() has been called
 *
 * Return: its object, or 0 if it is outside.
 */
__u32 container_callers_user(const struct container *ct)
{
	return ct->caller ? ct->chain[ct->caller - 1]->ns.h.id : 0;
}
