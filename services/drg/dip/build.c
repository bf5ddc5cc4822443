/* From history to a catalogue: rows sorted by key, small keys merged, sums by year and level. */
#include <stdlib.h>
#include <string.h>
#include "services/drg/dip/catalogue.h"
#include "services/drg/plan/sheet.h"

enum { YEAR, DX, OPS, OP_KIND, FEE, LEVEL };
static const char *const required[] = { "year", "dx", "ops", "op_kind", "fee", NULL };
static const char *const optional[] = { "level", NULL };

typedef struct row {
    const char *key; /* the disease's, then perhaps the composite's */
    yb_fen_t fee_fen;
    uint32_t line;
    int16_t year, level; /* level: index, -1 = not given */
    uint8_t chapter, op_kind;
} row_t;

typedef struct builder {
    yb_sheet_t *sheet;
    yb_arena_t *arena;
    row_t *rows;
    size_t count, cap;
    size_t level_count;
    char levels[YB_DIP_LEVELS_MAX][YB_PLAN_TEXT];
} builder_t;

/* ---- rows ---- */

static bool read_level(builder_t *b, row_t *row)
{
    char name[YB_PLAN_TEXT];
    row->level = -1;
    if (yb_sheet_text(b->sheet, LEVEL).len == 0)
        return true;
    if (!yb_sheet_code(b->sheet, LEVEL, name))
        return false;
    if (strpbrk(name, ":;") != NULL) {
        yb_sheet_fault(b->sheet, LEVEL, "等级名称不能含冒号或分号");
        return false;
    }
    size_t i = 0;
    while (i < b->level_count && strcmp(b->levels[i], name) != 0)
        i++;
    if (i == YB_DIP_LEVELS_MAX) {
        yb_sheet_fault(b->sheet, LEVEL, "等级过多，最多%d个", YB_DIP_LEVELS_MAX);
        return false;
    }
    if (i == b->level_count)
        memcpy(b->levels[b->level_count++], name, sizeof(name));
    row->level = (int16_t)i;
    return true;
}

static bool read_row(builder_t *b, row_t *row)
{
    char key[YB_DIP_KEY_TEXT];
    int64_t year;
    yb_dip_case_t c;
    yb_slice_t dx = yb_sheet_text(b->sheet, DX);
    yb_dip_op_kind_t op_kind = YB_DIP_NONE;
    bool good = yb_sheet_number(b->sheet, YEAR, 0, 1990, 2999, &year);
    good = yb_sheet_number(b->sheet, FEE, 2, 0, YB_CASE_FEE_MAX, &row->fee_fen) && good;
    if (yb_dip_case_parse(dx, yb_sheet_text(b->sheet, OPS), &c) != YB_OK || yb_dip_key(&c, key) != YB_OK) {
        yb_sheet_fault(b->sheet, DX, YB_DIP_CASE_FAULT);
        good = false;
    }
    if (!yb_dip_op_kind_parse(yb_sheet_text(b->sheet, OP_KIND), &op_kind)) {
        yb_sheet_fault(b->sheet, OP_KIND, "应为none、diagnostic、therapeutic或operation");
        good = false;
    }
    good = read_level(b, row) && good;
    if (!good)
        return false;
    row->key = yb_arena_strdup(b->arena, key);
    row->line = (uint32_t)yb_sheet_line(b->sheet);
    row->year = (int16_t)year;
    row->chapter = (uint8_t)yb_dip_chapter(dx.data, dx.len);
    row->op_kind = (uint8_t)op_kind;
    return true;
}

static void read_rows(builder_t *b)
{
    while (yb_sheet_next(b->sheet)) {
        if (b->count == YB_DIP_HISTORY_MAX) {
            yb_sheet_fault(b->sheet, -1, "病例过多，最多%d例", YB_DIP_HISTORY_MAX);
            return;
        }
        if (b->count == b->cap) {
            b->cap = b->cap == 0 ? 4096 : 2 * b->cap;
            b->rows = realloc(b->rows, b->cap * sizeof(*b->rows));
            YB_ASSERT(b->rows != NULL);
        }
        b->count += read_row(b, &b->rows[b->count]);
    }
}

/* The years become 0, 1, 2. */
static int number_years(builder_t *b, const char *name, yb_file_report_t *report)
{
    int last = 0;
    for (size_t i = 0; i < b->count; i++)
        last = b->rows[i].year > last ? b->rows[i].year : last;
    for (size_t i = 0; i < b->count; i++) {
        const yb_file_place_t place = { .file = name, .at = "year", .line = b->rows[i].line };
        int year = b->rows[i].year - (last - YB_DIP_YEARS + 1);
        if (year < 0)
            yb_file_report_add(report, true, &place, "%d年不在最近三年（%d至%d）之内，请去掉此行", (int)b->rows[i].year,
                               last - 2, last);
        b->rows[i].year = (int16_t)year;
    }
    return last;
}

/* ---- groups ---- */

static int by_key(const void *a, const void *b)
{
    const row_t *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static size_t group_end(const builder_t *b, size_t from)
{
    size_t to = from + 1;
    while (to < b->count && strcmp(b->rows[to].key, b->rows[from].key) == 0)
        to++;
    return to;
}

/* False: more money than a sum holds. */
static bool add(yb_dip_sums_t *sums, const row_t *row)
{
    sums->n[row->year]++;
    sums->fee_fen[row->year] += row->fee_fen;
    return sums->fee_fen[row->year] <= YB_FEN_MAX;
}

static bool sum_rows(const row_t *rows, size_t count, yb_dip_sums_t *ret)
{
    bool fits = true;
    *ret = (yb_dip_sums_t){ .n = { 0 } };
    for (size_t i = 0; i < count; i++)
        fits = add(ret, &rows[i]) && fits;
    return fits;
}

/* Keys with too few cases become their composite's; the rows are sorted before and after. */
static void merge_small(builder_t *b, int threshold)
{
    char key[YB_DIP_KEY_TEXT];
    for (size_t from = 0, to; from < b->count; from = to) {
        yb_dip_sums_t sums;
        to = group_end(b, from);
        (void)sum_rows(b->rows + from, to - from, &sums);
        if (yb_dip_weighted_e1(&sums) >= 10LL * threshold)
            continue;
        for (size_t i = from; i < to; i++) {
            yb_dip_composite_key(b->rows[i].chapter, (yb_dip_op_kind_t)b->rows[i].op_kind, key);
            b->rows[i].key = yb_arena_strdup(b->arena, key);
        }
    }
    qsort(b->rows, b->count, sizeof(*b->rows), by_key);
}

/* ---- trimming ---- */

static int by_year_and_fee(const void *a, const void *b)
{
    const row_t *x = *(const row_t *const *)a, *y = *(const row_t *const *)b;
    if (x->year != y->year)
        return x->year < y->year ? -1 : 1;
    if (x->fee_fen != y->fee_fen)
        return x->fee_fen < y->fee_fen ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

/* Of one disease: floor(n × trim) cases at either end of every year. A row that is cut loses its key. */
static void cut_group(row_t **rows, size_t count, int trim_e4)
{
    qsort(rows, count, sizeof(*rows), by_year_and_fee);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && rows[to]->year == rows[from]->year;)
            to++;
        const size_t cut = (to - from) * (size_t)trim_e4 / YB_E4_ONE;
        for (size_t i = 0; i < cut; i++)
            rows[from + i]->key = rows[to - 1 - i]->key = NULL;
    }
}

/* The rows stay sorted; returns how many went. */
static size_t trim(builder_t *b, int trim_e4)
{
    size_t kept = 0;
    const size_t before = b->count;
    row_t **rows = calloc(b->count, sizeof(*rows));
    YB_ASSERT(rows != NULL);
    for (size_t i = 0; i < b->count; i++)
        rows[i] = &b->rows[i];
    for (size_t from = 0, to; from < b->count; from = to) {
        to = group_end(b, from);
        cut_group(rows + from, to - from, trim_e4);
    }
    free(rows);
    for (size_t i = 0; i < b->count; i++)
        if (b->rows[i].key != NULL)
            b->rows[kept++] = b->rows[i];
    b->count = kept;
    return before - kept;
}

/* ---- diseases ---- */

/* Levels of the last year, in the order they first stood in the file. */
static void sum_levels(const builder_t *b, const row_t *rows, size_t count, yb_dip_disease_t *disease)
{
    yb_dip_level_t levels[YB_DIP_LEVELS_MAX] = { { .n = 0 } };
    for (size_t i = 0; i < count; i++)
        if (rows[i].year == YB_DIP_YEARS - 1 && rows[i].level >= 0) {
            levels[rows[i].level].n++;
            levels[rows[i].level].fee_fen += rows[i].fee_fen;
        }
    yb_dip_level_t *kept = YB_NEW_ARRAY(b->arena, yb_dip_level_t, b->level_count + 1);
    for (size_t i = 0; i < b->level_count; i++)
        if (levels[i].n > 0) {
            memcpy(levels[i].name, b->levels[i], YB_PLAN_TEXT);
            kept[disease->level_count++] = levels[i];
        }
    disease->levels = kept;
}

/* What the catalogue says of one group of rows. */
static yb_err_t make_disease(const builder_t *b, const row_t *rows, size_t count, const yb_dip_mean_t *all,
                             yb_dip_disease_t *d)
{
    *d = (yb_dip_disease_t){ .code = rows[0].key, .kind = rows[0].key[0] == '~' ? YB_DIP_COMPOSITE : YB_DIP_CORE };
    for (size_t i = 0; i < count; i++)
        d->op_kind = rows[i].op_kind > d->op_kind ? (yb_dip_op_kind_t)rows[i].op_kind : d->op_kind;
    (void)sum_rows(rows, count, &d->sums);
    sum_levels(b, rows, count, d);
    const yb_dip_mean_t m = yb_dip_mean(&d->sums);
    yb_err_t err = yb_dip_mean_fen(&m, &d->mean_fen);
    return err == YB_OK ? yb_dip_weight(&m, all, &d->rw_e4) : err;
}

static yb_err_t make_diseases(const builder_t *b, yb_dip_catalogue_t *c)
{
    yb_err_t err = sum_rows(b->rows, b->count, &c->all) ? YB_OK : YB_E_OVERFLOW;
    c->diseases = YB_NEW_ARRAY(b->arena, yb_dip_disease_t, b->count);
    yb_dip_mean_t all = { 0, 0 };
    if (err == YB_OK)
        all = yb_dip_mean(&c->all);
    if (err == YB_OK && all.fen == 0)
        err = YB_E_FIELD_RANGE;
    for (size_t from = 0, to; from < b->count && err == YB_OK; from = to) {
        to = group_end(b, from);
        err = make_disease(b, b->rows + from, to - from, &all, &c->diseases[c->count++]);
    }
    return err;
}

yb_err_t yb_dip_build(FILE *file, const char *text, size_t len, const char *name, const yb_dip_build_t *how,
                      yb_file_report_t *report, yb_dip_catalogue_t *ret)
{
    const yb_sheet_source_t source = {
        .name = name, .file = file, .text = text, .len = len, .required = required, .optional = optional
    };
    const yb_file_place_t whole = { .file = name };
    const size_t errors = report->errors;
    builder_t b = { .arena = yb_arena_create(0) };
    yb_dip_catalogue_t c = { .arena = b.arena };
    if (b.arena == NULL)
        return YB_E_NO_MEMORY;
    b.sheet = yb_sheet_open(&source, report);
    read_rows(&b);
    yb_sheet_close(&b.sheet);
    c.last_year = number_years(&b, name, report);
    if (b.count == 0 && report->errors == errors)
        yb_file_report_add(report, true, &whole, "没有一个病例");
    if (report->errors == errors) {
        qsort(b.rows, b.count, sizeof(*b.rows), by_key);
        merge_small(&b, how->threshold);
        if (how->trim_e4 > 0)
            c.trimmed = trim(&b, how->trim_e4);
        if (make_diseases(&b, &c) != YB_OK)
            yb_file_report_add(report, true, &whole, "费用合计为零或过大，无法计算分值");
    }
    free(b.rows);
    if (report->errors > errors) {
        yb_dip_destroy(&c);
        return YB_E_FILE_FORM;
    }
    *ret = c;
    return YB_OK;
}
