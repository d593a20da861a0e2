/* Calling functions inside a stopped process. */
#ifndef HOMEOSTAT_TRACE_H
#define HOMEOSTAT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define THREADS_MAX 1024

enum trace_result {
	TRACE_OK,
	TRACE_BUSY,  /* a thread was not in a known blocking call; nothing was changed: try again */
	TRACE_NEVER, /* this process cannot be called into; nothing was changed */
	TRACE_LOST,  /* it went wrong in the middle: the process must be killed */
};

struct trace {
	pid_t pid;
	pid_t threads[THREADS_MAX];
	int count;
	uint64_t stack;
	const char *why;
	char at_work[80]; /* which thread was where; why may point here */
};

/* Stops every thread at a known blocking call and prepares the main thread for calls. */
enum trace_result trace_begin(struct trace *t, pid_t pid);

/* Calls function(a, b) in the main thread. */
enum trace_result trace_call(struct trace *t, uint64_t function, uint64_t a, uint64_t b, uint64_t *result);

/* Space of 4 KiB in the process for results, valid between begin and end. */
uint64_t trace_space(const struct trace *t);

/* Lets everything go on as if nothing had been; or, with stay, in the stopped state of SIGSTOP. */
enum trace_result trace_end(struct trace *t, bool stay);

#endif
