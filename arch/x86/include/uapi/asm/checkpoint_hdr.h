/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* The format of a checkpoint image: x86. */
#ifndef _UAPI_ASM_X86_CHECKPOINT_HDR_H
#define _UAPI_ASM_X86_CHECKPOINT_HDR_H

#include <linux/types.h>
#include <linux/checkpoint_hdr.h>

enum ckpt_hdr_type_x86 {
	CKPT_HDR_X86_HEADER	= CKPT_HDR_ARCH,	/* the arch header */
	CKPT_HDR_X86_CPU	= CKPT_HDR_ARCH + 1,	/* of a task */
	CKPT_HDR_X86_FPU	= CKPT_HDR_ARCH + 2,	/* of a task */
	CKPT_HDR_X86_TLS	= CKPT_HDR_ARCH + 3,	/* of a task */
	CKPT_HDR_X86_MM		= CKPT_HDR_ARCH + 4,	/* of an MM */
};

/* In the flags of a signal handler: set by a 32-bit system call. */
#define CKPT_X86_SA_IA32	0x02000000

/**
 * struct ckpt_x86_vdso - one image of the vdso
 * @size: its size in bytes; 0 if the kernel does not have it
 * @crc: CRC32C of its contents and of where its data pages are, seed ~0
 */
struct ckpt_x86_vdso {
	__u32 size;
	__u32 crc;
};

enum ckpt_x86_vdso_image {
	CKPT_X86_VDSO_64	= 0,
	CKPT_X86_VDSO_32	= 1,
	CKPT_X86_VDSO_NR	= 2,
};

#define CKPT_X86_VDSO_NONE	0xffffffffU

/**
 * struct ckpt_hdr_x86_header - what the processor and the kernel must offer
 * @h: type %CKPT_HDR_X86_HEADER
 * @xfeatures: extended states that some task has in use, as in XCR0
 * @xfeatures_offered: extended states that the tasks could have used
 * @addr_end: end of the highest address in use
 * @vdso_used: bit n: the vdso image n is in use
 * @flags: %CKPT_X86_HAS_PKRU and the others
 * @vdso: the vdso images of the kernel, indexed by enum ckpt_x86_vdso_image
 */
struct ckpt_hdr_x86_header {
	struct ckpt_hdr h;
	__u64 xfeatures;
	__u64 xfeatures_offered;
	__u64 addr_end;
	__u32 vdso_used;
	__u32 flags;
	struct ckpt_x86_vdso vdso[CKPT_X86_VDSO_NR];
};

/* The PKRU register exists, so @pkru of the CPU records has a meaning. */
#define CKPT_X86_HAS_PKRU	0x1
/* There are 32-bit tasks. */
#define CKPT_X86_HAS_IA32	0x2

/**
 * struct ckpt_hdr_x86_cpu - registers as they were on the way to user mode
 * @h: type %CKPT_HDR_X86_CPU
 * @r15: register
 * @r14: register
 * @r13: register
 * @r12: register
 * @bp: register
 * @bx: register
 * @r11: register
 * @r10: register
 * @r9: register
 * @r8: register
 * @ax: register; result of the system call in progress, which may be one of
 *	the kernel's internal -ERESTART* codes
 * @cx: register
 * @dx: register
 * @si: register
 * @di: register
 * @orig_ax: number of the system call in progress, or -1
 * @ip: instruction pointer
 * @eflags: flags; %CKPT_X86_EFLAGS
 * @sp: stack pointer
 * @fs_base: base address of FS
 * @gs_base: base address of GS
 * @cs: selector: %CKPT_X86_CS_64 or %CKPT_X86_CS_32
 * @ss: selector, not null and of user privilege
 * @ds: selector, null or of user privilege, as are the following
 * @es: selector
 * @fs: selector
 * @gs: selector
 * @state: %CKPT_X86_ADDR32 and the others
 * @pkru: protection key rights
 * @spec_ssb: PR_SPEC_* of PR_SPEC_STORE_BYPASS, or 0
 * @spec_ib: PR_SPEC_* of PR_SPEC_INDIRECT_BRANCH, or 0
 * @spec_l1d: PR_SPEC_* of PR_SPEC_L1D_FLUSH, or 0
 * @cr2: for the next signal frame: address of the last page fault
 * @trap_nr: for the next signal frame: number of the last exception
 * @error_code: for the next signal frame: error code of the last exception
 * @features_locked: ARCH_SHSTK_* that can no longer be changed
 */
struct ckpt_hdr_x86_cpu {
	struct ckpt_hdr h;
	__u64 r15;
	__u64 r14;
	__u64 r13;
	__u64 r12;
	__u64 bp;
	__u64 bx;
	__u64 r11;
	__u64 r10;
	__u64 r9;
	__u64 r8;
	__u64 ax;
	__u64 cx;
	__u64 dx;
	__u64 si;
	__u64 di;
	__u64 orig_ax;
	__u64 ip;
	__u64 eflags;
	__u64 sp;
	__u64 fs_base;
	__u64 gs_base;
	__u16 cs;
	__u16 ss;
	__u16 ds;
	__u16 es;
	__u16 fs;
	__u16 gs;
	__u32 state;
	__u32 pkru;
	__u32 spec_ssb;
	__u32 spec_ib;
	__u32 spec_l1d;
	__u64 cr2;
	__u64 trap_nr;
	__u64 error_code;
	__u64 features_locked;
};

#define CKPT_X86_CS_64		0x33
#define CKPT_X86_CS_32		0x23

/* CF PF AF ZF SF TF DF OF NT RF AC ID: what user mode can set in its flags */
#define CKPT_X86_EFLAGS		0x00254dd5ULL

/* The task maps memory as 32-bit programs do. */
#define CKPT_X86_ADDR32		0x01
/* The system call in progress is a 32-bit one. */
#define CKPT_X86_COMPAT		0x02
/* A 32-bit debugger changed registers: results are 32 bits wide. */
#define CKPT_X86_POKED		0x04
/* RDTSC raises SIGSEGV, see PR_SET_TSC. */
#define CKPT_X86_NOTSC		0x08
/* CPUID raises SIGSEGV, see ARCH_SET_CPUID. */
#define CKPT_X86_NOCPUID	0x10
#define CKPT_X86_STATE_ALL	0x1f

/**
 * struct ckpt_x86_xstate - one component of the extended state
 * @feature: its number in XCR0
 * @size: bytes that follow; a multiple of 8
 */
struct ckpt_x86_xstate {
	__u32 feature;
	__u32 size;
};

/**
 * struct ckpt_hdr_x86_fpu - the extended state in use by a task
 * @h: type %CKPT_HDR_X86_FPU
 * @xfeatures: components that follow, as in XCR0; those not in it are in their
 *	initial configuration. PKRU is never in it.
 * @mxcsr: control and status of SSE
 * @reserved: zero
 *
 * For each bit of @xfeatures, from the lowest, a struct ckpt_x86_xstate and
 * the component follow, in the layout that XSAVE gives it. Component 0 is the
 * first 160 bytes of the area, whose MXCSR is ignored; component 1 is the
 * next 256.
 */
struct ckpt_hdr_x86_fpu {
	struct ckpt_hdr h;
	__u64 xfeatures;
	__u32 mxcsr;
	__u32 reserved;
};

#define CKPT_X86_TLS_NR		3

/**
 * struct ckpt_x86_tls - a segment of the thread, see set_thread_area(2)
 * @base: base address
 * @limit: limit, in bytes or pages
 * @flags: %CKPT_X86_TLS_PRESENT and the others; 0 if the entry is empty
 */
struct ckpt_x86_tls {
	__u32 base;
	__u32 limit;
	__u32 flags;
};

#define CKPT_X86_TLS_PRESENT	0x01
#define CKPT_X86_TLS_READ_ONLY	0x02
#define CKPT_X86_TLS_DOWN	0x04	/* expands downwards */
#define CKPT_X86_TLS_PAGES	0x08	/* @limit counts pages */
#define CKPT_X86_TLS_USEABLE	0x10	/* the bit for free use */
#define CKPT_X86_TLS_ALL	0x1f

/**
 * struct ckpt_hdr_x86_tls - the segments of a thread; absent if all are empty
 * @h: type %CKPT_HDR_X86_TLS
 * @tls: entries of the GDT from the first one for this purpose
 * @reserved: zero
 */
struct ckpt_hdr_x86_tls {
	struct ckpt_hdr h;
	struct ckpt_x86_tls tls[CKPT_X86_TLS_NR];
	__u32 reserved;
};

/**
 * struct ckpt_hdr_x86_mm - architecture specific part of an MM
 * @h: type %CKPT_HDR_X86_MM
 * @flags: %CKPT_X86_MM_ADDR32 and the others
 * @vdso_image: enum ckpt_x86_vdso_image, or %CKPT_X86_VDSO_NONE
 * @vdso: where the code of the vdso is, or was until it was unmapped
 * @mmap_base: where the search for free addresses starts
 * @mmap_legacy_base: the same for the bottom-up search
 * @mmap_compat_base: the same for 32-bit system calls
 * @mmap_compat_legacy_base: the same for both
 */
struct ckpt_hdr_x86_mm {
	struct ckpt_hdr h;
	__u32 flags;
	__u32 vdso_image;
	__u64 vdso;
	__u64 mmap_base;
	__u64 mmap_legacy_base;
	__u64 mmap_compat_base;
	__u64 mmap_compat_legacy_base;
};

/* The address space is that of a 32-bit program. */
#define CKPT_X86_MM_ADDR32	0x01
/* The code is that of a 32-bit program. */
#define CKPT_X86_MM_IA32	0x02
/* The vsyscall page is accessible. */
#define CKPT_X86_MM_VSYSCALL	0x04
/* Address masking cannot be enabled any more. */
#define CKPT_X86_MM_LOCK_LAM	0x08
/* The vdso is mapped. */
#define CKPT_X86_MM_VDSO	0x10
/* The search for free addresses starts at the top. */
#define CKPT_X86_MM_TOPDOWN	0x20
/* Addresses end at 3 GiB, see ADDR_LIMIT_3GB. */
#define CKPT_X86_MM_3GB		0x40
#define CKPT_X86_MM_ALL		0x7f

#endif /* _UAPI_ASM_X86_CHECKPOINT_HDR_H */
