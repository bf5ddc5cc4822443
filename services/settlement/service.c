#include "service.h"

#include <stdio.h>
#include <stdlib.h>
#include "handlers/books.h"
#include "handlers/handlers.h"
#include "handlers/heads.h"
#include "handlers/lane_state.h"
#include "policy/policy_file.h"
#include "settlement.h"

extern const yb_migration_t yb_schema_settlement[];
extern const size_t yb_schema_settlement_count;

#define HOUR_S 3600
#define BOOKS_S 10

static const yb_method_t methods[] = {
    { "Settlement/RegisterVisit", YB_WRITE, 0, yb_register_prepare, yb_register_run },
    { "Settlement/Treat", YB_WRITE, 0, yb_treat_prepare, yb_treat_run },
    { "Settlement/ChangeVisit", YB_WRITE, 0, yb_change_visit_prepare, yb_change_visit_run },
    { "Settlement/Discharge", YB_WRITE, 0, yb_discharge_prepare, yb_discharge_run },
    { "Settlement/CancelVisit", YB_WRITE, 0, NULL, yb_cancel_visit_run },
    { "Settlement/UploadLines", YB_WRITE, 0, yb_upload_lines_prepare, yb_upload_lines_run },
    { "Settlement/CancelLines", YB_WRITE, 0, NULL, yb_cancel_lines_run },
    { "Settlement/PreSettle", YB_READ, 0, yb_settle_prepare, yb_pre_settle_run },
    { "Settlement/Settle", YB_WRITE, 0, yb_settle_prepare, yb_settle_run },
    { "Settlement/Reverse", YB_WRITE, 0, yb_reverse_prepare, yb_reverse_run },
    { "Settlement/ListVisits", YB_READ, 0, NULL, yb_list_visits_run },
    { "Settlement/ListDiagnoses", YB_READ, 0, NULL, yb_list_diagnoses_run },
    { "Settlement/GetSettlement", YB_READ, 0, NULL, yb_get_settlement_run },
    { "Settlement/ListLines", YB_READ, 0, NULL, yb_list_lines_run },
    { "Settlement/ListChronicDrugs", YB_READ, 0, NULL, yb_list_chronic_drugs_run },
    { "Settlement/GetAccumulators", YB_READ, 0, NULL, yb_get_accumulators_run },
    { "Settlement/GetAccounts", YB_READ, 0, NULL, yb_get_accounts_run },
    { "Settlement/Reconcile", YB_READ, 0, NULL, yb_reconcile_run },
    { "Settlement/ReconcileDetail", YB_WRITE, 1, NULL, yb_reconcile_detail_run },
    { "Settlement/PutFile", YB_WRITE, 4, NULL, yb_put_file_run },
    { "Settlement/GetFile", YB_READ, 4, NULL, yb_get_file_run },
    { "Settlement/Audit", YB_READ, 1, NULL, yb_audit_run },
    { "Settlement/Recompute", YB_READ, 1, NULL, yb_recompute_run },
    { "Settlement/ListUnsettled", YB_READ, 1, NULL, yb_list_unsettled_run },
    { "Settlement/CountOpenings", YB_READ, 1, NULL, yb_count_openings_run },
    { "Settlement/Announce", YB_WRITE, 1, NULL, yb_announce_run },
    { "Settlement/CountCases", YB_READ, 1, NULL, yb_count_cases_run },
};

static const yb_event_handler_t events[] = {
    { "AccountOpened", yb_account_opened_apply },
    { "PaymentReleased", yb_payment_released_apply },
};

static const yb_chore_t chores[] = {
    { "settlement.file", HOUR_S, yb_file_chore },
    { "settlement.heads", HOUR_S, yb_heads_chore },
    { "settlement.books", BOOKS_S, yb_books_chore },
};

static const char *const peers[] = { "identity", "enrollment" };
static const char *const targets[] = { "drg" };

static void close_data(void **data)
{
    yb_settlement_data_t *shared = *data;
    if (!shared)
        return;
    yb_policy_set_destroy(&shared->policies);
    yb_books_destroy(&shared->books);
    free(shared);
    *data = NULL;
}

static yb_err_t open_data(const yb_conf_t *conf, void **ret_data, char *detail, size_t detail_cap)
{
    const char *dir = yb_conf_text(conf, "POLICY_DIR");
    void *data = calloc(1, sizeof(yb_settlement_data_t));
    if (!data)
        return YB_E_NO_MEMORY;
    yb_settlement_data_t *shared = data;
    shared->books = yb_books_create();
    yb_err_t err = yb_area_set_load(dir, &shared->areas, detail, detail_cap);
    if (err == YB_OK)
        err = yb_policy_set_load(dir, &shared->policies, detail, detail_cap);
    if (err == YB_OK)
        err = yb_heads_key(conf, detail, detail_cap);
    if (err != YB_OK) {
        close_data(&data);
        return err;
    }
    *ret_data = data;
    return YB_OK;
}

const yb_service_def_t yb_settlement_service = {
    .name = "settlement",
    .summary = "visits, fee lines, what each visit pays from which fund, and the books",
    .descriptor = &yibao__settlement__settlement__descriptor,
    .methods = methods, .method_count = sizeof(methods) / sizeof(methods[0]),
    .schema = yb_schema_settlement, .schema_count = &yb_schema_settlement_count,
    .peers = peers, .peer_count = sizeof(peers) / sizeof(peers[0]),
    .targets = targets, .target_count = sizeof(targets) / sizeof(targets[0]),
    .events = events, .event_count = sizeof(events) / sizeof(events[0]),
    .chores = chores, .chore_count = sizeof(chores) / sizeof(chores[0]),
    .open = open_data, .close = close_data,
    .lane_open = yb_settlement_lane_open, .lane_close = yb_settlement_lane_close,
};
