/* Table adjustment: statements of drg whose difference stands in the books. */
#ifndef SETTLEMENT_STORE_ADJUSTMENT_H
#define SETTLEMENT_STORE_ADJUSTMENT_H

#include "libcommon/day.h"
#include "libcommon/db.h"
#include "libcommon/money.h"

typedef struct yb_adjustment {
    int64_t adjustment_id, statement_id, event_id;
    int32_t poolarea, period;
    const char *fixmedins_code, *insutype, *fund_pay_type;
    yb_fen_t difference_fen;
    yb_day_t day;
    int lane;
    int64_t seq;
    int64_t booked_us;
} yb_adjustment_t;

/* Bulk. YB_E_DB_DUPLICATE: one of the statements is booked already. */
YB_CHECK yb_err_t yb_adjustment_insert(yb_db_t *db, const yb_adjustment_t *rows, size_t count, yb_arena_t *arena);
/* Those of some statements, in no order. */
YB_CHECK yb_err_t yb_adjustment_of(yb_db_t *db, const int64_t *statement_ids, size_t count, yb_arena_t *arena,
                                   yb_adjustment_t **ret_rows, size_t *ret_count);
/* Those with these ids (subjects of journal entries), in no order. */
YB_CHECK yb_err_t yb_adjustment_load(yb_db_t *db, const int64_t *adjustment_ids, size_t count, yb_arena_t *arena,
                                     yb_adjustment_t **ret_rows, size_t *ret_count);
/* A page by adjustment_id. */
YB_CHECK yb_err_t yb_adjustment_page(yb_db_t *db, int64_t after_id, unsigned limit, yb_arena_t *arena,
                                     yb_adjustment_t **ret_rows, size_t *ret_count);

#endif
