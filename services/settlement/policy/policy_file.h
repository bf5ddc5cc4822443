/* Policy files: YAML to the tables of rules/policy.h. This is the I/O that rules/ must not do. docs/policy.md
 * says how a file is written. */
#ifndef SETTLEMENT_POLICY_POLICY_FILE_H
#define SETTLEMENT_POLICY_POLICY_FILE_H

#include "services/settlement/rules/policy.h"

typedef enum yb_severity { YB_SEVERITY_WARNING, YB_SEVERITY_ERROR } yb_severity_t;
#define YB_FINDING_TEXT_MAX 256
typedef struct yb_policy_finding {
    int32_t line;                          /* of the file, from 1; 0 = the file as a whole */
    yb_severity_t severity;
    char key[YB_PARAM_KEY_MAX];            /* "residents.inpatient.deductible.class_1"; "" = none */
    char text[YB_FINDING_TEXT_MAX];        /* Chinese: the fault and the remedy */
} yb_policy_finding_t;

#define YB_POLICY_FINDINGS_MAX 100
/* Filled by checking and loading, ascending by line. About 45 KB: not for small stacks. */
typedef struct yb_policy_report {
    size_t count;
    size_t left_out;                       /* findings beyond the first YB_POLICY_FINDINGS_MAX */
    size_t errors;
    yb_policy_finding_t findings[YB_POLICY_FINDINGS_MAX];
} yb_policy_report_t;

#define YB_POLICY_FILE_MAX (1 << 20)       /* bytes */

/* Reads and checks one file without keeping it. YB_OK: no finding of severity error; YB_E_POLICY_FORM: there
 * is one; YB_E_IO: the file cannot be read (one finding says why). The report is always filled. */
YB_CHECK yb_err_t yb_policy_check(const char *path, yb_policy_report_t *ret_report);
/* The same from memory; `file_name` is kept in the policy ("141100-lvliang.yaml"). On YB_OK the caller owns
 * *ret_policy. */
YB_CHECK yb_err_t yb_policy_parse(const char *text, size_t len, const char *file_name,
                                  yb_policy_report_t *ret_report, yb_policy_t **ret_policy);
YB_CHECK yb_err_t yb_policy_load(const char *path, yb_policy_report_t *ret_report, yb_policy_t **ret_policy);
/* NULL-safe, nulls *policy. */
void yb_policy_destroy(yb_policy_t **policy);

/* Loads every NNNNNN-*.yaml of a folder, as yb_area_set_load names them. All or nothing: YB_E_POLICY_FORM (a
 * file has an error, two files speak of one region and day, the file's name and its region differ), YB_E_IO,
 * YB_E_CONFIG (no file); `detail` names file, line and key. The caller owns *ret_set. */
YB_CHECK yb_err_t yb_policy_set_load(const char *dir, yb_policy_set_t **ret_set, char *detail,
                                     size_t detail_cap);
/* Also destroys the policies in it. NULL-safe, nulls *set. */
void yb_policy_set_destroy(yb_policy_set_t **set);

#endif
