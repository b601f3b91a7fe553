// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - who may use the calls at all
 *
 * kernel.ckpt_unpriv_allowed is for administrators who do not want to rely on
 * the checks of the calls themselves. Neither call ever gives anybody more than
 * other calls do, whatever its value is.
 */
#include <linux/capability.h>
#include <linux/init.h>
#include <linux/sysctl.h>
#include <linux/user_namespace.h>
#include "internal.h"

/**
 * enum unpriv_allowed - values of kernel.ckpt_unpriv_allowed
 * @UNPRIV_NONE: both calls take privilege in the initial user namespace
 * @UNPRIV_CHECKPOINT: restart() does
 * @UNPRIV_BOTH: none does; the default
 */
enum unpriv_allowed { UNPRIV_NONE, UNPRIV_CHECKPOINT, UNPRIV_BOTH };

static int unpriv_allowed = UNPRIV_BOTH;

/**
 * ckpt_may_use - whether the caller may use the call
 * @ctx: the operation
 *
 * Return: 0, or %-EPERM, which has been reported.
 */
int ckpt_may_use(struct ckpt_ctx *ctx)
{
	int needed = ctx->op == CKPT_OP_RESTART ? UNPRIV_BOTH : UNPRIV_CHECKPOINT;

	if (READ_ONCE(unpriv_allowed) >= needed ||
	    checkpoint_restore_ns_capable(&init_user_ns))
		return 0;
	return ckpt_err(ctx, -EPERM,
			"not permitted without CAP_CHECKPOINT_RESTORE (kernel.ckpt_unpriv_allowed is %d)",
			READ_ONCE(unpriv_allowed));
}

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

static int __init ckpt_sysctl_init(void)
{
	register_sysctl_init("kernel", ckpt_sysctls);
	return 0;
}
late_initcall(ckpt_sysctl_init);
