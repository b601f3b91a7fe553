// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - x86: address spaces
 *
 * Saved: the vdso, see vdso.c; whether it is one of a 32-bit program; where the
 * search for free addresses starts; access to the vsyscall page.
 * Not saved: permission for RDPMC, which goes with perf's mappings.
 * Refused: binary formats other than ELF, a local descriptor table, allocated
 * protection keys, address masking (LAM), uprobes, x32 programs.
 */
#include <linux/binfmts.h>
#include <linux/mm.h>
#include <linux/sched/coredump.h>
#include <asm/ia32.h>
#include "x86.h"

#define SIZE_IA32	0xffffe000UL
#define SIZE_IA32_3GB	0xc0000000UL

/* The format of 64-bit or of 32-bit programs. */
static struct linux_binfmt *elf_format_of(u32 flags)
{
	if (flags & CKPT_X86_MM_IA32)
		return ckpt_x86_compat_elf_format;
	return &elf_format;
}

static u32 mm_flags(const struct mm_struct *mm)
{
	u32 flags = 0;

	if (test_bit(MM_CONTEXT_UPROBE_IA32, &mm->context.flags))
		flags |= CKPT_X86_MM_IA32;
	if (test_bit(MM_CONTEXT_HAS_VSYSCALL, &mm->context.flags))
		flags |= CKPT_X86_MM_VSYSCALL;
	if (test_bit(MM_CONTEXT_LOCK_LAM, &mm->context.flags))
		flags |= CKPT_X86_MM_LOCK_LAM;
	if (test_bit(MMF_TOPDOWN, &mm->flags))
		flags |= CKPT_X86_MM_TOPDOWN;
	if (mm->task_size <= SIZE_IA32)
		flags |= CKPT_X86_MM_ADDR32;
	if (mm->task_size == SIZE_IA32_3GB)
		flags |= CKPT_X86_MM_3GB;
	return flags;
}

int ckpt_arch_check_mm(struct ckpt_ctx *ctx, struct mm_struct *mm)
{
	u32 flags = mm_flags(mm);

	if (ckpt_x86_mm_has_ldt(mm))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"local descriptor table, see modify_ldt(2)");
	if (ckpt_x86_mm_has_lam(mm) ||
	    test_bit(MM_CONTEXT_FORCE_TAGGED_SVA, &mm->context.flags))
		return ckpt_err(ctx, -EOPNOTSUPP, "linear address masking");
	if (ckpt_x86_mm_has_pkeys(mm))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"memory protection keys, see pkey_alloc(2)");
	if (test_bit(MMF_HAS_UPROBES, &mm->flags))
		return ckpt_err(ctx, -EOPNOTSUPP, "uprobes in the program");
	if ((flags & CKPT_X86_MM_ADDR32) && !(flags & CKPT_X86_MM_IA32))
		return ckpt_err(ctx, -EOPNOTSUPP, "x32 program");
	if (mm->binfmt != elf_format_of(flags))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"program of a binary format other than ELF");
	return 0;
}

static u64 highest_end(struct mm_struct *mm)
{
	VMA_ITERATOR(vmi, mm, ULONG_MAX);
	struct vm_area_struct *vma;
	u64 end;

	mmap_read_lock(mm);
	vma = vma_prev(&vmi);
	end = vma ? vma->vm_end : 0;
	mmap_read_unlock(mm);
	return end;
}

int ckpt_arch_checkpoint_mm(struct ckpt_ctx *ctx, struct mm_struct *mm)
{
	struct ckpt_hdr_x86_header *header = ckpt_x86_header(ctx);
	struct ckpt_hdr_x86_mm *rec;
	unsigned long *base;
	int err;

	rec = ckpt_new_rec(ctx, CKPT_HDR_X86_MM, sizeof(*rec));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	rec->flags = mm_flags(mm);
	if (rec->flags & (CKPT_X86_MM_ADDR32 | CKPT_X86_MM_IA32))
		header->flags |= CKPT_X86_HAS_IA32;
	err = checkpoint_x86_vdso(ctx, mm, rec);
	if (err)
		return err;
	rec->mmap_base = mm->mmap_base;
	rec->mmap_legacy_base = mm->mmap_legacy_base;
	base = ckpt_x86_mmap_compat_base(mm);
	if (base)
		rec->mmap_compat_base = *base;
	base = ckpt_x86_mmap_compat_legacy_base(mm);
	if (base)
		rec->mmap_compat_legacy_base = *base;
	header->addr_end = max(header->addr_end, highest_end(mm));
	return 0;
}

static bool base_ok(u64 addr)
{
	return IS_ALIGNED(addr, PAGE_SIZE) && addr <= BIT_ULL(56);
}

int ckpt_x86_mm_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_x86_mm *rec =
		container_of(h, struct ckpt_hdr_x86_mm, h);

	if (rec->flags & ~CKPT_X86_MM_ALL)
		return ckpt_bad(v, "unknown flags");
	if (rec->vdso_image >= CKPT_X86_VDSO_NR &&
	    rec->vdso_image != CKPT_X86_VDSO_NONE)
		return ckpt_bad(v, "unknown vdso image");
	if (rec->vdso_image == CKPT_X86_VDSO_NONE &&
	    (rec->vdso || (rec->flags & CKPT_X86_MM_VDSO)))
		return ckpt_bad(v, "address of a vdso without an image");
	if ((rec->flags & CKPT_X86_MM_ADDR32) &&
	    !(rec->flags & CKPT_X86_MM_IA32))
		return ckpt_bad(v, "32-bit addresses of a 64-bit program");
	if ((rec->flags & CKPT_X86_MM_3GB) &&
	    !(rec->flags & CKPT_X86_MM_ADDR32))
		return ckpt_bad(v, "3 GiB of addresses of a 64-bit program");
	if (!base_ok(rec->vdso) || !base_ok(rec->mmap_base) ||
	    !base_ok(rec->mmap_legacy_base) ||
	    !base_ok(rec->mmap_compat_base) ||
	    !base_ok(rec->mmap_compat_legacy_base))
		return ckpt_bad(v, "address that is none");
	return 0;
}

/* The bases are where searches begin; what they find is checked anyway. */
static unsigned long clamp_base(u64 addr, unsigned long end)
{
	return min_t(u64, addr, end);
}

static void restore_bases(struct mm_struct *mm,
			  const struct ckpt_hdr_x86_mm *rec)
{
	unsigned long *base;

	mm->mmap_base = clamp_base(rec->mmap_base, mm->task_size);
	mm->mmap_legacy_base = clamp_base(rec->mmap_legacy_base, mm->task_size);
	base = ckpt_x86_mmap_compat_base(mm);
	if (base)
		*base = clamp_base(rec->mmap_compat_base, SIZE_IA32);
	base = ckpt_x86_mmap_compat_legacy_base(mm);
	if (base)
		*base = clamp_base(rec->mmap_compat_legacy_base, SIZE_IA32);
}

static unsigned long task_size_of(u32 flags)
{
	if (flags & CKPT_X86_MM_3GB)
		return SIZE_IA32_3GB;
	if (flags & CKPT_X86_MM_ADDR32)
		return SIZE_IA32;
	return TASK_SIZE_MAX;
}

static void assign_flags(struct mm_struct *mm, u32 flags)
{
	assign_bit(MM_CONTEXT_UPROBE_IA32, &mm->context.flags,
		   flags & CKPT_X86_MM_IA32);
	assign_bit(MM_CONTEXT_HAS_VSYSCALL, &mm->context.flags,
		   flags & CKPT_X86_MM_VSYSCALL);
	assign_bit(MM_CONTEXT_LOCK_LAM, &mm->context.flags,
		   flags & CKPT_X86_MM_LOCK_LAM);
	assign_bit(MMF_TOPDOWN, &mm->flags, flags & CKPT_X86_MM_TOPDOWN);
}

int ckpt_arch_restore_mm(struct ckpt_ctx *ctx, struct ckpt_cursor *c)
{
	const struct ckpt_hdr_x86_mm *rec;
	struct mm_struct *mm = current->mm;

	rec = ckpt_read_obj_type(c, CKPT_HDR_X86_MM);
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	if ((rec->flags & CKPT_X86_MM_IA32) && !ia32_enabled())
		return ckpt_err(ctx, -EOPNOTSUPP,
				"kernel does not run 32-bit programs");
	/* Limits the addresses of what current maps from now on. */
	assign_bit(TIF_ADDR32, &current_thread_info()->flags,
		   rec->flags & CKPT_X86_MM_ADDR32);
	assign_flags(mm, rec->flags);
	mm->task_size = task_size_of(rec->flags);
	set_binfmt(elf_format_of(rec->flags));
	restore_bases(mm, rec);
	return restore_x86_vdso(ctx, rec);
}
