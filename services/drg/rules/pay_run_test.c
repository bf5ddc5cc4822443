#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libcommon/clock.h"
#include "services/drg/rules/pay_run.h"

/* ---- the split ---- */

START_TEST(the_left_over_fen_go_to_the_largest_remainders_then_to_the_smaller_id)
{
    /* 100 fen over 1 : 1 : 1: 33 each, one fen left, all remainders alike. */
    yb_share_t thirds[] = { { .weight = 7, .id = "b", .of = 0 },
                            { .weight = 7, .id = "a", .of = 1 },
                            { .weight = 7, .id = "a0", .of = 2 } };
    ck_assert_int_eq(yb_split(thirds, 3, 100), YB_OK);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(thirds[i].part_fen, thirds[i].of == 1 ? 34 : 33);
    /* bytes, not characters of a language: "Z" before "a" before "é" (0xC3) */
    yb_share_t bytes[] = { { .weight = 1, .id = "\xC3\xA9", .of = 0 },
                           { .weight = 1, .id = "a", .of = 1 },
                           { .weight = 1, .id = "Z", .of = 2 } };
    ck_assert_int_eq(yb_split(bytes, 3, 2), YB_OK);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(bytes[i].part_fen, bytes[i].of == 0 ? 0 : 1);
    /* 10 over 5 : 4 : 2: 4.545, 3.636, 1.818 → 4 + 3 + 1, two left for 0.818 and 0.636 */
    yb_share_t uneven[] = { { .weight = 5, .id = "a", .of = 0 },
                            { .weight = 4, .id = "b", .of = 1 },
                            { .weight = 2, .id = "c", .of = 2 } };
    static const yb_fen_t want[] = { 4, 4, 2 };
    ck_assert_int_eq(yb_split(uneven, 3, 10), YB_OK);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(uneven[i].part_fen, want[uneven[i].of]);
}
END_TEST

START_TEST(a_negative_row_takes_back)
{
    /* 100 over 3 : 1 : −1: 100.0, 33.33, −33.33 → 100, 33, −34, one fen left for −33.33 (remainder 2/3) */
    yb_share_t shares[] = { { .weight = 3, .id = "a", .of = 0 },
                            { .weight = 1, .id = "b", .of = 1 },
                            { .weight = -1, .id = "c", .of = 2 } };
    static const yb_fen_t want[] = { 100, 33, -33 };
    ck_assert_int_eq(yb_split(shares, 3, 100), YB_OK);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(shares[i].part_fen, want[shares[i].of]);
}
END_TEST

START_TEST(nothing_to_divide_by)
{
    yb_share_t zero[] = { { .weight = 0, .id = "a" }, { .weight = 0, .id = "b" } };
    ck_assert_int_eq(yb_split(zero, 2, 1), YB_E_FIELD_RANGE);
    ck_assert_int_eq(yb_split(zero, 2, 0), YB_OK);
    yb_share_t negative[] = { { .weight = 1, .id = "a" }, { .weight = -2, .id = "b" } };
    ck_assert_int_eq(yb_split(negative, 2, 1), YB_E_FIELD_RANGE);
    /* points far beyond the budget's size: parts of opposite sign leave the range of money */
    yb_share_t huge[] = { { .weight = 1000000000000000, .id = "a" }, { .weight = -999999999999999, .id = "b" } };
    ck_assert_int_eq(yb_split(huge, 2, YB_FEN_MAX), YB_E_OVERFLOW);
}
END_TEST

static int by_of(const void *a, const void *b)
{
    const yb_share_t *x = a, *y = b;
    return x->of < y->of ? -1 : 1;
}

/* A slow oracle of other arithmetic: fen by fen to the share that is furthest behind cannot be had for millions, so the
 * rule is restated: nobody is a whole fen off the exact part, and whoever was rounded up has a remainder (then an id)
 * that precedes everyone's who was not. */
START_TEST(random_splits_obey_the_rule)
{
    enum { MAX = 60 };
    uint64_t seed = 20230101;
    yb_seeded_random_t random;
    yb_random_seeded(&random, seed);
    for (int round = 0; round < 20000; round++) {
        yb_share_t shares[MAX];
        char ids[MAX][8];
        size_t count = 1 + (size_t)yb_seeded_below(&random, MAX);
        yb_fen_t total = (yb_fen_t)yb_seeded_below(&random, round % 2 ? 1000 : YB_FEN_MAX), given = 0;
        __extension__ __int128 sum = 0;
        for (size_t i = 0; i < count; i++) {
            snprintf(ids[i], sizeof(ids[i]), "%zu", i);
            shares[i] = (yb_share_t){ .weight = (int64_t)yb_seeded_below(&random, round % 3 ? 10 : 100000000000000) + 1,
                                      .id = ids[i],
                                      .of = i };
            sum += shares[i].weight;
        }
        ck_assert_int_eq(yb_split(shares, count, total), YB_OK);
        qsort(shares, count, sizeof(*shares), by_of);
        for (size_t i = 0; i < count; i++)
            given += shares[i].part_fen;
        ck_assert_msg(given == total, "seed %" PRIu64 " round %d: %" PRId64 " of %" PRId64, seed, round, given, total);
        for (size_t i = 0; i < count; i++) {
            __extension__ __int128 off =
                (__int128)total * shares[i].weight - shares[i].part_fen * sum; /* exact − part */
            bool good = off > -sum && off < sum;
            for (size_t j = 0; j < count && off < 0; j++) {
                __extension__ __int128 other = (__int128)total * shares[j].weight - shares[j].part_fen * sum;
                if (other >= 0) /* i was rounded up, j was not: i's remainder (off + sum) is not the smaller */
                    good = good && (off + sum > other || (off + sum == other && strcmp(ids[i], ids[j]) < 0));
            }
            if (!good) /* asserted once: every assertion that holds costs a message to the parent */
                ck_abort_msg("seed %" PRIu64 " round %d", seed, round);
        }
    }
}
END_TEST

/* ---- the run ---- */

static const yb_plan_pool_t pools[] = { { "310", 0, 100000, true, false }, { "390", 0, 50000, true, true } };
static const yb_high_step_t never[] = { { YB_STEP_ALL_RW, 0, YB_STEP_NEVER } };
static yb_plan_t plan_of(void)
{
    return (yb_plan_t){ .mean_e4 = 100000000,
                        .steps = never,
                        .step_count = 1,
                        .pools = pools,
                        .pool_count = 2,
                        .factor_e6 = { YB_E6_ONE, YB_E6_ONE, YB_E6_ONE, YB_E6_ONE } };
}
enum { CASES = 5 };
static const yb_pay_case_t cases[CASES] = {
    { .id = "c", .fee_fen = 100000, .other_pay_fen = 40000, .kind = YB_PAY_UNSTABLE, .pool = 0 },
    { .id = "a", .fee_fen = 100000, .other_pay_fen = 90000, .kind = YB_PAY_UNSTABLE, .pool = 0 },
    { .id = "b", .fee_fen = 100000, .other_pay_fen = 0, .kind = YB_PAY_UNSTABLE, .pool = 0 },
    { .id = "d", .fee_fen = 123, .other_pay_fen = 30000, .kind = YB_PAY_UNSTABLE, .pool = 1 },
    { .id = "e", .fee_fen = 777, .other_pay_fen = 700, .kind = YB_PAY_ITEM, .pool = -1 },
};
static yb_pay_result_t results[CASES];
static yb_pay_summary_t summary;
static yb_share_t scratch[CASES];
static yb_refusal_t why;

START_TEST(pools_are_divided_apart)
{
    yb_plan_t plan = plan_of();
    ck_assert_int_eq(yb_pay_run(&plan, NULL, cases, CASES, scratch, results, &summary, &why), YB_OK);
    static const yb_fen_t gross[] = { 33333, 33334, 33333, 80000, 777 }; /* 100,000 ÷ 3; 50,000 of the fund + 30,000 */
    for (size_t i = 0; i < CASES; i++) {
        ck_assert_int_eq(results[i].gross_fen, gross[i]);
        ck_assert_int_eq(results[i].due_fen, gross[i] - cases[i].other_pay_fen);
        ck_assert_int_eq(results[i].has_points, i < 4);
    }
    ck_assert_int_eq(summary.totals[0].gross_fen, 100000);
    ck_assert_int_eq(summary.totals[0].due_fen, -30000);
    ck_assert_uint_eq(summary.totals[0].by_class[YB_PAY_UNSTABLE], 3);
    ck_assert_int_eq(summary.totals[1].budget_fen, 80000);
    ck_assert_int_eq(summary.totals[1].due_fen, 50000); /* Σ due = fund_budget */
    ck_assert_int_eq(summary.totals[2].gross_fen, 777);
}
END_TEST

START_TEST(a_reserve_is_held_back_first)
{
    yb_plan_t plan = plan_of();
    plan.reserve_ratio_ppm = 50000;
    ck_assert_int_eq(yb_pay_run(&plan, NULL, cases, CASES, scratch, results, &summary, &why), YB_OK);
    ck_assert_int_eq(summary.totals[0].reserve_fen, 5000);
    ck_assert_int_eq(summary.totals[0].gross_fen, 95000);
}
END_TEST

START_TEST(a_period_may_have_its_own_budget)
{
    static const yb_fen_t budgets[] = { 300, 0 };
    yb_plan_t plan = plan_of();
    ck_assert_int_eq(yb_pay_run(&plan, budgets, cases, CASES, scratch, results, &summary, &why), YB_OK);
    ck_assert_int_eq(results[0].gross_fen, 100);
    ck_assert_int_eq(results[3].gross_fen, 30000);
}
END_TEST

/* (100,000 × 3 + 123 + 777) ÷ 5 = 60,180 fen exactly; without the last row 75,030.75 → 75,031 */
START_TEST(the_mean_from_all_rows)
{
    yb_plan_t plan = plan_of();
    plan.mean_from_cases = true;
    ck_assert_int_eq(yb_pay_run(&plan, NULL, cases, CASES, scratch, results, &summary, &why), YB_OK);
    ck_assert_int_eq(summary.mean_e4, 6018000);
    ck_assert_int_eq(yb_pay_run(&plan, NULL, cases, 4, scratch, results, &summary, &why), YB_OK);
    ck_assert_int_eq(summary.mean_e4, 7503100);
    ck_assert_int_eq(yb_pay_run(&plan, NULL, cases, 0, scratch, results, &summary, &why), YB_E_FIELD_RANGE);
    ck_assert_str_eq(why.field, "mean_all");
}
END_TEST

START_TEST(no_points_no_division)
{
    yb_plan_t plan = plan_of();
    yb_pay_case_t free_case = cases[0];
    free_case.fee_fen = 0;
    why = (yb_refusal_t){ .code = YB_OK };
    ck_assert_int_eq(yb_pay_run(&plan, NULL, &free_case, 1, scratch, results, &summary, &why), YB_E_FIELD_RANGE);
    ck_assert_msg(strstr(why.text, "310") != NULL, "%s", why.text);
}
END_TEST

START_TEST(the_year_by_months)
{
    yb_plan_t plan = plan_of();
    yb_fen_t sum = 0;
    for (int month = 1; month <= 11; month++)
        ck_assert_int_eq(yb_pay_month_budget(&plan, 100007, month), 8333);
    ck_assert_int_eq(yb_pay_month_budget(&plan, 100007, 12), 100007 - 11 * 8333);
    for (int i = 0; i < 12; i++)
        plan.month_share_ppm[i] = i < 11 ? 70000 + i : 229945;
    for (int month = 1; month <= 12; month++)
        sum += yb_pay_month_budget(&plan, 9999999, month);
    ck_assert_int_eq(sum, 9999999);
    ck_assert_int_eq(yb_pay_month_budget(&plan, 9999999, 1), 699999); /* 699,999.93 floored */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pay_run");
    TCase *t = tcase_create("pay_run");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_left_over_fen_go_to_the_largest_remainders_then_to_the_smaller_id);
    tcase_add_test(t, a_negative_row_takes_back);
    tcase_add_test(t, nothing_to_divide_by);
    tcase_add_test(t, random_splits_obey_the_rule);
    tcase_add_test(t, pools_are_divided_apart);
    tcase_add_test(t, a_reserve_is_held_back_first);
    tcase_add_test(t, a_period_may_have_its_own_budget);
    tcase_add_test(t, the_mean_from_all_rows);
    tcase_add_test(t, no_points_no_division);
    tcase_add_test(t, the_year_by_months);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
