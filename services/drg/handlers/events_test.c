/* What drg makes of settlement's events: settlements and reversals in any order and however often, many at once, of
 * months that are released already; statements that are booked. identity stands in and is not asked. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/drg.pb-c.h"
#include "proto/events.pb-c.h"
#include "proto/identity.pb-c.h"
#include "proto/types.pb-c.h"
#include "services/drg/service.h"
#include "tests/support/bus.h"

#define HERE "H14110200101"
#define MUTABLE(text) ((char *)(uintptr_t)(text))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EVENTS_MAX 256

static yb_test_bus_t *bus;
static yb_arena_t *arena;
static yb_refusal_t why;
static yb_db_t *db;
static uint64_t next_event;

/* ---- the schema ---- */

static const yb_rows_t *look(const char *sql)
{
    yb_sql_t *statement = YB_NEW(arena, yb_sql_t); /* prepared once per address */
    *statement = (yb_sql_t){ "test.look", sql };
    yb_rows_t *rows = NULL;
    ck_assert_msg(yb_db_query(db, statement, NULL, arena, 0, &rows) == YB_OK, "%s: %s", sql, yb_db_error_text(db));
    return rows;
}

static int64_t number(const char *sql)
{
    const yb_rows_t *rows = look(sql);
    ck_assert_uint_eq(yb_rows_count(rows), 1);
    return yb_rows_i64(rows, 0, 0);
}

static void run(const char *sql)
{
    ck_assert_msg(yb_db_run(db, sql, strlen(sql)) == YB_OK, "%s: %s", sql, yb_db_error_text(db));
}

/* ---- events ---- */

typedef struct setl {
    int64_t setl_id, reverses;
    int32_t ym; /* 0 = 202503 */
    bool outpatient;
    const char *institution; /* NULL = HERE */
} setl_t;

static Yibao__Rpc__Event *event(const char *type, const ProtobufCMessage *body)
{
    Yibao__Rpc__Event *e = YB_NEW(arena, Yibao__Rpc__Event);
    yibao__rpc__event__init(e);
    e->source = MUTABLE("settlement");
    e->id = next_event++;
    e->type = MUTABLE(type);
    e->body.len = protobuf_c_message_get_packed_size(body);
    e->body.data = yb_arena_alloc(arena, e->body.len + 1);
    protobuf_c_message_pack(body, e->body.data);
    return e;
}

static Yibao__Rpc__Event *made(const setl_t *s)
{
    const int sign = s->reverses != 0 ? -1 : 1;
    Yibao__Events__FundPaid paid = YIBAO__EVENTS__FUND_PAID__INIT, *funds[] = { &paid };
    paid.fund_pay_type = MUTABLE("390100");
    paid.fund_payamt_fen = sign * (70000 + s->setl_id % 1000);
    Yibao__Events__SettlementMade m = YIBAO__EVENTS__SETTLEMENT_MADE__INIT;
    m.setl_id = s->setl_id;
    m.init_setl_id = s->reverses;
    m.mdtrt_id = 900;
    m.psn_no = MUTABLE("P1");
    m.insutype = MUTABLE("390");
    m.med_type = MUTABLE("21");
    m.fixmedins_code = MUTABLE(s->institution != NULL ? s->institution : HERE);
    m.insuplc_admdvs = MUTABLE("141102");
    m.poolarea = 141100;
    m.setl_time = (s->ym != 0 ? s->ym : 202503) * 100000000LL + 8120000;
    m.begntime = 20250301090000;
    m.endtime = 20250308100000;
    m.inpatient = !s->outpatient;
    m.medfee_sumamt_fen = sign * 100000;
    m.fund_pay_sumamt_fen = sign * 70000;
    m.n_funds = 1;
    m.funds = funds;
    return event("SettlementMade", &m.base);
}

static const uint32_t *deliver(Yibao__Rpc__Event **events, size_t count)
{
    Yibao__Rpc__DeliverRequest req = YIBAO__RPC__DELIVER_REQUEST__INIT;
    req.events = events;
    req.n_events = count;
    const Yibao__Rpc__DeliverReply *reply =
        yb_test_call(bus, "drg", "Frame/Deliver", &req.base, &yibao__rpc__deliver_reply__descriptor, NULL, arena, &why);
    ck_assert_msg(reply != NULL && reply->n_codes == count, "%s", yb_err_name(why.code));
    return reply->codes;
}

/* All in one delivery; all are taken. */
static void tell(const setl_t *setls, size_t count)
{
    Yibao__Rpc__Event *events[EVENTS_MAX];
    ck_assert_uint_le(count, EVENTS_MAX);
    for (size_t i = 0; i < count; i++)
        events[i] = made(&setls[i]);
    const uint32_t *codes = deliver(events, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(codes[i] == YB_OK, "%s", yb_err_name((yb_err_t)codes[i]));
}

static void tell_one(setl_t s) { tell(&s, 1); }

static int64_t changes_of(int64_t setl_id)
{
    return number(yb_arena_printf(arena, "SELECT COUNT(*) FROM case_change WHERE setl_id = %" PRId64, setl_id));
}

/* Everything the copy says of some settlements. */
static const char *copies(int64_t from, int64_t to)
{
    const yb_rows_t *rows = look(yb_arena_printf(
        arena,
        "SELECT CONCAT_WS(' ', setl_id - %" PRId64 ", known, reversed_by > 0, reverses > 0, poolarea, mdtrt_id, psn_no,"
        " insutype, med_type, fixmedins_code, insuplc_admdvs, inpatient, setl_time, begntime, endtime,"
        " medfee_sumamt_fen, fund_pay_sumamt_fen, basic_fund_fen > 0, HEX(funds) <> '', setl_ym) FROM settlement"
        " WHERE setl_id BETWEEN %" PRId64 " AND %" PRId64 " ORDER BY setl_id",
        from, from, to));
    const char *all = "";
    for (size_t i = 0; i < yb_rows_count(rows); i++)
        all = yb_arena_printf(arena, "%s%s\n", all, yb_rows_text(rows, i, 0));
    return all;
}

/* ---- tests ---- */

/* An original and its reversal, each said twice: all orders of the four, each alone and all in one delivery. */
START_TEST(any_order_and_however_often)
{
    const char *want = NULL;
    int64_t id = 1000;
    for (int order = 0; order < 256; order++) {
        const int at[] = { order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6 & 3 };
        int seen = 0;
        for (size_t i = 0; i < 4; i++)
            seen |= 1 << at[i];
        if (seen != 15)
            continue;
        for (int together = 0; together < 2; together++, id += 10) {
            const setl_t both[] = { { .setl_id = id }, { .setl_id = id + 1, .reverses = id } };
            setl_t four[4];
            for (size_t i = 0; i < 4; i++)
                four[i] = both[at[i] % 2];
            if (together)
                tell(four, 4);
            for (size_t i = 0; i < 4 && !together; i++)
                tell_one(four[i]);
            const char *got = copies(id, id + 1);
            want = want != NULL ? want : got;
            ck_assert_msg(strcmp(got, want) == 0, "order %d: %s is not %s", order, got, want);
        }
    }
    ck_assert_ptr_nonnull(strstr(want, "0 1 1 0 141100"));
    ck_assert_int_eq(number("SELECT COUNT(*) FROM case_change WHERE setl_id BETWEEN 1000 AND 9999"), 0); /* open */
}
END_TEST

START_TEST(told_again_it_is_as_it_was)
{
    setl_t many[EVENTS_MAX];
    size_t n = 0;
    for (int64_t id = 20000; n < 200; id += 2) {
        many[n++] = (setl_t){ .setl_id = id, .outpatient = id % 3 == 0 };
        if (id % 7 == 0)
            many[n++] = (setl_t){ .setl_id = id + 1, .reverses = id };
    }
    tell(many, n);
    const char *first = copies(20000, 29999);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM settlement WHERE setl_id BETWEEN 20000 AND 29999"), (int64_t)n);
    tell(many, n);
    ck_assert_str_eq(copies(20000, 29999), first);
    run("UPDATE settlement SET basic_fund_fen = -1 WHERE setl_id BETWEEN 20000 AND 29999"); /* told by an older release
                                                                                             */
    run("DELETE FROM settlement WHERE setl_id BETWEEN 20000 AND 20099");
    for (size_t i = 0; i < n; i++)
        tell_one(many[n - 1 - i]);
    ck_assert_str_eq(copies(20000, 29999), first);
}
END_TEST

START_TEST(one_that_cannot_be_applied_keeps_none)
{
    const setl_t good = { .setl_id = 30001 }, better = { .setl_id = 30002 }, bad = { .setl_id = 0 };
    Yibao__Rpc__Event *events[] = { made(&good), made(&bad), made(&better) };
    const uint32_t *codes = deliver(events, 3);
    ck_assert_uint_eq(codes[0], YB_OK);
    ck_assert_uint_eq(codes[1], YB_E_MALFORMED);
    ck_assert_uint_eq(codes[2], YB_OK);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM settlement WHERE setl_id IN (30001, 30002) AND known = 1"), 2);
}
END_TEST

/* Only what changes a released month waits for the next run, and each fact once. */
START_TEST(a_released_month_is_told_of_each_change_once)
{
    tell_one((setl_t){ .setl_id = 40001, .ym = 202504 });
    tell_one((setl_t){ .setl_id = 40002, .ym = 202504, .outpatient = true });
    run("INSERT INTO month (poolarea, ym, state, run_id, state_us, state_by) VALUES (141100, 202504, 3, 1, 1, 'x')"
        " ON DUPLICATE KEY UPDATE state = 3");
    for (int again = 0; again < 2; again++) {
        tell_one((setl_t){ .setl_id = 40001, .ym = 202504 });
        ck_assert_int_eq(changes_of(40001), 0); /* known before: nothing is new */
        tell_one((setl_t){ .setl_id = 40011, .ym = 202504 });
        ck_assert_int_eq(changes_of(40011), 1);
        tell_one((setl_t){ .setl_id = 40012, .ym = 202504, .outpatient = true });
        ck_assert_int_eq(changes_of(40012), 0);
    }
    ck_assert_int_eq(number("SELECT cause FROM case_change WHERE setl_id = 40011 AND ref_id = 40011 AND run_id = 0"),
                     2);
    for (int again = 0; again < 2; again++) {
        const setl_t both[] = { { .setl_id = 40003, .reverses = 40001, .ym = 202505 },
                                { .setl_id = 40004, .reverses = 40002, .ym = 202505, .outpatient = true },
                                { .setl_id = 40003, .reverses = 40001, .ym = 202505 } };
        tell(both, 3);
        ck_assert_int_eq(changes_of(40001), 1);
        ck_assert_int_eq(changes_of(40002), 0);
    }
    ck_assert_int_eq(number("SELECT cause FROM case_change WHERE setl_id = 40001 AND ref_id = 40003"), 1);
    /* known only when it is reversed already, it never counted: in one delivery, in two, in either order */
    const setl_t gone[] = { { .setl_id = 40021, .ym = 202504 }, { .setl_id = 40022, .reverses = 40021, .ym = 202505 } };
    tell(gone, 2);
    ck_assert_int_eq(changes_of(40021), 0);
    tell_one((setl_t){ .setl_id = 40032, .reverses = 40031, .ym = 202505 });
    tell_one((setl_t){ .setl_id = 40031, .ym = 202504 });
    ck_assert_int_eq(changes_of(40031), 0);
}
END_TEST

/* ---- statements ---- */

static Yibao__Rpc__Event *booked(int64_t statement_id, int32_t lane, int64_t seq)
{
    Yibao__Events__PaymentBooked b = YIBAO__EVENTS__PAYMENT_BOOKED__INIT;
    b.statement_id = statement_id;
    b.journal_lane = lane;
    b.journal_seq = seq;
    return event("PaymentBooked", &b.base);
}

static void statement(int64_t id, int state)
{
    run(yb_arena_printf(
        arena,
        "INSERT INTO statement (statement_id, run_id, poolarea, period, fixmedins_code, insutype, fund_pay_type,"
        " case_count, fee_fen, other_pay_fen, points_e4, gross_fen, due_fen, booked_fen, difference_fen,"
        " prepaid_fen, withheld_fen, state, journal_lane, journal_seq, state_us) VALUES (%" PRId64
        ", 1, 141100, 202504, 'H%" PRId64 "', '390', '390100', 1,"
        " 100, 30, 0, 90, 60, 70, -10, 0, 0, %d, 0, 0, 1)",
        id, id, state));
}

START_TEST(a_booked_statement_says_where)
{
    static const char sql[] =
        "SELECT CONCAT_WS(' ', statement_id, state, journal_lane, journal_seq) FROM statement ORDER BY statement_id";
    statement(501, 2);
    statement(502, 2);
    statement(503, 1);
    Yibao__Rpc__Event *events[] = { booked(501, 3, 77), booked(509, 3, 78), booked(503, 3, 79), booked(502, 4, 1) };
    const uint32_t *codes = deliver(events, COUNT(events));
    ck_assert_uint_eq(codes[0], YB_OK);
    ck_assert_uint_eq(codes[1],
                      YB_E_NOT_FOUND); /* of no statement, or of one that is not released: an operator looks */
    ck_assert_uint_eq(codes[2], YB_E_NOT_FOUND);
    ck_assert_uint_eq(codes[3], YB_OK);
    for (int again = 0; again < 2; again++) {
        const yb_rows_t *rows = look(sql);
        ck_assert_str_eq(yb_rows_text(rows, 0, 0), "501 3 3 77");
        ck_assert_str_eq(yb_rows_text(rows, 1, 0), "502 3 4 1");
        ck_assert_str_eq(yb_rows_text(rows, 2, 0), "503 1 0 0");
        Yibao__Rpc__Event *once_more[] = { booked(501, 3, 77) };
        ck_assert_uint_eq(deliver(once_more, 1)[0], YB_OK);
    }
    ck_assert_uint_eq(deliver((Yibao__Rpc__Event *[]){ booked(501, 3, 0) }, 1)[0], YB_E_MALFORMED);
}
END_TEST

/* ---- counting ---- */

static const Yibao__Drg__CountCasesReply *count_cases(int32_t ym, const char *after)
{
    Yibao__Drg__CountCasesRequest req = YIBAO__DRG__COUNT_CASES_REQUEST__INIT;
    req.poolarea = 141100;
    req.ym = ym;
    req.after_code = MUTABLE(after);
    return yb_test_call(bus, "drg", "Drg/CountCases", &req.base, &yibao__drg__count_cases_reply__descriptor, NULL,
                        arena, &why);
}

START_TEST(stays_that_stand_are_counted)
{
    static const setl_t all[] = { { .setl_id = 60001, .ym = 202506 },
                                  { .setl_id = 60002, .ym = 202506 },
                                  { .setl_id = 60003, .ym = 202506, .outpatient = true },
                                  { .setl_id = 60004, .ym = 202506 },
                                  { .setl_id = 60005, .reverses = 60004, .ym = 202507 },
                                  { .setl_id = 60006, .ym = 202507 },
                                  { .setl_id = 60007, .ym = 202506, .institution = "H14110200102" } };
    tell(all, COUNT(all));
    run("UPDATE settlement SET basic_fund_fen = -1 WHERE setl_id = 60002");
    const Yibao__Drg__CountCasesReply *r = count_cases(202506, "");
    ck_assert_msg(r != NULL && r->n_counts == 2, "%s", why.text);
    ck_assert_str_eq(r->counts[0]->fixmedins_code, HERE);
    ck_assert_str_eq(r->counts[0]->insutype, "390");
    ck_assert_uint_eq(r->counts[0]->cases, 2);
    ck_assert_uint_eq(r->counts[0]->unsaid, 1);
    ck_assert_int_eq(r->counts[0]->medfee_sumamt_fen, 200000);
    ck_assert_int_eq(r->counts[0]->basic_fund_fen, 70001);
    ck_assert_uint_eq(r->counts[1]->cases, 1);
    ck_assert(!r->done);
    r = count_cases(202506, r->after_code);
    ck_assert(r != NULL && r->done && r->n_counts == 0);
    ck_assert_ptr_null(count_cases(202513, ""));
    ck_assert_ptr_null(count_cases(INT32_MAX, ""));
}
END_TEST

static void setup(void)
{
    arena = yb_arena_create(0);
    db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "drg"));
    next_event = (uint64_t)number("SELECT COALESCE(MAX(id), 0) + 1 FROM inbox");
}

static void teardown(void)
{
    yb_test_bus_hang_up(bus);
    yb_db_close(&db);
    yb_arena_destroy(&arena);
}

int main(void)
{
    static const char *const areas[] = { "141100-lvliang.yaml", NULL };
    static const yb_service_def_t identity = { .name = "identity",
                                               .descriptor = &yibao__identity__identity__descriptor };
    bus = yb_test_bus_create(yb_test_server(), areas);
    setenv("YB_LIST_DIR", YB_SOURCE_DIR "/services/drg/data", 1);
    yb_test_bus_stub(bus, &identity, NULL, NULL);
    yb_test_bus_start(bus, &yb_drg_service);
    Suite *suite = suite_create("drg events");
    TCase *tc = tcase_create("events");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, any_order_and_however_often);
    tcase_add_test(tc, told_again_it_is_as_it_was);
    tcase_add_test(tc, one_that_cannot_be_applied_keeps_none);
    tcase_add_test(tc, a_released_month_is_told_of_each_change_once);
    tcase_add_test(tc, a_booked_statement_says_where);
    tcase_add_test(tc, stays_that_stand_are_counted);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    yb_test_bus_destroy(&bus);
    return failed == 0 ? 0 : 1;
}
