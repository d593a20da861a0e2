/* The processes of a program, as the host sees them. */
#define _GNU_SOURCE
#include "keeper.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* The letter of proc(5): T stopped by a signal, t by a tracer, Z a zombie ...; '?' where there is no such thread any more. */
char thread_state(pid_t pid, pid_t tid)
{
	char path[64], text[512], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return '?';
	text[n] = '\0';
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : '?';
}

static bool stands(pid_t pid)
{
	struct dirent *entry;
	bool all = true;
	char path[40];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && all && (entry = readdir(dir)))
		if (atoi(entry->d_name) > 0)
			all = strchr("TZX?", thread_state(pid, atoi(entry->d_name))) != NULL;
	if (dir)
		closedir(dir);
	return all;
}

/*
 * Whether every thread of the processes has come to the stop that a signal asked for. criu must not seize one that is on its way there: its own
 * interruption and that stop then become one stop where it waits for two, until its time is over ("SEIZE ...: can't wait task").
 */
bool processes_stopped(const struct processes *list)
{
	int i;

	for (i = 0; i < list->count; i++)
		if (!stands(list->pids[i]))
			return false;
	return true;
}
