// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: the kernel's reader of images and its checks of records
 */
#include "fuzz.h"
#include "kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	kernel_read_image(data, len);
	return 0;
}
