/* Whether a platform that was killed left containers: their keepers answer on sockets in the data directory. */
#define _GNU_SOURCE
#include "rootless.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The process that listens there; 0: nobody, or somebody else's. */
static pid_t listener_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred peer = { 0 };
	socklen_t length = sizeof(peer);

	if (fd < 0)
		return 0;
	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >= sizeof(address.sun_path) ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length))
		peer.pid = 0;
	close(fd);
	return peer.pid > 0 && peer.uid == geteuid() ? peer.pid : 0;
}

pid_t survivor_of(const char *data)
{
	char path[1024];
	struct dirent *entry;
	pid_t found = 0;
	DIR *cells;

	snprintf(path, sizeof(path), "%s/runtime/cells", data);
	cells = opendir(path);
	while (!found && cells && (entry = readdir(cells))) {
		if (entry->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/runtime/cells/%s/keeper.sock", data, entry->d_name) < sizeof(path))
			found = listener_of(path);
	}
	if (cells)
		closedir(cells);
	return found;
}
