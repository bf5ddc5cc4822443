/* The year's clearing of one fund, assembled: institutions to units (a county group is one), each unit balanced, the
 * shares of overruns granted from one reserve, and a sheet for every institution and unit (PAYMENT.md §4, rows of
 * INTERFACE §9.4). Pure function over arrays: files and the database run call the same. */
#ifndef DRG_RULES_CLEARING_H
#define DRG_RULES_CLEARING_H

#include "services/drg/rules/split.h"
#include "services/drg/rules/year.h"

#define YB_CLEARING_COUNT_MAX YB_PLAN_INSTITUTIONS_MAX
#define YB_CLEARING_NO_SCORE (-1)
/* A reserve from which whatever is wanted is granted. */
#define YB_CLEARING_NO_LIMIT INT64_MAX

/* One institution. In: */
typedef struct yb_clearing_member {
    const char *code;      /* borrowed; unique within a run; ties are broken by it */
    const char *grade;     /* credit grade, "" = none */
    int64_t score_e4;      /* of the yearly assessment; YB_CLEARING_NO_SCORE */
    yb_year_input_t input; /* deposit_ratio_ppm is filled by the run */
    /* out: */
    size_t unit;           /* index among the units */
    yb_year_parts_t parts; /* its part of its unit's balance */
    yb_year_statement_t statement;
} yb_clearing_member_t;

typedef struct yb_clearing_unit {
    const char *code;             /* of the county group, or of the only member */
    const yb_plan_group_t *group; /* NULL = an institution by itself */
    size_t member_count;
    yb_fen_t gross_fen, cost_fen; /* Σ of its members, 0..YB_FEN_MAX */
    yb_year_balance_t balance;
    yb_fen_t granted_fen;          /* the fund's share of its overrun */
    yb_year_statement_t statement; /* row by row the Σ of its members', to the fen */
} yb_clearing_unit_t;

/* `units`, `wanted` and `shares` hold `count` entries each; on return the first *ret_unit_count of units are filled, in
 * the order in which they first stand among the members. `reserve_fen`: what is held back of this fund's budget, or
 * YB_CLEARING_NO_LIMIT.
 *
 * A group's kept, returned, granted and own share are divided among its members in proportion to their gross (to their
 * cost where the gross is 0) by yb_split; the order of the members changes nothing but the order of the results. The
 * deposit is each member's own, by its own grade and score. A plan without `deposit` pays it back whole; one that has
 * it and nothing that fits is refused, naming the institution (field "score"). Other refusals: a unit's gross or cost
 * negative, amounts negative that are given positive (YB_E_FIELD_RANGE), amounts too large (YB_E_OVERFLOW). */
YB_CHECK yb_err_t yb_clearing_run(const yb_plan_t *plan, yb_fen_t reserve_fen, yb_clearing_member_t *members,
                                  size_t count, yb_clearing_unit_t *units, size_t *ret_unit_count,
                                  yb_year_share_t *wanted, yb_share_t *shares, yb_refusal_t *ret_why);

/* The reserve of one pool of the plan: reserve_ratio × its budget, half-up; where the plan gives the fund's part, the
 * budget is that + `other_pay_fen`, the Σ of its cases. */
YB_CHECK yb_err_t yb_clearing_reserve(const yb_plan_t *plan, size_t pool, yb_fen_t other_pay_fen,
                                      yb_fen_t *ret_reserve_fen);

#endif
