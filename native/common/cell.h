/* What init, keeper and criu agree on inside every cell. */
#ifndef HOMEOSTAT_CELL_H
#define HOMEOSTAT_CELL_H

/*
 * Pid of the program in its cell. High enough that the pids below it suffice for init, criu and its short-lived
 * children: criu gives each restored thread its old id and must not meet itself there.
 */
#define PROGRAM_PID 100

/* Where programs find the ends of their standard output; the same path in every cell, for criu reopens by path. */
#define CELL_DIR "/dev/.homeostat"
#define CELL_STDOUT CELL_DIR "/stdout"
#define CELL_STDERR CELL_DIR "/stderr"

#endif
