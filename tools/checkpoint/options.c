// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command lines: the options that several commands have are taken here
 */
#include <stdlib.h>

#include "ckpt.h"

/* Return: exit status, or -1 if @c is an option of the command's own. */
static int common_option(const struct command *cmd, struct request *rq, int c)
{
	switch (c) {
	case 'i':
	case 'o':
		rq->image = optarg;
		break;
	case 'd':
		rq->detach = true;
		break;
	case 'v':
		rq->verbose = true;
		break;
	case 'q':
		rq->quiet = true;
		break;
	case OPT_EXTERNAL:
		if (!request_external(rq, optarg))
			return usage(cmd, "--external %s is not KEY:PATH",
				     optarg);
		break;
	case OPT_FORCE:
		rq->force = true;
		break;
	case OPT_JSON:
		rq->json = true;
		break;
	case OPT_LOG:
		rq->log = optarg;
		break;
	case OPT_PIDFILE:
		rq->pidfile = optarg;
		break;
	case OPT_SHELL_JOB:
		break;
	case OPT_STATS:
		rq->stats = optarg;
		break;
	default:
		return -1;
	}
	return EXIT_OK;
}

/**
 * parse_options - take all options of a command
 * @cmd: the command
 * @argc: of main()
 * @argv: of main()
 * @rq: where those go that several commands have
 * @own: what cmd->option() is called with
 *
 * --help ends the program. Arguments start at optind afterwards.
 *
 * Return: exit status.
 */
int parse_options(const struct command *cmd, int argc, char **argv,
		  struct request *rq, void *own)
{
	int c, ret = EXIT_OK;

	while (!ret && (c = getopt_long(argc, argv, cmd->letters, cmd->options,
					NULL)) != -1) {
		if (c == 'h')
			exit(help(cmd));
		if (c == '?' || c == ':')
			return usage_getopt(cmd, c, argv);
		ret = common_option(cmd, rq, c);
		if (ret < 0)
			ret = cmd->option(c, own);
	}
	return ret;
}
