/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel has in headers of the same meaning, for a program that is
 * built without them
 */
#ifndef CKPT_COMPILER_H
#define CKPT_COMPILER_H

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define __aligned(x)		__attribute__((__aligned__(x)))
#define __printf(a, b)		__attribute__((__format__(printf, a, b)))
#define fallthrough		__attribute__((__fallthrough__))

#endif /* CKPT_COMPILER_H */
