#include "services/drg/rules/low_risk.h"

#include <string.h>

bool yb_discharge_died(const char *dscg_way) { return strcmp(dscg_way, "5") == 0; }

const yb_code_list_t *yb_low_risk_disease(const yb_list_rules_t *rules, yb_day_t day, const char *principal)
{
    if (principal == NULL || principal[0] == '\0' || yb_list_rule_at(rules, YB_RULE_LOW_RISK_DEATH, day) == NULL)
        return NULL;
    return yb_code_list_at(rules, YB_RULE_LOW_RISK_DEATH, YB_CODES_ABOUT, day, principal);
}
