/* Figures of the report, each computed by hand. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "services/drg/rules/ratio.h"
#include "services/drg/rules/report.h"

static yb_arena_t *arena;
static yb_report_row_t *rows, total;
static size_t row_count;

static void start(void) { arena = yb_arena_create(0); }
static void end(void) { yb_arena_destroy(&arena); }

/* n cases of that much in all. */
static yb_report_cell_t cell(const char *code, const char *drg, yb_pay_class_t class, int64_t n, int64_t days,
                             yb_fen_t fee_fen)
{
    const bool weighted = class == YB_PAY_NORMAL || class == YB_PAY_LOW || class == YB_PAY_HIGH;
    return (yb_report_cell_t){ .fixmedins_code = code,
                               .dscg_caty = "A03",
                               .drg = drg,
                               .ym = 202603,
                               .class = (uint8_t) class,
                               .sums = { .n = n,
                                         .listed = n,
                                         .weighted = weighted ? n : 0,
                                         .rw_e4 = weighted ? 10000 * n : 0,
                                         .days = days,
                                         .fee_fen = fee_fen,
                                         .gross_fen = fee_fen,
                                         .due_fen = fee_fen } };
}

static void make(yb_report_by_t by, const yb_report_cell_t *cells, size_t count)
{
    ck_assert_int_eq(yb_report_make(by, cells, count, cells, count, arena, &rows, &row_count, &total), YB_OK);
}

static void is(const yb_report_row_t *row, yb_report_figure_t figure, int64_t value)
{
    ck_assert_msg(row->figures[figure].known && row->figures[figure].value == value, "%s: %lld, not %lld",
                  yb_report_figure_zh(figure), (long long)row->figures[figure].value, (long long)value);
}
static void unknown(const yb_report_row_t *row, yb_report_figure_t figure)
{
    ck_assert_msg(!row->figures[figure].known, "%s is %lld", yb_report_figure_zh(figure),
                  (long long)row->figures[figure].value);
}

/* docs/payment.md works this one out. */
START_TEST(example)
{
    yb_report_cell_t cells[] = {
        cell("H1", "BB11", YB_PAY_NORMAL, 3, 30, 3000000), cell("H1", "BB11", YB_PAY_HIGH, 1, 20, 3000000),
        cell("H1", "GD15", YB_PAY_LOW, 2, 6, 400000),      cell("H1", "0000", YB_PAY_0000, 1, 5, 500000),
        cell("H1", "ET15", YB_PAY_DAY, 1, 40, 1200000),    cell("H2", "BB11", YB_PAY_NORMAL, 4, 30, 4000000),
        cell("H2", "GD15", YB_PAY_NORMAL, 6, 30, 2400000),
    };
    cells[0].sums.rw_e4 = 3 * 25000;
    cells[1].sums.rw_e4 = 25000;
    cells[2].sums.rw_e4 = 2 * 6001;
    cells[2].sums.low_risk = 2;
    cells[2].sums.low_risk_deaths = 1;
    cells[0].sums.gross_fen = 3100000;
    make(YB_REPORT_HOSPITAL, cells, 7);
    ck_assert_uint_eq(row_count, 2);
    const yb_report_row_t *one = &rows[0];
    ck_assert_str_eq(one->key.fixmedins_code, "H1");
    ck_assert_int_eq(one->key.sums.n, 8);
    is(one, YB_FIGURE_CMI, 18667); /* (4 × 2.5 + 2 × 0.6001) ÷ 6 = 1.86670 */
    /* BB11: own 50 ÷ 4 days, region 80 ÷ 8; GD15: own 6 ÷ 2, region 36 ÷ 8: (4 × 1.25 + 2 × 0.666…) ÷ 6 */
    is(one, YB_FIGURE_TIME_INDEX, 10556);
    /* BB11: own 15000, region 12500; GD15: own 2000, region 3500: (4 × 1.2 + 2 × 0.5714…) ÷ 6 */
    is(one, YB_FIGURE_COST_INDEX, 9905);
    ck_assert_int_eq(one->excluded, 1);
    ck_assert_int_eq(one->grouped, 6);
    is(one, YB_FIGURE_GROUPING, 8571); /* 6 ÷ (8 − 1) */
    ck_assert_int_eq(one->drg_count, 2);
    is(one, YB_FIGURE_LOW_RISK_DEATH, 500000);
    is(one, YB_FIGURE_PAID_SHARE, 8519);  /* 69000 ÷ 81000 */
    is(one, YB_FIGURE_MEAN_FEE, 1012500); /* 81000 ÷ 8 */
    is(one, YB_FIGURE_MEAN_DAYS, 1263);   /* 101 ÷ 8 = 12.625 */
    is(one, YB_FIGURE_LOW_SHARE, 3333);
    is(one, YB_FIGURE_HIGH_SHARE, 1667);
    ck_assert_int_eq(one->surplus_fen, 100000);
    is(&total, YB_FIGURE_TIME_INDEX, 10000);
    is(&total, YB_FIGURE_COST_INDEX, 10000);
    ck_assert_int_eq(total.key.sums.n, 18);
    ck_assert_int_eq(total.drg_count, 2);
}
END_TEST

START_TEST(nothing_below_the_line)
{
    yb_report_cell_t late = cell("H1", "", YB_PAY_LATE, 1, 4, 100000);
    late.sums.listed = 0;
    make(YB_REPORT_HOSPITAL, &late, 1);
    ck_assert_uint_eq(row_count, 1);
    unknown(rows, YB_FIGURE_CMI);
    unknown(rows, YB_FIGURE_TIME_INDEX);
    unknown(rows, YB_FIGURE_COST_INDEX);
    unknown(rows, YB_FIGURE_LOW_RISK_DEATH);
    unknown(rows, YB_FIGURE_LOW_SHARE);
    is(rows, YB_FIGURE_GROUPING, 0); /* one to be grouped, without a list */
    is(rows, YB_FIGURE_PAID_SHARE, 10000);
    is(rows, YB_FIGURE_MEAN_DAYS, 400);
    yb_report_cell_t item = cell("H1", "BB11", YB_PAY_ITEM, 1, 70, 0);
    make(YB_REPORT_HOSPITAL, &item, 1);
    unknown(rows, YB_FIGURE_GROUPING);
    unknown(rows, YB_FIGURE_PAID_SHARE);
    unknown(rows, YB_FIGURE_PAID_FUND_SHARE);
    unknown(rows, YB_FIGURE_TIME_INDEX);
    ck_assert_int_eq(rows->drg_count, 0);
    make(YB_REPORT_HOSPITAL, &item, 0);
    ck_assert_uint_eq(row_count, 0);
    for (yb_report_figure_t f = 0; f < YB_FIGURE_COUNT; f++) {
        unknown(&total, f);
        ck_assert(yb_report_figure_lacks(f)[0] != '\0');
    }
}
END_TEST

START_TEST(one_case_alone)
{
    yb_report_cell_t one = cell("H1", "BB11", YB_PAY_NORMAL, 1, 7, 1000001);
    make(YB_REPORT_HOSPITAL, &one, 1);
    is(rows, YB_FIGURE_CMI, 10000);
    is(rows, YB_FIGURE_TIME_INDEX, 10000);
    is(rows, YB_FIGURE_COST_INDEX, 10000);
    is(rows, YB_FIGURE_MEAN_FEE, 1000001);
    is(rows, YB_FIGURE_LOW_SHARE, 0);
    unknown(rows, YB_FIGURE_LOW_RISK_DEATH);
}
END_TEST

/* A row that takes back subtracts; a DRG of which nothing stands is neither counted nor compared. */
START_TEST(taken_back)
{
    yb_report_cell_t cells[] = {
        cell("H1", "BB11", YB_PAY_NORMAL, 2, 20, 2000000),  cell("H1", "BB11", YB_PAY_LOW, -1, -8, -500000),
        cell("H1", "GD15", YB_PAY_NORMAL, -1, -3, -300000), cell("H1", "ET15", YB_PAY_NORMAL, 1, 5, 100000),
        cell("H1", "FN15", YB_PAY_NORMAL, 1, 9, 900000),    cell("H1", "FN15", YB_PAY_HIGH, -1, -3, -300000),
        cell("H2", "FN15", YB_PAY_NORMAL, 2, 6, 600000),
    };
    make(YB_REPORT_HOSPITAL, cells, 7);
    ck_assert_int_eq(rows->key.sums.n, 1);
    ck_assert_int_eq(rows->drg_count, 2);
    ck_assert_int_eq(rows->compared, 2); /* one each of BB11 and ET15 */
    is(rows, YB_FIGURE_TIME_INDEX, 10000);
    is(rows, YB_FIGURE_LOW_SHARE, -10000);
    make(YB_REPORT_DRG, cells, 7);
    ck_assert_uint_eq(row_count, 4);
    ck_assert_str_eq(rows[3].key.drg, "GD15");
    unknown(&rows[3], YB_FIGURE_CMI);
    unknown(&rows[3], YB_FIGURE_MEAN_FEE);
    ck_assert_int_eq(rows[3].key.sums.fee_fen, -300000);
}
END_TEST

START_TEST(by_what)
{
    yb_report_cell_t cells[] = {
        cell("H2", "BB11", YB_PAY_NORMAL, 1, 10, 100),
        cell("H1", "BB11", YB_PAY_NORMAL, 1, 30, 100),
        cell("H1", "BB11", YB_PAY_LOW, 1, 30, 100),
        cell("H1", "GD15", YB_PAY_NORMAL, 1, 5, 100),
    };
    cells[2].ym = 202604;
    cells[3].dscg_caty = "B01";
    make(YB_REPORT_DEPARTMENT, cells, 4);
    ck_assert_uint_eq(row_count, 3);
    ck_assert_str_eq(rows[0].key.dscg_caty, "A03");
    ck_assert_str_eq(rows[1].key.dscg_caty, "B01");
    ck_assert_str_eq(rows[2].key.fixmedins_code, "H2");
    make(YB_REPORT_CLASS, cells, 4);
    ck_assert_uint_eq(row_count, 2);
    ck_assert_int_eq(rows[0].key.class, YB_PAY_LOW);
    is(&rows[0], YB_FIGURE_TIME_INDEX, 12857); /* 30 against 70 ÷ 3 */
    make(YB_REPORT_MONTH, cells, 4);
    ck_assert_uint_eq(row_count, 2);
    ck_assert_int_eq(rows[1].key.ym, 202604);
    is(&rows[1], YB_FIGURE_TIME_INDEX, 10000); /* with its own month */
    is(&total, YB_FIGURE_TIME_INDEX, 10000);
}
END_TEST

/* A hospital against the region; and a month against the region's same month, its total against all months. */
START_TEST(against_the_region)
{
    yb_report_cell_t region[] = { cell("", "BB11", YB_PAY_NORMAL, 4, 40, 4000),
                                  cell("", "BB11", YB_PAY_HIGH, 2, 50, 8000),
                                  cell("", "GD15", YB_PAY_NORMAL, 1, 3, 100) },
                     own[] = { cell("H1", "BB11", YB_PAY_NORMAL, 1, 12, 1500),
                               cell("H1", "BB11", YB_PAY_HIGH, 1, 25, 4000) };
    region[1].ym = own[1].ym = 202604;
    ck_assert_int_eq(yb_report_make(YB_REPORT_MONTH, own, 2, region, 3, arena, &rows, &row_count, &total), YB_OK);
    is(&rows[0], YB_FIGURE_TIME_INDEX, 12000);
    is(&rows[1], YB_FIGURE_TIME_INDEX, 10000);
    is(&total, YB_FIGURE_TIME_INDEX, 12333); /* 18.5 against 15 */
    is(&total, YB_FIGURE_COST_INDEX, 13750); /* 2750 against 2000 */
    ck_assert_int_eq(yb_report_make(YB_REPORT_HOSPITAL, own, 2, region, 0, arena, &rows, &row_count, &total), YB_OK);
    unknown(&rows[0], YB_FIGURE_TIME_INDEX);
}
END_TEST

START_TEST(rounding_is_half_up_once)
{
    /* 1/3 + 1/6 = 1/2 exactly; halves go up */
    const yb_ratio_term_t terms[] = { { 1, 3 }, { 1, 6 } };
    int64_t got;
    ck_assert_int_eq(yb_ratio_sum_half_up(terms, 2, 1, 1, &got), YB_OK);
    ck_assert_int_eq(got, 1);
    ck_assert_int_eq(yb_ratio_sum_half_up(terms, 2, 10, 4, &got), YB_OK); /* 5 ÷ 4 */
    ck_assert_int_eq(got, 1);
    ck_assert_int_eq(yb_ratio_sum_half_up(terms, 0, 10, 4, &got), YB_OK);
    ck_assert_int_eq(got, 0);
    const yb_ratio_term_t huge[] = { { (yb_wide_t)INT64_MAX * INT64_MAX, 1 } };
    ck_assert_int_eq(yb_ratio_sum_half_up(huge, 1, 1, 1, &got), YB_E_OVERFLOW);
    ck_assert_int_eq(yb_ratio_sum_half_up(huge, 1, 1, INT64_MAX, &got), YB_OK);
    ck_assert_int_eq(got, INT64_MAX);
    /* Σ 1 ÷ (i (i + 1)), i = 1..999, = 999 ÷ 1000 */
    yb_ratio_term_t many[999];
    for (int64_t i = 1; i < 1000; i++)
        many[i - 1] = (yb_ratio_term_t){ 1, i * (i + 1) };
    ck_assert_int_eq(yb_ratio_sum_half_up(many, 999, 1000000, 1, &got), YB_OK);
    ck_assert_int_eq(got, 999000);
}
END_TEST

START_TEST(sums_that_do_not_fit)
{
    yb_report_cell_t cells[] = { cell("H1", "BB11", YB_PAY_NORMAL, 1, 1, INT64_MAX),
                                 cell("H1", "BB11", YB_PAY_NORMAL, 1, 1, 1) };
    ck_assert_int_eq(yb_report_make(YB_REPORT_HOSPITAL, cells, 2, cells, 2, arena, &rows, &row_count, &total),
                     YB_E_OVERFLOW);
}
END_TEST

START_TEST(what_is_a_drg)
{
    ck_assert(yb_report_is_drg("BB11") && yb_report_is_drg("Y"));
    ck_assert(!yb_report_is_drg("") && !yb_report_is_drg("0000") && !yb_report_is_drg("BQY") &&
              !yb_report_is_drg("QY"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tc = tcase_create("report");
    tcase_add_checked_fixture(tc, start, end);
    tcase_add_test(tc, example);
    tcase_add_test(tc, nothing_below_the_line);
    tcase_add_test(tc, one_case_alone);
    tcase_add_test(tc, taken_back);
    tcase_add_test(tc, by_what);
    tcase_add_test(tc, against_the_region);
    tcase_add_test(tc, rounding_is_half_up_once);
    tcase_add_test(tc, sums_that_do_not_fit);
    tcase_add_test(tc, what_is_a_drg);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
