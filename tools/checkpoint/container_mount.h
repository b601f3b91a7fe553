/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How mounts of a container are made again
 */
#ifndef CKPT_CONTAINER_MOUNT_H
#define CKPT_CONTAINER_MOUNT_H

#include <libmount.h>
#include <stdbool.h>
#include <sys/types.h>

#include "compiler.h"
#include "container.h"

/**
 * struct mounts - the mounts of one container
 * @ct: the container
 * @user: user namespace that they belong to, 0 if that is outside
 * @image: what was mounted, from the image
 * @here: what is mounted here
 * @root: directory that becomes the root
 * @dir: the directory it was made in
 * @old_root: the root before @entered, or -1
 * @done: ids of those mounted, in no order
 * @nr_done: number of them
 * @nr_late: how many have to wait for restart()
 * @entered: @root is the root
 * @nested: the other mount namespaces of the container, or NULL
 */
struct mounts {
	struct container *ct;
	__u32 user;
	struct libmnt_table *image;
	struct libmnt_table *here;
	char root[64];
	int dir;
	int old_root;
	struct libmnt_fs **done;
	int nr_done;
	int nr_late;
	bool entered;
	struct mntns_set *nested;
};

/* container_mount.c */
struct libmnt_table *mount_parse(char *text);
const struct container_map *mount_map(const struct mounts *m,
				      struct libmnt_fs *fs);
__printf(3, 4) int mount_failed(struct libmnt_fs *fs, int err, const char *fmt,
				...);
void mount_close(int fd);
int mount_open_place(const struct mounts *m, struct libmnt_fs *fs, mode_t make);
int mount_open_outside(const struct mounts *m, const char *path);
int mount_note_made(struct container *ct, int fd);
int mount_open_part(const struct container *ct, int dir, const char *top,
		    struct libmnt_fs *fs, const struct mount_info *info);
int mount_open_twin(const struct mounts *m, struct libmnt_fs *fs,
		    const struct mount_info *info);
int mount_part_failed(struct libmnt_fs *fs, int err);
unsigned long mount_flags(struct libmnt_fs *fs);
int mount_set_options(int fd, unsigned long flags);
int mount_lock(int fd, unsigned long flags, __u32 locked);
char *mount_data(const struct mounts *m, struct libmnt_fs *fs, __u32 user,
		 unsigned long *flags);
bool mount_is_idmapped(struct libmnt_fs *fs);
bool mount_is_tmpfs(struct libmnt_fs *fs);
bool mount_is_nsfs(struct libmnt_fs *fs);
bool mount_is_late(struct libmnt_fs *fs);
bool mount_is_fresh(const struct mounts *m, struct libmnt_fs *fs);
bool mount_is_done(const struct mounts *m, int id);
bool mount_is_covered(const struct mounts *m, struct libmnt_fs *fs);
bool mount_is_root(const struct mounts *m, struct libmnt_fs *fs);
struct libmnt_fs *mount_find_twin(const struct mounts *m, struct libmnt_fs *fs);
struct libmnt_fs *mount_find_here(const struct mounts *m, struct libmnt_fs *fs);
int mount_make_read_only(const struct mounts *m, struct libmnt_fs *fs);
bool mount_is_there(int from, int to);
int mount_enter_init(pid_t init);

/* container_mntns.c */
int mntns_finish(struct mntns_set *set, pid_t init);
void mntns_free(struct mntns_set *set);

#endif /* CKPT_CONTAINER_MOUNT_H */
