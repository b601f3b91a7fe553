// SPDX-License-Identifier: GPL-2.0-only
/*
 * CRC32C as the kernel's crc32c(): quick, for every input needs it
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

uint32_t crc32c(uint32_t crc, const void *buf, size_t len);

__attribute__((target("sse4.2")))
static uint32_t crc32c_insn(uint64_t crc, const uint8_t *p, size_t len)
{
	uint64_t v;

	for (; len >= sizeof(v); len -= sizeof(v), p += sizeof(v)) {
		memcpy(&v, p, sizeof(v));
		crc = __builtin_ia32_crc32di(crc, v);
	}
	while (len--)
		crc = __builtin_ia32_crc32qi(crc, *p++);
	return crc;
}

uint32_t crc32c(uint32_t crc, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	int i;

	if (__builtin_cpu_supports("sse4.2"))
		return crc32c_insn(crc, buf, len);
	while (len--) {
		crc ^= *p++;
		for (i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}
