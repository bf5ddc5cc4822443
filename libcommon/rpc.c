#include "libcommon/rpc.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "libcommon/rpc_core.h"
#include "libcommon/zpoll.h"

typedef struct link {                    /* one replica's socket on the loop */
    yb_rpc_t *rpc;
    size_t index;
    void *socket;
    yb_zpoll_t *poll;
} link_t;

typedef struct lookup {
    yb_rpc_t *rpc;
    size_t host;
    bool running;
    uv_getaddrinfo_t req;
} lookup_t;

/* A call refused at once: its callback still comes later, from the loop. */
typedef struct refused {
    struct refused *next;
    yb_rpc_cb cb;
    void *ctx;
    yb_err_t err;
} refused_t;

struct yb_rpc {
    uv_loop_t *loop;
    yb_rpc_core_t *core;
    uv_timer_t timer;
    uv_prepare_t prepare;                /* sends what the turn has started */
    int64_t armed_us;                    /* when the timer fires */
    int64_t resolved_us;                 /* the last look-up of names */
    link_t *links[YB_RPC_REPLICA_MAX];
    lookup_t *lookups;
    refused_t *refused, **refused_tail;
    size_t refused_count;
    size_t handles;                      /* timer, prepare, links and look-ups that still need us */
    bool closing;
};

static void on_timer(uv_timer_t *timer);

/* The timer goes off at the earliest of what is due; it is moved forward only, a late due finds it again when
 * it fires. */
static void arm(yb_rpc_t *rpc, int64_t due_us)
{
    if (rpc->closing || due_us >= rpc->armed_us)
        return;
    int64_t left_us = due_us - yb_rpc_core_now_us(rpc->core);
    rpc->armed_us = due_us;
    uv_timer_start(&rpc->timer, on_timer, left_us > 0 ? (uint64_t)(left_us + 999) / 1000 : 0, 0);
}

static void arm_next(yb_rpc_t *rpc)
{
    arm(rpc, rpc->refused ? 0 : yb_rpc_core_due_us(rpc->core));
    if (yb_rpc_core_host_count(rpc->core) > 0)
        arm(rpc, rpc->resolved_us + yb_rpc_core_resolve_every_us(rpc->core));
}

static void maybe_free(yb_rpc_t *rpc)
{
    if (--rpc->handles > 0)
        return;
    free(rpc->lookups);
    free(rpc);
}

/* ---- sockets ---- */

static int on_readable(void *ctx, void *socket, int budget)
{
    (void)socket;
    link_t *link = ctx;
    yb_rpc_t *rpc = link->rpc;
    int taken = yb_rpc_core_turn(rpc->core, link->index, budget);
    if (rpc->closing)                    /* by a callback; the link is on its way out */
        return taken;
    if (!yb_rpc_core_is_up(rpc->core, link->index))
        yb_zpoll_want_room(link->poll);
    arm_next(rpc);
    return taken;
}

static void on_link_closed(void *ctx)
{
    link_t *link = ctx;
    zmq_close(link->socket);
    maybe_free(link->rpc);
    free(link);
}

static void link_drop(yb_rpc_t *rpc, size_t index)
{
    link_t *link = rpc->links[index];
    rpc->links[index] = NULL;
    yb_rpc_core_take_socket(rpc->core, index);
    yb_zpoll_stop(&link->poll, on_link_closed, link);
}

/* Puts sockets the core has opened onto the loop. */
static yb_err_t links_add(yb_rpc_t *rpc)
{
    for (size_t i = 0; i < YB_RPC_REPLICA_MAX; i++) {
        void *socket = yb_rpc_core_socket(rpc->core, i);
        if (!socket || rpc->links[i])
            continue;
        link_t *link = calloc(1, sizeof(*link));
        if (!link)
            return YB_E_NO_MEMORY;
        *link = (link_t){ .rpc = rpc, .index = i, .socket = socket };
        yb_err_t err = yb_zpoll_start(rpc->loop, socket, on_readable, link, &link->poll);
        if (err) {
            free(link);
            return err;
        }
        rpc->links[i] = link;
        rpc->handles++;
    }
    return YB_OK;
}

/* ---- names ---- */

static void resolved(yb_rpc_t *rpc, size_t host, const struct addrinfo *list)
{
    uint32_t superfluous = yb_rpc_core_resolved(rpc->core, host, list);
    for (size_t i = 0; i < YB_RPC_REPLICA_MAX; i++)
        if (superfluous & 1u << i && rpc->links[i])
            link_drop(rpc, i);
    (void)links_add(rpc);                /* what does not fit now is tried at the next look-up */
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
    lookup_t *l = req->data;
    yb_rpc_t *rpc = l->rpc;
    l->running = false;
    if (!rpc->closing && status == 0) {
        resolved(rpc, l->host, list);
        arm_next(rpc);
    }
    uv_freeaddrinfo(list);
    maybe_free(rpc);
}

static void resolve(yb_rpc_t *rpc, int64_t now_us)
{
    static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    rpc->resolved_us = now_us;
    for (size_t i = 0; i < yb_rpc_core_host_count(rpc->core); i++) {
        const yb_rpc_host_t *h = yb_rpc_core_host(rpc->core, i);
        lookup_t *l = &rpc->lookups[i];
        if (l->running)
            continue;
        l->req.data = l;
        if (uv_getaddrinfo(rpc->loop, &l->req, on_resolved, h->name, h->port, &hints) != 0)
            continue;
        l->running = true;
        rpc->handles++;
    }
}

/* ---- time ---- */

static void refused_flush(yb_rpc_t *rpc)
{
    refused_t *list = rpc->refused;
    rpc->refused = NULL;
    rpc->refused_tail = &rpc->refused;
    rpc->refused_count = 0;
    for (refused_t *next; list; list = next) {
        next = list->next;
        yb_rpc_answer_t answer;
        yb_rpc_answer_error(&answer, list->err);
        list->cb(list->ctx, &answer);
        free(list);
    }
}

static void on_timer(uv_timer_t *timer)
{
    yb_rpc_t *rpc = timer->data;
    int64_t now_us = yb_rpc_core_now_us(rpc->core);
    rpc->armed_us = INT64_MAX;
    rpc->handles++;                      /* callbacks may close us */
    refused_flush(rpc);
    if (!rpc->closing)
        yb_rpc_core_expire(rpc->core, now_us);
    if (!rpc->closing) {
        if (yb_rpc_core_host_count(rpc->core) > 0
            && now_us >= rpc->resolved_us + yb_rpc_core_resolve_every_us(rpc->core))
            resolve(rpc, now_us);
        arm_next(rpc);
    }
    maybe_free(rpc);
}

/* ---- calls ---- */

static void touch_links(yb_rpc_t *rpc)
{
    for (size_t i = 0; i < YB_RPC_REPLICA_MAX; i++)
        if (rpc->links[i])
            yb_zpoll_touch(rpc->links[i]->poll);
}

static void on_prepare(uv_prepare_t *prepare)
{
    yb_rpc_t *rpc = prepare->data;
    if (yb_rpc_core_flush(rpc->core))
        touch_links(rpc);
}

void yb_rpc_call(yb_rpc_t *rpc, const yb_rpc_call_t *call, yb_rpc_cb cb, void *ctx)
{
    YB_ASSERT(!rpc->closing);
    yb_err_t err = yb_rpc_core_start(rpc->core, call, cb, ctx);
    if (err) {
        refused_t *r = malloc(sizeof(*r));
        YB_ASSERT(r);
        *r = (refused_t){ .cb = cb, .ctx = ctx, .err = err };
        *rpc->refused_tail = r;
        rpc->refused_tail = &r->next;
        rpc->refused_count++;
    }
    touch_links(rpc);                    /* the loop does not sleep on what is not sent yet */
    arm_next(rpc);
}

size_t yb_rpc_pending(const yb_rpc_t *rpc)
{
    return yb_rpc_core_pending(rpc->core) + rpc->refused_count;
}

void yb_rpc_stats(const yb_rpc_t *rpc, yb_rpc_stats_t *ret_stats)
{
    yb_rpc_core_stats(rpc->core, ret_stats);
}

/* ---- life ---- */

yb_err_t yb_rpc_create(uv_loop_t *loop, void *zmq_ctx, const yb_rpc_conf_t *conf, yb_rpc_t **ret_rpc)
{
    yb_rpc_t *rpc = calloc(1, sizeof(*rpc));
    if (!rpc)
        return YB_E_NO_MEMORY;
    yb_err_t err = yb_rpc_core_create(zmq_ctx, conf, YB_RPC_PENDING_MAX, &rpc->core);
    if (!err && !(rpc->lookups = calloc(YB_RPC_REPLICA_MAX, sizeof(*rpc->lookups))))
        err = YB_E_NO_MEMORY;
    if (err) {
        yb_rpc_core_destroy(&rpc->core);
        free(rpc);
        return err;
    }
    rpc->loop = loop;
    rpc->armed_us = INT64_MAX;
    rpc->refused_tail = &rpc->refused;
    for (size_t i = 0; i < YB_RPC_REPLICA_MAX; i++)
        rpc->lookups[i] = (lookup_t){ .rpc = rpc, .host = i };
    YB_ASSERT(uv_timer_init(loop, &rpc->timer) == 0);
    YB_ASSERT(uv_prepare_init(loop, &rpc->prepare) == 0);
    rpc->timer.data = rpc->prepare.data = rpc;
    rpc->handles = 2;
    err = links_add(rpc);
    uv_prepare_start(&rpc->prepare, on_prepare);     /* the last to start is the first to run: then the links look */
    if (err) {
        yb_rpc_close(&rpc);
        return err;
    }
    resolve(rpc, yb_rpc_core_now_us(rpc->core));
    arm_next(rpc);
    *ret_rpc = rpc;
    return YB_OK;
}

static void on_closed(uv_handle_t *handle)
{
    maybe_free(handle->data);
}

/* The core may be on the stack above us (a callback closes its client): it goes at the end of the turn, with
 * the timer handle. */
static void on_core_unused(uv_handle_t *handle)
{
    yb_rpc_t *rpc = handle->data;
    yb_rpc_core_destroy(&rpc->core);
    on_closed(handle);
}

void yb_rpc_close(yb_rpc_t **rpc_p)
{
    if (!rpc_p || !*rpc_p)
        return;
    yb_rpc_t *rpc = *rpc_p;
    *rpc_p = NULL;
    rpc->closing = true;
    refused_flush(rpc);
    yb_rpc_core_abort(rpc->core);
    for (size_t i = 0; i < YB_RPC_REPLICA_MAX; i++)
        if (rpc->links[i])
            link_drop(rpc, i);
    for (size_t i = 0; i < yb_rpc_core_host_count(rpc->core); i++)
        if (rpc->lookups[i].running)
            uv_cancel((uv_req_t *)&rpc->lookups[i].req);
    uv_close((uv_handle_t *)&rpc->prepare, on_closed);
    uv_close((uv_handle_t *)&rpc->timer, on_core_unused);
}
