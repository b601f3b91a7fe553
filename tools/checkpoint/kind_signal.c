// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of signals, credentials, timers, limits and scheduling
 */
#include <string.h>

#include "record.h"

#define SIGNAL_BIT(n)	(1ULL << ((n) - 1))
#define UNBLOCKABLE	(SIGNAL_BIT(9) | SIGNAL_BIT(19))
#define TIME_MAX	(0x7fffffffffffffffLL / 2)

#define SIGSET		F_MASK, .names = ckpt_signal_names, .bias = 1
#define CAPS		F_MASK, .names = ckpt_cap_names
#define FLAG_NAMES(n)	F_FLAGS, .names = n

/* ---- of a task ---- */

static const struct ckpt_name sigtask_flags[] = {
	{ CKPT_SIGTASK_SAVED_MASK, "saved_mask" },
	{ 0, NULL }
};

static const struct ckpt_name altstack_flags[] = {
	{ 1, "onstack" },
	{ 2, "disable" },
	{ 1U << 31, "autodisarm" },
	{ 0, NULL }
};

static const struct ckpt_field signal_task_fields[] = {
	FIELD(ckpt_hdr_signal_task, blocked, SIGSET),
	FIELD(ckpt_hdr_signal_task, saved_mask, SIGSET),
	FIELD(ckpt_hdr_signal_task, altstack, F_HEX),
	FIELD(ckpt_hdr_signal_task, altstack_size, F_UINT),
	FIELD(ckpt_hdr_signal_task, altstack_flags, FLAG_NAMES(altstack_flags)),
	FIELD(ckpt_hdr_signal_task, pdeath_signal, F_BIT,
	      .names = ckpt_signal_names),
	FIELD(ckpt_hdr_signal_task, flags, FLAG_NAMES(sigtask_flags)),
	FIELD(ckpt_hdr_signal_task, reserved, F_ZERO),
	END_OF_FIELDS
};

static void check_signal_task(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_signal_task *s = (const void *)rec->pub.h;

	if ((s->blocked | s->saved_mask) & UNBLOCKABLE)
		ckpt_bad(img, rec, "SIGKILL or SIGSTOP is blocked");
	if (s->saved_mask && !(s->flags & CKPT_SIGTASK_SAVED_MASK))
		ckpt_bad(img, rec, "saved mask without its flag");
	if (s->pdeath_signal > CKPT_NSIG)
		ckpt_bad(img, rec, "parent death signal %u", s->pdeath_signal);
}

static const struct ckpt_name sigpending_flags[] = {
	{ CKPT_SIGPENDING_SHARED, "shared" },
	{ 0, NULL }
};

static const struct ckpt_field sigpending_fields[] = {
	FIELD(ckpt_hdr_sigpending, set, SIGSET),
	FIELD(ckpt_hdr_sigpending, flags, FLAG_NAMES(sigpending_flags)),
	FIELD(ckpt_hdr_sigpending, nr_info, F_QUIET),
	END_OF_FIELDS
};

static const struct ckpt_field siginfo_fields[] = {
	FIELD(ckpt_siginfo, signo, F_BIT, .names = ckpt_signal_names),
	FIELD(ckpt_siginfo, err, F_INT),
	FIELD(ckpt_siginfo, code, F_INT),
	FIELD(ckpt_siginfo, fields, F_BYTES),
	END_OF_FIELDS
};

static size_t nr_siginfo(const struct record *rec)
{
	const struct ckpt_hdr_sigpending *p = (const void *)rec->pub.h;
	size_t len;

	ckpt_payload(rec, &len);
	len /= sizeof(p->info[0]);
	return p->nr_info < len ? p->nr_info : len;
}

static void check_sigpending(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_sigpending *p = (const void *)rec->pub.h;
	size_t len, i;
	__s32 sig;

	ckpt_payload(rec, &len);
	if (p->nr_info > CKPT_SIGPENDING_MAX ||
	    len != p->nr_info * sizeof(p->info[0]))
		ckpt_bad(img, rec, "%u entries in %zu bytes", p->nr_info, len);
	if (!p->set || p->set & SIGNAL_BIT(9))
		ckpt_bad(img, rec, "no signals, or SIGKILL");
	for (i = 0; i < nr_siginfo(rec); i++) {
		sig = p->info[i].signo;
		if (sig < 1 || sig > CKPT_NSIG || !(p->set & SIGNAL_BIT(sig)))
			ckpt_bad(img, rec, "entry of signal %d, which is not pending",
				 sig);
	}
}

static void describe_sigpending(const struct ckpt_image *img,
				const struct record *rec,
				struct json_object *out)
{
	const struct ckpt_hdr_sigpending *p = (const void *)rec->pub.h;
	struct json_object *infos = json_object_new_array(), *o;
	size_t i;

	(void)img;
	for (i = 0; i < nr_siginfo(rec); i++) {
		o = json_object_new_object();
		ckpt_describe_fields(o, siginfo_fields, &p->info[i],
				     sizeof(p->info[i]));
		json_object_array_add(infos, o);
	}
	json_object_object_add(out, "info", infos);
}

static const struct ckpt_name sched_policies[] = {
	{ 0, "normal" },
	{ 1, "fifo" },
	{ 2, "rr" },
	{ 3, "batch" },
	{ 5, "idle" },
	{ 0, NULL }
};

static const struct ckpt_name sched_flags[] = {
	{ CKPT_SCHED_RESET_ON_FORK, "reset_on_fork" },
	{ CKPT_SCHED_UTIL_MIN, "util_min" },
	{ CKPT_SCHED_UTIL_MAX, "util_max" },
	{ CKPT_SCHED_AFFINITY, "affinity" },
	{ CKPT_SCHED_AFFINITY_ALL, "affinity_all" },
	{ CKPT_SCHED_FORKNOEXEC, "forknoexec" },
	{ CKPT_SCHED_SUPERPRIV, "superpriv" },
	{ CKPT_SCHED_NPROC_EXCEEDED, "nproc_exceeded" },
	{ CKPT_SCHED_NO_NEW_PRIVS, "no_new_privs" },
	{ CKPT_SCHED_IO_FLUSHER, "io_flusher" },
	{ CKPT_SCHED_MCE_PROCESS, "mce_process" },
	{ CKPT_SCHED_MCE_EARLY, "mce_early" },
	{ 0, NULL }
};

static const struct ckpt_field sched_fields[] = {
	FIELD(ckpt_hdr_sched, policy, F_ENUM, .names = sched_policies),
	FIELD(ckpt_hdr_sched, flags, FLAG_NAMES(sched_flags)),
	FIELD(ckpt_hdr_sched, nice, F_INT),
	FIELD(ckpt_hdr_sched, rt_priority, F_UINT),
	FIELD(ckpt_hdr_sched, slice, F_NS),
	FIELD(ckpt_hdr_sched, util_min, F_UINT),
	FIELD(ckpt_hdr_sched, util_max, F_UINT),
	FIELD(ckpt_hdr_sched, ioprio, F_UINT),
	FIELD(ckpt_hdr_sched, personality, F_HEX),
	FIELD(ckpt_hdr_sched, timer_slack, F_NS),
	FIELD(ckpt_hdr_sched, default_timer_slack, F_NS),
	FIELD(ckpt_hdr_sched, parent_exec_id, F_UINT),
	FIELD(ckpt_hdr_sched, self_exec_id, F_UINT),
	FIELD(ckpt_hdr_sched, prev_utime, F_NS),
	FIELD(ckpt_hdr_sched, prev_stime, F_NS),
	FIELD(ckpt_hdr_sched, gtime, F_NS),
	FIELD(ckpt_hdr_sched, io.rchar, F_UINT),
	FIELD(ckpt_hdr_sched, io.wchar, F_UINT),
	FIELD(ckpt_hdr_sched, io.syscr, F_UINT),
	FIELD(ckpt_hdr_sched, io.syscw, F_UINT),
	FIELD(ckpt_hdr_sched, io.read_bytes, F_UINT),
	FIELD(ckpt_hdr_sched, io.write_bytes, F_UINT),
	FIELD(ckpt_hdr_sched, io.cancelled_write_bytes, F_UINT),
	FIELD(ckpt_hdr_sched, nr_cpus, F_UINT),
	FIELD(ckpt_hdr_sched, reserved, F_ZERO),
	END_OF_FIELDS
};

static void check_sched(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_sched *s = (const void *)rec->pub.h;
	size_t len;

	ckpt_payload(rec, &len);
	if (s->nr_cpus % 64 || len != 2ULL * s->nr_cpus / 8)
		ckpt_bad(img, rec, "masks of %u processors in %zu bytes",
			 s->nr_cpus, len);
	if (!s->nr_cpus != !(s->flags & CKPT_SCHED_AFFINITY))
		ckpt_bad(img, rec, "processor mask and its flag differ");
	if (s->nice < -20 || s->nice > 19)
		ckpt_bad(img, rec, "nice %d", s->nice);
	if (s->rt_priority > 99)
		ckpt_bad(img, rec, "priority %u", s->rt_priority);
}

static void describe_sched(const struct ckpt_image *img,
			   const struct record *rec, struct json_object *out)
{
	const struct ckpt_hdr_sched *s = (const void *)rec->pub.h;
	struct json_object *cpus;
	const __u64 *mask;
	size_t len, i;

	(void)img;
	mask = ckpt_payload(rec, &len);
	if (!s->nr_cpus || s->nr_cpus / 4 > len)
		return;
	cpus = json_object_new_array();
	for (i = 0; i < s->nr_cpus; i++)
		if (mask[i / 64] >> i % 64 & 1)
			json_object_array_add(cpus, json_object_new_int(i));
	json_object_object_add(out, "cpus", cpus);
}

/* ---- of a process ---- */

static const struct ckpt_name signal_flags[] = {
	{ CKPT_SIGNAL_STOPPED, "stopped" },
	{ CKPT_SIGNAL_CONTINUED, "continued" },
	{ CKPT_SIGNAL_CLD_STOPPED, "cld_stopped" },
	{ CKPT_SIGNAL_CLD_CONTINUED, "cld_continued" },
	{ CKPT_SIGNAL_SUBREAPER, "subreaper" },
	{ CKPT_SIGNAL_HAS_SUBREAPER, "has_subreaper" },
	{ CKPT_SIGNAL_TTY, "tty" },
	{ 0, NULL }
};

static const struct ckpt_field signal_fields[] = {
	FIELD(ckpt_hdr_signal, flags, FLAG_NAMES(signal_flags)),
	FIELD(ckpt_hdr_signal, stop_signal, F_BIT, .names = ckpt_signal_names),
	FIELD(ckpt_hdr_signal, stop_code, F_UINT),
	FIELD(ckpt_hdr_signal, oom_score_adj, F_INT),
	FIELD(ckpt_hdr_signal, oom_score_adj_min, F_INT),
	FIELD(ckpt_hdr_signal, next_timer_id, F_UINT),
	FIELD(ckpt_hdr_signal, tty_old_pgrp, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_signal, reserved, F_ZERO),
	FIELD(ckpt_hdr_signal, utime, F_NS),
	FIELD(ckpt_hdr_signal, stime, F_NS),
	FIELD(ckpt_hdr_signal, gtime, F_NS),
	FIELD(ckpt_hdr_signal, cutime, F_NS),
	FIELD(ckpt_hdr_signal, cstime, F_NS),
	FIELD(ckpt_hdr_signal, cgtime, F_NS),
	FIELD(ckpt_hdr_signal, prev_utime, F_NS),
	FIELD(ckpt_hdr_signal, prev_stime, F_NS),
	FIELD(ckpt_hdr_signal, run_time, F_NS),
	FIELD(ckpt_hdr_signal, nvcsw, F_UINT),
	FIELD(ckpt_hdr_signal, nivcsw, F_UINT),
	FIELD(ckpt_hdr_signal, cnvcsw, F_UINT),
	FIELD(ckpt_hdr_signal, cnivcsw, F_UINT),
	FIELD(ckpt_hdr_signal, min_flt, F_UINT),
	FIELD(ckpt_hdr_signal, maj_flt, F_UINT),
	FIELD(ckpt_hdr_signal, cmin_flt, F_UINT),
	FIELD(ckpt_hdr_signal, cmaj_flt, F_UINT),
	FIELD(ckpt_hdr_signal, inblock, F_UINT),
	FIELD(ckpt_hdr_signal, oublock, F_UINT),
	FIELD(ckpt_hdr_signal, cinblock, F_UINT),
	FIELD(ckpt_hdr_signal, coublock, F_UINT),
	FIELD(ckpt_hdr_signal, maxrss, F_UINT),
	FIELD(ckpt_hdr_signal, cmaxrss, F_UINT),
	FIELD(ckpt_hdr_signal, io.rchar, F_UINT),
	FIELD(ckpt_hdr_signal, io.wchar, F_UINT),
	FIELD(ckpt_hdr_signal, io.syscr, F_UINT),
	FIELD(ckpt_hdr_signal, io.syscw, F_UINT),
	FIELD(ckpt_hdr_signal, io.read_bytes, F_UINT),
	FIELD(ckpt_hdr_signal, io.write_bytes, F_UINT),
	FIELD(ckpt_hdr_signal, io.cancelled_write_bytes, F_UINT),
	END_OF_FIELDS
};

static bool oom_score_ok(__s32 adj)
{
	return adj >= -1000 && adj <= 1000;
}

static void check_signal(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_signal *s = (const void *)rec->pub.h;

	if (!oom_score_ok(s->oom_score_adj) ||
	    !oom_score_ok(s->oom_score_adj_min))
		ckpt_bad(img, rec, "OOM score %d or %d", s->oom_score_adj,
			 s->oom_score_adj_min);
	if (s->stop_signal > CKPT_NSIG)
		ckpt_bad(img, rec, "stop signal %u", s->stop_signal);
	if (s->next_timer_id > 0x7fffffff)
		ckpt_bad(img, rec, "timer number %u", s->next_timer_id);
}

static const struct ckpt_name itimer_flags[] = {
	{ CKPT_ITIMER_REAL_ARMED, "real_armed" },
	{ 0, NULL }
};

static const struct ckpt_field itimer_fields[] = {
	FIELD(ckpt_hdr_itimer, flags, FLAG_NAMES(itimer_flags)),
	FIELD(ckpt_hdr_itimer, reserved, F_ZERO),
	FIELD(ckpt_hdr_itimer, real_value, F_NS),
	FIELD(ckpt_hdr_itimer, real_interval, F_NS),
	FIELD(ckpt_hdr_itimer, virt_value, F_NS),
	FIELD(ckpt_hdr_itimer, virt_interval, F_NS),
	FIELD(ckpt_hdr_itimer, prof_value, F_NS),
	FIELD(ckpt_hdr_itimer, prof_interval, F_NS),
	END_OF_FIELDS
};

static const struct ckpt_name timer_notify[] = {
	{ 0, "signal" },
	{ 1, "none" },
	{ 2, "thread" },
	{ 4, "thread_id" },
	{ 0, NULL }
};

static const struct ckpt_name timer_flags[] = {
	{ CKPT_POSIX_TIMER_ARMED, "armed" },
	{ CKPT_POSIX_TIMER_QUEUED, "queued" },
	{ 0, NULL }
};

static const struct ckpt_field timer_fields[] = {
	FIELD(ckpt_hdr_posix_timer, id, F_UINT),
	FIELD(ckpt_hdr_posix_timer, clock, F_INT),
	FIELD(ckpt_hdr_posix_timer, base, F_INT),
	FIELD(ckpt_hdr_posix_timer, notify, F_ENUM, .names = timer_notify),
	FIELD(ckpt_hdr_posix_timer, signo, F_UINT),
	FIELD(ckpt_hdr_posix_timer, flags, FLAG_NAMES(timer_flags)),
	FIELD(ckpt_hdr_posix_timer, target, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_posix_timer, cpu_target, F_REF0, .class = CLASS_PID),
	FIELD(ckpt_hdr_posix_timer, value, F_HEX),
	FIELD(ckpt_hdr_posix_timer, expires, F_NS),
	FIELD(ckpt_hdr_posix_timer, interval, F_NS),
	FIELD(ckpt_hdr_posix_timer, overrun, F_INT),
	FIELD(ckpt_hdr_posix_timer, overrun_last, F_INT),
	FIELD(ckpt_hdr_posix_timer, requeue_pending, F_UINT),
	FIELD(ckpt_hdr_posix_timer, sig_overrun, F_UINT),
	FIELD(ckpt_hdr_posix_timer, sig_private, F_UINT),
	FIELD(ckpt_hdr_posix_timer, ahead, F_UINT),
	END_OF_FIELDS
};

static void check_timer(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_posix_timer *t = (const void *)rec->pub.h;

	if (t->id > 0x7fffffff)
		ckpt_bad(img, rec, "timer number %u", t->id);
	if (t->signo > CKPT_NSIG)
		ckpt_bad(img, rec, "signal %u", t->signo);
}

static void check_itimer(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_itimer *t = (const void *)rec->pub.h;

	if (t->real_value > TIME_MAX || t->real_value < -TIME_MAX ||
	    t->real_interval > TIME_MAX || t->virt_value > TIME_MAX ||
	    t->virt_interval > TIME_MAX || t->prof_value > TIME_MAX ||
	    t->prof_interval > TIME_MAX)
		ckpt_bad(img, rec, "time out of range");
}

static const char *const rlimit_names[CKPT_RLIM_NR] = {
	"cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile",
	"memlock", "as", "locks", "sigpending", "msgqueue", "nice", "rtprio",
	"rttime",
};

static void check_rlimits(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_rlimits *r = (const void *)rec->pub.h;
	int i;

	for (i = 0; i < CKPT_RLIM_NR; i++)
		if (r->limit[i].cur > r->limit[i].max)
			ckpt_bad(img, rec, "%s: soft limit above the hard limit",
				 rlimit_names[i]);
}

static struct json_object *json_limit(__u64 value)
{
	return value == ~0ULL ? json_object_new_string("unlimited") :
				json_object_new_uint64(value);
}

static void describe_rlimits(const struct ckpt_image *img,
			     const struct record *rec, struct json_object *out)
{
	const struct ckpt_hdr_rlimits *r = (const void *)rec->pub.h;
	struct json_object *a;
	int i;

	(void)img;
	for (i = 0; i < CKPT_RLIM_NR; i++) {
		a = json_object_new_array();
		json_object_array_add(a, json_limit(r->limit[i].cur));
		json_object_array_add(a, json_limit(r->limit[i].max));
		json_object_object_add(out, rlimit_names[i], a);
	}
}

/* ---- objects ---- */

static const struct ckpt_name sa_flags[] = {
	{ 0x00000001, "nocldstop" },
	{ 0x00000002, "nocldwait" },
	{ 0x00000004, "siginfo" },
	{ 0x00000400, "unsupported" },
	{ 0x00000800, "expose_tagbits" },
	{ 0x01000000, "immutable" },
	{ 0x02000000, "ia32" },
	{ 0x04000000, "restorer" },
	{ 0x08000000, "onstack" },
	{ 0x10000000, "restart" },
	{ 0x40000000, "nodefer" },
	{ 0x80000000, "resethand" },
	{ 0, NULL }
};

static const struct ckpt_name sa_handlers[] = {
	{ 1, "ignore" },
	{ 0, NULL }
};

static const struct ckpt_field sigaction_fields[] = {
	FIELD(ckpt_sigaction, flags, F_SOFT_FLAGS, .names = sa_flags),
	FIELD(ckpt_sigaction, restorer, F_HEX),
	FIELD(ckpt_sigaction, mask, SIGSET),
	END_OF_FIELDS
};

static void check_sighand(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_sighand *s = (const void *)rec->pub.h;
	int sig;

	for (sig = 1; sig <= CKPT_NSIG; sig++) {
		const struct ckpt_sigaction *a = &s->action[sig - 1];

		if (a->mask & UNBLOCKABLE)
			ckpt_bad(img, rec,
				 "handler of signal %d blocks SIGKILL or SIGSTOP",
				 sig);
		if (SIGNAL_BIT(sig) & UNBLOCKABLE && a->handler)
			ckpt_bad(img, rec, "handler of SIGKILL or SIGSTOP");
	}
}

/* What is not the default. */
static void describe_sighand(const struct ckpt_image *img,
			     const struct record *rec, struct json_object *out)
{
	const struct ckpt_hdr_sighand *s = (const void *)rec->pub.h;
	struct json_object *o;
	const char *name;
	char number[16];
	int sig;

	(void)img;
	for (sig = 1; sig <= CKPT_NSIG; sig++) {
		const struct ckpt_sigaction *a = &s->action[sig - 1];

		if (!a->handler && !a->flags && !a->mask)
			continue;
		o = json_object_new_object();
		name = ckpt_value_name(sa_handlers, a->handler);
		json_object_object_add(o, "handler",
				       name ? json_object_new_string(name) :
					      ckpt_json_hex(a->handler));
		ckpt_describe_fields(o, sigaction_fields, a, sizeof(*a));
		name = ckpt_value_name(ckpt_signal_names, sig);
		snprintf(number, sizeof(number), "%d", sig);
		json_object_object_add(out, name ? name : number, o);
	}
}

static const struct ckpt_name securebits[] = {
	{ 0x01, "noroot" },
	{ 0x02, "noroot_locked" },
	{ 0x04, "no_setuid_fixup" },
	{ 0x08, "no_setuid_fixup_locked" },
	{ 0x10, "keep_caps" },
	{ 0x20, "keep_caps_locked" },
	{ 0x40, "no_cap_ambient_raise" },
	{ 0x80, "no_cap_ambient_raise_locked" },
	{ 0, NULL }
};

static const struct ckpt_name cred_flags[] = {
	{ CKPT_CRED_OUTER, "outer" },
	{ 0, NULL }
};

static const struct ckpt_field cred_fields[] = {
	FIELD(ckpt_hdr_cred, uid, F_UINT),
	FIELD(ckpt_hdr_cred, euid, F_UINT),
	FIELD(ckpt_hdr_cred, suid, F_UINT),
	FIELD(ckpt_hdr_cred, fsuid, F_UINT),
	FIELD(ckpt_hdr_cred, gid, F_UINT),
	FIELD(ckpt_hdr_cred, egid, F_UINT),
	FIELD(ckpt_hdr_cred, sgid, F_UINT),
	FIELD(ckpt_hdr_cred, fsgid, F_UINT),
	FIELD(ckpt_hdr_cred, securebits, FLAG_NAMES(securebits)),
	FIELD(ckpt_hdr_cred, reqkey, F_UINT),
	FIELD(ckpt_hdr_cred, flags, F_FLAGS, .names = cred_flags),
	FIELD(ckpt_hdr_cred, nr_groups, F_QUIET),
	FIELD(ckpt_hdr_cred, reserved, F_ZERO),
	FIELD(ckpt_hdr_cred, user_ns, F_REF0, .class = CLASS_NS_USER),
	FIELD(ckpt_hdr_cred, cap_inheritable, CAPS),
	FIELD(ckpt_hdr_cred, cap_permitted, CAPS),
	FIELD(ckpt_hdr_cred, cap_effective, CAPS),
	FIELD(ckpt_hdr_cred, cap_bset, CAPS),
	FIELD(ckpt_hdr_cred, cap_ambient, CAPS),
	END_OF_FIELDS
};

static const struct ckpt_name cred_keys_flags[] = {
	{ CKPT_CRED_NO_SESSION, "no_session" },
	{ 0, NULL }
};

static const struct ckpt_field cred_keys_fields[] = {
	FIELD(ckpt_hdr_cred_keys, session, F_REF0, .class = CLASS_KEY),
	FIELD(ckpt_hdr_cred_keys, process, F_REF0, .class = CLASS_KEY),
	FIELD(ckpt_hdr_cred_keys, thread, F_REF0, .class = CLASS_KEY),
	FIELD(ckpt_hdr_cred_keys, flags, F_FLAGS, .names = cred_keys_flags),
	END_OF_FIELDS
};

static const struct ckpt_name key_types[] = {
	{ CKPT_KEY_KEYRING, "keyring" },
	{ CKPT_KEY_USER, "user" },
	{ CKPT_KEY_LOGON, "logon" },
	{ 0, NULL }
};

static const struct ckpt_name key_flags[] = {
	{ CKPT_KEY_REVOKED, "revoked" },
	{ CKPT_KEY_USER_KEYRING, "user_keyring" },
	{ CKPT_KEY_USER_SESSION, "user_session" },
	{ CKPT_KEY_OUTSIDE, "outside" },
	{ 0, NULL }
};

/* The payload is a secret, and nothing to look at. */
static const struct ckpt_field key_fields[] = {
	FIELD(ckpt_hdr_key, serial, F_INT),
	FIELD(ckpt_hdr_key, type, F_ENUM, .names = key_types),
	FIELD(ckpt_hdr_key, flags, F_FLAGS, .names = key_flags),
	FIELD(ckpt_hdr_key, perm, F_HEX),
	FIELD(ckpt_hdr_key, uid, F_UINT),
	FIELD(ckpt_hdr_key, gid, F_INT),
	FIELD(ckpt_hdr_key, user_ns, F_REF0, .class = CLASS_NS_USER),
	FIELD(ckpt_hdr_key, desc_len, F_QUIET),
	FIELD(ckpt_hdr_key, nr_links, F_QUIET),
	FIELD(ckpt_hdr_key, payload_len, F_UINT),
	FIELD(ckpt_hdr_key, expiry, F_INT),
	END_OF_FIELDS
};

static __u64 padded(__u64 len)
{
	return (len + 7) / 8 * 8;
}

static void check_key(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_key *k = (const void *)rec->pub.h;
	const char *data;
	size_t len;
	__u32 i, id;

	data = ckpt_payload(rec, &len);
	if (k->desc_len < 2 || k->desc_len > len ||
	    len != padded(k->desc_len) +
		   padded(k->nr_links * 4ULL + k->payload_len)) {
		ckpt_bad(img, rec, "description of %u bytes, %u links, %u bytes, in %zu",
			 k->desc_len, k->nr_links, k->payload_len, len);
		return;
	}
	ckpt_check_string(img, rec, "description", data, padded(k->desc_len));
	for (i = 0; i < k->nr_links; i++) {
		memcpy(&id, data + padded(k->desc_len) + i * 4ULL, sizeof(id));
		if (!ckpt_ref_ok(img, id, CLASS_KEY))
			ckpt_bad(img, rec, "link to object %u", id);
	}
}

static void describe_key(const struct ckpt_image *img, const struct record *rec,
			 struct json_object *out)
{
	const struct ckpt_hdr_key *k = (const void *)rec->pub.h;
	struct json_object *links = json_object_new_array();
	const char *data;
	size_t len;
	__u32 i, id;

	(void)img;
	data = ckpt_payload(rec, &len);
	json_object_object_add(out, "description",
			       ckpt_json_string(data, k->desc_len < len ?
						      k->desc_len : len));
	for (i = 0; padded(k->desc_len) + i * 4ULL + 4 <= len && i < k->nr_links; i++) {
		memcpy(&id, data + padded(k->desc_len) + i * 4ULL, sizeof(id));
		json_object_array_add(links, json_object_new_int64(id));
	}
	json_object_object_add(out, "links", links);
}

static size_t nr_groups(const struct record *rec)
{
	const struct ckpt_hdr_cred *c = (const void *)rec->pub.h;
	size_t len;

	ckpt_payload(rec, &len);
	return c->nr_groups < len / 4 ? c->nr_groups : len / 4;
}

static void check_cred(struct ckpt_image *img, struct record *rec)
{
	const struct ckpt_hdr_cred *c = (const void *)rec->pub.h;
	const __u32 *groups;
	size_t len;

	groups = ckpt_payload(rec, &len);
	if (c->nr_groups > CKPT_GROUPS_MAX ||
	    len != (c->nr_groups * 4ULL + 7) / 8 * 8) {
		ckpt_bad(img, rec, "%u groups in %zu bytes", c->nr_groups, len);
		return;
	}
	ckpt_check_zero(img, rec, "padding", groups + c->nr_groups,
			len - 4 * c->nr_groups);
	if (c->cap_effective & ~c->cap_permitted)
		ckpt_bad(img, rec, "effective capabilities that are not permitted");
	if (c->cap_ambient & ~(c->cap_permitted & c->cap_inheritable))
		ckpt_bad(img, rec,
			 "ambient capabilities that are not permitted and inheritable");
}

static void describe_cred(const struct ckpt_image *img,
			  const struct record *rec, struct json_object *out)
{
	const struct ckpt_hdr_cred *c = (const void *)rec->pub.h;
	struct json_object *groups = json_object_new_array();
	size_t i;

	(void)img;
	for (i = 0; i < nr_groups(rec); i++)
		json_object_array_add(groups,
				      json_object_new_int64(c->groups[i]));
	json_object_object_add(out, "groups", groups);
}

const struct ckpt_kind ckpt_signal_kinds[] = {
	{ KIND(SIGNAL_TASK, "signal_task", ckpt_hdr_signal_task),
	  .owner = CKPT_HDR_TASK, .fields = signal_task_fields,
	  .check = check_signal_task },
	{ KIND(SIGPENDING, "sigpending", ckpt_hdr_sigpending),
	  .owner = CKPT_HDR_TASK, .var = true, .many = true,
	  .fields = sigpending_fields, .check = check_sigpending,
	  .describe = describe_sigpending },
	{ KIND(SCHED, "sched", ckpt_hdr_sched), .owner = CKPT_HDR_TASK,
	  .var = true, .fields = sched_fields, .check = check_sched,
	  .describe = describe_sched },
	{ KIND(SIGNAL, "signal", ckpt_hdr_signal), .owner = CKPT_HDR_TASK,
	  .fields = signal_fields, .check = check_signal },
	{ KIND(ITIMER, "itimer", ckpt_hdr_itimer), .owner = CKPT_HDR_TASK,
	  .fields = itimer_fields, .check = check_itimer },
	{ KIND(POSIX_TIMER, "posix_timer", ckpt_hdr_posix_timer),
	  .owner = CKPT_HDR_TASK, .many = true, .fields = timer_fields,
	  .check = check_timer },
	{ KIND(RLIMITS, "rlimits", ckpt_hdr_rlimits), .owner = CKPT_HDR_TASK,
	  .check = check_rlimits, .describe = describe_rlimits },
	{ KIND(SIGHAND, "sighand", ckpt_hdr_sighand), .class = CLASS_SIGHAND,
	  .check = check_sighand, .describe = describe_sighand },
	{ KIND(KEY, "key", ckpt_hdr_key), .class = CLASS_KEY, .var = true,
	  .fields = key_fields, .check = check_key, .describe = describe_key },
	{ KIND(CRED_KEYS, "cred_keys", ckpt_hdr_cred_keys),
	  .owner = CKPT_HDR_CRED, .fields = cred_keys_fields },
	{ KIND(CRED, "cred", ckpt_hdr_cred), .class = CLASS_CRED, .var = true,
	  .fields = cred_fields, .check = check_cred,
	  .describe = describe_cred },
	{ .name = NULL }
};
