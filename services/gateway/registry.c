#include "services/gateway/registry.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "libcommon/text.h"
#include "proto/identity.pb-c.h"
#include "services/gateway/gateway.h"

typedef struct waiter { yb_edge_find_t *find; struct waiter *next; } waiter_t;

typedef struct entry {
    yb_institution_t institution;
    char code[YB_INSTITUTION_CODE_MAX];
    int64_t read_us;                     /* 0 = never */
    bool asking;
    waiter_t *waiters;
    yb_registry_t *registry;
    UT_hash_handle hh;
} entry_t;

struct yb_registry {
    yb_gateway_t *gateway;
    entry_t *entries;                    /* oldest first: uthash keeps the order of insertion */
};

yb_registry_t *yb_registry_create(yb_gateway_t *gateway)
{
    yb_registry_t *r = calloc(1, sizeof *r);
    YB_ASSERT(r != NULL);
    r->gateway = gateway;
    return r;
}

void yb_registry_destroy(yb_registry_t **registry)
{
    if (registry == NULL || *registry == NULL)
        return;
    entry_t *e, *next;
    HASH_ITER(hh, (*registry)->entries, e, next) {
        HASH_DEL((*registry)->entries, e);
        free(e);
    }
    free(*registry);
    *registry = NULL;
}

static void take(entry_t *e, const Yibao__Identity__GetCallerReply *reply)
{
    const Yibao__Types__Institution *i = reply->institution;
    yb_institution_t *out = &e->institution;
    memset(out, 0, sizeof *out);
    out->known = i != NULL && i->fixmedins_code[0] != '\0';
    if (!out->known)
        return;
    out->blocked = i->blocked;
    yb_text_copy(out->fixmedins_code, sizeof out->fixmedins_code, i->fixmedins_code);
    yb_text_copy(out->fixmedins_name, sizeof out->fixmedins_name, i->fixmedins_name);
    yb_text_copy(out->fixmedins_type, sizeof out->fixmedins_type, i->fixmedins_type);
    yb_text_copy(out->hosp_lv, sizeof out->hosp_lv, i->hosp_lv);
    yb_text_copy(out->admdvs, sizeof out->admdvs, i->admdvs);
    yb_text_copy(out->secret, sizeof out->secret, reply->app_secret);
    int64_t fallback = yb_conf_int(e->registry->gateway->conf, "RATE_PER_S");
    out->rate_per_s = (uint32_t)(i->rate_per_s > 0 ? i->rate_per_s : fallback);
    out->require_sign_in = i->require_sign_in;
}

static void answer_all(entry_t *e, yb_err_t err)
{
    waiter_t *w = e->waiters;
    e->waiters = NULL;
    e->asking = false;
    for (waiter_t *next; w != NULL; w = next) {
        next = w->next;
        yb_edge_found(w->find, err, err == YB_OK && e->institution.known ? &e->institution : NULL);
        free(w);
    }
}

static void on_answer(void *ctx, const yb_rpc_answer_t *answer)
{
    entry_t *e = ctx;
    yb_err_t err = answer->err == YB_E_INSTITUTION_UNKNOWN ? YB_OK : answer->err;
    yb_arena_t *arena = yb_arena_create(1u << 20);
    if (answer->err == YB_OK) {
        const Yibao__Identity__GetCallerReply *reply = (const Yibao__Identity__GetCallerReply *)yb_rpc_unpack(
            &yibao__identity__get_caller_reply__descriptor, answer->body, answer->body_len, arena);
        if (reply != NULL)
            take(e, reply);
        else
            err = YB_E_MALFORMED;
    } else if (err == YB_OK) {
        e->institution.known = false;
    }
    if (err == YB_OK)
        e->read_us = yb_clock_unix_us(&e->registry->gateway->clock);
    answer_all(e, err);
    yb_arena_destroy(&arena);
}

static void ask(entry_t *e)
{
    yb_gateway_t *g = e->registry->gateway;
    Yibao__Identity__GetCallerRequest req = YIBAO__IDENTITY__GET_CALLER_REQUEST__INIT;
    Yibao__Rpc__Caller caller = YIBAO__RPC__CALLER__INIT;
    req.fixmedins_code = e->code;
    caller.service = (char *)(uintptr_t)"gateway";
    caller.fixmedins_code = e->code;
    yb_rpc_call_t call = { .method = "Identity/GetCaller",
                           .body = &req.base,
                           .caller = &caller,
                           .route_key = yb_route_key(e->code),
                           .deadline_us = yb_clock_unix_us(&g->clock) + yb_conf_int(g->conf, "DEADLINE_MS") * 1000 };
    e->asking = true;
    yb_rpc_call(g->identity, &call, on_answer, e);
}

/* Codes are the caller's words: the oldest entry nobody waits for makes room. */
static void make_room(yb_registry_t *r)
{
    entry_t *e, *next;
    if (HASH_COUNT(r->entries) < YB_REGISTRY_MAX)
        return;
    HASH_ITER(hh, r->entries, e, next) {
        if (e->asking)
            continue;
        HASH_DEL(r->entries, e);
        free(e);
        return;
    }
}

void yb_registry_find(void *app, const char *code, yb_edge_find_t *waiting)
{
    yb_gateway_t *g = app;
    entry_t *e = NULL;
    HASH_FIND_STR(g->registry->entries, code, e);
    if (e == NULL) {
        make_room(g->registry);
        e = calloc(1, sizeof *e);
        YB_ASSERT(e != NULL);
        yb_text_copy(e->code, sizeof e->code, code);
        e->registry = g->registry;
        HASH_ADD_STR(g->registry->entries, code, e);
    }
    if (e->read_us != 0 && yb_clock_unix_us(&g->clock) - e->read_us < YB_REGISTRY_FRESH_US) {
        yb_edge_found(waiting, YB_OK, e->institution.known ? &e->institution : NULL);
        return;
    }
    waiter_t *w = calloc(1, sizeof *w);
    YB_ASSERT(w != NULL);
    w->find = waiting;
    w->next = e->waiters;
    e->waiters = w;
    if (!e->asking)
        ask(e);
}
