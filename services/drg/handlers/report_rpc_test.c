/* Drg/Report as a process over the bus, on rows of its database: figures against tests/support/report_oracle.py, months
 * that are not counted, what is refused. YB_TEST_SEED repeats a run. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/drg.pb-c.h"
#include "services/drg/rules/report.h"
#include "services/drg/service.h"
#include "services/drg/store/run.h"
#include "services/drg/store/run_case.h"
#include "tests/support/bus.h"

#define AREA 141100
#define CASES 400 /* of each run */
#define MUTABLE(text) ((char *)(uintptr_t)(text))

static yb_test_bus_t *bus;
static yb_arena_t *arena;
static yb_refusal_t why;
static uint64_t seed;

static void setup(void) { arena = yb_arena_create(0); }
static void teardown(void)
{
    yb_test_bus_hang_up(bus);
    yb_arena_destroy(&arena);
}

/* ---- rows ---- */

static uint32_t below(uint32_t limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % limit;
}

static yb_run_case_t random_case(int64_t setl_id)
{
    static const char *const codes[] = { "H14110200101", "H14110200102", "H14110200103" };
    static const char *const caties[] = { "A03", "A04", "" };
    static const char *const drgs[] = { "BB11", "BB13", "GD15", "ET15", "FN15", "0000", "BQY", "" };
    yb_run_case_t c = { .fixmedins_code = codes[below(3)],
                        .insutype = "390",
                        .dscg_caty = caties[below(3)],
                        .drg = drgs[below(8)],
                        .setl_id = setl_id,
                        .list_version = (int32_t)below(3),
                        .los = (int32_t)below(40) + 1,
                        .fee_fen = below(10000000) + 1,
                        .booked_fen = below(5000000),
                        .other_pay_fen = below(1000000),
                        .points_e4 = below(5000000),
                        .gross_fen = below(10000000),
                        .scheme = 0,
                        .flags = (int16_t)below(4),
                        .kind = (uint8_t)(below(5) == 0 ? below(2) + 2 : 1),
                        .class = (uint8_t)below(YB_PAY_CLASS_COUNT) };
    if (c.class <= YB_PAY_NORMAL)
        c.rw_e4 = (int32_t)below(50000) + 1;
    if (c.kind == YB_CASE_TAKEN_BACK) {
        c.fee_fen = -c.fee_fen;
        c.booked_fen = -c.booked_fen;
        c.other_pay_fen = -c.other_pay_fen;
        c.points_e4 = -c.points_e4;
        c.gross_fen = -c.gross_fen;
    }
    c.due_fen = c.gross_fen - c.other_pay_fen;
    return c;
}

static void put_run(int64_t run_id, int32_t ym, yb_run_state_t state, const yb_run_case_t *cases, size_t count)
{
    static const uint8_t hash[YB_RUN_HASH] = { 1 };
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "drg"));
    const yb_run_t run = { .run_id = run_id,
                           .poolarea = AREA,
                           .period = ym,
                           .state = state,
                           .plan_hash = hash,
                           .inputs_hash = hash,
                           .case_count = (int64_t)count,
                           .summary = hash,
                           .made_by = "anna",
                           .released_by = "" };
    ck_assert_int_eq(yb_db_begin(db), YB_OK);
    ck_assert_int_eq(yb_run_insert(db, &run, arena), YB_OK);
    ck_assert_int_eq(yb_run_case_insert(db, run_id, AREA, cases, count, arena), YB_OK);
    ck_assert_int_eq(yb_db_commit(db), YB_OK);
    yb_db_close(&db);
}

/* ---- asking ---- */

static const Yibao__Drg__ReportReply *ask_as(Yibao__Drg__ReportRequest *req, const char *institution)
{
    const yb_test_ask_t ask = { .fixmedins_code = institution };
    return yb_test_call(bus, "drg", "Drg/Report", &req->base, &yibao__drg__report_reply__descriptor, &ask, arena, &why);
}

static const Yibao__Drg__ReportReply *ask(int by, int32_t from, int32_t to, const char *hospital)
{
    Yibao__Drg__ReportRequest req = YIBAO__DRG__REPORT_REQUEST__INIT;
    req.poolarea = AREA;
    req.by = by;
    req.from_ym = from;
    req.to_ym = to;
    req.fixmedins_code = MUTABLE(hospital);
    const Yibao__Drg__ReportReply *reply = ask_as(&req, NULL);
    ck_assert_msg(reply != NULL, "%s %s", yb_err_name(why.code), why.text);
    return reply;
}

/* ---- files for the oracle ---- */

static FILE *make_file(const char *name)
{
    FILE *f = fopen(yb_arena_printf(arena, "%s/%s", yb_test_bus_dir(bus), name), "we");
    ck_assert_ptr_nonnull(f);
    return f;
}

static void write_case(FILE *f, int32_t ym, const yb_run_case_t *c)
{
    fprintf(f, "%d\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d", (int)ym, c->fixmedins_code, c->dscg_caty, c->drg, c->kind,
            c->class, c->flags, (int)c->list_version, (int)c->los, (int)c->rw_e4);
    fprintf(f, "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n", c->points_e4,
            c->fee_fen, c->other_pay_fen, c->booked_fen, c->gross_fen, c->due_fen);
}

static void write_row(FILE *f, const char *key, const Yibao__Drg__ReportRow *r)
{
    const int64_t numbers[] = {
        r->cases,     r->listed,        r->weighted,   r->excluded,        r->grouped, r->low,        r->high,
        r->drg_count, r->deaths,        r->low_risk,   r->low_risk_deaths, r->rw_e4,   r->days,       r->points_e4,
        r->fee_fen,   r->other_pay_fen, r->booked_fen, r->gross_fen,       r->due_fen, r->surplus_fen
    };
    const Yibao__Drg__Figure *const figures[] = {
        r->cmi_e4,        r->time_index_e4,      r->cost_index_e4, r->grouping_e4,  r->low_risk_death_e6,
        r->paid_share_e4, r->paid_fund_share_e4, r->mean_fee_fen,  r->mean_days_e2, r->low_share_e4,
        r->high_share_e4
    };
    fputs(key, f);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        fprintf(f, "\t%" PRId64, numbers[i]);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (figures[i]->lacks[0] != '\0')
            fputs("\t-", f);
        else
            fprintf(f, "\t%" PRId64, figures[i]->value);
    fputc('\n', f);
}

static int class_of(const char *name)
{
    for (int i = 0; i < YB_PAY_CLASS_COUNT; i++)
        if (strcmp(yb_pay_class_name((yb_pay_class_t)i), name) == 0)
            return i;
    return -1;
}

static void write_answer(int by, const char *hospital)
{
    const Yibao__Drg__ReportReply *reply = ask(by, 202601, 202603, hospital);
    FILE *f = make_file(yb_arena_printf(arena, "answer-%d-%s.tsv", by, hospital[0] != '\0' ? hospital : "all"));
    for (size_t i = 0; i < reply->n_rows; i++) {
        const Yibao__Drg__ReportRow *r = reply->rows[i];
        const char *key = by == YB_REPORT_DEPARTMENT ? yb_arena_printf(arena, "%s|%s", r->fixmedins_code, r->dscg_caty)
                          : by == YB_REPORT_DRG      ? r->drg
                          : by == YB_REPORT_MONTH    ? yb_arena_printf(arena, "%d", (int)r->ym)
                          : by == YB_REPORT_CLASS    ? yb_arena_printf(arena, "%d", class_of(r->pay_class))
                                                     : r->fixmedins_code;
        write_row(f, key, r);
    }
    write_row(f, "total", reply->total);
    ck_assert_int_eq(fclose(f), 0);
}

/* ---- tests ---- */

START_TEST(figures_of_random_rows)
{
    static const int32_t months[] = { 202601, 202602, 202603 };
    FILE *f = make_file("cases.tsv");
    fputs("ym\tcode\tcaty\tdrg\tkind\tclass\tflags\tversion\tlos\trw\tpoints\tfee\tother\tbooked\tgross\tdue\n", f);
    for (size_t m = 0; m < 3; m++) {
        yb_run_case_t cases[CASES];
        for (size_t i = 0; i < CASES; i++) {
            cases[i] = random_case((int64_t)(m * CASES + i + 1));
            write_case(f, months[m], &cases[i]);
        }
        put_run(10 + (int64_t)m, months[m], m == 2 ? YB_RUN_READY : YB_RUN_RELEASED, cases, CASES);
    }
    ck_assert_int_eq(fclose(f), 0);
    for (int by = YB_REPORT_HOSPITAL; by < YB_REPORT_BY_COUNT; by++) {
        write_answer(by, "");
        write_answer(by, "H14110200102");
    }
    const char *command =
        yb_arena_printf(arena, "python3 " YB_SOURCE_DIR "/tests/support/report_oracle.py %s", yb_test_bus_dir(bus));
    ck_assert_int_eq(system(command), 0);
}
END_TEST

/* A run being made, a dropped one and a month without one are not counted; the newest ready one is. */
START_TEST(what_is_not_counted)
{
    yb_run_case_t one = random_case(1);
    one.kind = YB_CASE_OF_MONTH;
    put_run(20, 202501, YB_RUN_DROPPED, &one, 1);
    put_run(21, 202501, YB_RUN_READY, &one, 1);
    put_run(22, 202502, YB_RUN_MADE, &one, 1);
    put_run(23, 202504, YB_RUN_DROPPED, &one, 1);
    const Yibao__Drg__ReportReply *r = ask(YB_REPORT_MONTH, 202501, 202504, "");
    ck_assert_uint_eq(r->n_months, 4);
    static const int states[] = { YB_RUN_READY, YB_RUN_MADE, 0, 0 };
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(r->months[i]->state, states[i]);
    ck_assert_int_eq(r->months[0]->run_id, 21);
    ck_assert_uint_eq(r->n_rows, 1);
    ck_assert_int_eq(r->rows[0]->ym, 202501);
    ck_assert_int_eq(r->total->cases, 1);
    r = ask(YB_REPORT_HOSPITAL, 202502, 202504, "");
    ck_assert_uint_eq(r->row_count, 0);
    ck_assert_int_eq(r->total->cases, 0);
    ck_assert_str_eq(r->total->low_risk_death_e6->lacks, "没有低风险病例");
}
END_TEST

START_TEST(the_newest_when_no_month_is_named)
{
    yb_run_case_t one = random_case(1);
    put_run(30, 202701, YB_RUN_READY, &one, 1);
    put_run(31, 202702, YB_RUN_MADE, &one, 1);
    put_run(32, 2027, YB_RUN_READY, &one, 1); /* of a year */
    const Yibao__Drg__ReportReply *r = ask(YB_REPORT_CLASS, 0, 0, "");
    ck_assert_uint_eq(r->n_months, 1);
    ck_assert_int_eq(r->months[0]->ym, 202701);
    ck_assert_uint_eq(r->n_rows, 1);
}
END_TEST

START_TEST(pages)
{
    yb_run_case_t cases[50];
    for (size_t i = 0; i < 50; i++) {
        cases[i] = random_case((int64_t)i + 1);
        cases[i].drg = yb_arena_printf(arena, "D%02zu", i);
        cases[i].kind = YB_CASE_OF_MONTH;
    }
    put_run(40, 202401, YB_RUN_READY, cases, 50);
    Yibao__Drg__ReportRequest req = YIBAO__DRG__REPORT_REQUEST__INIT;
    req.by = YB_REPORT_DRG;
    req.from_ym = req.to_ym = 202401; /* the area is the only one there is */
    req.offset = 45;
    req.limit = 3;
    const Yibao__Drg__ReportReply *r = ask_as(&req, NULL);
    ck_assert_msg(r != NULL, "%s", why.text);
    ck_assert_int_eq(r->poolarea, AREA);
    ck_assert_uint_eq(r->row_count, 50);
    ck_assert_uint_eq(r->n_rows, 3);
    ck_assert_str_eq(r->rows[0]->drg, "D45");
    ck_assert_int_eq(r->total->cases, 50);
    req.offset = 50;
    r = ask_as(&req, NULL);
    ck_assert_uint_eq(r->n_rows, 0);
}
END_TEST

START_TEST(refusals)
{
    static const struct {
        int32_t poolarea, by, from_ym, to_ym;
        const char *as;
        yb_err_t err;
    } cases[] = {
        { AREA, 0, 0, 0, NULL, YB_E_FIELD_DICT },
        { AREA, YB_REPORT_BY_COUNT, 0, 0, NULL, YB_E_FIELD_DICT },
        { 14, 1, 0, 0, NULL, YB_E_FIELD_FORM },
        { AREA, 1, 202613, 202613, NULL, YB_E_FIELD_FORM },
        { AREA, 1, 202603, 202602, NULL, YB_E_FIELD_RANGE },
        { AREA, 1, 202601, 202701, NULL, YB_E_FIELD_RANGE },
        { AREA, 1, 202601, 0, NULL, YB_E_FIELD_FORM },
        { AREA, 1, 0, 0, "H14110200101", YB_E_NOT_YOURS },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Yibao__Drg__ReportRequest req = YIBAO__DRG__REPORT_REQUEST__INIT;
        req.poolarea = cases[i].poolarea;
        req.by = cases[i].by;
        req.from_ym = cases[i].from_ym;
        req.to_ym = cases[i].to_ym;
        ck_assert_ptr_null(ask_as(&req, cases[i].as));
        ck_assert_msg(why.code == cases[i].err, "case %zu: %s", i, yb_err_name(why.code));
    }
}
END_TEST

int main(void)
{
    static const char *const areas[] = { "141100-lvliang.yaml", NULL };
    const char *given = getenv("YB_TEST_SEED");
    seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("seed %" PRIu64 "\n", seed);
    bus = yb_test_bus_create(yb_test_server(), areas);
    setenv("YB_LIST_DIR", YB_SOURCE_DIR "/services/drg/data", 1);
    setenv("YB_ICD_DIR", "", 1);
    yb_test_bus_start(bus, &yb_drg_service);
    Suite *suite = suite_create("report_rpc");
    TCase *tc = tcase_create("report_rpc");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, figures_of_random_rows);
    tcase_add_test(tc, what_is_not_counted);
    tcase_add_test(tc, the_newest_when_no_month_is_named);
    tcase_add_test(tc, pages);
    tcase_add_test(tc, refusals);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    yb_test_bus_destroy(&bus);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
