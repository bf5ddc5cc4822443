/* A city's published table of weights (CSV as spreadsheets write it) to weights.tsv. Known columns, in any order:
 *   DRG编码                        the group
 *   RW or 权重                     its weight
 *   病组类型 or 病组标识           its kind, in the city's words
 *   基础费率（职工）, 费率（居民）…  the same value in every row: the plan's rates
 *   等级系数（三甲）…              likewise: the plan's coefficients by level */
#ifndef DRG_PLAN_IMPORT_H
#define DRG_PLAN_IMPORT_H

#include <stdio.h>
#include "libcommon/err.h"
#include "libcommon/file_report.h"
#include "services/drg/rules/plan.h"

#define YB_IMPORT_WORDS_MAX 32
#define YB_IMPORT_FIGURES_MAX 32

/* What a city's word for a kind of group means. */
typedef struct yb_kind_word {
    char word[64];
    yb_weight_kind_t kind;
} yb_kind_word_t;
/* "分级诊疗=basic,单议=unstable"; YB_E_FIELD_FORM. */
YB_CHECK yb_err_t yb_kind_words_parse(const char *text, yb_kind_word_t ret[YB_IMPORT_WORDS_MAX], size_t *ret_count);

/* A figure that stands in every row. */
typedef struct yb_import_figure {
    char name[64]; /* "职工", "三甲" */
    char text[32]; /* as written */
} yb_import_figure_t;

typedef struct yb_import {
    size_t groups, by_kind[4];
    size_t rate_count, level_count;
    yb_import_figure_t rates[YB_IMPORT_FIGURES_MAX], levels[YB_IMPORT_FIGURES_MAX];
} yb_import_t;

/* Reads `in`, writes weights.tsv to `out`. `words` come before the words known to the program. YB_E_FILE_FORM: the
 * report says what was wrong; `out` then holds part of the rows. */
YB_CHECK yb_err_t yb_weights_import(FILE *in, const char *name, const yb_kind_word_t *words, size_t word_count,
                                    yb_file_report_t *report, FILE *out, yb_import_t *ret_import);

#endif
