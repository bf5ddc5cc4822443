#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "libcommon/id.h"
#include "services/gateway/handlers/handlers.h"

/* ---- one call ---- */

typedef struct waiting {
    yb_txn_t *txn;
    const ProtobufCMessageDescriptor *answer;
    yb_ask_done_fn done;
    const char *method;
    int64_t begun_ns;
} waiting_t;

static int64_t now_ns(const yb_txn_t *txn)
{
    return yb_clock_monotonic_ns(&yb_txn_gateway(txn)->clock);
}

static void note_time(const waiting_t *w)
{
    yb_txn_below_t *b = &w->txn->below;
    const int64_t took_us = (now_ns(w->txn) - w->begun_ns) / 1000;
    b->calls++;
    b->took_us += took_us;
    if (b->slowest == NULL || took_us > b->slowest_us) {
        b->slowest = w->method;
        b->slowest_us = took_us;
    }
}

static void on_answer(void *ctx, const yb_rpc_answer_t *answer)
{
    waiting_t *w = ctx;
    yb_txn_t *txn = w->txn;
    note_time(w);
    if (answer->err != YB_OK) {
        yb_txn_fail(txn, answer->err, answer->field, answer->text);
        return;
    }
    ProtobufCMessage *reply = yb_rpc_unpack(w->answer, answer->body, answer->body_len, txn->arena);
    if (reply == NULL)
        yb_txn_fail(txn, YB_E_INTERNAL, NULL, NULL);
    else
        w->done(txn, reply);
}

void yb_ask(yb_txn_t *txn, const yb_ask_t *ask, yb_ask_done_fn done)
{
    Yibao__Rpc__Caller caller = YIBAO__RPC__CALLER__INIT;
    caller.service = yb_lend("gateway");
    caller.fixmedins_code = yb_lend(txn->institution->fixmedins_code);
    caller.opter = yb_lend(txn->env->opter);
    caller.mdtrtarea_admvs = yb_lend(txn->env->mdtrtarea_admvs);
    caller.infno = yb_lend(txn->env->infno);
    caller.msgid = yb_lend(txn->env->msgid);
    yb_rpc_call_t call = {
        .method = ask->method, .body = ask->body, .request_id = txn->request_id, .deadline_us = txn->deadline_us,
        .traceparent = txn->traceparent, .caller = &caller,
        .route_key = yb_route_key(ask->person != NULL ? ask->person : txn->institution->fixmedins_code),
    };
    if (ask->write) {
        YB_ASSERT(txn->def->writes);
        call.idem_key = txn->idem_key;
        call.body_hash = txn->body_hash;
    }
    waiting_t *w = YB_NEW(txn->arena, waiting_t);
    if (w == NULL) {
        yb_txn_fail(txn, YB_E_NO_MEMORY, NULL, NULL);
        return;
    }
    *w = (waiting_t){
        .txn = txn, .answer = ask->answer, .done = done, .method = ask->method, .begun_ns = now_ns(txn)
    };
    yb_rpc_call(ask->to, &call, on_answer, w);
}

/* ---- the person at the counter ---- */

typedef struct credential {
    const char *type, *number;
    yb_ask_done_fn done;
    void *state;                             /* the handler's, put back before it goes on */
} credential_t;

static void on_person(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Identity__ResolveReply *r = (const Yibao__Identity__ResolveReply *)reply;
    credential_t *c = txn->state;
    txn->state = c->state;
    const Yibao__Types__Person *person = r->n_persons == 1 ? r->persons[0] : NULL;
    if (person == NULL || person->psn_no[0] == '\0')
        yb_txn_fail(txn, YB_E_PERSON_UNKNOWN, "data.psn_no", "请先用1101查询人员信息");
    else if (c->type != NULL && strcmp(c->type, "02") == 0 && strcasecmp(c->number, person->certno) != 0)
        yb_txn_fail(txn, YB_E_PERSON_MISMATCH, "data.mdtrt_cert_no",
                    "就诊凭证编号不是该人员的身份证号，请核对mdtrt_cert_no与psn_no");
    else
        c->done(txn, reply);
}

void yb_ask_person(yb_txn_t *txn, const char *psn_no, const char *cert_type, const char *cert_no, yb_ask_done_fn done)
{
    Yibao__Identity__ResolveRequest req = YIBAO__IDENTITY__RESOLVE_REQUEST__INIT;
    char *keys[1] = { yb_lend(psn_no) };
    credential_t *c = YB_NEW(txn->arena, credential_t);
    if (c == NULL) {
        yb_txn_fail(txn, YB_E_NO_MEMORY, NULL, NULL);
        return;
    }
    *c = (credential_t){ .type = cert_type, .number = cert_no, .done = done, .state = txn->state };
    txn->state = c;
    req.n_psn_no = 1;
    req.psn_no = keys;
    req.purpose = yb_lend(txn->env->infno);
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->identity,
                        .method = "Identity/Resolve",
                        .body = &req.base,
                        .person = psn_no,
                        .answer = &yibao__identity__resolve_reply__descriptor },
           on_person);
}

/* ---- reading the input ---- */

int64_t yb_txn_id(yb_txn_t *txn, const yb_row_t *row, const char *node, const char *field, yb_err_t unknown)
{
    const char *text = yb_row_text(row, field);
    yb_id_t id = 0;
    if (yb_id_parse(text, strlen(text), &id) == YB_OK)
        return id;
    yb_txn_fail(txn, unknown, yb_arena_printf(txn->arena, "%s.%s", node, field), NULL);
    return 0;
}

/* Never stored in clear text outside identity. */
static const char *const personal[] = { "mdtrt_cert_no", "certno", "psn_name", "coner_name",
                                        "tel",           "addr",   "card_sn",  NULL };

static void drop(json_t *object, const char *const *names)
{
    for (; names != NULL && *names != NULL; names++)
        json_object_del(object, *names);
}

static void drop_empty(json_t *object)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(object, next, key, value)
        if (json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0))
            json_object_del(object, key);
}

char *yb_txn_detail(yb_txn_t *txn, const char *node, size_t row, const char *const *typed)
{
    const json_t *at = json_object_get(txn->env->input, node);
    if (json_is_array(at))
        at = json_array_get(at, row);
    if (!json_is_object(at))
        return yb_arena_strdup(txn->arena, "");
    json_t *rest = json_copy((json_t *)(uintptr_t)at);
    drop(rest, personal);
    drop(rest, typed);
    drop_empty(rest);
    char *text = yb_lend("");
    if (json_object_size(rest) > 0) {
        char *dumped = json_dumps(rest, JSON_COMPACT | JSON_SORT_KEYS);
        if (dumped != NULL)
            text = yb_arena_strdup(txn->arena, dumped);
        free(dumped);
    }
    json_decref(rest);
    return text;
}

/* Reads a field only where the transaction's table has it. */
static const char *maybe(const yb_input_t *in, const char *node, const yb_row_t *row, const char *field)
{
    return yb_input_knows(in, node, field) ? yb_row_text(row, field) : "";
}

Yibao__Settlement__Diagnosis **yb_txn_diagnoses(yb_txn_t *txn, const char *node, size_t *ret_count)
{
    size_t n = yb_input_count(txn->in, node);
    Yibao__Settlement__Diagnosis **list = YB_NEW_ARRAY(txn->arena, Yibao__Settlement__Diagnosis *, n + 1);
    for (size_t i = 0; i < n; i++) {
        const yb_row_t *row = yb_input_row(txn->in, node, i);
        Yibao__Settlement__Diagnosis *d = YB_NEW(txn->arena, Yibao__Settlement__Diagnosis);
        yibao__settlement__diagnosis__init(d);
        d->diag_type = yb_lend(yb_row_text(row, "diag_type"));
        d->diag_srt_no = (int32_t)yb_row_int(row, "diag_srt_no");
        d->diag_code = yb_lend(yb_row_text(row, "diag_code"));
        d->diag_name = yb_lend(yb_row_text(row, "diag_name"));
        d->diag_dept = yb_lend(maybe(txn->in, node, row, "diag_dept"));
        d->dise_dor_no = yb_lend(maybe(txn->in, node, row, "dise_dor_no"));
        d->dise_dor_name = yb_lend(maybe(txn->in, node, row, "dise_dor_name"));
        d->diag_time = yb_row_time(row, "diag_time");
        d->vali_flag = yb_lend(maybe(txn->in, node, row, "vali_flag"));
        d->maindiag_flag = yb_lend(maybe(txn->in, node, row, "maindiag_flag"));
        d->adm_cond = yb_lend(maybe(txn->in, node, row, "adm_cond"));
        list[i] = d;
    }
    *ret_count = n;
    return list;
}
