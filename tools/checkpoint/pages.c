// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading an image: memory contents and the trailer
 */
#include <errno.h>
#include <string.h>

#include "image.h"

static int add_shared(struct ckpt_image *img, __u64 first, __u64 nr)
{
	struct shared_run *last;
	__u64 max = img->max_shared;

	last = img->nr_shared ? &img->shared[img->nr_shared - 1] : NULL;
	if (last && last->end == first) {
		last->end += nr;
		return 0;
	}
	if (ckpt_grow((void **)&img->shared, sizeof(*img->shared), img->nr_shared,
		      &max))
		return ckpt_fail(img, -ENOMEM);
	img->max_shared = max;
	img->shared[img->nr_shared++] = (struct shared_run){ first, first + nr };
	return 0;
}

static bool is_shared(const struct ckpt_image *img, __u64 first, __u64 nr)
{
	size_t lo = 0, hi = img->nr_shared, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (img->shared[mid].end <= first)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < img->nr_shared && img->shared[lo].first <= first &&
	       nr <= img->shared[lo].end - first;
}

/* The first area of @mm that ends behind @addr. */
static __u64 find_vma(const struct ckpt_image *img, const struct record *mm,
		      __u64 addr)
{
	__u64 lo = mm->vma_first, hi = lo + mm->vma_nr, mid;
	const struct ckpt_hdr_vma *v;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		v = (const void *)ckpt_rec(img, img->vmas[mid])->pub.h;
		if (v->end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Give the pages of a run to the areas they are in. */
static void account_run(struct ckpt_image *img, struct record *rec,
			struct record *mm, __u64 end)
{
	const struct ckpt_hdr_pages *pg = (const void *)rec->pub.h;
	__u64 i = find_vma(img, mm, pg->addr), addr = pg->addr, stop;
	const struct ckpt_hdr_vma *v;
	struct record *vma;

	for (; addr < end; addr = stop, i++) {
		vma = i < mm->vma_first + mm->vma_nr ?
		      ckpt_rec(img, img->vmas[i]) : NULL;
		v = vma ? (const void *)vma->pub.h : NULL;
		if (!v || v->start > addr || v->end <= addr) {
			ckpt_bad(img, rec, "page at %#llx is in no area", addr);
			return;
		}
		stop = v->end < end ? v->end : end;
		if (pg->flags & CKPT_PAGES_REF)
			vma->refs += (stop - addr) >> img->page_shift;
		else
			vma->pages += (stop - addr) >> img->page_shift;
	}
}

static __u64 size_of_contents(const struct record *obj)
{
	if (obj->kind->class == CLASS_INODE)
		return ((const struct ckpt_hdr_inode *)obj->pub.h)->size;
	return ((const struct ckpt_hdr_unlinked *)obj->pub.h)->size;
}

static void account_pages(struct ckpt_image *img, struct record *rec,
			  struct record *obj, __u64 end)
{
	const struct ckpt_hdr_pages *pg = (const void *)rec->pub.h;
	__u64 mask = (1ULL << img->page_shift) - 1;

	obj->runs++;
	if (pg->flags & CKPT_PAGES_REF)
		obj->refs += pg->nr_pages;
	else
		obj->pages += pg->nr_pages;
	if (obj->kind->class == CLASS_MM)
		account_run(img, rec, obj, end);
	else if (end > ((size_of_contents(obj) + mask) & ~mask))
		ckpt_bad(img, rec, "pages up to %#llx are beyond its end", end);
}

static int get_pages(struct ckpt_image *img, __u64 nr)
{
	const unsigned char *p;
	__u64 left = nr << img->page_shift;
	size_t n;
	int err;

	while (left) {
		err = ckpt_get(img, left, &p, &n);
		if (err)
			return err;
		img->data_crc = ckpt_crc32c(img->data_crc, p, n);
		left -= n;
	}
	img->nr_pages += nr;
	return 0;
}

static bool at_boundary(const struct ckpt_image *img)
{
	return !(img->pos & ((1UL << img->page_shift) - 1));
}

static int get_padding(struct ckpt_image *img)
{
	unsigned char pad[4096];
	struct ckpt_hdr h;
	size_t left, n;
	int err;

	if (at_boundary(img))
		return 0;
	err = ckpt_get_hdr(img, &h);
	if (err)
		return err;
	if (h.type != CKPT_HDR_PAD || h.id || h.flags)
		return ckpt_fatal(img, NULL, "padding is missing");
	for (left = h.len - sizeof(h); left; left -= n) {
		n = left < sizeof(pad) ? left : sizeof(pad);
		err = ckpt_get_all(img, pad, n);
		if (err)
			return err;
		ckpt_check_zero(img, NULL, "padding", pad, n);
	}
	if (!at_boundary(img))
		return ckpt_fatal(img, NULL, "padding ends off a page boundary");
	return 0;
}

static int next_pages(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_pages *pg = (const void *)rec->pub.h;
	struct record *obj = ckpt_obj(img, pg->obj);
	__u64 end;
	int err;

	img->runs_crc = ckpt_crc32c(img->runs_crc, pg, pg->h.len);
	img->nr_runs++;
	ckpt_check_record(img, rec);
	if (!obj || !obj->kind ||
	    (obj->kind->class != CLASS_MM && obj->kind->class != CLASS_INODE &&
	     obj->kind->class != CLASS_UNLINKED &&
	     obj->kind->class != CLASS_TMPFS_ENTRY))
		obj = NULL;
	if (!obj)
		ckpt_bad(img, rec, "obj %u has no contents", pg->obj);
	if (!pg->nr_pages || pg->nr_pages > ~0ULL >> img->page_shift ||
	    __builtin_add_overflow(pg->addr, pg->nr_pages << img->page_shift,
				   &end) ||
	    pg->addr & ((1UL << img->page_shift) - 1))
		return ckpt_fatal(img, rec, "%llu pages at %#llx", pg->nr_pages,
			     pg->addr);
	if (obj)
		account_pages(img, rec, obj, end);
	if (pg->flags & CKPT_PAGES_REF) {
		if (pg->flags & CKPT_PAGES_SHARED)
			ckpt_bad(img, rec, "refers and is referred to");
		if (!is_shared(img, pg->ref, pg->nr_pages))
			ckpt_bad(img, rec,
				 "refers to pages %llu to %llu, which are not earlier shared ones",
				 pg->ref, pg->ref + pg->nr_pages - 1);
		return 1;
	}
	if (pg->ref)
		ckpt_bad(img, rec, "ref is not zero");
	if (pg->flags & CKPT_PAGES_SHARED) {
		err = add_shared(img, img->nr_pages, pg->nr_pages);
		if (err)
			return err;
	}
	err = get_padding(img);
	if (!err)
		err = get_pages(img, pg->nr_pages);
	return err ? err : 1;
}

static int next_trailer(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_trailer *tr = (const void *)rec->pub.h;

	ckpt_check_record(img, rec);
	if (tr->magic != CKPT_MAGIC)
		ckpt_bad(img, rec, "wrong magic number");
	if (memcmp(tr->uuid, img->header->uuid, sizeof(tr->uuid)))
		ckpt_bad(img, rec, "uuid is not that of the header");
	if (tr->nr_runs != img->nr_runs || tr->nr_pages != img->nr_pages)
		ckpt_bad(img, rec,
			 "%llu runs with %llu pages, the trailer says %llu with %llu",
			 img->nr_runs, img->nr_pages, tr->nr_runs,
			 tr->nr_pages);
	if (tr->crc != img->runs_crc)
		ckpt_bad(img, rec,
			 "checksum of runs %#010x, they have %#010x: altered",
			 tr->crc, img->runs_crc);
	if (tr->data_crc != img->data_crc)
		ckpt_bad(img, rec,
			 "checksum of pages %#010x, they have %#010x: altered",
			 tr->data_crc, img->data_crc);
	img->state = AT_END;
	return 1;
}

int ckpt_next_data(struct ckpt_image *img)
{
	struct record *rec = &img->data_rec;
	struct ckpt_hdr h;
	int err;

	err = ckpt_get_hdr(img, &h);
	if (err)
		return err;
	memset(rec, 0, sizeof(*rec));
	memset(img->data_buf, 0, h.len + 512);
	memcpy(img->data_buf, &h, sizeof(h));
	rec->pub.h = (const void *)img->data_buf;
	rec->pub.offset = img->pos - sizeof(h);
	rec->pub.number = img->nr_recs + img->nr_runs;
	rec->pub.owner = rec->pub.number;
	rec->kind = ckpt_kind(h.type);
	rec->pub.name = rec->kind ? rec->kind->name : NULL;
	err = ckpt_get_all(img, img->data_buf + sizeof(h), h.len - sizeof(h));
	if (err)
		return err;
	if (rec->kind && h.len < rec->kind->min_len)
		return ckpt_fatal(img, rec, "has %u bytes, needs %zu", h.len,
			     rec->kind->min_len);
	if (h.id)
		ckpt_bad(img, rec, "has an id, but is no object");
	switch (h.type) {
	case CKPT_HDR_PAGES:
		return next_pages(img, rec);
	case CKPT_HDR_TRAILER:
		return next_trailer(img, rec);
	}
	return ckpt_fatal(img, rec, "is neither a run of pages nor the trailer");
}

/* Totals of the memory contents. */
struct json_object *ckpt_data_json(const struct ckpt_image *img)
{
	struct json_object *o = json_object_new_object();

	ckpt_add_uint(o, "runs", img->nr_runs);
	ckpt_add_uint(o, "pages", img->nr_pages);
	ckpt_add_uint(o, "bytes", img->nr_pages << img->page_shift);
	return o;
}
