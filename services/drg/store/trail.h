/* Table trail: who did what, when. Rows are added, never changed. */
#ifndef DRG_STORE_TRAIL_H
#define DRG_STORE_TRAIL_H

#include "libcommon/db.h"

typedef enum yb_trail_kind {
    YB_TRAIL_MONTH = 1, /* subject_id: yyyymm */
    YB_TRAIL_RUN,       /* run_id */
    YB_TRAIL_PETITION,  /* petition_id */
    YB_TRAIL_GROUP      /* county group: the run_id */
} yb_trail_kind_t;

typedef struct yb_trail {
    int64_t trail_id; /* yb_worker_id */
    int32_t poolarea;
    yb_trail_kind_t subject_kind;
    int64_t subject_id, at_us;
    const char *who;  /* caller.opter */
    const char *what; /* frozen, reopened, closed, dropped, released, filed, seconded, granted, refused, … */
    const char *text; /* for people; at most 1000 characters */
} yb_trail_t;

YB_CHECK yb_err_t yb_trail_insert(yb_db_t *db, const yb_trail_t *rows, size_t count, yb_arena_t *arena);
/* Of one subject, oldest first. Months of several areas share a number: `poolarea` 0 = whichever. */
YB_CHECK yb_err_t yb_trail_of(yb_db_t *db, int32_t poolarea, yb_trail_kind_t subject_kind, int64_t subject_id,
                              unsigned limit, yb_arena_t *arena, yb_trail_t **ret_rows, size_t *ret_count);

#endif
