/* Inside the list check: one list on its way through the sections. */
#ifndef DRG_RULES_LIST_CHECK_IMPL_H
#define DRG_RULES_LIST_CHECK_IMPL_H

#include "services/drg/rules/list_check.h"

typedef struct yb_list_desk {
    const yb_list_rules_t *rules;
    const yb_list_rule_t *rule[YB_LIST_RULE_COUNT]; /* in force on `day`; NULL = not */
    const yb_list_t *list;
    const yb_list_settlement_t *settlement;
    const yb_code_fact_t *dx, *px; /* of every row of diseinfo and oprninfo */
    yb_list_facts_t facts;
    yb_day_t day, today;
    size_t principal; /* row of the one marked diagnosis; SIZE_MAX = none or several */
    size_t main_px;   /* row of the one marked operation; SIZE_MAX = none or several */
    bool is_draft;    /* stas_type 0 */
    yb_list_report_t *report;
} yb_list_desk_t;

#define YB_NO_ROW SIZE_MAX

/* Adds a finding when its rule is in force. `row` from 0, YB_NO_ROW = the node as a whole (and for setlinfo). `field`
 * is a static text, "" = none. The value is read from the list. */
void yb_list_find(yb_list_desk_t *desk, yb_list_rule_id_t rule, yb_list_node_t node, size_t row, const char *field,
                  const char *fmt, ...) __attribute__((format(printf, 6, 7)));
#define YB_FIND_HEAD(desk, rule, field, ...) \
    yb_list_find((desk), (rule), YB_NODE_SETLINFO, YB_NO_ROW, (field), __VA_ARGS__)

/* ---- values; false, with *ret untouched, for what is empty or malformed ---- */

static inline const char *yb_list_str(const char *text) { return text != NULL ? text : ""; }
static inline bool yb_list_sent(const char *text) { return text != NULL && text[0] != '\0'; }
bool yb_list_fen(const char *text, yb_fen_t *ret_fen);    /* within n16,2: some tens of them can be summed */
bool yb_list_int(const char *text, int32_t *ret_value);   /* fractions truncated; 0 … 999 999 */
bool yb_list_time(const char *text, yb_time_t *ret_time); /* a date alone is 00:00:00 */
bool yb_list_minutes(const char *text, int32_t *ret_min); /* "1/13/24", hours below 24, minutes below 60 */
/* Minutes from one civil time to another; negative when it is before. */
int64_t yb_list_minutes_between(yb_time_t from, yb_time_t to);
/* The operation's day and, where sent, its begin and end; 0 = not sent. */
yb_day_t yb_list_operation_day(const yb_oprninfo_t *row);
/* diag_type 2 and 3 are Chinese-medicine diagnoses, coded in another book. */
bool yb_list_is_western(const yb_diseinfo_t *row);
bool yb_list_is_principal(const yb_diseinfo_t *row);
bool yb_list_is_main(const yb_oprninfo_t *row);
/* The code a rule looks at: the 医保版 code, else as sent. */
const char *yb_list_code(const yb_code_fact_t *fact, const char *sent);

/* ---- the sections, in their order ---- */

void yb_list_check_fields(yb_list_desk_t *desk);
void yb_list_check_amounts(yb_list_desk_t *desk);
void yb_list_check_person(yb_list_desk_t *desk);
void yb_list_check_dates(yb_list_desk_t *desk);
void yb_list_check_diagnoses(yb_list_desk_t *desk);
void yb_list_check_operations(yb_list_desk_t *desk);
void yb_list_check_clinical(yb_list_desk_t *desk); /* newborn, ventilation, risk */

#endif
