// SPDX-License-Identifier: LGPL-2.1-or-later
#include "record.h"

const struct ckpt_kind ckpt_x86_kinds[] = {
	{ .name = NULL }
};
