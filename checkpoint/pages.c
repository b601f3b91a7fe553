// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the contents of memory
 *
 * Saved: every page of private memory that differs from what is mapped there,
 *	swapped ones included; the pages of nameless shared memory (inode.c
 *	adds them); which pages several address spaces share copy-on-write.
 * Not saved: pages of mapped files; anonymous pages that are all zero, which
 *	read the same if absent; MAP_DROPPABLE memory, which may vanish at any
 *	time and often holds what must not exist twice (getrandom() states).
 * Refused: pages with hardware errors.
 *
 * Capture. While the tasks are stopped, private memory is not copied. As in
 * fork(), each page is made copy-on-write: PageAnonExclusive is cleared and
 * the page table entry write-protected; and instead of mapping it a second
 * time, we take a reference. That keeps its contents as they are, because a
 * write needs a writable entry, which an anonymous page only gets if it
 *
 *  - is PageAnonExclusive, or becomes so again: only wp_can_reuse_anon_folio(),
 *    do_huge_pmd_wp_page() and do_swap_page() set it on a page that is in use,
 *    and all three demand that there is no reference other than those of the
 *    one mapping and of the swap cache. The first never does it for parts of
 *    large folios; the second splits the mapping instead. A folio that was
 *    unmapped to be swapped out stays in the swap cache for our reference,
 *    with an entry that is not exclusive, and so comes back like this;
 *  - or is copied first, which is what they do otherwise.
 *
 * mprotect() goes by PageAnonExclusive as well; GUP breaks the sharing before
 * it pins (FAULT_FLAG_UNSHARE) or writes. KSM, migration, compaction and
 * splitting of folios give up on pages with unexpected references.
 * A page that is pinned already may be written to by a device at any time and
 * must stay where it is: it is copied at once, as fork() does.
 * mm->write_protect_seq keeps GUP-fast from pinning under our hands.
 *
 * References are dropped as soon as a page has been written.
 */

#include <linux/bvec.h>
#include <linux/crc32c.h>
#include <linux/highmem.h>
#include <linux/huge_mm.h>
#include <linux/ksm.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pagewalk.h>
#include <linux/pgalloc.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/security.h>
#include <linux/swap.h>
#include <linux/swapops.h>

#include "files.h"
#include "mm.h"
#include "pages.h"

/*
 * Captured pages are kept as runs, one behind the other, in chunks. A run is
 * a struct ckpt_run and one pointer for each page, or just one pointer for all
 * of a huge page. A run never crosses from one chunk to the next.
 */
#define CHUNK_SLOTS	(SZ_256K / sizeof(u64) - 8)

struct ckpt_chunk {
	struct list_head list;
	unsigned int used;		/* slots */
	struct ckpt_run *last;		/* run that may still grow, or NULL */
	u64 slots[CHUNK_SLOTS];
};

/**
 * struct ckpt_run - pages next to each other
 * @obj: the MM or INODE object they are in
 * @nr: how many
 * @addr: address or offset of the first, and in the low bits
 *	%RUN_HUGE: @pages has one pointer, and holds one reference, for all;
 *	%RUN_KEEP_ZERO: absent pages do not read as zero here
 * @pages: the pages, each with a reference; in the low bit
 *	%PAGE_MAYBE_SHARED: it may be in another run, too
 */
struct ckpt_run {
	u32 obj;
	u32 nr;
	u64 addr;
	unsigned long pages[];
};

#define RUN_HUGE		1UL
#define RUN_KEEP_ZERO		2UL
#define RUN_FLAGS		(RUN_HUGE | RUN_KEEP_ZERO)
#define PAGE_MAYBE_SHARED	1UL

#define RUN_SLOTS		(sizeof(struct ckpt_run) / sizeof(u64))

static unsigned int run_pointers(const struct ckpt_run *run)
{
	return run->addr & RUN_HUGE ? 1 : run->nr;
}

static struct page *entry_page(unsigned long entry)
{
	return (struct page *)(entry & ~PAGE_MAYBE_SHARED);
}

/* Make room for @nr pages, so that run_add() need not allocate. */
static int run_reserve(struct ckpt_ctx *ctx, unsigned int nr)
{
	struct ckpt_chunk *chunk;

	BUILD_BUG_ON(PTRS_PER_PTE * (RUN_SLOTS + 1) > CHUNK_SLOTS);
	if (!list_empty(&ctx->pages)) {
		chunk = list_last_entry(&ctx->pages, struct ckpt_chunk, list);
		if (CHUNK_SLOTS - chunk->used >= nr * (RUN_SLOTS + 1))
			return 0;
	}
	chunk = kvmalloc(sizeof(*chunk), GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return ckpt_err(ctx, -ENOMEM, "memory: list of its pages");
	chunk->used = 0;
	chunk->last = NULL;
	list_add_tail(&chunk->list, &ctx->pages);
	return 0;
}

static void run_add(struct ckpt_ctx *ctx, u32 obj, u64 addr, unsigned int nr,
		    unsigned long entry)
{
	struct ckpt_chunk *chunk = list_last_entry(&ctx->pages,
						   struct ckpt_chunk, list);
	struct ckpt_run *run = chunk->last;

	if (!run || run->obj != obj || (addr & RUN_HUGE) ||
	    run->addr + (u64)run->nr * PAGE_SIZE != addr) {
		run = (struct ckpt_run *)&chunk->slots[chunk->used];
		run->obj = obj;
		run->nr = 0;
		run->addr = addr;
		chunk->used += RUN_SLOTS;
		chunk->last = addr & RUN_HUGE ? NULL : run;
	}
	run->pages[run_pointers(run) - !!(addr & RUN_HUGE)] = entry;
	run->nr += nr;
	chunk->used++;
}

/**
 * ckpt_pages_add - put a page of an object in the image
 * @ctx: the checkpoint
 * @obj: the MM or INODE object
 * @addr: address or byte offset in it, page aligned
 * @page: the page; this takes over the caller's reference, even on failure.
 *	It must not change any more.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_pages_add(struct ckpt_ctx *ctx, u32 obj, u64 addr, struct page *page)
{
	int ret = run_reserve(ctx, 1);

	if (ret) {
		put_page(page);
		return ret;
	}
	run_add(ctx, obj, addr, 1, (unsigned long)page);
	return 0;
}

/**
 * struct capture - capture of one area
 * @ctx: the checkpoint
 * @obj: MM object
 * @keep_zero: %RUN_KEEP_ZERO if there is a file behind the area, or 0
 * @spare: page to copy a pinned one to, or NULL
 */
struct capture {
	struct ckpt_ctx *ctx;
	u32 obj;
	unsigned long keep_zero;
	struct page *spare;
};

/* What to do about an entry before its page can be captured. */
enum capture_need {
	CAPTURE_DONE,
	CAPTURE_FAULT,		/* swapped or migrating: fault it in */
	CAPTURE_SPARE,		/* pinned: a page to copy it to */
	CAPTURE_SPLIT,		/* pinned: page by page */
	CAPTURE_POISONED,
};

/*
 * Whether other address spaces may have the page, too. If in doubt, yes: that
 * costs a look-up when it is written.
 */
static bool maybe_shared(struct folio *folio, struct page *page)
{
	int mapcount = atomic_read(&page->_mapcount) + 1;

	if (folio_test_large(folio))
		mapcount += folio_entire_mapcount(folio);
	return mapcount > 1 || folio_test_ksm(folio) ||
	       folio_test_swapcache(folio);
}

static enum capture_need capture_absent(pte_t pte)
{
	swp_entry_t entry = pte_to_swp_entry(pte);

	if (is_hwpoison_entry(entry) || is_poisoned_swp_entry(entry))
		return CAPTURE_POISONED;
	if (is_pte_marker_entry(entry))
		return CAPTURE_DONE;
	return CAPTURE_FAULT;
}

static enum capture_need capture_copy(struct capture *cap, unsigned long addr,
				      struct page *page,
				      struct vm_area_struct *vma)
{
	struct page *copy = cap->spare;

	if (!copy)
		return CAPTURE_SPARE;
	if (copy_mc_user_highpage(copy, page, addr, vma))
		return CAPTURE_POISONED;
	cap->spare = NULL;
	run_add(cap->ctx, cap->obj, addr | cap->keep_zero, 1,
		(unsigned long)copy);
	return CAPTURE_DONE;
}

/* Called with the page table locked, and room for the page reserved. */
static enum capture_need capture_pte(struct capture *cap,
				     struct vm_area_struct *vma,
				     unsigned long addr, pte_t *ptep)
{
	pte_t pte = ptep_get(ptep);
	unsigned long shared = 0;
	struct folio *folio;
	struct page *page;

	if (pte_none(pte))
		return CAPTURE_DONE;
	if (!pte_present(pte))
		return capture_absent(pte);

	page = vm_normal_page(vma, addr, pte);
	if (!page) {
		/* KSM puts it in place of pages that are all zero. */
		if (!cap->keep_zero || !is_zero_pfn(pte_pfn(pte)))
			return CAPTURE_DONE;
		page = pte_page(pte);
	} else {
		folio = page_folio(page);
		if (!folio_test_anon(folio))
			return CAPTURE_DONE;
		if (PageHWPoison(page))
			return CAPTURE_POISONED;
		if (PageAnonExclusive(page)) {
			if (folio_needs_cow_for_dma(vma, folio))
				return capture_copy(cap, addr, page, vma);
			ClearPageAnonExclusive(page);
		}
		if (pte_write(pte))
			ptep_set_wrprotect(vma->vm_mm, addr, ptep);
		if (maybe_shared(folio, page))
			shared = PAGE_MAYBE_SHARED;
	}
	get_page(page);
	run_add(cap->ctx, cap->obj, addr | cap->keep_zero, 1,
		(unsigned long)page | shared);
	return CAPTURE_DONE;
}

/* The same for a huge page. */
static enum capture_need capture_pmd(struct capture *cap,
				     struct vm_area_struct *vma,
				     unsigned long addr, pmd_t *pmdp)
{
	unsigned long shared = 0;
	pmd_t pmd = *pmdp;
	struct folio *folio;
	struct page *page;

	if (!pmd_present(pmd))
		return CAPTURE_FAULT;
	if (is_huge_zero_pmd(pmd))
		return CAPTURE_DONE;
	page = vm_normal_page_pmd(vma, addr, pmd);
	if (!page)
		return CAPTURE_DONE;
	folio = page_folio(page);
	if (!folio_test_anon(folio))
		return CAPTURE_DONE;
	if (folio_test_has_hwpoisoned(folio))
		return CAPTURE_SPLIT;
	if (PageAnonExclusive(page)) {
		if (folio_needs_cow_for_dma(vma, folio))
			return CAPTURE_SPLIT;
		ClearPageAnonExclusive(page);
	}
	if (pmd_write(pmd))
		pmdp_set_wrprotect(vma->vm_mm, addr, pmdp);
	if (maybe_shared(folio, page))
		shared = PAGE_MAYBE_SHARED;
	folio_get(folio);
	run_add(cap->ctx, cap->obj, addr | RUN_HUGE, HPAGE_PMD_NR,
		(unsigned long)page | shared);
	return CAPTURE_DONE;
}

/* Called without the page table lock; afterwards the entry is looked at again. */
static int capture_provide(struct capture *cap, struct vm_area_struct *vma,
			   unsigned long addr, pmd_t *pmd,
			   enum capture_need need)
{
	struct page *page;
	long ret;

	switch (need) {
	case CAPTURE_FAULT:
		ret = get_user_pages_remote(vma->vm_mm, addr, 1, FOLL_FORCE,
					    &page, NULL);
		if (ret != 1)
			return ckpt_err(cap->ctx, ret < 0 ? (int)ret : -EFAULT,
					"memory %lx: cannot be read from swap",
					addr);
		put_page(page);
		return 0;
	case CAPTURE_SPARE:
		cap->spare = alloc_page(GFP_HIGHUSER | __GFP_ACCOUNT);
		if (!cap->spare)
			return ckpt_err(cap->ctx, -ENOMEM, "out of memory");
		return 0;
	case CAPTURE_SPLIT:
		split_huge_pmd(vma, pmd, addr);
		return 0;
	default:
		return ckpt_err(cap->ctx, -EOPNOTSUPP,
				"memory %lx: hardware error", addr);
	}
}

/* Capture from *@addr up to @end, or until something must be provided. */
static enum capture_need capture_range(struct capture *cap,
				       struct vm_area_struct *vma, pmd_t *pmd,
				       unsigned long *addr, unsigned long end)
{
	enum capture_need need = CAPTURE_DONE;
	pte_t *start, *pte;
	spinlock_t *ptl;

	ptl = pmd_trans_huge_lock(pmd, vma);
	if (ptl) {
		need = capture_pmd(cap, vma, *addr, pmd);
		spin_unlock(ptl);
		if (need == CAPTURE_DONE)
			*addr = end;
		return need;
	}
	start = pte_offset_map_lock(vma->vm_mm, pmd, *addr, &ptl);
	if (!start) {
		if (pmd_none(pmdp_get_lockless(pmd)))
			*addr = end;
		return CAPTURE_DONE;
	}
	arch_enter_lazy_mmu_mode();
	for (pte = start; *addr != end; pte++, *addr += PAGE_SIZE) {
		need = capture_pte(cap, vma, *addr, pte);
		if (need != CAPTURE_DONE)
			break;
	}
	arch_leave_lazy_mmu_mode();
	pte_unmap_unlock(start, ptl);
	return need;
}

static int capture_pmd_entry(pmd_t *pmd, unsigned long addr, unsigned long end,
			     struct mm_walk *walk)
{
	struct capture *cap = walk->private;
	enum capture_need need;
	int ret;

	cap->ctx->nr_scanned += (end - addr) >> PAGE_SHIFT;
	while (addr != end) {
		ret = run_reserve(cap->ctx, PTRS_PER_PTE);
		if (ret)
			return ret;
		need = capture_range(cap, walk->vma, pmd, &addr, end);
		if (need != CAPTURE_DONE) {
			ret = capture_provide(cap, walk->vma, addr, pmd, need);
			if (ret)
				return ret;
		}
		cond_resched();
	}
	/* Positive values would only end the walk. */
	if (fatal_signal_pending(current))
		return ckpt_err(cap->ctx, -EINTR, "interrupted");
	return 0;
}

static const struct mm_walk_ops capture_ops = {
	.pmd_entry	= capture_pmd_entry,
	.walk_lock	= PGWALK_WRLOCK,
};

/**
 * checkpoint_vma_pages - capture the private pages of an area
 * @ctx: the checkpoint
 * @obj: MM object of its address space
 * @vma: the area; mmap_lock is held for writing
 *
 * The caller must flush the TLB of the address space before it lets go of
 * mmap_lock, and call the MMU notifiers around this, as fork() does.
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_vma_pages(struct ckpt_ctx *ctx, u32 obj,
			 struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;
	struct capture cap = {
		.ctx = ctx,
		.obj = obj,
		.keep_zero = vma_is_anonymous(vma) ? 0 : RUN_KEEP_ZERO,
	};
	int ret;

	if (!vma->anon_vma || (vma->vm_flags & VM_DROPPABLE))
		return 0;
	/*
	 * Disabling preemption is not needed for the write side, as the read
	 * side does not spin, but goes to the mmap_lock; see copy_page_range().
	 */
	raw_write_seqcount_begin(&mm->write_protect_seq);
	ret = walk_page_vma(vma, &capture_ops, &cap);
	raw_write_seqcount_end(&mm->write_protect_seq);
	if (cap.spare)
		put_page(cap.spare);
	return ret;
}

/* ---- writing ---- */

/* Longest run in the image; a whole number of huge pages. */
#define WRITE_MAX	1024

/**
 * struct page_writer - a run of the image that is being put together
 * @ctx: the checkpoint
 * @rec: its record
 * @bvec: its contents
 * @pages: the same, one by one, with references
 */
struct page_writer {
	struct ckpt_ctx *ctx;
	struct ckpt_hdr_pages rec;
	struct bio_vec bvec[WRITE_MAX];
	struct page *pages[WRITE_MAX];
};

static u32 page_crc(u32 crc, struct page *page)
{
	void *addr = kmap_local_page(page);

	crc = crc32c(crc, addr, PAGE_SIZE);
	kunmap_local(addr);
	return crc;
}

static bool page_is_zero(struct page *page)
{
	void *addr = kmap_local_page(page);
	bool zero = !memchr_inv(addr, 0, PAGE_SIZE);

	kunmap_local(addr);
	return zero;
}

static int write_contents(struct page_writer *w)
{
	struct ckpt_ctx *ctx = w->ctx;
	unsigned int i, nr = 0;
	struct page *page;
	int ret;

	ret = ckpt_image_align(ctx);
	if (ret)
		return ret;
	for (i = 0; i < w->rec.nr_pages; i++) {
		page = w->pages[i];
		ctx->data_crc = page_crc(ctx->data_crc, page);
		if (nr && page == nth_page(w->bvec[nr - 1].bv_page,
					   w->bvec[nr - 1].bv_len >> PAGE_SHIFT))
			w->bvec[nr - 1].bv_len += PAGE_SIZE;
		else
			bvec_set_page(&w->bvec[nr++], page, PAGE_SIZE, 0);
	}
	ctx->nr_pages += w->rec.nr_pages;
	return ckpt_image_write_pages(ctx, w->bvec, nr);
}

/* Write the run, and drop the references to its pages. */
static int write_flush(struct page_writer *w)
{
	struct ckpt_ctx *ctx = w->ctx;
	unsigned int i;
	int ret;

	if (!w->rec.nr_pages)
		return 0;
	w->rec.h.type = CKPT_HDR_PAGES;
	w->rec.h.len = sizeof(w->rec);
	ctx->pages_crc = crc32c(ctx->pages_crc, &w->rec, sizeof(w->rec));
	ctx->nr_runs++;
	ret = ckpt_image_write(ctx, &w->rec, sizeof(w->rec));
	if (!(w->rec.flags & CKPT_PAGES_REF)) {
		if (!ret)
			ret = write_contents(w);
		for (i = 0; i < w->rec.nr_pages; i++)
			put_page(w->pages[i]);
	}
	w->rec.nr_pages = 0;
	if (!ret && fatal_signal_pending(current))
		ret = ckpt_err(ctx, -EINTR, "interrupted");
	cond_resched();
	return ret;
}

/* Whether the page at @addr can be added to the run. */
static bool write_fits(const struct page_writer *w, u32 obj, u64 addr,
		       u32 flags, u64 ref)
{
	const struct ckpt_hdr_pages *rec = &w->rec;

	if (rec->obj != obj || rec->flags != flags ||
	    rec->addr + rec->nr_pages * PAGE_SIZE != addr)
		return false;
	if (flags & CKPT_PAGES_REF)
		return rec->ref + rec->nr_pages == ref;
	/* Runs are cut where huge pages are not. */
	return rec->nr_pages < WRITE_MAX && addr % (WRITE_MAX * PAGE_SIZE);
}

/* Takes over the reference to @page. */
static int write_page(struct page_writer *w, u32 obj, u64 addr,
		      struct page *page, bool shared)
{
	struct ckpt_ctx *ctx = w->ctx;
	u32 flags = 0;
	u64 ref = 0;
	void *entry;
	int ret;

	if (shared) {
		entry = xa_load(&ctx->shared_pages, page_to_pfn(page));
		flags = entry ? CKPT_PAGES_REF : CKPT_PAGES_SHARED;
		ref = entry ? xa_to_value(entry) : 0;
	}
	if (!write_fits(w, obj, addr, flags, ref)) {
		ret = write_flush(w);
		if (ret)
			goto put;
		w->rec.obj = obj;
		w->rec.flags = flags;
		w->rec.addr = addr;
		w->rec.ref = ref;
	}
	if (flags & CKPT_PAGES_REF) {
		w->rec.nr_pages++;
		ctx->nr_shared_pages++;
		ret = 0;
		goto put;
	}
	if (flags & CKPT_PAGES_SHARED) {
		/*
		 * The number stays right for as long as anybody asks for it:
		 * a run that does holds a reference, so that the page frame
		 * cannot have come to be another page.
		 */
		entry = xa_mk_value(ctx->nr_pages + w->rec.nr_pages);
		ret = xa_err(xa_store(&ctx->shared_pages, page_to_pfn(page),
				      entry, GFP_KERNEL_ACCOUNT));
		if (ret) {
			ret = ckpt_err(ctx, ret, "out of memory");
			goto put;
		}
	}
	w->pages[w->rec.nr_pages++] = page;
	return 0;
put:
	put_page(page);
	return ret;
}

/*
 * A huge page is written whole if most of it is in use, so that it can come
 * back huge.
 */
static bool huge_keep_zero(struct page *page, unsigned int nr)
{
	unsigned int i, zero = 0;

	for (i = 0; i < nr; i++)
		zero += page_is_zero(nth_page(page, i));
	return zero < nr / 2;
}

static int write_run(struct page_writer *w, struct ckpt_run *run)
{
	u64 addr = run->addr & ~RUN_FLAGS;
	bool keep_zero = run->addr & RUN_KEEP_ZERO;
	bool huge = run->addr & RUN_HUGE;
	struct page *page;
	unsigned int i;
	bool shared;
	int ret = 0;

	if (huge) {
		page = entry_page(run->pages[0]);
		keep_zero = huge_keep_zero(page, run->nr);
		folio_ref_add(page_folio(page), run->nr);
	}
	for (i = 0; i < run->nr; i++) {
		if (huge) {
			page = nth_page(entry_page(run->pages[0]), i);
			shared = run->pages[0] & PAGE_MAYBE_SHARED;
		} else {
			page = entry_page(run->pages[i]);
			shared = run->pages[i] & PAGE_MAYBE_SHARED;
			run->pages[i] = 0;
		}
		if (ret || (!keep_zero && page_is_zero(page)))
			put_page(page);
		else
			ret = write_page(w, run->obj,
					 addr + (u64)i * PAGE_SIZE, page, shared);
	}
	if (huge) {
		put_page(entry_page(run->pages[0]));
		run->pages[0] = 0;
	}
	return ret;
}

static struct ckpt_run *next_run(struct ckpt_chunk *chunk, unsigned int *slot)
{
	struct ckpt_run *run;

	if (*slot >= chunk->used)
		return NULL;
	run = (struct ckpt_run *)&chunk->slots[*slot];
	*slot += RUN_SLOTS + run_pointers(run);
	return run;
}

static void free_chunk(struct ckpt_chunk *chunk)
{
	unsigned int i, slot = 0;
	struct ckpt_run *run;

	while ((run = next_run(chunk, &slot))) {
		for (i = 0; i < run_pointers(run); i++)
			if (run->pages[i])
				put_page(entry_page(run->pages[i]));
		cond_resched();
	}
	list_del(&chunk->list);
	kvfree(chunk);
}

/**
 * checkpoint_write_pages - write captured pages to the image
 * @ctx: the checkpoint
 *
 * The tasks are running again. What has been written is released at once.
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_write_pages(struct ckpt_ctx *ctx)
{
	struct ckpt_chunk *chunk, *next;
	struct page_writer *w;
	struct ckpt_run *run;
	unsigned int i, slot;
	int ret = 0;

	w = kvzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT);
	if (!w)
		return ckpt_err(ctx, -ENOMEM, "memory: to write its pages");
	w->ctx = ctx;
	list_for_each_entry_safe(chunk, next, &ctx->pages, list) {
		slot = 0;
		while (!ret && (run = next_run(chunk, &slot)))
			ret = write_run(w, run);
		if (ret)
			break;
		free_chunk(chunk);
	}
	if (!ret)
		ret = write_flush(w);
	for (i = 0; !(w->rec.flags & CKPT_PAGES_REF) && i < w->rec.nr_pages; i++)
		put_page(w->pages[i]);
	kvfree(w);
	return ret;
}

/**
 * ckpt_pages_free - let go of all pages that are still held
 * @ctx: the checkpoint or restart
 */
void ckpt_pages_free(struct ckpt_ctx *ctx)
{
	struct ckpt_chunk *chunk, *next;
	unsigned long index;
	void *entry;

	list_for_each_entry_safe(chunk, next, &ctx->pages, list)
		free_chunk(chunk);
	xa_for_each(&ctx->shared_pages, index, entry)
		if (!xa_is_value(entry))
			put_page(entry);
	xa_destroy(&ctx->shared_pages);
}

/**
 * ckpt_pages_validate - check a PAGES record
 * @v: state of the pass
 * @h: the record
 *
 * Only what the record itself tells; the reader checks what it refers to.
 *
 * Return: 0 or -EBADMSG.
 */
int ckpt_pages_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_pages *rec =
		container_of(h, struct ckpt_hdr_pages, h);
	u64 end;

	if (rec->flags & ~(CKPT_PAGES_REF | CKPT_PAGES_SHARED) ||
	    rec->flags == (CKPT_PAGES_REF | CKPT_PAGES_SHARED))
		return ckpt_bad(v, "flags of a run of pages");
	if (!rec->nr_pages || rec->nr_pages > (U64_MAX >> PAGE_SHIFT))
		return ckpt_bad(v, "length of a run of pages");
	if (!PAGE_ALIGNED(rec->addr) ||
	    check_add_overflow(rec->addr, rec->nr_pages << PAGE_SHIFT, &end) ||
	    end > S64_MAX)
		return ckpt_bad(v, "range of a run of pages");
	if (!(rec->flags & CKPT_PAGES_REF) && rec->ref)
		return ckpt_bad(v, "reference of a run that has contents");
	return 0;
}

/* ---- reading ---- */

#define READ_MAX	256

/**
 * struct page_reader - pages that are being read
 * @ctx: the restart
 * @obj: where they belong
 * @rec: the run they are in
 * @nr: number of @pages and @bvec
 * @pages: small pages, or first pages of huge ones; referenced, or NULL
 * @bvec: their contents
 * @zeros: what should be zero
 */
struct page_reader {
	struct ckpt_ctx *ctx;
	struct ckpt_obj *obj;
	struct ckpt_hdr_pages rec;
	unsigned int nr;
	struct page *pages[READ_MAX];
	struct bio_vec bvec[READ_MAX];
	u8 zeros[PAGE_SIZE];
};

static int read_bad(struct page_reader *r, u64 addr, const char *why)
{
	return ckpt_err(r->ctx, -EBADMSG, "page %llx of object %u: %s", addr,
			r->rec.obj, why);
}

/*
 * The private area at @addr; mmap_lock is held. Executable memory from an
 * image is what mprotect(PROT_EXEC) makes of memory that was written to.
 */
static struct vm_area_struct *read_vma(struct page_reader *r,
				       struct mm_struct *mm, u64 addr,
				       struct vm_area_struct *vma)
{
	if (vma && addr >= vma->vm_start && addr < vma->vm_end)
		return vma;
	vma = vma_lookup(mm, addr);
	if (!vma || (vma->vm_flags & (VM_SHARED | VM_MAYSHARE | VM_SPECIAL |
				      VM_HUGETLB | VM_DROPPABLE))) {
		read_bad(r, addr, "not private memory");
		return ERR_PTR(-EBADMSG);
	}
	if ((vma->vm_flags & VM_EXEC) &&
	    (test_bit(MMF_HAS_MDWE, &current->mm->flags) ||
	     security_mmap_file(NULL, PROT_READ | PROT_EXEC,
				MAP_PRIVATE | MAP_ANONYMOUS))) {
		ckpt_err(r->ctx, -EACCES,
			 "page %llx: executable memory is denied", addr);
		return ERR_PTR(-EACCES);
	}
	if (anon_vma_prepare(vma)) {
		ckpt_err(r->ctx, -ENOMEM, "out of memory");
		return ERR_PTR(-ENOMEM);
	}
	return vma;
}

static pmd_t *read_pmd(struct mm_struct *mm, u64 addr)
{
	p4d_t *p4d = p4d_alloc(mm, pgd_offset(mm, addr), addr);
	pud_t *pud = p4d ? pud_alloc(mm, p4d, addr) : NULL;

	return pud ? pmd_alloc(mm, pud, addr) : NULL;
}

enum map_how {
	MAP_EXCLUSIVE,		/* a new page */
	MAP_FIRST,		/* a new page that others will share */
	MAP_AGAIN,		/* a page that others have */
};

static pte_t page_pte(struct vm_area_struct *vma, struct page *page,
		      enum map_how how)
{
	pte_t pte = pte_mkdirty(pte_sw_mkyoung(mk_pte(page, vma->vm_page_prot)));

	if (how == MAP_EXCLUSIVE && (vma->vm_flags & VM_WRITE))
		pte = pte_mkwrite(pte, vma);
	return pte;
}

/*
 * Takes over the reference to @page on success. A page that is shared must be
 * locked, and belongs to the root of the anon_vmas from the start.
 */
static int map_page(struct page_reader *r, struct vm_area_struct *vma, u64 addr,
		    struct page *page, enum map_how how)
{
	struct folio *folio = page_folio(page);
	struct mm_struct *mm = vma->vm_mm;
	pmd_t *pmd = read_pmd(mm, addr);
	spinlock_t *ptl;
	pte_t *pte;

	if (!pmd || pte_alloc(mm, pmd))
		return ckpt_err(r->ctx, -ENOMEM, "out of memory");
	pte = pte_offset_map_lock(mm, pmd, addr, &ptl);
	/* There is no page table where a huge page is. */
	if (!pte)
		return read_bad(r, addr, "occurs twice");
	if (!pte_none(ptep_get(pte))) {
		pte_unmap_unlock(pte, ptl);
		return read_bad(r, addr, "occurs twice");
	}
	inc_mm_counter(mm, MM_ANONPAGES);
	if (how == MAP_AGAIN) {
		folio_add_anon_rmap_pte(folio, page, vma, addr, RMAP_NONE);
	} else {
		folio_add_new_anon_rmap(folio, vma, addr, how == MAP_EXCLUSIVE ?
					RMAP_EXCLUSIVE : RMAP_NONE);
		folio_add_lru_vma(folio, vma);
	}
	set_pte_at(mm, addr, pte, page_pte(vma, page, how));
	update_mmu_cache(vma, addr, pte);
	pte_unmap_unlock(pte, ptl);
	return 0;
}

static int map_huge(struct page_reader *r, struct vm_area_struct *vma, u64 addr,
		    struct page *page)
{
	struct folio *folio = page_folio(page);
	struct mm_struct *mm = vma->vm_mm;
	pgtable_t pgtable;
	spinlock_t *ptl;
	pmd_t entry;
	pmd_t *pmd;

	pmd = read_pmd(mm, addr);
	pgtable = pmd ? pte_alloc_one(mm) : NULL;
	if (!pgtable)
		return ckpt_err(r->ctx, -ENOMEM, "out of memory");
	ptl = pmd_lock(mm, pmd);
	if (!pmd_none(*pmd)) {
		spin_unlock(ptl);
		pte_free(mm, pgtable);
		return read_bad(r, addr, "occurs twice");
	}
	entry = pmd_mkdirty(pmd_mkhuge(mk_pmd(page, vma->vm_page_prot)));
	if (vma->vm_flags & VM_WRITE)
		entry = pmd_mkwrite(entry, vma);
	folio_add_new_anon_rmap(folio, vma, addr, RMAP_EXCLUSIVE);
	folio_add_lru_vma(folio, vma);
	pgtable_trans_huge_deposit(mm, pmd, pgtable);
	set_pmd_at(mm, addr, pmd, entry);
	update_mmu_cache_pmd(vma, addr, pmd);
	add_mm_counter(mm, MM_ANONPAGES, HPAGE_PMD_NR);
	mm_inc_nr_ptes(mm);
	deferred_split_folio(folio, false);
	spin_unlock(ptl);
	return 0;
}

static bool huge_fits(struct page_reader *r, struct vm_area_struct *vma,
		      u64 addr, u64 nr_left)
{
	if (!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) ||
	    (r->rec.flags & CKPT_PAGES_SHARED) ||
	    !IS_ALIGNED(addr, HPAGE_PMD_SIZE) || nr_left < HPAGE_PMD_NR)
		return false;
	return vma_is_anonymous(vma) && addr + HPAGE_PMD_SIZE <= vma->vm_end &&
	       thp_vma_allowable_order(vma, vma->vm_flags,
				       TVA_IN_PF | TVA_ENFORCE_SYSFS, PMD_ORDER);
}

static struct page *alloc_mm_page(struct mm_struct *mm, gfp_t gfp,
				  unsigned int order)
{
	struct folio *folio = folio_alloc(gfp, order);

	if (!folio)
		return NULL;
	if (mem_cgroup_charge(folio, mm, gfp)) {
		folio_put(folio);
		return NULL;
	}
	return &folio->page;
}

/* Allocate pages for up to @nr_left pages at @addr; returns for how many. */
static int read_prepare_mm(struct page_reader *r, u64 addr, u64 nr_left)
{
	struct mm_struct *mm = r->obj->ptr;
	struct vm_area_struct *vma = NULL;
	unsigned int order;
	struct page *page;
	u64 nr = 0;

	mmap_read_lock(mm);
	for (r->nr = 0; r->nr < READ_MAX && nr < nr_left; r->nr++) {
		u64 at = addr + (nr << PAGE_SHIFT);

		vma = read_vma(r, mm, at, vma);
		if (IS_ERR(vma)) {
			mmap_read_unlock(mm);
			return PTR_ERR(vma);
		}
		order = 0;
		page = NULL;
		if (huge_fits(r, vma, at, nr_left - nr)) {
			order = PMD_ORDER;
			page = alloc_mm_page(mm, vma_thp_gfp_mask(vma), order);
		}
		if (!page) {
			order = 0;
			page = alloc_mm_page(mm, GFP_HIGHUSER_MOVABLE, 0);
		}
		if (!page) {
			mmap_read_unlock(mm);
			return ckpt_err(r->ctx, -ENOMEM, "out of memory");
		}
		r->pages[r->nr] = page;
		bvec_set_page(&r->bvec[r->nr], page, PAGE_SIZE << order, 0);
		nr += 1UL << order;
	}
	mmap_read_unlock(mm);
	return nr;
}

static int remember_shared(struct page_reader *r, u64 number, struct page *page)
{
	int ret;

	get_page(page);
	ret = xa_err(xa_store(&r->ctx->shared_pages, number, page,
			      GFP_KERNEL_ACCOUNT));
	if (!ret)
		return 0;
	put_page(page);
	return ckpt_err(r->ctx, ret, "out of memory");
}

static int read_install_mm(struct page_reader *r, u64 addr)
{
	bool shared = r->rec.flags & CKPT_PAGES_SHARED;
	struct mm_struct *mm = r->obj->ptr;
	struct vm_area_struct *vma = NULL;
	u64 number = r->ctx->nr_pages;
	unsigned int i;
	int ret = 0;

	mmap_read_lock(mm);
	for (i = 0; i < r->nr; i++) {
		struct page *page = r->pages[i];
		struct folio *folio = page_folio(page);

		vma = read_vma(r, mm, addr, vma);
		if (IS_ERR(vma)) {
			ret = PTR_ERR(vma);
			break;
		}
		__folio_mark_uptodate(folio);
		if (folio_test_large(folio)) {
			ret = map_huge(r, vma, addr, page);
		} else if (!shared) {
			ret = map_page(r, vma, addr, page, MAP_EXCLUSIVE);
		} else {
			ret = remember_shared(r, number, page);
			if (ret)
				break;
			folio_lock(folio);
			ret = map_page(r, vma, addr, page, MAP_FIRST);
			folio_unlock(folio);
		}
		if (ret)
			break;
		/* The reference is the page table's now. */
		r->pages[i] = NULL;
		number++;
		addr += folio_size(folio);
	}
	mmap_read_unlock(mm);
	return ret;
}

static bool is_unlinked(const struct page_reader *r)
{
	return r->obj->h->type == CKPT_HDR_UNLINKED;
}

static int read_prepare_inode(struct page_reader *r, u64 pos, u64 nr_left)
{
	int ret;

	for (r->nr = 0; r->nr < READ_MAX && r->nr < nr_left;) {
		struct page **page = &r->pages[r->nr];

		if (is_unlinked(r))
			ret = restore_unlinked_page_get(r->ctx, r->obj, pos, page);
		else
			ret = restore_inode_page_get(r->ctx, r->obj, pos, page);
		if (ret)
			return ret;
		bvec_set_page(&r->bvec[r->nr++], *page, PAGE_SIZE, 0);
		pos += PAGE_SIZE;
	}
	return r->nr;
}

static int read_install_inode(struct page_reader *r, u64 pos)
{
	unsigned int i;
	int ret;

	for (i = 0; i < r->nr; i++, pos += PAGE_SIZE) {
		if (is_unlinked(r)) {
			ret = restore_unlinked_page_done(r->ctx, r->obj, pos,
							 r->pages[i]);
			if (ret)
				return ret;
			continue;
		}
		flush_dcache_page(r->pages[i]);
		set_page_dirty_lock(r->pages[i]);
	}
	return 0;
}

static void read_put(struct page_reader *r)
{
	unsigned int i;

	for (i = 0; i < r->nr; i++)
		if (r->pages[i])
			put_page(r->pages[i]);
	r->nr = 0;
}

/* Read and install the pages at @addr, but not more than @nr_left. */
static int read_batch(struct page_reader *r, u64 addr, u64 nr_left)
{
	bool is_mm = r->obj->h->type == CKPT_HDR_MM;
	struct ckpt_ctx *ctx = r->ctx;
	unsigned int i, j;
	int nr, ret;

	nr = is_mm ? read_prepare_mm(r, addr, nr_left) :
		     read_prepare_inode(r, addr, nr_left);
	if (nr < 0) {
		read_put(r);
		return nr;
	}
	ret = ckpt_image_read_pages(ctx, r->bvec, r->nr);
	if (!ret) {
		for (i = 0; i < r->nr; i++)
			for (j = 0; j < r->bvec[i].bv_len >> PAGE_SHIFT; j++)
				ctx->data_crc = page_crc(ctx->data_crc,
							 nth_page(r->pages[i], j));
		if (is_mm)
			ret = read_install_mm(r, addr);
		else
			ret = read_install_inode(r, addr);
	}
	read_put(r);
	if (ret)
		return ret;
	ctx->nr_pages += nr;
	return nr;
}

/* Read @left bytes, which must be zero, and add them to *@crc unless NULL. */
static int read_zeros(struct page_reader *r, size_t left, u32 *crc)
{
	struct ckpt_ctx *ctx = r->ctx;
	u64 pos = ctx->stream_pos;
	size_t n;
	int ret;

	for (; left; left -= n) {
		n = min(left, sizeof(r->zeros));
		ret = ckpt_image_read(ctx, r->zeros, n);
		if (ret)
			return ret;
		if (memchr_inv(r->zeros, 0, n))
			return ckpt_err(ctx, -EBADMSG,
					"image: unknown fields or padding at byte %llu",
					pos);
		if (crc)
			*crc = crc32c(*crc, r->zeros, n);
	}
	return 0;
}

/* Contents start at a page boundary of the image. */
static int read_pad(struct page_reader *r)
{
	struct ckpt_ctx *ctx = r->ctx;
	u64 pos = ctx->stream_pos;
	struct ckpt_hdr h;
	int ret;

	if (PAGE_ALIGNED(pos))
		return 0;
	ret = ckpt_image_read(ctx, &h, sizeof(h));
	if (ret)
		return ret;
	if (h.type != CKPT_HDR_PAD || h.len < sizeof(h) || h.id || h.flags ||
	    h.len > 2 * PAGE_SIZE || !PAGE_ALIGNED(pos + h.len))
		return ckpt_err(ctx, -EBADMSG, "image: bad padding at byte %llu", pos);
	return read_zeros(r, h.len - sizeof(h), NULL);
}

static int read_contents(struct page_reader *r)
{
	u64 addr = r->rec.addr;
	u64 nr_left = r->rec.nr_pages;
	int ret;

	ret = read_pad(r);
	while (!ret && nr_left) {
		if (fatal_signal_pending(current))
			return ckpt_err(r->ctx, -EINTR, "interrupted");
		ret = read_batch(r, addr, nr_left);
		if (ret < 0)
			return ret;
		addr += (u64)ret << PAGE_SHIFT;
		nr_left -= ret;
		ret = 0;
		cond_resched();
	}
	return ret;
}

static int map_copy(struct page_reader *r, struct vm_area_struct *vma, u64 addr,
		    struct page *from)
{
	struct page *page = alloc_mm_page(vma->vm_mm, GFP_HIGHUSER_MOVABLE, 0);
	int ret;

	if (!page)
		return ckpt_err(r->ctx, -ENOMEM, "out of memory");
	copy_highpage(page, from);
	__folio_mark_uptodate(page_folio(page));
	ret = map_page(r, vma, addr, page, MAP_EXCLUSIVE);
	if (ret)
		put_page(page);
	return ret;
}

/*
 * A page can be shared if the reverse mapping will find it here: the area must
 * belong to the same root, and have the page at the same index. That holds for
 * what fork() shared. What KSM had merged gets a copy (KSM may merge it again).
 */
static bool may_map_shared(struct folio *folio, struct vm_area_struct *vma,
			   u64 addr)
{
	struct anon_vma *anon_vma;
	bool ret;

	if (!folio_test_anon(folio) || folio_test_ksm(folio) ||
	    folio_test_large(folio))
		return false;
	/* None if it is not mapped any more. */
	anon_vma = folio_get_anon_vma(folio);
	if (!anon_vma)
		return false;
	ret = anon_vma->root == vma->anon_vma->root &&
	      folio->index == linear_page_index(vma, addr);
	put_anon_vma(anon_vma);
	return ret;
}

static int read_ref(struct page_reader *r, struct vm_area_struct *vma, u64 addr,
		    u64 number)
{
	struct page *page = xa_load(&r->ctx->shared_pages, number);
	struct folio *folio;
	int ret;

	if (!page)
		return read_bad(r, addr, "refers to no shared page");
	folio = page_folio(page);
	folio_lock(folio);
	if (may_map_shared(folio, vma, addr)) {
		get_page(page);
		ret = map_page(r, vma, addr, page, MAP_AGAIN);
		if (ret)
			put_page(page);
	} else {
		ret = map_copy(r, vma, addr, page);
	}
	folio_unlock(folio);
	return ret;
}

static int read_refs(struct page_reader *r)
{
	struct mm_struct *mm = r->obj->ptr;
	struct vm_area_struct *vma = NULL;
	int ret = 0;
	u64 i, addr;

	if (r->obj->h->type != CKPT_HDR_MM)
		return read_bad(r, r->rec.addr, "only memory is shared");
	if (r->rec.nr_pages > r->ctx->nr_pages ||
	    r->rec.ref > r->ctx->nr_pages - r->rec.nr_pages)
		return read_bad(r, r->rec.addr, "refers to later pages");

	mmap_read_lock(mm);
	for (i = 0; !ret && i < r->rec.nr_pages; i++) {
		addr = r->rec.addr + (i << PAGE_SHIFT);
		vma = read_vma(r, mm, addr, vma);
		if (IS_ERR(vma))
			ret = PTR_ERR(vma);
		else if (fatal_signal_pending(current))
			ret = ckpt_err(r->ctx, -EINTR, "interrupted");
		else
			ret = read_ref(r, vma, addr, r->rec.ref + i);
		cond_resched();
	}
	mmap_read_unlock(mm);
	return ret;
}

/* Read the rest of a record whose header has been read. */
static int read_record(struct page_reader *r, const struct ckpt_hdr *h)
{
	struct ckpt_validator v = {};
	struct ckpt_ctx *ctx = r->ctx;
	int ret;

	if (h->len < sizeof(r->rec) || h->len % 8 || h->len > CKPT_RECORD_MAX ||
	    h->id || h->flags)
		return ckpt_err(ctx, -EBADMSG, "image: header of a run of pages");
	r->rec.h = *h;
	ret = ckpt_image_read(ctx, &r->rec.h + 1, sizeof(r->rec) - sizeof(*h));
	if (ret)
		return ret;
	ctx->pages_crc = crc32c(ctx->pages_crc, &r->rec, sizeof(r->rec));
	ctx->nr_runs++;
	ret = read_zeros(r, h->len - sizeof(r->rec), &ctx->pages_crc);
	if (ret)
		return ret;
	if (ckpt_pages_validate(&v, &r->rec.h))
		return ckpt_err(ctx, -EBADMSG, "image: %s", v.why);
	if (!r->rec.obj || r->rec.obj > ctx->nr_objs)
		return ckpt_err(ctx, -EBADMSG, "pages of an unknown object");
	r->obj = ckpt_obj_by_id(ctx, r->rec.obj);
	if (is_unlinked(r)) {
		/* Made now if it is in a message only: nobody needed it yet. */
		struct file *file = restore_obj(ctx, r->rec.obj);

		return PTR_ERR_OR_ZERO(file);
	}
	if ((r->obj->h->type != CKPT_HDR_MM &&
	     r->obj->h->type != CKPT_HDR_INODE &&
	     r->obj->h->type != CKPT_HDR_TMPFS_ENTRY) ||
	    !r->obj->ptr)
		return ckpt_err(ctx, -EBADMSG, "object %u has no pages",
				r->rec.obj);
	return 0;
}

/* The address space must outlive what is done to it. */
static int read_run(struct page_reader *r, const struct ckpt_hdr *h)
{
	struct mm_struct *mm = NULL;
	int ret;

	ret = read_record(r, h);
	if (ret)
		return ret;
	if (r->obj->h->type == CKPT_HDR_MM) {
		mm = r->obj->ptr;
		if (!mmget_not_zero(mm))
			return ckpt_err(r->ctx, -EINTR, "a task was killed");
	}
	if (r->rec.flags & CKPT_PAGES_REF)
		ret = read_refs(r);
	else
		ret = read_contents(r);
	if (mm)
		mmput(mm);
	return ret;
}

static int read_trailer(struct ckpt_ctx *ctx, const struct ckpt_hdr *h)
{
	struct ckpt_hdr_trailer t = { .h = *h };
	int ret;

	if (h->len != sizeof(t) || h->id || h->flags)
		return ckpt_err(ctx, -EBADMSG, "image: header of the trailer");
	ret = ckpt_image_read(ctx, &t.h + 1, sizeof(t) - sizeof(t.h));
	return ret ?: restore_trailer(ctx, &t);
}

/**
 * restore_read_pages - read memory contents, up to the end of the image
 * @ctx: the restart
 *
 * Called by the caller of restart() while all created tasks wait at the
 * barrier.
 *
 * Return: 0, or an errno that has been reported.
 */
int restore_read_pages(struct ckpt_ctx *ctx)
{
	struct page_reader *r;
	struct ckpt_hdr h;
	int ret;

	ret = restore_anon_roots(ctx);
	if (ret)
		return ret;
	r = kvzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return ckpt_err(ctx, -ENOMEM, "out of memory");
	r->ctx = ctx;
	do {
		ret = ckpt_image_read(ctx, &h, sizeof(h));
		if (ret)
			break;
		if (h.type == CKPT_HDR_PAGES)
			ret = read_run(r, &h);
		else if (h.type == CKPT_HDR_TRAILER)
			ret = read_trailer(ctx, &h);
		else
			ret = ckpt_err(ctx, -EBADMSG,
				       "image: record of type %u among pages", h.type);
	} while (!ret && h.type == CKPT_HDR_PAGES);
	kvfree(r);
	return ret;
}
