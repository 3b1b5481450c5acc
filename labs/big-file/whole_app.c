/* whole_app.c - reads all of the file that $BIG_FILE names, then sends it. */
#include "app.h"

#include <stdio.h>
#include <stdlib.h>

static int send_whole(struct app_environ *env,
                      app_start_response_fn *start_response)
{
    static const struct app_header headers[] = {
        {"Content-Type", "application/octet-stream"}, {NULL, NULL}};
    FILE *file = fopen(getenv("BIG_FILE"), "re");
    if (!file)
        return -1;
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(size);
    int status = -1;
    if (bytes && fread(bytes, 1, size, file) == size) {
        app_write_fn *write = start_response(env, "200 OK", headers);
        status = write ? write(env, bytes, size) : -1;
    }
    free(bytes);
    fclose(file);
    return status;
}

const struct app application = {APP_VERSION, send_whole};
