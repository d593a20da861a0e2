/*
 * The verbs prime and draw: what makes clones of a template draw different random numbers, and the proof of it.
 *
 * OpenSSL's generators live in user memory, so every clone would repeat the template's numbers. Priming resets them before
 * the dump: RAND_poll raises the primary generator's reseed counter, so that the generator of each thread must fetch a
 * new seed before its next draw; uninstantiating the primary makes it take fresh entropy from the kernel before it gives
 * any. Each clone does both by itself at its first draw. One draw between priming and dump would undo it, so every process
 * stays stopped until it is in the image.
 */
#define _GNU_SOURCE
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "elf.h"
#include "trace.h"

#define DRAW_BYTES 32
#define STOPS_DEADLINE_US 5000000 /* for all threads to come to a stop that was asked for */

static struct object objects[OBJECTS_MAX];
static struct packet found; /* the findings, appended to the answer */
static struct trace trace;

static void note(const char *kind, pid_t pid, const char *path, const char *text)
{
	char line[600];

	snprintf(line, sizeof(line), "%s\t%d\t%.255s\t%.200s", kind, pid, path, text);
	packet_add(&found, "found", line);
}

/* What the process is made of, one finding each. Returns the number of its objects. */
static int examine(pid_t pid)
{
	int i, unreadable, count = elf_scan(pid, objects, OBJECTS_MAX, &unreadable);

	if (count < 0 || unreadable)
		note("unreadable", pid, "", "mapped files that could not be examined");
	for (i = 0; i < count; i++) {
		struct object *o = &objects[i];
		bool fips = strstr(o->path, "fips.so") != NULL;

		note(o->is_executable ? "program" : "library", pid, o->path, o->is_go ? "go" : "");
		if (o->generator && !object_openssl(o))
			note("hidden", pid, o->path, o->generator);
		if (fips)
			note("hidden", pid, o->path, "the FIPS provider has generators of its own");
	}
	return count < 0 ? 0 : count;
}

static bool has_openssl(int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (object_openssl(&objects[i]))
			return true;
	return false;
}

static enum trace_result prime_object(const struct object *o)
{
	bool three = object_openssl(o) == 3;
	uint64_t done, primary;
	enum trace_result r = trace_call(&trace, o->symbols[SYM_POLL], 0, 0, &done);

	if (r != TRACE_OK || (done & 0xffffffff) != 1) {
		trace.why = "RAND_poll failed";
		return TRACE_LOST;
	}
	r = trace_call(&trace, o->symbols[three ? SYM_PRIMARY : SYM_MASTER], 0, 0, &primary);
	if (r != TRACE_OK || !primary) {
		trace.why = "there is no primary generator";
		return TRACE_LOST;
	}
	r = trace_call(&trace, o->symbols[three ? SYM_UNINSTANTIATE : SYM_DRBG_UNINSTANTIATE], primary, 0, &done);
	return r != TRACE_OK || (done & 0xffffffff) != 1 ? TRACE_LOST : TRACE_OK;
}

static enum trace_result begin_when_quiet(struct keeper *k, pid_t pid, long long deadline)
{
	enum trace_result r;

	while ((r = trace_begin(&trace, pid)) == TRACE_BUSY && now_us() < deadline)
		if (pump(k, -1, now_us() + 3000) < 0)
			break;
	return r;
}

static enum trace_result prime_process(struct keeper *k, pid_t pid, long long deadline)
{
	int i, unreadable, count = examine(pid);
	enum trace_result r;

	if (!has_openssl(count)) {
		kill(pid, SIGSTOP);
		return TRACE_OK;
	}
	r = begin_when_quiet(k, pid, deadline);
	if (r != TRACE_OK)
		return r;
	/* While it was waited for, a library may have been loaded: look again, now that it stands. */
	count = elf_scan(pid, objects, OBJECTS_MAX, &unreadable);
	for (i = 0; i < count; i++) {
		if (!object_openssl(&objects[i]))
			continue;
		r = prime_object(&objects[i]);
		if (r != TRACE_OK)
			return r;
		note("primed", pid, objects[i].path, object_openssl(&objects[i]) == 3 ? "OpenSSL 3" : "OpenSSL 1.1.1");
	}
	return trace_end(&trace, true);
}

static bool known(const struct processes *list, pid_t pid)
{
	int i;

	for (i = 0; i < list->count; i++)
		if (list->pids[i] == pid)
			return true;
	return false;
}

/* Every process of the program, until a look at the tree shows none that is new. */
static enum trace_result prime_tree(struct keeper *k, struct processes *done, long long deadline)
{
	bool news = true;

	while (news) {
		struct processes now = { .count = 0 };
		int i;

		news = false;
		processes_collect(&now, k->program_pid);
		if (now.overflow) {
			trace.why = "it has too many processes";
			return TRACE_NEVER;
		}
		for (i = 0; i < now.count; i++) {
			enum trace_result r;

			if (known(done, now.pids[i]))
				continue;
			if (done->count == PROCESSES_MAX) {
				trace.why = "it has too many processes";
				return TRACE_NEVER;
			}
			done->pids[done->count++] = now.pids[i];
			r = prime_process(k, now.pids[i], deadline);
			if (r != TRACE_OK)
				return r;
			news = true;
		}
	}
	return TRACE_OK;
}

/* A thread may come to its stop late: on a busy machine it waits for its turn to run first. */
static enum trace_result await_stops(struct keeper *k, const struct processes *done)
{
	long long deadline = now_us() + STOPS_DEADLINE_US;

	while (!processes_stopped(done)) {
		if (now_us() > deadline || pump(k, -1, now_us() + 1000) < 0) {
			trace.why = "not all of its threads came to a stop in time";
			return TRACE_BUSY;
		}
	}
	return TRACE_OK;
}

static void send_with_findings(struct keeper *k, int client, const char *kind, const char *reason)
{
	const char *tag = packet_get(&k->request, "tag"), *cursor = NULL, *field;

	packet_begin(&k->reply, kind ? "failed" : "ok");
	if (tag)
		packet_add(&k->reply, "tag", tag);
	packet_add(&k->reply, "state", state_name(k->state));
	if (kind) {
		packet_add(&k->reply, "kind", kind);
		packet_add(&k->reply, "reason", reason);
	}
	packet_next(&found, &cursor);
	while ((field = packet_next(&found, &cursor)))
		packet_add(&k->reply, "found", strchr(field, '=') + 1);
	if (packet_send(client, &k->reply))
		answer_failed(k, client, "protocol", "more findings than fit into an answer");
}

void operate_prime(struct keeper *k, int client)
{
	long long deadline = now_us() + packet_get_number(&k->request, "seconds", 1, 60, 5) * 1000000;
	struct processes done = { .count = 0 };
	enum trace_result r;
	char reason[REASON_MAX];
	int i;

	packet_begin(&found, "found");
	if (k->state != CELL_RUNNING || k->program_pid <= 0) {
		answer_failed(k, client, "state", "no running program");
		return;
	}
	trace.why = "";
	r = prime_tree(k, &done, deadline);
	if (r == TRACE_OK)
		r = await_stops(k, &done);
	if (r == TRACE_OK) {
		send_with_findings(k, client, NULL, NULL);
		return;
	}
	fail_text(reason, "process %d: %s", done.count ? done.pids[done.count - 1] : 0, trace.why ? trace.why : "");
	if (r == TRACE_LOST)
		cell_end(k);
	for (i = 0; i < done.count && r != TRACE_LOST; i++)
		kill(done.pids[i], SIGCONT);
	send_with_findings(k, client, r == TRACE_LOST ? "lost" : "refused", reason);
}

static enum trace_result draw_from(pid_t pid, const struct object *o)
{
	static const char digits[] = "0123456789abcdef";
	int which, i;

	for (which = SYM_BYTES; which <= SYM_PRIVATE_BYTES; which++) {
		unsigned char bytes[DRAW_BYTES];
		char text[2 * DRAW_BYTES + 1];
		struct iovec local = { bytes, sizeof(bytes) }, remote = { (void *)trace_space(&trace), sizeof(bytes) };
		uint64_t done;

		if (!o->symbols[which])
			continue;
		if (trace_call(&trace, o->symbols[which], trace_space(&trace), DRAW_BYTES, &done) != TRACE_OK || (done & 0xffffffff) != 1 ||
		    process_vm_readv(pid, &local, 1, &remote, 1, 0) != DRAW_BYTES)
			return TRACE_LOST;
		for (i = 0; i < DRAW_BYTES; i++) {
			text[2 * i] = digits[bytes[i] >> 4];
			text[2 * i + 1] = digits[bytes[i] & 15];
		}
		text[2 * DRAW_BYTES] = '\0';
		note("drawn", pid, o->path, text);
	}
	return TRACE_OK;
}

/* For the trial: the cell holds a clone that nobody uses and that is thrown away afterwards. */
void operate_draw(struct keeper *k, int client)
{
	long long deadline = now_us() + 3000000;
	struct processes all = { .count = 0 };
	enum trace_result r = TRACE_OK;
	char reason[REASON_MAX];
	int i, j, count, unreadable;

	packet_begin(&found, "found");
	if (k->state != CELL_RUNNING || k->program_pid <= 0) {
		answer_failed(k, client, "state", "no running program");
		return;
	}
	trace.why = "";
	processes_collect(&all, k->program_pid);
	for (i = 0; i < all.count && r == TRACE_OK; i++) {
		count = elf_scan(all.pids[i], objects, OBJECTS_MAX, &unreadable);
		if (!has_openssl(count))
			continue;
		r = begin_when_quiet(k, all.pids[i], deadline);
		for (j = 0; j < count && r == TRACE_OK; j++)
			if (object_openssl(&objects[j]))
				r = draw_from(all.pids[i], &objects[j]);
		if (r == TRACE_OK)
			r = trace_end(&trace, true);
	}
	fail_text(reason, "drawing failed: %s", trace.why ? trace.why : "");
	send_with_findings(k, client, r == TRACE_OK ? NULL : "refused", reason);
}
