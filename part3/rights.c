/* rights.c - setgroups, setgid, setuid, in this order, and no way back. */
#include "rights.h"

#include "common/log.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

const struct rights rights_unchanged = {.umask = -1};

/* The number that `name` is, or -1. */
static long as_number(const char *name)
{
    char *end;
    long number = strtol(name, &end, 10);
    return *name && !*end && number >= 0 ? number : -1;
}

bool rights_set_user(struct rights *rights, const char *name)
{
    long number = as_number(name);
    const struct passwd *user =
        number >= 0 ? getpwuid((uid_t)number) : getpwnam(name);
    if (!user && number < 0)
        return false;
    rights->user = name;
    rights->uid = user ? user->pw_uid : (uid_t)number;
    if (!rights->has_group)
        rights->gid = user ? user->pw_gid : (gid_t)number;
    return true;
}

bool rights_set_group(struct rights *rights, const char *name)
{
    long number = as_number(name);
    const struct group *group =
        number >= 0 ? getgrgid((gid_t)number) : getgrnam(name);
    if (!group && number < 0)
        return false;
    rights->gid = group ? group->gr_gid : (gid_t)number;
    rights->has_group = true;
    return true;
}

bool rights_set_umask(struct rights *rights, const char *octal)
{
    if (!*octal || strlen(octal) > 4 || octal[strspn(octal, "01234567")])
        return false;
    rights->umask = (int)strtol(octal, NULL, 8);
    return true;
}

/* While we still may: groups first, the user last. */
static void become_user(const struct rights *rights)
{
    const struct passwd *user = getpwuid(rights->uid);
    if (geteuid() == 0) {
        int failed =
            user ? initgroups(user->pw_name, rights->gid) : setgroups(0, NULL);
        if (failed)
            die("leave the groups of root");
    }
    if (setgid(rights->gid) < 0 || setuid(rights->uid) < 0)
        die("become the user %s", rights->user);
    if (rights->uid != 0 && setuid(0) == 0) {
        log_line("the user %s could become root again", rights->user);
        _exit(EXIT_FAILURE);
    }
}

static void become_member(gid_t group)
{
    if (geteuid() == 0 && setgroups(0, NULL) < 0)
        die("leave the groups of root");
    if (setgid(group) < 0)
        die("become a member of group %ld", (long)group);
}

void rights_drop(const struct rights *rights)
{
    if (rights->umask >= 0)
        umask((mode_t)rights->umask);
    if (rights->max_files) {
        const struct rlimit files = {(rlim_t)rights->max_files,
                                     (rlim_t)rights->max_files};
        if (setrlimit(RLIMIT_NOFILE, &files) < 0)
            die("allow %ld open files", rights->max_files);
    }
    if (rights->user)
        become_user(rights);
    else if (rights->has_group)
        become_member(rights->gid);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        die("give up new privileges");
}
