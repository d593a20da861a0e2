/* The keeper's only loop, its socket for the platform, and what happens by itself: output, init's news, children. */
#define _GNU_SOURCE
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWN_FDS 5        /* signals, init, two outputs, a criu that prepares */
#define DRAIN_ROUNDS 4   /* chunks per turn: one chatty program must not keep orders waiting */
#define DRAIN_AT_END 128 /* a pipe holds 64 KiB, so this is more than all */

int loop_setup(struct keeper *k, char *reason)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	sigset_t set;
	int i;

	for (i = 0; i < CLIENTS_MAX; i++)
		k->clients[i] = -1;
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	k->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	k->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s/keeper.sock", k->options.dir) >= sizeof(address.sun_path)) {
		fail_text(reason, "the path %s is too long for a socket (107 bytes with /keeper.sock)", k->options.dir);
		return -1;
	}
	unlink(address.sun_path);
	umask(0077);
	if (k->signals < 0 || k->listener < 0 || bind(k->listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(k->listener, CLIENTS_MAX)) {
		fail_text(reason, "cannot listen on %s: %s", address.sun_path, strerror(errno));
		return -1;
	}
	return 0;
}

static void accept_client(struct keeper *k)
{
	int i, fd = accept4(k->listener, NULL, NULL, SOCK_CLOEXEC);
	struct ucred peer;
	socklen_t length = sizeof(peer);
	/* An answer that the platform does not take within this time is worth nothing; never wait longer for a stuck one. */
	struct timeval patience = { .tv_sec = 1 };

	if (fd < 0)
		return;
	for (i = 0; i < CLIENTS_MAX && k->clients[i] >= 0; i++)
		;
	if (i == CLIENTS_MAX || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) || (peer.uid != 0 && peer.uid != geteuid())) {
		close(fd);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	packet_socket_buffers(fd);
	k->clients[i] = fd;
}

void broadcast(struct keeper *k)
{
	int i;

	for (i = 0; i < CLIENTS_MAX; i++)
		if (k->clients[i] >= 0)
			packet_send(k->clients[i], &k->reply);
}

static void drain_rest(struct keeper *k)
{
	int i;

	for (i = 0; i < 2; i++)
		if (k->outputs[i].fd >= 0 && !k->output_held)
			logs_drain(k, &k->outputs[i], DRAIN_AT_END);
}

static void hear_init(struct keeper *k)
{
	/* Apart from init_packet: behind the answer to a start may lie the news that the program has ended already. */
	static struct packet news;

	if (packet_receive(k->init_fd, &news) != 1) {
		close(k->init_fd);
		k->init_fd = -1;
		return;
	}
	if (!strcmp(news.data, "exited")) {
		k->exit_status = (int)packet_get_number(&news, "status", 0, 0xffff, SIGKILL);
		k->has_left = packet_get_number(&news, "left", 0, 1, 0) == 1;
		k->has_exit = true;
		return;
	}
	k->init_packet.len = news.len;
	k->init_packet.overflow = false;
	memcpy(k->init_packet.data, news.data, news.len);
	k->init_answered = true;
}

static void cell_ended(struct keeper *k)
{
	struct pollfd last = { .events = POLLIN };

	if (k->state == CELL_ENDED)
		return;
	/* init's last words may still lie in the socket, several of them when the program was short. */
	while ((last.fd = k->init_fd) >= 0 && poll(&last, 1, 0) == 1)
		hear_init(k);
	k->state = CELL_ENDED;
	drain_rest(k);
	k->has_oom = cell_oom_kills(k) > k->oom_kills;
	packet_begin(&k->reply, "exited");
	add_exit(k);
	broadcast(k);
}

void reap_children(struct keeper *k)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(k->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGTERM)
			cell_end(k);
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == k->criu_pid) {
			k->criu_reaped = true;
			k->criu_status = status;
			criu_left(k);
		} else if (pid == k->init_pid) {
			cell_ended(k);
		}
	}
}

static int serve(struct keeper *k, struct pollfd *fds, int count, long long deadline_us)
{
	long long left = deadline_us < 0 ? -1 : (deadline_us - now_us() + 999) / 1000;
	int i;

	if (poll(fds, (nfds_t)count, deadline_us < 0 ? -1 : left > 0 ? (int)left : 0) < 0)
		return errno == EINTR ? 0 : -1;
	if (fds[1].revents)
		hear_init(k);
	for (i = 0; i < 2; i++)
		if (fds[2 + i].revents)
			logs_drain(k, &k->outputs[i], DRAIN_ROUNDS);
	if (fds[4].revents)
		prepare_news(k);
	if (fds[0].revents)
		reap_children(k);
	return 0;
}

static void watch(struct keeper *k, struct pollfd *fds)
{
	int i;

	fds[0] = (struct pollfd){ .fd = k->signals, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = k->init_fd, .events = POLLIN };
	for (i = 0; i < 2; i++)
		fds[2 + i] = (struct pollfd){ .fd = k->output_held ? -1 : k->outputs[i].fd, .events = POLLIN };
	fds[4] = (struct pollfd){ .fd = k->prepare == PREPARE_GOES_ON ? k->criu_rpc : -1, .events = POLLIN };
}

int pump(struct keeper *k, int extra_fd, long long deadline_us)
{
	struct pollfd fds[OWN_FDS + 1];

	watch(k, fds);
	fds[OWN_FDS] = (struct pollfd){ .fd = extra_fd, .events = POLLIN };
	if (serve(k, fds, OWN_FDS + 1, deadline_us) < 0)
		return -1;
	if (fds[OWN_FDS].revents)
		return 1;
	return k->state == CELL_ENDED ? -1 : 0;
}

static void hear_client(struct keeper *k, int *client)
{
	int got = packet_receive(*client, &k->request);

	if (got == 1) {
		operate(k, *client);
	} else if (got == 0 || errno != EBADMSG) {
		close(*client);
		*client = -1;
	} else {
		packet_begin(&k->request, "");
		answer_failed(k, *client, "protocol", "not a packet");
	}
}

/* Ends by exit of the process in operate("quit"). */
int loop_run(struct keeper *k)
{
	struct pollfd fds[OWN_FDS + 1 + CLIENTS_MAX], *listener = fds + OWN_FDS, *clients = listener + 1;
	int i;

	for (;;) {
		watch(k, fds);
		*listener = (struct pollfd){ .fd = k->listener, .events = POLLIN };
		for (i = 0; i < CLIENTS_MAX; i++)
			clients[i] = (struct pollfd){ .fd = k->clients[i], .events = POLLIN };
		if (serve(k, fds, OWN_FDS + 1 + CLIENTS_MAX, -1) < 0)
			return 1;
		for (i = 0; i < CLIENTS_MAX; i++)
			if (clients[i].revents && k->clients[i] >= 0)
				hear_client(k, &k->clients[i]);
		if (listener->revents)
			accept_client(k);
	}
}
