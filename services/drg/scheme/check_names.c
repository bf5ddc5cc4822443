/* Names of MDCs, ADRGs, DRGs and lists that lead nowhere, or that nothing leads to. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "libcommon/arena.h"
#include "libcommon/strset.h"
#include "services/drg/scheme/check.h"

typedef struct checker {
    const yb_scheme_tables_t *tables;
    const yb_scheme_t *s;
    yb_scheme_report_t *report;
    yb_arena_t *arena;
    yb_strset_t mdcs;               /* of mdc.tsv */
    yb_strset_t tried;              /* "MDC ADRG" of every adrg_in_order */
    yb_strset_t tried_adrgs, adrgs; /* named in an order; of adrg.tsv */
    yb_strset_t used_drgs;          /* of every drg_in_order */
} checker_t;

#define EACH_ROW(k, id, row)                                                                                     \
    for (const yb_scheme_row_t *row = (k)->tables->tables[id].rows, *end_ = row + (k)->tables->tables[id].count; \
         row != end_; row++)

static bool has(const yb_strset_t *set, const char *item) { return yb_strset_find(set, item) != SIZE_MAX; }

static void __attribute__((format(printf, 6, 7))) warn(checker_t *k, yb_scheme_rule_t rule, yb_scheme_table_id_t id,
                                                       const yb_scheme_row_t *row, size_t cell, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char text[YB_SCHEME_FINDING_TEXT_MAX];
    if (vsnprintf(text, sizeof text, fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    yb_scheme_report_add(k->report, rule, YB_SCHEME_WARNING, yb_scheme_table_file(id), row->line,
                         yb_scheme_table_column(id, cell), "%s", text);
}

static void names_collect(checker_t *k)
{
    yb_strset_t *const sets[] = { &k->mdcs, &k->tried, &k->tried_adrgs, &k->adrgs, &k->used_drgs };
    yb_slice_t name;
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        *sets[i] = yb_strset_create(k->arena, 256);
    EACH_ROW(k, YB_TABLE_MDC, r)
    {
        const char *at = r->cells[YB_MDC_ADRGS];
        yb_strset_add(&k->mdcs, r->cells[YB_MDC_NAME]);
        while (yb_names_next(&at, &name)) {
            yb_strset_add(&k->tried,
                          yb_arena_printf(k->arena, "%s %.*s", r->cells[YB_MDC_NAME], (int)name.len, name.data));
            yb_strset_add(&k->tried_adrgs, yb_arena_strndup(k->arena, name.data, name.len));
        }
    }
    EACH_ROW(k, YB_TABLE_ADRG, r)
    {
        const char *at = r->cells[YB_ADRG_DRGS];
        yb_strset_add(&k->adrgs, r->cells[YB_ADRG_NAME]);
        while (yb_names_next(&at, &name))
            yb_strset_add(&k->used_drgs, yb_arena_strndup(k->arena, name.data, name.len));
    }
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        yb_strset_seal(sets[i]);
}

/* ---- what the rows name ---- */

static void mdc_rows_check(checker_t *k)
{
    EACH_ROW(k, YB_TABLE_MDC, r)
    {
        const char *at = r->cells[YB_MDC_ADRGS];
        yb_slice_t name;
        size_t count = 0;
        for (; yb_names_next(&at, &name); count++)
            if (!has(&k->adrgs, yb_arena_strndup(k->arena, name.data, name.len)))
                warn(k, YB_RULE_NAME_UNKNOWN, YB_TABLE_MDC, r, YB_MDC_ADRGS, "%.*s在adrg.tsv中没有行", (int)name.len,
                     name.data);
        if (count == 0)
            warn(k, YB_RULE_NAME_UNKNOWN, YB_TABLE_MDC, r, YB_MDC_ADRGS, "MDC %s没有任何ADRG", r->cells[YB_MDC_NAME]);
    }
}

static void adrg_rows_check(checker_t *k)
{
    const yb_scheme_table_t *drgs = &k->tables->tables[YB_TABLE_DRG];
    EACH_ROW(k, YB_TABLE_ADRG, r)
    {
        const char *adrg = r->cells[YB_ADRG_NAME], *at = r->cells[YB_ADRG_DRGS];
        yb_slice_t name;
        size_t first, count = 0;
        if (!has(&k->mdcs, r->cells[YB_ADRG_MDC]))
            warn(k, YB_RULE_NAME_UNKNOWN, YB_TABLE_ADRG, r, YB_ADRG_MDC, "MDC %s不在mdc.tsv中", r->cells[YB_ADRG_MDC]);
        if (!has(&k->tried_adrgs, adrg))
            warn(k, YB_RULE_NOT_TRIED, YB_TABLE_ADRG, r, YB_ADRG_NAME, "没有MDC的adrg_in_order列出%s，永远不会试入",
                 adrg);
        else if (!has(&k->tried, yb_arena_printf(k->arena, "%s %s", r->cells[YB_ADRG_MDC], adrg)))
            warn(k, YB_RULE_NAME_UNKNOWN, YB_TABLE_ADRG, r, YB_ADRG_MDC,
                 "MDC %s的adrg_in_order没有列出%s，是别的MDC列出的", r->cells[YB_ADRG_MDC], adrg);
        for (; yb_names_next(&at, &name); count++)
            if (yb_scheme_rows_named(drgs, YB_DRG_NAME, yb_arena_strndup(k->arena, name.data, name.len), &first) ==
                first)
                warn(k, YB_RULE_NAME_UNKNOWN, YB_TABLE_ADRG, r, YB_ADRG_DRGS, "%.*s在drg.tsv中没有行，永远不成立",
                     (int)name.len, name.data);
        if (count == 0)
            warn(k, YB_RULE_NAME_UNKNOWN, YB_TABLE_ADRG, r, YB_ADRG_DRGS, "%s没有任何DRG，永远不会入组", adrg);
    }
}

static void other_rows_check(checker_t *k)
{
    const char *last = "";
    EACH_ROW(k, YB_TABLE_DRG, r)
    {
        const char *adrg = r->cells[YB_DRG_ADRG];
        if (!has(&k->used_drgs, r->cells[YB_DRG_NAME]))
            warn(k, YB_RULE_NOT_TRIED, YB_TABLE_DRG, r, YB_DRG_NAME, "没有ADRG的drg_in_order列出%s，永远不会入组",
                 r->cells[YB_DRG_NAME]);
        const char *printed = yb_arena_strndup(k->arena, adrg, yb_adrg_printed_len(adrg));
        bool known = has(&k->adrgs, adrg) || has(&k->adrgs, printed);
        for (size_t i = 0; !known && i < k->adrgs.count; i++) /* X for its alternatives X_n */
            known = strlen(adrg) == yb_adrg_printed_len(k->adrgs.items[i]) &&
                    strncmp(adrg, k->adrgs.items[i], strlen(adrg)) == 0;
        if (!known)
            warn(k, YB_RULE_NAME_UNKNOWN, YB_TABLE_DRG, r, YB_DRG_ADRG, "ADRG %s不在adrg.tsv中", adrg);
    }
    EACH_ROW(k, YB_TABLE_MDC_DX, r)
    { /* once per run of rows */
        if (strcmp(last, r->cells[YB_MDC_DX_MDC]) != 0 && !has(&k->mdcs, r->cells[YB_MDC_DX_MDC]))
            warn(k, YB_RULE_NAME_UNKNOWN, YB_TABLE_MDC_DX, r, YB_MDC_DX_MDC, "MDC %s不在mdc.tsv中",
                 r->cells[YB_MDC_DX_MDC]);
        last = r->cells[YB_MDC_DX_MDC];
    }
}

/* A row of qy.tsv that no MDC tries. */
static void qy_rows_check(checker_t *k)
{
    EACH_ROW(k, YB_TABLE_QY, r)
    {
        bool placed = false;
        for (uint32_t i = 0; i < k->s->steps_count; i++)
            placed |= k->s->steps[i].kind == YB_STEP_KIND_QY && k->s->steps[i].condition.line == r->line;
        if (!placed)
            warn(k, YB_RULE_NOT_TRIED, YB_TABLE_QY, r, YB_QY_BEFORE,
                 "MDC %s的adrg_in_order里没有“%s”，歧义组%s永远不会试入", r->cells[YB_QY_MDC], r->cells[YB_QY_BEFORE],
                 r->cells[YB_QY_GROUP]);
    }
}

/* ---- lists ---- */

typedef struct lists {
    uint8_t *used, *filled; /* per list */
} lists_t;

static void condition_lists(checker_t *k, lists_t *lists, const yb_scheme_condition_t *c, const char *file,
                            const char *name)
{
    bool said = false;
    for (uint32_t t = c->entry; t < c->entry + c->terms; t++) {
        const yb_scheme_term_t *term = &k->s->terms[t];
        if (term->kind != YB_TERM_LIST)
            continue;
        lists->used[term->list] = 1;
        if (lists->filled[term->list] || term->list <= YB_LIST_CC || said)
            continue;
        said = true;
        yb_scheme_report_add(k->report, YB_RULE_LIST_EMPTY, YB_SCHEME_WARNING, file, c->line, "condition",
                             "%s的条件“%s”用到的列表%s%s没有任何编码，按空表处理", name, yb_scheme_text(k->s, c->text),
                             term->list == YB_LIST_EMPTY ? "" : " ", yb_scheme_text(k->s, k->s->lists[term->list]));
    }
}

static void unused_lists(checker_t *k, const lists_t *lists)
{
    const char *adrg = "", *list = "";
    yb_strset_t unused = yb_strset_create(k->arena, 64);
    for (uint32_t l = YB_LIST_FIRST_OWN; l < k->s->lists_count; l++)
        if (!lists->used[l])
            yb_strset_add(&unused, yb_scheme_text(k->s, k->s->lists[l]));
    yb_strset_seal(&unused);
    EACH_ROW(k, YB_TABLE_ADRG_CODE, r)
    { /* at the first row of each */
        const bool same =
            strcmp(adrg, r->cells[YB_ADRG_CODE_ADRG]) == 0 && strcmp(list, r->cells[YB_ADRG_CODE_LIST]) == 0;
        adrg = r->cells[YB_ADRG_CODE_ADRG];
        list = r->cells[YB_ADRG_CODE_LIST];
        if (!same && has(&unused, yb_arena_printf(k->arena, "%s %s", adrg, list)))
            yb_scheme_report_add(k->report, YB_RULE_LIST_UNUSED, YB_SCHEME_WARNING, "adrg_code.tsv", r->line, "list",
                                 "没有条件用到%s的列表%s", adrg, list);
    }
}

static void lists_check(checker_t *k)
{
    const yb_scheme_t *s = k->s;
    lists_t lists = { calloc(s->lists_count, 1), calloc(s->lists_count, 1) };
    YB_ASSERT(lists.used != NULL && lists.filled != NULL);
    for (uint32_t i = 0; i < s->memberships_count; i++)
        lists.filled[s->memberships[i]] = 1;
    for (uint32_t i = 0; i < s->mdcs_count; i++)
        condition_lists(k, &lists, &s->mdcs[i].condition, "mdc.tsv", yb_scheme_text(s, s->mdcs[i].name));
    for (uint32_t i = 0; i < s->steps_count; i++)
        condition_lists(k, &lists, &s->steps[i].condition, s->steps[i].kind == YB_STEP_KIND_QY ? "qy.tsv" : "adrg.tsv",
                        yb_scheme_text(s, s->steps[i].name));
    for (uint32_t i = 0; i < s->drgs_count; i++)
        condition_lists(k, &lists, &s->drgs[i].condition, "drg.tsv", yb_scheme_text(s, s->drgs[i].name));
    unused_lists(k, &lists);
    free(lists.used);
    free(lists.filled);
}

void yb_scheme_check_names(const yb_scheme_tables_t *tables, const yb_scheme_t *scheme, yb_scheme_report_t *report)
{
    checker_t k = { .tables = tables, .s = scheme, .report = report, .arena = yb_arena_create(0) };
    names_collect(&k);
    mdc_rows_check(&k);
    adrg_rows_check(&k);
    other_rows_check(&k);
    qy_rows_check(&k);
    lists_check(&k);
    yb_arena_destroy(&k.arena);
}
