/* rights.h - what a worker may do: less than who started it. */
#ifndef PART3_RIGHTS_H
#define PART3_RIGHTS_H

#include <stdbool.h>
#include <sys/types.h>

struct rights {
    const char *user; // to become; NULL: stay who we are
    uid_t uid;
    gid_t gid;
    bool has_group;
    int umask;      // -1: as it is
    long max_files; // RLIMIT_NOFILE; 0: as it is
};

/* Neither a user nor a limit. */
extern const struct rights rights_unchanged;

/* Note "NAME" or a number of a user, or of a group. Returns false if there is
 * none of that name. A user brings its group, unless one is named too. */
bool rights_set_user(struct rights *rights, const char *name);
bool rights_set_group(struct rights *rights, const char *name);

/* Note an octal umask as in "027". Returns false if it is none. */
bool rights_set_umask(struct rights *rights, const char *octal);

/* In a new worker: become that user for good, and let nothing it ever runs
 * get more rights (no_new_privs). Ends the program if that fails. */
void rights_drop(const struct rights *rights);

#endif
