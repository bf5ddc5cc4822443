/* The keeper: one thread beside the lanes. It delivers the outbox, renews the lanes' leases and does the chores of the
 * clock. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libcommon/service_impl.h"

#define TICK_MS 500
#define RELAY_BATCH 200
#define RELAY_ROUNDS 50
#define PRUNE_EVERY_S 3600
#define PRUNE_LIMIT 5000
#define STEP_US 60000000LL           /* for the statements of one step */
#define LAST_RELAY_US 1000000LL
#define COMPLAIN_US 60000000LL       /* an event that is not taken is named so often */
#define DAY_US (86400LL * 1000000)

typedef struct keeper {
    yb_rpc_sync_t **targets;
    peer_seen_t *targets_seen;
    int64_t *due_us;                     /* per chore of the service */
    int64_t prune_due_us;
    int64_t complained_us;
} keeper_t;

static const yb_sql_t sql_lock = { "chore.lock", "SELECT GET_LOCK(?, 0)" };
static const yb_sql_t sql_unlock = { "chore.unlock", "SELECT RELEASE_LOCK(?)" };

static void begin_step(yb_worker_t *k);

/* ---- outbox ---- */

static Yibao__Rpc__DeliverRequest *to_request(yb_worker_t *k, const yb_event_t *events, size_t count)
{
    Yibao__Rpc__DeliverRequest *req = YB_NEW(k->arena, Yibao__Rpc__DeliverRequest);
    yibao__rpc__deliver_request__init(req);
    req->n_events = count;
    req->events = YB_NEW_ARRAY(k->arena, Yibao__Rpc__Event *, count);
    for (size_t i = 0; i < count; i++) {
        Yibao__Rpc__Event *e = YB_NEW(k->arena, Yibao__Rpc__Event);
        yibao__rpc__event__init(e);
        e->source = (char *)(uintptr_t)k->service->def->name;
        e->id = events[i].id;
        e->type = (char *)(uintptr_t)events[i].type;
        e->key = (char *)(uintptr_t)events[i].key;
        if (events[i].traceparent != NULL)
            e->traceparent = (char *)(uintptr_t)events[i].traceparent;
        e->body.data = (uint8_t *)(uintptr_t)events[i].body;
        e->body.len = events[i].body_len;
        req->events[i] = e;
    }
    return req;
}

static bool stopping(yb_worker_t *k)
{
    pthread_mutex_lock(&k->lock);
    bool stop = k->stop;
    pthread_mutex_unlock(&k->lock);
    return stop;
}

static void complain(yb_worker_t *k, const char *target, const yb_event_t *event, uint32_t code)
{
    keeper_t *own = k->own;
    if (k->now_us - own->complained_us < COMPLAIN_US)
        return;
    own->complained_us = k->now_us;
    yb_log(k->service->log, YB_LOG_WARN, NULL, "event %s %llu to %s not taken, tried again: %s", event->type,
           (unsigned long long)event->id, target, yb_err_text((yb_err_t)code));
}

/* Sends one page to one target and acknowledges what was taken. The rows stay locked meanwhile, so a second relay
 * passes them by. */
static yb_err_t relay_page(yb_worker_t *k, size_t target, size_t *ret_taken)
{
    const char *name = k->service->def->targets[target];
    yb_event_t *events = NULL;
    size_t count = 0, acked = 0;
    *ret_taken = 0;
    begin_step(k);
    yb_err_t err = yb_db_begin(k->db);
    if (err != YB_OK)
        return err;
    err = yb_outbox_take(k->db, name, RELAY_BATCH, k->arena, &events, &count);
    if (err != YB_OK || count == 0)
        goto out;
    yb_rpc_call_t call = yb_worker_ask(k, NULL, "Frame/Deliver", &to_request(k, events, count)->base);
    if (stopping(k))
        call.deadline_us = k->now_us + LAST_RELAY_US;    /* what is left goes with the next start */
    yb_rpc_answer_t answer;
    err = yb_rpc_sync_call(((keeper_t *)k->own)->targets[target], &call, k->arena, &answer);
    if (err != YB_OK)
        goto out;
    Yibao__Rpc__DeliverReply *reply = (Yibao__Rpc__DeliverReply *)yb_rpc_unpack(&yibao__rpc__deliver_reply__descriptor,
                                                                                answer.body, answer.body_len, k->arena);
    uint64_t *ids = YB_NEW_ARRAY(k->arena, uint64_t, count);
    for (size_t i = 0; reply != NULL && i < reply->n_codes && i < count; i++)
        if (reply->codes[i] == YB_OK)
            ids[acked++] = events[i].id;
        else
            complain(k, name, &events[i], reply->codes[i]);
    err = yb_outbox_ack(k->db, ids, acked, yb_clock_unix_us(&k->service->clock), k->arena);
    if (err == YB_OK)
        err = yb_db_commit(k->db);
out:
    yb_db_rollback(k->db);
    *ret_taken = err == YB_OK ? acked : 0;
    return err;
}

static void relay(yb_worker_t *k)
{
    yb_service_t *service = k->service;
    atomic_store(&service->events_waiting, false);
    for (size_t t = 0; t < service->def->target_count; t++) {
        size_t taken = 1;
        for (int round = 0; round < RELAY_ROUNDS && taken > 0; round++)
            if (relay_page(k, t, &taken) != YB_OK)
                break;
        if (taken > 0)
            atomic_store(&service->events_waiting, true);
    }
    uint64_t pending = 0;
    int64_t oldest_us = 0;
    for (size_t t = 0; t < service->def->target_count; t++)
        yb_peer_tell(&service->m_targets[t], ((keeper_t *)k->own)->targets[t], &((keeper_t *)k->own)->targets_seen[t]);
    bool answers = yb_outbox_lag(k->db, &pending, &oldest_us) == YB_OK;
    yb_metric_set(service->m_db_up, answers);
    if (answers) {
        atomic_store(&service->outbox_pending, pending);
        atomic_store(&service->outbox_oldest_us, (uint_fast64_t)oldest_us);
        yb_metric_set(service->m_outbox, (int64_t)pending);
        yb_metric_set(service->m_outbox_age, oldest_us > 0 ? (k->now_us - oldest_us) / 1000000 : 0);
    }
}

/* ---- leases, chores ---- */

static void renew_lease(yb_worker_t *k, yb_worker_t *lane)
{
    pthread_mutex_lock(&lane->lease_lock);
    bool due = !atomic_load(&lane->lane_lost) && lane->lease.until_us - k->now_us < YB_LEASE_US * 2 / 3;
    if (due && yb_lease_renew(k->db, &lane->lease, k->now_us) == YB_E_LANE_LOST) {
        atomic_store(&lane->lane_lost, true);
        yb_log(k->service->log, YB_LOG_WARN, NULL, "lane %d was taken over by another replica while this one slept",
               lane->lease.lane);
    }
    pthread_mutex_unlock(&lane->lease_lock);
}

static void renew_leases(yb_worker_t *k)
{
    for (int i = 0; i < k->service->lane_count; i++)
        renew_lease(k, &k->service->lanes[i]);
    if (k->lease.until_us - k->now_us < YB_LEASE_US * 2 / 3 &&
        yb_lease_renew(k->db, &k->lease, k->now_us) == YB_E_LANE_LOST && yb_lane_regain(k) != YB_OK)
        yb_log(k->service->log, YB_LOG_ERROR, NULL, "the keeper has no lane: %s", yb_db_error_text(k->db));
}

/* Before each piece of work: leases are renewed in time however many pieces follow. */
static void begin_step(yb_worker_t *k)
{
    yb_arena_reset(k->arena);
    k->now_us = yb_clock_unix_us(&k->service->clock);
    yb_db_set_deadline(k->db, k->now_us + STEP_US);
    renew_leases(k);
}

/* Runs `run` while no other replica does. */
static void under_lock(yb_worker_t *k, const char *name, yb_err_t (*run)(yb_worker_t *))
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = yb_params_create(k->arena, 1);
    yb_params_text(p, yb_arena_printf(k->arena, "yibao:%s:%s", k->service->def->name, name));
    if (yb_db_query(k->db, &sql_lock, p, k->arena, 0, &rows) != YB_OK || yb_rows_i64(rows, 0, 0) != 1)
        return;
    yb_err_t err = run(k);
    if (err != YB_OK)
        yb_log(k->service->log, YB_LOG_WARN, NULL, "chore %s: %s (database %u: %s)", name, yb_err_text(err),
               yb_db_error_number(k->db), yb_db_error_text(k->db));
    p = yb_params_create(k->arena, 1);
    yb_params_text(p, yb_arena_printf(k->arena, "yibao:%s:%s", k->service->def->name, name));
    err = yb_db_query(k->db, &sql_unlock, p, k->arena, 0, &rows);
    (void)err;                           /* a lost connection gives the lock up as well */
}

static yb_err_t prune(yb_worker_t *k)
{
    if (yb_log_turn(k->service->log, yb_conf_int(k->service->conf, "LOG_MAX_MB") << 20))
        yb_log(k->service->log, YB_LOG_INFO, NULL, "log file turned");
    int64_t keys_us = k->now_us - yb_conf_int(k->service->conf, "KEEP_KEYS_DAYS") * DAY_US;
    int64_t events_us = k->now_us - yb_conf_int(k->service->conf, "KEEP_EVENTS_DAYS") * DAY_US;
    uint64_t keys = 0, sent = 0, taken = 0;
    yb_err_t err = yb_idem_prune(k->db, keys_us, PRUNE_LIMIT, &keys);
    if (err == YB_OK)
        err = yb_outbox_prune(k->db, events_us, PRUNE_LIMIT, &sent);
    if (err == YB_OK)
        err = yb_inbox_prune(k->db, events_us, PRUNE_LIMIT, &taken);
    if (keys >= PRUNE_LIMIT || sent >= PRUNE_LIMIT || taken >= PRUNE_LIMIT)
        ((keeper_t *)k->own)->prune_due_us = k->now_us;      /* more is left: go on in the next turn */
    return err;
}

static void chores(yb_worker_t *k)
{
    keeper_t *own = k->own;
    const yb_service_def_t *def = k->service->def;
    for (size_t i = 0; i < def->chore_count; i++) {
        if (k->now_us < own->due_us[i])
            continue;
        own->due_us[i] = k->now_us + (int64_t)def->chores[i].every_s * 1000000;
        begin_step(k);
        under_lock(k, def->chores[i].name, def->chores[i].run);
    }
    if (k->now_us >= own->prune_due_us) {
        own->prune_due_us = k->now_us + PRUNE_EVERY_S * 1000000LL;
        begin_step(k);
        under_lock(k, "prune", prune);
    }
}

/* ---- the thread ---- */

static bool nap(yb_worker_t *k)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until); /* as the condition, so that a clock that is put back does not matter */
    until.tv_nsec += TICK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&k->lock);
    if (!k->stop && !atomic_load(&k->service->events_waiting))
        pthread_cond_timedwait(&k->wake, &k->lock, &until);
    bool stop = k->stop;
    pthread_mutex_unlock(&k->lock);
    return !stop;
}

static void *keeper_main(void *arg)
{
    yb_worker_t *k = arg;
    do {
        begin_step(k);
        relay(k);
        chores(k);
        yb_watch_look(k->service->watch);
    } while (nap(k));
    relay(k);                            /* what the last batches left */
    return NULL;
}

yb_err_t yb_keeper_start(yb_service_t *service)
{
    yb_worker_t *k = &service->keeper;
    keeper_t *own = calloc(1, sizeof *own);
    YB_ASSERT(own != NULL);
    k->own = own;
    own->targets = calloc(service->def->target_count + 1, sizeof *own->targets);
    own->targets_seen = calloc(service->def->target_count + 1, sizeof *own->targets_seen);
    own->due_us = calloc(service->def->chore_count + 1, sizeof *own->due_us);
    YB_ASSERT(own->targets != NULL && own->targets_seen != NULL && own->due_us != NULL);
    for (size_t t = 0; t < service->def->target_count; t++) {
        yb_rpc_conf_t conf = { .name = service->def->targets[t],
                               .endpoints = yb_conf_endpoints(service->conf, service->def->targets[t]),
                               .keys = service->keys,
                               .clock = &service->clock };
        yb_err_t err = yb_rpc_sync_create(service->zmq, &conf, &own->targets[t]);
        if (err != YB_OK)
            return err;
    }
    return yb_thread_start(&k->thread, keeper_main, k);
}

void yb_keeper_wake(yb_service_t *service)
{
    yb_worker_t *k = &service->keeper;
    pthread_mutex_lock(&k->lock);
    pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->lock);
}

void yb_keeper_stop(yb_service_t *service)
{
    yb_worker_t *k = &service->keeper;
    keeper_t *own = k->own;
    yb_lane_stop(k);
    for (size_t t = 0; t < service->def->target_count; t++)
        yb_rpc_sync_destroy(&own->targets[t]);
    free(own->targets);
    free(own->targets_seen);
    free(own->due_us);
    free(own);
    k->own = NULL;
}
