/* Small schemes for each rule of ../shared/drg/FORMAT.md, and the reasons and paths of what they give. */
#include "services/drg/scheme/scheme_oracle.h"
#include "services/drg/rules/path.h"
#include "services/drg/rules/what_if.h"

/* "sex=2 age=70 dx=A|B px=P": what is not given is missing; icu is 0. */
static yb_group_case_t case_of(const char *text, yb_slice_t codes[2 * ORACLE_CODES_MAX])
{
    static const char *const names[] = YB_CASE_FIELD_NAMES;
    yb_group_case_t c = { .dx = codes, .px = codes + ORACLE_CODES_MAX };
    for (size_t f = 0; f < YB_CASE_FIELDS; f++)
        c.values[f] = f == YB_CASE_ICU ? 0 : YB_CASE_MISSING;
    while (*text != '\0') {
        const size_t name = strcspn(text, "="), len = strcspn(text + name + 1, " ");
        const char *value = text + name + 1;
        const bool dx = name == 2 && text[0] == 'd', px = name == 2 && text[0] == 'p';
        for (size_t f = 0; f < YB_CASE_FIELDS; f++)
            if (strlen(names[f]) == name && memcmp(names[f], text, name) == 0)
                c.values[f] = (int32_t)strtol(value, NULL, 10);
        for (const char *at = value; (dx || px) && at <= value + len;) {
            const size_t n = strcspn(at, "| ");
            codes[dx ? c.dx_count++ : ORACLE_CODES_MAX + c.px_count++] = (yb_slice_t){ at, n };
            at += n + 1;
        }
        text = value + len + (value[len] == ' ');
    }
    return c;
}

static char told_text[128];
/* "MDC/ADRG/DRG reason" */
static const char *told(const scheme_text_t *rows, const char *text)
{
    yb_slice_t codes[2 * ORACLE_CODES_MAX];
    yb_scheme_t *s = scheme_of(rows);
    yb_group_scratch_t *scratch = yb_group_scratch_create(s);
    const yb_group_case_t c = case_of(text, codes);
    yb_group_result_t r, again;
    yb_group_path_t path;
    yb_group(s, scratch, &c, &r, NULL);
    yb_group(s, scratch, &c, &again, &path);
    ck_assert_str_eq(r.drg, again.drg); /* recording changes nothing */
    ck_assert_int_eq(r.reason, again.reason);
    snprintf(told_text, sizeof told_text, "%s/%s/%s %s", r.mdc, r.adrg, r.drg, yb_group_reason_name(r.reason));
    if (r.reason == YB_GROUP_NONE)
        told_text[strlen(told_text) - 1] = '\0';
    yb_group_scratch_destroy(&scratch);
    yb_scheme_destroy(&s);
    return told_text;
}

/* One MDC M of diagnoses A1, A2, A3 (A1 at two sites); px P1, P2 valid, P9 not; MCC M1 (table 1), M2 (2); CC C1 (1), C2
 * (2); A1 excludes 1, A2 excludes nothing. */
#define BASE                                                                                \
    .tables[YB_TABLE_MDC_DX] = "M\thead\tA1\nM\tarm\tA1\nM\tleg\tA2\nM\t\tA3\n",            \
    .tables[YB_TABLE_SEVERITY] = "M1\tMCC\t1\nM2\tMCC\t2\nC1\tCC\t1\nC2\tCC\t2\n",          \
    .tables[YB_TABLE_EXCLUSION] = "A1\t1\n", .tables[YB_TABLE_PX_VALID] = "P1\tx\nP2\ty\n", \
    .tables[YB_TABLE_ADRG_CODE] =                                                           \
        "MB1\tss\tP1\nMB1\tzd\tA1\nMR1\tzd\tA1\nMR1\tzd\tA2\nMX1_1\tss\tP1\nMX1_2\tss\tP2\nMX1\tzd\tA2\n"

/* The group under one ADRG MR1 with the condition, "" when it does not hold. */
static bool holds(const char *condition, const char *text)
{
    char adrg[512];
    snprintf(adrg, sizeof adrg, "M\t0\tMR1\t%s\tMR19\n", condition);
    const scheme_text_t s = { BASE, .tables[YB_TABLE_MDC] = "0\tM\ttrue\tMR1\n", .tables[YB_TABLE_ADRG] = adrg,
                              .tables[YB_TABLE_DRG] = "MR1\t0\tMR19\ttrue\tx\n" };
    return strcmp(told(&s, text), "M/MR1/MR19") == 0;
}
#define HOLDS(condition, text) ck_assert_msg(holds(condition, text), "%s should hold for %s", condition, text)
#define FAILS(condition, text) ck_assert_msg(!holds(condition, text), "%s should not hold for %s", condition, text)

START_TEST(terms_look_where_they_say)
{
    HOLDS("dx1:zd", "dx=A1");
    FAILS("dx1:zd", "dx=A3|A1");
    HOLDS("dx*:zd", "dx=A3|A1");
    HOLDS("dx+:zd", "dx=A3|A1");
    FAILS("dx+:zd", "dx=A1|A3");
    HOLDS("dx+:zd", "dx=A1|A1"); /* codes that repeat stay */
    HOLDS("px1:@valid", "dx=A1 px=P1|P9");
    FAILS("px1:@valid", "dx=A1 px=P9|P1"); /* the first as given, valid or not */
    HOLDS("px*:@valid", "dx=A1 px=P9|P1");
    HOLDS("px+:@valid", "dx=A1 px=P9|P1");
    FAILS("px*:@valid", "dx=A1");
    HOLDS("dx1:@mdc", "dx=A3");
    FAILS("dx1:@mdc", "dx=M1");
    HOLDS("dx1:{A3,M1}", "dx=M1");
    HOLDS("dx1:{Q7}", "dx=Q7"); /* a code no table has */
    FAILS("dx1:nothing", "dx=A1");
    HOLDS("!dx1:nothing", "dx=A1");
    FAILS("dx1:zd", "dx=A"); /* exactly */
    FAILS("dx1:zd", "dx=a1");
}
END_TEST

START_TEST(not_binds_before_and_before_or)
{
    HOLDS("true | true & !true", "dx=A1");
    FAILS("(true | true) & !true", "dx=A1");
    HOLDS("!dx1:zd | true", "dx=A1");
    FAILS("!(dx1:zd | true)", "dx=A1");
    HOLDS("!dx1:zd & dx1:zd | dx1:zd", "dx=A1");
    HOLDS("!!dx1:zd", "dx=A1");
    FAILS("!dx1:zd & true", "dx=A1");
}
END_TEST

START_TEST(missing_values_compare_false)
{
    static const char *const fields[] = { "sex", "age", "age_day", "weight", "los" };
    for (size_t f = 0; f < 5; f++)
        for (size_t op = 0; op < 5; op++) {
            char condition[64], negated[64];
            static const char *const ops[] = { "==", "<", "<=", ">", ">=" };
            snprintf(condition, sizeof condition, "%s%s0", fields[f], ops[op]);
            snprintf(negated, sizeof negated, "!%s", condition);
            FAILS(condition, "dx=A1");
            HOLDS(negated, "dx=A1"); /* the comparison is false, so its opposite is true */
        }
    HOLDS("icu==0", "dx=A1");
    HOLDS("icu==1", "dx=A1 icu=1");
    HOLDS("los>=-2147483647", "dx=A1 los=-2147483647");
    FAILS("los>2147483647", "dx=A1 los=2147483647");
    HOLDS("los<=60 & los>59", "dx=A1 los=60");
    HOLDS("age<17", "dx=A1 age=16");
    FAILS("age<17", "dx=A1 age=17");
}
END_TEST

START_TEST(sites_are_counted_over_all_diagnoses)
{
    HOLDS("sites==0", "dx=A3");
    HOLDS("sites==2", "dx=A1");
    HOLDS("sites==3", "dx=A3|A1|A2|A1");
    HOLDS("sites==1", "dx=M1|A2");
}
END_TEST

START_TEST(severity_is_of_other_diagnoses_and_excluded_by_table)
{
    HOLDS("MCC", "dx=A1|M2");
    FAILS("MCC", "dx=A1|M1"); /* table 1 is A1's */
    HOLDS("MCC", "dx=A2|M1"); /* A2 excludes nothing */
    FAILS("MCC", "dx=M1");
    HOLDS("MCC", "dx=M1|M1"); /* repeated: the second is another diagnosis */
    FAILS("CC", "dx=A1|M2");
    HOLDS("CC", "dx=A1|C1|C2");
    HOLDS("(MCC | CC)", "dx=A1|C2");
    HOLDS("MCC", "dx=|M1"); /* no principal diagnosis excludes nothing */
}
END_TEST

START_TEST(ambiguous_groups_stand_before_their_adrg)
{
    const scheme_text_t s = { BASE, .tables[YB_TABLE_MDC] = "0\tM\tdx1:@mdc\tMB1,MR1\n",
                              .tables[YB_TABLE_ADRG] = "M\t0\tMB1\tpx1:ss\tMB19\nM\t1\tMR1\tdx1:zd\tMR19\n",
                              .tables[YB_TABLE_DRG] = "MB1\t0\tMB19\ttrue\tx\nMR1\t0\tMR19\ttrue\ty\n",
                              .tables[YB_TABLE_QY] =
                                  "M\tMQY\tpx1:@valid\tMR1\nN\tNQY\ttrue\tMB1\nM\tMQ2\tpx1:ss\tMR1\n" };
    ck_assert_str_eq(told(&s, "dx=A1 px=P1"), "M/MB1/MB19");
    ck_assert_str_eq(told(&s, "dx=A1 px=P2"), "M//MQY QY");
    ck_assert_str_eq(told(&s, "dx=A1"), "M/MR1/MR19");
    ck_assert_str_eq(told(&s, "dx=A1 px=P9|P2"), "M/MR1/MR19");
    ck_assert_str_eq(told(&s, "dx=A3 px=P2"), "M//MQY QY");
}
END_TEST

START_TEST(what_does_not_hold_falls_through)
{
    const scheme_text_t s = {
        BASE, .tables[YB_TABLE_MDC] = "5\tN\tdx1:@mdc | true\tNZ1\n2\tM\tdx1:@mdc\tMB1,MX1_1,MX1_2,MR1\n",
        .tables[YB_TABLE_ADRG] =
            "M\t3\tMB1\ttrue\tMB13\nM\t1\tMB1\tage>=70\tMB11,MB15\nN\t0\tNZ1\tlos>5\tNZ19\n"
            "M\t9\tMX1_1\tpx1:ss\tMX19\nM\t9\tMX1_2\tpx1:ss & dx*:zd\tMX19\nM\t9\tMR1\tdx1:zd\tMR11\n",
        .tables[YB_TABLE_DRG] = "MB1\t0\tMB11\tMCC\tx\nMB1\t0\tMB13\tCC\tx\nMB1\t0\tMB15\ticu==1\tx\n"
                                "MX1\t0\tMX19\ttrue\ty\nMR1\t0\tMR11\tMCC\tz\nNZ1\t0\tNZ19\ttrue\tw\n"
    };
    ck_assert_str_eq(told(&s, "dx=A1|M2 age=70"), "M/MB1/MB11");
    ck_assert_str_eq(told(&s, "dx=A1|C2 age=70"), "M/MB1/MB13");       /* the other row */
    ck_assert_str_eq(told(&s, "dx=A1|C2 age=70 icu=1"), "M/MB1/MB15"); /* order decides among rows */
    ck_assert_str_eq(told(&s, "dx=A1 px=P1"), "M/MX1/MX19");           /* the next ADRG; X_1 is printed X */
    ck_assert_str_eq(told(&s, "dx=A2 px=P2"), "M/MX1/MX19");           /* zd is MX1's own */
    ck_assert_str_eq(told(&s, "dx=A1|M2"), "M/MR1/MR11");
    ck_assert_str_eq(told(&s, "dx=A1 los=6"), "N/NZ1/NZ19"); /* the next MDC */
    ck_assert_str_eq(told(&s, "dx=A1 los=5"), "//0000 NO_DRG");
}
END_TEST

START_TEST(reasons_are_exact)
{
    const scheme_text_t s = {
        BASE,
        .tables[YB_TABLE_MDC] =
            "0\tA\tpx1:@valid\tAA1\n1\tM\tdx1:@mdc & sex==1\tMB1,MR1\n2\tP\tdx1:{N1} & age==0\tPS1\n",
        .tables[YB_TABLE_ADRG] =
            "A\t0\tAA1\tpx1:{P7}\tAA19\nM\t0\tMB1\tlos>3 & dx1:{A3} & px1:@valid\tMB19\nM\t0\tMR1\tdx1:zd\tMR19\n"
            "P\t0\tPS1\tweight<1500\tPS19\n",
        .tables[YB_TABLE_DRG] =
            "AA1\t0\tAA19\ttrue\tx\nMB1\t0\tMB19\ttrue\tx\nMR1\t0\tMR19\tage>0\tx\nPS1\t0\tPS19\ttrue\tx\n"
    };
    ck_assert_str_eq(told(&s, "sex=1 age=4"), "//0000 NO_PRINCIPAL");
    ck_assert_str_eq(told(&s, "sex=1 age=4 dx=|A1"), "//0000 NO_PRINCIPAL");
    ck_assert_str_eq(told(&s, "sex=1 age=4 dx=Q1"), "//0000 PRINCIPAL_UNKNOWN");
    ck_assert_str_eq(told(&s, "sex=1 age=4 dx=P1"), "//0000 PRINCIPAL_UNKNOWN"); /* a procedure's code */
    ck_assert_str_eq(told(&s, "age=4 dx=A1"), "//0000 SEX_MISSING");
    ck_assert_str_eq(told(&s, "sex=1 dx=A1"), "//0000 AGE_MISSING");
    ck_assert_str_eq(told(&s, "sex=1 age=0 dx=N1"), "//0000 WEIGHT_MISSING");
    ck_assert_str_eq(told(&s, "sex=1 dx=N1 weight=1400"), "//0000 AGE_MISSING");
    ck_assert_str_eq(told(&s, "sex=1 age=4 dx=A3 px=P1"), "//0000 VALUE_MISSING");
    ck_assert_str_eq(told(&s, "sex=2 age=4 dx=A1"), "//0000 SEX_CONFLICT");
    ck_assert_str_eq(told(&s, "sex=1 age=4 dx=M1 px=P1"), "//0000 NO_MDC");
    ck_assert_str_eq(told(&s, "sex=2 age=4 los=1 dx=A3"), "//0000 MDC_CONDITION");
    ck_assert_str_eq(told(&s, "sex=1 age=4 los=1 dx=A3"), "//0000 NO_ADRG");
    ck_assert_str_eq(told(&s, "sex=1 age=0 dx=A1"), "//0000 NO_DRG");
    ck_assert_str_eq(told(&s, "sex=1 age=0 weight=1500 dx=N1"), "//0000 NO_ADRG");
    ck_assert_str_eq(told(&s, "sex=1 age=4 px=P7"), "//0000 NO_PRINCIPAL");
    for (int r = 0; r < YB_GROUP_REASON_COUNT; r++)
        ck_assert(r == YB_GROUP_NONE || (yb_group_reason_name((yb_group_reason_t)r)[0] != '\0' &&
                                         yb_group_reason_zh((yb_group_reason_t)r)[0] != '\0'));
}
END_TEST

START_TEST(tables_alone_decide_without_a_principal_diagnosis)
{
    const scheme_text_t s = { BASE, .tables[YB_TABLE_MDC] = "0\tA\tpx1:@valid\tMB1\n",
                              .tables[YB_TABLE_ADRG] = "M\t0\tMB1\tpx1:ss\tMB19\n",
                              .tables[YB_TABLE_DRG] = "MB1\t0\tMB19\ttrue\tx\n" };
    ck_assert_str_eq(told(&s, "px=P1"), "A/MB1/MB19");
}
END_TEST

static const scheme_text_t path_scheme = {
    BASE, .tables[YB_TABLE_MDC] = "0\tN\tsex==2\tNR1\n1\tM\tdx1:@mdc\tMB1,MR1\n",
    .tables[YB_TABLE_ADRG] = "N\t0\tNR1\ttrue\tNR19\nM\t0\tMB1\tpx1:ss\tMB19\nM\t1\tMR1\tdx1:zd\tMR11,MR13\n",
    .tables[YB_TABLE_DRG] =
        "NR1\t0\tNR19\ttrue\tx\nMB1\t0\tMB19\ttrue\tx\nMR1\t0\tMR11\tMCC\ty\nMR1\t1\tMR13\ttrue\tz\n",
    .tables[YB_TABLE_QY] = "M\tMQY\tpx1:@valid\tMR1\n"
};

START_TEST(a_path_tells_what_was_tried)
{
    yb_slice_t codes[2 * ORACLE_CODES_MAX];
    yb_scheme_t *s = scheme_of(&path_scheme);
    yb_group_scratch_t *scratch = yb_group_scratch_create(s);
    const yb_group_case_t c = case_of("sex=1 dx=A1|M1|C2|A3", codes);
    yb_group_result_t r;
    yb_group_path_t path;
    char text[YB_PATH_TEXT_MAX];
    yb_group(s, scratch, &c, &r, &path);
    const size_t len = yb_path_text(s, &c, &path, text, sizeof text);
    ck_assert_str_eq(text, "MCC-M1/1 CC+C2/2 MDC-N MDC+M ADRG-MB1 QY-MQY ADRG+MR1 DRG-MR11 DRG+MR13");
    ck_assert_uint_eq(len, strlen(text));
    ck_assert_uint_eq(path.left_out, 0);
    ck_assert_str_eq(yb_scheme_text(s, s->tables[path.exclusion_table]), "1");
    yb_path_text(s, &c, &path, text, 20); /* whole entries only */
    ck_assert_str_eq(text, "MCC-M1/1 CC+C2/2");
    yb_path_text(s, &c, &path, text, 22);
    ck_assert_str_eq(text, "MCC-M1/1 CC+C2/2 …");
    yb_group_scratch_destroy(&scratch);
    yb_scheme_destroy(&s);
}
END_TEST

/* "kind code*count>drg" of each change. */
static void what_if_is(const char *text, const char *want)
{
    yb_slice_t codes[2 * ORACLE_CODES_MAX];
    yb_scheme_t *s = scheme_of(&path_scheme);
    yb_group_scratch_t *scratch = yb_group_scratch_create(s);
    yb_arena_t *arena = yb_arena_create(0);
    const yb_group_case_t c = case_of(text, codes);
    size_t count, n = 0;
    char got[1024] = "";
    const yb_what_if_change_t *changes = yb_what_if(s, scratch, &c, arena, &count);
    for (size_t i = 0; i < count; i++)
        n += (size_t)snprintf(got + n, sizeof got - n, "%d %.*s*%zu>%s ", (int)changes[i].kind,
                              (int)changes[i].codes[0].len, changes[i].codes[0].data, changes[i].count,
                              changes[i].result.drg);
    ck_assert_str_eq(got, want);
    yb_arena_destroy(&arena);
    yb_group_scratch_destroy(&scratch);
    yb_scheme_destroy(&s);
}

START_TEST(what_if_tells_every_code_that_matters)
{
    /* without A1, M1 is principal; A2 first counts M1; M2 is the one MCC more; P1 and P2 first */
    what_if_is("sex=1 dx=A1|M1|C2|A2",
               "0 A1*1>0000 2 M1*1>0000 2 C2*1>0000 2 A2*1>MR11 4 M2*1>MR11 7 P1*1>MB19 7 P2*1>MQY ");
    /* the principal diagnosis that gives way stays in the case */
    what_if_is("sex=1 dx=M2|A2", "0 M2*1>MR13 2 A2*1>MR11 ");
    what_if_is("sex=1 dx=A2 px=P9|P1", "0 A2*1>0000 1 P9*1>MB19 3 P1*1>MB19 4 M1*2>MR11 7 P1*1>MB19 7 P2*1>MQY ");
}
END_TEST

START_TEST(more_codes_than_one_block)
{
    yb_slice_t codes[2 * ORACLE_CODES_MAX];
    yb_scheme_t *s = scheme_of(&path_scheme);
    yb_group_scratch_t *scratch = yb_group_scratch_create(s);
    yb_group_result_t r;
    yb_group_case_t c = case_of("sex=1 dx=A1|A3|A3|A3|A3|A3|A3|A3|A3|A3|A3|A3|A3|A3|A3|A3|A3|A3|A3|M2", codes);
    yb_group(s, scratch, &c, &r, NULL);
    ck_assert_str_eq(r.drg, "MR11");
    c.dx_count--;
    yb_group(s, scratch, &c, &r, NULL);
    ck_assert_str_eq(r.drg, "MR13");
    yb_group_scratch_destroy(&scratch);
    yb_scheme_destroy(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("group");
    TCase *t = tcase_create("group");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, terms_look_where_they_say);
    tcase_add_test(t, not_binds_before_and_before_or);
    tcase_add_test(t, missing_values_compare_false);
    tcase_add_test(t, sites_are_counted_over_all_diagnoses);
    tcase_add_test(t, severity_is_of_other_diagnoses_and_excluded_by_table);
    tcase_add_test(t, ambiguous_groups_stand_before_their_adrg);
    tcase_add_test(t, what_does_not_hold_falls_through);
    tcase_add_test(t, reasons_are_exact);
    tcase_add_test(t, tables_alone_decide_without_a_principal_diagnosis);
    tcase_add_test(t, a_path_tells_what_was_tried);
    tcase_add_test(t, what_if_tells_every_code_that_matters);
    tcase_add_test(t, more_codes_than_one_block);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
