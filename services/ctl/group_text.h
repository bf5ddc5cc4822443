/* How a case came to its group, and what would change it, for people. */
#ifndef CTL_GROUP_TEXT_H
#define CTL_GROUP_TEXT_H

#include <stdio.h>

#include "services/drg/rules/group.h"
#include "services/drg/scheme/case_file.h"

/* "NO_ADRG: MDC内没有符合的ADRG（MDC B）", "" when grouped; in buf. */
#define YB_REASON_TEXT 320
const char *yb_reason_text(const yb_scheme_t *scheme, const yb_group_result_t *result, char buf[YB_REASON_TEXT]);
/* The case, its path and its group. */
void yb_group_explain(const yb_scheme_t *scheme, yb_group_scratch_t *scratch, const yb_case_row_t *row, FILE *out);
/* One line per change of one code that gives another group. */
void yb_group_what_if(const yb_scheme_t *scheme, yb_group_scratch_t *scratch, const yb_case_row_t *row, FILE *out);

#endif
