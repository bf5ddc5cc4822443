#include "libcommon/refusals.h"

#include <stdio.h>

void yb_refusals_make(yb_refusals_t *refusals, yb_metrics_t *metrics)
{
    static const yb_err_t codes[] = {
#define X(sym, num, status, en, zh) YB_E_##sym,
        YB_ERR_MAP(X)
#undef X
    };
    for (size_t i = 0; i < YB_REFUSALS_CODES; i++) {
        char labels[64];
        if (codes[i] == YB_OK)
            continue;
        snprintf(labels, sizeof labels, "code=\"%s\"", yb_err_name(codes[i]));
        refusals->by_code[i] = yb_metrics_counter(metrics, "yibao_refused_by_code_total", labels,
                                                  "answers that were a refusal or a failure");
    }
}

static size_t place_of(yb_err_t code)
{
    switch (code) {
#define X(sym, num, status, en, zh) \
    case YB_E_##sym:                \
        return YB_REFUSALS_AT_##sym;
        YB_ERR_MAP(X)
#undef X
    }
    return YB_REFUSALS_AT_INTERNAL;
}

void yb_refusals_count(const yb_refusals_t *refusals, yb_err_t code)
{
    if (code != YB_OK)
        yb_metric_add(refusals->by_code[place_of(code)], 1);
}
