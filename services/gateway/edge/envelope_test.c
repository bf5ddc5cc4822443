#include "services/gateway/edge/envelope.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/gateway/rules/tables.h"

static yb_arena_t *arena;

static void setup(void)
{
    arena = yb_arena_create(0);
}

static void teardown(void)
{
    yb_arena_destroy(&arena);
}

#define ENVELOPE(tail)                                                                                       \
    "{\"infno\":\"2404\",\"msgid\":\"H14110200001202502220800000001\",\"mdtrtarea_admvs\":\"141102\","       \
    "\"insuplc_admdvs\":\"141102\",\"recer_sys_code\":\"YBXT\",\"infver\":\"V1.0\",\"opter_type\":\"1\","    \
    "\"opter\":\"001\","                                                                                     \
    "\"opter_name\":\"收费员\",\"inf_time\":\"2025-02-22 08:00:00\",\"fixmedins_code\":\"H14110200001\"," \
    "\"fixmedins_name\":\"演示医院\"" tail "}"
#define INPUT ",\"input\":{\"data\":{\"mdtrt_id\":\"1\",\"psn_no\":\"P1\"}}"

static void quotes(const char *in, const char *want)
{
    const char *out;
    size_t len;
    yb_refusal_t why = {0};
    ck_assert_int_eq(yb_envelope_quote_numbers(in, strlen(in), arena, &out, &len, &why), YB_OK);
    ck_assert_str_eq(out, want);
    ck_assert_int_eq((int)len, (int)strlen(want));
}

START_TEST(test_numbers_become_text)
{
    quotes("{\"a\":69.6}", "{\"a\":\"69.6\"}");
    quotes("{\"a\" : -0.05 , \"b\":[1,2e3, 99999999999999.99]}",
        "{\"a\" : \"-0.05\" , \"b\":[\"1\",\"2e3\", \"99999999999999.99\"]}");
    quotes("{\"a\":\"1\\\"2:3\",\"b\":4}", "{\"a\":\"1\\\"2:3\",\"b\":\"4\"}");
    quotes("7", "\"7\"");
    /* what is no number of JSON stays, for the parser to refuse */
    quotes("{\"a\":01}", "{\"a\":01}");
    quotes("{\"a\":1.}", "{\"a\":1.}");
    quotes("{\"a\":1.2.3}", "{\"a\":1.2.3}");
    quotes("{\"a\":-}", "{\"a\":-}");
    quotes("{1:2}", "{1:\"2\"}");
    quotes("{\"a\":1,2:3}", "{\"a\":\"1\",2:\"3\"}");
    quotes("{\"a\":1", "{\"a\":\"1\"");
    quotes("{\"a\":\"1", "{\"a\":\"1");
    quotes("\"\\", "\"\\");
}
END_TEST

static yb_err_t parse(const char *body, size_t len, yb_refusal_t *why)
{
    yb_envelope_t env = {0};
    memset(why, 0, sizeof(*why));
    yb_err_t err = yb_envelope_parse(body, len, arena, &env, why);
    yb_envelope_release(&env);
    return err;
}

static void malformed(const char *body, const char *part)
{
    yb_refusal_t why;
    ck_assert_msg(parse(body, strlen(body), &why) == YB_E_MALFORMED, "%s", body);
    ck_assert_msg(strstr(why.text, part) != NULL, "%s: %s", body, why.text);
}

START_TEST(test_malformed)
{
    yb_refusal_t why;
    malformed("", "为空");
    malformed("\xef\xbb\xbf", "为空");
    malformed("{", "不完整");
    malformed("[]", "应为JSON对象");
    malformed("12", "语法");
    malformed("{} {}", "多余内容");
    malformed("{\"a\":1,\"a\":2}", "键重复：a，第1行");
    malformed("{\"a b\\\"c\":1,\"a b\\\"c\":2}", "键重复：a b\\\"c，第1行");
    char twice[512] = "", name[200] = "";
    for (size_t i = 0; i < 66; i++)
        strcat(name, "医");
    snprintf(twice, sizeof(twice), "{\"%s\":1,\"%s\":2}", name, name);
    malformed(twice, "键重复：医医医");
    malformed(twice, "…，第1行");
    malformed("{\"a\":\"\xb2\xe2\"}", "UTF-8");
    malformed("{\"a\\u0000\":1}", "NUL");
    malformed("{\"a\":01}", "语法");
    malformed("{1:2}", "语法");
    malformed("{\"a\":1,2:3}", "语法");
    malformed("{\"a\":NaN}", "语法");
    malformed("{'a':1}", "语法");
    malformed("infno=2304", "语法");
    malformed("{\"a\":1,\n\"中\":2,\n\"b\":x}", "第3行第6列");
    ck_assert_int_eq(parse("{\"a\":\0}", 7, &why), YB_E_MALFORMED);
}
END_TEST

START_TEST(test_bounds)
{
    yb_refusal_t why;
    char deep[400];
    memset(deep, '[', sizeof(deep));
    ck_assert_int_eq(parse(deep, sizeof(deep), &why), YB_E_MALFORMED);
    ck_assert_ptr_nonnull(strstr(why.text, "嵌套"));
    size_t n = 2 * (YB_ENVELOPE_VALUES_MAX + 10);
    char *wide = malloc(n);
    ck_assert_ptr_nonnull(wide);
    for (size_t i = 0; i < n; i++)
        wide[i] = i % 2 ? '1' : i ? ',' : '[';
    ck_assert_int_eq(parse(wide, n, &why), YB_E_TOO_LARGE);
    free(wide);
}
END_TEST

/* Reads, checks and refuses as the edge does; *msg is err_msg. */
static yb_err_t read_all(const char *body, char msg[1024])
{
    yb_envelope_t env = {0};
    yb_refusal_t why = {0};
    yb_answer_head_t head = {"141102202502220800000000000001", 1740182400123456};
    const char *data;
    size_t len;
    yb_err_t err = yb_envelope_parse(body, strlen(body), arena, &env, &why);
    if (!err)
        err = yb_envelope_check(&env, arena, &why);
    const yb_fields_t *table = err ? NULL : yb_tables_find(env.infno);
    const yb_input_t *in;
    if (!err)
        err = yb_fields_read(table, env.input, arena, &in, &why);
    msg[0] = 0;
    if (err) {
        ck_assert_int_eq(why.code, err);
        yb_answer_refusal(arena, &head, &why, table, 1740182400500000, &data, &len);
        json_t *answer = json_loadb(data, len, 0, NULL);
        ck_assert_ptr_nonnull(answer);
        ck_assert_int_eq((int)json_integer_value(json_object_get(answer, "infcode")), -1);
        ck_assert_str_eq(json_string_value(json_object_get(answer, "refmsg_time")), "20250222080000123");
        ck_assert_str_eq(json_string_value(json_object_get(answer, "respond_time")), "20250222080000500");
        ck_assert(json_is_null(json_object_get(answer, "output")));
        snprintf(msg, 1024, "%s", json_string_value(json_object_get(answer, "err_msg")));
        json_decref(answer);
    }
    yb_envelope_release(&env);
    return err;
}

START_TEST(test_envelope)
{
    char msg[1024];
    ck_assert_int_eq(read_all(ENVELOPE(INPUT), msg), YB_OK);
    ck_assert_int_eq(
        read_all("\xef\xbb\xbf" ENVELOPE(INPUT ",\"enc_type\":\"\",\"exp_content\":{\"x\":[1]}"), msg),
        YB_OK);
    ck_assert_int_eq(read_all("{\"infno\":\"\"}", msg), YB_E_FIELD_MISSING);
    ck_assert_str_eq(msg, "FSI-必填项为空：infno（交易编号），请填写后重报");
    ck_assert_int_eq(read_all("{\"infno\":{}}", msg), YB_E_FIELD_TYPE);
    ck_assert_str_eq(msg, "FSI-类型不正确：infno（交易编号），应为文本或数值，请核对后重报");
    ck_assert_int_eq(read_all(ENVELOPE(""), msg), YB_E_FIELD_MISSING);
    ck_assert_str_eq(msg, "FSI-必填项为空：input（交易输入），请填写后重报");
    ck_assert_int_eq(read_all(ENVELOPE(",\"input\":\"x\""), msg), YB_E_FIELD_TYPE);
    ck_assert_int_eq(read_all(ENVELOPE(",\"input\":null"), msg), YB_E_FIELD_MISSING);
    ck_assert_int_eq(read_all(ENVELOPE(INPUT ",\"sign_no\":true"), msg), YB_E_FIELD_TYPE);
    ck_assert_str_eq(msg, "FSI-类型不正确：sign_no（交易签到流水号），应为文本或数值，请核对后重报");
    ck_assert_int_eq(read_all(ENVELOPE(INPUT ",\"sign_no\":1234567"), msg), YB_OK);
    ck_assert_int_eq(read_all(ENVELOPE(INPUT ",\"sign_no\":\"1\\u0000\""), msg), YB_E_FIELD_FORM);
    ck_assert_str_eq(msg, "FSI-格式不正确：sign_no（交易签到流水号），含有控制字符，请去除后重报");
    ck_assert_int_eq(read_all(ENVELOPE(",\"input\":{\"data\":{\"mdtrt_id\":\"1\\u0000\",\"psn_no\":\"P1\"}}"), msg),
                     YB_E_FIELD_FORM);
    ck_assert_ptr_nonnull(strstr(msg, "data.mdtrt_id（就诊ID）"));
    ck_assert_int_eq(
        read_all(ENVELOPE(INPUT ",\"sign_no\":\"1234567890123456789012345678901\""), msg), YB_E_FIELD_LENGTH);
    ck_assert_str_eq(msg, "FSI-超过最大长度：sign_no（交易签到流水号），最长30个字符，实为31个，请缩短后重报");
    ck_assert_int_eq(
        read_all(ENVELOPE(",\"input\":{\"data\":{\"mdtrt_id\":\"1\"}}"), msg), YB_E_FIELD_MISSING);
    ck_assert_str_eq(msg, "FSI-必填项为空：data.psn_no（人员编号），请填写后重报");
}
END_TEST

static void says(yb_err_t code, const char *field, const char *text, const char *want)
{
    yb_refusal_t why = {0};
    yb_answer_head_t head = {"141102202502220800000000000001", 0};
    const char *data;
    size_t len;
    (void)yb_refuse(&why, code, field, text ? "%s" : NULL, text);
    yb_answer_refusal(arena, &head, &why, yb_tables_find("2404"), 0, &data, &len);
    json_t *answer = json_loadb(data, len, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(answer, "err_msg")), want);
    json_decref(answer);
}

/* What a text repeats of the error's own words is said once; words that only begin alike stay whole. */
START_TEST(test_err_msg)
{
    says(YB_E_PERSON_UNKNOWN, "data.psn_no", "未查询到该人员，请核对", "FSI-未查询到该人员：data.psn_no（人员编号），请核对");
    says(YB_E_PERSON_UNKNOWN, "data.psn_no", "未查询到该人员编号，请先用1101查询",
        "FSI-未查询到该人员：data.psn_no（人员编号），未查询到该人员编号，请先用1101查询");
    says(YB_E_VISIT_UNKNOWN, "data.mdtrt_id", NULL, "FSI-未查询到就诊信息：data.mdtrt_id（就诊ID），请核对后重报");
    says(YB_E_KEY_CONFLICT, "msgid", NULL, "FSI-报文ID重复且内容不一致：msgid（发送方报文ID），请换用新的msgid");
    says(YB_E_MALFORMED, NULL, NULL, "FSI-交易报文不正确");
}
END_TEST

START_TEST(test_err_msg_is_cut_at_200_characters)
{
    yb_refusal_t why = {.code = YB_E_FIELD_DICT, .field = "data.insutype"};
    yb_answer_head_t head = {"141102202502220800000000000001", 0};
    const char *data;
    size_t len;
    (void)snprintf(why.text, sizeof(why.text), "%s", "");
    for (size_t i = 0; i + 4 < sizeof(why.text); i++)
        why.text[i] = 'x';
    yb_answer_refusal(arena, &head, &why, yb_tables_find("2401"), 0, &data, &len);
    json_t *answer = json_loadb(data, len, 0, NULL);
    const char *msg = json_string_value(json_object_get(answer, "err_msg"));
    size_t chars = 0;
    for (const char *p = msg; *p; p++)
        chars += ((unsigned char)*p & 0xc0) != 0x80;
    ck_assert_int_eq((int)chars, 200);
    json_decref(answer);
    /* out of memory still answers */
    yb_arena_t *tiny = yb_arena_create(1);
    yb_answer_refusal(tiny, &head, &why, NULL, 0, &data, &len);
    answer = json_loadb(data, len, 0, NULL);
    ck_assert_int_eq((int)json_integer_value(json_object_get(answer, "infcode")), -1);
    ck_assert(json_string_value(json_object_get(answer, "err_msg"))[0] != 0);
    json_decref(answer);
    yb_arena_destroy(&tiny);
}
END_TEST

START_TEST(test_success)
{
    yb_answer_head_t head = {"141102202502220800000000000001", 1740182400123456};
    yb_json_out_t out = yb_answer_open(arena, &head);
    yb_json_object(&out, "result");
    yb_json_text(&out, "mdtrt_id", "42");
    yb_json_object_end(&out);
    yb_json_array(&out, "list");
    yb_json_array_end(&out);
    ck_assert_int_eq(yb_answer_close(&out, 1740182401001000), YB_OK);
    static const char want[] = "{\"infcode\":0,\"inf_refmsgid\":\"141102202502220800000000000001\","
                               "\"refmsg_time\":\"20250222080000123\",\"respond_time\":\"20250222080001001\","
                               "\"err_msg\":\"\",\"warn_msg\":\"\","
                               "\"cainfo\":\"\",\"signtype\":\"\",\"enctype\":\"\",\"output\":{\"result\":{"
                               "\"mdtrt_id\":\"42\"},\"list\":[]}}";
    ck_assert_int_eq((int)out.len, (int)sizeof(want) - 1);
    ck_assert(memcmp(out.data, want, out.len) == 0);
    out = yb_answer_open(arena, &head);
    ck_assert_int_eq(yb_answer_close(&out, 0), YB_OK);
    ck_assert(memcmp(out.data + out.len - 14, "\"output\":null}", 14) == 0);
}
END_TEST

START_TEST(test_http_status)
{
    static const yb_err_t all[] = {
#define X(sym, num, status, en, zh) YB_E_##sym,
        YB_ERR_MAP(X)
#undef X
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        unsigned status = yb_answer_http_status(all[i]);
        ck_assert_msg(status == 200 || status == 401 || status == 413 || status == 429 || status == 503, "%s",
            yb_err_name(all[i]));
        if (yb_err_precedence(all[i]) >= yb_err_precedence(YB_E_FIELD_MISSING) &&
            yb_err_precedence(all[i]) < yb_err_precedence(YB_E_DB_GONE))
            ck_assert_msg(status == 200, "%s", yb_err_name(all[i]));
    }
    ck_assert_uint_eq(yb_answer_http_status(YB_E_MALFORMED), 200);
    ck_assert_uint_eq(yb_answer_http_status(YB_E_UNKNOWN_METHOD), 200);
    ck_assert_uint_eq(yb_answer_http_status(YB_E_UNAUTHENTICATED), 401);
    ck_assert_uint_eq(yb_answer_http_status(YB_E_REPLAYED), 401);
    ck_assert_uint_eq(yb_answer_http_status(YB_E_TOO_LARGE), 413);
    ck_assert_uint_eq(yb_answer_http_status(YB_E_RATE_LIMITED), 429);
    ck_assert_uint_eq(yb_answer_http_status(YB_E_OVERLOADED), 503);
    ck_assert_uint_eq(yb_answer_http_status(YB_E_DB_GONE), 503);
    ck_assert_uint_eq(yb_answer_http_status(YB_E_INTERNAL), 503);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("envelope");
    TCase *t = tcase_create("envelope");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_numbers_become_text);
    tcase_add_test(t, test_malformed);
    tcase_add_test(t, test_bounds);
    tcase_add_test(t, test_envelope);
    tcase_add_test(t, test_err_msg);
    tcase_add_test(t, test_err_msg_is_cut_at_200_characters);
    tcase_add_test(t, test_success);
    tcase_add_test(t, test_http_status);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
