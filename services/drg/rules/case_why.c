#include "services/drg/rules/case_why.h"

#include <string.h>

#include "services/drg/rules/feedback.h"
#include "services/drg/rules/wide.h"

typedef struct writer {
    yb_arena_t *arena;
    yb_case_lines_t *lines;
} writer_t;

#define SAY(w, ...)                                                                        \
    do {                                                                                   \
        YB_ASSERT((w)->lines->count < YB_CASE_WHY_LINES);                                  \
        (w)->lines->texts[(w)->lines->count++] = yb_arena_printf((w)->arena, __VA_ARGS__); \
    } while (0)

static const char *decimal(const writer_t *w, int64_t value, int scale)
{
    char buf[YB_DECIMAL_TEXT];
    return yb_arena_strdup(w->arena, yb_decimal_format(value, scale, buf));
}

/* 10^-6 without the zeros at its end. */
static const char *ratio(const writer_t *w, int64_t ratio_e6)
{
    char buf[YB_DECIMAL_TEXT];
    yb_decimal_format(ratio_e6, 6, buf);
    size_t len = strlen(buf);
    while (len > 0 && buf[len - 1] == '0')
        len--;
    if (len > 0 && buf[len - 1] == '.')
        len--;
    return yb_arena_strndup(w->arena, buf, len);
}

static yb_fen_t size_of(yb_fen_t fen) { return fen < 0 ? -fen : fen; }

/* The standard, the quotient and the two comparisons. */
static void say_comparison(writer_t *w, const yb_plan_t *plan, int64_t base_e4, const yb_run_case_t *row,
                           const yb_pay_case_t *c)
{
    const yb_fen_t cost_fen = size_of(row->fee_fen);
    const yb_wide_t under = (yb_wide_t)c->rw_e4 * c->k_e4 * base_e4; /* 10^-12 yuan */
    const int64_t r_e4 = (int64_t)yb_wide_half_up((yb_wide_t)cost_fen * yb_wide_ten(14), under);
    SAY(w, "标准 = %s %s × RW %s × 系数 %s = %s元", plan->method == YB_METHOD_RATE ? "费率" : "例均费用",
        decimal(w, base_e4, 4), decimal(w, c->rw_e4, 4), decimal(w, c->k_e4, 4),
        decimal(w, size_of(row->standard_fen), 2));
    SAY(w, "费用 ÷ 标准 = %s ÷ %s = %s（比较时不舍入）", decimal(w, cost_fen, 2),
        decimal(w, size_of(row->standard_fen), 2), decimal(w, r_e4, 4));
    SAY(w, "低倍率：%s %s：%s", plan->low_at_bound ? "≤" : "<", ratio(w, plan->low_ratio_e6),
        row->class == YB_PAY_LOW ? "是" : "否");
    if (c->high_ratio_e6 == YB_STEP_NEVER)
        SAY(w, "高倍率：该权重不设");
    else
        SAY(w, "高倍率：%s %s：%s", plan->high_at_bound ? "≥" : ">", ratio(w, c->high_ratio_e6),
            row->class == YB_PAY_HIGH ? "是" : "否");
}

static const char *formula_of(const yb_plan_t *plan, const yb_run_case_t *row)
{
    static const char *const high[] = {
        [YB_HIGH_EXCESS] = "RW×系数 + (r − 倍数)×RW×系数", [YB_HIGH_EXCESS_WEIGHT] = "RW×系数 + (m÷RW − 倍数)×RW",
        [YB_HIGH_OVER_ONE] = "RW×系数 + (m÷RW − 1)×RW",    [YB_HIGH_WEIGHT] = "m − (倍数 − 1)×RW",
        [YB_HIGH_SHARE] = "RW×系数×(1 + 比例×(r − 倍数))", [YB_HIGH_COST] = "m"
    };
    return row->class == YB_PAY_NORMAL ? "RW×系数"
           : row->class == YB_PAY_HIGH ? high[plan->high_form]
           : row->class == YB_PAY_LOW || row->class == YB_PAY_ITEM || row->class == YB_PAY_DAY ||
                   row->class == YB_PAY_DISEASE
               ? "m"
               : "m×方案的系数";
}

static void say_money(writer_t *w, const yb_plan_t *plan, const yb_case_pool_t *pool, const yb_run_case_t *row)
{
    const bool divided = pool->points_e4 > 0 && row->points_e4 != 0;
    if (divided) {
        SAY(w, "点数 = 100×(%s) = %s（r = 费用÷标准，m = 费用÷例均费用）", formula_of(plan, row),
            decimal(w, row->points_e4, 4));
        const yb_wide_t value_e4 =
            yb_wide_half_up((yb_wide_t)(pool->budget_fen - pool->reserve_fen) * 1000000, pool->points_e4);
        SAY(w, "点值 = %s元 ÷ %s点 ≈ %s元（计算时不舍入）", decimal(w, pool->budget_fen - pool->reserve_fen, 2),
            decimal(w, pool->points_e4, 4), decimal(w, (int64_t)value_e4, 4));
    }
    SAY(w, "支付标准 = %s%s元", divided ? "点数×点值 = " : "", decimal(w, row->gross_fen, 2));
    SAY(w, "应付 = 支付标准 %s − 个人与其他基金已付 %s = %s元", decimal(w, row->gross_fen, 2),
        decimal(w, row->other_pay_fen, 2), decimal(w, row->due_fen, 2));
    SAY(w, "结算时统筹基金已记账 %s元，差额 %s元", decimal(w, row->booked_fen, 2),
        decimal(w, row->due_fen - row->booked_fen, 2));
}

void yb_case_why(const yb_plan_t *plan, int64_t mean_e4, const yb_case_pool_t *pool, const yb_run_case_t *row,
                 const yb_pay_case_t *c, yb_arena_t *arena, yb_case_lines_t *ret_lines)
{
    writer_t w = { arena, ret_lines };
    char reason[YB_FEEDBACK_REASON_TEXT];
    ret_lines->count = 0;
    const int64_t base_e4 = plan->method == YB_METHOD_RATE && c->pool >= 0 ? plan->pools[c->pool].rate_e4 : mean_e4;
    if (c->kind == YB_PAY_NORMAL && c->rw_e4 > 0 && c->k_e4 > 0 && base_e4 > 0)
        say_comparison(&w, plan, base_e4, row, c);
    SAY(&w, "支付类别：%s（%s）：%s", yb_pay_class_zh(row->class), yb_pay_class_name((yb_pay_class_t)row->class),
        yb_feedback_reason(row, reason));
    say_money(&w, plan, pool, row);
}
