/* From what is said of a case to its numbers. */
#include <string.h>
#include "services/drg/rules/dip_pay.h"

bool yb_pay_left_out(const yb_plan_scope_t *scope, const yb_pay_facts_t *facts)
{
    if (facts->los <= scope->los_min || facts->los >= scope->los_max || (facts->offsite && scope->offsite_out))
        return true;
    for (size_t i = 0; i < scope->med_type_count; i++)
        if (strcmp(scope->med_types[i], facts->med_type) == 0)
            return true;
    return false;
}

static yb_err_t find_pool(const yb_plan_t *plan, const yb_pay_facts_t *facts, yb_pay_case_t *c, yb_refusal_t *ret_why)
{
    const bool by_rate = plan->method == YB_METHOD_RATE;
    const int pool = yb_plan_pool(plan, facts->insutype);
    if (pool < 0 || (by_rate ? plan->pools[pool].rate_e4 == 0 : !plan->pools[pool].has_budget))
        return yb_refuse(ret_why, YB_E_POLICY_NONE, "insutype", "方案中没有险种%s的%s，请在方案的%s中补上",
                         facts->insutype, by_rate ? "费率" : "预算", by_rate ? "rate" : "budget（或fund_budget）");
    c->pool = (int16_t)pool;
    return YB_OK;
}

/* Days of the stay times the value of each day's slice. */
static int64_t value_of_days(const yb_plan_day_t *day, int32_t days)
{
    int64_t sum = 0;
    int32_t done = 0;
    for (size_t i = 0; i < day->count && done < days; i++) {
        int32_t until = day->steps[i].days < days ? day->steps[i].days : days;
        sum += (int64_t)(until - done) * day->steps[i].value;
        done = until;
    }
    return sum;
}

static yb_err_t resolve_day(const yb_plan_t *plan, const yb_pay_facts_t *facts, const char *kind, yb_pay_case_t *c,
                            yb_refusal_t *ret_why)
{
    const yb_plan_day_t *day = yb_plan_day(plan, kind, facts->fixmedins_code);
    if (day == NULL || day->in_points != yb_plan_by_points(plan))
        return yb_refuse(ret_why, YB_E_POLICY_NONE, "pay", "方案中没有床日类别%s的%s，请在方案的day中补上", kind,
                         yb_plan_by_points(plan) ? "床日点数" : "床日标准");
    c->kind = YB_PAY_DAY;
    c->fixed = value_of_days(day, facts->los);
    return find_pool(plan, facts, c, ret_why);
}

/* By what it cost, times the plan's factor of the class: within the budget. */
static yb_err_t resolve_cost(const yb_plan_t *plan, const yb_pay_facts_t *facts, yb_pay_class_t class, yb_pay_case_t *c,
                             yb_refusal_t *ret_why)
{
    c->kind = (uint8_t) class;
    yb_err_t err = find_pool(plan, facts, c, ret_why);
    if (err != YB_OK || plan->method != YB_METHOD_DIP)
        return err;
    const int64_t factor_e6 = plan->factor_e6[class == YB_PAY_LATE ? YB_FACTOR_LATE : YB_FACTOR_SPECIAL];
    return yb_dip_resolve_cost(plan, factor_e6, class, c, ret_why);
}

static yb_err_t resolve_disease(const yb_plan_t *plan, const yb_pay_facts_t *facts, const char *code, yb_pay_case_t *c,
                                yb_refusal_t *ret_why)
{
    const yb_plan_disease_t *disease = yb_plan_disease(plan, code, facts->fixmedins_code);
    if (disease == NULL)
        return yb_refuse(ret_why, YB_E_POLICY_NONE, "pay",
                         "方案中没有单病种%s在该机构等级的标准，请在方案的disease中补上", code);
    c->kind = YB_PAY_DISEASE;
    c->fixed = disease->price_fen;
    return YB_OK;
}

static bool ends_with_qy(const char *drg)
{
    size_t len = strlen(drg);
    return len >= 2 && strcmp(drg + len - 2, "QY") == 0;
}

static yb_err_t resolve_weight(const yb_plan_t *plan, const yb_pay_facts_t *facts, const yb_weight_t *weight,
                               yb_pay_case_t *c, yb_refusal_t *ret_why)
{
    const yb_plan_institution_t *institution = yb_plan_institution(plan, facts->fixmedins_code);
    c->kind = YB_PAY_NORMAL;
    c->rw_e4 = weight->rw_e4;
    c->k_e4 = weight->kind == YB_WEIGHT_BASIC ? YB_E4_ONE : yb_plan_coefficient(plan, facts->fixmedins_code);
    c->high_ratio_e6 = yb_plan_high_ratio(plan, weight->rw_e4, institution != NULL ? institution->level : YB_NO_LEVEL);
    if (c->k_e4 == 0)
        return yb_refuse(ret_why, YB_E_POLICY_NONE, "fixmedins_code",
                         "方案中没有机构%s的系数，也没有其等级的系数和默认系数", facts->fixmedins_code);
    return YB_OK;
}

static yb_err_t resolve_drg(const yb_plan_t *plan, const yb_pay_facts_t *facts, yb_pay_case_t *c, yb_refusal_t *ret_why)
{
    static const uint8_t by_cost[] = {
        [YB_WEIGHT_UNSTABLE] = YB_PAY_UNSTABLE, [YB_WEIGHT_UNCOVERED] = YB_PAY_UNCOVERED
    };
    const char *western = yb_plan_tcm(plan, facts->drg), *drg = western != NULL ? western : facts->drg;
    yb_err_t err = find_pool(plan, facts, c, ret_why);
    if (err != YB_OK)
        return err;
    if (strcmp(drg, "0000") == 0) {
        c->kind = YB_PAY_0000;
    } else if (ends_with_qy(drg)) {
        c->kind = YB_PAY_QY;
    } else {
        const yb_weight_t *weight = yb_plan_weight(plan, drg);
        if (weight != NULL && (weight->kind == YB_WEIGHT_STABLE || weight->kind == YB_WEIGHT_BASIC))
            return resolve_weight(plan, facts, weight, c, ret_why);
        c->kind = weight != NULL ? by_cost[weight->kind] : YB_PAY_UNCOVERED;
    }
    return YB_OK;
}

yb_err_t yb_pay_resolve(const yb_plan_t *plan, const yb_pay_facts_t *facts, yb_pay_case_t *ret_case,
                        yb_refusal_t *ret_why)
{
    static const char day[] = "day:", disease[] = "disease:";
    const char *own = plan->method == YB_METHOD_DIP ? "dip" : "drg";
    yb_pay_case_t c = {
        .id = ret_case->id, .fee_fen = ret_case->fee_fen, .other_pay_fen = ret_case->other_pay_fen, .pool = -1
    };
    yb_err_t err = YB_OK;
    if (strncmp(facts->pay, day, sizeof(day) - 1) == 0)
        err = resolve_day(plan, facts, facts->pay + sizeof(day) - 1, &c, ret_why);
    else if (strncmp(facts->pay, disease, sizeof(disease) - 1) == 0)
        err = resolve_disease(plan, facts, facts->pay + sizeof(disease) - 1, &c, ret_why);
    else if (strcmp(facts->pay, "item") == 0)
        c.kind = YB_PAY_ITEM;
    else if (strcmp(facts->pay, "late") == 0)
        err = resolve_cost(plan, facts, YB_PAY_LATE, &c, ret_why);
    else if (strcmp(facts->pay, "special") == 0)
        err = resolve_cost(plan, facts, YB_PAY_SPECIAL, &c, ret_why);
    else if (strcmp(facts->pay, "head") == 0)
        err = yb_refuse(ret_why, YB_E_UNSUPPORTED, "pay", "按人头付费的病例不逐例支付，请从文件中去掉");
    else if (facts->pay[0] != '\0' && strcmp(facts->pay, own) != 0)
        err = yb_refuse(ret_why, YB_E_FIELD_DICT, "pay",
                        "付费方式“%s”不认识，应为%s、item、late、special、day:类别或disease:病种", facts->pay, own);
    else if (yb_pay_left_out(&plan->scope, facts))
        c.kind = YB_PAY_ITEM;
    else if (plan->method != YB_METHOD_DIP)
        err = resolve_drg(plan, facts, &c, ret_why);
    else if ((err = find_pool(plan, facts, &c, ret_why)) == YB_OK)
        err = yb_dip_resolve(plan, facts->fixmedins_code, facts->dip, &c, ret_why);
    if (err == YB_OK)
        *ret_case = c;
    return err;
}
