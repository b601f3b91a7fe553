// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - memory
 */
#include "common.h"

#include <linux/loop.h>
#include <linux/mman.h>
#include <linux/userfaultfd.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/swap.h>

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE	0x08
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA	0x53564d41
#endif
#ifndef PR_SET_VMA_ANON_NAME
#define PR_SET_VMA_ANON_NAME	0
#endif
#ifndef PR_SET_MDWE
#define PR_SET_MDWE	65
#define PR_GET_MDWE	66
#endif

#define PAGE		4096UL
#define NR		64

FIXTURE(mm) {
	struct ckpt_test t;
};

FIXTURE_SETUP(mm)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(mm)
{
	test_teardown(&self->t);
}

static char *map(size_t len, int prot, int flags)
{
	return mmap(NULL, len, prot, flags | MAP_ANONYMOUS, -1, 0);
}

static void fill(char *p, size_t nr, unsigned int seed)
{
	size_t i;

	for (i = 0; i < nr; i++)
		snprintf(p + i * PAGE, PAGE, "page %zu of %u", i, seed);
}

static bool filled(const char *p, size_t nr, unsigned int seed)
{
	char buf[64];
	size_t i;

	for (i = 0; i < nr; i++) {
		snprintf(buf, sizeof(buf), "page %zu of %u", i, seed);
		if (strcmp(p + i * PAGE, buf))
			return false;
	}
	return true;
}

/* The line of /proc/self/smaps for the area at @addr that starts with @key. */
static char smaps[1 << 20];

static bool smaps_line(void *addr, const char *key, char *line, size_t size)
{
	unsigned long start, end;
	bool inside = false;
	ssize_t n, len = 0;
	char *p, *next;
	int fd;

	fd = open("/proc/self/smaps", O_RDONLY);
	if (fd < 0)
		return false;
	while ((n = read(fd, smaps + len, sizeof(smaps) - 1 - len)) > 0)
		len += n;
	close(fd);
	smaps[len] = '\0';
	for (p = smaps; *p; p = next) {
		next = strchr(p, '\n');
		if (!next)
			return false;
		*next++ = '\0';
		if (sscanf(p, "%lx-%lx ", &start, &end) == 2) {
			inside = start <= (unsigned long)addr &&
				 (unsigned long)addr < end;
			if (inside && !*key) {
				snprintf(line, size, "%.*s", (int)size - 1, p);
				return true;
			}
		} else if (inside && *key && !strncmp(p, key, strlen(key))) {
			snprintf(line, size, "%.*s", (int)size - 1, p);
			return true;
		}
	}
	return false;
}

static long smaps_kb(void *addr, const char *key)
{
	char line[512];

	if (!smaps_line(addr, key, line, sizeof(line)))
		return -1;
	return atol(line + strlen(key));
}

/* Whether an area still is what it was. */
struct area {
	char *addr;
	char head[256];
	char flags[256];
};

static void drop_word(char *s, const char *word)
{
	char *p = strstr(s, word);

	if (p)
		memmove(p, p + strlen(word), strlen(p + strlen(word)) + 1);
}

static bool look(struct area *a, char *addr)
{
	a->addr = addr;
	if (!smaps_line(addr, "", a->head, sizeof(a->head)) ||
	    !smaps_line(addr, "VmFlags:", a->flags, sizeof(a->flags)))
		return false;
	/* Everything is soft-dirty after a restart. */
	drop_word(a->flags, "sd ");
	return true;
}

static bool same(struct area *a)
{
	struct area now;

	return look(&now, a->addr) && !strcmp(now.head, a->head) &&
	       !strcmp(now.flags, a->flags);
}

/* ---- private memory ---- */

static void private(struct shared *sh)
{
	char *p = map(NR * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *none = map(NR * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *text = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *part = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct area a[4];
	int i;

	fill(p, NR / 2, 1);
	fill(none, NR, 2);
	TARGET_CHECK(sh, !mprotect(none, NR * PAGE, PROT_NONE));
	memcpy(text, "\xb8\x2a\0\0\0\xc3", 6);
	TARGET_CHECK(sh, !mprotect(text, PAGE, PROT_READ | PROT_EXEC));
	fill(part, 4, 3);
	TARGET_CHECK(sh, !mprotect(part + PAGE, PAGE, PROT_READ));
	TARGET_CHECK(sh, look(&a[0], p) && look(&a[1], none) &&
		     look(&a[2], text) && look(&a[3], part + PAGE));

	target_step(sh, 1);
	for (i = 0; i < 4; i++)
		TARGET_CHECK(sh, same(&a[i]));
	TARGET_CHECK(sh, filled(p, NR / 2, 1));
	for (i = NR / 2; i < NR; i++)
		TARGET_CHECK(sh, !p[i * PAGE]);
	fill(p, NR, 4);
	TARGET_CHECK(sh, filled(p, NR, 4));
	TARGET_CHECK(sh, !mprotect(none, NR * PAGE, PROT_READ | PROT_WRITE));
	TARGET_CHECK(sh, filled(none, NR, 2));
	TARGET_CHECK(sh, ((int (*)(void))text)() == 42);
	TARGET_CHECK(sh, filled(part, 4, 3));
}

TEST_F(mm, private)
{
	ROUND_TRIP(&self->t, private);
}

static void moved(struct shared *sh)
{
	char *p = map(NR * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *to = map(3 * NR * PAGE, PROT_NONE, MAP_PRIVATE);
	struct area a;
	char *q;

	fill(p, NR, 5);
	q = mremap(p, NR * PAGE, NR * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		   to + NR * PAGE);
	TARGET_CHECK(sh, q == to + NR * PAGE);
	TARGET_CHECK(sh, look(&a, q));
	target_step(sh, 1);
	TARGET_CHECK(sh, same(&a));
	TARGET_CHECK(sh, filled(q, NR, 5));
	/* Back at its old place, it is one area with what was next to it. */
	q = mremap(q, NR * PAGE, NR * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p);
	TARGET_CHECK(sh, q == p && filled(p, NR, 5));
}

TEST_F(mm, moved)
{
	ROUND_TRIP(&self->t, moved);
}

static void advised(struct shared *sh)
{
	static const int advice[] = {
		MADV_DONTFORK, MADV_WIPEONFORK, MADV_DONTDUMP, MADV_HUGEPAGE,
		MADV_NOHUGEPAGE, MADV_RANDOM, MADV_SEQUENTIAL, MADV_MERGEABLE,
	};
	struct area a[ARRAY_SIZE(advice)];
	char *p[ARRAY_SIZE(advice)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(advice); i++) {
		p[i] = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
		fill(p[i], 4, i);
		madvise(p[i], 4 * PAGE, advice[i]);
	}
	for (i = 0; i < ARRAY_SIZE(advice); i++)
		TARGET_CHECK(sh, look(&a[i], p[i]));
	target_step(sh, 1);
	for (i = 0; i < ARRAY_SIZE(advice); i++) {
		TARGET_CHECK(sh, same(&a[i]));
		TARGET_CHECK(sh, filled(p[i], 4, i));
	}
}

TEST_F(mm, advised)
{
	ROUND_TRIP(&self->t, advised);
}

static void named(struct shared *sh)
{
	char *p = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *s = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	struct area a;

	prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, 2 * PAGE, "a name");
	prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, s, 4 * PAGE, "shared name");
	fill(p, 4, 1);
	TARGET_CHECK(sh, look(&a, p));
	target_step(sh, 1);
	TARGET_CHECK(sh, same(&a));
	TARGET_CHECK(sh, filled(p, 4, 1));
}

TEST_F(mm, named)
{
	ROUND_TRIP(&self->t, named);
}

static void locked(struct shared *sh)
{
	char *p = map(NR * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *q = map(NR * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct area a, b, c;
	char *r;

	TARGET_CHECK(sh, !mlock(p, NR * PAGE));
	TARGET_CHECK(sh, !mlock2(q, NR * PAGE, MLOCK_ONFAULT));
	TARGET_CHECK(sh, !mlockall(MCL_FUTURE));
	fill(p, NR / 2, 6);
	fill(q, NR / 2, 7);
	TARGET_CHECK(sh, look(&a, p) && look(&b, q));
	target_step(sh, 1);
	TARGET_CHECK(sh, same(&a) && same(&b));
	TARGET_CHECK(sh, smaps_kb(p, "Locked:") == NR * 4);
	TARGET_CHECK(sh, smaps_kb(p, "Rss:") == NR * 4);
	TARGET_CHECK(sh, smaps_kb(q, "Rss:") == NR * 2);
	TARGET_CHECK(sh, filled(p, NR / 2, 6) && filled(q, NR / 2, 7));
	r = map(NR * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	TARGET_CHECK(sh, look(&c, r) && strstr(c.flags, " lo"));
	TARGET_CHECK(sh, !munlockall());
}

TEST_F(mm, locked)
{
	ROUND_TRIP(&self->t, locked);
}

static void stack(struct shared *sh)
{
	char *room = map(4 * NR * PAGE, PROT_NONE, MAP_PRIVATE);
	char *top = room + 4 * NR * PAGE;
	char *p;
	struct area a;

	munmap(room, 4 * NR * PAGE);
	p = mmap(top - 2 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
	fill(p, 2, 8);
	/* Grows when it is touched below. */
	p -= 2 * PAGE;
	p[0] = 'x';
	TARGET_CHECK(sh, look(&a, p));
	target_step(sh, 1);
	TARGET_CHECK(sh, same(&a));
	TARGET_CHECK(sh, p[0] == 'x' && filled(p + 2 * PAGE, 2, 8));
	p[-10 * (long)PAGE] = 'y';
	TARGET_CHECK(sh, p[-10 * (long)PAGE] == 'y');
}

TEST_F(mm, stack)
{
	ROUND_TRIP(&self->t, stack);
}

static void heap(struct shared *sh)
{
	char *start = sbrk(NR * PAGE);
	char *end = sbrk(0);
	struct area a;

	start = (char *)(((unsigned long)start + PAGE - 1) & ~(PAGE - 1));
	fill(start, NR - 1, 9);
	TARGET_CHECK(sh, look(&a, start));
	target_step(sh, 1);
	TARGET_CHECK(sh, same(&a) && strstr(a.head, "[heap]"));
	TARGET_CHECK(sh, sbrk(0) == end);
	TARGET_CHECK(sh, filled(start, NR - 1, 9));
	TARGET_CHECK(sh, sbrk(PAGE) == end);
	end[0] = 'z';
	TARGET_CHECK(sh, sbrk(-(long)PAGE) == end + PAGE);
}

TEST_F(mm, heap)
{
	ROUND_TRIP(&self->t, heap);
}

/* May be dropped at any time: it is, and reads as zero. */
static void droppable(struct shared *sh)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);
	struct area a;

	if (p == MAP_FAILED) {
		target_step(sh, 1);
		return;
	}
	p[0] = 1;
	TARGET_CHECK(sh, look(&a, p));
	target_step(sh, 1);
	TARGET_CHECK(sh, same(&a) && !p[0]);
	p[0] = 2;
}

TEST_F(mm, droppable)
{
	ROUND_TRIP(&self->t, droppable);
}

/* Swapped out, private and shared; part of it known to a child, too. */
static void swapped(struct shared *sh)
{
	char *p = map(NR * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *none = map(NR * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *s = map(NR * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	int status;
	pid_t pid;

	fill(p, NR, 50);
	fill(none, NR, 51);
	fill(s, NR, 52);
	madvise(p, NR / 2 * PAGE, MADV_PAGEOUT);
	madvise(none, NR * PAGE, MADV_PAGEOUT);
	mprotect(none, NR * PAGE, PROT_NONE);
	madvise(s, NR * PAGE, MADV_PAGEOUT);
	pid = fork();
	if (!pid) {
		while (!atomic_load(&sh->go))
			nap_ms(2);
		TARGET_CHECK(sh, filled(p, NR, 50));
		_exit(0);
	}
	atomic_store(&sh->data[0], smaps_kb(none, "Swap:"));
	target_step(sh, 1);
	mprotect(none, NR * PAGE, PROT_READ);
	TARGET_CHECK(sh, filled(p, NR, 50) && filled(none, NR, 51));
	TARGET_CHECK(sh, filled(s, NR, 52));
	fill(p, NR, 53);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
}

/* A swap area behind a loop device. */
static bool add_swap(struct ckpt_test *t, char *dev, size_t size)
{
	struct { unsigned int version, last_page; } info = { 1, 4095 };
	int fd = test_open(t, "swap");
	int ctl, loop, nr;

	if (ftruncate(fd, 4096 * PAGE) ||
	    pwrite(fd, &info, sizeof(info), 1024) != sizeof(info) ||
	    pwrite(fd, "SWAPSPACE2", 10, PAGE - 10) != 10)
		return false;
	ctl = open("/dev/loop-control", O_RDWR);
	nr = ioctl(ctl, LOOP_CTL_GET_FREE);
	close(ctl);
	snprintf(dev, size, "/dev/loop%d", nr);
	loop = open(dev, O_RDWR);
	if (loop < 0 || ioctl(loop, LOOP_SET_FD, fd))
		return false;
	close(fd);
	return !swapon(dev, 0);
}

TEST_F(mm, swapped)
{
	char dev[32];
	int fd;

	if (!add_swap(&self->t, dev, sizeof(dev)))
		SKIP(return, "no swap");
	ROUND_TRIP(&self->t, swapped);
	EXPECT_LT(0, atomic_load(&self->t.sh->data[0]));
	EXPECT_EQ(0, swapoff(dev));
	fd = open(dev, O_RDWR);
	ioctl(fd, LOOP_CLR_FD);
	close(fd);
}

#define HUGE		(2UL << 20)

static void huge(struct shared *sh)
{
	char *p = map(5 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	long kb;

	p = (char *)(((unsigned long)p + HUGE - 1) & ~(HUGE - 1));
	madvise(p, 4 * HUGE, MADV_HUGEPAGE);
	fill(p, 3 * HUGE / PAGE, 10);
	fill(p + 3 * HUGE, 3, 11);
	kb = smaps_kb(p, "AnonHugePages:");
	target_step(sh, 1);
	TARGET_CHECK(sh, kb < 6 << 10 || smaps_kb(p, "AnonHugePages:") >= 6 << 10);
	TARGET_CHECK(sh, filled(p, 3 * HUGE / PAGE, 10));
	TARGET_CHECK(sh, filled(p + 3 * HUGE, 3, 11));
	TARGET_CHECK(sh, !p[3 * HUGE + 3 * PAGE]);
	fill(p, 4 * HUGE / PAGE, 12);
	TARGET_CHECK(sh, filled(p, 4 * HUGE / PAGE, 12));
}

TEST_F(mm, huge)
{
	ROUND_TRIP(&self->t, huge);
}

/* Sparse, and much larger than memory. */
static void sparse(struct shared *sh)
{
	size_t len = 80UL << 40;
	char *p = map(len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE);
	size_t i;

	TARGET_CHECK(sh, p != MAP_FAILED);
	if (p == MAP_FAILED)
		_exit(1);
	for (i = 0; i < 1000; i++)
		p[len / 1000 * i & ~(PAGE - 1)] = i;
	target_step(sh, 1);
	for (i = 0; i < 1000; i++)
		TARGET_CHECK(sh, p[len / 1000 * i & ~(PAGE - 1)] == (char)i);
}

TEST_F(mm, sparse)
{
	ROUND_TRIP(&self->t, sparse);
}

#define MANY		scaled(30000)

static void many(struct shared *sh)
{
	char *p = map(2 * MANY * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	long i;

	for (i = 0; i < MANY; i++) {
		*(long *)(p + 2 * i * PAGE) = i;
		TARGET_CHECK(sh, !mprotect(p + 2 * i * PAGE, PAGE, PROT_READ));
	}
	target_step(sh, 1);
	for (i = 0; i < MANY; i++) {
		TARGET_CHECK(sh, *(long *)(p + 2 * i * PAGE) == i);
		p[(2 * i + 1) * PAGE] = 1;
	}
	/* One area again. */
	TARGET_CHECK(sh, !mprotect(p, 2 * MANY * PAGE, PROT_READ | PROT_WRITE));
	TARGET_CHECK(sh, smaps_kb(p, "Size:") >= (long)(2 * MANY * 4));
}

TEST_F_TIMEOUT(mm, many, 120)
{
	ROUND_TRIP(&self->t, many);
}

/* ---- files ---- */

static char file_name[128];

static void file_private(struct shared *sh)
{
	int fd = open(file_name, O_RDONLY);
	char *p = mmap(NULL, NR * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	char *q = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, fd, 4 * PAGE);
	struct area a, b;

	close(fd);
	memset(p + PAGE, 0, PAGE);
	strcpy(p + 2 * PAGE, "changed");
	TARGET_CHECK(sh, look(&a, p) && look(&b, q));
	target_step(sh, 1);
	TARGET_CHECK(sh, same(&a) && same(&b));
	TARGET_CHECK(sh, filled(p, 1, 20));
	TARGET_CHECK(sh, !p[PAGE] && !memcmp(p + PAGE, p + PAGE + 1, PAGE - 1));
	TARGET_CHECK(sh, !strcmp(p + 2 * PAGE, "changed"));
	TARGET_CHECK(sh, !strcmp(p + 3 * PAGE, "page 3 of 20"));
	TARGET_CHECK(sh, !strcmp(q, "page 4 of 20"));
	TARGET_CHECK(sh, mprotect(q, PAGE, PROT_READ | PROT_WRITE) && errno == EACCES);
}

TEST_F(mm, file_private)
{
	char page[PAGE];
	int fd, i;

	test_path(&self->t, "file", file_name, sizeof(file_name));
	fd = test_open(&self->t, "file");
	for (i = 0; i < NR; i++) {
		memset(page, 0, sizeof(page));
		snprintf(page, sizeof(page), "page %d of 20", i);
		ASSERT_EQ(PAGE, write(fd, page, PAGE));
	}
	close(fd);
	ROUND_TRIP(&self->t, file_private);
}

static void dev_zero(struct shared *sh)
{
	int fd = open("/dev/zero", O_RDWR);
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
	char *q = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	fill(p, 2, 1);
	fill(q, 2, 2);
	target_step(sh, 1);
	TARGET_CHECK(sh, filled(p, 2, 1) && !p[2 * PAGE]);
	TARGET_CHECK(sh, filled(q, 2, 2) && !q[2 * PAGE]);
}

TEST_F(mm, dev_zero)
{
	ROUND_TRIP(&self->t, dev_zero);
}

/* ---- memory that processes share ---- */

static void shared_anon(struct shared *sh)
{
	char *p = map(NR * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	char *q = mremap(p + PAGE, 0, PAGE, MREMAP_MAYMOVE);
	int status;
	pid_t pid;

	fill(p, NR / 2, 30);
	TARGET_CHECK(sh, q != MAP_FAILED && filled(q, 0, 0));
	pid = fork();
	if (!pid) {
		while (!atomic_load(&sh->go))
			nap_ms(2);
		TARGET_CHECK(sh, filled(p, NR / 2, 30) && !p[(NR - 1) * PAGE]);
		strcpy(p + (NR - 1) * PAGE, "by the child");
		_exit(0);
	}
	target_step(sh, 1);
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	TARGET_CHECK(sh, !strcmp(p + (NR - 1) * PAGE, "by the child"));
	TARGET_CHECK(sh, !strcmp(q, "page 1 of 30"));
	strcpy(q, "twice");
	TARGET_CHECK(sh, !strcmp(p + PAGE, "twice"));
}

TEST_F(mm, shared_anon)
{
	ROUND_TRIP(&self->t, shared_anon);
}

static uint64_t pfn_of(char *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	if (pread(fd, &entry, sizeof(entry),
		  (unsigned long)p / PAGE * sizeof(entry)) != sizeof(entry))
		entry = 0;
	close(fd);
	return entry & ((1ULL << 55) - 1);
}

/* Shared by fork(), and not written to since: one page, before and after. */
static void cow_child(struct shared *sh, char *p, pid_t parent)
{
	strcpy(p + 2 * PAGE, "of the child");
	atomic_fetch_add(&sh->data[1], 1);
	while (!atomic_load(&sh->go))
		nap_ms(2);
	while (!atomic_load(&sh->data[0]))
		nap_ms(1);
	TARGET_CHECK(sh, !strcmp(p + PAGE, "page 1 of 40"));
	TARGET_CHECK(sh, pfn_of(p + PAGE) == atomic_load(&sh->data[0]));
	TARGET_CHECK(sh, !strcmp(p + 2 * PAGE, "of the child"));
	/* Still copied when written to. */
	strcpy(p + PAGE, "mine");
	TARGET_CHECK(sh, pfn_of(p + PAGE) != atomic_load(&sh->data[0]));
	_exit(0);
}

static void cow(struct shared *sh)
{
	char *p = map(NR * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	pid_t pid[3];
	int i, status;

	fill(p, NR, 40);
	for (i = 0; i < 3; i++) {
		pid[i] = fork();
		if (!pid[i])
			cow_child(sh, p, getppid());
	}
	while (atomic_load(&sh->data[1]) < 3)
		nap_ms(1);
	target_step(sh, 1);
	TARGET_CHECK(sh, filled(p, NR, 40));
	TARGET_CHECK(sh, pfn_of(p + PAGE));
	atomic_store(&sh->data[0], pfn_of(p + PAGE));
	for (i = 0; i < 3; i++)
		TARGET_CHECK(sh, waitpid(pid[i], &status, 0) == pid[i] && !status);
	TARGET_CHECK(sh, filled(p, NR, 40));
	fill(p, NR, 41);
	TARGET_CHECK(sh, filled(p, NR, 41));
}

TEST_F(mm, cow)
{
	ROUND_TRIP(&self->t, cow);
}

/* What is saved is what was there when the tasks stood still. */

static void running(struct shared *sh)
{
	size_t nr = (64UL << 20) / PAGE, i;
	unsigned long gen = 0;
	char *p = map(nr * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	memset(p, 0, nr * PAGE);
	atomic_store(&sh->ready, 1);
	while (!atomic_load(&sh->go)) {
		gen++;
		for (i = 0; i < nr; i++) {
			unsigned long *v = (unsigned long *)(p + i * PAGE);

			TARGET_CHECK(sh, *v == gen - 1);
			*v = gen;
		}
		atomic_store(&sh->data[0], gen);
	}
}

TEST_F_TIMEOUT(mm, running, 120)
{
	struct ckpt_test *t = &self->t;
	int i, status;

	for (i = 0; i < 3; i++) {
		ASSERT_LT(0, spawn(t, running));
		ASSERT_TRUE(wait_step(t->sh, 1));
		nap_ms(30);
		ASSERT_LT(0, do_checkpoint(t, 0))
			TH_LOG("%s", t->msg);
		nap_ms(30);
		ASSERT_EQ(0, atomic_load(&t->sh->failed));
		kill(t->pid, SIGKILL);
		waitpid(t->pid, NULL, 0);
		t->pid = 0;
		atomic_store(&t->sh->go, 0);
		ASSERT_LT(0, do_restart(t, 0))
			TH_LOG("%s", t->msg);
		nap_ms(30);
		atomic_store(&t->sh->go, 1);
		status = wait_exit(t->pid);
		t->pid = 0;
		ASSERT_EQ(0, atomic_load(&t->sh->failed))
			TH_LOG("target: %s", t->sh->why);
		ASSERT_EQ(0, status);
		atomic_store(&t->sh->go, 0);
		atomic_store(&t->sh->ready, 0);
	}
}

/* ---- the address space as a whole ---- */

static void attributes(struct shared *sh)
{
	static char exe[2][256], auxv[2][1024];
	int fd;

	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	prctl(PR_SET_MDWE, 1, 0, 0, 0);
	TARGET_CHECK(sh, !syscall(SYS_membarrier, 1 << 4, 0, 0));
	TARGET_CHECK(sh, readlink("/proc/self/exe", exe[0], 256) > 0);
	fd = open("/proc/self/auxv", O_RDONLY);
	TARGET_CHECK(sh, read(fd, auxv[0], sizeof(auxv[0])) > 0);
	close(fd);
	target_step(sh, 1);
	TARGET_CHECK(sh, prctl(PR_GET_DUMPABLE) == 0);
	TARGET_CHECK(sh, prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1);
	TARGET_CHECK(sh, prctl(PR_GET_MDWE, 0, 0, 0, 0) == 1);
	TARGET_CHECK(sh, mmap(NULL, PAGE, PROT_WRITE | PROT_EXEC,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	TARGET_CHECK(sh, !syscall(SYS_membarrier, 1 << 3, 0, 0));
	TARGET_CHECK(sh, readlink("/proc/self/exe", exe[1], 256) > 0);
	TARGET_CHECK(sh, !strcmp(exe[0], exe[1]));
	fd = open("/proc/self/auxv", O_RDONLY);
	TARGET_CHECK(sh, read(fd, auxv[1], sizeof(auxv[1])) > 0);
	close(fd);
	TARGET_CHECK(sh, !memcmp(auxv[0], auxv[1], sizeof(auxv[0])));
}

TEST_F(mm, attributes)
{
	ROUND_TRIP(&self->t, attributes);
}

/* Shared anonymous memory has another inode number after a restart. */
static void drop_inodes(char *buf)
{
	char *p, *q;

	for (p = buf; (p = strstr(p, "/dev/zero (deleted)")); p++)
		for (q = p - 1; q > buf && (*q == ' ' || (*q >= '0' && *q <= '9'));)
			*q-- = ' ';
}

/* All of /proc/self/maps. */
static void maps(struct shared *sh)
{
	static char before[1 << 16], after[1 << 16];
	ssize_t n, len;
	int fd, i;

	for (i = 0; i < 2; i++) {
		char *buf = i ? after : before;

		fd = open("/proc/self/maps", O_RDONLY);
		for (len = 0; (n = read(fd, buf + len, (1 << 16) - 1 - len)) > 0;)
			len += n;
		close(fd);
		drop_inodes(buf);
		if (!i)
			target_step(sh, 1);
	}
	for (i = 0; before[i] && before[i] == after[i];)
		i++;
	if (before[i] == after[i])
		return;
	while (i && before[i - 1] != '\n')
		i--;
	atomic_store(&sh->failed, __LINE__);
	snprintf(sh->why, sizeof(sh->why), "%.100s became %.100s", before + i,
		 after + i);
}

TEST_F(mm, maps)
{
	ROUND_TRIP(&self->t, maps);
}

/* ---- refused ---- */

static void hugetlb(struct shared *sh)
{
	map(HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_HUGETLB | MAP_NORESERVE);
	target_step(sh, 1);
}

TEST_F(mm, refuse_hugetlb)
{
	REFUSED(&self->t, hugetlb, EOPNOTSUPP, "huge TLB");
}

static void sysv(struct shared *sh)
{
	int id = shmget(IPC_PRIVATE, PAGE, 0600);
	char *p = shmat(id, NULL, 0);

	shmctl(id, IPC_RMID, NULL);
	TARGET_CHECK(sh, p != (void *)-1);
	target_step(sh, 1);
}

TEST_F(mm, refuse_sysv)
{
	REFUSED(&self->t, sysv, EOPNOTSUPP, "System V shared memory");
}

static void sealed(struct shared *sh)
{
	char *p = map(PAGE, PROT_READ, MAP_PRIVATE);

	TARGET_CHECK(sh, !syscall(462, p, PAGE, 0));
	target_step(sh, 1);
}

TEST_F(mm, refuse_sealed)
{
	REFUSED(&self->t, sealed, EOPNOTSUPP, "sealed");
}

static void uffd(struct shared *sh)
{
	struct uffdio_api api = { .api = UFFD_API };
	char *p = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct uffdio_register reg = {
		.range = { (unsigned long)p, PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	TARGET_CHECK(sh, fd >= 0 && !ioctl(fd, UFFDIO_API, &api) &&
		     !ioctl(fd, UFFDIO_REGISTER, &reg));
	target_step(sh, 1);
}

TEST_F(mm, refuse_userfaultfd)
{
	REFUSED(&self->t, uffd, EOPNOTSUPP, "userfaultfd");
}

static void policy(struct shared *sh)
{
	char *p = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	unsigned long mask = 1;

	/* MPOL_BIND */
	TARGET_CHECK(sh, !syscall(SYS_mbind, p, PAGE, 2, &mask, 8, 0));
	target_step(sh, 1);
}

TEST_F(mm, refuse_policy)
{
	REFUSED(&self->t, policy, EOPNOTSUPP, "memory policy");
}

#define KSM	"/sys/kernel/mm/ksm/"

/* Pages that the kernel has found to be the same. */
static void merged(struct shared *sh)
{
	char *p = map(16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	int i, ms;

	for (i = 0; i < 16; i++)
		memset(p + i * PAGE, 'k', PAGE);
	TARGET_CHECK(sh, !madvise(p, 16 * PAGE, MADV_MERGEABLE));
	for (ms = 0; ms < 10000 && read_number("/proc/self/ksm_merging_pages") < 8; ms += 10)
		nap_ms(10);
	TARGET_CHECK(sh, read_number("/proc/self/ksm_merging_pages") >= 8);
	target_step(sh, 1);
	p[5 * PAGE] = 'x';
	for (i = 0; i < 16 * PAGE; i++)
		TARGET_CHECK(sh, p[i] == (i == 5 * PAGE ? 'x' : 'k'));
}

TEST_F(mm, merged)
{
	if (!write_file(KSM "pages_to_scan", "10000") ||
	    !write_file(KSM "sleep_millisecs", "5") || !write_file(KSM "run", "1"))
		SKIP(return, "no KSM");
	ROUND_TRIP(&self->t, merged);
	EXPECT_TRUE(write_file(KSM "run", "0"));
}

/* A memfd that is no longer open, mapped twice. */
static void mapped_memfd(struct shared *sh)
{
	int fd = memfd_create("mapped", 0);
	char *a, *b;

	TARGET_CHECK(sh, !ftruncate(fd, 4 * PAGE));
	a = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 2 * PAGE);
	TARGET_CHECK(sh, a != MAP_FAILED && b != MAP_FAILED && !close(fd));
	fill(a, 4, 77);
	target_step(sh, 1);
	TARGET_CHECK(sh, filled(a, 4, 77));
	fill(b, 1, 78);
	TARGET_CHECK(sh, filled(a + 2 * PAGE, 1, 78));
}

TEST_F(mm, mapped_memfd)
{
	ROUND_TRIP(&self->t, mapped_memfd);
}

static long status_kb(const char *name)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long kb = -1;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			kb = atol(line + strlen(name));
	if (f)
		fclose(f);
	return kb;
}

/* It once had more memory than it has now. */
static void high_water(struct shared *sh)
{
	char *p = map(16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	long peak, hwm;

	memset(p, 1, 16 << 20);
	munmap(p, 16 << 20);
	peak = status_kb("VmPeak:");
	hwm = status_kb("VmHWM:");
	TARGET_CHECK(sh, hwm > 16 << 10 && status_kb("VmRSS:") < 16 << 10);
	target_step(sh, 1);
	TARGET_CHECK(sh, status_kb("VmPeak:") == peak);
	TARGET_CHECK(sh, status_kb("VmHWM:") == hwm);
	TARGET_CHECK(sh, status_kb("VmRSS:") < 16 << 10);
}

TEST_F(mm, high_water)
{
	ROUND_TRIP(&self->t, high_water);
}

/* It has done so once, and no longer does. */
static void used_aio(struct shared *sh)
{
	unsigned long ctx = 0;

	sh->data[0] = !!syscall(SYS_io_setup, 4, &ctx);
	TARGET_CHECK(sh, sh->data[0] || !syscall(SYS_io_destroy, ctx));
	target_step(sh, 1);
	ctx = 0;
	TARGET_CHECK(sh, sh->data[0] || !syscall(SYS_io_setup, 4, &ctx));
}

TEST_F(mm, used_aio)
{
	ROUND_TRIP(&self->t, used_aio);
}

TEST_HARNESS_MAIN
