/* descriptors.h - for tests of who has which: counted, and sent. */
#ifndef TESTS_DESCRIPTORS_H
#define TESTS_DESCRIPTORS_H

#include "tests/testing.h"

#include <dirent.h>
#include <sys/uio.h>

/* How many `pid` has open. */
static inline int count_descriptors(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *directory = opendir(path);
    ck_assert_ptr_nonnull(directory);
    int count = 0;
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* What no word of ours does: two come with one. Returns whether it was sent. */
static inline bool send_two_descriptors(int channel, char word,
                                        const int two[2])
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(2 * sizeof(int))];
    } control = {.header = {.cmsg_level = SOL_SOCKET,
                            .cmsg_type = SCM_RIGHTS,
                            .cmsg_len = CMSG_LEN(2 * sizeof(int))}};
    memcpy(CMSG_DATA(&control.header), two, 2 * sizeof(int));
    struct iovec byte = {.iov_base = &word, .iov_len = 1};
    const struct msghdr message = {.msg_iov = &byte,
                                   .msg_iovlen = 1,
                                   .msg_control = &control,
                                   .msg_controllen = sizeof control.room};
    return sendmsg(channel, &message, MSG_NOSIGNAL) == 1;
}

#endif
