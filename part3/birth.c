/* birth.c - a worker is forked, and what it does before it is one. */
#include "supervisor_parts.h"

#include "channel.h"
#include "common/log.h"
#include "part2/signals_reset.h"
#include "pid_file.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static void close_what_is_not_yours(struct supervisor *s)
{
    close(s->signals);
    pid_file_leave();
    if (s->trial.ready >= 0)
        close(s->trial.ready);
    for (size_t i = 0; i < s->place_count; i++) {
        if (s->places[i].channel >= 0)
            close(s->places[i].channel);
        if (s->places[i].pidfd >= 0)
            close(s->places[i].pidfd);
    }
}

__attribute__((noreturn)) static void be_a_worker(struct supervisor *s,
                                                  const struct place *place,
                                                  int channel, pid_t supervisor)
{
    close_what_is_not_yours(s);
    scoreboard_take_seat(s->board, place->seat);
    rights_drop(&s->options->rights);
    prctl(PR_SET_PDEATHSIG, SIGKILL); // dropping rights would clear it
    if (getppid() != supervisor)
        _exit(0);  // it ended before it could be asked for
    setpgid(0, 0); // a Ctrl-C is for the supervisor to act upon
    signals_reset();
    char role[32];
    snprintf(role, sizeof role, "worker %d", place->number);
    log_role(role);
    const struct post post = {.listener = s->listener,
                              .channel = channel,
                              .seat = place->seat,
                              .board = s->board};
    /* Not _exit: the application may have something to do atexit(3), and of
     * the supervisor nothing is buffered. */
    exit(s->worker(&post, s->context));
}

pid_t birth(struct supervisor *s, const struct place *place, int *channel)
{
    int ends[2];
    if (channel_open(ends) < 0)
        return -1;
    pid_t self = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        be_a_worker(s, place, ends[1], self);
    }
    int kept = errno;
    close(ends[1]);
    if (pid < 0)
        close(ends[0]);
    *channel = ends[0];
    errno = kept;
    return pid;
}
