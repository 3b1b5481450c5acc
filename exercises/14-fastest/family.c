/*
 * family.c - a server whose cost is known: a child for every client, which
 * works or sleeps for so many milliseconds, and is buried or not.
 *
 *     dear     works 4 ms, and nobody waits for it
 *     cheap    works 1 ms, and is buried
 *     sleepy   sleeps 30 ms, and nobody waits for it
 *
 * Which of them it is depends on its name. Its arguments are of no interest.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
                             "Connection: close\r\n\r\n";

static double worked_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

/* Almost all of it in user mode: the clock is a system call. */
static void work(double ms)
{
    while (worked_ms() < ms)
        for (volatile int turn = 0; turn < 20000; turn++)
            continue;
}

__attribute__((noreturn)) static void serve(int client, const char *name)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    char request[4096];
    if (read(client, request, sizeof request) > 0) {
        if (strcmp(name, "sleepy") == 0)
            nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
        else
            work(strcmp(name, "dear") == 0 ? 4 : 1);
        if (write(client, answer, sizeof answer - 1) < 0)
            perror(name);
    }
    _exit(0);
}

static void bury_the_dead(int signal)
{
    (void)signal;
    int kept = errno;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
    errno = kept;
}

static int listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listener, 128) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) < 0)
        return -1;
    fprintf(stderr, "listening on http://127.0.0.1:%d/, pid %d\n",
            ntohs(address.sin_port), (int)getpid());
    return listener;
}

int main(int argc, char **argv)
{
    (void)argc;
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash ? slash + 1 : argv[0];
    struct sigaction action = {.sa_handler = bury_the_dead,
                               .sa_flags = SA_RESTART};
    if (strcmp(name, "cheap") == 0)
        sigaction(SIGCHLD, &action, NULL);
    int listener = listen_somewhere();
    if (listener < 0) {
        perror(name);
        return 1;
    }
    for (;;) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (client >= 0 && fork() == 0)
            serve(client, name);
        if (client >= 0)
            close(client);
    }
}
