#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/err.h"
#include "libcommon/text.h"

static const yb_err_t all[] = {
#define X(sym, num, status, en, zh) YB_E_##sym,
    YB_ERR_MAP(X)
#undef X
};
static const size_t all_count = sizeof(all) / sizeof(all[0]);

START_TEST(numbers_are_unique_and_texts_are_there)
{
    for (size_t i = 0; i < all_count; i++) {
        for (size_t j = 0; j < i; j++) {
            ck_assert_msg(all[i] != all[j], "%s and %s share %d", yb_err_name(all[i]), yb_err_name(all[j]),
                (int)all[i]);
            ck_assert_str_ne(yb_err_name(all[i]), yb_err_name(all[j]));
        }
        const char *zh = yb_err_text_zh(all[i]);
        ck_assert(strlen(yb_err_text(all[i])) > 0 && strlen(zh) > 0 && strlen(zh) < YB_REFUSAL_TEXT_MAX);
        ck_assert(yb_utf8_valid(zh, strlen(zh)));
    }
}
END_TEST

START_TEST(list_order_is_precedence)
{
    for (size_t i = 0; i < all_count; i++)
        ck_assert_int_eq(yb_err_precedence(all[i]), (int)i);
    ck_assert_int_lt(yb_err_precedence(YB_E_UNAUTHENTICATED), yb_err_precedence(YB_E_FIELD_MISSING));
    ck_assert_int_lt(yb_err_precedence(YB_E_INSTITUTION_BLOCKED), yb_err_precedence(YB_E_NOT_COVERED));
    ck_assert_int_eq(yb_err_precedence((yb_err_t)12345), (int)all_count);
}
END_TEST

START_TEST(numbers_on_the_wire_stay)
{
    ck_assert_int_eq(YB_OK, 0);
    ck_assert_int_eq(YB_E_FIELD_FORM, 204);
    ck_assert_int_eq(YB_E_ALREADY_SETTLED, 413);
    ck_assert_int_eq(YB_E_INTERNAL, 699);
}
END_TEST

START_TEST(names_statuses_and_unknown_numbers)
{
    ck_assert_str_eq(yb_err_name(YB_E_FIELD_MISSING), "FIELD_MISSING");
    ck_assert_int_eq(yb_err_status(YB_E_KEY_CONFLICT), YB_STATUS_ALREADY_EXISTS);
    ck_assert_str_eq(yb_err_name((yb_err_t)12345), "?");
    ck_assert_int_eq(yb_err_status((yb_err_t)12345), YB_STATUS_INTERNAL);
    ck_assert_ptr_nonnull(yb_err_text((yb_err_t)12345));
    ck_assert_ptr_nonnull(yb_err_text_zh((yb_err_t)12345));
    ck_assert_str_eq(yb_err_text_zh(YB_E_DB_GONE), "数据库暂不可用，请用同一msgid重试");   /* another one would be another deed */
}
END_TEST

START_TEST(transient_errors_may_be_tried_again)
{
    static const yb_err_t yes[] = { YB_E_DRAINING, YB_E_DB_GONE, YB_E_DB_CONFLICT, YB_E_DEADLINE,
        YB_E_IN_FLIGHT };
    static const yb_err_t no[] = { YB_OK, YB_E_FIELD_FORM, YB_E_KEY_CONFLICT, YB_E_INTERNAL,
        YB_E_DB_DUPLICATE };
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        ck_assert_msg(yb_err_is_transient(yes[i]), "%s", yb_err_name(yes[i]));
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        ck_assert_msg(!yb_err_is_transient(no[i]), "%s", yb_err_name(no[i]));
}
END_TEST

START_TEST(refusal_that_precedes_wins)
{
    yb_refusal_t r = { 0 };
    ck_assert_int_eq(yb_refuse(&r, YB_E_FIELD_FORM, "data.certno", "第%d位", 3), YB_E_FIELD_FORM);
    ck_assert_str_eq(r.field, "data.certno");
    ck_assert_str_eq(r.text, "第3位");
    ck_assert_int_eq(yb_refuse(&r, YB_E_FIELD_FORM, "data.other", NULL), YB_E_FIELD_FORM);
    ck_assert_str_eq(r.field, "data.certno");   /* the first of equals stays */
    ck_assert_int_eq(yb_refuse(&r, YB_E_NOT_COVERED, NULL, NULL), YB_E_NOT_COVERED);
    ck_assert_int_eq(r.code, YB_E_FIELD_FORM);
    ck_assert_int_eq(yb_refuse(&r, YB_E_FIELD_MISSING, NULL, NULL), YB_E_FIELD_MISSING);
    ck_assert_int_eq(r.code, YB_E_FIELD_MISSING);
    ck_assert_str_eq(r.field, "");
    ck_assert_str_eq(r.text, "必填项为空");
}
END_TEST

START_TEST(refusal_text_is_cut_between_characters)
{
    char name[400];
    for (size_t pad = 0; pad < 6; pad++) {
        memset(name, 'a', pad);
        for (size_t i = pad; i + 3 < sizeof(name); i += 3)
            memcpy(name + i, "测", 4);
        yb_refusal_t r = { 0 };
        ck_assert_int_eq(yb_refuse(&r, YB_E_FIELD_FORM, name, "%s", name), YB_E_FIELD_FORM);
        ck_assert(yb_utf8_valid(r.text, strlen(r.text)));
        ck_assert(yb_utf8_valid(r.field, strlen(r.field)));
        ck_assert_uint_ge(strlen(r.text), YB_REFUSAL_TEXT_MAX - 3);
        ck_assert_uint_ge(strlen(r.field), YB_REFUSAL_FIELD_MAX - 3);
    }
}
END_TEST

START_TEST(assertion_stops_the_process)
{
    YB_ASSERT(all_count == 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("err");
    TCase *t = tcase_create("err");
    tcase_add_test(t, numbers_are_unique_and_texts_are_there);
    tcase_add_test(t, list_order_is_precedence);
    tcase_add_test(t, numbers_on_the_wire_stay);
    tcase_add_test(t, names_statuses_and_unknown_numbers);
    tcase_add_test(t, transient_errors_may_be_tried_again);
    tcase_add_test(t, refusal_that_precedes_wins);
    tcase_add_test(t, refusal_text_is_cut_between_characters);
    tcase_add_test_raise_signal(t, assertion_stops_the_process, 6);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
