/* The tables of an import (in each importing service's schema): staged rows, finished imports, locks. Used by
 * import_run.c only. */
#ifndef YB_IMPORT_STAGE_H
#define YB_IMPORT_STAGE_H

#include "import.h"

typedef struct yb_stage_row {
    uint64_t line;
    const uint8_t *data; size_t len;               /* packed ImportRow, sealed when its kind is personal */
    const char *fault_column, *fault_reason;       /* reason NULL = good */
} yb_stage_row_t;

/* One import of the kind at a time: held until the transaction ends. */
YB_CHECK yb_err_t yb_import_lock(yb_db_t *db, const char *kind, yb_arena_t *arena);
/* Bulk; a line sent again replaces itself. */
YB_CHECK yb_err_t yb_stage_put(yb_db_t *db, const char *import_id, const char *kind,
                               const yb_stage_row_t *rows, size_t count, int64_t now_us, yb_arena_t *arena);
/* At most `limit` rows after `line`, by line. */
YB_CHECK yb_err_t yb_stage_page(yb_db_t *db, const char *import_id, const char *kind, uint64_t line,
                                unsigned limit, yb_arena_t *arena, yb_stage_row_t **ret_rows,
                                size_t *ret_count);
/* The faulty rows: how many, and the first `limit` of them. */
YB_CHECK yb_err_t yb_stage_faults(yb_db_t *db, const char *import_id, const char *kind, unsigned limit,
                                  yb_arena_t *arena, uint64_t *ret_faulty, yb_stage_row_t **ret_rows,
                                  size_t *ret_count);
YB_CHECK yb_err_t yb_stage_drop(yb_db_t *db, const char *import_id, const char *kind, yb_arena_t *arena);
/* Has this import been applied? Then with what counts. */
YB_CHECK yb_err_t yb_import_done_get(yb_db_t *db, const char *import_id, const char *kind, yb_arena_t *arena,
                                     bool *ret_done, uint64_t *ret_added, uint64_t *ret_changed,
                                     uint64_t *ret_same);
YB_CHECK yb_err_t yb_import_done_put(yb_db_t *db, const char *import_id, const char *kind,
                                     const yb_import_tally_t *tally, int64_t now_us, yb_arena_t *arena);
YB_CHECK yb_err_t yb_import_savepoint(yb_db_t *db);
YB_CHECK yb_err_t yb_import_back(yb_db_t *db);
YB_CHECK yb_err_t yb_stage_prune(yb_db_t *db, int64_t stage_before_us, int64_t done_before_us,
                                 yb_arena_t *arena);

#endif
