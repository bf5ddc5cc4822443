/* Tab-separated tables (TSV) read by the names of their columns, on top of libcommon/csv. BOM and CRLF are accepted;
 * every fault goes to a report with file, line and column. */
#ifndef DRG_PLAN_SHEET_H
#define DRG_PLAN_SHEET_H

#include <stdio.h>
#include "libcommon/err.h"
#include "libcommon/text.h"
#include "libcommon/file_report.h"
#include "services/drg/rules/plan.h"

#define YB_SHEET_COLUMNS_MAX 32

/* Where it comes from and what it must hold. All borrowed until the sheet is closed. */
typedef struct yb_sheet_source {
    const char *name; /* what findings call it */
    FILE *file;       /* NULL: text, len */
    const char *text;
    size_t len;
    const char *const *required, *const *optional; /* NULL-ended; optional may be NULL */
} yb_sheet_source_t;

typedef struct yb_sheet yb_sheet_t;

/* Reads the header. A column is named by its index in required, then in optional. Never NULL: a fault of the header
 * is in the report, and there are no rows. */
yb_sheet_t *yb_sheet_open(const yb_sheet_source_t *source, yb_file_report_t *report);
/* NULL-safe, nulls *sheet; does not close the file. */
void yb_sheet_close(yb_sheet_t **sheet);

/* The next row that is well formed; bad ones are in the report. False: the end. */
bool yb_sheet_next(yb_sheet_t *sheet);
uint64_t yb_sheet_line(const yb_sheet_t *sheet);
/* Bytes read so far. */
uint64_t yb_sheet_offset(const yb_sheet_t *sheet);
bool yb_sheet_has(const yb_sheet_t *sheet, int column);
/* Nothing was wrong so far. */
bool yb_sheet_is_good(const yb_sheet_t *sheet);

/* The field of the row, until the next row; empty when there is no such column. */
yb_slice_t yb_sheet_text(const yb_sheet_t *sheet, int column);
/* The same, checked; false: the fault is in the report. A code has 1..YB_PLAN_TEXT-1 bytes and no blanks. */
bool yb_sheet_code(yb_sheet_t *sheet, int column, char ret[YB_PLAN_TEXT]);
/* A decimal to 10^-scale, min..max. */
bool yb_sheet_number(yb_sheet_t *sheet, int column, int scale, int64_t min, int64_t max, int64_t *ret);
/* column -1 = the row. */
void yb_sheet_fault(yb_sheet_t *sheet, int column, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
