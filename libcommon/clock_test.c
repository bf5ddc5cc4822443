#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/clock.h"

START_TEST(real_clock_goes_on)
{
    yb_clock_t clock = yb_clock_real();
    int64_t a = yb_clock_monotonic_ns(&clock), b = yb_clock_monotonic_ns(&clock);
    ck_assert_int_ge(b, a);
    ck_assert_int_gt(yb_clock_unix_us(&clock), 1735660800LL * 1000000);
    ck_assert(yb_day_valid(yb_clock_today(&clock)));
}
END_TEST

START_TEST(manual_clock_moves_when_told)
{
    yb_manual_clock_t manual;
    yb_clock_t clock = yb_clock_manual(&manual, 1740182400LL * 1000000);
    ck_assert_int_eq(yb_clock_now(&clock), 20250222080000);
    ck_assert_int_eq(yb_clock_today(&clock), 20250222);
    int64_t start = yb_clock_monotonic_ns(&clock);
    ck_assert_int_eq(yb_clock_monotonic_ns(&clock), start);
    yb_manual_clock_advance(&manual, 16LL * 3600 * 1000000);
    ck_assert_int_eq(yb_clock_now(&clock), 20250223000000);
    ck_assert_int_eq(yb_clock_monotonic_ns(&clock) - start, 16LL * 3600 * 1000000000);
    yb_manual_clock_step(&manual, -3600LL * 1000000);
    ck_assert_int_eq(yb_clock_now(&clock), 20250222230000);
    ck_assert_int_eq(yb_clock_monotonic_ns(&clock) - start, 16LL * 3600 * 1000000000);
}
END_TEST

/* Reference values: splitmix64 and xoshiro256** as published, seed 42. */
START_TEST(the_same_seed_gives_the_same_bytes)
{
    yb_seeded_random_t a, b;
    yb_random_t ra = yb_random_seeded(&a, 42), rb = yb_random_seeded(&b, 42);
    ck_assert_uint_eq(a.s[0], 0xBDD732262FEB6E95ULL);
    ck_assert_uint_eq(yb_seeded_u64(&a), 0x15780B2E0C2EC716ULL);
    ck_assert_uint_eq(yb_seeded_u64(&a), 0x6104D9866D113A7EULL);
    for (int i = 3; i < 100; i++)
        (void)yb_seeded_u64(&a);
    ck_assert_uint_eq(yb_seeded_u64(&a), 0x0E67446E763165CDULL);   /* the hundredth */
    for (int i = 0; i < 100; i++)
        (void)yb_seeded_u64(&b);
    unsigned char x[37], y[37], z[37] = { 0 };
    ck_assert_int_eq(yb_random_fill(&ra, x, sizeof(x)), YB_OK);
    ck_assert_int_eq(yb_random_fill(&rb, y, sizeof(y)), YB_OK);
    ck_assert_mem_eq(x, y, sizeof(x));
    ck_assert_int_eq(yb_random_fill(&rb, y, sizeof(y)), YB_OK);
    ck_assert_mem_ne(x, y, sizeof(x));
    yb_random_t real = yb_random_real();
    ck_assert_int_eq(yb_random_fill(&real, x, sizeof(x)), YB_OK);
    ck_assert_mem_ne(x, z, sizeof(x));
}
END_TEST

START_TEST(below_is_uniform)
{
    yb_seeded_random_t random;
    yb_random_seeded(&random, 7);
    int count[6] = { 0 };
    for (int i = 0; i < 60000; i++)
        count[yb_seeded_below(&random, 6)]++;
    for (int i = 0; i < 6; i++)
        ck_assert_msg(count[i] > 9500 && count[i] < 10500, "%d: %d", i, count[i]);   /* the seed is fixed */
    for (int i = 0; i < 100; i++)
        ck_assert_uint_eq(yb_seeded_below(&random, 1), 0);
    ck_assert_uint_lt(yb_seeded_below(&random, UINT64_MAX), UINT64_MAX);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("clock");
    TCase *t = tcase_create("clock");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, real_clock_goes_on);
    tcase_add_test(t, manual_clock_moves_when_told);
    tcase_add_test(t, the_same_seed_gives_the_same_bytes);
    tcase_add_test(t, below_is_uniform);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
