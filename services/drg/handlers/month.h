/* The methods by which a month of lists becomes money, and what they share (month.c). */
#ifndef DRG_HANDLERS_MONTH_H
#define DRG_HANDLERS_MONTH_H

#include "services/drg/handlers/handlers.h"
#include "services/drg/month/closing.h"
#include "services/drg/store/month.h"
#include "services/drg/store/run.h"
#include "services/drg/store/statement.h"

YB_DRG_HANDLER(yb_freeze_month_run);
YB_DRG_HANDLER(yb_reopen_month_run);
YB_DRG_HANDLER(yb_start_close_run);
YB_DRG_HANDLER(yb_close_step_run);
YB_DRG_HANDLER(yb_release_month_run);
YB_DRG_HANDLER(yb_list_months_run);
YB_DRG_HANDLER(yb_get_statements_run);
YB_DRG_HANDLER(yb_report_run);
YB_DRG_HANDLER(yb_explain_case_run);

/* Rows of dropped runs go, a page at a time. */
yb_err_t yb_dropped_chore(yb_worker_t *worker);

/* What lies on the service's shelves. */
extern const yb_shelf_kind_t yb_plan_shelf, yb_scheme_shelf;

/* The plan of a pooling area in the month (that of its first day), held until it is given back. Any refusal names what
 * is missing or wrong. */
typedef struct yb_plan_held {
    const void *set;
    const yb_kept_plan_t *plan;
} yb_plan_held_t;
YB_CHECK yb_err_t yb_plan_hold(yb_worker_t *worker, int32_t poolarea, int32_t ym, yb_plan_held_t *ret_held,
                               yb_refusal_t *ret_why);
void yb_plan_give(yb_worker_t *worker, yb_plan_held_t *held);

/* The lane's run in the making, and what it holds, go. Harmless when there is none. */
void yb_work_end(yb_worker_t *worker, yb_drg_work_t *work);

/* An operator's name: not empty, no blanks at its ends. Returns whether the call may go on, as the next two. */
bool yb_operator_named(yb_call_t *call);
/* And a real area; and a real month. */
bool yb_period_admit(yb_call_t *call, int32_t poolarea);
bool yb_month_admit(yb_call_t *call, int32_t poolarea, int32_t ym);
/* A run that was not released goes: its rows are removed by and by, its changes wait again, the month has none. The
 * month's row is locked for update, the run's too. */
YB_CHECK yb_err_t yb_run_drop(yb_worker_t *worker, yb_month_t *month, yb_run_t *run, const char *who, const char *why);
/* A trail row of now. */
YB_CHECK yb_err_t yb_month_trail(yb_worker_t *worker, int32_t poolarea, int kind, int64_t subject_id, const char *who,
                                 const char *what, const char *text);
/* What speaks against a ready run, in Chinese; "" = the month is what it read. Texts in the worker's arena. */
YB_CHECK yb_err_t yb_run_outdated(yb_worker_t *worker, const yb_run_t *run, const char **ret_why);

/* ---- messages; in the call's arena ---- */

Yibao__Drg__Month *yb_month_message(const yb_month_t *month, yb_arena_t *arena);
struct yb_statement;
Yibao__Drg__Statement *yb_statement_message(const struct yb_statement *statement, yb_arena_t *arena);
/* Of a subject (store/trail.h), oldest first, the first 200. */
YB_CHECK yb_err_t yb_trail_messages(yb_worker_t *worker, int32_t poolarea, int kind, int64_t subject_id,
                                    yb_arena_t *arena, Yibao__Drg__TrailRow ***ret_rows, size_t *ret_count);
YB_CHECK yb_err_t yb_run_message(yb_worker_t *worker, const yb_run_t *run, yb_arena_t *arena, Yibao__Drg__Run **ret);

#endif
