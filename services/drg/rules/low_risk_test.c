/* Low-risk diseases by the rows of a table, and by those of the repository. */
#include <check.h>
#include <stdlib.h>

#include "services/drg/check/list_file.h"
#include "services/drg/rules/low_risk.h"

static const yb_code_range_t cataract[] = { { "H25", "H26" } }, hernia[] = { { "K40.9", "K40.9" } },
                             except[] = { { "H26.1", "H26.1" } };
static const yb_list_rule_t rule[] = { { .id = YB_RULE_LOW_RISK_DEATH, .from = 20200101, .to = 20250701 } };
static const yb_code_list_t lists[] = {
    { YB_RULE_DX_FEMALE, YB_CODES_ABOUT, 20200101, 99991231, hernia, NULL, 1, 0, "其他规则", "", 1 },
    { YB_RULE_LOW_RISK_DEATH, YB_CODES_ABOUT, 20200101, 20250101, hernia, NULL, 1, 0, "疝", "", 2 },
    { YB_RULE_LOW_RISK_DEATH, YB_CODES_ABOUT, 20200101, 99991231, cataract, except, 1, 1, "白内障", "", 3 },
};
static const yb_list_rules_t rules = { .rules = rule, .rule_count = 1, .code_lists = lists, .code_list_count = 3 };

START_TEST(by_the_table_of_the_day)
{
    const struct {
        yb_day_t day;
        const char *principal;
        const yb_code_list_t *list;
    } cases[] = {
        { 20240630, "H25.900", &lists[2] }, { 20240630, "H26.000x001", &lists[2] },
        { 20240630, "H26.100", NULL }, /* left out by name */
        { 20240630, "H27.000", NULL },      { 20240630, "", NULL },
        { 20240630, NULL, NULL },           { 20241231, "K40.900", &lists[1] },
        { 20250101, "K40.900", NULL },                                     /* its row has ended */
        { 20250630, "H25.900", &lists[2] }, { 20250701, "H25.900", NULL }, /* the rule has */
        { 20191231, "H25.900", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(yb_low_risk_disease(&rules, cases[i].day, cases[i].principal) == cases[i].list, "case %zu", i);
}
END_TEST

START_TEST(of_the_repository)
{
    static yb_file_report_t report;
    uint8_t digest[YB_SM3_SIZE];
    yb_list_rules_t *own = NULL;
    ck_assert_int_eq(yb_list_rules_load(YB_SOURCE_DIR "/services/drg/data", &report, &own, digest), YB_OK);
    ck_assert_ptr_nonnull(yb_low_risk_disease(own, 20250308, "K40.900"));
    ck_assert_ptr_nonnull(yb_low_risk_disease(own, 20250308, "O80.000x001"));
    ck_assert_ptr_null(yb_low_risk_disease(own, 20250308, "J18.900"));
    ck_assert_ptr_null(yb_low_risk_disease(own, 20250308, "K40.300")); /* with obstruction */
    yb_list_rules_destroy(&own);
}
END_TEST

START_TEST(who_died)
{
    ck_assert(yb_discharge_died("5"));
    ck_assert(!yb_discharge_died("1") && !yb_discharge_died("") && !yb_discharge_died("9") && !yb_discharge_died("50"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("low_risk");
    TCase *tc = tcase_create("low_risk");
    tcase_add_test(tc, by_the_table_of_the_day);
    tcase_add_test(tc, of_the_repository);
    tcase_add_test(tc, who_died);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
