/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - x86: what depends on the configuration
 */
#ifndef _ASM_X86_CHECKPOINT_H
#define _ASM_X86_CHECKPOINT_H

#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/uprobes.h>
#include <asm/mmu.h>
#include <asm/checkpoint_hdr.h>
#include <asm/vdso.h>

/* What the image's header says of this architecture. */
#define CKPT_ARCH_NATIVE	CKPT_ARCH_X86_64

/* Flags of signal handlers that are not part of UAPI_SA_FLAGS. */
#define CKPT_ARCH_SA_FLAGS	CKPT_X86_SA_IA32

#ifdef CONFIG_COMPAT
#define ckpt_x86_vdso_image_32	(&vdso_image_32)
#define ckpt_x86_compat_elf_format	(&compat_elf_format)
#else
#define ckpt_x86_vdso_image_32	((const struct vdso_image *)NULL)
#define ckpt_x86_compat_elf_format	((struct linux_binfmt *)NULL)
#endif

#ifdef CONFIG_X86_USER_SHADOW_STACK
static inline unsigned long ckpt_x86_features(const struct task_struct *tsk)
{
	return tsk->thread.features;
}

static inline unsigned long
ckpt_x86_features_locked(const struct task_struct *tsk)
{
	return tsk->thread.features_locked;
}

static inline void ckpt_x86_lock_features(unsigned long features)
{
	current->thread.features_locked = features;
}
#else
static inline unsigned long ckpt_x86_features(const struct task_struct *tsk)
{
	return 0;
}

static inline unsigned long
ckpt_x86_features_locked(const struct task_struct *tsk)
{
	return 0;
}

static inline void ckpt_x86_lock_features(unsigned long features)
{
}
#endif

#ifdef CONFIG_UPROBES
/* Whether a uprobe is being handled, or a return address is a uretprobe's. */
static inline bool ckpt_x86_in_uprobe(const struct task_struct *tsk)
{
	return tsk->utask &&
	       (tsk->utask->active_uprobe || tsk->utask->return_instances);
}
#else
static inline bool ckpt_x86_in_uprobe(const struct task_struct *tsk)
{
	return false;
}
#endif

#ifdef CONFIG_MODIFY_LDT_SYSCALL
static inline bool ckpt_x86_mm_has_ldt(const struct mm_struct *mm)
{
	return mm->context.ldt;
}
#else
static inline bool ckpt_x86_mm_has_ldt(const struct mm_struct *mm)
{
	return false;
}
#endif

#ifdef CONFIG_ADDRESS_MASKING
static inline bool ckpt_x86_mm_has_lam(const struct mm_struct *mm)
{
	return mm->context.lam_cr3_mask;
}
#else
static inline bool ckpt_x86_mm_has_lam(const struct mm_struct *mm)
{
	return false;
}
#endif

#ifdef CONFIG_X86_INTEL_MEMORY_PROTECTION_KEYS
/* Whether a key other than 0, which always exists, has been allocated. */
static inline bool ckpt_x86_mm_has_pkeys(const struct mm_struct *mm)
{
	return mm->context.pkey_allocation_map & ~1;
}
#else
static inline bool ckpt_x86_mm_has_pkeys(const struct mm_struct *mm)
{
	return false;
}
#endif

#ifdef CONFIG_HAVE_ARCH_COMPAT_MMAP_BASES
static inline unsigned long *ckpt_x86_mmap_compat_base(struct mm_struct *mm)
{
	return &mm->mmap_compat_base;
}

static inline unsigned long *
ckpt_x86_mmap_compat_legacy_base(struct mm_struct *mm)
{
	return &mm->mmap_compat_legacy_base;
}
#else
static inline unsigned long *ckpt_x86_mmap_compat_base(struct mm_struct *mm)
{
	return NULL;
}

static inline unsigned long *
ckpt_x86_mmap_compat_legacy_base(struct mm_struct *mm)
{
	return NULL;
}
#endif

#endif /* _ASM_X86_CHECKPOINT_H */
