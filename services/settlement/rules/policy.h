/* The benefit policy of a region as data: parameters, each with dated values and a source, resolved once per
 * interval in which nothing changes into flat terms (yb_terms_t) that the rules read. Pure functions over
 * immutable tables; policy/policy_file.h makes the tables from YAML. No region, city or number is named in
 * code. */
#ifndef SETTLEMENT_RULES_POLICY_H
#define SETTLEMENT_RULES_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "libcommon/day.h"
#include "libcommon/err.h"
#include "libcommon/money.h"

/* ---- who and where ---- */

typedef enum yb_scheme { YB_SCHEME_RESIDENT, YB_SCHEME_EMPLOYEE, YB_SCHEME_COUNT } yb_scheme_t; /* 390, 310 */
enum { YB_CHARGE_CLASSES = 3 };
typedef enum yb_tier { YB_TIER_COUNTY, YB_TIER_CITY, YB_TIER_PROVINCE, YB_TIER_COUNT } yb_tier_t;

/* Standing of a person: nothing special, or a tag. Tags are bits 1 << (standing - 1): 1 特困, 2 低保, 4 返贫致贫,
 * 8 低收入, as enrollment answers them. */
typedef enum yb_standing_kind {
    YB_STANDING_GENERAL,
    YB_STANDING_DESTITUTE,
    YB_STANDING_SUBSISTENCE,
    YB_STANDING_RETURNED,
    YB_STANDING_LOW_INCOME,
    YB_STANDING_COUNT
} yb_standing_kind_t;
#define YB_TAG_DESTITUTE 1u      /* 特困 */
#define YB_TAG_SUBSISTENCE 2u    /* 低保 */
#define YB_TAG_RETURNED 4u       /* 返贫致贫 */
#define YB_TAG_LOW_INCOME 8u     /* 低收入 */
#define YB_TAG_ALL 15u

/* "county" "city" "province". YB_E_FIELD_DICT for anything else. */
YB_CHECK yb_err_t yb_tier_parse(const char *text, yb_tier_t *ret_tier);
/* "特困" …; "一般" for GENERAL. */
const char *yb_standing_name(yb_standing_kind_t standing);

/* ---- parameters ---- */

/* Of each scheme; YB_SP_X + index where the comment names an index. */
enum {
    YB_SP_DEDUCTIBLE = 0,                 /* + charge class - 1: 起付线, first stay of the year */
    YB_SP_LATER_FACTOR = 3,               /* share of it from the second stay on */
    YB_SP_RATIO = 4,                      /* + charge class - 1: 统筹支付比例 */
    YB_SP_CAP = 7,                        /* 年度封顶线, a fixed amount; none = the wage decides */
    YB_SP_CAP_WAGE_MULTIPLE = 8,          /* times the yearly contribution wage, 10^-6; none = fixed */
    YB_SP_CAP_LOW_WAGE = 9,               /* a wage below this … */
    YB_SP_CAP_LOW_WAGE_AMOUNT = 10,       /* … has this cap */
    YB_SP_SUPPLEMENT_KIND = 11,           /* yb_supplement_t */
    YB_SP_SUPPLEMENT_LINE = 12,           /* + standing: 大病起付线 of the year's own burden */
    YB_SP_SUPPLEMENT_RATIO = 17,          /* + standing */
    YB_SP_SUPPLEMENT_CAP = 22,            /* + standing */
    YB_SP_OUTPATIENT_DEDUCTIBLE = 27,     /* of the year */
    YB_SP_OUTPATIENT_RATIO = 28,          /* + charge class - 1 */
    YB_SP_OUTPATIENT_CAP = 31,
    YB_SP_CHRONIC_RATIO = 32,             /* of a disease not listed; listed ones: yb_terms_chronic */
    YB_SP_CHRONIC_CAP = 33,               /* per disease and year */
    YB_SP_CHRONIC_SUPPLEMENT = 34,        /* yes/no: the own burden goes through the supplement */
    YB_SP_CHRONIC_ASSISTANCE = 35,        /* yes/no: and through 医疗救助 */
    YB_SP_TWO_DISEASES_RATIO = 36,        /* 两病; refused by the rules until enrollment has its filing */
    YB_SP_TWO_DISEASES_CAP = 37,
    YB_SP_ACCOUNT = 38,                   /* yes/no: the personal account may pay */
    YB_SP_COUNT = 39
};
/* Of the region, both schemes. */
enum {
    YB_RP_ASSISTANCE_RATIO = YB_SCHEME_COUNT * YB_SP_COUNT, /* + standing - 1 */
    YB_RP_ASSISTANCE_CAP = YB_RP_ASSISTANCE_RATIO + 4,
    YB_RP_NET_KIND, /* yb_net_t */
    YB_RP_NET_TAGS, /* set of tags */
    YB_RP_NET_PLACE, /* yb_net_place_t */
    YB_RP_NET_LIMIT, /* + tier: what may stay own in a year; none = the net does not hold there */
    YB_RP_NET_SHARE = YB_RP_NET_LIMIT + YB_TIER_COUNT, /* + tier: share of the stay's scope; none as above */
    YB_RP_OFFSITE_LONG_TERM = YB_RP_NET_SHARE + YB_TIER_COUNT, /* points off the basic ratio, 10^-6 */
    YB_RP_OFFSITE_REFERRED,
    YB_RP_OFFSITE_TEMPORARY,
    YB_RP_OFFSITE_CLAIMED, /* hand-filed afterwards (零星报销) */
    YB_PARAM_COUNT
};
typedef uint16_t yb_param_t;
#define YB_PARAM_NONE UINT16_MAX
static inline yb_param_t yb_param_of(yb_scheme_t scheme, int scheme_param)
{
    return (yb_param_t)((int)scheme * YB_SP_COUNT + scheme_param);
}

/* burden: the year's own burden above a line (居民大病). above_cap: the in-scope cost above the basic cap
 * (职工大额). */
typedef enum yb_supplement {
    YB_SUPPLEMENT_NONE,
    YB_SUPPLEMENT_BURDEN,
    YB_SUPPLEMENT_ABOVE_CAP
} yb_supplement_t;
/* yearly_by_tier: "136". share_of_scope: at most a share of each stay's scope stays own. */
typedef enum yb_net { YB_NET_NONE, YB_NET_YEARLY_BY_TIER, YB_NET_SHARE_OF_SCOPE } yb_net_t;
typedef enum yb_net_place { YB_NET_ANYWHERE, YB_NET_SAME_PROVINCE, YB_NET_OWN_AREA } yb_net_place_t;

/* A value is fen, a rate in 10^-6, yes = 1 / no = 0, an enumerator or a set of tags, or one of these two. */
#define YB_VALUE_NONE INT64_MIN           /* "none": the region has no such thing */
#define YB_VALUE_UNLIMITED INT64_MAX      /* "unlimited": a cap that never binds */

typedef enum yb_value_kind {
    YB_KIND_MONEY,
    YB_KIND_RATE,
    YB_KIND_MULTIPLE,
    YB_KIND_BOOL,
    YB_KIND_SUPPLEMENT,
    YB_KIND_NET,
    YB_KIND_TAGS,
    YB_KIND_PLACE
} yb_value_kind_t;
typedef enum yb_member_kind {
    YB_MEMBER_ONE, YB_MEMBER_CLASS, YB_MEMBER_STANDING, YB_MEMBER_TAG, YB_MEMBER_TIER
} yb_member_kind_t;

/* Parameters that belong together under one key of the file. */
typedef struct yb_param_group {
    const char *key;                      /* "residents.inpatient.deductible" */
    const char *name_zh;                  /* "居民住院起付线" */
    yb_param_t first;
    yb_member_kind_t members;
    yb_value_kind_t kind;
    bool may_be_none, may_be_unlimited;
} yb_param_group_t;

/* Every group, in the order of the parameters; together they are all of 0..YB_PARAM_COUNT-1. */
const yb_param_group_t *yb_param_groups(size_t *ret_count);
/* The group a parameter belongs to; never NULL for a parameter that exists. */
const yb_param_group_t *yb_param_group_of(yb_param_t param);
size_t yb_member_count(yb_member_kind_t members);
/* Key of a member: class_1.., 一般 特困.., county..; "" for YB_MEMBER_ONE. */
const char *yb_member_key(yb_member_kind_t members, size_t index);
#define YB_PARAM_KEY_MAX 96
/* "residents.inpatient.deductible.class_1"; returns buf. */
char *yb_param_key(yb_param_t param, char buf[YB_PARAM_KEY_MAX]);
/* "居民住院起付线（一类）"; returns buf. */
char *yb_param_name_zh(yb_param_t param, char buf[YB_PARAM_KEY_MAX]);

/* ---- a policy ---- */

#define YB_SOURCE_MAX 240                 /* bytes of a source */
/* In force on [from, to). */
typedef struct yb_policy_value {
    yb_day_t from, to;
    int64_t value;
    const char *source;                   /* "LL 一(一)3", "assumed: reason"; never empty */
    int32_t line;                         /* of the file */
} yb_policy_value_t;

typedef struct yb_policy_series {
    const yb_policy_value_t *values;      /* any order: resolving checks */
    uint32_t count;
} yb_policy_series_t;

#define YB_DISEASE_CODE_MAX 31
typedef struct yb_policy_disease {
    char dise_codg[YB_DISEASE_CODE_MAX + 1];
    yb_policy_series_t ratio;             /* no value on a day = the disease is not listed then */
} yb_policy_disease_t;
#define YB_POLICY_DISEASES_MAX 128        /* per scheme */
#define YB_POLICY_INTERVALS_MAX 256

typedef struct yb_terms yb_terms_t;

typedef struct yb_policy {
    int32_t region;                       /* pooling area, 141100 */
    const char *name;                     /* "吕梁市" */
    yb_day_t from, to;                    /* the file speaks of [from, to) */
    const char *file_name;                /* "141100-lvliang.yaml" */
    const char *text;                     /* the file */
    size_t text_len;
    uint8_t hash[32];                     /* SM3 of the text */
    yb_policy_series_t params[YB_PARAM_COUNT];
    const yb_policy_disease_t *diseases[YB_SCHEME_COUNT];
    uint32_t disease_count[YB_SCHEME_COUNT];
    const yb_terms_t *terms;              /* ascending, without gap over [from, to); made by the loader */
    uint32_t terms_count;
} yb_policy_t;

typedef struct yb_terms_disease {
    char dise_codg[YB_DISEASE_CODE_MAX + 1];
    yb_ppm_t ratio_ppm;
    const yb_policy_value_t *from;
} yb_terms_disease_t;

/* The policy in force: one value per parameter, for all days of [from, to). */
struct yb_terms {
    int64_t value[YB_PARAM_COUNT];
    yb_day_t from, to;
    int32_t region;
    uint32_t disease_count[YB_SCHEME_COUNT];
    const yb_policy_t *policy;
    const yb_policy_value_t *of[YB_PARAM_COUNT];     /* where each value stands: source, line, dates */
    yb_terms_disease_t disease[YB_SCHEME_COUNT][YB_POLICY_DISEASES_MAX];
};

static inline int64_t yb_terms_value(const yb_terms_t *terms, yb_scheme_t scheme, int scheme_param)
{
    return terms->value[yb_param_of(scheme, scheme_param)];
}
/* The listed ratio of a disease; NULL = not listed, YB_SP_CHRONIC_RATIO holds. */
const yb_terms_disease_t *yb_terms_chronic(const yb_terms_t *terms, yb_scheme_t scheme,
                                           const char *dise_codg);

/* Resolves every parameter for one day. YB_E_POLICY_NONE: the day is outside the file's, or a parameter has
 * no value on it; YB_E_POLICY_CONFLICT: two values. *ret_param (may be NULL) says which, YB_PARAM_NONE = the
 * file's dates or a disease. terms->from/to are the days around on which nothing changes. *ret_terms is
 * undefined on an error. */
YB_CHECK yb_err_t yb_policy_resolve(const yb_policy_t *policy, yb_day_t day, yb_terms_t *ret_terms,
                                    yb_param_t *ret_param);
/* The next day after `day` on which any value begins or ends; policy->to when none does before it. */
yb_day_t yb_policy_next_change(const yb_policy_t *policy, yb_day_t day);

/* ---- all regions ---- */

#define YB_POLICY_SET_MAX 1024
typedef struct yb_policy_set {
    size_t count;
    const yb_policy_t *policies[YB_POLICY_SET_MAX];  /* owned through policy/policy_file.h */
} yb_policy_set_t;

/* The terms for a pooling area on a day; they live as long as the set. YB_E_POLICY_NONE, YB_E_POLICY_CONFLICT
 * (two files speak of that area and day), filled into *ret (may be NULL) with a Chinese text. */
YB_CHECK yb_err_t yb_policy_find(const yb_policy_set_t *set, int32_t region, yb_day_t day,
                                 const yb_terms_t **ret_terms, yb_refusal_t *ret);
/* Pooling area of an area code among the regions of the set: exact, else first four digits + 00, else first
 * two + 0000. 0 = none of them has a policy. */
int32_t yb_policy_region_of(const yb_policy_set_t *set, const char *admdvs);
/* yb_policy_region_of, then yb_policy_find; YB_E_POLICY_NONE when no region fits. */
YB_CHECK yb_err_t yb_policy_find_admdvs(const yb_policy_set_t *set, const char *admdvs, yb_day_t day,
                                        const yb_terms_t **ret_terms, yb_refusal_t *ret);
/* The policy whose text has that hash; NULL = not in the set. */
const yb_policy_t *yb_policy_by_hash(const yb_policy_set_t *set, const uint8_t hash[32]);

#endif
