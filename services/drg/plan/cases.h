/* CASES.tsv: the cases to be paid, as numbers under one plan. Columns by name, in any order, others ignored:
 *   id fixmedins_code insutype drg fee other_pay los     required (PAYMENT.md §8)
 *   pay med_type offsite                                 optional (docs/payment.md)
 * and of a DIP plan:
 *   id fixmedins_code insutype dx ops fee other_pay      required
 *   op_kind                                              required, unless the plan has a table of them
 *   pay med_type offsite los level age age_days severity tumour   optional */
#ifndef DRG_PLAN_CASES_H
#define DRG_PLAN_CASES_H

#include "libcommon/arena.h"
#include "services/drg/plan/sheet.h"
#include "services/drg/rules/pay.h"

#define YB_CASES_MAX 5000000
#define YB_CASE_ID_MAX 64

typedef struct yb_case_list {
    size_t count;
    yb_pay_case_t *cases; /* in the order of the file */
    yb_arena_t *arena;    /* of the ids */
} yb_case_list_t;

/* Called now and then with the bytes read and the rows; NULL-able. */
typedef void yb_cases_progress_t(void *ctx, uint64_t bytes, uint64_t rows);

/* Reads `file` (or `text`, when file is NULL). YB_E_FILE_FORM: something was wrong, all of it is in the report with
 * line and column. On YB_OK the caller owns *ret_list. */
YB_CHECK yb_err_t yb_cases_read(const yb_plan_t *plan, FILE *file, const char *text, size_t len, const char *name,
                                yb_cases_progress_t *progress, void *ctx, yb_file_report_t *report,
                                yb_case_list_t *ret_list);
/* NULL-safe; leaves *list empty. */
void yb_cases_destroy(yb_case_list_t *list);

#endif
