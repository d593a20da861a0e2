/*
 * Linked into criu: what build.sh has it call.
 *
 * __wrap_syscall: reading the limits of a process of another user without CAP_SYS_RESOURCE.
 * prlimit64(pid, .., NULL, &old) on a process of another user needs CAP_SYS_RESOURCE, which virtual machines
 * and outer containers often withhold from root. /proc/PID/limits shows the same figures to everybody. The
 * linker sends each call of syscall() here (--wrap=syscall); all but that one pass through unchanged.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

/* Lines of /proc/PID/limits stand in the order of the RLIMIT_ numbers, after one heading line. */
static int limits_from_proc(int pid, int resource, struct rlimit64 *out)
{
	char path[40], line[256], soft[32], hard[32];
	FILE *f;
	int i, found = -1;

	if (resource < 0 || resource >= RLIM_NLIMITS)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/limits", pid);
	f = fopen(path, "re");
	if (!f)
		return -1;
	for (i = -1; i <= resource && fgets(line, sizeof(line), f); i++) {
		/* The name fills 25 columns and contains blanks. */
		if (i != resource || strlen(line) < 26 || sscanf(line + 26, "%31s %31s", soft, hard) != 2)
			continue;
		out->rlim_cur = soft[0] == 'u' ? RLIM64_INFINITY : strtoull(soft, NULL, 10);
		out->rlim_max = hard[0] == 'u' ? RLIM64_INFINITY : strtoull(hard, NULL, 10);
		found = 0;
	}
	fclose(f);
	return found;
}

long __wrap_syscall(long number, ...)
{
	long a[6], ret;
	va_list ap;
	int i;

	va_start(ap, number);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	ret = __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (ret < 0 && errno == EPERM && number == SYS_prlimit64 && !a[2] && a[3] &&
	    !limits_from_proc((int)a[0], (int)a[1], (struct rlimit64 *)a[3]))
		return 0;
	return ret;
}

/* While the keeper holds the lock nothing is read: the cell is only prepared. */
void before_memory(int log);
void before_memory(int log)
{
	static int passed;

	while (!passed && flock(log, LOCK_SH) && errno == EINTR)
		;
	passed = 1;
}
