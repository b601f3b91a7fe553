// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of memory
 */
#include <string.h>
#include <linux/auxvec.h>

#include "record.h"

static const struct ckpt_name vma_flags[] = {
	{ CKPT_VMA_READ, "read" },
	{ CKPT_VMA_WRITE, "write" },
	{ CKPT_VMA_EXEC, "exec" },
	{ CKPT_VMA_SHARED, "shared" },
	{ CKPT_VMA_MAYREAD, "mayread" },
	{ CKPT_VMA_MAYWRITE, "maywrite" },
	{ CKPT_VMA_MAYEXEC, "mayexec" },
	{ CKPT_VMA_MAYSHARE, "mayshare" },
	{ CKPT_VMA_GROWSDOWN, "growsdown" },
	{ CKPT_VMA_LOCKED, "locked" },
	{ CKPT_VMA_LOCKONFAULT, "lockonfault" },
	{ CKPT_VMA_ACCOUNT, "account" },
	{ CKPT_VMA_NORESERVE, "noreserve" },
	{ CKPT_VMA_SEQ_READ, "seq_read" },
	{ CKPT_VMA_RAND_READ, "rand_read" },
	{ CKPT_VMA_DONTFORK, "dontfork" },
	{ CKPT_VMA_WIPEONFORK, "wipeonfork" },
	{ CKPT_VMA_DONTDUMP, "dontdump" },
	{ CKPT_VMA_HUGEPAGE, "hugepage" },
	{ CKPT_VMA_NOHUGEPAGE, "nohugepage" },
	{ CKPT_VMA_MERGEABLE, "mergeable" },
	{ CKPT_VMA_DROPPABLE, "droppable" },
	{ 0, NULL }
};

static const struct ckpt_name mm_flags[] = {
	{ CKPT_MM_THP_DISABLE, "thp_disable" },
	{ CKPT_MM_MDWE, "mdwe" },
	{ CKPT_MM_MDWE_NO_INHERIT, "mdwe_no_inherit" },
	{ CKPT_MM_MERGE_ANY, "merge_any" },
	{ CKPT_MM_MB_GLOBAL, "membarrier_global" },
	{ CKPT_MM_MB_PRIVATE, "membarrier_private" },
	{ CKPT_MM_MB_SYNC_CORE, "membarrier_sync_core" },
	{ CKPT_MM_MB_RSEQ, "membarrier_rseq" },
	{ 0, NULL }
};

static const struct ckpt_field mm_fields[] = {
	FIELD(ckpt_hdr_mm, flags, F_FLAGS, .names = mm_flags),
	FIELD(ckpt_hdr_mm, exe_file, F_REF0, .class = CLASS_FILE),
	FIELD(ckpt_hdr_mm, dumpable, F_UINT),
	FIELD(ckpt_hdr_mm, dump_filter, F_HEX),
	FIELD(ckpt_hdr_mm, def_flags, F_FLAGS, .names = vma_flags),
	FIELD(ckpt_hdr_mm, start_code, F_HEX),
	FIELD(ckpt_hdr_mm, end_code, F_HEX),
	FIELD(ckpt_hdr_mm, start_data, F_HEX),
	FIELD(ckpt_hdr_mm, end_data, F_HEX),
	FIELD(ckpt_hdr_mm, start_brk, F_HEX),
	FIELD(ckpt_hdr_mm, brk, F_HEX),
	FIELD(ckpt_hdr_mm, start_stack, F_HEX),
	FIELD(ckpt_hdr_mm, arg_start, F_HEX),
	FIELD(ckpt_hdr_mm, arg_end, F_HEX),
	FIELD(ckpt_hdr_mm, env_start, F_HEX),
	FIELD(ckpt_hdr_mm, env_end, F_HEX),
	FIELD(ckpt_hdr_mm, user_ns, F_REF0, .class = CLASS_NS_USER),
	FIELD(ckpt_hdr_mm, reserved, F_ZERO),
	FIELD(ckpt_hdr_mm, hiwater_rss, F_UINT),
	FIELD(ckpt_hdr_mm, hiwater_vm, F_UINT),
	END_OF_FIELDS
};

static void check_mm(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_mm *mm = (const void *)rec->pub.h;

	if (mm->dumpable > 2)
		ckpt_bad(img, rec, "dumpable %u", mm->dumpable);
	/* Those of code and data are what the program's headers make of them. */
	if (mm->start_brk > mm->brk || mm->arg_start > mm->arg_end ||
	    mm->env_start > mm->env_end)
		ckpt_bad(img, rec, "a part of it ends before it starts");
}

static void describe_mm(const struct ckpt_image *img, const struct record *rec,
			struct json_object *out)
{
	const struct record *vma = NULL;
	__u64 bytes = 0;
	__u32 nr = 0;

	while ((vma = ckpt_child(img, rec, CKPT_HDR_VMA, vma))) {
		const struct ckpt_hdr_vma *v = (const void *)vma->pub.h;

		bytes += v->end > v->start ? v->end - v->start : 0;
		nr++;
	}
	ckpt_add_int(out, "nr_vmas", nr);
	ckpt_add_uint(out, "size", bytes);
}

static const struct ckpt_field vma_fields[] = {
	FIELD(ckpt_hdr_vma, start, F_HEX),
	FIELD(ckpt_hdr_vma, end, F_HEX),
	FIELD(ckpt_hdr_vma, pgoff, F_HEX),
	FIELD(ckpt_hdr_vma, flags, F_FLAGS, .names = vma_flags),
	FIELD(ckpt_hdr_vma, file, F_UINT),
	FIELD(ckpt_hdr_vma, anon_root, F_UINT),
	END_OF_FIELDS
};

/* End of the area before this one in the same address space. */
static __u64 previous_end(const struct ckpt_image *img,
			  const struct record *rec)
{
	const struct record *prev = rec;

	do {
		prev = ckpt_rec(img, prev->pub.number - 1);
		if (!prev || prev->pub.number <= rec->pub.owner)
			return 0;
	} while (prev->pub.h->type != CKPT_HDR_VMA);
	return ((const struct ckpt_hdr_vma *)prev->pub.h)->end;
}

static void check_vma(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_vma *v = (const void *)rec->pub.h;
	__u64 mask = (1ULL << ckpt_page_shift(img)) - 1;
	const char *name;
	size_t len;

	if (v->start >= v->end || (v->start | v->end) & mask)
		ckpt_bad(img, rec, "area from %#llx to %#llx", v->start,
			 v->end);
	if (v->start < previous_end(img, rec))
		ckpt_bad(img, rec, "area at %#llx overlaps the one before",
			 v->start);
	if (v->file && !ckpt_ref_ok(img, v->file, CLASS_FILE) &&
	    !ckpt_ref_ok(img, v->file, CLASS_INODE))
		ckpt_bad(img, rec, "file refers to object %u, which is no FILE or INODE before it",
			 v->file);
	name = ckpt_payload(rec, &len);
	if (len > (CKPT_VMA_NAME_MAX + 7) / 8 * 8)
		ckpt_bad(img, rec, "name of %zu bytes", len);
	else if (len)
		ckpt_check_string(img, rec, "name", name, len);
}

static void describe_name(const struct ckpt_image *img, const struct record *rec,
			  struct json_object *out)
{
	const char *name;
	size_t len;

	(void)img;
	name = ckpt_payload(rec, &len);
	if (len)
		json_object_object_add(out, "name",
				       ckpt_json_string(name, len));
}

static const struct ckpt_name auxv_names[] = {
	{ AT_PHDR, "phdr" },
	{ AT_PHENT, "phent" },
	{ AT_PHNUM, "phnum" },
	{ AT_PAGESZ, "pagesz" },
	{ AT_BASE, "base" },
	{ AT_FLAGS, "flags" },
	{ AT_ENTRY, "entry" },
	{ AT_UID, "uid" },
	{ AT_EUID, "euid" },
	{ AT_GID, "gid" },
	{ AT_EGID, "egid" },
	{ AT_PLATFORM, "platform" },
	{ AT_HWCAP, "hwcap" },
	{ AT_CLKTCK, "clktck" },
	{ AT_SECURE, "secure" },
	{ AT_RANDOM, "random" },
	{ AT_HWCAP2, "hwcap2" },
	{ AT_EXECFN, "execfn" },
	{ 27, "rseq_feature_size" },
	{ 28, "rseq_align" },
	{ 33, "sysinfo_ehdr" },
	{ 51, "minsigstksz" },
	{ 0, NULL }
};

static void check_auxv(struct ckpt_image *img, struct record *rec)
{
	const __u64 *auxv;
	size_t len, n;

	auxv = ckpt_payload(rec, &len);
	n = len / 8;
	if (len % 16 || !n || n > CKPT_AUXV_MAX)
		ckpt_bad(img, rec, "%zu bytes", len);
	else if (auxv[n - 2] != AT_NULL)
		ckpt_bad(img, rec, "does not end with AT_NULL");
}

static void describe_auxv(const struct ckpt_image *img,
			  const struct record *rec, struct json_object *out)
{
	const __u64 *auxv;
	char number[32];
	const char *name;
	size_t len, i;

	(void)img;
	auxv = ckpt_payload(rec, &len);
	for (i = 0; i + 1 < len / 8 && auxv[i] != AT_NULL; i += 2) {
		snprintf(number, sizeof(number), "%llu", auxv[i]);
		name = ckpt_value_name(auxv_names, auxv[i]);
		json_object_object_add(out, name ? name : number,
				       ckpt_json_hex(auxv[i + 1]));
	}
}

static const struct ckpt_name inode_kinds[] = {
	{ CKPT_INODE_SHM_ANON, "shm_anon" },
	{ CKPT_INODE_SHM_SYSV, "shm_sysv" },
	{ 0, NULL }
};

static const struct ckpt_name inode_flags[] = {
	{ CKPT_INODE_NORESERVE, "noreserve" },
	{ 0, NULL }
};

static const struct ckpt_field inode_fields[] = {
	FIELD(ckpt_hdr_inode, size, F_UINT),
	FIELD(ckpt_hdr_inode, kind, F_ENUM, .names = inode_kinds),
	FIELD(ckpt_hdr_inode, flags, F_FLAGS, .names = inode_flags),
	END_OF_FIELDS
};

static void check_inode(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_inode *i = (const void *)rec->pub.h;

	if (i->size > 0x7fffffffffffffffULL)
		ckpt_bad(img, rec, "size %llu", i->size);
}

const struct ckpt_kind ckpt_mm_kinds[] = {
	{ KIND(MM, "mm", ckpt_hdr_mm), .class = CLASS_MM, .fields = mm_fields,
	  .check = check_mm, .describe = describe_mm },
	{ KIND(VMA, "vma", ckpt_hdr_vma), .owner = CKPT_HDR_MM, .many = true,
	  .var = true, .fields = vma_fields, .check = check_vma,
	  .describe = describe_name },
	{ KIND(AUXV, "auxv", ckpt_hdr_auxv), .owner = CKPT_HDR_MM, .var = true,
	  .check = check_auxv, .describe = describe_auxv },
	{ KIND(INODE, "inode", ckpt_hdr_inode), .class = CLASS_INODE,
	  .fields = inode_fields, .check = check_inode },
	{ .name = NULL }
};
