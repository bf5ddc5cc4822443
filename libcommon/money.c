#include "money.h"

#include <stdbool.h>
#include <stdio.h>
#include "err.h"

__extension__ typedef __int128 wide_t;

/* Half-up away from zero; the divisor is positive and even. */
static yb_err_t wide_round(wide_t product, int64_t divisor, int64_t *ret)
{
    wide_t half = divisor / 2;
    wide_t quotient = (product + (product < 0 ? -half : half)) / divisor;
    if (quotient > INT64_MAX || quotient < INT64_MIN)
        return YB_E_OVERFLOW;
    *ret = (int64_t)quotient;
    return YB_OK;
}

yb_err_t yb_fen_mul_ppm_wide(yb_fen_t amount_fen, yb_ppm_t rate_ppm, yb_fen_t *ret_fen)
{
    YB_ASSERT(rate_ppm >= 0 && rate_ppm <= YB_PPM_ONE);
    return wide_round((wide_t)amount_fen * rate_ppm, YB_PPM_ONE, ret_fen);
}

yb_err_t yb_fen_of_pric_wide(yb_pric_t pric, yb_cnt_t cnt, yb_fen_t *ret_fen)
{
    return wide_round((wide_t)pric * cnt, 100000000, ret_fen);
}

yb_err_t yb_fen_add(yb_fen_t a, yb_fen_t b, yb_fen_t *ret_fen)
{
    yb_fen_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return YB_E_OVERFLOW;
    *ret_fen = sum;
    return YB_OK;
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One more decimal digit onto the magnitude; false when it leaves 64 bits unsigned. */
static inline bool push_digit(uint64_t *magnitude, unsigned digit)
{
    return !__builtin_mul_overflow(*magnitude, (uint64_t)10, magnitude) &&
        !__builtin_add_overflow(*magnitude, (uint64_t)digit, magnitude);
}

yb_err_t yb_decimal_parse(const char *text, size_t len, int scale, int64_t *ret_value)
{
    YB_ASSERT(scale >= 0 && scale <= 18);
    size_t i = 0;
    bool negative = len > 0 && text[0] == '-';
    if (len > 0 && (text[0] == '-' || text[0] == '+'))
        i++;
    uint64_t magnitude = 0;
    bool fits = true, dot = false;
    int decimals = 0;
    size_t digits = 0;
    for (; i < len; i++) {
        char c = text[i];
        if (c == '.' && !dot && digits > 0) {
            dot = true;
            continue;
        }
        if (!is_digit(c))
            return YB_E_FIELD_TYPE;
        digits++;
        if (dot && decimals == scale)
            fits = fits && c == '0';
        else
            fits = fits && push_digit(&magnitude, (unsigned)(c - '0'));
        decimals += dot && decimals < scale;
    }
    if (digits == 0 || text[len - 1] == '.')
        return YB_E_FIELD_TYPE;
    for (; fits && decimals < scale; decimals++)
        fits = push_digit(&magnitude, 0);
    if (!fits || magnitude > (uint64_t)INT64_MAX + negative)
        return YB_E_FIELD_RANGE;
    *ret_value = (int64_t)(negative ? 0 - magnitude : magnitude);
    return YB_OK;
}

char *yb_decimal_format(int64_t value, int scale, char buf[YB_DECIMAL_TEXT])
{
    YB_ASSERT(scale >= 0 && scale <= 18);
    char digits[YB_DECIMAL_TEXT];
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int n = 0;   /* written from the right */
    for (int i = 0; magnitude > 0 || i <= scale; i++, magnitude /= 10) {
        if (i == scale && scale > 0)
            digits[n++] = '.';
        digits[n++] = (char)('0' + magnitude % 10);
    }
    char *out = buf;
    if (value < 0)
        *out++ = '-';
    while (n > 0)
        *out++ = digits[--n];
    *out = '\0';
    return buf;
}
