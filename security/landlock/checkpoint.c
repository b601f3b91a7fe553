// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock - What a checkpoint has to know
 *
 * A domain has no name under which it could be found again, and nothing can
 * make it anew but the rulesets it was made of, which are gone.  So what is
 * tied to a domain is refused: the credentials of a sandboxed task, and open
 * files that have lost access rights in a sandbox.
 */

#include <linux/lsm_checkpoint.h>
#include <linux/lsm_hooks.h>

#include "checkpoint.h"
#include "common.h"
#include "cred.h"
#include "fs.h"
#include "limits.h"
#include "setup.h"

static bool has_limited_access(const struct file *const file)
{
	return landlock_file(file)->allowed_access != LANDLOCK_MASK_ACCESS_FS;
}

static int hook_checkpoint_state(const struct lsm_ckpt_obj *const obj,
				 const char **const what)
{
	switch (obj->type) {
	case LSM_CKPT_CRED:
		if (landlock_cred(obj->cred)->domain)
			*what = "domain";
		break;
	case LSM_CKPT_FILE:
		if (has_limited_access(obj->file))
			*what = "file opened in a domain";
		break;
	default:
		break;
	}
	return 0;
}

static struct security_hook_list landlock_hooks[] __ro_after_init = {
	LSM_HOOK_INIT(checkpoint_state, hook_checkpoint_state),
};

__init void landlock_add_checkpoint_hooks(void)
{
	security_add_hooks(landlock_hooks, ARRAY_SIZE(landlock_hooks),
			   &landlock_lsmid);
}
