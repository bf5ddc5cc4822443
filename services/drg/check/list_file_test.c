#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/drg/check/list_file.h"

#define DATA YB_SOURCE_DIR "/services/drg/data"

static char base[3][262144], edited[262144];
static yb_file_report_t report;

static void read_base(void)
{
    static const char *const names[3] = { "list-rules.csv", "list-codes.csv", "list-fields.csv" };
    for (int i = 0; i < 3; i++) {
        char path[512];
        snprintf(path, sizeof(path), DATA "/%s", names[i]);
        FILE *file = fopen(path, "rb");
        ck_assert_ptr_nonnull(file);
        size_t n = fread(base[i], 1, sizeof(base[i]) - 1, file);
        fclose(file);
        base[i][n] = '\0';
    }
}

static yb_err_t parse(int which, const char *text)
{
    const char *texts[3] = { base[0], base[1], base[2] };
    yb_list_rules_t *rules = NULL;
    if (text != NULL)
        texts[which] = text;
    yb_err_t err = yb_list_rules_parse(texts, &report, &rules);
    ck_assert_int_eq(rules != NULL, err == YB_OK);
    yb_list_rules_destroy(&rules);
    ck_assert_ptr_null(rules);
    return err;
}

/* The file with the first `old` replaced is refused, at that line and column, saying that. */
static void faulty(int which, const char *old, const char *new, int line, const char *column, const char *says)
{
    const char *at = strstr(base[which], old);
    ck_assert_msg(at != NULL, "not there: %s", old);
    snprintf(edited, sizeof(edited), "%.*s%s%s", (int)(at - base[which]), base[which], new, at + strlen(old));
    ck_assert_int_eq(parse(which, edited), YB_E_FILE_FORM);
    ck_assert_uint_gt(report.errors, 0);
    for (size_t i = 0; i < report.count; i++) {
        const yb_file_finding_t *f = &report.findings[i];
        if ((int)f->line == line && strcmp(f->at, column) == 0 && strstr(f->text, says) != NULL)
            return;
    }
    for (size_t i = 0; i < report.count; i++)
        printf("  %s:%d %s: %s\n", report.findings[i].file, (int)report.findings[i].line, report.findings[i].at,
               report.findings[i].text);
    ck_abort_msg("no finding at line %d, column %s: %s", line, column, says);
}

START_TEST(the_files_are_right)
{
    yb_list_rules_t *rules = NULL;
    uint8_t digest[YB_SM3_SIZE];
    ck_assert_int_eq(yb_list_rules_load(DATA, &report, &rules, digest), YB_OK);
    ck_assert_uint_eq(report.count, 0);
    ck_assert_uint_ge(rules->rule_count, YB_LIST_RULE_COUNT);
    const yb_list_rule_t *rule = yb_list_rule_at(rules, YB_RULE_NEWBORN_PLAUSIBLE, 20250101);
    ck_assert_ptr_nonnull(rule);
    ck_assert_int_eq(rule->severity, YB_LIST_ERROR);
    ck_assert_int_eq(rule->low, 200);
    ck_assert_int_eq(rule->high, 8000);
    ck_assert_int_eq(rule->to, YB_DAY_OPEN);
    ck_assert_ptr_null(yb_list_rule_at(rules, YB_RULE_NEWBORN_PLAUSIBLE, 20191231));
    ck_assert_ptr_nonnull(yb_code_list_at(rules, YB_RULE_DX_NOT_PRINCIPAL, YB_CODES_ABOUT, 20250101, "I25.200x006"));
    ck_assert_ptr_null(yb_code_list_at(rules, YB_RULE_DX_NOT_PRINCIPAL, YB_CODES_ABOUT, 20250101, "I25.100"));
    ck_assert_ptr_nonnull(yb_code_list_at(rules, YB_RULE_DX_DELIVERY, YB_CODES_NEEDED, 20250101, "Z37.000"));
    yb_list_rules_destroy(&rules);

    yb_sm3_t *sm3 = yb_sm3_create();
    uint8_t want[YB_SM3_SIZE];
    for (int i = 0; i < 3; i++)
        yb_sm3_update(sm3, base[i], strlen(base[i]));
    yb_sm3_final(sm3, want);
    yb_sm3_destroy(&sm3);
    ck_assert_mem_eq(digest, want, sizeof want);
}
END_TEST

START_TEST(faults_of_rules)
{
    faulty(0, "DX-01,error", "DX-99,error", 33, "rule", "没有规则“DX-99”");
    faulty(0, "FLD-01,error", "FLD-01,fatal", 2, "severity", "“fatal”不认识");
    faulty(0, "FLD-01,error,,", "FLD-01,error,3,", 2, "low", "没有这个界限");
    faulty(0, "NWB-02,error,200,8000", "NWB-02,error,,8000", 58, "low", "0至1000000的整数");
    faulty(0, "NWB-02,error,200,8000", "NWB-02,error,9000,8000", 58, "low", "下限大于上限");
    faulty(0, "FLD-01,error,,,2020-01-01", "FLD-01,error,,,2020-02-30", 2, "from", "2020-02-30");
    faulty(0, "FLD-01,error,,,2020-01-01,", "FLD-01,error,,,2020-01-01,2020-01-01", 2, "to", "终止日");
    faulty(0, "必填项未填写,", " ,", 2, "name", "空白");
    faulty(0, "assumed: 有离院请假", "assumed 有离院请假", 27, "source", "assumed后");
    faulty(0, "FLD-02,error", "FLD-01,error", 3, "from", "与第2行适用期重叠");
    faulty(0, "FLD-02,error", "FLD-01,error", 0, "rule", "缺少规则FLD-02");
    faulty(0, "rule,severity", "rule,sev", 1, "severity", "缺少列");
    faulty(0, "FLD-01,error,,,", "FLD-01,error,,", 2, "", "应有8列");
}
END_TEST

START_TEST(faults_of_codes)
{
    faulty(1, "V01-Y98", "V01-Y9", 2, "codes", "“V01-Y9”不是编码");
    faulty(1, "V01-Y98", "", 2, "codes", "未填写");
    faulty(1, "DX-08,about,V01-Y98", "DX-07,about,V01-Y98", 2, "rule", "没有编码表");
    faulty(1, "DX-08,about,V01-Y98", "DX-08,needed,V01-Y98", 2, "part", "只有about");
    faulty(1, "DX-08,about,V01-Y98", "DX-08,of,V01-Y98", 2, "part", "不认识");
    faulty(1, "DX-09,needed,Z37", "DX-09,unless,Z37", 0, "rule", "规则DX-09没有编码");
}
END_TEST

START_TEST(faults_of_fields)
{
    faulty(2, "setlinfo,gend", "setlinfo,sex", 11, "field", "没有字段“sex”");
    faulty(2, "setlinfo,gend", "head,gend", 11, "node", "没有节点“head”");
    faulty(2, "setlinfo,gend", "setlinfo,psn_name", 11, "field", "与第10行重复");
    faulty(2, "setlinfo,gend", "setlinfo,psn_name", 0, "field", "缺少字段setlinfo.gend");
    faulty(2, "性别,required", "性别,always", 11, "need_4101", "“always”不认识");
    faulty(2, "性别,required", "性别,anaesthesia", 11, "need_4101", "只用于节点oprninfo");
    faulty(2, "出生日期,required,absent,day", "出生日期,required,absent,date", 12, "kind", "“date”不认识");
    faulty(2, "number,\"4,1\"", "number,\"4,x\"", 13, "len", "不是长度");
    faulty(2, "number,\"4,1\"", "text,\"4,1\"", 13, "len", "不是长度");
}
END_TEST

START_TEST(what_cannot_be_read)
{
    yb_list_rules_t *rules = NULL;
    uint8_t digest[YB_SM3_SIZE];
    ck_assert_int_eq(yb_list_rules_load("/nonexistent", &report, &rules, digest), YB_E_FILE_FORM);
    ck_assert_uint_eq(report.errors, 3);
    ck_assert_ptr_null(rules);
    ck_assert_int_eq(parse(0, ""), YB_E_FILE_FORM);
    ck_assert_int_eq(parse(1, "rule,part"), YB_E_FILE_FORM);
}
END_TEST

START_TEST(findings_beyond_the_bound_are_counted)
{
    size_t n = (size_t)snprintf(edited, sizeof(edited), "rule,part,codes,except,what,from,to,source\n");
    for (int i = 0; i < 150; i++)
        n += (size_t)snprintf(edited + n, sizeof(edited) - n, "XX-%d,about,V01,,x,2020-01-01,,x\n", i);
    ck_assert_int_eq(parse(1, edited), YB_E_FILE_FORM);
    ck_assert_uint_eq(report.count, YB_FILE_FINDINGS_MAX);
    ck_assert_uint_eq(report.errors, 150);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("list_file");
    TCase *tc = tcase_create("list_file");
    tcase_add_checked_fixture(tc, read_base, NULL);
    tcase_add_test(tc, the_files_are_right);
    tcase_add_test(tc, faults_of_rules);
    tcase_add_test(tc, faults_of_codes);
    tcase_add_test(tc, faults_of_fields);
    tcase_add_test(tc, what_cannot_be_read);
    tcase_add_test(tc, findings_beyond_the_bound_are_counted);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
