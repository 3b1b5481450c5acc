/* sender.c - sends the head of a request that may be too long, and says what
 * became of it.
 *
 *   sender PORT HEAD-BYTES END-BYTES
 *
 * Sends a head of HEAD-BYTES, and when an answer comes, or after a second,
 * END-BYTES more that belong to no one. Then it closes its sending side, reads
 * to the end, and prints the status and "end" or "reset". */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char first[] = "GET /page HTTP/1.1\r\nHost: localhost\r\nX: ";

/* As much as the server takes; false if it has gone. */
static bool send_all(int server, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = send(server, bytes, len, MSG_NOSIGNAL);
        if (put <= 0)
            return false;
        bytes += put;
        len -= (size_t)put;
    }
    return true;
}

static char *make_head(size_t len)
{
    char *head = malloc(len + 1);
    if (!head)
        exit(1);
    memset(head, 'x', len);
    memcpy(head, first, sizeof first - 1);
    memcpy(head + len - 4, "\r\n\r\n", 5);
    return head;
}

int main(int argc, char **argv)
{
    size_t len = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
    if (len < sizeof first + 4)
        return 64;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)atoi(argv[1])),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int server = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval limit = {.tv_sec = 4};
    setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(server, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(server, (struct sockaddr *)&address, sizeof address) < 0)
        return 1;
    char *head = make_head(len);
    send_all(server, head, len);
    free(head);

    struct pollfd one = {.fd = server, .events = POLLIN};
    poll(&one, 1, 1000);
    static char block[65536];
    memset(block, 'x', sizeof block);
    bool gone = false;
    for (unsigned long more = strtoul(argv[3], NULL, 10); more && !gone;) {
        size_t step = more < sizeof block ? more : sizeof block;
        gone = !send_all(server, block, step);
        more -= step;
    }
    shutdown(server, SHUT_WR);

    char answer[65536];
    size_t used = 0;
    ssize_t got;
    while (used + 1 < sizeof answer &&
           (got = recv(server, answer + used, sizeof answer - 1 - used, 0)) > 0)
        used += (size_t)got;
    answer[used] = '\0';
    int status = 0;
    sscanf(answer, "HTTP/1.1 %d", &status);
    bool timed_out = got < 0 && errno == EAGAIN;
    printf("%d %s\n", status,
           got == 0 && !gone ? "end"
           : timed_out       ? "silence"
                             : "reset");
    return 0;
}
