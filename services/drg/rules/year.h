/* From the month's prepayment to the year's clearing (PAYMENT.md §3 and §4, rows of INTERFACE §9.4). The unit is an
 * institution, or a county medical group as if it were one. Every amount is rounded half-up once, where it says so.
 * Pure functions. */
#ifndef DRG_RULES_YEAR_H
#define DRG_RULES_YEAR_H

#include "services/drg/rules/plan.h"

/* The month: `ratio` of what is provisionally due is paid, half-up to the fen, the rest is withheld (质量保证金).
 * A negative due is split the same way. */
YB_CHECK yb_err_t yb_month_prepay(yb_fen_t due_fen, yb_ppm_t ratio_ppm, yb_fen_t *ret_prepaid_fen,
                                  yb_fen_t *ret_withheld_fen);

/* By head: persons signed × amount; its year is balanced below, with P = this amount and C = what they used. */
YB_CHECK yb_err_t yb_head_amount(int64_t persons, yb_fen_t amount_fen, yb_fen_t *ret_fen);

/* P against C. Either surplus or overrun is 0. */
typedef struct yb_year_balance {
    yb_fen_t surplus_fen, kept_fen, returned_fen; /* surplus = kept + returned */
    yb_fen_t overrun_fen, wanted_fen;             /* wanted: the fund's share, before the reserve is looked at */
} yb_year_balance_t;

/* gross P and cost C, 0..YB_FEN_MAX; else YB_E_FIELD_RANGE. kept = min(P − C, keep_ratio_max × P); the slices of the
 * overrun are summed exactly and rounded once. */
YB_CHECK yb_err_t yb_year_balance(const yb_year_terms_t *terms, yb_fen_t gross_fen, yb_fen_t cost_fen,
                                  yb_year_balance_t *ret_balance);

typedef struct yb_year_share {
    const char *unit; /* unique; breaks ties */
    yb_fen_t wanted_fen, granted_fen;
} yb_year_share_t;
struct yb_share;
/* Grants what was wanted where the reserve suffices; else the reserve in proportion, to the fen (as yb_split). The
 * order of the shares stays. `scratch` holds `count` of them. */
YB_CHECK yb_err_t yb_year_grant(yb_year_share_t *shares, size_t count, yb_fen_t reserve_fen, struct yb_share *scratch);

/* Part of the withheld money that is paid back: by the credit grade where the plan names that grade, else by the score
 * of the yearly assessment. -1 = the plan says nothing that fits. `grade` may be NULL. */
yb_ppm_t yb_plan_deposit_ratio(const yb_plan_t *plan, const char *grade, int64_t score_e4);

/* What the year of one unit is made of; amounts that are deducted are given positive. */
typedef struct yb_year_input {
    yb_fen_t gross_fen, cost_fen, other_pay_fen; /* Σ of its cases */
    yb_fen_t adjustment_fen;                     /* 其他, signed */
    yb_fen_t penalty_fen;                        /* 违规扣款 */
    yb_fen_t prepaid_fen, withheld_fen;          /* Σ of its months */
    yb_ppm_t deposit_ratio_ppm;
    yb_fen_t procurement_kept_fen; /* 集采结余留用 */
    yb_fen_t offline_purchase_fen; /* 线下采购扣减 */
} yb_year_input_t;

/* The clearing sheet, row by row. */
typedef struct yb_year_statement {
    yb_fen_t cost_fen;                                         /* 医保发生费用 */
    yb_fen_t budget_fen;                                       /* 区域总额预算资金: P */
    yb_fen_t adjustment_fen, penalty_fen;                      /* 其他, 违规扣款 */
    yb_fen_t total_fen;                                        /* 总额预算资金合计 */
    yb_fen_t kept_fen, returned_fen;                           /* 结余留用, 结余返还 */
    yb_fen_t fund_share_fen, own_share_fen;                    /* 超支分担: 医保承担, 机构承担 */
    yb_fen_t other_pay_fen;                                    /* 个人及其他支付 */
    yb_fen_t payable_fen;                                      /* 医保应付 */
    yb_fen_t withheld_fen, deposit_back_fen, deposit_lost_fen; /* 质量保证金 (绩效考核) */
    yb_fen_t prepaid_fen;                                      /* 已拨付 */
    yb_fen_t procurement_kept_fen, offline_purchase_fen;
    yb_fen_t settle_fen; /* 应补付; negative: 应扣回 */
} yb_year_statement_t;

/* What of a balance is one institution's: all of it, or its part of a county group's (rules/clearing.h). */
typedef struct yb_year_parts {
    yb_fen_t kept_fen, returned_fen, fund_share_fen, own_share_fen;
} yb_year_parts_t;

/* payable = total − returned + fund_share − other_pay;
 * settle = payable − deposit_lost − prepaid + procurement_kept − offline_purchase. */
YB_CHECK yb_err_t yb_year_sheet(const yb_year_input_t *input, const yb_year_parts_t *parts,
                                yb_year_statement_t *ret_statement);
/* The same for who has its balance to itself. */
YB_CHECK yb_err_t yb_year_statement(const yb_year_input_t *input, const yb_year_balance_t *balance,
                                    yb_fen_t granted_fen, yb_year_statement_t *ret_statement);

#endif
