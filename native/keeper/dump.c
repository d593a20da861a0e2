/* The verb dump: the program of the cell becomes an image. */
#define _GNU_SOURCE
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DUMP_STILL_US 60000000 /* without any work of criu: it hangs */
#define DUMP_DEADLINE_US 240000000 /* whatever it does; the platform waits for five minutes */
#define LOOK_US 1000000

/* Processor time that criu has used, in ticks; it grows with every write, slow as the disk may be. */
static unsigned long long work_of(pid_t criu)
{
	unsigned long long user = 0, kernel = 0;
	char path[40], text[512], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", criu);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	end = strrchr(text, ')');
	if (!end || sscanf(end + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &user, &kernel) != 2)
		return 0;
	return user + kernel;
}

/*
 * 1: criu answered; 0: it did not, whatever it did to the program is unfinished. A large program on a slow disk takes minutes: giving up costs the
 * program, so criu is given up only when it does nothing any more.
 */
static int await_answer(struct keeper *k, struct criu_answer *answer)
{
	long long deadline = now_us() + DUMP_DEADLINE_US, moved = now_us();
	unsigned long long work = 0;

	while (now_us() < deadline && now_us() < moved + DUMP_STILL_US) {
		int ready = pump(k, k->criu_rpc, now_us() + LOOK_US);
		unsigned long long done = work_of(k->criu_pid);

		if (done != work) {
			work = done;
			moved = now_us();
		}
		if (ready == 1)
			return rpc_receive(k->criu_rpc, answer) == 0;
		/* The end of init is no reason to leave: a dump ends the program, and its answer may lie behind that. */
		if (ready < 0 && k->criu_reaped)
			return 0;
	}
	return 0;
}

static void hold_outputs(struct keeper *k)
{
	int i;

	for (i = 0; i < 2; i++)
		logs_drain(k, &k->outputs[i], 8);
	/* What comes later lies in the pipe while criu copies it into the image; read here too, it would be logged twice. */
	k->output_held = true;
}

/* Tells init whether it shall outlive its program, and waits until it knows. */
int keep_init(struct keeper *k, bool on)
{
	long long deadline = now_us() + 2000000;

	packet_begin(&k->reply, "keep");
	packet_add_number(&k->reply, "on", on);
	k->init_answered = false;
	if (k->init_fd < 0 || packet_send(k->init_fd, &k->reply))
		return -1;
	while (!k->init_answered && now_us() < deadline)
		if (pump(k, -1, deadline) < 0)
			return -1;
	return k->init_answered ? 0 : -1;
}

/* The program is in the image and gone here: the cell waits for its return. */
static void cell_emptied(struct keeper *k)
{
	long long deadline = now_us() + 2000000;
	char rest[4096];
	int i;

	while (!k->has_exit && now_us() < deadline)
		if (pump(k, -1, deadline) < 0)
			break;
	k->has_exit = false;
	program_found(k, 0);
	/* The same bytes are in the image. */
	for (i = 0; i < 2; i++)
		while (read(k->outputs[i].fd, rest, sizeof(rest)) > 0)
			;
	if (k->state == CELL_RUNNING)
		k->state = CELL_EMPTY;
}

void operate_dump(struct keeper *k, int client)
{
	const char *image = packet_get(&k->request, "image");
	bool leave = packet_get_number(&k->request, "leave", 0, 1, 0) == 1;
	struct injection injection = { .join_cgroups = false, .image_fds = { -1, -1 } };
	struct criu_answer answer = { .success = false };
	char reason[REASON_MAX];
	int answered;

	if (k->state != CELL_RUNNING || !image) {
		answer_failed(k, client, "state", "no running program or no image named");
		return;
	}
	if (!k->checkpointable) {
		answer_failed(k, client, "unsupported", "the program was started without criu");
		return;
	}
	injection.image_fds[0] = image_dir_open(image, true);
	if (injection.image_fds[0] < 0) {
		fail_text(reason, "cannot open %s: %s", image, strerror(errno));
		answer_failed(k, client, "environment", reason);
		return;
	}
	if (inject_criu(k, &injection, reason)) {
		close(injection.image_fds[0]);
		answer_failed(k, client, "environment", reason);
		return;
	}
	close(injection.image_fds[0]);
	hold_outputs(k);
	if (!leave && keep_init(k, true)) {
		fail_text(reason, "the cell's init does not answer");
		criu_kill(k);
		k->output_held = false;
		answer_failed(k, client, "environment", reason);
		return;
	}
	answered = rpc_send_dump(k->criu_rpc, "/proc/self/fd/20", leave, &k->request) == 0 && await_answer(k, &answer);
	if (answered && answer.success) {
		criu_wait(k, 5000);
		criu_kill(k);
		if (!leave) {
			cell_emptied(k);
			snprintf(k->dumped, sizeof(k->dumped), "%s", image);
		}
		k->output_held = false;
		answer_ok(k, client);
		return;
	}
	criu_fate(k, &answer, 500, reason);
	criu_kill(k);
	k->output_held = false;
	/*
	 * Unanswered: criu ended in the middle, parasite code may stand in the program, so it must not run on.
	 * Exited: the program ended by itself after init was told to outlive it.
	 */
	if (!answered || k->has_exit) {
		snprintf(k->lost, sizeof(k->lost), "%s", reason);
		cell_end(k);
	} else if (!leave && k->state == CELL_RUNNING) {
		keep_init(k, false);
	}
	answer_failed(k, client, answered ? "refused" : "lost", reason);
}
