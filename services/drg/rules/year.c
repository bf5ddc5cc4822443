#include "year.h"

#include <string.h>
#include "services/drg/rules/split.h"
#include "services/drg/rules/wide.h"

yb_err_t yb_month_prepay(yb_fen_t due_fen, yb_ppm_t ratio_ppm, yb_fen_t *ret_prepaid_fen, yb_fen_t *ret_withheld_fen)
{
    yb_fen_t prepaid_fen;
    yb_err_t err = yb_fen_mul_ppm(due_fen, ratio_ppm, &prepaid_fen);
    if (err != YB_OK)
        return err;
    *ret_prepaid_fen = prepaid_fen;
    *ret_withheld_fen = due_fen - prepaid_fen;
    return YB_OK;
}

yb_err_t yb_head_amount(int64_t persons, yb_fen_t amount_fen, yb_fen_t *ret_fen)
{
    yb_fen_t sum;
    if (persons < 0 || amount_fen < 0 || __builtin_mul_overflow(persons, amount_fen, &sum) || sum > YB_FEN_MAX)
        return YB_E_OVERFLOW;
    *ret_fen = sum;
    return YB_OK;
}

static yb_wide_t least(yb_wide_t a, yb_wide_t b) { return a < b ? a : b; }

/* Each slice applies to its own part of the overrun. In 10^-6 fen: P 10^16 × bound 10^8, then × share 10^6. */
static yb_fen_t share_of_overrun(const yb_year_terms_t *terms, yb_fen_t gross_fen, yb_fen_t overrun_fen)
{
    const yb_wide_t overrun_e6 = (yb_wide_t)overrun_fen * YB_E6_ONE;
    yb_wide_t sum_e12 = 0;
    for (size_t i = 0; i < terms->slice_count; i++) {
        const yb_overrun_slice_t *slice = &terms->slices[i];
        yb_wide_t from = (yb_wide_t)slice->from_e6 * gross_fen;
        yb_wide_t to = slice->to_e6 == INT64_MAX ? overrun_e6 : least(overrun_e6, (yb_wide_t)slice->to_e6 * gross_fen);
        if (to > from)
            sum_e12 += (to - from) * slice->share_ppm;
    }
    return (yb_fen_t)yb_wide_half_up(sum_e12, yb_wide_ten(12));
}

yb_err_t yb_year_balance(const yb_year_terms_t *terms, yb_fen_t gross_fen, yb_fen_t cost_fen,
                         yb_year_balance_t *ret_balance)
{
    yb_year_balance_t b = { .surplus_fen = 0 };
    if (gross_fen < 0 || cost_fen < 0 || gross_fen > YB_FEN_MAX || cost_fen > YB_FEN_MAX)
        return YB_E_FIELD_RANGE;
    if (cost_fen <= gross_fen) {
        yb_fen_t most_fen = 0;
        yb_err_t err = yb_fen_mul_ppm(gross_fen, terms->keep_ratio_max_ppm, &most_fen);
        if (err != YB_OK)
            return err;
        b.surplus_fen = gross_fen - cost_fen;
        b.kept_fen = yb_fen_min(b.surplus_fen, most_fen);
        b.returned_fen = b.surplus_fen - b.kept_fen;
    } else {
        b.overrun_fen = cost_fen - gross_fen;
        b.wanted_fen = terms->bears_overrun ? 0 : share_of_overrun(terms, gross_fen, b.overrun_fen);
    }
    YB_ASSERT(gross_fen + b.overrun_fen - b.kept_fen - b.returned_fen == cost_fen && b.wanted_fen <= b.overrun_fen);
    *ret_balance = b;
    return YB_OK;
}

yb_err_t yb_year_grant(yb_year_share_t *shares, size_t count, yb_fen_t reserve_fen, struct yb_share *scratch)
{
    /* yb_split takes weights up to 10^15 fen; shares of one reserve are far below. */
    const yb_fen_t most = 1000000000000000LL;
    yb_wide_t wanted = 0;
    for (size_t i = 0; i < count; i++) {
        YB_ASSERT(shares[i].wanted_fen >= 0);
        if (shares[i].wanted_fen > most)
            return YB_E_OVERFLOW;
        wanted += shares[i].wanted_fen;
        scratch[i] = (yb_share_t){ .weight = shares[i].wanted_fen, .id = shares[i].unit, .of = i };
    }
    const bool suffices = wanted <= reserve_fen;
    yb_err_t err = suffices ? YB_OK : yb_split(scratch, count, reserve_fen);
    for (size_t i = 0; i < count && err == YB_OK; i++)
        shares[scratch[i].of].granted_fen = suffices ? shares[scratch[i].of].wanted_fen : scratch[i].part_fen;
    return err;
}

yb_ppm_t yb_plan_deposit_ratio(const yb_plan_t *plan, const char *grade, int64_t score_e4)
{
    for (size_t i = 0; grade != NULL && i < plan->deposit_grade_count; i++)
        if (strcmp(plan->deposit_grades[i].grade, grade) == 0)
            return plan->deposit_grades[i].ratio_ppm;
    for (size_t i = 0; i < plan->deposit_step_count; i++)
        if (score_e4 >= plan->deposit_steps[i].score_min_e4)
            return plan->deposit_steps[i].ratio_ppm;
    return -1;
}

/* What is withheld may be negative (the months' due was): then there is nothing to lose. */
static yb_err_t split_deposit(const yb_year_input_t *input, yb_year_statement_t *s)
{
    s->withheld_fen = input->withheld_fen;
    s->deposit_back_fen = input->withheld_fen;
    if (input->withheld_fen <= 0)
        return YB_OK;
    yb_err_t err = yb_fen_mul_ppm(input->withheld_fen, input->deposit_ratio_ppm, &s->deposit_back_fen);
    s->deposit_lost_fen = input->withheld_fen - s->deposit_back_fen;
    return err;
}

static bool in_range(const yb_year_input_t *input)
{
    const yb_fen_t amounts[] = {
        input->gross_fen,           input->cost_fen,    input->other_pay_fen,        input->adjustment_fen,
        input->penalty_fen,         input->prepaid_fen, input->procurement_kept_fen, input->withheld_fen,
        input->offline_purchase_fen
    };
    for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++)
        if (amounts[i] > YB_FEN_MAX || amounts[i] < -YB_FEN_MAX)
            return false;
    return input->penalty_fen >= 0 && input->procurement_kept_fen >= 0 && input->offline_purchase_fen >= 0;
}

yb_err_t yb_year_sheet(const yb_year_input_t *input, const yb_year_parts_t *parts, yb_year_statement_t *ret_statement)
{
    if (!in_range(input))
        return YB_E_FIELD_RANGE;
    yb_year_statement_t s = {
        .cost_fen = input->cost_fen,
        .budget_fen = input->gross_fen,
        .adjustment_fen = input->adjustment_fen,
        .penalty_fen = input->penalty_fen,
        .total_fen = input->gross_fen + input->adjustment_fen - input->penalty_fen,
        .kept_fen = parts->kept_fen,
        .returned_fen = parts->returned_fen,
        .fund_share_fen = parts->fund_share_fen,
        .own_share_fen = parts->own_share_fen,
        .other_pay_fen = input->other_pay_fen,
        .prepaid_fen = input->prepaid_fen,
        .procurement_kept_fen = input->procurement_kept_fen,
        .offline_purchase_fen = input->offline_purchase_fen,
    };
    yb_err_t err = split_deposit(input, &s);
    if (err != YB_OK)
        return err;
    s.payable_fen = s.total_fen - s.returned_fen + s.fund_share_fen - s.other_pay_fen;
    s.settle_fen = s.payable_fen - s.deposit_lost_fen - s.prepaid_fen + s.procurement_kept_fen - s.offline_purchase_fen;
    *ret_statement = s;
    return YB_OK;
}

yb_err_t yb_year_statement(const yb_year_input_t *input, const yb_year_balance_t *balance, yb_fen_t granted_fen,
                           yb_year_statement_t *ret_statement)
{
    const yb_year_parts_t parts = { .kept_fen = balance->kept_fen,
                                    .returned_fen = balance->returned_fen,
                                    .fund_share_fen = granted_fen,
                                    .own_share_fen = balance->overrun_fen - granted_fen };
    YB_ASSERT(granted_fen >= 0 && granted_fen <= balance->wanted_fen);
    YB_ASSERT(!in_range(input) || input->gross_fen + balance->overrun_fen - balance->surplus_fen == input->cost_fen);
    return yb_year_sheet(input, &parts, ret_statement);
}
