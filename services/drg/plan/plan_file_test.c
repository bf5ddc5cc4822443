#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/drg/plan/plan_file.h"
#include "services/drg/rules/dip_pay.h"

/* Every key once. */
static const char base[] =
    "plan: test-1\n"
    "area: \"141100\"\n"
    "from: 2023-01-01\n"
    "to: 2024-01-01\n"
    "method: points\n"
    "mean_all: \"9986.94\"\n"
    "weights: weights.tsv\n"
    "low_ratio: \"0.4\"\n"
    "low_bound: excluded\n"
    "high:\n"
    "  - {rw_max: \"1\", ratio: \"3\"}\n"
    "  - {rw_max: \"3\", ratio: \"2\", level: [三甲, 二级]}\n"
    "  - {ratio: \"1.5\"}\n"
    "high_bound: included\n"
    "high_form: share\n"
    "high_share: \"0.7\"\n"
    "factor: {\"0000\": \"1\", QY: \"0.9\", unstable: \"1\", uncovered: \"1\"}\n"
    "coefficient: {default: \"1\", H14110000002: \"1.1476\"}\n"
    "coefficient_level:\n"
    "  三甲: \"1.1\"\n"
    "  二级: \"0.9\"\n"
    "levels:\n"
    "  H14110000001: 三甲\n"
    "  H14110000002: 二级\n"
    "budget: {\"310\": \"1000000.00\"}\n"
    "fund_budget: {\"390\": \"600000.00\"}\n"
    "reserve_ratio: \"0.05\"\n"
    "scope: {los_min: 2, los_max: 60, med_type: [\"52\"], offsite: out}\n"
    "day:\n"
    "  - {kind: mental, steps: [{to: 30, points: \"3.5\"}, {points: \"2\"}]}\n"
    "  - {kind: mental, institution: H14110000002, steps: [{points: \"4\"}]}\n"
    "disease:\n"
    "  - {code: DB01, price: \"5000.00\"}\n"
    "  - {code: DB01, level: 三甲, price: \"6000\"}\n"
    "tcm: {TCM1: AA11}\n"
    "head: {family_doctor: \"120.00\"}\n"
    "month_share: [\"0.08\", \"0.08\", \"0.08\", \"0.08\", \"0.08\", \"0.08\", \"0.08\", \"0.08\", \"0.08\", \"0.08\", "
    "\"0.08\", \"0.12\"]\n"
    "prepay_ratio: \"0.95\"\n"
    "keep_ratio_max: \"0.05\"\n"
    "overrun:\n"
    "  - {from: \"0\", to: \"0.1\", share: \"0.6\"}\n"
    "  - {from: \"0.1\", to: \"0.2\", share: \"0.3\"}\n"
    "deposit: {score: [{min: \"90\", ratio: \"1\"}, {min: \"60\", ratio: \"0.8\"}], grade: {D: \"0\"}}\n"
    "groups:\n"
    "  G1: {members: [H14110000001], bear_overrun: all}\n";
static const char weights[] = "drg\trw\tkind\nBB15\t0.6\tbasic\nAA11\t1.2345\tstable\nCC19\t\tuncovered\n";

static char edited[65536];
static yb_file_report_t report;

/* `from` with the first `old` replaced. */
static const char *edit(const char *from, const char *old, const char *new)
{
    const char *at = strstr(from, old);
    ck_assert_msg(at != NULL, "not there: %s", old);
    snprintf(edited, sizeof(edited), "%.*s%s%s", (int)(at - from), from, new, at + strlen(old));
    return edited;
}

static yb_err_t parse(const char *plan_text, const char *weights_text, yb_plan_t **ret)
{
    memset(&report, 0, sizeof(report));
    return yb_plan_parse(plan_text, strlen(plan_text), "/some/where/plan.yaml", weights_text, strlen(weights_text),
                         &report, ret);
}

static yb_plan_t *good(const char *plan_text, const char *weights_text)
{
    yb_plan_t *plan = NULL;
    yb_err_t err = parse(plan_text, weights_text, &plan);
    ck_assert_msg(err == YB_OK, "%s:%d %s: %s", report.findings[0].file, (int)report.findings[0].line,
                  report.findings[0].at, report.findings[0].text);
    return plan;
}

static bool found(const char *file, int line, const char *at, const char *says, bool is_error)
{
    for (size_t i = 0; i < report.count; i++) {
        const yb_file_finding_t *f = &report.findings[i];
        if (strcmp(f->file, file) == 0 && (line < 0 || f->line == (uint64_t)line) && strcmp(f->at, at) == 0 &&
            strstr(f->text, says) != NULL && f->is_error == is_error)
            return true;
    }
    for (size_t i = 0; i < report.count; i++)
        printf("  %s:%d %s: %s\n", report.findings[i].file, (int)report.findings[i].line, report.findings[i].at,
               report.findings[i].text);
    return false;
}

/* Line of `text` in `where`, from 1. */
static int line_of(const char *where, const char *text)
{
    const char *at = strstr(where, text);
    int line = 1;
    ck_assert_msg(at != NULL, "not there: %s", text);
    for (const char *p = where; p < at; p++)
        line += *p == '\n';
    return line;
}

START_TEST(every_key_is_read)
{
    yb_plan_t *p = good(base, weights);
    ck_assert_uint_eq(report.count, 0);
    ck_assert_str_eq(p->name, "test-1");
    ck_assert_int_eq(p->from, 20230101);
    ck_assert_int_eq(p->mean_e4, 99869400);
    ck_assert_int_eq(p->low_ratio_e6, 400000);
    ck_assert(!p->low_at_bound && p->high_at_bound && p->high_form == YB_HIGH_SHARE && p->high_share_e4 == 7000);
    ck_assert_int_eq(yb_plan_high_ratio(p, 10000, YB_NO_LEVEL), 3000000);
    ck_assert_int_eq(yb_plan_high_ratio(p, 10001, YB_NO_LEVEL), 1500000);
    ck_assert_int_eq(yb_plan_high_ratio(p, 10001, yb_plan_institution(p, "H14110000001")->level), 2000000);
    ck_assert_int_eq(p->factor_e6[YB_FACTOR_QY], 900000);
    ck_assert_int_eq(yb_plan_coefficient(p, "H14110000001"), 11000);
    ck_assert_int_eq(yb_plan_coefficient(p, "H14110000002"), 11476);
    ck_assert_int_eq(yb_plan_coefficient(p, "H14110000003"), 10000);
    ck_assert_int_eq(yb_plan_weight(p, "AA11")->rw_e4, 12345);
    ck_assert_int_eq(yb_plan_weight(p, "CC19")->kind, YB_WEIGHT_UNCOVERED);
    ck_assert_ptr_null(yb_plan_weight(p, "AA1"));
    ck_assert(p->pools[yb_plan_pool(p, "390")].of_fund && !p->pools[yb_plan_pool(p, "310")].of_fund);
    ck_assert_int_eq(p->reserve_ratio_ppm, 50000);
    ck_assert(p->scope.los_min == 2 && p->scope.los_max == 60 && p->scope.offsite_out && p->scope.med_type_count == 1);
    ck_assert_int_eq(yb_plan_day(p, "mental", "H1")->steps[0].value, 35000);
    ck_assert_int_eq(yb_plan_day(p, "mental", "H14110000002")->steps[0].value, 40000);
    ck_assert_int_eq(yb_plan_disease(p, "DB01", "H14110000001")->price_fen, 600000);
    ck_assert_int_eq(yb_plan_disease(p, "DB01", "H14110000002")->price_fen, 500000);
    ck_assert_str_eq(yb_plan_tcm(p, "TCM1"), "AA11");
    ck_assert_int_eq(p->heads[0].amount_fen, 12000);
    ck_assert_int_eq(p->month_share_ppm[11], 120000);
    ck_assert_int_eq(p->prepay_ratio_ppm, 950000);
    ck_assert(yb_plan_year(p, "H1")->slice_count == 2 && !yb_plan_year(p, "H1")->bears_overrun);
    ck_assert(yb_plan_year(p, "G1")->slice_count == 0 && yb_plan_year(p, "G1")->bears_overrun);
    ck_assert_int_eq(yb_plan_year(p, "G1")->keep_ratio_max_ppm, 50000); /* the plan's */
    yb_plan_destroy(&p);
    ck_assert_ptr_null(p);
}
END_TEST

/* What is changed, and the finding: at the line of the change, for that key, saying that. */
START_TEST(faults_are_named_with_their_line)
{
    static const struct {
        const char *old, *new, *at, *says;
    } rows[] = {
        { "method: points", "method: pionts", "method", "points、rate" },
        { "area: \"141100\"", "area: \"1411\"", "area", "六位" },
        { "from: 2023-01-01", "from: 2023-02-30", "from", "2023-02-30" },
        { "to: 2024-01-01", "to: 2022-01-01", "to", "起始日" },
        { "low_ratio: \"0.4\"", "low_ratio: \"0,4\"", "low_ratio", "0,4" },
        { "low_ratio: \"0.4\"", "low_ratio: \"0.1234567\"", "low_ratio", "最多6位" },
        { "low_ratio: \"0.4\"", "low_ratio: \"-1\"", "low_ratio", "-1" },
        { "mean_all: \"9986.94\"", "mean_all: \"0\"", "mean_all", "“0”" },
        { "mean_all: \"9986.94\"", "mean_all: [1]", "mean_all", "单个值" },
        { "high_bound: included", "high_bond: included", "high_bond", "不认识" },
        { "prepay_ratio: \"0.95\"", "prepay_ratio: \"95\"", "prepay_ratio", "1.000000之间" },
        { "reserve_ratio: \"0.05\"", "plan: again", "plan", "第1行已写过" },
        { "  - {ratio: \"1.5\"}", "  - {rw_max: \"0.5\", ratio: \"1.5\"}", "high[3].rw_max", "第1档" },
        { "  - {ratio: \"1.5\"}", "  - {rw_max: \"3\", ratio: \"1.5\", level: 三甲}", "high[3].rw_max", "第2档" },
        { "  - {ratio: \"1.5\"}", "  - {rw_max: \"5\"}", "high[3]", "缺少ratio" },
        { "  - {ratio: \"1.5\"}", "  - {ratio: \"1.5\", rw: \"3\"}", "high[3]", "“rw”不认识" },
        { "QY: \"0.9\"", "QQ: \"0.9\"", "factor", "“QQ”不认识" },
        { "default: \"1\"", "H14110000002: \"1\"", "coefficient", "H14110000002重复" },
        { "default: \"1\"", "default: \"0\"", "coefficient", "“0”" },
        { "  H14110000002: 二级", "  H14110000001: 二级", "levels", "H14110000001重复" },
        { "  二级: \"0.9\"", "  三甲: \"0.9\"", "coefficient_level", "第20行已写过" },
        { "{\"390\": \"600000.00\"}", "{\"310\": \"600000.00\"}", "fund_budget", "只能写一个" },
        { "{\"310\": \"1000000.00\"}", "{\"310\": \"1000000.001\"}", "budget", "最多2位" },
        { "offsite: out", "offsite: away", "scope.offsite", "away" },
        { "{to: 30, points: \"3.5\"}", "{points: \"3.5\"}", "day[1]", "除最后一段" },
        { "{to: 30, points: \"3.5\"}", "{to: 30, rate: \"3.5\"}", "day[1]", "各段一致" },
        { "level: 三甲, price: \"6000\"", "price: \"6000\"", "disease[2]", "重复" },
        { "tcm: {TCM1: AA11}", "tcm: {TCM1: ZZ99}", "tcm", "不在权重表" },
        { "tcm: {TCM1: AA11}", "tcm: {TCM1: TCM1}", "tcm", "本身也是" },
        { "\"0.12\"]", "\"0.11\"]", "month_share", "正好为1" },
        { "\"0.12\"]", "]", "month_share", "12项" },
        { "  - {from: \"0.1\", to: \"0.2\", share: \"0.3\"}", "  - {from: \"0.05\", to: \"0.2\", share: \"0.3\"}",
          "overrun", "重叠" },
        { "  - {from: \"0.1\", to: \"0.2\", share: \"0.3\"}", "  - {from: \"0.15\", to: \"0.2\", share: \"0.3\"}",
          "overrun", "空档" },
        { "  - {from: \"0.1\", to: \"0.2\", share: \"0.3\"}", "  - {from: \"0.1\", to: \"0.1\", share: \"0.3\"}",
          "overrun", "大于from" },
        { "{min: \"60\", ratio: \"0.8\"}", "{min: \"95\", ratio: \"0.8\"}", "deposit.score", "从大到小" },
        { "high_share: \"0.7\"\n", "", "high_share", "同时写" },
        { "\"1.5\"", "\"0.4\"", "high", "不大于low_ratio" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        yb_plan_t *plan = NULL;
        int line = line_of(base, rows[i].old);
        /* found by the whole, and reported where the key stands */
        if (strcmp(rows[i].at, "high") == 0 || strcmp(rows[i].at, "high_share") == 0)
            line = -1;
        ck_assert_msg(parse(edit(base, rows[i].old, rows[i].new), weights, &plan) == YB_E_POLICY_FORM, "accepted: %s",
                      rows[i].new);
        ck_assert_ptr_null(plan);
        ck_assert_msg(found("plan.yaml", line, rows[i].at, rows[i].says, true), "no finding at line %d, %s: %s", line,
                      rows[i].at, rows[i].says);
    }
}
END_TEST

START_TEST(what_is_missing_is_named)
{
    static const struct {
        const char *line, *at;
    } rows[] = {
        { "plan: test-1\n", "plan" },
        { "area: \"141100\"\n", "area" },
        { "from: 2023-01-01\n", "from" },
        { "method: points\n", "method" },
        { "mean_all: \"9986.94\"\n", "mean_all" },
        { "weights: weights.tsv\n", "weights" },
        { "low_ratio: \"0.4\"\n", "low_ratio" },
    };
    yb_plan_t *plan = NULL;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_int_eq(parse(edit(base, rows[i].line, ""), weights, &plan), YB_E_POLICY_FORM);
        ck_assert_msg(found("plan.yaml", 0, rows[i].at, "缺少", true), "%s", rows[i].at);
    }
    ck_assert_int_eq(parse(edit(base, "method: points", "method: rate"), weights, &plan), YB_E_POLICY_FORM);
    ck_assert(found("plan.yaml", 0, "rate", "缺少rate", true));
    char copy[sizeof(base)];
    snprintf(copy, sizeof(copy), "%s", edit(base, "budget: {\"310\": \"1000000.00\"}\n", ""));
    ck_assert_int_eq(parse(edit(copy, "fund_budget: {\"390\": \"600000.00\"}\n", ""), weights, &plan),
                     YB_E_POLICY_FORM);
    ck_assert(found("plan.yaml", 0, "budget", "缺少budget", true));
}
END_TEST

START_TEST(warnings_do_not_refuse)
{
    yb_plan_t *plan = good(edit(base, "default: \"1\", ", ""), weights);
    ck_assert(found("plan.yaml", -1, "coefficient", "没有默认系数", false));
    yb_plan_destroy(&plan);
    plan = good(edit(base, "reserve_ratio: \"0.05\"\n", ""), weights);
    ck_assert(found("plan.yaml", -1, "overrun", "没有调剂金", false));
    yb_plan_destroy(&plan);
    plan = good(edit(base, "  - {ratio: \"1.5\"}\n", ""), weights);
    ck_assert(found("plan.yaml", -1, "high", "最后一档", false));
    yb_plan_destroy(&plan);
    plan = good(base, "drg\trw\tkind\nAA11\t1\tstable\n0000\t1\tstable\n");
    ck_assert(found("weights.tsv", 3, "drg", "0000先于权重", false));
    yb_plan_destroy(&plan);
}
END_TEST

START_TEST(weights_are_read_by_their_columns)
{
    yb_plan_t *plan = good(base, "\xEF\xBB\xBFname\tkind\trw\tdrg\r\n肝\"移植\tstable\t1.5\tAA11\r\n");
    ck_assert_int_eq(plan->weights[0].rw_e4, 15000);
    yb_plan_destroy(&plan);
    static const struct {
        const char *text, *at, *says;
        int line;
        uint32_t column;
    } rows[] = {
        { "drg\trw\nAA11\t1\n", "kind", "缺少列", 1, 0 },
        { "drg\trw\tkind\nAA11\t1.23456\tstable\n", "rw", "最多4位", 2, 2 },
        { "drg\trw\tkind\nAA11\t0\tstable\n", "rw", "“0”", 2, 2 },
        { "drg\trw\tkind\nAA11\t\tbasic\n", "rw", "不能用", 2, 2 },
        { "drg\trw\tkind\nAA11\t1000\tstable\n", "rw", "1000", 2, 2 },
        { "drg\trw\tkind\nAA11\t1\t普通\n", "kind", "uncovered", 2, 3 },
        { "drg\trw\tkind\nAA 11\t1\tstable\n", "drg", "空格", 2, 1 },
        { "drg\trw\tkind\nAA11\t1\tstable\nAA12\t1\tstable\nAA11\t1\tstable\n", "drg", "第2行", 4, 0 },
        { "drg\trw\tkind\nAA11\t1\n", "", "实有2列", 2, 0 },
        { "drg\trw\tkind\n", "", "没有一行", 0, 0 },
        { "", "", "为空", 1, 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        plan = NULL;
        ck_assert_int_eq(parse(base, rows[i].text, &plan), YB_E_POLICY_FORM);
        ck_assert_msg(found("weights.tsv", rows[i].line, rows[i].at, rows[i].says, true), "%s", rows[i].text);
        if (rows[i].column > 0)
            ck_assert_uint_eq(report.findings[0].column, rows[i].column);
    }
}
END_TEST

/* ---- DIP ---- */

static const char dip_base[] = "plan: test-2\n"
                               "area: \"141100\"\n"
                               "from: 2024-01-01\n"
                               "method: dip\n"
                               "dip: {catalogue: c.tsv, aux: a.tsv, op_kinds: k.tsv, bounds: included, require: all}\n"
                               "factor: {none: \"0.7\"}\n"
                               "coefficient: {default: \"1\"}\n"
                               "budget: {\"310\": \"1000.00\"}\n"
                               "day: [{kind: mental, steps: [{points: \"3.5\"}]}]\n";
static const char catalogue[] =
    "code\tkind\tlast_year\tn_1\tn_2\tn_3\tfee_1\tfee_2\tfee_3\tweighted\tmean\trw\tlevels\n"
    "I20.0:1/2+3\tcore\t2023\t0\t0\t2\t0\t0\t200.00\t1.4\t100.00\t1000\t\n"
    "J18.9:\tbasic\t2023\t0\t0\t2\t0\t0\t600.00\t1.4\t300.00\t3000\t三级:2:600.00\n";

static yb_err_t parse_dip(const char *plan_text, const char *catalogue_text, yb_plan_t **ret)
{
    static const char aux[] = "table\tkey\tcoefficient\nage\t66+\t1.2\n",
                      kinds[] = "code\tkind\n2\toperation\n1\tnone\n";
    const yb_plan_table_t tables[] = { { "k.tsv", kinds, sizeof(kinds) - 1 },
                                       { "c.tsv", catalogue_text, strlen(catalogue_text) },
                                       { "a.tsv", aux, sizeof(aux) - 1 } };
    memset(&report, 0, sizeof(report));
    return yb_plan_parse_all(plan_text, strlen(plan_text), "plan.yaml", tables, 3, &report, ret);
}

START_TEST(a_dip_plan_has_its_tables)
{
    yb_plan_t *p = NULL;
    ck_assert_int_eq(parse_dip(dip_base, catalogue, &p), YB_OK);
    ck_assert_uint_eq(report.count, 0);
    ck_assert(p->method == YB_METHOD_DIP && yb_plan_by_points(p) && p->weights == NULL);
    ck_assert(p->dip->bounds.low_included && p->dip->bounds.high_included && p->dip->require == YB_DIP_ALL);
    ck_assert_uint_eq(p->dip->catalogue.count, 2);
    ck_assert_str_eq(p->dip->catalogue.diseases[0].code, "I20.0:1/2+3");
    ck_assert_int_eq(p->dip->catalogue.diseases[0].op_kind, YB_DIP_OPERATION); /* the column is not there */
    ck_assert_int_eq(p->dip->catalogue.diseases[1].kind, YB_DIP_BASIC);
    ck_assert_int_eq(p->dip->catalogue.all.n[2], 4);
    ck_assert_int_eq(p->dip->catalogue.all.fee_fen[2], 80000);
    ck_assert_int_eq(p->dip->aux[0].coefficient_e4, 12000);
    ck_assert_str_eq(p->dip->op_kinds[0].code, "1"); /* sorted */
    ck_assert_int_eq(p->factor_e6[YB_FACTOR_NONE], 700000);
    yb_plan_destroy(&p);
    static const char old[] = "I20.0:1/2+3\tcore\t2023\t0\t0\t2\t0\t0\t200.00\t1.4\t100.00\t1000",
                      no_sums[] = "I20.0:1/2+3\tcore\t\t\t\t\t\t\t\t\t99.99\t1000";
    char text[sizeof(catalogue) + sizeof(no_sums)];
    snprintf(text, sizeof(text), "%s", edit(catalogue, old, no_sums));
    ck_assert_int_eq(parse_dip(dip_base, text, &p), YB_OK);
    ck_assert(found("plan.yaml", 5, "mean_all", "没有费用合计", false));
    ck_assert_int_eq(p->dip->catalogue.diseases[0].mean_fen, 9999);
    ck_assert_int_eq(p->dip->catalogue.all.n[2], 0); /* not known */
    yb_plan_destroy(&p);
}
END_TEST

START_TEST(faults_of_a_dip_plan)
{
    static const struct {
        const char *old, *new, *at, *says;
        int line;
    } rows[] = {
        { "require: all", "require: some", "dip.require", "same、listed、all", 5 },
        { "bounds: included", "bounds: yes", "dip.bounds", "yes", 5 },
        { "catalogue: c.tsv, ", "", "dip", "缺少catalogue", 5 },
        { "op_kinds: k.tsv", "kinds: k.tsv", "dip", "“kinds”不认识", 5 },
        { "factor:", "mean_all: from_cases\nfactor:", "mean_all", "from_cases", 6 },
        { "factor:", "weights: w.tsv\nfactor:", "weights", "DIP不用", 6 },
        { "factor:", "high: [{ratio: none}]\nfactor:", "high", "DIP不用", 6 },
        { "budget: {\"310\": \"1000.00\"}\n", "", "budget", "缺少budget", 0 },
        { "points: \"3.5\"", "rate: \"3.5\"", "day", "points", 9 },
    };
    yb_plan_t *p = NULL;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_msg(parse_dip(edit(dip_base, rows[i].old, rows[i].new), catalogue, &p) != YB_OK, "%s", rows[i].new);
        ck_assert_ptr_null(p);
        ck_assert_msg(found("plan.yaml", rows[i].line, rows[i].at, rows[i].says, true), "%s", rows[i].new);
    }
    ck_assert_int_eq(parse_dip(edit(dip_base, "c.tsv", "d.tsv"), catalogue, &p), YB_E_NOT_FOUND);
    ck_assert(found("d.tsv", 0, "", "没有给出", true));
    ck_assert_int_eq(parse_dip(dip_base, edit(catalogue, "J18.9:\tbasic", "J18:\tbasic"), &p), YB_E_POLICY_FORM);
    ck_assert(found("c.tsv", 3, "code", "诊断四位码", true));
    ck_assert_int_eq(parse_dip(dip_base, edit(catalogue, "J18.9:\tbasic", "J18.9:\tcomposite"), &p), YB_E_POLICY_FORM);
    ck_assert_int_eq(parse(edit(base, "tcm:", "dip: {catalogue: c.tsv}\ntcm:"), weights, &p), YB_E_NOT_FOUND);
    ck_assert(found("plan.yaml", line_of(base, "tcm:"), "dip", "只用于method: dip", true));
}
END_TEST

START_TEST(what_is_no_plan_is_refused)
{
    static const char *const texts[] = {
        "", "- 1\n", "plan: [", "\t", "plan: *nowhere", "{plan: a, plan: b}", "? [a]\n: b\n", "plan: \"a\\0b\"\n"
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        yb_plan_t *plan = NULL;
        ck_assert_msg(parse(texts[i], weights, &plan) == YB_E_POLICY_FORM, "accepted: %s", texts[i]);
        ck_assert_uint_gt(report.errors, 0);
    }
    ck_assert_int_eq(parse("plan: a\narea: [\n", weights, &(yb_plan_t *){ NULL }), YB_E_POLICY_FORM);
    ck_assert_uint_eq(report.findings[0].line, 3);
}
END_TEST

START_TEST(files_that_cannot_be_read)
{
    yb_plan_t *plan = NULL;
    memset(&report, 0, sizeof(report));
    ck_assert_int_eq(yb_plan_load("/nowhere/plan.yaml", &report, &plan), YB_E_IO);
    ck_assert(found("plan.yaml", 0, "", "无法读取", true));
    char dir[] = "/tmp/plan.XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/p.yaml", dir);
    FILE *file = fopen(path, "w");
    fputs(base, file);
    fclose(file);
    memset(&report, 0, sizeof(report));
    ck_assert_int_eq(yb_plan_load(path, &report, &plan), YB_E_IO);
    ck_assert(found("weights.tsv", 0, "", "无法读取", true));
    remove(path);
    remove(dir);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan_file");
    TCase *t = tcase_create("plan_file");
    tcase_add_test(t, every_key_is_read);
    tcase_add_test(t, faults_are_named_with_their_line);
    tcase_add_test(t, what_is_missing_is_named);
    tcase_add_test(t, warnings_do_not_refuse);
    tcase_add_test(t, weights_are_read_by_their_columns);
    tcase_add_test(t, a_dip_plan_has_its_tables);
    tcase_add_test(t, faults_of_a_dip_plan);
    tcase_add_test(t, what_is_no_plan_is_refused);
    tcase_add_test(t, files_that_cannot_be_read);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
