/* drg as the frame runs it: methods, the rules and codes its check goes by, the box of each lane. */
#include "services/drg/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/keyring.h"
#include "proto/drg.pb-c.h"
#include "services/drg/check/list_file.h"
#include "services/drg/drg.h"
#include "services/drg/handlers/handlers.h"
#include "services/drg/handlers/month.h"
#include "services/drg/handlers/year.h"
#include "services/drg/handlers/petition.h"

static const yb_method_t methods[] = {
    { "Drg/PutList", YB_WRITE, 16, yb_put_list_prepare, yb_put_list_run },
    { "Drg/SetListState", YB_WRITE, 0, NULL, yb_set_list_state_run },
    { "Drg/GetList", YB_READ, 0, NULL, yb_get_list_run },
    { "Drg/GetFindings", YB_READ, 0, NULL, yb_get_findings_run },
    { "Drg/FreezeMonth", YB_WRITE, 1, NULL, yb_freeze_month_run },
    { "Drg/ReopenMonth", YB_WRITE, 1, NULL, yb_reopen_month_run },
    { "Drg/StartClose", YB_WRITE, 1, NULL, yb_start_close_run },
    { "Drg/CloseStep", YB_WRITE, 1, NULL, yb_close_step_run },
    { "Drg/ReleaseMonth", YB_WRITE, 1, NULL, yb_release_month_run },
    { "Drg/ListMonths", YB_READ, 0, NULL, yb_list_months_run },
    { "Drg/GetStatements", YB_READ, 0, NULL, yb_get_statements_run },
    { "Drg/CountCases", YB_READ, 1, NULL, yb_drg_count_cases_run },
    { "Drg/CloseYear", YB_WRITE, 1, NULL, yb_close_year_run },
    { "Drg/GetYear", YB_READ, 0, NULL, yb_get_year_run },
    { "Drg/TrialGroup", YB_READ, 16, yb_trial_group_prepare, yb_trial_group_run },
    { "Drg/FilePetition", YB_WRITE, 1, NULL, yb_file_petition_run },
    { "Drg/ListPetitions", YB_READ, 1, NULL, yb_list_petitions_run },
    { "Drg/GetPetition", YB_READ, 1, NULL, yb_get_petition_run },
    { "Drg/DecidePetition", YB_WRITE, 1, NULL, yb_decide_petition_run },
    { "Drg/SecondPetition", YB_WRITE, 1, NULL, yb_second_petition_run },
    { "Drg/GetFeedback", YB_READ, 1, NULL, yb_get_feedback_run },
    { "Drg/Report", YB_READ, 1, NULL, yb_report_run },
    { "Drg/ExplainCase", YB_READ, 1, NULL, yb_explain_case_run },
};

static const char *const peers[] = { "identity" };
static const char *const targets[] = { "settlement" };
static const yb_event_handler_t events[] = {
    { "SettlementMade", yb_settlement_made_apply },
    { "PaymentBooked", yb_payment_booked_apply },
};
static const yb_chore_t chores[] = { { "drg.dropped", 2, yb_dropped_chore } };

/* ---- what is shared ---- */

/* Without a code set every code is itself. */
static void any_code(const void *ctx, yb_code_kind_t kind, const char *code, yb_code_fact_t *ret_fact)
{
    (void)ctx;
    (void)kind;
    *ret_fact = (yb_code_fact_t){ .code = code, .name = "" };
}

static void say_first_fault(const char *dir, const yb_file_report_t *report, char *detail, size_t cap)
{
    for (size_t i = 0; i < report->count; i++) {
        const yb_file_finding_t *f = &report->findings[i];
        if (!f->is_error)
            continue;
        snprintf(detail, cap, "%.200s/%s line %llu %s: %s (%zu errors)", dir, f->file, (unsigned long long)f->line,
                 f->at, f->text, report->errors);
        return;
    }
    snprintf(detail, cap, "%.200s cannot be read", dir);
}

static yb_err_t load_rules(yb_drg_t *data, const char *dir, yb_file_report_t *report, char *detail, size_t cap)
{
    uint8_t digest[YB_SM3_SIZE];
    char hex[2 * YB_SM3_SIZE + 1];
    yb_err_t err = yb_list_rules_load(dir, report, &data->rules, digest);
    if (err != YB_OK)
        say_first_fault(dir, report, detail, cap);
    else
        memcpy(data->qltctrl_ver, yb_hex_encode(digest, sizeof digest, hex), YB_QLTCTRL_VER_MAX - 1);
    return err;
}

static yb_err_t load_codes(yb_drg_t *data, const char *dir, yb_file_report_t *report, char *detail, size_t cap)
{
    if (dir[0] == '\0') {
        data->book = (yb_code_book_t){ .find = any_code };
        return YB_OK;
    }
    memset(report, 0, sizeof *report);
    yb_err_t err = yb_icd_load(dir, report, &data->icd);
    if (err != YB_OK)
        say_first_fault(dir, report, detail, cap);
    else
        data->book = yb_icd_book(data->icd);
    return err;
}

static void drg_close(void **data)
{
    yb_drg_t *shared = *data;
    if (shared == NULL)
        return;
    yb_shelf_destroy(&shared->plans);
    yb_shelf_destroy(&shared->schemes);
    yb_icd_destroy(&shared->icd);
    yb_list_rules_destroy(&shared->rules);
    yb_keyring_wipe(&shared->ring);
    free(shared);
    *data = NULL;
}

static yb_err_t drg_open(const yb_conf_t *conf, void **ret_data, char *detail, size_t detail_cap)
{
    yb_drg_t *shared = calloc(1, sizeof *shared);
    yb_file_report_t *report = calloc(1, sizeof *report);
    YB_ASSERT(shared != NULL && report != NULL);
    void *data = shared;
    yb_err_t err = yb_keyring_open(conf, "drg", &shared->ring, detail, detail_cap);
    if (err == YB_OK)
        err = load_rules(shared, yb_conf_text(conf, "LIST_DIR"), report, detail, detail_cap);
    if (err == YB_OK)
        err = load_codes(shared, yb_conf_text(conf, "ICD_DIR"), report, detail, detail_cap);
    free(report);
    shared->plans = yb_shelf_create(yb_conf_text(conf, "PLAN_DIR"), &yb_plan_shelf);
    shared->schemes = yb_shelf_create(yb_conf_text(conf, "SCHEME_DIR"), &yb_scheme_shelf);
    if (err != YB_OK)
        drg_close(&data);
    else
        *ret_data = data;
    return err;
}

/* ---- what a lane has ---- */

static yb_err_t lane_open(yb_worker_t *worker, void **ret_lane)
{
    const yb_drg_t *shared = yb_worker_data(worker);
    yb_drg_lane_t *lane = calloc(1, sizeof *lane);
    YB_ASSERT(lane != NULL);
    yb_err_t err = yb_box_create(&shared->ring, NULL, &lane->box);
    if (err != YB_OK) {
        free(lane);
        return err;
    }
    *ret_lane = lane;
    if (yb_worker_lane(worker) == 0 && shared->icd == NULL)
        yb_log(yb_worker_log(worker), YB_LOG_WARN, NULL,
               "YB_ICD_DIR is empty: codes of diagnoses and operations are taken as they come, unknown ones are not "
               "found");
    else if (yb_worker_lane(worker) == 0)
        yb_log(yb_worker_log(worker), YB_LOG_INFO, NULL, "%zu diagnosis and %zu operation codes",
               yb_icd_code_count(shared->icd, YB_CODE_DX), yb_icd_code_count(shared->icd, YB_CODE_PX));
    return YB_OK;
}

static void lane_close(yb_worker_t *worker, void **lane)
{
    yb_drg_lane_t *own = *lane;
    yb_work_end(worker, &own->work);
    yb_box_destroy(&own->box);
    free(own);
    *lane = NULL;
}

extern const yb_migration_t yb_schema_drg[];
extern const size_t yb_schema_drg_count;

const yb_service_def_t yb_drg_service = {
    .name = "drg",
    .summary = "settlement lists: checked and kept by version; months of them grouped, paid and released",
    .descriptor = &yibao__drg__drg__descriptor,
    .methods = methods,
    .method_count = sizeof methods / sizeof methods[0],
    .schema = yb_schema_drg,
    .schema_count = &yb_schema_drg_count,
    .peers = peers,
    .peer_count = sizeof peers / sizeof peers[0],
    .events = events,
    .event_count = sizeof events / sizeof events[0],
    .targets = targets,
    .target_count = sizeof targets / sizeof targets[0],
    .chores = chores,
    .chore_count = sizeof chores / sizeof chores[0],
    .open = drg_open,
    .close = drg_close,
    .lane_open = lane_open,
    .lane_close = lane_close,
};
