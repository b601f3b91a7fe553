// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of what several kinds of records have
 */
#define _GNU_SOURCE
#include <signal.h>
#include <linux/capability.h>

#include "record.h"

#define SIG(n)	{ SIG##n, "SIG" #n }

const struct ckpt_name ckpt_signal_names[] = {
	SIG(HUP), SIG(INT), SIG(QUIT), SIG(ILL), SIG(TRAP), SIG(ABRT),
	SIG(BUS), SIG(FPE), SIG(KILL), SIG(USR1), SIG(SEGV), SIG(USR2),
	SIG(PIPE), SIG(ALRM), SIG(TERM), SIG(STKFLT), SIG(CHLD), SIG(CONT),
	SIG(STOP), SIG(TSTP), SIG(TTIN), SIG(TTOU), SIG(URG), SIG(XCPU),
	SIG(XFSZ), SIG(VTALRM), SIG(PROF), SIG(WINCH), SIG(IO), SIG(PWR),
	SIG(SYS),
	{ 0, NULL }
};

/* Those of capabilities(7) without their prefix. */
const struct ckpt_name ckpt_cap_names[] = {
	{ CAP_CHOWN, "chown" },
	{ CAP_DAC_OVERRIDE, "dac_override" },
	{ CAP_DAC_READ_SEARCH, "dac_read_search" },
	{ CAP_FOWNER, "fowner" },
	{ CAP_FSETID, "fsetid" },
	{ CAP_KILL, "kill" },
	{ CAP_SETGID, "setgid" },
	{ CAP_SETUID, "setuid" },
	{ CAP_SETPCAP, "setpcap" },
	{ CAP_LINUX_IMMUTABLE, "linux_immutable" },
	{ CAP_NET_BIND_SERVICE, "net_bind_service" },
	{ CAP_NET_BROADCAST, "net_broadcast" },
	{ CAP_NET_ADMIN, "net_admin" },
	{ CAP_NET_RAW, "net_raw" },
	{ CAP_IPC_LOCK, "ipc_lock" },
	{ CAP_IPC_OWNER, "ipc_owner" },
	{ CAP_SYS_MODULE, "sys_module" },
	{ CAP_SYS_RAWIO, "sys_rawio" },
	{ CAP_SYS_CHROOT, "sys_chroot" },
	{ CAP_SYS_PTRACE, "sys_ptrace" },
	{ CAP_SYS_PACCT, "sys_pacct" },
	{ CAP_SYS_ADMIN, "sys_admin" },
	{ CAP_SYS_BOOT, "sys_boot" },
	{ CAP_SYS_NICE, "sys_nice" },
	{ CAP_SYS_RESOURCE, "sys_resource" },
	{ CAP_SYS_TIME, "sys_time" },
	{ CAP_SYS_TTY_CONFIG, "sys_tty_config" },
	{ CAP_MKNOD, "mknod" },
	{ CAP_LEASE, "lease" },
	{ CAP_AUDIT_WRITE, "audit_write" },
	{ CAP_AUDIT_CONTROL, "audit_control" },
	{ CAP_SETFCAP, "setfcap" },
	{ CAP_MAC_OVERRIDE, "mac_override" },
	{ CAP_MAC_ADMIN, "mac_admin" },
	{ CAP_SYSLOG, "syslog" },
	{ CAP_WAKE_ALARM, "wake_alarm" },
	{ CAP_BLOCK_SUSPEND, "block_suspend" },
	{ CAP_AUDIT_READ, "audit_read" },
	{ 38, "perfmon" },
	{ 39, "bpf" },
	{ 40, "checkpoint_restore" },
	{ 0, NULL }
};

/* As the kernel stores them, that is, of the machine's 64-bit ABI. */
const struct ckpt_name ckpt_open_flags[] = {
	{ 00000001, "wronly" },
	{ 00000002, "rdwr" },
	{ CKPT_O_EXEC, "exec" },
	{ 00002000, "append" },
	{ 00004000, "nonblock" },
	{ 04010000, "sync" },
	{ 00010000, "dsync" },
	{ 00020000, "async" },
	{ 00040000, "direct" },
	{ 00100000, "largefile" },
	{ 00200000, "directory" },
	{ 00400000, "nofollow" },
	{ 01000000, "noatime" },
	{ 02000000, "cloexec" },
	{ 010000000, "path" },
	{ 020200000, "tmpfile" },
	{ 0, NULL }
};
