// SPDX-License-Identifier: LGPL-2.1-or-later
#include "record.h"

const struct ckpt_kind ckpt_signal_kinds[] = {
	{ .name = NULL }
};
