/* Table case_change: something became true of a settlement after its month was released. It waits for the next run of
 * its pooling area, which claims it when it has read it; a dropped run lets it go. */
#ifndef DRG_STORE_CHANGE_H
#define DRG_STORE_CHANGE_H

#include "libcommon/db.h"

typedef enum yb_change_cause {
    YB_CHANGE_REVERSED = 1,
    YB_CHANGE_LATE,  /* the settlement became known only afterwards */
    YB_CHANGE_LIST,  /* another version of its list */
    YB_CHANGE_RULING /* a granted petition */
} yb_change_cause_t;

typedef struct yb_change {
    int64_t change_id; /* yb_worker_id */
    int64_t setl_id;
    int32_t poolarea;
    yb_change_cause_t cause;
    int64_t ref_id; /* the reversal, the list, the petition */
    int64_t run_id; /* that carries it; 0 = it waits */
    int64_t made_us;
} yb_change_t;

#define YB_CHANGES_MAX 200000 /* of one run; more = close a month first */

/* In the transaction that makes it true, with the month's row locked shared and released (store/month.h). */
YB_CHECK yb_err_t yb_change_insert(yb_db_t *db, const yb_change_t *changes, size_t count, yb_arena_t *arena);
/* Those of an area that `run_id` has claimed (0 = that wait), of settlements of months before `before_ym`, by
 * settlement, then by change. At most YB_CHANGES_MAX: the first ones. */
YB_CHECK yb_err_t yb_change_of_run(yb_db_t *db, int32_t poolarea, int64_t run_id, int32_t before_ym, yb_arena_t *arena,
                                   yb_change_t **ret_changes, size_t *ret_count);
/* By settlement, oldest first. */
YB_CHECK yb_err_t yb_change_of_settlement(yb_db_t *db, int64_t setl_id, yb_arena_t *arena, yb_change_t **ret_changes,
                                          size_t *ret_count);
/* How many wait in the area, of settlements of months before `before_ym`. */
YB_CHECK yb_err_t yb_change_waiting(yb_db_t *db, int32_t poolarea, int32_t before_ym, yb_arena_t *arena,
                                    int64_t *ret_count);
/* Those that wait are the run's from now on. YB_E_ROW_EXISTS: another run has one of them (roll back). */
YB_CHECK yb_err_t yb_change_claim(yb_db_t *db, const int64_t *change_ids, size_t count, int64_t run_id,
                                  yb_arena_t *arena);
/* All of a run wait again. */
YB_CHECK yb_err_t yb_change_let_go(yb_db_t *db, int32_t poolarea, int64_t run_id, yb_arena_t *arena);

#endif
