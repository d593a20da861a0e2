/* Making or joining the namespaces in which an ordinary user is root. */
#define _GNU_SOURCE
#include "rootless.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char switched_off[] = "Switch them on (as root: %s), or run homeostat as root.";

/* The number in a file of /proc/sys, or fallback where there is none. */
static long setting(const char *path, long fallback)
{
	FILE *f = fopen(path, "re");
	long value;

	if (!f)
		return fallback;
	if (fscanf(f, "%ld", &value) != 1)
		value = fallback;
	fclose(f);
	return value;
}

/* The kernel only says EPERM or ENOSPC: which of its switches it was must be looked up. */
static void __attribute__((noreturn)) refuse_namespaces(const char *what, int error)
{
	static const struct {
		const char *path, *name, *cure;
		bool off_at_zero;
	} switches[] = {
		{ "/proc/sys/user/max_user_namespaces", "user.max_user_namespaces", "sysctl -w user.max_user_namespaces=15000", true },
		{ "/proc/sys/user/max_net_namespaces", "user.max_net_namespaces", "sysctl -w user.max_net_namespaces=15000", true },
		{ "/proc/sys/kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", "sysctl -w kernel.unprivileged_userns_clone=1", true },
		{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "kernel.apparmor_restrict_unprivileged_userns",
		  "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0", false },
	};
	char remedy[256];
	size_t i;

	for (i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		long value = setting(switches[i].path, -1);

		if (value < 0 || (value == 0) != switches[i].off_at_zero)
			continue;
		snprintf(remedy, sizeof(remedy), switched_off, switches[i].cure);
		refuse(remedy, "containers need root, or user namespaces, which this host forbids to ordinary users: %s is %ld", switches[i].name, value);
	}
	refuse("Run homeostat as root. Inside a container: give it the right to make user namespaces (its seccomp profile forbids them).",
	       "containers need root, or user namespaces, which this host refuses: %s: %s", what, strerror(error));
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		refuse("Run homeostat as root.", "cannot write %s: %s", path, strerror(errno));
	close(fd);
}

/* The first range that /etc/subuid or /etc/subgid lends to the user. */
static bool lent(const char *file, const char *name, uid_t user, unsigned long *start, unsigned long *length)
{
	char line[256], owner[128];
	FILE *f = fopen(file, "re");
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%127[^:]:%lu:%lu", owner, start, length) == 3 && *length > 0 &&
			(!strcmp(owner, name) || (strspn(owner, "0123456789") == strlen(owner) && strtoul(owner, NULL, 10) == user));
	if (f)
		fclose(f);
	return found;
}

/* Read and not asked of NSS, which a static program cannot load. Whoever is in no file has the name of the environment; newuidmap checks it. */
static void name_of(uid_t user, char *out, size_t size)
{
	const char *named = getenv("USER");
	struct passwd *entry;
	FILE *f = fopen("/etc/passwd", "re");

	while (f && (entry = fgetpwent(f)))
		if (entry->pw_uid == user) {
			named = entry->pw_name;
			break;
		}
	snprintf(out, size, "%s", named ? named : "");
	if (f)
		fclose(f);
}

static bool run(char *const *args)
{
	int status = -1, null;
	pid_t pid = fork();

	if (pid == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		dup2(null, 1);
		dup2(null, 2);
		execvp(args[0], args);
		_exit(127);
	}
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Root in the world of process: the user itself; 1 and up: the ids lent to the user, so that programs may change user. */
static bool map_lent(const char *tool, const char *file, const char *name, uid_t user, unsigned own, pid_t process)
{
	unsigned long start, length;
	char pid[16], self[16], from[24], many[24];
	char *args[] = { (char *)tool, pid, "0", self, "1", "1", from, many, NULL };

	if (!lent(file, name, user, &start, &length))
		return false;
	snprintf(pid, sizeof(pid), "%d", process);
	snprintf(self, sizeof(self), "%u", own);
	snprintf(from, sizeof(from), "%lu", start);
	snprintf(many, sizeof(many), "%lu", length);
	return run(args);
}

/*
 * Runs beside the process that is entering: newuidmap must be called from outside. Answers with which maps it made:
 * bit 0 users, bit 1 groups.
 */
static void __attribute__((noreturn)) map_from_outside(int order, int answer, pid_t process)
{
	char name[128], go, made = 0;

	name_of(geteuid(), name, sizeof(name));

	if (read(order, &go, 1) != 1)
		_exit(0);
	if (map_lent("newuidmap", "/etc/subuid", name, geteuid(), geteuid(), process))
		made |= 1;
	if (made && map_lent("newgidmap", "/etc/subgid", name, geteuid(), getegid(), process))
		made |= 2;
	_exit(write(answer, &made, 1) == 1 ? 0 : 1);
}

static void raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		refuse_namespaces("raising the loopback link", errno);
	close(fd);
}

void namespaces_enter_new(void)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	int order[2], answer[2];
	char made = 0, text[64];
	pid_t self = getpid(), outside;

	if (pipe2(order, O_CLOEXEC) || pipe2(answer, O_CLOEXEC) || (outside = fork()) < 0)
		refuse("End some processes of this user.", "cannot start a process: %s", strerror(errno));
	if (outside == 0) {
		close(order[1]);
		map_from_outside(order[0], answer[1], self);
	}
	close(answer[1]);
	if (unshare(CLONE_NEWUSER))
		refuse_namespaces("making a user namespace", errno);
	if (write(order[1], "", 1) != 1 || read(answer[0], &made, 1) != 1)
		made = 0;
	close(order[1]);
	close(order[0]);
	close(answer[0]);
	while (waitpid(outside, NULL, 0) < 0 && errno == EINTR)
		;
	if (!(made & 1)) {
		snprintf(text, sizeof(text), "0 %u 1", (unsigned)user);
		put("/proc/self/uid_map", text);
	}
	if (!(made & 2)) {
		/* The kernel's condition for a map without newgidmap: groups could otherwise be dropped to gain access. */
		put("/proc/self/setgroups", "deny");
		snprintf(text, sizeof(text), "0 %u 1", (unsigned)group);
		put("/proc/self/gid_map", text);
	}
	if (setresgid(0, 0, 0) || setresuid(0, 0, 0) || ((made & 2) && setgroups(0, NULL)))
		refuse_namespaces("becoming root of the user namespace", errno);
	if (unshare(CLONE_NEWNET))
		refuse_namespaces("making a network namespace", errno);
	raise_loopback();
}

static bool join(pid_t process, const char *kind, int type)
{
	char path[48];
	int fd, result;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", process, kind);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	result = fd < 0 ? -1 : setns(fd, type);
	if (fd >= 0)
		close(fd);
	return result == 0;
}

/* False: it ended meanwhile, or lives in no namespace of ours (then it is the host's). */
bool namespaces_join(pid_t survivor)
{
	if (!join(survivor, "user", CLONE_NEWUSER))
		return false;
	if (setresgid(0, 0, 0) || setresuid(0, 0, 0) || !join(survivor, "net", CLONE_NEWNET))
		refuse("End what is left of the earlier platform (homeostat doctor), or try again.",
		       "containers of an earlier platform are alive, but their network cannot be joined: %s", strerror(errno));
	/* Refused where the groups could not be mapped; they stay then. */
	(void)!setgroups(0, NULL);
	return true;
}
