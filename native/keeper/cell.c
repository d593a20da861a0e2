/* Making and ending the container around the cell, by the OCI runtime, and what the keeper must know of it. */
#define _GNU_SOURCE
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNTIME_DEADLINE_MS 20000
#define END_DEADLINE_MS 5000 /* from the close of a process's descriptors to its end */
#define UNIFIED "/sys/fs/cgroup/unified"

static bool is_crun(const char *runtime)
{
	const char *name = strrchr(runtime, '/');

	return strncmp(name ? name + 1 : runtime, "crun", 4) == 0;
}

/*
 * crun before 1.9 refuses a host whose v1 and v2 hierarchies are both in use. It needs nothing from the v2 one there, so
 * it is run where that one is not mounted: in a mount namespace of its own, which dies with it.
 */
static void hide_second_hierarchy(const char *runtime)
{
	if (!is_crun(runtime) || access(UNIFIED "/cgroup.controllers", F_OK))
		return;
	/* What the host mounted can't be unmounted in a user namespace, only covered. */
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 && umount2(UNIFIED, MNT_DETACH))
		mount("none", UNIFIED, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=4k");
}

static void __attribute__((noreturn)) exec_runtime(const struct options *o, char *const *args, int control, int log)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR);

	oom_score_reset();
	/* Directories that the runtime makes in the cell must be open to its users. */
	umask(022);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
		_exit(126);
	/* Descriptor 3 is handed on to init (--preserve-fds 1); all others are the keeper's own and closed at exec. */
	if (control >= 0 && (control == 3 ? fcntl(3, F_SETFD, 0) : dup2(control, 3)) < 0)
		_exit(126);
	hide_second_hierarchy(o->runtime);
	execv(o->runtime, args);
	_exit(127);
}

/* Runs the runtime to its end. What it printed goes to DIR/runtime.log; its tail becomes the reason. */
static int runtime_call(struct keeper *k, char *const *args, int control, char *reason)
{
	char path[600], text[300];
	int log, status = 0;
	ssize_t n;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/runtime.log", k->options.dir);
	log = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (log < 0 || (pid = fork()) < 0) {
		fail_text(reason, "cannot run %s: %s", k->options.runtime, strerror(errno));
		return -1;
	}
	if (!pid)
		exec_runtime(&k->options, args, control, log);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	n = pread(log, text, sizeof(text) - 1, 0);
	close(log);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	text[n > 0 ? n : 0] = '\0';
	fail_text(reason, "%s failed (status %d): %s", k->options.runtime, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text);
	return -1;
}

static int runtime_run(struct keeper *k, int control, char *reason)
{
	const struct options *o = &k->options;
	char pid_file[600], text[24] = "";
	char *all[] = { (char *)o->runtime, "", "--root", (char *)o->runtime_root, "run", "--detach", "--bundle", (char *)o->bundle,
			"--pid-file", pid_file, "--preserve-fds", "1", (char *)o->id, NULL };
	char **args = all;
	int fd;

	/* runc finds out by itself. */
	if (o->no_cgroups && is_crun(o->runtime)) {
		all[1] = "--cgroup-manager=disabled";
	} else {
		args = all + 1;
		args[0] = (char *)o->runtime;
	}

	snprintf(pid_file, sizeof(pid_file), "%s/init.pid", o->dir);
	if (runtime_call(k, args, control, reason))
		return -1;
	fd = open(pid_file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 || (k->init_pid = atoi(text)) <= 1) {
		fail_text(reason, "%s left no pid in %s", o->runtime, pid_file);
		return -1;
	}
	close(fd);
	return 0;
}

/* How an init that ended did so; the runtime may have taken its exit status when it was that quick. */
static void tell_end(const struct keeper *k, char *how, size_t size)
{
	int status;

	if (waitpid(k->init_pid, &status, WNOHANG) != k->init_pid)
		snprintf(how, size, "how is not known");
	else if (WIFSIGNALED(status))
		snprintf(how, size, "signal %d", WTERMSIG(status));
	else
		snprintf(how, size, "exit code %d", WEXITSTATUS(status));
}

/* Its first word. An init that ends without one could not be executed in this root, or is another program. */
static int await_hello(struct keeper *k, char *reason)
{
	struct pollfd fd = { .fd = k->init_fd, .events = POLLIN }, end = { .fd = k->init_pidfd, .events = POLLIN };
	char how[40];

	if (poll(&fd, 1, RUNTIME_DEADLINE_MS) != 1) {
		fail_text(reason, "the cell's init said nothing within %d s: is the host overloaded?", RUNTIME_DEADLINE_MS / 1000);
		return -1;
	}
	if (packet_receive(k->init_fd, &k->init_packet) == 1 && !strcmp(k->init_packet.data, "hello"))
		return 0;
	/* No descriptor: it was gone before it could be opened. */
	if (k->init_pidfd < 0 || poll(&end, 1, END_DEADLINE_MS) == 1) {
		tell_end(k, how, sizeof(how));
		fail_text(reason, "the cell's init ended (%s) before its first word: the program init beside the keeper must be the static one of this "
			  "version; build it anew (./run publish, or make -C native)", how);
	} else {
		fail_text(reason, "the cell's init is not the one of this version; build it anew (./run publish, or make -C native)");
	}
	return -1;
}

/* Where a hierarchy is mounted: the directory has the name of its controllers, on v2 none. */
static bool cgroup_dir(const char *controllers, const char *path, char *out, size_t size)
{
	struct stat s;

	if (!strncmp(controllers, "name=", 5))
		controllers += 5;
	if (*controllers) {
		snprintf(out, size, "/sys/fs/cgroup/%s%s", controllers, path);
		return stat(out, &s) == 0;
	}
	snprintf(out, size, UNIFIED "%s", path);
	if (stat(out, &s) == 0)
		return true;
	snprintf(out, size, "/sys/fs/cgroup%s", path);
	return stat(out, &s) == 0;
}

static void cgroups_open(struct keeper *k)
{
	char line[1024], dir[700], path[720], *controllers, *group;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", k->init_pid);
	f = fopen(path, "re");
	while (f && k->cgroup_count < CGROUPS_MAX && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		controllers = strchr(line, ':');
		group = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!group)
			continue;
		*group++ = '\0';
		controllers++;
		if (!strcmp(group, "/") || !cgroup_dir(controllers, group, dir, sizeof(dir)))
			continue;
		if (!strcmp(controllers, "memory") || (!*controllers && !k->memory_cgroup[0]))
			snprintf(k->memory_cgroup, sizeof(k->memory_cgroup), "%.*s", (int)sizeof(k->memory_cgroup) - 1, dir);
		snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
		k->cgroups[k->cgroup_count] = open(path, O_WRONLY | O_CLOEXEC);
		if (k->cgroups[k->cgroup_count] >= 0)
			k->cgroup_count++;
	}
	if (f)
		fclose(f);
}

/* Count of OOM kills in the cell's memory cgroup: v1 memory.oom_control, v2 memory.events, the same word in both. */
long long cell_oom_kills(const struct keeper *k)
{
	static const char *const names[] = { "memory.oom_control", "memory.events" };
	char path[640], line[64];
	long long kills = 0;
	size_t i;

	for (i = 0; i < 2 && k->memory_cgroup[0]; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", k->memory_cgroup, names[i]);
		f = fopen(path, "re");
		while (f && fgets(line, sizeof(line), f))
			sscanf(line, "oom_kill %lld", &kills);
		if (f)
			fclose(f);
	}
	return kills;
}

int cell_make(struct keeper *k, char *reason)
{
	char path[64];
	int pair[2], pid_ns;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		fail_text(reason, "socketpair: %s", strerror(errno));
		return -1;
	}
	k->init_fd = pair[0];
	packet_socket_buffers(pair[0]);
	if (runtime_run(k, pair[1], reason)) {
		close(pair[1]);
		return -1;
	}
	close(pair[1]);
	k->init_pidfd = (int)syscall(SYS_pidfd_open, k->init_pid, 0);
	if (await_hello(k, reason))
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", k->init_pid);
	pid_ns = open(path, O_RDONLY | O_CLOEXEC);
	if (k->init_pidfd < 0 || pid_ns < 0 || setns(pid_ns, CLONE_NEWPID)) {
		fail_text(reason, "cannot enter the cell's pid namespace: %s", strerror(errno));
		return -1;
	}
	close(pid_ns);
	if (!k->options.no_cgroups)
		cgroups_open(k);
	k->oom_kills = cell_oom_kills(k);
	if (outputs_make(k)) {
		fail_text(reason, "cannot make the output pipes in " CELL_DIR "; is /dev a tmpfs in the bundle?");
		return -1;
	}
	k->state = CELL_EMPTY;
	return 0;
}

/* Ends everything in the cell. init cannot refuse, and the kernel ends the rest of the pid namespace with it. */
void cell_end(struct keeper *k)
{
	if (k->init_pidfd >= 0)
		syscall(SYS_pidfd_send_signal, k->init_pidfd, SIGKILL, NULL, 0);
	criu_kill(k);
}

void cell_delete(struct keeper *k)
{
	const struct options *o = &k->options;
	char *args[] = { (char *)o->runtime, "--root", (char *)o->runtime_root, "delete", "--force", (char *)o->id, NULL };
	char reason[REASON_MAX];

	/* The pid namespace is dead: children must be made in the keeper's own again. */
	int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);

	if (own >= 0) {
		if (setns(own, CLONE_NEWPID) == 0)
			runtime_call(k, args, -1, reason);
		close(own);
	}
}

static pid_t namespace_pid(pid_t pid)
{
	char path[40], line[256];
	pid_t inner = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		char *last;

		if (strncmp(line, "NSpid:", 6))
			continue;
		line[strcspn(line, "\n")] = '\0';
		last = strrchr(line, '\t');
		inner = last ? atoi(last + 1) : 0;
		break;
	}
	if (f)
		fclose(f);
	return inner;
}

/* The host pid of the child of parent that has the pid inner in the cell; 0 where there is none. */
pid_t child_with_pid(pid_t parent, pid_t inner)
{
	char path[64];
	FILE *f;
	int pid;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	f = fopen(path, "re");
	while (f && fscanf(f, "%d", &pid) == 1)
		if (namespace_pid(pid) == inner) {
			fclose(f);
			return pid;
		}
	if (f)
		fclose(f);
	return 0;
}
