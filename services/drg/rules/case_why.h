/* Why a case of a run is paid as it is: the comparison and the arithmetic written out, in Chinese, a line each. Pure.
 */
#ifndef DRG_RULES_CASE_WHY_H
#define DRG_RULES_CASE_WHY_H

#include "libcommon/arena.h"
#include "services/drg/rules/pay.h"
#include "services/drg/rules/run_case.h"

#define YB_CASE_WHY_LINES 12

typedef struct yb_case_lines {
    const char *texts[YB_CASE_WHY_LINES]; /* in the arena */
    size_t count;
} yb_case_lines_t;

/* What the run divided among the cases of the insutype; all 0 where points are not divided. */
typedef struct yb_case_pool {
    yb_fen_t budget_fen, reserve_fen;
    int64_t points_e4;
} yb_case_pool_t;

/* `c` is the row resolved under the plan (yb_month_resolve), `mean_e4` the run's. Quotients are rounded for reading;
 * the class was decided by the exact comparison. */
void yb_case_why(const yb_plan_t *plan, int64_t mean_e4, const yb_case_pool_t *pool, const yb_run_case_t *row,
                 const yb_pay_case_t *c, yb_arena_t *arena, yb_case_lines_t *ret_lines);

#endif
