// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit, as much of it as our suites use, in user space
 */
#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/random.h>
#include "kernel.h"
#include "libc.h"

/* What a test has to undo at its end, the last one first. */
struct undo {
	struct undo *next;
	void (*fn)(void *arg);
	void *arg;
};

static struct undo *undos;
static bool failed;

static void add_undo(void (*fn)(void *arg), void *arg)
{
	struct undo *u = calloc(1, sizeof(*u));

	u->fn = fn;
	u->arg = arg;
	u->next = undos;
	undos = u;
}

static void run_undos(void)
{
	while (undos) {
		struct undo *u = undos;

		undos = u->next;
		u->fn(u->arg);
		free(u);
	}
}

int kunit_add_action_or_reset(struct kunit *test, kunit_action_t *action, void *ctx)
{
	add_undo(action, ctx);
	return 0;
}

void *kunit_kmalloc_array(struct kunit *test, size_t n, size_t size, gfp_t gfp)
{
	void *p = calloc(n, size);

	add_undo(free, p);
	return p;
}

void kunit_binary_assert_format(const struct kunit_assert *assert,
				const struct va_format *message,
				struct string_stream *stream)
{
	const struct kunit_binary_assert *a =
		container_of(assert, struct kunit_binary_assert, assert);

	printf("%s %s %s: %lld, %lld\n", a->text->left_text, a->text->operation,
	       a->text->right_text, a->left_value, a->right_value);
}

static void print_text(const struct kunit_assert *assert)
{
	printf("assertion failed\n");
}

void kunit_binary_ptr_assert_format(const struct kunit_assert *assert,
				    const struct va_format *message,
				    struct string_stream *stream)
{
	print_text(assert);
}

void kunit_binary_str_assert_format(const struct kunit_assert *assert,
				    const struct va_format *message,
				    struct string_stream *stream)
{
	print_text(assert);
}

void kunit_mem_assert_format(const struct kunit_assert *assert,
			     const struct va_format *message,
			     struct string_stream *stream)
{
	print_text(assert);
}

void kunit_unary_assert_format(const struct kunit_assert *assert,
			       const struct va_format *message,
			       struct string_stream *stream)
{
	print_text(assert);
}

void kunit_fail_assert_format(const struct kunit_assert *assert,
			      const struct va_format *message,
			      struct string_stream *stream)
{
	print_text(assert);
}

void __kunit_do_failed_assertion(struct kunit *test, const struct kunit_loc *loc,
				 enum kunit_assert_type type,
				 const struct kunit_assert *assert,
				 assert_format_t assert_format,
				 const char *fmt, ...)
{
	char msg[256] = "";
	va_list args;

	va_start(args, fmt);
	if (fmt)
		vsnprintf(msg, sizeof(msg), fmt, args);
	va_end(args);
	printf("# %s:%d: %s: ", loc->file, loc->line, msg);
	assert_format(assert, NULL, NULL);
	failed = true;
}

static void *skip_to[5];

void __noreturn kunit_try_catch_throw(struct kunit_try_catch *try_catch)
{
	__builtin_longjmp(skip_to, 1);
}

void __noreturn __kunit_abort(struct kunit *test)
{
	printf("Bail out! an assertion failed\n");
	exit(1);
}

void get_random_bytes(void *buf, size_t len)
{
	static u64 state = 1;
	u8 *p = buf;

	while (len--) {
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		*p++ = state >> 56;
	}
}

/* Cases that need more than the checks do: the zero page; the vdso. */
static const char * const kernel_only[] = { "align", "test_vdso_identity" };

static bool runs_here(const struct kunit_case *c)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kernel_only); i++)
		if (!strcmp(c->name, kernel_only[i]))
			return false;
	return true;
}

/* Return: how many failed. */
static int run_one(struct kunit_suite *suite, struct kunit_case *c, const void *param,
		   const char *desc)
{
	struct kunit test = { .param_value = param, .name = c->name };

	failed = false;
	if (!__builtin_setjmp(skip_to))
		c->run_case(&test);
	run_undos();
	if (failed || test.status == KUNIT_FAILURE)
		printf("not ok %s: %s %s\n", suite->name, c->name, desc);
	return failed;
}

static int run_case(struct kunit_suite *suite, struct kunit_case *c, int *nr)
{
	char desc[KUNIT_PARAM_DESC_SIZE] = "";
	const void *param = NULL;
	int bad = 0;

	if (!c->generate_params) {
		++*nr;
		return run_one(suite, c, NULL, desc);
	}
	while ((param = c->generate_params(param, desc))) {
		++*nr;
		bad += run_one(suite, c, param, desc);
	}
	return bad;
}

/**
 * kernel_run_kunit - run the suites
 * @filter: start of their names
 *
 * The sanitizer puts zeros between the pointers to them.
 *
 * Return: number of cases that failed.
 */
__attribute__((no_sanitize("address")))
int kernel_run_kunit(const char *filter)
{
	struct kunit_suite **s;
	struct kunit_case *c;
	int bad = 0, nr = 0;

	for (s = __start_kunit_test_suites; s < __stop_kunit_test_suites; s++) {
		if (!*s || strncmp((*s)->name, filter, strlen(filter)))
			continue;
		for (c = (*s)->test_cases; c->run_case; c++)
			if (runs_here(c))
				bad += run_case(*s, c, &nr);
	}
	printf("# KUnit in user space: %d cases, %d failed\n", nr, bad);
	return nr ? bad : 1;
}
