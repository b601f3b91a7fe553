/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Of the C library and the linker, for code that includes the headers of the
 * kernel
 */
#ifndef _TOOLS_TESTING_CHECKPOINT_LIBC_H
#define _TOOLS_TESTING_CHECKPOINT_LIBC_H

#include <linux/stdarg.h>
#include <linux/types.h>

struct kunit_suite;

void *malloc(unsigned long size);
void *calloc(unsigned long nr, unsigned long size);
void free(void *p);
void abort(void) __noreturn;
void exit(int status) __noreturn;
int printf(const char *fmt, ...);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args);

extern struct kunit_suite *__start_kunit_test_suites[];
extern struct kunit_suite *__stop_kunit_test_suites[];

#endif /* _TOOLS_TESTING_CHECKPOINT_LIBC_H */
