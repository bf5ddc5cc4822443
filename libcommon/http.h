/* HTTP/1.1 with keep-alive on a libuv loop: libmicrohttpd without a thread of its own, driven through its
 * epoll descriptor. A request is suspended while it is worked on; its answer is sent in the same turn of the
 * loop it is given in. Bounds: connections, body, time to send a request, time to take an answer, idle time,
 * bytes of bodies held at once. */
#ifndef YB_HTTP_H
#define YB_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>
#include "arena.h"
#include "err.h"
#include "http_tls.h"

#define YB_HTTP_BODY_MAX (4u << 20)

typedef struct yb_http yb_http_t;
typedef struct yb_http_req yb_http_req_t;

typedef enum yb_http_fault {
    YB_HTTP_FINE,
    YB_HTTP_TOO_LARGE,      /* body over the limit: answer 413 */
    YB_HTTP_OVERLOADED,     /* bodies held use up their budget: answer 503 */
    YB_HTTP_METHOD,         /* neither POST nor GET: answer 405 */
    YB_HTTP_FRAMING,        /* headers that leave open where the body ends: answer 400; the connection closes */
} yb_http_fault_t;

typedef struct yb_http_conf {
    const char *address;           /* NULL = all, IPv4 and IPv6 */
    unsigned port;                 /* 0 = any */
    const yb_http_tls_t *tls;      /* TLS alone is spoken, with this certificate; borrowed. NULL = plain HTTP */
    unsigned connections_max;      /* 0 = 1024 */
    unsigned receive_ms; /* for a whole request from its first byte, and between requests; 0 = 60000 */
    unsigned send_ms;              /* to take a whole answer; 0 = 60000 */
    unsigned linger_ms; /* draining: how long an idle connection may still send a request; at any time: how long one
                           that sent half a request and was closed may stay; 0 = 1000 */
    unsigned grace_ms; /* draining: how long a request may still come in, or an answer go out; 0 = without end */
    size_t body_max;               /* 0 = YB_HTTP_BODY_MAX */
    size_t bodies_max;             /* bytes of all bodies held; 0 = 256 MiB */
    /* A request is complete, or refused with `fault` (then without body). Must end in exactly one
     * yb_http_reply, at once or later. */
    void (*request)(void *ctx, yb_http_req_t *req, yb_http_fault_t fault);
    void *ctx;
} yb_http_conf_t;

/* YB_E_CONFIG: address cannot be had, *ret_why says why; YB_E_NO_MEMORY. */
YB_CHECK yb_err_t yb_http_create(
    uv_loop_t *loop, const yb_http_conf_t *conf, yb_http_t **ret_http, yb_refusal_t *ret_why);
unsigned yb_http_port(const yb_http_t *http);
/* Requests handed out and not answered; connections open. */
size_t yb_http_pending(const yb_http_t *http);
size_t yb_http_connections(const yb_http_t *http);
void yb_http_drain(yb_http_t *http, void (*done)(void *ctx), void *ctx);
bool yb_http_draining(const yb_http_t *http);
/* Only with nothing pending (asserted). Frees when libuv has closed its handles. */
void yb_http_close(yb_http_t **http);

bool yb_http_is_post(const yb_http_req_t *req);
const char *yb_http_path(const yb_http_req_t *req);
const char *yb_http_header(const yb_http_req_t *req, const char *name);   /* NULL = not sent */
const char *yb_http_body(const yb_http_req_t *req, size_t *ret_len);
/* The request's arena: lives until its answer has left. */
yb_arena_t *yb_http_arena(yb_http_req_t *req);
/* Room for the caller's own pointer. */
void **yb_http_slot(yb_http_req_t *req);
/* Ends the request; `data` must live in its arena or be constant: it is sent from where it lies. `req` is not
 * to be used after it. */
void yb_http_reply(
    yb_http_req_t *req, unsigned status, const char *content_type, const void *data, size_t len);

#endif
