// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading an image: framing, order, ownership, objects, checksums
 *
 * The image is hostile: a length is checked before it is used, memory grows
 * with the bytes that have really been read, and a record is padded with zeros
 * to the size of its structure, so that fields can be read without asking.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image.h"

#define CHUNK_SIZE	(4UL << 20)
#define BUFFER_SIZE	(256UL << 10)
#define ERRORS_MAX	100

/* ---- reports ---- */

static void report(struct ckpt_image *img, __u64 offset, const char *what)
{
	if (!img->nr_errors++)
		snprintf(img->error, sizeof(img->error), "at byte %llu: %s",
			 offset, what);
	if (img->report && img->nr_errors <= ERRORS_MAX)
		img->report(img->report_data, offset, what);
	if (img->report && img->nr_errors == ERRORS_MAX + 1)
		img->report(img->report_data, offset,
			    "more errors are counted, but not shown");
}

/* Something is wrong with a record, or with the image if @rec is NULL. */
static void bad(struct ckpt_image *img, struct record *rec, const char *fmt,
		va_list ap)
{
	char text[256], line[400];

	vsnprintf(text, sizeof(text), fmt, ap);
	if (!rec) {
		report(img, img->pos, text);
		return;
	}
	rec->pub.broken = 1;
	if (rec->kind)
		snprintf(line, sizeof(line), "%s: %s", rec->kind->name, text);
	else
		snprintf(line, sizeof(line), "record of type %u: %s",
			 rec->pub.h->type, text);
	report(img, rec->pub.offset, line);
}

void ckpt_bad(struct ckpt_image *img, struct record *rec, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	bad(img, rec, fmt, ap);
	va_end(ap);
}

int ckpt_fail(struct ckpt_image *img, int err)
{
	img->state = FAILED;
	img->err = err;
	return err;
}

/* Something is wrong that keeps the rest from being understood. */
int ckpt_fatal(struct ckpt_image *img, struct record *rec, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	bad(img, rec, fmt, ap);
	va_end(ap);
	return ckpt_fail(img, -EBADMSG);
}

/* ---- the stream ---- */

static int fill(struct ckpt_image *img)
{
	ssize_t n;

	do {
		n = read(img->fd, img->buf, BUFFER_SIZE);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return ckpt_fail(img, -errno);
	if (!n)
		return ckpt_fatal(img, NULL, "the image ends here, truncated");
	img->buf_start = 0;
	img->buf_end = n;
	return 0;
}

/* Next bytes of the stream, at least one and at most @len. */
int ckpt_get(struct ckpt_image *img, __u64 len, const unsigned char **p,
	     size_t *n)
{
	int err;

	if (img->buf_start == img->buf_end) {
		err = fill(img);
		if (err)
			return err;
	}
	*n = img->buf_end - img->buf_start;
	if (*n > len)
		*n = len;
	*p = img->buf + img->buf_start;
	img->buf_start += *n;
	img->pos += *n;
	return 0;
}

int ckpt_get_all(struct ckpt_image *img, void *to, size_t len)
{
	const unsigned char *p;
	size_t n;
	int err;

	while (len) {
		err = ckpt_get(img, len, &p, &n);
		if (err)
			return err;
		memcpy(to, p, n);
		to = (char *)to + n;
		len -= n;
	}
	return 0;
}

/* ---- memory ---- */

static void *keep(struct ckpt_image *img, size_t len)
{
	struct chunk *c = img->chunks;
	size_t size;
	void *p;

	len = (len + 7) & ~7UL;
	if (!c || c->size - c->used < len) {
		size = len > CHUNK_SIZE ? len : CHUNK_SIZE;
		c = malloc(sizeof(*c) + size);
		if (!c)
			return NULL;
		c->next = img->chunks;
		c->used = 0;
		c->size = size;
		img->chunks = c;
	}
	p = c->data + c->used;
	c->used += len;
	memset(p, 0, len);
	return p;
}

/* Room for one more element. */
int ckpt_grow(void **array, size_t size, __u64 nr, __u64 *max)
{
	__u64 n = *max ? *max * 2 : 64;
	void *p;

	if (nr < *max)
		return 0;
	p = reallocarray(*array, n, size);
	if (!p)
		return -ENOMEM;
	*array = p;
	*max = n;
	return 0;
}

static int grow32(__u64 **array, __u32 nr, __u32 *max)
{
	__u64 m = *max;
	int err = ckpt_grow((void **)array, sizeof(**array), nr, &m);

	*max = m;
	return err;
}

/* ---- looking things up ---- */

struct record *ckpt_rec(const struct ckpt_image *img, __u64 number)
{
	return number < img->nr_recs ? img->recs[number] : NULL;
}

__u64 ckpt_nr_records(const struct ckpt_image *img)
{
	return img->nr_recs;
}

__u32 ckpt_nr_objects(const struct ckpt_image *img)
{
	return img->nr_objs;
}

struct record *ckpt_owner(const struct ckpt_image *img,
			  const struct record *rec)
{
	return ckpt_rec(img, rec->pub.owner);
}

struct record *ckpt_obj(const struct ckpt_image *img, __u32 id)
{
	return id && id <= img->nr_objs ? ckpt_rec(img, img->objs[id - 1]) :
					  NULL;
}

bool ckpt_ref_ok(const struct ckpt_image *img, __u32 id, enum ckpt_class class)
{
	const struct record *obj = ckpt_obj(img, id);

	/* An object cannot refer to itself. */
	return obj && obj != img->current &&
	       (!obj->kind || obj->kind->class == class);
}

struct record *ckpt_tree_rec(const struct ckpt_image *img, __u32 index)
{
	return index < img->nr_tree ? ckpt_rec(img, img->tree[index]) : NULL;
}

__u32 ckpt_nr_tree(const struct ckpt_image *img)
{
	return img->nr_tree;
}

const struct ckpt_hdr_header *ckpt_header(const struct ckpt_image *img)
{
	return img->header;
}

unsigned int ckpt_page_shift(const struct ckpt_image *img)
{
	return img->page_shift;
}

/* The next record of @type that belongs to @owner; @prev is the last or NULL. */
struct record *ckpt_child(const struct ckpt_image *img,
			  const struct record *owner, __u32 type,
			  const struct record *prev)
{
	__u64 i = prev ? prev->pub.number + 1 : owner->pub.number + 1;
	struct record *rec;

	for (; (rec = ckpt_rec(img, i)) && rec->pub.owner == owner->pub.number;
	     i++)
		if (rec->pub.h->type == type)
			return rec;
	return NULL;
}

const void *ckpt_payload(const struct record *rec, size_t *len)
{
	size_t fixed = rec->kind->size;

	*len = rec->pub.h->len > fixed ? rec->pub.h->len - fixed : 0;
	return (const char *)rec->pub.h + fixed;
}

void ckpt_check_zero(struct ckpt_image *img, struct record *rec,
		     const char *what, const void *s, size_t len)
{
	const unsigned char *p = s;

	for (; len; len--, p++) {
		if (*p) {
			ckpt_bad(img, rec, "%s: bytes that must be zero are not",
				 what);
			return;
		}
	}
}

void ckpt_check_string(struct ckpt_image *img, struct record *rec,
		       const char *what, const void *s, size_t len)
{
	size_t n = strnlen(s, len);

	if (n == len) {
		ckpt_bad(img, rec, "%s is not terminated", what);
		return;
	}
	if (len - n > 8)
		ckpt_bad(img, rec, "%s is followed by %zu bytes", what,
			 len - n - 1);
	ckpt_check_zero(img, rec, what, (const char *)s + n, len - n);
}

/* ---- metadata ---- */

bool ckpt_follows_part(const struct ckpt_image *img, const struct record *rec)
{
	const struct record *last = ckpt_rec(img, rec->pub.number - 1);

	return rec->kind && rec->kind->owner == OWNER_ANY && last &&
	       last->kind && last->kind->part;
}

static bool is_ns(__u32 type)
{
	return type >= CKPT_HDR_NS_USER && type <= CKPT_HDR_NS_TIME;
}

static void check_place(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_kind *kind = rec->kind;
	const struct record *owner = img->owner;
	__u64 number = rec->pub.number;

	if (!kind->owner) {
		if (number < 3 &&
		    kind->type != (number == 0 ? CKPT_HDR_HEADER :
				   number == 1 ? CKPT_HDR_ARCH :
						 CKPT_HDR_CONTAINER))
			ckpt_bad(img, rec, "is not what an image begins with");
		return;
	}
	if (ckpt_follows_part(img, rec))
		return;
	if (kind->owner == OWNER_ANY && owner &&
	    (owner->pub.h->id || owner->pub.h->type == CKPT_HDR_TASK)) {
		/* Any of these can have it. */
	} else if (kind->owner == OWNER_NS && owner && is_ns(owner->pub.h->type)) {
		/* The same. */
	} else if (!owner || !owner->kind ||
		   (owner->kind->type != kind->owner &&
		    owner->kind->type != kind->other_owner)) {
		const struct ckpt_kind *want = ckpt_kind(kind->owner);

		ckpt_bad(img, rec, "belongs to %s, but follows %s",
			 want ? want->name : "another record",
			 owner && owner->kind ? owner->kind->name :
						"something else");
		return;
	}
	if (!kind->many && img->last_owner[kind->type] == rec->pub.owner + 1)
		ckpt_bad(img, rec, "its owner has one already");
	img->last_owner[kind->type] = rec->pub.owner + 1;
}

static int add_object(struct ckpt_image *img, struct record *rec)
{
	__u32 id = rec->pub.h->id;

	if (!id) {
		if (rec->kind && rec->kind->class != CLASS_NONE)
			ckpt_bad(img, rec, "is an object without an id");
		return 0;
	}
	if (rec->kind && rec->kind->class == CLASS_NONE) {
		ckpt_bad(img, rec, "has id %u, but is no object", id);
		return 0;
	}
	/* References could not be told apart any more: stop here. */
	if (id != img->nr_objs + 1)
		return ckpt_fatal(img, rec, "has id %u where %u comes next", id,
			     img->nr_objs + 1);
	if (grow32(&img->objs, img->nr_objs, &img->max_objs))
		return ckpt_fail(img, -ENOMEM);
	img->objs[img->nr_objs++] = rec->pub.number;
	return 0;
}

static int add_tree_task(struct ckpt_image *img, struct record *rec)
{
	if (grow32(&img->tree, img->nr_tree, &img->max_tree))
		return ckpt_fail(img, -ENOMEM);
	img->tree[img->nr_tree++] = rec->pub.number;
	return 0;
}

/* The areas of an address space come one after the other. */
static int add_vma(struct ckpt_image *img, struct record *rec)
{
	struct record *mm = img->owner;

	if (!mm || mm->pub.h->type != CKPT_HDR_MM)
		return 0;
	if (ckpt_grow((void **)&img->vmas, sizeof(*img->vmas), img->nr_vmas,
		      &img->max_vmas))
		return ckpt_fail(img, -ENOMEM);
	if (!mm->vma_nr++)
		mm->vma_first = img->nr_vmas;
	img->vmas[img->nr_vmas++] = rec->pub.number;
	return 0;
}

/* What holds for a record of any kind, then what holds for this one. */
void ckpt_check_record(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr *h = rec->pub.h;
	const struct ckpt_kind *kind = rec->kind;
	size_t len = h->len;

	if (h->flags & ~CKPT_REC_OPTIONAL)
		ckpt_bad(img, rec, "flags %#x are unknown",
			 h->flags & ~CKPT_REC_OPTIONAL);
	if (!kind) {
		if (h->flags & CKPT_REC_OPTIONAL && !h->id)
			img->nr_optional++;
		else
			ckpt_bad(img, rec,
				 "is unknown and not optional: made by a newer kernel?");
		return;
	}
	if (len < kind->min_len) {
		ckpt_bad(img, rec, "has %zu bytes, needs %zu", len,
			 kind->min_len);
		return;
	}
	if (len > kind->size && !kind->var)
		ckpt_check_zero(img, rec, "unknown tail",
				(const char *)h + kind->size,
				len - kind->size);
	ckpt_check_fields(img, rec, kind->fields, h, len);
	if (kind->check)
		kind->check(img, rec);
}

static struct record *new_record(struct ckpt_image *img,
				 const struct ckpt_hdr *h)
{
	const struct ckpt_kind *kind = ckpt_kind(h->type);
	struct record *rec = keep(img, sizeof(*rec));
	size_t room = h->len;
	void *p;

	if (kind && kind->size > room)
		room = kind->size;
	p = keep(img, room);
	if (!rec || !p)
		return NULL;
	memcpy(p, h, sizeof(*h));
	rec->pub.h = p;
	rec->pub.offset = img->pos - sizeof(*h);
	rec->pub.number = img->nr_recs;
	rec->pub.owner = rec->pub.number;
	rec->pub.name = kind ? kind->name : NULL;
	rec->kind = kind;
	return rec;
}

int ckpt_get_hdr(struct ckpt_image *img, struct ckpt_hdr *h)
{
	int err = ckpt_get_all(img, h, sizeof(*h));

	if (err)
		return err;
	if (img->state == IN_META && !img->nr_recs &&
	    h->type != CKPT_HDR_HEADER)
		return ckpt_fatal(img, NULL, "this is not a checkpoint image");
	if (h->len < sizeof(*h) || h->len % 8 || h->len > CKPT_RECORD_MAX) {
		img->pos -= sizeof(*h);
		return ckpt_fatal(img, NULL,
			     "record of type %u has an impossible length of %u",
			     h->type, h->len);
	}
	return 0;
}

static int check_header(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_header *hd = (const void *)rec->pub.h;

	if (hd->version != CKPT_FORMAT_VERSION)
		return ckpt_fatal(img, rec, "format version %u, this program knows %u",
			     hd->version, CKPT_FORMAT_VERSION);
	if (hd->incompat)
		return ckpt_fatal(img, rec,
			     "needs features %#llx, which this program does not know",
			     hd->incompat);
	if (hd->page_shift < 12 || hd->page_shift > 16)
		return ckpt_fatal(img, rec, "page shift %u", hd->page_shift);
	img->header = hd;
	img->page_shift = hd->page_shift;
	return 0;
}

static void check_count(struct ckpt_image *img, struct record *rec,
			const char *what, __u64 is, __u64 said)
{
	if (is != said)
		ckpt_bad(img, rec, "%llu %s, the header says %llu", is, what,
			 said);
}

static void check_task_records(struct ckpt_image *img, struct record *end)
{
	__u64 i;

	for (i = 0; i < img->nr_tree; i++)
		if (!ckpt_tree_rec(img, i)->task)
			ckpt_bad(img, end, "task %llu of the tree has no record",
				 i);
}

static int end_of_meta(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_meta_end *end = (const void *)rec->pub.h;
	const struct ckpt_hdr_header *hd = img->header;

	if (end->crc != img->crc)
		ckpt_bad(img, rec,
			 "checksum %#010x, the metadata has %#010x: altered",
			 end->crc, img->crc);
	check_count(img, rec, "bytes of metadata", img->pos, hd->meta_len);
	check_count(img, rec, "records", img->nr_recs, hd->nr_records);
	check_count(img, rec, "objects", img->nr_objs, hd->nr_objects);
	check_count(img, rec, "tasks", img->nr_tree, hd->nr_tasks);
	check_task_records(img, rec);
	img->runs_crc = ~0U;
	img->data_crc = ~0U;
	img->state = IN_DATA;
	img->current = NULL;
	return 1;
}

static int add_record(struct ckpt_image *img, struct record *rec)
{
	int err;

	if (ckpt_grow((void **)&img->recs, sizeof(*img->recs), img->nr_recs,
		      &img->max_recs))
		return ckpt_fail(img, -ENOMEM);
	img->recs[img->nr_recs++] = rec;
	img->current = rec;
	if (rec->kind && rec->kind->owner) {
		if (img->owner) {
			rec->pub.owner = img->owner->pub.number;
			img->owner->children++;
		}
	} else if (rec->kind || rec->pub.h->id) {
		img->owner = rec;
	} else if (img->owner) {
		rec->pub.owner = img->owner->pub.number;
	}
	err = add_object(img, rec);
	if (!err && rec->pub.h->type == CKPT_HDR_TREE_TASK)
		err = add_tree_task(img, rec);
	if (!err && rec->pub.h->type == CKPT_HDR_VMA)
		err = add_vma(img, rec);
	return err;
}

static int next_meta(struct ckpt_image *img)
{
	struct record *rec;
	struct ckpt_hdr h;
	__u32 crc = img->crc;
	int err;

	err = ckpt_get_hdr(img, &h);
	if (err)
		return err;
	if (img->header && img->pos - sizeof(h) + h.len > img->header->meta_len)
		return ckpt_fatal(img, NULL,
			     "record of type %u extends beyond the metadata, which end at byte %llu",
			     h.type, img->header->meta_len);
	rec = new_record(img, &h);
	if (!rec)
		return ckpt_fail(img, -ENOMEM);
	err = ckpt_get_all(img, (char *)rec->pub.h + sizeof(h), h.len - sizeof(h));
	if (err)
		return err;
	if (!img->nr_recs &&
	    ((const struct ckpt_hdr_header *)rec->pub.h)->magic != CKPT_MAGIC)
		return ckpt_fatal(img, NULL, "this is not a checkpoint image");
	img->crc = ckpt_crc32c(crc, rec->pub.h, h.len);
	err = add_record(img, rec);
	if (err)
		return err;
	if (rec->kind)
		check_place(img, rec);
	ckpt_check_record(img, rec);
	if (img->nr_recs == 1) {
		err = check_header(img, rec);
		if (err)
			return err;
	}
	if (h.type != CKPT_HDR_META_END)
		return 1;
	img->crc = crc;
	return end_of_meta(img, rec);
}

/* ---- interface ---- */

struct ckpt_image *ckpt_image_open(int fd)
{
	struct ckpt_image *img = calloc(1, sizeof(*img));

	if (!img)
		return NULL;
	img->fd = fd;
	img->crc = ~0U;
	img->page_shift = 12;
	img->buf = malloc(BUFFER_SIZE);
	img->data_buf = malloc(CKPT_RECORD_MAX + 512);
	if (!img->buf || !img->data_buf) {
		ckpt_image_close(img);
		errno = ENOMEM;
		return NULL;
	}
	return img;
}

void ckpt_image_close(struct ckpt_image *img)
{
	struct chunk *c;

	if (!img)
		return;
	while ((c = img->chunks)) {
		img->chunks = c->next;
		free(c);
	}
	free(img->recs);
	free(img->objs);
	free(img->tree);
	free(img->vmas);
	free(img->shared);
	free(img->buf);
	free(img->data_buf);
	free(img);
}

void ckpt_image_set_report(struct ckpt_image *img, ckpt_report_fn fn,
			   void *data)
{
	img->report = fn;
	img->report_data = data;
}

int ckpt_image_next(struct ckpt_image *img, const struct ckpt_record **rec)
{
	int ret;

	switch (img->state) {
	case AT_START:
		img->state = IN_META;
		fallthrough;
	case IN_META:
		ret = next_meta(img);
		if (ret > 0)
			*rec = &ckpt_rec(img, img->nr_recs - 1)->pub;
		return ret;
	case IN_DATA:
		ret = ckpt_next_data(img);
		if (ret > 0)
			*rec = &img->data_rec.pub;
		return ret;
	case AT_END:
		return 0;
	default:
		return img->err;
	}
}

unsigned long ckpt_image_nr_errors(const struct ckpt_image *img)
{
	return img->nr_errors;
}

const char *ckpt_image_error(const struct ckpt_image *img)
{
	return img->error;
}

__u64 ckpt_image_size(const struct ckpt_image *img)
{
	return img->pos;
}

const struct ckpt_record *ckpt_image_record(const struct ckpt_image *img,
					    __u64 number)
{
	const struct record *rec = ckpt_rec(img, number);

	return rec ? &rec->pub : NULL;
}

const struct ckpt_record *ckpt_image_object(const struct ckpt_image *img,
					    __u32 id)
{
	const struct record *rec = ckpt_obj(img, id);

	return rec ? &rec->pub : NULL;
}
