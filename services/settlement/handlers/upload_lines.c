/* 2204, 2301: fee lines come in and are split at once, by the catalogue of each line's day. The whole call is taken or
 * refused. */
#include <string.h>
#include <uthash.h>
#include "encode.h"
#include "handlers.h"
#include "libcommon/text.h"
#include "standing.h"
#include "upload.h"

#define NODE "feedetail[1]"

typedef Yibao__Settlement__UploadLinesRequest request_t;

static const request_t *request_of(const yb_call_t *call)
{
    return (const request_t *)call->body;
}

static yb_visit_action_t action_of(const request_t *request)
{
    return request->inpatient ? YB_ACT_UPLOAD_INPATIENT : YB_ACT_UPLOAD_OUTPATIENT;
}

static int64_t *ids_of(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    int64_t *ids = YB_NEW_ARRAY(yb_worker_arena(worker), int64_t, count);
    for (size_t i = 0; i < count; i++)
        ids[i] = request_of(calls[i])->mdtrt_id;
    return ids;
}

/* ---- the catalogue, asked once for the batch ---- */

/* One question: a code on a day in an area. */
typedef struct question {
    Yibao__Identity__CatalogueKey key;
    const Yibao__Types__CatalogueItem *item;
    UT_hash_handle hh;
} question_t;

typedef struct catalogue {
    question_t *table;
    Yibao__Identity__ResolveRequest request;
    size_t cap;
} catalogue_t;

static char *name_of(const char *code, yb_day_t day, const char *area, yb_arena_t *arena)
{
    return yb_arena_printf(arena, "%s|%d|%s", code, day, area);
}

static void ask(catalogue_t *catalogue, const char *code, yb_day_t day, const char *area, yb_arena_t *arena)
{
    question_t *question = NULL;
    char *name = name_of(code, day, area, arena);
    HASH_FIND(hh, catalogue->table, name, (unsigned)strlen(name), question);
    if (question)
        return;
    question = YB_NEW(arena, question_t);
    yibao__identity__catalogue_key__init(&question->key);
    question->key.med_list_codg = yb_lend(code);
    question->key.day = day;
    question->key.area = yb_lend(area);
    YB_ASSERT(catalogue->request.n_catalogue < catalogue->cap);
    catalogue->request.catalogue[catalogue->request.n_catalogue++] = &question->key;
    HASH_ADD_KEYPTR(hh, catalogue->table, name, (unsigned)strlen(name), question);
}

/* A code that is not in the catalogue on its day is class 丙, never a refusal (policy card, "Lines"). */
static void classify(const catalogue_t *catalogue, yb_fee_line_t *line, const char *area, yb_arena_t *arena)
{
    question_t *question = NULL;
    char *name = name_of(line->med_list_codg, yb_time_day(line->raw.fee_ocur_time), area, arena);
    HASH_FIND(hh, catalogue->table, name, (unsigned)strlen(name), question);
    YB_ASSERT(question != NULL);
    const Yibao__Types__CatalogueItem *item = question->item;
    bool listed = item && item->med_list_codg[0] != '\0';
    yb_text_copy(line->raw.chrgitm_lv, sizeof(line->raw.chrgitm_lv), listed ? item->chrgitm_lv : "03");
    line->raw.selfpay_prop_ppm = listed ? item->selfpay_prop_ppm : YB_PPM_ONE;
    line->raw.pric_uplmt = listed ? item->pric_uplmt : -1;
    line->list_type = listed ? item->list_type : "";
    line->list_name = listed ? item->name : "";
}

static yb_err_t resolve(yb_worker_t *worker, const yb_call_t *for_call, catalogue_t *catalogue)
{
    if (catalogue->request.n_catalogue == 0)
        return YB_OK;
    yb_lookup_t found;
    catalogue->request.purpose = for_call->env->caller->infno;
    yb_err_t err = yb_look_up(worker, for_call, &catalogue->request, NULL, &found);
    if (err != YB_OK)
        return err;
    if (found.who->n_catalogue != catalogue->request.n_catalogue)
        return YB_E_MALFORMED;
    for (size_t k = 0; k < found.who->n_catalogue; k++) {
        question_t *question = (question_t *)(void *)catalogue->request.catalogue[k];   /* it begins with its key */
        question->item = found.who->catalogue[k];
    }
    return YB_OK;
}

/* ---- before the transaction ---- */

static bool is_refund(const yb_fee_line_t *line)
{
    return line->init_feedetl_sn[0] != '\0';
}

static yb_upload_t *upload_of(yb_worker_t *worker, yb_call_t *call, const yb_visit_t *visit)
{
    const request_t *request = request_of(call);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_upload_t *upload = YB_NEW(arena, yb_upload_t);
    upload->count = request->n_lines;
    upload->lines = YB_NEW_ARRAY(arena, yb_fee_line_t, request->n_lines);
    for (size_t i = 0; i < request->n_lines; i++) {
        const Yibao__Settlement__Line *in = request->lines[i];
        yb_fee_line_t *line = &upload->lines[i];
        *line = (yb_fee_line_t){
            .poolarea = visit->poolarea, .feedetl_sn = in->feedetl_sn, .init_feedetl_sn = in->init_feedetl_sn,
            .med_list_codg = in->med_list_codg, .medins_list_codg = in->medins_list_codg, .list_type = "",
            .list_name = "", .detail = in->detail, .chrg_bchno = visit->inpatient ? "" : in->chrg_bchno, .live = true,
        };
        line->raw.mdtrt_id = visit->mdtrt_id;
        line->raw.fee_ocur_time = in->fee_ocur_time;
        line->raw.pric = in->pric;
        line->raw.cnt = in->cnt;
        line->raw.det_item_fee_sumamt_fen = in->det_item_fee_sumamt_fen;
        yb_text_copy(line->raw.hosp_appr_flag, sizeof(line->raw.hosp_appr_flag), in->hosp_appr_flag);
    }
    return upload;
}

/* Names and classifies all lines by the catalogue and splits what is not a refund; refunds take class and money from
 * their originals. */
static void split(const catalogue_t *catalogue, yb_call_t *call, const char *area, yb_arena_t *arena)
{
    yb_upload_t *upload = call->state;
    for (size_t i = 0; i < upload->count && !yb_call_refused(call); i++) {
        yb_fee_line_t *line = &upload->lines[i];
        classify(catalogue, line, area, arena);
        if (!is_refund(line) && yb_upload_split(&line->raw) != YB_OK)
            yb_call_refuse(call, YB_E_FIELD_RANGE, yb_upload_field(call, i, "det_item_fee_sumamt"),
                           "金额超出可结算范围，请核对pric、cnt和det_item_fee_sumamt");
    }
}

static size_t check_all(yb_worker_t *worker, yb_call_t **calls, size_t count, yb_visit_t **of)
{
    size_t lines = 0;
    for (size_t i = 0; i < count; i++) {
        const request_t *request = request_of(calls[i]);
        if (!yb_visit_admit(calls[i], of[i], request->psn_no, NODE) ||
            yb_visit_next(of[i]->state, action_of(request), NODE ".mdtrt_id", NULL, &calls[i]->refusal) != YB_OK ||
            !yb_upload_check(calls[i], of[i], yb_time_day(yb_worker_now(worker))))
            continue;
        calls[i]->state = upload_of(worker, calls[i], of[i]);
        lines += request->n_lines;
    }
    return lines;
}

yb_err_t yb_upload_lines_prepare(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_visit_t **of;
    yb_err_t err = yb_visits_of(worker, ids_of(worker, calls, count), count, false, &of);
    if (err != YB_OK)
        return err;
    catalogue_t catalogue = { .cap = check_all(worker, calls, count, of) };
    yibao__identity__resolve_request__init(&catalogue.request);
    catalogue.request.catalogue = YB_NEW_ARRAY(arena, Yibao__Identity__CatalogueKey *, catalogue.cap + 1);
    const yb_call_t *for_call = NULL;
    for (size_t i = 0; i < count; i++) {
        const yb_upload_t *upload = calls[i]->state;
        if (yb_call_refused(calls[i]))
            continue;
        for (size_t l = 0; l < upload->count; l++)
            ask(&catalogue, upload->lines[l].med_list_codg, yb_time_day(upload->lines[l].raw.fee_ocur_time),
                of[i]->mdtrtarea_admvs, arena);
        for_call = for_call ? for_call : calls[i];
    }
    err = resolve(worker, for_call, &catalogue);
    for (size_t i = 0; i < count && err == YB_OK; i++)
        if (!yb_call_refused(calls[i]))
            split(&catalogue, calls[i], of[i]->mdtrtarea_admvs, arena);
    HASH_CLEAR(hh, catalogue.table);
    return err;
}

/* ---- in the transaction ---- */

typedef struct found {
    yb_visit_t **of;
    yb_fee_batch_t *batches;
    yb_line_ref_t *refs;
    yb_raw_line_t *raws;                 /* NULL = no call has a refund */
    yb_batch_total_t *totals;            /* what was there, then with the lines of the calls taken */
    size_t batch_count, ref_count, raw_count, total_count;
} found_t;

static yb_err_t look(yb_worker_t *worker, yb_call_t **calls, size_t count, found_t *f)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_db_t *db = yb_worker_db(worker);
    int64_t *ids = ids_of(worker, calls, count);
    bool refunds = false;
    size_t lines = 0, there = 0;
    yb_batch_total_t *totals = NULL;
    for (size_t i = 0; i < count; i++) {
        const yb_upload_t *upload = calls[i]->state;
        lines += upload->count;
        for (size_t l = 0; l < upload->count; l++)
            refunds = refunds || is_refund(&upload->lines[l]);
    }
    yb_err_t err = yb_visits_of(worker, ids, count, true, &f->of);
    if (err == YB_OK)
        err = yb_batch_load(db, ids, count, arena, &f->batches, &f->batch_count);
    if (err == YB_OK)
        err = yb_line_load_serials(db, ids, count, arena, &f->refs, &f->ref_count);
    if (err == YB_OK && refunds)
        err = yb_line_load_raw(db, ids, count, arena, &f->raws, &f->raw_count);
    if (err == YB_OK && f->ref_count > 0)
        err = yb_batch_load_totals(db, ids, count, arena, &totals, &there);
    if (err != YB_OK)
        return err;
    f->totals = YB_NEW_ARRAY(arena, yb_batch_total_t, there + lines + 1);   /* a line opens at most one batch */
    for (f->total_count = 0; f->total_count < there; f->total_count++)
        f->totals[f->total_count] = totals[f->total_count];
    /* The visits are locked: both read the same live lines, in the same order. */
    YB_ASSERT(!refunds || f->raw_count == f->ref_count);
    return YB_OK;
}

/* The lines of one visit are contiguous. */
static yb_upload_visit_t there_of(const found_t *f, int64_t mdtrt_id)
{
    size_t first = 0, last;
    while (first < f->ref_count && f->refs[first].mdtrt_id < mdtrt_id)
        first++;
    for (last = first; last < f->ref_count && f->refs[last].mdtrt_id == mdtrt_id; last++)
        YB_ASSERT(!f->raws || f->raws[last].line_no == f->refs[last].line_no);
    return (yb_upload_visit_t){ f->refs + first, f->raws ? f->raws + first : NULL, last - first };
}

typedef struct write {
    const yb_visit_t **visits;
    const yb_fee_line_t **lines;
    yb_fee_batch_t *batches;             /* new ones */
    size_t visit_count, line_count, batch_count;
} write_t;

/* Number of the batch a line goes to; a new one is noted. 0 = refused. */
static int32_t batch_for(yb_call_t *call, yb_visit_t *visit, const yb_fee_line_t *line, size_t index, const found_t *f,
                         write_t *w)
{
    yb_fee_batch_t *batch = yb_batch_find(f->batches, f->batch_count, visit->mdtrt_id, line->chrg_bchno);
    if (batch && batch->setl_id != 0) {
        yb_call_refuse(call, YB_E_ALREADY_SETTLED, yb_upload_field(call, index, "chrg_bchno"),
                       "收费批次%s已结算(%lld)，不能再上传明细，请使用新的收费批次或先撤销结算(2208)", line->chrg_bchno,
                       (long long)batch->setl_id);
        return 0;
    }
    if (batch)
        return batch->batch_no;
    for (size_t b = w->batch_count; b > 0 && w->batches[b - 1].mdtrt_id == visit->mdtrt_id; b--)
        if (strcmp(w->batches[b - 1].chrg_bchno, line->chrg_bchno) == 0)
            return w->batches[b - 1].batch_no;
    w->batches[w->batch_count++] = (yb_fee_batch_t){ visit->mdtrt_id, ++visit->batch_count, visit->poolarea,
                                                     line->chrg_bchno, 0 };
    return visit->batch_count;
}

static yb_fen_t *total_of(found_t *f, int64_t mdtrt_id, int32_t batch_no)
{
    for (size_t t = 0; t < f->total_count; t++)
        if (f->totals[t].mdtrt_id == mdtrt_id && f->totals[t].batch_no == batch_no)
            return &f->totals[t].medfee_sumamt_fen;
    f->totals[f->total_count] = (yb_batch_total_t){ mdtrt_id, batch_no, 0 };
    return &f->totals[f->total_count++].medfee_sumamt_fen;
}

/* What settles together is one amount of n16,2. Takes off again what a refused call added. */
static void add_to_totals(yb_call_t *call, const yb_upload_t *upload, found_t *f)
{
    char limit[YB_DECIMAL_TEXT];
    size_t l = 0;
    for (; l < upload->count && !yb_call_refused(call); l++) {
        const yb_raw_line_t *raw = &upload->lines[l].raw;
        yb_fen_t *total = total_of(f, raw->mdtrt_id, raw->batch_no);
        if (raw->det_item_fee_sumamt_fen > 0 && *total > YB_FEN_MAX - raw->det_item_fee_sumamt_fen) {
            yb_call_refuse(call, YB_E_FIELD_RANGE, yb_upload_field(call, l, "det_item_fee_sumamt"),
                           "一次结算的明细合计不能超过%s元，请核对det_item_fee_sumamt，或先结算已上传的明细",
                           yb_fen_format(YB_FEN_MAX, limit));
            break;
        }
        *total += raw->det_item_fee_sumamt_fen;
    }
    while (yb_call_refused(call) && l-- > 0)
        *total_of(f, upload->lines[l].raw.mdtrt_id, upload->lines[l].raw.batch_no) -=
            upload->lines[l].raw.det_item_fee_sumamt_fen;
}

static void reply(yb_call_t *call, yb_upload_t *upload, const char *psn_no, yb_arena_t *arena)
{
    Yibao__Settlement__UploadLinesReply *answer = YB_NEW(arena, Yibao__Settlement__UploadLinesReply);
    yibao__settlement__upload_lines_reply__init(answer);
    answer->lines = YB_NEW_ARRAY(arena, Yibao__Settlement__Line *, upload->count);
    answer->n_lines = upload->count;
    for (size_t l = 0; l < upload->count; l++)
        answer->lines[l] = yb_encode_line(&upload->lines[l], psn_no, arena);
    call->reply = &answer->base;
}

/* One call: number its lines, find their batches, check serials, refunds and totals. What it noted is dropped when it is
 * refused. */
static yb_err_t add(yb_worker_t *worker, yb_call_t *call, yb_visit_t *visit, found_t *f, write_t *w)
{
    const request_t *request = request_of(call);
    yb_arena_t *arena = yb_worker_arena(worker);
    if (!yb_visit_admit(call, visit, request->psn_no, NODE) || !yb_visit_step(call, visit, action_of(request), NODE) ||
        !yb_upload_check(call, visit, yb_time_day(yb_worker_now(worker))))   /* again: the visit is locked only now */
        return YB_OK;
    const yb_upload_t *prepared = call->state;
    yb_upload_t upload = { yb_arena_memdup(arena, prepared->lines, prepared->count * sizeof(*prepared->lines)),
                           prepared->count };
    size_t batches_before = w->batch_count;
    for (size_t l = 0; l < upload.count && !yb_call_refused(call); l++) {
        upload.lines[l].raw.batch_no = batch_for(call, visit, &upload.lines[l], l, f, w);
        upload.lines[l].raw.line_no = ++visit->line_count;
    }
    yb_upload_visit_t there = there_of(f, visit->mdtrt_id);
    yb_err_t err = yb_call_refused(call) ? YB_OK : yb_upload_link(call, &upload, &there, arena);
    if (err == YB_OK && !yb_call_refused(call))
        add_to_totals(call, &upload, f);
    if (err != YB_OK || yb_call_refused(call)) {
        w->batch_count = batches_before;
        return err;
    }
    for (size_t l = 0; l < upload.count; l++)
        w->lines[w->line_count++] = &upload.lines[l];
    w->visits[w->visit_count++] = visit;
    reply(call, &upload, visit->psn_no, arena);
    return YB_OK;
}

yb_err_t yb_upload_lines_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_db_t *db = yb_worker_db(worker);
    found_t f = { 0 };
    size_t lines = 0;
    yb_err_t err = look(worker, calls, count, &f);
    for (size_t i = 0; i < count; i++)
        lines += ((const yb_upload_t *)calls[i]->state)->count;
    write_t w = { .visits = YB_NEW_ARRAY(arena, const yb_visit_t *, count),
                  .lines = YB_NEW_ARRAY(arena, const yb_fee_line_t *, lines),
                  .batches = YB_NEW_ARRAY(arena, yb_fee_batch_t, lines) };
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = add(worker, calls[i], f.of[i], &f, &w);
    if (err == YB_OK)
        err = yb_visit_put_counts(db, w.visits, w.visit_count, yb_worker_now_us(worker), arena);
    if (err == YB_OK)
        err = yb_batch_insert(db, w.batches, w.batch_count, arena);
    return err != YB_OK ? err : yb_line_insert(db, w.lines, w.line_count, arena);
}
