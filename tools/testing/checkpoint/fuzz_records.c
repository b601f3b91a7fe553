// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: the kernel's reader of images and its checks of records
 */
#include "fuzz.h"
#include "kernel.h"

static uint32_t good_record(uint32_t nr, void *rec, size_t room)
{
	return kernel_good_record(nr, rec, room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	kernel_read_image(data, len);
	return 0;
}
