/* Payment plans: a YAML file and the table of weights beside it, to the tables of rules/plan.h. This is the I/O that
 * rules/ must not do. docs/payment.md says how they are written. */
#ifndef DRG_PLAN_PLAN_FILE_H
#define DRG_PLAN_PLAN_FILE_H

#include "libcommon/file_report.h"
#include "services/drg/rules/plan.h"

#define YB_PLAN_FILE_MAX (4 << 20)     /* bytes, of the YAML */
#define YB_WEIGHTS_FILE_MAX (16 << 20) /* bytes */

/* Reads and checks a plan and its weights (the path in the plan is relative to the plan's folder). YB_OK: no finding
 * of severity error, the caller owns *ret_plan; YB_E_POLICY_FORM: there is one; YB_E_IO, YB_E_TOO_LARGE: a file cannot
 * be read (one finding says which). Findings are added to *report in every case. */
YB_CHECK yb_err_t yb_plan_load(const char *path, yb_file_report_t *report, yb_plan_t **ret_plan);
/* The same from memory; `file_name` is what findings call the plan. */
YB_CHECK yb_err_t yb_plan_parse(const char *text, size_t len, const char *file_name, const char *weights,
                                size_t weights_len, yb_file_report_t *report, yb_plan_t **ret_plan);
/* NULL-safe, nulls *plan. */
void yb_plan_destroy(yb_plan_t **plan);

#endif
