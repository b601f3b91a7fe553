// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - signalfd
 *
 * Saved: the mask. Whose signals are read is up to who reads them; the pending
 * signals are the tasks' own, see sigpending.c.
 */
#include <linux/file.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include "files.h"

#define UNREPORTED	(sigmask(SIGKILL) | sigmask(SIGSTOP))

/**
 * ckpt_file_signalfd_match - whether a file is a signalfd
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: true if so.
 */
bool ckpt_file_signalfd_match(struct ckpt_ctx *ctx, struct file *file)
{
	return signalfd_notmask(file);
}

/**
 * checkpoint_file_signalfd - save a signalfd
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_signalfd(struct ckpt_ctx *ctx, void *obj)
{
	struct ckpt_hdr_file_signalfd *h;
	int cred;

	cred = checkpoint_file_common(ctx, obj);
	if (cred < 0)
		return cred;
	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_SIGNALFD, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, obj, cred);
	h->mask = ~signalfd_notmask(obj)->sig[0];
	return 0;
}

/**
 * ckpt_file_signalfd_validate - check a FILE_SIGNALFD record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_signalfd_validate(struct ckpt_validator *v,
				const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_signalfd *s = (const void *)h;

	if (s->mask & UNREPORTED)
		return ckpt_bad(v, "signalfd for SIGKILL or SIGSTOP");
	return ckpt_file_anon_validate(v, &s->file, O_RDWR);
}

/**
 * restore_file_signalfd - make a signalfd
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the file, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_file_signalfd(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			    struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_signalfd *s = (const void *)h;
	sigset_t notmask = { .sig = { ~s->mask } };
	struct file *file;

	file = signalfd_create_file(&notmask, 0);
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(file), "signalfd"));
	return restore_file_common(ctx, &s->file, file, "signalfd");
}
