/* Months of drg as a process over the bus, with its database: what settlement's events do to months that are open,
 * frozen and released. The arithmetic is tests/integration/test_month.py's. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/drg.pb-c.h"
#include "proto/events.pb-c.h"
#include "services/drg/service.h"
#include "tests/support/bus.h"

#define AREA 141100
#define HERE "H14110200101"
#define MUTABLE(text) ((char *)(uintptr_t)(text))
#define CALL(method, request, reply, who) \
    yb_test_call(bus, "drg", "Drg/" method, &(request).base, &reply, &(yb_test_ask_t){ .opter = (who) }, arena, &why)

static yb_test_bus_t *bus;
static yb_arena_t *arena;
static yb_refusal_t why;

/* ---- settlement's events ---- */

typedef struct setl {
    int64_t setl_id, init_setl_id;
    int32_t ym;
    bool outpatient;
} setl_t;

static uint32_t deliver(uint64_t event_id, const setl_t *s)
{
    Yibao__Events__FundPaid paid = YIBAO__EVENTS__FUND_PAID__INIT, *funds[] = { &paid };
    paid.fund_pay_type = MUTABLE("390100");
    paid.fund_payamt_fen = 70000;
    Yibao__Events__SettlementMade made = YIBAO__EVENTS__SETTLEMENT_MADE__INIT;
    made.setl_id = s->setl_id;
    made.init_setl_id = s->init_setl_id;
    made.mdtrt_id = 900;
    made.psn_no = MUTABLE("P1");
    made.insutype = MUTABLE("390");
    made.med_type = MUTABLE("21");
    made.fixmedins_code = MUTABLE(HERE);
    made.insuplc_admdvs = MUTABLE("141102");
    made.poolarea = AREA;
    made.setl_time = (int64_t)s->ym * 100000000 + 8120000;
    made.begntime = (int64_t)s->ym * 100000000 + 1090000;
    made.endtime = (int64_t)s->ym * 100000000 + 8100000;
    made.inpatient = !s->outpatient;
    made.medfee_sumamt_fen = 100000;
    made.fund_pay_sumamt_fen = 70000;
    made.psn_cash_pay_fen = 30000;
    made.n_funds = 1;
    made.funds = funds;
    Yibao__Rpc__Event event = YIBAO__RPC__EVENT__INIT, *events[] = { &event };
    event.source = MUTABLE("settlement");
    event.id = event_id;
    event.type = MUTABLE("SettlementMade");
    event.body.len = yibao__events__settlement_made__get_packed_size(&made);
    event.body.data = yb_arena_alloc(arena, event.body.len);
    yibao__events__settlement_made__pack(&made, event.body.data);
    Yibao__Rpc__DeliverRequest req = YIBAO__RPC__DELIVER_REQUEST__INIT;
    req.n_events = 1;
    req.events = events;
    const Yibao__Rpc__DeliverReply *r =
        yb_test_call(bus, "drg", "Frame/Deliver", &req.base, &yibao__rpc__deliver_reply__descriptor, NULL, arena, &why);
    ck_assert_msg(r != NULL && r->n_codes == 1, "not delivered: %s", why.text);
    return r->codes[0];
}

static void settle(int64_t setl_id, int32_t ym)
{
    ck_assert_uint_eq(deliver((uint64_t)setl_id, &(setl_t){ .setl_id = setl_id, .ym = ym }), 0);
}

static void reverse(int64_t setl_id, int64_t reversal, int32_t ym)
{
    const setl_t s = { .setl_id = reversal, .init_setl_id = setl_id, .ym = ym };
    ck_assert_uint_eq(deliver((uint64_t)reversal, &s), 0);
}

/* ---- the way of a month ---- */

static void freeze(int32_t ym)
{
    Yibao__Drg__FreezeMonthRequest req = YIBAO__DRG__FREEZE_MONTH_REQUEST__INIT;
    req.poolarea = AREA;
    req.ym = ym;
    ck_assert_msg(CALL("FreezeMonth", req, yibao__drg__freeze_month_reply__descriptor, "anna") != NULL, "%s", why.text);
}

static int64_t close_month(int32_t ym)
{
    Yibao__Drg__StartCloseRequest start = YIBAO__DRG__START_CLOSE_REQUEST__INIT;
    start.poolarea = AREA;
    start.ym = ym;
    const Yibao__Drg__StartCloseReply *begun =
        CALL("StartClose", start, yibao__drg__start_close_reply__descriptor, "anna");
    ck_assert_msg(begun != NULL, "%s %s", yb_err_name(why.code), why.text);
    Yibao__Drg__CloseStepRequest step = YIBAO__DRG__CLOSE_STEP_REQUEST__INIT;
    step.poolarea = AREA;
    step.ym = ym;
    step.run_id = begun->run->run_id;
    for (int i = 0; i < 20; i++) {
        const Yibao__Drg__CloseStepReply *r = CALL("CloseStep", step, yibao__drg__close_step_reply__descriptor, "anna");
        ck_assert_msg(r != NULL && !r->dropped, "%s %s", yb_err_name(why.code), why.text);
        if (r->done)
            return step.run_id;
    }
    ck_abort_msg("no end of steps");
    return 0;
}

static const Yibao__Drg__ReleaseMonthReply *release(int32_t ym, const char *who)
{
    Yibao__Drg__ReleaseMonthRequest req = YIBAO__DRG__RELEASE_MONTH_REQUEST__INIT;
    req.poolarea = AREA;
    req.ym = ym;
    return CALL("ReleaseMonth", req, yibao__drg__release_month_reply__descriptor, who);
}

static void released(int32_t ym)
{
    freeze(ym);
    close_month(ym);
    ck_assert_msg(release(ym, "boris") != NULL, "%s %s", yb_err_name(why.code), why.text);
}

static int64_t number(const char *text, int64_t value)
{
    const yb_sql_t sql = { "test.number", text };
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "drg"));
    yb_params_t *p = yb_params_create(arena, 1);
    yb_rows_t *rows = NULL;
    yb_params_i64(p, value);
    ck_assert_int_eq(yb_db_query(db, &sql, p, arena, 1, &rows), YB_OK);
    const int64_t found = yb_rows_i64(rows, 0, 0);
    yb_db_close(&db);
    return found;
}

#define CAUSES "SELECT CAST(COALESCE(SUM(cause), 0) AS SIGNED) FROM case_change WHERE setl_id = ?"
#define KINDS "SELECT CAST(COALESCE(SUM(kind), 0) AS SIGNED) FROM run_case WHERE run_id = ?"

/* ---- tests ---- */

START_TEST(what_is_released_leaves_for_the_books)
{
    settle(101, 202401);
    settle(102, 202401);
    const setl_t out = { .setl_id = 103, .ym = 202401, .outpatient = true };
    ck_assert_uint_eq(deliver(103, &out), 0);
    freeze(202401);
    const int64_t run_id = close_month(202401);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM run_case WHERE run_id = ?", run_id), 2);
    ck_assert_int_eq(number("SELECT due_fen - booked_fen - difference_fen FROM statement WHERE run_id = ?", run_id), 0);
    ck_assert_int_eq(number("SELECT booked_fen FROM statement WHERE run_id = ?", run_id), 140000);
    ck_assert_ptr_null(release(202401, "anna"));
    ck_assert_int_eq(why.code, YB_E_SECOND_PERSON);
    const Yibao__Drg__ReleaseMonthReply *r = release(202401, "boris");
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(r->statements, 1);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM outbox WHERE target = 'settlement' AND type = 'PaymentReleased' AND"
                            " event_key = (SELECT statement_id FROM statement WHERE run_id = ?)",
                            run_id),
                     1);
}
END_TEST

START_TEST(reversed_before_the_release_it_is_not_there)
{
    settle(201, 202402);
    settle(202, 202402);
    reverse(201, 203, 202402);
    freeze(202402);
    const int64_t run_id = close_month(202402);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM run_case WHERE run_id = ?", run_id), 1);
    reverse(202, 204, 202402);
    ck_assert_ptr_null(release(202402, "boris"));
    ck_assert_int_eq(why.code, YB_E_MONTH_OUTDATED);
    settle(205, 202402); /* as many as before, and another one */
    ck_assert_ptr_null(release(202402, "boris"));
    ck_assert_int_eq(why.code, YB_E_MONTH_OUTDATED);
    const int64_t again = close_month(202402);
    ck_assert_int_ne(again, run_id);
    ck_assert_int_eq(number("SELECT setl_id FROM run_case WHERE run_id = ?", again), 205);
    ck_assert_ptr_nonnull(release(202402, "boris"));
    ck_assert_int_eq(number(CAUSES, 201) + number(CAUSES, 202) + number(CAUSES, 205), 0);
}
END_TEST

START_TEST(reversed_after_it_is_a_negative_row_of_the_next)
{
    settle(301, 202403);
    settle(302, 202403);
    released(202403);
    reverse(301, 303, 202404);
    reverse(301, 303, 202404); /* told again */
    ck_assert_int_eq(number(CAUSES, 301), 1);
    settle(304, 202404);
    settle(305, 202404);
    settle(306, 202404);
    freeze(202404);
    const int64_t run_id = close_month(202404);
    ck_assert_int_eq(number(KINDS, run_id), 3 * 1 + 2);
    ck_assert_int_eq(number("SELECT fee_fen FROM run_case WHERE kind = 2 AND run_id = ?", run_id), -100000);
    ck_assert_int_eq(number("SELECT booked_fen FROM run_case WHERE kind = 2 AND run_id = ?", run_id), -70000);
    ck_assert_ptr_nonnull(release(202404, "boris"));
    ck_assert_int_eq(number("SELECT COUNT(*) FROM case_change WHERE run_id = ?", run_id), 1);
}
END_TEST

START_TEST(known_only_after_the_release_it_is_late)
{
    settle(401, 202405);
    released(202405);
    settle(402, 202405);
    ck_assert_int_eq(number(CAUSES, 402), 2);
    ck_assert_uint_eq(deliver(9402, &(setl_t){ .setl_id = 402, .ym = 202405 }), 0); /* told anew: no news */
    ck_assert_int_eq(number(CAUSES, 402), 2);
    reverse(403, 404, 202405); /* the reversal first: it never counts */
    settle(403, 202405);
    ck_assert_int_eq(number(CAUSES, 403), 0);
    settle(405, 202406);
    freeze(202406);
    const int64_t run_id = close_month(202406);
    ck_assert_int_eq(number("SELECT setl_id FROM run_case WHERE kind = 3 AND run_id = ?", run_id), 402);
    ck_assert_int_eq(number(KINDS, run_id), 1 + 3);
    ck_assert_ptr_nonnull(release(202406, "boris"));
}
END_TEST

/* Steps of one run on whichever lane: each that has not read it reads it itself, and they write it once. */
START_TEST(lanes_share_a_run)
{
    for (int64_t id = 501; id <= 507; id++)
        settle(id, 202407);
    freeze(202407);
    Yibao__Drg__StartCloseRequest start = YIBAO__DRG__START_CLOSE_REQUEST__INIT;
    start.poolarea = AREA;
    start.ym = 202407;
    const Yibao__Drg__StartCloseReply *begun =
        CALL("StartClose", start, yibao__drg__start_close_reply__descriptor, "anna");
    ck_assert_ptr_nonnull(begun);
    Yibao__Drg__CloseStepRequest step = YIBAO__DRG__CLOSE_STEP_REQUEST__INIT;
    step.poolarea = AREA;
    step.ym = 202407;
    step.run_id = begun->run->run_id;
    int done = 0, left_to_lanes = 40;
    for (uint64_t route = 1; done < 8 && left_to_lanes > 0; route++, left_to_lanes--) {
        const Yibao__Drg__CloseStepReply *r =
            yb_test_call(bus, "drg", "Drg/CloseStep", &step.base, &yibao__drg__close_step_reply__descriptor,
                         &(yb_test_ask_t){ .route_key = route }, arena, &why);
        ck_assert_msg(r != NULL && !r->dropped, "%s %s", yb_err_name(why.code), why.text);
        done += r->done;
    }
    ck_assert_int_eq(done, 8); /* said again to those who come later */
    ck_assert_int_eq(number("SELECT COUNT(*) FROM run_case WHERE run_id = ?", step.run_id), 7);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM statement WHERE run_id = ?", step.run_id), 1);
    ck_assert_int_eq(number("SELECT written FROM run WHERE run_id = ?", step.run_id), 7);
}
END_TEST

static void change(const char *text, int64_t value)
{
    const yb_sql_t sql = { "test.change", text };
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "drg"));
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, value);
    ck_assert_int_eq(yb_db_execute(db, &sql, p, NULL), YB_OK);
    yb_db_close(&db);
}

/* As after a kill before its first page was written. */
static void unwrite(int64_t run_id)
{
    change("DELETE FROM run_case WHERE run_id = ?", run_id);
    change("DELETE FROM statement WHERE run_id = ?", run_id);
    change("UPDATE run SET state = 1, written = 0 WHERE run_id = ?", run_id);
}

START_TEST(read_again_it_must_be_the_same)
{
    for (int64_t id = 601; id <= 603; id++)
        settle(id, 202408);
    freeze(202408);
    const int64_t run_id = close_month(202408);
    unwrite(run_id);
    ck_assert_int_eq(close_month(202408), run_id); /* nothing changed: it goes on */
    ck_assert_int_eq(number("SELECT COUNT(*) FROM run_case WHERE run_id = ?", run_id), 3);
    unwrite(run_id);
    reverse(602, 604, 202408);
    settle(605, 202408); /* as many as before */
    Yibao__Drg__CloseStepRequest step = YIBAO__DRG__CLOSE_STEP_REQUEST__INIT;
    step.poolarea = AREA;
    step.ym = 202408;
    step.run_id = run_id;
    const Yibao__Drg__CloseStepReply *r = NULL;
    for (int i = 0; i < 20 && (r == NULL || (!r->done && !r->dropped)); i++) {
        r = CALL("CloseStep", step, yibao__drg__close_step_reply__descriptor, "anna");
        ck_assert_ptr_nonnull(r);
    }
    ck_assert(r->dropped && !r->done);
    ck_assert_int_eq(number("SELECT state FROM run WHERE run_id = ?", run_id), 4);
    const int64_t again = close_month(202408);
    ck_assert_int_ne(again, run_id);
    ck_assert_int_eq(number("SELECT COUNT(*) FROM run_case WHERE setl_id = 605 AND run_id = ?", again), 1);
}
END_TEST

/* ---- the fixture ---- */

static void put_file(const char *dir, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "we");
    YB_ASSERT(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static const char *make_plans(void)
{
    static char dir[256];
    snprintf(dir, sizeof dir, "%s/plans", yb_test_bus_dir(bus));
    YB_ASSERT(mkdir(dir, 0700) == 0);
    put_file(dir, "weights.tsv", "drg\trw\tkind\nGB15\t1.0000\tstable\n");
    put_file(dir, "plan.yaml",
             "plan: test\narea: \"141100\"\nfrom: 2020-01-01\nmethod: points\nmean_all: from_cases\n"
             "weights: weights.tsv\nlow_ratio: \"0.4\"\nhigh: [{ratio: none}]\ncoefficient: {default: \"1\"}\n"
             "budget: {\"390\": \"12000.00\"}\n");
    return dir;
}

static void setup(void) { arena = yb_arena_create(0); }
static void teardown(void)
{
    yb_test_bus_hang_up(bus);
    yb_arena_destroy(&arena);
}

int main(void)
{
    static const char *const areas[] = { "141100-lvliang.yaml", NULL };
    bus = yb_test_bus_create(yb_test_server(), areas);
    setenv("YB_LIST_DIR", YB_SOURCE_DIR "/services/drg/data", 1);
    setenv("YB_ICD_DIR", "", 1);
    setenv("YB_PLAN_DIR", make_plans(), 1);
    yb_test_bus_start(bus, &yb_drg_service);
    Suite *suite = suite_create("months");
    TCase *tc = tcase_create("month");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_is_released_leaves_for_the_books);
    tcase_add_test(tc, reversed_before_the_release_it_is_not_there);
    tcase_add_test(tc, reversed_after_it_is_a_negative_row_of_the_next);
    tcase_add_test(tc, known_only_after_the_release_it_is_late);
    tcase_add_test(tc, lanes_share_a_run);
    tcase_add_test(tc, read_again_it_must_be_the_same);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    yb_test_bus_destroy(&bus);
    return failed == 0 ? 0 : 1;
}
