/* 2001: entitlement per fund, with the reason where there is none. Pure. */
#ifndef YB_ENROLLMENT_RULES_TREATMENT_H
#define YB_ENROLLMENT_RULES_TREATMENT_H

#include "services/enrollment/rules/entitle.h"

#define YB_TREATMENTS_MAX 4

typedef struct yb_treatment {
    const char *fund_pay_type; /* INTERFACE §5, §10: 310100 职工统筹, 310200 个人账户, 330100 大额, 390100
                                  居民统筹, 390200 居民大病, 610100 救助 */
    bool entitled;
    int32_t begndate, enddate;       /* of the cover, enddate exclusive; 0 = no cover */
    const char *reason;              /* Chinese; "" when entitled */
} yb_treatment_t;

/* The day that decides: the discharge of a stay (med_type 2x with an endtime), else the beginning
 * (policy/lvliang.md). */
int32_t yb_treatment_day(const Yibao__Enrollment__CheckTreatmentRequest *req);
/* YB_OK, or a refusal naming the field: scheme not offered, no day, chronic visit without a disease. */
yb_err_t yb_treatment_check(const Yibao__Enrollment__CheckTreatmentRequest *req, yb_refusal_t *ret);
/* One row per fund of the scheme; 610100 only for the tagged. Returns how many. The request has passed
 * yb_treatment_check. */
size_t yb_treatments(const yb_rows_of_t *rows, const Yibao__Enrollment__CheckTreatmentRequest *req,
                     yb_treatment_t ret[YB_TREATMENTS_MAX]);

#endif
