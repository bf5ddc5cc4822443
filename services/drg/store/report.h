/* Sums over run_case for the report: by what is asked for, always by DRG and class too. */
#ifndef DRG_STORE_REPORT_H
#define DRG_STORE_REPORT_H

#include "libcommon/db.h"
#include "services/drg/rules/report.h"
#include "services/drg/store/run.h"

#define YB_REPORT_MONTHS_MAX 12
#define YB_REPORT_CELLS_MAX 200000

/* The newest run of a month that was not dropped. */
typedef struct yb_report_run {
    int64_t run_id;
    int32_t ym;
    yb_run_state_t state;
    int64_t case_count, made_us, released_us;
} yb_report_run_t;

/* The pooling areas that have runs of months, at most `limit`. */
YB_CHECK yb_err_t yb_report_areas(yb_db_t *db, unsigned limit, yb_arena_t *arena, int32_t *ret_areas,
                                  size_t *ret_count);
/* Of each month in from..to, newest first, at most `limit` months. ret_runs has room for them. */
YB_CHECK yb_err_t yb_report_runs(yb_db_t *db, int32_t poolarea, int32_t from_ym, int32_t to_ym, bool with_unready,
                                 unsigned limit, yb_arena_t *arena, yb_report_run_t *ret_runs, size_t *ret_count);
/* The cells of 1..YB_REPORT_MONTHS_MAX runs; fixmedins_code "" = of every institution. By class, cells are those by
 * DRG. YB_E_TOO_LARGE: more than YB_REPORT_CELLS_MAX. */
YB_CHECK yb_err_t yb_report_cells(yb_db_t *db, yb_report_by_t by, const yb_report_run_t *runs, size_t run_count,
                                  const char *fixmedins_code, yb_arena_t *arena, yb_report_cell_t **ret_cells,
                                  size_t *ret_count);

#endif
