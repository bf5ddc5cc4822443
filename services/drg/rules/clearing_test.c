#include <check.h>
#include <string.h>
#include "services/drg/rules/clearing.h"

static const char members_of_g[][YB_PLAN_TEXT] = { "H1", "H2", "H3" };
static const yb_overrun_slice_t slices[] = { { 0, 100000, 600000 }, { 100000, 200000, 300000 } };
static const yb_plan_group_t groups[] = { { "G", { 50000, false, 2, slices }, 3, members_of_g } };
static const yb_deposit_step_t steps[] = { { 900000, 1000000 }, { 600000, 500000 } };
static const yb_plan_pool_t pools[] = { { "310", 0, 100000, true, false }, { "390", 0, 100000, true, true } };
static const yb_plan_t plan = { .groups = groups,
                                .group_count = 1,
                                .year = { .keep_ratio_max_ppm = 50000, .slice_count = 2, .slices = slices },
                                .deposit_steps = steps,
                                .deposit_step_count = 2,
                                .pools = pools,
                                .pool_count = 2,
                                .reserve_ratio_ppm = 50000 };

enum { MAX = 8 };
typedef struct world {
    size_t count, unit_count;
    yb_clearing_member_t members[MAX];
    yb_clearing_unit_t units[MAX];
    yb_refusal_t why;
} world_t;

static void put(world_t *w, const char *code, yb_fen_t gross_fen, yb_fen_t cost_fen)
{
    w->members[w->count++] = (yb_clearing_member_t){ .code = code,
                                                     .grade = "",
                                                     .score_e4 = YB_CLEARING_NO_SCORE,
                                                     .input = { .gross_fen = gross_fen, .cost_fen = cost_fen } };
}

static yb_err_t run(world_t *w, yb_fen_t reserve_fen)
{
    yb_year_share_t wanted[MAX];
    yb_share_t shares[MAX];
    w->why = (yb_refusal_t){ .code = YB_OK };
    return yb_clearing_run(&plan, reserve_fen, w->members, w->count, w->units, &w->unit_count, wanted, shares, &w->why);
}

/* G: P 100,000 = 60,000 + 30,000 + 10,000, C 115,000: 0.6 × 10,000 + 0.3 × 5,000 = 7,500 wanted. Z: P 1,000, C 1,100:
 * 60 wanted. */
START_TEST(a_group_is_one_unit_divided_by_gross)
{
    world_t w = { .count = 0 };
    put(&w, "H2", 30000, 30000);
    put(&w, "Z", 1000, 1100);
    put(&w, "H1", 60000, 50000);
    put(&w, "H3", 10000, 35000);
    ck_assert_int_eq(run(&w, 7560), YB_OK);
    ck_assert_uint_eq(w.unit_count, 2);
    ck_assert_str_eq(w.units[0].code, "G");
    ck_assert_uint_eq(w.units[0].member_count, 3);
    ck_assert_int_eq(w.units[0].granted_fen, 7500);
    ck_assert_int_eq(w.units[1].statement.fund_share_fen, 60);
    static const yb_fen_t want[] = { 2250, 60, 4500, 750 };
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(w.members[i].statement.fund_share_fen, want[i]);
    ck_assert_int_eq(w.members[3].statement.own_share_fen, 750);
    ck_assert_int_eq(w.units[0].statement.settle_fen, 107500);
    /* half the reserve: all shares shrink alike */
    ck_assert_int_eq(run(&w, 3780), YB_OK);
    ck_assert_int_eq(w.units[0].granted_fen, 3750);
    ck_assert_int_eq(w.units[1].granted_fen, 30);
    ck_assert_int_eq(w.units[0].statement.own_share_fen, 11250);
    ck_assert_int_eq(run(&w, 0), YB_OK);
    ck_assert_int_eq(w.units[0].granted_fen + w.units[1].granted_fen, 0);
    ck_assert_int_eq(run(&w, YB_CLEARING_NO_LIMIT), YB_OK);
    ck_assert_int_eq(w.units[0].granted_fen, 7500);
}
END_TEST

/* P 100 of 33 + 33 + 34, C 97: 3 kept (up to 5); 0.99, 0.99, 1.02: the fen over goes to the remainders of 0.99, the
 * smaller code first. */
START_TEST(fen_that_are_left_over)
{
    world_t w = { .count = 0 };
    put(&w, "H3", 34, 0);
    put(&w, "H2", 33, 97);
    put(&w, "H1", 33, 0);
    ck_assert_int_eq(run(&w, 0), YB_OK);
    ck_assert_int_eq(w.units[0].statement.kept_fen, 3);
    ck_assert_int_eq(w.members[0].statement.kept_fen, 1);
    ck_assert_int_eq(w.members[1].statement.kept_fen, 1);
    ck_assert_int_eq(w.members[2].statement.kept_fen, 1);
    put(&w, "Z", 0, 0);
    w.members[1].input.cost_fen = 99; /* 1 kept: 0.33, 0.33, 0.34 */
    ck_assert_int_eq(run(&w, 0), YB_OK);
    ck_assert_int_eq(w.members[0].statement.kept_fen, 1);
    w.members[0].input.gross_fen = 33;
    w.members[1].input.cost_fen = 98;
    ck_assert_int_eq(run(&w, 0), YB_OK);
    ck_assert_int_eq(w.members[2].statement.kept_fen, 1); /* alike: H1 */
}
END_TEST

START_TEST(without_gross_by_cost)
{
    world_t w = { .count = 0 };
    put(&w, "H1", 0, 300);
    put(&w, "H2", 0, 100);
    ck_assert_int_eq(run(&w, 1000), YB_OK);
    ck_assert_int_eq(w.units[0].granted_fen, 0); /* no slice of nothing */
    ck_assert_int_eq(w.members[0].statement.own_share_fen, 300);
    ck_assert_int_eq(w.members[1].statement.own_share_fen, 100);
}
END_TEST

START_TEST(deposits_are_each_ones_own)
{
    world_t w = { .count = 0 };
    put(&w, "H1", 100, 100);
    put(&w, "H2", 100, 100);
    w.members[0].input.withheld_fen = 11;
    w.members[0].score_e4 = 600000;
    w.members[1].input.withheld_fen = 10;
    w.members[1].score_e4 = 950000;
    ck_assert_int_eq(run(&w, 0), YB_OK);
    ck_assert_int_eq(w.members[0].statement.deposit_back_fen, 6); /* 5.5 */
    ck_assert_int_eq(w.units[0].statement.deposit_back_fen, 16);
    ck_assert_int_eq(w.units[0].statement.deposit_lost_fen, 5);
    w.members[0].score_e4 = 599999;
    ck_assert_int_eq(run(&w, 0), YB_E_POLICY_NONE);
    ck_assert_str_eq(w.why.field, "score");
    ck_assert_ptr_nonnull(strstr(w.why.text, "H1"));
    w.members[0].input.withheld_fen = 0; /* nothing to give back: no assessment needed */
    ck_assert_int_eq(run(&w, 0), YB_OK);
}
END_TEST

START_TEST(what_cannot_be_cleared_is_refused)
{
    world_t w = { .count = 0 };
    put(&w, "A", -1, 0);
    ck_assert_int_eq(run(&w, 0), YB_E_FIELD_RANGE);
    ck_assert_str_eq(w.why.field, "gross");
    w.members[0].input = (yb_year_input_t){ .gross_fen = 1, .cost_fen = -1 };
    ck_assert_int_eq(run(&w, 0), YB_E_FIELD_RANGE);
    ck_assert_str_eq(w.why.field, "cost");
    w.members[0].input = (yb_year_input_t){ .penalty_fen = -1 };
    ck_assert_int_eq(run(&w, 0), YB_E_FIELD_RANGE);
    w.members[0].input = (yb_year_input_t){ .gross_fen = YB_FEN_MAX + 1 };
    ck_assert_int_eq(run(&w, 0), YB_E_OVERFLOW);
    w.count = 0;
    put(&w, "H1", YB_FEN_MAX, 1);
    put(&w, "H2", 1, 1);
    ck_assert_int_eq(run(&w, 0), YB_E_OVERFLOW);
    w.members[0].input.gross_fen = YB_FEN_MAX - 1; /* fits, and is beyond what is divided by */
    ck_assert_int_eq(run(&w, 0), YB_E_OVERFLOW);
}
END_TEST

START_TEST(reserves)
{
    yb_fen_t reserve;
    ck_assert_int_eq(yb_clearing_reserve(&plan, 0, 12345, &reserve), YB_OK);
    ck_assert_int_eq(reserve, 5000);
    ck_assert_int_eq(yb_clearing_reserve(&plan, 1, 10, &reserve), YB_OK);
    ck_assert_int_eq(reserve, 5001); /* 5 % of 100,010 is 5,000.5 */
    ck_assert_int_eq(yb_clearing_reserve(&plan, 1, YB_FEN_MAX, &reserve), YB_E_OVERFLOW);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("clearing");
    TCase *t = tcase_create("clearing");
    tcase_add_test(t, a_group_is_one_unit_divided_by_gross);
    tcase_add_test(t, fen_that_are_left_over);
    tcase_add_test(t, without_gross_by_cost);
    tcase_add_test(t, deposits_are_each_ones_own);
    tcase_add_test(t, what_cannot_be_cleared_is_refused);
    tcase_add_test(t, reserves);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
