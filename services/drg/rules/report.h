/* What the bureau reads of months that were paid (PAYMENT.md §7): from sums over cases to indicators. Exact fractions
 * inside, each figure rounded half-up once at its own scale; what has nothing below the line is not known, never 0.
 * Pure.
 *
 * Counting: a case counts 1 where a run pays it, a row that takes a case back (kind 2) counts -1 and subtracts its days
 * and weight, so that over all months every case that stands counts once (decision 028). */
#ifndef DRG_RULES_REPORT_H
#define DRG_RULES_REPORT_H

#include "libcommon/arena.h"
#include "libcommon/money.h"
#include "services/drg/rules/pay.h"

typedef enum yb_report_by {
    YB_REPORT_HOSPITAL = 1,
    YB_REPORT_DEPARTMENT, /* of an institution */
    YB_REPORT_DRG,
    YB_REPORT_MONTH,
    YB_REPORT_CLASS, /* yb_pay_class_t */
    YB_REPORT_BY_COUNT
} yb_report_by_t;

/* Sums over the cases of one institution, department, month, DRG and class, or of several of them together. All signed.
 */
typedef struct yb_report_sums {
    int64_t n, listed; /* cases; of them those with a submitted list: the only ones with a group and a way of leaving */
    int64_t weighted;  /* paid by weight: RW > 0 */
    int64_t rw_e4, days; /* of `weighted`; of all */
    int64_t deaths, low_risk, low_risk_deaths;
    int64_t points_e4;
    yb_fen_t fee_fen, other_pay_fen, booked_fen, gross_fen, due_fen;
} yb_report_sums_t;

typedef struct yb_report_cell {
    const char *fixmedins_code, *dscg_caty, *drg; /* borrowed; "" where not asked for; drg is always there */
    int32_t ym;                                   /* 0 = not asked for */
    uint8_t class;                                /* yb_pay_class_t */
    yb_report_sums_t sums;
} yb_report_cell_t;

typedef struct yb_figure {
    int64_t value;
    bool known; /* false: nothing stands below the line */
} yb_figure_t;

/* X(name, scale, Chinese, what is missing when it is not known). The order is that of the columns. */
#define YB_REPORT_FIGURES(X)                                                \
    X(CMI, 4, "CMI", "没有按权重付费的病例")                                \
    X(TIME_INDEX, 4, "时间消耗指数", "没有可比较的入组病例")                \
    X(COST_INDEX, 4, "费用消耗指数", "没有可比较的入组病例")                \
    X(GROUPING, 4, "入组率", "没有应入组的病例")                            \
    X(LOW_RISK_DEATH, 6, "低风险死亡率", "没有低风险病例")                  \
    X(PAID_SHARE, 4, "按病组病种付费占住院费用", "没有住院费用")            \
    X(PAID_FUND_SHARE, 4, "按病组病种付费占住院基金", "没有应付的住院基金") \
    X(MEAN_FEE, 2, "例均费用", "没有病例")                                  \
    X(MEAN_DAYS, 2, "平均住院日", "没有病例")                               \
    X(LOW_SHARE, 4, "低倍率占比", "没有按权重付费的病例")                   \
    X(HIGH_SHARE, 4, "高倍率占比", "没有按权重付费的病例")

typedef enum yb_report_figure {
#define X(sym, scale, zh, lacks) YB_FIGURE_##sym,
    YB_REPORT_FIGURES(X)
#undef X
        YB_FIGURE_COUNT
} yb_report_figure_t;
int yb_report_figure_scale(yb_report_figure_t figure); /* decimals: shares 4 (10^-4), money 2 (yuan), … */
const char *yb_report_figure_zh(yb_report_figure_t figure);
const char *yb_report_figure_lacks(yb_report_figure_t figure);

#define YB_PAID_SHARE_TARGET_E4 7000 /* PAYMENT.md §7: the plans' >= 70 % of inpatient spending */

typedef struct yb_report_row {
    yb_report_cell_t key; /* of its key only the parts that `by` asks for; key.sums: of all its cases */
    int64_t excluded;     /* cases that no DRG pays: by bed-day, single disease, left out of the plan */
    int64_t grouped;      /* of the others, those in a DRG: neither 0000 nor QY nor without a list */
    int64_t compared;     /* of `grouped`, those the two indexes speak of */
    int64_t low, high;    /* classes */
    int64_t drg_count;    /* DRGs with at least one case */
    yb_fen_t surplus_fen; /* gross - fee: what the hospital keeps of it, negative = what it loses */
    yb_figure_t figures[YB_FIGURE_COUNT];
} yb_report_row_t;

/* True for a DRG; false for "", "0000" and names that end in QY. */
bool yb_report_is_drg(const char *drg);

/* Rows in the order of their keys (bytes; months and classes by number), and all of it together. `region` is what the
 * indexes compare with: the cells of all institutions of the same runs, with their months when by month. It may be
 * `cells` itself. Cells in any order; several of one key are added up. YB_E_OVERFLOW, YB_E_NO_MEMORY. */
YB_CHECK yb_err_t yb_report_make(yb_report_by_t by, const yb_report_cell_t *cells, size_t count,
                                 const yb_report_cell_t *region, size_t region_count, yb_arena_t *arena,
                                 yb_report_row_t **ret_rows, size_t *ret_count, yb_report_row_t *ret_total);

#endif
