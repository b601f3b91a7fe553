// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run the KUnit suites in user space, and then the given images
 */
#include <stdio.h>
#include <stdlib.h>

#include "kernel.h"

static int read_one(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t len, max = 64 << 20;
	char *buf = malloc(max);
	int ret;

	if (!f || !buf) {
		perror(path);
		exit(1);
	}
	len = fread(buf, 1, max, f);
	fclose(f);
	/* At the end of what is allocated, for the sanitizer. */
	buf = realloc(buf, len ? len : 1);
	ret = kernel_read_image(buf, len);
	printf("# %s: %d %s\n", path, ret, kernel_message());
	free(buf);
	return ret;
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 2)
		return kernel_run_kunit("") ? 1 : 0;
	for (i = 1; i < argc; i++)
		read_one(argv[i]);
	return 0;
}
