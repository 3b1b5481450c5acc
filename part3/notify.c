/* notify.c - a datagram to the service manager. */
#include "notify.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify(const char *format, ...)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un manager = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    if (len < 2 || len >= sizeof manager.sun_path)
        return;
    memcpy(manager.sun_path, path, len);
    if (path[0] == '@')
        manager.sun_path[0] = '\0'; // of the abstract namespace, unix(7)

    char text[256];
    va_list values;
    va_start(values, format);
    int text_len = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    assert(text_len > 0 && (size_t)text_len < sizeof text);
    sendto(fd, text, (size_t)text_len, MSG_DONTWAIT | MSG_NOSIGNAL,
           (const struct sockaddr *)&manager,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    close(fd);
}

int notify_watchdog_ms(void)
{
    const char *pid = getenv("WATCHDOG_PID");
    const char *usec = getenv("WATCHDOG_USEC");
    if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid()))
        return 0;
    return (int)(strtol(usec, NULL, 10) / 2000);
}
