// SPDX-License-Identifier: GPL-2.0-only
/*
 * ckpt checkpoint, ckpt thaw
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <json-c/json.h>

#include "ckpt.h"

enum {
	OPT_SUBTREE = OPT_OWN, OPT_CONTAINER, OPT_KILL, OPT_LEAVE_RUNNING,
	OPT_LEAVE_FROZEN, OPT_TIMEOUT,
};

static const struct option options[] = {
	OPTION_IMAGE,
	{ "subtree",		no_argument, NULL, OPT_SUBTREE },
	{ "container",		no_argument, NULL, OPT_CONTAINER },
	{ "kill",		no_argument, NULL, OPT_KILL },
	{ "leave-running",	no_argument, NULL, OPT_LEAVE_RUNNING },
	{ "leave-frozen",	no_argument, NULL, OPT_LEAVE_FROZEN },
	{ "timeout",		required_argument, NULL, OPT_TIMEOUT },
	OPTION_EXTERNAL, OPTION_FORCE, OPTION_JSON, OPTION_LOG, OPTION_PIDFILE,
	OPTION_SHELL_JOB, OPTION_STATS,
	OPTION_VERBOSE, OPTION_QUIET, OPTION_HELP,
	{ NULL }
};

static const char help_text[] =
"  -o, --image FILE       write the image there; - is standard output\n"
"      --force            replace FILE if it exists\n"
"      --pidfile FILE     take PID from FILE\n"
"      --container        PID must be the init of a pid namespace\n"
"      --subtree          PID need not be one (default: --container if it is)\n"
"      --kill             kill the tree once the image is complete\n"
"      --leave-frozen     leave it stopped; 'ckpt thaw' lets it run\n"
"      --leave-running    let it run on (default)\n"
"      --external KEY:PATH\n"
"                         PATH belongs to others; record it by KEY only\n"
"      --shell-job        hand over the tree's terminal as \"tty\" (always done)\n"
"      --timeout SECONDS  how long the tasks may take to stop (default 10)\n"
"      --log FILE         append the kernel's messages to FILE\n"
"      --stats FILE       write statistics to FILE, as JSON\n"
"      --json             print statistics as JSON\n"
"  -v, --verbose          print statistics\n"
"  -q, --quiet            print errors only\n";

static const char *const endings[] = {
	[CHECKPOINT_KILL]		= "--kill",
	[CHECKPOINT_LEAVE_FROZEN]	= "--leave-frozen",
};

int whole_or_subtree(pid_t pid, unsigned long long *flags)
{
	int init = ckpt_pid_is_init(pid);

	if (init < 0) {
		say("process %d: %s", pid, init == -ESRCH ?
		    "there is none of this number; name a running process" :
		    strerror(-init));
		return -1;
	}
	if (!init)
		*flags |= CHECKPOINT_SUBTREE;
	return 0;
}

static void print_stats(const struct request *rq)
{
	const char *image = strcmp(rq->image, "-") ? rq->image : "the stream";
	const struct checkpoint_stats *s = ckpt_call_checkpoint_stats(rq->call);

	say("%llu task%s, %.1f MiB in %s; stopped for %.2f ms after %.2f ms of stopping; %.1f ms of writing memory",
	    s->nr_tasks, s->nr_tasks == 1 ? "" : "s",
	    s->image_bytes / 1048576.0, image, s->capture_time / 1e6,
	    s->freezing_time / 1e6, s->memwrite_time / 1e6);
	if (!rq->verbose)
		return;
	say("stopped: %.2f ms of it for memory; pages: %llu scanned, %llu written, %llu of them shared; %llu objects; %.1f KiB besides memory",
	    s->memdump_time / 1e6, s->pages_scanned, s->pages_written,
	    s->pages_shared, s->nr_objects, s->meta_bytes / 1024.0);
}

static pid_t parent_of(pid_t pid)
{
	char path[64], buf[512], *p;
	int ppid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	/* The name may hold anything, but it is the last thing in brackets. */
	buf[fread(buf, 1, sizeof(buf) - 1, f)] = '\0';
	p = strrchr(buf, ')');
	if (!p || sscanf(p + 1, " %*c %d", &ppid) != 1)
		ppid = 0;
	fclose(f);
	return ppid;
}

/* Whether we are part of the tree below @pid ourselves. */
static bool in_tree(pid_t pid)
{
	pid_t p;

	for (p = getpid(); p > 0; p = parent_of(p))
		if (p == pid || !pid)
			return true;
	return false;
}

/*
 * As part of the tree, we are in the image, too, with all we have open: the
 * image must have its name already, and there must be no thread that looks
 * after its progress. Return: 0, 1 in the copy of us that has been restarted,
 * or -1 with a message.
 */
int do_checkpoint(struct request *rq, pid_t pid, unsigned long long flags)
{
	struct output out = { .force = rq->force, .direct = in_tree(pid) };
	char what[64];
	int ret;

	if (output_open(&out, rq->image))
		return -1;
	if (!out.direct)
		progress_start(&out);
	ret = ckpt_checkpoint(rq->call, pid, out.fd, flags);
	progress_stop();
	if (ret < 0) {
		output_abort(&out);
		snprintf(what, sizeof(what), "checkpoint of process %d", pid);
		say_failure(rq, false, what, ret);
		return -1;
	}
	say_lines(ckpt_call_message(rq->call));
	if (!ret)
		return 1;
	if (output_commit(&out))
		return -1;
	if (!rq->quiet)
		print_stats(rq);
	return 0;
}

static int set_ending(unsigned long long *flags, bool *running,
		      unsigned long long flag)
{
	unsigned long long have = *flags & (CHECKPOINT_KILL |
					    CHECKPOINT_LEAVE_FROZEN);

	if ((have && have != flag) || (*running && flag))
		return usage(&cmd_checkpoint, "%s contradicts %s",
			     flag ? endings[flag] : "--leave-running",
			     have ? endings[have] : "--leave-running");
	*flags |= flag;
	*running |= !flag;
	return EXIT_OK;
}

struct checkpoint_options {
	unsigned long long flags;
	bool running;
	bool container;
	bool subtree;
	double timeout;
	pid_t pid;
};

static int take_option(int c, void *own)
{
	struct checkpoint_options *o = own;

	switch (c) {
	case OPT_SUBTREE:
		o->subtree = true;
		break;
	case OPT_CONTAINER:
		o->container = true;
		break;
	case OPT_KILL:
		return set_ending(&o->flags, &o->running, CHECKPOINT_KILL);
	case OPT_LEAVE_FROZEN:
		return set_ending(&o->flags, &o->running,
				  CHECKPOINT_LEAVE_FROZEN);
	case OPT_LEAVE_RUNNING:
		return set_ending(&o->flags, &o->running, 0);
	case OPT_TIMEOUT:
		if (!parse_seconds(optarg, &o->timeout) || o->timeout == 0)
			return usage(&cmd_checkpoint,
				     "--timeout %s is no number of seconds",
				     optarg);
		break;
	}
	return EXIT_OK;
}

static int check_options(const struct request *rq, struct checkpoint_options *o,
			 int argc, char **argv)
{
	if (!rq->image)
		return usage(&cmd_checkpoint, "--image FILE is missing");
	if (o->subtree && o->container)
		return usage(&cmd_checkpoint, "--subtree contradicts --container");
	if (rq->json && !strcmp(rq->image, "-"))
		return usage(&cmd_checkpoint,
			     "--json needs standard output, which the image takes; use --stats FILE");
	if (rq->pidfile) {
		if (argc)
			return usage(&cmd_checkpoint,
				     "--pidfile and PID exclude each other");
		return read_pidfile(rq->pidfile, &o->pid) ? EXIT_FAILED : 0;
	}
	if (argc != 1)
		return usage(&cmd_checkpoint, argc ? "more than one PID" :
						     "PID is missing");
	if (!parse_pid(argv[0], &o->pid))
		return usage(&cmd_checkpoint, "'%s' is no process id", argv[0]);
	return EXIT_OK;
}

static int checkpoint_with(struct request *rq, struct checkpoint_options *o)
{
	const struct checkpoint_stats *stats;
	struct json_object *o_stats;
	int ret;

	if (o->subtree)
		o->flags |= CHECKPOINT_SUBTREE;
	else if (whole_or_subtree(o->pid, &o->flags))
		return EXIT_FAILED;
	if (o->container && o->flags & CHECKPOINT_SUBTREE) {
		say("process %d is not the init of a pid namespace; name one, or leave out --container",
		    o->pid);
		return EXIT_FAILED;
	}
	if (request_prepare(rq, o->pid ? o->pid : getpid(), 0))
		return EXIT_FAILED;
	ckpt_call_set_timeout(rq->call, o->timeout * 1000 + 0.999);
	signals_catch();
	ret = do_checkpoint(rq, o->pid, o->flags);
	if (ret)
		return ret < 0 ? EXIT_FAILED : EXIT_OK;
	stats = ckpt_call_checkpoint_stats(rq->call);
	o_stats = ckpt_checkpoint_stats_json(stats);
	ret = rq->json ? print_json(json_object_get(o_stats)) : EXIT_OK;
	if (request_stats(rq, "dump", o_stats))
		ret = EXIT_FAILED;
	return ret ?: stats->nr_dying ? EXIT_DYING : EXIT_OK;
}

static int run_checkpoint(int argc, char **argv)
{
	struct checkpoint_options o = { 0 };
	struct request rq = { 0 };
	int ret;

	ret = parse_options(&cmd_checkpoint, argc, argv, &rq, &o);
	if (!ret)
		ret = check_options(&rq, &o, argc - optind, argv + optind);
	if (!ret)
		ret = checkpoint_with(&rq, &o);
	request_end(&rq);
	return ret;
}

const struct command cmd_checkpoint = {
	.name = "checkpoint",
	.args = "--image FILE [OPTION]... PID",
	.brief = "write the tree of processes below PID to an image",
	.help = help_text,
	.letters = ":o:vqh",
	.options = options,
	.option = take_option,
	.run = run_checkpoint,
};

static const struct option thaw_options[] = {
	OPTION_VERBOSE, OPTION_HELP,
	{ NULL }
};

static int run_thaw(int argc, char **argv)
{
	struct request rq = { 0 };
	char what[64];
	pid_t pid;
	int err;

	err = parse_options(&cmd_thaw, argc, argv, &rq, NULL);
	if (err)
		return err;
	if (argc - optind != 1)
		return usage(&cmd_thaw, "needs exactly one PID");
	if (!parse_pid(argv[optind], &pid) || !pid)
		return usage(&cmd_thaw, "'%s' is no process id", argv[optind]);
	rq.call = ckpt_call_new();
	err = rq.call ? ckpt_thaw(rq.call, pid) : -ENOMEM;
	if (err < 0) {
		snprintf(what, sizeof(what), "thaw of process %d", pid);
		say_failure(&rq, false, what, err);
	}
	request_end(&rq);
	return err < 0 ? EXIT_FAILED : EXIT_OK;
}

const struct command cmd_thaw = {
	.name = "thaw",
	.args = "PID",
	.brief = "let a tree run that was left stopped",
	.help = "",
	.letters = ":vh",
	.options = thaw_options,
	.run = run_thaw,
};
