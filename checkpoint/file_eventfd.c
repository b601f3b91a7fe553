// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - eventfd
 *
 * Saved: the counter, EFD_SEMAPHORE.
 * Not saved: the number in fdinfo, which counts all eventfds of the machine.
 * Refused: an eventfd that the kernel signals (KVM, VFIO, asynchronous I/O).
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include "files.h"

/**
 * ckpt_file_eventfd_match - whether a file is an eventfd
 * @ctx: the checkpoint
 * @file: the file
 *
 * Return: true if so.
 */
bool ckpt_file_eventfd_match(struct ckpt_ctx *ctx, struct file *file)
{
	int flags;
	u64 count;

	return eventfd_peek(file, &count, &flags) != -EINVAL;
}

/**
 * checkpoint_file_eventfd - save an eventfd
 * @ctx: the checkpoint
 * @obj: the file
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_file_eventfd(struct ckpt_ctx *ctx, void *obj)
{
	struct ckpt_hdr_file_eventfd *h;
	int cred, flags, ret;
	u64 count;

	cred = checkpoint_file_common(ctx, obj);
	if (cred < 0)
		return cred;
	ret = eventfd_peek(obj, &count, &flags);
	if (ret)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"eventfd: signalled by the kernel, for a device or asynchronous I/O");
	h = ckpt_new_obj(ctx, CKPT_HDR_FILE_EVENTFD, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_fill_file(&h->file, obj, cred);
	h->count = count;
	h->flags = flags & EFD_SEMAPHORE ? CKPT_EVENTFD_SEMAPHORE : 0;
	return 0;
}

/**
 * ckpt_file_eventfd_validate - check a FILE_EVENTFD record
 * @v: the validator
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_file_eventfd_validate(struct ckpt_validator *v,
			       const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_file_eventfd *e = (const void *)h;

	if (e->flags & ~CKPT_EVENTFD_SEMAPHORE)
		return ckpt_bad(v, "unknown flags");
	if (e->reserved)
		return ckpt_bad(v, "reserved field is not zero");
	return ckpt_file_anon_validate(v, &e->file, O_RDWR);
}

/**
 * restore_file_eventfd - make an eventfd
 * @ctx: the restart
 * @h: the record
 * @c: stands behind it
 *
 * Return: the file, referenced, or ERR_PTR() of an errno that has been
 * reported.
 */
void *restore_file_eventfd(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
			   struct ckpt_cursor *c)
{
	const struct ckpt_hdr_file_eventfd *e = (const void *)h;
	struct file *file;

	file = eventfd_create_file(e->count,
				   e->flags & CKPT_EVENTFD_SEMAPHORE ?
				   EFD_SEMAPHORE : 0);
	if (IS_ERR(file))
		return ERR_PTR(ckpt_err(ctx, PTR_ERR(file), "eventfd"));
	return restore_file_common(ctx, &e->file, file, "eventfd");
}
