/* The states of a visit, as one table: state × action → next state or refusal (the interface's section on states;
 * docs/interface.md). Pure functions. */
#ifndef SETTLEMENT_RULES_VISIT_H
#define SETTLEMENT_RULES_VISIT_H

#include "libcommon/day.h"
#include "libcommon/err.h"

/* The numbers stand in table visit. An outpatient visit stays TREATED when its batches are settled: the batch knows. */
typedef enum yb_visit_state {
    YB_VISIT_REGISTERED = 1,     /* 2201 */
    YB_VISIT_TREATED = 2,        /* 2203 */
    YB_VISIT_ADMITTED = 3,       /* 2401: the stay is open */
    YB_VISIT_DISCHARGED = 4,     /* 2402 */
    YB_VISIT_SETTLED = 5,        /* 2304, stays only */
    YB_VISIT_CANCELLED = 9,      /* 2202, 2404 */
} yb_visit_state_t;

typedef enum yb_visit_action {
    YB_ACT_CANCEL_REGISTRATION,  /* 2202 */
    YB_ACT_TREAT,                /* 2203 */
    YB_ACT_UPLOAD_OUTPATIENT,    /* 2204 */
    YB_ACT_CANCEL_OUTPATIENT,    /* 2205 */
    YB_ACT_SETTLE_OUTPATIENT,    /* 2206, 2207 */
    YB_ACT_REVERSE_OUTPATIENT,   /* 2208 */
    YB_ACT_UPLOAD_INPATIENT,     /* 2301 */
    YB_ACT_CANCEL_INPATIENT,     /* 2302 */
    YB_ACT_SETTLE_INPATIENT,     /* 2303, 2304 */
    YB_ACT_REVERSE_INPATIENT,    /* 2305 */
    YB_ACT_DISCHARGE,            /* 2402 */
    YB_ACT_CHANGE,               /* 2403 */
    YB_ACT_CANCEL_ADMISSION,     /* 2404 */
    YB_ACT_CANCEL_DISCHARGE,     /* 2405 */
    YB_ACT_COUNT
} yb_visit_action_t;

/* Where `action` leads from `state`. YB_OK and *ret_next (may be NULL); else the refusal, filled (may be NULL) with a
 * Chinese text that names the state and what to do: YB_E_ALREADY_SETTLED for a settled stay, YB_E_VISIT_STATE
 * otherwise. `field` names the visit in the request ("data.mdtrt_id"). */
YB_CHECK yb_err_t yb_visit_next(yb_visit_state_t state, yb_visit_action_t action, const char *field,
                                yb_visit_state_t *ret_next, yb_refusal_t *ret);

/* Chinese name of a state; "未知" for a number that is none. */
const char *yb_visit_state_zh(yb_visit_state_t state);
/* English name, for operators: "admitted". */
const char *yb_visit_state_name(yb_visit_state_t state);

/* The day that decides policy, tags, cover and year of the accumulators: endtime's for a stay (0 while it is not
 * discharged), begntime's for an outpatient visit (policy card, "Accumulators"). */
yb_day_t yb_visit_policy_day(bool inpatient, yb_time_t begntime, yb_time_t endtime);

#endif
