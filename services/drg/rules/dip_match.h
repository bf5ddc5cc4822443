/* A DIP catalogue (病种目录库) as a table, and the choice of the disease that pays for a case (DRG.md §4.1). Plain
 * values, pure functions; services/drg/dip/ builds, imports, reads and writes catalogues. */
#ifndef DRG_RULES_DIP_MATCH_H
#define DRG_RULES_DIP_MATCH_H

#include "services/drg/rules/dip.h"
#include "services/drg/rules/plan.h"

#define YB_DIP_CODE_TEXT 1024 /* of an entry with its NUL: it may name many operations that stand for each other */
#define YB_DIP_MEMBERS_MAX 20

typedef enum yb_dip_kind {
    YB_DIP_CORE,
    YB_DIP_BASIC, /* 基层病种: every institution's coefficient is 1 */
    YB_DIP_COMPOSITE,
    YB_DIP_KINDS
} yb_dip_kind_t;
/* "core", "basic", "composite" */
const char *yb_dip_kind_name(yb_dip_kind_t kind);

/* Last year's cases at one level of institution. */
typedef struct yb_dip_level {
    char name[YB_PLAN_TEXT];
    int64_t n;
    yb_fen_t fee_fen;
} yb_dip_level_t;

/* code of CORE and BASIC: "I20.0:36.0700/36.0600+37.2200": members joined by "+" must all be in the case, of the
 * operations joined by "/" any; none after the colon = conservative. Of COMPOSITE: "~09:operation" by chapter,
 * "~I20:none" by category, "~I20-I25:therapeutic" by a range of categories. */
typedef struct yb_dip_disease {
    const char *code;
    yb_dip_kind_t kind;
    yb_dip_op_kind_t op_kind;
    yb_dip_sums_t sums; /* all n 0: the catalogue came without sums, and mean_fen is all there is */
    yb_fen_t mean_fen;  /* m, half-up to the fen: what the table shows */
    int64_t rw_e4;
    size_t level_count;
    const yb_dip_level_t *levels;
} yb_dip_disease_t;

struct yb_arena;
typedef struct yb_dip_catalogue {
    int last_year; /* 0 = not known */
    size_t count;
    yb_dip_disease_t *diseases; /* ascending by code, bytes */
    yb_dip_sums_t all;          /* of every case; all n 0 = not known */
    uint64_t trimmed;           /* dip build --trim: cases that were left out */
    struct yb_arena *arena;     /* the owner's, which rules/ does not look at */
} yb_dip_catalogue_t;

/* The code is one of the three forms above, of that kind. */
YB_CHECK bool yb_dip_code_valid(const char *code, yb_dip_kind_t kind);
/* What the kind of operation of a code is when nobody says it: none without operations, operation with them; of a
 * composite what it names. */
yb_dip_op_kind_t yb_dip_code_op_kind(const char *code);
/* m of the disease, exact; where there are no sums, mean_fen. */
yb_dip_mean_t yb_dip_disease_mean(const yb_dip_disease_t *disease);
/* Of the level, NULL = no case there last year. */
const yb_dip_level_t *yb_dip_level(const yb_dip_disease_t *disease, const char *name);

/* When a disease with operations takes a case. */
typedef enum yb_dip_require {
    YB_DIP_SAME,   /* its members are in the case, and every operation of the case is one of them */
    YB_DIP_LISTED, /* its members are in the case, whatever else there was (宜昌) */
    YB_DIP_ALL,    /* every operation it names is in the case, also those joined by "/" (济宁, 泰安) */
    YB_DIP_REQUIRES
} yb_dip_require_t;

/* Of all diseases that take the case the one that comes first in: core with an operation, therapeutic, diagnostic,
 * conservative; basic; composite; of composites the narrower; more members; the mean nearer to the fee; the smaller
 * code as bytes. A conservative disease takes a case without operations; LISTED and ALL also one whose kind is none.
 * A composite takes a case of its diagnoses and of its kind. NULL: no disease takes it. */
const yb_dip_disease_t *yb_dip_choose(const yb_dip_catalogue_t *catalogue, const yb_dip_case_t *c,
                                      yb_dip_require_t require);

#endif
