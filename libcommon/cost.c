/* What the frame tells of its work: metrics, a line for each call, and of a slow batch where its time went. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/service_impl.h"

/* ---- metrics ---- */

static peer_metrics_t *peers_make(yb_metrics_t *m, const char *const *names, size_t count)
{
    peer_metrics_t *peers = calloc(count + 1, sizeof *peers);
    YB_ASSERT(peers != NULL);
    for (size_t i = 0; i < count; i++) {
        char labels[64];
        snprintf(labels, sizeof labels, "peer=\"%.40s\"", names[i]);
        peers[i].replicas =
            yb_metrics_gauge(m, "yibao_peer_replicas", labels, "replicas connected when it was last asked");
        peers[i].retries = yb_metrics_counter(m, "yibao_peer_retries_total", labels, "calls sent to it again");
        peers[i].lost = yb_metrics_counter(m, "yibao_peer_lost_total", labels, "connections to it that were lost");
    }
    return peers;
}

static void method_make(yb_metrics_t *m, bound_method_t *b)
{
    char labels[96];
    const char *name = b->method->name;
    snprintf(labels, sizeof labels, "method=\"%.60s\"", name);
    b->of_frame = strncmp(name, "Frame/", 6) == 0;
    b->latency = yb_metrics_histogram(m, "yibao_call_seconds", labels, "arrival to answer");
    b->batch = yb_metrics_counter(m, "yibao_batches_total", labels, "batches run");
    b->size = yb_metrics_sizes(m, "yibao_batch_calls", labels, "calls in a batch");
    b->refused = yb_metrics_counter(m, "yibao_refused_total", labels, "calls refused or failed");
    b->slow = yb_metrics_counter(m, "yibao_slow_total", labels, "batches slower than YB_SLOW_MS");
    b->queued =
        yb_metrics_seconds_counter(m, "yibao_queued_seconds_total", labels, "time that calls waited for a lane");
    b->in_db = yb_metrics_seconds_counter(m, "yibao_database_seconds_total", labels,
                                          "time that lanes waited for the database");
    b->below =
        yb_metrics_seconds_counter(m, "yibao_below_seconds_total", labels, "time that lanes waited for services below");
    b->round_trips = yb_metrics_counter(m, "yibao_database_round_trips_total", labels, "questions put to the database");
}

void yb_service_metrics_make(yb_service_t *s)
{
    yb_metrics_t *m = s->metrics = yb_metrics_create(s->def->name);
    const int64_t lanes = yb_conf_int(s->conf, "WORKERS");
    s->m_queue = yb_metrics_gauge(m, "yibao_working", NULL, "messages in lanes");
    s->m_running = yb_metrics_gauge(m, "yibao_running", NULL, "those of them in a batch that runs; the others wait");
    s->m_room = yb_metrics_gauge(m, "yibao_queue_room", NULL, "messages that may wait, of all lanes");
    s->m_gate = yb_metrics_counter(m, "yibao_gate_refused_total", NULL, "messages refused at a gate");
    s->m_unroutable = yb_metrics_counter(m, "yibao_unroutable_total", NULL, "replies whose caller had gone");
    s->m_conflict =
        yb_metrics_counter(m, "yibao_conflict_retries_total", NULL, "writes tried again after a database conflict");
    s->m_stored = yb_metrics_counter(m, "yibao_stored_answers_total", NULL, "repeated keys answered from the store");
    s->m_event_again =
        yb_metrics_counter(m, "yibao_inbox_duplicates_total", NULL, "events delivered again, without effect");
    s->m_outbox = yb_metrics_gauge(m, "yibao_outbox_pending", NULL, "events not acknowledged yet");
    s->m_outbox_age = yb_metrics_gauge(m, "yibao_outbox_oldest_seconds", NULL, "age of the oldest of them");
    s->m_wait = yb_metrics_histogram(m, "yibao_queue_seconds", NULL, "arrival of a call to the beginning of its batch");
    s->m_in_db = yb_metrics_histogram(m, "yibao_database_seconds", NULL, "time a batch waited for the database");
    s->m_db_up = yb_metrics_gauge(m, "yibao_database_up", NULL, "1 = the database answered within the last second");
    s->m_lanes = yb_metrics_gauge(m, "yibao_lanes", NULL, "lanes of this replica");
    s->m_lanes_lost =
        yb_metrics_gauge(m, "yibao_lanes_lost", NULL, "lost to another replica, and no new one taken yet");
    yb_metric_set(s->m_lanes, lanes);
    yb_metric_set(s->m_room, lanes * yb_conf_int(s->conf, "QUEUE_MAX"));
    for (size_t i = 0; i < s->method_count; i++)
        method_make(m, &s->methods[i]);
    s->m_peers = peers_make(m, s->def->peers, s->def->peer_count);
    s->m_targets = peers_make(m, s->def->targets, s->def->target_count);
    yb_refusals_make(&s->refusals, m);
    s->watch = yb_watch_create(s->conf, m, &s->clock, s->def->name);
}

const char *yb_service_metrics_text(void *service, yb_arena_t *arena)
{
    yb_service_t *s = service;
    int64_t lost = 0;
    for (int i = 0; i < s->lane_count; i++)
        lost += atomic_load(&s->lanes[i].lane_lost);
    yb_metric_set(s->m_lanes_lost, lost);
    yb_watch_now(s->watch);
    return yb_metrics_text(s->metrics, arena);
}

void yb_peer_tell(const peer_metrics_t *metrics, const yb_rpc_sync_t *client, peer_seen_t *seen)
{
    yb_rpc_stats_t stats;
    yb_rpc_sync_stats(client, &stats);
    yb_metric_set(metrics->replicas, stats.replicas_up);
    yb_metric_add(metrics->retries, (int64_t)(stats.retries - seen->retries));
    yb_metric_add(metrics->lost, (int64_t)(stats.lost - seen->lost));
    *seen = (peer_seen_t){ .retries = stats.retries, .lost = stats.lost };
}

/* ---- a batch ---- */

static int64_t waited_us(const yb_rpc_sync_t *client)
{
    yb_rpc_stats_t stats;
    yb_rpc_sync_stats(client, &stats);
    return stats.waited_us;
}

void yb_cost_begin(yb_worker_t *w, size_t count)
{
    int64_t none_us = 0;
    cost_t *c = &w->cost;
    c->led = false;
    c->trips = yb_db_round_trips(w->db);
    c->db_us = yb_db_time_us(w->db);
    (void)yb_db_slowest(w->db, &none_us); /* what it was before does not count */
    for (size_t i = 0; i < w->service->def->peer_count; i++)
        c->peer_us[i] = waited_us(w->peers[i]);
    yb_metric_add(w->service->m_running, (int64_t)count);
}

/* What it was at the beginning becomes what the batch took. Returns the time waited for services below. */
static int64_t settle_up(yb_worker_t *w)
{
    cost_t *c = &w->cost;
    int64_t below_us = 0;
    c->trips = yb_db_round_trips(w->db) - c->trips;
    c->db_us = yb_db_time_us(w->db) - c->db_us;
    for (size_t i = 0; i < w->service->def->peer_count; i++) {
        c->peer_us[i] = waited_us(w->peers[i]) - c->peer_us[i];
        below_us += c->peer_us[i];
        yb_peer_tell(&w->service->m_peers[i], w->peers[i], &w->peers_seen[i]);
    }
    return below_us;
}

static void log_slow(yb_worker_t *w, const bound_method_t *b, const job_t *first, size_t count, int64_t took_us,
                     int64_t below_us)
{
    const cost_t *c = &w->cost;
    char below[COST_PEERS_MAX * 48] = "";
    size_t at = 0;
    int64_t slowest_us = 0, rest_us = took_us - c->db_us - below_us;
    const char *slowest = yb_db_slowest(w->db, &slowest_us);
    for (size_t i = 0; i < w->service->def->peer_count; i++)
        if (c->peer_us[i] > 0)
            at += (size_t)snprintf(below + at, sizeof below - at, ", %.24s %" PRId64 " ms", w->service->def->peers[i],
                                   c->peer_us[i] / 1000);
    yb_log(w->service->log, YB_LOG_WARN, first->call.env->request_id.data,
           "slow: %s batch of %zu took %" PRId64 " ms: database %" PRId64 " ms in %" PRIu64
           " round trips (the longest %" PRId64 " ms: %s)%s, the rest %" PRId64 " ms; the first had waited %" PRId64
           " ms for a lane",
           b->method->name, count, took_us / 1000, c->db_us / 1000, c->trips, slowest_us / 1000,
           slowest_us > 0 ? slowest : "none", below, rest_us > 0 ? rest_us / 1000 : 0,
           (w->now_us - first->arrived_us) / 1000);
}

static void log_call(yb_worker_t *w, const bound_method_t *b, const job_t *job, size_t count, int64_t now_us)
{
    const Yibao__Rpc__Request *env = job->call.env;
    const yb_refusal_t *why = &job->call.refusal;
    char led[64] = "";
    if (count > 1 && w->cost.led && memcmp(w->cost.led_by, env->request_id.data, 16) != 0) {
        size_t at = (size_t)snprintf(led, sizeof led, ", asked below as ");
        for (size_t i = 0; i < 16; i++)
            at += (size_t)snprintf(led + at, sizeof led - at, "%02x", w->cost.led_by[i]);
    }
    yb_log(w->service->log, YB_LOG_INFO, env->request_id.data,
           "%s %s%s%s %" PRId64 " us, waited %" PRId64 " us, batch of %zu%s%s", b->method->name, yb_err_name(why->code),
           why->code != YB_OK && why->field[0] != '\0' ? " " : "", why->code != YB_OK ? why->field : "",
           now_us - job->arrived_us, w->now_us - job->arrived_us, count,
           job->answered_from_store ? ", answered from the store" : "", led);
}

void yb_cost_end(yb_worker_t *w, const bound_method_t *b, job_t *const *jobs, size_t count)
{
    yb_service_t *s = w->service;
    const int64_t below_us = settle_up(w), now_us = yb_clock_unix_us(&s->clock), took_us = now_us - w->now_us;
    const bool each = !b->of_frame && yb_conf_bool(s->conf, "LOG_CALLS");
    int64_t queued_us = 0;
    for (size_t i = 0; i < count; i++) {
        const int64_t waited = w->now_us > jobs[i]->arrived_us ? w->now_us - jobs[i]->arrived_us : 0;
        queued_us += waited;
        yb_metric_observe_us(b->latency, now_us - jobs[i]->arrived_us);
        yb_metric_observe_us(s->m_wait, waited);
        yb_metric_add(b->refused, yb_call_refused(&jobs[i]->call));
        yb_refusals_count(&s->refusals, jobs[i]->call.refusal.code);
        if (each)
            log_call(w, b, jobs[i], count, now_us);
    }
    yb_metric_observe_size(b->size, (int64_t)count);
    yb_metric_observe_us(s->m_in_db, w->cost.db_us);
    yb_metric_add(b->queued, queued_us);
    yb_metric_add(b->in_db, w->cost.db_us);
    yb_metric_add(b->below, below_us);
    yb_metric_add(b->round_trips, (int64_t)w->cost.trips);
    yb_metric_add(s->m_running, -(int64_t)count);
    if (took_us / 1000 >= yb_conf_int(s->conf, "SLOW_MS")) {
        yb_metric_add(b->slow, 1);
        log_slow(w, b, jobs[0], count, took_us, below_us);
    }
}
