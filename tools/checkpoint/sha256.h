/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CKPT_SHA256_H
#define CKPT_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE	32

void ckpt_sha256(const void *data, size_t len, uint8_t *digest);

#endif /* CKPT_SHA256_H */
