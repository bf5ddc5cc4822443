#include <check.h>
#include <string.h>
#include "services/drg/rules/dip_pay.h"

static yb_dip_disease_t diseases[] = {
    { .code = "I20.0:1", .kind = YB_DIP_CORE, .op_kind = YB_DIP_OPERATION, .mean_fen = 10000, .rw_e4 = 10000000 },
    { .code = "J18.9:", .kind = YB_DIP_BASIC, .mean_fen = 10000, .rw_e4 = 10000000 },
    { .code = "~09:operation",
      .kind = YB_DIP_COMPOSITE,
      .op_kind = YB_DIP_OPERATION,
      .mean_fen = 10000,
      .rw_e4 = 50000 },
};
static const yb_dip_op_t op_kinds[] = { { "1", YB_DIP_DIAGNOSTIC }, { "2", YB_DIP_OPERATION } };
static const yb_plan_pool_t pools[] = { { .insutype = "310", .budget_fen = 100000, .has_budget = true } };

typedef struct world {
    yb_dip_rules_t rules;
    yb_plan_t plan;
    yb_refusal_t why;
} world_t;

static void make(world_t *w)
{
    *w = (world_t){ .rules = { .catalogue = { .diseases = diseases, .count = 3 } },
                    .plan = { .method = YB_METHOD_DIP,
                              .pools = pools,
                              .pool_count = 1,
                              .default_k_e4 = 10500,
                              .scope = { .los_min = -1, .los_max = INT32_MAX } } };
    w->plan.dip = &w->rules;
    for (int i = 0; i < YB_FACTOR_COUNT; i++)
        w->plan.factor_e6[i] = YB_E6_ONE;
}

/* The case resolved and measured as a run does it. */
static yb_err_t pay(world_t *w, const char *dx, const char *ops, yb_dip_op_kind_t op_kind, yb_fen_t fee_fen,
                    yb_pay_class_t *ret_class, int64_t *ret_points_e4)
{
    const yb_dip_facts_t dip = { .dx = { dx, strlen(dx) },
                                 .ops = { ops, strlen(ops) },
                                 .op_kind = op_kind,
                                 .age = "",
                                 .severity = "",
                                 .tumour = "",
                                 .level = "" };
    const yb_pay_facts_t facts = { .fixmedins_code = "H1", .insutype = "310", .dip = &dip, .pay = "", .med_type = "" };
    yb_pay_case_t c = { .id = "a", .fee_fen = fee_fen };
    w->why = (yb_refusal_t){ .code = YB_OK };
    yb_err_t err = yb_pay_resolve(&w->plan, &facts, &c, &w->why);
    return err == YB_OK ? yb_pay_points(&w->plan, 0, &c, ret_class, ret_points_e4) : err;
}

START_TEST(a_case_becomes_points)
{
    static const struct {
        const char *dx, *ops;
        yb_fen_t fee_fen;
        yb_pay_class_t class;
        int64_t points_e4;
    } rows[] = {
        { "I20.000", "1", 10000, YB_PAY_CORE, 10500000 },
        { "I20.000", "1", 4000, YB_PAY_LOW, 4200000 },
        { "I20.000", "1", 25000, YB_PAY_HIGH, 15750000 }, /* × (2.5 − 2 + 1) */
        { "I20.000", "1", -25000, YB_PAY_HIGH, -15750000 },
        { "J18.900", "", 10000, YB_PAY_BASIC, 10000000 }, /* k is 1 */
        { "I21.000", "9", 10000, YB_PAY_COMPOSITE, 52500 },
        { "K80.000", "", 5000, YB_PAY_NONE, 10000000 }, /* 1000 × 50 ÷ 50 */
        { "K80.000", "", -1, YB_PAY_NONE, -2000 },
    };
    world_t w;
    make(&w);
    w.plan.mean_e4 = 500000; /* 50 yuan */
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        yb_pay_class_t class;
        int64_t points_e4;
        ck_assert_int_eq(pay(&w, rows[i].dx, rows[i].ops, YB_DIP_OPERATION, rows[i].fee_fen, &class, &points_e4),
                         YB_OK);
        ck_assert_msg(class == rows[i].class && points_e4 == rows[i].points_e4, "%s %lld: %s %lld", rows[i].dx,
                      (long long)rows[i].fee_fen, yb_pay_class_name(class), (long long)points_e4);
    }
}
END_TEST

START_TEST(what_is_refused)
{
    world_t w;
    yb_pay_class_t class;
    int64_t points_e4;
    make(&w);
    ck_assert_int_eq(pay(&w, "K80.0", "", YB_DIP_NONE, 1, &class, &points_e4), YB_E_POLICY_NONE); /* no M */
    ck_assert_str_eq(w.why.field, "dx");
    ck_assert_int_eq(pay(&w, "K8", "", YB_DIP_NONE, 1, &class, &points_e4), YB_E_FIELD_FORM);
    w.plan.default_k_e4 = 0;
    ck_assert_int_eq(pay(&w, "I20.0", "1", YB_DIP_NONE, 1, &class, &points_e4), YB_E_POLICY_NONE);
    ck_assert_str_eq(w.why.field, "fixmedins_code");
    ck_assert_int_eq(pay(&w, "J18.9", "", YB_DIP_NONE, 10000, &class, &points_e4), YB_OK); /* basic needs none */
    /* who runs the plan knows no diagnoses */
    const yb_pay_facts_t facts = {
        .fixmedins_code = "H1", .insutype = "310", .drg = "AA11", .pay = "", .med_type = ""
    };
    yb_pay_case_t c = { .id = "a", .fee_fen = 1 };
    ck_assert_int_eq(yb_pay_resolve(&w.plan, &facts, &c, &w.why), YB_E_UNSUPPORTED);
}
END_TEST

START_TEST(kinds_of_operations_from_the_plans_table)
{
    world_t w;
    yb_pay_class_t class;
    int64_t points_e4;
    make(&w);
    w.plan.mean_e4 = 500000;
    ck_assert_int_eq(pay(&w, "I21.0", "1+2", YB_DIP_OP_KINDS, 10000, &class, &points_e4), YB_E_FIELD_MISSING);
    w.rules.op_kinds = op_kinds;
    w.rules.op_kind_count = 2;
    ck_assert_int_eq(pay(&w, "I21.0", "1+2", YB_DIP_OP_KINDS, 10000, &class, &points_e4), YB_OK);
    ck_assert_int_eq(class, YB_PAY_COMPOSITE); /* the greatest: operation */
    ck_assert_int_eq(pay(&w, "I21.0", "1", YB_DIP_OP_KINDS, 10000, &class, &points_e4), YB_OK);
    ck_assert_int_eq(class, YB_PAY_NONE);
    ck_assert_int_eq(pay(&w, "I21.0", "1+3", YB_DIP_OP_KINDS, 10000, &class, &points_e4), YB_E_FIELD_MISSING);
    ck_assert_ptr_nonnull(strstr(w.why.text, "手术操作3"));
    ck_assert_int_eq(pay(&w, "I20.0", "1+3", YB_DIP_OP_KINDS, 10000, &class, &points_e4), YB_E_FIELD_MISSING);
    w.rules.require = YB_DIP_LISTED; /* a core disease needs no kind */
    ck_assert_int_eq(pay(&w, "I20.0", "1+3", YB_DIP_OP_KINDS, 10000, &class, &points_e4), YB_OK);
    ck_assert_int_eq(class, YB_PAY_CORE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dip_pay");
    TCase *t = tcase_create("dip_pay");
    tcase_add_test(t, a_case_becomes_points);
    tcase_add_test(t, what_is_refused);
    tcase_add_test(t, kinds_of_operations_from_the_plans_table);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
