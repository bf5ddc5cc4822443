/* When a petition may be filed, what it may lead to, how many special ones: at the bounds. */
#include "services/drg/rules/petition.h"

#include <string.h>

#include "tests/support/quick_check.h"

static yb_err_t remedy(yb_petition_kind_t kind, yb_remedy_t what, const char *drg)
{
    yb_refusal_t why = { .code = YB_OK };
    const yb_err_t err = yb_petition_remedy_check(kind, what, drg, "way", "drg", &why);
    ck_assert_int_eq(err, why.code);
    return err;
}

START_TEST(what_a_kind_leads_to)
{
    for (int kind = 1; kind <= YB_PETITION_KINDS; kind++)
        for (int what = 0; what < YB_REMEDY_COUNT; what++) {
            const bool fits = (kind == YB_PETITION_SPECIAL) == (what == YB_REMEDY_SPECIAL);
            const char *drg = what == YB_REMEDY_GROUP ? "GD25" : "";
            ck_assert_int_eq(remedy((yb_petition_kind_t)kind, (yb_remedy_t)what, drg), fits ? YB_OK : YB_E_FIELD_DICT);
        }
    ck_assert_int_eq(remedy(YB_PETITION_GROUP, YB_REMEDY_GROUP, ""), YB_E_FIELD_MISSING);
    ck_assert_int_eq(remedy(YB_PETITION_GROUP, YB_REMEDY_GROUP, "gd25"), YB_E_FIELD_FORM);
    ck_assert_int_eq(remedy(YB_PETITION_GROUP, YB_REMEDY_GROUP, "ABCDEFGHIJ123456"), YB_OK);
    ck_assert_int_eq(remedy(YB_PETITION_GROUP, YB_REMEDY_GROUP, "ABCDEFGHIJ1234567"), YB_E_FIELD_FORM);
    ck_assert_int_eq(remedy(YB_PETITION_PAYMENT, YB_REMEDY_LIST, "GD25"), YB_E_FIELD_RANGE);
}
END_TEST

static yb_err_t admit(yb_petition_kind_t kind, bool is_ready, yb_day_t release_day, int appeal_days, yb_day_t today)
{
    const yb_petition_month_t month = { is_ready, release_day, appeal_days };
    yb_refusal_t why = { .code = YB_OK };
    return yb_petition_admit(kind, &month, today, &why);
}

START_TEST(the_calendar)
{
    ck_assert_int_eq(admit(YB_PETITION_SPECIAL, false, 0, 10, 20240101), YB_OK);
    ck_assert_int_eq(admit(YB_PETITION_GROUP, false, 0, 10, 20240101), YB_E_PETITION_STATE);
    ck_assert_int_eq(admit(YB_PETITION_GROUP, true, 0, 10, 20991231), YB_OK); /* not released: no deadline yet */
    for (int kind = 1; kind <= YB_PETITION_KINDS; kind++) {
        ck_assert_int_eq(admit((yb_petition_kind_t)kind, true, 20240220, 10, 20240301), YB_OK); /* over a leap day */
        ck_assert_int_eq(admit((yb_petition_kind_t)kind, true, 20240220, 10, 20240302), YB_E_PETITION_LATE);
        ck_assert_int_eq(admit((yb_petition_kind_t)kind, true, 20240220, 0, 20991231), YB_OK); /* no deadline */
    }
}
END_TEST

START_TEST(the_share_is_rounded_down)
{
    static const struct {
        int32_t ppm;
        int64_t cases, most;
    } rows[] = { { 50000, 0, 0 },
                 { 50000, 19, 0 },
                 { 50000, 20, 1 },
                 { 50000, 39, 1 },
                 { 50000, 40, 2 },
                 { 0, 1000, 0 },
                 { 1000000, 7, 7 },
                 { 5000, 199, 0 },
                 { 5000, 200, 1 },
                 { 333333, 3, 0 },
                 { 1000000, INT64_MAX, INT64_MAX } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_int_eq(yb_petition_special_max(rows[i].ppm, rows[i].cases), rows[i].most);
}
END_TEST

START_TEST(who_needs_a_second)
{
    for (int kind = 1; kind <= YB_PETITION_KINDS; kind++)
        for (int grants = 0; grants < 2; grants++)
            ck_assert_int_eq(yb_petition_needs_second((yb_petition_kind_t)kind, grants != 0),
                             kind == YB_PETITION_SPECIAL || grants != 0);
}
END_TEST

START_TEST(texts)
{
    static char text[3 * (YB_PETITION_TEXT_MAX + 1) + 1];
    yb_refusal_t why = { .code = YB_OK };
    for (int i = 0; i < YB_PETITION_TEXT_MAX; i++)
        memcpy(text + 3 * i, "理", 3);
    ck_assert_int_eq(yb_petition_text_check(text, "f", &why), YB_OK);
    memcpy(text + 3 * YB_PETITION_TEXT_MAX, "理", 3);
    ck_assert_int_eq(yb_petition_text_check(text, "f", &why), YB_E_FIELD_LENGTH);
    ck_assert_int_eq(yb_petition_text_check(" \n\t", "f", &(yb_refusal_t){ .code = YB_OK }), YB_E_FIELD_MISSING);
    ck_assert_int_eq(yb_petition_text_check("\xE7\x90", "f", &(yb_refusal_t){ .code = YB_OK }), YB_E_FIELD_FORM);
    for (int i = -1; i < 6; i++)
        ck_assert(yb_petition_kind_zh(i) != NULL && yb_petition_state_zh(i) != NULL && yb_remedy_zh(i) != NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("petition");
    TCase *tc = tcase_create("petition");
    tcase_add_test(tc, what_a_kind_leads_to);
    tcase_add_test(tc, the_calendar);
    tcase_add_test(tc, the_share_is_rounded_down);
    tcase_add_test(tc, who_needs_a_second);
    tcase_add_test(tc, texts);
    suite_add_tcase(suite, tc);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
