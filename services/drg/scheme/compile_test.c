/* Tables that cannot be used are refused with file, line and column; what the checker finds in tables that can. */
#include "services/drg/scheme/scheme_oracle.h"
#include "libcommon/clock.h"
#include "services/drg/scheme/check.h"
#include "tests/support/quick_check.h"

#define GOOD                                                                                               \
    .tables[YB_TABLE_MDC] = "0\tM\tdx1:@mdc\tMR1\n", .tables[YB_TABLE_ADRG] = "M\t0\tMR1\tdx1:zd\tMR19\n", \
    .tables[YB_TABLE_DRG] = "MR1\t0\tMR19\ttrue\tx\n", .tables[YB_TABLE_MDC_DX] = "M\t\tA1\n",             \
    .tables[YB_TABLE_ADRG_CODE] = "MR1\tzd\tA1\n"

static void refused(yb_scheme_table_id_t id, const char *rows, const char *want)
{
    char fault[512];
    scheme_text_t s = { GOOD };
    s.tables[id] = rows;
    yb_scheme_t *scheme = scheme_try(&s, fault);
    ck_assert_msg(scheme == NULL, "%s is taken", rows);
    ck_assert_msg(strncmp(fault, want, strlen(want)) == 0, "%s and not %s", fault, want);
}

START_TEST(faults_name_file_line_and_column)
{
    refused(YB_TABLE_MDC, "x\tM\ttrue\tMR1\n", "mdc.tsv:2: column order: 应为整数");
    refused(YB_TABLE_MDC, "99999999999\tM\ttrue\tMR1\n", "mdc.tsv:2: column order: 应为整数");
    refused(YB_TABLE_MDC, "0\tM\ttrue\tMR1\n1\t\ttrue\tMR1\n", "mdc.tsv:3: column mdc: 不能为空");
    refused(YB_TABLE_MDC, "0\tM\ttrue & (\tMR1\n", "mdc.tsv:2: column condition: 条件第9个字符");
    refused(YB_TABLE_MDC, "0\tM\ttrue\n", "mdc.tsv:2: 应有4列，实有3列");
    refused(YB_TABLE_MDC, "0\tM\ttrue\tMR1\tmore\n", "mdc.tsv:2: 应有4列，实有5列");
    refused(YB_TABLE_ADRG, "\nM\t0\tMR1\tage=5\tMR19\n", "adrg.tsv:3: column condition: 条件第4个字符");
    refused(YB_TABLE_DRG, "MR1\t0\tMR19\t\tx\n", "drg.tsv:2: column condition: 不能为空");
    refused(YB_TABLE_QY, "M\tMQY\tpx\tMR1\n", "qy.tsv:2: column condition: 条件第1个字符");
    refused(YB_TABLE_SEVERITY, "A1\tmcc\t1\n", "severity.tsv:2: column level: 应为MCC或CC");
    refused(YB_TABLE_ADRG_CODE, "MR1\tzd\tA.12345678901234567890123456789012345678901\n",
            "adrg_code.tsv:2: column code: 编码超过40字节");
    refused(YB_TABLE_PX_VALID, "P1\t\xC3\x28\n", "px_valid.tsv:2: column name: 不是UTF-8");
    refused(YB_TABLE_DRG, "MR1\t0\tMR\"19\t)\tx\n", "drg.tsv:2: column condition"); /* quotes are letters */
}
END_TEST

/* A header is wrong, missing or in another order; BOM, CRLF, extra columns, an empty qy.tsv. */
static bool reads(const char *mdc, const char *qy, char *fault)
{
    const scheme_text_t rows = { GOOD };
    yb_slice_t text[YB_TABLE_COUNT], given[YB_TABLE_COUNT];
    yb_scheme_tables_t *tables = NULL;
    yb_scheme_report_t report = yb_scheme_report_create(0);
    tables_text(&rows, text);
    memcpy(given, text, sizeof given);
    given[YB_TABLE_MDC] = (yb_slice_t){ mdc, strlen(mdc) };
    given[YB_TABLE_QY] = (yb_slice_t){ qy, strlen(qy) };
    const bool good = yb_scheme_tables_parse(given, &report, &tables) == YB_OK;
    ck_assert(!good || (tables->tables[YB_TABLE_MDC].count == 1 &&
                        strcmp(tables->tables[YB_TABLE_MDC].rows[0].cells[YB_MDC_ADRGS], "MR1") == 0));
    yb_scheme_report_first_error(&report, fault, 512);
    yb_scheme_tables_destroy(&tables);
    yb_scheme_report_clear(&report);
    tables_text_free(text);
    return good;
}

START_TEST(files_of_other_programs_are_read)
{
    static const char header[] = "mdc\tgroup\tcondition\tbefore_adrg\n";
    char fault[512];
    ck_assert(reads("\xEF\xBB\xBForder\tmdc\tcondition\tadrg_in_order\r\n0\tM\ttrue\tMR1\r\n", header, fault));
    ck_assert(reads("mdc\tadrg_in_order\tremark\torder\tcondition\nM\tMR1\t\"x\t0\ttrue", "", fault));
    ck_assert(reads("order\tmdc\tcondition\tadrg_in_order\n0\tM\ttrue\tMR1\n", "\xEF\xBB\xBF\r\n", fault));
    ck_assert(!reads("order\tmdc\tcondition\n0\tM\ttrue\n", header, fault));
    ck_assert_str_eq(fault, "mdc.tsv:1: column adrg_in_order: 首行缺少列“adrg_in_order”；请补上该列");
    ck_assert(!reads("", header, fault));
    ck_assert(!reads("order\tmdc\tcondition\tadrg_in_order\n", "mdc\tgroup\n", fault));
}
END_TEST

START_TEST(limits_are_refused_by_name)
{
    static char rows[400000];
    size_t n = 0;
    for (int i = 0; i < 65; i++)
        n += (size_t)snprintf(rows + n, sizeof rows - n, "M\tsite%d\tA1\n", i);
    refused(YB_TABLE_MDC_DX, rows, "mdc_dx.tsv:0: 部位有65个，最多64个");
    rows[n - strlen("M\tsite64\tA1\n")] = '\0';
    yb_scheme_t *s = scheme_of(&(scheme_text_t){ GOOD, .tables[YB_TABLE_SEVERITY] = "A1\tCC\t\n" });
    yb_scheme_destroy(&s);
    n = (size_t)snprintf(rows, sizeof rows, "0\tM\tdx1:{");
    memset(rows + n, 'x', 66000);
    snprintf(rows + n + 66000, 64, "}\tMR1\n");
    refused(YB_TABLE_MDC, rows, "mdc.tsv:2: 一行超过64 KiB");
}
END_TEST

START_TEST(a_folder_without_all_tables_is_refused)
{
    char fault[512];
    yb_scheme_t *s = NULL;
    yb_scheme_report_t report = yb_scheme_report_create(0);
    ck_assert_int_eq(yb_scheme_compile_folder(YB_SOURCE_DIR "/docs", &report, &s), YB_E_IO);
    ck_assert_uint_eq(report.counts[YB_RULE_FORM], YB_TABLE_COUNT);
    ck_assert_msg(strncmp(yb_scheme_report_first_error(&report, fault, sizeof fault), "mdc.tsv:0: 不能读取", 12) == 0,
                  "%s", fault);
    yb_scheme_report_clear(&report);
}
END_TEST

/* Any bytes as tables: refused or compiled, never a crash. */
START_TEST(any_change_of_a_byte_is_survived)
{
    static const char alphabet[] = "\t\n\r|&!(){}:@,<>=0A1 \"";
    const scheme_text_t rows = { GOOD, .tables[YB_TABLE_QY] = "M\tMQY\tpx1:{P1,P2} & age<5\tMR1\n",
                                 .tables[YB_TABLE_SEVERITY] = "A1\tCC\t1\n", .tables[YB_TABLE_EXCLUSION] = "A1\t1\n" };
    yb_seeded_random_t state;
    size_t compiled = 0;
    (void)yb_random_seeded(&state, 99);
    for (size_t round = 0; round < 3000; round++) {
        yb_slice_t text[YB_TABLE_COUNT];
        yb_scheme_tables_t *tables = NULL;
        yb_scheme_t *s = NULL;
        const yb_scheme_about_t about = { .name = "x", .area = "" };
        yb_scheme_report_t report = yb_scheme_report_create(0);
        tables_text(&rows, text);
        yb_slice_t *t = &text[yb_seeded_below(&state, YB_TABLE_COUNT)];
        for (size_t k = 1 + (size_t)yb_seeded_below(&state, 3); k > 0; k--)
            ((char *)(uintptr_t)t->data)[yb_seeded_below(&state, t->len)] =
                alphabet[yb_seeded_below(&state, sizeof alphabet - 1)];
        if (yb_scheme_tables_parse(text, &report, &tables) == YB_OK &&
            yb_scheme_compile(tables, &about, &report, &s) == YB_OK) {
            yb_scheme_check(tables, s, NULL, &report);
            compiled++;
        } else {
            ck_assert(report.by_severity[YB_SCHEME_ERROR] > 0);
        }
        yb_scheme_destroy(&s);
        yb_scheme_tables_destroy(&tables);
        yb_scheme_report_clear(&report);
        tables_text_free(text);
    }
    ck_assert(compiled > 100);
}
END_TEST

/* ---- the checker ---- */

/* The findings as "file:line rule", in the order found, FORM and the given rule apart. */
static const char *checked(const scheme_text_t *rows, const yb_icd_t *icd)
{
    static char text[2048];
    yb_slice_t tables_of[YB_TABLE_COUNT];
    yb_scheme_tables_t *tables = NULL;
    yb_scheme_t *s = NULL;
    size_t n = 0;
    const yb_scheme_about_t about = { .name = "x", .area = "" };
    yb_scheme_report_t report = yb_scheme_report_create(0);
    tables_text(rows, tables_of);
    ck_assert_int_eq(yb_scheme_tables_parse(tables_of, &report, &tables), YB_OK);
    ck_assert_int_eq(yb_scheme_compile(tables, &about, &report, &s), YB_OK);
    yb_scheme_check(tables, s, icd, &report);
    text[0] = '\0';
    for (size_t i = 0; i < report.count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%.*s:%u %s; ", (int)strcspn(report.findings[i].file, "."),
                              report.findings[i].file, (unsigned)report.findings[i].line,
                              yb_scheme_rule_name(report.findings[i].rule));
    yb_scheme_destroy(&s);
    yb_scheme_tables_destroy(&tables);
    yb_scheme_report_clear(&report);
    tables_text_free(tables_of);
    return text;
}

START_TEST(good_tables_have_no_findings)
{
    const scheme_text_t s = { GOOD };
    ck_assert_str_eq(checked(&s, NULL), "");
}
END_TEST

START_TEST(names_that_lead_nowhere)
{
    const scheme_text_t s = { .tables[YB_TABLE_MDC] = "0\tM\tdx1:@mdc\tMR1,MR7\n1\tN\tdx1:@mdc\t\n",
                              .tables[YB_TABLE_ADRG] =
                                  "M\t0\tMR1\tdx1:zd | dx1:gone\tMR19,MR17\nX\t0\tXR1\ttrue\tXR19\nM\t0\tMR2\ttrue\t\n",
                              .tables[YB_TABLE_DRG] =
                                  "MR1\t0\tMR19\ttrue\tx\nXR1\t0\tXR19\ttrue\tx\nQR1\t0\tQR19\ttrue\tx\n",
                              .tables[YB_TABLE_QY] = "M\tMQY\tpx1:@valid\tMR9\n",
                              .tables[YB_TABLE_MDC_DX] = "M\t\tA1\nK\t\tA2\n",
                              .tables[YB_TABLE_ADRG_CODE] = "MR1\tzd\tA1\nMR1\tss\tP1\n",
                              .tables[YB_TABLE_PX_VALID] = "P1\tx\n" };
    ck_assert_str_eq(
        checked(&s, NULL),
        "mdc:2 name-unknown; mdc:3 name-unknown; adrg:2 name-unknown; adrg:4 not-tried; adrg:4 name-unknown; "
        "adrg:3 name-unknown; adrg:3 not-tried; drg:4 not-tried; drg:4 name-unknown; mdc_dx:3 name-unknown; qy:2 "
        "not-tried; "
        "mdc:3 list-empty; adrg:2 list-empty; adrg_code:3 list-unused; mdc:3 never; mdc_dx:3 no-medical-group; ");
}
END_TEST

START_TEST(rows_that_never_match_or_stand_in_the_shadow)
{
    const scheme_text_t s = {
        .tables[YB_TABLE_MDC] = "0\tM\tdx1:@mdc & sex==1\tMB1,MB2,MB3,MC1,MC2,MR1,MR2\n",
        .tables[YB_TABLE_ADRG] =
            "M\t0\tMB1\tpx1:ss\tMB19\nM\t1\tMB2\tpx1:ss\tMB29\nM\t2\tMB3\tpx1:ss\tMB39\nM\t3\tMC1\tage<5 & "
            "age>5\tMC19\n"
            "M\t4\tMC2\tpx1:ss & sex==2\tMC29\nM\t5\tMR1\ttrue\tMR11,MR13,MR15\nM\t6\tMR2\tdx1:zd\tMR29\n",
        .tables[YB_TABLE_DRG] =
            "MB1\t0\tMB19\ttrue\tx\nMB2\t0\tMB29\tage>"
            "5\tx\nMB3\t0\tMB39\ttrue\tx\nMC1\t0\tMC19\ttrue\tx\nMC2\t0\tMC29\ttrue\tx\n"
            "MR1\t0\tMR11\tsex==2\tx\nMR1\t1\tMR13\ttrue\tx\nMR1\t2\tMR15\tCC\tx\nMR2\t0\tMR29\ttrue\tx\n",
        .tables[YB_TABLE_MDC_DX] = "M\t\tA1\nM\t\tA2\n",
        .tables[YB_TABLE_SEVERITY] = "A1\tCC\t1\n",
        .tables[YB_TABLE_EXCLUSION] = "A1\t1\n",
        .tables[YB_TABLE_ADRG_CODE] = "MB1\tss\tP1\nMB1\tss\tP2\nMB2\tss\tP2\nMB2\tss\tP3\nMB3\tss\tP1\nMB3\tss\tP2\nMC"
                                      "2\tss\tP8\nMR2\tzd\tA1\nMR2\tzd\tA9\n"
    };
    ck_assert_str_eq(
        checked(&s, NULL),
        "adrg:3 overlap; adrg:3 open-end; adrg:4 shadowed; adrg:5 never; adrg:6 never; drg:7 never; drg:9 shadowed; "
        "adrg:8 shadowed; adrg_code:10 dx-outside-mdc; ");
}
END_TEST

START_TEST(what_needs_an_empty_list_never_matches)
{
    static const char *const terms[] = { "dx*:gone", "px+:gone", "MCC", "CC & !CC", "dx1:zd & !dx*:zd", "sites>0" };
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        char adrg[128];
        snprintf(adrg, sizeof adrg, "M\t0\tMR1\t%s\tMR19\n", terms[i]);
        scheme_text_t s = { GOOD };
        s.tables[YB_TABLE_ADRG] = adrg;
        s.tables[YB_TABLE_SEVERITY] = "A1\tCC\t1\n";
        ck_assert_msg(strstr(checked(&s, NULL), "adrg:2 never; ") != NULL, "%s: %s", terms[i], checked(&s, NULL));
    }
}
END_TEST

START_TEST(codes_twice_and_exclusion_tables_of_one_side)
{
    const scheme_text_t s = { GOOD, .tables[YB_TABLE_SEVERITY] = "A1\tCC\t1\nA1\tMCC\t1\nA1\tMCC\t1\n",
                              .tables[YB_TABLE_EXCLUSION] = "A1\t2\n", .tables[YB_TABLE_PX_VALID] = "P1\tx\nP1\tx\n" };
    ck_assert_str_eq(checked(&s, NULL), "severity:3 duplicate; severity:4 duplicate; px_valid:3 duplicate; severity:2 "
                                        "exclusion; exclusion:2 exclusion; ");
}
END_TEST

START_TEST(faults_of_hiv_and_newborn_groups)
{
    const scheme_text_t s = {
        .tables[YB_TABLE_MDC] = "0\tY\tdx1:@mdc\tYR1\n1\tP\tdx1:@mdc & age==0\tPS1,PS2\n",
        .tables[YB_TABLE_ADRG] =
            "Y\t0\tYR1\ttrue\tYR19\nP\t0\tPS1\tweight<1500 & age_day<29\tPS19\nP\t1\tPS2\tweight>1500\tPS29\n",
        .tables[YB_TABLE_DRG] = "YR1\t0\tYR19\ttrue\tx\nPS1\t0\tPS19\ttrue\tx\nPS2\t0\tPS29\ttrue\tx\n",
        .tables[YB_TABLE_MDC_DX] = "Y\t\tB20.000\nY\t\tB24.x00\nP\t\tP22.000\n"
    };
    ck_assert_str_eq(checked(&s, NULL),
                     "mdc:2 hiv-principal-only; adrg:4 newborn-bounds; mdc:3 newborn-bounds; adrg:4 newborn-bounds; ");
}
END_TEST

START_TEST(codes_are_compared_with_the_classification)
{
    static const char *const files[][2] = {
        { YB_ICD_DX_FILE, "A1 甲\nA2 乙\n" }, { YB_ICD_DX_GRAY_FILE, "" }, { YB_ICD_DX_CROSSWALK_FILE, "A3 A1\n" },
        { YB_ICD_PX_FILE, "P1 丙 丁\n" },     { YB_ICD_PX_GRAY_FILE, "" }, { YB_ICD_PX_CROSSWALK_FILE, "" },
    };
    const size_t count = sizeof files / sizeof files[0];
    char folder[] = "/tmp/yb-icd-test-XXXXXX", path[128];
    yb_icd_t *icd = NULL;
    static yb_file_report_t report;
    ck_assert(mkdtemp(folder) != NULL);
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i][0]);
        FILE *f = fopen(path, "we");
        fputs(files[i][1], f);
        fclose(f);
    }
    ck_assert_int_eq(yb_icd_load(folder, &report, &icd), YB_OK);
    const scheme_text_t s = { GOOD, .tables[YB_TABLE_PX_VALID] = "P1\tx\nP2\ty\nA2\tz\n",
                              .tables[YB_TABLE_SEVERITY] = "P1\tCC\t1\n",
                              .tables[YB_TABLE_EXCLUSION] = "A1\t1\nA3\t1\n" };
    ck_assert_str_eq(
        checked(&s, icd),
        "severity:2 code-unknown; exclusion:3 code-unknown; px_valid:3 code-unknown; px_valid:4 code-unknown; ");
    yb_icd_destroy(&icd);
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i][0]);
        remove(path);
    }
    remove(folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compile");
    TCase *t = tcase_create("compile");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, faults_name_file_line_and_column);
    tcase_add_test(t, files_of_other_programs_are_read);
    tcase_add_test(t, limits_are_refused_by_name);
    tcase_add_test(t, a_folder_without_all_tables_is_refused);
    tcase_add_test(t, any_change_of_a_byte_is_survived);
    tcase_add_test(t, good_tables_have_no_findings);
    tcase_add_test(t, names_that_lead_nowhere);
    tcase_add_test(t, rows_that_never_match_or_stand_in_the_shadow);
    tcase_add_test(t, what_needs_an_empty_list_never_matches);
    tcase_add_test(t, codes_twice_and_exclusion_tables_of_one_side);
    tcase_add_test(t, faults_of_hiv_and_newborn_groups);
    tcase_add_test(t, codes_are_compared_with_the_classification);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
