/* Table run_case: a case of a run, what was read of it, its group, what it is paid. The order of a run is that of the
 * key: (fixmedins_code, setl_id, kind). */
#ifndef DRG_STORE_RUN_CASE_H
#define DRG_STORE_RUN_CASE_H

#include "libcommon/db.h"
#include "services/drg/rules/run_case.h"

/* Bulk, in the open transaction. */
YB_CHECK yb_err_t yb_run_case_insert(yb_db_t *db, int64_t run_id, int32_t poolarea, const yb_run_case_t *rows,
                                     size_t count, yb_arena_t *arena);
/* At most `limit` in the order of the key after (code, setl_id, kind); code "" = from the first. Texts in the arena. */
YB_CHECK yb_err_t yb_run_case_page(yb_db_t *db, int64_t run_id, const char *after_code, int64_t after_setl_id,
                                   int after_kind, unsigned limit, yb_arena_t *arena, yb_run_case_t **ret_rows,
                                   size_t *ret_count);

/* One settlement in one run. */
typedef struct yb_run_case_key {
    int64_t run_id;
    const char *fixmedins_code;
    int64_t setl_id;
} yb_run_case_key_t;
typedef struct yb_run_case_found {
    int64_t run_id;
    yb_run_case_t row;
} yb_run_case_found_t;
/* The rows of some settlements in some runs, in no order; a settlement may have two (kinds 2 and 3) in one run. */
YB_CHECK yb_err_t yb_run_case_find(yb_db_t *db, const yb_run_case_key_t *keys, size_t count, yb_arena_t *arena,
                                   yb_run_case_found_t **ret_found, size_t *ret_count);
/* At most `limit` rows of a dropped run go. */
YB_CHECK yb_err_t yb_run_case_remove(yb_db_t *db, int64_t run_id, unsigned limit, yb_arena_t *arena,
                                     uint64_t *ret_removed);

#endif
