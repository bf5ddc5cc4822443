/* Tables list_check and finding: what the check of an uploaded list found. */
#ifndef DRG_STORE_FINDING_H
#define DRG_STORE_FINDING_H

#include "libcommon/day.h"
#include "libcommon/db.h"

typedef struct yb_finding_row {
    const char *rule_id, *field, *value, *text;
    int32_t severity; /* 1 hint, 2 warning, 3 error */
} yb_finding_row_t;

typedef struct yb_check_row {
    int64_t check_id, setl_id;
    int32_t poolarea;
    bool accepted;
    int64_t setl_list_id; /* 0 = refused, as is version */
    int32_t version;
    size_t errors, warnings, hints, left_out;
    const char *qltctrl_ver;
    int64_t checked_us;
    const yb_finding_row_t *findings;
    size_t finding_count;
} yb_check_row_t;

/* Bulk, in the open transaction: the checks with their findings, in the place of refused ones of the same settlements.
 */
YB_CHECK yb_err_t yb_check_put(yb_db_t *db, const yb_check_row_t *checks, size_t count, yb_arena_t *arena);
/* The last check of a settlement's list, with its findings in their order; YB_E_NOT_FOUND. */
YB_CHECK yb_err_t yb_check_last(yb_db_t *db, int64_t setl_id, yb_arena_t *arena, yb_check_row_t *ret_check);
/* The check with which a version was accepted, without its findings; YB_E_NOT_FOUND. */
YB_CHECK yb_err_t yb_check_of_version(yb_db_t *db, int64_t setl_id, int32_t version, yb_arena_t *arena,
                                      yb_check_row_t *ret_check);

#endif
