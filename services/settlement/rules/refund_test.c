#include <check.h>
#include <stdlib.h>
#include <string.h>
#include "refund.h"

/* 3 × 0.333333 = 1.00, of which 0.10 above the limit, 0.09 first self-pay, the rest in scope. */
static const yb_line_part_t original = { 30000, 100, 0, 10, 9, 81 };
static const yb_line_part_t nothing = { 0 };

START_TEST(within_what_is_left)
{
    yb_refusal_t refusal = { 0 };
    yb_line_part_t one = { -10000, -33, 0, -3, -3, -27 };
    ck_assert_int_eq(yb_refund_check(&original, 333333, &nothing, -30000, 333333, "feedetail[0]", &refusal), YB_OK);
    ck_assert_int_eq(yb_refund_check(&original, 333333, &one, -20000, 333333, "feedetail[0]", &refusal), YB_OK);
    ck_assert_int_eq(refusal.code, YB_OK);
    ck_assert_int_eq(yb_refund_check(&original, 333333, &one, -20001, 333333, "feedetail[0]", &refusal),
                     YB_E_LINE_REFUND);
    ck_assert_str_eq(refusal.field, "feedetail[0].cnt");
    ck_assert_ptr_nonnull(strstr(refusal.text, "2.0001"));
    ck_assert_ptr_nonnull(strstr(refusal.text, "2.0000"));
}
END_TEST

START_TEST(same_price)
{
    yb_refusal_t refusal = { 0 };
    ck_assert_int_eq(yb_refund_check(&original, 333333, &nothing, -10000, 333334, "feedetail[2]", &refusal),
                     YB_E_LINE_REFUND);
    ck_assert_str_eq(refusal.field, "feedetail[2].pric");
}
END_TEST

START_TEST(a_refund_is_not_refunded)
{
    yb_refusal_t refusal = { 0 };
    yb_line_part_t refund = yb_line_part_negate(&original);
    ck_assert_int_eq(yb_refund_check(&refund, 333333, &nothing, -10000, 333333, "feedetail[0]", &refusal),
                     YB_E_LINE_REFUND);
}
END_TEST

START_TEST(nothing_left_refuses_everything)
{
    yb_refusal_t refusal = { 0 };
    yb_line_part_t all = yb_line_part_negate(&original);
    ck_assert_int_eq(yb_refund_check(&original, 333333, &all, -1, 333333, "feedetail[0]", &refusal), YB_E_LINE_REFUND);
}
END_TEST

/* In pieces whose rounded amounts do not add up to the line: the last takes the rest, every amount ends at 0. */
START_TEST(pieces_end_at_zero)
{
    static const yb_line_part_t pieces[] = { { -10000, -33, 0, -3, -3, -27 }, { -10000, -33, 0, -4, -3, -26 } };
    yb_line_part_t refunded = { 0 };
    for (size_t i = 0; i < 2; i++) {
        ck_assert(!yb_refund_exhausts(&original, &refunded, pieces[i].cnt));
        yb_line_part_add(&refunded, &pieces[i]);
    }
    ck_assert(yb_refund_exhausts(&original, &refunded, -10000));
    yb_line_part_t last = yb_refund_rest(&original, &refunded);
    ck_assert_int_eq(last.cnt, -10000);
    ck_assert_int_eq(last.det_item_fee_sumamt_fen, -34);
    yb_line_part_t sum = original;
    yb_line_part_add(&sum, &refunded);
    yb_line_part_add(&sum, &last);
    ck_assert_mem_eq(&sum, &nothing, sizeof(sum));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("refund");
    TCase *tc = tcase_create("refund");
    tcase_add_test(tc, within_what_is_left);
    tcase_add_test(tc, same_price);
    tcase_add_test(tc, a_refund_is_not_refunded);
    tcase_add_test(tc, nothing_left_refuses_everything);
    tcase_add_test(tc, pieces_end_at_zero);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
