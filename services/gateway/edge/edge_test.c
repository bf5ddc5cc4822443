#include "services/gateway/edge/edge.h"

#include <inttypes.h>
#include <jansson.h>
#include "libcommon/crypto.h"
#include "tests/support/httpclient.h"
#include "services/gateway/rules/tables.h"

#define NOW_S 1740182400
#define SIGNED "H14110200001"
#define UNSIGNED "H14110200002"
#define BLOCKED "H14110200003"
#define LIMITED "H14110200004"
#define STRICT "H14110000006"
#define REGISTRY_GONE "H14110200005"
#define UNKNOWN "H14110200009"

/* The whole edge in a thread; institutions are found one turn later, handlers answer one turn later. */
typedef struct world {
    uv_loop_t loop;
    uv_async_t wake;
    pthread_t thread;
    yb_edge_t *edge;
    unsigned port;
    yb_manual_clock_t hands;
    yb_clock_t clock;
    yb_txn_def_t defs[64];
    uint8_t body_hash[32], idem_key[16];
    int handled;
} world_t;

static world_t *w;

typedef struct later {
    uv_timer_t timer;
    yb_edge_find_t *waiting;
    yb_txn_t *txn;
} later_t;

static void on_later_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_found(uv_timer_t *timer)
{
    later_t *l = timer->data;
    yb_institution_t inst = {.known = true, .admdvs = "141102", .pooling_area = 141100};
    char *code = (char *)l->txn;
    snprintf(inst.fixmedins_code, sizeof(inst.fixmedins_code), "%s", code);
    snprintf(inst.secret, sizeof(inst.secret), "%s", strcmp(code, SIGNED) == 0 ? "s3cret" : "");
    inst.blocked = strcmp(code, BLOCKED) == 0;
    inst.require_sign_in = strcmp(code, STRICT) == 0;
    inst.rate_per_s = strcmp(code, LIMITED) == 0 ? 1 : 0;
    bool gone = strcmp(code, REGISTRY_GONE) == 0;
    yb_edge_found(
        l->waiting, gone ? YB_E_UNAVAILABLE : YB_OK, gone || strcmp(code, UNKNOWN) == 0 ? NULL : &inst);
    uv_close((uv_handle_t *)timer, on_later_closed);
}

static later_t *after(uv_timer_cb cb)
{
    later_t *l = calloc(1, sizeof(*l));
    uv_timer_init(&w->loop, &l->timer);
    l->timer.data = l;
    uv_timer_start(&l->timer, cb, 0, 0);
    return l;
}

static void find(void *app, const char *code, yb_edge_find_t *waiting)
{
    (void)app;
    later_t *l = after(on_found);
    l->waiting = waiting;
    l->txn = (yb_txn_t *)(uintptr_t)code;
}

static void on_handle(uv_timer_t *timer)
{
    later_t *l = timer->data;
    yb_txn_t *txn = l->txn;
    memcpy(w->body_hash, txn->body_hash, sizeof(w->body_hash));
    memcpy(w->idem_key, txn->idem_key, sizeof(w->idem_key));
    w->handled++;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_text(out, "infno", txn->def->infno);
    if (strcmp(txn->def->infno, "9102") == 0) {
        yb_txn_ok_file(txn, "application/octet-stream", "PK\0\1", 4);
    } else if (strcmp(txn->def->infno, "2404") == 0 &&
               strcmp(yb_input_text(txn->in, "data", "mdtrt_id"), "gone") == 0) {
        yb_txn_fail(txn, YB_E_VISIT_UNKNOWN, "data.mdtrt_id", NULL);
    } else if (strcmp(txn->def->infno, "9002") == 0) {
        yb_txn_fail(txn, YB_E_SIGN_IN, "sign_no", NULL);
    } else if (strcmp(txn->def->infno, "2405") == 0) {
        yb_txn_fail(txn, YB_E_KEY_CONFLICT, "msgid", NULL);
    } else {
        yb_json_text(out, "institution", txn->institution->fixmedins_code);
        yb_json_fen(out, "amount", 6960);
        yb_json_text(out, "traceparent", txn->traceparent);
        yb_txn_ok(txn);
    }
    uv_close((uv_handle_t *)timer, on_later_closed);
}

static void handle(yb_txn_t *txn)
{
    after(on_handle)->txn = txn;
}

static void on_signed_in(uv_timer_t *timer)
{
    later_t *l = timer->data;
    const char *sign_no = (const char *)l->txn;
    bool gone = strcmp(sign_no, "gone") == 0;
    yb_edge_signed_in(l->waiting, gone ? YB_E_UNAVAILABLE : YB_OK, strcmp(sign_no, "live") == 0);
    uv_close((uv_handle_t *)timer, on_later_closed);
}

static void signed_in(void *app, const char *code, const char *sign_no, yb_edge_find_t *waiting)
{
    (void)app;
    ck_assert_str_eq(code, STRICT);
    later_t *l = after(on_signed_in);
    l->waiting = waiting;
    l->txn = (yb_txn_t *)(uintptr_t)sign_no;
}

/* Another gateway has seen "elsewhere"; of "dunno" nothing is known. */
static void take_nonce(void *app, const char *code, const char *nonce, unsigned ttl_s, yb_edge_find_t *waiting)
{
    (void)app;
    ck_assert_str_eq(code, SIGNED);
    ck_assert_uint_gt(ttl_s, 600);
    yb_edge_nonce_taken(waiting, strcmp(nonce, "elsewhere") == 0 ? YB_E_REPLAYED :
                                 strncmp(nonce, "dunno", 5) == 0 ? YB_E_UNAVAILABLE : YB_OK);
}

static void on_ready(uv_timer_t *timer)
{
    later_t *l = timer->data;
    yb_edge_ready(l->waiting, false, "settlement \"away\"");
    uv_close((uv_handle_t *)timer, on_later_closed);
}

static void ready(void *app, yb_edge_find_t *waiting)
{
    (void)app;
    after(on_ready)->waiting = waiting;
}

static const char *metrics(void *app, yb_arena_t *arena)
{
    (void)app;
    return yb_arena_printf(arena, "up %d\n", 1);
}

static void on_wake(uv_async_t *wake)
{
    yb_edge_close(&w->edge);
    uv_close((uv_handle_t *)wake, NULL);
}

static void *serve(void *arg)
{
    (void)arg;
    uv_run(&w->loop, UV_RUN_DEFAULT);
    return NULL;
}

static void start(bool sandbox, bool several)
{
    yb_refusal_t why = {0};
    w = calloc(1, sizeof(*w));
    w->clock = yb_clock_manual(&w->hands, (int64_t)NOW_S * 1000000);
    for (size_t i = 0; i < yb_tables_count(); i++)
        w->defs[i] =
            (yb_txn_def_t){yb_tables_at(i)->infno, handle, strcmp(yb_tables_at(i)->infno, "9001") != 0,
                strcmp(yb_tables_at(i)->infno, "5301") != 0};
    yb_edge_conf_t conf = {.address = "127.0.0.1",
        .sandbox = sandbox,
        .clock = &w->clock,
        .defs = w->defs,
        .def_count = yb_tables_count(),
        .find = find,
        .signed_in = signed_in,
        .take_nonce = several ? take_nonce : NULL,
        .ready = ready,
        .metrics = metrics,
        .node = 7};
    uv_loop_init(&w->loop);
    uv_async_init(&w->loop, &w->wake, on_wake);
    ck_assert_msg(yb_edge_create(&w->loop, &conf, &w->edge, &why) == YB_OK, "%s", why.text);
    w->port = yb_edge_port(w->edge);
    pthread_create(&w->thread, NULL, serve, NULL);
}

static void finish(void)
{
    uv_async_send(&w->wake);
    pthread_join(w->thread, NULL);
    ck_assert_int_eq(uv_loop_close(&w->loop), 0);
    free(w);
}

static const char *body_of(char *buf, size_t cap, const char *infno, const char *code, const char *input)
{
    snprintf(buf, cap,
        "{\"infno\":\"%s\",\"msgid\":\"M1\",\"mdtrtarea_admvs\":\"141102\",\"insuplc_admdvs\":\"141102\","
        "\"recer_sys_code\":\"YBXT\",\"infver\":\"V1.0\",\"opter_type\":\"1\",\"opter\":\"001\",\"opter_"
        "name\":\"收费员\","
        "\"inf_time\":\"2025-02-22 "
        "08:00:00\",\"fixmedins_code\":\"%s\",\"fixmedins_name\":\"演示医院\",\"input\":%s}",
        infno, code, input);
    return buf;
}

#define DATA "{\"data\":{\"mdtrt_id\":\"7\",\"psn_no\":\"P1\"}}"

typedef struct seen {
    int status, infcode;
    char err_msg[1024], refmsgid[64];
} seen_t;

/* Every answer is JSON with infcode, and says why when it is not 0. */
static seen_t ask(const char *headers, const char *body)
{
    seen_t seen = {0};
    int fd = client_connect(w->port);
    client_post(fd, headers, body, strlen(body));
    answer_t a = client_read(fd);
    json_t *root = json_loads(a.body ? a.body : "", 0, NULL);
    ck_assert_msg(root != NULL, "%d %s", a.status, a.body);
    ck_assert_str_eq(a.type, "application/json; charset=utf-8");
    ck_assert(json_is_integer(json_object_get(root, "infcode")));
    seen.status = a.status;
    seen.infcode = (int)json_integer_value(json_object_get(root, "infcode"));
    snprintf(seen.err_msg, sizeof(seen.err_msg), "%s", json_string_value(json_object_get(root, "err_msg")));
    snprintf(
        seen.refmsgid, sizeof(seen.refmsgid), "%s", json_string_value(json_object_get(root, "inf_refmsgid")));
    ck_assert(seen.infcode == 0 || seen.err_msg[0]);
    json_decref(root);
    free(a.body);
    close(fd);
    return seen;
}

static void refused(const char *infno, const char *code, const char *input, int status, const char *part)
{
    char body[2048];
    seen_t seen = ask("", body_of(body, sizeof(body), infno, code, input));
    ck_assert_msg(seen.status == status && seen.infcode == -1 && strstr(seen.err_msg, part), "%d %s",
        seen.status, seen.err_msg);
}

START_TEST(test_answers)
{
    char body[2048];
    start(true, false);
    seen_t seen = ask("", body_of(body, sizeof(body), "2404", UNSIGNED, DATA));
    ck_assert_int_eq(seen.infcode, 0);
    ck_assert_int_eq((int)strlen(seen.refmsgid), 30);
    ck_assert(strncmp(seen.refmsgid, "14110220250222080000007", 23) == 0);
    refused("2404", UNSIGNED, "{\"data\":{\"mdtrt_id\":\"gone\",\"psn_no\":\"P1\"}}", 200,
        "FSI-未查询到就诊信息：data.mdtrt_id（就诊ID）");
    refused("2404", UNSIGNED, "{\"data\":{\"mdtrt_id\":\"7\"}}", 200, "FSI-必填项为空：data.psn_no（人员编号）");
    refused("9999", UNSIGNED, DATA, 200, "9999");
    refused("4401", UNSIGNED, DATA, 200, "FSI-暂不支持该业务：infno（交易编号），本平台未开通4401（住院病案首页信息）");
    refused("", UNSIGNED, DATA, 200, "FSI-必填项为空：infno（交易编号）");
    refused("2404", UNKNOWN, DATA, 200, "FSI-定点医药机构未登记：fixmedins_code");
    refused("2404", BLOCKED, DATA, 200, "FSI-定点医药机构已停用：fixmedins_code");
    refused("2404", "", DATA, 200, "FSI-必填项为空：fixmedins_code");
    refused("2404", "X1", DATA, 200, "fixmedins_code");
    refused("2404", "H141102000010000000000000000000000000000", DATA, 200, "FSI-超过最大长度：fixmedins_code");
    refused("2404", REGISTRY_GONE, DATA, 503, "FSI-服务暂不可用");
    seen = ask("", "{\"infno\":");
    ck_assert(seen.status == 200 && seen.infcode == -1 && strstr(seen.err_msg, "FSI-交易报文不正确"));
    ck_assert_int_eq(ask("", "").status, 200);
    ck_assert_int_eq(
        ask("Content-Type: text/plain\r\n", body_of(body, sizeof(body), "2404", UNSIGNED, DATA)).infcode, 0);
    finish();
}
END_TEST

/* What services refuse by a bare name is named as the gateway names it, and says what to do. */
START_TEST(test_refusals_from_below)
{
    start(true, false);
    refused("2404", UNSIGNED, "{\"data\":{\"mdtrt_id\":\"gone\",\"psn_no\":\"P1\"}}", 200,
        "FSI-未查询到就诊信息：data.mdtrt_id（就诊ID），请核对");
    refused("2405", UNSIGNED, DATA, 200, "FSI-报文ID重复且内容不一致：msgid（发送方报文ID），请换用新的msgid");
    refused("9002", UNSIGNED, "{\"signOut\":{\"sign_no\":\"1\",\"opter_no\":\"1\"}}", 200,
        "：signOut.sign_no（签到编号）");
    refused("9002", STRICT, "{\"signOut\":{\"sign_no\":\"1\",\"opter_no\":\"1\"}}", 200,
        "：sign_no（交易签到流水号）");
    finish();
}
END_TEST

START_TEST(test_cross_region_area_is_required_with_a_person)
{
    char body[2048];
    start(true, false);
    body_of(body, sizeof(body), "2404", UNSIGNED, DATA);
    memcpy(strstr(body, "insuplc_admdvs"), "insuplc_xxxxxx", 14);
    seen_t seen = ask("", body);
    ck_assert_msg(strstr(seen.err_msg, "FSI-必填项为空：insuplc_admdvs"), "%s", seen.err_msg);
    body_of(
        body, sizeof(body), "9001", UNSIGNED, "{\"signIn\":{\"opter_no\":\"1\",\"mac\":\"m\",\"ip\":\"i\"}}");
    memcpy(strstr(body, "insuplc_admdvs"), "insuplc_xxxxxx", 14);
    ck_assert_int_eq(ask("", body).infcode, 0);
    finish();
}
END_TEST

static const char *sign(char *buf, size_t cap, const char *paasid, const char *nonce, const char *secret)
{
    char text[256], hex[2 * YB_SHA256_SIZE + 1];
    uint8_t digest[YB_SHA256_SIZE];
    int n = snprintf(text, sizeof(text), "%d%s%s%d", NOW_S, secret, nonce, NOW_S);
    ck_assert_int_eq(yb_sha256(text, (size_t)n, digest), YB_OK);
    snprintf(buf, cap,
        "x-tif-paasid: %s\r\nX-Tif-Timestamp: %d\r\nx-tif-nonce: %s\r\nx-tif-signature: %s\r\n", paasid,
        NOW_S, nonce, yb_hex_encode(digest, sizeof(digest), hex));
    return buf;
}

START_TEST(test_signature)
{
    char body[2048], headers[512];
    start(false, false);
    body_of(body, sizeof(body), "2404", SIGNED, DATA);
    ck_assert_int_eq(ask("", body).status, 401);
    ck_assert_int_eq(ask(sign(headers, sizeof(headers), SIGNED, "a", "wrong"), body).status, 401);
    ck_assert_int_eq(ask(sign(headers, sizeof(headers), UNSIGNED, "a", "s3cret"), body).status, 401);
    ck_assert_int_eq(w->handled, 0);
    ck_assert_int_eq(ask(sign(headers, sizeof(headers), SIGNED, "a", "s3cret"), body).infcode, 0);
    seen_t seen = ask(headers, body);
    ck_assert(seen.status == 401 && strstr(seen.err_msg, "FSI-请求重放"));
    /* without a signature nothing is told about the message */
    body_of(body, sizeof(body), "9999", SIGNED, "{}");
    ck_assert_int_eq(ask("", body).status, 401);
    refused("2404", UNSIGNED, DATA, 401, "密钥");
    refused("2404", UNKNOWN, DATA, 401, "密钥");
    finish();
}
END_TEST

static seen_t ask_signed_in(const char *infno, const char *input, const char *sign_no)
{
    char body[2048], tail[2048];
    body_of(body, sizeof(body), infno, STRICT, input);
    char *at = strstr(body, "\"recer_sys_code\"");
    snprintf(tail, sizeof(tail), "\"sign_no\":\"%s\",%s", sign_no, at);
    memcpy(at, tail, strlen(tail) + 1);
    return ask("", body);
}

#define SIGN_IN "{\"signIn\":{\"opter_no\":\"1\",\"mac\":\"m\",\"ip\":\"i\"}}"

START_TEST(test_sign_in)
{
    start(true, false);
    /* the institution that must: 9001 goes without, all else only with a live number */
    refused("2404", STRICT, DATA, 200, "FSI-未签到或签到已失效：sign_no");
    seen_t seen = ask_signed_in("2404", DATA, "old");
    ck_assert_int_eq(seen.infcode, -1);
    ck_assert_ptr_nonnull(strstr(seen.err_msg, "FSI-未签到或签到已失效：sign_no"));
    ck_assert_ptr_nonnull(strstr(seen.err_msg, "9001"));
    ck_assert_int_eq(w->handled, 0);
    seen = ask_signed_in("2404", DATA, "gone");
    ck_assert_int_eq(seen.status, 503);
    ck_assert_int_eq(ask_signed_in("2404", DATA, "live").infcode, 0);
    ck_assert_int_eq(ask_signed_in("9001", SIGN_IN, "old").infcode, 0);
    /* the others need none */
    char body[2048];
    ck_assert_int_eq(ask("", body_of(body, sizeof(body), "2404", UNSIGNED, DATA)).infcode, 0);
    ck_assert_int_eq(w->handled, 3);
    finish();
}
END_TEST

START_TEST(test_nonces_of_several_gateways)
{
    char body[2048], headers[512];
    start(false, true);
    body_of(body, sizeof(body), "2404", SIGNED, DATA);
    ck_assert_int_eq(ask(sign(headers, sizeof(headers), SIGNED, "fresh", "s3cret"), body).infcode, 0);
    seen_t seen = ask(sign(headers, sizeof(headers), SIGNED, "elsewhere", "s3cret"), body);
    ck_assert(seen.status == 401 && strstr(seen.err_msg, "FSI-请求重放"));
    seen = ask(sign(headers, sizeof(headers), SIGNED, "dunno", "s3cret"), body);
    ck_assert_int_eq(seen.status, 503);
    ck_assert_int_eq(w->handled, 1);
    /* a read does no harm twice */
    body_of(body, sizeof(body), "5301", SIGNED, "{\"data\":{\"psn_no\":\"P1\"}}");
    ck_assert_int_eq(ask(sign(headers, sizeof(headers), SIGNED, "dunno2", "s3cret"), body).infcode, 0);
    finish();
}
END_TEST

START_TEST(test_rate)
{
    char body[2048];
    start(true, false);
    ck_assert_int_eq(ask("", body_of(body, sizeof(body), "9001", LIMITED, SIGN_IN)).infcode, 0);
    refused("9001", LIMITED, "{}", 429, "FSI-请求过于频繁");
    finish();
}
END_TEST

START_TEST(test_hash_and_key)
{
    char body[2048];
    uint8_t hash[32], key[16], none[32] = {0};
    start(true, false);
    ck_assert_int_eq(ask("", body_of(body, sizeof(body), "2404", UNSIGNED, DATA)).infcode, 0);
    memcpy(hash, w->body_hash, 32);
    memcpy(key, w->idem_key, 16);
    ck_assert(memcmp(hash, none, 32) != 0);
    memcpy(strstr(body, "08:00:00"), "09:00:00", 8);
    memcpy(strstr(body, "\"opter\":\"001\""), "\"opter\":\"002\"", 13);
    ck_assert_int_eq(ask("", body).infcode, 0);
    ck_assert(memcmp(hash, w->body_hash, 32) == 0 && memcmp(key, w->idem_key, 16) == 0);
    memcpy(strstr(body, "\"M1\""), "\"M2\"", 4);
    ck_assert_int_eq(ask("", body).infcode, 0);
    ck_assert(memcmp(hash, w->body_hash, 32) == 0 && memcmp(key, w->idem_key, 16) != 0);
    memcpy(strstr(body, "\"P1\""), "\"P2\"", 4);
    ck_assert_int_eq(ask("", body).infcode, 0);
    ck_assert(memcmp(hash, w->body_hash, 32) != 0);
    finish();
}
END_TEST

static answer_t raw(const char *text)
{
    int fd = client_connect(w->port);
    client_send(fd, text, strlen(text));
    answer_t a = client_read(fd);
    close(fd);
    return a;
}

START_TEST(test_other_requests)
{
    char body[2048];
    start(true, false);
    answer_t a = raw("GET /health/live HTTP/1.1\r\nHost: t\r\n\r\n");
    ck_assert(a.status == 200 && strstr(a.body, "\"infcode\":0") && strstr(a.body, "\"live\":true"));
    ck_assert_ptr_nonnull(strstr(a.body, "\"started_us\":1"));
    free(a.body);
    a = raw("GET /health/ready HTTP/1.1\r\nHost: t\r\n\r\n");
    ck_assert(
        a.status == 503 && strstr(a.body, "\"infcode\":-1") && strstr(a.body, "settlement \\\"away\\\""));
    free(a.body);
    a = raw("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n");
    ck_assert(a.status == 200 && strcmp(a.body, "up 1\n") == 0);
    free(a.body);
    a = raw("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    ck_assert(a.status == 405 && strstr(a.body, "\"infcode\":-1"));
    ck_assert_ptr_nonnull(strstr(a.body, "FSI-交易报文不正确，本平台只接受POST"));
    ck_assert_str_eq(a.allow, "POST");
    free(a.body);
    a = raw("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}");
    ck_assert(a.status == 400 && strstr(a.body, "\"infcode\":-1") && strstr(a.body, "Content-Length"));
    free(a.body);
    a = raw("PUT /x HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n{}");
    ck_assert(a.status == 405 && strstr(a.body, "\"infcode\":-1"));
    free(a.body);
    int fd = client_connect(w->port);
    char *big = calloc(1, 5u << 20);
    memset(big, ' ', 5u << 20);
    client_post(fd, "", big, 5u << 20);
    a = client_read(fd);
    ck_assert(a.status == 413 && strstr(a.body, "FSI-报文过大"));
    free(a.body);
    body_of(body, sizeof(body), "9102", UNSIGNED,
        "{\"fsDownloadIn\":{\"file_qury_no\":\"1\",\"filename\":\"plc\",\"fixmedins_code\":\"H14110200002\"}"
        "}");
    client_post(fd, "", body, strlen(body));
    a = client_read(fd);
    ck_assert(a.status == 200 && a.len == 4 && memcmp(a.body, "PK\0\1", 4) == 0);
    ck_assert_str_eq(a.type, "application/octet-stream");
    free(a.body);
    close(fd);
    free(big);
    finish();
}
END_TEST

START_TEST(test_traceparent)
{
    char body[2048];
    static const struct { const char *header; bool good; } all[] = {
        {"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n", true},
        {"traceparent: 00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n", false},
        {"traceparent: x\"\r\n", false},
    };
    start(true, false);
    for (size_t i = 0; i < 3; i++) {
        int fd = client_connect(w->port);
        body_of(body, sizeof(body), "2404", UNSIGNED, DATA);
        client_post(fd, all[i].header, body, strlen(body));
        answer_t a = client_read(fd);
        ck_assert((strstr(a.body, "\"traceparent\":\"00-0af7") != NULL) == all[i].good);
        ck_assert(strstr(a.body, "\"amount\":69.60"));
        free(a.body);
        close(fd);
    }
    finish();
}
END_TEST

START_TEST(test_binding_is_checked)
{
    uv_loop_t loop;
    yb_edge_t *edge;
    yb_refusal_t why = {0};
    yb_txn_def_t defs[] = {{"9001", handle, false, false}};
    yb_edge_conf_t conf = {.defs = defs, .def_count = 1, .find = find, .address = "127.0.0.1"};
    uv_loop_init(&loop);
    ck_assert_int_eq(yb_edge_create(&loop, &conf, &edge, &why), YB_E_CONFIG);
    ck_assert_ptr_nonnull(strstr(why.text, "未绑定"));
    memset(&why, 0, sizeof(why));
    defs[0].infno = "0000";
    ck_assert_int_eq(yb_edge_create(&loop, &conf, &edge, &why), YB_E_CONFIG);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("edge");
    TCase *t = tcase_create("edge");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_answers);
    tcase_add_test(t, test_refusals_from_below);
    tcase_add_test(t, test_cross_region_area_is_required_with_a_person);
    tcase_add_test(t, test_signature);
    tcase_add_test(t, test_rate);
    tcase_add_test(t, test_sign_in);
    tcase_add_test(t, test_nonces_of_several_gateways);
    tcase_add_test(t, test_hash_and_key);
    tcase_add_test(t, test_other_requests);
    tcase_add_test(t, test_traceparent);
    tcase_add_test(t, test_binding_is_checked);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
