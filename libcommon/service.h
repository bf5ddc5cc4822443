/* The frame of every service: one libuv loop owns the sockets; messages pass the gates, go to worker lanes in batches,
 * are answered after commit. A service is a table of methods and a main of a few lines (services/<s>/main.c).
 *
 * A write batch, as the frame runs it:
 *   known keys answered from idem_key (one SELECT … IN) → prepare(calls)  [no transaction: reads, calls to services
 * below] → BEGIN → run(calls) → idem rows, outbox rows (bulk) → COMMIT → replies Calls refused in prepare or run drop
 * out and are answered with their refusal. When the transaction fails, it is rolled back and every member runs alone
 * (prepare's results are kept); a member that fails alone is answered with its own error. */
#ifndef YB_SERVICE_H
#define YB_SERVICE_H

#include "arena.h"
#include "clock.h"
#include "conf.h"
#include "db.h"
#include "err.h"
#include "id.h"
#include "log.h"
#include "metrics.h"
#include "migrate.h"
#include "outbox.h"
#include "rpc.h"

typedef struct yb_service yb_service_t;
typedef struct yb_worker yb_worker_t;

/* One request and its answer. Lives in its own arena from arrival to reply. */
typedef struct yb_call {
    const Yibao__Rpc__Request *env;      /* the envelope; caller is never NULL */
    const ProtobufCMessage *body;        /* decoded, of the method's input type */
    yb_arena_t *arena;
    void *state;                         /* the handler's own, from prepare to run; in `arena` */
    yb_refusal_t refusal;                /* code YB_OK = not refused */
    ProtobufCMessage *reply;             /* of the method's output type, in `arena`; set by run */
} yb_call_t;

typedef enum yb_kind { YB_READ, YB_WRITE } yb_kind_t;

typedef struct yb_method {
    const char *name;                    /* "Settlement/Settle" */
    yb_kind_t kind;
    size_t batch_max;                    /* 0 = 64 */
    /* May refuse calls; may be NULL. An error returned = all of them fail with it. Not in a transaction. */
    yb_err_t (*prepare)(yb_worker_t *worker, yb_call_t **calls, size_t count);
    /* Answers (reply) or refuses each call. An error returned = the batch is rolled back (WRITE) and each member runs
     * alone; must be repeatable: it starts from prepare's state each time. For YB_READ no transaction is open. */
    yb_err_t (*run)(yb_worker_t *worker, yb_call_t **calls, size_t count);
} yb_method_t;

/* Events of one type taken in, in their order: runs in the transaction that also holds their inbox rows. An error = none
 * of the delivery is acknowledged; each of it then comes alone in a transaction of its own, and the ones that fail so
 * are delivered again. */
typedef struct yb_event_handler {
    const char *type;
    yb_err_t (*apply)(yb_worker_t *worker, const Yibao__Rpc__Event *const *events, size_t count, yb_arena_t *arena);
} yb_event_handler_t;

/* Work by the clock, on lane 0 of one replica at a time (under a database lock): pruning, daily heads. `run` does a
 * bounded piece. */
typedef struct yb_chore {
    const char *name;
    unsigned every_s;
    yb_err_t (*run)(yb_worker_t *worker);
} yb_chore_t;

typedef struct yb_service_def {
    const char *name; /* "settlement": also the schema yibao_settlement, the env YB_SETTLEMENT, the key's name */
    const char *summary;                             /* for --help */
    const ProtobufCServiceDescriptor *descriptor;    /* its methods must all be bound: checked at build and at start */
    const yb_method_t *methods; size_t method_count;
    const yb_migration_t *schema; const size_t *schema_count;
    const char *const *peers; size_t peer_count;     /* services called from workers: "identity" */
    const yb_event_handler_t *events; size_t event_count;
    const char *const *targets; size_t target_count; /* services this one's outbox delivers to */
    const yb_chore_t *chores; size_t chore_count;
    /* Shared, immutable once made: policy files, key rings. detail explains a failure. May be NULL. */
    yb_err_t (*open)(const yb_conf_t *conf, void **ret_data, char *detail, size_t detail_cap);
    void (*close)(void **data);
    /* Per lane, at start and at the end, while the lane runs nothing; its database is at hand. May be NULL. */
    yb_err_t (*lane_open)(yb_worker_t *worker, void **ret_lane);
    void (*lane_close)(yb_worker_t *worker, void **lane);
} yb_service_def_t;

/* Runs the service until SIGTERM/SIGINT; returns the exit code. Options: --help, --version, --check (are all methods
 * bound?). */
int yb_service_main(const yb_service_def_t *def, int argc, char **argv);

/* ---- what a handler may use ---- */
yb_db_t *yb_worker_db(yb_worker_t *worker);
yb_arena_t *yb_worker_arena(yb_worker_t *worker);      /* reset before each batch */
int64_t yb_worker_now_us(const yb_worker_t *worker);   /* one reading per batch */
yb_time_t yb_worker_now(const yb_worker_t *worker);    /* the same, civil */
int64_t yb_worker_id(yb_worker_t *worker);             /* a new unique id (libcommon/id.h) */
/* The lane's number, leased from the database: no other live lane of this service, in any replica, has it. 0 …
 * YB_LANE_MAX. */
int yb_worker_lane(const yb_worker_t *worker);
/* Grows each time a lane number changes hands: what the journal's head is fenced with. */
int64_t yb_worker_fence(const yb_worker_t *worker);
const void *yb_worker_data(const yb_worker_t *worker); /* def->open's */
void *yb_worker_own(const yb_worker_t *worker);        /* def->lane_open's */
const yb_conf_t *yb_worker_conf(const yb_worker_t *worker);
yb_log_t *yb_worker_log(const yb_worker_t *worker);
yb_metrics_t *yb_worker_metrics(const yb_worker_t *worker);
/* A client of a service below, for this thread. */
yb_rpc_sync_t *yb_worker_peer(yb_worker_t *worker, const char *name);
/* A call to a service below on behalf of `for_call` (its request id, trace, caller, deadline; NULL = our own). The
 * request is `body`; fields key/hash stay empty (reads). Fill the rest as needed. */
yb_rpc_call_t yb_worker_ask(yb_worker_t *worker, const yb_call_t *for_call, const char *method,
                            const ProtobufCMessage *body);
/* Asks and unpacks: *ret_reply in the worker's arena. Any failure of the way there comes back as it is. */
YB_CHECK yb_err_t yb_worker_ask_one(yb_worker_t *worker, const char *peer, const yb_rpc_call_t *call,
                                    const ProtobufCMessageDescriptor *type, ProtobufCMessage **ret_reply);
/* Adds an event to the transaction of the running write batch; written by the frame before commit. Copies into
 * call->arena. */
void yb_call_event(yb_worker_t *worker, yb_call_t *call, const char *target, const char *type, const char *key,
                   const ProtobufCMessage *body);

/* An event of this service for `target`, packed into the worker's arena: for yb_outbox_put where there is no call, or in
 * bulk. target, type, key borrowed. */
yb_event_t yb_worker_event(yb_worker_t *worker, const char *target, const char *type, const char *key,
                           const ProtobufCMessage *body);

/* Shorthand in handlers: refuse this call. Returns the code. */
yb_err_t yb_call_refuse(yb_call_t *call, yb_err_t code, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static inline bool yb_call_refused(const yb_call_t *call) { return call->refusal.code != YB_OK; }

#endif
