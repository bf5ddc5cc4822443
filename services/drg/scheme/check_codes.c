/* Codes that stand twice, exclusion tables with one side only, codes that the classification does not have. */
#include <stdio.h>
#include <stdlib.h>

#include "libcommon/arena.h"
#include "libcommon/strset.h"
#include "services/drg/scheme/check.h"

/* ---- the classification ---- */

/* A code of the clinical version (国临版) is none, though the crosswalk knows it: groups compare codes exactly. */
static bool icd_has(const yb_icd_t *icd, yb_code_kind_t kind, const char *code)
{
    yb_code_fact_t fact;
    yb_icd_find(icd, kind, code, &fact);
    return fact.code != NULL && !fact.is_mapped;
}

/* Each unknown code of a table once, at its first row. `uses` 0: the list's name decides. */
static void icd_check(const yb_scheme_tables_t *tables, const yb_scheme_t *s, const yb_icd_t *icd,
                      yb_scheme_report_t *report)
{
    static const struct {
        yb_scheme_table_id_t id;
        size_t cell;
        uint8_t uses;
    } all[] = { { YB_TABLE_MDC_DX, YB_MDC_DX_CODE, YB_USE_DX },
                { YB_TABLE_ADRG_CODE, YB_ADRG_CODE_CODE, 0 },
                { YB_TABLE_SEVERITY, YB_SEVERITY_CODE, YB_USE_DX },
                { YB_TABLE_EXCLUSION, YB_EXCLUSION_CODE, YB_USE_DX },
                { YB_TABLE_PX_VALID, YB_PX_VALID_CODE, YB_USE_PX } };
    uint8_t *said = calloc((size_t)s->codes_count + 1, 1);
    YB_ASSERT(said != NULL);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const yb_scheme_table_t *t = &tables->tables[all[i].id];
        memset(said, 0, s->codes_count);
        for (size_t r = 0; r < t->count; r++) {
            const char *text = t->rows[r].cells[all[i].cell];
            const yb_scheme_code_t *code = yb_scheme_code_find(s, text, strlen(text));
            YB_ASSERT(code != NULL);
            const char *list = all[i].uses != 0 ? "" : t->rows[r].cells[YB_ADRG_CODE_LIST];
            const bool may_dx = all[i].uses == YB_USE_DX || (all[i].uses == 0 && strncmp(list, "ss", 2) != 0);
            const bool may_px = all[i].uses == YB_USE_PX || (all[i].uses == 0 && strncmp(list, "zd", 2) != 0);
            if (said[code - s->codes] || (may_dx && icd_has(icd, YB_CODE_DX, text)) ||
                (may_px && icd_has(icd, YB_CODE_PX, text)))
                continue;
            said[code - s->codes] = 1;
            yb_scheme_report_add(report, YB_RULE_CODE_UNKNOWN, YB_SCHEME_WARNING, yb_scheme_table_file(all[i].id),
                                 t->rows[r].line, yb_scheme_table_column(all[i].id, all[i].cell), "%s不在%s中", text,
                                 !may_px   ? "ICD-10医保版"
                                 : !may_dx ? "ICD-9-CM-3医保版"
                                           : "ICD-10和ICD-9-CM-3医保版");
        }
    }
    free(said);
}

/* ---- twice ---- */

typedef struct keyed {
    const char *key, *value;
    uint32_t line;
} keyed_t;

static int by_key(const void *a, const void *b)
{
    const keyed_t *x = a, *y = b;
    const int keys = strcmp(x->key, y->key);
    return keys != 0 ? keys : x->line < y->line ? -1 : x->line > y->line;
}

/* Rows of a table as key and value. */
static keyed_t keyed_row(yb_arena_t *arena, yb_scheme_table_id_t id, const yb_scheme_row_t *r)
{
    const char *const *c = r->cells;
    keyed_t k = { .line = r->line, .value = "" };
    if (id == YB_TABLE_MDC_DX || id == YB_TABLE_ADRG_CODE) {
        k.key = yb_arena_printf(arena, "%s\t%s\t%s", c[0], c[1], c[2]);
    } else {
        k.key = c[0];
        k.value = id == YB_TABLE_SEVERITY    ? yb_arena_printf(arena, "%s\t%s", c[1], c[2])
                  : id == YB_TABLE_EXCLUSION ? c[1]
                                             : "";
    }
    return k;
}

static void duplicates_check(const yb_scheme_tables_t *tables, yb_scheme_report_t *report)
{
    yb_arena_t *arena = yb_arena_create(0);
    for (size_t id = YB_TABLE_MDC_DX; id < YB_TABLE_COUNT; id++) {
        const yb_scheme_table_t *t = &tables->tables[id];
        keyed_t *rows = YB_NEW_ARRAY(arena, keyed_t, t->count + 1);
        for (size_t r = 0; r < t->count; r++)
            rows[r] = keyed_row(arena, (yb_scheme_table_id_t)id, &t->rows[r]);
        qsort(rows, t->count, sizeof *rows, by_key);
        for (size_t r = 1; r < t->count; r++) {
            if (strcmp(rows[r].key, rows[r - 1].key) != 0)
                continue;
            const bool same = strcmp(rows[r].value, rows[r - 1].value) == 0;
            yb_scheme_report_add(report, YB_RULE_DUPLICATE, same ? YB_SCHEME_NOTE : YB_SCHEME_WARNING,
                                 yb_scheme_table_file((yb_scheme_table_id_t)id), rows[r].line, "",
                                 same ? "与第%u行重复" : "与第%u行是同一编码但内容不同，以后一行为准",
                                 rows[r - 1].line);
        }
    }
    yb_arena_destroy(&arena);
}

/* ---- exclusion tables ---- */

static void sides_check(const yb_scheme_tables_t *tables, yb_scheme_report_t *report, yb_scheme_table_id_t id,
                        size_t cell, yb_scheme_table_id_t other, size_t other_cell, const char *fmt_text)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_strset_t there = yb_strset_create(arena, 1024);
    yb_strset_t said = yb_strset_create(arena, 64);
    const yb_scheme_table_t *t = &tables->tables[id], *o = &tables->tables[other];
    for (size_t r = 0; r < o->count; r++)
        yb_strset_add(&there, o->rows[r].cells[other_cell]);
    yb_strset_seal(&there);
    for (size_t r = 0; r < t->count; r++) {
        const char *table = t->rows[r].cells[cell];
        bool known = yb_strset_find(&there, table) != SIZE_MAX;
        for (size_t i = 0; !known && i < said.count; i++)
            known = strcmp(said.items[i], table) == 0;
        if (known || said.count >= YB_SCHEME_FINDINGS_PER_RULE)
            continue;
        yb_strset_add(&said, table);
        yb_scheme_report_add(report, YB_RULE_EXCLUSION, YB_SCHEME_NOTE, yb_scheme_table_file(id), t->rows[r].line,
                             yb_scheme_table_column(id, cell), "排除表%s%s", table, fmt_text);
    }
    yb_arena_destroy(&arena);
}

void yb_scheme_check_codes(const yb_scheme_tables_t *tables, const yb_scheme_t *scheme, const yb_icd_t *icd,
                           yb_scheme_report_t *report)
{
    duplicates_check(tables, report);
    sides_check(tables, report, YB_TABLE_SEVERITY, YB_SEVERITY_TABLE, YB_TABLE_EXCLUSION, YB_EXCLUSION_TABLE,
                "没有任何主要诊断，永远不排除");
    sides_check(tables, report, YB_TABLE_EXCLUSION, YB_EXCLUSION_TABLE, YB_TABLE_SEVERITY, YB_SEVERITY_TABLE,
                "没有任何CC或MCC，永远不排除");
    if (icd != NULL)
        icd_check(tables, scheme, icd, report);
}
