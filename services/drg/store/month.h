/* Table month: how far a month of a pooling area has got. No row = open.
 * Whoever changes a truth of a month (a settlement, a list, a ruling) locks its row shared in the same transaction,
 * after the rows it changes, and reads its state there; whoever moves the month on locks it for update. So nothing
 * becomes true of a month while it is frozen or released that its mover does not see. */
#ifndef DRG_STORE_MONTH_H
#define DRG_STORE_MONTH_H

#include "libcommon/day.h"
#include "libcommon/db.h"

typedef enum yb_month_state { YB_MONTH_OPEN = 1, YB_MONTH_FROZEN = 2, YB_MONTH_RELEASED = 3 } yb_month_state_t;

typedef struct yb_month {
    int32_t poolarea, ym; /* yyyymm */
    yb_month_state_t state;
    int64_t run_id; /* the newest run that was not dropped, 0 = none */
    int64_t state_us;
    const char *state_by;
} yb_month_t;

typedef struct yb_month_key {
    int32_t poolarea, ym;
} yb_month_key_t;

/* In the open transaction, in the order of their keys: the rows are made if need be and locked shared. `keys` is sorted
 * in place and may hold a key several times; *ret_months has each once, ascending. */
YB_CHECK yb_err_t yb_month_share(yb_db_t *db, yb_month_key_t *keys, size_t count, yb_arena_t *arena,
                                 yb_month_t **ret_months, size_t *ret_count);
/* The same without lock: for reading. Months without a row are not among the results. */
YB_CHECK yb_err_t yb_month_load(yb_db_t *db, yb_month_key_t *keys, size_t count, yb_arena_t *arena,
                                yb_month_t **ret_months, size_t *ret_count);
/* NULL = not there. */
const yb_month_t *yb_month_find(const yb_month_t *months, size_t count, int32_t poolarea, int32_t ym);
/* In the open transaction: made if need be, locked for update. */
YB_CHECK yb_err_t yb_month_lock(yb_db_t *db, int32_t poolarea, int32_t ym, int64_t now_us, yb_arena_t *arena,
                                yb_month_t *ret_month);
/* Every month of the area, locked for update in the order of the key: releases of one area run one after the other. */
YB_CHECK yb_err_t yb_month_lock_area(yb_db_t *db, int32_t poolarea, yb_arena_t *arena);
/* State, run, time and person of a row that is there. */
YB_CHECK yb_err_t yb_month_update(yb_db_t *db, const yb_month_t *month, yb_arena_t *arena);
/* The newest `limit` months of an area (0 = all areas), newest first. */
YB_CHECK yb_err_t yb_month_list(yb_db_t *db, int32_t poolarea, unsigned limit, yb_arena_t *arena,
                                yb_month_t **ret_months, size_t *ret_count);

#endif
