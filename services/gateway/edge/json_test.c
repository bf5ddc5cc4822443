#include "services/gateway/edge/json.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static yb_arena_t *arena;

static void setup(void)
{
    arena = yb_arena_create(0);
}

static void teardown(void)
{
    yb_arena_destroy(&arena);
}

static void same(const yb_json_out_t *out, const char *want)
{
    ck_assert_int_eq((int)out->len, (int)strlen(want));
    ck_assert(memcmp(out->data, want, out->len) == 0);
    json_t *parsed = json_loadb(out->data, out->len, JSON_DECODE_ANY, NULL);
    ck_assert_ptr_nonnull(parsed);
    json_decref(parsed);
}

START_TEST(test_numbers)
{
    yb_json_out_t out = yb_json_out(arena);
    yb_json_object(&out, NULL);
    yb_json_fen(&out, "a", 452);
    yb_json_fen(&out, "b", 0);
    yb_json_fen(&out, "c", -5);
    yb_json_fen(&out, "d", YB_FEN_MAX);
    yb_json_decimal(&out, "e", 12345678, 6);
    yb_json_ratio(&out, "f", 650000, 6, 4);
    yb_json_int(&out, "g", -7);
    yb_json_object_end(&out);
    same(&out,
        "{\"a\":4.52,\"b\":0.00,\"c\":-0.05,\"d\":99999999999999.99,\"e\":12.345678,\"f\":0.6500,\"g\":-7}");
}
END_TEST

START_TEST(test_structure)
{
    yb_json_out_t out = yb_json_out(arena);
    yb_json_object(&out, NULL);
    yb_json_array(&out, "list");
    yb_json_object(&out, NULL);
    yb_json_object_end(&out);
    yb_json_text(&out, NULL, "x");
    yb_json_array(&out, NULL);
    yb_json_array_end(&out);
    yb_json_array_end(&out);
    yb_json_null(&out, "n");
    yb_json_text(&out, "m", NULL);
    yb_json_bool(&out, "t", true);
    yb_json_day(&out, "d", 20250222);
    yb_json_day(&out, "o", YB_DAY_OPEN);
    yb_json_time(&out, "s", 20250222080000);
    yb_json_time(&out, "z", 0);
    yb_json_object_end(&out);
    same(&out, "{\"list\":[{},\"x\",[]],\"n\":null,\"m\":null,\"t\":true,\"d\":\"2025-02-22\",\"o\":\"\","
        "\"s\":\"2025-02-22 08:00:00\",\"z\":\"\"}");
}
END_TEST

START_TEST(test_escapes)
{
    yb_json_out_t out = yb_json_out(arena);
    yb_json_text_n(&out, NULL, "a\"\\\n\t\r\x01\x1f\0𠮷测", sizeof("a\"\\\n\t\r\x01\x1f\0𠮷测") - 1);
    const char *want = "\"a\\\"\\\\\\n\\t\\r\\u0001\\u001f\\u0000𠮷测\"";
    ck_assert_int_eq((int)out.len, (int)strlen(want));
    ck_assert(memcmp(out.data, want, out.len) == 0);
}
END_TEST

START_TEST(test_bad_utf8_is_mended)
{
    static const char *const bad[] = { "\xff",   "a\xc0\x80z",       "\xe6\xb5", "\xed\xa0\x80",
                                       "测\xe6", "\xf5\x80\x80\x80", "\"\x80\\" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        yb_json_out_t out = yb_json_out(arena);
        yb_json_text(&out, NULL, bad[i]);
        json_t *parsed = json_loadb(out.data, out.len, JSON_DECODE_ANY, NULL);
        ck_assert_msg(parsed != NULL, "case %zu", i);
        ck_assert_ptr_nonnull(strstr(json_string_value(parsed), "\xef\xbf\xbd"));
        json_decref(parsed);
    }
}
END_TEST

START_TEST(test_budget)
{
    yb_arena_t *small = yb_arena_create(16384);
    yb_json_out_t out = yb_json_out(small);
    yb_json_array(&out, NULL);
    for (int i = 0; i < 10000; i++)
        yb_json_text(&out, NULL, "0123456789");
    ck_assert(out.failed);
    ck_assert_int_le((int)out.len, (int)out.cap);
    yb_arena_destroy(&small);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("json");
    TCase *t = tcase_create("json");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_numbers);
    tcase_add_test(t, test_structure);
    tcase_add_test(t, test_escapes);
    tcase_add_test(t, test_bad_utf8_is_mended);
    tcase_add_test(t, test_budget);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
