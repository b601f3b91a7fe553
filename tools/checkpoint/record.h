/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the reader of images and the kinds of records share
 */
#ifndef CKPT_RECORD_H
#define CKPT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <json-c/json.h>

#include "compiler.h"
#include "libcheckpoint.h"

/* What a reference to an object may refer to. */
enum ckpt_class {
	CLASS_NONE,
	CLASS_PID,
	CLASS_NS_USER,
	CLASS_NS_UTS,
	CLASS_NS_IPC,
	CLASS_NS_NET,
	CLASS_NS_PID,
	CLASS_NS_MNT,
	CLASS_NS_CGROUP,
	CLASS_NS_TIME,
	CLASS_KEY,
	CLASS_CRED,
	CLASS_SIGHAND,
	CLASS_MM,
	CLASS_INODE,
	CLASS_FILES,
	CLASS_FS,
	CLASS_PIPE,
	CLASS_PTY,
	CLASS_SOCKET,
	CLASS_FILE,
	CLASS_UNLINKED,
	CLASS_MQUEUE,
	CLASS_LABEL,
	CLASS_TMPFS,
	CLASS_TMPFS_ENTRY,
};

/**
 * enum ckpt_format - how a field is checked and shown
 * @F_UINT: unsigned number
 * @F_INT: signed number
 * @F_HEX: number in base 16
 * @F_OCT: number in base 8
 * @F_NS: nanoseconds
 * @F_DATE: CLOCK_REALTIME in nanoseconds
 * @F_ZERO: must be zero; not shown
 * @F_ENUM: one of @names; others are refused
 * @F_FLAGS: bits of @names; others are refused
 * @F_SOFT_FLAGS: bits of @names; others may be set, too
 * @F_BIT: number of a bit, signal, capability ... in @names; others possible
 * @F_MASK: bits, named by their number (from @bias) in @names
 * @F_REF: id of an object of class @class
 * @F_REF0: the same, or 0
 * @F_STR: characters, NUL-terminated
 * @F_BYTES: bytes
 * @F_QUIET: not checked or shown by the table
 */
enum ckpt_format {
	F_UINT,
	F_INT,
	F_HEX,
	F_OCT,
	F_NS,
	F_DATE,
	F_ZERO,
	F_ENUM,
	F_FLAGS,
	F_SOFT_FLAGS,
	F_BIT,
	F_MASK,
	F_REF,
	F_REF0,
	F_STR,
	F_BYTES,
	F_QUIET,
};

struct ckpt_name {
	__u64 value;
	const char *name;
};

/**
 * struct ckpt_field - a member of a record
 * @name: of the member
 * @off: where it is
 * @size: its size in bytes; with F_MASK and 4-byte pieces possibly more than 8
 * @format: enum ckpt_format
 * @class: enum ckpt_class, for references
 * @bias: value of bit 0, with F_MASK
 * @names: ends with a NULL name
 */
struct ckpt_field {
	const char *name;
	uint16_t off;
	uint16_t size;
	uint8_t format;
	uint8_t class;
	uint8_t bias;
	const struct ckpt_name *names;
};

#define FIELD(_struct, _field, _format, ...)				\
	{ .name = #_field, .off = offsetof(struct _struct, _field),	\
	  .size = sizeof(((struct _struct *)0)->_field),		\
	  .format = _format, __VA_ARGS__ }
#define END_OF_FIELDS	{ .name = NULL }

struct record;

/**
 * struct ckpt_kind - all that is known about one type of record
 * @type: its number
 * @name: its name in JSON
 * @min_len: shorter records are malformed
 * @size: of the structure known here; a shorter record reads as if zeros
 *	followed, a longer one is accepted if the unknown bytes are zero
 * @var: whether something of variable length follows the structure
 * @many: whether its owner may have several
 * @part: whether records of any owner that follow belong to it
 * @class: of the object it starts, or CLASS_NONE
 * @owner: type of the record it belongs to, OWNER_ANY if that can be any object,
 *	task or part of one, OWNER_NS if any namespace, or 0
 * @other_owner: another type that this may be, or 0
 * @fields: members, in order
 * @check: what @fields cannot express; reports with ckpt_bad()
 * @describe: adds to @out what @fields cannot express
 */
struct ckpt_kind {
	__u32 type;
	const char *name;
	size_t min_len;
	size_t size;
	bool var;
	bool many;
	bool part;
	enum ckpt_class class;
	__u32 owner;
	__u32 other_owner;
	const struct ckpt_field *fields;
	void (*check)(struct ckpt_image *img, struct record *rec);
	void (*describe)(const struct ckpt_image *img, const struct record *rec,
			 struct json_object *out);
};

/**
 * struct record - a record that has been read
 * @pub: what callers of the library see
 * @kind: its kind, or NULL
 * @children: records that belong to it, so far
 * @task: TREE_TASK: number of its TASK record, or 0; PID: number of the
 *	TREE_TASK record of the task of this id, or 0
 * @vma_first: MM: index of its first area among all areas of the image
 * @vma_nr: MM: number of its areas
 * @runs: MM, INODE: PAGES records for it
 * @pages: MM, VMA, INODE: pages with contents in these
 * @refs: MM, VMA, INODE: pages without contents in these
 */
struct record {
	struct ckpt_record pub;
	const struct ckpt_kind *kind;
	__u32 children;
	__u32 runs;
	__u64 task;
	__u64 vma_first;
	__u64 vma_nr;
	__u64 pages;
	__u64 refs;
};

#define OWNER_ANY	(~0U)
#define OWNER_NS	(~1U)

/* A record without a variable part, and its members before @fields. */
#define KIND(_type, _name, _struct)					\
	.type = CKPT_HDR_##_type, .name = _name,			\
	.min_len = sizeof(struct _struct), .size = sizeof(struct _struct)

/* Types are below this. */
#define TYPES_MAX	2048

/* image.c */
__printf(3, 4)
void ckpt_bad(struct ckpt_image *img, struct record *rec, const char *fmt, ...);
struct record *ckpt_rec(const struct ckpt_image *img, __u64 number);
struct record *ckpt_owner(const struct ckpt_image *img,
			  const struct record *rec);
struct record *ckpt_obj(const struct ckpt_image *img, __u32 id);
bool ckpt_follows_part(const struct ckpt_image *img, const struct record *rec);
bool ckpt_ref_ok(const struct ckpt_image *img, __u32 id, enum ckpt_class class);
__u64 ckpt_nr_records(const struct ckpt_image *img);
__u32 ckpt_nr_objects(const struct ckpt_image *img);
struct record *ckpt_tree_rec(const struct ckpt_image *img, __u32 index);
__u32 ckpt_nr_tree(const struct ckpt_image *img);
const struct ckpt_hdr_header *ckpt_header(const struct ckpt_image *img);
unsigned int ckpt_page_shift(const struct ckpt_image *img);
struct record *ckpt_child(const struct ckpt_image *img,
			  const struct record *owner, __u32 type,
			  const struct record *prev);

/* The variable part of a record, and its length. */
const void *ckpt_payload(const struct record *rec, size_t *len);

/* A NUL-terminated string, padded with zeros to at most 7 bytes more. */
void ckpt_check_string(struct ckpt_image *img, struct record *rec,
		       const char *what, const void *s, size_t len);

struct json_object *ckpt_data_json(const struct ckpt_image *img);

/* Bytes that must be zero. */
void ckpt_check_zero(struct ckpt_image *img, struct record *rec,
		     const char *what, const void *s, size_t len);

/* fields.c */
__u64 ckpt_field_get(const struct ckpt_field *f, const void *base);
void ckpt_check_fields(struct ckpt_image *img, struct record *rec,
		       const struct ckpt_field *fields, const void *base,
		       size_t size);
void ckpt_describe_fields(struct json_object *out,
			  const struct ckpt_field *fields, const void *base,
			  size_t size);
const char *ckpt_value_name(const struct ckpt_name *names, __u64 value);
struct json_object *ckpt_json_string(const void *s, size_t len);
struct json_object *ckpt_json_bytes(const void *s, size_t len);
struct json_object *ckpt_json_hex(__u64 value);
struct json_object *ckpt_json_flags(const struct ckpt_name *names, __u64 v);
void ckpt_add_int(struct json_object *out, const char *name, __s64 value);
void ckpt_add_uint(struct json_object *out, const char *name, __u64 value);
void ckpt_add_str(struct json_object *out, const char *name, const char *value);

/* names.c */
extern const struct ckpt_name ckpt_signal_names[];
extern const struct ckpt_name ckpt_cap_names[];
extern const struct ckpt_name ckpt_open_flags[];
extern const struct ckpt_name ckpt_xfeature_names[];

/* kind_lsm.c */
extern const struct ckpt_name ckpt_lsm_names[];

/* kinds.c */
const struct ckpt_kind *ckpt_kind(__u32 type);

/* kind_*.c */
extern const struct ckpt_kind ckpt_image_kinds[];
extern const struct ckpt_kind ckpt_ns_kinds[];
extern const struct ckpt_kind ckpt_container_kinds[];
extern const struct ckpt_kind ckpt_task_kinds[];
extern const struct ckpt_kind ckpt_signal_kinds[];
extern const struct ckpt_kind ckpt_mm_kinds[];
extern const struct ckpt_kind ckpt_file_kinds[];
extern const struct ckpt_kind ckpt_lsm_kinds[];
extern const struct ckpt_kind ckpt_socket_kinds[];
extern const struct ckpt_kind ckpt_x86_kinds[];

#endif /* CKPT_RECORD_H */
