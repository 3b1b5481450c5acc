/* vassal_process.c - what happens between fork and exec. */
#include "vassal_process.h"

#include "common/log.h"
#include "part2/signals_reset.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NOT_FOUND = 127, NOT_EXECUTABLE = 126 };

__attribute__((noreturn)) static void give_up(const char *what,
                                              const char *which)
{
    int status = errno == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
    log_errno("%s %s", what, which);
    _exit(status);
}

/* Standard input is empty; output goes to the log, if there is one. */
static void redirect(const struct settings *settings)
{
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0)
        dup2(nothing, STDIN_FILENO);
    if (nothing > STDERR_FILENO)
        close(nothing);
    if (!settings->log)
        return;
    int log =
        open(settings->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0)
        give_up("open", settings->log);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
}

static void limit_memory(long mib)
{
    const struct rlimit limit = {(rlim_t)mib << 20, (rlim_t)mib << 20};
    if (mib && setrlimit(RLIMIT_AS, &limit) < 0)
        give_up("limit", "memory");
}

/* Ours is kept, but for what service managers told us about ourselves. */
static void set_environment(const struct settings *settings, int number)
{
    static const char *const ours[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC",
                                       "WATCHDOG_PID",  "LISTEN_FDS",
                                       "LISTEN_PID",    "LISTEN_FDNAMES"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        unsetenv(ours[i]);
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    setenv("FORKYARD_INSTANCE", text, 1);
    for (size_t i = 0; i < settings->environment_count; i++)
        putenv(settings->environment[i]);
}

__attribute__((noreturn)) static void become_instance(
    const struct settings *settings, int number, pid_t parent)
{
    setpgid(0, 0);
    close_range(STDERR_FILENO + 1, ~0U, 0); // ours, and what others left us
    redirect(settings);
    if (settings->directory && chdir(settings->directory) < 0)
        give_up("change to", settings->directory);
    set_environment(settings, number);
    limit_memory(settings->memory_mib);
    rights_drop(&settings->rights);
    prctl(PR_SET_PDEATHSIG, settings->stop_signal); // rights_drop clears it
    if (getppid() != parent)
        _exit(0);
    signals_reset();
    execvp(settings->command[0], settings->command);
    give_up("run", settings->command[0]);
}

pid_t vassal_spawn(const struct settings *settings, int number)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become_instance(settings, number, parent);
    if (pid > 0)
        setpgid(pid, pid); // whoever of the two is first
    return pid;
}

void vassal_signal(const struct instance *instance, int number)
{
    signals_send(instance->pidfd, instance->pid, number);
}

void vassal_kill_group(const struct instance *instance)
{
    kill(-instance->pid, SIGKILL);
}
