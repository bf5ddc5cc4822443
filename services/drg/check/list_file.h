/* The rules of the list check, read from the three tables of services/drg/data: list-rules.csv, list-codes.csv,
 * list-fields.csv. services/drg/data/README.md says how they are written. */
#ifndef DRG_CHECK_LIST_FILE_H
#define DRG_CHECK_LIST_FILE_H

#include "libcommon/crypto.h"
#include "libcommon/err.h"
#include "libcommon/file_report.h"
#include "services/drg/rules/list_rule.h"

#define YB_LIST_FILE_MAX (1 << 20) /* bytes of each file */
#define YB_LIST_SOURCE_MAX 300     /* bytes of a source */

/* Reads and examines the three tables of a folder. Every rule must be there, its rows must not overlap in time, every
 * code-taking rule must have codes, every field of every node must be described once for each day. YB_E_FILE_FORM:
 * *ret_report (always filled, the caller's) has errors; YB_E_NO_MEMORY, YB_E_CRYPTO. The caller owns *ret_rules.
 * ret_digest: SM3 of the three files, one after another in the order above. */
YB_CHECK yb_err_t yb_list_rules_load(const char *dir, yb_file_report_t *ret_report, yb_list_rules_t **ret_rules,
                                     uint8_t ret_digest[YB_SM3_SIZE]);
/* The rules alone from memory; texts in the order rules, codes, fields. */
YB_CHECK yb_err_t yb_list_rules_parse(const char *const texts[3], yb_file_report_t *ret_report,
                                      yb_list_rules_t **ret_rules);
/* NULL-safe, nulls *rules. */
void yb_list_rules_destroy(yb_list_rules_t **rules);

#endif
