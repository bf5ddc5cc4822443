#include <check.h>
#include <stdlib.h>
#include "services/drg/rules/split.h"
#include "services/drg/rules/year.h"

/* Up to 10 %: 60 %, 10–20 %: 30 %, above: nothing; at most 5 % of P stays. */
static const yb_overrun_slice_t slices[] = { { 0, 100000, 600000 }, { 100000, 200000, 300000 } };
static const yb_year_terms_t terms = { .keep_ratio_max_ppm = 50000, .slices = slices, .slice_count = 2 };

static yb_year_balance_t balance(const yb_year_terms_t *of, yb_fen_t gross_fen, yb_fen_t cost_fen)
{
    yb_year_balance_t b;
    ck_assert_int_eq(yb_year_balance(of, gross_fen, cost_fen, &b), YB_OK);
    return b;
}

START_TEST(a_surplus_stays_up_to_its_limit)
{
    yb_year_balance_t b = balance(&terms, 1000000, 1000000);
    ck_assert_int_eq(b.surplus_fen + b.overrun_fen, 0);
    b = balance(&terms, 1000000, 950000);
    ck_assert_int_eq(b.kept_fen, 50000);
    ck_assert_int_eq(b.returned_fen, 0);
    b = balance(&terms, 1000000, 949999);
    ck_assert_int_eq(b.kept_fen, 50000);
    ck_assert_int_eq(b.returned_fen, 1);
    b = balance(&terms, 30, 0); /* 5 % of 30 = 1.5 → 2 */
    ck_assert_int_eq(b.kept_fen, 2);
    ck_assert_int_eq(b.returned_fen, 28);
}
END_TEST

START_TEST(an_overrun_is_shared_by_slices)
{
    ck_assert_int_eq(balance(&terms, 1000000, 1050000).wanted_fen, 30000); /* 5 %: 0.6 × 50,000 */
    ck_assert_int_eq(balance(&terms, 1000000, 1100000).wanted_fen, 60000);
    ck_assert_int_eq(balance(&terms, 1000000, 1150000).wanted_fen, 60000 + 15000);
    ck_assert_int_eq(balance(&terms, 1000000, 1200000).wanted_fen, 60000 + 30000);
    ck_assert_int_eq(balance(&terms, 1000000, 9000000).wanted_fen, 90000); /* above 20 %: nothing */
    /* P = 33, C = 39: 3.3 × 0.6 + 2.7 × 0.3 = 1.98 + 0.81 = 2.79 → 3; slice by slice rounded it would be 2 + 1 */
    ck_assert_int_eq(balance(&terms, 33, 39).wanted_fen, 3);
    /* P = 15, C = 17: 1.5 × 0.6 + 0.5 × 0.3 = 1.05 → 1 */
    ck_assert_int_eq(balance(&terms, 15, 17).wanted_fen, 1);
    ck_assert_int_eq(balance(&terms, 0, 100).wanted_fen, 0); /* infinitely over: above every slice */
    const yb_year_terms_t open = { .slices = (const yb_overrun_slice_t[]){ { 0, INT64_MAX, 500000 } },
                                   .slice_count = 1 };
    ck_assert_int_eq(balance(&open, 0, 101).wanted_fen, 51);
    const yb_year_terms_t bears = { .bears_overrun = true };
    ck_assert_int_eq(balance(&bears, 1000000, 1100000).wanted_fen, 0);
    yb_year_balance_t b;
    ck_assert_int_eq(yb_year_balance(&terms, -1, 0, &b), YB_E_FIELD_RANGE);
    ck_assert_int_eq(yb_year_balance(&terms, 0, YB_FEN_MAX + 1, &b), YB_E_FIELD_RANGE);
    ck_assert_int_eq(balance(&terms, YB_FEN_MAX / 2, YB_FEN_MAX).overrun_fen, YB_FEN_MAX - YB_FEN_MAX / 2);
}
END_TEST

START_TEST(a_short_reserve_shrinks_all_shares)
{
    yb_year_share_t shares[] = { { "H2", 300, 0 }, { "H1", 300, 0 }, { "H3", 300, 0 }, { "H4", 0, 0 } };
    yb_share_t scratch[4];
    ck_assert_int_eq(yb_year_grant(shares, 4, 900, scratch), YB_OK);
    ck_assert_int_eq(shares[0].granted_fen, 300);
    ck_assert_int_eq(yb_year_grant(shares, 4, 100, scratch), YB_OK);
    ck_assert_int_eq(shares[0].granted_fen, 33);
    ck_assert_int_eq(shares[1].granted_fen, 34); /* the fen left over: smaller code first */
    ck_assert_int_eq(shares[2].granted_fen, 33);
    ck_assert_int_eq(shares[3].granted_fen, 0);
    ck_assert_int_eq(yb_year_grant(shares, 4, 0, scratch), YB_OK); /* reserve_ratio 0 */
    ck_assert_int_eq(shares[1].granted_fen, 0);
}
END_TEST

START_TEST(the_month_prepays)
{
    yb_fen_t prepaid, withheld;
    ck_assert_int_eq(yb_month_prepay(10001, 950000, &prepaid, &withheld), YB_OK); /* 9,500.95 */
    ck_assert_int_eq(prepaid, 9501);
    ck_assert_int_eq(withheld, 500);
    ck_assert_int_eq(yb_month_prepay(-10001, 950000, &prepaid, &withheld), YB_OK);
    ck_assert_int_eq(prepaid, -9501);
    ck_assert_int_eq(withheld, -500);
}
END_TEST

START_TEST(the_deposit_comes_back_by_score_or_grade)
{
    static const yb_deposit_step_t steps[] = { { 900000, 1000000 }, { 800000, 800000 }, { 600000, 0 } };
    static const yb_deposit_grade_t grades[] = { { "A", 1000000 }, { "D", 0 } };
    const yb_plan_t plan = {
        .deposit_steps = steps, .deposit_step_count = 3, .deposit_grades = grades, .deposit_grade_count = 2
    };
    ck_assert_int_eq(yb_plan_deposit_ratio(&plan, NULL, 900000), 1000000);
    ck_assert_int_eq(yb_plan_deposit_ratio(&plan, NULL, 899999), 800000);
    ck_assert_int_eq(yb_plan_deposit_ratio(&plan, "D", 990000), 0);
    ck_assert_int_eq(yb_plan_deposit_ratio(&plan, "B", 600000), 0); /* a grade the plan does not name: the score */
    ck_assert_int_eq(yb_plan_deposit_ratio(&plan, NULL, 599999), -1);
}
END_TEST

/* P 1,000,000, C 900,000: 50,000 kept, 50,000 returned; persons paid 300,000; the months prepaid 665,000 of 700,000;
 * 80 % of the deposit comes back. 1,000,000 + 500 − 2,000 − 50,000 − 300,000 = 648,500 payable;
 * − 7,000 lost − 665,000 + 1,000 − 300 = −22,800: to be paid back. */
START_TEST(the_sheet_row_by_row)
{
    const yb_year_input_t input = {
        .gross_fen = 1000000,
        .cost_fen = 900000,
        .other_pay_fen = 300000,
        .adjustment_fen = 500,
        .penalty_fen = 2000,
        .prepaid_fen = 665000,
        .withheld_fen = 35000,
        .deposit_ratio_ppm = 800000,
        .procurement_kept_fen = 1000,
        .offline_purchase_fen = 300,
    };
    yb_year_balance_t b = balance(&terms, input.gross_fen, input.cost_fen);
    yb_year_statement_t s;
    ck_assert_int_eq(yb_year_statement(&input, &b, 0, &s), YB_OK);
    ck_assert_int_eq(s.total_fen, 998500);
    ck_assert_int_eq(s.payable_fen, 648500);
    ck_assert_int_eq(s.deposit_lost_fen, 7000);
    ck_assert_int_eq(s.settle_fen, -22800);
    /* an overrun of 100,000, of which 60,000 was wanted and 12,345 granted */
    yb_year_input_t over = {
        .gross_fen = 1000000, .cost_fen = 1100000, .prepaid_fen = 1000000, .deposit_ratio_ppm = YB_PPM_ONE
    };
    b = balance(&terms, over.gross_fen, over.cost_fen);
    ck_assert_int_eq(yb_year_statement(&over, &b, 12345, &s), YB_OK);
    ck_assert_int_eq(s.own_share_fen, 87655);
    ck_assert_int_eq(s.settle_fen, 12345);
    over.penalty_fen = -1;
    ck_assert_int_eq(yb_year_statement(&over, &b, 0, &s), YB_E_FIELD_RANGE);
}
END_TEST

START_TEST(by_head)
{
    yb_fen_t amount;
    ck_assert_int_eq(yb_head_amount(1234, 8050, &amount), YB_OK);
    ck_assert_int_eq(amount, 9933700);
    ck_assert_int_eq(yb_head_amount(INT64_MAX, 2, &amount), YB_E_OVERFLOW);
    ck_assert_int_eq(yb_head_amount(-1, 2, &amount), YB_E_OVERFLOW);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("year");
    TCase *t = tcase_create("year");
    tcase_add_test(t, a_surplus_stays_up_to_its_limit);
    tcase_add_test(t, an_overrun_is_shared_by_slices);
    tcase_add_test(t, a_short_reserve_shrinks_all_shares);
    tcase_add_test(t, the_month_prepays);
    tcase_add_test(t, the_deposit_comes_back_by_score_or_grade);
    tcase_add_test(t, the_sheet_row_by_row);
    tcase_add_test(t, by_head);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
