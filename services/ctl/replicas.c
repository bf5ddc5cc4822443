#include "services/ctl/replicas.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "libcommon/text.h"

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* "tcp://settlement:7003" -> "settlement", "7003"; false: no name to look up. */
static bool host_and_port(const char *endpoint, char host[YB_REPLICA_TEXT], char port[8])
{
    const char *colon = strrchr(endpoint, ':');
    if (strncmp(endpoint, "tcp://", 6) != 0 || endpoint[6] == '[' || colon <= endpoint + 6)
        return false;
    snprintf(host, YB_REPLICA_TEXT, "%.*s", (int)(colon - endpoint - 6), endpoint + 6);
    snprintf(port, 8, "%.6s", colon + 1);
    return true;
}

/* Addresses of one endpoint, as IPv4 where there is any: what a caller's client does. */
static size_t addresses(const char *endpoint, char found[][YB_REPLICA_TEXT], size_t cap)
{
    const struct addrinfo want = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
    char host[YB_REPLICA_TEXT], port[8], numeric[64];
    struct addrinfo *list = NULL;
    size_t count = 0;
    if (host_and_port(endpoint, host, port) && getaddrinfo(host, NULL, &want, &list) == 0)
        for (const struct addrinfo *a = list; a != NULL && count < cap; a = a->ai_next)
            if (getnameinfo(a->ai_addr, a->ai_addrlen, numeric, sizeof numeric, NULL, 0, NI_NUMERICHOST) == 0)
                snprintf(found[count++], YB_REPLICA_TEXT, "tcp://%s:%s", numeric, port);
    if (list != NULL)
        freeaddrinfo(list);
    if (count == 0)
        yb_text_copy(found[count++], YB_REPLICA_TEXT, endpoint);
    return count;
}

size_t yb_replicas_find(const char *endpoints, char found[][YB_REPLICA_TEXT], size_t cap)
{
    size_t count = 0;
    while (count < cap) {
        char one[YB_REPLICA_TEXT];
        const size_t len = strcspn(endpoints, ",");
        snprintf(one, sizeof one, "%.*s", (int)(len < sizeof one ? len : sizeof one - 1), endpoints);
        count += addresses(one, found + count, cap - count);
        if (endpoints[len] == '\0')
            break;
        endpoints += len + 1;
    }
    qsort(found, count, YB_REPLICA_TEXT, by_text);
    return count;
}
