/* The table of parameters: which there are, under which key of a policy file, in which unit. */
#include <stdio.h>
#include <string.h>
#include "policy.h"

#define RESIDENT(p) ((yb_param_t)(YB_SCHEME_RESIDENT * YB_SP_COUNT + (p)))
#define EMPLOYEE(p) ((yb_param_t)(YB_SCHEME_EMPLOYEE * YB_SP_COUNT + (p)))

/* What may stand instead of a value: may_be_none, may_be_unlimited. */
#define NUMBER false, false
#define OR_NONE true, false
#define OR_UNLIMITED false, true
#define OR_NONE_OR_UNLIMITED true, true

/* A group of both schemes (S of them), and the same of the region. */
#define OF(S, key, zh, param, members, kind, also) \
    { key, zh, S(YB_SP_##param), YB_MEMBER_##members, YB_KIND_##kind, also }
#define REGION(key, zh, param, members, kind, also) \
    { key, zh, YB_RP_##param, YB_MEMBER_##members, YB_KIND_##kind, also }

#define SCHEME(S, k, zh) \
    OF(S, k ".inpatient.deductible", zh "住院起付线", DEDUCTIBLE, CLASS, MONEY, NUMBER), \
    OF(S, k ".inpatient.later_stay_factor", zh "年内再次住院起付线比例", LATER_FACTOR, ONE, RATE, NUMBER), \
    OF(S, k ".inpatient.ratio", zh "住院统筹支付比例", RATIO, CLASS, RATE, NUMBER), \
    OF(S, k ".basic_cap.fixed", zh "统筹基金年度封顶线", CAP, ONE, MONEY, OR_NONE_OR_UNLIMITED), \
    OF(S, k ".basic_cap.wage_multiple", zh "统筹基金年度封顶线（缴费工资倍数）", CAP_WAGE_MULTIPLE, ONE, MULTIPLE, OR_NONE), \
    OF(S, k ".basic_cap.low_wage", zh "低缴费工资标准", CAP_LOW_WAGE, ONE, MONEY, OR_NONE), \
    OF(S, k ".basic_cap.low_wage_amount", zh "低缴费工资的年度封顶线", CAP_LOW_WAGE_AMOUNT, ONE, MONEY, OR_NONE), \
    OF(S, k ".supplement.kind", zh "大病保险方式", SUPPLEMENT_KIND, ONE, SUPPLEMENT, OR_NONE), \
    OF(S, k ".supplement.line", zh "大病保险起付线", SUPPLEMENT_LINE, STANDING, MONEY, OR_NONE), \
    OF(S, k ".supplement.ratio", zh "大病保险支付比例", SUPPLEMENT_RATIO, STANDING, RATE, OR_NONE), \
    OF(S, k ".supplement.cap", zh "大病保险年度封顶线", SUPPLEMENT_CAP, STANDING, MONEY, OR_NONE_OR_UNLIMITED), \
    OF(S, k ".outpatient.deductible", zh "普通门诊年度起付线", OUTPATIENT_DEDUCTIBLE, ONE, MONEY, NUMBER), \
    OF(S, k ".outpatient.ratio", zh "普通门诊支付比例", OUTPATIENT_RATIO, CLASS, RATE, NUMBER), \
    OF(S, k ".outpatient.cap", zh "普通门诊年度限额", OUTPATIENT_CAP, ONE, MONEY, OR_UNLIMITED), \
    OF(S, k ".chronic.ratio", zh "门诊慢特病支付比例", CHRONIC_RATIO, ONE, RATE, NUMBER), \
    OF(S, k ".chronic.cap", zh "门诊慢特病单病种年度限额", CHRONIC_CAP, ONE, MONEY, OR_UNLIMITED), \
    OF(S, k ".chronic.supplement", zh "门诊慢特病纳入大病保险", CHRONIC_SUPPLEMENT, ONE, BOOL, NUMBER), \
    OF(S, k ".chronic.assistance", zh "门诊慢特病纳入医疗救助", CHRONIC_ASSISTANCE, ONE, BOOL, NUMBER), \
    OF(S, k ".two_diseases.ratio", zh "两病门诊用药支付比例", TWO_DISEASES_RATIO, ONE, RATE, OR_NONE), \
    OF(S, k ".two_diseases.cap", zh "两病门诊用药年度限额", TWO_DISEASES_CAP, ONE, MONEY, OR_NONE_OR_UNLIMITED), \
    OF(S, k ".account", zh "个人账户", ACCOUNT, ONE, BOOL, NUMBER)

static const yb_param_group_t groups[] = {
    SCHEME(RESIDENT, "residents", "居民"),
    SCHEME(EMPLOYEE, "employees", "职工"),
    REGION("assistance.ratio", "医疗救助比例", ASSISTANCE_RATIO, TAG, RATE, OR_NONE),
    REGION("assistance.cap", "医疗救助年度限额", ASSISTANCE_CAP, ONE, MONEY, OR_UNLIMITED),
    REGION("safety_net.kind", "兜底方式", NET_KIND, ONE, NET, OR_NONE),
    REGION("safety_net.tags", "兜底对象", NET_TAGS, ONE, TAGS, OR_NONE),
    REGION("safety_net.place", "兜底的就医地范围", NET_PLACE, ONE, PLACE, OR_NONE),
    REGION("safety_net.limit", "兜底后个人年度负担上限", NET_LIMIT, TIER, MONEY, OR_NONE),
    REGION("safety_net.share", "兜底后个人负担占政策范围内费用上限", NET_SHARE, TIER, RATE, OR_NONE),
    REGION("off_site.long_term", "异地长期居住降低比例", OFFSITE_LONG_TERM, ONE, RATE, NUMBER),
    REGION("off_site.referred", "异地转诊或急诊降低比例", OFFSITE_REFERRED, ONE, RATE, NUMBER),
    REGION("off_site.temporary", "异地临时外出降低比例", OFFSITE_TEMPORARY, ONE, RATE, NUMBER),
    REGION("off_site.claimed", "异地零星报销降低比例", OFFSITE_CLAIMED, ONE, RATE, NUMBER),
};
enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

static const char *const class_keys[] = { "class_1", "class_2", "class_3" };
static const char *const class_names[] = { "一类", "二类", "三类" };
static const char *const standing_keys[] = { "一般", "特困", "低保", "返贫致贫", "低收入" };
static const char *const tier_keys[] = { "county", "city", "province" };
static const char *const tier_names[] = { "县级", "市级", "省级" };

const yb_param_group_t *yb_param_groups(size_t *ret_count)
{
    *ret_count = GROUPS;
    return groups;
}

const yb_param_group_t *yb_param_group_of(yb_param_t param)
{
    for (size_t i = 0; i < GROUPS; i++)
        if (param >= groups[i].first && param < groups[i].first + yb_member_count(groups[i].members))
            return &groups[i];
    yb_assert_fail("every parameter has a group", __FILE__, __LINE__);
}

size_t yb_member_count(yb_member_kind_t members)
{
    switch (members) {
    case YB_MEMBER_ONE: return 1;
    case YB_MEMBER_CLASS: return YB_CHARGE_CLASSES;
    case YB_MEMBER_STANDING: return YB_STANDING_COUNT;
    case YB_MEMBER_TAG: return YB_STANDING_COUNT - 1;
    case YB_MEMBER_TIER: return YB_TIER_COUNT;
    }
    yb_assert_fail("every kind of members has a count", __FILE__, __LINE__);
}

const char *yb_member_key(yb_member_kind_t members, size_t index)
{
    YB_ASSERT(index < yb_member_count(members));
    switch (members) {
    case YB_MEMBER_ONE: break;
    case YB_MEMBER_CLASS: return class_keys[index];
    case YB_MEMBER_STANDING: return standing_keys[index];
    case YB_MEMBER_TAG: return standing_keys[index + 1];
    case YB_MEMBER_TIER: return tier_keys[index];
    }
    return "";
}

static const char *member_name(yb_member_kind_t members, size_t index)
{
    if (members == YB_MEMBER_CLASS)
        return class_names[index];
    return members == YB_MEMBER_TIER ? tier_names[index] : yb_member_key(members, index);
}

char *yb_param_key(yb_param_t param, char buf[YB_PARAM_KEY_MAX])
{
    const yb_param_group_t *group = yb_param_group_of(param);
    const char *member = yb_member_key(group->members, (size_t)(param - group->first));
    snprintf(buf, YB_PARAM_KEY_MAX, "%s%s%s", group->key, member[0] != '\0' ? "." : "", member);
    return buf;
}

char *yb_param_name_zh(yb_param_t param, char buf[YB_PARAM_KEY_MAX])
{
    const yb_param_group_t *group = yb_param_group_of(param);
    const char *member = member_name(group->members, (size_t)(param - group->first));
    if (member[0] == '\0')
        snprintf(buf, YB_PARAM_KEY_MAX, "%s", group->name_zh);
    else
        snprintf(buf, YB_PARAM_KEY_MAX, "%s（%s）", group->name_zh, member);
    return buf;
}
