// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - IPC namespaces
 *
 * Saved: owner, limits and other settings below /proc/sys, which ids are next;
 *	what is in it, see ipc_shm.c, ipc_sem.c, ipc_msg.c and ipc_mqueue.c.
 *
 * Objects are made as by shmget(), semget() and msgget(), with ids that are
 * asked for as in /proc/sys/kernel/shm_next_id. Who was last to use them is
 * filled in when all process ids exist.
 */
#include <linux/err.h>
#include <linux/idr.h>
#include <linux/ipc_namespace.h>
#include <linux/limits.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_ns.h>
#include "container.h"
#include "ipc.h"

/* ---- checkpoint ---- */

/**
 * ckpt_ipc_get_pid - the process id that an IPC object remembers
 * @perm: the object, which cannot go; not locked
 * @pos: where it has the id
 *
 * Who enters the namespace from outside can use the object meanwhile.
 *
 * Return: the id, referenced, or NULL.
 */
struct pid *ckpt_ipc_get_pid(struct kern_ipc_perm *perm, struct pid **pos)
{
	struct pid *pid;

	spin_lock(&perm->lock);
	pid = get_pid(*pos);
	spin_unlock(&perm->lock);
	return pid;
}

/* A dead process is only a number, which may be that of another one now. */
static struct pid *pid_of_number(struct pid *pid)
{
	struct pid *now;

	rcu_read_lock();
	now = get_pid(find_pid_ns(pid->numbers[pid->level].nr, ns_of_pid(pid)));
	rcu_read_unlock();
	if (!now)
		return pid;
	put_pid(pid);
	return now;
}

/**
 * ckpt_ipc_collect_pid - write a process id that an IPC object remembers
 * @ctx: the checkpoint
 * @pid: the id, which may be that of the dead, or NULL; its reference is dropped
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_ipc_collect_pid(struct ckpt_ctx *ctx, struct pid *pid)
{
	int ret = 0;

	if (pid && pid_nr_ns(pid, ctx->root_ns)) {
		pid = pid_of_number(pid);
		ret = checkpoint_obj(ctx, CKPT_HDR_PID, pid);
	}
	put_pid(pid);
	return min(ret, 0);
}

/**
 * ckpt_ipc_pid_id - number of a process id that an IPC object remembers
 * @ctx: the checkpoint
 * @pid: as for ckpt_ipc_collect_pid(), which has written it unless somebody
 *	outside of the tree has used the object since then
 *
 * Return: PID object; 0 if it has not been written, as nobody in the tree can
 * see it.
 */
u32 ckpt_ipc_pid_id(struct ckpt_ctx *ctx, struct pid *pid)
{
	int ret = 0;

	if (pid && pid_nr_ns(pid, ctx->root_ns)) {
		pid = pid_of_number(pid);
		if (ckpt_obj_known(ctx, pid))
			ret = checkpoint_obj(ctx, CKPT_HDR_PID, pid);
	}
	put_pid(pid);
	return ret;
}

/**
 * ckpt_ipc_save_perm - save id and permissions
 * @ctx: the checkpoint
 * @ns: the IPC namespace
 * @perm: the object
 * @what: it is, for messages
 * @to: where to
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_ipc_save_perm(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		       const struct kern_ipc_perm *perm, const char *what,
		       struct ckpt_ipc_perm *to)
{
	to->id = perm->id;
	to->key = perm->key;
	to->uid = from_kuid(ns->user_ns, perm->uid);
	to->gid = from_kgid(ns->user_ns, perm->gid);
	to->cuid = from_kuid(ns->user_ns, perm->cuid);
	to->cgid = from_kgid(ns->user_ns, perm->cgid);
	to->mode = perm->mode;
	if (to->uid == (u32)-1 || to->gid == (u32)-1 || to->cuid == (u32)-1 ||
	    to->cgid == (u32)-1)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"%s %d: its owner has no number in the user namespace",
				what, perm->id);
	return 0;
}

static void save_settings(const struct ipc_namespace *ns, struct ckpt_hdr_ns_ipc *h)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(h->sem); i++)
		h->sem[i] = ns->sem_ctls[i];
	h->msgmax = ns->msg_ctlmax;
	h->msgmnb = ns->msg_ctlmnb;
	h->msgmni = ns->msg_ctlmni;
	h->shmmni = ns->shm_ctlmni;
	h->shmmax = ns->shm_ctlmax;
	h->shmall = ns->shm_ctlall;
	h->shm_rmid_forced = ns->shm_rmid_forced;
	h->mq_queues_max = ns->mq_queues_max;
	h->mq_msg_max = ns->mq_msg_max;
	h->mq_msgsize_max = ns->mq_msgsize_max;
	h->mq_msg_default = ns->mq_msg_default;
	h->mq_msgsize_default = ns->mq_msgsize_default;
}

static void save_ids(struct ipc_namespace *ns, struct ckpt_hdr_ns_ipc *h)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(h->ids); i++) {
		down_read(&ns->ids[i].rwsem);
		h->ids[i].seq = ns->ids[i].seq;
		h->ids[i].last_idx = ns->ids[i].last_idx;
		h->ids[i].next_idx = idr_get_cursor(&ns->ids[i].ipcs_idr);
		h->ids[i].nr = ns->ids[i].in_use;
		up_read(&ns->ids[i].rwsem);
	}
}

/**
 * checkpoint_ns_ipc - write an IPC namespace and what is in it
 * @ctx: the checkpoint
 * @obj: struct ns_common
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_ns_ipc(struct ckpt_ctx *ctx, void *obj)
{
	struct ipc_namespace *ns = container_of(obj, struct ipc_namespace, ns);
	int user = ckpt_ns_owner_id(ctx, obj), ret;
	struct ckpt_hdr_ns_ipc *h;

	if (user < 0)
		return user;
	ret = collect_ipc_shm(ctx, ns) ?:
	      collect_ipc_sem(ctx, ns) ?:
	      collect_ipc_msg(ctx, ns);
	if (ret)
		return ret;
	h = ckpt_new_obj(ctx, CKPT_HDR_NS_IPC, sizeof(*h));
	ret = ckpt_ns_fill(ctx, obj, user, (void *)h);
	if (ret)
		return ret;
	save_settings(ns, h);
	save_ids(ns, h);
	return checkpoint_ipc_shm(ctx, ns) ?:
	       checkpoint_ipc_sem(ctx, ns) ?:
	       checkpoint_ipc_msg(ctx, ns) ?:
	       checkpoint_mqueue_dir(ctx, ns) ?:
	       checkpoint_kept_by(ctx, obj);
}

/* ---- validate ---- */

/**
 * ckpt_ipc_pid_ok - check a reference to a process id
 * @v: the pass over the records
 * @id: PID object, or 0
 *
 * Return: true if it is one.
 */
bool ckpt_ipc_pid_ok(const struct ckpt_validator *v, u32 id)
{
	return ckpt_ref0_ok(v, id, CKPT_CLASS_PID);
}

/**
 * ckpt_ipc_perm_validate - check id and permissions
 * @v: the pass over the records
 * @perm: these
 * @mode: bits that @perm->mode may have
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_ipc_perm_validate(struct ckpt_validator *v,
			   const struct ckpt_ipc_perm *perm, u32 mode)
{
	if (perm->id < 0)
		return ckpt_bad(v, "id out of range");
	if (perm->uid == (u32)-1 || perm->gid == (u32)-1 ||
	    perm->cuid == (u32)-1 || perm->cgid == (u32)-1)
		return ckpt_bad(v, "owner out of range");
	if (perm->mode & ~mode || perm->reserved)
		return ckpt_bad(v, "unknown permissions");
	return 0;
}

static bool settings_ok(const struct ckpt_hdr_ns_ipc *i)
{
	/* As in ipc_sysctl.c and mq_sysctl.c. */
	return i->sem[0] >= 0 && i->sem[1] >= 0 && i->sem[2] >= 0 &&
	       i->sem[3] >= 0 && i->msgmax <= INT_MAX && i->msgmnb <= INT_MAX &&
	       i->msgmni <= INT_MAX && i->shmmni >= 0 &&
	       i->shm_rmid_forced <= 1 && i->mq_queues_max <= INT_MAX &&
	       i->mq_msg_max >= MIN_MSGMAX && i->mq_msg_max <= HARD_MSGMAX &&
	       i->mq_msg_default >= MIN_MSGMAX &&
	       i->mq_msg_default <= HARD_MSGMAX &&
	       i->mq_msgsize_max >= MIN_MSGSIZEMAX &&
	       i->mq_msgsize_max <= HARD_MSGSIZEMAX &&
	       i->mq_msgsize_default >= MIN_MSGSIZEMAX &&
	       i->mq_msgsize_default <= HARD_MSGSIZEMAX;
}

/**
 * ckpt_ns_ipc_validate - check an NS_IPC record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_ns_ipc_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_ns_ipc *ipc = (const void *)h;
	int i;

	if (!settings_ok(ipc))
		return ckpt_bad(v, "setting out of range");
	for (i = 0; i < ARRAY_SIZE(ipc->ids); i++)
		if (ipc->ids[i].seq > U16_MAX || ipc->ids[i].last_idx < -1 ||
		    ipc->ids[i].next_idx > INT_MAX)
			return ckpt_bad(v, "ids out of range");
	return ckpt_ns_validate(v, h);
}

/* ---- restart ---- */

/**
 * ckpt_ipc_load_perm - give an object its id's permissions
 * @ctx: the restart
 * @ns: the IPC namespace
 * @from: from the image, validated
 * @what: it is, for messages
 * @perm: the object, new
 *
 * The creator must be someone the caller could be in the namespace it made; who
 * owns it then is up to the creator.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_ipc_load_perm(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		       const struct ckpt_ipc_perm *from, const char *what,
		       struct kern_ipc_perm *perm)
{
	kuid_t uid = make_kuid(ns->user_ns, from->uid);
	kgid_t gid = make_kgid(ns->user_ns, from->gid);
	kuid_t cuid = make_kuid(ns->user_ns, from->cuid);
	kgid_t cgid = make_kgid(ns->user_ns, from->cgid);

	if (perm->id != from->id)
		return ckpt_err(ctx, -EEXIST, "%s %d: id is taken", what, from->id);
	if (!uid_valid(uid) || !gid_valid(gid) || !uid_valid(cuid) ||
	    !gid_valid(cgid))
		return ckpt_err(ctx, -EINVAL,
				"%s %d: owner does not exist in the user namespace",
				what, from->id);
	if ((!uid_eq(cuid, current_euid()) &&
	     !ns_capable(ns->user_ns, CAP_SETUID)) ||
	    (!gid_eq(cgid, current_egid()) &&
	     !ns_capable(ns->user_ns, CAP_SETGID)))
		return ckpt_err(ctx, -EPERM, "%s %d: creator: not permitted", what,
				from->id);
	perm->uid = uid;
	perm->gid = gid;
	perm->cuid = cuid;
	perm->cgid = cgid;
	perm->mode = from->mode & 0777;
	return 0;
}

/* So that all there was can be made again, whatever the limits became later. */
static void lift_limits(struct ipc_namespace *ns)
{
	ns->sem_ctls[1] = INT_MAX;
	ns->sem_ctls[3] = INT_MAX;
	ns->msg_ctlmni = INT_MAX;
	ns->shm_ctlmni = INT_MAX;
	ns->shm_ctlmax = ULONG_MAX;
	ns->shm_ctlall = ULONG_MAX;
}

static void load_settings(struct ipc_namespace *ns, const struct ckpt_hdr_ns_ipc *h)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(h->sem); i++)
		ns->sem_ctls[i] = h->sem[i];
	ns->msg_ctlmax = h->msgmax;
	ns->msg_ctlmnb = h->msgmnb;
	ns->msg_ctlmni = h->msgmni;
	ns->shm_ctlmni = h->shmmni;
	ns->shm_ctlmax = h->shmmax;
	ns->shm_ctlall = h->shmall;
	ns->shm_rmid_forced = h->shm_rmid_forced;
	ns->mq_queues_max = h->mq_queues_max;
	ns->mq_msg_max = h->mq_msg_max;
	ns->mq_msgsize_max = h->mq_msgsize_max;
	ns->mq_msg_default = h->mq_msg_default;
	ns->mq_msgsize_default = h->mq_msgsize_default;
	for (i = 0; i < ARRAY_SIZE(h->ids); i++) {
		ns->ids[i].seq = h->ids[i].seq;
		ns->ids[i].last_idx = h->ids[i].last_idx;
		idr_set_cursor(&ns->ids[i].ipcs_idr, h->ids[i].next_idx);
	}
}

static int restore_contents(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
			    struct ckpt_cursor *c)
{
	const void *h;
	int ret = 0;

	while (!ret && (h = ckpt_read_opt_type(c, CKPT_HDR_IPC_SHM)))
		ret = restore_ipc_shm(ctx, ns, h, c);
	while (!ret && (h = ckpt_read_opt_type(c, CKPT_HDR_IPC_SEM)))
		ret = restore_ipc_sem(ctx, ns, h, c);
	while (!ret && (h = ckpt_read_opt_type(c, CKPT_HDR_IPC_MSG)))
		ret = restore_ipc_msg(ctx, ns, h, c);
	h = ret ? NULL : ckpt_read_opt_type(c, CKPT_HDR_MQUEUE_DIR);
	return h ? restore_mqueue_dir(ctx, ns, h) : ret;
}

static int check_numbers(struct ckpt_ctx *ctx, const struct ipc_namespace *ns,
			 const struct ckpt_hdr_ns_ipc *h)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(h->ids); i++)
		if (ns->ids[i].in_use != h->ids[i].nr)
			return ckpt_err(ctx, -EBADMSG,
					"image: IPC namespace: %d objects instead of %u",
					ns->ids[i].in_use, h->ids[i].nr);
	return 0;
}

/**
 * restore_ns_ipc - make an IPC namespace and what is in it
 * @ctx: the restart
 * @h: NS_IPC record
 * @c: position behind it
 *
 * Return: its struct ns_common, referenced, or ERR_PTR() of a reported errno.
 */
void *restore_ns_ipc(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c)
{
	struct ns_common *external = ckpt_ns_external(ctx, h->id, CLONE_NEWIPC);
	const struct ckpt_hdr_ns_ipc *i = (const void *)h;
	struct user_namespace *owner;
	struct ipc_namespace *ns;
	int ret;

	if (external)
		return external;
	owner = ckpt_ns_owner(ctx, &i->ns);
	if (IS_ERR(owner))
		return owner;
	ns = copy_ipcs(CLONE_NEWIPC, owner, current->nsproxy->ipc_ns);
	if (IS_ERR(ns))
		return ERR_PTR(ckpt_err(ctx, ckpt_ns_errno(PTR_ERR(ns)),
					"IPC namespace"));
	lift_limits(ns);
	ret = restore_contents(ctx, ns, c) ?: check_numbers(ctx, ns, i);
	if (ret) {
		put_ipc_ns(ns);
		return ERR_PTR(ret);
	}
	load_settings(ns, i);
	ckpt_obj_by_id(ctx, h->id)->priv = ns;
	return &ns->ns;
}

/**
 * ckpt_ipc_ns_made - whether a namespace is of the restart's making
 * @ctx: the restart, after restore_namespaces()
 * @ns: the namespace
 *
 * Return: true if so; false if the caller supplied it or is in it.
 */
bool ckpt_ipc_ns_made(struct ckpt_ctx *ctx, const struct ipc_namespace *ns)
{
	const struct ckpt_obj *o;
	u32 id;

	for (id = 1; id <= ctx->nr_objs; id++) {
		o = ckpt_obj_by_id(ctx, id);
		if (o->h->type == CKPT_HDR_NS_IPC && o->priv == ns)
			return true;
	}
	return false;
}

/**
 * ckpt_ipc_set_pid - fill in who used an object
 * @ctx: the restart; all PID objects exist
 * @pos: where; of an object that is locked
 * @id: PID object, or 0
 */
void ckpt_ipc_set_pid(struct ckpt_ctx *ctx, struct pid **pos, u32 id)
{
	struct pid *old = *pos;

	*pos = id ? get_pid(ckpt_obj_by_id(ctx, id)->ptr) : NULL;
	put_pid(old);
}

static void commit_contents(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
			    struct ckpt_cursor *c)
{
	const struct ckpt_hdr *h;

	while ((h = ckpt_cursor_next(c))) {
		switch (h->type) {
		case CKPT_HDR_IPC_SHM:
			restore_ipc_shm_commit(ctx, ns, (const void *)h);
			break;
		case CKPT_HDR_IPC_SEM:
			restore_ipc_sem_commit(ctx, ns, (const void *)h);
			break;
		case CKPT_HDR_IPC_MSG:
			restore_ipc_msg_commit(ctx, ns, (const void *)h);
			break;
		case CKPT_HDR_IPC_MSG_MSG:
		case CKPT_HDR_LABELS:
			break;
		default:
			return;
		}
		cond_resched();
	}
}

/**
 * restore_ns_ipc_commit - what needs all process ids, or that nothing fails
 * @ctx: the restart, committed
 */
void restore_ns_ipc_commit(struct ckpt_ctx *ctx)
{
	u32 id;

	for (id = 1; id <= ctx->nr_objs; id++) {
		struct ckpt_obj *o = ckpt_obj_by_id(ctx, id);
		struct ckpt_cursor c = o->c;

		/* Not if the caller supplied it. */
		if (o->h->type == CKPT_HDR_NS_IPC && o->priv)
			commit_contents(ctx, o->priv, &c);
	}
}
