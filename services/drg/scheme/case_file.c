#include "services/drg/scheme/case_file.h"

#include <stdlib.h>

struct yb_case_file {
    yb_csv_t *csv;
    int id, dx, px;
    int values[YB_CASE_SITES]; /* columns, by field; -1 = none */
    yb_slice_t *codes;         /* of the row at hand */
    size_t codes_capacity;
};

static const char *const value_names[YB_CASE_FIELDS] = YB_CASE_FIELD_NAMES;

yb_err_t yb_case_value_parse(yb_slice_t text, int32_t *ret_value)
{
    int64_t value = 0;
    size_t at = 0;
    if (text.len == 0) {
        *ret_value = YB_CASE_MISSING;
        return YB_OK;
    }
    const bool minus = text.data[0] == '-';
    at += minus;
    const size_t digits = at;
    for (; at < text.len && text.data[at] >= '0' && text.data[at] <= '9'; at++)
        if (value <= INT32_MAX)
            value = value * 10 + (text.data[at] - '0');
    if (at == digits)
        return YB_E_FIELD_FORM;
    if (at < text.len && text.data[at] == '.')
        for (at++; at < text.len && text.data[at] >= '0' && text.data[at] <= '9';)
            at++;
    if (at != text.len)
        return YB_E_FIELD_FORM;
    if (value > INT32_MAX)
        return YB_E_FIELD_RANGE;
    *ret_value = (int32_t)(minus ? -value : value);
    return YB_OK;
}

static yb_err_t header_read(yb_case_file_t *cases, yb_csv_error_t *ret_error)
{
    static const char *const required[] = { "sex", "age", "age_day", "weight", "los", "dx", "px", NULL };
    yb_err_t err = yb_csv_header(cases->csv, required, ret_error);
    if (err != YB_OK)
        return err;
    cases->dx = yb_csv_column(cases->csv, "dx");
    cases->px = yb_csv_column(cases->csv, "px");
    cases->id = yb_csv_column(cases->csv, "id");
    if (cases->id < 0)
        cases->id = yb_csv_column(cases->csv, "case");
    for (size_t i = 0; i < YB_CASE_SITES; i++)
        cases->values[i] = yb_csv_column(cases->csv, value_names[i]);
    if (cases->id >= 0)
        return YB_OK;
    *ret_error = (yb_csv_error_t){ .line = 1, .column = "id", .reason = "首行缺少列“id”（或“case”）；请补上该列" };
    return YB_E_FILE_FORM;
}

static yb_err_t open_csv(yb_csv_t *csv, yb_case_file_t **ret_cases, yb_csv_error_t *ret_error)
{
    yb_case_file_t *cases = calloc(1, sizeof *cases);
    YB_ASSERT(cases != NULL && csv != NULL);
    cases->csv = csv;
    yb_err_t err = header_read(cases, ret_error);
    if (err != YB_OK)
        yb_case_file_close(&cases);
    else
        *ret_cases = cases;
    return err;
}

yb_err_t yb_case_file_open(FILE *file, yb_case_file_t **ret_cases, yb_csv_error_t *ret_error)
{
    return open_csv(yb_tsv_create_file(file), ret_cases, ret_error);
}

yb_err_t yb_case_file_open_memory(const void *data, size_t len, yb_case_file_t **ret_cases, yb_csv_error_t *ret_error)
{
    return open_csv(yb_tsv_create_memory(data, len), ret_cases, ret_error);
}

void yb_case_file_close(yb_case_file_t **cases)
{
    if (cases == NULL || *cases == NULL)
        return;
    yb_csv_destroy(&(*cases)->csv);
    free((*cases)->codes);
    free(*cases);
    *cases = NULL;
}

int yb_case_file_column(const yb_case_file_t *cases, const char *name) { return yb_csv_column(cases->csv, name); }
uint64_t yb_case_file_offset(const yb_case_file_t *cases) { return yb_csv_offset(cases->csv); }

/* Codes of a cell behind those already there; returns how many. An empty cell has none, "|" has two empty ones. */
static size_t codes_split(yb_slice_t cell, yb_slice_t *out)
{
    size_t count = 0;
    const char *at = cell.data, *end = cell.data + cell.len;
    while (cell.len > 0) {
        const char *bar = memchr(at, '|', (size_t)(end - at));
        out[count++] = (yb_slice_t){ at, (size_t)((bar != NULL ? bar : end) - at) };
        if (bar == NULL)
            break;
        at = bar + 1;
    }
    return count;
}

static void codes_take(yb_case_file_t *cases, yb_slice_t dx, yb_slice_t px, yb_group_case_t *c)
{
    const size_t most = dx.len + px.len + 2; /* one per byte and one */
    if (most > cases->codes_capacity) {
        cases->codes_capacity = most * 2;
        cases->codes = realloc(cases->codes, cases->codes_capacity * sizeof *cases->codes);
        YB_ASSERT(cases->codes != NULL);
    }
    c->dx = cases->codes;
    c->dx_count = codes_split(dx, cases->codes);
    c->px = cases->codes + c->dx_count;
    c->px_count = codes_split(px, cases->codes + c->dx_count);
}

yb_csv_result_t yb_case_file_next(yb_case_file_t *cases, yb_case_row_t *ret_row, yb_csv_error_t *ret_error)
{
    yb_csv_row_t row;
    yb_csv_result_t got = yb_csv_next(cases->csv, &row, ret_error);
    if (got != YB_CSV_ROW)
        return got;
    yb_group_case_t c = { .values = { [YB_CASE_SITES] = 0 } };
    for (size_t f = 0; f < YB_CASE_SITES; f++) {
        const int column = cases->values[f];
        yb_err_t err = column < 0 ? YB_OK : yb_case_value_parse(row.fields[column], &c.values[f]);
        if (err != YB_OK) {
            yb_csv_fault(cases->csv, &row, column, ret_error,
                         err == YB_E_FIELD_RANGE ? "数值过大：“%.*s”" : "应为数字或空，实为“%.*s”",
                         (int)(row.fields[column].len < 40 ? row.fields[column].len : 40), row.fields[column].data);
            return YB_CSV_BAD;
        }
    }
    codes_take(cases, row.fields[cases->dx], row.fields[cases->px], &c);
    *ret_row = (yb_case_row_t){ .id = row.fields[cases->id], .c = c, .fields = row.fields, .line = row.line };
    return YB_CSV_ROW;
}
