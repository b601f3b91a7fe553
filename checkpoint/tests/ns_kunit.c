// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - tests of the checks of namespaces and System V IPC
 *
 * Object 1 is a user namespace, object 2 a pid namespace below the root task's,
 * object 3 the contents of a segment; the record in question comes after them.
 */
#include <kunit/test.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "../internal.h"
#include "covers.h"
#include "spoil.h"

/* Room for the fixed part and some elements of any of the records. */
#define REC_ROOM	4096
#define NR_OBJS		3

static void fill_user(void *rec)
{
	struct ckpt_hdr_ns_user *u = rec;

	u->nr_uid = 2;
	u->nr_gid = 1;
	u->map[0] = (struct ckpt_idmap){ 0, 1000, 10 };
	u->map[1] = (struct ckpt_idmap){ 10, 5000, 10 };
	u->map[2] = (struct ckpt_idmap){ 0, 1000, 1 };
}

static void fill_uts(void *rec)
{
	struct ckpt_hdr_ns_uts *u = rec;

	strscpy(u->nodename, "host");
}

static void fill_ipc(void *rec)
{
	struct ckpt_hdr_ns_ipc *i = rec;

	i->mq_msg_max = 10;
	i->mq_msg_default = 10;
	i->mq_msgsize_max = 8192;
	i->mq_msgsize_default = 8192;
}

static void fill_pid(void *rec)
{
	struct ckpt_hdr_ns_pid *p = rec;

	p->parent = 2;
	p->level = 3;
}

static void fill_root_pid(void *rec)
{
	struct ckpt_hdr_ns_pid *p = rec;

	p->ns.flags = CKPT_NS_ROOT;
	p->level = 1;
}

static void fill_mnt(void *rec)
{
	struct ckpt_hdr_ns *n = rec;

	n->flags = CKPT_NS_ROOT;
}

static void fill_pid_obj(void *rec)
{
	struct ckpt_hdr_pid *p = rec;

	p->ns = 2;
	p->nr_levels = 2;
	p->nr[0] = 17;
	p->nr[1] = 1;
}

static void fill_shm(void *rec)
{
	struct ckpt_hdr_ipc_shm *s = rec;

	s->inode = 3;
	s->size = PAGE_SIZE;
	s->perm.mode = 0600 | 01000;
}

static void fill_sem(void *rec)
{
	struct ckpt_hdr_ipc_sem *s = rec;

	s->nr_sems = 2;
	s->sems[1].val = 32767;
}

static void fill_sem_undo(void *rec)
{
	struct ckpt_hdr_ipc_sem_undo *u = rec;

	u->nr_sems = 3;
	u->adj[2] = -5;
}

static void fill_msg_msg(void *rec)
{
	struct ckpt_hdr_ipc_msg_msg *m = rec;

	m->type = 1;
	m->len = 5;
	memcpy(m->data, "hello", 5);
}

static void fill_file(void *rec)
{
	struct ckpt_hdr_file_ns *f = rec;

	f->ns = 1;
	f->type = CLONE_NEWUSER;
}

static void fill_nothing(void *rec)
{
}

enum {
	USER, UTS, IPC, PIDNS, ROOTPID, MNT, NET, TIME, PID, SHM, SEM, UNDO, MSG,
	TEXT, FILE_NS,
};

static const struct good_rec {
	u32 type;
	u32 len;
	void (*fill)(void *rec);
} good_recs[] = {
	[USER] = { CKPT_HDR_NS_USER,
		ALIGN(struct_size_t(struct ckpt_hdr_ns_user, map, 3), 8), fill_user },
	[UTS] = { CKPT_HDR_NS_UTS, sizeof(struct ckpt_hdr_ns_uts), fill_uts },
	[IPC] = { CKPT_HDR_NS_IPC, sizeof(struct ckpt_hdr_ns_ipc), fill_ipc },
	[PIDNS] = { CKPT_HDR_NS_PID, sizeof(struct ckpt_hdr_ns_pid), fill_pid },
	[ROOTPID] = { CKPT_HDR_NS_PID, sizeof(struct ckpt_hdr_ns_pid), fill_root_pid },
	[MNT] = { CKPT_HDR_NS_MNT, sizeof(struct ckpt_hdr_ns), fill_mnt },
	[NET] = { CKPT_HDR_NS_NET, sizeof(struct ckpt_hdr_ns), fill_nothing },
	[TIME] = { CKPT_HDR_NS_TIME, sizeof(struct ckpt_hdr_ns_time), fill_nothing },
	[PID] = { CKPT_HDR_PID, struct_size_t(struct ckpt_hdr_pid, nr, 2), fill_pid_obj },
	[SHM] = { CKPT_HDR_IPC_SHM, sizeof(struct ckpt_hdr_ipc_shm), fill_shm },
	[SEM] = { CKPT_HDR_IPC_SEM,
		struct_size_t(struct ckpt_hdr_ipc_sem, sems, 2), fill_sem },
	[UNDO] = { CKPT_HDR_IPC_SEM_UNDO,
		ALIGN(struct_size_t(struct ckpt_hdr_ipc_sem_undo, adj, 3), 8),
		fill_sem_undo },
	[MSG] = { CKPT_HDR_IPC_MSG, sizeof(struct ckpt_hdr_ipc_msg), fill_nothing },
	[TEXT] = { CKPT_HDR_IPC_MSG_MSG,
		ALIGN(struct_size_t(struct ckpt_hdr_ipc_msg_msg, data, 5), 8),
		fill_msg_msg },
	[FILE_NS] = { CKPT_HDR_FILE_NS, sizeof(struct ckpt_hdr_file_ns), fill_file },
};

#define USERNS(_name, _field, _value, _err) \
	SPOIL(USER, _name, ckpt_hdr_ns_user, _field, _value, _err)
#define IPCNS(_name, _field, _value, _err) \
	SPOIL(IPC, _name, ckpt_hdr_ns_ipc, _field, _value, _err)
#define INNER(_name, _field, _value, _err) \
	SPOIL(PIDNS, _name, ckpt_hdr_ns_pid, _field, _value, _err)
#define ROOT(_name, _field, _value, _err) \
	SPOIL(ROOTPID, _name, ckpt_hdr_ns_pid, _field, _value, _err)
#define NUMBER(_name, _field, _value, _err) \
	SPOIL(PID, _name, ckpt_hdr_pid, _field, _value, _err)
#define SEGMENT(_name, _field, _value, _err) \
	SPOIL(SHM, _name, ckpt_hdr_ipc_shm, _field, _value, _err)
#define SEMS(_name, _field, _value, _err) \
	SPOIL(SEM, _name, ckpt_hdr_ipc_sem, _field, _value, _err)
#define ADJ(_name, _field, _value, _err) \
	SPOIL(UNDO, _name, ckpt_hdr_ipc_sem_undo, _field, _value, _err)
#define MESSAGE(_name, _field, _value, _err) \
	SPOIL(TEXT, _name, ckpt_hdr_ipc_msg_msg, _field, _value, _err)
#define NSFILE(_name, _field, _value, _err) \
	SPOIL(FILE_NS, _name, ckpt_hdr_file_ns, _field, _value, _err)

static const struct spoil ns_spoils[] = {
	GOOD(USER),
	USERNS("parent", ns.user, 1, 0),
	USERNS("parent of another kind", ns.user, 2, -EBADMSG),
	USERNS("parent to come", ns.user, 4, -EBADMSG),
	USERNS("unknown flag", ns.flags, 0x400, -EBADMSG),
	USERNS("no owner", owner, U32_MAX, -EBADMSG),
	USERNS("no group", group, U32_MAX, -EBADMSG),
	USERNS("reserved", reserved, 1, -EBADMSG),
	USERNS("too many ranges", nr_uid, 341, -EBADMSG),
	USERNS("fewer ranges", nr_uid, 1, -EBADMSG),
	USERNS("empty range", map[0].count, 0, -EBADMSG),
	USERNS("range that wraps", map[0].count, U32_MAX, -EBADMSG),
	USERNS("lower range that wraps", map[0].lower, U32_MAX - 2, -EBADMSG),
	USERNS("ranges overlap", map[0].count, 11, -EBADMSG),
	USERNS("lower ranges overlap", map[1].lower, 1009, -EBADMSG),
	USERNS("lower ranges touch", map[1].lower, 1010, 0),
	USERNS("id -1", map[0].first, U32_MAX, -EBADMSG),
	USERNS("negative limit", rlimit[1], -1LL, -EBADMSG),
	USERNS("no such limit", limit[0], -1, 0),
	USERNS("limit out of range", limit[0], -2, -EBADMSG),

	GOOD(UTS),
	SPOIL(UTS, "no end", ckpt_hdr_ns_uts, nodename[4], 1, 0),
	SPOIL(UTS, "bytes behind the end", ckpt_hdr_ns_uts, nodename[6], 1, -EBADMSG),
	SPOIL(UTS, "bytes behind all", ckpt_hdr_ns_uts, nodename[71], 1, -EBADMSG),

	GOOD(IPC),
	IPCNS("negative setting", sem[1], -1, -EBADMSG),
	IPCNS("msgmax", msgmax, 0x80000000U, -EBADMSG),
	IPCNS("rmid", shm_rmid_forced, 2, -EBADMSG),
	IPCNS("msg_max", mq_msg_max, 0, -EBADMSG),
	IPCNS("msgsize", mq_msgsize_default, 1, -EBADMSG),
	IPCNS("sequence", ids[2].seq, 0x10000, -EBADMSG),
	IPCNS("last index", ids[0].last_idx, -2, -EBADMSG),

	GOOD(PIDNS),
	INNER("level", level, 2, -EBADMSG),
	INNER("level too deep", level, 33, -EBADMSG),
	INNER("parent of another kind", parent, 1, -EBADMSG),
	INNER("parent to come", parent, 4, -EBADMSG),
	INNER("nested root", ns.flags, CKPT_NS_ROOT, -EBADMSG),
	INNER("dead", ns.flags, CKPT_NS_PID_DEAD, 0),
	INNER("last id", last_pid, -1, -EBADMSG),
	INNER("last id too large", last_pid, PID_MAX_LIMIT, -EBADMSG),
	INNER("memfd", memfd_noexec, 3, -EBADMSG),
	GOOD(ROOTPID),
	ROOT("level", level, 2, -EBADMSG),
	ROOT("parent", parent, 2, -EBADMSG),
	ROOT("not the root's", ns.flags, 0, -EBADMSG),

	GOOD(MNT),
	SPOIL(MNT, "not the root's", ckpt_hdr_ns, flags, 0, 0),
	GOOD(NET),
	SPOIL(NET, "unknown flag", ckpt_hdr_ns, flags, 2, -EBADMSG),
	GOOD(TIME),
	SPOIL(TIME, "far past", ckpt_hdr_ns_time, monotonic, S64_MIN, -EBADMSG),
	SPOIL(TIME, "far future", ckpt_hdr_ns_time, boottime, S64_MAX, -EBADMSG),
	SPOIL(TIME, "the root's", ckpt_hdr_ns_time, ns.flags, CKPT_NS_ROOT, -EBADMSG),

	GOOD(PID),
	NUMBER("levels", nr_levels, 1, -EBADMSG),
	NUMBER("of another namespace", ns, 0, -EBADMSG),
	NUMBER("of no pid namespace", ns, 1, -EBADMSG),
	NUMBER("id", nr[1], 0, -EBADMSG),
	NUMBER("an outer init's", nr[0], 1, -EBADMSG),

	GOOD(SHM),
	SEGMENT("size", size, 1, -EBADMSG),
	SEGMENT("contents of another kind", inode, 1, -EBADMSG),
	SEGMENT("maker is no process", cpid, 1, -EBADMSG),
	SEGMENT("reserved", reserved, 1, -EBADMSG),
	SEGMENT("negative id", perm.id, -1, -EBADMSG),
	SEGMENT("mode", perm.mode, 02000, -EBADMSG),
	SEGMENT("owner", perm.cuid, U32_MAX, -EBADMSG),

	GOOD(SEM),
	SEMS("number", nr_sems, 3, -EBADMSG),
	SEMS("none", nr_sems, 0, -EBADMSG),
	SEMS("value", sems[0].val, 32768, -EBADMSG),
	SEMS("changed by no process", sems[0].pid, 1, -EBADMSG),
	SEMS("to be removed", perm.mode, 01000, -EBADMSG),
	GOOD(UNDO),
	ADJ("number", nr_sems, 5, -EBADMSG),
	ADJ("id", semid, -1, -EBADMSG),
	ADJ("padding", adj[3], 1, -EBADMSG),

	GOOD(MSG),
	SPOIL(MSG, "reserved", ckpt_hdr_ipc_msg, reserved, 1, -EBADMSG),
	SPOIL(MSG, "writer is no process", ckpt_hdr_ipc_msg, lspid, 2, -EBADMSG),
	GOOD(TEXT),
	MESSAGE("type", type, 0, -EBADMSG),
	MESSAGE("length", len, 9, -EBADMSG),
	MESSAGE("huge", len, U64_MAX, -EBADMSG),
	MESSAGE("padding", data[5], 1, -EBADMSG),

	GOOD(FILE_NS),
	NSFILE("type", type, CLONE_VM, -EBADMSG),
	NSFILE("another type", type, CLONE_NEWUTS, -EBADMSG),
	NSFILE("the caller's", ns, 0, 0),
	NSFILE("for writing", file.f_flags, O_RDWR, -EBADMSG),
};

KUNIT_ARRAY_PARAM(ns_spoil, ns_spoils, spoil_desc);

static struct ckpt_hdr *make_rec(struct kunit *test, unsigned int nr)
{
	const struct good_rec *good = &good_recs[nr];
	struct ckpt_hdr *h = kunit_kzalloc(test, REC_ROOM, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	KUNIT_ASSERT_LE(test, good->len, REC_ROOM);
	h->type = good->type;
	h->len = good->len;
	good->fill(h);
	return h;
}

static void free_validator(void *v)
{
	ckpt_validator_free(v);
}

/* What the records refer to. */
static void add_objects(struct kunit *test, struct ckpt_validator *v)
{
	struct ckpt_hdr_ns_user *user = kunit_kzalloc(test, sizeof(*user), GFP_KERNEL);
	struct ckpt_hdr_ns_pid *pid = kunit_kzalloc(test, sizeof(*pid), GFP_KERNEL);
	struct ckpt_hdr_inode *inode = kunit_kzalloc(test, sizeof(*inode), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, user);
	KUNIT_ASSERT_NOT_NULL(test, pid);
	KUNIT_ASSERT_NOT_NULL(test, inode);
	pid->level = 2;
	inode->kind = CKPT_INODE_SHM_SYSV;
	inode->size = PAGE_SIZE;
	v->objs[0] = &user->ns.h;
	v->classes[0] = CKPT_CLASS_NS_USER;
	v->objs[1] = &pid->ns.h;
	v->classes[1] = CKPT_CLASS_NS_PID;
	v->objs[2] = &inode->h;
	v->classes[2] = CKPT_CLASS_INODE;
	v->nr_objs = NR_OBJS;
}

static struct ckpt_validator *make_validator(struct kunit *test,
					     const struct ckpt_hdr *h)
{
	struct ckpt_validator *v = ckpt_validator_alloc(8, 4);

	KUNIT_ASSERT_NOT_NULL(test, v);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_validator, v));
	v->owner = ckpt_kind(h->type)->owner;
	add_objects(test, v);
	return v;
}

static void ns_record_check(struct kunit *test)
{
	const struct spoil *s = test->param_value;
	struct ckpt_hdr *h = make_rec(test, s->rec);
	struct ckpt_validator *v = make_validator(test, h);

	if (ckpt_kind(h->type)->class)
		h->id = NR_OBJS + 1;
	spoil_check(test, s, v, h);
}

static void ns_record_noise(struct kunit *test)
{
	struct ckpt_hdr *h;
	unsigned int nr;

	for (nr = 0; nr < ARRAY_SIZE(good_recs); nr++) {
		h = make_rec(test, nr);
		spoil_noise(make_validator(test, h), h, REC_ROOM, 1000);
	}
}

/**
 * ckpt_kunit_ns_covers - are there cases for a type of record here?
 * @type: the type
 *
 * Return: true if so.
 */
bool ckpt_kunit_ns_covers(u32 type)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ns_spoils); i++)
		if (good_recs[ns_spoils[i].rec].type == type && ns_spoils[i].err)
			return true;
	return false;
}

static struct kunit_case ns_test_cases[] = {
	KUNIT_CASE_PARAM(ns_record_check, ns_spoil_gen_params),
	KUNIT_CASE(ns_record_noise),
	{}
};

static struct kunit_suite ns_suite = {
	.name = "checkpoint_namespaces",
	.test_cases = ns_test_cases,
};

kunit_test_suite(ns_suite);
