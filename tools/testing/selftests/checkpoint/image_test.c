// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - images that are truncated, altered or made up
 *
 * Images of several targets are taken apart into records, changed, and put
 * together again with the right counts and checksums, so that the kernel must
 * look at the records themselves. A restart must then fail cleanly, or make
 * tasks, which are killed: nothing may be left, and nothing may hang.
 *
 * The environment makes the random share larger: CKPT_FUZZ_N (mutants),
 * CKPT_FUZZ_SEED, CKPT_FUZZ_DIR (where the last mutant is kept).
 */
#include "common.h"

#include <pthread.h>

#define PAGE		4096
#define MAX_IMAGE	(16u << 20)
#define RESTART_MS	20000
#define ANY		1	/* any documented error, or success */

/* ---- targets ---- */

static void simple(struct shared *sh)
{
	target_step(sh, 1);
}

static void *thread(void *arg)
{
	target_step(arg, 1);
	return NULL;
}

static void threads(struct shared *sh)
{
	pthread_t t;
	int i;

	for (i = 0; i < 3; i++)
		pthread_create(&t, NULL, thread, sh);
	nap_ms(50);
	target_step(sh, 1);
}

static void files(struct shared *sh)
{
	int fds[2], fd;
	char *p;

	TARGET_CHECK(sh, !pipe(fds) && write(fds[1], "some data", 9) == 9);
	TARGET_CHECK(sh, dup2(fds[0], 20) == 20);
	fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	TARGET_CHECK(sh, fd >= 0 && write(fd, "nameless", 8) == 8);
	TARGET_CHECK(sh, pwrite(fd, "far away", 8, 5 * PAGE) == 8);
	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	TARGET_CHECK(sh, p != MAP_FAILED);
	memcpy(p + PAGE, "shared", 7);
	target_step(sh, 1);
}

static void cow(struct shared *sh)
{
	char *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(p, 1, 16 * PAGE);
	if (!fork()) {
		p[3 * PAGE] = 2;
		fork();
		target_step(sh, 1);
		_exit(0);
	}
	p[5 * PAGE] = 2;
	nap_ms(50);
	target_step(sh, 1);
}

static void dead(struct shared *sh)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!fork())
		_exit(7);
	if (!fork()) {
		setsid();
		if (fork())
			_exit(0);
		if (!fork()) {
			setpgid(0, 0);
			if (fork())
				_exit(0);
		}
		target_step(sh, 1);
		_exit(0);
	}
	nap_ms(100);
	target_step(sh, 1);
}

static const struct target {
	const char *name;
	void (*fn)(struct shared *sh);
} targets[] = {
	{ "simple", simple },
	{ "threads", threads },
	{ "files", files },
	{ "cow", cow },
	{ "dead", dead },
};

#define NR_TARGETS	((int)ARRAY_SIZE(targets))

/* ---- images as lists of records ---- */

struct rec {
	struct ckpt_hdr *h;
	uint32_t len;
	const uint8_t *pages;	/* contents that follow a PAGES record */
	size_t pages_len;
};

/**
 * struct image - an image, taken apart; PAD records are left out
 * @bytes: the image as the kernel wrote it
 * @len: bytes of it
 * @recs: its records
 * @nr: number of them
 */
struct image {
	uint8_t *bytes;
	size_t len;
	struct rec *recs;
	unsigned int nr;
};

static uint32_t crc_table[256];

static uint32_t crc32c(uint32_t crc, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	int i, j;

	if (!crc_table[1]) {
		for (i = 0; i < 256; i++) {
			uint32_t c = i;

			for (j = 0; j < 8; j++)
				c = c >> 1 ^ (c & 1 ? 0x82f63b78 : 0);
			crc_table[i] = c;
		}
	}
	while (len--)
		crc = crc >> 8 ^ crc_table[(crc ^ *p++) & 0xff];
	return crc;
}

static bool parse(struct image *img)
{
	size_t off = 0;

	img->recs = calloc(img->len / sizeof(struct ckpt_hdr), sizeof(*img->recs));
	img->nr = 0;
	while (off + sizeof(struct ckpt_hdr) <= img->len) {
		struct rec *r = &img->recs[img->nr];
		struct ckpt_hdr_pages *p;

		r->h = (void *)(img->bytes + off);
		r->len = r->h->len;
		p = (void *)r->h;
		if (r->len < sizeof(*r->h) || off + r->len > img->len)
			return false;
		off += r->len;
		if (r->h->type == CKPT_HDR_PAD)
			continue;
		img->nr++;
		if (r->h->type != CKPT_HDR_PAGES || (p->flags & CKPT_PAGES_REF))
			continue;
		if (off % PAGE)
			off += ((struct ckpt_hdr *)(img->bytes + off))->len;
		r->pages = img->bytes + off;
		r->pages_len = p->nr_pages * PAGE;
		off += r->pages_len;
	}
	return off == img->len;
}

static struct { uint8_t *buf; size_t len; } out;

/* Memory that later targets do not inherit: their images stay small. */
static void *private_memory(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || madvise(p, len, MADV_DONTFORK)) {
		perror("mmap");
		exit(1);
	}
	return p;
}

static bool take_image(struct ckpt_test *t, const struct target *target,
		       struct image *img)
{
	struct stat st;
	pid_t pid;

	atomic_store(&t->sh->ready, 0);
	atomic_store(&t->sh->go, 0);
	pid = spawn(t, target->fn);
	if (pid < 0 || !wait_step(t->sh, 1)) {
		fprintf(stderr, "%s: does not start\n", target->name);
		return false;
	}
	nap_ms(200);
	if (do_checkpoint(t, CHECKPOINT_KILL) < 0) {
		fprintf(stderr, "%s: %s\n", target->name, t->msg);
		return false;
	}
	while (waitpid(-1, NULL, __WALL | WNOHANG) > 0)
		;
	if (fstat(t->image, &st) || st.st_size > MAX_IMAGE / 2)
		return false;
	img->len = st.st_size;
	img->bytes = private_memory(img->len);
	if (pread(t->image, img->bytes, img->len, 0) != (ssize_t)img->len ||
	    !parse(img)) {
		fprintf(stderr, "%s: %zu bytes, cannot be parsed\n", target->name,
			img->len);
		return false;
	}
	return true;
}

static struct image copy_image(const struct image *from)
{
	struct image img = *from;
	unsigned int i;

	img.recs = calloc(img.nr + 16, sizeof(*img.recs));
	for (i = 0; i < img.nr; i++) {
		img.recs[i] = from->recs[i];
		img.recs[i].h = malloc(img.recs[i].len);
		memcpy(img.recs[i].h, from->recs[i].h, img.recs[i].len);
	}
	return img;
}

static void free_image(struct image *img)
{
	unsigned int i;

	for (i = 0; i < img->nr; i++)
		free(img->recs[i].h);
	free(img->recs);
}

static void remove_rec(struct image *img, unsigned int at)
{
	free(img->recs[at].h);
	img->nr--;
	memmove(&img->recs[at], &img->recs[at + 1],
		(img->nr - at) * sizeof(*img->recs));
}

/* Insert a record of @len bytes, a copy of @from or zeros. */
static struct ckpt_hdr *insert_rec(struct image *img, unsigned int at,
				   const struct rec *from, uint32_t len)
{
	struct rec r = {};

	if (from)
		r = *from;
	r.h = calloc(1, len);
	if (from)
		memcpy(r.h, from->h, from->len < len ? from->len : len);
	r.len = len;
	memmove(&img->recs[at + 1], &img->recs[at],
		(img->nr - at) * sizeof(*img->recs));
	img->recs[at] = r;
	img->nr++;
	return r.h;
}

static struct ckpt_hdr *resize_rec(struct image *img, unsigned int at, uint32_t len)
{
	struct rec *r = &img->recs[at];

	r->h = realloc(r->h, len);
	if (len > r->len)
		memset((uint8_t *)r->h + r->len, 0, len - r->len);
	r->len = len;
	r->h->len = len;
	return r->h;
}

enum {
	KEEP_COUNTS	= 1,	/* of header and trailer */
	KEEP_CRC	= 2,
};

static void put(const void *buf, size_t len)
{
	if (out.len + len > MAX_IMAGE)
		return;
	if (buf)
		memcpy(out.buf + out.len, buf, len);
	else
		memset(out.buf + out.len, 0, len);
	out.len += len;
}

static void put_pad(void)
{
	struct ckpt_hdr h = { .type = CKPT_HDR_PAD };

	h.len = -out.len & (PAGE - 1);
	if (!h.len)
		return;
	if (h.len < sizeof(h))
		h.len += PAGE;
	put(&h, sizeof(h));
	put(NULL, h.len - sizeof(h));
}

/* Put the image together in @out, with counts and checksums made right. */
static void assemble(const struct image *img, int keep)
{
	struct ckpt_hdr_header *header = (void *)out.buf;
	struct ckpt_hdr_meta_end *end = NULL;
	struct ckpt_hdr_trailer *trailer;
	uint64_t nr_runs = 0, nr_pages = 0;
	uint32_t crc = ~0U, data_crc = ~0U;
	unsigned int i;

	out.len = 0;
	for (i = 0; i < img->nr; i++) {
		const struct rec *r = &img->recs[i];
		size_t off = out.len;

		put(r->h, r->len);
		if (!end && r->h->type == CKPT_HDR_META_END && r->len >= sizeof(*end)) {
			end = (void *)(out.buf + off);
			if (!(keep & KEEP_COUNTS)) {
				header->meta_len = out.len;
				header->nr_records = i + 1;
			}
			if (!(keep & KEEP_CRC))
				end->crc = crc32c(~0U, out.buf, off);
		} else if (r->h->type == CKPT_HDR_PAGES) {
			nr_runs++;
			crc = crc32c(crc, r->h, r->len);
			if (!r->pages)
				continue;
			put_pad();
			put(r->pages, r->pages_len);
			data_crc = crc32c(data_crc, r->pages, r->pages_len);
			nr_pages += r->pages_len / PAGE;
		} else if (r->h->type == CKPT_HDR_TRAILER && r->len >= sizeof(*trailer)) {
			trailer = (void *)(out.buf + off);
			if (!(keep & KEEP_COUNTS)) {
				trailer->nr_runs = nr_runs;
				trailer->nr_pages = nr_pages;
			}
			if (!(keep & KEEP_CRC)) {
				trailer->crc = crc;
				trailer->data_crc = data_crc;
			}
		}
	}
}

/* ---- restart from what is in @out ---- */

/* What the caller of restart() found. */
struct outcome {
	atomic_int done;
	long ret;
	int left;
	char msg[1024];
};

static struct outcome *outcome;
static int image_fd = -1, log_fd = -1;

static void kill_children(void)
{
	FILE *f = fopen("/proc/thread-self/children", "r");
	int pid;

	while (f && fscanf(f, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	if (f)
		fclose(f);
}

static void caller(void)
{
	struct restart_args args = { .image_fd = image_fd, .log_fd = log_fd };
	ssize_t n;
	long ret;

	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ret = sys_restart(&args, sizeof(args));
	outcome->ret = ret < 0 ? -errno : ret;
	n = pread(log_fd, outcome->msg, sizeof(outcome->msg) - 1, 0);
	outcome->msg[n > 0 ? n : 0] = '\0';
	/* Of a failure nothing may be left, not even for a moment. */
	if (ret < 0)
		outcome->left = waitpid(-1, NULL, __WALL | WNOHANG) != -1 ||
				errno != ECHILD;
	do {
		kill_children();
		while ((n = waitpid(-1, NULL, __WALL | WNOHANG)) > 0)
			;
		if (!n)
			nap_ms(1);
	} while (!n);
	atomic_store(&outcome->done, 1);
	_exit(0);
}

/* Errors that linux/checkpoint.h lists, and those of path lookups. */
static bool documented(int err)
{
	switch (err) {
	/* What opening files by their names may give. */
	case EROFS: case ETXTBSY: case ENXIO:
	case EINVAL: case EOPNOTSUPP: case EBADMSG: case ESTALE: case EEXIST:
	case EPERM: case EACCES: case ENOMEM: case ENOENT: case ENOTDIR:
		return true;
	}
	return false;
}

static const char *restart_out(void)
{
	pid_t pid;
	long ms;

	memset(outcome, 0, sizeof(*outcome));
	if (ftruncate(log_fd, 0) || lseek(log_fd, 0, SEEK_SET) ||
	    ftruncate(image_fd, 0) || lseek(image_fd, 0, SEEK_SET) ||
	    pwrite(image_fd, out.buf, out.len, 0) != (ssize_t)out.len)
		return "cannot write the image";
	pid = fork();
	if (!pid)
		caller();
	for (ms = 0; waitpid(pid, NULL, __WALL | WNOHANG) != pid; ms++) {
		nap_ms(1);
		if (ms > RESTART_MS) {
			kill(pid, SIGKILL);
			return "hangs";
		}
	}
	if (!atomic_load(&outcome->done))
		return "the caller died";
	return NULL;
}

/**
 * judge - restart from @out and look whether that went as it must
 * @expect: 0 if it must work, -errno, or %ANY
 *
 * Return: NULL, or what is wrong.
 */
static const char *judge(int expect)
{
	const char *why = restart_out();
	const char *nl = strchr(outcome->msg, '\n');
	int ret = outcome->ret;

	if (why)
		return why;
	if (outcome->left)
		return "tasks are left";
	if (ret >= 0)
		return expect == 0 || expect == ANY ? NULL : "works";
	if (expect == ANY ? !documented(-ret) : ret != expect)
		return "other error";
	if (!nl || (expect != ANY && nl[1]))
		return "not one message";
	return NULL;
}

static const char *judge_image(struct image *img, int expect, int keep)
{
	const char *why;

	assemble(img, keep);
	why = judge(expect);
	free_image(img);
	return why;
}

#define EXPECT_JUDGED(why, fmt, ...) do {				\
	const char *__why = (why);					\
									\
	EXPECT_EQ(NULL, __why)						\
		TH_LOG(fmt ": %s (%ld, %s)", ##__VA_ARGS__, __why ?: "", \
		       outcome->ret, outcome->msg);			\
} while (0)

/* ---- mutations ---- */

enum op { DROP, DOUBLE, SWAP, MOVE, SET32, SET64, ADD64, FLIP, OPTIONAL, UNKNOWN,
	  GROW, GROW_JUNK, SHRINK, PAGES_MORE, NR_OPS };

static const char * const op_names[] = {
	"drop", "double", "swap", "move", "set32", "set64", "add64", "flip",
	"optional", "unknown", "grow", "grow with junk", "shrink", "more pages",
};

struct mutation {
	enum op op;
	unsigned int rec;
	unsigned int off;
	uint64_t val;
};

static const uint64_t values32[] = {
	0, 1, 2, 3, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 4095, 4096,
	0x10000, 0x100000,
};

static const uint64_t values64[] = {
	0, 1, ~0ULL, 1ULL << 63, (1ULL << 63) - 1, 1ULL << 47, 0x7ffffffff000,
	1ULL << 32, 0xffffffff81000000, 0xfffffffffffff000, 0x1000,
	0x123456789abc, 1ULL << 52,
};

static void set(struct rec *r, unsigned int off, const void *val, size_t len)
{
	if (off + len <= r->len)
		memcpy((uint8_t *)r->h + off, val, len);
}

static void mutate(struct image *img, const struct mutation *m)
{
	unsigned int at = m->rec % img->nr;
	struct rec *r = &img->recs[at], tmp;
	struct ckpt_hdr *h;
	uint32_t val32 = m->val;
	uint64_t val64;

	switch (m->op) {
	case DROP:
		remove_rec(img, at);
		break;
	case DOUBLE:
		insert_rec(img, at, r, r->len);
		break;
	case SWAP:
		if (at + 1 < img->nr) {
			tmp = r[0];
			r[0] = r[1];
			r[1] = tmp;
		}
		break;
	case MOVE:
		insert_rec(img, m->val % img->nr, r, r->len);
		break;
	case SET32:
		set(r, m->off, &val32, sizeof(val32));
		break;
	case SET64:
		set(r, m->off, &m->val, sizeof(m->val));
		break;
	case ADD64:
		if (m->off + sizeof(val64) > r->len)
			break;
		memcpy(&val64, (uint8_t *)r->h + m->off, sizeof(val64));
		val64 += m->val;
		set(r, m->off, &val64, sizeof(val64));
		break;
	case FLIP:
		((uint8_t *)r->h)[m->off % r->len] ^= 1 << m->val % 8;
		break;
	case OPTIONAL:
	case UNKNOWN:
		h = insert_rec(img, at, NULL, 32);
		h->type = 900 + m->val % 100;
		h->len = 32;
		h->flags = m->op == OPTIONAL ? CKPT_REC_OPTIONAL : 0;
		break;
	case GROW:
		resize_rec(img, at, r->len + 8 + m->val % 8 * 8);
		break;
	case GROW_JUNK:
		h = resize_rec(img, at, r->len + 16);
		((uint8_t *)h)[h->len - 1] = 1;
		break;
	case SHRINK:
		if (r->len > sizeof(*h))
			resize_rec(img, at, r->len - 8);
		break;
	case PAGES_MORE:
		if (r->h->type == CKPT_HDR_PAGES)
			((struct ckpt_hdr_pages *)r->h)->nr_pages += m->val;
		break;
	case NR_OPS:
		break;
	}
}

static const char *judge_mutation(const struct image *img, const struct mutation *m,
				  int expect)
{
	struct image copy = copy_image(img);
	bool frame = m->rec == 0 || m->rec == img->nr - 1;

	mutate(&copy, m);
	return judge_image(&copy, expect, frame && m->op == SET64 ? KEEP_COUNTS : 0);
}

/* ---- tests ---- */

FIXTURE(image) {
	struct ckpt_test t;
	struct image images[ARRAY_SIZE(targets)];
};

FIXTURE_SETUP(image)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	ASSERT_TRUE(test_setup(&self->t));
	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	out.buf = private_memory(MAX_IMAGE);
	image_fd = memfd_create("image", MFD_CLOEXEC);
	log_fd = memfd_create("log", MFD_CLOEXEC);
}

FIXTURE_TEARDOWN(image)
{
	test_teardown(&self->t);
}

enum { SIMPLE, THREADS, FILES, COW, DEAD };	/* as in targets[] */

static const struct image *get_image(struct ckpt_test *t, struct image *images,
				     int target)
{
	struct image *img = &images[target];

	if (!img->nr && !take_image(t, &targets[target], img)) {
		fprintf(stderr, "no image of %s: %s\n", targets[target].name, t->msg);
		exit(1);
	}
	return img;
}

#define IMAGE(i)	get_image(&self->t, self->images, i)

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* What is taken apart and put together again is as good as new. */
TEST_F_TIMEOUT(image, unchanged, 60)
{
	int i;

	for (i = 0; i < NR_TARGETS; i++) {
		const struct image *img = IMAGE(i);

		assemble(img, 0);
		EXPECT_EQ(img->len, out.len);
		EXPECT_EQ(0, memcmp(img->bytes, out.buf, out.len));
		EXPECT_JUDGED(judge(0), "%s", targets[i].name);
	}
}

/* Of many records of one type in a row, the first two will do. */
static bool seen_enough(const struct image *img, unsigned int i)
{
	return i > 1 && img->recs[i].h->type == img->recs[i - 1].h->type &&
	       img->recs[i].h->type == img->recs[i - 2].h->type;
}

static void cut(struct __test_metadata *_metadata, const struct image *img,
		const char *name, size_t len)
{
	memcpy(out.buf, img->bytes, len);
	out.len = len;
	EXPECT_JUDGED(judge(-EBADMSG), "%s, %zu bytes", name, len);
}

static void truncated(struct __test_metadata *_metadata, const struct image *img,
		      const char *name, bool inside)
{
	unsigned int i;
	size_t off;

	for (i = 0; i < img->nr; i++) {
		const struct rec *r = &img->recs[i];

		if (!inside && seen_enough(img, i))
			continue;
		off = (uint8_t *)r->h - img->bytes;
		cut(_metadata, img, name, off);
		if (r->pages)
			cut(_metadata, img, name, r->pages - img->bytes +
			    r->pages_len / 2);
		if (!inside)
			continue;
		cut(_metadata, img, name, off + 7);
		cut(_metadata, img, name, off + sizeof(struct ckpt_hdr));
		cut(_metadata, img, name, off + r->len / 2);
		cut(_metadata, img, name, off + r->len - 1);
	}
}

TEST_F_TIMEOUT(image, truncated_anywhere, 60)
{
	truncated(_metadata, IMAGE(SIMPLE), targets[0].name, true);
}

TEST_F_TIMEOUT(image, truncated_between, 60)
{
	int i;

	for (i = 1; i < NR_TARGETS; i++)
		truncated(_metadata, IMAGE(i), targets[i].name, false);
}

static void alter_header(struct ckpt_hdr_header *h, int what)
{
	switch (what) {
	case 0:
		h->magic ^= 1;
		break;
	case 1:
		h->version++;
		break;
	case 2:
		h->incompat |= 1ULL << 40;
		break;
	case 3:
		h->arch++;
		break;
	case 4:
		h->page_shift++;
		break;
	case 5:
		h->meta_len -= 8;
		break;
	case 6:
		h->meta_len = 1ULL << 60;
		break;
	case 7:
		h->nr_records++;
		break;
	case 8:
		h->nr_objects++;
		break;
	case 9:
		h->nr_tasks = ~0U;
		break;
	case 10:
		h->nr_objects = ~0U;
		break;
	case 11:
		h->h.len += 8;
		break;
	case 12:
		h->uuid[3] ^= 1;
		break;
	case 13:
		h->compat |= 1ULL << 50;
		break;
	}
}

TEST_F_TIMEOUT(image, header, 60)
{
	static const int expect[] = {
		-EBADMSG, -EOPNOTSUPP, -EOPNOTSUPP, -EOPNOTSUPP, -EOPNOTSUPP,
		-EBADMSG, -EBADMSG, -EBADMSG, -EBADMSG, -EBADMSG, -EBADMSG,
		-EBADMSG, -EBADMSG, 0,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(expect); i++) {
		struct image img = copy_image(IMAGE(SIMPLE));

		alter_header((void *)img.recs[0].h, i);
		EXPECT_JUDGED(judge_image(&img, expect[i], KEEP_COUNTS),
			      "header %u", i);
	}
}

/* One bit anywhere, without new checksums. */
TEST_F_TIMEOUT(image, checksums, 60)
{
	const struct image *img = IMAGE(SIMPLE);
	unsigned int i;

	for (i = 1; i < img->nr; i++) {
		const struct rec *r = &img->recs[i];
		size_t off = (uint8_t *)r->h - img->bytes + r->len - 1;

		if (seen_enough(img, i))
			continue;
		memcpy(out.buf, img->bytes, img->len);
		out.len = img->len;
		out.buf[off] ^= 0x10;
		EXPECT_JUDGED(judge(-EBADMSG), "record %u", i);
		if (!r->pages)
			continue;
		out.buf[off] ^= 0x10;
		out.buf[r->pages - img->bytes + r->pages_len - 1] ^= 1;
		EXPECT_JUDGED(judge(-EBADMSG), "pages of record %u", i);
	}
}

static bool may_insert_before(const struct image *img, unsigned int i)
{
	uint32_t type = img->recs[i].h->type;

	return type != CKPT_HDR_HEADER && type != CKPT_HDR_PAGES &&
	       type != CKPT_HDR_TRAILER && !seen_enough(img, i);
}

TEST_F_TIMEOUT(image, optional_records, 60)
{
	struct mutation m = { .op = OPTIONAL };
	const struct image *img = IMAGE(FILES);

	for (m.rec = 1; m.rec < img->nr; m.rec++)
		if (may_insert_before(img, m.rec))
			EXPECT_JUDGED(judge_mutation(img, &m, 0), "before record %u (type %u)",
				      m.rec, img->recs[m.rec].h->type);
}

TEST_F_TIMEOUT(image, unknown_records, 60)
{
	struct mutation m = { .op = UNKNOWN };
	const struct image *img = IMAGE(FILES);

	for (m.rec = 1; m.rec < img->nr; m.rec++)
		if (may_insert_before(img, m.rec))
			EXPECT_JUDGED(judge_mutation(img, &m, -EOPNOTSUPP),
				      "before record %u", m.rec);
}

/* Records of fixed length; the others' own checks know what may follow. */
static bool may_grow(const struct rec *r)
{
	switch (r->h->type) {
	case CKPT_HDR_CONTAINER: case CKPT_HDR_LSM: case CKPT_HDR_TREE:
	case CKPT_HDR_TREE_TASK: case CKPT_HDR_TASK: case CKPT_HDR_TASK_OBJS:
	case CKPT_HDR_SIGNAL_TASK: case CKPT_HDR_FUTEX: case CKPT_HDR_RSEQ:
	case CKPT_HDR_SIGNAL: case CKPT_HDR_ITIMER: case CKPT_HDR_RLIMITS:
	case CKPT_HDR_SIGHAND: case CKPT_HDR_MM: case CKPT_HDR_INODE:
	case CKPT_HDR_FILES: case CKPT_HDR_FD: case CKPT_HDR_PAGES:
		return true;
	}
	return false;
}

TEST_F_TIMEOUT(image, longer_records, 60)
{
	struct mutation zeros = { .op = GROW }, junk = { .op = GROW_JUNK };
	const struct image *img = IMAGE(FILES);
	unsigned int i;

	for (i = 1; i < img->nr; i++) {
		bool pages = img->recs[i].h->type == CKPT_HDR_PAGES;

		if (!may_grow(&img->recs[i]) || seen_enough(img, i))
			continue;
		zeros.rec = i;
		junk.rec = i;
		EXPECT_JUDGED(judge_mutation(img, &zeros, 0), "record %u (type %u)",
			      i, img->recs[i].h->type);
		EXPECT_JUDGED(judge_mutation(img, &junk, pages ? -EBADMSG : -EOPNOTSUPP),
			      "record %u (type %u)", i, img->recs[i].h->type);
	}
}

static unsigned int find_rec(const struct image *img, uint32_t type, unsigned int nth)
{
	unsigned int i;

	for (i = 0; i < img->nr; i++)
		if (img->recs[i].h->type == type && !nth--)
			return i;
	return 0;
}

/* A record that starts no object must have no number, and so on. */
TEST_F_TIMEOUT(image, numbers_of_objects, 60)
{
	static const uint32_t ids[] = { 0, 1, 2, 0x7fffffff, 0xffffffff };
	unsigned int i, j, nr = 0;

	for (i = 1; i < IMAGE(SIMPLE)->nr - 1; i++) {
		if (seen_enough(IMAGE(SIMPLE), i))
			continue;
		for (j = 0; j < ARRAY_SIZE(ids); j++) {
			struct image img = copy_image(IMAGE(SIMPLE));
			struct ckpt_hdr *h = img.recs[i].h;

			if (h->id == ids[j]) {
				free_image(&img);
				continue;
			}
			nr++;
			h->id = ids[j];
			EXPECT_JUDGED(judge_image(&img, -EBADMSG, 0),
				      "record %u, id %u", i, ids[j]);
		}
	}
	TH_LOG("%u images", nr);
}

/* Threads that would have to stay in the memory of the caller of restart(). */
TEST_F_TIMEOUT(image, threads_without_memory, 60)
{
	struct image img = copy_image(IMAGE(THREADS));
	unsigned int task = find_rec(&img, CKPT_HDR_TREE_TASK, 0);
	struct ckpt_hdr_tree_task *tree = (void *)img.recs[task].h;
	unsigned int rec = find_rec(&img, CKPT_HDR_TASK_OBJS, 0);
	struct ckpt_hdr_task_objs *objs = (void *)img.recs[rec].h;

	tree->state = CKPT_TASK_DEAD;
	objs->mm = 0;
	objs->files = 0;
	objs->fs = 0;
	objs->sighand = 0;
	EXPECT_JUDGED(judge_image(&img, -EBADMSG, 0), "dead leader");
	EXPECT_NE(NULL, strstr(outcome->msg, "no memory"))
		TH_LOG("%s", outcome->msg);
}

/* Where the records that belong to the one at @at end. */
static unsigned int find_end(const struct image *img, unsigned int at)
{
	do {
		at++;
	} while (!img->recs[at].h->id && img->recs[at].h->type != CKPT_HDR_TASK &&
		 img->recs[at].h->type != CKPT_HDR_META_END);
	return at;
}

/* One record more than the owner of those at @owner needs, behind them. */
static void leave_over(struct __test_metadata *_metadata, const struct image *from,
		       unsigned int owner, uint32_t type, bool hidden)
{
	struct image img = copy_image(from);
	unsigned int end = find_end(&img, owner), rec = find_rec(&img, type, 0);
	struct ckpt_hdr *h;

	h = insert_rec(&img, end, &img.recs[rec], img.recs[rec].len);
	if (type == CKPT_HDR_FD)	/* They are in order. */
		((struct ckpt_hdr_fd *)h)->fd = 1000;
	if (hidden) {
		h = insert_rec(&img, end, NULL, 32);
		h->type = 900;
		h->len = 32;
		h->flags = CKPT_REC_OPTIONAL;
	}
	EXPECT_JUDGED(judge_image(&img, -EBADMSG, 0), "record of type %u", type);
	EXPECT_NE(NULL, strstr(outcome->msg, "unexpected"))
		TH_LOG("%s", outcome->msg);
}

static unsigned int find_dead_task(const struct image *img)
{
	const struct ckpt_hdr_tree_task *tree;
	unsigned int i = 0;

	do {
		tree = (const void *)img->recs[find_rec(img, CKPT_HDR_TREE_TASK, i++)].h;
	} while (tree->state != CKPT_TASK_DEAD);
	return find_rec(img, CKPT_HDR_TASK, i - 1);
}

/* Also where one that may be skipped comes before it. */
TEST_F_TIMEOUT(image, left_over_records, 60)
{
	int hidden;

	for (hidden = 0; hidden < 2; hidden++) {
		leave_over(_metadata, IMAGE(DEAD), find_dead_task(IMAGE(DEAD)),
			   CKPT_HDR_RLIMITS, hidden);
		leave_over(_metadata, IMAGE(SIMPLE), find_rec(IMAGE(SIMPLE), CKPT_HDR_TASK, 0),
			   CKPT_HDR_RLIMITS, hidden);
		leave_over(_metadata, IMAGE(SIMPLE), find_rec(IMAGE(SIMPLE), CKPT_HDR_MM, 0),
			   CKPT_HDR_AUXV, hidden);
		leave_over(_metadata, IMAGE(FILES), find_rec(IMAGE(FILES), CKPT_HDR_FILES, 0),
			   CKPT_HDR_FD, hidden);
	}
}

static void alter_pages(struct ckpt_hdr_pages *p, const struct image *img, int what)
{
	struct ckpt_hdr_task_objs *objs = (void *)img->recs[find_rec(img, CKPT_HDR_TASK_OBJS, 0)].h;

	switch (what) {
	case 0:
		p->addr = 0x10000;
		break;
	case 1:
		p->addr = 0xffffffff80000000ULL;
		break;
	case 2:
		p->addr = ~0ULL << 12;
		p->nr_pages = 2;
		break;
	case 3:
		p->nr_pages = 0;
		break;
	case 4:
		p->nr_pages = ~0ULL;
		break;
	case 5:
		p->nr_pages = 1ULL << 52;
		break;
	case 6:
		p->obj = objs->cred;
		break;
	case 7:
		p->obj = objs->files;
		break;
	case 8:
		p->obj = 0;
		break;
	case 9:
		p->obj = ~0U;
		break;
	case 10:
		p->flags = 0x80;
		break;
	case 11:
		p->ref = 1;
		break;
	case 12:
		p->addr += 1;
		break;
	case 13:
		p->h.id = 1;
		break;
	case 14:
		p->h.flags = CKPT_REC_OPTIONAL;
		break;
	case 15:
		p->h.type = CKPT_HDR_MM;
		break;
	case 16:
		p->obj = objs->fs;
		break;
	case 17:
		p->h.len = sizeof(p->h);
		break;
	case 18:
		p->h.len = ~0U;
		break;
	}
}

TEST_F_TIMEOUT(image, pages, 60)
{
	unsigned int i;

	for (i = 0; i < 19; i++) {
		struct image img = copy_image(IMAGE(SIMPLE));

		alter_pages((void *)img.recs[find_rec(&img, CKPT_HDR_PAGES, 0)].h, &img, i);
		EXPECT_JUDGED(judge_image(&img, -EBADMSG, 0), "pages %u", i);
	}
}

/* Runs that refer to other pages. */
TEST_F_TIMEOUT(image, shared_pages, 60)
{
	static const uint64_t refs[] = { 0, 1, 100, 1ULL << 52, ~0ULL };
	const struct image *from = IMAGE(COW);
	struct ckpt_hdr_pages *p;
	struct image img;
	unsigned int i, j, nr = 0;

	for (i = 0; i < from->nr; i++) {
		p = (void *)from->recs[i].h;
		if (p->h.type != CKPT_HDR_PAGES || !(p->flags & CKPT_PAGES_REF))
			continue;
		nr++;
		for (j = 0; j < ARRAY_SIZE(refs); j++) {
			img = copy_image(from);
			p = (void *)img.recs[i].h;
			p->ref = refs[j];
			EXPECT_JUDGED(judge_image(&img, j < 3 ? ANY : -EBADMSG, 0),
				      "run %u, ref %llx", i, (unsigned long long)refs[j]);
		}
		img = copy_image(from);
		((struct ckpt_hdr_pages *)img.recs[i].h)->nr_pages = 1ULL << 40;
		EXPECT_JUDGED(judge_image(&img, -EBADMSG, 0), "run %u, length", i);
		img = copy_image(from);
		insert_rec(&img, i, &img.recs[i], img.recs[i].len);
		EXPECT_JUDGED(judge_image(&img, -EBADMSG, 0), "run %u twice", i);
	}
	EXPECT_LT(0, nr);
}

/* ---- all fields, and chance ---- */

static uint64_t random_state;

static uint64_t rnd(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static uint64_t seed(struct __test_metadata *_metadata)
{
	const char *s = getenv("CKPT_FUZZ_SEED");

	random_state = s && *s ? strtoull(s, NULL, 0) : 1;
	random_state |= 1;
	TH_LOG("CKPT_FUZZ_SEED=%llu", (unsigned long long)random_state);
	return random_state;
}

/* The mutant, for whoever finds the machine dead. */
static void keep_mutant(const char *name)
{
	const char *dir = getenv("CKPT_FUZZ_DIR");
	char path[128];
	int fd;

	if (!dir || !*dir)
		return;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, out.buf, out.len) != (ssize_t)out.len || fsync(fd))
		perror(path);
	close(fd);
}

/* As many mutants as asked for, or as many as there is time for. */
static bool go_on(uint64_t n)
{
	const char *s = getenv("CKPT_FUZZ_N");
	static int64_t end;

	if (s && *s)
		return n < strtoull(s, NULL, 0);
	if (!end)
		end = now_ms() + 6000;
	return now_ms() < end;
}

/* How often what came out. */
struct tally { unsigned int nr, works, bad, other; };

static void count(struct tally *tally)
{
	tally->nr++;
	if (outcome->ret > 0)
		tally->works++;
	else if (outcome->ret == -EBADMSG)
		tally->bad++;
	else
		tally->other++;
}

static void print_tally(struct __test_metadata *_metadata, const struct tally *t)
{
	TH_LOG("%u mutants: %u work, %u are malformed, %u fail otherwise",
	       t->nr, t->works, t->bad, t->other);
}

/* One thing wrong: each record, each field, as many as there is time for. */
static struct mutation nth_mutation(const struct image *img, uint64_t n)
{
	struct mutation m = { .rec = n % img->nr };
	unsigned int words = img->recs[m.rec].len / 4;

	n /= img->nr;
	if (n % 4 == 0) {
		m.op = rnd() % NR_OPS;
		m.off = rnd() % img->recs[m.rec].len;
		m.val = rnd();
	} else if (n % 4 == 3) {
		m.op = SET64;
		m.off = rnd() % words / 2 * 8;
		m.val = values64[rnd() % ARRAY_SIZE(values64)];
	} else {
		m.op = SET32;
		m.off = rnd() % words * 4;
		m.val = values32[rnd() % ARRAY_SIZE(values32)];
	}
	return m;
}

TEST_F_TIMEOUT(image, one_thing_wrong, 86400)
{
	struct tally tally = {};
	uint64_t n;

	seed(_metadata);
	for (n = 0; go_on(n); n++) {
		int target = n % NR_TARGETS;
		const struct image *img = IMAGE(target);
		struct mutation m = nth_mutation(img, rnd());

		EXPECT_JUDGED(judge_mutation(img, &m, ANY),
			      "%s, record %u (type %u), %s, offset %u, value %llx",
			      targets[target].name, m.rec, img->recs[m.rec].h->type,
			      op_names[m.op], m.off, (unsigned long long)m.val);
		count(&tally);
	}
	print_tally(_metadata, &tally);
}

TEST_F_TIMEOUT(image, random, 86400)
{
	struct tally tally = {};
	uint64_t n;

	seed(_metadata);
	for (n = 0; go_on(n); n++) {
		int target = rnd() % NR_TARGETS;
		struct image img = copy_image(IMAGE(target));
		uint64_t state = random_state;
		const char *why;
		int i, nr = rnd() % 4 + 1;
		char name[64];

		for (i = 0; i < nr; i++) {
			struct mutation m = nth_mutation(&img, rnd());

			mutate(&img, &m);
		}
		assemble(&img, 0);
		free_image(&img);
		keep_mutant("mutant");
		why = judge(ANY);
		count(&tally);
		if (why) {
			snprintf(name, sizeof(name), "mutant-%llu",
				 (unsigned long long)state);
			keep_mutant(name);
		}
		EXPECT_JUDGED(why, "%s, mutant %llu, state %llu", targets[target].name,
			      (unsigned long long)n, (unsigned long long)state);
	}
	print_tally(_metadata, &tally);
}

TEST_HARNESS_MAIN
