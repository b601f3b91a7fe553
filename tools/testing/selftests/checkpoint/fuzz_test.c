// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - restart from images that chance has altered
 *
 * usage: fuzz_test [-n MUTANTS | -t SECONDS] [-s SEED] [-f FIRST] [-d DIR]
 *	fuzz_test -m ...			one thing after the other instead
 *	fuzz_test -d DIR -s SEED -o FILE NUMBER	write one mutant, and stop
 *	fuzz_test -d DIR -S			small images for other fuzzers: DIR/seeds
 *	fuzz_test -r FILE...			restart from these images
 *
 * Mutants are made of the images in DIR/bases. If there are none, they are made
 * from the targets in image.h and what other tests have left behind (see
 * CKPT_KEEP in common.h). A mutant depends on these images, the seed and its
 * number only. DIR also gets what has failed, and, before each restart, the
 * number of the mutant, for whoever finds the machine dead.
 *
 * One process, the worker, calls restart() again and again; another one looks
 * that it goes on. After each call no task may be left; the numbers of tasks,
 * open files and kernel memory must be in the end what they were.
 */
#include "image.h"

#include <dirent.h>
#include <getopt.h>
#include <sys/sysinfo.h>

#define NAME_LEN	64
#define CONTENTS_MAX	(64 * PAGE)	/* of one image; more is but slow */
#define BASE_MAX	1048576
#define HANG_MS		60000
#define REPORT_EVERY	1000
#define WARM_UP		500		/* mutants before numbers are compared */

/**
 * struct progress - what the worker tells, also on disk
 * @seed: of this run
 * @next: number of the mutant in work; all before it are done
 * @beat: calls of restart(), so that a hang is seen
 * @nr: mutants tried by this program
 * @works: of these, those that could be restarted
 * @bad: those that are no good images
 * @other: those that could not be restarted for other reasons
 * @failed: those that did what none may do
 * @dead: whether the worker has done its work
 * @msg: log of the last restart
 */
struct progress {
	uint64_t seed;
	atomic_ullong next;
	atomic_ullong beat, nr, works, bad, other, failed;
	atomic_int dead;
	char msg[4096];
};

static struct base {
	char name[NAME_LEN];
	struct image img;
} *bases;

static unsigned int nr_bases;
static struct progress *progress;
static char dir[128] = "";
static int progress_fd = -1, image_fd = -1, log_fd = -1;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- images to begin with ---- */

static void copy_file(int from, const char *to)
{
	char buf[65536];
	ssize_t n;
	int fd;

	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	lseek(from, 0, SEEK_SET);
	while (fd >= 0 && (n = read(from, buf, sizeof(buf))) > 0)
		if (write(fd, buf, n) != n)
			die(to);
	if (fd < 0 || close(fd))
		die(to);
}

static void base_path(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/bases/%.60s", dir, name);
}

static void make_bases(struct ckpt_test *t)
{
	char path[256];
	int i;

	for (i = 0; i < NR_TARGETS; i++) {
		if (!make_image(t, &targets[i]))
			exit(1);
		base_path(path, sizeof(path), targets[i].name);
		copy_file(t->image, path);
	}
}

/* Directories of other tests, /tmp/ckpt-PROGRAM-XXXXXX, with their last image. */
static void collect_bases(void)
{
	char path[512];
	struct dirent *e;
	DIR *d = opendir("/tmp");
	struct stat st;
	int fd;

	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, "ckpt-", 5) || strstr(e->d_name, "fuzz"))
			continue;
		snprintf(path, sizeof(path), "/tmp/%s/image", e->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		snprintf(path, sizeof(path), "%s/bases/%.40s", dir, e->d_name + 5);
		if (!fstat(fd, &st) && st.st_size > 0 && st.st_size <= MAX_IMAGE / 2)
			copy_file(fd, path);
		close(fd);
	}
	if (d)
		closedir(d);
}

/* What an image is made of, whatever the numbers are. */
static uint32_t shape(const struct image *img)
{
	uint32_t crc = ~0U, i;

	for (i = 0; i < img->nr; i++)
		if (!seen_enough(img, i))
			crc = crc32c(crc, &img->recs[i].h->type, 4);
	return crc;
}

static bool is_new(const struct image *img)
{
	unsigned int i;

	for (i = 0; i < nr_bases; i++)
		if (shape(&bases[i].img) == shape(img))
			return false;
	return true;
}

static void load_base(const char *name)
{
	struct base *b = &bases[nr_bases];
	char path[256];
	int fd;

	base_path(path, sizeof(path), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(b->name, sizeof(b->name), "%.60s", name);
	if (fd >= 0 && load_image(fd, name, &b->img) && is_new(&b->img)) {
		strip_pages(&b->img, CONTENTS_MAX);
		assemble(&b->img, 0);
		if (out.len <= BASE_MAX)
			nr_bases++;
	}
	close(fd);
}

static void load_bases(void)
{
	struct dirent **list;
	char path[256];
	int i, n;

	nr_bases = 0;
	base_path(path, sizeof(path), "");
	n = scandir(path, &list, NULL, alphasort);
	if (n < 0)
		die(path);
	bases = calloc(n, sizeof(*bases));
	for (i = 0; i < n; i++)
		if (list[i]->d_name[0] != '.')
			load_base(list[i]->d_name);
	if (!nr_bases) {
		fprintf(stderr, "%s: no images\n", path);
		exit(1);
	}
}

static bool have_bases(void)
{
	char path[256];
	struct dirent *e;
	bool found = false;
	DIR *d;

	base_path(path, sizeof(path), "");
	d = opendir(path);
	while (d && !found && (e = readdir(d)))
		found = e->d_name[0] != '.';
	if (d)
		closedir(d);
	return found;
}

/* ---- mutants ---- */

static struct mutation made[8];
static unsigned int nr_made;
static const struct base *made_of;
static uint64_t made_flags;

/* Mutant @index of all that go through one record after the other. */
static bool next_methodical(uint64_t index)
{
	static unsigned int base, rec, step;
	static uint64_t at;

	if (index < at) {
		base = 0;
		rec = 0;
		step = 0;
		at = 0;
	}
	for (;;) {
		const struct image *img = &bases[base].img;

		if (base == nr_bases)
			return false;
		if (rec < img->nr && seen_enough(img, rec)) {
			rec++;
		} else if (rec == img->nr) {
			rec = 0;
			base++;
		} else if (!methodical(img, rec, step)) {
			step = 0;
			rec++;
		} else {
			step++;
			made_of = &bases[base];
			nr_made = 1;
			made[0] = (struct mutation){ .rec = rec, .val = step - 1 };
			made_flags = at % 4 ? 0 : RESTART_FROZEN;
			if (at++ == index)
				return true;
		}
	}
}

static bool is_methodical;

/* Make mutant @index, in @out. Return: false if there are no more. */
static bool make_mutant(uint64_t seed, uint64_t index)
{
	struct image img;
	int keep;

	if (is_methodical)
		return next_methodical(index);
	seed_rnd(seed, index);
	made_of = &bases[rnd() % nr_bases];
	img = share_image(&made_of->img);
	made_flags = rnd() % 4 ? 0 : RESTART_FROZEN;
	for (nr_made = 0; nr_made == 0 || (nr_made < 6 && rnd() % 2); nr_made++) {
		made[nr_made] = random_mutation(&img);
		mutate(&img, &made[nr_made]);
	}
	/* Most of the time, so that damage gets further than the first check. */
	if (rnd() % 4)
		renumber(&img);
	keep = rnd() % 16 ? 0 : KEEP_COUNTS;
	assemble(&img, keep);
	if (rnd() % 64 == 0)
		out.len = rnd() % out.len;
	free_image(&img);
	return true;
}

static void print_mutant(FILE *f, uint64_t index)
{
	unsigned int i;

	fprintf(f, "# mutant %llu of %s:", (unsigned long long)index, made_of->name);
	for (i = 0; i < nr_made; i++)
		fprintf(f, " %s record %u offset %u value %#llx;",
			op_names[made[i].op], made[i].rec, made[i].off,
			(unsigned long long)made[i].val);
	fprintf(f, "\n");
}

static void keep_mutant(uint64_t index)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/mutant-%llu-%llu", dir,
		 (unsigned long long)progress->seed, (unsigned long long)index);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, out.buf, out.len) != (ssize_t)out.len || fsync(fd))
		perror(path);
	close(fd);
}

/* The number of the mutant, on the disk: with one write, past all caches. */
static void note_progress(void)
{
	static char block[PAGE] __attribute__((aligned(PAGE)));

	if (progress_fd < 0)
		return;
	snprintf(block, sizeof(block), "%llu %llu\n",
		 (unsigned long long)progress->seed,
		 (unsigned long long)atomic_load(&progress->next));
	if (pwrite(progress_fd, block, sizeof(block), 0) != sizeof(block))
		perror("progress");
}

/* ---- the worker ---- */

static long nr_tasks_now(void)
{
	struct sysinfo si;

	return sysinfo(&si) ? 0 : si.procs;
}

/* The same without kernel threads, which come and go; slow. */
static long nr_user_tasks(void)
{
	const unsigned int kthread = 0x00200000;	/* PF_KTHREAD */
	unsigned int flags, threads;
	char path[64], line[512];
	struct dirent *e;
	long nr = 0;
	char *p;
	FILE *f;
	DIR *d;

	d = opendir("/proc");
	while (d && (e = readdir(d))) {
		if (e->d_name[0] < '0' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/stat", e->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		p = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
		fclose(f);
		if (p && sscanf(p, ") %*c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %u",
				&flags, &threads) == 2 && !(flags & kthread))
			nr += threads;
	}
	if (d)
		closedir(d);
	return nr;
}

static bool kill_children(void)
{
	FILE *f = fopen("/proc/thread-self/children", "r");
	bool any = false;
	int pid;

	while (f && fscanf(f, "%d", &pid) == 1) {
		any = true;
		kill(pid, SIGKILL);
	}
	if (f)
		fclose(f);
	return any;
}

/* Kill and reap all that was restored. */
static void clean_up(void)
{
	int ms = 0;

	for (;;) {
		pid_t pid = waitpid(-1, NULL, __WALL | WNOHANG);

		if (pid < 0)
			return;
		if (pid > 0)
			continue;
		kill_children();
		/* The watchdog ends this should it not end. */
		if (ms++)
			nap_ms(1);
		else
			sched_yield();
	}
}

/* Whether @out may need an empty filesystem: making one takes its time. */
static bool fills_tmpfs(void)
{
	size_t len = out.len < 32 * PAGE ? out.len : 32 * PAGE;

	return memmem(out.buf, len, KINDS_DIR, strlen(KINDS_DIR));
}

static long restart_out(uint64_t flags)
{
	struct restart_args args = {
		.flags = flags, .image_fd = image_fd, .log_fd = log_fd,
	};
	ssize_t n;
	long ret;

	if (fills_tmpfs() && !kinds_prepare())
		die(KINDS_DIR);
	if (ftruncate(log_fd, 0) || lseek(log_fd, 0, SEEK_SET) ||
	    ftruncate(image_fd, out.len) || lseek(image_fd, 0, SEEK_SET) ||
	    pwrite(image_fd, out.buf, out.len, 0) != (ssize_t)out.len)
		die("image");
	ret = sys_restart(&args, sizeof(args));
	ret = ret < 0 ? -errno : ret;
	n = pread(log_fd, progress->msg, sizeof(progress->msg) - 1, 0);
	progress->msg[n > 0 ? n : 0] = '\0';
	return ret;
}

/* Restart from @out. Return: NULL, or what is wrong. */
static const char *judge(uint64_t flags, long *ret)
{
	static long usual, usual_user;
	const char *why = NULL;
	long user;
	int ms;

	if (!usual) {
		usual = nr_tasks_now();
		usual_user = nr_user_tasks();
	}
	atomic_fetch_add(&progress->beat, 1);
	*ret = restart_out(flags);
	/* Of a failure nothing may be left, not even for a moment. */
	if (*ret < 0 && (waitpid(-1, NULL, __WALL | WNOHANG) != -1 || errno != ECHILD))
		why = "children are left";
	if (*ret < 0 && !documented(-*ret))
		why = "undocumented error";
	if (*ret < 0 && !strchr(progress->msg, '\n'))
		why = "no message";
	clean_up();
	if (nr_tasks_now() <= usual)
		return why;
	for (ms = 0; ms < 20; ms++) {
		user = nr_user_tasks();
		if (user <= usual_user)
			break;
		nap_ms(100);
	}
	if (user > usual_user)
		why = "tasks are left";
	usual = nr_tasks_now();
	usual_user = user;
	return why;
}

static void tally(long ret)
{
	atomic_fetch_add(&progress->nr, 1);
	if (ret > 0)
		atomic_fetch_add(&progress->works, 1);
	else if (ret == -EBADMSG)
		atomic_fetch_add(&progress->bad, 1);
	else
		atomic_fetch_add(&progress->other, 1);
}

/* What restored tasks send to their parent when they end is up to the image. */
static void ignore_signals(void)
{
	/* The C library does not let anybody have these two. */
	uint64_t own = 1ULL << 31 | 1ULL << 32;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		signal(sig, sig == SIGCHLD ? SIG_DFL : SIG_IGN);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &own, NULL, sizeof(own));
}

static void become_worker(void)
{
	ignore_signals();
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	image_fd = memfd_create("image", MFD_CLOEXEC);
	log_fd = memfd_create("log", MFD_CLOEXEC);
	out.buf = malloc(MAX_IMAGE);
}

/* Are the images, unchanged, good for a restart here and now? */
static void try_bases(void)
{
	unsigned int i, good = 0;
	const char *why;
	long ret;

	for (i = 0; i < nr_bases; i++) {
		assemble(&bases[i].img, 0);
		why = judge(0, &ret);
		if (ret > 0)
			good++;
		else
			printf("# %s: %s", bases[i].name, progress->msg);
		if (why)
			printf("# %s: %s\n", bases[i].name, why);
	}
	printf("# %u images to begin with, %u of them can be restarted\n", nr_bases,
	       good);
	fflush(stdout);
}

static void fail(uint64_t index, long ret, const char *why)
{
	atomic_fetch_add(&progress->failed, 1);
	print_mutant(stdout, index);
	printf("# FAILED: seed %llu, mutant %llu: %s (%ld, %s)\n",
	       (unsigned long long)progress->seed, (unsigned long long)index, why, ret,
	       progress->msg);
	fflush(stdout);
	keep_mutant(index);
}

static void work(uint64_t end, int64_t deadline, bool first)
{
	const char *why;
	uint64_t i;
	long ret;

	become_worker();
	load_bases();
	if (first)
		try_bases();
	for (i = atomic_load(&progress->next); i < end && now_ms() < deadline; i++) {
		if (!make_mutant(progress->seed, i))
			break;
		atomic_store(&progress->next, i);
		note_progress();
		why = judge(made_flags, &ret);
		tally(ret);
		if (why)
			fail(i, ret, why);
	}
	atomic_store(&progress->next, i);
	atomic_store(&progress->dead, 1);
	note_progress();
	_exit(0);
}

/* ---- the other process ---- */

/* What must not become more and more. */
struct census {
	long tasks, files, free_kib, slab_kib;
};

static long value_of(const char *path, const char *key)
{
	FILE *f = fopen(path, "r");
	char line[256];
	long val = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			val = strtol(line + strlen(key), NULL, 10);
	if (f)
		fclose(f);
	return val;
}

static struct census take_census(void)
{
	struct census c = {
		.tasks = nr_user_tasks(),
		.files = value_of("/proc/sys/fs/file-nr", ""),
		.free_kib = value_of("/proc/meminfo", "MemAvailable:"),
		.slab_kib = value_of("/proc/meminfo", "SUnreclaim:"),
	};

	return c;
}

static void report(int64_t start)
{
	uint64_t nr = atomic_load(&progress->nr);
	int64_t ms = now_ms() - start;
	struct census c = take_census();

	printf("# seed %llu, next %llu: %llu mutants, %.1f/s, %llu work, %llu are malformed, %llu fail otherwise, %llu FAILED; %ld tasks, %ld files, %ld KiB available, %ld KiB unreclaimable\n",
	       (unsigned long long)progress->seed,
	       (unsigned long long)atomic_load(&progress->next),
	       (unsigned long long)nr, nr * 1000.0 / (ms ?: 1),
	       (unsigned long long)atomic_load(&progress->works),
	       (unsigned long long)atomic_load(&progress->bad),
	       (unsigned long long)atomic_load(&progress->other),
	       (unsigned long long)atomic_load(&progress->failed),
	       c.tasks, c.files, c.free_kib, c.slab_kib);
	fflush(stdout);
}

/* Why does it not go on? */
static void show_hang(pid_t pid)
{
	char cmd[160];

	snprintf(cmd, sizeof(cmd),
		 "cat /proc/%d/task/*/stack /proc/%d/task/*/status; ps axl; echo w > /proc/sysrq-trigger",
		 pid, pid);
	if (system(cmd))
		perror("hang");
}

/* Wait for the worker. Return: true if it has done all it had to. */
static bool watch(pid_t pid, int64_t start, struct census *before)
{
	uint64_t seen = ~0ULL, reported = atomic_load(&progress->nr), nr, beat;
	int64_t since = now_ms();
	int status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		nap_ms(20);
		nr = atomic_load(&progress->nr);
		beat = atomic_load(&progress->beat);
		if (beat != seen) {
			seen = beat;
			since = now_ms();
		}
		if (!before->tasks && nr >= WARM_UP)
			*before = take_census();
		if (nr >= reported + REPORT_EVERY) {
			reported = nr;
			report(start);
		}
		if (now_ms() - since < HANG_MS)
			continue;
		show_hang(pid);
		kill(pid, SIGKILL);
		since = now_ms();
	}
	if (!atomic_load(&progress->dead))
		printf("# the worker's status is %#x\n", status);
	return atomic_load(&progress->dead);
}

/* All numbers as they were, give or take what others do. */
static bool same_census(const struct census *before)
{
	struct census now;
	int ms;

	if (!before->tasks)
		return true;
	for (ms = 0; ms < 5000; ms += 100) {
		now = take_census();
		if (now.tasks <= before->tasks && now.files <= before->files + 64)
			break;
		nap_ms(100);
	}
	printf("# tasks %ld, were %ld; files %ld, were %ld; %ld KiB available, were %ld; %ld KiB unreclaimable, were %ld\n",
	       now.tasks, before->tasks, now.files, before->files,
	       now.free_kib, before->free_kib, now.slab_kib, before->slab_kib);
	return now.tasks <= before->tasks && now.files <= before->files + 64 &&
	       now.slab_kib <= before->slab_kib + 65536;
}

static int campaign(struct ckpt_test *t, uint64_t end, int64_t seconds)
{
	int64_t start = now_ms(), deadline = start + seconds * 1000;
	struct census before = {};
	bool first = true, done;
	char path[256];
	pid_t pid;

	if (!have_bases()) {
		make_bases(t);
		collect_bases();
	}
	if (dir[0]) {
		snprintf(path, sizeof(path), "%s/progress", dir);
		progress_fd = open(path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
		if (progress_fd < 0)	/* tmpfs */
			progress_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		sync();
	}
	ignore_signals();
	do {
		fflush(stdout);
		pid = fork();
		if (!pid)
			work(end, deadline, first);
		done = watch(pid, start, &before);
		if (!done) {
			/* This one killed the worker, or did not end. */
			load_bases();
			make_mutant(progress->seed, atomic_load(&progress->next));
			fail(atomic_load(&progress->next), 0, "worker died or hung");
			atomic_fetch_add(&progress->next, 1);
			atomic_fetch_add(&progress->nr, 1);
		}
		first = false;
	} while (!done);
	report(start);
	if (!same_census(&before)) {
		printf("# FAILED: something is left\n");
		return 1;
	}
	return atomic_load(&progress->failed) ? 1 : 0;
}

/* ---- single images ---- */

static int write_one(const char *path, uint64_t index)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	load_bases();
	make_mutant(progress->seed, index);
	print_mutant(stdout, index);
	if (fd < 0 || write(fd, out.buf, out.len) != (ssize_t)out.len)
		die(path);
	return 0;
}

/* Next to no contents, as only their records matter to those fuzzers. */
static int write_seeds(void)
{
	char path[256];
	unsigned int i;
	FILE *f;

	snprintf(path, sizeof(path), "%s/seeds", dir);
	mkdir(path, 0700);
	load_bases();
	for (i = 0; i < nr_bases; i++) {
		strip_pages(&bases[i].img, PAGE);
		assemble(&bases[i].img, 0);
		snprintf(path, sizeof(path), "%s/seeds/%.60s", dir, bases[i].name);
		f = fopen(path, "w");
		if (!f || fwrite(out.buf, out.len, 1, f) != 1 || fclose(f))
			die(path);
	}
	printf("# %u images\n", nr_bases);
	return 0;
}

static int restart_one(const char *path)
{
	int fd = open(path, O_RDONLY);
	const char *why;
	long ret;
	int i;

	if (fd < 0)
		die(path);
	out.len = read(fd, out.buf, MAX_IMAGE);
	close(fd);
	for (i = 0; i < 2; i++) {
		why = judge(i ? RESTART_FROZEN : 0, &ret);
		printf("# %s: %ld %s%s\n", path, ret, why ?: "", progress->msg);
		if (why)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t end = ~0ULL, first = 0;
	const char *output = NULL;
	int64_t seconds = 12;
	bool replay = false, seeds = false;
	struct ckpt_test t;
	char path[256];
	int c, ret = 0;

	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (progress == MAP_FAILED)
		die("mmap");
	progress->seed = 1;
	while ((c = getopt(argc, argv, "n:t:s:f:d:o:mrS")) != -1) {
		switch (c) {
		case 'n':
			end = strtoull(optarg, NULL, 0);
			seconds = 10000000;
			break;
		case 't':
			seconds = strtoll(optarg, NULL, 0);
			break;
		case 's':
			progress->seed = strtoull(optarg, NULL, 0);
			break;
		case 'f':
			first = strtoull(optarg, NULL, 0);
			break;
		case 'd':
			snprintf(dir, sizeof(dir), "%s", optarg);
			break;
		case 'o':
			output = optarg;
			break;
		case 'm':
			is_methodical = true;
			break;
		case 'r':
			replay = true;
			break;
		case 'S':
			seeds = true;
			break;
		default:
			return 2;
		}
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	out.buf = private_memory(MAX_IMAGE);
	if (output && optind < argc)
		return write_one(output, strtoull(argv[optind], NULL, 0));
	if (replay) {
		become_worker();
		for (; optind < argc; optind++)
			ret |= restart_one(argv[optind]);
		return ret;
	}
	if (!test_setup(&t))
		die("test_setup");
	if (!dir[0])
		snprintf(dir, sizeof(dir), "%s", t.dir);
	snprintf(path, sizeof(path), "%s/bases", dir);
	mkdir(dir, 0700);
	mkdir(path, 0700);
	if (seeds) {
		make_bases(&t);
		collect_bases();
		test_teardown(&t);
		return write_seeds();
	}
	atomic_store(&progress->next, first);
	ksft_print_header();
	ksft_set_plan(1);
	ret = campaign(&t, end == ~0ULL ? end : first + end, seconds);
	test_teardown(&t);
	ksft_test_result(!ret, "mutants\n");
	ksft_finished();
}
