#include "services/gateway/observer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEERS 4
#define TXNS_MAX 128

/* Of one transaction number; the last one is for numbers that are not offered. */
typedef struct txn_metrics {
    yb_metric_t *took, *ok, *refused, *slow;
} txn_metrics_t;

typedef struct peer {
    yb_metric_t *replicas, *retries, *lost;
    yb_rpc_stats_t seen;
} peer_t;

struct yb_observer {
    yb_gateway_t *gateway;
    yb_metrics_t *metrics;
    txn_metrics_t txns[TXNS_MAX + 1];
    yb_metric_t *below, *pending;
    peer_t peers[PEERS];
    yb_refusals_t refusals;
    yb_watch_t *watch;
};

static yb_metric_t *outcome(yb_metrics_t *m, const char *infno, const char *what)
{
    char labels[64];
    snprintf(labels, sizeof labels, "infno=\"%.10s\",outcome=\"%s\"", infno, what);
    return yb_metrics_counter(m, "yibao_transactions_total", labels, "transactions answered");
}

static void txn_make(yb_metrics_t *m, const char *infno, txn_metrics_t *t)
{
    char labels[32];
    snprintf(labels, sizeof labels, "infno=\"%.10s\"", infno);
    t->took = yb_metrics_histogram(m, "yibao_transaction_seconds", labels, "arrival of a transaction to its answer");
    t->slow = yb_metrics_counter(m, "yibao_slow_transactions_total", labels, "transactions slower than YB_SLOW_MS");
    t->ok = outcome(m, infno, "ok");
    t->refused = outcome(m, infno, "refused");
}

static void peer_make(yb_metrics_t *m, const char *name, peer_t *p)
{
    char labels[64];
    snprintf(labels, sizeof labels, "peer=\"%.40s\"", name);
    p->replicas = yb_metrics_gauge(m, "yibao_peer_replicas", labels, "replicas connected now");
    p->retries = yb_metrics_counter(m, "yibao_peer_retries_total", labels, "calls sent to it again");
    p->lost = yb_metrics_counter(m, "yibao_peer_lost_total", labels, "connections to it that were lost");
}

yb_observer_t *yb_observer_create(yb_gateway_t *gateway)
{
    static const char *const names[PEERS] = { "identity", "enrollment", "settlement", "drg" };
    yb_observer_t *o = calloc(1, sizeof *o);
    YB_ASSERT(o != NULL && yb_gateway_def_count <= TXNS_MAX);
    o->gateway = gateway;
    yb_metrics_t *m = o->metrics = yb_metrics_create("gateway");
    for (size_t i = 0; i < yb_gateway_def_count; i++)
        txn_make(m, yb_gateway_defs[i].infno, &o->txns[i]);
    txn_make(m, "other", &o->txns[yb_gateway_def_count]);
    o->below = yb_metrics_seconds_counter(m, "yibao_transaction_below_seconds_total", NULL,
                                          "time that transactions waited for services below");
    o->pending = yb_metrics_gauge(m, "yibao_transactions_pending", NULL, "transactions not answered yet");
    for (size_t i = 0; i < PEERS; i++)
        peer_make(m, names[i], &o->peers[i]);
    yb_refusals_make(&o->refusals, m);
    o->watch = yb_watch_create(gateway->conf, m, &gateway->clock, "gateway");
    return o;
}

void yb_observer_destroy(yb_observer_t **observer)
{
    if (*observer == NULL)
        return;
    yb_watch_destroy(&(*observer)->watch);
    yb_metrics_destroy(&(*observer)->metrics);
    free(*observer);
    *observer = NULL;
}

static const txn_metrics_t *metrics_of(const yb_observer_t *o, const char *infno)
{
    size_t i = 0;
    while (i < yb_gateway_def_count && strcmp(yb_gateway_defs[i].infno, infno) != 0)
        i++;
    return &o->txns[i];
}

static void log_slow(const yb_observer_t *o, const yb_observed_t *s)
{
    const yb_txn_below_t *b = s->below;
    const int64_t rest_us = s->took_us > b->took_us ? s->took_us - b->took_us : 0;
    yb_log(o->gateway->log, YB_LOG_WARN, s->request_id,
           "slow: %s took %" PRId64 " ms: services below %" PRId64 " ms in %u calls (the longest %" PRId64
           " ms: %s), the rest %" PRId64 " ms",
           s->infno, s->took_us / 1000, b->took_us / 1000, b->calls, b->slowest_us / 1000,
           b->slowest != NULL ? b->slowest : "none", rest_us / 1000);
}

void yb_observer_take(yb_observer_t *o, const yb_observed_t *s)
{
    const yb_conf_t *conf = o->gateway->conf;
    const txn_metrics_t *t = metrics_of(o, s->infno);
    const yb_log_level_t fine = yb_conf_bool(conf, "LOG_CALLS") ? YB_LOG_INFO : YB_LOG_DEBUG;
    const yb_log_level_t level = s->err == YB_OK ? fine : yb_err_is_transient(s->err) ? YB_LOG_WARN : YB_LOG_INFO;
    yb_metric_observe_us(t->took, s->took_us);
    yb_metric_add(s->err == YB_OK ? t->ok : t->refused, 1);
    yb_metric_add(o->below, s->below->took_us);
    yb_refusals_count(&o->refusals, s->err);
    yb_log(o->gateway->log, level, s->request_id, "%s %.30s %.30s %s %s %" PRId64 " us", s->infno, s->fixmedins_code,
           s->msgid, yb_err_name(s->err), s->field != NULL ? s->field : "", s->took_us);
    if (s->took_us / 1000 >= yb_conf_int(conf, "SLOW_MS")) {
        yb_metric_add(t->slow, 1);
        log_slow(o, s);
    }
}

static void tell_peer(peer_t *p, const yb_rpc_t *rpc)
{
    yb_rpc_stats_t now;
    if (rpc == NULL)
        return;
    yb_rpc_stats(rpc, &now);
    yb_metric_set(p->replicas, now.replicas_up);
    yb_metric_add(p->retries, (int64_t)(now.retries - p->seen.retries));
    yb_metric_add(p->lost, (int64_t)(now.lost - p->seen.lost));
    p->seen = now;
}

const char *yb_observer_text(yb_observer_t *o, yb_arena_t *arena)
{
    const yb_gateway_t *g = o->gateway;
    const yb_rpc_t *const peers[PEERS] = { g->identity, g->enrollment, g->settlement, g->drg };
    for (size_t i = 0; i < PEERS; i++)
        tell_peer(&o->peers[i], peers[i]);
    yb_metric_set(o->pending, g->edge != NULL ? (int64_t)yb_edge_pending(g->edge) : 0);
    yb_watch_now(o->watch);
    return yb_metrics_text(o->metrics, arena);
}

void yb_observer_look(yb_observer_t *o) { yb_watch_look(o->watch); }
