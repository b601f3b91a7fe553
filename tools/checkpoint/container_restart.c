// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bringing back a whole container
 *
 * A process of its own prepares the environment in new namespaces and calls
 * restart() there. If the container had a user namespace of its own, that is made
 * first, and all else inside of it, with the rights that it gives. The root task
 * becomes our child, so that we stay where we were called, and can wait for it,
 * while the other process is gone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ckpt.h"
#include "container.h"
#include "restart.h"

/**
 * struct preparation - the environment while it is being prepared
 * @rq: options of all commands
 * @o: options of restart
 * @mounts: mounts, or NULL if the container had none of its own
 * @net: network namespaces, or NULL if the container had none of its own
 * @user: user namespace, or NULL if the container had none of its own
 */
struct preparation {
	struct request *rq;
	struct restart_options *o;
	struct mounts *mounts;
	struct net *net;
	struct userns *user;
};

/* What the one process tells the other. */
struct result {
	pid_t pid;
	struct restart_stats stats;
};

static int new_namespaces(const struct preparation *p)
{
	const struct container *ct = &p->o->ct;
	int flags = CLONE_NEWPID;

	if (p->mounts)
		flags |= CLONE_NEWNS;
	if (ct->own_net && (!p->user || ct->owner[NS_OF_NETWORK]))
		flags |= CLONE_NEWNET;
	if (!unshare(flags))
		return 0;
	say("new namespaces: %s%s", strerror(errno),
	    errno == EPERM ? "; they take CAP_SYS_ADMIN" : "");
	return -1;
}

/* Whether all that we make inside belonged to that user namespace, too. */
static int check_owners(const struct container *ct)
{
	static const char * const names[] = { "process ids", "mounts" };
	unsigned int i;

	if (ct->user->ns.user) {
		say("user namespace: is inside of another that belongs to the container; --here leaves it all to you");
		return -1;
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!ct->has_ns[i] || ct->owner[i] == ct->user->ns.h.id)
			continue;
		say("namespace of %s: belonged to another user namespace than the root task's; --here leaves it all to you",
		    names[i]);
		return -1;
	}
	return 0;
}

/* From here on we have no rights outside. */
static int enter_user(struct preparation *p)
{
	struct container *ct = &p->o->ct;

	if (check_owners(ct))
		return -1;
	if (p->mounts && mounts_stage(p->mounts))
		return -1;
	p->user = userns_new(ct, p->net);
	if (!p->user)
		return -1;
	if (ct->own_net && !ct->owner[NS_OF_NETWORK] && unshare(CLONE_NEWNET)) {
		say("new network namespace: %s", strerror(errno));
		return -1;
	}
	if (p->mounts && mounts_outside(p->mounts))
		return -1;
	return userns_enter(p->user) || userns_supply(p->user, p->rq->call);
}

static int prepare_net(struct preparation *p)
{
	if (!p->net)
		return 0;
	if (net_entered(p->net) ||
	    (p->user ? userns_network(p->user) : net_prepare(p->net)))
		return -1;
	net_keep(p->net, &p->o->ct);
	return net_supply(p->net, p->rq->call);
}

static int prepare(struct preparation *p)
{
	struct container *ct = &p->o->ct;

	if (ct->mountinfo) {
		p->mounts = mounts_new(ct);
		if (!p->mounts)
			return -1;
	}
	if (ct->nr_msgs || ct->nr_nets) {
		p->net = net_new(ct, p->rq->call, true);
		if (!p->net)
			return -1;
	}
	if (ct->user && enter_user(p))
		return -1;
	/* The first process that we make after that will be an init. */
	if (p->net && net_make(p->net))
		return -1;
	if (new_namespaces(p) || prepare_net(p))
		return -1;
	return p->mounts ? mounts_prepare(p->mounts) ||
			   mounts_enter(p->mounts) : 0;
}

static int thaw(const struct preparation *p, pid_t pid)
{
	int ret;

	if (p->o->flags & RESTART_FROZEN)
		return 0;
	ret = ckpt_thaw(p->rq->call, pid);
	if (ret)
		say_failure(p->rq, true, "letting the container run", ret);
	return ret;
}

static int restart_inside(struct preparation *p, int out)
{
	struct restart_options inner = *p->o;
	struct result result;
	pid_t pid;

	inner.flags |= RESTART_FROZEN | RESTART_SIBLING;
	pid = restart_here(p->rq, &inner);
	if (pid < 0)
		return EXIT_FAILED;
	result.pid = pid;
	result.stats = *ckpt_call_restart_stats(p->rq->call);
	if ((p->mounts && mounts_finish(p->mounts, pid)) || thaw(p, pid)) {
		kill(pid, SIGKILL);
		return EXIT_FAILED;
	}
	return write(out, &result, sizeof(result)) == sizeof(result) ?
	       EXIT_OK : EXIT_FAILED;
}

static int be_coordinator(struct preparation *p, int out)
{
	int ret = EXIT_FAILED;

	if (!prepare(p))
		ret = restart_inside(p, out);
	mounts_free(p->mounts);
	net_free(p->net);
	userns_free(p->user);
	return ret;
}

/* All that is ours and cannot be waited for any more. */
static void reap_rest(void)
{
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		;
}

static int wait_for_container(struct request *rq, pid_t coordinator, int in)
{
	struct result result;
	ssize_t n;

	do {
		n = read(in, &result, sizeof(result));
	} while (n < 0 && errno == EINTR);
	close(in);
	waitpid(coordinator, NULL, 0);
	if (n != sizeof(result)) {
		reap_rest();
		return rq->detach ? EXIT_FAILED : EXIT_OURS;
	}
	tell_restarted(rq, result.pid, &result.stats);
	return rq->detach ? EXIT_OK : wait_for_root(result.pid);
}

/* Who wants to prepare everything has to know what there is to prepare. */
static int want_networks(const struct request *rq, const struct container *ct)
{
	char key[16];
	size_t i;
	int ret = 0;

	for (i = 0; i < ct->nr_nets; i++) {
		snprintf(key, sizeof(key), "ns:%u", ct->nets[i].id);
		if (ckpt_call_has_key(rq->call, key))
			continue;
		say("network namespace %u: had links or addresses: --external %s:PATH must supply it",
		    ct->nets[i].id, key);
		ret = -1;
	}
	return ret;
}

/**
 * restart_networks - make the network namespaces of what is no container, or is
 *	not to be brought back as one
 * @rq: options of all commands
 * @o: options of restart
 *
 * Those below the root task's, that is; the root task's is ours. With --here they
 * must have been supplied.
 *
 * Return: 0, or -1 after saying why.
 */
int restart_networks(struct request *rq, const struct restart_options *o)
{
	struct net *net;

	if (!o->ct.nr_nets)
		return 0;
	if (o->here)
		return want_networks(rq, &o->ct);
	net = net_new(&o->ct, rq->call, false);
	if (!net || net_make(net) || net_entered(net) || net_prepare(net))
		return -1;
	/* The descriptors stay until we are gone. */
	return net_supply(net, rq->call);
}

/**
 * restart_container - bring back a container in an environment like its own
 * @rq: options of all commands
 * @o: options of restart
 *
 * Return: exit status
 */
int restart_container(struct request *rq, struct restart_options *o)
{
	struct preparation p = { .rq = rq, .o = o };
	int fds[2];
	pid_t coordinator;

	if (pipe2(fds, O_CLOEXEC)) {
		say("pipe: %s", strerror(errno));
		return EXIT_OURS;
	}
	coordinator = fork();
	if (coordinator < 0) {
		say("fork: %s", strerror(errno));
		return EXIT_OURS;
	}
	if (!coordinator) {
		close(fds[0]);
		_exit(be_coordinator(&p, fds[1]));
	}
	close(fds[1]);
	return wait_for_container(rq, coordinator, fds[0]);
}
