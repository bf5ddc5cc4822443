#include "catalogue.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "services/drg/plan/sheet.h"

void yb_dip_destroy(yb_dip_catalogue_t *catalogue)
{
    if (catalogue == NULL)
        return;
    yb_arena_destroy(&catalogue->arena);
    *catalogue = (yb_dip_catalogue_t){ .count = 0 };
}

/* ---- finding ---- */

static int by_code(const void *code, const void *disease)
{
    return strcmp(code, ((const yb_dip_disease_t *)disease)->code);
}

const yb_dip_disease_t *yb_dip_find(const yb_dip_catalogue_t *catalogue, const char *code)
{
    return catalogue->count == 0
               ? NULL
               : bsearch(code, catalogue->diseases, catalogue->count, sizeof(*catalogue->diseases), by_code);
}

const yb_dip_disease_t *yb_dip_match(const yb_dip_catalogue_t *catalogue, const char *key, yb_dip_op_kind_t op_kind)
{
    char composite[YB_DIP_KEY_TEXT];
    const yb_dip_disease_t *core = yb_dip_find(catalogue, key);
    if (core != NULL)
        return core;
    yb_dip_composite_key(yb_dip_chapter(key, strlen(key)), op_kind, composite);
    return yb_dip_find(catalogue, composite);
}

const yb_dip_level_t *yb_dip_level(const yb_dip_disease_t *disease, const char *name)
{
    for (size_t i = 0; i < disease->level_count; i++)
        if (strcmp(disease->levels[i].name, name) == 0)
            return &disease->levels[i];
    return NULL;
}

/* ---- writing ---- */

enum { CODE, KIND, LAST_YEAR, N1, N2, N3, FEE1, FEE2, FEE3, WEIGHTED, MEAN, RW, LEVELS };
static const char *const columns[] = { "code",  "kind",  "last_year", "n_1",  "n_2", "n_3",    "fee_1",
                                       "fee_2", "fee_3", "weighted",  "mean", "rw",  "levels", NULL };

static void write_levels(const yb_dip_disease_t *disease, FILE *out)
{
    char fee[YB_DECIMAL_TEXT];
    for (size_t i = 0; i < disease->level_count; i++)
        fprintf(out, "%s%s:%" PRId64 ":%s", i > 0 ? ";" : "", disease->levels[i].name, disease->levels[i].n,
                yb_fen_format(disease->levels[i].fee_fen, fee));
    fputc('\n', out);
}

void yb_dip_write(const yb_dip_catalogue_t *catalogue, FILE *out)
{
    for (int i = 0; columns[i] != NULL; i++)
        fprintf(out, "%s%s", i > 0 ? "\t" : "", columns[i]);
    fputc('\n', out);
    for (size_t i = 0; i < catalogue->count; i++) {
        const yb_dip_disease_t *d = &catalogue->diseases[i];
        char fee[YB_DIP_YEARS][YB_DECIMAL_TEXT], weighted[YB_DECIMAL_TEXT], mean[YB_DECIMAL_TEXT], rw[YB_DECIMAL_TEXT];
        const yb_dip_mean_t m = yb_dip_mean(&d->sums);
        yb_fen_t mean_fen = 0;
        YB_ASSERT(yb_dip_mean_fen(&m, &mean_fen) == YB_OK);
        fprintf(out, "%s\t%s\t%d\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%s\t%s\t%s\t%s\t%s\t%s\t", d->code,
                yb_dip_is_core(d) ? "core" : "composite", catalogue->last_year, d->sums.n[0], d->sums.n[1],
                d->sums.n[2], yb_fen_format(d->sums.fee_fen[0], fee[0]), yb_fen_format(d->sums.fee_fen[1], fee[1]),
                yb_fen_format(d->sums.fee_fen[2], fee[2]), yb_decimal_format(yb_dip_weighted_e1(&d->sums), 1, weighted),
                yb_fen_format(mean_fen, mean), yb_decimal_format(d->rw_e4, 4, rw));
        write_levels(d, out);
    }
}

/* ---- reading ---- */

static bool read_code(yb_sheet_t *sheet, yb_arena_t *arena, yb_dip_disease_t *d)
{
    yb_slice_t text = yb_sheet_text(sheet, CODE);
    bool good = text.len > 0 && text.len < YB_DIP_KEY_TEXT && memchr(text.data, ' ', text.len) == NULL;
    if (good)
        d->code = yb_arena_strndup(arena, text.data, text.len);
    else
        yb_sheet_fault(sheet, CODE, "病种编码为空、过长或含空格");
    return good;
}

/* "三级:20:12345.67;二级:16:…" */
static bool read_levels(yb_sheet_t *sheet, yb_arena_t *arena, yb_dip_disease_t *d)
{
    yb_slice_t text = yb_sheet_text(sheet, LEVELS);
    yb_dip_level_t levels[YB_DIP_LEVELS_MAX];
    size_t count = 0;
    for (size_t from = 0; from < text.len; count++) {
        const char *start = text.data + from, *semicolon = memchr(start, ';', text.len - from);
        size_t len = semicolon != NULL ? (size_t)(semicolon - start) : text.len - from;
        const char *one = memchr(start, ':', len);
        const char *two = one != NULL ? memchr(one + 1, ':', len - (size_t)(one + 1 - start)) : NULL;
        if (count == YB_DIP_LEVELS_MAX || two == NULL || one == start || one - start >= YB_PLAN_TEXT ||
            yb_decimal_parse(one + 1, (size_t)(two - one - 1), 0, &levels[count].n) != YB_OK ||
            yb_decimal_parse(two + 1, len - (size_t)(two + 1 - start), 2, &levels[count].fee_fen) != YB_OK ||
            levels[count].n < 1 || levels[count].n > YB_DIP_CASES_MAX || levels[count].fee_fen < 0 ||
            levels[count].fee_fen > YB_FEN_MAX) {
            yb_sheet_fault(sheet, LEVELS, "应写成“等级:例数:费用”，以分号相连");
            return false;
        }
        yb_text_copy_n(levels[count].name, YB_PLAN_TEXT, start, (size_t)(one - start));
        from += len + 1;
    }
    d->levels = yb_arena_memdup(arena, levels, count * sizeof(*levels));
    d->level_count = count;
    return true;
}

static bool read_disease(yb_sheet_t *sheet, yb_arena_t *arena, yb_dip_disease_t *d, int64_t *ret_last_year)
{
    bool good = read_code(sheet, arena, d);
    good = yb_sheet_number(sheet, LAST_YEAR, 0, 1990, 2999, ret_last_year) && good;
    for (int y = 0; y < YB_DIP_YEARS; y++) {
        good = yb_sheet_number(sheet, N1 + y, 0, 0, YB_DIP_CASES_MAX, &d->sums.n[y]) && good;
        good = yb_sheet_number(sheet, FEE1 + y, 2, 0, YB_FEN_MAX, &d->sums.fee_fen[y]) && good;
    }
    good = yb_sheet_number(sheet, RW, 4, 0, 1000000000000LL, &d->rw_e4) && good;
    if (good && yb_dip_weighted_e1(&d->sums) == 0) {
        yb_sheet_fault(sheet, N1, "三年都没有病例");
        return false;
    }
    return good && read_levels(sheet, arena, d);
}

static int by_code_of_both(const void *a, const void *b)
{
    return strcmp(((const yb_dip_disease_t *)a)->code, ((const yb_dip_disease_t *)b)->code);
}

static void take(yb_dip_catalogue_t *c, yb_dip_disease_t *list, size_t count, const char *name,
                 yb_file_report_t *report)
{
    const yb_file_place_t place = { .file = name, .at = "code" };
    qsort(list, count, sizeof(*list), by_code_of_both);
    for (size_t i = 1; i < count; i++)
        if (strcmp(list[i - 1].code, list[i].code) == 0)
            yb_file_report_add(report, true, &place, "病种%s重复", list[i].code);
    c->diseases = yb_arena_memdup(c->arena, list, count * sizeof(*list));
    c->count = count;
}

yb_err_t yb_dip_read(FILE *file, const char *text, size_t len, const char *name, yb_file_report_t *report,
                     yb_dip_catalogue_t *ret)
{
    const yb_sheet_source_t source = { .name = name, .file = file, .text = text, .len = len, .required = columns };
    const size_t errors = report->errors;
    yb_dip_catalogue_t c = { .arena = yb_arena_create(0) };
    yb_dip_disease_t *list = NULL;
    size_t count = 0, cap = 0;
    int64_t last_year = 0;
    if (c.arena == NULL)
        return YB_E_NO_MEMORY;
    yb_sheet_t *sheet = yb_sheet_open(&source, report);
    while (yb_sheet_next(sheet)) {
        if (count == cap) {
            cap = cap == 0 ? 1024 : 2 * cap;
            list = realloc(list, cap * sizeof(*list));
            YB_ASSERT(list != NULL);
        }
        list[count] = (yb_dip_disease_t){ .code = NULL };
        count += read_disease(sheet, c.arena, &list[count], &last_year);
    }
    if (yb_sheet_is_good(sheet) && count == 0)
        yb_sheet_fault(sheet, -1, "目录没有一个病种");
    yb_sheet_close(&sheet);
    if (count > 0)
        take(&c, list, count, name, report);
    free(list);
    c.last_year = (int)last_year;
    if (report->errors > errors) {
        yb_dip_destroy(&c);
        return YB_E_FILE_FORM;
    }
    *ret = c;
    return YB_OK;
}
