/* The descriptors that the program inherits. */
#define _GNU_SOURCE
#include "rootless.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST 3 /* SD_LISTEN_FDS_START */
#define COUNT_MAX 64
#define BACKLOG 512 /* until the program listens again with its own */

/* Out of the way of the numbers that will be handed over. */
#define PARKED 200

static struct {
	const char *name;
	int fd;
} sockets[COUNT_MAX];
static int count;

static void add(const char *name, int fd)
{
	int parked = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, PARKED);

	if (parked < 0 || count == COUNT_MAX)
		refuse("Raise the limit of open files (ulimit -n), or listen on fewer addresses.", "cannot keep a socket open: %s", strerror(errno));
	close(fd);
	sockets[count].name = name;
	sockets[count++].fd = parked;
}

/* 127.0.0.1:80 or [::1]:80; names and shorter forms were made into these before. */
static socklen_t parse(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
	struct sockaddr_in *four = (struct sockaddr_in *)out;
	const char *colon = strrchr(text, ':');
	char host[64], *end;
	long port;

	memset(out, 0, sizeof(*out));
	if (!colon || !colon[1])
		return 0;
	port = strtol(colon + 1, &end, 10);
	if (*end || port < 0 || port > 65535)
		return 0;
	if (text[0] == '[' && colon > text + 1 && colon[-1] == ']') {
		if ((size_t)snprintf(host, sizeof(host), "%.*s", (int)(colon - text - 2), text + 1) >= sizeof(host))
			return 0;
		six->sin6_family = AF_INET6;
		six->sin6_port = htons((uint16_t)port);
		return inet_pton(AF_INET6, host, &six->sin6_addr) == 1 ? sizeof(*six) : 0;
	}
	if ((size_t)snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text) >= sizeof(host))
		return 0;
	four->sin_family = AF_INET;
	four->sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, host, &four->sin_addr) == 1 ? sizeof(*four) : 0;
}

void sockets_add_listener(const char *name, const char *text)
{
	struct sockaddr_storage address;
	socklen_t length = parse(text, &address);
	int fd, on = 1, off = 0;

	if (!length)
		refuse("Write it like 127.0.0.1:8080 or [::1]:8080.", "%s is not an address with a port", text);
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* [::] is all addresses of both families, as everywhere in the platform. */
	if (fd >= 0 && address.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&((struct sockaddr_in6 *)&address)->sin6_addr))
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) || listen(fd, BACKLOG))
		refuse("Choose another address with --listen or --admin.", "cannot listen on %s: %s", text, strerror(errno));
	add(name, fd);
}

/* A file that is not there (no IPv6) is left out. */
void sockets_add_file(const char *name, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		add(name, fd);
}

/* Sockets that this process was itself given (a systemd socket unit) keep their places. */
static int already_given(char *names, size_t size)
{
	const char *given = getenv("LISTEN_FDS"), *to = getenv("LISTEN_PID"), *named = getenv("LISTEN_FDNAMES");
	int i, n = given && to && atoi(to) == getpid() ? atoi(given) : 0;

	if (n <= 0 || n > COUNT_MAX)
		return 0;
	if (named) {
		snprintf(names, size, "%s", named);
		return n;
	}
	for (i = 0; i < n; i++)
		strncat(names, i ? ":unknown" : "unknown", size - strlen(names) - 1);
	return n;
}

void sockets_hand_over(void)
{
	char names[4096] = "", number[16];
	int given = already_given(names, sizeof(names)), i;

	for (i = 0; i < count; i++) {
		/* dup2 leaves close-on-exec behind. */
		if (dup2(sockets[i].fd, FIRST + given + i) < 0)
			refuse("Raise the limit of open files (ulimit -n).", "cannot hand over a socket: %s", strerror(errno));
		if (*names)
			strncat(names, ":", sizeof(names) - strlen(names) - 1);
		strncat(names, sockets[i].name, sizeof(names) - strlen(names) - 1);
	}
	snprintf(number, sizeof(number), "%d", given + count);
	setenv("LISTEN_FDS", number, 1);
	setenv("LISTEN_FDNAMES", names, 1);
	snprintf(number, sizeof(number), "%d", getpid());
	setenv("LISTEN_PID", number, 1);
}
