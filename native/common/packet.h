/*
 * Packets: the messages between the platform, the keeper and the cell's init.
 *
 * One packet is one SOCK_SEQPACKET datagram: strings, each ended by NUL. The first is the verb, the others are
 * "key=value"; a key may repeat (arg=, env=). Bytes other than NUL need no quoting, so argv and environment pass
 * unchanged. A packet has at most PACKET_MAX bytes; what does not fit is an error of the sender, never cut.
 */
#ifndef HOMEOSTAT_PACKET_H
#define HOMEOSTAT_PACKET_H

#include <stdbool.h>
#include <stddef.h>

#define PACKET_MAX (128 * 1024)

struct packet {
	size_t len;
	bool overflow;
	char data[PACKET_MAX];
};

void packet_begin(struct packet *p, const char *verb);
void packet_add(struct packet *p, const char *key, const char *value);
void packet_add_number(struct packet *p, const char *key, long long value);

/* Sends the packet whole. Returns 0, or -1 with errno (EMSGSIZE where it had overflowed). */
int packet_send(int fd, const struct packet *p);

/* Receives one packet. Returns 1, 0 at end of file, -1 with errno (EBADMSG where it is no packet). */
int packet_receive(int fd, struct packet *p);

/* Walks over the strings; *cursor starts as NULL. Returns NULL after the last one. */
const char *packet_next(const struct packet *p, const char **cursor);

/* The value of the first "key=", or NULL. */
const char *packet_get(const struct packet *p, const char *key);

/* The value of "key=" as a number within [low, high], else fallback. */
long long packet_get_number(const struct packet *p, const char *key, long long low, long long high, long long fallback);

/* Lets a socket pass packets of PACKET_MAX bytes, whatever the host's default. Best effort. */
void packet_socket_buffers(int fd);

#endif
