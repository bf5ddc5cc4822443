/* yibao_refused_by_code_total: how often a caller was told each code of err.h. Every code is there from the start, so
 * that the first refusal shows as a rise. */
#ifndef YB_REFUSALS_H
#define YB_REFUSALS_H

#include "err.h"
#include "metrics.h"

enum {
#define X(sym, num, status, en, zh) YB_REFUSALS_AT_##sym,
    YB_ERR_MAP(X)
#undef X
        YB_REFUSALS_CODES
};

typedef struct yb_refusals {
    yb_metric_t *by_code[YB_REFUSALS_CODES];
} yb_refusals_t;

void yb_refusals_make(yb_refusals_t *refusals, yb_metrics_t *metrics);
/* YB_OK counts nothing; a number that is no code counts as INTERNAL. Thread-safe. */
void yb_refusals_count(const yb_refusals_t *refusals, yb_err_t code);

#endif
