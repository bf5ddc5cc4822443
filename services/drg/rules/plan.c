#include "plan.h"

#include <stdlib.h>
#include <string.h>

const char *yb_plan_method_name(yb_plan_method_t method)
{
    static const char *const names[] = {
        [YB_METHOD_POINTS] = "points", [YB_METHOD_RATE] = "rate", [YB_METHOD_DIP] = "dip"
    };
    return names[method];
}

/* The first member of every entry below is its code, so one comparison serves them all. */
static int by_code(const void *code, const void *entry) { return strcmp(code, entry); }

const yb_weight_t *yb_plan_weight(const yb_plan_t *plan, const char *drg)
{
    return plan->weight_count == 0 ? NULL
                                   : bsearch(drg, plan->weights, plan->weight_count, sizeof(*plan->weights), by_code);
}

const yb_plan_institution_t *yb_plan_institution(const yb_plan_t *plan, const char *code)
{
    return plan->institution_count == 0
               ? NULL
               : bsearch(code, plan->institutions, plan->institution_count, sizeof(*plan->institutions), by_code);
}

const char *yb_plan_tcm(const yb_plan_t *plan, const char *group)
{
    const yb_plan_tcm_t *found =
        plan->tcm_count == 0 ? NULL : bsearch(group, plan->tcms, plan->tcm_count, sizeof(*plan->tcms), by_code);
    return found != NULL ? found->drg : NULL;
}

const yb_plan_day_t *yb_plan_day(const yb_plan_t *plan, const char *kind, const char *institution)
{
    const yb_plan_day_t *for_all = NULL;
    for (size_t i = 0; i < plan->day_count; i++) {
        const yb_plan_day_t *day = &plan->days[i];
        if (strcmp(day->kind, kind) != 0)
            continue;
        if (strcmp(day->institution, institution) == 0)
            return day;
        if (day->institution[0] == '\0')
            for_all = day;
    }
    return for_all;
}

const yb_plan_disease_t *yb_plan_disease(const yb_plan_t *plan, const char *code, const char *institution)
{
    const yb_plan_disease_t *for_all = NULL;
    const char *level = yb_plan_level_name(plan, institution);
    for (size_t i = 0; i < plan->disease_count; i++) {
        const yb_plan_disease_t *disease = &plan->diseases[i];
        if (strcmp(disease->code, code) != 0)
            continue;
        if (disease->level[0] == '\0')
            for_all = disease;
        else if (strcmp(disease->level, level) == 0)
            return disease;
    }
    return for_all;
}

const yb_plan_head_t *yb_plan_head(const yb_plan_t *plan, const char *kind)
{
    for (size_t i = 0; i < plan->head_count; i++)
        if (strcmp(plan->heads[i].kind, kind) == 0)
            return &plan->heads[i];
    return NULL;
}

const yb_plan_group_t *yb_plan_group_of(const yb_plan_t *plan, const char *institution)
{
    for (size_t g = 0; g < plan->group_count; g++)
        for (size_t m = 0; m < plan->groups[g].member_count; m++)
            if (strcmp(plan->groups[g].members[m], institution) == 0)
                return &plan->groups[g];
    return NULL;
}

int yb_plan_pool(const yb_plan_t *plan, const char *insutype)
{
    for (size_t i = 0; i < plan->pool_count; i++)
        if (strcmp(plan->pools[i].insutype, insutype) == 0)
            return (int)i;
    return -1;
}

const char *yb_plan_level_name(const yb_plan_t *plan, const char *institution)
{
    const yb_plan_institution_t *found = yb_plan_institution(plan, institution);
    return found != NULL && found->level != YB_NO_LEVEL ? plan->levels[found->level].name : "";
}

int32_t yb_plan_coefficient(const yb_plan_t *plan, const char *institution)
{
    const yb_plan_institution_t *found = yb_plan_institution(plan, institution);
    if (found != NULL && found->k_e4 != 0)
        return found->k_e4;
    if (found != NULL && found->level != YB_NO_LEVEL && plan->levels[found->level].k_e4 != 0)
        return plan->levels[found->level].k_e4;
    return plan->default_k_e4;
}

int64_t yb_plan_high_ratio(const yb_plan_t *plan, int32_t rw_e4, int32_t level)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const yb_high_step_t *step = &plan->steps[i];
        bool at_level = step->levels == 0 || (level != YB_NO_LEVEL && (step->levels >> level & 1) != 0);
        if (rw_e4 <= step->rw_max_e4 && at_level)
            return step->ratio_e6;
    }
    return YB_STEP_NEVER;
}

const yb_year_terms_t *yb_plan_year(const yb_plan_t *plan, const char *unit)
{
    for (size_t i = 0; i < plan->group_count; i++)
        if (strcmp(plan->groups[i].code, unit) == 0)
            return &plan->groups[i].terms;
    return &plan->year;
}
