#include "services/gateway/health.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/text.h"

#define DETAIL_TEXT 160

typedef struct waiter {
    yb_edge_find_t *find;
    struct waiter *next;
} waiter_t;

typedef struct probe {
    yb_health_t *health;
    const char *service;
    bool ready;
    char detail[DETAIL_TEXT];
} probe_t;

enum { PROBES = 3 };

struct yb_health {
    yb_gateway_t *gateway;
    probe_t probes[PROBES];
    unsigned unanswered;
    int64_t read_us;                     /* 0 = never */
    waiter_t *waiters;
};

yb_health_t *yb_health_create(yb_gateway_t *gateway)
{
    static const char *const services[PROBES] = { "identity", "enrollment", "settlement" };
    yb_health_t *h = calloc(1, sizeof *h);
    if (h == NULL)
        return NULL;
    h->gateway = gateway;
    for (size_t i = 0; i < PROBES; i++)
        h->probes[i] = (probe_t){ .health = h, .service = services[i] };
    return h;
}

void yb_health_destroy(yb_health_t **health)
{
    YB_ASSERT(*health == NULL || (*health)->waiters == NULL);
    free(*health);
    *health = NULL;
}

static void tell(const yb_health_t *h, yb_edge_find_t *find)
{
    char detail[PROBES * (DETAIL_TEXT + 16)] = "";
    bool ready = true;
    for (size_t i = 0; i < PROBES; i++) {
        const probe_t *p = &h->probes[i];
        size_t len = strlen(detail);
        if (!p->ready)
            snprintf(detail + len, sizeof detail - len, "%s%s: %s", len > 0 ? "; " : "", p->service, p->detail);
        ready = ready && p->ready;
    }
    yb_edge_ready(find, ready, detail);
}

static void tell_all(yb_health_t *h)
{
    waiter_t *w = h->waiters;
    h->waiters = NULL;
    h->read_us = yb_clock_unix_us(&h->gateway->clock);
    for (waiter_t *next; w != NULL; w = next) {
        next = w->next;
        tell(h, w->find);
        free(w);
    }
}

static void on_health(void *ctx, const yb_rpc_answer_t *answer)
{
    probe_t *p = ctx;
    yb_arena_t *arena = yb_arena_create(64u << 10);
    const Yibao__Rpc__HealthReply *reply = NULL;
    if (answer->err == YB_OK && arena != NULL)
        reply = (const Yibao__Rpc__HealthReply *)yb_rpc_unpack(&yibao__rpc__health_reply__descriptor, answer->body,
                                                               answer->body_len, arena);
    p->ready = reply != NULL && reply->ready;
    if (reply == NULL)
        yb_text_copy(p->detail, sizeof p->detail, yb_err_text(answer->err != YB_OK ? answer->err : YB_E_MALFORMED));
    else
        yb_text_copy(p->detail, sizeof p->detail, reply->detail[0] != '\0' ? reply->detail : "not ready");
    yb_arena_destroy(&arena);
    if (--p->health->unanswered == 0)
        tell_all(p->health);
}

static void ask(yb_health_t *h)
{
    yb_gateway_t *g = h->gateway;
    yb_rpc_t *const to[PROBES] = { g->identity, g->enrollment, g->settlement };
    const Yibao__Rpc__HealthRequest req = YIBAO__RPC__HEALTH_REQUEST__INIT;
    Yibao__Rpc__Caller caller = YIBAO__RPC__CALLER__INIT;
    caller.service = (char *)(uintptr_t)"gateway";
    yb_rpc_call_t call = { .method = "Frame/Health", .body = &req.base, .caller = &caller,
                           .deadline_us = yb_clock_unix_us(&g->clock) + YB_HEALTH_WAIT_US };
    h->unanswered = PROBES;
    for (size_t i = 0; i < PROBES; i++)
        yb_rpc_call(to[i], &call, on_health, &h->probes[i]);
}

void yb_health_ask(void *app, yb_edge_find_t *waiting)
{
    yb_gateway_t *g = app;
    yb_health_t *h = g->health;
    int64_t age_us = yb_clock_unix_us(&g->clock) - h->read_us;
    if (h->read_us != 0 && age_us >= 0 && age_us < YB_HEALTH_FRESH_US) {
        tell(h, waiting);
        return;
    }
    waiter_t *w = calloc(1, sizeof *w);
    YB_ASSERT(w != NULL);
    *w = (waiter_t){ .find = waiting, .next = h->waiters };
    h->waiters = w;
    if (h->unanswered == 0)
        ask(h);
}
