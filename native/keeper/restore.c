/* The verbs restore and resume: an image becomes the program of the cell. */
#define _GNU_SOURCE
#include "keeper.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define RESTORE_DEADLINE_US 20000000
#define LEAVE_DEADLINE_US 5000000
#define NOTIFICATIONS_MAX 6

/* Brings in a criu, unless one that got no image yet is there from an earlier order. */
static int have_criu(struct keeper *k, char *reason)
{
	struct injection injection = { .join_cgroups = true };
	int i, done;

	if (k->state != CELL_EMPTY) {
		fail_text(reason, "the cell has a program already or is at its end");
		return -1;
	}
	if (k->criu_pid && !k->criu_reaped)
		return 0;
	if (k->criu_fd < 0) {
		fail_text(reason, "the keeper was started without criu");
		return -1;
	}
	if (image_slot_open(k, &injection, reason))
		return -1;
	/* An earlier program of this cell has left the counter high: criu must not sit where a thread will return to. */
	last_pid_set(k, 1);
	done = inject_criu(k, &injection, reason);
	for (i = 0; i < IMAGE_ROOTS_MAX; i++)
		if (injection.image_fds[i] >= 0)
			close(injection.image_fds[i]);
	return done;
}

static void note_stage(struct keeper *k, const char *name)
{
	if (k->stage_count == STAGES_MAX)
		return;
	snprintf(k->stages[k->stage_count].name, sizeof(k->stages[0].name), "%s", name);
	k->stages[k->stage_count++].us = now_us() - k->ordered_us;
}

/*
 * Reads criu's messages until the notification named until (1), its final answer (0), or nothing more (-1).
 * With ahead, the answers to its notifications lie in its socket already.
 */
static int follow_criu(struct keeper *k, const char *until, bool ahead, struct criu_answer *answer, long long deadline)
{
	while (now_us() < deadline) {
		int ready = pump(k, k->criu_rpc, deadline);

		/* The end of criu too makes the socket readable; pump also returns for output and children. */
		if (ready < 0)
			return -1;
		if (!ready)
			continue;
		if (rpc_receive(k->criu_rpc, answer))
			return -1;
		if (!answer->script[0])
			return 0;
		note_stage(k, answer->script);
		if (!strcmp(answer->script, "post-restore"))
			program_found(k, child_with_pid(k->criu_pid, PROGRAM_PID));
		if (until && !strcmp(answer->script, until))
			return 1;
		if (!ahead)
			rpc_send_notified(k->criu_rpc);
	}
	return -1;
}

/* The restore failed: what there is of the program is unusable, and so is the cell. */
static void restore_failed(struct keeper *k, int client, const struct criu_answer *answer)
{
	char reason[REASON_MAX];

	criu_fate(k, answer, 200, reason);
	cell_end(k);
	answer_failed(k, client, "image", reason);
}

/* A primed template was dumped while each of its processes stood stopped. */
static void continue_program(const struct keeper *k)
{
	static struct processes all;
	int i;

	processes_collect(&all, k->program_pid);
	for (i = 0; i < all.count; i++)
		kill(all.pids[i], SIGCONT);
}

/* The last message of criu and its exit: only then is the program a child of init. */
static void leave_criu(struct keeper *k)
{
	struct criu_answer answer;

	/* One more than needed where answers were sent ahead: harmless. */
	rpc_send_notified(k->criu_rpc);
	follow_criu(k, NULL, false, &answer, now_us() + LEAVE_DEADLINE_US);
	criu_wait(k, 2000);
	criu_kill(k);
	image_slot_clear(k);
}

/*
 * With the answers sent ahead, criu may have gone on, or even have ended, before the keeper saw its message. The program is
 * then criu's child no longer but init's; in between it is neither for a moment.
 */
static void find_program(struct keeper *k)
{
	int tries;

	for (tries = 0; tries < 200 && k->program_pid <= 0 && k->state != CELL_ENDED; tries++) {
		pid_t pid = k->criu_reaped ? 0 : child_with_pid(k->criu_pid, PROGRAM_PID);

		if (!pid)
			pid = child_with_pid(k->init_pid, PROGRAM_PID);
		if (pid)
			program_found(k, pid);
		else if (pump(k, -1, now_us() + 1000) < 0)
			break;
	}
}

static void resumed(struct keeper *k, int client)
{
	find_program(k);
	if (k->state == CELL_ENDED) {
		answer_failed(k, client, "image", "the program ended as soon as it was restored");
		return;
	}
	k->state = CELL_RUNNING;
	k->checkpointable = true;
	if (packet_get_number(&k->request, "continue", 0, 1, 0))
		continue_program(k);
	answer_ok(k, client);
	leave_criu(k);
}

/*
 * Restored processes take a shared lock on criu's log before they read their memory (eng/criu/build.sh): an exclusive one, by another open file of the
 * same log, keeps them there. All else is done by then, and what they cost is small. A criu without that line stops only when its memory is read.
 */
static void barrier_close(struct keeper *k)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", k->criu_log);
	k->barrier = open(path, O_RDWR | O_CLOEXEC);
	if (k->barrier >= 0)
		flock(k->barrier, LOCK_EX | LOCK_NB);
}

static void barrier_open(struct keeper *k)
{
	if (k->barrier >= 0)
		close(k->barrier);
	k->barrier = -1;
}

static bool stops_at(const struct keeper *k, const char *where)
{
	const char *until = packet_get(&k->request, "until");

	return until && !strcmp(until, where);
}

/* Answers to criu's three to five questions, ahead: it then waits for none. Those it does not read go with its socket. */
static void answer_ahead(struct keeper *k)
{
	int i;

	for (i = 0; i < NOTIFICATIONS_MAX; i++)
		rpc_send_notified(k->criu_rpc);
}

/* To the end of a restore that was just begun or stands prepared or parked; or only until it is parked. */
static void go_on(struct keeper *k, int client)
{
	bool park = stops_at(k, "parked");
	struct criu_answer answer = { .success = false };

	open_log_of_request(k);
	/* criu may end from here on. */
	k->state = CELL_EMPTY;
	/* The image counts as used, whatever comes. */
	k->prepared_from[0] = '\0';
	if (!park)
		answer_ahead(k);
	else if (k->prepare == PREPARE_PAST_BARRIER)
		rpc_send_notified(k->criu_rpc);
	k->prepare = PREPARE_NONE;
	barrier_open(k);
	if (follow_criu(k, park ? "pre-resume" : "post-resume", !park, &answer, now_us() + RESTORE_DEADLINE_US) != 1) {
		restore_failed(k, client, &answer);
	} else if (park) {
		k->state = CELL_PARKED;
		answer_ok(k, client);
	} else {
		resumed(k, client);
	}
}

/* The images are read; the processes work up to the barrier, after the answer. */
static void prepare(struct keeper *k, int client)
{
	struct criu_answer answer = { .success = false };

	if (follow_criu(k, "pre-restore", false, &answer, now_us() + RESTORE_DEADLINE_US) != 1) {
		restore_failed(k, client, &answer);
		return;
	}
	k->state = CELL_PREPARED;
	k->prepare = PREPARE_GOES_ON;
	answer_ok(k, client);
	rpc_send_notified(k->criu_rpc);
}

/* criu speaks while it prepares. Which notifications there are depends on the namespaces in the image. */
void prepare_news(struct keeper *k)
{
	struct criu_answer answer;

	if (rpc_receive(k->criu_rpc, &answer) || !answer.script[0])
		k->prepare = PREPARE_NONE; /* it ends: see criu_left */
	else if (!strcmp(answer.script, "post-restore"))
		k->prepare = PREPARE_PAST_BARRIER; /* this criu knows no barrier */
	else
		rpc_send_notified(k->criu_rpc);
}

void operate_restore(struct keeper *k, int client)
{
	const char *image = packet_get(&k->request, "image");
	bool consume = packet_get_number(&k->request, "consume", 0, 1, 0) == 1;
	struct criu_answer answer = { .success = false };
	char reason[REASON_MAX], path[64];
	int root = 0;

	if (image && k->state == CELL_PREPARED && !strcmp(image, k->image)) {
		go_on(k, client);
		return;
	}
	if (!image || have_criu(k, reason)) {
		answer_failed(k, client, "environment", image ? reason : "no image named");
		return;
	}
	k->dumped[0] = '\0';
	if (image_slot_fill(k, image, consume, &root, reason)) {
		answer_failed(k, client, "image", reason);
		return;
	}
	program_found(k, 0);
	k->prepare = PREPARE_NONE;
	snprintf(k->image, sizeof(k->image), "%s", image);
	if (stops_at(k, "prepared")) {
		snprintf(k->prepared_from, sizeof(k->prepared_from), "%s", consume ? image : "");
		barrier_close(k);
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d/image", CRIU_IMAGES_FD - root);
	if (rpc_send_restore(k->criu_rpc, path)) {
		restore_failed(k, client, &answer);
		return;
	}
	note_stage(k, "request");
	if (stops_at(k, "prepared"))
		prepare(k, client);
	else
		go_on(k, client);
}

void operate_resume(struct keeper *k, int client)
{
	if (k->state != CELL_PARKED && k->state != CELL_PREPARED)
		answer_failed(k, client, "state", "no parked program");
	else
		go_on(k, client);
}

/*
 * The image is as good as before, and the next restore brings another criu. What was made so far goes: init, to which it fell, must not take that for
 * the end of the program.
 */
static void give_up_preparation(struct keeper *k)
{
	long long deadline = now_us() + LEAVE_DEADLINE_US;
	bool made = child_with_pid(k->init_pid, PROGRAM_PID) > 0;

	k->prepare = PREPARE_NONE;
	image_slot_give_back(k);
	/* Of a template there are links in the slot, which the next restore makes anew. */
	image_slot_clear(k);
	if (made && keep_init(k, true)) {
		cell_end(k);
		return;
	}
	/* Before the lock is let go of: they would run. */
	last_pid_set(k, 1);
	criu_kill(k);
	while (made && !k->has_exit && now_us() < deadline)
		if (pump(k, -1, deadline) < 0)
			return;
	if (made && !k->has_exit)
		cell_end(k);
	k->has_exit = false;
	k->state = CELL_EMPTY;
}

/* A criu that stood in the cell was ended from outside: by the OOM killer, or by a person. */
void criu_left(struct keeper *k)
{
	if (k->state == CELL_PREPARED) {
		give_up_preparation(k);
	} else if (k->state == CELL_PARKED) {
		/* What it held may run on by itself now, before anybody said what it shall be. */
		cell_end(k);
	}
}
