/* What in good tables does not do what it seems to: rows that can never match, codes without a group, rows in the
 * shadow of others, names that lead nowhere. The tables rule all the same: nothing here changes a group. */
#ifndef DRG_SCHEME_CHECK_H
#define DRG_SCHEME_CHECK_H

#include "services/drg/scheme/compile.h"

/* The codes of an edition of the classification (医保版), to compare with. */
typedef struct yb_icd yb_icd_t;
#define YB_ICD_DX_FILE "icd10-yb-2.0.dat"
#define YB_ICD_PX_FILE "icd9cm3-yb-2.0.dat"
/* Reads both files of the folder: a code, a blank, its name per line. YB_E_IO, YB_E_FILE_FORM: `detail` says which. */
YB_CHECK yb_err_t yb_icd_load(const char *dir, yb_icd_t **ret_icd, char *detail, size_t detail_cap);
/* NULL-safe, nulls *icd. */
void yb_icd_destroy(yb_icd_t **icd);
bool yb_icd_has_dx(const yb_icd_t *icd, const char *code);
bool yb_icd_has_px(const yb_icd_t *icd, const char *code);

/* Adds findings of every rule but FORM. `scheme` was compiled from `tables`; `icd` NULL = codes are not compared. */
void yb_scheme_check(const yb_scheme_tables_t *tables, const yb_scheme_t *scheme, const yb_icd_t *icd,
                     yb_scheme_report_t *report);

/* Parts of it. Names, duplicates, lists, exclusion tables, ICD codes. */
void yb_scheme_check_names(const yb_scheme_tables_t *tables, const yb_scheme_t *scheme, yb_scheme_report_t *report);
void yb_scheme_check_codes(const yb_scheme_tables_t *tables, const yb_scheme_t *scheme, const yb_icd_t *icd,
                           yb_scheme_report_t *report);
/* What conditions can reach. */
void yb_scheme_check_reach(const yb_scheme_tables_t *tables, const yb_scheme_t *scheme, yb_scheme_report_t *report);

#endif
