/* Table statement: what a run owes an institution, by insutype. */
#ifndef DRG_STORE_STATEMENT_H
#define DRG_STORE_STATEMENT_H

#include "libcommon/db.h"
#include "libcommon/money.h"

typedef enum yb_statement_state {
    YB_STATEMENT_READY = 1, /* to be released */
    YB_STATEMENT_RELEASED,  /* its event is out */
    YB_STATEMENT_BOOKED     /* in the books, or nothing was to be booked */
} yb_statement_state_t;

typedef struct yb_statement {
    int64_t statement_id, run_id;
    int32_t poolarea, period;
    const char *fixmedins_code, *insutype, *fund_pay_type;
    int32_t case_count;
    int64_t points_e4;
    yb_fen_t fee_fen, other_pay_fen, gross_fen, due_fen, booked_fen, difference_fen, prepaid_fen, withheld_fen;
    yb_statement_state_t state;
    int32_t journal_lane;
    int64_t journal_seq; /* 0 = none, or none needed */
    int64_t state_us;
} yb_statement_t;

/* Bulk, in the open transaction. */
YB_CHECK yb_err_t yb_statement_insert(yb_db_t *db, const yb_statement_t *rows, size_t count, yb_arena_t *arena);
/* Of a run, by institution and insutype. */
YB_CHECK yb_err_t yb_statement_of_run(yb_db_t *db, int64_t run_id, yb_arena_t *arena, yb_statement_t **ret_rows,
                                      size_t *ret_count);
/* Of released runs only: an institution's, newest period first. */
YB_CHECK yb_err_t yb_statement_of_institution(yb_db_t *db, const char *fixmedins_code, int32_t from_period,
                                              int32_t to_period, unsigned limit, yb_arena_t *arena,
                                              yb_statement_t **ret_rows, size_t *ret_count);
/* At the release: those with a difference are released, those without are booked. */
YB_CHECK yb_err_t yb_statement_release(yb_db_t *db, int64_t run_id, int64_t now_us, yb_arena_t *arena);
/* Settlement's entry stands. Said again, nothing changes. YB_E_NOT_FOUND: no released statement of that id. */
YB_CHECK yb_err_t yb_statement_booked(yb_db_t *db, int64_t statement_id, int32_t journal_lane, int64_t journal_seq,
                                      int64_t now_us, yb_arena_t *arena);
/* Those of a dropped run go. */
YB_CHECK yb_err_t yb_statement_remove(yb_db_t *db, int64_t run_id, yb_arena_t *arena);

#endif
