/* The table of weights: drg, rw, kind, tab-separated, found by name. */
#include <stdlib.h>
#include <string.h>
#include "services/drg/plan/plan_impl.h"
#include "services/drg/plan/sheet.h"

static bool read_kind(yb_slice_t text, yb_weight_kind_t *ret)
{
    static const char *const words[] = { [YB_WEIGHT_STABLE] = "stable",
                                         [YB_WEIGHT_BASIC] = "basic",
                                         [YB_WEIGHT_UNSTABLE] = "unstable",
                                         [YB_WEIGHT_UNCOVERED] = "uncovered" };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strlen(words[i]) == text.len && memcmp(words[i], text.data, text.len) == 0) {
            *ret = (yb_weight_kind_t)i;
            return true;
        }
    return false;
}

static bool read_weight(yb_sheet_t *sheet, yb_weight_t *weight)
{
    enum { DRG, RW, KIND };
    int64_t rw_e4 = 0;
    if (!yb_sheet_code(sheet, DRG, weight->drg))
        return false;
    if (!read_kind(yb_sheet_text(sheet, KIND), &weight->kind)) {
        yb_sheet_fault(sheet, KIND, "应为stable、basic、unstable或uncovered");
        return false;
    }
    const bool paid = weight->kind == YB_WEIGHT_STABLE || weight->kind == YB_WEIGHT_BASIC;
    if (yb_sheet_text(sheet, RW).len == 0 && !paid)
        return true;
    if (!yb_sheet_number(sheet, RW, 4, paid ? 1 : 0, YB_RW_E4_MAX, &rw_e4))
        return false;
    weight->rw_e4 = (int32_t)rw_e4;
    return true;
}

typedef struct numbered {
    yb_weight_t weight;
    uint64_t line;
} numbered_t;

static int by_drg_then_line(const void *a, const void *b)
{
    const numbered_t *x = a, *y = b;
    int order = strcmp(x->weight.drg, y->weight.drg);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static void take(yb_plan_reading_t *reading, const char *file, numbered_t *list, size_t count)
{
    yb_weight_t *weights = YB_NEW_ARRAY(reading->arena, yb_weight_t, count + 1);
    qsort(list, count, sizeof(*list), by_drg_then_line);
    for (size_t i = 0; i < count; i++) {
        const yb_file_place_t place = { .file = file, .at = "drg", .line = list[i].line, .column = 0 };
        const char *drg = list[i].weight.drg;
        size_t len = strlen(drg);
        weights[i] = list[i].weight;
        if (i > 0 && strcmp(list[i - 1].weight.drg, drg) == 0)
            yb_file_report_add(reading->report, true, &place, "病组%s重复，第%d行已有", drg, (int)list[i - 1].line);
        if (strcmp(drg, "0000") == 0 || (len >= 2 && strcmp(drg + len - 2, "QY") == 0))
            yb_file_report_add(reading->report, false, &place, "%s先于权重判定，此行不起作用", drg);
    }
    reading->plan->weights = weights;
    reading->plan->weight_count = count;
}

void yb_plan_read_weights(yb_plan_reading_t *reading, const char *file, const char *text, size_t len)
{
    static const char *const columns[] = { "drg", "rw", "kind", NULL };
    const yb_sheet_source_t source = { .name = file, .text = text, .len = len, .required = columns };
    yb_sheet_t *sheet = yb_sheet_open(&source, reading->report);
    numbered_t *list = NULL;
    size_t count = 0, cap = 0;
    while (yb_sheet_next(sheet)) {
        if (count == YB_PLAN_WEIGHTS_MAX) {
            yb_sheet_fault(sheet, -1, "病组过多，最多%d个", YB_PLAN_WEIGHTS_MAX);
            break;
        }
        if (count == cap) {
            cap = cap == 0 ? 1024 : 2 * cap;
            list = realloc(list, cap * sizeof(*list));
            YB_ASSERT(list != NULL);
        }
        memset(&list[count], 0, sizeof(*list));
        list[count].line = yb_sheet_line(sheet);
        count += read_weight(sheet, &list[count].weight);
    }
    if (count > 0)
        take(reading, file, list, count);
    else if (yb_sheet_is_good(sheet))
        yb_sheet_fault(sheet, -1, "权重表没有一行");
    free(list);
    yb_sheet_close(&sheet);
}
