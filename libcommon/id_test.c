#include <check.h>
#include "tests/support/quick_check.h"
#include <stdlib.h>
#include <string.h>

#include "libcommon/id.h"

#define START_US (1740182400LL * 1000000)

static yb_manual_clock_t manual;
static yb_clock_t hands;

static void gen_make(yb_id_gen_t *gen, uint32_t node)
{
    hands = yb_clock_manual(&manual, START_US);
    yb_id_gen_init(gen, &hands, node);
}

static yb_id_t next(yb_id_gen_t *gen)
{
    yb_id_t id = -1;
    ck_assert_int_eq(yb_id_next(gen, &id), YB_OK);
    return id;
}

START_TEST(an_id_tells_time_and_node)
{
    yb_id_gen_t gen;
    gen_make(&gen, 1023);
    yb_id_t id = next(&gen);
    ck_assert_int_gt(id, 0);
    ck_assert_int_eq(yb_id_unix_us(id), START_US);
    ck_assert_uint_eq(yb_id_node(id), 1023);
    ck_assert_int_eq(next(&gen), id + 1);
    yb_manual_clock_advance(&manual, 1000);
    ck_assert_int_eq(yb_id_unix_us(next(&gen)), START_US + 1000);
}
END_TEST

/* Time creeps, leaps, stands and goes back: still each id is greater than the one before. */
START_TEST(ids_only_grow)
{
    yb_id_gen_t gen;
    gen_make(&gen, 3);
    yb_seeded_random_t random;
    yb_random_seeded(&random, 11);
    yb_id_t last = 0;
    for (int i = 0; i < 1000000; i++) {
        yb_id_t id = next(&gen);
        ck_assert_int_gt(id, last);
        ck_assert_uint_eq(yb_id_node(id), 3);
        last = id;
        if (yb_seeded_below(&random, 100) == 0)
            yb_manual_clock_step(&manual, (int64_t)yb_seeded_below(&random, 20000) - 8000);
    }
}
END_TEST

START_TEST(borrowing_is_bounded)
{
    yb_id_gen_t gen;
    gen_make(&gen, 0);
    yb_id_t last = 0, id = 0;
    long made = 0;
    yb_err_t err;
    while ((err = yb_id_next(&gen, &id)) == YB_OK) {
        ck_assert_int_gt(id, last);
        last = id;
        made++;
    }
    ck_assert_int_eq(err, YB_E_OVERLOADED);
    ck_assert_int_eq(made, 4096L * (YB_ID_AHEAD_MS_MAX + 1));
    ck_assert_int_eq(yb_id_next(&gen, &id), YB_E_OVERLOADED);
    yb_manual_clock_advance(&manual, 1000);
    ck_assert_int_gt(next(&gen), last);
    yb_manual_clock_step(&manual, -3600LL * 1000000);
    ck_assert_int_gt(next(&gen), last);
}
END_TEST

START_TEST(a_raised_generator_stays_above)
{
    yb_id_gen_t gen, other;
    gen_make(&other, 900);
    yb_manual_clock_advance(&manual, 5LL * 1000000);
    yb_id_t known = next(&other);
    yb_manual_clock_step(&manual, -5LL * 1000000);
    yb_id_gen_init(&gen, &hands, 2);
    yb_id_gen_raise(&gen, known);
    ck_assert_int_gt(next(&gen), known);
    yb_id_gen_raise(&gen, known - 1000);   /* lower: nothing changes */
    ck_assert_int_gt(next(&gen), known);
}
END_TEST

START_TEST(strange_clocks)
{
    yb_id_gen_t gen;
    gen_make(&gen, 0);
    yb_manual_clock_step(&manual, -START_US);   /* 1970: before the epoch */
    ck_assert_int_gt(next(&gen), 0);
    yb_id_t id;
    yb_manual_clock_step(&manual, 4102444800LL * 1000000);   /* 2100: after the last */
    ck_assert_int_eq(yb_id_next(&gen, &id), YB_E_OVERFLOW);
}
END_TEST

START_TEST(text_goes_there_and_back)
{
    static const yb_id_t ids[] = { 1, 9, 10, 4096, 681931456512012287, INT64_MAX };
    char buf[YB_ID_TEXT];
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        yb_id_t back = 0;
        yb_id_format(ids[i], buf);
        ck_assert_uint_le(strlen(buf), 19);
        ck_assert_int_eq(yb_id_parse(buf, strlen(buf), &back), YB_OK);
        ck_assert_int_eq(back, ids[i]);
    }
    ck_assert_str_eq(yb_id_format(INT64_MAX, buf), "9223372036854775807");
    static const char *const bad[] = { "", "0", "01", "-1", "+1", "1 ", "1x", "9223372036854775808",
        "12345678901234567890", "9999999999999999999" };
    yb_id_t back = 5;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(yb_id_parse(bad[i], strlen(bad[i]), &back) == YB_E_FIELD_FORM, "%s", bad[i]);
    ck_assert_int_eq(back, 5);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("id");
    TCase *t = tcase_create("id");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, an_id_tells_time_and_node);
    tcase_add_test(t, ids_only_grow);
    tcase_add_test(t, borrowing_is_bounded);
    tcase_add_test(t, a_raised_generator_stays_above);
    tcase_add_test(t, strange_clocks);
    tcase_add_test(t, text_goes_there_and_back);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
