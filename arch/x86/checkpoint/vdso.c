// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - x86: the vdso
 *
 * Programs keep pointers into the vdso, and may be stopped in it, so it is
 * mapped again where it was, and only if it is the same image to the byte.
 *
 * Saved: its address and which image it is; that it was unmapped.
 * Not saved: its data pages, which belong to the kernel.
 * Refused: parts of it unmapped, moved apart or with other protection; pages
 * written to, e.g. by a debugger; the x32 image.
 */
#include <linux/crc32c.h>
#include <linux/mm.h>
#include <asm/vdso.h>
#include "x86.h"

/**
 * ckpt_x86_vdso_image - an image of the vdso
 * @nr: enum ckpt_x86_vdso_image
 *
 * Return: the image, or NULL if there is none of that number.
 */
const struct vdso_image *ckpt_x86_vdso_image(u32 nr)
{
	const struct vdso_image * const images[CKPT_X86_VDSO_NR] = {
		[CKPT_X86_VDSO_64] = &vdso_image_64,
		[CKPT_X86_VDSO_32] = ckpt_x86_vdso_image_32,
	};

	return nr < CKPT_X86_VDSO_NR ? images[nr] : NULL;
}

/**
 * ckpt_x86_vdso_name - what to call it in messages
 * @nr: enum ckpt_x86_vdso_image
 *
 * Return: its name.
 */
const char *ckpt_x86_vdso_name(u32 nr)
{
	return nr == CKPT_X86_VDSO_32 ? "32-bit" : "64-bit";
}

/**
 * ckpt_x86_vdso_identify - fingerprint of an image
 * @nr: enum ckpt_x86_vdso_image
 * @id: where to put it
 *
 * The image contains its build id and symbols, and the instructions that were
 * chosen for this processor.
 */
void ckpt_x86_vdso_identify(u32 nr, struct ckpt_x86_vdso *id)
{
	const struct vdso_image *image = ckpt_x86_vdso_image(nr);
	s64 layout[5];

	memset(id, 0, sizeof(*id));
	if (!image)
		return;
	layout[0] = image->sym_vvar_start;
	layout[1] = image->sym_vvar_page;
	layout[2] = image->sym_pvclock_page;
	layout[3] = image->sym_hvclock_page;
	layout[4] = image->sym_timens_page;
	id->size = image->size;
	id->crc = crc32c(~0, image->data, image->size);
	id->crc = crc32c(id->crc, layout, sizeof(layout));
}

static u32 image_nr(const struct mm_struct *mm)
{
	u32 nr;

	for (nr = 0; nr < CKPT_X86_VDSO_NR; nr++)
		if (mm->context.vdso_image == ckpt_x86_vdso_image(nr))
			return nr;
	return CKPT_X86_VDSO_NR;
}

/* Whether @vma is the whole of the code, where the MM believes it to be. */
static bool is_code(const struct vm_area_struct *vma)
{
	const struct mm_struct *mm = vma->vm_mm;
	unsigned long code = (unsigned long)mm->context.vdso;

	return vma_is_vdso_code(vma) && vma->vm_start == code &&
	       vma->vm_end == code + mm->context.vdso_image->size;
}

/* Whether @vma is the whole of the data, in front of the code. */
static bool is_data(const struct vm_area_struct *vma)
{
	const struct mm_struct *mm = vma->vm_mm;
	unsigned long code = (unsigned long)mm->context.vdso;

	return vma_is_vdso_data(vma) && vma->vm_end == code &&
	       vma->vm_start == code + mm->context.vdso_image->sym_vvar_start;
}

bool ckpt_arch_is_vdso(const struct vm_area_struct *vma)
{
	if (image_nr(vma->vm_mm) >= CKPT_X86_VDSO_NR)
		return false;
	return is_code(vma) || is_data(vma);
}

static int check_unchanged(struct ckpt_ctx *ctx,
			   const struct vm_area_struct *vma, vm_flags_t flags)
{
	if ((vma->vm_flags ^ flags) & ~VM_SOFTDIRTY)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"memory at %#lx: vdso with changed protection",
				vma->vm_start);
	if (vma->anon_vma)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"memory at %#lx: vdso that was written to",
				vma->vm_start);
	return 0;
}

static int find_vdso(struct ckpt_ctx *ctx, struct mm_struct *mm, u32 *flags)
{
	unsigned long code = (unsigned long)mm->context.vdso;
	struct vm_area_struct *text, *data;
	int err;

	text = vma_lookup(mm, code);
	if (text && !vma_is_vdso_code(text))
		text = NULL;
	data = code ? vma_lookup(mm, code - 1) : NULL;
	if (data && !vma_is_vdso_data(data))
		data = NULL;
	if (!text && !data)
		return 0;
	if (!text || !data || !is_code(text) || !is_data(data))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"memory at %#lx: vdso partly moved or unmapped",
				code);
	err = check_unchanged(ctx, text, VM_READ | VM_EXEC | VM_MAYREAD |
			      VM_MAYWRITE | VM_MAYEXEC | VM_DONTEXPAND);
	if (err)
		return err;
	err = check_unchanged(ctx, data, VM_READ | VM_MAYREAD | VM_IO |
			      VM_DONTDUMP | VM_PFNMAP | VM_DONTEXPAND);
	if (err)
		return err;
	*flags |= CKPT_X86_MM_VDSO;
	return 0;
}

/**
 * checkpoint_x86_vdso - fill in what an MM has of the vdso
 * @ctx: the checkpoint
 * @mm: the address space
 * @rec: where to put it
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_x86_vdso(struct ckpt_ctx *ctx, struct mm_struct *mm,
			struct ckpt_hdr_x86_mm *rec)
{
	int err;

	rec->vdso_image = CKPT_X86_VDSO_NONE;
	if (!mm->context.vdso_image)
		return 0;
	rec->vdso_image = image_nr(mm);
	if (rec->vdso_image >= CKPT_X86_VDSO_NR)
		return ckpt_err(ctx, -EOPNOTSUPP, "x32 program");
	rec->vdso = (unsigned long)mm->context.vdso;

	mmap_read_lock(mm);
	err = find_vdso(ctx, mm, &rec->flags);
	mmap_read_unlock(mm);
	if (err)
		return err;
	if (rec->flags & CKPT_X86_MM_VDSO)
		ckpt_x86_header(ctx)->vdso_used |= BIT(rec->vdso_image);
	return 0;
}

static int map_vdso_at(struct ckpt_ctx *ctx, const struct vdso_image *image,
		       unsigned long addr)
{
	int err;

	err = map_vdso_once(image, addr + image->sym_vvar_start);
	if (err)
		return ckpt_err(ctx, err, "memory at %#lx: cannot map the vdso",
				addr);
	if ((unsigned long)current->mm->context.vdso != addr)
		return ckpt_err(ctx, -EBADMSG,
				"memory at %#lx: no room for the vdso", addr);
	return 0;
}

/**
 * restore_x86_vdso - give current's new address space its vdso
 * @ctx: the restart
 * @rec: the record, validated
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_x86_vdso(struct ckpt_ctx *ctx, const struct ckpt_hdr_x86_mm *rec)
{
	const struct vdso_image *image;
	u32 nr = rec->vdso_image;

	if (nr == CKPT_X86_VDSO_NONE)
		return 0;
	image = ckpt_x86_vdso_image(nr);
	if (!image)
		return ckpt_err(ctx, -EOPNOTSUPP, "kernel has no %s vdso",
				ckpt_x86_vdso_name(nr));
	if (rec->flags & CKPT_X86_MM_VDSO) {
		if (!(ckpt_x86_header(ctx)->vdso_used & BIT(nr)))
			return ckpt_err(ctx, -EBADMSG,
					"%s vdso is mapped, but the arch header does not say so",
					ckpt_x86_vdso_name(nr));
		return map_vdso_at(ctx, image, rec->vdso);
	}
	if (rec->vdso >= TASK_SIZE_MAX)
		return ckpt_err(ctx, -EBADMSG, "memory at %#llx: no vdso there",
				rec->vdso);
	current->mm->context.vdso = (void __user *)(unsigned long)rec->vdso;
	current->mm->context.vdso_image = image;
	return 0;
}
