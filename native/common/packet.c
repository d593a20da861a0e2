#include "packet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void put(struct packet *p, const char *bytes, size_t count)
{
	if (p->overflow || count > sizeof(p->data) - p->len) {
		p->overflow = true;
		return;
	}
	memcpy(p->data + p->len, bytes, count);
	p->len += count;
}

void packet_begin(struct packet *p, const char *verb)
{
	p->len = 0;
	p->overflow = false;
	put(p, verb, strlen(verb) + 1);
}

void packet_add(struct packet *p, const char *key, const char *value)
{
	put(p, key, strlen(key));
	put(p, "=", 1);
	put(p, value, strlen(value) + 1);
}

void packet_add_number(struct packet *p, const char *key, long long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", value);
	packet_add(p, key, text);
}

int packet_send(int fd, const struct packet *p)
{
	ssize_t n;

	if (p->overflow) {
		errno = EMSGSIZE;
		return -1;
	}
	do
		n = send(fd, p->data, p->len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

int packet_receive(int fd, struct packet *p)
{
	ssize_t n;

	do
		n = recv(fd, p->data, sizeof(p->data), MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return (int)n;
	if ((size_t)n > sizeof(p->data) || p->data[n - 1] != '\0') {
		p->len = 0;
		errno = EBADMSG;
		return -1;
	}
	p->len = (size_t)n;
	p->overflow = false;
	return 1;
}

const char *packet_next(const struct packet *p, const char **cursor)
{
	const char *at = *cursor ? *cursor + strlen(*cursor) + 1 : p->data;

	if (at >= p->data + p->len)
		return NULL;
	*cursor = at;
	return at;
}

const char *packet_get(const struct packet *p, const char *key)
{
	size_t length = strlen(key);
	const char *cursor = NULL, *field;

	while ((field = packet_next(p, &cursor)))
		if (!strncmp(field, key, length) && field[length] == '=')
			return field + length + 1;
	return NULL;
}

long long packet_get_number(const struct packet *p, const char *key, long long low, long long high, long long fallback)
{
	const char *text = packet_get(p, key);
	char *end;
	long long value;

	if (!text || !*text)
		return fallback;
	errno = 0;
	value = strtoll(text, &end, 10);
	return errno || *end || value < low || value > high ? fallback : value;
}

void packet_socket_buffers(int fd)
{
	int bytes = 2 * PACKET_MAX;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}
