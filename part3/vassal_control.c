/* vassal_control.c - a unix socket, and a descriptor through it. */
#include "vassal_control.h"

#include "channel.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16, ANSWER_MS = 5000 };

static bool set_address(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len < sizeof address->sun_path) {
        memcpy(address->sun_path, path, len);
        return true;
    }
    errno = ENAMETOOLONG;
    return false;
}

static int connect_to(const struct sockaddr_un *address)
{
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server < 0 ||
        connect(server, (const struct sockaddr *)address, sizeof *address) == 0)
        return server;
    int error = errno;
    close(server);
    errno = error;
    return -1;
}

static int listen_at(const struct sockaddr_un *address)
{
    int listener =
        socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0)
        return -1;
    mode_t kept = umask(077); // for its owner only
    int failed =
        bind(listener, (const struct sockaddr *)address, sizeof *address);
    umask(kept);
    if (failed == 0 && listen(listener, BACKLOG) == 0)
        return listener;
    int error = errno;
    close(listener);
    errno = error;
    return -1;
}

int control_listen(const char *path)
{
    struct sockaddr_un address;
    struct stat about;
    if (!set_address(&address, path))
        return -1;
    int other = connect_to(&address);
    if (other >= 0) {
        close(other);
        errno = EADDRINUSE;
        return -1;
    }
    if (errno == ECONNREFUSED && lstat(path, &about) == 0 &&
        S_ISSOCK(about.st_mode))
        unlink(path);
    return listen_at(&address);
}

int control_accept(int listener)
{
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

void control_answer(int client, int file)
{
    lseek(file, 0, SEEK_SET);
    channel_say(client, CHANNEL_STATUS, file);
}

int control_ask(const char *path)
{
    struct sockaddr_un address;
    if (!set_address(&address, path))
        return -1;
    int server = connect_to(&address);
    if (server < 0)
        return -1;
    struct pollfd answer = {.fd = server, .events = POLLIN};
    int file = -1;
    errno = ETIMEDOUT;
    if (poll(&answer, 1, ANSWER_MS) == 1 &&
        channel_hear(server, &file) != CHANNEL_STATUS)
        errno = EPROTO;
    close(server);
    return file;
}
