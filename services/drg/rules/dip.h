/* DIP (PAYMENT.md §6): keys of diseases, their means over three years, weights, and the score of a case. Pure
 * functions. */
#ifndef DRG_RULES_DIP_H
#define DRG_RULES_DIP_H

#include <stdbool.h>
#include "libcommon/err.h"
#include "libcommon/money.h"
#include "libcommon/text.h"
#include "services/drg/rules/wide.h"

/* ---- keys ---- */

#define YB_DIP_KEY_TEXT 256
#define YB_DIP_OPS_MAX 20
typedef enum yb_dip_op_kind {
    YB_DIP_NONE,
    YB_DIP_DIAGNOSTIC,
    YB_DIP_THERAPEUTIC,
    YB_DIP_OPERATION,
    YB_DIP_OP_KINDS
} yb_dip_op_kind_t;
/* "none", "diagnostic", "therapeutic", "operation" */
const char *yb_dip_op_kind_name(yb_dip_op_kind_t kind);
YB_CHECK bool yb_dip_op_kind_parse(yb_slice_t text, yb_dip_op_kind_t *ret);

/* What of a case chooses its disease. */
typedef struct yb_dip_case {
    char dx[6]; /* the four characters of the principal diagnosis: the category, and what follows its point */
    yb_dip_op_kind_t op_kind; /* of the case as a whole; YB_DIP_OP_KINDS = not known */
    yb_fen_t fee_fen;         /* >= 0 */
    size_t op_count;
    yb_slice_t ops[YB_DIP_OPS_MAX]; /* ascending, each once; borrowed */
} yb_dip_case_t;
/* Fills dx and ops of *ret; its kind is not known and its fee 0. `ops` are joined by "+", "" = none. YB_E_FIELD_FORM:
 * the diagnosis is none, an operation is empty or has a blank or a "/", or there are too many; YB_DIP_CASE_FAULT says
 * so to users. */
#define YB_DIP_CASE_FAULT "主要诊断须为ICD-10编码（如I20.000），手术操作以+相连，最多20个，不含空格和斜杠"
YB_CHECK yb_err_t yb_dip_case_parse(yb_slice_t dx, yb_slice_t ops, yb_dip_case_t *ret);

/* Chapter 1..22 of ICD-10 by the first three characters; 0 = none (source: WHO, ICD-10 volume 1, list of chapters). */
int yb_dip_chapter(const char *dx, size_t len);
/* "I20.0:36.0700+37.2200": the four characters of the diagnosis, the operations. YB_E_FIELD_FORM: too long. */
YB_CHECK yb_err_t yb_dip_key(const yb_dip_case_t *c, char ret[YB_DIP_KEY_TEXT]);
/* "~09:therapeutic": what a disease with too few cases is merged to. */
void yb_dip_composite_key(int chapter, yb_dip_op_kind_t kind, char ret[YB_DIP_KEY_TEXT]);

/* ---- means and weights ---- */

#define YB_DIP_YEARS 3
#define YB_DIP_CASES_MAX 10000000
/* Oldest year first; n up to YB_DIP_CASES_MAX and Σ fee up to YB_FEN_MAX a year. */
typedef struct yb_dip_sums {
    int64_t n[YB_DIP_YEARS];
    yb_fen_t fee_fen[YB_DIP_YEARS];
} yb_dip_sums_t;

/* 10 × the weighted number of cases: Σ w·n with w = 1, 2, 7. */
int64_t yb_dip_weighted_e1(const yb_dip_sums_t *sums);
/* An exact mean: fen ÷ cases. cases 0 = no case. */
typedef struct yb_dip_mean {
    yb_wide_t fen, cases;
} yb_dip_mean_t;
/* Σ w·a ÷ Σ w over the years with cases, a = the year's mean. */
yb_dip_mean_t yb_dip_mean(const yb_dip_sums_t *sums);
/* m ÷ M × 1000, half-up to 10^-4. Both must have cases. */
YB_CHECK yb_err_t yb_dip_weight(const yb_dip_mean_t *m, const yb_dip_mean_t *all, int64_t *ret_rw_e4);
/* The mean in fen, half-up, for reading. */
YB_CHECK yb_err_t yb_dip_mean_fen(const yb_dip_mean_t *mean, yb_fen_t *ret_fen);

/* ---- one case ---- */

#define YB_DIP_LEVEL_CASES 15
/* What deviations compare with: last year at the same level where it has at least 15 cases, else m. */
yb_dip_mean_t yb_dip_reference(int64_t level_n, yb_fen_t level_fee_fen, const yb_dip_mean_t *m);

typedef enum yb_dip_class { YB_DIP_NORMAL, YB_DIP_LOW, YB_DIP_HIGH } yb_dip_class_t;
typedef struct yb_dip_bounds {
    bool low_included, high_included; /* exactly 50 % is low, exactly 200 % is high */
} yb_dip_bounds_t;

/* RW × aux × k, then: below half of the reference × c ÷ mean, above twice × (c ÷ mean − 2 + 1); half-up to 10^-4 once.
 * fee >= 0, factors > 0. */
YB_CHECK yb_err_t yb_dip_score(int64_t rw_e4, int64_t aux_e4, int64_t k_e4, yb_fen_t fee_fen,
                               const yb_dip_mean_t *reference, yb_dip_bounds_t bounds, yb_dip_class_t *ret_class,
                               int64_t *ret_score_e4);

/* ---- auxiliary coefficients ---- */

/* Band of an age: "0-28d", "29d-1y", "1-6", "7-17", "66+", "" for 18–65. `days` counts below one year. */
const char *yb_dip_age_band(int years, int days);
bool yb_dip_is_age_band(const char *text); /* one of those, not "" */
typedef struct yb_dip_aux {
    char table[16], key[32]; /* table: "age", "severity", "tumour" */
    int64_t coefficient_e4;
} yb_dip_aux_t;
/* The largest of the coefficients that fit; 1 when none does. Keys "" fit nothing. */
int64_t yb_dip_aux_coefficient(const yb_dip_aux_t *list, size_t count, const char *age, const char *severity,
                               const char *tumour);

#endif
