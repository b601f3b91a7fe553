// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions and variables of the kernel that are not here (see Makefile): who
 * touches one is stopped, with its name.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "missing.h"

/* As in the Makefile. */
#define FIRST	(4096 + 16)
#define EACH	16

static struct sigaction old;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	const char *name = missing_names;
	uintptr_t nr = ((uintptr_t)info->si_addr - FIRST) / EACH;

	for (; *name && nr; nr--)
		name += strlen(name) + 1;
	if (*name) {
		fprintf(stderr, "%s of the kernel is used, which is not here\n", name);
		abort();
	}
	sigaction(sig, &old, NULL);
}

__attribute__((constructor)) static void catch_faults(void)
{
	struct sigaction sa = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};

	if (sigaction(SIGSEGV, &sa, &old))
		abort();
}
