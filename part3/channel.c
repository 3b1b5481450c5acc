/* channel.c - a byte at a time, sometimes with a descriptor (SCM_RIGHTS). */
#include "channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Room for one descriptor, aligned as cmsg(3) asks. With its padding there
 * would be room for two: so whoever receives says how long one is. */
union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

int channel_open(int ends[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                      ends);
}

void channel_say(int channel, enum channel_word word, int descriptor)
{
    char byte = (char)word;
    struct iovec bytes = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
    union control control = {0};
    if (descriptor >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control.room;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof descriptor);
        memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    sendmsg(channel, &message, MSG_NOSIGNAL);
}

enum channel_word channel_hear(int channel, int *descriptor)
{
    char byte = 0;
    struct iovec bytes = {.iov_base = &byte, .iov_len = 1};
    union control control = {0};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
    if (descriptor) {
        *descriptor = -1;
        message.msg_control = &control;
        message.msg_controllen = CMSG_LEN(sizeof *descriptor);
    }
    ssize_t got = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? CHANNEL_NOTHING
                                                 : CHANNEL_CLOSED;
    if (got == 0)
        return CHANNEL_CLOSED;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (descriptor && header && header->cmsg_type == SCM_RIGHTS)
        memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
    return (enum channel_word)byte;
}
