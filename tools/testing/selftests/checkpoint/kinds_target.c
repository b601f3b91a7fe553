// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checkpoint/restart - the target of several tests that has a mount namespace
 *
 * usage: kinds_target SHARED tree|tmpfs
 *
 * SHARED is the file that target and test share. What a program has open, and
 * the program itself, must be found in its mount namespace: so this one executes
 * itself again there.
 */
#include "mixed_tree.h"

static struct shared *map_shared(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct shared *sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	return sh == MAP_FAILED ? NULL : sh;
}

int main(int argc, char **argv)
{
	struct shared *sh;

	if (argc == 3) {
		if ((mkdir(KINDS_DIR, 0700) && errno != EEXIST) || unshare(CLONE_NEWNS) ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			return 1;
		execl(argv[0], argv[0], argv[1], argv[2], "again", NULL);
		return 1;
	}
	if (argc != 4)
		return 2;
	close_range(0, ~0U, 0);
	if (open("/dev/null", O_RDWR) || dup(0) != 1 || dup(0) != 2)
		return 1;
	sh = map_shared(argv[1]);
	if (!sh)
		return 1;
	if (!strcmp(argv[2], "tree"))
		mixed_grow(sh, kinds_root);
	kinds_own_ns(sh);
	kinds_tmpfs(sh);
	target_step(sh, 1);
	return atomic_load(&sh->failed) ? 1 : 0;
}
