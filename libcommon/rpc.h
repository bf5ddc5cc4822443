/* Calls on the bus: ZeroMQ DEALER → ROUTER, one envelope (proto/rpc.proto), absolute deadlines, bounded retries with
 * the same request id and idempotency key. One client talks to one service: it connects to every address behind its
 * endpoint list and picks the replica by rendezvous hash of route_key, passing to the next when one is away.
 *
 * The same core serves two callers: yb_rpc_t on a libuv loop (callbacks), yb_rpc_sync_t in a worker thread (blocks).
 * A deadline that passes is *unknown*: YB_E_DEADLINE; a write must then be queried by its key. YB_E_UNAVAILABLE from
 * the client itself means that nothing ran: no replica could be reached (or it was a read).
 *
 * What is tried again, attempts_max times at most: a replica that went away, answered "draining" or "overloaded", or
 * did not answer within its share of the time; "in flight" when the attempt was itself a repetition. A call without any
 * replica waits for one, 5 s at most. Once a write may have run, only an answer about that key ends it; every other end
 * is YB_E_DEADLINE. */
#ifndef YB_RPC_H
#define YB_RPC_H

#include <stdbool.h>
#include <uv.h>
#include "arena.h"
#include "clock.h"
#include "err.h"
#include "keys.h"
#include "proto/rpc.pb-c.h"

#define YB_RPC_VERSION 1
#define YB_RPC_FRAME_MAX (8u << 20)      /* ZMQ_MAXMSGSIZE and the cap before unpack, bytes */
#define YB_RPC_PENDING_MAX 4096          /* calls in flight per client; more = YB_E_OVERLOADED */

/* What the caller says; everything is copied before the call returns. */
typedef struct yb_rpc_call {
    const char *method;                  /* "Settlement/Settle" */
    const ProtobufCMessage *body;
    const uint8_t *request_id;           /* 16 bytes, or NULL = made here */
    const uint8_t *idem_key;             /* 16 bytes, or NULL for reads (reads may be retried freely) */
    const uint8_t *body_hash;            /* 32 bytes, with idem_key */
    int64_t deadline_us;                 /* absolute, unix microseconds */
    const char *traceparent;             /* or NULL */
    const Yibao__Rpc__Caller *caller;    /* or NULL */
    uint64_t route_key;                  /* 0 = any replica */
} yb_rpc_call_t;

/* The answer. `err` is YB_OK or what the service, or the way to it, said; field and text as in yb_refusal_t (Chinese).
 * `body` is packed; unpack with yb_rpc_unpack. All borrowed: until the callback returns, or the arena of the sync call
 * is reset. */
typedef struct yb_rpc_answer {
    yb_err_t err;
    const char *field, *text;
    const uint8_t *body;
    size_t body_len;
} yb_rpc_answer_t;

typedef struct yb_rpc_conf {
    const char *name;                    /* of the service called, for metrics: "settlement" */
    const char *endpoints; /* "ipc:///…" or "tcp://settlement:7003", comma-separated; a DNS name with several addresses
                              = several replicas */
    const yb_keys_t *keys;               /* CURVE; NULL only for ipc:// and tests */
    const yb_clock_t *clock;             /* NULL = real */
    unsigned attempts_max;               /* 0 = 3 */
} yb_rpc_conf_t;

/* Counted since the client was made. */
typedef struct yb_rpc_stats {
    uint64_t sent;                       /* envelopes, retries included */
    uint64_t retries;
    uint64_t late;                       /* replies nobody waited for any more: after the deadline, or a second one */
    uint64_t malformed;                  /* replies dropped: not an envelope, other version, other request */
    uint64_t lost;                       /* connections lost */
    uint64_t slept_over;                 /* waits of a thread that ran out although an answer was there: must stay 0 */
    unsigned replicas_up;                /* connected now */
    int64_t waited_us;                   /* in yb_rpc_sync_wait, by a thread that had nothing else to do */
} yb_rpc_stats_t;

/* 64-bit FNV-1a of a person's or institution's number: the route_key everybody uses. Never 0. */
uint64_t yb_route_key(const char *text);
/* Unpacks with a bounded arena after the frame cap; NULL = malformed or over the arena's budget. */
ProtobufCMessage *yb_rpc_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len,
                                yb_arena_t *arena);

/* ---- on a loop ---- */
typedef struct yb_rpc yb_rpc_t;
typedef void (*yb_rpc_cb)(void *ctx, const yb_rpc_answer_t *answer);
YB_CHECK yb_err_t yb_rpc_create(uv_loop_t *loop, void *zmq_ctx, const yb_rpc_conf_t *conf, yb_rpc_t **ret_rpc);
/* Calls back exactly once, later, on the loop (also for errors). Returns nothing: errors arrive in the answer. */
void yb_rpc_call(yb_rpc_t *rpc, const yb_rpc_call_t *call, yb_rpc_cb cb, void *ctx);
size_t yb_rpc_pending(const yb_rpc_t *rpc);
void yb_rpc_stats(const yb_rpc_t *rpc, yb_rpc_stats_t *ret_stats);
/* Answers what is pending at once (YB_E_DRAINING; YB_E_DEADLINE = unknown for a write that was sent), then frees when
 * libuv has closed its handles; run the loop after it, and end the ZeroMQ context only then. */
void yb_rpc_close(yb_rpc_t **rpc);

/* ---- in a thread ---- */
typedef struct yb_rpc_sync yb_rpc_sync_t;
YB_CHECK yb_err_t yb_rpc_sync_create(void *zmq_ctx, const yb_rpc_conf_t *conf, yb_rpc_sync_t **ret_rpc);
void yb_rpc_sync_destroy(yb_rpc_sync_t **rpc);
/* Sends and waits. Returns the answer's err; *ret_answer (always filled) lives in `arena`. */
yb_err_t yb_rpc_sync_call(yb_rpc_sync_t *rpc, const yb_rpc_call_t *call, yb_arena_t *arena,
                          yb_rpc_answer_t *ret_answer);
/* Starts a call without waiting; yb_rpc_sync_wait collects it. At most one started call per client: two clients = two
 * services asked at once. */
void yb_rpc_sync_start(yb_rpc_sync_t *rpc, const yb_rpc_call_t *call);
yb_err_t yb_rpc_sync_wait(yb_rpc_sync_t *rpc, yb_arena_t *arena, yb_rpc_answer_t *ret_answer);
void yb_rpc_sync_stats(const yb_rpc_sync_t *rpc, yb_rpc_stats_t *ret_stats);

#endif
