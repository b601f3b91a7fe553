// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text that others have chosen: names of files and programs, keys, messages
 * with these in them. What a terminal may take for commands is escaped.
 */
#include "ckpt.h"

/* Length of the UTF-8 sequence at @p if it is one that means a character. */
static int utf8_len(const unsigned char *p)
{
	static const unsigned int min[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int c = *p;
	int len, i;

	len = c < 0x80 ? 1 : c < 0xc0 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 :
	      c < 0xf8 ? 4 : 0;
	if (len > 1)
		c &= 0x7f >> len;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (!len || c < min[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return len;
}

/* Of one byte, or of two: those that 8-bit terminals have, in UTF-8. */
static bool is_control(const unsigned char *p)
{
	return *p < 0x20 || *p == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0);
}

/* Print text; bytes that are no characters, or control a terminal, as \xNN. */
void put_text(FILE *f, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	bool plain;
	int n, i;

	for (; *p; p += n) {
		n = utf8_len(p);
		plain = n && !is_control(p);
		n = n ?: 1;
		if (plain)
			fwrite(p, 1, n, f);
		for (i = 0; i < n && !plain; i++)
			fprintf(f, "\\x%02x", p[i]);
	}
}

/*
 * Print JSON. The library escapes ASCII's control characters; the others are
 * given in the same way, and bytes that are no characters as \udcNN, which
 * Python's "surrogateescape" turns into the same bytes again.
 */
void put_json(FILE *f, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	int n;

	for (; *p; p += n) {
		n = utf8_len(p);
		if (!n)
			fprintf(f, "\\udc%02x", *p);
		else if (n == 2 && is_control(p))
			fprintf(f, "\\u00%02x", p[1]);
		else if (*p == 0x7f)
			fputs("\\u007f", f);
		else
			fwrite(p, 1, n, f);
		n = n ?: 1;
	}
}
