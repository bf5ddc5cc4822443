/* A payment plan (付费方案) as tables: what a region pays for a case, how its budget becomes money, how the year is
 * closed. Plain values with one owner, never changed after loading; services/drg/plan/ reads them from files and keeps
 * the limits below, which is why the arithmetic in rules/ cannot overflow where it does not say so.
 * docs/payment.md says how a plan is written. */
#ifndef DRG_RULES_PLAN_H
#define DRG_RULES_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "libcommon/day.h"
#include "libcommon/err.h"
#include "libcommon/money.h"

/* Units: _e4 = 10^-4 (RW, coefficients, points, yuan of a mean or a rate), _e6 = 10^-6 (ratios and multiples). */
#define YB_E4_ONE 10000
#define YB_E6_ONE 1000000
#define YB_RW_E4_MAX 9999999            /* RW 999.9999 */
#define YB_COEFFICIENT_E4_MAX 999999    /* 99.9999 */
#define YB_BASE_E4_MAX 99999999999LL    /* mean cost or rate: 9,999,999.9999 yuan */
#define YB_RATIO_E6_MAX 100000000LL     /* 100 */
#define YB_CASE_FEE_MAX 1000000000000LL /* fen, of one case */

#define YB_PLAN_TEXT 32 /* codes and names of a plan, with their NUL */
#define YB_PLAN_LEVELS_MAX 64
#define YB_PLAN_POOLS_MAX 32
#define YB_PLAN_STEPS_MAX 32
#define YB_PLAN_WEIGHTS_MAX 100000
#define YB_PLAN_INSTITUTIONS_MAX 100000
#define YB_PLAN_GROUPS_MAX 256
#define YB_PLAN_LISTED_MAX 4096 /* TCM groups, diseases, day rates, … */

typedef enum yb_weight_kind {
    YB_WEIGHT_STABLE,
    YB_WEIGHT_BASIC,
    YB_WEIGHT_UNSTABLE,
    YB_WEIGHT_UNCOVERED
} yb_weight_kind_t;

typedef struct yb_weight {
    char drg[YB_PLAN_TEXT];
    int32_t rw_e4; /* 1..YB_RW_E4_MAX; 0 only where the kind does not pay by weight */
    yb_weight_kind_t kind;
} yb_weight_t;

#define YB_STEP_ALL_RW INT32_MAX
#define YB_STEP_NEVER (-1) /* ratio: no case of this step is high */
/* One step of the high multiples: the first that fits RW and level decides. */
typedef struct yb_high_step {
    int32_t rw_max_e4; /* RW <= this; YB_STEP_ALL_RW */
    uint64_t levels;   /* bit = index into levels; 0 = every institution */
    int64_t ratio_e6;  /* or YB_STEP_NEVER */
} yb_high_step_t;

/* What a high case is paid, with r = cost ÷ standard and m = cost ÷ mean (money: rate instead of 100 points).
 * Sources: PAYMENT.md §2 (EXCESS; 盐城 writes the same sum otherwise), DRG.md §3.6 for the others. */
typedef enum yb_high_form {
    YB_HIGH_EXCESS,        /* RW·k + (r − thr)·RW·k */
    YB_HIGH_EXCESS_WEIGHT, /* RW·k + (m ÷ RW − thr)·RW: 四川省级, 自贡, 南通, 徐州, 达州, 巴中, 漯河 */
    YB_HIGH_OVER_ONE,      /* RW·k + (m ÷ RW − 1)·RW: 克州 */
    YB_HIGH_WEIGHT,        /* m − (thr − 1)·RW: 丹东 */
    YB_HIGH_SHARE,         /* RW·k·(1 + share·(r − thr)): 运城, share 0.7 */
    YB_HIGH_COST,          /* m: 西安, 咸阳, 兰州 */
} yb_high_form_t;

typedef struct yb_plan_level {
    char name[YB_PLAN_TEXT];
    int32_t k_e4; /* 0 = the plan gives none */
} yb_plan_level_t;

#define YB_NO_LEVEL (-1)
typedef struct yb_plan_institution {
    char code[YB_PLAN_TEXT];
    int32_t k_e4;  /* its own; 0 = none */
    int32_t level; /* index into levels, YB_NO_LEVEL */
} yb_plan_institution_t;

/* One insutype of the plan: its rate, or its budget. */
typedef struct yb_plan_pool {
    char insutype[YB_PLAN_TEXT];
    int64_t rate_e4;          /* yuan for RW 1; 0 = none */
    yb_fen_t budget_fen;      /* of the year */
    bool has_budget, of_fund; /* of_fund: the fund's part alone (fund_budget) */
} yb_plan_pool_t;

/* By day: what a day of this kind is worth, by slices of the stay. */
typedef struct yb_day_step {
    int32_t days;  /* up to this day of the stay; INT32_MAX = the rest */
    int64_t value; /* fen (rates) or 10^-4 points, per day */
} yb_day_step_t;
typedef struct yb_plan_day {
    char kind[YB_PLAN_TEXT], institution[YB_PLAN_TEXT]; /* institution "" = all others */
    bool in_points;
    size_t count, dept_count;
    const yb_day_step_t *steps;
    const char (*depts)[YB_PLAN_TEXT]; /* beginnings of departments (科别) whose lists may say so; none = all */
} yb_plan_day_t;

typedef struct yb_plan_disease {
    char code[YB_PLAN_TEXT], level[YB_PLAN_TEXT]; /* level "" = all others */
    yb_fen_t price_fen;
    size_t dx_count, px_count;
    const char (*dx)[YB_PLAN_TEXT]; /* beginnings of the principal diagnosis; none = no list is of it */
    const char (*px)[YB_PLAN_TEXT]; /* of an operation; none = whatever was done */
} yb_plan_disease_t;

typedef struct yb_plan_tcm {
    char group[YB_PLAN_TEXT], drg[YB_PLAN_TEXT];
} yb_plan_tcm_t;

typedef struct yb_plan_head {
    char kind[YB_PLAN_TEXT];
    yb_fen_t amount_fen; /* per person and year */
} yb_plan_head_t;

/* Part of an overrun ÷ P in [from, to) that the fund shares. */
typedef struct yb_overrun_slice {
    int64_t from_e6, to_e6; /* to: INT64_MAX = no end */
    yb_ppm_t share_ppm;
} yb_overrun_slice_t;

/* How a year is closed for one institution, or for one county medical group as if it were one. */
typedef struct yb_year_terms {
    yb_ppm_t keep_ratio_max_ppm;
    bool bears_overrun; /* bear_overrun: all */
    size_t slice_count;
    const yb_overrun_slice_t *slices;
} yb_year_terms_t;

typedef struct yb_plan_group { /* 县域医共体 */
    char code[YB_PLAN_TEXT];
    yb_year_terms_t terms;
    size_t member_count;
    const char (*members)[YB_PLAN_TEXT];
} yb_plan_group_t;

typedef struct yb_deposit_step { /* 质量保证金: score >= min gives ratio back */
    int64_t score_min_e4;
    yb_ppm_t ratio_ppm;
} yb_deposit_step_t;
typedef struct yb_deposit_grade {
    char grade[YB_PLAN_TEXT];
    yb_ppm_t ratio_ppm;
} yb_deposit_grade_t;

typedef struct yb_plan_scope {
    int32_t los_min, los_max; /* length <= los_min or >= los_max is left out; -1, INT32_MAX = no bound */
    bool offsite_out;
    size_t med_type_count;
    const char (*med_types)[YB_PLAN_TEXT]; /* left out */
} yb_plan_scope_t;

/* DIP: points are the scores of rules/dip_pay.h, divided as the points of DRG are. */
typedef enum yb_plan_method { YB_METHOD_POINTS, YB_METHOD_RATE, YB_METHOD_DIP } yb_plan_method_t;
/* NONE: in no disease of the DIP catalogue. */
enum {
    YB_FACTOR_0000,
    YB_FACTOR_QY,
    YB_FACTOR_UNSTABLE,
    YB_FACTOR_UNCOVERED,
    YB_FACTOR_NONE,
    YB_FACTOR_LATE,
    YB_FACTOR_SPECIAL,
    YB_FACTOR_COUNT
};

/* What a hospital may expect, and by when. */
typedef struct yb_plan_calendar {
    int upload_day;  /* day of the following month up to which lists are to be submitted; 0 = no deadline */
    int appeal_days; /* after the release, for appeals and special negotiation; 0 = no deadline */
    yb_ppm_t special_share_max_ppm; /* of an institution's cases of the month paid by group */
} yb_plan_calendar_t;
#define YB_SPECIAL_SHARE_DEFAULT_PPM 50000 /* 5 % of the DRG cases: 医保办发〔2024〕9号 */

typedef struct yb_plan {
    const char *name, *area, *weights_file;
    yb_day_t from, to; /* [from, to) */
    yb_plan_method_t method;
    bool mean_from_cases;
    int64_t mean_e4;                /* points method, unless mean_from_cases; DIP: M, 0 = the catalogue's */
    const struct yb_dip_rules *dip; /* method DIP, else NULL */

    int64_t low_ratio_e6;
    bool low_at_bound, high_at_bound; /* r at the bound itself is low, high */
    size_t step_count;
    const yb_high_step_t *steps;
    yb_high_form_t high_form;
    int64_t high_share_e4; /* YB_HIGH_SHARE */
    int64_t factor_e6[YB_FACTOR_COUNT];

    int32_t default_k_e4; /* 0 = the plan gives none */
    size_t level_count, institution_count, weight_count, pool_count;
    const yb_plan_level_t *levels;
    const yb_plan_institution_t *institutions; /* ascending by code */
    const yb_weight_t *weights;                /* ascending by drg */
    const yb_plan_pool_t *pools;

    yb_ppm_t reserve_ratio_ppm; /* 调剂金 */
    yb_plan_scope_t scope;
    size_t day_count, disease_count, tcm_count, head_count, group_count;
    const yb_plan_day_t *days;
    const yb_plan_disease_t *diseases;
    const yb_plan_tcm_t *tcms; /* ascending by group */
    const yb_plan_head_t *heads;
    const yb_plan_group_t *groups;

    yb_ppm_t month_share_ppm[12]; /* all 0 = a twelfth each */
    yb_ppm_t prepay_ratio_ppm;
    yb_year_terms_t year;
    size_t deposit_step_count, deposit_grade_count;
    const yb_deposit_step_t *deposit_steps; /* descending by score */
    const yb_deposit_grade_t *deposit_grades;

    yb_plan_calendar_t calendar;
} yb_plan_t;

/* "points", "rate", "dip" */
const char *yb_plan_method_name(yb_plan_method_t method);
/* A budget is divided by points: every method but the rates. */
static inline bool yb_plan_by_points(const yb_plan_t *plan) { return plan->method != YB_METHOD_RATE; }

/* Each finds one entry, NULL when the plan has none. `institution` and `level` fall back to the entry for all. */
const yb_weight_t *yb_plan_weight(const yb_plan_t *plan, const char *drg);
const yb_plan_institution_t *yb_plan_institution(const yb_plan_t *plan, const char *code);
const char *yb_plan_tcm(const yb_plan_t *plan, const char *group);
const yb_plan_day_t *yb_plan_day(const yb_plan_t *plan, const char *kind, const char *institution);
const yb_plan_disease_t *yb_plan_disease(const yb_plan_t *plan, const char *code, const char *institution);
/* Index of the pool, -1 when the plan has none. */
int yb_plan_pool(const yb_plan_t *plan, const char *insutype);
/* By head: the amount of that kind, NULL. */
const yb_plan_head_t *yb_plan_head(const yb_plan_t *plan, const char *kind);
/* The county group an institution belongs to, NULL = none. */
const yb_plan_group_t *yb_plan_group_of(const yb_plan_t *plan, const char *institution);
/* Name of the institution's level, "" = none. */
const char *yb_plan_level_name(const yb_plan_t *plan, const char *institution);
/* 10^-4: the institution's own coefficient, else its level's, else the default; 0 = the plan gives none. */
int32_t yb_plan_coefficient(const yb_plan_t *plan, const char *institution);
/* The high multiple for that RW at that level (10^-6): YB_STEP_NEVER when no step fits or the step says none. */
int64_t yb_plan_high_ratio(const yb_plan_t *plan, int32_t rw_e4, int32_t level);
/* Terms of the year for an institution or county group. */
const yb_year_terms_t *yb_plan_year(const yb_plan_t *plan, const char *unit);

#endif
