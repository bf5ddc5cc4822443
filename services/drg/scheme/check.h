/* What in good tables does not do what it seems to: rows that can never match, codes without a group, rows in the
 * shadow of others, names that lead nowhere. The tables rule all the same: nothing here changes a group. */
#ifndef DRG_SCHEME_CHECK_H
#define DRG_SCHEME_CHECK_H

#include "services/drg/check/icd.h"
#include "services/drg/scheme/compile.h"

/* Adds findings of every rule but FORM. `scheme` was compiled from `tables`; `icd` NULL = codes are not compared with
 * the classification (医保版). */
void yb_scheme_check(const yb_scheme_tables_t *tables, const yb_scheme_t *scheme, const yb_icd_t *icd,
                     yb_scheme_report_t *report);

/* Parts of it. Names, duplicates, lists, exclusion tables, ICD codes. */
void yb_scheme_check_names(const yb_scheme_tables_t *tables, const yb_scheme_t *scheme, yb_scheme_report_t *report);
void yb_scheme_check_codes(const yb_scheme_tables_t *tables, const yb_scheme_t *scheme, const yb_icd_t *icd,
                           yb_scheme_report_t *report);
/* What conditions can reach. */
void yb_scheme_check_reach(const yb_scheme_tables_t *tables, const yb_scheme_t *scheme, yb_scheme_report_t *report);

#endif
