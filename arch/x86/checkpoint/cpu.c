// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - x86: registers of a task
 *
 * Saved: general registers, flags, segments and their bases, the number and
 * result of the system call that was interrupted, PKRU; whether RDTSC and
 * CPUID are allowed; control of speculation; what the next signal frame says
 * about the last exception. See also fpu.c and tls.c.
 * Not saved: the time stamp counter.
 * Refused: I/O permissions (iopl(), ioperm()), hardware breakpoints, single
 * stepping by a debugger, uprobes in progress, shadow stacks, x32 system calls,
 * code segments other than the kernel's two.
 */
#include <linux/nospec.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/fsgsbase.h>
#include <asm/gsseg.h>
#include <asm/ia32.h>
#include <asm/pkru.h>
#include <asm/prctl.h>
#include <asm/proto.h>
#include <asm/segment.h>
#include <asm/shstk.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#include <asm/unistd_32_ia32.h>
#include "x86.h"

static_assert(CKPT_X86_SA_IA32 == SA_IA32_ABI);
static_assert(CKPT_X86_CS_64 == __USER_CS);
static_assert(CKPT_X86_CS_32 == __USER32_CS);
static_assert(CKPT_X86_EFLAGS ==
	      (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF |
	       X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF |
	       X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_AC | X86_EFLAGS_ID));

/* ---- checkpoint ---- */

static bool has_breakpoints(const struct task_struct *tsk)
{
	int i;

	for (i = 0; i < HBP_NUM; i++)
		if (tsk->thread.ptrace_bps[i])
			return true;
	return false;
}

static const char *unsupported(struct task_struct *tsk)
{
	const struct pt_regs *regs = task_pt_regs(tsk);

	if (test_tsk_thread_flag(tsk, TIF_IO_BITMAP) || tsk->thread.io_bitmap ||
	    tsk->thread.iopl_emul)
		return "access to I/O ports, see iopl(2) and ioperm(2)";
	if (has_breakpoints(tsk))
		return "hardware breakpoints";
	if (test_tsk_thread_flag(tsk, TIF_SINGLESTEP) ||
	    test_tsk_thread_flag(tsk, TIF_BLOCKSTEP) ||
	    test_tsk_thread_flag(tsk, TIF_FORCED_TF))
		return "single-stepping";
	if (ckpt_x86_in_uprobe(tsk) || test_tsk_thread_flag(tsk, TIF_UPROBE))
		return "a uprobe in progress";
	if (ckpt_x86_features(tsk))
		return "a shadow stack, see map_shadow_stack(2)";
	if (regs->cs != __USER_CS && regs->cs != __USER32_CS)
		return "a code segment that is not the kernel's";
	if ((int)regs->orig_ax != -1 && (regs->orig_ax & __X32_SYSCALL_BIT))
		return "an x32 system call";
	return NULL;
}

static void save_regs(struct ckpt_hdr_x86_cpu *rec, const struct pt_regs *regs)
{
	rec->r15 = regs->r15;
	rec->r14 = regs->r14;
	rec->r13 = regs->r13;
	rec->r12 = regs->r12;
	rec->bp = regs->bp;
	rec->bx = regs->bx;
	rec->r11 = regs->r11;
	rec->r10 = regs->r10;
	rec->r9 = regs->r9;
	rec->r8 = regs->r8;
	rec->ax = regs->ax;
	rec->cx = regs->cx;
	rec->dx = regs->dx;
	rec->si = regs->si;
	rec->di = regs->di;
	rec->orig_ax = regs->orig_ax;
	rec->ip = regs->ip;
	rec->eflags = regs->flags & CKPT_X86_EFLAGS;
	rec->sp = regs->sp;
	rec->cs = regs->cs;
	rec->ss = regs->ss;
}

/* Current, and so its registers, have not been through a context switch. */
static void save_live_segments(struct ckpt_hdr_x86_cpu *rec)
{
	savesegment(ds, rec->ds);
	savesegment(es, rec->es);
	savesegment(fs, rec->fs);
	savesegment(gs, rec->gs);
	rec->pkru = read_pkru();
}

static void save_segments(struct ckpt_hdr_x86_cpu *rec,
			  const struct task_struct *tsk)
{
	rec->ds = tsk->thread.ds;
	rec->es = tsk->thread.es;
	rec->fs = tsk->thread.fsindex;
	rec->gs = tsk->thread.gsindex;
	rec->pkru = tsk->thread.pkru;
}

static u32 task_state(struct task_struct *tsk)
{
	u32 state = 0;

	if (test_tsk_thread_flag(tsk, TIF_ADDR32))
		state |= CKPT_X86_ADDR32;
	if (task_thread_info(tsk)->status & TS_COMPAT)
		state |= CKPT_X86_COMPAT;
	if (task_thread_info(tsk)->status & TS_I386_REGS_POKED)
		state |= CKPT_X86_POKED;
	if (test_tsk_thread_flag(tsk, TIF_NOTSC))
		state |= CKPT_X86_NOTSC;
	if (test_tsk_thread_flag(tsk, TIF_NOCPUID))
		state |= CKPT_X86_NOCPUID;
	return state;
}

/* 0 if the task has no say in it. */
static u32 spec_get(struct task_struct *tsk, unsigned long which)
{
	int ctrl = arch_prctl_spec_ctrl_get(tsk, which);

	return ctrl > 0 && (ctrl & PR_SPEC_PRCTL) ? ctrl & ~PR_SPEC_PRCTL : 0;
}

static int checkpoint_cpu(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	const char *what = unsupported(tsk);
	struct ckpt_hdr_x86_cpu *rec;

	if (what)
		return ckpt_err(ctx, -EOPNOTSUPP, "%s", what);
	rec = ckpt_new_rec(ctx, CKPT_HDR_X86_CPU, sizeof(*rec));
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	save_regs(rec, task_pt_regs(tsk));
	if (tsk == current)
		save_live_segments(rec);
	else
		save_segments(rec, tsk);
	rec->fs_base = x86_fsbase_read_task(tsk);
	rec->gs_base = x86_gsbase_read_task(tsk);
	rec->state = task_state(tsk);
	if (tsk == current) {
		/* What the restarted copy returns from checkpoint(). */
		rec->ax = 0;
		rec->orig_ax = -1;
		rec->state &= ~(CKPT_X86_COMPAT | CKPT_X86_POKED);
	}
	rec->spec_ssb = spec_get(tsk, PR_SPEC_STORE_BYPASS);
	rec->spec_ib = spec_get(tsk, PR_SPEC_INDIRECT_BRANCH);
	rec->spec_l1d = spec_get(tsk, PR_SPEC_L1D_FLUSH);
	rec->cr2 = tsk->thread.cr2;
	rec->trap_nr = tsk->thread.trap_nr;
	rec->error_code = tsk->thread.error_code;
	rec->features_locked = ckpt_x86_features_locked(tsk);
	if (rec->cs == __USER32_CS)
		ckpt_x86_header(ctx)->flags |= CKPT_X86_HAS_IA32;
	return 0;
}

static int checkpoint_arch_task(struct ckpt_ctx *ctx, struct task_struct *tsk)
{
	int err;

	err = checkpoint_cpu(ctx, tsk);
	if (err)
		return err;
	err = checkpoint_x86_fpu(ctx, tsk);
	if (err)
		return err;
	return checkpoint_x86_tls(ctx, tsk);
}

bool ckpt_arch_restarting(struct task_struct *tsk)
{
	struct pt_regs *regs = task_pt_regs(tsk);
	bool compat = task_thread_info(tsk)->status & TS_COMPAT;
	long nr = compat ? __NR_ia32_restart_syscall : __NR_restart_syscall;

	if (tsk == current)
		return false;
	/* About to make the call: set up, and then stopped once more. */
	if (regs->ax == nr)
		return true;
	return syscall_get_nr(tsk, regs) != -1 &&
	       syscall_get_error(tsk, regs) == -ERESTART_RESTARTBLOCK;
}

bool ckpt_arch_restart_compat(const struct restart_block *rb)
{
	return rb->arch_data & TS_COMPAT;
}

/* ---- system calls that are made again, see checkpoint/again.c ---- */

static const u32 again_native[] = {
	__NR_epoll_wait,
	__NR_epoll_pwait,
	__NR_epoll_pwait2,
	__NR_rt_sigtimedwait,
	__NR_semtimedop,
};

static const u32 again_compat[] = {
	__NR_ia32_epoll_wait,
	__NR_ia32_epoll_pwait,
	__NR_ia32_epoll_pwait2,
	__NR_ia32_ipc,
	__NR_ia32_rt_sigtimedwait,
	__NR_ia32_rt_sigtimedwait_time64,
	__NR_ia32_semtimedop_time64,
};

static bool is_in(const u32 *table, size_t len, u32 nr)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (table[i] == nr)
			return true;
	return false;
}

bool ckpt_arch_current_compat(void)
{
	return in_ia32_syscall();
}

bool ckpt_arch_again_ok(u32 nr, bool compat)
{
	if (compat)
		return is_in(again_compat, ARRAY_SIZE(again_compat), nr);
	return is_in(again_native, ARRAY_SIZE(again_native), nr);
}

long ckpt_arch_again(u32 nr)
{
	const struct pt_regs *regs = current_pt_regs();

	if (IS_ENABLED(CONFIG_IA32_EMULATION) && in_ia32_syscall())
		return ia32_sys_call(regs, nr);
	return x64_sys_call(regs, nr);
}

/* ---- validate ---- */

static bool selector_ok(u16 sel)
{
	return sel < 4 || (sel & SEGMENT_RPL_MASK) == USER_RPL;
}

/* WRFSBASE and WRGSBASE take any canonical address, with 57 bits at most. */
static bool base_ok(u64 base)
{
	return base == (u64)sign_extend64(base, 56);
}

static bool spec_ok(u32 ctrl)
{
	return !ctrl || ctrl == PR_SPEC_ENABLE || ctrl == PR_SPEC_DISABLE ||
	       ctrl == PR_SPEC_FORCE_DISABLE || ctrl == PR_SPEC_DISABLE_NOEXEC;
}

int ckpt_x86_cpu_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_x86_cpu *rec =
		container_of(h, struct ckpt_hdr_x86_cpu, h);

	if (rec->cs != __USER_CS && rec->cs != __USER32_CS)
		return ckpt_bad(v, "code segment that is not the user's");
	if (rec->ss < 4 || (rec->ss & SEGMENT_RPL_MASK) != USER_RPL)
		return ckpt_bad(v, "stack segment that is not the user's");
	if (!selector_ok(rec->ds) || !selector_ok(rec->es) ||
	    !selector_ok(rec->fs) || !selector_ok(rec->gs))
		return ckpt_bad(v, "data segment that is not the user's");
	if (rec->eflags & ~CKPT_X86_EFLAGS)
		return ckpt_bad(v, "flags that a user cannot set");
	if (!base_ok(rec->fs_base) || !base_ok(rec->gs_base))
		return ckpt_bad(v, "segment base that is no address");
	if (rec->state & ~CKPT_X86_STATE_ALL)
		return ckpt_bad(v, "unknown state");
	if (!spec_ok(rec->spec_ssb) || !spec_ok(rec->spec_ib) ||
	    !spec_ok(rec->spec_l1d))
		return ckpt_bad(v, "unknown control of speculation");
	return 0;
}

/* ---- restore ---- */

/* What copy_process() has copied from the caller of restart(). */
static void forget_inherited(void)
{
	struct thread_struct *thread = &current->thread;

	reset_thread_features();
	thread->iopl_emul = 0;
	thread->virtual_dr6 = 0;
	thread->ptrace_dr7 = 0;
}

static int check_cpu(struct ckpt_ctx *ctx, const struct ckpt_hdr_x86_cpu *rec)
{
	const u32 ia32 = CKPT_X86_ADDR32 | CKPT_X86_COMPAT | CKPT_X86_POKED;

	if (((rec->state & ia32) || rec->cs == __USER32_CS) && !ia32_enabled())
		return ckpt_err(ctx, -EOPNOTSUPP,
				"kernel does not run 32-bit programs");
	if ((ckpt_x86_header(ctx)->flags & CKPT_X86_HAS_PKRU) &&
	    !cpu_feature_enabled(X86_FEATURE_OSPKE) &&
	    (rec->pkru & (PKRU_AD_BIT | PKRU_WD_BIT)))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"processor lacks protection keys, which are in use");
	if (rec->features_locked && !IS_ENABLED(CONFIG_X86_USER_SHADOW_STACK))
		ckpt_warn(ctx, "kernel has no shadow stacks to lock");
	return 0;
}

/*
 * What arch_prctl() accepts, or the WRFSBASE instruction if user mode has it.
 * If not, a selector other than null comes with the base of its segment.
 */
static bool can_load_base(u16 sel, u64 base)
{
	if (boot_cpu_has(X86_FEATURE_FSGSBASE))
		return __is_canonical_address(base, __VIRTUAL_MASK_SHIFT + 1);
	if (sel > 3)
		return base == x86_fsgsbase_read_task(current, sel);
	return base < TASK_SIZE_MAX;
}

static int check_bases(struct ckpt_ctx *ctx, const struct ckpt_hdr_x86_cpu *rec)
{
	if (can_load_base(rec->fs, rec->fs_base) &&
	    can_load_base(rec->gs, rec->gs_base))
		return 0;
	return ckpt_err(ctx, -EOPNOTSUPP,
			"processor cannot have FS base %#llx, GS base %#llx",
			rec->fs_base, rec->gs_base);
}

static int restore_modes(struct ckpt_ctx *ctx,
			 const struct ckpt_hdr_x86_cpu *rec)
{
	bool nocpuid = rec->state & CKPT_X86_NOCPUID;
	int err;

	assign_bit(TIF_ADDR32, &current_thread_info()->flags,
		   rec->state & CKPT_X86_ADDR32);
	err = set_tsc_mode(rec->state & CKPT_X86_NOTSC ? PR_TSC_SIGSEGV :
							 PR_TSC_ENABLE);
	if (err)
		return ckpt_err(ctx, err, "cannot set access to RDTSC");
	if (nocpuid == test_thread_flag(TIF_NOCPUID))
		return 0;
	err = do_arch_prctl_common(ARCH_SET_CPUID, !nocpuid);
	if (err)
		return ckpt_err(ctx, -EOPNOTSUPP,
				"processor cannot make CPUID fault");
	return 0;
}

/* Whether the task is as well protected here as it wanted to be. */
static bool spec_good_enough(unsigned long which, u32 here, u32 ctrl)
{
	if (here & PR_SPEC_PRCTL)
		return (here & ~PR_SPEC_PRCTL) == ctrl;
	/* No choice here. Flushing is what this one enables or disables. */
	if (which == PR_SPEC_L1D_FLUSH)
		return ctrl == PR_SPEC_DISABLE;
	return ctrl == PR_SPEC_ENABLE || !(here & PR_SPEC_ENABLE);
}

static int restore_spec(struct ckpt_ctx *ctx, unsigned long which, u32 ctrl,
			const char *name)
{
	int here = arch_prctl_spec_ctrl_get(current, which);

	if (!ctrl || here < 0 || spec_good_enough(which, here, ctrl))
		return 0;
	if (arch_prctl_spec_ctrl_set(current, which, ctrl))
		return ckpt_err(ctx, -EOPNOTSUPP,
				"cannot set speculation control %s to %#x",
				name, ctrl);
	return 0;
}

static int restore_specs(struct ckpt_ctx *ctx,
			 const struct ckpt_hdr_x86_cpu *rec)
{
	int err;

	err = restore_spec(ctx, PR_SPEC_STORE_BYPASS, rec->spec_ssb,
			   "PR_SPEC_STORE_BYPASS");
	if (err)
		return err;
	err = restore_spec(ctx, PR_SPEC_INDIRECT_BRANCH, rec->spec_ib,
			   "PR_SPEC_INDIRECT_BRANCH");
	if (err)
		return err;
	return restore_spec(ctx, PR_SPEC_L1D_FLUSH, rec->spec_l1d,
			    "PR_SPEC_L1D_FLUSH");
}

static int restore_arch_task(struct ckpt_ctx *ctx, struct ckpt_task *t,
			     struct ckpt_cursor *c)
{
	const struct ckpt_hdr_x86_cpu *rec;
	int err;

	rec = ckpt_read_obj_type(c, CKPT_HDR_X86_CPU);
	if (IS_ERR(rec))
		return PTR_ERR(rec);
	err = check_cpu(ctx, rec);
	if (err)
		return err;
	forget_inherited();
	err = restore_modes(ctx, rec);
	if (err)
		return err;
	err = restore_specs(ctx, rec);
	if (err)
		return err;
	err = restore_x86_fpu(ctx, c);
	if (err)
		return err;
	err = restore_x86_tls(ctx, c);
	if (err)
		return err;
	err = check_bases(ctx, rec);
	if (err)
		return err;
	t->cpu = &rec->h;
	return 0;
}

const struct ckpt_task_kind ckpt_arch_task_kind = {
	.name		= "registers",
	.checkpoint	= checkpoint_arch_task,
	.restore	= restore_arch_task,
};

/* ---- the last step, which cannot fail ---- */

static void load_regs(struct pt_regs *regs, const struct ckpt_hdr_x86_cpu *rec)
{
	regs->r15 = rec->r15;
	regs->r14 = rec->r14;
	regs->r13 = rec->r13;
	regs->r12 = rec->r12;
	regs->bp = rec->bp;
	regs->bx = rec->bx;
	regs->r11 = rec->r11;
	regs->r10 = rec->r10;
	regs->r9 = rec->r9;
	regs->r8 = rec->r8;
	regs->ax = rec->ax;
	regs->cx = rec->cx;
	regs->dx = rec->dx;
	regs->si = rec->si;
	regs->di = rec->di;
	regs->orig_ax = rec->orig_ax;
	regs->ip = rec->ip;
	regs->flags = (rec->eflags & CKPT_X86_EFLAGS) |
		      X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	regs->sp = rec->sp;
	regs->cs = rec->cs;
	regs->ss = rec->ss;
}

/*
 * Loading a selector that is not or no longer good leaves it null. Without
 * FSGSBASE the base belongs to the selector, unless that is null.
 */
static void load_fs_gs(const struct ckpt_hdr_x86_cpu *rec)
{
	bool independent = boot_cpu_has(X86_FEATURE_FSGSBASE);

	loadsegment(fs, rec->fs);
	if (independent || rec->fs < 4) {
		x86_fsbase_write_cpu(rec->fs_base);
		current->thread.fsbase = rec->fs_base;
	}
	load_gs_index(rec->gs);
	if (independent || rec->gs < 4) {
		x86_gsbase_write_cpu_inactive(rec->gs_base);
		current->thread.gsbase = rec->gs_base;
	}
}

static void load_segments(const struct ckpt_hdr_x86_cpu *rec)
{
	preempt_disable();
	loadsegment(ds, rec->ds);
	loadsegment(es, rec->es);
	load_fs_gs(rec);
	preempt_enable();
}

static void load_status(const struct ckpt_hdr_x86_cpu *rec)
{
	struct thread_info *ti = current_thread_info();

	ti->status &= ~(TS_COMPAT | TS_I386_REGS_POKED);
	if (rec->state & CKPT_X86_COMPAT)
		ti->status |= TS_COMPAT;
	if (rec->state & CKPT_X86_POKED)
		ti->status |= TS_I386_REGS_POKED;
}

void ckpt_arch_load_regs(struct ckpt_task *t)
{
	const struct ckpt_hdr_x86_cpu *rec =
		container_of(t->cpu, struct ckpt_hdr_x86_cpu, h);
	struct thread_struct *thread = &current->thread;

	load_regs(current_pt_regs(), rec);
	load_segments(rec);
	load_status(rec);
	thread->cr2 = rec->cr2;
	thread->trap_nr = rec->trap_nr;
	thread->error_code = rec->error_code;
	ckpt_x86_lock_features(rec->features_locked);
	if (ckpt_x86_header(t->ctx)->flags & CKPT_X86_HAS_PKRU)
		write_pkru(rec->pkru);
	else
		pkru_write_default();
}

void ckpt_arch_set_restart_compat(struct restart_block *rb, bool compat)
{
	rb->arch_data = compat ? TS_COMPAT : 0;
}
