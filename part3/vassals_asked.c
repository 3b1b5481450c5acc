/* vassals_asked.c - both ends of "how are they?". */
#include "vassals_parts.h"

#include "common/log.h"
#include "vassal_control.h"
#include "vassal_status.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a directory it is a hidden file there. */
static void find_control(char path[PATH_MAX], const char *where)
{
    struct stat about;
    bool is_directory = stat(where, &about) == 0 && S_ISDIR(about.st_mode);
    snprintf(path, PATH_MAX, "%s%s", where, is_directory ? "/.control" : "");
}

/* --- The emperor --- */

/* A directory that we must not write to does without, unless a socket was
 * asked for; but two must never look after the same one. */
void vassals_open_control(struct vassals *v)
{
    const struct vassals_options *options = v->options;
    find_control(v->control_path,
                 options->control ? options->control : options->directory);
    v->control = control_listen(v->control_path);
    if (v->control >= 0)
        return;
    if (options->control || errno == EADDRINUSE)
        die("listen at %s", v->control_path);
    log_errno("nobody can ask at %s", v->control_path);
}

static void answer(const struct vassals *v, int client)
{
    int file = memfd_create("status", MFD_CLOEXEC);
    FILE *lines = fdopen(file, "w");
    if (!lines) {
        close(file);
        return;
    }
    for (size_t i = 0; i < v->count; i++)
        vassals_write(lines, v->list[i]);
    if (fflush(lines) == 0)
        control_answer(client, file);
    fclose(lines);
}

void vassals_answer(const struct vassals *v)
{
    if (v->control < 0)
        return;
    for (int client; (client = control_accept(v->control)) >= 0;) {
        answer(v, client);
        close(client);
    }
}

/* --- Who asks --- */

static FILE *ask(const char *where)
{
    char path[PATH_MAX];
    find_control(path, where);
    int file = control_ask(path);
    FILE *lines = file < 0 ? NULL : fdopen(file, "r");
    if (!lines)
        die("ask at %s", path);
    return lines;
}

int vassals_status_table(const char *where)
{
    FILE *lines = ask(where);
    vassals_show_table(lines, stdout);
    return fclose(lines);
}

int vassals_status_json(const char *where)
{
    FILE *lines = ask(where);
    vassals_show_json(lines, stdout);
    return fclose(lines);
}
