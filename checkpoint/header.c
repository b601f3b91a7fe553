// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - first and last records of an image
 */
#include <linux/checkpoint_arch.h>
#include <linux/mm.h>
#include <linux/uuid.h>
#include "internal.h"

#define CKPT_INCOMPAT_KNOWN	0ULL

/**
 * checkpoint_header - add the header
 * @ctx: the checkpoint
 *
 * checkpoint_meta_end() fills in what is not known yet.
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_header(struct ckpt_ctx *ctx)
{
	struct ckpt_hdr_header *h;

	h = ckpt_new_rec(ctx, CKPT_HDR_HEADER, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->magic = CKPT_MAGIC;
	h->version = CKPT_FORMAT_VERSION;
	h->arch = CKPT_ARCH_NATIVE;
	h->page_shift = PAGE_SHIFT;
	h->flags = ctx->flags & CHECKPOINT_SUBTREE;
	generate_random_uuid(h->uuid);
	ctx->header = h;
	return 0;
}

/**
 * checkpoint_meta_end - end the metadata
 * @ctx: the checkpoint
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_meta_end(struct ckpt_ctx *ctx)
{
	struct ckpt_hdr_meta_end *h;

	h = ckpt_new_rec(ctx, CKPT_HDR_META_END, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ctx->header->meta_len = ctx->meta_len;
	ctx->header->nr_records = ctx->nr_records;
	ctx->header->nr_objects = ctx->nr_objs;
	ctx->header->nr_tasks = ctx->nr_tasks;
	return 0;
}

/**
 * checkpoint_trailer - write the last record
 * @ctx: the checkpoint; all pages have been written
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_trailer(struct ckpt_ctx *ctx)
{
	struct ckpt_hdr_trailer h = {
		.h.type		= CKPT_HDR_TRAILER,
		.h.len		= sizeof(h),
		.nr_runs	= ctx->nr_runs,
		.nr_pages	= ctx->nr_pages,
		.crc		= ctx->pages_crc,
		.data_crc	= ctx->data_crc,
		.magic		= CKPT_MAGIC,
	};

	memcpy(h.uuid, ctx->header->uuid, sizeof(h.uuid));
	return ckpt_image_write(ctx, &h, sizeof(h));
}

/**
 * restore_trailer - check the last record
 * @ctx: the restart; all pages have been read
 * @h: the record, sizeof(*h) bytes
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_trailer(struct ckpt_ctx *ctx, const struct ckpt_hdr_trailer *h)
{
	if (h->magic != CKPT_MAGIC ||
	    memcmp(h->uuid, ctx->header->uuid, sizeof(h->uuid)))
		return ckpt_err(ctx, -EBADMSG, "image: trailer belongs to another image");
	if (h->nr_runs != ctx->nr_runs || h->nr_pages != ctx->nr_pages)
		return ckpt_err(ctx, -EBADMSG,
				"image: %llu pages in %llu runs, trailer says %llu in %llu",
				ctx->nr_pages, ctx->nr_runs, h->nr_pages, h->nr_runs);
	if (h->crc != ctx->pages_crc || h->data_crc != ctx->data_crc)
		return ckpt_err(ctx, -EBADMSG, "image: checksum of %s is wrong",
				h->crc != ctx->pages_crc ? "page records" :
				"memory contents");
	return 0;
}

/**
 * ckpt_header_validate - check a HEADER record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0, -EBADMSG or -EOPNOTSUPP
 */
int ckpt_header_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_header *hdr = (const void *)h;

	if (v->owner)
		return ckpt_bad(v, "second header");
	if (hdr->flags & ~CHECKPOINT_SUBTREE)
		return ckpt_bad(v, "unknown flags");
	if (hdr->monotonic < 0 || hdr->monotonic > KTIME_MAX / 2 ||
	    hdr->boottime < 0 || hdr->boottime > KTIME_MAX / 2)
		return ckpt_bad(v, "clock out of range");
	return 0;
}

/**
 * ckpt_meta_end_validate - check a META_END record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_meta_end_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_meta_end *end = (const void *)h;

	return end->reserved ? ckpt_bad(v, "reserved field is not zero") : 0;
}

static int check_header(struct ckpt_ctx *ctx, const struct ckpt_hdr_header *h)
{
	if (h->h.type != CKPT_HDR_HEADER || h->magic != CKPT_MAGIC)
		return ckpt_err(ctx, -EBADMSG, "image: not a checkpoint image");
	if (h->version != CKPT_FORMAT_VERSION)
		return ckpt_err(ctx, -EOPNOTSUPP, "image: format version %u, not %u",
				h->version, CKPT_FORMAT_VERSION);
	if (h->incompat & ~CKPT_INCOMPAT_KNOWN)
		return ckpt_err(ctx, -EOPNOTSUPP, "image: needs unknown features %#llx",
				h->incompat & ~CKPT_INCOMPAT_KNOWN);
	if (h->arch != CKPT_ARCH_NATIVE)
		return ckpt_err(ctx, -EOPNOTSUPP, "image: made on architecture %u, not %u",
				h->arch, CKPT_ARCH_NATIVE);
	if (h->page_shift != PAGE_SHIFT)
		return ckpt_err(ctx, -EOPNOTSUPP, "image: page size %#llx, not %#lx",
				1ULL << (h->page_shift & 63), PAGE_SIZE);
	if (h->h.len != sizeof(*h))
		return ckpt_err(ctx, -EBADMSG, "image: header of %u bytes", h->h.len);
	if (h->meta_len < sizeof(*h) + sizeof(struct ckpt_hdr_meta_end) ||
	    h->meta_len % 8 || h->nr_records > h->meta_len / sizeof(struct ckpt_hdr))
		return ckpt_err(ctx, -EBADMSG, "image: %llu records in %llu bytes",
				h->nr_records, h->meta_len);
	return 0;
}

/**
 * restore_header - read and check the header
 * @ctx: the restart
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_header(struct ckpt_ctx *ctx)
{
	struct ckpt_hdr_header *h;
	int ret;

	h = ckpt_new_rec(ctx, CKPT_HDR_HEADER, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	ctx->header = h;
	ret = ckpt_image_read(ctx, h, sizeof(*h));
	if (ret)
		return ret;
	return check_header(ctx, h);
}
