/* Between the rows of the store and the rules: what a settlement is computed from, and what comes of it. The same door
 * serves pre-settling, settling and recomputing, so that they cannot differ. */
#ifndef SETTLEMENT_BENEFIT_H
#define SETTLEMENT_BENEFIT_H

#include "proto/settlement.pb-c.h"
#include "services/settlement/rules/settle.h"
#include "services/settlement/settlement.h"
#include "services/settlement/store/line.h"
#include "services/settlement/store/settlement.h"

typedef struct yb_benefit_in {
    int32_t poolarea;                    /* of the cover */
    const char *insutype, *med_type, *dise_codg;
    const yb_raw_line_t *const *lines;   /* of the batch, in line order, refunds included */
    size_t line_count;
    const yb_line_totals_t
        *totals; /* instead of lines: recomputing what was reversed, whose lines may have gone since */
    const Yibao__Settlement__StoredInputs
        *inputs;                         /* facts, day, accumulators before; the *_added fields are not read */
    const yb_policy_t *policy;           /* NULL = the one in force for area and day */
} yb_benefit_in_t;

typedef struct yb_benefit {
    yb_setl_amounts_t amounts;
    Yibao__Settlement__StoredInputs inputs;   /* as given, with the *_added fields filled */
    Yibao__Settlement__StoredFunds funds;     /* setldetail with setl_proc_info, in the arena */
    const yb_policy_t *policy;
} yb_benefit_t;

/* Splits the lines anew, checks them against the split that was answered at upload, and computes what every fund pays.
 * YB_OK, or a refusal filled into `ret` (POLICY_NONE, POLICY_CONFLICT, UNSUPPORTED, NEGATIVE_TOTAL …). Everything
 * answered lives in `arena`. */
YB_CHECK yb_err_t yb_benefit_compute(const yb_settlement_data_t *data, const yb_benefit_in_t *in, yb_arena_t *arena,
                                     yb_refusal_t *ret, yb_benefit_t *ret_benefit);

#endif
