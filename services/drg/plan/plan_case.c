/* The keys that decide what a case is paid. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/drg/plan/plan_impl.h"

/* "high[2].ratio", people's counting from 1. */
static const char *path(char buf[YB_PLAN_KEY_MAX], const char *at, int item, const char *field)
{
    snprintf(buf, YB_PLAN_KEY_MAX, "%.20s[%d]%s%.20s", at, item + 1, field[0] != '\0' ? "." : "", field);
    return buf;
}

int yb_plan_level_index(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, const char *name)
{
    size_t count = reading->plan->level_count;
    for (size_t i = 0; i < count; i++)
        if (strcmp(reading->levels[i].name, name) == 0)
            return (int)i;
    if (count == YB_PLAN_LEVELS_MAX) {
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "等级过多，最多%d个", YB_PLAN_LEVELS_MAX);
        return -1;
    }
    snprintf(reading->levels[count].name, YB_PLAN_TEXT, "%s", name);
    reading->plan->level_count++;
    return (int)count;
}

/* ---- high: steps ---- */

static bool read_level_bit(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, uint64_t *levels)
{
    char name[YB_PLAN_TEXT];
    int level = yb_node_code(reading, node, at, name) ? yb_plan_level_index(reading, node, at, name) : -1;
    if (level >= 0)
        *levels |= (uint64_t)1 << level;
    return level >= 0;
}

/* One level or a list of them. */
static bool read_step_levels(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, uint64_t *ret)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return read_level_bit(reading, node, at, ret);
    int count = yb_node_list(reading, node, at, YB_PLAN_LEVELS_MAX);
    bool good = count >= 0;
    for (int i = 0; i < count; i++)
        good = read_level_bit(reading, yb_node_item(reading, node, i), at, ret) && good;
    if (count == 0)
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "等级列表为空；不分等级时不写level");
    return good && count > 0;
}

static bool read_step(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, int i, yb_high_step_t *step)
{
    static const char *const names[] = { "ratio", "rw_max", "level", NULL };
    const yaml_node_t *part[3];
    char where[YB_PLAN_KEY_MAX];
    int64_t rw_max = YB_STEP_ALL_RW;
    if (!yb_node_fields(reading, node, path(where, at, i, ""), names, 1, part))
        return false;
    const char *ratio = yb_node_text(reading, part[0], path(where, at, i, "ratio"));
    step->ratio_e6 = YB_STEP_NEVER;
    bool good = ratio != NULL && (strcmp(ratio, "none") == 0 ||
                                  yb_node_number(reading, part[0], where, 6, 1, YB_RATIO_E6_MAX, &step->ratio_e6));
    if (part[1] != NULL)
        good = yb_node_number(reading, part[1], path(where, at, i, "rw_max"), 4, 1, YB_RW_E4_MAX, &rw_max) && good;
    if (part[2] != NULL)
        good = read_step_levels(reading, part[2], path(where, at, i, "level"), &step->levels) && good;
    step->rw_max_e4 = (int32_t)rw_max;
    return good;
}

/* A step that comes after one for the same institutions must reach further, else nothing ever comes to it. */
static void check_order(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at,
                        const yb_high_step_t *steps, int i)
{
    char where[YB_PLAN_KEY_MAX];
    for (int j = 0; j < i; j++) {
        bool covers = steps[j].levels == 0 || (steps[i].levels != 0 && (steps[i].levels & ~steps[j].levels) == 0);
        if (!covers || steps[j].rw_max_e4 < steps[i].rw_max_e4)
            continue;
        YB_PLAN_ERROR(reading, yb_node_line(node), path(where, at, i, "rw_max"),
                      "永远轮不到这一档：第%d档已包含它。各档须按rw_max从小到大写，不写rw_max的放在最后", j + 1);
        return;
    }
}

void yb_plan_read_high(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    int count = yb_node_list(reading, node, at, YB_PLAN_STEPS_MAX);
    if (count == 0)
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "没有一档；不设高倍率病例时写[{ratio: none}]");
    if (count <= 0)
        return;
    yb_high_step_t *steps = YB_NEW_ARRAY(reading->arena, yb_high_step_t, (size_t)count);
    for (int i = 0; i < count; i++) {
        const yaml_node_t *item = yb_node_item(reading, node, i);
        if (read_step(reading, item, at, i, &steps[i]))
            check_order(reading, item, at, steps, i);
        else
            steps[i] = (yb_high_step_t){ 0 };
    }
    reading->plan->steps = steps;
    reading->plan->step_count = (size_t)count;
}

void yb_plan_read_factor(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    static const char *const names[] = {
        [YB_FACTOR_0000] = "0000",           [YB_FACTOR_QY] = "QY",     [YB_FACTOR_UNSTABLE] = "unstable",
        [YB_FACTOR_UNCOVERED] = "uncovered", [YB_FACTOR_NONE] = "none", [YB_FACTOR_LATE] = "late",
        [YB_FACTOR_SPECIAL] = "special",     [YB_FACTOR_COUNT] = NULL
    };
    const yaml_node_t *part[YB_FACTOR_COUNT];
    if (!yb_node_fields(reading, node, at, names, 0, part))
        return;
    for (int i = 0; i < YB_FACTOR_COUNT; i++)
        if (part[i] != NULL)
            (void)yb_node_number(reading, part[i], at, 6, 0, YB_RATIO_E6_MAX, &reading->plan->factor_e6[i]);
}

/* ---- institutions, levels, coefficients ---- */

static bool read_coefficient(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, int32_t *ret_k_e4)
{
    int64_t k_e4;
    if (!yb_node_number(reading, node, at, 4, 1, YB_COEFFICIENT_E4_MAX, &k_e4))
        return false;
    *ret_k_e4 = (int32_t)k_e4;
    return true;
}

/* Room for `more` entries behind those there are; they are counted as they are filled. */
static void make_room(yb_plan_reading_t *reading, size_t more)
{
    yb_plan_entry_t *entries = YB_NEW_ARRAY(reading->arena, yb_plan_entry_t, reading->entry_count + more + 1);
    if (reading->entry_count > 0)
        memcpy(entries, reading->entries, reading->entry_count * sizeof(*entries));
    reading->entries = entries;
}

void yb_plan_read_coefficient(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    const yaml_node_t *key, *value;
    int count = yb_node_pairs(reading, node, at, YB_PLAN_INSTITUTIONS_MAX);
    if (count < 0)
        return;
    make_room(reading, (size_t)count);
    for (int i = 0; i < count; i++) {
        yb_plan_entry_t entry = { .institution.level = YB_NO_LEVEL };
        yb_node_pair(reading, node, i, &key, &value);
        entry.line = yb_node_line(key);
        if (!yb_node_code(reading, key, at, entry.institution.code) ||
            !read_coefficient(reading, value, at, &entry.institution.k_e4))
            continue;
        if (strcmp(entry.institution.code, "default") != 0)
            reading->entries[reading->entry_count++] = entry;
        else if (reading->plan->default_k_e4 == 0)
            reading->plan->default_k_e4 = entry.institution.k_e4;
        else
            YB_PLAN_ERROR(reading, entry.line, at, "“default”重复");
    }
}

void yb_plan_read_levels(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    const yaml_node_t *key, *value;
    char name[YB_PLAN_TEXT];
    int count = yb_node_pairs(reading, node, at, YB_PLAN_INSTITUTIONS_MAX);
    if (count < 0)
        return;
    make_room(reading, (size_t)count);
    for (int i = 0; i < count; i++) {
        yb_plan_entry_t entry = { .line = 0 };
        yb_node_pair(reading, node, i, &key, &value);
        entry.line = yb_node_line(key);
        if (!yb_node_code(reading, key, at, entry.institution.code) || !yb_node_code(reading, value, at, name))
            continue;
        entry.institution.level = yb_plan_level_index(reading, value, at, name);
        if (entry.institution.level >= 0)
            reading->entries[reading->entry_count++] = entry;
    }
}

void yb_plan_read_coefficient_level(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    const yaml_node_t *key, *value;
    char name[YB_PLAN_TEXT];
    int count = yb_node_pairs(reading, node, at, YB_PLAN_LEVELS_MAX);
    for (int i = 0; i < count; i++) {
        yb_node_pair(reading, node, i, &key, &value);
        if (yb_node_repeats(reading, node, i, at) || !yb_node_code(reading, key, at, name))
            continue;
        int level = yb_plan_level_index(reading, key, at, name);
        if (level >= 0)
            (void)read_coefficient(reading, value, at, &reading->levels[level].k_e4);
    }
}

static int by_code_then_line(const void *a, const void *b)
{
    const yb_plan_entry_t *x = a, *y = b;
    int order = strcmp(x->institution.code, y->institution.code);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* Own coefficient and level of one institution into one; false: the same was said twice. */
static bool merge(yb_plan_institution_t *into, const yb_plan_institution_t *from)
{
    if (from->k_e4 != 0) {
        if (into->k_e4 != 0)
            return false;
        into->k_e4 = from->k_e4;
        return true;
    }
    if (into->level != YB_NO_LEVEL)
        return false;
    into->level = from->level;
    return true;
}

void yb_plan_take_institutions(yb_plan_reading_t *reading)
{
    size_t count = 0;
    yb_plan_institution_t *list = YB_NEW_ARRAY(reading->arena, yb_plan_institution_t, reading->entry_count + 1);
    if (reading->entry_count > 0)
        qsort(reading->entries, reading->entry_count, sizeof(*reading->entries), by_code_then_line);
    for (size_t i = 0; i < reading->entry_count; i++) {
        const yb_plan_entry_t *entry = &reading->entries[i];
        if (count == 0 || strcmp(list[count - 1].code, entry->institution.code) != 0)
            list[count++] = entry->institution;
        else if (!merge(&list[count - 1], &entry->institution))
            YB_PLAN_ERROR(reading, entry->line, entry->institution.k_e4 != 0 ? "coefficient" : "levels", "机构%s重复",
                          entry->institution.code);
    }
    reading->plan->institutions = list;
    reading->plan->institution_count = count;
}

/* ---- scope, days, diseases, TCM ---- */

static bool read_days(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, int32_t *ret)
{
    int64_t days;
    if (!yb_node_number(reading, node, at, 0, 0, 99999, &days))
        return false;
    *ret = (int32_t)days;
    return true;
}

#define CODES_MAX 256

/* A list of codes; NULL is an empty one. */
static bool read_codes(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at,
                       const char (**ret)[YB_PLAN_TEXT], size_t *ret_count)
{
    const int count = node != NULL ? yb_node_list(reading, node, at, CODES_MAX) : 0;
    if (count <= 0)
        return count == 0;
    char(*codes)[YB_PLAN_TEXT] = yb_arena_calloc(reading->arena, (size_t)count, sizeof(*codes));
    for (int i = 0; i < count; i++)
        if (yb_node_code(reading, yb_node_item(reading, node, i), at, codes[*ret_count]))
            ++*ret_count;
    *ret = (const char(*)[YB_PLAN_TEXT])codes;
    return *ret_count == (size_t)count;
}

void yb_plan_read_scope(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    static const char *const names[] = { "los_min", "los_max", "med_type", "offsite", NULL };
    static const char *const sides[] = { "in", "out" };
    const yaml_node_t *part[4];
    yb_plan_scope_t *scope = &reading->plan->scope;
    size_t side = 0;
    if (!yb_node_fields(reading, node, at, names, 0, part))
        return;
    if (part[0] != NULL)
        (void)read_days(reading, part[0], "scope.los_min", &scope->los_min);
    if (part[1] != NULL)
        (void)read_days(reading, part[1], "scope.los_max", &scope->los_max);
    if (part[3] != NULL && yb_node_word(reading, part[3], "scope.offsite", sides, 2, &side))
        scope->offsite_out = side == 1;
    (void)read_codes(reading, part[2], "scope.med_type", &scope->med_types, &scope->med_type_count);
    if (scope->los_min + 1 >= scope->los_max)
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "los_min与los_max之间没有剩下任何住院天数，全部病例都不纳入");
}

/* Slices of a stay: [{to: "30", rate: "320.00"}, {rate: "260.00"}] */
static bool read_day_steps(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, yb_plan_day_t *day)
{
    static const char *const names[] = { "to", "rate", "points", NULL };
    const yaml_node_t *part[3];
    int count = yb_node_list(reading, node, at, YB_PLAN_STEPS_MAX);
    yb_day_step_t *steps = YB_NEW_ARRAY(reading->arena, yb_day_step_t, (size_t)(count > 0 ? count : 1));
    bool good = count > 0;
    for (int i = 0; i < count && good; i++) {
        const yaml_node_t *item = yb_node_item(reading, node, i);
        good = yb_node_fields(reading, item, at, names, 0, part);
        const yaml_node_t *value = good ? part[part[2] != NULL ? 2 : 1] : NULL;
        bool last = i == count - 1, in_points = good && part[2] != NULL;
        if (good && (value == NULL || (part[1] != NULL && part[2] != NULL) || (i > 0 && in_points != day->in_points) ||
                     last != (part[0] == NULL))) {
            YB_PLAN_ERROR(reading, yb_node_line(item), at,
                          "每段须有rate或points之一，各段一致；除最后一段外都须有to，最后一段不写to");
            good = false;
        }
        day->in_points = in_points;
        steps[i].days = INT32_MAX;
        good = good && (last || read_days(reading, part[0], at, &steps[i].days)) &&
               yb_node_number(reading, value, at, in_points ? 4 : 2, 0, 10000000000LL, &steps[i].value);
        if (good && steps[i].days <= (i > 0 ? steps[i - 1].days : 0)) {
            YB_PLAN_ERROR(reading, yb_node_line(item), at, "各段的to须从小到大，不能重叠");
            good = false;
        }
    }
    day->steps = steps;
    day->count = (size_t)(count > 0 ? count : 0);
    return good;
}

/* An item of a list to `entry`, which is all zero; `where` names it in findings. */
typedef bool item_reader_t(yb_plan_reading_t *reading, const yaml_node_t *item, const char *where, void *entry);
/* Do two entries say something of the same? */
typedef bool same_t(const void *a, const void *b);

/* Entries of `size` bytes in the order of the list; a bad item is left out, one for the same as another is a fault. */
static void *read_items(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, size_t size,
                        item_reader_t *read_item, same_t *same, const char *what, size_t *ret_count)
{
    char where[YB_PLAN_KEY_MAX];
    int count = yb_node_list(reading, node, at, YB_PLAN_LISTED_MAX);
    char *list = yb_arena_calloc(reading->arena, (size_t)(count > 0 ? count : 1), size);
    size_t n = 0;
    for (int i = 0; i < count; i++) {
        const yaml_node_t *item = yb_node_item(reading, node, i);
        void *entry = list + n * size;
        memset(entry, 0, size); /* what a bad item before it left */
        bool good = read_item(reading, item, path(where, at, i, ""), entry);
        for (size_t j = 0; j < n && good; j++)
            if (same(list + j * size, entry)) {
                YB_PLAN_ERROR(reading, yb_node_line(item), where, "%s重复", what);
                good = false;
            }
        n += good;
    }
    *ret_count = n;
    return list;
}

static bool read_day_item(yb_plan_reading_t *reading, const yaml_node_t *item, const char *where, void *entry)
{
    static const char *const names[] = { "kind", "steps", "institution", "dept", NULL };
    const yaml_node_t *part[4];
    yb_plan_day_t *day = entry;
    return yb_node_fields(reading, item, where, names, 2, part) && yb_node_code(reading, part[0], where, day->kind) &&
           read_day_steps(reading, part[1], where, day) &&
           (part[2] == NULL || yb_node_code(reading, part[2], where, day->institution)) &&
           read_codes(reading, part[3], where, &day->depts, &day->dept_count);
}

static bool same_day(const void *a, const void *b)
{
    const yb_plan_day_t *x = a, *y = b;
    return strcmp(x->kind, y->kind) == 0 && strcmp(x->institution, y->institution) == 0;
}

void yb_plan_read_day(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    reading->plan->days = read_items(reading, node, at, sizeof(yb_plan_day_t), read_day_item, same_day,
                                     "同一床日类别对同一机构", &reading->plan->day_count);
}

static bool read_disease_item(yb_plan_reading_t *reading, const yaml_node_t *item, const char *where, void *entry)
{
    static const char *const names[] = { "code", "price", "level", "dx", "px", NULL };
    const yaml_node_t *part[5];
    yb_plan_disease_t *disease = entry;
    return yb_node_fields(reading, item, where, names, 2, part) &&
           yb_node_code(reading, part[0], where, disease->code) &&
           yb_node_number(reading, part[1], where, 2, 0, YB_CASE_FEE_MAX, &disease->price_fen) &&
           (part[2] == NULL || (yb_node_code(reading, part[2], where, disease->level) &&
                                yb_plan_level_index(reading, part[2], where, disease->level) >= 0)) &&
           read_codes(reading, part[3], where, &disease->dx, &disease->dx_count) &&
           read_codes(reading, part[4], where, &disease->px, &disease->px_count);
}

static bool same_disease(const void *a, const void *b)
{
    const yb_plan_disease_t *x = a, *y = b;
    return strcmp(x->code, y->code) == 0 && strcmp(x->level, y->level) == 0;
}

void yb_plan_read_disease(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    reading->plan->diseases = read_items(reading, node, at, sizeof(yb_plan_disease_t), read_disease_item, same_disease,
                                         "同一单病种对同一等级", &reading->plan->disease_count);
}

static int by_group(const void *a, const void *b) { return strcmp(a, b); }

void yb_plan_read_tcm(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    const yaml_node_t *key, *value;
    int count = yb_node_pairs(reading, node, at, YB_PLAN_LISTED_MAX);
    yb_plan_tcm_t *list = YB_NEW_ARRAY(reading->arena, yb_plan_tcm_t, (size_t)(count > 0 ? count : 1));
    size_t n = 0;
    for (int i = 0; i < count; i++) {
        yb_node_pair(reading, node, i, &key, &value);
        if (!yb_node_repeats(reading, node, i, at) && yb_node_code(reading, key, at, list[n].group) &&
            yb_node_code(reading, value, at, list[n].drg))
            n++;
    }
    qsort(list, n, sizeof(*list), by_group);
    reading->plan->tcms = list;
    reading->plan->tcm_count = n;
}

void yb_plan_read_head(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    const yaml_node_t *key, *value;
    int count = yb_node_pairs(reading, node, at, YB_PLAN_LISTED_MAX);
    yb_plan_head_t *list = YB_NEW_ARRAY(reading->arena, yb_plan_head_t, (size_t)(count > 0 ? count : 1));
    size_t n = 0;
    for (int i = 0; i < count; i++) {
        yb_node_pair(reading, node, i, &key, &value);
        if (!yb_node_repeats(reading, node, i, at) && yb_node_code(reading, key, at, list[n].kind) &&
            yb_node_number(reading, value, at, 2, 0, YB_CASE_FEE_MAX, &list[n].amount_fen))
            n++;
    }
    reading->plan->heads = list;
    reading->plan->head_count = n;
}
