#include "policy.h"

#include <stdio.h>
#include <string.h>
#include "libcommon/area.h"

yb_err_t yb_tier_parse(const char *text, yb_tier_t *ret_tier)
{
    for (size_t i = 0; text != NULL && i < YB_TIER_COUNT; i++)
        if (strcmp(text, yb_member_key(YB_MEMBER_TIER, i)) == 0) {
            *ret_tier = (yb_tier_t)i;
            return YB_OK;
        }
    return YB_E_FIELD_DICT;
}

const char *yb_standing_name(yb_standing_kind_t standing)
{
    YB_ASSERT(standing < YB_STANDING_COUNT);
    return yb_member_key(YB_MEMBER_STANDING, (size_t)standing);
}

const yb_terms_disease_t *yb_terms_chronic(const yb_terms_t *terms, yb_scheme_t scheme, const char *dise_codg)
{
    for (uint32_t i = 0; i < terms->disease_count[scheme]; i++)
        if (strcmp(terms->disease[scheme][i].dise_codg, dise_codg) == 0)
            return &terms->disease[scheme][i];
    return NULL;
}

/* ---- one day ---- */

/* The one value in force; narrows [*from, *to) to where it stays so. */
static yb_err_t series_at(const yb_policy_series_t *series, yb_day_t day, yb_day_t *from, yb_day_t *to,
                          const yb_policy_value_t **ret_value)
{
    const yb_policy_value_t *found = NULL;
    for (uint32_t i = 0; i < series->count; i++) {
        const yb_policy_value_t *v = &series->values[i];
        if (yb_day_in(day, v->from, v->to)) {
            if (found != NULL)
                return YB_E_POLICY_CONFLICT;
            found = v;
        }
        *from = v->from <= day && v->from > *from ? v->from : *from;
        *from = v->to <= day && v->to > *from ? v->to : *from;
        *to = v->from > day && v->from < *to ? v->from : *to;
        *to = v->to > day && v->to < *to ? v->to : *to;
    }
    if (found == NULL)
        return YB_E_POLICY_NONE;
    *ret_value = found;
    return YB_OK;
}

static yb_err_t resolve_diseases(const yb_policy_t *policy, yb_day_t day, yb_terms_t *terms)
{
    for (size_t s = 0; s < YB_SCHEME_COUNT; s++) {
        YB_ASSERT(policy->disease_count[s] <= YB_POLICY_DISEASES_MAX);
        terms->disease_count[s] = 0;
        for (uint32_t i = 0; i < policy->disease_count[s]; i++) {
            const yb_policy_disease_t *d = &policy->diseases[s][i];
            const yb_policy_value_t *value = NULL;
            yb_err_t err = series_at(&d->ratio, day, &terms->from, &terms->to, &value);
            if (err == YB_E_POLICY_CONFLICT)
                return err;
            if (err != YB_OK)
                continue;        /* not listed on that day: the ratio of diseases not listed holds */
            yb_terms_disease_t *t = &terms->disease[s][terms->disease_count[s]++];
            memcpy(t->dise_codg, d->dise_codg, sizeof(t->dise_codg));
            t->ratio_ppm = (yb_ppm_t)value->value;
            t->from = value;
        }
    }
    return YB_OK;
}

yb_err_t yb_policy_resolve(const yb_policy_t *policy, yb_day_t day, yb_terms_t *ret_terms,
                           yb_param_t *ret_param)
{
    yb_param_t param = YB_PARAM_NONE;
    yb_err_t err = YB_OK;
    *ret_terms =
        (yb_terms_t){ .from = policy->from, .to = policy->to, .region = policy->region, .policy = policy };
    if (!yb_day_in(day, policy->from, policy->to))
        err = YB_E_POLICY_NONE;
    for (yb_param_t p = 0; p < YB_PARAM_COUNT && err == YB_OK; p++) {
        err = series_at(&policy->params[p], day, &ret_terms->from, &ret_terms->to, &ret_terms->of[p]);
        if (err == YB_OK)
            ret_terms->value[p] = ret_terms->of[p]->value;
        else
            param = p;
    }
    if (err == YB_OK)
        err = resolve_diseases(policy, day, ret_terms);
    if (err != YB_OK && ret_param != NULL)
        *ret_param = param;
    return err;
}

static yb_day_t series_next(const yb_policy_series_t *series, yb_day_t day, yb_day_t best)
{
    for (uint32_t i = 0; i < series->count; i++) {
        yb_day_t from = series->values[i].from, to = series->values[i].to;
        best = from > day && from < best ? from : best;
        best = to > day && to < best ? to : best;
    }
    return best;
}

yb_day_t yb_policy_next_change(const yb_policy_t *policy, yb_day_t day)
{
    yb_day_t best = policy->to;
    for (size_t p = 0; p < YB_PARAM_COUNT; p++)
        best = series_next(&policy->params[p], day, best);
    for (size_t s = 0; s < YB_SCHEME_COUNT; s++)
        for (uint32_t i = 0; i < policy->disease_count[s]; i++)
            best = series_next(&policy->diseases[s][i].ratio, day, best);
    return best;
}

/* ---- all regions ---- */

static yb_err_t refuse(yb_refusal_t *ret, yb_err_t err, int32_t region, yb_day_t day, const char *what)
{
    char text[YB_TIME_TEXT];
    if (ret == NULL)
        return err;
    return yb_refuse(ret, err, "insuplc_admdvs", "统筹区%06d在%s%s", (int)region, yb_day_format(day, text), what);
}

static const yb_terms_t *terms_at(const yb_policy_t *policy, yb_day_t day)
{
    uint32_t low = 0, high = policy->terms_count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (policy->terms[mid].to <= day)
            low = mid + 1;
        else
            high = mid;
    }
    return low < policy->terms_count && policy->terms[low].from <= day ? &policy->terms[low] : NULL;
}

yb_err_t yb_policy_find(const yb_policy_set_t *set, int32_t region, yb_day_t day,
                        const yb_terms_t **ret_terms, yb_refusal_t *ret)
{
    const yb_terms_t *found = NULL;
    for (size_t i = 0; i < set->count; i++) {
        const yb_policy_t *policy = set->policies[i];
        if (policy->region != region || !yb_day_in(day, policy->from, policy->to))
            continue;
        if (found != NULL)
            return refuse(ret, YB_E_POLICY_CONFLICT, region, day, "有两份待遇政策，请经办机构核对政策文件");
        found = terms_at(policy, day);
        if (found == NULL)
            break;
    }
    if (found == NULL)
        return refuse(ret, YB_E_POLICY_NONE, region, day, "无适用的待遇政策，请核对就诊日期与参保地区划");
    *ret_terms = found;
    return YB_OK;
}

int32_t yb_policy_region_of(const yb_policy_set_t *set, const char *admdvs)
{
    int32_t candidates[YB_AREA_CANDIDATES];
    size_t count = yb_area_candidates(admdvs, candidates);
    for (size_t c = 0; c < count; c++)
        for (size_t i = 0; i < set->count; i++)
            if (set->policies[i]->region == candidates[c])
                return candidates[c];
    return 0;
}

yb_err_t yb_policy_find_admdvs(const yb_policy_set_t *set, const char *admdvs, yb_day_t day,
                               const yb_terms_t **ret_terms, yb_refusal_t *ret)
{
    int32_t region = yb_policy_region_of(set, admdvs);
    return yb_policy_find(set, region != 0 ? region : yb_area_parse(admdvs), day, ret_terms, ret);
}

const yb_policy_t *yb_policy_by_hash(const yb_policy_set_t *set, const uint8_t hash[32])
{
    for (size_t i = 0; i < set->count; i++)
        if (memcmp(set->policies[i]->hash, hash, 32) == 0)
            return set->policies[i];
    return NULL;
}
