// SPDX-License-Identifier: GPL-2.0-only
/*
 * ckpt - checkpoint and restart trees of processes, look into images
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <json-c/json.h>

#include "ckpt.h"

static const struct command *const commands[] = {
	&cmd_checkpoint,
	&cmd_restart,
	&cmd_thaw,
	&cmd_run,
	&cmd_show,
	&cmd_verify,
};

#define NR_COMMANDS	ARRAY_SIZE(commands)

void say(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	fflush(stdout);
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	fputs("ckpt: ", stderr);
	put_text(stderr, text ? text : fmt);
	fputc('\n', stderr);
	free(text);
}

/* Text of several lines, each with our name in front. */
void say_lines(const char *text)
{
	const char *end;

	while (*text) {
		end = strchrnul(text, '\n');
		say("%.*s", (int)(end - text), text);
		text = *end ? end + 1 : end;
	}
}

int usage(const struct command *cmd, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say("%s: %s; see 'ckpt %s --help'", cmd->name, text, cmd->name);
	return EXIT_USAGE;
}

/* getopt_long() with opterr = 0 has returned ':' or '?'. */
int usage_getopt(const struct command *cmd, int c, char **argv)
{
	if (c == ':')
		return usage(cmd, "%s needs an argument", argv[optind - 1]);
	if (optopt && optopt < 128)
		return usage(cmd, "unknown option -%c", optopt);
	return usage(cmd, "unknown or unsuitable option %s", argv[optind - 1]);
}

int help(const struct command *cmd)
{
	printf("usage: ckpt %s %s\n%s\n\n%s", cmd->name, cmd->args, cmd->brief,
	       cmd->help);
	return EXIT_OK;
}

bool parse_pid(const char *s, pid_t *pid)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(s, &end, 10);
	if (errno || end == s || *end || v < 0 || v > INT_MAX)
		return false;
	*pid = v;
	return true;
}

bool parse_seconds(const char *s, double *seconds)
{
	char *end;

	errno = 0;
	*seconds = strtod(s, &end);
	return !errno && end != s && !*end && isfinite(*seconds) &&
	       *seconds >= 0 && *seconds <= 1e6;
}

int print_json(struct json_object *o)
{
	int flags = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE;
	bool made = o;

	if (o)
		put_json(stdout, json_object_to_json_string_ext(o, flags));
	putchar('\n');
	json_object_put(o);
	if (!made || fflush(stdout) || ferror(stdout)) {
		say("cannot print the result: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

/* ---- what checkpoint and restart have in common ---- */

/* Where the key of KEY:PATH ends; those of namespaces are "ns:NUMBER". */
static const char *end_of_key(const char *arg)
{
	const char *p = arg + 3;

	if (!strncmp(arg, "ns:", 3)) {
		p += strspn(p, "0123456789");
		if (p > arg + 3 && *p == ':')
			return p;
	}
	return strchr(arg, ':');
}

bool request_external(struct request *rq, const char *arg)
{
	const char *colon = end_of_key(arg);
	const char **p;

	if (!colon || colon == arg || !colon[1] ||
	    colon - arg >= CKPT_KEY_MAX)
		return false;
	p = reallocarray(rq->external, rq->nr_external + 1, sizeof(*p));
	if (!p)
		return false;
	rq->external = p;
	p[rq->nr_external++] = arg;
	return true;
}

static int add_external(struct request *rq, int flags)
{
	char key[CKPT_KEY_MAX];
	const char *path;
	int i, err;

	for (i = 0; i < rq->nr_external; i++) {
		path = end_of_key(rq->external[i]) + 1;
		snprintf(key, sizeof(key), "%.*s",
			 (int)(path - rq->external[i] - 1), rq->external[i]);
		err = ckpt_call_add_path(rq->call, key, path, flags);
		/* What cannot be opened for both may do for one. */
		if (flags && (err == -EACCES || err == -EISDIR ||
			      err == -EROFS || err == -EPERM))
			err = ckpt_call_add_path(rq->call, key, path, 0);
		if (err) {
			say("external resource %s: %s: %s", key, path,
			    err == -EEXIST ? "this key was given before" :
					     strerror(-err));
			return err;
		}
	}
	return 0;
}

/*
 * Ready the call. @tty_of: whose terminal is handed over unless "tty" is given;
 * 0 is our own. @flags: how to open external resources.
 */
int request_prepare(struct request *rq, pid_t tty_of, int flags)
{
	int err, fd;

	rq->call = ckpt_call_new();
	if (!rq->call) {
		say("out of memory");
		return -ENOMEM;
	}
	err = add_external(rq, flags);
	if (err)
		return err;
	if (!ckpt_call_has_key(rq->call, "tty")) {
		err = ckpt_call_add_tty(rq->call, tty_of);
		if (err < 0) {
			say("terminal: %s", strerror(-err));
			return err;
		}
	}
	if (!rq->log)
		return 0;
	fd = open(rq->log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0) {
		err = -errno;
		say("log file %s: %s", rq->log, strerror(-err));
		return err;
	}
	ckpt_call_set_log(rq->call, fd);
	return 0;
}

void request_end(struct request *rq)
{
	ckpt_call_free(rq->call);
	free(rq->external);
}

/* Write, and print if asked to, { @name: @o }; takes @o. */
int request_stats(const struct request *rq, const char *name,
		  struct json_object *o)
{
	struct json_object *out = json_object_new_object();
	int fd, err = 0;

	json_object_object_add(out, name, o);
	if (rq->stats) {
		fd = open(rq->stats, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			  0644);
		if (fd < 0 || json_object_to_fd(fd, out,
						JSON_C_TO_STRING_PRETTY)) {
			err = -1;
			say("statistics file %s: %s", rq->stats,
			    strerror(errno));
		}
		if (fd >= 0)
			close(fd);
	}
	json_object_put(out);
	return err;
}

int write_pidfile(const char *path, pid_t pid)
{
	FILE *f = fopen(path, "we");

	if (f && fprintf(f, "%d\n", (int)pid) > 0 && !fclose(f))
		return 0;
	say("pid file %s: %s", path, strerror(errno));
	return -1;
}

int read_pidfile(const char *path, pid_t *pid)
{
	char line[32] = "";
	FILE *f = fopen(path, "re");

	if (!f) {
		say("pid file %s: %s", path, strerror(errno));
		return -1;
	}
	if (fgets(line, sizeof(line), f))
		line[strcspn(line, "\n")] = '\0';
	fclose(f);
	if (parse_pid(line, pid) && *pid)
		return 0;
	say("pid file %s: holds no process id", path);
	return -1;
}

/* ---- what to do about an error ---- */

static const struct advice {
	int err;
	const char *checkpoint;
	const char *restart;
} advice[] = {
	{ ENOSYS, "boot a kernel built with CONFIG_CHECKPOINT=y",
	  "boot a kernel built with CONFIG_CHECKPOINT=y" },
	{ EPERM, "run it as root, or as the owner of the tasks' user namespace",
	  "run it as root, or as owner of a user namespace that may have all the image asks for" },
	{ EACCES, "run it as root, or as the owner of the tasks' user namespace",
	  "the files the image refers to must be accessible to you" },
	{ EOPNOTSUPP, "close or stop using what is named above, or hand it over with --external",
	  "hand over what is named above by --external, or restart on a kernel that supports it" },
	{ EBADMSG, NULL, "find out more with 'ckpt verify'; take another copy of the image" },
	{ ESTALE, NULL, "put the file named above back as it was at the checkpoint" },
	{ EBUSY, "somebody else uses what is named above (a debugger, a process outside): end that, hand it over with --external, or raise --timeout",
	  "try again" },
	{ EEXIST, NULL, "end that process, or restart in a new pid namespace with --pidns" },
	{ ESRCH, "there is no such process, or it is exiting", NULL },
	{ ENOSPC, "free space on the image's filesystem", NULL },
	{ EINTR, "interrupted; the tasks run on as if nothing had happened",
	  "interrupted; no task was created" },
	{ ENOMEM, "free memory, or raise the limit of the cgroup",
	  "free memory, or raise the limits of the cgroup and the user" },
};

void say_failure(const struct request *rq, bool restart, const char *what,
		 int err)
{
	const char *message = rq->call ? ckpt_call_message(rq->call) : "";
	const char *hint = NULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(advice); i++)
		if (advice[i].err == -err)
			hint = restart ? advice[i].restart :
					 advice[i].checkpoint;
	say_lines(message);
	say("%s: %s%s%s", what, strerror(-err), hint ? "; " : "",
	    hint ? hint : "");
	if (*message && rq->log)
		say("the log is %s", rq->log);
}

/* ---- start ---- */

static int print_usage(FILE *f)
{
	unsigned int i;

	fputs("usage: ckpt COMMAND [OPTION]... [ARGUMENT]...\n\n", f);
	for (i = 0; i < NR_COMMANDS; i++)
		fprintf(f, "  %-12s%s\n", commands[i]->name,
			commands[i]->brief);
	fputs("\n'ckpt COMMAND --help' shows the options; ckpt(1) says all.\n",
	      f);
	return f == stdout ? EXIT_OK : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	unsigned int i;

	if (argc < 2)
		return print_usage(stderr);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help"))
		return print_usage(stdout);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("ckpt %s, image format %d\n", LIBCHECKPOINT_VERSION,
		       CKPT_FORMAT_VERSION);
		return EXIT_OK;
	}
	opterr = 0;
	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i]->name))
			return commands[i]->run(argc - 1, argv + 1);
	say("there is no command '%s'; see 'ckpt --help'", argv[1]);
	return EXIT_USAGE;
}
