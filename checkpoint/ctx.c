// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the context of one operation
 *
 * A struct ckpt_ctx belongs to the system call that made it. At restart each
 * created task holds a reference, too, until it has nothing more to read from
 * the records.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <linux/xarray.h>
#include "freeze.h"
#include "container.h"
#include "internal.h"
#include "lsm.h"
#include "signal.h"
#include "mm.h"
#include "pages.h"
#include "socket.h"

/**
 * ckpt_ctx_alloc - begin an operation
 * @op: which one
 *
 * Return: the context with one reference, or NULL if out of memory.
 */
struct ckpt_ctx *ckpt_ctx_alloc(enum ckpt_op op)
{
	struct ckpt_ctx *ctx = kvzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);

	if (!ctx)
		return NULL;
	if (ckpt_obj_hash_init(ctx))
		goto err_free;
	if (ckpt_frozen_init(ctx))
		goto err_hash;
	kref_init(&ctx->ref);
	ctx->op = op;
	ctx->caller = current;
	INIT_LIST_HEAD(&ctx->segs);
	INIT_LIST_HEAD(&ctx->obj_list);
	INIT_LIST_HEAD(&ctx->kept_ns);
	INIT_LIST_HEAD(&ctx->pages);
	xa_init(&ctx->shared_pages);
	xa_init(&ctx->anon_roots);
	xa_init(&ctx->shared_ns);
	xa_init(&ctx->net_peers);
	xa_init(&ctx->undo_lists);
	ctx->pages_crc = ~0;
	ctx->data_crc = ~0;
	init_waitqueue_head(&ctx->wait);
	init_waitqueue_head(&ctx->caller_wait);
	spin_lock_init(&ctx->lock);
	return ctx;

err_hash:
	ckpt_obj_free(ctx);
err_free:
	kvfree(ctx);
	return NULL;
}

/**
 * ckpt_ctx_get - take a reference
 * @ctx: the context
 *
 * Return: @ctx
 */
struct ckpt_ctx *ckpt_ctx_get(struct ckpt_ctx *ctx)
{
	kref_get(&ctx->ref);
	return ctx;
}

static void put_tasks(struct ckpt_ctx *ctx)
{
	u32 i;

	for (i = 0; ctx->tasks && i < ctx->nr_tasks; i++) {
		struct ckpt_task *t = &ctx->tasks[i];

		ckpt_signals_free(t);
		if (t->cred)
			put_cred(t->cred);
		if (t->task)
			put_task_struct(t->task);
	}
	kvfree(ctx->tasks);
}

static void put_externals(struct ckpt_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->nr_external; i++) {
		if (ctx->external[i].file)
			fput(ctx->external[i].file);
		kfree(ctx->external[i].key);
	}
	kvfree(ctx->external);
}

static void release_ctx(struct kref *ref)
{
	struct ckpt_ctx *ctx = container_of(ref, struct ckpt_ctx, ref);

	ckpt_pages_free(ctx);
	ckpt_anon_roots_free(ctx);
	ckpt_obj_free(ctx);
	ckpt_unix_collect();
	ckpt_labels_free(ctx);
	ckpt_frozen_free(ctx);
	put_tasks(ctx);
	put_externals(ctx);
	ckpt_image_free(ctx);
	if (ctx->root)
		put_task_struct(ctx->root);
	put_pid(ctx->root_pid);
	if (ctx->root_ns)
		put_pid_ns(ctx->root_ns);
	if (ctx->op == CKPT_OP_CHECKPOINT)
		put_user_ns(ctx->user_ns);
	if (ctx->root_nsproxy)
		put_nsproxy(ctx->root_nsproxy);
	xa_destroy(&ctx->shared_ns);
	xa_destroy(&ctx->net_peers);
	ckpt_kept_free(ctx);
	xa_destroy(&ctx->undo_lists);
	if (ctx->nsproxy)
		put_nsproxy(ctx->nsproxy);
	if (ctx->image)
		fput(ctx->image);
	if (ctx->log)
		fput(ctx->log);
	kvfree(ctx);
}

/**
 * ckpt_ctx_put - drop a reference
 * @ctx: the context
 *
 * The last one undoes everything the context still holds, in the reverse of
 * the order in which the phases acquired it.
 */
void ckpt_ctx_put(struct ckpt_ctx *ctx)
{
	kref_put(&ctx->ref, release_ctx);
}
