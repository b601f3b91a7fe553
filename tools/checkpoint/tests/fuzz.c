// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz - read mutated images; meant for a build with sanitizers
 *
 * usage: fuzz FILE ROUNDS [SEED]
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <json-c/json.h>

#include "compiler.h"
#include "libcheckpoint.h"

#define IMAGE_MAX	(1024 * 1024)

static unsigned char original[IMAGE_MAX], mutant[IMAGE_MAX];
static size_t original_len, len;
static uint64_t state;

static uint64_t rnd(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static const uint64_t edges[] = {
	0, 1, 7, 8, 16, 0x7f, 0xff, 0x100, 0xfff, 0x1000, 0xffff, 0x7fffffff,
	0x80000000, 0xfffffff8, 0xffffffff, 0x7fffffffffffffff,
	0x8000000000000000, 0xfffffffffffff000, 0xffffffffffffffff,
};

/* Put an interesting number somewhere, aligned. */
static void set_number(size_t limit)
{
	size_t size = 1UL << rnd(4), at = rnd(limit - 8) & ~(size - 1);
	uint64_t v = edges[rnd(ARRAY_SIZE(edges))];

	memcpy(mutant + at, &v, size);
}

static void move_block(size_t limit)
{
	size_t n = 8 * (1 + rnd(64)), from, to;

	if (limit < n + 8)
		return;
	from = rnd(limit - n) & ~7UL;
	to = rnd(limit - n) & ~7UL;
	memmove(mutant + to, mutant + from, n);
}

static void mutate(void)
{
	/* Most of the interest is in the metadata. */
	size_t limit = rnd(8) && len > 8192 ? 8192 : len;
	int i, n = 1 + rnd(8);

	for (i = 0; i < n; i++) {
		switch (rnd(6)) {
		case 0:
			mutant[rnd(limit)] ^= 1 << rnd(8);
			break;
		case 1:
			mutant[rnd(limit)] = rnd(256);
			break;
		case 2:
		case 3:
			set_number(limit);
			break;
		case 4:
			move_block(limit);
			break;
		case 5:
			if (!rnd(8))
				len = 1 + rnd(len);
			limit = limit < len ? limit : len;
			if (limit < 64)
				return;
			break;
		}
	}
}

static void quiet(void *data, __u64 offset, const char *what)
{
	*(size_t *)data += strlen(what) + offset;
}

static int read_mutant(int fd)
{
	const struct ckpt_record *rec;
	struct ckpt_image *img;
	size_t sum = 0;
	int ret;

	if (ftruncate(fd, 0) || pwrite(fd, mutant, len, 0) != (ssize_t)len ||
	    lseek(fd, 0, SEEK_SET))
		return -1;
	img = ckpt_image_open(fd);
	ckpt_image_set_report(img, quiet, &sum);
	while ((ret = ckpt_image_next(img, &rec)) > 0)
		if (!rnd(16))
			json_object_put(ckpt_record_json(img, rec));
	json_object_put(ckpt_image_json(img));
	if (!ret)
		ckpt_image_check_host(img, 0, quiet, &sum);
	ret = ckpt_image_nr_errors(img) != 0;
	ckpt_image_close(img);
	return ret;
}

int main(int argc, char **argv)
{
	unsigned long rounds, i, bad = 0;
	FILE *f;
	int fd, ret;

	f = argc > 2 ? fopen(argv[1], "r") : NULL;
	fd = memfd_create("fuzz", 0);
	if (!f || fd < 0) {
		perror("fuzz");
		return 2;
	}
	original_len = fread(original, 1, sizeof(original), f);
	fclose(f);
	rounds = strtoul(argv[2], NULL, 0);
	state = argc > 3 ? strtoul(argv[3], NULL, 0) : 1;
	state = state * 0x9e3779b97f4a7c15ULL | 1;
	for (i = 0; i < rounds; i++) {
		memcpy(mutant, original, original_len);
		len = original_len;
		mutate();
		ret = read_mutant(fd);
		if (ret < 0)
			return 2;
		bad += ret;
	}
	printf("%lu mutants, %lu recognised\n", rounds, bad);
	return 0;
}
