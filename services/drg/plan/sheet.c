#include "sheet.h"

#include <stdlib.h>
#include <string.h>
#include "libcommon/csv.h"

struct yb_sheet {
    yb_csv_t *csv;
    yb_csv_row_t row;
    yb_file_report_t *report;
    const char *name;
    int at[YB_SHEET_COLUMNS_MAX]; /* place in the file of each known column; -1 = not there */
    size_t columns;
    bool good, ended;
};

static void tell(yb_sheet_t *sheet, const yb_csv_error_t *error)
{
    const yb_file_place_t place = { sheet->name, error->column, error->line, error->column_no };
    yb_file_report_add(sheet->report, true, &place, "%s", error->reason);
    sheet->good = false;
}

static void find_columns(yb_sheet_t *sheet, const char *const *names)
{
    for (; names != NULL && *names != NULL; names++) {
        YB_ASSERT(sheet->columns < YB_SHEET_COLUMNS_MAX);
        sheet->at[sheet->columns++] = yb_csv_column(sheet->csv, *names);
    }
}

yb_sheet_t *yb_sheet_open(const yb_sheet_source_t *source, yb_file_report_t *report)
{
    yb_sheet_t *sheet = calloc(1, sizeof(*sheet));
    yb_csv_error_t error = { .line = 0 };
    YB_ASSERT(sheet != NULL);
    *sheet = (yb_sheet_t){ .report = report, .name = source->name, .good = true };
    sheet->csv =
        source->file != NULL ? yb_tsv_create_file(source->file) : yb_tsv_create_memory(source->text, source->len);
    YB_ASSERT(sheet->csv != NULL);
    if (yb_csv_header(sheet->csv, source->required, &error) != YB_OK) {
        tell(sheet, &error);
        sheet->ended = true;
        return sheet;
    }
    find_columns(sheet, source->required);
    find_columns(sheet, source->optional);
    return sheet;
}

void yb_sheet_close(yb_sheet_t **sheet)
{
    if (sheet == NULL || *sheet == NULL)
        return;
    yb_csv_destroy(&(*sheet)->csv);
    free(*sheet);
    *sheet = NULL;
}

bool yb_sheet_next(yb_sheet_t *sheet)
{
    yb_csv_error_t error = { .line = 0 };
    while (!sheet->ended) {
        switch (yb_csv_next(sheet->csv, &sheet->row, &error)) {
        case YB_CSV_ROW:
            return true;
        case YB_CSV_BAD:
            tell(sheet, &error);
            break;
        case YB_CSV_FAILED:
            tell(sheet, &error);
            sheet->ended = true;
            break;
        case YB_CSV_END:
            sheet->ended = true;
            break;
        }
    }
    return false;
}

uint64_t yb_sheet_line(const yb_sheet_t *sheet) { return sheet->row.line; }

uint64_t yb_sheet_offset(const yb_sheet_t *sheet) { return yb_csv_offset(sheet->csv); }

bool yb_sheet_has(const yb_sheet_t *sheet, int column)
{
    return column >= 0 && (size_t)column < sheet->columns && sheet->at[column] >= 0;
}

bool yb_sheet_is_good(const yb_sheet_t *sheet) { return sheet->good; }

yb_slice_t yb_sheet_text(const yb_sheet_t *sheet, int column)
{
    return yb_sheet_has(sheet, column) ? sheet->row.fields[sheet->at[column]] : (yb_slice_t){ "", 0 };
}

void yb_sheet_fault(yb_sheet_t *sheet, int column, const char *fmt, ...)
{
    const int at = yb_sheet_has(sheet, column) ? sheet->at[column] : -1;
    const yb_file_place_t place = { sheet->name, at >= 0 ? yb_csv_column_name(sheet->csv, (size_t)at) : "",
                                    sheet->row.line, (uint32_t)(at + 1) };
    va_list args;
    va_start(args, fmt);
    yb_file_report_vadd(sheet->report, true, &place, fmt, args);
    va_end(args);
    sheet->good = false;
}

bool yb_sheet_code(yb_sheet_t *sheet, int column, char ret[YB_PLAN_TEXT])
{
    yb_slice_t text = yb_sheet_text(sheet, column);
    bool clean = text.len > 0 && text.len < YB_PLAN_TEXT;
    for (size_t i = 0; i < text.len && clean; i++)
        clean = (unsigned char)text.data[i] > ' ' && text.data[i] != 0x7f;
    if (!clean) {
        yb_sheet_fault(sheet, column, "须为1至%d字节，不能为空，不含空格", YB_PLAN_TEXT - 1);
        return false;
    }
    yb_text_copy_n(ret, YB_PLAN_TEXT, text.data, text.len);
    return true;
}

bool yb_sheet_number(yb_sheet_t *sheet, int column, int scale, int64_t min, int64_t max, int64_t *ret)
{
    char seen[32], low[YB_DECIMAL_TEXT], high[YB_DECIMAL_TEXT];
    yb_slice_t text = yb_sheet_text(sheet, column);
    if (yb_decimal_parse(text.data, text.len, scale, ret) == YB_OK && *ret >= min && *ret <= max)
        return true;
    yb_text_copy_n(seen, sizeof(seen), text.data, text.len);
    yb_sheet_fault(sheet, column, "“%s”不能用：应为%s至%s之间、最多%d位小数的数", seen,
                   yb_decimal_format(min, scale, low), yb_decimal_format(max, scale, high), scale);
    return false;
}
