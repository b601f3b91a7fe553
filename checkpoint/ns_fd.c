// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - descriptors of namespaces for the caller of restart()
 *
 * Who wants to mount the namespaces of a tree, or to enter them, could look below
 * /proc/PID/ns/ for those that a task is in. For all others, and before the tasks
 * run, the caller names the descriptor "ns:ID" without passing one, and is given
 * one: all of them, once nothing can fail any more, or none.
 *
 * That is no privilege: the namespaces are the caller's own work. It has passed the
 * checks of unshare() for those made here, and those of setns() for those that it
 * has supplied; a child of its own could have made the same, which it could then
 * have opened by /proc/PID/ns/. Whoever wants to enter one is asked again.
 */
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kstrtox.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "namespaces.h"

#define PREFIX	"ns:"

/**
 * ckpt_ns_is_asked - whether the caller passes no resource, but wants one
 * @ctx: the operation
 * @key: name of the resource
 * @fd: what is passed
 *
 * Return: true if @key begins like that of a namespace, and @fd is -1.
 */
bool ckpt_ns_is_asked(const struct ckpt_ctx *ctx, const char *key, int fd)
{
	return ctx->op == CKPT_OP_RESTART && fd == -1 && strstarts(key, PREFIX);
}

/**
 * ckpt_ns_has_taker - whether the caller supplies a namespace, or asks for it
 * @ctx: the restart
 * @id: the number of the object
 *
 * Return: true if so.
 */
bool ckpt_ns_has_taker(struct ckpt_ctx *ctx, u32 id)
{
	char key[16];
	u32 i;

	snprintf(key, sizeof(key), PREFIX "%u", id);
	for (i = 0; i < ctx->nr_external; i++)
		if (!strcmp(ctx->external[i].key, key))
			return true;
	return false;
}

/* The object that is asked for, or 0. It has one name only. */
static u32 find_ns(struct ckpt_ctx *ctx, const char *key)
{
	char name[16];
	u32 id;

	if (kstrtou32(key + strlen(PREFIX), 10, &id) || !id || id > ctx->nr_objs ||
	    !ckpt_is_ns(ckpt_obj_by_id(ctx, id)->h->type))
		return 0;
	snprintf(name, sizeof(name), PREFIX "%u", id);
	return strcmp(key, name) ? 0 : id;
}

static int open_ns(struct ckpt_ctx *ctx, struct ckpt_external_res *res)
{
	struct file *file;
	int fd;

	res->ns = find_ns(ctx, res->key);
	if (!res->ns)
		return ckpt_err(ctx, -EINVAL,
				"external resource \"%s\" is asked for, but is no namespace of the image",
				res->key);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return ckpt_err(ctx, fd == -EMFILE ? -ENOMEM : fd,
				"external resource \"%s\": a descriptor for it",
				res->key);
	file = ckpt_ns_open(ckpt_obj_by_id(ctx, res->ns)->ptr, O_RDONLY);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return ckpt_err(ctx, PTR_ERR(file),
				"external resource \"%s\": cannot be opened",
				res->key);
	}
	res->fd = fd;
	res->given = file;
	return 0;
}

/**
 * restore_ns_fds - open the namespaces that the caller asks for
 * @ctx: the restart; restore_namespaces() has been called
 *
 * Nobody sees the descriptors before restore_ns_fds_end(), which must be called
 * by the same task.
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_ns_fds(struct ckpt_ctx *ctx)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < ctx->nr_external && !ret; i++)
		if (ctx->external[i].answer)
			ret = open_ns(ctx, &ctx->external[i]);
	return ret;
}

/**
 * restore_ns_fds_tell - tell the caller their numbers
 * @ctx: the restart; all tasks have been created
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_ns_fds_tell(struct ckpt_ctx *ctx)
{
	const struct ckpt_external_res *res;
	u32 i;

	for (i = 0; i < ctx->nr_external; i++) {
		res = &ctx->external[i];
		if (!res->given)
			continue;
		if (!ckpt_ns_may_open(ctx, res->ns))
			return ckpt_err(ctx, -EINVAL,
					"external resource \"%s\" is a pid namespace that has had no init",
					res->key);
		if (put_user(res->fd, res->answer))
			return ckpt_err(ctx, -EFAULT, "external resources");
	}
	return 0;
}

static void take_back(struct ckpt_external_res *res)
{
	/* Who calls again with that is to ask again. */
	put_user(-1, res->answer);
	put_unused_fd(res->fd);
	fput(res->given);
}

/**
 * restore_ns_fds_end - install them, or give them up
 * @ctx: the restart, in its caller
 * @success: it has been committed
 */
void restore_ns_fds_end(struct ckpt_ctx *ctx, bool success)
{
	struct ckpt_external_res *res;
	u32 i;

	for (i = 0; i < ctx->nr_external; i++) {
		res = &ctx->external[i];
		if (!res->given)
			continue;
		if (success)
			fd_install(res->fd, res->given);
		else
			take_back(res);
		res->given = NULL;
	}
}
