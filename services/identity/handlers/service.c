/* identity as the frame runs it: methods, shared data, the box of each lane. */
#include "services/identity/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

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

/* A sandbox makes its key at first start; elsewhere a missing key is somebody's mistake, and a new one would
 * make every row unreadable. */
static yb_err_t load_ring(const yb_conf_t *conf, yb_keyring_t *ret_ring, char *detail, size_t detail_cap)
{
    const char *dir = yb_conf_text(conf, "KEY_DIR");
    char path[4096];
    struct stat st;
    snprintf(path, sizeof path, "%s/identity.box", dir);
    if (stat(path, &st) != 0 && yb_conf_bool(conf, "SANDBOX")) {
        if (mkdir(dir, 0700) != 0 && stat(dir, &st) != 0) {
            snprintf(detail, detail_cap,
                     "key folder %.200s cannot be made: make it with mode 0700, or set YB_KEY_DIR", dir);
            return YB_E_CONFIG;
        }
        yb_random_t random = yb_random_real();
        yb_err_t err = yb_keyring_create(path, &random);
        if (err != YB_OK && err != YB_E_ROW_EXISTS) {    /* another replica may have been first */
            snprintf(detail, detail_cap, "key file %.200s cannot be written (%s)", path, yb_err_text(err));
            return err;
        }
    }
    yb_refusal_t why = { 0 };
    yb_err_t err = yb_keyring_load(path, ret_ring, &why);
    if (err != YB_OK && stat(path, &st) == 0)    /* it is there, and cannot be used as it is */
        snprintf(detail, detail_cap, "key file: %s", why.text[0] != '\0' ? why.text : yb_err_text(err));
    else if (err != YB_OK)
        snprintf(detail, detail_cap,
                 "key file %.200s: %s — restore it from its backup (without it no person's record can be "
                 "read); a new "
                 "installation starts once with YB_SANDBOX=1 to make it",
                 path, why.text[0] != '\0' ? why.text : yb_err_text(err));
    return err;
}

static yb_err_t identity_open(const yb_conf_t *conf, void **ret_data, char *detail, size_t detail_cap)
{
    yb_identity_t *data = calloc(1, sizeof *data);
    YB_ASSERT(data != NULL);
    yb_err_t err = load_ring(conf, &data->ring, detail, detail_cap);
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
    yb_box_t *box = NULL;
    yb_err_t err = yb_box_create(&((const yb_identity_t *)yb_worker_data(worker))->ring, NULL, &box);
    if (err == YB_OK)
        *ret_lane = box;
    return err;
}

static void lane_close(yb_worker_t *worker, void **lane)
{
    (void)worker;
    yb_box_t *box = *lane;
    yb_box_destroy(&box);
    *lane = NULL;
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
    .lane_close = lane_close,
};
