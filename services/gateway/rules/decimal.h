/* Decimal text as people and JSON libraries write it, brought to one form. Pure. */
#ifndef YB_GATEWAY_DECIMAL_H
#define YB_GATEWAY_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

#define YB_DECIMAL_PLAIN 72

/* "+6.960e1", "69.60", "0069.6" → "69.6"; "-0.00" → "0". Exact: digits are moved, never computed with. False
 * when the text is not
 * [+-]digits[.digits][e[+-]digits] or would take more than YB_DECIMAL_PLAIN - 1 characters. `buf` is
 * terminated. */
bool yb_decimal_plain(const char *text, size_t len, char buf[YB_DECIMAL_PLAIN]);
/* Whether it is [+-]digits[.digits][e[+-]digits], of any size: no number and too large a number are different
 * faults. */
bool yb_decimal_form(const char *text, size_t len);

#endif
