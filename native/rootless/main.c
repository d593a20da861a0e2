/*
 * homeostat-rootless [--data DIR] [--listen ADDRESS:PORT]... [--admin ADDRESS:PORT] [--check] [-- PROGRAM ARGUMENT...]
 *
 * Makes an ordinary user root of a world of its own, as rootlesskit does, and executes PROGRAM there with the same process id:
 *
 *   1. The listening sockets are opened first, as the ordinary user in the host's network: connections from outside
 *      arrive there and nowhere else. They are handed over (LISTEN_FDS).
 *   2. If containers of an earlier platform on DIR are alive, their user and network namespaces are joined: the new
 *      platform finds bridge, firewall table and containers as it would on a host. Namespaces live as long as a process is in them.
 *   3. Else a user namespace is made, in which the user is root, and a network namespace that it rules.
 *
 * With --check only that is tried and nothing is executed. No process stays behind, none is in between: signals and
 * terminal of the program are those of the caller.
 */
#define _GNU_SOURCE
#include "rootless.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void refuse(const char *remedy, const char *format, ...)
{
	va_list ap;

	fputs("error: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, "\n  %s\n", remedy);
	exit(1);
}

/* Ordinary users often lack the directories of ip, nft and the like. */
static void widen_path(void)
{
	const char *path = getenv("PATH");
	char wide[8192];

	if (!path || !*path)
		path = "/usr/local/bin:/usr/bin:/bin";
	if (strstr(path, "/usr/sbin"))
		return;
	if ((size_t)snprintf(wide, sizeof(wide), "%s:/usr/local/sbin:/usr/sbin:/sbin", path) < sizeof(wide))
		setenv("PATH", wide, 1);
}

static void __attribute__((noreturn)) usage(void)
{
	fputs("usage: homeostat-rootless [--data DIR] [--listen ADDRESS:PORT]... [--admin ADDRESS:PORT] [--check] [-- PROGRAM ARGUMENT...]\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	const char *data = NULL;
	bool check = false;
	char user[16];
	sigset_t none;
	pid_t survivor;
	int i;

	if (geteuid() == 0)
		refuse("Run the program itself.", "this launcher is for users other than root");
	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--check"))
			check = true;
		else if (i + 1 == argc)
			usage();
		else if (!strcmp(argv[i], "--data"))
			data = argv[++i];
		else if (!strcmp(argv[i], "--listen"))
			sockets_add_listener("listen", argv[++i]);
		else if (!strcmp(argv[i], "--admin"))
			sockets_add_listener("admin", argv[++i]);
		else
			usage();
	}
	if (!check && i + 1 >= argc)
		usage();
	/* Who is at the other end of a connection to the admin address stands in the host's tables, out of sight inside. */
	sockets_add_file("tcp", "/proc/self/net/tcp");
	sockets_add_file("tcp6", "/proc/self/net/tcp6");
	snprintf(user, sizeof(user), "%u", (unsigned)geteuid());
	survivor = data && !check ? survivor_of(data) : 0;
	if (!survivor || !namespaces_join(survivor))
		namespaces_enter_new();
	if (check)
		return 0;
	setenv("HOMEOSTAT_ROOTLESS", user, 1);
	if (data)
		setenv("HOMEOSTAT_DATA", data, 1);
	widen_path();
	sockets_hand_over();
	/* .NET, which called this, ignores it; programs in containers must not inherit that. */
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[i + 1], argv + i + 1);
	refuse("Install Homeostat anew.", "cannot execute %s: %s", argv[i + 1], strerror(errno));
}
