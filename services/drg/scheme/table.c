#include "services/drg/scheme/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/crypto.h"
#include "libcommon/csv.h"
#include "libcommon/file.h"
#include "libcommon/money.h"

static const struct spec {
    const char *file;
    bool of_codes;
    const char *columns[YB_SCHEME_COLUMNS_MAX + 1];
} specs[YB_TABLE_COUNT] = {
#define X(sym, file, of_codes, ...) { file, of_codes, { __VA_ARGS__ } },
    YB_SCHEME_TABLES(X)
#undef X
};

const char *yb_scheme_table_file(yb_scheme_table_id_t id) { return specs[id].file; }
const char *yb_scheme_table_column(yb_scheme_table_id_t id, size_t cell) { return specs[id].columns[cell]; }

static void error_at(yb_scheme_report_t *report, yb_scheme_table_id_t id, const yb_csv_error_t *e)
{
    yb_scheme_report_add(report, YB_RULE_FORM, YB_SCHEME_ERROR, specs[id].file, e->line, e->column, "%s", e->reason);
}

/* --- one row ------------------------------------------------------------------------------------------------------ */

/* Columns that may not be empty, by what they name. */
static bool may_be_empty(const char *column)
{
    static const char *const may[] = { "adrg_in_order", "drg_in_order", "name", "site", "table", "before_adrg" };
    for (size_t i = 0; i < sizeof may / sizeof may[0]; i++)
        if (strcmp(column, may[i]) == 0)
            return true;
    return false;
}

static bool is_code_column(const char *column)
{
    return strcmp(column, "code") == 0 || strcmp(column, "principal") == 0;
}

static bool order_parse(const char *text, int32_t *ret)
{
    int64_t value;
    if (yb_decimal_parse(text, strlen(text), 0, &value) != YB_OK || value < INT32_MIN || value > INT32_MAX)
        return false;
    *ret = (int32_t)value;
    return true;
}

typedef struct reader {
    yb_scheme_table_id_t id;
    yb_csv_t *csv;
    int columns[YB_SCHEME_COLUMNS_MAX];
    size_t cells;
    yb_arena_t *arena;
    yb_scheme_report_t *report;
    yb_scheme_row_t *rows;
    size_t count, capacity;
} reader_t;

/* What the form of a cell must be. False: *ret_error says what is wrong. */
static bool cell_check(const reader_t *r, const yb_csv_row_t *in, size_t c, yb_scheme_row_t *row,
                       yb_csv_error_t *ret_error)
{
    const char *column = specs[r->id].columns[c], *text = row->cells[c];
    const int at = r->columns[c];
    if (text[0] == '\0' && !may_be_empty(column)) {
        yb_csv_fault(r->csv, in, at, ret_error, "不能为空");
        return false;
    }
    if (strcmp(column, "order") == 0 && !order_parse(text, &row->order)) {
        yb_csv_fault(r->csv, in, at, ret_error, "应为整数，实为“%.40s”", text);
        return false;
    }
    if (is_code_column(column) && strlen(text) > YB_CODE_TEXT_MAX) {
        yb_csv_fault(r->csv, in, at, ret_error, "编码超过%d字节", YB_CODE_TEXT_MAX);
        return false;
    }
    if (strcmp(column, "level") == 0 && strcmp(text, "MCC") != 0 && strcmp(text, "CC") != 0) {
        yb_csv_fault(r->csv, in, at, ret_error, "应为MCC或CC，实为“%.40s”", text);
        return false;
    }
    return true;
}

static void rows_reserve(reader_t *r)
{
    if (r->count < r->capacity)
        return;
    const size_t capacity = r->capacity == 0 ? 256 : r->capacity * 2;
    yb_scheme_row_t *rows = YB_NEW_ARRAY(r->arena, yb_scheme_row_t, capacity);
    if (r->count > 0)
        memcpy(rows, r->rows, r->count * sizeof *rows);
    r->rows = rows;
    r->capacity = capacity;
}

static void row_take(reader_t *r, const yb_csv_row_t *in)
{
    yb_csv_error_t error;
    yb_scheme_row_t row = { .line = (uint32_t)in->line };
    for (size_t c = 0; c < r->cells; c++) {
        const yb_slice_t *field = &in->fields[r->columns[c]];
        row.cells[c] = yb_arena_strndup(r->arena, field->data, field->len);
        if (!cell_check(r, in, c, &row, &error)) {
            error_at(r->report, r->id, &error);
            return;
        }
    }
    rows_reserve(r);
    r->rows[r->count++] = row;
}

/* --- one table ---------------------------------------------------------------------------------------------------- */

/* "May be empty": a table of ambiguous groups without even its header is one without groups. */
static bool is_blank(yb_slice_t file)
{
    size_t at = file.len >= 3 && memcmp(file.data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (at < file.len && (file.data[at] == '\n' || file.data[at] == '\r'))
        at++;
    return at == file.len;
}

static void rows_read(reader_t *r)
{
    const size_t max = specs[r->id].of_codes ? YB_SCHEME_ROWS_MAX : YB_SCHEME_RULE_ROWS_MAX;
    yb_csv_row_t row;
    yb_csv_error_t error;
    yb_csv_result_t got;
    while ((got = yb_csv_next(r->csv, &row, &error)) != YB_CSV_END) {
        if (got == YB_CSV_ROW && r->count == max) {
            yb_csv_fault(r->csv, &row, -1, &error, "超过%zu行", max);
            got = YB_CSV_FAILED;
        }
        if (got != YB_CSV_ROW)
            error_at(r->report, r->id, &error);
        else
            row_take(r, &row);
        if (got == YB_CSV_FAILED)
            return;
    }
}

static void table_parse(yb_scheme_tables_t *tables, yb_scheme_table_id_t id, yb_slice_t file,
                        yb_scheme_report_t *report)
{
    yb_csv_error_t error;
    if (id == YB_TABLE_QY && is_blank(file))
        return;
    reader_t r = {
        .id = id, .arena = tables->arena, .report = report, .csv = yb_tsv_create_memory(file.data, file.len)
    };
    YB_ASSERT(r.csv != NULL);
    if (yb_csv_header(r.csv, specs[id].columns, &error) != YB_OK) {
        error_at(report, id, &error);
    } else {
        for (; specs[id].columns[r.cells] != NULL; r.cells++)
            r.columns[r.cells] = yb_csv_column(r.csv, specs[id].columns[r.cells]);
        rows_read(&r);
        if (r.count > 0)
            tables->tables[id] = (yb_scheme_table_t){ r.rows, r.count };
    }
    yb_csv_destroy(&r.csv);
}

/* --- order -------------------------------------------------------------------------------------------------------- */

static int by_order(const yb_scheme_row_t *x, const yb_scheme_row_t *y)
{
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static int mdc_by_order(const void *a, const void *b) { return by_order(a, b); }

/* ADRG rows by name, DRG rows by ADRG and DRG: so that the rows of one are found together. */
static int adrg_by_name(const void *a, const void *b)
{
    const yb_scheme_row_t *x = a, *y = b;
    const int names = strcmp(x->cells[YB_ADRG_NAME], y->cells[YB_ADRG_NAME]);
    return names != 0 ? names : by_order(x, y);
}

static int drg_by_name(const void *a, const void *b)
{
    const yb_scheme_row_t *x = a, *y = b;
    const int names = strcmp(x->cells[YB_DRG_NAME], y->cells[YB_DRG_NAME]);
    return names != 0 ? names : by_order(x, y);
}

static void rows_sort(yb_scheme_tables_t *tables)
{
    static const struct {
        yb_scheme_table_id_t id;
        int (*compare)(const void *, const void *);
    } orders[] = { { YB_TABLE_MDC, mdc_by_order }, { YB_TABLE_ADRG, adrg_by_name }, { YB_TABLE_DRG, drg_by_name } };
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        yb_scheme_table_t *t = &tables->tables[orders[i].id];
        if (t->count > 1)
            qsort(t->rows, t->count, sizeof *t->rows, orders[i].compare);
    }
}

/* ---- all of them ---- */

static void digest_take(yb_scheme_tables_t *tables, const yb_slice_t files[YB_TABLE_COUNT])
{
    uint8_t parts[YB_TABLE_COUNT][YB_SCHEME_DIGEST]; /* of each file: where one ends and the next begins is fixed */
    for (size_t i = 0; i < YB_TABLE_COUNT; i++)
        YB_ASSERT(yb_sha256(files[i].len > 0 ? files[i].data : "", files[i].len, parts[i]) == YB_OK);
    YB_ASSERT(yb_sha256(parts, sizeof parts, tables->digest) == YB_OK);
}

yb_err_t yb_scheme_tables_parse(const yb_slice_t files[YB_TABLE_COUNT], yb_scheme_report_t *report,
                                yb_scheme_tables_t **ret_tables)
{
    const size_t errors = report->by_severity[YB_SCHEME_ERROR];
    yb_arena_t *arena = yb_arena_create(0);
    yb_scheme_tables_t *tables = YB_NEW(arena, yb_scheme_tables_t);
    tables->arena = arena;
    yb_scheme_row_t *none = YB_NEW(arena, yb_scheme_row_t); /* an empty table has rows to point at, too */
    for (size_t i = 0; i < YB_TABLE_COUNT; i++)
        tables->tables[i].rows = none;
    for (size_t i = 0; i < YB_TABLE_COUNT; i++)
        table_parse(tables, (yb_scheme_table_id_t)i, files[i], report);
    if (report->by_severity[YB_SCHEME_ERROR] > errors) {
        yb_scheme_tables_destroy(&tables);
        return YB_E_FILE_FORM;
    }
    rows_sort(tables);
    digest_take(tables, files);
    *ret_tables = tables;
    return YB_OK;
}

/* The caller frees *ret_text. False: the report says why not. */
static bool file_read(const char *dir, const char *name, yb_scheme_report_t *report, char **ret_text, size_t *ret_len)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    yb_err_t err = yb_file_read(path, YB_SCHEME_FILE_MAX, ret_text, ret_len);
    if (err != YB_OK)
        yb_scheme_report_add(report, YB_RULE_FORM, YB_SCHEME_ERROR, name, 0, "",
                             "不能读取：%s；方案文件夹应有全部九张表",
                             err == YB_E_TOO_LARGE ? "超过64 MiB"
                             : err == YB_E_IO      ? strerror(errno)
                                                   : yb_err_text(err));
    return err == YB_OK;
}

yb_err_t yb_scheme_tables_read(const char *dir, yb_scheme_report_t *report, yb_scheme_tables_t **ret_tables)
{
    yb_slice_t files[YB_TABLE_COUNT];
    char *texts[YB_TABLE_COUNT] = { NULL };
    bool good = true;
    for (size_t i = 0; i < YB_TABLE_COUNT; i++) {
        good = file_read(dir, specs[i].file, report, &texts[i], &files[i].len) && good;
        files[i].data = texts[i];
    }
    yb_err_t err = good ? yb_scheme_tables_parse(files, report, ret_tables) : YB_E_IO;
    for (size_t i = 0; i < YB_TABLE_COUNT; i++)
        free(texts[i]);
    return err;
}

void yb_scheme_tables_destroy(yb_scheme_tables_t **tables)
{
    if (tables == NULL || *tables == NULL)
        return;
    yb_arena_t *arena = (*tables)->arena; /* which holds *tables too */
    *tables = NULL;
    yb_arena_destroy(&arena);
}
