/* fixed_answer.c - the least a server can do: whatever comes, the same bytes
 * go out.
 *
 *     fixed_answer FILE   FILE is a whole answer, head and body
 *
 * One read is taken for one request; nothing is parsed, opened or timed. What
 * a real server needs beyond this is what HTTP and the files cost it. */
#include "common/net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ANSWER_MAX = 65536, INPUT_BYTES = 16384 };

static char answer[ANSWER_MAX]; // written once, by read_answer()

static size_t read_answer(const char *name)
{
    FILE *file = fopen(name, "rb");
    size_t len = file ? fread(answer, 1, sizeof answer, file) : 0;
    if (!file || len == 0 || len == sizeof answer) {
        fprintf(stderr, "fixed_answer: no answer of 1 to %d bytes in %s\n",
                ANSWER_MAX - 1, name);
        exit(EXIT_FAILURE);
    }
    fclose(file);
    return len;
}

static void serve(int client, size_t len)
{
    char input[INPUT_BYTES];
    while (read(client, input, sizeof input) > 0)
        if (write(client, answer, len) != (ssize_t)len)
            break;
    close(client);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: fixed_answer FILE\n", stderr);
        return 64;
    }
    size_t len = read_answer(argv[1]);
    signal(SIGPIPE, SIG_IGN);
    int listener = net_listen("127.0.0.1", "0");
    net_announce(listener);
    for (;;) {
        int client = net_accept(listener);
        if (client < 0)
            return EXIT_FAILURE;
        fcntl(client, F_SETFL, 0); // blocking: a read is all the waiting
        serve(client, len);
    }
}
