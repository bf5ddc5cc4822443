/* A path for people, in Chinese: line by line what was looked at, why a case has no group, what its groups are called.
 * Pure. Texts of a scheme come from whoever wrote its tables: clean them before they reach a terminal. */
#ifndef DRG_RULES_PATH_ZH_H
#define DRG_RULES_PATH_ZH_H

#include "services/drg/rules/path.h"

/* "NO_ADRG: MDC内没有符合的ADRG（MDC B）", "" when grouped; in buf. */
#define YB_REASON_TEXT 320
const char *yb_reason_text(const yb_scheme_t *scheme, const yb_group_result_t *result, char buf[YB_REASON_TEXT]);

/* One line: head, then the condition that was tried (a table's own text, of any length; "" = none), then tail. */
typedef struct yb_path_line {
    char head[256];
    const char *condition;
    char tail[64];
} yb_path_line_t;
typedef void (*yb_path_line_fn)(void *ctx, const yb_path_line_t *line);

/* Every line of a path: a heading and the other diagnoses that are CC or MCC; a heading and the rows that were tried.
 * `c` is the case that was grouped. The line lives until `take` returns. */
void yb_path_zh(const yb_scheme_t *scheme, const yb_group_case_t *c, const yb_group_path_t *path, yb_path_line_fn take,
                void *ctx);

/* What an MDC is called nationally, by its letter; "" for a name that is no such letter. */
const char *yb_mdc_title(const char *mdc);
/* What the step that was taken is called: of a QY group its own words; of an ADRG what the titles of its DRGs have in
 * common, as tables have titles for DRGs only. "" when no step was taken. In buf. */
#define YB_ADRG_TITLE 256
const char *yb_adrg_title(const yb_scheme_t *scheme, const yb_group_result_t *result, char buf[YB_ADRG_TITLE]);

#endif
