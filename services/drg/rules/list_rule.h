/* What the list check goes by, as read from services/drg/data (check/list_file.h): severities and thresholds of the
 * rules, code lists, and what each field must look like. All of it dated, half-open [from, to), each with its source.
 * Plain tables, no I/O. */
#ifndef DRG_RULES_LIST_RULE_H
#define DRG_RULES_LIST_RULE_H

#include <stdbool.h>
#include "services/drg/rules/list.h"

typedef enum yb_list_severity { YB_LIST_HINT, YB_LIST_WARNING, YB_LIST_ERROR, YB_LIST_SEVERITY_COUNT } yb_list_severity_t;

/* What a rule takes from the data besides its severity. */
#define YB_TAKES_LOW 1
#define YB_TAKES_HIGH 2
#define YB_TAKES_CODES 4
#define YB_TAKES_PARTS 8                   /* codes in the three parts of yb_code_part_t */

/* X(symbol, id, takes): every rule, in the order of its findings. Ids are permanent, never used again. */
#define YB_LIST_RULE_MAP(X)                                                                                            \
    X(FIELD_REQUIRED, "FLD-01", 0)                                                                                     \
    X(FIELD_CONDITION, "FLD-02", 0)                                                                                    \
    X(FIELD_EXPECTED, "FLD-03", 0)                                                                                     \
    X(FIELD_FORM, "FLD-04", 0)                                                                                         \
    X(FIELD_LENGTH, "FLD-05", 0)                                                                                       \
    X(FIELD_DICT, "FLD-06", 0)                                                                                         \
    X(SETTLEMENT_NAMED, "AMT-01", 0)                                                                                   \
    X(SETTLEMENT_REVERSED, "AMT-02", 0)                                                                                \
    X(AMOUNT_HEAD, "AMT-03", 0)                                                                                        \
    X(AMOUNT_SELF, "AMT-04", 0)                                                                                        \
    X(AMOUNT_FUND, "AMT-05", 0)                                                                                        \
    X(AMOUNT_ITEM_PARTS, "AMT-06", 0)                                                                                  \
    X(AMOUNT_ITEM_TOTAL, "AMT-07", 0)                                                                                  \
    X(AMOUNT_ITEM_CATEGORY, "AMT-08", 0)                                                                               \
    X(ITEM_CATEGORIES, "AMT-09", YB_TAKES_HIGH)                                                                        \
    X(PERSON_DIFFERS, "IDN-01", 0)                                                                                     \
    X(PERSON_CERTNO, "IDN-02", 0)                                                                                      \
    X(AGE_YEARS, "IDN-03", 0)                                                                                          \
    X(AGE_DAYS, "IDN-04", YB_TAKES_HIGH)                                                                               \
    X(DATE_STAY, "DAT-01", 0)                                                                                          \
    X(DATE_SETTLED, "DAT-02", 0)                                                                                       \
    X(DATE_BIRTH, "DAT-03", 0)                                                                                         \
    X(DATE_FUTURE, "DAT-04", 0)                                                                                        \
    X(DATE_PERIOD, "DAT-05", 0)                                                                                        \
    X(LOS_MORE, "DAT-06", 0)                                                                                           \
    X(LOS_LESS, "DAT-07", 0)                                                                                           \
    X(DATE_OPERATION, "DAT-08", 0)                                                                                     \
    X(DATE_OPERATION_ORDER, "DAT-09", 0)                                                                               \
    X(DATE_ICU, "DAT-10", 0)                                                                                           \
    X(ICU_DURATION, "DAT-11", 0)                                                                                       \
    X(NURSING_DAYS, "DAT-12", YB_TAKES_HIGH)                                                                           \
    X(DX_PRINCIPAL_ONE, "DX-01", 0)                                                                                    \
    X(DX_PRINCIPAL_KIND, "DX-02", 0)                                                                                   \
    X(DX_REPEATED, "DX-03", 0)                                                                                         \
    X(DX_UNKNOWN, "DX-04", 0)                                                                                          \
    X(DX_MAPPED, "DX-05", 0)                                                                                           \
    X(DX_AMBIGUOUS, "DX-06", 0)                                                                                        \
    X(DX_GRAY, "DX-07", 0)                                                                                             \
    X(DX_NOT_PRINCIPAL, "DX-08", YB_TAKES_CODES)                                                                       \
    X(DX_DELIVERY, "DX-09", YB_TAKES_CODES | YB_TAKES_PARTS)                                                           \
    X(DX_INFANT, "DX-10", YB_TAKES_HIGH | YB_TAKES_CODES)                                                              \
    X(DX_FEMALE, "DX-11", YB_TAKES_CODES)                                                                              \
    X(DX_MALE, "DX-12", YB_TAKES_CODES)                                                                                \
    X(DX_COUNT, "DX-13", 0)                                                                                            \
    X(PX_MAIN_ONE, "OP-01", 0)                                                                                         \
    X(PX_MAIN_NONE, "OP-02", 0)                                                                                        \
    X(PX_REPEATED, "OP-03", 0)                                                                                         \
    X(PX_UNKNOWN, "OP-04", 0)                                                                                          \
    X(PX_MAPPED, "OP-05", 0)                                                                                           \
    X(PX_AMBIGUOUS, "OP-06", 0)                                                                                        \
    X(PX_GRAY, "OP-07", 0)                                                                                             \
    X(PX_NOT_MAIN, "OP-08", YB_TAKES_CODES)                                                                            \
    X(PX_FEMALE, "OP-09", YB_TAKES_CODES)                                                                              \
    X(PX_MALE, "OP-10", YB_TAKES_CODES)                                                                                \
    X(PX_COUNT, "OP-11", 0)                                                                                            \
    X(NEWBORN_WEIGHT, "NWB-01", YB_TAKES_HIGH)                                                                         \
    X(NEWBORN_PLAUSIBLE, "NWB-02", YB_TAKES_LOW | YB_TAKES_HIGH)                                                       \
    X(NEWBORN_TEN_GRAMS, "NWB-03", 0)                                                                                  \
    X(NEWBORN_OTHERS, "NWB-04", 0)                                                                                     \
    X(DURATION_STAY, "VEN-01", 0)                                                                                      \
    X(VENT_LONG, "VEN-02", YB_TAKES_LOW | YB_TAKES_CODES)                                                              \
    X(VENT_SHORT, "VEN-03", YB_TAKES_HIGH | YB_TAKES_CODES)                                                            \
    X(VENT_CODE, "VEN-04", 0)                                                                                          \
    X(LOW_RISK_DEATH, "RSK-01", YB_TAKES_CODES)

typedef enum yb_list_rule_id {
#define X(sym, id, takes) YB_RULE_##sym,
    YB_LIST_RULE_MAP(X)
#undef X
    YB_LIST_RULE_COUNT
} yb_list_rule_id_t;

/* "DX-07"; static text. */
const char *yb_list_rule_name(yb_list_rule_id_t rule);
int yb_list_rule_takes(yb_list_rule_id_t rule);    /* YB_TAKES_… */
/* False for what is no rule. */
bool yb_list_rule_parse(const char *text, yb_list_rule_id_t *ret_rule);

/* One dated row of a rule. */
typedef struct yb_list_rule {
    yb_list_rule_id_t id;
    yb_list_severity_t severity;
    yb_day_t from, to;
    int64_t low, high;                     /* in the rule's own unit; read where the rule takes them */
    const char *name, *source;             /* Chinese */
    uint32_t line;
} yb_list_rule_t;

#define YB_CODE_BOUND_MAX 15
/* Codes from `low` to `high`, compared by as many characters as each bound has, and only with codes of the bound's form
 * (letter, digit and mark in the same places): M0000-M9989 are morphology codes, M06.900 is not among them. */
typedef struct yb_code_range {
    char low[YB_CODE_BOUND_MAX + 1], high[YB_CODE_BOUND_MAX + 1];
} yb_code_range_t;
/* What a list is in its rule: the codes the rule is about; those one of which must then be there; those with which the
 * rule does not apply. Only rules that take parts have the latter two. */
typedef enum yb_code_part { YB_CODES_ABOUT, YB_CODES_NEEDED, YB_CODES_UNLESS, YB_CODE_PART_COUNT } yb_code_part_t;
typedef struct yb_code_list {
    yb_list_rule_id_t rule;
    yb_code_part_t part;
    yb_day_t from, to;
    const yb_code_range_t *codes, *except;
    size_t code_count, except_count;
    const char *what, *source;             /* Chinese: what these codes are, for the text of a finding */
    uint32_t line;
} yb_code_list_t;

/* "V01-Y98", "I25.2"; false for anything else (bounds of different form, empty, too long, low above high). */
bool yb_code_range_parse(const char *text, size_t len, yb_code_range_t *ret_range);
bool yb_code_range_has(const yb_code_range_t *range, const char *code);

/* When a field must be there. */
typedef enum yb_list_need {
    YB_NEED_OPTIONAL, YB_NEED_REQUIRED,
    YB_NEED_INPATIENT, YB_NEED_OUTPATIENT, /* the settlement is of a stay; of an outpatient visit */
    YB_NEED_FROM_ONE_YEAR, YB_NEED_INFANT, /* age >= 1 year; below */
    YB_NEED_TRANSFER,                      /* dscg_way 2, 3: the receiving institution, where known */
    YB_NEED_READMISSION,                   /* days_rinp_flag_31 2 */
    YB_NEED_ANAESTHESIA,                   /* the operation has an anst_way */
    YB_NEED_ABSENT,                        /* the form has no such field */
    YB_NEED_COUNT
} yb_list_need_t;

typedef enum yb_list_kind {
    YB_LIST_TEXT, YB_LIST_PERSON,          /* PERSON: names or finds a person, never repeated in a finding */
    YB_LIST_DAY, YB_LIST_TIME, YB_LIST_NUMBER,
    YB_LIST_DURATION,                      /* days/hours/minutes, "1/13/24" */
    YB_LIST_KIND_COUNT
} yb_list_kind_t;

typedef struct yb_list_form_rule {
    yb_list_node_t node;
    uint16_t field;                        /* index in yb_list_fields(node) */
    yb_list_need_t need[2];                /* by yb_list_form_t */
    yb_list_kind_t kind;
    uint16_t len_max;                      /* characters; of a number: digits in all */
    uint8_t scale;                         /* decimals of a number */
    const char *values;                    /* "1男 2女 …", NULL = no dictionary */
    const char *name, *source;             /* Chinese */
    yb_day_t from, to;
    uint32_t line;
} yb_list_form_rule_t;

typedef struct yb_list_rules {
    const yb_list_rule_t *rules;
    const yb_code_list_t *code_lists;
    const yb_list_form_rule_t *fields;     /* in the order of yb_list_node_t */
    size_t rule_count, code_list_count, field_count;
} yb_list_rules_t;

/* The row in force on that day; NULL: the rule is not in force. */
const yb_list_rule_t *yb_list_rule_at(const yb_list_rules_t *rules, yb_list_rule_id_t id, yb_day_t day);
/* The list of that part of the rule that holds the code on that day; NULL = none. */
const yb_code_list_t *yb_code_list_at(const yb_list_rules_t *rules, yb_list_rule_id_t id, yb_code_part_t part,
                                      yb_day_t day, const char *code);
/* True when the dictionary text has the value: its words begin with the value, the rest of each is not ASCII. */
bool yb_list_values_have(const char *values, const char *value);

#endif
