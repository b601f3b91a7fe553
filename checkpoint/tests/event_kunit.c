// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - tests of the checks of records of events, timers and
 * locks: eventfd, epoll, inotify, pidfd, signalfd, timerfd, timers of
 * timer_create(), file locks
 */
#include <kunit/test.h>
#include <linux/fcntl.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/time.h>
#include <linux/timerfd.h>
#include "../internal.h"
#include "covers.h"
#include "spoil.h"

/*
 * The objects before the one at test: credentials, handlers, a process id, a
 * descriptor table, an eventfd and an eventpoll file.
 */
enum { CRED = 1, SIGHAND, PID, FILES, WATCHED, EPOLL, NR_OBJS };

#define REC_ROOM	512

static void fill_file(struct ckpt_hdr_file *f)
{
	f->h.id = NR_OBJS;
	f->f_flags = O_RDWR;
	f->cred = CRED;
}

static void fill_eventfd(void *rec)
{
	fill_file(rec);
}

static void fill_epoll(void *rec)
{
	struct ckpt_hdr_file_epoll *e = rec;

	fill_file(rec);
	e->nr_items = 2;
}

static void fill_item(void *rec)
{
	struct ckpt_hdr_epoll_item *i = rec;

	i->file = WATCHED;
	i->fd = 3;
	i->events = 1;
}

static void fill_inotify(void *rec)
{
	struct ckpt_hdr_file_inotify *i = rec;

	fill_file(rec);
	i->file.f_flags = O_RDONLY;
}

static void fill_event(void *rec)
{
	struct ckpt_hdr_inotify_event *e = rec;

	e->event.name_len = 4;
	memcpy(e->event.name, "name", 4);
}

static void fill_watch(void *rec)
{
	struct ckpt_hdr_inotify_watch *w = rec;

	w->wd = 1;
	w->mask = 1;
	w->id.mode = S_IFREG;
	w->path_len = 6;
	strscpy(w->path, "/file", 6);
}

static void fill_pidfd(void *rec)
{
	struct ckpt_hdr_file_pidfd *p = rec;

	fill_file(rec);
	p->pid = PID;
}

static void fill_lock(void *rec)
{
	struct ckpt_hdr_lock *l = rec;

	l->file = WATCHED;
	l->kind = CKPT_LOCK_POSIX;
	l->type = CKPT_LOCK_READ;
	l->owner = FILES;
	l->start = 10;
	l->end = 10;
}

static void fill_timerfd(void *rec)
{
	struct ckpt_hdr_file_timerfd *t = rec;

	fill_file(rec);
	t->clock = CLOCK_REALTIME;
	t->flags = CKPT_TIMERFD_ARMED | CKPT_TIMERFD_ABSOLUTE;
	t->settime_flags = TFD_TIMER_ABSTIME;
	t->value = 1000;
}

static void fill_timer(void *rec)
{
	struct ckpt_hdr_posix_timer *t = rec;

	t->clock = CLOCK_MONOTONIC;
	t->base = CLOCK_MONOTONIC;
	t->notify = SIGEV_SIGNAL;
	t->signo = SIGALRM;
	t->flags = CKPT_POSIX_TIMER_ARMED;
	t->expires = 1000;
}

static void fill_thread_timer(void *rec)
{
	struct ckpt_hdr_posix_timer *t = rec;

	fill_timer(rec);
	/* CPUCLOCK_SCHED of the thread that has made it. */
	t->clock = -2;
	t->base = -2;
	t->notify = SIGEV_THREAD_ID;
	t->target = PID;
	t->cpu_target = PID;
}

enum { EVENTFD, EVENTPOLL, ITEM, INOTIFY, EVENT, WATCH, PIDFD, SIGNALFD,
	TIMERFD, TIMER, THREAD_TIMER, LOCK };

static const struct {
	u32 type;
	u32 len;
	u32 owner;
	void (*fill)(void *rec);
} good_recs[] = {
	[EVENTFD] = { CKPT_HDR_FILE_EVENTFD,
		sizeof(struct ckpt_hdr_file_eventfd), 0, fill_eventfd },
	[EVENTPOLL] = { CKPT_HDR_FILE_EPOLL,
		sizeof(struct ckpt_hdr_file_epoll), 0, fill_epoll },
	[ITEM] = { CKPT_HDR_EPOLL_ITEM,
		sizeof(struct ckpt_hdr_epoll_item), CKPT_HDR_FILE_EPOLL, fill_item },
	[INOTIFY] = { CKPT_HDR_FILE_INOTIFY,
		sizeof(struct ckpt_hdr_file_inotify), 0, fill_inotify },
	[EVENT] = { CKPT_HDR_INOTIFY_EVENT,
		sizeof(struct ckpt_hdr_inotify_event) + 8, CKPT_HDR_FILE_INOTIFY,
		fill_event },
	[WATCH] = { CKPT_HDR_INOTIFY_WATCH,
		sizeof(struct ckpt_hdr_inotify_watch) + 8, CKPT_HDR_FILE_INOTIFY,
		fill_watch },
	[PIDFD] = { CKPT_HDR_FILE_PIDFD,
		sizeof(struct ckpt_hdr_file_pidfd), 0, fill_pidfd },
	[SIGNALFD] = { CKPT_HDR_FILE_SIGNALFD,
		sizeof(struct ckpt_hdr_file_signalfd), 0, fill_eventfd },
	[TIMERFD] = { CKPT_HDR_FILE_TIMERFD,
		sizeof(struct ckpt_hdr_file_timerfd), 0, fill_timerfd },
	[TIMER] = { CKPT_HDR_POSIX_TIMER,
		sizeof(struct ckpt_hdr_posix_timer), CKPT_HDR_TASK, fill_timer },
	[THREAD_TIMER] = { CKPT_HDR_POSIX_TIMER,
		sizeof(struct ckpt_hdr_posix_timer), CKPT_HDR_TASK, fill_thread_timer },
	[LOCK] = { CKPT_HDR_LOCK, sizeof(struct ckpt_hdr_lock), 0, fill_lock },
};

#define COUNTER(_name, _field, _value, _err) \
	SPOIL(EVENTFD, _name, ckpt_hdr_file_eventfd, _field, _value, _err)
#define POLL(_name, _field, _value, _err) \
	SPOIL(EVENTPOLL, _name, ckpt_hdr_file_epoll, _field, _value, _err)
#define POLLED(_name, _field, _value, _err) \
	SPOIL(ITEM, _name, ckpt_hdr_epoll_item, _field, _value, _err)
#define INSTANCE(_name, _field, _value, _err) \
	SPOIL(INOTIFY, _name, ckpt_hdr_file_inotify, _field, _value, _err)
#define HAPPENED(_name, _field, _value, _err) \
	SPOIL(EVENT, _name, ckpt_hdr_inotify_event, _field, _value, _err)
#define NOTIFY(_name, _field, _value, _err) \
	SPOIL(WATCH, _name, ckpt_hdr_inotify_watch, _field, _value, _err)
#define PROCESS(_name, _field, _value, _err) \
	SPOIL(PIDFD, _name, ckpt_hdr_file_pidfd, _field, _value, _err)
#define LOCKED(_name, _field, _value, _err) \
	SPOIL(LOCK, _name, ckpt_hdr_lock, _field, _value, _err)
#define MASK(_name, _field, _value, _err) \
	SPOIL(SIGNALFD, _name, ckpt_hdr_file_signalfd, _field, _value, _err)
#define TIMED(_name, _field, _value, _err) \
	SPOIL(TIMERFD, _name, ckpt_hdr_file_timerfd, _field, _value, _err)
#define POSIX(_name, _field, _value, _err) \
	SPOIL(TIMER, _name, ckpt_hdr_posix_timer, _field, _value, _err)
#define THREAD(_name, _field, _value, _err) \
	SPOIL(THREAD_TIMER, _name, ckpt_hdr_posix_timer, _field, _value, _err)

static const struct spoil spoils[] = {
	GOOD(EVENTFD),
	COUNTER("semaphore", flags, CKPT_EVENTFD_SEMAPHORE, 0),
	COUNTER("unknown flag", flags, 2, -EBADMSG),
	COUNTER("reserved", reserved, 1, -EBADMSG),
	COUNTER("full", count, ~0ULL, 0),
	COUNTER("nonblocking", file.f_flags, O_RDWR | O_NONBLOCK, 0),
	COUNTER("read only", file.f_flags, O_RDONLY, -EBADMSG),
	COUNTER("path only", file.f_flags, O_RDWR | O_PATH, -EBADMSG),
	COUNTER("to be executed", file.f_flags, O_RDWR | CKPT_O_EXEC, -EBADMSG),
	COUNTER("advice", file.advice, CKPT_ADVICE_RANDOM, -EBADMSG),
	COUNTER("negative position", file.pos, -1, -EBADMSG),
	COUNTER("credentials of the caller", file.cred, 0, 0),
	COUNTER("wrong credentials", file.cred, PID, -EBADMSG),

	GOOD(EVENTPOLL),
	POLL("very many watches", nr_items, BIT(31), -EBADMSG),
	POLL("reserved", reserved, 1, -EBADMSG),

	GOOD(ITEM),
	POLLED("ready", flags, CKPT_EPOLL_READY, 0),
	POLLED("unknown flag", flags, 2, -EBADMSG),
	POLLED("any events", events, ~0U, 0),
	POLLED("any data", data, ~0ULL, 0),
	POLLED("negative descriptor", fd, -1, -EBADMSG),
	POLLED("no file", file, 0, -EBADMSG),
	POLLED("not a file", file, CRED, -EBADMSG),
	POLLED("itself", file, EPOLL, -EBADMSG),
	POLLED("a later file", file, NR_OBJS, -EBADMSG),
	POLLED("handlers", sighand, SIGHAND, 0),
	POLLED("not handlers", sighand, PID, -EBADMSG),
	POLLED("reserved", reserved, 1, -EBADMSG),

	GOOD(INOTIFY),
	INSTANCE("read and write", file.f_flags, O_RDWR, -EBADMSG),
	INSTANCE("highest number", next_wd, S32_MAX, 0),
	INSTANCE("negative number", next_wd, -1, -EBADMSG),
	INSTANCE("reserved", reserved, 1, -EBADMSG),

	GOOD(EVENT),
	HAPPENED("longer name", event.name_len, 9, -EBADMSG),
	HAPPENED("very long name", event.name_len, ~0U, -EBADMSG),
	HAPPENED("NUL in the name", event.name_len, 5, -EBADMSG),
	HAPPENED("any mask", event.mask, ~0U, 0),
	HAPPENED("no watch", event.wd, -1, 0),

	GOOD(WATCH),
	NOTIFY("number 0", wd, 0, -EBADMSG),
	NOTIFY("negative number", wd, -1, -EBADMSG),
	NOTIFY("unknown event", mask, BIT(30), -EBADMSG),
	NOTIFY("once", mask, BIT(31) | 1, 0),
	NOTIFY("longer path", path_len, 100, -EBADMSG),
	NOTIFY("no path", path_len, 0, -EBADMSG),
	NOTIFY("reserved", reserved, 1, -EBADMSG),

	GOOD(PIDFD),
	PROCESS("of a thread", file.f_flags, O_RDWR | O_EXCL, 0),
	PROCESS("no process", pid, 0, -EBADMSG),
	PROCESS("not a process", pid, CRED, -EBADMSG),
	PROCESS("reserved", reserved, 1, -EBADMSG),
	COUNTER("of a thread", file.f_flags, O_RDWR | O_EXCL, -EBADMSG),

	GOOD(LOCK),
	LOCKED("unknown kind", kind, 4, -EBADMSG),
	LOCKED("kind 0", kind, 0, -EBADMSG),
	LOCKED("unknown type", type, 3, -EBADMSG),
	LOCKED("without an owner", owner, 0, -EBADMSG),
	LOCKED("owner that is no table", owner, PID, -EBADMSG),
	LOCKED("owner that need not be", kind, CKPT_LOCK_OFD, -EBADMSG),
	LOCKED("not a file", file, CRED, -EBADMSG),
	LOCKED("process", pid, PID, 0),
	LOCKED("not a process", pid, CRED, -EBADMSG),
	LOCKED("to the end", end, S64_MAX, 0),
	LOCKED("negative start", start, -1, -EBADMSG),
	LOCKED("end before start", end, 9, -EBADMSG),
	LOCKED("reserved", reserved, 1, -EBADMSG),

	GOOD(SIGNALFD),
	MASK("all that can be", mask, ~(u64)(sigmask(SIGKILL) | sigmask(SIGSTOP)), 0),
	MASK("SIGKILL", mask, sigmask(SIGKILL), -EBADMSG),
	MASK("SIGSTOP", mask, ~0ULL, -EBADMSG),

	GOOD(TIMERFD),
	TIMED("unknown clock", clock, 99, -EOPNOTSUPP),
	TIMED("alarm clock", clock, CLOCK_BOOTTIME_ALARM, -EOPNOTSUPP),
	TIMED("unknown flag", flags, 0x10, -EBADMSG),
	TIMED("unknown flag of settime", settime_flags, 4, -EBADMSG),
	TIMED("armed and expired", flags, CKPT_TIMERFD_ARMED | CKPT_TIMERFD_EXPIRED, -EBADMSG),
	TIMED("can be cancelled", flags, CKPT_TIMERFD_ABSOLUTE | CKPT_TIMERFD_MAY_CANCEL, 0),
	TIMED("relative and cancelled", flags, CKPT_TIMERFD_MAY_CANCEL, -EBADMSG),
	TIMED("forever", value, S64_MAX, 0),
	TIMED("long ago", value, BIT_ULL(63), -EBADMSG),
	TIMED("longest interval", interval, S64_MAX, 0),
	TIMED("negative interval", interval, ~0ULL, -EBADMSG),
	TIMED("reserved", reserved, 1, -EBADMSG),

	GOOD(TIMER),
	POSIX("unknown clock", clock, 99, -EOPNOTSUPP),
	POSIX("alarm clock", clock, CLOCK_REALTIME_ALARM, -EOPNOTSUPP),
	POSIX("clock of a device", clock, -5, -EOPNOTSUPP),
	POSIX("base that does not fit", base, CLOCK_REALTIME, -EOPNOTSUPP),
	POSIX("unknown flag", flags, 4, -EBADMSG),
	POSIX("signal 0", signo, 0, -EBADMSG),
	POSIX("signal 65", signo, 65, -EBADMSG),
	POSIX("unknown notification", notify, 3, -EBADMSG),
	POSIX("armed, has had its signal taken", requeue_pending, 2, 0),
	POSIX("armed, waits for its signal", requeue_pending, 1, -EBADMSG),
	POSIX("signal that was waited for", sig_private, 1, 0),
	POSIX("signal that cannot have been", sig_private, 2, -EBADMSG),
	POSIX("armed without notification", notify, SIGEV_NONE, -EBADMSG),
	POSIX("thread for the process", target, PID, -EBADMSG),
	POSIX("negative number", id, -1, -EBADMSG),
	POSIX("long ago", expires, BIT_ULL(63), -EBADMSG),
	POSIX("forever", expires, S64_MAX, 0),
	POSIX("negative interval", interval, ~0ULL, -EBADMSG),
	POSIX("CPU time of a thread", cpu_target, PID, -EBADMSG),
	POSIX("any overrun", overrun, ~0ULL, 0),
	POSIX("negative overrun of the signal", sig_overrun, -1, -EBADMSG),
	POSIX("queued anywhere", ahead, ~0U, 0),
	GOOD(THREAD_TIMER),
	THREAD("no thread", target, 0, -EBADMSG),
	THREAD("not a thread", target, CRED, -EBADMSG),
	THREAD("nobody's CPU time", cpu_target, 0, -EBADMSG),
	THREAD("negative CPU time", expires, -1, -EBADMSG),
};

KUNIT_ARRAY_PARAM(spoil, spoils, spoil_desc);

static struct ckpt_validator *new_validator(struct kunit *test)
{
	struct ckpt_validator *v = ckpt_validator_alloc(NR_OBJS, 1);

	KUNIT_ASSERT_NOT_NULL(test, v);
	v->classes[CRED - 1] = CKPT_CLASS_CRED;
	v->classes[SIGHAND - 1] = CKPT_CLASS_SIGHAND;
	v->classes[PID - 1] = CKPT_CLASS_PID;
	v->classes[FILES - 1] = CKPT_CLASS_FILES;
	v->classes[WATCHED - 1] = CKPT_CLASS_FILE;
	v->classes[EPOLL - 1] = CKPT_CLASS_FILE;
	v->nr_objs = NR_OBJS - 1;
	v->nr_tasks = 1;
	return v;
}

static void event_records(struct kunit *test)
{
	static const struct ckpt_hdr_file_epoll owner = {
		.file.h = { .type = CKPT_HDR_FILE_EPOLL, .id = EPOLL },
		.nr_items = 1,
	};
	const struct spoil *s = test->param_value;
	struct ckpt_validator *v = new_validator(test);
	struct ckpt_hdr *h = kunit_kzalloc(test, REC_ROOM, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	h->type = good_recs[s->rec].type;
	h->len = good_recs[s->rec].len;
	good_recs[s->rec].fill(h);
	v->owner = good_recs[s->rec].owner;
	v->owner_hdr = &owner.file.h;
	spoil_check(test, s, v, h);
	ckpt_validator_free(v);
}

/* Eventpoll files that watch each other in a row, too many of them. */
static void event_nesting(struct kunit *test)
{
	struct ckpt_validator *v = ckpt_validator_alloc(32, 1);
	struct ckpt_hdr_file_epoll e = { .nr_items = 1 };
	struct ckpt_hdr_epoll_item i = {
		.h = { .type = CKPT_HDR_EPOLL_ITEM, .len = sizeof(i) },
	};
	int ret = 0;

	KUNIT_ASSERT_NOT_NULL(test, v);
	v->classes[CRED - 1] = CKPT_CLASS_CRED;
	v->classes[CRED] = CKPT_CLASS_FILE;
	v->nr_objs = 2;
	fill_file(&e.file);
	e.file.h.type = CKPT_HDR_FILE_EPOLL;
	e.file.h.len = sizeof(e);
	while (!ret && v->nr_objs < 32) {
		i.file = v->nr_objs;
		e.file.h.id = v->nr_objs + 1;
		KUNIT_ASSERT_EQ(test, 0, ckpt_validate_record(v, &e.file.h));
		ret = ckpt_validate_record(v, &i.h);
	}
	KUNIT_EXPECT_EQ(test, -EBADMSG, ret);
	KUNIT_EXPECT_LE(test, v->nr_objs, 16);
	ckpt_validator_free(v);
}

/* Locks come behind the tasks, in a row. */
static void event_locks(struct kunit *test)
{
	struct ckpt_validator *v = new_validator(test);
	struct ckpt_hdr_lock lock = {
		.h = { .type = CKPT_HDR_LOCK, .len = sizeof(lock) },
	};

	fill_lock(&lock);
	v->nr_tasks = 0;
	KUNIT_EXPECT_EQ(test, -EBADMSG, ckpt_validate_record(v, &lock.h));
	v->nr_tasks = 1;
	KUNIT_EXPECT_EQ(test, 0, ckpt_validate_record(v, &lock.h));
	KUNIT_EXPECT_EQ(test, 0, ckpt_validate_record(v, &lock.h));
	v->owner = CKPT_HDR_FILES;
	KUNIT_EXPECT_EQ(test, -EBADMSG, ckpt_validate_record(v, &lock.h));
	ckpt_validator_free(v);
}

/**
 * ckpt_kunit_event_covers - are there cases for a type of record here?
 * @type: the type
 *
 * Return: true if so.
 */
bool ckpt_kunit_event_covers(u32 type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good_recs); i++)
		if (good_recs[i].type == type)
			return true;
	return false;
}

static struct kunit_case event_cases[] = {
	KUNIT_CASE(event_locks),
	KUNIT_CASE_PARAM(event_records, spoil_gen_params),
	KUNIT_CASE(event_nesting),
	{}
};

static struct kunit_suite event_suite = {
	.name = "checkpoint_event",
	.test_cases = event_cases,
};

kunit_test_suite(event_suite);
