/* family.h - a process and everything it has forked, as /proc shows them.
 *
 * family.c reads /proc and remembers what /proc forgets: since when a zombie
 * has been dead. It prints nothing. watch_picture.c draws a family,
 * watch_report.c writes it as text.
 *
 * All times are milliseconds of one clock of the caller's choice, passed in. */
#ifndef FAMILY_H
#define FAMILY_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
    /* Parsed from one /proc/PID/stat; see proc(5) for its numbered fields. */
    pid_t pid;
    pid_t parent;
    char name[64];
    char state; // R, S, D, T, Z ...
    uint64_t cpu_ticks;
    uint64_t buried_cpu_ticks; // of the children it has waited for
    uint64_t started;          // tells a new process from a reused pid
    uint64_t rss_pages;
    int wait_status; // of a zombie; as waitpid would give it

    /* Kept by the family. */
    int depth;              // 0 the one watched, 1 its child ...; or STRANGER
    bool wait_status_known; // false: not ours to look at
    bool dead_on_arrival;   // already a zombie when the watch began
    int64_t died;           // when first seen dead
    uint64_t switches;      // context switches, of the first thread
    int fds;                // -1: not ours to look at
    int64_t read_at;
    int64_t examined_at; // UNKNOWN: never as what it now is
    int times_read;
};

enum { STRANGER = -1, UNKNOWN = -1 };

struct family {
    pid_t root;
    char name[256];
    bool gone; // the watched process has ended, buried or not

    /* Sums over the watched process and all below it. */
    int alive;            // below it: the watched one is not counted
    int zombies;          // below it
    int64_t oldest_ms;    // age of the oldest zombie, 0 without one
    bool oldest_at_least; // it was dead before the watch began
    int fds;
    int64_t rss_kb;
    int64_t cpu_ms;   // with that of the children already buried
    int64_t switches; // seen so far
    uint64_t pending; // signals waiting for the watched process: bit n-1

    /* Read by family_read_slowly; UNKNOWN until then or when not allowed. */
    int port;
    int64_t pss_kb;
    int64_t private_kb;
    int64_t private_dirty_kb;
    double cpu_percent;
    double switches_per_s;

    /* Everyone on the machine, by pid: strangers are kept so that their stat
     * need not be read again. */
    struct process *all;
    size_t count;

    /* Private to family.c. */
    struct process *before;
    size_t before_count;
    size_t all_room;
    size_t before_room;
    DIR *proc;
    int rounds;
    int64_t paced_at;
    int64_t paced_cpu_ms;
    int64_t paced_switches;
};

/* Start a family of the process `root`, without looking yet. */
void family_begin(struct family *family, pid_t root);

/* Free what the family holds. */
void family_end(struct family *family);

/* One look at /proc. False when /proc cannot be read, with errno. Processes
 * that vanish meanwhile are left out. Cheap enough for 50 looks a second. */
bool family_read(struct family *family, int64_t now);

/* The costly readings: shared and private memory, port, rates since the last
 * call. For once a second, after family_read. */
void family_read_slowly(struct family *family, int64_t now);

/* The process with this pid in the latest look, or NULL. May be a stranger. */
const struct process *family_find(const struct family *family, pid_t pid);

/* Dead, and not yet buried. */
bool process_is_zombie(const struct process *process);

/* A look without /proc, for tests: one round is family_look, then family_see
 * for every process, in any order, then family_settle. */
void family_look(struct family *family);

/* Take in the text of one /proc/PID/stat. False when it is not such a text. */
bool family_see(struct family *family, const char *stat_text, int64_t now);

/* Decide who belongs to the family and who is dead, and add up. */
void family_settle(struct family *family, int64_t now);

/* Parse the text of one /proc/PID/stat. The name may hold spaces, newlines
 * and parentheses. False when it is not such a text. */
bool process_parse(struct process *process, const char *stat_text);

/* "SIGCHLD" for 17; "SIG34" for those without a name. Never NULL; the text is
 * good until the next call. */
const char *signal_name(int number);

/* The names of a mask as in /proc/PID/status, "SIGINT,SIGCHLD", or "-" for
 * none. Writes into `text` and returns it. */
const char *signal_names(uint64_t mask, char *text, size_t size);

#endif
