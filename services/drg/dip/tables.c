/* The small tables beside a catalogue: auxiliary coefficients, kinds of operations. */
#include <stdlib.h>
#include <string.h>
#include "services/drg/dip/score.h"
#include "services/drg/plan/sheet.h"

#define AUX_MAX 1024
#define OP_KINDS_MAX 100000

static bool read_aux(yb_sheet_t *sheet, yb_dip_aux_t *aux)
{
    enum { TABLE, KEY, COEFFICIENT };
    static const char *const tables[] = { "age", "severity", "tumour" };
    char table[YB_PLAN_TEXT];
    bool known = false;
    if (!yb_sheet_code(sheet, TABLE, table) || !yb_sheet_code(sheet, KEY, aux->key) ||
        !yb_sheet_number(sheet, COEFFICIENT, 4, 1, YB_COEFFICIENT_E4_MAX, &aux->coefficient_e4))
        return false;
    for (size_t i = 0; i < 3; i++)
        known = known || strcmp(table, tables[i]) == 0;
    if (!known)
        yb_sheet_fault(sheet, TABLE, "应为age、severity或tumour");
    yb_text_copy(aux->table, sizeof(aux->table), table);
    if (known && strcmp(table, "age") == 0 && !yb_dip_is_age_band(aux->key)) {
        yb_sheet_fault(sheet, KEY, "年龄段应为0-28d、29d-1y、1-6、7-17或66+");
        return false;
    }
    return known;
}

yb_err_t yb_dip_read_aux(FILE *file, const char *text, size_t len, const char *name, yb_file_report_t *report,
                         yb_arena_t *arena, yb_dip_rules_t *rules)
{
    static const char *const required[] = { "table", "key", "coefficient", NULL };
    const yb_sheet_source_t source = { .name = name, .file = file, .text = text, .len = len, .required = required };
    const size_t errors = report->errors;
    yb_sheet_t *sheet = yb_sheet_open(&source, report);
    yb_dip_aux_t *list = YB_NEW_ARRAY(arena, yb_dip_aux_t, AUX_MAX);
    size_t count = 0;
    while (yb_sheet_next(sheet)) {
        if (count == AUX_MAX) {
            yb_sheet_fault(sheet, -1, "辅助系数过多，最多%d个", AUX_MAX);
            break;
        }
        count += read_aux(sheet, &list[count]);
    }
    yb_sheet_close(&sheet);
    rules->aux = list;
    rules->aux_count = count;
    return report->errors > errors ? YB_E_FILE_FORM : YB_OK;
}

static bool read_op_kind(yb_sheet_t *sheet, yb_dip_op_t *op)
{
    enum { CODE, KIND };
    if (!yb_sheet_code(sheet, CODE, op->code))
        return false;
    if (yb_dip_op_kind_parse(yb_sheet_text(sheet, KIND), &op->kind))
        return true;
    yb_sheet_fault(sheet, KIND, "应为none、diagnostic、therapeutic或operation");
    return false;
}

/* The code is the first member. */
static int by_code(const void *a, const void *b) { return strcmp(a, b); }

yb_err_t yb_dip_read_op_kinds(FILE *file, const char *text, size_t len, const char *name, yb_file_report_t *report,
                              yb_arena_t *arena, yb_dip_rules_t *rules)
{
    static const char *const required[] = { "code", "kind", NULL };
    const yb_sheet_source_t source = { .name = name, .file = file, .text = text, .len = len, .required = required };
    const yb_file_place_t place = { .file = name, .at = "code" };
    const size_t errors = report->errors;
    yb_sheet_t *sheet = yb_sheet_open(&source, report);
    yb_dip_op_t *list = NULL;
    size_t count = 0, cap = 0;
    while (yb_sheet_next(sheet)) {
        if (count == OP_KINDS_MAX) {
            yb_sheet_fault(sheet, -1, "手术操作过多，最多%d个", OP_KINDS_MAX);
            break;
        }
        if (count == cap) {
            cap = cap == 0 ? 1024 : 2 * cap;
            list = realloc(list, cap * sizeof(*list));
            YB_ASSERT(list != NULL);
        }
        count += read_op_kind(sheet, &list[count]);
    }
    if (yb_sheet_is_good(sheet) && count == 0)
        yb_sheet_fault(sheet, -1, "操作类型表没有一行");
    yb_sheet_close(&sheet);
    if (count > 0)
        qsort(list, count, sizeof(*list), by_code);
    for (size_t i = 1; i < count; i++)
        if (strcmp(list[i - 1].code, list[i].code) == 0)
            yb_file_report_add(report, true, &place, "手术操作%s重复", list[i].code);
    rules->op_kinds = count > 0 ? yb_arena_memdup(arena, list, count * sizeof(*list)) : NULL;
    rules->op_kind_count = count;
    free(list);
    return report->errors > errors ? YB_E_FILE_FORM : YB_OK;
}
