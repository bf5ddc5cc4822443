/* Inside of the service frame, shared by service.c (start and end), service_gate.c (messages in and out), lane.c (the
 * thread), lane_batch.c (batches), worker.c (what handlers may use), cost.c (what a batch cost: its metrics and log
 * lines), keeper.c (outbox, chores, leases), frame.c (the methods every service has). Nobody else includes it. */
#ifndef YB_SERVICE_IMPL_H
#define YB_SERVICE_IMPL_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <uv.h>
#include <uthash.h>
#include <zmq.h>

#include "idem.h"
#include "lease.h"
#include "metrics_page.h"
#include "refusals.h"
#include "service.h"
#include "watch.h"
#include "zpoll.h"

#define JOB_IDENTITY_MAX 64
#define JOB_ARENA_BUDGET (48u << 20)     /* a frame of 8 MiB unpacked, and room for the answer */
#define JOB_POOL_MAX 512
#define NO_LANE SIZE_MAX

/* A message on its way through the service. `call` is what handlers see. */
typedef struct job {
    yb_call_t call;                      /* first: handlers get &job->call */
    struct job *next;
    uint8_t identity[JOB_IDENTITY_MAX];
    size_t identity_len;
    size_t method;                       /* index into service->methods */
    size_t lane;                         /* index into service->lanes */
    bool keyed;                          /* has an idempotency key */
    bool answered_from_store;
    const uint8_t *body; size_t body_len;   /* packed body of the answer, in call.arena or the worker's */
    yb_event_t *events; size_t event_count, event_cap;
    int64_t arrived_us;
    zmq_msg_t out;                       /* the packed Reply, with those of others of the batch for the same peer */
    size_t out_count;                    /* replies in it; 0 = this one's is in another's */
    UT_hash_handle hh;                   /* in service->inflight while keyed and unanswered */
} job_t;

typedef struct queue { job_t *head, **tail; size_t count; } queue_t;

typedef struct bound_method {
    const yb_method_t *method;
    const ProtobufCMessageDescriptor *input, *output;
    unsigned roles;                      /* that may call it (libcommon/access.h) */
    yb_metric_t *latency, *batch, *refused, *size, *slow;
    yb_metric_t *queued, *in_db, *below;     /* where the time of its batches went */
    yb_metric_t *round_trips;
    bool of_frame;                       /* Health and the like: not in the log of calls */
} bound_method_t;

/* A service below, or one that events go to, as the metrics see it. */
typedef struct peer_metrics { yb_metric_t *replicas, *retries, *lost; } peer_metrics_t;
typedef struct peer_seen { uint64_t retries, lost; } peer_seen_t;   /* of one client, told already */

#define COST_PEERS_MAX 8

/* What a batch costs, from its taking up to its end. */
typedef struct cost {
    uint64_t trips;                      /* first as they stood at the beginning, then of the batch; so the others */
    int64_t db_us;
    int64_t peer_us[COST_PEERS_MAX];
    uint8_t led_by[16];                  /* request id under which services below were asked for the whole batch */
    bool led;
} cost_t;

struct yb_worker {
    yb_service_t *service;
    int index;                           /* -1 = the keeper */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    queue_t gathered;                    /* of this turn, handed over at its end; loop thread only */
    size_t in_hand;                      /* gathered, queued, running or not yet sent; loop thread only */
    queue_t queue;                       /* guarded by lock */
    bool stop;                           /* guarded by lock */
    atomic_bool lane_lost;               /* another replica has the lane: a new one is taken before the next batch */
    yb_db_t *db;
    yb_arena_t *arena;
    int64_t now_us;
    int64_t used_us;                     /* when the database was last used */
    yb_id_gen_t ids;
    pthread_mutex_t lease_lock;          /* of lease between this thread, which claims, and the keeper, which renews */
    yb_lease_t lease;
    yb_rpc_sync_t **peers;
    peer_seen_t peers_seen[COST_PEERS_MAX];
    cost_t cost;                         /* of the running batch */
    void *own;
};

struct yb_service {
    const yb_service_def_t *def;
    yb_conf_t *conf;
    yb_log_t *log;
    yb_metrics_t *metrics;
    yb_clock_t clock;
    void *data;
    char *db_password;
    yb_keys_t *keys;
    yb_zap_t *zap;
    void *zmq;
    void *router;
    uv_loop_t loop;
    uv_async_t done_async;
    uv_signal_t sigterm, sigint;
    uv_timer_t drain_timer;
    yb_zpoll_t *poll;
    bound_method_t *methods; size_t method_count;
    yb_worker_t *lanes; int lane_count;
    yb_worker_t keeper;
    pthread_mutex_t done_lock;
    queue_t done;                        /* answered, to be sent; guarded by done_lock */
    bool loop_ended;                     /* nobody to wake any more; guarded by done_lock */
    job_t *pool; size_t pool_count;      /* free jobs, loop thread only */
    job_t *inflight;                     /* by idempotency key, loop thread only */
    size_t working;                      /* jobs given to lanes and not yet sent */
    size_t turn_lane;                    /* where the turn's messages without a route go; NO_LANE = none came yet */
    yb_key_owner_t peer;                 /* with keys: who sent the frame at hand, no roles = let in no more; loop thread */
    bool draining;
    int64_t drain_until_us;
    int64_t started_us;
    int schema_version;
    atomic_uint_fast64_t outbox_pending, outbox_oldest_us;
    atomic_bool events_waiting;
    yb_metric_t *m_queue, *m_gate, *m_unroutable, *m_conflict, *m_stored, *m_event_again, *m_outbox, *m_outbox_age;
    yb_metric_t *m_running, *m_wait, *m_in_db, *m_db_up, *m_lanes, *m_lanes_lost, *m_room;
    peer_metrics_t *m_peers, *m_targets;     /* in the order of def->peers, def->targets */
    yb_refusals_t refusals;
    yb_watch_t *watch;                   /* looked at by the keeper */
    yb_metrics_page_t *page;             /* NULL = not wanted */
};

/* lane.c */
yb_err_t yb_lane_setup(yb_worker_t *worker, yb_service_t *service, int index);
yb_err_t yb_lane_start(yb_worker_t *worker);
/* After lane_lost: takes another lane; ids and journal go on under its number. Of the worker's own thread. */
yb_err_t yb_lane_regain(yb_worker_t *worker);
void yb_lane_stop(yb_worker_t *worker);      /* after the queue is empty; joins */
/* SIGTERM and SIGINT are for the loop's thread alone. ret_old may be NULL. */
void yb_signals_block(sigset_t *ret_old);
yb_err_t yb_thread_start(pthread_t *thread, void *(*run)(void *), void *arg);   /* with them blocked */
/* Hands over what was gathered, with one wake-up; what the queue has no room for stays in it, to be refused. */
void yb_lane_push(yb_worker_t *worker);
yb_err_t yb_worker_open_db(yb_worker_t *worker);
void yb_worker_close(yb_worker_t *worker);

/* lane_batch.c */
/* Takes the list apart into batches by method, runs and answers them; the lane's thread. After yb_lane_stop what is not
 * begun is refused. */
void yb_lane_run(yb_worker_t *worker, queue_t *taken);

/* cost.c */
void yb_service_metrics_make(yb_service_t *service);
const char *yb_service_metrics_text(void *service, yb_arena_t *arena);   /* any thread */
/* Around a batch, in the lane's thread; the end observes its metrics and writes its log lines. */
void yb_cost_begin(yb_worker_t *worker, size_t count);
void yb_cost_end(yb_worker_t *worker, const bound_method_t *bound, job_t *const *jobs, size_t count);
/* What a client of a service has seen since the last call. */
void yb_peer_tell(const peer_metrics_t *metrics, const yb_rpc_sync_t *client, peer_seen_t *seen);

/* keeper.c */
yb_err_t yb_keeper_start(yb_service_t *service);
void yb_keeper_stop(yb_service_t *service);
void yb_keeper_wake(yb_service_t *service);

/* frame.c: Health, Metrics, Deliver, Echo */
extern const yb_method_t yb_frame_methods[];
extern const size_t yb_frame_method_count;

/* service_gate.c; the loop's thread alone, but for the first */
void yb_service_done(yb_service_t *service, job_t *first, job_t **tail, size_t count);   /* from lanes */
/* Takes at most about `budget` messages from the socket ([identity][payload]; anything else is refused): a yb_zpoll_cb,
 * ctx is the service. */
int yb_gate_readable(void *ctx, void *socket, int budget);
void yb_gate_on_done(uv_async_t *handle);        /* of done_async: lanes have answered */
void yb_gate_send_done(yb_service_t *service);   /* what lanes have answered leaves */
void yb_gate_close(yb_service_t *service);       /* the free jobs */

static inline void queue_init(queue_t *q) { q->head = NULL; q->tail = &q->head; q->count = 0; }
static inline void queue_push(queue_t *q, job_t *job)
{
    job->next = NULL;
    *q->tail = job;
    q->tail = &job->next;
    q->count++;
}

#endif
