#include "services/drg/rules/month.h"

#include <check.h>
#include <string.h>

START_TEST(months_and_their_upload_day)
{
    yb_plan_t plan = { .calendar = { .upload_day = 10 } };
    ck_assert(yb_month_valid(202612) && !yb_month_valid(202613) && !yb_month_valid(202600) && !yb_month_valid(0));
    ck_assert_int_eq(yb_month_next(202612), 202701);
    ck_assert_int_eq(yb_month_next(202601), 202602);
    const int64_t until = yb_month_upload_until_us(&plan, 202512);
    ck_assert_int_eq(yb_time_of_unix_us(until - 1), 20260110235959);
    ck_assert_int_eq(yb_time_of_unix_us(until), 20260111000000);
    plan.calendar.upload_day = 0;
    ck_assert_int_eq(yb_month_upload_until_us(&plan, 202512), INT64_MAX);
}
END_TEST

static const yb_month_list_t list = { .setl_id = 7,
                                      .fixmedins_code = "H14110200101",
                                      .dscg_way = "5",
                                      .dscg_caty = "A03",
                                      .dx = "K35.800 I10.x00x002 E11.900",
                                      .px = "47.0901",
                                      .version = 3,
                                      .discharge_day = 20260108,
                                      .sex = 1,
                                      .age = -1,
                                      .age_day = 12,
                                      .los = 9,
                                      .bir_wt_g = 2900,
                                      .adm_wt_g = 3100,
                                      .icu = true,
                                      .has_principal = true,
                                      .is_submitted = true,
                                      .state_us = 100 };
static const yb_month_settlement_t settlement = { .setl_id = 7,
                                                  .fixmedins_code = "H14110200101",
                                                  .insutype = "390",
                                                  .med_type = "21",
                                                  .begntime = 20260101090000,
                                                  .endtime = 20260109100000,
                                                  .fee_fen = 100000,
                                                  .basic_fund_fen = 70000 };

START_TEST(what_the_grouper_is_given)
{
    yb_slice_t codes[8];
    yb_group_case_t c;
    yb_month_list_t l = list;
    ck_assert_uint_eq(yb_month_codes_max(&l), 5);
    yb_month_group_case(&l, codes, &c);
    ck_assert_uint_eq(c.dx_count, 3);
    ck_assert_uint_eq(c.px_count, 1);
    ck_assert(c.dx[1].len == 11 && memcmp(c.dx[1].data, "I10.x00x002", 11) == 0);
    ck_assert(c.px[0].len == 7 && memcmp(c.px[0].data, "47.0901", 7) == 0);
    ck_assert_int_eq(c.values[YB_CASE_SEX], 1);
    ck_assert_int_eq(c.values[YB_CASE_AGE], YB_CASE_MISSING);
    ck_assert_int_eq(c.values[YB_CASE_AGE_DAY], 12);
    ck_assert_int_eq(c.values[YB_CASE_WEIGHT], 3100); /* at admission, before that at birth */
    ck_assert_int_eq(c.values[YB_CASE_ICU], 1);
    l.adm_wt_g = -1;
    l.has_principal = false;
    l.px = "";
    l.sex = 0;
    yb_month_group_case(&l, codes, &c);
    ck_assert_int_eq(c.values[YB_CASE_WEIGHT], 2900);
    ck_assert_int_eq(c.values[YB_CASE_SEX], YB_CASE_MISSING);
    ck_assert_uint_eq(c.dx[0].len, 0); /* no principal one */
    ck_assert_uint_eq(c.dx_count, 4);
    ck_assert_uint_eq(c.px_count, 0);
    ck_assert_int_eq(yb_month_discharge(&settlement, &list), 20260108);
    ck_assert_int_eq(yb_month_discharge(&settlement, NULL), 20260109);
}
END_TEST

START_TEST(the_row_of_a_case)
{
    const yb_month_about_t about = { .poolarea = 141100, .upload_until_us = 99 };
    const yb_group_result_t group = { .drg = "GB15" };
    const yb_month_ruling_t special = { .setl_id = 7, .pay_as = YB_RULED_SPECIAL, .drg = "" },
                            named = { .setl_id = 7, .pay_as = YB_RULED_GROUP, .drg = "GB11" };
    yb_run_case_t row = yb_month_row(&about, &settlement, &list, &group, 0, NULL);
    ck_assert_int_eq(row.flags, YB_CASE_DIED | YB_CASE_SENT_LATE);
    ck_assert_int_eq(row.class, YB_PAY_NORMAL);
    ck_assert_int_eq(row.los, 9);
    ck_assert_int_eq(row.other_pay_fen, 30000);
    ck_assert_int_eq(row.booked_fen, 70000);
    row = yb_month_row(&about, &settlement, NULL, NULL, YB_RUN_CASE_NO_SCHEME, NULL);
    ck_assert_int_eq(row.class, YB_PAY_LATE);
    ck_assert_int_eq(row.los, 8);
    ck_assert_int_eq(row.list_version, 0);
    row = yb_month_row(&about, &settlement, &list, &group, 0, &special);
    ck_assert_int_eq(row.class, YB_PAY_SPECIAL);
    ck_assert_str_eq(row.drg, "GB15");
    row = yb_month_row(&(yb_month_about_t){ .poolarea = 140100, .upload_until_us = 100 }, &settlement, &list, &group, 0,
                       &named);
    ck_assert_int_eq(row.class, YB_PAY_NORMAL);
    ck_assert_str_eq(row.drg, "GB11");
    ck_assert_int_eq(row.flags, YB_CASE_DIED | YB_CASE_OFFSITE | YB_CASE_RULED);
}
END_TEST

START_TEST(a_row_taken_back)
{
    const yb_run_case_t released = { .drg = "GB15",
                                     .kind = YB_CASE_OF_MONTH,
                                     .class = YB_PAY_HIGH,
                                     .fee_fen = 5,
                                     .other_pay_fen = 3,
                                     .booked_fen = 2,
                                     .points_e4 = 9,
                                     .gross_fen = 9,
                                     .due_fen = 6,
                                     .rw_e4 = 1,
                                     .los = 4 };
    yb_run_case_t row = yb_month_take_back(&released);
    ck_assert_int_eq(row.kind, YB_CASE_TAKEN_BACK);
    ck_assert_int_eq(row.class, YB_PAY_HIGH);
    ck_assert_int_eq(row.fee_fen, -5);
    ck_assert_int_eq(row.other_pay_fen, -3);
    ck_assert_int_eq(row.booked_fen, -2);
    ck_assert_int_eq(row.due_fen + row.standard_fen, 0);
    ck_assert_int_eq(row.rw_e4, 1);
    ck_assert_int_eq(row.los, 4);
}
END_TEST

static const char depts[][YB_PLAN_TEXT] = { "A15", "B" }, dx[][YB_PLAN_TEXT] = { "K35" },
                  px[][YB_PLAN_TEXT] = { "47.01", "47.1" };
static const yb_day_step_t steps[] = { { 3, 20000 }, { INT32_MAX, 10000 } };
static const yb_plan_day_t days[] = {
    { .kind = "own", .institution = "H2", .in_points = true, .count = 2, .steps = steps },
    { .kind = "mental", .in_points = true, .count = 2, .steps = steps, .dept_count = 2, .depts = depts },
};
static const yb_plan_disease_t diseases[] = {
    { .code = "DB0", .price_fen = 1 }, /* of no diagnosis: on files alone */
    { .code = "DB1", .price_fen = 600000, .dx_count = 1, .dx = dx, .px_count = 2, .px = px },
    { .code = "DB2", .price_fen = 500000, .dx_count = 1, .dx = dx },
};
static const yb_plan_pool_t pools[] = {
    { .insutype = "390", .budget_fen = 100000000, .has_budget = true, .rate_e4 = 10000 }
};
static yb_plan_t plan_by(yb_plan_method_t method)
{
    return (yb_plan_t){ .method = method,
                        .days = days,
                        .day_count = 2,
                        .diseases = diseases,
                        .disease_count = 3,
                        .pools = pools,
                        .pool_count = 1,
                        .scope = { .los_min = -1, .los_max = INT32_MAX } };
}

START_TEST(what_a_list_says_and_the_plan_has)
{
    const yb_plan_t plan = plan_by(YB_METHOD_POINTS);
    const struct {
        const char *hi_paymtd, *dept, *dx, *px, *code, *wanted;
        yb_fen_t fee_fen;
    } cases[] = {
        { "5", "A15.01", "F20.000", "", "H1", "day:mental", 1 },
        { "5", "A1", "F20.000", "", "H1", "", 1 },
        { "5", "A03", "F20.000", "", "H2", "day:own", 1 },
        { "4", "A15", "K35.800", "47.0100", "H1", "", 1 },
        { "5", "A15", "F20.000", "", "H1", "", 0 }, /* its cancellation could not be told from it */
        { "2", "A03", "K35.800 I10", "54.1 47.0100", "H1", "disease:DB1", 1 },
        { "2", "A03", "K35.800", "54.1", "H1", "disease:DB2", 1 },
        { "2", "A03", "I10 K35.800", "47.0100", "H1", "", 1 },
        { "2", "A03", "K3", "47.0100", "H1", "", 1 },
    };
    char buf[YB_MONTH_PAY_TEXT];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        yb_month_list_t l = list;
        yb_month_settlement_t s = settlement;
        l.hi_paymtd = cases[i].hi_paymtd;
        l.dscg_caty = cases[i].dept;
        l.dx = cases[i].dx;
        l.px = cases[i].px;
        s.fixmedins_code = cases[i].code;
        s.fee_fen = cases[i].fee_fen;
        ck_assert_str_eq(yb_month_pay(&plan, &s, &l, buf), cases[i].wanted);
        l.has_principal = false;
        if (cases[i].hi_paymtd[0] == '2')
            ck_assert_str_eq(yb_month_pay(&plan, &s, &l, buf), "");
    }
    ck_assert_str_eq(yb_month_pay(&plan, &settlement, NULL, buf), "");
}
END_TEST

START_TEST(what_a_row_taken_back_is_worth)
{
    const yb_plan_t by_points = plan_by(YB_METHOD_POINTS), by_rate = plan_by(YB_METHOD_RATE);
    const struct {
        const yb_plan_t *plan;
        yb_pay_class_t class;
        int64_t points_e4, fixed;
        int16_t pool;
    } cases[] = {
        { &by_points, YB_PAY_DAY, 70000, 70000, 0 },
        { &by_points, YB_PAY_NORMAL, 70000, 70000, 0 },
        { &by_points, YB_PAY_LATE, 5, 5, 0 },
        { &by_points, YB_PAY_HIGH, -30000, -30000, 0 }, /* a form of high may be worth less than nothing */
        { &by_points, YB_PAY_DAY, 0, 900, -1 }, /* paid by a rate before: outside the budget */
        { &by_points, YB_PAY_DISEASE, 0, 900, -1 },
        { &by_points, YB_PAY_ITEM, 0, 900, -1 },
        { &by_rate, YB_PAY_DAY, 0, 900, 0 },
        { &by_rate, YB_PAY_HIGH, 0, 900, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const yb_run_case_t released = { .fixmedins_code = "H1",
                                         .insutype = "390",
                                         .drg = "GB15",
                                         .fee_fen = 1000,
                                         .kind = YB_CASE_OF_MONTH,
                                         .class = (uint8_t)cases[i].class,
                                         .points_e4 = cases[i].points_e4,
                                         .gross_fen = 900 };
        const yb_month_way_t way = { .med_type = "21", .pay = "" };
        const yb_run_case_t row = yb_month_take_back(&released);
        yb_pay_case_t c;
        yb_refusal_t why;
        ck_assert_int_eq(yb_month_resolve(cases[i].plan, &row, "7-2", &way, &c, &why), YB_OK);
        ck_assert_int_eq(c.kind, cases[i].class);
        ck_assert(c.scored);
        ck_assert_int_eq(c.fixed, cases[i].fixed);
        ck_assert_int_eq(c.pool, cases[i].pool);
        ck_assert_int_eq(c.fee_fen, -1000);
        yb_pay_class_t class;
        yb_fen_t gross_fen;
        yb_month_take_out(&row, &c); /* its pool cannot carry it */
        ck_assert_int_eq(yb_pay_gross(cases[i].plan, &c, &class, &gross_fen), YB_OK);
        ck_assert_int_eq(class, cases[i].class);
        ck_assert_int_eq(gross_fen, -900);
    }
}
END_TEST

START_TEST(what_a_group_is_worth)
{
    const yb_plan_t plan = { .method = YB_METHOD_POINTS };
    yb_pay_case_t c = { .kind = YB_PAY_NORMAL, .rw_e4 = 10000, .k_e4 = 10000, .fee_fen = 1 };
    ck_assert_int_eq(yb_month_standard(&plan, 10050, &c), 101); /* 1.0050 yuan, half-up */
    c.fee_fen = -1;
    ck_assert_int_eq(yb_month_standard(&plan, 10050, &c), -101);
    c.rw_e4 = YB_RW_E4_MAX;
    c.k_e4 = YB_COEFFICIENT_E4_MAX;
    ck_assert_int_eq(yb_month_standard(&plan, YB_BASE_E4_MAX, &c), -99999889999010);
    c.kind = YB_PAY_LATE;
    ck_assert_int_eq(yb_month_standard(&plan, 10050, &c), 0);
}
END_TEST

START_TEST(sums_by_institution_and_insutype)
{
    const yb_plan_t plan = { .prepay_ratio_ppm = 950000 };
    const yb_run_case_t rows[] = {
        { .fixmedins_code = "H1", .insutype = "390", .fee_fen = 10, .due_fen = 7, .booked_fen = 1, .points_e4 = 3 },
        { .fixmedins_code = "H1", .insutype = "310", .fee_fen = 20, .due_fen = -11 },
        { .fixmedins_code = "H1", .insutype = "390", .fee_fen = -4, .due_fen = 3, .gross_fen = 5, .booked_fen = -1 },
        { .fixmedins_code = "H2", .insutype = "390", .fee_fen = 1 },
    };
    yb_month_sum_t sums[4 + YB_MONTH_INSUTYPES_MAX];
    size_t count = 0;
    ck_assert_int_eq(yb_month_sums(&plan, rows, 4, sums, &count), YB_OK);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(sums[0].insutype, "310");
    ck_assert_int_eq(sums[0].prepaid_fen, -10); /* 10.45, half-up away from zero below it */
    ck_assert_int_eq(sums[0].withheld_fen, -1);
    ck_assert_int_eq(sums[1].case_count, 2);
    ck_assert_int_eq(sums[1].fee_fen, 6);
    ck_assert_int_eq(sums[1].due_fen, 10);
    ck_assert_int_eq(sums[1].booked_fen, 0);
    ck_assert_int_eq(sums[1].prepaid_fen, 10);
    ck_assert_str_eq(sums[2].fixmedins_code, "H2");
    ck_assert_int_eq(yb_month_sums(&plan, rows, 0, sums, &count), YB_OK);
    ck_assert_uint_eq(count, 0);
    const yb_run_case_t big[] = { { .fixmedins_code = "H1", .insutype = "390", .due_fen = INT64_MAX },
                                  { .fixmedins_code = "H1", .insutype = "390", .due_fen = 1 } };
    ck_assert_int_eq(yb_month_sums(&plan, big, 2, sums, &count), YB_E_OVERFLOW);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("month");
    TCase *tc = tcase_create("month");
    tcase_add_test(tc, months_and_their_upload_day);
    tcase_add_test(tc, what_the_grouper_is_given);
    tcase_add_test(tc, the_row_of_a_case);
    tcase_add_test(tc, a_row_taken_back);
    tcase_add_test(tc, what_a_list_says_and_the_plan_has);
    tcase_add_test(tc, what_a_row_taken_back_is_worth);
    tcase_add_test(tc, what_a_group_is_worth);
    tcase_add_test(tc, sums_by_institution_and_insutype);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
