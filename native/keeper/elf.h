/* What the mapped files of a process contain: OpenSSL's functions, and marks of generators that have no symbols. */
#ifndef HOMEOSTAT_ELF_H
#define HOMEOSTAT_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OBJECTS_MAX 512

enum openssl_symbol { SYM_POLL, SYM_PRIMARY, SYM_UNINSTANTIATE, SYM_MASTER, SYM_DRBG_UNINSTANTIATE, SYM_BYTES, SYM_PRIVATE_BYTES, SYM_COUNT };

/* One mapped ELF file of one process. */
struct object {
	char path[256];            /* as the process sees it */
	uint64_t symbols[SYM_COUNT]; /* addresses in the process, 0 where absent */
	const char *generator;     /* a random generator that it contains, in words; NULL: none known */
	bool is_go;
	bool is_executable;
};

/* Fills objects; returns their count, -1 with errno. Files that cannot be read count as unknown: *unreadable. */
int elf_scan(pid_t pid, struct object *objects, int max, int *unreadable);

/* 3 or 1 (1.1.1): primable; 0: not. */
int object_openssl(const struct object *object);

#endif
