/* The keys that decide how money is divided and the year is closed. */
#include <stdio.h>
#include <string.h>
#include "services/drg/plan/plan_impl.h"

/* ---- rates and budgets by insutype ---- */

static yb_plan_pool_t *pool_of(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    char insutype[YB_PLAN_TEXT];
    size_t count = reading->plan->pool_count;
    if (!yb_node_code(reading, node, at, insutype))
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(reading->pools[i].insutype, insutype) == 0)
            return &reading->pools[i];
    if (count == YB_PLAN_POOLS_MAX) {
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "险种过多，最多%d个", YB_PLAN_POOLS_MAX);
        return NULL;
    }
    memcpy(reading->pools[count].insutype, insutype, sizeof(insutype));
    reading->plan->pool_count++;
    return &reading->pools[count];
}

void yb_plan_read_rate(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    const yaml_node_t *key, *value;
    int count = yb_node_pairs(reading, node, at, YB_PLAN_POOLS_MAX);
    for (int i = 0; i < count; i++) {
        yb_node_pair(reading, node, i, &key, &value);
        yb_plan_pool_t *pool = yb_node_repeats(reading, node, i, at) ? NULL : pool_of(reading, key, at);
        if (pool != NULL)
            (void)yb_node_number(reading, value, at, 4, 1, YB_BASE_E4_MAX, &pool->rate_e4);
    }
}

static void read_budgets(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, bool of_fund)
{
    const yaml_node_t *key, *value;
    int count = yb_node_pairs(reading, node, at, YB_PLAN_POOLS_MAX);
    for (int i = 0; i < count; i++) {
        yb_node_pair(reading, node, i, &key, &value);
        yb_plan_pool_t *pool = yb_node_repeats(reading, node, i, at) ? NULL : pool_of(reading, key, at);
        if (pool == NULL)
            continue;
        if (pool->has_budget)
            YB_PLAN_ERROR(reading, yb_node_line(key), at, "险种%s的budget与fund_budget只能写一个", pool->insutype);
        pool->has_budget = true;
        pool->of_fund = of_fund;
        (void)yb_node_number(reading, value, at, 2, 0, YB_FEN_MAX, &pool->budget_fen);
    }
}

void yb_plan_read_budget(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    read_budgets(reading, node, at, false);
}

void yb_plan_read_fund_budget(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    read_budgets(reading, node, at, true);
}

void yb_plan_read_month_share(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    int count = yb_node_list(reading, node, at, 12);
    int64_t sum = 0;
    bool good = count == 12;
    if (count >= 0 && !good)
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "须有12项，1月至12月各一项");
    for (int i = 0; i < count && good; i++) {
        good = yb_node_ppm(reading, yb_node_item(reading, node, i), at, &reading->plan->month_share_ppm[i]);
        sum += reading->plan->month_share_ppm[i];
    }
    if (good && sum != YB_PPM_ONE)
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "12个月的比例之和须正好为1");
}

/* ---- the year ---- */

/* Slices [from, to) of overrun ÷ P, without gap from 0 on; beyond the last nothing is shared. */
static void read_slices(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, yb_year_terms_t *terms)
{
    static const char *const names[] = { "from", "share", "to", NULL };
    const yaml_node_t *part[3];
    int count = yb_node_list(reading, node, at, YB_PLAN_STEPS_MAX);
    yb_overrun_slice_t *slices = YB_NEW_ARRAY(reading->arena, yb_overrun_slice_t, (size_t)(count > 0 ? count : 1));
    for (int i = 0; i < count; i++) {
        const yaml_node_t *item = yb_node_item(reading, node, i);
        const int64_t expected = i > 0 ? slices[i - 1].to_e6 : 0;
        slices[i].to_e6 = INT64_MAX;
        if (!yb_node_fields(reading, item, at, names, 2, part) ||
            !yb_node_number(reading, part[0], at, 6, 0, YB_RATIO_E6_MAX, &slices[i].from_e6) ||
            !yb_node_ppm(reading, part[1], at, &slices[i].share_ppm) ||
            (part[2] != NULL && !yb_node_number(reading, part[2], at, 6, 1, YB_RATIO_E6_MAX, &slices[i].to_e6)))
            return;
        if (slices[i].from_e6 != expected) {
            YB_PLAN_ERROR(reading, yb_node_line(item), at, "%s：from须等于上一段的to，第一段从0开始",
                          slices[i].from_e6 < expected ? "与上一段重叠" : "与上一段之间有空档");
            return;
        }
        if (slices[i].to_e6 <= slices[i].from_e6) {
            YB_PLAN_ERROR(reading, yb_node_line(item), at, "to须大于from");
            return;
        }
    }
    terms->slices = slices;
    terms->slice_count = (size_t)(count > 0 ? count : 0);
}

void yb_plan_read_overrun(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    read_slices(reading, node, at, &reading->plan->year);
}

static int read_deposit_scores(yb_plan_reading_t *reading, const yaml_node_t *node, yb_deposit_step_t *steps)
{
    static const char *const names[] = { "min", "ratio", NULL };
    static const char at[] = "deposit.score";
    const yaml_node_t *part[2];
    int count = yb_node_list(reading, node, at, YB_PLAN_STEPS_MAX);
    for (int i = 0; i < count; i++) {
        const yaml_node_t *item = yb_node_item(reading, node, i);
        if (!yb_node_fields(reading, item, at, names, 2, part) ||
            !yb_node_number(reading, part[0], at, 4, 0, 10000LL * YB_E4_ONE, &steps[i].score_min_e4) ||
            !yb_node_ppm(reading, part[1], at, &steps[i].ratio_ppm))
            return 0;
        if (i > 0 && steps[i].score_min_e4 >= steps[i - 1].score_min_e4) {
            YB_PLAN_ERROR(reading, yb_node_line(item), at, "各档的min须从大到小");
            return 0;
        }
    }
    return count > 0 ? count : 0;
}

static int read_deposit_grades(yb_plan_reading_t *reading, const yaml_node_t *node, yb_deposit_grade_t *grades)
{
    static const char at[] = "deposit.grade";
    const yaml_node_t *key, *value;
    int count = yb_node_pairs(reading, node, at, YB_PLAN_STEPS_MAX), n = 0;
    for (int i = 0; i < count; i++) {
        yb_node_pair(reading, node, i, &key, &value);
        if (!yb_node_repeats(reading, node, i, at) && yb_node_code(reading, key, at, grades[n].grade) &&
            yb_node_ppm(reading, value, at, &grades[n].ratio_ppm))
            n++;
    }
    return n;
}

void yb_plan_read_deposit(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    static const char *const names[] = { "score", "grade", NULL };
    const yaml_node_t *part[2];
    yb_plan_t *plan = reading->plan;
    if (!yb_node_fields(reading, node, at, names, 0, part))
        return;
    yb_deposit_step_t *steps = YB_NEW_ARRAY(reading->arena, yb_deposit_step_t, YB_PLAN_STEPS_MAX);
    yb_deposit_grade_t *grades = YB_NEW_ARRAY(reading->arena, yb_deposit_grade_t, YB_PLAN_STEPS_MAX);
    plan->deposit_step_count = part[0] != NULL ? (size_t)read_deposit_scores(reading, part[0], steps) : 0;
    plan->deposit_grade_count = part[1] != NULL ? (size_t)read_deposit_grades(reading, part[1], grades) : 0;
    plan->deposit_steps = steps;
    plan->deposit_grades = grades;
}

/* ---- county medical groups ---- */

static bool read_members(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, yb_plan_group_t *group)
{
    int count = yb_node_list(reading, node, at, YB_PLAN_LISTED_MAX);
    if (count <= 0)
        return false;
    char(*members)[YB_PLAN_TEXT] = yb_arena_calloc(reading->arena, (size_t)count, sizeof(*members));
    for (int i = 0; i < count; i++) {
        const yaml_node_t *item = yb_node_item(reading, node, i);
        if (!yb_node_code(reading, item, at, members[i]))
            return false;
        for (size_t g = 0; g < reading->plan->group_count; g++)
            for (size_t m = 0; m < reading->plan->groups[g].member_count; m++)
                if (strcmp(reading->plan->groups[g].members[m], members[i]) == 0)
                    YB_PLAN_ERROR(reading, yb_node_line(item), at, "机构%s已属于医共体%s", members[i],
                                  reading->plan->groups[g].code);
    }
    group->members = (const char(*)[YB_PLAN_TEXT])members;
    group->member_count = (size_t)count;
    return true;
}

/* A group's terms are the plan's where it does not name its own; the plan's are read by the end of the file only, so
 * they are taken over in yb_plan_examine. */
static bool read_group_terms(yb_plan_reading_t *reading, const yaml_node_t *const *part, const char *at,
                             yb_year_terms_t *terms)
{
    static const char *const words[] = { "all" };
    size_t which;
    terms->keep_ratio_max_ppm = -1;
    if (part[0] != NULL && !yb_node_ppm(reading, part[0], at, &terms->keep_ratio_max_ppm))
        return false;
    if (part[1] != NULL)
        read_slices(reading, part[1], at, terms);
    if (part[2] != NULL && !yb_node_word(reading, part[2], at, words, 1, &which))
        return false;
    terms->bears_overrun = part[2] != NULL;
    return true;
}

void yb_plan_read_groups(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    static const char *const names[] = { "members", "keep_ratio_max", "overrun", "bear_overrun", NULL };
    const yaml_node_t *key, *value, *part[4];
    char where[YB_PLAN_KEY_MAX];
    yb_plan_t *plan = reading->plan;
    int count = yb_node_pairs(reading, node, at, YB_PLAN_GROUPS_MAX);
    yb_plan_group_t *groups = YB_NEW_ARRAY(reading->arena, yb_plan_group_t, (size_t)(count > 0 ? count : 1));
    plan->groups = groups;
    for (int i = 0; i < count; i++) {
        yb_plan_group_t group = { .member_count = 0 };
        yb_node_pair(reading, node, i, &key, &value);
        if (yb_node_repeats(reading, node, i, at) || !yb_node_code(reading, key, at, group.code))
            continue;
        snprintf(where, sizeof(where), "%s.%s", at, group.code);
        if (yb_node_fields(reading, value, where, names, 1, part) && read_members(reading, part[0], where, &group) &&
            read_group_terms(reading, part + 1, where, &group.terms))
            groups[plan->group_count++] = group;
    }
}

/* ---- what a hospital may expect ---- */

void yb_plan_read_calendar(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    static const char *const names[] = { "upload_day", "appeal_days", "special_share_max", NULL };
    const yaml_node_t *part[3];
    yb_plan_calendar_t *calendar = &reading->plan->calendar;
    int64_t upload_day = 0, appeal_days = 0;
    if (!yb_node_fields(reading, node, at, names, 0, part))
        return;
    if (part[0] != NULL && yb_node_number(reading, part[0], "calendar.upload_day", 0, 1, 28, &upload_day))
        calendar->upload_day = (int)upload_day;
    if (part[1] != NULL && yb_node_number(reading, part[1], "calendar.appeal_days", 0, 1, 366, &appeal_days))
        calendar->appeal_days = (int)appeal_days;
    if (part[2] != NULL)
        (void)yb_node_ppm(reading, part[2], "calendar.special_share_max", &calendar->special_share_max_ppm);
}
