// SPDX-License-Identifier: GPL-2.0-only
/*
 * Without arguments: run the KUnit suites in user space. With names of images:
 * read them. With -m and such names: read all that is made of them by changing
 * one field, one record at a time.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../selftests/checkpoint/mutate.h"
#include "kernel.h"

static void *load(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *buf = malloc(MAX_IMAGE);

	if (!f || !buf) {
		perror(path);
		exit(1);
	}
	*len = fread(buf, 1, MAX_IMAGE, f);
	fclose(f);
	return buf;
}

/* From memory that ends where the image does, for the sanitizer. */
static int read_copy(const void *image, size_t len)
{
	void *buf = malloc(len ? len : 1);
	int ret;

	memcpy(buf, image, len);
	ret = kernel_read_image(buf, len);
	free(buf);
	return ret;
}

static void read_one(const char *path)
{
	size_t len;
	void *buf = load(path, &len);
	int ret = read_copy(buf, len);

	printf("# %s: %d %s\n", path, ret, kernel_message());
	free(buf);
}

/* One thing after the other that can be wrong with an image. */
static void read_mutants(const char *path, unsigned long *nr, unsigned long *good)
{
	struct image img = {};
	unsigned int rec, step;

	img.bytes = load(path, &img.len);
	if (parse(&img)) {
		for (rec = 0; rec < img.nr; rec++) {
			for (step = 0; !seen_enough(&img, rec) &&
			     methodical(&img, rec, step); step++) {
				++*nr;
				*good += !read_copy(out.buf, out.len);
			}
		}
	}
	free(img.recs);
	free(img.bytes);
}

int main(int argc, char **argv)
{
	unsigned long nr = 0, good = 0;
	int i;

	if (argc < 2)
		return kernel_run_kunit("") ? 1 : 0;
	if (strcmp(argv[1], "-m")) {
		for (i = 1; i < argc; i++)
			read_one(argv[i]);
		return 0;
	}
	out.buf = malloc(MAX_IMAGE);
	for (i = 2; i < argc; i++)
		read_mutants(argv[i], &nr, &good);
	printf("# %d images, %lu mutants, %lu of them are good images\n", argc - 2,
	       nr, good);
	free(out.buf);
	return 0;
}
