// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - System V shared memory; part of ipc/shm.c
 *
 * Saved: id, key, permissions, labels, size, times, who made and last attached
 *	it, contents; whether it goes away with the last attachment (SHM_DEST). How
 *	often it is attached follows from the areas.
 * Not saved: which task made it, where only shm_rmid_forced asks; who attached
 *	it as which label: its attachments have that of the segment's own file.
 * Refused: huge pages; SHM_LOCK.
 */
#include <linux/err.h>
#include "ipc.h"
#include "lsm.h"
#include "mm.h"

/* ---- checkpoint ---- */

static const char *shm_why_refused(struct shmid_kernel *shp)
{
	if (is_file_hugepages(shp->shm_file))
		return "huge pages";
	if (shp->shm_perm.mode & SHM_LOCKED)
		return "locked by SHM_LOCK";
	return NULL;
}

static int collect_shm(struct ckpt_ctx *ctx, struct shmid_kernel *shp)
{
	const char *why = shm_why_refused(shp);
	struct kern_ipc_perm *perm = &shp->shm_perm;
	int ret;

	if (why)
		return ckpt_err(ctx, -EOPNOTSUPP, "shared memory segment %d: %s",
				shp->shm_perm.id, why);
	ret = checkpoint_obj(ctx, CKPT_HDR_INODE, shp->shm_file);
	if (ret < 0)
		return ret;
	return collect_part_labels(ctx, CKPT_LABELLED_IPC, perm) ?:
	       ckpt_ipc_collect_pid(ctx, ckpt_ipc_get_pid(perm, &shp->shm_cprid)) ?:
	       ckpt_ipc_collect_pid(ctx, ckpt_ipc_get_pid(perm, &shp->shm_lprid));
}

static int write_shm(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		     struct shmid_kernel *shp)
{
	struct ckpt_hdr_ipc_shm *h;

	/* No object may come between the records of another one. */
	if (!ckpt_obj_known(ctx, shp->shm_file))
		return ckpt_err(ctx, -EBUSY,
				"shared memory segment %d: made meanwhile by somebody outside the tree",
				shp->shm_perm.id);
	h = ckpt_new_rec(ctx, CKPT_HDR_IPC_SHM, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->size = shp->shm_segsz;
	h->atime = shp->shm_atim;
	h->dtime = shp->shm_dtim;
	h->ctime = shp->shm_ctim;
	h->inode = checkpoint_obj(ctx, CKPT_HDR_INODE, shp->shm_file);
	h->cpid = ckpt_ipc_pid_id(ctx, ckpt_ipc_get_pid(&shp->shm_perm, &shp->shm_cprid));
	h->lpid = ckpt_ipc_pid_id(ctx, ckpt_ipc_get_pid(&shp->shm_perm, &shp->shm_lprid));
	return ckpt_ipc_save_perm(ctx, ns, &shp->shm_perm,
				  "shared memory segment", &h->perm) ?:
	       checkpoint_part_labels(ctx, CKPT_LABELLED_IPC, &shp->shm_perm);
}

/**
 * collect_ipc_shm - write what the segments of a namespace refer to
 * @ctx: the checkpoint
 * @ns: the namespace, all of whose tasks are stopped
 *
 * Return: 0, or an errno that has been reported.
 */
int collect_ipc_shm(struct ckpt_ctx *ctx, struct ipc_namespace *ns)
{
	struct kern_ipc_perm *perm;
	int idx, ret = 0;

	down_read(&shm_ids(ns).rwsem);
	idr_for_each_entry(&shm_ids(ns).ipcs_idr, perm, idx) {
		ret = collect_shm(ctx, container_of(perm, struct shmid_kernel,
						    shm_perm));
		if (ret)
			break;
	}
	up_read(&shm_ids(ns).rwsem);
	return ret;
}

/**
 * checkpoint_ipc_shm - write the segments of a namespace
 * @ctx: the checkpoint
 * @ns: the namespace; collect_ipc_shm() has been called
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_ipc_shm(struct ckpt_ctx *ctx, struct ipc_namespace *ns)
{
	struct kern_ipc_perm *perm;
	int idx, ret = 0;

	down_read(&shm_ids(ns).rwsem);
	idr_for_each_entry(&shm_ids(ns).ipcs_idr, perm, idx) {
		ret = write_shm(ctx, ns, container_of(perm, struct shmid_kernel,
						      shm_perm));
		if (ret)
			break;
	}
	up_read(&shm_ids(ns).rwsem);
	return ret;
}

/**
 * ckpt_shm_base - the file of a segment
 * @file: a file that an area maps
 *
 * Return: the segment's own file, or NULL if it is no attachment.
 */
struct file *ckpt_shm_base(struct file *file)
{
	if (file->f_op != &shm_file_operations &&
	    file->f_op != &shm_file_operations_huge)
		return NULL;
	return shm_file_data(file)->file;
}

/* Segments that a task has made, and that do not come along. */
static int checkpoint_shm(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	struct shmid_kernel *shp;
	int id = -1;

	task_lock(tsk);
	list_for_each_entry(shp, &tsk->sysvshm.shm_clist, shm_clist)
		if (!ckpt_obj_known(ctx, &shp->ns->ns))
			id = shp->shm_perm.id;
	task_unlock(tsk);
	if (id >= 0)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"System V shared memory: made segment %d in an IPC namespace that is not the tree's own",
				id);
	return 0;
}

const struct ckpt_task_kind ckpt_shm_task_kind = {
	.name		= "shared memory segments",
	.checkpoint	= checkpoint_shm,
};

/* ---- validate ---- */

/**
 * ckpt_ipc_shm_validate - check an IPC_SHM record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_ipc_shm_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_ipc_shm *s = (const void *)h;
	const struct ckpt_hdr_inode *inode;

	if (s->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	if (!ckpt_ref_ok(v, s->inode, CKPT_CLASS_INODE))
		return ckpt_bad(v, "contents are no INODE");
	inode = (const void *)v->objs[s->inode - 1];
	if (inode->kind != CKPT_INODE_SHM_SYSV || inode->size != s->size)
		return ckpt_bad(v, "contents are those of something else");
	if (!ckpt_ipc_pid_ok(v, s->cpid) || !ckpt_ipc_pid_ok(v, s->lpid))
		return ckpt_bad(v, "reference to something that is no PID");
	return ckpt_ipc_perm_validate(v, &s->perm, 0777 | SHM_DEST);
}

/* ---- restart ---- */

static int add_shm(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		   const struct ckpt_hdr_ipc_shm *h, struct ckpt_cursor *c)
{
	struct ckpt_obj *o = ckpt_obj_by_id(ctx, h->inode);
	const struct ckpt_hdr_inode *inode = (const void *)o->h;
	struct ipc_params params = {
		.key = h->perm.key,
		.flg = inode->flags & CKPT_INODE_NORESERVE ? SHM_NORESERVE : 0,
		.u.size = h->size,
	};
	struct shmid_kernel *shp;
	int id, ret;

	if (o->ptr)
		return ckpt_err(ctx, -EBADMSG,
				"image: contents of two shared memory segments");
	shm_ids(ns).next_id = h->perm.id;
	id = newseg(ns, &params);
	if (id < 0)
		return ckpt_err(ctx, ckpt_shmem_errno(id),
				"shared memory segment %d", h->perm.id);
	shp = shm_lock(ns, id);
	ret = ckpt_ipc_load_perm(ctx, ns, &h->perm, "shared memory segment",
				 &shp->shm_perm);
	/* Its maker is not the caller. */
	task_lock(current);
	list_del_init(&shp->shm_clist);
	task_unlock(current);
	if (!ret)
		ckpt_obj_set(o, get_file(shp->shm_file), ns);
	shm_unlock(shp);
	/* It stays: we have the namespace for ourselves. */
	return ret ?: restore_part_labels(ctx, CKPT_LABELLED_IPC, &shp->shm_perm, c) ?:
	       restore_obj_labels(ctx, CKPT_LABELLED_FILE, shp->shm_file, o->c);
}

/**
 * restore_ipc_shm - make a segment
 * @ctx: the restart
 * @ns: the namespace, new
 * @h: IPC_SHM record
 * @c: position behind it, moved behind its labels
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_ipc_shm(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
		    const struct ckpt_hdr_ipc_shm *h, struct ckpt_cursor *c)
{
	int ret;

	down_write(&shm_ids(ns).rwsem);
	ret = add_shm(ctx, ns, h, c);
	up_write(&shm_ids(ns).rwsem);
	return ret;
}

/**
 * ckpt_shm_attach - a file to map a segment by
 * @ns: the namespace
 * @base: the segment's own file
 * @f_flags: O_RDONLY or O_RDWR
 *
 * As in do_shmat(). Mapping it counts as an attachment.
 *
 * Return: the file, referenced, or ERR_PTR().
 */
struct file *ckpt_shm_attach(struct ipc_namespace *ns, struct file *base,
			     int f_flags)
{
	struct shm_file_data *sfd = kzalloc(sizeof(*sfd), GFP_KERNEL);
	struct file *file;

	if (!sfd)
		return ERR_PTR(-ENOMEM);
	file = alloc_file_clone(get_file(base), f_flags, &shm_file_operations);
	if (IS_ERR(file)) {
		kfree(sfd);
		fput(base);
		return file;
	}
	sfd->id = file_inode(base)->i_ino;
	sfd->ns = get_ipc_ns(ns);
	sfd->file = base;
	file->private_data = sfd;
	return file;
}

/**
 * restore_ipc_shm_commit - what the restart itself has changed since
 * @ctx: the restart, committed
 * @ns: the namespace
 * @h: IPC_SHM record
 */
void restore_ipc_shm_commit(struct ckpt_ctx *ctx, struct ipc_namespace *ns,
			    const struct ckpt_hdr_ipc_shm *h)
{
	struct shmid_kernel *shp;

	down_write(&shm_ids(ns).rwsem);
	shp = shm_lock(ns, h->perm.id);
	/* Nobody could have removed it; be sure all the same. */
	if (IS_ERR(shp))
		goto out;
	shp->shm_atim = h->atime;
	shp->shm_dtim = h->dtime;
	shp->shm_ctim = h->ctime;
	ckpt_ipc_set_pid(ctx, &shp->shm_cprid, h->cpid);
	ckpt_ipc_set_pid(ctx, &shp->shm_lprid, h->lpid);
	/* Before it was attached it would have gone away at once. */
	shp->shm_perm.mode |= h->perm.mode & SHM_DEST;
	shm_unlock(shp);
out:
	up_write(&shm_ids(ns).rwsem);
}
