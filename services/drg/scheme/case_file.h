/* Files of cases to group: tab-separated, columns found by name (../shared/drg/FORMAT.md, "Case files"): `id` (or
 * `case`), `sex`, `age`, `age_day`, `weight`, `los`, `dx`, `px`, and `icu` where there is one (0 where not). Codes are
 * separated by "|". An empty number is missing, a fraction is cut off. Other columns are passed over. */
#ifndef DRG_SCHEME_CASE_FILE_H
#define DRG_SCHEME_CASE_FILE_H

#include "libcommon/csv.h"
#include "services/drg/rules/group.h"

typedef struct yb_case_file yb_case_file_t;

typedef struct yb_case_row {
    yb_slice_t id;
    yb_group_case_t c;        /* its codes point into the row */
    const yb_slice_t *fields; /* of all columns */
    uint64_t line;
} yb_case_row_t;

/* Reads the header. The file or the memory is borrowed. YB_E_FILE_FORM, YB_E_IO: *ret_error says what is wrong. */
YB_CHECK yb_err_t yb_case_file_open(FILE *file, yb_case_file_t **ret_cases, yb_csv_error_t *ret_error);
YB_CHECK yb_err_t yb_case_file_open_memory(const void *data, size_t len, yb_case_file_t **ret_cases,
                                           yb_csv_error_t *ret_error);
/* NULL-safe, nulls *cases. */
void yb_case_file_close(yb_case_file_t **cases);
/* The next case, until the call after it. BAD: this row cannot be used, go on with the next. */
YB_CHECK yb_csv_result_t yb_case_file_next(yb_case_file_t *cases, yb_case_row_t *ret_row, yb_csv_error_t *ret_error);
/* Column of another name, -1 = none; for yb_case_row_t.fields. */
int yb_case_file_column(const yb_case_file_t *cases, const char *name);
/* Bytes consumed so far, for a progress bar. */
uint64_t yb_case_file_offset(const yb_case_file_t *cases);

/* "72", "0.5" -> 0, "" -> YB_CASE_MISSING. YB_E_FIELD_FORM, YB_E_FIELD_RANGE. */
YB_CHECK yb_err_t yb_case_value_parse(yb_slice_t text, int32_t *ret_value);

#endif
