// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of x86 processors
 */
#include <stdio.h>
#include <asm/checkpoint_hdr.h>

#include "record.h"

#define BIT_NAME(n)	(1ULL << (n))

const struct ckpt_name ckpt_xfeature_names[] = {
	{ BIT_NAME(0), "x87" },
	{ BIT_NAME(1), "sse" },
	{ BIT_NAME(2), "avx" },
	{ BIT_NAME(3), "bndregs" },
	{ BIT_NAME(4), "bndcsr" },
	{ BIT_NAME(5), "avx512_opmask" },
	{ BIT_NAME(6), "avx512_hi256" },
	{ BIT_NAME(7), "avx512_zmm_hi256" },
	{ BIT_NAME(8), "pt" },
	{ BIT_NAME(9), "pkru" },
	{ BIT_NAME(10), "pasid" },
	{ BIT_NAME(11), "cet_user" },
	{ BIT_NAME(17), "amx_tilecfg" },
	{ BIT_NAME(18), "amx_tiledata" },
	{ 0, NULL }
};

static const struct ckpt_name header_flags[] = {
	{ CKPT_X86_HAS_PKRU, "pkru" },
	{ CKPT_X86_HAS_IA32, "ia32" },
	{ 0, NULL }
};

static const char *const vdso_names[CKPT_X86_VDSO_NR] = {
	[CKPT_X86_VDSO_64] = "vdso64",
	[CKPT_X86_VDSO_32] = "vdso32",
};

static const struct ckpt_field header_fields[] = {
	FIELD(ckpt_hdr_x86_header, xfeatures, F_SOFT_FLAGS,
	      .names = ckpt_xfeature_names),
	FIELD(ckpt_hdr_x86_header, xfeatures_offered, F_SOFT_FLAGS,
	      .names = ckpt_xfeature_names),
	FIELD(ckpt_hdr_x86_header, addr_end, F_HEX),
	FIELD(ckpt_hdr_x86_header, vdso_used, F_HEX),
	FIELD(ckpt_hdr_x86_header, flags, F_FLAGS, .names = header_flags),
	END_OF_FIELDS
};

static void check_header(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_x86_header *x = (const void *)rec->pub.h;

	if (x->xfeatures & ~x->xfeatures_offered)
		ckpt_bad(img, rec, "extended states in use that were not offered: %#llx",
			 x->xfeatures & ~x->xfeatures_offered);
	if (x->vdso_used >> CKPT_X86_VDSO_NR)
		ckpt_bad(img, rec, "unknown vdso %#x in use", x->vdso_used);
}

static void describe_header(const struct ckpt_image *img,
			    const struct record *rec, struct json_object *out)
{
	const struct ckpt_hdr_x86_header *x = (const void *)rec->pub.h;
	struct json_object *o;
	int i;

	(void)img;
	for (i = 0; i < CKPT_X86_VDSO_NR; i++) {
		o = json_object_new_object();
		ckpt_add_int(o, "size", x->vdso[i].size);
		json_object_object_add(o, "crc", ckpt_json_hex(x->vdso[i].crc));
		json_object_object_add(out, vdso_names[i], o);
	}
}

static const struct ckpt_name cpu_states[] = {
	{ CKPT_X86_ADDR32, "addr32" },
	{ CKPT_X86_COMPAT, "compat" },
	{ CKPT_X86_POKED, "poked" },
	{ CKPT_X86_NOTSC, "notsc" },
	{ CKPT_X86_NOCPUID, "nocpuid" },
	{ 0, NULL }
};

#define REG(r)	FIELD(ckpt_hdr_x86_cpu, r, F_HEX)

static const struct ckpt_field cpu_fields[] = {
	REG(r15), REG(r14), REG(r13), REG(r12), REG(bp), REG(bx), REG(r11),
	REG(r10), REG(r9), REG(r8), REG(ax), REG(cx), REG(dx), REG(si), REG(di),
	FIELD(ckpt_hdr_x86_cpu, orig_ax, F_INT),
	REG(ip), REG(eflags), REG(sp), REG(fs_base), REG(gs_base), REG(cs),
	REG(ss), REG(ds), REG(es), REG(fs), REG(gs),
	FIELD(ckpt_hdr_x86_cpu, state, F_FLAGS, .names = cpu_states),
	REG(pkru),
	FIELD(ckpt_hdr_x86_cpu, spec_ssb, F_HEX),
	FIELD(ckpt_hdr_x86_cpu, spec_ib, F_HEX),
	FIELD(ckpt_hdr_x86_cpu, spec_l1d, F_HEX),
	REG(cr2),
	FIELD(ckpt_hdr_x86_cpu, trap_nr, F_UINT),
	REG(error_code), REG(features_locked),
	END_OF_FIELDS
};

static bool user_selector(__u16 sel)
{
	return !(sel & ~3) || (sel & 3) == 3;
}

static void check_cpu(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_x86_cpu *c = (const void *)rec->pub.h;

	if (c->cs != CKPT_X86_CS_64 && c->cs != CKPT_X86_CS_32)
		ckpt_bad(img, rec, "code selector %#x", c->cs);
	if (c->eflags & ~CKPT_X86_EFLAGS)
		ckpt_bad(img, rec, "flags %#llx are not for user mode",
			 c->eflags & ~CKPT_X86_EFLAGS);
	if ((c->ss & 3) != 3 || !user_selector(c->ds) ||
	    !user_selector(c->es) || !user_selector(c->fs) ||
	    !user_selector(c->gs))
		ckpt_bad(img, rec, "a selector is not for user mode");
}

static const struct ckpt_field fpu_fields[] = {
	FIELD(ckpt_hdr_x86_fpu, xfeatures, F_SOFT_FLAGS,
	      .names = ckpt_xfeature_names),
	FIELD(ckpt_hdr_x86_fpu, mxcsr, F_HEX),
	FIELD(ckpt_hdr_x86_fpu, reserved, F_ZERO),
	END_OF_FIELDS
};

static void check_fpu(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_x86_fpu *f = (const void *)rec->pub.h;
	const struct ckpt_x86_xstate *x;
	const char *p;
	__u64 left = f->xfeatures;
	size_t len;

	for (p = ckpt_payload(rec, &len); left; left &= left - 1) {
		x = (const void *)p;
		if (len < sizeof(*x) || x->size % 8 ||
		    x->size > len - sizeof(*x)) {
			ckpt_bad(img, rec, "extended state %d does not fit",
				 __builtin_ctzll(left));
			return;
		}
		if (x->feature != (__u32)__builtin_ctzll(left)) {
			ckpt_bad(img, rec, "extended state %u where %d comes next",
				 x->feature, __builtin_ctzll(left));
			return;
		}
		p += sizeof(*x) + x->size;
		len -= sizeof(*x) + x->size;
	}
	if (len)
		ckpt_bad(img, rec, "%zu bytes behind the last extended state",
			 len);
}

static const struct ckpt_name tls_flags[] = {
	{ CKPT_X86_TLS_PRESENT, "present" },
	{ CKPT_X86_TLS_READ_ONLY, "read_only" },
	{ CKPT_X86_TLS_DOWN, "down" },
	{ CKPT_X86_TLS_PAGES, "pages" },
	{ CKPT_X86_TLS_USEABLE, "useable" },
	{ 0, NULL }
};

static const struct ckpt_field tls_entry_fields[] = {
	FIELD(ckpt_x86_tls, base, F_HEX),
	FIELD(ckpt_x86_tls, limit, F_HEX),
	FIELD(ckpt_x86_tls, flags, F_FLAGS, .names = tls_flags),
	END_OF_FIELDS
};

static const struct ckpt_field tls_fields[] = {
	FIELD(ckpt_hdr_x86_tls, reserved, F_ZERO),
	END_OF_FIELDS
};

static void check_tls(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_x86_tls *t = (const void *)rec->pub.h;
	int i;

	for (i = 0; i < CKPT_X86_TLS_NR; i++)
		ckpt_check_fields(img, rec, tls_entry_fields, &t->tls[i],
				  sizeof(t->tls[i]));
}

static void describe_tls(const struct ckpt_image *img, const struct record *rec,
			 struct json_object *out)
{
	const struct ckpt_hdr_x86_tls *t = (const void *)rec->pub.h;
	struct json_object *a = json_object_new_array(), *o;
	int i;

	(void)img;
	for (i = 0; i < CKPT_X86_TLS_NR; i++) {
		o = json_object_new_object();
		ckpt_describe_fields(o, tls_entry_fields, &t->tls[i],
				     sizeof(t->tls[i]));
		json_object_array_add(a, o);
	}
	json_object_object_add(out, "tls", a);
}

static const struct ckpt_name mm_flags[] = {
	{ CKPT_X86_MM_ADDR32, "addr32" },
	{ CKPT_X86_MM_IA32, "ia32" },
	{ CKPT_X86_MM_VSYSCALL, "vsyscall" },
	{ CKPT_X86_MM_LOCK_LAM, "lock_lam" },
	{ CKPT_X86_MM_VDSO, "vdso" },
	{ CKPT_X86_MM_TOPDOWN, "topdown" },
	{ CKPT_X86_MM_3GB, "3gb" },
	{ 0, NULL }
};

static const struct ckpt_name vdso_images[] = {
	{ CKPT_X86_VDSO_64, "vdso64" },
	{ CKPT_X86_VDSO_32, "vdso32" },
	{ CKPT_X86_VDSO_NONE, "none" },
	{ 0, NULL }
};

static const struct ckpt_field mm_fields[] = {
	FIELD(ckpt_hdr_x86_mm, flags, F_FLAGS, .names = mm_flags),
	FIELD(ckpt_hdr_x86_mm, vdso_image, F_ENUM, .names = vdso_images),
	FIELD(ckpt_hdr_x86_mm, vdso, F_HEX),
	FIELD(ckpt_hdr_x86_mm, mmap_base, F_HEX),
	FIELD(ckpt_hdr_x86_mm, mmap_legacy_base, F_HEX),
	FIELD(ckpt_hdr_x86_mm, mmap_compat_base, F_HEX),
	FIELD(ckpt_hdr_x86_mm, mmap_compat_legacy_base, F_HEX),
	END_OF_FIELDS
};

const struct ckpt_kind ckpt_x86_kinds[] = {
	{ KIND(X86_HEADER, "x86_header", ckpt_hdr_x86_header),
	  .fields = header_fields, .check = check_header,
	  .describe = describe_header },
	{ KIND(X86_CPU, "x86_cpu", ckpt_hdr_x86_cpu), .owner = CKPT_HDR_TASK,
	  .fields = cpu_fields, .check = check_cpu },
	{ KIND(X86_FPU, "x86_fpu", ckpt_hdr_x86_fpu), .owner = CKPT_HDR_TASK,
	  .var = true, .fields = fpu_fields, .check = check_fpu },
	{ KIND(X86_TLS, "x86_tls", ckpt_hdr_x86_tls), .owner = CKPT_HDR_TASK,
	  .fields = tls_fields, .check = check_tls, .describe = describe_tls },
	{ KIND(X86_MM, "x86_mm", ckpt_hdr_x86_mm), .owner = CKPT_HDR_MM,
	  .fields = mm_fields },
	{ .name = NULL }
};
