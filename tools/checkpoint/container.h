/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The environment of a container, prepared before restart()
 */
#ifndef CKPT_CONTAINER_H
#define CKPT_CONTAINER_H

#include <stdbool.h>
#include <sys/types.h>
#include <linux/checkpoint_hdr.h>
#include <linux/netlink.h>

/**
 * struct container_map - a part of the environment that is to be different
 * @kind: "mount", "link" or "outside"
 * @name: mount point, or name of the link, as in the image
 * @value: what to use instead; NULL leaves it out
 */
struct container_map {
	char *kind;
	char *name;
	char *value;
};

/**
 * struct net_msg - a message of rtnetlink in the image
 * @nlh: the message
 * @outside: tells of a link outside of the container
 * @ns: NS_NET object it tells of; 0: the root task's
 * @peer: NS_NET object that the link leads to, if the image says so here
 */
struct net_msg {
	struct nlmsghdr *nlh;
	bool outside;
	__u32 ns;
	__u32 peer;
};

/**
 * struct net_ns - a network namespace that restart() must be given
 * @id: NS_NET object
 * @user: user namespace that owns it, 0 if that was outside
 */
struct net_ns {
	__u32 id;
	__u32 user;
};

/**
 * struct mount_info - what a line of mountinfo does not say
 * @pid: process whose namespace it shows; 0: the root task
 * @user: user namespace that the filesystem belongs to; 0: outside
 * @locked: %CKPT_MNT_LOCKED ...
 * @mode: type of the file that is mounted
 * @rdev: which device that is
 */
struct mount_info {
	__u32 pid;
	__u32 user;
	__u32 locked;
	__u32 mode;
	__u32 rdev;
};

/**
 * struct container_mnt - a mount namespace other than the root task's
 * @id: its object
 * @owner: object of the user namespace that owns it; 0: outside
 * @mountinfo: lines of /proc/PID/mountinfo
 * @mounts: one for each line
 * @nr: number of them
 */
struct container_mnt {
	__u32 id;
	__u32 owner;
	char *mountinfo;
	struct mount_info *mounts;
	size_t nr;
};

/**
 * struct kept_ns - a mount that keeps a namespace
 * @mount: number of the mount
 * @ns: NS object
 * @fd: the namespace once it is there, or -1
 */
struct kept_ns {
	__u32 mount;
	__u32 ns;
	int fd;
};

/* Namespaces whose owner matters before restart(). */
enum container_ns { NS_OF_PIDS, NS_OF_MOUNTS, NS_OF_NETWORK, NR_CONTAINER_NS };

/**
 * struct container - what the image says of the environment
 * @init: the root task is the init of a pid namespace
 * @users: the user namespaces
 * @nr_users: number of them
 * @user_fds: those of them that are there, or -1
 * @owners: objects of the user namespaces that own all other namespaces; 0 if
 *	that was outside
 * @nr_owners: number of them
 * @owner: those of the root task's
 * @has_ns: whether the root task had such a namespace of its own
 * @chain: the root task's user namespace and those around it, outermost first
 * @nr_chain: number of them; 0 if it had none of its own
 * @caller: how many of these restart() is called in
 * @level: how many of these the root task's other namespaces belong in
 * @stage: directory for what has to be mounted outside
 * @staged: it is there
 * @mountinfo: lines of /proc/PID/mountinfo; NULL if it had no own mounts
 * @lines: one for each line
 * @nr_lines: number of them
 * @mnts: other mount namespaces
 * @nr_mnts: number of them
 * @msgs: configuration of network namespaces
 * @nr_msgs: number of them
 * @own_net: whether the root task's is among them
 * @root_net: NS_NET object of the root task; 0 if that was outside
 * @nets: the others of these
 * @nr_nets: number of them
 * @kept: mounts that keep namespaces
 * @nr_kept: number of them
 * @made: devices of the tmpfs filesystems that have been mounted anew
 * @nr_made: number of them
 * @maps: what the user wants to be different
 * @nr_maps: number of them
 * @image_fd: where restart() can read the image, from its beginning
 * @feeder: process that writes into @image_fd, or 0
 */
struct container {
	bool init;
	struct ckpt_hdr_ns_user **users;
	size_t nr_users;
	int *user_fds;
	__u32 *owners;
	size_t nr_owners;
	__u32 owner[NR_CONTAINER_NS];
	bool has_ns[NR_CONTAINER_NS];
	const struct ckpt_hdr_ns_user **chain;
	unsigned int nr_chain;
	unsigned int caller;
	unsigned int level[NR_CONTAINER_NS];
	char stage[64];
	bool staged;
	char *mountinfo;
	struct mount_info *lines;
	size_t nr_lines;
	struct container_mnt *mnts;
	size_t nr_mnts;
	struct net_msg *msgs;
	size_t nr_msgs;
	bool own_net;
	__u32 root_net;
	struct net_ns *nets;
	size_t nr_nets;
	struct kept_ns *kept;
	size_t nr_kept;
	dev_t *made;
	size_t nr_made;
	struct container_map *maps;
	size_t nr_maps;
	int image_fd;
	pid_t feeder;
};

/* container.c */
struct ckpt_call;
bool container_is_supplied(const struct ckpt_call *call, __u32 id);
int container_ask_kept(const struct container *ct, struct ckpt_call *call);
void container_take_kept(struct container *ct, const struct ckpt_call *call);
void container_leave_kept(const struct container *ct);
const char *container_mount_line(const char *mountinfo, __u32 mount);
int container_kept_fd(const struct container *ct, int mount);
int container_read(struct container *ct, int fd);
bool container_add_map(struct container *ct, const char *arg);
const struct container_map *container_find_map(const struct container *ct,
					       const char *kind,
					       const char *name);
void container_free(struct container *ct);

/* container_chain.c */
const struct ckpt_hdr_ns_user *container_find_user(const struct container *ct,
						   __u32 id);
__u32 container_parent_of(const struct container *ct, __u32 id);
int container_check_users(const struct container *ct);
int container_plan(struct container *ct);
__u32 container_callers_user(const struct container *ct);

/* container_mount.c */
struct mounts;
struct mounts *mounts_new(struct container *ct);
int mounts_stage(struct mounts *m);
int mounts_outside(struct mounts *m);
void mounts_name_stage(struct container *ct);
void mounts_unstage(const struct container *ct);
int mounts_prepare(struct mounts *m);
int mounts_enter(struct mounts *m);
int mounts_finish(struct mounts *m, pid_t init);
void mounts_free(struct mounts *m);

/* container_mntns.c */
int mntns_prepare(struct mounts *root, __u32 from, struct ckpt_call *call);

/* container_net.c */
struct net;
struct net *net_new(const struct container *ct, const struct ckpt_call *call,
		    bool whole);
int net_make(struct net *net, __u32 from);
int net_entered(struct net *net);
int net_adopt(struct net *net, pid_t pid);
int net_prepare(struct net *net);
int net_supply(const struct net *net, struct ckpt_call *call);
void net_free(struct net *net);

/* container_owner.c */
int owner_enter(const struct container *ct, __u32 user);
int owner_run(const struct container *ct, __u32 from, __u32 user,
	      int (*fn)(void *arg), void *arg);
bool owner_within(const struct container *ct, __u32 id, __u32 outer);
int owner_made(struct container *ct, __u32 id, int fd);
int owners_make(struct container *ct, __u32 from, unsigned int inside,
		struct ckpt_call *call);

/* container_user.c */
struct userns;
struct userns *userns_new(struct container *ct,
			  const struct ckpt_hdr_ns_user *h, struct net *net);
int userns_enter(struct userns *u);
int userns_network(struct userns *u);
int userns_become_inner(const struct ckpt_hdr_ns_user *h);
int userns_supply(struct userns *u, struct ckpt_call *call);
void userns_free(struct userns *u);

#endif /* CKPT_CONTAINER_H */
