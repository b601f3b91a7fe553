// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - every option of a socket that can be set is there again,
 * or is named when the socket is refused
 *
 * Which options there are is found out by trying all numbers.
 */
#include "common.h"

#include <linux/netlink.h>
#include <netinet/in.h>

#define VALUE_MAX	32
#define OPTIONS_MAX	450
#define LEVELS		3

static const struct kind {
	const char *name;
	int domain, type, protocol;
	int levels[LEVELS];
} kinds[] = {
	{ "unix stream", AF_UNIX, SOCK_STREAM, 0, { SOL_SOCKET, -1, -1 } },
	{ "TCP", AF_INET, SOCK_STREAM, 0, { SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP } },
	{ "UDP", AF_INET, SOCK_DGRAM, 0, { SOL_SOCKET, IPPROTO_IP, IPPROTO_UDP } },
	{ "TCP of IPv6", AF_INET6, SOCK_STREAM, 0, { IPPROTO_IPV6, -1, -1 } },
	{ "UDP of IPv6", AF_INET6, SOCK_DGRAM, 0, { IPPROTO_IPV6, IPPROTO_IP, -1 } },
	{ "netlink", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, { SOL_NETLINK, -1, -1 } },
};

struct value {
	socklen_t len;
	unsigned char bytes[VALUE_MAX];
};

static struct option {
	const struct kind *kind;
	int level, opt;
	int set[VALUE_MAX / sizeof(int)];
	socklen_t set_len;
	bool refused;
	/* Of the target. */
	int fd;
	struct value before;
} options[OPTIONS_MAX];
static unsigned int nr_options, one;

static bool get(int fd, int level, int opt, struct value *v)
{
	memset(v, 0, sizeof(*v));
	v->len = VALUE_MAX;
	return !getsockopt(fd, level, opt, v->bytes, &v->len);
}

static bool same(const struct value *a, const struct value *b)
{
	return a->len == b->len && !memcmp(a->bytes, b->bytes, VALUE_MAX);
}

static int new_socket(const struct kind *k)
{
	return socket(k->domain, k->type | SOCK_CLOEXEC, k->protocol);
}

/* Whether setting it to something makes it another one than it was. */
static bool changes(struct option *o)
{
	struct value before, again, after;
	int fd = new_socket(o->kind);
	bool ret = false;

	if (get(fd, o->level, o->opt, &before) &&
	    get(fd, o->level, o->opt, &again) && same(&before, &again) &&
	    !setsockopt(fd, o->level, o->opt, o->set, o->set_len))
		ret = get(fd, o->level, o->opt, &after) && !same(&before, &after);
	close(fd);
	return ret;
}

static bool find_value(struct option *o)
{
	static const int values[] = { 1, 0, 2, 3, 5, 16, 100, 1000, 30000, 100000 };
	unsigned int i;

	for (o->set_len = 4; o->set_len <= 16; o->set_len *= 2) {
		for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			memset(o->set, 0, sizeof(o->set));
			o->set[0] = values[i];
			if (changes(o))
				return true;
			/* struct linger, and others of two numbers */
			o->set[1] = o->set_len == 8 ? 5 : 0;
			if (o->set[1] && changes(o))
				return true;
		}
	}
	return false;
}

static void find_options(void)
{
	unsigned int k, l;
	int opt;

	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (l = 0; l < LEVELS; l++) {
			for (opt = 0; opt < 128 && nr_options < OPTIONS_MAX; opt++) {
				struct option *o = &options[nr_options];

				o->kind = &kinds[k];
				o->level = kinds[k].levels[l];
				o->opt = opt;
				if (o->level >= 0 && find_value(o))
					nr_options++;
			}
		}
	}
}

static bool set_up(struct option *o)
{
	o->fd = new_socket(o->kind);
	return o->fd >= 0 &&
	       !setsockopt(o->fd, o->level, o->opt, o->set, o->set_len) &&
	       get(o->fd, o->level, o->opt, &o->before);
}

static void has_one(struct shared *sh)
{
	TARGET_CHECK(sh, set_up(&options[one]));
	target_step(sh, 1);
}

static void has_all(struct shared *sh)
{
	struct value now;
	unsigned int i, nr = 0;

	for (i = 0; i < nr_options; i++)
		TARGET_CHECK(sh, options[i].refused || set_up(&options[i]));
	target_step(sh, 1);
	for (i = 0; i < nr_options; i++) {
		struct option *o = &options[i];

		if (!o->refused && (!get(o->fd, o->level, o->opt, &now) ||
				    !same(&now, &o->before)))
			sh->data[++nr] = i;
	}
	sh->data[0] = nr;
}

FIXTURE(sockopt) {
	struct ckpt_test t;
};

FIXTURE_SETUP(sockopt)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(sockopt)
{
	test_teardown(&self->t);
}

/* Of an option that is refused the message has the name. */
static bool is_refused(struct __test_metadata *_metadata, struct ckpt_test *t)
{
	long ret;

	memset(t->sh, 0, sizeof(*t->sh));
	EXPECT_LT(0, spawn(t, has_one));
	EXPECT_TRUE(wait_step(t->sh, 1));
	ret = do_checkpoint(t, 0);
	EXPECT_TRUE(ret == 1 || ret == -EOPNOTSUPP)
		TH_LOG("%s", t->msg);
	EXPECT_TRUE(ret > 0 || strstr(t->msg, "socket:["))
		TH_LOG("%s", t->msg);
	atomic_store(&t->sh->go, 1);
	wait_verified(_metadata, t);
	return ret < 0;
}

TEST_F_TIMEOUT(sockopt, all, 300)
{
	struct ckpt_test *t = &self->t;
	unsigned int i, nr = 0;

	find_options();
	ASSERT_LT(100, nr_options);
	ASSERT_GT(OPTIONS_MAX, nr_options);
	for (one = 0; one < nr_options; one++) {
		options[one].refused = is_refused(_metadata, t);
		nr += options[one].refused;
	}
	TH_LOG("%u options, %u of them refused", nr_options, nr);
	memset(t->sh, 0, sizeof(*t->sh));
	ROUND_TRIP(t, has_all);
	for (i = 1; i <= t->sh->data[0]; i++) {
		const struct option *o = &options[t->sh->data[i]];

		TH_LOG("%s: level %d, option %d: another value", o->kind->name,
		       o->level, o->opt);
	}
	EXPECT_EQ(0, t->sh->data[0]);
}

TEST_HARNESS_MAIN
