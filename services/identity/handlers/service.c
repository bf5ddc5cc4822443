/* identity as the frame runs it: methods, shared data, the box of each lane. */
#include "services/identity/service.h"

#include <stdlib.h>

#include "libcommon/keyring.h"
#include "services/identity/handlers/handlers.h"

static const yb_method_t methods[] = {
    /* Resolve and FindPerson write: each read of a person's record leaves an audit row, committed before the
       answer */
    { "Identity/Resolve", YB_WRITE, 0, yb_resolve_prepare, yb_resolve_run },
    { "Identity/FindPerson", YB_WRITE, 0, yb_find_person_prepare, yb_find_person_run },
    { "Identity/GetCaller", YB_READ, 0, NULL, yb_get_caller_run },
    { "Identity/ListInstitutions", YB_READ, 0, NULL, yb_list_institutions_run },
    { "Identity/ListCatalogue", YB_READ, 0, NULL, yb_list_catalogue_run },
    { "Identity/SignIn", YB_WRITE, 0, yb_sign_in_prepare, yb_sign_in_run },
    { "Identity/SignOut", YB_WRITE, 0, yb_sign_out_prepare, yb_sign_out_run },
    { "Identity/ImportRows", YB_WRITE, 1, yb_identity_import_prepare, yb_import_rows_run },
    { "Identity/FinishImport", YB_WRITE, 1, NULL, yb_identity_finish_run },
    { "Identity/SetInstitution", YB_WRITE, 1, NULL, yb_set_institution_run },
    { "Identity/ListReads", YB_READ, 0, NULL, yb_list_reads_run },
};

static const yb_chore_t chores[] = { { "import-prune", 600, yb_import_prune } };

static yb_err_t identity_open(const yb_conf_t *conf, void **ret_data, char *detail, size_t detail_cap)
{
    yb_identity_t *data = calloc(1, sizeof *data);
    YB_ASSERT(data != NULL);
    yb_err_t err = yb_keyring_open(conf, "identity", &data->ring, detail, detail_cap);
    if (err == YB_OK)
        err = yb_area_set_load(yb_conf_text(conf, "POLICY_DIR"), &data->areas, detail, detail_cap);
    if (err != YB_OK) {
        yb_keyring_wipe(&data->ring);
        free(data);
        return err;
    }
    *ret_data = data;
    return YB_OK;
}

static void identity_close(void **data)
{
    if (*data == NULL)
        return;
    yb_keyring_wipe(&((yb_identity_t *)*data)->ring);
    free(*data);
    *data = NULL;
}

static yb_err_t lane_open(yb_worker_t *worker, void **ret_lane)
{
    return yb_keyring_lane_open(&((const yb_identity_t *)yb_worker_data(worker))->ring, ret_lane);
}

extern const yb_migration_t yb_schema_identity[];
extern const size_t yb_schema_identity_count;

const yb_service_def_t yb_identity_service = {
    .name = "identity",
    .summary = "who is who: persons, institutions, catalogue",
    .descriptor = &yibao__identity__identity__descriptor,
    .methods = methods,
    .method_count = sizeof methods / sizeof methods[0],
    .schema = yb_schema_identity,
    .schema_count = &yb_schema_identity_count,
    .chores = chores,
    .chore_count = sizeof chores / sizeof chores[0],
    .open = identity_open,
    .close = identity_close,
    .lane_open = lane_open,
    .lane_close = yb_keyring_lane_close,
};
