// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - System V semaphores; part of ipc/sem.c
 *
 * Saved: id, key, permissions, labels, times, values, who changed them last;
 *	what processes do to them when they exit (SEM_UNDO).
 * Not saved: a semop() that waits: it has returned with EINTR by then.
 * Refused: undo lists that processes share (CLONE_SYSVSEM without CLONE_THREAD),
 *	and threads with one of their own; undo in a namespace that the tree
 *	shares with its outside.
 */
#include <linux/err.h>
#include <linux/sched/signal.h>
#include <linux/xarray.h>
#include "freeze.h"
#include "ipc.h"
#include "lsm.h"

static_assert(sizeof(((struct sem_undo *)0)->semadj[0]) == sizeof(__s16));

/* ---- checkpoint ---- */

/* Operations on one semaphore take its own lock only. */
static struct pid *get_sem_pid(struct sem_array *sma, int i)
{
	struct pid *pid;

	rcu_read_lock();
	sem_lock(sma, NULL, -1);
	pid = get_pid(sma->sems[i].sempid);
	sem_unlock(sma, -1);
	rcu_read_unlock();
	return pid;
}

static int collect_sem(struct ckpt_ctx *ctx, struct sem_array *sma)
{
	int i, ret;

	if (sma->sem_nsems > CKPT_SEMS_MAX)
		return ckpt_err(ctx, -EOPNOTSUPP, "semaphore set %d: %d semaphores",
				sma->sem_perm.id, sma->sem_nsems);
	for (i = 0; i < sma->sem_nsems; i++) {
		ret = ckpt_ipc_collect_pid(ctx, get_sem_pid(sma, i));
		if (ret)
			return ret;
	}
	return collect_part_labels(ctx, CKPT_LABELLED_IPC, &sma->sem_perm);
}

static int write_sem(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		     struct sem_array *sma)
{
	struct ckpt_hdr_ipc_sem *h;
	int i;

	h = ckpt_new_rec(ctx, CKPT_HDR_IPC_SEM,
			 struct_size(h, sems, sma->sem_nsems));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->ctime = sma->sem_ctime;
	h->nr_sems = sma->sem_nsems;
	for (i = 0; i < sma->sem_nsems; i++) {
		h->sems[i].val = sma->sems[i].semval;
		h->sems[i].pid = ckpt_ipc_pid_id(ctx, get_sem_pid(sma, i));
		h->sems[i].otime = sma->sems[i].sem_otime;
	}
	return ckpt_ipc_save_perm(ctx, ns, &sma->sem_perm, "semaphore set",
				  &h->perm) ?:
	       checkpoint_part_labels(ctx, CKPT_LABELLED_IPC, &sma->sem_perm);
}

/**
 * collect_ipc_sem - write what the semaphores of a namespace refer to
 * @ctx: the checkpoint
 * @ns: the namespace, all of whose tasks are stopped
 *
 * Return: 0, or an errno that has been reported.
 */
int collect_ipc_sem(struct ckpt_ctx *ctx, struct ipc_namespace *ns)
{
	struct kern_ipc_perm *perm;
	int idx, ret = 0;

	down_read(&sem_ids(ns).rwsem);
	idr_for_each_entry(&sem_ids(ns).ipcs_idr, perm, idx) {
		ret = collect_sem(ctx, container_of(perm, struct sem_array,
						    sem_perm));
		if (ret)
			break;
	}
	up_read(&sem_ids(ns).rwsem);
	return ret;
}

/**
 * checkpoint_ipc_sem - write the semaphores of a namespace
 * @ctx: the checkpoint
 * @ns: the namespace; collect_ipc_sem() has been called
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_ipc_sem(struct ckpt_ctx *ctx, struct ipc_namespace *ns)
{
	struct kern_ipc_perm *perm;
	int idx, ret = 0;

	down_read(&sem_ids(ns).rwsem);
	idr_for_each_entry(&sem_ids(ns).ipcs_idr, perm, idx) {
		ret = write_sem(ctx, ns, container_of(perm, struct sem_array,
						      sem_perm));
		if (ret)
			break;
	}
	up_read(&sem_ids(ns).rwsem);
	return ret;
}

static size_t undo_size(u32 nr_sems)
{
	return ALIGN(struct_size_t(struct ckpt_hdr_ipc_sem_undo, adj, nr_sems), 8);
}

/*
 * SIGKILL may free a stopped task's list at any time, so it is only compared,
 * not looked into; entries are kept by the lock of the set. Return: whether
 * there is one, with the adjustments in @adj unless that is NULL.
 */
static bool find_undo(struct sem_array *sma, const struct sem_undo_list *ulp,
		      __s16 *adj)
{
	struct sem_undo *un;
	bool found = false;

	rcu_read_lock();
	sem_lock(sma, NULL, -1);
	list_for_each_entry(un, &sma->list_id, list_id) {
		if (un->ulp != ulp)
			continue;
		found = true;
		if (adj)
			memcpy(adj, un->semadj, sma->sem_nsems * sizeof(*adj));
		break;
	}
	sem_unlock(sma, -1);
	rcu_read_unlock();
	return found;
}

/* Return: whether there was something, or a reported errno. */
static int write_undo(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		      struct sem_array *sma, const struct sem_undo_list *ulp,
		      bool first)
{
	struct ckpt_hdr_ipc_sem_undo *h;

	if (!find_undo(sma, ulp, NULL))
		return 0;
	if (ckpt_ns_shared(ctx, &ns->ns))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"System V semaphore undo: in an IPC namespace that is not the tree's own");
	if (!first)
		return 1;
	h = ckpt_new_rec(ctx, CKPT_HDR_IPC_SEM_UNDO, undo_size(sma->sem_nsems));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->semid = sma->sem_perm.id;
	h->nr_sems = sma->sem_nsems;
	/* If it is gone now, the task has been killed, and the checkpoint fails. */
	find_undo(sma, ulp, h->adj);
	return 1;
}

/* Return: how many sets have something to undo, or a reported errno. */
static int write_undos(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		       const struct sem_undo_list *ulp, bool first)
{
	struct kern_ipc_perm *perm;
	int idx, ret = 0, nr = 0;

	down_read(&sem_ids(ns).rwsem);
	idr_for_each_entry(&sem_ids(ns).ipcs_idr, perm, idx) {
		ret = write_undo(ctx, ns,
				 container_of(perm, struct sem_array, sem_perm),
				 ulp, first);
		if (ret < 0)
			break;
		nr += ret;
	}
	up_read(&sem_ids(ns).rwsem);
	return ret < 0 ? ret : nr;
}

/* Whether all threads have the same list. */
static bool threads_share_undo(struct task_struct *tsk,
			       const struct sem_undo_list *ulp)
{
	struct task_struct *t;
	bool same = true;

	rcu_read_lock();
	for_each_thread(tsk, t)
		same &= READ_ONCE(t->sysvsem.undo_list) == ulp || t->exit_state;
	rcu_read_unlock();
	return same;
}

static int note_undo(struct ckpt_ctx *ctx, void *key, void *value)
{
	if (xa_err(xa_store(&ctx->undo_lists, (unsigned long)key, value,
			    GFP_KERNEL_ACCOUNT)))
		return ckpt_err(ctx, -ENOMEM, "semaphore undo");
	return 0;
}

static int not_of_process(struct ckpt_ctx *ctx)
{
	return ckpt_err(ctx, -EOPNOTSUPP,
			"System V semaphore undo: list is not that of all threads of one process");
}

/* What all threads share is written with the first of them. */
static int checkpoint_undo_list(struct ckpt_ctx *ctx, struct task_struct *tsk,
				struct ipc_namespace *ns,
				struct sem_undo_list *ulp)
{
	bool first = !xa_load(&ctx->undo_lists, (unsigned long)tsk->signal);
	void *owner = xa_load(&ctx->undo_lists, (unsigned long)ulp);
	int ret;

	if (owner)
		return owner == tsk->signal ? 0 : not_of_process(ctx);
	ret = note_undo(ctx, ulp, tsk->signal) ?:
	      note_undo(ctx, tsk->signal, tsk->signal) ?:
	      write_undos(ctx, ns, ulp, first);
	if (ret > 0 && !(first && threads_share_undo(tsk, ulp)))
		return not_of_process(ctx);
	return min(ret, 0);
}

static int checkpoint_sem_undo(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct sem_undo_list *ulp = READ_ONCE(tsk->sysvsem.undo_list);
	struct ipc_namespace *ns = NULL;
	int ret;

	if (!ulp)
		return 0;
	task_lock(tsk);
	if (tsk->nsproxy)
		ns = get_ipc_ns(tsk->nsproxy->ipc_ns);
	task_unlock(tsk);
	if (!ns)
		return ckpt_err(ctx, -ESRCH, "died meanwhile");
	ret = checkpoint_undo_list(ctx, tsk, ns, ulp);
	put_ipc_ns(ns);
	return ret;
}

/**
 * checkpoint_sem_undo_end - make sure that no task outside has a list of the tree
 * @ctx: the checkpoint, all tasks captured
 *
 * Return: 0, or -EBUSY, which has been reported.
 */
int checkpoint_sem_undo_end(struct ckpt_ctx *ctx)
{
	struct task_struct *process, *tsk;
	int ret = 0;

	if (xa_empty(&ctx->undo_lists))
		return 0;
	rcu_read_lock();
	for_each_process_thread(process, tsk) {
		void *ulp = READ_ONCE(tsk->sysvsem.undo_list);

		if (!ulp || ret || !xa_load(&ctx->undo_lists, (unsigned long)ulp) ||
		    ckpt_frozen_index(ctx, tsk) != CKPT_TREE_NONE)
			continue;
		ret = ckpt_err(ctx, -EBUSY,
			       "System V semaphore undo: shared with task %d (%s), which is outside the tree",
			       task_pid_vnr(tsk), tsk->comm);
	}
	rcu_read_unlock();
	return ret;
}

/* ---- validate ---- */

/**
 * ckpt_ipc_sem_validate - check an IPC_SEM record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_ipc_sem_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_ipc_sem *s = (const void *)h;
	u32 i;

	if (s->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (!s->nr_sems || s->nr_sems > CKPT_SEMS_MAX ||
	    h->len != struct_size(s, sems, s->nr_sems))
		return ckpt_bad(v, "length does not fit the number of semaphores");
	for (i = 0; i < s->nr_sems; i++) {
		if (s->sems[i].val > SEMVMX)
			return ckpt_bad(v, "value out of range");
		if (!ckpt_ipc_pid_ok(v, s->sems[i].pid))
			return ckpt_bad(v, "reference to something that is no PID");
	}
	return ckpt_ipc_perm_validate(v, &s->perm, 0777);
}

/**
 * ckpt_ipc_sem_undo_validate - check an IPC_SEM_UNDO record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_ipc_sem_undo_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_ipc_sem_undo *u = (const void *)h;
	u32 i;

	if (u->semid < 0)
		return ckpt_bad(v, "id out of range");
	if (!u->nr_sems || u->nr_sems > CKPT_SEMS_MAX ||
	    h->len != undo_size(u->nr_sems))
		return ckpt_bad(v, "length does not fit the number of semaphores");
	for (i = 0; i < u->nr_sems; i++)
		if (u->adj[i] < -SEMAEM - 1 || u->adj[i] > SEMAEM)
			return ckpt_bad(v, "adjustment out of range");
	for (; sizeof(*u) + i * sizeof(u->adj[0]) < h->len; i++)
		if (u->adj[i])
			return ckpt_bad(v, "padding is not zero");
	return 0;
}

/* ---- restart ---- */

static int add_sem(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		   const struct ckpt_hdr_ipc_sem *h, struct ckpt_cursor *c)
{
	struct ipc_params params = {
		.key = h->perm.key,
		.u.nsems = h->nr_sems,
	};
	struct sem_array *sma;
	int id, ret;
	u32 i;

	sem_ids(ns).next_id = h->perm.id;
	id = newary(ns, &params);
	if (id < 0)
		return ckpt_err(ctx, id, "semaphore set %d", h->perm.id);
	rcu_read_lock();
	sma = sem_obtain_object(ns, id);
	ret = ckpt_ipc_load_perm(ctx, ns, &h->perm, "semaphore set",
				 &sma->sem_perm);
	/* Nobody uses it before the commit. */
	for (i = 0; i < h->nr_sems; i++) {
		sma->sems[i].semval = h->sems[i].val;
		sma->sems[i].sem_otime = h->sems[i].otime;
	}
	sma->sem_ctime = h->ctime;
	/* It stays: we have the namespace for ourselves. */
	rcu_read_unlock();
	return ret ?: restore_part_labels(ctx, CKPT_LABELLED_IPC, &sma->sem_perm, c);
}

/**
 * restore_ipc_sem - make a set of semaphores
 * @ctx: the restart
 * @ns: the namespace, new
 * @h: IPC_SEM record
 * @c: position behind it, moved behind its labels
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_ipc_sem(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		    const struct ckpt_hdr_ipc_sem *h, struct ckpt_cursor *c)
{
	int ret;

	down_write(&sem_ids(ns).rwsem);
	ret = add_sem(ctx, ns, h, c);
	up_write(&sem_ids(ns).rwsem);
	return ret;
}

/**
 * restore_ipc_sem_commit - fill in who changed the semaphores
 * @ctx: the restart, committed
 * @ns: the namespace
 * @h: IPC_SEM record
 */
void restore_ipc_sem_commit(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
			    const struct ckpt_hdr_ipc_sem *h)
{
	struct sem_array *sma;
	u32 i;

	rcu_read_lock();
	sma = sem_obtain_object(ns, h->perm.id);
	/* Nobody could have removed it; be sure all the same. */
	if (IS_ERR(sma)) {
		rcu_read_unlock();
		return;
	}
	for (i = 0; i < h->nr_sems; i++)
		ckpt_ipc_set_pid(ctx, &sma->sems[i].sempid, h->sems[i].pid);
	rcu_read_unlock();
}

static int load_undo(struct ckpt_ctx *ctx, const struct ckpt_hdr_ipc_sem_undo *h)
{
	struct ipc_namespace *ns = current->nsproxy->ipc_ns;
	struct sem_undo *un = find_alloc_undo(ns, h->semid);
	struct sem_array *sma;

	if (IS_ERR(un))
		return ckpt_err(ctx, PTR_ERR(un), "semaphore set %d: undo",
				h->semid);
	/* find_alloc_undo() leaves us under RCU. */
	sma = sem_obtain_object_check(ns, h->semid);
	if (!IS_ERR(sma) && sma->sem_nsems == h->nr_sems)
		memcpy(un->semadj, h->adj, h->nr_sems * sizeof(h->adj[0]));
	else
		un = NULL;
	rcu_read_unlock();
	if (!un)
		return ckpt_err(ctx, -EBADMSG,
				"image: semaphore set %d: undo of another number of semaphores",
				h->semid);
	return 0;
}

/* Of a namespace that is not the tree's own there is none to restore. */
static bool may_load_undo(struct ckpt_ctx *ctx)
{
	return ctx->nsproxy->ipc_ns != current->nsproxy->ipc_ns;
}

static int restore_sem_undo(struct ckpt_ctx *ctx, struct ckpt_task *t,
			    struct ckpt_cursor *c)
{
	const struct ckpt_hdr_ipc_sem_undo *h;
	int ret = 0;

	while (!ret && (h = ckpt_read_opt_type(c, CKPT_HDR_IPC_SEM_UNDO))) {
		if (!may_load_undo(ctx))
			return ckpt_err(ctx, -EINVAL,
					"semaphore set %d: undo in the caller's IPC namespace",
					h->semid);
		ret = load_undo(ctx, h);
	}
	return ret;
}

const struct ckpt_task_kind ckpt_sem_undo_task_kind = {
	.name		= "semaphore undo",
	.checkpoint	= checkpoint_sem_undo,
	.restore	= restore_sem_undo,
};
