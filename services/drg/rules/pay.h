/* What a case is worth: its class, its points (points method) or its money (rate method). Exact rationals inside,
 * 128 bits wide, rounded half-up once per case (PAYMENT.md §2 and §3). Pure functions. */
#ifndef DRG_RULES_PAY_H
#define DRG_RULES_PAY_H

#include "services/drg/rules/plan.h"

typedef enum yb_pay_class {
    YB_PAY_LOW,
    YB_PAY_HIGH,
    YB_PAY_NORMAL,
    YB_PAY_0000,
    YB_PAY_QY,
    YB_PAY_UNSTABLE,
    YB_PAY_UNCOVERED,
    YB_PAY_DAY,     /* by bed-day */
    YB_PAY_DISEASE, /* by single disease: a fixed price */
    YB_PAY_ITEM,    /* left out of the plan: what it cost */
    YB_PAY_CORE,    /* DIP, not deviating: by kind of disease; deviating ones are LOW and HIGH */
    YB_PAY_BASIC,
    YB_PAY_COMPOSITE,
    YB_PAY_NONE,    /* DIP: in no disease of the catalogue */
    YB_PAY_LATE,    /* its list was not submitted in time */
    YB_PAY_SPECIAL, /* ruled to be paid by its cost (特例单议) */
    YB_PAY_CLASS_COUNT
} yb_pay_class_t;

/* "low", "0000", "QY", …: the words of the file of results; never NULL. */
const char *yb_pay_class_name(yb_pay_class_t class);

/* One case, made of numbers only. */
typedef struct yb_pay_case {
    const char *id;         /* borrowed; unique within a run; compared as bytes */
    const char *disease;    /* DIP: its disease, the catalogue's text; NULL = none */
    yb_fen_t fee_fen;       /* |fee| <= YB_CASE_FEE_MAX; negative: the cancellation of such a case */
    yb_fen_t other_pay_fen; /* what the person and other funds paid */
    int64_t fixed;          /* DAY, scored: points_e4, or fen outside the budget and by rates; DISEASE: fen. Negative
                             * only of a row taken back that had been worth less than nothing */
    int64_t high_ratio_e6;  /* NORMAL: thr, or YB_STEP_NEVER */
    int32_t rw_e4, k_e4;    /* NORMAL: both positive */
    int16_t pool;           /* index into the plan's pools; -1 only for DISEASE and ITEM */
    uint8_t kind;           /* yb_pay_class_t before its cost is looked at: never LOW or HIGH, unless scored */
    bool scored;            /* kind and fixed are what the case is worth: of DIP, or taken back; not part of a mean */
} yb_pay_case_t;

/* What is said of a case before it becomes numbers. Texts end with NUL and are borrowed during the call. */
typedef struct yb_pay_facts {
    const char *fixmedins_code, *insutype;
    const char *drg;                /* NULL under a DIP plan */
    const struct yb_dip_facts *dip; /* rules/dip_pay.h; looked at under a DIP plan only */
    const char *pay;      /* "", the plan's own ("drg", "dip"), "item", "late", "special", "day:KIND", "disease:CODE" */
    const char *med_type; /* "" = not known */
    int32_t los;          /* days, >= 0 */
    bool offsite;
} yb_pay_facts_t;

/* Left out of the plan by its scope: paid by item. */
bool yb_pay_left_out(const yb_plan_scope_t *scope, const yb_pay_facts_t *facts);

/* Fills everything of *ret_case but id and money, which the caller has filled before: a DIP score needs the fee. The
 * entry point of every run, on files or on the database. Order of the decisions: kind of pay, scope, then 0000, QY,
 * weights; under a DIP plan yb_dip_resolve. Refusals name the field: insutype without rate or budget, institution
 * without coefficient, kind of day or disease without price, `pay` malformed, `head` (not paid by case), and what
 * yb_dip_resolve refuses. */
YB_CHECK yb_err_t yb_pay_resolve(const yb_plan_t *plan, const yb_pay_facts_t *facts, yb_pay_case_t *ret_case,
                                 yb_refusal_t *ret_why);

/* Class and points (10^-4) at the mean cost `mean_e4` (10^-4 yuan, positive; DAY and scored cases need none). Points of
 * DISEASE and ITEM are 0: they are outside the budget. YB_E_OVERFLOW: more than YB_POINTS_E4_MAX. */
#define YB_POINTS_E4_MAX 1000000000000000LL
YB_CHECK yb_err_t yb_pay_points(const yb_plan_t *plan, int64_t mean_e4, const yb_pay_case_t *c,
                                yb_pay_class_t *ret_class, int64_t *ret_points_e4);
/* Class and gross of the rate method at the rate of the case's pool; also, in either method, of DISEASE and ITEM. */
YB_CHECK yb_err_t yb_pay_gross(const yb_plan_t *plan, const yb_pay_case_t *c, yb_pay_class_t *ret_class,
                               yb_fen_t *ret_gross_fen);

#endif
