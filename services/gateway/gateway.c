#include "services/gateway/gateway.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "services/gateway/edge/doc.h"
#include "libcommon/crypto.h"
#include "libcommon/probe.h"
#include "libcommon/readyfile.h"
#include "services/gateway/health.h"
#include "services/gateway/observer.h"
#include "services/gateway/registry.h"
#include "services/gateway/sign_in.h"

#define LOG_EVERY_MS 600000
#define WATCH_EVERY_MS 2000    /* for a renewed certificate; the metrics look at most every 10 s */

/* ---- what the edge asks ---- */

static void observe(void *app, const yb_observed_t *seen)
{
    yb_gateway_t *g = app;
    yb_observer_take(g->observer, seen);
}

static const char *metrics_text(void *app, yb_arena_t *arena)
{
    yb_gateway_t *g = app;
    return yb_observer_text(g->observer, arena);
}

static void on_watch_timer(uv_timer_t *timer)
{
    yb_gateway_t *g = timer->data;
    yb_refusal_t why = { .code = YB_OK };
    bool changed = false;
    if (g->tls != NULL && yb_http_tls_refresh(g->tls, &changed, &why) != YB_OK)
        yb_log(g->log, YB_LOG_WARN, NULL, "the certificate stays the old one: %s", why.text);
    if (changed)
        yb_log(g->log, YB_LOG_INFO, NULL, "the certificate was renewed: new connections see it");
    yb_observer_look(g->observer);
}

static void on_log_timer(uv_timer_t *timer)
{
    yb_gateway_t *g = timer->data;
    if (yb_log_turn(g->log, yb_conf_int(g->conf, "LOG_MAX_MB") << 20))
        yb_log(g->log, YB_LOG_INFO, NULL, "log file turned");
}

/* ---- nonces of several gateways ---- */

static void on_nonce(void *ctx, yb_cache_outcome_t outcome, const char *value, size_t len)
{
    (void)value;
    (void)len;
    yb_edge_nonce_taken(ctx, outcome == YB_CACHE_YES  ? YB_OK
                             : outcome == YB_CACHE_NO ? YB_E_REPLAYED
                                                      : YB_E_UNAVAILABLE);
}

/* The nonce itself is the caller's word: only its hash, with the institution's code, becomes a key. */
static void take_nonce(void *app, const char *code, const char *nonce, unsigned ttl_s, yb_edge_find_t *waiting)
{
    yb_gateway_t *g = app;
    char text[256], key[16 + 2 * YB_SHA256_SIZE + 1] = "yibao:nonce:";
    uint8_t digest[YB_SHA256_SIZE];
    int len = snprintf(text, sizeof text, "%s\n%s", code, nonce);
    if (len < 0 || (size_t)len >= sizeof text || yb_sha256(text, (size_t)len, digest) != YB_OK) {
        yb_edge_nonce_taken(waiting, YB_E_CRYPTO);
        return;
    }
    yb_hex_encode(digest, sizeof digest, key + strlen(key));
    yb_cache_add(g->cache, key, "1", 1, ttl_s, on_nonce, waiting);
}

static yb_err_t open_cache(yb_gateway_t *g, char *detail, size_t cap)
{
    const char *where = yb_conf_text(g->conf, "REDIS");
    if (yb_conf_int(g->conf, "GATEWAYS") <= 1)
        return YB_OK;
    yb_err_t err = where[0] != '\0' ? yb_cache_create(&g->loop, where, &g->cache) : YB_E_CONFIG;
    if (err != YB_OK)
        snprintf(detail, cap,
                 "YB_REDIS=\"%.200s\": several gateways (YB_GATEWAYS) need Redis at unix:/path, host:port or sentinel:name@host:port,…", where);
    return err;
}

/* ---- start and stop ---- */

static yb_err_t open_rpc(yb_gateway_t *g, const char *service, yb_rpc_t **ret_rpc, char *detail, size_t cap)
{
    yb_rpc_conf_t conf = {
        .name = service, .endpoints = yb_conf_endpoints(g->conf, service), .keys = g->keys, .clock = &g->clock
    };
    if (conf.endpoints[0] == '\0') {
        snprintf(detail, cap, "no endpoint for %s: set YB_%s", service, service);
        return YB_E_CONFIG;
    }
    yb_err_t err = yb_rpc_create(&g->loop, g->zmq, &conf, ret_rpc);
    if (err != YB_OK)
        snprintf(detail, cap, "cannot connect to %s at %s: %s", service, conf.endpoints, yb_err_text(err));
    return err;
}

static yb_err_t open_tls(yb_gateway_t *g, char *detail, size_t cap)
{
    yb_refusal_t why = { .code = YB_OK };
    const char *cert = yb_conf_text(g->conf, "TLS_CERT"), *key = yb_conf_text(g->conf, "TLS_KEY");
    if (cert[0] == '\0' && key[0] == '\0')
        return YB_OK;
    if (cert[0] == '\0' || key[0] == '\0') {
        snprintf(detail, cap, "YB_TLS_CERT and YB_TLS_KEY go together: set both, or none");
        return YB_E_CONFIG;
    }
    yb_err_t err = yb_http_tls_create(cert, key, &g->tls, &why);
    if (err != YB_OK)
        snprintf(detail, cap, "%s (YB_TLS_CERT, YB_TLS_KEY)", why.text);
    return err;
}

static yb_err_t open_edge(yb_gateway_t *g, char *detail, size_t cap)
{
    yb_refusal_t why = { .code = YB_OK };
    yb_edge_conf_t conf = {
        .address = yb_conf_text(g->conf, "HTTP_BIND"),
        .port = (unsigned)yb_conf_int(g->conf, "HTTP_PORT"),
        .tls = g->tls,
        .deadline_ms = (unsigned)yb_conf_int(g->conf, "DEADLINE_MS"),
        .grace_ms = (unsigned)yb_conf_int(g->conf, "GRACE_MS"),
        .node = (unsigned)yb_conf_int(g->conf, "NODE"),
        .sandbox = yb_conf_bool(g->conf, "SANDBOX"),
        .clock = &g->clock,
        .defs = yb_gateway_defs,
        .def_count = yb_gateway_def_count,
        .app = g,
        .find = yb_registry_find,
        .signed_in = yb_sign_in_check,
        .take_nonce = g->cache != NULL ? take_nonce : NULL,
        .ready = yb_health_ask,
        .metrics = g->page == NULL ? metrics_text : NULL,
        .observe = observe,
    };
    yb_err_t err = yb_edge_create(&g->loop, &conf, &g->edge, &why);
    if (err != YB_OK)
        snprintf(detail, cap, "%s (YB_HTTP_BIND=%s YB_HTTP_PORT=%u)", why.text, conf.address, conf.port);
    return err;
}

static void on_handle_left(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void on_drained(void *ctx)
{
    yb_gateway_t *g = ctx;
    yb_log(g->log, YB_LOG_INFO, NULL, "drained");
    yb_edge_close(&g->edge);
    yb_metrics_page_close(&g->page);
    yb_rpc_close(&g->identity);
    yb_rpc_close(&g->enrollment);
    yb_rpc_close(&g->settlement);
    yb_rpc_close(&g->drg);
    yb_cache_close(&g->cache);
    uv_close((uv_handle_t *)&g->sigterm, NULL);
    uv_close((uv_handle_t *)&g->sigint, NULL);
    uv_close((uv_handle_t *)&g->log_timer, NULL);
    uv_close((uv_handle_t *)&g->watch_timer, NULL);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    yb_gateway_t *g = handle->data;
    if (g->draining)
        return;
    yb_log(g->log, YB_LOG_INFO, NULL, "signal %d: draining, %zu transactions in hand", signum,
           yb_edge_pending(g->edge));
    g->draining = true;
    yb_edge_drain(g->edge, on_drained, g);
}

static yb_err_t start(yb_gateway_t *g, char *detail, size_t cap)
{
    const char *curve = yb_conf_text(g->conf, "CURVE_DIR");
    g->zmq = zmq_ctx_new();
    YB_ASSERT(g->zmq != NULL);
    yb_err_t err = curve[0] != '\0' ? yb_keys_load(curve, "gateway", &g->keys, detail, cap) : YB_OK;
    if (err == YB_OK && (uv_loop_init(&g->loop) != 0 || uv_signal_init(&g->loop, &g->sigterm) != 0 ||
                         uv_signal_init(&g->loop, &g->sigint) != 0 || uv_timer_init(&g->loop, &g->log_timer) != 0 ||
                         uv_timer_init(&g->loop, &g->watch_timer) != 0))
        err = YB_E_IO;
    if (err != YB_OK)
        return err;
    g->registry = yb_registry_create(g);
    g->sign_ins = yb_sign_ins_create(g);
    g->health = yb_health_create(g);
    YB_ASSERT(g->health != NULL);
    g->sigterm.data = g->sigint.data = g->log_timer.data = g->watch_timer.data = g;
    g->observer = yb_observer_create(g);
    uv_timer_start(&g->watch_timer, on_watch_timer, WATCH_EVERY_MS, WATCH_EVERY_MS);
    uv_timer_start(&g->log_timer, on_log_timer, LOG_EVERY_MS, LOG_EVERY_MS);
    uv_signal_start(&g->sigterm, on_signal, SIGTERM);
    uv_signal_start(&g->sigint, on_signal, SIGINT);
    err = open_rpc(g, "identity", &g->identity, detail, cap);
    if (err == YB_OK)
        err = open_rpc(g, "enrollment", &g->enrollment, detail, cap);
    if (err == YB_OK)
        err = open_rpc(g, "settlement", &g->settlement, detail, cap);
    if (err == YB_OK)
        err = open_rpc(g, "drg", &g->drg, detail, cap);
    if (err == YB_OK)
        err = open_cache(g, detail, cap);
    if (err == YB_OK)
        err = yb_metrics_page_open(&g->loop, g->conf, metrics_text, g, &g->page, detail, cap);
    if (err == YB_OK)
        err = open_tls(g, detail, cap);
    return err == YB_OK ? open_edge(g, detail, cap) : err;
}

static int serve(void)
{
    char detail[1024] = "";
    yb_gateway_t g = { .clock = yb_clock_real() };
    g.log = yb_log_create("gateway", YB_LOG_INFO, STDERR_FILENO);
    yb_err_t err = yb_conf_load(&g.conf, detail, sizeof detail);
    if (err == YB_OK)
        err = start(&g, detail, sizeof detail);
    if (err != YB_OK) {
        yb_log(g.log, YB_LOG_ERROR, NULL, "cannot start: %s: %s", yb_err_text(err), detail);
        return 3;
    }
    if (yb_readyfile_put(g.conf, "gateway", detail, sizeof detail) != YB_OK)
        yb_log(g.log, YB_LOG_WARN, NULL, "%s: who waits for it does not see that this is ready", detail);
    yb_log(g.log, YB_LOG_INFO, NULL, "ready: version %s, %s://%s:%u, %s", YB_VERSION, g.tls != NULL ? "https" : "http",
           yb_conf_text(g.conf, "HTTP_BIND"), yb_edge_port(g.edge),
           yb_conf_bool(g.conf, "SANDBOX") ? "sandbox" : "signed calls only");
    uv_run(&g.loop, UV_RUN_DEFAULT);
    yb_readyfile_drop(g.conf, "gateway");
    uv_walk(&g.loop, on_handle_left, NULL);
    uv_run(&g.loop, UV_RUN_DEFAULT);
    uv_loop_close(&g.loop);
    yb_registry_destroy(&g.registry);
    yb_sign_ins_destroy(&g.sign_ins);
    yb_health_destroy(&g.health);
    zmq_ctx_term(g.zmq);
    yb_log(g.log, YB_LOG_INFO, NULL, "stopped");
    yb_keys_destroy(&g.keys);
    yb_http_tls_destroy(&g.tls);
    yb_observer_destroy(&g.observer);
    yb_conf_destroy(&g.conf);
    yb_log_destroy(&g.log);
    return 0;
}

int yb_gateway_main(int argc, char **argv)
{
    static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' },
                                             { "print-interface", no_argument, NULL, 'p' },
                                             { "health", no_argument, NULL, 'H' }, { 0 } };
    signal(SIGPIPE, SIG_IGN);
    switch (getopt_long(argc, argv, "hV", options, NULL)) {
    case 'h':
        printf("yibao-gateway %s — the national interface over HTTP and JSON\n\nUsage: yibao-gateway [--help | "
               "--version | --print-interface | --health]\n"
               "  --print-interface  the reference of all transactions, as markdown\n"
               "  --health           asks the one that runs with these settings: exits 0 when it is ready\n\n",
               YB_VERSION);
        yb_conf_print_help();
        return 0;
    case 'V':
        printf("yibao-gateway %s\n", YB_VERSION);
        return 0;
    case 'p':
        yb_doc_print(stdout);
        return 0;
    case 'H':
        return yb_probe_gateway(stdout);
    case -1:
        return serve();
    default:
        fprintf(stderr, "see yibao-gateway --help\n");
        return 2;
    }
}
