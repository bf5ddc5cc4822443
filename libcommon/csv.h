/* Streaming reader of CSV (RFC 4180) and tab-separated files for imports: UTF-8 with or without BOM, CRLF or LF, quoted
 * fields with doubled quotes and line breaks in them. Rows are slices into one buffer, nothing is
 * allocated per row. A bad row is reported and the reader goes on with the next one. Blank lines are
 * skipped. Not thread safe. */
#ifndef YB_CSV_H
#define YB_CSV_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "err.h"
#include "text.h"

#define YB_CSV_ROW_MAX 65536      /* bytes of one row, line end not counted */
#define YB_CSV_COLUMNS_MAX 256

typedef struct yb_csv yb_csv_t;

typedef struct yb_csv_row {
    /* `count` of them, unquoted; no NUL inside, valid UTF-8; until the next call */
    const yb_slice_t *fields;
    size_t count;                 /* always the header's count */
    uint64_t line;                /* first line of the row, from 1 */
    uint64_t offset;              /* bytes before the row */
} yb_csv_row_t;

typedef struct yb_csv_error {
    uint64_t line;                /* first line of the row */
    uint32_t column_no;           /* from 1; 0 = the whole row */
    char column[64];              /* the header's name, "" when the row has no such column */
    char reason[192];             /* Chinese: the fault and the remedy */
} yb_csv_error_t;

typedef enum yb_csv_result {
    YB_CSV_ROW,                   /* *ret_row is filled */
    YB_CSV_BAD,                   /* this row cannot be used: *ret_error is filled; go on */
    YB_CSV_END,
    YB_CSV_FAILED,                /* reading the file failed, *ret_error is filled; stop */
} yb_csv_result_t;

/* The file (opened by the caller, at its start) or the memory is borrowed until yb_csv_destroy. NULL: out
 * of memory. */
yb_csv_t *yb_csv_create_file(FILE *file);
yb_csv_t *yb_csv_create_memory(const void *data, size_t len);
/* The same for tab-separated tables: fields end at a tab, quotes are letters like any other, a field holds neither
 * tab nor line break. Everything else below holds for both. */
yb_csv_t *yb_tsv_create_file(FILE *file);
yb_csv_t *yb_tsv_create_memory(const void *data, size_t len);
/* NULL-safe, nulls *csv; does not close the file. */
void yb_csv_destroy(yb_csv_t **csv);

/* First call: reads the header row; names must be there once each, none empty. Every one of `required`
 * (NULL-ended list, or NULL) must be among them, in any order; others are allowed. YB_E_FILE_FORM (with
 * *ret_error), YB_E_IO. */
YB_CHECK yb_err_t yb_csv_header(yb_csv_t *csv, const char *const *required, yb_csv_error_t *ret_error);
/* Column of that name, from 0; -1 when there is none. Ask once, before the rows. */
int yb_csv_column(const yb_csv_t *csv, const char *name);
size_t yb_csv_column_count(const yb_csv_t *csv);
/* Name of a column, "" when there is no such. */
const char *yb_csv_column_name(const yb_csv_t *csv, size_t column);

/* The next row. A row whose count of fields differs from the header's is bad. */
YB_CHECK yb_csv_result_t yb_csv_next(yb_csv_t *csv, yb_csv_row_t *ret_row, yb_csv_error_t *ret_error);
/* Bytes consumed so far, for a progress bar. */
uint64_t yb_csv_offset(const yb_csv_t *csv);

/* Fills *ret_error for what the caller found wrong in a field of that row (column -1 = the whole row). */
void yb_csv_fault(const yb_csv_t *csv, const yb_csv_row_t *row, int column, yb_csv_error_t *ret_error,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#endif
