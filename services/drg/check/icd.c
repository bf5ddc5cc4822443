#include "icd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    const char *code, *name;
    uint32_t line;
    bool is_gray;
} entry_t;
typedef struct crossing {
    const char *from;
    const entry_t *to;
    uint32_t line;
} crossing_t;

/* One kind. Texts lie in `texts`, cut in place. */
typedef struct book {
    char *texts[3];        /* codes, gray, crosswalk */
    entry_t *codes;        /* sorted by code */
    crossing_t *crossings; /* sorted by from */
    size_t code_count, gray_count, crossing_count;
} book_t;
struct yb_icd {
    book_t books[2]; /* by yb_code_kind_t */
};

static const char *const file_names[2][3] = {
    [YB_CODE_DX] = { YB_ICD_DX_FILE, YB_ICD_DX_GRAY_FILE, YB_ICD_DX_CROSSWALK_FILE },
    [YB_CODE_PX] = { YB_ICD_PX_FILE, YB_ICD_PX_GRAY_FILE, YB_ICD_PX_CROSSWALK_FILE },
};

/* ---- lines ---- */

/* Cuts the next line that is not blank out of *at; NULL at the end. */
static char *next_line(char **at, uint32_t *line_no)
{
    while (**at != '\0') {
        char *line = *at, *end = line + strcspn(line, "\n");
        *at = *end == '\n' ? end + 1 : end;
        while (end > line && (end[-1] == '\r' || end[-1] == ' ' || end[-1] == '\t'))
            end--;
        *end = '\0';
        ++*line_no;
        if (line[0] != '\0')
            return line;
    }
    return NULL;
}

static size_t line_count(const char *text)
{
    size_t count = 1;
    for (; (text = strchr(text, '\n')) != NULL; text++)
        count++;
    return count;
}

static char *after_mark(char *text) { return strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text; }

/* Cuts "first second" at its first blank. False with a finding when there is none or the code is too long. */
static bool split(yb_file_report_t *report, const char *file, uint32_t line_no, char *line, char **ret_second)
{
    char *blank = line + strcspn(line, " \t");
    size_t len = (size_t)(blank - line);
    if (len > YB_ICD_CODE_MAX) {
        yb_file_report_add(report, true, &(yb_file_place_t){ .file = file, .line = line_no }, "编码超过%d个字符",
                           YB_ICD_CODE_MAX);
        return false;
    }
    if (ret_second == NULL && *blank == '\0')
        return true;
    if (ret_second == NULL || len == 0 || *blank == '\0') {
        yb_file_report_add(report, true, &(yb_file_place_t){ .file = file, .line = line_no }, "%s",
                           ret_second == NULL ? "一行只应有一个编码" : "应为以空格分开的两部分");
        return false;
    }
    *blank = '\0';
    *ret_second = blank + 1 + strspn(blank + 1, " \t");
    return true;
}

/* ---- order ---- */

static int entry_order(const void *a, const void *b)
{
    const entry_t *x = a, *y = b;
    int order = strcmp(x->code, y->code);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static int crossing_order(const void *a, const void *b)
{
    const crossing_t *x = a, *y = b;
    int order = strcmp(x->from, y->from);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static int entry_seek(const void *key, const void *at) { return strcmp(key, ((const entry_t *)at)->code); }

static int crossing_seek(const void *key, const void *at) { return strcmp(key, ((const crossing_t *)at)->from); }

/* NULL = none. */
static entry_t *code_find(const book_t *book, const char *code)
{
    return book->code_count == 0 ? NULL : bsearch(code, book->codes, book->code_count, sizeof(entry_t), entry_seek);
}

static const crossing_t *crossing_find(const book_t *book, const char *code)
{
    return book->crossing_count == 0
               ? NULL
               : bsearch(code, book->crossings, book->crossing_count, sizeof(crossing_t), crossing_seek);
}

/* ---- the three files of a kind ---- */

static yb_err_t read_codes(book_t *book, const char *file, yb_file_report_t *report)
{
    uint32_t line_no = 0;
    char *at = after_mark(book->texts[0]), *name;
    book->codes = calloc(line_count(at), sizeof(entry_t));
    if (book->codes == NULL)
        return YB_E_NO_MEMORY;
    for (char *line; (line = next_line(&at, &line_no)) != NULL;)
        if (split(report, file, line_no, line, &name))
            book->codes[book->code_count++] = (entry_t){ .code = line, .name = name, .line = line_no };
    qsort(book->codes, book->code_count, sizeof(entry_t), entry_order);
    size_t kept = 0;
    for (size_t i = 0; i < book->code_count; i++) {
        const entry_t *entry = &book->codes[i], *before = kept > 0 ? &book->codes[kept - 1] : NULL;
        if (before != NULL && strcmp(before->code, entry->code) == 0)
            yb_file_report_add(report, strcmp(before->name, entry->name) != 0,
                               &(yb_file_place_t){ .file = file, .line = entry->line }, "%s重复，第%u行已有",
                               entry->code, (unsigned)before->line);
        else
            book->codes[kept++] = *entry;
    }
    book->code_count = kept;
    if (kept == 0)
        yb_file_report_add(report, true, &(yb_file_place_t){ .file = file }, "文件为空");
    return YB_OK;
}

static void read_gray(book_t *book, const char *file, yb_file_report_t *report)
{
    uint32_t line_no = 0;
    char *at = after_mark(book->texts[1]);
    for (char *line; (line = next_line(&at, &line_no)) != NULL;) {
        if (!split(report, file, line_no, line, NULL))
            continue;
        entry_t *entry = code_find(book, line);
        if (entry == NULL)
            yb_file_report_add(report, false, &(yb_file_place_t){ .file = file, .line = line_no }, "灰码%s不在编码表中",
                               line);
        else if (entry->is_gray)
            yb_file_report_add(report, false, &(yb_file_place_t){ .file = file, .line = line_no }, "灰码%s重复", line);
        else
            book->gray_count++;
        if (entry != NULL)
            entry->is_gray = true;
    }
}

static yb_err_t read_crosswalk(book_t *book, const char *file, yb_file_report_t *report)
{
    uint32_t line_no = 0;
    char *at = after_mark(book->texts[2]), *to;
    book->crossings = calloc(line_count(at), sizeof(crossing_t));
    if (book->crossings == NULL)
        return YB_E_NO_MEMORY;
    for (char *line; (line = next_line(&at, &line_no)) != NULL;) {
        if (!split(report, file, line_no, line, &to))
            continue;
        const entry_t *entry = code_find(book, to);
        if (entry == NULL)
            yb_file_report_add(report, false, &(yb_file_place_t){ .file = file, .line = line_no },
                               "%s对照的%s不在编码表中", line, to);
        else
            book->crossings[book->crossing_count++] = (crossing_t){ .from = line, .to = entry, .line = line_no };
    }
    qsort(book->crossings, book->crossing_count, sizeof(crossing_t), crossing_order);
    size_t kept = 0;
    for (size_t i = 0; i < book->crossing_count; i++) {
        const crossing_t *crossing = &book->crossings[i], *before = kept > 0 ? &book->crossings[kept - 1] : NULL;
        if (before != NULL && strcmp(before->from, crossing->from) == 0)
            yb_file_report_add(report, before->to != crossing->to,
                               &(yb_file_place_t){ .file = file, .line = crossing->line }, "%s重复，第%u行已有",
                               crossing->from, (unsigned)before->line);
        else
            book->crossings[kept++] = *crossing;
    }
    book->crossing_count = kept;
    return YB_OK;
}

static yb_err_t load_book(book_t *book, const char *dir, const char *const files[3], yb_file_report_t *report)
{
    bool readable = true;
    for (int i = 0; i < 3; i++) {
        char path[4096];
        int n = snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
        if (n > 0 && (size_t)n < sizeof(path))
            book->texts[i] = yb_file_report_text(report, path, YB_ICD_FILE_MAX);
        readable = readable && book->texts[i] != NULL;
    }
    if (!readable)
        return YB_OK; /* the findings say which and why */
    yb_err_t err = read_codes(book, files[0], report);
    if (err != YB_OK)
        return err;
    read_gray(book, files[1], report);
    return read_crosswalk(book, files[2], report);
}

/* ---- the door ---- */

yb_err_t yb_icd_load(const char *dir, yb_file_report_t *ret_report, yb_icd_t **ret_icd)
{
    memset(ret_report, 0, sizeof(*ret_report));
    yb_icd_t *icd = calloc(1, sizeof(*icd));
    if (icd == NULL)
        return YB_E_NO_MEMORY;
    yb_err_t err = YB_OK;
    for (int kind = 0; kind < 2 && err == YB_OK; kind++)
        err = load_book(&icd->books[kind], dir, file_names[kind], ret_report);
    if (err == YB_OK && ret_report->errors > 0)
        err = YB_E_FILE_FORM;
    if (err != YB_OK)
        yb_icd_destroy(&icd);
    else
        *ret_icd = icd;
    return err;
}

void yb_icd_destroy(yb_icd_t **icd)
{
    if (icd == NULL || *icd == NULL)
        return;
    for (int kind = 0; kind < 2; kind++) {
        book_t *book = &(*icd)->books[kind];
        for (int i = 0; i < 3; i++)
            free(book->texts[i]);
        free(book->codes);
        free(book->crossings);
    }
    free(*icd);
    *icd = NULL;
}

size_t yb_icd_code_count(const yb_icd_t *icd, yb_code_kind_t kind) { return icd->books[kind].code_count; }

size_t yb_icd_gray_count(const yb_icd_t *icd, yb_code_kind_t kind) { return icd->books[kind].gray_count; }

size_t yb_icd_crosswalk_count(const yb_icd_t *icd, yb_code_kind_t kind) { return icd->books[kind].crossing_count; }

void yb_icd_find(const void *ctx, yb_code_kind_t kind, const char *code, yb_code_fact_t *ret_fact)
{
    const book_t *book = &((const yb_icd_t *)ctx)->books[kind];
    const entry_t *entry = code_find(book, code);
    const crossing_t *crossing = crossing_find(book, code);
    *ret_fact = (yb_code_fact_t){ .name = "" };
    if (entry == NULL && crossing == NULL)
        return;
    const entry_t *meant = entry != NULL ? entry : crossing->to;
    ret_fact->code = meant->code;
    ret_fact->name = meant->name;
    ret_fact->is_gray = meant->is_gray;
    ret_fact->is_mapped = entry == NULL;
    ret_fact->is_ambiguous = entry != NULL && crossing != NULL && crossing->to != entry;
    ret_fact->other = ret_fact->is_ambiguous ? crossing->to->code : NULL;
}
