/* The gateway's edge: HTTP in, a checked transaction to its handler, the answer out. Order of the gates:
 *   size → JSON → who (fixmedins_code, registry) → signature, replay → rate → infno known and offered →
 * envelope → input → institution registered, not blocked → nonce known to other gateways →
 * sign-in → handler. One per loop, on its thread. */
#ifndef YB_GATEWAY_EDGE_H
#define YB_GATEWAY_EDGE_H

#include <uv.h>
#include "libcommon/clock.h"
#include "libcommon/http_tls.h"
#include "services/gateway/edge/txn.h"

typedef struct yb_edge yb_edge_t;
typedef struct yb_edge_find yb_edge_find_t;    /* a transaction waiting for its institution */

/* An answered transaction, without personal data; all borrowed. */
typedef struct yb_observed {
    const char *infno;                       /* "" or "?" when it is not offered */
    const char *fixmedins_code, *msgid;      /* "" = unknown */
    yb_err_t err;
    const char *field;                       /* may be NULL */
    int64_t took_us;
    const uint8_t *request_id;               /* 16 bytes */
    const yb_txn_below_t *below;
} yb_observed_t;

typedef struct yb_edge_conf {
    const char *address;             /* "127.0.0.1"; NULL = all */
    unsigned port;                   /* 0 = any, see yb_edge_port */
    const yb_http_tls_t *tls;        /* NULL = plain HTTP */
    unsigned connections_max;        /* 0 = 1024 */
    unsigned deadline_ms;            /* 0 = 30000 */
    unsigned grace_ms;               /* of a drain (yb_http_conf_t); 0 = without end */
    unsigned node;                   /* 0..999, part of inf_refmsgid */
    bool sandbox;                    /* institutions without a secret may call unsigned */
    const yb_clock_t *clock;         /* NULL = real */
    const yb_random_t *random;       /* NULL = real */
    const yb_txn_def_t *defs;
    size_t def_count;
    void *app;
    /* Looks the institution up (a cache, then identity) and calls yb_edge_found exactly once, at once or
     * later. `code` is as sent, unchecked, at most 30 bytes; it lives until yb_edge_found. */
    void (*find)(void *app, const char *code, yb_edge_find_t *waiting);
    /* For an institution that must sign in: is sign_no (never empty) live? Calls yb_edge_signed_in exactly
     * once, at once or later. NULL = nobody must. */
    void (*signed_in)(void *app, const char *fixmedins_code, const char *sign_no, yb_edge_find_t *waiting);
    /* Takes a nonce that is new to this gateway for all gateways, for ttl_s seconds. Calls
     * yb_edge_nonce_taken exactly once, at once or later. NULL = this gateway is the only one. */
    void (*take_nonce)(
        void *app, const char *fixmedins_code, const char *nonce, unsigned ttl_s, yb_edge_find_t *waiting);
    /* Able to serve? Calls yb_edge_ready exactly once, at once or later. NULL = always. */
    void (*ready)(void *app, yb_edge_find_t *waiting);
    /* Prometheus text, in the arena. NULL = /metrics is 404. */
    const char *(*metrics)(void *app, yb_arena_t *arena);
    /* Once per answer, for logs and metrics. */
    void (*observe)(void *app, const yb_observed_t *seen);
} yb_edge_conf_t;

/* Starts to listen. YB_E_CONFIG: a handler or table is missing, or the address cannot be had; *ret_why says
 * so. The conf is copied; what it points to must outlive the edge. */
YB_CHECK yb_err_t yb_edge_create(
    uv_loop_t *loop, const yb_edge_conf_t *conf, yb_edge_t **ret_edge, yb_refusal_t *ret_why);
unsigned yb_edge_port(const yb_edge_t *edge);
/* The answer to `find`. `institution` NULL with err YB_OK = not registered; it is copied. err: the registry
 * could not be asked. */
void yb_edge_found(yb_edge_find_t *waiting, yb_err_t err, const yb_institution_t *institution);
/* The answer to `signed_in`. err: it could not be found out. */
void yb_edge_signed_in(yb_edge_find_t *waiting, yb_err_t err, bool live);
/* The answer to `take_nonce`: YB_OK = it was new; YB_E_REPLAYED; anything else = not known: a write is refused
 * (503), a read goes on. */
void yb_edge_nonce_taken(yb_edge_find_t *waiting, yb_err_t err);
/* The answer to `ready`; `detail` says what is missing ("" = nothing). */
void yb_edge_ready(yb_edge_find_t *waiting, bool ready, const char *detail);
/* Transactions not answered yet. */
size_t yb_edge_pending(const yb_edge_t *edge);
/* Stops accepting; answers what comes on open connections with "Connection: close"; calls `done` once when
 * the last is closed. */
void yb_edge_drain(yb_edge_t *edge, void (*done)(void *ctx), void *ctx);
/* Only with nothing pending (asserted). Frees when libuv has closed its handles; run the loop after it. */
void yb_edge_close(yb_edge_t **edge);

#endif
