/* IDN-… and DAT-…: who the person is, and what happened when. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "libcommon/code.h"
#include "list_check_impl.h"

/* ---- the person ---- */

static void check_against_settlement(yb_list_desk_t *desk)
{
    const yb_setlinfo_t *head = &desk->list->setlinfo;
    yb_time_t birth;
    if (yb_list_sent(head->gend) && yb_list_sent(desk->settlement->gend) &&
        strcmp(head->gend, desk->settlement->gend) != 0)
        YB_FIND_HEAD(desk, YB_RULE_PERSON_DIFFERS, "gend", "性别与参保登记不一致；请核对患者身份");
    if (yb_list_time(head->brdy, &birth) && desk->settlement->brdy != 0 && yb_time_day(birth) != desk->settlement->brdy)
        YB_FIND_HEAD(desk, YB_RULE_PERSON_DIFFERS, "brdy", "出生日期与参保登记不一致；请核对患者身份");
}

/* A newborn may be treated under a parent's number; from one year on it is the person's own. */
static void check_certno(yb_list_desk_t *desk)
{
    const yb_setlinfo_t *head = &desk->list->setlinfo;
    const char *certno = yb_list_str(head->certno), *type = yb_list_str(head->patn_cert_type);
    yb_refusal_t refusal = { 0 };
    if (desk->facts.age < 1 || (strcmp(type, "01") != 0 && strcmp(type, "1") != 0))
        return;
    if (yb_code_idcard(certno, strlen(certno), "certno", &refusal) != YB_OK) {
        YB_FIND_HEAD(desk, YB_RULE_PERSON_CERTNO, "certno", "身份证号不正确；%s", refusal.text);
        return;
    }
    if (desk->facts.birth != 0 && yb_idcard_birth(certno) != desk->facts.birth)
        YB_FIND_HEAD(desk, YB_RULE_PERSON_CERTNO, "brdy", "出生日期与身份证号中的出生日期不一致；请核对");
    if (desk->facts.sex != 0 && yb_idcard_gender(certno) != desk->facts.sex)
        YB_FIND_HEAD(desk, YB_RULE_PERSON_CERTNO, "gend", "性别与身份证号不一致；请核对");
}

static void check_age(yb_list_desk_t *desk)
{
    const yb_setlinfo_t *head = &desk->list->setlinfo;
    const yb_list_facts_t *facts = &desk->facts;
    const yb_list_rule_t *days = desk->rule[YB_RULE_AGE_DAYS];
    int32_t sent;
    if (facts->birth == 0 || facts->admission < facts->birth)
        return; /* nothing to compare with, or DAT-03 says so */
    if (yb_list_int(head->age, &sent) && sent != facts->age)
        YB_FIND_HEAD(desk, YB_RULE_AGE_YEARS, "age",
                     "年龄与出生日期、入院时间不符，按日期计为%d周岁；请核对年龄与出生日期", (int)facts->age);
    if (days != NULL && facts->age == 0 && yb_list_int(head->nwb_age, &sent) && abs(sent - facts->age_day) > days->high)
        YB_FIND_HEAD(desk, YB_RULE_AGE_DAYS, "nwb_age",
                     "不足1周岁的年龄（天）与出生日期、入院时间不符，按日期计为%d天；请核对", (int)facts->age_day);
}

void yb_list_check_person(yb_list_desk_t *desk)
{
    check_against_settlement(desk);
    check_certno(desk);
    check_age(desk);
}

/* ---- the stay ---- */

static void check_order(yb_list_desk_t *desk)
{
    const yb_list_facts_t *facts = &desk->facts;
    char a[YB_TIME_TEXT], b[YB_TIME_TEXT];
    if (facts->admission_time != 0 && facts->discharge_time != 0 && facts->admission_time > facts->discharge_time)
        YB_FIND_HEAD(desk, YB_RULE_DATE_STAY, "dscg_time", "出院时间%s早于入院时间%s；请核对",
                     yb_time_format(facts->discharge_time, a), yb_time_format(facts->admission_time, b));
    if (facts->discharge != 0 && desk->settlement->setl_day != 0 && facts->discharge > desk->settlement->setl_day)
        YB_FIND_HEAD(desk, YB_RULE_DATE_SETTLED, "dscg_time", "出院日期%s晚于结算日期%s；请核对出院时间",
                     yb_day_format(facts->discharge, a), yb_day_format(desk->settlement->setl_day, b));
    if (facts->birth != 0 && facts->admission != 0 && facts->birth > facts->admission)
        YB_FIND_HEAD(desk, YB_RULE_DATE_BIRTH, "brdy", "出生日期%s晚于入院日期%s；请核对",
                     yb_day_format(facts->birth, a), yb_day_format(facts->admission, b));
}

static void check_future(yb_list_desk_t *desk, const char *field, const char *name, const char *text)
{
    yb_time_t time;
    if (yb_list_time(text, &time) && yb_time_day(time) > desk->today)
        YB_FIND_HEAD(desk, YB_RULE_DATE_FUTURE, field, "%s晚于今天；请核对", name);
}

static void check_period(yb_list_desk_t *desk)
{
    const yb_setlinfo_t *head = &desk->list->setlinfo;
    yb_time_t begin, end;
    check_future(desk, "adm_time", "入院时间", head->adm_time);
    check_future(desk, "dscg_time", "出院时间", head->dscg_time);
    check_future(desk, "brdy", "出生日期", head->brdy);
    check_future(desk, "dcla_time", "申报时间", head->dcla_time);
    check_future(desk, "setl_end_date", "结算结束日期", head->setl_end_date);
    if (yb_list_time(head->setl_begn_date, &begin) && yb_list_time(head->setl_end_date, &end) && begin > end)
        YB_FIND_HEAD(desk, YB_RULE_DATE_PERIOD, "setl_end_date", "结算结束日期早于结算开始日期；请核对");
}

static void check_los(yb_list_desk_t *desk)
{
    const yb_list_facts_t *facts = &desk->facts;
    int32_t sent;
    if (!yb_list_int(desk->list->setlinfo.act_ipt_days, &sent) || facts->admission == 0 ||
        facts->discharge < facts->admission)
        return;
    if (sent > facts->los)
        YB_FIND_HEAD(desk, YB_RULE_LOS_MORE, "act_ipt_days",
                     "实际住院天数多于入院至出院的%d天；当日入出院计1天，请核对", (int)facts->los);
    if (sent < facts->los)
        YB_FIND_HEAD(desk, YB_RULE_LOS_LESS, "act_ipt_days",
                     "实际住院天数少于入院至出院的%d天；没有离院请假的请改为该天数", (int)facts->los);
}

/* Days at each level of nursing: the day of discharge may count, so one more than the stay is allowed by the data. */
static void check_nursing(yb_list_desk_t *desk)
{
    const yb_setlinfo_t *head = &desk->list->setlinfo;
    const char *const texts[] = { head->spga_nurscare_days, head->lv1_nurscare_days, head->scd_nurscare_days,
                                  head->lv3_nurscare_days };
    const yb_list_rule_t *rule = desk->rule[YB_RULE_NURSING_DAYS];
    int64_t sum = 0;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int32_t days;
        if (yb_list_int(texts[i], &days))
            sum += days;
    }
    if (rule != NULL && desk->facts.los > 0 && sum > desk->facts.los + rule->high)
        YB_FIND_HEAD(desk, YB_RULE_NURSING_DAYS, "spga_nurscare_days",
                     "特级与一至三级护理天数合计%" PRId64 "天，多于住院%d天；请核对各级护理天数", sum,
                     (int)desk->facts.los);
}

/* ---- operations and intensive care ---- */

static void check_operation_day(yb_list_desk_t *desk, size_t row)
{
    const yb_oprninfo_t *operation = &yb_list_oprninfo(desk->list)[row];
    const char *field = yb_list_sent(operation->oprn_oprt_date) ? "oprn_oprt_date" : "oprn_oprt_begntime";
    yb_day_t day = yb_list_operation_day(operation);
    char a[YB_TIME_TEXT], b[YB_TIME_TEXT];
    if (day == 0 || desk->facts.admission == 0 || desk->facts.discharge == 0 ||
        desk->facts.discharge < desk->facts.admission)
        return;
    if (day < desk->facts.admission || day > desk->facts.discharge)
        yb_list_find(desk, YB_RULE_DATE_OPERATION, YB_NODE_OPRNINFO, row, field,
                     "手术操作日期不在住院期间（%s至%s）；请核对，门诊施行的不填入本清单",
                     yb_day_format(desk->facts.admission, a), yb_day_format(desk->facts.discharge, b));
}

static void check_span(yb_list_desk_t *desk, size_t row, const char *begin, const char *end, const char *field,
                       const char *name)
{
    yb_time_t from, to;
    if (!yb_list_time(begin, &from) || !yb_list_time(end, &to))
        return;
    if (to < from)
        yb_list_find(desk, YB_RULE_DATE_OPERATION_ORDER, YB_NODE_OPRNINFO, row, field, "%s结束时间早于开始时间；请核对",
                     name);
    else if (desk->facts.discharge_time != 0 && to > desk->facts.discharge_time)
        yb_list_find(desk, YB_RULE_DATE_OPERATION_ORDER, YB_NODE_OPRNINFO, row, field, "%s结束时间晚于出院时间；请核对",
                     name);
}

static void check_icu(yb_list_desk_t *desk, size_t row)
{
    const yb_icuinfo_t *icu = &yb_list_icuinfo(desk->list)[row];
    const yb_list_facts_t *facts = &desk->facts;
    yb_time_t in, out;
    int32_t minutes;
    if (!yb_list_time(icu->scs_cutd_inpool_time, &in) || !yb_list_time(icu->scs_cutd_exit_time, &out))
        return;
    if (out < in) {
        yb_list_find(desk, YB_RULE_DATE_ICU, YB_NODE_ICUINFO, row, "scs_cutd_exit_time",
                     "重症监护退出时间早于进入时间；请核对");
        return;
    }
    if (facts->admission_time != 0 && in < facts->admission_time)
        yb_list_find(desk, YB_RULE_DATE_ICU, YB_NODE_ICUINFO, row, "scs_cutd_inpool_time",
                     "重症监护进入时间早于入院时间；请核对");
    if (facts->discharge_time != 0 && out > facts->discharge_time)
        yb_list_find(desk, YB_RULE_DATE_ICU, YB_NODE_ICUINFO, row, "scs_cutd_exit_time",
                     "重症监护退出时间晚于出院时间；请核对");
    int64_t span = yb_list_minutes_between(in, out);
    if (yb_list_minutes(icu->scs_cutd_sum_dura, &minutes) && minutes != span)
        yb_list_find(desk, YB_RULE_ICU_DURATION, YB_NODE_ICUINFO, row, "scs_cutd_sum_dura",
                     "重症监护合计时长与进出时间不符，按时间计为%" PRId64 "/%" PRId64 "/%" PRId64 "；请核对",
                     span / 1440, span / 60 % 24, span % 60);
}

void yb_list_check_dates(yb_list_desk_t *desk)
{
    check_order(desk);
    check_period(desk);
    check_los(desk);
    for (size_t i = 0; i < desk->list->counts[YB_NODE_OPRNINFO]; i++) {
        const yb_oprninfo_t *row = &yb_list_oprninfo(desk->list)[i];
        check_operation_day(desk, i);
        check_span(desk, i, row->oprn_oprt_begntime, row->oprn_oprt_endtime, "oprn_oprt_endtime", "手术操作");
        check_span(desk, i, row->anst_begntime, row->anst_endtime, "anst_endtime", "麻醉");
    }
    for (size_t i = 0; i < desk->list->counts[YB_NODE_ICUINFO]; i++)
        check_icu(desk, i);
    check_nursing(desk);
}
