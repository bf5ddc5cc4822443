#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libcommon/text.h"
#include "services/settlement/policy/policy_file.h"
#include "services/settlement/rules/trace.h"

static yb_policy_set_t *policies;

static const yb_terms_t *terms_of(int32_t region)
{
    const yb_terms_t *terms = NULL;
    ck_assert_int_eq(yb_policy_find(policies, region, 20250701, &terms, NULL), YB_OK);
    return terms;
}

static yb_settle_out_t settle(int32_t region, const char *insutype, uint32_t tags, yb_fen_t scope)
{
    yb_settle_in_t in = { .insutype = insutype, .med_type = "21", .dise_codg = "", .place_area = region,
                          .charge_class = 1, .tier = YB_TIER_COUNTY, .tags = tags, .acct_used = true,
                          .balc_fen = 12345 };
    in.totals = (yb_line_totals_t){ scope + 100, 100, 0, 0, scope };
    in.used.stays = 1;
    yb_settle_out_t out;
    yb_refusal_t refusal = { 0 };
    ck_assert_int_eq(yb_settle(terms_of(region), &in, &out, &refusal), YB_OK);
    return out;
}

static json_t *json_of(const yb_terms_t *terms, const yb_settle_out_t *out, const yb_fund_detail_t *fund)
{
    char text[YB_TRACE_JSON_MAX + 1];
    json_error_t error;
    memset(text, 'x', sizeof(text));
    size_t len = yb_trace_json(terms, out, fund, text, sizeof(text));
    ck_assert_uint_le(len, YB_TRACE_JSON_MAX);
    ck_assert_uint_eq(strlen(text), len);
    ck_assert(yb_utf8_valid(text, len));
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(json != NULL, "%s in %s", error.text, text);
    ck_assert_uint_eq(json_array_size(json), fund->step_count);
    return json;
}

/* Sum of the outputs of the steps that pay, read as exact decimals off the text. */
static yb_fen_t paid_in(const yb_terms_t *terms, const yb_settle_out_t *out, const yb_fund_detail_t *fund)
{
    static const char key[] = "\"output\":";
    char text[YB_TRACE_JSON_MAX + 1];
    yb_fen_t sum = 0, fen;
    yb_trace_json(terms, out, fund, text, sizeof(text));
    const char *at = text;
    for (uint32_t i = 0; i < fund->step_count; i++) {
        at = strstr(at, key);
        ck_assert_ptr_nonnull(at);
        at += strlen(key);
        ck_assert_int_eq(yb_decimal_parse(at, strcspn(at, "}"), 2, &fen), YB_OK);
        ck_assert_int_eq(fen, out->steps[fund->first_step + i].output_fen);
        if (out->steps[fund->first_step + i].id >= YB_STEP_BASIC)
            sum += fen;
    }
    return sum;
}

/* 1 000 deductible, halved on the second stay: (200 000 − 500) × 60 % is cut at the cap of 100 000. */
START_TEST(exact_text)
{
    char text[YB_TRACE_JSON_MAX + 1];
    const yb_settle_out_t out = settle(141100, "390", 0, 20000000);
    yb_trace_json(terms_of(141100), &out, &out.funds[0], text, sizeof(text));
    ck_assert_str_eq(text,
        "[{\"step\":\"scope\",\"name\":\"政策范围内费用\",\"input\":200001.00,\"output\":200000.00},"
        "{\"step\":\"deductible\",\"name\":\"起付线\",\"input\":200000.00,\"rate\":0.5,"
        "\"rule\":\"residents.inpatient.later_stay_factor\",\"source\":\"assumed: 规划未载，年内第二次住院起减半\","
        "\"limit\":500.00,\"limit_rule\":\"residents.inpatient.deductible.class_1\","
        "\"limit_source\":\"assumed: 规划未载起付线\",\"output\":500.00},"
        "{\"step\":\"basic\",\"name\":\"统筹基金支付\",\"input\":199500.00,\"rate\":0.6,"
        "\"rule\":\"residents.inpatient.ratio.class_1\",\"source\":\"LL 一(一)3：一类60%、二类70%、三类85%\","
        "\"limit\":100000.00,\"limit_rule\":\"residents.basic_cap.fixed\","
        "\"limit_source\":\"LL 一(一)3：年度统筹基金最高支付限额10万元\",\"output\":100000.00}]");
}
END_TEST

START_TEST(every_row_is_json_that_sums)
{
    static const int32_t regions[] = { 141100, 320682, 430900, 510421, 620100 };
    static const char *const insutypes[] = { "390", "310" };
    for (size_t r = 0; r < 5; r++)
        for (size_t i = 0; i < 2; i++)
            for (uint32_t tags = 0; tags < 16; tags++) {
                const yb_settle_out_t out = settle(regions[r], insutypes[i], tags, 90000000);
                for (uint32_t f = 0; f < out.fund_count; f++) {
                    json_t *json = json_of(terms_of(regions[r]), &out, &out.funds[f]);
                    ck_assert_int_eq(paid_in(terms_of(regions[r]), &out, &out.funds[f]),
                                     out.funds[f].fund_payamt_fen);
                    json_decref(json);
                }
            }
}
END_TEST

START_TEST(words_for_the_person)
{
    char text[YB_TRACE_LINE_MAX];
    static const char *const want[] = {
        "总费用200001.00元，其中政策范围内200000.00元",
        "起付线500.00元，本次由个人先付500.00元〔居民住院起付线（一类），依据：assumed: "
        "规划未载起付线〕，年内再次住院按50%〔居民年内"
        "再次住院起付线比例，依据：assumed: 规划未载，年内第二次住院起减半〕",
        "政策范围内、起付线以上199500.00元，居民医保统筹基金按60%支付100000."
        "00元〔居民住院统筹支付比例（一类），依据：LL 一(一)3："
        "一类60%、二类70%、三类85%〕，达到年度封顶线，本次最多可支付100000.00元〔居民统筹基金年度封顶线，依据：LL "
        "一(一)3：年度"
        "统筹基金最高支付限额10万元〕",
        "年内个人负担超过5000.00元的部分本次新增95000.00元，居民大病保险资金（低保）按80%支付76000.00元",
        "政策范围内个人仍负担24000.00元，医疗救助资金（低保）按75%支付18000.00元",
        "兜底保障（低保）：个人仍负担6000.00元，最多负担1000.00元，超出的5000.00元由医疗救助资金支付",
    };
    const yb_settle_out_t out = settle(141100, "390", YB_TAG_SUBSISTENCE, 20000000);
    ck_assert_uint_eq(out.step_count, sizeof(want) / sizeof(want[0]));
    for (uint32_t i = 0; i < out.step_count; i++) {
        yb_trace_explain(terms_of(141100), &out.steps[i], text, sizeof(text));
        ck_assert_msg(strncmp(text, want[i], strlen(want[i])) == 0, "%s", text);
    }
}
END_TEST

/* Where several rules pay the same, the one told is the tag's: the person looks for it. */
START_TEST(a_tag_is_told_also_when_nothing_is_paid)
{
    const yb_settle_out_t out = settle(141100, "390", YB_TAG_SUBSISTENCE | YB_TAG_LOW_INCOME, 100000);
    ck_assert_int_eq(out.steps[3].id, YB_STEP_BURDEN);
    ck_assert_int_eq(out.steps[3].output_fen, 0);
    ck_assert_int_eq(out.steps[3].standing, YB_STANDING_SUBSISTENCE);
    ck_assert_int_eq(out.steps[3].line_fen, 500000);
}
END_TEST

START_TEST(account_is_told)
{
    char text[YB_TRACE_LINE_MAX];
    const yb_settle_out_t out = settle(141100, "310", 0, 100000);
    const yb_fund_detail_t *last = &out.funds[out.fund_count - 1];
    ck_assert_str_eq(last->fund_pay_type, "310200");
    ck_assert_int_eq(last->fund_payamt_fen, 12345);
    yb_trace_explain(terms_of(141100), &out.steps[last->first_step], text, sizeof(text));
    ck_assert_str_eq(text, "个人负担431.00元，其中个人账户支付123.45元");
}
END_TEST

/* Sources of any kind: escaped, and cut rather than the row losing a step. */
START_TEST(long_and_strange_sources)
{
    static yb_terms_t terms;
    static yb_policy_value_t values[YB_PARAM_COUNT];
    static char source[YB_SOURCE_MAX + 1];
    char text[YB_TRACE_LINE_MAX];
    terms = *terms_of(141100);
    memset(source, '"', sizeof(source) - 1);
    for (size_t p = 0; p < YB_PARAM_COUNT; p++) {
        values[p] = *terms.of[p];
        values[p].source = source;
        terms.of[p] = &values[p];
    }
    const yb_settle_out_t out = settle(141100, "390", YB_TAG_SUBSISTENCE, 20000000);
    for (uint32_t f = 0; f < out.fund_count; f++)
        json_decref(json_of(&terms, &out, &out.funds[f]));
    for (uint32_t s = 0; s < out.step_count; s++)
        yb_trace_explain(&terms, &out.steps[s], text, sizeof(text));
    for (size_t p = 0; p < YB_PARAM_COUNT; p++)
        values[p].source = "规划“一”\\二\"三";
    json_t *json = json_of(&terms, &out, &out.funds[0]);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(json, 1), "source")), "规划“一”\\二\"三");
    json_decref(json);
}
END_TEST

START_TEST(a_listed_disease_is_cited)
{
    char text[YB_TRACE_LINE_MAX];
    yb_settle_in_t in = { .insutype = "390", .med_type = "14", .dise_codg = "M00500", .place_area = 320682,
                          .charge_class = 1, .totals = { 10000, 0, 0, 0, 10000 } };
    yb_settle_out_t out;
    yb_refusal_t refusal = { 0 };
    ck_assert_int_eq(yb_settle(terms_of(320682), &in, &out, &refusal), YB_OK);
    ck_assert_int_eq(out.amounts.hifp_pay_fen, 8000);
    json_t *json = json_of(terms_of(320682), &out, &out.funds[0]);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(json, 1), "rule")),
                     "residents.chronic.diseases.M00500");
    json_decref(json);
    yb_trace_explain(terms_of(320682), &out.steps[1], text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "病种M00500"));
}
END_TEST

static void load(void)
{
    char detail[1024];
    ck_assert_msg(yb_policy_set_load(YB_SOURCE_DIR "/services/settlement/data", &policies, detail,
                                     sizeof(detail)) == YB_OK,
                  "%s", detail);
}

static void unload(void)
{
    yb_policy_set_destroy(&policies);
}

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *tc = tcase_create("trace");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, load, unload);
    tcase_add_test(tc, exact_text);
    tcase_add_test(tc, every_row_is_json_that_sums);
    tcase_add_test(tc, words_for_the_person);
    tcase_add_test(tc, a_tag_is_told_also_when_nothing_is_paid);
    tcase_add_test(tc, account_is_told);
    tcase_add_test(tc, long_and_strange_sources);
    tcase_add_test(tc, a_listed_disease_is_cited);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
