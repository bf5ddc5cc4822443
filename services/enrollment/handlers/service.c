/* enrollment as the frame runs it. */
#include "services/enrollment/service.h"

#include <stdlib.h>

#include "services/enrollment/handlers/handlers.h"

static const yb_method_t methods[] = {
    { "Enrollment/Entitle", YB_READ, 0, NULL, yb_entitle_run },
    { "Enrollment/GetCover", YB_READ, 0, NULL, yb_get_cover_run },
    { "Enrollment/CheckTreatment", YB_READ, 0, NULL, yb_check_treatment_run },
    { "Enrollment/FileChronic", YB_WRITE, 0, yb_file_chronic_prepare, yb_file_chronic_run },
    { "Enrollment/CancelFiling", YB_WRITE, 0, NULL, yb_cancel_filing_run },
    { "Enrollment/ListFilings", YB_READ, 0, NULL, yb_list_filings_run },
    { "Enrollment/ImportRows", YB_WRITE, 1, yb_enrollment_import_prepare, yb_import_rows_run },
    { "Enrollment/FinishImport", YB_WRITE, 1, NULL, yb_enrollment_finish_run },
};

static const char *const peers[] = { "identity" };
static const char *const targets[] = { "settlement" };
static const yb_chore_t chores[] = { { "import-prune", 600, yb_import_prune } };

static yb_err_t enrollment_open(const yb_conf_t *conf, void **ret_data, char *detail, size_t detail_cap)
{
    yb_enrollment_t *data = calloc(1, sizeof *data);
    YB_ASSERT(data != NULL);
    yb_err_t err = yb_area_set_load(yb_conf_text(conf, "POLICY_DIR"), &data->areas, detail, detail_cap);
    if (err != YB_OK) {
        free(data);
        return err;
    }
    *ret_data = data;
    return YB_OK;
}

static void enrollment_close(void **data)
{
    free(*data);
    *data = NULL;
}

extern const yb_migration_t yb_schema_enrollment[];
extern const size_t yb_schema_enrollment_count;

const yb_service_def_t yb_enrollment_service = {
    .name = "enrollment", .summary = "who is covered: dated cover per scheme, tags, chronic-disease filings",
    .descriptor = &yibao__enrollment__enrollment__descriptor,
    .methods = methods, .method_count = sizeof methods / sizeof methods[0],
    .schema = yb_schema_enrollment, .schema_count = &yb_schema_enrollment_count,
    .peers = peers, .peer_count = 1, .targets = targets, .target_count = 1,
    .chores = chores, .chore_count = sizeof chores / sizeof chores[0],
    .open = enrollment_open, .close = enrollment_close,
};
