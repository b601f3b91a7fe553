/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader of images: its state, and what its two files share
 */
#ifndef CKPT_IMAGE_H
#define CKPT_IMAGE_H

#include "record.h"

/* Metadata stays where it has been read to. */
struct chunk {
	struct chunk *next;
	size_t used;
	size_t size;
	unsigned char data[] __aligned(8);
};

/* Pages that later runs may refer to; ascending. */
struct shared_run {
	__u64 first;
	__u64 end;
};

enum state { AT_START, IN_META, IN_DATA, AT_END, FAILED };

struct ckpt_image {
	int fd;
	enum state state;
	int err;
	__u64 pos;
	unsigned char *buf;
	size_t buf_start;
	size_t buf_end;

	struct chunk *chunks;
	struct record **recs;
	__u64 nr_recs;
	__u64 max_recs;
	__u64 *objs;
	__u32 nr_objs;
	__u32 max_objs;
	__u64 *tree;
	__u32 nr_tree;
	__u32 max_tree;
	__u64 *vmas;
	__u64 nr_vmas;
	__u64 max_vmas;
	__u32 nr_optional;

	struct record *owner;
	struct record *current;
	__u64 last_owner[TYPES_MAX];	/* by type: owner of the last, + 1 */
	const struct ckpt_hdr_header *header;
	unsigned int page_shift;
	__u32 crc;
	__u32 runs_crc;
	__u32 data_crc;

	struct record data_rec;
	unsigned char *data_buf;
	struct shared_run *shared;
	size_t nr_shared;
	size_t max_shared;
	__u64 nr_runs;
	__u64 nr_pages;

	unsigned long nr_errors;
	char error[512];
	ckpt_report_fn report;
	void *report_data;
};

/* image.c */
int ckpt_fail(struct ckpt_image *img, int err);
__printf(3, 4)
int ckpt_fatal(struct ckpt_image *img, struct record *rec, const char *fmt, ...);
int ckpt_get(struct ckpt_image *img, __u64 len, const unsigned char **p,
	     size_t *n);
int ckpt_get_all(struct ckpt_image *img, void *to, size_t len);
int ckpt_get_hdr(struct ckpt_image *img, struct ckpt_hdr *h);
int ckpt_grow(void **array, size_t size, __u64 nr, __u64 *max);
void ckpt_check_record(struct ckpt_image *img, struct record *rec);

/* pages.c */
int ckpt_next_data(struct ckpt_image *img);

#endif /* CKPT_IMAGE_H */
