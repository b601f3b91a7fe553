// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - a 32-bit target, run by cpu_test
 *
 * Has no C library, so that a compiler for x86-64 can make it. Argument: the
 * file that test and target share.
 */
#include <asm/unistd_32.h>
#include <linux/types.h>

#define STR(x)		#x
#define XSTR(x)		STR(x)

#define O_RDWR		2
#define PROT_RW		3
#define MAP_SHARED	1
#define SIGUSR1		10
#define SA_RESTORER	0x04000000
#define AT_SYSINFO	32
#define CLOCK_MONOTONIC	1

/* As in common.h. */
struct shared {
	volatile int ready;
	volatile int go;
	volatile int failed;
};

struct timespec64 {
	long long sec;
	long long nsec;
};

struct user_desc32 {
	unsigned int entry;
	unsigned int base;
	unsigned int limit;
	unsigned int flags;	/* seg_32bit, limit_in_pages, useable: 0x51 */
};

struct sigaction32 {
	unsigned int handler;
	unsigned int mask;
	unsigned int flags;
	unsigned int restorer;
};

static unsigned int vsyscall;
struct shared *sh;		/* for the assembler, too */
static volatile int handled;
static unsigned int gs_area = 0xcafe;

#define CHECK(cond) do {						\
	if (!(cond) && !sh->failed)					\
		sh->failed = __LINE__;					\
} while (0)

/* As the C library does it: through the vdso, where the task is stopped. */
static int call(int nr, unsigned int a, unsigned int b, unsigned int c,
		unsigned int d)
{
	int ret;

	asm volatile("call *%1" : "=a" (ret)
		     : "m" (vsyscall), "0" (nr), "b" (a), "c" (b), "d" (c), "S" (d)
		     : "memory");
	return ret;
}

static int call_int80(int nr, unsigned int a, unsigned int b, unsigned int c)
{
	int ret;

	asm volatile("int $0x80" : "=a" (ret)
		     : "0" (nr), "b" (a), "c" (b), "d" (c) : "memory");
	return ret;
}

static void on_signal(int sig)
{
	handled = sig;
}

/* Naked functions have no code but that of the assembler. */
static __attribute__((naked)) void restorer(void)
{
	asm volatile("pop %eax\n\t"
		     "mov $" XSTR(__NR_sigreturn) ", %eax\n\t"
		     "int $0x80");
}

static unsigned int regs_out[8];

/* All registers but the stack pointer, which is checked by using it. */
static void spin(void)
{
	asm volatile("push %%ebp\n\t"
		"push %%ebx\n\t"
		"movl sh, %%eax\n\t"
		"addl $4, %%eax\n\t"
		"mov $0x11111111, %%ebx\n\t"
		"mov $0x22222222, %%ecx\n\t"
		"mov $0x33333333, %%edx\n\t"
		"mov $0x44444444, %%esi\n\t"
		"mov $0x55555555, %%edi\n\t"
		"mov $0x66666666, %%ebp\n\t"
		"std\n\t"
		"1: pause\n\t"
		"cmpl $0, (%%eax)\n\t"
		"je 1b\n\t"
		"cld\n\t"
		"mov %%ebx, %0\n\t"
		"mov %%ecx, %1\n\t"
		"mov %%edx, %2\n\t"
		"mov %%esi, %3\n\t"
		"mov %%edi, %4\n\t"
		"mov %%ebp, %5\n\t"
		"pop %%ebx\n\t"
		"pop %%ebp\n\t"
		: "=m" (regs_out[0]), "=m" (regs_out[1]), "=m" (regs_out[2]),
		  "=m" (regs_out[3]), "=m" (regs_out[4]), "=m" (regs_out[5])
		: : "eax", "ecx", "edx", "esi", "edi", "memory", "cc");
}

static unsigned int read_gs(void)
{
	unsigned int val;

	asm volatile("movl %%gs:0, %0" : "=r" (val));
	return val;
}

static void set_up(void)
{
	struct user_desc32 desc = {
		.entry	= -1,
		.base	= (unsigned int)&gs_area,
		.limit	= 0xfffff,
		.flags	= 0x51,
	};
	struct sigaction32 sa = {
		.handler	= (unsigned int)on_signal,
		.flags		= SA_RESTORER,
		.restorer	= (unsigned int)restorer,
	};

	CHECK(!call_int80(__NR_set_thread_area, (unsigned int)&desc, 0, 0));
	asm volatile("mov %0, %%gs" : : "r" (desc.entry << 3 | 3));
	CHECK(!call_int80(__NR_sigaction, SIGUSR1, (unsigned int)&sa, 0));
}

static void verify(void)
{
	int pid = call_int80(__NR_getpid, 0, 0, 0);

	CHECK(read_gs() == gs_area);
	CHECK(!call_int80(__NR_kill, pid, SIGUSR1, 0));
	CHECK(handled == SIGUSR1);
}

/* In the vdso, in a system call with a restart block, while stopped. */
static void sleep_one_second(void)
{
	struct timespec64 ts = { 1, 0 }, rem = { 7, 0 }, start, end;

	call_int80(__NR_clock_gettime64, CLOCK_MONOTONIC, (unsigned int)&start, 0);
	sh->ready = 1;
	CHECK(!call(__NR_clock_nanosleep_time64, CLOCK_MONOTONIC, 0,
		    (unsigned int)&ts, (unsigned int)&rem));
	call_int80(__NR_clock_gettime64, CLOCK_MONOTONIC, (unsigned int)&end, 0);
	CHECK(end.sec > start.sec + 1 ||
	      (end.sec == start.sec + 1 && end.nsec >= start.nsec));
}

static void run(unsigned int *stack)
{
	unsigned int *p = stack + 1 + stack[0] + 1;
	int mode = ((char *)stack[3])[0], fd;

	while (*p++)
		;
	for (; p[0]; p += 2)
		if (p[0] == AT_SYSINFO)
			vsyscall = p[1];
	fd = call_int80(__NR_open, stack[2], O_RDWR, 0);
	asm volatile("push %%ebp\n\txor %%ebp, %%ebp\n\tint $0x80\n\tpop %%ebp"
		     : "=a" (sh)
		     : "0" (__NR_mmap2), "b" (0), "c" (4096), "d" (PROT_RW),
		       "S" (MAP_SHARED), "D" (fd) : "memory");
	call_int80(__NR_close, fd, 0, 0);
	set_up();
	if (mode == 's') {
		sleep_one_second();
	} else {
		sh->ready = 1;
		spin();
		CHECK(regs_out[0] == 0x11111111);
		CHECK(regs_out[1] == 0x22222222);
		CHECK(regs_out[2] == 0x33333333);
		CHECK(regs_out[3] == 0x44444444);
		CHECK(regs_out[4] == 0x55555555);
		CHECK(regs_out[5] == 0x66666666);
	}
	verify();
	call_int80(__NR_exit, sh->failed ? 1 : 0, 0, 0);
}

void enter(unsigned int *stack)
{
	run(stack);
}

/* Where the kernel starts it. */
__attribute__((naked)) void _start(void)
{
	asm volatile("mov %esp, %eax\n\t"
		     "and $-16, %esp\n\t"
		     "push %eax\n\t"
		     "push %eax\n\t"
		     "push %eax\n\t"
		     "push %eax\n\t"
		     "call enter\n\t"
		     "hlt");
}
