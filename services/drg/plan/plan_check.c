/* What is missing in a plan, contradicts itself or cannot be meant. */
#include <string.h>
#include "services/drg/plan/plan_impl.h"

static void require(yb_plan_reading_t *reading, const char *key, const char *why)
{
    if (yb_plan_key_line(reading, key) == 0)
        YB_PLAN_ERROR(reading, 0, key, "缺少%s：%s", key, why);
}

static void require_budget(yb_plan_reading_t *reading, const char *method)
{
    if (yb_plan_key_line(reading, "budget") == 0 && yb_plan_key_line(reading, "fund_budget") == 0)
        YB_PLAN_ERROR(reading, 0, "budget", "缺少budget：%s须按险种写明预算（或fund_budget）", method);
}

static void examine_required(yb_plan_reading_t *reading)
{
    require(reading, "plan", "方案名称");
    require(reading, "area", "统筹区六位区划代码");
    require(reading, "from", "起始日");
    require(reading, "method", "points（点数法）、rate（费率法）或dip（DIP）");
    if (reading->plan->method == YB_METHOD_DIP) {
        require(reading, "dip", "DIP的病种目录，写成{catalogue: catalogue.tsv}");
        require_budget(reading, "DIP");
        return;
    }
    require(reading, "weights", "权重表文件名");
    require(reading, "low_ratio", "低倍率界限；不设低倍率病例时写\"0\"");
    require(reading, "high", "高倍率界限；不设高倍率病例时写[{ratio: none}]");
    if (reading->plan->method == YB_METHOD_RATE) {
        require(reading, "rate", "费率法须按险种写明费率");
    } else {
        require(reading, "mean_all", "点数法须写明例均费用，或from_cases");
        require_budget(reading, "点数法");
    }
}

/* What a method does not look at is a mistake of whoever wrote it. */
static void examine_foreign(yb_plan_reading_t *reading)
{
    static const char *const not_dip[] = { "weights",   "low_ratio",  "low_bound", "high", "high_bound",
                                           "high_form", "high_share", "rate",      "tcm" };
    const bool is_dip = reading->plan->method == YB_METHOD_DIP;
    for (size_t i = 0; is_dip && i < sizeof(not_dip) / sizeof(not_dip[0]); i++)
        if (yb_plan_key_line(reading, not_dip[i]) != 0)
            YB_PLAN_ERROR(reading, yb_plan_key_line(reading, not_dip[i]), not_dip[i], "DIP不用此项，请去掉");
    if (is_dip && reading->plan->mean_from_cases)
        YB_PLAN_ERROR(reading, yb_plan_key_line(reading, "mean_all"), "mean_all",
                      "DIP不用from_cases：写明全部病例的均次费用，或不写（由目录的费用合计得出）");
    if (!is_dip && yb_plan_key_line(reading, "dip") != 0)
        YB_PLAN_ERROR(reading, yb_plan_key_line(reading, "dip"), "dip", "只用于method: dip");
}

static void examine_multiples(yb_plan_reading_t *reading)
{
    yb_plan_t *plan = reading->plan;
    const bool has_share = yb_plan_key_line(reading, "high_share") != 0;
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].ratio_e6 != YB_STEP_NEVER && plan->steps[i].ratio_e6 <= plan->low_ratio_e6) {
            YB_PLAN_ERROR(reading, yb_plan_key_line(reading, "high"), "high", "第%zu档的倍数不大于low_ratio", i + 1);
            return;
        }
    if ((plan->high_form == YB_HIGH_SHARE) != has_share)
        YB_PLAN_ERROR(reading, yb_plan_key_line(reading, has_share ? "high_share" : "high_form"), "high_share",
                      "high_share与high_form: share须同时写");
    if (plan->low_ratio_e6 >= YB_E6_ONE)
        YB_PLAN_WARN(reading, yb_plan_key_line(reading, "low_ratio"), "low_ratio",
                     "低倍率界限不小于1，正常费用的病例也成了低倍率");
}

static void examine_institutions(yb_plan_reading_t *reading)
{
    const yb_plan_t *plan = reading->plan;
    if (plan->default_k_e4 == 0)
        YB_PLAN_WARN(reading, yb_plan_key_line(reading, "coefficient"), "coefficient",
                     "没有默认系数(default)：没有自己系数和等级系数的机构将无法计算");
    for (size_t level = 0; level < plan->level_count; level++) {
        bool used = false;
        for (size_t i = 0; i < plan->institution_count && !used; i++)
            used = plan->institutions[i].level == (int32_t)level;
        if (!used)
            YB_PLAN_WARN(reading, yb_plan_key_line(reading, "levels"), "levels", "没有机构属于等级“%s”",
                         plan->levels[level].name);
        else if (plan->levels[level].k_e4 == 0 && plan->default_k_e4 == 0)
            YB_PLAN_ERROR(reading, yb_plan_key_line(reading, "coefficient_level"), "coefficient_level",
                          "等级“%s”没有系数，方案也没有默认系数(default)，其机构无法计算", plan->levels[level].name);
        else if (plan->levels[level].k_e4 == 0)
            YB_PLAN_WARN(reading, yb_plan_key_line(reading, "coefficient_level"), "coefficient_level",
                         "等级“%s”没有系数，其机构用默认系数", plan->levels[level].name);
    }
}

static void examine_money(yb_plan_reading_t *reading)
{
    const yb_plan_t *plan = reading->plan;
    const bool by_rate = plan->method == YB_METHOD_RATE;
    for (size_t i = 0; i < plan->pool_count; i++) {
        const yb_plan_pool_t *pool = &plan->pools[i];
        if (by_rate && pool->rate_e4 == 0)
            YB_PLAN_WARN(reading, yb_plan_key_line(reading, "rate"), "rate", "险种%s有预算而没有费率，其病例无法计算",
                         pool->insutype);
        else if (!by_rate && !pool->has_budget)
            YB_PLAN_WARN(reading, yb_plan_key_line(reading, "rate"), "budget", "险种%s有费率而没有预算，其病例无法计算",
                         pool->insutype);
        else if (by_rate && plan->reserve_ratio_ppm > 0 && !pool->has_budget)
            YB_PLAN_ERROR(reading, yb_plan_key_line(reading, "reserve_ratio"), "reserve_ratio",
                          "调剂金按预算提取，险种%s没有预算", pool->insutype);
    }
    for (size_t i = 0; i < plan->day_count; i++)
        if (plan->days[i].in_points == by_rate)
            YB_PLAN_ERROR(reading, yb_plan_key_line(reading, "day"), "day", "床日类别%s：%s", plan->days[i].kind,
                          by_rate ? "费率法须写rate（每日金额）" : "点数法须写points（每日点数），在同一预算内分配");
}

static void examine_tcm(yb_plan_reading_t *reading)
{
    const yb_plan_t *plan = reading->plan;
    const uint64_t line = yb_plan_key_line(reading, "tcm");
    for (size_t i = 0; i < plan->tcm_count; i++) {
        if (yb_plan_tcm(plan, plan->tcms[i].drg) != NULL)
            YB_PLAN_ERROR(reading, line, "tcm", "%s对应的%s本身也是中医病组", plan->tcms[i].group, plan->tcms[i].drg);
        else if (yb_plan_weight(plan, plan->tcms[i].drg) == NULL)
            YB_PLAN_ERROR(reading, line, "tcm", "%s对应的%s不在权重表中", plan->tcms[i].group, plan->tcms[i].drg);
    }
}

static void examine_dip(yb_plan_reading_t *reading)
{
    const yb_plan_t *plan = reading->plan;
    if (plan->dip != NULL && plan->mean_e4 == 0 && plan->dip->catalogue.count > 0 &&
        yb_dip_weighted_e1(&plan->dip->catalogue.all) == 0)
        YB_PLAN_WARN(reading, yb_plan_key_line(reading, "dip"), "mean_all",
                     "目录没有费用合计，方案也没有mean_all：目录之外的病例将无法计算");
}

/* Groups take over what they do not name; bearing the overrun and sharing it exclude each other. */
static void examine_year(yb_plan_reading_t *reading)
{
    yb_plan_t *plan = reading->plan;
    yb_plan_group_t *groups = (yb_plan_group_t *)(uintptr_t)plan->groups;
    bool shares = plan->year.slice_count > 0;
    if (plan->year.bears_overrun && shares)
        YB_PLAN_ERROR(reading, yb_plan_key_line(reading, "bear_overrun"), "bear_overrun",
                      "超支不补(bear_overrun: all)与分担比例(overrun)只能写一个");
    for (size_t i = 0; i < plan->group_count; i++) {
        yb_year_terms_t *terms = &groups[i].terms;
        if (terms->bears_overrun && terms->slice_count > 0)
            YB_PLAN_ERROR(reading, yb_plan_key_line(reading, "groups"), "groups",
                          "医共体%s：bear_overrun与overrun只能写一个", groups[i].code);
        if (terms->keep_ratio_max_ppm < 0)
            terms->keep_ratio_max_ppm = plan->year.keep_ratio_max_ppm;
        if (!terms->bears_overrun && terms->slice_count == 0) {
            terms->slices = plan->year.slices;
            terms->slice_count = plan->year.slice_count;
            terms->bears_overrun = plan->year.bears_overrun;
        }
        shares = shares || terms->slice_count > 0;
    }
    if (shares && plan->reserve_ratio_ppm == 0)
        YB_PLAN_WARN(reading, yb_plan_key_line(reading, "overrun"), "overrun",
                     "没有调剂金(reserve_ratio)：超支分担没有资金来源，将全部为零");
}

/* Reached by no step: neither high nor said to be never high. */
static void examine_steps(yb_plan_reading_t *reading)
{
    const yb_plan_t *plan = reading->plan;
    int32_t open_for_all = 0;
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].levels == 0 && plan->steps[i].rw_max_e4 > open_for_all)
            open_for_all = plan->steps[i].rw_max_e4;
    if (plan->step_count > 0 && open_for_all != YB_STEP_ALL_RW)
        YB_PLAN_WARN(reading, yb_plan_key_line(reading, "high"), "high",
                     "没有适用于所有机构、不写rw_max的最后一档：各档之外的病例不作高倍率。确实如此时写{ratio: none}");
}

void yb_plan_examine(yb_plan_reading_t *reading)
{
    yb_plan_t *plan = reading->plan;
    examine_required(reading);
    examine_foreign(reading);
    if (plan->from != 0 && plan->from >= plan->to)
        YB_PLAN_ERROR(reading, yb_plan_key_line(reading, "to"), "to", "起始日不早于终止日；终止日(to)当天已不适用");
    examine_multiples(reading);
    examine_steps(reading);
    examine_institutions(reading);
    examine_money(reading);
    examine_year(reading);
    examine_dip(reading);
    if (plan->weight_count > 0)
        examine_tcm(reading);
}
