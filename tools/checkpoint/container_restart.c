// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bringing back a whole container
 *
 * A process of its own prepares the environment in new namespaces and calls
 * restart() there. If the container had a user namespace of its own, that is made
 * first, and all else inside of it, with the rights that it gives; what belongs
 * even further inside a third process makes there. The root task becomes our
 * child, so that we stay where we were called, and can wait for it, while the
 * others are gone.
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
 * @users: user namespaces, as far as they are made here, outermost first
 * @nr_users: number of them
 */
struct preparation {
	struct request *rq;
	struct restart_options *o;
	struct mounts *mounts;
	struct net *net;
	struct userns **users;
	unsigned int nr_users;
};

/* What the one process tells the other. */
struct result {
	pid_t pid;
	struct restart_stats stats;
};

static int new_namespaces(int flags)
{
	if (!flags || !unshare(flags))
		return 0;
	say("new namespaces: %s%s", strerror(errno),
	    errno == EPERM ? "; they take CAP_SYS_ADMIN" : "");
	return -1;
}

/* Namespaces of the root task that are made at @level. */
static int flags_at(const struct preparation *p, unsigned int level)
{
	const struct container *ct = &p->o->ct;
	int flags = 0;

	if (ct->own_net && ct->level[NS_OF_NETWORK] == level)
		flags |= CLONE_NEWNET;
	if (p->mounts && ct->level[NS_OF_MOUNTS] == level)
		flags |= CLONE_NEWNS;
	return flags;
}

/* Let our privilege count where we have none, if we have any. */
static int keep_privilege(struct ckpt_call *call)
{
	int fd = open("/proc/sys/kernel/ckpt_unpriv_allowed", O_WRONLY | O_CLOEXEC);
	int ret = fd < 0 ? 0 : ckpt_call_add_fd(call, CKPT_KEY_UNPRIV_ALLOWED, fd);

	if (ret)
		say(CKPT_KEY_UNPRIV_ALLOWED ": %s", strerror(-ret));
	return ret;
}

/* What nobody can mount inside of a user namespace; before we enter the first. */
static int leave_outside(const struct preparation *p, unsigned int level)
{
	return level || !p->mounts ? 0 : mounts_outside(p->mounts);
}

/* Make the next user namespace, and enter it: no way leads back. */
static int enter_user(struct preparation *p)
{
	struct container *ct = &p->o->ct;
	struct userns *u = userns_new(ct, ct->chain[p->nr_users], p->net);

	if (!u)
		return -1;
	if (leave_outside(p, p->nr_users)) {
		userns_free(u);
		return -1;
	}
	p->users[p->nr_users++] = u;
	return userns_enter(u) || userns_supply(u, p->rq->call);
}

static void free_users(struct preparation *p)
{
	while (p->nr_users)
		userns_free(p->users[--p->nr_users]);
	free(p->users);
}

/* @user: the user namespace that we are in */
static int make_mounts(const struct preparation *p, __u32 user)
{
	return mounts_prepare(p->mounts) || mounts_enter(p->mounts) ||
	       mntns_prepare(p->mounts, user, p->rq->call);
}

/* ---- what belongs further inside than restart() is called ---- */

/**
 * struct inside - what is made by a process that does not come back
 * @p: the preparation
 * @level: in how many user namespaces
 * @net: network namespace that has been made there, or -1
 * @mnt: mount namespace, or -1
 */
struct inside {
	struct preparation *p;
	unsigned int level;
	int net;
	int mnt;
};

/* Who has entered a user namespace cannot leave it. */
static int make_inside(void *arg)
{
	struct inside *in = arg;
	const struct container *ct = &in->p->o->ct;
	unsigned int level;
	int flags = 0;

	for (level = ct->caller; level < in->level; level++) {
		if (leave_outside(in->p, level) ||
		    owner_enter(ct, ct->chain[level]->ns.h.id))
			return -1;
		flags = flags_at(in->p, level + 1);
		if (new_namespaces(flags))
			return -1;
		if (flags & CLONE_NEWNET)
			in->net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	}
	if (!(flags & CLONE_NEWNS))
		return 0;
	in->mnt = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	return make_mounts(in->p, ct->chain[in->level - 1]->ns.h.id);
}

static int enter_ns(int fd, int type)
{
	int ret = fd < 0 ? 0 : setns(fd, type);

	if (ret)
		say("namespaces of the inside: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return ret;
}

static int prepare_net(struct preparation *p)
{
	if (!p->net)
		return 0;
	if (net_entered(p->net) ||
	    (p->nr_users ? userns_network(p->users[0]) : net_prepare(p->net)))
		return -1;
	return net_supply(p->net, p->rq->call);
}

/* The network first: to prepare it takes what is mounted here. */
static int enter_inside(struct preparation *p, const struct inside *in)
{
	return enter_ns(in->net, CLONE_NEWNET) || prepare_net(p) ||
	       enter_ns(in->mnt, CLONE_NEWNS);
}

/* ---- everything ---- */

static int prepare_parts(struct preparation *p)
{
	struct container *ct = &p->o->ct;

	if (container_plan(ct))
		return -1;
	p->users = calloc(ct->nr_chain + 1, sizeof(*p->users));
	if (!p->users) {
		say("user namespaces: %s", strerror(errno));
		return -1;
	}
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
	return 0;
}

/* How far inside anything is made before restart(). */
static unsigned int innermost(const struct preparation *p)
{
	const struct container *ct = &p->o->ct;
	unsigned int level = ct->caller;

	if (ct->own_net && ct->level[NS_OF_NETWORK] > level)
		level = ct->level[NS_OF_NETWORK];
	if (p->mounts && ct->level[NS_OF_MOUNTS] > level)
		level = ct->level[NS_OF_MOUNTS];
	return level;
}

static int prepare(struct preparation *p)
{
	struct container *ct = &p->o->ct;
	struct inside in = { .p = p, .net = -1, .mnt = -1 };
	__u32 user;
	int flags;

	if (prepare_parts(p))
		return -1;
	user = container_callers_user(ct);
	if (p->mounts && ct->level[NS_OF_MOUNTS] && mounts_stage(p->mounts))
		return -1;
	if (ct->caller && keep_privilege(p->rq->call))
		return -1;
	while (p->nr_users < ct->caller)
		if (enter_user(p))
			return -1;
	in.level = innermost(p);
	if (owners_make(ct, user, in.level, p->rq->call) ||
	    (p->net && net_make(p->net, user)))
		return -1;
	flags = flags_at(p, ct->caller);
	if (new_namespaces(flags & CLONE_NEWNET))
		return -1;
	if ((in.level > ct->caller &&
	     owner_run(ct, user, user, make_inside, &in)) || enter_inside(p, &in))
		return -1;
	if (flags & CLONE_NEWNS &&
	    (new_namespaces(CLONE_NEWNS) || make_mounts(p, user)))
		return -1;
	/* The next process that we make will be an init. */
	return ct->level[NS_OF_PIDS] == ct->caller ?
	       new_namespaces(CLONE_NEWPID) : 0;
}

static int restart_inside(struct preparation *p, int out)
{
	struct restart_options inner = *p->o;
	struct result result;
	pid_t pid;

	inner.flags |= RESTART_FROZEN | RESTART_SIBLING;
	if (container_ask_kept(&p->o->ct, p->rq->call))
		return EXIT_FAILED;
	pid = restart_here(p->rq, &inner);
	if (pid < 0)
		return EXIT_FAILED;
	container_take_kept(&p->o->ct, p->rq->call);
	result.pid = pid;
	result.stats = *ckpt_call_restart_stats(p->rq->call);
	if (p->mounts && mounts_finish(p->mounts, pid)) {
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
	free_users(p);
	return ret;
}

/* All that is ours and cannot be waited for any more. */
static void reap_rest(void)
{
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		;
}

/* Here, where we have all rights that there are. */
static int thaw(struct request *rq, const struct restart_options *o, pid_t pid)
{
	int ret;

	if (o->flags & RESTART_FROZEN)
		return 0;
	ret = ckpt_thaw(rq->call, pid);
	if (!ret)
		return 0;
	say_failure(rq, true, "letting the container run", ret);
	kill(pid, SIGKILL);
	return -1;
}

static int wait_for_container(struct request *rq,
			      const struct restart_options *o,
			      pid_t coordinator, int in)
{
	struct result result;
	ssize_t n;

	do {
		n = read(in, &result, sizeof(result));
	} while (n < 0 && errno == EINTR);
	close(in);
	waitpid(coordinator, NULL, 0);
	mounts_unstage(&o->ct);
	if (n != sizeof(result) || thaw(rq, o, result.pid)) {
		reap_rest();
		return rq->detach ? EXIT_FAILED : EXIT_OURS;
	}
	tell_restarted(rq, result.pid, &result.stats);
	return rq->detach ? EXIT_OK : wait_for_root(result.pid);
}

/* Who wants to prepare everything has to know what there is to prepare. */
static int want_networks(const struct request *rq, const struct container *ct)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < ct->nr_nets; i++) {
		if (container_is_supplied(rq->call, ct->nets[i].id))
			continue;
		say("network namespace %u: had links or addresses: --external ns:%u:PATH must supply it",
		    ct->nets[i].id, ct->nets[i].id);
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
int restart_networks(struct request *rq, struct restart_options *o)
{
	struct net *net;

	if (!o->ct.nr_nets)
		return 0;
	if (o->here)
		return want_networks(rq, &o->ct);
	if (owners_make(&o->ct, 0, 0, rq->call))
		return -1;
	net = net_new(&o->ct, rq->call, false);
	if (!net || net_make(net, 0) || net_entered(net) || net_prepare(net))
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
	mounts_name_stage(&o->ct);
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
	return wait_for_container(rq, o, coordinator, fds[0]);
}
