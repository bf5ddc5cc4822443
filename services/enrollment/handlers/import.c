/* Imports of coverage, tags and chronic: what stands, and how it is written (the frame: libcommon/import.h).
 */
#include "services/enrollment/handlers/handlers.h"
#include "services/enrollment/rules/entitle.h"
#include "services/enrollment/rules/import.h"
#include "services/enrollment/store/cover.h"
#include "services/enrollment/store/filing.h"

/* Each kind's record begins with its row and then its person's number: read through the kind's own accessor.
 */
typedef const char *(*psn_no_of)(const yb_import_record_t *record);
static const char *cover_psn_no(const yb_import_record_t *r) { return ((const yb_cover_t *)r)->psn_no; }
static const char *tag_psn_no(const yb_import_record_t *r) { return ((const yb_tag_t *)r)->psn_no; }
static const char *filing_psn_no(const yb_import_record_t *r) { return ((const yb_filing_t *)r)->psn_no; }

static yb_strset_t persons_of(yb_import_page_t *page, yb_import_record_t **records, size_t count,
                              psn_no_of psn_no)
{
    yb_strset_t set = yb_strset_create(page->arena, count);
    for (size_t i = 0; i < count; i++)
        yb_strset_add(&set, psn_no(records[i]));
    yb_strset_seal(&set);
    return set;
}

/* A row about somebody who is not registered is a row error. */
static yb_err_t screen(yb_import_page_t *page, yb_import_record_t **records, size_t count, psn_no_of psn_no)
{
    yb_strset_t persons = persons_of(page, records, count, psn_no);
    bool *known = NULL;
    yb_err_t err = yb_ask_known(page->worker, page->call, &persons, NULL, &known, NULL);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        if (!known[yb_strset_find(&persons, psn_no(records[i]))])
            yb_import_record_fault(page, records[i], "psn_no", "人员编号未登记，请先导入该人员（persons）");
    return YB_OK;
}

static yb_err_t covers_screen(yb_import_page_t *page, yb_import_record_t **records, size_t count)
{
    return screen(page, records, count, cover_psn_no);
}
static yb_err_t tags_screen(yb_import_page_t *page, yb_import_record_t **records, size_t count)
{
    return screen(page, records, count, tag_psn_no);
}
static yb_err_t filings_screen(yb_import_page_t *page, yb_import_record_t **records, size_t count)
{
    return screen(page, records, count, filing_psn_no);
}

/* ---- coverage ---- */

typedef struct openings {            /* of employees, by index of the set; NULL = none yet */
    yb_strset_t persons;
    const yb_account_opening_t **of;
    const yb_account_opening_t **standing;
} openings_t;

/* A balance that contradicts the books, or an earlier row of the page, faults its row. */
static void check_balances(yb_import_page_t *page, openings_t *o, yb_import_record_t **records, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        yb_cover_t *c = (yb_cover_t *)records[i];
        if (c->record.bad || strcmp(c->insutype, YB_EMPLOYEES) != 0)
            continue;
        size_t at = yb_strset_find(&o->persons, c->psn_no);
        if (!yb_cover_balance(page, o->of[at], c) || o->of[at] != NULL)
            continue;
        yb_account_opening_t *opening = YB_NEW(page->arena, yb_account_opening_t);
        *opening = (yb_account_opening_t){
            .psn_no = c->psn_no, .insutype = c->insutype, .begndate = c->begndate, .balc_fen = c->balc_fen
        };
        o->of[at] = opening;
    }
}

static yb_err_t covers_load(yb_import_page_t *page, yb_import_record_t **records, size_t count)
{
    openings_t *o = YB_NEW(page->arena, openings_t);
    o->persons = persons_of(page, records, count, cover_psn_no);
    o->of = YB_NEW_ARRAY(page->arena, const yb_account_opening_t *, o->persons.count);
    o->standing = YB_NEW_ARRAY(page->arena, const yb_account_opening_t *, o->persons.count);
    page->state = o;
    yb_cover_t *known = NULL;
    yb_account_opening_t *opened = NULL;
    size_t found = 0, opened_count = 0;
    yb_db_t *db = yb_worker_db(page->worker);
    yb_err_t err = yb_cover_by_person(db, &o->persons, page->arena, &known, &found);
    if (err == YB_OK)
        err = yb_opening_by_person(db, &o->persons, page->arena, &opened, &opened_count);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < found; i++) {
        yb_cover_label(&known[i], page->arena);
        yb_import_known(page, &known[i].record);
    }
    for (size_t i = 0; i < opened_count; i++) {
        size_t at = yb_strset_find(&o->persons, opened[i].psn_no);
        o->of[at] = o->standing[at] = &opened[i];
    }
    check_balances(page, o, records, count);
    return YB_OK;
}

static yb_event_t event_of(yb_import_page_t *page, const yb_account_opening_t *opening)
{
    Yibao__Events__AccountOpened body = YIBAO__EVENTS__ACCOUNT_OPENED__INIT;
    body.psn_no = (char *)(uintptr_t)opening->psn_no;
    body.insutype = (char *)(uintptr_t)opening->insutype;
    body.balc_fen = opening->balc_fen;
    body.poolarea = opening->poolarea;
    body.day = opening->begndate;
    yb_event_t event = { .id = (uint64_t)yb_worker_id(page->worker),
                         .target = "settlement",
                         .type = "AccountOpened",
                         .key = opening->psn_no,
                         .traceparent = page->call->env->traceparent };
    event.body_len = yibao__events__account_opened__get_packed_size(&body);
    uint8_t *packed = yb_arena_alloc(page->arena, event.body_len + 1);
    yibao__events__account_opened__pack(&body, packed);
    event.body = packed;
    return event;
}

/* The first cover of an employee opens the account, once: the row here and the event are written together.
 * They go to the outbox at once, not through the frame's list, so that a million rows of a strict import need
 * not be held in memory. */
static yb_err_t open_accounts(yb_import_page_t *page, yb_import_record_t **added, size_t count)
{
    openings_t *o = page->state;
    yb_account_opening_t *openings = YB_NEW_ARRAY(page->arena, yb_account_opening_t, count);
    yb_event_t *events = YB_NEW_ARRAY(page->arena, yb_event_t, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const yb_cover_t *c = (const yb_cover_t *)added[i];
        size_t at = yb_strset_find(&o->persons, c->psn_no);
        if (strcmp(c->insutype, YB_EMPLOYEES) != 0 || o->standing[at] != NULL)
            continue;
        openings[n] = (yb_account_opening_t){ .psn_no = c->psn_no,
                                              .insutype = c->insutype,
                                              .poolarea = c->poolarea,
                                              .begndate = c->begndate,
                                              .balc_fen = c->balc_fen };
        events[n] = event_of(page, &openings[n]);
        o->standing[at] = &openings[n];
        n++;
    }
    if (n == 0)
        return YB_OK;
    yb_db_t *db = yb_worker_db(page->worker);
    yb_err_t err = yb_opening_insert(db, openings, n, yb_worker_now_us(page->worker), page->arena);
    return err != YB_OK ? err : yb_outbox_put(db, events, n, yb_worker_now_us(page->worker), page->arena);
}

static yb_err_t covers_write(yb_import_page_t *page, yb_import_record_t **added, size_t added_count,
                             yb_import_record_t **changed, size_t changed_count)
{
    const yb_enrollment_t *data = yb_worker_data(page->worker);
    yb_db_t *db = yb_worker_db(page->worker);
    const int64_t now_us = yb_worker_now_us(page->worker);
    for (size_t i = 0; i < added_count + changed_count; i++) {
        yb_cover_t *c = (yb_cover_t *)(i < added_count ? added[i] : changed[i - added_count]);
        c->poolarea = yb_area_pool(&data->areas, c->insuplc_admdvs);
    }
    yb_err_t err = yb_cover_update(db, (yb_cover_t **)changed, changed_count, now_us, page->arena);
    if (err == YB_OK)
        err = yb_cover_insert(db, (yb_cover_t **)added, added_count, now_us, page->arena);
    return err != YB_OK ? err : open_accounts(page, added, added_count);
}

/* ---- tags and filings belong to the pooling area of their person's cover ---- */

static yb_err_t covers_of(yb_import_page_t *page, yb_import_record_t **records, size_t count,
                          psn_no_of psn_no, yb_rows_of_t *ret)
{
    yb_strset_t persons = persons_of(page, records, count, psn_no);
    yb_cover_t *covers = NULL;
    size_t found = 0;
    yb_err_t err = yb_cover_by_person(yb_worker_db(page->worker), &persons, page->arena, &covers, &found);
    if (err == YB_OK)
        *ret = (yb_rows_of_t){ .covers = covers, .cover_count = found };
    return err;
}

static int cover_order(const void *a, const void *b)
{
    return strcmp(((const yb_cover_t *)a)->psn_no, ((const yb_cover_t *)b)->psn_no);
}

/* The slice of one person out of covers sorted by person. */
static yb_rows_of_t slice(const yb_rows_of_t *all, const char *psn_no)
{
    size_t low = 0, high = all->cover_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(all->covers[mid].psn_no, psn_no) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    yb_rows_of_t of = { .covers = all->covers + low };
    while (low + of.cover_count < all->cover_count && strcmp(of.covers[of.cover_count].psn_no, psn_no) == 0)
        of.cover_count++;
    return of;
}

static int32_t pool_on(const yb_import_page_t *page, const yb_rows_of_t *sorted, const char *psn_no,
                       int32_t day)
{
    const yb_enrollment_t *data = yb_worker_data(page->worker);
    yb_rows_of_t of = slice(sorted, psn_no);
    int32_t pool = yb_pool_of_person(&of, psn_no, day);
    return pool != 0 || page->area[0] == '\0'
        ? pool
        : yb_area_pool(&data->areas, page->area);
}

static yb_err_t sorted_covers(yb_import_page_t *page, yb_import_record_t **records, size_t count,
                              psn_no_of psn_no, yb_rows_of_t *ret)
{
    yb_err_t err = covers_of(page, records, count, psn_no, ret);
    if (err == YB_OK && ret->cover_count > 0)
        qsort((void *)(uintptr_t)ret->covers, ret->cover_count, sizeof *ret->covers, cover_order);
    return err;
}

static yb_err_t tags_load(yb_import_page_t *page, yb_import_record_t **records, size_t count)
{
    yb_strset_t persons = persons_of(page, records, count, tag_psn_no);
    yb_tag_t *known = NULL;
    size_t found = 0;
    yb_err_t err = yb_tag_by_person(yb_worker_db(page->worker), &persons, page->arena, &known, &found);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < found; i++) {
        yb_tag_label(&known[i], page->arena);
        yb_import_known(page, &known[i].record);
    }
    return YB_OK;
}

static yb_err_t tags_write(yb_import_page_t *page, yb_import_record_t **added, size_t added_count,
                           yb_import_record_t **changed, size_t changed_count)
{
    yb_db_t *db = yb_worker_db(page->worker);
    const int64_t now_us = yb_worker_now_us(page->worker);
    yb_rows_of_t covers = { 0 };
    yb_err_t err = sorted_covers(page, page->records, page->record_count, tag_psn_no, &covers);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < added_count + changed_count; i++) {
        yb_tag_t *t = (yb_tag_t *)(i < added_count ? added[i] : changed[i - added_count]);
        t->poolarea = pool_on(page, &covers, t->psn_no, t->begndate);
    }
    err = yb_tag_update(db, (yb_tag_t **)changed, changed_count, now_us, page->arena);
    return err != YB_OK ? err : yb_tag_insert(db, (yb_tag_t **)added, added_count, now_us, page->arena);
}

static yb_err_t filings_load(yb_import_page_t *page, yb_import_record_t **records, size_t count)
{
    yb_strset_t persons = persons_of(page, records, count, filing_psn_no);
    yb_filing_t *known = NULL;
    size_t found = 0;
    yb_db_t *db = yb_worker_db(page->worker);
    yb_err_t err = yb_filing_lock_persons(db, &persons, page->arena);
    if (err == YB_OK)
        err = yb_filing_by_person(db, &persons, page->arena, &known, &found);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < found; i++) {
        yb_filing_label(&known[i], page->arena);
        yb_import_known(page, &known[i].record);
    }
    return YB_OK;
}

static yb_err_t filings_write(yb_import_page_t *page, yb_import_record_t **added, size_t added_count,
                              yb_import_record_t **changed, size_t changed_count)
{
    yb_db_t *db = yb_worker_db(page->worker);
    yb_rows_of_t covers = { 0 };
    yb_err_t err = sorted_covers(page, page->records, page->record_count, filing_psn_no, &covers);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < added_count; i++) {
        yb_filing_t *f = (yb_filing_t *)added[i];
        f->trt_dcla_detl_sn = yb_worker_id(page->worker);
        f->poolarea = pool_on(page, &covers, f->psn_no, f->begndate);
    }
    err = yb_filing_update(db, (yb_filing_t **)changed, changed_count, page->arena);
    return err != YB_OK ? err
                        : yb_filing_insert(db, (yb_filing_t **)added, added_count,
                                           yb_worker_now_us(page->worker), page->arena);
}

static const yb_import_kind_t kinds[] = {
    { .name = "coverage",
      .columns = yb_cover_columns,
      .column_count = sizeof yb_cover_columns / sizeof yb_cover_columns[0],
      .exact_columns = 1,
      .exclusive = true,
      .parse = yb_cover_parse,
      .screen = covers_screen,
      .load = covers_load,
      .differs = yb_cover_differs,
      .admits = yb_cover_admits,
      .write = covers_write },
    { .name = "tags",
      .columns = yb_tag_columns,
      .column_count = sizeof yb_tag_columns / sizeof yb_tag_columns[0],
      .exact_columns = 1,
      .exclusive = true,
      .parse = yb_tag_parse,
      .screen = tags_screen,
      .load = tags_load,
      .differs = yb_tag_differs,
      .admits = yb_tag_admits,
      .write = tags_write },
    { .name = "chronic",
      .columns = yb_filing_columns,
      .column_count = sizeof yb_filing_columns / sizeof yb_filing_columns[0],
      .exact_columns = 1,
      .exclusive = true,
      .parse = yb_filing_parse,
      .screen = filings_screen,
      .load = filings_load,
      .differs = yb_filing_differs,
      .admits = yb_filing_admits,
      .write = filings_write },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

YB_ENROLLMENT_PREPARE(enrollment_import)
{
    return yb_import_rows_prepare(worker, calls, count, kinds, KINDS, NULL);
}

YB_ENROLLMENT_RUN(enrollment_finish)
{
    return yb_import_finish_run(worker, calls, count, kinds, KINDS, NULL);
}
