// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - address spaces
 *
 * Saved: what prctl(PR_SET_MM_MAP) can set and /proc shows (program, heap,
 *	stack, arguments, environment, auxiliary vector, executable); dumpable
 *	state and coredump filter; MCL_FUTURE; PR_SET_THP_DISABLE, PR_SET_MDWE,
 *	PR_SET_MEMORY_MERGE; membarrier() registrations; high-water marks. The
 *	architecture adds its record, vma.c the areas, pages.c the contents.
 * Not saved: statistics of KSM, state of NUMA balancing.
 * Refused: binary formats other than ELF; memory of a
 *	program whose file its user could not read, or that was started in
 *	another user namespace; asynchronous I/O contexts.
 *
 * References are those of mm_count. At restart the created tasks keep the
 * address spaces in use. One that dies early does not wait for the caller, so
 * whoever looks into the address space of another takes mm_users, or fails.
 */

#include <linux/aio.h>
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/elf.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ksm.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mmu_notifier.h>
#include <linux/personality.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/checkpoint_arch.h>
#include <asm/tlbflush.h>

#include "files.h"
#include "mm.h"
#include "namespaces.h"
#include "pages.h"

/* ---- what registers or flags stand for ---- */

static const struct {
	int bit;
	u32 flag;
} mm_bits[] = {
	{ MMF_DISABLE_THP,		CKPT_MM_THP_DISABLE },
	{ MMF_HAS_MDWE,			CKPT_MM_MDWE },
	{ MMF_HAS_MDWE_NO_INHERIT,	CKPT_MM_MDWE_NO_INHERIT },
	{ MMF_VM_MERGE_ANY,		CKPT_MM_MERGE_ANY },
};

static const struct {
	int state;
	u32 flag;
	int arg;
} membarriers[] = {
	{ MEMBARRIER_STATE_PRIVATE_EXPEDITED_READY, CKPT_MM_MB_PRIVATE, 0 },
	{ MEMBARRIER_STATE_PRIVATE_EXPEDITED_SYNC_CORE_READY,
	  CKPT_MM_MB_SYNC_CORE, MEMBARRIER_FLAG_SYNC_CORE },
	{ MEMBARRIER_STATE_PRIVATE_EXPEDITED_RSEQ_READY,
	  CKPT_MM_MB_RSEQ, MEMBARRIER_FLAG_RSEQ },
};

static u32 mm_flags(struct mm_struct *mm)
{
	int state = atomic_read(&mm->membarrier_state);
	u32 flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(mm_bits); i++)
		if (test_bit(mm_bits[i].bit, &mm->flags))
			flags |= mm_bits[i].flag;
	for (i = 0; i < ARRAY_SIZE(membarriers); i++)
		if (state & membarriers[i].state)
			flags |= membarriers[i].flag;
	if (state & MEMBARRIER_STATE_GLOBAL_EXPEDITED_READY)
		flags |= CKPT_MM_MB_GLOBAL;
	return flags;
}

/* ---- checkpoint ---- */

static int check_supported(struct ckpt_ctx *ctx, struct mm_struct *mm)
{
	if (mm->def_flags & ~(VM_LOCKED_MASK | VM_NOHUGEPAGE))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"memory: unknown flags of areas to come");
	if (mm_has_aio(mm))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"memory: asynchronous I/O context, see io_setup(2)");
	return ckpt_arch_check_mm(ctx, mm);
}

static void fill_mm(struct ckpt_hdr_mm *h, struct mm_struct *mm)
{
	h->flags = mm_flags(mm);
	h->dumpable = get_dumpable(mm);
	h->dump_filter = (READ_ONCE(mm->flags) & MMF_DUMP_FILTER_MASK) >>
			 MMF_DUMP_FILTER_SHIFT;
	h->def_flags = ckpt_vma_flags(mm->def_flags);
	h->hiwater_rss = get_mm_hiwater_rss(mm);
	h->hiwater_vm = get_mm_hiwater_vm(mm);

	spin_lock(&mm->arg_lock);
	h->start_code = mm->start_code;
	h->end_code = mm->end_code;
	h->start_data = mm->start_data;
	h->end_data = mm->end_data;
	h->start_brk = mm->start_brk;
	h->brk = mm->brk;
	h->start_stack = mm->start_stack;
	h->arg_start = mm->arg_start;
	h->arg_end = mm->arg_end;
	h->env_start = mm->env_start;
	h->env_end = mm->env_end;
	spin_unlock(&mm->arg_lock);
}

static int checkpoint_auxv(struct ckpt_ctx *ctx, struct mm_struct *mm)
{
	struct ckpt_hdr_auxv *h;
	int i, nr = 0;

	/* Up to and including AT_NULL; the rest is zero. */
	while (nr + 2 <= AT_VECTOR_SIZE && mm->saved_auxv[nr] != AT_NULL)
		nr += 2;
	nr += 2;
	h = ckpt_new_rec(ctx, CKPT_HDR_AUXV, struct_size(h, auxv, nr));
	if (IS_ERR(h))
		return PTR_ERR(h);
	for (i = 0; i < nr - 2; i++)
		h->auxv[i] = mm->saved_auxv[i];
	return 0;
}

static int checkpoint_areas(struct ckpt_ctx *ctx, u32 obj, struct mm_struct *mm)
{
	struct ckpt_vma_file last = {};
	struct vm_area_struct *vma;
	int ret;

	VMA_ITERATOR(vmi, mm, 0);
	for_each_vma(vmi, vma) {
		if (ckpt_arch_is_vdso(vma))
			continue;
		ret = checkpoint_vma(ctx, vma, &last);
		if (!ret)
			ret = checkpoint_vma_pages(ctx, obj, vma);
		if (ret)
			return ret;
		if (fatal_signal_pending(current))
			return ckpt_err(ctx, -EINTR, "interrupted");
		cond_resched();
	}
	return 0;
}

/* What dup_mmap() does around the copying of page tables. */
static int checkpoint_areas_locked(struct ckpt_ctx *ctx, u32 obj,
				   struct mm_struct *mm)
{
	struct mmu_notifier_range range;
	int ret;

	if (mmap_write_lock_killable(mm))
		return ckpt_err(ctx, -EINTR, "interrupted");
	flush_cache_dup_mm(mm);
	mmu_notifier_range_init(&range, MMU_NOTIFY_PROTECTION_PAGE, 0, mm, 0,
				mm->task_size);
	mmu_notifier_invalidate_range_start(&range);
	ret = checkpoint_areas(ctx, obj, mm);
	/* Once for all areas, and before anybody can write to them again. */
	flush_tlb_mm(mm);
	mmu_notifier_invalidate_range_end(&range);
	mmap_write_unlock(mm);
	return ret;
}

/**
 * checkpoint_mm - write an address space
 * @ctx: the checkpoint
 * @obj: the address space; all tasks that use it are stopped
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_mm(struct ckpt_ctx *ctx, void *obj)
{
	struct mm_struct *mm = obj;
	struct ckpt_hdr_mm *h;
	struct file *exe;
	ktime_t start;
	int exe_id = 0;
	int user_ns;
	int ret;

	ret = check_supported(ctx, mm);
	if (ret)
		return ret;
	user_ns = ckpt_user_ns_id(ctx, mm->user_ns);
	if (user_ns < 0)
		return user_ns;
	exe = get_mm_exe_file(mm);
	if (exe) {
		exe_id = checkpoint_file_obj(ctx, exe);
		ckpt_obj_use(ctx, exe, false);
		fput(exe);
		if (exe_id < 0)
			return exe_id;
	}
	ret = checkpoint_vma_objs(ctx, mm);
	if (ret)
		return ret;

	start = ktime_get();
	h = ckpt_new_obj(ctx, CKPT_HDR_MM, sizeof(*h));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->exe_file = exe_id;
	h->user_ns = user_ns;
	fill_mm(h, mm);
	ret = ckpt_arch_checkpoint_mm(ctx, mm) ?:
	      checkpoint_auxv(ctx, mm) ?:
	      checkpoint_areas_locked(ctx, h->h.id, mm);
	ctx->memdump_time += ktime_to_ns(ktime_sub(ktime_get(), start));
	return ret;
}

/* ---- validate ---- */

/**
 * ckpt_mm_validate - check an MM record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_mm_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_mm *m = (const void *)h;
	const u64 *addr;

	if (m->flags & ~CKPT_MM_ALL)
		return ckpt_bad(v, "unknown flags");
	if ((m->flags & CKPT_MM_MDWE_NO_INHERIT) && !(m->flags & CKPT_MM_MDWE))
		return ckpt_bad(v, "MDWE that is not inherited but not set");
	if (m->dumpable > SUID_DUMP_ROOT)
		return ckpt_bad(v, "unknown dumpable state");
	if (m->dump_filter >> MMF_DUMP_FILTER_BITS)
		return ckpt_bad(v, "unknown bits of the coredump filter");
	if (m->def_flags & ~(CKPT_VMA_LOCKED | CKPT_VMA_LOCKONFAULT |
			     CKPT_VMA_NOHUGEPAGE))
		return ckpt_bad(v, "unknown flags of areas to come");
	if ((m->def_flags & CKPT_VMA_LOCKONFAULT) &&
	    !(m->def_flags & CKPT_VMA_LOCKED))
		return ckpt_bad(v, "areas to come are half locked");
	if (m->exe_file && !ckpt_memory_file_ok(v, m->exe_file))
		return ckpt_bad(v, "executable that is no file");
	for (addr = &m->start_code; addr <= &m->env_end; addr++)
		if (*addr > TASK_SIZE_MAX)
			return ckpt_bad(v, "address beyond the end of user memory");
	if (m->start_brk > m->brk || m->arg_start > m->arg_end ||
	    m->env_start > m->env_end)
		return ckpt_bad(v, "end before start");
	if (m->hiwater_rss > LONG_MAX || m->hiwater_vm > LONG_MAX)
		return ckpt_bad(v, "high-water marks");
	if (!ckpt_ref0_ok(v, m->user_ns, CKPT_CLASS_NS_USER) || m->reserved)
		return ckpt_bad(v, "reference to something that is no user namespace");
	return 0;
}

/**
 * ckpt_auxv_validate - check an AUXV record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_auxv_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_auxv *a = (const void *)h;
	size_t len, nr;

	ckpt_payload(h, sizeof(*a), &len);
	nr = len / sizeof(a->auxv[0]);
	if (nr < 2 || nr % 2 || nr > CKPT_AUXV_MAX)
		return ckpt_bad(v, "length of the auxiliary vector");
	if (a->auxv[nr - 2] != AT_NULL)
		return ckpt_bad(v, "auxiliary vector without an end");
	return 0;
}

/* ---- restart ---- */

/**
 * ckpt_install_mm - make a restored address space that of current
 * @ctx: the restart
 * @mm: the address space
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_install_mm(struct ckpt_ctx *ctx, struct mm_struct *mm)
{
	int ret;

	if (current->mm == mm)
		return 0;
	if (!mmget_not_zero(mm))
		return ckpt_err(ctx, -EINTR, "memory: its other users were killed");
	ret = exec_mmap(mm);
	if (ret) {
		mmput(mm);
		return ckpt_err(ctx, ret, "memory: cannot switch to it");
	}
	up_write(&current->signal->exec_update_lock);
	return 0;
}

/*
 * Leave the borrowed address space for a new one. It inherits nothing from it
 * but MDWE, which nobody gets rid of.
 */
static int enter_new_mm(struct ckpt_ctx *ctx, u32 user_ns)
{
	struct mm_struct *mm = mm_alloc();
	int ret;

	if (!mm)
		return ckpt_err(ctx, -ENOMEM, "out of memory");
	put_user_ns(mm->user_ns);
	mm->user_ns = get_user_ns(ckpt_ns_user(ctx, user_ns));
	mm->flags &= MMF_HAS_MDWE_MASK;
	mm->def_flags = 0;
	ret = exec_mmap(mm);
	if (ret) {
		mmput(mm);
		return ckpt_err(ctx, ret, "memory: cannot switch to it");
	}
	up_write(&current->signal->exec_update_lock);
	return 0;
}

static int restore_auxv(struct ckpt_ctx *ctx, struct ckpt_cursor *c)
{
	unsigned long auxv[AT_VECTOR_SIZE] = {};
	const struct ckpt_hdr_auxv *h;
	size_t i, len;

	h = ckpt_read_obj_type(c, CKPT_HDR_AUXV);
	if (IS_ERR(h))
		return PTR_ERR(h);
	ckpt_payload(&h->h, sizeof(*h), &len);
	if (len > sizeof(auxv))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"memory: auxiliary vector of %zu bytes", len);
	for (i = 0; i < len / sizeof(h->auxv[0]); i++)
		auxv[i] = h->auxv[i];
	memcpy(current->mm->saved_auxv, auxv, sizeof(auxv));
	return 0;
}

/* The checks of prctl(PR_SET_MM_MAP). */
static int restore_layout(struct ckpt_ctx *ctx, const struct ckpt_hdr_mm *h)
{
	struct mm_struct *mm = current->mm;

	if (check_data_rlimit(rlimit(RLIMIT_DATA), h->brk, h->start_brk,
			      h->end_data, h->start_data))
		return ckpt_err(ctx, -ENOMEM, "memory: heap is over its limit");

	spin_lock(&mm->arg_lock);
	mm->start_code = h->start_code;
	mm->end_code = h->end_code;
	mm->start_data = h->start_data;
	mm->end_data = h->end_data;
	mm->start_brk = h->start_brk;
	mm->brk = h->brk;
	mm->start_stack = h->start_stack;
	mm->arg_start = h->arg_start;
	mm->arg_end = h->arg_end;
	mm->env_start = h->env_start;
	mm->env_end = h->env_end;
	spin_unlock(&mm->arg_lock);
	return 0;
}

/*
 * The checks of prctl(PR_SET_MM_EXE_FILE), without the privilege: what may be
 * executed and read can be made to look like this by exec and ptrace as well.
 */
static int restore_exe(struct ckpt_ctx *ctx, u32 id)
{
	struct file *file;
	int ret;

	if (!id)
		return 0;
	file = restore_obj(ctx, id);
	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = -EACCES;
	if (S_ISREG(file_inode(file)->i_mode) && !path_noexec(&file->f_path))
		ret = file_permission(file, MAY_EXEC);
	if (!ret)
		ret = set_mm_exe_file(current->mm, file);
	if (ret)
		return ckpt_err(ctx, ret, "executable: may not be executed");
	return 0;
}

static int restore_areas(struct ckpt_ctx *ctx, struct ckpt_cursor *c)
{
	unsigned int personality = current->personality;
	const struct ckpt_hdr_vma *h;
	int ret = 0;

	/* The areas have the flags they have, whoever restarts them. */
	current->personality &= ~READ_IMPLIES_EXEC;
	while (!ret && (h = ckpt_read_opt_type(c, CKPT_HDR_VMA))) {
		if (fatal_signal_pending(current))
			ret = ckpt_err(ctx, -EINTR, "interrupted");
		else
			ret = restore_vma(ctx, h);
		cond_resched();
	}
	current->personality = personality;
	return ret;
}

static int restore_membarrier(struct ckpt_ctx *ctx, u32 flags)
{
	int i, ret = 0;

	if (flags & CKPT_MM_MB_GLOBAL)
		ret = membarrier_register_global_expedited();
	for (i = 0; i < ARRAY_SIZE(membarriers) && !ret; i++)
		if (flags & membarriers[i].flag)
			ret = membarrier_register_private_expedited(membarriers[i].arg);
	return ret ? ckpt_err(ctx, ret, "memory: membarrier registration") : 0;
}

/*
 * Dumped by root, with its rights, is only who asked for more privilege, and if
 * the administrator wants that: prctl(PR_SET_DUMPABLE) refuses it.
 */
static int check_dumpable(struct ckpt_ctx *ctx, const struct ckpt_hdr_mm *h)
{
	if (h->dumpable != SUID_DUMP_ROOT || suid_dumpable == SUID_DUMP_ROOT ||
	    capable(CAP_SYS_ADMIN))
		return 0;
	return ckpt_err(ctx, -EPERM,
			"memory: to be dumped by root: not permitted (fs.suid_dumpable is %d)",
			suid_dumpable);
}

/* What would have restricted or changed the areas before they were there. */
static int restore_mm_flags(struct ckpt_ctx *ctx, const struct ckpt_hdr_mm *h)
{
	struct mm_struct *mm = current->mm;
	int i, ret;

	if ((h->def_flags & CKPT_VMA_LOCKED) && !can_do_mlock())
		return ckpt_err(ctx, -EPERM, "memory: may not be locked");
	mm->def_flags = ckpt_vm_flags(h->def_flags);
	if (h->flags & CKPT_MM_MERGE_ANY) {
		if (!capable(CAP_SYS_RESOURCE))
			return ckpt_err(ctx, -EPERM,
					"memory: PR_SET_MEMORY_MERGE is not permitted");
		mmap_write_lock(mm);
		ret = ksm_enable_merge_any(mm);
		mmap_write_unlock(mm);
		if (ret)
			return ckpt_err(ctx, ret, "memory: PR_SET_MEMORY_MERGE");
	}
	for (i = 0; i < ARRAY_SIZE(mm_bits); i++)
		if ((h->flags & mm_bits[i].flag) &&
		    mm_bits[i].bit != MMF_VM_MERGE_ANY)
			set_bit(mm_bits[i].bit, &mm->flags);
	return restore_membarrier(ctx, h->flags);
}

static int fill_new_mm(struct ckpt_ctx *ctx, const struct ckpt_hdr_mm *h,
		       struct ckpt_cursor *c)
{
	struct mm_struct *mm = current->mm;
	int ret;

	ret = check_dumpable(ctx, h) ?:
	      ckpt_arch_restore_mm(ctx, c) ?:
	      restore_auxv(ctx, c) ?:
	      restore_layout(ctx, h) ?:
	      restore_exe(ctx, h->exe_file) ?:
	      restore_areas(ctx, c) ?:
	      ckpt_read_end(c, CKPT_HDR_MM) ?:
	      restore_mm_flags(ctx, h);
	if (ret)
		return ret;
	/* Nobody may look into it before it is complete. */
	set_mask_bits(&mm->flags, MMF_DUMP_FILTER_MASK,
		      h->dump_filter << MMF_DUMP_FILTER_SHIFT);
	set_dumpable(mm, SUID_DUMP_DISABLE);
	mm->hiwater_rss = h->hiwater_rss;
	mm->hiwater_vm = h->hiwater_vm;
	return 0;
}

/**
 * restore_mm - create an address space, without contents
 * @ctx: the restart
 * @h: its record
 * @c: position behind that
 *
 * The new address space becomes that of current, which is how ordinary
 * functions come to work on it.
 *
 * Return: the address space, with a reference of mm_count, or ERR_PTR() of an
 * errno that has been reported.
 */
void *restore_mm(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		 struct ckpt_cursor *c)
{
	int ret;

	ret = enter_new_mm(ctx, ((const struct ckpt_hdr_mm *)h)->user_ns) ?:
	      fill_new_mm(ctx, (const struct ckpt_hdr_mm *)h, c);
	if (ret)
		return ERR_PTR(ret);
	mmgrab(current->mm);
	return current->mm;
}

/* The next area at or behind @addr that mlock() would have filled. */
static bool next_locked(struct mm_struct *mm, unsigned long addr,
			unsigned long *start, unsigned long *end)
{
	struct vm_area_struct *vma;
	bool found = false;

	VMA_ITERATOR(vmi, mm, addr);
	mmap_read_lock(mm);
	for_each_vma(vmi, vma) {
		if ((vma->vm_flags & VM_LOCKED_MASK) != VM_LOCKED)
			continue;
		*start = vma->vm_start;
		*end = vma->vm_end;
		found = true;
		break;
	}
	mmap_read_unlock(mm);
	return found;
}

/*
 * Fill in what is not in the image, such as pages of files and pages that are
 * all zero. As with mlockall(), errors do not matter.
 */
static void populate_locked(struct mm_struct *mm)
{
	unsigned long start, end = 0;

	while (mm->locked_vm && next_locked(mm, end, &start, &end)) {
		mm_populate(start, end - start);
		if (fatal_signal_pending(current))
			break;
	}
}

/**
 * restore_mm_commit - complete the address space of current
 * @ctx: the restart, committed
 * @id: its object
 * @process: current does it for the whole process
 *
 * To be called by each task after its credentials have been committed, which
 * makes the address space less dumpable.
 */
void restore_mm_commit(struct ckpt_ctx *ctx, u32 id, bool process)
{
	const struct ckpt_hdr_mm *h = (const void *)ckpt_obj_by_id(ctx, id)->h;

	set_dumpable(current->mm, h->dumpable);
	if (process)
		populate_locked(current->mm);
}

/**
 * ckpt_mm_get - take a reference on an address space
 * @obj: the address space
 */
void ckpt_mm_get(void *obj)
{
	mmgrab(obj);
}

/**
 * ckpt_mm_put - drop a reference on an address space
 * @obj: the address space
 */
void ckpt_mm_put(void *obj)
{
	mmdrop(obj);
}
