#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/drg/plan/cases.h"

static const yb_weight_t weights[] = { { "AA11", 12000, YB_WEIGHT_STABLE } };
static const yb_high_step_t steps[] = { { YB_STEP_ALL_RW, 0, 2000000 } };
static const yb_plan_pool_t pools[] = { { "310", 0, 1000000, true, false } };
static yb_plan_t plan = { .default_k_e4 = 10000,
                          .weights = weights,
                          .weight_count = 1,
                          .steps = steps,
                          .step_count = 1,
                          .pools = pools,
                          .pool_count = 1,
                          .scope = { .los_min = -1, .los_max = INT32_MAX } };
static yb_file_report_t report;

#define HEAD "id\tfixmedins_code\tinsutype\tdrg\tfee\tother_pay\tlos\n"

static yb_err_t read_text(const char *text, yb_case_list_t *list)
{
    memset(&report, 0, sizeof(report));
    return yb_cases_read(&plan, NULL, text, strlen(text), "dir/cases.tsv", NULL, NULL, &report, list);
}

START_TEST(cases_are_read_by_their_columns)
{
    yb_case_list_t list = { .count = 0 };
    ck_assert_int_eq(read_text("\xEF\xBB\xBFlos\tname\tother_pay\tfee\tdrg\tinsutype\tfixmedins_code\tid\r\n"
                               "7\t\"甲\t2.5\t-10\tAA11\t310\tH1\tx-1\r\n\r\n"
                               "0\t\t0\t0.01\t0000\t310\tH2\tx-2",
                               &list),
                     YB_OK);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_str_eq(list.cases[0].id, "x-1");
    ck_assert_int_eq(list.cases[0].fee_fen, -1000);
    ck_assert_int_eq(list.cases[0].other_pay_fen, 250);
    ck_assert_int_eq(list.cases[0].rw_e4, 12000);
    ck_assert_int_eq(list.cases[1].kind, YB_PAY_0000);
    yb_cases_destroy(&list);
    ck_assert_ptr_null(list.cases);
}
END_TEST

START_TEST(faults_are_named_with_line_and_column)
{
    static const struct {
        const char *text, *at, *says;
        uint64_t line;
        uint32_t column;
    } rows[] = {
        { HEAD "1\tH1\t310\tAA11\t1.234\t0\t1\n", "fee", "最多2位", 2, 5 },
        { HEAD "1\tH1\t310\tAA11\t1e3\t0\t1\n", "fee", "1e3", 2, 5 },
        { HEAD "1\tH1\t310\tAA11\t\t0\t1\n", "fee", "不能用", 2, 5 },
        { HEAD "1\tH1\t310\tAA11\t99999999999\t0\t1\n", "fee", "10000000000.00", 2, 5 },
        { HEAD "1\tH1\t310\tAA11\t1\tx\t1\n", "other_pay", "“x”", 2, 6 },
        { HEAD "1\tH1\t310\tAA11\t1\t0\t-1\n", "los", "-1", 2, 7 },
        { HEAD "1\tH1\t310\tAA11\t1\t0\t1.5\n", "los", "1.5", 2, 7 },
        { HEAD "1\tH1\t310\t\t1\t0\t1\n", "drg", "不能为空", 2, 4 },
        { HEAD "1\tH1\t310\tAA11 \t1\t0\t1\n", "drg", "空格", 2, 4 },
        { HEAD "\tH1\t310\tAA11\t1\t0\t1\n", "id", "编号", 2, 1 },
        { HEAD "1\tH1\t310\tAA11\t1\t0\t1\n2\tH1\t390\tAA11\t1\t0\t1\n", "insutype", "险种390的预算", 3, 3 },
        { HEAD "1\tH1\t310\tAA11\t1\t0\t1\n2\tH1\t310\tAA11\t1\t0\t1\n1\tH1\t310\tAA11\t1\t0\t1\n", "id", "第2行已有",
          4, 0 },
        { HEAD "1\tH1\t310\tAA11\t1\t0\n", "", "实有6列", 2, 0 },
        { HEAD, "", "没有一个病例", 0, 0 },
        { "id\tfee\n1\t2\n", "fixmedins_code", "缺少列", 1, 0 },
        { "", "", "为空", 1, 0 },
        { HEAD "1\tH1\t310\tAA11\t1\t0\t1\xff\n", "los", "UTF-8", 2, 7 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        yb_case_list_t list = { .count = 0 };
        ck_assert_msg(read_text(rows[i].text, &list) == YB_E_FILE_FORM, "accepted: %s", rows[i].text);
        const yb_file_finding_t *f = &report.findings[0];
        ck_assert_msg(f->line == rows[i].line && f->column == rows[i].column && strcmp(f->at, rows[i].at) == 0 &&
                          strstr(f->text, rows[i].says) != NULL && strcmp(f->file, "cases.tsv") == 0,
                      "%s: %d column %d %s: %s", rows[i].text, (int)f->line, (int)f->column, f->at, f->text);
        ck_assert_ptr_null(list.cases);
    }
}
END_TEST

START_TEST(every_fault_is_told_and_the_count_has_a_limit)
{
    yb_case_list_t list = { .count = 0 };
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    fputs(HEAD, out);
    for (int i = 0; i < 250; i++)
        fprintf(out, "%d\tH1\t310\tAA11\t?\t?\t1\n", i);
    fclose(out);
    ck_assert_int_eq(read_text(text, &list), YB_E_FILE_FORM);
    ck_assert_uint_eq(report.errors, 500);
    ck_assert_uint_eq(report.count, YB_FILE_FINDINGS_MAX);
    ck_assert_uint_eq(report.left_out, 500 - YB_FILE_FINDINGS_MAX);
    free(text);
}
END_TEST

START_TEST(a_scope_needs_its_columns)
{
    static const char types[][YB_PLAN_TEXT] = { "52" };
    yb_case_list_t list = { .count = 0 };
    plan.scope.med_types = types;
    plan.scope.med_type_count = 1;
    plan.scope.offsite_out = true;
    ck_assert_int_eq(read_text(HEAD "1\tH1\t310\tAA11\t1\t0\t1\n", &list), YB_E_FILE_FORM);
    ck_assert_uint_eq(report.errors, 2);
    ck_assert_int_eq(
        read_text("id\tfixmedins_code\tinsutype\tdrg\tfee\tother_pay\tlos\tmed_type\toffsite\n"
                  "1\tH1\t310\tAA11\t1\t0\t1\t52\t\n2\tH1\t310\tAA11\t1\t0\t1\t21\t1\n3\tH1\t310\tAA11\t1\t0\t1\t\t0\n",
                  &list),
        YB_OK);
    ck_assert_int_eq(list.cases[0].kind, YB_PAY_ITEM);
    ck_assert_int_eq(list.cases[1].kind, YB_PAY_ITEM);
    ck_assert_int_eq(list.cases[2].kind, YB_PAY_NORMAL);
    yb_cases_destroy(&list);
    plan.scope = (yb_plan_scope_t){ .los_min = -1, .los_max = INT32_MAX };
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cases");
    TCase *t = tcase_create("cases");
    tcase_add_test(t, cases_are_read_by_their_columns);
    tcase_add_test(t, faults_are_named_with_line_and_column);
    tcase_add_test(t, every_fault_is_told_and_the_count_has_a_limit);
    tcase_add_test(t, a_scope_needs_its_columns);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
