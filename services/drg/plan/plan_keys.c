/* The keys at the top of a plan, and those that are a single value. */
#include <string.h>
#include "libcommon/code.h"
#include "services/drg/plan/plan_impl.h"

const char *yb_plan_take_text(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    const char *text = yb_node_text(reading, node, at);
    if (text == NULL)
        return NULL;
    size_t len = strlen(text);
    if (len == 0 || len > 255 || strcspn(text, "\a\b\t\n\v\f\r\x1b\x7f") != len) {
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "须为1至255字节的一行文字");
        return NULL;
    }
    return yb_arena_strdup(reading->arena, text);
}

static void read_name(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    reading->plan->name = yb_plan_take_text(reading, node, at);
}

static void read_area(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    yb_refusal_t why = { .code = YB_OK };
    const char *text = yb_plan_take_text(reading, node, at);
    if (text != NULL && yb_code_admdvs(text, strlen(text), at, &why) != YB_OK)
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "不是六位区划代码，应写成\"620100\"");
    else
        reading->plan->area = text;
}

static void read_weights_file(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    reading->plan->weights_file = yb_plan_take_text(reading, node, at);
}

static void read_day(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, yb_day_t *ret)
{
    char seen[YB_PLAN_KEY_MAX];
    const char *text = yb_node_text(reading, node, at);
    if (text != NULL && (yb_day_parse(text, strlen(text), ret) != YB_OK || *ret >= YB_DAY_OPEN)) {
        *ret = 0;
        YB_PLAN_ERROR(reading, yb_node_line(node), at, "日期“%s”不正确，须写成2023-01-01", yb_plan_clip(text, seen));
    }
}

static void read_from(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    read_day(reading, node, at, &reading->plan->from);
}

static void read_to(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    read_day(reading, node, at, &reading->plan->to);
}

static void read_method(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    static const char *const words[] = {
        [YB_METHOD_POINTS] = "points", [YB_METHOD_RATE] = "rate", [YB_METHOD_DIP] = "dip"
    };
    size_t which;
    if (yb_node_word(reading, node, at, words, 3, &which))
        reading->plan->method = (yb_plan_method_t)which;
}

static void read_mean_all(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    const char *text = yb_node_text(reading, node, at);
    if (text == NULL)
        return;
    reading->plan->mean_from_cases = strcmp(text, "from_cases") == 0;
    if (!reading->plan->mean_from_cases)
        (void)yb_node_number(reading, node, at, 4, 1, YB_BASE_E4_MAX, &reading->plan->mean_e4);
}

static void read_low_ratio(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    (void)yb_node_number(reading, node, at, 6, 0, YB_RATIO_E6_MAX, &reading->plan->low_ratio_e6);
}

static void read_bound(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at, bool *ret)
{
    static const char *const words[] = { "excluded", "included" };
    size_t which;
    if (yb_node_word(reading, node, at, words, 2, &which))
        *ret = which == 1;
}

static void read_low_bound(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    read_bound(reading, node, at, &reading->plan->low_at_bound);
}

static void read_high_bound(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    read_bound(reading, node, at, &reading->plan->high_at_bound);
}

static void read_high_form(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    static const char *const words[] = {
        [YB_HIGH_EXCESS] = "excess",     [YB_HIGH_EXCESS_WEIGHT] = "excess_weight",
        [YB_HIGH_OVER_ONE] = "over_one", [YB_HIGH_WEIGHT] = "weight",
        [YB_HIGH_SHARE] = "share",       [YB_HIGH_COST] = "cost",
    };
    size_t which;
    if (yb_node_word(reading, node, at, words, sizeof(words) / sizeof(words[0]), &which))
        reading->plan->high_form = (yb_high_form_t)which;
}

static void read_high_share(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    (void)yb_node_number(reading, node, at, 4, 1, YB_E4_ONE, &reading->plan->high_share_e4);
}

static void read_reserve_ratio(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    (void)yb_node_ppm(reading, node, at, &reading->plan->reserve_ratio_ppm);
}

static void read_prepay_ratio(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    (void)yb_node_ppm(reading, node, at, &reading->plan->prepay_ratio_ppm);
}

static void read_keep_ratio_max(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    (void)yb_node_ppm(reading, node, at, &reading->plan->year.keep_ratio_max_ppm);
}

static void read_bear_overrun(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    static const char *const words[] = { "all" };
    size_t which;
    if (yb_node_word(reading, node, at, words, 1, &which))
        reading->plan->year.bears_overrun = true;
}

static const struct {
    const char *name;
    yb_plan_reader_t *read;
} keys[] = {
    { "plan", read_name },
    { "area", read_area },
    { "from", read_from },
    { "to", read_to },
    { "method", read_method },
    { "mean_all", read_mean_all },
    { "weights", read_weights_file },
    { "dip", yb_plan_read_dip },
    { "low_ratio", read_low_ratio },
    { "low_bound", read_low_bound },
    { "high", yb_plan_read_high },
    { "high_bound", read_high_bound },
    { "high_form", read_high_form },
    { "high_share", read_high_share },
    { "factor", yb_plan_read_factor },
    { "coefficient", yb_plan_read_coefficient },
    { "coefficient_level", yb_plan_read_coefficient_level },
    { "levels", yb_plan_read_levels },
    { "rate", yb_plan_read_rate },
    { "budget", yb_plan_read_budget },
    { "fund_budget", yb_plan_read_fund_budget },
    { "scope", yb_plan_read_scope },
    { "day", yb_plan_read_day },
    { "disease", yb_plan_read_disease },
    { "tcm", yb_plan_read_tcm },
    { "head", yb_plan_read_head },
    { "month_share", yb_plan_read_month_share },
    { "prepay_ratio", read_prepay_ratio },
    { "reserve_ratio", read_reserve_ratio },
    { "keep_ratio_max", read_keep_ratio_max },
    { "overrun", yb_plan_read_overrun },
    { "bear_overrun", read_bear_overrun },
    { "deposit", yb_plan_read_deposit },
    { "groups", yb_plan_read_groups },
    { "calendar", yb_plan_read_calendar },
};
enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };
_Static_assert(KEY_COUNT <= YB_PLAN_KEYS_MAX, "key_line is too short");

static int key_index(const char *name)
{
    for (int i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].name, name) == 0)
            return i;
    return -1;
}

uint32_t yb_plan_key_line(const yb_plan_reading_t *reading, const char *key)
{
    int i = key_index(key);
    YB_ASSERT(i >= 0);
    return reading->key_line[i];
}

static void set_defaults(yb_plan_t *plan)
{
    for (int i = 0; i < YB_FACTOR_COUNT; i++)
        plan->factor_e6[i] = YB_E6_ONE;
    plan->to = YB_DAY_OPEN;
    plan->scope.los_min = -1;
    plan->scope.los_max = INT32_MAX;
    plan->prepay_ratio_ppm = YB_PPM_ONE;
    plan->calendar.special_share_max_ppm = YB_SPECIAL_SHARE_DEFAULT_PPM;
}

void yb_plan_read_root(yb_plan_reading_t *reading, const yaml_node_t *root)
{
    char seen[YB_PLAN_KEY_MAX];
    const yaml_node_t *key, *value;
    set_defaults(reading->plan);
    int count = yb_node_pairs(reading, root, "", 4 * YB_PLAN_KEYS_MAX);
    for (int i = 0; i < count; i++) {
        yb_node_pair(reading, root, i, &key, &value);
        const char *text = yb_node_text(reading, key, "");
        int which = text != NULL ? key_index(text) : -1;
        if (text != NULL && which < 0)
            YB_PLAN_ERROR(reading, yb_node_line(key), yb_plan_clip(text, seen), "不认识的项目，请核对拼写");
        if (which < 0 || yb_node_repeats(reading, root, i, keys[which].name))
            continue;
        reading->key_line[which] = (uint32_t)yb_node_line(key);
        keys[which].read(reading, value, keys[which].name);
    }
    reading->plan->levels = yb_arena_memdup(reading->arena, reading->levels, sizeof(reading->levels));
    reading->plan->pools = yb_arena_memdup(reading->arena, reading->pools, sizeof(reading->pools));
    yb_plan_take_institutions(reading);
}
