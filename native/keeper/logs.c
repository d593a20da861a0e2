/*
 * What programs print, in the format of Kubernetes container logs: "2026-01-02T03:04:05.678901Z stdout F text".
 * P instead of F marks a line that the next line of the same stream continues.
 *
 * The program is never blocked by the disk: what cannot be written is counted, and the count is logged when writing works
 * again. Files: DIR/log, older ones log.1, log.2, ...; each at most --log-size bytes, at most --log-files of them.
 */
#define _GNU_SOURCE
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 16384
#define STAMP_MAX 64

static void log_path(const struct keeper *k, int number, char *path, size_t size)
{
	if (number)
		snprintf(path, size, "%s/log.%d", k->log_dir, number);
	else
		snprintf(path, size, "%s/log", k->log_dir);
}

static void log_file_open(struct keeper *k)
{
	char path[600];
	struct stat s;

	log_path(k, 0, path, sizeof(path));
	k->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	k->log_bytes = k->log_fd >= 0 && !fstat(k->log_fd, &s) ? s.st_size : 0;
}

void logs_open(struct keeper *k, const char *dir)
{
	if (k->log_fd >= 0)
		close(k->log_fd);
	snprintf(k->log_dir, sizeof(k->log_dir), "%s", dir);
	mkdir(k->log_dir, 0700);
	log_file_open(k);
}

static void rotate(struct keeper *k)
{
	char from[600], to[600];
	int i;

	close(k->log_fd);
	log_path(k, k->options.log_files - 1, to, sizeof(to));
	unlink(to);
	for (i = k->options.log_files - 2; i >= 0; i--) {
		log_path(k, i, from, sizeof(from));
		log_path(k, i + 1, to, sizeof(to));
		rename(from, to);
	}
	log_file_open(k);
}

/* Whole or not at all as far as it depends on us: a short write on a full disk is taken back. */
static bool append(struct keeper *k, const char *bytes, size_t count)
{
	ssize_t n;

	if (k->log_fd < 0)
		log_file_open(k);
	else if (k->log_bytes + (long long)count > k->options.log_size && k->log_bytes > 0)
		rotate(k);
	if (k->log_fd < 0)
		return false;
	n = write(k->log_fd, bytes, count);
	if (n == (ssize_t)count) {
		k->log_bytes += n;
		return true;
	}
	if (n > 0 && ftruncate(k->log_fd, k->log_bytes))
		k->log_bytes += n;
	return false;
}

static int stamp(char *out, const char *stream, char mark)
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	return snprintf(out, STAMP_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ %s %c ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			tm.tm_hour, tm.tm_min, tm.tm_sec, now.tv_nsec / 1000, stream, mark);
}

static void report_dropped(struct keeper *k, struct output *output)
{
	char line[STAMP_MAX + 80];
	int n;

	if (!output->dropped)
		return;
	n = stamp(line, output->name, 'F');
	n += snprintf(line + n, 80, "[homeostat: %llu bytes of output were lost, the log could not be written]\n",
		      (unsigned long long)output->dropped);
	if (append(k, line, (size_t)n))
		output->dropped = 0;
}

/* Splits what was read into lines and writes them by one call. */
static void write_lines(struct keeper *k, struct output *output, const char *text, size_t count)
{
	static char out[CHUNK * 4];
	char head[STAMP_MAX];
	size_t used = 0, kept = 0;

	report_dropped(k, output);
	while (count) {
		const char *newline = memchr(text, '\n', count);
		size_t length = newline ? (size_t)(newline - text) : count;
		int n = stamp(head, output->name, newline ? 'F' : 'P');

		if (used + (size_t)n + length + 1 > sizeof(out)) {
			if (!append(k, out, used))
				output->dropped += kept;
			used = kept = 0;
		}
		memcpy(out + used, head, (size_t)n);
		memcpy(out + used + n, text, length);
		used += (size_t)n + length;
		out[used++] = '\n';
		kept += length + 1;
		output->partial = !newline;
		length += newline != NULL;
		text += length;
		count -= length;
	}
	if (used && !append(k, out, used))
		output->dropped += kept;
}

void logs_drain(struct keeper *k, struct output *output, int rounds)
{
	char chunk[CHUNK];
	ssize_t n;

	while (rounds-- > 0 && (n = read(output->fd, chunk, sizeof(chunk))) > 0) {
		if (k->log_dir[0])
			write_lines(k, output, chunk, (size_t)n);
		if (n < (ssize_t)sizeof(chunk))
			break;
	}
}
