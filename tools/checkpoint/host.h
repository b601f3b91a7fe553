/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the checks of this machine share
 */
#ifndef CKPT_HOST_H
#define CKPT_HOST_H

#include "record.h"

struct host_check {
	const struct ckpt_image *img;
	ckpt_report_fn fn;
	void *data;
	unsigned int flags;
	int obstacles;
};

/* host.c: something keeps the image from being restarted; or nearly does. */
__printf(3, 4)
void ckpt_obstacle(struct host_check *c, const struct record *rec,
		   const char *fmt, ...);
__printf(3, 4)
void ckpt_note(struct host_check *c, const struct record *rec,
	       const char *fmt, ...);

/* host_lsm.c */
void ckpt_check_lsms(struct host_check *c);

/* host_user.c */
void ckpt_check_users(struct host_check *c);

#endif /* CKPT_HOST_H */
