/* Forms of the codes and numbers the platform is given. Pure functions: they check the form, never the
 * registry. Each returns YB_OK, or YB_E_FIELD_FORM through yb_refuse with `field` as given and a Chinese
 * text that says what was wrong and what to do. *ret is only touched on refusal. `text` is `len` bytes,
 * not necessarily terminated. The text never holds the value (refusals are logged, an ID number is personal
 * data), at most its province digits and its check character. */
#ifndef YB_CODE_H
#define YB_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include "day.h"
#include "err.h"

/* Province-level prefix of GB/T 2260 ("14"), also of retired county codes below it. */
bool yb_code_province_known(const char *two_digits);

/* Resident ID number, GB 11643-1999: 18 characters, province, real birth date, check digit (ISO 7064 MOD
 * 11-2). */
YB_CHECK yb_err_t yb_code_idcard(const char *text, size_t len, const char *field, yb_refusal_t *ret);
/* Check character of the first 17 digits: '0'..'9' or 'X'. The digits must be digits. */
char yb_idcard_check_char(const char *first17);
/* Of a number that passed yb_code_idcard: birth day; gender in the national dictionary gend, 1 male 2
 * female. */
yb_day_t yb_idcard_birth(const char *idcard);
int yb_idcard_gender(const char *idcard);

/* Unified social credit code, GB 32100-2015: 18 characters of 0-9A-Z without I O S V Z, check character
 * mod 31. */
YB_CHECK yb_err_t yb_code_uscc(const char *text, size_t len, const char *field, yb_refusal_t *ret);
/* Check character of the first 17, which must be of the alphabet. */
char yb_uscc_check_char(const char *first17);

/* Hospital H or pharmacy P + area 6 + serial 5 = 12. */
YB_CHECK yb_err_t yb_code_institution(const char *text, size_t len, const char *field, yb_refusal_t *ret);
/* Physician D or nurse N + area 6 + serial 6 = 13. */
YB_CHECK yb_err_t yb_code_physician(const char *text, size_t len, const char *field, yb_refusal_t *ret);
/* Pharmaceutical HY or technical HJ staff + area 6 + serial 6 = 14. */
YB_CHECK yb_err_t yb_code_staff(const char *text, size_t len, const char *field, yb_refusal_t *ret);
/* Area of the healthcare-security administration: 6 digits, province known, or 100000 (national). Bureaus
 * add codes below the province (xx99), so nothing below it is checked. */
YB_CHECK yb_err_t yb_code_admdvs(const char *text, size_t len, const char *field, yb_refusal_t *ret);
/* Catalogue code (drugs X Z T, consumables C, services): 1..50 of A-Z a-z 0-9 and "-". Lengths per kind
 * differ between regions and releases; the catalogue decides. */
YB_CHECK yb_err_t yb_code_catalogue(const char *text, size_t len, const char *field, yb_refusal_t *ret);
/* Outpatient chronic and special disease: M + 5 digits. */
YB_CHECK yb_err_t yb_code_chronic(const char *text, size_t len, const char *field, yb_refusal_t *ret);
/* Person number: 1..30 of A-Z a-z 0-9 "_" "-". */
YB_CHECK yb_err_t yb_code_psn_no(const char *text, size_t len, const char *field, yb_refusal_t *ret);

#endif
