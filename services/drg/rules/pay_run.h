/* A month, or a file, of cases: measured, divided, added up. Pure function over flat arrays. */
#ifndef DRG_RULES_PAY_RUN_H
#define DRG_RULES_PAY_RUN_H

#include "services/drg/rules/pay.h"
#include "services/drg/rules/split.h"

typedef struct yb_pay_result {
    int64_t points_e4;           /* points method and DIP, of what is in the budget */
    yb_fen_t gross_fen, due_fen; /* due = gross − other_pay, may be negative */
    uint8_t class;               /* yb_pay_class_t */
    bool has_points;
} yb_pay_result_t;

/* One pool, added up. The last entry of a run is of the cases outside every pool. */
typedef struct yb_pay_total {
    uint64_t count, by_class[YB_PAY_CLASS_COUNT];
    int64_t points_e4;
    yb_fen_t budget_fen;  /* points method and DIP: what there was to divide, reserve included */
    yb_fen_t reserve_fen; /* held back before the value was computed */
    yb_fen_t fee_fen, other_pay_fen, gross_fen, due_fen;
} yb_pay_total_t;

typedef struct yb_pay_summary {
    int64_t mean_e4;                              /* points method: the mean that was used */
    yb_pay_total_t totals[YB_PLAN_POOLS_MAX + 1]; /* as the plan's pools, then [pool_count]: outside */
} yb_pay_summary_t;

/* The month's part of a yearly budget: floor(budget × share), a twelfth where the plan names no shares; December takes
 * the rest. month 1..12. */
yb_fen_t yb_pay_month_budget(const yb_plan_t *plan, yb_fen_t budget_fen, int month);

/* `budgets_fen`: what each pool has for these cases (the fund's part where the plan gives fund_budget); NULL = the
 * plan's own figures. `scratch` holds `count` shares. The order of the cases changes nothing but the order of the
 * results. *ret_why names the pool or the case (YB_E_OVERFLOW, YB_E_FIELD_RANGE: a budget, but no points to divide it
 * by). */
YB_CHECK yb_err_t yb_pay_run(const yb_plan_t *plan, const yb_fen_t *budgets_fen, const yb_pay_case_t *cases,
                             size_t count, yb_share_t *scratch, yb_pay_result_t *ret_results,
                             yb_pay_summary_t *ret_summary, yb_refusal_t *ret_why);

#endif
