// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images as JSON
 */
#include <stdio.h>
#include <string.h>

#include "record.h"

static void add_contents(const struct record *rec, struct json_object *out)
{
	if (rec->pages)
		ckpt_add_uint(out, "pages", rec->pages);
	if (rec->refs)
		ckpt_add_uint(out, "pages_shared", rec->refs);
	if (rec->runs)
		ckpt_add_int(out, "runs", rec->runs);
}

static void describe(const struct ckpt_image *img, const struct record *rec,
		     struct json_object *out)
{
	const struct ckpt_hdr *h = rec->pub.h;

	if (h->id)
		ckpt_add_int(out, "id", h->id);
	if (!rec->kind)
		return;
	ckpt_describe_fields(out, rec->kind->fields, h, rec->kind->size);
	if (rec->kind->describe)
		rec->kind->describe(img, rec, out);
	add_contents(rec, out);
}

struct json_object *ckpt_record_json(const struct ckpt_image *img,
				     const struct ckpt_record *pub)
{
	/* @pub is the first member of a struct record. */
	const struct record *rec = (const void *)pub;
	struct json_object *o = json_object_new_object(), *bytes;
	char name[32];

	if (!o)
		return NULL;
	snprintf(name, sizeof(name), "type %u", pub->h->type);
	ckpt_add_str(o, "record", pub->name ? pub->name : name);
	ckpt_add_int(o, "type", pub->h->type);
	ckpt_add_uint(o, "offset", pub->offset);
	ckpt_add_int(o, "len", pub->h->len);
	if (!rec->kind) {
		bytes = ckpt_json_bytes(pub->h + 1,
					pub->h->len - sizeof(*pub->h));
		json_object_object_add(o, "bytes", bytes);
	}
	describe(img, rec, o);
	return o;
}

static void append(struct json_object *out, const char *name,
		   struct json_object *o)
{
	struct json_object *array;

	if (!json_object_object_get_ex(out, name, &array)) {
		array = json_object_new_array();
		json_object_object_add(out, name, array);
	}
	json_object_array_add(array, o);
}

/* Return: what has been added. */
static struct json_object *add_child(const struct ckpt_image *img,
				     const struct record *rec,
				     struct json_object *out)
{
	struct json_object *o;

	if (!rec->kind) {
		o = ckpt_record_json(img, &rec->pub);
		append(out, "unknown", o);
		return o;
	}
	o = json_object_new_object();
	describe(img, rec, o);
	if (rec->kind->many)
		append(out, rec->kind->name, o);
	else
		json_object_object_add(out, rec->kind->name, o);
	return o;
}

/* A record with the records that belong to it. */
static void add_with_children(const struct ckpt_image *img,
			      const struct record *rec, struct json_object *out)
{
	__u64 owner = rec->pub.number, i = owner;
	struct json_object *last = out;

	describe(img, rec, out);
	while ((rec = ckpt_rec(img, ++i)) && rec->pub.owner == owner)
		last = add_child(img, rec,
				 ckpt_follows_part(img, rec) ? last : out);
}

static struct json_object *json_tasks(const struct ckpt_image *img)
{
	struct json_object *tasks = json_object_new_array(), *o;
	const struct record *rec, *task;
	__u32 i;

	for (i = 0; (rec = ckpt_tree_rec(img, i)); i++) {
		o = json_object_new_object();
		describe(img, rec, o);
		task = rec->task ? ckpt_rec(img, rec->task) : NULL;
		if (task)
			add_with_children(img, task, o);
		json_object_array_add(tasks, o);
	}
	return tasks;
}

static struct json_object *json_objects(const struct ckpt_image *img)
{
	struct json_object *objects = json_object_new_array(), *o;
	const struct record *rec;
	__u32 id;

	for (id = 1; (rec = ckpt_obj(img, id)); id++) {
		if (rec->kind) {
			o = json_object_new_object();
			ckpt_add_str(o, "kind", rec->kind->name);
		} else {
			o = ckpt_record_json(img, &rec->pub);
		}
		add_with_children(img, rec, o);
		json_object_array_add(objects, o);
	}
	return objects;
}

/* Records that are there once: their name in the result. */
static const struct {
	__u32 type;
	const char *name;
} single[] = {
	{ CKPT_HDR_HEADER, "header" },
	{ CKPT_HDR_ARCH, "arch" },
	{ CKPT_HDR_CONTAINER, "container" },
};

struct json_object *ckpt_image_json(const struct ckpt_image *img)
{
	struct json_object *out = json_object_new_object(), *o;
	const struct record *rec;
	unsigned int i;
	__u64 n;

	if (!out)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(single); i++) {
		for (n = 0; n < 3 && (rec = ckpt_rec(img, n)); n++) {
			if (rec->pub.h->type != single[i].type)
				continue;
			o = json_object_new_object();
			add_with_children(img, rec, o);
			json_object_object_add(out, single[i].name, o);
		}
	}
	json_object_object_add(out, "tasks", json_tasks(img));
	json_object_object_add(out, "objects", json_objects(img));
	o = ckpt_data_json(img);
	if (o)
		json_object_object_add(out, "pages", o);
	ckpt_add_uint(out, "bytes", ckpt_image_size(img));
	ckpt_add_int(out, "errors", ckpt_image_nr_errors(img));
	return out;
}
