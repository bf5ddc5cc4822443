/* Tables run and run_scheme: one computation of a month, or of a year, of a pooling area. */
#ifndef DRG_STORE_RUN_H
#define DRG_STORE_RUN_H

#include "libcommon/db.h"

#define YB_RUN_HASH 32 /* bytes: SM3 */
#define YB_RUN_SCHEMES_MAX 64

typedef enum yb_run_state { YB_RUN_MADE = 1, YB_RUN_READY, YB_RUN_RELEASED, YB_RUN_DROPPED } yb_run_state_t;

typedef struct yb_run {
    int64_t run_id;
    int32_t poolarea, period; /* yyyymm or yyyy */
    yb_run_state_t state;
    const uint8_t *plan_hash;   /* YB_RUN_HASH bytes, of plan_file */
    const uint8_t *inputs_hash; /* YB_RUN_HASH bytes; NULL until all was read */
    int64_t case_count, written;
    int64_t mean_e4;
    const uint8_t *summary; /* packed StoredSummary */
    size_t summary_len;
    int64_t made_us;
    const char *made_by;
    int64_t base_run_id; /* the month's run of the area released last when this one read; 0 = none */
    int64_t released_us; /* 0 = not */
    const char *released_by;
} yb_run_t;

typedef struct yb_run_scheme {
    int32_t n; /* run_case.scheme */
    const char *name;
    const uint8_t *digest; /* 32 bytes, of its tables */
} yb_run_scheme_t;

YB_CHECK yb_err_t yb_run_insert(yb_db_t *db, const yb_run_t *run, yb_arena_t *arena);
/* lock = FOR UPDATE. YB_E_NOT_FOUND. */
YB_CHECK yb_err_t yb_run_load(yb_db_t *db, int64_t run_id, bool lock, yb_arena_t *arena, yb_run_t *ret_run);
/* Everything that changes of a run: state, inputs_hash, case_count, written, mean_e4, summary, base_run_id, released.
 */
YB_CHECK yb_err_t yb_run_update(yb_db_t *db, const yb_run_t *run, yb_arena_t *arena);
/* The newest run of the period that was not dropped: YB_E_NOT_FOUND = none. */
YB_CHECK yb_err_t yb_run_of_period(yb_db_t *db, int32_t poolarea, int32_t period, yb_arena_t *arena, yb_run_t *ret_run);
/* The released runs of months of an area, oldest release first (the order in which their rows became true). Without
 * their summaries. */
YB_CHECK yb_err_t yb_run_released(yb_db_t *db, int32_t poolarea, yb_arena_t *arena, yb_run_t **ret_runs,
                                  size_t *ret_count);
/* Some dropped run that still has rows (written > 0): YB_E_NOT_FOUND = none. */
YB_CHECK yb_err_t yb_run_to_remove(yb_db_t *db, yb_arena_t *arena, yb_run_t *ret_run);

/* In the place of those it has. */
YB_CHECK yb_err_t yb_run_scheme_put(yb_db_t *db, const yb_run_t *run, const yb_run_scheme_t *schemes, size_t count,
                                    yb_arena_t *arena);
YB_CHECK yb_err_t yb_run_scheme_of(yb_db_t *db, int64_t run_id, yb_arena_t *arena, yb_run_scheme_t **ret_schemes,
                                   size_t *ret_count);

#endif
