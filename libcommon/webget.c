#include "libcommon/webget.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "libcommon/clock.h"
#include "libcommon/money.h"

#define RESPONSE_MAX (YB_WEBGET_BODY_MAX + 4096)

yb_err_t yb_webget_parse(const char *response, size_t len, yb_webget_answer_t *ret_answer)
{
    int64_t status;
    if (len < 12 || strncmp(response, "HTTP/1.", 7) != 0 || response[8] != ' ' ||
        yb_decimal_parse(response + 9, 3, 0, &status) != YB_OK)
        return YB_E_MALFORMED;
    const char *end = memmem(response, len, "\r\n\r\n", 4);
    if (end == NULL)
        return YB_E_MALFORMED;
    const char *body = end + 4;
    size_t body_len = len - (size_t)(body - response);
    if (body_len >= YB_WEBGET_BODY_MAX)
        body_len = YB_WEBGET_BODY_MAX - 1;
    ret_answer->status = (int)status;
    memcpy(ret_answer->body, body, body_len);
    ret_answer->body[body_len] = '\0';
    return YB_OK;
}

static int connect_to(const char *host, int port, int timeout_ms)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    const struct timeval timeout = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };
    struct addrinfo *list = NULL;
    char service[8];
    int fd = -1;
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(host, service, &hints, &list) != 0)
        return -1;
    for (const struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd < 0)
            continue;
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
        if (connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd;
}

typedef struct line {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;                            /* NULL = plain */
} line_t;

static ssize_t line_read(const line_t *l, char *buf, size_t cap)
{
    if (l->ssl == NULL)
        return recv(l->fd, buf, cap, 0);
    int n = SSL_read(l->ssl, buf, (int)cap);
    if (n > 0 || SSL_get_error(l->ssl, n) == SSL_ERROR_ZERO_RETURN)
        return n > 0 ? n : 0;
    return -1;
}

static bool line_write(const line_t *l, const char *data, size_t len)
{
    if (l->ssl == NULL)
        return send(l->fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
    return SSL_write(l->ssl, data, (int)len) == (int)len;
}

static void line_close(line_t *l)
{
    SSL_free(l->ssl);
    SSL_CTX_free(l->ctx);
    ERR_clear_error();
    if (l->fd >= 0)
        close(l->fd);
}

static bool line_open(line_t *l, const char *host, int port, bool tls, int timeout_ms)
{
    l->fd = connect_to(host, port, timeout_ms);
    if (l->fd < 0 || !tls)
        return l->fd >= 0;
    l->ctx = SSL_CTX_new(TLS_client_method());
    l->ssl = l->ctx != NULL ? SSL_new(l->ctx) : NULL;
    return l->ssl != NULL && SSL_set_fd(l->ssl, l->fd) == 1 && SSL_connect(l->ssl) == 1;
}

/* Until the peer closes, the buffer is full or the time is up (a peer that sends a byte now and then must not
 * hold us). */
static yb_err_t read_all(const line_t *l, char *buf, size_t cap, int timeout_ms, size_t *ret_len)
{
    const yb_clock_t clock = yb_clock_real();
    const int64_t until_ns = yb_clock_monotonic_ns(&clock) + (int64_t)timeout_ms * 1000000;
    size_t len = 0;
    while (len < cap) {
        errno = 0;
        ssize_t n = line_read(l, buf + len, cap - len);
        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            return errno == EAGAIN || errno == EWOULDBLOCK ? YB_E_DEADLINE : YB_E_UNAVAILABLE;
        len += n > 0 ? (size_t)n : 0;
        if (yb_clock_monotonic_ns(&clock) > until_ns)
            return YB_E_DEADLINE;
    }
    *ret_len = len;
    return YB_OK;
}

static yb_err_t get(
    const char *host, int port, const char *path, bool tls, int timeout_ms, yb_webget_answer_t *ret_answer)
{
    char request[1024], response[RESPONSE_MAX];
    size_t len = 0;
    line_t line = { .fd = -1 };
    int n = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\nUser-Agent: yibao\r\n\r\n", path, host,
        port);
    if (n < 0 || (size_t)n >= sizeof request)
        return YB_E_TOO_LARGE;
    yb_err_t err = YB_E_UNAVAILABLE;
    if (line_open(&line, host, port, tls, timeout_ms) && line_write(&line, request, (size_t)n))
        err = read_all(&line, response, sizeof response, timeout_ms, &len);
    line_close(&line);
    return err == YB_OK ? yb_webget_parse(response, len, ret_answer) : err;
}

yb_err_t yb_webget(
    const char *host, int port, const char *path, int timeout_ms, yb_webget_answer_t *ret_answer)
{
    return get(host, port, path, false, timeout_ms, ret_answer);
}

yb_err_t yb_webget_tls(
    const char *host, int port, const char *path, int timeout_ms, yb_webget_answer_t *ret_answer)
{
    return get(host, port, path, true, timeout_ms, ret_answer);
}
