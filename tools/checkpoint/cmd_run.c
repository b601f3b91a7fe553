// SPDX-License-Identifier: GPL-2.0-only
/*
 * ckpt run - start a command so that it can be checkpointed later
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ckpt.h"

struct run_options {
	const char *output;
	double at;
	unsigned long long flags;
};

static bool redirect(const char *path, int flags, int to)
{
	int fd = open(path, flags | O_NOCTTY, 0666);

	if (fd < 0) {
		say("%s: %s", path, strerror(errno));
		return false;
	}
	if (fd != to) {
		dup2(fd, to);
		close(fd);
	}
	return true;
}

/* Nothing of ours stays: no terminal, session, descriptor or signal setting. */
static void be_command(const struct run_options *o, char **argv, int report)
{
	sigset_t none;
	int sig, err;

	/* Out of the way of the command's own descriptors. */
	report = fcntl(report, F_DUPFD_CLOEXEC, 3);
	setsid();
	for (sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!redirect("/dev/null", O_RDONLY, 0))
		_exit(EXIT_OURS);
	if (!redirect(o->output ? o->output : "/dev/null",
		      O_WRONLY | O_CREAT | O_APPEND, 1))
		_exit(EXIT_OURS);
	dup2(1, 2);
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	execvp(argv[0], argv);
	err = errno;
	while (write(report, &err, sizeof(err)) < 0 && errno == EINTR)
		;
	_exit(EXIT_NOEXEC);
}

/* Start it. Return: its process id, or -1 and an exit status in @status. */
static pid_t start(const struct run_options *o, char **argv, int *status)
{
	int report[2], err = 0;
	pid_t pid;

	pid = pipe2(report, O_CLOEXEC) ? -1 : fork();
	if (pid < 0) {
		say("cannot start %s: %s", argv[0], strerror(errno));
		*status = EXIT_OURS;
		return -1;
	}
	if (!pid)
		be_command(o, argv, report[1]);
	close(report[1]);
	while (read(report[0], &err, sizeof(err)) < 0 && errno == EINTR)
		;
	close(report[0]);
	if (!err)
		return pid;
	waitpid(pid, NULL, 0);
	say("%s: %s", argv[0], strerror(err));
	*status = err == ENOENT ? EXIT_NOENT : EXIT_NOEXEC;
	return -1;
}

/* Wait for the moment. Return: false if the command, or we, end before. */
static bool sleep_until(pid_t pid, double at)
{
	struct timespec ts = { at, (at - (time_t)at) * 1e9 };
	siginfo_t info;

	if (nanosleep(&ts, NULL))
		return false;
	info.si_pid = 0;
	return !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) &&
	       !info.si_pid;
}

static int checkpoint_it(struct request *rq, const struct run_options *o,
			 pid_t pid)
{
	if (!sleep_until(pid, o->at)) {
		say("%s was not written: the command ended, or a signal came, before",
		    rq->image);
		return -1;
	}
	if (request_prepare(rq, pid, 0))
		return -1;
	return do_checkpoint(rq, pid, o->flags | CHECKPOINT_SUBTREE);
}

static int run_with(struct request *rq, const struct run_options *o,
		    char **argv)
{
	int status = EXIT_OURS, err = 0;
	pid_t pid;

	pid = start(o, argv, &status);
	if (pid < 0)
		return status;
	if (rq->pidfile && write_pidfile(rq->pidfile, pid))
		err = -1;
	signals_catch();
	if (rq->image && checkpoint_it(rq, o, pid) < 0)
		err = -1;
	if (rq->detach) {
		printf("%d\n", (int)pid);
		return err ? EXIT_OURS : EXIT_OK;
	}
	status = wait_for_root(pid);
	return err ? EXIT_OURS : status;
}

enum { OPT_OUTPUT = OPT_OWN, OPT_AT, OPT_KILL };

static const struct option options[] = {
	OPTION_IMAGE,
	{ "at",		required_argument, NULL, OPT_AT },
	{ "kill",	no_argument, NULL, OPT_KILL },
	{ "output",	required_argument, NULL, OPT_OUTPUT },
	OPTION_FORCE, OPTION_LOG, OPTION_PIDFILE,
	OPTION_DETACH, OPTION_VERBOSE, OPTION_QUIET, OPTION_HELP,
	{ NULL }
};

static const char help_text[] =
"The command gets a session of its own, /dev/null as standard input, and no\n"
"other descriptors.\n\n"
"      --output FILE      append its output and errors to FILE, not /dev/null\n"
"      --pidfile FILE     write its process id to FILE\n"
"  -d, --detach           print its process id and do not wait for it\n"
"  -o, --image FILE       checkpoint it once ...\n"
"      --at SECONDS       ... after SECONDS (default 0)\n"
"      --kill             ... and kill it\n"
"      --force            replace the image if it exists\n"
"      --log FILE         append the kernel's messages to FILE\n"
"  -v, --verbose          print more about the checkpoint\n"
"  -q, --quiet            print errors only\n"
"\n"
"Without --detach, signals are passed on to the command, and its exit status is\n"
"ours: 128 + N if signal N killed it, 127 if there is no such command, 126 if\n"
"it cannot be executed, 125 if something else failed, such as the checkpoint.\n";

static int take_option(int c, void *own)
{
	struct run_options *o = own;

	switch (c) {
	case OPT_AT:
		if (!parse_seconds(optarg, &o->at))
			return usage(&cmd_run,
				     "--at %s is no number of seconds", optarg);
		break;
	case OPT_KILL:
		o->flags |= CHECKPOINT_KILL;
		break;
	case OPT_OUTPUT:
		o->output = optarg;
		break;
	}
	return EXIT_OK;
}

static int run_run(int argc, char **argv)
{
	struct run_options o = { 0 };
	struct request rq = { 0 };
	int ret;

	ret = parse_options(&cmd_run, argc, argv, &rq, &o);
	if (!ret && optind == argc)
		ret = usage(&cmd_run, "a command is missing");
	if (!ret)
		ret = run_with(&rq, &o, argv + optind);
	request_end(&rq);
	return ret;
}

const struct command cmd_run = {
	.name = "run",
	.args = "[OPTION]... COMMAND [ARGUMENT]...",
	.brief = "start a command so that it can be checkpointed later",
	.help = help_text,
	.letters = "+:o:dvqh",
	.options = options,
	.option = take_option,
	.run = run_run,
};
