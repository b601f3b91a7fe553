// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - UTS namespaces
 *
 * Saved: host name and domain name, owner.
 * Not saved: what uname() says of kernel and machine, which are those that the
 *	tasks run on.
 */
#include <linux/err.h>
#include <linux/nsproxy.h>
#include <linux/proc_ns.h>
#include <linux/utsname.h>
#include "container.h"
#include "namespaces.h"

static_assert(__NEW_UTS_LEN + 1 <= CKPT_UTS_LEN);

/**
 * checkpoint_ns_uts - write a UTS namespace
 * @ctx: the checkpoint
 * @obj: struct ns_common
 *
 * Return: 0, or an errno that has been reported.
 */
int checkpoint_ns_uts(struct ckpt_ctx *ctx, void *obj)
{
	struct uts_namespace *ns = container_of(obj, struct uts_namespace, ns);
	int user = ckpt_ns_owner_id(ctx, obj), ret;
	struct ckpt_hdr_ns_uts *h;

	if (user < 0)
		return user;
	h = ckpt_new_obj(ctx, CKPT_HDR_NS_UTS, sizeof(*h));
	ret = ckpt_ns_fill(ctx, obj, user, (void *)h);
	if (ret)
		return ret;
	down_read(&uts_sem);
	strscpy(h->nodename, ns->name.nodename, __NEW_UTS_LEN + 1);
	strscpy(h->domainname, ns->name.domainname, __NEW_UTS_LEN + 1);
	up_read(&uts_sem);
	return checkpoint_kept_by(ctx, obj);
}

/**
 * ckpt_ns_uts_validate - check an NS_UTS record
 * @v: the pass over the records
 * @h: the record
 *
 * Return: 0 or -EBADMSG
 */
int ckpt_ns_uts_validate(struct ckpt_validator *v, const struct ckpt_hdr *h)
{
	const struct ckpt_hdr_ns_uts *u = (const void *)h;

	if (!ckpt_string_ok(u->nodename, sizeof(u->nodename)) ||
	    !ckpt_string_ok(u->domainname, sizeof(u->domainname)) ||
	    strlen(u->nodename) > __NEW_UTS_LEN ||
	    strlen(u->domainname) > __NEW_UTS_LEN)
		return ckpt_bad(v, "name is too long");
	return ckpt_ns_validate(v, h);
}

/**
 * restore_ns_uts - make a UTS namespace
 * @ctx: the restart
 * @h: NS_UTS record
 * @c: unused
 *
 * Return: its struct ns_common, referenced, or ERR_PTR() of a reported errno.
 */
void *restore_ns_uts(struct ckpt_ctx *ctx, const struct ckpt_hdr *h,
		     struct ckpt_cursor *c)
{
	struct ns_common *external = ckpt_ns_external(ctx, h->id, CLONE_NEWUTS);
	const struct ckpt_hdr_ns_uts *u = (const void *)h;
	struct user_namespace *owner;
	struct uts_namespace *ns;

	if (external)
		return external;
	owner = ckpt_ns_owner(ctx, &u->ns);
	if (IS_ERR(owner))
		return owner;
	ns = copy_utsname(CLONE_NEWUTS, owner, current->nsproxy->uts_ns);
	if (IS_ERR(ns))
		return ERR_PTR(ckpt_err(ctx, ckpt_ns_errno(PTR_ERR(ns)),
					"UTS namespace"));
	down_write(&uts_sem);
	strscpy_pad(ns->name.nodename, u->nodename);
	strscpy_pad(ns->name.domainname, u->domainname);
	up_write(&uts_sem);
	return &ns->ns;
}
