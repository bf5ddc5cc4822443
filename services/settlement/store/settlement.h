/* Tables settlement and policy_file. A settlement is a row that never changes, but for `live` and refd_setl_flag of one
 * that was reversed. */
#ifndef SETTLEMENT_STORE_SETTLEMENT_H
#define SETTLEMENT_STORE_SETTLEMENT_H

#include "libcommon/day.h"
#include "libcommon/db.h"
#include "libcommon/money.h"

/* The amounts of setlinfo, in one place: everything that a reversal negates (but pool_prop and balc). */
typedef struct yb_setl_amounts {
    yb_fen_t medfee_sumamt_fen, fulamt_ownpay_amt_fen, overlmt_selfpay_fen, preselfpay_amt_fen, inscp_scp_amt_fen,
        act_pay_dedc_fen;
    int64_t pool_prop_selfpay_ppm;           /* 64 bits, so that the struct has no padding and compares as bytes */
    yb_fen_t hifp_pay_fen, hifmi_pay_fen, hifob_pay_fen, maf_pay_fen, fund_pay_sumamt_fen, psn_part_amt_fen,
        acct_pay_fen, psn_cash_pay_fen;
    yb_fen_t balc_fen;
} yb_setl_amounts_t;

typedef struct yb_settlement {
    int64_t setl_id, init_setl_id;           /* init 0 = not a reversal */
    int64_t mdtrt_id;
    int32_t batch_no;
    bool live, refunded;                     /* refunded: refd_setl_flag */
    int32_t poolarea;
    const char *insuplc_admdvs, *fixmedins_code, *psn_no, *insutype, *psn_type, *med_type, *clr_type;
    yb_time_t setl_time;
    int year;
    yb_time_t begntime, endtime;
    const char *dise_codg, *mdtrt_cert_type, *psn_setlway, *infno, *msgid, *invono, *opter;
    yb_setl_amounts_t amounts;
    uint8_t policy_hash[32];
    const uint8_t *inputs; size_t inputs_len;    /* packed StoredInputs */
    const uint8_t *funds; size_t funds_len;      /* packed StoredFunds */
} yb_settlement_t;

/* Bulk. YB_E_DB_DUPLICATE: a key forbids it (settled twice, reversed twice, message id used twice). */
YB_CHECK yb_err_t yb_settlement_insert(yb_db_t *db, const yb_settlement_t *const *rows, size_t count,
                                       yb_arena_t *arena);
/* By setl_id, ascending; lock = FOR UPDATE. */
YB_CHECK yb_err_t yb_settlement_load(yb_db_t *db, const int64_t *setl_ids, size_t count, bool lock, yb_arena_t *arena,
                                     yb_settlement_t **ret_rows, size_t *ret_count);
yb_settlement_t *yb_settlement_find(yb_settlement_t *rows, size_t count, int64_t setl_id);
/* Marks reversed originals (live NULL, refd_setl_flag 1), bulk. */
YB_CHECK yb_err_t yb_settlement_mark_reversed(yb_db_t *db, const int64_t *setl_ids, size_t count, yb_arena_t *arena);
/* The settlement or reversal that this message made; *ret_setl_id 0 = none. */
YB_CHECK yb_err_t yb_settlement_by_message(yb_db_t *db, const char *fixmedins_code, const char *msgid,
                                           const char *infno, yb_arena_t *arena, int64_t *ret_setl_id);
/* setl_id of the live settlement of a visit (the newest when several batches are), 0 = none. */
YB_CHECK yb_err_t yb_settlement_of_visit(yb_db_t *db, int64_t mdtrt_id, yb_arena_t *arena, int64_t *ret_setl_id);
/* A page by setl_id, reversals included. */
YB_CHECK yb_err_t yb_settlement_page(yb_db_t *db, int64_t after_setl_id, unsigned limit, yb_arena_t *arena,
                                     yb_settlement_t **ret_rows, size_t *ret_count);
/* An institution's rows of some days (both inclusive), for reconciliation; "" does not filter. At most 1 000 000. */
typedef struct yb_setl_filter {
    const char *fixmedins_code, *insutype, *clr_type, *optins;
    yb_day_t from, to;
    bool exclude_refunds;
} yb_setl_filter_t;
YB_CHECK yb_err_t yb_settlement_of_days(yb_db_t *db, const yb_setl_filter_t *filter, yb_arena_t *arena,
                                        yb_settlement_t **ret_rows, size_t *ret_count);
typedef struct yb_setl_totals {
    yb_fen_t medfee_sumamt_fen, fund_pay_sumamt_fen, acct_pay_fen, psn_cash_pay_fen;
    int64_t count;                           /* Σ +1 for a settlement, −1 for a reversal */
} yb_setl_totals_t;
YB_CHECK yb_err_t yb_settlement_totals(yb_db_t *db, const yb_setl_filter_t *filter, yb_arena_t *arena,
                                       yb_setl_totals_t *ret_totals);

/* Stays of a pooling area settled on some days (both inclusive), whatever became of them. */
typedef struct yb_stays {
    int32_t poolarea;
    yb_day_t from, to;
} yb_stays_t;
/* A page by day, then setl_id, after (after_day, after_id). */
YB_CHECK yb_err_t yb_settlement_stays(yb_db_t *db, const yb_stays_t *stays, yb_day_t after_day, int64_t after_id,
                                      unsigned limit, yb_arena_t *arena, yb_settlement_t **ret_rows,
                                      size_t *ret_count);
/* What reverses these, in no order. */
YB_CHECK yb_err_t yb_settlement_reversals(yb_db_t *db, const int64_t *setl_ids, size_t count, yb_arena_t *arena,
                                          yb_settlement_t **ret_rows, size_t *ret_count);
typedef struct yb_stay_count {
    const char *fixmedins_code, *insutype;
    uint64_t count;
    yb_fen_t medfee_sumamt_fen, hifp_pay_fen;
} yb_stay_count_t;
/* Of those that were not reversed, by institution and insutype. */
YB_CHECK yb_err_t yb_settlement_count_stays(yb_db_t *db, const yb_stays_t *stays, yb_arena_t *arena,
                                            yb_stay_count_t **ret_counts, size_t *ret_count);

YB_CHECK yb_err_t yb_policy_file_keep(yb_db_t *db, const uint8_t hash[32], int32_t poolarea, const char *name,
                                      const char *content, int64_t now_us, yb_arena_t *arena);
/* Text of a file by hash; YB_E_NOT_FOUND. */
YB_CHECK yb_err_t yb_policy_file_load(yb_db_t *db, const uint8_t hash[32], yb_arena_t *arena, const char **ret_name,
                                      const char **ret_content);

#endif
