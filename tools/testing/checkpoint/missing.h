/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the Makefile makes: names, one behind the other, and an empty one
 */
#ifndef _TOOLS_TESTING_CHECKPOINT_MISSING_H
#define _TOOLS_TESTING_CHECKPOINT_MISSING_H

extern const char missing_names[];

#endif /* _TOOLS_TESTING_CHECKPOINT_MISSING_H */
