/*
 * The launcher of a platform without root. What it does in this order, and why, is told in main.c.
 */
#ifndef HOMEOSTAT_ROOTLESS_H
#define HOMEOSTAT_ROOTLESS_H

#include <stdbool.h>
#include <sys/types.h>

/* Says on standard error what happened and what to do, as the command line does, and ends with 1. */
void __attribute__((noreturn, format(printf, 2, 3))) refuse(const char *remedy, const char *format, ...);

/* sockets.c: what the program inherits, by systemd's convention: descriptors from 3 on, LISTEN_FDS, LISTEN_FDNAMES. */
void sockets_add_listener(const char *name, const char *address);
void sockets_add_file(const char *name, const char *path);
void sockets_hand_over(void);

/* namespaces.c */
void namespaces_enter_new(void);
bool namespaces_join(pid_t survivor);

/* survivors.c: a keeper that an earlier platform on the data directory left, or 0 */
pid_t survivor_of(const char *data);

#endif
