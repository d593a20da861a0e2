/* The processes of a program, as the host sees them. */
#define _GNU_SOURCE
#include "keeper.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void collect_children(struct processes *list, pid_t pid, pid_t thread)
{
	char path[64];
	int child;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, thread);
	f = fopen(path, "re");
	while (f && fscanf(f, "%d", &child) == 1) {
		if (list->count == PROCESSES_MAX) {
			list->overflow = true;
			break;
		}
		list->pids[list->count++] = child;
	}
	if (f)
		fclose(f);
}

/* Parents before children. The kernel lists a child with the thread that forked it, so each thread is asked. */
void processes_collect(struct processes *list, pid_t program)
{
	int at;

	list->count = 0;
	list->overflow = false;
	if (program <= 0)
		return;
	list->pids[list->count++] = program;
	for (at = 0; at < list->count; at++) {
		char path[40];
		struct dirent *entry;
		DIR *dir;

		snprintf(path, sizeof(path), "/proc/%d/task", list->pids[at]);
		dir = opendir(path);
		while (dir && (entry = readdir(dir)))
			if (atoi(entry->d_name) > 0)
				collect_children(list, list->pids[at], atoi(entry->d_name));
		if (dir)
			closedir(dir);
	}
}
