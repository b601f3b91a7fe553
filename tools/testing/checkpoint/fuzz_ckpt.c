// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: libcheckpoint, which is all there is to ckpt show and ckpt verify
 */
#define _GNU_SOURCE
#include <json-c/json.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "libcheckpoint.h"

/* The tables of good records are the kernel's. */
static uint32_t good_record(uint32_t nr, void *rec, size_t room)
{
	return 0;
}

static void quiet(void *data, __u64 offset, const char *what)
{
	*(size_t *)data += strlen(what) + offset;
}

static void put_json(json_object *json)
{
	if (json)
		json_object_to_json_string(json);
	json_object_put(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct ckpt_record *rec;
	struct ckpt_image *img;
	static int fd = -1;
	size_t sum = 0;
	int ret;

	if (fd < 0)
		fd = memfd_create("fuzz", 0);
	if (ftruncate(fd, 0) || pwrite(fd, data, len, 0) != (ssize_t)len ||
	    lseek(fd, 0, SEEK_SET))
		abort();
	img = ckpt_image_open(fd);
	ckpt_image_set_report(img, quiet, &sum);
	/* Text takes most of the time, and there is much of the same. */
	while ((ret = ckpt_image_next(img, &rec)) > 0)
		if (rec->h->type % 8 == len / 8 % 8 || rec->h->len < 64)
			put_json(ckpt_record_json(img, rec));
	put_json(ckpt_image_json(img));
	if (!ret)
		ckpt_image_check_host(img, 0, quiet, &sum);
	ckpt_image_close(img);
	return 0;
}
