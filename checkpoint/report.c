// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - messages
 *
 * Messages are only collected while tasks are stopped or half made, so that a
 * slow or stuck log cannot hold them up; ckpt_report() writes them at the end.
 */
#include <linux/ctype.h>
#include <linux/fs.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/sprintf.h>
#include <linux/uio.h>
#include "internal.h"

static const char * const op_names[] = {
	[CKPT_OP_CHECKPOINT]	= "checkpoint",
	[CKPT_OP_RESTART]	= "restart",
};

/* The task a message is about: the one being captured, or the one restoring. */
static struct task_struct *subject(struct ckpt_ctx *ctx)
{
	if (ctx->op == CKPT_OP_CHECKPOINT)
		return ctx->subject ? ctx->subject->task : NULL;
	return current != ctx->caller ? current : NULL;
}

/* Names of tasks and files are chosen by others; a message is one line. */
static void make_printable(char *s)
{
	for (; *s; s++)
		if (iscntrl(*s))
			*s = '?';
}

static void format_msg(struct ckpt_ctx *ctx, char *buf, size_t size, int err,
		       struct va_format *vaf)
{
	struct task_struct *tsk = subject(ctx);
	int n;

	/* Keep room for the end of the line. */
	size--;
	n = scnprintf(buf, size, "%s: ", op_names[ctx->op]);
	if (tsk)
		n += scnprintf(buf + n, size - n, "task %d (%s): ",
			       task_pid_vnr(tsk), tsk->comm);
	if (ctx->what)
		n += scnprintf(buf + n, size - n, "%s: ", ctx->what);
	n += scnprintf(buf + n, size - n, "%pV", vaf);
	if (err)
		n += scnprintf(buf + n, size - n, " (%pe)", ERR_PTR(err));
	make_printable(buf);
	buf[n] = '\n';
	buf[n + 1] = '\0';
}

/**
 * ckpt_err - report an error
 * @ctx: the operation
 * @err: negative errno
 * @fmt: what, where and why; no newline
 *
 * The first error wins; it ends up on the log descriptor. May be called by
 * any task of a restart. Does not sleep.
 *
 * Return: @err, so that "return ckpt_err(...)" is the way to fail.
 */
int ckpt_err(struct ckpt_ctx *ctx, int err, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	spin_lock(&ctx->lock);
	if (!ctx->err) {
		ctx->err = err;
		format_msg(ctx, ctx->msg, sizeof(ctx->msg), err, &vaf);
	}
	spin_unlock(&ctx->lock);
	va_end(args);
	return err;
}

/**
 * ckpt_warn - report something that is not an error
 * @ctx: the operation
 * @fmt: what, where and why; no newline
 *
 * May be called by any task of a restart. Does not sleep.
 */
void ckpt_warn(struct ckpt_ctx *ctx, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;
	size_t used;

	va_start(args, fmt);
	vaf.va = &args;
	spin_lock(&ctx->lock);
	used = strlen(ctx->warn);
	if (CKPT_WARN_MAX - used > CKPT_MSG_MAX)
		format_msg(ctx, ctx->warn + used, CKPT_MSG_MAX, 0, &vaf);
	spin_unlock(&ctx->lock);
	va_end(args);
}

static void write_log(struct file *log, const char *s)
{
	loff_t pos = log->f_pos;
	size_t len = strlen(s);
	ssize_t n;

	while (len) {
		n = kernel_write(log, s, len, &pos);
		/* A full disk or closed pipe must not hide the call's result. */
		if (n <= 0)
			break;
		s += n;
		len -= n;
	}
	if (log->f_mode & FMODE_LSEEK)
		log->f_pos = pos;
}

/**
 * ckpt_report - write the collected messages to the log
 * @ctx: the operation; its tasks run again, or are gone
 */
void ckpt_report(struct ckpt_ctx *ctx)
{
	if (ctx->err)
		pr_debug_ratelimited("%s", ctx->msg);
	if (!ctx->log)
		return;
	if (*ctx->warn)
		write_log(ctx->log, ctx->warn);
	if (ctx->err)
		write_log(ctx->log, ctx->msg);
}
