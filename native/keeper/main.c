/*
 * homeostat-keeper --id ID --dir DIR --bundle DIR --runtime PATH --runtime-root DIR --criu PATH|"" --run-dir DIR
 *                  --images DIR [--images DIR] [--log-size BYTES] [--log-files COUNT] [--no-cgroups]
 *
 * Makes one cell and keeps it. Returns 0 as soon as the cell stands and DIR/keeper.sock answers; the keeper itself goes
 * on in the background. Otherwise prints one line on standard error and returns 1, and nothing is left behind.
 */
#define _GNU_SOURCE
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct keeper keeper;

long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

const char *state_name(enum state state)
{
	static const char *const names[] = { "empty", "prepared", "parked", "running", "ended" };

	return names[state];
}

void fail_text(char *reason, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(reason, REASON_MAX, format, ap);
	va_end(ap);
}

static void oom_score_set(const char *score)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	ssize_t written;

	if (fd < 0)
		return;
	written = write(fd, score, strlen(score));
	(void)written;
	close(fd);
}

void oom_score_reset(void)
{
	oom_score_set("0");
}

static int parse(struct options *o, int argc, char **argv)
{
	static const struct option names[] = {
		{ "id", 1, NULL, 'i' },	      { "dir", 1, NULL, 'd' },	   { "bundle", 1, NULL, 'b' },	 { "runtime", 1, NULL, 'r' },
		{ "runtime-root", 1, NULL, 'R' }, { "criu", 1, NULL, 'c' },	   { "run-dir", 1, NULL, 'k' }, { "images", 1, NULL, 'm' },
		{ "log-size", 1, NULL, 's' }, { "log-files", 1, NULL, 'n' }, { "no-cgroups", 0, NULL, 'g' }, { NULL, 0, NULL, 0 },
	};
	int c, roots = 0;

	o->log_size = 4 << 20;
	o->log_files = 3;
	while ((c = getopt_long(argc, argv, "", names, NULL)) >= 0) {
		switch (c) {
		case 'i': o->id = optarg; break;
		case 'd': o->dir = optarg; break;
		case 'b': o->bundle = optarg; break;
		case 'r': o->runtime = optarg; break;
		case 'R': o->runtime_root = optarg; break;
		case 'c': o->criu = optarg; break;
		case 'k': o->run_dir = optarg; break;
		case 's': o->log_size = atoll(optarg); break;
		case 'n': o->log_files = atoi(optarg); break;
		case 'g': o->no_cgroups = true; break;
		case 'm':
			if (roots == IMAGE_ROOTS_MAX)
				return -1;
			o->image_roots[roots++] = optarg;
			break;
		default: return -1;
		}
	}
	if (!o->id || !o->dir || !o->bundle || !o->runtime || !o->runtime_root || !o->criu || !o->run_dir || !roots)
		return -1;
	/* The id becomes a directory name and an argument of the runtime. */
	if (strspn(o->id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != strlen(o->id) || strlen(o->id) > 64)
		return -1;
	return o->log_size < 4096 || o->log_files < 1 || o->log_files > 100 ? -1 : 0;
}

static int open_parts(struct keeper *k, char *reason)
{
	if (!*k->options.criu)
		return 0; /* the platform runs without process images */
	k->criu_fd = open(k->options.criu, O_RDONLY | O_CLOEXEC);
	if (k->criu_fd < 0) {
		fail_text(reason, "cannot open %s: %s", k->options.criu, strerror(errno));
		return -1;
	}
	/* Writable: criu itself makes its cache of kernel features on first use. */
	k->run_dir_fd = image_dir_open(k->options.run_dir, true);
	if (k->run_dir_fd < 0) {
		fail_text(reason, "cannot open %s: %s", k->options.run_dir, strerror(errno));
		return -1;
	}
	k->last_pid_fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	if (k->last_pid_fd < 0) {
		fail_text(reason, "this kernel has no ns_last_pid (CONFIG_CHECKPOINT_RESTORE): %s", strerror(errno));
		return -1;
	}
	return 0;
}

static int keep(struct keeper *k, char *reason)
{
	if (loop_setup(k, reason) || open_parts(k, reason))
		return -1;
	if (cell_make(k, reason)) {
		cell_end(k);
		cell_delete(k);
		return -1;
	}
	return 0;
}

/* The background half. Says "" (good) or the reason on the pipe. */
static void __attribute__((noreturn)) background(int report)
{
	char reason[REASON_MAX] = "", path[600];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), bad;

	if (setsid() < 0 || null < 0 || chdir("/") || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(1);
	/* The container's first process comes to the keeper when the runtime has detached. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	/* Without keeper no cell: rather kill anything else. Needs a capability that not every host grants; best effort. */
	oom_score_set("-900");
	bad = keep(&keeper, reason);
	if (write(report, reason, strlen(reason) + 1) < 0)
		bad = 1;
	close(report);
	if (bad) {
		snprintf(path, sizeof(path), "%s/keeper.sock", keeper.options.dir);
		unlink(path);
		_exit(1);
	}
	_exit(loop_run(&keeper));
}

int main(int argc, char **argv)
{
	char reason[REASON_MAX];
	int report[2], i;
	ssize_t n;
	pid_t pid;

	/* It outlives its parent by far and must not hold what that one happened to have open. */
	syscall(SYS_close_range, 3, ~0U, 0);
	keeper = (struct keeper){ .listener = -1, .signals = -1, .init_fd = -1, .init_pidfd = -1, .run_dir_fd = -1, .criu_fd = -1,
				  .last_pid_fd = -1, .criu_rpc = -1, .criu_log = -1, .barrier = -1, .program_pidfd = -1, .log_fd = -1,
				  .outputs = { { .name = "stdout", .fd = -1 }, { .name = "stderr", .fd = -1 } } };
	for (i = 0; i < CLIENTS_MAX; i++)
		keeper.clients[i] = -1;
	if (parse(&keeper.options, argc, argv)) {
		fputs("usage: homeostat-keeper --id --dir --bundle --runtime --runtime-root --criu --run-dir --images [--log-size] [--log-files] [--no-cgroups]\n",
		      stderr);
		return 2;
	}
	if (pipe2(report, O_CLOEXEC) || (pid = fork()) < 0) {
		perror("homeostat-keeper");
		return 1;
	}
	if (!pid) {
		close(report[0]);
		background(report[1]);
	}
	close(report[1]);
	n = read(report[0], reason, sizeof(reason) - 1);
	if (n > 0 && !reason[0])
		return 0;
	reason[n > 0 ? n : 0] = '\0';
	fprintf(stderr, "homeostat-keeper: %s\n", n > 0 ? reason : "ended without a word");
	return 1;
}
