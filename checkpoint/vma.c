// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the areas (VMAs) of an address space
 *
 * Saved: range, protection and its limits, file and offset, vm_pgoff of
 *	anonymous memory, growing stacks, mlock, the flags of madvise() and
 *	mmap(), names of anonymous memory, and which areas stem from the same
 *	one by fork(), so that pages can be shared copy-on-write again.
 * Not saved: soft-dirty state (everything is soft-dirty after a restart),
 *	placement hints that live in page tables only.
 * Refused: mappings of devices, huge TLB pages, DAX, System V shared memory,
 *	secret memory, userfaultfd, shadow stacks, protection keys, memory
 *	policies, sealed areas, modified vDSO pages.
 *
 * The vDSO and its data belong to the architecture's record of the mm.
 */

#include <linux/hugetlb.h>
#include <linux/khugepaged.h>
#include <linux/ksm.h>
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/mman.h>
#include <linux/perf_event.h>
#include <linux/pkeys.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/secretmem.h>
#include <linux/security.h>
#include <linux/shmem_fs.h>
#include <linux/userfaultfd_k.h>
#include <linux/checkpoint_arch.h>

#include "files.h"
#include "ipc.h"
#include "lsm.h"
#include "mm.h"

static const struct {
	vm_flags_t vm_flag;
	u64 flag;
} vma_flags[] = {
	{ VM_READ,		CKPT_VMA_READ },
	{ VM_WRITE,		CKPT_VMA_WRITE },
	{ VM_EXEC,		CKPT_VMA_EXEC },
	{ VM_SHARED,		CKPT_VMA_SHARED },
	{ VM_MAYREAD,		CKPT_VMA_MAYREAD },
	{ VM_MAYWRITE,		CKPT_VMA_MAYWRITE },
	{ VM_MAYEXEC,		CKPT_VMA_MAYEXEC },
	{ VM_MAYSHARE,		CKPT_VMA_MAYSHARE },
	{ VM_GROWSDOWN,		CKPT_VMA_GROWSDOWN },
	{ VM_LOCKED,		CKPT_VMA_LOCKED },
	{ VM_LOCKONFAULT,	CKPT_VMA_LOCKONFAULT },
	{ VM_ACCOUNT,		CKPT_VMA_ACCOUNT },
	{ VM_NORESERVE,		CKPT_VMA_NORESERVE },
	{ VM_SEQ_READ,		CKPT_VMA_SEQ_READ },
	{ VM_RAND_READ,		CKPT_VMA_RAND_READ },
	{ VM_DONTCOPY,		CKPT_VMA_DONTFORK },
	{ VM_WIPEONFORK,	CKPT_VMA_WIPEONFORK },
	{ VM_DONTDUMP,		CKPT_VMA_DONTDUMP },
	{ VM_HUGEPAGE,		CKPT_VMA_HUGEPAGE },
	{ VM_NOHUGEPAGE,	CKPT_VMA_NOHUGEPAGE },
	{ VM_MERGEABLE,		CKPT_VMA_MERGEABLE },
	{ VM_DROPPABLE,		CKPT_VMA_DROPPABLE },
};

/* Flags with which an area cannot be re-created, and why. First match wins. */
static const struct {
	vm_flags_t vm_flags;
	const char *why;
} vma_refused[] = {
	{ VM_HUGETLB,			"huge TLB pages" },
	{ __VM_UFFD_FLAGS,		"registered with userfaultfd" },
	{ VM_SHADOW_STACK,		"a shadow stack" },
	{ VM_IO | VM_PFNMAP | VM_MIXEDMAP, "memory of a device" },
	{ VM_SYNC,			"mapped with MAP_SYNC" },
	{ VM_SEALED,			"sealed" },
	{ ARCH_VM_PKEY_FLAGS,		"has a protection key" },
	{ VM_DONTEXPAND,		"a special mapping" },
};

/**
 * ckpt_vma_flags - flags of an area as they are in the image
 * @vm_flags: VM_* flags
 *
 * Return: CKPT_VMA_* flags; what has none is left out.
 */
u64 ckpt_vma_flags(vm_flags_t vm_flags)
{
	u64 flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(vma_flags); i++)
		if (vm_flags & vma_flags[i].vm_flag)
			flags |= vma_flags[i].flag;
	return flags;
}

/**
 * ckpt_vm_flags - flags of an area from those in the image
 * @flags: CKPT_VMA_* flags
 *
 * Return: VM_* flags.
 */
vm_flags_t ckpt_vm_flags(u64 flags)
{
	vm_flags_t vm_flags = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(vma_flags); i++)
		if (flags & vma_flags[i].flag)
			vm_flags |= vma_flags[i].vm_flag;
	return vm_flags;
}

static const char *vma_file_refused(struct vm_area_struct *vma)
{
	struct address_space *mapping = vma->vm_file->f_mapping;

	if (vma_is_secretmem(vma))
		return "secret memory";
	if (vma_is_dax(vma))
		return "DAX";
	/* A private mapping of /dev/zero is like anonymous memory. */
	if (vma_is_anonymous(vma))
		return NULL;
	if (!S_ISREG(file_inode(vma->vm_file)->i_mode))
		return "a mapping of a device";
	if (shmem_mapping(mapping))
		return NULL;
	if (!mapping->a_ops || !mapping->a_ops->read_folio)
		return "a mapping of a special file";
	return NULL;
}

static const char *vma_why_refused(struct vm_area_struct *vma)
{
	vm_flags_t known = VM_SOFTDIRTY;
	int i;

	for (i = 0; i < ARRAY_SIZE(vma_refused); i++)
		if (vma->vm_flags & vma_refused[i].vm_flags)
			return vma_refused[i].why;
	for (i = 0; i < ARRAY_SIZE(vma_flags); i++)
		known |= vma_flags[i].vm_flag;
	if (vma->vm_flags & ~known)
		return "has unknown flags";
	if (!(vma->vm_flags & VM_MAYSHARE) &&
	    (!is_cow_mapping(vma->vm_flags) || !(vma->vm_flags & VM_MAYREAD)))
		return "a special mapping";
	if (vma_policy(vma))
		return "has a memory policy";
	if (vma->vm_file)
		return vma_file_refused(vma);
	if (!vma_is_anonymous(vma))
		return "a special mapping";
	return NULL;
}

static int vma_check(struct ckpt_ctx *ctx, struct vm_area_struct *vma)
{
	const char *why = vma_why_refused(vma);

	if (!why)
		return 0;
	return ckpt_err(ctx, -EOPNOTSUPP, "memory %lx-%lx: %s", vma->vm_start,
			vma->vm_end, why);
}

/* Anonymous memory with MAP_SHARED: its file is known to nobody else. */
static bool vma_is_shared_anon(const struct vm_area_struct *vma)
{
	return vma->vm_file && shmem_mapping(vma->vm_file->f_mapping) &&
	       IS_PRIVATE(file_inode(vma->vm_file));
}

/* An attachment is a mapping of a file of its own, for the segment's. */
static int checkpoint_vma_shm(struct ckpt_ctx *ctx, struct file *base)
{
	/* Segments come with their IPC namespace. */
	if (!ckpt_obj_known(ctx, base))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"System V shared memory segment %lu: of an IPC namespace that is not the tree's own",
				file_inode(base)->i_ino);
	return checkpoint_obj(ctx, CKPT_HDR_INODE, base);
}

static int checkpoint_vma_file(struct ckpt_ctx *ctx, struct file *file,
			       bool shared_anon)
{
	struct file *base = ckpt_shm_base(file);

	if (base)
		return checkpoint_vma_shm(ctx, base);
	if (shared_anon)
		return checkpoint_obj(ctx, CKPT_HDR_INODE, file);
	return checkpoint_file_obj(ctx, file);
}

static int vma_file_id(struct ckpt_ctx *ctx, struct vm_area_struct *vma,
		       struct ckpt_vma_file *last)
{
	if (!vma->vm_file)
		return 0;
	ckpt_obj_use(ctx, vma->vm_file, false);
	if (vma->vm_file != last->file) {
		last->id = checkpoint_vma_file(ctx, vma->vm_file,
					       vma_is_shared_anon(vma));
		last->file = vma->vm_file;
	}
	return last->id;
}

/**
 * checkpoint_vma_objs - write the files that an address space maps
 * @ctx: the checkpoint
 * @mm: the address space; all its tasks are stopped
 *
 * Files have locks that come before mmap_lock, so this takes and drops it for
 * each. Nothing can change meanwhile: tasks that could are stopped.
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_vma_objs(struct ckpt_ctx *ctx, struct mm_struct *mm)
{
	struct file *last = NULL;
	unsigned long addr = 0;

	for (;;) {
		struct vm_area_struct *vma;
		struct file *file = NULL;
		bool shared_anon = false;
		int ret = 0;

		if (mmap_read_lock_killable(mm))
			return ckpt_err(ctx, -EINTR, "interrupted");
		VMA_ITERATOR(vmi, mm, addr);
		for_each_vma(vmi, vma) {
			addr = vma->vm_end;
			if (ckpt_arch_is_vdso(vma)) {
				if (vma->anon_vma)
					ret = ckpt_err(ctx, -EOPNOTSUPP,
						       "memory %lx-%lx: modified vDSO",
						       vma->vm_start, vma->vm_end);
			} else {
				ret = vma_check(ctx, vma);
			}
			if (ret || (vma->vm_file && vma->vm_file != last))
				break;
		}
		if (!ret && vma) {
			shared_anon = vma_is_shared_anon(vma);
			file = get_file(vma->vm_file);
		}
		mmap_read_unlock(mm);

		if (file) {
			ret = checkpoint_vma_file(ctx, file, shared_anon);
			fput(file);
			last = file;
		}
		if (ret < 0 || !file)
			return ret;
		cond_resched();
	}
}

/*
 * A number for the tree of anon_vmas an area belongs to, or 0 if no other area
 * is in it. Heuristic: the counts may change if tasks outside share the tree.
 */
static int checkpoint_anon_root(struct ckpt_ctx *ctx, struct anon_vma *anon_vma,
				u32 *id)
{
	unsigned long key;
	void *entry;
	int ret;

	*id = 0;
	if (!anon_vma)
		return 0;

	anon_vma = anon_vma->root;
	if (READ_ONCE(anon_vma->num_children) < 2 &&
	    READ_ONCE(anon_vma->num_active_vmas) < 2)
		return 0;

	key = (unsigned long)anon_vma / sizeof(void *);
	entry = xa_load(&ctx->anon_roots, key);
	if (!entry) {
		entry = xa_mk_value(ctx->nr_anon_roots + 1);
		ret = xa_err(xa_store(&ctx->anon_roots, key, entry,
				      GFP_KERNEL_ACCOUNT));
		if (ret)
			return ckpt_err(ctx, ret, "out of memory");
		ctx->nr_anon_roots++;
	}
	*id = xa_to_value(entry);
	return 0;
}

/**
 * checkpoint_vma - write the record of an area
 * @ctx: the checkpoint
 * @vma: the area, not one of the vDSO's; mmap_lock is held for writing
 * @last: the file of the area before, updated
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_vma(struct ckpt_ctx *ctx, struct vm_area_struct *vma,
		   struct ckpt_vma_file *last)
{
	struct anon_vma_name *name = anon_vma_name(vma);
	size_t name_len = name ? strlen(name->name) + 1 : 0;
	struct ckpt_hdr_vma *h;
	u32 anon_root;
	int file, ret;

	if (name_len > CKPT_VMA_NAME_MAX)
		return ckpt_err(ctx, -EOPNOTSUPP, "memory %lx-%lx: long name",
				vma->vm_start, vma->vm_end);
	file = vma_file_id(ctx, vma, last);
	if (file < 0)
		return file;
	ret = checkpoint_anon_root(ctx, vma->anon_vma, &anon_root);
	if (ret)
		return ret;

	h = ckpt_new_rec(ctx, CKPT_HDR_VMA,
			 sizeof(*h) + ALIGN(name_len, sizeof(u64)));
	if (IS_ERR(h))
		return PTR_ERR(h);
	h->start = vma->vm_start;
	h->end = vma->vm_end;
	h->pgoff = vma->vm_pgoff;
	h->flags = ckpt_vma_flags(vma->vm_flags);
	h->file = file;
	h->anon_root = anon_root;
	if (name_len)
		memcpy(h->name, name->name, name_len);
	return 0;
}

/* The same characters as PR_SET_VMA_ANON_NAME allows. */
static bool name_ok(const u8 *name, size_t len)
{
	if (!len)
		return true;
	if (len > CKPT_VMA_NAME_MAX || !ckpt_string_ok(name, len))
		return false;
	for (; *name; name++)
		if (*name <= 0x1f || *name >= 0x7f ||
		    strchr("\\`$[]", *name))
			return false;
	return true;
}

static const char *vma_flags_wrong(const struct ckpt_hdr_vma *h)
{
	u64 access = h->flags & (CKPT_VMA_READ | CKPT_VMA_WRITE | CKPT_VMA_EXEC);
	const u64 limits = CKPT_VMA_MAYREAD | CKPT_VMA_MAYWRITE;
	bool shared = h->flags & CKPT_VMA_MAYSHARE;

	if (h->flags & ~CKPT_VMA_ALL)
		return "unknown flags of an area";
	if (access & ~(h->flags / (CKPT_VMA_MAYREAD / CKPT_VMA_READ)))
		return "an area with more access than its limit";
	if ((h->flags & CKPT_VMA_SHARED) && !shared)
		return "an area that is half shared";
	if ((h->flags & CKPT_VMA_LOCKONFAULT) && !(h->flags & CKPT_VMA_LOCKED))
		return "an area that is half locked";
	if ((h->flags & CKPT_VMA_HUGEPAGE) && (h->flags & CKPT_VMA_NOHUGEPAGE))
		return "contradicting advice for an area";
	if ((h->flags & CKPT_VMA_ACCOUNT) && (h->flags & CKPT_VMA_NORESERVE))
		return "an area that is accounted for and is not";
	if (shared && (h->flags & CKPT_VMA_ACCOUNT))
		return "a shared area that is accounted for";
	if ((h->file || shared) &&
	    (h->flags & (CKPT_VMA_GROWSDOWN | CKPT_VMA_DROPPABLE |
			 CKPT_VMA_WIPEONFORK)))
		return "flags for private anonymous memory only";
	if ((h->flags & CKPT_VMA_DROPPABLE) &&
	    (h->flags & (CKPT_VMA_LOCKED | CKPT_VMA_GROWSDOWN)))
		return "droppable memory that must not be dropped";
	if (shared && !h->file)
		return "shared memory without an object";
	if (shared && h->anon_root)
		return "shared memory with a copy-on-write origin";
	if (!shared && (h->flags & limits) != limits)
		return "a private area that cannot be written to";
	return NULL;
}

/**
 * ckpt_vma_validate - check a VMA record
 * @v: state of the pass
 * @h: the record
 *
 * Return: 0 or -EBADMSG.
 */
int ckpt_vma_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_vma *vma = container_of(h, struct ckpt_hdr_vma, h);
	size_t name_len;
	const void *name = ckpt_payload(h, sizeof(*vma), &name_len);
	const char *why;

	if (!PAGE_ALIGNED(vma->start) || !PAGE_ALIGNED(vma->end) ||
	    vma->start >= vma->end)
		return ckpt_bad(v, "range of an area");
	if (vma->start < v->last_end)
		return ckpt_bad(v, "areas that overlap or are out of order");
	if (vma->end > TASK_SIZE_MAX)
		return ckpt_bad(v, "an area beyond the end of user memory");
	if (vma->pgoff > (ULONG_MAX >> PAGE_SHIFT) ||
	    vma->pgoff + ((vma->end - vma->start) >> PAGE_SHIFT) >
	    (ULONG_MAX >> PAGE_SHIFT))
		return ckpt_bad(v, "file offset of an area");
	if (vma->file && !ckpt_memory_file_ok(v, vma->file) &&
	    !ckpt_ref_ok(v, vma->file, CKPT_CLASS_INODE))
		return ckpt_bad(v, "file of an area");
	why = vma_flags_wrong(vma);
	if (why)
		return ckpt_bad(v, why);
	if (!name_ok(name, name_len))
		return ckpt_bad(v, "name of an area");
	if (name_len && vma->file && !ckpt_ref_ok(v, vma->file, CKPT_CLASS_INODE))
		return ckpt_bad(v, "name of an area that is not anonymous");
	v->last_end = vma->end;
	return 0;
}

static unsigned long vma_prot(vm_flags_t flags)
{
	return (flags & VM_READ ? PROT_READ : 0) |
	       (flags & VM_WRITE ? PROT_WRITE : 0) |
	       (flags & VM_EXEC ? PROT_EXEC : 0);
}

/* Whether do_mmap() accounts for the area by itself. */
static bool vma_is_accountable(vm_flags_t flags)
{
	return (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE;
}

static int vma_err(struct ckpt_ctx *ctx, const struct ckpt_hdr_vma *h, int err,
		   const char *what)
{
	return ckpt_err(ctx, err, "memory %llx-%llx: %s", h->start, h->end, what);
}

/*
 * What mprotect() could take away, but the ordinary mmap() gives: limits. A
 * limit of a shared mapping is counted in its file and cannot differ.
 */
static int restore_file_limits(struct ckpt_ctx *ctx,
			       const struct ckpt_hdr_vma *h,
			       struct vm_area_struct *vma, vm_flags_t flags)
{
	const vm_flags_t limits = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
	vm_flags_t more = vma->vm_flags & ~flags & limits;

	if (flags & ~vma->vm_flags & (limits | VM_SHARED))
		return vma_err(ctx, h, -EACCES, "the file allows less than before");
	if ((more & VM_MAYWRITE) && (vma->vm_flags & VM_SHARED))
		return vma_err(ctx, h, -ESTALE, "the file allows more than before");
	vma_start_write(vma);
	vm_flags_clear(vma, more);
	return 0;
}

/*
 * Files, and shared memory: the ordinary way in, with everything it checks and
 * accounts for. The flags of madvise() and mlock() are passed along, so that
 * the new area is merged with its neighbour only if it is the same in all.
 */
static int restore_vma_file(struct ckpt_ctx *ctx, const struct ckpt_hdr_vma *h,
			    struct file *file, vm_flags_t flags)
{
	const vm_flags_t by_mmap = VM_ACCESS_FLAGS | VM_SHARED | VM_MAYREAD |
		VM_MAYWRITE | VM_MAYEXEC | VM_MAYSHARE | VM_ACCOUNT |
		VM_NORESERVE | VM_MERGEABLE;
	unsigned long map = MAP_FIXED_NOREPLACE |
		(flags & VM_MAYSHARE ? MAP_SHARED : MAP_PRIVATE) |
		(flags & VM_NORESERVE ? MAP_NORESERVE : 0);
	unsigned long prot = vma_prot(flags);
	unsigned long len = h->end - h->start;
	struct mm_struct *mm = current->mm;
	vm_flags_t extra = flags & ~by_mmap;
	unsigned long charged = 0;
	unsigned long addr, populate;
	struct vm_area_struct *vma;
	int ret;

	ret = security_mmap_file(file, prot, map);
	if (ret)
		return vma_err(ctx, h, ret, "mapping is denied");
	if ((flags & VM_LOCKED) && !can_do_mlock())
		return vma_err(ctx, h, -EPERM, "may not be locked");
	if (mmap_write_lock_killable(mm))
		return vma_err(ctx, h, -EINTR, "interrupted");

	/* It was writable once, and is accounted for until it is unmapped. */
	if ((flags & VM_ACCOUNT) && !vma_is_accountable(flags)) {
		charged = len >> PAGE_SHIFT;
		if (security_vm_enough_memory_mm(mm, charged)) {
			ret = vma_err(ctx, h, -ENOMEM, "too much committed memory");
			goto unlock;
		}
		extra |= VM_ACCOUNT;
	}

	addr = do_mmap(file, h->start, len, prot, map, extra, h->pgoff,
		       &populate, NULL);
	if (IS_ERR_VALUE(addr)) {
		vm_unacct_memory(charged);
		ret = vma_err(ctx, h, (int)addr, "cannot be mapped");
		goto unlock;
	}
	vma = vma_lookup(mm, h->start);
	if (!vma || vma->vm_end != h->end)
		ret = vma_err(ctx, h, -EINVAL, "the file maps elsewhere");
	else
		ret = restore_file_limits(ctx, h, vma, flags);
unlock:
	mmap_write_unlock(mm);
	return ret;
}

/*
 * Private anonymous memory: inserted as it was, for mmap() would give it
 * another vm_pgoff and merge it with its neighbours. What mmap() would check
 * and account for is done here.
 */
static int check_vma_anon(const struct ckpt_hdr_vma *h, vm_flags_t flags,
			  const char **why)
{
	unsigned long npages = (h->end - h->start) >> PAGE_SHIFT;
	struct mm_struct *mm = current->mm;
	int ret;

	*why = "mapping is denied";
	ret = security_mmap_addr(h->start);
	if (!ret)
		ret = security_mmap_file(NULL, vma_prot(flags),
					 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);
	if (ret)
		return ret;
	if (map_deny_write_exec(flags, flags))
		return -EACCES;
	if (h->end > TASK_SIZE || !arch_validate_flags(flags))
		return -EINVAL;

	*why = "may not be locked";
	if ((flags & VM_LOCKED) && !can_do_mlock())
		return -EPERM;
	*why = "over a limit";
	if ((flags & VM_LOCKED) && !capable(CAP_IPC_LOCK) &&
	    mm->locked_vm + npages > rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT)
		return -ENOMEM;
	if (mm->map_count > sysctl_max_map_count ||
	    !may_expand_vm(mm, flags, npages))
		return -ENOMEM;
	return 0;
}

static int insert_vma_anon(const struct ckpt_hdr_vma *h, vm_flags_t flags)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int ret;

	vma = vm_area_alloc(mm);
	if (!vma)
		return -ENOMEM;
	vma_set_anonymous(vma);
	vma->vm_start = h->start;
	vma->vm_end = h->end;
	vma->vm_pgoff = h->pgoff;
	vm_flags_init(vma, flags | VM_SOFTDIRTY);
	vma->vm_page_prot = vm_get_page_prot(flags);

	ret = __insert_vm_struct(mm, vma);
	if (ret) {
		vm_area_free(vma);
		return ret;
	}
	vm_stat_account(mm, flags, vma_pages(vma));
	if (flags & VM_LOCKED)
		mm->locked_vm += vma_pages(vma);
	khugepaged_enter_vma(vma, flags);
	perf_event_mmap(vma);
	return 0;
}

static int restore_vma_anon(struct ckpt_ctx *ctx, const struct ckpt_hdr_vma *h,
			    vm_flags_t flags)
{
	struct mm_struct *mm = current->mm;
	const char *why;
	int ret;

	if (sysctl_overcommit_memory == OVERCOMMIT_NEVER &&
	    !(flags & VM_DROPPABLE))
		flags &= ~VM_NORESERVE;
	if (vma_is_accountable(flags))
		flags |= VM_ACCOUNT;
	flags &= ~VM_MERGEABLE;

	if (mmap_write_lock_killable(mm))
		return vma_err(ctx, h, -EINTR, "interrupted");
	ret = check_vma_anon(h, flags, &why);
	if (!ret) {
		why = "cannot be mapped";
		ret = insert_vma_anon(h, flags);
	}
	mmap_write_unlock(mm);
	return ret ? vma_err(ctx, h, ret, why) : 0;
}

/* What is neither passed to mmap() nor found in vm_flags alone. */
static int restore_vma_advice(struct ckpt_ctx *ctx,
			      const struct ckpt_hdr_vma *h)
{
	unsigned long len = h->end - h->start;
	struct mm_struct *mm = current->mm;
	struct anon_vma_name *name;
	struct vm_area_struct *vma;
	vm_flags_t vm_flags;
	size_t name_len;
	int ret = 0;

	ckpt_payload(&h->h, sizeof(*h), &name_len);
	if (!name_len && !(h->flags & CKPT_VMA_MERGEABLE))
		return 0;

	mmap_write_lock(mm);
	vma = vma_lookup(mm, h->start);
	if (vma && (h->flags & CKPT_VMA_MERGEABLE)) {
		vm_flags = vma->vm_flags;
		ret = ksm_madvise(vma, h->start, h->end, MADV_MERGEABLE,
				  &vm_flags);
		vma_start_write(vma);
		vm_flags_reset(vma, vm_flags);
		if (!ret && !(vm_flags & VM_MERGEABLE))
			ret = -EOPNOTSUPP;
	}
	if (!ret && name_len) {
		name = anon_vma_name_alloc((const char *)h->name);
		ret = name ? madvise_set_anon_name(mm, h->start, len, name) :
			     -ENOMEM;
		anon_vma_name_put(name);
	}
	mmap_write_unlock(mm);
	return ret ? vma_err(ctx, h, ret, "advice or name not accepted") : 0;
}

/* The address of the whole attachment that an area is part of. */
static unsigned long attached_at(unsigned long start, unsigned long pgoff)
{
	return start - (pgoff << PAGE_SHIFT);
}

/*
 * shmdt() takes all areas of the same file away, so the parts of an attachment
 * share one again.
 */
static struct file *find_attachment(const struct ckpt_hdr_vma *h,
				    const struct file *base)
{
	unsigned long at = attached_at(h->start, h->pgoff);
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	struct file *file = NULL;

	mmap_read_lock(mm);
	VMA_ITERATOR(vmi, mm, at);
	for_each_vma_range(vmi, vma, h->start) {
		if (!vma->vm_file || ckpt_shm_base(vma->vm_file) != base ||
		    attached_at(vma->vm_start, vma->vm_pgoff) != at)
			continue;
		file = get_file(vma->vm_file);
		break;
	}
	mmap_read_unlock(mm);
	return file;
}

static int restore_vma_shm(struct ckpt_ctx *ctx, const struct ckpt_hdr_vma *h,
			   struct file *base, vm_flags_t flags)
{
	struct ckpt_obj *o = ckpt_obj_by_id(ctx, h->file);
	struct file *file = find_attachment(h, base);
	int ret;

	if (!file)
		file = ckpt_shm_attach(o->priv, base,
				       flags & VM_MAYWRITE ? O_RDWR : O_RDONLY);
	if (IS_ERR(file))
		return vma_err(ctx, h, PTR_ERR(file), "cannot be attached");
	ret = restore_obj_labels(ctx, CKPT_LABELLED_FILE, file, o->c) ?:
	      restore_vma_file(ctx, h, file, flags);
	fput(file);
	return ret;
}

static bool is_segment(struct ckpt_ctx *ctx, u32 id)
{
	const struct ckpt_hdr *h = ckpt_obj_by_id(ctx, id)->h;

	return h->type == CKPT_HDR_INODE &&
	       ((const struct ckpt_hdr_inode *)h)->kind == CKPT_INODE_SHM_SYSV;
}

/**
 * restore_vma - create an area in the current address space
 * @ctx: the restart
 * @h: its record
 *
 * The address space is new and has no other user yet; its def_flags are 0.
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_vma(struct ckpt_ctx *ctx, const struct ckpt_hdr_vma *h)
{
	vm_flags_t flags = ckpt_vm_flags(h->flags);
	struct file *file;
	int ret;

	if (h->file) {
		/* Of an INODE object, too, the pointer is a file. */
		file = restore_obj(ctx, h->file);
		if (IS_ERR(file))
			return PTR_ERR(file);
		ret = 0;
		/* What has not been written to is read from the file. */
		if (!(flags & VM_MAYSHARE))
			ret = restore_file_unchanged(ctx, h->file, file);
		if (!ret && is_segment(ctx, h->file))
			ret = restore_vma_shm(ctx, h, file, flags);
		else if (!ret)
			ret = restore_vma_file(ctx, h, file, flags);
	} else {
		ret = restore_vma_anon(ctx, h, flags);
	}
	if (ret)
		return ret;
	return restore_vma_advice(ctx, h);
}

/**
 * struct ckpt_anon_root - areas that may have pages in common
 * @mm: address space of the first one; the object of the restart pins it
 * @start: its address
 * @last_mm: address space of the last one
 * @last_start: its address
 *
 * All of them are linked to the first one, as if it had been their parent in
 * a fork(): a page that belongs to its anon_vma, the root, is found by the
 * reverse mapping in all of them. Within one address space they share one
 * anon_vma, as areas that have been split do.
 */
struct ckpt_anon_root {
	struct mm_struct *mm;
	unsigned long start;
	struct mm_struct *last_mm;
	unsigned long last_start;
};

static int prepare_anon_root(struct ckpt_ctx *ctx, struct mm_struct *mm,
			     const struct ckpt_hdr_vma *h)
{
	struct ckpt_anon_root *root;
	struct vm_area_struct *vma;
	int ret;

	root = kmalloc(sizeof(*root), GFP_KERNEL_ACCOUNT);
	if (!root)
		return -ENOMEM;
	*root = (struct ckpt_anon_root){ mm, h->start, mm, h->start };

	mmap_write_lock(mm);
	vma = vma_lookup(mm, h->start);
	if (vma)
		vma_start_write(vma);
	ret = vma ? anon_vma_prepare(vma) : -ENOENT;
	mmap_write_unlock(mm);
	if (!ret)
		ret = xa_err(xa_store(&ctx->anon_roots, h->anon_root, root,
				      GFP_KERNEL_ACCOUNT));
	if (ret)
		kfree(root);
	return ret;
}

static int link_within_mm(struct mm_struct *mm, unsigned long from,
			  unsigned long to)
{
	struct vm_area_struct *src, *dst;
	int ret = 0;

	mmap_write_lock(mm);
	src = vma_lookup(mm, from);
	dst = vma_lookup(mm, to);
	if (src && dst && !dst->anon_vma) {
		vma_start_write(dst);
		dst->anon_vma = src->anon_vma;
		ret = anon_vma_clone(dst, src);
	}
	mmap_write_unlock(mm);
	return ret;
}

static int link_across_mm(struct ckpt_anon_root *root, struct mm_struct *mm,
			  unsigned long to)
{
	struct vm_area_struct *src, *dst;
	int ret = 0;

	if (!mmget_not_zero(root->mm))
		return -ESRCH;
	mmap_write_lock(root->mm);
	mmap_write_lock_nested(mm, SINGLE_DEPTH_NESTING);
	src = vma_lookup(root->mm, root->start);
	dst = vma_lookup(mm, to);
	if (src && dst && !dst->anon_vma) {
		vma_start_write(dst);
		ret = anon_vma_fork(dst, src);
	}
	mmap_write_unlock(mm);
	mmap_write_unlock(root->mm);
	mmput(root->mm);
	return ret;
}

static int restore_anon_root(struct ckpt_ctx *ctx, struct mm_struct *mm,
			     const struct ckpt_hdr_vma *h)
{
	struct ckpt_anon_root *root = xa_load(&ctx->anon_roots, h->anon_root);
	int ret;

	if (!root) {
		ret = prepare_anon_root(ctx, mm, h);
	} else {
		if (root->last_mm == mm)
			ret = link_within_mm(mm, root->last_start, h->start);
		else
			ret = link_across_mm(root, mm, h->start);
		root->last_mm = mm;
		root->last_start = h->start;
	}
	return ret ? vma_err(ctx, h, ret, "cannot be linked to its origin") : 0;
}

static int restore_anon_roots_mm(struct ckpt_ctx *ctx, struct mm_struct *mm,
				 struct ckpt_cursor c)
{
	const struct ckpt_hdr_vma *vma;
	const struct ckpt_kind *kind;
	const struct ckpt_hdr *h;
	int ret;

	while ((h = ckpt_cursor_next(&c))) {
		kind = ckpt_kind(h->type);
		/* An unknown one is optional, or there would be no restart. */
		if (kind && kind->owner != CKPT_HDR_MM)
			break;
		if (h->type != CKPT_HDR_VMA)
			continue;
		vma = container_of(h, struct ckpt_hdr_vma, h);
		if (!vma->anon_root)
			continue;
		ret = restore_anon_root(ctx, mm, vma);
		if (ret)
			return ret;
		cond_resched();
	}
	return 0;
}

/**
 * restore_anon_roots - link areas that stem from the same one by fork()
 * @ctx: the restart
 *
 * Called by the caller of restart() once all tasks wait at the barrier and
 * before they have any pages: no address space changes meanwhile. What cannot
 * be linked (because it was merged with another area) gets private copies.
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_anon_roots(struct ckpt_ctx *ctx)
{
	struct ckpt_obj *o;
	int ret;
	u32 id;

	for (id = 1; id <= ctx->nr_objs; id++) {
		o = ckpt_obj_by_id(ctx, id);
		if (o->h->type != CKPT_HDR_MM || !o->ptr)
			continue;
		if (fatal_signal_pending(current))
			return ckpt_err(ctx, -EINTR, "interrupted");
		if (!mmget_not_zero(o->ptr))
			return ckpt_err(ctx, -EINTR, "a task was killed");
		ret = restore_anon_roots_mm(ctx, o->ptr, o->c);
		mmput(o->ptr);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * ckpt_anon_roots_free - forget what is known about roots
 * @ctx: the checkpoint or restart
 */
void ckpt_anon_roots_free(struct ckpt_ctx *ctx)
{
	unsigned long index;
	void *entry;

	xa_for_each(&ctx->anon_roots, index, entry)
		if (!xa_is_value(entry))
			kfree(entry);
	xa_destroy(&ctx->anon_roots);
}
