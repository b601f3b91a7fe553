// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - what all sockets have in common
 *
 * Saved: family, type and protocol, owner and permissions, options (see
 *	sock_opts.c), which directions have been shut down, a pending error, and
 *	who shares the open socket.
 * Not saved: the cookie; when the last message arrived (SIOCGSTAMP); messages
 *	dropped so far.
 * Refused: families that are not in the table below; sockets that are open
 *	outside of the tree, too, or in another network namespace; socket filters
 *	and what else BPF has attached; errors with details (MSG_ERRQUEUE).
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp_states.h>
#include "cred.h"
#include "files.h"
#include "outside.h"
#include "socket.h"

/**
 * struct sock_family - a family of sockets
 * @family: AF_UNIX and the others
 * @check: checkpoint: refuse what cannot be saved
 * @valid: whether there is such a type and protocol
 * @checkpoint: write what belongs to an open socket, or NULL
 * @restore: read that, and restore the state, or NULL
 */
struct sock_family {
	u32 family;
	int (*check)(struct ckpt_ctx *ctx, struct sock *sk);
	bool (*valid)(const struct ckpt_hdr_socket *h);
	int (*checkpoint)(struct ckpt_ctx *ctx, struct sock *sk);
	int (*restore)(struct ckpt_ctx *ctx, struct socket *sock,
		       const struct ckpt_hdr_socket *h, struct ckpt_cursor *c);
};

/* AF_UNIX sockets refer to each other, and come when all are known. */
static const struct sock_family families[] = {
	{ AF_UNIX, checkpoint_unix_check, ckpt_unix_valid, NULL, NULL },
	{ AF_INET, checkpoint_inet_check, ckpt_inet_valid, checkpoint_inet,
	  restore_inet },
	{ AF_INET6, checkpoint_inet_check, ckpt_inet_valid, checkpoint_inet,
	  restore_inet },
	{ AF_NETLINK, checkpoint_netlink_check, ckpt_netlink_valid,
	  checkpoint_netlink, restore_netlink },
};

static const struct sock_family *find_family(u32 family)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i].family == family)
			return &families[i];
	return NULL;
}

/**
 * ckpt_sock_err - report an error about a socket
 * @ctx: the checkpoint
 * @sk: the socket
 * @err: negative errno
 * @fmt: why; no newline
 *
 * Return: @err
 */
int ckpt_sock_err(struct ckpt_ctx *ctx, const struct sock *sk, int err,
		  const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	ckpt_err(ctx, err, "socket:[%lu]: %pV", sock_i_ino((struct sock *)sk),
		 &vaf);
	va_end(args);
	return err;
}

/**
 * ckpt_file_socket_match - whether a file is a socket of a family we know
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: whether it is one.
 */
bool ckpt_file_socket_match(struct ckpt_ctx *ctx, struct file *file)
{
	const struct socket *sock = sock_from_file(file);

	return sock && sock->sk && find_family(sock->ops->family);
}

/* ---- checkpoint ---- */

static struct net *holders_net(struct ckpt_ctx *ctx)
{
	struct task_struct *tsk = ctx->subject ? ctx->subject->task :
						 ctx->root_thread;
	struct net *net;

	/* Only compared: stopped tasks keep it, and killed ones do not matter. */
	task_lock(tsk);
	net = tsk->nsproxy ? tsk->nsproxy->net_ns : NULL;
	task_unlock(tsk);
	return net;
}

static const char *unsupported(struct ckpt_ctx *ctx, struct sock *sk)
{
	if (sock_net(sk) != holders_net(ctx))
		return "is in another network namespace than its holder";
	if (rcu_access_pointer(sk->sk_filter))
		return "has a socket filter (SO_ATTACH_FILTER, SO_ATTACH_BPF)";
	if (ckpt_has_bpf_storage(sk))
		return "has BPF storage";
	if (sock_flag(sk, SOCK_TXTIME))
		return "option SO_TXTIME is not supported";
	if (sock_flag(sk, SOCK_XDP))
		return "is used with XDP";
	if (!sk->sk_rcvtimeo || !sk->sk_sndtimeo)
		return "has a negative timeout (SO_RCVTIMEO, SO_SNDTIMEO)";
	if (!skb_queue_empty_lockless(&sk->sk_error_queue))
		return "holds errors that have not been read (MSG_ERRQUEUE)";
	return NULL;
}

/* A restart makes it in the namespace of the root task. */
static int check_embryo(struct ckpt_ctx *ctx, struct sock *sk)
{
	if (sock_net(sk) == holders_net(ctx))
		return 0;
	return ckpt_sock_err(ctx, sk, -EOPNOTSUPP,
			     "waits to be accepted, in another network namespace than the tree's");
}

static int check_socket(struct ckpt_ctx *ctx, struct sock *sk)
{
	const char *what = unsupported(ctx, sk);

	if (what)
		return ckpt_sock_err(ctx, sk, -EOPNOTSUPP, "%s", what);
	return find_family(sk->sk_family)->check(ctx, sk);
}

static u32 state_of(const struct sock *sk)
{
	switch (READ_ONCE(sk->sk_state)) {
	case TCP_LISTEN:
		return CKPT_SOCK_LISTEN;
	case TCP_ESTABLISHED:
		return CKPT_SOCK_CONNECTED;
	}
	return CKPT_SOCK_CLOSED;
}

static u32 shutdown_of(const struct sock *sk)
{
	BUILD_BUG_ON(CKPT_SHUT_RD != RCV_SHUTDOWN);
	BUILD_BUG_ON(CKPT_SHUT_WR != SEND_SHUTDOWN);

	return READ_ONCE(sk->sk_shutdown) & SHUTDOWN_MASK;
}

static void fill_owner(struct ckpt_ctx *ctx, struct ckpt_hdr_socket *h,
		       const struct inode *inode)
{
	struct user_namespace *ns = ctx->base_user_ns;

	h->uid = from_kuid(ns, inode->i_uid);
	h->gid = from_kgid(ns, inode->i_gid);
	h->mode = inode->i_mode & S_IALLUGO;
}

static int check_owner(struct ckpt_ctx *ctx, struct sock *sk)
{
	const struct inode *inode = file_inode(ctx->file);

	if (ckpt_has_numbers(ctx, inode->i_uid, inode->i_gid))
		return 0;
	return ckpt_sock_err(ctx, sk, -EOPNOTSUPP,
			     "its owner has no number in the user namespace");
}

static void fill_live(struct ckpt_hdr_socket *h, const struct sock *sk)
{
	h->state = state_of(sk);
	h->shutdown = shutdown_of(sk);
	h->err = READ_ONCE(sk->sk_err);
	h->backlog = READ_ONCE(sk->sk_max_ack_backlog);
}

/**
 * checkpoint_socket - save a socket
 * @ctx: the checkpoint; @ctx->file is the socket's file, or NULL for one that
 *	is only in a queue
 * @obj: the struct sock
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_socket(struct ckpt_ctx *ctx, void *obj)
{
	struct sock *sk = obj;
	bool open = ctx->file, dead = !open && !ckpt_is_embryo(sk);
	struct ckpt_hdr_socket *h;
	int ret = 0;

	if (open)
		ret = check_socket(ctx, sk) ?: check_owner(ctx, sk);
	else if (!dead)
		ret = check_embryo(ctx, sk);
	if (ret)
		return ret;
	h = ckpt_new_obj(ctx, CKPT_HDR_SOCKET,
			 struct_size(h, opts, open ? ckpt_sockopts_max() : 0));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->family = sk->sk_family;
	h->type = sk->sk_type;
	h->protocol = sk->sk_protocol;
	if (dead) {
		h->flags = CKPT_SOCKET_DEAD;
		return 0;
	}
	fill_live(h, sk);
	h->flags = CKPT_SOCKET_EMBRYO;
	if (!open)
		return 0;
	h->flags = CKPT_SOCKET_FILE;
	h->ino = sock_i_ino(sk);
	fill_owner(ctx, h, file_inode(ctx->file));
	ret = checkpoint_sockopts(ctx, sk, h);
	if (!ret && find_family(h->family)->checkpoint)
		ret = find_family(h->family)->checkpoint(ctx, sk);
	return ret;
}

/**
 * checkpoint_file_socket - save an open socket
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_socket(struct ckpt_ctx *ctx, void *obj)
{
	struct file *file = obj;
	struct ckpt_hdr_file_socket *h;
	int cred, id;

	cred = checkpoint_file_common(ctx, file);
	if (cred < 0)
		return cred;
	id = checkpoint_obj(ctx, CKPT_HDR_SOCKET, sock_from_file(file)->sk);
	if (id < 0)
		return id;
	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_SOCKET, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, file, cred);
	h->sock = id;
	return 0;
}

/* Of a file: who has it, and who of them is in the image. Of a socket: ino. */
struct found {
	long holders;
	long in_image;
	u64 ino;
};

static int count_holders(struct ckpt_ctx *ctx, void *obj, u32 id, void *arg)
{
	struct found *found = arg;

	found[id - 1].holders = ckpt_file_users(ctx, obj);
	return 0;
}

static void count_files(struct found *found, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_skb *skb = (const void *)h;
	const u32 *files = (const void *)skb->data;
	u32 i;

	if (h->type == CKPT_HDR_SOCKET)
		found[h->id - 1].ino = ((const struct ckpt_hdr_socket *)h)->ino;
	if (h->type == CKPT_HDR_FD)
		found[((const struct ckpt_hdr_fd *)h)->file - 1].in_image++;
	if (h->type == CKPT_HDR_SKB)
		for (i = 0; i < skb->nr_files; i++)
			found[files[i] - 1].in_image++;
}

static int check_holders(struct ckpt_ctx *ctx, const struct found *found,
			 const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_socket *f = (const void *)h;

	if (h->type != CKPT_HDR_FILE_SOCKET ||
	    found[h->id - 1].holders == found[h->id - 1].in_image)
		return 0;
	return ckpt_err(ctx, -EOPNOTSUPP,
			"socket:[%llu]: is open outside of the tree, too; it can be passed as an external resource",
			found[f->sock - 1].ino);
}

static int find_holders(struct ckpt_ctx *ctx)
{
	struct found *found = kvcalloc(ctx->nr_objs, sizeof(*found),
				       GFP_KERNEL_ACCOUNT);
	const struct ckpt_hdr *h;
	struct ckpt_cursor c;
	int ret;

	if (!found)
		return ckpt_err(ctx, -ENOMEM, "holders of sockets");
	ckpt_cursor_first(ctx, &c);
	while ((h = ckpt_cursor_next(&c))) {
		count_files(found, h);
		cond_resched();
	}
	ret = ckpt_walk_ids(ctx, CKPT_HDR_FILE_SOCKET, count_holders, found);
	ckpt_cursor_first(ctx, &c);
	while (!ret && (h = ckpt_cursor_next(&c))) {
		ret = check_holders(ctx, found, h);
		cond_resched();
	}
	kvfree(found);
	return ret;
}

/**
 * checkpoint_sockets_end - save how sockets belong together
 * @ctx: the checkpoint; all tasks have been saved and are still stopped
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_sockets_end(struct ckpt_ctx *ctx)
{
	return checkpoint_unix_end(ctx) ?: find_holders(ctx);
}

/* ---- validate ---- */

static bool is_one_of(u32 flags)
{
	return flags == CKPT_SOCKET_FILE || flags == CKPT_SOCKET_EMBRYO ||
	       flags == CKPT_SOCKET_DEAD;
}

/**
 * ckpt_socket_validate - check a SOCKET record
 * @v: the validator
 * @h: the record
 *
 * Return: 0, -EBADMSG or -EOPNOTSUPP
 */
int ckpt_socket_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_socket *s = (const void *)h;
	const struct sock_family *family = find_family(s->family);

	if (!family || !family->valid(s)) {
		v->why = "socket of an unknown kind";
		return -EOPNOTSUPP;
	}
	if (s->state > CKPT_SOCK_CONNECTED)
		return ckpt_bad(v, "unknown state of a socket");
	if (s->shutdown & ~(CKPT_SHUT_RD | CKPT_SHUT_WR))
		return ckpt_bad(v, "unknown state of a socket");
	if (!is_one_of(s->flags) ||
	    (s->family != AF_UNIX && s->flags != CKPT_SOCKET_FILE))
		return ckpt_bad(v, "unknown flags");
	if (s->err > MAX_ERRNO || s->backlog > INT_MAX || s->mode & ~S_IALLUGO)
		return ckpt_bad(v, "number out of range");
	if (s->netns || s->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (s->nr_opts > CKPT_SOCKOPTS_MAX ||
	    struct_size(s, opts, s->nr_opts) > h->len)
		return ckpt_bad(v, "more options than the record can hold");
	if (memchr_inv(&s->opts[s->nr_opts], 0,
		       h->len - struct_size(s, opts, s->nr_opts)))
		return ckpt_bad(v, "padding is not zero");
	return ckpt_sockopts_validate(v, s);
}

/**
 * ckpt_file_socket_validate - check a FILE_SOCKET record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_socket_validate(struct ckpt_validator *v,
			      const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_socket *f = (const void *)h;

	if (!ckpt_ref_ok(v, f->sock, CKPT_CLASS_SOCKET))
		return ckpt_bad(v, "bad reference to a socket");
	if ((f->file.f_flags & O_ACCMODE) != O_RDWR ||
	    f->file.f_flags & (O_PATH | O_DIRECTORY | CKPT_O_EXEC) ||
	    f->file.advice)
		return ckpt_bad(v, "flags that a socket cannot have");
	if (f->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return ckpt_file_common_validate(v, &f->file);
}

/* ---- restart ---- */

/**
 * ckpt_socket_rec - the record of a socket
 * @ctx: the restart
 * @id: SOCKET object, validated
 *
 * Return: the record.
 */
const struct ckpt_hdr_socket *ckpt_socket_rec(struct ckpt_ctx *ctx, u32 id)
{
	return (const void *)ckpt_obj_by_id(ctx, id)->h;
}

/**
 * ckpt_restored_socket - get a socket of the image
 * @ctx: the restart
 * @id: SOCKET object, validated
 *
 * Return: the socket, or ERR_PTR() of an errno that has been reported.
 */
struct socket *ckpt_restored_socket(struct ckpt_ctx *ctx, u32 id)
{
	struct file *file = restore_obj(ctx, id);

	return IS_ERR(file) ? ERR_CAST(file) : sock_from_file(file);
}

/* As with pipes: a socket belongs to whoever creates it. */
static int restore_owner(struct ckpt_ctx *ctx, struct socket *sock,
			 const struct ckpt_hdr_socket *h)
{
	struct user_namespace *ns = ctx->base_user_ns;
	struct inode *inode = SOCK_INODE(sock);
	kuid_t uid = make_kuid(ns, h->uid);
	kgid_t gid = make_kgid(ns, h->gid);

	if (!uid_valid(uid) || !gid_valid(gid))
		return ckpt_err(ctx, -EINVAL,
				"socket:[%llu]: owner %u:%u is not mapped",
				h->ino, h->uid, h->gid);
	if (!uid_eq(uid, current_fsuid()) && !ckpt_may_take_uid(uid))
		return ckpt_err(ctx, -EPERM, "socket:[%llu]: owner is user %u",
				h->ino, h->uid);
	if (!in_group_p(gid) && !ckpt_may_take_gid(gid))
		return ckpt_err(ctx, -EPERM, "socket:[%llu]: owner is group %u",
				h->ino, h->gid);
	inode->i_uid = uid;
	inode->i_gid = gid;
	inode->i_mode = S_IFSOCK | h->mode;
	sock->sk->sk_uid = uid;
	return 0;
}

static struct file *make_socket(struct ckpt_ctx *ctx,
				const struct ckpt_hdr_socket *h)
{
	struct socket *sock;
	struct file *file;
	int ret;

	ret = __sock_create(current->nsproxy->net_ns, h->family, h->type,
			    h->protocol, &sock, 0);
	/* It says so for want of memory. */
	if (ret == -ENFILE)
		ret = -ENOMEM;
	if (ret)
		return ERR_PTR(ret);
	file = sock_alloc_file(sock, 0, NULL);
	if (!IS_ERR(file) && sock->sk->sk_protocol != h->protocol) {
		__fput_sync(file);
		return ERR_PTR(-EPROTONOSUPPORT);
	}
	return file;
}

/**
 * restore_socket - make a socket, not connected to anything yet
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: a file with which it is open, referenced, or ERR_PTR() of an errno
 * that has been reported.
 */
void *restore_socket(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c)
{
	const struct ckpt_hdr_socket *s = (const void *)h;
	struct socket *sock;
	struct file *file;
	int ret;

	file = make_socket(ctx, s);
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(file),
					"socket:[%llu]: cannot be made",
					s->ino));
	if (s->flags != CKPT_SOCKET_FILE)
		return file;
	sock = sock_from_file(file);
	ret = restore_owner(ctx, sock, s) ?: restore_sockopts(ctx, sock, s);
	if (!ret && find_family(s->family)->restore)
		ret = find_family(s->family)->restore(ctx, sock, s, c);
	if (!ret)
		return file;
	__fput_sync(file);
	return ERR_PTR(ret);
}

/**
 * restore_file_socket - open a socket
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the file, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_file_socket(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			  struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_socket *f = (const void *)h;
	struct ckpt_obj *o = ckpt_obj_by_id(ctx, f->sock);
	struct file *file;
	char name[32];

	if (ckpt_socket_rec(ctx, f->sock)->flags != CKPT_SOCKET_FILE)
		return ERR_PTR(ckpt_err(ctx, -EBADMSG,
					"open socket: was not open"));
	file = restore_obj(ctx, f->sock);
	if (IS_ERR(file))
		return file;
	/* It has one file, and that has one set of flags. */
	if (cmpxchg(&o->priv, NULL, file))
		return ERR_PTR(ckpt_err(ctx, -EBADMSG,
					"open socket: is open twice"));
	snprintf(name, sizeof(name), "socket:[%llu]",
		 ckpt_socket_rec(ctx, f->sock)->ino);
	return restore_file_common(ctx, &f->file, get_file(file), name);
}

/**
 * ckpt_restore_backlog - restore how many may wait at a socket
 * @ctx: the restart
 * @sk: the socket, with a number that anybody could have got
 * @h: its record
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_restore_backlog(struct ckpt_ctx *ctx, struct sock *sk,
			 const struct ckpt_hdr_socket *h)
{
	u32 now = READ_ONCE(sk->sk_max_ack_backlog);

	if (h->backlog > now &&
	    !ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN))
		return ckpt_err(ctx, -EPERM,
				"socket:[%llu]: queue of %u; the limit is %u now",
				h->ino, h->backlog, now);
	WRITE_ONCE(sk->sk_max_ack_backlog, h->backlog);
	return 0;
}

/**
 * restore_sockets - restore how sockets belong together
 * @ctx: the restart; all tasks have restored themselves and none runs yet
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_sockets(struct ckpt_ctx *ctx)
{
	return restore_unix(ctx);
}

/**
 * ckpt_socket_put - drop a reference on a restored socket
 * @obj: the file
 *
 * A socket that is not open in any task is closed now, before they run.
 */
void ckpt_socket_put(void *obj)
{
	__fput_sync(obj);
}
