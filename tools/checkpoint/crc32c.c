// SPDX-License-Identifier: GPL-2.0-only
/*
 * CRC32C (Castagnoli), neither inverted before nor after: the kernel's crc32c()
 */
#include <string.h>

#include "libcheckpoint.h"

#define POLY	0x82f63b78U

/* Eight tables: slicing by 8. Filled once; filling twice does no harm. */
static __u32 table[8][256];

static void __attribute__((constructor)) fill_table(void)
{
	unsigned int i, j;
	__u32 c;

	for (i = 0; i < 256; i++) {
		c = i;
		for (j = 0; j < 8; j++)
			c = (c >> 1) ^ (c & 1 ? POLY : 0);
		table[0][i] = c;
	}
	for (i = 0; i < 256; i++)
		for (j = 1; j < 8; j++)
			table[j][i] = (table[j - 1][i] >> 8) ^
				      table[0][table[j - 1][i] & 0xff];
}

static __u32 crc_table(__u32 crc, const unsigned char *p, size_t len)
{
	__u64 v;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&v, p, 8);
		v ^= crc;
		crc = table[7][v & 0xff] ^ table[6][(v >> 8) & 0xff] ^
		      table[5][(v >> 16) & 0xff] ^ table[4][(v >> 24) & 0xff] ^
		      table[3][(v >> 32) & 0xff] ^ table[2][(v >> 40) & 0xff] ^
		      table[1][(v >> 48) & 0xff] ^ table[0][v >> 56];
	}
	while (len--)
		crc = (crc >> 8) ^ table[0][(crc ^ *p++) & 0xff];
	return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2")))
static __u32 crc_insn(__u32 crc, const unsigned char *p, size_t len)
{
	__u64 c = crc, v;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&v, p, 8);
		c = __builtin_ia32_crc32di(c, v);
	}
	while (len--)
		c = __builtin_ia32_crc32qi(c, *p++);
	return c;
}

static int have_insn(void)
{
	return __builtin_cpu_supports("sse4.2");
}
#else
#define crc_insn	crc_table

static int have_insn(void)
{
	return 0;
}
#endif

__u32 ckpt_crc32c(__u32 crc, const void *buf, size_t len)
{
	return have_insn() ? crc_insn(crc, buf, len) :
			     crc_table(crc, buf, len);
}
