/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ckpt restart consists of
 */
#ifndef CKPT_RESTART_H
#define CKPT_RESTART_H

#include "ckpt.h"
#include "container.h"

/**
 * struct restart_options - what the command line asks for
 * @fd: the image
 * @flags: for restart()
 * @pidns: in a pid namespace of its own
 * @here: a container, too, gets no mounts and network of its own
 * @ct: the environment the image was taken in
 */
struct restart_options {
	int fd;
	unsigned long long flags;
	bool pidns;
	bool here;
	struct container ct;
};

/* cmd_restart.c */
pid_t restart_here(struct request *rq, const struct restart_options *o);
int restart_and_wait(struct request *rq, const struct restart_options *o);
void tell_restarted(const struct request *rq, pid_t pid,
		    const struct restart_stats *stats);

/* container_restart.c */
int restart_networks(struct request *rq, struct restart_options *o);
int restart_container(struct request *rq, struct restart_options *o);

#endif /* CKPT_RESTART_H */
