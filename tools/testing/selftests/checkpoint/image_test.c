// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - images that are truncated, altered or made up
 *
 * Images of several targets are taken apart into records, changed, and put
 * together again with the right counts and checksums, so that the kernel must
 * look at the records themselves. A restart must then fail cleanly, or make
 * tasks, which are killed: nothing may be left, and nothing may hang.
 */
#include "image.h"
#include <termios.h>

#include <sys/epoll.h>

#define RESTART_MS	20000
#define ANY		1	/* any documented error, or success */

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

/* Whose target is to come to its second step before it is killed, or NULL. */
static struct shared *follow;

static void wait_for_second_step(void)
{
	long ms;

	for (ms = 0; atomic_load(&follow->ready) < 2 && ms < RESTART_MS / 2; ms += 10)
		nap_ms(10);
}

static void caller(void)
{
	struct restart_args args = { .image_fd = image_fd, .log_fd = log_fd };
	ssize_t n;
	long ret;

	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!kinds_prepare())
		_exit(1);
	ret = sys_restart(&args, sizeof(args));
	outcome->ret = ret < 0 ? -errno : ret;
	n = pread(log_fd, outcome->msg, sizeof(outcome->msg) - 1, 0);
	outcome->msg[n > 0 ? n : 0] = '\0';
	/* Of a failure nothing may be left, not even for a moment. */
	if (ret < 0)
		outcome->left = waitpid(-1, NULL, __WALL | WNOHANG) != -1 ||
				errno != ECHILD;
	if (ret > 0 && follow)
		wait_for_second_step();
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

#define IMAGE(i)	get_image(&self->t, self->images, i)

#define EXPECT_JUDGED(why, fmt, ...) do {				\
	const char *__why = (why);					\
									\
	EXPECT_EQ(NULL, __why)						\
		TH_LOG(fmt ": %s (%ld, %s)", ##__VA_ARGS__, __why ?: "", \
		       outcome->ret, outcome->msg);			\
} while (0)

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

/* As in targets[]. */
enum {
	SIMPLE, THREADS, FILES, COW, DEAD, SIGNALS, STOPPED, SHARED_MM, PIPES, UNIX,
	INET, EVENTS,
};

static const struct image *get_image(struct ckpt_test *t, struct image *images,
				     int target)
{
	struct image *img = &images[target];

	if (!img->nr && !(make_image(t, &targets[target]) &&
			  load_image(t->image, targets[target].name, img))) {
		fprintf(stderr, "no image of %s: %s\n", targets[target].name, t->msg);
		exit(1);
	}
	return img;
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

TEST_F_TIMEOUT(image, truncated_between, 300)
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

/* Each record is missing, there twice, late, or of another type. */
static void wrong_records(struct __test_metadata *_metadata, const struct image *img,
			  const char *name)
{
	static const enum op ops[] = { DROP, DOUBLE, SWAP, RETYPE, RETYPE };
	struct mutation m = {};
	unsigned int i;

	for (m.rec = 0; m.rec < img->nr; m.rec++) {
		if (seen_enough(img, m.rec))
			continue;
		for (i = 0; i < ARRAY_SIZE(ops); i++) {
			m.op = ops[i];
			/* As the next one, and as one far away. */
			m.val = (m.rec + 1 + i % 2 * img->nr / 2) % img->nr;
			EXPECT_JUDGED(judge_mutation(img, &m, ANY),
				      "%s, record %u (type %u), %s", name, m.rec,
				      img->recs[m.rec].h->type, op_names[m.op]);
		}
	}
}

TEST_F_TIMEOUT(image, wrong_records_threads, 120)
{
	wrong_records(_metadata, IMAGE(THREADS), "threads");
}

TEST_F_TIMEOUT(image, wrong_records_files, 120)
{
	wrong_records(_metadata, IMAGE(FILES), "files");
}

TEST_F_TIMEOUT(image, wrong_records_signals, 120)
{
	wrong_records(_metadata, IMAGE(SIGNALS), "signals");
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

static void not_here(struct __test_metadata *_metadata, struct image *img,
		     const char *text)
{
	EXPECT_JUDGED(judge_image(img, -EOPNOTSUPP, 0), "%s", text);
	EXPECT_NE(NULL, strstr(outcome->msg, text))
		TH_LOG("%s", outcome->msg);
}

/* What another kernel may have, and this one has not. */
TEST_F_TIMEOUT(image, of_other_kernels, 60)
{
	struct image img = copy_image(IMAGE(SIMPLE));
	unsigned int rec = find_rec(&img, CKPT_HDR_AUXV, 0);
	struct ckpt_hdr_task_objs *one, *two;

	resize_rec(&img, rec, sizeof(struct ckpt_hdr_auxv) + CKPT_AUXV_MAX * 8);
	not_here(_metadata, &img, "memory: auxiliary vector of");

	img = copy_image(IMAGE(STOPPED));
	one = (void *)img.recs[find_rec(&img, CKPT_HDR_TASK_OBJS, 0)].h;
	two = (void *)img.recs[find_rec(&img, CKPT_HDR_TASK_OBJS, 1)].h;
	two->sighand = one->sighand;
	not_here(_metadata, &img, "signal handlers shared between processes");
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

/* The group that a session leader has lost with its terminal, alive or dead. */
TEST_F_TIMEOUT(image, group_of_lost_terminal, 60)
{
	static const int from[] = { SIMPLE, DEAD };
	unsigned int i, id;

	for (i = 0; i < ARRAY_SIZE(from); i++) {
		const struct image *good = IMAGE(from[i]);
		unsigned int rec = find_rec(good, CKPT_HDR_SIGNAL, 0);

		for (id = 1; find_rec(good, CKPT_HDR_PID, id - 1); id++) {
			struct image img = copy_image(good);

			((struct ckpt_hdr_signal *)img.recs[rec].h)->tty_old_pgrp =
				good->recs[find_rec(good, CKPT_HDR_PID, id - 1)].h->id;
			EXPECT_JUDGED(judge_image(&img, 0, 0), "%s, id %u",
				      targets[from[i]].name, id);
		}
	}
}

static void polls(struct shared *sh)
{
	TARGET_CHECK(sh, epoll_create1(0) >= 0);
	target_step(sh, 1);
}

/* As one that has come from outside of the user namespace. */
TEST_F_TIMEOUT(image, epoll_without_credentials, 60)
{
	static const struct target target = { "epoll", polls };
	struct image good = {}, img;
	unsigned int rec;

	ASSERT_TRUE(make_image(&self->t, &target));
	ASSERT_TRUE(load_image(self->t.image, target.name, &good));
	img = copy_image(&good);
	rec = find_rec(&img, CKPT_HDR_FILE_EPOLL, 0);
	((struct ckpt_hdr_file_epoll *)img.recs[rec].h)->file.cred = 0;
	EXPECT_JUDGED(judge_image(&img, 0, 0), "epoll");
}

static void opens_terminal(struct shared *sh)
{
	TARGET_CHECK(sh, open("/dev/ptmx", O_RDWR | O_NOCTTY) >= 0);
	target_step(sh, 1);
}

/* Two sides that both echo would do so for ever. */
TEST_F_TIMEOUT(image, master_of_terminal, 60)
{
	static const struct target target = { "terminal", opens_terminal };
	struct image good = {}, img;
	struct ckpt_hdr_pty *pty;
	struct ckpt_hdr_tty *tty;

	ASSERT_TRUE(make_image(&self->t, &target));
	ASSERT_TRUE(load_image(self->t.image, target.name, &good));
	img = copy_image(&good);
	EXPECT_JUDGED(judge_image(&img, 0, 0), "unchanged");
	img = copy_image(&good);
	tty = (void *)img.recs[find_rec(&img, CKPT_HDR_TTY, 1)].h;
	tty->termios.lflag = ECHO;
	EXPECT_JUDGED(judge_image(&img, 0, 0), "slave");
	img = copy_image(&good);
	tty = (void *)img.recs[find_rec(&img, CKPT_HDR_TTY, 0)].h;
	tty->termios.lflag = ECHO;
	EXPECT_JUDGED(judge_image(&img, -EBADMSG, 0), "master");
	EXPECT_NE(NULL, strstr(outcome->msg, "settings of the master"))
		TH_LOG("%s", outcome->msg);
	img = copy_image(&good);
	pty = (void *)img.recs[find_rec(&img, CKPT_HDR_PTY, 0)].h;
	pty->uid = -1;
	EXPECT_JUDGED(judge_image(&img, -EBADMSG, 0), "owner");
}

static void sends_letters(struct shared *sh)
{
	int sv[2];

	TARGET_CHECK(sh, !socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	TARGET_CHECK(sh, write(sv[0], "a", 1) == 1 && write(sv[0], "b", 1) == 1 &&
		     write(sv[0], "c", 1) == 1);
	target_step(sh, 1);
}

/* One byte of out-of-band data that has been read may stay, not two in a row. */
TEST_F_TIMEOUT(image, empty_messages, 60)
{
	static const struct target target = { "letters", sends_letters };
	static const struct {
		uint32_t consumed[3];
		int expect;
	} cases[] = {
		{ { 1, 0, 0 }, 0 },
		{ { 1, 0, 1 }, 0 },
		{ { 1, 1, 0 }, -EBADMSG },
		{ { 0, 1, 1 }, -EBADMSG },
		{ { 2, 0, 0 }, -EBADMSG },
	};
	struct image good = {};
	unsigned int i, j;

	ASSERT_TRUE(make_image(&self->t, &target));
	ASSERT_TRUE(load_image(self->t.image, target.name, &good));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct image img = copy_image(&good);

		for (j = 0; j < 3; j++) {
			unsigned int rec = find_rec(&img, CKPT_HDR_SKB, j);
			struct ckpt_hdr_skb *skb = (void *)img.recs[rec].h;

			if (!cases[i].consumed[j])
				continue;
			skb->consumed = cases[i].consumed[j];
			skb->len = 0;
			skb->data[0] = 0;
		}
		EXPECT_JUDGED(judge_image(&img, cases[i].expect, 0), "case %u", i);
	}
}

static void queue_signal(struct image *img, int sig)
{
	const size_t len = sizeof(struct ckpt_hdr_sigpending) +
			   sizeof(struct ckpt_siginfo);
	unsigned int at = find_rec(img, CKPT_HDR_SIGNAL_TASK, 0) + 1;
	struct ckpt_hdr_sigpending *p = (void *)insert_rec(img, at, NULL, len);

	p->h.type = CKPT_HDR_SIGPENDING;
	p->h.len = len;
	p->set = 1ULL << (sig - 1);
	p->nr_info = 1;
	p->info[0].signo = sig;
}

/* What is exempt from RLIMIT_SIGPENDING is not queued twice, in whichever record. */
TEST_F_TIMEOUT(image, signal_queued_twice, 60)
{
	struct image img = copy_image(IMAGE(SIMPLE));

	queue_signal(&img, SIGURG);
	EXPECT_JUDGED(judge_image(&img, 0, 0), "once");
	img = copy_image(IMAGE(SIMPLE));
	queue_signal(&img, SIGURG);
	queue_signal(&img, SIGURG);
	EXPECT_JUDGED(judge_image(&img, -EBADMSG, 0), "twice");
	EXPECT_NE(NULL, strstr(outcome->msg, "queued twice")) TH_LOG("%s", outcome->msg);
	img = copy_image(IMAGE(SIMPLE));
	queue_signal(&img, SIGURG);
	queue_signal(&img, SIGWINCH);
	EXPECT_JUDGED(judge_image(&img, 0, 0), "two signals");
}

/* Where nothing can be sought the position is but a number. */
TEST_F_TIMEOUT(image, position_of_pidfd, 60)
{
	const struct image *good = IMAGE(EVENTS);
	struct image img = copy_image(good);
	unsigned int rec = find_rec(good, CKPT_HDR_FILE_PIDFD, 0);

	((struct ckpt_hdr_file *)img.recs[rec].h)->pos = 2;
	EXPECT_JUDGED(judge_image(&img, 0, 0), "pidfd");
}

/* The first process of a pid namespace, and one that it leaves behind. */
static void first_of_namespace(struct shared *sh)
{
	int status;
	pid_t pid;

	TARGET_CHECK(sh, !unshare(CLONE_NEWPID));
	target_step(sh, 1);
	pid = fork();
	if (!pid) {
		TARGET_CHECK(sh, getpid() == 1);
		if (fork())
			_exit(0);
		pause();
	}
	TARGET_CHECK(sh, waitpid(pid, &status, 0) == pid && !status);
	target_step(sh, 2);
}

/* Whatever its last id has been: who comes next is the init. */
TEST_F_TIMEOUT(image, ids_before_init, 60)
{
	static const struct target target = { "pids", first_of_namespace };
	struct image good = {}, img;

	ASSERT_TRUE(make_image(&self->t, &target));
	ASSERT_TRUE(load_image(self->t.image, target.name, &good));
	img = copy_image(&good);
	((struct ckpt_hdr_ns_pid *)img.recs[find_rec(&img, CKPT_HDR_NS_PID, 0)].h)->last_pid = 1000;
	atomic_store(&self->t.sh->go, 1);
	follow = self->t.sh;
	EXPECT_JUDGED(judge_image(&img, 0, 0), "last id");
	EXPECT_EQ(2, atomic_load(&self->t.sh->ready));
	EXPECT_EQ(0, atomic_load(&self->t.sh->failed)) TH_LOG("%s", self->t.sh->why);
	follow = NULL;
}

static void opens_pids(struct shared *sh)
{
	char path[64];
	pid_t pid;

	TARGET_CHECK(sh, !unshare(CLONE_NEWPID));
	pid = fork();
	if (!pid)
		pause();
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	TARGET_CHECK(sh, open(path, O_RDONLY) >= 0);
	kill(pid, SIGKILL);
	TARGET_CHECK(sh, waitpid(pid, NULL, 0) == pid);
	target_step(sh, 1);
}

/* A pid namespace that is open has an init, or had one. */
TEST_F_TIMEOUT(image, open_before_init, 60)
{
	static const struct target target = { "open", opens_pids };
	struct ckpt_hdr_ns_pid *ns;
	struct image good = {}, img;

	ASSERT_TRUE(make_image(&self->t, &target));
	ASSERT_TRUE(load_image(self->t.image, target.name, &good));
	img = copy_image(&good);
	EXPECT_JUDGED(judge_image(&img, 0, 0), "unchanged");
	img = copy_image(&good);
	ns = (void *)img.recs[find_rec(&img, CKPT_HDR_NS_PID, 0)].h;
	EXPECT_EQ(CKPT_NS_PID_DEAD, ns->ns.flags);
	ns->ns.flags = 0;
	EXPECT_JUDGED(judge_image(&img, -EBADMSG, 0), "alive");
	EXPECT_NE(NULL, strstr(outcome->msg, "is open, but has had no init"))
		TH_LOG("%s", outcome->msg);
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

TEST_HARNESS_MAIN
