/* The methods of drg, each bound in service.c, and what its handlers share. */
#ifndef DRG_HANDLERS_H
#define DRG_HANDLERS_H

#include "libcommon/service.h"
#include "proto/drg.pb-c.h"
#include "services/drg/drg.h"
#include "services/drg/store/copy.h"
#include "services/drg/store/finding.h"
#include "services/drg/store/list.h"
#include "services/drg/store/month.h"

#define YB_DRG_HANDLER(name) yb_err_t name(yb_worker_t *worker, yb_call_t **calls, size_t count)

YB_DRG_HANDLER(yb_put_list_prepare);
YB_DRG_HANDLER(yb_put_list_run);
YB_DRG_HANDLER(yb_set_list_state_run);
YB_DRG_HANDLER(yb_get_list_run);
YB_DRG_HANDLER(yb_get_findings_run);
YB_DRG_HANDLER(yb_drg_count_cases_run);

/* Settlements were made, or reversed: applied to the copies and to the lists that stand on them, in whatever order the
 * two come and however often. */
yb_err_t yb_settlement_made_apply(yb_worker_t *worker, const Yibao__Rpc__Event *const *events, size_t count,
                                  yb_arena_t *arena);
/* Settlement has booked what statements say. */
yb_err_t yb_payment_booked_apply(yb_worker_t *worker, const Yibao__Rpc__Event *const *events, size_t count,
                                 yb_arena_t *arena);

/* ---- the list of a message (list_message.c) ---- */

/* The texts are the message's. YB_OK, or a refusal in *ret: an unknown form, node or field, a node twice, rows of
 * another width than the fields, more than YB_LIST_ROWS_MAX rows. */
YB_CHECK yb_err_t yb_list_of_message(const Yibao__Drg__SettlementList *message, yb_arena_t *arena, yb_list_t *ret_list,
                                     yb_refusal_t *ret);

/* What a check found; the texts are the row's (get_findings.c). */
Yibao__Drg__Finding *yb_finding_message(const yb_finding_row_t *row, yb_arena_t *arena);

/* ---- who may (standing.c) ---- */

/* Of the bureau, not of a hospital. */
bool yb_caller_is_operator(const yb_call_t *call);
/* The refusals that every operation on a settlement's list starts with, in order: no reversal (ALREADY_REVERSED), known
 * (SETTLEMENT_UNKNOWN, with what to do while its event may be on the way), the caller's institution's, but for
 * operators (NOT_YOURS), psn_no's ("" is not compared: PERSON_MISMATCH). `node` names the fields. Returns whether the
 * call may go on. */
bool yb_copy_admit(yb_call_t *call, const yb_copy_t *copy, const char *psn_no, const char *node);
/* A list of that month stays as it is: the month (NULL = open) is frozen or released, and the list was not reopened. */
bool yb_list_is_frozen(const yb_month_t *month, yb_day_t reopened_day, yb_day_t today);
/* Lists that were replaced or changed their state: a reopened one of a released month is paid by its new state from the
 * next run on. The months are locked shared. */
YB_CHECK yb_err_t yb_list_changes_add(yb_worker_t *worker, const yb_month_t *months, size_t month_count,
                                      const yb_list_row_t *const *rows, size_t count);
/* The funds of a copy; the messages are in the arena. */
YB_CHECK yb_err_t yb_copy_funds(const yb_copy_t *copy, yb_arena_t *arena, Yibao__Events__FundPaid ***ret_funds,
                                size_t *ret_count);

#endif
