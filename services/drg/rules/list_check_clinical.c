/* NWB-…, VEN-…, RSK-…: newborn weights, ventilation, deaths that should not happen. */
#include <inttypes.h>
#include <string.h>
#include "list_check_impl.h"
#include "services/drg/rules/low_risk.h"

/* ---- newborn ---- */

static void check_weight(yb_list_desk_t *desk, const char *field, const char *name, const char *text, bool is_newborn)
{
    const yb_list_rule_t *plausible = desk->rule[YB_RULE_NEWBORN_PLAUSIBLE];
    yb_fen_t hundredths; /* n6,2 in grams: the same two decimals as money */
    if (!yb_list_sent(text)) {
        if (is_newborn)
            YB_FIND_HEAD(desk, YB_RULE_NEWBORN_WEIGHT, field,
                         "%s未填写；新生儿（入院时%d天）须填写，单位克，精确到10克，否则无法入新生儿组", name,
                         (int)desk->facts.age_day);
        return;
    }
    if (!yb_list_fen(text, &hundredths))
        return; /* FLD-04 says so */
    if (plausible != NULL && (hundredths < plausible->low * 100 || hundredths > plausible->high * 100))
        YB_FIND_HEAD(desk, YB_RULE_NEWBORN_PLAUSIBLE, field,
                     "%s不在%" PRId64 "至%" PRId64 "克之间；单位为克（不是千克），请核对", name, plausible->low,
                     plausible->high);
    else if (hundredths % 1000 != 0)
        YB_FIND_HEAD(desk, YB_RULE_NEWBORN_TEN_GRAMS, field, "%s应精确到10克；请核对", name);
}

static void check_newborn(yb_list_desk_t *desk)
{
    const yb_setlinfo_t *head = &desk->list->setlinfo;
    const yb_list_rule_t *rule = desk->rule[YB_RULE_NEWBORN_WEIGHT];
    bool is_newborn =
        rule != NULL && desk->facts.age_day >= 0 && desk->facts.age_day <= rule->high && desk->settlement->is_inpatient;
    check_weight(desk, "nwb_bir_wt", "新生儿出生体重", head->nwb_bir_wt, is_newborn);
    check_weight(desk, "nwb_adm_wt", "新生儿入院体重", head->nwb_adm_wt, is_newborn);
    if (desk->facts.age >= 1 && yb_list_sent(head->nwb_adm_wt))
        YB_FIND_HEAD(desk, YB_RULE_NEWBORN_OTHERS, "nwb_adm_wt",
                     "患者%d周岁，不应填写新生儿入院体重；请删去或核对出生日期", (int)desk->facts.age);
}

/* ---- durations ---- */

static void check_duration(yb_list_desk_t *desk, const char *field, const char *name, int32_t minutes)
{
    const yb_list_facts_t *facts = &desk->facts;
    if (minutes <= 0 || facts->admission_time == 0 || facts->discharge < facts->admission)
        return;
    int64_t stay = yb_list_minutes_between(facts->admission_time, facts->discharge_time);
    if (minutes > stay)
        YB_FIND_HEAD(desk, YB_RULE_DURATION_STAY, field,
                     "%s超过住院时间（%" PRId64 "小时）；格式为天数/小时数/分钟数，请核对", name, stay / 60);
}

/* Row of the first operation in the rule's list; YB_NO_ROW = none. */
static size_t ventilation_row(const yb_list_desk_t *desk, yb_list_rule_id_t rule)
{
    for (size_t i = 0; i < desk->list->counts[YB_NODE_OPRNINFO]; i++) {
        const char *code = yb_list_code(&desk->px[i], yb_list_oprninfo(desk->list)[i].oprn_oprt_code);
        if (desk->rule[rule] != NULL && yb_code_list_at(desk->rules, rule, YB_CODES_ABOUT, desk->day, code) != NULL)
            return i;
    }
    return YB_NO_ROW;
}

/* low and high of the two rules are the bound between them, in hours. */
static void check_ventilation(yb_list_desk_t *desk)
{
    size_t long_row = ventilation_row(desk, YB_RULE_VENT_LONG), short_row = ventilation_row(desk, YB_RULE_VENT_SHORT);
    int32_t minutes = desk->facts.vent_min;
    const yb_list_rule_t *longer = desk->rule[YB_RULE_VENT_LONG], *shorter = desk->rule[YB_RULE_VENT_SHORT];
    if (long_row != YB_NO_ROW && minutes < longer->low * 60)
        YB_FIND_HEAD(desk, YB_RULE_VENT_LONG, "vent_used_dura",
                     "手术操作第%zu行为有创呼吸机治疗≥%" PRId64 "小时，呼吸机使用时长%s；请核对时长与编码",
                     long_row + 1, longer->low, minutes < 0 ? "未填写或格式不正确" : "不足");
    if (short_row != YB_NO_ROW && long_row == YB_NO_ROW && (minutes < 0 || minutes >= shorter->high * 60))
        YB_FIND_HEAD(desk, YB_RULE_VENT_SHORT, "vent_used_dura",
                     "手术操作第%zu行为有创呼吸机治疗<%" PRId64 "小时，呼吸机使用时长%s；请核对时长与编码",
                     short_row + 1, shorter->high, minutes < 0 ? "未填写或格式不正确" : "已达到该时长");
    if (minutes > 0 && long_row == YB_NO_ROW && short_row == YB_NO_ROW)
        YB_FIND_HEAD(desk, YB_RULE_VENT_CODE, "vent_used_dura",
                     "填写了呼吸机使用时长，但没有有创呼吸机治疗的手术操作编码；请核对是否漏填");
}

/* ---- risk ---- */

static void check_death(yb_list_desk_t *desk)
{
    if (!yb_discharge_died(yb_list_str(desk->list->setlinfo.dscg_way)) || !desk->facts.has_principal)
        return;
    const char *code = desk->facts.dx[0];
    const yb_code_list_t *list = yb_low_risk_disease(desk->rules, desk->day, code);
    if (list != NULL)
        YB_FIND_HEAD(desk, YB_RULE_LOW_RISK_DEATH, "dscg_way",
                     "主要诊断%s属于低风险病种（%s），离院方式为死亡；请核对离院方式与主要诊断，并备查病历", code,
                     list->what);
}

void yb_list_check_clinical(yb_list_desk_t *desk)
{
    check_newborn(desk);
    check_duration(desk, "vent_used_dura", "呼吸机使用时长", desk->facts.vent_min);
    check_duration(desk, "pwcry_afadm_coma_dura", "入院后昏迷时长", desk->facts.coma_after_min);
    check_ventilation(desk);
    check_death(desk);
}
