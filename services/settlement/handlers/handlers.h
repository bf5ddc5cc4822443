/* Every batch handler of the service, bound to its method in main.c. Each file of this room holds one: decode → check → read → rules →
 * write → encode. `prepare` runs before the transaction (reads, calls to services below), `run` inside it (libcommon/service.h). */
#ifndef SETTLEMENT_HANDLERS_H
#define SETTLEMENT_HANDLERS_H

#include "libcommon/service.h"
#include "proto/settlement.pb-c.h"

#define YB_BATCH_HANDLER(name) yb_err_t name(yb_worker_t *worker, yb_call_t **calls, size_t count)

/* ---- visits: register.c treat.c change_visit.c discharge.c cancel_visit.c ---- */
YB_BATCH_HANDLER(yb_register_prepare);
YB_BATCH_HANDLER(yb_register_run);
YB_BATCH_HANDLER(yb_treat_prepare);
YB_BATCH_HANDLER(yb_treat_run);
YB_BATCH_HANDLER(yb_change_visit_prepare);
YB_BATCH_HANDLER(yb_change_visit_run);
YB_BATCH_HANDLER(yb_discharge_prepare);
YB_BATCH_HANDLER(yb_discharge_run);
YB_BATCH_HANDLER(yb_cancel_visit_run);

/* ---- lines: upload_lines.c cancel_lines.c ---- */
YB_BATCH_HANDLER(yb_upload_lines_prepare);
YB_BATCH_HANDLER(yb_upload_lines_run);
YB_BATCH_HANDLER(yb_cancel_lines_run);

/* ---- settlement: settle.c pre_settle.c reverse.c ---- */
YB_BATCH_HANDLER(yb_settle_prepare);
YB_BATCH_HANDLER(yb_settle_run);
YB_BATCH_HANDLER(yb_pre_settle_run);
YB_BATCH_HANDLER(yb_reverse_prepare);
YB_BATCH_HANDLER(yb_reverse_run);

/* ---- queries ---- */
YB_BATCH_HANDLER(yb_list_visits_run);
YB_BATCH_HANDLER(yb_list_diagnoses_run);
YB_BATCH_HANDLER(yb_list_lines_run);
YB_BATCH_HANDLER(yb_list_chronic_drugs_run);
YB_BATCH_HANDLER(yb_get_settlement_run);
YB_BATCH_HANDLER(yb_get_accumulators_run);
YB_BATCH_HANDLER(yb_get_accounts_run);

/* ---- reconciliation and files ---- */
YB_BATCH_HANDLER(yb_reconcile_run);
YB_BATCH_HANDLER(yb_reconcile_detail_run);
YB_BATCH_HANDLER(yb_put_file_run);
YB_BATCH_HANDLER(yb_get_file_run);

/* ---- operators ---- */
YB_BATCH_HANDLER(yb_audit_run);
YB_BATCH_HANDLER(yb_recompute_run);
YB_BATCH_HANDLER(yb_list_unsettled_run);
YB_BATCH_HANDLER(yb_count_openings_run);
YB_BATCH_HANDLER(yb_announce_run);
YB_BATCH_HANDLER(yb_count_cases_run);

/* ---- event, chores, what a lane keeps ---- */
/* Opening balances of personal accounts, from enrollment. */
yb_err_t yb_account_opened_apply(yb_worker_t *worker, const Yibao__Rpc__Event *const *events, size_t count,
                                 yb_arena_t *arena);
/* Released statements, from drg: each one's difference enters the books once, and PaymentBooked answers. */
yb_err_t yb_payment_released_apply(yb_worker_t *worker, const Yibao__Rpc__Event *const *events, size_t count,
                                   yb_arena_t *arena);
/* Deletes a bounded number of expired files. */
yb_err_t yb_file_chore(yb_worker_t *worker);

#endif
