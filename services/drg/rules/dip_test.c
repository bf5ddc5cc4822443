#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/drg/rules/dip.h"
#include "services/drg/rules/ratio.h"

static const char *key(const char *dx, const char *ops)
{
    static char text[YB_DIP_KEY_TEXT];
    yb_dip_case_t c;
    yb_err_t err = yb_dip_case_parse((yb_slice_t){ dx, strlen(dx) }, (yb_slice_t){ ops, strlen(ops) }, &c);
    if (err == YB_OK)
        err = yb_dip_key(&c, text);
    return err == YB_OK ? text : "-";
}

START_TEST(keys)
{
    ck_assert_str_eq(key("I20.000", ""), "I20.0:");
    ck_assert_str_eq(key("I20.0", "37.2200+36.0700+37.2200"), "I20.0:36.0700+37.2200");
    ck_assert_str_eq(key("I10.x00x002", "1+10"), "I10.x:1+10");
    ck_assert_str_eq(key("I109", ""), "I109:");
    ck_assert_str_eq(key("I10", ""), "-");
    ck_assert_str_eq(key("i20.0", ""), "-");
    ck_assert_str_eq(key("I20.0", "a++b"), "-");
    ck_assert_str_eq(key("I20.0", "a+"), "-");
    ck_assert_str_eq(key("I20.0", "a b"), "-");
    ck_assert_str_eq(key("I20.0", "a/b"), "-"); /* in a catalogue: either of them */
    ck_assert_str_eq(key("I20.", ""), "-");
    ck_assert_str_eq(key("I20:0", ""), "-");
    ck_assert_str_eq(key("I20.0", "1+2+3+4+5+6+7+8+9+10+11+12+13+14+15+16+17+18+19+20+21"), "-");
}
END_TEST

START_TEST(chapters)
{
    static const struct {
        const char *dx;
        int chapter;
    } rows[] = { { "A00.0", 1 },  { "B99", 1 },    { "C50.9", 2 }, { "D48.9", 2 },  { "D50.0", 3 },
                 { "E11.9", 4 },  { "H59.9", 7 },  { "H60.0", 8 }, { "I20.0", 9 },  { "O80", 15 },
                 { "P07.1", 16 }, { "S72.0", 19 }, { "T98", 19 },  { "U07.1", 22 }, { "V01", 20 },
                 { "Y98", 20 },   { "Z51.1", 21 }, { "Zx", 0 },    { "1A0", 0 } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_msg(yb_dip_chapter(rows[i].dx, strlen(rows[i].dx)) == rows[i].chapter, "%s", rows[i].dx);
}
END_TEST

/* Two cases of 100 and 200, one of 300, four of 500 yuan each: a = 150, 300, 500.
 * m = (1 × 150 + 2 × 300 + 7 × 500) ÷ 10 = 425; weighted number (2 + 2 + 28) ÷ 10 = 3.2. */
START_TEST(means_and_weights_by_hand)
{
    const yb_dip_sums_t sums = { { 2, 1, 4 }, { 30000, 30000, 200000 } };
    yb_dip_mean_t m = yb_dip_mean(&sums);
    yb_fen_t fen;
    int64_t rw_e4;
    ck_assert_int_eq(yb_dip_mean_fen(&m, &fen), YB_OK);
    ck_assert_int_eq(fen, 42500);
    ck_assert_int_eq(yb_dip_weighted_e1(&sums), 32);
    /* a year without cases is left out of the weights: (1 × 150 + 7 × 500) ÷ 8 = 456.25 */
    const yb_dip_sums_t gap = { { 2, 0, 4 }, { 30000, 0, 200000 } };
    yb_dip_mean_t g = yb_dip_mean(&gap);
    ck_assert_int_eq(yb_dip_mean_fen(&g, &fen), YB_OK);
    ck_assert_int_eq(fen, 45625);
    /* 425 ÷ 456.25 × 1000 = 931.506 849… */
    ck_assert_int_eq(yb_dip_weight(&m, &g, &rw_e4), YB_OK);
    ck_assert_int_eq(rw_e4, 9315068);
    ck_assert_int_eq(yb_dip_weight(&m, &m, &rw_e4), YB_OK);
    ck_assert_int_eq(rw_e4, 10000000);
    /* half-up: 1 ÷ 16,000 fen × 1000 = 0.0625; ÷ 20,000,000 × 1000 = 0.000 05 → 0.0001 */
    const yb_dip_mean_t one = { 1, 1 }, many = { 20000000, 1 }, more = { 20000001, 1 };
    ck_assert_int_eq(yb_dip_weight(&one, &many, &rw_e4), YB_OK);
    ck_assert_int_eq(rw_e4, 1);
    ck_assert_int_eq(yb_dip_weight(&one, &more, &rw_e4), YB_OK);
    ck_assert_int_eq(rw_e4, 0);
    /* the greatest sums there may be */
    const yb_dip_sums_t most = { { YB_DIP_CASES_MAX, YB_DIP_CASES_MAX, YB_DIP_CASES_MAX },
                                 { YB_FEN_MAX, YB_FEN_MAX, YB_FEN_MAX } };
    yb_dip_mean_t top = yb_dip_mean(&most);
    ck_assert_int_eq(yb_dip_weight(&top, &m, &rw_e4), YB_OK);
    ck_assert_int_eq(yb_dip_mean_fen(&top, &fen), YB_OK);
    ck_assert_int_eq(fen, 1000000000);
    ck_assert_int_eq(rw_e4, 235294117647); /* 10^9 ÷ 42,500 × 10^7 */
}
END_TEST

static const char *score(yb_fen_t fee_fen, bool included)
{
    static char text[64];
    static const char *const words[] = { "normal", "low", "high" };
    const yb_dip_mean_t mean = { 30000, 3 }; /* 100 yuan */
    const yb_dip_bounds_t bounds = { included, included };
    char number[YB_DECIMAL_TEXT];
    yb_dip_class_t class;
    int64_t score_e4;
    ck_assert_int_eq(yb_dip_score(8000000, 12000, 10500, fee_fen, &mean, bounds, &class, &score_e4), YB_OK);
    snprintf(text, sizeof(text), "%s %s", words[class], yb_decimal_format(score_e4, 4, number));
    return text;
}

/* RW 800, auxiliary 1.2, k 1.05: 1,008 points at a mean of 100 yuan. */
START_TEST(deviations_by_hand)
{
    ck_assert_str_eq(score(10000, false), "normal 1008.0000");
    ck_assert_str_eq(score(5000, false), "normal 1008.0000");
    ck_assert_str_eq(score(5000, true), "low 504.0000");
    ck_assert_str_eq(score(4999, false), "low 503.8992"); /* × 0.4999 */
    ck_assert_str_eq(score(20000, false), "normal 1008.0000");
    ck_assert_str_eq(score(20000, true), "high 1008.0000");
    ck_assert_str_eq(score(20001, false), "high 1008.1008"); /* × (2.0001 − 2 + 1) */
    ck_assert_str_eq(score(35000, false), "high 2520.0000"); /* × 2.5 */
    ck_assert_str_eq(score(0, false), "low 0.0000");
}
END_TEST

START_TEST(the_reference_is_last_year_at_the_level_from_15_cases_on)
{
    const yb_dip_mean_t m = { 42500, 1 };
    yb_dip_mean_t r = yb_dip_reference(15, 1500000, &m);
    ck_assert(r.fen == 1500000 && r.cases == 15);
    r = yb_dip_reference(14, 1500000, &m);
    ck_assert(r.fen == 42500 && r.cases == 1);
}
END_TEST

START_TEST(ages)
{
    static const struct {
        int years, days;
        const char *band;
    } rows[] = { { 0, 0, "0-28d" }, { 0, 28, "0-28d" }, { 0, 29, "29d-1y" }, { 0, 364, "29d-1y" },
                 { 1, 0, "1-6" },   { 6, 0, "1-6" },    { 7, 0, "7-17" },    { 17, 0, "7-17" },
                 { 18, 0, "" },     { 65, 0, "" },      { 66, 0, "66+" },    { 120, 0, "66+" } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_str_eq(yb_dip_age_band(rows[i].years, rows[i].days), rows[i].band);
}
END_TEST

START_TEST(the_largest_coefficient_that_fits)
{
    static const yb_dip_aux_t list[] = {
        { "age", "66+", 11000 }, { "severity", "III", 13000 }, { "tumour", "III", 20000 }, { "age", "1-6", 9000 }
    };
    ck_assert_int_eq(yb_dip_aux_coefficient(list, 4, "66+", "", ""), 11000);
    ck_assert_int_eq(yb_dip_aux_coefficient(list, 4, "66+", "III", ""), 13000);
    ck_assert_int_eq(yb_dip_aux_coefficient(list, 4, "66+", "III", "III"), 20000);
    ck_assert_int_eq(yb_dip_aux_coefficient(list, 4, "1-6", "", ""), 9000); /* the only one that fits */
    ck_assert_int_eq(yb_dip_aux_coefficient(list, 4, "", "II", ""), 10000);
}
END_TEST

START_TEST(quotients)
{
    const yb_wide_t big = yb_wide_ten(38), three = 3, two = 2, one = 1, over[] = { big, big, 7 },
                    under[] = { big, big, 2 };
    int64_t got;
    ck_assert_int_eq(yb_ratio_half_up(over, 3, under, 3, &got), YB_OK);
    ck_assert_int_eq(got, 4); /* 3.5 */
    ck_assert_int_eq(yb_ratio_half_up(&one, 1, &three, 1, &got), YB_OK);
    ck_assert_int_eq(got, 0);
    ck_assert_int_eq(yb_ratio_half_up(&one, 1, &two, 1, &got), YB_OK);
    ck_assert_int_eq(got, 1);
    const yb_wide_t limit[] = { INT64_MAX }, beyond[] = { (yb_wide_t)INT64_MAX + 1 };
    ck_assert_int_eq(yb_ratio_half_up(limit, 1, &one, 1, &got), YB_OK);
    ck_assert_int_eq(got, INT64_MAX);
    ck_assert_int_eq(yb_ratio_half_up(beyond, 1, &one, 1, &got), YB_E_OVERFLOW);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dip");
    TCase *t = tcase_create("dip");
    tcase_add_test(t, keys);
    tcase_add_test(t, chapters);
    tcase_add_test(t, means_and_weights_by_hand);
    tcase_add_test(t, deviations_by_hand);
    tcase_add_test(t, the_reference_is_last_year_at_the_level_from_15_cases_on);
    tcase_add_test(t, ages);
    tcase_add_test(t, the_largest_coefficient_that_fits);
    tcase_add_test(t, quotients);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
