#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "libcommon/crypto.h"
#include "services/settlement/policy/policy_file.h"

#define DATA YB_SOURCE_DIR "/services/settlement/data"

static char base[65536], edited[131072];
static yb_policy_report_t report;

static void read_base(void)
{
    FILE *file = fopen(DATA "/141100-lvliang.yaml", "rb");
    ck_assert_ptr_nonnull(file);
    size_t n = fread(base, 1, sizeof(base) - 1, file);
    fclose(file);
    base[n] = '\0';
}

/* Line of the first place of `text` in `where`, from 1. */
static int line_of(const char *where, const char *text)
{
    const char *at = strstr(where, text);
    int line = 1;
    ck_assert_msg(at != NULL, "not there: %s", text);
    for (const char *p = where; p < at; p++)
        line += *p == '\n';
    return line;
}

/* The base with the first `old` after `anchor` replaced. */
static const char *edit(const char *anchor, const char *old, const char *new)
{
    const char *at = strstr(base, anchor);
    ck_assert_msg(at != NULL, "no %s", anchor);
    at = strstr(at, old);
    ck_assert_msg(at != NULL, "no %s after %s", old, anchor);
    snprintf(edited, sizeof(edited), "%.*s%s%s", (int)(at - base), base, new, at + strlen(old));
    return edited;
}

static yb_err_t check(const char *text)
{
    yb_policy_t *policy = NULL;
    yb_err_t err = yb_policy_parse(text, strlen(text), "141100-lvliang.yaml", &report, &policy);
    ck_assert_int_eq(policy != NULL, err == YB_OK);
    yb_policy_destroy(&policy);
    return err;
}

/* Refused, with a finding at that line for that key that says `says`. */
static void faulty(const char *text, int line, const char *key, const char *says)
{
    ck_assert_int_eq(check(text), YB_E_POLICY_FORM);
    ck_assert_uint_gt(report.errors, 0);
    for (size_t i = 0; i < report.count; i++) {
        const yb_policy_finding_t *f = &report.findings[i];
        if (f->line == line && strcmp(f->key, key) == 0 && strstr(f->text, says) != NULL)
            return;
    }
    for (size_t i = 0; i < report.count; i++)
        printf("  %d %s: %s\n", (int)report.findings[i].line, report.findings[i].key,
               report.findings[i].text);
    ck_abort_msg("no finding at line %d, key %s: %s", line, key, says);
}

START_TEST(the_files_are_right)
{
    static const char *const names[] = { "141100-lvliang", "320682-rugao", "430900-yiyang", "510421-miyi",
                                         "620100-lanzhou" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[512];
        snprintf(path, sizeof(path), DATA "/%s.yaml", names[i]);
        ck_assert_msg(yb_policy_check(path, &report) == YB_OK, "%s:%d %s", names[i],
                      (int)report.findings[0].line, report.findings[0].text);
        ck_assert_msg(report.count == 0, "%s:%d: %s", names[i], (int)report.findings[0].line,
                      report.findings[0].text);
    }
}
END_TEST

START_TEST(what_a_file_says)
{
    yb_policy_t *policy = NULL;
    uint8_t hash[YB_SM3_SIZE];
    ck_assert_int_eq(yb_policy_parse(base, strlen(base), "x.yaml", &report, &policy), YB_OK);
    ck_assert_int_eq(policy->region, 141100);
    ck_assert_str_eq(policy->name, "吕梁市");
    ck_assert_str_eq(policy->text, base);
    ck_assert_int_eq(yb_sm3(base, strlen(base), hash), YB_OK);
    ck_assert_mem_eq(policy->hash, hash, sizeof(hash));
    ck_assert_uint_eq(policy->terms_count, 1);
    const yb_terms_t *t = &policy->terms[0];
    ck_assert_int_eq(t->from, 20200101);
    ck_assert_int_eq(t->to, YB_DAY_OPEN);
    ck_assert_int_eq(yb_terms_value(t, YB_SCHEME_RESIDENT, YB_SP_DEDUCTIBLE + 1), 50000);
    ck_assert_int_eq(yb_terms_value(t, YB_SCHEME_EMPLOYEE, YB_SP_CAP), YB_VALUE_NONE);
    ck_assert_int_eq(yb_terms_value(t, YB_SCHEME_EMPLOYEE, YB_SP_CAP_WAGE_MULTIPLE), 4000000);
    ck_assert_int_eq(yb_terms_value(t, YB_SCHEME_RESIDENT, YB_SP_SUPPLEMENT_CAP + YB_STANDING_DESTITUTE),
                     50000000);
    ck_assert_int_eq(yb_terms_value(t, YB_SCHEME_RESIDENT, YB_SP_SUPPLEMENT_LINE + YB_STANDING_LOW_INCOME),
                     1000000);
    ck_assert_int_eq(t->value[YB_RP_NET_TAGS], YB_TAG_DESTITUTE | YB_TAG_SUBSISTENCE | YB_TAG_RETURNED);
    ck_assert_int_eq(t->value[YB_RP_NET_LIMIT + YB_TIER_PROVINCE], 600000);
    const yb_policy_value_t *ratio = t->of[yb_param_of(YB_SCHEME_RESIDENT, YB_SP_RATIO + 2)];
    ck_assert_int_eq(ratio->value, 850000);
    ck_assert_ptr_nonnull(strstr(ratio->source, "LL 一(一)3"));
    yb_policy_destroy(&policy);
    ck_assert_ptr_null(policy);
    yb_policy_destroy(&policy);
}
END_TEST

/* ---- faults ---- */

#define DATED "{from: 2020-01-01, to: null, value: 500, source: \"assumed: 规划未载起付线\"}"
#define AT "residents.inpatient.deductible.class_2"

START_TEST(gap_and_overlap)
{
    const char *text = edit("class_2:", DATED,
        "{from: 2020-01-01, to: 2022-01-01, value: 500, source: \"a\"}\n"
        "        - {from: 2022-01-02, to: null, value: 600, source: \"b\"}");
    faulty(text, line_of(text, "2022-01-02"), AT, "空档：2022-01-01（含）至2022-01-02（不含）");
    text = edit("class_2:", DATED,
        "{from: 2020-01-01, to: 2022-01-02, value: 500, source: \"a\"}\n"
        "        - {from: 2022-01-01, to: null, value: 600, source: \"b\"}");
    faulty(text, line_of(text, "from: 2022-01-01"), AT, "重叠：2022-01-01");
    text = edit("class_2:", DATED, "{from: 2020-01-02, to: null, value: 500, source: \"a\"}");
    faulty(text, line_of(text, "2020-01-02"), AT, "空档：2020-01-01（含）至2020-01-02");
    text = edit("class_2:", DATED, "{from: 2020-01-01, to: 2030-01-01, value: 500, source: \"a\"}");
    faulty(text, line_of(text, "2030-01-01"), AT, "空档：自2030-01-01起");
    text = edit("class_2:", DATED, "{from: 2021-01-01, to: 2021-01-01, value: 500, source: \"a\"}");
    faulty(text, line_of(text, "2021-01-01"), AT, "起始日不早于终止日");
}
END_TEST

START_TEST(values_and_sources)
{
    static const struct { const char *old, *new, *key, *says; } faults[] = {
        { DATED, "{from: 2020-01-01, to: null, value: 500}", AT, "缺少source" },
        { DATED, "{from: 2020-01-01, to: null, value: 500, source: \"\"}", AT, "依据(source)为空" },
        { DATED, "{from: 2020-01-01, to: null, value: 500, source: \"assumed\"}", AT, "assumed后须有" },
        { DATED, "{from: 2020-01-01, to: null, value: 500, source: \"assumed: \"}", AT, "assumed后须有" },
        { DATED, "{from: 2020-01-01, to: null, value: 500, source: \"a\\nb\"}", AT, "控制字符" },
        { DATED, "{from: 2020-01-01, value: 500, source: \"a\"}", AT, "缺少to" },
        { DATED, "{to: null, value: 500, source: \"a\"}", AT, "缺少from" },
        { DATED, "{from: 2020-01-01, to: null, source: \"a\"}", AT, "缺少value" },
        { DATED, "{from: 2020-01-01, to: null, value: 五百, source: \"a\"}", AT, "金额须为" },
        { DATED, "{from: 2020-01-01, to: null, value: 10,000, source: \"a\"}", AT, "不认识" },
        { DATED, "{from: 2020-01-01, to: null, value: -1, source: \"a\"}", AT, "金额须为" },
        { DATED, "{from: 2020-01-01, to: null, value: 500.001, source: \"a\"}", AT, "金额须为" },
        { DATED, "{from: 2020-01-01, to: null, value: 1e3, source: \"a\"}", AT, "金额须为" },
        { DATED, "{from: 2020-01-01, to: null, value: none, source: \"a\"}", AT, "金额须为" },
        { DATED, "{from: 2020-01-01, to: null, value: unlimited, source: \"a\"}", AT, "金额须为" },
        { DATED, "{from: 20-01-01, to: null, value: 500, source: \"a\"}", AT, "日期" },
        { DATED, "{from: 2020-02-30, to: null, value: 500, source: \"a\"}", AT, "日期" },
        { DATED, "{from: 2020-01-01, to: null, value: 500, source: \"a\", note: x}", AT, "“note”不认识" },
        { DATED, "{from: 2020-01-01, to: null, value: [1], source: \"a\"}", AT, "应为单个值" },
        { DATED, "x", AT, "应写成" },
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        const char *text = edit("class_2:", faults[i].old, faults[i].new);
        faulty(text, line_of(text, "class_2:") + 1, faults[i].key, faults[i].says);
    }
}
END_TEST

START_TEST(rates_are_exact)
{
    static const char *const bad[] = {
        "85", "101%", "1.01", "-5%", "85.00001%", "0.8500001", "85 %", "%", "."
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *text = edit("ratio:", "value: 60%", "value: $");
        char *at = strstr(edited, "value: $");
        char tail[sizeof(edited) / 2];
        snprintf(tail, sizeof(tail), "%s", at + strlen("value: $"));
        snprintf(at, sizeof(edited) - (size_t)(at - edited), "value: \"%s\"%s", bad[i], tail);
        faulty(text, line_of(text, "class_1:\n        - {from: 2020-01-01, to: null, value: \"") + 1,
               "residents.inpatient.ratio.class_1", "比例须写成");
    }
    ck_assert_int_eq(check(edit("ratio:", "value: 60%", "value: 0.6")), YB_OK);
    ck_assert_int_eq(check(edit("ratio:", "value: 60%", "value: 62.5%")), YB_OK);
    ck_assert_int_eq(check(edit("ratio:", "value: 60%", "value: 0.6%")), YB_OK);
    ck_assert_uint_eq(report.count, 1);    /* plausible only as a slip: told, not refused */
    ck_assert_int_eq(report.findings[0].severity, YB_SEVERITY_WARNING);
    ck_assert_ptr_nonnull(strstr(report.findings[0].text, "不足1%"));
}
END_TEST

START_TEST(keys)
{
    const char *text = edit("residents:", "    later_stay_factor:", "    later_stay_facter:");
    faulty(text, line_of(text, "later_stay_facter"), "residents.inpatient.later_stay_facter", "不认识的项目");
    faulty(text, 0, "residents.inpatient.later_stay_factor", "缺少居民年内再次住院起付线比例");
    text = edit("residents:", "class_2:", "class_4:");
    faulty(text, line_of(text, "class_4"), "residents.inpatient.deductible", "“class_4”不认识");
    text = edit("residents:", "class_2:", "class_1:");
    faulty(text, line_of(text, "class_1:\n        - {from: 2020-01-01, to: null, value: 500"),
           "residents.inpatient.deductible.class_1", "重复");
    text = edit("supplement:", "一般、低收入:", "一般、特困:");
    faulty(text, line_of(text, "特困、低保、返贫致贫:"), "residents.supplement.line.特困", "重复");
    text = edit("region:", "name: 吕梁市", "name: 吕梁市\nname: 太原市");
    faulty(text, line_of(text, "太原"), "", "重复");
    text = edit("region:", "\"141100\"", "\"14110\"");
    faulty(text, line_of(text, "region:"), "region", "六位");
    text = edit("region:", "\"141100\"", "\"141101\"");
    faulty(text, line_of(text, "region:"), "region", "与文件名");
    text = edit("region:", "in_force: {from: 2020-01-01, to: null}", "");
    faulty(text, 0, "in_force", "缺少");
    text = edit("region:", "in_force: {from: 2020-01-01, to: null}", "in_force: {from: 2020-01-01}");
    faulty(text, line_of(text, "in_force:"), "in_force", "缺少to");
}
END_TEST

START_TEST(contradictions)
{
    const char *text = edit("basic_cap:", "value: 100000", "value: none");
    faulty(text, line_of(text, "value: none"), "residents.basic_cap.fixed", "恰取其一");
    text = edit("supplement:", "value: burden", "value: none");
    faulty(text, line_of(text, "    line:") + 2, "residents.supplement.line.一般", "须为none");
    text = edit("safety_net:", "value: yearly_by_tier", "value: share_of_scope");
    faulty(text, line_of(text, "  share:") + 1, "safety_net.share.county", "至少一级有比例");
    text = edit("safety_net:", "特困、低保、返贫致贫", "none");
    faulty(text, line_of(text, "  tags:") + 1, "safety_net.tags", "须写明对象");
    text = edit("employees:", "value: no, source: \"assumed: 职工门诊慢特病",
                "value: yes, source: \"assumed: 职工门诊慢特病");
    faulty(text, line_of(text, "value: yes, source: \"assumed: 职工门诊慢特病"),
           "employees.chronic.supplement", "burden");
    text = edit("employees:", "value: none, source: \"LL", "value: 400000, source: \"LL");
    faulty(text, line_of(text, "value: 400000, source: \"LL 一(一)3：年缴费工资"),
           "employees.basic_cap.fixed", "恰取其一");
}
END_TEST

START_TEST(not_yaml)
{
    static char large[YB_POLICY_FILE_MAX + 10];
    static const struct { const char *text; int line; const char *says; } files[] = {
        { "region: [", 2, "不是正确的YAML" },
        { "a: b\n c: d: e\n", 2, "不是正确的YAML" },
        { "", 1, "文件为空" },
        { "- 1\n- 2\n", 1, "最外层" },
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        faulty(files[i].text, files[i].line, "", files[i].says);
        ck_assert_uint_eq(report.count, 1);   /* and not what such a file lacks */
    }
    memset(large, '#', sizeof(large));
    yb_policy_t *policy = NULL;
    ck_assert_int_eq(yb_policy_parse(large, sizeof(large), "x", &report, &policy), YB_E_POLICY_FORM);
    ck_assert_int_eq(yb_policy_check("/nonexistent/policy.yaml", &report), YB_E_IO);
    ck_assert_uint_eq(report.count, 1);
    /* nested and repeated without end */
    memset(large, '[', 5000);
    ck_assert_int_eq(yb_policy_parse(large, 5000, "x", &report, &policy), YB_E_POLICY_FORM);
    static const char bomb[] = "residents: &a\n  inpatient: *a\n  basic_cap: *a\nemployees: *a\n";
    ck_assert_int_eq(check(bomb), YB_E_POLICY_FORM);
}
END_TEST

/* Every truncation of a right file is refused or right, never worse. */
START_TEST(truncated_anywhere)
{
    size_t len = strlen(base);
    for (size_t n = 0; n < len; n += 97) {
        yb_policy_t *policy = NULL;
        if (yb_policy_parse(base, n, "x", &report, &policy) != YB_E_POLICY_FORM)
            ck_abort_msg("%zu bytes were taken for a policy", n);
    }
}
END_TEST

/* ---- time ---- */

/* Each parameter × each day around a change: exactly one value, the one the file has. */
static void cover(const yb_policy_t *policy)
{
    static yb_terms_t terms;
    yb_day_t day = policy->from, changes[300];
    size_t count = 0;
    for (; day < policy->to && count < 300; day = yb_policy_next_change(policy, day))
        changes[count++] = day;
    for (size_t i = 0; i < count; i++)
        for (int delta = -1; delta <= 1; delta++) {
            yb_day_t probe = yb_day_add(changes[i], delta);
            yb_err_t want = yb_day_in(probe, policy->from, policy->to) ? YB_OK : YB_E_POLICY_NONE;
            ck_assert_int_eq(yb_policy_resolve(policy, probe, &terms, NULL), want);
            for (size_t p = 0; p < YB_PARAM_COUNT && want == YB_OK; p++) {
                size_t holding = 0;
                const yb_policy_series_t *series = &policy->params[p];
                for (uint32_t v = 0; v < series->count; v++)
                    holding += series->values[v].from <= probe && probe < series->values[v].to;
                if (holding != 1 || terms.of[p]->value != terms.value[p] ||
                    !yb_day_in(probe, terms.from, terms.to))
                    ck_abort_msg("parameter %zu on %d: %zu values", p, (int)probe, holding);
            }
        }
}

START_TEST(temporal_coverage)
{
    yb_policy_set_t *set = NULL;
    char detail[1024];
    ck_assert_msg(yb_policy_set_load(DATA, &set, detail, sizeof(detail)) == YB_OK, "%s", detail);
    ck_assert_uint_eq(set->count, 5);
    for (size_t i = 0; i < set->count; i++)
        cover(set->policies[i]);
    yb_policy_set_destroy(&set);
}
END_TEST

static const char *with_change(void)
{
    return edit("class_2:", DATED,
        "{from: 2020-01-01, to: 2022-07-01, value: 500, source: \"first\"}\n"
        "        - {from: 2024-01-01, to: null, value: 700, source: \"third\"}\n"
        "        - {from: 2022-07-01, to: 2024-01-01, value: 600, source: \"second\"}");
}

START_TEST(a_change_holds_from_its_day)
{
    static const struct { yb_day_t day; int64_t value; const char *source; yb_day_t from, to;
    } days[] = {
        { 20200101, 50000, "first", 20200101, 20220701 },
        { 20220630, 50000, "first", 20200101, 20220701 },
        { 20220701, 60000, "second", 20220701, 20240101 },
        { 20231231, 60000, "second", 20220701, 20240101 },
        { 20240101, 70000, "third", 20240101, YB_DAY_OPEN },
        { 20991231, 70000, "third", 20240101, YB_DAY_OPEN },
    };
    yb_policy_t *policy = NULL;
    const char *text = with_change();
    ck_assert_int_eq(yb_policy_parse(text, strlen(text), "141100-x.yaml", &report, &policy), YB_OK);
    ck_assert_uint_eq(policy->terms_count, 3);
    cover(policy);
    yb_policy_set_t set = { .count = 1, .policies = { policy } };
    const yb_param_t param = yb_param_of(YB_SCHEME_RESIDENT, YB_SP_DEDUCTIBLE + 1);
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        const yb_terms_t *t = NULL;
        ck_assert_int_eq(yb_policy_find(&set, 141100, days[i].day, &t, NULL), YB_OK);
        ck_assert_int_eq(t->value[param], days[i].value);
        ck_assert_str_eq(t->of[param]->source, days[i].source);
        ck_assert_int_eq(t->from, days[i].from);
        ck_assert_int_eq(t->to, days[i].to);
    }
    const yb_terms_t *t = NULL;
    yb_refusal_t refusal = { 0 };
    ck_assert_int_eq(yb_policy_find(&set, 141100, 20191231, &t, &refusal), YB_E_POLICY_NONE);
    ck_assert_ptr_nonnull(strstr(refusal.text, "2019-12-31"));
    ck_assert_ptr_null(t);
    yb_policy_destroy(&policy);
}
END_TEST

/* Before its first day and after its last a disease is one like the others; that is no gap. */
START_TEST(a_disease_is_listed_for_a_while)
{
    static const struct { yb_day_t day; int ratio; } days[] = {
        { 20200101, 0 }, { 20221231, 0 }, { 20230101, 800000 }, { 20241231, 800000 }, { 20250101, 0 },
    };
    yb_policy_t *policy = NULL;
    const char *text = edit("residents:", "  chronic:", "  chronic:\n    diseases:\n      M00500:\n"
        "        - {from: 2023-01-01, to: 2025-01-01, value: 80%, source: \"a\"}\n    #");
    ck_assert_int_eq(yb_policy_parse(text, strlen(text), "141100-x.yaml", &report, &policy), YB_OK);
    ck_assert_uint_eq(policy->terms_count, 3);
    yb_policy_set_t set = { .count = 1, .policies = { policy } };
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        const yb_terms_t *t = NULL;
        ck_assert_int_eq(yb_policy_find(&set, 141100, days[i].day, &t, NULL), YB_OK);
        const yb_terms_disease_t *listed = yb_terms_chronic(t, YB_SCHEME_RESIDENT, "M00500");
        ck_assert_int_eq(listed != NULL ? listed->ratio_ppm : 0, days[i].ratio);
        ck_assert_ptr_null(yb_terms_chronic(t, YB_SCHEME_EMPLOYEE, "M00500"));
        ck_assert_ptr_null(yb_terms_chronic(t, YB_SCHEME_RESIDENT, "M00501"));
        cover(policy);
    }
    yb_policy_destroy(&policy);
    text = edit("residents:", "  chronic:", "  chronic:\n    diseases:\n      M00500:\n"
        "        - {from: 2023-01-01, to: 2024-01-01, value: 80%, source: \"a\"}\n"
        "        - {from: 2024-01-02, to: null, value: 80%, source: \"a\"}\n    #");
    faulty(text, line_of(text, "2024-01-02"), "residents.chronic.diseases.M00500", "空档");
}
END_TEST

/* The tables themselves, were they made by another hand: none and two are errors, never a default. */
START_TEST(none_and_two_values)
{
    static yb_terms_t terms;
    yb_policy_t *policy = NULL;
    ck_assert_int_eq(yb_policy_parse(base, strlen(base), "x", &report, &policy), YB_OK);
    const yb_policy_value_t two[] = { { 20200101, 20250101, 1, "a", 1 },
                                      { 20241231, YB_DAY_OPEN, 2, "b", 2 } };
    const yb_policy_value_t none[] = { { 20200101, 20250101, 1, "a", 1 },
                                       { 20250102, YB_DAY_OPEN, 2, "b", 2 } };
    for (yb_param_t p = 0; p < YB_PARAM_COUNT; p++) {
        yb_policy_t wrong = *policy;
        yb_param_t which = YB_PARAM_NONE;
        wrong.params[p] = (yb_policy_series_t){ two, 2 };
        ck_assert_int_eq(yb_policy_resolve(&wrong, 20241230, &terms, &which), YB_OK);
        ck_assert_int_eq(yb_policy_resolve(&wrong, 20241231, &terms, &which), YB_E_POLICY_CONFLICT);
        ck_assert_int_eq(which, p);
        ck_assert_int_eq(yb_policy_resolve(&wrong, 20250101, &terms, &which), YB_OK);
        wrong.params[p] = (yb_policy_series_t){ none, 2 };
        ck_assert_int_eq(yb_policy_resolve(&wrong, 20250101, &terms, &which), YB_E_POLICY_NONE);
        ck_assert_int_eq(which, p);
        ck_assert_int_eq(yb_policy_resolve(&wrong, 20250102, &terms, &which), YB_OK);
    }
    yb_policy_set_t set = { .count = 2, .policies = { policy, policy } };
    const yb_terms_t *t;
    ck_assert_int_eq(yb_policy_find(&set, 141100, 20250101, &t, NULL), YB_E_POLICY_CONFLICT);
    ck_assert_int_eq(yb_policy_find(&set, 141000, 20250101, &t, NULL), YB_E_POLICY_NONE);
    yb_policy_destroy(&policy);
}
END_TEST

START_TEST(area_codes)
{
    static const struct { const char *admdvs; int32_t region;
    } table[] = {
        { "141100", 141100 }, { "141102", 141100 }, { "141181", 141100 }, { "430902", 430900 },
        { "320682", 320682 }, { "320681", 0 },      { "510421", 510421 }, { "510400", 0 },
        { "620102", 620100 }, { "110000", 0 },      { "x", 0 },
    };
    yb_policy_set_t *set = NULL;
    char detail[1024];
    ck_assert_int_eq(yb_policy_set_load(DATA, &set, detail, sizeof(detail)), YB_OK);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const yb_terms_t *t = NULL;
        ck_assert_msg(yb_policy_region_of(set, table[i].admdvs) == table[i].region, "%s", table[i].admdvs);
        yb_err_t err = yb_policy_find_admdvs(set, table[i].admdvs, 20250101, &t, NULL);
        ck_assert_int_eq(err, table[i].region != 0 ? YB_OK : YB_E_POLICY_NONE);
        ck_assert_int_eq(t != NULL ? t->region : 0, table[i].region);
    }
    ck_assert_ptr_eq(yb_policy_by_hash(set, set->policies[2]->hash), set->policies[2]);
    uint8_t other[32] = { 0 };
    ck_assert_ptr_null(yb_policy_by_hash(set, other));
    yb_policy_set_destroy(&set);
}
END_TEST

/* ---- folders ---- */

static void put_file(const char *dir, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, strlen(text), file), strlen(text));
    ck_assert_int_eq(fclose(file), 0);
}

static void refused_folder(const char *dir, yb_err_t code, const char *says)
{
    yb_policy_set_t *set = NULL;
    char detail[1024] = "";
    ck_assert_int_eq(yb_policy_set_load(dir, &set, detail, sizeof(detail)), code);
    ck_assert_ptr_null(set);
    ck_assert_msg(strstr(detail, says) != NULL, "%s", detail);
}

START_TEST(a_folder_is_taken_whole_or_not)
{
    char dir[] = "/tmp/yb-policy-XXXXXX", path[512];
    ck_assert_ptr_nonnull(mkdtemp(dir));
    refused_folder("/nonexistent", YB_E_IO, "/nonexistent");
    refused_folder(dir, YB_E_CONFIG, "no policy file");
    put_file(dir, "README", "not a policy");
    put_file(dir, "141100-a.yaml", base);
    yb_policy_set_t *set = NULL;
    char detail[1024];
    ck_assert_int_eq(yb_policy_set_load(dir, &set, detail, sizeof(detail)), YB_OK);
    yb_policy_set_destroy(&set);
    put_file(dir, "141100-b.yaml", base);
    refused_folder(dir, YB_E_POLICY_FORM, "141100-b.yaml: 141100-a.yaml speaks of region 141100");
    put_file(dir, "141100-b.yaml", edit("class_2:", "value: 500", "value: x"));
    snprintf(path, sizeof(path), "141100-b.yaml:%d: " AT, line_of(edited, "value: x"));
    refused_folder(dir, YB_E_POLICY_FORM, path);
    snprintf(path, sizeof(path), "%s/141100-b.yaml", dir);
    unlink(path);
    put_file(dir, "141000-b.yaml", base);
    refused_folder(dir, YB_E_POLICY_FORM, "与文件名");
    static const char *const names[] = { "README", "141100-a.yaml", "141000-b.yaml" };
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy_file");
    TCase *tc = tcase_create("policy_file");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, read_base, NULL);
    tcase_add_test(tc, the_files_are_right);
    tcase_add_test(tc, what_a_file_says);
    tcase_add_test(tc, gap_and_overlap);
    tcase_add_test(tc, values_and_sources);
    tcase_add_test(tc, rates_are_exact);
    tcase_add_test(tc, keys);
    tcase_add_test(tc, contradictions);
    tcase_add_test(tc, not_yaml);
    tcase_add_test(tc, truncated_anywhere);
    tcase_add_test(tc, temporal_coverage);
    tcase_add_test(tc, a_change_holds_from_its_day);
    tcase_add_test(tc, a_disease_is_listed_for_a_while);
    tcase_add_test(tc, none_and_two_values);
    tcase_add_test(tc, area_codes);
    tcase_add_test(tc, a_folder_is_taken_whole_or_not);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
