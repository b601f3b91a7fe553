// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fields of records: checked and shown as their table says
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "record.h"

/* Little endian, as are all machines this knows. */
__u64 ckpt_field_get(const struct ckpt_field *f, const void *base)
{
	const unsigned char *p = (const unsigned char *)base + f->off;
	__u64 v = 0;

	memcpy(&v, p, f->size > 8 ? 8 : f->size);
	return v;
}

static __s64 get_signed(const struct ckpt_field *f, const void *base)
{
	unsigned int shift = f->size < 8 ? 64 - 8 * f->size : 0;

	return (__s64)(ckpt_field_get(f, base) << shift) >> shift;
}

const char *ckpt_value_name(const struct ckpt_name *names, __u64 value)
{
	for (; names && names->name; names++)
		if (names->value == value)
			return names->name;
	return NULL;
}

static __u64 all_bits(const struct ckpt_name *names)
{
	__u64 bits = 0;

	for (; names && names->name; names++)
		bits |= names->value;
	return bits;
}

static bool all_zero(const void *s, size_t len)
{
	const unsigned char *p = s;

	while (len--)
		if (*p++)
			return false;
	return true;
}

static void check_field(struct ckpt_image *img, struct record *rec,
			const struct ckpt_field *f, const void *base)
{
	const char *p = (const char *)base + f->off;
	__u64 v = ckpt_field_get(f, base);

	switch (f->format) {
	case F_ZERO:
		if (!all_zero(p, f->size))
			ckpt_bad(img, rec, "%s is not zero", f->name);
		break;
	case F_ENUM:
		if (!ckpt_value_name(f->names, v))
			ckpt_bad(img, rec, "%s %llu is unknown", f->name,
				 (unsigned long long)v);
		break;
	case F_FLAGS:
		if (v & ~all_bits(f->names))
			ckpt_bad(img, rec, "%s %#llx are unknown", f->name,
				 (unsigned long long)(v & ~all_bits(f->names)));
		break;
	case F_REF0:
		if (!v)
			break;
		fallthrough;
	case F_REF:
		if (!ckpt_ref_ok(img, v, f->class))
			ckpt_bad(img, rec,
				 "%s refers to object %llu, which does not precede it or is of another kind",
				 f->name, (unsigned long long)v);
		break;
	case F_STR:
		ckpt_check_zero(img, rec, f->name, p + strnlen(p, f->size),
				f->size - strnlen(p, f->size));
		if (strnlen(p, f->size) == f->size)
			ckpt_bad(img, rec, "%s is not terminated", f->name);
		break;
	default:
		break;
	}
}

/* Whether a field lies in the first @size bytes; later ones read as zero. */
static bool present(const struct ckpt_field *f, size_t size)
{
	return (size_t)f->off + f->size <= size;
}

void ckpt_check_fields(struct ckpt_image *img, struct record *rec,
		       const struct ckpt_field *fields, const void *base,
		       size_t size)
{
	const struct ckpt_field *f;

	for (f = fields; f && f->name; f++)
		if (present(f, size))
			check_field(img, rec, f, base);
}

/* Bytes of the UTF-8 sequence at @p, 0 if there is none. */
static size_t utf8_len(const unsigned char *p, size_t len)
{
	static const __u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n, i;
	__u32 c;

	if (p[0] < 0x80)
		return 1;
	n = p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : p[0] >= 0xe0 ? 3 :
	    p[0] >= 0xc2 ? 2 : 0;
	if (!n || p[0] >= 0xf5 || n > len)
		return 0;
	c = p[0] & (0xff >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

/* A string up to its NUL; what is not UTF-8, and backslashes, as \xNN. */
struct json_object *ckpt_json_string(const void *s, size_t len)
{
	const unsigned char *p = s;
	struct json_object *o;
	size_t n, out = 0;
	char *buf;

	len = strnlen(s, len);
	buf = malloc(4 * len + 1);
	if (!buf)
		return NULL;
	while (len) {
		n = *p == '\\' ? 0 : utf8_len(p, len);
		if (n) {
			memcpy(buf + out, p, n);
			out += n;
		} else {
			out += sprintf(buf + out, "\\x%02x", *p);
			n = 1;
		}
		p += n;
		len -= n;
	}
	o = json_object_new_string_len(buf, out);
	free(buf);
	return o;
}

struct json_object *ckpt_json_bytes(const void *s, size_t len)
{
	const unsigned char *p = s;
	struct json_object *o;
	char *buf = malloc(2 * len + 1);
	size_t i;

	if (!buf)
		return NULL;
	for (i = 0; i < len; i++)
		sprintf(buf + 2 * i, "%02x", p[i]);
	o = json_object_new_string_len(buf, 2 * len);
	free(buf);
	return o;
}

struct json_object *ckpt_json_hex(__u64 value)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%#llx", (unsigned long long)value);
	return json_object_new_string(buf);
}

static struct json_object *json_oct(__u64 value)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%#llo", (unsigned long long)value);
	return json_object_new_string(buf);
}

static struct json_object *json_date(__s64 ns)
{
	time_t t = ns / 1000000000;
	struct tm tm;
	char buf[64];

	if (ns < 0 || !gmtime_r(&t, &tm))
		return json_object_new_int64(ns);
	snprintf(buf, sizeof(buf), "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ",
		 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		 tm.tm_min, tm.tm_sec, (int)(ns % 1000000000));
	return json_object_new_string(buf);
}

struct json_object *ckpt_json_flags(const struct ckpt_name *names, __u64 v)
{
	struct json_object *o = json_object_new_array(), *name;

	for (; names && names->name; names++) {
		if (names->value && (v & names->value) == names->value) {
			name = json_object_new_string(names->name);
			json_object_array_add(o, name);
			v &= ~names->value;
		}
	}
	if (v)
		json_object_array_add(o, ckpt_json_hex(v));
	return o;
}

static struct json_object *json_mask(const struct ckpt_field *f,
				     const void *base)
{
	const unsigned char *p = (const unsigned char *)base + f->off;
	struct json_object *o = json_object_new_array();
	const char *name;
	unsigned int i;

	for (i = 0; i < 8u * f->size; i++) {
		if (!(p[i / 8] & (1 << i % 8)))
			continue;
		name = ckpt_value_name(f->names, i + f->bias);
		json_object_array_add(o, name ? json_object_new_string(name) :
				      json_object_new_int(i + f->bias));
	}
	return o;
}

void ckpt_add_int(struct json_object *out, const char *name, __s64 value)
{
	json_object_object_add(out, name, json_object_new_int64(value));
}

void ckpt_add_uint(struct json_object *out, const char *name, __u64 value)
{
	json_object_object_add(out, name, json_object_new_uint64(value));
}

void ckpt_add_str(struct json_object *out, const char *name, const char *value)
{
	json_object_object_add(out, name, json_object_new_string(value));
}

static struct json_object *describe_field(const struct ckpt_field *f,
					  const void *base)
{
	const char *p = (const char *)base + f->off;
	__u64 v = ckpt_field_get(f, base);
	const char *name;

	switch (f->format) {
	case F_INT:
		return json_object_new_int64(get_signed(f, base));
	case F_NS:
		return json_object_new_int64(get_signed(f, base));
	case F_DATE:
		return json_date(get_signed(f, base));
	case F_HEX:
		return ckpt_json_hex(v);
	case F_OCT:
		return json_oct(v);
	case F_ENUM:
	case F_BIT:
		name = ckpt_value_name(f->names, v);
		return name ? json_object_new_string(name) :
			      json_object_new_int64(get_signed(f, base));
	case F_FLAGS:
	case F_SOFT_FLAGS:
		return ckpt_json_flags(f->names, v);
	case F_MASK:
		return json_mask(f, base);
	case F_STR:
		return ckpt_json_string(p, f->size);
	case F_BYTES:
		return ckpt_json_bytes(p, f->size);
	default:
		return json_object_new_uint64(v);
	}
}

void ckpt_describe_fields(struct json_object *out,
			  const struct ckpt_field *fields, const void *base,
			  size_t size)
{
	const struct ckpt_field *f;

	for (f = fields; f && f->name; f++)
		if (f->format != F_ZERO && f->format != F_QUIET &&
		    present(f, size))
			json_object_object_add(out, f->name,
					       describe_field(f, base));
}
