/* Inside of yb_rpc_core_t, shared by rpc_core.c (calls from start to answer), rpc_attempt.c (the attempts of a call)
 * and rpc_replica.c (the replicas an attempt may go to). Nobody else includes it. */
#ifndef YB_RPC_CORE_IMPL_H
#define YB_RPC_CORE_IMPL_H

#include <zmq.h>

#include "libcommon/bundle.h"
#include "libcommon/rpc_core.h"

#define BACKOFF_US 50000
#define REVIVE_US 2000000                /* a replica away this long is connected anew, and again */
#define REVIVE_KEYS_US 400000            /* the same while its service has several keys: time for one handshake */
#define REVIVE_KEYS_SLOW_US 1500000      /* and after so many tries without luck: on a busy machine it takes long */
#define REVIVE_KEYS_FAST 12
#define NOWHERE UINT32_MAX

typedef enum { FREE, SENT, WAITING, BACKOFF } state_t;

typedef struct outgoing { uint32_t slot, generation; } outgoing_t;

typedef struct replica {
    void *socket;
    int fd;
    bool up;                             /* can be sent to: with IMMEDIATE, connected */
    int64_t avoid_until_us;
    int64_t revive_us;                   /* when to connect anew, while away */
    unsigned key_turn, key_tries;        /* which of its service's keys it is connected by; how many since it was up */
    uint64_t hash;
    uint32_t host;                       /* index into hosts, NOWHERE = given as it is */
    outgoing_t out[YB_BUNDLE_COUNT_MAX]; /* of this turn; yb_rpc_core_flush sends them together */
    size_t out_count, out_bytes;
    char endpoint[YB_RPC_ENDPOINT_MAX];
} replica_t;

typedef struct pending {
    state_t state;
    bool write;
    uint32_t generation;
    uint32_t replica;                    /* of the last attempt */
    unsigned attempts;                   /* envelopes sent */
    unsigned open;                       /* of these, neither answered nor known not to have run */
    yb_err_t last_err;
    size_t heap_at;
    int64_t due_us, deadline_us, away_since_us;
    uint64_t route_key;
    uint8_t request_id[16];
    yb_rpc_done_fn done;
    void *ctx;
    uint8_t *packed;                     /* the envelope, kept for the next attempt */
    size_t packed_len, packed_cap;
} pending_t;

struct yb_rpc_core {
    void *zmq_ctx;
    const yb_keys_t *keys;
    char name[YB_KEY_NAME_MAX + 1];
    yb_clock_t clock;
    unsigned attempts_max;
    replica_t replicas[YB_RPC_REPLICA_MAX];
    yb_rpc_host_t *hosts;
    size_t host_count;
    pending_t *slots;
    uint32_t *free_slots;                /* a stack */
    uint32_t *heap;                      /* slots, the earliest due first */
    size_t capacity, free_count, heap_count;
    uint64_t id_base[2], id_next, turn, jitter;
    yb_arena_t *arena;                   /* one reply */
    yb_rpc_stats_t stats;
};

/* The finalizer of MurmurHash3: every bit of the input reaches every bit of the result. */
static inline uint64_t yb_rpc_mix(uint64_t x)
{
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdu;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53u;
    return x ^ (x >> 33);
}

/* ---- rpc_replica.c ---- */

/* Connects to the endpoints of the list that are addresses, keeps the names to look up. YB_E_CONFIG, YB_E_IO,
 * YB_E_CRYPTO. */
YB_CHECK yb_err_t yb_rpc_replica_connect(yb_rpc_core_t *c, const char *list);
/* Rendezvous: each caller finds the same replica for a key, and only the keys of a lost one move. `except` only when
 * there is no other. NOWHERE = none can be sent to. */
uint32_t yb_rpc_replica_pick(yb_rpc_core_t *c, uint64_t route_key, uint32_t except, int64_t now_us);
/* How long after `now_us` a replica that is away is connected anew. */
int64_t yb_rpc_replica_revive_us(const yb_rpc_core_t *c, const replica_t *r, int64_t now_us);
/* ZMQ_EVENTS of a socket. */
int yb_rpc_replica_events(void *socket);

/* ---- rpc_attempt.c ---- */

/* Puts the call out to a replica; without one it waits. */
void yb_rpc_attempt(yb_rpc_core_t *c, pending_t *p, int64_t now_us);
/* Again after `delay_us` (0 = now), or the end when the attempts are used up. */
void yb_rpc_attempt_again(yb_rpc_core_t *c, pending_t *p, yb_err_t err, int64_t delay_us, int64_t now_us);
/* Until when the attempt that begins now waits for its answer. */
int64_t yb_rpc_attempt_due(const yb_rpc_core_t *c, const pending_t *p, int64_t now_us);
/* A call whose due_us is set begins to be watched; it is watched no more. */
void yb_rpc_due_add(yb_rpc_core_t *c, uint32_t slot);
void yb_rpc_due_remove(yb_rpc_core_t *c, uint32_t slot);
/* Its socket says so: what waits for a replica goes out; what was sent to this one goes elsewhere. */
void yb_rpc_replica_up(yb_rpc_core_t *c, uint32_t index);
void yb_rpc_replica_down(yb_rpc_core_t *c, uint32_t index);

/* ---- rpc_core.c ---- */

/* Gives up with `err`; but a write that may have run is unknown, whatever the last attempt said. */
void yb_rpc_give_up(yb_rpc_core_t *c, pending_t *p, yb_err_t err);

#endif
