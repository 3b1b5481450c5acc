/* pieces_app.c - sends the file that $BIG_FILE names while it reads it. */
#include "app.h"

#include <stdio.h>
#include <stdlib.h>

static int send_pieces(struct app_environ *env,
                       app_start_response_fn *start_response)
{
    static const struct app_header headers[] = {
        {"Content-Type", "application/octet-stream"}, {NULL, NULL}};
    FILE *file = fopen(getenv("BIG_FILE"), "re");
    if (!file)
        return -1;
    app_write_fn *write = start_response(env, "200 OK", headers);
    int status = write ? 0 : -1;
    char bytes[64 << 10];
    size_t got;
    while (status == 0 && (got = fread(bytes, 1, sizeof bytes, file)) > 0)
        status = write(env, bytes, got);
    fclose(file);
    return status;
}

const struct app application = {APP_VERSION, send_pieces};
