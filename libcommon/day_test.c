#include <check.h>
#include "tests/support/quick_check.h"
#include <stdlib.h>
#include <string.h>

#include "libcommon/day.h"

START_TEST(real_dates_only)
{
    static const yb_day_t yes[] = { 19000101, 20240229, 20000229, 20250228, 20251231, 99991231 };
    static const yb_day_t no[] = { 0, -1, 18991231, 19000229, 21000229, 20250229, 20250431, 20251301,
        20250001, 20250100, 20250132, 99991232, 100000101, INT32_MIN, INT32_MAX };
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        ck_assert_msg(yb_day_valid(yes[i]), "%d", yes[i]);
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        ck_assert_msg(!yb_day_valid(no[i]), "%d", no[i]);
}
END_TEST

/* Every day from 1900 to 2199: next, add and diff agree with counting. */
START_TEST(every_day_follows_the_one_before)
{
    int32_t n = 0;
    yb_day_t day = 19000101;
    for (; day < 22000101; n++) {
        ck_assert(yb_day_valid(day));
        yb_day_t next = yb_day_next(day);
        ck_assert_int_gt(next, day);
        ck_assert_int_eq(yb_day_add(day, 1), next);
        ck_assert_int_eq(yb_day_add(next, -1), day);
        ck_assert_int_eq(yb_day_diff(19000101, day), n);
        ck_assert_int_eq(yb_day_add(19000101, n), day);
        day = next;
    }
    ck_assert_int_eq(n, 300 * 365 + 73);   /* leap: every fourth but 1900 and 2100 */
}
END_TEST

START_TEST(the_open_end_stays)
{
    ck_assert_int_eq(yb_day_next(YB_DAY_OPEN), YB_DAY_OPEN);
    ck_assert_int_eq(yb_day_add(YB_DAY_OPEN, -1), YB_DAY_OPEN);
    ck_assert_int_eq(yb_day_add(20250101, INT32_MAX), YB_DAY_OPEN);
    ck_assert_int_eq(yb_day_add(20250101, INT32_MIN), 19000101);
    ck_assert_int_eq(yb_day_next(99991230), YB_DAY_OPEN);
    ck_assert(yb_day_in(20250101, 20250101, 20250102));
    ck_assert(!yb_day_in(20250102, 20250101, 20250102));
}
END_TEST

START_TEST(dates_are_read)
{
    yb_day_t day = 7;
    ck_assert_int_eq(yb_day_parse("2025-02-22", 10, &day), YB_OK);
    ck_assert_int_eq(day, 20250222);
    static const char *const bad[] = { "", "25-02-22", "2025-2-22", "2025/02/22", "20250222", "2025-02-30",
        "2025-02-2x", "2025-02-22 ", " 2025-02-2", "0000-00-00", "2025-00-10", "+025-01-01" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(yb_day_parse(bad[i], strlen(bad[i]), &day) == YB_E_FIELD_FORM, "%s", bad[i]);
    ck_assert_int_eq(day, 20250222);
}
END_TEST

START_TEST(times_are_read)
{
    yb_time_t t = 7;
    ck_assert_int_eq(yb_time_parse("2025-02-22 08:09:10", 19, &t), YB_OK);
    ck_assert_int_eq(t, 20250222080910);
    ck_assert_int_eq(yb_time_parse("2025-02-22T23:59:59", 19, &t), YB_OK);
    ck_assert_int_eq(t, 20250222235959);
    ck_assert_int_eq(yb_time_parse("2025-02-22", 10, &t), YB_OK);
    ck_assert_int_eq(t, 20250222000000);
    ck_assert_int_eq(yb_time_day(t), 20250222);
    static const char *const bad[] = { "2025-02-22 24:00:00", "2025-02-22 08:60:00", "2025-02-22 08:00:60",
        "2025-02-22 08:00", "2025-02-29 08:00:00", "2025-02-22_08:00:00", "2025-02-22 08-00-00",
        "2025-02-22 8:00:000" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(yb_time_parse(bad[i], strlen(bad[i]), &t) == YB_E_FIELD_FORM, "%s", bad[i]);
    ck_assert(yb_time_valid(20250222235959));
    ck_assert(!yb_time_valid(20250222240000) && !yb_time_valid(20250222006000) &&
        !yb_time_valid(20250222000060));
    ck_assert(!yb_time_valid(0) && !yb_time_valid(-1) && !yb_time_valid(INT64_MAX) &&
        !yb_time_valid(20250230000000));
}
END_TEST

START_TEST(months_are_read)
{
    int32_t month = 7;
    ck_assert_int_eq(yb_month_parse("202502", 6, &month), YB_OK);
    ck_assert_int_eq(month, 202502);
    static const char *const bad[] = { "", "20250", "2025022", "202500", "202513", "189912", "000012", "-20251", "2025-2",
                                       " 20251", "20251x" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(yb_month_parse(bad[i], strlen(bad[i]), &month) == YB_E_FIELD_FORM, "%s", bad[i]);
    ck_assert_int_eq(month, 202502);
}
END_TEST

START_TEST(dates_and_times_are_written)
{
    char buf[YB_TIME_TEXT];
    ck_assert_str_eq(yb_day_format(20250222, buf), "2025-02-22");
    ck_assert_str_eq(yb_day_format(0, buf), "");
    ck_assert_str_eq(yb_day_format(YB_DAY_OPEN, buf), "");
    ck_assert_str_eq(yb_time_format(20250222080910, buf), "2025-02-22 08:09:10");
    ck_assert_str_eq(yb_time_format(0, buf), "");
    ck_assert_str_eq(yb_time_format(99991231000000, buf), "");
}
END_TEST

START_TEST(unix_time_is_shown_in_shanghai)
{
    ck_assert_int_eq(yb_time_of_unix_us(0), 19700101080000);
    ck_assert_int_eq(yb_time_of_unix_us(-1), 19700101075959);
    ck_assert_int_eq(yb_time_of_unix_us(-28800LL * 1000000), 19700101000000);
    ck_assert_int_eq(yb_time_of_unix_us(-28800LL * 1000000 - 1), 19691231235959);
    ck_assert_int_eq(yb_time_of_unix_us(1740182400LL * 1000000), 20250222080000);
    ck_assert_int_eq(yb_time_of_unix_us(1735660799LL * 1000000 + 999999), 20241231235959);
    ck_assert_int_eq(yb_time_of_unix_us(1735660800LL * 1000000), 20250101000000);
}
END_TEST

START_TEST(age_is_whole_years)
{
    ck_assert_int_eq(yb_day_age(20000615, 20250614), 24);
    ck_assert_int_eq(yb_day_age(20000615, 20250615), 25);
    ck_assert_int_eq(yb_day_age(20240229, 20250228), 0);
    ck_assert_int_eq(yb_day_age(20240229, 20250301), 1);
    ck_assert_int_eq(yb_day_age(20240229, 20280229), 4);
    ck_assert_int_eq(yb_day_age(20250615, 20250615), 0);
    ck_assert_int_lt(yb_day_age(20250615, 20250614), 0);
}
END_TEST

START_TEST(a_day_that_is_none_stops_the_process)
{
    (void)yb_day_next(20250230);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("day");
    TCase *t = tcase_create("day");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, real_dates_only);
    tcase_add_test(t, every_day_follows_the_one_before);
    tcase_add_test(t, the_open_end_stays);
    tcase_add_test(t, dates_are_read);
    tcase_add_test(t, times_are_read);
    tcase_add_test(t, months_are_read);
    tcase_add_test(t, dates_and_times_are_written);
    tcase_add_test(t, unix_time_is_shown_in_shanghai);
    tcase_add_test(t, age_is_whole_years);
    tcase_add_test_raise_signal(t, a_day_that_is_none_stops_the_process, 6);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
