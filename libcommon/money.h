/* Money is int64 fen, rates are exact integers, no floating point within reach. Every product goes through
 * one of the helpers below, rounded half-up (away from zero at .5, so that a negated amount rounds to the
 * negated result). */
#ifndef YB_MONEY_H
#define YB_MONEY_H

#include <stddef.h>
#include <stdint.h>
#include "err.h"

typedef int64_t yb_fen_t;   /* 0.01 yuan */
typedef int64_t yb_pric_t;  /* 10^-6 yuan: unit price, n16,6 */
typedef int64_t yb_cnt_t;   /* 10^-4: count, n16,4 */
typedef int32_t yb_ppm_t;   /* 10^-6: rate; 1 000 000 = 100 % */

#define YB_PPM_ONE 1000000
#define YB_FEN_MAX 9999999999999999LL   /* n16,2 */

/* The 128-bit ways, for products that do not fit 64 bits; call the two helpers below instead. */
YB_CHECK yb_err_t yb_fen_mul_ppm_wide(yb_fen_t amount_fen, yb_ppm_t rate_ppm, yb_fen_t *ret_fen);
YB_CHECK yb_err_t yb_fen_of_pric_wide(yb_pric_t pric, yb_cnt_t cnt, yb_fen_t *ret_fen);

/* amount × rate, half-up to the fen. rate 0..1 000 000 (asserted). YB_E_OVERFLOW only beyond int64. */
YB_CHECK static inline yb_err_t yb_fen_mul_ppm(yb_fen_t amount_fen, yb_ppm_t rate_ppm, yb_fen_t *ret_fen)
{
    YB_ASSERT(rate_ppm >= 0 && rate_ppm <= YB_PPM_ONE);
    /* up to here product and rounding stay in 64 bits */
    const int64_t fit = (INT64_MAX - YB_PPM_ONE / 2) / YB_PPM_ONE;
    if (__builtin_expect(amount_fen > fit || amount_fen < -fit, 0))
        return yb_fen_mul_ppm_wide(amount_fen, rate_ppm, ret_fen);
    int64_t product = amount_fen * rate_ppm;
    *ret_fen = (product + (product < 0 ? -YB_PPM_ONE / 2 : YB_PPM_ONE / 2)) / YB_PPM_ONE;
    return YB_OK;
}

/* price × count, half-up to the fen; exact in 128 bits. Either may be negative. YB_E_OVERFLOW only beyond
 * int64. */
YB_CHECK static inline yb_err_t yb_fen_of_pric(yb_pric_t pric, yb_cnt_t cnt, yb_fen_t *ret_fen)
{
    const int64_t unit = 100000000;   /* 10^-6 yuan × 10^-4 in one fen */
    int64_t product;
    if (__builtin_expect(__builtin_mul_overflow(pric, cnt, &product) ||
            __builtin_add_overflow(product, product < 0 ? -unit / 2 : unit / 2, &product), 0))
        return yb_fen_of_pric_wide(pric, cnt, ret_fen);
    *ret_fen = product / unit;
    return YB_OK;
}

/* a + b; YB_E_OVERFLOW beyond int64. */
YB_CHECK yb_err_t yb_fen_add(yb_fen_t a, yb_fen_t b, yb_fen_t *ret_fen);

/* Exact decimal text to an integer scaled by 10^scale: "69.6" at scale 2 → 6960. Accepts a sign, no
 * exponent, no spaces; digits beyond `scale` must be zeros. YB_E_FIELD_TYPE: not a number;
 * YB_E_FIELD_RANGE: too many decimals or too large. `len` bytes are read. */
YB_CHECK yb_err_t yb_decimal_parse(const char *text, size_t len, int scale, int64_t *ret_value);
#define YB_DECIMAL_TEXT 32
/* Writes value / 10^scale with exactly `scale` decimals ("-0.05"); returns buf. */
char *yb_decimal_format(int64_t value, int scale, char buf[YB_DECIMAL_TEXT]);
static inline char *yb_fen_format(yb_fen_t fen, char buf[YB_DECIMAL_TEXT])
{
    return yb_decimal_format(fen, 2, buf);
}

static inline yb_fen_t yb_fen_min(yb_fen_t a, yb_fen_t b) { return a < b ? a : b; }
static inline yb_fen_t yb_fen_max(yb_fen_t a, yb_fen_t b) { return a > b ? a : b; }

#endif
