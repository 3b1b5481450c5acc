/* fixed_answer.c - the least a server can do: whatever comes, the same bytes
 * go out.
 *
 *     fixed_answer ANSWER         ANSWER is a file with a head and a body
 *     fixed_answer ANSWER BODY    the body is read from the file BODY anew for
 *                                 each request, as who serves files must
 *
 * One read is taken for one request; nothing is parsed, checked or timed. What
 * a real server needs beyond the first is what HTTP and files cost it; beyond
 * the second, what HTTP does. */
#include "common/net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ANSWER_MAX = 65536, INPUT_BYTES = 16384 };

/* Written by read_answer() and, from head_len on, by read_body(). */
static char answer[ANSWER_MAX];
static size_t answer_len, head_len;

static void read_answer(const char *name)
{
    FILE *file = fopen(name, "rb");
    answer_len = file ? fread(answer, 1, sizeof answer - 1, file) : 0;
    const char *head_end = strstr(answer, "\r\n\r\n");
    if (!head_end || !feof(file)) {
        fprintf(stderr, "fixed_answer: %s is no answer of up to %d bytes\n",
                name, ANSWER_MAX - 2);
        exit(EXIT_FAILURE);
    }
    head_len = (size_t)(head_end - answer) + 4;
    fclose(file);
}

/* Open, look, read, close. Is the body as long as the head says? */
static bool read_body(const char *name)
{
    int file = open(name, O_RDONLY | O_CLOEXEC);
    struct stat about;
    ssize_t got = -1;
    if (file >= 0 && fstat(file, &about) == 0 &&
        (size_t)about.st_size == answer_len - head_len)
        got = read(file, answer + head_len, answer_len - head_len);
    if (file >= 0)
        close(file);
    return got == (ssize_t)(answer_len - head_len);
}

static void serve(int client, const char *body)
{
    char input[INPUT_BYTES];
    while (read(client, input, sizeof input) > 0)
        if ((body && !read_body(body)) ||
            write(client, answer, answer_len) != (ssize_t)answer_len)
            break;
    close(client);
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3) {
        fputs("usage: fixed_answer ANSWER [BODY]\n", stderr);
        return 64;
    }
    read_answer(argv[1]);
    signal(SIGPIPE, SIG_IGN);
    int listener = net_listen("127.0.0.1", "0");
    net_announce(listener);
    for (;;) {
        int client = net_accept(listener);
        if (client < 0)
            return EXIT_FAILURE;
        fcntl(client, F_SETFL, 0); // blocking: a read is all the waiting
        serve(client, argv[2]);
    }
}
