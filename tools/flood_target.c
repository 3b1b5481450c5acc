/* flood_target.c - reads HOST:PORT[/PATH] and finds its addresses. */
#include "flood_target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Copy the host, and return what follows it; NULL if there is no host. */
static const char *read_host(struct target *target, const char *text)
{
    bool bracketed = text[0] == '[';
    const char *host = bracketed ? text + 1 : text;
    size_t len = strcspn(host, bracketed ? "]/?#" : ":/?#");
    if (len == 0 || len >= sizeof target->host ||
        (bracketed && host[len] != ']'))
        return NULL;
    memcpy(target->host, host, len);
    target->host[len] = '\0';
    return host + len + (bracketed ? 1 : 0);
}

/* Copy the port, and return what follows it; NULL if there is none. */
static const char *read_port(struct target *target, const char *text)
{
    if (*text != ':')
        return NULL;
    const char *port = text + 1;
    size_t len = strspn(port, "0123456789");
    if (len == 0 || len >= sizeof target->port)
        return NULL;
    memcpy(target->port, port, len);
    target->port[len] = '\0';
    long number = strtol(target->port, NULL, 10);
    if (number < 1 || number > 65535)
        return NULL;
    return port + len;
}

/* A blank or a control character would break the request line. */
static bool is_sendable(const char *path)
{
    for (const char *at = path; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return false;
    return true;
}

const char *target_parse(struct target *target, const char *text)
{
    memset(target, 0, sizeof *target);
    if (strncasecmp(text, "https://", 8) == 0)
        return "https is not spoken here: write http://HOST:PORT/PATH";
    bool is_url = strncasecmp(text, "http://", 7) == 0;
    const char *authority = is_url ? text + 7 : text;

    const char *rest = read_host(target, authority);
    if (rest == NULL)
        return "there is no host in it: write HOST:PORT[/PATH]";
    if (is_url && *rest != ':')
        memcpy(target->port, "80", sizeof "80");
    else
        rest = read_port(target, rest);
    if (rest == NULL)
        return "there is no port from 1 to 65535 in it: write "
               "HOST:PORT[/PATH]";
    if (*rest != '\0' && strchr("/?#", *rest) == NULL)
        return "after the port only a /PATH can follow";
    if (!is_sendable(rest))
        return "the path has a blank or a control character: write it "
               "percent-encoded";

    if (asprintf(&target->authority, "%.*s", (int)(rest - authority),
                 authority) < 0) {
        target->authority = NULL;
        return strerror(errno);
    }
    /* A fragment is for the client alone (RFC 9110 4.2.5). */
    if (asprintf(&target->path, "%s%.*s", *rest == '/' ? "" : "/",
                 (int)strcspn(rest, "#"), rest) < 0) {
        target->path = NULL;
        return strerror(errno);
    }
    return NULL;
}

const char *target_resolve(struct target *target)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    int error =
        getaddrinfo(target->host, target->port, &hints, &target->addresses);
    if (error == EAI_SYSTEM)
        return strerror(errno);
    return error == 0 ? NULL : gai_strerror(error);
}

/* 0.0.0.0 counts: to connect to it means this machine, and it is what a
 * server that listens everywhere prints. */
static bool is_loopback_ipv4(uint32_t address)
{
    return address >> 24 == IN_LOOPBACKNET || address == INADDR_ANY;
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, address, sizeof ipv4);
        return is_loopback_ipv4(ntohl(ipv4.sin_addr.s_addr));
    }
    if (address->sa_family != AF_INET6)
        return false;
    struct sockaddr_in6 ipv6;
    memcpy(&ipv6, address, sizeof ipv6);
    if (IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) {
        uint32_t mapped;
        memcpy(&mapped, &ipv6.sin6_addr.s6_addr[12], sizeof mapped);
        return is_loopback_ipv4(ntohl(mapped));
    }
    return IN6_IS_ADDR_LOOPBACK(&ipv6.sin6_addr) ||
           IN6_IS_ADDR_UNSPECIFIED(&ipv6.sin6_addr);
}

bool target_is_loopback(const struct target *target)
{
    for (const struct addrinfo *at = target->addresses; at; at = at->ai_next)
        if (!is_loopback(at->ai_addr))
            return false;
    return true;
}

void target_free(struct target *target)
{
    free(target->authority);
    free(target->path);
    if (target->addresses != NULL)
        freeaddrinfo(target->addresses);
    memset(target, 0, sizeof *target);
}
