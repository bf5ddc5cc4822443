#include "services/gateway/edge/edge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libcommon/crypto.h"
#include "libcommon/text.h"
#include "services/gateway/edge/auth.h"
#include "services/gateway/edge/canon.h"
#include "libcommon/http.h"
#include "services/gateway/edge/limit.h"
#include "services/gateway/rules/tables.h"

#define DEADLINE_MS_DEFAULT 30000
#define JSON_TYPE "application/json; charset=utf-8"
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define TRACEPARENT_LEN 55
#define TABLES_MAX 128

struct yb_edge {
    yb_edge_conf_t conf;
    yb_clock_t clock;
    yb_random_t random;
    yb_http_t *http;
    yb_auth_t *auth;
    yb_limit_t *limit;
    yb_sm3_t *sm3;
    uint32_t sequence;
    int64_t started_us;                      /* wall clock */
    const yb_txn_def_t *defs[TABLES_MAX];    /* by place of the table */
};

/* One request; in the arena of its HTTP request. The handler sees its first member. */
typedef struct yb_edge_find {
    yb_txn_t txn;
    yb_edge_t *edge;
    yb_http_req_t *req;
    yb_envelope_t env;
    yb_institution_t institution;
    yb_answer_head_t head;
    yb_json_out_t out;
    bool out_open;
    int64_t started_ns;
    bool nonce_asked, sign_in_asked;
} job_t;

/* --- answers --- */

static void finish(job_t *job, unsigned status, const char *type, const void *data, size_t len, yb_err_t err,
    const char *field)
{
    yb_edge_t *e = job->edge;
    if (e->conf.observe) {
        const char *named = job->env.infno && job->env.infno[0] ? "?" : "";
        const char *infno = job->txn.table ? job->txn.table->infno : named;
        e->conf.observe(e->conf.app, &(yb_observed_t){ .infno = infno,
            .fixmedins_code = job->env.fixmedins_code ? job->env.fixmedins_code : "",
            .msgid = job->env.msgid ? job->env.msgid : "", .err = err, .field = field,
            .took_us = (yb_clock_monotonic_ns(&e->clock) - job->started_ns) / 1000,
            .request_id = job->txn.request_id, .below = &job->txn.below });
    }
    yb_envelope_release(&job->env);
    yb_http_reply(job->req, status, type, data, len);
}

static void refuse_as(job_t *job, unsigned status, const yb_refusal_t *refusal)
{
    const char *data;
    size_t len;
    YB_ASSERT(refusal->code != YB_OK);
    yb_answer_refusal(job->txn.arena, &job->head, refusal, job->txn.table,
        yb_clock_unix_us(&job->edge->clock), &data, &len);
    finish(job, status, JSON_TYPE, data, len, refusal->code, refusal->field);
}

static void refuse(job_t *job, const yb_refusal_t *refusal)
{
    refuse_as(job, yb_answer_http_status(refusal->code), refusal);
}

yb_json_out_t *yb_txn_out(yb_txn_t *txn)
{
    job_t *job = (job_t *)txn;
    if (!job->out_open)
        job->out = yb_answer_open(txn->arena, &job->head);
    job->out_open = true;
    return &job->out;
}

void yb_txn_ok(yb_txn_t *txn)
{
    job_t *job = (job_t *)txn;
    yb_json_out_t *out = yb_txn_out(txn);
    if (yb_answer_close(out, yb_clock_unix_us(&job->edge->clock)))
        yb_txn_fail(txn, YB_E_NO_MEMORY, NULL, "查询结果过多，请缩小查询范围");
    else
        finish(job, 200, JSON_TYPE, out->data, out->len, YB_OK, "");
}

void yb_txn_ok_file(yb_txn_t *txn, const char *content_type, const void *data, size_t len)
{
    finish((job_t *)txn, 200, content_type, data, len, YB_OK, "");
}

void yb_txn_refuse(yb_txn_t *txn, const yb_refusal_t *refusal)
{
    refuse((job_t *)txn, refusal);
}

void yb_txn_fail(yb_txn_t *txn, yb_err_t err, const char *field, const char *text)
{
    yb_refusal_t why = {0};
    char path[YB_REFUSAL_FIELD_MAX] = "";
    if (field)
        yb_fields_qualify(txn->table, field, path);
    (void)yb_refuse(&why, err, path, text ? "%s" : NULL, text ? text : "");
    refuse((job_t *)txn, &why);
}

/* --- the gates after the institution is known --- */

static yb_err_t gate_caller(job_t *job, yb_refusal_t *why)
{
    const yb_institution_t *inst = &job->institution;
    const char *code = job->env.fixmedins_code;
    yb_auth_headers_t headers = {
        yb_http_header(job->req, "x-tif-paasid"), yb_http_header(job->req, "x-tif-timestamp"),
        yb_http_header(job->req, "x-tif-nonce"), yb_http_header(job->req, "x-tif-signature")};
    yb_err_t err = yb_auth_check(job->edge->auth, &headers, code, inst->secret, why);
    return err ? err : yb_limit_take(job->edge->limit, code, inst->rate_per_s, why);
}

static yb_err_t gate_infno(job_t *job, yb_refusal_t *why)
{
    const char *infno = job->env.infno;
    if (!infno[0])
        return YB_OK;       /* missing or too long: the envelope's table says so */
    job->txn.table = yb_tables_find(infno);
    for (size_t i = 0; job->txn.table && i < yb_tables_count(); i++)
        if (yb_tables_at(i) == job->txn.table)
            job->txn.def = job->edge->defs[i];
    if (job->txn.def)
        return YB_OK;
    const char *national = yb_tables_national(infno);
    if (national)
        return yb_refuse(why, YB_E_UNSUPPORTED, "infno", "本平台未开通%s（%s）", infno, national);
    return yb_refuse(why, YB_E_UNKNOWN_METHOD, "infno", "国家接口无%s，请核对交易编号", infno);
}

static yb_err_t gate_shape(job_t *job, yb_refusal_t *why)
{
    yb_txn_t *txn = &job->txn;
    yb_err_t err = yb_envelope_check(&job->env, txn->arena, why);
    if (err)
        return err;
    YB_ASSERT(txn->table && txn->def);
    if ((err = yb_fields_read(txn->table, job->env.input, txn->arena, &txn->in, why)))
        return err;
    for (size_t i = 0; i < txn->table->node_count; i++)
        if (!job->env.insuplc_admdvs[0] && yb_node_field(&txn->table->nodes[i], "psn_no"))
            return yb_refuse(why, YB_E_FIELD_MISSING, "insuplc_admdvs", "交易输入含人员编号时必填，请填写后重报");
    return YB_OK;
}

static yb_err_t gate_institution(job_t *job, yb_refusal_t *why)
{
    if (!job->institution.known)
        return yb_refuse(why, YB_E_INSTITUTION_UNKNOWN, "fixmedins_code", "请核对编号，或联系医保经办机构登记");
    if (job->institution.blocked)
        return yb_refuse(why, YB_E_INSTITUTION_BLOCKED, "fixmedins_code", "请联系医保经办机构");
    return YB_OK;
}

static yb_err_t gate_identity(job_t *job, yb_refusal_t *why)
{
    yb_txn_t *txn = &job->txn;
    const char *code = job->env.fixmedins_code;
    yb_canon_key(job->edge->sm3, code, job->env.msgid, txn->idem_key);
    if (txn->def->writes &&
        yb_canon_hash(job->edge->sm3, txn->table, code, job->env.input, txn->arena, txn->body_hash))
        return yb_refuse(why, YB_E_NO_MEMORY, NULL, NULL);
    return YB_OK;
}

static void refuse_sign_in(job_t *job)
{
    yb_refusal_t why = {0};      /* the envelope's field, which 9002 has in its input, too */
    (void)yb_refuse(&why, YB_E_SIGN_IN, "sign_no", "请先办理签到（9001），并在报文中填写其签到编号");
    refuse(job, &why);
}

/* The gates that have to ask somebody, then the handler. Each answer comes back here. */
static void pass_on(job_t *job)
{
    const yb_edge_conf_t *conf = &job->edge->conf;
    const char *code = job->env.fixmedins_code;
    yb_refusal_t why = {0};
    if (!job->nonce_asked && conf->take_nonce && job->institution.secret[0]) {
        job->nonce_asked = true;
        conf->take_nonce(
            conf->app, code, yb_http_header(job->req, "x-tif-nonce"), 2 * YB_AUTH_WINDOW_S + 1, job);
        return;
    }
    bool must = conf->signed_in && job->institution.require_sign_in && job->txn.def->needs_sign_in;
    if (must && !job->env.sign_no[0]) {
        refuse_sign_in(job);
    } else if (must && !job->sign_in_asked) {
        job->sign_in_asked = true;
        conf->signed_in(conf->app, code, job->env.sign_no, job);
    } else if (gate_identity(job, &why)) {
        refuse(job, &why);
    } else {
        job->txn.def->handle(&job->txn);
    }
}

void yb_edge_signed_in(yb_edge_find_t *job, yb_err_t err, bool live)
{
    if (err)
        yb_txn_fail(&job->txn, err, NULL, NULL);
    else if (!live)
        refuse_sign_in(job);
    else
        pass_on(job);
}

void yb_edge_nonce_taken(yb_edge_find_t *job, yb_err_t err)
{
    if (err == YB_E_REPLAYED)
        yb_txn_fail(&job->txn, err, "x-tif-nonce", "该随机串已使用过，请更换后重新签名");
    else if (err && job->txn.def->writes)
        yb_txn_fail(&job->txn, YB_E_UNAVAILABLE, "x-tif-nonce", "暂时无法核对是否重放，请稍后更换随机串重新签名");
    else
        pass_on(job);
}

void yb_edge_found(yb_edge_find_t *job, yb_err_t err, const yb_institution_t *institution)
{
    static yb_err_t (*const gates[])(job_t *, yb_refusal_t *) = {
        gate_caller, gate_infno, gate_shape, gate_institution,
    };
    yb_refusal_t why = {0};
    if (err)
        (void)yb_refuse(&why, err, NULL, NULL);
    if (institution)
        job->institution = *institution;
    for (size_t i = 0; why.code == YB_OK && i < sizeof(gates) / sizeof(gates[0]); i++)
        (void)gates[i](job, &why);
    if (why.code == YB_OK)
        pass_on(job);
    else
        refuse(job, &why);
}

/* --- the gates before --- */

static bool hex_run(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')))
            return false;
    return true;
}

/* 00-<32 hex>-<16 hex>-<2 hex> (W3C Trace Context); anything else is left out. */
static const char *traceparent_of(const job_t *job)
{
    const char *text = yb_http_header(job->req, "traceparent");
    bool ok = text && strlen(text) == TRACEPARENT_LEN && strncmp(text, "00-", 3) == 0 &&
              hex_run(text + 3, 32) && text[35] == '-' && hex_run(text + 36, 16) && text[52] == '-' &&
              hex_run(text + 53, 2);
    return ok ? yb_arena_strdup(job->txn.arena, text) : NULL;
}

/* 接收方区划6 + 时间14 + 流水10 (node 3, sequence 7). */
static void name_answer(job_t *job)
{
    yb_edge_t *e = job->edge;
    const char *area = job->env.mdtrtarea_admvs;
    bool fits = area && strlen(area) == 6;
    for (size_t i = 0; fits && i < 6; i++)
        fits = area[i] >= '0' && area[i] <= '9';
    char text[64];
    snprintf(text, sizeof(text), "%s%014" PRId64 "%03u%07u", fits ? area : "000000",
        yb_time_of_unix_us(job->head.received_us), e->conf.node % 1000, e->sequence);
    yb_text_copy(job->head.refmsgid, sizeof(job->head.refmsgid), text);
    e->sequence = (e->sequence + 1) % 10000000;
}

static job_t *begin(yb_edge_t *e, yb_http_req_t *req)
{
    yb_arena_t *arena = yb_http_arena(req);
    job_t *job = YB_NEW(arena, job_t);
    YB_ASSERT(job != NULL);     /* the first thing taken from a fresh arena */
    job->edge = e;
    job->req = req;
    job->started_ns = yb_clock_monotonic_ns(&e->clock);
    job->head.received_us = yb_clock_unix_us(&e->clock);
    job->txn.arena = arena;
    job->txn.app = e->conf.app;
    job->txn.env = &job->env;
    job->txn.institution = &job->institution;
    job->txn.received_us = job->head.received_us;
    job->txn.deadline_us = job->head.received_us + (int64_t)e->conf.deadline_ms * 1000;
    job->txn.refmsgid = job->head.refmsgid;
    job->txn.traceparent = traceparent_of(job);
    name_answer(job);
    return job;
}

static void on_post(job_t *job)
{
    yb_edge_t *e = job->edge;
    yb_refusal_t why = {0};
    size_t len;
    const char *body = yb_http_body(job->req, &len);
    yb_err_t err = yb_random_fill(&e->random, job->txn.request_id, sizeof(job->txn.request_id));
    if (err)
        (void)yb_refuse(&why, err, NULL, NULL);
    if (!err)
        err = yb_envelope_parse(body, len, job->txn.arena, &job->env, &why);
    if (err) {
        refuse(job, &why);
        return;
    }
    name_answer(job);
    if (!job->env.fixmedins_code[0]) {
        if (!yb_envelope_check(&job->env, job->txn.arena, &why))
            (void)yb_refuse(&why, YB_E_FIELD_MISSING, "fixmedins_code", "请填写后重报");
        refuse(job, &why);
        return;
    }
    e->conf.find(e->conf.app, job->env.fixmedins_code, job);
}

/* --- GET --- */

static void answer_health(job_t *job, const char *what, bool ok, const char *detail)
{
    yb_edge_t *e = job->edge;
    yb_json_out_t out = yb_json_out(job->txn.arena);
    yb_json_object(&out, NULL);
    yb_json_int(&out, "infcode", ok ? 0 : -1);
    yb_json_text(&out, "err_msg", ok ? "" : "FSI-服务暂不可用，请稍后重试");
    yb_json_text(&out, "service", "gateway");
    yb_json_text(&out, "version", YB_VERSION);
    yb_json_int(&out, "started_us", e->started_us);
    yb_json_bool(&out, what, ok);
    yb_json_text(&out, "detail", detail);
    yb_json_object_end(&out);
    yb_http_reply(job->req, ok ? 200 : 503, JSON_TYPE, out.data, out.len);
}

void yb_edge_ready(yb_edge_find_t *job, bool ready, const char *detail)
{
    bool draining = yb_http_draining(job->edge->http);
    answer_health(job, "ready", ready && !draining, draining ? "draining" : detail);
}

static void on_get(job_t *job)
{
    const char *path = yb_http_path(job->req);
    const yb_edge_conf_t *conf = &job->edge->conf;
    if (strcmp(path, "/health/live") == 0) {
        answer_health(job, "live", true, "");
        return;
    }
    if (strcmp(path, "/health/ready") == 0) {
        if (conf->ready && !yb_http_draining(job->edge->http))
            conf->ready(conf->app, job);
        else
            yb_edge_ready(job, true, "");
        return;
    }
    if (strcmp(path, "/metrics") == 0 && conf->metrics) {
        const char *text = conf->metrics(conf->app, job->txn.arena);
        yb_http_reply(job->req, text ? 200 : 503, METRICS_TYPE, text ? text : "", text ? strlen(text) : 0);
        return;
    }
    yb_refusal_t why = {0};
    (void)yb_refuse(&why, YB_E_MALFORMED, NULL, "本平台只接受POST报文，请改用POST");
    refuse_as(job, 405, &why);
}

static void on_request(void *ctx, yb_http_req_t *req, yb_http_fault_t fault)
{
    job_t *job = begin(ctx, req);
    yb_refusal_t why = {0};
    switch (fault) {
    case YB_HTTP_TOO_LARGE:
        (void)yb_refuse(&why, YB_E_TOO_LARGE, NULL, "报文最大%u MiB，请分批上传", YB_HTTP_BODY_MAX >> 20);
        refuse(job, &why);
        return;
    case YB_HTTP_OVERLOADED:
        (void)yb_refuse(&why, YB_E_OVERLOADED, NULL, NULL);
        refuse(job, &why);
        return;
    case YB_HTTP_METHOD:
        (void)yb_refuse(&why, YB_E_MALFORMED, NULL, "本平台只接受POST报文，请改用POST");
        refuse_as(job, 405, &why);
        return;
    case YB_HTTP_FRAMING:
        (void)yb_refuse(&why, YB_E_MALFORMED, NULL,
                        "Content-Length与Transfer-Encoding不能并用，也不能重复或另取他值，请检查HTTP客户端");
        refuse_as(job, 400, &why);
        return;
    case YB_HTTP_FINE:
        break;
    }
    if (yb_http_is_post(req))
        on_post(job);
    else
        on_get(job);
}

/* --- life --- */

static yb_err_t bind_defs(yb_edge_t *e, yb_refusal_t *why)
{
    YB_ASSERT(yb_tables_count() <= TABLES_MAX);
    for (size_t i = 0; i < e->conf.def_count; i++) {
        const yb_txn_def_t *def = &e->conf.defs[i];
        size_t place = 0;
        while (place < yb_tables_count() && strcmp(yb_tables_at(place)->infno, def->infno) != 0)
            place++;
        if (place == yb_tables_count() || e->defs[place])
            return yb_refuse(why, YB_E_CONFIG, "infno", "%s 无字段表或重复绑定", def->infno);
        e->defs[place] = def;
    }
    for (size_t i = 0; i < yb_tables_count(); i++)
        if (!e->defs[i])
            return yb_refuse(why, YB_E_CONFIG, "infno", "%s 未绑定处理程序", yb_tables_at(i)->infno);
    return YB_OK;
}

static void free_parts(yb_edge_t *e)
{
    yb_auth_destroy(&e->auth);
    yb_limit_destroy(&e->limit);
    yb_sm3_destroy(&e->sm3);
    free(e);
}

yb_err_t yb_edge_create(
    uv_loop_t *loop, const yb_edge_conf_t *conf, yb_edge_t **ret_edge, yb_refusal_t *ret_why)
{
    yb_edge_t *e = calloc(1, sizeof(*e));
    if (!e)
        return yb_refuse(ret_why, YB_E_NO_MEMORY, NULL, NULL);
    YB_ASSERT(conf->find != NULL);
    e->conf = *conf;
    e->conf.deadline_ms = conf->deadline_ms ? conf->deadline_ms : DEADLINE_MS_DEFAULT;
    e->clock = conf->clock ? *conf->clock : yb_clock_real();
    e->started_us = yb_clock_unix_us(&e->clock);
    e->random = conf->random ? *conf->random : yb_random_real();
    e->auth = yb_auth_create(&e->clock, conf->sandbox, 0);
    e->limit = yb_limit_create(&e->clock, 0);
    e->sm3 = yb_sm3_create();
    yb_http_conf_t http = {.address = conf->address, .port = conf->port, .tls = conf->tls,
        .connections_max = conf->connections_max, .grace_ms = conf->grace_ms,
        .request = on_request, .ctx = e};
    yb_err_t err = bind_defs(e, ret_why);
    if (!err && (!e->auth || !e->limit || !e->sm3))
        err = yb_refuse(ret_why, YB_E_NO_MEMORY, NULL, NULL);
    if (!err)
        err = yb_http_create(loop, &http, &e->http, ret_why);
    if (err) {
        free_parts(e);
        return err;
    }
    *ret_edge = e;
    return YB_OK;
}

unsigned yb_edge_port(const yb_edge_t *edge)
{
    return yb_http_port(edge->http);
}

size_t yb_edge_pending(const yb_edge_t *edge)
{
    return yb_http_pending(edge->http);
}

void yb_edge_drain(yb_edge_t *edge, void (*done)(void *ctx), void *ctx)
{
    yb_http_drain(edge->http, done, ctx);
}

void yb_edge_close(yb_edge_t **edge)
{
    if (!*edge)
        return;
    yb_http_close(&(*edge)->http);
    free_parts(*edge);
    *edge = NULL;
}
