/* A published table of diseases, without the sums it was computed from, to a catalogue. */
#include <stdlib.h>
#include <string.h>
#include "libcommon/csv.h"
#include "services/drg/dip/catalogue.h"

enum { CODE, DX, OPS, RW, MEAN, KIND, OP_KIND, COLUMNS };
#define NAMES_MAX 4
static const char *const titles[COLUMNS][NAMES_MAX + 1] = {
    [CODE] = { "病种编码", "code" },
    [DX] = { "诊断编码", "主要诊断编码", "dx" },
    [OPS] = { "手术操作编码", "操作编码", "ops" },
    [RW] = { "分值", "病种分值", "RW", "rw" },
    [MEAN] = { "均次费用", "次均费用", "例均费用", "mean" },
    [KIND] = { "病种类型", "kind" },
    [OP_KIND] = { "操作类型", "op_kind" },
};

/* Words of such tables; the longer first, they are compared as wholes. */
typedef struct word {
    const char *text;
    int means;
} word_t;
static const word_t kinds[] = {
    { "", YB_DIP_CORE },
    { "核心", YB_DIP_CORE },
    { "核心病种", YB_DIP_CORE },
    { "core", YB_DIP_CORE },
    { "基层", YB_DIP_BASIC },
    { "基层病种", YB_DIP_BASIC },
    { "basic", YB_DIP_BASIC },
    { "综合", YB_DIP_COMPOSITE },
    { "综合病种", YB_DIP_COMPOSITE },
    { "composite", YB_DIP_COMPOSITE },
};
static const word_t op_kinds[] = {
    { "保守治疗", YB_DIP_NONE },          { "保守治疗组", YB_DIP_NONE },          { "none", YB_DIP_NONE },
    { "诊断性操作", YB_DIP_DIAGNOSTIC },  { "诊断性操作组", YB_DIP_DIAGNOSTIC },  { "diagnostic", YB_DIP_DIAGNOSTIC },
    { "治疗性操作", YB_DIP_THERAPEUTIC }, { "治疗性操作组", YB_DIP_THERAPEUTIC }, { "therapeutic", YB_DIP_THERAPEUTIC },
    { "相关手术", YB_DIP_OPERATION },     { "相关手术组", YB_DIP_OPERATION },     { "operation", YB_DIP_OPERATION },
};

typedef struct import {
    yb_csv_t *csv;
    const char *name;
    yb_file_report_t *report;
    yb_arena_t *arena;
    int columns[COLUMNS]; /* -1 = not there */
    const yb_csv_row_t *row;
} import_t;

static void tell(import_t *import, const yb_csv_error_t *error)
{
    const yb_file_place_t place = { import->name, error->column, error->line, error->column_no };
    yb_file_report_add(import->report, true, &place, "%s", error->reason);
}

#define FAULT(import, column, ...)                                                                   \
    do {                                                                                             \
        yb_csv_error_t error_;                                                                       \
        yb_csv_fault((import)->csv, (import)->row, (import)->columns[column], &error_, __VA_ARGS__); \
        tell((import), &error_);                                                                     \
    } while (0)

/* ---- columns ---- */

static bool find_columns(import_t *import)
{
    yb_csv_error_t error;
    const yb_file_place_t place = { .file = import->name, .line = 1 };
    if (yb_csv_header(import->csv, NULL, &error) != YB_OK) {
        tell(import, &error);
        return false;
    }
    for (int c = 0; c < COLUMNS; c++) {
        import->columns[c] = -1;
        for (int n = 0; titles[c][n] != NULL && import->columns[c] < 0; n++)
            import->columns[c] = yb_csv_column(import->csv, titles[c][n]);
    }
    const bool has_code = import->columns[CODE] >= 0 || import->columns[DX] >= 0;
    if (!has_code)
        yb_file_report_add(import->report, true, &place, "首行缺少列“病种编码”（code），或“诊断编码”（dx）");
    for (int c = RW; c <= MEAN; c++)
        if (import->columns[c] < 0)
            yb_file_report_add(import->report, true, &place, "首行缺少列“%s”（或%s）", titles[c][0], titles[c][1]);
    return has_code && import->columns[RW] >= 0 && import->columns[MEAN] >= 0;
}

static yb_slice_t field(const import_t *import, int column)
{
    yb_slice_t text =
        import->columns[column] >= 0 ? import->row->fields[import->columns[column]] : (yb_slice_t){ "", 0 };
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = (yb_slice_t){ text.data + 1, text.len - 1 };
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static bool find_word(const word_t *words, size_t count, yb_slice_t text, int *ret)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i].text) == text.len && memcmp(words[i].text, text.data, text.len) == 0) {
            *ret = words[i].means;
            return true;
        }
    return false;
}

/* ---- codes ---- */

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* Parts of `text` at `separator`, sorted and each once, to `ret`; false: an empty one, or too many. */
static bool sort_parts(yb_arena_t *arena, char *text, char separator, size_t max, char ret[YB_DIP_CODE_TEXT])
{
    const char **parts = YB_NEW_ARRAY(arena, const char *, max);
    size_t count = 0, at = 0;
    for (char *p = text; p != NULL;) {
        char *next = strchr(p, separator);
        if (next != NULL)
            *next++ = '\0';
        if (*p == '\0' || count == max)
            return false;
        parts[count++] = p;
        p = next;
    }
    qsort(parts, count, sizeof(*parts), by_text);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && strcmp(parts[i - 1], parts[i]) == 0)
            continue;
        if (at > 0)
            ret[at++] = separator;
        at += yb_text_copy(ret + at, YB_DIP_CODE_TEXT - at, parts[i]);
    }
    return true;
}

/* "b/a+c" to "a/b+c": the same set is the same text. */
static bool sort_ops(import_t *import, yb_slice_t ops, char ret[YB_DIP_CODE_TEXT])
{
    char joined[YB_DIP_CODE_TEXT] = "", part[YB_DIP_CODE_TEXT];
    size_t at = 0;
    ret[0] = '\0';
    if (ops.len >= YB_DIP_CODE_TEXT)
        return false;
    for (size_t from = 0; ops.len > 0 && from <= ops.len;) {
        const char *plus = memchr(ops.data + from, '+', ops.len - from);
        const size_t to = plus != NULL ? (size_t)(plus - ops.data) : ops.len;
        char *member = yb_arena_strndup(import->arena, ops.data + from, to - from);
        if (!sort_parts(import->arena, member, '/', YB_DIP_CODE_TEXT / 2, part))
            return false;
        if (at > 0)
            joined[at++] = '+';
        at += yb_text_copy(joined + at, sizeof(joined) - at, part);
        from = to + 1;
    }
    return ops.len == 0 || sort_parts(import->arena, joined, '+', YB_DIP_MEMBERS_MAX, ret);
}

/* The four characters of a diagnosis as it is written in full, "I20.000" → "I20.0"; a category or range stays. */
static yb_slice_t short_dx(yb_slice_t dx)
{
    if (memchr(dx.data, '-', dx.len) == NULL && dx.len > 4)
        dx.len = dx.data[3] == '.' ? 5 : 4;
    return dx;
}

/* From the code itself, or its parts. */
static bool make_code(import_t *import, yb_dip_kind_t kind, const char *op_kind, char ret[YB_DIP_CODE_TEXT])
{
    char ops[YB_DIP_CODE_TEXT];
    yb_slice_t dx = field(import, DX), tail = field(import, OPS);
    const yb_slice_t code = field(import, CODE);
    const char *colon = code.len > 0 ? memchr(code.data, ':', code.len) : NULL;
    if (colon != NULL) {
        dx = (yb_slice_t){ code.data, (size_t)(colon - code.data) };
        tail = (yb_slice_t){ colon + 1, code.len - dx.len - 1 };
    } else if (dx.len == 0) {
        dx = code; /* a diagnosis alone: conservative */
    }
    if (kind == YB_DIP_COMPOSITE && dx.len > 0 && dx.data[0] == '~')
        dx = (yb_slice_t){ dx.data + 1, dx.len - 1 };
    const size_t len = short_dx(dx).len;
    int n;
    if (kind == YB_DIP_COMPOSITE)
        n = colon != NULL
                ? snprintf(ret, YB_DIP_CODE_TEXT, "~%.*s:%.*s", (int)dx.len, dx.data, (int)tail.len, tail.data)
                : snprintf(ret, YB_DIP_CODE_TEXT, "~%.*s:%s", (int)dx.len, dx.data, op_kind);
    else if (!sort_ops(import, tail, ops))
        return false;
    else
        n = snprintf(ret, YB_DIP_CODE_TEXT, "%.*s:%s", (int)len, dx.data, ops);
    return n > 0 && n < YB_DIP_CODE_TEXT && strcspn(ret, " \t") == (size_t)n && yb_dip_code_valid(ret, kind);
}

/* ---- rows ---- */

static bool read_number(import_t *import, int column, int scale, int64_t min, int64_t max, int64_t *ret)
{
    char low[YB_DECIMAL_TEXT], high[YB_DECIMAL_TEXT];
    const yb_slice_t text = field(import, column);
    if (yb_decimal_parse(text.data, text.len, scale, ret) == YB_OK && *ret >= min && *ret <= max)
        return true;
    FAULT(import, column, "应为%s至%s之间、最多%d位小数的数", yb_decimal_format(min, scale, low),
          yb_decimal_format(max, scale, high), scale);
    return false;
}

static bool read_kinds(import_t *import, yb_dip_disease_t *d, int *ret_op_kind)
{
    int kind = YB_DIP_CORE;
    const yb_slice_t text = field(import, KIND), op_kind = field(import, OP_KIND), code = field(import, CODE);
    if (text.len == 0 && code.len > 0 && code.data[0] == '~') {
        kind = YB_DIP_COMPOSITE;
    } else if (!find_word(kinds, sizeof(kinds) / sizeof(kinds[0]), text, &kind)) {
        FAULT(import, KIND, "病种类型“%.*s”不认识，应为核心、基层或综合", (int)text.len, text.data);
        return false;
    }
    d->kind = (yb_dip_kind_t)kind;
    *ret_op_kind = YB_DIP_OP_KINDS;
    if (op_kind.len == 0 || find_word(op_kinds, sizeof(op_kinds) / sizeof(op_kinds[0]), op_kind, ret_op_kind))
        return true;
    FAULT(import, OP_KIND, "操作类型“%.*s”不认识，应为保守治疗、诊断性操作、治疗性操作或相关手术", (int)op_kind.len,
          op_kind.data);
    return false;
}

static bool read_row(import_t *import, yb_dip_disease_t *d)
{
    char code[YB_DIP_CODE_TEXT];
    int op_kind;
    *d = (yb_dip_disease_t){ .code = NULL };
    if (!read_kinds(import, d, &op_kind))
        return false;
    const bool said = op_kind < YB_DIP_OP_KINDS;
    if (!make_code(import, d->kind, said ? yb_dip_op_kind_name((yb_dip_op_kind_t)op_kind) : "", code)) {
        FAULT(import, import->columns[CODE] >= 0 ? CODE : DX,
              d->kind == YB_DIP_COMPOSITE ? "综合病种须有章（09）、类目（I20）或范围（I20-I25）和操作类型"
                                          : "须为诊断四位码（如I20.0），手术操作以+和/相连，不含空格");
        return false;
    }
    d->code = yb_arena_strdup(import->arena, code);
    d->op_kind = said ? (yb_dip_op_kind_t)op_kind : yb_dip_code_op_kind(code);
    if (d->kind == YB_DIP_COMPOSITE && d->op_kind != yb_dip_code_op_kind(code)) {
        FAULT(import, OP_KIND, "与病种编码中的操作类型不同");
        return false;
    }
    bool good = read_number(import, RW, 4, 1, 1000000000000LL, &d->rw_e4);
    return read_number(import, MEAN, 2, 1, YB_CASE_FEE_MAX, &d->mean_fen) && good;
}

static yb_dip_disease_t *read_rows(import_t *import, size_t *ret_count)
{
    yb_dip_disease_t *list = NULL;
    size_t count = 0, cap = 0;
    yb_csv_row_t row;
    yb_csv_error_t error;
    yb_csv_result_t result;
    import->row = &row;
    while ((result = yb_csv_next(import->csv, &row, &error)) == YB_CSV_ROW || result == YB_CSV_BAD) {
        if (result == YB_CSV_BAD) {
            tell(import, &error);
            continue;
        }
        if (count == cap) {
            cap = cap == 0 ? 1024 : 2 * cap;
            list = realloc(list, cap * sizeof(*list));
            YB_ASSERT(list != NULL);
        }
        count += read_row(import, &list[count]);
    }
    if (result == YB_CSV_FAILED)
        tell(import, &error);
    *ret_count = count;
    return list;
}

static yb_csv_t *open_table(FILE *file, const char *text, size_t len, bool is_tsv)
{
    if (file != NULL)
        return is_tsv ? yb_tsv_create_file(file) : yb_csv_create_file(file);
    return is_tsv ? yb_tsv_create_memory(text, len) : yb_csv_create_memory(text, len);
}

yb_err_t yb_dip_import(FILE *file, const char *text, size_t len, bool is_tsv, const char *name,
                       yb_file_report_t *report, yb_dip_catalogue_t *ret)
{
    const size_t errors = report->errors;
    const yb_file_place_t whole = { .file = name };
    yb_dip_catalogue_t c = { .arena = yb_arena_create(0) };
    import_t import = { .csv = open_table(file, text, len, is_tsv), .name = name, .report = report, .arena = c.arena };
    size_t count = 0;
    if (c.arena == NULL || import.csv == NULL) {
        yb_arena_destroy(&c.arena);
        yb_csv_destroy(&import.csv);
        return YB_E_NO_MEMORY;
    }
    yb_dip_disease_t *list = find_columns(&import) ? read_rows(&import, &count) : NULL;
    yb_csv_destroy(&import.csv);
    if (report->errors == errors && count == 0)
        yb_file_report_add(report, true, &whole, "没有一个病种");
    if (count > 0)
        yb_dip_take(&c, list, count, name, report);
    free(list);
    if (report->errors > errors) {
        yb_dip_destroy(&c);
        return YB_E_FILE_FORM;
    }
    *ret = c;
    return YB_OK;
}
