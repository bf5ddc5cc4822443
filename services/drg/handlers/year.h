/* The year's clearing: closing it, what speaks against releasing it (year.c), reading it (get_year.c). */
#ifndef DRG_HANDLERS_YEAR_H
#define DRG_HANDLERS_YEAR_H

#include "services/drg/handlers/month.h"

YB_DRG_HANDLER(yb_close_year_run);
YB_DRG_HANDLER(yb_get_year_run);

#define YB_YEAR_MIN 2000
#define YB_YEAR_MAX 2099
/* Is the period of a run a year (yyyy), not a month (yyyymm)? */
static inline bool yb_period_is_year(int32_t period) { return period >= YB_YEAR_MIN && period <= YB_YEAR_MAX; }

/* What speaks against a ready run of a year, in Chinese; "" = its months and inputs are what it was made of. */
YB_CHECK yb_err_t yb_year_outdated(yb_worker_t *worker, const yb_run_t *run, const char **ret_why);

#endif
