/* Forms of codes that only the gateway checks; the registry that would know them does not exist yet
 * (INTERFACE.md section 10). Same contract as libcommon/code.h. */
#ifndef YB_GATEWAY_FORM_H
#define YB_GATEWAY_FORM_H

#include <stddef.h>
#include "libcommon/err.h"

/* Physician or nurse D/N + 12 digits, or pharmaceutical and technical staff HY/HJ + 12 digits. */
YB_CHECK yb_err_t yb_form_staff(const char *text, size_t len, const char *field, yb_refusal_t *ret);
/* Diagnosis: a capital letter and two or more of A-Z a-z 0-9 . + * - / (ICD-10 医保版 and the codes of 中医). */
YB_CHECK yb_err_t yb_form_diagnosis(const char *text, size_t len, const char *field, yb_refusal_t *ret);
/* Department, unit, batch and serial numbers: A-Z a-z 0-9 . _ - / : # and Chinese characters; no blanks. */
YB_CHECK yb_err_t yb_form_token(const char *text, size_t len, const char *field, yb_refusal_t *ret);
/* yyyyMM. */
YB_CHECK yb_err_t yb_form_month(const char *text, size_t len, const char *field, yb_refusal_t *ret);
/* A transaction number: four to six digits and capital letters (2207, 2203A, D001). */
YB_CHECK yb_err_t yb_form_infno(const char *text, size_t len, const char *field, yb_refusal_t *ret);

#endif
