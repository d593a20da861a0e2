/*
 * Bringing host code into the cell: a fork of the keeper that enters the container's namespaces.
 *
 * The keeper has entered the cell's pid namespace for its children once (cell.c), so each fork here has a pid in the
 * cell. The child joins the cell's cgroups (what criu restores inherits them), then its other namespaces, and keeps
 * full capabilities. A program in the cell has fewer, so it can neither trace the child nor read its descriptors; and
 * the descriptors lead to nothing but detached mounts of one image directory and of the directory of criu.kdat.
 */
#define _GNU_SOURCE
#include "keeper.h"

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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

static int join(struct keeper *k, bool join_cgroups)
{
	int i;

	for (i = 0; join_cgroups && i < k->cgroup_count; i++)
		if (write(k->cgroups[i], "0", 1) < 0)
			return -1;
	/* One call for all: either the child stands in the cell or it does nothing. */
	return setns(k->init_pidfd, CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP);
}

pid_t inject(struct keeper *k, bool join_cgroups, int (*run)(struct keeper *, void *), void *argument)
{
	sigset_t none;
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	oom_score_reset();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (join(k, join_cgroups))
		_exit(120);
	_exit(run(k, argument));
}

static int inject_and_wait(struct keeper *k, int (*run)(struct keeper *, void *), void *argument)
{
	int status;
	pid_t pid = inject(k, false, run, argument);

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_last_pid(struct keeper *k, void *argument)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", *(int *)argument);

	/* Only init lives here now, and perhaps children of a criu that was ended while it probed the kernel: they must not fork. */
	kill(-1, SIGKILL);
	/* The file belongs to the pid namespace of the writer, wherever it was opened. Elsewhere than at its start, writes are ignored. */
	return pwrite(k->last_pid_fd, text, (size_t)n, 0) == n ? 0 : 1;
}

/* In a cell without program: the next process made in it gets the id behind last, or the next free one. */
int last_pid_set(struct keeper *k, int last)
{
	return inject_and_wait(k, run_last_pid, &last);
}

static int run_outputs(struct keeper *k, void *argument)
{
	const char *paths[2] = { CELL_STDOUT, CELL_STDERR };
	int socket_fd = *(int *)argument, i, fds[2];
	char control[CMSG_SPACE(sizeof(fds))] = { 0 };
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	(void)k;
	umask(0);
	mkdir(CELL_DIR, 0755);
	for (i = 0; i < 2; i++) {
		/* Writable for every user of the cell: programs reopen /dev/stdout after they gave up root. */
		if (mkfifo(paths[i], 0622) && errno != EEXIST)
			return 1;
		/* For reading and writing: there is then always a writer, and no end of file between two programs. */
		fds[i] = open(paths[i], O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
		if (fds[i] < 0)
			return 2;
	}
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(header), fds, sizeof(fds));
	return sendmsg(socket_fd, &message, 0) == 1 ? 0 : 3;
}

int outputs_make(struct keeper *k)
{
	int pair[2], fds[2];
	char byte, control[CMSG_SPACE(sizeof(fds))] = { 0 };
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *header;
	int done;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	done = inject_and_wait(k, run_outputs, &pair[1]);
	if (done == 0 && recvmsg(pair[0], &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) == 1 && (header = CMSG_FIRSTHDR(&message)) &&
	    header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(fds))) {
		memcpy(fds, CMSG_DATA(header), sizeof(fds));
		k->outputs[0].fd = fds[0];
		k->outputs[1].fd = fds[1];
	} else {
		done = -1;
	}
	close(pair[0]);
	close(pair[1]);
	return done;
}

struct criu_start {
	const struct injection *injection;
	int rpc, log;
};

static int run_criu(struct keeper *k, void *argument)
{
	const struct criu_start *s = argument;
	char rpc[12];
	/* Nothing in the cell's files may configure criu: no default configuration files, no plugins. */
	char *const args[] = { "criu", "--no-default-config", "swrk", rpc, NULL };
	/* 130: criu steps over system calls without hardware breakpoints, whose first use waits for an RCU grace period. */
	char *const envs[] = { "CRIU_FAULT=130", "CRIU_LIBS_DIR=/proc/self/fd/21", NULL };
	int high, i, sources[5] = { s->rpc, s->injection->image_fds[1], s->injection->image_fds[0], k->run_dir_fd, k->criu_fd };
	int null = open("/dev/null", O_RDWR);

	snprintf(rpc, sizeof(rpc), "%d", CRIU_RPC_FD);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(s->log, 2) < 0)
		return 121;
	/* First above the targets, then down into place, so that no target is overwritten before it was copied. */
	for (i = 0; i < 5; i++) {
		if (sources[i] < 0)
			continue;
		high = fcntl(sources[i], F_DUPFD, 64);
		if (high < 0)
			return 121;
		sources[i] = high;
	}
	for (i = 0; i < 4; i++)
		if (sources[i] >= 0 && dup2(sources[i], CRIU_RPC_FD + i) < 0)
			return 121;
	fcntl(sources[4], F_SETFD, FD_CLOEXEC);
	syscall(SYS_close_range, 3, CRIU_RPC_FD - 1, 0);
	for (i = 0; i < 4; i++)
		if (sources[i] < 0)
			close(CRIU_RPC_FD + i);
	syscall(SYS_close_range, CRIU_RUN_FD + 1, (unsigned)sources[4] - 1, 0);
	syscall(SYS_close_range, (unsigned)sources[4] + 1, ~0U, 0);
	syscall(SYS_execveat, sources[4], "", args, envs, AT_EMPTY_PATH);
	return 122;
}

int inject_criu(struct keeper *k, const struct injection *injection, char *reason)
{
	struct criu_start start = { .injection = injection };
	int pair[2];

	criu_kill(k);
	k->criu_log = (int)syscall(SYS_memfd_create, "criu-log", MFD_CLOEXEC);
	if (k->criu_log < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		fail_text(reason, "cannot make criu's channels: %s", strerror(errno));
		return -1;
	}
	start.rpc = pair[1];
	start.log = k->criu_log;
	k->criu_reaped = false;
	k->criu_pid = inject(k, injection->join_cgroups, run_criu, &start);
	close(pair[1]);
	if (k->criu_pid < 0) {
		k->criu_pid = 0;
		close(pair[0]);
		fail_text(reason, "cannot bring criu into the cell: %s", strerror(errno));
		return -1;
	}
	k->criu_rpc = pair[0];
	return 0;
}

int criu_wait(struct keeper *k, int timeout_ms)
{
	long long deadline = now_us() + timeout_ms * 1000LL;

	while (k->criu_pid && !k->criu_reaped && now_us() < deadline)
		if (pump(k, -1, deadline) < 0)
			break;
	return k->criu_reaped ? k->criu_status : -1;
}

void criu_kill(struct keeper *k)
{
	int status;

	if (k->criu_pid && !k->criu_reaped) {
		kill(k->criu_pid, SIGKILL);
		waitpid(k->criu_pid, &status, 0);
	}
	k->criu_pid = 0;
	if (k->criu_rpc >= 0)
		close(k->criu_rpc);
	if (k->criu_log >= 0)
		close(k->criu_log);
	if (k->barrier >= 0)
		close(k->barrier);
	k->criu_rpc = k->criu_log = k->barrier = -1;
	k->prepare = PREPARE_NONE;
}

/* "Error (file:line): ...", of a restored process with its pid before it. */
static bool is_error(const char *line, size_t length)
{
	size_t at = 0;

	while (at < length && (line[at] == ' ' || (line[at] >= '0' && line[at] <= '9')))
		at++;
	if (at && at + 1 < length && !memcmp(line + at, ": ", 2))
		at += 2;
	return length - at > 5 && !memcmp(line + at, "Error", 5);
}

/* Appends the text of one line of criu's log, without its "Error (file:line): ". */
static size_t add_error(char *detail, size_t used, const char *line, size_t length)
{
	const char *text = memmem(line, length, "): ", 3);
	size_t skip = text ? (size_t)(text + 3 - line) : 0;

	if (used && used < DETAIL_MAX - 3) {
		memcpy(detail + used, "; ", 2);
		used += 2;
	}
	while (skip < length && used < DETAIL_MAX - 1) {
		char c = line[skip++];

		detail[used++] = c < ' ' ? ' ' : c;
	}
	return used;
}

/* What a person needs to see of criu's log: its errors, in one line; the first is the cause, the later ones follow from it. */
static void criu_detail(const struct keeper *k, char *detail)
{
	static char log[16384];
	ssize_t n = k->criu_log < 0 ? 0 : pread(k->criu_log, log, sizeof(log), 0);
	const char *at = log, *end = log + (n > 0 ? n : 0);
	size_t used = 0;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = newline ? (size_t)(newline - at) : (size_t)(end - at);

		/* Every run on a host without CAP_SYS_RESOURCE begins with the failure to raise a limit; nothing follows from it. */
		if (is_error(at, length) && !memmem(at, length, "RLIMIT_NOFILE", 13))
			used = add_error(detail, used, at, length);
		at += length + 1;
	}
	detail[used] = '\0';
}

/* Why criu failed: how it ended, where that was not by itself, and the errors of its log, else those of its answer. */
void criu_fate(struct keeper *k, const struct criu_answer *answer, int patience_ms, char *reason)
{
	char detail[DETAIL_MAX];
	int status = criu_wait(k, patience_ms);

	criu_detail(k, detail);
	if (k->criu_reaped && WIFSIGNALED(status))
		/* Not its own doing, unless it said what it stumbled over. */
		fail_text(reason, "criu: ended in the middle by signal %d%s%s", WTERMSIG(status), WTERMSIG(status) == SIGKILL ? "" : "; ",
			  WTERMSIG(status) == SIGKILL ? "" : detail);
	else
		fail_text(reason, "criu: %s", detail[0] ? detail : answer->message[0] ? answer->message : "ended without an answer");
}
