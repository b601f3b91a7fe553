// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whether this machine can restart an image
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "record.h"

struct host_check {
	const struct ckpt_image *img;
	ckpt_report_fn fn;
	void *data;
	int obstacles;
};

__attribute__((format(printf, 3, 4)))
static void obstacle(struct host_check *c, const struct record *rec,
		     const char *fmt, ...)
{
	char text[4500];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->obstacles++;
	if (c->fn)
		c->fn(c->data, rec->pub.offset, text);
}

static void check_machine(struct host_check *c)
{
	const struct record *rec = ckpt_rec(c->img, 0);
	const struct ckpt_hdr_header *hd = ckpt_header(c->img);

#ifdef __x86_64__
	if (hd->arch != CKPT_ARCH_X86_64)
		obstacle(c, rec, "architecture %u is not this machine's",
			 hd->arch);
#endif
	if (1L << hd->page_shift != sysconf(_SC_PAGESIZE))
		obstacle(c, rec, "pages of %u bytes, this machine has %ld",
			 1U << hd->page_shift, sysconf(_SC_PAGESIZE));
}

static long pid_max(void)
{
	FILE *f = fopen("/proc/sys/kernel/pid_max", "re");
	long max = 0;

	if (f) {
		if (fscanf(f, "%ld", &max) != 1)
			max = 0;
		fclose(f);
	}
	return max ? max : 4194304;
}

static void check_pids(struct host_check *c)
{
	const struct record *rec;
	long max = pid_max();
	__u32 id;
	pid_t nr;

	for (id = 1; (rec = ckpt_obj(c->img, id)); id++) {
		if (rec->pub.h->type != CKPT_HDR_PID)
			continue;
		nr = ckpt_image_pid(c->img, id);
		if (nr <= 0)
			continue;
		if (nr >= max)
			obstacle(c, rec,
				 "process id %d is not below kernel.pid_max, %ld",
				 nr, max);
		else if (!kill(nr, 0) || errno == EPERM ||
			 (nr > 1 && (!kill(-nr, 0) || errno == EPERM)))
			obstacle(c, rec, "process id %d is taken", nr);
	}
}

int ckpt_image_check_host(const struct ckpt_image *img, unsigned int flags,
			  ckpt_report_fn fn, void *data)
{
	struct host_check c = { .img = img, .fn = fn, .data = data };

	if (flags & ~CKPT_CHECK_NEW_PIDNS || !ckpt_header(img))
		return -EINVAL;
	check_machine(&c);
	if (!(flags & CKPT_CHECK_NEW_PIDNS))
		check_pids(&c);
	return c.obstacles;
}
