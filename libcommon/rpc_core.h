/* The inside of both RPC clients (rpc.c on a loop, rpc_sync.c in a thread): replicas, pending calls, retries,
 * deadlines. It never waits and has no thread: its owner says when sockets may be ready and what time it is.
 * Nobody else includes it. */
#ifndef YB_RPC_CORE_H
#define YB_RPC_CORE_H

#include "libcommon/rpc.h"

#define YB_RPC_REPLICA_MAX 16
#define YB_RPC_ENDPOINT_MAX 160
#define YB_RPC_RESOLVE_US 5000000        /* between two look-ups of names: replicas come, and move */
#define YB_RPC_RESOLVE_AWAY_US 1000000   /* the same while every replica is away */

typedef struct yb_rpc_core yb_rpc_core_t;
/* Called once, from yb_rpc_core_turn or _expire or _abort, never from _start. May start calls. */
typedef void (*yb_rpc_done_fn)(void *ctx, const yb_rpc_answer_t *answer);

/* A "tcp://name:port" to look up. */
typedef struct yb_rpc_host {
    char name[YB_RPC_ENDPOINT_MAX];
    char port[8];
} yb_rpc_host_t;

/* `capacity` calls at most are pending. Connects what needs no look-up. Errors: YB_E_CONFIG (endpoint list,
 * no key of that name), YB_E_NO_MEMORY, YB_E_IO, YB_E_CRYPTO. */
YB_CHECK yb_err_t yb_rpc_core_create(void *zmq_ctx, const yb_rpc_conf_t *conf, size_t capacity,
                                     yb_rpc_core_t **ret_core);
/* Closes the sockets that are left (yb_rpc_core_take_socket takes them out), calls nobody. */
void yb_rpc_core_destroy(yb_rpc_core_t **core);

/* Monotonic microseconds of the client's clock: the time of everything below. */
int64_t yb_rpc_core_now_us(const yb_rpc_core_t *core);

/* Starts a call, or refuses it at once (nothing will be called back): YB_E_OVERLOADED, YB_E_TOO_LARGE,
 * YB_E_DEADLINE (already passed, nothing was sent), YB_E_NO_MEMORY. */
YB_CHECK yb_err_t yb_rpc_core_start(yb_rpc_core_t *core, const yb_rpc_call_t *call, yb_rpc_done_fn done,
                                    void *ctx);
/* Sends what was started: what goes to one replica goes in one message. Turn and expire do so by themselves; after
 * _start the owner does, before it sleeps. True when there was something to send. */
bool yb_rpc_core_flush(yb_rpc_core_t *core);
/* Takes at most `budget` messages from one replica's socket and looks whether it is still connected. Returns
 * how many were taken. */
int yb_rpc_core_turn(yb_rpc_core_t *core, size_t replica, int budget);
/* For an owner that polls the sockets' descriptors itself: asked last, right before it sleeps. Any send, receive or look
 * at a socket may take the edge of what came in just then; false = it did, take a turn instead. */
bool yb_rpc_core_may_sleep(const yb_rpc_core_t *core);
/* Does what is due: retries, deadlines. */
void yb_rpc_core_expire(yb_rpc_core_t *core, int64_t now_us);
/* When expire is needed next; INT64_MAX = never. */
int64_t yb_rpc_core_due_us(const yb_rpc_core_t *core);
/* Answers every pending call: YB_E_DEADLINE (outcome unknown) for writes that may have run, YB_E_DRAINING for
 * the rest. */
void yb_rpc_core_abort(yb_rpc_core_t *core);

size_t yb_rpc_core_pending(const yb_rpc_core_t *core);
void yb_rpc_core_stats(const yb_rpc_core_t *core, yb_rpc_stats_t *ret_stats);
/* Fills an answer that comes from the client itself; texts are static. */
void yb_rpc_answer_error(yb_rpc_answer_t *ret_answer, yb_err_t err);

/* Slots 0 … YB_RPC_REPLICA_MAX-1; the socket of an empty slot is NULL. */
void *yb_rpc_core_socket(const yb_rpc_core_t *core, size_t replica);
int yb_rpc_core_fd(const yb_rpc_core_t *core, size_t replica);
bool yb_rpc_core_is_up(const yb_rpc_core_t *core, size_t replica);
/* Empties the slot; the caller closes the socket. */
void *yb_rpc_core_take_socket(yb_rpc_core_t *core, size_t replica);
/* True when no replica is connected. */
bool yb_rpc_core_all_away(const yb_rpc_core_t *core);

/* How long after one look-up of names the next is due. */
int64_t yb_rpc_core_resolve_every_us(const yb_rpc_core_t *core);

size_t yb_rpc_core_host_count(const yb_rpc_core_t *core);
const yb_rpc_host_t *yb_rpc_core_host(const yb_rpc_core_t *core, size_t index);
struct addrinfo;
/* Connects to each address a look-up gave that has no slot yet (IPv4 if there is any, else IPv6). Returns a
 * bit per slot that is now superfluous: of this host, no longer among its addresses, not connected; the owner
 * takes its socket and closes it. */
uint32_t yb_rpc_core_resolved(yb_rpc_core_t *core, size_t host, const struct addrinfo *list);

#endif
