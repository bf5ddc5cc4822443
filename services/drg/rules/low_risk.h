/* Low-risk diseases (低风险病种) and deaths: one table, that of rule RSK-01 (list-codes.csv), for the check of a list
 * and for what a month counts. Pure. */
#ifndef DRG_RULES_LOW_RISK_H
#define DRG_RULES_LOW_RISK_H

#include "services/drg/rules/list_rule.h"

/* dscg_way 5. */
bool yb_discharge_died(const char *dscg_way);
/* The list that holds the principal diagnosis (医保版) on that day: the discharge, else the settlement. NULL: no
 * low-risk disease, no principal diagnosis (NULL or ""), or RSK-01 is not in force. */
const yb_code_list_t *yb_low_risk_disease(const yb_list_rules_t *rules, yb_day_t day, const char *principal);

#endif
