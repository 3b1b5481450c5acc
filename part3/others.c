/* others.c - kill(-1), or a walk through /proc/PID/task/TID/children. */
#include "others.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TURN_MS = 20, KILL_MS = 5000 };

struct person {
    pid_t pid;
    pid_t parent;
};

struct people {
    struct person *list;
    size_t count, room;
};

static void add(struct people *people, pid_t pid, pid_t parent)
{
    if (people->count == people->room) {
        size_t room = 2 * people->room + 16;
        struct person *list = realloc(people->list, room * sizeof *list);
        if (!list)
            return; // missed: whoever calls will try again
        people->list = list;
        people->room = room;
    }
    people->list[people->count++] = (struct person){pid, parent};
}

static void add_children_of_thread(struct people *people, pid_t parent,
                                   const char *thread)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%.16s/children", (int)parent,
             thread);
    FILE *children = fopen(path, "re");
    if (!children)
        return; // it has ended
    for (int child; fscanf(children, "%d", &child) == 1;)
        add(people, child, parent);
    fclose(children);
}

static void add_children(struct people *people, pid_t parent)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)parent);
    DIR *threads = opendir(path);
    if (!threads)
        return;
    for (const struct dirent *thread; (thread = readdir(threads)) != NULL;)
        if (thread->d_name[0] != '.')
            add_children_of_thread(people, parent, thread->d_name);
    closedir(threads);
}

/* -1: there is no such process. */
static pid_t parent_of(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *stat = fopen(path, "re");
    if (!stat)
        return -1;
    char line[256]; // "PID (NAME) STATE PARENT ..."; a NAME may hold anything
    line[fread(line, 1, sizeof line - 1, stat)] = '\0';
    fclose(stat);
    int parent = -1;
    const char *name_end = strrchr(line, ')');
    if (!name_end || sscanf(name_end, ") %*c %d", &parent) != 1)
        return -1;
    return parent;
}

/* Its pid may have become another's since it was listed, so: hold it, then
 * look whether it still is the child of its parent, or by now ours. */
static void signal_person(const struct person *person, int number)
{
    int held = (int)syscall(SYS_pidfd_open, person->pid, 0);
    if (held < 0)
        return;
    pid_t parent = parent_of(person->pid);
    if (parent == person->parent || parent == getpid())
        syscall(SYS_pidfd_send_signal, held, number, NULL, 0);
    close(held);
}

void others_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void others_signal(int number)
{
    if (getpid() == 1) {
        kill(-1, number); // Linux leaves the caller out
        return;
    }
    struct people people = {0};
    add_children(&people, getpid());
    for (size_t i = 0; i < people.count; i++)
        add_children(&people, people.list[i].pid);
    for (size_t i = 0; i < people.count; i++)
        signal_person(&people.list[i], number);
    free(people.list);
}

void others_ask_to_end(void)
{
    others_signal(SIGTERM);
    others_signal(SIGCONT);
}

/* Returns whether any are left. */
static bool bury(void)
{
    pid_t pid;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        continue;
    return pid == 0; // else ECHILD
}

void others_kill(void)
{
    for (int ms = 0; ms < KILL_MS; ms += TURN_MS) {
        others_signal(SIGKILL); // again: some may have been born
        if (!bury())
            return;
        poll(NULL, 0, TURN_MS);
    }
}

void others_end(int grace_ms)
{
    if (!bury())
        return;
    if (grace_ms > 0)
        others_ask_to_end();
    for (int ms = 0; ms < grace_ms && bury(); ms += TURN_MS)
        poll(NULL, 0, TURN_MS);
    others_kill();
}
