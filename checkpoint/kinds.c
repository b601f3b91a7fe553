// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the tables of everything that can be in an image
 */
#include <linux/array_size.h>
#include <linux/checkpoint_arch.h>
#include <linux/export.h>
#include <linux/limits.h>
#include "audit.h"
#include "container.h"
#include "cred.h"
#include "futex.h"
#include "files.h"
#include "internal.h"
#include "ipc.h"
#include "keys.h"
#include "lsm.h"
#include "mm.h"
#include "namespaces.h"
#include "ns_mnt.h"
#include "restart_block.h"
#include "rseq.h"
#include "sched.h"
#include "sighand.h"
#include "signal.h"
#include "socket.h"

static const struct ckpt_kind generic_kinds[] = {
	[CKPT_HDR_HEADER] = {
		.name		= "HEADER",
		.min_len	= sizeof(struct ckpt_hdr_header),
		.validate	= ckpt_header_validate,
	},
	[CKPT_HDR_CONTAINER] = {
		.name		= "CONTAINER",
		.min_len	= sizeof(struct ckpt_hdr_container),
		.validate	= ckpt_container_validate,
	},
	[CKPT_HDR_LSM] = {
		.name		= "LSM",
		.min_len	= sizeof(struct ckpt_hdr_lsm),
		.owner		= CKPT_HDR_CONTAINER,
		.validate	= ckpt_lsm_validate,
	},
	[CKPT_HDR_LSM_POLICY] = {
		.name		= "LSM_POLICY",
		.min_len	= sizeof(struct ckpt_hdr_lsm_policy),
		.max_len	= sizeof(struct ckpt_hdr_lsm_policy) +
				  CKPT_LABEL_MAX,
		.owner		= CKPT_HDR_CONTAINER,
		.validate	= ckpt_lsm_policy_validate,
	},
	[CKPT_HDR_LABEL] = {
		.name		= "LABEL",
		.min_len	= sizeof(struct ckpt_hdr_label),
		.max_len	= sizeof(struct ckpt_hdr_label) + CKPT_LABEL_MAX,
		.class		= CKPT_CLASS_LABEL,
		.validate	= ckpt_label_validate,
		.checkpoint	= checkpoint_label,
	},
	[CKPT_HDR_LABELS] = {
		.name		= "LABELS",
		.min_len	= sizeof(struct ckpt_hdr_labels),
		.max_len	= sizeof(struct ckpt_hdr_labels) +
				  CKPT_LABELS_MAX * sizeof(struct ckpt_label_ref),
		.owner		= CKPT_OWNER_ANY,
		.validate	= ckpt_labels_validate,
	},
	[CKPT_HDR_TREE] = {
		.name		= "TREE",
		.min_len	= sizeof(struct ckpt_hdr_tree),
		.validate	= ckpt_tree_validate,
	},
	[CKPT_HDR_TREE_TASK] = {
		.name		= "TREE_TASK",
		.min_len	= sizeof(struct ckpt_hdr_tree_task),
		.owner		= CKPT_HDR_TREE,
		.validate	= ckpt_tree_task_validate,
	},
	[CKPT_HDR_META_END] = {
		.name		= "META_END",
		.min_len	= sizeof(struct ckpt_hdr_meta_end),
		.validate	= ckpt_meta_end_validate,
	},
	[CKPT_HDR_PID] = {
		.name		= "PID",
		.min_len	= sizeof(struct ckpt_hdr_pid),
		.max_len	= sizeof(struct ckpt_hdr_pid) +
				  CKPT_PID_LEVELS_MAX * sizeof(__s32),
		.class		= CKPT_CLASS_PID,
		.validate	= ckpt_pid_validate,
		.checkpoint	= checkpoint_pid,
		.restore	= restore_pid,
		.get		= ckpt_pid_get,
		.put		= ckpt_pid_put,
	},
	[CKPT_HDR_NS_USER] = {
		.name		= "NS_USER",
		.min_len	= sizeof(struct ckpt_hdr_ns_user),
		.max_len	= sizeof(struct ckpt_hdr_ns_user) +
				  3 * CKPT_NS_EXTENTS_MAX *
				  sizeof(struct ckpt_idmap) + 4,
		.class		= CKPT_CLASS_NS_USER,
		.validate	= ckpt_ns_user_validate,
		.checkpoint	= checkpoint_ns_user,
		.restore	= restore_ns_user,
		.get		= ckpt_ns_get,
		.put		= ckpt_ns_put,
	},
	[CKPT_HDR_NS_UTS] = {
		.name		= "NS_UTS",
		.min_len	= sizeof(struct ckpt_hdr_ns_uts),
		.class		= CKPT_CLASS_NS_UTS,
		.validate	= ckpt_ns_uts_validate,
		.checkpoint	= checkpoint_ns_uts,
		.restore	= restore_ns_uts,
		.get		= ckpt_ns_get,
		.put		= ckpt_ns_put,
	},
	[CKPT_HDR_NS_IPC] = {
		.name		= "NS_IPC",
		.min_len	= sizeof(struct ckpt_hdr_ns_ipc),
		.class		= CKPT_CLASS_NS_IPC,
		.validate	= ckpt_ns_ipc_validate,
		.checkpoint	= checkpoint_ns_ipc,
		.restore	= restore_ns_ipc,
		.get		= ckpt_ns_get,
		.put		= ckpt_ns_put,
	},
	[CKPT_HDR_NS_NET] = {
		.name		= "NS_NET",
		.min_len	= sizeof(struct ckpt_hdr_ns),
		.class		= CKPT_CLASS_NS_NET,
		.validate	= ckpt_ns_validate,
		.checkpoint	= checkpoint_ns_net,
		.restore	= restore_ns_net,
		.get		= ckpt_ns_get,
		.put		= ckpt_ns_put,
	},
	[CKPT_HDR_NS_KEPT] = {
		.name		= "NS_KEPT",
		.min_len	= sizeof(struct ckpt_hdr_ns_kept),
		.owner		= CKPT_OWNER_NS,
		.validate	= ckpt_ns_kept_validate,
	},
	[CKPT_HDR_NS_PID] = {
		.name		= "NS_PID",
		.min_len	= sizeof(struct ckpt_hdr_ns_pid),
		.class		= CKPT_CLASS_NS_PID,
		.validate	= ckpt_ns_pid_validate,
		.checkpoint	= checkpoint_ns_pid,
		.restore	= restore_ns_pid,
		.get		= ckpt_ns_get,
		.put		= ckpt_ns_put,
	},
	[CKPT_HDR_NS_MNT] = {
		.name		= "NS_MNT",
		.min_len	= sizeof(struct ckpt_hdr_ns),
		.class		= CKPT_CLASS_NS_MNT,
		.validate	= ckpt_ns_validate,
		.checkpoint	= checkpoint_ns_mnt,
		.restore	= restore_ns_mnt,
		.get		= ckpt_ns_get,
		.put		= ckpt_ns_put,
	},
	[CKPT_HDR_NS_MOUNT] = {
		.name		= "NS_MOUNT",
		.min_len	= sizeof(struct ckpt_hdr_ns_mount),
		.max_len	= sizeof(struct ckpt_hdr_ns_mount) +
				  CKPT_MOUNT_LINE_MAX,
		.owner		= CKPT_HDR_NS_MNT,
		.validate	= ckpt_ns_mount_validate,
	},
	[CKPT_HDR_NS_CGROUP] = {
		.name		= "NS_CGROUP",
		.min_len	= sizeof(struct ckpt_hdr_ns),
		.class		= CKPT_CLASS_NS_CGROUP,
		.validate	= ckpt_ns_validate,
		.checkpoint	= checkpoint_ns_cgroup,
		.restore	= restore_ns_cgroup,
		.get		= ckpt_ns_get,
		.put		= ckpt_ns_put,
	},
	[CKPT_HDR_NS_TIME] = {
		.name		= "NS_TIME",
		.min_len	= sizeof(struct ckpt_hdr_ns_time),
		.class		= CKPT_CLASS_NS_TIME,
		.validate	= ckpt_ns_time_validate,
		.checkpoint	= checkpoint_ns_time,
		.restore	= restore_ns_time,
		.get		= ckpt_ns_get,
		.put		= ckpt_ns_put,
	},
	[CKPT_HDR_TASK_NS] = {
		.name		= "TASK_NS",
		.min_len	= sizeof(struct ckpt_hdr_task_ns),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_task_ns_validate,
	},
	[CKPT_HDR_MOUNT] = {
		.name		= "MOUNT",
		.min_len	= sizeof(struct ckpt_hdr_mount),
		.max_len	= sizeof(struct ckpt_hdr_mount) +
				  CKPT_MOUNT_LINE_MAX,
		.owner		= CKPT_HDR_CONTAINER,
		.validate	= ckpt_mount_validate,
	},
	[CKPT_HDR_NET_MSG] = {
		.name		= "NET_MSG",
		.min_len	= sizeof(struct ckpt_hdr_net_msg),
		.max_len	= sizeof(struct ckpt_hdr_net_msg) +
				  CKPT_NET_MSG_MAX,
		.owner		= CKPT_HDR_CONTAINER,
		.other_owner	= CKPT_HDR_NS_NET,
		.validate	= ckpt_net_msg_validate,
	},
	[CKPT_HDR_TASK] = {
		.name		= "TASK",
		.min_len	= sizeof(struct ckpt_hdr_task),
		.validate	= ckpt_task_validate,
	},
	[CKPT_HDR_TASK_OBJS] = {
		.name		= "TASK_OBJS",
		.min_len	= sizeof(struct ckpt_hdr_task_objs),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_task_objs_validate,
	},
	[CKPT_HDR_SIGNAL_TASK] = {
		.name		= "SIGNAL_TASK",
		.min_len	= sizeof(struct ckpt_hdr_signal_task),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_signal_task_validate,
	},
	[CKPT_HDR_SIGPENDING] = {
		.name		= "SIGPENDING",
		.min_len	= sizeof(struct ckpt_hdr_sigpending),
		.max_len	= CKPT_RECORD_MAX,
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_sigpending_validate,
	},
	[CKPT_HDR_SCHED] = {
		.name		= "SCHED",
		.min_len	= sizeof(struct ckpt_hdr_sched),
		.max_len	= sizeof(struct ckpt_hdr_sched) +
				  CKPT_CPUS_MAX / 8 * 2,
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_sched_validate,
	},
	[CKPT_HDR_CGROUP] = {
		.name		= "CGROUP",
		.min_len	= sizeof(struct ckpt_hdr_cgroup),
		.max_len	= sizeof(struct ckpt_hdr_cgroup) + PATH_MAX,
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_cgroup_validate,
	},
	[CKPT_HDR_SIGNAL] = {
		.name		= "SIGNAL",
		.min_len	= sizeof(struct ckpt_hdr_signal),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_signal_validate,
	},
	[CKPT_HDR_ITIMER] = {
		.name		= "ITIMER",
		.min_len	= sizeof(struct ckpt_hdr_itimer),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_itimer_validate,
	},
	[CKPT_HDR_POSIX_TIMER] = {
		.name		= "POSIX_TIMER",
		.min_len	= sizeof(struct ckpt_hdr_posix_timer),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_posix_timer_validate,
	},
	[CKPT_HDR_RLIMITS] = {
		.name		= "RLIMITS",
		.min_len	= sizeof(struct ckpt_hdr_rlimits),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_rlimits_validate,
	},
	[CKPT_HDR_SIGHAND] = {
		.name		= "SIGHAND",
		.min_len	= sizeof(struct ckpt_hdr_sighand),
		.class		= CKPT_CLASS_SIGHAND,
		.validate	= ckpt_sighand_validate,
		.checkpoint	= checkpoint_sighand,
		.restore	= restore_sighand,
		.put		= ckpt_sighand_put,
	},
	[CKPT_HDR_CRED] = {
		.name		= "CRED",
		.min_len	= sizeof(struct ckpt_hdr_cred),
		.max_len	= sizeof(struct ckpt_hdr_cred) +
				  CKPT_GROUPS_MAX * sizeof(__u32),
		.class		= CKPT_CLASS_CRED,
		.labelled	= CKPT_LABELLED_CRED,
		.validate	= ckpt_cred_validate,
		.checkpoint	= checkpoint_cred,
		.restore	= restore_cred_obj,
		.get		= ckpt_cred_get,
		.put		= ckpt_cred_put,
	},
	[CKPT_HDR_CRED_KEYS] = {
		.name		= "CRED_KEYS",
		.min_len	= sizeof(struct ckpt_hdr_cred_keys),
		.owner		= CKPT_HDR_CRED,
		.validate	= ckpt_cred_keys_validate,
	},
	[CKPT_HDR_KEY] = {
		.name		= "KEY",
		.min_len	= sizeof(struct ckpt_hdr_key),
		.max_len	= CKPT_RECORD_MAX,
		.class		= CKPT_CLASS_KEY,
		.labelled	= CKPT_LABELLED_KEY,
		.validate	= ckpt_key_validate,
		.checkpoint	= checkpoint_key,
		.restore	= restore_key,
		.get		= ckpt_key_get,
		.put		= ckpt_key_put,
	},
	[CKPT_HDR_AUDIT] = {
		.name		= "AUDIT",
		.min_len	= sizeof(struct ckpt_hdr_audit),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_audit_validate,
	},
	[CKPT_HDR_RESTART_BLOCK] = {
		.name		= "RESTART_BLOCK",
		.min_len	= sizeof(struct ckpt_hdr_restart_block),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_restart_block_validate,
	},
	[CKPT_HDR_FUTEX] = {
		.name		= "FUTEX",
		.min_len	= sizeof(struct ckpt_hdr_futex),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_futex_validate,
	},
	[CKPT_HDR_RSEQ] = {
		.name		= "RSEQ",
		.min_len	= sizeof(struct ckpt_hdr_rseq),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_rseq_validate,
	},
	[CKPT_HDR_FILES] = {
		.name		= "FILES",
		.min_len	= sizeof(struct ckpt_hdr_files),
		.class		= CKPT_CLASS_FILES,
		.validate	= ckpt_files_validate,
		.checkpoint	= checkpoint_files,
		.restore	= restore_files,
		.put		= ckpt_files_put,
	},
	[CKPT_HDR_FD] = {
		.name		= "FD",
		.min_len	= sizeof(struct ckpt_hdr_fd),
		.owner		= CKPT_HDR_FILES,
		.validate	= ckpt_fd_validate,
	},
	[CKPT_HDR_FS] = {
		.name		= "FS",
		.min_len	= sizeof(struct ckpt_hdr_fs),
		.max_len	= sizeof(struct ckpt_hdr_fs) + 2 * PATH_MAX,
		.class		= CKPT_CLASS_FS,
		.validate	= ckpt_fs_validate,
		.checkpoint	= checkpoint_fs,
		.restore	= restore_fs,
		.put		= ckpt_fs_put,
	},
	[CKPT_HDR_PIPE] = {
		.name		= "PIPE",
		.min_len	= sizeof(struct ckpt_hdr_pipe),
		.max_len	= sizeof(struct ckpt_hdr_pipe) + PATH_MAX,
		.class		= CKPT_CLASS_PIPE,
		.labelled	= CKPT_LABELLED_INODE,
		.validate	= ckpt_pipe_validate,
		.checkpoint	= checkpoint_pipe,
		.restore	= restore_pipe,
		.put		= ckpt_pipe_put,
	},
	[CKPT_HDR_PIPE_BUF] = {
		.name		= "PIPE_BUF",
		.min_len	= sizeof(struct ckpt_hdr_pipe_buf),
		.max_len	= sizeof(struct ckpt_hdr_pipe_buf) + PAGE_SIZE,
		.owner		= CKPT_HDR_PIPE,
		.validate	= ckpt_pipe_buf_validate,
	},
	[CKPT_HDR_UNLINKED] = {
		.name		= "UNLINKED",
		.min_len	= sizeof(struct ckpt_hdr_unlinked),
		.max_len	= sizeof(struct ckpt_hdr_unlinked) + PATH_MAX,
		.class		= CKPT_CLASS_UNLINKED,
		.labelled	= CKPT_LABELLED_CONTENTS,
		.validate	= ckpt_unlinked_validate,
		.checkpoint	= checkpoint_unlinked,
		.restore	= restore_unlinked,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_TMPFS] = {
		.name		= "TMPFS",
		.min_len	= sizeof(struct ckpt_hdr_tmpfs),
		.max_len	= sizeof(struct ckpt_hdr_tmpfs) + PATH_MAX,
		.class		= CKPT_CLASS_TMPFS,
		.validate	= ckpt_tmpfs_validate,
		.restore	= restore_tmpfs,
		.put		= ckpt_tmpfs_put,
	},
	[CKPT_HDR_TMPFS_NS] = {
		.name		= "TMPFS_NS",
		.min_len	= sizeof(struct ckpt_hdr_tmpfs_ns),
		.owner		= CKPT_HDR_TMPFS,
		.validate	= ckpt_tmpfs_ns_validate,
	},
	[CKPT_HDR_TMPFS_ENTRY] = {
		.name		= "TMPFS_ENTRY",
		.min_len	= sizeof(struct ckpt_hdr_tmpfs_entry),
		.max_len	= sizeof(struct ckpt_hdr_tmpfs_entry) +
				  NAME_MAX + 1 + PATH_MAX,
		.class		= CKPT_CLASS_TMPFS_ENTRY,
		.validate	= ckpt_tmpfs_entry_validate,
		.restore	= restore_tmpfs_entry,
		.put		= ckpt_tmpfs_entry_put,
	},
	[CKPT_HDR_XATTR] = {
		.name		= "XATTR",
		.min_len	= sizeof(struct ckpt_hdr_xattr),
		.max_len	= sizeof(struct ckpt_hdr_xattr) +
				  XATTR_NAME_MAX + 1 + XATTR_SIZE_MAX + 7,
		.owner		= CKPT_HDR_TMPFS_ENTRY,
		.validate	= ckpt_xattr_validate,
	},
	[CKPT_HDR_SOCKET] = {
		.name		= "SOCKET",
		.min_len	= sizeof(struct ckpt_hdr_socket),
		.max_len	= sizeof(struct ckpt_hdr_socket) +
				  CKPT_SOCKOPTS_MAX *
				  sizeof(struct ckpt_sockopt),
		.class		= CKPT_CLASS_SOCKET,
		.labelled	= CKPT_LABELLED_SOCK,
		.validate	= ckpt_socket_validate,
		.checkpoint	= checkpoint_socket,
		.restore	= restore_socket,
		.put		= ckpt_socket_put,
	},
	[CKPT_HDR_SOCK_UNIX] = {
		.name		= "SOCK_UNIX",
		.min_len	= sizeof(struct ckpt_hdr_sock_unix),
		.max_len	= sizeof(struct ckpt_hdr_sock_unix) +
				  2 * CKPT_UNIX_ADDR_MAX + PATH_MAX + 6,
		.validate	= ckpt_sock_unix_validate,
	},
	[CKPT_HDR_SOCK_INET] = {
		.name		= "SOCK_INET",
		.min_len	= sizeof(struct ckpt_hdr_sock_inet),
		.owner		= CKPT_HDR_SOCKET,
		.validate	= ckpt_sock_inet_validate,
	},
	[CKPT_HDR_SOCK_NETLINK] = {
		.name		= "SOCK_NETLINK",
		.min_len	= sizeof(struct ckpt_hdr_sock_netlink),
		.owner		= CKPT_HDR_SOCKET,
		.validate	= ckpt_sock_netlink_validate,
	},
	[CKPT_HDR_SKB] = {
		.name		= "SKB",
		.min_len	= sizeof(struct ckpt_hdr_skb),
		.max_len	= CKPT_RECORD_MAX,
		.owner		= CKPT_HDR_SOCK_UNIX,
		.validate	= ckpt_skb_validate,
	},
	[CKPT_HDR_FILE_EXTERNAL] = {
		.name		= "FILE_EXTERNAL",
		.min_len	= sizeof(struct ckpt_hdr_file_external),
		.max_len	= sizeof(struct ckpt_hdr_file_external) +
				  CKPT_KEY_MAX,
		.class		= CKPT_CLASS_FILE,
		.validate	= ckpt_file_external_validate,
		.checkpoint	= checkpoint_file_external,
		.restore	= restore_file_external,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_FILE_PATH] = {
		.name		= "FILE_PATH",
		.min_len	= sizeof(struct ckpt_hdr_file_path),
		.max_len	= sizeof(struct ckpt_hdr_file_path) + PATH_MAX,
		.class		= CKPT_CLASS_FILE,
		.validate	= ckpt_file_path_validate,
		.checkpoint	= checkpoint_file_path,
		.restore	= restore_file_path,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_FILE_INODE] = {
		.name		= "FILE_INODE",
		.min_len	= sizeof(struct ckpt_hdr_file_inode),
		.class		= CKPT_CLASS_FILE,
		.validate	= ckpt_file_inode_validate,
		.checkpoint	= checkpoint_file_inode,
		.restore	= restore_file_inode,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_FILE_PIPE] = {
		.name		= "FILE_PIPE",
		.min_len	= sizeof(struct ckpt_hdr_file_pipe),
		.class		= CKPT_CLASS_FILE,
		.validate	= ckpt_file_pipe_validate,
		.checkpoint	= checkpoint_file_pipe,
		.restore	= restore_file_pipe,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_PTY] = {
		.name		= "PTY",
		.min_len	= sizeof(struct ckpt_hdr_pty),
		.max_len	= sizeof(struct ckpt_hdr_pty) + PATH_MAX,
		.class		= CKPT_CLASS_PTY,
		.validate	= ckpt_pty_validate,
		.checkpoint	= checkpoint_pty,
		.restore	= restore_pty,
		.finish		= restore_pty_finish,
		.commit		= restore_pty_commit,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_TTY] = {
		.name		= "TTY",
		.min_len	= sizeof(struct ckpt_hdr_tty),
		.max_len	= sizeof(struct ckpt_hdr_tty) +
				  CKPT_TTY_BUF * 2 + CKPT_TTY_BUF / 8 +
				  CKPT_TTY_QUEUE_MAX,
		.owner		= CKPT_HDR_PTY,
		.validate	= ckpt_tty_validate,
	},
	[CKPT_HDR_FILE_PTY] = {
		.name		= "FILE_PTY",
		.min_len	= sizeof(struct ckpt_hdr_file_pty),
		.max_len	= sizeof(struct ckpt_hdr_file_pty) + PATH_MAX,
		.class		= CKPT_CLASS_FILE,
		.validate	= ckpt_file_pty_validate,
		.checkpoint	= checkpoint_file_pty,
		.restore	= restore_file_pty,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_FILE_EVENTFD] = {
		.name		= "FILE_EVENTFD",
		.min_len	= sizeof(struct ckpt_hdr_file_eventfd),
		.class		= CKPT_CLASS_FILE,
		.validate	= ckpt_file_eventfd_validate,
		.checkpoint	= checkpoint_file_eventfd,
		.restore	= restore_file_eventfd,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_FILE_EPOLL] = {
		.name		= "FILE_EPOLL",
		.min_len	= sizeof(struct ckpt_hdr_file_epoll),
		.class		= CKPT_CLASS_FILE,
		.validate	= ckpt_file_epoll_validate,
		.checkpoint	= checkpoint_file_epoll,
		.restore	= restore_file_epoll,
		.finish		= restore_file_epoll_finish,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_EPOLL_ITEM] = {
		.name		= "EPOLL_ITEM",
		.min_len	= sizeof(struct ckpt_hdr_epoll_item),
		.owner		= CKPT_HDR_FILE_EPOLL,
		.validate	= ckpt_epoll_item_validate,
	},
	[CKPT_HDR_FILE_INOTIFY] = {
		.name		= "FILE_INOTIFY",
		.min_len	= sizeof(struct ckpt_hdr_file_inotify),
		.class		= CKPT_CLASS_FILE,
		.validate	= ckpt_file_inotify_validate,
		.checkpoint	= checkpoint_file_inotify,
		.restore	= restore_file_inotify,
		.finish		= restore_file_inotify_finish,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_INOTIFY_EVENT] = {
		.name		= "INOTIFY_EVENT",
		.min_len	= sizeof(struct ckpt_hdr_inotify_event),
		.max_len	= sizeof(struct ckpt_hdr_inotify_event) +
				  NAME_MAX + 1,
		.owner		= CKPT_HDR_FILE_INOTIFY,
		.validate	= ckpt_inotify_event_validate,
	},
	[CKPT_HDR_INOTIFY_WATCH] = {
		.name		= "INOTIFY_WATCH",
		.min_len	= sizeof(struct ckpt_hdr_inotify_watch),
		.max_len	= sizeof(struct ckpt_hdr_inotify_watch) +
				  PATH_MAX,
		.owner		= CKPT_HDR_FILE_INOTIFY,
		.validate	= ckpt_inotify_watch_validate,
	},
	[CKPT_HDR_FILE_PIDFD] = {
		.name		= "FILE_PIDFD",
		.min_len	= sizeof(struct ckpt_hdr_file_pidfd),
		.class		= CKPT_CLASS_FILE,
		.validate	= ckpt_file_pidfd_validate,
		.checkpoint	= checkpoint_file_pidfd,
		.restore	= restore_file_pidfd,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_FILE_SIGNALFD] = {
		.name		= "FILE_SIGNALFD",
		.min_len	= sizeof(struct ckpt_hdr_file_signalfd),
		.class		= CKPT_CLASS_FILE,
		.validate	= ckpt_file_signalfd_validate,
		.checkpoint	= checkpoint_file_signalfd,
		.restore	= restore_file_signalfd,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_FILE_TIMERFD] = {
		.name		= "FILE_TIMERFD",
		.min_len	= sizeof(struct ckpt_hdr_file_timerfd),
		.class		= CKPT_CLASS_FILE,
		.validate	= ckpt_file_timerfd_validate,
		.checkpoint	= checkpoint_file_timerfd,
		.restore	= restore_file_timerfd,
		.commit		= restore_file_timerfd_commit,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_LOCK] = {
		.name		= "LOCK",
		.min_len	= sizeof(struct ckpt_hdr_lock),
		.validate	= ckpt_lock_validate,
	},
	[CKPT_HDR_FILE_OWNER] = {
		.name		= "FILE_OWNER",
		.min_len	= sizeof(struct ckpt_hdr_file_owner),
		.validate	= ckpt_file_owner_validate,
	},
	[CKPT_HDR_FILE_SOCKET] = {
		.name		= "FILE_SOCKET",
		.min_len	= sizeof(struct ckpt_hdr_file_socket),
		.class		= CKPT_CLASS_FILE,
		.validate	= ckpt_file_socket_validate,
		.checkpoint	= checkpoint_file_socket,
		.restore	= restore_file_socket,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_FILE_MQUEUE] = {
		.name		= "FILE_MQUEUE",
		.min_len	= sizeof(struct ckpt_hdr_file_mqueue),
		.class		= CKPT_CLASS_FILE,
		.validate	= ckpt_file_mqueue_validate,
		.checkpoint	= checkpoint_file_mqueue,
		.restore	= restore_file_mqueue,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_FILE_NS] = {
		.name		= "FILE_NS",
		.min_len	= sizeof(struct ckpt_hdr_file_ns),
		.class		= CKPT_CLASS_FILE,
		.validate	= ckpt_file_ns_validate,
		.checkpoint	= checkpoint_file_ns,
		.restore	= restore_file_ns,
		.finish		= restore_file_ns_finish,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_FILE_PROC] = {
		.name		= "FILE_PROC",
		.min_len	= sizeof(struct ckpt_hdr_file_proc),
		.max_len	= sizeof(struct ckpt_hdr_file_proc) + PATH_MAX +
				  CKPT_PROC_TEXT_MAX,
		.class		= CKPT_CLASS_FILE_LATE,
		.validate	= ckpt_file_proc_validate,
		.checkpoint	= checkpoint_file_proc,
		.restore	= restore_file_proc,
		.put		= ckpt_file_put,
	},
	[CKPT_HDR_MM] = {
		.name		= "MM",
		.min_len	= sizeof(struct ckpt_hdr_mm),
		.class		= CKPT_CLASS_MM,
		.validate	= ckpt_mm_validate,
		.checkpoint	= checkpoint_mm,
		.restore	= restore_mm,
		.get		= ckpt_mm_get,
		.put		= ckpt_mm_put,
	},
	[CKPT_HDR_VMA] = {
		.name		= "VMA",
		.min_len	= sizeof(struct ckpt_hdr_vma),
		.max_len	= sizeof(struct ckpt_hdr_vma) + CKPT_VMA_NAME_MAX,
		.owner		= CKPT_HDR_MM,
		.validate	= ckpt_vma_validate,
	},
	[CKPT_HDR_AUXV] = {
		.name		= "AUXV",
		.min_len	= sizeof(struct ckpt_hdr_auxv),
		.max_len	= sizeof(struct ckpt_hdr_auxv) +
				  CKPT_AUXV_MAX * sizeof(__u64),
		.owner		= CKPT_HDR_MM,
		.validate	= ckpt_auxv_validate,
	},
	[CKPT_HDR_INODE] = {
		.name		= "INODE",
		.min_len	= sizeof(struct ckpt_hdr_inode),
		.class		= CKPT_CLASS_INODE,
		.labelled	= CKPT_LABELLED_FILE,
		.validate	= ckpt_inode_validate,
		.checkpoint	= checkpoint_inode,
		.restore	= restore_inode,
		.get		= ckpt_inode_get,
		.put		= ckpt_inode_put,
	},
	[CKPT_HDR_IPC_SHM] = {
		.name		= "IPC_SHM",
		.min_len	= sizeof(struct ckpt_hdr_ipc_shm),
		.owner		= CKPT_HDR_NS_IPC,
		.labelled	= CKPT_LABELLED_IPC,
		.validate	= ckpt_ipc_shm_validate,
	},
	[CKPT_HDR_IPC_SEM] = {
		.name		= "IPC_SEM",
		.min_len	= sizeof(struct ckpt_hdr_ipc_sem),
		.max_len	= sizeof(struct ckpt_hdr_ipc_sem) +
				  CKPT_SEMS_MAX * sizeof(struct ckpt_ipc_sem),
		.owner		= CKPT_HDR_NS_IPC,
		.labelled	= CKPT_LABELLED_IPC,
		.validate	= ckpt_ipc_sem_validate,
	},
	[CKPT_HDR_IPC_SEM_UNDO] = {
		.name		= "IPC_SEM_UNDO",
		.min_len	= sizeof(struct ckpt_hdr_ipc_sem_undo),
		.max_len	= sizeof(struct ckpt_hdr_ipc_sem_undo) +
				  CKPT_SEMS_MAX * sizeof(__s16),
		.owner		= CKPT_HDR_TASK,
		.validate	= ckpt_ipc_sem_undo_validate,
	},
	[CKPT_HDR_IPC_MSG] = {
		.name		= "IPC_MSG",
		.min_len	= sizeof(struct ckpt_hdr_ipc_msg),
		.owner		= CKPT_HDR_NS_IPC,
		.labelled	= CKPT_LABELLED_IPC,
		.validate	= ckpt_ipc_msg_validate,
	},
	[CKPT_HDR_IPC_MSG_MSG] = {
		.name		= "IPC_MSG_MSG",
		.min_len	= sizeof(struct ckpt_hdr_ipc_msg_msg),
		.max_len	= CKPT_RECORD_MAX,
		.owner		= CKPT_HDR_NS_IPC,
		.labelled	= CKPT_LABELLED_MSG,
		.validate	= ckpt_ipc_msg_msg_validate,
	},
	[CKPT_HDR_MQUEUE_DIR] = {
		.name		= "MQUEUE_DIR",
		.min_len	= sizeof(struct ckpt_hdr_mqueue_dir),
		.owner		= CKPT_HDR_NS_IPC,
		.validate	= ckpt_mqueue_dir_validate,
	},
	[CKPT_HDR_MQUEUE] = {
		.name		= "MQUEUE",
		.min_len	= sizeof(struct ckpt_hdr_mqueue),
		.max_len	= sizeof(struct ckpt_hdr_mqueue) + NAME_MAX + 8,
		.class		= CKPT_CLASS_MQUEUE,
		.labelled	= CKPT_LABELLED_INODE,
		.validate	= ckpt_mqueue_validate,
		.checkpoint	= checkpoint_mqueue,
		.restore	= restore_mqueue,
		.finish		= restore_mqueue_finish,
		.put		= ckpt_mqueue_put,
	},
	[CKPT_HDR_MQUEUE_MSG] = {
		.name		= "MQUEUE_MSG",
		.min_len	= sizeof(struct ckpt_hdr_mqueue_msg),
		.max_len	= CKPT_RECORD_MAX,
		.owner		= CKPT_HDR_MQUEUE,
		.validate	= ckpt_mqueue_msg_validate,
	},
};

/* What tasks have for themselves, in the order of the image. */
const struct ckpt_task_kind * const ckpt_task_kinds[] = {
	&ckpt_arch_task_kind,
	&ckpt_signal_task_kind,
	&ckpt_process_task_kind,
	&ckpt_rlimits_task_kind,
	&ckpt_sched_task_kind,
	&ckpt_cgroup_task_kind,
	&ckpt_zombie_task_kind,
	&ckpt_sem_undo_task_kind,
	&ckpt_shm_task_kind,
	&ckpt_futex_task_kind,
	&ckpt_rseq_task_kind,
	&ckpt_restart_block_task_kind,
	&ckpt_audit_task_kind,
	&ckpt_label_task_kind,
	NULL
};

/**
 * ckpt_kind - all there is to know about a type of record
 * @type: the type
 *
 * Return: its row of the tables, or NULL if there is none.
 */
const struct ckpt_kind *ckpt_kind(u32 type)
{
	const struct ckpt_kind *k;

	if (type >= CKPT_HDR_ARCH)
		return ckpt_arch_kind(type);
	if (type >= ARRAY_SIZE(generic_kinds))
		return NULL;
	k = &generic_kinds[type];
	return k->name ? k : NULL;
}

/**
 * ckpt_labelled - what security modules see in an object
 * @type: record type of the object
 *
 * Return: one of enum ckpt_labelled. External files belong to somebody else,
 * and so do their labels.
 */
enum ckpt_labelled ckpt_labelled(u32 type)
{
	const struct ckpt_kind *k = ckpt_kind(type);

	if (!k)
		return CKPT_LABELLED_NOT;
	if (k->class == CKPT_CLASS_FILE && type != CKPT_HDR_FILE_EXTERNAL)
		return CKPT_LABELLED_FILE;
	return k->labelled;
}
