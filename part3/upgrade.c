/* upgrade.c - from this binary to the next one, with the same pid.
 *
 * First the next one is tried: started beside us, with our listener, it loads
 * its programs, may even answer, and must end when it is told. Only if it did
 * all that, we become it: whoever watches this process, an init or a service
 * manager, sees one that never ended. If it did not, it is as if it had never
 * been, but for what the log says. */
#include "supervisor_parts.h"

#include "common/log.h"
#include "common/net.h"
#include "handover.h"
#include "predecessors.h"
#include "program_path.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS_TIMES = 3 }; // it has as long as three workers in a row

void upgrade_ask(struct supervisor *s)
{
    s->upgrade_asked = true;
}

/* --- The file --- */

/* As execvp(3) does, but that would have a shell run what is no program. */
static const char *find_program(const char *name)
{
    static char path[PATH_MAX];
    const char *folders = getenv("PATH");
    bool is_path = !folders || strchr(name, '/');
    return !is_path && program_find(folders, name, path) ? path : name;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* --- The trial --- */

/* It ends its own workers first, and needs as long as they do. */
static struct slot_times trial_times(const struct supervisor *s)
{
    struct slot_times times = s->options->times;
    times.ready_ms *= WORKERS_TIMES;
    times.drain_ms += times.kill_ms;
    return times;
}

static void start_trial(struct supervisor *s)
{
    char *const *argv = s->options->argv;
    const char *program = find_program(argv[0]);
    struct trial trial = {.slot = {.until = SLOT_NO_TIMER}, .is_wanted = true};
    s->upgrade_asked = false;
    stat(program, &trial.file); // if it is not there, the trial will say so
    trial.pid = handover_try(program, argv, s->listener, &trial.ready);
    if (trial.pid < 0) {
        log_errno("upgrading: try %s", program);
        return;
    }
    const struct slot_times times = trial_times(s);
    slot_happened(&trial.slot, SLOT_SPAWNED, &times, 0, net_now());
    s->trial = trial;
    log_line("upgrading: pid %d tries %s", (int)trial.pid, program);
}

static void stop_hearing(struct trial *trial)
{
    if (trial->ready >= 0)
        close(trial->ready);
    trial->ready = -1;
}

void upgrade_hear(struct supervisor *s)
{
    struct trial *trial = &s->trial;
    char word;
    ssize_t got = trial->ready >= 0 ? read(trial->ready, &word, 1) : -1;
    if (got < 0)
        return;
    stop_hearing(trial);
    trial->is_wanted = false; // now we know what it was to tell us
    trial->passed = got == 1 && word == HANDOVER_VERSION;
    log_line(trial->passed ? "upgrading: pid %d is ready, and may go"
             : got == 1    ? "upgrading: pid %d cannot take our place"
                           : "upgrading: pid %d will never be ready",
             (int)trial->pid);
}

static void tend_trial(struct supervisor *s)
{
    struct trial *trial = &s->trial;
    const struct slot_times times = trial_times(s);
    int64_t now = net_now();
    if (trial->slot.state == SLOT_STARTING && now >= trial->slot.until &&
        trial->is_wanted) {
        log_line("upgrading: pid %d is not ready in time", (int)trial->pid);
        trial->is_wanted = false; // it may have clients: they come first
    }
    enum slot_action action = slot_next(
        &trial->slot, trial->is_wanted && s->mode == GOING_ON, false, now);
    if (action == SLOT_DRAIN)
        kill(trial->pid, SIGTERM); // our child, not yet buried: no stranger
    else if (action == SLOT_KILL)
        kill(trial->pid, SIGKILL);
    slot_did(&trial->slot, action, &times, now);
}

void upgrade_exited(struct supervisor *s, int status)
{
    struct trial *trial = &s->trial;
    bool killed = WIFSIGNALED(status);
    int number = killed ? WTERMSIG(status) : WEXITSTATUS(status);
    trial->passed = trial->passed && !killed &&
                    (number == SUPERVISOR_DRAINED || number == SUPERVISOR_CUT);
    if (!trial->passed && s->mode == GOING_ON)
        log_line("upgrading: pid %d ended (%s %d), going on as we are",
                 (int)trial->pid, killed ? "killed by signal" : "status",
                 number);
    stop_hearing(trial);
    trial->slot = (struct slot){.until = SLOT_NO_TIMER};
    trial->pid = 0;
}

void upgrade_end(struct supervisor *s)
{
    struct trial *trial = &s->trial;
    if (!slot_has_worker(&trial->slot))
        return;
    struct slot_times times = s->options->times;
    times.drain_ms = times.abort_ms;
    kill(trial->pid, SIGINT);
    slot_did(&trial->slot, SLOT_DRAIN, &times, net_now());
}

/* --- In our place --- */

static void become_next(struct supervisor *s)
{
    const char *program = find_program(s->options->argv[0]);
    struct stat file = {0};
    s->trial.passed = false;
    stat(program, &file);
    if (!is_same_file(&file, &s->trial.file)) {
        log_line("upgrading: %s is another by now", program);
        s->upgrade_asked = true;
        return;
    }
    char *workers = predecessors_write(s);
    if (workers) {
        log_line("upgrading: becoming %s", program);
        handover_become(program, s->options->argv, s->listener, workers);
    }
    log_errno("upgrading: become %s, going on as we are", program);
    predecessors_close_on_exec(s);
    free(workers);
}

/* Asked for once more meanwhile: then the file may be another by now. */
void upgrade_tend(struct supervisor *s)
{
    if (slot_has_worker(&s->trial.slot))
        tend_trial(s);
    else if (s->mode != GOING_ON)
        return;
    else if (s->upgrade_asked && s->announced)
        start_trial(s);
    else if (s->trial.passed)
        become_next(s);
}

/* --- What is left of the last one --- */

static void log_predecessors(const struct supervisor *s)
{
    log_line("upgraded: %d workers of the last binary are left",
             s->predecessors);
}

void upgrade_take_over(struct supervisor *s)
{
    if (!handover_workers())
        return;
    s->predecessors = predecessors_adopt(s);
    s->was_ready = s->announced = true; // before, by the same process
    take_pid_file(s);                   // its lock has gone with the exec
    log_predecessors(s);
    staffing_replace_all(s);
}

void upgrade_bury_predecessor(struct supervisor *s, struct place *place)
{
    place->is_predecessor = false;
    s->predecessors--;
    if (s->predecessors == 0)
        log_predecessors(s);
}
