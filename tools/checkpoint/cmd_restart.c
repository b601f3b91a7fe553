// SPDX-License-Identifier: GPL-2.0-only
/*
 * ckpt restart, and waiting for what it has brought back
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <json-c/json.h>

#include "ckpt.h"
#include "container.h"
#include "restart.h"

/* ---- signals ---- */

static const int forwarded[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT,
	SIGTSTP,
};

#define NR_FORWARDED	ARRAY_SIZE(forwarded)

static volatile sig_atomic_t caught[NSIG];

static void on_signal(int sig)
{
	caught[sig] = 1;
}

/*
 * Until there is somebody to forward them to, the signals that end a program
 * interrupt the system call, so that we can clean up.
 */
void signals_catch(void)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction sa = { .sa_handler = on_signal };
	unsigned int i;

	sigemptyset(&sa.sa_mask);
	for (i = 0; i < ARRAY_SIZE(ending); i++)
		sigaction(ending[i], &sa, NULL);
}

static void signals_set(sigset_t *set)
{
	unsigned int i;

	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (i = 0; i < NR_FORWARDED; i++)
		sigaddset(set, forwarded[i]);
}

void signals_block(void)
{
	sigset_t set;

	signals_set(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void forward_caught(pid_t pid)
{
	unsigned int i;

	for (i = 0; i < NR_FORWARDED; i++) {
		if (caught[forwarded[i]])
			kill(pid, forwarded[i]);
		caught[forwarded[i]] = 0;
	}
}

/*
 * A terminal signals its whole foreground process group; a process that shares
 * ours has got the signal already.
 */
static void forward(pid_t pid, const struct signalfd_siginfo *info)
{
	if (info->ssi_signo == SIGCHLD)
		return;
	if (info->ssi_code == SI_KERNEL && getpgid(pid) == getpgrp())
		return;
	kill(pid, info->ssi_signo);
}

/* Stop as the root task has, so that whoever waits for us can tell. */
static void stop_likewise(pid_t pid)
{
	raise(SIGSTOP);
	kill(pid, SIGCONT);
}

/* Reap what there is. Return: whether @pid has ended, and its status then. */
static bool reap(pid_t pid, int *status)
{
	pid_t got;
	int st;

	while ((got = waitpid(-1, &st, WNOHANG | WUNTRACED | __WALL)) > 0) {
		if (got != pid)
			continue;
		if (WIFSTOPPED(st)) {
			stop_likewise(pid);
			continue;
		}
		*status = WIFEXITED(st) ? WEXITSTATUS(st) :
					  128 + WTERMSIG(st);
		return true;
	}
	if (got < 0 && errno != EINTR) {
		say("cannot wait for process %d: %s", pid, strerror(errno));
		*status = EXIT_OURS;
		return true;
	}
	return false;
}

/*
 * Pass signals on until the root task ends; reap whatever else is ours. A
 * restored task may send another signal than SIGCHLD when it ends, or none, so
 * its pidfd is watched, too. Return: its exit status in the manner of shells.
 */
int wait_for_root(pid_t pid)
{
	struct signalfd_siginfo info;
	struct pollfd p[2];
	sigset_t set;
	int status = EXIT_OURS;

	signals_set(&set);
	signals_block();
	forward_caught(pid);
	p[0].fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	p[1].fd = syscall(SYS_pidfd_open, pid, 0);
	p[0].events = POLLIN;
	p[1].events = POLLIN;
	while (!reap(pid, &status)) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		while (read(p[0].fd, &info, sizeof(info)) == sizeof(info))
			forward(pid, &info);
	}
	close(p[0].fd);
	close(p[1].fd);
	return status;
}

/* ---- restart ---- */

static int print_result(const struct request *rq, pid_t pid,
			const struct restart_stats *s)
{
	struct json_object *o;

	if (rq->verbose)
		say("%llu task%s from %.1f MiB in %.2f ms: %.2f ms for all but memory, %.2f ms for %llu pages; the root is process %d",
		    s->nr_tasks, s->nr_tasks == 1 ? "" : "s",
		    s->image_bytes / 1048576.0, s->restore_time / 1e6,
		    s->forking_time / 1e6, s->memread_time / 1e6,
		    s->pages_restored, pid);
	if (!rq->json)
		return 0;
	o = ckpt_restart_stats_json(s);
	json_object_object_add(o, "pid", json_object_new_int(pid));
	return print_json(o);
}

/* The tree is there. Whatever else fails, it must not be lost for that. */
void tell_restarted(const struct request *rq, pid_t pid,
		    const struct restart_stats *stats)
{
	if (rq->pidfile)
		write_pidfile(rq->pidfile, pid);
	request_stats(rq, "restore", ckpt_restart_stats_json(stats));
	print_result(rq, pid, stats);
}

pid_t restart_here(struct request *rq, const struct restart_options *o)
{
	char what[4200];
	pid_t pid;

	pid = ckpt_restart(rq->call, o->fd, o->flags);
	if (pid < 0) {
		snprintf(what, sizeof(what), "restart from %s",
			 strcmp(rq->image, "-") ? rq->image : "standard input");
		say_failure(rq, true, what, pid);
		return pid;
	}
	say_lines(ckpt_call_message(rq->call));
	return pid;
}

int restart_and_wait(struct request *rq, const struct restart_options *o)
{
	pid_t pid = restart_here(rq, o);

	if (pid < 0)
		return rq->detach ? EXIT_FAILED : EXIT_OURS;
	tell_restarted(rq, pid, ckpt_call_restart_stats(rq->call));
	if (rq->detach)
		return EXIT_OK;
	if (o->fd > 2)
		close(o->fd);
	return wait_for_root(pid);
}

/* ---- a new pid namespace whose init is ours ---- */

/* The kernel translates our claim to be @pid into the receiver's namespace. */
static int send_pid(int sock, pid_t pid, const struct restart_stats *stats)
{
	struct restart_stats copy = *stats;
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(sizeof(struct ucred))];
	} u = { 0 };
	struct iovec iov = { &copy, sizeof(copy) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.buf, .msg_controllen = sizeof(u.buf),
	};
	struct ucred cred = { .pid = pid, .uid = getuid(), .gid = getgid() };

	u.hdr.cmsg_level = SOL_SOCKET;
	u.hdr.cmsg_type = SCM_CREDENTIALS;
	u.hdr.cmsg_len = CMSG_LEN(sizeof(cred));
	memcpy(CMSG_DATA(&u.hdr), &cred, sizeof(cred));
	return sendmsg(sock, &msg, 0) == sizeof(copy) ? 0 : -1;
}

static pid_t receive_pid(int sock, struct restart_stats *stats)
{
	union {
		struct cmsghdr hdr;
		char buf[CMSG_SPACE(sizeof(struct ucred))];
	} u;
	struct iovec iov = { stats, sizeof(*stats) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = u.buf, .msg_controllen = sizeof(u.buf),
	};
	struct cmsghdr *c;
	struct ucred cred;
	ssize_t n;

	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n != sizeof(*stats))
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_CREDENTIALS)
		return -1;
	memcpy(&cred, CMSG_DATA(c), sizeof(cred));
	return cred.pid;
}

/* Process 1 of the namespace: reaps the orphans, ends with the root task. */
static int be_init(struct request *rq, const struct restart_options *o,
		   int sock)
{
	pid_t pid;

	prctl(PR_SET_NAME, "ckpt-init");
	if (!rq->detach)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	pid = restart_here(rq, o);
	if (pid < 0)
		return EXIT_OURS;
	send_pid(sock, pid, ckpt_call_restart_stats(rq->call));
	close(sock);
	if (o->fd > 2)
		close(o->fd);
	return wait_for_root(pid);
}

static int wait_for_init(struct request *rq, pid_t init, int sock)
{
	struct restart_stats stats;
	pid_t pid;

	pid = receive_pid(sock, &stats);
	close(sock);
	if (pid < 0) {
		wait_for_root(init);
		return rq->detach ? EXIT_FAILED : EXIT_OURS;
	}
	tell_restarted(rq, pid, &stats);
	return rq->detach ? EXIT_OK : wait_for_root(init);
}

static int restart_below_init(struct request *rq,
			      const struct restart_options *o)
{
	int sock[2], one = 1;
	pid_t init;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) ||
	    setsockopt(sock[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one))) {
		say("socket: %s", strerror(errno));
		return EXIT_OURS;
	}
	init = fork();
	if (init < 0) {
		say("fork: %s", strerror(errno));
		return EXIT_OURS;
	}
	if (!init) {
		close(sock[0]);
		exit(be_init(rq, o, sock[1]));
	}
	close(sock[1]);
	return wait_for_init(rq, init, sock[0]);
}

static int restart_in_pidns(struct request *rq, const struct restart_options *o)
{
	if (unshare(CLONE_NEWPID)) {
		say("new pid namespace: %s; it takes CAP_SYS_ADMIN",
		    strerror(errno));
		return rq->detach ? EXIT_FAILED : EXIT_OURS;
	}
	return o->ct.init ? restart_and_wait(rq, o) : restart_below_init(rq, o);
}

/* ---- command line ---- */

enum {
	OPT_FROZEN = OPT_OWN, OPT_SIBLING, OPT_PIDNS, OPT_HERE, OPT_MAP,
	OPT_KEEP_LSM, OPT_STRICT_LSM,
};

static const struct option options[] = {
	OPTION_IMAGE,
	{ "frozen",	no_argument, NULL, OPT_FROZEN },
	{ "sibling",	no_argument, NULL, OPT_SIBLING },
	{ "pidns",	no_argument, NULL, OPT_PIDNS },
	{ "keep-lsm",	no_argument, NULL, OPT_KEEP_LSM },
	{ "strict-lsm",	no_argument, NULL, OPT_STRICT_LSM },
	{ "here",	no_argument, NULL, OPT_HERE },
	{ "map",	required_argument, NULL, OPT_MAP },
	OPTION_EXTERNAL, OPTION_JSON, OPTION_LOG, OPTION_PIDFILE,
	OPTION_SHELL_JOB, OPTION_STATS,
	OPTION_DETACH, OPTION_VERBOSE, OPTION_HELP,
	{ NULL }
};

static const char help_text[] =
"  -i, --image FILE       read the image there; - is standard input\n"
"  -d, --detach           do not wait for the root task\n"
"      --sibling          make it a child of our parent; implies --detach\n"
"      --frozen           leave the tree stopped; 'ckpt thaw' lets it run\n"
"      --pidns            in a new pid namespace (/proc is yours to mount)\n"
"      --here             a container: in our mounts and network, not in new ones\n"
"      --map mount:DIR[:PATH]\n"
"                         a container: PATH is mounted at DIR, or nothing\n"
"      --map link:NAME    a container: leave out a network link\n"
"      --map outside:NAME:NEW\n"
"                         a container: use NEW for a link or bridge outside\n"
"      --pidfile FILE     write the root task's process id to FILE\n"
"      --external KEY:PATH\n"
"                         use PATH for what was recorded by KEY\n"
"      --keep-lsm         restore the labels of security modules\n"
"      --strict-lsm       the same, under the same modules and policies only\n"
"      --shell-job        use our terminal for \"tty\" (always done)\n"
"      --log FILE         append the kernel's messages to FILE\n"
"      --stats FILE       write statistics to FILE, as JSON\n"
"      --json             print process id and statistics as JSON\n"
"  -v, --verbose          print statistics\n"
"\n"
"Without --detach, signals are passed on to the root task, and its exit status\n"
"is ours: 128 + N if signal N killed it, 125 if it could not be restarted.\n";

static int take_option(int c, void *own)
{
	struct restart_options *o = own;

	switch (c) {
	case OPT_FROZEN:
		o->flags |= RESTART_FROZEN;
		break;
	case OPT_STRICT_LSM:
		o->flags |= RESTART_STRICT_LSM;
		fallthrough;
	case OPT_KEEP_LSM:
		o->flags |= RESTART_KEEP_LSM;
		break;
	case OPT_SIBLING:
		o->flags |= RESTART_SIBLING;
		break;
	case OPT_PIDNS:
		o->pidns = true;
		break;
	case OPT_HERE:
		o->here = true;
		break;
	case OPT_MAP:
		if (!container_add_map(&o->ct, optarg))
			return usage(&cmd_restart,
				     "--map %s is not KIND:NAME:VALUE", optarg);
		break;
	}
	return EXIT_OK;
}

static int restart_with(struct request *rq, struct restart_options *o)
{
	int failed = rq->detach ? EXIT_FAILED : EXIT_OURS;

	if (!strcmp(rq->image, "-")) {
		o->fd = STDIN_FILENO;
		if (isatty(o->fd)) {
			say("the image would come from a terminal; use --image FILE, or a pipe");
			return failed;
		}
	} else {
		o->fd = open(rq->image, O_RDONLY | O_CLOEXEC);
		if (o->fd < 0) {
			say("image %s: %s", rq->image, strerror(errno));
			return failed;
		}
	}
	if (request_prepare(rq, 0, O_RDWR | O_NONBLOCK | O_NOCTTY))
		return failed;
	signals_catch();
	if (container_read(&o->ct, o->fd))
		return failed;
	o->fd = o->ct.image_fd;
	if (o->ct.init && !o->here)
		return restart_container(rq, o);
	if (restart_networks(rq, o) || container_ask_kept(&o->ct, rq->call))
		return failed;
	container_leave_kept(&o->ct);
	return o->pidns ? restart_in_pidns(rq, o) : restart_and_wait(rq, o);
}

static int run_restart(int argc, char **argv)
{
	struct restart_options o = { 0 };
	struct request rq = { 0 };
	int ret;

	ret = parse_options(&cmd_restart, argc, argv, &rq, &o);
	/* Who is not the parent cannot wait. */
	if (o.flags & RESTART_SIBLING)
		rq.detach = true;
	if (!ret && optind != argc)
		ret = usage(&cmd_restart, "'%s' is too much", argv[optind]);
	if (!ret && !rq.image)
		ret = usage(&cmd_restart, "--image FILE is missing");
	if (!ret && o.pidns && o.flags & RESTART_SIBLING)
		ret = usage(&cmd_restart, "--pidns contradicts --sibling");
	if (!ret)
		ret = restart_with(&rq, &o);
	container_free(&o.ct);
	request_end(&rq);
	return ret;
}

const struct command cmd_restart = {
	.name = "restart",
	.args = "--image FILE [OPTION]...",
	.brief = "bring back the tree of processes of an image",
	.help = help_text,
	.letters = ":i:o:dvh",
	.options = options,
	.option = take_option,
	.run = run_restart,
};
