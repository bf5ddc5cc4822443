/* Tables fee_batch and fee_line. What settles together is a batch: one chrg_bchno of an outpatient visit, or the one
 * batch '' of a stay (number 1, made at admission). The row of the visit is locked before any of these is written. Text
 * is borrowed from the arena given. */
#ifndef SETTLEMENT_STORE_LINE_H
#define SETTLEMENT_STORE_LINE_H

#include "libcommon/day.h"
#include "libcommon/db.h"
#include "libcommon/money.h"

typedef struct yb_fee_batch {
    int64_t mdtrt_id;
    int32_t batch_no;
    int32_t poolarea;
    const char *chrg_bchno;          /* "" for a stay */
    int64_t setl_id;                 /* 0 = not settled, or its settlement was reversed */
} yb_fee_batch_t;

/* All batches of the visits (duplicates allowed), by ascending mdtrt_id, batch_no. */
YB_CHECK yb_err_t yb_batch_load(yb_db_t *db, const int64_t *mdtrt_ids, size_t count, yb_arena_t *arena,
                                yb_fee_batch_t **ret_batches, size_t *ret_count);
/* In what yb_batch_load returned; NULL = not there. */
yb_fee_batch_t *yb_batch_find(yb_fee_batch_t *batches, size_t count, int64_t mdtrt_id, const char *chrg_bchno);
yb_fee_batch_t *yb_batch_by_no(yb_fee_batch_t *batches, size_t count, int64_t mdtrt_id, int32_t batch_no);
YB_CHECK yb_err_t yb_batch_insert(yb_db_t *db, const yb_fee_batch_t *batches, size_t count, yb_arena_t *arena);
/* Writes setl_id by (mdtrt_id, batch_no), bulk. */
YB_CHECK yb_err_t yb_batch_put_setl(yb_db_t *db, const yb_fee_batch_t *const *batches, size_t count, yb_arena_t *arena);

/* What the live lines of a batch come to; a batch without one is left out. Above int64 it is said to be INT64_MAX. */
typedef struct yb_batch_total {
    int64_t mdtrt_id;
    int32_t batch_no;
    yb_fen_t medfee_sumamt_fen;
} yb_batch_total_t;
/* Of the visits (duplicates allowed). */
YB_CHECK yb_err_t yb_batch_load_totals(yb_db_t *db, const int64_t *mdtrt_ids, size_t count, yb_arena_t *arena,
                                       yb_batch_total_t **ret_totals, size_t *ret_count);

/* What settling reads of a line: numbers only. */
typedef struct yb_raw_line {
    int64_t mdtrt_id;
    int32_t batch_no, line_no, init_line_no;     /* init_line_no: the line this one refunds, 0 = none */
    yb_pric_t pric;
    yb_cnt_t cnt;
    yb_fen_t det_item_fee_sumamt_fen;
    yb_pric_t pric_uplmt;                        /* -1 = no limit */
    yb_ppm_t selfpay_prop_ppm;
    char chrgitm_lv[4];                          /* as the catalogue had it on the line's day; "03" when not in it */
    char hosp_appr_flag[4];
    yb_time_t fee_ocur_time;
    yb_fen_t fulamt_ownpay_amt_fen, overlmt_amt_fen, preselfpay_amt_fen, inscp_scp_amt_fen; /* the split, as answered */
} yb_raw_line_t;

/* The live lines of whole visits (duplicates allowed), by ascending mdtrt_id, line_no; lines of a batch are not
 * contiguous: filter by batch_no. */
YB_CHECK yb_err_t yb_line_load_raw(yb_db_t *db, const int64_t *mdtrt_ids, size_t count, yb_arena_t *arena,
                                   yb_raw_line_t **ret_lines, size_t *ret_count);

/* First and last fee_ocur_time of the live lines of the visits; visits without one are left out. Ascending mdtrt_id. */
typedef struct yb_line_span {
    int64_t mdtrt_id;
    int64_t lines;
    yb_time_t first, last;
} yb_line_span_t;
YB_CHECK yb_err_t yb_line_load_spans(yb_db_t *db, const int64_t *mdtrt_ids, size_t count, yb_arena_t *arena,
                                     yb_line_span_t **ret_spans, size_t *ret_count);
/* NULL = the visit has no live line. */
const yb_line_span_t *yb_line_span_find(const yb_line_span_t *spans, size_t count, int64_t mdtrt_id);

/* A whole line. */
typedef struct yb_fee_line {
    yb_raw_line_t raw;
    int32_t poolarea;
    const char *feedetl_sn, *init_feedetl_sn;    /* init_feedetl_sn: read only, "" = none */
    const char *med_list_codg, *medins_list_codg, *list_type, *list_name, *detail;
    const char *chrg_bchno;                      /* read only */
    int64_t setl_id;                             /* read only: the batch's */
    bool live;
} yb_fee_line_t;

YB_CHECK yb_err_t yb_line_insert(yb_db_t *db, const yb_fee_line_t *const *lines, size_t count, yb_arena_t *arena);
/* All lines of one visit, cancelled ones too when `all`; by line_no. */
YB_CHECK yb_err_t yb_line_list(yb_db_t *db, int64_t mdtrt_id, bool all, yb_arena_t *arena, yb_fee_line_t **ret_lines,
                               size_t *ret_count);
/* Live, settled drug lines of a person's chronic visits (med_type 14) at an institution, newest first. */
typedef struct yb_chronic_filter {
    const char *psn_no, *fixmedins_code;
    yb_time_t from, to;              /* fee_ocur_time, both inclusive; to 0 = open */
    unsigned limit;                  /* >= 1 */
} yb_chronic_filter_t;
YB_CHECK yb_err_t yb_line_list_chronic(yb_db_t *db, const yb_chronic_filter_t *filter, yb_arena_t *arena,
                                       yb_fee_line_t **ret_lines, size_t *ret_count);

/* The serials of all live lines of the visits (duplicates allowed), by ascending mdtrt_id, line_no. yb_line_load_refs
 * fills all fields; yb_line_load_serials reads an index only: batch_no and init_line_no are 0. */
typedef struct yb_line_ref {
    int64_t mdtrt_id;
    int32_t line_no, batch_no, init_line_no;
    const char *feedetl_sn;
} yb_line_ref_t;
YB_CHECK yb_err_t yb_line_load_refs(yb_db_t *db, const int64_t *mdtrt_ids, size_t count, yb_arena_t *arena,
                                    yb_line_ref_t **ret_refs, size_t *ret_count);
YB_CHECK yb_err_t yb_line_load_serials(yb_db_t *db, const int64_t *mdtrt_ids, size_t count, yb_arena_t *arena,
                                       yb_line_ref_t **ret_refs, size_t *ret_count);
/* Marks lines cancelled (live = NULL), by (mdtrt_id, line_no), bulk. */
YB_CHECK yb_err_t yb_line_cancel(yb_db_t *db, const yb_line_ref_t *const *lines, size_t count, yb_arena_t *arena);

#endif
