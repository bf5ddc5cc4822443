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

/* ---- writing ---- */

enum { CODE, KIND, LAST_YEAR, N1, N2, N3, FEE1, FEE2, FEE3, WEIGHTED, MEAN, RW, LEVELS, OP_KIND };
static const char *const columns[] = { "code",  "kind",  "last_year", "n_1",  "n_2", "n_3",    "fee_1",
                                       "fee_2", "fee_3", "weighted",  "mean", "rw",  "levels", NULL };
static const char *const optional_columns[] = { "op_kind", NULL }; /* older files have none */

static void write_levels(const yb_dip_disease_t *disease, FILE *out)
{
    char fee[YB_DECIMAL_TEXT];
    for (size_t i = 0; i < disease->level_count; i++)
        fprintf(out, "%s%s:%" PRId64 ":%s", i > 0 ? ";" : "", disease->levels[i].name, disease->levels[i].n,
                yb_fen_format(disease->levels[i].fee_fen, fee));
}

/* Empty where a published table came without sums. */
static void write_sums(const yb_dip_sums_t *sums, int last_year, FILE *out)
{
    char text[YB_DECIMAL_TEXT];
    if (yb_dip_weighted_e1(sums) == 0) {
        fputs("\t\t\t\t\t\t\t\t", out);
        return;
    }
    fprintf(out, "%d\t", last_year);
    for (int y = 0; y < YB_DIP_YEARS; y++)
        fprintf(out, "%" PRId64 "\t", sums->n[y]);
    for (int y = 0; y < YB_DIP_YEARS; y++)
        fprintf(out, "%s\t", yb_fen_format(sums->fee_fen[y], text));
    fprintf(out, "%s\t", yb_decimal_format(yb_dip_weighted_e1(sums), 1, text));
}

void yb_dip_write(const yb_dip_catalogue_t *catalogue, FILE *out)
{
    for (int i = 0; columns[i] != NULL; i++)
        fprintf(out, "%s\t", columns[i]);
    fprintf(out, "%s\n", optional_columns[0]);
    for (size_t i = 0; i < catalogue->count; i++) {
        const yb_dip_disease_t *d = &catalogue->diseases[i];
        char mean[YB_DECIMAL_TEXT], rw[YB_DECIMAL_TEXT];
        fprintf(out, "%s\t%s\t", d->code, yb_dip_kind_name(d->kind));
        write_sums(&d->sums, catalogue->last_year, out);
        fprintf(out, "%s\t%s\t", yb_fen_format(d->mean_fen, mean), yb_decimal_format(d->rw_e4, 4, rw));
        write_levels(d, out);
        fprintf(out, "\t%s\n", yb_dip_op_kind_name(d->op_kind));
    }
}

/* ---- reading ---- */

static bool read_code(yb_sheet_t *sheet, yb_arena_t *arena, yb_dip_disease_t *d)
{
    yb_slice_t text = yb_sheet_text(sheet, CODE), kind = yb_sheet_text(sheet, KIND);
    char code[YB_DIP_CODE_TEXT];
    d->kind = YB_DIP_CORE;
    while (d->kind < YB_DIP_KINDS && (strlen(yb_dip_kind_name(d->kind)) != kind.len ||
                                      memcmp(yb_dip_kind_name(d->kind), kind.data, kind.len) != 0))
        d->kind++;
    if (d->kind == YB_DIP_KINDS) {
        yb_sheet_fault(sheet, KIND, "应为core、basic或composite");
        return false;
    }
    yb_text_copy_n(code, sizeof(code), text.data, text.len);
    if (text.len >= sizeof(code) || memchr(text.data, ' ', text.len) != NULL || !yb_dip_code_valid(code, d->kind)) {
        yb_sheet_fault(sheet, CODE,
                       d->kind == YB_DIP_COMPOSITE ? "综合病种写成~09:operation、~I20:none或~I20-I25:therapeutic"
                                                   : "病种写成“诊断四位码:手术操作”，如I20.0:36.0700/36.0600+37.2200");
        return false;
    }
    d->code = yb_arena_strdup(arena, code);
    return true;
}

/* Empty as in a file without the column: what the code says. */
static bool read_op_kind(yb_sheet_t *sheet, yb_dip_disease_t *d)
{
    const yb_dip_op_kind_t of_code = yb_dip_code_op_kind(d->code);
    d->op_kind = of_code;
    if (yb_sheet_text(sheet, OP_KIND).len > 0 && !yb_dip_op_kind_parse(yb_sheet_text(sheet, OP_KIND), &d->op_kind)) {
        yb_sheet_fault(sheet, OP_KIND, "应为none、diagnostic、therapeutic或operation");
        return false;
    }
    if (d->kind == YB_DIP_COMPOSITE && d->op_kind != of_code) {
        yb_sheet_fault(sheet, OP_KIND, "与综合病种编码中的%s不同", yb_dip_op_kind_name(of_code));
        return false;
    }
    return true;
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

/* A number, or nothing where a table came without sums. */
static bool read_sum(yb_sheet_t *sheet, int column, int scale, int64_t min, int64_t max, int64_t *ret)
{
    return yb_sheet_text(sheet, column).len == 0 || yb_sheet_number(sheet, column, scale, min, max, ret);
}

/* The mean follows from the sums; without them it is what the table says. */
static bool read_mean(yb_sheet_t *sheet, yb_dip_disease_t *d)
{
    if (yb_dip_weighted_e1(&d->sums) == 0)
        return yb_sheet_number(sheet, MEAN, 2, 1, YB_CASE_FEE_MAX, &d->mean_fen);
    const yb_dip_mean_t mean = yb_dip_mean(&d->sums);
    if (yb_dip_mean_fen(&mean, &d->mean_fen) == YB_OK)
        return true;
    yb_sheet_fault(sheet, MEAN, "均次费用过大");
    return false;
}

static bool read_disease(yb_sheet_t *sheet, yb_arena_t *arena, yb_dip_disease_t *d, int64_t *ret_last_year)
{
    bool good = read_code(sheet, arena, d) && read_op_kind(sheet, d);
    good = read_sum(sheet, LAST_YEAR, 0, 1990, 2999, ret_last_year) && good;
    for (int y = 0; y < YB_DIP_YEARS; y++) {
        good = read_sum(sheet, N1 + y, 0, 0, YB_DIP_CASES_MAX, &d->sums.n[y]) && good;
        good = read_sum(sheet, FEE1 + y, 2, 0, YB_FEN_MAX, &d->sums.fee_fen[y]) && good;
    }
    good = yb_sheet_number(sheet, RW, 4, 0, 1000000000000LL, &d->rw_e4) && good;
    return good && read_mean(sheet, d) && read_levels(sheet, arena, d);
}

static int by_code_of_both(const void *a, const void *b)
{
    return strcmp(((const yb_dip_disease_t *)a)->code, ((const yb_dip_disease_t *)b)->code);
}

/* Σ of the diseases, when each has sums; false: one has none, or more than a sum holds. */
static bool add_up(const yb_dip_catalogue_t *c, yb_dip_sums_t *ret)
{
    *ret = (yb_dip_sums_t){ .n = { 0 } };
    for (size_t i = 0; i < c->count; i++) {
        if (yb_dip_weighted_e1(&c->diseases[i].sums) == 0)
            return false;
        for (int y = 0; y < YB_DIP_YEARS; y++) {
            ret->n[y] += c->diseases[i].sums.n[y];
            ret->fee_fen[y] += c->diseases[i].sums.fee_fen[y];
            if (ret->n[y] > YB_DIP_CASES_MAX || ret->fee_fen[y] > YB_FEN_MAX)
                return false;
        }
    }
    return true;
}

void yb_dip_take(yb_dip_catalogue_t *c, yb_dip_disease_t *list, size_t count, const char *name,
                 yb_file_report_t *report)
{
    const yb_file_place_t place = { .file = name, .at = "code" };
    qsort(list, count, sizeof(*list), by_code_of_both);
    for (size_t i = 1; i < count; i++)
        if (strcmp(list[i - 1].code, list[i].code) == 0)
            yb_file_report_add(report, true, &place, "病种%s重复", list[i].code);
    c->diseases = yb_arena_memdup(c->arena, list, count * sizeof(*list));
    c->count = count;
    if (!add_up(c, &c->all))
        c->all = (yb_dip_sums_t){ .n = { 0 } };
}

yb_err_t yb_dip_read(FILE *file, const char *text, size_t len, const char *name, yb_file_report_t *report,
                     yb_dip_catalogue_t *ret)
{
    const yb_sheet_source_t source = {
        .name = name, .file = file, .text = text, .len = len, .required = columns, .optional = optional_columns
    };
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
        yb_dip_take(&c, list, count, name, report);
    free(list);
    c.last_year = (int)last_year;
    if (report->errors > errors) {
        yb_dip_destroy(&c);
        return YB_E_FILE_FORM;
    }
    *ret = c;
    return YB_OK;
}
