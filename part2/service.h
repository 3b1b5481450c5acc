/* service.h - all that a stage answers with: what is mounted, then files. */
#ifndef PART2_SERVICE_H
#define PART2_SERVICE_H

#include "common/options.h"
#include "gateway.h"

enum { MOUNTS_MAX = 32 };

/* Can a program be called again before it has answered? What it may keep in
 * memory, and whether it needs locks, depends on it. */
enum concurrency {
    ONE_AT_A_TIME = 0,
    MANY_PROCESSES = 1, // each with a copy of the program
    MANY_THREADS = 2    // in each process
};

struct service {
    struct options options;
    const char *document_root; // the path of options.files.root
    const struct gateway *const *gateways;
    enum concurrency concurrency;
    struct mount mounts[MOUNTS_MAX];
    size_t mount_count;
};

/* The gateways of the kit, for stages that serve them all. NULL ends them. */
extern const struct gateway *const all_gateways[];

/* Parse the command line as options_parse() does, with the options of
 * `gateways` (NULL ends them) added. For start-up. */
struct service service_parse(int argc, char **argv, const char *about,
                             const struct gateway *const *gateways);

/* The same for a stage that has options of its own, too. */
struct service service_parse_with(int argc, char **argv, const char *about,
                                  const struct gateway *const *gateways,
                                  const struct own_options *own);

/* For the options of gateways: mount what `arg`, "/PREFIX=TARGET", says, or
 * end the program naming `option`. `arg` is kept and changed. */
void service_mount(struct argp_state *state, const char *option, char *arg,
                   const struct gateway *gateway);

/* Load what is mounted, for a process that answers or whose children will.
 * For start-up: ends the program if something cannot be loaded. */
void service_load(struct service *service, enum concurrency concurrency);

/* The mount with the longest prefix that `path` lies below, or NULL. "", the
 * path of "OPTIONS *", lies below none. */
const struct mount *service_find(const struct service *service,
                                 const char *path);

/* A handler; `context` is a struct service. Mounts answer what lies below
 * their prefixes, site_answer() the rest. */
void service_answer(struct exchange *exchange, const void *context);

#endif
