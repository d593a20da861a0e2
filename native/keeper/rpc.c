/*
 * criu's RPC (protobuf over SEQPACKET), only the fields used here, encoded by hand: four kinds of messages do not
 * justify a protobuf library in a static helper. Field numbers are criu's public interface (rpc.proto).
 */
#include "keeper.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { REQ_DUMP = 1, REQ_RESTORE = 2, REQ_NOTIFY = 6 };
enum { CG_IGNORE = 0, NETWORK_LOCK_SKIP = 3 };
/* criu_opts */
enum {
	OPT_IMAGES_DIR_FD = 1, OPT_PID = 2, OPT_LEAVE_RUNNING = 3, OPT_EXT_UNIX = 4, OPT_FILE_LOCKS = 8, OPT_LOG_LEVEL = 9,
	OPT_NOTIFY = 12, OPT_LINK_REMAP = 18, OPT_FORCE_IRMAP = 21, OPT_CGROUPS = 34, OPT_GHOST_LIMIT = 35, OPT_IRMAP_SCAN = 36,
	OPT_TIMEOUT = 45, OPT_SKIP_IN_FLIGHT = 46, OPT_TCP_CLOSE = 52, OPT_NETWORK_LOCK = 64, OPT_SKIP_RWX = 66,
	OPT_IMAGES_DIR = 68, OPT_LOG_TO_STDERR = 71,
};

#define GHOST_LIMIT (64U << 20) /* bytes of deleted but open files per file; criu's default of 1 MiB is less than ordinary programs keep */

struct buffer {
	size_t len;
	unsigned char data[4096];
};

static void put_varint(struct buffer *b, uint64_t value)
{
	do {
		if (b->len >= sizeof(b->data))
			return;
		b->data[b->len++] = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value);
}

static void put_number(struct buffer *b, unsigned field, int64_t value)
{
	put_varint(b, (uint64_t)field << 3);
	put_varint(b, (uint64_t)value);
}

static void put_bytes(struct buffer *b, unsigned field, const void *bytes, size_t count)
{
	put_varint(b, (uint64_t)field << 3 | 2);
	put_varint(b, count);
	if (count > sizeof(b->data) - b->len) {
		b->len = sizeof(b->data); /* sent as EMSGSIZE below */
		return;
	}
	memcpy(b->data + b->len, bytes, count);
	b->len += count;
}

static int send_request(int fd, int type, const struct buffer *options)
{
	struct buffer request = { .len = 0 };

	put_number(&request, 1, type);
	if (options)
		put_bytes(&request, 2, options->data, options->len);
	else
		put_number(&request, 3, 1); /* notify_success */
	if (request.len >= sizeof(request.data) || (options && options->len >= sizeof(options->data))) {
		errno = EMSGSIZE;
		return -1;
	}
	return send(fd, request.data, request.len, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static void put_common(struct buffer *b, const char *images)
{
	put_number(b, OPT_IMAGES_DIR_FD, -1);
	put_bytes(b, OPT_IMAGES_DIR, images, strlen(images));
	put_number(b, OPT_EXT_UNIX, 1);
	put_number(b, OPT_FILE_LOCKS, 1);
	put_number(b, OPT_LOG_TO_STDERR, 1);
	put_number(b, OPT_CGROUPS, CG_IGNORE);
	put_number(b, OPT_TCP_CLOSE, 1);
	put_number(b, OPT_SKIP_IN_FLIGHT, 1);
	put_number(b, OPT_NETWORK_LOCK, NETWORK_LOCK_SKIP);
}

int rpc_send_dump(int fd, const char *images, bool leave_running, const struct packet *options)
{
	struct buffer b = { .len = 0 };
	const char *cursor = NULL, *field;

	put_common(&b, images);
	put_number(&b, OPT_PID, PROGRAM_PID);
	put_number(&b, OPT_LEAVE_RUNNING, leave_running);
	put_number(&b, OPT_LOG_LEVEL, 2);
	put_number(&b, OPT_LINK_REMAP, 1);
	put_number(&b, OPT_GHOST_LIMIT, GHOST_LIMIT);
	put_number(&b, OPT_TIMEOUT, 10);
	while ((field = packet_next(options, &cursor)))
		if (!strncmp(field, "watched=", 8)) {
			put_number(&b, OPT_FORCE_IRMAP, 1);
			put_bytes(&b, OPT_IRMAP_SCAN, field + 8, strlen(field + 8));
		}
	return send_request(fd, REQ_DUMP, &b);
}

int rpc_send_restore(int fd, const char *images)
{
	struct buffer b = { .len = 0 };

	put_common(&b, images);
	put_number(&b, OPT_LOG_LEVEL, 1);
	put_number(&b, OPT_NOTIFY, 1);
	put_number(&b, OPT_SKIP_RWX, 1);
	return send_request(fd, REQ_RESTORE, &b);
}

int rpc_send_notified(int fd)
{
	return send_request(fd, REQ_NOTIFY, NULL);
}

struct cursor {
	const unsigned char *at, *end;
};

static bool take_varint(struct cursor *c, uint64_t *value)
{
	int shift;

	*value = 0;
	for (shift = 0; shift < 64 && c->at < c->end; shift += 7) {
		unsigned char byte = *c->at++;

		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

/* One field: its number and either a value or a range of bytes. False at the end and on anything malformed. */
static bool take_field(struct cursor *c, unsigned *field, uint64_t *value, struct cursor *bytes)
{
	uint64_t key;

	if (c->at >= c->end || !take_varint(c, &key))
		return false;
	*field = (unsigned)(key >> 3);
	*bytes = (struct cursor){ NULL, NULL };
	if ((key & 7) == 0)
		return take_varint(c, value);
	if ((key & 7) != 2 || !take_varint(c, value) || *value > (uint64_t)(c->end - c->at))
		return false;
	*bytes = (struct cursor){ c->at, c->at + *value };
	c->at += *value;
	return true;
}

static void copy_text(char *to, size_t size, struct cursor from)
{
	size_t count = from.at ? (size_t)(from.end - from.at) : 0;

	if (count >= size)
		count = size - 1;
	if (count)
		memcpy(to, from.at, count);
	to[count] = '\0';
}

int rpc_receive(int fd, struct criu_answer *answer)
{
	unsigned char data[4096];
	struct cursor c, bytes, inner, text;
	unsigned field, sub;
	uint64_t value;
	ssize_t n;
	int resets = 0;

	memset(answer, 0, sizeof(*answer));
	/* ECONNRESET: criu left without reading all of ours. It hides what criu sent before only once. */
	do
		n = recv(fd, data, sizeof(data), 0);
	while (n < 0 && (errno == EINTR || (errno == ECONNRESET && !resets++)));
	if (n <= 0)
		return -1;
	c = (struct cursor){ data, data + n };
	while (take_field(&c, &field, &value, &bytes)) {
		if (field == 1)
			answer->type = (int)value;
		else if (field == 2)
			answer->success = value != 0;
		else if (field == 7)
			answer->error = (int)value;
		else if (field == 9)
			copy_text(answer->message, sizeof(answer->message), bytes);
		else if (field == 5)
			for (inner = bytes; take_field(&inner, &sub, &value, &text);)
				if (sub == 1)
					copy_text(answer->script, sizeof(answer->script), text);
	}
	return 0;
}
