/* For tests of HTTP servers: a loop in a thread, and a blocking client on a raw socket. */
#ifndef YB_TEST_HTTPCLIENT_H
#define YB_TEST_HTTPCLIENT_H

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct answer {
    int status;                 /* 0 = connection ended without an answer */
    char type[128];
    char allow[32];
    int closes;                 /* "Connection: close" */
    size_t len;
    char *body;                 /* terminated; free */
} answer_t;

static inline int client_connect(unsigned port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval limit = {.tv_sec = 20};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

/* False when the other side has closed. */
static inline int client_send(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n <= 0)
            return 0;
        data += n;
        len -= (size_t)n;
    }
    return 1;
}

static inline int client_line(int fd, char *line, size_t cap)
{
    size_t n = 0;
    while (n + 1 < cap && recv(fd, line + n, 1, 0) == 1) {
        if (line[n] == '\n') {
            line[n && line[n - 1] == '\r' ? n - 1 : n] = 0;
            return 1;
        }
        n++;
    }
    return 0;
}

static inline answer_t client_read(int fd)
{
    answer_t a = {0};
    char line[4096];
    if (!client_line(fd, line, sizeof(line)) || sscanf(line, "HTTP/1.1 %d", &a.status) != 1)
        return a;
    while (client_line(fd, line, sizeof(line)) && line[0]) {
        if (strncasecmp(line, "Content-Length:", 15) == 0)
            a.len = strtoul(line + 15, NULL, 10);
        if (strncasecmp(line, "Content-Type: ", 14) == 0)
            snprintf(a.type, sizeof(a.type), "%.100s", line + 14);
        if (strncasecmp(line, "Allow: ", 7) == 0)
            snprintf(a.allow, sizeof(a.allow), "%.30s", line + 7);
        if (strcasecmp(line, "Connection: close") == 0)
            a.closes = 1;
    }
    a.body = calloc(1, a.len + 1);
    for (size_t got = 0; got < a.len;) {
        ssize_t n = recv(fd, a.body + got, a.len - got, 0);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    return a;
}

/* True when the other side ends the connection without sending anything more. */
static inline int client_ended(int fd)
{
    char c;
    return recv(fd, &c, 1, 0) <= 0;
}

static inline void client_post(int fd, const char *headers, const char *body, size_t len)
{
    char head[1024];
    int n = snprintf(head, sizeof(head),
        "POST /hsa/hgs/x HTTP/1.1\r\nHost: t\r\n%sContent-Length: %zu\r\n\r\n", headers, len);
    client_send(fd, head, (size_t)n);
    client_send(fd, body, len);
}

#endif
