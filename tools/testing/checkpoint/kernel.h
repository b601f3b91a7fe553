/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's side of these programs offers to the other one, which
 * includes the headers of the C library.
 */
#ifndef _TOOLS_TESTING_CHECKPOINT_KERNEL_H
#define _TOOLS_TESTING_CHECKPOINT_KERNEL_H

int kernel_read_image(const void *image, unsigned long len);
const char *kernel_message(void);
unsigned int kernel_good_record(unsigned int nr, void *rec, unsigned long room);
int kernel_run_kunit(const char *filter);

#endif /* _TOOLS_TESTING_CHECKPOINT_KERNEL_H */
