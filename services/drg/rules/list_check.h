/* The check of a settlement list before it is stored and grouped: its amounts against the settlement it names, its
 * dates, its fields, and the clinical rules. Pure: the same rules, codes, list and settlement give the same findings in
 * the same order. docs/list-check.md explains every rule to a hospital's medical-record office. */
#ifndef DRG_RULES_LIST_CHECK_H
#define DRG_RULES_LIST_CHECK_H

#include "libcommon/arena.h"
#include "services/drg/rules/list_rule.h"

/* ---- codes, as the caller knows them (check/icd.h) ---- */

typedef enum yb_code_kind { YB_CODE_DX, YB_CODE_PX } yb_code_kind_t;
typedef struct yb_code_fact {
    const char *code;  /* the 医保版 code; NULL = in neither version */
    const char *name;  /* of that code, Chinese; "" where not known, never NULL */
    bool is_mapped;    /* the code as sent is of the clinical version (国临版) only */
    bool is_gray;      /* 灰码: `code` must not be principal */
    bool is_ambiguous; /* in both versions, and the crosswalk gives another code: */
    const char *other; /* that code; NULL unless is_ambiguous */
} yb_code_fact_t;
/* Borrowed. `find` fills all of *ret_fact, with texts that live as long as the book. */
typedef struct yb_code_book {
    const void *ctx;
    void (*find)(const void *ctx, yb_code_kind_t kind, const char *code, yb_code_fact_t *ret_fact);
} yb_code_book_t;

/* ---- findings ---- */

#define YB_LIST_FINDINGS_MAX 200
#define YB_LIST_VALUE_MAX 64
#define YB_LIST_FINDING_TEXT_MAX 384
typedef struct yb_list_finding {
    yb_list_rule_id_t rule;
    yb_list_severity_t severity;
    yb_list_node_t node;
    uint32_t row;                        /* from 1; 0 = setlinfo, or the node as a whole */
    const char *field;                   /* national name, static; "" = the node or its row as a whole */
    char value[YB_LIST_VALUE_MAX];       /* as sent, cut; "" for what names a person (init_val of 4104) */
    char text[YB_LIST_FINDING_TEXT_MAX]; /* Chinese: the fault and the remedy */
} yb_list_finding_t;

/* Findings in the order of YB_LIST_RULE_MAP's sections (fields, amounts, person, dates, diagnoses, operations, newborn,
 * ventilation, risk), in each by row. The first YB_LIST_FINDINGS_MAX are kept, the counts are of all. About 100 KB. */
typedef struct yb_list_report {
    size_t count, left_out;
    size_t by_severity[YB_LIST_SEVERITY_COUNT];
    yb_list_finding_t findings[YB_LIST_FINDINGS_MAX];
} yb_list_report_t;

#define YB_LIST_PATH_MAX 64
/* "setlinfo.gend", "diseinfo[3].diag_code", "diseinfo"; returns buf. */
char *yb_list_finding_path(const yb_list_finding_t *finding, char buf[YB_LIST_PATH_MAX]);

/* ---- what the list says, for the grouper ---- */

typedef struct yb_list_facts {
    int32_t sex;                /* 1, 2; 0 = not known */
    int32_t age, age_day;       /* at admission, whole years and days; -1 = not known */
    int32_t los;                /* days, by the dates (at least 1); by act_ipt_days without them; -1 = not known */
    int32_t bir_wt_g, adm_wt_g; /* newborn weights; -1 = not sent */
    int32_t vent_min, coma_before_min, coma_after_min; /* -1 = not sent */
    bool icu;
    bool has_principal;                       /* exactly one diagnosis is marked; it is dx[0] */
    yb_day_t birth, admission, discharge;     /* 0 = not known */
    yb_time_t admission_time, discharge_time; /* of a bare date the begin and the end of that day */
    /* 医保版 codes (the crosswalk's where sent in the clinical version, as sent where unknown): the principal first,
     * then in the list's order; of the 西医 diagnoses. px likewise, the main operation first. In the arena. */
    const char **dx, **px;
    size_t dx_count, px_count;
} yb_list_facts_t;

/* Checks a list against the rules of its day: the discharge; without one the settlement; without that `today`. `today`
 * also bounds what may be dated. Findings and facts are both filled; a list may be grouped for trial with findings of
 * severity error, but must not be accepted with them. `arena` holds the facts and scratch. YB_E_NO_MEMORY; then
 * nothing is set. */
YB_CHECK yb_err_t yb_list_check(const yb_list_rules_t *rules, const yb_code_book_t *book, const yb_list_t *list,
                                const yb_list_settlement_t *settlement, yb_day_t today, yb_arena_t *arena,
                                yb_list_report_t *ret_report, yb_list_facts_t *ret_facts);

#endif
