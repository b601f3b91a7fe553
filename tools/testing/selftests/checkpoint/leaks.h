/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - what must not be in an image
 *
 * Every image that a test makes is searched for addresses of the kernel, for
 * the patterns that debugging fills memory with before it is used or after it
 * has been freed, and for padding that is not zero. Contents of memory and
 * registers are the programs' own, and may be anything.
 */
#ifndef _SELFTESTS_CHECKPOINT_LEAKS_H
#define _SELFTESTS_CHECKPOINT_LEAKS_H

#include <asm/checkpoint_hdr.h>
#include <errno.h>
#include <linux/checkpoint_hdr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes at the start of a record that the kernel has made up itself. */
static inline uint32_t leak_own_bytes(const struct ckpt_hdr *h)
{
	switch (h->type) {
	case CKPT_HDR_X86_CPU:
		return sizeof(*h);
	case CKPT_HDR_X86_FPU:
		return sizeof(struct ckpt_hdr_x86_fpu);
	case CKPT_HDR_PIPE_BUF:
		return sizeof(struct ckpt_hdr_pipe_buf);
	default:
		return h->len;
	}
}

/*
 * POISON_FREE, POISON_INUSE, PAGE_POISON, what gcc and clang put into variables
 * of automatic storage, and KASAN's and the stack's own.
 */
static inline bool leak_is_poison(uint32_t val)
{
	return val == 0x6b6b6b6b || val == 0x5a5a5a5a || val == 0xaaaaaaaa ||
	       val == 0xfefefefe || val == 0xcccccccc || val == 0x57ac6e9d;
}

/* Where the kernel itself starts; 0 if that is not told. */
static inline uint64_t leak_text(void)
{
	static unsigned long long text;
	static bool known;
	char line[256];
	FILE *f;

	if (known)
		return text;
	known = true;
	f = fopen("/proc/kallsyms", "r");
	while (f && !text && fgets(line, sizeof(line), f))
		if (strstr(line, " _text\n"))
			sscanf(line, "%llx", &text);
	if (f)
		fclose(f);
	return text;
}

/*
 * Direct map, vmalloc, vmemmap; and text and data, of which at most 64 MiB are
 * looked at: times that are over are small negative numbers.
 */
static inline bool leak_is_address(uint64_t val)
{
	if (val >= 0xffffffff80000000)
		return leak_text() && val - leak_text() < 64 << 20;
	return val >= 0xffff888000000000 && val < 0xffffeb0000000000;
}

/* Times that may be past, and look like anything then. */
static inline bool leak_is_time(const struct ckpt_hdr *h, uint32_t offset)
{
	return h->type == CKPT_HDR_RESTART_BLOCK &&
	       offset == offsetof(struct ckpt_hdr_restart_block, time);
}

/* Return: offset of what should not be in a record, or 0. */
static inline uint32_t leak_in_record(const struct ckpt_hdr *h)
{
	uint32_t i, len = leak_own_bytes(h);
	const uint32_t *words = (void *)h;
	const uint64_t *longs = (void *)h;

	for (i = offsetof(struct ckpt_hdr, id) / 4; i < len / 4; i++)
		if (leak_is_poison(words[i]))
			return i * 4;
	for (i = sizeof(*h) / 8; i < len / 8; i++)
		if (leak_is_address(longs[i]) && !leak_is_time(h, i * 8))
			return i * 8;
	for (i = sizeof(*h); h->type == CKPT_HDR_PAD && i < len; i++)
		if (((uint8_t *)h)[i])
			return i;
	return 0;
}

/**
 * find_leak - search an image
 * @fd: the image
 * @msg: where to say what is wrong
 * @size: bytes of it
 *
 * Return: true if there is something.
 */
static inline bool find_leak(int fd, char *msg, size_t size)
{
	struct ckpt_hdr *h = malloc(CKPT_RECORD_MAX);
	uint64_t contents = 0;
	uint32_t at = 0;
	off_t off = 0;

	while (h && !at && pread(fd, h, sizeof(*h), off) == sizeof(*h)) {
		const struct ckpt_hdr_pages *p = (void *)h;

		if (h->len < sizeof(*h) || h->len > CKPT_RECORD_MAX ||
		    pread(fd, h, h->len, off) != h->len)
			break;
		at = leak_in_record(h);
		if (at)
			snprintf(msg, size, "record of type %u at %lld, offset %u: %#llx",
				 h->type, (long long)off, at,
				 *(unsigned long long *)((uint8_t *)h + (at & ~7u)));
		off += h->len;
		if (h->type == CKPT_HDR_PAGES && !(p->flags & CKPT_PAGES_REF))
			contents = p->nr_pages * 4096;
		/* Perhaps padding comes before the contents. */
		if (off % 4096 == 0) {
			off += contents;
			contents = 0;
		}
	}
	free(h);
	return at;
}

#endif /* _SELFTESTS_CHECKPOINT_LEAKS_H */
