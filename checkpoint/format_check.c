// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the image format, frozen
 *
 * Nothing but static assertions: a field that moves breaks old images.
 */
#include <linux/build_bug.h>
#include <linux/checkpoint_hdr.h>
#include <linux/stddef.h>

#define CKPT_CHECK_SIZE(name, size) \
	static_assert(sizeof(struct ckpt_hdr_##name) == (size))
#define CKPT_CHECK_OFFSET(name, field, off) \
	static_assert(offsetof(struct ckpt_hdr_##name, field) == (off))

static_assert(sizeof(struct ckpt_hdr) == 16);

CKPT_CHECK_SIZE(header, 120);
CKPT_CHECK_OFFSET(header, magic, 16);
CKPT_CHECK_OFFSET(header, meta_len, 56);
CKPT_CHECK_OFFSET(header, uuid, 80);
CKPT_CHECK_OFFSET(header, realtime, 96);
CKPT_CHECK_SIZE(container, 32);
CKPT_CHECK_SIZE(lsm, 56);
CKPT_CHECK_SIZE(mount, 16);
CKPT_CHECK_SIZE(net_msg, 24);
CKPT_CHECK_SIZE(tmpfs, 16);
CKPT_CHECK_SIZE(tmpfs_entry, 80);
CKPT_CHECK_OFFSET(tmpfs_entry, names, 80);
CKPT_CHECK_SIZE(xattr, 24);
CKPT_CHECK_OFFSET(lsm, name, 24);
CKPT_CHECK_SIZE(lsm_policy, 96);
CKPT_CHECK_OFFSET(lsm_policy, digest, 32);
CKPT_CHECK_OFFSET(lsm_policy, name, 96);
CKPT_CHECK_SIZE(label, 24);
CKPT_CHECK_OFFSET(label, value, 24);
CKPT_CHECK_SIZE(labels, 24);
CKPT_CHECK_OFFSET(labels, ref, 24);
static_assert(sizeof(struct ckpt_label_ref) == 8);
CKPT_CHECK_SIZE(ns, 24);
static_assert(sizeof(struct ckpt_idmap) == 12);
CKPT_CHECK_SIZE(ns_user, 128);
CKPT_CHECK_OFFSET(ns_user, rlimit, 48);
CKPT_CHECK_OFFSET(ns_user, map, 128);
CKPT_CHECK_SIZE(ns_uts, 168);
CKPT_CHECK_OFFSET(ns_uts, domainname, 96);
CKPT_CHECK_SIZE(ns_ipc, 144);
CKPT_CHECK_OFFSET(ns_ipc, shmmax, 56);
CKPT_CHECK_OFFSET(ns_ipc, ids, 96);
CKPT_CHECK_SIZE(ipc_shm, 96);
CKPT_CHECK_OFFSET(ipc_shm, inode, 80);
static_assert(sizeof(struct ckpt_ipc_sem) == 16);
CKPT_CHECK_SIZE(ipc_sem, 64);
CKPT_CHECK_OFFSET(ipc_sem, sems, 64);
CKPT_CHECK_SIZE(ipc_sem_undo, 24);
CKPT_CHECK_OFFSET(ipc_sem_undo, adj, 24);
CKPT_CHECK_SIZE(ipc_msg, 96);
CKPT_CHECK_OFFSET(ipc_msg, nr_msgs, 88);
CKPT_CHECK_SIZE(ipc_msg_msg, 32);
CKPT_CHECK_SIZE(ns_pid, 40);
CKPT_CHECK_SIZE(file_ns, 48);
CKPT_CHECK_OFFSET(file_ns, ns, 40);
CKPT_CHECK_SIZE(ns_time, 40);
CKPT_CHECK_SIZE(task_ns, 48);
CKPT_CHECK_OFFSET(task_ns, pid_for_children, 44);
CKPT_CHECK_SIZE(pid, 24);
CKPT_CHECK_OFFSET(pid, nr, 24);
CKPT_CHECK_SIZE(tree, 24);
CKPT_CHECK_SIZE(tree_task, 48);
CKPT_CHECK_OFFSET(tree_task, exit_code, 44);
CKPT_CHECK_SIZE(meta_end, 24);
CKPT_CHECK_SIZE(pages, 48);
CKPT_CHECK_OFFSET(pages, ref, 40);
CKPT_CHECK_SIZE(trailer, 64);
CKPT_CHECK_OFFSET(trailer, uuid, 40);
CKPT_CHECK_SIZE(task, 112);
CKPT_CHECK_OFFSET(task, comm, 24);
CKPT_CHECK_OFFSET(task, nivcsw, 104);
CKPT_CHECK_SIZE(task_objs, 40);
CKPT_CHECK_SIZE(restart_block, 56);
CKPT_CHECK_OFFSET(restart_block, addr, 32);
CKPT_CHECK_OFFSET(restart_block, time, 48);
CKPT_CHECK_SIZE(futex, 40);
CKPT_CHECK_SIZE(rseq, 32);
CKPT_CHECK_SIZE(cgroup, 24);
CKPT_CHECK_OFFSET(cgroup, path, 24);

static_assert(sizeof(struct ckpt_file_id) == 80);
CKPT_CHECK_SIZE(files, 24);
CKPT_CHECK_SIZE(fd, 32);
CKPT_CHECK_SIZE(fs, 192);
CKPT_CHECK_OFFSET(fs, root, 32);
CKPT_CHECK_OFFSET(fs, paths, 192);
CKPT_CHECK_SIZE(pipe, 136);
CKPT_CHECK_OFFSET(pipe, id, 56);
CKPT_CHECK_OFFSET(pipe, path, 136);
CKPT_CHECK_SIZE(pipe_buf, 32);
CKPT_CHECK_OFFSET(pipe_buf, data, 32);
CKPT_CHECK_SIZE(file_proc, 152);
CKPT_CHECK_OFFSET(file_proc, read_pos, 48);
CKPT_CHECK_OFFSET(file_proc, id, 72);
CKPT_CHECK_OFFSET(file_proc, data, 152);
CKPT_CHECK_SIZE(unlinked, 152);
CKPT_CHECK_OFFSET(unlinked, uid, 48);
CKPT_CHECK_OFFSET(unlinked, dir, 72);
CKPT_CHECK_OFFSET(unlinked, name, 152);
CKPT_CHECK_SIZE(file, 40);
CKPT_CHECK_OFFSET(file, pos, 24);
CKPT_CHECK_OFFSET(file, cred, 32);
CKPT_CHECK_SIZE(file_external, 40);
CKPT_CHECK_SIZE(file_path, 128);
CKPT_CHECK_OFFSET(file_path, id, 40);
CKPT_CHECK_OFFSET(file_path, path, 128);
CKPT_CHECK_SIZE(file_inode, 48);
CKPT_CHECK_SIZE(file_pipe, 48);
CKPT_CHECK_SIZE(mm, 152);
CKPT_CHECK_OFFSET(mm, def_flags, 32);
CKPT_CHECK_OFFSET(mm, env_end, 120);
CKPT_CHECK_OFFSET(mm, hiwater_vm, 136);
CKPT_CHECK_OFFSET(mm, user_ns, 144);
CKPT_CHECK_SIZE(vma, 56);
CKPT_CHECK_OFFSET(vma, file, 48);
CKPT_CHECK_OFFSET(vma, name, 56);
CKPT_CHECK_SIZE(auxv, 16);
CKPT_CHECK_OFFSET(auxv, auxv, 16);
CKPT_CHECK_SIZE(inode, 32);
CKPT_CHECK_OFFSET(inode, kind, 24);
CKPT_CHECK_SIZE(signal_task, 64);
CKPT_CHECK_OFFSET(signal_task, altstack, 32);
CKPT_CHECK_OFFSET(signal_task, flags, 56);
CKPT_CHECK_SIZE(sigpending, 32);
CKPT_CHECK_OFFSET(sigpending, info, 32);
static_assert(sizeof(struct ckpt_siginfo) == 48);
static_assert(sizeof(struct ckpt_io_usage) == 56);
CKPT_CHECK_SIZE(sched, 176);
CKPT_CHECK_OFFSET(sched, slice, 32);
CKPT_CHECK_OFFSET(sched, timer_slack, 56);
CKPT_CHECK_OFFSET(sched, io, 112);
CKPT_CHECK_OFFSET(sched, nr_cpus, 168);
CKPT_CHECK_SIZE(signal, 288);
CKPT_CHECK_OFFSET(signal, utime, 48);
CKPT_CHECK_OFFSET(signal, nvcsw, 120);
CKPT_CHECK_OFFSET(signal, io, 232);
CKPT_CHECK_SIZE(itimer, 72);
CKPT_CHECK_OFFSET(itimer, real_value, 24);
CKPT_CHECK_SIZE(rlimits, 272);
CKPT_CHECK_SIZE(sighand, 2064);
CKPT_CHECK_SIZE(cred, 104);
CKPT_CHECK_OFFSET(cred, securebits, 48);
CKPT_CHECK_OFFSET(cred, cap_inheritable, 64);
CKPT_CHECK_OFFSET(cred, groups, 104);
