/* Table plan_file: plans as they were when something was paid by them. */
#ifndef DRG_STORE_PLAN_FILE_H
#define DRG_STORE_PLAN_FILE_H

#include "libcommon/db.h"

#define YB_PLAN_HASH 32 /* SM3 */

typedef struct yb_plan_file_row {
    const uint8_t *hash; /* YB_PLAN_HASH bytes */
    int32_t poolarea;
    const char *name;
    const uint8_t *content; /* packed StoredPlan */
    size_t content_len;
    int64_t first_us;
} yb_plan_file_row_t;

/* Kept once by its hash; one that is there stays as it is. */
YB_CHECK yb_err_t yb_plan_file_keep(yb_db_t *db, const yb_plan_file_row_t *row, yb_arena_t *arena);
/* YB_E_NOT_FOUND. */
YB_CHECK yb_err_t yb_plan_file_load(yb_db_t *db, const uint8_t hash[YB_PLAN_HASH], yb_arena_t *arena,
                                    yb_plan_file_row_t *ret_row);
/* Its name alone; YB_E_NOT_FOUND. */
YB_CHECK yb_err_t yb_plan_file_name(yb_db_t *db, const uint8_t hash[YB_PLAN_HASH], yb_arena_t *arena,
                                    const char **ret_name);

#endif
