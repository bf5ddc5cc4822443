/* How a case came to its group, and what would change it, for people. */
#ifndef CTL_GROUP_TEXT_H
#define CTL_GROUP_TEXT_H

#include <stdio.h>

#include "services/drg/rules/group.h"
#include "services/drg/scheme/case_file.h"

/* The case, its path and its group. */
void yb_group_explain(const yb_scheme_t *scheme, yb_group_scratch_t *scratch, const yb_case_row_t *row, FILE *out);
/* One line per change of one code that gives another group. */
void yb_group_what_if(const yb_scheme_t *scheme, yb_group_scratch_t *scratch, const yb_case_row_t *row, FILE *out);

#endif
