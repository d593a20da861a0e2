/* The verbs of the keeper's protocol. Each answers exactly once: ok or failed with a kind and a reason. */
#define _GNU_SOURCE
#include "keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_DEADLINE_US 10000000
#define END_DEADLINE_US 5000000

static void begin_answer(struct keeper *k, const char *verb)
{
	const char *tag = packet_get(&k->request, "tag");

	packet_begin(&k->reply, verb);
	if (tag)
		packet_add(&k->reply, "tag", tag);
}

void answer_failed(struct keeper *k, int client, const char *kind, const char *reason)
{
	begin_answer(k, "failed");
	packet_add(&k->reply, "kind", kind);
	packet_add(&k->reply, "reason", reason);
	packet_add(&k->reply, "state", state_name(k->state));
	packet_send(client, &k->reply);
}

/* How the cell ended. */
void add_exit(struct keeper *k)
{
	packet_add_number(&k->reply, "status", k->has_exit ? k->exit_status : SIGKILL);
	packet_add_number(&k->reply, "oom", k->has_oom);
	packet_add_number(&k->reply, "left", k->has_exit && k->has_left);
}

void answer_ok(struct keeper *k, int client)
{
	int i;

	begin_answer(k, "ok");
	packet_add(&k->reply, "state", state_name(k->state));
	packet_add_number(&k->reply, "init", k->init_pid);
	if (k->program_pid)
		packet_add_number(&k->reply, "pid", k->program_pid);
	if (k->state == CELL_ENDED)
		add_exit(k);
	if (k->state == CELL_ENDED && k->lost[0])
		packet_add(&k->reply, "lost", k->lost);
	if (k->state == CELL_EMPTY && k->dumped[0])
		packet_add(&k->reply, "dumped", k->dumped);
	for (i = 0; i < k->stage_count; i++) {
		char stage[64];

		snprintf(stage, sizeof(stage), "%s %lld", k->stages[i].name, k->stages[i].us);
		packet_add(&k->reply, "stage", stage);
	}
	packet_send(client, &k->reply);
}

void program_found(struct keeper *k, pid_t pid)
{
	if (k->program_pidfd >= 0)
		close(k->program_pidfd);
	k->program_pid = pid;
	k->program_pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

void open_log_of_request(struct keeper *k)
{
	const char *dir = packet_get(&k->request, "log");

	if (dir && *dir)
		logs_open(k, dir);
}

static void operate_start(struct keeper *k, int client)
{
	long long deadline = now_us() + START_DEADLINE_US;
	char reason[REASON_MAX];
	const char *stage;

	if (k->state != CELL_EMPTY) {
		answer_failed(k, client, "state", "the cell has a program already or is at its end");
		return;
	}
	criu_kill(k);
	image_slot_clear(k);
	k->state = CELL_EMPTY;
	k->dumped[0] = '\0';
	open_log_of_request(k);
	/* Without it the program runs all the same, but cannot become an image. */
	k->checkpointable = k->criu_fd >= 0 && last_pid_set(k, PROGRAM_PID - 1) == 0;
	k->init_answered = false;
	packet_add(&k->request, "out", CELL_STDOUT);
	packet_add(&k->request, "err", CELL_STDERR);
	if (packet_send(k->init_fd, &k->request)) {
		answer_failed(k, client, "environment", strerror(errno));
		return;
	}
	while (!k->init_answered && now_us() < deadline)
		if (pump(k, -1, deadline) < 0)
			break;
	if (k->init_answered && !strcmp(k->init_packet.data, "started")) {
		pid_t inner = (pid_t)packet_get_number(&k->init_packet, "pid", 2, 1 << 22, 0);

		/* A short program may have come to its end meanwhile. */
		if (k->state != CELL_ENDED)
			k->state = CELL_RUNNING;
		k->checkpointable = k->checkpointable && inner == PROGRAM_PID;
		program_found(k, child_with_pid(k->init_pid, inner));
		answer_ok(k, client);
		return;
	}
	stage = k->init_answered ? packet_get(&k->init_packet, "stage") : NULL;
	fail_text(reason, "%s: %s", stage ? stage : "init",
		  stage ? strerror((int)packet_get_number(&k->init_packet, "errno", 0, 4095, EIO)) : "no answer");
	answer_failed(k, client, "program", reason);
}

static void operate_signal(struct keeper *k, int client)
{
	int number = (int)packet_get_number(&k->request, "number", 1, 64, SIGTERM);

	if (k->state != CELL_RUNNING || k->program_pidfd < 0) {
		answer_failed(k, client, "state", "no running program");
		return;
	}
	if (syscall(SYS_pidfd_send_signal, k->program_pidfd, number, NULL, 0) && errno != ESRCH)
		answer_failed(k, client, "environment", strerror(errno));
	else
		answer_ok(k, client);
}

static void await_end(struct keeper *k)
{
	long long deadline = now_us() + END_DEADLINE_US;

	image_slot_give_back(k);
	cell_end(k);
	while (k->state != CELL_ENDED && now_us() < deadline)
		if (pump(k, -1, deadline) < 0)
			break;
}

static void operate_quit(struct keeper *k, int client)
{
	char path[600];

	await_end(k);
	image_slot_clear(k);
	cell_delete(k);
	snprintf(path, sizeof(path), "%s/keeper.sock", k->options.dir);
	unlink(path);
	answer_ok(k, client);
	exit(0);
}

void operate(struct keeper *k, int client)
{
	const char *verb = k->request.data;

	k->stage_count = 0;
	k->ordered_us = now_us();
	if (!strcmp(verb, "status"))
		answer_ok(k, client);
	else if (!strcmp(verb, "start"))
		operate_start(k, client);
	else if (!strcmp(verb, "restore"))
		operate_restore(k, client);
	else if (!strcmp(verb, "resume"))
		operate_resume(k, client);
	else if (!strcmp(verb, "dump"))
		operate_dump(k, client);
	else if (!strcmp(verb, "prime"))
		operate_prime(k, client);
	else if (!strcmp(verb, "draw"))
		operate_draw(k, client);
	else if (!strcmp(verb, "signal"))
		operate_signal(k, client);
	else if (!strcmp(verb, "end")) {
		await_end(k);
		answer_ok(k, client);
	} else if (!strcmp(verb, "quit"))
		operate_quit(k, client);
	else
		answer_failed(k, client, "protocol", "unknown verb");
}
