/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - images taken apart, changed, and put together again
 *
 * Counts and checksums are made right again, so that whoever reads the image
 * must look at the records themselves. Needs nothing but the format's header:
 * the fuzzers that run without a guest use this, too.
 */
#ifndef _SELFTESTS_CHECKPOINT_MUTATE_H
#define _SELFTESTS_CHECKPOINT_MUTATE_H

#include <linux/checkpoint_hdr.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PAGE		4096
#define MAX_IMAGE	(16u << 20)

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

/* ---- images as lists of records ---- */

struct rec {
	struct ckpt_hdr *h;
	uint32_t len;
	const uint8_t *pages;	/* contents that follow a PAGES record */
	size_t pages_len;
	bool own;		/* @h is this image's alone, to be freed with it */
};

/**
 * struct image - an image, taken apart; PAD records are left out
 * @bytes: the image as the kernel wrote it
 * @len: bytes of it
 * @recs: its records
 * @nr: number of them
 */
struct image {
	uint8_t *bytes;
	size_t len;
	struct rec *recs;
	unsigned int nr;
};

static uint32_t crc_table[256];

__attribute__((target("sse4.2")))
static uint32_t crc32c_insn(uint32_t crc, const uint8_t *p, size_t len)
{
	uint64_t v, c = crc;

	for (; len >= sizeof(v); len -= sizeof(v), p += sizeof(v)) {
		memcpy(&v, p, sizeof(v));
		c = __builtin_ia32_crc32di(c, v);
	}
	while (len--)
		c = __builtin_ia32_crc32qi(c, *p++);
	return c;
}

static uint32_t crc32c(uint32_t crc, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	int i, j;

	if (__builtin_cpu_supports("sse4.2"))
		return crc32c_insn(crc, buf, len);

	if (!crc_table[1]) {
		for (i = 0; i < 256; i++) {
			uint32_t c = i;

			for (j = 0; j < 8; j++)
				c = c >> 1 ^ (c & 1 ? 0x82f63b78 : 0);
			crc_table[i] = c;
		}
	}
	while (len--)
		crc = crc >> 8 ^ crc_table[(crc ^ *p++) & 0xff];
	return crc;
}

/* Where the contents behind the record at @off start, or 0. */
static size_t contents_at(const struct image *img, size_t off)
{
	const struct ckpt_hdr *pad = (void *)(img->bytes + off);

	if (off % PAGE == 0)
		return off;
	if (off + sizeof(*pad) > img->len || pad->len > img->len - off)
		return 0;
	off += pad->len;
	return off % PAGE ? 0 : off;
}

/* Fills @r with the record at @off. Returns: where the next one is, or 0. */
static size_t parse_rec(const struct image *img, size_t off, struct rec *r)
{
	struct ckpt_hdr_pages *p;

	memset(r, 0, sizeof(*r));
	r->h = (void *)(img->bytes + off);
	r->len = r->h->len;
	if (r->len < sizeof(*r->h) || r->len % 8 || r->len > img->len - off)
		return 0;
	off += r->len;
	p = (void *)r->h;
	if (r->h->type != CKPT_HDR_PAGES || r->len < sizeof(*p) ||
	    (p->flags & CKPT_PAGES_REF))
		return off;
	off = contents_at(img, off);
	if (!off || p->nr_pages > (img->len - off) / PAGE)
		return 0;
	r->pages = img->bytes + off;
	r->pages_len = p->nr_pages * PAGE;
	return off + r->pages_len;
}

/**
 * parse - take an image apart
 * @img: with @bytes and @len set
 *
 * Return: true if all of it was understood; else @nr is how many records were.
 */
static bool parse(struct image *img)
{
	size_t off = 0, next;

	img->recs = calloc(img->len / sizeof(struct ckpt_hdr) + 1,
			   sizeof(*img->recs));
	img->nr = 0;
	while (off + sizeof(struct ckpt_hdr) <= img->len) {
		next = parse_rec(img, off, &img->recs[img->nr]);
		if (!next)
			return false;
		if (img->recs[img->nr].h->type != CKPT_HDR_PAD)
			img->nr++;
		off = next;
	}
	return off == img->len;
}

static struct { uint8_t *buf; size_t len; } out;

/* Before a record is changed: it may be another image's. */
static struct ckpt_hdr *own(struct rec *r)
{
	struct ckpt_hdr *h = r->h;

	if (r->own)
		return h;
	r->h = malloc(r->len);
	memcpy(r->h, h, r->len);
	r->own = true;
	return r->h;
}

/* A copy that shares the records with @from until they are changed. */
static struct image share_image(const struct image *from)
{
	struct image img = *from;
	unsigned int i;

	img.recs = malloc((img.nr + 16) * sizeof(*img.recs));
	memcpy(img.recs, from->recs, img.nr * sizeof(*img.recs));
	for (i = 0; i < img.nr; i++)
		img.recs[i].own = false;
	return img;
}

static struct image copy_image(const struct image *from)
{
	struct image img = share_image(from);
	unsigned int i;

	for (i = 0; i < img.nr; i++)
		own(&img.recs[i]);
	return img;
}

static void free_image(struct image *img)
{
	unsigned int i;

	for (i = 0; i < img->nr; i++)
		if (img->recs[i].own)
			free(img->recs[i].h);
	free(img->recs);
}

static void remove_rec(struct image *img, unsigned int at)
{
	if (img->recs[at].own)
		free(img->recs[at].h);
	img->nr--;
	memmove(&img->recs[at], &img->recs[at + 1],
		(img->nr - at) * sizeof(*img->recs));
}

/* Insert a record of @len bytes, a copy of @from or zeros. */
static struct ckpt_hdr *insert_rec(struct image *img, unsigned int at,
				   const struct rec *from, uint32_t len)
{
	struct rec r = {};

	if (from)
		r = *from;
	r.h = calloc(1, len);
	if (from)
		memcpy(r.h, from->h, from->len < len ? from->len : len);
	r.len = len;
	r.own = true;
	memmove(&img->recs[at + 1], &img->recs[at],
		(img->nr - at) * sizeof(*img->recs));
	img->recs[at] = r;
	img->nr++;
	return r.h;
}

static struct ckpt_hdr *resize_rec(struct image *img, unsigned int at, uint32_t len)
{
	struct rec *r = &img->recs[at];

	r->h = realloc(own(r), len);
	if (len > r->len)
		memset((uint8_t *)r->h + r->len, 0, len - r->len);
	r->len = len;
	r->h->len = len;
	return r->h;
}

enum {
	KEEP_COUNTS	= 1,	/* of header and trailer */
	KEEP_CRC	= 2,
};

static void put(const void *buf, size_t len)
{
	if (out.len + len > MAX_IMAGE)
		return;
	if (buf)
		memcpy(out.buf + out.len, buf, len);
	else
		memset(out.buf + out.len, 0, len);
	out.len += len;
}

static void put_pad(void)
{
	struct ckpt_hdr h = { .type = CKPT_HDR_PAD };

	h.len = -out.len & (PAGE - 1);
	if (!h.len)
		return;
	if (h.len < sizeof(h))
		h.len += PAGE;
	put(&h, sizeof(h));
	put(NULL, h.len - sizeof(h));
}

/* Put the image together in @out, with counts and checksums made right. */
static void assemble(const struct image *img, int keep)
{
	struct ckpt_hdr_header *header = (void *)out.buf;
	struct ckpt_hdr_meta_end *end = NULL;
	struct ckpt_hdr_trailer *trailer;
	uint64_t nr_runs = 0, nr_pages = 0;
	uint32_t crc = ~0U, data_crc = ~0U;
	unsigned int i;

	out.len = 0;
	for (i = 0; i < img->nr; i++) {
		const struct rec *r = &img->recs[i];
		size_t off = out.len;

		put(r->h, r->len);
		if (!end && r->h->type == CKPT_HDR_META_END && r->len >= sizeof(*end)) {
			end = (void *)(out.buf + off);
			if (!(keep & KEEP_COUNTS)) {
				header->meta_len = out.len;
				header->nr_records = i + 1;
			}
			if (!(keep & KEEP_CRC))
				end->crc = crc32c(~0U, out.buf, off);
		} else if (r->h->type == CKPT_HDR_PAGES) {
			nr_runs++;
			crc = crc32c(crc, r->h, r->len);
			if (!r->pages)
				continue;
			put_pad();
			put(r->pages, r->pages_len);
			data_crc = crc32c(data_crc, r->pages, r->pages_len);
			nr_pages += r->pages_len / PAGE;
		} else if (r->h->type == CKPT_HDR_TRAILER && r->len >= sizeof(*trailer)) {
			trailer = (void *)(out.buf + off);
			if (!(keep & KEEP_COUNTS)) {
				trailer->nr_runs = nr_runs;
				trailer->nr_pages = nr_pages;
			}
			if (!(keep & KEEP_CRC)) {
				trailer->crc = crc;
				trailer->data_crc = data_crc;
			}
		}
	}
}

/* ---- mutations ---- */

enum op { DROP, DOUBLE, SWAP, MOVE, SET32, SET64, ADD64, FLIP, OPTIONAL, UNKNOWN,
	  GROW, GROW_JUNK, SHRINK, PAGES_MORE, RETYPE, COPY32, COPY64, REPLACE,
	  RENUMBER, NR_OPS };

static const char * const op_names[] = {
	"drop", "double", "swap", "move", "set32", "set64", "add64", "flip",
	"optional", "unknown", "grow", "grow with junk", "shrink", "more pages",
	"retype", "copy32", "copy64", "replace", "renumber",
};

/**
 * struct mutation - one thing that is wrong with an image
 * @op: what
 * @rec: number of the record
 * @off: offset in it
 * @val: depends on @op
 */
struct mutation {
	enum op op;
	unsigned int rec;
	unsigned int off;
	uint64_t val;
};

static const uint64_t values32[] = {
	0, 1, 2, 3, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 4095, 4096,
	0x10000, 0x100000,
};

static const uint64_t values64[] = {
	0, 1, ~0ULL, 1ULL << 63, (1ULL << 63) - 1, 1ULL << 47, 0x7ffffffff000,
	1ULL << 32, 0xffffffff81000000, 0xfffffffffffff000, 0x1000,
	0x123456789abc, 1ULL << 52,
};

static void set(struct rec *r, unsigned int off, const void *val, size_t len)
{
	if (off + len <= r->len)
		memcpy((uint8_t *)own(r) + off, val, len);
}

/* Objects get their numbers in order; references stay as they are. */
static void renumber(struct image *img)
{
	unsigned int i;
	uint32_t id = 0;

	for (i = 0; i < img->nr; i++)
		if (img->recs[i].h->id && img->recs[i].h->id != ++id)
			own(&img->recs[i])->id = id;
}

/* As many bytes as at @off of record @to from the same place in @from. */
static void copy_field(struct image *img, struct rec *to, unsigned int from,
		       unsigned int off, size_t len)
{
	const struct rec *r = &img->recs[from % img->nr];

	if (off + len <= r->len)
		set(to, off, (uint8_t *)r->h + off, len);
}

/* One record instead of another, as the same object or as none. */
static void replace(struct image *img, unsigned int at, unsigned int by)
{
	uint32_t id = img->recs[at].h->id;
	struct rec r = img->recs[by];
	struct ckpt_hdr *h;

	if (at == by)
		return;
	remove_rec(img, at);
	h = insert_rec(img, at, &r, r.len);
	h->id = h->id ? id : 0;
}

static void mutate(struct image *img, const struct mutation *m)
{
	unsigned int at = m->rec % img->nr;
	struct rec *r = &img->recs[at], tmp;
	struct ckpt_hdr *h;
	uint32_t val32 = m->val;
	uint64_t val64;

	switch (m->op) {
	case DROP:
		remove_rec(img, at);
		break;
	case DOUBLE:
		insert_rec(img, at, r, r->len);
		break;
	case SWAP:
		if (at + 1 < img->nr) {
			tmp = r[0];
			r[0] = r[1];
			r[1] = tmp;
		}
		break;
	case MOVE:
		insert_rec(img, m->val % img->nr, r, r->len);
		break;
	case SET32:
		set(r, m->off, &val32, sizeof(val32));
		break;
	case SET64:
		set(r, m->off, &m->val, sizeof(m->val));
		break;
	case ADD64:
		if (m->off + sizeof(val64) > r->len)
			break;
		memcpy(&val64, (uint8_t *)r->h + m->off, sizeof(val64));
		val64 += m->val;
		set(r, m->off, &val64, sizeof(val64));
		break;
	case FLIP:
		((uint8_t *)own(r))[m->off % r->len] ^= 1 << m->val % 8;
		break;
	case OPTIONAL:
	case UNKNOWN:
		h = insert_rec(img, at, NULL, 32);
		h->type = 900 + m->val % 100;
		h->len = 32;
		h->flags = m->op == OPTIONAL ? CKPT_REC_OPTIONAL : 0;
		break;
	case GROW:
		resize_rec(img, at, r->len + 8 + m->val % 8 * 8);
		break;
	case GROW_JUNK:
		h = resize_rec(img, at, r->len + 16);
		((uint8_t *)h)[h->len - 1] = 1;
		break;
	case SHRINK:
		if (r->len > sizeof(*h))
			resize_rec(img, at, r->len - 8);
		break;
	case PAGES_MORE:
		if (r->h->type == CKPT_HDR_PAGES && r->len >= sizeof(struct ckpt_hdr_pages))
			((struct ckpt_hdr_pages *)own(r))->nr_pages += m->val;
		break;
	case RETYPE:
		own(r)->type = img->recs[m->val % img->nr].h->type;
		break;
	case COPY32:
		copy_field(img, r, m->val, m->off, sizeof(val32));
		break;
	case COPY64:
		copy_field(img, r, m->val, m->off, sizeof(val64));
		break;
	case REPLACE:
		replace(img, at, m->val % img->nr);
		break;
	case RENUMBER:
		renumber(img);
		break;
	case NR_OPS:
		break;
	}
}

/* ---- one thing after the other ---- */

/* The image up to and without record @rec, or in the middle of it. */
static void cut_at(const struct image *from, unsigned int rec, bool inside)
{
	struct image img = share_image(from);

	img.nr = rec + inside;
	assemble(&img, KEEP_COUNTS | KEEP_CRC);
	if (inside)
		out.len -= img.recs[rec].pages ? img.recs[rec].pages_len / 2 :
						 img.recs[rec].len / 2;
	free_image(&img);
}

static const enum op each_record[] = {
	DROP, DOUBLE, SWAP, GROW, GROW_JUNK, SHRINK, OPTIONAL, UNKNOWN, FLIP,
};

#define NR_RETYPES	4
#define NR_FIELDS	8	/* values for each 32-bit field, and 3 for longer ones */

/* Bounds, the object itself, and one there is not. */
static uint32_t field_value(const struct image *img, unsigned int rec, unsigned int nth)
{
	const struct ckpt_hdr_header *header = (void *)img->recs[0].h;
	uint32_t id = img->recs[rec].h->id;
	const uint32_t values[NR_FIELDS] = {
		0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000,
		id ? id : header->nr_objects, header->nr_objects + 1,
	};

	return values[nth];
}

/* Which mutation @step is; the two that cut are not counted. */
static bool methodical_mutation(const struct image *img, unsigned int rec,
				unsigned int step, struct mutation *m)
{
	static const uint64_t longs[] = { ~0ULL, 1ULL << 63, 1ULL << 47 };
	const unsigned int len = img->recs[rec].len < 512 ? img->recs[rec].len : 512;

	*m = (struct mutation){ .rec = rec };
	if (step < ARRAY_SIZE(each_record)) {
		m->op = each_record[step];
		return true;
	}
	step -= ARRAY_SIZE(each_record);
	if (step < NR_RETYPES) {
		m->op = RETYPE;
		m->val = (rec + 1 + step * 7) % img->nr;
		return true;
	}
	step -= NR_RETYPES;
	if (step < len / 4 * NR_FIELDS) {
		m->op = SET32;
		m->off = step / NR_FIELDS * 4;
		m->val = field_value(img, rec, step % NR_FIELDS);
		return true;
	}
	step -= len / 4 * NR_FIELDS;
	m->op = SET64;
	m->off = step / ARRAY_SIZE(longs) * 8;
	m->val = longs[step % ARRAY_SIZE(longs)];
	return m->off + 8 <= len;
}

/**
 * methodical - everything that can be wrong with one record, in turn
 * @from: a good image
 * @rec: number of the record
 * @step: number of the mutant; it is put into @out
 *
 * Return: true if there is such a mutant.
 */
static bool methodical(const struct image *from, unsigned int rec, unsigned int step)
{
	struct mutation m;
	struct image img;
	bool frame;

	if (step < 2) {
		cut_at(from, rec, step);
		return true;
	}
	if (!methodical_mutation(from, rec, step - 2, &m))
		return false;
	img = share_image(from);
	/* What is said of the whole, in the first and last record, is left wrong. */
	frame = (rec == 0 || rec == img.nr - 1) && (m.op == SET32 || m.op == SET64);
	mutate(&img, &m);
	assemble(&img, frame ? KEEP_COUNTS : 0);
	free_image(&img);
	return true;
}

/* ---- chance ---- */

static uint64_t random_state;

static uint64_t rnd(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Begin anew: mutant @index of @seed does not depend on those before it. */
static void seed_rnd(uint64_t seed, uint64_t index)
{
	uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	random_state = (z ^ z >> 31) | 1;
}

/* A record: each type is as likely as any other, however many there are. */
static unsigned int random_rec(const struct image *img)
{
	static unsigned int seen[2048], round;
	unsigned int i, nr = 0, at = 0;
	uint32_t type;

	round++;
	for (i = 0; i < img->nr; i++) {
		type = img->recs[i].h->type % ARRAY_SIZE(seen);
		if (seen[type] != round && rnd() % ++nr == 0)
			at = i;
		seen[type] = round;
	}
	type = img->recs[at].h->type;
	for (i = 0, nr = 0; i < img->nr; i++)
		if (img->recs[i].h->type == type && rnd() % ++nr == 0)
			at = i;
	return at;
}

/* A number of an object, or nearly one. */
static uint32_t random_id(const struct image *img)
{
	const struct ckpt_hdr_header *header = (void *)img->recs[0].h;
	uint32_t max = img->recs[0].len >= sizeof(*header) ? header->nr_objects : 0;

	return rnd() % 16 ? rnd() % (max + 2ULL) : max + (uint32_t)rnd() % 3;
}

static uint64_t random_value(const struct image *img, size_t len)
{
	switch (rnd() % 8) {
	case 0:
		return rnd() >> rnd() % 64;
	case 1:
		return 1ULL << rnd() % (len * 8);
	case 2:
		return rnd() % 16;
	case 3:
	case 4:
		return random_id(img);
	default:
		return len == 4 ? values32[rnd() % ARRAY_SIZE(values32)] :
				  values64[rnd() % ARRAY_SIZE(values64)];
	}
}

/**
 * random_mutation - think of something that could be wrong
 * @img: the image
 *
 * Return: what; mostly in a field of the record, behind the header.
 */
static struct mutation random_mutation(const struct image *img)
{
	struct mutation m = { .rec = random_rec(img) };
	unsigned int len = img->recs[m.rec].len;
	/* Long records are mostly payload; the fields come first. */
	unsigned int words = (len > 256 && rnd() % 8 ? 256 : len) / 4;
	unsigned int first = rnd() % 8 && words > 4 ? 4 : 0;

	m.off = (first + rnd() % (words - first)) * 4;
	m.val = rnd();
	switch (rnd() % 8) {
	case 0:
	case 1:
		m.op = rnd() % NR_OPS;
		break;
	case 2:
		m.op = rnd() % 2 ? COPY32 : COPY64;
		m.val = random_rec(img);
		break;
	case 3:
		m.op = ADD64;
		m.off &= ~7u;
		m.val = (int64_t)(rnd() % 5) - 2;
		m.val <<= rnd() % 2 ? 12 : 0;
		break;
	case 4:
		m.op = SET64;
		m.off &= ~7u;
		m.val = random_value(img, 8);
		break;
	default:
		m.op = SET32;
		m.val = random_value(img, 4);
	}
	return m;
}

/* Leave out contents beyond @max bytes; the image stays a good one. */
static void strip_pages(struct image *img, size_t max)
{
	const struct ckpt_hdr_pages *p;
	bool dropped = false;
	unsigned int i = 0;

	while (i < img->nr) {
		const struct rec *r = &img->recs[i];

		p = (void *)r->h;
		if (r->h->type != CKPT_HDR_PAGES || r->len < sizeof(*p)) {
			i++;
		} else if (p->flags & CKPT_PAGES_REF ? dropped : r->pages_len > max) {
			/* What follows has other numbers now. */
			dropped = true;
			remove_rec(img, i);
		} else {
			max -= r->pages_len;
			i++;
		}
	}
}

/* Of many records of one type in a row, the first two will do. */
static bool seen_enough(const struct image *img, unsigned int i)
{
	return i > 1 && img->recs[i].h->type == img->recs[i - 1].h->type &&
	       img->recs[i].h->type == img->recs[i - 2].h->type;
}

#endif /* _SELFTESTS_CHECKPOINT_MUTATE_H */
