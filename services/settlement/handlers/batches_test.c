/* What many messages do that reach one lane at the same moment. The lane is held still until all of them wait in it, so
 * each test knows what meets in a batch. */
#include "services/settlement/handlers/testhospital.h"
#include "services/settlement/rules/visit.h"

#define MESSAGES_MAX 64

/* A message on its way, and its answer. */
typedef struct message {
    const char *method, *infno, *msgid;
    const ProtobufCMessage *body;
    uint64_t lane_key; /* even: the lane that is held */
    bool answered;
    yb_rpc_answer_t answer;                            /* copied into c.arena */
    const Yibao__Settlement__SettlementInfo *setlinfo; /* NULL when refused */
} message_t;

static struct {
    uv_loop_t loop;
    yb_rpc_t *rpc;
    message_t messages[MESSAGES_MAX];
    size_t count;
} burst;

/* ---- sending without waiting ---- */

static void on_answer(void *ctx, const yb_rpc_answer_t *answer)
{
    message_t *m = ctx;
    m->answered = true;
    m->answer = *answer;
    m->answer.field = yb_arena_strdup(c.arena, answer->field != NULL ? answer->field : "");
    m->answer.text = yb_arena_strdup(c.arena, answer->text != NULL ? answer->text : "");
    if (answer->err != YB_OK)
        return;
    const Yibao__Settlement__SettleReply *reply = (const Yibao__Settlement__SettleReply *)yb_rpc_unpack(
        &yibao__settlement__settle_reply__descriptor, answer->body, answer->body_len, c.arena);
    if (reply != NULL)
        m->setlinfo = reply->setlinfo;
}

static void send_message(message_t *m)
{
    uint8_t key[16], hash[32] = { 1 };
    yb_random_t random = yb_random_real();
    yb_clock_t clock = yb_clock_real();
    ck_assert_int_eq(yb_random_fill(&random, key, sizeof key), YB_OK);
    Yibao__Rpc__Caller caller = YIBAO__RPC__CALLER__INIT;
    caller.service = (char *)(uintptr_t) "gateway";
    caller.fixmedins_code = (char *)(uintptr_t)HERE;
    caller.infno = (char *)(uintptr_t)m->infno;
    caller.msgid = (char *)(uintptr_t)m->msgid;
    caller.opter = (char *)(uintptr_t) "001";
    yb_rpc_call_t ask = { .method = m->method,
                          .body = m->body,
                          .idem_key = key,
                          .body_hash = hash,
                          .caller = &caller,
                          .deadline_us = yb_clock_unix_us(&clock) + 20000000,
                          .route_key = m->lane_key };
    yb_rpc_call(burst.rpc, &ask, on_answer, m);
}

static void await_answers(void)
{
    while (yb_rpc_pending(burst.rpc) > 0)
        uv_run(&burst.loop, UV_RUN_ONCE);
}

static void burst_open(void)
{
    char at[128];
    snprintf(at, sizeof at, "ipc://%s/settlement.sock", yb_test_bus_dir(bus));
    yb_rpc_conf_t conf = { .name = "settlement", .endpoints = at, .attempts_max = 1 };
    ck_assert_int_eq(uv_loop_init(&burst.loop), 0);
    ck_assert_int_eq(yb_rpc_create(&burst.loop, c.zmq, &conf, &burst.rpc), YB_OK);
    burst.count = 0;
}

static void burst_close(void)
{
    yb_rpc_close(&burst.rpc);
    uv_run(&burst.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&burst.loop), 0);
}

static message_t *put(const char *method, const char *infno, const char *msgid, const ProtobufCMessage *body,
                      uint64_t lane_key)
{
    YB_ASSERT(burst.count < MESSAGES_MAX);
    message_t *m = &burst.messages[burst.count++];
    *m =
        (message_t){ .method = method, .infno = infno, .msgid = text("%s", msgid), .body = body, .lane_key = lane_key };
    return m;
}

/* ---- the held lane ---- */

/* The number after a line that begins with `name`, asked of the other lane. */
static long metric(const char *name)
{
    Yibao__Rpc__MetricsRequest request = YIBAO__RPC__METRICS_REQUEST__INIT;
    c.route_key = 1;
    const Yibao__Rpc__MetricsReply *reply = call(&c, "Frame/Metrics", &request, &yibao__rpc__metrics_reply__descriptor);
    ck_assert_ptr_nonnull(reply);
    const char *at = strstr(reply->text, text("\n%s", name));
    ck_assert_msg(at != NULL, "no %s", name);
    return strtol(strrchr(text("%.*s", (int)strcspn(at + 1, "\n"), at + 1), ' '), NULL, 10);
}

static const Yibao__Settlement__SettleRequest *settling(int64_t mdtrt_id, const char *psn_no, int64_t medfee_fen)
{
    Yibao__Settlement__SettleRequest *r = YB_NEW(c.arena, Yibao__Settlement__SettleRequest);
    yibao__settlement__settle_request__init(r);
    r->inpatient = true;
    r->mdtrt_id = mdtrt_id;
    r->psn_no = text("%s", psn_no);
    r->insutype = text("390");
    r->mdtrt_cert_type = text("02");
    r->psn_setlway = text("01");
    r->medfee_sumamt_fen = medfee_fen;
    return r;
}

static int64_t stay(const char *psn_no, int64_t medfee_fen)
{
    c.route_key = 2;
    int64_t mdtrt_id = admit(psn_no, 20250301080000);
    fee_t fee = { .sn = "1", .code = "A1", .pric_fen = medfee_fen, .cnt = 1, .amount_fen = medfee_fen };
    ck_assert_ptr_nonnull(upload(mdtrt_id, psn_no, true, &fee, 1));
    ck_assert(discharge(mdtrt_id, psn_no, 20250303100000));
    return mdtrt_id;
}

/* Sends the messages of the burst in their order into a lane that is held until all are there; returns when all are
 * answered. Frame/Metrics counts itself and the message that holds the lane. */
static void burst_play(int64_t held_id)
{
    char begun[128], go[128], byte;
    message_t held = { .method = "Settlement/Settle",
                       .infno = "2304",
                       .msgid = text("h%lld", (long long)held_id),
                       .lane_key = 2,
                       .body = &settling(held_id, "PHOLD", 100)->base };
    snprintf(begun, sizeof begun, "%s/begun", yb_test_bus_dir(bus));
    snprintf(go, sizeof go, "%s/go", yb_test_bus_dir(bus));
    ck_assert_int_eq(mkfifo(begun, 0600), 0);
    ck_assert_int_eq(mkfifo(go, 0600), 0);
    send_message(&held);
    int told = open(begun, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    while (read(told, &byte, 1) == 0 && !held.answered) /* -1: somebody has opened the other end */
        uv_run(&burst.loop, UV_RUN_NOWAIT);
    for (size_t i = 0; i < burst.count; i++)
        send_message(&burst.messages[i]);
    while (metric("yibao_working") != (long)burst.count + 2)
        uv_run(&burst.loop, UV_RUN_NOWAIT);
    unlink(begun);
    close(open(go, O_WRONLY | O_CLOEXEC));
    unlink(go);
    close(told);
    await_answers();
    ck_assert_msg(held.setlinfo != NULL, "%s", held.answer.text);
}

/* ---- what stands ---- */

static int64_t count_of(const yb_sql_t *sql, int64_t id)
{
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "settlement"));
    yb_params_t *p = yb_params_create(c.arena, 1);
    yb_rows_t *rows = NULL;
    yb_params_i64(p, id);
    ck_assert_int_eq(yb_db_query(db, sql, p, c.arena, 1, &rows), YB_OK);
    yb_db_close(&db);
    return yb_rows_i64(rows, 0, 0);
}

static void check_stands(int64_t mdtrt_id, int64_t settlements, yb_visit_state_t state, int64_t setl_id)
{
    static const yb_sql_t rows = { "test.settlements", "SELECT COUNT(*) FROM settlement WHERE mdtrt_id = ?" };
    static const yb_sql_t entries = { "test.entries", "SELECT COUNT(*) FROM journal_entry e JOIN settlement s"
                                                      " ON s.setl_id = e.subject WHERE s.mdtrt_id = ?" };
    static const yb_sql_t states = { "test.state", "SELECT state FROM visit WHERE mdtrt_id = ?" };
    static const yb_sql_t batches = { "test.batch_setl", "SELECT setl_id FROM fee_batch WHERE mdtrt_id = ?" };
    ck_assert_int_eq(count_of(&rows, mdtrt_id), settlements);
    ck_assert_int_eq(count_of(&entries, mdtrt_id), settlements);
    ck_assert_int_eq(count_of(&states, mdtrt_id), state);
    ck_assert_int_eq(count_of(&batches, mdtrt_id), setl_id);
}

static int64_t stays_counted(const char *psn_no)
{
    Yibao__Settlement__GetAccumulatorsRequest r = YIBAO__SETTLEMENT__GET_ACCUMULATORS_REQUEST__INIT;
    r.psn_no = text("%s", psn_no);
    const Yibao__Settlement__GetAccumulatorsReply *reply = CALL(GetAccumulators, &r, get_accumulators);
    ck_assert_ptr_nonnull(reply);
    for (size_t i = 0; i < reply->n_accumulators; i++)
        if (strcmp(reply->accumulators[i]->cum_type_code, "C0000_BIZ21") == 0)
            return reply->accumulators[i]->cum_fen;
    return -1;
}

/* Everything settled so far, by the service's own audit. */
static void check_audit(void)
{
    Yibao__Settlement__AuditRequest r = YIBAO__SETTLEMENT__AUDIT_REQUEST__INIT;
    const Yibao__Settlement__AuditReply *reply;
    do {
        reply = CALL(Audit, &r, audit);
        ck_assert_ptr_nonnull(reply);
        for (size_t i = 0; i < reply->n_findings; i++)
            ck_abort_msg("%s: %s: %s", reply->findings[i]->where, reply->findings[i]->what, reply->findings[i]->found);
        r.part = reply->part;
        r.cursor = reply->cursor;
    } while (!reply->done);
}

/* ---- order ---- */

static const ProtobufCMessage *taking_back(const char *psn_no, int64_t mdtrt_id, int64_t setl_id, const char *omsgid)
{
    Yibao__Settlement__ReverseRequest *r = YB_NEW(c.arena, Yibao__Settlement__ReverseRequest);
    yibao__settlement__reverse_request__init(r);
    r->psn_no = text("%s", psn_no);
    r->mdtrt_id = mdtrt_id;
    r->setl_id = setl_id;
    r->inpatient = true;
    if (omsgid != NULL) { /* 2601 */
        r->mdtrt_id = r->setl_id = 0;
        r->omsgid = text("%s", omsgid);
        r->oinfno = text("2304");
    }
    return &r->base;
}

/* Of two persons each: one's 2304 with its 2601 right behind, the other's 2305 with a 2304 right behind. Whichever
 * method the lane takes first, grouping by method alone would serve somebody's second message before his first. */
START_TEST(nobody_overtakes_himself)
{
    enum { PAIRS = 8 };
    message_t *first[2 * PAIRS], *second[2 * PAIRS];
    int64_t visits[2 * PAIRS], settled[PAIRS];
    int64_t held = stay("PHOLD", 100);
    burst_open();
    for (int i = 0; i < PAIRS; i++) {
        visits[i] = stay(text("PA%d", i), 20000 + i);
        visits[PAIRS + i] = stay(text("PB%d", i), 30000 + i);
        message_t alone = { .method = "Settlement/Settle",
                            .infno = "2304",
                            .msgid = text("b%d", i),
                            .lane_key = 2,
                            .body = &settling(visits[PAIRS + i], text("PB%d", i), 30000 + i)->base };
        send_message(&alone);
        await_answers();
        ck_assert_msg(alone.setlinfo != NULL, "%s", alone.answer.text);
        settled[i] = alone.setlinfo->setl_id;
    }
    for (int i = 0; i < PAIRS; i++) {
        const char *a = text("PA%d", i), *b = text("PB%d", i);
        uint64_t lane_a = 4 + 4 * (uint64_t)i, lane_b = lane_a + 2;
        first[i] = put("Settlement/Settle", "2304", text("m%d", i), &settling(visits[i], a, 20000 + i)->base, lane_a);
        first[PAIRS + i] = put("Settlement/Reverse", "2305", text("r%d", i),
                               taking_back(b, visits[PAIRS + i], settled[i], NULL), lane_b);
        second[i] = put("Settlement/Reverse", "2601", text("u%d", i), taking_back(a, 0, 0, text("m%d", i)), lane_a);
        second[PAIRS + i] =
            put("Settlement/Settle", "2304", text("n%d", i), &settling(visits[PAIRS + i], b, 30000 + i)->base, lane_b);
    }
    burst_play(held);
    for (int i = 0; i < 2 * PAIRS; i++) {
        ck_assert_msg(first[i]->setlinfo != NULL, "%d: %s", i, first[i]->answer.text);
        ck_assert_msg(second[i]->setlinfo != NULL, "%d: served before what it stands behind: %s", i,
                      second[i]->answer.text);
    }
    for (int i = 0; i < PAIRS; i++) {
        const message_t *again = second[PAIRS + i];
        ck_assert_int_eq(second[i]->setlinfo->init_setl_id, first[i]->setlinfo->setl_id);
        ck_assert_int_eq(first[PAIRS + i]->setlinfo->init_setl_id, settled[i]);
        check_stands(visits[i], 2, YB_VISIT_DISCHARGED, 0);
        check_stands(visits[PAIRS + i], 3, YB_VISIT_SETTLED, again->setlinfo->setl_id);
        ck_assert_int_eq(stays_counted(text("PA%d", i)), 0);
        ck_assert_int_eq(stays_counted(text("PB%d", i)), 1);
    }
    check_audit();
    burst_close();
}
END_TEST

/* ---- refusals among what is settled ---- */

/* Each visit's wrong 2304 and right 2304 meet in one transaction, in either order. The wrong ones differ from what is
 * computed last of all, in a total or an echo, when everything else has been worked out. */
START_TEST(a_wrong_settlement_leaves_nothing_in_the_batch_of_a_right_one)
{
    enum { VISITS = 12 };
    message_t *wrong[VISITS], *right[VISITS];
    int64_t visits[VISITS];
    int64_t held = stay("PHOLD", 100);
    burst_open();
    for (int i = 0; i < VISITS; i++)
        visits[i] = stay(text("PW%d", i), 50000 + i);
    for (int i = 0; i < VISITS; i++) {
        const char *psn_no = text("PW%d", i);
        Yibao__Settlement__SettleRequest *bad = YB_NEW(c.arena, Yibao__Settlement__SettleRequest);
        *bad = *settling(visits[i], psn_no, 50000 + i + (i % 2));
        bad->has_echo = i % 2 == 0;
        bad->fulamt_ownpay_amt_fen = bad->overlmt_selfpay_fen = bad->preselfpay_amt_fen = INT64_MIN;
        bad->inscp_scp_amt_fen = 50000 + i - 1;
        const ProtobufCMessage *good = &settling(visits[i], psn_no, 50000 + i)->base;
        for (int k = 0; k < 2; k++)
            if ((k == 0) == (i < VISITS / 2))
                wrong[i] = put("Settlement/Settle", "2304", text("w%d", i), &bad->base, 4 + 2 * (uint64_t)i);
            else
                right[i] = put("Settlement/Settle", "2304", text("g%d", i), good, 4 + 2 * (uint64_t)i);
    }
    const char *batches = "yibao_batches_total{service=\"settlement\",method=\"Settlement/Settle\"}";
    long before = metric(batches);
    burst_play(held);
    ck_assert_int_eq(metric(batches) - before, 2); /* the one that was held, and all the others together */
    for (int i = 0; i < VISITS; i++) {
        yb_err_t code = i >= VISITS / 2 ? YB_E_ALREADY_SETTLED : i % 2 == 0 ? YB_E_ECHO_MISMATCH : YB_E_TOTAL_MISMATCH;
        const char *field = i >= VISITS / 2 ? "data.mdtrt_id"
                            : i % 2 == 0    ? "data.inscp_scp_amt"
                                            : "data.medfee_sumamt";
        ck_assert_msg(wrong[i]->answer.err == code, "%d: %s", i, yb_err_name(wrong[i]->answer.err));
        ck_assert_str_eq(wrong[i]->answer.field, field);
        ck_assert_msg(right[i]->setlinfo != NULL, "%d: %s", i, right[i]->answer.text);
        ck_assert_int_eq(right[i]->setlinfo->medfee_sumamt_fen, 50000 + i);
        check_stands(visits[i], 1, YB_VISIT_SETTLED, right[i]->setlinfo->setl_id);
        ck_assert_int_eq(stays_counted(text("PW%d", i)), 1);
    }
    check_audit();
    burst_close();
}
END_TEST

/* ---- lines no upload would take ---- */

/* Their sum is beyond int64, whichever way it is made. */
START_TEST(a_sum_beyond_bounds_is_refused)
{
    static const yb_sql_t sql = { "test.amounts",
                                  "UPDATE fee_line SET det_item_fee_sumamt_fen = 9000000000000000000 WHERE mdtrt_id = ?" };
    int64_t id = admit("PSUM", 20250301080000);
    fee_t fees[] = { { "1", "A1", 1000, 1, 1000, NULL, NULL }, { "2", "A1", 1000, 1, 1000, NULL, NULL } };
    ck_assert_ptr_nonnull(upload(id, "PSUM", true, fees, COUNT(fees)));
    ck_assert(discharge(id, "PSUM", 20250303100000));
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "settlement"));
    yb_params_t *p = yb_params_create(c.arena, 1);
    yb_params_i64(p, id);
    ck_assert_int_eq(yb_db_execute(db, &sql, p, NULL), YB_OK);
    yb_db_close(&db);
    ck_assert_ptr_null(CALL(Settle, settling(id, "PSUM", 2000), settle));
    refused(YB_E_LINE_AMOUNT, "feedetail[0].det_item_fee_sumamt", "90000000000000000.00");
    check_stands(id, 0, YB_VISIT_DISCHARGED, 0);
}
END_TEST

static void fill(TCase *tc)
{
    tcase_add_test(tc, a_sum_beyond_bounds_is_refused);
    tcase_add_test(tc, nobody_overtakes_himself);
    tcase_add_test(tc, a_wrong_settlement_leaves_nothing_in_the_batch_of_a_right_one);
}

int main(void) { return hospital_main("batches", fill); }
