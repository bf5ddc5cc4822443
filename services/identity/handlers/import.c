/* Imports of persons, institutions and catalogue: what stands, and how it is written (the frame:
 * libcommon/import.h). */
#include "services/identity/handlers/handlers.h"
#include "services/identity/rules/import.h"
#include "services/identity/store/catalogue.h"
#include "services/identity/store/institution.h"
#include "services/identity/store/person.h"

static int32_t pool_of(const yb_import_page_t *page, const char *admdvs)
{
    const yb_identity_t *data = yb_worker_data(page->worker);
    return yb_area_pool(&data->areas, admdvs);
}

/* ---- persons ---- */

static yb_err_t persons_load(yb_import_page_t *page, yb_import_record_t **records, size_t count)
{
    yb_strset_t psn_nos = yb_strset_create(page->arena, count),
                certnos = yb_strset_create(page->arena, count);
    for (size_t i = 0; i < count; i++) {
        const yb_person_t *p = (const yb_person_t *)records[i];
        yb_strset_add(&psn_nos, p->psn_no);
        yb_strset_add(&certnos, p->certno);
    }
    yb_strset_seal(&psn_nos);
    yb_strset_seal(&certnos);
    yb_db_t *db = yb_worker_db(page->worker);
    for (int by_certno = 0; by_certno < 2; by_certno++) {
        yb_person_t *known = NULL;
        size_t found = 0;
        yb_err_t err = by_certno ? yb_person_by_certno(db, page->box, &certnos, page->arena, &known, &found) :
            yb_person_by_psn_no(db, page->box, &psn_nos, page->arena, &known, &found);
        if (err != YB_OK)
            return err;
        for (size_t i = 0; i < found; i++) {
            yb_person_label(&known[i], page->arena);
            yb_import_known(page, &known[i].record);
        }
    }
    return YB_OK;
}

static yb_err_t persons_write(yb_import_page_t *page, yb_import_record_t **added, size_t added_count,
                              yb_import_record_t **changed, size_t changed_count)
{
    yb_db_t *db = yb_worker_db(page->worker);
    const int64_t now_us = yb_worker_now_us(page->worker);
    const int32_t pool = page->area[0] != '\0' ? pool_of(page, page->area) : 0;
    for (size_t i = 0; i < added_count; i++)
        ((yb_person_t *)added[i])->poolarea = pool;
    /* changes first: they may free an ID number that an added row carries */
    yb_err_t err =
        yb_person_update(db, page->box, (yb_person_t **)changed, changed_count, now_us, page->arena);
    return err != YB_OK
        ? err
        : yb_person_insert(db, page->box, (yb_person_t **)added, added_count, now_us, page->arena);
}

/* ---- institutions ---- */

static yb_err_t institutions_load(yb_import_page_t *page, yb_import_record_t **records, size_t count)
{
    yb_strset_t codes = yb_strset_create(page->arena, count);
    for (size_t i = 0; i < count; i++)
        yb_strset_add(&codes, ((const yb_institution_t *)records[i])->fixmedins_code);
    yb_strset_seal(&codes);
    yb_institution_t *known = NULL;
    size_t found = 0;
    yb_err_t err =
        yb_institution_by_code(yb_worker_db(page->worker), page->box, &codes, page->arena, &known, &found);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < found; i++) {
        known[i].record.key = known[i].fixmedins_code;
        yb_import_known(page, &known[i].record);
        /* what operators set is not the file's to change */
        for (size_t k = 0; k < count; k++) {
            yb_institution_t *fresh = (yb_institution_t *)records[k];
            if (strcmp(fresh->fixmedins_code, known[i].fixmedins_code) != 0)
                continue;
            fresh->blocked = known[i].blocked;
            fresh->rate_per_s = known[i].rate_per_s;
            fresh->require_sign_in = known[i].require_sign_in;
        }
    }
    return YB_OK;
}

static yb_err_t institutions_write(yb_import_page_t *page, yb_import_record_t **added, size_t added_count,
                                   yb_import_record_t **changed, size_t changed_count)
{
    yb_db_t *db = yb_worker_db(page->worker);
    const int64_t now_us = yb_worker_now_us(page->worker);
    for (size_t i = 0; i < added_count; i++)
        ((yb_institution_t *)added[i])->poolarea = pool_of(page, ((yb_institution_t *)added[i])->admdvs);
    for (size_t i = 0; i < changed_count; i++)
        ((yb_institution_t *)changed[i])->poolarea = pool_of(page, ((yb_institution_t *)changed[i])->admdvs);
    yb_err_t err = yb_institution_update(db, page->box, (yb_institution_t **)changed, changed_count, now_us,
                                         page->arena);
    return err != YB_OK
        ? err
        : yb_institution_insert(db, page->box, (yb_institution_t **)added, added_count, now_us, page->arena);
}

/* ---- catalogue ---- */

static yb_err_t items_load(yb_import_page_t *page, yb_import_record_t **records, size_t count)
{
    yb_strset_t codes = yb_strset_create(page->arena, count);
    for (size_t i = 0; i < count; i++)
        yb_strset_add(&codes, ((const yb_item_t *)records[i])->med_list_codg);
    yb_strset_seal(&codes);
    yb_item_t *known = NULL;
    size_t found = 0;
    yb_err_t err = yb_item_by_code(yb_worker_db(page->worker), &codes, page->arena, &known, &found);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < found; i++) {
        yb_item_label(&known[i], page->arena);
        yb_import_known(page, &known[i].record);
    }
    return YB_OK;
}

static yb_err_t items_write(yb_import_page_t *page, yb_import_record_t **added, size_t added_count,
                            yb_import_record_t **changed, size_t changed_count)
{
    yb_db_t *db = yb_worker_db(page->worker);
    const int32_t today = yb_time_day(yb_worker_now(page->worker));
    const int32_t pool = page->area[0] != '\0' ? pool_of(page, page->area) : 0;
    for (size_t i = 0; i < added_count; i++)
        ((yb_item_t *)added[i])->poolarea = pool;
    for (size_t i = 0; i < changed_count; i++)
        ((yb_item_t *)changed[i])->poolarea = pool;
    yb_err_t err = yb_item_update(db, (yb_item_t **)changed, changed_count, today, page->arena);
    return err != YB_OK ? err : yb_item_insert(db, (yb_item_t **)added, added_count, today, page->arena);
}

static const yb_import_kind_t kinds[] = {
    { .name = "persons",
      .columns = yb_person_columns,
      .column_count = sizeof yb_person_columns / sizeof yb_person_columns[0],
      .exact_columns = 1,
      .personal = true,
      .parse = yb_person_parse,
      .load = persons_load,
      .differs = yb_person_differs,
      .admits = yb_person_admits,
      .write = persons_write },
    { .name = "institutions",
      .columns = yb_institution_columns,
      .column_count = sizeof yb_institution_columns / sizeof yb_institution_columns[0],
      .personal = true,
      .parse = yb_institution_parse,
      .load = institutions_load,
      .differs = yb_institution_differs,
      .write = institutions_write },
    { .name = "catalogue",
      .columns = yb_item_columns,
      .column_count = sizeof yb_item_columns / sizeof yb_item_columns[0],
      .exclusive = true,
      .parse = yb_item_parse,
      .load = items_load,
      .differs = yb_item_differs,
      .admits = yb_item_admits,
      .write = items_write },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

YB_IDENTITY_PREPARE(identity_import)
{
    return yb_import_rows_prepare(worker, calls, count, kinds, KINDS, yb_identity_box(worker));
}

YB_IDENTITY_RUN(identity_finish)
{
    return yb_import_finish_run(worker, calls, count, kinds, KINDS, yb_identity_box(worker));
}
