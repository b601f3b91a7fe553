// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file an image is written to: there whole, or not at all
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ckpt.h"

static int create(struct output *out, const char *path)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	out->fd = open(path, flags, 0600);
	if (out->fd < 0 && errno == EEXIST && out->force && !unlink(path))
		out->fd = open(path, flags, 0600);
	out->created = out->fd >= 0;
	if (out->created)
		return 0;
	if (errno == EEXIST)
		say("%s is in the way: another checkpoint writes it, or has left it behind; remove it, or use --force",
		    path);
	else
		say("image %s: %s", path, strerror(errno));
	return -1;
}

/*
 * Set up @out, of which @force and @direct have been set: whether it may
 * replace a file, and whether it gets its name at once. Return: 0 or -1, with a
 * message.
 */
int output_open(struct output *out, const char *path)
{
	struct stat st;

	out->path = path;
	out->tmp = NULL;
	out->created = false;
	if (!strcmp(path, "-")) {
		out->fd = STDOUT_FILENO;
		if (!isatty(out->fd))
			return 0;
		say("the image would go to a terminal; use --image FILE, or a pipe");
		return -1;
	}
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		out->fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
		if (out->fd < 0)
			say("image %s: %s", path, strerror(errno));
		return out->fd < 0 ? -1 : 0;
	}
	if (!out->force && !lstat(path, &st)) {
		say("image %s exists; choose another name, or use --force",
		    path);
		return -1;
	}
	if (out->direct)
		return create(out, path);
	if (asprintf(&out->tmp, "%s.tmp", path) < 0) {
		out->tmp = NULL;
		say("out of memory");
		return -1;
	}
	if (!create(out, out->tmp))
		return 0;
	free(out->tmp);
	return -1;
}

static const char *present_name(const struct output *out)
{
	return out->tmp ? out->tmp : out->path;
}

static int put_in_place(const struct output *out)
{
	int err;

	if (!out->tmp)
		return 0;
	if (out->force)
		return rename(out->tmp, out->path);
	err = renameat2(AT_FDCWD, out->tmp, AT_FDCWD, out->path,
			RENAME_NOREPLACE);
	if (!err || (errno != EINVAL && errno != ENOSYS))
		return err;
	return link(out->tmp, out->path) ?: unlink(out->tmp);
}

static void sync_dir(const char *path)
{
	char *copy = strdup(path);
	int fd;

	if (!copy)
		return;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

/*
 * The image is complete. Whatever happens from here on, it must not get lost:
 * with --kill it is all that is left of the tasks. Return: 0 or -1, with a
 * message.
 */
int output_commit(struct output *out)
{
	int err = 0;

	if (!out->created)
		return 0;
	if (fsync(out->fd)) {
		say("image %s: %s; it is left there, and may be incomplete",
		    present_name(out), strerror(errno));
		err = -1;
	} else if (put_in_place(out)) {
		say("image %s: %s; it is complete, and left as %s", out->path,
		    strerror(errno), out->tmp);
		err = -1;
	} else {
		sync_dir(out->path);
	}
	close(out->fd);
	free(out->tmp);
	out->tmp = NULL;
	return err;
}

void output_abort(struct output *out)
{
	if (!out->created)
		return;
	unlink(present_name(out));
	close(out->fd);
	free(out->tmp);
	out->tmp = NULL;
}

/* ---- progress, on a terminal ---- */

static pthread_t progress_thread;
static int progress_pipe[2] = { -1, -1 };

static void *progress_main(void *arg)
{
	struct timespec wait = { 0, 250000000 };
	const struct output *out = arg;
	bool shown = false;
	struct stat st;
	char stop;

	while (read(progress_pipe[0], &stop, 1) < 0 && errno == EAGAIN) {
		nanosleep(&wait, NULL);
		if (!fstat(out->fd, &st) && st.st_size > 0) {
			fprintf(stderr, "\rckpt: %.1f MiB written ",
				st.st_size / 1048576.0);
			shown = true;
		}
	}
	if (shown)
		fputs("\r\033[K", stderr);
	return NULL;
}

/* The thread takes no signals: they are to interrupt the system call. */
void progress_start(const struct output *out)
{
	sigset_t all, old;

	if (!out->tmp || !isatty(STDERR_FILENO) ||
	    pipe2(progress_pipe, O_CLOEXEC | O_NONBLOCK))
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&progress_thread, NULL, progress_main,
			   (void *)out)) {
		close(progress_pipe[0]);
		close(progress_pipe[1]);
		progress_pipe[0] = -1;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void progress_stop(void)
{
	if (progress_pipe[0] < 0)
		return;
	close(progress_pipe[1]);
	pthread_join(progress_thread, NULL);
	close(progress_pipe[0]);
	progress_pipe[0] = -1;
}
