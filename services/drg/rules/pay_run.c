#include "pay_run.h"

#include <string.h>
#include "services/drg/rules/wide.h"

yb_fen_t yb_pay_month_budget(const yb_plan_t *plan, yb_fen_t budget_fen, int month)
{
    YB_ASSERT(month >= 1 && month <= 12 && budget_fen >= 0 && budget_fen <= YB_FEN_MAX);
    bool named = false;
    yb_fen_t before = 0, part = 0;
    for (int m = 0; m < 12; m++)
        named = named || plan->month_share_ppm[m] != 0;
    for (int m = 0; m < month; m++) {
        before += part;
        part = named ? (yb_fen_t)((yb_wide_t)budget_fen * plan->month_share_ppm[m] / YB_PPM_ONE) : budget_fen / 12;
    }
    return month == 12 ? budget_fen - before : part;
}

static size_t total_of(const yb_plan_t *plan, const yb_pay_case_t *c)
{
    return c->pool >= 0 ? (size_t)c->pool : plan->pool_count;
}

/* Σc ÷ n over all rows but those that are worth what they were, half-up to the fen; 0 = there are no others, and nobody
 * asks for it. */
static yb_err_t find_mean(const yb_plan_t *plan, const yb_pay_case_t *cases, size_t count, int64_t *ret_mean_e4,
                          yb_refusal_t *ret_why)
{
    if (!plan->mean_from_cases) {
        *ret_mean_e4 = plan->mean_e4;
        return YB_OK;
    }
    yb_wide_t sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (!cases[i].scored) {
            sum += cases[i].fee_fen;
            n++;
        }
    *ret_mean_e4 = 0;
    if (n == 0 && count > 0)
        return YB_OK;
    int64_t mean_e4 = n > 0 ? (int64_t)yb_wide_half_up(sum, (yb_wide_t)n) * 100 : 0;
    if (mean_e4 <= 0 || mean_e4 > YB_BASE_E4_MAX)
        return yb_refuse(ret_why, YB_E_FIELD_RANGE, "mean_all",
                         "例均费用(from_cases)为零、为负或过大，无法计算点数，请核对费用");
    *ret_mean_e4 = mean_e4;
    return YB_OK;
}

static yb_err_t add_case(yb_pay_total_t *total, const yb_pay_case_t *c, yb_pay_result_t *result)
{
    total->count++;
    total->by_class[result->class]++;
    bool overflow = __builtin_sub_overflow(result->gross_fen, c->other_pay_fen, &result->due_fen) ||
                    __builtin_add_overflow(total->points_e4, result->points_e4, &total->points_e4) ||
                    __builtin_add_overflow(total->fee_fen, c->fee_fen, &total->fee_fen) ||
                    __builtin_add_overflow(total->other_pay_fen, c->other_pay_fen, &total->other_pay_fen) ||
                    __builtin_add_overflow(total->gross_fen, result->gross_fen, &total->gross_fen) ||
                    __builtin_add_overflow(total->due_fen, result->due_fen, &total->due_fen);
    return overflow ? YB_E_OVERFLOW : YB_OK;
}

/* Points in the pool, or money at once. */
static yb_err_t measure(const yb_plan_t *plan, int64_t mean_e4, const yb_pay_case_t *c, yb_pay_result_t *result)
{
    yb_pay_class_t class = YB_PAY_ITEM;
    yb_err_t err;
    *result = (yb_pay_result_t){ .has_points = yb_plan_by_points(plan) && c->pool >= 0 };
    if (result->has_points)
        err = yb_pay_points(plan, mean_e4, c, &class, &result->points_e4);
    else
        err = yb_pay_gross(plan, c, &class, &result->gross_fen);
    result->class = (uint8_t) class;
    return err;
}

static yb_err_t find_budget(const yb_plan_t *plan, size_t pool, const yb_fen_t *budgets_fen, const yb_pay_case_t *cases,
                            size_t count, yb_pay_total_t *total)
{
    yb_wide_t budget = budgets_fen != NULL ? budgets_fen[pool] : plan->pools[pool].budget_fen;
    for (size_t i = 0; plan->pools[pool].of_fund && i < count; i++)
        if (cases[i].pool == (int)pool)
            budget += cases[i].other_pay_fen;
    if (budget < 0 || budget > YB_FEN_MAX)
        return YB_E_OVERFLOW;
    total->budget_fen = (yb_fen_t)budget;
    return yb_fen_mul_ppm(total->budget_fen, plan->reserve_ratio_ppm, &total->reserve_fen);
}

static yb_err_t split_pool(const yb_plan_t *plan, size_t pool, const yb_fen_t *budgets_fen, const yb_pay_case_t *cases,
                           size_t count, yb_share_t *scratch, yb_pay_result_t *results, yb_pay_total_t *total)
{
    size_t shares = 0;
    for (size_t i = 0; i < count; i++)
        if (cases[i].pool == (int)pool)
            scratch[shares++] = (yb_share_t){ .weight = results[i].points_e4, .id = cases[i].id, .of = i };
    yb_err_t err = find_budget(plan, pool, budgets_fen, cases, count, total);
    if (err == YB_OK && shares > 0)
        err = yb_split(scratch, shares, total->budget_fen - total->reserve_fen);
    for (size_t i = 0; i < shares && err == YB_OK; i++)
        results[scratch[i].of].gross_fen = scratch[i].part_fen;
    return err;
}

static yb_err_t split_all(const yb_plan_t *plan, const yb_fen_t *budgets_fen, const yb_pay_case_t *cases, size_t count,
                          yb_share_t *scratch, yb_pay_result_t *results, yb_pay_summary_t *summary,
                          yb_refusal_t *ret_why)
{
    for (size_t pool = 0; pool < plan->pool_count; pool++) {
        const char *insutype = plan->pools[pool].insutype;
        if (!plan->pools[pool].has_budget)
            continue;
        yb_err_t err = split_pool(plan, pool, budgets_fen, cases, count, scratch, results, &summary->totals[pool]);
        if (err == YB_E_FIELD_RANGE)
            return yb_refuse(ret_why, err, "budget", "险种%s的总点数不大于零，预算无从分配，请核对病例", insutype);
        if (err != YB_OK)
            return yb_refuse(ret_why, err, "budget", "险种%s的预算或点数过大，超出可计算范围", insutype);
    }
    return YB_OK;
}

yb_err_t yb_pay_run(const yb_plan_t *plan, const yb_fen_t *budgets_fen, const yb_pay_case_t *cases, size_t count,
                    yb_share_t *scratch, yb_pay_result_t *ret_results, yb_pay_summary_t *ret_summary,
                    yb_refusal_t *ret_why)
{
    memset(ret_summary, 0, sizeof(*ret_summary));
    yb_err_t err = YB_OK;
    if (plan->method == YB_METHOD_POINTS)
        err = find_mean(plan, cases, count, &ret_summary->mean_e4, ret_why);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        if ((err = measure(plan, ret_summary->mean_e4, &cases[i], &ret_results[i])) != YB_OK)
            return yb_refuse(ret_why, err, "fee", "病例%s的点数或金额过大，请核对费用", cases[i].id);
    if (yb_plan_by_points(plan))
        err = split_all(plan, budgets_fen, cases, count, scratch, ret_results, ret_summary, ret_why);
    for (size_t i = 0; i < count && err == YB_OK; i++) {
        err = add_case(&ret_summary->totals[total_of(plan, &cases[i])], &cases[i], &ret_results[i]);
        if (err != YB_OK)
            err = yb_refuse(ret_why, err, "other_pay", "病例%s之后合计金额超出可计算范围", cases[i].id);
    }
    return err;
}
