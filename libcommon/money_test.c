#include <check.h>
#include "tests/support/quick_check.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libcommon/clock.h"
#include "libcommon/money.h"

__extension__ typedef __int128 wide_t;

/* The slow reference: remainder by hand, magnitude and sign apart. */
static bool reference(wide_t product, int64_t divisor, int64_t *ret)
{
    bool negative = product < 0;
    wide_t magnitude = negative ? -product : product;
    wide_t quotient = magnitude / divisor, rest = magnitude % divisor;
    quotient += rest * 2 >= divisor;
    if (negative ? quotient > (wide_t)INT64_MAX + 1 : quotient > INT64_MAX)
        return false;
    *ret = (int64_t)(negative ? -quotient : quotient);
    return true;
}

static uint64_t seed_of_run(void)
{
    const char *given = getenv("YB_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("seed %" PRIu64 "\n", seed);
    return seed;
}

/* Any number of bits is as likely, so that small, threshold and huge values all come. */
static int64_t any_int64(yb_seeded_random_t *random)
{
    int64_t value = (int64_t)(yb_seeded_u64(random) >> yb_seeded_below(random, 64));
    return yb_seeded_below(random, 2) ? value : (int64_t)(0 - (uint64_t)value);
}

static int64_t mul_ppm(int64_t amount, yb_ppm_t rate)
{
    int64_t fen = -777;
    ck_assert_int_eq(yb_fen_mul_ppm(amount, rate, &fen), YB_OK);
    return fen;
}

static int64_t of_pric(int64_t pric, int64_t cnt)
{
    int64_t fen = -777;
    ck_assert_int_eq(yb_fen_of_pric(pric, cnt, &fen), YB_OK);
    return fen;
}

START_TEST(rate_rounds_half_up_on_both_sides_of_zero)
{
    ck_assert_int_eq(mul_ppm(452, 50000), 23);      /* 4.52 × 0.05 = 0.226 -> 0.23 */
    ck_assert_int_eq(mul_ppm(1, 499999), 0);
    ck_assert_int_eq(mul_ppm(1, 500000), 1);
    ck_assert_int_eq(mul_ppm(-1, 499999), 0);
    ck_assert_int_eq(mul_ppm(-1, 500000), -1);
    ck_assert_int_eq(mul_ppm(3, 500000), 2);
    ck_assert_int_eq(mul_ppm(-3, 500000), -2);
    ck_assert_int_eq(mul_ppm(1202848, 840000), 1010392);   /* 12028.48 × 0.84 = 10103.9232 */
    ck_assert_int_eq(mul_ppm(0, 1000000), 0);
    ck_assert_int_eq(mul_ppm(123456, 0), 0);
}
END_TEST

START_TEST(rate_is_exact_up_to_the_ends_of_int64)
{
    ck_assert_int_eq(mul_ppm(INT64_MAX, 1000000), INT64_MAX);
    ck_assert_int_eq(mul_ppm(INT64_MIN, 1000000), INT64_MIN);
    ck_assert_int_eq(mul_ppm(YB_FEN_MAX, 999999), 9999989999999999);
    int64_t fit = (INT64_MAX - 500000) / 1000000;   /* where the 64-bit way ends */
    for (int64_t d = -3; d <= 3; d++) {
        for (yb_ppm_t rate = 999998; rate <= 1000000; rate++) {
            int64_t want = 0;
            ck_assert(reference((wide_t)(fit + d) * rate, 1000000, &want));
            ck_assert_int_eq(mul_ppm(fit + d, rate), want);
            ck_assert_int_eq(mul_ppm(-fit - d, rate), -want);
        }
    }
}
END_TEST

START_TEST(price_times_count)
{
    ck_assert_int_eq(of_pric(69600000, 10000), 6960);           /* 69.60 × 1 */
    ck_assert_int_eq(of_pric(123456, 20000), 25);               /* 0.123456 × 2 = 0.246912 */
    ck_assert_int_eq(of_pric(5000, 10000), 1);                  /* 0.005 -> 0.01 */
    ck_assert_int_eq(of_pric(4999, 10000), 0);
    ck_assert_int_eq(of_pric(-5000, 10000), -1);
    ck_assert_int_eq(of_pric(5000, -10000), -1);
    ck_assert_int_eq(of_pric(-5000, -10000), 1);
    ck_assert_int_eq(of_pric(9999999999999999, 1), 100000000);
    /* the product is far beyond 64 bits, the amount is not */
    ck_assert_int_eq(of_pric(9999999999999999, 92233720368), 9223372036799999078);
}
END_TEST

START_TEST(overflow_is_an_error_and_leaves_the_result)
{
    int64_t fen = 42;
    ck_assert_int_eq(yb_fen_of_pric(INT64_MAX, INT64_MAX, &fen), YB_E_OVERFLOW);
    ck_assert_int_eq(yb_fen_of_pric(INT64_MIN, INT64_MIN, &fen), YB_E_OVERFLOW);
    ck_assert_int_eq(yb_fen_of_pric(INT64_MIN, INT64_MAX, &fen), YB_E_OVERFLOW);
    ck_assert_int_eq(yb_fen_of_pric(INT64_MAX, 100000001, &fen), YB_E_OVERFLOW);
    ck_assert_int_eq(yb_fen_add(INT64_MAX, 1, &fen), YB_E_OVERFLOW);
    ck_assert_int_eq(yb_fen_add(INT64_MIN, -1, &fen), YB_E_OVERFLOW);
    ck_assert_int_eq(fen, 42);
    ck_assert_int_eq(yb_fen_of_pric(INT64_MAX, 100000000, &fen), YB_OK);
    ck_assert_int_eq(fen, INT64_MAX);
    ck_assert_int_eq(yb_fen_add(INT64_MAX, INT64_MIN, &fen), YB_OK);
    ck_assert_int_eq(fen, -1);
}
END_TEST

START_TEST(products_equal_the_reference)
{
    yb_seeded_random_t random;
    yb_random_seeded(&random, seed_of_run());
    for (int i = 0; i < 1000000; i++) {
        int64_t a = any_int64(&random), b = any_int64(&random), want = 0, got = 0;
        yb_ppm_t rate = (yb_ppm_t)yb_seeded_below(&random, 1000001);
        ck_assert(reference((wide_t)a * rate, 1000000, &want));
        if (yb_fen_mul_ppm(a, rate, &got) != YB_OK || got != want)
            ck_abort_msg("%" PRId64 " × %d ppm = %" PRId64 ", not %" PRId64, a, rate, want, got);
        bool fits = reference((wide_t)a * b, 100000000, &want);
        yb_err_t err = yb_fen_of_pric(a, b, &got);
        if (err != (fits ? YB_OK : YB_E_OVERFLOW) || (fits && got != want))
            ck_abort_msg("%" PRId64 " × %" PRId64 " = %" PRId64 ", not %" PRId64 " (%d)", a, b, want, got,
                (int)err);
    }
}
END_TEST

START_TEST(a_reversal_takes_back_what_was_paid)
{
    yb_seeded_random_t random;
    yb_random_seeded(&random, seed_of_run());
    for (int i = 0; i < 200000; i++) {
        int64_t a = (int64_t)(yb_seeded_u64(&random) >> (1 + yb_seeded_below(&random, 62)));
        yb_ppm_t rate = (yb_ppm_t)yb_seeded_below(&random, 1000001);
        ck_assert_int_eq(mul_ppm(-a, rate), -mul_ppm(a, rate));
    }
}
END_TEST

static void parses(const char *text, int scale, int64_t want)
{
    int64_t value = -777;
    yb_err_t err = yb_decimal_parse(text, strlen(text), scale, &value);
    ck_assert_msg(err == YB_OK && value == want, "%s at %d: %s %" PRId64, text, scale, yb_err_name(err),
        value);
}

static void refuses(const char *text, int scale, yb_err_t want)
{
    int64_t value = -777;
    yb_err_t err = yb_decimal_parse(text, strlen(text), scale, &value);
    ck_assert_msg(err == want && value == -777, "%s at %d: %s %" PRId64, text, scale, yb_err_name(err),
        value);
}

START_TEST(decimal_text_is_read_exactly)
{
    parses("69.6", 2, 6960);
    parses("69.600000", 2, 6960);
    parses("-0.05", 2, -5);
    parses("+7", 2, 700);
    parses("0", 2, 0);
    parses("-0", 2, 0);
    parses("007", 0, 7);
    parses("0.1", 6, 100000);
    parses("9223372036854775807", 0, INT64_MAX);
    parses("-9223372036854775808", 0, INT64_MIN);
    parses("92233720368547758.07", 2, INT64_MAX);
    parses("00000000000000000000000000000000000001.50", 2, 150);
    int64_t value = 0;
    ck_assert_int_eq(yb_decimal_parse("12.345", 4, 2, &value), YB_OK);   /* only `len` bytes */
    ck_assert_int_eq(value, 1230);
}
END_TEST

START_TEST(what_is_no_number_is_refused)
{
    static const char *const bad[] = { "", "-", "+", ".", ".5", "5.", "1e3", " 1", "1 ", "1,000", "--1",
        "1.2.3", "0x10", "NaN", "１", "-.", "1-" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refuses(bad[i], 2, YB_E_FIELD_TYPE);
    int64_t value;
    ck_assert_int_eq(yb_decimal_parse("1\0", 2, 2, &value), YB_E_FIELD_TYPE);
    refuses("0.001", 2, YB_E_FIELD_RANGE);
    refuses("9223372036854775808", 0, YB_E_FIELD_RANGE);
    refuses("-9223372036854775809", 0, YB_E_FIELD_RANGE);
    refuses("92233720368547758.08", 2, YB_E_FIELD_RANGE);
    refuses("99999999999999999999999999999999", 0, YB_E_FIELD_RANGE);
    refuses("9223372036854775807", 2, YB_E_FIELD_RANGE);
    /* not a number comes before too large */
    refuses("99999999999999999999999999999999x", 0, YB_E_FIELD_TYPE);
}
END_TEST

START_TEST(decimal_text_goes_there_and_back)
{
    char buf[YB_DECIMAL_TEXT];
    ck_assert_str_eq(yb_fen_format(-5, buf), "-0.05");
    ck_assert_str_eq(yb_fen_format(0, buf), "0.00");
    ck_assert_str_eq(yb_fen_format(123456, buf), "1234.56");
    ck_assert_str_eq(yb_decimal_format(7, 0, buf), "7");
    ck_assert_str_eq(yb_decimal_format(INT64_MIN, 2, buf), "-92233720368547758.08");
    ck_assert_str_eq(yb_decimal_format(INT64_MIN, 18, buf), "-9.223372036854775808");
    ck_assert_str_eq(yb_decimal_format(1, 18, buf), "0.000000000000000001");
    yb_seeded_random_t random;
    yb_random_seeded(&random, seed_of_run());
    for (int i = 0; i < 200000; i++) {
        int64_t value = any_int64(&random), back = 0;
        int scale = (int)yb_seeded_below(&random, 19);
        yb_decimal_format(value, scale, buf);
        if (yb_decimal_parse(buf, strlen(buf), scale, &back) != YB_OK || back != value)
            ck_abort_msg("%" PRId64 " at %d -> %s -> %" PRId64, value, scale, buf, back);
    }
}
END_TEST

START_TEST(a_rate_above_one_stops_the_process)
{
    int64_t fen;
    (void)!yb_fen_mul_ppm(100, 1000001, &fen);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("money");
    TCase *t = tcase_create("money");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, rate_rounds_half_up_on_both_sides_of_zero);
    tcase_add_test(t, rate_is_exact_up_to_the_ends_of_int64);
    tcase_add_test(t, price_times_count);
    tcase_add_test(t, overflow_is_an_error_and_leaves_the_result);
    tcase_add_test(t, products_equal_the_reference);
    tcase_add_test(t, a_reversal_takes_back_what_was_paid);
    tcase_add_test(t, decimal_text_is_read_exactly);
    tcase_add_test(t, what_is_no_number_is_refused);
    tcase_add_test(t, decimal_text_goes_there_and_back);
    tcase_add_test_raise_signal(t, a_rate_above_one_stops_the_process, 6);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
