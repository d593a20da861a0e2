/*
 * Calls into a process by ptrace (x86_64), as safe as that can be:
 *
 * - Every thread must stand in a known blocking call. A thread inside malloc, a lock of a library or a generator is running
 *   or in another call, so no state is half-changed and no lock is held that the called functions take.
 * - The call runs on a stack of its own, with all signals blocked but those that report faults, and returns to address 0:
 *   the fault there is its end, and it never reaches the program.
 * - Afterwards registers and mask are as before. A wait that the stop had broken off (EINTR) is set back to before its
 *   system call, so that the program sees nothing.
 */
#define _GNU_SOURCE
#include "trace.h"

#if defined(__x86_64__)

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"

#define STACK_BYTES (256 * 1024)
#define SPACE_BYTES 4096
/* Long for a machine with far more work than processors, on which a thread waits its turn for a second and more. */
#define CALL_DEADLINE_US 5000000
#define STOP_DEADLINE_US 5000000
#define DIRECTION_FLAG 0x400

static struct user_regs_struct saved;
static uint64_t saved_mask;

static void nap(void)
{
	struct timespec t = { .tv_nsec = 50000 };

	nanosleep(&t, NULL);
}

/* Waits for a stop of one thread. Returns its wait status, -1 when it is gone or the time is over. */
static int await_stop(pid_t tid, long long deadline)
{
	int status;
	pid_t got;

	for (;;) {
		got = waitpid(tid, &status, __WALL | WNOHANG);
		if (got == tid)
			return WIFSTOPPED(status) ? status : -1;
		if ((got < 0 && errno != EINTR) || now_us() > deadline)
			return -1;
		nap();
	}
}

static bool known_wait(long number)
{
	switch (number) {
	case SYS_epoll_wait: case SYS_epoll_pwait: case SYS_epoll_pwait2: case SYS_poll: case SYS_ppoll: case SYS_select:
	case SYS_pselect6: case SYS_futex: case SYS_accept: case SYS_accept4: case SYS_read: case SYS_recvfrom:
	case SYS_recvmsg: case SYS_nanosleep: case SYS_clock_nanosleep: case SYS_wait4: case SYS_waitid:
	case SYS_rt_sigtimedwait: case SYS_rt_sigsuspend: case SYS_pause: case SYS_restart_syscall:
	/* An open that can be broken off waits for the other end of a FIFO (the debugger thread of .NET does). */
	case SYS_open: case SYS_openat:
		return true;
	default:
		return false;
	}
}

static bool is_syscall_at(pid_t tid, uint64_t address)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, tid, (void *)address, NULL);
	return !errno && (word & 0xffff) == 0x050f;
}

/* The address of the syscall instruction at which a quiet thread waits; 0 where it is not quiet. */
static uint64_t quiet_at(pid_t tid, const struct user_regs_struct *r)
{
	long result = (long)r->rax;
	bool broken_off = result == -EINTR || result == -512 || result == -513 || result == -514 || result == -516;

	if ((long)r->orig_rax >= 0)
		return broken_off && known_wait((long)r->orig_rax) && is_syscall_at(tid, r->rip - 2) ? r->rip - 2 : 0;
	/* Not inside a call: as criu leaves a restored thread, at the instruction or just behind it. */
	if (result >= 0 && known_wait(result) && is_syscall_at(tid, r->rip))
		return r->rip;
	return result == -EINTR && is_syscall_at(tid, r->rip - 2) ? r->rip - 2 : 0;
}

static bool attached(const struct trace *t, pid_t tid)
{
	int i;

	for (i = 0; i < t->count; i++)
		if (t->threads[i] == tid)
			return true;
	return false;
}

static void detach_all(const struct trace *t)
{
	int i;

	for (i = 0; i < t->count; i++)
		ptrace(PTRACE_DETACH, t->threads[i], NULL, NULL);
}

/* Attaches to threads until a look at the list shows none that is new. */
static int attach_all(struct trace *t)
{
	long long deadline = now_us() + STOP_DEADLINE_US;
	char path[40];
	bool news = true;

	snprintf(path, sizeof(path), "/proc/%d/task", t->pid);
	while (news) {
		DIR *dir = opendir(path);
		struct dirent *entry;

		news = false;
		if (!dir)
			return -1;
		while ((entry = readdir(dir))) {
			pid_t tid = atoi(entry->d_name);

			if (tid <= 0 || attached(t, tid))
				continue;
			if (t->count == THREADS_MAX || ptrace(PTRACE_SEIZE, tid, NULL, (void *)PTRACE_O_TRACESYSGOOD)) {
				if (errno == ESRCH)
					continue;
				closedir(dir);
				return -1;
			}
			t->threads[t->count++] = tid;
			news = true;
			if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) || await_stop(tid, deadline) < 0) {
				closedir(dir);
				return -1;
			}
		}
		closedir(dir);
	}
	return attached(t, t->pid) ? 0 : -1;
}

/* A shadow stack would turn our return into a fault of another kind. */
static bool has_shadow_stack(pid_t pid)
{
	char path[40], line[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "x86_Thread_features:", 20) && strstr(line, "shstk"))
			found = true;
	if (f)
		fclose(f);
	return found;
}

static int set_mask(pid_t tid, uint64_t mask)
{
	return (int)ptrace(PTRACE_SETSIGMASK, tid, (void *)sizeof(mask), &mask);
}

/* One system call of the main thread, by the instruction it waits at. */
static enum trace_result system_call(struct trace *t, long number, const uint64_t *a, uint64_t *result)
{
	struct user_regs_struct r = saved;
	int status;

	r.rip = quiet_at(t->pid, &saved);
	r.rax = (uint64_t)number;
	r.rdi = a[0], r.rsi = a[1], r.rdx = a[2], r.r10 = a[3], r.r8 = a[4], r.r9 = a[5];
	r.orig_rax = (uint64_t)-1;
	if (ptrace(PTRACE_SETREGS, t->pid, NULL, &r) || ptrace(PTRACE_SINGLESTEP, t->pid, NULL, NULL))
		return TRACE_LOST;
	status = await_stop(t->pid, now_us() + CALL_DEADLINE_US);
	if (status < 0 || WSTOPSIG(status) != SIGTRAP || ptrace(PTRACE_GETREGS, t->pid, NULL, &r))
		return TRACE_LOST;
	*result = r.rax;
	return TRACE_OK;
}

static enum trace_result make_stack(struct trace *t)
{
	const uint64_t a[6] = { 0, STACK_BYTES, 3 /* read, write */, 0x22 /* private, anonymous */, (uint64_t)-1, 0 };
	const uint64_t faults = 1ULL << (SIGSEGV - 1) | 1ULL << (SIGBUS - 1) | 1ULL << (SIGILL - 1) | 1ULL << (SIGFPE - 1) | 1ULL << (SIGTRAP - 1);

	if (ptrace(PTRACE_GETREGS, t->pid, NULL, &saved) ||
	    ptrace(PTRACE_GETSIGMASK, t->pid, (void *)sizeof(saved_mask), &saved_mask) || set_mask(t->pid, ~faults))
		return TRACE_LOST;
	if (system_call(t, SYS_mmap, a, &t->stack) != TRACE_OK || t->stack > (uint64_t)-4096) {
		t->why = "no memory could be mapped in it (a seccomp filter?)";
		return TRACE_LOST;
	}
	return TRACE_OK;
}

enum trace_result trace_begin(struct trace *t, pid_t pid)
{
	int i;

	*t = (struct trace){ .pid = pid };
	if (has_shadow_stack(pid)) {
		t->why = "it has a shadow stack";
		return TRACE_NEVER;
	}
	if (attach_all(t)) {
		detach_all(t);
		t->why = "its threads could not be stopped";
		return TRACE_BUSY;
	}
	for (i = 0; i < t->count; i++) {
		struct user_regs_struct r;

		if (ptrace(PTRACE_GETREGS, t->threads[i], NULL, &r) == 0 && quiet_at(t->threads[i], &r))
			continue;
		detach_all(t);
		snprintf(t->at_work, sizeof(t->at_work), "a thread is at work (%d, system call %ld, result %ld)", t->threads[i], (long)r.orig_rax,
			 (long)r.rax);
		t->why = t->at_work;
		return TRACE_BUSY;
	}
	return make_stack(t);
}

uint64_t trace_space(const struct trace *t)
{
	return t->stack + STACK_BYTES - SPACE_BYTES;
}

enum trace_result trace_call(struct trace *t, uint64_t function, uint64_t a, uint64_t b, uint64_t *result)
{
	struct user_regs_struct r = saved;
	int status;

	/* At the entry of a function rsp is 8 off a multiple of 16: there lies the return address, which is 0 in fresh memory. */
	r.rsp = trace_space(t) - 128 - 8;
	r.rip = function;
	r.rdi = a;
	r.rsi = b;
	r.rax = 0;
	r.rbp = 0;
	r.eflags &= ~(uint64_t)DIRECTION_FLAG;
	r.orig_rax = (uint64_t)-1;
	if (ptrace(PTRACE_POKEDATA, t->pid, (void *)r.rsp, NULL) || ptrace(PTRACE_SETREGS, t->pid, NULL, &r) ||
	    ptrace(PTRACE_CONT, t->pid, NULL, NULL))
		return TRACE_LOST;
	status = await_stop(t->pid, now_us() + CALL_DEADLINE_US);
	if (status < 0 || ptrace(PTRACE_GETREGS, t->pid, NULL, &r) || WSTOPSIG(status) != SIGSEGV || r.rip != 0) {
		t->why = status < 0 ? "the call did not return within a second" : "the call broke off";
		return TRACE_LOST;
	}
	*result = r.rax;
	return TRACE_OK;
}

/* A wait with EINTR begins anew; the other codes mean that the kernel begins it anew by itself. */
static void mend(pid_t tid)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, tid, NULL, &r) || (long)r.rax != -EINTR || (long)r.orig_rax < 0)
		return;
	r.rax = r.orig_rax;
	r.rip -= 2;
	r.orig_rax = (uint64_t)-1;
	ptrace(PTRACE_SETREGS, tid, NULL, &r);
}

enum trace_result trace_end(struct trace *t, bool stay)
{
	const uint64_t a[6] = { t->stack, STACK_BYTES, 0, 0, 0, 0 };
	long long deadline = now_us() + STOP_DEADLINE_US;
	uint64_t result;
	int i;

	if (system_call(t, SYS_munmap, a, &result) != TRACE_OK || ptrace(PTRACE_SETREGS, t->pid, NULL, &saved) || set_mask(t->pid, saved_mask))
		return TRACE_LOST;
	for (i = 0; i < t->count; i++)
		mend(t->threads[i]);
	if (!stay) {
		detach_all(t);
		return TRACE_OK;
	}
	/* The main thread takes the signal and stops the group; the others are released only then, into the stop. */
	kill(t->pid, SIGSTOP);
	ptrace(PTRACE_DETACH, t->pid, NULL, NULL);
	while (thread_state(t->pid, t->pid) != 'T' && now_us() < deadline)
		nap();
	for (i = 0; i < t->count; i++)
		if (t->threads[i] != t->pid)
			ptrace(PTRACE_DETACH, t->threads[i], NULL, NULL);
	return thread_state(t->pid, t->pid) == 'T' ? TRACE_OK : TRACE_LOST;
}

#else

enum trace_result trace_begin(struct trace *t, pid_t pid)
{
	*t = (struct trace){ .pid = pid, .why = "priming is written for x86_64 only" };
	return TRACE_NEVER;
}

enum trace_result trace_call(struct trace *t, uint64_t function, uint64_t a, uint64_t b, uint64_t *result)
{
	(void)t, (void)function, (void)a, (void)b, (void)result;
	return TRACE_NEVER;
}

uint64_t trace_space(const struct trace *t)
{
	(void)t;
	return 0;
}

enum trace_result trace_end(struct trace *t, bool stay)
{
	(void)t, (void)stay;
	return TRACE_NEVER;
}

#endif
