/*
 * The cell's init: pid 1 of the container, started by the OCI runtime under the very restrictions of the program
 * (user, capabilities, seccomp, no_new_privs, limits, masks), so that a reviewed runtime applies all of them.
 *
 * It waits for orders on descriptor 3, a SEQPACKET socket to the keeper:
 *   start  out= err= cwd= arg=... env=...   -> started pid=  |  refused stage= errno=
 *   signal number=                          -> no answer
 *   keep   on=0|1                           -> kept        1: the program is about to be dumped; outlive it, once
 * Or for nothing at all: a restored program simply appears as its child when criu, which made it, exits. That one
 * has PROGRAM_PID. init reaps everything, reports "exited status= left=" of the program and ends with it (unless told to keep
 * the cell); the kernel then ends whatever else lives in the pid namespace. End of file on descriptor 3 means the keeper died: init ends too, so
 * that no cell is ever left without one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common/cell.h"
#include "../common/packet.h"

#define CONTROL_FD 3
#define ARGS_MAX 4096

static struct packet packet;
static bool outlive_program;
static pid_t program = PROGRAM_PID; /* of the one that criu restores, or of the one started */
static char *args[ARGS_MAX + 1], *envs[ARGS_MAX + 1];

struct failure {
	int error;
	char stage[12];
};

static void __attribute__((noreturn)) give_up(int report, const char *stage)
{
	struct failure f = { .error = errno };

	snprintf(f.stage, sizeof(f.stage), "%s", stage);
	if (write(report, &f, sizeof(f)) < 0)
		_exit(126);
	_exit(127);
}

/* Collects the values of a repeated key. Returns false where there are too many. */
static bool collect(const char *key, char **list)
{
	size_t length = strlen(key), count = 0;
	const char *cursor = NULL, *field;

	while ((field = packet_next(&packet, &cursor))) {
		if (strncmp(field, key, length) || field[length] != '=')
			continue;
		if (count == ARGS_MAX)
			return false;
		list[count++] = (char *)field + length + 1;
	}
	list[count] = NULL;
	return true;
}

static const char *search_path(void)
{
	char **e;

	for (e = envs; *e; e++)
		if (!strncmp(*e, "PATH=", 5))
			return *e + 5;
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* execve with the search of the *program's* PATH. Returns only on failure, with the errno that tells most. */
static void execute(void)
{
	const char *path = search_path();
	int remembered = ENOENT;
	char candidate[4096];

	if (strchr(args[0], '/')) {
		execve(args[0], args, envs);
		return;
	}
	while (*path) {
		size_t length = strcspn(path, ":");
		int n = snprintf(candidate, sizeof(candidate), "%.*s/%s", (int)length, length ? path : ".", args[0]);

		if (n > 0 && (size_t)n < sizeof(candidate)) {
			execve(candidate, args, envs);
			if (errno != ENOENT && errno != ENOTDIR)
				remembered = errno;
		}
		path += length + (path[length] == ':');
	}
	errno = remembered;
}

static void attach_output(int report, const char *path, int target)
{
	/* Not O_NONBLOCK: the keeper holds the read end already, and the program shall block, not fail, when it is slow. */
	int fd = open(path, O_WRONLY | O_NOCTTY);

	if (fd < 0 || (fd != target && dup2(fd, target) < 0))
		give_up(report, "stdio");
	if (fd != target)
		close(fd);
}

static void __attribute__((noreturn)) become_program(int report)
{
	const char *cwd = packet_get(&packet, "cwd"), *out = packet_get(&packet, "out"), *err = packet_get(&packet, "err");
	sigset_t none;
	int null;

	setsid();
	/* As pid 1 of an ordinary container would, the program inherits what its descendants leave behind. The whole cell
	 * is then one tree below the program, and criu, which dumps a tree, dumps all of it. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	null = open("/dev/null", O_RDONLY);
	if (null < 0 || dup2(null, 0) < 0)
		give_up(report, "stdio");
	if (null > 2)
		close(null);
	attach_output(report, out ? out : "/dev/null", 1);
	attach_output(report, err ? err : "/dev/null", 2);
	if (chdir(cwd ? cwd : "/"))
		give_up(report, "cwd");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execute();
	give_up(report, "exec");
}

static void answer_start(const char *verb, pid_t pid, const struct failure *f)
{
	packet_begin(&packet, verb);
	if (f) {
		packet_add(&packet, "stage", f->stage);
		packet_add_number(&packet, "errno", f->error);
	} else {
		packet_add_number(&packet, "pid", pid);
	}
	packet_send(CONTROL_FD, &packet);
}

static void start(void)
{
	struct failure f = { .error = EINVAL, .stage = "arguments" };
	int report[2];
	pid_t pid;
	ssize_t n;

	if (!collect("arg", args) || !collect("env", envs) || !args[0] || !*args[0]) {
		answer_start("refused", 0, &f);
		return;
	}
	/* Close-on-exec: end of file on the pipe is the proof that exec worked. */
	if (pipe2(report, O_CLOEXEC) || (pid = fork()) < 0) {
		f = (struct failure){ .error = errno, .stage = "fork" };
		answer_start("refused", 0, &f);
		return;
	}
	if (!pid)
		become_program(report[1]);
	close(report[1]);
	do
		n = read(report[0], &f, sizeof(f));
	while (n < 0 && errno == EINTR);
	close(report[0]);
	if (n == 0) {
		program = pid;
		answer_start("started", pid, NULL);
		return;
	}
	/* Reaped here, so that the loop does not take its end for the end of the program. */
	waitpid(pid, NULL, 0);
	if (n != sizeof(f))
		f = (struct failure){ .error = EIO, .stage = "report" };
	answer_start("refused", 0, &f);
}

static void obey(void)
{
	int got = packet_receive(CONTROL_FD, &packet);

	if (got == 0 || (got < 0 && errno != EBADMSG))
		_exit(137);
	if (got < 0)
		return;
	if (!strcmp(packet.data, "start"))
		start();
	else if (!strcmp(packet.data, "signal"))
		kill(program, (int)packet_get_number(&packet, "number", 1, 64, SIGTERM));
	else if (!strcmp(packet.data, "keep")) {
		outlive_program = packet_get_number(&packet, "on", 0, 1, 0) == 1;
		packet_begin(&packet, "kept");
		packet_send(CONTROL_FD, &packet);
	}
}

static void reap(void)
{
	int status, exited = 0;
	bool ended = false;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == program) {
			ended = true;
			exited = status;
		}
	if (!ended)
		return;
	packet_begin(&packet, "exited");
	packet_add_number(&packet, "status", exited);
	/* All dead ones are reaped: whoever can be signalled was left behind by a program that went into the background. */
	packet_add_number(&packet, "left", kill(-1, 0) == 0);
	packet_send(CONTROL_FD, &packet);
	if (outlive_program) {
		outlive_program = false;
		return;
	}
	_exit(WIFEXITED(exited) ? WEXITSTATUS(exited) : 128 + WTERMSIG(exited));
}

int main(void)
{
	struct pollfd fds[2] = { { .fd = CONTROL_FD, .events = POLLIN }, { .events = POLLIN } };
	struct signalfd_siginfo info;
	sigset_t all;

	/* Same user as the program: keep it from tracing init or reading its descriptors. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	syscall(SYS_close_range, CONTROL_FD + 1, ~0U, 0);
	fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
	packet_socket_buffers(CONTROL_FD);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigemptyset(&all);
	sigaddset(&all, SIGCHLD);
	fds[1].fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	packet_begin(&packet, "hello");
	if (fds[1].fd < 0 || packet_send(CONTROL_FD, &packet))
		return 1;
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return 1;
		if (fds[1].revents) {
			while (read(fds[1].fd, &info, sizeof(info)) > 0)
				;
			reap();
		}
		if (fds[0].revents)
			obey();
	}
}
