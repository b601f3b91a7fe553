// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - who may use the calls at all
 *
 * kernel.ckpt_unpriv_allowed is for administrators who do not want to rely on
 * the checks of the calls themselves. Neither call ever gives anybody more than
 * other calls do, whatever its value is.
 *
 * Root restarts a container from inside of its user namespace, and has no
 * privilege there any more. So that of whoever opened the setting for writing
 * counts, too, if the caller of restart() supplies the file.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/magic.h>
#include <linux/string.h>
#include <linux/sysctl.h>
#include <linux/user_namespace.h>
#include "../fs/proc/internal.h"
#include "internal.h"

/**
 * enum unpriv_allowed - values of kernel.ckpt_unpriv_allowed
 * @UNPRIV_NONE: both calls take privilege in the initial user namespace
 * @UNPRIV_CHECKPOINT: restart() does
 * @UNPRIV_BOTH: none does; the default
 */
enum unpriv_allowed { UNPRIV_NONE, UNPRIV_CHECKPOINT, UNPRIV_BOTH };

static int unpriv_allowed = UNPRIV_BOTH;

static struct ctl_table ckpt_sysctls[] = {
	{
		.procname	= "ckpt_unpriv_allowed",
		.data		= &unpriv_allowed,
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_TWO,
	},
};

static bool is_setting(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	return inode->i_sb->s_magic == PROC_SUPER_MAGIC &&
	       PROC_I(inode)->sysctl_entry == ckpt_sysctls;
}

/* Nobody opens it for writing by chance, or lets it be inherited. */
static bool is_excepted(const struct ckpt_ctx *ctx)
{
	const struct file *file;
	u32 i;

	for (i = 0; i < ctx->nr_external; i++) {
		file = ctx->external[i].file;
		if (!strcmp(ctx->external[i].key, CKPT_KEY_UNPRIV_ALLOWED) &&
		    is_setting(file) && file->f_mode & FMODE_WRITE &&
		    (file_ns_capable(file, &init_user_ns, CAP_CHECKPOINT_RESTORE) ||
		     file_ns_capable(file, &init_user_ns, CAP_SYS_ADMIN)))
			return true;
	}
	return false;
}

/**
 * ckpt_may_use - whether the caller may use the call
 * @ctx: the operation; of a restart with what the caller supplies
 *
 * Return: 0, or %-EPERM, which has been reported.
 */
int ckpt_may_use(struct ckpt_ctx *ctx)
{
	int needed = ctx->op == CKPT_OP_RESTART ? UNPRIV_BOTH : UNPRIV_CHECKPOINT;

	if (READ_ONCE(unpriv_allowed) >= needed ||
	    checkpoint_restore_ns_capable(&init_user_ns) || is_excepted(ctx))
		return 0;
	return ckpt_err(ctx, -EPERM,
			"not permitted without CAP_CHECKPOINT_RESTORE (kernel.ckpt_unpriv_allowed is %d)",
			READ_ONCE(unpriv_allowed));
}

static int __init ckpt_sysctl_init(void)
{
	register_sysctl_init("kernel", ckpt_sysctls);
	return 0;
}
late_initcall(ckpt_sysctl_init);
