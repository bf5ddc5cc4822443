/* A case under a DIP plan: its disease, its score, and what a run pays by. Pure functions.
 *
 * Entry points: yb_pay_resolve (rules/pay.h) with `dip` of its facts filled, under a plan whose method is DIP — that is
 * all a run needs; yb_dip_apply for who wants the disease and its coefficients too. */
#ifndef DRG_RULES_DIP_PAY_H
#define DRG_RULES_DIP_PAY_H

#include "services/drg/rules/dip_match.h"
#include "services/drg/rules/pay.h"

/* An operation's kind by its code, where cases do not say it. */
typedef struct yb_dip_op {
    char code[YB_PLAN_TEXT];
    yb_dip_op_kind_t kind;
} yb_dip_op_t;

/* How a region applies its catalogue. Owned by who loaded it. */
typedef struct yb_dip_rules {
    yb_dip_catalogue_t catalogue;
    yb_dip_bounds_t bounds;
    yb_dip_require_t require;
    size_t aux_count, op_kind_count;
    const yb_dip_aux_t *aux;
    const yb_dip_op_t *op_kinds; /* ascending by code; none = every case says its kind */
} yb_dip_rules_t;

/* What is said of a case. Texts end with NUL, "" = not said; borrowed during the call. */
typedef struct yb_dip_facts {
    yb_slice_t dx, ops;       /* principal diagnosis; operations joined by "+" */
    yb_dip_op_kind_t op_kind; /* YB_DIP_OP_KINDS = not said: the greatest of its operations in the rules' table */
    const char *age;          /* yb_dip_age_band */
    const char *severity, *tumour;
    const char *level; /* of the institution, as the catalogue names it; "": under a plan, the plan's */
} yb_dip_facts_t;

typedef struct yb_dip_result {
    const yb_dip_disease_t *disease; /* NULL = the case is in none, and the rest says nothing */
    yb_dip_class_t class;
    int64_t aux_e4, score_e4;
} yb_dip_result_t;

/* The case's disease and its score at the institution's coefficient (1 where the disease is basic); fee_fen >= 0. k_e4
 * 0 = the institution has none: refused unless the disease is basic. Refusals name dx (it or the operations malformed),
 * op_kind (not said, not in the table, and needed), fixmedins_code, fee (a score beyond YB_POINTS_E4_MAX). */
YB_CHECK yb_err_t yb_dip_apply(const yb_dip_rules_t *rules, const yb_dip_facts_t *facts, int32_t k_e4, yb_fen_t fee_fen,
                               yb_dip_result_t *ret_result, yb_refusal_t *ret_why);

/* For yb_pay_resolve: kind, fixed and scored of *c, whose fee is filled; a negative fee scores as its amount, which
 * yb_pay_points negates. In no disease: 1000 × fee ÷ M × factor `none`, with M the plan's mean_all, else the
 * catalogue's; neither is a refusal that names dx, as is `facts` NULL:
 * who runs the plan does not know of diagnoses. */
YB_CHECK yb_err_t yb_dip_resolve(const yb_plan_t *plan, const char *fixmedins_code, const yb_dip_facts_t *facts,
                                 yb_pay_case_t *c, yb_refusal_t *ret_why);
/* The same of a case paid by what it cost, whatever its disease: 1000 × fee ÷ M × factor. */
YB_CHECK yb_err_t yb_dip_resolve_cost(const yb_plan_t *plan, int64_t factor_e6, yb_pay_class_t class, yb_pay_case_t *c,
                                      yb_refusal_t *ret_why);

#endif
