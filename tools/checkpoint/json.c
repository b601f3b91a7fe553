// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Images as JSON
 */
#include <stdio.h>
#include <string.h>

#include "record.h"

static void add_contents(const struct record *rec, struct json_object *out)
{
	if (rec->pages)
		json_object_object_add(out, "pages",
				       json_object_new_uint64(rec->pages));
	if (rec->refs)
		json_object_object_add(out, "pages_shared",
				       json_object_new_uint64(rec->refs));
	if (rec->runs)
		json_object_object_add(out, "runs",
				       json_object_new_int64(rec->runs));
}

static void describe(const struct ckpt_image *img, const struct record *rec,
		     struct json_object *out)
{
	const struct ckpt_hdr *h = rec->pub.h;

	if (h->id)
		json_object_object_add(out, "id", json_object_new_int64(h->id));
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
	struct json_object *o = json_object_new_object();
	char name[32];

	if (!o)
		return NULL;
	snprintf(name, sizeof(name), "type %u", pub->h->type);
	json_object_object_add(o, "record",
		json_object_new_string(pub->name ? pub->name : name));
	json_object_object_add(o, "type", json_object_new_int(pub->h->type));
	json_object_object_add(o, "offset",
			       json_object_new_uint64(pub->offset));
	json_object_object_add(o, "len", json_object_new_int(pub->h->len));
	if (!rec->kind)
		json_object_object_add(o, "bytes",
			ckpt_json_bytes(pub->h + 1,
					pub->h->len - sizeof(*pub->h)));
	describe(img, rec, o);
	return o;
}

/* A record with the records that belong to it. */
static void add_with_children(const struct ckpt_image *img,
			      const struct record *rec, struct json_object *out)
{
	const struct record *child;
	struct json_object *o, *array;
	__u64 i;

	describe(img, rec, out);
	for (i = rec->pub.number + 1; (child = ckpt_rec(img, i)) &&
	     child->pub.owner == rec->pub.number; i++) {
		o = json_object_new_object();
		describe(img, child, o);
		if (child->kind && !child->kind->many) {
			json_object_object_add(out, child->kind->name, o);
			continue;
		}
		if (!child->kind) {
			json_object_put(o);
			o = ckpt_record_json(img, &child->pub);
		}
		if (!json_object_object_get_ex(out, child->kind ?
					       child->kind->name : "unknown",
					       &array)) {
			array = json_object_new_array();
			json_object_object_add(out, child->kind ?
					       child->kind->name : "unknown",
					       array);
		}
		json_object_array_add(array, o);
	}
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
			json_object_object_add(o, "kind",
				json_object_new_string(rec->kind->name));
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
	for (i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
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
	json_object_object_add(out, "bytes",
			       json_object_new_uint64(ckpt_image_size(img)));
	json_object_object_add(out, "errors",
			       json_object_new_int64(ckpt_image_nr_errors(img)));
	return out;
}
