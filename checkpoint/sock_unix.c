// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - AF_UNIX sockets
 *
 * Saved: address, and whether others can find the socket by it; the socket at
 *	the other end, also if that has been closed; connections that wait to be
 *	accepted; messages with their boundaries, senders, credentials, files and
 *	the out-of-band mark; what SO_PEERCRED shows. A datagram socket that is
 *	connected to one outside of the tree is connected again, by its address.
 * Not saved: the inode of an address whose file has been deleted; what has
 *	been read of a message, except for its length; processes outside of the
 *	tree (SO_PEERCRED, SCM_CREDENTIALS) other than by their number.
 * Refused: other connections to sockets outside of the tree; messages of more
 *	than 1 MiB; sockets in a BPF map.
 *
 * Sockets refer to each other in any way: both ends of a connection do, and a
 * message may carry the very socket in whose queue it is. So this comes when
 * all tasks have been saved, and all sockets are known: first all that hang on
 * what the tasks have open, then their names, connections and queues. Likewise
 * a restart connects and fills them when the tasks have them open.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/namei.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/path.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/security.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/un.h>
#include <linux/user_namespace.h>
#include <net/af_unix.h>
#include <net/scm.h>
#include <net/sock.h>
#include <net/tcp_states.h>
#include "cred.h"
#include "files.h"
#include "namespaces.h"
#include "socket.h"

/* ---- checkpoint: find all sockets ---- */

/**
 * checkpoint_unix_check - refuse AF_UNIX sockets that cannot be saved
 * @ctx: the checkpoint
 * @sk: the socket
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_unix_check(struct ckpt_ctx *ctx, struct sock *sk)
{
	if (READ_ONCE(sk->sk_user_data))
		return ckpt_sock_err(ctx, sk, -EOPNOTSUPP, "is in a BPF map");
	return 0;
}

/*
 * What is in the queue of an AF_UNIX socket stays: those who could read it are
 * stopped. Others may send datagrams; whoever walks the queue goes as far as
 * it got.
 */
static struct sk_buff *next_skb(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff_head *queue = &sk->sk_receive_queue;

	spin_lock(&queue->lock);
	skb = skb ? skb_peek_next(skb, queue) : skb_peek(queue);
	spin_unlock(&queue->lock);
	return skb;
}

static const struct unix_address *addr_of(const struct sock *sk)
{
	/* Pairs with the release in __unix_set_addr_hash(). */
	return smp_load_acquire(&unix_sk(sk)->addr);
}

static int collect_files(struct ckpt_ctx *ctx, const struct scm_fp_list *fp)
{
	int i, ret = 0;

	for (i = 0; fp && i < fp->count && ret >= 0; i++) {
		struct file *file = get_file(fp->fp[i]);

		ret = checkpoint_file_obj(ctx, file);
		fput(file);
	}
	return ret < 0 ? ret : 0;
}

/* Connections and files in the queue; those may be sockets, too. */
static int collect_queue(struct ckpt_ctx *ctx, void *obj)
{
	struct sock *sk = obj;
	struct sk_buff *skb;
	int ret = 0;

	if (sk->sk_family != AF_UNIX)
		return 0;
	for (skb = next_skb(sk, NULL); skb; skb = next_skb(sk, skb)) {
		if (READ_ONCE(sk->sk_state) == TCP_LISTEN)
			ret = checkpoint_obj(ctx, CKPT_HDR_SOCKET, skb->sk);
		else
			ret = collect_files(ctx, UNIXCB(skb).fp);
		if (ret < 0)
			return ret;
		cond_resched();
	}
	return 0;
}

/* Dead ends are all that can be missing when all files have been found. */
static int collect_peer(struct ckpt_ctx *ctx, void *obj)
{
	struct sock *sk = obj, *peer;
	int ret = 0;

	if (sk->sk_family != AF_UNIX)
		return 0;
	peer = unix_peer_get(sk);
	if (!peer)
		return 0;
	if (sock_flag(peer, SOCK_DEAD))
		ret = checkpoint_obj(ctx, CKPT_HDR_SOCKET, peer);
	sock_put(peer);
	return ret < 0 ? ret : 0;
}

/* Print an address so that it can be read. */
static void print_addr(const struct sock *sk, char *buf, size_t size)
{
	const struct unix_address *addr = addr_of(sk);
	int len;

	if (!addr) {
		strscpy(buf, "without a name", size);
		return;
	}
	len = addr->len - offsetof(struct sockaddr_un, sun_path);
	if (addr->name->sun_path[0])
		snprintf(buf, size, "%.*s", len, addr->name->sun_path);
	else
		snprintf(buf, size, "@%*pE", len - 1, addr->name->sun_path + 1);
}

static int refuse_peer(struct ckpt_ctx *ctx, struct sock *sk, struct sock *peer)
{
	char name[UNIX_PATH_MAX + 16];

	print_addr(peer, name, sizeof(name));
	return ckpt_sock_err(ctx, sk, -EOPNOTSUPP,
			     "is connected to socket:[%lu] (%s), which is not open in the tree; it can be passed as an external resource",
			     sock_i_ino(peer), name);
}

/* Nothing but the address makes a one-way connection of datagrams. */
static bool by_address(const struct sock *sk, const struct sock *peer)
{
	return sk->sk_type == SOCK_DGRAM && unix_peer(peer) != sk &&
	       addr_of(peer);
}

static const void *file_of(struct sock *sk)
{
	const void *file = NULL;

	read_lock_bh(&sk->sk_callback_lock);
	if (sk->sk_socket)
		file = sk->sk_socket->file;
	read_unlock_bh(&sk->sk_callback_lock);
	return file;
}

/* Whether @sk is open in the tree, or waits there to be accepted. */
static bool in_tree(struct ckpt_ctx *ctx, struct sock *sk)
{
	const void *file = file_of(sk);

	return ckpt_obj_known(ctx, sk) && (!file || ckpt_obj_known(ctx, file));
}

static int check_peer(struct ckpt_ctx *ctx, void *obj)
{
	struct sock *sk = obj, *peer;
	int ret = 0;

	if (sk->sk_family != AF_UNIX)
		return 0;
	peer = unix_peer_get(sk);
	if (!peer)
		return 0;
	if (!in_tree(ctx, peer) && !by_address(sk, peer))
		ret = refuse_peer(ctx, sk, peer);
	sock_put(peer);
	return ret;
}

/* Of senders that have gone, or are outside, the name is all that matters. */
static int collect_sender(struct ckpt_ctx *ctx, struct sock *sk,
			  struct sock *sender)
{
	if (!ckpt_obj_known(ctx, sender) &&
	    ckpt_obj_known(ctx, file_of(sender)))
		return ckpt_sock_err(ctx, sk, -EOPNOTSUPP,
				     "holds a message from an external socket");
	return checkpoint_obj(ctx, CKPT_HDR_SOCKET, sender);
}

static int collect_senders(struct ckpt_ctx *ctx, void *obj)
{
	struct sock *sk = obj;
	struct sk_buff *skb;
	int ret;

	if (sk->sk_family != AF_UNIX || READ_ONCE(sk->sk_state) == TCP_LISTEN)
		return 0;
	for (skb = next_skb(sk, NULL); skb; skb = next_skb(sk, skb)) {
		ret = collect_sender(ctx, sk, skb->sk);
		if (ret < 0)
			return ret;
		cond_resched();
	}
	return 0;
}

/* ---- checkpoint: write names, connections and queues ---- */

/* What goes into a SOCK_UNIX record, found before it is made. */
struct unix_parts {
	const struct unix_address *addr;
	const struct unix_address *remote;
	char *path;
	char *remote_path;
	u32 peer;
	u32 cred;
	u32 flags;
};

static void free_parts(struct unix_parts *p)
{
	kfree(p->path);
	kfree(p->remote_path);
}

static size_t name_len(const struct unix_address *addr)
{
	return addr ? addr->len - offsetof(struct sockaddr_un, sun_path) : 0;
}

static bool is_abstract(const struct unix_address *addr)
{
	return !addr->name->sun_path[0];
}

static bool is_gone(const struct path *path)
{
	return d_unlinked(path->dentry) && !d_inode(path->dentry)->i_nlink;
}

static int find_name(struct ckpt_ctx *ctx, struct sock *sk,
		     struct unix_parts *p)
{
	struct unix_sock *u = unix_sk(sk);

	p->addr = addr_of(sk);
	if (!p->addr || sock_flag(sk, SOCK_DEAD))
		return 0;
	if (is_abstract(p->addr)) {
		if (sk->sk_hash > UNIX_HASH_MOD)
			p->flags |= CKPT_UNIX_BOUND;
		return 0;
	}
	if (hlist_unhashed(&sk->sk_bind_node) || is_gone(&u->path))
		return 0;
	p->flags |= CKPT_UNIX_BOUND;
	p->path = ckpt_path_name(ctx, &u->path);
	return PTR_ERR_OR_ZERO(p->path);
}

static int find_remote(struct ckpt_ctx *ctx, struct sock *sk,
		       struct sock *peer, struct unix_parts *p)
{
	/* The socket may be closed, but its address is there while it is. */
	p->remote = addr_of(peer);
	if (is_abstract(p->remote))
		return 0;
	p->remote_path = ckpt_root_path_name(ctx, &unix_sk(peer)->path);
	if (IS_ERR(p->remote_path))
		return PTR_ERR(p->remote_path);
	if (strlen(p->remote_path) >= UNIX_PATH_MAX)
		return ckpt_sock_err(ctx, sk, -EOPNOTSUPP,
				     "is connected to %s: too long for an address",
				     p->remote_path);
	return 0;
}

static int find_peer(struct ckpt_ctx *ctx, struct sock *sk, struct sock *peer,
		     struct unix_parts *p)
{
	int id;

	if (!peer)
		return 0;
	if (!sock_flag(peer, SOCK_DEAD) && !in_tree(ctx, peer))
		return find_remote(ctx, sk, peer, p);
	id = checkpoint_obj(ctx, CKPT_HDR_SOCKET, peer);
	p->peer = id;
	return id < 0 ? id : 0;
}

static int find_cred(struct ckpt_ctx *ctx, struct sock *sk,
		     struct unix_parts *p)
{
	int id;

	/* Stopped, and nobody else listens with it or connects it. */
	if (!sk->sk_peer_cred || sock_flag(sk, SOCK_DEAD))
		return 0;
	id = checkpoint_obj(ctx, CKPT_HDR_CRED, (void *)sk->sk_peer_cred);
	p->cred = id;
	return id < 0 ? id : 0;
}

static void fill_pid(struct ckpt_ctx *ctx, struct pid *pid,
		     struct ckpt_sock_pid *to)
{
	if (pid && ckpt_obj_known(ctx, pid))
		to->pid = checkpoint_obj(ctx, CKPT_HDR_PID, pid);
	else
		to->nr = pid_nr_ns(pid, ctx->root_ns);
}

static size_t remote_len(const struct unix_parts *p)
{
	return p->remote_path ? strlen(p->remote_path) + 1 : name_len(p->remote);
}

static void fill_names(struct ckpt_hdr_sock_unix *h, const struct unix_parts *p)
{
	u8 *to = h->names;

	h->addr_len = name_len(p->addr);
	h->path_len = p->path ? strlen(p->path) + 1 : 0;
	h->remote_len = remote_len(p);
	if (p->addr)
		memcpy(to, p->addr->name->sun_path, h->addr_len);
	to += h->addr_len;
	if (p->path)
		memcpy(to, p->path, h->path_len);
	to += h->path_len;
	if (h->remote_len)
		memcpy(to, p->remote_path ?: p->remote->name->sun_path,
		       h->remote_len);
}

static u32 unread(const struct sk_buff *skb)
{
	return skb->len - UNIXCB(skb).consumed;
}

static void fill_skb(struct ckpt_ctx *ctx, struct ckpt_hdr_skb *h,
		     struct sock *sk, const struct sk_buff *skb)
{
	struct user_namespace *ns = ctx->base_user_ns;
	const struct unix_skb_parms *cb = &UNIXCB(skb);

	h->len = unread(skb);
	h->consumed = cb->consumed;
	h->uid = uid_valid(cb->uid) ? from_kuid_munged(ns, cb->uid) : -1;
	h->gid = gid_valid(cb->gid) ? from_kgid_munged(ns, cb->gid) : -1;
	h->tstamp = ktime_to_ns(skb->tstamp);
	fill_pid(ctx, cb->pid, &h->pid);
	if (ckpt_oob_skb(sk) == skb)
		h->flags |= CKPT_SKB_OOB;
}

static int fill_data(struct ckpt_ctx *ctx, struct ckpt_hdr_skb *h,
		     const struct sk_buff *skb)
{
	const struct scm_fp_list *fp = UNIXCB(skb).fp;
	u32 *files = (void *)h->data;
	int i, id;

	h->nr_files = fp ? fp->count : 0;
	for (i = 0; i < h->nr_files; i++) {
		id = checkpoint_file_obj(ctx, fp->fp[i]);
		if (id < 0)
			return id;
		ckpt_obj_use(ctx, fp->fp[i], true);
		files[i] = id;
	}
	return skb_copy_bits(skb, h->consumed,
			     h->data + ALIGN(h->nr_files * sizeof(*files), 8),
			     h->len);
}

static size_t skb_rec_len(u32 nr_files, u32 len)
{
	return sizeof(struct ckpt_hdr_skb) + ALIGN(nr_files * sizeof(u32), 8) +
	       ALIGN(len, 8);
}

static int write_skb(struct ckpt_ctx *ctx, struct sock *sk,
		     const struct sk_buff *skb)
{
	const struct scm_fp_list *fp = UNIXCB(skb).fp;
	size_t len = skb_rec_len(fp ? fp->count : 0, unread(skb));
	struct ckpt_hdr_skb *h;
	int ret;

	if (len > CKPT_RECORD_MAX)
		return ckpt_sock_err(ctx, sk, -EOPNOTSUPP,
				     "holds a message of %u bytes", skb->len);
	h = ckpt_new_rec(ctx, CKPT_HDR_SKB, len);
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->sock = checkpoint_obj(ctx, CKPT_HDR_SOCKET, skb->sk);
	fill_skb(ctx, h, sk, skb);
	ret = fill_data(ctx, h, skb);
	if (ret)
		return ckpt_sock_err(ctx, sk, ret, "message cannot be read");
	return 0;
}

static int write_embryo(struct ckpt_ctx *ctx, const struct sk_buff *skb)
{
	struct ckpt_hdr_skb *h = ckpt_new_rec(ctx, CKPT_HDR_SKB, sizeof(*h));

	if (IS_ERR(h))
		return PTR_ERR(h);
	h->sock = checkpoint_obj(ctx, CKPT_HDR_SOCKET, skb->sk);
	return 0;
}

/* It has come from outside after we had looked, and so comes too late. */
static bool is_late(struct ckpt_ctx *ctx, const struct sk_buff *skb)
{
	const struct scm_fp_list *fp = UNIXCB(skb).fp;
	int i;

	for (i = 0; fp && i < fp->count; i++)
		if (!ckpt_obj_known(ctx, fp->fp[i]))
			return true;
	return !ckpt_obj_known(ctx, skb->sk);
}

static int write_queue(struct ckpt_ctx *ctx, struct sock *sk,
		       struct ckpt_hdr_sock_unix *h)
{
	bool listens = READ_ONCE(sk->sk_state) == TCP_LISTEN;
	struct sk_buff *skb;
	int ret;

	if (sock_flag(sk, SOCK_DEAD))
		return 0;
	for (skb = next_skb(sk, NULL); skb; skb = next_skb(sk, skb)) {
		if (listens ? !ckpt_obj_known(ctx, skb->sk) : is_late(ctx, skb))
			break;
		ret = listens ? write_embryo(ctx, skb) : write_skb(ctx, sk, skb);
		if (ret)
			return ret;
		h->nr_skbs++;
		cond_resched();
	}
	return 0;
}

static int write_parts(struct ckpt_ctx *ctx, struct sock *sk,
		       const struct unix_parts *p)
{
	struct ckpt_hdr_sock_unix *h;
	int ret = 0;

	h = ckpt_new_rec(ctx, CKPT_HDR_SOCK_UNIX,
			 ALIGN(sizeof(*h) + name_len(p->addr) + remote_len(p) +
			       (p->path ? strlen(p->path) + 1 : 0), 8));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->sock = checkpoint_obj(ctx, CKPT_HDR_SOCKET, sk);
	h->peer = p->peer;
	h->peer_cred = p->cred;
	h->flags = p->flags;
	fill_names(h, p);
	if (p->path)
		ret = ckpt_fill_file_id(ctx, &unix_sk(sk)->path, &h->id);
	if (p->cred)
		fill_pid(ctx, sk->sk_peer_pid, &h->peer_pid);
	return ret ?: write_queue(ctx, sk, h);
}

/* A sender that is outside of the tree, and alive, has a name and no more. */
static int write_outside(struct ckpt_ctx *ctx, struct sock *sk)
{
	struct unix_parts p = { .addr = addr_of(sk) };
	struct ckpt_hdr_sock_unix *h;

	h = ckpt_new_rec(ctx, CKPT_HDR_SOCK_UNIX,
			 ALIGN(sizeof(*h) + name_len(p.addr), 8));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->sock = checkpoint_obj(ctx, CKPT_HDR_SOCKET, sk);
	fill_names(h, &p);
	return 0;
}

static int write_unix(struct ckpt_ctx *ctx, void *obj)
{
	struct unix_parts p = {};
	struct sock *sk = obj, *peer;
	int ret;

	if (sk->sk_family != AF_UNIX)
		return 0;
	if (!sock_flag(sk, SOCK_DEAD) && !in_tree(ctx, sk))
		return write_outside(ctx, sk);
	peer = unix_peer_get(sk);
	ret = find_name(ctx, sk, &p) ?:
	      find_peer(ctx, sk, peer, &p) ?:
	      find_cred(ctx, sk, &p) ?:
	      write_parts(ctx, sk, &p);
	if (peer)
		sock_put(peer);
	if (!IS_ERR(p.path) && !IS_ERR(p.remote_path))
		free_parts(&p);
	return ret;
}

/**
 * checkpoint_unix_end - save the names, connections and queues of all sockets
 * @ctx: the checkpoint; all tasks have been saved and are still stopped
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_unix_end(struct ckpt_ctx *ctx)
{
	/* Those that are found on the way are added at the end. */
	return ckpt_walk_objs(ctx, CKPT_HDR_SOCKET, collect_queue) ?:
	       ckpt_walk_objs(ctx, CKPT_HDR_SOCKET, collect_peer) ?:
	       ckpt_walk_objs(ctx, CKPT_HDR_SOCKET, check_peer) ?:
	       ckpt_walk_objs(ctx, CKPT_HDR_SOCKET, collect_senders) ?:
	       ckpt_walk_objs(ctx, CKPT_HDR_SOCKET, write_unix);
}

/* ---- validate ---- */

/**
 * ckpt_unix_valid - whether there is such an AF_UNIX socket
 * @h: the record
 *
 * Return: whether type and protocol are valid.
 */
bool ckpt_unix_valid(const struct ckpt_hdr_socket *h)
{
	return !h->protocol && (h->type == SOCK_STREAM ||
				h->type == SOCK_DGRAM ||
				h->type == SOCK_SEQPACKET);
}

static bool sock_pid_ok(const struct ckpt_validator *v,
			const struct ckpt_sock_pid *pid)
{
	if (pid->pid)
		return !pid->nr && ckpt_ref_ok(v, pid->pid, CKPT_CLASS_PID);
	return pid->nr >= 0 && pid->nr < PID_MAX_LIMIT;
}

static bool name_ok(const u8 *name, size_t len)
{
	if (!len || !name[0])
		return len < CKPT_UNIX_ADDR_MAX;
	return len <= CKPT_UNIX_ADDR_MAX && strnlen(name, len) == len - 1;
}

static int check_names(struct ckpt_validator *v,
		       const struct ckpt_hdr_sock_unix *u)
{
	const u8 *path = u->names + u->addr_len;
	size_t len, used;

	ckpt_payload(&u->h, sizeof(*u), &len);
	if (u->addr_len > len || u->path_len > len - u->addr_len ||
	    u->remote_len > len - u->addr_len - u->path_len)
		return ckpt_bad(v, "names that the record cannot hold");
	used = u->addr_len + u->path_len + u->remote_len;
	if (memchr_inv(u->names + used, 0, len - used))
		return ckpt_bad(v, "padding is not zero");
	if (!name_ok(u->names, u->addr_len) ||
	    !name_ok(path + u->path_len, u->remote_len))
		return ckpt_bad(v, "bad address of a socket");
	if (u->flags & CKPT_UNIX_BOUND && !u->addr_len)
		return ckpt_bad(v, "bound to no address");
	if (!u->path_len)
		return u->flags & CKPT_UNIX_BOUND && u->names[0] ?
			ckpt_bad(v, "address without its file") : 0;
	if (!(u->flags & CKPT_UNIX_BOUND) || !u->names[0])
		return ckpt_bad(v, "file of an address that has none");
	if (!ckpt_path_ok(path, u->path_len, u->path_len))
		return ckpt_bad(v, "bad path");
	if (!ckpt_file_id_ok(v, &u->id) || !S_ISSOCK(u->id.mode))
		return ckpt_bad(v, "bad identity of a socket's file");
	return 0;
}

/**
 * ckpt_sock_unix_validate - check a SOCK_UNIX record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_sock_unix_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_sock_unix *u = (const void *)h;

	if (!ckpt_ref_ok(v, u->sock, CKPT_CLASS_SOCKET) ||
	    (u->peer && !ckpt_ref_ok(v, u->peer, CKPT_CLASS_SOCKET)))
		return ckpt_bad(v, "bad reference to a socket");
	if (u->peer_cred && !ckpt_ref_ok(v, u->peer_cred, CKPT_CLASS_CRED))
		return ckpt_bad(v, "bad reference to credentials");
	if (!sock_pid_ok(v, &u->peer_pid))
		return ckpt_bad(v, "bad process id");
	if (u->flags & ~CKPT_UNIX_BOUND)
		return ckpt_bad(v, "unknown flags");
	if (u->peer && u->remote_len)
		return ckpt_bad(v, "connected to two sockets");
	return check_names(v, u);
}

/**
 * ckpt_skb_validate - check an SKB record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_skb_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_sock_unix *u = (const void *)v->owner_hdr;
	const struct ckpt_hdr_skb *skb = (const void *)h;
	const u32 *files = (const void *)skb->data;
	size_t used;
	u32 i;

	if (v->last_end++ >= u->nr_skbs)
		return ckpt_bad(v, "more messages than announced");
	if (!ckpt_ref_ok(v, skb->sock, CKPT_CLASS_SOCKET))
		return ckpt_bad(v, "bad reference to a socket");
	if (skb->flags & ~CKPT_SKB_OOB)
		return ckpt_bad(v, "unknown flags");
	if (skb->flags & CKPT_SKB_OOB && (skb->len != 1 || skb->consumed))
		return ckpt_bad(v, "out-of-band data of more than a byte");
	if (skb->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (skb->nr_files > CKPT_SKB_FILES_MAX || skb->len > CKPT_RECORD_MAX ||
	    skb->consumed > CKPT_RECORD_MAX || skb->tstamp < 0 ||
	    skb_rec_len(skb->nr_files, skb->len) > h->len)
		return ckpt_bad(v, "number out of range");
	if (!sock_pid_ok(v, &skb->pid))
		return ckpt_bad(v, "bad process id");
	if (skb->nr_files % 2 && files[skb->nr_files])
		return ckpt_bad(v, "padding is not zero");
	used = ALIGN(skb->nr_files * sizeof(*files), 8) + skb->len;
	if (memchr_inv(skb->data + used, 0, h->len - sizeof(*skb) - used))
		return ckpt_bad(v, "padding is not zero");
	for (i = 0; i < skb->nr_files; i++)
		if (!ckpt_ref_ok(v, files[i], CKPT_CLASS_FILE))
			return ckpt_bad(v, "bad reference to a file");
	return 0;
}

/* ---- restart ---- */

/* State of a pass over the SOCK_UNIX records. */
struct unix_restore {
	struct ckpt_ctx *ctx;
	struct pid *last_pid;
	s32 last_nr;
};

static int bad_record(struct unix_restore *r, u32 id, const char *what)
{
	return ckpt_err(r->ctx, -EBADMSG, "socket:[%llu]: %s",
			ckpt_socket_rec(r->ctx, id)->ino, what);
}

/*
 * The kernel's part of a socket. Connections that wait to be accepted are not
 * sockets in the sense of user space any more once they are in the queue.
 */
static struct sock *restored_sk(struct unix_restore *r, u32 id)
{
	struct ckpt_obj *o = ckpt_obj_by_id(r->ctx, id);
	const struct ckpt_hdr_socket *h = (const void *)o->h;
	struct socket *sock;

	if (h->family != AF_UNIX)
		return ERR_PTR(bad_record(r, id, "is no AF_UNIX socket"));
	if (h->flags == CKPT_SOCKET_EMBRYO && o->priv)
		return o->priv;
	sock = ckpt_restored_socket(r->ctx, id);
	return IS_ERR(sock) ? ERR_CAST(sock) : sock->sk;
}

/*
 * Who may create processes with any number can leave the number of one that has
 * exited anywhere. To claim that of a living one takes more.
 */
static bool may_name_pid(struct pid_namespace *ns, s32 nr)
{
	struct pid *pid;

	if (!checkpoint_restore_ns_capable(ns->user_ns))
		return false;
	rcu_read_lock();
	pid = find_pid_ns(nr, ns);
	rcu_read_unlock();
	return !pid || ns_capable(ns->user_ns, CAP_SYS_ADMIN);
}

static struct pid *restore_sock_pid(struct unix_restore *r,
				    const struct ckpt_sock_pid *p)
{
	u32 root = r->ctx->tasks[0].tree->pid;
	struct pid_namespace *ns;

	if (p->pid)
		return get_pid(ckpt_obj_by_id(r->ctx, p->pid)->ptr);
	if (!p->nr)
		return NULL;
	/* Messages from the same sender are read together, others are not. */
	if (r->last_pid && r->last_nr == p->nr)
		return get_pid(r->last_pid);
	/* That of the root task, as at checkpoint, and not the caller's. */
	ns = ckpt_pid_ns(r->ctx, ckpt_pid_namespace(r->ctx, root));
	if (!may_name_pid(ns, p->nr)) {
		ckpt_err(r->ctx, -EPERM,
			 "process %d: not in the image, and not permitted to be named as sender or peer",
			 p->nr);
		return ERR_PTR(-EPERM);
	}
	put_pid(r->last_pid);
	r->last_nr = p->nr;
	r->last_pid = alloc_dead_pid(ns, p->nr);
	if (!r->last_pid)
		return ERR_PTR(ckpt_err(r->ctx, -ENOMEM, "process %d", p->nr));
	return get_pid(r->last_pid);
}

static bool is_dgram(const struct sock *sk)
{
	return sk->sk_type == SOCK_DGRAM;
}

/* ---- restart: names ---- */

/* Returns the length of the address. */
static int make_addr(struct sockaddr_storage *to, const u8 *name, size_t len)
{
	struct sockaddr_un *sun = (struct sockaddr_un *)to;

	memset(to, 0, sizeof(*to));
	sun->sun_family = AF_UNIX;
	memcpy((u8 *)to + offsetof(struct sockaddr_un, sun_path), name, len);
	return offsetof(struct sockaddr_un, sun_path) + len;
}

/*
 * To take over a name one would remove its file and make another. So it takes
 * the right to do that, although the file stays.
 */
static int may_bind(const struct path *path)
{
	struct dentry *dir = dget_parent(path->dentry);
	struct mnt_idmap *idmap = mnt_idmap(path->mnt);
	int ret;

	ret = inode_permission(idmap, d_inode(dir), MAY_WRITE | MAY_EXEC);
	dput(dir);
	if (ret)
		return ret;
	return inode_owner_or_capable(idmap, d_inode(path->dentry)) ? 0 : -EPERM;
}

static int bind_path(struct unix_restore *r, const struct ckpt_hdr_sock_unix *h,
		     struct socket *sock, struct sockaddr_storage *addr, int len)
{
	const char *name = h->names + h->addr_len;
	struct path path;
	int ret;

	ret = ckpt_lookup(r->ctx, name, &h->id, 0, &path);
	if (ret)
		return ret;
	ret = may_bind(&path) ?:
	      security_socket_bind(sock, (struct sockaddr *)addr, len) ?:
	      unix_restore_name(sock->sk, (struct sockaddr_un *)addr, len,
				&path, true);
	path_put(&path);
	if (ret)
		return ckpt_err(r->ctx, ret, "socket %s: cannot be bound", name);
	return 0;
}

static int bind_abstract(struct unix_restore *r,
			 const struct ckpt_hdr_sock_unix *h,
			 struct socket *sock, struct sockaddr_storage *addr,
			 int len)
{
	int ret = __sys_bind_socket(sock, addr, len);

	if (ret)
		return ckpt_err(r->ctx, ret,
				"socket @%*pE: cannot be bound%s",
				(int)h->addr_len - 1, h->names + 1,
				ret == -EADDRINUSE ? ": address is in use" : "");
	return 0;
}

static int restore_name(struct unix_restore *r,
			const struct ckpt_hdr_sock_unix *h, struct socket *sock)
{
	struct sockaddr_storage addr;
	int len, ret;

	if (unix_sk(sock->sk)->addr)
		return bad_record(r, h->sock, "has two names");
	if (!h->addr_len)
		return 0;
	len = make_addr(&addr, h->names, h->addr_len);
	if (h->path_len)
		return bind_path(r, h, sock, &addr, len);
	if (h->flags & CKPT_UNIX_BOUND)
		return bind_abstract(r, h, sock, &addr, len);
	ret = unix_restore_name(sock->sk, (struct sockaddr_un *)&addr, len,
				NULL, false);
	if (ret)
		return ckpt_err(r->ctx, ret, "name of a socket");
	return 0;
}

static int restore_peercred(struct unix_restore *r,
			    const struct ckpt_hdr_sock_unix *h, struct sock *sk)
{
	const struct cred *cred = NULL;
	struct pid *pid;

	if (h->peer_cred)
		cred = restore_obj(r->ctx, h->peer_cred);
	if (IS_ERR(cred))
		return PTR_ERR(cred);
	pid = restore_sock_pid(r, &h->peer_pid);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	spin_lock(&sk->sk_peer_lock);
	swap(sk->sk_peer_pid, pid);
	swap(sk->sk_peer_cred, cred);
	if (sk->sk_peer_cred)
		get_cred(sk->sk_peer_cred);
	spin_unlock(&sk->sk_peer_lock);
	put_pid(pid);
	put_cred(cred);
	return 0;
}

static int restore_listen(struct unix_restore *r,
			  const struct ckpt_hdr_socket *h, struct socket *sock)
{
	int ret;

	if (h->state != CKPT_SOCK_LISTEN)
		return 0;
	ret = __sys_listen_socket(sock, h->backlog);
	if (ret)
		return ckpt_err(r->ctx, ret, "socket:[%llu]: cannot listen",
				h->ino);
	return 0;
}

static int restore_unix_name(struct unix_restore *r,
			     const struct ckpt_hdr_sock_unix *h,
			     struct ckpt_cursor *c)
{
	const struct ckpt_hdr_socket *s = ckpt_socket_rec(r->ctx, h->sock);
	struct sock *sk = restored_sk(r, h->sock);

	if (IS_ERR(sk))
		return PTR_ERR(sk);
	return restore_name(r, h, sk->sk_socket) ?:
	       restore_listen(r, s, sk->sk_socket) ?:
	       restore_peercred(r, h, sk) ?:
	       (s->state == CKPT_SOCK_LISTEN || is_dgram(sk) ?
		ckpt_restore_backlog(r->ctx, sk, s) : 0);
}

/* ---- restart: connections ---- */

/* Both ends agree, unless one has been closed; only datagrams go one way. */
static bool may_connect(struct unix_restore *r, struct sock *sk, u32 peer,
			struct sock *other)
{
	u32 flags = ckpt_socket_rec(r->ctx, peer)->flags;

	if (unix_peer(sk) || sk->sk_type != other->sk_type ||
	    sk->sk_state == TCP_LISTEN || other->sk_state == TCP_LISTEN)
		return false;
	return is_dgram(sk) || flags == CKPT_SOCKET_DEAD ||
	       !unix_peer(other) || unix_peer(other) == sk;
}

static int ask_security(struct sock *sk, struct sock *other)
{
	if (is_dgram(sk))
		return security_unix_may_send(sk->sk_socket, other->sk_socket);
	/* For both ends at once. */
	if (unix_peer(other))
		return 0;
	return security_socket_socketpair(sk->sk_socket, other->sk_socket);
}

static int restore_peer(struct unix_restore *r,
			const struct ckpt_hdr_sock_unix *h, struct sock *sk)
{
	struct sock *other = restored_sk(r, h->peer);
	int ret;

	if (IS_ERR(other))
		return PTR_ERR(other);
	if (!may_connect(r, sk, h->peer, other))
		return bad_record(r, h->sock, "impossible connection");
	ret = ask_security(sk, other);
	if (ret)
		return ckpt_err(r->ctx, ret,
				"socket:[%llu]: connection: not permitted",
				ckpt_socket_rec(r->ctx, h->sock)->ino);
	sock_hold(other);
	unix_state_lock(sk);
	unix_peer(sk) = other;
	unix_state_unlock(sk);
	if (!is_dgram(sk))
		sk->sk_socket->state = SS_CONNECTED;
	return 0;
}

static int restore_remote(struct unix_restore *r,
			  const struct ckpt_hdr_sock_unix *h, struct sock *sk)
{
	const u8 *name = h->names + h->addr_len + h->path_len;
	struct sockaddr_storage addr;
	int len, ret;

	if (!is_dgram(sk))
		return bad_record(r, h->sock, "impossible connection");
	len = make_addr(&addr, name, h->remote_len);
	ret = security_socket_connect(sk->sk_socket, (struct sockaddr *)&addr,
				      len);
	if (!ret)
		ret = kernel_connect(sk->sk_socket, (struct sockaddr *)&addr,
				     len, 0);
	if (ret)
		return ckpt_err(r->ctx, ret == -ENOENT ? -ECONNREFUSED : ret,
				"socket:[%llu]: cannot be connected to %s%*pE again: %pe",
				ckpt_socket_rec(r->ctx, h->sock)->ino,
				name[0] ? "" : "@",
				(int)h->remote_len - 1, name + !name[0],
				ERR_PTR(ret));
	return 0;
}

static int restore_state(struct unix_restore *r,
			 const struct ckpt_hdr_socket *s,
			 const struct ckpt_hdr_sock_unix *h, struct sock *sk)
{
	bool connected = s->state == CKPT_SOCK_CONNECTED;

	if (is_dgram(sk) ? s->state == CKPT_SOCK_LISTEN :
			   connected != !!unix_peer(sk))
		return bad_record(r, h->sock, "impossible state");
	unix_state_lock(sk);
	if (connected)
		WRITE_ONCE(sk->sk_state, TCP_ESTABLISHED);
	WRITE_ONCE(sk->sk_shutdown, s->shutdown);
	WRITE_ONCE(sk->sk_err, s->err);
	unix_state_unlock(sk);
	return 0;
}

static int restore_unix_peer(struct unix_restore *r,
			     const struct ckpt_hdr_sock_unix *h,
			     struct ckpt_cursor *c)
{
	const struct ckpt_hdr_socket *s = ckpt_socket_rec(r->ctx, h->sock);
	struct sock *sk = restored_sk(r, h->sock);
	int ret = 0;

	if (IS_ERR(sk))
		return PTR_ERR(sk);
	if (s->flags == CKPT_SOCKET_DEAD)
		return h->peer || h->remote_len || h->nr_skbs ?
			bad_record(r, h->sock, "is closed, yet in use") : 0;
	if (h->peer)
		ret = restore_peer(r, h, sk);
	else if (h->remote_len)
		ret = restore_remote(r, h, sk);
	return ret ?: restore_state(r, s, h, sk);
}

/* ---- restart: queues ---- */

/* Take the socket out of its file, and let it wait to be accepted. */
static int queue_embryo(struct unix_restore *r, struct sock *listener,
			struct ckpt_obj *o, struct sock *sk)
{
	struct sk_buff *skb = sock_wmalloc(sk, 1, 1, GFP_KERNEL_ACCOUNT);
	struct unix_sock *u = unix_sk(sk);
	struct socket *sock = sk->sk_socket;

	if (!skb)
		return ckpt_err(r->ctx, -ENOMEM, "connection");
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_pointer(sk->sk_wq, &u->peer_wq);
	sk_set_socket(sk, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
	sock->sk = NULL;
	u->listener = listener;
	/* Whoever may look into the tasks may accept it, and close it again. */
	sock_hold(sk);
	o->priv = sk;
	skb_queue_tail(&listener->sk_receive_queue, skb);
	return 0;
}

static int restore_embryo(struct unix_restore *r, struct sock *listener,
			  const struct ckpt_hdr_skb *h)
{
	struct ckpt_obj *o = ckpt_obj_by_id(r->ctx, h->sock);
	struct sock *sk = restored_sk(r, h->sock);

	if (IS_ERR(sk))
		return PTR_ERR(sk);
	if (ckpt_socket_rec(r->ctx, h->sock)->flags != CKPT_SOCKET_EMBRYO ||
	    o->priv || sk->sk_type != listener->sk_type || !unix_peer(sk) ||
	    !unix_sk(sk)->addr || h->len || h->consumed || h->nr_files)
		return bad_record(r, h->sock, "cannot wait to be accepted");
	return queue_embryo(r, listener, o, sk);
}

/* As scm_check_creds() does for those who send credentials of others. */
static int check_sender(struct unix_restore *r, const struct ckpt_hdr_skb *h,
			struct scm_creds *creds)
{
	struct user_namespace *ns = r->ctx->base_user_ns;
	const u32 none = -1;

	creds->uid = h->uid == none ? INVALID_UID : make_kuid(ns, h->uid);
	creds->gid = h->gid == none ? INVALID_GID : make_kgid(ns, h->gid);
	if ((h->uid != none && !uid_valid(creds->uid)) ||
	    (h->gid != none && !gid_valid(creds->gid)))
		return ckpt_err(r->ctx, -EINVAL,
				"message: sender %u:%u is not mapped", h->uid,
				h->gid);
	if (h->uid != none && !ckpt_may_take_uid(creds->uid))
		return ckpt_err(r->ctx, -EPERM, "message: sender is user %u",
				h->uid);
	if (h->gid != none && !ckpt_may_take_gid(creds->gid))
		return ckpt_err(r->ctx, -EPERM, "message: sender is group %u",
				h->gid);
	return 0;
}

static struct scm_fp_list *new_fp_list(void)
{
	struct scm_fp_list *fp = kzalloc(sizeof(*fp), GFP_KERNEL_ACCOUNT);

	if (!fp)
		return NULL;
	fp->max = SCM_MAX_FD;
	fp->user = get_uid(current_user());
	INIT_LIST_HEAD(&fp->vertices);
	return fp;
}

static int restore_scm_files(struct unix_restore *r,
			     const struct ckpt_hdr_skb *h,
			     struct scm_cookie *scm)
{
	const u32 *files = (const void *)h->data;
	struct scm_fp_list *fp;
	u32 i;

	BUILD_BUG_ON(CKPT_SKB_FILES_MAX != SCM_MAX_FD);
	if (!h->nr_files)
		return 0;
	fp = new_fp_list();
	if (!fp)
		return ckpt_err(r->ctx, -ENOMEM, "files in a message");
	scm->fp = fp;
	for (i = 0; i < h->nr_files; i++) {
		struct file *file = restore_obj(r->ctx, files[i]);

		if (IS_ERR(file))
			return PTR_ERR(file);
		fp->fp[fp->count++] = get_file(file);
		if (unix_get_socket(file))
			fp->count_unix++;
	}
	return 0;
}

/* As in unix_stream_sendmsg() and unix_dgram_sendmsg(). */
static struct sk_buff *alloc_message(struct sock *from, size_t len, int *err)
{
	size_t data_len = 0;
	int order = PAGE_ALLOC_COSTLY_ORDER;
	struct sk_buff *skb;

	if (from->sk_type == SOCK_STREAM && len > SKB_MAX_HEAD(0)) {
		data_len = min(PAGE_ALIGN(len - SKB_MAX_HEAD(0)), len);
		order = get_order(32768);
	} else if (len > SKB_MAX_ALLOC) {
		data_len = min(len - SKB_MAX_ALLOC,
			       (size_t)MAX_SKB_FRAGS * PAGE_SIZE);
		data_len = min(PAGE_ALIGN(data_len), len);
	}
	skb = alloc_skb_with_frags(len - data_len, data_len, order, err,
				   GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!skb)
		return NULL;
	skb_set_owner_w(skb, from);
	skb_put(skb, len - data_len);
	skb->data_len = data_len;
	skb->len = len;
	return skb;
}

/* What has been read stays unknown, but must not be what was there before. */
static int clear_consumed(struct sk_buff *skb, u32 len)
{
	const void *zeros = page_address(ZERO_PAGE(0));
	u32 pos, n;
	int ret = 0;

	for (pos = 0; pos < len && !ret; pos += n) {
		n = min_t(u32, len - pos, PAGE_SIZE);
		ret = skb_store_bits(skb, pos, zeros, n);
	}
	return ret;
}

static struct sk_buff *make_message(struct unix_restore *r, struct sock *from,
				    const struct ckpt_hdr_skb *h)
{
	const u8 *data = h->data + ALIGN(h->nr_files * sizeof(u32), 8);
	struct sk_buff *skb;
	int ret = -ENOMEM;

	skb = alloc_message(from, (size_t)h->consumed + h->len, &ret);
	/* It says so for want of memory. */
	if (ret == -ENOBUFS)
		ret = -ENOMEM;
	if (!skb)
		return ERR_PTR(ckpt_err(r->ctx, ret, "message of %u bytes",
					h->len));
	ret = clear_consumed(skb, h->consumed) ?:
	      skb_store_bits(skb, h->consumed, data, h->len);
	if (ret) {
		kfree_skb(skb);
		return ERR_PTR(ckpt_err(r->ctx, ret, "message"));
	}
	skb->tstamp = ns_to_ktime(h->tstamp);
	return skb;
}

/* As much as a sender could have on its way, if not by its own setting. */
static bool may_hold(const struct sock *from)
{
	u32 max = max_t(u32, READ_ONCE(from->sk_sndbuf),
			2 * READ_ONCE(sysctl_wmem_max));

	return sk_wmem_alloc_get(from) < max || capable(CAP_NET_ADMIN);
}

/*
 * All that can be empty in a stream is a byte of out-of-band data that has been
 * read; and the next such byte takes it away. Readers rely on that.
 */
static bool may_follow(struct sock *sk, const struct ckpt_hdr_skb *h)
{
	struct sk_buff_head *queue = &sk->sk_receive_queue;
	const struct sk_buff *last;
	bool ret;

	if (sk->sk_type != SOCK_STREAM || h->len)
		return true;
	spin_lock(&queue->lock);
	last = skb_peek_tail(queue);
	ret = h->consumed == 1 && (!last || unread(last));
	spin_unlock(&queue->lock);
	return ret;
}

static int queue_message(struct unix_restore *r, struct sock *sk,
			 struct sock *from, const struct ckpt_hdr_skb *h,
			 struct scm_cookie *scm)
{
	struct sk_buff *skb = make_message(r, from, h);
	int ret;

	if (IS_ERR(skb))
		return PTR_ERR(skb);
	ret = unix_restore_skb(sk, skb, scm, h->flags & CKPT_SKB_OOB);
	if (ret) {
		kfree_skb(skb);
		return ckpt_err(r->ctx, ret, "message with %u files",
				h->nr_files);
	}
	UNIXCB(skb).consumed = h->consumed;
	return 0;
}

static int restore_message(struct unix_restore *r, struct sock *sk,
			   const struct ckpt_hdr_skb *h)
{
	struct sock *from = restored_sk(r, h->sock);
	struct scm_cookie scm = {};
	int ret;

	if (IS_ERR(from))
		return PTR_ERR(from);
	if (from->sk_type != sk->sk_type || from->sk_state == TCP_LISTEN ||
	    (sk->sk_type != SOCK_STREAM && (h->consumed || h->flags)) ||
	    !may_follow(sk, h))
		return bad_record(r, h->sock, "impossible message");
	if (!may_hold(from))
		return ckpt_err(r->ctx, -EPERM,
				"socket:[%llu]: has sent more than is permitted",
				ckpt_socket_rec(r->ctx, h->sock)->ino);
	ret = check_sender(r, h, &scm.creds);
	if (ret)
		return ret;
	scm.pid = restore_sock_pid(r, &h->pid);
	if (IS_ERR(scm.pid))
		return PTR_ERR(scm.pid);
	/* One that waits to be accepted is no socket for user space. */
	if (ckpt_socket_rec(r->ctx, h->sock)->flags != CKPT_SOCKET_EMBRYO)
		unix_get_peersec_dgram(from->sk_socket, &scm);
	ret = restore_scm_files(r, h, &scm) ?: queue_message(r, sk, from, h, &scm);
	scm_destroy(&scm);
	return ret;
}

static int restore_queue(struct unix_restore *r,
			 const struct ckpt_hdr_sock_unix *h,
			 struct ckpt_cursor *c, bool listens)
{
	struct sock *sk = restored_sk(r, h->sock);
	const struct ckpt_hdr_skb *skb;
	int ret = 0;
	u32 i;

	if (IS_ERR(sk))
		return PTR_ERR(sk);
	if (listens ? sk->sk_state != TCP_LISTEN : sk->sk_state == TCP_LISTEN)
		return 0;
	for (i = 0; i < h->nr_skbs && !ret; i++) {
		skb = ckpt_read_obj_type(c, CKPT_HDR_SKB);
		if (IS_ERR(skb))
			return PTR_ERR(skb);
		ret = listens ? restore_embryo(r, sk, skb) :
				restore_message(r, sk, skb);
		cond_resched();
	}
	return ret;
}

static int restore_unix_embryos(struct unix_restore *r,
				const struct ckpt_hdr_sock_unix *h,
				struct ckpt_cursor *c)
{
	return restore_queue(r, h, c, true);
}

static int restore_unix_messages(struct unix_restore *r,
				 const struct ckpt_hdr_sock_unix *h,
				 struct ckpt_cursor *c)
{
	return restore_queue(r, h, c, false);
}

typedef int (*unix_fn)(struct unix_restore *r,
		       const struct ckpt_hdr_sock_unix *h,
		       struct ckpt_cursor *c);

static int walk_unix(struct unix_restore *r, unix_fn fn)
{
	const struct ckpt_hdr *h;
	struct ckpt_cursor c, after;
	int ret = 0;

	ckpt_cursor_first(r->ctx, &c);
	while (!ret && (h = ckpt_cursor_next(&c))) {
		cond_resched();
		if (h->type != CKPT_HDR_SOCK_UNIX)
			continue;
		after = c;
		ret = fn(r, (const void *)h, &after);
		if (!ret && fatal_signal_pending(current))
			ret = ckpt_err(r->ctx, -EINTR, "killed");
	}
	return ret;
}

static void put_embryos(struct ckpt_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->nr_objs; i++) {
		struct ckpt_obj *o = &ctx->objs[i];
		const struct ckpt_hdr_socket *h = (const void *)o->h;

		if (o->priv && h->h.type == CKPT_HDR_SOCKET &&
		    h->flags == CKPT_SOCKET_EMBRYO) {
			sock_put(o->priv);
			o->priv = NULL;
		}
		cond_resched();
	}
}

/**
 * restore_unix - restore names, connections and queues of AF_UNIX sockets
 * @ctx: the restart; all tasks have restored themselves and none runs yet
 *
 * Connections are complete before one is taken out of its file to wait in a
 * queue, and all waiting is done before files in messages are accounted to the
 * socket that will be accepted from.
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_unix(struct ckpt_ctx *ctx)
{
	struct unix_restore r = { .ctx = ctx };
	int ret;

	ret = walk_unix(&r, restore_unix_name) ?:
	      walk_unix(&r, restore_unix_peer) ?:
	      walk_unix(&r, restore_unix_embryos) ?:
	      walk_unix(&r, restore_unix_messages);
	put_embryos(ctx);
	put_pid(r.last_pid);
	return ret;
}

/**
 * ckpt_unix_collect - after sockets of a restart that failed have been closed
 *
 * Those that are only in messages to each other any more are found when the next
 * socket is closed, which may be never; until then they keep credentials and keys
 * that another attempt wants to make.
 */
void ckpt_unix_collect(void)
{
	if (READ_ONCE(unix_tot_inflight))
		unix_gc();
}
