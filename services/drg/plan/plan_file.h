/* Payment plans: a YAML file and the tables beside it, to the tables of rules/plan.h. This is the I/O that rules/ must
 * not do. docs/payment.md says how they are written. */
#ifndef DRG_PLAN_PLAN_FILE_H
#define DRG_PLAN_PLAN_FILE_H

#include "libcommon/file_report.h"
#include "services/drg/rules/plan.h"

#define YB_PLAN_FILE_MAX (4 << 20)   /* bytes, of the YAML */
#define YB_PLAN_TABLE_MAX (64 << 20) /* bytes, of a table beside it */
#define YB_PLAN_NAME_MAX 256         /* a one-line text of a plan, with its NUL */

/* Reads and checks a plan and its tables (their paths in the plan are relative to the plan's folder). YB_OK: no finding
 * of severity error, the caller owns *ret_plan; YB_E_POLICY_FORM: there is one; YB_E_IO, YB_E_TOO_LARGE: a file cannot
 * be read (one finding says which). Findings are added to *report in every case. */
YB_CHECK yb_err_t yb_plan_load(const char *path, yb_file_report_t *report, yb_plan_t **ret_plan);

/* The bytes of the files as they were read, and what the plan says of itself as far as that could be read: also of one
 * with faults. Start with all zero; yb_plan_text_free afterwards. */
#define YB_PLAN_TABLES_MAX 4
typedef struct yb_plan_text {
    char *yaml;
    size_t yaml_len, table_count;
    struct {
        char name[YB_PLAN_NAME_MAX]; /* as the plan calls it */
        char *text;
        size_t len;
    } tables[YB_PLAN_TABLES_MAX];
    char name[YB_PLAN_NAME_MAX], area[8]; /* "" = not known */
    yb_day_t from, to;                    /* 0 = not known */
} yb_plan_text_t;
YB_CHECK yb_err_t yb_plan_load_text(const char *path, yb_file_report_t *report, yb_plan_text_t *ret_text,
                                    yb_plan_t **ret_plan);
void yb_plan_text_free(yb_plan_text_t *text);

/* The same from memory, a plan with weights and no other table; `file_name` is what findings call the plan. */
YB_CHECK yb_err_t yb_plan_parse(const char *text, size_t len, const char *file_name, const char *weights,
                                size_t weights_len, yb_file_report_t *report, yb_plan_t **ret_plan);
/* A table by the name the plan gives it; borrowed during the call. */
typedef struct yb_plan_table {
    const char *name; /* NULL: the weights, however the plan calls them */
    const char *text;
    size_t len;
} yb_plan_table_t;
/* The same with every table; one that the plan names and that is not there is a finding and YB_E_NOT_FOUND. */
YB_CHECK yb_err_t yb_plan_parse_all(const char *text, size_t len, const char *file_name, const yb_plan_table_t *tables,
                                    size_t table_count, yb_file_report_t *report, yb_plan_t **ret_plan);
/* NULL-safe, nulls *plan. */
void yb_plan_destroy(yb_plan_t **plan);

#endif
