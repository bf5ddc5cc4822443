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
    const uint8_t *funds;
    size_t funds_len; /* packed StoredFunds */
} yb_copy_t;

/* A settlement: known from now on; what a reversal left there before stays. */
YB_CHECK yb_err_t yb_copy_put(yb_db_t *db, const yb_copy_t *copy, yb_arena_t *arena);
/* A reversal, before or after its original: a row of its own, and the mark at the original's. */
YB_CHECK yb_err_t yb_copy_reverse(yb_db_t *db, int64_t setl_id, int64_t reversed_by, int32_t poolarea,
                                  yb_arena_t *arena);
/* By setl_id, in no order; lock = FOR UPDATE, in the order of the key. One query. */
YB_CHECK yb_err_t yb_copy_load(yb_db_t *db, const int64_t *setl_ids, size_t count, bool lock, yb_arena_t *arena,
                               yb_copy_t **ret_copies, size_t *ret_count);
/* NULL = not there. */
const yb_copy_t *yb_copy_find(const yb_copy_t *copies, size_t count, int64_t setl_id);

#endif
