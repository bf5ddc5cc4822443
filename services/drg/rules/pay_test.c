#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/drg/rules/pay_run.h"

/* Mean 10,000 yuan, low 0.4, high: RW <= 1: 3, <= 3: 2.5, above: 2; QY 0.85. */
static const yb_weight_t weights[] = {
    { "AA11", 12000, YB_WEIGHT_STABLE }, { "BB15", 6000, YB_WEIGHT_BASIC },   { "CC19", 10000, YB_WEIGHT_UNSTABLE },
    { "DD19", 0, YB_WEIGHT_UNCOVERED },  { "EEQY", 10000, YB_WEIGHT_STABLE },
};
static const yb_high_step_t steps[] = { { 10000, 0, 3000000 }, { 30000, 0, 2500000 }, { YB_STEP_ALL_RW, 0, 2000000 } };
static const yb_plan_level_t levels[] = { { "三甲", 11000 }, { "二级", 0 } };
static const yb_plan_institution_t institutions[] = {
    { "H1", 5000, 0 }, /* its own 0.5 before the level's 1.1 */
    { "H2", 0, 0 },
    { "H3", 0, 1 }, /* a level without coefficient: the default */
};
static const yb_plan_pool_t pools[] = { { "310", 99869352, 1000000, true, false }, { "390", 0, 0, false, false } };

static yb_plan_t plan_of(void)
{
    return (yb_plan_t){
        .name = "test",
        .area = "620100",
        .mean_e4 = 100000000,
        .low_ratio_e6 = 400000,
        .steps = steps,
        .step_count = 3,
        .factor_e6 = { YB_E6_ONE, 850000, YB_E6_ONE, YB_E6_ONE },
        .default_k_e4 = 10000,
        .levels = levels,
        .level_count = 2,
        .institutions = institutions,
        .institution_count = 3,
        .weights = weights,
        .weight_count = 5,
        .pools = pools,
        .pool_count = 2,
        .scope = { .los_min = -1, .los_max = INT32_MAX },
    };
}

static yb_pay_case_t resolved(const yb_plan_t *plan, const char *institution, const char *drg)
{
    const yb_pay_facts_t facts = {
        .fixmedins_code = institution, .insutype = "310", .drg = drg, .pay = "", .med_type = "", .los = 5
    };
    yb_pay_case_t c = { .id = "1" };
    yb_refusal_t why = { .code = YB_OK };
    ck_assert_msg(yb_pay_resolve(plan, &facts, &c, &why) == YB_OK, "%s", why.text);
    return c;
}

/* "class points" of a case of that cost. */
static const char *points(const yb_plan_t *plan, const char *institution, const char *drg, yb_fen_t fee_fen)
{
    static char text[64];
    char number[YB_DECIMAL_TEXT];
    yb_pay_case_t c = resolved(plan, institution, drg);
    yb_pay_class_t class;
    int64_t points_e4;
    c.fee_fen = fee_fen;
    ck_assert_int_eq(yb_pay_points(plan, plan->mean_e4, &c, &class, &points_e4), YB_OK);
    snprintf(text, sizeof(text), "%s %s", yb_pay_class_name(class), yb_decimal_format(points_e4, 4, number));
    return text;
}

static const char *gross(const yb_plan_t *plan, const char *institution, const char *drg, yb_fen_t fee_fen)
{
    static char text[64];
    char number[YB_DECIMAL_TEXT];
    yb_pay_case_t c = resolved(plan, institution, drg);
    yb_pay_class_t class;
    yb_fen_t gross_fen;
    c.fee_fen = fee_fen;
    ck_assert_int_eq(yb_pay_gross(plan, &c, &class, &gross_fen), YB_OK);
    snprintf(text, sizeof(text), "%s %s", yb_pay_class_name(class), yb_fen_format(gross_fen, number));
    return text;
}

/* AA11 at H1: standard 10,000 × 1.2 × 0.5 = 6,000; low below 2,400, high above 15,000. */
START_TEST(bounds_are_exact)
{
    yb_plan_t plan = plan_of();
    ck_assert_str_eq(points(&plan, "H1", "AA11", 239999), "low 23.9999");
    ck_assert_str_eq(points(&plan, "H1", "AA11", 240000), "normal 60.0000");
    ck_assert_str_eq(points(&plan, "H1", "AA11", 240001), "normal 60.0000");
    ck_assert_str_eq(points(&plan, "H1", "AA11", 1499999), "normal 60.0000");
    ck_assert_str_eq(points(&plan, "H1", "AA11", 1500000), "normal 60.0000");
    ck_assert_str_eq(points(&plan, "H1", "AA11", 1500001), "high 60.0001");
    plan.low_at_bound = plan.high_at_bound = true;
    ck_assert_str_eq(points(&plan, "H1", "AA11", 240000), "low 24.0000");
    ck_assert_str_eq(points(&plan, "H1", "AA11", 240001), "normal 60.0000");
    ck_assert_str_eq(points(&plan, "H1", "AA11", 1499999), "normal 60.0000");
    ck_assert_str_eq(points(&plan, "H1", "AA11", 1500000), "high 60.0000");
}
END_TEST

START_TEST(every_class_by_hand)
{
    yb_plan_t plan = plan_of();
    /* r = 20,000 ÷ 6,000 = 3.333…; 60 + (3.333… − 2.5) × 60 = 110 */
    ck_assert_str_eq(points(&plan, "H1", "AA11", 2000000), "high 110.0000");
    /* 100 × 1,234.56 ÷ 10,000, and × 0.85 = 10.493 76 → 10.4938 */
    ck_assert_str_eq(points(&plan, "H1", "0000", 123456), "0000 12.3456");
    ck_assert_str_eq(points(&plan, "H1", "CQY", 123456), "QY 10.4938");
    ck_assert_str_eq(points(&plan, "H1", "CC19", 123456), "unstable 12.3456");
    ck_assert_str_eq(points(&plan, "H1", "DD19", 123456), "uncovered 12.3456");
    ck_assert_str_eq(points(&plan, "H1", "ZZ99", 123456), "uncovered 12.3456"); /* not in the weights */
    ck_assert_str_eq(points(&plan, "H1", "AA11", 0), "low 0.0000");
}
END_TEST

START_TEST(qy_and_0000_come_before_the_weights)
{
    static const yb_weight_t named[] = { { "0000", 12000, YB_WEIGHT_STABLE }, { "EEQY", 10000, YB_WEIGHT_STABLE } };
    yb_plan_t plan = plan_of();
    plan.weights = named;
    plan.weight_count = 2;
    ck_assert_str_eq(points(&plan, "H1", "0000", 1000000), "0000 100.0000");
    ck_assert_str_eq(points(&plan, "H1", "EEQY", 1000000), "QY 85.0000");
}
END_TEST

START_TEST(coefficient_own_then_level_then_default)
{
    yb_plan_t plan = plan_of();
    ck_assert_str_eq(points(&plan, "H1", "AA11", 1000000), "normal 60.0000");
    ck_assert_str_eq(points(&plan, "H2", "AA11", 1000000), "normal 132.0000");
    ck_assert_str_eq(points(&plan, "H3", "AA11", 1000000), "normal 120.0000");
    ck_assert_str_eq(points(&plan, "H9", "AA11", 1000000), "normal 120.0000");
    ck_assert_str_eq(points(&plan, "H1", "BB15", 600000), "normal 60.0000"); /* basic: 1 for everyone */
}
END_TEST

/* Points are rounded once: 100 × 0.0001 × 0.0150 = 0.000 15 → 0.0002, × 0.0149 → 0.0001. */
START_TEST(points_round_half_up)
{
    yb_plan_t plan = plan_of();
    yb_pay_case_t c = {
        .id = "1", .fee_fen = 1, .kind = YB_PAY_NORMAL, .rw_e4 = 1, .k_e4 = 150, .high_ratio_e6 = YB_STEP_NEVER
    };
    yb_pay_class_t class;
    int64_t got;
    plan.low_ratio_e6 = 0;
    ck_assert_int_eq(yb_pay_points(&plan, plan.mean_e4, &c, &class, &got), YB_OK);
    ck_assert_int_eq(got, 2);
    c.k_e4 = 149;
    ck_assert_int_eq(yb_pay_points(&plan, plan.mean_e4, &c, &class, &got), YB_OK);
    ck_assert_int_eq(got, 1);
    /* by cost at mean 20,000: 0.01 ÷ 20,000 × 100 = 0.000 05 → 0.0001 */
    c = (yb_pay_case_t){ .id = "1", .fee_fen = 1, .kind = YB_PAY_UNSTABLE };
    ck_assert_int_eq(yb_pay_points(&plan, 200000000, &c, &class, &got), YB_OK);
    ck_assert_int_eq(got, 1);
    c.fee_fen = -1;
    ck_assert_int_eq(yb_pay_points(&plan, 200000000, &c, &class, &got), YB_OK);
    ck_assert_int_eq(got, -1);
}
END_TEST

/* Lanzhou's rate. 9,986.9352 × 1.2 × 0.5 = 5,992.161 12 → 5,992.16; thr 2.5: high above 14,980.4028. */
START_TEST(rate_method)
{
    yb_plan_t plan = plan_of();
    plan.method = YB_METHOD_RATE;
    ck_assert_str_eq(gross(&plan, "H1", "AA11", 600000), "normal 5992.16");
    ck_assert_str_eq(gross(&plan, "H1", "AA11", 239686), "low 2396.86"); /* 0.4 × standard = 2,396.864 448 */
    ck_assert_str_eq(gross(&plan, "H1", "AA11", 239687), "normal 5992.16");
    ck_assert_str_eq(gross(&plan, "H1", "AA11", 1498040), "normal 5992.16");
    /* 14,980.41 − 1.5 × 5,992.161 12 = 5,992.168 32 → 5,992.17 */
    ck_assert_str_eq(gross(&plan, "H1", "AA11", 1498041), "high 5992.17");
    ck_assert_str_eq(gross(&plan, "H1", "CQY", 100001), "QY 850.01"); /* 850.0085 */
    ck_assert_str_eq(gross(&plan, "H1", "0000", 100001), "0000 1000.01");
}
END_TEST

/* Each form at a cost of 20,000, thr 2.5 (RW 1.2, k 0.5, mean 10,000): m = 2, r = 3.333…, m ÷ RW = 1.666…. */
START_TEST(every_form_of_high_by_hand)
{
    static const struct {
        yb_high_form_t form;
        const char *want;
    } forms[] = {
        { YB_HIGH_EXCESS, "high 110.0000" }, /* 60 + 0.8333… × 60 */
        { YB_HIGH_EXCESS_WEIGHT,
          "high -40.0000" }, /* 60 + (1.666… − 2.5) × 120: this form may fall below the standard */
        { YB_HIGH_OVER_ONE, "high 140.0000" }, /* 60 + 0.666… × 120 */
        { YB_HIGH_WEIGHT, "high 20.0000" },    /* 200 − 1.5 × 120 */
        { YB_HIGH_SHARE, "high 95.0000" },     /* 60 × (1 + 0.7 × 0.8333…) */
        { YB_HIGH_COST, "high 200.0000" },
    };
    yb_plan_t plan = plan_of();
    plan.high_share_e4 = 7000;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        plan.high_form = forms[i].form;
        ck_assert_str_eq(points(&plan, "H1", "AA11", 2000000), forms[i].want);
    }
}
END_TEST

START_TEST(steps_by_level)
{
    static const yb_high_step_t by_level[] = { { YB_STEP_ALL_RW, 1, 3000000 }, { YB_STEP_ALL_RW, 0, YB_STEP_NEVER } };
    yb_plan_t plan = plan_of();
    plan.steps = by_level;
    plan.step_count = 2;
    ck_assert_str_eq(points(&plan, "H1", "AA11", 1800000), "normal 60.0000"); /* 3 × 6,000 */
    ck_assert_str_eq(points(&plan, "H1", "AA11", 1800001), "high 60.0001");
    ck_assert_str_eq(points(&plan, "H9", "AA11", 99999999), "normal 120.0000"); /* no level, never high */
}
END_TEST

static yb_err_t refused(const yb_plan_t *plan, const yb_pay_facts_t *facts, const char *field, const char *says)
{
    yb_pay_case_t c = { .id = "1" };
    yb_refusal_t why = { .code = YB_OK };
    yb_err_t err = yb_pay_resolve(plan, facts, &c, &why);
    ck_assert_str_eq(why.field, field);
    ck_assert_msg(strstr(why.text, says) != NULL, "%s", why.text);
    return err;
}

START_TEST(what_the_plan_does_not_say_is_refused)
{
    yb_plan_t plan = plan_of();
    yb_pay_facts_t facts = { .fixmedins_code = "H9", .insutype = "390", .drg = "AA11", .pay = "", .med_type = "" };
    ck_assert_int_eq(refused(&plan, &facts, "insutype", "险种390的预算"), YB_E_POLICY_NONE);
    facts.insutype = "410";
    ck_assert_int_eq(refused(&plan, &facts, "insutype", "险种410的预算"), YB_E_POLICY_NONE);
    plan.method = YB_METHOD_RATE;
    facts.insutype = "390";
    ck_assert_int_eq(refused(&plan, &facts, "insutype", "险种390的费率"), YB_E_POLICY_NONE);
    facts.insutype = "310";
    plan.default_k_e4 = 0;
    ck_assert_int_eq(refused(&plan, &facts, "fixmedins_code", "机构H9的系数"), YB_E_POLICY_NONE);
    facts.pay = "day:mental";
    ck_assert_int_eq(refused(&plan, &facts, "pay", "mental"), YB_E_POLICY_NONE);
    facts.pay = "disease:X1";
    ck_assert_int_eq(refused(&plan, &facts, "pay", "X1"), YB_E_POLICY_NONE);
    facts.pay = "head";
    ck_assert_int_eq(refused(&plan, &facts, "pay", "人头"), YB_E_UNSUPPORTED);
    facts.pay = "nonsense";
    ck_assert_int_eq(refused(&plan, &facts, "pay", "nonsense"), YB_E_FIELD_DICT);
}
END_TEST

/* Slices of a stay: 3 days at 10 points, up to day 7 at 5, then 1: 12 days = 30 + 20 + 5 = 55 points. */
START_TEST(days_diseases_and_what_is_left_out)
{
    static const yb_day_step_t slices[] = { { 3, 100000 }, { 7, 50000 }, { INT32_MAX, 10000 } };
    static const yb_plan_day_t days[] = {
        { .kind = "mental", .in_points = true, .count = 3, .steps = slices },
        { .kind = "mental", .institution = "H2", .in_points = true, .count = 1, .steps = slices + 2 },
    };
    static const yb_plan_disease_t diseases[] = { { .code = "DB1", .price_fen = 500000 },
                                                  { .code = "DB1", .level = "三甲", .price_fen = 600000 } };
    yb_plan_t plan = plan_of();
    plan.days = days;
    plan.day_count = 2;
    plan.diseases = diseases;
    plan.disease_count = 2;
    yb_pay_facts_t facts = {
        .fixmedins_code = "H9", .insutype = "310", .drg = "AA11", .pay = "day:mental", .med_type = "", .los = 12
    };
    yb_pay_case_t c = { .id = "1" };
    yb_refusal_t why = { .code = YB_OK };
    yb_pay_class_t class;
    int64_t got;
    ck_assert_int_eq(yb_pay_resolve(&plan, &facts, &c, &why), YB_OK);
    ck_assert_int_eq(yb_pay_points(&plan, plan.mean_e4, &c, &class, &got), YB_OK);
    ck_assert_int_eq(class, YB_PAY_DAY);
    ck_assert_int_eq(got, 550000);
    facts.fixmedins_code = "H2";
    ck_assert_int_eq(yb_pay_resolve(&plan, &facts, &c, &why), YB_OK);
    ck_assert_int_eq(c.fixed, 120000);
    facts.pay = "disease:DB1";
    ck_assert_int_eq(yb_pay_resolve(&plan, &facts, &c, &why), YB_OK);
    ck_assert_int_eq(yb_pay_gross(&plan, &c, &class, &got), YB_OK);
    ck_assert_int_eq(got, 600000);
    plan.scope.los_max = 12;
    facts.pay = "";
    c.fee_fen = 123;
    ck_assert_int_eq(yb_pay_resolve(&plan, &facts, &c, &why), YB_OK);
    ck_assert_int_eq(yb_pay_gross(&plan, &c, &class, &got), YB_OK);
    ck_assert_int_eq(class, YB_PAY_ITEM);
    ck_assert_int_eq(got, 123);
    facts.los = 11;
    ck_assert_int_eq(yb_pay_resolve(&plan, &facts, &c, &why), YB_OK);
    ck_assert_int_eq(c.kind, YB_PAY_NORMAL);
}
END_TEST

START_TEST(a_tcm_group_is_paid_as_its_western_drg)
{
    static const yb_plan_tcm_t tcms[] = { { "TCM1", "BB15" } };
    yb_plan_t plan = plan_of();
    plan.tcms = tcms;
    plan.tcm_count = 1;
    ck_assert_str_eq(points(&plan, "H1", "TCM1", 600000), "normal 60.0000");
}
END_TEST

/* The greatest of everything stays inside 128 bits and inside the result, or says so. */
START_TEST(limits)
{
    yb_plan_t plan = plan_of();
    yb_pay_case_t c = { .id = "1",
                        .fee_fen = YB_CASE_FEE_MAX,
                        .kind = YB_PAY_NORMAL,
                        .rw_e4 = YB_RW_E4_MAX,
                        .k_e4 = YB_COEFFICIENT_E4_MAX,
                        .high_ratio_e6 = 1000000 };
    yb_pay_class_t class;
    int64_t got;
    ck_assert_int_eq(yb_pay_points(&plan, YB_BASE_E4_MAX, &c, &class, &got), YB_OK);
    ck_assert_int_eq(class, YB_PAY_LOW);
    ck_assert_int_eq(got, 1000000000); /* 10^10 yuan ÷ 9,999,999.9999 × 100 = 100,000.000 001 points */
    c.rw_e4 = 1;
    plan.factor_e6[YB_FACTOR_UNSTABLE] = YB_RATIO_E6_MAX;
    c.kind = YB_PAY_UNSTABLE;
    ck_assert_int_eq(yb_pay_points(&plan, 1, &c, &class, &got), YB_E_OVERFLOW);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pay");
    TCase *t = tcase_create("pay");
    tcase_add_test(t, bounds_are_exact);
    tcase_add_test(t, every_class_by_hand);
    tcase_add_test(t, qy_and_0000_come_before_the_weights);
    tcase_add_test(t, coefficient_own_then_level_then_default);
    tcase_add_test(t, points_round_half_up);
    tcase_add_test(t, rate_method);
    tcase_add_test(t, every_form_of_high_by_hand);
    tcase_add_test(t, steps_by_level);
    tcase_add_test(t, what_the_plan_does_not_say_is_refused);
    tcase_add_test(t, days_diseases_and_what_is_left_out);
    tcase_add_test(t, a_tcm_group_is_paid_as_its_western_drg);
    tcase_add_test(t, limits);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
