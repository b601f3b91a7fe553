// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an image says of the environment of its tasks
 *
 * The container configuration section comes first in the image, and the
 * namespaces behind it, so that both can be read from a stream before restart()
 * reads everything.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ckpt.h"
#include "container.h"
#include "record.h"

/* More configuration than this is an error in the image. */
#define SECTION_MAX	(64UL << 20)

/* ---- the beginning of the image ---- */

/**
 * struct prefix - the first records of an image
 * @fd: the image
 * @memfd: a copy of what has been read
 * @len: bytes read
 * @pos: where the image begins in @fd, or -1 if that cannot seek
 */
struct prefix {
	int fd;
	int memfd;
	size_t len;
	off_t pos;
};

/* Return: bytes read, fewer only at the end, or -1. */
static ssize_t read_full(int fd, void *buf, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = read(fd, (char *)buf + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		done += n;
	}
	return done;
}

static int write_full(int fd, const void *buf, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, buf, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		buf = (const char *)buf + n;
		len -= n;
	}
	return 0;
}

/* Return: 1 if what follows @h may be of interest, else 0. */
static int in_section(const struct ckpt_hdr *h)
{
	return h->type != CKPT_HDR_TREE;
}

/* Copy one record. Return: 1, 0 behind the section, or -1 with errno. */
static int copy_record(struct prefix *p)
{
	struct ckpt_hdr h;
	char *buf;
	ssize_t n;
	int ret = -1;

	n = read_full(p->fd, &h, sizeof(h));
	if (n < 0 || write_full(p->memfd, &h, n))
		return -1;
	p->len += n;
	if (n < (ssize_t)sizeof(h) || h.len < sizeof(h) ||
	    h.len > CKPT_RECORD_MAX || p->len > SECTION_MAX)
		return 0;
	buf = malloc(h.len);
	if (!buf)
		return -1;
	n = read_full(p->fd, buf, h.len - sizeof(h));
	if (n >= 0 && !write_full(p->memfd, buf, n)) {
		p->len += n;
		ret = in_section(&h);
	}
	free(buf);
	return ret;
}

/*
 * Whoever reads @fd after this gets the image from its beginning. The position
 * of the memfd is shared with the process that is reading it meanwhile.
 */
static void feed(struct prefix *p, int fd)
{
	char buf[65536];
	off_t pos = 0;
	ssize_t n;

	for (; (n = pread(p->memfd, buf, sizeof(buf), pos)) > 0; pos += n)
		if (write_full(fd, buf, n))
			return;
	while ((n = splice(p->fd, NULL, fd, NULL, 1 << 20, 0)) > 0)
		;
	if (!n || errno != EINVAL)
		return;
	while ((n = read_full(p->fd, buf, sizeof(buf))) > 0)
		if (write_full(fd, buf, n))
			return;
}

static int start_feeder(struct prefix *p, struct container *ct)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	ct->feeder = fork();
	if (!ct->feeder) {
		close(fds[0]);
		feed(p, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	close(p->fd);
	ct->image_fd = fds[0];
	return ct->feeder < 0 ? -1 : 0;
}

static int read_prefix(struct prefix *p, struct container *ct)
{
	int ret;

	do {
		ret = copy_record(p);
	} while (ret > 0);
	if (ret < 0)
		return -1;
	if (p->pos >= 0)
		return lseek(p->fd, p->pos, SEEK_SET) < 0 ? -1 : 0;
	return start_feeder(p, ct);
}

/* ---- the section ---- */

static int add_line(char **mountinfo, const struct ckpt_record *rec,
		    const char *line)
{
	size_t old = *mountinfo ? strlen(*mountinfo) : 0;
	size_t len = strnlen(line, rec->h->len - (line - (const char *)rec->h));
	char *text = realloc(*mountinfo, old + len + 2);

	if (!text)
		return -1;
	memcpy(text + old, line, len);
	strcpy(text + old + len, "\n");
	*mountinfo = text;
	return 0;
}

static int add_mount(struct container *ct, const struct ckpt_record *rec)
{
	const struct ckpt_hdr_mount *h = (const void *)rec->h;
	struct mount_info *lines = reallocarray(ct->lines, ct->nr_lines + 1,
						sizeof(*lines));

	if (!lines)
		return -1;
	ct->lines = lines;
	lines[ct->nr_lines++] = (struct mount_info){
		.locked = h->locked, .mode = h->mode, .rdev = h->rdev,
	};
	return add_line(&ct->mountinfo, rec, h->line);
}

static int add_mnt(struct container *ct, const struct ckpt_record *rec)
{
	const struct ckpt_hdr_ns *h = (const void *)rec->h;
	struct container_mnt *mnts;

	if (h->flags & CKPT_NS_ROOT)
		return 0;
	mnts = reallocarray(ct->mnts, ct->nr_mnts + 1, sizeof(*mnts));
	if (!mnts)
		return -1;
	ct->mnts = mnts;
	memset(&mnts[ct->nr_mnts], 0, sizeof(*mnts));
	mnts[ct->nr_mnts].id = h->h.id;
	mnts[ct->nr_mnts++].owner = h->user;
	return 0;
}

static int add_ns_mount(struct container *ct, const struct ckpt_record *rec)
{
	const struct ckpt_hdr_ns_mount *h = (const void *)rec->h;
	struct mount_info *mounts;
	struct container_mnt *mnt;

	if (!ct->nr_mnts)
		return 0;
	mnt = &ct->mnts[ct->nr_mnts - 1];
	mounts = reallocarray(mnt->mounts, mnt->nr + 1, sizeof(*mounts));
	if (!mounts)
		return -1;
	mnt->mounts = mounts;
	mounts[mnt->nr++] = (struct mount_info){
		h->pid, h->user, h->locked, h->mode, h->rdev,
	};
	return add_line(&mnt->mountinfo, rec, h->line);
}

/* The first message of a namespace is the first that we hear of its use. */
static int add_net(struct container *ct, const struct ckpt_hdr_ns *ns)
{
	struct net_ns *nets;

	if (ct->nr_nets && ct->nets[ct->nr_nets - 1].id == ns->h.id)
		return 0;
	nets = reallocarray(ct->nets, ct->nr_nets + 1, sizeof(*nets));
	if (!nets)
		return -1;
	ct->nets = nets;
	nets[ct->nr_nets++] = (struct net_ns){ ns->h.id, ns->user };
	return 0;
}

static int add_msg(struct container *ct, const struct ckpt_record *rec,
		   const struct ckpt_hdr *owner)
{
	const struct ckpt_hdr_net_msg *m = (const void *)rec->h;
	const struct nlmsghdr *nlh = (const void *)m->msg;
	struct net_msg *msgs;

	if (owner->type == CKPT_HDR_NS_NET && add_net(ct, (const void *)owner))
		return -1;
	ct->own_net |= !owner->id;
	msgs = reallocarray(ct->msgs, ct->nr_msgs + 1, sizeof(*msgs));
	if (!msgs)
		return -1;
	ct->msgs = msgs;
	msgs += ct->nr_msgs;
	msgs->outside = m->flags & CKPT_NET_OUTSIDE;
	msgs->ns = owner->id;
	msgs->peer = m->peer;
	msgs->nlh = malloc(nlh->nlmsg_len);
	if (!msgs->nlh)
		return -1;
	memcpy(msgs->nlh, nlh, nlh->nlmsg_len);
	ct->nr_msgs++;
	return 0;
}

static int add_kept(struct container *ct, const struct ckpt_record *rec,
		    const struct ckpt_hdr *owner)
{
	const struct ckpt_hdr_ns_kept *k = (const void *)rec->h;
	const struct ckpt_hdr_ns *ns = (const void *)owner;
	struct kept_ns *kept;

	/* Networks are made before the mounts, also those that restart() could make. */
	if (owner->type == CKPT_HDR_NS_NET && !(ns->flags & CKPT_NS_ROOT) &&
	    add_net(ct, ns))
		return -1;
	kept = reallocarray(ct->kept, ct->nr_kept + 1, sizeof(*kept));
	if (!kept)
		return -1;
	ct->kept = kept;
	kept[ct->nr_kept++] = (struct kept_ns){ k->mount, owner->id, -1 };
	return 0;
}

static int take_user(struct container *ct, const struct ckpt_record *rec)
{
	struct ckpt_hdr_ns_user **users;
	int *fds;

	fds = reallocarray(ct->user_fds, ct->nr_users + 1, sizeof(*fds));
	if (!fds)
		return -1;
	ct->user_fds = fds;
	fds[ct->nr_users] = -1;
	users = reallocarray(ct->users, ct->nr_users + 1, sizeof(*users));
	if (!users)
		return -1;
	ct->users = users;
	users[ct->nr_users] = malloc(rec->h->len);
	if (!users[ct->nr_users])
		return -1;
	memcpy(users[ct->nr_users++], rec->h, rec->h->len);
	return 0;
}

static int take_owner(struct container *ct, const struct ckpt_record *rec)
{
	const struct ckpt_hdr_ns *h = (const void *)rec->h;
	__u32 *owners = reallocarray(ct->owners, ct->nr_owners + 1,
				     sizeof(*owners));

	if (!owners)
		return -1;
	ct->owners = owners;
	owners[ct->nr_owners++] = h->user;
	return 0;
}

static void take_ns(struct container *ct, const struct ckpt_record *rec,
		    enum container_ns which)
{
	const struct ckpt_hdr_ns *h = (const void *)rec->h;

	if (!(h->flags & CKPT_NS_ROOT))
		return;
	ct->has_ns[which] = true;
	ct->owner[which] = h->user;
}

/* Return: 1 once the CONTAINER record has been there, 0, or -1 with errno. */
static int take_record(struct container *ct, const struct ckpt_record *rec,
		       const struct ckpt_record *owner)
{
	switch (rec->h->type) {
	case CKPT_HDR_CONTAINER:
		ct->init = ((const struct ckpt_hdr_container *)rec->h)->flags &
			   CKPT_CONTAINER_INIT;
		return 1;
	case CKPT_HDR_MOUNT:
		return add_mount(ct, rec);
	case CKPT_HDR_NET_MSG:
		return add_msg(ct, rec, owner->h);
	case CKPT_HDR_NS_KEPT:
		return add_kept(ct, rec, owner->h);
	case CKPT_HDR_NS_USER:
		return take_user(ct, rec);
	case CKPT_HDR_NS_PID:
		take_ns(ct, rec, NS_OF_PIDS);
		return take_owner(ct, rec);
	case CKPT_HDR_NS_MNT:
		take_ns(ct, rec, NS_OF_MOUNTS);
		return take_owner(ct, rec) ?: add_mnt(ct, rec);
	case CKPT_HDR_NS_MOUNT:
		return add_ns_mount(ct, rec);
	case CKPT_HDR_NS_NET:
		take_ns(ct, rec, NS_OF_NETWORK);
		if (((const struct ckpt_hdr_ns *)rec->h)->flags & CKPT_NS_ROOT)
			ct->root_net = rec->h->id;
		return take_owner(ct, rec);
	case CKPT_HDR_NS_UTS:
	case CKPT_HDR_NS_IPC:
	case CKPT_HDR_NS_CGROUP:
	case CKPT_HDR_NS_TIME:
		return take_owner(ct, rec);
	}
	return 0;
}

static int parse_section(struct container *ct, int memfd)
{
	const struct ckpt_record *rec;
	struct ckpt_image *img;
	bool found = false;
	int ret = 0;

	lseek(memfd, 0, SEEK_SET);
	img = ckpt_image_open(memfd);
	while (img && ret >= 0 && ckpt_image_next(img, &rec) > 0) {
		if (rec->broken)
			break;
		ret = take_record(ct, rec, ckpt_image_record(img, rec->owner));
		found |= ret > 0;
	}
	if (!img || ret < 0)
		say("image: %s", strerror(errno));
	else if (!found)
		say("the image does not begin as one: %s",
		    ckpt_image_error(img));
	ckpt_image_close(img);
	return found && ret >= 0 ? 0 : -1;
}

/**
 * container_read - read the configuration section of an image
 * @ct: filled
 * @fd: the image; use @ct->image_fd from now on
 *
 * Return: 0, or -1 after saying why.
 */
int container_read(struct container *ct, int fd)
{
	struct prefix p = { .fd = fd, .pos = lseek(fd, 0, SEEK_CUR) };
	int ret;

	ct->image_fd = fd;
	p.memfd = memfd_create("ckpt-section", MFD_CLOEXEC);
	if (p.memfd < 0) {
		say("memfd: %s", strerror(errno));
		return -1;
	}
	ret = read_prefix(&p, ct);
	if (ret)
		say("image: %s", strerror(errno));
	else
		ret = parse_section(ct, p.memfd) ?: container_check_users(ct);
	close(p.memfd);
	return ret;
}

/* ---- what the user wants to be different ---- */

/**
 * container_add_map - take the argument of --map
 * @ct: the container
 * @arg: KIND:NAME:VALUE, or KIND:NAME to leave it out
 *
 * Return: whether it was understood.
 */
bool container_add_map(struct container *ct, const char *arg)
{
	static const char * const kinds[] = { "mount", "link", "outside" };
	struct container_map *maps, *map;
	char *copy = strdup(arg), *rest = copy;
	unsigned int i;

	maps = reallocarray(ct->maps, ct->nr_maps + 1, sizeof(*maps));
	if (!copy || !maps) {
		say("%s", strerror(ENOMEM));
		exit(EXIT_OURS);
	}
	ct->maps = maps;
	map = &maps[ct->nr_maps];
	map->kind = strsep(&rest, ":");
	map->name = strsep(&rest, ":");
	map->value = rest && *rest ? rest : NULL;
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(map->kind, kinds[i]) && map->name && *map->name)
			break;
	if (i == ARRAY_SIZE(kinds)) {
		free(copy);
		return false;
	}
	ct->nr_maps++;
	return true;
}

/**
 * container_find_map - what the user wants for a part of the environment
 * @ct: the container
 * @kind: its kind
 * @name: its name in the image
 *
 * Return: the option, or NULL if it is to be as it was.
 */
const struct container_map *container_find_map(const struct container *ct,
					       const char *kind,
					       const char *name)
{
	size_t i;

	for (i = 0; i < ct->nr_maps; i++)
		if (!strcmp(ct->maps[i].kind, kind) &&
		    !strcmp(ct->maps[i].name, name))
			return &ct->maps[i];
	return NULL;
}

static void name_ns(__u32 id, char key[16])
{
	snprintf(key, 16, "ns:%u", id);
}

/**
 * container_ask_kept - ask restart() for what mounts keep
 * @ct: the container
 * @call: the call that is going to restart, which has all that is supplied
 *
 * Return: 0, or -1 after saying why.
 */
int container_ask_kept(const struct container *ct, struct ckpt_call *call)
{
	char key[16];
	size_t i;
	int ret;

	for (i = 0; i < ct->nr_kept; i++) {
		name_ns(ct->kept[i].ns, key);
		ret = ckpt_call_has_key(call, key) ? 0 : ckpt_call_ask(call, key);
		if (!ret)
			continue;
		say("namespaces that mounts keep: %s", strerror(-ret));
		return -1;
	}
	return 0;
}

/**
 * container_take_kept - take what restart() has been asked for, or been given
 * @ct: the container
 * @call: the call that has restarted
 */
void container_take_kept(struct container *ct, const struct ckpt_call *call)
{
	char key[16];
	size_t i;

	for (i = 0; i < ct->nr_kept; i++) {
		name_ns(ct->kept[i].ns, key);
		if (ct->kept[i].fd < 0)
			ct->kept[i].fd = ckpt_call_fd(call, key);
	}
}

/**
 * container_mount_line - find a mount
 * @mountinfo: lines of /proc/PID/mountinfo, or NULL
 * @mount: number of the mount
 *
 * Return: its line, or NULL if it is none of them.
 */
const char *container_mount_line(const char *mountinfo, __u32 mount)
{
	const char *line = mountinfo;

	while (line && *line && strtoul(line, NULL, 10) != mount) {
		line = strchr(line, '\n');
		line += !!line;
	}
	return line && *line ? line : NULL;
}

static const char *find_line(const struct container *ct, __u32 mount)
{
	const char *line = container_mount_line(ct->mountinfo, mount);
	size_t i;

	for (i = 0; i < ct->nr_mnts && !line; i++)
		line = container_mount_line(ct->mnts[i].mountinfo, mount);
	return line;
}

/**
 * container_leave_kept - say which mounts that keep namespaces are not made again
 * @ct: what is not brought back as a container
 */
void container_leave_kept(const struct container *ct)
{
	const char *line;
	char *path;
	size_t i;

	for (i = 0; i < ct->nr_kept; i++) {
		line = find_line(ct, ct->kept[i].mount);
		if (!line || sscanf(line, "%*s %*s %*s %*s %ms", &path) != 1)
			continue;
		say("mount %s: kept namespace %u, and is not made again", path,
		    ct->kept[i].ns);
		free(path);
	}
}

/**
 * container_is_supplied - whether the user supplies a namespace
 * @call: the call that is going to restart
 * @id: its object
 *
 * Return: true if so.
 */
bool container_is_supplied(const struct ckpt_call *call, __u32 id)
{
	char key[16];

	name_ns(id, key);
	return ckpt_call_has_key(call, key);
}

/**
 * container_kept_fd - the namespace that a mount keeps
 * @ct: the container, its networks prepared
 * @mount: number of the mount in the image
 *
 * Return: a descriptor, or -1 if there is none, or not before restart().
 */
int container_kept_fd(const struct container *ct, int mount)
{
	size_t i;

	for (i = 0; i < ct->nr_kept; i++)
		if (ct->kept[i].mount == (__u32)mount)
			return ct->kept[i].fd;
	return -1;
}

/**
 * container_free - done with the configuration
 * @ct: the container
 */
void container_free(struct container *ct)
{
	size_t i;

	for (i = 0; i < ct->nr_msgs; i++)
		free(ct->msgs[i].nlh);
	for (i = 0; i < ct->nr_maps; i++)
		free(ct->maps[i].kind);
	for (i = 0; i < ct->nr_mnts; i++) {
		free(ct->mnts[i].mountinfo);
		free(ct->mnts[i].mounts);
	}
	free(ct->mnts);
	free(ct->msgs);
	free(ct->nets);
	free(ct->kept);
	free(ct->made);
	free(ct->maps);
	free(ct->mountinfo);
	free(ct->lines);
	for (i = 0; i < ct->nr_users; i++) {
		free(ct->users[i]);
		if (ct->user_fds[i] >= 0)
			close(ct->user_fds[i]);
	}
	free(ct->users);
	free(ct->user_fds);
	free(ct->owners);
	free(ct->chain);
	memset(ct, 0, sizeof(*ct));
}
