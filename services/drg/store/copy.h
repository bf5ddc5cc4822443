/* Table settlement: drg's own copy of what settlement made, filled by its events. */
#ifndef DRG_STORE_COPY_H
#define DRG_STORE_COPY_H

#include "libcommon/day.h"
#include "libcommon/db.h"
#include "libcommon/money.h"

typedef struct yb_copy {
    int64_t setl_id;
    bool known;          /* false: a reversal, or only its reversal has come; nothing below but the next two holds */
    int64_t reversed_by; /* setl_id of the reversal, 0 = none */
    int64_t reverses;    /* of a reversal: setl_id of its original, 0 = none */
    int32_t poolarea;
    int64_t mdtrt_id;
    const char *psn_no, *insutype, *med_type, *fixmedins_code, *insuplc_admdvs;
    bool inpatient;
    yb_time_t setl_time, begntime, endtime;
    yb_fen_t medfee_sumamt_fen, fund_pay_sumamt_fen, fulamt_ownpay_amt_fen, overlmt_selfpay_fen, acct_pay_fen,
        psn_cash_pay_fen;
    yb_fen_t basic_fund_fen; /* of `funds`: what the basic fund of the insutype paid */
    yb_day_t reopened_day;   /* its list may come up to this day though its month is frozen; 0 = not */
    const uint8_t *funds;
    size_t funds_len; /* packed StoredFunds */
} yb_copy_t;

typedef struct yb_copy_reversal {
    int64_t setl_id, reversed_by; /* the original, its reversal */
    int32_t poolarea;
} yb_copy_reversal_t;

/* Settlements, in bulk: known from now on; what a reversal left there before stays. */
YB_CHECK yb_err_t yb_copy_put(yb_db_t *db, const yb_copy_t *copies, size_t count, yb_arena_t *arena);
/* Reversals, in bulk, before or after their originals: a row of its own each, and the mark at the original's. */
YB_CHECK yb_err_t yb_copy_reverse(yb_db_t *db, const yb_copy_reversal_t *reversals, size_t count, yb_arena_t *arena);
/* By setl_id, in no order; lock = FOR UPDATE, in the order of the key. One query. */
YB_CHECK yb_err_t yb_copy_load(yb_db_t *db, const int64_t *setl_ids, size_t count, bool lock, yb_arena_t *arena,
                               yb_copy_t **ret_copies, size_t *ret_count);
/* Stays of a pooling area and month that count — known, inpatient, not reversed — by institution and insutype. */
typedef struct yb_copy_count {
    const char *fixmedins_code, *insutype;
    uint64_t count, unsaid; /* unsaid: their basic_fund_fen is not known, and not in the sum */
    yb_fen_t medfee_sumamt_fen, basic_fund_fen;
} yb_copy_count_t;
/* Of as many institutions after `after_code` as have about `limit` stays; *ret_last is the last of them, "" = none is
 * left. */
YB_CHECK yb_err_t yb_copy_count(yb_db_t *db, int32_t poolarea, int32_t ym, const char *after_code, unsigned limit,
                                yb_arena_t *arena, yb_copy_count_t **ret_counts, size_t *ret_count,
                                const char **ret_last);
/* NULL = not there. */
const yb_copy_t *yb_copy_find(const yb_copy_t *copies, size_t count, int64_t setl_id);

#endif
