/* The table of parameters: which there are, under which key of a policy file, in which unit. */
#include <stdio.h>
#include <string.h>
#include "policy.h"

#define RESIDENT(p) ((yb_param_t)(YB_SCHEME_RESIDENT * YB_SP_COUNT + (p)))
#define EMPLOYEE(p) ((yb_param_t)(YB_SCHEME_EMPLOYEE * YB_SP_COUNT + (p)))

#define SCHEME(S, key, zh)                                                                                          \
    { key ".inpatient.deductible", zh "住院起付线", S(YB_SP_DEDUCTIBLE), YB_MEMBER_CLASS, YB_KIND_MONEY, 0, 0 },   \
    { key ".inpatient.later_stay_factor", zh "年内再次住院起付线比例", S(YB_SP_LATER_FACTOR), YB_MEMBER_ONE,       \
      YB_KIND_RATE, 0, 0 },                                                                                        \
    { key ".inpatient.ratio", zh "住院统筹支付比例", S(YB_SP_RATIO), YB_MEMBER_CLASS, YB_KIND_RATE, 0, 0 },        \
    { key ".basic_cap.fixed", zh "统筹基金年度封顶线", S(YB_SP_CAP), YB_MEMBER_ONE, YB_KIND_MONEY, 1, 1 },         \
    { key ".basic_cap.wage_multiple", zh "统筹基金年度封顶线（缴费工资倍数）", S(YB_SP_CAP_WAGE_MULTIPLE),         \
      YB_MEMBER_ONE, YB_KIND_MULTIPLE, 1, 0 },                                                                     \
    { key ".basic_cap.low_wage", zh "低缴费工资标准", S(YB_SP_CAP_LOW_WAGE), YB_MEMBER_ONE, YB_KIND_MONEY, 1, 0 }, \
    { key ".basic_cap.low_wage_amount", zh "低缴费工资的年度封顶线", S(YB_SP_CAP_LOW_WAGE_AMOUNT), YB_MEMBER_ONE,  \
      YB_KIND_MONEY, 1, 0 },                                                                                       \
    { key ".supplement.kind", zh "大病保险方式", S(YB_SP_SUPPLEMENT_KIND), YB_MEMBER_ONE, YB_KIND_SUPPLEMENT, 1,   \
      0 },                                                                                                         \
    { key ".supplement.line", zh "大病保险起付线", S(YB_SP_SUPPLEMENT_LINE), YB_MEMBER_STANDING, YB_KIND_MONEY, 1, \
      0 },                                                                                                         \
    { key ".supplement.ratio", zh "大病保险支付比例", S(YB_SP_SUPPLEMENT_RATIO), YB_MEMBER_STANDING, YB_KIND_RATE, \
      1, 0 },                                                                                                      \
    { key ".supplement.cap", zh "大病保险年度封顶线", S(YB_SP_SUPPLEMENT_CAP), YB_MEMBER_STANDING, YB_KIND_MONEY,  \
      1, 1 },                                                                                                      \
    { key ".outpatient.deductible", zh "普通门诊年度起付线", S(YB_SP_OUTPATIENT_DEDUCTIBLE), YB_MEMBER_ONE,        \
      YB_KIND_MONEY, 0, 0 },                                                                                       \
    { key ".outpatient.ratio", zh "普通门诊支付比例", S(YB_SP_OUTPATIENT_RATIO), YB_MEMBER_CLASS, YB_KIND_RATE, 0, \
      0 },                                                                                                         \
    { key ".outpatient.cap", zh "普通门诊年度限额", S(YB_SP_OUTPATIENT_CAP), YB_MEMBER_ONE, YB_KIND_MONEY, 0, 1 }, \
    { key ".chronic.ratio", zh "门诊慢特病支付比例", S(YB_SP_CHRONIC_RATIO), YB_MEMBER_ONE, YB_KIND_RATE, 0, 0 },  \
    { key ".chronic.cap", zh "门诊慢特病单病种年度限额", S(YB_SP_CHRONIC_CAP), YB_MEMBER_ONE, YB_KIND_MONEY, 0,    \
      1 },                                                                                                         \
    { key ".chronic.supplement", zh "门诊慢特病纳入大病保险", S(YB_SP_CHRONIC_SUPPLEMENT), YB_MEMBER_ONE,          \
      YB_KIND_BOOL, 0, 0 },                                                                                        \
    { key ".chronic.assistance", zh "门诊慢特病纳入医疗救助", S(YB_SP_CHRONIC_ASSISTANCE), YB_MEMBER_ONE,          \
      YB_KIND_BOOL, 0, 0 },                                                                                        \
    { key ".two_diseases.ratio", zh "两病门诊用药支付比例", S(YB_SP_TWO_DISEASES_RATIO), YB_MEMBER_ONE,            \
      YB_KIND_RATE, 1, 0 },                                                                                        \
    { key ".two_diseases.cap", zh "两病门诊用药年度限额", S(YB_SP_TWO_DISEASES_CAP), YB_MEMBER_ONE, YB_KIND_MONEY, \
      1, 1 },                                                                                                      \
    { key ".account", zh "个人账户", S(YB_SP_ACCOUNT), YB_MEMBER_ONE, YB_KIND_BOOL, 0, 0 }

static const yb_param_group_t groups[] = {
    SCHEME(RESIDENT, "residents", "居民"),
    SCHEME(EMPLOYEE, "employees", "职工"),
    { "assistance.ratio", "医疗救助比例", YB_RP_ASSISTANCE_RATIO, YB_MEMBER_TAG, YB_KIND_RATE, 1, 0 },
    { "assistance.cap", "医疗救助年度限额", YB_RP_ASSISTANCE_CAP, YB_MEMBER_ONE, YB_KIND_MONEY, 0, 1 },
    { "safety_net.kind", "兜底方式", YB_RP_NET_KIND, YB_MEMBER_ONE, YB_KIND_NET, 1, 0 },
    { "safety_net.tags", "兜底对象", YB_RP_NET_TAGS, YB_MEMBER_ONE, YB_KIND_TAGS, 1, 0 },
    { "safety_net.place", "兜底的就医地范围", YB_RP_NET_PLACE, YB_MEMBER_ONE, YB_KIND_PLACE, 1, 0 },
    { "safety_net.limit", "兜底后个人年度负担上限", YB_RP_NET_LIMIT, YB_MEMBER_TIER, YB_KIND_MONEY, 1, 0 },
    { "safety_net.share", "兜底后个人负担占政策范围内费用上限", YB_RP_NET_SHARE, YB_MEMBER_TIER, YB_KIND_RATE, 1, 0 },
    { "off_site.long_term", "异地长期居住降低比例", YB_RP_OFFSITE_LONG_TERM, YB_MEMBER_ONE, YB_KIND_RATE, 0, 0 },
    { "off_site.referred", "异地转诊或急诊降低比例", YB_RP_OFFSITE_REFERRED, YB_MEMBER_ONE, YB_KIND_RATE, 0, 0 },
    { "off_site.temporary", "异地临时外出降低比例", YB_RP_OFFSITE_TEMPORARY, YB_MEMBER_ONE, YB_KIND_RATE, 0, 0 },
    { "off_site.claimed", "异地零星报销降低比例", YB_RP_OFFSITE_CLAIMED, YB_MEMBER_ONE, YB_KIND_RATE, 0, 0 },
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
