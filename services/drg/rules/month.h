/* A month's cases, between what is read of them and what is paid: what the grouper is given, how a case is to be paid,
 * what its group is worth, what an institution is owed. Pure functions; pay_run.h divides the money. */
#ifndef DRG_RULES_MONTH_H
#define DRG_RULES_MONTH_H

#include "services/drg/rules/dip_pay.h"
#include "services/drg/rules/group.h"
#include "services/drg/rules/pay.h"
#include "services/drg/rules/run_case.h"

/* What a run reads of a settlement. Texts are borrowed, here and below. */
typedef struct yb_month_settlement {
    int64_t setl_id;
    const char *fixmedins_code, *insutype, *med_type;
    yb_time_t begntime, endtime;
    yb_fen_t fee_fen;
    yb_fen_t basic_fund_fen; /* -1 = not said: nothing can be paid by it */
    int64_t reversed_by;     /* 0 = it stands */
} yb_month_settlement_t;

/* And of its list; NULL where there is none that was submitted. */
typedef struct yb_month_list {
    int64_t setl_id;
    const char *fixmedins_code, *dscg_way, *dscg_caty, *dx, *px; /* dx, px: rules/list_codes.h */
    const char *hi_paymtd;                                       /* how it says it is paid (医保支付方式) */
    int32_t version;
    yb_day_t discharge_day;                /* 0 = not said */
    int32_t sex, age, age_day, los;        /* 0; -1 = not known */
    int32_t bir_wt_g, adm_wt_g;            /* -1 = not sent */
    bool icu, has_principal, is_submitted; /* submitted: neither a draft nor void */
    int64_t state_us;                      /* of the last change of its state: when it was submitted */
} yb_month_list_t;

typedef enum yb_ruling_kind { YB_RULED_SPECIAL = 1, YB_RULED_GROUP } yb_ruling_kind_t;
typedef struct yb_month_ruling {
    int64_t setl_id, petition_id;
    yb_ruling_kind_t pay_as;
    const char *drg; /* YB_RULED_GROUP */
} yb_month_ruling_t;

/* ---- grouping ---- */

/* Room that the codes of a list need. */
size_t yb_month_codes_max(const yb_month_list_t *list);
/* The case as the grouper takes it; codes are slices of the list's texts, in `codes`. Weight is that at admission, else
 * at birth (docs/decisions/025). A list without its one principal diagnosis has none. */
void yb_month_group_case(const yb_month_list_t *list, yb_slice_t *codes, yb_group_case_t *ret_case);
/* Day whose scheme groups it: the discharge, of the list or else of the settlement. */
yb_day_t yb_month_discharge(const yb_month_settlement_t *settlement, const yb_month_list_t *list);

/* Under a DIP plan: what its rules are told of the case. `ops` has room for px and its NUL. False: no principal
 * diagnosis, or codes of which no disease is made; then the case is in none. */
bool yb_month_dip_facts(const yb_month_list_t *list, char *ops, yb_dip_facts_t *ret_facts);

/* ---- the row ---- */

typedef struct yb_month_about {
    const yb_plan_t *plan;
    int32_t poolarea;
    int64_t upload_until_us; /* lists submitted later are late ones; INT64_MAX = no deadline */
} yb_month_about_t;
/* End of the upload day of a month under the plan, unix microseconds; INT64_MAX = the plan has none. */
int64_t yb_month_upload_until_us(const yb_plan_t *plan, int32_t ym);

/* A case of today's truth, but for its class, points and money, in kind YB_CASE_OF_MONTH. `group` is NULL without a
 * list, and under a DIP plan; `ruling` without one. Texts of the row are the arguments' own. */
yb_run_case_t yb_month_row(const yb_month_about_t *about, const yb_month_settlement_t *settlement,
                           const yb_month_list_t *list, const yb_group_result_t *group, int16_t scheme,
                           const yb_month_ruling_t *ruling);
/* The row that takes a released one back: the same case with what it cost, what was paid and its standard negated; its
 * points and gross are the released ones until it is paid. */
yb_run_case_t yb_month_take_back(const yb_run_case_t *released);

/* How a row is to be paid, beside what it says itself. */
typedef struct yb_month_way {
    const char *med_type;
    const char *pay;           /* yb_month_pay */
    const yb_dip_facts_t *dip; /* under a DIP plan; NULL = in no disease */
} yb_month_way_t;

#define YB_MONTH_PAY_TEXT (YB_PLAN_TEXT + 8)
/* "day:KIND" where the list says it is paid by bed-day (hi_paymtd 5) and the plan has a price of a day for its
 * department, "disease:CODE" where it says by single disease (2) and the plan has one of its principal diagnosis and
 * operations; else "". Also "" for a stay that cost nothing: its cancellation could not be told from it. */
const char *yb_month_pay(const yb_plan_t *plan, const yb_month_settlement_t *settlement, const yb_month_list_t *list,
                         char buf[YB_MONTH_PAY_TEXT]);
/* The row as a case to be paid: late or specially (row->class), else as `way` says, else by its group or disease. A row
 * taken back is worth what it was worth. Refuses as yb_pay_resolve, and names the case. */
YB_CHECK yb_err_t yb_month_resolve(const yb_plan_t *plan, const yb_run_case_t *row, const char *id,
                                   const yb_month_way_t *way, yb_pay_case_t *ret_case, yb_refusal_t *ret_why);
/* A row taken back that the pool of its fund cannot carry, since the points of the month do not add up to more than 0
 * with it: it is worth the money it was paid, outside the budget. `row` holds the gross that was released. */
void yb_month_take_out(const yb_run_case_t *row, yb_pay_case_t *c);
/* What its group is worth at this institution (mean or rate × RW × k), half-up; 0 = not paid by weight. Negative for a
 * row that takes back. */
yb_fen_t yb_month_standard(const yb_plan_t *plan, int64_t mean_e4, const yb_pay_case_t *c);

/* ---- what is owed ---- */

/* An institution's cases of one insutype, added up. */
typedef struct yb_month_sum {
    const char *fixmedins_code, *insutype;
    int32_t case_count;
    int64_t points_e4;
    yb_fen_t fee_fen, other_pay_fen, gross_fen, due_fen, booked_fen;
    yb_fen_t prepaid_fen, withheld_fen; /* prepaid + withheld = due */
} yb_month_sum_t;

#define YB_MONTH_INSUTYPES_MAX 64 /* of one institution */
/* `rows` in the order of a run, with their money. Sums by institution, then by insutype (as bytes); at most `count`
 * of them. YB_E_OVERFLOW. */
YB_CHECK yb_err_t yb_month_sums(const yb_plan_t *plan, const yb_run_case_t *rows, size_t count,
                                yb_month_sum_t *ret_sums, size_t *ret_count);

/* ---- months ---- */

/* yyyymm of a real month. */
bool yb_month_valid(int32_t ym);
yb_day_t yb_month_first_day(int32_t ym);
int32_t yb_month_next(int32_t ym);

#endif
