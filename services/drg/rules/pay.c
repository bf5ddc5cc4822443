#include "pay.h"

#include "services/drg/rules/wide.h"

const char *yb_pay_class_name(yb_pay_class_t class)
{
    static const char *const names[YB_PAY_CLASS_COUNT] = {
        [YB_PAY_LOW] = "low",
        [YB_PAY_HIGH] = "high",
        [YB_PAY_NORMAL] = "normal",
        [YB_PAY_0000] = "0000",
        [YB_PAY_QY] = "QY",
        [YB_PAY_UNSTABLE] = "unstable",
        [YB_PAY_UNCOVERED] = "uncovered",
        [YB_PAY_DAY] = "day",
        [YB_PAY_DISEASE] = "disease",
        [YB_PAY_ITEM] = "item",
        [YB_PAY_CORE] = "core",
        [YB_PAY_BASIC] = "basic",
        [YB_PAY_COMPOSITE] = "composite",
        [YB_PAY_NONE] = "none",
        [YB_PAY_LATE] = "late",
        [YB_PAY_SPECIAL] = "special",
    };
    return class < YB_PAY_CLASS_COUNT ? names[class] : "?";
}

/* Every rule of PAYMENT.md §2 and every form of DRG.md §3.6 is the same sum:
 *     worth = cost·c + (coefficient·k + weight)·RW·base
 * in money at the base (the mean cost, or the rate); in points the same × 100 ÷ base. The factors are at 10^-10. */
typedef struct worth {
    int64_t cost, coefficient, weight;
} worth_t;
enum { WORTH_PER_E6 = 10000 };
static const int64_t WORTH_ONE = 10000000000;

static worth_t high_worth(const yb_plan_t *plan, int64_t thr_e6)
{
    const int64_t thr = thr_e6 * WORTH_PER_E6;
    switch (plan->high_form) {
    case YB_HIGH_EXCESS:
        return (worth_t){ WORTH_ONE, WORTH_ONE - thr, 0 };
    case YB_HIGH_EXCESS_WEIGHT:
        return (worth_t){ WORTH_ONE, WORTH_ONE, -thr };
    case YB_HIGH_OVER_ONE:
        return (worth_t){ WORTH_ONE, WORTH_ONE, -WORTH_ONE };
    case YB_HIGH_WEIGHT:
        return (worth_t){ WORTH_ONE, 0, WORTH_ONE - thr };
    case YB_HIGH_SHARE:
        return (worth_t){ plan->high_share_e4 * YB_E6_ONE, WORTH_ONE - plan->high_share_e4 * thr_e6, 0 };
    case YB_HIGH_COST:
        break;
    }
    return (worth_t){ WORTH_ONE, 0, 0 };
}

static worth_t worth_of(const yb_plan_t *plan, yb_pay_class_t class, int64_t thr_e6)
{
    switch (class) {
    case YB_PAY_NORMAL:
        return (worth_t){ 0, WORTH_ONE, 0 };
    case YB_PAY_HIGH:
        return high_worth(plan, thr_e6);
    case YB_PAY_0000:
        return (worth_t){ plan->factor_e6[YB_FACTOR_0000] * WORTH_PER_E6, 0, 0 };
    case YB_PAY_QY:
        return (worth_t){ plan->factor_e6[YB_FACTOR_QY] * WORTH_PER_E6, 0, 0 };
    case YB_PAY_UNSTABLE:
        return (worth_t){ plan->factor_e6[YB_FACTOR_UNSTABLE] * WORTH_PER_E6, 0, 0 };
    case YB_PAY_UNCOVERED:
        return (worth_t){ plan->factor_e6[YB_FACTOR_UNCOVERED] * WORTH_PER_E6, 0, 0 };
    case YB_PAY_LATE:
        return (worth_t){ plan->factor_e6[YB_FACTOR_LATE] * WORTH_PER_E6, 0, 0 };
    case YB_PAY_SPECIAL:
        return (worth_t){ plan->factor_e6[YB_FACTOR_SPECIAL] * WORTH_PER_E6, 0, 0 };
    default:
        return (worth_t){ WORTH_ONE, 0, 0 }; /* low, item */
    }
}

/* The worth in 10^-20 fen: fee 10^12 × factor 10^12 × 10^10 and factor 10^12 × k 10^6 × RW 10^7 × base 10^11 are the
 * greatest, 10^36 of the 1.7·10^38 that fit. */
static yb_wide_t worth_e20(worth_t w, const yb_pay_case_t *c, yb_fen_t cost_fen, int64_t base_e4)
{
    yb_wide_t by_weight = (yb_wide_t)w.coefficient * c->k_e4 + (yb_wide_t)w.weight * YB_E4_ONE;
    return (yb_wide_t)w.cost * cost_fen * WORTH_ONE + by_weight * c->rw_e4 * base_e4;
}

/* r compared with a ratio, cross-multiplied: r = cost ÷ (RW × k × base) = cost·10^10 ÷ (rw_e4·k_e4·base_e4) fen. */
static int compare_ratio(const yb_pay_case_t *c, yb_fen_t cost_fen, int64_t base_e4, int64_t ratio_e6)
{
    yb_wide_t cost = (yb_wide_t)cost_fen * WORTH_ONE * YB_E6_ONE;
    yb_wide_t bound = (yb_wide_t)ratio_e6 * c->rw_e4 * c->k_e4 * base_e4;
    return (cost > bound) - (cost < bound);
}

static yb_pay_class_t class_of(const yb_plan_t *plan, const yb_pay_case_t *c, yb_fen_t cost_fen, int64_t base_e4)
{
    if (c->kind != YB_PAY_NORMAL)
        return (yb_pay_class_t)c->kind;
    YB_ASSERT(c->rw_e4 > 0 && c->k_e4 > 0);
    int low = compare_ratio(c, cost_fen, base_e4, plan->low_ratio_e6);
    if (low < 0 || (low == 0 && plan->low_at_bound))
        return YB_PAY_LOW;
    if (c->high_ratio_e6 == YB_STEP_NEVER)
        return YB_PAY_NORMAL;
    int high = compare_ratio(c, cost_fen, base_e4, c->high_ratio_e6);
    return high > 0 || (high == 0 && plan->high_at_bound) ? YB_PAY_HIGH : YB_PAY_NORMAL;
}

/* A cancellation is worth what its case was worth, negated: its class is that of the cost. */
static yb_fen_t cost_of(const yb_pay_case_t *c)
{
    yb_fen_t cost_fen = c->fee_fen < 0 ? -c->fee_fen : c->fee_fen;
    YB_ASSERT(cost_fen <= YB_CASE_FEE_MAX);
    return cost_fen;
}

static int64_t signed_as(const yb_pay_case_t *c, int64_t value) { return c->fee_fen < 0 ? -value : value; }

yb_err_t yb_pay_points(const yb_plan_t *plan, int64_t mean_e4, const yb_pay_case_t *c, yb_pay_class_t *ret_class,
                       int64_t *ret_points_e4)
{
    const yb_fen_t cost_fen = cost_of(c);
    const bool is_fixed = c->scored || c->kind == YB_PAY_DAY;
    YB_ASSERT(is_fixed || (mean_e4 > 0 && mean_e4 <= YB_BASE_E4_MAX));
    yb_pay_class_t class = is_fixed ? (yb_pay_class_t)c->kind : class_of(plan, c, cost_fen, mean_e4);
    yb_wide_t points_e4 = 0;
    if (is_fixed)
        points_e4 = c->fixed;
    else if (class == YB_PAY_NORMAL) /* 100 × RW × k: no need for 128 bits */
        points_e4 = ((int64_t)c->rw_e4 * c->k_e4 + 50) / 100;
    else if (class != YB_PAY_DISEASE && class != YB_PAY_ITEM)
        points_e4 = yb_wide_half_up(worth_e20(worth_of(plan, class, c->high_ratio_e6), c, cost_fen, mean_e4),
                                    yb_wide_ten(12) * mean_e4);
    if (points_e4 > YB_POINTS_E4_MAX || points_e4 < -YB_POINTS_E4_MAX)
        return YB_E_OVERFLOW;
    *ret_class = class;
    *ret_points_e4 = signed_as(c, (int64_t)points_e4);
    return YB_OK;
}

yb_err_t yb_pay_gross(const yb_plan_t *plan, const yb_pay_case_t *c, yb_pay_class_t *ret_class, yb_fen_t *ret_gross_fen)
{
    const yb_fen_t cost_fen = cost_of(c);
    const int64_t rate_e4 = c->pool >= 0 ? plan->pools[c->pool].rate_e4 : 0;
    yb_pay_class_t class = c->scored ? (yb_pay_class_t)c->kind : class_of(plan, c, cost_fen, rate_e4);
    yb_wide_t gross_fen = c->fixed;
    if (!c->scored && class != YB_PAY_DAY && class != YB_PAY_DISEASE)
        gross_fen =
            yb_wide_half_up(worth_e20(worth_of(plan, class, c->high_ratio_e6), c, cost_fen, rate_e4), yb_wide_ten(20));
    if (gross_fen > YB_FEN_MAX || gross_fen < -YB_FEN_MAX)
        return YB_E_OVERFLOW;
    *ret_class = class;
    *ret_gross_fen = signed_as(c, (int64_t)gross_fen);
    return YB_OK;
}
