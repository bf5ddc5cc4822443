/* Quotients of products that outgrow 128 bits (means of three years against each other), exact until the one rounding.
 */
#ifndef DRG_RULES_RATIO_H
#define DRG_RULES_RATIO_H

#include <stddef.h>
#include "libcommon/err.h"
#include "services/drg/rules/wide.h"

#define YB_RATIO_FACTORS_MAX 8
/* over[0]·over[1]·… ÷ (under[0]·under[1]·…), half-up. Every factor >= 0, every one below the line > 0 (asserted).
 * YB_E_OVERFLOW beyond int64, YB_E_NO_MEMORY. */
YB_CHECK yb_err_t yb_ratio_half_up(const yb_wide_t *over, size_t over_count, const yb_wide_t *under, size_t under_count,
                                   int64_t *ret);

typedef struct yb_ratio_term {
    yb_wide_t over;
    int64_t under;
} yb_ratio_term_t;
/* scale · Σ over ÷ under ÷ by, half-up, as one exact fraction: a mean of quotients. Every over >= 0, every under, scale
 * and by > 0 (asserted); no terms: 0. YB_E_OVERFLOW beyond int64, YB_E_NO_MEMORY. */
YB_CHECK yb_err_t yb_ratio_sum_half_up(const yb_ratio_term_t *terms, size_t count, int64_t scale, int64_t by,
                                       int64_t *ret);

#endif
