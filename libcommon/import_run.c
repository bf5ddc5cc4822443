/* The two methods of an import, whole: ImportRows and FinishImport. */
#include <string.h>

#include "libcommon/area.h"
#include "libcommon/code.h"
#include "libcommon/crypto.h"
#include "libcommon/import.h"
#include "libcommon/import_stage.h"

#define IMPORT_ID_MAX 64
#define FINISH_PAGE 2000
#define DAY_US (86400LL * 1000000)

/* From prepare to run. */
typedef struct prepared {
    yb_import_page_t *page;
    yb_import_tally_t before;            /* as parsing and screening left it */
    bool *record_bad;
} prepared_t;

/* ---- checks of the request ---- */

static yb_err_t check_request(yb_call_t *call, const char *import_id, bool id_needed, const char *area)
{
    if (strcmp(call->env->caller->service, "ctl") != 0)
        return yb_call_refuse(call, YB_E_UNAUTHENTICATED, NULL, "导入只接受管理命令 yibaoctl 的调用");
    const size_t len = strlen(import_id);
    if (id_needed && len == 0)
        return yb_call_refuse(call, YB_E_FIELD_MISSING, "import_id", NULL);
    if (len > IMPORT_ID_MAX)
        return yb_call_refuse(call, YB_E_FIELD_LENGTH, "import_id", "最多 %d 个字符", IMPORT_ID_MAX);
    for (size_t i = 0; i < len; i++)
        if (import_id[i] <= ' ' || import_id[i] >= 0x7f)
            return yb_call_refuse(call, YB_E_FIELD_FORM, "import_id", "只能由 ASCII 可见字符组成");
    if (area[0] != '\0')
        return yb_code_admdvs(area, strlen(area), "area", &call->refusal);
    return YB_OK;
}

static const yb_import_kind_t *find_kind(yb_call_t *call, const yb_import_kind_t *kinds, size_t count,
                                         const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    yb_call_refuse(call, YB_E_FIELD_DICT, "kind", "本服务不导入“%.40s”", name);
    return NULL;
}

static yb_import_page_t *new_page(yb_worker_t *worker, yb_call_t *call, yb_arena_t *arena,
                                  const yb_import_kind_t *kind, const char *area, bool replace,
                                  struct yb_box *box)
{
    yb_import_page_t *page = YB_NEW(arena, yb_import_page_t);
    *page = (yb_import_page_t){ .kind = kind,
                                .worker = worker,
                                .call = call,
                                .arena = arena,
                                .area = area,
                                .replace = replace,
                                .box = box };
    page->tally = YB_NEW(arena, yb_import_tally_t);
    return page;
}

static yb_err_t prepare_rows(yb_worker_t *worker, yb_call_t *call, const yb_import_kind_t *kinds, size_t kind_count,
                             struct yb_box *box)
{
    const Yibao__Identity__ImportRowsRequest *req = (const Yibao__Identity__ImportRowsRequest *)call->body;
    yb_arena_t *arena = yb_worker_arena(worker);
    if (check_request(call, req->import_id, req->strict, req->area) != YB_OK)
        return YB_OK;                    /* a refused call is no failed batch */
    const yb_import_kind_t *kind = find_kind(call, kinds, kind_count, req->kind);
    if (kind == NULL)
        return YB_OK;
    yb_import_page_t *page = new_page(worker, call, arena, kind, req->area, req->replace, box);
    if (yb_import_cells(page, req, &call->refusal) != YB_OK)
        return YB_OK;
    yb_import_parse(page);
    if (kind->screen != NULL) {
        yb_err_t err = kind->screen(page, page->records, page->record_count);
        if (err != YB_OK)
            return err;
    }
    prepared_t *state = YB_NEW(arena, prepared_t);
    state->page = page;
    state->before = *page->tally;
    state->record_bad = YB_NEW_ARRAY(arena, bool, page->record_count);
    for (size_t i = 0; i < page->record_count; i++)
        state->record_bad[i] = page->records[i]->bad;
    call->state = state;
    return YB_OK;
}

yb_err_t yb_import_rows_prepare(yb_worker_t *worker, yb_call_t **calls, size_t count, const yb_import_kind_t *kinds,
                                size_t kind_count, struct yb_box *box)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = prepare_rows(worker, calls[i], kinds, kind_count, box);
    return err;
}

/* ---- applying a page ---- */

/* Reads what stands, folds, writes, inside the open transaction. Faulty rows are passed over. */
static yb_err_t apply(yb_import_page_t *page)
{
    yb_err_t err = page->kind->load(page, page->records, page->record_count);
    if (err != YB_OK)
        goto out;
    yb_import_fold(page);
    yb_import_record_t **added = YB_NEW_ARRAY(page->arena, yb_import_record_t *, page->record_count);
    yb_import_record_t **changed = YB_NEW_ARRAY(page->arena, yb_import_record_t *, page->record_count);
    size_t added_count = 0, changed_count = 0;
    for (size_t i = 0; i < page->record_count; i++) {
        yb_import_record_t *record = page->records[i];
        if (record->bad)
            continue;
        if (record->state == YB_IMPORT_ADDED)
            added[added_count++] = record;
        else if (record->state == YB_IMPORT_CHANGED)
            changed[changed_count++] = record;
    }
    err = page->kind->write(page, added, added_count, changed, changed_count);
out:
    yb_import_clear(page);
    return err;
}

/* ---- strict: staging ---- */

static yb_err_t pack_row(yb_import_page_t *page, const yb_import_row_t *row, yb_stage_row_t *ret)
{
    Yibao__Identity__ImportRow packed = YIBAO__IDENTITY__IMPORT_ROW__INIT;
    packed.line = row->line;
    packed.n_cells = page->kind->column_count;
    packed.cells = (char **)(uintptr_t)row->cells;
    ret->line = row->line;
    ret->len = yibao__identity__import_row__get_packed_size(&packed);
    uint8_t *data = yb_arena_alloc(page->arena, ret->len + 1);
    yibao__identity__import_row__pack(&packed, data);
    ret->data = data;
    if (!page->kind->personal)
        return YB_OK;
    YB_ASSERT(page->box != NULL);
    uint8_t *sealed = NULL;
    yb_err_t err = yb_box_seal(page->box, data, ret->len, page->arena, &sealed, &ret->len);
    ret->data = sealed;
    return err;
}

static yb_err_t stage(yb_worker_t *worker, yb_import_page_t *page, const char *import_id)
{
    yb_stage_row_t *rows = YB_NEW_ARRAY(page->arena, yb_stage_row_t, page->row_count);
    for (size_t i = 0; i < page->row_count; i++) {
        yb_err_t err = pack_row(page, &page->rows[i], &rows[i]);
        if (err != YB_OK)
            return err;
        if (!page->rows[i].bad)
            continue;
        rows[i].fault_column = "";
        rows[i].fault_reason = "此行有误";       /* when the page had more errors than are kept */
        for (size_t e = 0; e < page->tally->error_count; e++)
            if (page->tally->errors[e]->line == rows[i].line) {
                rows[i].fault_column = page->tally->errors[e]->column;
                rows[i].fault_reason = page->tally->errors[e]->reason;
                break;
            }
    }
    return yb_stage_put(yb_worker_db(worker), import_id, page->kind->name, rows, page->row_count,
                        yb_worker_now_us(worker), page->arena);
}

static Yibao__Identity__RowError **copy_errors(yb_arena_t *arena, const yb_import_tally_t *tally)
{
    Yibao__Identity__RowError **list = YB_NEW_ARRAY(arena, Yibao__Identity__RowError *, tally->error_count);
    for (size_t i = 0; i < tally->error_count; i++)
        list[i] = tally->errors[i];
    return list;
}

static yb_err_t run_rows(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Identity__ImportRowsRequest *req = (const Yibao__Identity__ImportRowsRequest *)call->body;
    prepared_t *state = call->state;
    yb_import_page_t *page = state->page;
    yb_err_t err = YB_OK;
    *page->tally = state->before;
    for (size_t i = 0; i < page->record_count; i++) {
        page->records[i]->bad = state->record_bad[i];
        page->records[i]->state = YB_IMPORT_ADDED;
        page->records[i]->next = NULL;
    }
    if (req->strict) {
        err = stage(worker, page, req->import_id);
    } else {
        if (page->kind->exclusive)
            err = yb_import_lock(yb_worker_db(worker), page->kind->name, page->arena);
        if (err == YB_OK)
            err = apply(page);
    }
    if (err != YB_OK)
        return err;
    Yibao__Identity__ImportRowsReply *reply = YB_NEW(call->arena, Yibao__Identity__ImportRowsReply);
    yibao__identity__import_rows_reply__init(reply);
    reply->added = page->tally->added;
    reply->changed = page->tally->changed;
    reply->same = page->tally->same;
    reply->failed = page->tally->failed;
    reply->n_errors = page->tally->error_count;
    reply->errors = copy_errors(yb_worker_arena(worker), page->tally);
    yb_import_name_ignored(page->kind, req, call->arena, reply);
    call->reply = &reply->base;
    return YB_OK;
}

yb_err_t yb_import_rows_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = run_rows(worker, calls[i]);
    return err;
}

/* ---- strict: the finish ---- */

typedef struct finish {
    yb_worker_t *worker;
    yb_call_t *call;
    const yb_import_kind_t *kind;
    const Yibao__Identity__FinishImportRequest *req;
    struct yb_box *box;
    yb_import_tally_t *tally;            /* of all pages; errors in the worker's arena */
} finish_t;

static yb_err_t unpack_rows(yb_import_page_t *page, const yb_stage_row_t *staged, size_t count)
{
    page->rows = YB_NEW_ARRAY(page->arena, yb_import_row_t, count);
    page->row_count = count;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *data = staged[i].data;
        size_t len = staged[i].len;
        if (page->kind->personal) {
            char *plain = NULL;
            yb_err_t err = yb_box_open(page->box, data, len, page->arena, &plain, &len);
            if (err != YB_OK)
                return err;
            data = (const uint8_t *)plain;
        }
        const Yibao__Identity__ImportRow *row =
            yibao__identity__import_row__unpack(yb_arena_pb(page->arena), len, data);
        if (row == NULL || row->n_cells != page->kind->column_count)
            return YB_E_INTERNAL;        /* staged by a release with other columns: import anew */
        page->rows[i] = (yb_import_row_t){ .line = row->line, .cells = (const char *const *)row->cells };
    }
    return YB_OK;
}

static void add_tally(finish_t *f, const yb_import_tally_t *more)
{
    yb_arena_t *arena = yb_worker_arena(f->worker);
    f->tally->added += more->added;
    f->tally->changed += more->changed;
    f->tally->same += more->same;
    f->tally->failed += more->failed;
    for (size_t i = 0; i < more->error_count && f->tally->error_count < YB_IMPORT_ERRORS_MAX; i++) {
        Yibao__Identity__RowError *e = YB_NEW(arena, Yibao__Identity__RowError);
        yibao__identity__row_error__init(e);
        e->line = more->errors[i]->line;
        e->column = yb_arena_strdup(arena, more->errors[i]->column);
        e->reason = yb_arena_strdup(arena, more->errors[i]->reason);
        f->tally->errors[f->tally->error_count++] = e;
    }
}

static yb_err_t apply_page(finish_t *f, uint64_t *line, size_t *ret_count, yb_arena_t *arena)
{
    yb_stage_row_t *staged = NULL;
    size_t count = 0;
    yb_err_t err = yb_stage_page(yb_worker_db(f->worker), f->req->import_id, f->kind->name, *line,
                                 FINISH_PAGE, arena, &staged, &count);
    if (err != YB_OK)
        return err;
    *ret_count = count;
    if (count == 0)
        return YB_OK;
    yb_import_page_t *page =
        new_page(f->worker, f->call, arena, f->kind, f->req->area, f->req->replace, f->box);
    err = unpack_rows(page, staged, count);
    if (err != YB_OK)
        return err;
    yb_import_parse(page);
    err = apply(page);
    if (err != YB_OK)
        return err;
    add_tally(f, page->tally);
    *line = staged[count - 1].line;
    return YB_OK;
}

static yb_err_t apply_pages(finish_t *f)
{
    yb_arena_t *arena = yb_arena_create(0);
    uint64_t line = 0;
    size_t count = FINISH_PAGE;
    yb_err_t err = YB_OK;
    while (err == YB_OK && count == FINISH_PAGE) {
        yb_arena_reset(arena);
        err = apply_page(f, &line, &count, arena);
    }
    yb_arena_destroy(&arena);
    return err;
}

/* What parsing and screening found wrong when the rows came. */
static yb_err_t staged_faults(finish_t *f)
{
    yb_arena_t *arena = yb_worker_arena(f->worker);
    yb_stage_row_t *rows = NULL;
    size_t count = 0;
    uint64_t faulty = 0;
    yb_err_t err = yb_stage_faults(yb_worker_db(f->worker), f->req->import_id, f->kind->name,
                                   YB_IMPORT_ERRORS_MAX, arena, &faulty, &rows, &count);
    if (err != YB_OK)
        return err;
    f->tally->failed = faulty;
    for (size_t i = 0; i < count; i++) {
        Yibao__Identity__RowError *e = YB_NEW(arena, Yibao__Identity__RowError);
        yibao__identity__row_error__init(e);
        e->line = rows[i].line;
        e->column = (char *)(uintptr_t)rows[i].fault_column;
        e->reason = (char *)(uintptr_t)rows[i].fault_reason;
        f->tally->errors[f->tally->error_count++] = e;
    }
    return YB_OK;
}

static yb_err_t finish(finish_t *f)
{
    yb_db_t *db = yb_worker_db(f->worker);
    yb_arena_t *arena = yb_worker_arena(f->worker);
    const char *id = f->req->import_id, *kind = f->kind->name;
    if (f->req->abort)
        return yb_stage_drop(db, id, kind, arena);
    bool done = false;
    yb_err_t err =
        yb_import_lock(db, kind, arena); /* also keeps a second finish of the same import waiting */
    if (err == YB_OK)
        err = yb_import_done_get(db, id, kind, arena, &done, &f->tally->added, &f->tally->changed,
                                 &f->tally->same);
    if (err != YB_OK || done)
        return err;
    err = staged_faults(f);
    if (err != YB_OK || f->tally->failed > 0)
        return err;
    err = yb_import_savepoint(db);
    if (err == YB_OK)
        err = apply_pages(f);
    if (err != YB_OK)
        return err;
    if (f->tally->failed > 0) {
        f->tally->added = f->tally->changed = f->tally->same = 0;
        return yb_import_back(db);
    }
    if (f->tally->added + f->tally->changed + f->tally->same == 0)
        return YB_OK;                    /* nothing was staged: the finish of an import that was not strict */
    err = yb_import_done_put(db, id, kind, f->tally, yb_worker_now_us(f->worker), arena);
    return err == YB_OK ? yb_stage_drop(db, id, kind, arena) : err;
}

static yb_err_t run_finish(yb_worker_t *worker, yb_call_t *call, const yb_import_kind_t *kinds, size_t kind_count,
                           struct yb_box *box)
{
    finish_t f = { .worker = worker,
                   .call = call,
                   .req = (const Yibao__Identity__FinishImportRequest *)call->body,
                   .box = box };
    if (check_request(call, f.req->import_id, true, f.req->area) != YB_OK)
        return YB_OK;
    f.kind = find_kind(call, kinds, kind_count, f.req->kind);
    if (f.kind == NULL)
        return YB_OK;
    f.tally = YB_NEW(yb_worker_arena(worker), yb_import_tally_t);
    yb_err_t err = finish(&f);
    if (err != YB_OK)
        return err;
    uint64_t pending = 0;
    int64_t oldest_us = 0;
    err = yb_outbox_lag(yb_worker_db(worker), &pending, &oldest_us);
    if (err != YB_OK)
        return err;
    Yibao__Identity__FinishImportReply *reply = YB_NEW(call->arena, Yibao__Identity__FinishImportReply);
    yibao__identity__finish_import_reply__init(reply);
    reply->added = f.tally->added;
    reply->changed = f.tally->changed;
    reply->same = f.tally->same;
    reply->failed = f.tally->failed;
    reply->n_errors = f.tally->error_count;
    reply->errors = copy_errors(yb_worker_arena(worker), f.tally);
    reply->events_pending = pending;
    call->reply = &reply->base;
    return YB_OK;
}

yb_err_t yb_import_finish_run(yb_worker_t *worker, yb_call_t **calls, size_t count, const yb_import_kind_t *kinds,
                              size_t kind_count, struct yb_box *box)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = run_finish(worker, calls[i], kinds, kind_count, box);
    return err;
}

yb_err_t yb_import_prune(yb_worker_t *worker)
{
    const int64_t now_us = yb_worker_now_us(worker);
    return yb_stage_prune(yb_worker_db(worker), now_us - DAY_US, now_us - 30 * DAY_US,
                          yb_worker_arena(worker));
}
