/*
 * The keeper: one small process on the host per cell, the cell's supervisor in the sense of conmon or a shim.
 *
 * It is the parent of the container, owns the reading ends of the program's output, brings criu into the cell from
 * outside, and answers the platform on a socket. It survives the platform, so that programs do. See
 * docs/architecture/cells.md for the protocol and the states.
 *
 * One thread, one loop. Operations that take time (dump, restore) run the same loop inside (pump), which goes on
 * draining output but takes no further order; every wait has a deadline.
 */
#ifndef HOMEOSTAT_KEEPER_H
#define HOMEOSTAT_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../common/cell.h"
#include "../common/packet.h"

#define CLIENTS_MAX 4
#define CGROUPS_MAX 16
#define IMAGE_ROOTS_MAX 2
#define STAGES_MAX 8
#define REASON_MAX 512
#define DETAIL_MAX 2000

/* Descriptors of an injected criu. All others are closed. */
#define CRIU_RPC_FD 18
#define CRIU_IMAGES_FD 20 /* and 19: the second image root */
#define CRIU_RUN_FD 21    /* directory of criu.kdat; RUNDIR of our build */

enum state { CELL_EMPTY, CELL_PREPARED, CELL_PARKED, CELL_RUNNING, CELL_ENDED };

/* What is known of a prepared restore. */
enum prepare { PREPARE_NONE, PREPARE_GOES_ON, PREPARE_PAST_BARRIER };

struct options {
	const char *id, *dir, *bundle, *runtime, *runtime_root, *criu, *run_dir;
	const char *image_roots[IMAGE_ROOTS_MAX];
	long long log_size;
	int log_files;
	bool no_cgroups; /* a user without root has none to write to */
};

struct output {
	const char *name;
	int fd;
	bool partial; /* the last line written was cut: the next one continues it */
	uint64_t dropped;
};

struct keeper {
	struct options options;
	enum state state;
	int listener, signals, init_fd, init_pidfd, run_dir_fd, criu_fd, last_pid_fd;
	pid_t init_pid;
	int clients[CLIENTS_MAX];
	int cgroups[CGROUPS_MAX];
	int cgroup_count;
	char memory_cgroup[600];
	long long oom_kills; /* of the cell's cgroup when it was made */
	/* the injected criu, 0 when there is none */
	pid_t criu_pid;
	int criu_rpc, criu_log, criu_status;
	/* criu's stages of the last restore: name and microseconds since the order */
	struct { char name[24]; long long us; } stages[STAGES_MAX];
	int stage_count;
	long long ordered_us;
	enum prepare prepare;
	int barrier; /* while it is open, restored processes stop before they read their memory */
	char image[512]; /* the one restored last */
	char prepared_from[512]; /* where the image of a prepared restore lay; "" where it is not to be put back */
	char dumped[512]; /* complete image of the program that was here last; "" from the moment on at which it may be restored */
	char lost[REASON_MAX]; /* why a dump ended the cell; "" if none did */
	bool criu_reaped;
	/* the program */
	pid_t program_pid; /* host pid; 0 when there is none */
	int program_pidfd;
	bool checkpointable; /* it has PROGRAM_PID, and there is a criu */
	int exit_status; /* wait status as init reported it, valid when has_exit */
	bool has_exit, has_oom;
	bool has_left; /* the program left processes behind, valid when has_exit */
	bool init_keeps; /* init was told to outlive the program, which is being dumped */
	bool init_answered; /* init_packet holds an answer to an order */
	struct packet init_packet, request, reply;
	struct output outputs[2];
	int log_fd;
	char log_dir[512];
	long long log_bytes;
	bool output_held; /* not read: what is in the pipes belongs to the image being dumped */
};

long long now_us(void);
const char *state_name(enum state state);
/* The keeper is spared by the OOM killer where the host allows that; what it starts must not be. */
void oom_score_reset(void);
void fail_text(char *reason, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* cell.c */
int cell_make(struct keeper *k, char *reason);
void cell_end(struct keeper *k);
void cell_delete(struct keeper *k);
long long cell_oom_kills(const struct keeper *k);
pid_t child_with_pid(pid_t parent, pid_t inner);

/* processes.c */
#define PROCESSES_MAX 1024
struct processes {
	pid_t pids[PROCESSES_MAX];
	int count;
	bool overflow; /* there are more */
};
void processes_collect(struct processes *list, pid_t program);
bool processes_stopped(const struct processes *list);
char thread_state(pid_t pid, pid_t tid);

/* inject.c: runs in a child that stands in the cell's namespaces */
struct injection {
	bool join_cgroups;
	int image_fds[IMAGE_ROOTS_MAX];
};
pid_t inject(struct keeper *k, bool join_cgroups, int (*run)(struct keeper *, void *), void *argument);
int inject_criu(struct keeper *k, const struct injection *injection, char *reason);
void criu_kill(struct keeper *k);
int criu_wait(struct keeper *k, int timeout_ms);
struct criu_answer;
void criu_fate(struct keeper *k, const struct criu_answer *answer, int patience_ms, char *reason);
int outputs_make(struct keeper *k);
int last_pid_set(struct keeper *k, int last);

/* images.c: descriptors of image directories that lead nowhere else */
int image_dir_open(const char *path, bool writable);
int image_slot_open(struct keeper *k, struct injection *injection, char *reason);
int image_slot_fill(struct keeper *k, const char *image, bool consume, int *root, char *reason);
void image_slot_clear(struct keeper *k);
void image_slot_give_back(struct keeper *k);

/* rpc.c: the few messages of criu's RPC */
struct criu_answer {
	int type;
	bool success;
	char script[24];
	char message[200];
	int error;
};
int rpc_send_dump(int fd, const char *images, bool leave_running, const struct packet *options);
int rpc_send_restore(int fd, const char *images);
int rpc_send_notified(int fd);
int rpc_receive(int fd, struct criu_answer *answer);

/* logs.c */
void logs_open(struct keeper *k, const char *dir);
void logs_drain(struct keeper *k, struct output *output, int rounds);

/* operations.c, restore.c, dump.c, prime.c: one per verb */
void open_log_of_request(struct keeper *k);
void add_exit(struct keeper *k);
void operate_restore(struct keeper *k, int client);
void operate_resume(struct keeper *k, int client);
void prepare_news(struct keeper *k);
void criu_left(struct keeper *k);
void operate(struct keeper *k, int client);
void operate_dump(struct keeper *k, int client);
int keep_init(struct keeper *k, bool on);
void operate_prime(struct keeper *k, int client);
void operate_draw(struct keeper *k, int client);
void answer_ok(struct keeper *k, int client);
void answer_failed(struct keeper *k, int client, const char *kind, const char *reason);
void program_found(struct keeper *k, pid_t pid);

/* loop.c */
int loop_setup(struct keeper *k, char *reason);
int loop_run(struct keeper *k);
/* Serves outputs, init and children until extra_fd is readable (1), the time is over (0); -1 when init is gone. */
int pump(struct keeper *k, int extra_fd, long long deadline_us);
void reap_children(struct keeper *k);
void broadcast(struct keeper *k);

#endif
