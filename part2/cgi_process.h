/* cgi_process.h - a program that runs for us: its birth, its end. */
#ifndef PART2_CGI_PROCESS_H
#define PART2_CGI_PROCESS_H

#include "cgi_program.h"

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

/* What each process of a program may use. 0: as much as the server. */
struct cgi_limits {
    rlim_t cpu_s; // then SIGXCPU, and a second later SIGKILL
    rlim_t memory;
    rlim_t files;
};

struct cgi_process {
    pid_t pid;  // also the number of its process group
    int pidfd;  // readable once it has exited
    int input;  // we write its standard input here, never waiting; -1: closed
    int output; // we read its standard output here, never waiting
};

/* Run `program` with the variables `env`, in its own directory and process
 * group, within `limits`. Returns 0, or -1 with errno if it could not be
 * started, execve()'s errno included. Waits until the program runs, which
 * takes no time a program could prolong; and costs the same however large the
 * server is. */
int cgi_process_start(struct cgi_process *process,
                      const struct cgi_program *program, char *const env[],
                      const struct cgi_limits *limits);

/* Let the program read the end of its input. */
void cgi_process_close_input(struct cgi_process *process);

/* Wait for the program to exit, `timeout_ms` at most. Has it? */
bool cgi_process_exits(const struct cgi_process *process, int timeout_ms);

/* End the program and all of its group: SIGTERM, then, after a second or when
 * the program has exited, SIGKILL. Blocks meanwhile. */
void cgi_process_stop(const struct cgi_process *process);

/* Not a wait status that waitpid() gives: somebody else has had it, or nobody
 * can, since SIGCHLD is ignored. */
enum { CGI_STATUS_LOST = -1 };

/* Close what we hold of it and reap it: the wait status, or CGI_STATUS_LOST.
 * Blocks until it has exited; must be called once for each process that was
 * started. */
int cgi_process_bury(struct cgi_process *process);

#endif
