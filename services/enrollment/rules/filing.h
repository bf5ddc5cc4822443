/* May this filing be made? Pure. */
#ifndef YB_ENROLLMENT_RULES_FILING_H
#define YB_ENROLLMENT_RULES_FILING_H

#include "services/enrollment/rules/entitle.h"

/* The form of a request to file (2503); begndate and enddate half-open, enddate 0 = open. */
yb_err_t yb_filing_form(const Yibao__Enrollment__FileChronicRequest *req, yb_refusal_t *ret);
/* NOT_COVERED when the scheme does not cover the person on begndate; FILING_EXISTS, naming it, when one of
 * the same disease overlaps. */
yb_err_t yb_filing_may(const yb_rows_of_t *rows, const yb_filing_t *fresh, yb_refusal_t *ret);
/* Does `other` stand in the way of `fresh`? */
bool yb_filing_clash(const yb_filing_t *other, const yb_filing_t *fresh);
yb_err_t yb_filing_exists(const yb_filing_t *other, yb_refusal_t *ret);

#endif
