#include "csv.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_SIZE ((size_t)1 << 20)
#define WINDOW ((size_t)YB_CSV_ROW_MAX + 2)   /* the longest row and its line end */

struct yb_csv {
    FILE *file;                     /* NULL: memory */
    const char *memory;
    size_t memory_left;
    char *buf;
    size_t at, filled;              /* unread bytes: [at, filled) */
    uint64_t base;                  /* bytes of the input before buf[0] */
    uint64_t line;                  /* of buf[at] */
    bool eof, failed;
    char delimiter;                 /* ',' with quotes (RFC 4180); '\t' without */
    size_t columns;                 /* 0: header not read */
    char *names[YB_CSV_COLUMNS_MAX];
    char *names_text;
    yb_slice_t fields[YB_CSV_COLUMNS_MAX];
    bool doubled[YB_CSV_COLUMNS_MAX];   /* the field holds doubled quotes */
};

/* One row as found in the buffer. */
typedef struct scan {
    char *start, *end, *resume;     /* row without its line end; where to go on */
    size_t count;                   /* fields, also those beyond COLUMNS_MAX */
    uint64_t newlines;              /* between start and resume */
    bool quoted;                    /* some field was */
    const char *fault;              /* NULL = well formed */
    bool too_long;
    char *unclosed;                 /* the opening quote nothing closes */
} scan_t;

static yb_csv_t *csv_create(char delimiter)
{
    yb_csv_t *csv = calloc(1, sizeof(*csv));
    if (!csv)
        return NULL;
    csv->delimiter = delimiter;
    csv->buf = malloc(BUFFER_SIZE);
    csv->line = 1;
    if (!csv->buf)
        yb_csv_destroy(&csv);
    return csv;
}

static yb_csv_t *of_file(char delimiter, FILE *file)
{
    yb_csv_t *csv = csv_create(delimiter);
    if (csv)
        csv->file = file;
    return csv;
}

static yb_csv_t *of_memory(char delimiter, const void *data, size_t len)
{
    yb_csv_t *csv = csv_create(delimiter);
    if (csv) {
        csv->memory = data;
        csv->memory_left = len;
    }
    return csv;
}

yb_csv_t *yb_csv_create_file(FILE *file) { return of_file(',', file); }
yb_csv_t *yb_csv_create_memory(const void *data, size_t len) { return of_memory(',', data, len); }
yb_csv_t *yb_tsv_create_file(FILE *file) { return of_file('\t', file); }
yb_csv_t *yb_tsv_create_memory(const void *data, size_t len) { return of_memory('\t', data, len); }

void yb_csv_destroy(yb_csv_t **csv)
{
    if (!csv || !*csv)
        return;
    free((*csv)->buf);
    free((*csv)->names_text);
    free(*csv);
    *csv = NULL;
}

/* Moves what is unread to the front and fills the rest of the buffer. */
static void buffer_fill(yb_csv_t *csv)
{
    size_t left = csv->filled - csv->at;
    memmove(csv->buf, csv->buf + csv->at, left);
    csv->base += csv->at;
    csv->at = 0;
    csv->filled = left;
    size_t room = BUFFER_SIZE - left, n;
    if (csv->file) {
        n = fread(csv->buf + left, 1, room, csv->file);
        csv->failed = n < room && ferror(csv->file);
    } else {
        n = csv->memory_left < room ? csv->memory_left : room;
        if (n)
            memcpy(csv->buf + left, csv->memory, n);
        csv->memory = n ? csv->memory + n : csv->memory;
        csv->memory_left -= n;
    }
    csv->filled += n;
    csv->eof = n < room;
}

static uint64_t newlines_count(const char *from, const char *to)
{
    uint64_t count = 0;
    while (from < to && (from = memchr(from, '\n', (size_t)(to - from))) != NULL) {
        count++;
        from++;
    }
    return count;
}

static void field_push(yb_csv_t *csv, scan_t *scan, const char *from, const char *to, bool doubled)
{
    if (scan->count < YB_CSV_COLUMNS_MAX) {
        csv->fields[scan->count] = (yb_slice_t){ from, (size_t)(to - from) };
        csv->doubled[scan->count] = doubled;
    }
    scan->count++;
}

/* A field that begins with a quote at p; returns what follows the closing quote, NULL on a fault or at the
 * limit. */
static char *quoted_scan(yb_csv_t *csv, scan_t *scan, char *p, char *limit)
{
    char *from = p + 1;
    bool doubled = false;
    scan->quoted = true;
    for (char *q = from; (q = memchr(q, '"', (size_t)(limit - q))) != NULL; q += 2) {
        if (q + 1 < limit && q[1] == '"') {
            doubled = true;
            continue;
        }
        scan->newlines += newlines_count(from, q);
        field_push(csv, scan, from, q, doubled);
        q++;
        if (q == limit || *q == ',' || *q == '\n' || (*q == '\r' && (q + 1 == limit || q[1] == '\n')))
            return q;
        scan->fault = "引号结束后还有内容；引号内的引号请写两次";
        scan->count--;
        scan->resume = q;
        return NULL;
    }
    scan->unclosed = p;
    return NULL;
}

static char *plain_scan(yb_csv_t *csv, scan_t *scan, char *p, char *limit)
{
    static const bool stops_csv[256] = { [','] = true, ['\n'] = true, ['"'] = true };
    static const bool stops_tsv[256] = { ['\t'] = true, ['\n'] = true };
    const bool *stops = csv->delimiter == '\t' ? stops_tsv : stops_csv;
    char *from = p;
    while (p < limit && !stops[(unsigned char)*p])
        p++;
    if (p < limit && *p == '"') {
        scan->fault = "未加引号的内容里有引号；请整段用引号括起，内部引号写两次";
        scan->resume = p;
        return NULL;
    }
    bool line_end = p == limit || *p == '\n';
    field_push(csv, scan, from, line_end && p > from && p[-1] == '\r' ? p - 1 : p, false);
    return p;
}

/* Finds the row that begins at csv->at and its fields. The buffer holds it whole, or the row is too long. */
static void row_scan(yb_csv_t *csv, scan_t *scan)
{
    char *p = csv->buf + csv->at;
    size_t left = csv->filled - csv->at;
    bool capped = left > WINDOW || (left == WINDOW && !csv->eof);
    char *limit = p + (capped ? WINDOW : left);
    *scan = (scan_t){ .start = p };
    while (1) {
        bool quoted = csv->delimiter == ',' && p < limit && *p == '"';
        char *next = quoted ? quoted_scan(csv, scan, p, limit) : plain_scan(csv, scan, p, limit);
        if (!next) {
            scan->too_long = scan->unclosed && capped;
            return;
        }
        p = next;
        if (p < limit && *p == csv->delimiter) {
            p++;
            continue;
        }
        break;
    }
    scan->end = p;
    if (p < limit && *p == '\r')   /* behind a closing quote */
        p++;
    else if (p > scan->start && p[-1] == '\r')
        scan->end = p - 1;
    bool line_end = p < limit && *p == '\n';
    scan->resume = p + line_end;
    scan->newlines += line_end;
    scan->too_long = (!line_end && capped) || (size_t)(scan->end - scan->start) > YB_CSV_ROW_MAX;
}

static void error_fill(const yb_csv_t *csv, uint64_t line, size_t column_no, yb_csv_error_t *ret_error,
    const char *fmt, va_list args)
{
    ret_error->line = line;
    ret_error->column_no = (uint32_t)column_no;
    const char *name = column_no > 0 ? yb_csv_column_name(csv, column_no - 1) : "";
    yb_text_copy(ret_error->column, sizeof(ret_error->column), name);
    char reason[sizeof(ret_error->reason) + 1];   /* one byte more: the cut must see what follows */
    if (vsnprintf(reason, sizeof(reason), fmt, args) < 0)
        reason[0] = '\0';
    yb_text_copy(ret_error->reason, sizeof(ret_error->reason), reason);
}

static void __attribute__((format(printf, 5, 6))) error_set(const yb_csv_t *csv, uint64_t line,
    size_t column_no, yb_csv_error_t *ret_error, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    error_fill(csv, line, column_no, ret_error, fmt, args);
    va_end(args);
}

void yb_csv_fault(const yb_csv_t *csv, const yb_csv_row_t *row, int column, yb_csv_error_t *ret_error,
    const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    error_fill(csv, row->line, column < 0 ? 0 : (size_t)column + 1, ret_error, fmt, args);
    va_end(args);
}

/* Goes on behind the first line end at or after `from`. */
static void line_skip(yb_csv_t *csv, const char *from)
{
    size_t at = (size_t)(from - csv->buf);
    csv->line += newlines_count(csv->buf + csv->at, from);
    csv->at = at;
    while (1) {
        char *end = memchr(csv->buf + csv->at, '\n', csv->filled - csv->at);
        if (end) {
            csv->at = (size_t)(end - csv->buf) + 1;
            csv->line++;
            return;
        }
        csv->at = csv->filled;
        if (csv->eof)
            return;
        buffer_fill(csv);
    }
}

/* The row's form is broken: says how and finds the next row. Behind an unclosed quote that is the next
 * line, else one forgotten quote would swallow the rest of the file. */
static void broken_row_pass(yb_csv_t *csv, const scan_t *scan, yb_csv_error_t *ret_error)
{
    size_t column_no = scan->fault || scan->unclosed ? scan->count + 1 : 0;
    const char *reason = scan->fault;
    if (scan->unclosed)
        reason = scan->too_long ? "引号没有结束，或一行超过64 KiB；请补上结束引号" : "引号没有结束；请补上结束引号";
    else if (scan->too_long)
        reason = csv->delimiter == ',' ? "一行超过64 KiB；请检查引号和换行" : "一行超过64 KiB；请检查换行";
    error_set(csv, csv->line, column_no, ret_error, "%s", reason);
    line_skip(csv, scan->fault ? scan->resume : scan->start);
}

static void fields_undouble(yb_csv_t *csv, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!csv->doubled[i])
            continue;
        char *from = csv->buf + (csv->fields[i].data - csv->buf), *to = from;
        for (size_t k = 0; k < csv->fields[i].len; k++) {
            *to++ = from[k];
            k += from[k] == '"';   /* its twin */
        }
        csv->fields[i].len = (size_t)(to - from);
    }
}

/* Characters no field may hold. False: *ret_error is filled. */
static bool row_text_check(const yb_csv_t *csv, const scan_t *scan, yb_csv_error_t *ret_error)
{
    size_t len = (size_t)(scan->end - scan->start);
    bool nul = len > 0 && memchr(scan->start, '\0', len) != NULL;
    if (!nul && yb_utf8_valid(scan->start, len))
        return true;
    size_t count = scan->count < YB_CSV_COLUMNS_MAX ? scan->count : YB_CSV_COLUMNS_MAX, i = 0;
    for (; i < count; i++) {
        const yb_slice_t *f = &csv->fields[i];
        if (nul ? f->len > 0 && memchr(f->data, '\0', f->len) != NULL : !yb_utf8_valid(f->data, f->len))
            break;
    }
    error_set(csv, csv->line, i < count ? i + 1 : 0, ret_error, "%s",
        nul ? "含空字符（NUL）；请用文本编辑器清除" : "不是UTF-8编码（可能是GBK）；请将文件另存为UTF-8");
    return false;
}

static bool row_is_blank(const yb_csv_t *csv, const scan_t *scan)
{
    return scan->count == 1 && !scan->quoted && csv->fields[0].len == 0 && !scan->too_long;
}

static void row_pass(yb_csv_t *csv, const scan_t *scan)
{
    csv->at = (size_t)(scan->resume - csv->buf);
    csv->line += scan->newlines;
}

/* The next row that is not blank, its form and its text checked, csv->at still at its start;
 * bad ones are passed over. */
static yb_csv_result_t row_find(yb_csv_t *csv, scan_t *scan, yb_csv_error_t *ret_error)
{
    while (1) {
        if (!csv->eof && csv->filled - csv->at < WINDOW)
            buffer_fill(csv);
        if (csv->failed) {
            error_set(csv, csv->line, 0, ret_error, "读取文件失败；请检查磁盘后重试");
            return YB_CSV_FAILED;
        }
        if (csv->at == csv->filled)
            return YB_CSV_END;
        row_scan(csv, scan);
        if (scan->fault || scan->unclosed || scan->too_long) {
            broken_row_pass(csv, scan, ret_error);
            return YB_CSV_BAD;
        }
        bool blank = row_is_blank(csv, scan);
        if (!blank && row_text_check(csv, scan, ret_error))
            return YB_CSV_ROW;
        row_pass(csv, scan);
        if (!blank)
            return YB_CSV_BAD;
    }
}

yb_csv_result_t yb_csv_next(yb_csv_t *csv, yb_csv_row_t *ret_row, yb_csv_error_t *ret_error)
{
    YB_ASSERT(csv->columns > 0);
    scan_t scan = { 0 };
    yb_csv_result_t result = row_find(csv, &scan, ret_error);
    if (result != YB_CSV_ROW)
        return result;
    if (scan.count != csv->columns) {
        error_set(csv, csv->line, 0, ret_error, "应有%zu列，实有%zu列；%s", csv->columns, scan.count,
            csv->delimiter == ',' ? "内容里有逗号或换行时请用引号括起" : "列之间用一个制表符分隔，内容里不能有制表符");
        row_pass(csv, &scan);
        return YB_CSV_BAD;
    }
    fields_undouble(csv, scan.count);
    ret_row->fields = csv->fields;
    ret_row->count = scan.count;
    ret_row->line = csv->line;
    ret_row->offset = csv->base + csv->at;
    row_pass(csv, &scan);
    return YB_CSV_ROW;
}

/* --- header --------------------------------------------------------------------------------------------- */

static yb_err_t names_take(yb_csv_t *csv, const scan_t *scan)
{
    size_t total = 0;
    for (size_t i = 0; i < scan->count; i++)
        total += csv->fields[i].len + 1;
    csv->names_text = malloc(total);
    if (!csv->names_text)
        return YB_E_NO_MEMORY;
    char *at = csv->names_text;
    for (size_t i = 0; i < scan->count; i++) {
        csv->names[i] = at;
        memcpy(at, csv->fields[i].data, csv->fields[i].len);
        at += csv->fields[i].len;
        *at++ = '\0';
    }
    csv->columns = scan->count;
    return YB_OK;
}

static yb_err_t names_check(const yb_csv_t *csv, const char *const *required, yb_csv_error_t *ret_error)
{
    for (size_t i = 0; i < csv->columns; i++) {
        if (csv->names[i][0] == '\0') {
            error_set(csv, csv->line, i + 1, ret_error, "第%zu列没有列名；请在首行补上", i + 1);
            return YB_E_FILE_FORM;
        }
        if (yb_csv_column(csv, csv->names[i]) != (int)i) {
            error_set(csv, csv->line, i + 1, ret_error, "列名重复；每个列名只能出现一次");
            return YB_E_FILE_FORM;
        }
    }
    for (; required && *required; required++) {
        if (yb_csv_column(csv, *required) < 0) {
            error_set(csv, csv->line, 0, ret_error, "首行缺少列“%s”；请补上该列", *required);
            yb_text_copy(ret_error->column, sizeof(ret_error->column), *required);
            return YB_E_FILE_FORM;
        }
    }
    return YB_OK;
}

/* Passes over the byte order mark. False: UTF-16, which no row could be read from. */
static bool mark_pass(yb_csv_t *csv)
{
    const unsigned char *p = (const unsigned char *)csv->buf;
    if (csv->filled >= 3 && p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF)
        csv->at = 3;
    return !(csv->filled >= 2 && ((p[0] == 0xFF && p[1] == 0xFE) || (p[0] == 0xFE && p[1] == 0xFF)));
}

yb_err_t yb_csv_header(yb_csv_t *csv, const char *const *required, yb_csv_error_t *ret_error)
{
    YB_ASSERT(csv->columns == 0 && csv->base == 0 && csv->at == 0);
    buffer_fill(csv);
    if (!csv->failed && !mark_pass(csv)) {
        error_set(csv, 1, 0, ret_error, "文件是UTF-16编码；请另存为UTF-8");
        return YB_E_FILE_FORM;
    }
    scan_t scan = { 0 };
    switch (row_find(csv, &scan, ret_error)) {
    case YB_CSV_FAILED:
        return YB_E_IO;
    case YB_CSV_BAD:
        return YB_E_FILE_FORM;
    case YB_CSV_END:
        error_set(csv, 1, 0, ret_error, "文件为空；首行应为列名");
        return YB_E_FILE_FORM;
    case YB_CSV_ROW:
        break;
    }
    if (scan.count > YB_CSV_COLUMNS_MAX) {
        error_set(csv, csv->line, 0, ret_error, "列数%zu超过上限%d；请删去不用的列", scan.count, YB_CSV_COLUMNS_MAX);
        return YB_E_FILE_FORM;
    }
    fields_undouble(csv, scan.count);
    yb_err_t err = names_take(csv, &scan);
    if (err == YB_OK)
        err = names_check(csv, required, ret_error);
    row_pass(csv, &scan);
    return err;
}

int yb_csv_column(const yb_csv_t *csv, const char *name)
{
    for (size_t i = 0; i < csv->columns; i++) {
        if (strcmp(csv->names[i], name) == 0)
            return (int)i;
    }
    return -1;
}

size_t yb_csv_column_count(const yb_csv_t *csv)
{
    return csv->columns;
}

const char *yb_csv_column_name(const yb_csv_t *csv, size_t column)
{
    return column < csv->columns ? csv->names[column] : "";
}

uint64_t yb_csv_offset(const yb_csv_t *csv)
{
    return csv->base + csv->at;
}
