/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the commands of ckpt share
 */
#ifndef CKPT_H
#define CKPT_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "compiler.h"
#include "libcheckpoint.h"

enum {
	EXIT_OK		= 0,
	EXIT_FAILED	= 1,	/* what was asked for has failed */
	EXIT_USAGE	= 2,	/* the command line is wrong */
	EXIT_ELSEWHERE	= 3,	/* verify: sound, but not for this machine */
	EXIT_DYING	= 4,	/* --kill: the image is complete, the tree not gone */
	EXIT_OURS	= 125,	/* ckpt failed where it passes on a status */
	EXIT_NOEXEC	= 126,	/* run: the command cannot be executed */
	EXIT_NOENT	= 127,	/* run: the command is not there */
};

/**
 * struct command - a command of ckpt
 * @name: its name
 * @args: what follows the options, for the usage
 * @brief: what it does, in one line
 * @help: its options
 * @letters: those of one letter, as getopt_long() takes them
 * @options: those with a name
 * @option: takes one that is not in struct request; 0, or an exit status
 * @run: does it; argv[0] is @name. Return: exit status.
 */
struct command {
	const char *name;
	const char *args;
	const char *brief;
	const char *help;
	const char *letters;
	const struct option *options;
	int (*option)(int c, void *own);
	int (*run)(int argc, char **argv);
};

extern const struct command cmd_checkpoint;
extern const struct command cmd_restart;
extern const struct command cmd_thaw;
extern const struct command cmd_run;
extern const struct command cmd_show;
extern const struct command cmd_verify;

/* ckpt.c */
__printf(1, 2)
void say(const char *fmt, ...);
__printf(2, 3)
int usage(const struct command *cmd, const char *fmt, ...);
int usage_getopt(const struct command *cmd, int c, char **argv);
int help(const struct command *cmd);
bool parse_pid(const char *s, pid_t *pid);
bool parse_seconds(const char *s, double *seconds);
void say_lines(const char *text);
struct json_object;
int print_json(struct json_object *o);

/* Options that several commands have; letters stand for themselves. */
enum {
	OPT_EXTERNAL = 256, OPT_FORCE, OPT_JSON, OPT_LOG, OPT_PIDFILE,
	OPT_SHELL_JOB, OPT_STATS,
	OPT_OWN,		/* a command's own ones start here */
};

#define OPTION_DETACH		{ "detach", no_argument, NULL, 'd' }
#define OPTION_EXTERNAL		{ "external", required_argument, NULL, OPT_EXTERNAL }
#define OPTION_FORCE		{ "force", no_argument, NULL, OPT_FORCE }
#define OPTION_HELP		{ "help", no_argument, NULL, 'h' }
#define OPTION_IMAGE		{ "image", required_argument, NULL, 'o' }
#define OPTION_JSON		{ "json", no_argument, NULL, OPT_JSON }
#define OPTION_LOG		{ "log", required_argument, NULL, OPT_LOG }
#define OPTION_PIDFILE		{ "pidfile", required_argument, NULL, OPT_PIDFILE }
#define OPTION_QUIET		{ "quiet", no_argument, NULL, 'q' }
#define OPTION_SHELL_JOB	{ "shell-job", no_argument, NULL, OPT_SHELL_JOB }
#define OPTION_STATS		{ "stats", required_argument, NULL, OPT_STATS }
#define OPTION_VERBOSE		{ "verbose", no_argument, NULL, 'v' }

/**
 * struct request - what the options that several commands have ask for
 * @call: the call
 * @image: to write or to read
 * @external: KEY:PATH arguments
 * @nr_external: their number
 * @log: where the kernel's messages go, or NULL
 * @stats: where the statistics go, or NULL
 * @pidfile: or NULL
 * @force: replace the image if it exists
 * @detach: do not wait for the tree
 * @json: print the result as JSON
 * @verbose: print more
 * @quiet: print less
 */
struct request {
	struct ckpt_call *call;
	const char *image;
	const char **external;
	int nr_external;
	const char *log;
	const char *stats;
	const char *pidfile;
	bool force;
	bool detach;
	bool json;
	bool verbose;
	bool quiet;
};

bool request_external(struct request *rq, const char *arg);
int request_prepare(struct request *rq, pid_t tty_of, int flags);
int request_stats(const struct request *rq, const char *name,
		  struct json_object *o);
void request_end(struct request *rq);
int write_pidfile(const char *path, pid_t pid);
int read_pidfile(const char *path, pid_t *pid);
void say_failure(const struct request *rq, bool restart, const char *what,
		 int err);

/* options.c */
int parse_options(const struct command *cmd, int argc, char **argv,
		  struct request *rq, void *own);

/* text.c */
void put_text(FILE *f, const char *s);
void put_json(FILE *f, const char *s);

/* output.c: the file an image is written to */
struct output {
	const char *path;
	char *tmp;
	int fd;
	bool force;
	bool direct;
	bool created;
};

int output_open(struct output *out, const char *path);
int output_commit(struct output *out);
void output_abort(struct output *out);
void progress_start(const struct output *out);
void progress_stop(void);

/* cmd_checkpoint.c */
int do_checkpoint(struct request *rq, pid_t pid, unsigned long long flags);
int whole_or_subtree(pid_t pid, unsigned long long *flags);

/* cmd_restart.c */
void signals_catch(void);
void signals_block(void);
int wait_for_root(pid_t pid);

#endif /* CKPT_H */
