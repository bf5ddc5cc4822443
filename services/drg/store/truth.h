/* What a month's run reads: settlements, their lists, rulings; narrow columns, in the order of the month's key, a page
 * at a time. And whether what a run read is still so. */
#ifndef DRG_STORE_TRUTH_H
#define DRG_STORE_TRUTH_H

#include "libcommon/db.h"
#include "services/drg/rules/month.h"

/* A place in the order (fixmedins_code, setl_id); { "", 0 } = before the first. */
typedef struct yb_truth_place {
    const char *fixmedins_code;
    int64_t setl_id;
} yb_truth_place_t;

/* How many inpatient settlements of the month stand. */
YB_CHECK yb_err_t yb_truth_count(yb_db_t *db, int32_t poolarea, int32_t ym, yb_arena_t *arena, int64_t *ret_count);
/* Those after a place, at most `limit`. */
YB_CHECK yb_err_t yb_truth_settlements(yb_db_t *db, int32_t poolarea, int32_t ym, yb_truth_place_t after,
                                       unsigned limit, yb_arena_t *arena, yb_month_settlement_t **ret_rows,
                                       size_t *ret_count);
/* The lists after one place up to another, it included. */
YB_CHECK yb_err_t yb_truth_lists(yb_db_t *db, int32_t poolarea, int32_t ym, yb_truth_place_t after,
                                 yb_truth_place_t until, yb_arena_t *arena, yb_month_list_t **ret_rows,
                                 size_t *ret_count);
/* By setl_id (ascending, each once), in that order: settlements that are known and inpatient, reversed ones too. */
YB_CHECK yb_err_t yb_truth_settlements_of(yb_db_t *db, const int64_t *setl_ids, size_t count, yb_arena_t *arena,
                                          yb_month_settlement_t **ret_rows, size_t *ret_count);
YB_CHECK yb_err_t yb_truth_lists_of(yb_db_t *db, const int64_t *setl_ids, size_t count, yb_arena_t *arena,
                                    yb_month_list_t **ret_rows, size_t *ret_count);
/* Rulings of the month's settlements, and of some settlements; by setl_id. */
YB_CHECK yb_err_t yb_truth_rulings(yb_db_t *db, int32_t poolarea, int32_t ym, yb_arena_t *arena,
                                   yb_month_ruling_t **ret_rows, size_t *ret_count);
YB_CHECK yb_err_t yb_truth_rulings_of(yb_db_t *db, const int64_t *setl_ids, size_t count, yb_arena_t *arena,
                                      yb_month_ruling_t **ret_rows, size_t *ret_count);

/* What speaks against a run whose rows are all there; all 0 = the month is what it read. */
typedef struct yb_truth_differs {
    int64_t missing;  /* settlements that stand minus its cases of the month: either may be more */
    int64_t reversed; /* of its cases */
    int64_t relisted; /* reopened lists that are not what it grouped */
} yb_truth_differs_t;
YB_CHECK yb_err_t yb_truth_compare(yb_db_t *db, int32_t poolarea, int32_t ym, int64_t run_id, int64_t cases_of_month,
                                   yb_arena_t *arena, yb_truth_differs_t *ret_differs);

#endif
