/* 128 bits for products of money, points and rates; the callers' limits keep them inside. */
#ifndef DRG_RULES_WIDE_H
#define DRG_RULES_WIDE_H

#include <stdint.h>

__extension__ typedef __int128 yb_wide_t;

/* 10^exponent, 0..38. */
static inline yb_wide_t yb_wide_ten(int exponent)
{
    yb_wide_t ten = 1;
    while (exponent-- > 0)
        ten *= 10;
    return ten;
}

/* Half-up, away from zero below it, so that a negated row is the negated result. The divisor is positive;
 * 2·|number| + divisor must fit. */
static inline yb_wide_t yb_wide_half_up(yb_wide_t number, yb_wide_t divisor)
{
    yb_wide_t magnitude = number < 0 ? -number : number;
    yb_wide_t rounded = (2 * magnitude + divisor) / (2 * divisor);
    return number < 0 ? -rounded : rounded;
}

#endif
