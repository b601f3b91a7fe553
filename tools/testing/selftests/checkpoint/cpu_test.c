// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - registers, extended state, segments and the vdso (x86)
 */
#include "common.h"

#include <asm/checkpoint_hdr.h>
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <assert.h>
#include <limits.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/io.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <ucontext.h>

FIXTURE(cpu) {
	struct ckpt_test t;
};

FIXTURE_SETUP(cpu)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(cpu)
{
	test_teardown(&self->t);
}

/*
 * Loops that must not use a register look at this address, where the target
 * moves what it shares with the test.
 */
#define SPIN_ADDR	0x10000000UL
#define SPIN_GO		"0x10000004"

static struct shared *spin_setup(struct shared *sh)
{
	struct shared *low;

	static_assert(offsetof(struct shared, go) == 4, "SPIN_GO");
	low = mremap(sh, sizeof(*sh), sizeof(*sh), MREMAP_MAYMOVE | MREMAP_FIXED,
		     (void *)SPIN_ADDR);
	if (low == MAP_FAILED)
		_exit(98);
	return low;
}

/* The caller of the target's function no longer finds what is shared. */
static void spin_exit(struct shared *sh)
{
	_exit(atomic_load(&sh->failed) ? 1 : 0);
}

/* ---- general registers ---- */

/* Not static: only the assembler knows how they are used. */
uint64_t regs_in[16], regs_out[16];
uint64_t eflags_out, saved_rsp;

#define LOAD(n, r)	"mov regs_in+8*" #n "(%%rip), %%" #r "\n\t"
#define STORE(n, r)	"mov %%" #r ", regs_out+8*" #n "(%%rip)\n\t"

static __attribute__((noinline)) void spin_regs(void)
{
	asm volatile("push %%rbp\n\t"
		"push %%rbx\n\t"
		"mov %%rsp, saved_rsp(%%rip)\n\t"
		/* DF and ID, which comparisons leave alone */
		"pushfq\n\t"
		"orl $0x200400, (%%rsp)\n\t"
		"popfq\n\t"
		LOAD(0, rax) LOAD(1, rbx) LOAD(2, rcx) LOAD(3, rdx)
		LOAD(4, rsi) LOAD(5, rdi) LOAD(6, rbp) LOAD(7, rsp)
		LOAD(8, r8) LOAD(9, r9) LOAD(10, r10) LOAD(11, r11)
		LOAD(12, r12) LOAD(13, r13) LOAD(14, r14) LOAD(15, r15)
		"1: pause\n\t"
		"cmpl $0, " SPIN_GO "\n\t"
		"je 1b\n\t"
		STORE(0, rax) STORE(1, rbx) STORE(2, rcx) STORE(3, rdx)
		STORE(4, rsi) STORE(5, rdi) STORE(6, rbp) STORE(7, rsp)
		STORE(8, r8) STORE(9, r9) STORE(10, r10) STORE(11, r11)
		STORE(12, r12) STORE(13, r13) STORE(14, r14) STORE(15, r15)
		"mov saved_rsp(%%rip), %%rsp\n\t"
		"pushfq\n\t"
		"pop eflags_out(%%rip)\n\t"
		"cld\n\t"
		"pop %%rbx\n\t"
		"pop %%rbp\n\t"
		: : : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10",
		      "r11", "r12", "r13", "r14", "r15", "memory", "cc");
}

static void general(struct shared *sh)
{
	int i;

	sh = spin_setup(sh);
	for (i = 0; i < 16; i++)
		regs_in[i] = 0x0123456789abcdefULL * (2 * i + 1);
	atomic_store(&sh->ready, 1);
	spin_regs();
	for (i = 0; i < 16; i++)
		TARGET_CHECK(sh, regs_out[i] == regs_in[i]);
	TARGET_CHECK(sh, (eflags_out & 0x200400) == 0x200400);
	spin_exit(sh);
}

TEST_F(cpu, general)
{
	ROUND_TRIP(&self->t, general);
}

/* ---- x87, SSE, AVX, AVX-512 ---- */

uint8_t vec_in[32][64] __attribute__((aligned(64)));
uint8_t vec_out[32][64] __attribute__((aligned(64)));
uint64_t mask_in[8], mask_out[8];
uint32_t mxcsr_in = 0x5f80, mxcsr_out;	/* round towards +infinity */
uint16_t fpucw_in = 0x0e7f, fpucw_out;	/* truncate, 53 bits */
long double st_in[2] = { 3.25L, -1.0L / 3 }, st_out[2];

static void fill(void *buf, size_t size)
{
	uint32_t x = 12345;
	uint8_t *p = buf;

	while (size--) {
		x = x * 1103515245 + 12345;
		*p++ = x >> 16;
	}
}

/* The assembler repeats it for register \\i. */
#define FOR_16(insn)							\
	".irp i,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\t" insn ".endr\n\t"
#define FOR_16_31(insn)							\
	".irp i,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"	\
	insn ".endr\n\t"

#define SSE_LOAD	"movups vec_in+64*\\i(%%rip), %%xmm\\i\n\t"
#define SSE_STORE	"movups %%xmm\\i, vec_out+64*\\i(%%rip)\n\t"
#define AVX_LOAD	"vmovups vec_in+64*\\i(%%rip), %%ymm\\i\n\t"
#define AVX_STORE	"vmovups %%ymm\\i, vec_out+64*\\i(%%rip)\n\t"
#define AVX512_LOAD	"vmovups vec_in+64*\\i(%%rip), %%zmm\\i\n\t"
#define AVX512_STORE	"vmovups %%zmm\\i, vec_out+64*\\i(%%rip)\n\t"
#define K_LOAD(n)	   "kmovw mask_in+8*" #n "(%%rip), %%k" #n "\n\t"
#define K_STORE(n)	   "kmovw %%k" #n ", mask_out+8*" #n "(%%rip)\n\t"

#define SPIN								\
	"1: pause\n\t"							\
	"cmpl $0, " SPIN_GO "\n\t"					\
	"je 1b\n\t"

static void spin_x87_sse(struct shared *sh)
{
	uint32_t old_mxcsr;
	uint16_t old_cw;

	asm volatile("stmxcsr %0\n\tfnstcw %1" : "=m" (old_mxcsr), "=m" (old_cw));
	asm volatile("fninit\n\t"
		"fldcw fpucw_in(%%rip)\n\t"
		"ldmxcsr mxcsr_in(%%rip)\n\t"
		"fldt st_in(%%rip)\n\t"
		"fldt st_in+16(%%rip)\n\t"
		FOR_16(SSE_LOAD)
		SPIN
		FOR_16(SSE_STORE)
		"stmxcsr mxcsr_out(%%rip)\n\t"
		"fnstcw fpucw_out(%%rip)\n\t"
		"fstpt st_out+16(%%rip)\n\t"
		"fstpt st_out(%%rip)\n\t"
		: : : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
		      "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
		      "xmm12", "xmm13", "xmm14", "xmm15");
	asm volatile("ldmxcsr %0\n\tfldcw %1" : : "m" (old_mxcsr), "m" (old_cw));
}

static void x87_sse(struct shared *sh)
{
	int i;

	sh = spin_setup(sh);
	fill(vec_in, sizeof(vec_in));
	atomic_store(&sh->ready, 1);
	spin_x87_sse(sh);
	for (i = 0; i < 16; i++)
		TARGET_CHECK(sh, !memcmp(vec_out[i], vec_in[i], 16));
	TARGET_CHECK(sh, mxcsr_out == mxcsr_in);
	TARGET_CHECK(sh, fpucw_out == fpucw_in);
	TARGET_CHECK(sh, st_out[0] == st_in[0]);
	TARGET_CHECK(sh, st_out[1] == st_in[1]);
	spin_exit(sh);
}

TEST_F(cpu, x87_sse)
{
	ROUND_TRIP(&self->t, x87_sse);
}

static __attribute__((target("avx"))) void avx(struct shared *sh)
{
	int i;

	sh = spin_setup(sh);
	fill(vec_in, sizeof(vec_in));
	atomic_store(&sh->ready, 1);
	asm volatile(FOR_16(AVX_LOAD) SPIN FOR_16(AVX_STORE)
		     "vzeroupper\n\t"
		     : : : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3",
			   "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
			   "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
	for (i = 0; i < 16; i++)
		TARGET_CHECK(sh, !memcmp(vec_out[i], vec_in[i], 32));
	spin_exit(sh);
}

TEST_F(cpu, avx)
{
	if (!__builtin_cpu_supports("avx"))
		SKIP(return, "processor without AVX");
	ROUND_TRIP(&self->t, avx);
}

/* Compares without vector instructions, which would use the registers. */
static bool same(const volatile uint8_t *a, const volatile uint8_t *b, int n)
{
	while (n--)
		if (*a++ != *b++)
			return false;
	return true;
}

static __attribute__((target("avx512f"))) void avx512(struct shared *sh)
{
	int i;

	sh = spin_setup(sh);
	fill(vec_in, sizeof(vec_in));
	for (i = 0; i < 8; i++)
		mask_in[i] = (0x1234 * (i + 3)) & 0xffff;
	atomic_store(&sh->ready, 1);
	asm volatile(FOR_16(AVX512_LOAD) FOR_16_31(AVX512_LOAD)
		     K_LOAD(0) K_LOAD(1) K_LOAD(2) K_LOAD(3)
		     K_LOAD(4) K_LOAD(5) K_LOAD(6) K_LOAD(7)
		     SPIN
		     FOR_16(AVX512_STORE) FOR_16_31(AVX512_STORE)
		     K_STORE(0) K_STORE(1) K_STORE(2) K_STORE(3)
		     K_STORE(4) K_STORE(5) K_STORE(6) K_STORE(7)
		     "vzeroupper\n\t"
		     : : : "memory", "cc");
	for (i = 0; i < 32; i++)
		TARGET_CHECK(sh, same(vec_out[i], vec_in[i], 64));
	for (i = 0; i < 8; i++)
		TARGET_CHECK(sh, mask_out[i] == mask_in[i]);
	spin_exit(sh);
}

TEST_F(cpu, avx512)
{
	if (!__builtin_cpu_supports("avx512f"))
		SKIP(return, "processor without AVX-512");
	ROUND_TRIP(&self->t, avx512);
}

/* State in use by one task only, and none by another: both are as before. */
static void signal_frame(int sig)
{
	asm volatile("fninit\n\tpxor %%xmm0, %%xmm0" : : : "xmm0");
}

static void fp_in_handler(struct shared *sh)
{
	struct sigaction sa = { .sa_handler = signal_frame };
	double x = 1.0 / 3, y = x;

	sigaction(SIGUSR1, &sa, NULL);
	target_step(sh, 1);
	raise(SIGUSR1);
	TARGET_CHECK(sh, x * 3 - 1 == y * 3 - 1);
}

TEST_F(cpu, fp_in_handler)
{
	ROUND_TRIP(&self->t, fp_in_handler);
}

/* ---- segments ---- */

static unsigned long read_gs(void)
{
	unsigned long val;

	asm volatile("mov %%gs:0, %0" : "=r" (val));
	return val;
}

static __thread long tls_var = 17;

static void bases(struct shared *sh)
{
	static unsigned long gs_area = 0xfeedULL;
	unsigned long fs, base;

	TARGET_CHECK(sh, !syscall(SYS_arch_prctl, ARCH_SET_GS, &gs_area));
	TARGET_CHECK(sh, !syscall(SYS_arch_prctl, ARCH_GET_FS, &fs));
	tls_var = 18;
	target_step(sh, 1);
	TARGET_CHECK(sh, read_gs() == 0xfeed);
	TARGET_CHECK(sh, !syscall(SYS_arch_prctl, ARCH_GET_GS, &base));
	TARGET_CHECK(sh, base == (unsigned long)&gs_area);
	TARGET_CHECK(sh, !syscall(SYS_arch_prctl, ARCH_GET_FS, &base));
	TARGET_CHECK(sh, base == fs);
	TARGET_CHECK(sh, tls_var == 18);
}

TEST_F(cpu, bases)
{
	ROUND_TRIP(&self->t, bases);
}

/* Only 32-bit system calls know of these. */
static long call_int80(long nr, const void *arg)
{
	long ret;

	asm volatile("int $0x80" : "=a" (ret) : "0" (nr), "b" (arg)
		     : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

#define IA32_SET_THREAD_AREA	243
#define IA32_GET_THREAD_AREA	244

/* A segment in the thread's GDT entries, as 32-bit programs have it. */
static void thread_area(struct shared *sh)
{
	struct {
		unsigned long area;
		struct user_desc desc;
		struct user_desc got;
	} *low;
	uint16_t sel, gs;

	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	low->area = 0xbeef;
	low->desc = (struct user_desc){
		.entry_number	= -1,
		.base_addr	= (uintptr_t)low,
		.limit		= 0xfffff,
		.seg_32bit	= 1,
		.limit_in_pages	= 1,
		.useable	= 1,
	};
	TARGET_CHECK(sh, !call_int80(IA32_SET_THREAD_AREA, &low->desc));
	sel = low->desc.entry_number << 3 | 3;
	asm volatile("mov %0, %%gs" : : "r" (sel));
	target_step(sh, 1);
	asm volatile("mov %%gs, %0" : "=r" (gs));
	TARGET_CHECK(sh, gs == sel);
	TARGET_CHECK(sh, read_gs() == 0xbeef);
	low->got.entry_number = low->desc.entry_number;
	TARGET_CHECK(sh, !call_int80(IA32_GET_THREAD_AREA, &low->got));
	TARGET_CHECK(sh, !memcmp(&low->got, &low->desc, sizeof(low->got)));
}

TEST_F(cpu, thread_area)
{
	ROUND_TRIP(&self->t, thread_area);
}

/* ---- modes ---- */

static void notsc(struct shared *sh)
{
	int mode;

	TARGET_CHECK(sh, !prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
	/* The vdso reads the time stamp counter. */
	atomic_store(&sh->ready, 1);
	while (!atomic_load(&sh->go))
		sched_yield();
	TARGET_CHECK(sh, !prctl(PR_GET_TSC, &mode));
	TARGET_CHECK(sh, mode == PR_TSC_SIGSEGV);
	TARGET_CHECK(sh, !prctl(PR_SET_TSC, PR_TSC_ENABLE));
}

TEST_F(cpu, notsc)
{
	ROUND_TRIP(&self->t, notsc);
}

static void speculation(struct shared *sh)
{
	long before;

	prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, PR_SPEC_DISABLE, 0, 0);
	before = prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0);
	target_step(sh, 1);
	TARGET_CHECK(sh, prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS,
			       0, 0, 0) == before);
}

TEST_F(cpu, speculation)
{
	ROUND_TRIP(&self->t, speculation);
}

/* ---- protection keys ---- */

static unsigned int read_pkru(void)
{
	unsigned int eax, edx;

	asm volatile(".byte 0x0f,0x01,0xee" : "=a" (eax), "=d" (edx) : "c" (0));
	return eax;
}

static void write_pkru(unsigned int pkru)
{
	asm volatile(".byte 0x0f,0x01,0xef" : : "a" (pkru), "c" (0), "d" (0));
}

/* Of keys that nobody uses. */
static void key_rights(struct shared *sh)
{
	unsigned int pkru = read_pkru() ^ 0x90000000;

	write_pkru(pkru);
	target_step(sh, 1);
	TARGET_CHECK(sh, read_pkru() == pkru);
}

TEST_F(cpu, key_rights)
{
	int key = pkey_alloc(0, 0);

	if (key < 0)
		SKIP(return, "no protection keys");
	pkey_free(key);
	ROUND_TRIP(&self->t, key_rights);
}

/* ---- the last exception ---- */

static volatile long long trap[3];

static void on_trap(int sig, siginfo_t *info, void *uc)
{
	const greg_t *regs = ((ucontext_t *)uc)->uc_mcontext.gregs;

	trap[0] = regs[REG_TRAPNO];
	trap[1] = regs[REG_ERR];
	trap[2] = regs[REG_CR2];
	if (sig == SIGSEGV)
		((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP] += 7;
}

/* It writes where nothing is; later signals tell as well. */
static void last_exception(struct shared *sh)
{
	struct sigaction sa = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	/* 7 bytes long. */
	asm volatile("movq $0, (%0)" : : "a" (0x123450L) : "memory");
	TARGET_CHECK(sh, trap[0] == 14 && trap[1] == 6 && trap[2] == 0x123450);
	target_step(sh, 1);
	trap[0] = 0;
	trap[1] = 0;
	trap[2] = 0;
	TARGET_CHECK(sh, !raise(SIGUSR1));
	TARGET_CHECK(sh, trap[0] == 14 && trap[1] == 6 && trap[2] == 0x123450);
}

TEST_F(cpu, last_exception)
{
	ROUND_TRIP(&self->t, last_exception);
}

/* ---- the vdso ---- */

static void vdso_time(struct shared *sh)
{
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR);
	struct timespec before, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	target_step(sh, 1);
	clock_gettime(CLOCK_MONOTONIC, &after);
	TARGET_CHECK(sh, vdso && !memcmp((void *)vdso, "\177ELF", 4));
	TARGET_CHECK(sh, after.tv_sec > before.tv_sec ||
		     (after.tv_sec == before.tv_sec &&
		      after.tv_nsec > before.tv_nsec));
	TARGET_CHECK(sh, after.tv_sec - before.tv_sec < 60);
}

TEST_F(cpu, vdso_time)
{
	ROUND_TRIP(&self->t, vdso_time);
}

static void vdso_gone(struct shared *sh)
{
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR);
	unsigned char in_core;

	TARGET_CHECK(sh, !munmap((void *)(vdso - 4 * 4096), 6 * 4096));
	atomic_store(&sh->ready, 1);
	while (!atomic_load(&sh->go))
		sched_yield();
	TARGET_CHECK(sh, mincore((void *)vdso, 4096, &in_core) == -1 &&
		     errno == ENOMEM);
}

TEST_F(cpu, vdso_gone)
{
	ROUND_TRIP(&self->t, vdso_gone);
}

/* Moved as a whole, with its data in front of it. */
static void vdso_moved(struct shared *sh)
{
	char *vdso = (char *)getauxval(AT_SYSINFO_EHDR);
	char *to = mmap(NULL, 6 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	unsigned char in_core;

	TARGET_CHECK(sh, mremap(vdso - 4 * 4096, 4 * 4096, 4 * 4096,
				MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	TARGET_CHECK(sh, mremap(vdso, 2 * 4096, 2 * 4096,
				MREMAP_MAYMOVE | MREMAP_FIXED, to + 4 * 4096) ==
		     to + 4 * 4096);
	atomic_store(&sh->ready, 1);
	while (!atomic_load(&sh->go))
		sched_yield();
	TARGET_CHECK(sh, !memcmp(to + 4 * 4096, "\177ELF", 4));
	TARGET_CHECK(sh, mincore(vdso, 4096, &in_core) == -1 && errno == ENOMEM);
}

TEST_F(cpu, vdso_moved)
{
	ROUND_TRIP(&self->t, vdso_moved);
}

static void vdso_cut(struct shared *sh)
{
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR);

	/* Its data pages alone; the kernel does not split either area. */
	TARGET_CHECK(sh, !munmap((void *)(vdso - 4 * 4096), 4 * 4096));
	atomic_store(&sh->ready, 1);
	while (!atomic_load(&sh->go))
		sched_yield();
}

TEST_F(cpu, vdso_cut)
{
	REFUSED(&self->t, vdso_cut, EOPNOTSUPP, "vdso partly");
}

static void vdso_protected(struct shared *sh)
{
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR);

	TARGET_CHECK(sh, !mprotect((void *)vdso, 2 * 4096, PROT_READ));
	atomic_store(&sh->ready, 1);
	while (!atomic_load(&sh->go))
		sched_yield();
}

TEST_F(cpu, vdso_protected)
{
	REFUSED(&self->t, vdso_protected, EOPNOTSUPP, "vdso");
}

/* ---- 32-bit programs ---- */

static char ia32_path[PATH_MAX], ia32_shared[128];

static void ia32(const char *mode)
{
	execl(ia32_path, ia32_path, ia32_shared, mode, NULL);
	_exit(97);
}

static void ia32_spin(struct shared *sh)
{
	ia32("r");
}

static void ia32_sleep(struct shared *sh)
{
	ia32("s");
}

static bool ia32_setup(struct ckpt_test *t)
{
	ssize_t n = readlink("/proc/self/exe", ia32_path, sizeof(ia32_path) - 16);
	char *slash;

	if (n < 0)
		return false;
	slash = strrchr(ia32_path, '/');
	strcpy(slash + 1, "ia32_target");
	test_path(t, "shared", ia32_shared, sizeof(ia32_shared));
	return !access(ia32_path, X_OK);
}

TEST_F(cpu, ia32_spin)
{
	if (!ia32_setup(&self->t))
		SKIP(return, "no ia32_target");
	ROUND_TRIP(&self->t, ia32_spin);
}

TEST_F(cpu, ia32_sleep)
{
	if (!ia32_setup(&self->t))
		SKIP(return, "no ia32_target");
	ROUND_TRIP(&self->t, ia32_sleep);
}

/* ---- what is refused ---- */

static void io_ports(struct shared *sh)
{
	TARGET_CHECK(sh, !ioperm(0x80, 1, 1));
	target_step(sh, 1);
}

TEST_F(cpu, io_ports)
{
	REFUSED(&self->t, io_ports, EOPNOTSUPP, "I/O ports");
}

static void ldt(struct shared *sh)
{
	struct user_desc desc = {
		.limit		= 0xfffff,
		.seg_32bit	= 1,
		.limit_in_pages	= 1,
	};

	TARGET_CHECK(sh, !syscall(SYS_modify_ldt, 1, &desc, sizeof(desc)));
	target_step(sh, 1);
}

TEST_F(cpu, ldt)
{
	REFUSED(&self->t, ldt, EOPNOTSUPP, "local descriptor table");
}

#define X32	0x40000000

/* Longer than the checkpoint takes. */
static void x32_call(struct shared *sh)
{
	struct timespec ts = { .tv_nsec = 1 };

	atomic_store(&sh->data[0], !syscall(X32 | SYS_nanosleep, &ts, NULL));
	ts.tv_sec = atomic_load(&sh->data[0]) ? 2 : 0;
	atomic_store(&sh->ready, 1);
	syscall(X32 | SYS_nanosleep, &ts, NULL);
}

TEST_F(cpu, x32_call)
{
	ASSERT_LT(0, spawn(&self->t, x32_call));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	if (!atomic_load(&self->t.sh->data[0]))
		SKIP(return, "no x32 system calls");
	ASSERT_TRUE(wait_asleep(self->t.pid));
	EXPECT_EQ(-EOPNOTSUPP, do_checkpoint(&self->t, 0));
	EXPECT_NE(NULL, strstr(self->t.msg, "an x32 system call"))
		TH_LOG("%s", self->t.msg);
	wait_verified(_metadata, &self->t);
}

static void one_step(struct shared *sh)
{
	target_step(sh, 1);
}

/* A program that does nothing, for ever: headers of ELF, and one instruction. */
static const struct {
	uint32_t header[13];
	uint32_t segment[8];
	unsigned char code[4];
} x32_image = {
	.header = { 0x464c457f, 0x010101, 0, 0, 62 << 16 | 2, 1, 0x400000 + 84, 52, 0, 0,
		    32 << 16 | 52, 1 },
	.segment = { 1, 0, 0x400000, 0x400000, 88, 88, 5, 4096 },
	.code = { 0xeb, 0xfe },		/* jmp . */
};

static_assert(sizeof(x32_image) == 88);

static void x32_program(struct shared *sh)
{
	static const char name[] = "/tmp/ckpt-x32";
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0700);

	TARGET_CHECK(sh, write(fd, &x32_image, sizeof(x32_image)) == sizeof(x32_image));
	close(fd);
	atomic_store(&sh->ready, 1);
	execl(name, name, NULL);
	atomic_store(&sh->data[0], 1);
}

TEST_F(cpu, x32_program)
{
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, x32_program));
	ASSERT_TRUE(wait_step(t->sh, 1));
	nap_ms(200);
	unlink("/tmp/ckpt-x32");
	ASSERT_EQ(0, atomic_load(&t->sh->failed));
	if (atomic_load(&t->sh->data[0]))
		SKIP(return, "no x32 programs");
	EXPECT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
	EXPECT_NE(NULL, strstr(t->msg, "x32 program"))
		TH_LOG("%s", t->msg);
}

/* A debugger has gone, and left one behind. */
TEST_F(cpu, breakpoint)
{
	const long dr0 = offsetof(struct user, u_debugreg[0]);
	const long dr7 = offsetof(struct user, u_debugreg[7]);
	struct ckpt_test *t = &self->t;

	ASSERT_LT(0, spawn(t, one_step));
	ASSERT_TRUE(wait_step(t->sh, 1));
	ASSERT_EQ(0, ptrace(PTRACE_ATTACH, t->pid, NULL, NULL));
	ASSERT_EQ(t->pid, waitpid(t->pid, NULL, __WALL));
	ASSERT_EQ(0, ptrace(PTRACE_POKEUSER, t->pid, dr0, (void *)0x1000));
	ASSERT_EQ(0, ptrace(PTRACE_POKEUSER, t->pid, dr7, (void *)1));
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, t->pid, NULL, NULL));
	EXPECT_EQ(-EOPNOTSUPP, do_checkpoint(t, 0));
	EXPECT_NE(NULL, strstr(t->msg, "hardware breakpoints"))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
}

static void dispatch(struct shared *sh)
{
	static char selector;		/* SYSCALL_DISPATCH_FILTER_ALLOW */

	TARGET_CHECK(sh, !prctl(59 /* PR_SET_SYSCALL_USER_DISPATCH */, 1, 0, 0,
				&selector));
	target_step(sh, 1);
}

TEST_F(cpu, dispatch)
{
	REFUSED(&self->t, dispatch, EOPNOTSUPP, "syscall user dispatch");
}

/* ---- images of other machines, and malicious ones ---- */

static uint32_t crc32c(const void *buf, size_t len)
{
	const uint8_t *p = buf;
	uint32_t crc = ~0U;
	int i;

	while (len--) {
		crc ^= *p++;
		for (i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

/* The first record of @type in an image, or NULL. */
static void *find_record(uint8_t *image, uint32_t type)
{
	const struct ckpt_hdr_header *header = (void *)image;
	uint64_t off = 0;

	while (off < header->meta_len) {
		struct ckpt_hdr *h = (void *)(image + off);

		if (h->type == type)
			return h;
		off += h->len;
	}
	return NULL;
}

#define CHANGE(_name, _type, _rec, _field, _value, _err, _why) {	\
	.name	= _name,						\
	.type	= _type,						\
	.offset	= offsetof(struct ckpt_hdr_x86_##_rec, _field),		\
	.size	= sizeof(((struct ckpt_hdr_x86_##_rec *)0)->_field),	\
	.value	= _value,						\
	.err	= _err,							\
	.why	= _why,							\
}

static const struct change {
	const char *name;
	uint32_t type;
	size_t offset;
	size_t size;
	uint64_t value;
	int err;
	const char *why;
} changes[] = {
	CHANGE("future state", CKPT_HDR_X86_HEADER, header, xfeatures,
	       1ULL << 40 | 3, EOPNOTSUPP, "which is in use"),
	CHANGE("other vdso", CKPT_HDR_X86_HEADER, header, vdso[0].crc,
	       0x12345678, EOPNOTSUPP, "64-bit vdso differs"),
	CHANGE("larger vdso", CKPT_HDR_X86_HEADER, header, vdso[0].size,
	       1 << 20, EOPNOTSUPP, "64-bit vdso differs"),
	CHANGE("high addresses", CKPT_HDR_X86_HEADER, header, addr_end,
	       1ULL << 57, EOPNOTSUPP, "5-level"),
	CHANGE("CPUID that faults", CKPT_HDR_X86_CPU, cpu, state, CKPT_X86_NOCPUID,
	       EOPNOTSUPP, "cannot make CPUID fault"),
	CHANGE("flush of the cache", CKPT_HDR_X86_CPU, cpu, spec_l1d, PR_SPEC_ENABLE,
	       EOPNOTSUPP, "cannot set speculation control"),
	CHANGE("vdso not announced", CKPT_HDR_X86_HEADER, header, vdso_used,
	       0, EBADMSG, "arch header"),
	CHANGE("kernel code", CKPT_HDR_X86_CPU, cpu, cs, 0x10, EBADMSG,
	       "code segment"),
	CHANGE("interrupts off", CKPT_HDR_X86_CPU, cpu, eflags, 0x3000,
	       EBADMSG, "flags"),
	CHANGE("fs in the hole", CKPT_HDR_X86_CPU, cpu, fs_base, 1ULL << 56,
	       EBADMSG, "segment base"),
	CHANGE("reserved bits of MXCSR", CKPT_HDR_X86_FPU, fpu, mxcsr,
	       0xffff0000, EBADMSG, "state"),
	CHANGE("component that is missing", CKPT_HDR_X86_FPU, fpu, xfeatures,
	       1ULL << 19 | 3, EBADMSG, "component"),
	CHANGE("vdso in page 0", CKPT_HDR_X86_MM, mm, vdso, 0x4000, EBADMSG,
	       "vdso"),
	CHANGE("vdso at the end", CKPT_HDR_X86_MM, mm, vdso, 0x7ffffffff000,
	       EBADMSG, "vdso"),
	CHANGE("unknown vdso", CKPT_HDR_X86_MM, mm, vdso_image, 7, EBADMSG,
	       "vdso"),
};

TEST_F(cpu, changed_images)
{
	struct ckpt_hdr_header *header;
	struct ckpt_hdr_x86_header *x86;
	struct ckpt_hdr_meta_end *end;
	uint64_t saved;
	uint8_t *image;
	unsigned int i;
	struct stat st;

	ASSERT_LT(0, spawn(&self->t, one_step));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	ASSERT_EQ(0, fstat(self->t.image, &st));
	image = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		     self->t.image, 0);
	ASSERT_NE(MAP_FAILED, image);
	header = (void *)image;
	end = (void *)(image + header->meta_len - sizeof(*end));
	ASSERT_EQ(CKPT_HDR_META_END, end->h.type);
	ASSERT_EQ(end->crc, crc32c(image, (uint8_t *)end - image));

	/* Nobody uses it, so that is only said. */
	x86 = find_record(image, CKPT_HDR_X86_HEADER);
	x86->xfeatures_offered |= 1ULL << 40;
	end->crc = crc32c(image, (uint8_t *)end - image);
	ASSERT_LT(0, restart_killed(&self->t));
	EXPECT_NE(NULL, strstr(self->t.msg, "which is not in use now"))
		TH_LOG("%s", self->t.msg);
	kill(self->t.pid, SIGKILL);
	ASSERT_EQ(self->t.pid, waitpid(self->t.pid, NULL, __WALL));
	x86->xfeatures_offered &= ~(1ULL << 40);

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		const struct change *c = &changes[i];
		uint8_t *rec = find_record(image, c->type);

		ASSERT_NE(NULL, rec);
		saved = 0;
		memcpy(&saved, rec + c->offset, c->size);
		memcpy(rec + c->offset, &c->value, c->size);
		end->crc = crc32c(image, (uint8_t *)end - image);
		EXPECT_EQ(-c->err, do_restart(&self->t, 0))
			TH_LOG("%s: %s", c->name, self->t.msg);
		EXPECT_NE(NULL, strstr(self->t.msg, c->why))
			TH_LOG("%s: %s", c->name, self->t.msg);
		memcpy(rec + c->offset, &saved, c->size);
	}
	end->crc = crc32c(image, (uint8_t *)end - image);
	munmap(image, st.st_size);
	ASSERT_LT(0, do_restart(&self->t, 0))
		TH_LOG("%s", self->t.msg);
	atomic_store(&self->t.sh->go, 1);
	ASSERT_EQ(0, wait_exit(self->t.pid));
	self->t.pid = 0;
}

TEST_HARNESS_MAIN
