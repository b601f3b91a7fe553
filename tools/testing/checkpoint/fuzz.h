/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzzers share: inputs are images, and are altered as such, with
 * right counts and checksums; only now and then as mere bytes.
 */
#ifndef _TOOLS_TESTING_CHECKPOINT_FUZZ_H
#define _TOOLS_TESTING_CHECKPOINT_FUZZ_H

#include "../selftests/checkpoint/mutate.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_len, const uint8_t *b,
				 size_t b_len, uint8_t *to, size_t max, unsigned int seed);

/* Of the program that includes this. */
static uint32_t good_record(uint32_t nr, void *rec, size_t room);

static bool take_apart(struct image *img, const uint8_t *data, size_t len)
{
	if (!out.buf)
		out.buf = malloc(MAX_IMAGE);
	img->bytes = (uint8_t *)data;
	img->len = len;
	parse(img);
	return img->nr > 1;
}

/* A good record of any type, so that new types are tried before images have any. */
static void insert_good(struct image *img)
{
	static struct { struct ckpt_hdr h; uint8_t rest[8192]; } buf;
	struct rec good = { .h = &buf.h };

	memset(&buf, 0, sizeof(buf));
	good.len = good_record(rnd(), &buf, sizeof(buf));
	if (good.len)
		insert_rec(img, 1 + rnd() % (img->nr - 1), &good, good.len);
}

/* One record, behind its header, as bytes. */
static void mutate_bytes(struct image *img)
{
	unsigned int at = random_rec(img);
	uint32_t len = img->recs[at].len, room = len + 64;
	struct ckpt_hdr *h = resize_rec(img, at, room);

	if (len > sizeof(*h))
		len = LLVMFuzzerMutate((uint8_t *)(h + 1), len - sizeof(*h),
				       room - sizeof(*h)) + sizeof(*h);
	len = (len + 7) & ~7u;
	resize_rec(img, at, len < room ? len : room);
}

static size_t put_together(struct image *img, uint8_t *to, size_t max)
{
	size_t len;

	if (rnd() % 2)
		renumber(img);
	assemble(img, rnd() % 16 ? 0 : KEEP_COUNTS);
	len = out.len < max ? out.len : max;
	memcpy(to, out.buf, len);
	return len;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned int seed)
{
	struct image raw = {}, img;
	int i, n;

	seed_rnd(seed, len);
	if (rnd() % 32 == 0 || !take_apart(&raw, data, len)) {
		free(raw.recs);
		return LLVMFuzzerMutate(data, len, max);
	}
	img = share_image(&raw);
	n = 1 + rnd() % 4;
	for (i = 0; i < n && img.nr > 1; i++) {
		struct mutation m = random_mutation(&img);

		switch (rnd() % 8) {
		case 0:
			insert_good(&img);
			break;
		case 1:
		case 2:
			mutate_bytes(&img);
			break;
		default:
			mutate(&img, &m);
		}
	}
	len = put_together(&img, data, max);
	free_image(&img);
	free(raw.recs);
	return len;
}

/* A record of one image comes into another. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_len, const uint8_t *b,
				 size_t b_len, uint8_t *to, size_t max, unsigned int seed)
{
	struct image one = {}, two = {}, img;
	size_t len = 0;
	int i, n;

	seed_rnd(seed, a_len);
	if (take_apart(&one, a, a_len) && take_apart(&two, b, b_len)) {
		img = share_image(&one);
		n = 1 + rnd() % 8;
		for (i = 0; i < n; i++) {
			unsigned int from = random_rec(&two);

			insert_rec(&img, 1 + rnd() % (img.nr - 1), &two.recs[from],
				   two.recs[from].len);
		}
		len = put_together(&img, to, max);
		free_image(&img);
	}
	free(one.recs);
	free(two.recs);
	return len;
}

#endif /* _TOOLS_TESTING_CHECKPOINT_FUZZ_H */
