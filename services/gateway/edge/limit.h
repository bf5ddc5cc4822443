/* Rate limit per institution: a token bucket of one second's worth. The table is bounded; the bucket longest
 * unused is forgotten (it is the fullest). */
#ifndef YB_GATEWAY_LIMIT_H
#define YB_GATEWAY_LIMIT_H

#include <stddef.h>
#include <stdint.h>
#include "libcommon/clock.h"
#include "libcommon/err.h"

typedef struct yb_limit yb_limit_t;

/* buckets_max 0 = 16384; NULL when out of memory. */
yb_limit_t *yb_limit_create(const yb_clock_t *clock, size_t buckets_max);
void yb_limit_destroy(yb_limit_t **limit);
/* Takes one of `rate_per_s` (0 = no limit, nothing is kept). YB_E_RATE_LIMITED. */
YB_CHECK yb_err_t yb_limit_take(
    yb_limit_t *limit, const char *fixmedins_code, uint32_t rate_per_s, yb_refusal_t *ret);
size_t yb_limit_buckets(const yb_limit_t *limit);

#endif
