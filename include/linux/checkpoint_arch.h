/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoint/restart - what an architecture provides
 *
 * An architecture has its files in arch/<arch>/checkpoint/, its records in
 * asm/checkpoint_hdr.h, numbered from %CKPT_HDR_ARCH, and in asm/checkpoint.h
 * what depends on its own configuration, and the constants %CKPT_ARCH_NATIVE
 * and %CKPT_ARCH_SA_FLAGS (flags of signal handlers that are its own). It
 * implements the functions declared here, and documented with their
 * prototypes, and nothing else of it is known
 * outside of its directory.
 *
 * The arch header is written early and completed as tasks are captured: it
 * says what they have in use. A restart checks it before any task is created.
 */
#ifndef _LINUX_CHECKPOINT_ARCH_H
#define _LINUX_CHECKPOINT_ARCH_H

#include <linux/types.h>

struct ckpt_ctx;
struct ckpt_cursor;
struct ckpt_hdr;
struct ckpt_kind;
struct ckpt_task;
struct ckpt_task_kind;
struct mm_struct;
struct restart_block;
struct task_struct;
struct vm_area_struct;

/**
 * ckpt_arch_kind - look up a record type of the architecture
 * @type: type, %CKPT_HDR_ARCH or higher
 *
 * Return: its row, or NULL if there is no such type.
 */
const struct ckpt_kind *ckpt_arch_kind(u32 type);

/**
 * ckpt_arch_checkpoint_header - write the arch header
 * @ctx: the checkpoint
 *
 * Called once, before any task is captured. Later calls of the functions here
 * add to the record.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_arch_checkpoint_header(struct ckpt_ctx *ctx);

/**
 * ckpt_arch_restore_header - check the arch header against this machine
 * @ctx: the restart
 * @c: position of the arch header; moved behind it
 *
 * Return: 0, or an errno that has been reported: -EOPNOTSUPP with the name of
 * the feature that some task uses and this machine lacks.
 */
int ckpt_arch_restore_header(struct ckpt_ctx *ctx, struct ckpt_cursor *c);

/*
 * ckpt_arch_task_kind: registers and other state of a task's processor. To be
 * restored after the memory descriptor and before anything that maps memory.
 * Its restore function validates, allocates and prepares, and sets
 * ckpt_task.cpu; ckpt_arch_load_regs() completes it.
 *
 * If the task to capture is current, it is in the checkpoint() system call,
 * which returns 0 in the restarted copy.
 */
extern const struct ckpt_task_kind ckpt_arch_task_kind;

/**
 * ckpt_arch_load_regs - load the registers of a restarted task
 * @t: the task, current; its restore function has succeeded
 *
 * Called in get_signal(), after the restart has been committed. Whatever the
 * architecture does on the way to user mode next, such as the restart of an
 * interrupted system call, is done with these registers. Cannot fail.
 */
void ckpt_arch_load_regs(struct ckpt_task *t);

/**
 * ckpt_arch_check_mm - refuse what the architecture cannot save of an MM
 * @ctx: the checkpoint
 * @mm: the MM
 *
 * Comes before its areas are looked at.
 *
 * Return: 0, or an error that has been reported.
 */
int ckpt_arch_check_mm(struct ckpt_ctx *ctx, struct mm_struct *mm);

/**
 * ckpt_arch_checkpoint_mm - write the architecture's part of an MM
 * @ctx: the checkpoint
 * @mm: address space; its users are stopped, and the caller does not hold its
 *	mmap_lock
 *
 * Called right after the MM record has been created.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_arch_checkpoint_mm(struct ckpt_ctx *ctx, struct mm_struct *mm);

/**
 * ckpt_arch_restore_mm - restore the architecture's part of an MM
 * @ctx: the restart
 * @c: position of the record, right behind the MM record; moved behind it
 *
 * Called in the first task that uses it, whose address space is new and
 * empty: maps what the kernel provides, such as the vdso, at its old place.
 *
 * Return: 0, or an errno that has been reported.
 */
int ckpt_arch_restore_mm(struct ckpt_ctx *ctx, struct ckpt_cursor *c);

/**
 * ckpt_arch_is_vdso - whether an area is one ckpt_arch_restore_mm() creates
 * @vma: the area; its mmap_lock is held
 *
 * False for a part of such an area, or one that was moved so that it cannot be
 * restored. Its pages have no contents to save.
 *
 * Return: true if there is nothing else to save of this area.
 */
bool ckpt_arch_is_vdso(const struct vm_area_struct *vma);

/**
 * ckpt_arch_restarting - whether a task is going to use its restart block
 * @tsk: a stopped task
 *
 * Return: true if a system call was interrupted with -ERESTART_RESTARTBLOCK
 * and has not begun again.
 */
bool ckpt_arch_restarting(struct task_struct *tsk);

/**
 * ckpt_arch_restart_compat - whether a restart block is of a compat task
 * @rb: restart block of a stopped task
 *
 * Return: true if the interrupted system call was a 32-bit one.
 */
bool ckpt_arch_restart_compat(const struct restart_block *rb);

/**
 * ckpt_arch_set_restart_compat - the opposite of ckpt_arch_restart_compat()
 * @rb: restart block
 * @compat: whether the interrupted system call was a 32-bit one
 */
void ckpt_arch_set_restart_compat(struct restart_block *rb, bool compat);

/**
 * ckpt_arch_current_compat - whether the current system call is a 32-bit one
 *
 * Return: true if so.
 */
bool ckpt_arch_current_compat(void);

/**
 * ckpt_arch_again_ok - whether a system call uses checkpoint_eintr()
 * @nr: its number
 * @compat: whether it is a 32-bit one
 *
 * Return: true if so.
 */
bool ckpt_arch_again_ok(u32 nr, bool compat);

/**
 * ckpt_arch_again - make a system call with the arguments in the registers
 * @nr: its number, for which ckpt_arch_again_ok() is true
 *
 * Return: its result.
 */
long ckpt_arch_again(u32 nr);

#include <asm/checkpoint.h>

#endif /* _LINUX_CHECKPOINT_ARCH_H */
