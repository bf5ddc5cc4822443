/* The gateway: the edge (HTTP, envelope, fields, signatures) in front, the services behind. One loop, one thread; it
 * keeps nothing that matters. */
#ifndef YB_GATEWAY_GATEWAY_H
#define YB_GATEWAY_GATEWAY_H

#include <uv.h>

#include "libcommon/cache.h"
#include "libcommon/conf.h"
#include "libcommon/log.h"
#include "libcommon/metrics.h"
#include "libcommon/metrics_page.h"
#include "libcommon/refusals.h"
#include "libcommon/rpc.h"
#include "libcommon/watch.h"
#include "services/gateway/edge/edge.h"

typedef struct yb_registry yb_registry_t;
typedef struct yb_sign_ins yb_sign_ins_t;
typedef struct yb_health yb_health_t;
typedef struct yb_observer yb_observer_t;

typedef struct yb_gateway {
    yb_conf_t *conf;
    yb_log_t *log;
    yb_observer_t *observer;
    yb_clock_t clock;
    uv_loop_t loop;
    uv_signal_t sigterm, sigint;
    uv_timer_t log_timer, watch_timer;
    void *zmq;
    yb_keys_t *keys;
    yb_rpc_t *identity, *enrollment, *settlement, *drg;
    yb_registry_t *registry;
    yb_sign_ins_t *sign_ins;
    yb_health_t *health;
    yb_cache_t *cache;                   /* NULL = this gateway is the only one */
    yb_http_tls_t *tls;                  /* NULL = plain HTTP */
    yb_edge_t *edge;
    yb_metrics_page_t *page;             /* NULL = /metrics is on the edge */
    bool draining;
} yb_gateway_t;

/* Every transaction with its handler; bound to the edge. */
extern const yb_txn_def_t yb_gateway_defs[];
extern const size_t yb_gateway_def_count;

int yb_gateway_main(int argc, char **argv);

#endif
