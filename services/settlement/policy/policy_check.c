/* What a file must hold beside its form: every parameter on every day exactly once, and no contradictions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/settlement/policy/policy_impl.h"

/* ---- dates ---- */

static int by_from(const void *a, const void *b)
{
    const yb_policy_value_t *const *x = a, *const *y = b;
    if ((*x)->from != (*y)->from)
        return (*x)->from < (*y)->from ? -1 : 1;
    return (*x)->line < (*y)->line ? -1 : (*x)->line > (*y)->line;
}

static void gap(yb_policy_reading_t *reading, int32_t line, const char *key, yb_day_t from, yb_day_t to)
{
    char first[YB_TIME_TEXT], last[YB_TIME_TEXT];
    yb_day_format(from, first);
    if (to == YB_DAY_OPEN)
        YB_FAULT(reading, line, key, "空档：自%s起没有值", first);
    else
        YB_FAULT(reading, line, key, "空档：%s（含）至%s（不含）没有值", first, yb_day_format(to, last));
}

/* Sorted values against [from, to). A gap is told at the line of the value after it, at the end at the last
 * one's. */
static void examine_series(yb_policy_reading_t *reading, const yb_policy_series_t *series, const char *key,
                           yb_day_t from, yb_day_t to)
{
    const yb_policy_value_t **sorted = YB_NEW_ARRAY(reading->arena, const yb_policy_value_t *, series->count);
    char day[YB_TIME_TEXT];
    for (uint32_t i = 0; i < series->count; i++)
        sorted[i] = &series->values[i];
    qsort((void *)sorted, series->count, sizeof(*sorted), by_from);
    yb_day_t covered = from;
    for (uint32_t i = 0; i < series->count; i++) {
        const yb_policy_value_t *v = sorted[i];
        if (i > 0 && v->from < sorted[i - 1]->to)
            YB_FAULT(reading, v->line, key, "重叠：%s当日已有第%d行的值", yb_day_format(v->from, day),
                     (int)sorted[i - 1]->line);
        else if (v->from > covered && covered < to)
            gap(reading, v->line, key, covered, v->from < to ? v->from : to);
        if (v->to <= from || v->from >= to)
            yb_policy_find_fault(reading, YB_SEVERITY_WARNING, v->line, key,
                                 "该值在文件适用期(in_force)之外，不起作用");
        covered = v->to > covered ? v->to : covered;
    }
    if (covered < to)
        gap(reading, sorted[series->count - 1]->line, key, covered, to);
}

static void examine_param(yb_policy_reading_t *reading, yb_param_t param)
{
    char key[YB_PARAM_KEY_MAX], name[YB_PARAM_KEY_MAX];
    const yb_policy_series_t *series = &reading->policy->params[param];
    yb_param_key(param, key);
    if (reading->param_line[param] == 0)
        YB_FAULT(reading, 0, key, "缺少%s；没有这一项也须写明", yb_param_name_zh(param, name));
    else if (series->count > 0)            /* else: its fault is told already */
        examine_series(reading, series, key, reading->policy->from, reading->policy->to);
}

/* A listed disease may begin and end within the file's dates, but not pause. */
static void examine_disease(yb_policy_reading_t *reading, yb_scheme_t scheme,
                            const yb_policy_disease_t *disease)
{
    char key[YB_PARAM_KEY_MAX];
    yb_day_t from = YB_DAY_OPEN, to = 0;
    for (uint32_t i = 0; i < disease->ratio.count; i++) {
        from = disease->ratio.values[i].from < from ? disease->ratio.values[i].from : from;
        to = disease->ratio.values[i].to > to ? disease->ratio.values[i].to : to;
    }
    snprintf(key, sizeof(key), "%s.chronic.diseases.%s",
             scheme == YB_SCHEME_RESIDENT ? "residents" : "employees", disease->dise_codg);
    if (disease->ratio.count > 0)
        examine_series(reading, &disease->ratio, key, from, to);
}

/* ---- sense, interval by interval ---- */

typedef struct view {
    yb_policy_reading_t *reading;
    const yb_terms_t *terms;
    yb_scheme_t scheme;
} view_t;

static bool none(const view_t *view, int scheme_param)
{
    return yb_terms_value(view->terms, view->scheme, scheme_param) == YB_VALUE_NONE;
}

static void contradict(const view_t *view, yb_param_t param, const char *text)
{
    char key[YB_PARAM_KEY_MAX];
    YB_FAULT(view->reading, view->terms->of[param]->line, yb_param_key(param, key), "%s", text);
}

static void contradict_scheme(const view_t *view, int scheme_param, const char *text)
{
    contradict(view, yb_param_of(view->scheme, scheme_param), text);
}

static void examine_cap(const view_t *view)
{
    bool by_wage = !none(view, YB_SP_CAP_WAGE_MULTIPLE);
    if (none(view, YB_SP_CAP) != by_wage)
        contradict_scheme(view, YB_SP_CAP, "封顶线须在fixed与wage_multiple中恰取其一，另一个写none");
    if (none(view, YB_SP_CAP_LOW_WAGE) != none(view, YB_SP_CAP_LOW_WAGE_AMOUNT))
        contradict_scheme(view, YB_SP_CAP_LOW_WAGE, "low_wage与low_wage_amount须同时写或同时为none");
    if (!by_wage && !none(view, YB_SP_CAP_LOW_WAGE))
        contradict_scheme(view, YB_SP_CAP_LOW_WAGE, "封顶线为固定金额时，low_wage须为none");
}

static void examine_supplement(const view_t *view)
{
    int64_t kind = yb_terms_value(view->terms, view->scheme, YB_SP_SUPPLEMENT_KIND);
    for (int s = 0; s < YB_STANDING_COUNT; s++) {
        if (none(view, YB_SP_SUPPLEMENT_LINE + s) != (kind != YB_SUPPLEMENT_BURDEN))
            contradict_scheme(view, YB_SP_SUPPLEMENT_LINE + s, "方式为burden时须有起付线，其他方式须为none");
        if (none(view, YB_SP_SUPPLEMENT_RATIO + s) != (kind == YB_SUPPLEMENT_NONE))
            contradict_scheme(view, YB_SP_SUPPLEMENT_RATIO + s, "有大病保险时须有支付比例，没有时须为none");
        if (none(view, YB_SP_SUPPLEMENT_CAP + s) != (kind == YB_SUPPLEMENT_NONE))
            contradict_scheme(view, YB_SP_SUPPLEMENT_CAP + s, "有大病保险时须有封顶线（或unlimited），没有时须为none");
    }
    if (kind != YB_SUPPLEMENT_BURDEN &&
        yb_terms_value(view->terms, view->scheme, YB_SP_CHRONIC_SUPPLEMENT) == 1)
        contradict_scheme(view, YB_SP_CHRONIC_SUPPLEMENT, "只有方式为burden的大病保险才能纳入门诊慢特病");
    if (none(view, YB_SP_TWO_DISEASES_RATIO) != none(view, YB_SP_TWO_DISEASES_CAP))
        contradict_scheme(view, YB_SP_TWO_DISEASES_CAP, "两病的比例与限额须同时写或同时为none");
}

static void examine_net(const view_t *view)
{
    const int64_t *value = view->terms->value;
    int64_t kind = value[YB_RP_NET_KIND];
    bool limit = false, part = false;
    for (int t = 0; t < YB_TIER_COUNT; t++) {
        limit = limit || value[YB_RP_NET_LIMIT + t] != YB_VALUE_NONE;
        part = part || value[YB_RP_NET_SHARE + t] != YB_VALUE_NONE;
    }
    if (limit != (kind == YB_NET_YEARLY_BY_TIER))
        contradict(view, YB_RP_NET_LIMIT, "方式为yearly_by_tier时至少一级有上限，其他方式须全为none");
    if (part != (kind == YB_NET_SHARE_OF_SCOPE))
        contradict(view, YB_RP_NET_SHARE, "方式为share_of_scope时至少一级有比例，其他方式须全为none");
    if ((value[YB_RP_NET_TAGS] == 0) != (kind == YB_NET_NONE))
        contradict(view, YB_RP_NET_TAGS, "有兜底时须写明对象，没有时须为none");
    if ((value[YB_RP_NET_PLACE] == YB_VALUE_NONE) != (kind == YB_NET_NONE))
        contradict(view, YB_RP_NET_PLACE, "有兜底时须写明就医地范围，没有时须为none");
}

/* A rate under 1 % is most likely a percentage written as a fraction of it. */
static void doubt_rates(const view_t *view)
{
    char key[YB_PARAM_KEY_MAX], rate[YB_DECIMAL_TEXT];
    for (yb_param_t p = 0; p < YB_PARAM_COUNT; p++) {
        int64_t value = view->terms->value[p];
        if (yb_param_group_of(p)->kind == YB_KIND_RATE && value > 0 && value < YB_PPM_ONE / 100)
            yb_policy_find_fault(view->reading, YB_SEVERITY_WARNING, view->terms->of[p]->line,
                                 yb_param_key(p, key), "比例%s%%不足1%%，请确认",
                                 yb_decimal_format(value, 4, rate));
    }
}

static void examine_terms(yb_policy_reading_t *reading, const yb_terms_t *terms)
{
    view_t view = { .reading = reading, .terms = terms };
    for (int s = 0; s < YB_SCHEME_COUNT; s++) {
        view.scheme = (yb_scheme_t)s;
        examine_cap(&view);
        examine_supplement(&view);
    }
    examine_net(&view);
    doubt_rates(&view);
}

/* ---- all of it ---- */

static uint32_t count_intervals(const yb_policy_t *policy)
{
    uint32_t count = 0;
    for (yb_day_t day = policy->from; day < policy->to && count <= YB_POLICY_INTERVALS_MAX; count++)
        day = yb_policy_next_change(policy, day);
    return count;
}

static void make_terms(yb_policy_reading_t *reading)
{
    yb_policy_t *policy = reading->policy;
    uint32_t count = count_intervals(policy);
    if (count > YB_POLICY_INTERVALS_MAX) {
        YB_FAULT(reading, 0, "", "变更日过多（最多%d个）", YB_POLICY_INTERVALS_MAX);
        return;
    }
    yb_terms_t *terms = YB_NEW_ARRAY(reading->arena, yb_terms_t, count);
    yb_day_t day = policy->from;
    for (uint32_t i = 0; i < count; i++) {
        yb_err_t err = yb_policy_resolve(policy, day, &terms[i], NULL);
        YB_ASSERT(err == YB_OK && terms[i].from == day);   /* gaps and overlaps were looked for */
        day = terms[i].to;
        examine_terms(reading, &terms[i]);
    }
    policy->terms = terms;
    policy->terms_count = count;
}

static void examine_head(yb_policy_reading_t *reading)
{
    const yb_policy_t *policy = reading->policy;
    if (reading->region_line == 0)
        YB_FAULT(reading, 0, "region", "缺少统筹区代码region（六位数字）");
    if (policy->name == NULL || policy->name[0] == '\0')
        YB_FAULT(reading, 0, "name", "缺少统筹区名称name");
    if (reading->in_force_line == 0)
        YB_FAULT(reading, 0, "in_force", "缺少适用期in_force: {from: …, to: …}");
}

void yb_policy_examine(yb_policy_reading_t *reading)
{
    const yb_policy_t *policy = reading->policy;
    examine_head(reading);
    if (policy->from == 0 || policy->from >= policy->to)
        return;                            /* without its dates nothing can be said of the values */
    for (yb_param_t p = 0; p < YB_PARAM_COUNT; p++)
        examine_param(reading, p);
    for (int s = 0; s < YB_SCHEME_COUNT; s++)
        for (uint32_t i = 0; i < policy->disease_count[s]; i++)
            examine_disease(reading, (yb_scheme_t)s, &policy->diseases[s][i]);
    if (reading->report->errors == 0)
        make_terms(reading);
}
