// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - x86: tests of the checks of records
 */
#include <kunit/test.h>
#include <asm/fpu/types.h>
#include <asm/vdso.h>
#include "tests/covers.h"
#include "x86.h"

/**
 * struct spoil - one way to make a good record bad
 * @name: of the test case
 * @type: record type
 * @offset: of the field to change
 * @size: of that field
 * @value: new value
 * @err: what the check must return; 0 if the value is fine
 */
struct spoil {
	const char *name;
	u32 type;
	u32 offset;
	u32 size;
	u64 value;
	int err;
};

#define SPOIL(_name, _type, _rec, _field, _value, _err) {	\
	.name	= #_rec ": " _name,				\
	.type	= _type,					\
	.offset	= offsetof(struct ckpt_hdr_x86_##_rec, _field),	\
	.size	= sizeof_field(struct ckpt_hdr_x86_##_rec, _field), \
	.value	= _value,					\
	.err	= _err,						\
}

#define HEADER(_name, _field, _value, _err) \
	SPOIL(_name, CKPT_HDR_X86_HEADER, header, _field, _value, _err)
#define CPU(_name, _field, _value, _err) \
	SPOIL(_name, CKPT_HDR_X86_CPU, cpu, _field, _value, _err)
#define FPU(_name, _field, _value, _err) \
	SPOIL(_name, CKPT_HDR_X86_FPU, fpu, _field, _value, _err)
#define TLS(_name, _field, _value, _err) \
	SPOIL(_name, CKPT_HDR_X86_TLS, tls, _field, _value, _err)
#define MM(_name, _field, _value, _err) \
	SPOIL(_name, CKPT_HDR_X86_MM, mm, _field, _value, _err)

static const struct spoil spoils[] = {
	HEADER("good", xfeatures, 7, 0),
	HEADER("unknown flag", flags, BIT(2), -EBADMSG),
	HEADER("unknown image in use", vdso_used, BIT(2), -EBADMSG),
	HEADER("absent image in use", vdso_used, BIT(1), -EBADMSG),

	CPU("good", ax, 0, 0),
	CPU("restart code in ax", ax, -516, 0),
	CPU("address of the kernel in ip", ip, ~0xfffULL, 0),
	CPU("32-bit code", cs, CKPT_X86_CS_32, 0),
	CPU("kernel code", cs, 0x10, -EBADMSG),
	CPU("null code", cs, 0, -EBADMSG),
	CPU("kernel code with user privilege", cs, 0x13, -EBADMSG),
	CPU("null stack", ss, 3, -EBADMSG),
	CPU("kernel stack", ss, 0x18, -EBADMSG),
	CPU("thread segment as stack", ss, 0x63, 0),
	CPU("null data with privilege", ds, 1, 0),
	CPU("kernel data", ds, 0x18, -EBADMSG),
	CPU("kernel extra data", es, 0x29, -EBADMSG),
	CPU("local descriptor in fs", fs, 0x0f, 0),
	CPU("kernel local descriptor in fs", fs, 0x0c, -EBADMSG),
	CPU("kernel data in gs", gs, 0x18, -EBADMSG),
	CPU("all user flags", eflags, CKPT_X86_EFLAGS, 0),
	CPU("I/O privilege", eflags, BIT(12), -EBADMSG),
	CPU("interrupt flag", eflags, BIT(9), -EBADMSG),
	CPU("virtual 8086 mode", eflags, BIT(17), -EBADMSG),
	CPU("high flags", eflags, BIT_ULL(32), -EBADMSG),
	CPU("canonical fs base", fs_base, 0xffff800000000000ULL, 0),
	CPU("fs base in the hole", fs_base, BIT_ULL(57), -EBADMSG),
	CPU("gs base in the hole", gs_base, BIT_ULL(63), -EBADMSG),
	CPU("all states", state, CKPT_X86_STATE_ALL, 0),
	CPU("unknown state", state, CKPT_X86_STATE_ALL + 1, -EBADMSG),
	CPU("force-disabled speculation", spec_ssb, 8, 0),
	CPU("two controls of speculation", spec_ib, 6, -EBADMSG),
	CPU("unknown control of speculation", spec_l1d, 64, -EBADMSG),

	FPU("good", reserved, 0, 0),
	FPU("reserved", reserved, 1, -EBADMSG),
	FPU("component without data", xfeatures, 0x27, -EBADMSG),
	FPU("data without component", xfeatures, 3, -EBADMSG),
	FPU("component out of order", xfeatures, 0x43, -EBADMSG),
	FPU("PKRU", xfeatures, BIT(9) | 7, -EBADMSG),
	FPU("supervisor state", xfeatures, BIT(8) | 7, -EBADMSG),
	FPU("tile data", xfeatures, BIT(18) | 7, -EBADMSG),
	FPU("last bit", xfeatures, BIT_ULL(63) | 7, -EBADMSG),
	FPU("length cut", h.len, 64, -EBADMSG),
	FPU("only a header", h.len, sizeof(struct ckpt_hdr_x86_fpu), -EBADMSG),

	TLS("good", reserved, 0, 0),
	TLS("reserved", reserved, 1, -EBADMSG),
	TLS("all flags", tls[0].flags, CKPT_X86_TLS_ALL, 0),
	TLS("unknown flag", tls[0].flags, CKPT_X86_TLS_ALL + 1, -EBADMSG),
	TLS("limit", tls[0].limit, 0x100000, -EBADMSG),
	TLS("base of an empty entry", tls[1].base, 1, -EBADMSG),
	TLS("flags of an empty entry", tls[2].flags, CKPT_X86_TLS_DOWN, -EBADMSG),

	MM("good", h.flags, 0, 0),
	MM("unknown flag", flags, CKPT_X86_MM_ALL + 1, -EBADMSG),
	MM("32-bit addresses", flags, CKPT_X86_MM_ADDR32, -EBADMSG),
	MM("3 GiB", flags, CKPT_X86_MM_IA32 | CKPT_X86_MM_3GB, -EBADMSG),
	MM("32-bit program", flags, CKPT_X86_MM_IA32 | CKPT_X86_MM_ADDR32 |
	   CKPT_X86_MM_3GB | CKPT_X86_MM_VDSO, 0),
	MM("unknown image", vdso_image, CKPT_X86_VDSO_NR, -EBADMSG),
	MM("no image", vdso_image, CKPT_X86_VDSO_NONE, -EBADMSG),
	MM("vdso in the middle of a page", vdso, 0x7fff00000010ULL, -EBADMSG),
	MM("vdso nowhere", vdso, BIT_ULL(57), -EBADMSG),
	MM("mmap base nowhere", mmap_base, ~0ULL, -EBADMSG),
	MM("legacy base in the middle of a page", mmap_legacy_base, 1, -EBADMSG),
	MM("compat base nowhere", mmap_compat_base, BIT_ULL(63), -EBADMSG),
	MM("compat legacy base nowhere", mmap_compat_legacy_base, ~0ULL,
	   -EBADMSG),
};

KUNIT_ARRAY_PARAM_DESC(spoil, spoils, name);

static void good_fpu(struct ckpt_hdr_x86_fpu *rec)
{
	static const u32 sizes[] = { 160, 256, 256 };
	u8 *pos = (u8 *)(rec + 1);
	u32 nr;

	rec->xfeatures = 7;
	rec->mxcsr = MXCSR_DEFAULT;
	for (nr = 0; nr < ARRAY_SIZE(sizes); nr++) {
		struct ckpt_x86_xstate *comp = (struct ckpt_x86_xstate *)pos;

		comp->feature = nr;
		comp->size = sizes[nr];
		pos += sizeof(*comp) + comp->size;
	}
	rec->h.len = pos - (u8 *)rec;
}

/* A buffer with a good record of @type. */
static struct ckpt_hdr *good_record(struct kunit *test, u32 type)
{
	struct ckpt_hdr *h = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct ckpt_hdr_x86_header *header = (void *)h;
	struct ckpt_hdr_x86_cpu *cpu = (void *)h;
	struct ckpt_hdr_x86_tls *tls = (void *)h;
	struct ckpt_hdr_x86_mm *mm = (void *)h;

	KUNIT_ASSERT_NOT_NULL(test, h);
	h->type = type;
	h->len = ckpt_arch_kind(type)->min_len;
	switch (type) {
	case CKPT_HDR_X86_HEADER:
		header->vdso[CKPT_X86_VDSO_64].size = PAGE_SIZE;
		header->vdso_used = BIT(CKPT_X86_VDSO_64);
		break;
	case CKPT_HDR_X86_CPU:
		cpu->cs = CKPT_X86_CS_64;
		cpu->ss = 0x2b;
		break;
	case CKPT_HDR_X86_FPU:
		good_fpu((void *)h);
		break;
	case CKPT_HDR_X86_TLS:
		tls->tls[0].limit = 0xfffff;
		tls->tls[0].flags = CKPT_X86_TLS_PRESENT | CKPT_X86_TLS_PAGES;
		break;
	case CKPT_HDR_X86_MM:
		mm->flags = CKPT_X86_MM_VDSO;
		mm->vdso = 0x7fff00000000ULL;
		break;
	}
	return h;
}

static void test_validate(struct kunit *test)
{
	const struct spoil *s = test->param_value;
	struct ckpt_hdr *h = good_record(test, s->type);
	struct ckpt_validator v = { .owner = CKPT_HDR_HEADER };
	int ret;

	memcpy((u8 *)h + s->offset, &s->value, s->size);
	ret = ckpt_arch_kind(s->type)->validate(&v, h);
	KUNIT_EXPECT_EQ(test, ret, s->err);
	KUNIT_EXPECT_EQ(test, !v.why, !s->err);
}

static void test_fpu_component_size(struct kunit *test)
{
	static const u32 sizes[] = { 0, 1, 159, 164, 168, U32_MAX, U32_MAX - 7 };
	struct ckpt_hdr *h = good_record(test, CKPT_HDR_X86_FPU);
	struct ckpt_hdr_x86_fpu *rec = (void *)h;
	struct ckpt_x86_xstate *comp = (void *)(rec + 1);
	struct ckpt_validator v = {};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		comp->size = sizes[i];
		KUNIT_EXPECT_EQ(test, ckpt_x86_fpu_validate(&v, h), -EBADMSG);
	}
}

static void test_fpu_mxcsr(struct kunit *test)
{
	struct ckpt_hdr_x86_fpu *rec =
		(void *)good_record(test, CKPT_HDR_X86_FPU);
	struct ckpt_validator v = {};

	rec->xfeatures = 0;
	rec->h.len = sizeof(*rec);
	KUNIT_EXPECT_EQ(test, ckpt_x86_fpu_validate(&v, &rec->h), 0);
	rec->mxcsr = 0;
	KUNIT_EXPECT_EQ(test, ckpt_x86_fpu_validate(&v, &rec->h), -EBADMSG);
}

static void test_arch_kind(struct kunit *test)
{
	KUNIT_EXPECT_NOT_NULL(test, ckpt_arch_kind(CKPT_HDR_X86_HEADER));
	KUNIT_EXPECT_NULL(test, ckpt_arch_kind(CKPT_HDR_X86_MM + 1));
	KUNIT_EXPECT_NULL(test, ckpt_arch_kind(CKPT_HDR_ARCH - 1));
	KUNIT_EXPECT_NULL(test, ckpt_arch_kind(U32_MAX));
}

static void test_vdso_identity(struct kunit *test)
{
	struct ckpt_x86_vdso one, two;

	ckpt_x86_vdso_identify(CKPT_X86_VDSO_64, &one);
	ckpt_x86_vdso_identify(CKPT_X86_VDSO_64, &two);
	KUNIT_EXPECT_EQ(test, one.size, vdso_image_64.size);
	KUNIT_EXPECT_MEMEQ(test, &one, &two, sizeof(one));
	ckpt_x86_vdso_identify(CKPT_X86_VDSO_NR, &two);
	KUNIT_EXPECT_EQ(test, two.size, 0);
}

/**
 * ckpt_kunit_x86_covers - are there cases for a type of record here?
 * @type: the type
 *
 * Return: true if so.
 */
bool ckpt_kunit_x86_covers(u32 type)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(spoils); i++)
		if (spoils[i].type == type && spoils[i].err)
			return true;
	return false;
}

static struct kunit_case x86_cases[] = {
	KUNIT_CASE_PARAM(test_validate, spoil_gen_params),
	KUNIT_CASE(test_fpu_component_size),
	KUNIT_CASE(test_fpu_mxcsr),
	KUNIT_CASE(test_arch_kind),
	KUNIT_CASE(test_vdso_identity),
	{}
};

static struct kunit_suite x86_suite = {
	.name		= "checkpoint_x86",
	.test_cases	= x86_cases,
};

kunit_test_suite(x86_suite);

MODULE_DESCRIPTION("Tests of the checks of x86 checkpoint records");
MODULE_LICENSE("GPL");
