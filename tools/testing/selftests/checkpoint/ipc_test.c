// SPDX-License-Identifier: GPL-2.0
/*
 * Checkpoint/restart - System V IPC
 */
#include "common.h"
#include <linux/capability.h>
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#ifndef SHM_DEST
#define SHM_DEST	01000
#endif

FIXTURE(ipc)
{
	struct ckpt_test t;
};

FIXTURE_SETUP(ipc)
{
	ASSERT_TRUE(test_setup(&self->t));
}

FIXTURE_TEARDOWN(ipc)
{
	test_teardown(&self->t);
}

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

static bool write_setting(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return ok;
}

static long read_setting(const char *path)
{
	char buf[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (read(fd, buf, sizeof(buf) - 1) < 0)
		buf[0] = 0;
	close(fd);
	return atol(buf);
}

/* ---- the namespace itself ---- */

static void settings_target(struct shared *sh)
{
	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	TARGET_CHECK(sh, write_setting("/proc/sys/kernel/msgmax", "4321"));
	TARGET_CHECK(sh, write_setting("/proc/sys/kernel/shmmni", "77"));
	TARGET_CHECK(sh, write_setting("/proc/sys/kernel/sem", "100 200 30 5"));
	TARGET_CHECK(sh, write_setting("/proc/sys/fs/mqueue/queues_max", "17"));
	target_step(sh, 1);
	TARGET_CHECK(sh, read_setting("/proc/sys/kernel/msgmax") == 4321);
	TARGET_CHECK(sh, read_setting("/proc/sys/kernel/shmmni") == 77);
	TARGET_CHECK(sh, read_setting("/proc/sys/kernel/sem") == 100);
	TARGET_CHECK(sh, read_setting("/proc/sys/fs/mqueue/queues_max") == 17);
	TARGET_CHECK(sh, semget(IPC_PRIVATE, 101, 0600) == -1);
}

TEST_F(ipc, settings)
{
	ROUND_TRIP(&self->t, settings_target);
}

/* ---- shared memory ---- */

static void shm_target(struct shared *sh)
{
	struct shmid_ds before, after, ds;
	int first, id, dest, status;
	size_t page = getpagesize();
	char *a, *b, *ro, *d;
	pid_t child;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	/* So that sequence numbers are not all 0. */
	first = shmget(IPC_PRIVATE, page, 0600);
	TARGET_CHECK(sh, !shmctl(first, IPC_RMID, NULL));
	id = shmget(0x1234, 5 * page + 7, IPC_CREAT | 0640);
	dest = shmget(IPC_PRIVATE, page, 0600);
	a = shmat(id, NULL, 0);
	b = shmat(id, NULL, 0);
	ro = shmat(id, NULL, SHM_RDONLY);
	d = shmat(dest, NULL, 0);
	TARGET_CHECK(sh, a != (void *)-1 && b != (void *)-1 && ro != (void *)-1 &&
		     d != (void *)-1);
	TARGET_CHECK(sh, !shmctl(dest, IPC_RMID, NULL));
	strcpy(a, "first page");
	strcpy(a + 4 * page, "last page");
	strcpy(d, "removed");
	/* Not all of an attachment need be there. */
	TARGET_CHECK(sh, !munmap(b + page, page));
	TARGET_CHECK(sh, !mprotect(b + 3 * page, page, PROT_READ));
	TARGET_CHECK(sh, !shmctl(id, IPC_STAT, &before));
	child = fork();
	if (!child) {
		atomic_store(&sh->ready, 1);
		while (!atomic_load(&sh->go))
			nap_ms(2);
		strcpy(a + page, "from the child");
		_exit(0);
	}
	TARGET_CHECK(sh, !shmctl(id, IPC_STAT, &before));
	while (!atomic_load(&sh->go))
		nap_ms(2);
	TARGET_CHECK(sh, shmget(0x1234, 0, 0) == id);
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	TARGET_CHECK(sh, !strcmp(a, "first page"));
	TARGET_CHECK(sh, !strcmp(b + 4 * page, "last page"));
	TARGET_CHECK(sh, !strcmp(ro + page, "from the child"));
	TARGET_CHECK(sh, !shmctl(id, IPC_STAT, &after));
	TARGET_CHECK(sh, after.shm_segsz == 5 * page + 7);
	TARGET_CHECK(sh, after.shm_perm.mode == before.shm_perm.mode);
	TARGET_CHECK(sh, after.shm_perm.uid == before.shm_perm.uid);
	TARGET_CHECK(sh, after.shm_ctime == before.shm_ctime);
	TARGET_CHECK(sh, after.shm_atime == before.shm_atime);
	TARGET_CHECK(sh, after.shm_cpid == getpid());
	/* One, one in four pieces, one; the child's are gone. */
	TARGET_CHECK(sh, before.shm_nattch == 2 * after.shm_nattch);
	TARGET_CHECK(sh, !shmdt(b));
	TARGET_CHECK(sh, !shmctl(id, IPC_STAT, &after) && after.shm_nattch == 2);
	TARGET_CHECK(sh, !shmctl(dest, IPC_STAT, &ds));
	TARGET_CHECK(sh, ds.shm_perm.mode & SHM_DEST && ds.shm_nattch == 1);
	TARGET_CHECK(sh, !strcmp(d, "removed"));
	TARGET_CHECK(sh, !shmdt(d));
	TARGET_CHECK(sh, shmctl(dest, IPC_STAT, &ds) == -1);
	/* The next id is the one that would have come. */
	TARGET_CHECK(sh, shmget(IPC_PRIVATE, page, 0600) > dest);
	/* What was attached for reading is not for writing. */
	TARGET_CHECK(sh, mprotect(ro, page, PROT_READ | PROT_WRITE) == -1);
}

TEST_F(ipc, shm)
{
	ROUND_TRIP(&self->t, shm_target);
}

static void shm_unattached_target(struct shared *sh)
{
	int id, status;
	pid_t child;
	char *p;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	/* The maker is dead, so its id is only a number. */
	child = fork();
	if (!child) {
		id = shmget(99, 1 << 20, IPC_CREAT | 0600);
		p = shmat(id, NULL, 0);
		memset(p, 0x5a, 1 << 20);
		shmdt(p);
		_exit(0);
	}
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	target_step(sh, 1);
	{
		struct shmid_ds ds;

		id = shmget(99, 0, 0);
		TARGET_CHECK(sh, !shmctl(id, IPC_STAT, &ds));
		TARGET_CHECK(sh, ds.shm_nattch == 0);
		TARGET_CHECK(sh, ds.shm_cpid == child && ds.shm_lpid == child);
		p = shmat(id, NULL, 0);
		TARGET_CHECK(sh, p[0] == 0x5a && p[(1 << 20) - 1] == 0x5a);
	}
}

TEST_F(ipc, shm_unattached)
{
	ROUND_TRIP(&self->t, shm_unattached_target);
}

static void shm_locked_target(struct shared *sh)
{
	int id;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	id = shmget(IPC_PRIVATE, 4096, 0600);
	TARGET_CHECK(sh, !shmctl(id, SHM_LOCK, NULL));
	target_step(sh, 1);
}

TEST_F(ipc, shm_locked)
{
	REFUSED(&self->t, shm_locked_target, EOPNOTSUPP, "locked by SHM_LOCK");
}

static void shm_outside_target(struct shared *sh)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);
	void *p = shmat(id, NULL, 0);

	shmctl(id, IPC_RMID, NULL);
	TARGET_CHECK(sh, p != (void *)-1);
	target_step(sh, 1);
}

TEST_F(ipc, shm_outside)
{
	REFUSED(&self->t, shm_outside_target, EOPNOTSUPP,
		"of an IPC namespace that is not the tree's own");
}

/* ---- semaphores ---- */

static int sem_op(int id, int num, int op, int flags)
{
	struct sembuf sop = { .sem_num = num, .sem_op = op, .sem_flg = flags };

	return semop(id, &sop, 1);
}

static void sem_target(struct shared *sh)
{
	unsigned short vals[3] = { 5, 0, 32767 }, got[3];
	union semun arg = { .array = vals };
	struct semid_ds before, after;
	int id, status;
	pid_t child;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	id = semget(IPC_PRIVATE, 1, 0600);
	TARGET_CHECK(sh, !semctl(id, 0, IPC_RMID));
	id = semget(0x77, 3, IPC_CREAT | 0606);
	TARGET_CHECK(sh, !semctl(id, 0, SETALL, arg));
	child = fork();
	if (!child) {
		TARGET_CHECK(sh, !sem_op(id, 0, -2, SEM_UNDO));
		TARGET_CHECK(sh, !sem_op(id, 1, 4, SEM_UNDO));
		atomic_store(&sh->ready, 1);
		while (!atomic_load(&sh->go))
			nap_ms(2);
		_exit(0);
	}
	while (!atomic_load(&sh->ready))
		nap_ms(2);
	arg.buf = &before;
	TARGET_CHECK(sh, !semctl(id, 0, IPC_STAT, arg));
	while (!atomic_load(&sh->go))
		nap_ms(2);
	arg.buf = &after;
	TARGET_CHECK(sh, semget(0x77, 0, 0) == id);
	TARGET_CHECK(sh, !semctl(id, 0, IPC_STAT, arg));
	TARGET_CHECK(sh, after.sem_nsems == 3);
	TARGET_CHECK(sh, after.sem_perm.mode == before.sem_perm.mode);
	TARGET_CHECK(sh, after.sem_ctime == before.sem_ctime);
	/* The child undoes what it did. */
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	arg.array = got;
	TARGET_CHECK(sh, !semctl(id, 0, GETALL, arg));
	TARGET_CHECK(sh, got[0] == 5 && got[1] == 0 && got[2] == 32767);
	TARGET_CHECK(sh, semctl(id, 0, GETPID) == child);
	TARGET_CHECK(sh, semctl(id, 2, GETPID) == getpid());
}

TEST_F(ipc, sem)
{
	ROUND_TRIP(&self->t, sem_target);
}

static void *idle_thread(void *arg)
{
	struct shared *sh = arg;

	while (!atomic_load(&sh->go))
		nap_ms(2);
	return NULL;
}

/* Threads have one list together. */
static void sem_threads_target(struct shared *sh)
{
	int id, status;
	pid_t child;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	id = semget(IPC_PRIVATE, 1, 0600);
	child = fork();
	if (!child) {
		pthread_t thread;

		pthread_create(&thread, NULL, idle_thread, sh);
		TARGET_CHECK(sh, !sem_op(id, 0, 3, SEM_UNDO));
		atomic_store(&sh->ready, 1);
		pthread_join(thread, NULL);
		TARGET_CHECK(sh, semctl(id, 0, GETVAL) == 3);
		_exit(0);
	}
	while (!atomic_load(&sh->go))
		nap_ms(2);
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	TARGET_CHECK(sh, semctl(id, 0, GETVAL) == 0);
}

TEST_F(ipc, sem_threads)
{
	ROUND_TRIP(&self->t, sem_threads_target);
}

static void sem_outside_target(struct shared *sh)
{
	int id = semget(IPC_PRIVATE, 1, 0600);

	TARGET_CHECK(sh, !sem_op(id, 0, 1, SEM_UNDO));
	target_step(sh, 1);
	semctl(id, 0, IPC_RMID);
}

TEST_F(ipc, sem_undo_outside)
{
	REFUSED(&self->t, sem_outside_target, EOPNOTSUPP,
		"System V semaphore undo: in an IPC namespace");
}

/* ---- message queues ---- */

struct message {
	long type;
	char text[20000];
};

static void msg_target(struct shared *sh)
{
	static const int sizes[] = { 0, 1, 100, 4048, 4049, 8000 };
	struct msqid_ds before, after;
	static struct message m;
	int id, i, status;
	pid_t child;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	TARGET_CHECK(sh, write_setting("/proc/sys/kernel/msgmnb", "65536"));
	id = msgget(IPC_PRIVATE, 0600);
	TARGET_CHECK(sh, !msgctl(id, IPC_RMID, NULL));
	id = msgget(0x4711, IPC_CREAT | 0660);
	for (i = 0; i < 6; i++) {
		m.type = i % 3 + 1;
		memset(m.text, 'a' + i, sizes[i]);
		TARGET_CHECK(sh, !msgsnd(id, &m, sizes[i], 0));
	}
	child = fork();
	if (!child)
		_exit(msgrcv(id, &m, sizeof(m.text), 3, 0) != 100);
	TARGET_CHECK(sh, waitpid(child, &status, 0) == child && !status);
	TARGET_CHECK(sh, !msgctl(id, IPC_STAT, &before));
	before.msg_qbytes = 30000;
	TARGET_CHECK(sh, !msgctl(id, IPC_SET, &before));
	TARGET_CHECK(sh, !msgctl(id, IPC_STAT, &before));
	target_step(sh, 1);
	TARGET_CHECK(sh, msgget(0x4711, 0) == id);
	TARGET_CHECK(sh, !msgctl(id, IPC_STAT, &after));
	TARGET_CHECK(sh, after.msg_qnum == 5 && after.msg_cbytes == before.msg_cbytes);
	TARGET_CHECK(sh, after.msg_qbytes == 30000);
	TARGET_CHECK(sh, after.msg_stime == before.msg_stime);
	TARGET_CHECK(sh, after.msg_rtime == before.msg_rtime);
	TARGET_CHECK(sh, after.msg_ctime == before.msg_ctime);
	TARGET_CHECK(sh, after.msg_lspid == getpid() && after.msg_lrpid == child);
	for (i = 0; i < 6; i++) {
		if (i == 2)
			continue;
		memset(&m, 0, sizeof(m));
		TARGET_CHECK(sh, msgrcv(id, &m, sizeof(m.text), 0, IPC_NOWAIT) ==
			     sizes[i]);
		TARGET_CHECK(sh, m.type == i % 3 + 1);
		TARGET_CHECK(sh, !sizes[i] || (m.text[0] == 'a' + i &&
					       m.text[sizes[i] - 1] == 'a' + i));
	}
	TARGET_CHECK(sh, msgrcv(id, &m, sizeof(m.text), 0, IPC_NOWAIT) == -1);
}

TEST_F(ipc, msg)
{
	ROUND_TRIP(&self->t, msg_target);
}

/*
 * More than any limit of the namespace allows: it takes CAP_SYS_RESOURCE. It is
 * 3000000000, which msgctl() has taken as an int.
 */
#define BIG_QUEUE	18446744072414584320UL

static void big_queue_target(struct shared *sh)
{
	struct msqid_ds ds;
	int id;

	TARGET_CHECK(sh, !unshare(CLONE_NEWIPC));
	id = msgget(0x4711, IPC_CREAT | 0660);
	TARGET_CHECK(sh, !msgctl(id, IPC_STAT, &ds));
	ds.msg_qbytes = BIG_QUEUE;
	TARGET_CHECK(sh, !msgctl(id, IPC_SET, &ds));
	target_step(sh, 1);
	TARGET_CHECK(sh, !msgctl(id, IPC_STAT, &ds));
	TARGET_CHECK(sh, ds.msg_qbytes == BIG_QUEUE);
}

static int set_effective(int cap, bool on)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {};

	if (syscall(SYS_capget, &head, d))
		return -1;
	if (on)
		d[CAP_TO_INDEX(cap)].effective |= CAP_TO_MASK(cap);
	else
		d[CAP_TO_INDEX(cap)].effective &= ~CAP_TO_MASK(cap);
	return syscall(SYS_capset, &head, d);
}

TEST_F(ipc, msg_limit)
{
	long ret;

	ASSERT_LT(0, spawn(&self->t, big_queue_target));
	ASSERT_TRUE(wait_step(self->t.sh, 1));
	nap_ms(10);
	ASSERT_LT(0, do_checkpoint(&self->t, CHECKPOINT_KILL))
		TH_LOG("%s", self->t.msg);
	ASSERT_EQ(0, set_effective(CAP_SYS_RESOURCE, false));
	ret = restart_killed(&self->t);
	ASSERT_EQ(0, set_effective(CAP_SYS_RESOURCE, true));
	ASSERT_EQ(-EPERM, ret)
		TH_LOG("%s", self->t.msg);
	ASSERT_NE(NULL, strstr(self->t.msg, "limit of 18446744072414584320 bytes"))
		TH_LOG("%s", self->t.msg);
	ASSERT_LT(0, restart_killed(&self->t))
		TH_LOG("%s", self->t.msg);
	atomic_store(&self->t.sh->go, 1 << 20);
	wait_verified(_metadata, &self->t);
}

TEST_HARNESS_MAIN
