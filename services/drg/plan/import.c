#include "import.h"

#include <string.h>
#include "libcommon/csv.h"
#include "libcommon/money.h"
#include "libcommon/text.h"

static const char *const kind_names[] = { [YB_WEIGHT_STABLE] = "stable",
                                          [YB_WEIGHT_BASIC] = "basic",
                                          [YB_WEIGHT_UNSTABLE] = "unstable",
                                          [YB_WEIGHT_UNCOVERED] = "uncovered" };

static const yb_kind_word_t known_words[] = {
    { "", YB_WEIGHT_STABLE },
    { "普通组", YB_WEIGHT_STABLE },
    { "普通病组", YB_WEIGHT_STABLE },
    { "正常组", YB_WEIGHT_STABLE },
    { "稳定组", YB_WEIGHT_STABLE },
    { "稳定病组", YB_WEIGHT_STABLE },
    { "基础组", YB_WEIGHT_BASIC },
    { "基础病组", YB_WEIGHT_BASIC },
    { "不稳定组", YB_WEIGHT_UNSTABLE },
    { "不稳定病组", YB_WEIGHT_UNSTABLE },
    { "未覆盖组", YB_WEIGHT_UNCOVERED },
    { "未覆盖病组", YB_WEIGHT_UNCOVERED },
};

yb_err_t yb_kind_words_parse(const char *text, yb_kind_word_t ret[YB_IMPORT_WORDS_MAX], size_t *ret_count)
{
    size_t count = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, ","), word = strcspn(text, "="), kind = 0;
        if (word >= len || word >= sizeof(ret->word) || count == YB_IMPORT_WORDS_MAX)
            return YB_E_FIELD_FORM;
        while (kind < 4 && (strlen(kind_names[kind]) != len - word - 1 ||
                            memcmp(kind_names[kind], text + word + 1, len - word - 1) != 0))
            kind++;
        if (kind == 4)
            return YB_E_FIELD_FORM;
        yb_text_copy_n(ret[count].word, sizeof(ret->word), text, word);
        ret[count++].kind = (yb_weight_kind_t)kind;
        text += len + (text[len] == ',');
    }
    *ret_count = count;
    return YB_OK;
}

typedef struct import {
    yb_csv_t *csv;
    const char *name;
    const yb_kind_word_t *words;
    size_t word_count;
    yb_file_report_t *report;
    int drg, rw, kind; /* columns */
    int rates[YB_IMPORT_FIGURES_MAX], levels[YB_IMPORT_FIGURES_MAX];
    yb_import_t got;
} import_t;

static void tell(import_t *import, const yb_csv_error_t *error)
{
    const yb_file_place_t place = { import->name, error->column, error->line, error->column_no };
    yb_file_report_add(import->report, true, &place, "%s", error->reason);
}

#define FAULT(import, row, column, ...)                                     \
    do {                                                                    \
        yb_csv_error_t error_;                                              \
        yb_csv_fault((import)->csv, (row), (column), &error_, __VA_ARGS__); \
        tell((import), &error_);                                            \
    } while (0)

/* ---- columns ---- */

static int either(const yb_csv_t *csv, const char *name, const char *other)
{
    int column = yb_csv_column(csv, name);
    return column >= 0 ? column : yb_csv_column(csv, other);
}

/* "等级系数（三甲）" with the prefix "等级系数（" → "三甲"; NULL = another column. */
static const char *inside(const char *title, const char *prefix, char ret[64])
{
    static const char close[] = "）";
    size_t len = strlen(title), head = strlen(prefix), tail = sizeof(close) - 1;
    if (len <= head + tail || strncmp(title, prefix, head) != 0 || strcmp(title + len - tail, close) != 0)
        return NULL;
    yb_text_copy_n(ret, 64, title + head, len - head - tail);
    return ret;
}

static void find_figures(import_t *import)
{
    for (size_t i = 0; i < yb_csv_column_count(import->csv); i++) {
        const char *title = yb_csv_column_name(import->csv, i);
        char name[64];
        yb_import_t *got = &import->got;
        if (inside(title, "等级系数（", name) != NULL && got->level_count < YB_IMPORT_FIGURES_MAX) {
            import->levels[got->level_count] = (int)i;
            yb_text_copy(got->levels[got->level_count++].name, 64, name);
        } else if ((inside(title, "费率（", name) != NULL || inside(title, "基础费率（", name) != NULL) &&
                   got->rate_count < YB_IMPORT_FIGURES_MAX) {
            import->rates[got->rate_count] = (int)i;
            yb_text_copy(got->rates[got->rate_count++].name, 64, name);
        }
    }
}

static yb_err_t find_columns(import_t *import)
{
    static const char *const required[] = { "DRG编码", NULL };
    yb_csv_error_t error;
    yb_err_t err = yb_csv_header(import->csv, required, &error);
    if (err != YB_OK) {
        tell(import, &error);
        return YB_E_FILE_FORM;
    }
    const yb_file_place_t place = { .file = import->name, .line = 1 };
    import->drg = yb_csv_column(import->csv, "DRG编码");
    import->rw = either(import->csv, "RW", "权重");
    import->kind = either(import->csv, "病组类型", "病组标识");
    if (import->rw < 0)
        yb_file_report_add(import->report, true, &place, "首行缺少列“RW”或“权重”");
    if (import->kind < 0)
        yb_file_report_add(import->report, false, &place, "首行没有“病组类型”或“病组标识”，全部作普通病组(stable)");
    find_figures(import);
    return import->rw >= 0 ? YB_OK : YB_E_FILE_FORM;
}

/* ---- rows ---- */

static yb_slice_t trimmed(yb_slice_t text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = (yb_slice_t){ text.data + 1, text.len - 1 };
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static const yb_kind_word_t *find_word(const yb_kind_word_t *words, size_t count, yb_slice_t text)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i].word) == text.len && memcmp(words[i].word, text.data, text.len) == 0)
            return &words[i];
    return NULL;
}

static bool read_kind(import_t *import, const yb_csv_row_t *row, yb_weight_kind_t *ret)
{
    yb_slice_t text = import->kind >= 0 ? trimmed(row->fields[import->kind]) : (yb_slice_t){ "", 0 };
    const yb_kind_word_t *word = find_word(import->words, import->word_count, text);
    if (word == NULL)
        word = find_word(known_words, sizeof(known_words) / sizeof(known_words[0]), text);
    if (word == NULL) {
        FAULT(import, row, import->kind, "病组类型“%.*s”不认识，请用--kind说明它是stable、basic、unstable还是uncovered",
              (int)text.len, text.data);
        return false;
    }
    *ret = word->kind;
    return true;
}

/* Figures of the plan stand in every row alike; the first row's are kept, another value is a fault. */
static void read_figures(import_t *import, const yb_csv_row_t *row, const int *columns, yb_import_figure_t *figures,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[sizeof(figures->text)];
        int64_t value;
        yb_slice_t field = trimmed(row->fields[columns[i]]);
        if (yb_decimal_parse(field.data, field.len, 4, &value) != YB_OK || field.len >= sizeof(text)) {
            FAULT(import, row, columns[i], "应为最多四位小数的数");
            continue;
        }
        yb_text_copy_n(text, sizeof(text), field.data, field.len);
        if (import->got.groups == 0)
            memcpy(figures[i].text, text, sizeof(text));
        else if (strcmp(figures[i].text, text) != 0)
            FAULT(import, row, columns[i], "与首行的%s不同，一个方案里只能有一个值", figures[i].text);
    }
}

static void take_row(import_t *import, const yb_csv_row_t *row, FILE *out)
{
    char drg[YB_PLAN_TEXT], text[YB_DECIMAL_TEXT];
    int64_t rw_e4 = 0;
    yb_weight_kind_t kind;
    yb_slice_t code = trimmed(row->fields[import->drg]), rw = trimmed(row->fields[import->rw]);
    if (code.len == 0 || code.len >= sizeof(drg) || memchr(code.data, ' ', code.len) != NULL ||
        memchr(code.data, '\t', code.len) != NULL || memchr(code.data, '\n', code.len) != NULL) {
        FAULT(import, row, import->drg, "病组编码须为1至%d字节，不含空格", YB_PLAN_TEXT - 1);
        return;
    }
    yb_text_copy_n(drg, sizeof(drg), code.data, code.len);
    if (!read_kind(import, row, &kind))
        return;
    const bool paid = kind == YB_WEIGHT_STABLE || kind == YB_WEIGHT_BASIC;
    if ((rw.len > 0 || paid) &&
        (yb_decimal_parse(rw.data, rw.len, 4, &rw_e4) != YB_OK || rw_e4 < (paid ? 1 : 0) || rw_e4 > YB_RW_E4_MAX)) {
        FAULT(import, row, import->rw, "权重须为大于0、最多四位小数的数");
        return;
    }
    read_figures(import, row, import->rates, import->got.rates, import->got.rate_count);
    read_figures(import, row, import->levels, import->got.levels, import->got.level_count);
    fprintf(out, "%s\t%s\t%s\n", drg, rw.len > 0 ? yb_decimal_format(rw_e4, 4, text) : "", kind_names[kind]);
    import->got.groups++;
    import->got.by_kind[kind]++;
}

yb_err_t yb_weights_import(FILE *in, const char *name, const yb_kind_word_t *words, size_t word_count,
                           yb_file_report_t *report, FILE *out, yb_import_t *ret_import)
{
    const size_t errors = report->errors;
    import_t import = {
        .csv = yb_csv_create_file(in), .name = name, .words = words, .word_count = word_count, .report = report
    };
    yb_csv_row_t row;
    yb_csv_error_t error;
    yb_csv_result_t result = YB_CSV_END;
    if (import.csv == NULL)
        return YB_E_NO_MEMORY;
    if (find_columns(&import) == YB_OK) {
        fputs("drg\trw\tkind\n", out);
        while ((result = yb_csv_next(import.csv, &row, &error)) == YB_CSV_ROW || result == YB_CSV_BAD)
            if (result == YB_CSV_ROW)
                take_row(&import, &row, out);
            else
                tell(&import, &error);
        if (result == YB_CSV_FAILED)
            tell(&import, &error);
    }
    yb_csv_destroy(&import.csv);
    if (report->errors > errors)
        return YB_E_FILE_FORM;
    *ret_import = import.got;
    return YB_OK;
}
