#include "services/gateway/sign_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "libcommon/text.h"
#include "proto/identity.pb-c.h"
#include "services/gateway/gateway.h"

#define SIGN_NO_MAX 64

typedef struct waiter { yb_edge_find_t *find; struct waiter *next; } waiter_t;

typedef struct entry {
    char key[YB_INSTITUTION_CODE_MAX + 1 + SIGN_NO_MAX];   /* code, line feed, sign_no */
    char code[YB_INSTITUTION_CODE_MAX], sign_no[SIGN_NO_MAX];
    bool live, asking;
    int64_t read_us;                     /* 0 = never */
    waiter_t *waiters;
    yb_gateway_t *gateway;
    UT_hash_handle hh;
} entry_t;

struct yb_sign_ins {
    yb_gateway_t *gateway;
    entry_t *entries;                    /* oldest first */
};

yb_sign_ins_t *yb_sign_ins_create(yb_gateway_t *gateway)
{
    yb_sign_ins_t *s = calloc(1, sizeof *s);
    YB_ASSERT(s != NULL);
    s->gateway = gateway;
    return s;
}

void yb_sign_ins_destroy(yb_sign_ins_t **sign_ins)
{
    if (sign_ins == NULL || *sign_ins == NULL)
        return;
    entry_t *e, *next;
    HASH_ITER(hh, (*sign_ins)->entries, e, next) {
        YB_ASSERT(!e->asking);
        HASH_DEL((*sign_ins)->entries, e);
        free(e);
    }
    free(*sign_ins);
    *sign_ins = NULL;
}

static void on_answer(void *ctx, const yb_rpc_answer_t *answer)
{
    entry_t *e = ctx;
    yb_err_t err = answer->err;
    if (err == YB_OK) {
        yb_arena_t *arena = yb_arena_create(1u << 20);
        const Yibao__Identity__GetCallerReply *reply = (const Yibao__Identity__GetCallerReply *)yb_rpc_unpack(
            &yibao__identity__get_caller_reply__descriptor, answer->body, answer->body_len, arena);
        if (reply != NULL) {
            e->live = reply->signed_in;
            e->read_us = yb_clock_unix_us(&e->gateway->clock);
        } else {
            err = YB_E_MALFORMED;
        }
        yb_arena_destroy(&arena);
    }
    waiter_t *w = e->waiters;
    bool live = e->live;
    e->waiters = NULL;
    e->asking = false;
    for (waiter_t *next; w != NULL; w = next) {
        next = w->next;
        yb_edge_signed_in(w->find, err, live);
        free(w);
    }
}

static void ask(entry_t *e)
{
    yb_gateway_t *g = e->gateway;
    Yibao__Identity__GetCallerRequest req = YIBAO__IDENTITY__GET_CALLER_REQUEST__INIT;
    Yibao__Rpc__Caller caller = YIBAO__RPC__CALLER__INIT;
    req.fixmedins_code = e->code;
    req.sign_no = e->sign_no;
    caller.service = (char *)(uintptr_t)"gateway";
    caller.fixmedins_code = e->code;
    yb_rpc_call_t call = { .method = "Identity/GetCaller", .body = &req.base, .caller = &caller,
                           .route_key = yb_route_key(e->code),
                           .deadline_us = yb_clock_unix_us(&g->clock) + yb_conf_int(g->conf, "DEADLINE_MS") * 1000 };
    e->asking = true;
    yb_rpc_call(g->identity, &call, on_answer, e);
}

/* Numbers are the caller's words: the oldest entry nobody waits for makes room. */
static void make_room(yb_sign_ins_t *s)
{
    entry_t *e, *next;
    if (HASH_COUNT(s->entries) < YB_SIGN_IN_MAX)
        return;
    HASH_ITER(hh, s->entries, e, next) {
        if (e->asking)
            continue;
        HASH_DEL(s->entries, e);
        free(e);
        return;
    }
}

static entry_t *entry_of(yb_sign_ins_t *s, const char *code, const char *sign_no)
{
    char key[sizeof(((entry_t *)0)->key)] = "";
    snprintf(key, sizeof key, "%s\n%s", code, sign_no);
    entry_t *e = NULL;
    HASH_FIND_STR(s->entries, key, e);
    if (e != NULL)
        return e;
    make_room(s);
    e = calloc(1, sizeof *e);
    YB_ASSERT(e != NULL);
    memcpy(e->key, key, sizeof e->key);
    yb_text_copy(e->code, sizeof e->code, code);
    yb_text_copy(e->sign_no, sizeof e->sign_no, sign_no);
    e->gateway = s->gateway;
    HASH_ADD_STR(s->entries, key, e);
    return e;
}

void yb_sign_in_check(void *app, const char *code, const char *sign_no, yb_edge_find_t *waiting)
{
    yb_gateway_t *g = app;
    if (strlen(code) >= YB_INSTITUTION_CODE_MAX || strlen(sign_no) >= SIGN_NO_MAX) {
        yb_edge_signed_in(waiting, YB_OK, false);      /* longer than any that was given out */
        return;
    }
    entry_t *e = entry_of(g->sign_ins, code, sign_no);
    int64_t age_us = yb_clock_unix_us(&g->clock) - e->read_us;
    if (e->read_us != 0 && age_us >= 0 && age_us < YB_SIGN_IN_FRESH_US) {
        yb_edge_signed_in(waiting, YB_OK, e->live);
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
